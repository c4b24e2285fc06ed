// What was there and was destroyed: so many messages, when, and under which rule.

import { formatNumber } from '../core/i18n.ts';
import { date, utcDay } from '../core/time.ts';
import type { DestroyedDay } from '../core/types.ts';
import { channelName } from '../rooms/known.ts';
import { Section } from '../rooms/room.tsx';
import { t } from './review-words.ts';

export function Destroyed({ days }: { days: DestroyedDay[] }) {
  if (!days.length) return null;
  return (
    <Section title={t('destroyed')} hint={t('destroyed_hint')}>
      <ul class="stacked">
        {days.map((one) => {
          const told = { count: formatNumber(one.messages), channel: channelName(one.c), day: utcDay(one.day), at: date(one.at) };
          return <li key={`${one.c}${one.day}`}>{one.keep_days === null ? t('destroyed_once', told) : t('destroyed_rule', { ...told, n: one.keep_days })}</li>;
        })}
      </ul>
    </Section>
  );
}
