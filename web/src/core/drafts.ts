// What is being written, per conversation and thread, kept on this device until it is sent.

import { signal } from '@preact/signals';
import { all, drop, keep } from './store.ts';

/** By the window's key. */
export const drafts = signal<Readonly<Record<string, string>>>({});

const PAUSE_MS = 300;
const written = new Map<string, string>();
const timers = new Map<string, ReturnType<typeof setTimeout>>();

export async function loadDrafts(): Promise<void> {
  const found: Record<string, string> = {};
  for (const [key, text] of await all<string>('draft/')) found[key.slice('draft/'.length)] = text;
  drafts.value = { ...found, ...drafts.value };
}

export function draft(key: string): string {
  return written.get(key) ?? drafts.peek()[key] ?? '';
}

/** Kept and shown in the list a moment after the last key; an emptied one at once. */
export function setDraft(key: string, text: string): void {
  written.set(key, text);
  clearTimeout(timers.get(key));
  if (text.trim()) timers.set(key, setTimeout(() => settle(key, text), PAUSE_MS));
  else settle(key, '');
}

function settle(key: string, text: string): void {
  clearTimeout(timers.get(key));
  timers.delete(key);
  written.delete(key);
  const { [key]: _old, ...rest } = drafts.peek();
  drafts.value = text ? { ...rest, [key]: text } : rest;
  void (text ? keep(`draft/${key}`, text) : drop(`draft/${key}`));
}

if (typeof document !== 'undefined') {
  // The tab may be about to die: what was just typed is kept now.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') for (const [key, text] of written) settle(key, text.trim() ? text : '');
  });
}

/** Signing out: what was typed a moment ago must not be kept after all else was wiped. */
export function forgetAllDrafts(): void {
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
  written.clear();
  drafts.value = {};
}

/** The channel is gone for this person: so is what she was about to say there. */
export function forgetDrafts(c: string): void {
  for (const key of Object.keys(drafts.peek())) if (key === c || key.startsWith(`${c}/`)) setDraft(key, '');
}
