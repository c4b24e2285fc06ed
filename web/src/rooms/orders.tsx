// Orders to forget: what waits for this person first, then everything that was ever asked.

import { href } from '../core/route.ts';
import type { Order } from '../core/types.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, Load } from '../ui/states.tsx';
import { DataTable } from './data-table.tsx';
import { nameOf } from './known.ts';
import { AskToForget } from './order-ask.tsx';
import { OneOrder } from './order-one.tsx';
import { isMineToDecide, LOOK, orderTitle } from './order-title.ts';
import { t } from './order-words.ts';
import { Stale, When } from './pieces.tsx';
import { Section } from './room.tsx';
import { useOrders } from './use-governance.ts';

export function Orders({ base, at }: { base: string; at: string | undefined }) {
  if (at === 'new') return <AskToForget base={base} />;
  return at ? <OneOrder key={at} base={base} id={at} /> : <List base={base} />;
}

function List({ base }: { base: string }) {
  const orders = useOrders();
  const ask = (
    <a class="btn primary" href={href(base, 'forget', 'new')}>
      <Icon name="plus" />
      {t('new')}
    </a>
  );
  return (
    <Load from={orders}>
      {(list) => {
        const mine = list.filter(isMineToDecide);
        const others = list.filter((order) => !isMineToDecide(order));
        return (
          <>
            <Stale from={orders} />
            {mine.length ? (
              <Section title={t('to_decide')}>
                <Table base={base} caption={t('to_decide')} orders={mine} />
              </Section>
            ) : null}
            <Section title={t('title')} hint={`${t('hint')} ${t('hint_redact')}`} actions={list.length ? ask : undefined}>
              {list.length ? null : (
                <Empty icon="trash" title={t('none')} action={ask}>
                  {t('none_text')}
                </Empty>
              )}
              {others.length ? <Table base={base} caption={t('others')} orders={others} /> : null}
            </Section>
          </>
        );
      }}
    </Load>
  );
}

function Table({ base, caption, orders }: { base: string; caption: string; orders: Order[] }) {
  return (
    <DataTable
      caption={caption}
      rows={orders}
      keyOf={(order) => order.id}
      columns={[
        {
          name: t('what'),
          main: true,
          cell: (order) => (
            <a class="link" href={href(base, 'forget', order.id)}>
              {orderTitle(order)}
            </a>
          ),
        },
        { name: t('by'), cell: (order) => nameOf(order.by) },
        { name: t('when'), cell: (order) => <When ts={order.at} /> },
        { name: t('state'), cell: (order) => <span class={`chip ${LOOK[order.state]}`}>{t(order.state)}</span> },
      ]}
    />
  );
}
