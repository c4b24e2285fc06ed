// A destination that takes nothing: since when, why, what to do, and whether anything is in danger.

import { dateTime, utcDay } from '../core/time.ts';
import type { ArchivePlace } from '../core/types.ts';
import { Note } from '../rooms/pieces.tsx';
import { english, t } from './words.ts';

const DAY_MS = 86_400_000;

/** A day counted from 1970, as people write it. */
export function dayText(day: number): string {
  return utcDay(new Date(day * DAY_MS).toISOString().slice(0, 10));
}

/** What it is and what to do; a code that this client does not know yet stands for itself. */
function whyText(code: string): string {
  const key = `f_${code}`;
  return Object.hasOwn(english, key) ? t(key as keyof typeof english) : code;
}

export function Down({ place, named }: { place: ArchivePlace; named?: boolean }) {
  if (!place.failed) return null;
  return (
    <Note kind="bad">
      {named ? (
        <strong>
          {t('title')}: <bdi>{place.name}</bdi>
        </strong>
      ) : null}
      <p>
        {t('down', { when: dateTime(place.failing_since ?? Date.now()) })} {whyText(place.failed)}
      </p>
      {place.oldest_day === null ? null : <p>{t('oldest', { day: dayText(place.oldest_day) })}</p>}
      <p>{place.lost_at ? t('lost_at', { when: dateTime(place.lost_at) }) : t('kept_safe')}</p>
      {place.said ? (
        <p class="hint">
          {t('said')} <bdi>{place.said}</bdi>
        </p>
      ) : null}
    </Note>
  );
}
