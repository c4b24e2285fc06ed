// The measures: how long a start takes, and what opening, hearing, typing and reading back cost. Each tells its lines of the table.

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { Person, SHAPES } from '../browser.mjs';
import { prose } from '../talker.mjs';
import { median, Meter } from './meter.mjs';

const SETTLED_MS = 300;
/** What is fetched ahead for later has come. */
const AHEAD_MS = 4000;
/** More than a window has rows. */
const FILLING = 200;
/** A cheap phone on a poor line. */
const PROCESSOR = 4;
const LINE = { roundTripMs: 150, bytesPerSecond: 1_600_000 / 8 };

const [phone, desktop] = ['phone', 'desktop'].map((name) => SHAPES.find((shape) => shape.name === name));

/** A fresh browser of Ada's. */
async function visit({ browser, site, ada }, shape) {
  const [name, value] = ada.cookie.split(/=(.*)/);
  const cookie = { name, value, domain: '127.0.0.1', path: '/', expires: -1, httpOnly: true, secure: false, sameSite: 'Strict' };
  const person = await Person.arrive(browser, shape, site.origin, 'Ada Lovelace', { storageState: { cookies: [cookie], origins: [] } });
  person.meter = await Meter.of(browser, person.page);
  return person;
}

/** At the end of the long channel, where so many have come since that the window is full. */
async function inChannel(world) {
  const ada = await visit(world, desktop);
  await ada.page.goto(`/#/c/${world.long}`);
  await ada.rows().first().waitFor();
  await world.talkers[0].sayAll(world.long, FILLING, prose);
  await delay(AHEAD_MS);
  return ada;
}

// --- starting ---------------------------------------------------------------------------------------------------------

const STARTS = 3;

export async function start(world, tell) {
  const seen = { cold: [], warm: [], requests: [] };
  for (let n = 0; n < STARTS; n++) {
    const ada = await visit(world, phone);
    await ada.page.addInitScript(watchStart);
    await ada.meter.slow(PROCESSOR);
    ada.wire.slow(LINE);
    // What the page itself asks for: its icon, its manifest and the service worker are not waited for.
    let asked = 0;
    ada.page.on('request', (request) => (asked += request.resourceType() === 'other' ? 0 : 1));
    seen.cold.push(await begin(world, ada, () => seen.requests.push(asked)));
    // The service worker keeps the shell; then everything is as on the second day.
    await ada.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await delay(AHEAD_MS);
    await ada.page.goto('about:blank');
    seen.warm.push(await begin(world, ada));
    await ada.leave();
  }
  tell('from an address to the first key, never been there, slow phone', 's', [2, 3], median(seen.cold));
  tell('the same on the second day', 's', [1, 1.5], median(seen.warm));
  tell('requests before the first message', '', [5, 8], Math.max(...seen.requests), true);
}

/** Seconds until the messages stand and the composer has taken a key. */
async function begin({ long }, ada, stood = () => undefined) {
  await ada.page.goto(`/#/c/${long}`, { waitUntil: 'commit' });
  await ada.page.evaluate(() => window.stands);
  stood();
  await ada.meter.press('a');
  return (await ada.page.evaluate(() => window.taken)) / 1000;
}

/** In the page, before anything of its own. */
function watchStart() {
  window.stands = new Promise((stand) => {
    const look = new MutationObserver(() => {
      const box = document.querySelector('.composer textarea');
      if (!box || !document.querySelector('[role=log] article')) return;
      look.disconnect();
      window.taken = new Promise((take) => box.addEventListener('input', () => take(performance.now()), { once: true }));
      box.focus();
      stand();
    });
    look.observe(document, { childList: true, subtree: true });
  });
}

// --- opening and changing channels ------------------------------------------------------------------------------------

const OPENINGS = 5;
const SWITCHES = 10;

export async function open(world, tell) {
  const ada = await visit(world, desktop);
  const opening = [];
  const switching = [];
  for (let n = 0; n < OPENINGS; n++) {
    await ada.page.goto('about:blank');
    await ada.page.goto('/');
    await ada.page.getByRole('list', { name: 'Channels' }).getByRole('link').first().waitFor();
    await delay(SETTLED_MS);
    opening.push(await go(ada, world.long));
  }
  await go(ada, world.short);
  for (let n = 0; n < SWITCHES; n++) switching.push(await go(ada, n % 2 ? world.short : world.long));
  await ada.leave();
  tell(`opening a channel of ${world.messages.toLocaleString('en')}`, 'ms', [25, 50], median(opening));
  tell('a channel switch', 'ms', [25, 50], median(switching));
}

async function go(ada, c) {
  const spent = await ada.meter.cpuMs(async () => {
    await ada.page.evaluate((to) => void (location.hash = to), `#/c/${c}`);
    await delay(SETTLED_MS);
  });
  assert.ok((await ada.rows().count()) > 10);
  return spent;
}

// --- what arrives -----------------------------------------------------------------------------------------------------

const BATCHES = 5;
const A_SECOND = 20;

export async function arrive(world, tell) {
  const ada = await inChannel(world);
  let said = 0;
  const burst = async (seconds = 1) => {
    await world.talkers[0].sayAtPace(world.long, A_SECOND * seconds, A_SECOND, (n) => `Heard ${++said} ${prose(n)}`);
    await delay(SETTLED_MS);
  };
  await burst();
  const seen = [];
  for (let n = 0; n < BATCHES; n++) seen.push((await ada.meter.cpuMs(burst)) / A_SECOND);
  const longest = await ada.meter.longestTaskMs(() => burst(3));
  await ada.page.evaluate(countRows);
  await burst();
  const drawn = await ada.page.evaluate(() => window.drawn);
  await ada.row(`Heard ${said} `).waitFor();
  await ada.leave();
  tell('an incoming message in it', 'ms', [8, 16], median(seen));
  tell(`the longest task in a burst of ${A_SECOND} a second`, 'ms', [50, 50], longest);
  tell('rows drawn for one incoming message', '', [1, 2], drawn / A_SECOND, true);
}

/** In the page: how many rows are put into it from now on. */
function countRows() {
  window.drawn = 0;
  const rows = (node) => (node.matches?.('article') ? 1 : (node.querySelectorAll?.('article').length ?? 0));
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) window.drawn += rows(node);
  }).observe(document.querySelector('[role=log]'), { childList: true, subtree: true });
}

// --- typing -----------------------------------------------------------------------------------------------------------

const KEYS = 40;
const KEYS_A_SECOND = 20;
const MESSAGES_A_SECOND = 50;

/** What the keys add to what the messages cost. */
export async function type(world, tell) {
  const ada = await inChannel(world);
  // What she began to write in another measure has followed her here.
  await ada.composer.fill('');
  const seconds = KEYS / KEYS_A_SECOND;
  const talk = () => world.talkers[0].sayAtPace(world.long, MESSAGES_A_SECOND * seconds, MESSAGES_A_SECOND, prose);
  const type = async () => {
    for (let n = 0; n < KEYS; n++) {
      await ada.meter.press('a');
      await delay(1000 / KEYS_A_SECOND);
    }
  };
  const seen = [];
  await talk();
  for (let n = 0; n < BATCHES; n++) {
    const without = await ada.meter.cpuMs(talk);
    const both = await ada.meter.cpuMs(() => Promise.all([talk(), type()]));
    seen.push((both - without) / KEYS);
  }
  assert.equal(await ada.composer.inputValue(), 'a'.repeat(KEYS * BATCHES));
  await ada.leave();
  tell(`a key press while ${MESSAGES_A_SECOND} messages a second arrive`, 'ms', [5, 8], median(seen));
}

// --- scrolling back ---------------------------------------------------------------------------------------------------

const PAGES = 200;

export async function scroll(world, tell) {
  const ada = await inChannel(world);
  const rows = [];
  const heap = [];
  const spent = [];
  for (let n = 0; n < 2; n++) {
    spent.push((await ada.meter.cpuMs(async () => rows.push(await ada.page.evaluate(back, PAGES)))) / PAGES);
    heap.push(await ada.meter.heapMb());
  }
  await ada.leave();
  tell('a page of history scrolled to', 'ms', [25, 50], median(spent));
  tell('heap after scrolling back 10,000 messages', 'MB', [10, 25], heap[0], true);
  tell('heap after 400 pages of history', 'MB', [10, 25], heap[1], true);
  tell('rows in the page meanwhile', '', [200, 400], Math.max(...rows), true);
}

/** In the page: up, page by page; gives the most rows that stood. */
async function back(pages) {
  const box = document.querySelector('[role=log]');
  const rows = () => box.querySelectorAll('[data-q]');
  let most = 0;
  // A page has 50 messages.
  for (let n = 0; n < pages; n++) {
    const edge = rows()[0].dataset.q;
    const end = Date.now() + 20_000;
    box.scrollTop = 0;
    while (rows()[0].dataset.q === edge) {
      if (Date.now() > end) throw new Error(`nothing older came than ${edge}, at ${box.scrollTop} of ${box.scrollHeight}: ${document.body.innerText.slice(-200)}`);
      await new Promise((next) => requestAnimationFrame(next));
    }
    most = Math.max(most, rows().length);
  }
  return most;
}
