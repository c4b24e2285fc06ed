// The journeys of Daylight: the real binary, a real browser, people who find things by role and name.
//
//   node run.mjs [--only J1,J2] [--shape phone|desktop|tablet]
//
// One line a promise, pictures in target/e2e/, the count last. What a later journey builds on is made by the first.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBrowser, SHAPES } from './browser.mjs';
import { startDaylight } from './daylight.mjs';
import begin from './journeys/j1-begin.mjs';
import talk from './journeys/j2-talk.mjs';
import offline from './journeys/j3-offline.mjs';
import bring from './journeys/j4-import.mjs';
import find from './journeys/j5-find.mjs';
import exporting from './journeys/j6-export.mjs';
import govern from './journeys/j7-govern.mjs';
import access from './journeys/j8-access.mjs';
import many from './journeys/j9-many.mjs';
import matters from './journeys/j10-matters.mjs';
import confirming from './journeys/j11-confirm.mjs';
import ownWay from './journeys/j12-own-way.mjs';
import more from './journeys/j13-more.mjs';
import newcomer from './journeys/j14-newcomer.mjs';
import polls from './journeys/j15-polls.mjs';
import media from './journeys/j16-media.mjs';
import house from './journeys/j17-house.mjs';
import notices from './journeys/j18-notices.mjs';
import outbox from './journeys/j19-outbox.mjs';
import own from './journeys/j20-own.mjs';
import urgent from './journeys/j21-urgent.mjs';
import community from './journeys/j22-community.mjs';
import drafts from './journeys/j23-drafts.mjs';
import reviewing from './journeys/j24-review.mjs';
import supervision from './journeys/j25-supervision.mjs';
import archive from './journeys/j26-archive.mjs';
import rights from './journeys/j27-rights.mjs';
import second from './journeys/j28-second.mjs';
import company from './journeys/j29-company.mjs';

const JOURNEYS = { J1: begin, J2: talk, J3: offline, J4: bring, J5: find, J6: exporting, J7: govern, J8: access, J9: many, J10: matters, J11: confirming, J12: ownWay, J13: more, J14: newcomer, J15: polls, J16: media, J17: house, J18: notices, J19: outbox, J20: own, J21: urgent, J22: community, J23: drafts, J24: reviewing, J25: supervision, J26: archive, J27: rights, J28: second, J29: company };
const PICTURES = process.env.DAYLIGHT_E2E_OUT ?? fileURLToPath(new URL('../../target/e2e/', import.meta.url));

const option = (name) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? null : (process.argv[at + 1] ?? '').split(',');
};
const only = option('only');
const shapes = option('shape');

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/** Journeys that may stumble in one run; more is no accident. */
const STUMBLES_MAX = 3;
const broken = [];
const counts = { passed: 0, failed: 0, skipped: 0 };
const began = Date.now();
rmSync(PICTURES, { recursive: true, force: true });
mkdirSync(PICTURES, { recursive: true });
const browser = await openBrowser();
try {
  // Both at once: most of the time goes by waiting for what people wait for.
  await Promise.all(SHAPES.filter((shape) => (shapes ? shapes.includes(shape.name) : !shape.asked)).map((shape) => walk(shape, only)));
  // A busy machine makes a browser stumble: what broke walks once more, alone. What breaks twice is broken.
  const journeys = new Set(broken.map(({ journey }) => journey));
  if (broken.length && journeys.size <= STUMBLES_MAX && !journeys.has('J1') && !journeys.has('all')) {
    const first = broken.splice(0);
    counts.failed = 0;
    for (const shape of new Set(first.map(({ shape }) => shape))) {
      const names = [...new Set(first.filter((one) => one.shape === shape).map(({ journey }) => journey))];
      console.log(`\nagain ${shape.name.padEnd(7)} ${names.join(', ')}`);
      await walk(shape, names);
    }
    for (const { shape, journey, promise } of first) {
      if (!broken.some((one) => one.shape === shape && one.journey === journey)) console.log(`stumbled once: ${shape.name} ${journey} ${promise}`);
    }
  }
} finally {
  await browser.close();
}
console.log(`\n${counts.skipped ? `${counts.skipped} skipped, ` : ''}${((Date.now() - began) / 1000).toFixed(0)} s, pictures in ${PICTURES}`);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
// Whatever a broken promise left open holds nobody up.
process.exit(counts.failed || !counts.passed ? 1 : 0);

async function walk(shape, only) {
  const site = await startDaylight();
  const world = { browser, shape, site, people: {}, pictures: PICTURES };
  // Pictures are for people to look at, no promise: a busy machine that gives none breaks nothing.
  world.shot = (person, name) =>
    person.page.screenshot({ path: join(PICTURES, `${shape.name}-${name}.png`) }).catch((error) => console.log(`no picture ${shape.name}-${name}: ${error.message.split('\n', 1)[0]}`));
  try {
    for (const [name, journey] of Object.entries(JOURNEYS)) {
      if (only && name !== 'J1' && !only.includes(name)) continue;
      const before = counts.failed;
      await journey(world, (promise, act) => keep(world, name, promise, act));
      if (name === 'J1' && counts.failed > before) break;
    }
    const faults = Object.values(world.people).flatMap((person) => person.faults);
    await keep(world, 'all', 'no page ever raised an error', () => {
      if (faults.length) throw new Error([...new Set(faults)].join('\n'));
    });
  } finally {
    for (const person of Object.values(world.people)) await person.leave().catch(() => undefined);
    await site.stop();
  }
}

/** One promise: kept, broken, or `skipped: why`. A broken one leaves a picture of every page. */
async function keep(world, journey, promise, act) {
  const label = `${world.shape.name.padEnd(7)} ${journey} ${promise}`;
  const start = Date.now();
  try {
    const skipped = await act();
    if (typeof skipped === 'string' && skipped.startsWith('skipped')) {
      counts.skipped++;
      console.log(`skip  ${label}: ${skipped}`);
      return;
    }
    counts.passed++;
    console.log(`ok    ${label} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
  } catch (error) {
    counts.failed++;
    broken.push({ shape: world.shape, journey, promise });
    console.log(`FAIL  ${label}\n      ${String(error?.message ?? error).slice(0, 1500).replaceAll('\n', '\n      ')}`);
    const name = `${world.shape.name}-FAIL-${journey}-${promise.replace(/\W+/g, '-').slice(0, 40)}`;
    for (const person of Object.values(world.people)) {
      await person.page.screenshot({ path: join(PICTURES, `${name}-${person.name.split(' ')[0]}.png`), timeout: 3000 }).catch(() => undefined);
    }
  }
}
