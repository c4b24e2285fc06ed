// Closing a matter: its grants end, and those whose channels were read are told.

import type { Matter } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { confirm } from '../ui/dialog.tsx';
import { toast } from '../ui/toast.tsx';
import { act } from '../rooms/act.ts';
import { Section } from '../rooms/room.tsx';
import { t } from './review-words.ts';

export function CloseMatter({ matter, onChange }: { matter: Matter; onChange: () => void }) {
  const close = async (): Promise<void> => {
    const yes = await confirm({ title: t('close_title', { name: matter.name }), body: <p>{t('close_text')}</p>, action: t('close'), danger: true });
    if (!yes || !(await act({ t: 'matter.close', matter: matter.id }))) return;
    toast(t('close_done'));
    onChange();
  };
  return (
    <Section title={t('close_section')} hint={t(matter.holds.length ? 'close_held' : 'close_hint')}>
      <div class="row">
        <Button kind="danger" disabled={matter.holds.length > 0} onClick={() => void close()}>
          {t('close')}
        </Button>
      </div>
    </Section>
  );
}
