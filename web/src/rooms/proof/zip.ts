// Reads a zip file of any size piece by piece, without unpacking it to disk or memory. Never trusts a length it is told.

export interface Entry {
  name: string;
  method: number;
  packed: number;
  size: number;
  offset: number;
}

export type ZipFault = 'not_zip' | 'damaged' | 'encrypted' | 'method' | 'too_many' | 'length';

export class ZipError extends Error {
  constructor(readonly fault: ZipFault) {
    super(fault);
    this.name = 'ZipError';
  }
}

/** A directory larger than this is refused. */
export const ENTRIES_MAX = 500_000;
const DIRECTORY_BYTES_MAX = 256 * 1024 * 1024;
const END = 0x06054b50;
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_SIZE = 22;
const COMMENT_MAX = 65_535;

export async function readDirectory(zip: Blob): Promise<Entry[]> {
  const { count, size, offset } = await findDirectory(zip);
  if (count > ENTRIES_MAX || size > DIRECTORY_BYTES_MAX) throw new ZipError('too_many');
  const view = await slice(zip, offset, size);
  const text = new TextDecoder();
  const entries: Entry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > view.byteLength || view.getUint32(at, true) !== CENTRAL) throw new ZipError('damaged');
    if (view.getUint16(at + 8, true) & 1) throw new ZipError('encrypted');
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const commentLength = view.getUint16(at + 32, true);
    const end = at + 46 + nameLength + extraLength + commentLength;
    if (end > view.byteLength) throw new ZipError('damaged');
    const name = text.decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength));
    const entry = {
      name,
      method: view.getUint16(at + 10, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    };
    widen(entry, view, at + 46 + nameLength, extraLength);
    if (!name.endsWith('/')) entries.push(entry);
    at = end;
  }
  return entries;
}

/** The entry's own bytes; fails when it holds more or fewer than the directory says. */
export async function openEntry(zip: Blob, entry: Entry): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const head = await slice(zip, entry.offset, 30);
  if (head.getUint32(0, true) !== LOCAL) throw new ZipError('damaged');
  const start = entry.offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  if (start + entry.packed > zip.size) throw new ZipError('damaged');
  const raw = zip.slice(start, start + entry.packed).stream();
  if (entry.method === 0) return raw.pipeThrough(exactly(entry.size));
  if (entry.method !== 8) throw new ZipError('method');
  return raw.pipeThrough(new DecompressionStream('deflate-raw')).pipeThrough(exactly(entry.size));
}

export async function readText(zip: Blob, entry: Entry, limit: number): Promise<string> {
  if (entry.size > limit) throw new ZipError('length');
  return new Response(await openEntry(zip, entry)).text();
}

async function findDirectory(zip: Blob): Promise<{ count: number; size: number; offset: number }> {
  const tailAt = Math.max(0, zip.size - END_SIZE - COMMENT_MAX);
  const tail = await slice(zip, tailAt, zip.size - tailAt);
  for (let at = tail.byteLength - END_SIZE; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END) continue;
    if (at + END_SIZE + tail.getUint16(at + 20, true) !== tail.byteLength) continue;
    const found = { count: tail.getUint16(at + 10, true), size: tail.getUint32(at + 12, true), offset: tail.getUint32(at + 16, true) };
    const large = found.count === 0xffff || found.size === 0xffffffff || found.offset === 0xffffffff;
    return large ? findLargeDirectory(zip, tailAt + at) : found;
  }
  throw new ZipError('not_zip');
}

async function findLargeDirectory(zip: Blob, endAt: number): Promise<{ count: number; size: number; offset: number }> {
  if (endAt < 20) throw new ZipError('damaged');
  const locator = await slice(zip, endAt - 20, 20);
  if (locator.getUint32(0, true) !== END64_LOCATOR) throw new ZipError('damaged');
  const end = await slice(zip, wide(locator, 8), 56);
  if (end.getUint32(0, true) !== END64) throw new ZipError('damaged');
  return { count: wide(end, 32), size: wide(end, 40), offset: wide(end, 48) };
}

/** Sizes of 4 GiB and more stand in the extra field, in this order, only where the short field is full. */
function widen(entry: Entry, view: DataView, at: number, length: number): void {
  const end = at + length;
  while (at + 4 <= end) {
    const size = view.getUint16(at + 2, true);
    const next = at + 4 + size;
    if (next > end) throw new ZipError('damaged');
    if (view.getUint16(at, true) === 1) {
      let field = at + 4;
      for (const key of ['size', 'packed', 'offset'] as const) {
        if (entry[key] !== 0xffffffff) continue;
        if (field + 8 > next) throw new ZipError('damaged');
        entry[key] = wide(view, field);
        field += 8;
      }
    }
    at = next;
  }
}

function wide(view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw new ZipError('damaged');
  return value;
}

async function slice(zip: Blob, from: number, length: number): Promise<DataView> {
  if (from < 0 || from + length > zip.size) throw new ZipError('damaged');
  return new DataView(await zip.slice(from, from + length).arrayBuffer());
}

function exactly(size: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let seen = 0;
  return new TransformStream({
    transform(chunk, out) {
      seen += chunk.length;
      if (seen > size) out.error(new ZipError('length'));
      else out.enqueue(chunk);
    },
    flush(out) {
      if (seen !== size) out.error(new ZipError('length'));
    },
  });
}
