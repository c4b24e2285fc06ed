// Modal dialogs on the browser's own <dialog>: it keeps the focus inside, closes on Esc and gives the focus back.

import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Button, IconButton } from './button.tsx';
import { t } from '../core/words.ts';

export function Dialog(props: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  actions?: ComponentChildren;
  wide?: boolean;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => {
    const before = document.activeElement;
    const node = box.current;
    node?.showModal();
    return () => {
      node?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={box}
      class={`dialog${props.wide ? ' wide' : ''}`}
      aria-labelledby={title}
      onCancel={(event) => {
        event.preventDefault();
        event.stopPropagation();
        props.onClose();
      }}
      onPointerDown={(event) => {
        // Only the backdrop is the dialog itself; everything inside is a child.
        if (event.target === box.current) props.onClose();
      }}
    >
      <header>
        <h2 id={title}>{props.title}</h2>
        <IconButton icon="close" label={t('close')} onClick={props.onClose} />
      </header>
      <div class="body">{props.children}</div>
      {props.actions ? <footer>{props.actions}</footer> : null}
    </dialog>
  );
}

interface Question {
  title: string;
  body: ComponentChildren;
  action: string;
  danger?: boolean;
  answer: (yes: boolean) => void;
}
const question = signal<Question | null>(null);

/** Asks and waits: `if (await confirm({ title, body, action }))`. */
export function confirm(ask: Omit<Question, 'answer'>): Promise<boolean> {
  question.value?.answer(false);
  return new Promise((resolve) => {
    question.value = {
      ...ask,
      answer: (yes) => {
        question.value = null;
        resolve(yes);
      },
    };
  });
}

/** Mounted once at the root. */
export function Confirmations() {
  const ask = question.value;
  if (!ask) return null;
  return (
    <Dialog
      title={ask.title}
      onClose={() => ask.answer(false)}
      actions={
        <>
          <Button onClick={() => ask.answer(false)}>{t('cancel')}</Button>
          <Button kind={ask.danger ? 'danger' : 'primary'} onClick={() => ask.answer(true)}>
            {ask.action}
          </Button>
        </>
      }
    >
      {ask.body}
    </Dialog>
  );
}
