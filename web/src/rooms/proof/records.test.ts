/// <reference types="node" />
import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkRecords, RecordError, type Expected } from './records.ts';

const sha = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const length = (n: number): Buffer => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(n));
  return out;
};
const split = (n: number): number => {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
};
const node = (l: Buffer, r: Buffer): Buffer => sha(Buffer.of(1), l, r);
const root = (l: Buffer[]): Buffer => (l.length === 1 ? (l[0] as Buffer) : node(root(l.slice(0, split(l.length))), root(l.slice(split(l.length)))));
const path = (i: number, l: Buffer[]): Buffer[] => {
  if (l.length <= 1) return [];
  const k = split(l.length);
  return i < k ? [...path(i, l.slice(0, k)), root(l.slice(k))] : [...path(i - k, l.slice(k)), root(l.slice(0, k))];
};

type Line = Record<string, unknown>;

/** A log of 40 events of which every second is in channel C, as the bundle's writer would put them down. */
function bundle(): { lines: Line[]; expected: Expected } {
  const leaves: Buffer[] = [];
  const lines: Line[] = [];
  let previous: Buffer | null = null;
  for (let position = 0; position < 40; position++) {
    if (position % 2) {
      leaves.push(sha(`other ${position}`));
      continue;
    }
    const seq = position / 2 + 1;
    const content = JSON.stringify({ text: `Schichtübergabe ${seq} 🏭` });
    const contentSalt = randomBytes(32);
    const commitment = sha('daylight/content/v1', contentSalt, length(Buffer.byteLength(content)), content);
    const header = JSON.stringify({
      v: 1,
      at: position,
      act: 'message.posted',
      channel: 'C',
      channel_seq: seq,
      ...(previous ? { channel_prev: previous.toString('base64url') } : {}),
      content_commitment: commitment.toString('base64url'),
    });
    const salt = randomBytes(32);
    const leaf = sha(Buffer.of(0), sha('daylight/event/v1', salt, length(Buffer.byteLength(header)), header));
    leaves.push(leaf);
    previous = leaf;
    lines.push({
      log_index: position,
      channel_seq: seq,
      leaf: leaf.toString('base64'),
      header,
      header_salt: salt.toString('base64'),
      content,
      content_salt: contentSalt.toString('base64'),
      forgotten: false,
      withheld: false,
    });
  }
  for (const line of lines) line.proof = path(line.log_index as number, leaves).map((hash) => hash.toString('base64'));
  return { lines, expected: { channel: 'C', first: 1, end: 21, size: 40, root: Uint8Array.from(root(leaves)) } };
}

async function check(lines: Line[], expected: Expected): Promise<unknown> {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  try {
    return await checkRecords(new Blob([text]).stream() as ReadableStream<Uint8Array<ArrayBuffer>>, expected, () => {});
  } catch (error) {
    return error instanceof RecordError ? error.fault : error;
  }
}

const at = (lines: Line[], index: number, change: Line): Line[] => lines.map((line, i) => (i === index ? { ...line, ...change } : line));

describe('records', () => {
  it('a_whole_range_is_proved', async () => {
    const { lines, expected } = bundle();
    expect(await check(lines, expected)).toEqual({ events: 20, shown: 20, forgotten: 0, withheld: 0 });
    expect(await check(lines.slice(4, 9), { ...expected, first: 5, end: 10 })).toMatchObject({ events: 5 });
  });

  it('what_was_destroyed_is_counted_and_still_proved', async () => {
    const { lines, expected } = bundle();
    const forgotten = at(lines, 3, { content: null, content_salt: null, forgotten: true });
    expect(await check(forgotten, expected)).toEqual({ events: 20, shown: 19, forgotten: 1, withheld: 0 });
    const whole = at(forgotten, 5, { content: null, content_salt: null, header: null, header_salt: null, forgotten: true });
    expect(await check(whole, expected)).toEqual({ events: 20, shown: 18, forgotten: 2, withheld: 0 });
  });

  it('a_changed_word_is_caught', async () => {
    const { lines, expected } = bundle();
    expect(await check(at(lines, 7, { content: '{"text":"something else"}' }), expected)).toBe('content');
    const header = String(lines[7]?.header).replace('"at":14', '"at":15');
    expect(await check(at(lines, 7, { header }), expected)).toBe('header');
    expect(await check(at(lines, 7, { leaf: lines[6]?.leaf }), expected)).toBe('header');
  });

  it('content_cannot_vanish_in_silence', async () => {
    const { lines, expected } = bundle();
    expect(await check(at(lines, 7, { content: null, content_salt: null }), expected)).toBe('content');
    expect(await check(at(lines, 7, { header: null, header_salt: null }), expected)).toBe('header');
  });

  it('a_record_cannot_be_left_out_moved_or_put_in', async () => {
    const { lines, expected } = bundle();
    expect(await check(lines.filter((_, i) => i !== 7), expected)).toBe('gap');
    expect(await check(lines.slice(0, -1), expected)).toBe('gap');
    expect(await check(lines.slice(1), expected)).toBe('gap');
    expect(await check([...lines, lines[3] as Line], expected)).toBe('order');
    expect(await check(at(lines, 7, { log_index: 13 }), expected)).toBe('proof');
    expect(await check(at(lines, 7, { channel_seq: 99 }), expected)).toBe('channel');
    expect(await check(lines, { ...expected, channel: 'D' })).toBe('channel');
  });

  it('a_proof_for_another_root_or_size_is_none', async () => {
    const { lines, expected } = bundle();
    expect(await check(lines, { ...expected, root: Uint8Array.from(sha('x')) })).toBe('proof');
    expect(await check(lines, { ...expected, size: 41 })).toBe('proof');
    expect(await check(at(lines, 2, { proof: [] }), expected)).toBe('proof');
  });

  it('what_is_no_line_is_refused', async () => {
    const { lines, expected } = bundle();
    for (const change of [{ leaf: 5 }, { proof: 'x' }, { log_index: -1 }, { log_index: 1.5 }, { forgotten: 'no' }, { header: {} }, { leaf: 'AAAA' }]) {
      expect(await check(at(lines, 1, change), expected), JSON.stringify(change)).toBe('line');
    }
    const half = new Blob([JSON.stringify(lines[0])]).stream() as ReadableStream<Uint8Array<ArrayBuffer>>;
    await expect(checkRecords(half, expected, () => {})).rejects.toThrow('line');
  });
});
