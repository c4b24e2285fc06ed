// The third step: which name in the file is which person here.

import { useState } from 'preact/hooks';
import { post } from '../core/api.ts';
import type { Channel, ImportJob, ImportPreview, Person } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { toastFault } from '../ui/toast.tsx';
import { channelName, peopleByName } from '../rooms/known.ts';
import { Note } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { keepText } from '../rooms/rule.ts';
import { t } from './words.ts';

type Sender = ImportPreview['people'][number];
const KINDS = { contact: 'contact', unknown: 'unknown', phone: 'number' } as const;

export function Names(props: { job: ImportJob; channel: Channel; onJob: (job: ImportJob) => void; onBack: () => void }) {
  const { job, channel } = props;
  const senders = job.preview?.people ?? [];
  const [chosen, setChosen] = useState<Record<string, string>>(() => Object.fromEntries(senders.map((sender) => [sender.name, sender.suggest ?? 'none'])));
  const [busy, setBusy] = useState(false);
  const commit = async (): Promise<void> => {
    setBusy(true);
    try {
      props.onJob(await post<ImportJob>(`/imports/${job.id}/commit`, { people: chosen }));
    } catch (error) {
      toastFault(error);
      setBusy(false);
    }
  };
  const fresh = (job.preview?.messages ?? 0) - (job.preview?.already_here ?? 0);
  return (
    <>
      <Section title={t('step_people')} hint={t('names_hint')}>
        <ul class="list senders">
          {senders.map((sender) => (
            <li key={sender.name} class="line">
              <span class="grow">
                <strong class="clip">{sender.name}</strong>
                <span class="hint">
                  {t('count', { n: sender.messages })} · {t(KINDS[sender.kind])}
                </span>
              </span>
              <Choose sender={sender} channel={channel} value={chosen[sender.name] ?? 'none'} onValue={(value) => setChosen({ ...chosen, [sender.name]: value })} />
            </li>
          ))}
        </ul>
      </Section>
      <Note>
        {t('confirm', { n: fresh, channel: channelName(channel.id) })}
        {channel.rule.keep_days === null ? null : ` ${t('confirm_rule', { keep: keepText(channel.rule.keep_days) })}`}
      </Note>
      <div class="row wrap end">
        <Button onClick={props.onBack} disabled={busy}>
          {t('back')}
        </Button>
        <Button kind="primary" busy={busy} onClick={() => void commit()}>
          {t('commit')}
        </Button>
      </div>
    </>
  );
}

function Choose({ sender, channel, value, onValue }: { sender: Sender; channel: Channel; value: string; onValue: (value: string) => void }) {
  const inside = new Set(channel.members.map((member) => member.p));
  const people = peopleByName().filter((person) => person.role !== 'bot');
  const option = (person: Person) => (
    <option key={person.id} value={person.id}>
      {person.id === sender.suggest ? `${person.name} (${t('suggested')})` : person.name}
    </option>
  );
  return (
    <select class="input" aria-label={t('person_for', { name: sender.name })} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
      <option value="none">{t('name_only')}</option>
      <option value="new">{t('new_person')}</option>
      <optgroup label={t('members')}>{people.filter((person) => inside.has(person.id)).map(option)}</optgroup>
      <optgroup label={t('others')}>{people.filter((person) => !inside.has(person.id)).map(option)}</optgroup>
    </select>
  );
}
