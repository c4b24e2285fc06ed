import { expect, it } from 'vitest';
import type { Item } from '../core/types.ts';
import { isTold } from './notify.ts';

const said = (more: Partial<Item> = {}): Item => ({ q: 1, ts: 0, u: 'ann', b: 'hello', ...more });
const all = { muted: false, muted_all: false };
const mine = { muted: true, muted_all: false };
const none = { muted: true, muted_all: true };
const always = { from: 0, to: 1439, zone: 'UTC' };

it('one is told as much of a channel as one chose, and never less than a duty', () => {
  const told = (item: Item) => [all, mine, none].map((channel) => isTold(channel, item, 'me', null, 0));
  expect(told(said())).toEqual([true, false, false]);
  expect(told(said({ m: ['bob'] }))).toEqual([true, false, false]);
  expect(told(said({ m: ['me'] }))).toEqual([true, true, false]);
  expect(told(said({ ask: { n: 2, done: 0 } }))).toEqual([true, true, true]);
});

it('in quiet hours only what is urgent is told, whatever was muted', () => {
  const told = (item: Item) => [all, mine, none].map((channel) => isTold(channel, item, 'me', always, 0));
  for (const item of [said(), said({ m: ['me'] }), said({ ask: { n: 2, done: 0 } })]) expect(told(item)).toEqual([false, false, false]);
  expect(told(said({ urgent: true }))).toEqual([true, true, true]);
});
