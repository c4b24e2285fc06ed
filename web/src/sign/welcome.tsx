// Coming in: signing in by name and PIN, setting up, joining by an invite, and the links for a new PIN or another device.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { LanguageChoice } from '../chat/looks.tsx';
import { Mark } from '../chat/notice.tsx';
import { t as words } from '../chat/words.ts';
import { ApiError, post } from '../core/api.ts';
import { loadSite, site, start, state } from '../core/live.ts';
import { go, route } from '../core/route.ts';
import { setPreference } from '../core/store.ts';
import { ago } from '../core/time.ts';
import type { Half, JoinPreview, Welcome as Entered } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Input } from '../ui/field.tsx';
import { lazy } from '../ui/lazy.tsx';
import { Empty, Loading } from '../ui/states.tsx';
import { t } from './words.ts';

const CompanyIn = lazy(() => import('../security/company.tsx').then((module) => module.CompanyIn));
const SecondStep = lazy(() => import('../security/step.tsx').then((module) => module.SecondStep));
const PasskeyIn = lazy(() => import('../security/step.tsx').then((module) => module.PasskeyIn));
const SecondFirst = lazy(() => import('../security/first.tsx').then((module) => module.SecondFirst));

export function Welcome() {
  const [name, code = ''] = route.value.path;
  const known = site.value;
  useEffect(() => {
    document.title = `${known?.workspace || t('sign_in')} · ${words('app')}`;
  }, [known?.workspace]);
  if (state.value) {
    return (
      <Frame>
        <Empty icon="info" title={t('already_in')} action={<Button onClick={() => go('#/')}>{t('to_chats')}</Button>}>
          {t('already_in_text')}
        </Empty>
      </Frame>
    );
  }
  if (known?.second_first) {
    return (
      <Frame>
        <SecondFirst onDone={begin} />
      </Frame>
    );
  }
  if (name === 'setup' && code) return <Setup token={code} />;
  if (name === 'join' && code) return <Join key={code} code={code} />;
  if (known?.setup_needed) {
    return (
      <Frame>
        <Empty icon="sun" title={t('setup_needed')}>
          {t('setup_needed_text')}
        </Empty>
      </Frame>
    );
  }
  return <SignIn />;
}

function Frame({ title, text, children }: { title?: string; text?: ComponentChildren; children: ComponentChildren }) {
  return (
    <main class="gate">
      <div class="gate-card">
        <div class="gate-mark">
          <Mark />
          <span>{words('app')}</span>
        </div>
        {title ? <h1>{title}</h1> : null}
        {text ? <p class="muted">{text}</p> : null}
        {children}
        <LanguageChoice />
      </div>
    </main>
  );
}

/** A session stands: begin as if freshly opened, with the cards when one has just come. */
async function enter(answer: Entered, fresh: boolean): Promise<void> {
  if (fresh) setPreference('first-run', answer.handle);
  go('#/', 'replace');
  await begin();
}

/** Into the app, or to what has to be set up before. */
async function begin(): Promise<void> {
  await start().catch((error: unknown) => {
    if (error instanceof ApiError && error.code === 'second_first') return loadSite();
    throw error;
  });
}

/** After a secret: in, or half of the way. */
type Way = Entered | { second: Half };

/** What a form needs: one fault line, busy while it runs. */
function useAttempt() {
  const busy = useSignal(false);
  const fault = useSignal<string | undefined>(undefined);
  const attempt = async (act: () => Promise<void>) => {
    busy.value = true;
    fault.value = undefined;
    try {
      await act();
    } catch (error) {
      fault.value = sentence(error);
    }
    busy.value = false;
  };
  return { busy: busy.value, fault: fault.value, attempt };
}

function sentence(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  if (error.code === 'wrong_credentials') return t('wrong');
  if (error.code === 'locked_out') return t('locked', { when: ago(Date.now() + (error.after ?? 60_000)) });
  if (error.offline) return words('fault_offline');
  if (error.code === 'gone') return t('join_gone_text');
  return error.message;
}

function Secret({ label, value, onValue, fault, fresh, hint }: { label: string; value: string; onValue: (value: string) => void; fault?: string | undefined; fresh: boolean; hint?: string }) {
  const shown = useSignal(false);
  return (
    <div class="secret">
      <Input
        label={label}
        type={shown.value ? 'text' : 'password'}
        value={value}
        onValue={onValue}
        fault={fault}
        hint={hint}
        autocomplete={fresh ? 'new-password' : 'current-password'}
        autocapitalize="none"
        spellcheck={false}
        required
      />
      <button type="button" aria-pressed={shown.value} onClick={() => (shown.value = !shown.value)}>
        {t(shown.value ? 'hide_secret' : 'show_secret')}
      </button>
    </div>
  );
}

function SignIn() {
  const handle = useSignal('');
  const secret = useSignal('');
  const { busy, fault, attempt } = useAttempt();
  const half = useSignal<Half | null>(null);
  const submit = () =>
    attempt(async () => {
      const way = await post<Way>('/signin', { handle: handle.value.trim().toLowerCase(), secret: secret.value });
      if ('second' in way) half.value = way.second;
      else await enter(way, false);
    });
  if (half.value) return <Step half={half.value} onBack={() => location.reload()} />;
  const company = site.value?.signin;
  const [name, why = ''] = route.value.path;
  return (
    <Frame title={t('sign_in_to', { workspace: site.value?.workspace || words('app') })}>
      {company?.oidc ? <CompanyIn name={company.name} why={name === 'signin' ? why : ''} /> : null}
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Input
          label={t('user_name')}
          hint={t(company?.ldap ? 'company_hint' : 'user_name_hint')}
          value={handle.value}
          onValue={(value) => (handle.value = value)}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          autoFocus={!company?.oidc}
          required
        />
        <Secret label={t('pin_or_password')} value={secret.value} onValue={(value) => (secret.value = value)} fault={fault} fresh={false} />
        <Button type="submit" kind={company?.oidc ? 'plain' : 'primary'} wide busy={busy} disabled={!handle.value.trim() || !secret.value}>
          {t('sign_in')}
        </Button>
      </form>
      {site.value?.passkeys && typeof PublicKeyCredential !== 'undefined' ? <PasskeyIn onIn={(answer) => enter(answer, false)} /> : null}
      <p class="muted small">{t('no_account')}</p>
      <p class="muted small">{t('forgot')}</p>
    </Frame>
  );
}

function Step({ half, onBack }: { half: Half; onBack: () => void }) {
  return (
    <Frame>
      <SecondStep half={half} onIn={(answer) => enter(answer, false)} onBack={onBack} />
    </Frame>
  );
}

function Setup({ token }: { token: string }) {
  const workspace = useSignal('');
  const name = useSignal('');
  const secret = useSignal('');
  const { busy, fault, attempt } = useAttempt();
  const submit = () => attempt(async () => enter(await post<Entered>('/setup', { token, workspace: workspace.value.trim(), name: name.value.trim(), secret: secret.value }), true));
  return (
    <Frame title={t('setup_title')} text={t('setup_text')}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Input label={t('workspace_name')} hint={t('workspace_hint')} value={workspace.value} maxLength={80} autoFocus required onValue={(value) => (workspace.value = value)} />
        <Input label={t('person_name')} hint={t('person_name_hint')} value={name.value} maxLength={80} autocomplete="name" required onValue={(value) => (name.value = value)} />
        <Secret label={t('choose_secret')} value={secret.value} hint={words('secret_hint')} onValue={(value) => (secret.value = value)} fault={fault} fresh />
        <Button type="submit" kind="primary" wide busy={busy} disabled={!workspace.value.trim() || !name.value.trim() || secret.value.length < 6}>
          {t('begin')}
        </Button>
      </form>
    </Frame>
  );
}

function Join({ code }: { code: string }) {
  const preview = useSignal<JoinPreview | null>(null);
  const gone = useSignal<string | null>(null);
  const half = useSignal<Half | null>(null);
  const name = useSignal('');
  const secret = useSignal('');
  const { busy, fault, attempt } = useAttempt();
  const look = () => {
    gone.value = null;
    post<JoinPreview>('/join/preview', { code })
      .then((answer) => {
        preview.value = answer;
      })
      .catch((error: unknown) => {
        gone.value = sentence(error);
      });
  };
  useEffect(look, [code]);
  if (gone.value) {
    return (
      <Frame>
        <Empty
          icon="qr"
          title={t('join_gone')}
          action={
            <div class="row wrap">
              <Button onClick={look}>{words('retry')}</Button>
              <Button kind="quiet" onClick={() => go('#/', 'replace')}>
                {t('sign_in')}
              </Button>
            </div>
          }
        >
          {gone.value}
        </Empty>
      </Frame>
    );
  }
  const known = preview.value;
  if (half.value) return <Step half={half.value} onBack={() => location.reload()} />;
  if (!known) {
    return (
      <Frame title={t('checking')}>
        <Loading />
      </Frame>
    );
  }
  if (known.kind === 'device') {
    return (
      <Frame title={t('claim_title', { name: known.name ?? '' })} text={t('claim_text', { workspace: known.workspace })}>
        {fault ? (
          <p class="note bad" role="alert">
            {fault}
          </p>
        ) : null}
        <Button kind="primary" wide busy={busy} onClick={() => void attempt(async () => enter(await post<Entered>('/device/claim', { code }), false))}>
          {t('claim_do')}
        </Button>
      </Frame>
    );
  }
  if (known.kind === 'reset') {
    return (
      <Frame title={t('reset_title', { name: known.name ?? '' })} text={t('reset_text')}>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void attempt(async () => {
              const way = await post<Way>('/reset', { code, secret: secret.value });
              if ('second' in way) half.value = way.second;
              else await enter(way, false);
            });
          }}
        >
          <Secret label={t('choose_secret')} hint={words('secret_hint')} value={secret.value} onValue={(value) => (secret.value = value)} fault={fault} fresh />
          <Button type="submit" kind="primary" wide busy={busy} disabled={secret.value.length < 6}>
            {t('reset_do')}
          </Button>
        </form>
      </Frame>
    );
  }
  return (
    <Frame title={t('join_title', { workspace: known.workspace })} text={t('join_by', { name: known.invited_by })}>
      {known.channels.length ? (
        <div class="stack tight">
          <span class="label">{t('join_channels')}</span>
          <ul class="row wrap">
            {known.channels.map((channel) => (
              <li key={channel} class="chip">
                {channel}
              </li>
            ))}
          </ul>
          {known.ask ? <p class="muted small">{t('join_ask')}</p> : null}
        </div>
      ) : null}
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void attempt(async () => enter(await post<Entered>('/join', { code, name: name.value.trim(), secret: secret.value }), true));
        }}
      >
        <Input label={t('person_name')} hint={t('person_name_hint')} value={name.value} maxLength={80} autocomplete="name" autoFocus required onValue={(value) => (name.value = value)} />
        <Secret label={t('choose_secret')} hint={words('secret_hint')} value={secret.value} onValue={(value) => (secret.value = value)} fault={fault} fresh />
        <Button type="submit" kind="primary" wide busy={busy} disabled={!name.value.trim() || secret.value.length < 6}>
          {t('join')}
        </Button>
      </form>
    </Frame>
  );
}
