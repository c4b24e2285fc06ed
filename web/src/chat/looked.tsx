// Who looked: that officers opened content of one's channels, told when that is no secret any more.

import { get } from '../core/api.ts';
import { state } from '../core/live.ts';
import { utcDay } from '../core/time.ts';
import type { LookTold } from '../core/types.ts';
import { Load, useLoad } from '../ui/states.tsx';
import { t } from './looked-words.ts';
import { channelName } from './names.ts';

export function Looked() {
  const told = useLoad((signal) => get<{ looks: LookTold[] }>('/looks', {}, { signal }));
  return (
    <section class="card stack tight" aria-label={t('who_looked')}>
      <h2>{t('who_looked')}</h2>
      <p>{t('who_looked_text')}</p>
      <Load from={told}>
        {({ looks }) =>
          looks.length ? (
            <ul class="stack tight">
              {looks.map((one) => (
                <li key={`${one.c}${one.day}${one.how}`}>
                  <strong>{utcDay(one.day)}</strong> · {t(one.how === 'matter' ? 'by_matter' : 'by_export', { channel: nameIn(one.c), n: one.n })}
                </li>
              ))}
            </ul>
          ) : (
            <p>{t('none')}</p>
          )
        }
      </Load>
      <p class="muted small">{t('told_rule')}</p>
    </section>
  );
}

function nameIn(c: string): string {
  const s = state.value;
  const channel = s?.channels[c];
  return s && channel ? channelName(s, channel) : c;
}
