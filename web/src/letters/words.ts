// The words around a notice to preserve.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  title: 'Notice to preserve for {matter}',
  hint: 'Daylight tells nobody of a hold. Whoever gets this notice knows that there is one; the matter’s name is not in it.',
  people: 'Who gets it',
  people_hint: 'Each in a conversation of their own with you: nobody sees who else got it.',
  people_find: 'Find a person',
  more: '{n} more person; type a name|{n} more people; type a name',
  language: 'Language',
  text: 'Notice',
  text_hint: 'A beginning: change what you like. Put what it is about in place of “…”.',
  blank: 'Say what it is about, in place of “…”.',
  too_many: 'At most {n} at once.',
  channel: 'Notice to preserve',
  send: 'Send, and ask for confirmation',
  sending: '{n} of {all} sent',
  sent: 'Sent',
  sent_hint: 'In each conversation the notice shows whether it was confirmed, and can remind.',
  open: 'Open the conversation with {name}',
  back: 'Back to the matter',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./words.*.ts', { import: 'default' }));
