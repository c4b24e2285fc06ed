// The entry: the screen, and the service worker that lets it open without a network.

import './ui/theme.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { wordsReady } from './core/i18n.ts';

const root = document.getElementById('app');
if (root) void wordsReady().then(() => render(<App />, root));

if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  // The one place that may name a script by its address.
  const policies = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string } } }).trustedTypes;
  const address = policies?.createPolicy('sw', { createScriptURL: () => '/sw.js' }).createScriptURL('/sw.js') ?? '/sw.js';
  // Where TLS is not trusted there is no service worker; the app works without.
  navigator.serviceWorker.register(address).catch(() => undefined);
}
