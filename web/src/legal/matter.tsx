// One matter: why it was opened, what it holds, what it stops from being forgotten, and what was exported for it.

import type { ComponentChildren } from 'preact';
import { get } from '../core/api.ts';
import { formatNumber } from '../core/i18n.ts';
import { href } from '../core/route.ts';
import { date } from '../core/time.ts';
import type { ExportJob, Id, Matter, Order, OrderPreview } from '../core/types.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, Load, useLoad } from '../ui/states.tsx';
import { DataTable } from '../rooms/data-table.tsx';
import { t as exportWords } from '../rooms/export-words.ts';
import { channelName, nameOf } from '../rooms/known.ts';
import { orderTitle } from '../rooms/order-title.ts';
import { Facts, Stale, When } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { useExports } from '../rooms/use-exports.ts';
import { useMatters } from '../rooms/use-governance.ts';
import { GrantsOf } from './grants.tsx';
import { HoldsTable } from './holds-table.tsx';
import { CloseMatter } from './matter-close.tsx';
import { t } from './matter-words.ts';
import { t as review } from './review-words.ts';
import { TagsOf } from './tags-of.tsx';

/** Orders that are counted anew for this page. */
const COUNTED_MAX = 20;

export function OneMatter({ id }: { id: Id }) {
  const matters = useMatters();
  return (
    <>
      <p>
        <a class="row" href={href('legal', 'matters')}>
          <Icon name="back" />
          {t('back')}
        </a>
      </p>
      <Load from={matters}>
        {(list) => {
          const matter = list.find((one) => one.id === id);
          if (!matter) return <Gone />;
          return (
            <>
              <Stale from={matters} />
              <Section title={matter.name}>
                <div class="card">
                  <Facts
                    rows={[
                      [t('reason'), matter.reason],
                      [t('by'), nameOf(matter.by)],
                      [t('opened'), <When key="at" ts={matter.at} />],
                      ...(matter.closed_at ? ([[review('closed'), <When key="closed" ts={matter.closed_at} />]] as [string, ComponentChildren][]) : []),
                    ]}
                  />
                </div>
              </Section>
              <Section
                title={t('this_held')}
                hint={t('held_hint')}
                actions={
                  matter.closed_at ? undefined : (
                    <div class="row wrap">
                      {matter.holds.length ? (
                        <a class="btn" href={href('legal', 'matters', id, 'notice')}>
                          {t('notice')}
                        </a>
                      ) : null}
                      <a class="btn primary" href={href('legal', 'matters', id, 'hold')}>
                        <Icon name="lock" />
                        {t('place')}
                      </a>
                    </div>
                  )
                }
              >
                <HoldsTable caption={t('this_held')} of={[matter]} all={list} onChange={matters.reload} empty={t('this_held_none')} />
              </Section>
              {matter.holds.length ? <Stopped matter={matter} /> : null}
              <GrantsOf matter={matter} />
              <TagsOf matter={matter} />
              <Exported matter={matter} />
              {matter.closed_at ? null : <CloseMatter matter={matter} onChange={matters.reload} />}
              <p>
                <a href={`${href('legal', 'ledger')}?act=hold.`}>{t('record')}</a>
              </p>
            </>
          );
        }}
      </Load>
    </>
  );
}

export function Gone() {
  return (
    <Empty icon="search" title={t('gone')}>
      {t('gone_text')}
    </Empty>
  );
}

function Stopped({ matter }: { matter: Matter }) {
  const stopped = useLoad((signal) => waitingOn(matter.id, signal), [matter]);
  return (
    <Section title={t('orders')} hint={t('orders_hint')}>
      <Load from={stopped}>
        {(rows) => (
          <DataTable
            caption={t('orders')}
            rows={rows}
            keyOf={(row) => row.order.id}
            empty={<p class="hint">{t('orders_none')}</p>}
            columns={[
              { name: t('orders'), main: true, cell: ({ order }) => <a href={href('legal', 'forget', order.id)}>{orderTitle(order)}</a> },
              { name: t('orders_records'), end: true, cell: ({ records }) => formatNumber(records) },
              { name: t('by'), cell: ({ order }) => nameOf(order.by) },
            ]}
          />
        )}
      </Load>
    </Section>
  );
}

async function waitingOn(matter: Id, signal: AbortSignal): Promise<{ order: Order; records: number }[]> {
  const { orders } = await get<{ orders: Order[] }>('/orders', {}, { signal });
  const waiting = orders.filter((order) => order.state === 'waiting').slice(0, COUNTED_MAX);
  const counted = waiting.map(async (order) => {
    const { exact } = await get<OrderPreview>('/orders/preview', { order: order.id }, { signal });
    const kept = exact?.kept.filter((row) => row.matter === matter) ?? [];
    return { order, records: kept.reduce((sum, row) => sum + row.records, 0) };
  });
  return (await Promise.all(counted)).filter((row) => row.records > 0);
}

function Exported({ matter }: { matter: Matter }) {
  const exports = useExports();
  const isOf = (job: ExportJob): boolean => job.case.trim().toLocaleLowerCase() === matter.name.toLocaleLowerCase();
  return (
    <Section
      title={t('exports')}
      hint={t('exports_hint', { name: matter.name })}
      actions={
        <a class="btn" href={`${href('legal', 'new')}?case=${encodeURIComponent(matter.name)}`}>
          {t('export_new')}
        </a>
      }
    >
      <Load from={exports}>
        {(jobs) => (
          <DataTable
            caption={t('exports')}
            rows={jobs.filter(isOf)}
            keyOf={(job) => job.id}
            empty={<p class="hint">{t('exports_none')}</p>}
            columns={[
              { name: t('where'), main: true, cell: (job) => <a href={href('legal')}>{job.channel_name || channelName(job.c)}</a> },
              { name: t('export_period'), cell: (job) => t('days_both', { from: date(job.from), to: date(Math.max(job.from, job.to - 1)) }) },
              { name: t('export_state'), cell: (job) => exportWords(job.state) },
              { name: t('since'), cell: (job) => <When ts={job.at} /> },
            ]}
          />
        )}
      </Load>
    </Section>
  );
}
