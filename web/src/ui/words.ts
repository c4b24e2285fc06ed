// The words of the shared pieces.

import { translator } from '../core/i18n.ts';

export const t = translator({
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
});
