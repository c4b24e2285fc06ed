// What this tab knows, and how one frame changes it. Pure: no clock, no network, no storage, and never a change in place.

import type { Bootstrap, Channel, ChannelShape, Expired, Frame, Id, Item, Limits, Page, Person, Workspace } from './types.ts';

/** A window onto a channel or a thread: rows that stand together, and what lies beyond them. */
export interface Timeline {
  items: Item[];
  head: number;
  moreBefore: boolean;
  moreAfter: boolean;
  expired: Expired[];
  /** The person looks at the newest row: trimming may take from the top. */
  atEnd: boolean;
}

export interface State {
  me: Id;
  handle: string;
  device: Id;
  workspace: Workspace;
  limits: Limits;
  people: Readonly<Record<Id, Person>>;
  /** Who is here now. Apart from the people, so that coming and going draws no conversation anew. */
  online: Readonly<Record<Id, true>>;
  channels: Readonly<Record<Id, Channel>>;
  /** Windows by `c` for channels and `c/q` for threads. Only a few are kept. */
  lines: Readonly<Record<string, Timeline>>;
  cur: string | null;
}

export interface Applied {
  state: State;
  /** A frame is missing before this one: read the log again from `cur`, then apply this one again. */
  gap: boolean;
  /** A message that was not known before. */
  news?: { c: Id; item: Item };
}

export const WINDOW = 150;
const OVERFLOW = 100;
const KEPT_LINES = 8;

export function fromBootstrap(boot: Bootstrap, before?: State | null): State {
  const channels = byId(boot.channels);
  const lines: Record<string, Timeline> = {};
  // A window survives only when nothing happened in its channel meanwhile.
  for (const [key, line] of Object.entries(before?.lines ?? {})) {
    if (channels[channelOf(key)]?.head === line.head) lines[key] = line;
  }
  return {
    me: boot.me.id,
    handle: boot.handle,
    device: boot.device,
    workspace: boot.workspace,
    limits: boot.limits,
    people: { ...byId(boot.people), [boot.me.id]: boot.me },
    online: onlineOf(boot.people.filter((person) => person.online).map((person) => person.id)),
    channels,
    lines,
    cur: boot.cur,
  };
}

export function apply(state: State, frame: Frame): Applied {
  switch (frame.t) {
    case 'msg':
    case 'edit':
    case 'del':
    case 'react':
    case 'purge':
      return sequenced(state, frame);
    case 'read':
    case 'got':
      return done(receipt(at(state, frame.cur), frame.t, frame.c, frame.d.u, frame.d.q));
    case 'channel':
      return done(reshape(at(state, frame.cur), frame.c, frame.d));
    case 'joined':
      return done(join(at(state, frame.cur), frame.d));
    case 'left':
      return done(forget(at(state, frame.cur), frame.c));
    case 'person':
      return done({ ...at(state, frame.cur), people: { ...state.people, [frame.d.id]: frame.d } });
    case 'workspace':
      return done({ ...at(state, frame.cur), workspace: frame.d });
    case 'muted':
      return done(patch(at(state, frame.cur), frame.c, { muted: frame.d.on }));
    case 'presence': {
      if ((frame.u in state.online) === frame.on) return done(state);
      const { [frame.u]: _left, ...others } = state.online;
      return done({ ...state, online: frame.on ? { ...others, [frame.u]: true } : others });
    }
    default:
      return done(state);
  }
}

export function setOnline(state: State, online: Id[]): State {
  return { ...state, online: onlineOf(online) };
}

export function threadKey(c: Id, q: number): string {
  return `${c}/${q}`;
}

/** A fetched page becomes the window; frames that came while it was on its way are folded in by the caller. */
export function openLine(state: State, key: string, page: Page, atEnd: boolean): State {
  const line: Timeline = {
    items: isThread(key) ? page.items : page.items.filter(stands),
    head: page.head,
    moreBefore: page.more_before,
    moreAfter: page.more_after,
    expired: page.expired ?? [],
    atEnd,
  };
  const others = Object.entries(state.lines).filter(([other]) => other !== key);
  return { ...state, lines: Object.fromEntries([...others.slice(-(KEPT_LINES - 1)), [key, line]]) };
}

/** More of the same on one side; the other side is cut to the window. Stale answers (the window moved) change nothing. */
export function extendLine(state: State, key: string, page: Page, side: 'before' | 'after', edge: number): State {
  const line = state.lines[key];
  const here = side === 'before' ? line?.items[0]?.q : line?.items.at(-1)?.q;
  if (!line || here !== edge) return state;
  const fresh = isThread(key) ? page.items : page.items.filter(stands);
  const next: Timeline = { ...line, expired: mergeExpired(line.expired, page.expired ?? []) };
  if (side === 'before') {
    next.items = [...fresh, ...line.items];
    next.moreBefore = page.more_before;
    if (next.items.length > WINDOW) {
      next.items = next.items.slice(0, WINDOW);
      next.moreAfter = true;
      next.atEnd = false;
    }
  } else {
    next.items = [...line.items, ...fresh];
    next.moreAfter = page.more_after;
    if (!page.more_after) next.head = Math.max(line.head, page.head);
    if (next.items.length > WINDOW) {
      next.items = next.items.slice(-WINDOW);
      next.moreBefore = true;
    }
  }
  return putLine(state, key, next);
}

export function setAtEnd(state: State, key: string, atEnd: boolean): State {
  const line = state.lines[key];
  if (!line || line.atEnd === atEnd) return state;
  return putLine(state, key, atEnd ? trimTop({ ...line, atEnd }) : { ...line, atEnd });
}

/** Replaces the server's counts for one channel. */
export function putChannel(state: State, channel: Channel): State {
  return { ...state, channels: { ...state.channels, [channel.id]: channel } };
}

/** How far an own message has come: nobody else, all devices of everybody, read by everybody. */
export type Ticks = 'sent' | 'delivered' | 'read';
export function ticks(channel: Channel, me: Id, q: number): Ticks {
  let least: Ticks = 'read';
  let others = 0;
  for (const member of channel.members) {
    if (member.p === me) continue;
    others++;
    if (member.read >= q) continue;
    if (member.got >= q) least = 'delivered';
    else return 'sent';
  }
  return others ? least : 'sent';
}

// --- inside -----------------------------------------------------------------------------------------------------------

type Sequenced = Extract<Frame, { q: number; cur: string; c: Id; t: 'msg' | 'edit' | 'del' | 'react' | 'purge' }>;

function sequenced(state: State, frame: Sequenced): Applied {
  const channel = state.channels[frame.c];
  if (!channel) return done(at(state, frame.cur));
  if (frame.q <= channel.head) return done(at(state, frame.cur));
  if (frame.q > channel.head + 1) return { state, gap: true };

  let next = putChannel(at(state, frame.cur), foldChannel(channel, state.me, frame));
  for (const [key, line] of Object.entries(state.lines)) {
    if (channelOf(key) !== frame.c || line.head >= frame.q) continue;
    next = putLine(next, key, { ...foldLine(line, key, frame), head: frame.q });
  }
  return frame.t === 'msg' ? { state: next, gap: false, news: { c: frame.c, item: frame.d } } : done(next);
}

function foldChannel(channel: Channel, me: Id, frame: Sequenced): Channel {
  const next = { ...channel, head: frame.q };
  if (frame.t === 'msg') {
    const item = frame.d;
    if (stands(item)) next.last = item;
    if (item.u === me) {
      // Who writes has read what stands above.
      next.read = frame.q;
      next.unread = 0;
      next.mentions = 0;
    } else if (!item.sys) {
      next.unread = channel.unread + 1;
      if (item.m?.includes(me)) next.mentions = channel.mentions + 1;
    }
    next.members = channel.members.map((member) => (member.p === item.u && !item.sys ? { ...member, read: frame.q, got: frame.q } : member));
  } else if (channel.last) {
    const [last] = foldItems([channel.last], frame);
    next.last = last ?? null;
  }
  return next;
}

function foldLine(line: Timeline, key: string, frame: Sequenced): Timeline {
  if (frame.t !== 'msg') return { ...line, items: foldItems(line.items, frame) };
  const item = frame.d;
  const root = item.th ?? null;
  if (isThread(key)) {
    if (root === null || threadKey(frame.c, root) !== key) return line;
    if (line.moreAfter) return countReply(line, root, item);
    return countReply({ ...line, items: [...line.items, item] }, root, item);
  }
  if (root !== null) return countReply(line, root, item);
  if (line.moreAfter) return line;
  return trimTop({ ...line, items: [...line.items, item] });
}

function countReply(line: Timeline, root: number, reply: Item): Timeline {
  return {
    ...line,
    items: line.items.map((item) => (item.q === root ? { ...item, thread: { n: (item.thread?.n ?? 0) + 1, last: reply.q, ts: reply.ts } } : item)),
  };
}

function foldItems(items: Item[], frame: Exclude<Sequenced, { t: 'msg' }>): Item[] {
  switch (frame.t) {
    case 'edit':
      return change(items, frame.d.of, (item) => {
        const edited: Item = { ...item, b: frame.d.b, ed: { ts: frame.d.ts, n: frame.d.n } };
        if (frame.d.m) edited.m = frame.d.m;
        return edited;
      });
    case 'del':
      return items.map((item) => {
        if (item.q === frame.d.of) return { ...bare(item), ...threadOf(item), del: { ts: frame.d.ts, u: frame.d.u } };
        return item.re?.q === frame.d.of ? { ...item, re: { ...item.re, b: '' } } : item;
      });
    case 'react':
      return change(items, frame.d.of, (item) => ({ ...item, rx: toggle(item.rx ?? {}, frame.d.e, frame.d.u, frame.d.on) }));
    case 'purge': {
      const hit = (q: number) => frame.d.ranges.some(([from, to]) => q >= from && q <= to);
      return items.map((item) => {
        if (hit(item.q)) return { ...bare(item), ...threadOf(item), gone: 'expired' as const };
        return item.re && hit(item.re.q) ? { ...item, re: { ...item.re, b: '' } } : item;
      });
    }
  }
}

function change(items: Item[], q: number, how: (item: Item) => Item): Item[] {
  return items.some((item) => item.q === q) ? items.map((item) => (item.q === q && !item.gone && !item.del ? how(item) : item)) : items;
}

function toggle(rx: Record<string, Id[]>, emoji: string, u: Id, on: boolean): Record<string, Id[]> {
  const others = (rx[emoji] ?? []).filter((id) => id !== u);
  const who = on ? [...others, u] : others;
  const next = { ...rx, [emoji]: who };
  if (!who.length) delete next[emoji];
  return next;
}

/** Place, time and author: what is left of a message whose content went. */
function bare(item: Item): Item {
  const left: Item = { q: item.q, ts: item.ts, u: item.u };
  if (item.th !== undefined) left.th = item.th;
  if (item.k !== undefined) left.k = item.k;
  return left;
}

function threadOf(item: Item): Partial<Item> {
  return item.thread ? { thread: item.thread } : {};
}

function receipt(state: State, kind: 'read' | 'got', c: Id, u: Id, q: number): State {
  const channel = state.channels[c];
  const known = channel?.members.find((member) => member.p === u);
  if (!channel || !known || (kind === 'read' ? known.read : known.got) >= q) return state;
  const members = channel.members.map((member) => {
    if (member.p !== u) return member;
    const got = Math.max(member.got, q);
    return kind === 'read' ? { ...member, got, read: Math.max(member.read, q) } : { ...member, got };
  });
  const next: Channel = { ...channel, members };
  if (u === state.me && kind === 'read' && q > channel.read) {
    next.read = q;
    const left = q >= channel.head ? [] : unreadAfter(state, channel, q);
    next.unread = Math.min(channel.unread, left.length);
    next.mentions = Math.min(channel.mentions, left.filter((item) => item.m?.includes(state.me)).length);
  }
  return putChannel(state, next);
}

/** Of what is loaded; without a window there is nothing better than zero until the next bootstrap. */
function unreadAfter(state: State, channel: Channel, q: number): Item[] {
  return (state.lines[channel.id]?.items ?? []).filter((item) => item.q > q && item.u !== state.me && !item.sys);
}

function reshape(state: State, c: Id, shape: ChannelShape): State {
  const known = state.channels[c];
  if (!known) return state;
  const before = new Map(known.members.map((member) => [member.p, member]));
  const members = shape.members.map((member) => {
    const old = before.get(member.p);
    return old ? { ...member, read: Math.max(member.read, old.read), got: Math.max(member.got, old.got) } : member;
  });
  // Our own head stays: the frames up to the shape's head are still on their way.
  return putChannel(state, { ...known, ...shape, members, head: known.head, muted: known.muted });
}

function join(state: State, channel: Channel): State {
  const known = state.channels[channel.id];
  if (known && known.head >= channel.head) return reshape(state, channel.id, channel);
  const lines = { ...state.lines };
  for (const key of Object.keys(lines)) if (channelOf(key) === channel.id) delete lines[key];
  const whole: Channel = { ...channel, unread: channel.unread ?? 0, mentions: channel.mentions ?? 0, read: channel.read ?? 0, last: channel.last ?? null };
  return { ...putChannel(state, whole), lines };
}

function forget(state: State, c: Id): State {
  const channels = { ...state.channels };
  delete channels[c];
  const lines = Object.fromEntries(Object.entries(state.lines).filter(([key]) => channelOf(key) !== c));
  return { ...state, channels, lines };
}

function patch(state: State, c: Id, change: Partial<Channel>): State {
  const channel = state.channels[c];
  return channel ? putChannel(state, { ...channel, ...change }) : state;
}

function putLine(state: State, key: string, line: Timeline): State {
  return { ...state, lines: { ...state.lines, [key]: line } };
}

/** Bounds a window that grows at its end: from the top while the person follows, else what is newest is left to paging. */
function trimTop(line: Timeline): Timeline {
  if (line.atEnd && line.items.length > WINDOW) return { ...line, items: line.items.slice(-WINDOW), moreBefore: true };
  if (line.items.length > WINDOW + OVERFLOW) return { ...line, items: line.items.slice(0, WINDOW + OVERFLOW / 2), moreAfter: true };
  return line;
}

function mergeExpired(a: Expired[], b: Expired[]): Expired[] {
  const days = new Map([...a, ...b].map((one) => [one.day, one]));
  return [...days.values()].sort((x, y) => (x.day < y.day ? -1 : 1));
}

/** Replies stand in their thread, not in the channel. */
function stands(item: Item): boolean {
  return item.th === undefined || item.th === null;
}

function at(state: State, cur: string | undefined): State {
  return cur ? { ...state, cur } : state;
}

function done(state: State): Applied {
  return { state, gap: false };
}

function onlineOf(ids: Id[]): Record<Id, true> {
  return Object.fromEntries(ids.map((id) => [id, true as const]));
}

function channelOf(key: string): Id {
  return key.split('/')[0] ?? key;
}

function isThread(key: string): boolean {
  return key.includes('/');
}

function byId<T extends { id: Id }>(list: T[]): Record<Id, T> {
  return Object.fromEntries(list.map((one) => [one.id, one]));
}
