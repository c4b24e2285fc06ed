// Those who govern: an administrator who cannot read, and an auditor who needs not to.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CHANNEL } from './j1-begin.mjs';
import { arrive, setRole } from './j6-export.mjs';

const WORDS = 'The safe code is 4711';

export default async function govern(world, promise) {
  const { ada, grace, linus } = world.people;

  await promise('an administrator who is not a member sees no content', async () => {
    await grace.go('#/');
    await grace.fromMenu('New', 'New channel');
    const dialog = grace.dialog('New channel');
    await grace.field('Name of the channel', dialog).fill('Night shift');
    await dialog.getByRole('checkbox', { name: /Linus Baker/ }).check();
    await grace.button('Create', dialog).click();
    await grace.page.getByRole('heading', { name: 'Night shift', level: 1 }).waitFor();
    await grace.say(WORDS);
    await grace.row(WORDS).getByRole('img', { name: /Sent|Delivered|Read/ }).waitFor();
    const c = new URL(grace.page.url()).hash.split('/')[2];
    await linus.openChannel('Night shift');
    await linus.row(WORDS).waitFor();
    await ada.go(`#/c/${c}`);
    await ada.text('This conversation is not there, or you are not in it.').waitFor();
    assert.equal((await ada.ask(`/channels/${c}/messages`)).status, 404);
    assert.equal((await ada.ask(`/channels/${c}`)).status, 404);
    assert.deepEqual((await ada.ask('/search?text=safe%20code')).body.hits, []);
    for (const place of ['/admin/channels', '/admin/people', '/admin/health', '/ledger?limit=100', '/bootstrap', '/exports']) {
      const { status, body } = await ada.ask(place);
      assert.equal(status, 200, place);
      assert.ok(!JSON.stringify(body).includes('4711'), place);
    }
    await ada.go('#/admin/channels');
    await ada.page.getByRole('row', { name: /Night shift/ }).waitFor();
    await world.shot(ada, '50-admin-channels');
  });

  await promise('health says when it was true', async () => {
    await ada.go('#/admin');
    await ada.text(/As of \d/).waitFor();
    await ada.text('Newest checkpoint').waitFor();
    await world.shot(ada, '51-admin-health');
  });

  await promise('people and invites are listed', async () => {
    await ada.go('#/admin/people');
    await ada.page.getByRole('row', { name: /Grace Hopper/ }).waitFor();
    await world.shot(ada, '52-admin-people');
    await ada.go('#/admin/invites');
    await ada.page.getByRole('row', { name: /Front desk/ }).waitFor();
    await world.shot(ada, '53-admin-invites');
  });

  await promise('a poster can be printed for an invite', async () => {
    await ada.button(/^Actions for Front desk/).first().click();
    await ada.page.getByRole('menuitem', { name: 'Poster' }).click();
    await ada.button('Print').waitFor();
    await world.shot(ada, '54-poster');
  });

  await promise('a rule shows what it would destroy before it is proposed, and who must approve it', async () => {
    if (!world.people.olga) {
      world.people.olga = await arrive(world, 'Olga Writ');
      await setRole(world, 'Olga Writ', 'Officer');
    }
    await ada.go('#/admin/retention');
    await ada.button(`Change ceiling: ${CHANNEL}`).click();
    const dialog = ada.dialog(`Rule of ${CHANNEL}`);
    const { body: preview } = await ada.ask(`/admin/policy/preview?c=${world.channel}&keep_days=30`);
    await ada.button('30 days', dialog).click();
    await dialog.getByText('it takes effect 72 hours after that').waitFor();
    const propose = ada.button('Propose the rule', dialog);
    if (preview.messages) {
      await dialog.getByText(new RegExp(`${preview.messages} messages`)).first().waitFor();
      assert.ok(await propose.isDisabled(), 'the number must be typed first');
      await world.shot(ada, '55-policy-preview');
      await ada.field(`Type ${preview.messages} to confirm`, dialog).fill(String(preview.messages));
    } else {
      await dialog.getByText('No record is older than this rule allows.').waitFor();
      await world.shot(ada, '55-policy-preview');
    }
    await propose.click();
    await dialog.waitFor({ state: 'detached' });
    const waiting = ada.page.getByRole('table', { name: 'Changes that wait' }).getByRole('row', { name: new RegExp(CHANNEL) });
    await waiting.getByText('Waits for a second person').waitFor();
    assert.equal(await waiting.getByRole('button', { name: /^Approve/ }).count(), 0, 'not by who proposed it');
    await world.shot(ada, '56-retention');
  });

  await promise('while it waits the old rule holds, and a second change is refused', async () => {
    await linus.openChannel(CHANNEL);
    await linus.text(/Kept without end/).first().waitFor();
    const again = ada.command({ t: 'policy.set', c: world.channel, keep_days: 7, floor_days: null });
    await assert.rejects(again, /policy\/waiting/);
  });

  await promise('an officer approves it where officers look, and everybody sees the rule that comes', async () => {
    const { olga } = world.people;
    await olga.go('#/legal/rules');
    await olga.button(`Approve: rule of ${CHANNEL}`).click();
    const dialog = olga.dialog(`Approve the rule of ${CHANNEL}?`);
    await dialog.getByText('Ada Lovelace proposed it').waitFor();
    await world.shot(olga, '58-rule-approve');
    await olga.button('Approve', dialog).click();
    await dialog.waitFor({ state: 'detached' });
    await olga.text(/^Takes effect .*, approved by Olga Writ/).waitFor();
    await world.shot(olga, '58-rule-approved');
    await linus.text(/Kept without end.*From .*: kept 30 days\./).first().waitFor();
    await world.shot(linus, '59-rule-comes');
  });

  await promise('until its time has come, who may approve may stop it', async () => {
    await ada.go('#/admin/retention');
    await ada.button(`Stop: rule of ${CHANNEL}`).click();
    const dialog = ada.dialog(`Stop the change of ${CHANNEL}?`);
    await ada.button('Stop the change', dialog).click();
    await dialog.waitFor({ state: 'detached' });
    await ada.page.getByRole('table', { name: 'Changes that wait' }).waitFor({ state: 'detached' });
    await linus.page.getByText(/From .*: kept 30 days/).waitFor({ state: 'detached' });
    const { olga } = world.people;
    await olga.go('#/legal');
    await olga.go('#/legal/rules');
    await olga.text('Stopped by Ada Lovelace').waitFor();
    await world.shot(olga, '59-rule-stopped');
  });

  await promise('the ledger of an administrator holds acts, never messages', async () => {
    await ada.go('#/admin/ledger');
    await ada.button(/^Change of rule stopped/).first().waitFor();
    await ada.button(/^Retention rule proposed/).first().waitFor();
    assert.equal(await ada.button(/^Message posted|^Read,/).count(), 0);
    await world.shot(ada, '57-admin-ledger');
  });

  await promise('an auditor keeps a checkpoint whose signature her browser checks', async () => {
    world.people.iris = await arrive(world, 'Iris Probe');
    await setRole(world, 'Iris Probe', 'Auditor');
    const { iris } = world.people;
    await iris.link('Auditor', iris.page.getByRole('navigation', { name: 'Main' })).click();
    await iris.text('checked in this browser with the key below').waitFor();
    await world.shot(iris, '60-checkpoint');
    const [download] = await Promise.all([iris.page.waitForEvent('download'), iris.button('Save this checkpoint').click()]);
    world.checkpoint = readFileSync(await download.path());
    assert.match(world.checkpoint.toString(), /^.+\n\d+\n[A-Za-z0-9+/=]{44}\n/);
  });

  await promise('the log of later contains the log of then', async () => {
    const { iris } = world.people;
    await grace.say('One more event');
    await linus.openChannel('Night shift');
    await linus.row('One more event').waitFor();
    await iris.go('#/auditor/verify');
    await iris.page.locator('input[type=file]').setInputFiles({ name: 'checkpoint.txt', mimeType: 'text/plain', buffer: world.checkpoint });
    await iris.text('The record is unbroken').waitFor();
    await iris.field('Position').fill('3');
    await iris.button('Check').last().click();
    await iris.text(/Event 3 is in the log of/).waitFor();
    await world.shot(iris, '61-verify');
  });

  await promise('a forged checkpoint is refused', async () => {
    const { iris } = world.people;
    const lines = world.checkpoint.toString().split('\n');
    lines[2] = `${lines[2][0] === 'A' ? 'B' : 'A'}${lines[2].slice(1)}`;
    await iris.page.locator('input[type=file]').setInputFiles({ name: 'checkpoint.txt', mimeType: 'text/plain', buffer: Buffer.from(lines.join('\n')) });
    await iris.text('The record does not hold').waitFor();
  });

  await promise('an auditor sees every act and no content', async () => {
    const { iris } = world.people;
    await iris.go('#/auditor/ledger');
    await iris.button(/^Message posted/).first().waitFor();
    await world.shot(iris, '62-auditor-ledger');
    const { body } = await iris.ask('/ledger?limit=100');
    assert.ok(!JSON.stringify(body).includes('4711') && !JSON.stringify(body).includes('One more event'));
    assert.equal((await iris.ask(`/channels/${world.channel}/messages`)).status, 404);
    // The newest may lie beyond the signed checkpoint: then that is said, and neither proof nor alarm.
    await verdict(iris.button(/^Message posted/).first(), /stands at position|not yet under a signed checkpoint/);
    await iris.go('#/auditor/ledger?act=channel.created');
    await verdict(iris.button(/^Channel created/).last(), /stands at position/);

    async function verdict(entry, words) {
      await entry.click();
      await iris.button('Check this entry').click();
      await iris.page.getByRole('dialog').getByText(words).waitFor();
      await iris.page.keyboard.press('Escape');
      await iris.page.getByRole('dialog').waitFor({ state: 'detached' });
    }
  });
}
