// A table that becomes a list of cards on a phone, and says the same to a screen reader in both shapes.

import type { ComponentChildren } from 'preact';
import { Wide } from '../ui/wide.tsx';

export interface Column<R> {
  name: string;
  cell: (row: R) => ComponentChildren;
  /** The row's own name: first, and a card's heading on a phone. */
  main?: boolean;
  /** Numbers stand at the end. */
  end?: boolean;
  /** Left out on a phone. */
  wide?: boolean;
  /** Buttons: the name is only spoken, and on a phone they stand beside the heading. */
  quiet?: boolean;
}

export function DataTable<R>(props: {
  caption: string;
  columns: Column<R>[];
  rows: R[];
  keyOf: (row: R) => string | number;
  empty?: ComponentChildren;
  muted?: (row: R) => boolean;
  /** On a phone: one entry under the other without the columns' names, as in a log. */
  lines?: boolean;
}) {
  if (!props.rows.length && props.empty) return <>{props.empty}</>;
  // The roles are given by hand because a table that is laid out as cards loses its own.
  return (
    <Wide label={props.caption}>
      <table class={`table cards${props.lines ? ' lines' : ''}`} role="table" aria-label={props.caption}>
        <thead role="rowgroup">
          <tr role="row">
            {props.columns.map((column) => (
              <th key={column.name} role="columnheader" scope="col" class={column.end ? 'end' : ''}>
                {column.quiet ? <span class="unseen">{column.name}</span> : column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {props.rows.map((row) => (
            <tr key={props.keyOf(row)} role="row" class={props.muted?.(row) ? 'muted' : ''}>
              {props.columns.map((column) => (
                <td
                  key={column.name}
                  role={column.main ? 'rowheader' : 'cell'}
                  class={`${column.end ? 'end' : ''}${column.main ? ' row-name' : ''}${column.quiet ? ' quiet' : ''}${column.wide ? ' wide-only' : ''}`}
                  data-name={column.main || column.quiet ? undefined : column.name}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

/** A cell with nothing in it. */
export function None() {
  return <span class="none">–</span>;
}
