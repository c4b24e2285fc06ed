// The frame of a room of governance: title, its parts as links, and one part at a time.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { href } from '../core/route.ts';
import { Page } from '../ui/states.tsx';
import './room.css';

export interface Part {
  /** The address below the room's own; empty for the first. */
  at: string;
  name: string;
}

export function Room(props: { base: string; title: string; parts: Part[]; at: string; wide?: boolean; actions?: ComponentChildren; children: ComponentChildren }) {
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone the part that is open may stand beyond the edge.
    bar.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [props.at]);
  const tabs = (
    <nav ref={bar} class="tabs" aria-label={props.title}>
      {props.parts.map((part) => (
        <a key={part.at} href={part.at ? href(props.base, part.at) : href(props.base)} aria-current={part.at === props.at ? 'page' : undefined}>
          {part.name}
        </a>
      ))}
    </nav>
  );
  return (
    <Page title={props.title} back="#/" tabs={tabs} wide={props.wide ?? true} actions={props.actions}>
      <div class="room">{props.children}</div>
    </Page>
  );
}

/** A heading with what can be done beside it. */
export function Section(props: { title: string; hint?: ComponentChildren; actions?: ComponentChildren; children?: ComponentChildren }) {
  return (
    <section class="part" aria-label={props.title}>
      <header>
        <div class="grow">
          <h2>{props.title}</h2>
          {props.hint ? <p class="hint">{props.hint}</p> : null}
        </div>
        {props.actions ? <div class="row wrap">{props.actions}</div> : null}
      </header>
      {props.children}
    </section>
  );
}
