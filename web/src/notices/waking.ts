// Being woken while Daylight is closed: by the push service of the browser's maker, which learns nothing but that there is something.

import { get, post } from '../core/api.ts';
import { language } from '../core/i18n.ts';
import { preference, setPreference } from '../core/store.ts';
import type { QuietHours } from '../core/types.ts';
import { notifyState, turnOff as quieten, turnOn as allow, type NotifyState } from '../chat/notify.ts';

/**
 * How this device learns of what is new. `open`: only while Daylight is open here; why, says the second list.
 * `trying`: the browser allows it, and nobody has asked a push service yet.
 * `unsafe`: the page came without trusted TLS. `install`: an iPhone that shows it in the browser.
 */
export type WakeState = 'on' | 'off' | 'denied' | 'missing' | 'unsafe' | 'install' | 'unreachable' | 'server_off' | 'trying';

/** What the server says of this device. */
export interface Standing {
  key: string | null;
  on: boolean;
  /** The server reached this device's push service the last time. */
  reached: boolean;
  quiet: QuietHours | null;
}

interface Subscription {
  endpoint: string;
  options: { applicationServerKey: ArrayBuffer | null };
  unsubscribe(): Promise<boolean>;
}

/** What this needs of the world, so that tests can give it another. */
export interface World {
  secure: boolean;
  /** An iPhone or iPad, in the browser and not from the home screen. */
  loose: boolean;
  permission(): NotifyState;
  /** The browser's own question; only ever after a tap. */
  ask(): Promise<NotifyState>;
  refuse(): void;
  subscription(): Promise<Subscription | null>;
  subscribe(key: Uint8Array<ArrayBuffer>): Promise<Subscription>;
  standing(): Promise<Standing>;
  start(endpoint: string): Promise<unknown>;
  end(): Promise<unknown>;
  /** Why this device is only told while Daylight is open; null: it is woken. Kept. */
  remember(state: 'on' | 'unreachable' | 'server_off' | null): void;
  remembered(): string | null;
  wait(ms: number): Promise<void>;
}

/** `pushManager.subscribe()` never ends where the push service cannot be reached. */
const SUBSCRIBE_MS = 10_000;

export class Waking {
  constructor(private readonly world: World) {}

  state(): WakeState {
    const { world } = this;
    if (!world.secure) return 'unsafe';
    if (world.loose) return 'install';
    const allowed = world.permission();
    if (allowed !== 'on') return allowed;
    const known = world.remembered();
    return known === null ? 'trying' : known === 'on' || known === 'server_off' ? known : 'unreachable';
  }

  /** Asks the browser, subscribes, and tells the server where. */
  async turnOn(): Promise<WakeState> {
    const before = this.state();
    if (before === 'unsafe' || before === 'install' || before === 'missing') return before;
    const allowed = await this.world.ask();
    if (allowed === 'on') await this.subscribe();
    return this.state();
  }

  async turnOff(): Promise<WakeState> {
    this.world.refuse();
    this.world.remember(null);
    // Both ends, and each for itself: either is enough.
    await Promise.allSettled([this.world.end(), this.within(this.world.subscription().then((known) => known?.unsubscribe()))]);
    return this.state();
  }

  /** At a start: what is allowed is mended, where a push service dropped it, has come within reach, or was never asked. */
  async renew(): Promise<void> {
    if (this.world.secure && !this.world.loose && this.world.permission() === 'on') await this.subscribe();
  }

  private async subscribe(): Promise<void> {
    const { world } = this;
    try {
      const standing = await world.standing();
      if (standing.key === null) {
        world.remember('server_off');
        return;
      }
      const key = bytes(standing.key);
      let known = await world.subscription();
      if (known && !same(known.options.applicationServerKey, key)) {
        await this.within(known.unsubscribe());
        known = null;
      }
      const subscription = known ?? (await this.within(world.subscribe(key)));
      if (!known || !standing.on) await world.start(subscription.endpoint);
      // A server that cannot get through leaves it to the open page.
      world.remember(standing.on && !standing.reached ? 'unreachable' : 'on');
    } catch {
      // Out of reach for the browser or for the server: the same to the person.
      world.remember('unreachable');
    }
  }

  private within<T>(work: Promise<T>): Promise<T> {
    return Promise.race([
      work,
      this.world.wait(SUBSCRIBE_MS).then(() => {
        throw new Error('no push service answered');
      }),
    ]);
  }
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

function same(one: ArrayBuffer | null, other: Uint8Array): boolean {
  if (!one) return false;
  const given = new Uint8Array(one);
  return given.length === other.length && given.every((byte, at) => byte === other[at]);
}


const waking = new Waking({
  secure: globalThis.isSecureContext,
  loose: isLoose(),
  permission: notifyState,
  ask: allow,
  refuse: quieten,
  subscription: async () => (await navigator.serviceWorker.getRegistration())?.pushManager.getSubscription() ?? null,
  subscribe: async (key) => (await navigator.serviceWorker.ready).pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }),
  standing: () => get<Standing>('/push'),
  start: async (endpoint) => {
    await tellLanguage();
    return post('/push/start', { endpoint });
  },
  end: () => post('/push/end'),
  remember: (state) => setPreference('push', state),
  remembered: () => preference('push'),
  wait: (ms) => new Promise((done) => setTimeout(done, ms)),
});

function isLoose(): boolean {
  if (typeof navigator === 'undefined') return false;
  // An iPad says that it is a Mac, and has fingers.
  const apple = /iPhone|iPad|iPod/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
  return apple && !matchMedia('(display-mode: standalone)').matches;
}

/** The service worker speaks the language that was chosen here: it can read no preferences. */
async function tellLanguage(): Promise<void> {
  if (typeof caches === 'undefined') return;
  const cache = await caches.open('shell-1').catch(() => null);
  await cache?.put('/language', new Response(language)).catch(() => undefined);
}

export const wakeState = (): WakeState => waking.state();
export const turnOn = (): Promise<WakeState> => waking.turnOn();
export const turnOff = (): Promise<WakeState> => waking.turnOff();

export async function renew(): Promise<void> {
  await waking.renew();
  if (preference('push') === 'on') await tellLanguage();
}
