// The words around the answer to who asked to be forgotten.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  verdicts: 'What became of each kind of record',
  group: 'Records',
  verdict: 'Verdict',
  goes: 'Gone',
  said: 'Messages, files and reactions',
  name: 'The name and the sign-in name',
  floored: 'Too young to go, by a floor',
  held: 'Held for a matter',
  acts: 'That something was done, and when',
  erased: 'Erased',
  erased_n: 'Erased: {n} record|Erased: {n} records',
  kept: 'Kept',
  kept_n: 'Kept: {n} record|Kept: {n} records',
  until_settled: 'when its hold is released',
  until_record: 'stays, without words and without a name',
  letter: 'The answer',
  letter_hint: 'A letter to whoever asked, made of these figures. Read it before you hand it over.',
  language: 'Language of the letter',
  tell_held: 'Say how much is kept for a legal matter',
  tell_held_hint: 'Without it the letter says that there may be such a thing, and not whether there is.',
  save: 'Save the letter',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./letter-words.*.ts', { import: 'default' }));
