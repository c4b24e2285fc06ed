// The words of taking out one's own data.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  title: 'My data',
  text: 'Everything Daylight keeps of you, as one file: your profile and devices, your channels and how long they keep what is said, your messages and files, your reactions and confirmations, and what was recorded about you.',
  not_in: 'What others wrote is not in it.',
  get: 'Get my data',
  ask_text: 'It is made now, from what can be read now. That you took it out is recorded.',
  secret: 'Your PIN or password',
  secret_hint: 'So that nobody takes it from a device you left open.',
  download: 'Download',
  cancel: 'Cancel',
  coming: 'Your data is on its way. A large file takes a while.',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./own-data-words.*.ts', { import: 'default' }));
