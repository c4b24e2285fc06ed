// Signed in or not, and which room. The rooms of governance are fetched only by those who enter them.

import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { loadSite, site, start, state } from './core/live.ts';
import { route } from './core/route.ts';
import { Confirmations } from './ui/dialog.tsx';
import { Fault, Loading } from './ui/states.tsx';
import { Toasts } from './ui/toast.tsx';

const rooms: Record<string, () => Promise<{ default: ComponentType<{ path: string[] }> }>> = {
  admin: () => import('./admin/index.tsx'),
  legal: () => import('./legal/index.tsx'),
  auditor: () => import('./auditor/index.tsx'),
  import: () => import('./import/index.tsx'),
};

export function App() {
  const fault = useSignal<Error | null>(null);
  useEffect(() => {
    loadSite()
      .then((answer) => (answer.signed_in ? start() : undefined))
      .catch((error: Error) => {
        fault.value = error;
      });
  }, []);
  return (
    <>
      {fault.value ? <Fault error={fault.value} /> : state.value ? <Room /> : site.value ? <Loading /> : <Loading />}
      <Confirmations />
      <Toasts />
    </>
  );
}

function Room() {
  const [name = '', ...path] = route.value.path;
  const load = rooms[name];
  return load ? <Lazy key={name} load={load} path={path} /> : <Loading />;
}

function Lazy({ load, path }: { load: () => Promise<{ default: ComponentType<{ path: string[] }> }>; path: string[] }) {
  const View = useSignal<ComponentType<{ path: string[] }> | null>(null);
  const fault = useSignal<Error | null>(null);
  useEffect(() => {
    load()
      .then((module) => {
        View.value = module.default;
      })
      .catch((error: Error) => {
        fault.value = error;
      });
  }, []);
  if (fault.value) return <Fault error={fault.value} />;
  return View.value ? <View.value path={path} /> : <Loading />;
}
