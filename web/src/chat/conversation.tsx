// One channel: who is there and what the rule is, its rows, and where one writes. A thread stands beside it.

import { useSignal } from '@preact/signals';
import { useCallback, useEffect, useMemo, useRef } from 'preact/hooks';
import { keyOf, leaveWindow, onScreen, openAt, openWindow, state, type Where } from '../core/live.ts';
import { discard, outbox, retry } from '../core/outbox.ts';
import { go, href } from '../core/route.ts';
import type { State } from '../core/state.ts';
import type { Channel, Item } from '../core/types.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button, IconLink } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { lazy } from '../ui/lazy.tsx';
import { Panel } from '../ui/panel.tsx';
import { Empty, Fault, Loading } from '../ui/states.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import type { Acts } from './actions.tsx';
import { Composer } from './composer.tsx';
import { Large } from './files.tsx';
import { channelIcon, channelName, isOwner, otherOf, rule } from './names.ts';
import { Pending } from './message.tsx';
import { LineNotice } from './notice.tsx';
import { Timeline, type Jump } from './timeline.tsx';
import { t } from './words.ts';

const Details = lazy(() => import('./pages.ts').then((pages) => pages.Details));
const Gallery = lazy(() => import('./pages.ts').then((pages) => pages.Gallery));
const JumpTo = lazy(() => import('./pages.ts').then((pages) => pages.JumpTo));
const InfoDialog = lazy(() => import('./pages.ts').then((pages) => pages.InfoDialog));
const ForwardDialog = lazy(() => import('./pages.ts').then((pages) => pages.ForwardDialog));
const Selection = lazy(() => import('./pages.ts').then((pages) => pages.Selection));
const Confirmed = lazy(() => import('./pages.ts').then((pages) => pages.Confirmed));
const Pinned = lazy(() => import('./pages.ts').then((pages) => pages.Pinned));
const HistoryDialog = lazy(() => import('./pages.ts').then((pages) => pages.HistoryDialog));

/** More unread than this: begin at the line, not at the end. */
const FAR_BEHIND = 40;
const MISSING_MS = 2_000;

export function Conversation({ c, thread, around, panel }: { c: string; thread: number | undefined; around: number | undefined; panel: 'info' | 'media' | null }) {
  const s = state.value;
  const channel = s?.channels[c];
  if (!s || !channel) {
    return <Missing />;
  }
  return (
    <div class={`conversation${thread === undefined && !panel ? '' : ' beside'}`}>
      <section class="talk" aria-label={channelName(s, channel)}>
        <Head s={s} channel={channel} />
        <LineNotice />
        <Talk key={c} where={{ c }} channel={channel} around={around} />
      </section>
      {panel === 'info' ? <Details key="details" channel={channel} /> : panel === 'media' ? <Gallery key="media" channel={channel} /> : thread === undefined ? null : <Thread key={thread} channel={channel} q={thread} />}
      <Large />
    </div>
  );
}

/** A channel one has just made or been added to may be told a moment after its address. */
function Missing() {
  const sure = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => (sure.value = true), MISSING_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="nothing-open">
      {sure.value ? <Empty icon="info" title={t('fault_gone')} action={<Button onClick={() => go('#/')}>{t('back_to_chats')}</Button>} /> : <Loading />}
    </div>
  );
}

function Head({ s, channel }: { s: State; channel: Channel }) {
  const name = channelName(s, channel);
  const direct = channel.kind === 'direct';
  const other = direct ? s.people[otherOf(s, channel)] : undefined;
  const glyph = channelIcon(channel);
  return (
    <header class="bar talk-bar">
      <IconLink icon="back" label={t('back')} href="#/" class="only-narrow" />
      <a class="talk-title grow" href={href('c', channel.id, 'info')}>
        <span class="unseen">{t('open_details')} </span>
        <Avatar id={direct ? otherOf(s, channel) : channel.id} name={name} online={!!other && other.id in s.online} {...(glyph ? { icon: glyph } : {})} />
        <span class="grow">
          <h1 class="clip" dir="auto">{name}</h1>
          <span class="talk-sub clip">
            {direct ? (other && other.id in s.online ? t('online') : t('direct_with')) : t('members_n', { n: channel.members.length })} · {rule(channel)}
            {channel.topic ? ` · ${channel.topic}` : ''}
          </span>
        </span>
      </a>
      <IconLink icon="search" label={t('search')} href={`${href('search')}?c=${channel.id}`} />
      <IconLink icon="info" label={t('details')} href={href('c', channel.id, 'info')} class="only-wide" />
    </header>
  );
}

function Thread({ channel, q }: { channel: Channel; q: number }) {
  const close = () => go(href('c', channel.id));
  return (
    <Panel title={t('thread')} out={{ icon: 'close', label: t('close_thread'), onClick: close }}>
      <Talk where={{ c: channel.id, thread: q }} channel={channel} />
    </Panel>
  );
}

function Talk({ where, channel, around }: { where: Where; channel: Channel; around?: number | undefined }) {
  const key = keyOf(where);
  const line = state.value?.lines[key];
  const fault = useSignal<Error | null>(null);
  const jump = useSignal<Jump | null>(null);
  const reply = useSignal<Item | null>(null);
  const editing = useSignal<Item | null>(null);
  const info = useSignal<{ item: Item; what: 'info' | 'history' | 'asked' } | null>(null);
  const forwarding = useSignal<Item | null>(null);
  /** While several are chosen: which. */
  const picked = useSignal<ReadonlySet<number> | null>(null);
  const pins = useSignal(false);
  const choosingDay = useSignal<number | null>(null);
  const dropped = useSignal<globalThis.File[]>([]);
  const dragging = useSignal(false);
  // Where reading had come to when it was opened: the line stays there until one leaves.
  const readUpTo = useRef(channel.unread > 0 && where.thread === undefined ? channel.read : null).current;
  const unreadAtOpen = useRef(channel.unread).current;

  const open = useCallback(
    async (q?: number) => {
      fault.value = null;
      try {
        await openWindow(where, q);
      } catch (error) {
        fault.value = error as Error;
      }
    },
    [key],
  );

  const goTo = useCallback(
    async (q: number, flash = true) => {
      const shown = state.peek()?.lines[key];
      const has = shown?.items.some((item) => item.q === q);
      if (!has) await open(q);
      if (!state.peek()?.lines[key]?.items.some((item) => item.q === q)) toast(t('quote_gone'));
      jump.value = { q, align: 'center', flash, turn: Date.now() };
    },
    [key],
  );

  useEffect(() => {
    onScreen.set(key, where);
    const shown = state.peek()?.lines[key];
    if (around) void goTo(around);
    else if (readUpTo !== null && unreadAtOpen > FAR_BEHIND) void open(readUpTo || undefined).then(() => (jump.value = { q: readUpTo, align: 'line', flash: false, turn: 0 }));
    else if (!shown || shown.moreAfter) void open().then(() => lineUp());
    else lineUp();
    return () => {
      onScreen.delete(key);
    };
    function lineUp() {
      if (readUpTo !== null && unreadAtOpen > 4) jump.value = { q: readUpTo, align: 'line', flash: false, turn: 0 };
    }
  }, [key, around]);

  useEffect(() => () => leaveWindow(where), [key]);

  const acts = useMemo<Acts>(
    () => ({
      reply: (item) => {
        editing.value = null;
        reply.value = item;
      },
      thread: (item) => go(href('c', where.c, 't', item.th ?? item.q)),
      edit: (item) => {
        reply.value = null;
        editing.value = item;
      },
      info: (item) => (info.value = { item, what: 'info' }),
      history: (item) => (info.value = { item, what: 'history' }),
      forward: (item) => (forwarding.value = item),
      select: (item) => (picked.value = new Set([item.q])),
      asked: (item) => (info.value = { item, what: 'asked' }),
    }),
    [key],
  );
  const onThread = useCallback((q: number) => go(href('c', where.c, 't', q)), [where.c]);
  const onJump = useCallback((q: number) => void goTo(q), [goTo]);
  const onDay = useCallback((ts: number) => (choosingDay.value = ts), []);
  const goToTime = (ms: number) => {
    choosingDay.value = null;
    openAt(where, ms).then((q) => (jump.value = q === undefined ? null : { q, align: 'center', flash: true, turn: Date.now() }), toastFault);
  };
  const onPick = useCallback((q: number) => {
    const next = new Set(picked.peek());
    if (!next.delete(q)) next.add(q);
    picked.value = next;
  }, []);

  // What one was answering or editing may be deleted or destroyed meanwhile.
  const about = reply.value ?? editing.value;
  const standing = about && line?.items.find((item) => item.q === about.q);
  useEffect(() => {
    if (standing?.gone || standing?.del) {
      reply.value = null;
      editing.value = null;
    }
  }, [standing]);

  const s = state.value as State;
  const mayWrite = channel.kind !== 'announcement' || isOwner(s, channel) || where.thread !== undefined;
  const editLast = () => {
    const own = line?.items.findLast((item) => item.u === s.me && !item.sys && !item.del && !item.gone && !item.imp && item.b);
    if (own) acts.edit(own);
  };
  return (
    <div
      class="talk-inside"
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes('Files') || !mayWrite) return;
        event.preventDefault();
        dragging.value = true;
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as globalThis.Node | null)) dragging.value = false;
      }}
      onDrop={(event) => {
        dragging.value = false;
        if (!event.dataTransfer?.files.length || !mayWrite) return;
        event.preventDefault();
        dropped.value = [...event.dataTransfer.files];
      }}
    >
      {where.thread === undefined ? <AtHand channel={channel} onPins={() => (pins.value = true)} onShow={onJump} /> : null}
      {line ? (
        <Timeline where={where} channel={channel} line={line} readUpTo={readUpTo} jump={jump.value} acts={acts} onJump={onJump} onDay={where.thread === undefined ? onDay : null} onThread={onThread} picked={picked.value} onPick={onPick} />
      ) : (
        <div class="timeline">
          {fault.value ? <Fault error={fault.value} retry={() => void open()} /> : <Loading />}
          <Unsent where={where} />
        </div>
      )}
      {picked.value ? (
        <Selection channel={channel} items={(line?.items ?? []).filter((item) => picked.value?.has(item.q) && !item.del && !item.gone)} onClose={() => (picked.value = null)} />
      ) : channel.archived ? (
        <p class="composer-closed">{t('archived_here')}</p>
      ) : mayWrite ? (
        <Composer
          channel={channel}
          thread={where.thread}
          draftKey={key}
          reply={reply.value}
          editing={editing.value}
          dropped={dropped.value}
          onDropTaken={() => (dropped.value = [])}
          onDone={() => {
            reply.value = null;
            editing.value = null;
          }}
          onEditLast={editLast}
        />
      ) : (
        <p class="composer-closed">
          <Icon name="megaphone" />
          {t('only_owners')}
        </p>
      )}
      {dragging.value ? (
        <div class="drop-here">
          <Icon name="upload" />
          {t('drop_here')}
        </div>
      ) : null}
      {forwarding.value ? <ForwardDialog items={[forwarding.value]} onClose={() => (forwarding.value = null)} onDone={() => (forwarding.value = null)} /> : null}
      {info.value?.what === 'info' ? <InfoDialog channel={channel} item={info.value.item} onClose={() => (info.value = null)} /> : null}
      {info.value?.what === 'asked' ? <Confirmed channel={channel} item={line?.items.find((item) => item.q === info.value?.item.q) ?? info.value.item} onClose={() => (info.value = null)} /> : null}
      {choosingDay.value !== null ? <JumpTo channel={channel} from={choosingDay.value} onJump={goToTime} onClose={() => (choosingDay.value = null)} /> : null}
      {pins.value ? <Pinned channel={channel} onShow={onJump} onClose={() => (pins.value = false)} /> : null}
      {info.value?.what === 'history' ? <HistoryDialog channel={channel} item={info.value.item} onClose={() => (info.value = null)} /> : null}
    </div>
  );
}

/** What one writes here while the messages before it cannot be had. */
function Unsent({ where }: { where: Where }) {
  const s = state.value as State;
  const entries = outbox.value.filter((entry) => entry.c === where.c && entry.th === where.thread);
  if (!entries.length) return null;
  return (
    <div class="scroller" role="log" aria-live="off" aria-label={t(where.thread === undefined ? 'messages' : 'thread')} tabIndex={0}>
      <div class="rows">
        {entries.map((entry, index) => (
          <Pending key={entry.id} entry={entry} people={s.people} me={s.me} head={index === 0} onRetry={() => retry(entry.id)} onDiscard={() => discard(entry.id)} />
        ))}
      </div>
    </div>
  );
}

/** What waits for us here, and what the channel keeps at hand. */
function AtHand({ channel, onPins, onShow }: { channel: Channel; onPins: () => void; onShow: (q: number) => void }) {
  const [oldest] = channel.asks;
  const atDoor = channel.asking && isOwner(state.value as State, channel) ? channel.asking : 0;
  if (oldest === undefined && !channel.pins.length && !atDoor) return null;
  return (
    <div class="at-hand">
      {atDoor ? (
        <div class="line-notice" role="status">
          <Icon name="users" />
          <span class="grow">{t('asking_n', { n: atDoor })}</span>
          <a href={href('c', channel.id, 'info')}>{t('show_it')}</a>
        </div>
      ) : null}
      {oldest === undefined ? null : (
        <div class="line-notice" role="status">
          <Icon name="confirm" />
          <span class="grow">{t('asks_n', { n: channel.asks.length })}</span>
          <button type="button" onClick={() => onShow(oldest)}>
            {t('show_it')}
          </button>
        </div>
      )}
      {channel.pins.length ? (
        <button type="button" class="pins-bar" onClick={onPins}>
          <Icon name="pin" />
          {t('pinned_n', { n: channel.pins.length })}
        </button>
      ) : null}
    </div>
  );
}
