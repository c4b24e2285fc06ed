import { describe, expect, it } from 'vitest';
import { firstLink, hasLink, isJumbo, mentioned, type Node, parse, plain, safeHref } from './text.ts';

const show = (nodes: Node[]): string =>
  nodes.map((node) => (node.type === 'text' ? node.text : 'children' in node ? `<${node.type}>${show(node.children)}</${node.type}>` : `<${node.type}>${node.text}</${node.type}>`)).join('');
const read = (text: string, mentions: { id: string; name: string }[] = []) => show(parse(text, mentions));

describe('marks', () => {
  it.each([
    ['Line 3 is *down*', 'Line 3 is <bold>down</bold>'],
    ['_a_ ~b~ `c`', '<italic>a</italic> <strike>b</strike> <code>c</code>'],
    ['*bold _and italic_*', '<bold>bold <italic>and italic</italic></bold>'],
    ['2 * 3 * 4', '2 * 3 * 4'],
    ['snake_case_name', 'snake_case_name'],
    ['*not closed', '*not closed'],
    ['*over\nlines*', '*over\nlines*'],
    ['`*code*`', '<code>*code*</code>'],
    ['**', '**'],
    ['a\n```\nx *y*\n```\nb', 'a<block>x *y*</block>b'],
    ['```open', '```open'],
  ])('%j', (text, shown) => expect(read(text)).toBe(shown));
});

describe('links', () => {
  it.each([
    ['See https://example.com/a?b=1.', 'See <link>https://example.com/a?b=1</link>.'],
    ['(https://example.com/x_(y))', '(<link>https://example.com/x_(y)</link>)'],
    ['write to ada@example.com!', 'write to <link>ada@example.com</link>!'],
    ['*https://example.com*', '<bold><link>https://example.com</link></bold>'],
    ['javascript:alert(1)', 'javascript:alert(1)'],
    ['https://', 'https://'],
  ])('%j', (text, shown) => expect(read(text)).toBe(shown));
  it('only ever lead to http, https or mail', () => {
    for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'vbscript:x', 'JaVaScRiPt:x@y.z', '//example.com']) {
      const href = safeHref(bad);
      expect(href === null || href.startsWith('mailto:')).toBe(true);
    }
  });
});

describe('mentions', () => {
  const people = [
    { id: '1', name: 'Ada' },
    { id: '2', name: 'Ada Lovelace' },
  ];
  it('take the longest name', () => expect(read('@Ada Lovelace and @Ada', people)).toBe('<mention>@Ada Lovelace</mention> and <mention>@Ada</mention>'));
  it('need a beginning', () => expect(read('mail@Ada', people)).toBe('mail@Ada'));
  it('are only those whose name still stands', () => expect(mentioned('hi @Ada', [{ id: '1', name: 'Ada' }, { id: '3', name: 'Bob' }])).toEqual(['1']));
});

describe('any text', () => {
  it('comes back letter for letter, but for its marks', () => {
    let seed = 99;
    const random = (n: number) => (seed = (seed * 16807) % 2147483647) % n;
    const alphabet = ['*', '_', '~', '`', '```', ' ', '\n', 'a', 'ß', '@', 'Ada', 'https://x.y/', '<b>', '👍', '(', ')'];
    for (let round = 0; round < 400; round++) {
      const text = Array.from({ length: random(40) }, () => alphabet[random(alphabet.length)]).join('');
      const strip = (words: string) => words.replace(/[*_~`\n]/g, '');
      const flat = (nodes: Node[]): string => nodes.map((node) => ('children' in node ? flat(node.children) : node.text)).join('');
      expect(strip(flat(parse(text, [{ id: '1', name: 'Ada' }])))).toBe(strip(text));
    }
  });
  it('is read in no time, however it is built', () => {
    for (const nasty of ['*a'.repeat(8000), '_*~'.repeat(5000), '`'.repeat(16000), 'a@'.repeat(8000), 'https://a'.repeat(1800), '@Ada'.repeat(4000), '```'.repeat(5000)]) {
      const began = performance.now();
      parse(nasty, [{ id: '1', name: 'Ada' }]);
      expect(performance.now() - began).toBeLessThan(250);
    }
  });
});

it('one line for the list', () => expect(plain('*Fire*\n_drill_ `now`')).toBe('Fire drill now'));
it('only few emoji are shown large', () => {
  expect([isJumbo('👍'), isJumbo('👨‍👩‍👧 ❤️'), isJumbo('12'), isJumbo('ok 👍'), isJumbo('👍👍👍👍'), isJumbo('')]).toEqual([true, true, false, false, false, false]);
});

it('the first page that is linked to, as it is written, and no address in code or of mail', () => {
  expect(firstLink('see *https://a.example/x_y*, then http://b.example')).toBe('https://a.example/x_y');
  expect(firstLink('ann@a.example and mailto:b@a.example')).toBeNull();
  expect(firstLink('`https://a.example` and ```https://b.example```')).toBeNull();
  expect(firstLink('nothing')).toBeNull();
});

it('a text has the very link, or it has not', () => {
  const link = 'https://bank.example/a';
  for (const text of [link, `see ${link}.`, `(${link}), please`, `*${link}*\nand more`, `${link}b or ${link}?`]) expect(hasLink(text, link), text).toBe(true);
  for (const text of ['', `${link}b`, `${link}.evil.example/`, `${link}/b`, `${link}?b`, `x${link}`, link.toUpperCase()]) expect(hasLink(text, link), text).toBe(false);
});
