// The grants of a matter: what waits for this officer, what stands, and what has ended and why.

import { formatList } from '../core/i18n.ts';
import { href } from '../core/route.ts';
import type { Grant, Matter } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { confirm } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { Load } from '../ui/states.tsx';
import { toast } from '../ui/toast.tsx';
import { act } from '../rooms/act.ts';
import { channelName, me, nameOf } from '../rooms/known.ts';
import { Facts, Note, Stale, When } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { useGrants } from '../rooms/use-governance.ts';
import { daysText } from './holds.ts';
import { t as matterWords } from './matter-words.ts';
import { t } from './review-words.ts';

const LOOK = { waiting: 'sun', refused: '', approved: 'good', ended: '' } as const;

export function GrantsOf({ matter }: { matter: Matter }) {
  const grants = useGrants([matter.closed_at]);
  const ways = (
    <>
      <a class="btn" href={href('legal', 'matters', matter.id, 'count')}>
        {t('count')}
      </a>
      <a class="btn primary" href={href('legal', 'matters', matter.id, 'read')}>
        <Icon name="search" />
        {t('ask')}
      </a>
    </>
  );
  return (
    <Section title={t('reading')} hint={t('reading_hint')} actions={matter.closed_at ? undefined : ways}>
      <Load from={grants}>
        {(list) => {
          const own = list.filter((grant) => grant.matter === matter.id);
          return (
            <>
              <Stale from={grants} />
              {own.length ? own.map((grant) => <GrantCard key={grant.id} grant={grant} onChange={grants.reload} />) : <p class="hint">{t('none')}</p>}
            </>
          );
        }}
      </Load>
    </Section>
  );
}

function GrantCard({ grant, onChange }: { grant: Grant; onChange: () => void }) {
  const mine = grant.by === me()?.id;
  const open = grant.state === 'waiting' || grant.state === 'approved';
  return (
    <article class="card grant" aria-label={`${t('grant_of', { name: nameOf(grant.by) })}, ${t(grant.state)}`}>
      <header class="row wrap">
        <h3 class="grow">{t('grant_of', { name: nameOf(grant.by) })}</h3>
        <span class={`chip ${LOOK[grant.state]}`}>{t(grant.state)}</span>
      </header>
      <Facts
        rows={[
          [matterWords('where'), whereText(grant)],
          [matterWords('who'), grant.people.length ? formatList(grant.people.map(nameOf)) : matterWords('everybody')],
          [matterWords('days'), daysText(grant)],
          [matterWords('reason'), grant.reason],
          ...(grant.decided_by ? ([[t(grant.state === 'refused' ? 'refused_by' : 'approved_by'), nameOf(grant.decided_by)]] as [string, string][]) : []),
        ]}
      />
      <p class="hint">{until(grant)}</p>
      {grant.state === 'waiting' && mine ? <Note icon="clock">{t('not_yours')}</Note> : null}
      {open ? (
        <div class="row wrap">
          {grant.state === 'approved' && mine ? (
            <a class="btn primary" href={href('legal', 'read', grant.id)}>
              {t('read')}
            </a>
          ) : null}
          {grant.state === 'waiting' && !mine ? <Decide grant={grant} onChange={onChange} /> : null}
          <Button onClick={() => void end(grant, onChange)}>{t('end')}</Button>
        </div>
      ) : null}
    </article>
  );
}

function Decide({ grant, onChange }: { grant: Grant; onChange: () => void }) {
  const decide = async (approve: boolean): Promise<void> => {
    const name = nameOf(grant.by);
    const body = <p>{t('approve_text', { name, n: grant.days })}</p>;
    const yes = !approve || (await confirm({ title: t('approve_title', { name }), body, action: t('approve') }));
    if (!yes || !(await act({ t: approve ? 'grant.approve' : 'grant.refuse', grant: grant.id }))) return;
    toast(t(approve ? 'approved_done' : 'refused_done'));
    onChange();
  };
  return (
    <>
      <Button kind="primary" onClick={() => void decide(true)}>
        {t('approve')}
      </Button>
      <Button kind="danger" onClick={() => void decide(false)}>
        {t('refuse')}
      </Button>
    </>
  );
}

async function end(grant: Grant, onChange: () => void): Promise<void> {
  const yes = await confirm({ title: t('end_title'), body: <p>{t('end_text')}</p>, action: t('end') });
  if (!yes || !(await act({ t: 'grant.end', grant: grant.id }))) return;
  toast(t('end_done'));
  onChange();
}

export const whereText = (grant: Grant): string => (grant.channels.length ? formatList(grant.channels.map(channelName)) : matterWords('every_channel'));

function until(grant: Grant) {
  if (grant.state === 'waiting') return t('would_stand', { n: grant.days });
  if (grant.state === 'approved') {
    return (
      <>
        {t('stands')} <When ts={grant.expires_at} />
      </>
    );
  }
  if (grant.state !== 'ended' || !grant.ended_why) return null;
  return (
    <>
      {t(`ended_${grant.ended_why}`)} <When ts={grant.ended_at} />
    </>
  );
}
