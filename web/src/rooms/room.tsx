// The frame of a room of governance: title, its parts as links, and one part at a time.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { href } from '../core/route.ts';
import type { Role } from '../core/types.ts';
import { Empty, Page } from '../ui/states.tsx';
import { underWay } from './act.ts';
import { me } from './known.ts';
import { t } from './words.ts';
import './room.css';

export interface Part {
  /** The address below the room's own; empty for the first. */
  at: string;
  name: string;
}

export function Room(props: { base: string; title: string; only: Role; parts: Part[]; at: string; children: ComponentChildren }) {
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone the part that is open may stand beyond the edge.
    bar.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [props.at]);
  if (me()?.role !== props.only) {
    // The server refuses anyhow; this only says it in words.
    return (
      <Page title={props.title} back="#/">
        <Empty icon="lock" title={t('not_yours')}>
          {t(`not_yours_${props.only === 'officer' || props.only === 'auditor' ? props.only : 'admin'}`)}
        </Empty>
      </Page>
    );
  }
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
    <Page title={props.title} back="#/" tabs={tabs} wide>
      {underWay.value ? <progress class="progress under-way" aria-label={t('under_way')} /> : null}
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
