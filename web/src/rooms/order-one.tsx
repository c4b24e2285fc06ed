// One order: what it is about, what it would take, who decides, and what became of it.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { formatNumber } from '../core/i18n.ts';
import { href } from '../core/route.ts';
import { time as clock, utcDay } from '../core/time.ts';
import type { Matter, Order, OrderPreview } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { Input } from '../ui/field.tsx';
import { Empty, Load, Loading, useLoad, type Loaded } from '../ui/states.tsx';
import { toast } from '../ui/toast.tsx';
import { act } from './act.ts';
import { DataTable } from './data-table.tsx';
import { channelName, me, nameOf } from './known.ts';
import { Outcome } from './order-outcome.tsx';
import { isMineToDecide, LOOK, orderTitle } from './order-title.ts';
import { t } from './order-words.ts';
import { Facts, Note, Stale, When } from './pieces.tsx';
import { Section } from './room.tsx';
import { Tile } from './tile.tsx';
import { matterName, useMatters, useOrders } from './use-governance.ts';
import { t as words } from './words.ts';

export function OneOrder({ base, id }: { base: string; id: string }) {
  const orders = useOrders();
  return (
    <>
      <p>
        <a class="row" href={href(base, 'forget')}>
          <Icon name="back" />
          {t('back')}
        </a>
      </p>
      <Load from={orders}>
        {(list) => {
          const order = list.find((one) => one.id === id);
          if (!order) {
            return (
              <Empty icon="search" title={t('gone')}>
                {t('gone_text')}
              </Empty>
            );
          }
          return (
            <>
              <Stale from={orders} />
              <Body base={base} order={order} onChange={orders.reload} />
            </>
          );
        }}
      </Load>
    </>
  );
}

function Body({ base, order, onChange }: { base: string; order: Order; onChange: () => void }) {
  const matters = useMatters();
  return (
    <>
      <Section title={orderTitle(order)} actions={<span class={`chip ${LOOK[order.state]}`}>{t(order.state)}</span>}>
        <div class="card stack">
          <Facts
            rows={[
              [t('reason'), order.reason],
              [t('by'), nameOf(order.by)],
              [t('when'), <When key="when" ts={order.at} />],
              ...(order.kind === 'redact' && order.q.length ? ([[t('number'), order.q.map((q) => `#${q}`).join(', ')]] as [string, string][]) : []),
              ...(order.decided_by ? ([[t(order.state === 'refused' ? 'decided_refused' : 'decided_approved'), nameOf(order.decided_by)]] as [string, string][]) : []),
            ]}
          />
        </div>
      </Section>
      {order.state === 'waiting' ? <Waiting order={order} matters={matters.data} onChange={onChange} /> : null}
      {order.state === 'approved' ? (
        <Note icon="clock" alert>
          {t('carrying')}
        </Note>
      ) : null}
      {order.state === 'refused' ? <Note>{t('refused_text')}</Note> : null}
      {order.state === 'done' ? <Outcome base={base} order={order} matters={matters.data ?? []} /> : null}
    </>
  );
}

const previewOf = (order: Order, signal?: AbortSignal): Promise<OrderPreview> => get('/orders/preview', { order: order.id }, signal ? { signal } : {});

function Waiting({ order, matters, onChange }: { order: Order; matters: Matter[] | undefined; onChange: () => void }) {
  const preview = useLoad(async (signal) => ({ ...(await previewOf(order, signal)), at: Date.now() }));
  const [open, setOpen] = useState<'approve' | 'refuse'>();
  return (
    <>
      <Section
        title={t('would')}
        hint={preview.data ? t('would_hint', { time: clock(preview.data.at) }) : undefined}
        actions={
          <Button busy={preview.loading} onClick={preview.reload}>
            {t('recount')}
          </Button>
        }
      >
        <Stale from={preview} />
        <Load from={preview}>{(data) => <Counts preview={data} matters={matters} />}</Load>
      </Section>
      {isMineToDecide(order) ? (
        <Section title={t('decide')} hint={t('decide_hint')}>
          <div class="card apart">
            <Button onClick={() => setOpen('refuse')}>{t('refuse')}</Button>
            <Button kind="danger" onClick={() => setOpen('approve')}>
              {t('approve')}
            </Button>
          </div>
        </Section>
      ) : (
        <Note icon="clock">{t('mine')}</Note>
      )}
      {open === 'approve' ? <Approve order={order} matters={matters} onClose={() => setOpen(undefined)} onDone={onChange} /> : null}
      {open === 'refuse' ? <Refuse order={order} onClose={() => setOpen(undefined)} onDone={onChange} /> : null}
    </>
  );
}

/** The same for who asks and for who decides; to administrators without what would tell what is held. */
function Counts({ preview, matters }: { preview: OrderPreview; matters: Matter[] | undefined }) {
  const { exact, messages } = preview;
  const kept = exact?.kept ?? [];
  const keptRecords = kept.reduce((sum, row) => sum + row.records, 0);
  if (messages === 0 && (!exact || exact.records + keptRecords === 0)) return <Note>{t('would_nothing')}</Note>;
  return (
    <>
      <div class="tiles">
        <Tile name={t('would_messages')} value={t('messages', { n: messages })}>
          {t('would_messages_hint')}
        </Tile>
        {exact ? (
          <>
            <Tile name={t('would_records')} value={t('records', { n: exact.records })}>
              {t('would_records_hint', { files: t('files', { n: exact.files }) })}
            </Tile>
            <Tile name={t('would_kept')} value={t('records', { n: keptRecords })}>
              {t('would_kept_hint')}
            </Tile>
          </>
        ) : null}
      </div>
      {exact && exact.records === 0 && keptRecords > 0 ? <Note kind="sun">{t('all_kept')}</Note> : null}
      {!exact ? (
        <Note icon="info">{t('admin_kept')}</Note>
      ) : kept.length ? (
        <DataTable
          caption={t('kept')}
          rows={kept}
          keyOf={(row) => `${row.why} ${row.matter} ${row.channel} ${row.until}`}
          columns={[
            {
              name: t('why'),
              main: true,
              cell: (row) => {
                if (row.why === 'floor') return t('why_floor');
                const matter = matterName(matters, row.matter);
                return matter && row.matter ? <a href={href('legal', 'matters', row.matter)}>{t('why_hold', { matter })}</a> : t('why_hold_unnamed');
              },
            },
            { name: t('channel'), cell: (row) => (row.channel ? channelName(row.channel) : t('no_channel')) },
            { name: t('kept_records'), end: true, cell: (row) => formatNumber(row.records) },
            { name: t('until'), cell: (row) => (row.until ? utcDay(row.until) : t('until_released')) },
          ]}
        />
      ) : (
        <p class="hint">{t('kept_none')}</p>
      )}
    </>
  );
}

/** Counted once more, for what is decided must be what is seen. */
function Approve(props: { order: Order; matters: Matter[] | undefined; onClose: () => void; onDone: () => void }) {
  const { order } = props;
  const preview = useLoad((signal) => previewOf(order, signal));
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const name = order.kind === 'erase' ? nameOf(order.person) : '';
  const title = order.kind === 'erase' ? t('approve_erase_title', { name }) : t('approve_redact_title', { messages: t('messages', { n: order.q.length }), channel: channelName(order.c) });
  const ready = preview.data && !preview.loading && !preview.error && (order.kind !== 'erase' || typed.trim() === name.trim());
  const approve = async (): Promise<void> => {
    setBusy(true);
    const done = await act({ t: 'order.approve', order: order.id });
    setBusy(false);
    if (!done) return;
    toast(t('approved_done'));
    props.onDone();
    props.onClose();
  };
  return (
    <Dialog
      title={title}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{words('cancel')}</Button>
          <Button kind="danger" busy={busy} disabled={!ready} onClick={() => void approve()}>
            {t('approve')}
          </Button>
        </>
      }
    >
      <div class="stack">
        <Price preview={preview} />
        {order.kind === 'erase' ? <Input label={t('typed', { name })} hint={t('typed_hint')} value={typed} autoComplete="off" spellcheck={false} onValue={setTyped} /> : null}
      </div>
    </Dialog>
  );
}

function Price({ preview }: { preview: Loaded<OrderPreview> }) {
  if (preview.error) return <Note kind="bad">{preview.error.message}</Note>;
  if (preview.loading || !preview.data) return <Loading />;
  const { messages, exact } = preview.data;
  const kept = exact?.kept.reduce((sum, row) => sum + row.records, 0) ?? 0;
  return (
    <div class="stack tight" aria-live="polite">
      <Note kind="bad">{t('approve_text', { n: messages, messages: t('messages', { n: messages }) })}</Note>
      {exact ? <p>{t('approve_exact', { records: t('records', { n: exact.records }), files: t('files', { n: exact.files }), kept: t('records', { n: kept }) })}</p> : null}
      {me()?.role === 'admin' ? <p class="hint">{t('admin_kept')}</p> : null}
    </div>
  );
}

function Refuse({ order, onClose, onDone }: { order: Order; onClose: () => void; onDone: () => void }) {
  const [busy, setBusy] = useState(false);
  const refuse = async (): Promise<void> => {
    setBusy(true);
    const done = await act({ t: 'order.refuse', order: order.id });
    setBusy(false);
    if (!done) return;
    toast(t('refused_done'));
    onDone();
    onClose();
  };
  return (
    <Dialog
      title={t('refuse_title')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{words('cancel')}</Button>
          <Button kind="primary" busy={busy} onClick={() => void refuse()}>
            {t('refuse')}
          </Button>
        </>
      }
    >
      <p>{t('refuse_text', { name: nameOf(order.by) })}</p>
    </Dialog>
  );
}
