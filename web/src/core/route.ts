// Where the person is: addresses in the fragment. Never holds anything but the address.

import { computed, signal } from '@preact/signals';

export interface Route {
  /** The parts of the path: `#/c/01K…/t/12` is `['c', '01K…', 't', '12']`. */
  path: string[];
  query: URLSearchParams;
}

const hash = signal(readHash());
if (typeof window !== 'undefined') {
  window.addEventListener('hashchange', () => {
    hash.value = readHash();
  });
}

export const route = computed<Route>(() => parse(hash.value));

export function parse(fragment: string): Route {
  const [path = '', query = ''] = fragment.replace(/^#?\/?/, '').split('?', 2);
  return { path: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

/** `href('c', id, 't', 12)` for a link; every part is encoded. */
export function href(...parts: (string | number)[]): string {
  return `#/${parts.map((part) => encodeURIComponent(part)).join('/')}`;
}

export function go(address: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'replace') {
    history.replaceState(null, '', address);
    hash.value = readHash();
  } else if (location.hash === address) {
    hash.value = readHash();
  } else {
    location.hash = address;
  }
}

function readHash(): string {
  return typeof location === 'undefined' ? '' : location.hash;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
