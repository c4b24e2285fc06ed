// The words of supervision where one writes.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  watched: 'Supervised: rules look through what is written here, and officers read what they take.',
  message: 'Message',
  send: 'Send',
  leave_it: 'Leave it for now',
  asked: 'Please look at this again before you send it',
  blocked: 'This cannot be sent here',
  change: 'Change it',
  anyway: 'Send anyway',
  discard: 'Discard',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./stopped-words.*.ts', { import: 'default' }));
