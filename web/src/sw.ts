// The service worker keeps the shell of the app, so that it opens in a lift, and says that something is new when it is woken.
// It never keeps an answer of /api.

import { said, type Said } from './sw-said.ts';
import { addressOf, notices, type Shown, type Woken } from './sw-woken.ts';

interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface NoticeEvent extends ExtendableEvent {
  notification: Notification;
}
interface Tab {
  url: string;
  focus(): Promise<Tab>;
  navigate(to: string): Promise<Tab | null>;
}
const worker = globalThis as unknown as {
  addEventListener<E = FetchEvent>(type: string, act: (event: E) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void>; matchAll(what: { type: 'window'; includeUncontrolled: boolean }): Promise<Tab[]>; openWindow(to: string): Promise<unknown> };
  registration: ServiceWorkerRegistration;
  navigator: { languages: readonly string[]; setAppBadge?(count: number): Promise<void> };
  location: Location;
};

const SHELL = 'shell-1';
/** Beside the shell: the language that was chosen in the app. */
const LANGUAGE = '/language';
const NEWS_MS = 8_000;

worker.addEventListener('install', (event) => event.waitUntil(refresh().then(() => worker.skipWaiting())));
worker.addEventListener('activate', (event) => event.waitUntil(dropOthers().then(() => worker.clients.claim())));
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== 'GET' || address.origin !== worker.location.origin) return;
  if (request.mode === 'navigate' && address.pathname === '/') event.respondWith(page(event));
  else if (address.pathname.startsWith('/assets/')) event.respondWith(asset(request));
});

worker.addEventListener<ExtendableEvent>('push', (event) => event.waitUntil(woken()));
worker.addEventListener<ExtendableEvent>('pushsubscriptionchange', (event) => event.waitUntil(subscribeAnew().catch(() => undefined)));
worker.addEventListener<NoticeEvent>('notificationclick', (event) => {
  const { tag, data } = event.notification;
  event.notification.close();
  event.waitUntil(open(addressOf((data as Shown['options']['data'] | null)?.c ?? tag)));
});

/** The push itself is empty: what is new is asked of our own server. */
async function woken(): Promise<void> {
  const [news, words] = await Promise.all([ask(), speech()]);
  for (const { title, options } of notices(news, words)) await worker.registration.showNotification(title, options);
  if (news) await worker.navigator.setAppBadge?.(news.unread).catch(() => undefined);
}

async function ask(): Promise<Woken | null> {
  try {
    const answer = await fetch('/api/v1/push/news', { method: 'POST', credentials: 'same-origin', cache: 'no-store', signal: AbortSignal.timeout(NEWS_MS) });
    return answer.ok ? ((await answer.json()) as Woken) : null;
  } catch {
    return null;
  }
}

async function speech(): Promise<Said> {
  const chosen = await (await caches.open(SHELL)).match(LANGUAGE);
  return said((await chosen?.text()) ?? null, worker.navigator.languages);
}

async function open(to: string): Promise<void> {
  const [tab] = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (!tab) {
    await worker.clients.openWindow(to);
    return;
  }
  await tab.focus();
  await tab.navigate(new URL(to, worker.location.origin).href).catch(() => worker.clients.openWindow(to));
}

/** The browser has changed the address of this device by itself. */
async function subscribeAnew(): Promise<void> {
  const { key } = (await (await fetch('/api/v1/push', { cache: 'no-store' })).json()) as { key: string | null };
  if (!key) return;
  const { endpoint } = await worker.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await fetch('/api/v1/push/start', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ endpoint }) });
}

/** The network first, so that a new build shows at once; the kept page when there is none. */
async function page(event: FetchEvent): Promise<Response> {
  try {
    const answer = await fetch('/', { cache: 'no-store' });
    if (answer.ok) event.waitUntil(keep(answer.clone()));
    return answer;
  } catch (error) {
    const kept = await (await caches.open(SHELL)).match('/');
    if (kept) return kept;
    throw error;
  }
}

/** Assets carry their hash in the name: what is kept is right for ever. */
async function asset(request: Request): Promise<Response> {
  const cache = await caches.open(SHELL);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

async function refresh(): Promise<void> {
  await keep(await fetch('/', { cache: 'no-store' }));
}

async function keep(answer: Response): Promise<void> {
  if (!answer.ok) return;
  const cache = await caches.open(SHELL);
  const text = await answer.clone().text();
  const before = await (await cache.match('/'))?.text();
  if (before === text) return;
  const needed = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');
  const kept = await cache.keys();
  const have = new Set(kept.map((request) => new URL(request.url).pathname));
  await cache.addAll(needed.filter((path) => !have.has(path)));
  await cache.put('/', answer);
  // Another build: what it does not name is fetched again when it is wanted.
  for (const request of kept) {
    const path = new URL(request.url).pathname;
    if (path !== '/' && path !== LANGUAGE && !needed.includes(path)) await cache.delete(request);
  }
}

async function dropOthers(): Promise<void> {
  for (const name of await caches.keys()) if (name !== SHELL) await caches.delete(name);
}
