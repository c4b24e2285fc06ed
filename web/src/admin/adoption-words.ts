// The words of how the house is used.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  hint: 'How far each community has come, in sums. Nothing here is about one person: of fewer than {n} people nothing is told, and a larger community is left out where a small one could be computed from it.',
  all: 'Everybody',
  community: 'Community',
  none: 'In no community',
  people: 'People',
  week: 'Active in 7 days',
  month: 'Active in 28 days',
  behind: 'Behind with announcements',
  channels: 'Channels',
  few: 'Too few to tell',
  no_channel: 'No channel yet',
  counted: 'Everybody is counted once, in the oldest of her communities. Whoever sent anything, read receipts included, is active.',
  small: 'There are fewer than {n} people: nothing is told yet.',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./adoption-words.*.ts', { import: 'default' }));
