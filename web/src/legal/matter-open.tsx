// Opening a matter: what it is called and why.

import { useState } from 'preact/hooks';
import { command } from '../core/live.ts';
import { go, href } from '../core/route.ts';
import { Button } from '../ui/button.tsx';
import { Input, TextArea } from '../ui/field.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { Note } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { useMatters } from '../rooms/use-governance.ts';
import { t as words } from '../rooms/words.ts';
import { t } from './matter-words.ts';

const NAME_MAX = 80;
const REASON_MAX = 1_000;

export function OpenMatter() {
  const matters = useMatters();
  const [name, setName] = useState('');
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const isTaken = matters.data?.some((matter) => matter.name.toLocaleLowerCase() === name.trim().toLocaleLowerCase());
  const open = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      const { matter } = await command({ t: 'matter.open', name: name.trim(), reason: reason.trim() });
      toast(t('open_done'));
      go(matter ? href('legal', 'matters', matter) : href('legal', 'matters'));
    } catch (error) {
      toastFault(error);
      setBusy(false);
    }
  };
  return (
    <Section title={t('open_title')} hint={t('open_hint')}>
      <form class="card request" onSubmit={(event) => void open(event)}>
        <Input label={t('name')} hint={t('name_hint')} required maxLength={NAME_MAX} autoComplete="off" value={name} onValue={setName} />
        {isTaken ? <Note kind="sun">{t('name_taken')}</Note> : null}
        <TextArea label={t('reason')} required maxLength={REASON_MAX} value={reason} onValue={setReason} />
        <div class="row wrap">
          <Button kind="primary" type="submit" busy={busy} disabled={!name.trim() || !reason.trim()}>
            {t('open')}
          </Button>
          <a class="btn quiet" href={href('legal', 'matters')}>
            {words('cancel')}
          </a>
        </div>
      </form>
    </Section>
  );
}
