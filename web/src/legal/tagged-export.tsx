// Asking for an export of what is tagged: exactly how many messages of which channels, one order each.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { command } from '../core/live.ts';
import { go, href } from '../core/route.ts';
import type { ChosenChannels, ExportFormat, Matter, MatterTags, Tag } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Check, TextArea } from '../ui/field.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { channelName } from '../rooms/known.ts';
import { Note } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { t as words } from '../rooms/words.ts';
import { Formats } from './formats.tsx';
import { OfMatter } from './of-matter.tsx';
import { t } from './tag-words.ts';
import { tagName, useTags } from './tags.tsx';
import { t as exportWords } from './words.ts';

const TEXT_MAX = 1_000;

export function ExportTagged({ id }: { id: string }) {
  const tags = useTags(id);
  return (
    <OfMatter id={id}>
      {({ matter }) => (
        <Section title={t('export_title', { matter: matter.name })} hint={t('export_hint')}>
          <Load from={tags}>{(all) => <Form matter={matter} all={all} />}</Load>
        </Section>
      )}
    </OfMatter>
  );
}

function Form({ matter, all }: { matter: Matter; all: MatterTags }) {
  const [wanted, setWanted] = useState<Tag[]>(['relevant']);
  const [unwanted, setUnwanted] = useState<Tag[]>(['privileged']);
  const [reason, setReason] = useState('');
  const [formats, setFormats] = useState<ExportFormat[]>(['html']);
  const [busy, setBusy] = useState(false);
  const clash = wanted.some((tag) => unwanted.includes(tag));
  const sound = wanted.length > 0 && !clash;
  const chosen = useLoad<ChosenChannels>(
    async (signal) => (sound ? get(`/matters/${matter.id}/tagged`, { tagged: wanted.join(','), not_tagged: unwanted.join(',') }, { signal }) : { channels: [], limit: 0 }),
    [wanted.join(), unwanted.join()],
  );
  const will = sound && !chosen.loading ? chosen.data : undefined;
  const over = will?.channels.find((one) => one.messages > will.limit);
  const ready = will !== undefined && will.channels.length > 0 && !over && reason.trim() !== '';
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!will || !ready) return;
    setBusy(true);
    try {
      for (const { c } of will.channels) {
        await command({ t: 'export.tagged', matter: matter.id, c, tagged: wanted, not_tagged: unwanted, reason: reason.trim(), case: matter.name, formats });
      }
      toast(t('sent', { n: will.channels.length }));
      go(href('legal', 'matters', matter.id));
    } catch (error) {
      // What was asked for before it stands, and is on the list of exports.
      toastFault(error);
      setBusy(false);
    }
  };
  return (
    <form class="card request hold-form" onSubmit={(event) => void send(event)}>
      <div class="dates">
        <Tags legend={t('with_all')} all={all} chosen={wanted} onChosen={setWanted} />
        <Tags legend={t('with_none')} all={all} chosen={unwanted} onChosen={setUnwanted} />
      </div>
      <TextArea label={exportWords('reason')} required maxLength={TEXT_MAX} value={reason} onValue={setReason} />
      <Formats value={formats} onValue={setFormats} />
      <section class="preview" aria-label={t('will')} aria-live="polite">
        <h3>{t('will')}</h3>
        {wanted.length === 0 ? <p class="hint">{t('choose')}</p> : null}
        {clash ? <p class="fault">{t('clash')}</p> : null}
        {sound ? (
          <Load from={chosen}>
            {({ channels }) =>
              channels.length ? (
                <>
                  <ul>
                    {channels.map((one) => (
                      <li key={one.c}>{t('in', { n: one.messages, channel: channelName(one.c) })}</li>
                    ))}
                  </ul>
                  <p>
                    <strong>{t('sum', { n: channels.reduce((sum, one) => sum + one.messages, 0) })}</strong>
                  </p>
                </>
              ) : (
                <p class="hint">{t('will_none')}</p>
              )
            }
          </Load>
        ) : null}
        {over ? <Note kind="bad">{t('too_many', { channel: channelName(over.c), n: will?.limit ?? 0 })}</Note> : null}
      </section>
      <p class="hint">{t('withheld_hint')}</p>
      <div class="row wrap">
        <Button kind="primary" type="submit" busy={busy} disabled={!ready}>
          {t('send', { n: will?.channels.length ?? 0 })}
        </Button>
        <a class="btn quiet" href={href('legal', 'matters', matter.id)}>
          {words('cancel')}
        </a>
      </div>
    </form>
  );
}

function Tags({ legend, all, chosen, onChosen }: { legend: string; all: MatterTags; chosen: Tag[]; onChosen: (tags: Tag[]) => void }) {
  return (
    <fieldset class="picker">
      <legend class="label">{legend}</legend>
      <div class="scroll">
        {all.tags.map(({ tag }) => (
          <Check
            key={tag}
            label={tagName(all, tag)}
            checked={chosen.includes(tag)}
            onValue={(on) => onChosen(on ? [...chosen, tag] : chosen.filter((one) => one !== tag))}
          />
        ))}
      </div>
    </fieldset>
  );
}
