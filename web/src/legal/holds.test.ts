import { describe, expect, it } from 'vitest';
import type { Hold, Matter } from '../core/types.ts';
import { daysText, overlapsOf, willPreserve, type Reach } from './holds.ts';

const reach = (channels = '', people = '', from_day: string | null = null, to_day: string | null = null, ...words: string[]): Reach => ({ channels: [...channels], people: [...people], from_day, to_day, words });
const matter = (name: string, ...holds: Reach[]): Matter => ({
  id: name,
  name,
  reason: '',
  by: 'x',
  at: 0,
  closed_at: null,
  holds: holds.map((hold, n): Hold => ({ ...hold, id: `${name}${n}`, by: 'x', at: 0, position: n })),
});
const names = (one: Reach, ...matters: Matter[]): string[] => overlapsOf(one, matters).map(({ hold, whole }) => `${hold.id}${whole ? ' whole' : ''}`);

describe('what a hold preserves', () => {
  it('is said in a sentence each for where, whose and when', () => {
    const say = (one: Reach): string => willPreserve(one, (id) => `#${id}`, (id) => `Person ${id}`).join(' ');
    expect(say(reach())).toMatch(/^In every channel.*By everybody.*Of all days/);
    expect(say(reach('ab', 'x', '2026-08-01'))).toMatch(/^In #a and #b\. By Person x: .* From (1 August|August 1,) 2026 on: .*while the hold stands\.$/);
    expect(say(reach('a', '', '2026-08-01', '2026-08-01'))).toMatch(/Of (1 August|August 1,) 2026 alone\.$/);
    expect(say(reach('abcdefg'))).toContain('#g');
    expect(say(reach('', '', null, null, 'falcon', '"red wine"'))).toMatch(/Of these, only messages .*: falcon; "red wine"\.$/);
    expect(daysText(reach('', '', null, '2026-08-01'))).toMatch(/^Up to/);
  });

  it('overlaps with another when a record could be in both, and lies in it when every record must be', () => {
    const all = matter('All', reach());
    expect(names(reach('a'), all)).toEqual(['All0 whole']);
    expect(names(reach(), matter('A', reach('a')))).toEqual(['A0']);
    expect(names(reach('a'), matter('B', reach('b')))).toEqual([]);
    expect(names(reach('a', 'x'), matter('B', reach('ab'), reach('', 'y'), reach('', 'xy')))).toEqual(['B0 whole', 'B2 whole']);
    expect(names(reach('a', 'x'), matter('B', reach('a', '', '2026-01-01', '2026-01-31')))).toEqual(['B0']);
  });

  it('lies in one by words only when that looks for all that it looks for', () => {
    const words = (...all: string[]): Reach => reach('a', '', null, null, ...all);
    const other = matter('M', words('falcon', 'wine'));
    expect(names(words('wine'), other)).toEqual(['M0 whole']);
    expect(names(words('beer'), other)).toEqual(['M0']);
    expect(names(reach('a'), other)).toEqual(['M0']);
    expect(names(words('wine'), matter('All', reach()))).toEqual(['All0 whole']);
  });

  it('days that touch overlap, days beside each other do not', () => {
    const other = matter('M', reach('a', '', '2026-08-10', '2026-08-20'));
    expect(names(reach('a', '', null, '2026-08-09'), other)).toEqual([]);
    expect(names(reach('a', '', null, '2026-08-10'), other)).toEqual(['M0']);
    expect(names(reach('a', '', '2026-08-20'), other)).toEqual(['M0']);
    expect(names(reach('a', '', '2026-08-21'), other)).toEqual([]);
    expect(names(reach('a', '', '2026-08-10', '2026-08-20'), other)).toEqual(['M0 whole']);
  });

  it('never counts a hold as overlapping itself', () => {
    const one = matter('M', reach('a'), reach('a'));
    expect(overlapsOf(reach('a'), [one], 'M0').map(({ hold }) => hold.id)).toEqual(['M1']);
  });
});
