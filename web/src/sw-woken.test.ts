import { expect, it } from 'vitest';
import { LANGUAGES } from './core/i18n.ts';
import { SAID, said } from './sw-said.ts';
import { addressOf, notices, type Woken } from './sw-woken.ts';

const C = '01KCHARGE0000000000000000A';
const woken = (change: Partial<Woken> = {}): Woken => ({ items: [], unread: 0, test: false, ...change });
const item = { c: C, q: 7, kind: 'group', name: 'Line 3', from: 'Ada $& Lovelace', unread: 2 };

it('one notice a channel: who wrote and where, and it replaces the one before', () => {
  const all = notices(woken({ items: [item, { ...item, c: `${C.slice(0, -1)}B`, kind: 'direct', name: null }] }), SAID.en);
  expect(all.map(({ title, options }) => [title, options.body, options.tag])).toEqual([
    ['Line 3', 'Ada $& Lovelace wrote', C],
    ['Ada $& Lovelace', 'Wrote to you', `${C.slice(0, -1)}B`],
  ]);
  expect(all.every((one) => one.options.renotify && !one.options.silent)).toBe(true);
});

it('what is urgent says so', () => {
  const [urgent] = notices(woken({ items: [{ ...item, urgent: true }] }), SAID.de);
  expect(urgent?.options.body).toBe('Dringend: Ada $& Lovelace hat geschrieben');
});

it('something is always shown, for a browser forbids who is woken and says nothing', () => {
  expect(notices(null, SAID.en).map((one) => one.options.body)).toEqual(['New messages in Daylight']);
  const [nothing] = notices(woken(), SAID.en);
  expect(nothing?.options).toMatchObject({ body: 'Everything is read', silent: true, renotify: false });
  expect(notices(woken({ test: true }), SAID.de).map((one) => one.options.body)).toEqual([SAID.de.test]);
});

it('a tap leads to the channel, and what is no channel to the list', () => {
  expect(addressOf(C)).toBe(`/#/c/${C}`);
  for (const odd of [null, 'news', 'javascript:alert(1)', `${C}/../x`]) expect(addressOf(odd)).toBe('/#/');
});

it('it speaks the language that was chosen, else the device’s, else English', () => {
  expect(said('nl', ['de-DE'])).toBe(SAID.nl);
  expect(said(null, ['fr-FR', 'de-AT'])).toBe(SAID.de);
  expect(said(null, ['fi'])).toBe(SAID.en);
  expect(said('toString', [])).toBe(SAID.en);
  for (const language of Object.keys(LANGUAGES) as (keyof typeof LANGUAGES)[]) expect(SAID[language].wrote).toContain('{name}');
});
