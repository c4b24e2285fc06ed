// How it looks on this device: light or dark, the size of the letters, the space between, and how much moves.

import { signal, type Signal } from '@preact/signals';
import { preference, setPreference } from './store.ts';

export const THEMES = ['auto', 'light', 'dark'] as const;
export const SIZES = ['small', 'normal', 'large', 'largest'] as const;
export const DENSITIES = ['comfortable', 'compact'] as const;
export const CALM = ['as-device', 'calm'] as const;

/** A choice that is kept on the device and stands as a `data-` attribute on <html>, unless it is the usual one. */
interface Look<T extends string> {
  value: Signal<T>;
  set: (next: T) => void;
}

export const theme = look('theme', THEMES, 'auto');
export const textSize = look('size', SIZES, 'normal');
export const density = look('density', DENSITIES, 'comfortable');
export const calm = look('calm', CALM, 'as-device');

function look<T extends string>(name: string, choices: readonly T[], usual: T): Look<T> {
  const kept = preference(name);
  const value = signal<T>(choices.find((one) => one === kept) ?? usual);
  const show = () => {
    if (typeof document === 'undefined') return;
    if (value.peek() === usual) delete document.documentElement.dataset[name];
    else document.documentElement.dataset[name] = value.peek();
  };
  show();
  return {
    value,
    set(next) {
      value.value = next;
      setPreference(name, next === usual ? null : next);
      show();
    },
  };
}
