// The words of communities and of asking to join.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  community: 'Community',
  channels: 'Channels of this community',
  none: 'None yet',
  in_none: 'In no community',
  in_community: 'In the community {name}',
  put: 'Put into a community',
  put_title: 'Put it into “{name}”?',
  put_text: 'Everybody in the channel gets the community’s announcements, and everybody in the community sees that the channel is there and may ask to join.',
  take: 'Take out',
  take_title: 'Take it out of “{name}”?',
  take_text: 'Nobody leaves a channel by it.',
  ask: 'Ask to join',
  asked: 'Asked',
  withdraw: 'Withdraw',
  at_door: 'Who asks to join',
  let_in: 'Let in',
  let_in_name: 'Let in {name}',
  refuse: 'Refuse',
  refuse_name: 'Refuse {name}',
  invite_ask: 'An owner lets each person in (for a poster that anybody could photograph)',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./community-words.*.ts', { import: 'default' }));
