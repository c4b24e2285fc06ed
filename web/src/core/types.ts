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
  /** The one that holds, and the one that was set for the channel itself. */
  floor_days: number | null;
  own_floor_days: number | null;
  locked: boolean;
  next: ComingRule | null;
}

/** What was approved and will hold from then on, unless somebody stops it. */
export interface ComingRule {
  keep_days: number | null;
  at: Ms;
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
  /** Seconds between two messages of one person. */
  slow: number;
  /** Days of the past that whoever is added reads; null: all of it. */
  history_days: number | null;
  /** The announcement channel that it stands under. */
  community: Id | null;
  /** How many ask to be let in. */
  asking: number;
  /** What the channel keeps at hand, oldest first. */
  pins: number[];
  /** What is written here is looked through by rules, and some of it is read. */
  watched: boolean;
}

export interface Channel extends ChannelShape {
  /** Not told of what is meant for us either. */
  muted_all: boolean;
  /** The first number that we read; 1: from the beginning. */
  from: number;
  unread: number;
  mentions: number;
  read: number;
  /** What waits for our confirmation, oldest first. */
  asks: number[];
  /** What we keep at hand for ourselves, oldest first. */
  saved: number[];
  wrote_at: Ms | null;
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
  | 'channel.slowed'
  | 'history.set'
  | 'channel.placed'
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
  /** How many are asked to confirm it, how many have, and whether we have. */
  ask?: { n: number; done: number; mine?: boolean } | null;
  poll?: Poll | null;
  /** Everybody was told of it, whatever they had muted and whatever the hour. */
  urgent?: boolean;
  /** What a link of the text led to when it was written. */
  lp?: LinkPreview | null;
  gone?: 'expired' | null;
  sys?: { act: SysAct; p?: Id; name?: string; keep_days?: number | null; n?: number; import?: Id } | null;
}

export interface LinkPreview {
  /** As it stands in the text. */
  url: string;
  title: string;
  description?: string;
  site?: string;
}

export interface Poll {
  /** In the order of the question, each with who chose it. */
  options: { b: string; u: Id[] }[];
  many?: boolean;
  closed?: boolean;
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
  floor_days: number | null;
  locked: boolean;
  next: ComingRule | null;
}

export interface Limits {
  frame: number;
  text: number;
  file: number;
  files: number;
}

/** From one minute of the day to another, by the clock of a zone. */
export interface QuietHours {
  from: number;
  to: number;
  zone: string;
}

export interface Bootstrap {
  me: Person;
  handle: string;
  device: Id;
  workspace: Workspace;
  people: Person[];
  channels: Channel[];
  asked: Asked[];
  quiet: QuietHours | null;
  /** Without their words. */
  scheduled: Waiting[];
  cur: string;
  now: Ms;
  /** The server looks at links for whoever writes them. */
  previews: boolean;
  limits: Limits;
}

/** A channel that we ask to be let in to. */
export interface Asked {
  id: Id;
  name: string;
}

/** A channel of a community, also to who is not in it. */
export interface Inside {
  id: Id;
  name: string;
  topic: string;
  people: number;
  mine: boolean;
  asked: boolean;
}

/** A message of ours that is sent later, or could not be sent. */
export interface Waiting {
  id: Id;
  c: Id;
  at: Ms;
  ts: Ms;
  b?: string;
  m?: Id[];
  why?: Unsent;
}

export type Unsent = 'left' | 'inactive' | 'forbidden' | 'closed' | 'slow' | 'destroyed' | 'refused' | 'supervised';

export interface Saved {
  items: { c: Id; at: Ms; item: Item }[];
  next: string | null;
}

export interface Site {
  workspace: string;
  setup_needed: boolean;
  build: string;
  signed_in: boolean;
  second_first: boolean;
  passkeys: boolean;
  /** How people of the company come in; null: by a PIN or password alone. */
  signin: { oidc: boolean; name: string | null; ldap: boolean } | null;
}

/** What a passkey is to sign. */
export interface Question {
  challenge: string;
  rp: string;
  allow: string[];
}

/** The secret was right; this is asked for beside it. */
export interface Half {
  ticket: string;
  expires_at: Ms;
  code: boolean;
  recovery: boolean;
  passkey: Question | null;
}

/** Recovery codes, shown once; null: there are some already. */
export interface Codes {
  recovery: string[] | null;
}

export interface Seconds {
  demanded: boolean;
  authenticator_since: Ms | null;
  recovery_left: number;
  passkeys: { id: Id; name: string; since: Ms }[];
  passkeys_here: boolean;
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
  /** The channels' owners are asked to let one in. */
  ask: boolean;
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

/** What is looked for in a message: pictures and films, other files, links. */
export type Holding = 'pictures' | 'files' | 'links';

export interface Media {
  /** Newest first. */
  items: Item[];
  next: number | null;
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

export interface Confirmations {
  people: { u: Id; state: 'confirmed' | 'seen' | 'waiting'; ts?: Ms; left?: boolean }[];
  remind_at: Ms | null;
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
  directory_at: Ms | null;
  second: boolean;
  /** Her name at the company's sign-in, whether she has come in by its provider, and whether she has a PIN or password here. */
  login: string | null;
  tied: boolean;
  secret: boolean;
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
  /** Something could go sooner than today: a second person has to approve it. */
  needs_approval: boolean;
  approvers: number;
  grace_hours: number;
}

export interface SetRule {
  keep_days: number | null;
  inherit: boolean;
  floor_days: number | null;
  locked: boolean;
}

export interface Dooms {
  channels: number;
  days: number;
  messages: number;
  files: number;
  first_day: string | null;
  last_day: string | null;
}

export interface Proposal {
  id: Id;
  c: Id | null;
  old: SetRule;
  new: SetRule;
  by: Id;
  at: Ms;
  lapses_at: Ms;
  state: 'waiting' | 'approved' | 'stopped' | 'lapsed' | 'taken';
  approved_by: Id | null;
  approved_at: Ms | null;
  takes_effect_at: Ms | null;
  stopped_by: Id | null;
  dooms: Dooms;
  dooms_now: Dooms | null;
}

export interface Proposals {
  proposals: Proposal[];
  grace_hours: number;
}

export interface Health {
  build: string;
  started_at: Ms;
  now: Ms;
  log: { events: number; bytes: number };
  checkpoint: { size: number; root: string; at: Ms } | null;
  sweep: { last_at: Ms | null; next_at: Ms; destroyed_scopes: number };
  disk: { free: number; total: number; reserve: number; read_only: boolean };
  was_cut_off: boolean;
  directory: { heard_at: Ms | null; people: number } | null;
  scanner: { is_required: boolean; failed: string | null; found: number; unscanned: number } | null;
  signin: { failed: string | null } | null;
  backup: { is_configured: boolean; at: Ms | null; keys_at: Ms | null; failed: string | null; keys_failed: string | null };
  witness: { configured: number; at: Ms | null };
  clock: { behind_ms: number };
  certificate: { ends_at: Ms | null; is_fetched: boolean; failed: string | null } | null;
  verified: { at: Ms; events: number; is_sound: boolean } | null;
  archive: ArchivePlace[];
  connections: number;
  /** Stable codes: what needs attention. */
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

export interface Hold {
  id: Id;
  /** None of them: all. */
  channels: Id[];
  people: Id[];
  /** UTC days, `2026-08-01`, both inside. */
  from_day: string | null;
  to_day: string | null;
  /** Only messages that one of these finds; none: all. */
  words: string[];
  by: Id;
  at: Ms;
  position: number;
}

export interface Matter {
  id: Id;
  name: string;
  reason: string;
  by: Id;
  at: Ms;
  closed_at: Ms | null;
  holds: Hold[];
}

/** What one officer may read for a matter. */
export interface Grant {
  id: Id;
  matter: Id;
  /** None of them: all. */
  channels: Id[];
  people: Id[];
  from_day: string | null;
  to_day: string | null;
  days: number;
  reason: string;
  by: Id;
  at: Ms;
  decided_by: Id | null;
  state: 'waiting' | 'refused' | 'approved' | 'ended';
  expires_at: Ms | null;
  ended_at: Ms | null;
  ended_why: 'given_back' | 'expired' | 'matter_closed' | 'role_lost' | null;
}

export type WatchAction = 'nudge' | 'flag' | 'block';
export type ReviewOutcome = 'no_concern' | 'follow_up' | 'escalated';

/** What became of what a rule took; `reviewed` is the sum of the three outcomes. */
export interface ReviewFigures {
  taken: number;
  reviewed: number;
  no_concern: number;
  follow_up: number;
  escalated: number;
  open: number;
  unqueued: number;
}

/** A rule of supervision. */
export interface WatchRule {
  id: Id;
  name: string;
  action: WatchAction;
  notice: string;
  words: string[];
  patterns: string[];
  /** None: everywhere. */
  channels: Id[];
  /** Of a thousand messages in which it finds nothing. */
  sample: number;
  state: 'waiting' | 'standing' | 'removed';
  by: Id;
  at: Ms;
  approved_by: Id | null;
  removed_by: Id | null;
  matched: ReviewFigures;
  sampled: ReviewFigures;
}

export interface Supervision {
  rules: WatchRule[];
  open: number;
  oldest_at: Ms | null;
}

/** A message that waits to be reviewed, without what it says. */
export interface TakenItem {
  item: number;
  c: Id;
  q: number;
  u: Id;
  at: Ms;
  rules: Id[];
  sampled: Id[];
  acknowledged: boolean;
  followed: { by: Id; at: Ms; note: string } | null;
}

export interface TakenPage {
  items: TakenItem[];
  next: number | null;
}

/** A message as the record has it. */
export interface Found {
  c: Id;
  q: number;
  ts: Ms;
  u: Id;
  b?: string;
  f?: File[];
  th?: number;
  re?: number;
  versions?: { ts: Ms; until: Ms; b: string }[];
  del?: { ts: Ms; u: Id };
  rx?: Record<string, Id[]>;
  imp?: { from: string; at: Ms; import: Id };
  gone?: true;
  kept?: true;
  /** What officers noted about it for the matter. */
  tags?: Tag[];
  notes?: { id: Id; u: Id; ts: Ms; b: string }[];
}

/** One of the four that every matter has, or one of its own by number. */
export type Tag = 'relevant' | 'not_relevant' | 'privileged' | 'hot' | `w${number}`;

export interface MatterTags {
  tags: { tag: Tag; word?: string; messages: number }[];
  messages: number;
  notes: number;
}

export interface ChosenChannels {
  channels: { c: Id; messages: number; from: Ms; to: Ms }[];
  limit: number;
}

export interface DestroyedDay {
  c: Id;
  day: string;
  messages: number;
  at: Ms;
  keep_days: number | null;
}

/** Somebody, or the server by itself, at a position of the log. */
export interface Said {
  position: number;
  at: Ms;
  by: Id | null;
}

/** What the log says of one destruction. Null is what the asker may not know, or what was not counted. */
export interface Destruction {
  kind: 'expired' | 'erased' | 'redacted' | 'released';
  plan: string;
  channel: Id | null;
  person: Id | null;
  days: string[];
  numbers: number[];
  intended: Said;
  done: Said;
  taken: { messages: number; files: number; bytes: number } | null;
  places: { channel: Id | null; from_day: string; to_day: string; messages: number; files: number; bytes: number }[];
  destroyed: { records: number; files: number } | null;
  kept: { why: 'hold' | 'floor'; matter: Id | null; until: string | null; channel: Id | null; records: number; messages: number }[] | null;
  bundles: Id[] | null;
  rule: { channel: Id | null; keep_days: number | null; floor_days: number | null; set: Said; proposed: Said | null; approved: Said | null; grace_hours: number | null } | null;
  order: { id: Id; reason: string | null; requested: Said; approved: Said | null } | null;
  kept_for: Id | null;
  released: Said[];
}

export interface Certificate {
  format: string;
  made_for: Role;
  facts: Destruction;
  names: { workspace: string; channels: Record<Id, string>; people: Record<Id, string>; matters: Record<Id, string> };
  evidence: { position: number; at: Ms; act: string; leaf: string }[];
  log_key: string;
}

export interface AdoptionFigures {
  people: number;
  active_week: number;
  active_month: number;
  behind: number;
}
export interface Adoption {
  all: AdoptionFigures | null;
  groups: { id: Id | null; name: string; channels: number; figures: AdoptionFigures | null }[];
  people_min: number;
}

export interface Unusual {
  findings: { what: 'many_exports' | 'many_looks' | 'off_hours'; actor: Id; day: string; act: string; n: number }[];
  since: Ms;
  from_hour: number;
  to_hour: number;
}

export interface GrantedHits {
  hits: { item: Found; snippet: string; around: Found[] }[];
  next: string | null;
  destroyed: DestroyedDay[];
  position: number;
}

export interface GrantedPage {
  items: Found[];
  before: number | null;
  after: number | null;
  destroyed: DestroyedDay[];
  position: number;
}

export interface Count {
  messages: number;
  with_files: number;
  gone: number;
  kept: number;
  hits?: number;
}

export interface Tally extends Count {
  channels: (Count & { c: Id })[];
  people: (Count & { u: Id })[];
  days: (Count & { day: string })[];
  destroyed: DestroyedDay[];
  partial: boolean;
  position: number;
}

/** That officers opened content of one's channel. */
export interface LookTold {
  c: Id;
  day: string;
  n: number;
  how: 'matter' | 'export';
  told_at: Ms;
}

/** Of a redaction `q` is what is left to do. */
export type Order = {
  id: Id;
  reason: string;
  by: Id;
  at: Ms;
  decided_by: Id | null;
  state: 'waiting' | 'refused' | 'approved' | 'done';
} & ({ kind: 'erase'; person: Id } | { kind: 'redact'; c: Id; q: number[] });

export interface OrderPreview {
  messages: number;
  /** To officers. */
  exact?: {
    records: number;
    files: number;
    kept: { why: 'hold' | 'floor'; matter: Id | null; channel: Id | null; until: string | null; records: number }[];
  };
}

export interface LogStatus {
  size: number;
  root: string;
  signed_at: Ms | null;
  now: Ms;
  witnesses: { name: string; url: string; size: number | null; at: Ms | null; age_seconds: number | null; tried_at: Ms | null; error: string | null }[];
  outside_at: Ms | null;
  outside_size: number | null;
  timestamp: { url: string; size: number | null; at: Ms | null; error: string | null } | null;
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
  state: 'waiting' | 'refused' | 'running' | 'ready' | 'failed' | 'destroyed' | 'cancelled' | 'expired';
  decided_by?: Id | null;
  phase?: 'reading' | 'files' | 'proofs' | 'packing' | null;
  done?: number;
  total?: number;
  events?: number | null;
  bytes?: number | null;
  sha256?: string | null;
  /** Until when it can be downloaded. */
  expires_at?: Ms | null;
  error?: string | null;
  /** Only messages that were tagged so. */
  chosen?: { matter: Id | null; tagged: Tag[]; not_tagged: Tag[]; messages: number } | null;
}

/** Where days that are over go by themselves. */
export interface ArchivePlace {
  name: string;
  kind: 'directory' | 'smtp' | 's3' | null;
  schedules: number;
  at: Ms | null;
  waiting: number;
  oldest_day: number | null;
  failed: string | null;
  said: string | null;
  failing_since: Ms | null;
  again_at: Ms | null;
  lost_at: Ms | null;
  missed: number;
}

export interface ArchiveSchedule {
  id: Id;
  to: string;
  channels: { c: Id; name: string }[];
  formats: ExportFormat[];
  reason: string;
  case: string;
  by: Id;
  at: Ms;
  state: 'waiting' | 'refused' | 'running' | 'ended';
  decided_by: Id | null;
  ended_by: Id | null;
  since_day: number;
  next_day: number;
  delivered: number;
  missed: number;
  recent: { export: Id; c: Id; channel_name: string; day: number; at: Ms; bytes: number; sha256: string; pieces: number; locked_until: Ms | null }[];
}

export interface Archives {
  destinations: ArchivePlace[];
  schedules: ArchiveSchedule[];
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
  | ({ t: 'confirm' | 'remind'; d: { of: number; u: Id; ts: Ms } } & Sequenced)
  | ({ t: 'pin'; d: { of: number; on: boolean; u: Id; ts: Ms } } & Sequenced)
  | ({ t: 'vote'; d: { of: number; o: number[]; u: Id; ts: Ms } } & Sequenced)
  | ({ t: 'close'; d: { of: number; u: Id; ts: Ms } } & Sequenced)
  /** Something happened to what we do not read. */
  | ({ t: 'hidden' } & Sequenced)
  | ({ t: 'purge'; d: { ranges: [number, number][]; day: string; why: string; u?: Id } } & Sequenced)
  | ({ t: 'read' | 'got'; c: Id; d: { u: Id; q: number; ts: Ms } } & Placed)
  | { t: 'channel'; c: Id; cur?: string; d: ChannelShape }
  | ({ t: 'joined'; c: Id; d: Channel } & Placed)
  | ({ t: 'left'; c: Id } & Placed)
  | ({ t: 'person'; d: Person } & Placed)
  | ({ t: 'workspace'; d: Workspace } & Placed)
  | ({ t: 'muted'; c: Id; d: { on: boolean; all: boolean } } & Placed)
  | ({ t: 'saved'; c: Id; d: { of: number; on: boolean } } & Placed)
  | ({ t: 'scheduled'; c: Id; d: { id: Id; at?: Ms; why?: Unsent; gone?: true } } & Placed)
  | { t: 'export'; d: ExportJob }
  | { t: 'import'; d: ImportJob }
  | { t: 'typing'; c: Id; u: Id; th?: number | null }
  | { t: 'presence'; u: Id; on: boolean }
  | DraftFrame;

/** What is being written on another device; without words: it was sent or cleared. */
export interface DraftFrame {
  t: 'draft';
  c: Id;
  thread?: number;
  text: string;
  at: Ms;
}

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
  | { t: 'send'; c: Id; b: string; th?: number; re?: number; f?: Id[]; m?: Id[]; ask?: true; urgent?: true; poll?: NewPoll; lp?: Id; acknowledged?: Id[] }
  | { t: 'edit'; c: Id; q: number; b: string; m?: Id[]; acknowledged?: Id[] }
  | { t: 'del'; c: Id; q: number }
  | { t: 'react'; c: Id; q: number; e: string; on: boolean }
  | { t: 'read' | 'got' | 'confirm' | 'remind'; c: Id; q: number }
  | { t: 'pin'; c: Id; q: number; on: boolean }
  | { t: 'vote'; c: Id; q: number; o: number[] }
  | { t: 'close'; c: Id; q: number }
  | { t: 'save'; c: Id; q: number; on: boolean }
  | { t: 'schedule'; c: Id; b: string; m?: Id[]; at: Ms; acknowledged?: Id[] }
  | { t: 'schedule.change'; schedule: Id; b: string; m?: Id[]; at: Ms; acknowledged?: Id[] }
  | { t: 'schedule.cancel' | 'schedule.now'; schedule: Id }
  | { t: 'mute'; c: Id; on: boolean; all?: boolean }
  | { t: 'channel.create'; kind: 'group' | 'announcement'; name: string; topic?: string; people: Id[] }
  | { t: 'channel.direct'; with: Id }
  | { t: 'channel.edit'; c: Id; name?: string; topic?: string; kind?: 'group' | 'announcement' }
  | { t: 'channel.add'; c: Id; people: Id[] }
  | { t: 'channel.remove'; c: Id; person: Id }
  | { t: 'channel.leave'; c: Id }
  | { t: 'channel.owner'; c: Id; person: Id; on: boolean }
  | { t: 'channel.archive'; c: Id; on: boolean }
  | { t: 'channel.slow'; c: Id; seconds: number }
  | { t: 'channel.history'; c: Id; days: number | null }
  | { t: 'channel.place'; c: Id; community: Id | null }
  | { t: 'channel.ask'; c: Id }
  | { t: 'channel.refuse'; c: Id; person: Id }
  | { t: 'profile'; name: string }
  | { t: 'quiet'; hours: QuietHours | null }
  | { t: 'invite.create'; role: 'member' | 'guest'; channels: Id[]; hours: number; uses: number; note?: string; ask?: boolean }
  | { t: 'invite.revoke'; invite: Id }
  | { t: 'device.revoke'; device: Id }
  | { t: 'person.role'; person: Id; role: Role }
  | { t: 'person.login'; person: Id; login: string | null }
  | { t: 'person.deactivate'; person: Id; leave: boolean }
  | { t: 'person.reactivate' | 'person.reset'; person: Id }
  | { t: 'second.remove'; person: Id }
  | { t: 'signin.rule'; second: Role[]; days: number | null; idle_days: number | null }
  | { t: 'workspace.edit'; name: string }
  | { t: 'policy.set'; c: Id | null; keep_days: number | null; inherit?: boolean; floor_days: number | null; lock?: boolean }
  | { t: 'policy.approve' | 'policy.stop'; proposal: Id }
  | { t: 'matter.open'; name: string; reason: string }
  | { t: 'hold.place'; matter: Id; channels: Id[]; people: Id[]; from?: Ms; to?: Ms; words: string[] }
  | { t: 'hold.release'; hold: Id }
  | { t: 'matter.close'; matter: Id }
  | { t: 'grant.request'; matter: Id; channels: Id[]; people: Id[]; from?: Ms; to?: Ms; reason: string; days: number }
  | { t: 'grant.approve' | 'grant.refuse' | 'grant.end'; grant: Id }
  | { t: 'tag.name'; matter: Id; word: string }
  | { t: 'tag.set'; grant: Id; c: Id; q: number; add?: Tag[]; remove?: Tag[] }
  | { t: 'note.write'; grant: Id; c: Id; q: number; text: string }
  | { t: 'note.withdraw'; grant: Id; c: Id; q: number; note: Id }
  | { t: 'export.tagged'; matter: Id; c: Id; tagged: Tag[]; not_tagged: Tag[]; reason: string; case: string; formats?: ExportFormat[] }
  | { t: 'supervision.set'; name: string; action: WatchAction; notice: string; words: string[]; patterns: string[]; channels: Id[]; sample: number }
  | { t: 'supervision.approve' | 'supervision.remove'; rule: Id }
  | { t: 'supervision.review'; item: number; outcome: ReviewOutcome; note: string }
  | { t: 'erase.request'; person: Id; reason: string }
  | { t: 'redact.request'; c: Id; q: number[]; reason: string }
  | { t: 'order.approve' | 'order.refuse'; order: Id }
  | { t: 'export.request'; c: Id; from: Ms; to: Ms; reason: string; case: string; formats?: ExportFormat[] }
  | { t: 'export.approve' | 'export.refuse' | 'export.cancel'; export: Id }
  | { t: 'archive.propose'; to: string; channels: Id[]; formats?: ExportFormat[]; reason: string; case: string }
  | { t: 'archive.approve' | 'archive.refuse' | 'archive.end'; schedule: Id };

/** What is asked with a message, whose text is the question. */
export interface NewPoll {
  o: string[];
  many: boolean;
}

/** What a bundle may hold beside its evidence, jsonl, which is always in. */
export type ExportFormat = 'html' | 'rsmf' | 'concordance' | 'eml' | 'mbox' | 'mattermost' | 'actiance' | 'slack';

/** What an `ack` may carry, all commands together. */
export interface Ack {
  t: 'ack';
  id: Id;
  c?: Id;
  q?: number;
  ts?: Ms;
  note?: Id;
  invite?: Id;
  code?: string;
  url?: string;
  expires_at?: Ms;
  export?: Id;
  matter?: Id;
  hold?: Id;
  order?: Id;
  proposal?: Id;
  grant?: Id;
  rule?: Id;
  schedule?: Id;
}
