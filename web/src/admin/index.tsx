// The administrator's room. Names, counts and rules; never a message.

import { Room } from '../rooms/room.tsx';
import { lazy } from '../ui/lazy.tsx';
import { learnChannels } from '../rooms/known.ts';
import { Channels } from './channels.tsx';
import { Exports } from './exports.tsx';
import { HealthView } from './health.tsx';
import { Invites } from './invites.tsx';
import { People } from './people.tsx';
import { t as signin } from '../security/house-words.ts';
import { t } from './words.ts';
import './admin.css';

// Each of these parts is fetched when it is first opened.
const Archive = lazy(() => import('../archive/archive.tsx').then((module) => module.Archive));
const Adoption = lazy(() => import('./adoption.tsx').then((module) => module.Adoption));
const Destructions = lazy(() => import('../rooms/destructions.tsx').then((module) => module.Destructions));
const Ledger = lazy(() => import('../rooms/ledger.tsx').then((module) => module.Ledger));
const Orders = lazy(() => import('../rooms/orders.tsx').then((module) => module.Orders));
const SigninRule = lazy(() => import('../security/rule.tsx').then((module) => module.SigninRule));
const PosterView = lazy(() => import('./poster-view.tsx').then((module) => module.PosterView));
const Retention = lazy(() => import('./retention.tsx').then((module) => module.Retention));

const parts = () => [
  { at: '', name: t('health') },
  { at: 'people', name: t('people') },
  { at: 'signin', name: signin('title') },
  { at: 'invites', name: t('invites') },
  { at: 'channels', name: t('channels') },
  { at: 'adoption', name: t('adoption') },
  { at: 'retention', name: t('retention') },
  { at: 'forget', name: t('forget') },
  { at: 'destroyed', name: t('destroyed') },
  { at: 'exports', name: t('exports') },
  { at: 'archive', name: t('archive') },
  { at: 'ledger', name: t('ledger') },
];

export default function Admin({ path }: { path: string[] }) {
  const [at = '', id] = path;
  learnChannels();
  return (
    <Room base="admin" only="admin" title={t('title')} parts={parts()} at={at}>
      {view(at, id)}
    </Room>
  );
}

function view(at: string, id: string | undefined) {
  switch (at) {
    case 'people':
      return <People />;
    case 'signin':
      return <SigninRule />;
    case 'invites':
      return id ? <PosterView invite={id} /> : <Invites />;
    case 'channels':
      return <Channels />;
    case 'adoption':
      return <Adoption />;
    case 'retention':
      return <Retention />;
    case 'forget':
      return <Orders base="admin" at={id} />;
    case 'destroyed':
      return <Destructions base="admin" at={id} />;
    case 'exports':
      return <Exports />;
    case 'archive':
      return <Archive />;
    case 'ledger':
      return <Ledger />;
    default:
      return <HealthView />;
  }
}
