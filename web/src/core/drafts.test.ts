import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { draft, draftCame, draftLeft, drafts, forgetAllDrafts, forgetDrafts, judge, loadDrafts, offerDrafts, setDraft, startDrafts, watchDraft } from './drafts.ts';
import { all, keep, wipe } from './store.ts';
import type { DraftFrame } from './types.ts';

const told: DraftFrame[] = [];
let isUp = true;
const came = (text: string, at: number, more: Partial<DraftFrame> = {}) => draftCame({ t: 'draft', c: 'a', text, at, ...more });
const open = (isFocused = false) => {
  const box = { text: draft('a'), focused: isFocused };
  const close = watchDraft('a', { isFocused: () => box.focused, show: (text) => (box.text = text) });
  return Object.assign(box, { close });
};
const stored = async () => Object.fromEntries(await all<unknown>('draft/'));

beforeEach(async () => {
  await wipe();
  forgetAllDrafts();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 10_000 });
  told.length = 0;
  isUp = true;
  startDrafts((frame) => isUp && told.push(frame) > 0);
});
afterEach(() => void vi.useRealTimers());

describe('what comes from another device', () => {
  const here = { text: 'words', at: 10, open: true, changed: false, focused: false };
  const newer = { text: 'more words', at: 11 };

  it('is taken when it is newer, and never over what is being written', () => {
    expect(judge(here, newer)).toBe('take');
    expect(judge(here, { ...newer, at: 10 }), 'a tie').toBe('leave');
    expect(judge(here, { ...newer, at: 9 })).toBe('leave');
    expect(judge({ ...here, changed: true }, newer)).toBe('leave');
    expect(judge({ ...here, changed: true, text: '' }, newer), 'nothing stands here').toBe('take');
    expect(judge({ ...here, focused: true }, newer)).toBe('wait');
    expect(judge({ ...here, focused: true, text: '' }, newer)).toBe('take');
    expect(judge({ ...here, focused: true }, { text: '', at: 11 }), 'it was sent elsewhere').toBe('take');
    expect(judge({ ...here, focused: true, changed: true }, { text: '', at: 11 })).toBe('leave');
    expect(judge({ ...here, open: false, changed: true }, newer), 'nobody has it before her').toBe('take');
  });

  it('stands in the composer and in the list, and is kept', async () => {
    const box = open();
    came('from the desk', 5);
    came('in a thread', 5, { thread: 7 });
    expect(box.text).toBe('from the desk');
    expect(drafts.value).toEqual({ a: 'from the desk', 'a/7': 'in a thread' });
    came('', 6);
    expect([box.text, draft('a')]).toEqual(['', '']);
    expect(drafts.value).toEqual({ 'a/7': 'in a thread' });
    came('from the desk', 5);
    expect(draft('a'), 'what was sent does not come back').toBe('');
    vi.useRealTimers();
    await vi.waitFor(async () => expect(await stored()).toEqual({ 'draft/a': { text: '', at: 6 }, 'draft/a/7': { text: 'in a thread', at: 5 } }));
    box.close();
  });

  it('waits until one looks away', () => {
    came('first', 5);
    const box = open(true);
    came('second', 6);
    expect(box.text).toBe('first');
    draftLeft('a');
    expect(box.text).toBe('second');
    draftLeft('a');
    box.focused = true;
    came('third', 7);
    setDraft('a', 'my own');
    draftLeft('a');
    expect([draft('a'), box.text]).toEqual(['my own', 'second']);
    box.close();
  });
});

describe('what is written here', () => {
  it('is told about a second after the last key, and at once when it is gone', () => {
    setDraft('a', 'he');
    vi.advanceTimersByTime(900);
    setDraft('a', 'hello');
    vi.advanceTimersByTime(900);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(told).toEqual([{ t: 'draft', c: 'a', text: 'hello', at: 10_900 }]);
    setDraft('a', '');
    expect(told.at(-1)).toEqual({ t: 'draft', c: 'a', text: '', at: 12_000 });
    setDraft('a/7', 'ok');
    setDraft('a/7', '');
    vi.advanceTimersByTime(5_000);
    expect(told.length, 'written and sent in one go').toBe(2);
  });

  it('is told when the line is back, and what the server has meanwhile is not told again', () => {
    isUp = false;
    setDraft('a', 'kept');
    setDraft('b/7', 'offline');
    came('from afar', 20_000, { c: 'c' });
    vi.advanceTimersByTime(5_000);
    isUp = true;
    offerDrafts();
    came('from afar', 20_000, { c: 'c' });
    came('newer', 30_000, { c: 'b', thread: 7 });
    vi.advanceTimersByTime(1_000);
    expect(told).toEqual([{ t: 'draft', c: 'a', text: 'kept', at: 10_000 }]);
    expect(draft('b/7')).toBe('newer');
  });

  it('comes back with the page, as it was kept before, and goes with the channel or with everything', async () => {
    vi.useRealTimers();
    await keep('draft/a', 'of an older version');
    await keep('draft/b', { text: 'words', at: 7 });
    await keep('draft/c', { text: '', at: 8 });
    const box = open();
    await loadDrafts();
    expect(box.text).toBe('of an older version');
    box.close();
    expect(drafts.value).toEqual({ a: 'of an older version', b: 'words' });
    came('sent long ago', 7, { c: 'c' });
    expect(draft('c')).toBe('');
    forgetDrafts('b');
    expect(drafts.value).toEqual({ a: 'of an older version' });
    await vi.waitFor(async () => expect(Object.keys(await stored())).toEqual(['draft/a', 'draft/c']));
    forgetAllDrafts();
    expect([draft('a'), drafts.value]).toEqual(['', {}]);
    expect(told, 'nothing of it was told').toEqual([]);
  });
});
