/// <reference types="node" />
import { generateKeyPairSync, createHash, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkSignature, parseNote } from './note.ts';

function logKey(name: string) {
  const pair = generateKeyPairSync('ed25519');
  const raw = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const tagged = Buffer.concat([Buffer.of(1), raw]);
  const id = createHash('sha256').update(`${name}\n`).update(tagged).digest().subarray(0, 4);
  return {
    vkey: `${name}+${id.toString('hex')}+${tagged.toString('base64')}`,
    note(size: number, root: Buffer): string {
      const text = `${name}\n${size}\n${root.toString('base64')}\n`;
      const signature = sign(null, Buffer.from(text), pair.privateKey);
      return `${text}\n\u2014 ${name} ${Buffer.concat([id, signature]).toString('base64')}\n`;
    },
  };
}

const root = createHash('sha256').update('root').digest();

describe('note', () => {
  it('a_signed_checkpoint_is_read_and_verified', async () => {
    const key = logKey('chat.example/log');
    const note = parseNote(key.note(4821, root))!;
    expect([note.origin, note.size, Buffer.from(note.root).equals(root)]).toEqual(['chat.example/log', 4821, true]);
    expect(await checkSignature(note, key.vkey)).toBe('good');
    expect(await checkSignature(parseNote(key.note(4821, root).replaceAll('\n', '\r\n'))!, key.vkey)).toBe('good');
  });

  it('a_changed_size_or_root_is_not_signed', async () => {
    const key = logKey('chat.example/log');
    const text = key.note(4821, root);
    expect(await checkSignature(parseNote(text.replace('4821', '4822'))!, key.vkey)).toBe('bad');
    const other = createHash('sha256').update('other').digest();
    expect(await checkSignature(parseNote(text.replace(root.toString('base64'), other.toString('base64')))!, key.vkey)).toBe('bad');
  });

  it('a_strangers_signature_does_not_count', async () => {
    const key = logKey('chat.example/log');
    const stranger = logKey('chat.example/log');
    expect(await checkSignature(parseNote(stranger.note(1, root))!, key.vkey)).toBe('other_key');
    expect(await checkSignature(parseNote(key.note(1, root))!, 'not a key')).toBe('cannot_check');
  });

  it('what_is_no_checkpoint_is_refused', () => {
    for (const text of [
      '',
      'hello',
      'a\n1\nAAAA\n\n',
      'a\n-1\n' + root.toString('base64') + '\n\n',
      'a\n01\n' + root.toString('base64') + '\n\n',
      'x'.repeat(100_000),
    ]) {
      expect(parseNote(text)).toBeNull();
    }
  });
});
