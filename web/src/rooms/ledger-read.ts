// Reading the ledger backwards. The server sifts by act and actor; channel and days are looked at here.

import type { Id, LedgerEntry, LedgerPage } from '../core/types.ts';

export interface Wanted {
  act: string;
  actor: string;
  c: string;
  /** The first moment inside and the first one after. */
  from: number | null;
  to: number | null;
}
export interface Question {
  before: LedgerPage['next'];
  act?: string;
  actor?: string;
  limit: number;
}
export type Ask = (question: Question) => Promise<LedgerPage>;

/** Pages of the server looked at for one page of ours, before the person is asked whether to go on. */
const LOOKS_MAX = 25;

export function isWanted(entry: LedgerEntry, wanted: Wanted): boolean {
  if (wanted.c && !isAbout(entry, wanted.c)) return false;
  return (wanted.from === null || entry.at >= wanted.from) && (wanted.to === null || entry.at < wanted.to);
}

/** A hold, a grant, a look or an invite names its channels among its facts: nobody in them hears of it. */
function isAbout(entry: LedgerEntry, c: Id): boolean {
  const named = [entry.object?.channels, entry.object?.seen].flat();
  return entry.channel === c || named.includes(c);
}

/** The next entries that are wanted; `next` goes on where this stopped, null at the end. */
export async function look(wanted: Wanted, before: LedgerPage['next'], limit: number, ask: Ask): Promise<LedgerPage> {
  const entries: LedgerEntry[] = [];
  let next = before;
  for (let looks = 0; looks < LOOKS_MAX && entries.length < limit; looks++) {
    const page = await ask({ before: next, act: wanted.act, actor: wanted.actor, limit });
    entries.push(...page.entries.filter((entry) => isWanted(entry, wanted)));
    next = page.next;
    const oldest = page.entries.at(-1);
    if (wanted.from !== null && oldest && oldest.at < wanted.from) next = null;
    if (next === null) break;
  }
  return { entries, next };
}

/** The position from which on nothing is older than `to`: so that the past is found without reading all that came after. */
export async function seek(to: number, ask: Ask): Promise<number | null> {
  const newest = await below(null, ask);
  if (!newest || newest.at < to) return null;
  let low = 0;
  let high = newest.position;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const entry = await below(middle + 1, ask);
    if (!entry || entry.at < to) low = middle + 1;
    else high = entry.position;
  }
  return high;
}

async function below(before: LedgerPage['next'], ask: Ask): Promise<LedgerEntry | undefined> {
  for (;;) {
    const page = await ask({ before, limit: 1 });
    if (page.entries[0] || page.next === null) return page.entries[0];
    before = page.next;
  }
}
