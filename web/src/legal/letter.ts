// The answer to a request to be forgotten: made of the certificates of what was destroyed and of nothing else. Pure.
// Whether something is kept for a matter is said only when whoever writes wants it said; without it, the same is said either way.

import { direction, LANGUAGES, translate, type Language } from '../core/i18n.ts';
import type { Destruction } from '../core/types.ts';
import { LETTERS, type LetterText } from './letter-text.ts';

export type Group = 'said' | 'name' | 'floored' | 'held' | 'acts';
export interface Verdict {
  group: Group;
  /** What is erased of it; of the others, what is kept. */
  verdict: 'erased' | 'kept';
  n: number;
  files: number;
  /** The day on which it is gone; null: nobody can say yet. */
  until: string | null;
}

/** What became of each group of a person's records, by the certificates of one order. */
export function verdicts(destroyed: Destruction[]): Verdict[] {
  const day = dayOf(Math.max(...destroyed.map((one) => one.done.at)));
  const rows: Verdict[] = [];
  const sum = (fact: 'records' | 'files'): number => destroyed.reduce((all, one) => all + (one.destroyed?.[fact] ?? 0), 0);
  rows.push({ group: 'said', verdict: 'erased', n: sum('records'), files: sum('files'), until: day });
  const kept = destroyed.flatMap((one) => one.kept ?? []);
  // What is kept of no channel is the name.
  const name = kept.filter((row) => row.channel === null);
  rows.push({ group: 'name', verdict: name.length ? 'kept' : 'erased', n: 0, files: 0, until: name.length ? (name[0]?.until ?? null) : day });
  const floored = new Map<string, number>();
  for (const row of kept) if (row.until) floored.set(row.until, (floored.get(row.until) ?? 0) + row.records);
  for (const [until, n] of [...floored].sort(([a], [b]) => (a < b ? -1 : 1))) rows.push({ group: 'floored', verdict: 'kept', n, files: 0, until });
  const held = kept.reduce((all, row) => all + (row.until ? 0 : row.records), 0);
  if (held) rows.push({ group: 'held', verdict: 'kept', n: held, files: 0, until: null });
  rows.push({ group: 'acts', verdict: 'kept', n: 0, files: 0, until: null });
  return rows;
}

export interface LetterOf {
  workspace: string;
  askedAt: number;
  today: number;
  destroyed: Destruction[];
  tellHeld: boolean;
}

export interface Letter {
  language: Language;
  workspace: string;
  date: string;
  title: string;
  done: string;
  head: [string, string, string];
  caption: string;
  rows: [string, string, string][];
  after: string[];
  sign: string;
}

export function letter(of: LetterOf, language: Language): Letter {
  const words = translate<keyof LetterText>(LETTERS[language], language);
  const digits = new Intl.NumberFormat(language);
  // The digits are the letter's, not the page's.
  const t: Say = (key, values) => words(key, { ...values, ...(typeof values?.n === 'number' ? { count: digits.format(values.n) } : {}) });
  const long = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { dateStyle: 'long', timeZone: 'UTC' });
  const date = (at: number): string => long.format(at);
  const doneAt = Math.max(...of.destroyed.map((one) => one.done.at));
  const rows: Letter['rows'] = verdicts(of.destroyed)
    .filter((row) => row.group !== 'held' || of.tellHeld)
    .map((row) => [t(row.group), answer(row, t, date(doneAt)), goes(row, t, date)]);
  const positions = new Intl.ListFormat(language).format(of.destroyed.map((one) => String(one.done.position)));
  return {
    language,
    workspace: of.workspace,
    date: date(of.today),
    title: t('title'),
    done: t('done', { asked: date(of.askedAt), done: date(doneAt) }),
    head: [t('what'), t('answer'), t('until')],
    caption: t('table'),
    rows,
    after: [...(of.tellHeld ? [] : [t('unsaid')]), t('proof', { positions }), t('rights')],
    sign: t('sign'),
  };
}

type Say = (key: keyof LetterText, values?: Record<string, string | number>) => string;

/** Of a name nothing is said here: it may be kept. */
function goes(row: Verdict, t: Say, date: (at: number) => string): string {
  if (row.group === 'held') return t('held_until');
  return row.until && row.group !== 'name' ? date(Date.parse(row.until)) : '';
}

function answer(row: Verdict, t: Say, done: string): string {
  switch (row.group) {
    case 'said':
      return row.n + row.files ? t('said_gone', { n: row.n, files: t('files', { n: row.files }) }) : t('said_none');
    case 'name':
      // True of a name that is erased and of one that is kept.
      return t('name_gone', { date: done });
    case 'floored':
      return t('floored_kept', { n: row.n });
    case 'held':
      return t('held_kept', { n: row.n });
    default:
      return t('acts_kept');
  }
}

const STYLE =
  'body{font:12pt/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:#111}h1{font-size:1.3rem}table{border-collapse:collapse;width:100%;margin:1rem 0}caption{text-align:start;font-weight:600;padding-block-end:.4rem}th,td{text-align:start;vertical-align:top;padding:.4rem .6rem .4rem 0;border-bottom:1px solid #bbb}.sign{margin-top:4rem;border-top:1px solid #111;width:16rem;padding-top:.3rem}';

/** A page by itself, to be kept, sent or printed. */
export function letterPage(of: Letter): string {
  const row = (tag: string, cells: string[]): string => `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  return [
    `<!doctype html><html lang="${of.language}" dir="${direction(of.language)}"><meta charset="utf-8"><title>${escaped(of.title)}</title><style>${STYLE}</style>`,
    `<p>${escaped(of.workspace)}<br>${escaped(of.date)}</p><h1>${escaped(of.title)}</h1><p>${escaped(of.done)}</p>`,
    `<table><caption>${escaped(of.caption)}</caption>${row('th', of.head)}${of.rows.map((cells) => row('td', cells)).join('')}</table>`,
    ...of.after.map((text) => `<p>${escaped(text)}</p>`),
    `<p class="sign">${escaped(of.sign)}</p></html>`,
  ].join('\n');
}

export const LETTER_LANGUAGES = Object.entries(LANGUAGES).map(([value, label]) => ({ value: value as Language, label }));

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
