// The frame: navigation, the list, and what is open. One column on a phone, up to four on a wide screen.

import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { isReading, me, onGone, onNews, state } from '../core/live.ts';
import { go, href, route } from '../core/route.ts';
import { preference } from '../core/store.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { lazy } from '../ui/lazy.tsx';
import { Empty } from '../ui/states.tsx';
import { toast } from '../ui/toast.tsx';
import './chat.css';
import { Conversation } from './conversation.tsx';
import { loadDrafts } from '../core/drafts.ts';
import { ChannelList } from './list.tsx';
import { channelName, gist, personName } from './names.ts';
import { Mark } from './notice.tsx';
import { notify, withdraw } from './notify.ts';
import { t } from './words.ts';

const Invites = lazy(() => import('./pages.ts').then((pages) => pages.Invites));
const People = lazy(() => import('./pages.ts').then((pages) => pages.People));
const Saved = lazy(() => import('./pages.ts').then((pages) => pages.Saved));
const Scheduled = lazy(() => import('./pages.ts').then((pages) => pages.Scheduled));
const Search = lazy(() => import('./pages.ts').then((pages) => pages.Search));
const Settings = lazy(() => import('./pages.ts').then((pages) => pages.Settings));
const Switcher = lazy(() => import('./pages.ts').then((pages) => pages.Switcher));
const FirstRun = lazy(() => import('../sign/first-run.tsx').then((module) => module.FirstRun));

const switching = signal(false);
const spoken = signal('');

export function Shell({ children }: { children: ComponentChildren }) {
  const [name = ''] = route.value.path;
  const governance = children !== null && children !== undefined;
  useTitle();
  useUnsent();
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k' && !event.shiftKey && !event.altKey) {
        event.preventDefault();
        switching.value = !switching.value;
      }
    };
    window.addEventListener('keydown', keys);
    void loadDrafts();
    // The rest of the chat, once the first screen stands: quick to open, and there without a network.
    const idle = setTimeout(() => void import('./pages.ts').then((pages) => pages.renew()).catch(() => undefined), 3000);
    const stop = onNews((c, item) => {
      const s = state.peek();
      const channel = s?.channels[c];
      if (!s || !channel || item.sys) return;
      const text = t('new_message_from', { name: personName(s, item.u), channel: channelName(s, channel), text: gist(item) });
      if (route.peek().path[1] === c) spoken.value = text;
      notify(channel, item, s.me, personName(s, item.u), channelName(s, channel), item.urgent ? `${t('urgent')}: ${gist(item)}` : gist(item), s.quiet);
    });
    const stopGone = onGone((c) => void withdraw(c));
    return () => {
      clearTimeout(idle);
      window.removeEventListener('keydown', keys);
      stop();
      stopGone();
    };
  }, []);
  const atRoot = name === '';
  const narrow = !matchMedia('(min-width: 860px)').matches;
  return (
    <div class={`shell ${atRoot ? 'at-root' : 'inside'} ${governance ? 'governance' : ''} ${name === 'c' ? 'in-channel' : ''}`}>
      <Nav current={name} />
      {governance ? null : (
        <div class="side" role={atRoot && narrow ? 'main' : 'complementary'} aria-label={t('channels')}>
          <ChannelList />
        </div>
      )}
      <main class="main">{governance ? children : <Open />}</main>
      {switching.value ? <Switcher onClose={() => (switching.value = false)} /> : null}
      {preference('first-run') ? <FirstRun /> : null}
      <div class="unseen" aria-live="polite">
        {spoken.value}
      </div>
    </div>
  );
}

function Open() {
  const { path, query } = route.value;
  const [name = '', c = '', sub, q] = path;
  if (name === 'c' && c) {
    const around = Number(query.get('at')) || undefined;
    return <Conversation key={c} c={c} thread={sub === 't' ? Number(q) || undefined : undefined} around={around} panel={sub === 'info' || sub === 'media' ? sub : null} />;
  }
  if (name === 'saved') return <Saved />;
  if (name === 'scheduled') return <Scheduled />;
  if (name === 'search') return <Search />;
  if (name === 'people') return <People />;
  if (name === 'settings') return <Settings />;
  if (name === 'invite') return <Invites />;
  const mac = /Mac|iP/.test(navigator.platform);
  return (
    <div class="nothing-open">
      <Empty icon="sun" title={t('pick_title')}>
        {t('pick_text', { key: mac ? '⌘K' : 'Ctrl K' })}
      </Empty>
    </div>
  );
}

interface Place {
  to: string;
  icon: IconName;
  label: string;
  here: string[];
  count?: number;
}

function Nav({ current }: { current: string }) {
  const s = state.value;
  const person = me.value;
  if (!s || !person) return null;
  const unread = Object.values(s.channels).filter((channel) => channel.unread > 0 && !channel.muted && !isReading(channel.id)).length;
  const places: Place[] = [
    { to: '#/', icon: 'chat', label: t('chats'), here: ['', 'c', 'saved', 'scheduled'], count: unread },
    { to: href('search'), icon: 'search', label: t('search'), here: ['search'] },
    { to: href('people'), icon: 'users', label: t('people'), here: ['people', 'invite'] },
  ];
  if (person.role === 'admin') places.push({ to: href('admin'), icon: 'shield', label: t('admin'), here: ['admin'] });
  if (person.role === 'officer') places.push({ to: href('legal'), icon: 'scales', label: t('legal'), here: ['legal'] });
  if (person.role === 'auditor') places.push({ to: href('auditor'), icon: 'ledger', label: t('auditor'), here: ['auditor'] });
  return (
    <nav class="nav" aria-label={t('nav')}>
      <a class="nav-mark" href="#/" aria-label={t('app')}>
        <Mark />
      </a>
      {places.map((place) => (
        <a key={place.to} href={place.to} aria-current={place.here.includes(current) ? 'page' : undefined}>
          <span class="nav-icon">
            <Icon name={place.icon} />
            {place.count ? <b class="badge num">{place.count > 99 ? '99+' : place.count}</b> : null}
          </span>
          <span>{place.label}</span>
        </a>
      ))}
      <a class="nav-you" href={href('settings')} aria-current={current === 'settings' ? 'page' : undefined}>
        <span class="nav-icon">
          <Avatar id={person.id} name={person.name} size="tiny" />
        </span>
        <span>{t('you')}</span>
      </a>
    </nav>
  );
}

/** What could not be sent at its time is told, wherever one is. */
function useUnsent(): void {
  const n = state.value?.scheduled.filter((one) => one.why).length ?? 0;
  const told = useRef(0);
  useEffect(() => {
    if (n > told.current) toast(t('unsent_n', { n }), { bad: true, action: { label: t('show_it'), run: () => go(href('scheduled')) } });
    told.current = n;
  }, [n]);
}

function useTitle(): void {
  const s = state.value;
  const { path } = route.value;
  const unread = s ? Object.values(s.channels).reduce((sum, channel) => sum + (isReading(channel.id) ? 0 : channel.muted_all ? 0 : channel.muted ? channel.mentions : channel.unread), 0) : 0;
  const open = path[0] === 'c' && path[1] ? s?.channels[path[1]] : undefined;
  const base = s && open ? channelName(s, open) : path[0] ? null : (s?.workspace.name ?? '');
  useEffect(() => void (navigator as { setAppBadge?: (n: number) => Promise<void> }).setAppBadge?.(unread).catch(() => undefined), [unread]);
  useEffect(() => {
    if (base !== null) document.title = `${unread ? `(${unread}) ` : ''}${base} · ${t('app')}`;
  }, [base, unread]);
}
