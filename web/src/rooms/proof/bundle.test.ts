/// <reference types="node" />
import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseSums, verifyBundle, type BundleReport } from './bundle.ts';
import { openEntry, readDirectory, readText } from './zip.ts';

interface Put {
  name: string;
  data: Buffer;
  stored?: boolean;
  claim?: number;
}

/** A zip written by hand; `large` uses the 64-bit forms throughout. */
function zip(files: Put[], large = false): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  const push = (part: Buffer): void => {
    parts.push(part);
    at += part.length;
  };
  for (const { name, data, stored, claim } of files) {
    const packed = stored ? data : deflateRawSync(data);
    const size = claim ?? data.length;
    const label = Buffer.from(name);
    const offset = at;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(stored ? 0 : 8, 8);
    local.writeUInt16LE(label.length, 26);
    local.writeUInt16LE(3, 28);
    push(local);
    push(label);
    push(Buffer.from([9, 9, 9]));
    push(packed);
    const extra = large ? Buffer.alloc(28) : Buffer.alloc(0);
    if (large) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      extra.writeBigUInt64LE(BigInt(size), 4);
      extra.writeBigUInt64LE(BigInt(packed.length), 12);
      extra.writeBigUInt64LE(BigInt(offset), 20);
    }
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(stored ? 0 : 8, 10);
    entry.writeUInt32LE(large ? 0xffffffff : packed.length, 20);
    entry.writeUInt32LE(large ? 0xffffffff : size, 24);
    entry.writeUInt16LE(label.length, 28);
    entry.writeUInt16LE(extra.length, 30);
    entry.writeUInt32LE(large ? 0xffffffff : offset, 42);
    central.push(entry, label, extra);
  }
  const directory = Buffer.concat(central);
  const directoryAt = at;
  push(directory);
  if (large) {
    const end64 = Buffer.alloc(56);
    end64.writeUInt32LE(0x06064b50, 0);
    end64.writeBigUInt64LE(BigInt(files.length), 32);
    end64.writeBigUInt64LE(BigInt(directory.length), 40);
    end64.writeBigUInt64LE(BigInt(directoryAt), 48);
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeBigUInt64LE(BigInt(at), 8);
    push(end64);
    push(locator);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(large ? 0xffff : files.length, 10);
  end.writeUInt32LE(large ? 0xffffffff : directory.length, 12);
  end.writeUInt32LE(large ? 0xffffffff : directoryAt, 16);
  push(end);
  return Uint8Array.from(Buffer.concat(parts));
}

const sum = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

function bundle(change: (files: Put[]) => Put[] = (files) => files): Put[] {
  const files: Put[] = [
    { name: 'export-1/MANIFEST.json', data: Buffer.from('{"case":"2026-17"}') },
    { name: 'export-1/jsonl/a.jsonl', data: Buffer.from('{"b":"hello"}\n'.repeat(900)) },
    { name: 'export-1/natives/fête.jpg', data: Buffer.from([0, 1, 2, 255]), stored: true },
  ];
  const sums = files.map((file) => `${sum(file.data)}  ${file.name.slice('export-1/'.length)}\n`).join('');
  return change([...files, { name: 'export-1/SHA256SUMS', data: Buffer.from(sums) }]);
}

async function verify(bytes: Uint8Array<ArrayBuffer>): Promise<BundleReport> {
  return verifyBundle(new File([bytes], 'export.zip'), () => {});
}

describe('bundle', () => {
  it('a_whole_bundle_is_found_whole', async () => {
    for (const large of [false, true]) {
      const bytes = zip(bundle(), large);
      const report = await verify(bytes);
      expect(report.sha256).toBe(sum(Buffer.from(bytes)));
      expect(report.contents).toEqual({ files: 3, bad: [], missing: [], unlisted: [], fault: null });
      expect(report.manifest).toEqual({ case: '2026-17' });
    }
  });

  it('a_changed_missing_or_added_file_is_named', async () => {
    const changed = await verify(
      zip(
        bundle((files) => files.map((f) => (f.name.endsWith('a.jsonl') ? { ...f, data: Buffer.from('{"b":"hullo"}\n'.repeat(900)) } : f))),
      ),
    );
    expect(changed.contents?.bad).toEqual(['jsonl/a.jsonl']);
    const missing = await verify(zip(bundle((files) => files.filter((f) => !f.name.endsWith('.jpg')))));
    expect(missing.contents?.missing).toEqual(['natives/fête.jpg']);
    const added = await verify(zip(bundle((files) => [...files, { name: 'export-1/extra.txt', data: Buffer.from('x') }])));
    expect(added.contents?.unlisted).toEqual(['extra.txt']);
    const twice = await verify(zip(bundle((files) => [...files, files[1]!])));
    expect(twice.contents?.unlisted).toEqual(['jsonl/a.jsonl']);
  });

  it('a_file_that_holds_more_than_it_says_is_bad', async () => {
    for (const claim of [10, 100_000]) {
      const report = await verify(zip(bundle((files) => files.map((f) => (f.name.endsWith('a.jsonl') ? { ...f, claim } : f)))));
      expect(report.contents?.bad).toEqual(['jsonl/a.jsonl']);
    }
  });

  it('any_other_file_gets_its_hash_and_no_more', async () => {
    const text = await verify(Uint8Array.from(Buffer.from('not a zip')));
    expect([text.contents, text.sha256]).toEqual([null, sum(Buffer.from('not a zip'))]);
    expect((await verify(new Uint8Array(0))).contents).toBeNull();
    expect((await verify(zip([{ name: 'a.txt', data: Buffer.from('x') }]))).contents).toBeNull();
  });

  it('no_damage_is_called_whole', async () => {
    const whole = zip(bundle());
    for (let cut = 0; cut < whole.length; cut += 7) {
      const report = await verify(whole.slice(0, cut));
      expect(report.contents?.files === 3 && report.contents.fault === null, `${cut}`).toBe(false);
    }
    const bytes = zip([{ name: 'a', data: Buffer.from('abc') }]);
    const [entry] = await readDirectory(new Blob([bytes]));
    expect(await readText(new Blob([bytes]), entry!, 10)).toBe('abc');
    await expect(readText(new Blob([bytes]), entry!, 2)).rejects.toThrow('length');
    await expect(openEntry(new Blob([bytes]), { ...entry!, offset: 5 })).rejects.toThrow('damaged');
  });

  it('the_list_is_read_as_sha256sum_reads_it', () => {
    const h = 'a'.repeat(64);
    expect([...parseSums(`${h}  a b.txt\r\n${h} *c\nnonsense\n`)]).toEqual([
      ['a b.txt', h],
      ['c', h],
    ]);
  });
});
