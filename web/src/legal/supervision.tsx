// Supervision: what waits to be reviewed, the rules that take it, and what became of it.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { formatList } from '../core/i18n.ts';
import { dateTime } from '../core/time.ts';
import type { Found, ReviewOutcome, Supervision, TakenItem, TakenPage, WatchRule } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { TextArea } from '../ui/field.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { act } from '../rooms/act.ts';
import { channelName, nameOf } from '../rooms/known.ts';
import { Note, Stale, When } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { Message } from './found.tsx';
import { Figures } from './supervision-figures.tsx';
import { NewRule } from './supervision-new.tsx';
import { Rules } from './supervision-rules.tsx';
import { t } from './supervision-words.ts';

const NOTE_MAX = 1_000;

export function SupervisionRoom({ path }: { path: string[] }) {
  return path[0] === 'new' ? <NewRule /> : <Overview />;
}

function Overview() {
  const known = useLoad<Supervision>((signal) => get('/supervision', {}, { signal }));
  return (
    <>
      <p class="hint">{t('hint')}</p>
      <Load from={known}>
        {(found) => (
          <>
            <Stale from={known} />
            <Queue supervision={found} onChange={known.reload} />
            <Rules rules={found.rules} onChange={known.reload} />
            {found.rules.some((rule) => rule.approved_by) ? <Figures rules={found.rules} /> : null}
          </>
        )}
      </Load>
    </>
  );
}

function Queue({ supervision, onChange }: { supervision: Supervision; onChange: () => void }) {
  const first = useLoad<TakenPage>((signal) => get('/supervision/queue', {}, { signal }));
  const [more, setMore] = useState<TakenPage[]>([]);
  const pages = [...(first.data ? [first.data] : []), ...more];
  const items = pages.flatMap((page) => page.items);
  const next = pages.at(-1)?.next;
  const further = async (): Promise<void> => {
    try {
      setMore([...more, await get<TakenPage>('/supervision/queue', { after: next })]);
    } catch (error) {
      toastFault(error);
    }
  };
  const decided = (): void => {
    setMore([]);
    first.reload();
    onChange();
  };
  const { open, oldest_at } = supervision;
  return (
    <Section title={t('queue')} hint={open && oldest_at ? `${t('waits', { n: open, time: dateTime(oldest_at) })} ${t('queue_hint')}` : undefined}>
      <Load from={first}>
        {() => (
          <>
            <Stale from={first} />
            {items.length ? items.map((item) => <Taken key={item.item} item={item} rules={supervision.rules} onDecided={decided} />) : <p class="hint">{t('queue_none')}</p>}
            {next ? <Button onClick={() => void further()}>{t('more')}</Button> : null}
          </>
        )}
      </Load>
    </Section>
  );
}

function Taken({ item, rules, onDecided }: { item: TakenItem; rules: WatchRule[]; onDecided: () => void }) {
  const [shown, setShown] = useState<{ message: Found; position: number }>();
  const [busy, setBusy] = useState(false);
  const [note, setNote] = useState('');
  const title = t('by_in', { name: nameOf(item.u), channel: channelName(item.c) });
  const named = (ids: string[]): string => formatList(ids.map((id) => rules.find((rule) => rule.id === id)?.name ?? id));
  const show = async (): Promise<void> => {
    setBusy(true);
    try {
      setShown(await get(`/supervision/queue/${item.item}`));
    } catch (error) {
      toastFault(error);
    }
    setBusy(false);
  };
  const decide = async (outcome: ReviewOutcome): Promise<void> => {
    setBusy(true);
    if (await act({ t: 'supervision.review', item: item.item, outcome, note: note.trim() })) {
      toast(t('decided'));
      setShown(undefined);
      setNote('');
      onDecided();
    }
    setBusy(false);
  };
  return (
    <article class="card grant" aria-label={title}>
      <header class="row wrap">
        <h3 class="grow">{title}</h3>
        {item.acknowledged ? <span class="chip sun">{t('anyway')}</span> : null}
        {item.followed ? <span class="chip sun">{t('followed_by', { name: nameOf(item.followed.by) })}</span> : null}
      </header>
      <p class="hint">
        <When ts={item.at} />
        {item.rules.length ? ` · ${t('found_by')}: ${named(item.rules)}` : ''}
        {item.sampled.length ? ` · ${t('drawn_by')}: ${named(item.sampled)}` : ''}
      </p>
      {item.followed?.note ? (
        <p class="hint">
          {t('note_was')}: <span dir="auto">{item.followed.note}</span>
        </p>
      ) : null}
      {shown ? (
        <>
          <Message item={shown.message} marked />
          <Note icon="ledger">{t('shown', { position: shown.position })}</Note>
          <TextArea label={t('note')} hint={t('note_hint')} maxLength={NOTE_MAX} rows={2} value={note} onValue={setNote} />
          <div class="row wrap">
            <Button kind="primary" busy={busy} onClick={() => void decide('no_concern')}>
              {t('no_concern')}
            </Button>
            <Button disabled={busy || !note.trim()} onClick={() => void decide('follow_up')}>
              {t('follow_up')}
            </Button>
            <Button kind="danger" disabled={busy || !note.trim()} onClick={() => void decide('escalated')}>
              {t('escalated')}
            </Button>
          </div>
        </>
      ) : (
        <div class="row wrap">
          <Button busy={busy} onClick={() => void show()}>
            {t('show')}
          </Button>
        </div>
      )}
    </article>
  );
}
