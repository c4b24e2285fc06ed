// The second step: what was found in the file, what could not be read, and which way round its dates are.

import { useState } from 'preact/hooks';
import { post } from '../core/api.ts';
import { formatNumber } from '../core/i18n.ts';
import { date } from '../core/time.ts';
import type { DateOrder, ImportJob, ImportPreview } from '../core/types.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { toastFault } from '../ui/toast.tsx';
import { Facts, Note, When } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { readsAs } from './dates.ts';
import { UnreadLines } from './unread-lines.tsx';
import { t } from './words.ts';

const EXAMPLES_SHOWN = 3;

export function Check(props: { job: ImportJob; onJob: (job: ImportJob) => void; onNext: () => void; onDrop: () => void }) {
  const { preview } = props.job;
  const [busy, setBusy] = useState(false);
  if (!preview) return null;
  const choose = async (order: DateOrder): Promise<void> => {
    setBusy(true);
    try {
      props.onJob(await post<ImportJob>(`/imports/${props.job.id}/preview`, { date_order: order }));
    } catch (error) {
      toastFault(error);
    } finally {
      setBusy(false);
    }
  };
  const open = preview.ambiguous !== null && preview.date_order === null;
  const nothing = preview.messages > 0 && preview.already_here >= preview.messages;
  return (
    <>
      {preview.ambiguous ? <AskOrder preview={preview} busy={busy} onOrder={(order) => void choose(order)} /> : null}
      <Section title={t('found')} hint={props.job.file}>
        <div class="card">
          <Found preview={preview} sure={!open} />
        </div>
        {preview.attachments_missing ? <Note>{t('missing_hint')}</Note> : null}
        {nothing ? <Note kind="sun">{t('nothing_new')}</Note> : null}
      </Section>
      <Unreadable preview={preview} />
      {preview.sample.length ? (
        <Section title={t('sample')}>
          <Sample preview={preview} sure={!open} />
        </Section>
      ) : null}
      <div class="row wrap end">
        <Button kind="danger" onClick={props.onDrop}>
          {t('start_over')}
        </Button>
        <Button kind="primary" disabled={open || nothing || busy} onClick={props.onNext}>
          {t('next')}
        </Button>
      </div>
    </>
  );
}

function Found({ preview, sure }: { preview: ImportPreview; sure: boolean }) {
  const count = (n: number, hint?: string) => (
    <>
      {formatNumber(n)}
      {hint ? <span class="faint"> · {hint}</span> : null}
    </>
  );
  return (
    <Facts
      rows={[
        [t('group'), preview.group_name ?? <span class="faint">{t('no_group')}</span>],
        [t('phone'), t(preview.form)],
        ...(sure ? ([[t('span'), `${date(preview.first_at)} – ${date(preview.last_at)}`]] as [string, string][]) : []),
        ...(preview.date_order ? ([[t('date_order'), t(preview.date_order)]] as [string, string][]) : []),
        [t('people'), formatNumber(preview.people.length)],
        [t('messages'), count(preview.messages)],
        [t('attachments'), count(preview.attachments, preview.attachments_missing ? t('missing', { n: preview.attachments_missing }) : undefined)],
        [t('system'), count(preview.system)],
        ...(preview.already_here ? ([[t('already'), count(preview.already_here, t('already_hint'))]] as [string, preact.ComponentChildren][]) : []),
      ]}
    />
  );
}

function AskOrder({ preview, busy, onOrder }: { preview: ImportPreview; busy: boolean; onOrder: (order: DateOrder) => void }) {
  const examples = preview.ambiguous?.examples.slice(0, EXAMPLES_SHOWN) ?? [];
  return (
    <Section title={t('ask_order')} hint={t('ask_order_hint')}>
      <ul class="examples">
        {examples.map((example) => (
          <li key={example}>{example}</li>
        ))}
      </ul>
      <div class="orders">
        {preview.ambiguous?.candidates.map((order) => (
          <button key={order} type="button" class="order" disabled={busy} aria-pressed={preview.date_order === order} onClick={() => onOrder(order)}>
            <strong>{t(order)}</strong>
            {examples.map((example) => (
              <span key={example}>{readsAs(example, order) ?? '–'}</span>
            ))}
          </button>
        ))}
      </div>
    </Section>
  );
}

function Unreadable({ preview }: { preview: ImportPreview }) {
  if (!preview.unreadable_total) return null;
  return (
    <Section title={t('unreadable', { n: preview.unreadable_total })} hint={t('unreadable_hint')}>
      <UnreadLines lines={preview.unreadable} total={preview.unreadable_total} />
    </Section>
  );
}

function Sample({ preview, sure }: { preview: ImportPreview; sure: boolean }) {
  return (
    <ul class="sample">
      {preview.sample.map((message, index) => (
        <li key={index}>
          <Avatar id={message.from} name={message.from} size="small" />
          <div class="grow">
            <strong>{message.from}</strong> {sure ? <span class="faint"><When ts={message.at} /></span> : null}
            <p>{message.b}</p>
          </div>
        </li>
      ))}
    </ul>
  );
}
