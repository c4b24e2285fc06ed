// Checks that the log is one growing record: RFC 6962 inclusion and
// consistency proofs. Never trusts a size, a path or a root it was given.
import { joined, same, type Bytes } from './bytes.ts';
import { sha256 } from './sha256.ts';

export type Verdict = { ok: true } | { ok: false; why: Fault };
export type Fault = 'size' | 'hash' | 'short' | 'long' | 'root' | 'old_root';

/** Sizes above this are refused: arithmetic on them would not be exact. */
export const SIZE_MAX = Number.MAX_SAFE_INTEGER;

export function leafHash(data: Uint8Array): Promise<Bytes> {
  return sha256(Uint8Array.of(0), data);
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(Uint8Array.of(1), left, right);
}

/** The empty tree's root. */
export function emptyRoot(): Promise<Bytes> {
  return sha256();
}

/** Is the leaf the `index`-th of the `size` leaves under `root`? */
export async function verifyInclusion(
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): Promise<Verdict> {
  if (!isSize(size) || !isSize(index) || index >= size) return { ok: false, why: 'size' };
  if (![leaf, root, ...proof].every(isHash)) return { ok: false, why: 'hash' };
  const path = pathOf(index, size);
  if (path.length !== proof.length) return { ok: false, why: path.length > proof.length ? 'short' : 'long' };
  let hash = joined(leaf);
  for (const [i, side] of path.entries()) {
    const sibling = proof[i] as Uint8Array;
    hash = side === 'left' ? await nodeHash(sibling, hash) : await nodeHash(hash, sibling);
  }
  return same(hash, root) ? { ok: true } : { ok: false, why: 'root' };
}

/** The root that the proof leads to, or null when it has the wrong shape. At once: for many leaves. */
export function rootOf(
  index: number,
  size: number,
  leaf: Bytes,
  proof: readonly Bytes[],
  node: (left: Bytes, right: Bytes) => Bytes,
): Bytes | null {
  if (!isSize(size) || !isSize(index) || index >= size) return null;
  const path = pathOf(index, size);
  if (path.length !== proof.length) return null;
  return proof.reduce((hash, sibling, i) => (path[i] === 'left' ? node(sibling, hash) : node(hash, sibling)), leaf);
}

/** On which side each sibling stands, from the leaf up. */
function pathOf(index: number, size: number): ('left' | 'right')[] {
  const path: ('left' | 'right')[] = [];
  let node = index;
  let last = size - 1;
  while (last > 0) {
    if (isOdd(node)) path.push('left');
    else if (node !== last) path.push('right');
    node = half(node);
    last = half(last);
  }
  return path;
}

/** Do the first `oldSize` leaves under `newRoot` stand, unchanged, under `oldRoot`? */
export async function verifyConsistency(
  oldSize: number,
  newSize: number,
  proof: readonly Uint8Array[],
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
): Promise<Verdict> {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) return { ok: false, why: 'size' };
  if (![oldRoot, newRoot, ...proof].every(isHash)) return { ok: false, why: 'hash' };
  if (oldSize === newSize || oldSize === 0) {
    if (proof.length > 0) return { ok: false, why: 'long' };
    const expected = oldSize === newSize ? newRoot : await emptyRoot();
    return same(oldRoot, expected) ? { ok: true } : { ok: false, why: 'old_root' };
  }
  // The largest whole subtree on the old tree's right edge starts the walk: its
  // hash is the first of the proof, except when it is the whole old tree.
  let node = oldSize - 1;
  let last = newSize - 1;
  while (isOdd(node)) {
    node = half(node);
    last = half(last);
  }
  let used = 0;
  const start = node === 0 ? oldRoot : proof[used++];
  if (!start) return { ok: false, why: 'short' };
  let oldHash = joined(start);
  let newHash = joined(start);
  while (last > 0) {
    if (isOdd(node)) {
      const sibling = proof[used++];
      if (!sibling) return { ok: false, why: 'short' };
      oldHash = await nodeHash(sibling, oldHash);
      newHash = await nodeHash(sibling, newHash);
    } else if (node !== last) {
      const sibling = proof[used++];
      if (!sibling) return { ok: false, why: 'short' };
      newHash = await nodeHash(newHash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  if (used !== proof.length) return { ok: false, why: 'long' };
  if (!same(oldHash, oldRoot)) return { ok: false, why: 'old_root' };
  return same(newHash, newRoot) ? { ok: true } : { ok: false, why: 'root' };
}

// Division instead of shifts: JavaScript shifts are only 32 bits wide.
const half = (n: number): number => Math.floor(n / 2);
const isOdd = (n: number): boolean => n % 2 === 1;
const isHash = (bytes: Uint8Array): boolean => bytes.length === 32;
const isSize = (n: number): boolean => Number.isInteger(n) && n >= 0 && n <= SIZE_MAX;
