// The auditor's room: is the record whole? There is no content anywhere in it.

import { lazy } from '../ui/lazy.tsx';
import { Room } from '../rooms/room.tsx';
import { CheckpointView } from './checkpoint.tsx';
import { Verify } from './verify.tsx';
import { t } from './words.ts';
import './auditor.css';

const Archive = lazy(() => import('../archive/archive.tsx').then((module) => module.Archive));
const Destructions = lazy(() => import('../rooms/destructions.tsx').then((module) => module.Destructions));
const Ledger = lazy(() => import('../rooms/ledger.tsx').then((module) => module.Ledger));

const parts = () => [
  { at: '', name: t('checkpoint') },
  { at: 'verify', name: t('verify') },
  { at: 'destroyed', name: t('destructions') },
  { at: 'archive', name: t('archive') },
  { at: 'ledger', name: t('ledger') },
];

export default function Auditor({ path }: { path: string[] }) {
  const [at = '', id] = path;
  return (
    <Room base="auditor" only="auditor" title={t('title')} parts={parts()} at={at}>
      {view(at, id)}
    </Room>
  );
}

function view(at: string, id: string | undefined) {
  switch (at) {
    case 'verify':
      return <Verify />;
    case 'destroyed':
      return <Destructions base="auditor" at={id} />;
    case 'archive':
      return <Archive />;
    case 'ledger':
      return <Ledger />;
    default:
      return <CheckpointView />;
  }
}
