// The line under the composer: who may read this and how long it is kept, and in a slow channel when one may write again.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { state } from '../core/live.ts';
import type { State } from '../core/state.ts';
import type { Channel } from '../core/types.ts';
import { now } from '../core/ulid.ts';
import { Icon } from '../ui/icon.tsx';
import { lazy } from '../ui/lazy.tsx';
import { duration, historySentence, isOwner, ruleSentence } from './names.ts';
import { t } from './words.ts';

const Watched = lazy(() => import('./pages.ts').then((pages) => pages.Watched));

export function RuleLine({ channel }: { channel: Channel }) {
  const tick = useSignal(0);
  const slow = isOwner(state.value as State, channel) ? 0 : channel.slow;
  const due = slow && channel.wrote_at ? channel.wrote_at + slow * 1_000 : 0;
  useEffect(() => {
    if (due <= now()) return undefined;
    const timer = setInterval(() => {
      tick.value++;
      if (due <= now()) clearInterval(timer);
    }, 1_000);
    return () => clearInterval(timer);
  }, [due]);
  void tick.value;
  const left = Math.ceil((due - now()) / 1_000);
  return (
    <>
      {slow ? (
        <p class="composer-rule slow" role={left > 0 ? 'timer' : undefined}>
          <Icon name="clock" />
          <span class="clip">{left > 0 ? t('slow_wait', { time: clock(left) }) : t('slow_each', { time: duration(slow) })}</span>
        </p>
      ) : null}
      {channel.watched ? <Watched /> : null}
      <p class="composer-rule">
        <Icon name="lock" />
        {/* What will change is never cut off. */}
        <span class={channel.rule.next ? undefined : 'clip'}>
          {ruleSentence(channel)} {channel.history_days === null ? null : <span class="only-wide">{historySentence(channel)}</span>}
        </span>
      </p>
    </>
  );
}

/** "0:07", "12:30". */
function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
