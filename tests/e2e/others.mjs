// The same main journey in the browsers that are not Chromium: the real binary, Firefox ESR and WebKitGTK.
//
//   node others.mjs [--only firefox|webkit]
//
// A browser that is not installed is said to be missing and counts as skipped.

import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startDaylight } from './daylight.mjs';
import { firefox } from './others/firefox.mjs';
import steps from './others/steps.mjs';
import { webkit } from './others/webkit.mjs';

const PICTURES = process.env.DAYLIGHT_E2E_OUT ?? fileURLToPath(new URL('../../target/e2e/', import.meta.url));
const at = process.argv.indexOf('--only');
const only = at < 0 ? null : process.argv[at + 1];

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const counts = { passed: 0, failed: 0, skipped: 0 };
const began = Date.now();
mkdirSync(PICTURES, { recursive: true });
for (const browser of [firefox, webkit]) {
  if (only && only !== browser.name) continue;
  if (existsSync(browser.program)) {
    // What drives these browsers stumbles now and then: what breaks twice is broken.
    if (!(await walk(browser))) {
      console.log(`again ${browser.name}`);
      const before = counts.failed;
      if (await walk(browser)) counts.failed = before - 1;
    }
  } else {
    counts.skipped++;
    console.log(`skip  ${browser.name.padEnd(7)} ${browser.program} is not there: apt-get install ${browser.package}`);
  }
}
console.log(`\n${((Date.now() - began) / 1000).toFixed(0)} s, pictures in ${PICTURES}`);
console.log(`${counts.skipped ? `${counts.skipped} skipped, ` : ''}${counts.passed} passed, ${counts.failed} failed`);
// Whatever a broken promise left open holds nobody up.
process.exit(counts.failed ? 1 : 0);

/** Did all of it hold? */
async function walk(browser) {
  const site = await startDaylight();
  const world = { browser, site, people: {}, pictures: PICTURES };
  const keep = async (promise, act) => {
    // What comes after stands on what came before.
    if (world.broken) return;
    const start = Date.now();
    const label = `${browser.name.padEnd(7)} ${promise}`;
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
      world.broken = true;
      counts.failed++;
      console.log(`FAIL  ${label}\n      ${String(error?.message ?? error).slice(0, 1500).replaceAll('\n', '\n      ')}`);
      for (const guest of Object.values(world.people)) await guest.shot(`FAIL-${guest.name.split(' ')[0]}`);
    }
  };
  try {
    await steps(world, keep);
    await keep('no page ever raised an error', () => {
      const faults = Object.values(world.people).flatMap((guest) => guest.hands.faults);
      if (faults.length) throw new Error([...new Set(faults)].join('\n'));
    });
  } finally {
    for (const guest of Object.values(world.people)) await guest.leave().catch((error) => console.log(error.message));
    await site.stop();
  }
  return !world.broken;
}
