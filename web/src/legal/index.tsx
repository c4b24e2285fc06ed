// The officer's room: matters and holds, orders to forget, rules that wait, exports, verifying. Cannot change a setting.

import { lazy } from '../ui/lazy.tsx';
import { learnChannels } from '../rooms/known.ts';
import { Room } from '../rooms/room.tsx';
import { Exports } from './exports.tsx';
import { Request } from './request.tsx';
import { t } from './words.ts';
import './legal.css';

// Each part is fetched when it is first opened.
const Archive = lazy(() => import('../archive/archive.tsx').then((module) => module.Archive));
const ArchivePropose = lazy(() => import('../archive/propose.tsx').then((module) => module.ArchivePropose));
const Destructions = lazy(() => import('../rooms/destructions.tsx').then((module) => module.Destructions));
const Ledger = lazy(() => import('../rooms/ledger.tsx').then((module) => module.Ledger));
const Matters = lazy(() => import('./matters.tsx').then((module) => module.Matters));
const Orders = lazy(() => import('../rooms/orders.tsx').then((module) => module.Orders));
const Proposals = lazy(() => import('../rooms/proposals.tsx').then((module) => module.ProposedRules));
const Reading = lazy(() => import('./reading.tsx').then((module) => module.Reading));
const SupervisionRoom = lazy(() => import('./supervision.tsx').then((module) => module.SupervisionRoom));
const Verify = lazy(() => import('./verify.tsx').then((module) => module.Verify));

const parts = () => [
  { at: '', name: t('exports') },
  { at: 'archive', name: t('archive') },
  { at: 'matters', name: t('matters') },
  { at: 'supervision', name: t('supervision') },
  { at: 'forget', name: t('forget') },
  { at: 'destroyed', name: t('destroyed') },
  { at: 'rules', name: t('rules') },
  { at: 'verify', name: t('verify') },
  { at: 'ledger', name: t('ledger') },
];

export default function Legal({ path }: { path: string[] }) {
  const [at = '', ...then] = path;
  learnChannels();
  return (
    <Room base="legal" only="officer" title={t('title')} parts={parts()} at={at === 'new' ? '' : at === 'read' ? 'matters' : at}>
      {view(at, then)}
    </Room>
  );
}

function view(at: string, then: string[]) {
  switch (at) {
    case 'archive':
      return then[0] === 'new' ? <ArchivePropose /> : <Archive />;
    case 'matters':
      return <Matters path={then} />;
    case 'read':
      return <Reading key={then[0]} id={then[0] ?? ''} c={then[1]} />;
    case 'supervision':
      return <SupervisionRoom path={then} />;
    case 'forget':
      return <Orders base="legal" at={then[0]} />;
    case 'destroyed':
      return <Destructions base="legal" at={then[0]} />;
    case 'rules':
      return <Proposals />;
    case 'verify':
      return <Verify />;
    case 'ledger':
      return <Ledger />;
    case 'new':
      return <Request />;
    default:
      return <Exports />;
  }
}
