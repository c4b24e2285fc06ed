/// <reference types="node" />
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Sha256, sha256, sha256Now, sha256Stream } from './sha256.ts';
import { hex } from './bytes.ts';

function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  let x = seed | 1;
  for (let i = 0; i < length; i++) {
    x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) + i;
    out[i] = x >>> 13;
  }
  return out;
}

const truth = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('sha256', () => {
  it('agrees_with_another_implementation_at_every_length_and_cut', () => {
    for (let length = 0; length < 260; length++) {
      const bytes = noise(length, length);
      const cut = (length * 7) % (length + 1);
      expect(hex(new Sha256().update(bytes).finish()), `${length}`).toBe(truth(bytes));
      expect(hex(sha256Now(bytes.subarray(0, cut), bytes.subarray(cut)))).toBe(truth(bytes));
      expect(hex(new Sha256().update(bytes.subarray(0, cut)).update(bytes.subarray(cut)).finish())).toBe(truth(bytes));
    }
  });

  it('short_and_streamed_are_the_same', async () => {
    const bytes = noise(300_001, 5);
    expect(hex(await sha256(bytes))).toBe(truth(bytes));
    let seen = 0;
    expect(hex(await sha256Stream(new Blob([bytes]).stream(), (n) => (seen = n)))).toBe(truth(bytes));
    expect(seen).toBe(bytes.length);
  });
});
