// Words on screen: typed catalogues, one per chunk. Never builds a sentence from pieces.

type Values = Record<string, string | number>;
export type Translate<K extends string> = (key: K, values?: Values) => string;

/** The language of dates, numbers and plurals: the catalogue's, with the person's region when it agrees. */
export const locale = pick(['en']);
const plural = new Intl.PluralRules(locale);
const numbers = new Intl.NumberFormat(locale);
const lists = new Intl.ListFormat(locale, { type: 'conjunction' });

/**
 * A translator over one chunk's catalogue. `{name}` is replaced; a text with `|` has a singular and a plural form, chosen by `{n}`.
 */
export function translator<K extends string>(catalogue: Readonly<Record<K, string>>): Translate<K> {
  return (key, values) => fill(choose(catalogue[key], values), values);
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

function choose(text: string, values?: Values): string {
  if (!text.includes('|') || typeof values?.n !== 'number') return text;
  const [one = text, other = text] = text.split('|');
  return plural.select(values.n) === 'one' ? one : other;
}

function fill(text: string, values?: Values): string {
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = values[name];
    return value === undefined ? hole : typeof value === 'number' ? formatNumber(value) : value;
  });
}

function pick(have: string[]): string {
  const wanted = typeof navigator === 'undefined' ? [] : navigator.languages;
  return wanted.find((tag) => have.includes(tag.split('-')[0] ?? '')) ?? have[0] ?? 'en';
}
