// Inviting by QR: whoever scans it picks a name and a PIN and is in.

import { useSignal } from '@preact/signals';
import { get } from '../core/api.ts';
import { command, state } from '../core/live.ts';
import { route } from '../core/route.ts';
import type { State } from '../core/state.ts';
import { dateTime } from '../core/time.ts';
import type { Ack, Channel, Id, Invite } from '../core/types.ts';
import { now } from '../core/ulid.ts';
import { Button } from '../ui/button.tsx';
import { Check, Input, Select } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { QrCode } from '../ui/qr.tsx';
import { Empty, Load, Page, useLoad } from '../ui/states.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { channelName, isOwner } from './names.ts';
import { t as own } from './community-words.ts';
import { t } from './words.ts';

const HOURS = [1, 8, 24, 72, 168, 720];
const USES = [1, 5, 25, 100, 500];

export function Invites() {
  const s = state.value as State;
  const admin = s.people[s.me]?.role === 'admin';
  const channels = Object.values(s.channels).filter((channel) => channel.kind !== 'direct' && !channel.archived && (isOwner(s, channel) || admin));
  const wanted = route.value.query.get('c');
  const chosen = useSignal<Id[]>(wanted && channels.some((channel) => channel.id === wanted) ? [wanted] : []);
  const role = useSignal<'member' | 'guest'>('member');
  const hours = useSignal('72');
  const uses = useSignal('25');
  const note = useSignal('');
  const ask = useSignal(false);
  const busy = useSignal(false);
  const made = useSignal<Ack | null>(null);
  const invites = useLoad((signal) => get<{ invites: Invite[] }>('/invites', {}, { signal }), [made.value]);

  const make = async () => {
    busy.value = true;
    try {
      const words = note.value.trim();
      made.value = await command({ t: 'invite.create', role: role.value, channels: chosen.value, hours: Number(hours.value), uses: Number(uses.value), ask: ask.value, ...(words ? { note: words } : {}) });
    } catch (error) {
      toastFault(error);
    }
    busy.value = false;
  };
  const revoke = (invite: Invite) => command({ t: 'invite.revoke', invite: invite.id }).then(invites.reload, toastFault);

  return (
    <Page title={t('invite')} back="#/">
      <div class="stack">
        {made.value?.url ? (
          <Made ack={made.value} again={() => (made.value = null)} />
        ) : channels.length === 0 ? (
          <Empty icon="qr" title={t('invite')}>
            {t('invite_not_owner')}
          </Empty>
        ) : (
          <form
            class="card stack"
            onSubmit={(event) => {
              event.preventDefault();
              void make();
            }}
          >
            <p class="muted">{t('invite_text')}</p>
            <fieldset class="pick">
              <legend class="label">{t('invite_channels')}</legend>
              <div class="pick-list">
                {channels.map((channel) => (
                  <Check
                    key={channel.id}
                    label={nameWithKind(s, channel)}
                    checked={chosen.value.includes(channel.id)}
                    onValue={(on) => (chosen.value = on ? [...chosen.value, channel.id] : chosen.value.filter((id) => id !== channel.id))}
                  />
                ))}
              </div>
            </fieldset>
            <div class="columns">
              <Select
                label={t('invite_role')}
                value={role.value}
                options={[
                  { value: 'member', label: t('role_member') },
                  { value: 'guest', label: t('role_guest') },
                ]}
                onValue={(value) => (role.value = value)}
              />
              <Select
                label={t('invite_hours')}
                value={hours.value}
                options={HOURS.map((n) => ({ value: String(n), label: n < 48 ? t('hours_n', { n }) : t('days_n', { n: n / 24 }) }))}
                onValue={(value) => (hours.value = value)}
              />
              <Select label={t('invite_uses')} value={uses.value} options={USES.map((n) => ({ value: String(n), label: t('times_n', { n }) }))} onValue={(value) => (uses.value = value)} />
            </div>
            <Check label={own('invite_ask')} checked={ask.value} onValue={(on) => (ask.value = on)} />
            <Input label={t('invite_note')} value={note.value} maxLength={120} onValue={(value) => (note.value = value)} />
            <Button type="submit" kind="primary" icon="qr" busy={busy.value} disabled={!chosen.value.length}>
              {t('invite_make')}
            </Button>
          </form>
        )}
        <section class="stack tight">
          <h2>{t('invite_mine')}</h2>
          <Load from={invites}>
            {(data) =>
              data.invites.length ? (
                <ul class="list">
                  {data.invites.map((invite) => {
                    const over = ending(invite);
                    return (
                      <li key={invite.id} class="line">
                        <Icon name="qr" />
                        <span class="grow">
                          <span class="clip block strong">{invite.note || invite.channels.map((one) => one.name).join(', ')}</span>
                          <span class="clip block muted small num">
                            {t('invite_until', { date: dateTime(invite.expires_at) })} · {t('invite_used', { used: invite.used, uses: invite.uses })}
                          </span>
                        </span>
                        {over ? (
                          <span class="chip">{over}</span>
                        ) : (
                          <>
                            <Button kind="quiet" onClick={() => (made.value = { t: 'ack', id: '', invite: invite.id, code: invite.code, url: invite.url, expires_at: invite.expires_at })}>
                              {t('invite_qr_short')}
                            </Button>
                            <Button kind="danger" onClick={() => void revoke(invite)}>
                              {t('invite_revoke')}
                            </Button>
                          </>
                        )}
                      </li>
                    );
                  })}
                </ul>
              ) : (
                <p class="muted">{t('invite_none')}</p>
              )
            }
          </Load>
        </section>
      </div>
    </Page>
  );
}

function Made({ ack, again }: { ack: Ack; again: () => void }) {
  const link = ack.url ?? '';
  return (
    <section class="card stack center-all" aria-label={t('invite_qr')}>
      <QrCode text={link} label={t('invite_qr')} />
      <p>{t('invite_scan')}</p>
      {ack.expires_at ? <p class="muted small">{t('invite_until', { date: dateTime(ack.expires_at) })}</p> : null}
      <input class="input mono" readOnly value={link} aria-label={t('invite_link')} onFocus={(event) => event.currentTarget.select()} />
      <div class="row wrap">
        <Button icon="copy" onClick={() => navigator.clipboard.writeText(link).then(() => toast(t('copied')), toastFault)}>
          {t('copy_link')}
        </Button>
        {'share' in navigator ? (
          <Button icon="external" onClick={() => void navigator.share({ url: link }).catch(() => undefined)}>
            {t('share')}
          </Button>
        ) : null}
        <Button kind="quiet" onClick={again}>
          {t('another')}
        </Button>
      </div>
    </section>
  );
}

function ending(invite: Invite): string | null {
  if (invite.revoked) return t('invite_revoked');
  if (invite.used >= invite.uses) return t('invite_spent');
  return invite.expires_at < now() ? t('invite_expired') : null;
}

function nameWithKind(s: State, channel: Channel): string {
  return channelName(s, channel);
}
