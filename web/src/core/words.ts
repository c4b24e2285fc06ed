// The words of the shared pieces, and what the server's refusals are called in the reader's language.

import { language, translator, type Catalogue } from './i18n.ts';

export const english = {
  close: 'Close',
  cancel: 'Cancel',
  back: 'Back',
  loading: 'Loading',
  retry: 'Try again',
  fault: 'That did not work',
  offline: 'You are offline',
  offline_text: 'This needs the server. It will work again when you are connected.',
  copied: 'Copied',
  copy: 'Copy',
  qr: 'QR code',
  // what the server answers, by its stable code; `{why}` is its own sentence, in English
  fault_bad_answer: 'The server gave an answer that cannot be read.',
  fault_offline: 'The server cannot be reached.',
  fault_not_signed_in: 'You are not signed in any more.',
  fault_wrong_credentials: 'The name or the PIN is not right.',
  fault_forbidden: 'You may not do that.',
  fault_not_found: 'It is not there, or you may not see it.',
  fault_conflict: 'Not possible any more: {why}',
  fault_gone: 'This link was used up, revoked or has expired.',
  fault_too_large: 'That is too large.',
  fault_invalid: 'Not accepted: {why}',
  fault_rate: 'Too fast. Wait a moment.',
  fault_locked_out: 'Too many wrong tries. Wait a while.',
  fault_id_too_old: 'This was written more than a week ago. See whether it arrived; if not, send it again.',
  fault_disk_full: 'The server’s disk is nearly full. You can read, but nothing can be sent until there is room.',
  fault_unavailable: 'The server is starting or stopping. Try again in a moment.',
  'fault_urgent/often': 'This channel has had its urgent messages of today. Send it as a usual one.',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./words.*.ts', { import: 'default' }));

/** A refusal as the reader says it. The server's own English says more than the code does; other languages have the code. */
export function faultText(code: string, why: string): string {
  const key = `fault_${code}`;
  return language !== 'en' && Object.hasOwn(english, key) ? t(key as keyof typeof english, { why }) : why;
}
