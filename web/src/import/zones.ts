// Offsets from UTC that phones can have, as a person reads them.

const MINUTE_MS = 60_000;
const OFFSETS = [
  -720, -660, -600, -570, -540, -480, -420, -360, -300, -240, -210, -180, -120, -60, 0, 60, 120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 525, 540, 570, 600, 630, 660, 720, 765, 780,
  840,
];

/** This device's own, in minutes east of UTC. */
export function ownOffset(): number {
  return -new Date().getTimezoneOffset();
}

export function zones(now = Date.now()): { value: string; label: string }[] {
  const all = OFFSETS.includes(ownOffset()) ? OFFSETS : [...OFFSETS, ownOffset()].sort((a, b) => a - b);
  return all.map((minutes) => ({ value: String(minutes), label: `UTC${offsetText(minutes)} · ${clockAt(now, minutes)}` }));
}

export function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** What a clock there shows now: easier to know than a number. */
function clockAt(now: number, minutes: number): string {
  const there = new Date(now + minutes * MINUTE_MS);
  return `${two(there.getUTCHours())}:${two(there.getUTCMinutes())}`;
}

const two = (n: number): string => String(n).padStart(2, '0');
