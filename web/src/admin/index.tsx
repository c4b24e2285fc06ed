// The administrator's room. Names, counts and rules; never a message.

import { Room } from '../rooms/room.tsx';
import { Ledger } from '../rooms/ledger.tsx';
import { learnChannels } from '../rooms/known.ts';
import { Channels } from './channels.tsx';
import { Exports } from './exports.tsx';
import { HealthView } from './health.tsx';
import { Invites } from './invites.tsx';
import { People } from './people.tsx';
import { PosterView } from './poster-view.tsx';
import { Retention } from './retention.tsx';
import { t } from './words.ts';
import './admin.css';

const PARTS = [
  { at: '', name: t('health') },
  { at: 'people', name: t('people') },
  { at: 'invites', name: t('invites') },
  { at: 'channels', name: t('channels') },
  { at: 'retention', name: t('retention') },
  { at: 'exports', name: t('exports') },
  { at: 'ledger', name: t('ledger') },
];

export default function Admin({ path }: { path: string[] }) {
  const [at = '', id] = path;
  learnChannels();
  return (
    <Room base="admin" only="admin" title={t('title')} parts={PARTS} at={at}>
      {view(at, id)}
    </Room>
  );
}

function view(at: string, id: string | undefined) {
  switch (at) {
    case 'people':
      return <People />;
    case 'invites':
      return id ? <PosterView invite={id} /> : <Invites />;
    case 'channels':
      return <Channels />;
    case 'retention':
      return <Retention />;
    case 'exports':
      return <Exports />;
    case 'ledger':
      return <Ledger />;
    default:
      return <HealthView />;
  }
}
