// Placing a hold: where, whose, which days; and what that will preserve, said before it is placed.

import { useState } from 'preact/hooks';
import { command } from '../core/live.ts';
import { go, href } from '../core/route.ts';
import type { Id, Matter } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
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
  const [busy, setBusy] = useState(false);
  const back = href('legal', 'matters', matter.id);
  const { channels, people, from, to } = chosen;
  const reach = reachOf(chosen);
  const place = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await command({ t: 'hold.place', matter: matter.id, ...asked(chosen) });
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
          {!channels.length && !people.length && !from && !to ? <Note kind="sun">{t('will_all')}</Note> : null}
          <Already reach={reach} matters={matters} />
        </section>
      )}
      <div class="row wrap">
        <Button kind="primary" type="submit" busy={busy} disabled={!isSound(chosen)}>
          {t('place_now')}
        </Button>
        <a class="btn quiet" href={back}>
          {words('cancel')}
        </a>
      </div>
    </form>
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
