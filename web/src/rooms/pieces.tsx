// Small things the rooms show: moments, hashes, facts, a copy button, a place to drop a file.

import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { ago, dateTime, utc } from '../core/time.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { t } from './words.ts';

/** A moment in the viewer's zone; UTC on hover. */
export function When({ ts, relative }: { ts: number | null | undefined; relative?: boolean }) {
  if (!ts) return <span class="faint">{t('never')}</span>;
  return (
    <time dateTime={new Date(ts).toISOString()} title={relative ? `${dateTime(ts)} · ${utc(ts)}` : utc(ts)}>
      {relative ? ago(ts) : dateTime(ts)}
    </time>
  );
}

/** A hash, key or id: short to the eye, whole to the clipboard. */
export function Code({ value, what, whole }: { value: string; what: string; whole?: boolean }) {
  return (
    <span class={`code${whole ? ' whole' : ''}`}>
      <code title={value}>{whole || value.length < 20 ? value : `${value.slice(0, 8)}…${value.slice(-6)}`}</code>
      <IconButton icon="copy" label={t('copy', { what })} onClick={() => void copyText(value)} />
    </span>
  );
}

export async function copyText(text: string): Promise<void> {
  try {
    // There is no clipboard on plain HTTP; the text is still on screen to be marked.
    await navigator.clipboard.writeText(text);
    toast(t('copied'));
  } catch (error) {
    toastFault(error);
  }
}

export function Facts({ rows }: { rows: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Note({ kind, icon, children, alert }: { kind?: 'sun' | 'bad' | 'good'; icon?: IconName; children: ComponentChildren; alert?: boolean }) {
  return (
    <div class={`note ${kind ?? ''}`} role={alert ? 'alert' : undefined}>
      <Icon name={icon ?? (kind === 'good' ? 'check' : kind ? 'warning' : 'info')} />
      <div class="grow">{children}</div>
    </div>
  );
}

/** Said above what could not be renewed. */
export function Stale({ from }: { from: { data: unknown; error: Error | undefined } }) {
  if (from.data === undefined || !from.error) return null;
  return (
    <Note kind="bad" alert>
      {t('stale_now', { why: from.error.message })}
    </Note>
  );
}

/** Chips of which one is on. */
export function Choices<V extends string>(props: { label: string; value: V; options: { value: V; label: string }[]; onValue: (value: V) => void }) {
  return (
    <div class="row wrap choices" role="group" aria-label={props.label}>
      {props.options.map((option) => (
        <button key={option.value} type="button" class="chip" aria-pressed={option.value === props.value} onClick={() => props.onValue(option.value)}>
          {option.label}
        </button>
      ))}
    </div>
  );
}

export function Drop(props: { label: string; hint?: string; accept?: string; onFile: (file: File) => void }) {
  const [over, setOver] = useState(false);
  const id = useId();
  return (
    <div
      class={`drop${over ? ' over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (file) props.onFile(file);
      }}
    >
      <Icon name="upload" />
      <label for={id}>{props.label}</label>
      {props.hint ? <p class="hint">{props.hint}</p> : null}
      <input
        id={id}
        class="unseen"
        type="file"
        accept={props.accept}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file) props.onFile(file);
        }}
      />
      <Button kind="primary" onClick={() => document.getElementById(id)?.click()} tabIndex={-1} aria-hidden={true}>
        {t('file_choose')}
      </Button>
      <span class="faint wide-only">{t('file_drop')}</span>
    </div>
  );
}

/** Hands the person a file that was made here. */
export function saveFile(name: string, type: string, content: BlobPart): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
