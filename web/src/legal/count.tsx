// How much there is before anybody may read it: numbers by channel, person and day. Never a text.

import { useState } from 'preact/hooks';
import { post } from '../core/api.ts';
import { formatNumber } from '../core/i18n.ts';
import { href } from '../core/route.ts';
import { utcDay } from '../core/time.ts';
import type { Count, Id, Matter, Tally } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Input } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { toastFault } from '../ui/toast.tsx';
import { DataTable, type Column } from '../rooms/data-table.tsx';
import { channelName, nameOf, type AdminChannel } from '../rooms/known.ts';
import { Note } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { Destroyed } from './destroyed.tsx';
import { t as matterWords } from './matter-words.ts';
import { OfMatter } from './of-matter.tsx';
import { asked, isSound, NOTHING, ReachFields } from './reach-fields.tsx';
import { t } from './review-words.ts';

const WORDS_MAX = 200;

export function CountMessages({ id }: { id: Id }) {
  return <OfMatter id={id}>{({ matter, channels }) => <Counting matter={matter} known={channels} />}</OfMatter>;
}

function Counting({ matter, known }: { matter: Matter; known: AdminChannel[] }) {
  const [chosen, setChosen] = useState(NOTHING);
  const [text, setText] = useState('');
  const [tally, setTally] = useState<Tally>();
  const [busy, setBusy] = useState(false);
  const count = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      setTally(await post<Tally>(`/matters/${matter.id}/count`, { ...asked(chosen), text: text.trim() }));
    } catch (error) {
      toastFault(error);
    }
    setBusy(false);
  };
  return (
    <>
      <p>
        <a class="row" href={href('legal', 'matters', matter.id)}>
          <Icon name="back" />
          {matter.name}
        </a>
      </p>
      <Section title={t('count_title', { matter: matter.name })}>
        <Note kind="sun" icon="ledger">
          {t('count_recorded')}
        </Note>
        <form class="card request hold-form" onSubmit={(event) => void count(event)}>
          <Input label={t('words')} hint={t('count_words_hint')} type="search" maxLength={WORDS_MAX} value={text} onValue={setText} />
          <ReachFields known={known} value={chosen} onValue={setChosen} hints={{ channels: matterWords('channels_hint'), people: matterWords('people_hint') }} />
          <div class="row">
            <Button kind="primary" type="submit" busy={busy} disabled={!isSound(chosen)}>
              {t('count')}
            </Button>
          </div>
        </form>
      </Section>
      {tally ? <Counted tally={tally} /> : null}
    </>
  );
}

function Counted({ tally }: { tally: Tally }) {
  const numbers = <R extends Count>(): Column<R>[] => [
    { name: t('messages'), end: true, cell: (row) => formatNumber(row.messages) },
    ...(tally.hits === undefined ? [] : [{ name: t('hits'), end: true, cell: (row: R) => formatNumber(row.hits ?? 0) }]),
    { name: t('with_files'), end: true, cell: (row) => formatNumber(row.with_files) },
    { name: t('kept'), end: true, cell: (row) => formatNumber(row.kept) },
    { name: t('destroyed_n'), end: true, cell: (row) => formatNumber(row.gone) },
  ];
  return (
    <>
      <Section title={t('counted', { n: tally.messages })} hint={tally.hits === undefined ? undefined : t('counted_hits', { n: tally.hits })}>
        {tally.partial ? <Note kind="sun">{t('partial')}</Note> : null}
        <DataTable caption={t('by_channel')} rows={tally.channels} keyOf={(row) => row.c} columns={[{ name: t('by_channel'), main: true, cell: (row) => channelName(row.c) }, ...numbers<Tally['channels'][number]>()]} />
        <DataTable caption={t('by_person')} rows={tally.people} keyOf={(row) => row.u} columns={[{ name: t('by_person'), main: true, cell: (row) => nameOf(row.u) }, ...numbers<Tally['people'][number]>()]} />
        <DataTable caption={t('by_day')} rows={tally.days} keyOf={(row) => row.day} columns={[{ name: t('by_day'), main: true, cell: (row) => utcDay(row.day) }, ...numbers<Tally['days'][number]>()]} />
      </Section>
      <Destroyed days={tally.destroyed} />
    </>
  );
}
