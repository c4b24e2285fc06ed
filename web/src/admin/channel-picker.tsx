// Which channels: a list to tick, searchable when it is long.

import { useState } from 'preact/hooks';
import type { Id } from '../core/types.ts';
import { Check, Input } from '../ui/field.tsx';
import type { AdminChannel } from '../rooms/known.ts';
import { t } from './words.ts';

const SEARCH_FROM = 8;

export function ChannelPicker({ channels, chosen, onChosen }: { channels: AdminChannel[]; chosen: Id[]; onChosen: (chosen: Id[]) => void }) {
  const [text, setText] = useState('');
  const wanted = text.trim().toLocaleLowerCase();
  const open = channels.filter((channel) => channel.kind !== 'direct' && !channel.archived).sort((a, b) => (a.name ?? '').localeCompare(b.name ?? ''));
  const shown = open.filter((channel) => chosen.includes(channel.id) || (channel.name ?? '').toLocaleLowerCase().includes(wanted));
  return (
    <fieldset class="picker">
      <legend class="label">{t('choose_channels')}</legend>
      <p class="hint">{t('choose_channels_hint')}</p>
      {open.length > SEARCH_FROM ? <Input label={t('find_channel')} type="search" value={text} onValue={setText} /> : null}
      <div class="scroll">
        {shown.map((channel) => (
          <Check
            key={channel.id}
            label={channel.name ?? ''}
            checked={chosen.includes(channel.id)}
            onValue={(on) => onChosen(on ? [...chosen, channel.id] : chosen.filter((id) => id !== channel.id))}
          />
        ))}
      </div>
    </fieldset>
  );
}
