// Somebody who talks without a page: many messages at once, or so many a second, over a socket of her own.

import { createRequire } from 'node:module';
import { ulid } from './browser.mjs';

const WebSocket = createRequire(new URL('../../web/package.json', import.meta.url))('ws');
/** Messages on their way without an answer. */
const WINDOW = 500;
const ANSWER_MS = 60_000;
const WORDS = ['rope', 'harbour', 'ledger', 'morning', 'delivery', 'terrace', 'key', 'guest', 'lamp', 'shift', 'table', 'crew'];

/** 4 to 20 words, the same for the same number. */
export const prose = (n) => Array.from({ length: 4 + (n % 17) }, (_, i) => WORDS[(n * 7 + i * 5) % WORDS.length]).join(' ');

export class Talker {
  /** The cookie of her session opens the socket. */
  static async arrive(origin, cookie) {
    const talker = new Talker();
    const socket = (talker.socket = new WebSocket(`${origin.replace('http', 'ws')}/ws`, 'daylight.v1', { origin, headers: { cookie } }));
    talker.waiting = new Map();
    await new Promise((ready, fail) => {
      socket.on('open', () => socket.send(JSON.stringify({ t: 'hello', v: 1, cur: null })));
      socket.on('message', (data) => talker.hear(JSON.parse(data), ready));
      socket.on('error', fail);
      socket.on('close', (code) => talker.fail(new Error(`the socket closed with ${code}`)));
    });
    return talker;
  }

  hear(frame, ready) {
    if (frame.t === 'ready') ready();
    else if (frame.t === 'ping') this.socket.send(JSON.stringify({ t: 'pong', n: frame.n }));
    else if (frame.t === 'ack') this.settle(frame.id)?.done();
    else if (frame.t === 'err') this.settle(frame.id)?.fail(new Error(JSON.stringify(frame)));
  }

  settle(id) {
    const waiting = this.waiting.get(id);
    clearTimeout(waiting?.late);
    this.waiting.delete(id);
    return waiting;
  }

  fail(error) {
    for (const id of [...this.waiting.keys()]) this.settle(id).fail(error);
  }

  /** Resolves when the message is durable. */
  say(c, b) {
    const id = ulid();
    return new Promise((done, fail) => {
      const late = setTimeout(() => this.settle(id).fail(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
      this.waiting.set(id, { done, fail, late });
      this.socket.send(JSON.stringify({ t: 'send', id, c, b }));
    });
  }

  /** `count` messages in order, a window of them on their way; `words` gives the nth, from 1. */
  async sayAll(c, count, words) {
    let n = 0;
    const lane = async () => {
      while (n < count) await this.say(c, words(++n));
    };
    await Promise.all(Array.from({ length: WINDOW }, lane));
  }

  /** So many a second; resolves when all are durable. */
  async sayAtPace(c, count, perSecond, words) {
    const began = performance.now();
    const said = [];
    for (let n = 1; n <= count; n++) {
      const wait = began + ((n - 1) * 1000) / perSecond - performance.now();
      if (wait > 0) await new Promise((done) => setTimeout(done, wait));
      said.push(this.say(c, words(n)));
    }
    await Promise.all(said);
  }

  leave() {
    this.socket.close();
  }
}
