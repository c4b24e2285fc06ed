// The people of the workspace, and a direct message to any of them.

import { useSignal } from '@preact/signals';
import { state } from '../core/live.ts';
import { href } from '../core/route.ts';
import type { State } from '../core/state.ts';
import type { Role } from '../core/types.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconLink } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Page } from '../ui/states.tsx';
import { directWith } from './direct.ts';
import { t } from './words.ts';

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
                <button type="button" class="line" disabled={!person.active} onClick={() => void directWith(person.id)}>
                  <Avatar id={person.id} name={person.name} online={person.id in s.online} />
                  <span class="grow">
                    <span class="unseen">{t('message_to')} </span>
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
