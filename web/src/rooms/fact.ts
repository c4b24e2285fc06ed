// One fact of a ledger entry as text. What it does not know it shows as recorded, never hides.

import { formatBytes, formatList, formatNumber } from '../core/i18n.ts';
import { dateTime, utcDay } from '../core/time.ts';
import { t as ledger } from './ledger-words.ts';
import { t } from './words.ts';

const DAY_MS = 86_400_000;
const NAMES_MAX = 6;
const PEOPLE = new Set(['person', 'people', 'owners', 'members', 'mentions']);
const TIMES = new Set(['expires_at', 'lapses_at', 'takes_effect_at', 'from', 'to']);
const DAYS = new Set(['from_day', 'to_day']);
const PLACES = new Set(['of', 'first', 'upto', 'thread', 'reply']);

export function factText(fact: string, value: unknown, nameOf: (id: string) => string, channelOf = nameOf): string {
  if (typeof value === 'boolean') return ledger(value ? 'yes' : 'no');
  if (fact === 'keep' || fact === 'floor') return keepText(value);
  if (fact === 'dooms') return doomsText(value);
  if (fact === 'why' && (value === 'unapproved' || value === 'forbidden')) return ledger(`why_${value}`);
  if (DAYS.has(fact) && typeof value === 'number') return daysText([value]);
  if (fact === 'messages' && isNumbers(value)) return value.map((q) => `#${q}`).join(', ');
  if (fact === 'days' && isNumbers(value)) return daysText(value);
  if (fact === 'ranges' && Array.isArray(value)) return value.filter(isNumbers).map(rangeText).join(', ');
  if (PEOPLE.has(fact)) return namesText(Array.isArray(value) ? value : [value], nameOf);
  if (fact === 'community') return namesText([value], channelOf);
  if ((fact === 'channels' || fact === 'seen') && Array.isArray(value)) return namesText(value, channelOf);
  if (fact === 'formats' && Array.isArray(value)) return formatList(value.map(String));
  if ((fact === 'places' || fact === 'kept') && Array.isArray(value)) return countsText(value as Record<string, unknown>[]);
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

/** What a dry run gave, in counts and days. */
function doomsText(value: unknown): string {
  const { messages, files, first_day, last_day } = (value ?? {}) as Record<string, unknown>;
  if (typeof messages !== 'number' || typeof files !== 'number') return JSON.stringify(value);
  if (typeof first_day !== 'number' || typeof last_day !== 'number') return ledger('dooms_none');
  const days = first_day === last_day ? dayText(first_day) : `${dayText(first_day)} – ${dayText(last_day)}`;
  return formatList([t('messages', { n: messages }), t('files', { n: files }), days]);
}

/** Rows of a destruction's intent, all in all. */
function countsText(rows: Record<string, unknown>[]): string {
  const n = rows.reduce((sum, row) => sum + (typeof row.messages === 'number' ? row.messages : 0), 0);
  return t('messages', { n });
}

function daysText(days: number[]): string {
  const [first] = days;
  const last = days.at(-1);
  if (first === undefined || last === undefined) return '';
  return first === last ? dayText(first) : `${dayText(Math.min(...days))} – ${dayText(Math.max(...days))} (${t('days', { n: days.length })})`;
}

const dayText = (day: number): string => utcDay(new Date(day * DAY_MS).toISOString().slice(0, 10));

function rangeText([from = 0, to = 0]: number[]): string {
  return from === to ? `#${from}` : `#${from}–#${to}`;
}

function namesText(ids: unknown[], nameOf: (id: string) => string): string {
  const names = ids.slice(0, NAMES_MAX).map((id) => nameOf(String(id)));
  if (ids.length > NAMES_MAX) names.push(`+${ids.length - NAMES_MAX}`);
  return formatList(names);
}

const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every((one) => typeof one === 'number');
