// What a channel keeps at hand: the pinned messages as they read now, each a step away.

import { get } from '../core/api.ts';
import { command, state } from '../core/live.ts';
import type { State } from '../core/state.ts';
import { shortWhen } from '../core/time.ts';
import type { Channel, Item } from '../core/types.ts';
import { IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Empty, Load, useLoad } from '../ui/states.tsx';
import { toastFault } from '../ui/toast.tsx';
import { authorName, gist, mayPin, saidAt } from './names.ts';
import { t as own } from './at-hand-words.ts';
import { t } from './words.ts';

export function Pinned({ channel, onShow, onClose }: { channel: Channel; onShow: (q: number) => void; onClose: () => void }) {
  const s = state.value as State;
  const pins = useLoad((signal) => get<{ items: Item[] }>(`/channels/${channel.id}/pins`, {}, { signal }), [channel.pins]);
  return (
    <Dialog title={own('pinned_messages')} onClose={onClose}>
      <Load from={pins}>
        {({ items }) => items.length ? (
          <ul class="list">
            {items.toReversed().map((item) => (
              <li key={item.q} class="line">
                <button
                  type="button"
                  class="pinned-row grow"
                  onClick={() => {
                    onClose();
                    onShow(item.q);
                  }}
                >
                  <span class="muted small">
                    {authorName(s, item)} · {shortWhen(saidAt(item))}
                  </span>
                  <span class="pinned-text">{gist(item)}</span>
                </button>
                {mayPin(s, channel) ? <IconButton icon="close" label={t('unpin')} onClick={() => void command({ t: 'pin', c: channel.id, q: item.q, on: false }).catch(toastFault)} /> : null}
              </li>
            ))}
          </ul>
        ) : (
          <Empty icon="pin" title={own('pinned_none')} />
        )}
      </Load>
    </Dialog>
  );
}
