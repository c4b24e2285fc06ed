// Verifying a bundle: read here, sent nowhere, and never called whole when something was not checked.

import { useRef, useState } from 'preact/hooks';
import { formatBytes } from '../core/i18n.ts';
import type { ExportJob } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { toastFault } from '../ui/toast.tsx';
import { channelName } from '../rooms/known.ts';
import { Code, Drop, Facts, Note } from '../rooms/pieces.tsx';
import { verifyBundle, type BundleProgress, type BundleReport } from '../rooms/proof/bundle.ts';
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
          <progress class="progress" aria-label={t(step.step === 'hash' ? 'hashing' : 'checking')} value={step.done} max={step.total || 1} />
          <div class="row">
            <span class="hint grow">
              {t(step.step === 'hash' ? 'hashing' : 'checking')} · {formatBytes(step.done)} / {formatBytes(step.total)}
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
  const { contents } = report;
  const bad = contents !== null && (contents.fault !== null || contents.bad.length + contents.missing.length + contents.unlisted.length > 0);
  const whole = contents !== null && !bad && contents.files > 0;
  return (
    <div class="card stack" role="status">
      <Note kind={bad ? 'bad' : whole ? 'good' : 'sun'}>
        <strong>{t(bad ? 'result_bad' : whole ? 'result_good' : 'result_partial')}</strong>
        {whole && job ? ` ${t('result_known', { case: job.case })}` : ''}
      </Note>
      <ul class="checks">
        <li class={job ? 'good' : 'open'}>
          <Icon name={job ? 'check' : 'info'} />
          <div>
            <strong>{t('hash_title')}</strong>
            <p>{job ? t('hash_match', { case: job.case, channel: job.channel_name ?? channelName(job.c) }) : jobs ? t('hash_unknown') : t('hash_loading')}</p>
            <Code value={report.sha256} what="SHA-256" whole />
          </div>
        </li>
        <li class={bad ? 'bad' : whole ? 'good' : 'open'}>
          <Icon name={bad ? 'warning' : whole ? 'check' : 'info'} />
          <div>
            <strong>{t('files_title')}</strong>
            {contents === null ? (
              <p>{t('files_none')}</p>
            ) : (
              <>
                {contents.files ? <p class="fine">{t('files_good', { n: contents.files })}</p> : null}
                <Names text={t('files_bad', { n: contents.bad.length })} names={contents.bad} />
                <Names text={t('files_missing', { n: contents.missing.length })} names={contents.missing} />
                <Names text={t('files_unlisted', { n: contents.unlisted.length })} names={contents.unlisted} />
                {contents.fault ? <p>{t('files_fault', { why: contents.fault })}</p> : null}
              </>
            )}
          </div>
        </li>
        <li class="open">
          <Icon name="shield" />
          <div>
            <strong>{t('proofs_title')}</strong>
            <p>{t('proofs_text')}</p>
          </div>
        </li>
      </ul>
      {report.manifest ? <Manifest manifest={report.manifest} /> : null}
      <div>
        <Button onClick={again}>{t('again')}</Button>
      </div>
    </div>
  );
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

/** Only plain facts: the rest is for reading in the file itself. */
function Manifest({ manifest }: { manifest: Record<string, unknown> }) {
  const rows = Object.entries(manifest).filter((row): row is [string, string | number] => typeof row[1] === 'string' || typeof row[1] === 'number');
  if (!rows.length) return null;
  return (
    <details>
      <summary>{t('facts')}</summary>
      <Facts rows={rows.map(([name, value]) => [name.replaceAll('_', ' '), String(value)])} />
    </details>
  );
}
