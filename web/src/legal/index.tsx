import { Page } from '../ui/states.tsx';

export default function Legal(_props: { path: string[] }) {
  return <Page title="Legal" back="#/"> </Page>;
}
