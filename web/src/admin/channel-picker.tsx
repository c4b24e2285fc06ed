// Which channels an invite joins.

import type { Id } from '../core/types.ts';
import type { AdminChannel } from '../rooms/known.ts';
import { Pick } from '../rooms/pick.tsx';
import { t } from './words.ts';

export function ChannelPicker({ channels, chosen, onChosen }: { channels: AdminChannel[]; chosen: Id[]; onChosen: (chosen: Id[]) => void }) {
  const open = channels.filter((channel) => channel.kind !== 'direct' && !channel.archived).map((channel) => ({ id: channel.id, name: channel.name ?? '' }));
  open.sort((a, b) => a.name.localeCompare(b.name));
  return <Pick legend={t('choose_channels')} hint={t('choose_channels_hint')} find={t('find_channel')} options={open} chosen={chosen} onChosen={onChosen} more={(n) => t('more_channels', { n })} />;
}
