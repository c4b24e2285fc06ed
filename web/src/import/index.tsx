import { Page } from '../ui/states.tsx';

export default function Import(_props: { path: string[] }) {
  return <Page title="Import" back="#/"> </Page>;
}
