// Messages on their way: kept on the device until the server has them, sent in order, each exactly once.
// The id of an entry is the command's idempotency key; it is minted before the first try and never reused for other words.
// Another takes its place only when the server says that nothing was done under it.

import { signal } from '@preact/signals';
import { ApiError, isAhead } from './api.ts';
import { all, drop, keep, replace } from './store.ts';
import type { Ack, Command, File, Id, LinkPreview, Ms, NewPoll } from './types.ts';
import { now, ulid, ulidAfter } from './ulid.ts';

export interface Attachment {
  /** The upload's id. */
  id: Id;
  name: string;
  mime: string;
  size: number;
  blob: Blob;
  sent: number;
  file?: File;
}

export interface Entry {
  id: Id;
  /** The id that this one has taken the place of. */
  was?: Id;
  c: Id;
  b: string;
  th?: number;
  re?: { q: number; u: Id; b: string };
  m?: Id[];
  /** Whoever is there confirms that they have read it. */
  ask?: true;
  /** Everybody is told of it at once. */
  urgent?: true;
  poll?: NewPoll;
  /** What the server has seen behind a link; it goes along when the server still knows it. */
  lp?: LinkPreview & { id: Id };
  files: Attachment[];
  at: Ms;
  /** Its place in the queue: ids and times do not tell it once a clock was set back. One of an earlier build has none. */
  place?: number;
  state: 'waiting' | 'sending' | 'sent' | 'refused';
  code?: string;
  why?: string;
  /** The rules that ask about it first, and those that were answered with: send it anyway. */
  asks?: Id[];
  acknowledged?: Id[];
  q?: number;
  ts?: Ms;
  /** The tab that sends it; another takes it over when that one is dead. */
  tab: string;
}

export interface Wire {
  command(command: Command & { id: Id }): Promise<Ack>;
  upload(c: Id, attachment: Attachment, progress: (sent: number) => void): Promise<File>;
  later(act: () => void, ms: number): void;
  random(): number;
}

/** Oldest first. */
export const outbox = signal<readonly Entry[]>([]);

/** The server's disk is nearly full: what is written waits here. */
export const noRoom = signal(false);

const RETRY = new Set(['offline', 'rate', 'unavailable', 'disk_full', 'locked_out', 'bad_answer', 'unknown']);
const FIRST_DELAY_MS = 1_000;
const LAST_DELAY_MS = 30_000;
const tab = typeof crypto !== 'undefined' ? ulid() : '';

let wire: Wire | null = null;
const busy = new Set<Id>();
const tries = new Map<Id, number>();
/** By channel: up to where its rows are known. */
const known = new Map<Id, number>();
/** Slow channels: nothing is sent there until the pause is over. */
const paused = new Set<Id>();

/** Takes up what an earlier life of this app left behind, and begins to send. */
export async function startOutbox(with_: Wire): Promise<void> {
  wire = with_;
  await takeUp(true);
}

/** What tabs left that are no more: one living tab takes it, whichever asks first. */
export async function takeUp(own = false): Promise<void> {
  const locks = tabLocks();
  await (locks ? locks.request('outbox', () => adopt(own)) : adopt(own));
}

async function adopt(own: boolean): Promise<void> {
  if (!wire) return;
  const alive = await liveTabs();
  const left = (await all<Entry>('outbox/')).map(([, entry]) => entry).filter((entry) => (entry.tab === tab ? own : !alive.has(entry.tab)));
  const here = new Set(outbox.value.map((entry) => entry.id));
  for (const { was } of [...outbox.value, ...left]) if (was) here.add(was);
  const adopted = left.filter((entry) => !here.has(entry.id) && entry.state !== 'sent').map((entry): Entry => ({ ...entry, tab, state: entry.state === 'refused' ? 'refused' : 'waiting' }));
  for (const entry of adopted) ulidAfter(entry.id);
  await Promise.all(left.map(({ was }) => was && drop(`outbox/${was}`)));
  outbox.value = [...adopted, ...outbox.value].sort((a, b) => place(a) - place(b) || (a.id < b.id ? -1 : 1));
  // Before another tab looks they are this one's.
  await Promise.all(adopted.map((entry) => keep(`outbox/${entry.id}`, entry)));
  flush();
}

export function enqueue(words: Pick<Entry, 'c' | 'b' | 'th' | 're' | 'm' | 'ask' | 'urgent' | 'poll' | 'lp' | 'files' | 'acknowledged'>): Entry {
  const at = now();
  const entry: Entry = { ...words, id: ulid(), at, place: Math.max(at, ...outbox.value.map((one) => place(one) + 1)), state: 'waiting', tab };
  outbox.value = [...outbox.value, entry];
  void keep(`outbox/${entry.id}`, entry);
  flush(entry.c);
  return entry;
}

/** A refused message again, as a new attempt, with other words or with an answer to what was asked about it. */
export function retry(id: Id, change: Pick<Partial<Entry>, 'b' | 'acknowledged'> = {}): void {
  const old = outbox.value.find((entry) => entry.id === id);
  if (!old) return;
  discard(id);
  const { c, b, th, re, m, ask, urgent, poll, lp, files: had, acknowledged } = { ...old, ...change };
  // What was uploaded hours ago, or before the server started anew, may be gone there: it goes up again.
  const files = had.map(({ file, ...one }) => (file && old.code !== 'not_found' ? { ...one, file } : { ...one, id: ulid(), sent: 0 }));
  enqueue({ c, b, files, ...(th === undefined ? {} : { th }), ...(re ? { re } : {}), ...(m ? { m } : {}), ...(ask ? { ask } : {}), ...(urgent ? { urgent } : {}), ...(poll ? { poll } : {}), ...(lp ? { lp } : {}), ...(acknowledged ? { acknowledged } : {}) });
}

export function discard(id: Id): void {
  outbox.value = outbox.value.filter((entry) => entry.id !== id);
  void drop(`outbox/${id}`);
}

/** The channel is gone for us: so is what we had to say there. */
export function discardChannel(c: Id): void {
  for (const entry of outbox.value) if (entry.c === c) discard(entry.id);
}

/** What a waiting message quotes was destroyed: the quotation goes, the answer stays. */
export function unquote(c: Id, gone: { ranges: [number, number][]; u?: Id }): void {
  for (const entry of outbox.value) {
    const { re } = entry;
    if (entry.c !== c || !re || !(gone.u ? re.u === gone.u : gone.ranges.some(([from, to]) => re.q >= from && re.q <= to))) continue;
    update(entry.id, { re: { ...re, b: '' } });
    persist(entry.id);
  }
}

/** The message stands in the log: its row takes the entry's place. */
export function arrived(id: Id | undefined): void {
  if (id && outbox.value.some((entry) => entry.id === id)) discard(id);
}

/** Rows up to `q` are known, so nothing sent up to there is still to come. */
export function settled(c: Id, q: number): void {
  known.set(c, Math.max(q, known.get(c) ?? 0));
  for (const entry of outbox.value) if (entry.c === c && entry.state === 'sent' && (entry.q ?? Infinity) <= q) discard(entry.id);
}

/** Try now: the line is back, or something new waits. */
export function flush(only?: Id): void {
  const channels = new Set(outbox.value.filter((entry) => entry.state === 'waiting').map((entry) => entry.c));
  for (const c of channels) if (only === undefined || only === c) void drain(c);
}

/** A pause may be over before its time. */
export function goOn(c: Id): void {
  if (paused.delete(c)) flush(c);
}

export function forgetOutbox(): void {
  wire = null;
  noRoom.value = false;
  paused.clear();
  known.clear();
  outbox.value = [];
}

/** One channel's queue, strictly in order; channels do not wait for each other. */
async function drain(c: Id): Promise<void> {
  if (busy.has(c) || paused.has(c)) return;
  busy.add(c);
  try {
    for (;;) {
      const entry = outbox.value.find((one) => one.c === c && one.state === 'waiting');
      if (!entry || !wire) return;
      if (!(await deliver(entry, wire))) return;
    }
  } finally {
    busy.delete(c);
  }
}

/** True when the next one may go. */
async function deliver(entry: Entry, line: Wire): Promise<boolean> {
  update(entry.id, { state: 'sending' });
  try {
    for (const attachment of entry.files) {
      if (attachment.file) continue;
      const file = await line.upload(entry.c, attachment, (sent) => updateFile(entry.id, attachment.id, { sent }));
      updateFile(entry.id, attachment.id, { file, sent: attachment.size });
      persist(entry.id);
    }
    const ready = outbox.value.find((one) => one.id === entry.id);
    // Thrown away by the person while its files went up.
    if (!ready) return true;
    const command: Command & { id: Id } = { t: 'send', id: entry.id, c: entry.c, b: entry.b };
    if (entry.th !== undefined) command.th = entry.th;
    if (entry.re) command.re = entry.re.q;
    if (entry.m?.length) command.m = entry.m;
    if (entry.ask) command.ask = true;
    if (entry.urgent) command.urgent = true;
    if (entry.poll) command.poll = entry.poll;
    if (entry.lp) command.lp = entry.lp.id;
    if (entry.acknowledged) command.acknowledged = entry.acknowledged;
    if (ready.files.length) command.f = ready.files.map((file) => file.file?.id ?? '');
    const ack = await line.command(command);
    noRoom.value = false;
    tries.delete(c(entry));
    // An earlier life had sent it, and its row is there.
    if ((ack.q ?? Infinity) <= (known.get(entry.c) ?? 0)) discard(entry.id);
    update(entry.id, { state: 'sent', ...(ack.q === undefined ? {} : { q: ack.q }), ...(ack.ts === undefined ? {} : { ts: ack.ts }) });
    void drop(`outbox/${entry.id}`);
    // Where it could not be replaced, for want of room.
    if (entry.was) void drop(`outbox/${entry.was}`);
    return true;
  } catch (error) {
    const code = error instanceof ApiError ? error.code : 'unknown';
    if (code === 'not_signed_in') {
      update(entry.id, { state: 'waiting' });
      return false;
    }
    if (code === 'slow') {
      update(entry.id, { state: 'waiting' });
      paused.add(entry.c);
      line.later(() => goOn(entry.c), (error as ApiError).after ?? LAST_DELAY_MS);
      return false;
    }
    if (isAhead(error)) {
      renew(entry.id);
      line.later(() => flush(entry.c), 0);
      return false;
    }
    if (RETRY.has(code)) {
      noRoom.value = code === 'disk_full';
      update(entry.id, { state: 'waiting' });
      const n = (tries.get(c(entry)) ?? 0) + 1;
      tries.set(c(entry), n);
      const after = error instanceof ApiError ? (error.after ?? 0) : 0;
      line.later(() => flush(entry.c), after + line.random() * Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(n, 8)));
      return false;
    }
    const asks = error instanceof ApiError && code === 'supervision/nudge' ? (error.body?.rules as Id[]) : undefined;
    update(entry.id, { state: 'refused', code, why: error instanceof Error ? error.message : String(error), ...(asks ? { asks } : {}) });
    persist(entry.id);
    return true;
  }
}

/** The same words in the same place under an id of now. */
function renew(id: Id): void {
  const fresh = ulid();
  update(id, { id: fresh, was: id, state: 'waiting' });
  const entry = outbox.value.find((one) => one.id === fresh);
  if (entry) void replace(`outbox/${id}`, `outbox/${fresh}`, entry);
}

function c(entry: Entry): Id {
  return entry.c;
}

function place(entry: Entry): number {
  return entry.place ?? entry.at;
}

function update(id: Id, change: Partial<Entry>): void {
  outbox.value = outbox.value.map((entry) => (entry.id === id ? { ...entry, ...change } : entry));
}

function updateFile(id: Id, file: Id, change: Partial<Attachment>): void {
  outbox.value = outbox.value.map((entry) => (entry.id === id ? { ...entry, files: entry.files.map((one) => (one.id === file ? { ...one, ...change } : one)) } : entry));
}

function persist(id: Id): void {
  const entry = outbox.value.find((one) => one.id === id);
  if (entry) void keep(`outbox/${id}`, entry);
}

function tabLocks(): LockManager | undefined {
  return typeof navigator === 'undefined' ? undefined : navigator.locks;
}

const watched = new Set<string>();

/** Every living tab holds a lock with its name; where there are no locks, whoever starts takes all, and the ids keep it once. */
async function liveTabs(): Promise<Set<string>> {
  const locks = tabLocks();
  if (!locks) return new Set();
  if (!watched.has(tab)) void locks.request(`tab/${tab}`, () => new Promise(() => {}));
  watched.add(tab);
  const held = (await locks.query()).held ?? [];
  const living = new Set(held.flatMap(({ name }) => (name?.startsWith('tab/') ? name.slice('tab/'.length) : [])));
  for (const other of living) {
    if (watched.has(other)) continue;
    watched.add(other);
    // It is to be had when that tab has died.
    void locks.request(`tab/${other}`, () => undefined).then(() => takeUp());
  }
  return living;
}
