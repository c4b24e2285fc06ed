// The mark of the product, and what stands above a list while the line is not there, the server is full, or another build is.

import { line, newBuild } from '../core/live.ts';
import { noRoom } from '../core/outbox.ts';
import { Icon } from '../ui/icon.tsx';
import { drafts } from '../core/drafts.ts';
import { t } from './words.ts';

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M16 9.500a8.500 8.500 0 0 0-8.500 8.500h17A8.500 8.500 0 0 0 16 9.500z" fill="currentColor" />
      <path d="M4 22.500h24M9 26.500h14M16 3v3M6.100 7.600l2 2.100M25.900 7.600l-2 2.100" fill="none" stroke="currentColor" stroke-width="2.400" stroke-linecap="round" />
    </svg>
  );
}

/** What stands above a list or a conversation while the line is not there, the server is full, or another build is. */
export function LineNotice() {
  if (line.value === 'down') {
    return (
      <div class="line-notice" role="status">
        <Icon name="offline" />
        <span>{t('line_down')}</span>
      </div>
    );
  }
  if (noRoom.value) {
    return (
      <div class="line-notice" role="status">
        <Icon name="clock" />
        <span>{t('server_full')}</span>
      </div>
    );
  }
  if (newBuild.value && !Object.keys(drafts.value).length) {
    return (
      <div class="line-notice good" role="status">
        <span>{t('new_build')}</span>
        <button type="button" onClick={() => location.reload()}>
          {t('reload')}
        </button>
      </div>
    );
  }
  return null;
}

