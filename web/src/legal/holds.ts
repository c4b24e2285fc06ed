// What a hold preserves, in words; and which holds preserve the same. Computes, and asks nobody.

import { formatList } from '../core/i18n.ts';
import { utcDay } from '../core/time.ts';
import type { Hold, Id, Matter } from '../core/types.ts';
import { t } from './matter-words.ts';

export type Reach = Pick<Hold, 'channels' | 'people' | 'from_day' | 'to_day' | 'words'>;

const NAMES_MAX = 4;
const LAST_DAY = '9999-12-31';
const FIRST_DAY = '0000-01-01';

export function namesText(ids: Id[], nameOf: (id: Id) => string, most = NAMES_MAX): string {
  const names = ids.slice(0, most).map(nameOf);
  return ids.length > most ? t('and_more', { names: names.join(', '), n: ids.length - most }) : formatList(names);
}

/** One sentence each for where, whose, when, and saying what. */
export function willPreserve(reach: Reach, channelOf: (id: Id) => string, nameOf: (id: Id) => string): string[] {
  const { channels, people, from_day: from, to_day: to, words } = reach;
  const days = { from: from ? utcDay(from) : '', to: to ? utcDay(to) : '' };
  return [
    channels.length ? t('will_in', { channels: namesText(channels, channelOf, channels.length) }) : t('will_everywhere'),
    people.length ? t('will_by', { people: namesText(people, nameOf, people.length) }) : t('will_everybody'),
    from && to ? t(from === to ? 'will_one' : 'will_both', days) : from ? t('will_from', days) : to ? t('will_to', days) : t('will_always'),
    ...(words.length ? [t('will_words', { words: words.join('; ') })] : []),
  ];
}

export function daysText({ from_day: from, to_day: to }: Pick<Reach, 'from_day' | 'to_day'>): string {
  const days = { from: from ? utcDay(from) : '', to: to ? utcDay(to) : '' };
  if (from && to) return t(from === to ? 'days_one' : 'days_both', days);
  return from ? t('days_from', days) : to ? t('days_to', days) : t('every_day');
}

export interface Overlap {
  matter: Matter;
  hold: Hold;
  /** Everything of the one lies in the other as well. */
  whole: boolean;
}

/** The other holds that preserve something of this one, those that preserve all of it first. */
export function overlapsOf(reach: Reach, matters: Matter[], self?: Id): Overlap[] {
  const found = matters.flatMap((matter) =>
    matter.holds.filter((hold) => hold.id !== self && meets(reach, hold)).map((hold) => ({ matter, hold, whole: lies(reach, hold) })),
  );
  return found.sort((a, b) => Number(b.whole) - Number(a.whole) || a.matter.name.localeCompare(b.matter.name));
}

function meets(a: Reach, b: Reach): boolean {
  return share(a.channels, b.channels) && share(a.people, b.people) && (a.from_day ?? FIRST_DAY) <= (b.to_day ?? LAST_DAY) && (b.from_day ?? FIRST_DAY) <= (a.to_day ?? LAST_DAY);
}

function lies(a: Reach, b: Reach): boolean {
  return within(a.channels, b.channels) && within(a.people, b.people) && (b.from_day ?? FIRST_DAY) <= (a.from_day ?? FIRST_DAY) && (b.to_day ?? LAST_DAY) >= (a.to_day ?? LAST_DAY) && within(a.words, b.words);
}

/** An empty list means all. */
const share = (a: Id[], b: Id[]): boolean => !a.length || !b.length || a.some((id) => b.includes(id));
const within = (a: string[], b: string[]): boolean => !b.length || (a.length > 0 && a.every((id) => b.includes(id)));
