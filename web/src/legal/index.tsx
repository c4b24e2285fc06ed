// The officer's room: ask for an export, decide on another's, download, verify. Cannot change a setting.

import { Ledger } from '../rooms/ledger.tsx';
import { learnChannels } from '../rooms/known.ts';
import { Room } from '../rooms/room.tsx';
import { Exports } from './exports.tsx';
import { Request } from './request.tsx';
import { Verify } from './verify.tsx';
import { t } from './words.ts';
import './legal.css';

const PARTS = [
  { at: '', name: t('exports') },
  { at: 'verify', name: t('verify') },
  { at: 'ledger', name: t('ledger') },
];

export default function Legal({ path }: { path: string[] }) {
  const [at = ''] = path;
  learnChannels();
  return (
    <Room base="legal" only="officer" title={t('title')} parts={PARTS} at={at === 'new' ? '' : at}>
      {at === 'verify' ? <Verify /> : at === 'ledger' ? <Ledger /> : at === 'new' ? <Request /> : <Exports />}
    </Room>
  );
}
