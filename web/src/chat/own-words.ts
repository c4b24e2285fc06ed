// The words of what one saved and of what is sent later.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  saved_rule: 'Only you see what you saved. A message that is deleted or destroyed goes from here too.',
  saved_none: 'Nothing saved',
  saved_none_text: 'Choose “Save for later” in the menu of a message, and it stands here until you take it off.',
  take_off: 'Take off the list: {text}',
  more: 'Show more',
  scheduled_none: 'Nothing waits',
  scheduled_none_text: 'Choose “Send later” beside the box you write in, and the message waits here until its time.',
  schedule: 'Schedule',
  message: 'Message',
  when: 'When',
  today: 'Later today: {time}',
  tomorrow: 'Tomorrow morning: {time}',
  monday: 'On Monday: {time}',
  own_time: 'Another date and time',
  date_time: 'Date and time',
  kept_from_now: 'From now on it is kept like a message of this conversation, though only you see it until it is sent.',
  will_send: 'It is sent on {time}',
  rule_first: 'What is written here is kept for {n} day, and would be gone before then. Choose an earlier time.|What is written here is kept for {n} days, and would be gone before then. Choose an earlier time.',
  full: 'You have as many messages waiting as you can have. Send or cancel one first.',
  send_now: 'Send now',
  change: 'Change',
  cancel_it: 'Cancel sending',
  remove: 'Remove',
  no_channel: 'A conversation you are not in any more',
  cancel_title: 'Cancel this message?',
  cancel_text: 'It is not sent, and it goes from this list.',
  why_left: 'Not sent: you are not in this conversation any more.',
  why_inactive: 'Not sent: your account was not active.',
  why_forbidden: 'Not sent: only owners write here now.',
  why_closed: 'Not sent: the conversation was archived.',
  why_slow: 'Not sent: this conversation is slow, and you had just written.',
  why_destroyed: 'Not sent: the rule of the conversation destroyed its words before their time.',
  why_refused: 'Not sent: it was not accepted any more.',
  why_supervised: 'Not sent: a rule of supervision stops it.',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./own-words.*.ts', { import: 'default' }));
