// One figure with its name and what stands behind it.

import type { ComponentChildren } from 'preact';

export function Tile(props: { name: string; value: ComponentChildren; children?: ComponentChildren }) {
  return (
    <div class="tile">
      <span class="name">{props.name}</span>
      <span class="value">{props.value}</span>
      {props.children ? <div class="hint">{props.children}</div> : null}
    </div>
  );
}
