// The times that are offered for sending later, in the zone of this device. Pure.

export type Moment = 'today' | 'tomorrow' | 'monday';
export interface Choice {
  when: Moment;
  at: number;
}

/** How far ahead the server takes it. */
export const AHEAD_DAYS = 120;

const MORNING = 9;
const LATER_HOURS = 3;
const EVENING = 20;
const MONDAY = 1;

/** Later today, while that is still today's work; tomorrow morning; and Monday morning, where that is another day. */
export function choices(now: Date): Choice[] {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate(), now.getHours() + LATER_HOURS + (now.getMinutes() ? 1 : 0));
  const tomorrow = morning(now, 1);
  const days = (MONDAY - now.getDay() + 7) % 7 || 7;
  const found: Choice[] = [];
  if (today.getDate() === now.getDate() && today.getHours() <= EVENING) found.push({ when: 'today', at: today.getTime() });
  found.push({ when: 'tomorrow', at: tomorrow });
  if (days > 1) found.push({ when: 'monday', at: morning(now, days) });
  return found;
}

function morning(now: Date, days: number): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, MORNING).getTime();
}

/** As a field for date and time has it. */
export function toField(at: number): string {
  const d = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
}

/** NaN for what is no time. */
export function fromField(text: string): number {
  return new Date(text).getTime();
}
