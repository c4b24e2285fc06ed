// What is being written, per conversation and thread, kept on this device until it is sent.

import { signal } from '@preact/signals';
import { all, drop, keep } from '../core/store.ts';

/** By the window's key. */
export const drafts = signal<Readonly<Record<string, string>>>({});

const PAUSE_MS = 300;
const timers = new Map<string, ReturnType<typeof setTimeout>>();

export async function loadDrafts(): Promise<void> {
  const found: Record<string, string> = {};
  for (const [key, text] of await all<string>('draft/')) found[key.slice('draft/'.length)] = text;
  drafts.value = { ...found, ...drafts.value };
}

export function draft(key: string): string {
  return drafts.peek()[key] ?? '';
}

export function setDraft(key: string, text: string): void {
  const { [key]: _old, ...rest } = drafts.peek();
  drafts.value = text.trim() ? { ...rest, [key]: text } : rest;
  clearTimeout(timers.get(key));
  if (!text.trim()) {
    void drop(`draft/${key}`);
    return;
  }
  timers.set(
    key,
    setTimeout(() => void keep(`draft/${key}`, text), PAUSE_MS),
  );
}

/** The channel is gone for this person: so is what she was about to say there. */
export function forgetDrafts(c: string): void {
  for (const key of Object.keys(drafts.peek())) if (key === c || key.startsWith(`${c}/`)) setDraft(key, '');
}
