// The first step: which file, from a phone in which zone.

import { useState } from 'preact/hooks';
import { ApiError, upload } from '../core/api.ts';
import { formatNumber } from '../core/i18n.ts';
import type { Channel, ImportJob } from '../core/types.ts';
import { Select } from '../ui/field.tsx';
import { Drop, Note } from '../rooms/pieces.tsx';
import { Earlier } from './earlier.tsx';
import { ownOffset, zones } from './zones.ts';
import { t } from './words.ts';

const FILE_BYTES_MAX = 200 * 1024 * 1024;

export function ChooseFile({ channel, onJob }: { channel: Channel; onJob: (job: ImportJob) => void }) {
  const [zone, setZone] = useState(String(ownOffset()));
  const [sending, setSending] = useState<{ name: string; sent: number; size: number }>();
  const [fault, setFault] = useState<ApiError | string>();
  const send = async (file: File): Promise<void> => {
    const refused = !/\.(txt|zip)$/i.test(file.name) ? t('wrong_type') : file.size > FILE_BYTES_MAX ? t('too_large') : undefined;
    setFault(refused);
    if (refused) return;
    setSending({ name: file.name, sent: 0, size: file.size });
    try {
      const query = { c: channel.id, name: file.name, offset_minutes: Number(zone) };
      onJob(await upload<ImportJob>('/imports', query, file, (sent) => setSending({ name: file.name, sent, size: file.size })));
    } catch (error) {
      setFault(error instanceof ApiError ? error : String(error));
    } finally {
      setSending(undefined);
    }
  };
  if (sending) return <Sending {...sending} />;
  return (
    <>
      <p>{t('file_hint')}</p>
      {fault ? <Refusal fault={fault} /> : null}
      <Select label={t('zone')} hint={t('zone_hint')} value={zone} options={zones()} onValue={setZone} />
      <Drop label={t('drop')} hint={t('drop_hint')} accept=".txt,.zip,text/plain,application/zip" onFile={(file) => void send(file)} />
      <Earlier channel={channel} />
    </>
  );
}

function Sending({ name, sent, size }: { name: string; sent: number; size: number }) {
  const up = sent < size;
  return (
    <div class="card stack" role="status">
      <strong>{up ? t('uploading', { name }) : t('reading')}</strong>
      <progress class="progress" aria-label={up ? t('uploading', { name }) : t('reading')} value={up ? sent : undefined} max={size || 1} />
      {up ? <span class="hint">{formatNumber(Math.floor((sent / (size || 1)) * 100))} %</span> : null}
    </div>
  );
}

function Refusal({ fault }: { fault: ApiError | string }) {
  if (typeof fault === 'string') {
    return (
      <Note kind="bad" alert>
        {fault}
      </Note>
    );
  }
  const line = fault.body?.line;
  return (
    <Note kind="bad" alert>
      <strong>{t('failed')}</strong>
      <p>
        {typeof line === 'number' ? `${t('line', { n: line })}: ` : ''}
        {fault.message}
      </p>
    </Note>
  );
}
