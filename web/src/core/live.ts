// The running app: the state, the line to the server, and what keeps the two in step. The one place where frames meet effects.

import { batch, computed, signal } from '@preact/signals';
import { ApiError, bytes, get, isOffTime, onSignedOut, post } from './api.ts';
import { draftCame, forgetAllDrafts, forgetDrafts, offerDrafts, startDrafts } from './drafts.ts';
import { arrived, discardChannel, flush, forgetOutbox, goOn, settled, startOutbox, takeUp, unquote, type Attachment } from './outbox.ts';
import { Socket } from './socket.ts';
import { apply, extendLine, fromBootstrap, openLine, restLine, setOnline, threadKey, type State } from './state.ts';
import { wipe } from './store.ts';
import type { Ack, Bootstrap, Command, ExportJob, File, Frame, Id, ImportJob, Item, Page, Person, Ready, Site, Waiting } from './types.ts';
import { now, setSkew, ulid } from './ulid.ts';

export type Line = 'connecting' | 'open' | 'polling' | 'down';

export const site = signal<Site | null>(null);
export const state = signal<State | null>(null);
export const line = signal<Line>('connecting');
/** Since when the line is not there; for "offline" that does not flicker. */
export const downSince = signal<number | null>(null);
export const newBuild = signal(false);
/** The server's build, as of the first hello. */
export const build = signal('');
/** Who writes where, by `c` or `c/q`, until when. */
export const typing = signal<Readonly<Record<string, Record<Id, number>>>>({});
export const exportNews = signal<ExportJob | null>(null);
export const importNews = signal<ImportJob | null>(null);

export const me = computed<Person | null>(() => {
  const s = state.value;
  return s ? (s.people[s.me] ?? null) : null;
});

const TYPING_MS = 6_000;
const CHUNK = 1_048_576;
const PAGE = 50;
const THREAD_PAGE = 100;
/** The lowest row there is. */
const ROW_PX = 24;
const POLL_AFTER_FAILURES = 3;
const GOT_DELAY_MS = 400;
const READ_EVERY_MS = 1_000;

type NewsHandler = (c: Id, item: Item) => void;
const newsHandlers = new Set<NewsHandler>();
/** Called for each message that arrives while the app runs, but not for what is caught up in bulk. */
export function onNews(handler: NewsHandler): () => void {
  newsHandlers.add(handler);
  return () => newsHandlers.delete(handler);
}

/** Content of a channel was destroyed, the channel is no longer ours, or we have read it: no notice of it may stay on the screen of the device. */
export type Gone = 'purge' | 'left' | 'read';
const goneHandlers = new Set<(c: Id, why: Gone) => void>();
export function onGone(handler: (c: Id, why: Gone) => void): () => void {
  goneHandlers.add(handler);
  return () => goneHandlers.delete(handler);
}

let syncing: Promise<void> | null = null;
let polling = false;
const held: Frame[] = [];
/** Windows being fetched: frames that come meanwhile. */
const fetching = new Map<string, Frame[]>();

const socket = new Socket({
  cur: () => state.peek()?.cur ?? null,
  ready,
  frame: (frame) => take(frame),
  lag: () => void resync(),
  down: (failures) => {
    if (line.peek() !== 'polling') {
      line.value = 'down';
      downSince.value ??= Date.now();
    }
    if (failures >= POLL_AFTER_FAILURES) void poll();
  },
  signedOut: () => void leave(),
  secondFirst: () => lead(),
});

// --- beginning and end ------------------------------------------------------------------------------------------------

/** With a session: everything that the first screen needs, then the line. */
export async function start(): Promise<void> {
  await loadBootstrap();
  onSignedOut(() => void leave(), lead);
  socket.start();
  startDrafts((frame) => {
    if (!socket.open) return false;
    // What is too long to be sent stays here.
    if (new TextEncoder().encode(frame.text).length <= (state.peek()?.limits.text ?? 0)) socket.cast(frame);
    return true;
  });
  void startOutbox({ command: give, upload, later: (act, ms) => void setTimeout(act, ms), random: Math.random });
}

export async function signOut(): Promise<void> {
  // Even without the server this device forgets; the session then ends when it expires or is revoked.
  await post('/signout').catch(() => undefined);
  await leave();
}

/** Nothing more comes before a second step is set up: begin anew, and be led there. What is not sent yet waits. */
function lead(): void {
  if (left) return;
  left = true;
  socket.stop();
  location.reload();
}

let left = false;
async function leave(): Promise<void> {
  if (left) return;
  left = true;
  socket.stop();
  forgetOutbox();
  forgetAllDrafts();
  batch(() => {
    state.value = null;
    // No form to sign in before the page is new: what is typed into it would be gone.
    site.value = null;
    typing.value = {};
  });
  await wipe();
  location.replace('/#/');
  location.reload();
}

if (typeof window !== 'undefined') {
  const look = () => socket.here(document.visibilityState === 'visible' && document.hasFocus());
  for (const kind of ['focus', 'blur', 'pagehide']) window.addEventListener(kind, look);
  document.addEventListener('visibilitychange', look);
  look();
  const wake = () => {
    if (document.visibilityState !== 'visible' || !state.peek()) return;
    socket.wake();
    void takeUp();
  };
  window.addEventListener('online', () => {
    wake();
    flush();
  });
  // The browser thinks that the line went: ask it, so that "offline" is said within seconds.
  window.addEventListener('offline', wake);
  window.addEventListener('pageshow', wake);
  document.addEventListener('visibilitychange', wake);
}

// --- commands ---------------------------------------------------------------------------------------------------------

/** Gives a command and waits until it is durable. Over the socket, else over HTTP with the same id. */
export async function command(words: Command): Promise<Ack> {
  try {
    return await give({ ...words, id: ulid() });
  } catch (error) {
    // Minted this moment: nothing was done under it.
    if (!isOffTime(error)) throw error;
    return give({ ...words, id: ulid() });
  }
}

/** Whoever is told that her id is ahead, or of long ago, mints another: by then it is of the server's time. */
async function give(words: Command & { id: Id }): Promise<Ack> {
  try {
    return await giveOnce(words);
  } catch (error) {
    if (isOffTime(error) && typeof error.body?.now === 'number') setSkew(error.body.now - Date.now());
    throw error;
  }
}

async function giveOnce(words: Command & { id: Id }): Promise<Ack> {
  if (socket.open) {
    try {
      return await socket.request(words);
    } catch (error) {
      if (!(error instanceof ApiError) || !error.offline) throw error;
    }
  }
  return post<Ack>('/commands', words);
}

export function sayTyping(c: Id, th?: number): void {
  const frame = { t: 'typing', c, ...(th === undefined ? {} : { th }) };
  socket.cast(frame);
}

async function upload(c: Id, attachment: Attachment, progress: (sent: number) => void): Promise<File> {
  let offset = attachment.sent < attachment.size ? attachment.sent : 0;
  for (let turn = 0; turn < 4 + (attachment.size / CHUNK) * 2; turn++) {
    const query = { c, name: attachment.name, size: attachment.size, offset };
    try {
      const answer = await bytes<{ received: number; file?: File }>('PUT', `/uploads/${attachment.id}`, query, attachment.blob.slice(offset, offset + CHUNK));
      if (answer.file) return answer.file;
      offset = answer.received;
      progress(offset);
    } catch (error) {
      const at = error instanceof ApiError && error.code === 'conflict' ? error.body?.received : undefined;
      if (typeof at !== 'number' || at === offset) throw error;
      offset = at;
    }
  }
  throw new ApiError('file/stuck', 'The upload did not get on.', 0);
}

// --- windows ----------------------------------------------------------------------------------------------------------

export interface Where {
  c: Id;
  thread?: number;
}
export function keyOf(where: Where): string {
  return where.thread === undefined ? where.c : threadKey(where.c, where.thread);
}

/** Fetches a window: the newest rows, or those around `q`. */
export async function openWindow(where: Where, around?: number, signal?: AbortSignal): Promise<void> {
  await fetchWindow(where, around === undefined ? {} : { around }, signal);
}

/** The window around a time; the first row that was written then or later, if there is one. */
export async function openAt(where: Where, at: number): Promise<number | undefined> {
  const page = await fetchWindow(where, { at });
  return page.items.find((item) => item.ts >= at)?.q;
}

async function fetchWindow(where: Where, query: Record<string, number>, signal?: AbortSignal): Promise<Page> {
  const key = keyOf(where);
  const meanwhile: Frame[] = [];
  fetching.set(key, meanwhile);
  try {
    const page = await fetchPage(where, query, signal);
    const s = state.peek();
    if (!s?.channels[where.c]) return page;
    // It was asked for anew meanwhile, and is there: this answer is older.
    if (fetching.get(key) !== meanwhile && s.lines[key]) return page;
    let next = openLine(s, key, page, !Object.keys(query).length || !page.more_after);
    for (const frame of meanwhile) next = foldInto(next, key, frame);
    state.value = next;
    settled(where.c, page.head);
    for (const item of page.items) arrived(item.k);
    return page;
  } finally {
    if (fetching.get(key) === meanwhile) fetching.delete(key);
  }
}

/** Nobody looks at it any more: who comes back begins with a screen full again. */
export function leaveWindow(where: Where): void {
  const s = state.peek();
  if (s && where.thread === undefined) state.value = restLine(s, where.c, firstPage(where.c));
}

export async function extendWindow(where: Where, side: 'before' | 'after'): Promise<void> {
  const key = keyOf(where);
  const shown = state.peek()?.lines[key];
  const edge = side === 'before' ? shown?.items[0]?.q : shown?.items.at(-1)?.q;
  if (!shown || edge === undefined) return;
  const page = await fetchPage(where, { [side]: edge });
  const s = state.peek();
  if (s) state.value = extendLine(s, key, page, side, edge);
}

function fetchPage(where: Where, query: Record<string, number>, signal?: AbortSignal): Promise<Page> {
  if (where.thread !== undefined) return get<Page>(`/channels/${where.c}/thread/${where.thread}`, { limit: THREAD_PAGE, ...query }, signal ? { signal } : {});
  return get<Page>(`/channels/${where.c}/messages`, { limit: Object.keys(query).length ? PAGE : firstPage(where.c), ...query }, signal ? { signal } : {});
}

/** A screen full, and what is not read yet; more comes when somebody scrolls. */
function firstPage(c: Id): number {
  const unread = state.peek()?.channels[c]?.unread ?? 0;
  return Math.min(PAGE, Math.max(Math.ceil(innerHeight / ROW_PX), unread + 10));
}

/** A frame that the state already has, folded only into a window that is younger than the state. */
function foldInto(s: State, key: string, frame: Frame): State {
  if (!('q' in frame) || !('c' in frame)) return s;
  const shown = s.lines[key];
  const channel = s.channels[frame.c];
  if (!shown || !channel || shown.head >= frame.q) return s;
  const lowered: State = { ...s, channels: { ...s.channels, [frame.c]: { ...channel, head: frame.q - 1 } }, lines: { [key]: shown } };
  const folded = apply(lowered, frame).state.lines[key];
  return folded ? { ...s, lines: { ...s.lines, [key]: folded } } : s;
}

// --- frames -----------------------------------------------------------------------------------------------------------

function ready(hello: Ready): void {
  setSkew(hello.now - Date.now());
  const first = !build.peek();
  if (first) build.value = hello.build;
  newBuild.value = hello.build !== build.peek();
  batch(() => {
    line.value = 'open';
    downSince.value = null;
    if (state.peek()) state.value = setOnline(state.peek() as State, hello.online);
  });
  if (hello.resumed) void reopen(first);
  else void reload(hello.online);
  flush();
  offerDrafts();
  void takeUp();
}

function take(frame: Frame, quiet = false): void {
  if (frame.t === 'draft') return draftCame(frame);
  if (syncing && !quiet) {
    held.push(frame);
    return;
  }
  if (frame.t === 'typing') return noteTyping(frame.c, frame.u, frame.th ?? undefined);
  if (frame.t === 'export') exportNews.value = frame.d;
  if (frame.t === 'import') importNews.value = frame.d;
  const s = state.peek();
  if (!s) return;
  const result = apply(s, frame);
  if (result.gap) {
    held.push(frame);
    void resync();
    return;
  }
  batch(() => {
    state.value = result.state;
    if (frame.t === 'msg') {
      arrived(frame.d.k);
      settled(frame.c, frame.q);
      stopTyping(frame.c, frame.d.u);
    }
  });
  if (frame.t === 'purge' || frame.t === 'left' || (frame.t === 'read' && frame.d.u === s.me)) for (const tell of goneHandlers) tell(frame.c, frame.t);
  // The channel may be slow no longer.
  if (frame.t === 'channel') goOn(frame.c);
  if (frame.t === 'purge') {
    unquote(frame.c, frame.d);
    // What waits there may be gone as well.
    if (s.scheduled.some((one) => one.c === frame.c)) void lookAtScheduled();
  }
  if ('q' in frame) for (const [key, frames] of fetching) if (key.split('/')[0] === frame.c) frames.push(frame);
  if (frame.t === 'left') {
    discardChannel(frame.c);
    forgetDrafts(frame.c);
  }
  if (result.news && result.news.item.u !== s.me) {
    got(result.news.c);
    if (!quiet) for (const tell of newsHandlers) tell(result.news.c, result.news.item);
  }
}

async function lookAtScheduled(): Promise<void> {
  const answer = await get<{ items: Waiting[] }>('/scheduled').catch(() => null);
  const s = state.peek();
  if (s && answer) state.value = { ...s, scheduled: answer.items.map(({ b: _words, ...place }) => place) };
}

/** Something was missed: read on from our own place, once; if that does not mend it, take the server's numbers. */
function resync(): Promise<void> {
  syncing ??= (async () => {
    try {
      for (;;) {
        const cur = state.peek()?.cur ?? '';
        const answer = await get<{ frames: Frame[]; cur: string; reset: boolean }>('/sync', { cur, wait: 0 });
        if (answer.reset || !catchUp(answer.frames)) {
          await loadBootstrap();
          await reopen();
          break;
        }
        const s = state.peek();
        if (s) state.value = { ...s, cur: answer.cur };
        if (!answer.frames.length) break;
      }
    } catch (error) {
      // Offline again: the next `ready` brings us here once more.
      if (!(error instanceof ApiError)) throw error;
    }
  })().finally(() => {
    syncing = null;
    release();
  });
  return syncing;
}

/** False when the frames themselves have a hole. */
function catchUp(frames: Frame[]): boolean {
  for (const frame of frames) {
    const s = state.peek();
    if (s && apply(s, frame).gap) return false;
    take(frame, true);
  }
  return true;
}

async function reload(online: Id[]): Promise<void> {
  if (syncing) return;
  syncing = (async () => {
    await loadBootstrap();
    const s = state.peek();
    if (s) state.value = setOnline(s, online);
    await reopen();
  })()
    .catch(() => undefined)
    .finally(() => {
      syncing = null;
      release();
    });
  await syncing;
}

/** What came while we caught up; a hole that is still there is no reason to ask again. */
function release(): void {
  const waiting = held.splice(0);
  for (const frame of waiting) {
    const s = state.peek();
    if (s && apply(s, frame).gap) continue;
    take(frame, true);
  }
}

async function loadBootstrap(): Promise<void> {
  const boot = await get<Bootstrap>('/bootstrap');
  setSkew(boot.now - Date.now());
  state.value = fromBootstrap(boot, state.peek());
  for (const channel of boot.channels) if (channel.last && channel.last.u !== boot.me.id) got(channel.id);
}

/** Which windows are on screen; the views keep this up to date. */
export const onScreen = new Map<string, Where>();

async function reopen(begun = false): Promise<void> {
  for (const [key, where] of onScreen) {
    // At the very beginning it is on its way already.
    if (begun && fetching.has(key)) continue;
    if (state.peek()?.lines[key] === undefined && state.peek()?.channels[where.c]) await openWindow(where).catch(() => undefined);
  }
}

/** Where no socket gets through: the same frames by long polling, until a socket does. */
async function poll(): Promise<void> {
  if (polling) return;
  polling = true;
  try {
    while (!socket.open && state.peek() && !left) {
      const cur = state.peek()?.cur ?? '';
      const first = line.peek() !== 'polling';
      const answer = await get<{ frames: Frame[]; cur: string; reset: boolean }>('/sync', { cur, wait: first ? 0 : 25 }, { timeout: 40_000 });
      if (first) {
        line.value = 'polling';
        downSince.value = null;
        flush();
      }
      if (answer.reset) await reload([]);
      else {
        for (const frame of answer.frames) take(frame);
        const s = state.peek();
        if (s && !syncing) state.value = { ...s, cur: answer.cur };
      }
    }
  } catch {
    if (!socket.open) {
      line.value = 'down';
      downSince.value ??= Date.now();
    }
  } finally {
    polling = false;
  }
}

// --- receipts and typing ----------------------------------------------------------------------------------------------

const gotLater = new Set<Id>();
/** "Delivered" for all that is here, told a little later and together. */
function got(c: Id): void {
  if (!gotLater.size) setTimeout(tellGot, GOT_DELAY_MS);
  gotLater.add(c);
}

function tellGot(): void {
  const s = state.peek();
  const channels = [...gotLater];
  gotLater.clear();
  for (const c of channels) {
    const channel = s?.channels[c];
    const mine = channel?.members.find((member) => member.p === s?.me);
    if (!channel || !mine || mine.got >= channel.head || mine.read >= channel.head) continue;
    command({ t: 'got', c, q: channel.head }).catch(() => undefined);
  }
}

let reading: Id | null = null;
let lastRead = 0;
let readLater = 0;
/** The person has the newest row before her eyes. Told at once, then at most once in a while: receipts must not cost more than messages. */
export function markRead(c: Id): void {
  const s = state.peek();
  const channel = s?.channels[c];
  if (!s || !channel || reading === c || (channel.read >= channel.head && channel.unread === 0)) return;
  const pause = lastRead + READ_EVERY_MS - Date.now();
  if (pause > 0) {
    clearTimeout(readLater);
    readLater = setTimeout(() => onReadLater(c), pause) as unknown as number;
    return;
  }
  lastRead = Date.now();
  reading = c;
  const q = channel.head;
  const after: Frame = { t: 'read', c, cur: '', d: { u: s.me, q, ts: now() } };
  command({ t: 'read', c, q })
    .then(() => take(after, true))
    .catch(() => undefined)
    .finally(() => {
      reading = null;
    });
}

let stillReading: (c: Id) => boolean = () => false;
/** What comes into it is read as it comes: it need not be counted for the moment until that is told. */
export const isReading = (c: Id): boolean => stillReading(c);

/** The view says whether the end is still before the person's eyes when a delayed receipt is due. */
export function readsWhile(check: (c: Id) => boolean): void {
  stillReading = check;
}

function onReadLater(c: Id): void {
  readLater = 0;
  if (stillReading(c)) markRead(c);
}

/** Who leaves while a receipt waits for its time has read what was before her eyes. */
export function tellRead(c: Id): void {
  if (!readLater) return;
  clearTimeout(readLater);
  lastRead = 0;
  onReadLater(c);
}

function noteTyping(c: Id, u: Id, th?: number): void {
  if (u === state.peek()?.me) return;
  const key = th === undefined ? c : threadKey(c, th);
  typing.value = { ...typing.value, [key]: { ...typing.value[key], [u]: Date.now() + TYPING_MS } };
  setTimeout(sweepTyping, TYPING_MS + 50);
}

function stopTyping(c: Id, u: Id): void {
  for (const [key, who] of Object.entries(typing.peek())) {
    if (key.split('/')[0] !== c || !(u in who)) continue;
    const { [u]: _gone, ...rest } = who;
    typing.value = { ...typing.peek(), [key]: rest };
  }
}

function sweepTyping(): void {
  const time = Date.now();
  const next: Record<string, Record<Id, number>> = {};
  for (const [key, who] of Object.entries(typing.peek())) {
    const still = Object.entries(who).filter(([, until]) => until > time);
    if (still.length) next[key] = Object.fromEntries(still);
  }
  typing.value = next;
}

/** After signing in or joining: the session is a cookie, so a fresh start is the simplest truth. */
export async function loadSite(): Promise<Site> {
  const answer = await get<Site>('/site');
  site.value = answer;
  return answer;
}
