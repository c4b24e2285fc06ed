// Setting up a second step: an authenticator app by its first right code, a passkey, and the recovery codes that come with the first of them.

import { useSignal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { post } from '../core/api.ts';
import { site, state } from '../core/live.ts';
import type { Codes } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Input, TextArea } from '../ui/field.tsx';
import { QrCode } from '../ui/qr.tsx';
import { toast } from '../ui/toast.tsx';
import { sentence } from './fault.ts';
import { addPasskey } from './passkeys.ts';
import './security.css';
import { t } from './words.ts';

/** A dialog whose one act asks for the secret, and for more when it has fields of its own. */
export function WithSecret(props: { title: string; text?: string; action: string; danger?: boolean; ready?: boolean; fields?: preact.ComponentChildren; act: (secret: string) => Promise<void>; onClose: () => void }) {
  const secret = useSignal('');
  const busy = useSignal(false);
  const fault = useSignal<string | undefined>(undefined);
  const ready = secret.value !== '' && props.ready !== false;
  const go = async (): Promise<void> => {
    if (!ready || busy.value) return;
    busy.value = true;
    fault.value = undefined;
    try {
      await props.act(secret.value);
    } catch (error) {
      fault.value = sentence(error);
    }
    busy.value = false;
  };
  return (
    <Dialog
      title={props.title}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{t('cancel')}</Button>
          <Button kind={props.danger ? 'danger' : 'primary'} busy={busy.value} disabled={!ready} onClick={() => void go()}>
            {props.action}
          </Button>
        </>
      }
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        {props.text ? <p>{props.text}</p> : null}
        {props.fields}
        <Input label={t('secret')} type="password" autocomplete="current-password" hint={t('secret_hint')} fault={fault.value} value={secret.value} onValue={(value) => (secret.value = value)} />
      </form>
    </Dialog>
  );
}

/** `onDone`: it is on, and codes that had to be kept were shown. */
export function AppSetup({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [started, setStarted] = useState<{ secret: string; url: string }>();
  const [codes, setCodes] = useState<string[]>();
  if (codes) return <Keep codes={codes} onDone={onDone} />;
  if (!started) {
    return (
      <WithSecret
        title={t('app')}
        text={t('app_text')}
        action={t('go_on')}
        onClose={onClose}
        act={async (secret) => setStarted(await post<{ secret: string; url: string }>('/second/start', { secret }))}
      />
    );
  }
  const on = (shown: string[] | null): void => {
    toast(t('is_on'));
    if (shown) setCodes(shown);
    else onDone();
  };
  return <FirstCode started={started} onClose={onClose} onOn={on} />;
}

function FirstCode({ started, onClose, onOn }: { started: { secret: string; url: string }; onClose: () => void; onOn: (codes: string[] | null) => void }) {
  const code = useSignal('');
  const busy = useSignal(false);
  const fault = useSignal<string | undefined>(undefined);
  const confirm = async (): Promise<void> => {
    busy.value = true;
    fault.value = undefined;
    try {
      const { recovery } = await post<Codes>('/second/confirm', { code: code.value });
      onOn(recovery);
    } catch (error) {
      fault.value = sentence(error);
      busy.value = false;
    }
  };
  return (
    <Dialog
      title={t('app')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" busy={busy.value} disabled={!code.value.trim()} onClick={() => void confirm()}>
            {t('turn_on')}
          </Button>
        </>
      }
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        <p>{t('scan')}</p>
        <div class="second-qr">
          <QrCode text={started.url} label={t('scan')} />
        </div>
        <TextArea label={t('by_hand')} class="input mono" rows={2} readOnly dir="ltr" value={started.secret.replace(/.{4}(?=.)/g, '$& ')} onFocus={(event) => event.currentTarget.select()} />
        <Input label={t('first_code')} inputMode="numeric" autocomplete="one-time-code" dir="ltr" maxLength={16} fault={fault.value} value={code.value} onValue={(value) => (code.value = value)} />
      </form>
    </Dialog>
  );
}

export function PasskeySetup({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const name = useSignal('');
  const [codes, setCodes] = useState<string[]>();
  if (codes) return <Keep codes={codes} onDone={onDone} />;
  return (
    <WithSecret
      title={t('passkey_add')}
      text={t('passkeys_text')}
      action={t('go_on')}
      ready={name.value.trim() !== ''}
      onClose={onClose}
      act={async (secret) => {
        const { recovery } = await addPasskey(secret, name.value.trim());
        toast(t('passkey_here'));
        if (recovery) setCodes(recovery);
        else onDone();
      }}
      fields={<Input label={t('passkey_name')} hint={t('passkey_name_hint')} maxLength={60} autocomplete="off" value={name.value} onValue={(value) => (name.value = value)} />}
    />
  );
}

export function NewCodes({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [codes, setCodes] = useState<string[]>();
  if (codes) return <Keep codes={codes} onDone={onDone} />;
  return (
    <WithSecret
      title={t('recovery_new')}
      text={t('recovery_new_text')}
      action={t('recovery_new')}
      onClose={onClose}
      act={async (secret) => setCodes((await post<Codes>('/second/recovery', { secret })).recovery ?? [])}
    />
  );
}

/** They are shown this once: closing it says that they were kept. */
function Keep({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const workspace = state.value?.workspace.name || site.value?.workspace || location.host;
  const head = `${workspace} · ${location.host} · ${t('recovery')}`;
  const text = `${head}\n\n${codes.join('\n')}\n`;
  const download = (): void => {
    const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = address;
    link.download = 'recovery-codes.txt';
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };
  const copy = (): void => void navigator.clipboard.writeText(text).then(() => toast(t('copied')), () => undefined);
  return (
    <Dialog
      title={t('keep_title')}
      onClose={onDone}
      actions={
        <Button kind="primary" onClick={onDone}>
          {t('kept')}
        </Button>
      }
    >
      <div class="stack second-keep">
        <p>{t('keep_text')}</p>
        <p class="second-head">{head}</p>
        <ul class="second-codes" dir="ltr">
          {codes.map((code) => (
            <li key={code} class="mono">
              {code}
            </li>
          ))}
        </ul>
        <div class="row wrap second-ways">
          {navigator.clipboard ? (
            <Button icon="copy" onClick={copy}>
              {t('copy')}
            </Button>
          ) : null}
          <Button icon="download" onClick={download}>
            {t('download')}
          </Button>
          <Button icon="print" onClick={() => window.print()}>
            {t('print')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
