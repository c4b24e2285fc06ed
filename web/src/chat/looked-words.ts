// The words of who looked into one's channels.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  who_looked: 'Who looked',
  who_looked_text: 'Whether somebody who is not in a channel of yours opened what is in it, for legal reasons.',
  none: 'Nothing that could be told yet.',
  by_matter: 'An officer read in {channel} for a legal matter: {n} look.|An officer read in {channel} for a legal matter: {n} looks.',
  by_export: 'An officer took an export of {channel} out: {n} time.|An officer took an export of {channel} out: {n} times.',
  told_rule: 'Told when the matter is closed, and a year after the day at the latest. Two officers stand behind every reading, and each look is in a record that nobody can change.',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./looked-words.*.ts', { import: 'default' }));
