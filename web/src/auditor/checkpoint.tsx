// The newest checkpoint: what it says, who signed it, and a copy to keep.

import { useEffect, useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { formatNumber } from '../core/i18n.ts';
import { dateTime } from '../core/time.ts';
import type { Checkpoint } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { Code, Facts, Note, saveFile, When } from '../rooms/pieces.tsx';
import { checkSignature, parseNote, type Signature } from '../rooms/proof/note.ts';
import { Section } from '../rooms/room.tsx';
import { Tile } from '../rooms/tile.tsx';
import { t } from './words.ts';

export function CheckpointView() {
  const checkpoint = useLoad<Checkpoint>((signal) => get('/log/checkpoint', {}, { signal }));
  return (
    <Section
      title={t('checkpoint')}
      hint={t('hint')}
      actions={
        <Button busy={checkpoint.loading} onClick={checkpoint.reload}>
          {t('renew')}
        </Button>
      }
    >
      <Load from={checkpoint}>{(data) => <Newest data={data} />}</Load>
    </Section>
  );
}

function Newest({ data }: { data: Checkpoint }) {
  const [signature, setSignature] = useState<Signature>();
  const note = parseNote(data.note);
  useEffect(() => {
    let here = true;
    setSignature(undefined);
    if (note) void checkSignature(note, data.key).then((found) => here && setSignature(found));
    return () => {
      here = false;
    };
  }, [data]);
  if (!note) return <Note kind="bad">{t('unread')}</Note>;
  const save = (): void => saveFile(`checkpoint-${note.size}.txt`, 'text/plain', data.note);
  return (
    <>
      <div class="tiles">
        <Tile name={t('size')} value={formatNumber(note.size)}>
          {note.size ? t('size_hint', { last: note.size - 1 }) : null}
        </Tile>
        <Tile name={t('signed')} value={<When ts={data.at} relative />}>
          {dateTime(data.at)}
        </Tile>
        <Tile name={t('signature')} value={<span class={`verdict ${signature ?? ''}`}>{signature ? t(signature) : '…'}</span>}>
          {signature ? t(`${signature}_text`) : null}
        </Tile>
      </div>
      <div class="card stack">
        <Facts
          rows={[
            [t('origin'), note.origin],
            [t('root'), <Code key="root" value={data.root} what={t('root')} whole />],
            [t('key'), <Code key="key" value={data.key} what={t('key')} whole />],
          ]}
        />
        <p class="hint">{t('key_hint')}</p>
        <div>
          <span class="label">{t('note')}</span>
          <pre class="signed-note">{data.note}</pre>
        </div>
        <div class="row wrap">
          <Button kind="primary" icon="download" onClick={save}>
            {t('save')}
          </Button>
          <span class="hint grow">{t('save_hint')}</span>
        </div>
      </div>
    </>
  );
}
