// Gives a command from a menu or a list, says what came of it, and shows meanwhile that something is under way.

import { signal } from '@preact/signals';
import { command } from '../core/live.ts';
import type { Ack, Command } from '../core/types.ts';
import { toastFault } from '../ui/toast.tsx';

/** How many commands wait for their answer. */
export const underWay = signal(0);

/** Undefined when it was refused, which the person has then been told. */
export async function act(words: Command): Promise<Ack | undefined> {
  underWay.value++;
  try {
    return await command(words);
  } catch (error) {
    toastFault(error);
    return undefined;
  } finally {
    underWay.value--;
  }
}
