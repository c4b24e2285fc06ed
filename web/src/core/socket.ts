// One WebSocket: hello, heartbeats, answers by id, reconnection. Knows nothing of channels and never reconnects because of a number.

import { ApiError } from './api.ts';
import type { Ack, Frame, Ready } from './types.ts';

/** A WebSocket's `readyState` from which on it takes nothing more. */
const CLOSING = 2;

export interface Listener {
  cur(): string | null;
  ready(ready: Ready): void;
  frame(frame: Frame): void;
  lag(): void;
  down(failures: number): void;
  signedOut(): void;
  secondFirst(): void;
}

/** What the socket needs of the world, so that tests can give it another. */
export interface World {
  open(): WebSocket;
  later(act: () => void, ms: number): number;
  cancel(timer: number): void;
  random(): number;
  now(): number;
}

const SILENCE_MS = 60_000;
const PROBE_MS = 3_000;
const ANSWER_MS = 15_000;
const OPEN_MS = 10_000;
const FIRST_DELAY_MS = 500;
const LAST_DELAY_MS = 30_000;

interface Waiting {
  resolve: (ack: Ack) => void;
  reject: (error: Error) => void;
  timer: number;
}

export class Socket {
  private ws: WebSocket | null = null;
  private isReady = false;
  private stopped = true;
  private failures = 0;
  private heard = 0;
  private after = 0;
  private pings = 0;
  private reconnect = 0;
  private watch = 0;
  private probe = 0;
  private seen = true;
  private readonly waiting = new Map<string, Waiting>();

  constructor(
    private readonly listener: Listener,
    private readonly world: World = browser,
  ) {}

  /** Ready, and not on its way down: that it closes is told a moment after it began to. */
  get open(): boolean {
    return this.isReady && (this.ws?.readyState ?? CLOSING) < CLOSING;
  }

  start(): void {
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.world.cancel(this.reconnect);
    this.lose(false);
  }

  /** The network came back or the person looks again: connect at once, or ask whether the line still lives. */
  wake(): void {
    if (this.stopped) return;
    if (!this.ws) {
      this.failures = 0;
      this.connect();
    } else if (this.isReady && !this.probe) {
      this.send({ t: 'ping', n: ++this.pings });
      this.probe = this.world.later(() => this.lose(true), PROBE_MS);
    }
  }

  request(command: { t: string; id: string }): Promise<Ack> {
    return new Promise((resolve, reject) => {
      if (!this.open) {
        reject(gone());
        return;
      }
      const timer = this.world.later(() => {
        this.waiting.delete(command.id);
        reject(gone());
      }, ANSWER_MS);
      this.waiting.set(command.id, { resolve, reject, timer });
      this.send(command);
    });
  }

  /** Without an answer: typing, drafts. */
  cast(frame: { t: string; on?: boolean }): void {
    if (this.open) this.send(frame);
  }

  /** Whether the person looks: whom the server tells elsewhere depends on it. */
  here(on: boolean): void {
    if (on === this.seen) return;
    this.seen = on;
    this.cast({ t: 'here', on });
  }

  private connect(): void {
    this.world.cancel(this.reconnect);
    if (this.ws || this.stopped) return;
    let ws: WebSocket;
    try {
      ws = this.world.open();
    } catch {
      this.again();
      return;
    }
    this.ws = ws;
    const patience = this.world.later(() => this.lose(true), OPEN_MS);
    ws.addEventListener('open', () => ws.send(JSON.stringify({ t: 'hello', v: 1, cur: this.listener.cur() })));
    ws.addEventListener('message', (event) => {
      if (this.ws !== ws) return;
      this.heard = this.world.now();
      this.world.cancel(patience);
      this.take(parse(event.data));
    });
    ws.addEventListener('close', (event) => {
      this.world.cancel(patience);
      if (this.ws !== ws) return;
      if (event.code === 4001) {
        this.stop();
        this.listener.signedOut();
      } else if (event.code === 4010) {
        this.stop();
        this.listener.secondFirst();
      } else this.lose(true);
    });
  }

  private take(frame: Incoming | null): void {
    if (!frame) return;
    switch (frame.t) {
      case 'ready':
        this.isReady = true;
        this.failures = 0;
        this.guard();
        if (!this.seen) this.send({ t: 'here', on: false });
        this.listener.ready(frame);
        return;
      case 'ping':
        this.send({ t: 'pong', n: frame.n });
        return;
      case 'pong':
        this.world.cancel(this.probe);
        this.probe = 0;
        return;
      case 'ack':
        this.settle(frame.id)?.resolve(frame);
        return;
      case 'err':
        if (frame.id) this.settle(frame.id)?.reject(new ApiError(frame.code, frame.message ?? frame.code, 0, frame.after, frame as unknown as Record<string, unknown>));
        return;
      case 'lag':
        this.listener.lag();
        return;
      case 'bye':
        this.after = frame.after ?? 0;
        return;
      default:
        this.listener.frame(frame);
    }
  }

  private settle(id: string): Waiting | undefined {
    const waiting = this.waiting.get(id);
    if (!waiting) return undefined;
    this.waiting.delete(id);
    this.world.cancel(waiting.timer);
    return waiting;
  }

  /** Silence is death; timers of hidden tabs come late, so the clock decides and not their count. */
  private guard(): void {
    this.world.cancel(this.watch);
    this.watch = this.world.later(() => {
      if (!this.isReady) return;
      if (this.world.now() - this.heard > SILENCE_MS) this.lose(true);
      else this.guard();
    }, SILENCE_MS / 4);
  }

  private lose(retry: boolean): void {
    const ws = this.ws;
    const wasReady = this.isReady;
    this.ws = null;
    this.isReady = false;
    this.world.cancel(this.watch);
    this.world.cancel(this.probe);
    this.probe = 0;
    try {
      ws?.close();
    } catch {
      // Closing what never opened.
    }
    for (const id of this.waiting.keys()) this.settle(id)?.reject(gone());
    if (wasReady || retry) {
      if (!wasReady) this.failures++;
      this.listener.down(this.failures);
    }
    if (retry && !this.stopped) this.again();
  }

  private again(): void {
    const ceiling = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(this.failures, 10));
    const delay = this.after + this.world.random() * ceiling;
    this.after = 0;
    this.world.cancel(this.reconnect);
    this.reconnect = this.world.later(() => this.connect(), delay);
  }

  private send(frame: object): void {
    if ((this.ws?.readyState ?? CLOSING) >= CLOSING) return;
    try {
      this.ws?.send(JSON.stringify(frame));
    } catch {
      this.lose(true);
    }
  }
}

type Incoming =
  | Frame
  | Ready
  | Ack
  | { t: 'err'; id?: string; code: string; message?: string; after?: number }
  | { t: 'ping'; n: number }
  | { t: 'pong'; n: number }
  | { t: 'lag'; cur: string }
  | { t: 'bye'; why: string; after?: number };

function parse(data: unknown): Incoming | null {
  try {
    const value: unknown = JSON.parse(String(data));
    return typeof value === 'object' && value !== null && 't' in value ? (value as Incoming) : null;
  } catch {
    return null;
  }
}

function gone(): ApiError {
  return new ApiError('offline', 'The connection was lost.', 0);
}

const browser: World = {
  open: () => new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`, 'daylight.v1'),
  later: (act, ms) => setTimeout(act, ms) as unknown as number,
  cancel: (timer) => clearTimeout(timer),
  random: Math.random,
  now: () => performance.now(),
};
