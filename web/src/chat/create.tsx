// A new channel: its name, its kind, who is in it.

import { useSignal } from '@preact/signals';
import { command } from '../core/live.ts';
import type { Id } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Input, Select } from '../ui/field.tsx';
import { PickPeople } from './pick.tsx';
import { t } from './words.ts';

export function NewChannel({ onClose, onMade }: { onClose: () => void; onMade: (c: Id) => void }) {
  const name = useSignal('');
  const topic = useSignal('');
  const kind = useSignal<'group' | 'announcement'>('group');
  const people = useSignal<Id[]>([]);
  const busy = useSignal(false);
  const fault = useSignal<string | undefined>(undefined);
  const make = async () => {
    busy.value = true;
    fault.value = undefined;
    try {
      const words = topic.value.trim();
      const ack = await command({ t: 'channel.create', kind: kind.value, name: name.value.trim(), people: people.value, ...(words ? { topic: words } : {}) });
      onMade(ack.c ?? '');
    } catch (error) {
      fault.value = (error as Error).message;
      busy.value = false;
    }
  };
  return (
    <Dialog
      title={t('new_channel')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" busy={busy.value} disabled={!name.value.trim()} onClick={() => void make()}>
            {t('create')}
          </Button>
        </>
      }
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.value.trim()) void make();
        }}
      >
        <Input label={t('create_name')} hint={t('create_hint')} value={name.value} maxLength={80} autoFocus fault={fault.value} onValue={(value) => (name.value = value)} />
        <Input label={t('create_topic')} value={topic.value} maxLength={200} onValue={(value) => (topic.value = value)} />
        <Select
          label={t('kind')}
          value={kind.value}
          options={[
            { value: 'group', label: t('kind_group') },
            { value: 'announcement', label: t('kind_announcement') },
          ]}
          onValue={(value) => (kind.value = value)}
        />
        <div class="field">
          <span class="label">
            {t('create_people')} {people.value.length ? <span class="muted">· {t('selected_n', { n: people.value.length })}</span> : null}
          </span>
          <PickPeople chosen={people.value} onChange={(list) => (people.value = list)} />
        </div>
      </form>
    </Dialog>
  );
}
