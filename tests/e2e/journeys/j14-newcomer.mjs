// Who comes later reads what the channel lets new members read, and sees where that begins.

import assert from 'node:assert/strict';

const OLD = 'What we said before anybody new was here';

export default async function newcomer(world, promise) {
  const { ada, grace, linus } = world.people;
  const { people } = (await ada.ask('/bootstrap')).body;
  const id = (person) => people.find((one) => one.name === person.name).id;
  const c = (await ada.command({ t: 'channel.create', kind: 'group', name: 'Leads', people: [id(grace)] })).c;
  const q = (await grace.command({ t: 'send', c, b: OLD })).q;
  await grace.command({ t: 'react', c, q, e: '👍', on: true });

  await promise('an owner says what new members see, and everybody reads the rule', async () => {
    await Promise.all([ada.openChannel('Leads'), grace.openChannel('Leads')]);
    await ada.go(`#/c/${c}/info`);
    await ada.field('New members see').selectOption('Only what comes after they join');
    await grace.text('Ada Lovelace lets new members see only what comes after they join', grace.page.getByRole('log', { name: 'Messages' })).waitFor();
    await world.shot(ada, 'a0-new-members');
    await grace.go(`#/c/${c}/info`);
    await grace.text('New members see only what comes after they join.', grace.page.getByRole('region', { name: 'What is kept', exact: true })).waitFor();
    assert.equal(await grace.field('New members see').count(), 0, 'owners set it');
    await ada.go(`#/c/${c}`);
    await grace.go(`#/c/${c}`);
  });

  await promise('a newcomer sees where her history begins, and nothing before it', async () => {
    await linus.go('#/');
    await ada.command({ t: 'channel.add', c, people: [id(linus)] });
    await linus.openChannel('Leads');
    await linus.text(/^You see messages from .* on$/).waitFor();
    await grace.act(grace.row(OLD), 'Reply');
    await grace.say('That still holds');
    await linus.row('That still holds').waitFor();
    await grace.command({ t: 'react', c, q, e: '🎉', on: true });
    await grace.say('And this comes after');
    await linus.row('And this comes after').waitFor();
    await world.shot(linus, 'a1-newcomer');
    await world.shot(grace, 'a2-who-was-there');
    assert.ok(!(await linus.page.content()).includes(OLD), 'not even in a quote');
    await linus.page.reload();
    await linus.row('That still holds').waitFor();
    assert.ok(!(await linus.page.content()).includes(OLD));
    assert.equal((await linus.ask(`/channels/${c}/messages/${q}/history`)).status, 404);
  });
}
