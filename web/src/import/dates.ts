// How a date in a line of the file reads under each order, so that a person can say which is right. Asks, never decides.

import { date } from '../core/time.ts';
import type { DateOrder } from '../core/types.ts';

const SHAPE = /(\d{1,4})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{1,4})/;
const DIGIT = /\p{Nd}/gu;

/** Null when there is no date in the line, or none in this order. */
export function readsAs(line: string, order: DateOrder): string | null {
  const found = SHAPE.exec(line.normalize('NFKC').replace(DIGIT, westernDigit));
  if (!found) return null;
  const [first = 0, second = 0, third = 0] = found.slice(1).map(Number);
  const [year, month, day] = order === 'year_first' ? [first, second, third] : order === 'month_first' ? [third, first, second] : [third, second, first];
  const moment = new Date(year < 100 ? 2000 + year : year, month - 1, day);
  return moment.getMonth() === month - 1 && moment.getDate() === day ? date(moment.getTime()) : null;
}

/** Decimal digits stand in runs of ten, each beginning at a multiple of ten counted from its zero. */
function westernDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String(code - zero);
}
