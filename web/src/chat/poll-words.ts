// The words of polls.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  new_poll: 'New poll',
  question: 'Question',
  option_n: 'Answer {n}',
  many: 'Several answers can be chosen',
  open_to_all: 'Everybody in the conversation sees who voted for what.',
  twice: 'Each answer can be there once.',
  choose_one: 'Choose one. All see your vote.',
  choose_many: 'Choose one or more. All see your vote.',
  closed: 'This poll is closed',
  votes_n: '{n} vote|{n} votes',
  see_votes: 'See who voted',
  votes: 'Votes',
  no_votes: 'Nobody yet',
  yours: 'your choice',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./poll-words.*.ts', { import: 'default' }));
