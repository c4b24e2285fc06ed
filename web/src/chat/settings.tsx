// One's own corner: name, looks, notifications, devices, the secret, the way out.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get, post } from '../core/api.ts';
import { build, command, me, signOut, state } from '../core/live.ts';
import { outbox } from '../core/outbox.ts';
import type { State } from '../core/state.ts';
import { ago, utc } from '../core/time.ts';
import type { Device } from '../core/types.ts';
import { now } from '../core/ulid.ts';
import { Avatar } from '../ui/avatar.tsx';
import { lazy } from '../ui/lazy.tsx';
import { Button } from '../ui/button.tsx';
import { confirm, Dialog } from '../ui/dialog.tsx';
import { Input } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { QrCode } from '../ui/qr.tsx';
import { Empty, Load, Page, useLoad } from '../ui/states.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { Notices } from '../notices/notices.tsx';
import { Appearance } from './looks.tsx';
import { roleName } from './people.tsx';
import { t } from './words.ts';

const OwnData = lazy(() => import('./own-data.tsx').then((module) => module.OwnData));
const Security = lazy(() => import('../security/security.tsx').then((module) => module.Security));
const Looked = lazy(() => import('./looked.tsx').then((module) => module.Looked));

export function Settings() {
  return (
    <Page title={t('you')} back="#/">
      <div class="stack settings">
        <Profile />
        <Appearance />
        <Notices />
        <Devices />
        <Security />
        <Kept />
        <Looked />
        <OwnData />
        <section class="list apart">
          <button type="button" class="line danger" onClick={() => void askSignOut()}>
            <Icon name="leave" />
            {t('sign_out')}
          </button>
        </section>
        <p class="muted small center">{t('about', { build: build.value })}</p>
      </div>
    </Page>
  );
}

export async function askSignOut(): Promise<void> {
  const unsent = outbox.peek().filter((entry) => entry.state !== 'sent').length;
  const yes = await confirm({
    title: t('sign_out_title'),
    body: (
      <>
        <p>{t('sign_out_text')}</p>
        {unsent ? <p class="note bad">{t('sign_out_unsent', { n: unsent })}</p> : null}
      </>
    ),
    action: t('sign_out'),
    danger: true,
  });
  if (yes) await signOut();
}

function Profile() {
  const s = state.value as State;
  const person = me.value;
  const name = useSignal(person?.name ?? '');
  const busy = useSignal(false);
  const secret = useSignal(false);
  if (!person) return null;
  const save = async () => {
    busy.value = true;
    try {
      await command({ t: 'profile', name: name.value.trim() });
      toast(t('saved'));
    } catch (error) {
      toastFault(error);
    }
    busy.value = false;
  };
  return (
    <section class="card stack" aria-label={t('profile')}>
      <div class="row">
        <Avatar id={person.id} name={person.name} size="large" />
        <div class="grow">
          <h2 class="clip">{person.name}</h2>
          <p class="muted small clip">
            {t('handle', { handle: s.handle })} · {roleName(person.role)}
          </p>
        </div>
      </div>
      <form
        class="row end-aligned"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div class="grow">
          <Input label={t('display_name')} value={name.value} maxLength={80} autocomplete="name" onValue={(value) => (name.value = value)} />
        </div>
        <Button type="submit" busy={busy.value} disabled={!name.value.trim() || name.value.trim() === person.name}>
          {t('save')}
        </Button>
      </form>
      <Button icon="lock" onClick={() => (secret.value = true)}>
        {t('change_secret')}
      </Button>
      {secret.value ? <ChangeSecret onClose={() => (secret.value = false)} /> : null}
    </section>
  );
}

function ChangeSecret({ onClose }: { onClose: () => void }) {
  const old = useSignal('');
  const fresh = useSignal('');
  const fault = useSignal<string | undefined>(undefined);
  const save = async () => {
    try {
      await post('/secret', { old: old.value, new: fresh.value });
      toast(t('secret_changed'));
      onClose();
    } catch (error) {
      fault.value = (error as Error).message;
    }
  };
  return (
    <Dialog
      title={t('change_secret')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" disabled={!old.value || fresh.value.length < 6} onClick={() => void save()}>
            {t('save')}
          </Button>
        </>
      }
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Input label={t('old_secret')} type="password" autocomplete="current-password" value={old.value} onValue={(value) => (old.value = value)} />
        <Input label={t('new_secret')} type="password" autocomplete="new-password" hint={t('secret_hint')} fault={fault.value} value={fresh.value} onValue={(value) => (fresh.value = value)} />
      </form>
    </Dialog>
  );
}

function Devices() {
  const devices = useLoad((signal) => get<{ devices: Device[] }>('/devices', {}, { signal }));
  const linking = useSignal(false);
  const end = async (device: Device) => {
    const yes = await confirm({ title: t('sign_out_device_title', { label: device.label }), body: <p>{t('sign_out_device_text')}</p>, action: t('sign_out_device'), danger: true });
    if (yes) await command({ t: 'device.revoke', device: device.id }).then(devices.reload, toastFault);
  };
  return (
    <section class="stack tight">
      <h2>{t('devices')}</h2>
      <Load from={devices}>
        {(data) => (
          <ul class="list">
            {data.devices.map((device) => (
              <li key={device.id} class="line">
                <Icon name="phone" />
                <span class="grow">
                  <span class="clip block strong">{device.label}</span>
                  <span class="clip block muted small" title={utc(device.seen_at)}>
                    {device.current ? t('this_device') : t('seen', { when: ago(device.seen_at, now()) })}
                  </span>
                </span>
                {device.current ? null : (
                  <Button kind="danger" onClick={() => void end(device)}>
                    {t('sign_out_device')}
                    <span class="unseen">{device.label}</span>
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Load>
      <Button icon="qr" onClick={() => (linking.value = true)}>
        {t('link_device')}
      </Button>
      {linking.value ? (
        <LinkDevice
          onClose={() => {
            linking.value = false;
            devices.reload();
          }}
        />
      ) : null}
    </section>
  );
}

function LinkDevice({ onClose }: { onClose: () => void }) {
  const link = useLoad(() => post<{ code: string; url: string; expires_at: number }>('/device/link'));
  const over = useSignal(false);
  const until = link.data?.expires_at;
  useEffect(() => {
    over.value = false;
    if (until === undefined) return undefined;
    const timer = setTimeout(() => (over.value = true), Math.max(0, until - now()));
    return () => clearTimeout(timer);
  }, [until]);
  return (
    <Dialog title={t('link_device')} onClose={onClose}>
      <Load from={link}>
        {(data) => over.value ? (
          <Empty icon="clock" title={t('link_expired')} action={<Button onClick={link.reload}>{t('another')}</Button>} />
        ) : (
          <div class="stack center-all">
            <QrCode text={data.url} label={t('link_device')} />
            <p class="center">{t('link_device_text')}</p>
            <input class="input mono" readOnly value={data.url} aria-label={t('invite_link')} onFocus={(event) => event.currentTarget.select()} />
          </div>
        )}
      </Load>
    </Dialog>
  );
}

function Kept() {
  const s = state.value as State;
  const days = s.workspace.keep_days;
  return (
    <section class="card stack tight" aria-label={t('what_is_kept')}>
      <h2>{t('what_is_kept')}</h2>
      <p>{days === null ? t('kept_then_gone_never') : t('kept_then_gone_days', { n: days })}</p>
      <p>{t('kept_who_reads')}</p>
    </section>
  );
}
