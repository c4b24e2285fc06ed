// What is being written, per conversation and thread: kept on this device until it is sent, and passed on to the person's other devices.

import { signal } from '@preact/signals';
import { all, drop, keep } from './store.ts';
import type { DraftFrame, Ms } from './types.ts';
import { now } from './ulid.ts';

/** By the window's key; those with words. */
export const drafts = signal<Readonly<Record<string, string>>>({});

/** Without words: they were sent or cleared then, and what is older must not come back. */
export interface Draft {
  text: string;
  at: Ms;
}

/** Where it is written, while that is on the screen. */
export interface Box {
  isFocused(): boolean;
  show(text: string): void;
}

const KEEP_MS = 300;
const PASS_MS = 1_000;
/** Of those without words. */
const TRACES_MAX = 50;

const kept = new Map<string, Draft>();
/** Typed a moment ago. */
const written = new Map<string, Draft>();
const timers = new Map<string, ReturnType<typeof setTimeout>>();
/** Not told to the server yet; true: written here meanwhile. */
const untold = new Map<string, boolean>();
/** Came while it stood before the person's eyes. */
const waiting = new Map<string, Draft>();
const boxes = new Map<string, Box>();
let tell: (frame: DraftFrame) => boolean = () => false;
let pause: ReturnType<typeof setTimeout> | undefined;

/** What becomes of a draft that comes from another device, against what stands here. */
export function judge(here: Draft & { open: boolean; changed: boolean; focused: boolean }, came: Draft): 'take' | 'wait' | 'leave' {
  if (came.at <= here.at) return 'leave';
  if (!here.open || !here.text) return 'take';
  if (here.changed) return 'leave';
  // What was sent elsewhere is gone here too; other words do not move under one's hands.
  return here.focused && came.text ? 'wait' : 'take';
}

/** `tell_` says whether it could tell. */
export function startDrafts(tell_: typeof tell): void {
  tell = tell_;
}

export async function loadDrafts(): Promise<void> {
  const found: [string, Draft][] = [];
  for (const [key, value] of await all<Draft | string>('draft/')) found.push([key.slice('draft/'.length), typeof value === 'string' ? { text: value, at: 0 } : value]);
  found.sort(([, a], [, b]) => b.at - a.at);
  let traces = 0;
  for (const [key, one] of found) {
    if (!one.text && ++traces > TRACES_MAX) void drop(`draft/${key}`);
    else if (!kept.has(key) && !written.has(key)) take(key, one);
  }
  offerDrafts();
}

export function draft(key: string): string {
  return (written.get(key) ?? kept.get(key))?.text ?? '';
}

/** Kept and shown in the list a moment after the last key, then passed on; an emptied one at once. */
export function setDraft(key: string, text: string): void {
  written.set(key, { text, at: Math.max(now(), (kept.get(key)?.at ?? 0) + 1) });
  clearTimeout(timers.get(key));
  if (!text.trim()) {
    settle(key);
    return pass();
  }
  timers.set(key, setTimeout(() => settle(key), KEEP_MS));
  passSoon();
}

/** The line is new: what the server holds comes by itself, and what it does not have is told a moment later. */
export function offerDrafts(): void {
  for (const key of kept.keys()) if (!untold.has(key)) untold.set(key, false);
  passSoon();
}

/** From another device, by way of the server. */
export function draftCame({ c, thread, text, at }: DraftFrame): void {
  weigh(thread === undefined ? c : `${c}/${thread}`, { text, at });
}

/** The composer of a conversation is on the screen, until what is returned is called. */
export function watchDraft(key: string, box: Box): () => void {
  boxes.set(key, box);
  return () => void (boxes.get(key) === box && boxes.delete(key));
}

/** Nobody writes in it any more. */
export function draftLeft(key: string): void {
  const came = waiting.get(key);
  if (came) weigh(key, came, false);
}

function weigh(key: string, came: Draft, focused = boxes.get(key)?.isFocused() ?? false): void {
  const here = written.get(key) ?? kept.get(key) ?? { text: '', at: -1 };
  const verdict = judge({ ...here, open: boxes.has(key), changed: written.has(key) || untold.get(key) === true, focused }, came);
  if (verdict === 'take') take(key, came);
  else if (verdict === 'wait') waiting.set(key, came);
  // Both have it, or the server has what is newer.
  if (came.at >= here.at && untold.get(key) !== true) untold.delete(key);
}

function take(key: string, came: Draft): void {
  forget(key);
  place(key, came);
  boxes.get(key)?.show(came.text);
}

function forget(key: string): void {
  clearTimeout(timers.get(key));
  for (const map of [timers, written, untold, waiting]) map.delete(key);
}

function place(key: string, one: Draft): void {
  kept.set(key, one);
  show(key, one.text);
  void keep(`draft/${key}`, one);
}

function show(key: string, text: string): void {
  const { [key]: _old, ...rest } = drafts.peek();
  drafts.value = text ? { ...rest, [key]: text } : rest;
}

function settle(key: string): void {
  const one = written.get(key);
  clearTimeout(timers.get(key));
  timers.delete(key);
  written.delete(key);
  if (!one) return;
  const text = one.text.trim() ? one.text : '';
  // What was written and sent in one go left no trace anywhere.
  if (!text && !kept.has(key)) return;
  place(key, { text, at: one.at });
  untold.set(key, true);
}

function passSoon(): void {
  clearTimeout(pause);
  pause = setTimeout(pass, PASS_MS);
}

function pass(): void {
  for (const key of untold.keys()) {
    const one = kept.get(key);
    const [c = '', thread] = key.split('/');
    if (!one || tell({ t: 'draft', c, ...(thread ? { thread: Number(thread) } : {}), ...one })) untold.delete(key);
  }
}

if (typeof document !== 'undefined') {
  // The tab may be about to die: what was just typed is kept and passed on now.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'hidden') return;
    for (const key of written.keys()) settle(key);
    pass();
  });
}

/** Signing out: what was typed a moment ago must not be kept, or told, after all else was wiped. */
export function forgetAllDrafts(): void {
  clearTimeout(pause);
  for (const key of [...kept.keys(), ...written.keys()]) forget(key);
  kept.clear();
  drafts.value = {};
}

/** The channel is gone for this person: so is what she was about to say there. */
export function forgetDrafts(c: string): void {
  for (const key of new Set([...kept.keys(), ...written.keys()])) {
    if (key !== c && !key.startsWith(`${c}/`)) continue;
    forget(key);
    kept.delete(key);
    show(key, '');
    void drop(`draft/${key}`);
  }
}
