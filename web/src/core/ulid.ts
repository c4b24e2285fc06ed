// Command ids: ULIDs, strictly increasing within a tab even when the clock stands still or steps back a little.

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
let lastTime = 0;
let lastRandom: number[] = [];
let skew = 0;

/** So far ahead of the server ids may run; it refuses those of a day ahead. */
const AHEAD_MS = 3_600_000;

/** The server's clock minus ours, so that ids are not refused on a device whose clock is wrong. */
export function setSkew(ms: number): void {
  skew = ms;
  // One of the two clocks was far ahead and was set right: what is minted now would be refused for what was minted then.
  if (lastTime > now() + AHEAD_MS) lastTime = 0;
}

export function now(): number {
  return Date.now() + skew;
}

export function ulid(at = now()): string {
  const time = Math.max(Math.floor(at), lastTime);
  lastRandom = time === lastTime && lastRandom.length ? next(lastRandom) : fresh();
  lastTime = time;
  return encodeTime(time) + lastRandom.map((digit) => ALPHABET[digit]).join('');
}

/** Ids that other tabs or an earlier life of this one have minted are never undercut. */
export function ulidAfter(id: string): void {
  let time = 0;
  for (const letter of id.slice(0, 10)) time = time * 32 + Math.max(0, ALPHABET.indexOf(letter));
  if (time >= lastTime) {
    lastTime = time;
    lastRandom = Array.from(id.slice(10), (letter) => Math.max(0, ALPHABET.indexOf(letter)));
  }
}

function fresh(): number[] {
  const random = crypto.getRandomValues(new Uint8Array(16));
  const digits = Array.from(random, (byte) => byte & 31);
  // The top digit starts low, so that counting up within one millisecond cannot run over.
  digits[0] = (digits[0] ?? 0) & 15;
  return digits;
}

function next(digits: number[]): number[] {
  const out = [...digits];
  for (let i = out.length - 1; i >= 0; i--) {
    const digit = out[i] ?? 0;
    if (digit < 31) {
      out[i] = digit + 1;
      return out;
    }
    out[i] = 0;
  }
  return out;
}

function encodeTime(time: number): string {
  let out = '';
  for (let i = 0; i < 10; i++) {
    out = (ALPHABET[time % 32] ?? '0') + out;
    time = Math.floor(time / 32);
  }
  return out;
}
