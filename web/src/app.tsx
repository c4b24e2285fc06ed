// Signed in or not, and which room. The rooms of governance are fetched only by those who enter them.

import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import './core/theme.ts';
import { Shell } from './chat/shell.tsx';
import { ApiError } from './core/api.ts';
import { loadSite, site, start, state } from './core/live.ts';
import { route } from './core/route.ts';
import { Confirmations } from './ui/dialog.tsx';
import { lazy } from './ui/lazy.tsx';
import { Fault, Loading } from './ui/states.tsx';
import { Toasts } from './ui/toast.tsx';

const rooms: Record<string, ComponentType<{ path: string[] }>> = {
  admin: lazy(() => import('./admin/index.tsx').then((module) => module.default)),
  legal: lazy(() => import('./legal/index.tsx').then((module) => module.default)),
  auditor: lazy(() => import('./auditor/index.tsx').then((module) => module.default)),
  import: lazy(() => import('./import/index.tsx').then((module) => module.default)),
};
const Welcome = lazy(() => import('./sign/welcome.tsx').then((module) => module.Welcome));

const RETRY_MS = 3_000;

export function App() {
  const fault = useSignal<Error | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // Most who come are signed in: ask for what they need first, and for the site only when they are not.
  const begin = () => {
    start()
      .then(() => {
        fault.value = null;
      })
      .catch((error: unknown) => {
        if (error instanceof ApiError && (error.code === 'not_signed_in' || error.code === 'second_first')) return loadSite().then(() => {
            fault.value = null;
          });
        throw error;
      })
      .catch((error: Error) => {
        fault.value = error;
        // The browser's word for "online" is not always said; ask now and then.
        if (error instanceof ApiError && error.offline) timer.current = setTimeout(again, RETRY_MS * (1 + Math.random()));
      });
  };
  const again = () => {
    clearTimeout(timer.current);
    if (fault.peek()) begin();
  };
  useEffect(() => {
    begin();
    window.addEventListener('online', again);
    document.addEventListener('visibilitychange', again);
    return () => {
      clearTimeout(timer.current);
      window.removeEventListener('online', again);
      document.removeEventListener('visibilitychange', again);
    };
  }, []);
  return (
    <>
      {fault.value ? <main class="whole"><Fault error={fault.value} retry={again} /></main> : <Inside />}
      <Confirmations />
      <Toasts />
    </>
  );
}

function Inside() {
  const [name = '', ...path] = route.value.path;
  if (!state.value) return site.value ? <Welcome /> : <Loading />;
  if (name === 'setup' || name === 'join') return <Welcome />;
  const Room = Object.hasOwn(rooms, name) ? rooms[name] : undefined;
  return <Shell>{Room ? <Room key={name} path={path} /> : null}</Shell>;
}
