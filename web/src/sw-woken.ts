// What to show when this device was woken: who wrote and where, one notice a channel, never a word of a message. Pure.

import type { Said } from './sw-said.ts';

/** As `POST /api/v1/push/news` answers. */
export interface Woken {
  items: { c: string; q: number; kind: string; name: string | null; from: string; unread: number; urgent?: boolean }[];
  unread: number;
  test: boolean;
}

export interface Shown {
  title: string;
  options: { body: string; tag: string; icon: string; badge: string; renotify: boolean; silent: boolean; data: { c: string | null } };
}

const APP = 'Daylight';
const ICON = '/icon-192.png';

/** `woken` is null when the server could not be asked. Never empty: a browser forbids those who are woken and say nothing. */
export function notices(woken: Woken | null, said: Said): Shown[] {
  if (!woken) return [shown(APP, said.news, 'news')];
  const all = woken.items.map((item) => {
    const direct = item.kind === 'direct';
    const body = direct ? said.direct : said.wrote.replace('{name}', () => item.from);
    return shown(direct ? item.from : (item.name ?? APP), item.urgent ? `${said.urgent}: ${body}` : body, item.c, item.c);
  });
  if (woken.test) all.push(shown(APP, said.test, 'test'));
  return all.length ? all : [shown(APP, said.nothing, 'news', null, true)];
}

/** Where a tap leads. A tag that is no channel opens the list. */
export function addressOf(c: string | null): string {
  return c && /^[0-9A-Z]{26}$/.test(c) ? `/#/c/${c}` : '/#/';
}

function shown(title: string, body: string, tag: string, c: string | null = null, silent = false): Shown {
  return { title, options: { body, tag, icon: ICON, badge: ICON, renotify: !silent, silent, data: { c } } };
}
