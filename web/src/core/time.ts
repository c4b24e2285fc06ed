// Times as people say them, in the viewer's zone. Never guesses a zone for somebody else.

import { locale } from './i18n.ts';

const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(locale, { weekday: 'long' });
const shortDay = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
const fullDay = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' });
const weekdayDay = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' });
const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

export const time = (ts: number): string => clock.format(ts);
export const date = (ts: number): string => fullDay.format(ts);
export const dateTime = (ts: number): string => full.format(ts);
/** For a title: the same moment without any zone to argue about. */
export const utc = (ts: number): string => `${new Date(ts).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** A key that is the same for all moments of one local day. */
export function dayKey(ts: number): string {
  const d = new Date(ts);
  return `${d.getFullYear()}-${d.getMonth() + 1}-${d.getDate()}`;
}

/** Date chips: today, yesterday, a weekday within the week, else the date. */
export function dayName(ts: number, now = Date.now()): string {
  const days = daysBetween(ts, now);
  if (days === 0 || days === 1) return capital(relative.format(-days, 'day'));
  if (days > 1 && days < 7) return weekday.format(ts);
  return new Date(ts).getFullYear() === new Date(now).getFullYear() ? weekdayDay.format(ts) : fullDay.format(ts);
}

/** The channel list: the time today, else ever coarser. */
export function shortWhen(ts: number, now = Date.now()): string {
  const days = daysBetween(ts, now);
  if (days <= 0) return time(ts);
  if (days === 1) return capital(relative.format(-1, 'day'));
  if (days < 7) return weekday.format(ts);
  return new Date(ts).getFullYear() === new Date(now).getFullYear() ? shortDay.format(ts) : fullDay.format(ts);
}

/** "5 minutes ago", for things that change while one looks. */
export function ago(ts: number, now = Date.now()): string {
  const seconds = Math.round((ts - now) / 1000);
  const steps: [number, Intl.RelativeTimeFormatUnit][] = [
    [60, 'second'],
    [60, 'minute'],
    [24, 'hour'],
    [30, 'day'],
    [12, 'month'],
  ];
  let value = seconds;
  for (const [size, unit] of steps) {
    if (Math.abs(value) < size) return relative.format(Math.round(value), unit);
    value /= size;
  }
  return relative.format(Math.round(value), 'year');
}

/** A UTC day as retention counts them, `2026-08-01`, shown as a date. */
export function utcDay(day: string): string {
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).format(Date.parse(`${day}T00:00:00Z`));
}

function daysBetween(ts: number, now: number): number {
  const a = new Date(ts);
  const b = new Date(now);
  return Math.round((Date.UTC(b.getFullYear(), b.getMonth(), b.getDate()) - Date.UTC(a.getFullYear(), a.getMonth(), a.getDate())) / 86_400_000);
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}
