// A channel with ten thousand messages is as quick as one with ten.

import assert from 'node:assert/strict';
import { eventually } from '../browser.mjs';
import { prose, Talker } from '../talker.mjs';

const MANY = 10_000;
const ROWS_MAX = 400;
// Far above what it takes: a machine that does much else must not fail it; a list that is drawn whole does.
const OPENING_MS = 20_000;

export default async function many(world, promise) {
  const { grace, linus } = world.people;
  let c;

  await promise(`${MANY} messages are taken`, async () => {
    const people = (await grace.ask('/bootstrap')).body.people;
    c = (await grace.command({ t: 'channel.create', kind: 'group', name: 'Long one', people: [people.find((one) => one.name === linus.name).id] })).c;
    await linus.page.goto('about:blank');
    const talker = await Talker.arrive(grace.origin, (await grace.context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; '));
    await talker.sayAll(c, MANY, (n) => `Number ${n} ${n === 17 ? 'cormorant ' : ''}${prose(n)}`);
    talker.leave();
    const page = (await grace.ask(`/channels/${c}/messages`)).body;
    assert.ok(page.items.at(-1).b.startsWith(`Number ${MANY} `), page.items.at(-1).b);
  });

  const log = () => linus.page.getByRole('log', { name: 'Messages' });
  const size = () => log().evaluate((box) => box.querySelectorAll('[data-q]').length);
  const edge = () => log().evaluate((box) => Number(box.querySelector('[data-q]')?.dataset.q));

  await promise('it opens quickly, with few rows', async () => {
    await linus.page.goto('/');
    const row = linus.page.getByRole('list', { name: 'Channels' }).getByRole('link', { name: /^Long one/ });
    await row.waitFor();
    const start = Date.now();
    await row.click();
    await linus.rows().first().waitFor();
    const took = Date.now() - start;
    assert.ok(took < OPENING_MS, `${took} ms`);
    const shown = await size();
    assert.ok(shown > 10 && shown < ROWS_MAX, `${shown} rows`);
    await world.shot(linus, '80-many');
  });

  await promise('scrolling up brings older ones, and nothing jumps', async () => {
    const newest = linus.button('Jump to the newest message');
    if (await newest.isVisible()) await newest.click();
    await linus.row(`Number ${MANY} `).waitFor();
    const before = await edge();
    let largest = 0;
    let worst = 0;
    for (let turn = 0; turn < 30; turn++) {
      worst = Math.max(worst, await log().evaluate(scrollUp, 500));
      largest = Math.max(largest, await size());
    }
    await eventually('older rows', async () => (await edge()) < before - 100);
    assert.ok(largest < ROWS_MAX, `${largest} rows`);
    assert.ok(worst <= 2, `a row moved by ${worst} px under the reader's eyes`);
    await world.shot(linus, '81-scrolled');
  });

  await promise('back to the newest in one step', async () => {
    await linus.button('Jump to the newest message').click();
    await linus.row(`Number ${MANY} `).waitFor();
    await grace.command({ t: 'send', c, b: 'The very newest' });
    await linus.row('The very newest').waitFor();
    assert.ok((await size()) < ROWS_MAX);
  });

  await promise('a word from the beginning is found and opened', async () => {
    await linus.go(`#/search?text=${encodeURIComponent('cormorant')}&c=${c}`);
    await linus.page.getByRole('link', { name: /cormorant/ }).click();
    await linus.row('Number 17 ').waitFor();
    assert.ok((await size()) < ROWS_MAX);
  });
}

/** One push of the wheel; then by how much more than that the row in view has moved, once pages have come in. */
async function scrollUp(box, by) {
  // The words stand at the lower edge; a name above them may come and go with the row before.
  const at = (row) => row.getBoundingClientRect().bottom - box.getBoundingClientRect().top;
  const rows = [...box.querySelectorAll('[data-q]')];
  const row = rows.find((one) => at(one) >= 0) ?? rows[0];
  const { q } = row.dataset;
  const before = at(row);
  const top = box.scrollTop;
  box.scrollTop -= by;
  const moved = top - box.scrollTop;
  await new Promise((done) => setTimeout(done, 120));
  const same = box.querySelector(`[data-q="${q}"]`);
  return same ? Math.abs(at(same) - before - moved) : 0;
}
