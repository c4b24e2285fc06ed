// The people of the workspace, and a direct message to any of them.

import { useSignal } from '@preact/signals';
import { command, state } from '../core/live.ts';
import { go, href } from '../core/route.ts';
import type { State } from '../core/state.ts';
import type { Id, Role } from '../core/types.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconLink } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Page } from '../ui/states.tsx';
import { toastFault } from '../ui/toast.tsx';
import { otherOf } from './names.ts';
import { t } from './words.ts';

/** Opens the direct channel with somebody, making it when there is none. */
export async function directWith(person: Id): Promise<void> {
  const s = state.peek();
  const known = Object.values(s?.channels ?? {}).find((channel) => s && channel.kind === 'direct' && otherOf(s, channel) === person);
  if (known) {
    go(href('c', known.id));
    return;
  }
  try {
    const ack = await command({ t: 'channel.direct', with: person });
    go(href('c', ack.c ?? ''));
  } catch (error) {
    toastFault(error);
  }
}

const ROLES = { member: 'role_member', guest: 'role_guest', admin: 'role_admin', officer: 'role_officer', auditor: 'role_auditor', bot: 'role_bot' } as const;
export function roleName(role: Role): string {
  return t(ROLES[role]);
}

export function People() {
  const find = useSignal('');
  const s = state.value as State;
  const wanted = find.value.trim().toLocaleLowerCase();
  const people = Object.values(s.people)
    .filter((person) => person.id !== s.me && (person.active || person.imported) && (person.name.toLocaleLowerCase().includes(wanted) || (person.handle ?? '').toLocaleLowerCase().includes(wanted)))
    .sort((a, b) => Number(b.active) - Number(a.active) || a.name.localeCompare(b.name));
  return (
    <Page title={t('people')} back="#/" actions={<IconLink icon="qr" label={t('invite_people')} href={href('invite')} />}>
      <div class="stack">
        <div class="finder">
          <Icon name="search" />
          <input type="search" aria-label={t('find_person')} placeholder={t('find_person')} value={find.value} onInput={(event) => (find.value = event.currentTarget.value)} />
        </div>
        {people.length ? (
          <ul class="list">
            {people.map((person) => (
              <li key={person.id}>
                <button type="button" class="line" disabled={!person.active} aria-label={t('message_person', { name: person.name })} onClick={() => void directWith(person.id)}>
                  <Avatar id={person.id} name={person.name} online={person.online} />
                  <span class="grow">
                    <span class="clip block strong">{person.name}</span>
                    <span class="clip block muted small">
                      {person.imported ? t('imported_person') : (person.handle ?? '')}
                      {person.role === 'member' ? '' : ` · ${roleName(person.role)}`}
                    </span>
                  </span>
                  {person.active ? <Icon name="chat" /> : <span class="chip">{t('inactive')}</span>}
                </button>
              </li>
            ))}
          </ul>
        ) : (
          <Empty icon="users" title={t('no_people')} />
        )}
      </div>
    </Page>
  );
}
