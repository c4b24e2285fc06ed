import { describe, expect, it } from 'vitest';
import { apply, extendLine, fromBootstrap, openLine, restLine, setAtEnd, ticks, WINDOW, type State } from './state.ts';
import type { Bootstrap, Channel, Frame, Item, Page, Person } from './types.ts';

const person = (id: string): Person => ({ id, name: id.toUpperCase(), role: 'member', handle: id, active: true, online: false, imported: false });
const channel = (id: string, head = 0): Channel => ({
  id,
  kind: 'group',
  name: id,
  topic: '',
  created_at: 0,
  archived: false,
  members: ['me', 'ann', 'bob'].map((p) => ({ p, owner: p === 'me', read: 0, got: 0 })),
  head,
  muted: false,
  muted_all: false,
  rule: { keep_days: 90, from: 'workspace', floor_days: null, own_floor_days: null, locked: false, next: null },
  slow: 0,
  history_days: null,
  community: null,
  asking: 0,
  from: 1,
  pins: [], watched: false,
  asks: [],
  saved: [],
  wrote_at: null,
  unread: 0,
  mentions: 0,
  read: head,
  last: null,
});
const boot = (channels: Channel[]): Bootstrap => ({
  me: person('me'),
  handle: 'me',
  device: 'd',
  workspace: { name: 'W', keep_days: 90, floor_days: null, locked: false, next: null },
  people: ['ann', 'bob'].map(person),
  channels,
  asked: [],
  quiet: null,
  scheduled: [],
  previews: false,
  cur: 'c0',
  now: 0,
  limits: { frame: 65536, text: 16384, file: 1, files: 1 },
});
const page = (items: Item[], head = items.at(-1)?.q ?? 0, more: Partial<Page> = {}): Page => ({ items, head, more_before: false, more_after: false, expired: [], ...more });
const item = (q: number, more: Partial<Item> = {}): Item => ({ q, ts: q, u: 'ann', b: `text ${q}`, ...more });
const msg = (q: number, more: Partial<Item> = {}, c = 'a'): Frame => ({ t: 'msg', c, q, cur: `c${q}`, d: item(q, more) });

function begin(items: Item[] = []): State {
  const head = items.at(-1)?.q ?? 0;
  return openLine(fromBootstrap(boot([channel('a', head), channel('b')])), 'a', page(items), true);
}
const run = (state: State, ...frames: Frame[]) => frames.reduce((now, frame) => apply(now, frame).state, state);
const rows = (state: State, key = 'a') => state.lines[key]?.items ?? [];

describe('a frame that was already seen', () => {
  it('changes nothing but the place in the log', () => {
    const once = run(begin(), msg(1));
    const twice = run(once, msg(1, { b: 'other words' }));
    expect(rows(twice)).toEqual(rows(once));
    expect(twice.channels.a?.unread).toBe(1);
  });
});

describe('a hole in the sequence', () => {
  it('is told, and nothing of the later frame is taken', () => {
    const state = run(begin(), msg(1));
    const result = apply(state, msg(3));
    expect(result.gap).toBe(true);
    expect(result.state).toBe(state);
  });
  it('is closed when the missing frame comes first', () => {
    const state = run(begin(), msg(1), msg(2), msg(3));
    expect(rows(state).map((row) => row.q)).toEqual([1, 2, 3]);
    expect(state.cur).toBe('c3');
  });
});

describe('any order and any repetition', () => {
  it('ends where the log ends, as long as holes are read again', () => {
    // A small pseudo-random walk over deliveries: duplicates, skips and re-reads.
    let seed = 7;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const log: Frame[] = Array.from({ length: 60 }, (_, i) => {
      const q = i + 1;
      if (q % 7 === 0) return { t: 'edit', c: 'a', q, cur: `c${q}`, d: { of: q - 1, b: `edited ${q}`, u: 'ann', ts: q, n: 1 } };
      if (q % 11 === 0) return { t: 'del', c: 'a', q, cur: `c${q}`, d: { of: q - 3, u: 'ann', ts: q } };
      if (q % 5 === 0) return { t: 'react', c: 'a', q, cur: `c${q}`, d: { of: q - 1, e: '👍', on: true, u: 'bob', ts: q } };
      return msg(q);
    });
    const straight = run(begin(), ...log);
    for (let round = 0; round < 40; round++) {
      let state = begin();
      let guard = 0;
      while ((state.channels.a?.head ?? 0) < log.length && guard++ < 2000) {
        const head = state.channels.a?.head ?? 0;
        const next = log[Math.max(0, Math.min(log.length - 1, head + Math.floor(random() * 5) - 2))] as Frame;
        const result = apply(state, next);
        state = result.gap ? run(result.state, ...log.slice(head, head + 3)) : result.state;
      }
      expect(state.lines).toEqual(straight.lines);
      expect(state.channels.a).toEqual({ ...straight.channels.a });
    }
  });
});

describe('a poll', () => {
  it('counts what each chose last, until the person or the poll goes', () => {
    const asked: Item = { q: 1, ts: 1, u: 'ann', b: 'Which?', poll: { options: [{ b: 'one', u: [] }, { b: 'two', u: [] }] } };
    const vote = (q: number, u: string, o: number[]): Frame => ({ t: 'vote', c: 'a', q, cur: `c${q}`, d: { of: 1, o, u, ts: q } });
    const voted = run(begin(), { t: 'msg', c: 'a', q: 1, cur: 'c1', d: asked }, vote(2, 'bob', [0]), vote(3, 'me', [1]), vote(4, 'bob', [1]), { t: 'close', c: 'a', q: 5, cur: 'c5', d: { of: 1, u: 'ann', ts: 5 } });
    const poll = (state: State) => state.lines.a?.items[0]?.poll;
    expect(poll(voted)).toEqual({ options: [{ b: 'one', u: [] }, { b: 'two', u: ['me', 'bob'] }], closed: true });
    const purge = (u: string): Frame => ({ t: 'purge', c: 'a', q: 6, cur: 'c6', d: { ranges: [], day: '', why: 'erased', u } });
    expect(poll(run(voted, purge('bob')))?.options[1]?.u).toEqual(['me']);
    expect(poll(run(voted, purge('ann')))).toBeUndefined();
  });
});

describe('what lies before our sight', () => {
  it('is changed without a word: its number passes, and nothing of it is at hand', () => {
    const seen = { ...begin(), channels: { a: { ...channel('a', 4), from: 4 } } };
    const pinned = { ...channel('a', 4), pins: [2, 4] };
    const state = run(seen, { t: 'hidden', c: 'a', q: 5, cur: 'c5' }, { t: 'channel', c: 'a', d: pinned });
    expect(state.channels.a?.head).toBe(5);
    expect(state.cur).toBe('c5');
    expect(state.channels.a?.pins).toEqual([4]);
  });
});

describe('edits, reactions and deletions', () => {
  it('change the row, the last line of the list and quotes of it', () => {
    let state = run(begin(), msg(1), msg(2, { re: { q: 1, u: 'ann', b: 'text 1' } }));
    state = run(state, { t: 'edit', c: 'a', q: 3, cur: 'x', d: { of: 2, b: 'better', u: 'ann', ts: 9, n: 1 } });
    expect(rows(state)[1]).toMatchObject({ b: 'better', ed: { n: 1 } });
    expect(state.channels.a?.last?.b).toBe('better');
    state = run(state, { t: 'react', c: 'a', q: 4, cur: 'x', d: { of: 1, e: '👍', on: true, u: 'me', ts: 9 } });
    expect(rows(state)[0]?.rx).toEqual({ '👍': ['me'] });
    state = run(state, { t: 'react', c: 'a', q: 5, cur: 'x', d: { of: 1, e: '👍', on: false, u: 'me', ts: 9 } });
    expect(rows(state)[0]?.rx).toEqual({});
    state = run(state, { t: 'del', c: 'a', q: 6, cur: 'x', d: { of: 1, u: 'ann', ts: 9 } });
    expect(rows(state)[0]).toEqual({ q: 1, ts: 1, u: 'ann', del: { ts: 9, u: 'ann' } });
    expect(rows(state)[1]?.re?.b).toBe('');
  });
  it('do not bring back what was deleted', () => {
    const state = run(begin(), msg(1), { t: 'del', c: 'a', q: 2, cur: 'x', d: { of: 1, u: 'ann', ts: 2 } }, { t: 'edit', c: 'a', q: 3, cur: 'x', d: { of: 1, b: 'late', u: 'ann', ts: 3, n: 1 } });
    expect(rows(state)[0]?.b).toBeUndefined();
  });
});

describe('destroyed messages', () => {
  it('leave no word in memory: not in rows, quotes, threads or the list', () => {
    let state = run(begin(), msg(1, { b: 'secret', f: [{ id: 'f', name: 'secret.jpg', mime: 'image/jpeg', size: 1 }] }), msg(2, { b: 'secret too' }), msg(3, { b: 'after', re: { q: 1, u: 'ann', b: 'secret' } }), msg(4, { b: 'secret reply', th: 2 }));
    state = openLine(state, 'a/2', page([item(2, { b: 'secret too' }), item(4, { b: 'secret reply', th: 2 })]), true);
    state = run(state, { t: 'purge', c: 'a', q: 5, cur: 'x', d: { ranges: [[1, 2], [4, 4]], day: '2026-08-01', why: 'expired' } });
    expect(JSON.stringify(state)).not.toContain('secret');
    expect(rows(state).map((row) => row.gone ?? 'kept')).toEqual(['expired', 'expired', 'kept']);
  });
});

describe('an erased person', () => {
  it('leaves no word, no reaction and no quote, and others keep theirs', () => {
    const rx = { '👍': ['ann', 'me'], '🔥': ['ann'] };
    let state = run(begin(), msg(1, { b: 'secret' }), msg(2, { u: 'me', b: 'mine', re: { q: 1, u: 'ann', b: 'secret' }, rx }));
    state = run(state, { t: 'purge', c: 'a', q: 3, cur: 'x', d: { ranges: [], day: '', why: 'erased', u: 'ann' } });
    expect(JSON.stringify(state)).not.toContain('secret');
    expect(rows(state)[0]?.gone).toBe('expired');
    expect(rows(state)[1]).toMatchObject({ b: 'mine', rx: { '👍': ['me'] } });
    expect(rows(state)[1]?.rx).toEqual({ '👍': ['me'] });
  });
});

describe('unread', () => {
  it('counts what others wrote, in threads too, and who is meant', () => {
    const state = run(begin(), msg(1, { u: 'me' }), msg(2), msg(3, { m: ['me'] }), msg(4, { sys: { act: 'member.added', p: 'bob' } }), msg(5, { th: 1 }));
    expect(state.channels.a).toMatchObject({ unread: 3, mentions: 1 });
  });
  it('ends with one’s own words: who writes has read what stands above', () => {
    const state = run(begin(), msg(1, { m: ['me'] }), msg(2), msg(3, { u: 'me' }));
    expect(state.channels.a).toMatchObject({ unread: 0, mentions: 0, read: 3 });
  });
  it('ends when any of the own devices has read', () => {
    const state = run(begin(), msg(1), msg(2, { m: ['me'] }), { t: 'read', c: 'a', cur: 'x', d: { u: 'me', q: 2, ts: 1 } });
    expect(state.channels.a).toMatchObject({ unread: 0, mentions: 0, read: 2 });
  });
  it('keeps what came after the place that was read', () => {
    const state = run(begin(), msg(1), msg(2), msg(3), { t: 'read', c: 'a', cur: 'x', d: { u: 'me', q: 2, ts: 1 } });
    expect(state.channels.a?.unread).toBe(1);
  });
});

describe('ticks', () => {
  it('go from sent over delivered to read, by the slowest member', () => {
    let state = run(begin(), msg(1, { u: 'me' }));
    const now = () => ticks(state.channels.a as Channel, 'me', 1);
    expect(now()).toBe('sent');
    state = run(state, { t: 'got', c: 'a', cur: 'x', d: { u: 'ann', q: 1, ts: 1 } }, { t: 'got', c: 'a', cur: 'x', d: { u: 'bob', q: 1, ts: 1 } });
    expect(now()).toBe('delivered');
    state = run(state, { t: 'read', c: 'a', cur: 'x', d: { u: 'ann', q: 1, ts: 1 } });
    expect(now()).toBe('delivered');
    state = run(state, { t: 'read', c: 'a', cur: 'x', d: { u: 'bob', q: 1, ts: 1 } });
    expect(now()).toBe('read');
    expect(ticks(run(begin(), msg(1, { u: 'me' }), msg(2, { u: 'ann' }), msg(3, { u: 'bob' })).channels.a as Channel, 'me', 1)).toBe('read');
    state = run(state, { t: 'got', c: 'a', cur: 'x', d: { u: 'bob', q: 0, ts: 1 } });
    expect(now()).toBe('read');
  });
});

describe('presence', () => {
  it('comes and goes without touching people or rows', () => {
    const state = run(begin(), msg(1));
    const here = run(state, { t: 'presence', u: 'ann', on: true });
    expect('ann' in here.online).toBe(true);
    expect(here.people).toBe(state.people);
    expect(here.lines).toBe(state.lines);
    expect('ann' in run(here, { t: 'presence', u: 'ann', on: false }).online).toBe(false);
  });
});

describe('threads', () => {
  it('stand beside the channel and are counted at their root', () => {
    let state = openLine(run(begin(), msg(1)), 'a/1', page([item(1)]), true);
    state = run(state, msg(2, { th: 1 }), msg(3, { th: 1 }));
    expect(rows(state).map((row) => row.q)).toEqual([1]);
    expect(rows(state)[0]?.thread).toEqual({ n: 2, last: 3, ts: 3 });
    expect(rows(state, 'a/1').map((row) => row.q)).toEqual([1, 2, 3]);
  });
});

describe('membership', () => {
  it('forgets a channel one has left, with all its content', () => {
    const state = run(begin(), msg(1, { b: 'secret' }), { t: 'left', c: 'a', cur: 'x' });
    expect(state.channels.a).toBeUndefined();
    expect(JSON.stringify(state)).not.toContain('secret');
  });
  it('does not step over events when a channel’s shape tells a later head', () => {
    const { unread: _u, mentions: _m, read: _r, last: _l, ...shape } = channel('a', 9);
    const state = run(begin(), msg(1), { t: 'channel', c: 'a', d: shape }, msg(2));
    expect(rows(state).map((row) => row.q)).toEqual([1, 2]);
  });
});

describe('the window', () => {
  const many = (from: number, n: number) => Array.from({ length: n }, (_, i) => item(from + i));
  it('stays bounded while the reader follows', () => {
    let state = begin(many(1, 50));
    for (let q = 51; q <= 1000; q++) state = run(state, msg(q));
    expect(rows(state).length).toBe(WINDOW);
    expect(rows(state).at(-1)?.q).toBe(1000);
    expect(state.lines.a?.moreBefore).toBe(true);
  });
  it('stays bounded, and does not lose the reader’s place, while she reads above', () => {
    let state = setAtEnd(begin(many(1, 50)), 'a', false);
    for (let q = 51; q <= 1000; q++) state = run(state, msg(q));
    expect(rows(state).length).toBeLessThanOrEqual(WINDOW + 100);
    expect(rows(state)[0]?.q).toBe(1);
    expect(state.lines.a?.moreAfter).toBe(true);
  });
  it('begins with its newest rows again for who comes back, wherever she had scrolled, and goes on hearing', () => {
    let state = setAtEnd(begin(many(1, 50)), 'a', false);
    state = run(restLine(state, 'a', 30), msg(51));
    expect(rows(state).map((row) => row.q)).toEqual(Array.from({ length: 31 }, (_, i) => 21 + i));
    expect(state.lines.a).toMatchObject({ moreBefore: true, moreAfter: false, atEnd: true });
    // Where the newest rows are not there it is fetched anew in any case.
    const above = openLine(state, 'a', page(many(1, 50), 51, { more_after: true }), false);
    expect(restLine(above, 'a', 30)).toBe(above);
    expect(restLine(state, 'a', 31)).toBe(state);
  });
  it('pages both ways without a double or a missing row', () => {
    let state = openLine(fromBootstrap(boot([channel('a', 1000)])), 'a', page(many(951, 50), 1000, { more_before: true }), true);
    for (let top = 951; top > 701; top -= 50) state = extendLine(state, 'a', page(many(top - 50, 50), 1000, { more_before: true, more_after: true }), 'before', top);
    const q = rows(state).map((row) => row.q);
    expect(q).toEqual(Array.from({ length: WINDOW }, (_, i) => 701 + i));
    expect(state.lines.a?.moreAfter).toBe(true);
    state = extendLine(state, 'a', page(many(851, 50), 1000, { more_after: true }), 'after', 850);
    expect(rows(state).map((row) => row.q)).toEqual(Array.from({ length: WINDOW }, (_, i) => 751 + i));
  });
  it('ignores an answer for a place it has left', () => {
    const state = begin(many(100, 10));
    expect(extendLine(state, 'a', page(many(1, 10)), 'before', 50)).toBe(state);
  });
});

describe('coming back', () => {
  it('keeps a window only when nothing happened meanwhile', () => {
    const before = begin([item(1)]);
    expect(fromBootstrap(boot([channel('a', 1)]), before).lines.a).toBeDefined();
    expect(fromBootstrap(boot([channel('a', 2)]), before).lines.a).toBeUndefined();
    expect(fromBootstrap(boot([]), before).lines.a).toBeUndefined();
  });
});

describe('frames from a later version', () => {
  it('are ignored', () => {
    const state = begin();
    expect(apply(state, { t: 'hologram', c: 'a' } as unknown as Frame)).toEqual({ state, gap: false });
  });
});

describe('a message that asks for confirmations', () => {
  const asking = (q: number, u = 'ann') => msg(q, { u, ask: { n: 2, done: 0 } });
  const frame = (t: 'confirm' | 'remind', q: number, of: number, u: string): Frame => ({ t, c: 'a', q, cur: `c${q}`, d: { of, u, ts: q } });

  it('waits for everybody but its author until they have confirmed it', () => {
    let state = run(begin(), asking(1), asking(2, 'me'));
    expect(state.channels.a?.asks).toEqual([1]);
    state = run(state, frame('confirm', 3, 1, 'bob'));
    expect(state.channels.a?.asks).toEqual([1]);
    expect(rows(state)[0]?.ask).toEqual({ n: 2, done: 1, mine: false });
    state = run(state, frame('confirm', 4, 1, 'me'), frame('confirm', 5, 1, 'me'));
    expect(state.channels.a?.asks).toEqual([]);
    expect(rows(state)[0]?.ask?.mine).toBe(true);
  });
  it('counts as a mention when one is reminded, until that is read, and only for those who wait', () => {
    const read = (q: number): Frame => ({ t: 'read', c: 'a', cur: 'r', d: { u: 'me', q, ts: q } });
    let state = run(begin(), asking(1), read(1), frame('remind', 2, 1, 'ann'));
    expect(state.channels.a?.mentions).toBe(1);
    state = run(state, read(2));
    expect(state.channels.a?.mentions).toBe(0);
    state = run(state, frame('confirm', 3, 1, 'me'), frame('remind', 4, 1, 'ann'));
    expect(state.channels.a?.mentions).toBe(0);
  });
  it('waits no longer when it is deleted or destroyed', () => {
    const state = run(begin(), asking(1), asking(2), asking(3), { t: 'del', c: 'a', q: 4, cur: 'c4', d: { of: 1, u: 'ann', ts: 4 } });
    expect(state.channels.a?.asks).toEqual([2, 3]);
    const left = run(state, { t: 'purge', c: 'a', q: 5, cur: 'c5', d: { ranges: [[3, 3]], day: '', why: 'redacted' } });
    expect(left.channels.a?.asks).toEqual([2]);
  });
});

describe('a pin', () => {
  it('what we keep at hand follows its message, and what waits is told by its last word', () => {
    const { channels, ...rest } = begin([item(1), item(2), item(3)]);
    let s: State = { ...rest, channels };
    const save = (of: number, on: boolean): Frame => ({ t: 'saved', c: 'a', cur: `s${of}`, d: { of, on } });
    for (const frame of [save(1, true), save(3, true), save(3, true), save(2, true), save(1, false)]) s = apply(s, frame).state;
    expect(s.channels['a']?.saved).toEqual([3, 2]);
    s = apply(s, { t: 'del', c: 'a', q: 4, cur: 'c4', d: { of: 2, u: 'ann', ts: 4 } }).state;
    expect(s.channels['a']?.saved).toEqual([3]);
    const waits = (d: Extract<Frame, { t: 'scheduled' }>['d']): void => {
      s = apply(s, { t: 'scheduled', c: 'a', cur: 'w', d }).state;
    };
    waits({ id: 'x', at: 10 });
    waits({ id: 'y', at: 20 });
    waits({ id: 'x', why: 'slow' });
    expect(s.scheduled.map(({ id, at, why }) => [id, at, why])).toEqual([['y', 20, undefined], ['x', 10, 'slow']]);
    waits({ id: 'x', at: 30 });
    waits({ id: 'y', gone: true });
    expect(s.scheduled.map(({ id, at, why }) => [id, at, why])).toEqual([['x', 30, undefined]]);
  });

  it('is put up once, taken down, and goes with its message', () => {
    const pin = (q: number, of: number, on: boolean): Frame => ({ t: 'pin', c: 'a', q, cur: `c${q}`, d: { of, on, u: 'ann', ts: q } });
    let state = run(begin(), msg(1), msg(2), pin(3, 2, true), pin(4, 1, true), pin(5, 1, true));
    expect(state.channels.a?.pins).toEqual([1, 2]);
    state = run(state, pin(6, 2, false));
    expect(state.channels.a?.pins).toEqual([1]);
    state = run(state, { t: 'del', c: 'a', q: 7, cur: 'c7', d: { of: 1, u: 'ann', ts: 7 } });
    expect(state.channels.a?.pins).toEqual([]);
  });
});

describe('a rule of the workspace', () => {
  const told = (keep_days: number | null, next: { keep_days: number | null; at: number } | null): Frame => ({ t: 'workspace', cur: 'c9', d: { name: 'W', keep_days, floor_days: 20, locked: false, next } });
  it('is at once the rule of the channels that follow it, and of no other', () => {
    const own: Channel = { ...channel('b'), rule: { keep_days: 7, from: 'channel', floor_days: null, own_floor_days: null, locked: false, next: null } };
    const state = run(fromBootstrap(boot([channel('a'), own])), told(30, { keep_days: 10, at: 5 }));
    // A floor above the ceiling wins.
    expect(state.channels.a?.rule).toMatchObject({ keep_days: 30, floor_days: 20, next: { keep_days: 20, at: 5 } });
    expect(state.channels.b?.rule).toMatchObject({ keep_days: 7, next: null });
    expect(run(state, told(null, null)).channels.a?.rule).toMatchObject({ keep_days: null, next: null });
  });
});

describe('the preview of a link', () => {
  const lp = { url: 'https://a.example/x', title: 'A' };
  const edit = (q: number, b: string): Frame => ({ t: 'edit', c: 'a', q, cur: `c${q}`, d: { of: 1, b, u: 'ann', ts: 9, n: q } }) as Frame;
  it('goes with its link, and does not come back', () => {
    const sent = run(begin(), msg(1, { b: 'see https://a.example/x', lp }));
    const kept = run(sent, edit(2, 'read https://a.example/x!'));
    expect(rows(kept)[0]?.lp).toEqual(lp);
    const gone = run(kept, edit(3, 'read https://a.example/xy'));
    expect(rows(gone)[0]).not.toHaveProperty('lp');
    expect(rows(run(gone, edit(4, 'https://a.example/x')))[0]).not.toHaveProperty('lp');
  });
});

describe('what one is told of a channel', () => {
  it('is what one chose on any device', () => {
    const muted = run(begin(), { t: 'muted', c: 'a', cur: 'c1', d: { on: true, all: true } });
    expect(muted.channels.a).toMatchObject({ muted: true, muted_all: true });
    const mine = run(muted, { t: 'muted', c: 'a', cur: 'c2', d: { on: true, all: false } });
    expect(mine.channels.a).toMatchObject({ muted: true, muted_all: false });
  });
});
