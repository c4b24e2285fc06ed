// The words of what is unusual in the ledger.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  title: 'Unusual',
  none: 'Nothing unusual since {date}.',
  hint: 'Many exports or looks on one day, and any on weekends or outside of {from} to {to}, by your clock. It need not be wrong. Looked at since {date}.',
  many_exports: '{who} exported {n} time on {day}.|{who} exported {n} times on {day}.',
  many_looks: '{who} looked {n} time on {day}.|{who} looked {n} times on {day}.',
  off_exports: '{who} exported outside of hours on {day}, {n} time.|{who} exported outside of hours on {day}, {n} times.',
  off_looks: '{who} looked outside of hours on {day}, {n} time.|{who} looked outside of hours on {day}, {n} times.',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./unusual-words.*.ts', { import: 'default' }));
