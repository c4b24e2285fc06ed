// Proposing a rule of supervision: what it looks for, where, and what happens when it finds something.

import { useState } from 'preact/hooks';
import { command } from '../core/live.ts';
import { go, href } from '../core/route.ts';
import type { Id, WatchAction } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Input, Select, TextArea } from '../ui/field.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { byName } from '../rooms/channel-options.tsx';
import { channelTitle, fetchChannels, type AdminChannel } from '../rooms/known.ts';
import { Pick } from '../rooms/pick.tsx';
import { Section } from '../rooms/room.tsx';
import { t as words } from '../rooms/words.ts';
import { t as matterWords } from './matter-words.ts';
import { t } from './supervision-words.ts';

const NAME_MAX = 80;
const NOTICE_MAX = 300;
const SAMPLE_MAX = 1_000;
const ACTIONS: WatchAction[] = ['nudge', 'flag', 'block'];

export function NewRule() {
  const channels = useLoad((signal) => fetchChannels(signal));
  return (
    <Section title={t('new_title')} hint={t('new_hint')}>
      <Load from={channels}>{(known) => <Form known={known} />}</Load>
    </Section>
  );
}

function Form({ known }: { known: AdminChannel[] }) {
  const [name, setName] = useState('');
  const [action, setAction] = useState<WatchAction>('nudge');
  const [notice, setNotice] = useState('');
  const [looked, setLooked] = useState('');
  const [patterns, setPatterns] = useState('');
  const [sample, setSample] = useState('0');
  const [channels, setChannels] = useState<Id[]>([]);
  const [busy, setBusy] = useState(false);
  const back = href('legal', 'supervision');
  const n = Number(sample);
  const fits = Number.isInteger(n) && n >= 0 && n <= SAMPLE_MAX;
  const looks = lines(looked).length + lines(patterns).length > 0;
  const ready = !!name.trim() && fits && (looks || n > 0) && (action === 'flag' || (looks && !!notice.trim()));
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await command({ t: 'supervision.set', name: name.trim(), action, notice: notice.trim(), words: lines(looked), patterns: lines(patterns), channels, sample: n });
      toast(t('asked'));
      go(back);
    } catch (error) {
      toastFault(error);
      setBusy(false);
    }
  };
  return (
    <form class="card request hold-form" onSubmit={(event) => void send(event)}>
      <Input label={t('name')} required maxLength={NAME_MAX} value={name} onValue={setName} />
      <Select label={t('action')} hint={t(`${action}_hint` as 'nudge_hint')} value={action} options={ACTIONS.map((one) => ({ value: one, label: t(one) }))} onValue={setAction} />
      <TextArea label={t('notice')} hint={t('notice_hint')} required={action !== 'flag'} maxLength={NOTICE_MAX} rows={2} dir="auto" value={notice} onValue={setNotice} />
      <TextArea label={t('words')} hint={t('words_hint')} dir="auto" value={looked} onValue={setLooked} />
      <TextArea label={t('patterns')} hint={t('patterns_hint')} dir="ltr" spellcheck={false} value={patterns} onValue={setPatterns} />
      <Input label={t('sample')} hint={t('sample_hint')} type="number" min={0} max={SAMPLE_MAX} value={sample} fault={fits ? undefined : t('sample_fault')} onValue={setSample} />
      <Pick
        legend={matterWords('channels')}
        hint={t('channels_hint')}
        find={matterWords('channels_find')}
        options={[...known].sort(byName).map((one) => ({ id: one.id, name: one.archived ? words('archived', { name: channelTitle(one) }) : channelTitle(one) }))}
        chosen={channels}
        onChosen={setChannels}
        more={(many) => matterWords('more_options', { n: many })}
      />
      <div class="row wrap">
        <Button kind="primary" type="submit" busy={busy} disabled={!ready}>
          {t('propose')}
        </Button>
        <a class="btn quiet" href={back}>
          {words('cancel')}
        </a>
      </div>
    </form>
  );
}

const lines = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter(Boolean);
