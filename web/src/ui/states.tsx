// The states between: nothing here, not yet here, could not be had. And the frame of a page.

import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../core/api.ts';
import { Button, IconLink } from './button.tsx';
import { Icon, type IconName } from './icon.tsx';
import { t } from '../core/words.ts';

export function Empty(props: { icon: IconName; title: string; children?: ComponentChildren; action?: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name={props.icon} />
      <h2>{props.title}</h2>
      {props.children ? <p>{props.children}</p> : null}
      {props.action}
    </div>
  );
}

export function Loading() {
  return (
    <div class="loading" role="status" aria-label={t('loading')}>
      <span class="spinner" />
    </div>
  );
}

export function Fault({ error, retry }: { error: Error; retry?: () => void }) {
  const offline = error instanceof ApiError && error.offline;
  return (
    <div role="alert">
      <Empty icon={offline ? 'offline' : 'warning'} title={offline ? t('offline') : t('fault')} action={retry ? <Button onClick={retry}>{t('retry')}</Button> : null}>
        {offline ? t('offline_text') : error.message}
      </Empty>
    </div>
  );
}

export function Page(props: { title: string; back?: string; actions?: ComponentChildren; tabs?: ComponentChildren; wide?: boolean; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.title} · Daylight`;
  }, [props.title]);
  return (
    <section class="page" aria-label={props.title}>
      <header class="bar">
        {props.back ? <IconLink icon="back" label={t('back')} href={props.back} /> : null}
        <h1 ref={heading} class="grow clip">
          {props.title}
        </h1>
        {props.actions}
      </header>
      {props.tabs}
      <div class="body">
        <div class={`measure${props.wide ? ' wide' : ''}`}>{props.children}</div>
      </div>
    </section>
  );
}

export interface Loaded<T> {
  data: T | undefined;
  error: Error | undefined;
  loading: boolean;
  reload: () => void;
  set: (data: T) => void;
}

/** Fetches when the inputs change; what was there stays on screen while the next is on its way. */
export function useLoad<T>(fetch: (signal: AbortSignal) => Promise<T>, inputs: unknown[] = []): Loaded<T> {
  const [data, set] = useState<T>();
  const [error, setError] = useState<Error>();
  const [loading, setLoading] = useState(true);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setLoading(true);
    fetch(stop.signal)
      .then((value) => {
        if (stop.signal.aborted) return;
        set(() => value);
        setError(undefined);
        setLoading(false);
      })
      .catch((fault: unknown) => {
        if (stop.signal.aborted) return;
        setError(fault instanceof Error ? fault : new Error(String(fault)));
        setLoading(false);
      });
    return () => stop.abort();
  }, [...inputs, turn]);
  return { data, error, loading, reload: useCallback(() => setTurn((n) => n + 1), []), set: (value) => set(() => value) };
}

/** The usual three: fault, loading, or the thing. */
export function Load<T>({ from, children }: { from: Loaded<T>; children: (data: T) => ComponentChildren }) {
  if (from.data !== undefined) return <>{children(from.data)}</>;
  if (from.error) return <Fault error={from.error} retry={from.reload} />;
  return <Loading />;
}
