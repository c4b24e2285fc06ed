// Invites: who may come in by which link, until when. An invite never makes more than a member.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { formatList } from '../core/i18n.ts';
import { command } from '../core/live.ts';
import { href } from '../core/route.ts';
import { dateTime } from '../core/time.ts';
import type { Ack, Invite } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { confirm, Dialog } from '../ui/dialog.tsx';
import { Input, Select } from '../ui/field.tsx';
import { MenuButton } from '../ui/menu.tsx';
import { Empty, Load, Loading, useLoad } from '../ui/states.tsx';
import { toastFault } from '../ui/toast.tsx';
import { act } from '../rooms/act.ts';
import { DataTable } from '../rooms/data-table.tsx';
import { fetchChannels, nameOf } from '../rooms/known.ts';
import { Choices, copyText, When } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { t as words } from '../rooms/words.ts';
import { ChannelPicker } from './channel-picker.tsx';
import { LinkAndCode } from './person-dialogs.tsx';
import { t } from './words.ts';

const HOURS = [4, 24, 72, 168, 720, 2160];
const USES = [1, 5, 20, 50, 200, 1000];

export type InviteState = 'open' | 'expired' | 'used_up' | 'revoked';

export function inviteState(invite: Invite, now = Date.now()): InviteState {
  if (invite.revoked) return 'revoked';
  if (invite.used >= invite.uses) return 'used_up';
  return invite.expires_at <= now ? 'expired' : 'open';
}

export function fetchInvites(signal: AbortSignal): Promise<Invite[]> {
  return get<{ invites: Invite[] }>('/invites', {}, { signal }).then((answer) => answer.invites);
}

export function Invites() {
  const invites = useLoad<Invite[]>(fetchInvites);
  const [making, setMaking] = useState(false);
  const open = (
    <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
      {t('new_invite')}
    </Button>
  );
  return (
    <Section title={t('invites')} hint={t('invites_hint')} actions={invites.data?.length ? open : undefined}>
      <Load from={invites}>
        {(list) => (
          <DataTable
            caption={t('invites')}
            rows={[...list].sort(byState)}
            keyOf={(invite) => invite.id}
            muted={(invite) => inviteState(invite) !== 'open'}
            empty={
              <Empty icon="qr" title={t('no_invites')} action={open}>
                {t('no_invites_text')}
              </Empty>
            }
            columns={[
              { name: t('for_channels'), main: true, cell: (invite) => <Title invite={invite} /> },
              { name: t('state'), cell: (invite) => <StateChip state={inviteState(invite)} /> },
              { name: t('used'), cell: (invite) => t('used_of', { used: invite.used, uses: invite.uses }) },
              { name: t('valid_until'), cell: (invite) => <When ts={invite.expires_at} /> },
              { name: t('made'), cell: (invite) => nameOf(invite.made_by) },
              { name: t('actions', { name: '' }), quiet: true, cell: (invite) => <Actions invite={invite} done={invites.reload} /> },
            ]}
          />
        )}
      </Load>
      {making ? <NewInvite onClose={() => setMaking(false)} onDone={invites.reload} /> : null}
    </Section>
  );
}

function Title({ invite }: { invite: Invite }) {
  return (
    <span class="person">
      <span>
        <span>{invite.channels.length ? formatList(invite.channels.map((channel) => channel.name)) : t('no_channels')}</span>
        <small>
          {t(invite.role === 'guest' ? 'guest' : 'member')}
          {invite.note ? ` · ${invite.note}` : ''}
        </small>
      </span>
    </span>
  );
}

function StateChip({ state }: { state: InviteState }) {
  return <span class={`chip ${state === 'open' ? 'good' : ''}`}>{t(state)}</span>;
}

function Actions({ invite, done }: { invite: Invite; done: () => void }) {
  if (inviteState(invite) !== 'open') return null;
  const revoke = async (): Promise<void> => {
    if (!(await confirm({ title: t('revoke_title'), body: t('revoke_text'), action: t('revoke'), danger: true }))) return;
    if (await act({ t: 'invite.revoke', invite: invite.id })) done();
  };
  return (
    <MenuButton
      label={t('actions', { name: invite.channels.length ? formatList(invite.channels.map((channel) => channel.name)) : (invite.note ?? '') || t('no_channels') })}
      items={() => [
        { label: t('poster'), icon: 'print', href: href('admin', 'invites', invite.id) },
        { label: words('copy', { what: t('link') }), icon: 'copy', run: () => void copyText(invite.url) },
        'line',
        { label: t('revoke'), icon: 'close', danger: true, run: () => void revoke() },
      ]}
    />
  );
}

function NewInvite({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const channels = useLoad((signal) => fetchChannels(signal));
  const [role, setRole] = useState<'member' | 'guest'>('member');
  const [chosen, setChosen] = useState<string[]>([]);
  const [hours, setHours] = useState(168);
  const [uses, setUses] = useState(20);
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<Ack>();
  const create = async (): Promise<void> => {
    setBusy(true);
    try {
      setMade(await command({ t: 'invite.create', role, channels: chosen, hours, uses, note: note.trim() }));
      onDone();
    } catch (error) {
      toastFault(error);
    } finally {
      setBusy(false);
    }
  };
  if (made) return <Made ack={made} uses={uses} onClose={onClose} />;
  return (
    <Dialog
      title={t('new_invite')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{words('cancel')}</Button>
          <Button kind="primary" busy={busy} onClick={() => void create()}>
            {t('create')}
          </Button>
        </>
      }
    >
      <div class="stack">
        {channels.data ? <ChannelPicker channels={channels.data} chosen={chosen} onChosen={setChosen} /> : <Loading />}
        <div class="field">
          <span class="label">{t('invite_role')}</span>
          <Choices
            label={t('invite_role')}
            value={role}
            options={[
              { value: 'member', label: t('member') },
              { value: 'guest', label: t('guest') },
            ]}
            onValue={setRole}
          />
          <span class="hint">{t(role === 'guest' ? 'guest_hint' : 'member_hint')}</span>
        </div>
        <div class="two">
          <Select label={t('hours')} value={String(hours)} options={HOURS.map((n) => ({ value: String(n), label: hoursText(n) }))} onValue={(value) => setHours(Number(value))} />
          <Select label={t('uses')} value={String(uses)} options={USES.map((n) => ({ value: String(n), label: words('people', { n }) }))} onValue={(value) => setUses(Number(value))} />
        </div>
        <Input label={t('note')} hint={t('note_hint')} value={note} maxLength={200} autoComplete="off" onValue={setNote} />
      </div>
    </Dialog>
  );
}

function Made({ ack, uses, onClose }: { ack: Ack; uses: number; onClose: () => void }) {
  return (
    <Dialog
      title={t('created')}
      onClose={onClose}
      actions={
        <>
          {ack.invite ? (
            <a class="btn" href={href('admin', 'invites', ack.invite)} onClick={onClose}>
              {t('poster')}
            </a>
          ) : null}
          <Button kind="primary" onClick={onClose}>
            {words('close')}
          </Button>
        </>
      }
    >
      {ack.url ? <LinkAndCode url={ack.url} hint={`${words('people', { n: uses })} · ${t('valid_until')} ${dateTime(ack.expires_at ?? 0)}`} /> : null}
    </Dialog>
  );
}

function hoursText(n: number): string {
  return n % 24 ? t('hours_n', { n }) : t('days_n', { n: n / 24 });
}

/** Open ones first, then the newest. */
function byState(a: Invite, b: Invite): number {
  const open = (invite: Invite): number => (inviteState(invite) === 'open' ? 0 : 1);
  return open(a) - open(b) || b.made_at - a.made_at;
}
