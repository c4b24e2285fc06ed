// The ledger as people see it: filters in the address, pages of entries, and a proof for each on request.

import { useEffect, useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { formatNumber } from '../core/i18n.ts';
import { go, route } from '../core/route.ts';
import type { Checkpoint, Id, LedgerEntry, LedgerPage } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Select } from '../ui/field.tsx';
import { Empty, Fault, Loading } from '../ui/states.tsx';
import { DataTable, None } from './data-table.tsx';
import { factText } from './fact.ts';
import { channelName, me, nameOf, peopleByName } from './known.ts';
import { ACTS, actName, factName, groupOf, t } from './ledger-words.ts';
import { Code, Facts, Note, When } from './pieces.tsx';
import { fromHashText, same } from './proof/bytes.ts';
import { verifyInclusion } from './proof/merkle.ts';
import { Section } from './room.tsx';
import { t as words } from './words.ts';

const PAGE = 100;
/** Acts that an administrator's ledger leaves out. */
const CONTENT_ACTS = /^(message|reaction|receipt|export)\./;

export function Ledger() {
  const query = route.value.query;
  const act = query.get('act') ?? '';
  const actor = query.get('actor') ?? '';
  const [entries, setEntries] = useState<LedgerEntry[]>();
  const [next, setNext] = useState<LedgerPage['next']>(null);
  const [error, setError] = useState<Error>();
  const [turn, setTurn] = useState(0);
  const [busy, setBusy] = useState(false);
  const [open, setOpen] = useState<LedgerEntry>();

  const load = async (before: LedgerPage['next'], signal?: AbortSignal): Promise<void> => {
    setBusy(true);
    try {
      const page = await get<LedgerPage>('/ledger', { before, act, actor, limit: PAGE }, signal ? { signal } : {});
      setEntries((known) => (before === null ? page.entries : [...(known ?? []), ...page.entries]));
      setNext(page.next);
      setError(undefined);
    } catch (fault) {
      if (!signal?.aborted) setError(fault as Error);
    } finally {
      if (!signal?.aborted) setBusy(false);
    }
  };
  useEffect(() => {
    const stop = new AbortController();
    setEntries(undefined);
    void load(null, stop.signal);
    return () => stop.abort();
  }, [act, actor, turn]);

  const filter = (change: Record<string, string>): void => {
    const params = new URLSearchParams(query);
    for (const [key, value] of Object.entries(change)) {
      if (value) params.set(key, value);
      else params.delete(key);
    }
    const tail = params.toString();
    go(`#/${route.value.path.map(encodeURIComponent).join('/')}${tail ? `?${tail}` : ''}`, 'replace');
  };
  const admin = me()?.role === 'admin';
  return (
    <Section
      title={t('ledger')}
      hint={admin ? `${t('hint')} ${t('hint_admin')}` : t('hint')}
      actions={<Button onClick={() => setTurn((n) => n + 1)}>{words('refresh')}</Button>}
    >
      <div class="sieve">
        <ActFilter value={act} admin={admin} onValue={(value) => filter({ act: value })} />
        <Select
          label={t('actor')}
          value={actor}
          options={[{ value: '', label: t('any_actor') }, ...peopleByName().map((person) => ({ value: person.id, label: person.name }))]}
          onValue={(value) => filter({ actor: value })}
        />
      </div>
      {error ? (
        <Fault error={error} retry={() => setTurn((n) => n + 1)} />
      ) : !entries ? (
        <Loading />
      ) : (
        <>
          {entries.length || next === null ? <Entries entries={entries} onOpen={setOpen} /> : <p class="hint">{t('none_yet')}</p>}
          <div class="row foot">
            {entries.length ? <span class="faint grow">{words('shown', { n: entries.length })}</span> : null}
            {next !== null ? (
              <Button busy={busy} onClick={() => void load(next)}>
                {entries.length ? words('more') : t('further')}
              </Button>
            ) : null}
          </div>
        </>
      )}
      {open ? <Entry entry={open} provable={!admin} onClose={() => setOpen(undefined)} /> : null}
    </Section>
  );
}

function ActFilter(props: { value: string; admin: boolean; onValue: (value: string) => void }) {
  const groups = new Map<string, string[]>();
  for (const act of Object.keys(ACTS)) {
    if (props.admin && CONTENT_ACTS.test(act)) continue;
    groups.set(groupOf(act), [...(groups.get(groupOf(act)) ?? []), act]);
  }
  return (
    <label class="field">
      <span class="label">{t('act')}</span>
      <select class="input" value={props.value} onChange={(event) => props.onValue(event.currentTarget.value)}>
        <option value="">{t('any_act')}</option>
        {[...groups].map(([group, acts]) => (
          <optgroup key={group} label={group}>
            {acts.map((act) => (
              <option key={act} value={act}>
                {actName(act)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}

function Entries({ entries, onOpen }: { entries: LedgerEntry[]; onOpen: (entry: LedgerEntry) => void }) {
  return (
    <DataTable
      caption={t('ledger')}
      lines
      rows={entries}
      keyOf={(entry) => entry.position}
      empty={
        <Empty icon="ledger" title={t('empty')}>
          {t('empty_text')}
        </Empty>
      }
      columns={[
        {
          name: t('act'),
          main: true,
          cell: (entry) => (
            <button type="button" class="link" onClick={() => onOpen(entry)} aria-label={`${actName(entry.act)}, ${t('open', { n: entry.position })}`}>
              {actName(entry.act)}
            </button>
          ),
        },
        { name: t('actor'), cell: (entry) => who(entry.actor) },
        { name: t('channel'), cell: (entry) => (entry.channel ? channelName(entry.channel) : <None />) },
        { name: t('details'), cell: (entry) => <Details object={entry.object} /> },
        { name: t('when'), cell: (entry) => <When ts={entry.at} /> },
        { name: t('position'), end: true, cell: (entry) => <span class="faint">#{entry.position}</span> },
      ]}
    />
  );
}

function who(actor: Id | null): string {
  return actor === null || /^0+$/.test(actor) ? words('the_server') : nameOf(actor);
}

/** Long and opaque facts wait in the entry's own window. */
function Details({ object }: { object: Record<string, unknown> }) {
  const short = Object.entries(object ?? {}).filter(([, value]) => !(typeof value === 'string' && value.length >= 26) || nameOf(String(value)) !== value);
  const shown = short.filter(([fact, value]) => fact !== 'ranges' && !(typeof value === 'string' && /^[0-9A-Z]{26}$/.test(value) && fact !== 'person'));
  if (!shown.length) return <None />;
  return <span class="details">{shown.slice(0, 4).map(([fact, value]) => `${factName(fact)} ${factText(fact, value, nameOf, channelName)}`).join(' · ')}</span>;
}

type Proof = { state: 'busy' } | { state: 'early'; size: number } | { state: 'ok'; size: number; hashes: number } | { state: 'bad'; why: string };

function Entry({ entry, provable, onClose }: { entry: LedgerEntry; provable: boolean; onClose: () => void }) {
  const [proof, setProof] = useState<Proof>();
  const prove = async (): Promise<void> => {
    setProof({ state: 'busy' });
    try {
      setProof(await check(entry));
    } catch (error) {
      setProof({ state: 'bad', why: (error as Error).message });
    }
  };
  const facts = Object.entries(entry.object ?? {}).map(([fact, value]): [string, string] => [factName(fact), factText(fact, value, nameOf, channelName)]);
  return (
    <Dialog
      title={actName(entry.act)}
      onClose={onClose}
      actions={
        provable ? (
          <Button kind="primary" icon="shield" busy={proof?.state === 'busy'} onClick={() => void prove()}>
            {t('prove')}
          </Button>
        ) : undefined
      }
    >
      <div class="stack">
        <Facts
          rows={[
            [t('position'), formatNumber(entry.position)],
            [t('when'), <When key="when" ts={entry.at} />],
            [t('actor'), who(entry.actor)],
            ...(entry.channel ? ([[t('channel'), channelName(entry.channel)]] as [string, string][]) : []),
            ...facts,
            [t('leaf'), <Code key="leaf" value={entry.leaf} what={t('leaf')} whole />],
            [t('raw'), <code key="raw">{entry.act}</code>],
          ]}
        />
        {proof?.state === 'ok' ? (
          <Note kind="good" alert>
            {t('proved', { n: entry.position, size: proof.size, hashes: t('hashes', { n: proof.hashes }) })}
          </Note>
        ) : proof?.state === 'early' ? (
          <Note icon="clock" alert>
            {t('early', { size: proof.size })}
          </Note>
        ) : proof?.state === 'bad' ? (
          <Note kind="bad" alert>
            {t('not_proved', { why: proof.why })}
          </Note>
        ) : null}
      </div>
    </Dialog>
  );
}

async function check(entry: LedgerEntry): Promise<Proof> {
  const checkpoint = await get<Checkpoint>('/log/checkpoint');
  // Too new to be proved is no alarm.
  if (entry.position >= checkpoint.size) return { state: 'early', size: checkpoint.size };
  const answer = await get<{ leaf: string; proof: string[] }>('/log/inclusion', { position: entry.position, size: checkpoint.size });
  const leaf = fromHashText(entry.leaf);
  const root = fromHashText(checkpoint.root);
  const proved = fromHashText(answer.leaf);
  const path = answer.proof.map(fromHashText);
  if (!leaf || !root || !proved || path.includes(null)) return { state: 'bad', why: 'hash' };
  if (!same(leaf, proved)) return { state: 'bad', why: t('other_leaf') };
  const verdict = await verifyInclusion(entry.position, checkpoint.size, leaf, path as Uint8Array[], root);
  return verdict.ok ? { state: 'ok', size: checkpoint.size, hashes: path.length } : { state: 'bad', why: verdict.why };
}
