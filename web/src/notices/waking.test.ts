import { expect, it } from 'vitest';
import { isQuiet, type NotifyState } from '../chat/notify.ts';
import { Waking, type World } from './waking.ts';

const KEY = 'BAECAwQ';
const bytes = (...all: number[]): ArrayBuffer => Uint8Array.from(all).buffer;

/** A browser, a push service and a server, as far as they matter; `calls` is what was asked of them. */
function world(change: Partial<World> = {}) {
  const calls: string[] = [];
  let allowed: NotifyState = 'off';
  let kept: string | null = null;
  let known: Awaited<ReturnType<World['subscription']>> = null;
  const subscription = (key: ArrayBuffer) => ({
    endpoint: 'https://push.example/1',
    options: { applicationServerKey: key },
    unsubscribe: async () => {
      calls.push('unsubscribe');
      known = null;
      return true;
    },
  });
  const it: World = {
    secure: true,
    loose: false,
    permission: () => allowed,
    ask: async () => {
      calls.push('ask');
      return (allowed = 'on');
    },
    refuse: () => void (allowed = 'off'),
    subscription: async () => known,
    subscribe: async (key) => {
      calls.push('subscribe');
      return (known = subscription(key.slice().buffer));
    },
    standing: async () => ({ key: KEY, on: calls.includes('start'), reached: true, quiet: null }),
    start: async (endpoint) => calls.push(`start`, endpoint),
    end: async () => calls.push('end'),
    remember: (state) => void (kept = state),
    remembered: () => kept,
    wait: () => new Promise(() => undefined),
    ...change,
  };
  const has = (key: ArrayBuffer) => (known = subscription(key));
  return { calls, has, waking: new Waking(it) };
}

it('asks the browser once it is told to, subscribes with the server’s key and tells the server where', async () => {
  const { calls, waking } = world();
  expect(waking.state()).toBe('off');
  expect(calls).toEqual([]);
  expect(await waking.turnOn()).toBe('on');
  expect(calls).toEqual(['ask', 'subscribe', 'start', 'https://push.example/1']);
  await waking.renew();
  expect(calls).toHaveLength(4);
});

it('a push service that never answers leaves what works while Daylight is open, and is tried at the next start', async () => {
  let dead = true;
  const { waking } = world({ wait: async () => undefined, ...(dead ? { subscribe: (): Promise<never> => new Promise(() => undefined) } : {}) });
  expect(await waking.turnOn()).toBe('unreachable');
  dead = false;
  const later = world({ remembered: () => 'unreachable', permission: () => 'on' });
  await later.waking.renew();
  expect(later.calls).toContain('start');
});

it('a server that refuses the address, and one that pushes nothing, are two different answers', async () => {
  const refusing = world({ start: () => Promise.reject(new Error('push/unreachable')) });
  expect(await refusing.waking.turnOn()).toBe('unreachable');
  const silent = world({ standing: async () => ({ key: null, on: false, reached: true, quiet: null }) });
  expect(await silent.waking.turnOn()).toBe('server_off');
  expect(silent.calls).toEqual(['ask']);
});

it('a server that cannot get through leaves it to the page that is open', async () => {
  const { waking } = world({ standing: async () => ({ key: KEY, on: true, reached: false, quiet: null }) });
  expect(await waking.turnOn()).toBe('unreachable');
});

it('where nothing can come of it the browser is not asked', async () => {
  for (const [change, state] of [
    [{ secure: false }, 'unsafe'],
    [{ loose: true }, 'install'],
    [{ permission: () => 'missing' as const }, 'missing'],
  ] as const) {
    const { calls, waking } = world(change);
    expect(await waking.turnOn()).toBe(state);
    expect(calls).toEqual([]);
  }
  const denied = world({ permission: () => 'denied', ask: async () => 'denied' });
  expect(await denied.waking.turnOn()).toBe('denied');
});

it('a subscription with another server’s key is replaced, and one that the server lost is told again', async () => {
  const foreign = world();
  foreign.has(bytes(9, 9));
  expect(await foreign.waking.turnOn()).toBe('on');
  expect(foreign.calls).toEqual(['ask', 'unsubscribe', 'subscribe', 'start', 'https://push.example/1']);
  const lost = world();
  lost.has(bytes(4, 1, 2, 3, 4));
  await lost.waking.turnOn();
  expect(lost.calls).toEqual(['ask', 'start', 'https://push.example/1']);
});

it('what the browser allowed before there were pushes is tried by itself, and nothing is asked', async () => {
  const { calls, waking } = world({ permission: () => 'on' });
  expect(waking.state()).toBe('trying');
  await waking.renew();
  expect([waking.state(), calls.includes('ask')]).toEqual(['on', false]);
  const loose = world({ permission: () => 'on', loose: true });
  await loose.waking.renew();
  expect(loose.calls).toEqual([]);
});

it('turning off ends it at both ends, whichever of them answers, and renews nothing', async () => {
  const { calls, waking } = world({ end: () => Promise.reject(new Error('offline')) });
  await waking.turnOn();
  expect(await waking.turnOff()).toBe('off');
  expect(calls).toContain('unsubscribe');
  const before = calls.length;
  await waking.renew();
  expect(calls).toHaveLength(before);
});

it('quiet hours go by the clock of their zone, over midnight and in summer', () => {
  const night = { from: 22 * 60, to: 7 * 60, zone: 'Europe/Berlin' };
  const at = (text: string) => isQuiet(night, Date.parse(text));
  expect([at('2026-01-15T20:59:00Z'), at('2026-01-15T21:00:00Z'), at('2026-01-15T23:30:00Z')]).toEqual([false, true, true]);
  expect([at('2026-07-15T20:00:00Z'), at('2026-07-15T04:59:00Z'), at('2026-07-15T05:00:00Z')]).toEqual([true, true, false]);
  expect(isQuiet({ ...night, zone: 'Europe/Atlantis' }, Date.parse('2026-01-15T23:30:00Z'))).toBe(false);
  expect(isQuiet(null, 0)).toBe(false);
});
