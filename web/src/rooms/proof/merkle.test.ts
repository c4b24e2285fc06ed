import { describe, expect, it } from 'vitest';
import { emptyRoot, leafHash, nodeHash, verifyConsistency, verifyInclusion } from './merkle.ts';
import { fromHex, hex, type Bytes } from './bytes.ts';

// The tree as RFC 6962 defines it, recursively; the verifier walks it the other way, bit by bit.
async function root(leaves: Bytes[]): Promise<Bytes> {
  if (leaves.length === 0) return emptyRoot();
  if (leaves.length === 1) return leaves[0]!;
  const k = split(leaves.length);
  return nodeHash(await root(leaves.slice(0, k)), await root(leaves.slice(k)));
}

async function path(index: number, leaves: Bytes[]): Promise<Bytes[]> {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...(await path(index, leaves.slice(0, k))), await root(leaves.slice(k))]
    : [...(await path(index - k, leaves.slice(k))), await root(leaves.slice(0, k))];
}

async function consistency(old: number, leaves: Bytes[], whole = true): Promise<Bytes[]> {
  if (old === leaves.length) return whole ? [] : [await root(leaves)];
  const k = split(leaves.length);
  return old <= k
    ? [...(await consistency(old, leaves.slice(0, k), whole)), await root(leaves.slice(k))]
    : [...(await consistency(old - k, leaves.slice(k), false)), await root(leaves.slice(0, k))];
}

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

async function leavesOf(n: number): Promise<Bytes[]> {
  return Promise.all(Array.from({ length: n }, (_, i) => leafHash(new TextEncoder().encode(`event ${i}`))));
}

function flipped(bytes: Uint8Array, bit: number): Bytes {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

const LARGEST = 33;

describe('merkle', () => {
  it('knows the published roots', async () => {
    // RFC 6962 test vectors of the Certificate Transparency project.
    const data = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
    const leaves = await Promise.all(data.map((text) => leafHash(fromHex(text)!)));
    expect(hex(await emptyRoot())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(hex(await root(leaves.slice(0, 1)))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    expect(hex(await root(leaves))).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
  });

  it('every_leaf_of_every_tree_is_found_and_no_other', async () => {
    const leaves = await leavesOf(LARGEST);
    for (let size = 1; size <= LARGEST; size++) {
      const tree = leaves.slice(0, size);
      const top = await root(tree);
      for (let i = 0; i < size; i++) {
        const proof = await path(i, tree);
        expect(await verifyInclusion(i, size, leaves[i]!, proof, top)).toEqual({ ok: true });
        const other = (i + 1) % size;
        if (other !== i) expect((await verifyInclusion(other, size, leaves[i]!, proof, top)).ok).toBe(false);
        expect((await verifyInclusion(i, size, leaves[i]!, [...proof, top], top)).ok).toBe(false);
        if (proof.length > 0) expect((await verifyInclusion(i, size, leaves[i]!, proof.slice(0, -1), top)).ok).toBe(false);
      }
    }
  });

  it('every_prefix_is_consistent_with_every_later_tree', async () => {
    const leaves = await leavesOf(LARGEST);
    for (let size = 0; size <= LARGEST; size++) {
      const tree = leaves.slice(0, size);
      const top = await root(tree);
      for (let old = 0; old <= size; old++) {
        const before = await root(leaves.slice(0, old));
        const proof = old === 0 ? [] : await consistency(old, tree);
        expect(await verifyConsistency(old, size, proof, before, top), `${old} -> ${size}`).toEqual({ ok: true });
        expect((await verifyConsistency(old, size, [...proof, top], before, top)).ok).toBe(false);
        if (proof.length > 0) expect((await verifyConsistency(old, size, proof.slice(0, -1), before, top)).ok).toBe(false);
      }
    }
  });

  it('a_rewritten_past_is_caught', async () => {
    const leaves = await leavesOf(21);
    for (let old = 1; old <= 20; old++) {
      const before = await root(leaves.slice(0, old));
      const forged = [...leaves];
      forged[old - 1] = await leafHash(new TextEncoder().encode('something else'));
      const after = await root(forged);
      const proof = await consistency(old, forged);
      expect((await verifyConsistency(old, 21, proof, before, after)).ok, `${old}`).toBe(false);
    }
  });

  it('any_flipped_bit_fails', async () => {
    const leaves = await leavesOf(13);
    const top = await root(leaves);
    const before = await root(leaves.slice(0, 6));
    const chain = await consistency(6, leaves);
    const branch = await path(4, leaves);
    for (let bit = 0; bit < 256; bit++) {
      expect((await verifyConsistency(6, 13, chain, flipped(before, bit), top)).ok).toBe(false);
      expect((await verifyConsistency(6, 13, chain, before, flipped(top, bit))).ok).toBe(false);
      expect((await verifyInclusion(4, 13, flipped(leaves[4]!, bit), branch, top)).ok).toBe(false);
      for (let i = 0; i < chain.length; i++) {
        const bad = chain.map((h, j) => (j === i ? flipped(h, bit) : h));
        expect((await verifyConsistency(6, 13, bad, before, top)).ok).toBe(false);
      }
      for (let i = 0; i < branch.length; i++) {
        const bad = branch.map((h, j) => (j === i ? flipped(h, bit) : h));
        expect((await verifyInclusion(4, 13, leaves[4]!, bad, top)).ok).toBe(false);
      }
    }
  });

  it('impossible_sizes_and_hashes_are_refused', async () => {
    const hash = await emptyRoot();
    for (const size of [-1, 1.5, NaN, Infinity, 2 ** 53]) {
      expect((await verifyInclusion(0, size, hash, [], hash)).ok).toBe(false);
      expect((await verifyConsistency(size, size, [], hash, hash)).ok).toBe(false);
    }
    expect(await verifyConsistency(9, 8, [], hash, hash)).toEqual({ ok: false, why: 'size' });
    expect(await verifyInclusion(8, 8, hash, [], hash)).toEqual({ ok: false, why: 'size' });
    expect(await verifyInclusion(0, 2, hash, [new Uint8Array(31)], hash)).toEqual({ ok: false, why: 'hash' });
  });
});
