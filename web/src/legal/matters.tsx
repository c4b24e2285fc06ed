// Matters: the cases, and everything that is held just now for any of them.

import { href } from '../core/route.ts';
import type { Matter } from '../core/types.ts';
import { Icon } from '../ui/icon.tsx';
import { lazy } from '../ui/lazy.tsx';
import { Empty, Load } from '../ui/states.tsx';
import { DataTable } from '../rooms/data-table.tsx';
import { nameOf } from '../rooms/known.ts';
import { Stale, When } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { useMatters } from '../rooms/use-governance.ts';
import { HoldsTable } from './holds-table.tsx';
import { OneMatter } from './matter.tsx';
import { OpenMatter } from './matter-open.tsx';
import { t } from './matter-words.ts';
import { PlaceHold } from './hold-place.tsx';
import { CountMessages } from './count.tsx';
import { AskGrant } from './grant-ask.tsx';
import { ExportTagged } from './tagged-export.tsx';

const WriteNotice = lazy(() => import('../letters/notice.tsx').then((module) => module.WriteNotice));

export function Matters({ path: [at, then] }: { path: string[] }) {
  if (at === 'new') return <OpenMatter />;
  if (at && then === 'hold') return <PlaceHold key={at} id={at} />;
  if (at && then === 'count') return <CountMessages key={at} id={at} />;
  if (at && then === 'read') return <AskGrant key={at} id={at} />;
  if (at && then === 'notice') return <WriteNotice key={at} id={at} />;
  if (at && then === 'tagged') return <ExportTagged key={at} id={at} />;
  return at ? <OneMatter key={at} id={at} /> : <List />;
}

function List() {
  const matters = useMatters();
  const open = (
    <a class="btn primary" href={href('legal', 'matters', 'new')}>
      <Icon name="plus" />
      {t('new')}
    </a>
  );
  return (
    <Load from={matters}>
      {(list) => (
        <>
          <Stale from={matters} />
          <Section title={t('matters')} hint={t('hint')} actions={list.length ? open : undefined}>
            {list.length ? (
              <Table matters={list} />
            ) : (
              <Empty icon="scales" title={t('none')} action={open}>
                {t('none_text')}
              </Empty>
            )}
          </Section>
          {list.length ? (
            <Section title={t('held')} hint={t('held_hint')}>
              <HoldsTable caption={t('held')} of={list} all={list} onChange={matters.reload} empty={t('held_none')} named />
            </Section>
          ) : null}
        </>
      )}
    </Load>
  );
}

function Table({ matters }: { matters: Matter[] }) {
  return (
    <DataTable
      caption={t('matters')}
      rows={matters}
      keyOf={(matter) => matter.id}
      columns={[
        {
          name: t('matter'),
          main: true,
          cell: (matter) => (
            <a class="link" href={href('legal', 'matters', matter.id)}>
              {matter.name}
            </a>
          ),
        },
        { name: t('reason'), cell: (matter) => <span class="details">{matter.reason}</span> },
        { name: t('holds'), cell: (matter) => (matter.holds.length ? t('holds_n', { n: matter.holds.length }) : <span class="faint">{t('holds_none')}</span>) },
        { name: t('by'), cell: (matter) => nameOf(matter.by) },
        { name: t('opened'), cell: (matter) => <When ts={matter.at} /> },
      ]}
    />
  );
}
