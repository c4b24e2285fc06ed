// Words on screen: typed catalogues, one per chunk, in the reader's language. Never builds a sentence from pieces.

import { preference, setPreference } from './store.ts';

type Values = Record<string, string | number>;
export type Catalogue = Readonly<Record<string, string>>;
export type Translate<K extends string> = (key: K, values?: Values) => string;

/** Each in its own words: whoever looks for hers cannot read the others. */
export const LANGUAGES = { en: 'English', nl: 'Nederlands', de: 'Deutsch', es: 'Español', ar: 'العربية' } as const;
export type Language = keyof typeof LANGUAGES;

const RTL: readonly Language[] = ['ar'];
const FORM = /^([a-z,]+): /;

/** What the device's list of languages says; a choice of one's own goes before it. */
export const language: Language = known(preference('language')) ?? wanted().map(known).find((one) => one !== null) ?? 'en';
/** The language of dates and numbers too, with the region that the device names. */
export const locale = localeOf(language);

const numbers = new Intl.NumberFormat(locale);
const lists = new Intl.ListFormat(locale, { type: 'conjunction' });

if (typeof document !== 'undefined') {
  document.documentElement.lang = language;
  document.documentElement.dir = direction(language);
}

/** Chosen on this device, or null where the device decides. */
export const chosenLanguage = (): Language | null => known(preference('language'));

/** Words are read once, when a chunk comes: another language is another start. */
export function setLanguage(next: Language | null): void {
  setPreference('language', next);
  location.reload();
}

export function direction(of: Language): 'ltr' | 'rtl' {
  return RTL.includes(of) ? 'rtl' : 'ltr';
}

/** Files still on their way: a chunk's words come with the chunk, and nothing of it is shown before them. */
const coming = new Set<Promise<void>>();

export async function wordsReady(): Promise<void> {
  while (coming.size) await Promise.all(coming);
}

/**
 * A translator over one chunk's catalogue, with the chosen language's file laid over the English. What it lacks, or a file that
 * cannot be fetched, stays English.
 */
export function translator<K extends string>(english: Readonly<Record<K, string>>, files: Record<string, () => Promise<Catalogue>>): Translate<K> {
  const words = { ...english };
  const load = Object.entries(files).find(([path]) => path.endsWith(`.${language}.ts`))?.[1];
  if (load) {
    const file = load().then(
      (own) => void Object.assign(words, own),
      () => undefined,
    );
    coming.add(file);
    void file.then(() => coming.delete(file));
  }
  return translate(words, locale);
}

/**
 * `{name}` is replaced. A text with `|` has forms chosen by `{n}`: two are the singular and the plural; a language with more names
 * them by their plural categories, as in `one: …|two: …|few: …|many,other: …`.
 */
export function translate<K extends string>(catalogue: Readonly<Record<K, string>>, tag: string): Translate<K> {
  const plural = new Intl.PluralRules(tag);
  return (key, values) => fill(typeof values?.n === 'number' ? choose(catalogue[key], plural.select(values.n)) : catalogue[key], values);
}

/** The forms of a text by category; one without forms has none. */
export function forms(text: string): Record<string, string> {
  if (!text.includes('|')) return {};
  const parts = text.split('|');
  if (!FORM.test(text)) return { one: parts[0] ?? '', other: parts[1] ?? '' };
  return Object.fromEntries(parts.flatMap((part) => (FORM.exec(part)?.[1] ?? '').split(',').map((category) => [category, part.replace(FORM, '')])));
}

export function formatNumber(value: number): string {
  return numbers.format(value);
}

/** "Ada, Bilal and Chen" in the way of the language. */
export function formatList(words: string[]): string {
  return lists.format(words);
}

export function formatBytes(size: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  let value = size;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = value < 10 && unit > 0 ? 1 : 0;
  return new Intl.NumberFormat(locale, { style: 'unit', unit: units[unit] ?? 'byte', maximumFractionDigits: digits }).format(value);
}

function choose(text: string, category: string): string {
  if (!text.includes('|')) return text;
  const found = forms(text);
  return found[category] ?? found.other ?? text;
}

function fill(text: string, values?: Values): string {
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = values[name];
    return value === undefined ? hole : typeof value === 'number' ? formatNumber(value) : value;
  });
}

function wanted(): readonly string[] {
  return typeof navigator === 'undefined' ? [] : navigator.languages;
}

function known(tag: string | null): Language | null {
  const short = tag?.split('-')[0] ?? '';
  return Object.hasOwn(LANGUAGES, short) ? (short as Language) : null;
}

function localeOf(of: Language): string {
  const tags = wanted();
  const own = tags.find((tag) => known(tag) === of);
  const region = tags[0] && /-([A-Z]{2})\b/.exec(tags[0])?.[1];
  const tag = own ?? (region ? `${of}-${region}` : of);
  // Positions, sizes and hashes of the record are compared by eye: the same digits in every language.
  return of === 'ar' ? `${new Intl.Locale(tag).baseName}-u-nu-latn` : tag;
}
