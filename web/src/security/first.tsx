// Whoever must have a second step and has none sets one up here, and comes no further before.

import { useState } from 'preact/hooks';
import { post } from '../core/api.ts';
import { loadSite, site } from '../core/live.ts';
import { Button } from '../ui/button.tsx';
import { toastFault } from '../ui/toast.tsx';
import { canUsePasskeys } from './passkeys.ts';
import { AppSetup, PasskeySetup } from './setup.tsx';
import { t } from './words.ts';

export function SecondFirst({ onDone }: { onDone: () => Promise<void> }) {
  const [open, setOpen] = useState<'app' | 'passkey' | null>(null);
  const close = (): void => setOpen(null);
  const done = (): void => {
    setOpen(null);
    void onDone().catch(toastFault);
  };
  return (
    <div class="stack">
      <div>
        <h1>{t('first_title')}</h1>
        <p class="muted">{t('first_text')}</p>
      </div>
      <Button kind="primary" icon="shield" wide onClick={() => setOpen('app')}>
        {t('app')}
      </Button>
      <p class="muted small">{t('app_text')}</p>
      {site.value?.passkeys && canUsePasskeys() ? (
        <>
          <Button icon="lock" wide onClick={() => setOpen('passkey')}>
            {t('passkey_add')}
          </Button>
          <p class="muted small">{t('passkeys_text')}</p>
        </>
      ) : null}
      <Button kind="quiet" onClick={() => void post('/signout').then(() => loadSite(), toastFault)}>
        {t('sign_out')}
      </Button>
      {open === 'app' ? <AppSetup onClose={close} onDone={done} /> : null}
      {open === 'passkey' ? <PasskeySetup onClose={close} onDone={done} /> : null}
    </div>
  );
}
