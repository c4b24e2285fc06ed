// What this tab knows, and how one frame changes it. Pure: no clock, no network, no storage, and never a change in place.

import { hasLink } from './text.ts';
import type { Asked, Bootstrap, Channel, ChannelShape, Expired, Frame, Id, Item, Limits, Page, Person, Poll, QuietHours, Waiting, Workspace } from './types.ts';

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
  /** The channels that we ask to be let in to, as they were when we came. */
  asked: readonly Asked[];
  /** Windows by `c` for channels and `c/q` for threads. Only a few are kept. */
  lines: Readonly<Record<string, Timeline>>;
  /** When this person is told of nothing. */
  quiet: QuietHours | null;
  /** What is sent later, and what could not be sent: where and when, without words. */
  scheduled: Waiting[];
  /** The server looks at links for whoever writes them. */
  previews: boolean;
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
    asked: boot.asked,
    lines,
    quiet: boot.quiet,
    scheduled: boot.scheduled,
    previews: boot.previews,
    cur: boot.cur,
  };
}

export function apply(state: State, frame: Frame): Applied {
  switch (frame.t) {
    case 'msg':
    case 'edit':
    case 'del':
    case 'react':
    case 'confirm':
    case 'remind':
    case 'pin':
    case 'purge':
    case 'hidden':
    case 'vote':
    case 'close':
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
      return done(follow(at(state, frame.cur), frame.d));
    case 'muted':
      return done(patch(at(state, frame.cur), frame.c, { muted: frame.d.on, muted_all: frame.d.all }));
    case 'saved': {
      const { of, on } = frame.d;
      const others = (state.channels[frame.c]?.saved ?? []).filter((q) => q !== of);
      return done(patch(at(state, frame.cur), frame.c, { saved: on ? [...others, of] : others }));
    }
    case 'scheduled':
      return done({ ...at(state, frame.cur), scheduled: schedule(state.scheduled, frame) });
    case 'presence': {
      if ((frame.u in state.online) === frame.on) return done(state);
      const { [frame.u]: _left, ...others } = state.online;
      return done({ ...state, online: frame.on ? { ...others, [frame.u]: true } : others });
    }
    default:
      return done(state);
  }
}

function schedule(known: Waiting[], { c, d }: Extract<Frame, { t: 'scheduled' }>): Waiting[] {
  const before = known.find((one) => one.id === d.id);
  const others = known.filter((one) => one.id !== d.id);
  if (d.gone) return others;
  const { why: _over, ...place } = before ?? { id: d.id, c, at: 0, ts: 0 };
  return [...others, { ...place, at: d.at ?? place.at, ...(d.why ? { why: d.why } : {}) }];
}

/** Channels without a rule of their own have the workspace's at once. */
function follow(state: State, workspace: Workspace): State {
  const longer = (a: number | null, b: number | null): number | null => (a === null || b === null ? (a ?? b) : Math.max(a, b));
  const channels = Object.values(state.channels).map((channel) => {
    const { rule } = channel;
    const floor_days = longer(rule.own_floor_days, workspace.floor_days);
    if (rule.from === 'channel') return [channel.id, { ...channel, rule: { ...rule, floor_days } }] as const;
    const kept = (days: number | null): number | null => (days === null ? null : longer(days, floor_days));
    const next = workspace.next && { at: workspace.next.at, keep_days: kept(workspace.next.keep_days) };
    return [channel.id, { ...channel, rule: { ...rule, floor_days, keep_days: kept(workspace.keep_days), next } }] as const;
  });
  return { ...state, workspace, channels: Object.fromEntries(channels) };
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

/** A window that nobody looks at: of one that reaches to the end, its newest rows. */
export function restLine(state: State, key: string, rows: number): State {
  const line = state.lines[key];
  if (!line || line.moreAfter || line.items.length <= rows) return state;
  return putLine(state, key, { ...line, items: line.items.slice(-rows), moreBefore: true, atEnd: true });
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

type Sequenced = Extract<Frame, { q: number; cur: string; c: Id; t: 'msg' | 'edit' | 'del' | 'react' | 'confirm' | 'remind' | 'pin' | 'purge' | 'hidden' | 'vote' | 'close' }>;

function sequenced(state: State, frame: Sequenced): Applied {
  const channel = state.channels[frame.c];
  if (!channel) return done(at(state, frame.cur));
  if (frame.q <= channel.head) return done(at(state, frame.cur));
  if (frame.q > channel.head + 1) return { state, gap: true };

  let next = putChannel(at(state, frame.cur), foldChannel(channel, state.me, frame));
  for (const [key, line] of Object.entries(state.lines)) {
    if (channelOf(key) !== frame.c || line.head >= frame.q) continue;
    next = putLine(next, key, { ...foldLine(line, key, frame, state.me), head: frame.q });
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
      if (!item.sys) next.wrote_at = item.ts;
    } else if (!item.sys) {
      next.unread = channel.unread + 1;
      if (item.m?.includes(me)) next.mentions = channel.mentions + 1;
      if (item.ask) next.asks = [...channel.asks, item.q];
    }
    next.members = channel.members.map((member) => (member.p === item.u && !item.sys ? { ...member, read: frame.q, got: frame.q } : member));
  } else {
    if (channel.last) next.last = foldItems([channel.last], frame, me)[0] ?? null;
    foldMarks(next, me, frame);
  }
  return next;
}

/** What waits for our confirmation, and what is kept at hand. */
function foldMarks(next: Channel, me: Id, frame: Exclude<Sequenced, { t: 'msg' }>): void {
  if (frame.t === 'remind') {
    // Who is reminded has something to read.
    if (next.asks.includes(frame.d.of)) next.mentions++;
  } else if (frame.t === 'confirm') {
    if (frame.d.u === me) next.asks = next.asks.filter((q) => q !== frame.d.of);
  } else if (frame.t === 'pin') {
    const others = next.pins.filter((q) => q !== frame.d.of);
    next.pins = frame.d.on ? [...others, frame.d.of].sort((a, b) => a - b) : others;
  } else if (frame.t === 'del' || frame.t === 'purge') {
    const stays = (q: number) => (frame.t === 'del' ? q !== frame.d.of : !frame.d.ranges.some(([from, to]) => q >= from && q <= to));
    next.asks = next.asks.filter(stays);
    next.pins = next.pins.filter(stays);
    next.saved = next.saved.filter(stays);
  }
}

function foldLine(line: Timeline, key: string, frame: Sequenced, me: Id): Timeline {
  if (frame.t !== 'msg') return { ...line, items: foldItems(line.items, frame, me) };
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

function foldItems(items: Item[], frame: Exclude<Sequenced, { t: 'msg' }>, me: Id): Item[] {
  switch (frame.t) {
    case 'remind':
    case 'pin':
    case 'hidden':
      return items;
    case 'confirm':
      return change(items, frame.d.of, (item) => (item.ask ? { ...item, ask: { ...item.ask, done: item.ask.done + 1, mine: item.ask.mine || frame.d.u === me } } : item));
    case 'edit':
      return change(items, frame.d.of, (item) => {
        const edited: Item = { ...item, b: frame.d.b, ed: { ts: frame.d.ts, n: frame.d.n } };
        if (frame.d.m) edited.m = frame.d.m;
        // It goes with its link.
        if (item.lp && !hasLink(frame.d.b, item.lp.url)) delete edited.lp;
        return edited;
      });
    case 'del':
      return items.map((item) => {
        if (item.q === frame.d.of) return { ...bare(item), ...threadOf(item), del: { ts: frame.d.ts, u: frame.d.u } };
        return item.re?.q === frame.d.of ? { ...item, re: { ...item.re, b: '' } } : item;
      });
    case 'vote':
      return change(items, frame.d.of, (item) => (item.poll ? { ...item, poll: { ...item.poll, options: choose(item.poll.options, frame.d.u, frame.d.o) } } : item));
    case 'close':
      return change(items, frame.d.of, (item) => (item.poll ? { ...item, poll: { ...item.poll, closed: true } } : item));
    case 'react':
      return change(items, frame.d.of, (item) => ({ ...item, rx: toggle(item.rx ?? {}, frame.d.e, frame.d.u, frame.d.on) }));
    case 'purge': {
      const { u, ranges } = frame.d;
      const hit = (row: { q: number; u: Id }) => (u ? row.u === u : ranges.some(([from, to]) => row.q >= from && row.q <= to));
      return items.map((item) => {
        if (item.sys) return item;
        if (hit(item)) return { ...bare(item), ...threadOf(item), gone: 'expired' as const };
        const left = u ? withdrawn(item, u) : item;
        return left.re && hit(left.re) ? { ...left, re: { ...left.re, b: '' } } : left;
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

/** What somebody chose before is no longer chosen. */
function choose(options: Poll['options'], u: Id, chosen: number[]): Poll['options'] {
  return options.map((option, n) => {
    const others = option.u.filter((id) => id !== u);
    return { ...option, u: chosen.includes(n) ? [...others, u] : others };
  });
}

/** Without what this person added to it. */
function withdrawn(item: Item, u: Id): Item {
  const left = { ...item };
  if (item.rx) left.rx = without(item.rx, u);
  if (item.poll) left.poll = { ...item.poll, options: choose(item.poll.options, u, []) };
  return left;
}

/** The reactions of everybody else. */
function without(rx: Record<string, Id[]>, u: Id): Record<string, Id[]> {
  const others = Object.entries(rx).map(([emoji, who]) => [emoji, who.filter((id) => id !== u)] as const);
  return Object.fromEntries(others.filter(([, who]) => who.length));
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
  // Of what is pinned for all, what we read. Our own head stays: the frames up to the shape's head are still on their way.
  const pins = shape.pins.filter((q) => q >= known.from);
  return putChannel(state, { ...known, ...shape, pins, members, head: known.head, muted: known.muted });
}

function join(state: State, channel: Channel): State {
  const known = state.channels[channel.id];
  if (known && known.head >= channel.head) return reshape(state, channel.id, channel);
  const lines = { ...state.lines };
  for (const key of Object.keys(lines)) if (channelOf(key) === channel.id) delete lines[key];
  const whole: Channel = { ...channel, from: channel.from ?? 1, unread: channel.unread ?? 0, mentions: channel.mentions ?? 0, read: channel.read ?? 0, asks: channel.asks ?? [], saved: channel.saved ?? [], wrote_at: channel.wrote_at ?? null, last: channel.last ?? null };
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
