// The newest checkpoint: what it says, who signed it, and a copy to keep.

import { useEffect, useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { formatNumber } from '../core/i18n.ts';
import { href } from '../core/route.ts';
import { ago, dateTime } from '../core/time.ts';
import type { Checkpoint, Health } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { needText } from '../rooms/house.tsx';
import { Code, Facts, Note, saveFile, When } from '../rooms/pieces.tsx';
import { checkSignature, parseNote, type Signature } from '../rooms/proof/note.ts';
import { Section } from '../rooms/room.tsx';
import { Tile } from '../rooms/tile.tsx';
import { Outside } from './outside.tsx';
import { t } from './words.ts';

export function CheckpointView() {
  return (
    <>
      <Newest />
      <Outside />
      <Running />
    </>
  );
}

function Newest() {
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
      <Load from={checkpoint}>{(data) => <Signed data={data} />}</Load>
    </Section>
  );
}

function Signed({ data }: { data: Checkpoint }) {
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
        {data.at ? (
          <Tile name={t('signed')} value={<When ts={data.at} relative />}>
            {dateTime(data.at)}
          </Tile>
        ) : null}
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

/** What the server says of itself; unlike the above, nothing here is proved. */
function Running() {
  const health = useLoad<Health>((signal) => get('/admin/health', {}, { signal }));
  return (
    <Section title={t('server')} hint={t('server_hint')}>
      <Load from={health}>
        {(data) => (
          <>
            <div class="tiles">
              <Tile name={t('sweep')} value={!data.sweep.last_at ? t('sweep_never') : <When ts={data.sweep.last_at} relative />}>
                {t('sweep_next', { when: ago(data.sweep.next_at, data.now) })}
              </Tile>
              <Tile name={t('destroyed')} value={formatNumber(data.sweep.destroyed_scopes)}>
                <a href={`${href('auditor', 'ledger')}?act=destroy.done`}>{t('destroyed_show')}</a>
              </Tile>
              <Tile name={t('uncovered')} value={formatNumber(Math.max(0, data.log.events - (data.checkpoint?.size ?? 0)))}>
                {t('uncovered_hint', { size: data.checkpoint?.size ?? 0 })}
              </Tile>
              <Tile name={t('started')} value={<When ts={data.started_at} relative />}>
                {t('build', { build: data.build })}
              </Tile>
            </div>
            {data.warnings.map((warning) => (
              <Note key={warning} kind="sun">
                {needText(warning)}
              </Note>
            ))}
          </>
        )}
      </Load>
    </Section>
  );
}
