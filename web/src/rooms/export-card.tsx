// One export: who asked for what and why, how far it is, and what this person can do about it.

import { useState } from 'preact/hooks';
import { url } from '../core/api.ts';
import { formatBytes, formatList } from '../core/i18n.ts';
import { command } from '../core/live.ts';
import { date } from '../core/time.ts';
import type { ExportJob, Tag } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { confirm } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { t } from './export-words.ts';
import { me, nameOf, channelName } from './known.ts';
import { Code, Facts, Note, When } from './pieces.tsx';

const PHASES = ['reading', 'proofs', 'files', 'packing'] as const;
const LOOK = { waiting: 'sun', refused: '', running: '', ready: 'good', failed: 'bad', destroyed: '', cancelled: '', expired: '' } as const;

export function ExportCard({ job, onChange }: { job: ExportJob; onChange: () => void }) {
  const mine = job.by === me()?.id;
  return (
    <article class="card export" aria-label={`${t('case')} ${job.case}, ${t(job.state)}`}>
      <header>
        <div class="grow">
          <h3>{title(job)}</h3>
          <p class="hint">
            {t('case')} {job.case} · {t('requested_by', { name: nameOf(job.by) })} <When ts={job.at} relative />
          </p>
        </div>
        <span class={`chip ${LOOK[job.state]}`}>{t(job.state)}</span>
      </header>
      <Facts
        rows={[
          [t('reason'), job.reason],
          [t('range'), rangeText(job)],
          ...(job.chosen ? ([[t('chosen'), chosenText(job.chosen)]] as [string, string][]) : []),
          ...(job.decided_by && job.state !== 'refused' ? ([[t('approved_by'), nameOf(job.decided_by)]] as [string, string][]) : []),
          ...(job.decided_by && job.state === 'refused' ? ([[t('refused_by'), nameOf(job.decided_by)]] as [string, string][]) : []),
        ]}
      />
      {job.state === 'waiting' ? mine ? <Note icon="clock">{t('not_yours')}</Note> : <Decision job={job} onChange={onChange} /> : null}
      {job.state === 'running' ? <Progress job={job} /> : null}
      {job.state === 'failed' ? <Note kind="bad">{t('failed_text', { why: job.error ?? t('unknown') })}</Note> : null}
      {job.state === 'destroyed' ? <Note>{t('destroyed_text')}</Note> : null}
      {job.state === 'cancelled' || job.state === 'expired' ? <Note>{t(`${job.state}_text`)}</Note> : null}
      {job.state === 'ready' && me()?.role === 'officer' ? <Ready job={job} mine={mine} /> : null}
      {job.state === 'running' || job.state === 'ready' || (job.state === 'waiting' && mine) ? <Cancel job={job} onChange={onChange} /> : null}
    </article>
  );
}

function Decision({ job, onChange }: { job: ExportJob; onChange: () => void }) {
  const [busy, setBusy] = useState(false);
  const name = nameOf(job.by);
  const decide = async (approve: boolean): Promise<void> => {
    const yes = await confirm(
      approve
        ? {
            title: t('approve_title', { name }),
            body: (
              <div class="stack tight">
                <p>
                  {job.chosen
                    ? t('approve_chosen', { name, channel: title(job), n: job.chosen.messages })
                    : t('approve_text', { name, channel: title(job), from: date(job.from), to: date(lastMoment(job)) })}
                </p>
                <p class="hint">{t('approve_again')}</p>
              </div>
            ),
            action: t('approve'),
          }
        : { title: t('refuse_title'), body: t('refuse_text', { name }), action: t('refuse'), danger: true },
    );
    if (!yes) return;
    setBusy(true);
    try {
      await command({ t: approve ? 'export.approve' : 'export.refuse', export: job.id });
      toast(t(approve ? 'approved_done' : 'refused_done'));
      onChange();
    } catch (error) {
      toastFault(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="row wrap">
      <Button kind="primary" busy={busy} onClick={() => void decide(true)}>
        {t('approve')}
      </Button>
      <Button kind="danger" disabled={busy} onClick={() => void decide(false)}>
        {t('refuse')}
      </Button>
    </div>
  );
}

function Cancel({ job, onChange }: { job: ExportJob; onChange: () => void }) {
  const [busy, setBusy] = useState(false);
  const ready = job.state === 'ready';
  const cancel = async (): Promise<void> => {
    const action = t(ready ? 'remove' : 'cancel');
    if (!(await confirm({ title: t(ready ? 'remove_title' : 'cancel_title'), body: t(ready ? 'remove_text' : 'cancel_text'), action, danger: true }))) return;
    setBusy(true);
    try {
      await command({ t: 'export.cancel', export: job.id });
      toast(t('cancelled_done'));
      onChange();
    } catch (error) {
      toastFault(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="row wrap">
      <Button kind="danger" busy={busy} onClick={() => void cancel()}>
        {t(ready ? 'remove' : 'cancel')}
      </Button>
    </div>
  );
}

function Progress({ job }: { job: ExportJob }) {
  const at = job.phase ? PHASES.indexOf(job.phase) : -1;
  const total = job.total ?? 0;
  return (
    <div class="stack tight">
      <ol class="phases">
        {PHASES.map((phase, index) => (
          <li key={phase} class={index < at ? 'past' : ''} aria-current={index === at ? 'step' : undefined}>
            {index < at ? <Icon name="check" /> : null}
            {t(phase)}
          </li>
        ))}
      </ol>
      {/* Without a total the bar moves without claiming how far it is. */}
      <progress class="progress" aria-label={t('building')} value={total ? (job.done ?? 0) : undefined} max={total || 1} />
      {total ? <span class="hint">{t('of', { done: job.done ?? 0, total })}</span> : null}
    </div>
  );
}

function Ready({ job, mine }: { job: ExportJob; mine: boolean }) {
  return (
    <div class="stack tight">
      {job.sha256 ? (
        <div>
          <span class="label">{t('sha256')}</span>
          <Code value={job.sha256} what={t('sha256')} whole />
        </div>
      ) : null}
      {mine ? (
        <div class="row wrap">
          <a class="btn primary" href={url(`/exports/${job.id}/download`)} download>
            <Icon name="download" />
            {t('download')}
            {job.bytes ? ` (${formatBytes(job.bytes)})` : ''}
          </a>
          <span class="hint grow">
            {job.events ? `${t('events', { n: job.events })}. ` : ''}
            {t('download_hint')}
            {job.expires_at ? ` ${t('until', { date: date(job.expires_at) })}` : ''}
          </span>
        </div>
      ) : (
        <p class="hint">{t('others_download', { name: nameOf(job.by) })}</p>
      )}
    </div>
  );
}

function chosenText({ messages, tagged, not_tagged }: NonNullable<ExportJob['chosen']>): string {
  const n = messages;
  const tags = formatList(tagged.map(tagName));
  return not_tagged.length ? t('chosen_but', { n, tags, not: formatList(not_tagged.map(tagName)) }) : t('chosen_n', { n, tags });
}

/** A matter's own tags are told to its officers alone. */
function tagName(tag: Tag): string {
  return tag === 'relevant' || tag === 'not_relevant' || tag === 'privileged' || tag === 'hot' ? t(`tag_${tag}`) : t('tag_own', { n: tag.slice(1) });
}

const title = (job: ExportJob): string => job.channel_name || channelName(job.c);
/** `to` is the first moment outside. */
const lastMoment = (job: ExportJob): number => Math.max(job.from, job.to - 1);

function rangeText(job: ExportJob): string {
  const from = date(job.from);
  const to = date(lastMoment(job));
  return from === to ? from : `${from} – ${to}`;
}
