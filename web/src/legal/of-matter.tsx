// What every screen of one matter needs before it can show anything: the matter, and the channels by name.

import type { ComponentChildren } from 'preact';
import type { Id, Matter } from '../core/types.ts';
import { Load, useLoad } from '../ui/states.tsx';
import { fetchChannels, type AdminChannel } from '../rooms/known.ts';
import { useMatters } from '../rooms/use-governance.ts';
import { Gone } from './matter.tsx';

interface Found {
  matter: Matter;
  matters: Matter[];
  channels: AdminChannel[];
}

export function OfMatter({ id, children }: { id: Id; children: (found: Found) => ComponentChildren }) {
  const loading = useMatters();
  const channels = useLoad((signal) => fetchChannels(signal));
  return (
    <Load from={loading}>
      {(matters) => {
        const matter = matters.find((one) => one.id === id);
        return matter ? <Load from={channels}>{(known) => <>{children({ matter, matters, channels: known })}</>}</Load> : <Gone />;
      }}
    </Load>
  );
}
