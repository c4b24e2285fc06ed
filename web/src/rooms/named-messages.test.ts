import { expect, it } from 'vitest';
import { namedMessages } from './named-messages.ts';

const C = '01M81FB4EJ9W1NP4H06SVTSE66';
const D = '01M81FB4EP1MR9TYGXK3NHJD36';

it('numbers, ranges and addresses name messages, each once and in order', () => {
  expect(namedMessages('12, #3\n5 - 7; 6')).toEqual({ c: null, q: [3, 5, 6, 7, 12] });
  expect(namedMessages(`https://chat.example/#/c/${C}?at=41 https://chat.example/#/c/${C}/t/9 10–11`)).toEqual({ c: C, q: [9, 10, 11, 41] });
  expect(namedMessages('  ')).toEqual({ c: null, q: [] });
});

it('what names no message, or too many, or messages of two channels is refused by name', () => {
  expect(namedMessages('12 twelve')).toEqual({ fault: 'text', part: 'twelve' });
  expect(namedMessages('0')).toEqual({ fault: 'text', part: '0' });
  expect(namedMessages('1.5')).toEqual({ fault: 'text', part: '1.5' });
  expect(namedMessages(`https://chat.example/#/c/${C}`)).toMatchObject({ fault: 'text' });
  expect(namedMessages('9-7')).toEqual({ fault: 'backwards', part: '9-7' });
  expect(namedMessages('1-999999999999999')).toMatchObject({ fault: 'many' });
  expect(namedMessages('1-60 61-101')).toMatchObject({ fault: 'many' });
  expect(namedMessages(`#/c/${C}?at=1 #/c/${D}?at=2`)).toMatchObject({ fault: 'channel' });
});
