import { Page } from '../ui/states.tsx';

export default function Admin(_props: { path: string[] }) {
  return <Page title="Admin" back="#/"> </Page>;
}
