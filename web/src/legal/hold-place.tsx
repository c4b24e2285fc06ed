// Placing a hold: where, whose, which days, saying what; and what that will preserve, said before it is placed.

import { useState } from 'preact/hooks';
import { post } from '../core/api.ts';
import { formatNumber } from '../core/i18n.ts';
import { command } from '../core/live.ts';
import { go, href } from '../core/route.ts';
import type { Id, Matter, Tally } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { TextArea } from '../ui/field.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { channelName, nameOf, type AdminChannel } from '../rooms/known.ts';
import { Note } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { t as words } from '../rooms/words.ts';
import { overlapsOf, willPreserve } from './holds.ts';
import { Overlaps } from './holds-table.tsx';
import { t } from './matter-words.ts';
import { OfMatter } from './of-matter.tsx';
import { asked, isBackwards, isSound, NOTHING, reachOf, ReachFields } from './reach-fields.tsx';

export function PlaceHold({ id }: { id: Id }) {
  return (
    <OfMatter id={id}>
      {(found) => (
        <Section title={t('place_title', { matter: found.matter.name })} hint={t('place_hint')}>
          <Form {...found} />
        </Section>
      )}
    </OfMatter>
  );
}

function Form({ matter, matters, channels: known }: { matter: Matter; matters: Matter[]; channels: AdminChannel[] }) {
  const [chosen, setChosen] = useState(NOTHING);
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const back = href('legal', 'matters', matter.id);
  const { channels, people, from, to } = chosen;
  const lines = linesOf(text);
  const reach = { ...reachOf(chosen), words: lines };
  const place = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await command({ t: 'hold.place', matter: matter.id, ...asked(chosen), words: lines });
      toast(t('placed'));
      go(back);
    } catch (error) {
      toastFault(error);
      setBusy(false);
    }
  };
  return (
    <form class="card request hold-form" onSubmit={(event) => void place(event)}>
      <ReachFields known={known} value={chosen} onValue={setChosen} hints={{ channels: t('channels_hint'), people: t('people_hint') }} />
      <TextArea label={t('words')} hint={t('words_hint')} fault={areSound(lines) ? undefined : t('words_fault', { n: LINES_MAX, chars: LINE_CHARS_MAX })} value={text} onValue={setText} />
      {lines.length && areSound(lines) && isSound(chosen) ? <Finds key={JSON.stringify(reach)} matter={matter.id} question={{ ...asked(chosen), words: lines }} /> : null}
      {isBackwards(chosen) ? null : (
        <section class="preview" aria-label={t('will')} aria-live="polite">
          <h3>{t('will')}</h3>
          <ul>
            <li>{t('will_what')}</li>
            {willPreserve(reach, channelName, nameOf).map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
          <p class="hint">{t('will_how')}</p>
          {!channels.length && !people.length && !from && !to && !lines.length ? <Note kind="sun">{t('will_all')}</Note> : null}
          <Already reach={reach} matters={matters} />
        </section>
      )}
      <div class="row wrap">
        <Button kind="primary" type="submit" busy={busy} disabled={!isSound(chosen) || !areSound(lines)}>
          {t('place_now')}
        </Button>
        <a class="btn quiet" href={back}>
          {words('cancel')}
        </a>
      </div>
    </form>
  );
}

const LINES_MAX = 100;
const LINE_CHARS_MAX = 200;

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
const areSound = (lines: string[]): boolean => lines.length <= LINES_MAX && lines.every((line) => [...line].length <= LINE_CHARS_MAX && /[\p{L}\p{N}]/u.test(line));

/** How many messages say it already: asked for by hand, since each count is on record. */
function Finds({ matter, question }: { matter: Id; question: object }) {
  const [tally, setTally] = useState<Tally>();
  const [busy, setBusy] = useState(false);
  const count = async (): Promise<void> => {
    setBusy(true);
    try {
      setTally(await post<Tally>(`/matters/${matter}/count`, question));
    } catch (error) {
      toastFault(error);
    }
    setBusy(false);
  };
  return (
    <div class="row wrap" aria-live="polite">
      <Button busy={busy} onClick={() => void count()}>
        {t('words_count')}
      </Button>
      {tally ? <span class="hint">{t('words_counted', { hits: formatNumber(tally.hits ?? 0), n: formatNumber(tally.messages) })}</span> : null}
      {tally?.partial ? <span class="hint">{t('words_partial')}</span> : null}
    </div>
  );
}

function Already({ reach, matters }: { reach: Parameters<typeof overlapsOf>[0]; matters: Matter[] }) {
  const overlaps = overlapsOf(reach, matters);
  if (!overlaps.length) return null;
  return (
    <div>
      <span class="label">{t('overlaps')}</span>
      <Overlaps overlaps={overlaps} />
    </div>
  );
}
