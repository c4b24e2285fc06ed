// The words of the lists of who has confirmed and of what is pinned, and of what new members see.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  confirmed_by: 'Confirmed',
  seen_by: 'Seen, not confirmed',
  not_seen_by: 'Not seen yet',
  left_since: 'left since',
  remind: 'Remind the others',
  remind_later: 'Remind again at {time}',
  reminded: 'Reminded',
  save_list: 'Save the list',
  list_name: 'Name',
  list_state: 'State',
  list_time: 'Time (UTC)',
  list_left: 'Left since',
  list_yes: 'yes',
  pinned_messages: 'Pinned messages',
  pinned_none: 'Nothing is pinned any more',
  new_members: 'New members see',
  new_all: 'Everything',
  new_none: 'Only what comes after they join',
  new_days: 'The last {n} day|The last {n} days',
  media: 'Pictures, files and links',
  told: 'You are told of',
  told_all: 'Everything',
  told_mine: 'Only what is meant for you',
  told_none: 'Nothing',
  told_all_text: 'Every message, but in your quiet hours',
  told_mine_text: 'Mentions, and what asks you to confirm; no number in the list',
  told_none_text: 'Only what asks you to confirm, and what is urgent, still reaches you',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./at-hand-words.*.ts', { import: 'default' }));
