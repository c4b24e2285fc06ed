// Who outside has seen this log, how much of it, and how long ago.

import { get } from '../core/api.ts';
import { formatNumber } from '../core/i18n.ts';
import { dateTime } from '../core/time.ts';
import type { LogStatus } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { DataTable, None } from '../rooms/data-table.tsx';
import { Note, Stale, When } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { Tile } from '../rooms/tile.tsx';
import { t } from './words.ts';

const DAY_MS = 86_400_000;

export function Outside() {
  const status = useLoad<LogStatus>((signal) => get('/log/status', {}, { signal }));
  return (
    <Section
      title={t('outside')}
      hint={t('outside_hint')}
      actions={
        <Button busy={status.loading} onClick={status.reload}>
          {t('outside_renew')}
        </Button>
      }
    >
      <Stale from={status} />
      <Load from={status}>{(data) => <Seen data={data} />}</Load>
    </Section>
  );
}

function Seen({ data }: { data: LogStatus }) {
  const { outside_at: at, outside_size: size, witnesses, timestamp } = data;
  return (
    <>
      <Verdict data={data} />
      <div class="tiles">
        <Tile name={t('outside_last')} value={at === null ? t('outside_never') : <When ts={at} relative />}>
          {at === null ? null : dateTime(at)}
        </Tile>
        {size === null ? null : (
          <Tile name={t('outside_size')} value={formatNumber(size)}>
            {t('outside_behind', { n: Math.max(0, data.size - size) })}
          </Tile>
        )}
        {timestamp ? (
          <Tile name={t('stamp')} value={timestamp.at === null ? t('outside_never') : <When ts={timestamp.at} relative />}>
            {timestamp.error ? t('tried_failed', { why: timestamp.error }) : timestamp.size === null ? timestamp.url : t('stamp_hint', { size: timestamp.size, url: timestamp.url })}
          </Tile>
        ) : null}
      </div>
      {witnesses.length ? (
        <DataTable
          caption={t('witnesses')}
          rows={witnesses}
          keyOf={(witness) => `${witness.name} ${witness.url}`}
          columns={[
            { name: t('witness'), main: true, cell: (witness) => witness.name },
            { name: t('witness_seen'), cell: (witness) => (witness.at === null ? t('outside_never') : <When ts={witness.at} relative />) },
            { name: t('size'), end: true, cell: (witness) => (witness.size === null ? <None /> : formatNumber(witness.size)) },
            { name: t('witness_tried'), cell: (witness) => (witness.error ? t('tried_failed', { why: witness.error }) : witness.tried_at === null ? <None /> : <When ts={witness.tried_at} relative />) },
            { name: t('witness_url'), wide: true, cell: (witness) => <span class="details">{witness.url}</span> },
          ]}
        />
      ) : null}
    </>
  );
}

/** What the figures mean: without an outside eye the operators could keep two logs. */
function Verdict({ data }: { data: LogStatus }) {
  const { outside_at: at, witnesses } = data;
  if (!witnesses.length) return <Note kind="sun">{t('no_witness')}</Note>;
  if (at === null) return <Note kind="bad">{t('never_witnessed')}</Note>;
  const failing = witnesses.filter((witness) => witness.error).length;
  if (data.now - at > DAY_MS) return <Note kind="bad">{t('old_witness', { when: dateTime(at) })}</Note>;
  if (failing) return <Note kind="sun">{t('some_failing', { n: failing })}</Note>;
  return <Note kind="good">{t('witnessed', { size: data.outside_size ?? 0, when: dateTime(at) })}</Note>;
}
