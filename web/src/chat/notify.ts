// Notifications of this browser, while a tab is open. As far as a channel is not muted, and never for what is on screen.

import { preference, setPreference } from '../core/store.ts';
import type { Channel, Id, Item, QuietHours } from '../core/types.ts';
import { now } from '../core/ulid.ts';

export type NotifyState = 'missing' | 'denied' | 'off' | 'on';

export function notifyState(): NotifyState {
  if (typeof Notification === 'undefined' || !globalThis.isSecureContext) return 'missing';
  if (Notification.permission === 'denied') return 'denied';
  return Notification.permission === 'granted' && preference('notify') !== 'off' ? 'on' : 'off';
}

/** The browser's maker wakes this device: then the service worker tells of what is new, and no tab does. */
export function isWoken(): boolean {
  return preference('push') === 'on' && notifyState() === 'on';
}

/** By the clock of where the person is. */
export function isQuiet(hours: QuietHours | null, at: number): boolean {
  if (!hours) return false;
  try {
    const parts = new Intl.DateTimeFormat('en', { timeZone: hours.zone, hourCycle: 'h23', hour: 'numeric', minute: 'numeric' }).formatToParts(at);
    const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
    const minute = part('hour') * 60 + part('minute');
    return hours.from < hours.to ? minute >= hours.from && minute < hours.to : minute >= hours.from || minute < hours.to;
  } catch {
    // A zone that this browser does not know: better told than not.
    return false;
  }
}

export async function turnOn(): Promise<NotifyState> {
  if (notifyState() === 'missing') return 'missing';
  setPreference('notify', null);
  await Notification.requestPermission();
  return notifyState();
}

export function turnOff(): NotifyState {
  setPreference('notify', 'off');
  return notifyState();
}

/** Of what comes while it is quiet, or in a muted channel, some is told all the same. The server pushes by the same rule. */
export function isTold(channel: Pick<Channel, 'muted' | 'muted_all'>, item: Item, me: Id, quiet: QuietHours | null, at: number): boolean {
  if (item.urgent) return true;
  if (isQuiet(quiet, at)) return false;
  if (item.ask) return true;
  return item.m?.includes(me) ? !channel.muted_all : !channel.muted;
}

export function notify(channel: Channel, item: Item, me: Id, from: string, where: string, text: string, quiet: QuietHours | null): void {
  // Asking the browser for its permission is slow: last.
  if ((document.visibilityState === 'visible' && document.hasFocus()) || !isTold(channel, item, me, quiet, now()) || notifyState() !== 'on' || isWoken()) return;
  const c = channel.id;
  show(channel.kind === 'direct' ? from : `${from} · ${where}`, text, c);
}

const open = new Map<Id, Notification[]>();

/** Takes back what still shows words of this channel. */
export async function withdraw(c: Id): Promise<void> {
  for (const shown of open.get(c) ?? []) shown.close();
  open.delete(c);
  const worker = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  for (const shown of (await worker?.getNotifications({ tag: c }).catch(() => [])) ?? []) shown.close();
}

export function show(title: string, body: string, c?: Id): void {
  const options = { body, icon: '/icon-192.png', ...(c ? { tag: c } : {}) };
  try {
    const shown = new Notification(title, options);
    if (c) {
      const list = open.get(c) ?? [];
      open.set(c, [...list, shown]);
      shown.addEventListener('close', () => open.set(c, (open.get(c) ?? []).filter((one) => one !== shown)));
    }
    shown.addEventListener('click', () => {
      window.focus();
      if (c) location.hash = `#/c/${c}`;
      shown.close();
    });
  } catch {
    // Chrome on Android shows them only through the service worker.
    void navigator.serviceWorker?.ready.then((worker) => worker.showNotification(title, options)).catch(() => undefined);
  }
}
