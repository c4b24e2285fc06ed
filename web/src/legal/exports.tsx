// All exports: what waits for this officer first.

import { href } from '../core/route.ts';
import type { ExportJob } from '../core/types.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, Load } from '../ui/states.tsx';
import { ExportCard } from '../rooms/export-card.tsx';
import { me } from '../rooms/known.ts';
import { Note } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { useExports } from '../rooms/use-exports.ts';
import { t } from './words.ts';

export function Exports() {
  const exports = useExports();
  const ask = (
    <a class="btn primary" href={href('legal', 'new')}>
      <Icon name="plus" />
      {t('new')}
    </a>
  );
  return (
    <>
      <Note icon="info">{t('banner')}</Note>
      <Load from={exports}>
        {(jobs) => {
          const waiting = jobs.filter(isMineToDecide);
          const others = jobs.filter((job) => !isMineToDecide(job));
          const card = (job: ExportJob) => <ExportCard key={job.id} job={job} onChange={exports.reload} />;
          return (
            <>
              {waiting.length ? <Section title={t('to_decide')}>{waiting.map(card)}</Section> : null}
              <Section title={t('mine')} hint={t('exports_hint')} actions={jobs.length ? ask : undefined}>
                {jobs.length ? null : (
                  <Empty icon="scales" title={t('none')} action={ask}>
                    {t('none_text')}
                  </Empty>
                )}
                {others.map(card)}
              </Section>
            </>
          );
        }}
      </Load>
    </>
  );
}

function isMineToDecide(job: ExportJob): boolean {
  return job.state === 'waiting' && job.by !== me()?.id;
}
