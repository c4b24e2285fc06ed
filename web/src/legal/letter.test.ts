// The answer says what the certificates say, in every language, and of a matter only what it was told to say.

import { expect, test } from 'vitest';
import type { Language } from '../core/i18n.ts';
import type { Destruction } from '../core/types.ts';
import { letter, letterPage, LETTER_LANGUAGES, verdicts } from './letter.ts';

const said = { position: 41, at: Date.UTC(2026, 4, 3, 12), by: null };
const c = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

function destroyed(kept: NonNullable<Destruction['kept']>): Destruction[] {
  const nothing = { plan: '', channel: null, person: c, days: [], numbers: [], intended: said, taken: null, places: [], bundles: [], rule: null, order: null, kept_for: null, released: [] };
  return [{ ...nothing, kind: 'erased', done: said, destroyed: { records: 1204, files: 31 }, kept }];
}
const floor = { why: 'floor' as const, matter: null, channel: c, messages: 7 };
const held = { why: 'hold' as const, matter: c, until: null, channel: c, records: 77, messages: 70 };
const write = (kept: NonNullable<Destruction['kept']>, tellHeld: boolean, language: Language = 'en') =>
  letter({ workspace: '<Mill> & Sons', askedAt: Date.UTC(2026, 4, 2), today: Date.UTC(2026, 4, 4), destroyed: destroyed(kept), tellHeld }, language);

test('each group has its verdict and the day on which it goes', () => {
  const rows = verdicts(destroyed([{ ...floor, until: '2026-09-01', records: 3 }, { ...floor, until: '2026-08-01', records: 9 }, { ...floor, channel: null, until: '2026-09-01', records: 1 }, held]));
  expect(rows.map((row) => [row.group, row.verdict, row.n, row.until])).toEqual([
    ['said', 'erased', 1204, '2026-05-03'],
    ['name', 'kept', 0, '2026-09-01'],
    ['floored', 'kept', 9, '2026-08-01'],
    ['floored', 'kept', 4, '2026-09-01'],
    ['held', 'kept', 77, null],
    ['acts', 'kept', 0, null],
  ]);
  expect(verdicts(destroyed([])).map((row) => row.group)).toEqual(['said', 'name', 'acts']);
});

test('whether something is held cannot be read from a letter that was not to say it', () => {
  expect(write([held, { ...held, channel: null }], false)).toEqual(write([], false));
  expect(letterPage(write([held], true))).toContain('77 entries kept');
  expect(write([held], true).after.length).toBe(write([held], false).after.length - 1);
});

test.each(LETTER_LANGUAGES)('the letter is whole in $label, and no word in it is markup', ({ value }) => {
  const page = letterPage(write([{ ...floor, until: '2026-08-01', records: 9 }, held], true, value));
  expect(page).toContain(`lang="${value}"`);
  expect(page).toContain('&#60;Mill&#62; &#38; Sons');
  expect(page).not.toMatch(/\{\w+\}|undefined|<Mill>|\w\|\w/);
  // The digits are those of the language: what is counted is there in some form.
  for (const n of [1204, 31, 9, 77]) expect(page).toContain(new Intl.NumberFormat(value).format(n));
});
