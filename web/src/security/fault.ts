// What went wrong with a second step, as a sentence.

import { ApiError } from '../core/api.ts';
import { ago } from '../core/time.ts';
import { wasCancelled } from './passkeys.ts';
import { t } from './words.ts';

export function sentence(error: unknown): string {
  if (wasCancelled(error)) return t('passkey_failed');
  if (!(error instanceof ApiError)) return String(error);
  switch (error.code) {
    case 'second_wrong':
      return t('wrong');
    case 'wrong_credentials':
      return t('wrong_secret');
    case 'second_demanded':
      return t('demanded');
    case 'passkey_unknown':
      return t('passkey_unknown');
    case 'passkey_unusable':
      return t('passkey_failed');
    case 'sign_in_again':
      return t('sign_in_again');
    case 'gone':
      return t('too_late');
    case 'locked_out':
      return t('locked', { when: ago(Date.now() + (error.after ?? 60_000)) });
    default:
      return error.message;
  }
}
