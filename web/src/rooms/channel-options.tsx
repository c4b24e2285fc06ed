// All channels in a list to choose one from, by kind; those in use before the archived.

import type { ChannelKind } from '../core/types.ts';
import { channelTitle, type AdminChannel } from './known.ts';
import { t } from './words.ts';

const KINDS: ChannelKind[] = ['group', 'announcement', 'direct'];

export function ChannelOptions({ channels }: { channels: AdminChannel[] }) {
  return (
    <>
      {KINDS.map((kind) => (
        <optgroup key={kind} label={t(`group_${kind}`)}>
          {channels
            .filter((one) => one.kind === kind)
            .sort(byName)
            .map((one) => (
              <option key={one.id} value={one.id}>
                {one.archived ? t('archived', { name: channelTitle(one) }) : channelTitle(one)}
              </option>
            ))}
        </optgroup>
      ))}
    </>
  );
}

export function byName(a: AdminChannel, b: AdminChannel): number {
  return Number(a.archived) - Number(b.archived) || channelTitle(a).localeCompare(channelTitle(b));
}
