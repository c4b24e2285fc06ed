// Whatever dies while one writes, and as often as it may: what was sent off stands in the channel once and in order.
//
// DAYLIGHT_ROUNDS says how often (12), DAYLIGHT_SEED repeats a run: what is done is the same, the moment it hits is the machine's.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, keptBrowser, Person } from '../browser.mjs';
import { SECRET } from './j1-begin.mjs';

const ROUNDS = Number(process.env.DAYLIGHT_ROUNDS ?? 12);
const SEED = Number(process.env.DAYLIGHT_SEED ?? Date.now() % 1_000_000);
const CHECK_EVERY = 20;
const ARRIVED_MS = 45_000;
const ALL_PAGES = 100;
const TROUBLES = ['cut', 'deaf', 'close', 'crash', 'beside', 'browser', 'server'];
const WORDS = ['keys', 'linen', 'taxi', 'boiler', 'guest', 'terrace', 'invoice', 'shift'];

export default async function outbox(world, promise) {
  const { ada, grace, linus } = world.people;
  // One phone is enough: what is looked at is no matter of shape.
  if (!world.shape.touch) return;
  const { people } = (await ada.ask('/bootstrap')).body;
  const id = (person) => people.find((one) => one.name === person.name).id;
  const c = (await ada.command({ t: 'channel.create', kind: 'group', name: 'Storm', people: [id(grace), id(linus)] })).c;
  const dir = mkdtempSync(join(tmpdir(), 'daylight-profile-'));
  const random = dice(SEED);
  const written = [];
  const counts = Object.fromEntries(TROUBLES.map((trouble) => [trouble, 0]));
  let down = false;
  let phone;

  await promise('a phone is signed in', async () => {
    phone = world.people.phone = await Person.arrive(keptBrowser(dir), world.shape, world.site.origin, 'Grace Hopper');
    await phone.page.goto('/');
    await phone.field('User name').fill('grace.hopper');
    await phone.field('PIN or password').fill(SECRET.grace);
    await phone.button('Sign in').click();
    await phone.openChannel('Storm');
    // A browser writes its cookies down only now and then, and when it is closed in peace.
    await phone.context.close();
    await phone.openBrowser();
    await open(phone, c);
    await linus.openChannel('Storm');
  });

  for (let round = 1; phone && round <= ROUNDS; ) {
    const until = Math.min(ROUNDS, round + CHECK_EVERY - 1);
    await promise(`whatever dies while one writes, all of it arrives once and in order (seed ${SEED}, rounds ${round} to ${until} of ${ROUNDS})`, async () => {
      for (; round <= until; round++) await live(round);
      await comeToRest();
      await everythingOnce();
    });
    if (round <= until) break;
  }
  if (process.env.DAYLIGHT_ROUNDS) console.log(`      ${written.length} messages, ${JSON.stringify(counts)}`);
  if (phone) {
    grace.faults.push(...phone.faults);
    delete world.people.phone;
    await phone.leave().catch(() => undefined);
  }
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 });

  /** A few messages, and trouble before, between or after them. */
  async function live(round) {
    const trouble = TROUBLES[random(TROUBLES.length)];
    const messages = 1 + random(4);
    const at = random(messages + 1);
    for (let n = 0; n <= messages; n++) {
      if (n === at) {
        counts[trouble]++;
        await pause(random(3) ? random(40) : 300 + random(200));
        await strike(trouble);
      }
      if (n < messages) await write(`#${String(written.length).padStart(4, '0')} ${WORDS[random(WORDS.length)]}, round ${round}`);
    }
    // Now and then the next trouble finds this one unmended.
    if (random(4)) await calm();
  }

  /** Typed and sent off: it counts from when it is seen among the messages. */
  async function write(words) {
    const before = await phone.composer.inputValue();
    assert.ok(!written.some((one) => before.includes(one)), `what was sent off is still in the box: ${before}`);
    if (random(2)) {
      await phone.composer.fill('');
      await phone.composer.pressSequentially(words);
      if (!random(3)) await pause(350);
    } else await phone.composer.fill(words);
    await phone.button('Send').click();
    await phone.row(words).waitFor();
    written.push(words);
  }

  async function strike(trouble) {
    switch (trouble) {
      case 'cut':
        return phone.goOffline();
      case 'deaf':
        return phone.wire.deafen();
      case 'server':
        down = true;
        return world.site.kill();
      case 'beside': {
        // Another tab is there already when this one dies, and goes on.
        const old = phone.page;
        await calm();
        await phone.newTab();
        await open(phone, c);
        await old.bringToFront();
        const inNew = phone.page;
        phone.page = old;
        if (random(2)) await phone.goOffline();
        await write(`#${String(written.length).padStart(4, '0')} in the tab that dies`);
        await pause(random(60));
        await crash(old);
        phone.page = inNew;
        await phone.page.bringToFront();
        await calm();
        return phone.row(written.at(-1)).waitFor({ timeout: ARRIVED_MS });
      }
      case 'close':
        await phone.page.close({ runBeforeUnload: false });
        break;
      case 'crash':
        await crash(phone.page);
        break;
      case 'browser':
        await endBrowser();
        await phone.openBrowser();
        return again();
      default:
        throw new Error(trouble);
    }
    await phone.newTab();
    return again();
  }

  /** Opened again, now and then before the network is back. */
  async function again() {
    if (random(3)) await calm();
    const opening = open(phone, c);
    opening.catch(() => undefined);
    await pause(random(300));
    await calm();
    await opening;
  }

  async function calm() {
    if (down) await world.site.rise();
    down = false;
    await phone.comeBack();
  }

  async function crash(page) {
    const wire = await phone.context.newCDPSession(page);
    const crashed = new Promise((done) => page.once('crash', done));
    wire.send('Page.crash').catch(() => undefined);
    await crashed;
    await page.close();
  }

  async function endBrowser() {
    const gone = new Promise((done) => phone.context.once('close', done));
    const wire = await phone.context.newCDPSession(phone.page);
    wire.send('Browser.crash').catch(() => undefined);
    await gone;
  }

  async function comeToRest() {
    await calm();
    await eventually('everything is sent', async () => (await phone.page.getByRole('img', { name: /^(Waiting to be sent|Sending)/ }).count()) === 0, ARRIVED_MS);
    await linus.row(written.at(-1)).waitFor({ timeout: ARRIVED_MS });
  }

  /** To the server's own word, to another person, and to the one who wrote. */
  async function everythingOnce() {
    for (const person of [linus, ada]) assert.deepEqual(await told(person), written, `what ${person.name} is told`);
    for (const person of [linus, phone]) {
      const seen = async () => (await person.rows().allInnerTexts()).flatMap((row) => /#\d{4} [^\n]+/.exec(row)?.[0].trim() ?? []);
      await eventually(`the newest before ${person.name}`, async () => (await seen()).at(-1) === written.at(-1));
      const rows = await seen();
      assert.ok(rows.length >= Math.min(20, written.length), `${person.name} has ${rows.length} rows`);
      assert.deepEqual(rows, written.slice(-rows.length), `what ${person.name} sees`);
    }
  }

  async function told(person) {
    const items = [];
    let before = '';
    for (let page = 0; page < ALL_PAGES; page++) {
      const { status, body } = await person.ask(`/channels/${c}/messages?limit=100${before}`);
      assert.equal(status, 200, JSON.stringify(body));
      items.unshift(...body.items);
      if (!body.more_before) break;
      before = `&before=${body.items[0].q}`;
    }
    return items.flatMap((item) => (item.b?.startsWith('#') ? [item.b] : []));
  }
}

async function open(person, c) {
  const late = Date.now() + ARRIVED_MS;
  for (;;) {
    try {
      await person.page.goto(`/#/c/${c}`);
      break;
    } catch (error) {
      if (Date.now() > late || !/ERR_|interrupted/.test(error.message)) throw error;
      await pause(150);
    }
  }
  await person.composer.waitFor({ timeout: ARRIVED_MS });
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Numbers below `sides`, the same for a seed each time. */
function dice(seed) {
  let state = seed >>> 0;
  return (sides) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}
