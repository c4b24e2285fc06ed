// What an order is called, how its state looks, and whose turn it is.

import type { Order } from '../core/types.ts';
import { channelName, me, nameOf } from './known.ts';
import { t } from './order-words.ts';

export const LOOK = { waiting: 'sun', refused: '', approved: 'sun', done: 'good' } as const;

export function isMineToDecide(order: Order): boolean {
  return order.state === 'waiting' && order.by !== me()?.id;
}

/** What is left of a redaction is nothing once it is done: then only the channel is told. */
export function orderTitle(order: Order): string {
  if (order.kind === 'erase') return order.state === 'done' ? t('erase_forgotten') : t('erase_of', { name: nameOf(order.person) });
  const channel = channelName(order.c);
  return order.q.length ? t('redact_of', { messages: t('messages', { n: order.q.length }), channel }) : t('redact_in', { channel });
}
