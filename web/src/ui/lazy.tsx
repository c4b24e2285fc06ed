// A part of the screen that is fetched when it is first shown.

import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { wordsReady } from '../core/i18n.ts';
import { Fault, Loading } from './states.tsx';

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let known: ComponentType<P> | null = null;
  return function Lazy(props: P) {
    const view = useSignal<{ View: ComponentType<P> } | null>(known ? { View: known } : null);
    const fault = useSignal<Error | null>(null);
    const begin = () => {
      if (view.peek()) return;
      fault.value = null;
      load()
        .then(async (View) => {
          await wordsReady();
          known = View;
          view.value = { View };
        })
        .catch((error: Error) => {
          fault.value = error;
        });
    };
    useEffect(begin, []);
    if (fault.value) return <Fault error={fault.value} retry={begin} />;
    const { View } = view.value ?? {};
    return View ? <View {...props} /> : <Loading />;
  };
}
