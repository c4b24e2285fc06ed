// What the browser keeps: drafts, the outbox, small preferences. Never a message that was received.

import { clear, createStore, del, entries, get, promisifyRequest, set, type UseStore } from 'idb-keyval';

let opened: UseStore | null | undefined;

/** Null where the browser gives no storage (private windows): everything still works, but does not outlive the tab. */
function local(): UseStore | null {
  if (opened === undefined) {
    try {
      opened = typeof indexedDB === 'undefined' ? null : createStore('daylight', 'local');
    } catch {
      opened = null;
    }
  }
  return opened;
}

export async function keep(key: string, value: unknown): Promise<void> {
  const store = local();
  if (store) await set(key, value, store).catch(lost);
}

export async function recall<T>(key: string): Promise<T | undefined> {
  const store = local();
  return store ? get<T>(key, store).catch(lost) : undefined;
}

export async function drop(key: string): Promise<void> {
  const store = local();
  if (store) await del(key, store).catch(lost);
}

/** Both or neither: without room for the new one the old one stays. */
export async function replace(old: string, key: string, value: unknown): Promise<void> {
  const store = local();
  const both = (within: IDBObjectStore) => {
    within.put(value, key);
    within.delete(old);
    return promisifyRequest(within.transaction);
  };
  if (store) await store('readwrite', both).catch(lost);
}

export async function all<T>(prefix: string): Promise<[string, T][]> {
  const store = local();
  if (!store) return [];
  const found = (await entries<string, T>(store).catch(lost)) ?? [];
  return found.filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Signing out: nothing of this person stays on the device. */
export async function wipe(): Promise<void> {
  const store = local();
  if (store) await clear(store).catch(lost);
  try {
    localStorage.clear();
    sessionStorage.clear();
  } catch {
    lost();
  }
  await hush();
  if (typeof caches !== 'undefined') for (const name of await caches.keys().catch(() => [])) await caches.delete(name);
}

/** Whoever signs out is told of nothing any more, and what still stands on the screen goes. */
async function hush(): Promise<void> {
  const worker = await globalThis.navigator?.serviceWorker?.getRegistration().catch(() => undefined);
  for (const shown of (await worker?.getNotifications?.().catch(() => [])) ?? []) shown.close();
  // Without a network this may take for ever; the server does not push to who signed out in any case.
  void worker?.pushManager?.getSubscription().then((subscription) => subscription?.unsubscribe()).catch(lost);
  await (globalThis.navigator as { clearAppBadge?: () => Promise<void> } | undefined)?.clearAppBadge?.().catch(lost);
}

export function preference(name: string): string | null {
  try {
    return localStorage.getItem(`daylight.${name}`);
  } catch {
    return null;
  }
}

export function setPreference(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`daylight.${name}`);
    else localStorage.setItem(`daylight.${name}`, value);
  } catch {
    lost();
  }
}

/** Storage is a comfort: a full or forbidden one must not stop the work. */
function lost(): undefined {
  return undefined;
}
