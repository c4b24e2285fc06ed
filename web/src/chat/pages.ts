// What is not needed for the first screen, as one chunk.

export { HistoryDialog, InfoDialog } from './about-message.tsx';
export { NewChannel } from './create.tsx';
export { Details } from './details.tsx';
export { EmojiGrid } from './emoji-grid.tsx';
export { Invites } from './invite.tsx';
export { People } from './people.tsx';
export { Search } from './search.tsx';
export { Settings } from './settings.tsx';
export { Switcher } from './switcher.tsx';
