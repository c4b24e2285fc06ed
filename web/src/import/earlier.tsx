// What was brought into this channel before: which file, by whom, and what of it could not be read. For all its members.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import type { Channel, ImportJob, ImportPreview } from '../core/types.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { nameOf } from '../rooms/known.ts';
import { Code, Facts, Note, When } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { UnreadLines } from './unread-lines.tsx';
import { t } from './words.ts';

export function Earlier({ channel }: { channel: Channel }) {
  const imports = useLoad<ImportJob[]>(async (signal) => (await get<{ imports: ImportJob[] }>('/imports', { c: channel.id }, { signal })).imports, [channel.id]);
  const [open, setOpen] = useState<ImportJob>();
  if (!imports.data?.length) return null;
  return (
    <Section title={t('before')} hint={t('another_hint')}>
      <ul class="list">
        {imports.data.map((job) => (
          <li key={job.id}>
            <button type="button" class="line" onClick={() => setOpen(job)}>
              <Icon name="file" />
              <span class="grow">
                <div class="clip">{job.file}</div>
                <span class="hint">
                  {nameOf(job.by)}, <When ts={job.at} /> {job.result ? `· ${t('added', { n: job.result.added })}` : ''}
                </span>
              </span>
              <Icon name="forward" />
            </button>
          </li>
        ))}
      </ul>
      {open ? <Provenance job={open} onClose={() => setOpen(undefined)} /> : null}
    </Section>
  );
}

function Provenance({ job, onClose }: { job: ImportJob; onClose: () => void }) {
  const whole = useLoad<ImportJob & { unreadable?: ImportPreview['unreadable'] }>((signal) => get(`/imports/${job.id}`, {}, { signal }), [job.id]);
  const result = job.result;
  return (
    <Dialog title={job.file} onClose={onClose} wide>
      <div class="stack">
        <Note>{t('unverified')}</Note>
        <Facts
          rows={[
            [t('brought_by'), nameOf(job.by)],
            [t('brought_at'), <When key="at" ts={job.at} />],
            ...(result ? ([[t('entries'), t('added', { n: result.added })]] as [string, string][]) : []),
            ...(result?.attachments ? ([[t('attachments'), t('result_attachments', { n: result.attachments })]] as [string, string][]) : []),
            ['SHA-256', <Code key="sha" value={job.sha256} what="SHA-256" whole />],
          ]}
        />
        {result?.unreadable ? (
          <Section title={t('unreadable', { n: result.unreadable })}>
            <Load from={whole}>{(data) => <UnreadLines lines={data.unreadable ?? []} total={result.unreadable} />}</Load>
          </Section>
        ) : null}
      </div>
    </Dialog>
  );
}
