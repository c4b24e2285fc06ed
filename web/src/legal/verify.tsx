// Verifying a bundle: read here, sent nowhere, and never called whole when something was not checked.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { formatBytes, formatList } from '../core/i18n.ts';
import { dateTime } from '../core/time.ts';
import type { Checkpoint, ExportJob } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { toastFault } from '../ui/toast.tsx';
import { channelName } from '../rooms/known.ts';
import { Code, Drop, Facts, Note } from '../rooms/pieces.tsx';
import { verifyBundle, type BundleProgress, type BundleReport, type Proof } from '../rooms/proof/bundle.ts';
import { compare } from '../rooms/proof/compare.ts';
import { Section } from '../rooms/room.tsx';
import { useExports } from '../rooms/use-exports.ts';
import { t } from './words.ts';

const NAMES_SHOWN = 100;
const PROGRESS_EVERY_MS = 100;

export function Verify() {
  const exports = useExports();
  const [step, setStep] = useState<BundleProgress & { name: string }>();
  const [report, setReport] = useState<BundleReport>();
  const stop = useRef<AbortController>(undefined);
  const check = async (file: File): Promise<void> => {
    const control = new AbortController();
    stop.current = control;
    let told = 0;
    setReport(undefined);
    setStep({ step: 'hash', done: 0, total: file.size, name: file.name });
    try {
      const tell = (progress: BundleProgress): void => {
        const now = performance.now();
        if (now - told < PROGRESS_EVERY_MS) return;
        told = now;
        setStep({ ...progress, name: file.name });
      };
      setReport(await verifyBundle(file, tell, control.signal));
    } catch (error) {
      if (!control.signal.aborted) toastFault(error);
    } finally {
      setStep(undefined);
    }
  };
  return (
    <Section title={t('verify')} hint={t('verify_hint')}>
      {step ? (
        <div class="card stack">
          <strong class="clip">{step.name}</strong>
          <progress class="progress" aria-label={t(`doing_${step.step}`)} value={step.done} max={step.total || 1} />
          <div class="row">
            <span class="hint grow">
              {t(`doing_${step.step}`)} · {formatBytes(step.done)} / {formatBytes(step.total)}
            </span>
            <Button onClick={() => stop.current?.abort()}>{t('stop')}</Button>
          </div>
        </div>
      ) : report ? (
        <Result report={report} jobs={exports.data} again={() => setReport(undefined)} />
      ) : (
        <Drop label={t('drop')} hint={t('drop_hint')} accept=".zip,application/zip" onFile={(file) => void check(file)} />
      )}
    </Section>
  );
}

function Result({ report, jobs, again }: { report: BundleReport; jobs: ExportJob[] | undefined; again: () => void }) {
  const job = jobs?.find((one) => one.sha256?.toLowerCase() === report.sha256);
  const today = useToday(report);
  const verdict = judge(report, today);
  return (
    <div class="card stack" role="status">
      <Note kind={verdict === 'bad' ? 'bad' : verdict === 'good' ? 'good' : 'sun'}>
        <strong>{t(`result_${verdict}`)}</strong>
        {verdict === 'good' && job ? ` ${t('result_known', { case: job.case })}` : ''}
      </Note>
      <ul class="checks">
        <Whole report={report} job={job} loading={!jobs} />
        <Contents report={report} />
        {report.proof ? <Proved proof={report.proof} today={today} /> : null}
        <Step look="open" icon="file" title={t('more_title')}>
          <p>{t('more_text')}</p>
        </Step>
      </ul>
      {report.manifest ? <Manifest manifest={report.manifest} /> : null}
      <div>
        <Button onClick={again}>{t('again')}</Button>
      </div>
    </div>
  );
}

function Whole({ report, job, loading }: { report: BundleReport; job: ExportJob | undefined; loading: boolean }) {
  return (
    <Step look={job ? 'good' : 'open'} title={t('hash_title')}>
      <p>{job ? t('hash_match', { case: job.case, channel: job.channel_name || channelName(job.c) }) : loading ? t('hash_loading') : t('hash_unknown')}</p>
      <Code value={report.sha256} what="SHA-256" whole />
    </Step>
  );
}

function Contents({ report }: { report: BundleReport }) {
  const { contents } = report;
  if (!contents) {
    return (
      <Step look="open" title={t('files_title')}>
        <p>{t('files_none')}</p>
      </Step>
    );
  }
  return (
    <Step look={isBad(contents) ? 'bad' : 'good'} title={t('files_title')}>
      {contents.files ? <p class="fine">{t('files_good', { n: contents.files })}</p> : null}
      <Names text={t('files_bad', { n: contents.bad.length })} names={contents.bad} />
      <Names text={t('files_missing', { n: contents.missing.length })} names={contents.missing} />
      <Names text={t('files_unlisted', { n: contents.unlisted.length })} names={contents.unlisted} />
      {contents.fault ? <p>{t('files_fault', { why: contents.fault })}</p> : null}
    </Step>
  );
}

function Proved({ proof, today }: { proof: Proof; today: Today }) {
  const { records, fault } = proof;
  const counts = records
    ? [t('shown', { n: records.shown }), records.forgotten ? t('forgotten', { n: records.forgotten }) : '', records.withheld ? t('withheld', { n: records.withheld }) : ''].filter(Boolean)
    : [];
  return (
    <>
      <Step look={fault || !records ? 'bad' : 'good'} title={t('records_title')}>
        {records ? (
          <p>
            {t('records_good', { n: records.events })} {formatList(counts)}.
          </p>
        ) : (
          <p>
            {fault?.position === null || fault === null ? '' : `${t('at_position', { n: fault.position })} `}
            {t(`fault_${fault?.why ?? 'manifest'}`)}
          </p>
        )}
      </Step>
      <Step look={proof.signature === 'good' ? 'good' : proof.signature === 'cannot_check' ? 'open' : 'bad'} title={t('signature_title', { n: proof.size })}>
        <p>{t(`signature_${proof.signature}`)}</p>
      </Step>
      <Step look={today.state === 'ok' ? 'good' : today.state === 'bad' ? 'bad' : 'open'} title={t('today_title')}>
        <p>{t(`today_${today.state}`)}</p>
      </Step>
    </>
  );
}

function Step({ look, icon, title, children }: { look: 'good' | 'bad' | 'open'; icon?: IconName; title: string; children: ComponentChildren }) {
  return (
    <li class={look}>
      <Icon name={icon ?? (look === 'good' ? 'check' : look === 'bad' ? 'warning' : 'info')} />
      <div>
        <strong>{title}</strong>
        {children}
      </div>
    </li>
  );
}

interface Today {
  state: 'busy' | 'ok' | 'bad' | 'other_log' | 'unreachable';
}

/** Does the log of today still begin with the one that this bundle was proved against? */
function useToday(report: BundleReport): Today {
  const [today, setToday] = useState<Today>({ state: 'busy' });
  useEffect(() => {
    let here = true;
    const { proof } = report;
    if (proof) void ask(proof).then((state) => here && setToday({ state }));
    return () => {
      here = false;
    };
  }, [report]);
  return today;
}

async function ask(proof: Proof): Promise<Today['state']> {
  try {
    const newest = await get<Checkpoint>('/log/checkpoint');
    if (newest.key !== proof.key) return 'other_log';
    const found = await compare(proof.note, newest, async (old, size) => (await get<{ proof: string[] }>('/log/consistency', { old, new: size })).proof);
    if (found === 'not_note') return 'bad';
    if (!found.proof.ok && found.proof.why === 'fetch') return 'unreachable';
    return found.proof.ok ? 'ok' : 'bad';
  } catch {
    return 'unreachable';
  }
}

/** "Whole" is said only when every step was taken and held. */
function judge(report: BundleReport, today: Today): 'good' | 'bad' | 'partial' | 'busy' {
  const { contents, proof } = report;
  const signature = proof?.signature;
  if ((contents && isBad(contents)) || proof?.fault || signature === 'bad' || signature === 'other_key' || today.state === 'bad') return 'bad';
  if (proof && today.state === 'busy') return 'busy';
  // A key that comes with the bundle proves only that the bundle agrees with itself: it must be this server's.
  const whole = contents !== null && contents.files > 0 && proof?.records && signature === 'good' && today.state === 'ok';
  return whole ? 'good' : 'partial';
}

function isBad(contents: NonNullable<BundleReport['contents']>): boolean {
  return contents.fault !== null || contents.bad.length + contents.missing.length + contents.unlisted.length > 0;
}

function Names({ text, names }: { text: string; names: string[] }) {
  if (!names.length) return null;
  return (
    <>
      <p>{text}</p>
      <ul class="names">
        {names.slice(0, NAMES_SHOWN).map((name) => (
          <li key={name}>{name}</li>
        ))}
        {names.length > NAMES_SHOWN ? <li>…</li> : null}
      </ul>
    </>
  );
}

/** Its plain claims; the rest is for reading in the file itself. */
function Manifest({ manifest }: { manifest: Record<string, unknown> }) {
  const inside = (key: string): Record<string, unknown> => (manifest[key] !== null && typeof manifest[key] === 'object' ? (manifest[key] as Record<string, unknown>) : {});
  const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
  const moment = (value: unknown): string => (typeof value === 'number' && Math.abs(value) < 8.64e15 ? dateTime(value) : '');
  const rows = [
    [t('channel'), text(inside('channel').name) || text(inside('channel').id)],
    [t('period'), `${moment(inside('range').from_ms)} – ${moment(inside('range').to_ms)}`],
    [t('case'), text(inside('order').case)],
    [t('reason'), text(inside('order').reason)],
    [t('requester'), text(inside('order').requester_name)],
    [t('approver'), text(inside('order').approver_name)],
    ...Object.entries(inside('counts')).map(([name, value]) => [name.replaceAll('_', ' '), text(value)]),
    [t('log_key'), text(inside('log').verifier_key)],
  ].filter((row): row is [string, string] => Boolean(row[1]) && row[1] !== ' – ');
  if (!rows.length) return null;
  return (
    <details>
      <summary>{t('facts')}</summary>
      <Facts rows={rows} />
    </details>
  );
}
