// A notice to preserve: a letter to whose records are held, sent if legal wants them to know, and confirmed by each.

import { useRef, useState } from 'preact/hooks';
import { ApiError } from '../core/api.ts';
import { language as own, type Language } from '../core/i18n.ts';
import { command, me } from '../core/live.ts';
import { href } from '../core/route.ts';
import type { Ack, Command, Id, Matter } from '../core/types.ts';
import { OfMatter } from '../legal/of-matter.tsx';
import { nameOf, peopleByName } from '../rooms/known.ts';
import { Pick } from '../rooms/pick.tsx';
import { Note } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { Button } from '../ui/button.tsx';
import { Select, TextArea } from '../ui/field.tsx';
import { toastFault } from '../ui/toast.tsx';
import { BLANK, NOTICE_LANGUAGES, noticeText } from './notice-text.ts';
import { t } from './words.ts';

/** Each is a conversation of its own. */
const NOTICES_MAX = 50;
/** The server takes so many commands at once, and more a little later. */
const LATER_MS = 1_000;

export function WriteNotice({ id }: { id: Id }) {
  return <OfMatter id={id}>{({ matter }) => <Notice matter={matter} />}</OfMatter>;
}

function Notice({ matter }: { matter: Matter }) {
  const others = peopleByName().filter((one) => one.active && one.id !== me.value?.id);
  const [people, setPeople] = useState(() => [...new Set(matter.holds.flatMap((hold) => hold.people))].filter((held) => others.some((one) => one.id === held)));
  const [language, setLanguage] = useState<Language>(own);
  const [text, setText] = useState(noticeText(own));
  const [sent, setSent] = useState<[Id, Id][]>([]);
  const [busy, setBusy] = useState(false);
  // What was made before something went wrong is used when it is tried again.
  const made = useRef(new Map<Id, Id>());
  const waiting = people.filter((one) => !sent.some(([person]) => person === one));
  const isBlank = text.includes(BLANK) || !text.trim();
  const speak = (next: Language): void => {
    if (text === noticeText(language)) setText(noticeText(next));
    setLanguage(next);
  };
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      for (const person of waiting) {
        const c = made.current.get(person) ?? (await inTime({ t: 'channel.create', kind: 'group', name: t('channel'), people: [person] })).c;
        if (!c) continue;
        made.current.set(person, c);
        await inTime({ t: 'send', c, b: text.trim(), ask: true });
        setSent((before) => [...before, [person, c]]);
      }
    } catch (error) {
      toastFault(error);
    }
    setBusy(false);
  };
  return (
    <Section title={t('title', { matter: matter.name })} hint={t('hint')}>
      <form class="card request" onSubmit={(event) => void send(event)}>
        <Pick
          legend={t('people')}
          hint={t('people_hint')}
          find={t('people_find')}
          options={others.map(({ id, name }) => ({ id, name }))}
          chosen={people}
          onChosen={setPeople}
          more={(n) => t('more', { n })}
        />
        <Select label={t('language')} value={language} options={NOTICE_LANGUAGES} onValue={speak} />
        <TextArea label={t('text')} hint={t('text_hint')} rows={12} value={text} lang={language} dir="auto" onValue={setText} />
        {isBlank ? <Note kind="sun">{t('blank')}</Note> : null}
        {people.length > NOTICES_MAX ? <Note kind="bad">{t('too_many', { n: NOTICES_MAX })}</Note> : null}
        <div class="row wrap">
          <Button kind="primary" type="submit" busy={busy} disabled={isBlank || !waiting.length || people.length > NOTICES_MAX}>
            {busy ? t('sending', { n: sent.length, all: sent.length + waiting.length }) : t('send')}
          </Button>
          <a class="btn quiet" href={href('legal', 'matters', matter.id)}>
            {t('back')}
          </a>
        </div>
      </form>
      {sent.length ? (
        <section class="card stack" aria-label={t('sent')} aria-live="polite">
          <h3>{t('sent')}</h3>
          <p class="hint">{t('sent_hint')}</p>
          <ul class="stacked">
            {sent.map(([person, c]) => (
              <li key={person}>
                <a href={href('c', c)} aria-label={t('open', { name: nameOf(person) })}>
                  {nameOf(person)}
                </a>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </Section>
  );
}

/** When there were too many at once it waits. */
async function inTime(words: Command): Promise<Ack> {
  for (;;) {
    try {
      return await command(words);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'rate') throw error;
      await new Promise((later) => setTimeout(later, error.after ?? LATER_MS));
    }
  }
}
