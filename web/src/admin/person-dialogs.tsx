// What an administrator does to one person: role, reset link, devices.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { command } from '../core/live.ts';
import { ago, dateTime } from '../core/time.ts';
import type { AdminPerson, Device, Id, Role } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Input } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { QrCode } from '../ui/qr.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { act } from '../rooms/act.ts';
import { nameOf } from '../rooms/known.ts';
import { copyText, Note } from '../rooms/pieces.tsx';
import { t as words } from '../rooms/words.ts';
import { roleName, t } from './words.ts';

const GIVEN: Exclude<Role, 'bot'>[] = ['member', 'guest', 'officer', 'auditor', 'admin'];

export function RoleDialog({ person, onClose, onDone }: { person: AdminPerson; onClose: () => void; onDone: () => void }) {
  const [role, setRole] = useState(person.role);
  const [busy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    setBusy(true);
    try {
      await command({ t: 'person.role', person: person.id, role });
      toast(t('role_saved', { name: person.name, role: roleName(role) }));
      onDone();
      onClose();
    } catch (error) {
      toastFault(error);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t('role_title', { name: person.name })}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{words('cancel')}</Button>
          <Button kind="primary" busy={busy} disabled={role === person.role} onClick={() => void save()}>
            {words('save')}
          </Button>
        </>
      }
    >
      <div class="options" role="radiogroup" aria-label={t('role')}>
        {GIVEN.map((one) => (
          <label key={one} class="option" for={`role-${one}`}>
            <input id={`role-${one}`} type="radio" name="role" checked={role === one} onChange={() => setRole(one)} />
            {roleName(one)}
            <span class="hint">{t(`may_${one}`)}</span>
          </label>
        ))}
      </div>
    </Dialog>
  );
}

/** Her name at the company's sign-in: set, changed or cleared. */
export function LoginDialog({ person, onClose, onDone }: { person: AdminPerson; onClose: () => void; onDone: () => void }) {
  const [login, setLogin] = useState(person.login ?? '');
  const [busy, setBusy] = useState(false);
  const wanted = login.trim() || null;
  const save = async (): Promise<void> => {
    setBusy(true);
    if (await act({ t: 'person.login', person: person.id, login: wanted })) {
      toast(t('login_saved'));
      onDone();
      onClose();
    } else setBusy(false);
  };
  return (
    <Dialog
      title={t('login_title', { name: person.name })}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{words('cancel')}</Button>
          <Button kind="primary" busy={busy} disabled={wanted === person.login} onClick={() => void save()}>
            {words('save')}
          </Button>
        </>
      }
    >
      <div class="stack">
        <Input label={t('login_name')} hint={t('login_hint', { name: person.name })} value={login} maxLength={320} autocomplete="off" autocapitalize="none" spellcheck={false} onValue={setLogin} />
        {person.tied ? <Note>{t('login_tied')}</Note> : null}
      </div>
    </Dialog>
  );
}

interface Leaving {
  channels: number;
  passes: { id: Id; name: string; to: Id | null }[];
}

/** For a while, or for good: then with what becomes of the channels. */
export function DeactivateDialog({ person, onClose, onDone, onUndo }: { person: AdminPerson; onClose: () => void; onDone: () => void; onUndo: () => void }) {
  const leaving = useLoad<Leaving>((signal) => get<Leaving>(`/admin/people/${person.id}/leaving`, {}, { signal }), [person.id]);
  const [leave, setLeave] = useState(false);
  const [busy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    setBusy(true);
    if (await act({ t: 'person.deactivate', person: person.id, leave })) {
      // Who is out of the channels comes back by an owner of each alone: there is nothing to take back here.
      if (leave) toast(t('has_left', { name: person.name }));
      else toast(t('deactivated', { name: person.name }), { action: { label: t('reactivate'), run: onUndo } });
      onDone();
      onClose();
    } else setBusy(false);
  };
  const option = (good: boolean, label: string, hint: string) => (
    <label class="option" for={`leave-${good}`}>
      <input id={`leave-${good}`} type="radio" name="leave" checked={leave === good} onChange={() => setLeave(good)} />
      {label}
      <span class="hint">{hint}</span>
    </label>
  );
  return (
    <Dialog
      title={t('deactivate_title', { name: person.name })}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{words('cancel')}</Button>
          <Button kind="danger" busy={busy} disabled={!leaving.data} onClick={() => void save()}>
            {t('deactivate')}
          </Button>
        </>
      }
    >
      <div class="stack">
        <p>{t('deactivate_text', { name: person.name })}</p>
        <Load from={leaving}>
          {({ channels, passes }) => (
            <>
              <div class="options" role="radiogroup" aria-label={t('deactivate')}>
                {option(false, t('for_a_while'), t('for_a_while_hint'))}
                {option(true, t('for_good'), t('for_good_hint', { n: channels }))}
              </div>
              {leave && passes.length ? (
                <ul>
                  {passes.map((one) => (
                    <li key={one.id}>{one.to ? t('passes_to', { channel: one.name, name: nameOf(one.to) }) : t('passes_to_none', { channel: one.name })}</li>
                  ))}
                </ul>
              ) : null}
            </>
          )}
        </Load>
      </div>
    </Dialog>
  );
}

export function ResetDialog({ person, onClose }: { person: AdminPerson; onClose: () => void }) {
  const [link, setLink] = useState<{ url: string; until: number }>();
  const [busy, setBusy] = useState(false);
  const make = async (): Promise<void> => {
    setBusy(true);
    try {
      const ack = await command({ t: 'person.reset', person: person.id });
      if (ack.url) setLink({ url: ack.url, until: ack.expires_at ?? 0 });
    } catch (error) {
      toastFault(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t('reset_title', { name: person.name })}
      onClose={onClose}
      actions={
        link ? (
          <Button kind="primary" onClick={onClose}>
            {words('close')}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{words('cancel')}</Button>
            <Button kind="primary" busy={busy} onClick={() => void make()}>
              {t('reset_make')}
            </Button>
          </>
        )
      }
    >
      <div class="stack">
        <Note kind="sun">{t('reset_ask', { name: person.name })}</Note>
        {link ? <LinkAndCode url={link.url} hint={t('reset_until', { when: dateTime(link.until) })} /> : null}
      </div>
    </Dialog>
  );
}

/** A link as people take it along: to scan, to copy, to read. */
export function LinkAndCode({ url, hint }: { url: string; hint: string }) {
  return (
    <div class="link-code">
      <QrCode text={url} />
      <p class="hint">{hint}</p>
      <code class="address">{url}</code>
      <Button icon="copy" onClick={() => void copyText(url)}>
        {words('copy', { what: t('link') })}
      </Button>
    </div>
  );
}

export function DevicesDialog({ person, onClose, onDone }: { person: AdminPerson; onClose: () => void; onDone: () => void }) {
  const devices = useLoad<Device[]>(async (signal) => (await get<{ devices: Device[] }>(`/admin/people/${person.id}/devices`, {}, { signal })).devices, [person.id]);
  const end = async (device: Device): Promise<void> => {
    if (!(await act({ t: 'device.revoke', device: device.id }))) return;
    toast(t('signed_out'));
    devices.set((devices.data ?? []).filter((one) => one.id !== device.id));
    onDone();
  };
  return (
    <Dialog title={t('devices_title', { name: person.name })} onClose={onClose}>
      <Load from={devices}>
        {(list) =>
          list.length ? (
            <ul class="list">
              {list.map((device) => (
                <li key={device.id} class="line">
                  <Icon name="phone" />
                  <span class="grow">
                    <div class="clip">{device.label}</div>
                    <span class="hint">
                      {t('device_opened', { when: ago(device.opened_at) })} · {t('device_seen', { when: ago(device.seen_at) })}
                    </span>
                  </span>
                  <Button kind="danger" onClick={() => void end(device)} aria-label={`${t('sign_out')}: ${device.label}`}>
                    {t('sign_out')}
                  </Button>
                </li>
              ))}
            </ul>
          ) : (
            <p class="hint">{t('devices_none')}</p>
          )
        }
      </Load>
    </Dialog>
  );
}
