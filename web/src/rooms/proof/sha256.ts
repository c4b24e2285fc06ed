// SHA-256. Short input goes to WebCrypto; a file of any size is fed piece by
// piece to the streaming form, because WebCrypto takes only whole buffers and
// does not exist on plain HTTP.
import { joined, type Bytes } from './bytes.ts';

export async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
  const whole = joined(...parts);
  if (globalThis.crypto?.subtle) return new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
  return new Sha256().update(whole).finish();
}

const shared = /* @__PURE__ */ (() => {
  let one: Sha256 | undefined;
  return () => (one ??= new Sha256());
})();

/** At once: for the many small hashes of a bundle, where waiting for each would cost more than the hash. */
export function sha256Now(...parts: Uint8Array[]): Bytes {
  const hash = shared().reset();
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

export class Sha256 {
  private readonly state = new Int32Array(INITIAL);
  private readonly words = new Int32Array(64);
  private readonly block = new Uint8Array(BLOCK);
  private filled = 0;
  private length = 0;

  update(bytes: Uint8Array): this {
    this.length += bytes.length;
    let at = 0;
    while (at < bytes.length) {
      const take = Math.min(BLOCK - this.filled, bytes.length - at);
      this.block.set(bytes.subarray(at, at + take), this.filled);
      this.filled += take;
      at += take;
      if (this.filled === BLOCK) this.compress();
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
    this.block[this.filled++] = 0x80;
    if (this.filled > BLOCK - 8) {
      this.block.fill(0, this.filled);
      this.compress();
    }
    this.block.fill(0, this.filled);
    const view = new DataView(this.block.buffer);
    view.setUint32(BLOCK - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(BLOCK - 4, bits >>> 0);
    this.compress();
    const out = new Uint8Array(32);
    const outView = new DataView(out.buffer);
    this.state.forEach((word, i) => outView.setInt32(i * 4, word));
    return out;
  }

  private compress(): void {
    const { state: s, words: w } = this;
    const view = new DataView(this.block.buffer);
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(i * 4);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15]!;
      const y = w[i - 2]!;
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
    }
    let a = s[0]!,
      b = s[1]!,
      c = s[2]!,
      d = s[3]!,
      e = s[4]!,
      f = s[5]!,
      g = s[6]!,
      h = s[7]!;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i]! + w[i]!) | 0;
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
    s[0]! += a;
    s[1]! += b;
    s[2]! += c;
    s[3]! += d;
    s[4]! += e;
    s[5]! += f;
    s[6]! += g;
    s[7]! += h;
    this.filled = 0;
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
