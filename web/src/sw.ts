// The service worker keeps the shell of the app, so that it opens in a lift. It never keeps an answer of /api.

export {};
interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
const worker = globalThis as unknown as {
  addEventListener(type: string, act: (event: FetchEvent) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  location: Location;
};

const SHELL = 'shell-1';

worker.addEventListener('install', (event) => event.waitUntil(refresh().then(() => worker.skipWaiting())));
worker.addEventListener('activate', (event) => event.waitUntil(dropOthers().then(() => worker.clients.claim())));
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== 'GET' || address.origin !== worker.location.origin) return;
  if (request.mode === 'navigate' && address.pathname === '/') event.respondWith(page(event));
  else if (address.pathname.startsWith('/assets/')) event.respondWith(asset(request));
});

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
    if (path !== '/' && !needed.includes(path)) await cache.delete(request);
  }
}

async function dropOthers(): Promise<void> {
  for (const name of await caches.keys()) if (name !== SHELL) await caches.delete(name);
}
