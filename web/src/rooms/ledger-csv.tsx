// What the filters let through, all of it, as a file.

import { useEffect, useRef, useState } from 'preact/hooks';
import { isoDay } from './days.ts';
import type { LedgerEntry, LedgerPage } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { csv } from './csv.ts';
import { channelName } from './known.ts';
import { who } from './ledger-entries.tsx';
import { look, seek, type Ask, type Wanted } from './ledger-read.ts';
import { actName, t } from './ledger-words.ts';
import { saveFile } from './pieces.tsx';

const PAGE = 200;
const ROWS_MAX = 100_000;

export function SaveLedger({ wanted, ask, disabled }: { wanted: Wanted; ask: (signal: AbortSignal) => Ask; disabled: boolean }) {
  const [count, setCount] = useState<number>();
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const save = async (): Promise<void> => {
    const control = new AbortController();
    stop.current = control;
    setCount(0);
    try {
      const entries = await all(wanted, ask(control.signal), setCount);
      if (control.signal.aborted) return;
      saveFile(`ledger-${isoDay(Date.now())}.csv`, 'text/csv', table(entries));
      toast(entries.length < ROWS_MAX ? t('csv_saved', { n: entries.length }) : t('csv_cut', { n: ROWS_MAX }));
    } catch (error) {
      if (!control.signal.aborted) toastFault(error);
    } finally {
      setCount(undefined);
    }
  };
  if (count === undefined) {
    return (
      <Button icon="download" disabled={disabled} onClick={() => void save()}>
        {t('csv')}
      </Button>
    );
  }
  return (
    <>
      <span class="hint" role="status">
        {t('csv_reading', { n: count })}
      </span>
      <Button onClick={() => stop.current?.abort()}>{t('stop')}</Button>
    </>
  );
}

async function all(wanted: Wanted, ask: Ask, tell: (count: number) => void): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  let next: LedgerPage['next'] = wanted.to === null ? null : await seek(wanted.to, ask);
  do {
    const page = await look(wanted, next, PAGE, ask);
    entries.push(...page.entries);
    tell(entries.length);
    next = page.next;
  } while (next !== null && entries.length < ROWS_MAX);
  return entries.slice(0, ROWS_MAX);
}

function table(entries: LedgerEntry[]): string {
  const id = (what: string): string => t('csv_id', { what });
  const head = [t('position'), t('csv_time'), t('csv_name'), t('csv_what'), t('actor'), id(t('actor')), t('channel'), id(t('channel')), t('details'), t('leaf')];
  const row = (entry: LedgerEntry): (string | number)[] => [
    entry.position,
    new Date(entry.at).toISOString(),
    entry.act,
    actName(entry.act),
    who(entry.actor),
    entry.actor ?? '',
    entry.channel ? channelName(entry.channel) : '',
    entry.channel ?? '',
    JSON.stringify(entry.object ?? {}),
    entry.leaf,
  ];
  return csv([head, ...entries.map(row)]);
}
