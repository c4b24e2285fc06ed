// Signed in or not, and which room. The rooms of governance are fetched only by those who enter them.

import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import './core/theme.ts';
import { loadSite, site, start, state } from './core/live.ts';
import { route } from './core/route.ts';
import { Shell } from './chat/shell.tsx';
import { Welcome } from './sign/welcome.tsx';
import { Confirmations } from './ui/dialog.tsx';
import { Fault, Loading } from './ui/states.tsx';
import { Toasts } from './ui/toast.tsx';

type View = ComponentType<{ path: string[] }>;

const rooms: Record<string, () => Promise<{ default: View }>> = {
  admin: () => import('./admin/index.tsx'),
  legal: () => import('./legal/index.tsx'),
  auditor: () => import('./auditor/index.tsx'),
  import: () => import('./import/index.tsx'),
};

export function App() {
  const fault = useSignal<Error | null>(null);
  const begin = () => {
    fault.value = null;
    loadSite()
      .then((answer) => (answer.signed_in ? start() : undefined))
      .catch((error: Error) => {
        fault.value = error;
      });
  };
  useEffect(() => {
    begin();
    const again = () => {
      if (fault.peek()) begin();
    };
    window.addEventListener('online', again);
    return () => window.removeEventListener('online', again);
  }, []);
  return (
    <>
      {fault.value ? <Fault error={fault.value} retry={begin} /> : <Inside />}
      <Confirmations />
      <Toasts />
    </>
  );
}

function Inside() {
  const known = site.value;
  if (!known) return <Loading />;
  const [name = '', ...path] = route.value.path;
  if (name === 'setup' || name === 'join' || !known.signed_in) return <Welcome />;
  if (!state.value) return <Loading />;
  const room = rooms[name];
  return <Shell>{room ? <Lazy key={name} load={room} path={path} /> : null}</Shell>;
}

function Lazy({ load, path }: { load: () => Promise<{ default: View }>; path: string[] }) {
  const view = useSignal<{ View: View } | null>(null);
  const fault = useSignal<Error | null>(null);
  const begin = () => {
    fault.value = null;
    load()
      .then((module) => {
        view.value = { View: module.default };
      })
      .catch((error: Error) => {
        fault.value = error;
      });
  };
  useEffect(begin, []);
  if (fault.value) return <Fault error={fault.value} retry={begin} />;
  const { View } = view.value ?? {};
  return View ? <View path={path} /> : <Loading />;
}
