// How the house is used: sums by community, and of few people nothing. Never a name, never a word.

import { get } from '../core/api.ts';
import { formatNumber } from '../core/i18n.ts';
import type { Adoption as Told, AdoptionFigures } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { DataTable, None } from '../rooms/data-table.tsx';
import { Note, Stale } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { Tile } from '../rooms/tile.tsx';
import { t as rooms } from '../rooms/words.ts';
import { t } from './adoption-words.ts';
import { t as words } from './words.ts';

type Row = Told['groups'][number];

export function Adoption() {
  const told = useLoad<Told>((signal) => get('/admin/adoption', {}, { signal }));
  return (
    <Load from={told}>
      {({ all, groups, people_min: n }) => (
        <Section
          title={words('adoption')}
          hint={t('hint', { n })}
          actions={
            <Button busy={told.loading} onClick={told.reload}>
              {rooms('refresh')}
            </Button>
          }
        >
          <Stale from={told} />
          {all ? <Sums all={all} /> : <Note icon="info">{t('small', { n })}</Note>}
          <DataTable
            caption={words('adoption')}
            rows={groups.filter((one) => one.id !== null || one.figures?.people !== 0)}
            keyOf={(one) => one.id ?? ''}
            columns={[
              { name: t('community'), main: true, cell: (one) => (one.id ? one.name : t('none')) },
              { name: t('channels'), cell: (one) => channels(one) },
              { name: t('people'), end: true, cell: (one) => figure(one, 'people') },
              { name: t('week'), end: true, cell: (one) => figure(one, 'active_week') },
              { name: t('month'), end: true, cell: (one) => figure(one, 'active_month') },
              { name: t('behind'), end: true, cell: (one) => (one.id ? figure(one, 'behind') : <None />) },
            ]}
          />
          <p class="hint">{t('counted')}</p>
        </Section>
      )}
    </Load>
  );
}

function Sums({ all }: { all: AdoptionFigures }) {
  return (
    <div class="tiles">
      <Tile name={t('people')} value={formatNumber(all.people)}>
        {t('all')}
      </Tile>
      <Tile name={t('week')} value={formatNumber(all.active_week)} />
      <Tile name={t('month')} value={formatNumber(all.active_month)} />
      <Tile name={t('behind')} value={formatNumber(all.behind)} />
    </div>
  );
}

function channels(one: Row) {
  if (!one.id) return <None />;
  return one.channels ? formatNumber(one.channels) : <span class="chip sun">{t('no_channel')}</span>;
}

function figure(one: Row, fact: keyof AdoptionFigures) {
  if (one.figures) return formatNumber(one.figures[fact]);
  return fact === 'people' ? <span class="muted">{t('few')}</span> : <None />;
}
