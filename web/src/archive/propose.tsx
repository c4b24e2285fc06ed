// Proposing that each day leaves by itself: where to, which channels, which case, why.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { command } from '../core/live.ts';
import { go, href } from '../core/route.ts';
import type { Archives, ExportFormat, Id } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Check, Field, Input, TextArea } from '../ui/field.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { t } from './words.ts';
import { channelTitle, fetchChannels, type AdminChannel } from '../rooms/known.ts';
import { Pick } from '../rooms/pick.tsx';
import { Note } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { t as words } from '../rooms/words.ts';
import { t as legal } from '../legal/words.ts';

const FORMATS: ExportFormat[] = ['html', 'rsmf', 'eml', 'mbox', 'mattermost', 'actiance', 'slack'];
const TEXT_MAX = 1_000;

export function ArchivePropose() {
  const known = useLoad(async (signal) => {
    const [archive, channels] = await Promise.all([get<Archives>('/archive', {}, { signal }), fetchChannels(signal)]);
    return { places: archive.destinations.filter((place) => place.kind), channels };
  });
  return (
    <Section title={t('propose')} hint={t('propose_hint')}>
      <Load from={known}>{({ places, channels }) => <Form places={places} channels={channels} />}</Load>
    </Section>
  );
}

function Form({ places, channels }: { places: Archives['destinations']; channels: AdminChannel[] }) {
  const [to, setTo] = useState(places[0]?.name ?? '');
  const [all, setAll] = useState(true);
  const [chosen, setChosen] = useState<Id[]>([]);
  const [matter, setMatter] = useState('');
  const [reason, setReason] = useState('');
  const [formats, setFormats] = useState<ExportFormat[]>(['html']);
  const [busy, setBusy] = useState(false);
  const isMail = places.find((place) => place.name === to)?.kind === 'smtp';
  const ready = to && matter.trim() && reason.trim() && (all || chosen.length);
  const options = channels.map((channel) => ({ id: channel.id, name: channelTitle(channel) })).sort((a, b) => a.name.localeCompare(b.name));
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!ready) return;
    setBusy(true);
    try {
      // A mail is all that is sent: other copies would be built for nobody.
      const copies: ExportFormat[] = isMail ? ['eml'] : formats;
      await command({ t: 'archive.propose', to, channels: all ? [] : chosen, formats: copies, reason: reason.trim(), case: matter.trim() });
      toast(t('proposed'));
      go(href('legal', 'archive'));
    } catch (error) {
      toastFault(error);
      setBusy(false);
    }
  };
  return (
    <form class="card request" onSubmit={(event) => void send(event)}>
      <Field
        label={t('to')}
        control={(tie) => (
          <select class="input" {...tie} required value={to} onChange={(event) => setTo(event.currentTarget.value)}>
            {places.map((place) => (
              <option key={place.name} value={place.name}>
                {`${place.name} (${t(`kind_${place.kind ?? 'gone'}`)})`}
              </option>
            ))}
          </select>
        )}
      />
      <Check label={t('all')} checked={all} onValue={setAll} />
      {all ? null : <Pick legend={t('channels')} hint={t('channels_hint')} find={t('find')} options={options} chosen={chosen} onChosen={setChosen} />}
      <Input label={t('case')} required maxLength={TEXT_MAX} autoComplete="off" value={matter} onValue={setMatter} />
      <TextArea label={t('reason')} required maxLength={TEXT_MAX} value={reason} onValue={setReason} />
      {isMail ? (
        <Note>{t('as_mail')}</Note>
      ) : (
        <fieldset class="formats">
          <legend>{legal('formats')}</legend>
          <p class="hint">{legal('formats_hint')}</p>
          {FORMATS.map((format) => (
            <Check
              key={format}
              checked={formats.includes(format)}
              onValue={(on) => setFormats(on ? [...formats, format] : formats.filter((one) => one !== format))}
              label={
                <>
                  {legal(`format_${format}`)} <span class="hint">{legal(`format_${format}_hint`)}</span>
                </>
              }
            />
          ))}
        </fieldset>
      )}
      <div class="row wrap">
        <Button kind="primary" type="submit" busy={busy} disabled={!ready}>
          {legal('send')}
        </Button>
        <a class="btn quiet" href={href('legal', 'archive')}>
          {words('cancel')}
        </a>
      </div>
    </form>
  );
}
