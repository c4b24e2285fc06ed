import { expect, it } from 'vitest';
import { HEIGHT, layout, measure, WIDTH, wrap, type Layout } from './poster.ts';
import { POSTERS } from './poster-words.ts';

const languages = Object.values(POSTERS);
const names = ['Line 3', 'x', '第三生产线夜班', 'Warehouse night shift and everything that belongs to it', '🏭🏭🏭', 'W'.repeat(80)];

function edges(out: Layout): { top: number; bottom: number; left: number; right: number; text: string }[] {
  return out.lines.map((line) => {
    const width = line.mono ? line.text.length * line.size * 0.61 : measure(line.text, line.size);
    const left = line.rtl ? line.x - width : line.middle ? line.x - width / 2 : line.x;
    return { top: line.y - line.size, bottom: line.y + line.size * 0.3, left, right: left + width, text: line.text };
  });
}

it('nothing_leaves_the_paper_or_covers_the_code_in_any_language', () => {
  for (const first of languages) {
    for (const second of [null, ...languages]) {
      for (const count of [0, 1, 6]) {
        const out = layout({
          workspace: names[count] ?? '',
          place: count ? 'Gate 2' : '',
          channels: names.slice(0, count),
          url: `https://chat.northwind-mills.example:8443/#/join/${'K'.repeat(26)}`,
          until: (words) => words.until('30 November 2026, 18:00'),
          places: (words) => words.places('10,000'),
          first,
          second,
        });
        const { qr } = out;
        expect(qr.size, `${first.name}+${second?.name} ${count}`).toBeGreaterThan(700);
        for (const box of edges(out)) {
          const at = `${first.name}+${second?.name} ${count}: ${box.text}`;
          expect(box.left, at).toBeGreaterThanOrEqual(100);
          expect(box.right, at).toBeLessThanOrEqual(WIDTH - 100);
          expect(box.top, at).toBeGreaterThanOrEqual(100);
          expect(box.bottom, at).toBeLessThanOrEqual(HEIGHT - 60);
          expect(box.bottom < qr.y || box.top > qr.y + qr.size, at).toBe(true);
        }
      }
    }
  }
});

it('an_address_is_never_shortened', () => {
  const url = `https://${'long.'.repeat(14)}example/#/join/${'K'.repeat(26)}`;
  const out = layout({ workspace: 'A', place: '', channels: [], url, until: () => '', places: () => '', first: POSTERS.en, second: null });
  expect(out.lines.some((line) => line.text === url)).toBe(true);
});

it('long_words_end_in_dots_and_lines_are_counted', () => {
  expect(wrap('a b', 10, 1000, 2)).toEqual(['a b']);
  expect(wrap('', 10, 1000, 2)).toEqual([]);
  const lines = wrap('one two three four five six seven', 100, 500, 2);
  expect(lines.length).toBe(2);
  expect(lines[1]?.endsWith('…')).toBe(true);
  for (const line of lines) expect(measure(line, 100)).toBeLessThanOrEqual(500);
});
