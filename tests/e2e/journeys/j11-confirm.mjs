// What must be read is confirmed and counted, what must stay at hand is pinned, and who writes too much waits.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { eventually } from '../browser.mjs';

const PLAN = 'New fire plan: the assembly point is the car park';

export default async function confirming(world, promise) {
  const { ada, grace, linus } = world.people;
  const names = async () => (await ada.ask('/bootstrap')).body.people;
  const id = (people, person) => people.find((one) => one.name === person.name).id;
  const people = await names();
  const c = (await ada.command({ t: 'channel.create', kind: 'group', name: 'Safety', people: [id(people, grace), id(people, linus)] })).c;
  const waits = (person) => person.page.getByRole('status').filter({ hasText: 'waits for your confirmation' });
  const list = () => ada.dialog('Who has confirmed');

  await promise('a message asks everybody who is there to confirm it', async () => {
    await Promise.all([ada, grace, linus].map((person) => person.openChannel('Safety')));
    await ada.fromMenu('Attach files or ask', 'Ask everybody to confirm');
    await ada.text('Everybody here is asked to confirm that they have read it').waitFor();
    await world.shot(ada, '90-ask');
    await ada.say(PLAN);
    await ada.row(PLAN).getByRole('button', { name: '0 of 2 confirmed' }).waitFor();
    await grace.row(PLAN).getByRole('button', { name: 'Confirm that you have read this' }).waitFor();
    assert.equal(await ada.row(PLAN).getByRole('button', { name: 'Confirm that you have read this' }).count(), 0, 'not the author');
    await waits(grace).waitFor();
    await world.shot(grace, '91-asked');
  });

  await promise('one confirms with one press, and it waits no longer', async () => {
    await grace.row(PLAN).getByRole('button', { name: 'Confirm that you have read this' }).click();
    await grace.row(PLAN).getByText('You confirmed that you have read this').waitFor();
    await waits(grace).waitFor({ state: 'detached' });
    await grace.page.reload();
    await grace.row(PLAN).getByText('You confirmed that you have read this').waitFor();
    assert.equal(await waits(grace).count(), 0);
  });

  await promise('the author sees who has and who has not, and saves the list', async () => {
    await ada.row(PLAN).getByRole('button', { name: '1 of 2 confirmed' }).click();
    await list().getByRole('region', { name: 'Confirmed', exact: true }).getByText('Grace Hopper').waitFor();
    await list().getByRole('region', { name: 'Seen, not confirmed' }).getByText('Linus Baker').waitFor();
    await world.shot(ada, '92-confirmed');
    const [file] = await Promise.all([ada.page.waitForEvent('download'), ada.button('Save the list', list()).click()]);
    const rows = readFileSync(await file.path(), 'utf8').trim().split('\r\n');
    assert.match(rows[1], /^Grace Hopper,Confirmed,20\d\d-.* UTC,$/);
    assert.equal(rows[2], 'Linus Baker,"Seen, not confirmed",,');
  });

  await promise('who has not is reminded, and hears of it', async () => {
    await linus.go('#/you');
    await ada.button('Remind the others', list()).click();
    await ada.button(/^Remind again at/, list()).waitFor();
    assert.ok(await ada.button(/^Remind again at/, list()).isDisabled());
    await ada.page.keyboard.press('Escape');
    await linus.go('#/');
    const channels = linus.page.getByRole('list', { name: 'Channels' });
    const row = channels.getByRole('link', { name: /^Safety/ });
    await row.getByLabel('1 mention of you').waitFor();
    await row.getByLabel('1 message waits for your confirmation').waitFor();
    await world.shot(linus, '93-reminded');
    await row.click();
    await waits(linus).getByRole('button', { name: 'Show' }).click();
    await linus.row(PLAN).getByRole('button', { name: 'Confirm that you have read this' }).click();
    await ada.row(PLAN).getByRole('button', { name: '2 of 2 confirmed' }).waitFor();
    await linus.go('#/');
    await eventually('nothing waits any more', async () => (await channels.getByLabel(/waits for your confirmation|mention of you/).count()) === 0);
  });

  await promise('a pinned message is at hand for everybody, and a step away', async () => {
    await linus.openChannel('Safety');
    await grace.act(grace.row(PLAN), 'Pin');
    await linus.button('1 pinned message').click();
    await linus.dialog('Pinned messages').getByRole('button', { name: /assembly point/ }).waitFor();
    await world.shot(linus, '94-pinned');
    await linus.dialog('Pinned messages').getByRole('button', { name: /assembly point/ }).click();
    await linus.row(PLAN).getByRole('img', { name: 'Pinned' }).waitFor();
    await linus.act(linus.row(PLAN), 'Unpin');
    await grace.button('1 pinned message').waitFor({ state: 'detached' });
    await grace.act(grace.row(PLAN), 'Pin');
  });

  await promise('in a slow channel the next words wait, in order, and are not lost', async () => {
    await ada.go(`#/c/${c}/info`);
    await ada.field('Slow mode').selectOption({ label: '10 seconds' });
    await linus.text('Slow: one message every 10 seconds').waitFor();
    await ada.go(`#/c/${c}`);
    for (const words of ['First I say this', 'then this']) await linus.say(words);
    await linus.sent('First I say this');
    await linus.text(/^Slow: your next message goes in 0:/).waitFor();
    await linus.row('then this').getByRole('img', { name: 'Waiting to be sent' }).waitFor();
    await world.shot(linus, '95-slow');
    assert.equal(await ada.rows('then this').count(), 0);
    await ada.say('An owner does not wait');
    await ada.say('at all');
    await ada.sent('at all');
    await linus.sent('then this');
    await ada.row('then this').waitFor();
    await world.shot(ada, '96-safety');
  });
}
