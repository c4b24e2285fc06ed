import { expect, it } from 'vitest';
import { factText } from './fact.ts';

const nameOf = (id: string): string => ({ P1: 'Ada' })[id] ?? id;

it('the_numbers_of_an_act_become_words', () => {
  expect(factText('keep', { days: 30 }, nameOf)).toBe('30 days');
  expect(factText('keep', 'forever', nameOf)).toBe('for ever');
  expect(factText('keep', 'inherit', nameOf)).toBe('as the workspace');
  expect(factText('floor', 30, nameOf)).toBe('30 days');
  expect(factText('from_day', 20000, nameOf)).toMatch(/October 4, 2024|4 October 2024/);
  expect(factText('messages', [3, 4], nameOf)).toBe('#3, #4');
  expect(factText('owners', ['P1', 'P2'], nameOf)).toBe('Ada and P2');
  expect(factText('of', 12, nameOf)).toBe('#12');
  expect(factText('days', [20000, 20001], nameOf)).toMatch(/October 4, 2024.*2 days|4 October 2024.*2 days/);
  expect(factText('ranges', [[1, 12], [14, 14]], nameOf)).toBe('#1–#12, #14');
  expect(factText('dooms', { channels: 1, days: 2, messages: 3, files: 1, first_day: 20000, last_day: 20001 }, nameOf)).toMatch(/3 messages, 1 file, and (October 4, 2024|4 October 2024) – /);
  expect(factText('dooms', { channels: 0, days: 0, messages: 0, files: 0 }, nameOf)).toBe('nothing yet');
  expect(factText('why', 'unapproved', nameOf)).toBe('nobody approved it in time');
  expect(factText('unheard_of', { a: [1] }, nameOf)).toBe('{"a":[1]}');
  expect(factText('on', true, nameOf)).toBe('yes');
});
