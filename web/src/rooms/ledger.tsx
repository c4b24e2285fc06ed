// The ledger as people see it: filters in the address, pages of entries that can be followed live, and a proof for each on request.

import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { time as clock } from '../core/time.ts';
import type { LedgerEntry, LedgerPage } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { lazy } from '../ui/lazy.tsx';
import { Fault, Loading } from '../ui/states.tsx';
import { me } from './known.ts';
import { SaveLedger } from './ledger-csv.tsx';
import { Entries, Entry } from './ledger-entries.tsx';
import { isWanted, look, seek, type Ask, type Wanted } from './ledger-read.ts';
import { Sieve, useFilter } from './ledger-sieve.tsx';
import { t } from './ledger-words.ts';
import { Note } from './pieces.tsx';
import { Section } from './room.tsx';
import { t as words } from './words.ts';

const Unusual = lazy(() => import('../legal/unusual.tsx').then((module) => module.Unusual));

const PAGE = 100;
const FOLLOW_MS = 3_000;

const asker =
  (signal?: AbortSignal): Ask =>
  (question) =>
    get<LedgerPage>('/ledger', { ...question }, signal ? { signal } : {});

export function Ledger() {
  const { wanted, key, isLive, backwards } = useFilter();
  const [found, setFound] = useState<{ of: string; entries: LedgerEntry[] }>();
  const [next, setNext] = useState<LedgerPage['next']>(null);
  const [error, setError] = useState<Error>();
  const [turn, setTurn] = useState(0);
  const [busy, setBusy] = useState(false);
  const [open, setOpen] = useState<LedgerEntry>();
  const stop = useRef<AbortController>(undefined);
  // What was found under other filters is no answer to these.
  const of = `${key} ${turn}`;
  const entries = found?.of === of ? found.entries : undefined;

  const load = async (more: LedgerPage['next']): Promise<void> => {
    const signal = stop.current?.signal;
    setBusy(true);
    try {
      const ask = asker(signal);
      const before = more === null && wanted.to !== null ? await seek(wanted.to, ask) : more;
      const page = await look(wanted, before, PAGE, ask);
      setFound((known) => ({ of, entries: more === null || known?.of !== of ? page.entries : [...known.entries, ...page.entries] }));
      setNext(page.next);
      setError(undefined);
    } catch (fault) {
      if (!signal?.aborted) setError(fault as Error);
    } finally {
      if (!signal?.aborted) setBusy(false);
    }
  };
  useEffect(() => {
    stop.current = new AbortController();
    setError(undefined);
    setNext(null);
    if (backwards) setFound({ of, entries: [] });
    else void load(null);
    return () => stop.current?.abort();
  }, [of]);

  const admin = me()?.role === 'admin';
  const follows = isLive && wanted.to === null && !error;
  return (
    <Section
      title={t('ledger')}
      hint={admin ? `${t('hint')} ${t('hint_admin')}` : t('hint')}
      actions={
        <>
          <SaveLedger wanted={wanted} ask={asker} disabled={!entries?.length && next === null} />
          <Button onClick={() => setTurn((n) => n + 1)}>{words('refresh')}</Button>
        </>
      }
    >
      {admin || wanted.act || wanted.actor ? null : <Unusual base={me()?.role === 'officer' ? 'legal' : 'auditor'} />}
      <Sieve admin={admin} entries={entries ?? []} />
      {follows && entries ? <Follow key={of} wanted={wanted} known={entries} onNew={(fresh) => setFound({ of, entries: fresh })} onGap={() => setTurn((n) => n + 1)} /> : null}
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

/** Asks again and again for what is newer than the newest that is shown, and says when it could not. */
function Follow(props: { wanted: Wanted; known: LedgerEntry[]; onNew: (entries: LedgerEntry[]) => void; onGap: () => void }) {
  const now = useRef(props);
  now.current = props;
  const [seen, setSeen] = useState(Date.now);
  const [fault, setFault] = useState<Error>();
  useEffect(() => {
    const stop = new AbortController();
    const beat = async (): Promise<void> => {
      if (document.visibilityState !== 'visible') return;
      const { wanted, known, onNew, onGap } = now.current;
      try {
        const page = await asker(stop.signal)({ before: null, act: wanted.act, actor: wanted.actor, limit: PAGE });
        if (stop.signal.aborted) return;
        setSeen(Date.now());
        setFault(undefined);
        const newest = known[0]?.position ?? -1;
        const fresh = page.entries.filter((entry) => entry.position > newest && isWanted(entry, wanted));
        // So many that there may be some between: begin anew.
        if (known.length && fresh.length === PAGE) onGap();
        else if (fresh.length) onNew([...fresh, ...known]);
      } catch (error) {
        if (!stop.signal.aborted) setFault(error as Error);
      }
    };
    const timer = setInterval(() => void beat(), FOLLOW_MS);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, []);
  return fault ? <Note kind="bad">{t('follow_stale', { time: clock(seen), why: fault.message })}</Note> : <p class="hint">{t('following', { time: clock(seen) })}</p>;
}
