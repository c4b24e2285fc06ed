import { expect, it } from 'vitest';
import { date } from '../core/time.ts';
import { readsAs } from './dates.ts';

const day = (y: number, m: number, d: number): string => date(new Date(y, m - 1, d).getTime());

it('a_line_reads_differently_by_order', () => {
  const line = '3/4/21, 10:02 - Chen: Machine 4 is down';
  expect(readsAs(line, 'day_first')).toBe(day(2021, 4, 3));
  expect(readsAs(line, 'month_first')).toBe(day(2021, 3, 4));
  expect(readsAs('[2021-03-04, 10:02:00] Chen: hi', 'year_first')).toBe(day(2021, 3, 4));
  expect(readsAs('٣/٤/٢٠٢١، ١٠:٠٢ - Chen', 'day_first')).toBe(day(2021, 4, 3));
  expect(readsAs('०३.०४.२०२१ hi', 'month_first')).toBe(day(2021, 3, 4));
});

it('an_impossible_date_reads_as_nothing', () => {
  expect(readsAs('31/12/20, 11:00 - x', 'month_first')).toBeNull();
  expect(readsAs('30/2/20', 'day_first')).toBeNull();
  expect(readsAs('no date', 'day_first')).toBeNull();
});
