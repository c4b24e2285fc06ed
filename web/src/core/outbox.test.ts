import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from './api.ts';
import { arrived, enqueue, flush, forgetOutbox, goOn, noRoom, outbox, retry, settled, startOutbox, type Wire } from './outbox.ts';
import { all, keep, wipe } from './store.ts';
import type { Ack, Command, File } from './types.ts';
import { setSkew } from './ulid.ts';

type Sent = Command & { id: string };
const file = (id: string): File => ({ id, name: 'x', mime: 'image/png', size: 1 });
const turn = () => new Promise((done) => setTimeout(done, 15));
const words = (b: string, c = 'a') => ({ c, b, files: [] });

/** A server which remembers ids, behind a line that can fail before or after it acted. */
function world() {
  const log: Sent[] = [];
  const done = new Map<string, Ack>();
  const timers: (() => void)[] = [];
  const faults: ('before' | 'after' | ApiError)[] = [];
  const uploads: string[] = [];
  const wire: Wire = {
    async command(command) {
      const fault = faults.shift();
      await Promise.resolve();
      if (fault === 'before') throw new ApiError('offline', 'no line', 0);
      if (fault instanceof ApiError) throw fault;
      let ack = done.get(command.id);
      if (!ack) {
        log.push(command);
        ack = { t: 'ack', id: command.id, q: log.length, ts: 1 };
        done.set(command.id, ack);
      }
      if (fault === 'after') throw new ApiError('offline', 'answer lost', 0);
      return ack;
    },
    async upload(_c, attachment) {
      uploads.push(attachment.id);
      return file(`file-${attachment.id}`);
    },
    later: (act) => void timers.push(act),
    random: () => 0,
  };
  const passTime = async () => {
    for (const act of timers.splice(0)) act();
    await turn();
  };
  return { wire, log, faults, timers, uploads, passTime, texts: () => log.map((one) => (one.t === 'send' ? one.b : '')) };
}

/** Locks as the browser gives them: one holder a name, the others wait in line. */
function locks() {
  const lines = new Map<string, Promise<unknown>>();
  const held = new Set<string>();
  const request = (name: string, act: () => unknown) => {
    const mine = (lines.get(name) ?? Promise.resolve()).then(() => {
      held.add(name);
      return act();
    }).finally(() => held.delete(name));
    lines.set(name, mine);
    return mine;
  };
  return { request, query: async () => ({ held: [...held].map((name) => ({ name })) }) };
}

beforeEach(async () => {
  vi.unstubAllGlobals();
  forgetOutbox();
  await wipe();
});

describe('the outbox', () => {
  it('sends in order, once each, whatever the line does', async () => {
    const { wire, faults, texts, passTime, log } = world();
    faults.push('before', 'after', 'before', 'after', 'after');
    await startOutbox(wire);
    for (const b of ['1', '2', '3', '4']) enqueue(words(b));
    for (let i = 0; i < 12; i++) await passTime();
    expect(texts()).toEqual(['1', '2', '3', '4']);
    expect(log.map((one) => one.id)).toEqual(log.map((one) => one.id).sort());
    expect(outbox.value.every((entry) => entry.state === 'sent')).toBe(true);
  });

  it('survives the tab: what was waiting is sent by the next life, once', async () => {
    const first = world();
    first.faults.push('after', 'before', 'before');
    await startOutbox(first.wire);
    enqueue(words('written in the lift'));
    enqueue(words('and one more'));
    await turn();
    const kept = await all('outbox/');
    expect(kept.length).toBe(2);
    forgetOutbox();
    // The first was accepted, but its answer was lost: the same server must not take it twice.
    await startOutbox({ ...first.wire });
    for (let i = 0; i < 6; i++) await first.passTime();
    expect(first.texts()).toEqual(['written in the lift', 'and one more']);
    expect(await all('outbox/')).toEqual([]);
  });

  it('keeps the order for the next life, also when the clock was set back while something waited', async () => {
    const { wire, faults, texts, passTime } = world();
    faults.push(...Array.from({ length: 4 }, () => 'before' as const));
    try {
      setSkew(40 * 86_400_000);
      await startOutbox(wire);
      enqueue(words('written first'));
      enqueue(words('written second'));
      await turn();
      setSkew(0);
      const last = enqueue(words('written last'));
      expect(outbox.value.every((entry) => entry === last || entry.id > last.id)).toBe(true);
      await turn();
      forgetOutbox();
      await startOutbox(wire);
      for (let i = 0; i < 8; i++) await passTime();
    } finally {
      setSkew(0);
    }
    expect(texts()).toEqual(['written first', 'written second', 'written last']);
  });

  it('says why when it is refused, goes on with the next, and tries again only when asked, as a new attempt', async () => {
    const { wire, faults, texts, log } = world();
    faults.push(new ApiError('forbidden', 'Only owners write here.', 403));
    await startOutbox(wire);
    const refused = enqueue(words('no'));
    enqueue(words('yes'));
    await turn();
    expect(texts()).toEqual(['yes']);
    expect(outbox.value.find((entry) => entry.id === refused.id)).toMatchObject({ state: 'refused', code: 'forbidden', why: 'Only owners write here.' });
    flush();
    await turn();
    expect(texts()).toEqual(['yes']);
    retry(refused.id);
    await turn();
    expect(texts()).toEqual(['yes', 'no']);
    expect(log.at(-1)?.id).not.toBe(refused.id);
  });

  it('sends under another id, in its place and once, what was refused under one of the future', async () => {
    const { wire, faults, texts, passTime, log } = world();
    const ahead = new ApiError('id_ahead', 'The clock was wrong.', 422);
    faults.push(ahead, ahead);
    await startOutbox(wire);
    const first = enqueue(words('under a wrong clock'));
    enqueue(words('and right after it'));
    for (let i = 0; i < 4; i++) await passTime();
    expect(texts()).toEqual(['under a wrong clock', 'and right after it']);
    expect(log[0]?.id).not.toBe(first.id);
    expect(await all('outbox/')).toEqual([]);
    // The tab died while the one took the place of the other.
    forgetOutbox();
    await keep(`outbox/${first.id}`, { ...first, tab: 'dead' });
    await keep('outbox/01HZZZZZZZZZZZZZZZZZZZZZZZ', { ...first, id: '01HZZZZZZZZZZZZZZZZZZZZZZZ', was: first.id, tab: 'dead' });
    await startOutbox(wire);
    for (let i = 0; i < 4; i++) await passTime();
    expect(texts().filter((text) => text === 'under a wrong clock').length).toBe(2);
    expect(await all('outbox/')).toEqual([]);
  });

  it('waits as long as the server asks', async () => {
    const { wire, faults, texts, timers } = world();
    let waited = 0;
    faults.push(new ApiError('rate', 'slow down', 429, 4000));
    await startOutbox({ ...wire, later: (act, ms) => void ((waited = ms), timers.push(act)) });
    enqueue(words('fast'));
    await turn();
    expect(waited).toBeGreaterThanOrEqual(4000);
    expect(texts()).toEqual([]);
  });

  it('uploads before it sends, and not again when only the sending failed', async () => {
    const { wire, faults, log, uploads, passTime } = world();
    faults.push('before');
    await startOutbox(wire);
    enqueue({ c: 'a', b: '', files: [{ id: 'up', name: 'x', mime: 'image/png', size: 1, blob: new Blob(['x']), sent: 0 }] });
    await turn();
    await passTime();
    expect(uploads).toEqual(['up']);
    expect(log[0]).toMatchObject({ t: 'send', f: ['file-up'] });
  });

  it('lets one channel go on while another waits', async () => {
    const { wire, faults, texts } = world();
    faults.push('before');
    await startOutbox(wire);
    enqueue(words('stuck', 'a'));
    enqueue(words('free', 'b'));
    await turn();
    expect(texts()).toEqual(['free']);
  });

  it('gives its place to the row in the log', async () => {
    const { wire } = world();
    await startOutbox(wire);
    const one = enqueue(words('1'));
    enqueue(words('2'));
    await turn();
    arrived(one.id);
    expect(outbox.value.length).toBe(1);
    settled('a', 2);
    expect(outbox.value).toEqual([]);
  });

  it('leaves nothing behind when the row of what it sends again is there already', async () => {
    const first = world();
    first.faults.push('after');
    await startOutbox(first.wire);
    enqueue(words('taken, and never answered'));
    await turn();
    forgetOutbox();
    // The window was opened before this device was asked what it still has to send.
    settled('a', 1);
    await startOutbox(first.wire);
    await turn();
    expect(first.texts()).toEqual(['taken, and never answered']);
    expect(outbox.value).toEqual([]);
    expect(await all('outbox/')).toEqual([]);
  });

  it('takes up what a tab leaves that dies beside this one, and leaves alone what a living one sends', async () => {
    const manager = locks();
    vi.stubGlobal('navigator', { locks: manager });
    let die = () => {};
    void manager.request('tab/other', () => new Promise<void>((done) => (die = done)));
    await keep('outbox/01J00000000000000000000000', { ...words('from beside'), id: '01J00000000000000000000000', at: 1, state: 'waiting', tab: 'other' });
    const { wire, texts } = world();
    await startOutbox(wire);
    await turn();
    expect(texts()).toEqual([]);
    die();
    await turn();
    await turn();
    expect(texts()).toEqual(['from beside']);
    expect(await all('outbox/')).toEqual([]);
  });

  it('waits out a slow channel, in order, without asking again and again', async () => {
    const { wire, faults, texts, passTime, timers } = world();
    await startOutbox(wire);
    faults.push(new ApiError('slow', 'not yet', 429, 30_000));
    for (const b of ['1', '2']) enqueue(words(b));
    await turn();
    enqueue(words('3'));
    flush();
    await turn();
    expect(texts()).toEqual([]);
    expect(timers.length).toBe(1);
    expect(outbox.value.map((entry) => entry.state)).toEqual(['waiting', 'waiting', 'waiting']);
    await passTime();
    expect(texts()).toEqual(['1', '2', '3']);
  });
  it('says that the server is nearly full until something is taken again', async () => {
    const { wire, faults, texts, passTime } = world();
    await startOutbox(wire);
    faults.push(new ApiError('disk_full', 'no room', 507));
    enqueue(words('1'));
    await turn();
    expect(noRoom.value).toBe(true);
    expect(outbox.value.map((entry) => entry.state)).toEqual(['waiting']);
    await passTime();
    expect(texts()).toEqual(['1']);
    expect(noRoom.value).toBe(false);
  });
  it('goes on before its time when the channel is slow no longer', async () => {
    const { wire, faults, texts } = world();
    await startOutbox(wire);
    faults.push(new ApiError('slow', 'not yet', 429, 3_600_000));
    enqueue(words('1'));
    await turn();
    goOn('a');
    await turn();
    expect(texts()).toEqual(['1']);
  });
});
