// Days of a date field as moments in the viewer's zone.

const SHAPE = /^(\d{4,6})-(\d{2})-(\d{2})$/;

export function isoDay(ts: number): string {
  const day = new Date(ts);
  return `${String(day.getFullYear()).padStart(4, '0')}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

export function dayStart(day: string): number | null {
  return moment(day, 0);
}

/** The first moment outside: days with a change of clocks have 23 or 25 hours. */
export function dayAfter(day: string): number | null {
  return moment(day, 1);
}

function moment(day: string, plus: number): number | null {
  const found = SHAPE.exec(day);
  if (!found) return null;
  const date = new Date(Number(found[1]), Number(found[2]) - 1, Number(found[3]) + plus);
  return Number.isNaN(date.getTime()) || date.getTime() < 0 ? null : date.getTime();
}

const two = (n: number): string => String(n).padStart(2, '0');
