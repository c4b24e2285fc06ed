// The words of previews of links.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  ahead: 'Goes with your message',
  remove: 'Send without the preview',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./link-words.*.ts', { import: 'default' }));
