// The channel list: newest first as people know it, numbers for what is meant for one, a dot for the rest.

import { computed, useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { formatNumber } from '../core/i18n.ts';
import { state } from '../core/live.ts';
import { outbox, type Entry } from '../core/outbox.ts';
import { go, href, route } from '../core/route.ts';
import type { State } from '../core/state.ts';
import { shortWhen } from '../core/time.ts';
import type { Channel, Id, Person } from '../core/types.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icon.tsx';
import { MenuButton } from '../ui/menu.tsx';
import { lazy } from '../ui/lazy.tsx';
import { memo } from '../ui/memo.ts';
import { Empty } from '../ui/states.tsx';
import { directWith } from './direct.ts';
import { drafts } from '../core/drafts.ts';
import { channelIcon, channelName, gist, otherOf, summary } from './names.ts';

import { LineNotice, Mark } from './notice.tsx';
import { Ticks, ticksOf } from './ticks.tsx';
import { t } from './words.ts';

const NewChannel = lazy(() => import('./pages.ts').then((pages) => pages.NewChannel));

/** While a hand is over the list its order stands still: nobody opens the wrong conversation. New ones come on top. */
function useSteady(now: Channel[], held: boolean): Channel[] {
  const last = useRef<Id[]>([]);
  let order = now;
  if (held) {
    const byId = new Map(now.map((channel) => [channel.id, channel]));
    const stood = last.current.flatMap((id) => byId.get(id) ?? []);
    const known = new Set(last.current);
    order = [...now.filter((channel) => !known.has(channel.id)), ...stood];
  }
  last.current = order.map((channel) => channel.id);
  return order;
}

/** By the time of the last message; a new, empty channel by its birth. */
const sorted = computed(() =>
  Object.values(state.value?.channels ?? {}).sort((a, b) => Number(a.archived) - Number(b.archived) || when(b) - when(a) || (a.id < b.id ? 1 : -1)),
);

export function when(channel: Channel): number {
  return channel.last?.ts ?? channel.created_at;
}

export function ChannelList() {
  const find = useSignal('');
  const creating = useSignal(false);
  const held = useSignal(false);
  const list = useRef<HTMLUListElement>(null);
  const s = state.value;
  if (!s) return null;
  const guest = s.people[s.me]?.role === 'guest' || s.people[s.me]?.role === 'auditor';
  const wanted = find.value.trim().toLocaleLowerCase();
  const order = useSteady(sorted.value, held.value);
  const channels = wanted ? order.filter((channel) => channelName(s, channel).toLocaleLowerCase().includes(wanted)) : order;
  const open = route.value.path[0] === 'c' ? route.value.path[1] : undefined;
  const waiting = new Map(outbox.value.filter((entry) => entry.th === undefined).map((entry) => [entry.c, entry]));
  const people = wanted ? strangers(s, wanted) : [];
  const move = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp' && event.key !== 'Home' && event.key !== 'End') return;
    const rows = [...(list.current?.querySelectorAll<HTMLElement>('a, button') ?? [])];
    if (!rows.length) return;
    const here = rows.indexOf(document.activeElement as HTMLElement);
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? rows.length - 1 : event.key === 'ArrowDown' ? here + 1 : here - 1;
    rows[Math.max(0, Math.min(rows.length - 1, to))]?.focus();
    event.preventDefault();
  };
  return (
    <>
      <div class="bar side-bar">
        <span class="side-mark">
          <Mark />
        </span>
        <h1 class="grow clip">{s.workspace.name}</h1>
        {guest ? null : (
          <MenuButton
            label={t('new')}
            icon="plus"
            items={() => [
              { label: t('new_channel'), icon: 'group', run: () => (creating.value = true) },
              { label: t('new_direct'), icon: 'user', href: href('people') },
              { label: t('invite_people'), icon: 'qr', href: href('invite') },
            ]}
          />
        )}
      </div>
      <LineNotice />
      <Own s={s} />
      <div class="finder">
        <Icon name="search" />
        <input
          type="search"
          aria-label={t('find_channel')}
          placeholder={t('find_channel')}
          value={find.value}
          onInput={(event) => (find.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') find.value = '';
            else if (event.key === 'Enter') list.current?.querySelector<HTMLElement>('a, button')?.click();
            else move(event);
          }}
        />
      </div>
      <ul
        class="channels"
        ref={list}
        aria-label={t('channels')}
        onKeyDown={move}
        onPointerEnter={() => (held.value = true)}
        onPointerLeave={() => (held.value = false)}
      >
        {channels.map((channel) => (
          <Row
            key={channel.id}
            channel={channel}
            people={s.people}
            me={s.me}
            online={channel.kind === 'direct' && otherOf(s, channel) in s.online}
            here={channel.id === open}
            draft={channel.id === open ? undefined : drafts.value[channel.id]}
            waiting={waiting.get(channel.id)}
            over={channel.community ? s.channels[channel.community]?.name : undefined}
          />
        ))}
        {people.map((person) => (
          <li key={person.id}>
            <button type="button" class="channel-row" onClick={() => directWith(person.id)}>
              <Avatar id={person.id} name={person.name} online={person.id in s.online} />
              <span class="channel-text">
                <span class="channel-name clip">{person.name}</span>
                <span class="channel-last clip">{t('new_direct')}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {channels.length + people.length === 0 ? (
        wanted ? (
          <Empty icon="search" title={t('nothing_found')} />
        ) : s.asked.length ? (
          <Empty icon="clock" title={t('asked_title')}>
            {t('asked_text', { names: s.asked.map((one) => one.name).join(', ') })}
          </Empty>
        ) : (
          <Empty icon="chat" title={t('no_channels')}>
            {t('no_channels_text')}
          </Empty>
        )
      ) : null}
      {creating.value ? (
        <NewChannel
          onClose={() => (creating.value = false)}
          onMade={(c) => {
            creating.value = false;
            go(href('c', c));
          }}
        />
      ) : null}
    </>
  );
}

interface RowProps {
  channel: Channel;
  people: State['people'];
  me: Id;
  online: boolean;
  here: boolean;
  draft: string | undefined;
  waiting: Entry | undefined;
  /** The name of its community. */
  over: string | null | undefined;
}

/** Drawn again only when something of its own changed, however long the list is. */
const Row = memo(function Row({ channel, people, me, online, here, draft, waiting, over }: RowProps) {
  const s = { people, me } as State;
  const name = channelName(s, channel);
  const direct = channel.kind === 'direct';
  const loud = channel.mentions > 0 || (direct && channel.unread > 0 && !channel.muted);
  return (
    <li>
      <a class={`channel-row${channel.unread && !channel.muted ? ' unread' : ''}`} href={href('c', channel.id)} aria-current={here ? 'page' : undefined}>
        <Avatar id={direct ? otherOf(s, channel) : channel.id} name={name} online={online} {...icon(channel)} />
        <span class="channel-text">
          <span class="channel-line">
            <span class="channel-name clip grow" dir="auto">
              {name}
              {over ? <span class="channel-over"> · {over}</span> : null}
            </span>
            {channel.muted ? <Icon name="bell-off" /> : null}
            <span class="channel-when num">{shortWhen(when(channel))}</span>
          </span>
          <span class="channel-line">
            <span class="channel-last clip grow" dir="auto">
              {draft ? (
                <>
                  <em>{t('draft')}</em> {draft}
                </>
              ) : (
                <Last channel={channel} s={s} waiting={waiting} />
              )}
            </span>
            {channel.asks.length ? (
              <span class="asks num" role="img" aria-label={t('asks_n', { n: channel.asks.length })}>
                <Icon name="confirm" />
                {channel.asks.length}
              </span>
            ) : null}
            {loud ? (
              <b class="badge num" aria-label={channel.mentions ? t('mentions_n', { n: channel.mentions }) : t('unread_n', { n: channel.unread })}>
                {Math.max(channel.mentions, direct ? channel.unread : 0)}
              </b>
            ) : channel.unread ? (
              <b class={`dot${channel.muted ? ' quiet' : ''}`} role="img" aria-label={t('unread_n', { n: channel.unread })} />
            ) : null}
          </span>
        </span>
      </a>
    </li>
  );
});

/** What is one's own: where there is some. */
function Own({ s }: { s: State }) {
  const saved = Object.values(s.channels).reduce((n, channel) => n + channel.saved.length, 0);
  const unsent = s.scheduled.some((one) => one.why);
  if (!saved && !s.scheduled.length) return null;
  return (
    <nav class="own-places" aria-label={t('own_places')}>
      {saved ? (
        <a href={href('saved')}>
          <Icon name="saved" />
          {t('saved_list')}
          <span class="num">{formatNumber(saved)}</span>
        </a>
      ) : null}
      {s.scheduled.length ? (
        <a href={href('scheduled')} class={unsent ? 'bad' : ''}>
          <Icon name={unsent ? 'warning' : 'clock'} />
          {t('scheduled')}
          <span class="num">{formatNumber(s.scheduled.length)}</span>
        </a>
      ) : null}
    </nav>
  );
}

function Last({ channel, s, waiting }: { channel: Channel; s: State; waiting: Entry | undefined }) {
  if (channel.archived) return <>{t('archived')}</>;
  if (waiting) {
    return (
      <>
        <Ticks state={waiting.state} /> {waiting.b}
      </>
    );
  }
  if (!channel.last) return <>{channel.topic}</>;
  const own = channel.last.u === s.me && !channel.last.sys && !channel.last.del;
  return (
    <>
      {own && channel.kind === 'direct' ? <><Ticks state={ticksOf(channel, s.me, channel.last.q)} />{' '}</> : null}
      {own && channel.kind === 'direct' ? gist(channel.last) : summary(s, channel, channel.last)}
    </>
  );
}

function icon(channel: Channel) {
  const name = channelIcon(channel);
  return name ? { icon: name } : {};
}

/** People one has no direct channel with yet. */
function strangers(s: State, wanted: string): Person[] {
  const known = new Set(Object.values(s.channels).filter((channel) => channel.kind === 'direct').map((channel) => otherOf(s, channel)));
  return Object.values(s.people)
    .filter((person) => person.active && person.id !== s.me && !known.has(person.id) && person.name.toLocaleLowerCase().includes(wanted))
    .slice(0, 8);
}
