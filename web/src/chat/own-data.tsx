// All that is one's own, taken out as one file: asked for with the secret, then fetched by the browser itself.

import { useSignal } from '@preact/signals';
import { post, url } from '../core/api.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Input } from '../ui/field.tsx';
import { toast } from '../ui/toast.tsx';
import { t } from './own-data-words.ts';

export function OwnData() {
  const asking = useSignal(false);
  return (
    <section class="card stack tight" aria-label={t('title')}>
      <h2>{t('title')}</h2>
      <p>
        {t('text')} {t('not_in')}
      </p>
      <Button icon="download" onClick={() => (asking.value = true)}>
        {t('get')}
      </Button>
      {asking.value ? <Ask onClose={() => (asking.value = false)} /> : null}
    </section>
  );
}

function Ask({ onClose }: { onClose: () => void }) {
  const secret = useSignal('');
  const busy = useSignal(false);
  const fault = useSignal<string | undefined>(undefined);
  const ask = async (): Promise<void> => {
    if (!secret.value || busy.value) return;
    busy.value = true;
    fault.value = undefined;
    try {
      const { position } = await post<{ position: number }>('/data', { secret: secret.value });
      fetchPack(position);
      toast(t('coming'));
      onClose();
    } catch (error) {
      fault.value = (error as Error).message;
      busy.value = false;
    }
  };
  return (
    <Dialog
      title={t('get')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" icon="download" busy={busy.value} disabled={!secret.value} onClick={() => void ask()}>
            {t('download')}
          </Button>
        </>
      }
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <p>{t('ask_text')}</p>
        <Input label={t('secret')} type="password" autocomplete="current-password" hint={t('secret_hint')} fault={fault.value} value={secret.value} onValue={(value) => (secret.value = value)} />
      </form>
    </Dialog>
  );
}

/** It is streamed to the disk: it may be larger than what a page can hold. */
function fetchPack(position: number): void {
  const link = document.createElement('a');
  link.href = url(`/data/${position}`);
  link.download = '';
  document.body.append(link);
  link.click();
  link.remove();
}
