// What stands beside the conversation, or instead of it on a phone: a heading, a way out, and Escape.

import type { ComponentChildren } from 'preact';
import { IconButton } from './button.tsx';

interface Way {
  icon: 'back' | 'close';
  label: string;
  onClick: () => void;
}

export function Panel({ title, out, children }: { title: string; out: Way; children: ComponentChildren }) {
  const heading = <h1 class="grow clip">{title}</h1>;
  return (
    <aside
      class="panel"
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) out.onClick();
      }}
    >
      <header class="bar">
        {out.icon === 'close' ? heading : null}
        <IconButton {...out} />
        {out.icon === 'back' ? heading : null}
      </header>
      {children}
    </aside>
  );
}
