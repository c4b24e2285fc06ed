// Notifications of this browser, while a tab is open. Never for muted channels, and never for what is on screen.

import { preference, setPreference } from '../core/store.ts';
import type { Channel, Id } from '../core/types.ts';

export type NotifyState = 'missing' | 'denied' | 'off' | 'on';

export function notifyState(): NotifyState {
  if (typeof Notification === 'undefined' || !globalThis.isSecureContext) return 'missing';
  if (Notification.permission === 'denied') return 'denied';
  return Notification.permission === 'granted' && preference('notify') !== 'off' ? 'on' : 'off';
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

export function notify(c: Id, channel: Channel, from: string, where: string, text: string, mentioned: boolean): void {
  // Asking the browser for its permission is slow: last.
  if ((document.visibilityState === 'visible' && document.hasFocus()) || (channel.muted && !mentioned) || notifyState() !== 'on') return;
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
