// A plain table with a caption, right-aligned numbers and an empty state.

import type { ComponentChildren } from 'preact';
import { Wide } from './wide.tsx';

export interface Column<R> {
  name: string;
  cell: (row: R) => ComponentChildren;
  /** Numbers stand at the end. */
  end?: boolean;
  /** For columns of buttons: the name is only spoken. */
  quiet?: boolean;
}

export function Table<R>(props: { caption: string; columns: Column<R>[]; rows: R[]; keyOf: (row: R) => string | number; empty?: ComponentChildren }) {
  if (!props.rows.length && props.empty) return <>{props.empty}</>;
  return (
    <Wide label={props.caption}>
      <table class="table">
        <caption class="unseen">{props.caption}</caption>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <th key={column.name} scope="col" class={column.end ? 'end' : ''}>
                {column.quiet ? <span class="unseen">{column.name}</span> : column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={props.keyOf(row)}>
              {props.columns.map((column) => (
                <td key={column.name} class={column.end ? 'end' : ''}>
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
