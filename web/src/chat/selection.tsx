// Several messages at once: copied, forwarded, or one's own deleted. It stands where one writes, while one chooses.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { command, state } from '../core/live.ts';
import type { State } from '../core/state.ts';
import { dateTime } from '../core/time.ts';
import type { Channel, Item } from '../core/types.ts';
import { IconButton } from '../ui/button.tsx';
import { confirm } from '../ui/dialog.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { ForwardDialog } from './forward.tsx';
import { authorName, gist, isOwner, saidAt } from './names.ts';
import { t } from './words.ts';

export function Selection({ channel, items, onClose }: { channel: Channel; items: Item[]; onClose: () => void }) {
  const s = state.value as State;
  const forwarding = useSignal(false);
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => bar.current?.focus({ preventScroll: true }), []);
  const deletable = !channel.archived && items.length > 0 && items.every((item) => isOwner(s, channel) || (item.u === s.me && !item.imp));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(words(s, items));
      toast(t('copied'));
      onClose();
    } catch (error) {
      toastFault(error);
    }
  };
  const erase = async () => {
    const days = channel.rule.keep_days;
    const yes = await confirm({
      title: t('delete_n_title', { n: items.length }),
      body: <p>{days === null ? t('delete_text') : t('delete_text_days', { n: days })}</p>,
      action: t('delete'),
      danger: true,
    });
    if (!yes) return;
    for (const item of items) await command({ t: 'del', c: channel.id, q: item.q }).catch(toastFault);
    onClose();
  };
  return (
    <div
      ref={bar}
      class="selection"
      role="toolbar"
      tabIndex={-1}
      aria-label={t('selection')}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        onClose();
      }}
    >
      <IconButton icon="close" label={t('selection_stop')} onClick={onClose} />
      <span class="grow strong" role="status">
        {t('selection_n', { n: items.length })}
      </span>
      <IconButton icon="copy" label={t('copy_text')} disabled={!items.some((item) => item.b)} onClick={() => void copy()} />
      <IconButton icon="forward-message" label={t('forward')} disabled={!items.length} onClick={() => (forwarding.value = true)} />
      <IconButton icon="trash" label={t('delete')} disabled={!deletable} onClick={() => void erase()} />
      {forwarding.value ? <ForwardDialog items={items} onClose={() => (forwarding.value = false)} onDone={onClose} /> : null}
    </div>
  );
}

/** One message is its words; several say who and when. */
function words(s: State, items: Item[]): string {
  if (items.length === 1) return items[0]?.b ?? '';
  return items.map((item) => `[${dateTime(saidAt(item))}] ${authorName(s, item)}: ${item.b ?? gist(item)}`).join('\n');
}
