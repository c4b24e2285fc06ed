// The words that the rooms of governance share.

import { translator } from '../core/i18n.ts';

export const t = translator({
  never: 'never',
  for_ever: 'for ever',
  days: '{n} day|{n} days',
  as_workspace: 'as the workspace',
  people: '{n} person|{n} people',
  messages: '{n} message|{n} messages',
  files: '{n} file|{n} files',
  channels: '{n} channel|{n} channels',
  the_server: 'The server',
  somebody: 'Somebody ({id})',
  direct: 'Direct: {names}',
  direct_unnamed: 'Direct channel',
  unnamed: 'Channel {id}',
  as_of: 'As of {time}.',
  stale: 'Not renewed since {time}: {why}',
  refresh: 'Refresh',
  more: 'Show more',
  shown: '{n} shown',
  copy: 'Copy {what}',
  copied: 'Copied',
  save: 'Save',
  cancel: 'Cancel',
  close: 'Close',
  select_all: 'All',
  file_choose: 'Choose a file',
  file_drop: 'or drop it here',
});
