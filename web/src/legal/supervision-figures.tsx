// What became of what each rule took, as a table and as a file.

import { formatNumber } from '../core/i18n.ts';
import type { ReviewFigures, WatchRule } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { csv } from '../rooms/csv.ts';
import { DataTable, None } from '../rooms/data-table.tsx';
import { isoDay } from '../rooms/days.ts';
import { saveFile } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { t } from './supervision-words.ts';

interface Row extends ReviewFigures {
  key: string;
  name: string;
}

export function Figures({ rules }: { rules: WatchRule[] }) {
  const rows = rules.filter((rule) => rule.approved_by).flatMap(rowsOf);
  return (
    <Section
      title={t('figures')}
      hint={t('figures_hint')}
      actions={
        <Button icon="download" onClick={() => saveFile(`supervision-${isoDay(Date.now())}.csv`, 'text/csv', table(rows))}>
          {t('csv')}
        </Button>
      }
    >
      <DataTable
        caption={t('figures')}
        rows={rows}
        keyOf={(row) => row.key}
        columns={[
          { name: t('rule'), main: true, cell: (row) => row.name },
          { name: t('taken'), end: true, cell: (row) => formatNumber(row.taken) },
          { name: t('reviewed'), end: true, cell: (row) => formatNumber(row.reviewed) },
          { name: t('no_concern'), end: true, cell: (row) => formatNumber(row.no_concern) },
          { name: t('share'), end: true, cell: (row) => share(row) || <None /> },
          { name: t('follow_up_n'), end: true, cell: (row) => formatNumber(row.follow_up) },
          { name: t('escalated_n'), end: true, cell: (row) => formatNumber(row.escalated) },
          { name: t('open'), end: true, cell: (row) => formatNumber(row.open) },
          ...(rows.some((row) => row.unqueued) ? [{ name: t('unqueued'), end: true, cell: (row: Row) => formatNumber(row.unqueued) }] : []),
        ]}
      />
    </Section>
  );
}

function rowsOf(rule: WatchRule): Row[] {
  const found = { ...rule.matched, key: rule.id, name: rule.name };
  const drawn = { ...rule.sampled, key: `${rule.id}-drawn`, name: t('by_chance', { name: rule.name }) };
  return rule.sample ? (rule.words.length + rule.patterns.length ? [found, drawn] : [drawn]) : [found];
}

const share = (row: ReviewFigures): string => (row.reviewed ? `${formatNumber(Math.round((100 * row.no_concern) / row.reviewed))} %` : '');

function table(rows: Row[]): string {
  const heads = [t('rule'), t('taken'), t('reviewed'), t('no_concern'), t('share'), t('follow_up_n'), t('escalated_n'), t('open'), t('unqueued')];
  return csv([heads, ...rows.map((row) => [row.name, row.taken, row.reviewed, row.no_concern, share(row), row.follow_up, row.escalated, row.open, row.unqueued])]);
}
