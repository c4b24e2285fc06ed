import { Page } from '../ui/states.tsx';

export default function Auditor(_props: { path: string[] }) {
  return <Page title="Auditor" back="#/"> </Page>;
}
