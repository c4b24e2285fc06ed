// What people hold in their hands: an app that shows codes, and a device that keeps passkeys.

import { createHmac } from 'node:crypto';

const STEP_MS = 30_000;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The code of an authenticator app (RFC 6238) at this time. */
export function codeAt(secret, ms = Date.now()) {
  const bits = [...secret.replace(/[^A-Z2-7]/g, '')].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(ms / STEP_MS)));
  const signed = createHmac('sha1', key).update(step).digest();
  const at = signed[19] & 15;
  return String((signed.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** A code that was not used yet, when that of now was: the next one counts a step early. */
export const nextCode = (secret) => codeAt(secret, Date.now() + STEP_MS);

/** A device with a lock, whose person is always there and always herself. */
export async function withPasskeys(person) {
  const wire = await person.context.newCDPSession(person.page);
  await wire.send('WebAuthn.enable');
  const { authenticatorId } = await wire.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return { wire, authenticatorId };
}
