// Supervision: two officers stand behind a rule, whoever writes is told, asked or stopped, and somebody else reviews.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { eventually } from '../browser.mjs';
import { arrive, setRole } from './j6-export.mjs';
import { serious } from './j8-access.mjs';

const PLACE = 'Price desk';
const ASK = 'Prices are agreed on by the sales desk. Ask there first.';
const STOP = 'Account numbers do not belong in a chat.';
const TOLD = 'Supervised: rules look through what is written here, and officers read what they take.';

export default async function supervision(world, promise) {
  const { ada, grace, linus } = world.people;
  const people = world.people;
  for (const [key, name] of [['olga', 'Olga Writ'], ['oscar', 'Oscar Brief']]) {
    if (people[key]) continue;
    people[key] = await arrive(world, name);
    await setRole(world, name, 'Officer');
  }
  const { olga, oscar } = people;
  const ids = Object.fromEntries((await ada.ask('/bootstrap')).body.people.map((one) => [one.name, one.id]));
  const { c } = await grace.command({ t: 'channel.create', kind: 'group', name: PLACE, people: [ids[linus.name]] });
  const told = () => linus.text(TOLD, linus.page.locator('form'));
  const propose = (rule) => oscar.command({ t: 'supervision.set', channels: [c], notice: '', ...rule });

  await promise('an officer proposes a rule, and another one approves it knowing what it opens', async () => {
    await linus.openChannel(PLACE);
    assert.equal(await told().count(), 0);
    await olga.go('#/legal/supervision');
    await olga.text('There are no rules.').waitFor();
    await world.shot(olga, 'h0-supervision-none');
    await olga.link('New rule').click();
    await olga.field('Name').fill('Price talk');
    await olga.field('Notice').fill(ASK);
    await olga.field('Words').fill('secret price\nundercut');
    await olga.page.getByRole('group', { name: 'Channels' }).getByRole('checkbox', { name: PLACE }).check();
    await world.shot(olga, 'h1-supervision-new');
    await serious(olga.page);
    await olga.button('Ask for approval').click();
    await olga.text('Another officer must decide. Nobody approves their own rule.').waitFor();
    await oscar.go('#/legal/supervision');
    const card = oscar.page.getByRole('article', { name: 'Price talk, waiting' });
    await world.shot(oscar, 'h2-supervision-decide');
    await oscar.button('Approve', card).click();
    await oscar.button('Approve', oscar.dialog('Let Price talk look?')).click();
    await oscar.page.getByRole('article', { name: 'Price talk, stands' }).waitFor();
    await told().waitFor();
  });

  await promise('whoever writes what it looks for is asked, and changes it or sends it anyway', async () => {
    await linus.say('Give them the secret price');
    await linus.text(ASK).waitFor();
    await world.shot(linus, 'h3-nudge');
    await serious(linus.page);
    assert.equal(await grace.rows('Give them').count(), 0);
    await linus.button('Change it').click();
    await linus.field('Message', linus.row('Give them')).fill('Give them the usual price');
    await linus.button('Send', linus.row('Give them')).click();
    await linus.sent('Give them the usual price');
    await linus.say('They undercut us');
    await linus.button('Send anyway', linus.row('They undercut us')).click();
    await linus.sent('They undercut us');
    await linus.act(linus.row('Give them the usual price'), 'Edit');
    await linus.composer.fill('Give them the secret price after all');
    await linus.button('Save').click();
    const asked = linus.dialog('Please look at this again before you send it');
    await linus.button('Cancel', asked).click();
    assert.equal(await linus.composer.inputValue(), 'Give them the secret price after all', 'nothing is lost');
    await linus.button('Stop editing').click();
    await linus.row('Give them the usual price').waitFor();
  });

  await promise('what is stopped says why and keeps its words, and what is flagged tells its author nothing', async () => {
    const block = await propose({ name: 'Accounts', action: 'block', notice: STOP, words: [], patterns: ['acct-\\d{4}'] });
    const flag = await propose({ name: 'Guarantees', action: 'flag', words: ['guaranteed'], sample: 0 });
    for (const { rule } of [block, flag]) await olga.command({ t: 'supervision.approve', rule });
    await linus.say('Pay into acct-1234');
    await linus.row('Pay into').getByText(STOP).waitFor();
    await world.shot(linus, 'h4-blocked');
    assert.equal(await linus.button('Send anyway', linus.row('Pay into')).count(), 0);
    await linus.button('Discard', linus.row('Pay into')).click();
    await linus.say('It is guaranteed to double');
    await linus.sent('It is guaranteed to double');
    await linus.go(`#/c/${c}/info`);
    await linus.text(TOLD, linus.page.getByRole('region', { name: 'What is kept' })).waitFor();
    await world.shot(linus, 'h5-watched');
  });

  await promise('another officer sees what waits, opens one, and decides', async () => {
    await olga.go('#/legal/supervision');
    await olga.page.reload();
    const first = olga.page.getByRole('article', { name: `${linus.name} in ${PLACE}` }).first();
    await first.waitFor();
    assert.equal(await olga.text('They undercut us').count(), 0, 'no text before it is opened');
    await olga.button('Show the message', first).click();
    await olga.text('They undercut us', first).waitFor();
    await olga.text(/^Recorded with your name/, first).waitFor();
    assert.ok(await olga.button('Escalate', first).isDisabled(), 'why must be said');
    await world.shot(olga, 'h6-review');
    await serious(olga.page);
    await olga.button('No concern', first).click();
    await eventually('one is left', async () => (await olga.page.getByRole('article', { name: `${linus.name} in` }).count()) === 1);
    await olga.button('Show the message').click();
    await olga.text('It is guaranteed to double').waitFor();
    await olga.field('Note').fill('Asked the desk what was meant');
    await olga.button('Follow up').click();
    await olga.text('followed up by Olga Writ').waitFor();
  });

  await promise('the figures say what became of it, on the screen and as a file', async () => {
    const row = olga.page.getByRole('row', { name: /^Price talk/ });
    assert.match((await row.innerText()).replaceAll(/\s+/g, ' '), /1.*1.*1.*100 %.*0.*0.*0/);
    await row.scrollIntoViewIfNeeded();
    await world.shot(olga, 'h7-figures');
    const [file] = await Promise.all([olga.page.waitForEvent('download'), olga.button('Save as CSV').click()]);
    assert.match(readFileSync(await file.path(), 'utf8'), /Price talk,1,1,1,100 %,0,0,0,0/);
    for (const { id } of (await olga.ask('/supervision')).body.rules) await olga.command({ t: 'supervision.remove', rule: id });
    await linus.openChannel(PLACE);
    await eventually('it is supervised no more', async () => (await told().count()) === 0);
  });
}
