import { describe, expect, it } from 'vitest';
import { forms, LANGUAGES, translate, type Catalogue, type Language } from './i18n.ts';

const english = import.meta.glob<Catalogue>(['../**/{words,*-words}.ts', '!../admin/poster-words.ts'], { import: 'english', eager: true });
const others = import.meta.glob<Catalogue>('../**/{words,*-words}.*.ts', { import: 'default', eager: true });
const catalogues = Object.entries(english);
const languages = (Object.keys(LANGUAGES) as Language[]).filter((language) => language !== 'en');

const holes = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g))].sort();
/** Exact millions in Spanish are the one category that no text here needs. */
const categories = (language: Language): string[] => new Intl.PluralRules(language).resolvedOptions().pluralCategories.filter((one) => language === 'ar' || one === 'one' || one === 'other').sort();

it('every catalogue is found', () => {
  expect(catalogues.map(([path]) => path)).toEqual(expect.arrayContaining(['../chat/words.ts', '../admin/words.ts', '../legal/words.ts', '../rooms/ledger-words.ts', './words.ts']));
  expect(Object.keys(others).length).toBe(catalogues.length * languages.length);
});

describe.each(languages)('in %s', (language) => {
  it.each(catalogues)('%s says everything, and nothing else', (path, words) => {
    const own = others[path.replace(/\.ts$/, `.${language}.ts`)] ?? {};
    expect(Object.keys(words).filter((key) => !own[key]?.trim()), 'not translated').toEqual([]);
    expect(Object.keys(own).filter((key) => !(key in words)), 'not in English').toEqual([]);
  });

  it.each(catalogues)('%s keeps every {placeholder} and has every plural form', (path, words) => {
    const own = others[path.replace(/\.ts$/, `.${language}.ts`)] ?? {};
    for (const [key, text] of Object.entries(words)) {
      const said = own[key] ?? '';
      expect(holes(said), key).toEqual(holes(text));
      expect(Object.keys(forms(said)).sort(), `forms of ${key}`).toEqual(Object.keys(forms(text)).length ? categories(language) : []);
      for (const [category, form] of Object.entries(forms(said))) {
        // "two messages" is a word of its own where the language has one; what is counted by a number names it.
        const needed = holes(text).filter((hole) => hole !== '{n}' || !['zero', 'one', 'two'].includes(category));
        expect(holes(form), `${key}, ${category}`).toEqual(expect.arrayContaining(needed));
      }
    }
  });

  it('no form is cut off by a stray mark', () => {
    for (const [path, own] of Object.entries(others).filter(([name]) => name.endsWith(`.${language}.ts`))) {
      const t = translate(own, language);
      for (const key of Object.keys(own)) {
        for (const n of [0, 1, 2, 3, 11, 100, 1_000_000]) expect(t(key, { n }), `${path} ${key}`).not.toMatch(/\||^(zero|one|two|few|many|other)\b.*: /);
      }
    }
  });
});
