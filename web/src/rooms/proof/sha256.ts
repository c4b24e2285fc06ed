// SHA-256. Short input goes to WebCrypto; a file of any size is fed piece by
// piece to the streaming form, because WebCrypto takes only whole buffers and
// does not exist on plain HTTP.
import { joined, type Bytes } from './bytes.ts';

export async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
  const whole = joined(...parts);
  if (globalThis.crypto?.subtle) return new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
  return new Sha256().update(whole).finish();
}

let shared: Sha256 | undefined;

/** At once: for the many small hashes of a bundle, where waiting for each would cost more than the hash. */
export function sha256Now(...parts: Uint8Array[]): Bytes {
  const hash = (shared ??= new Sha256()).reset();
  for (const part of parts) hash.update(part);
  return hash.finish();
}

/** Reads the stream to its end; tells how many bytes were read, and may be stopped. */
export async function sha256Stream(
  stream: ReadableStream<Uint8Array>,
  progress?: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<Bytes> {
  const hash = new Sha256();
  const reader = stream.getReader();
  let read = 0;
  for (;;) {
    if (signal?.aborted) {
      await reader.cancel();
      signal.throwIfAborted();
    }
    const { done, value } = await reader.read();
    if (done) return hash.finish();
    hash.update(value);
    read += value.length;
    progress?.(read);
  }
}

const BLOCK = 64;
/** Scratch: filled and used within one call. */
const WORDS = new Int32Array(64);

export class Sha256 {
  private readonly state = new Int32Array(INITIAL);
  private readonly block = new Uint8Array(BLOCK);
  private filled = 0;
  private length = 0;

  update(bytes: Uint8Array): this {
    this.length += bytes.length;
    let at = 0;
    if (this.filled > 0) {
      at = Math.min(BLOCK - this.filled, bytes.length);
      this.block.set(at === bytes.length ? bytes : bytes.subarray(0, at), this.filled);
      this.filled += at;
      if (this.filled < BLOCK) return this;
      this.compress(this.block, 0);
      this.filled = 0;
    }
    // Whole blocks are read where they stand: copying each would cost as much as hashing it.
    for (; at + BLOCK <= bytes.length; at += BLOCK) this.compress(bytes, at);
    if (at < bytes.length) {
      this.block.set(bytes.subarray(at), 0);
      this.filled = bytes.length - at;
    }
    return this;
  }

  reset(): this {
    this.state.set(INITIAL);
    this.filled = 0;
    this.length = 0;
    return this;
  }

  finish(): Bytes {
    const bits = this.length * 8;
    const { block } = this;
    block[this.filled++] = 0x80;
    block.fill(0, this.filled);
    if (this.filled > BLOCK - 8) {
      this.compress(block, 0);
      block.fill(0);
    }
    const high = Math.floor(bits / 2 ** 32);
    const low = bits >>> 0;
    for (let i = 0; i < 4; i++) {
      block[BLOCK - 8 + i] = high >>> (24 - i * 8);
      block[BLOCK - 4 + i] = low >>> (24 - i * 8);
    }
    this.compress(block, 0);
    const out = new Uint8Array(32);
    for (let i = 0; i < 32; i++) out[i] = (this.state[i >> 2] as number) >>> (24 - (i & 3) * 8);
    return out;
  }

  private compress(bytes: Uint8Array, from: number): void {
    const s = this.state;
    const w = WORDS;
    for (let i = 0, at = from; i < 16; i++, at += 4) {
      w[i] = ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15] as number;
      const y = w[i - 2] as number;
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0;
    }
    let a = s[0] as number;
    let b = s[1] as number;
    let c = s[2] as number;
    let d = s[3] as number;
    let e = s[4] as number;
    let f = s[5] as number;
    let g = s[6] as number;
    let h = s[7] as number;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND[i] as number) + (w[i] as number)) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    s[0] = (s[0] as number) + a;
    s[1] = (s[1] as number) + b;
    s[2] = (s[2] as number) + c;
    s[3] = (s[3] as number) + d;
    s[4] = (s[4] as number) + e;
    s[5] = (s[5] as number) + f;
    s[6] = (s[6] as number) + g;
    s[7] = (s[7] as number) + h;
  }
}

/** The first 32 bits of the fractional part of the root of each of the first primes. */
function fractions(count: number, root: (prime: number) => number): number[] {
  const out: number[] = [];
  for (let n = 2; out.length < count; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    const value = root(n);
    out.push(((value - Math.floor(value)) * 2 ** 32) | 0);
  }
  return out;
}

const INITIAL = fractions(8, Math.sqrt);
const ROUND = Int32Array.from(fractions(64, Math.cbrt));
