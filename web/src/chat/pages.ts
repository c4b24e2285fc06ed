// What is not needed for the first screen, as one chunk.

export { HistoryDialog, InfoDialog } from './about-message.tsx';
export { Confirmed } from './confirmed.tsx';
export { NewChannel } from './create.tsx';
export { Details } from './details.tsx';
export { Gallery, JumpTo } from './gallery.tsx';
export { EmojiGrid } from './emoji/picker.tsx';
export { ForwardDialog } from './forward.tsx';
export { Invites } from './invite.tsx';
export { LinkAhead, LinkCard } from './link.tsx';
export { Pinned } from './pinned.tsx';
export { People } from './people.tsx';
export { NewPoll, PollCard } from './poll.tsx';
export { Player } from './player.tsx';
export { VoiceNote } from './record.tsx';
export { Saved } from './saved.tsx';
export { Scheduled } from './scheduled.tsx';
export { Search } from './search.tsx';
export { Selection } from './selection.tsx';
export { SendLater } from './send-later.tsx';
export { Settings } from './settings.tsx';
export { askAnyway, Stopped, Watched } from '../supervised/stopped.tsx';
export { Switcher } from './switcher.tsx';
export { Viewer } from './viewer.tsx';
export { renew } from '../notices/waking.ts';
