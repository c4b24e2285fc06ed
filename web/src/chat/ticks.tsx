// How far an own message has come, as a mark with a spoken name.

import { ticks, type Ticks as Stage } from '../core/state.ts';
import type { Channel, Id } from '../core/types.ts';
import { t } from './words.ts';

export type TickState = Stage | 'waiting' | 'sending' | 'refused';

const NAMES = {
  waiting: 'tick_waiting',
  sending: 'tick_sending',
  sent: 'tick_sent',
  delivered: 'tick_delivered',
  read: 'tick_read',
  refused: 'tick_refused',
} as const;

const DRAWN: Record<TickState, string> = {
  waiting: 'M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11zM8 5v3.200l2 1.300',
  sending: 'M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11zM8 5v3.200l2 1.300',
  sent: 'M3.500 8.500l3 3 6-7',
  delivered: 'M1 8.500l3 3 6-7M7.500 11l.5.500 6-7',
  read: 'M1 8.500l3 3 6-7M7.500 11l.5.500 6-7',
  refused: 'M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11zM8 5v3.500M8 10.900v.1',
};

export function Ticks({ state }: { state: TickState }) {
  return (
    <svg class={`ticks ${state}`} viewBox="0 0 16 16" role="img" aria-label={t(NAMES[state])}>
      <path d={DRAWN[state]} />
    </svg>
  );
}

export function ticksOf(channel: Channel, me: Id, q: number): TickState {
  return ticks(channel, me, q);
}
