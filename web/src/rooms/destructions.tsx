// What was destroyed, each time with its certificate; for all who may read the ledger.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { formatNumber } from '../core/i18n.ts';
import { href } from '../core/route.ts';
import type { Destruction } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Empty, Load, useLoad } from '../ui/states.tsx';
import { toastFault } from '../ui/toast.tsx';
import { DataTable, None } from './data-table.tsx';
import { OneDestruction } from './destruction-one.tsx';
import { t } from './destruction-words.ts';
import { channelName, me } from './known.ts';
import { Stale, When } from './pieces.tsx';
import { Section } from './room.tsx';
import { t as words } from './words.ts';

const PAGE = 30;

interface Page {
  destructions: Destruction[];
  next: number | null;
}

export function Destructions({ base, at }: { base: string; at: string | undefined }) {
  return at ? <OneDestruction key={at} base={base} at={at} /> : <All base={base} />;
}

export function titleOf(one: Destruction): string {
  const channel = one.channel ? channelName(one.channel) : '';
  switch (one.kind) {
    case 'expired':
      return t('expired_of', { days: words('days', { n: one.days.length }), channel });
    case 'redacted':
      return t('redacted_of', { messages: words('messages', { n: one.numbers.length }), channel });
    default:
      return t(one.kind);
  }
}

function All({ base }: { base: string }) {
  const page = useLoad<Page>((signal) => get('/destructions', { limit: PAGE }, { signal }));
  const [older, setOlder] = useState<Page>();
  const [busy, setBusy] = useState(false);
  const isAdmin = me()?.role === 'admin';
  const more = async (before: number): Promise<void> => {
    setBusy(true);
    try {
      const next = await get<Page>('/destructions', { limit: PAGE, before });
      setOlder((known) => ({ ...next, destructions: [...(known?.destructions ?? []), ...next.destructions] }));
    } catch (error) {
      toastFault(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title={t('title')} hint={t('hint')}>
      <Load from={page}>
        {(newest) => {
          const next = older ? older.next : newest.next;
          return (
            <>
              <Stale from={page} />
              <DataTable
                caption={t('title')}
                rows={[...newest.destructions, ...(older?.destructions ?? [])]}
                keyOf={(one) => one.done.position}
                empty={
                  <Empty icon="shield" title={t('none')}>
                    {t('none_text')}
                  </Empty>
                }
                columns={[
                  { name: t('what'), main: true, cell: (one) => <a href={href(base, 'destroyed', String(one.done.position))}>{titleOf(one)}</a> },
                  { name: t('when'), cell: (one) => <When ts={one.done.at} /> },
                  { name: t('out'), end: true, cell: (one) => (one.taken ? words('messages', { n: one.taken.messages }) : <None />) },
                  ...(isAdmin
                    ? []
                    : [
                        { name: t('destroyed'), end: true, cell: (one: Destruction) => t('records', { n: one.destroyed?.records ?? 0 }) },
                        { name: t('kept'), end: true, cell: (one: Destruction) => keptRecords(one) },
                      ]),
                ]}
              />
              {next !== null ? (
                <div class="row foot">
                  <Button busy={busy} onClick={() => void more(next)}>
                    {words('more')}
                  </Button>
                </div>
              ) : null}
            </>
          );
        }}
      </Load>
    </Section>
  );
}

function keptRecords(one: Destruction) {
  const kept = (one.kept ?? []).reduce((sum, row) => sum + row.records, 0);
  return kept ? formatNumber(kept) : <None />;
}
