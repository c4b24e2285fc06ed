// An administrator decides on what officers ask for: who, which channel, when, why. Never the content.

import { Empty, Load } from '../ui/states.tsx';
import { ExportCard } from '../rooms/export-card.tsx';
import { Section } from '../rooms/room.tsx';
import { useExports } from '../rooms/use-exports.ts';
import { t } from './words.ts';

export function Exports() {
  const exports = useExports();
  return (
    <Load from={exports}>
      {(jobs) => {
        const waiting = jobs.filter((job) => job.state === 'waiting');
        const decided = jobs.filter((job) => job.state !== 'waiting');
        return (
          <>
            <Section title={waiting.length ? t('to_decide') : t('exports')} hint={t('exports_hint')}>
              {jobs.length ? null : (
                <Empty icon="scales" title={t('no_exports')}>
                  {t('no_exports_text')}
                </Empty>
              )}
              {waiting.map((job) => (
                <ExportCard key={job.id} job={job} onChange={exports.reload} />
              ))}
            </Section>
            {decided.length ? (
              <Section title={t('decided')}>
                {decided.map((job) => (
                  <ExportCard key={job.id} job={job} onChange={exports.reload} />
                ))}
              </Section>
            ) : null}
          </>
        );
      }}
    </Load>
  );
}
