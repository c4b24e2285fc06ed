// The auditor's room: is the record whole? There is no content anywhere in it.

import { Ledger } from '../rooms/ledger.tsx';
import { Room } from '../rooms/room.tsx';
import { CheckpointView } from './checkpoint.tsx';
import { Verify } from './verify.tsx';
import { t } from './words.ts';
import './auditor.css';

const PARTS = [
  { at: '', name: t('checkpoint') },
  { at: 'verify', name: t('verify') },
  { at: 'ledger', name: t('ledger') },
];

export default function Auditor({ path }: { path: string[] }) {
  const [at = ''] = path;
  return (
    <Room base="auditor" only="auditor" title={t('title')} parts={PARTS} at={at}>
      {at === 'verify' ? <Verify /> : at === 'ledger' ? <Ledger /> : <CheckpointView />}
    </Room>
  );
}
