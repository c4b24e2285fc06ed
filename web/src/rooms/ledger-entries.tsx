// Entries of the ledger as a table, and one of them with its proof.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { formatNumber } from '../core/i18n.ts';
import type { Checkpoint, Id, LedgerEntry } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/states.tsx';
import { DataTable, None } from './data-table.tsx';
import { factText } from './fact.ts';
import { channelName, nameOf } from './known.ts';
import { actName, factName, t } from './ledger-words.ts';
import { Code, Facts, Note, When } from './pieces.tsx';
import { fromHashText, same } from './proof/bytes.ts';
import { verifyInclusion } from './proof/merkle.ts';
import { t as words } from './words.ts';

export function Entries({ entries, onOpen }: { entries: LedgerEntry[]; onOpen: (entry: LedgerEntry) => void }) {
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

export function who(actor: Id | null): string {
  return actor === null || /^0+$/.test(actor) ? words('the_server') : nameOf(actor);
}

/** Long and opaque facts wait in the entry's own window. */
function Details({ object }: { object: Record<string, unknown> }) {
  const short = Object.entries(object ?? {}).filter(([, value]) => !(typeof value === 'string' && value.length >= 26) || nameOf(String(value)) !== value);
  const shown = short.filter(([fact, value]) => fact !== 'ranges' && !(Array.isArray(value) && !value.length) && !(typeof value === 'string' && /^[0-9A-Z]{26}$/.test(value) && fact !== 'person'));
  if (!shown.length) return <None />;
  return <span class="details">{shown.slice(0, 4).map(([fact, value]) => `${factName(fact) || fact} ${factText(fact, value, nameOf, channelName)}`).join(' · ')}</span>;
}

type Proof = { state: 'busy' } | { state: 'early'; size: number } | { state: 'ok'; size: number; hashes: number } | { state: 'bad'; why: string };

export function Entry({ entry, provable, onClose }: { entry: LedgerEntry; provable: boolean; onClose: () => void }) {
  const [proof, setProof] = useState<Proof>();
  const prove = async (): Promise<void> => {
    setProof({ state: 'busy' });
    try {
      setProof(await check(entry));
    } catch (error) {
      setProof({ state: 'bad', why: (error as Error).message });
    }
  };
  const facts = Object.entries(entry.object ?? {}).map(([fact, value]): [string, string] => [factName(fact) || fact, factText(fact, value, nameOf, channelName)]);
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
