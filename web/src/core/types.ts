// The shapes of docs/PROTOCOL.md. No behaviour, and nothing the server does not send.

export type Id = string;
export type Ms = number;

export type Role = 'member' | 'guest' | 'admin' | 'officer' | 'auditor' | 'bot';
export type ChannelKind = 'group' | 'announcement' | 'direct';

export interface Person {
  id: Id;
  name: string;
  role: Role;
  handle: string;
  active: boolean;
  online: boolean;
  imported: boolean;
}

export interface Member {
  p: Id;
  owner: boolean;
  read: number;
  got: number;
}

export interface Rule {
  keep_days: number | null;
  from: 'channel' | 'workspace';
}

/** What `joined` and `channel` frames carry. */
export interface ChannelShape {
  id: Id;
  kind: ChannelKind;
  name: string | null;
  topic: string;
  created_at: Ms;
  archived: boolean;
  members: Member[];
  head: number;
  muted: boolean;
  rule: Rule;
}

export interface Channel extends ChannelShape {
  unread: number;
  mentions: number;
  read: number;
  last: Item | null;
}

export interface File {
  id: Id;
  name: string;
  mime: string;
  size: number;
  w?: number;
  h?: number;
  thumb?: boolean;
}

export type SysAct =
  | 'channel.created'
  | 'channel.changed'
  | 'channel.archived'
  | 'member.added'
  | 'member.removed'
  | 'member.left'
  | 'owner.granted'
  | 'owner.revoked'
  | 'policy.set'
  | 'import.finished';

export interface Item {
  q: number;
  ts: Ms;
  u: Id;
  b?: string;
  k?: Id;
  th?: number | null;
  re?: { q: number; u: Id; b: string } | null;
  f?: File[];
  m?: Id[];
  ed?: { ts: Ms; n: number } | null;
  del?: { ts: Ms; u: Id } | null;
  rx?: Record<string, Id[]>;
  thread?: { n: number; last: number; ts: Ms } | null;
  imp?: { from: string; at: Ms; import: Id } | null;
  gone?: 'expired' | null;
  sys?: { act: SysAct; p?: Id; name?: string; keep_days?: number | null; n?: number; import?: Id } | null;
}

export interface Expired {
  day: string;
  messages: number;
}

export interface Page {
  items: Item[];
  head: number;
  more_before: boolean;
  more_after: boolean;
  expired: Expired[];
}

export interface Workspace {
  name: string;
  keep_days: number | null;
}

export interface Limits {
  frame: number;
  text: number;
  file: number;
  files: number;
}

export interface Bootstrap {
  me: Person;
  handle: string;
  device: Id;
  workspace: Workspace;
  people: Person[];
  channels: Channel[];
  cur: string;
  now: Ms;
  limits: Limits;
}

export interface Site {
  workspace: string;
  setup_needed: boolean;
  build: string;
  signed_in: boolean;
}

export interface Welcome {
  me: Person;
  handle: string;
  device: Id;
}

export interface JoinPreview {
  workspace: string;
  channels: string[];
  role: Role;
  invited_by: string;
  kind: 'invite' | 'reset' | 'device';
  name?: string;
}

export interface Device {
  id: Id;
  label: string;
  current: boolean;
  opened_at: Ms;
  seen_at: Ms;
}

export interface SearchHit {
  c: Id;
  item: Item;
  snippet: string;
}

export interface SearchResult {
  hits: SearchHit[];
  next: string | null;
  oldest_kept?: Ms;
  /** More may be found soon: the server is still reading. */
  partial?: boolean;
}

/** Whose, and when, where that is kept. */
export type Receipt = Id | { u: Id; ts: Ms };

export interface Receipts {
  read: Receipt[];
  delivered: Receipt[];
  waiting: Receipt[];
}

export interface Invite {
  id: Id;
  code: string;
  url: string;
  role: Role;
  channels: { id: Id; name: string }[];
  made_by: Id;
  made_at: Ms;
  expires_at: Ms;
  uses: number;
  used: number;
  revoked: boolean;
  note: string | null;
}

export interface AdminPerson extends Person {
  joined_at: Ms;
  seen_at: Ms | null;
  devices: number;
  channels: number;
}

export interface AdminChannel {
  id: Id;
  kind: ChannelKind;
  name: string | null;
  members: number | Id[];
  owners: Id[];
  created_at: Ms;
  archived: boolean;
  messages: number;
  rule: Rule;
  last_at: Ms | null;
}

export interface PolicyPreview {
  channels: {
    id: Id;
    name: string | null;
    days: number;
    messages: number;
    files: number;
    first_day: string | null;
    last_day: string | null;
  }[];
  messages: number;
  files: number;
  next_run_at: Ms;
}

export interface Health {
  build: string;
  started_at: Ms;
  now: Ms;
  log: { events: number; bytes: number };
  checkpoint: { size: number; root: string; at: Ms } | null;
  sweep: { last_at: Ms | null; next_at: Ms; destroyed_scopes: number };
  disk: { free: number; total: number };
  views: { name: string; position: number }[];
  connections: number;
  warnings: string[];
}

export interface LedgerEntry {
  position: number;
  at: Ms;
  act: string;
  actor: Id | null;
  channel: Id | null;
  object: Record<string, unknown>;
  leaf: string;
}

export interface LedgerPage {
  entries: LedgerEntry[];
  next: number | string | null;
}

export interface Checkpoint {
  note: string;
  size: number;
  root: string;
  at: Ms;
  key: string;
}

export interface ExportJob {
  id: Id;
  c: Id;
  channel_name: string | null;
  from: Ms;
  to: Ms;
  reason: string;
  case: string;
  by: Id;
  at: Ms;
  state: 'waiting' | 'refused' | 'running' | 'ready' | 'failed';
  decided_by?: Id | null;
  phase?: 'reading' | 'files' | 'proofs' | 'packing' | null;
  done?: number;
  total?: number;
  events?: number | null;
  bytes?: number | null;
  sha256?: string | null;
  error?: string | null;
}

export type DateOrder = 'day_first' | 'month_first' | 'year_first';

export interface ImportPreview {
  form: 'android' | 'ios';
  group_name: string | null;
  date_order: DateOrder | null;
  ambiguous: { candidates: DateOrder[]; examples: string[] } | null;
  first_at: Ms;
  last_at: Ms;
  messages: number;
  attachments: number;
  attachments_missing: number;
  system: number;
  already_here: number;
  people: { name: string; kind: 'contact' | 'unknown' | 'phone'; messages: number; suggest: Id | null }[];
  unreadable: { line: number; text: string; why: string }[];
  unreadable_total: number;
  sample: { at: Ms; from: string; b: string }[];
}

export interface ImportJob {
  id: Id;
  c: Id;
  state: 'preview' | 'running' | 'done' | 'failed';
  file: string;
  sha256: string;
  bytes: number;
  by: Id;
  at: Ms;
  done: number;
  total: number;
  error: { code: string; message: string; line?: number } | null;
  preview?: ImportPreview | null;
  result: { added: number; already_here: number; attachments: number; unreadable: number } | null;
}

/** Events of the socket and of `/sync`. */
interface Sequenced {
  c: Id;
  q: number;
  cur: string;
}
interface Placed {
  cur: string;
}
export type Frame =
  | ({ t: 'msg'; d: Item } & Sequenced)
  | ({ t: 'edit'; d: { of: number; b: string; m?: Id[]; u: Id; ts: Ms; n: number } } & Sequenced)
  | ({ t: 'del'; d: { of: number; u: Id; ts: Ms } } & Sequenced)
  | ({ t: 'react'; d: { of: number; e: string; on: boolean; u: Id; ts: Ms } } & Sequenced)
  | ({ t: 'purge'; d: { ranges: [number, number][]; day: string; why: string } } & Sequenced)
  | ({ t: 'read' | 'got'; c: Id; d: { u: Id; q: number; ts: Ms } } & Placed)
  | { t: 'channel'; c: Id; cur?: string; d: ChannelShape }
  | ({ t: 'joined'; c: Id; d: Channel } & Placed)
  | ({ t: 'left'; c: Id } & Placed)
  | ({ t: 'person'; d: Person } & Placed)
  | ({ t: 'workspace'; d: Workspace } & Placed)
  | ({ t: 'muted'; c: Id; d: { on: boolean } } & Placed)
  | { t: 'export'; d: ExportJob }
  | { t: 'import'; d: ImportJob }
  | { t: 'typing'; c: Id; u: Id; th?: number | null }
  | { t: 'presence'; u: Id; on: boolean };

export interface Ready {
  t: 'ready';
  v: number;
  me: Id;
  dev: Id;
  now: Ms;
  hb: number;
  build: string;
  resumed: boolean;
  cur: string;
  online: Id[];
  limits: Limits;
}

/** Commands without their id, which is minted when they are given. */
export type Command =
  | { t: 'send'; c: Id; b: string; th?: number; re?: number; f?: Id[]; m?: Id[] }
  | { t: 'edit'; c: Id; q: number; b: string; m?: Id[] }
  | { t: 'del'; c: Id; q: number }
  | { t: 'react'; c: Id; q: number; e: string; on: boolean }
  | { t: 'read' | 'got'; c: Id; q: number }
  | { t: 'mute'; c: Id; on: boolean }
  | { t: 'channel.create'; kind: 'group' | 'announcement'; name: string; topic?: string; people: Id[] }
  | { t: 'channel.direct'; with: Id }
  | { t: 'channel.edit'; c: Id; name?: string; topic?: string; kind?: 'group' | 'announcement' }
  | { t: 'channel.add'; c: Id; people: Id[] }
  | { t: 'channel.remove'; c: Id; person: Id }
  | { t: 'channel.leave'; c: Id }
  | { t: 'channel.owner'; c: Id; person: Id; on: boolean }
  | { t: 'channel.archive'; c: Id; on: boolean }
  | { t: 'profile'; name: string }
  | { t: 'invite.create'; role: 'member' | 'guest'; channels: Id[]; hours: number; uses: number; note?: string }
  | { t: 'invite.revoke'; invite: Id }
  | { t: 'device.revoke'; device: Id }
  | { t: 'person.role'; person: Id; role: Role }
  | { t: 'person.deactivate' | 'person.reactivate' | 'person.reset'; person: Id }
  | { t: 'workspace.edit'; name: string }
  | { t: 'policy.set'; c: Id | null; keep_days: number | null; inherit?: boolean }
  | { t: 'export.request'; c: Id; from: Ms; to: Ms; reason: string; case: string }
  | { t: 'export.approve' | 'export.refuse'; export: Id };

/** What an `ack` may carry, all commands together. */
export interface Ack {
  t: 'ack';
  id: Id;
  c?: Id;
  q?: number;
  ts?: Ms;
  invite?: Id;
  code?: string;
  url?: string;
  expires_at?: Ms;
  export?: Id;
}
