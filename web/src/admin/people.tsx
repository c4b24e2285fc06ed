// Everybody with an account: find, change, sign out, deactivate. Never deletes.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { formatNumber } from '../core/i18n.ts';
import type { AdminPerson, Role } from '../core/types.ts';
import { ago, utc } from '../core/time.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { confirm } from '../ui/dialog.tsx';
import { Input, Select } from '../ui/field.tsx';
import { MenuButton } from '../ui/menu.tsx';
import { Empty, Load, useLoad } from '../ui/states.tsx';
import { toast } from '../ui/toast.tsx';
import { act } from '../rooms/act.ts';
import { csv } from '../rooms/csv.ts';
import { DataTable } from '../rooms/data-table.tsx';
import { me } from '../rooms/known.ts';
import { Choices, saveFile, When } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { t as words } from '../rooms/words.ts';
import { DeactivateDialog, DevicesDialog, LoginDialog, ResetDialog, RoleDialog } from './person-dialogs.tsx';
import { t as signin } from '../security/house-words.ts';
import { roleName, ROLES, t } from './words.ts';

type State = 'all' | 'active' | 'inactive' | 'never';
const SHOWN_AT_ONCE = 100;

export function People() {
  const [text, setText] = useState('');
  const [role, setRole] = useState<Role | ''>('');
  const [state, setState] = useState<State>('all');
  const [shown, setShown] = useState(SHOWN_AT_ONCE);
  const people = useLoad<AdminPerson[]>(async (signal) => (await get<{ people: AdminPerson[] }>('/admin/people', {}, { signal })).people);
  const [dialog, setDialog] = useState<{ what: 'role' | 'login' | 'reset' | 'devices' | 'deactivate'; person: AdminPerson }>();
  const found = (people.data ?? []).filter((person) => matches(person, text, role, state));
  return (
    <Section
      title={t('people')}
      hint={t('people_hint')}
      actions={
        <Button icon="download" disabled={!found.length} onClick={() => saveFile('people.csv', 'text/csv', peopleCsv(found))}>
          {t('csv')}
        </Button>
      }
    >
      <div class="sieve">
        <Input label={t('find')} type="search" value={text} autoComplete="off" onValue={setText} />
        <Select label={t('role')} value={role} options={[{ value: '', label: t('any_role') }, ...roles()]} onValue={setRole} />
      </div>
      <Choices
        label={t('state')}
        value={state}
        options={(['all', 'active', 'inactive', 'never'] as const).map((value) => ({
          value,
          label: `${t(value)} ${formatNumber((people.data ?? []).filter((person) => matches(person, text, role, value)).length)}`,
        }))}
        onValue={setState}
      />
      <Load from={people}>
        {() => (
          <>
            <DataTable
              caption={t('people')}
              rows={found.slice(0, shown)}
              keyOf={(person) => person.id}
              muted={(person) => !person.active}
              empty={
                <Empty icon="users" title={t('nobody')}>
                  {t('nobody_text')}
                </Empty>
              }
              columns={[
                { name: t('name'), main: true, cell: (person) => <PersonCell person={person} /> },
                { name: t('role'), cell: (person) => <RoleChip person={person} /> },
                { name: t('last_seen'), cell: (person) => (person.online ? <span class="chip good">{t('online')}</span> : <When ts={neverSeen(person) ? null : person.seen_at} relative />) },
                { name: t('devices'), end: true, wide: true, cell: (person) => formatNumber(person.devices) },
                { name: t('in_channels'), end: true, wide: true, cell: (person) => formatNumber(person.channels) },
                {
                  name: t('actions', { name: '' }),
                  quiet: true,
                  cell: (person) =>
                    person.id === me()?.id ? (
                      <span class="row">
                        <span class="faint">{t('you')}</span>
                        <MenuButton label={t('actions', { name: person.name })} items={() => [{ label: t('login'), icon: 'user', run: () => setDialog({ what: 'login', person }) }]} />
                      </span>
                    ) : (
                      <MenuButton
                        label={t('actions', { name: person.name })}
                        items={() => [
                          { label: t('change_role'), icon: 'shield', run: () => setDialog({ what: 'role', person }) },
                          { label: t('login'), icon: 'user', run: () => setDialog({ what: 'login', person }) },
                          person.active && { label: t('reset'), icon: 'lock', run: () => setDialog({ what: 'reset', person }) },
                          person.second && { label: signin('take_off'), icon: 'shield', run: () => void takeOff(person, people.reload) },
                          { label: t('show_devices'), icon: 'phone', run: () => setDialog({ what: 'devices', person }) },
                          'line',
                          person.active
                            ? { label: t('deactivate'), icon: 'leave', danger: true, run: () => setDialog({ what: 'deactivate', person }) }
                            : { label: t('reactivate'), icon: 'user', run: () => void reactivate(person, people.reload) },
                        ]}
                      />
                    ),
                },
              ]}
            />
            {found.length > shown ? (
              <div class="row foot">
                <Button onClick={() => setShown(shown + SHOWN_AT_ONCE)}>{words('more')}</Button>
              </div>
            ) : null}
          </>
        )}
      </Load>
      {dialog?.what === 'role' ? <RoleDialog person={dialog.person} onClose={() => setDialog(undefined)} onDone={people.reload} /> : null}
      {dialog?.what === 'login' ? <LoginDialog person={dialog.person} onClose={() => setDialog(undefined)} onDone={people.reload} /> : null}
      {dialog?.what === 'reset' ? <ResetDialog person={dialog.person} onClose={() => setDialog(undefined)} /> : null}
      {dialog?.what === 'deactivate' ? (
        <DeactivateDialog person={dialog.person} onClose={() => setDialog(undefined)} onDone={people.reload} onUndo={() => void reactivate(dialog.person, people.reload)} />
      ) : null}
      {dialog?.what === 'devices' ? <DevicesDialog person={dialog.person} onClose={() => setDialog(undefined)} onDone={people.reload} /> : null}
    </Section>
  );
}

function PersonCell({ person }: { person: AdminPerson }) {
  return (
    <span class="person">
      <Avatar id={person.id} name={person.name} size="small" online={person.online} />
      <span>
        <span class="clip">{person.name}</span>
        <small class="clip">{person.login ? `${person.handle} · ${person.login}` : person.handle}</small>
        {person.directory_at ? <small class="clip" title={utc(person.directory_at)}>{t('from_directory', { when: ago(person.directory_at) })}</small> : null}
      </span>
    </span>
  );
}

function RoleChip({ person }: { person: AdminPerson }) {
  if (person.imported) return <span class="chip">{t('imported')}</span>;
  if (!person.active) return <span class="chip bad">{t('inactive')}</span>;
  const role = person.role === 'member' ? <>{roleName('member')}</> : <span class="chip sun">{roleName(person.role)}</span>;
  if (!person.second) return role;
  return (
    <>
      {role} <span class="chip good">{signin('has_second')}</span>
    </>
  );
}

async function reactivate(person: AdminPerson, done: () => void): Promise<void> {
  if (!(await act({ t: 'person.reactivate', person: person.id }))) return;
  toast(t('reactivated', { name: person.name }));
  done();
}

async function takeOff(person: AdminPerson, done: () => void): Promise<void> {
  const yes = await confirm({ title: signin('take_off_title', { name: person.name }), body: <p>{signin('take_off_text')}</p>, action: signin('take_off'), danger: true });
  if (!yes || !(await act({ t: 'second.remove', person: person.id }))) return;
  toast(signin('taken_off'));
  done();
}

function matches(person: AdminPerson, text: string, role: Role | '', state: State): boolean {
  const wanted = fold(text.trim());
  if (wanted && !fold(person.name).includes(wanted) && !fold(person.handle).includes(wanted)) return false;
  if (role && person.role !== role) return false;
  return state === 'all' || (state === 'active' ? person.active : state === 'inactive' ? !person.active : neverSeen(person));
}

/** Who was made by an import has an account but was never here. */
function neverSeen(person: AdminPerson): boolean {
  return person.seen_at === null || (person.imported && person.devices === 0 && person.seen_at <= person.joined_at);
}

/** Without case and accents, so that "muller" finds "Müller". */
const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLocaleLowerCase();

function roles(): { value: Role; label: string }[] {
  return ROLES.map((value) => ({ value, label: roleName(value) }));
}

function peopleCsv(people: AdminPerson[]): string {
  const moment = (ts: number | null): string => (ts === null ? '' : new Date(ts).toISOString());
  return csv([
    [t('name'), 'handle', t('role'), t('state'), `${t('joined')} (UTC)`, `${t('last_seen')} (UTC)`, t('devices'), t('in_channels')],
    ...people.map((p) => [p.name, p.handle, roleName(p.role), p.active ? t('active') : t('inactive'), moment(p.joined_at), moment(p.seen_at), p.devices, p.channels]),
  ]);
}
