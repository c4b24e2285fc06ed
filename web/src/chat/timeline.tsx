// The rows of a channel or a thread: a bounded window that never jumps. Whatever changes its height - older rows above, a picture
// that loads, an edit - the row under the reader's eyes stays where it is, or the end stays the end.

import { useSignal } from '@preact/signals';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { command, extendWindow, keyOf, markRead, openWindow, readsWhile, state, tellRead, typing, type Where } from '../core/live.ts';
import { discard, outbox, retry } from '../core/outbox.ts';
import { setAtEnd, ticks, type State, type Timeline as Line } from '../core/state.ts';
import { dayKey, dayName, utcDay } from '../core/time.ts';
import type { Channel, Expired, Item } from '../core/types.ts';
import { IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { toastFault } from '../ui/toast.tsx';
import { ItemActions, type Acts } from './actions.tsx';
import { Beginning } from './beginning.tsx';
import { belongTogether, Pending, Row } from './message.tsx';
import { isOwner, saidAt, typingText } from './names.ts';
import { t } from './words.ts';

/** Who scrolls finds more rows there already. */
const NEAR_EDGE = 800;
/** The end of the window itself is in view: more is fetched without anybody's doing. */
const AT_EDGE = 80;
const AT_END = 40;

export interface Jump {
  q: number;
  /** Where in the window the row comes to stand. */
  align: 'center' | 'line';
  flash: boolean;
  turn: number;
}

interface Props {
  where: Where;
  channel: Channel;
  line: Line;
  /** The last row read before it was opened; the line is drawn after it. */
  readUpTo: number | null;
  jump: Jump | null;
  acts: Acts;
  onJump: (q: number) => void;
  onThread: (q: number) => void;
  /** Another day is to be looked at. */
  onDay: ((ts: number) => void) | null;
  /** While several are chosen: which; a press on a row then chooses it. */
  picked: ReadonlySet<number> | null;
  onPick: (q: number) => void;
}

/** A row is held by its lower edge: the name above its words may go when an older row of the same author comes in. */
type Anchor = { end: true } | { end: false; q: number; bottom: number };

export function Timeline({ where, channel, line, readUpTo, jump, acts, onJump, onThread, onDay, picked, onPick }: Props) {
  const s = state.value as State;
  const key = keyOf(where);
  const inThread = where.thread !== undefined;
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor>({ end: true });
  /** Where we last left the scroll bar; anything else is the reader's own doing. */
  const rest = useRef(0);
  const jumped = useRef<Jump | null>(null);
  const loading = useRef<'before' | 'after' | null>(null);
  const atEnd = useSignal(true);
  const hovered = useSignal<{ q: number; top: number } | null>(null);
  const menu = useSignal<{ q: number; at: DOMRect } | null>(null);

  // What an earlier life has sent may stand among the rows before this one knows.
  const entries = outbox.value.filter((entry) => entry.c === where.c && entry.th === where.thread && !line.items.some((item) => item.k === entry.id));

  const note = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    // Nobody scrolled: a composer that grows beneath has taken the room, and who stood at the end still does.
    const stood = anchor.current.end && Math.abs(box.scrollTop - rest.current) <= 1;
    const end = stood || box.scrollHeight - box.scrollTop - box.clientHeight <= AT_END;
    const { moreAfter } = state.peek()?.lines[key] ?? { moreAfter: false };
    atEnd.value = end && !moreAfter;
    anchor.current = atEnd.peek() ? { end: true } : (firstVisible(box, rows.current) ?? anchor.current);
    rest.current = box.scrollTop;
    const now = state.peek();
    if (now) state.value = setAtEnd(now, key, atEnd.peek());
    if (atEnd.peek()) read();
  }, [key]);

  const restore = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    // A scroll whose event is still to come must not be undone.
    const moved = box.scrollTop - rest.current;
    const atBottom = box.scrollHeight - box.scrollTop - box.clientHeight <= 1;
    if (Math.abs(moved) > 1 && !atBottom) {
      const held = anchor.current;
      anchor.current = held.end ? (firstVisible(box, rows.current) ?? held) : { ...held, bottom: held.bottom - moved };
    }
    const held = anchor.current;
    if (held.end) box.scrollTop = box.scrollHeight;
    else {
      const row = find(rows.current, held.q);
      if (row) box.scrollTop += row.getBoundingClientRect().bottom - box.getBoundingClientRect().top - held.bottom;
    }
    rest.current = box.scrollTop;
  }, []);

  const read = useCallback(() => {
    if (!inThread && document.visibilityState === 'visible' && document.hasFocus()) markRead(where.c);
  }, [where.c, inThread]);

  const page = useCallback(
    async (side: 'before' | 'after') => {
      const shown = state.peek()?.lines[key];
      if (loading.current || !shown || !(side === 'before' ? shown.moreBefore : shown.moreAfter)) return;
      loading.current = side;
      try {
        await extendWindow(where, side);
      } catch (error) {
        toastFault(error);
        await new Promise((done) => setTimeout(done, 3000));
      } finally {
        loading.current = null;
      }
    },
    [key],
  );

  const look = useCallback(
    (near: number) => {
      const box = scroller.current;
      if (!box) return;
      if (box.scrollTop < near) void page('before');
      else if (box.scrollHeight - box.scrollTop - box.clientHeight < near) void page('after');
    },
    [page],
  );

  useLayoutEffect(() => {
    if (jump && jumped.current !== jump) {
      const box = scroller.current;
      const row = find(rows.current, jump.q) ?? (jump.align === 'line' ? rows.current?.querySelector<HTMLElement>('.unread-line') : null);
      if (box && row) {
        jumped.current = jump;
        const target = jump.align === 'line' ? (rows.current?.querySelector<HTMLElement>('.unread-line') ?? row) : row;
        const offset = jump.align === 'line' ? 72 : (box.clientHeight - target.offsetHeight) / 2;
        box.scrollTop += target.getBoundingClientRect().top - box.getBoundingClientRect().top - offset;
        anchor.current = firstVisible(box, rows.current) ?? anchor.current;
        rest.current = box.scrollTop;
        if (jump.flash) {
          row.classList.add('flash');
          setTimeout(() => row.classList.remove('flash'), 1600);
          row.focus({ preventScroll: true });
        }
        note();
        return;
      }
    }
    restore();
  });

  useEffect(() => {
    const watch = new ResizeObserver(restore);
    if (rows.current) watch.observe(rows.current);
    if (scroller.current) watch.observe(scroller.current);
    note();
    if (!inThread) readsWhile((c) => c === where.c && atEnd.peek() && document.visibilityState === 'visible' && document.hasFocus());
    const back = () => {
      if (atEnd.peek()) read();
    };
    window.addEventListener('focus', back);
    document.addEventListener('visibilitychange', back);
    return () => {
      watch.disconnect();
      if (!inThread) {
        tellRead(where.c);
        readsWhile(() => false);
      }
      window.removeEventListener('focus', back);
      document.removeEventListener('visibilitychange', back);
    };
  }, [key]);

  useEffect(() => look(AT_EDGE), [line.items]);

  // What arrives while the end is in view has been seen.
  const head = channel.head;
  useEffect(() => {
    if (atEnd.peek()) read();
  }, [head]);

  // One's own new words are always brought into view.
  const newest = entries.at(-1)?.id;
  const seenEntry = useRef(newest);
  useLayoutEffect(() => {
    if (newest && newest !== seenEntry.current) toEnd();
    seenEntry.current = newest;
  }, [newest]);

  const toEnd = () => {
    const done = () => {
      anchor.current = { end: true };
      rest.current = scroller.current?.scrollTop ?? 0;
      restore();
    };
    if (state.peek()?.lines[key]?.moreAfter) openWindow(where).then(done, toastFault);
    else done();
  };

  const onReact = useCallback((item: Item, emoji: string) => {
    const mine = item.rx?.[emoji]?.includes(s.me) ?? false;
    command({ t: 'react', c: where.c, q: item.q, e: emoji, on: !mine }).catch(toastFault);
  }, []);
  const onVote = useCallback((q: number, o: number[]) => {
    command({ t: 'vote', c: where.c, q, o }).catch(toastFault);
  }, []);
  const onConfirm = useCallback((q: number) => {
    command({ t: 'confirm', c: where.c, q }).catch(toastFault);
  }, []);
  const onAsked = useCallback((item: Item) => acts.asked(item), [acts]);
  const onQuote = useCallback((q: number) => onJump(q), [onJump]);

  const least = useMemo(() => {
    // Thresholds once, instead of all members for each row.
    const memo = new Map<number, ReturnType<typeof ticks>>();
    return (q: number) => {
      const known = memo.get(q);
      if (known) return known;
      const made = ticks(channel, s.me, q);
      memo.set(q, made);
      return made;
    };
  }, [channel.members, s.me]);

  const parts = useMemo(() => arrange(line, inThread), [line.items, line.expired, line.moreBefore, inThread]);
  const writers = Object.keys(typing.value[key] ?? {});
  const chosen = menu.value ? line.items.find((item) => item.q === menu.value?.q) : undefined;
  const hoverItem = hovered.value ? line.items.find((item) => item.q === hovered.value?.q) : undefined;
  const owner = isOwner(s, channel);
  let unreadDrawn = false;
  let previous: Item | undefined;

  const openMenu = (row: HTMLElement, at: DOMRect) => {
    if (picked) return;
    const q = Number(row.dataset.q);
    if (q) menu.value = { q, at };
  };

  return (
    <div class="timeline">
      <div
        ref={scroller}
        class="scroller"
        role="log"
        aria-live="off"
        aria-label={inThread ? t('thread') : t('messages')}
        tabIndex={0}
        onScroll={() => {
          note();
          // Who stands at the end does not read back: opening fetches and draws no more than a screen full.
          look(atEnd.peek() ? AT_EDGE : NEAR_EDGE);
        }}
        onPointerOver={(event) => {
          if (event.pointerType === 'touch') return;
          const row = (event.target as Element).closest<HTMLElement>('article[data-q]');
          if (row) hovered.value = { q: Number(row.dataset.q), top: row.offsetTop };
          else if (!(event.target as Element).closest('.hover-bar')) hovered.value = null;
        }}
        onPointerLeave={() => (hovered.value = null)}
        onFocusIn={(event) => {
          const row = (event.target as Element).closest<HTMLElement>('article[data-q]');
          if (row?.matches(':focus-visible')) hovered.value = { q: Number(row.dataset.q), top: row.offsetTop };
        }}
        onClickCapture={(event) => {
          const row = picked && (event.target as Element).closest<HTMLElement>('article[data-q]');
          if (!row || row.querySelector('.row-check') === null) return;
          // The box is drawn from what is chosen, and not by the press.
          event.preventDefault();
          event.stopPropagation();
          onPick(Number(row.dataset.q));
        }}
        onKeyDown={(event) => keys(event, openMenu, picked ? onPick : null)}
        {...longPress(openMenu)}
      >
        <div ref={rows} class="rows">
          {line.moreBefore ? (
            <div class="more-rows" role="status" aria-label={t('messages')}>
              <span class="spinner" />
            </div>
          ) : inThread ? null : (
            <Beginning s={s} channel={channel} since={line.items[0]?.ts} />
          )}
          {parts.map((part) => {
            // Flat, so that a row is known by its key wherever it stands: a list within would be known by its place alone.
            const inside = part.rows.flatMap((row) => {
              if ('expired' in row) {
                previous = undefined;
                return (
                  <div key={`x${row.expired.day}`} class="system">
                    <span>
                      <Icon name="clock" />
                      {t('expired_day', { n: row.expired.messages, day: utcDay(row.expired.day) })}
                    </span>
                  </div>
                );
              }
              if ('gone' in row) {
                previous = undefined;
                return (
                  <div key={`g${row.q}`} class="system" data-q={row.q}>
                    <span>
                      <Icon name="clock" />
                      {t('expired_n', { n: row.gone })}
                    </span>
                  </div>
                );
              }
              const { item } = row;
              const drawLine = !unreadDrawn && readUpTo !== null && item.q > readUpTo && item.u !== s.me && !item.sys && !inThread;
              if (drawLine) unreadDrawn = true;
              const together = !drawLine && belongTogether(previous, item, channel) && !!previous && dayKey(saidAt(previous)) === part.day;
              previous = item;
              const own = item.u === s.me && !item.imp && !item.del && !item.gone && !item.sys;
              return [
                drawLine ? (
                  <div key="unread" class="unread-line" role="separator">
                    <span>{t('unread_line')}</span>
                  </div>
                ) : null,
                <Row
                  key={item.q}
                  item={item}
                  people={s.people}
                  me={s.me}
                  head={!together}
                  ticks={own ? least(item.q) : null}
                  inThread={inThread}
                  direct={channel.kind === 'direct'}
                  picked={picked ? picked.has(item.q) : null}
                  waits={channel.asks.includes(item.q)}
                  pinned={channel.pins.includes(item.q)}
                  owner={owner}
                  onVote={channel.archived ? null : onVote}
                  onConfirm={onConfirm}
                  onAsked={onAsked}
                  onReact={onReact}
                  onQuote={onQuote}
                  onThread={onThread}
                />,
              ];
            });
            return (
              <section key={part.key} class="day" aria-label={dayName(part.ts)}>
                <div class="day-chip">
                  {onDay ? (
                    <button type="button" title={t('jump_to_day')} onClick={() => onDay(part.ts)}>
                      {dayName(part.ts)}
                      <span class="unseen">, {t('jump_to_day')}</span>
                    </button>
                  ) : (
                    <span>{dayName(part.ts)}</span>
                  )}
                </div>
                {inside}
              </section>
            );
          })}
          {line.moreAfter
            ? null
            : entries.map((entry, index) => (
                <Pending
                  key={entry.id}
                  entry={entry}
                  people={s.people}
                  me={s.me}
                  head={index === 0 ? previous?.u !== s.me || entry.at - (previous?.ts ?? 0) > 5 * 60_000 || !!entry.re : !!entry.re}
                  onRetry={() => retry(entry.id)}
                  onDiscard={() => discard(entry.id)}
                />
              ))}
          {hovered.value && hoverItem && !menu.value && !picked ? (
            <ItemActions item={hoverItem} channel={channel} inThread={inThread} acts={acts} top={hovered.value.top} openMenu={(at) => (menu.value = { q: hoverItem.q, at })} />
          ) : null}
        </div>
      </div>
      <div class="typing" aria-live="off">
        {writers.length ? typingText(s, writers) : ''}
      </div>
      {!atEnd.value ? (
        <div class="jump">
          {channel.unread && !inThread ? <span class="jump-count">{t('jump_new_n', { n: channel.unread })}</span> : null}
          <IconButton icon="down" label={t('jump_newest')} onClick={toEnd} />
        </div>
      ) : null}
      {menu.value && chosen ? (
        <ItemActions item={chosen} channel={channel} inThread={inThread} acts={acts} menuAt={menu.value.at} openMenu={() => undefined} onClose={() => (menu.value = null)} />
      ) : null}
    </div>
  );
}

// --- rows in order ----------------------------------------------------------------------------------------------------

type Arranged = { item: Item } | { expired: Expired } | { gone: number; q: number };
interface Day {
  day: string;
  /** A day can come twice: once as it was, once as it was brought in. */
  key: string;
  ts: number;
  rows: Arranged[];
}

/** By local day; days that were destroyed stand where they were, runs of destroyed rows become one. */
function arrange(line: Line, inThread: boolean): Day[] {
  const days: Day[] = [];
  const told = new Set(inThread ? [] : line.expired.map((one) => one.day));
  const expired = inThread ? [] : [...line.expired];
  const put = (ts: number, row: Arranged) => {
    const day = dayKey(ts);
    const last = days.at(-1);
    if (last?.day === day) last.rows.push(row);
    else {
      const before = days.filter((one) => one.day === day).length;
      days.push({ day, key: before ? `${day}/${before}` : day, ts, rows: [row] });
    }
  };
  for (const item of line.items) {
    // Days of which nothing was destroyed need not be named, and a long window is arranged with every message.
    const utc = expired.length || item.gone ? new Date(item.ts).toISOString().slice(0, 10) : '';
    while (expired[0] && expired[0].day <= utc) {
      const one = expired.shift() as Expired;
      put(Math.min(Date.parse(`${one.day}T12:00:00Z`), item.ts), { expired: one });
    }
    if (item.gone && !item.thread) {
      if (told.has(utc)) continue;
      const last = days.at(-1)?.rows.at(-1);
      if (last && 'gone' in last) last.gone++;
      else put(saidAt(item), { gone: 1, q: item.q });
    } else put(saidAt(item), { item });
  }
  for (const one of expired) if (!line.moreAfter) put(Date.parse(`${one.day}T12:00:00Z`), { expired: one });
  return days;
}

// --- measuring --------------------------------------------------------------------------------------------------------

function find(rows: HTMLElement | null, q: number): HTMLElement | null {
  return rows?.querySelector<HTMLElement>(`[data-q="${q}"]`) ?? null;
}

function firstVisible(box: HTMLElement, rows: HTMLElement | null): Anchor | null {
  const all = rows?.querySelectorAll<HTMLElement>('[data-q]');
  if (!all?.length) return null;
  const top = box.getBoundingClientRect().top;
  let low = 0;
  let high = all.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle]?.getBoundingClientRect().bottom ?? 0) <= top) low = middle + 1;
    else high = middle;
  }
  const row = all[low];
  return row ? { end: false, q: Number(row.dataset.q), bottom: row.getBoundingClientRect().bottom - top } : null;
}

// --- hands ------------------------------------------------------------------------------------------------------------

function keys(event: KeyboardEvent, openMenu: (row: HTMLElement, at: DOMRect) => void, pick: ((q: number) => void) | null): void {
  const box = event.currentTarget as HTMLElement;
  const target = event.target as HTMLElement;
  const row = target.closest<HTMLElement>('article');
  if (target !== box && target !== row) return;
  const all = [...box.querySelectorAll<HTMLElement>('article')];
  const here = row ? all.indexOf(row) : all.length;
  if (event.key === 'ArrowUp') all[Math.max(0, here - 1)]?.focus();
  else if (event.key === 'ArrowDown' && row) all[here + 1]?.focus();
  else if (event.key === 'End') all.at(-1)?.focus();
  else if (pick && row?.dataset.q && (event.key === 'Enter' || event.key === ' ')) pick(Number(row.dataset.q));
  else if ((event.key === 'Enter' || event.key === 'ContextMenu') && row) openMenu(row, row.getBoundingClientRect());
  else return;
  event.preventDefault();
}

const HOLD_MS = 420;

/** Lifting the finger after holding is no press on what lies under it, such as a picture. */
function swallowClick(): void {
  const over = new AbortController();
  const options = { capture: true, signal: over.signal };
  document.addEventListener(
    'click',
    (event) => {
      event.preventDefault();
      event.stopPropagation();
      over.abort();
    },
    options,
  );
  document.addEventListener('pointerdown', () => over.abort(), options);
}

/** Touch and hold, where there is no hovering. */
function longPress(openMenu: (row: HTMLElement, at: DOMRect) => void) {
  let timer = 0;
  let x = 0;
  let y = 0;
  const stop = () => window.clearTimeout(timer);
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.pointerType !== 'touch') return;
      const row = (event.target as Element).closest<HTMLElement>('article[data-q]');
      x = event.clientX;
      y = event.clientY;
      stop();
      if (row) {
        timer = window.setTimeout(() => {
          navigator.vibrate?.(12);
          swallowClick();
          openMenu(row, new DOMRect(x, y, 1, 1));
        }, HOLD_MS);
      }
    },
    onPointerMove: (event: PointerEvent) => {
      if (Math.abs(event.clientX - x) > 8 || Math.abs(event.clientY - y) > 8) stop();
    },
    onPointerUp: stop,
    onPointerCancel: stop,
    onContextMenu: (event: MouseEvent) => {
      if ((event as PointerEvent).pointerType === 'touch') event.preventDefault();
    },
  };
}
