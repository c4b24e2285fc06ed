// Compares a checkpoint that somebody kept with the newest one. Pure but for the proof it is given a way to fetch.
// "ok" needs three things: both signatures good, and the proof recomputed to both roots.

import type { Checkpoint } from '../../core/types.ts';
import { fromHashText, same } from './bytes.ts';
import { verifyConsistency, type Fault } from './merkle.ts';
import { checkSignature, parseNote, type Signature } from './note.ts';

export interface Comparison {
  verdict: 'ok' | 'bad' | 'unsure';
  oldSize: number;
  newSize: number;
  oldSignature: Signature;
  newSignature: Signature;
  /** Set when the kept checkpoint is of another log. */
  otherOrigin: string | null;
  proof: { ok: true; hashes: number } | { ok: false; why: Fault } | { ok: false; why: 'fetch'; message: string };
}

export async function compare(kept: string, newest: Checkpoint, fetchProof: (old: number, size: number) => Promise<string[]>): Promise<Comparison | 'not_note'> {
  const old = parseNote(kept);
  const now = parseNote(newest.note);
  if (!old || !now) return 'not_note';
  const result: Comparison = {
    verdict: 'bad',
    oldSize: old.size,
    newSize: now.size,
    oldSignature: await checkSignature(old, newest.key),
    newSignature: await checkSignature(now, newest.key),
    otherOrigin: old.origin === now.origin ? null : old.origin,
    proof: { ok: false, why: 'size' },
  };
  // The list of numbers beside the note is a courtesy; what is signed is what counts.
  const root = fromHashText(newest.root);
  if (!root || !same(root, now.root) || newest.size !== now.size) return { ...result, proof: { ok: false, why: 'root' } };
  if (result.otherOrigin !== null || old.size > now.size) return result;
  try {
    const texts = old.size === now.size || old.size === 0 ? [] : await fetchProof(old.size, now.size);
    const hashes = texts.map(fromHashText);
    if (hashes.includes(null)) return { ...result, proof: { ok: false, why: 'hash' } };
    const verdict = await verifyConsistency(old.size, now.size, hashes as Uint8Array[], old.root, now.root);
    result.proof = verdict.ok ? { ok: true, hashes: hashes.length } : verdict;
  } catch (error) {
    result.proof = { ok: false, why: 'fetch', message: (error as Error).message };
  }
  return { ...result, verdict: judge(result) };
}

function judge(result: Comparison): Comparison['verdict'] {
  if (!result.proof.ok) return 'bad';
  const signatures = [result.oldSignature, result.newSignature];
  if (signatures.some((one) => one === 'bad' || one === 'other_key')) return 'bad';
  return signatures.every((one) => one === 'good') ? 'ok' : 'unsure';
}
