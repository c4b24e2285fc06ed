// Checks a downloaded bundle in the browser: its own hash, then every file in it against its list. Never says more than it checked.
import { fromHashText, hex, same } from './bytes.ts';
import { checkSignature, parseNote, type Signature } from './note.ts';
import { checkRecords, RecordError, type Expected, type RecordFault, type Records } from './records.ts';
import { sha256Stream } from './sha256.ts';
import { openEntry, readDirectory, readText, ZipError, type Entry } from './zip.ts';

export interface BundleReport {
  name: string;
  bytes: number;
  sha256: string;
  /** null: it is no bundle, or it lists nothing; then only the hash above was checked. */
  contents: {
    files: number;
    bad: string[];
    missing: string[];
    unlisted: string[];
    fault: string | null;
  } | null;
  manifest: Record<string, unknown> | null;
  /** null: there was nothing to prove it with. */
  proof: Proof | null;
}

export interface Proof {
  /** The signed note, to compare with the log of today. */
  note: string;
  key: string;
  size: number;
  signature: Signature;
  records: Records | null;
  fault: { why: RecordFault | 'checkpoint' | 'manifest'; position: number | null } | null;
}

export interface BundleProgress {
  step: 'hash' | 'files' | 'records';
  done: number;
  total: number;
}

const LIST = 'SHA256SUMS';
const MANIFEST = 'MANIFEST.json';
const LIST_BYTES_MAX = 128 * 1024 * 1024;
const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;
const NOTE_BYTES_MAX = 64 * 1024;

export async function verifyBundle(file: File, progress: (step: BundleProgress) => void, signal?: AbortSignal): Promise<BundleReport> {
  const hash = await sha256Stream(file.stream(), (done) => progress({ step: 'hash', done, total: file.size }), signal);
  const report: BundleReport = { name: file.name, bytes: file.size, sha256: hex(hash), contents: null, manifest: null, proof: null };
  try {
    const entries = await readDirectory(file);
    const list = entries.find((entry) => baseName(entry.name) === LIST);
    if (!list) return report;
    const root = list.name.slice(0, list.name.length - LIST.length);
    const manifest = entries.find((entry) => entry.name === root + MANIFEST);
    if (manifest) report.manifest = readManifest(await readText(file, manifest, MANIFEST_BYTES_MAX));
    report.contents = { files: 0, bad: [], missing: [], unlisted: [], fault: null };
    await checkFiles(file, entries, list, root, report.contents, progress, signal);
    if (report.manifest) report.proof = await prove(file, entries, root, report.manifest, progress, signal);
  } catch (error) {
    if (signal?.aborted) throw error;
    const fault = error instanceof ZipError ? error.fault : 'damaged';
    if (report.contents) report.contents.fault = fault;
    else if (fault !== 'not_zip') report.contents = { files: 0, bad: [], missing: [], unlisted: [], fault };
  }
  return report;
}

/** The manifest names the checkpoint, the note proves it, and each record is proved against it. */
async function prove(
  file: File,
  entries: Entry[],
  root: string,
  manifest: Record<string, unknown>,
  progress: (step: BundleProgress) => void,
  signal?: AbortSignal,
): Promise<Proof | null> {
  const find = (name: string): Entry | undefined => entries.find((entry) => entry.name === root + name);
  const signed = find('proofs/checkpoint');
  const text = signed ? await readText(file, signed, NOTE_BYTES_MAX) : '';
  const note = parseNote(text);
  const expected = readExpected(manifest);
  if (!note) return null;
  const key = expected?.key ?? '';
  const proof: Proof = { note: text, key, size: note.size, signature: await checkSignature(note, key), records: null, fault: null };
  if (!expected) return { ...proof, fault: { why: 'manifest', position: null } };
  if (note.size !== expected.size || !same(note.root, expected.root) || note.origin !== expected.origin) return { ...proof, fault: { why: 'checkpoint', position: null } };
  const records = find(`jsonl/${expected.channel}.jsonl`);
  if (!records) return { ...proof, fault: { why: 'manifest', position: null } };
  try {
    proof.records = await checkRecords(await openEntry(file, records), expected, (done) => progress({ step: 'records', done, total: records.size }), signal);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    proof.fault = { why: error.fault, position: error.position };
  }
  return proof;
}

function readExpected(manifest: Record<string, unknown>): (Expected & { origin: string; key: string }) | null {
  const channel = part(manifest.channel).id;
  const { first, end } = part(manifest.channel_seq);
  const { origin, size, root, verifier_key: key } = part(manifest.log);
  if (typeof channel !== 'string' || typeof origin !== 'string' || typeof root !== 'string' || typeof key !== 'string') return null;
  const hash = fromHashText(root);
  if (!hash || ![first, end, size].every(Number.isSafeInteger)) return null;
  return { channel, first: first as number, end: end as number, size: size as number, root: hash, origin, key };
}

function part(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
}

/** The same lines that `sha256sum -c` reads. */
export function parseSums(text: string): Map<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split('\n')) {
    const found = /^([0-9a-f]{64}) [ *](.+)$/.exec(line.replace(/\r$/, ''));
    if (found) sums.set(found[2] ?? '', found[1] ?? '');
  }
  return sums;
}

async function checkFiles(
  file: File,
  entries: Entry[],
  list: Entry,
  root: string,
  contents: NonNullable<BundleReport['contents']>,
  progress: (step: BundleProgress) => void,
  signal?: AbortSignal,
): Promise<void> {
  const sums = parseSums(await readText(file, list, LIST_BYTES_MAX));
  const total = entries.reduce((sum, entry) => sum + entry.size, 0);
  let done = 0;
  const seen = new Set<string>();
  for (const entry of entries) {
    if (entry === list) continue;
    const name = entry.name.startsWith(root) ? entry.name.slice(root.length) : entry.name;
    const expected = sums.get(name) ?? sums.get(`./${name}`);
    if (expected === undefined || seen.has(name)) {
      contents.unlisted.push(name);
      continue;
    }
    seen.add(name);
    const before = done;
    const hash = await fileHash(file, entry, (n) => progress({ step: 'files', done: before + n, total }), signal);
    done = before + entry.size;
    if (hash === expected) contents.files++;
    else contents.bad.push(name);
  }
  for (const name of sums.keys()) if (!seen.has(name.replace(/^\.\//, ''))) contents.missing.push(name);
}

async function fileHash(file: File, entry: Entry, progress: (n: number) => void, signal?: AbortSignal): Promise<string | null> {
  try {
    return hex(await sha256Stream(await openEntry(file, entry), progress, signal));
  } catch (error) {
    if (signal?.aborted) throw error;
    return null;
  }
}

function readManifest(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return value && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
