// The words of the gallery, and of looking for what is in it.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  media: 'Pictures, files and links',
  pictures: 'Pictures',
  files: 'Files',
  links: 'Links',
  has: 'Has',
  none: 'Nothing here yet',
  older: 'Show older',
  show_in: 'Show in the conversation',
  day: 'Day',
  jump: 'Jump',
  arrival: 'What was brought in from elsewhere stands on the day it was brought in.',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./gallery-words.*.ts', { import: 'default' }));
