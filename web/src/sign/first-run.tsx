// Three short cards, once: what is kept and who sees it, notifications, the home screen.

import { useSignal } from '@preact/signals';
import { notifyState } from '../chat/notify.ts';
import { turnOn } from '../notices/waking.ts';
import { t as words } from '../chat/words.ts';
import { state } from '../core/live.ts';
import type { State } from '../core/state.ts';
import { preference, setPreference } from '../core/store.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { t } from './words.ts';

export function FirstRun() {
  const handle = useSignal(preference('first-run'));
  const step = useSignal(0);
  const notices = useSignal(notifyState());
  if (!handle.value) return null;
  const s = state.value as State;
  const days = s.workspace.keep_days;
  const close = () => {
    setPreference('first-run', null);
    handle.value = null;
  };
  const cards: { icon: IconName; title: string; body: preact.ComponentChildren }[] = [
    {
      icon: 'lock',
      title: t('first_1'),
      body: (
        <>
          <p>
            <b>{days === null ? words('kept_then_gone_never') : words('kept_then_gone_days', { n: days })}</b>
          </p>
          <p>{words('kept_who_reads')}</p>
          <p class="note">
            <span>
              <b>{t('your_handle', { handle: handle.value })}</b>
              <br />
              {t('your_handle_text')}
            </span>
          </p>
        </>
      ),
    },
    {
      icon: 'bell',
      title: t('first_2'),
      body: (
        <>
          <p>{t('first_2_text')}</p>
          {notices.value === 'off' ? (
            <Button icon="bell" onClick={() => void turnOn().then(() => (notices.value = notifyState()))}>
              {t('first_2_do')}
            </Button>
          ) : (
            <p class={`note ${notices.value === 'on' ? 'good' : 'sun'}`}>{notices.value === 'on' ? t('first_2_on') : words(notices.value === 'denied' ? 'notify_denied' : 'notify_missing')}</p>
          )}
        </>
      ),
    },
    {
      icon: 'phone',
      title: t('first_3'),
      body: (
        <>
          <p>{t('first_3_text')}</p>
          <p>{t(/iPhone|iPad/.test(navigator.userAgent) ? 'first_3_ios' : /Android/.test(navigator.userAgent) ? 'first_3_android' : 'first_3_desktop')}</p>
        </>
      ),
    },
  ];
  const card = cards[step.value];
  if (!card) return null;
  const last = step.value === cards.length - 1;
  return (
    <Dialog
      title={card.title}
      onClose={close}
      actions={
        <>
          <span class="grow muted small first-step">{t('step', { n: step.value + 1, of: cards.length })}</span>
          {step.value > 0 ? <Button onClick={() => step.value--}>{words('back')}</Button> : null}
          <Button kind="primary" onClick={() => (last ? close() : step.value++)}>
            {t(last ? 'done' : 'continue')}
          </Button>
        </>
      }
    >
      <div class="first stack">
        <span class="first-icon">
          <Icon name={card.icon} />
        </span>
        {card.body}
      </div>
    </Dialog>
  );
}
