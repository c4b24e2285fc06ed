// The way to a direct channel.

import { command, state } from '../core/live.ts';
import { go, href } from '../core/route.ts';
import type { Id } from '../core/types.ts';
import { toastFault } from '../ui/toast.tsx';
import { otherOf } from './names.ts';

/** Opens the direct channel with somebody, making it when there is none. */
export async function directWith(person: Id): Promise<void> {
  const s = state.peek();
  const known = Object.values(s?.channels ?? {}).find((channel) => s && channel.kind === 'direct' && otherOf(s, channel) === person);
  if (known) {
    go(href('c', known.id));
    return;
  }
  try {
    const ack = await command({ t: 'channel.direct', with: person });
    go(href('c', ack.c ?? ''));
  } catch (error) {
    toastFault(error);
  }
}
