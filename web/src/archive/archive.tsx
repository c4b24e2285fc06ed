// Days that leave by themselves: where they go and how that is, who stands behind it, and what arrived.

import { useEffect, useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { formatBytes } from '../core/i18n.ts';
import { href } from '../core/route.ts';
import { dateTime } from '../core/time.ts';
import type { ArchivePlace, Archives, ArchiveSchedule } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { confirm } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Load, useLoad } from '../ui/states.tsx';
import { toast } from '../ui/toast.tsx';
import { act } from '../rooms/act.ts';
import { dayText, Down } from './down.tsx';
import { t } from './words.ts';
import { DataTable } from '../rooms/data-table.tsx';
import { channelName, me, nameOf } from '../rooms/known.ts';
import { Code, Facts, Note, Stale, When } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';

const RENEW_MS = 10_000;
const LOOK = { waiting: 'sun', refused: '', running: 'good', ended: '' } as const;

export function Archive() {
  const archive = useLoad<Archives>((signal) => get('/archive', {}, { signal }));
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') archive.reload();
    }, RENEW_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <Load from={archive}>
      {({ destinations, schedules }) => {
        const open = schedules.filter(isOpen);
        const past = schedules.filter((one) => !isOpen(one));
        const card = (one: ArchiveSchedule) => <Card key={one.id} one={one} onChange={archive.reload} />;
        const propose =
          me()?.role === 'officer' && destinations.some((place) => place.kind) ? (
            <a class="btn primary" href={href('legal', 'archive', 'new')}>
              <Icon name="plus" />
              {t('propose')}
            </a>
          ) : undefined;
        return (
          <>
            <Stale from={archive} />
            <Section title={t('title')} hint={t('hint')} actions={open.length ? propose : undefined}>
              {destinations.length ? null : <Note>{t('no_places')}</Note>}
              {open.length ? null : (
                <Empty icon="clock" title={t('none')} action={propose}>
                  {t('none_text')}
                </Empty>
              )}
              {open.map(card)}
            </Section>
            {destinations.length ? (
              <Section title={t('places')}>
                <div class="stack">
                  {destinations.map((place) => (
                    <Place key={place.name} place={place} />
                  ))}
                </div>
              </Section>
            ) : null}
            {past.length ? <Section title={t('past')}>{past.map(card)}</Section> : null}
          </>
        );
      }}
    </Load>
  );
}

const isOpen = (one: ArchiveSchedule): boolean => one.state === 'waiting' || one.state === 'running';

function Place({ place }: { place: ArchivePlace }) {
  const kind = t(`kind_${place.kind ?? 'gone'}`);
  return (
    <article class="card export" aria-label={place.name}>
      <header>
        <div class="grow">
          <h3>
            <bdi>{place.name}</bdi>
          </h3>
          <p class="hint">{kind}</p>
        </div>
        <span class={`chip ${place.failed || !place.kind ? 'bad' : place.waiting ? 'sun' : 'good'}`}>
          {place.waiting ? t('waiting', { n: place.waiting }) : t('waiting_none')}
        </span>
      </header>
      <p>{place.at ? t('arrived', { when: dateTime(place.at) }) : t('arrived_never')}</p>
      <Down place={place} />
      {place.kind ? null : <Note kind="bad">{t('gone')}</Note>}
      {place.missed ? <Note kind="sun">{t('missed', { n: place.missed })}</Note> : null}
    </article>
  );
}

function Card({ one, onChange }: { one: ArchiveSchedule; onChange: () => void }) {
  const settled = one.next_day > one.since_day;
  const rows: [string, preact.ComponentChildren][] = [
    [t('channels'), one.channels.length ? one.channels.map((channel) => channel.name || channelName(channel.c)).join(', ') : t('all')],
    [t('reason'), one.reason],
    [t('formats'), (one.formats.length ? one.formats : ['jsonl', 'html']).join(', ')],
  ];
  if (one.decided_by) rows.push([t(one.state === 'refused' ? 'refused_by' : 'approved_by'), nameOf(one.decided_by)]);
  if (one.ended_by) rows.push([t('ended_by'), nameOf(one.ended_by)]);
  if (one.since_day) rows.push([t('since'), dayText(one.since_day)]);
  if (settled) rows.push([t('settled'), dayText(one.next_day - 1)]);
  if (one.since_day) rows.push([t('count'), String(one.delivered)]);
  return (
    <article class="card export" aria-label={`${one.to}, ${t(`state_${one.state}`)}`}>
      <header>
        <div class="grow">
          <h3>{t('every_day_to', { to: one.to })}</h3>
          <p class="hint">
            {t('case')} {one.case} · {t('by', { name: nameOf(one.by) })} <When ts={one.at} relative />
          </p>
        </div>
        <span class={`chip ${LOOK[one.state]}`}>{t(`state_${one.state}`)}</span>
      </header>
      <Facts rows={rows} />
      {one.state === 'waiting' && one.by === me()?.id ? <Note icon="clock">{t('own')}</Note> : null}
      {isOpen(one) && me()?.role !== 'auditor' ? <Decision one={one} onChange={onChange} /> : null}
      {one.recent.length ? (
        <details>
          <summary>{t('recent')}</summary>
          <Recent one={one} />
        </details>
      ) : null}
    </article>
  );
}

function Recent({ one }: { one: ArchiveSchedule }) {
  return (
    <DataTable
      caption={t('recent')}
      rows={one.recent}
      keyOf={(row) => row.export}
      columns={[
        { name: t('channel'), main: true, cell: (row) => row.channel_name || channelName(row.c) },
        { name: t('day'), cell: (row) => dayText(row.day) },
        { name: t('came'), cell: (row) => <When ts={row.at} /> },
        { name: t('size'), end: true, cell: (row) => formatBytes(row.bytes) },
        { name: t('locked'), cell: (row) => (row.locked_until ? dateTime(row.locked_until) : '–') },
        { name: 'SHA-256', cell: (row) => <Code value={row.sha256} what="SHA-256" /> },
      ]}
    />
  );
}

function Decision({ one, onChange }: { one: ArchiveSchedule; onChange: () => void }) {
  const [busy, setBusy] = useState(false);
  const mine = one.by === me()?.id;
  const channels = one.channels.length ? one.channels.map((channel) => channel.name || channelName(channel.c)).join(', ') : t('all');
  const decide = async (what: 'approve' | 'refuse' | 'end'): Promise<void> => {
    const yes = await confirm({
      title: t(`${what}_title`),
      body: t(`${what}_text`, { channels, to: one.to }),
      action: t(what),
      danger: what !== 'approve',
    });
    if (!yes) return;
    setBusy(true);
    if (await act({ t: `archive.${what}`, schedule: one.id })) {
      toast(t(`${what}_done`));
      onChange();
    }
    setBusy(false);
  };
  const button = (what: 'approve' | 'refuse' | 'end') => (
    <Button kind={what === 'approve' ? 'primary' : 'danger'} busy={busy} onClick={() => void decide(what)}>
      {t(what)}
    </Button>
  );
  return (
    <div class="row wrap">
      {one.state === 'waiting' && !mine ? (
        <>
          {button('approve')}
          {button('refuse')}
        </>
      ) : (
        button('end')
      )}
    </div>
  );
}
