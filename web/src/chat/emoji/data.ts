// All emoji, by group and by word, with the tones of skin. Fetched when somebody first looks for one.

import { language } from '../../core/i18n.ts';
import { preference, setPreference } from '../../core/store.ts';

export interface Emoji {
  sign: string;
  name: string;
  words: string;
  toned: boolean;
}

export const GROUPS = ['smileys', 'people', 'nature', 'food', 'travel', 'activities', 'objects', 'symbols', 'flags'] as const;
export type Group = (typeof GROUPS)[number];
export const TONES = ['', '\u{1F3FB}', '\u{1F3FC}', '\u{1F3FD}', '\u{1F3FE}', '\u{1F3FF}'] as const;

const RECENT = 24;
const FOUND = 120;

type Module = Promise<{ default: string[] }>;
/** Nobody publishes the words in Arabic: there the English ones are searched. */
const FILES: Record<string, () => Module> = {
  en: () => import('virtual:emoji/en'),
  nl: () => import('virtual:emoji/nl'),
  de: () => import('virtual:emoji/de'),
  es: () => import('virtual:emoji/es'),
};

let loaded: Promise<Record<Group, Emoji[]>> | undefined;

export function allEmoji(): Promise<Record<Group, Emoji[]>> {
  loaded ??= (FILES[language] ?? FILES.en as () => Module)().then(
    (module) => Object.fromEntries(GROUPS.map((group, index) => [group, read(module.default[index] ?? '')])) as Record<Group, Emoji[]>,
  );
  loaded.catch(() => (loaded = undefined));
  return loaded;
}

export function read(text: string): Emoji[] {
  return text.split('\n').flatMap((line) => {
    const [, sign, mark, name, words] = /^([^+=]+|[*#0-9]\S+)([+=])([^|]*)\|(.*)$/u.exec(line) ?? [];
    return sign && name !== undefined ? [{ sign, name, words: words ?? '', toned: mark === '+' }] : [];
  });
}

/** Every word must begin one of the emoji's; those named so come before those only related. */
export function search(all: Record<Group, Emoji[]>, wanted: string): Emoji[] {
  const words = wanted.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const fits = (text: string) => words.every((word) => ` ${text}`.includes(` ${word}`));
  const named: Emoji[] = [];
  const related: Emoji[] = [];
  for (const one of GROUPS.flatMap((group) => all[group])) {
    if (fits(one.name)) named.push(one);
    else if (fits(`${one.name} ${one.words}`)) related.push(one);
  }
  return [...named, ...related].slice(0, FOUND);
}

export function inTone({ sign, toned }: Emoji, tone: number): string {
  if (!toned || !tone) return sign;
  const [first = '', ...rest] = [...sign];
  return first + TONES[tone] + rest.join('').replace(/^\uFE0F/, '');
}

export function keptTone(): number {
  const kept = Number(preference('emoji-tone'));
  return TONES[kept] === undefined ? 0 : kept;
}

export function keepTone(tone: number): void {
  setPreference('emoji-tone', tone ? String(tone) : null);
}

export function recent(): string[] {
  return (preference('emoji-recent') ?? '').split(' ').filter(Boolean);
}

export function used(sign: string): void {
  setPreference('emoji-recent', [sign, ...recent().filter((one) => one !== sign)].slice(0, RECENT).join(' '));
}
