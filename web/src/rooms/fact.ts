// One fact of a ledger entry as text. What it does not know it shows as recorded, never hides.

import { formatBytes, formatList, formatNumber } from '../core/i18n.ts';
import { dateTime, utcDay } from '../core/time.ts';
import { t as ledger } from './ledger-words.ts';
import { t } from './words.ts';

const DAY_MS = 86_400_000;
const NAMES_MAX = 6;
const PEOPLE = new Set(['person', 'owners', 'members', 'mentions']);
const TIMES = new Set(['expires_at', 'from', 'to']);
const PLACES = new Set(['of', 'upto', 'thread', 'reply']);

export function factText(fact: string, value: unknown, nameOf: (id: string) => string, channelOf = nameOf): string {
  if (typeof value === 'boolean') return ledger(value ? 'yes' : 'no');
  if (fact === 'keep') return keepText(value);
  if (fact === 'days' && isNumbers(value)) return daysText(value);
  if (fact === 'ranges' && Array.isArray(value)) return value.filter(isNumbers).map(rangeText).join(', ');
  if (PEOPLE.has(fact)) return namesText(Array.isArray(value) ? value : [value], nameOf);
  if (fact === 'channels' && Array.isArray(value)) return namesText(value, channelOf);
  if (typeof value === 'number') {
    if (TIMES.has(fact)) return dateTime(value);
    if (PLACES.has(fact)) return `#${value}`;
    return fact === 'bytes' ? formatBytes(value) : formatNumber(value);
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function keepText(value: unknown): string {
  if (value === 'forever') return t('for_ever');
  if (value === 'inherit') return t('as_workspace');
  const days = typeof value === 'object' && value ? (value as { days?: unknown }).days : value;
  return typeof days === 'number' ? t('days', { n: days }) : JSON.stringify(value);
}

function daysText(days: number[]): string {
  const name = (day: number): string => utcDay(new Date(day * DAY_MS).toISOString().slice(0, 10));
  const [first] = days;
  const last = days.at(-1);
  if (first === undefined || last === undefined) return '';
  return first === last ? name(first) : `${name(Math.min(...days))} – ${name(Math.max(...days))} (${t('days', { n: days.length })})`;
}

function rangeText([from = 0, to = 0]: number[]): string {
  return from === to ? `#${from}` : `#${from}–#${to}`;
}

function namesText(ids: unknown[], nameOf: (id: string) => string): string {
  const names = ids.slice(0, NAMES_MAX).map((id) => nameOf(String(id)));
  if (ids.length > NAMES_MAX) names.push(`+${ids.length - NAMES_MAX}`);
  return formatList(names);
}

const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every((one) => typeof one === 'number');
