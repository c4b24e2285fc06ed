// An officer's export: asked for, approved by somebody else, downloaded, and proved without the server.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { eventually, Person } from '../browser.mjs';
import { PROGRAM, run } from '../daylight.mjs';
import { CHANNEL, join } from './j1-begin.mjs';

/** How a text begins within a record's line. */
const TEXT = 'text\\":\\"';

export default async function exporting(world, promise) {
  const { ada } = world.people;
  const bundle = path(world.site.dir, 'bundle.zip');
  const folder = path(world.site.dir, 'bundle');
  let unpacked;

  await promise('an administrator invites, and makes an officer', async () => {
    world.people.olga = await arrive(world, 'Olga Writ');
    await setRole(world, 'Olga Writ', 'Officer', true);
    await world.people.olga.link('Legal', world.people.olga.page.getByRole('navigation', { name: 'Main' })).waitFor();
  });

  await promise('an officer reads nothing by her role alone', async () => {
    const { olga } = world.people;
    assert.equal((await olga.ask(`/channels/${world.channel}/messages`)).status, 404);
    assert.equal((await olga.ask(`/search?text=terrace`)).body.hits.length, 0);
  });

  await promise('she asks with a case and a reason', async () => {
    const { olga } = world.people;
    await olga.go('#/legal');
    await olga.link('Request an export').first().click();
    await olga.field('Channel').selectOption({ label: CHANNEL });
    await olga.field('From').fill('2024-01-01');
    await olga.field('Case').fill('2026-017');
    await olga.field('Reason').fill('Claim of a guest about the terrace');
    await world.shot(olga, '40-export-request');
    await olga.button('Ask for approval').click();
    await olga.text('Somebody else must approve this').waitFor();
    assert.equal(await olga.button('Approve').count(), 0);
  });

  await promise('another person approves, reading who, what and why', async () => {
    await ada.go('#/admin/exports');
    await ada.text('Claim of a guest about the terrace').waitFor();
    await world.shot(ada, '41-export-approve');
    await ada.button('Approve').click();
    await ada.dialog('Let Olga Writ read this?').getByText(/everything written in Front desk/).waitFor();
    await ada.button('Approve', ada.page.getByRole('dialog')).click();
  });

  await promise('the bundle is built and downloaded', async () => {
    const { olga } = world.people;
    const link = olga.link(/^Download/);
    await link.waitFor({ timeout: 20_000 });
    await world.shot(olga, '42-export-ready');
    const [download] = await Promise.all([olga.page.waitForEvent('download'), link.click()]);
    await download.saveAs(bundle);
    mkdirSync(folder);
    const told = await run('python3', ['-m', 'zipfile', '-e', bundle, folder]);
    assert.equal(told.code, 0, told.said);
    const inside = readdirSync(folder);
    unpacked = inside.length === 1 ? path(folder, inside[0]) : folder;
    assert.ok(readdirSync(path(unpacked, 'jsonl')).includes(`${world.channel}.jsonl`));
    const said = readFileSync(path(unpacked, 'report.html'), 'utf8');
    assert.ok(said.includes('Grace Hopper'), 'the reading copy names who wrote');
  });

  await promise('it proves itself, to the program and to its own script', async () => {
    for (const [program, args] of verifiers(bundle)) {
      const told = await run(program, args);
      assert.equal(told.code, 0, `${program}: ${told.said}`);
      assert.match(told.said, /OK/);
    }
    const alone = await run('python3', [path(unpacked, 'verify.py')], { cwd: unpacked });
    assert.equal(alone.code, 0, alone.said);
  });

  await promise('one byte changed: both refuse, and name the position', async () => {
    const file = path(unpacked, 'jsonl', readdirSync(path(unpacked, 'jsonl'))[0]);
    const whole = readFileSync(file);
    const lines = whole.toString('latin1').split('\n');
    const n = lines.findLastIndex((line) => /"content":"\{.*?text\\":\\"[A-Za-z]/.test(line));
    assert.ok(n >= 0, 'a line with content');
    const position = /"log_index":(\d+)/.exec(lines[n])[1];
    const before = lines.slice(0, n).reduce((sum, line) => sum + line.length + 1, 0);
    const at = before + lines[n].indexOf(TEXT) + TEXT.length;
    const changed = Buffer.from(whole);
    changed[at] = changed[at] === 65 ? 66 : 65;
    writeFileSync(file, changed);
    for (const [program, args] of verifiers(unpacked)) {
      const told = await run(program, args);
      assert.notEqual(told.code, 0, `${program} did not notice`);
      assert.match(told.said, new RegExp(`position ${position}\\b`), told.said);
    }
    writeFileSync(file, whole);
  });

  await promise('the browser checks it too, and refuses a damaged one', async () => {
    const { olga } = world.people;
    await olga.go('#/legal/verify');
    await olga.page.locator('input[type=file]').setInputFiles(bundle);
    await olga.text('The bundle is whole').waitFor({ timeout: 20_000 });
    await world.shot(olga, '43-bundle-whole');
    const damaged = Buffer.from(readFileSync(bundle));
    damaged[Math.floor(damaged.length / 3)] ^= 1;
    await olga.button('Check another file').click();
    await olga.page.locator('input[type=file]').setInputFiles({ name: 'damaged.zip', mimeType: 'application/zip', buffer: damaged });
    await olga.text('This bundle was changed or damaged').waitFor({ timeout: 20_000 });
    await world.shot(olga, '44-bundle-damaged');
  });

  await promise('the download itself stands in the ledger', async () => {
    const { olga } = world.people;
    await olga.go('#/legal/ledger?act=export.downloaded');
    await eventually('an entry', async () => (await olga.button(/^Export downloaded/).count()) >= 1);
  });

  function verifiers(target) {
    return [
      [PROGRAM, ['verify', target]],
      ['python3', [path(unpacked, 'verify.py'), target]],
    ];
  }
}

/** Comes in by an administrator's invite that joins no channel. */
export async function arrive(world, name) {
  const { ada } = world.people;
  await ada.go('#/admin/invites');
  await ada.button('New invite').first().click();
  await ada.button('Make the invite').click();
  const ready = ada.dialog('Invite ready');
  const link = (await ready.locator('code').filter({ hasText: '#/join/' }).textContent()).trim();
  await ada.button('Close', ready.locator('footer')).click();
  const person = await Person.arrive(world.browser, world.shape, world.site.origin, name);
  await join(person, link, '480273');
  return person;
}

export async function setRole(world, name, role, look = false) {
  const { ada } = world.people;
  await ada.go('#/admin/people');
  await ada.button(`Actions for ${name}`).click();
  await ada.page.getByRole('menuitem', { name: 'Change role' }).click();
  const dialog = ada.dialog(`Role of ${name}`);
  await dialog.getByRole('radio', { name: new RegExp(`^${role}`) }).check();
  if (look) await world.shot(ada, '39-role');
  await ada.button('Save', dialog).click();
  await dialog.waitFor({ state: 'detached' });
}
