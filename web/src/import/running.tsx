// The last step: how far it is, and what came of it.

import { href } from '../core/route.ts';
import type { Channel, ImportJob } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Code, Note } from '../rooms/pieces.tsx';
import { t } from './words.ts';

export function Running({ job, channel, onAgain }: { job: ImportJob; channel: Channel; onAgain: () => void }) {
  if (job.state === 'failed') {
    return (
      <>
        <Note kind="bad" alert>
          <strong>{t('failed')}</strong>
          <p>
            {job.error?.line ? `${t('line', { n: job.error.line })}: ` : ''}
            {job.error?.message}
          </p>
        </Note>
        <div>
          <Button onClick={onAgain}>{t('other_file')}</Button>
        </div>
      </>
    );
  }
  if (job.state === 'done' && job.result) return <Done job={job} channel={channel} onAgain={onAgain} />;
  return (
    <div class="card stack" role="status">
      <strong>{t('running')}</strong>
      <progress class="progress" aria-label={t('running')} value={job.total ? job.done : undefined} max={job.total || 1} />
      <span class="hint">
        {job.total ? `${t('of', { done: job.done, total: job.total })} · ` : ''}
        {t('running_hint')}
      </span>
    </div>
  );
}

function Done({ job, channel, onAgain }: { job: ImportJob; channel: Channel; onAgain: () => void }) {
  const result = job.result;
  if (!result) return null;
  const lines: [boolean, string][] = [
    [true, t('added', { n: result.added })],
    [result.attachments > 0, t('result_attachments', { n: result.attachments })],
    [result.already_here > 0, t('result_already', { n: result.already_here })],
    [result.unreadable > 0, t('result_unreadable', { n: result.unreadable })],
  ];
  return (
    <>
      <div class="card stack" role="status">
        <Note kind="good">
          <strong>{t('done')}</strong>
        </Note>
        <ul class="checks">
          {lines
            .filter(([shown]) => shown)
            .map(([, line]) => (
              <li key={line} class={line === lines[3]?.[1] ? 'open' : 'good'}>
                <Icon name={line === lines[3]?.[1] ? 'info' : 'check'} />
                {line}
              </li>
            ))}
        </ul>
        <div>
          <span class="hint">{t('provenance', { file: job.file })}</span>
          <div>
            <Code value={job.sha256} what="SHA-256" whole />
          </div>
        </div>
      </div>
      <div class="row wrap">
        <a class="btn primary" href={href('c', channel.id)}>
          {t('open_channel')}
        </a>
        <Button onClick={onAgain}>{t('another')}</Button>
      </div>
      <p class="hint">{t('another_hint')}</p>
    </>
  );
}
