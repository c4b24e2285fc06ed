// Messages taken along to another conversation: their words, and their files as new uploads under that channel's rule.

import { useSignal } from '@preact/signals';
import { state } from '../core/live.ts';
import { enqueue, type Attachment } from '../core/outbox.ts';
import type { State } from '../core/state.ts';
import type { Channel, File, Item } from '../core/types.ts';
import { ulid } from '../core/ulid.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty } from '../ui/states.tsx';
import { toast } from '../ui/toast.tsx';
import { fileUrl } from './files.tsx';
import { when } from './list.tsx';
import { channelIcon, channelName, isOwner, otherOf } from './names.ts';
import { t } from './words.ts';

export function ForwardDialog({ items, onClose, onDone }: { items: Item[]; onClose: () => void; onDone: () => void }) {
  const s = state.value as State;
  const find = useSignal('');
  const busy = useSignal(false);
  const wanted = find.value.trim().toLocaleLowerCase();
  const open = Object.values(s.channels)
    .filter((channel) => !channel.archived && (channel.kind !== 'announcement' || isOwner(s, channel)) && channelName(s, channel).toLocaleLowerCase().includes(wanted))
    .sort((a, b) => when(b) - when(a));
  const send = async (channel: Channel) => {
    if (busy.value) return;
    busy.value = true;
    try {
      // All files are at hand before the first word goes: nothing arrives by halves.
      const ready = await Promise.all(items.map(async (item) => ({ item, files: await Promise.all((item.f ?? []).map(fetched)) })));
      for (const { item, files } of ready) enqueue({ c: channel.id, b: marked(s, item), files });
      toast(t('forwarded', { name: channelName(s, channel) }));
      onDone();
    } catch (error) {
      toast(t('forward_failed', { why: (error as Error).message }), { bad: true });
      busy.value = false;
    }
  };
  return (
    <Dialog title={t('forward_title')} onClose={onClose}>
      <p class="muted small">{t('forward_n', { n: items.length })}</p>
      <div class="finder">
        <Icon name="search" />
        <input type="search" aria-label={t('find_channel')} placeholder={t('find_channel')} value={find.value} onInput={(event) => (find.value = event.currentTarget.value)} />
      </div>
      {open.length ? (
        <ul class="list" aria-label={t('channels')}>
          {open.map((channel) => {
            const name = channelName(s, channel);
            const glyph = channelIcon(channel);
            return (
              <li key={channel.id}>
                <button type="button" class="line" disabled={busy.value} onClick={() => void send(channel)}>
                  <Avatar id={channel.kind === 'direct' ? otherOf(s, channel) : channel.id} name={name} size="small" {...(glyph ? { icon: glyph } : {})} />
                  <span class="grow clip" dir="auto">
                    {name}
                  </span>
                </button>
              </li>
            );
          })}
        </ul>
      ) : (
        <Empty icon="search" title={t('nothing_found')} />
      )}
    </Dialog>
  );
}

/** What others wrote says so: it must not stand as one's own words. */
function marked(s: State, item: Item): string {
  const words = item.b ?? '';
  if (item.u === s.me && !item.imp) return words;
  const all = `_${t('forwarded_mark')}_${words ? `\n${words}` : ''}`;
  return new TextEncoder().encode(all).length > s.limits.text ? words : all;
}

async function fetched(file: File): Promise<Attachment> {
  const answer = await fetch(fileUrl(file), { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(file.name);
  const blob = await answer.blob();
  return { id: ulid(), name: file.name, mime: file.mime, size: blob.size, blob, sent: 0 };
}
