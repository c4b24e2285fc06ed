// What must work in every browser: from the printed link to signing out, two people with a browser each.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, ulid } from '../browser.mjs';
import { photo } from '../photo.mjs';
import { Guest } from './guest.mjs';

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const CHANNEL = 'Front desk';
const SECRET = { ada: 'correct horse staple', grace: '739154' };
const WAITING = /^(Waiting to be sent|Sending)/;
const SENT = /^(Sent|Delivered|Read)$/;

export default async function steps(world, promise) {
  const { people, site } = world;
  let ada;
  let grace;
  let invite;

  await promise('the printed link sets up the workspace', async () => {
    ada = people.ada = await Guest.arrive(world, 'Ada Lovelace', DESKTOP);
    await ada.goto(site.setup);
    await ada.sees('button', 'Begin');
    await ada.shot('01-setup');
    await ada.fill('Name of the workspace', 'Harbour Hotel');
    await ada.fill('Your name', ada.name);
    await ada.fill('Choose a PIN or password', SECRET.ada);
    await ada.press('button', 'Begin');
    await passCards(ada);
    await ada.sees('heading', 'Harbour Hotel');
  });

  await promise('a channel is made, and an invite to it with a code to scan', async () => {
    await ada.press('button', 'New');
    await ada.press('menuitem', 'New channel');
    await ada.fill('Name of the channel', CHANNEL);
    await ada.shot('02-new-channel');
    await ada.press('button', 'Create', { within: { role: 'dialog', name: 'New channel' } });
    await ada.sees('heading', CHANNEL);
    await ada.press('link', new RegExp(`^Details of ${CHANNEL}`));
    await ada.press('link', 'Invite people', { within: { role: 'complementary', name: 'Channel details' } });
    await ada.press('button', 'Make the invite');
    await ada.sees('img', 'QR code of the invite');
    await ada.shot('03-invite');
    invite = await ada.run(() => [...document.querySelectorAll('input')].map((input) => input.value).find((value) => value.includes('/#/join/')));
    assert.match(invite ?? '', new RegExp(`^${site.origin}/#/join/.+`));
  });

  await promise('another joins by the link with a name and a PIN', async () => {
    grace = people.grace = await Guest.arrive(world, 'Grace Hopper', PHONE);
    await grace.goto(invite);
    await grace.sees('button', 'Join');
    await grace.shot('04-join');
    await grace.fill('Your name', grace.name);
    await grace.fill('Choose a PIN or password', SECRET.grace);
    await grace.press('button', 'Join');
    await grace.sees('dialog', 'What is kept, and who sees it');
    await grace.shot('05-first-run');
    await passCards(grace);
    await grace.sees('link', new RegExp(CHANNEL), { within: { role: 'list', name: 'Channels' } });
    await grace.shot('06-list');
  });

  await promise('words arrive live, both ways', async () => {
    await ada.openChannel(CHANNEL);
    await grace.openChannel(CHANNEL);
    await grace.say('Morning! Who opens the bar today?');
    await ada.row('Morning! Who opens the bar today?');
    await ada.say('I do. The *key* is in the safe');
    await grace.row('I do. The key is in the safe');
    await ada.shot('07-conversation');
    await grace.shot('08-conversation-phone');
  });

  await promise('a reply quotes what it answers', async () => {
    await ada.act('Morning!', 'Reply');
    await ada.say('Linus opens it');
    await grace.row('Linus opens it');
    await grace.sees('button', /^Go to the message of Grace Hopper/);
  });

  await promise('a reaction is counted, and taken back', async () => {
    await ada.act('Morning!', 'React with 👍');
    await grace.press('button', /👍, 1 in all/);
    await ada.press('button', /👍, 2 in all/);
    await grace.sees('button', /👍, 1 in all/);
  });

  await promise('an edit is seen and marked', async () => {
    await ada.say('We start at sevn');
    await grace.row('We start at sevn');
    await ada.sees('img', SENT, { within: { role: 'article', text: 'We start at sevn' } });
    await ada.act('We start at sevn', 'Edit');
    await ada.fill(/^Message /, 'We start at seven');
    await ada.press('button', 'Save');
    await grace.row('We start at seven');
    assert.match((await grace.rows('We start at seven')).join(), /edited/);
  });

  await promise('a picture is sent, seen small and opened large', async () => {
    const file = join(site.dir, 'terrace.jpg');
    writeFileSync(file, await photo({ evaluate: (act, sizes) => ada.run(act, sizes) }));
    await ada.hands.setFiles('input[type=file]', [file]);
    await ada.sees('button', 'Remove terrace.jpg');
    await ada.say('The terrace this morning');
    await grace.row('The terrace this morning');
    await eventually('the thumbnail', () => grace.run(() => [...document.querySelectorAll('[role=log] img')].some((image) => image.complete && image.naturalWidth > 0)));
    await grace.shot('09-picture');
    await grace.press('button', 'Open terrace.jpg');
    await grace.sees('dialog', 'Image');
    await eventually('the whole picture', () => grace.run(() => [...document.querySelectorAll('dialog img, [role=dialog] img')].some((image) => image.naturalWidth === 1600)));
    await grace.shot('10-viewer');
    await grace.press('button', 'Close', { within: { role: 'dialog', name: 'Image' } });
    await grace.gone('dialog', 'Image');
  });

  await promise('a voice note is recorded, and heard by the other', async () => {
    if (!(await ada.look({ role: 'button', name: 'Record a voice note' }))) {
      // Nothing offers what this browser cannot do.
      await ada.sees('button', 'Send');
      return 'skipped: this browser cannot record';
    }
    await ada.press('button', 'Record a voice note');
    await ada.sees('meter', 'Loudness');
    await eventually('a second of it', () => ada.run(() => /0:0[1-9]/.test(document.querySelector('[role=timer]').textContent)));
    await ada.press('button', 'Attach the recording');
    await ada.sees('button', /^Remove voice-/);
    await ada.say('Listen to this');
    await grace.row('Listen to this');
    await eventually('its shape', () => grace.run(() => new Set((document.querySelector('.sound-line path')?.getAttribute('d') ?? '').split('M').map((bar) => bar.split(' ')[1])).size > 3));
    await grace.press('button', 'Play the voice note');
    await eventually('it plays', () => grace.run(() => [...document.querySelectorAll('audio')].some((node) => node.currentTime > 0.1 || node.ended)));
    await grace.shot('13-voice');
  });

  await promise('what is written while the line is down waits, and arrives once and in order', async () => {
    grace.wire.cut();
    const all = [1, 2, 3].map((n) => `From the lift, ${n}`);
    for (const words of all) await grace.say(words);
    await grace.sees('img', WAITING, { within: { role: 'article', text: all[2] } });
    await grace.shot('11-offline');
    assert.equal((await ada.rows('From the lift')).length, 0);
    grace.wire.mend();
    await eventually('three messages', async () => (await ada.rows('From the lift')).length === 3, 60_000);
    await grace.sees('img', SENT, { within: { role: 'article', text: all[2] } });
    for (const guest of [ada, grace]) {
      assert.deepEqual((await guest.rows('From the lift')).map((row) => /From the lift, \d/.exec(row)?.[0]), all);
    }
  });

  await promise('a page that is loaded again sends what waited', async () => {
    grace.wire.deafen();
    await grace.say('Said, and the page was gone');
    await grace.sees('img', WAITING, { within: { role: 'article', text: 'Said, and the page was gone' } });
    grace.wire.mend();
    await grace.hands.reload();
    await grace.sees('img', SENT, { within: { role: 'article', text: 'Said, and the page was gone' } });
    await ada.row('Said, and the page was gone');
    assert.equal((await ada.rows('Said, and the page was gone')).length, 1);
    assert.equal((await grace.rows('Said, and the page was gone')).length, 1);
  });

  await promise('a search finds the words and opens them', async () => {
    await grace.go('#/search');
    await grace.fill('Search messages', 'seven');
    await grace.sees('link', /seven/, { within: { role: 'list', name: /result/ } });
    await grace.shot('12-search');
    await grace.press('link', /seven/, { within: { role: 'list', name: /result/ } });
    await grace.row('We start at seven');
  });

  await promise('a long channel is read back to its beginning, and stays where one reads', async () => {
    const c = new URL(await ada.run(() => location.href)).hash.split('/')[2];
    await ada.run(fill, c, Array.from({ length: 120 }, ulid));
    await grace.openChannel(CHANNEL);
    await grace.press('button', 'Jump to the newest message');
    await grace.row('Line 120');
    // Pages come above; the row that is read must not move.
    const held = await grace.run(readBack);
    assert.ok(held.moved <= 2, `the row in view moved by ${held.moved} px`);
    await eventually('the beginning', async () => {
      await grace.run(() => document.querySelector('[role=log]').scrollTo(0, 0));
      return (await grace.rows('Morning!')).length;
    }, 20_000);
  });

  await promise('every screen is drawn', async () => {
    for (const [guest, size] of [[ada, 'desktop'], [grace, 'phone']]) {
      for (const [name, address] of SCREENS) {
        if (guest === grace && address.startsWith('#/admin')) continue;
        await guest.go(address);
        await guest.sees('heading');
        await guest.gone('status', 'Loading');
        await guest.shot(`2-${size}-${name}`);
        const over = await guest.run(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${address} is ${over} px too wide`);
      }
    }
  });

  await promise('signing out leaves nothing on the device', async () => {
    await grace.go('#/settings');
    await grace.press('button', 'Sign out');
    await grace.press('button', 'Sign out', { within: { role: 'dialog', name: 'Sign out of this device?' } });
    await grace.sees('heading', 'Sign in to Harbour Hotel');
    await grace.shot('30-signed-out');
    const kept = await grace.run(keptOnDevice);
    for (const words of ['From the lift', 'Said, and', 'Morning!', 'Grace']) assert.ok(!kept.includes(words), `kept: ${words}`);
    await grace.fill('User name', 'grace.hopper');
    await grace.fill('PIN or password', SECRET.grace);
    await grace.press('button', 'Sign in');
    await grace.sees('link', new RegExp(CHANNEL), { within: { role: 'list', name: 'Channels' } });
  });
}

const SCREENS = [
  ['list', '#/'],
  ['people', '#/people'],
  ['settings', '#/settings'],
  ['admin', '#/admin'],
  ['admin-people', '#/admin/people'],
  ['admin-retention', '#/admin/retention'],
];

async function passCards(guest) {
  await guest.press('button', 'Continue');
  await guest.press('button', 'Continue');
  await guest.press('button', 'Start');
  await guest.gone('dialog', /./);
}

// --- in the page ------------------------------------------------------------------------------------------------------

async function fill(c, ids) {
  for (const [at, id] of ids.entries()) {
    const b = `Line ${at + 1}\n`.repeat(1 + (at % 3)).trim();
    const answer = await fetch('/api/v1/commands', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id, t: 'send', c, b }) });
    if (!answer.ok) throw new Error(await answer.text());
  }
}

/** Reads upwards by a screen, and says how far the row in view stands from where it was once older rows are there. */
async function readBack() {
  const box = document.querySelector('[role=log]');
  const rest = (ms) => new Promise((done) => setTimeout(done, ms));
  let moved = 0;
  for (let turn = 0; turn < 4; turn++) {
    box.scrollTo(0, Math.max(40, box.scrollTop - box.clientHeight));
    await rest(50);
    const row = [...box.querySelectorAll('article')].find((one) => one.getBoundingClientRect().top >= box.getBoundingClientRect().top);
    const before = row.getBoundingClientRect().top;
    await rest(500);
    if (row.isConnected) moved = Math.max(moved, Math.abs(row.getBoundingClientRect().top - before));
  }
  return { moved };
}

async function keptOnDevice() {
  const all = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((done) => (indexedDB.open(name).onsuccess = (event) => done(event.target.result)));
    for (const store of db.objectStoreNames) {
      const rows = await new Promise((done) => (db.transaction(store).objectStore(store).getAll().onsuccess = (event) => done(event.target.result)));
      all.push(JSON.stringify(rows));
    }
    db.close();
  }
  return all.join('\n');
}
