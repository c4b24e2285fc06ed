// The browser's passkeys: bytes here, base 64 (URL) on the wire. Never decides anything: the server checks what they say.

import { post } from '../core/api.ts';
import type { Codes, Question } from '../core/types.ts';

export const canUsePasskeys = (): boolean => typeof PublicKeyCredential !== 'undefined';

interface Wanted {
  challenge: string;
  rp: string;
  user: string;
  handle: string;
  name: string;
  algorithms: number[];
  exclude: string[];
}

/** What a passkey says to a question. */
export interface Answered {
  id: string;
  client_data: string;
  authenticator_data: string;
  signature: string;
  user?: string;
}

export async function askPasskey(question: Question): Promise<Answered> {
  const found = (await navigator.credentials.get({
    publicKey: {
      challenge: bytes(question.challenge),
      rpId: question.rp,
      userVerification: 'required',
      allowCredentials: question.allow.map((id) => ({ type: 'public-key', id: bytes(id) })),
    },
  })) as PublicKeyCredential;
  const said = found.response as AuthenticatorAssertionResponse;
  const answer: Answered = {
    id: text(found.rawId),
    client_data: text(said.clientDataJSON),
    authenticator_data: text(said.authenticatorData),
    signature: text(said.signature),
  };
  if (said.userHandle) answer.user = text(said.userHandle);
  return answer;
}

export async function addPasskey(secret: string, name: string): Promise<Codes> {
  const wanted = await post<Wanted>('/passkeys/start', { secret });
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: bytes(wanted.challenge),
      rp: { id: wanted.rp, name: wanted.rp },
      user: { id: bytes(wanted.user), name: wanted.handle, displayName: wanted.name },
      pubKeyCredParams: wanted.algorithms.map((alg) => ({ type: 'public-key', alg })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      attestation: 'none',
      excludeCredentials: wanted.exclude.map((id) => ({ type: 'public-key', id: bytes(id) })),
    },
  })) as PublicKeyCredential;
  const said = made.response as AuthenticatorAttestationResponse;
  return post<Codes>('/passkeys', { name, client_data: text(said.clientDataJSON), attestation: text(said.attestationObject) });
}

/** The person sent it away, or the device had none: nothing to be told as a fault of ours. */
export const wasCancelled = (error: unknown): boolean => error instanceof DOMException;

export function text(raw: ArrayBuffer): string {
  let letters = '';
  for (const byte of new Uint8Array(raw)) letters += String.fromCharCode(byte);
  return btoa(letters).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

export function bytes(said: string): Uint8Array<ArrayBuffer> {
  const letters = atob(said.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}
