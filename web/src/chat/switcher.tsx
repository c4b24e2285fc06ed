// Ctrl or Cmd + K: a few letters, Enter, there.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { state } from '../core/live.ts';
import { go, href } from '../core/route.ts';
import type { State } from '../core/state.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { channelIcon, channelName, otherOf } from './names.ts';
import { directWith } from './direct.ts';
import { reachable } from './pick.tsx';
import { t } from './words.ts';

interface Target {
  key: string;
  face: string;
  name: string;
  icon?: IconName;
  unread: number;
  go: () => void;
}

const MOST = 9;

export function Switcher({ onClose }: { onClose: () => void }) {
  const find = useSignal('');
  const at = useSignal(0);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const s = state.value as State;
  const found = targets(s, find.value.trim().toLocaleLowerCase());
  const choose = (target: Target | undefined) => {
    if (!target) return;
    onClose();
    target.go();
  };
  return (
    <Dialog title={t('switcher')} onClose={onClose}>
      <div class="finder large">
        <Icon name="search" />
        <input
          ref={input}
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls="switcher-list"
          aria-activedescendant={`switch-${at.value}`}
          aria-label={t('find_channel')}
          placeholder={t('find_channel')}
          value={find.value}
          onInput={(event) => {
            find.value = event.currentTarget.value;
            at.value = 0;
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') at.value = Math.min(found.length - 1, at.value + 1);
            else if (event.key === 'ArrowUp') at.value = Math.max(0, at.value - 1);
            else if (event.key === 'Enter') choose(found[at.value]);
            else return;
            event.preventDefault();
          }}
        />
      </div>
      <ul class="switcher-list" role="listbox" id="switcher-list" aria-label={t('switcher')}>
        {found.map((target, index) => (
          <li key={target.key} id={`switch-${index}`} role="option" aria-selected={index === at.value} onPointerUp={() => choose(target)} onPointerMove={() => (at.value = index)}>
            <Avatar id={target.face} name={target.name} size="small" {...(target.icon ? { icon: target.icon } : {})} />
            <span class="grow clip">{target.name}</span>
            {target.unread ? <b class="badge num">{target.unread}</b> : null}
          </li>
        ))}
      </ul>
      {found.length ? null : <p class="muted center">{t('nothing_found')}</p>}
    </Dialog>
  );
}

/** What is unread first, then what is recent, then people. */
function targets(s: State, wanted: string): Target[] {
  const fits = (name: string) => !wanted || name.toLocaleLowerCase().split(/[\s-]+/).some((word) => word.startsWith(wanted)) || name.toLocaleLowerCase().includes(wanted);
  const channels = Object.values(s.channels)
    .filter((channel) => fits(channelName(s, channel)))
    .sort((a, b) => Number(b.unread > 0) - Number(a.unread > 0) || (b.last?.ts ?? b.created_at) - (a.last?.ts ?? a.created_at))
    .map((channel): Target => {
      const icon = channelIcon(channel);
      return {
        key: channel.id,
        face: channel.kind === 'direct' ? otherOf(s, channel) : channel.id,
        name: channelName(s, channel),
        ...(icon ? { icon } : {}),
        unread: channel.unread,
        go: () => go(href('c', channel.id)),
      };
    });
  const known = new Set(Object.values(s.channels).filter((channel) => channel.kind === 'direct').map((channel) => otherOf(s, channel)));
  const people = wanted
    ? reachable(s).filter((person) => !known.has(person.id) && fits(person.name)).map((person): Target => ({ key: person.id, face: person.id, name: person.name, unread: 0, go: () => void directWith(person.id) }))
    : [];
  return [...channels, ...people].slice(0, MOST);
}
