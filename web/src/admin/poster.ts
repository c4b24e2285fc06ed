// Where everything stands on an A4 poster. Pure: words in, boxes out, in tenths of a millimetre.
// SVG text does not wrap by itself, so lines are broken here by estimated widths, which err on the wide side.

import type { PosterWords } from './poster-words.ts';

export const WIDTH = 2100;
export const HEIGHT = 2970;
const MARGIN = 180;
const INNER = WIDTH - 2 * MARGIN;

export interface Line {
  text: string;
  x: number;
  /** The baseline. */
  y: number;
  size: number;
  bold?: boolean;
  soft?: boolean;
  mono?: boolean;
  rtl?: boolean;
  middle?: boolean;
}
export interface Dot {
  x: number;
  y: number;
  r: number;
}
export interface Layout {
  lines: Line[];
  dots: Dot[];
  rules: { y: number }[];
  qr: { x: number; y: number; size: number };
}

export interface Poster {
  workspace: string;
  place: string;
  channels: string[];
  url: string;
  until: (words: PosterWords) => string;
  places: (words: PosterWords) => string;
  first: PosterWords;
  second: PosterWords | null;
}

const QR_SIZE = 1120;
const CHANNEL_LINES_MAX = 2;

export function layout(poster: Poster): Layout {
  const { first, second } = poster;
  const out: Layout = { lines: [], dots: [], rules: [], qr: { x: 0, y: 0, size: QR_SIZE } };
  let y = 150;
  const write = (text: string, size: number, look: Partial<Line> & { leading?: number }, most = 2): void => {
    const { leading: _, ...line } = look;
    for (const piece of wrap(text, size, INNER, most)) {
      y += Math.round(size * (look.leading ?? 1.18));
      out.lines.push({ text: piece, x: look.rtl ? WIDTH - MARGIN : MARGIN, y, size, ...line });
    }
  };

  write([poster.workspace, poster.place].filter(Boolean).join(' · '), 54, { soft: true, bold: true }, 1);
  y += 14;
  write(first.title, second ? 118 : 140, { bold: true, ...side(first) });
  if (second) {
    y += 20;
    write(second.title, 72, { soft: true, ...side(second) });
  }
  if (poster.channels.length) {
    y += 26;
    write(`${first.channels}: ${poster.channels.join(', ')}`, 50, side(first), CHANNEL_LINES_MAX);
  }

  const low = stepsHeight(second !== null);
  const footer = HEIGHT - 330;
  // The code takes the middle of what is left between the head and the steps.
  const room = footer - low - y;
  const size = Math.min(QR_SIZE, room - 100);
  out.qr = { x: (WIDTH - size) / 2, y: y + (room - size) / 2, size };

  y = footer - low;
  const rtl = first.rtl ?? false;
  first.steps.forEach((step, index) => {
    const base = y + 62;
    const dot = { x: rtl ? WIDTH - MARGIN - 42 : MARGIN + 42, y: base - 20, r: 42 };
    out.dots.push(dot);
    out.lines.push({ text: String(index + 1), x: dot.x, y: base, size: 54, bold: true, middle: true });
    out.lines.push({ text: fit(step, 64, INNER - 140), x: rtl ? WIDTH - MARGIN - 130 : MARGIN + 130, y: base, size: 64, bold: true, rtl });
    if (second) {
      // The second language stands on its own side of the line when it reads the other way.
      const other = second.rtl ?? false;
      out.lines.push({ text: fit(second.steps[index] ?? '', 46, INNER - 140), x: other ? WIDTH - MARGIN : MARGIN + 130, y: base + 62, size: 46, soft: true, rtl: other });
    }
    y += second ? 172 : 120;
  });

  out.rules.push({ y: footer });
  y = footer + 16;
  const small = { leading: 1.32 };
  write(first.promise, 42, { bold: true, ...small, ...side(first) }, 1);
  if (second) write(second.promise, 36, { soft: true, ...small, ...side(second) }, 1);
  write([poster.until(first), poster.places(first)].filter(Boolean).join(' · '), 38, { soft: true, ...small, ...side(first) }, 1);
  write(first.typed, 30, { soft: true, leading: 1.6, ...side(first) }, 1);
  // An address is never shortened: better small than wrong.
  const letters = Math.max(1, poster.url.length);
  const urlSize = Math.min(32, Math.floor(INNER / (letters * 0.62)));
  y += 42;
  out.lines.push({ text: poster.url, x: MARGIN, y, size: Math.max(18, urlSize), mono: true });
  return out;
}

function stepsHeight(two: boolean): number {
  return 3 * (two ? 172 : 120) + 30;
}

function side(words: PosterWords): { rtl?: boolean } {
  return words.rtl ? { rtl: true } : {};
}

/** Breaks at spaces into at most `most` lines; what does not fit ends in "…". */
export function wrap(text: string, size: number, width: number, most: number): string[] {
  const lines: string[] = [];
  let rest = text.trim().split(/\s+/).filter(Boolean);
  while (rest.length && lines.length < most) {
    let count = 1;
    while (count < rest.length && measure(rest.slice(0, count + 1).join(' '), size) <= width) count++;
    const last = lines.length === most - 1;
    lines.push(last ? fit(rest.join(' '), size, width) : fit(rest.slice(0, count).join(' '), size, width));
    rest = last ? [] : rest.slice(count);
  }
  return lines;
}

export function fit(text: string, size: number, width: number): string {
  if (measure(text, size) <= width) return text;
  const letters = [...text];
  while (letters.length > 1 && measure(`${letters.join('')}…`, size) > width) letters.pop();
  return `${letters.join('').trimEnd()}…`;
}

/** An upper estimate of how wide a bold text stands. */
export function measure(text: string, size: number): number {
  let ems = 0;
  for (const letter of text) ems += em(letter);
  return ems * size;
}

function em(letter: string): number {
  if (/[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE4F\uFF00-\uFF60]|\p{Extended_Pictographic}/u.test(letter)) return 1.1;
  if (/\p{M}/u.test(letter)) return 0;
  if (/[ilj.,:;'’|!]/.test(letter)) return 0.34;
  if (/[mwMW@—…%]/.test(letter)) return 0.95;
  if (/\p{Lu}/u.test(letter)) return 0.74;
  return letter === ' ' ? 0.3 : 0.6;
}
