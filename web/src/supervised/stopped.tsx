// Supervision where one writes: that there is any, and a message that a rule stopped or asks about first, with what its
// author does about it. Its words, its files and its poll stay as they are until then.

import { useSignal } from '@preact/signals';
import type { ApiError } from '../core/api.ts';
import { discard, retry, type Entry } from '../core/outbox.ts';
import type { Id } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { confirm } from '../ui/dialog.tsx';
import { TextArea } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import '../chat/own.css';
import { t } from './stopped-words.ts';

export function Stopped({ entry }: { entry: Entry }) {
  const words = useSignal<string | null>(null);
  const asks = entry.asks;
  if (words.value !== null) {
    const b = words.value.trim();
    return (
      <form
        class="stopped"
        onSubmit={(event) => {
          event.preventDefault();
          if (b || entry.files.length) retry(entry.id, { b });
        }}
      >
        <TextArea label={t('message')} value={words.value} dir="auto" autofocus onValue={(value) => (words.value = value)} />
        <div class="row wrap">
          <Button kind="primary" type="submit" disabled={!b && !entry.files.length}>
            {t('send')}
          </Button>
          <Button onClick={() => (words.value = null)}>{t('leave_it')}</Button>
        </div>
      </form>
    );
  }
  return (
    <div class="stopped" role="alert">
      <p>
        <Icon name="warning" />
        <b>{t(asks ? 'asked' : 'blocked')}</b>
      </p>
      <p class="why" dir="auto">{entry.why}</p>
      <div class="row wrap">
        <Button kind="primary" onClick={() => (words.value = entry.b)}>
          {t('change')}
        </Button>
        {asks ? <Button onClick={() => retry(entry.id, { acknowledged: asks })}>{t('anyway')}</Button> : null}
        <Button kind="quiet" onClick={() => discard(entry.id)}>
          {t('discard')}
        </Button>
      </div>
    </div>
  );
}

/** Whoever writes here is told, and whole. */
export function Watched() {
  return (
    <p class="composer-rule">
      <Icon name="shield" />
      <span>{t('watched')}</span>
    </p>
  );
}

/** The rules that somebody answers with: send it anyway. Null: it is changed first. */
export async function askAnyway(error: ApiError): Promise<Id[] | null> {
  const rules = error.body?.rules;
  if (error.code !== 'supervision/nudge' || !Array.isArray(rules)) return null;
  const yes = await confirm({ title: t('asked'), body: <p dir="auto">{error.message}</p>, action: t('anyway') });
  return yes ? (rules as Id[]) : null;
}
