// The second half of signing in: a code, a recovery code or a passkey, after the secret was right.

import { useSignal } from '@preact/signals';
import { post } from '../core/api.ts';
import type { Half, Question, Welcome } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Input } from '../ui/field.tsx';
import { sentence } from './fault.ts';
import { askPasskey, canUsePasskeys, wasCancelled } from './passkeys.ts';
import { t } from './words.ts';

export function SecondStep({ half, onIn, onBack }: { half: Half; onIn: (answer: Welcome) => Promise<void>; onBack: () => void }) {
  const code = useSignal('');
  const busy = useSignal(false);
  const fault = useSignal<string | undefined>(undefined);
  const passkey = canUsePasskeys() ? half.passkey : null;
  const typed = half.code || half.recovery;
  const show = async (act: () => Promise<Welcome>): Promise<void> => {
    busy.value = true;
    fault.value = undefined;
    try {
      await onIn(await act());
    } catch (error) {
      fault.value = sentence(error);
      busy.value = false;
    }
  };
  const second = (what: object): Promise<Welcome> => post<Welcome>('/signin/second', { ticket: half.ticket, ...what });
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed && code.value.trim()) void show(() => second({ code: code.value.trim() }));
      }}
    >
      <div>
        <h1>{t('step_title')}</h1>
        <p class="muted">{t('step_text')}</p>
      </div>
      {passkey ? (
        <Button kind={half.code ? 'plain' : 'primary'} icon="lock" wide busy={busy.value} onClick={() => void show(async () => second({ passkey: await askPasskey(passkey) }))}>
          {t('use_passkey')}
        </Button>
      ) : null}
      {typed ? (
        <>
          <Input
            label={t('code')}
            hint={t(half.code ? 'code_hint' : 'recovery_hint')}
            fault={fault.value}
            value={code.value}
            onValue={(value) => (code.value = value)}
            autocomplete="one-time-code"
            autocapitalize="characters"
            spellcheck={false}
            maxLength={40}
            autoFocus
          />
          <Button type="submit" kind={half.code || !passkey ? 'primary' : 'plain'} wide busy={busy.value} disabled={!code.value.trim()}>
            {t('sign_in')}
          </Button>
        </>
      ) : fault.value ? (
        <p class="note bad" role="alert">
          {fault.value}
        </p>
      ) : null}
      <Button kind="quiet" onClick={onBack}>
        {t('back')}
      </Button>
    </form>
  );
}

/** Signing in with a passkey alone. */
export function PasskeyIn({ onIn }: { onIn: (answer: Welcome) => Promise<void> }) {
  const busy = useSignal(false);
  const fault = useSignal<string | undefined>(undefined);
  const enter = async (): Promise<void> => {
    busy.value = true;
    fault.value = undefined;
    try {
      const question = await post<Question>('/signin/passkey/start');
      await onIn(await post<Welcome>('/signin/passkey', await askPasskey(question)));
    } catch (error) {
      // Who sends it away types her name instead, and needs no word about it.
      if (!wasCancelled(error)) fault.value = sentence(error);
    }
    busy.value = false;
  };
  return (
    <div class="stack tight">
      <Button icon="lock" wide busy={busy.value} onClick={() => void enter()}>
        {t('passkey_in')}
      </Button>
      {fault.value ? (
        <p class="note bad" role="alert">
          {fault.value}
        </p>
      ) : null}
    </div>
  );
}
