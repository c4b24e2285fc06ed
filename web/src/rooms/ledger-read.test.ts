import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../core/types.ts';
import { look, seek, type Ask } from './ledger-read.ts';

const ALL = { act: '', actor: '', c: '', from: null, to: null };
const LOOKED_AT = 50;

/** A log of one event a second, of which this role sees every `step`th, asked as the server answers. */
function server(size: number, step: number): { ask: Ask; asked: () => number } {
  let asked = 0;
  const ask: Ask = async ({ before, limit }) => {
    asked++;
    const entries: LedgerEntry[] = [];
    let end = Math.min(Number(before ?? size), size);
    const floor = Math.max(0, end - LOOKED_AT);
    while (end > floor && entries.length < limit) {
      end--;
      if (end % step === 0) entries.push({ position: end, at: end * 1000, act: 'x', actor: null, channel: end % 20 ? null : 'C', object: end % 30 ? {} : { channels: ['C'] }, leaf: '' });
    }
    return { entries, next: end > 0 ? end : null };
  };
  return { ask, asked: () => asked };
}

describe('the ledger read backwards', () => {
  it('finds a day of the past in a log with long invisible stretches, without reading what came after', async () => {
    for (const step of [1, 7, 130]) {
      const { ask, asked } = server(100_000, step);
      for (const to of [1, 999, 1000, 40_000_000, 77_777_123, 99_999_000]) {
        const before = (await seek(to, ask)) ?? 100_000;
        const { entries } = await look({ ...ALL, to }, before, 1, ask);
        const newest = Math.floor((Math.ceil(to / 1000) - 1) / step) * step;
        expect(entries[0]?.position).toBe(newest < 0 ? undefined : newest);
      }
      expect(asked()).toBeLessThan(700);
    }
    expect(await seek(100_000_001, server(100_000, 1).ask)).toBeNull();
  });

  it('gives every entry of a channel once, those that name it among others too, and ends at the first day', async () => {
    const { ask } = server(3_000, 1);
    const wanted = { ...ALL, c: 'C', from: 1_000_000, to: 2_000_000 };
    const found: number[] = [];
    for (let next: string | number | null = await seek(2_000_000, ask); next !== null; ) {
      const page = await look(wanted, next, 7, ask);
      found.push(...page.entries.map((entry) => entry.position));
      next = page.next;
    }
    const expected = Array.from({ length: 1_000 }, (_, n) => 1_999 - n).filter((n) => n % 20 === 0 || n % 30 === 0);
    expect(found).toEqual(expected);
  });
});
