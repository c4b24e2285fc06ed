// Asking to read for a matter: where, whose, which days, why, and for how long.

import { useState } from 'preact/hooks';
import { command } from '../core/live.ts';
import { go, href } from '../core/route.ts';
import type { Id, Matter } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Input, TextArea } from '../ui/field.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import type { AdminChannel } from '../rooms/known.ts';
import { Note } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { t as words } from '../rooms/words.ts';
import { t as matterWords } from './matter-words.ts';
import { OfMatter } from './of-matter.tsx';
import { asked, isSound, NOTHING, ReachFields } from './reach-fields.tsx';
import { t } from './review-words.ts';

const REASON_MAX = 1_000;
const DAYS_MAX = 90;
const DAYS_USUAL = 14;

export function AskGrant({ id }: { id: Id }) {
  return (
    <OfMatter id={id}>
      {({ matter, channels }) => (
        <Section title={t('ask_title', { matter: matter.name })} hint={t('ask_hint')}>
          <Form matter={matter} known={channels} />
        </Section>
      )}
    </OfMatter>
  );
}

function Form({ matter, known }: { matter: Matter; known: AdminChannel[] }) {
  const [chosen, setChosen] = useState(NOTHING);
  const [reason, setReason] = useState('');
  const [days, setDays] = useState(String(DAYS_USUAL));
  const [busy, setBusy] = useState(false);
  const back = href('legal', 'matters', matter.id);
  const n = Number(days);
  const fits = Number.isInteger(n) && n >= 1 && n <= DAYS_MAX;
  const named = chosen.channels.length + chosen.people.length > 0;
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await command({ t: 'grant.request', matter: matter.id, ...asked(chosen), reason: reason.trim(), days: n });
      toast(t('asked'));
      go(back);
    } catch (error) {
      toastFault(error);
      setBusy(false);
    }
  };
  return (
    <form class="card request hold-form" onSubmit={(event) => void send(event)}>
      <ReachFields known={known} value={chosen} onValue={setChosen} hints={{ channels: t('channels_hint'), people: t('people_hint') }} />
      {named ? null : <Note>{t('name_some')}</Note>}
      <TextArea label={matterWords('reason')} required maxLength={REASON_MAX} value={reason} onValue={setReason} />
      <Input label={t('days')} type="number" min={1} max={DAYS_MAX} required value={days} fault={fits ? undefined : t('days_fault', { n: DAYS_MAX })} onValue={setDays} />
      <div class="row wrap">
        <Button kind="primary" type="submit" busy={busy} disabled={!isSound(chosen) || !named || !reason.trim() || !fits}>
          {t('send')}
        </Button>
        <a class="btn quiet" href={back}>
          {words('cancel')}
        </a>
      </div>
    </form>
  );
}
