/// <reference types="node" />
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../core/types.ts';
import { compare } from './compare.ts';

const sha = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const node = (l: Buffer, r: Buffer): Buffer => sha(Buffer.of(1), l, r);
const split = (n: number): number => {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
};

/** A log with its own key, as an operator runs it. */
class Log {
  private readonly pair = generateKeyPairSync('ed25519');
  constructor(
    readonly name: string,
    readonly leaves: Buffer[],
  ) {}
  checkpoint(size = this.leaves.length): Checkpoint {
    const root = this.root(0, size).toString('base64');
    const text = `${this.name}\n${size}\n${root}\n`;
    const raw = this.pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const tagged = Buffer.concat([Buffer.of(1), raw]);
    const id = sha(Buffer.from(`${this.name}\n`), tagged).subarray(0, 4);
    const signature = Buffer.concat([id, sign(null, Buffer.from(text), this.pair.privateKey)]).toString('base64');
    return { note: `${text}\n\u2014 ${this.name} ${signature}\n`, size, root, at: 0, key: `${this.name}+${id.toString('hex')}+${tagged.toString('base64')}` };
  }
  prove = async (old: number, size: number): Promise<string[]> => this.path(old, 0, size, true).map((hash) => hash.toString('base64'));
  private root(from: number, to: number): Buffer {
    if (to - from === 0) return sha();
    if (to - from === 1) return this.leaves[from] ?? sha();
    const k = split(to - from);
    return node(this.root(from, from + k), this.root(from + k, to));
  }
  private path(old: number, from: number, to: number, whole: boolean): Buffer[] {
    if (old === to - from) return whole ? [] : [this.root(from, to)];
    const k = split(to - from);
    return old <= k ? [...this.path(old, from, from + k, whole), this.root(from + k, to)] : [...this.path(old - k, from + k, to, false), this.root(from, from + k)];
  }
}

const leaves = Array.from({ length: 100 }, (_, i) => sha(Buffer.from(`event ${i}`)));

describe('compare', () => {
  it('a_log_that_only_grew_is_unbroken', async () => {
    const log = new Log('chat.example/log', leaves);
    for (const old of [1, 2, 37, 64, 99, 100]) {
      expect(await compare(log.checkpoint(old).note, log.checkpoint(), log.prove), `${old}`).toMatchObject({ verdict: 'ok', oldSize: old, newSize: 100 });
    }
  });

  it('a_log_whose_past_was_rewritten_is_caught_even_when_newly_signed', async () => {
    const log = new Log('chat.example/log', [...leaves]);
    const kept = log.checkpoint(60).note;
    log.leaves[12] = sha(Buffer.from('what they wish had been said'));
    expect(await compare(kept, log.checkpoint(), log.prove)).toMatchObject({ verdict: 'bad', oldSignature: 'good', newSignature: 'good' });
  });

  it('a_shorter_log_a_forged_note_and_a_stranger_are_caught', async () => {
    const log = new Log('chat.example/log', leaves);
    expect(await compare(log.checkpoint().note, log.checkpoint(50), log.prove)).toMatchObject({ verdict: 'bad', proof: { why: 'size' } });
    const forged = log.checkpoint(60).note.replace('\n60\n', '\n59\n');
    expect(await compare(forged, log.checkpoint(), log.prove)).toMatchObject({ verdict: 'bad', oldSignature: 'bad' });
    const stranger = new Log('chat.example/log', leaves);
    expect(await compare(stranger.checkpoint(60).note, log.checkpoint(), log.prove)).toMatchObject({ verdict: 'bad', oldSignature: 'other_key' });
    const elsewhere = new Log('other.example/log', leaves);
    expect(await compare(elsewhere.checkpoint(60).note, log.checkpoint(), log.prove)).toMatchObject({ verdict: 'bad', otherOrigin: 'other.example/log' });
  });

  it('numbers_beside_the_note_that_say_something_else_are_caught', async () => {
    const log = new Log('chat.example/log', leaves);
    const lie = { ...log.checkpoint(), root: log.checkpoint(60).root };
    expect(await compare(log.checkpoint(60).note, lie, log.prove)).toMatchObject({ verdict: 'bad' });
  });

  it('a_proof_that_cannot_be_had_is_no_proof', async () => {
    const log = new Log('chat.example/log', leaves);
    const fails = (): Promise<string[]> => Promise.reject(new Error('unavailable'));
    expect(await compare(log.checkpoint(60).note, log.checkpoint(), fails)).toMatchObject({ verdict: 'bad', proof: { ok: false, why: 'fetch' } });
    expect(await compare('hello', log.checkpoint(), log.prove)).toBe('not_note');
    const keyless = { ...log.checkpoint(), key: '' };
    expect(await compare(log.checkpoint(60).note, keyless, log.prove)).toMatchObject({ verdict: 'unsure' });
  });
});
