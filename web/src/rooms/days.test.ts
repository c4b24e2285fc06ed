import { expect, it } from 'vitest';
import { dayAfter, dayStart, isoDay } from './days.ts';

it('a_day_reaches_to_the_next_whatever_the_clocks_do', () => {
  // Noon of every day of three years, in whatever zone the tests run.
  for (let n = 0; n < 1100; n++) {
    const noon = new Date(2025, 0, 1 + n, 12).getTime();
    const day = isoDay(noon);
    const next = isoDay(new Date(2025, 0, 2 + n, 12).getTime());
    expect(dayAfter(day)).toBe(dayStart(next));
    expect(dayStart(day)).toBeLessThan(noon);
    expect(isoDay(dayStart(day) ?? 0)).toBe(day);
  }
});

it('what_is_no_day_is_refused', () => {
  for (const text of ['', '2026', '2026-1-1', '1/2/2026', '1900-01-01']) expect(dayStart(text)).toBeNull();
});
