// One's own second steps, in the settings: the app, passkeys, recovery codes.

import { useState } from 'preact/hooks';
import { get, post } from '../core/api.ts';
import { ago, date } from '../core/time.ts';
import { now } from '../core/ulid.ts';
import type { Seconds } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Input } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { toast } from '../ui/toast.tsx';
import { canUsePasskeys } from './passkeys.ts';
import { AppSetup, NewCodes, PasskeySetup, WithSecret } from './setup.tsx';
import { t } from './words.ts';

type Passkey = Seconds['passkeys'][number];
type Open = 'app' | 'off' | 'passkey' | 'codes' | { remove: Passkey } | null;

export function Security() {
  const own = useLoad<Seconds>((signal) => get('/second', {}, { signal }));
  const [open, setOpen] = useState<Open>(null);
  const close = (): void => setOpen(null);
  const done = (): void => {
    setOpen(null);
    own.reload();
  };
  return (
    <section class="stack tight security" aria-label={t('title')}>
      <h2>{t('title')}</h2>
      <p class="muted small">{t('text')}</p>
      <Load from={own}>
        {(data) => (
          <>
            <ul class="list">
              <li class="line">
                <Icon name="shield" />
                <span class="grow">
                  <span class="block strong">{t('app')}</span>
                  <span class="block muted small">{data.authenticator_since === null ? t('app_text') : t('app_on', { when: date(data.authenticator_since) })}</span>
                </span>
                {data.authenticator_since === null ? (
                  <Button onClick={() => setOpen('app')}>{t('set_up')}</Button>
                ) : (
                  <Button kind="danger" onClick={() => setOpen('off')}>
                    {t('turn_off')}
                    <span class="unseen">{t('app')}</span>
                  </Button>
                )}
              </li>
              {data.passkeys.map((passkey) => (
                <li key={passkey.id} class="line">
                  <Icon name="lock" />
                  <span class="grow">
                    <span class="clip block strong">{passkey.name}</span>
                    <span class="block muted small">{t('passkey_added', { when: ago(passkey.since, now()) })}</span>
                  </span>
                  <Button kind="danger" onClick={() => setOpen({ remove: passkey })}>
                    {t('remove')}
                    <span class="unseen">{passkey.name}</span>
                  </Button>
                </li>
              ))}
              {data.authenticator_since !== null || data.passkeys.length ? (
                <li class="line">
                  <Icon name="file" />
                  <span class="grow">
                    <span class="block strong">{t('recovery')}</span>
                    <span class="block muted small">{t('recovery_left', { left: data.recovery_left })}</span>
                  </span>
                  <Button onClick={() => setOpen('codes')}>{t('recovery_new')}</Button>
                </li>
              ) : null}
            </ul>
            {data.passkeys_here && canUsePasskeys() ? (
              <Button icon="plus" onClick={() => setOpen('passkey')}>
                {t('passkey_add')}
              </Button>
            ) : (
              <p class="muted small">{t('passkeys_not_here')}</p>
            )}
          </>
        )}
      </Load>
      {open === 'app' ? <AppSetup onClose={close} onDone={done} /> : null}
      {open === 'passkey' ? <PasskeySetup onClose={close} onDone={done} /> : null}
      {open === 'codes' ? <NewCodes onClose={close} onDone={done} /> : null}
      {open === 'off' ? <TurnOff onClose={close} onDone={done} /> : null}
      {open && typeof open === 'object' ? (
        <WithSecret
          title={t('remove_title', { name: open.remove.name })}
          text={t('remove_text')}
          action={t('remove')}
          danger
          onClose={close}
          act={async (secret) => {
            await post('/passkeys/remove', { passkey: open.remove.id, secret });
            done();
          }}
        />
      ) : null}
    </section>
  );
}

function TurnOff({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [code, setCode] = useState('');
  return (
    <WithSecret
      title={t('turn_off_title')}
      text={t('turn_off_text')}
      action={t('turn_off')}
      danger
      ready={code.trim() !== ''}
      onClose={onClose}
      act={async (secret) => {
        await post('/second/off', { secret, code: code.trim() });
        toast(t('is_off'));
        onDone();
      }}
      fields={<Input label={t('code')} hint={t('code_hint')} autocomplete="one-time-code" maxLength={40} value={code} onValue={setCode} />}
    />
  );
}
