// Message text into a small syntax tree. Nothing here is markup: what is not understood stays text.
// *bold* _italic_ ~strike~ `code` ```block``` links and @mentions. Linear in the text's length for a fixed depth.

export type Node =
  | { type: 'text'; text: string }
  | { type: 'bold' | 'italic' | 'strike'; children: Node[] }
  | { type: 'code' | 'block'; text: string }
  | { type: 'link'; text: string; href: string }
  | { type: 'mention'; text: string; id: string };

export interface Mentionable {
  id: string;
  name: string;
}

const MAX_DEPTH = 6;
const STYLES: Record<string, 'bold' | 'italic' | 'strike'> = { '*': 'bold', _: 'italic', '~': 'strike' };
const LINK = /(?:https?:\/\/|mailto:)[^\s<>"'`]+|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}/giy;
const LINK_START = /[\w.+-]/;

export function parse(text: string, mentions: Mentionable[] = []): Node[] {
  const nodes: Node[] = [];
  const parts = text.split('```');
  // An opening fence without its end is no fence.
  const odd = parts.length % 2 === 0;
  if (odd) {
    const last = parts.pop() ?? '';
    parts.push(`${parts.pop() ?? ''}\`\`\`${last}`);
  }
  parts.forEach((part, index) => {
    if (index % 2) {
      const code = part.replace(/^\n|\n$/g, '');
      nodes.push(code ? { type: 'block', text: code } : { type: 'text', text: '``````' });
      return;
    }
    // The line breaks that set a block apart belong to it.
    const before = index > 0 ? part.replace(/^\n/, '') : part;
    const after = index < parts.length - 1 ? before.replace(/\n$/, '') : before;
    if (after) nodes.push(...inline(after, mentions));
  });
  return nodes;
}

/** One line for lists, notifications and quotes. */
export function plain(text: string): string {
  return flat(parse(text)).replace(/\s+/g, ' ').trim();
}

/** Only emoji, and few of them: shown large. */
export function isJumbo(text: string): boolean {
  const trimmed = text.trim();
  if (!trimmed || trimmed.length > 40 || !/^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\s)+$/u.test(trimmed) || /^[\d\s#*]+$/.test(trimmed)) return false;
  return [...new Intl.Segmenter().segment(trimmed.replace(/\s/g, ''))].length <= 3;
}

/** Who is really mentioned: those picked whose name still stands in the text. */
export function mentioned(text: string, picked: Mentionable[]): string[] {
  return [...new Set(picked.filter((one) => text.includes(`@${one.name}`)).map((one) => one.id))];
}

function flat(nodes: Node[]): string {
  return nodes.map((node) => ('children' in node ? flat(node.children) : node.type === 'block' ? ` ${node.text} ` : node.text)).join('');
}

function inline(text: string, mentions: Mentionable[]): Node[] {
  // Longest names first, so that "@Ada Lovelace" is not taken for "@Ada".
  const names = [...mentions].sort((a, b) => b.name.length - a.name.length);
  return scan(text, 0, text.length, names, closers(text), 0);
}

function scan(text: string, from: number, to: number, names: Mentionable[], ends: Ends, depth: number): Node[] {
  const nodes: Node[] = [];
  let plainFrom = from;
  let i = from;
  const push = (node: Node, next: number) => {
    if (plainFrom < i) nodes.push({ type: 'text', text: text.slice(plainFrom, i) });
    nodes.push(node);
    i = next;
    plainFrom = next;
  };
  while (i < to) {
    const letter = text[i] ?? '';
    const style = STYLES[letter];
    if (letter === '`') {
      const end = text.indexOf('`', i + 1);
      if (end > i + 1 && end < to && !text.slice(i, end).includes('\n')) {
        push({ type: 'code', text: text.slice(i + 1, end) }, end + 1);
        continue;
      }
    } else if (style && depth < MAX_DEPTH && opens(text, i)) {
      const end = ends.next(letter, i + 1);
      if (end > i + 1 && end < to) {
        push({ type: style, children: scan(text, i + 1, end, names, ends, depth + 1) }, end + 1);
        continue;
      }
    } else if (letter === '@' && !word(text[i - 1])) {
      const name = names.find((one) => text.startsWith(one.name, i + 1) && i + 1 + one.name.length <= to);
      if (name) {
        push({ type: 'mention', text: `@${name.name}`, id: name.id }, i + 1 + name.name.length);
        continue;
      }
    } else if (LINK_START.test(letter) && !LINK_START.test(text[i - 1] ?? ' ')) {
      LINK.lastIndex = i;
      const match = LINK.exec(text)?.[0];
      const shown = match ? trimLink(match).slice(0, to - i) : '';
      const href = shown ? safeHref(shown) : null;
      if (href) {
        push({ type: 'link', text: shown, href }, i + shown.length);
        continue;
      }
    }
    i++;
  }
  if (plainFrom < to) nodes.push({ type: 'text', text: text.slice(plainFrom, to) });
  return nodes;
}

/** The first page that the text links to, as it is written there. */
export function firstLink(text: string): string | null {
  const first = (nodes: Node[]): string | null => {
    for (const node of nodes) {
      const found = node.type === 'link' ? (/^https?:/i.test(node.text) ? node.text : null) : 'children' in node ? first(node.children) : null;
      if (found) return found;
    }
    return null;
  };
  return first(parse(text));
}

/** Does the text have this very link? One that only begins alike leads elsewhere. As the server has it. */
export function hasLink(text: string, link: string): boolean {
  for (let at = text.indexOf(link); at >= 0; at = text.indexOf(link, at + 1)) {
    const after = text.slice(at + link.length).replace(/^[.,;:!?)\]}>"'`*_~…]+/, '');
    if (!word(text[at - 1]) && (!after || /^\s/.test(after))) return true;
  }
  return false;
}

/** Only http, https and mailto ever become a link. */
export function safeHref(text: string): string | null {
  const address = /^(https?:\/\/|mailto:)/i.test(text) ? text : text.includes('@') ? `mailto:${text}` : null;
  if (!address) return null;
  try {
    const url = new URL(address);
    if (url.protocol === 'mailto:') return url.href;
    return (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname ? url.href : null;
  } catch {
    return null;
  }
}

/** A sentence's end is not the address's, nor is a bracket that was opened before it. */
function trimLink(link: string): string {
  let end = link.length;
  for (;;) {
    const last = link[end - 1] ?? '';
    if ('.,;:!?*_~…'.includes(last) && last) end--;
    else if (last === ')' && count(link.slice(0, end), ')') > count(link.slice(0, end), '(')) end--;
    else if (last === ']' || last === '}') end--;
    else return link.slice(0, end);
  }
}

function count(text: string, letter: string): number {
  return text.split(letter).length - 1;
}

function opens(text: string, i: number): boolean {
  const before = text[i - 1];
  const after = text[i + 1];
  return !word(before) && before !== text[i] && after !== undefined && !/\s/.test(after) && after !== text[i];
}

function word(letter: string | undefined): boolean {
  return letter !== undefined && /[\p{L}\p{N}]/u.test(letter);
}

interface Ends {
  /** The next place at or after `from` where this style may end, on the same line; else -1. */
  next(letter: string, from: number): number;
}

/** All places where a style may end, found once, so that many openers cannot make it slow. */
function closers(text: string): Ends {
  const places: Record<string, number[]> = { '*': [], _: [], '~': [] };
  const lineEnds: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const letter = text[i] ?? '';
    if (letter === '\n') lineEnds.push(i);
    const before = text[i - 1];
    if (STYLES[letter] && before !== undefined && !/\s/.test(before) && before !== letter && !word(text[i + 1])) places[letter]?.push(i);
  }
  return {
    next(letter, from) {
      const list = places[letter] ?? [];
      const found = list[lower(list, from)] ?? -1;
      const lineEnd = lineEnds[lower(lineEnds, from)] ?? text.length;
      return found < lineEnd ? found : -1;
    },
  };
}

function lower(list: number[], value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
