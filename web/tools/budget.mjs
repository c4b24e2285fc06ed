// What the browser must fetch, counted in gzip bytes against the budget. Fails when one is over.

import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
const KB = 1024;
const budgets = { 'first-load JS': [45, 60], 'first-load CSS': [8, 12], admin: [30, 45], legal: [25, 40], auditor: [25, 40], import: [25, 40] };
const LOCALE = [6, 10];

const files = readdirSync(new URL('assets/', dist));
const size = (path) => gzipSync(readFileSync(new URL(path, dist)), { level: 9 }).length;
const html = readFileSync(new URL('index.html', dist), 'utf8');
const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1]);

/** A chunk with everything that it imports and the entry does not. */
function closure(name) {
  const seen = new Set();
  const walk = (file) => {
    if (seen.has(file) || first.includes(`assets/${file}`)) return;
    seen.add(file);
    if (!file.endsWith('.js')) return;
    const text = readFileSync(new URL(`assets/${file}`, dist), 'utf8');
    for (const match of text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) walk(match[1]);
  };
  for (const file of files) if (file.startsWith(`${name}-`)) walk(file);
  return [...seen];
}

const sum = (paths) => paths.reduce((total, path) => total + size(path), 0);
const found = {
  'first-load JS': sum(first.filter((path) => path.endsWith('.js'))),
  'first-load CSS': sum(first.filter((path) => path.endsWith('.css'))),
};
for (const room of ['admin', 'legal', 'auditor', 'import']) found[room] = sum(closure(room).map((file) => `assets/${file}`));

// The words of one language that the first screen waits for, and each room's after it.
for (const file of files.filter((name) => /^words-\w+-\w\w-/.test(name))) {
  const name = file.split('-').slice(1, 3).join(' ');
  budgets[name] = LOCALE;
  found[name] = size(`assets/${file}`);
}

let over = false;
for (const [name, bytes] of Object.entries(found)) {
  const [target, limit] = budgets[name];
  const kb = bytes / KB;
  const verdict = kb > limit ? 'OVER' : kb > target ? 'above target' : 'ok';
  if (kb > limit) over = true;
  process.stdout.write(`${name.padEnd(16)} ${kb.toFixed(1).padStart(6)} KB gz   target ${target}, limit ${limit}   ${verdict}\n`);
}
process.exitCode = over ? 1 : 0;
