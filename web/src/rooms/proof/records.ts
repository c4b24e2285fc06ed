// Proves every record of a bundle against its checkpoint, line by line: the header gives the leaf, the leaf lies under the root,
// the content is the one committed to, and nothing is left out of the middle. Never holds more than one line.
import { fromBase64, same, type Bytes } from './bytes.ts';
import { rootOf } from './merkle.ts';
import { sha256Now } from './sha256.ts';

export interface Expected {
  channel: string;
  /** The dense numbers of the range: `first` up to, not including, `end`. */
  first: number;
  end: number;
  size: number;
  root: Bytes;
}

export interface Records {
  events: number;
  /** Content that is here and is the one committed to. */
  shown: number;
  forgotten: number;
  withheld: number;
}

export type RecordFault = 'line' | 'order' | 'header' | 'proof' | 'content' | 'channel' | 'gap' | 'chain';

export class RecordError extends Error {
  constructor(
    readonly fault: RecordFault,
    readonly position: number | null,
  ) {
    super(fault);
    this.name = 'RecordError';
  }
}

interface Line {
  log_index: number;
  channel_seq: number | null;
  leaf: string;
  header: string | null;
  header_salt: string | null;
  content: string | null;
  content_salt: string | null;
  forgotten: boolean;
  withheld: boolean;
  proof: string[];
}

const LINE_BYTES_MAX = 64 * 1024 * 1024;
const HASH_BYTES = 32;
const encoder = new TextEncoder();
const EVENT = encoder.encode('daylight/event/v1');
const CONTENT = encoder.encode('daylight/content/v1');
const LEAF = Uint8Array.of(0);

/** Throws a RecordError at the first line that does not hold. */
export async function checkRecords(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  expected: Expected,
  progress: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<Records> {
  const checker = new Checker(expected);
  for await (const text of lines(stream, progress, signal)) checker.check(text);
  return checker.finish();
}

class Checker {
  private readonly records: Records = { events: 0, shown: 0, forgotten: 0, withheld: 0 };
  private position = -1;
  private next: number;
  private before: { seq: number; leaf: Bytes } | null = null;

  constructor(private readonly expected: Expected) {
    this.next = expected.first;
  }

  check(text: string): void {
    const line = read(text);
    const fail = (fault: RecordFault): RecordError => new RecordError(fault, line.log_index);
    if (line.log_index <= this.position) throw fail('order');
    this.position = line.log_index;
    const leaf = hash(line.leaf);
    const proof = line.proof.map(hash);
    if (!leaf || !proof.every((one) => one !== null)) throw fail('line');
    const header = this.header(line, leaf, fail);
    const root = rootOf(line.log_index, this.expected.size, leaf, proof, nodeNow);
    if (!root || !same(root, this.expected.root)) throw fail('proof');
    this.content(line, header, fail);
    this.sequence(line, header, leaf, fail);
    this.records.events++;
  }

  finish(): Records {
    if (this.next !== this.expected.end) throw new RecordError('gap', null);
    return this.records;
  }

  private header(line: Line, leaf: Bytes, fail: (fault: RecordFault) => RecordError): Record<string, unknown> | null {
    if (line.header === null) {
      if (!line.forgotten) throw fail('header');
      return null;
    }
    const salt = hash(line.header_salt);
    if (!salt || !same(sha256Now(LEAF, salted(EVENT, salt, line.header)), leaf)) throw fail('header');
    const header = object(line.header);
    if (!header) throw fail('line');
    if (header.channel !== this.expected.channel || (header.channel_seq ?? null) !== line.channel_seq) throw fail('channel');
    return header;
  }

  /** What was committed to is here, or the line says that it is not. */
  private content(line: Line, header: Record<string, unknown> | null, fail: (fault: RecordFault) => RecordError): void {
    if (line.forgotten) this.records.forgotten++;
    if (line.withheld) this.records.withheld++;
    const committed = typeof header?.content_commitment === 'string' ? hash(header.content_commitment) : null;
    if (line.content === null) {
      if (committed && !line.forgotten && !line.withheld) throw fail('content');
      return;
    }
    const salt = hash(line.content_salt);
    if (!committed || !salt || line.forgotten || line.withheld) throw fail('content');
    if (!same(salted(CONTENT, salt, line.content), committed)) throw fail('content');
    this.records.shown++;
  }

  private sequence(line: Line, header: Record<string, unknown> | null, leaf: Bytes, fail: (fault: RecordFault) => RecordError): void {
    const seq = line.channel_seq;
    if (seq === null) return;
    if (this.before && seq <= this.before.seq) throw fail('order');
    if (seq >= this.expected.first && seq < this.expected.end) {
      if (seq !== this.next) throw fail('gap');
      this.next++;
    }
    if (header && this.before?.seq === seq - 1) {
      const previous = typeof header.channel_prev === 'string' ? hash(header.channel_prev) : null;
      if (!previous || !same(previous, this.before.leaf)) throw fail('chain');
    }
    this.before = { seq, leaf };
  }
}

function salted(domain: Uint8Array, salt: Uint8Array, text: string): Bytes {
  const bytes = encoder.encode(text);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length));
  return sha256Now(domain, salt, length, bytes);
}

const NODE = Uint8Array.of(1);
const nodeNow = (left: Uint8Array, right: Uint8Array): Bytes => sha256Now(NODE, left, right);

function read(text: string): Line {
  const line = object(text) as Partial<Line> | null;
  const position = typeof line?.log_index === 'number' && Number.isSafeInteger(line.log_index) && line.log_index >= 0 ? line.log_index : null;
  const isText = (value: unknown): boolean => value === null || typeof value === 'string';
  const seq = line?.channel_seq;
  const whole =
    line !== null &&
    position !== null &&
    typeof line.leaf === 'string' &&
    [line.header, line.header_salt, line.content, line.content_salt].every(isText) &&
    typeof line.forgotten === 'boolean' &&
    typeof line.withheld === 'boolean' &&
    (seq === null || (typeof seq === 'number' && Number.isSafeInteger(seq))) &&
    Array.isArray(line.proof) &&
    line.proof.every((one) => typeof one === 'string');
  if (!whole) throw new RecordError('line', position);
  return line as Line;
}

function object(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function hash(text: string | null): Bytes | null {
  const bytes = text === null ? null : fromBase64(text);
  return bytes?.length === HASH_BYTES ? bytes : null;
}

async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>, progress: (bytes: number) => void, signal?: AbortSignal): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let seen = 0;
  const take = (last: Uint8Array): string => {
    const whole = new Uint8Array(heldBytes + last.length);
    let at = 0;
    for (const piece of [...held, last]) {
      whole.set(piece, at);
      at += piece.length;
    }
    held = [];
    heldBytes = 0;
    try {
      return decoder.decode(whole);
    } catch {
      throw new RecordError('line', null);
    }
  };
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      if (done) break;
      let from = 0;
      for (let end = value.indexOf(10); end >= 0; end = value.indexOf(10, from)) {
        yield take(value.subarray(from, end));
        from = end + 1;
      }
      held.push(value.slice(from));
      heldBytes += value.length - from;
      if (heldBytes > LINE_BYTES_MAX) throw new RecordError('line', null);
      seen += value.length;
      progress(seen);
    }
    // A file of lines ends with a line break: anything after it is half a line.
    if (heldBytes > 0) throw new RecordError('line', null);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
