// The words of the rule about signing in, for who runs the house.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  title: 'Signing in',
  hint: 'Who shows more than a PIN or password, and how long people stay signed in.',
  second: 'A second step is asked of',
  second_text: 'Whoever has none is led to set one up at once, and can do nothing else before. That may be you.',
  missing: 'One person has none yet.|{n} people have none yet.',
  days: 'Signed in for at most (days)',
  idle_days: 'Signed out when unused for (days)',
  days_hint: 'Empty: no limit.',
  days_fault: '1 to 3,650 days, or empty.',
  save: 'Save',
  saved: 'The rule is saved.',
  has_second: 'Second step',
  take_off: 'Take off second step',
  take_off_title: 'Take the second step off {name}?',
  take_off_text: 'For somebody who lost her phone. Her codes, passkeys and recovery codes open nothing any more: her PIN or password is enough until she sets up another step. It stands in the ledger.',
  taken_off: 'It is taken off.',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./house-words.*.ts', { import: 'default' }));
