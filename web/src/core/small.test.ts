import { describe, expect, it } from 'vitest';
import { translate } from './i18n.ts';
import { href, parse } from './route.ts';
import { dayKey, shortWhen } from './time.ts';
import { setSkew, ulid, ulidAfter } from './ulid.ts';

describe('command ids', () => {
  it('always grow, even within a millisecond and when the clock steps back', () => {
    const made = [...Array.from({ length: 500 }, () => ulid(1_800_000_000_000)), ulid(1_700_000_000_000), ulid(1_800_000_000_001)];
    expect(made).toEqual([...made].sort());
    expect(new Set(made).size).toBe(made.length);
    expect(made.every((id) => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id))).toBe(true);
  });
  it('never undercut those of an earlier life', () => {
    const old = ulid(1_900_000_000_000);
    ulidAfter(old);
    expect(ulid(1_850_000_000_000) > old).toBe(true);
  });
  it('are of the right time again when a clock that was days ahead is set right', () => {
    setSkew(0);
    const right = ulid(Date.now() - 60_000).slice(0, 10);
    setSkew(2 * 86_400_000);
    const ahead = ulid();
    setSkew(-5_000);
    expect(ulid() < ahead).toBe(true);
    expect(ulid() > right).toBe(true);
    setSkew(0);
  });
});

it('addresses survive any name', () => {
  const parts = ['c', 'a/b?c#d', 't', '12'];
  expect(parse(href(...parts)).path).toEqual(parts);
  expect(parse('#/search?text=a%20b&c=1').query.get('text')).toBe('a b');
  expect(parse('#/%E0%A4%A').path).toEqual(['%E0%A4%A']);
});

it('words choose their number and keep unknown holes', () => {
  const t = translate({ n: '{n} message|{n} messages', hi: 'Hello {name}{x}' }, 'en');
  expect([t('n', { n: 1 }), t('n', { n: 2 }), t('n', { n: 1000 }), t('hi', { name: 'Ada' })]).toEqual(['1 message', '2 messages', '1,000 messages', 'Hello Ada{x}']);
  const arabic = translate({ n: 'zero: none|one: a|two: aa|few: {n} few|many,other: {n} more' }, 'ar');
  expect([0, 1, 2, 3, 11, 100].map((n) => arabic('n', { n }))).toEqual(['none', 'a', 'aa', '3 few', '11 more', '100 more']);
});

it('times are coarser the older they are', () => {
  const noon = new Date(2026, 10, 22, 12).getTime();
  expect(shortWhen(noon - 86_400_000, noon)).toBe('Yesterday');
  expect(dayKey(noon)).toBe('2026-11-22');
});
