// Bringing a WhatsApp group into a channel: file, check, names, import. Nothing comes in before the last step.

import { useEffect, useState } from 'preact/hooks';
import { get, remove } from '../core/api.ts';
import { importNews, state } from '../core/live.ts';
import { href } from '../core/route.ts';
import type { Channel, ImportJob } from '../core/types.ts';
import { confirm } from '../ui/dialog.tsx';
import { Empty, Page } from '../ui/states.tsx';
import { channelName, me } from '../rooms/known.ts';
import { Check } from './check.tsx';
import { ChooseFile } from './choose-file.tsx';
import { Earlier } from './earlier.tsx';
import { Names } from './names.tsx';
import { Running } from './running.tsx';
import { t } from './words.ts';
import '../rooms/room.css';
import './import.css';

type Step = 'file' | 'check' | 'people' | 'run';
const STEPS: Step[] = ['file', 'check', 'people', 'run'];
const ASK_AGAIN_MS = 2_000;

export default function Import({ path }: { path: string[] }) {
  const channel = state.value?.channels[path[0] ?? ''];
  const owner = channel?.members.some((member) => member.p === me()?.id && member.owner);
  const back = channel ? href('c', channel.id) : '#/';
  return (
    <Page title={t('title')} back={back}>
      {channel && owner ? (
        <Wizard key={channel.id} channel={channel} />
      ) : (
        <div class="room">
          <Empty icon="lock" title={t('not_owner')}>
            {t('not_owner_text')}
          </Empty>
          {channel ? <Earlier channel={channel} /> : null}
        </div>
      )}
    </Page>
  );
}

function Wizard({ channel }: { channel: Channel }) {
  const [job, setJob] = useState<ImportJob>();
  const [naming, setNaming] = useState(false);
  useProgress(job, setJob);
  const step: Step = !job ? 'file' : job.state !== 'preview' ? 'run' : naming ? 'people' : 'check';
  const forget = (): void => {
    setJob(undefined);
    setNaming(false);
  };
  const drop = async (): Promise<void> => {
    if (!job || !(await confirm({ title: t('drop_title'), body: t('drop_text'), action: t('drop_action'), danger: true }))) return;
    // A preview that cannot be dropped now is dropped by the server when its time is over.
    await remove(`/imports/${job.id}`).catch(() => undefined);
    forget();
  };
  return (
    <div class="room">
      <Steps at={step} channel={channelName(channel.id)} />
      {step === 'file' ? <ChooseFile channel={channel} onJob={setJob} /> : null}
      {step === 'check' && job ? <Check job={job} onJob={setJob} onNext={() => setNaming(true)} onDrop={() => void drop()} /> : null}
      {step === 'people' && job ? <Names job={job} channel={channel} onJob={setJob} onBack={() => setNaming(false)} /> : null}
      {step === 'run' && job ? <Running job={job} channel={channel} onAgain={forget} /> : null}
    </div>
  );
}

function Steps({ at, channel }: { at: Step; channel: string }) {
  const here = STEPS.indexOf(at);
  return (
    <div>
      <p class="hint">{t('into', { channel })}</p>
      <ol class="wizard" aria-label={t('step_of', { n: here + 1, m: STEPS.length, name: t(`step_${at}`) })}>
        {STEPS.map((step, index) => (
          <li key={step} class={index < here ? 'past' : ''} aria-current={index === here ? 'step' : undefined}>
            <span aria-hidden="true">{index < here ? '✓' : index + 1}</span>
            {t(`step_${step}`)}
          </li>
        ))}
      </ol>
    </div>
  );
}

/** Progress comes over the socket; where that is slow or missing, by asking. */
function useProgress(job: ImportJob | undefined, set: (job: ImportJob) => void): void {
  const news = importNews.value;
  useEffect(() => {
    if (job && news?.id === job.id) set({ ...job, ...news });
  }, [news]);
  const running = job?.state === 'running' ? job.id : null;
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => {
      get<ImportJob>(`/imports/${running}`)
        .then(set)
        .catch(() => undefined);
    }, ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [running]);
}
