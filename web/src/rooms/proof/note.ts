// Reads and checks a checkpoint: a C2SP signed note (origin, size, root,
// signatures by Ed25519). Never says "signed" when it could not check.
import { fromBase64, joined, same, type Bytes } from './bytes.ts';
import { sha256 } from './sha256.ts';

export type Note = {
  origin: string;
  size: number;
  root: Bytes;
  /** The signed bytes, up to and with the last line break before the signatures. */
  text: string;
  signatures: { name: string; keyId: Bytes; signature: Bytes }[];
};

export type Signature = 'good' | 'bad' | 'other_key' | 'cannot_check';

/** Text above this is not a checkpoint. */
const NOTE_MAX = 64 * 1024;

export function parseNote(raw: string): Note | null {
  const whole = raw.replaceAll('\r\n', '\n').trimStart();
  if (whole.length > NOTE_MAX) return null;
  const cut = whole.indexOf('\n\n');
  if (cut < 0) return null;
  const text = whole.slice(0, cut + 1);
  const [origin, size, root] = text.split('\n');
  if (!origin || !size || !/^(0|[1-9][0-9]{0,15})$/.test(size) || !root) return null;
  const rootBytes = fromBase64(root);
  if (rootBytes?.length !== 32 || !Number.isSafeInteger(Number(size))) return null;
  const signatures = [];
  for (const line of whole.slice(cut + 2).split('\n')) {
    const found = /^\u2014 (\S+) (\S+)$/.exec(line);
    const bytes = found ? fromBase64(found[2]!) : null;
    if (!found || !bytes || bytes.length < 5) continue;
    signatures.push({ name: found[1]!, keyId: bytes.slice(0, 4), signature: bytes.slice(4) });
  }
  return { origin, size: Number(size), root: rootBytes, text, signatures };
}

/** `vkey` is the log's public key as `name+hash+base64`. */
export async function checkSignature(note: Note, vkey: string): Promise<Signature> {
  const key = await parseKey(vkey);
  if (!key) return 'cannot_check';
  const mine = note.signatures.filter((s) => s.name === key.name && same(s.keyId, key.id));
  if (mine.length === 0) return 'other_key';
  const message = new TextEncoder().encode(note.text);
  try {
    const publicKey = await crypto.subtle.importKey('raw', key.bytes, { name: 'Ed25519' }, false, ['verify']);
    for (const { signature } of mine) {
      if (!(await crypto.subtle.verify({ name: 'Ed25519' }, publicKey, signature, message))) return 'bad';
    }
    return 'good';
  } catch {
    return 'cannot_check'; // an old browser, or plain HTTP: no Ed25519 here
  }
}

async function parseKey(vkey: string): Promise<{ name: string; id: Bytes; bytes: Bytes } | null> {
  const found = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/i.exec(vkey.trim());
  const raw = found ? fromBase64(found[3]!) : null;
  if (!found || raw?.length !== 33 || raw[0] !== 1) return null;
  const name = found[1]!;
  const id = (await sha256(joined(new TextEncoder().encode(`${name}\n`), raw))).slice(0, 4);
  return { name, id, bytes: raw.slice(1) };
}
