// What the client may cost in time, memory and requests, measured in the real program and a real browser, and printed.
//
//   node budgets.mjs [--only start,open,arrive,type,scroll]
//
// What is counted fails above its limit: requests, rows, memory. Time is the main thread's own CPU, medians of several runs; yet
// machines differ and are shared, so it fails only far above its limit: on what is of another kind, not on noise.

import { openBrowser } from './browser.mjs';
import { found } from './budgets/company.mjs';
import * as measures from './budgets/measures.mjs';
import { startDaylight } from './daylight.mjs';

const MESSAGES = 100_000;
const NOISE = 4;

const at = process.argv.indexOf('--only');
const only = at < 0 ? null : process.argv[at + 1].split(',');

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

let over = 0;
const began = Date.now();
const browser = await openBrowser();
const site = await startDaylight();
try {
  const world = { browser, site, messages: MESSAGES, ...(await found(site, MESSAGES)) };
  console.log(`${MESSAGES.toLocaleString('en')} messages after ${((Date.now() - began) / 1000).toFixed(0)} s\n`);
  console.log(`${''.padEnd(58)}   target     limit      seen`);
  for (const name of only ?? ['start', 'open', 'arrive', 'type', 'scroll']) await measures[name](world, tell);
} finally {
  await browser.close();
  await site.stop();
}
console.log(`\n${((Date.now() - began) / 1000).toFixed(0)} s; ${over ? `${over} over` : 'within the limits'}`);
process.exit(over ? 1 : 0);

/** One line of the table. `exact`: it is counted, and the limit is the limit. */
function tell(what, unit, [target, limit], seen, exact = false) {
  const digits = unit === 's' ? 2 : unit ? 1 : 0;
  const figure = (value) => `${value.toFixed(digits)} ${unit}`.padStart(10);
  const verdict = seen <= target ? 'ok' : seen <= limit ? 'above target' : seen <= limit * (exact ? 1 : NOISE) ? 'ABOVE LIMIT' : 'OVER';
  if (verdict === 'OVER') over++;
  console.log(`${what.padEnd(58)}${figure(target)}${figure(limit)}${figure(seen)}   ${verdict}`);
}
