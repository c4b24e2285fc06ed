import { beforeEach, describe, expect, it } from 'vitest';
import { Socket, type Listener, type World } from './socket.ts';
import type { Ready } from './types.ts';

class Wire {
  sent: Record<string, unknown>[] = [];
  closed = false;
  readyState = 1;
  private readonly ears: Record<string, ((event: unknown) => void)[]> = {};
  addEventListener(type: string, act: (event: unknown) => void) {
    (this.ears[type] ??= []).push(act);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.closed = true;
  }
  fire(type: string, event: unknown = {}) {
    for (const act of this.ears[type] ?? []) act(event);
  }
  hear(frame: object) {
    this.fire('message', { data: JSON.stringify(frame) });
  }
}

let wires: Wire[];
let timers: Map<number, { at: number; act: () => void }>;
let clock: number;
let seen: string[];
let socket: Socket;

const pass = (ms: number) => {
  const until = clock + ms;
  for (;;) {
    const due = [...timers].filter(([, timer]) => timer.at <= until).sort((a, b) => a[1].at - b[1].at)[0];
    if (!due) break;
    timers.delete(due[0]);
    clock = due[1].at;
    due[1].act();
  }
  clock = until;
};
const wire = () => wires.at(-1) as Wire;
const ready = (more: Partial<Ready> = {}) => {
  wire().fire('open');
  wire().hear({ t: 'ready', v: 1, me: 'm', dev: 'd', now: 0, hb: 25, build: 'b', resumed: true, cur: 'c', online: [], limits: {}, ...more });
};

beforeEach(() => {
  wires = [];
  timers = new Map();
  clock = 0;
  seen = [];
  let ids = 0;
  const world: World = {
    open: () => {
      const made = new Wire();
      wires.push(made);
      return made as unknown as WebSocket;
    },
    later: (act, ms) => {
      timers.set(++ids, { at: clock + ms, act });
      return ids;
    },
    cancel: (timer) => void timers.delete(timer),
    random: () => 0.5,
    now: () => clock,
  };
  const listener: Listener = {
    cur: () => 'cur-1',
    ready: () => void seen.push('ready'),
    frame: (frame) => void seen.push(frame.t),
    lag: () => void seen.push('lag'),
    down: (failures) => void seen.push(`down ${failures}`),
    signedOut: () => void seen.push('out'),
    secondFirst: () => void seen.push('first'),
  };
  socket = new Socket(listener, world);
  socket.start();
});

describe('the socket', () => {
  it('says hello with the place it has read to, and answers heartbeats', () => {
    ready();
    expect(wire().sent[0]).toEqual({ t: 'hello', v: 1, cur: 'cur-1' });
    wire().hear({ t: 'ping', n: 17 });
    expect(wire().sent.at(-1)).toEqual({ t: 'pong', n: 17 });
  });

  it('gives each answer to its command, and an error with its code', async () => {
    ready();
    const good = socket.request({ t: 'send', id: '1' });
    const bad = socket.request({ t: 'send', id: '2' });
    wire().hear({ t: 'err', id: '2', code: 'rate', message: 'slow', after: 4000 });
    wire().hear({ t: 'ack', id: '1', q: 5 });
    await expect(good).resolves.toMatchObject({ q: 5 });
    await expect(bad).rejects.toMatchObject({ code: 'rate', after: 4000 });
  });

  it('says nothing more on a line that is going down', async () => {
    ready();
    const before = wire().sent.length;
    wire().readyState = 2;
    socket.cast({ t: 'typing' });
    await expect(socket.request({ t: 'read', id: '1' })).rejects.toMatchObject({ code: 'offline' });
    expect([socket.open, wire().sent.length]).toEqual([false, before]);
  });

  it('takes a minute of silence as death, and connects again with growing, jittered pauses', () => {
    ready();
    pass(50_000);
    wire().hear({ t: 'ping', n: 1 });
    pass(50_000);
    expect(wires.length).toBe(1);
    pass(80_000);
    expect(wires.length).toBeGreaterThan(1);
    const before = wires.length;
    // Nobody answers any more: the pauses grow up to half of thirty seconds here, and no further.
    pass(600_000);
    const tries = wires.length - before;
    expect(tries).toBeGreaterThan(15);
    expect(tries).toBeLessThan(40);
  });

  it('asks when the person looks again, and does not wait long for the answer', () => {
    ready();
    socket.wake();
    expect(wire().sent.at(-1)).toMatchObject({ t: 'ping' });
    pass(3_100);
    expect(seen).toContain('down 0');
  });

  it('keeps a line that answers', () => {
    ready();
    socket.wake();
    wire().hear({ t: 'pong', n: 1 });
    pass(10_000);
    expect(wires.length).toBe(1);
  });

  it('fails what was under way when the line goes, so that it is sent again', async () => {
    ready();
    const lost = socket.request({ t: 'send', id: '1' });
    wire().fire('close', { code: 1006 });
    await expect(lost).rejects.toMatchObject({ code: 'offline' });
  });

  it('stays away as long as the server asked', () => {
    ready();
    wire().hear({ t: 'bye', why: 'restart', after: 12_000 });
    wire().fire('close', { code: 1012 });
    pass(12_000);
    expect(wires.length).toBe(1);
    pass(600);
    expect(wires.length).toBe(2);
  });

  it('ends with the session, and does not come back', () => {
    ready();
    wire().fire('close', { code: 4001 });
    pass(120_000);
    expect(seen).toContain('out');
    expect(wires.length).toBe(1);
  });

  it('ends where a second step is to be set up first', () => {
    ready();
    wire().fire('close', { code: 4010 });
    pass(120_000);
    expect(seen).toContain('first');
    expect(wires.length).toBe(1);
  });

  it('is not disturbed by what it cannot read', () => {
    ready();
    wire().fire('message', { data: '{broken' });
    wire().fire('message', { data: '[]' });
    wire().hear({ t: 'msg' });
    expect(seen).toEqual(['ready', 'msg']);
  });
});
