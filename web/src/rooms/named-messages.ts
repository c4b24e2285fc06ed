// Messages as people name them: numbers, ranges, and addresses pasted from the browser.

import type { Id } from '../core/types.ts';

/** What one order may name. */
export const MESSAGES_MAX = 100;
const ADDRESS = /#\/c\/([0-9A-Z]{26})(?:\?at=|\/t\/)(\d+)$/;
const NUMBERS = /^#?(\d{1,15})(?:\s*[-–]\s*#?(\d{1,15}))?$/;

export type Named = { c: Id | null; q: number[] } | { fault: 'text' | 'backwards' | 'many' | 'channel'; part: string };

export function namedMessages(text: string): Named {
  const all = new Set<number>();
  let c: Id | null = null;
  // A space before or after a dash belongs to the range.
  const parts = text.replace(/\s*([-–])\s*/g, '$1').split(/[\s,;]+/).filter(Boolean);
  for (const part of parts) {
    const address = ADDRESS.exec(part);
    if (address) {
      if (c !== null && c !== address[1]) return { fault: 'channel', part };
      c = address[1] ?? null;
      all.add(Number(address[2]));
      continue;
    }
    const numbers = NUMBERS.exec(part);
    const first = Number(numbers?.[1]);
    const last = Number(numbers?.[2] ?? numbers?.[1]);
    if (!numbers || first < 1) return { fault: 'text', part };
    if (last < first) return { fault: 'backwards', part };
    if (last - first >= MESSAGES_MAX) return { fault: 'many', part };
    for (let q = first; q <= last; q++) all.add(q);
  }
  if (all.size > MESSAGES_MAX) return { fault: 'many', part: text };
  return { c, q: [...all].sort((a, b) => a - b) };
}
