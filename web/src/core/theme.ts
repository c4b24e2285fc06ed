// Light, dark or as the device says.

import { signal } from '@preact/signals';
import { preference, setPreference } from './store.ts';

export type Theme = 'auto' | 'light' | 'dark';

export const theme = signal<Theme>(read());
show(theme.value);

export function setTheme(next: Theme): void {
  theme.value = next;
  setPreference('theme', next === 'auto' ? null : next);
  show(next);
}

function show(next: Theme): void {
  if (typeof document === 'undefined') return;
  if (next === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
}

function read(): Theme {
  const kept = preference('theme');
  return kept === 'light' || kept === 'dark' ? kept : 'auto';
}
