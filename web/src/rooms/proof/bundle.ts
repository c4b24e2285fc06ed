// Checks a downloaded bundle in the browser: its own hash, then every file in it against its list. Never says more than it checked.
import { hex } from './bytes.ts';
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
}

export interface BundleProgress {
  step: 'hash' | 'files';
  done: number;
  total: number;
}

const LIST = 'SHA256SUMS';
const MANIFEST = 'MANIFEST.json';
const LIST_BYTES_MAX = 128 * 1024 * 1024;
const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;

export async function verifyBundle(file: File, progress: (step: BundleProgress) => void, signal?: AbortSignal): Promise<BundleReport> {
  const hash = await sha256Stream(file.stream(), (done) => progress({ step: 'hash', done, total: file.size }), signal);
  const report: BundleReport = { name: file.name, bytes: file.size, sha256: hex(hash), contents: null, manifest: null };
  try {
    const entries = await readDirectory(file);
    const list = entries.find((entry) => baseName(entry.name) === LIST);
    if (!list) return report;
    const root = list.name.slice(0, list.name.length - LIST.length);
    const manifest = entries.find((entry) => entry.name === root + MANIFEST);
    if (manifest) report.manifest = readManifest(await readText(file, manifest, MANIFEST_BYTES_MAX));
    report.contents = { files: 0, bad: [], missing: [], unlisted: [], fault: null };
    await checkFiles(file, entries, list, root, report.contents, progress, signal);
  } catch (error) {
    if (signal?.aborted) throw error;
    const fault = error instanceof ZipError ? error.fault : 'damaged';
    if (report.contents) report.contents.fault = fault;
    else if (fault !== 'not_zip') report.contents = { files: 0, bad: [], missing: [], unlisted: [], fault };
  }
  return report;
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
