// One destruction: what left sight, what of it is destroyed and what was kept, by which rule or order, and its certificate.

import { get, url } from '../core/api.ts';
import { formatBytes, formatNumber } from '../core/i18n.ts';
import { href } from '../core/route.ts';
import { dateTime, utcDay } from '../core/time.ts';
import type { Certificate, Id, Said } from '../core/types.ts';
import { Icon } from '../ui/icon.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { DataTable, None } from './data-table.tsx';
import { t } from './destruction-words.ts';
import { titleOf } from './destructions.tsx';
import { channelName, nameOf } from './known.ts';
import { actName } from './ledger-words.ts';
import { Code, Facts, Note } from './pieces.tsx';
import { Section } from './room.tsx';
import { Tile } from './tile.tsx';
import { t as words } from './words.ts';

type Rows = Parameters<typeof Facts>[0]['rows'];

export function OneDestruction({ base, at }: { base: string; at: string }) {
  const certificate = useLoad<Certificate>((signal) => get(`/destructions/${encodeURIComponent(at)}`, {}, { signal }), [at]);
  return (
    <>
      <p>
        <a class="row" href={href(base, 'destroyed')}>
          <Icon name="back" />
          {t('back')}
        </a>
      </p>
      <Load from={certificate}>{(known) => <Body base={base} certificate={known} />}</Load>
    </>
  );
}

function Body({ base, certificate }: { base: string; certificate: Certificate }) {
  const { facts } = certificate;
  const download = (
    <a class="btn primary" href={url(`/destructions/${facts.done.position}/certificate`)} download>
      <Icon name="download" />
      {t('download')}
    </a>
  );
  return (
    <>
      <Section title={titleOf(facts)} hint={t('download_hint')} actions={download}>
        <Counts certificate={certificate} />
        <div class="card stack">
          <Facts
            rows={[
              [t('intended'), <By key="intended" said={facts.intended} />],
              [t('done'), <By key="done" said={facts.done} />],
              ...(facts.numbers.length ? ([[t('numbers'), facts.numbers.map((q) => `#${q}`).join(', ')]] as Rows) : []),
              ...(facts.bundles?.length ? ([[t('bundles'), formatNumber(facts.bundles.length)]] as Rows) : []),
            ]}
          />
        </div>
      </Section>
      {facts.places.length ? <Places certificate={certificate} /> : null}
      <Kept certificate={certificate} />
      <Section title={t('why')}>
        <div class="card stack">
          <Facts rows={why(certificate)} />
        </div>
      </Section>
      <Section title={t('evidence')} hint={t('evidence_hint')}>
        <DataTable
          caption={t('evidence')}
          rows={certificate.evidence}
          keyOf={(one) => one.position}
          columns={[
            { name: t('event'), main: true, cell: (one) => <a href={`${href(base, 'ledger')}?act=${one.act}`}>{actName(one.act)}</a> },
            { name: t('position'), end: true, cell: (one) => one.position },
            { name: t('recorded'), cell: (one) => dateTime(one.at) },
            { name: t('leaf'), wide: true, cell: (one) => <Code value={one.leaf} what={t('leaf')} /> },
          ]}
        />
      </Section>
    </>
  );
}

function Counts({ certificate: { facts } }: { certificate: Certificate }) {
  const { taken, destroyed, kept } = facts;
  const keptRecords = (kept ?? []).reduce((sum, row) => sum + row.records, 0);
  return (
    <>
      <div class="tiles">
        <Tile name={t('out')} value={taken ? words('messages', { n: taken.messages }) : t('not_counted')}>
          {taken ? t('out_hint', { files: words('files', { n: taken.files }), bytes: formatBytes(taken.bytes) }) : null}
        </Tile>
        {destroyed ? (
          <Tile name={t('destroyed')} value={t('records', { n: destroyed.records })}>
            {t('destroyed_hint', { files: words('files', { n: destroyed.files }) })}
          </Tile>
        ) : null}
        {kept ? (
          <Tile name={t('kept')} value={t('records', { n: keptRecords })}>
            {t('kept_hint')}
          </Tile>
        ) : null}
      </div>
      {destroyed ? null : <Note icon="info">{t('admin_hidden')}</Note>}
    </>
  );
}

function Places({ certificate }: { certificate: Certificate }) {
  return (
    <Section title={t('places')}>
      <DataTable
        caption={t('places')}
        rows={certificate.facts.places}
        keyOf={(place) => `${place.channel} ${place.from_day}`}
        columns={[
          { name: t('channel'), main: true, cell: (place) => (place.channel ? channel(certificate, place.channel) : t('several')) },
          { name: t('days'), cell: (place) => (place.from_day === place.to_day ? utcDay(place.from_day) : `${utcDay(place.from_day)} – ${utcDay(place.to_day)}`) },
          { name: t('messages'), end: true, cell: (place) => formatNumber(place.messages) },
          { name: t('files'), end: true, cell: (place) => formatNumber(place.files) },
          { name: t('size'), end: true, cell: (place) => formatBytes(place.bytes) },
        ]}
      />
    </Section>
  );
}

function Kept({ certificate }: { certificate: Certificate }) {
  const { kept } = certificate.facts;
  if (!kept) return null;
  const matter = (id: Id): string => certificate.names.matters[id] ?? id;
  return (
    <Section title={t('kept')}>
      {kept.length ? (
        <DataTable
          caption={t('kept')}
          rows={kept}
          keyOf={(row) => `${row.why} ${row.matter} ${row.channel} ${row.until}`}
          columns={[
            {
              name: t('kept_why'),
              main: true,
              cell: (row) => (row.until ? t('kept_floor', { until: utcDay(row.until) }) : row.matter ? t('kept_hold', { matter: matter(row.matter) }) : t('kept_held')),
            },
            { name: t('channel'), cell: (row) => (row.channel ? channel(certificate, row.channel) : <None />) },
            { name: t('records_name'), end: true, cell: (row) => formatNumber(row.records) },
            { name: t('messages'), end: true, cell: (row) => formatNumber(row.messages) },
          ]}
        />
      ) : (
        <p class="hint">{t('kept_none')}</p>
      )}
    </Section>
  );
}

function why(certificate: Certificate): Rows {
  const { rule, order, kept_for, released } = certificate.facts;
  const rows: Rows = [];
  const said = (name: string, one: Said | null): void => {
    if (one) rows.push([name, <By key={one.position} said={one} />]);
  };
  if (rule) {
    const keeps = rule.keep_days === null ? words('for_ever') : words('days', { n: rule.keep_days });
    const of = rule.channel ? t('rule_of', { channel: channel(certificate, rule.channel) }) : t('rule_of_all');
    rows.push([of, rule.floor_days === null ? keeps : t('rule_floor', { keeps, floor: words('days', { n: rule.floor_days }) })]);
    said(t('proposed'), rule.proposed);
    said(t('approved'), rule.approved);
    said(t('in_force'), rule.set);
  }
  if (order) {
    if (order.reason) rows.push([t('reason'), order.reason]);
    said(t('requested'), order.requested);
    said(t('approved'), order.approved);
  }
  if (kept_for && !order) {
    rows.push([t('kept_for'), certificate.names.matters[kept_for] ?? kept_for]);
    for (const one of released) said(t('hold_released'), one);
  }
  return rows;
}

/** The certificate knows what its reader may know; what else the room knows is a comfort. */
const channel = (certificate: Certificate, id: Id): string => certificate.names.channels[id] ?? channelName(id);

function By({ said }: { said: Said }) {
  return <>{t('said', { who: said.by ? nameOf(said.by) : words('the_server'), when: dateTime(said.at), n: said.position })}</>;
}
