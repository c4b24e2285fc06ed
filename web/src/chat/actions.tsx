// What one can do with a message: a small bar under the pointer, and a menu for touch, keyboard and all the rest.

import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { command, state } from '../core/live.ts';
import { go, href } from '../core/route.ts';
import type { State } from '../core/state.ts';
import type { Channel, Item } from '../core/types.ts';
import { IconButton } from '../ui/button.tsx';
import { confirm } from '../ui/dialog.tsx';
import { Menu, type MenuEntry } from '../ui/menu.tsx';
import { lazy } from '../ui/lazy.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { isOwner, mayPin } from './names.ts';
import { t } from './words.ts';

export const QUICK = ['👍', '❤️', '😂', '😮', '😢', '🙏'];
const EmojiGrid = lazy(() => import('./pages.ts').then((pages) => pages.EmojiGrid));

export interface Acts {
  reply: (item: Item) => void;
  thread: (item: Item) => void;
  edit: (item: Item) => void;
  info: (item: Item) => void;
  history: (item: Item) => void;
  forward: (item: Item) => void;
  select: (item: Item) => void;
  asked: (item: Item) => void;
}

export function ItemActions(props: {
  item: Item;
  channel: Channel;
  inThread: boolean;
  acts: Acts;
  top?: number;
  menuAt?: DOMRect;
  openMenu: (at: DOMRect) => void;
  onClose?: () => void;
}) {
  const { item, channel, acts, inThread } = props;
  const grid = useSignal<DOMRect | null>(null);
  const bar = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (props.top !== undefined) bar.current?.style.setProperty('inset-block-start', `${Math.max(0, props.top - 16)}px`);
  }, [props.top]);
  const s = state.value as State;
  const alive = !item.del && !item.gone;
  const open = !channel.archived;
  const mayWrite = open && (channel.kind !== 'announcement' || isOwner(s, channel) || inThread);
  const react = (emoji: string) => {
    const mine = item.rx?.[emoji]?.includes(s.me) ?? false;
    command({ t: 'react', c: channel.id, q: item.q, e: emoji, on: !mine }).catch(toastFault);
  };
  const picker = grid.value ? (
    <EmojiGrid
      at={grid.value}
      onPick={react}
      onClose={() => {
        grid.value = null;
        props.onClose?.();
      }}
    />
  ) : null;

  if (props.menuAt) {
    if (picker) return picker;
    return (
      <Menu
        label={t('actions')}
        at={props.menuAt}
        onClose={() => {
          if (!grid.value) props.onClose?.();
        }}
        items={entries(s, props)}
        head={
          alive && open ? (
            <div class="quick">
              {QUICK.map((emoji) => (
                <button
                  key={emoji}
                  type="button"
                  role="menuitem"
                  tabIndex={-1}
                  aria-label={t('react_with', { emoji })}
                  onClick={() => {
                    props.onClose?.();
                    react(emoji);
                  }}
                >
                  {emoji}
                </button>
              ))}
              <IconButton icon="plus" label={t('more_emoji')} role="menuitem" tabIndex={-1} onClick={() => (grid.value = props.menuAt as DOMRect)} />
            </div>
          ) : null
        }
      />
    );
  }
  if (!alive) return null;
  return (
    <>
      <div ref={bar} class="hover-bar" role="toolbar" aria-label={t('actions')}>
        {open ? (
          <>
            {QUICK.slice(0, 3).map((emoji) => (
              <button key={emoji} type="button" class="quick-one" aria-label={t('react_with', { emoji })} title={t('react_with', { emoji })} onClick={() => react(emoji)}>
                {emoji}
              </button>
            ))}
            <IconButton icon="smile" label={t('react')} onClick={(event) => (grid.value = event.currentTarget.getBoundingClientRect())} />
          </>
        ) : null}
        {mayWrite ? <IconButton icon="reply" label={t('reply')} onClick={() => acts.reply(item)} /> : null}
        {open && !inThread ? <IconButton icon="thread" label={t('reply_thread')} onClick={() => acts.thread(item)} /> : null}
        <IconButton icon="more" label={t('more')} onClick={(event) => props.openMenu(event.currentTarget.getBoundingClientRect())} />
      </div>
      {picker}
    </>
  );
}

function entries(s: State, { item, channel, inThread, acts }: { item: Item; channel: Channel; inThread: boolean; acts: Acts }): MenuEntry[] {
  const alive = !item.del && !item.gone;
  const open = !channel.archived;
  const own = item.u === s.me && !item.imp;
  const mayWrite = open && (channel.kind !== 'announcement' || isOwner(s, channel) || inThread);
  return [
    alive && mayWrite && { label: t('reply'), icon: 'reply', run: () => acts.reply(item) },
    alive && open && !inThread && { label: t('reply_thread'), icon: 'thread', run: () => acts.thread(item) },
    alive && !!item.b && { label: t('copy_text'), icon: 'copy', run: () => void copy(item.b ?? '') },
    alive && !item.poll && { label: t('forward'), icon: 'forward-message', run: () => acts.forward(item) },
    alive && { label: t('select'), icon: 'check', run: () => acts.select(item) },
    alive && saveEntry(channel, item),
    alive && open && !inThread && mayPin(s, channel) && pinEntry(channel, item),
    alive && !!item.ask && (own || isOwner(s, channel)) && { label: t('confirmations'), icon: 'confirm', run: () => acts.asked(item) },
    alive && open && !!item.poll && !item.poll.closed && (own || isOwner(s, channel)) && { label: t('poll_close'), icon: 'lock', run: () => void askClose(channel, item) },
    // What people confirm or vote on stays as it is.
    alive && own && open && !!item.b && !item.ask && !item.poll && { label: t('edit'), icon: 'edit', run: () => acts.edit(item) },
    own && !item.gone && { label: t('message_info'), icon: 'info', run: () => acts.info(item) },
    !!item.ed && !item.gone && { label: t('see_history'), icon: 'clock', run: () => acts.history(item) },
    alive && open && (own || isOwner(s, channel)) && { label: t('delete'), icon: 'trash', danger: true, run: () => void askDelete(channel, item) },
  ];
}

function saveEntry(channel: Channel, item: Item): MenuEntry {
  const on = !channel.saved.includes(item.q);
  return { label: t(on ? 'save_later' : 'save_off'), icon: 'saved', run: () => void save(channel.id, item.q, on) };
}

async function save(c: string, q: number, on: boolean): Promise<void> {
  try {
    await command({ t: 'save', c, q, on });
    if (on) toast(t('saved_now'), { action: { label: t('show_it'), run: () => go(href('saved')) } });
  } catch (error) {
    toastFault(error);
  }
}

function pinEntry(channel: Channel, item: Item): MenuEntry {
  const on = !channel.pins.includes(item.q);
  return { label: t(on ? 'pin' : 'unpin'), icon: 'pin', run: () => void command({ t: 'pin', c: channel.id, q: item.q, on }).catch(toastFault) };
}

async function askClose(channel: Channel, item: Item): Promise<void> {
  const yes = await confirm({ title: t('poll_close_title'), body: <p>{t('poll_close_text')}</p>, action: t('poll_close') });
  if (yes) await command({ t: 'close', c: channel.id, q: item.q }).catch(toastFault);
}

export async function askDelete(channel: Channel, item: Item): Promise<void> {
  const days = channel.rule.keep_days;
  const yes = await confirm({
    title: t('delete_title'),
    body: <p>{days === null ? t('delete_text') : t('delete_text_days', { n: days })}</p>,
    action: t('delete'),
    danger: true,
  });
  if (yes) await command({ t: 'del', c: channel.id, q: item.q }).catch(toastFault);
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(t('copied'));
  } catch (error) {
    toastFault(error);
  }
}
