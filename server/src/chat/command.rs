//! What can be asked for. Closed: what is not here cannot be done.

use migrations_free_store::{Id, Position, Scope};
use serde::{Deserialize, Serialize};

use super::account::{Account, Source};
use super::directory::Told;
use super::event::{Content, Entry, FileFact, Hash, PollFact, Restoration};
use super::grant::Reach;
use super::quiet::QuietHours;
use super::refusal::Refusal;
use super::second::{Keep as SecondKeep, Second};
use super::subject::Subject;
use super::supervision::{Action, Outcome};
use super::tag::Tag;
use super::taken::{KeptBack, Taken};

/// The longest message text, in bytes.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;
/// The longest name of a person, channel or workspace, in characters.
pub const NAME_CHARS_MAX: usize = 80;
pub const TOPIC_CHARS_MAX: usize = 300;
pub const REASON_CHARS_MAX: usize = 1_000;
pub const FILES_MAX: usize = 10;
pub const MENTIONS_MAX: usize = 50;
pub const EMOJI_BYTES_MAX: usize = 32;
pub const MEMBERS_AT_ONCE_MAX: usize = 500;
pub const INVITE_HOURS_MAX: u32 = 24 * 365;
pub const INVITE_USES_MAX: u32 = 10_000;
pub const KEEP_DAYS_MAX: u32 = 36_500;
/// Channels or people that one hold names.
pub const HOLD_NAMES_MAX: usize = 500;
pub const HOLD_WORDS_MAX: usize = 100;
pub const HOLD_WORDS_CHARS_MAX: usize = 200;
/// Messages that one order names.
pub const REDACT_MESSAGES_MAX: usize = 100;
/// People that one message asks for a confirmation.
pub const AUDIENCE_MAX: usize = 5_000;
/// How many answers a poll has.
pub const POLL_OPTIONS: std::ops::RangeInclusive<usize> = 2..=12;
pub const POLL_OPTION_CHARS_MAX: usize = 100;
/// Urgent messages of one channel and day (UTC): what comes every hour is urgent to nobody.
pub const URGENT_PER_DAY_MAX: u32 = 5;
/// Between two reminders of one message.
pub const REMIND_EVERY_MS: u64 = 5 * 60_000;
/// How many days of the past somebody new can be shown at most, where it is not all of it.
pub const HISTORY_DAYS_MAX: u32 = 3_650;
/// Channels in one community.
pub const COMMUNITY_CHANNELS_MAX: usize = 100;
/// People who wait to be let in to one channel.
pub const ASKING_MAX: usize = 500;
/// How slow a channel can be made, in seconds.
pub const SLOW_SECONDS: [u32; 7] = [0, 10, 30, 60, 300, 900, 3_600];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Member,
    Guest,
    Admin,
    Officer,
    Auditor,
    Bot,
}

impl Role {
    pub const ALL: [Role; 6] = [
        Role::Member,
        Role::Guest,
        Role::Admin,
        Role::Officer,
        Role::Auditor,
        Role::Bot,
    ];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    Group,
    Announcement,
    Direct,
}

/// What a bundle may hold beside its evidence, in the order of the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// The evidence: always in.
    Jsonl,
    Html,
    Rsmf,
    Concordance,
    Eml,
    Mbox,
    Mattermost,
    Actiance,
    Slack,
}

/// A command from a person, as the wire names it (`t`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", deny_unknown_fields)]
pub enum Command {
    #[serde(rename = "send")]
    Send(Send),
    #[serde(rename = "edit")]
    Edit {
        c: Id,
        q: u64,
        b: String,
        #[serde(default)]
        m: Vec<Id>,
        #[serde(default)]
        acknowledged: Vec<Id>,
    },
    #[serde(rename = "del")]
    Delete { c: Id, q: u64 },
    #[serde(rename = "react")]
    React { c: Id, q: u64, e: String, on: bool },
    #[serde(rename = "read")]
    Read { c: Id, q: u64 },
    #[serde(rename = "got")]
    Got { c: Id, q: u64 },
    #[serde(rename = "confirm")]
    Confirm { c: Id, q: u64 },
    #[serde(rename = "remind")]
    Remind { c: Id, q: u64 },
    #[serde(rename = "pin")]
    Pin { c: Id, q: u64, on: bool },
    /// Keeps it at hand for oneself.
    #[serde(rename = "save")]
    Save { c: Id, q: u64, on: bool },
    /// `o`: which answers, from 0; none takes the vote back.
    #[serde(rename = "vote")]
    Vote { c: Id, q: u64, o: Vec<u8> },
    #[serde(rename = "close")]
    PollClose { c: Id, q: u64 },
    /// To be sent then, and not now.
    #[serde(rename = "schedule")]
    Schedule {
        c: Id,
        b: String,
        #[serde(default)]
        m: Vec<Id>,
        /// Milliseconds since 1970.
        at: u64,
        #[serde(default)]
        acknowledged: Vec<Id>,
    },
    #[serde(rename = "schedule.change")]
    ScheduleChange {
        schedule: Id,
        b: String,
        #[serde(default)]
        m: Vec<Id>,
        at: u64,
        #[serde(default)]
        acknowledged: Vec<Id>,
    },
    #[serde(rename = "schedule.cancel")]
    ScheduleCancel { schedule: Id },
    #[serde(rename = "schedule.now")]
    ScheduleNow { schedule: Id },
    /// Told only of what is meant for oneself; `all`: not of that either. A duty to confirm, and what is urgent, still are.
    #[serde(rename = "mute")]
    Mute {
        c: Id,
        on: bool,
        #[serde(default)]
        all: bool,
    },
    #[serde(rename = "channel.create")]
    ChannelCreate {
        kind: ChannelKind,
        name: String,
        #[serde(default)]
        topic: String,
        #[serde(default)]
        people: Vec<Id>,
    },
    #[serde(rename = "channel.direct")]
    ChannelDirect { with: Id },
    #[serde(rename = "channel.edit")]
    ChannelEdit {
        c: Id,
        #[serde(default)]
        name: Option<String>,
        #[serde(default)]
        topic: Option<String>,
        #[serde(default)]
        kind: Option<ChannelKind>,
    },
    #[serde(rename = "channel.add")]
    ChannelAdd { c: Id, people: Vec<Id> },
    #[serde(rename = "channel.remove")]
    ChannelRemove { c: Id, person: Id },
    #[serde(rename = "channel.leave")]
    ChannelLeave { c: Id },
    #[serde(rename = "channel.owner")]
    ChannelOwner { c: Id, person: Id, on: bool },
    #[serde(rename = "channel.archive")]
    ChannelArchive { c: Id, on: bool },
    #[serde(rename = "channel.slow")]
    ChannelSlow { c: Id, seconds: u32 },
    /// What of the past whoever is added from now on reads: so many days, 0 nothing, null all of it.
    #[serde(rename = "channel.history")]
    ChannelHistory { c: Id, days: Option<u32> },
    /// The channel stands under this announcement channel from now on; null: under none.
    #[serde(rename = "channel.place")]
    ChannelPlace { c: Id, community: Option<Id> },
    /// To be let in.
    #[serde(rename = "channel.ask")]
    ChannelAsk { c: Id },
    /// Whoever asked is not let in; of oneself: one asks no more.
    #[serde(rename = "channel.refuse")]
    ChannelRefuse { c: Id, person: Id },
    #[serde(rename = "profile")]
    Profile { name: String },
    /// When one is told of nothing; null: never.
    #[serde(rename = "quiet")]
    Quiet { hours: Option<QuietHours> },
    #[serde(rename = "invite.create")]
    InviteCreate {
        role: Role,
        #[serde(default)]
        channels: Vec<Id>,
        hours: u32,
        uses: u32,
        #[serde(default)]
        note: String,
        /// Whoever comes by it asks the channels' owners to be let in.
        #[serde(default)]
        ask: bool,
    },
    #[serde(rename = "invite.revoke")]
    InviteRevoke { invite: Id },
    #[serde(rename = "device.revoke")]
    DeviceRevoke { device: Id },
    #[serde(rename = "person.role")]
    PersonRole { person: Id, role: Role },
    #[serde(rename = "person.deactivate")]
    PersonDeactivate {
        person: Id,
        /// Who left the company leaves its channels too, and passes on those that had no other owner.
        #[serde(default)]
        leave: bool,
    },
    #[serde(rename = "person.reactivate")]
    PersonReactivate { person: Id },
    #[serde(rename = "person.reset")]
    PersonReset { person: Id },
    /// Takes off all that somebody who lost it shows beside her secret.
    #[serde(rename = "second.remove")]
    SecondRemove { person: Id },
    /// Whom a second factor is demanded of, and how long sessions last; null: no end.
    #[serde(rename = "signin.rule")]
    SigninRule {
        second: Vec<Role>,
        days: Option<u32>,
        idle_days: Option<u32>,
    },
    /// Her name at the company's sign-in; null: none.
    #[serde(rename = "person.login")]
    PersonLogin { person: Id, login: Option<String> },
    #[serde(rename = "workspace.edit")]
    WorkspaceEdit { name: String },
    #[serde(rename = "policy.set")]
    PolicySet {
        #[serde(default)]
        c: Option<Id>,
        #[serde(default)]
        keep_days: Option<u32>,
        #[serde(default)]
        inherit: bool,
        /// Days before which nothing is forgotten.
        #[serde(default)]
        floor_days: Option<u32>,
        /// From now on the floor can only be lengthened.
        #[serde(default)]
        lock: bool,
    },
    #[serde(rename = "policy.approve")]
    PolicyApprove { proposal: Id },
    #[serde(rename = "policy.stop")]
    PolicyStop { proposal: Id },
    #[serde(rename = "matter.open")]
    MatterOpen { name: String, reason: String },
    #[serde(rename = "hold.place")]
    HoldPlace {
        matter: Id,
        #[serde(default)]
        channels: Vec<Id>,
        #[serde(default)]
        people: Vec<Id>,
        /// Milliseconds since 1970; the whole UTC days that they fall in are held.
        #[serde(default)]
        from: Option<u64>,
        #[serde(default)]
        to: Option<u64>,
        /// As one searches: a message is held when any of these finds it, in any of its versions. None: all messages.
        #[serde(default)]
        words: Vec<String>,
    },
    #[serde(rename = "hold.release")]
    HoldRelease { hold: Id },
    #[serde(rename = "matter.close")]
    MatterClose { matter: Id },
    #[serde(rename = "grant.request")]
    GrantRequest {
        matter: Id,
        #[serde(default)]
        channels: Vec<Id>,
        #[serde(default)]
        people: Vec<Id>,
        /// Milliseconds since 1970; the whole UTC days that they fall in.
        #[serde(default)]
        from: Option<u64>,
        #[serde(default)]
        to: Option<u64>,
        reason: String,
        /// How long it is to stand.
        days: u32,
    },
    #[serde(rename = "grant.approve")]
    GrantApprove { grant: Id },
    #[serde(rename = "grant.refuse")]
    GrantRefuse { grant: Id },
    #[serde(rename = "grant.end")]
    GrantEnd { grant: Id },
    #[serde(rename = "tag.name")]
    TagName { matter: Id, word: String },
    #[serde(rename = "tag.set")]
    TagSet(TagSet),
    #[serde(rename = "note.write")]
    NoteWrite {
        grant: Id,
        c: Id,
        q: u64,
        text: String,
    },
    #[serde(rename = "note.withdraw")]
    NoteWithdraw { grant: Id, c: Id, q: u64, note: Id },
    #[serde(rename = "export.tagged")]
    ExportTagged(ExportTagged),
    #[serde(rename = "supervision.set")]
    SupervisionSet(SupervisionSet),
    #[serde(rename = "supervision.approve")]
    SupervisionApprove { rule: Id },
    #[serde(rename = "supervision.remove")]
    SupervisionRemove { rule: Id },
    /// `item`: where the log says that it was taken.
    #[serde(rename = "supervision.review")]
    SupervisionReview {
        item: Position,
        outcome: Outcome,
        #[serde(default)]
        note: String,
    },
    #[serde(rename = "erase.request")]
    EraseRequest { person: Id, reason: String },
    #[serde(rename = "redact.request")]
    RedactRequest { c: Id, q: Vec<u64>, reason: String },
    #[serde(rename = "order.approve")]
    OrderApprove { order: Id },
    #[serde(rename = "order.refuse")]
    OrderRefuse { order: Id },
    #[serde(rename = "export.request")]
    ExportRequest(ExportRequest),
    #[serde(rename = "export.approve")]
    ExportApprove { export: Id },
    #[serde(rename = "export.refuse")]
    ExportRefuse { export: Id },
    /// Not wanted any more: it is not decided about, or not built to its end.
    #[serde(rename = "export.cancel")]
    ExportCancel { export: Id },
    #[serde(rename = "archive.propose")]
    ArchivePropose(ArchivePropose),
    #[serde(rename = "archive.approve")]
    ArchiveApprove { schedule: Id },
    #[serde(rename = "archive.refuse")]
    ArchiveRefuse { schedule: Id },
    #[serde(rename = "archive.end")]
    ArchiveEnd { schedule: Id },
    /// What only the server's own parts ask for; never on the wire.
    #[serde(skip)]
    Door(Door),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    pub c: Id,
    pub from: u64,
    pub to: u64,
    pub reason: String,
    pub case: String,
    #[serde(default)]
    pub formats: Option<Vec<ExportFormat>>,
}

/// Puts tags on a message and takes others off; those not named stay as they are, whoever set them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagSet {
    pub grant: Id,
    pub c: Id,
    pub q: u64,
    #[serde(default)]
    pub add: Vec<Tag>,
    #[serde(default)]
    pub remove: Vec<Tag>,
}

/// An export of one channel's messages that a matter has tagged so, and of nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportTagged {
    pub matter: Id,
    pub c: Id,
    pub tagged: Vec<Tag>,
    #[serde(default)]
    pub not_tagged: Vec<Tag>,
    /// Milliseconds since 1970; only messages of the whole UTC days that they fall in.
    #[serde(default)]
    pub from: Option<u64>,
    #[serde(default)]
    pub to: Option<u64>,
    pub reason: String,
    pub case: String,
    #[serde(default)]
    pub formats: Option<Vec<ExportFormat>>,
}

/// Every day that is over, by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchivePropose {
    pub to: String,
    /// Empty: all, also those that are made later.
    #[serde(default)]
    pub channels: Vec<Id>,
    #[serde(default)]
    pub formats: Option<Vec<ExportFormat>>,
    pub reason: String,
    pub case: String,
}

/// What a destination has taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrived {
    pub bytes: u64,
    pub sha256: Hash,
    pub pieces: u32,
    pub locked_until: Option<u64>,
}

/// A rule over what is written; it looks for nothing before another officer approved it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupervisionSet {
    pub name: String,
    pub action: Action,
    #[serde(default)]
    pub notice: String,
    #[serde(default)]
    pub words: Vec<String>,
    #[serde(default)]
    pub patterns: Vec<String>,
    /// None: everywhere.
    #[serde(default)]
    pub channels: Vec<Id>,
    /// Of a thousand messages that it does not match, so many are taken.
    #[serde(default)]
    pub sample: u16,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Send {
    pub c: Id,
    pub b: String,
    #[serde(default)]
    pub th: Option<u64>,
    #[serde(default)]
    pub re: Option<u64>,
    #[serde(default)]
    pub f: Vec<Id>,
    #[serde(default)]
    pub m: Vec<Id>,
    /// Everybody who is in the channel now is asked to confirm that they have read it.
    #[serde(default)]
    pub ask: bool,
    /// Everybody is told of it, whatever they muted and whatever the hour.
    #[serde(default)]
    pub urgent: bool,
    /// The text is a question, and these are its answers.
    #[serde(default)]
    pub poll: Option<Poll>,
    /// A preview that this person had made of a link in the text. One that is not known any more is left out.
    #[serde(default)]
    pub lp: Option<Id>,
    /// The rules whose question was answered with: send it anyway.
    #[serde(default)]
    pub acknowledged: Vec<Id>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    pub o: Vec<String>,
    /// One may choose several.
    #[serde(default)]
    pub many: bool,
}

/// What identity, import, export and retention ask for, through the same door as everyone.
#[derive(Clone, Debug, PartialEq)]
pub enum Door {
    Started {
        restored: Option<Restoration>,
    },
    Setup {
        workspace: String,
        name: String,
        credential: String,
        session: NewSession,
    },
    Join {
        invite: Id,
        name: String,
        credential: String,
        session: NewSession,
    },
    OpenSession {
        person: Id,
        how: Entry,
        session: NewSession,
    },
    EndSession {
        device: Id,
    },
    UseReset {
        reset: Id,
        credential: String,
        session: NewSession,
    },
    SetCredential {
        person: Id,
        credential: String,
        keep: Option<Id>,
    },
    SigninLocked {
        person: Id,
    },
    /// Somebody whom the company's directory or sign-in vouches for comes new: without a secret of her own.
    AccountNew {
        name: String,
        account: Account,
        how: Source,
    },
    /// What the company knows of somebody is this from now on.
    AccountSet {
        person: Id,
        account: Option<Account>,
        how: Source,
    },
    /// The company's directory says something of somebody.
    Directory(Told),
    /// One's own second factors.
    Second(SecondKeep),
    /// Its days are over by the rule.
    SessionOver {
        device: Id,
    },
    SessionSeen {
        device: Id,
    },
    /// Made once, before the first device asks.
    PushKey {
        key: String,
    },
    PushOn {
        endpoint: String,
    },
    PushOff,
    /// The push service does not know this address any more.
    PushGone {
        device: Id,
        endpoint: String,
    },
    /// The time of a message that waits has come.
    ScheduleDue {
        person: Id,
        schedule: Id,
    },
    /// The time of a proposal has come: it becomes the rule, or lapses.
    PolicyDue {
        proposal: Id,
    },
    /// A destruction is planned and begins.
    Intend(Intent),
    /// It is done: what it was about is unreadable from now on.
    Destroyed {
        intent: Intent,
        /// Channels in which a person said something.
        channels: Vec<Id>,
    },
    /// Days that were to go are kept longer by now.
    Abandon {
        channel: Id,
        days: Vec<u32>,
    },
    /// The certificate of a destruction is about to leave.
    CertificateDownloaded {
        /// Where that was done, and what it was about.
        done: Position,
        about: Subject,
    },
    /// Somebody wants all that is her own, on this device.
    DataAsked {
        device: Id,
    },
    /// It is about to leave: what this person asked for there.
    DataDownloaded {
        asked: Position,
        person: Id,
    },
    ExportBuilt {
        export: Id,
        blob: Id,
        events: u64,
        bytes: u64,
        sha256: Hash,
    },
    ExportFailed {
        export: Id,
        why: String,
    },
    ExportExpired {
        export: Id,
    },
    ExportDownloaded {
        export: Id,
    },
    /// A channel's day is due.
    ArchiveOrder {
        schedule: Id,
        channel: Id,
        day: u32,
        reason: String,
        case: String,
    },
    ArchiveDelivered {
        schedule: Id,
        export: Id,
        arrived: Arrived,
    },
    ArchiveFailed {
        schedule: Id,
        export: Id,
        why: String,
    },
    ArchiveMissed {
        schedule: Id,
        channel: Id,
        day: u32,
    },
    ArchiveClose {
        schedule: Id,
        day: u32,
    },
    /// Counts or content are about to leave.
    Look(Look),
    GrantExpired {
        grant: Id,
    },
    ImportStart {
        channel: Id,
        import: Id,
        sha256: Hash,
        bytes: u64,
        file: String,
    },
    ImportPerson {
        channel: Id,
        name: String,
    },
    ImportRow {
        channel: Id,
        import: Id,
        row: ImportRow,
    },
    ImportFinish {
        channel: Id,
        import: Id,
        file: String,
        added: u64,
        already_here: u64,
        attachments: u64,
        unreadable: u64,
        kept: Content,
    },
}

/// One look for a matter, as it is recorded before anything of it leaves.
#[derive(Clone, Debug, PartialEq)]
pub enum Look {
    Counted {
        matter: Id,
        reach: Reach,
        words: String,
    },
    Searched {
        grant: Id,
        /// What was asked for.
        reach: Reach,
        words: String,
        /// Of which something is shown, and how many messages.
        channels: Vec<Id>,
        shown: u64,
    },
    Read {
        grant: Id,
        channels: Vec<Id>,
        ranges: Vec<(u64, u64)>,
    },
    Opened {
        grant: Id,
        channels: Vec<Id>,
        of: u64,
        file: Id,
    },
    /// What a rule of supervision took.
    Supervised { item: Position },
}

impl Look {
    /// The grant under which content is shown, and of which channels.
    pub fn under(&self) -> Option<(Id, &[Id])> {
        match self {
            Look::Counted { .. } | Look::Supervised { .. } => None,
            Look::Searched {
                grant, channels, ..
            }
            | Look::Read {
                grant, channels, ..
            }
            | Look::Opened {
                grant, channels, ..
            } => Some((*grant, channels)),
        }
    }
}

/// A destruction as its plan says.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    pub subject: Subject,
    pub plan: Hash,
    /// The log's size that it was planned at.
    pub size: Position,
    /// What is forgotten; what is kept elsewhere is not counted.
    pub records: u64,
    pub blobs: u64,
    /// Bundles that tell of it.
    pub exports: Vec<Id>,
    /// What leaves everybody's sight, and what of it outlives the destruction.
    pub places: Vec<Taken>,
    pub kept: Vec<KeptBack>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewSession {
    pub token: Hash,
    pub label: String,
    /// The device that vouched for this one by showing its QR code.
    pub by: Option<Id>,
    /// What was shown beside the secret, or instead of it, and was right.
    pub second: Option<Second>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ImportRow {
    pub person: Option<Id>,
    pub content: Content,
}

impl Command {
    /// The name on the wire, or of the inner door.
    pub fn name(&self) -> &'static str {
        match self {
            Command::Send(_) => "send",
            Command::Edit { .. } => "edit",
            Command::Delete { .. } => "del",
            Command::React { .. } => "react",
            Command::Read { .. } => "read",
            Command::Got { .. } => "got",
            Command::Confirm { .. } => "confirm",
            Command::Remind { .. } => "remind",
            Command::Pin { .. } => "pin",
            Command::Save { .. } => "save",
            Command::Vote { .. } => "vote",
            Command::PollClose { .. } => "close",
            Command::Schedule { .. } => "schedule",
            Command::ScheduleChange { .. } => "schedule.change",
            Command::ScheduleCancel { .. } => "schedule.cancel",
            Command::ScheduleNow { .. } => "schedule.now",
            Command::Mute { .. } => "mute",
            Command::ChannelCreate { .. } => "channel.create",
            Command::ChannelDirect { .. } => "channel.direct",
            Command::ChannelEdit { .. } => "channel.edit",
            Command::ChannelAdd { .. } => "channel.add",
            Command::ChannelRemove { .. } => "channel.remove",
            Command::ChannelLeave { .. } => "channel.leave",
            Command::ChannelOwner { .. } => "channel.owner",
            Command::ChannelArchive { .. } => "channel.archive",
            Command::ChannelSlow { .. } => "channel.slow",
            Command::ChannelHistory { .. } => "channel.history",
            Command::ChannelPlace { .. } => "channel.place",
            Command::ChannelAsk { .. } => "channel.ask",
            Command::ChannelRefuse { .. } => "channel.refuse",
            Command::Profile { .. } => "profile",
            Command::Quiet { .. } => "quiet",
            Command::InviteCreate { .. } => "invite.create",
            Command::InviteRevoke { .. } => "invite.revoke",
            Command::DeviceRevoke { .. } => "device.revoke",
            Command::PersonRole { .. } => "person.role",
            Command::PersonDeactivate { .. } => "person.deactivate",
            Command::PersonReactivate { .. } => "person.reactivate",
            Command::PersonReset { .. } => "person.reset",
            Command::SecondRemove { .. } => "second.remove",
            Command::SigninRule { .. } => "signin.rule",
            Command::PersonLogin { .. } => "person.login",
            Command::WorkspaceEdit { .. } => "workspace.edit",
            Command::PolicySet { .. } => "policy.set",
            Command::PolicyApprove { .. } => "policy.approve",
            Command::PolicyStop { .. } => "policy.stop",
            Command::MatterOpen { .. } => "matter.open",
            Command::HoldPlace { .. } => "hold.place",
            Command::HoldRelease { .. } => "hold.release",
            Command::MatterClose { .. } => "matter.close",
            Command::GrantRequest { .. } => "grant.request",
            Command::GrantApprove { .. } => "grant.approve",
            Command::GrantRefuse { .. } => "grant.refuse",
            Command::GrantEnd { .. } => "grant.end",
            Command::TagName { .. } => "tag.name",
            Command::TagSet(_) => "tag.set",
            Command::NoteWrite { .. } => "note.write",
            Command::NoteWithdraw { .. } => "note.withdraw",
            Command::ExportTagged(_) => "export.tagged",
            Command::SupervisionSet(_) => "supervision.set",
            Command::SupervisionApprove { .. } => "supervision.approve",
            Command::SupervisionRemove { .. } => "supervision.remove",
            Command::SupervisionReview { .. } => "supervision.review",
            Command::EraseRequest { .. } => "erase.request",
            Command::RedactRequest { .. } => "redact.request",
            Command::OrderApprove { .. } => "order.approve",
            Command::OrderRefuse { .. } => "order.refuse",
            Command::ExportRequest(_) => "export.request",
            Command::ExportApprove { .. } => "export.approve",
            Command::ExportRefuse { .. } => "export.refuse",
            Command::ExportCancel { .. } => "export.cancel",
            Command::ArchivePropose(_) => "archive.propose",
            Command::ArchiveApprove { .. } => "archive.approve",
            Command::ArchiveRefuse { .. } => "archive.refuse",
            Command::ArchiveEnd { .. } => "archive.end",
            Command::Door(_) => "door",
        }
    }

    /// The message whose author or existence the decision depends on.
    pub fn target(&self) -> Option<(Id, u64)> {
        match self {
            Command::Edit { c, q, .. }
            | Command::Delete { c, q }
            | Command::React { c, q, .. }
            | Command::Read { c, q }
            | Command::Confirm { c, q }
            | Command::Remind { c, q }
            | Command::Vote { c, q, .. }
            | Command::PollClose { c, q }
            | Command::Pin { c, q, .. }
            | Command::Save { c, q, .. } => Some((*c, *q)),
            Command::Send(send) => send.th.or(send.re).map(|q| (send.c, q)),
            _ => None,
        }
    }

    /// The message that something is noted about, for a matter: reached through a grant and not through membership.
    pub fn notes_about(&self) -> Option<(Id, u64)> {
        match self {
            Command::TagSet(set) => Some((set.c, set.q)),
            Command::NoteWrite { c, q, .. } | Command::NoteWithdraw { c, q, .. } => Some((*c, *q)),
            _ => None,
        }
    }

    /// The grant under which it is asked for.
    pub fn under(&self) -> Option<Id> {
        match self {
            Command::TagSet(set) => Some(set.grant),
            Command::NoteWrite { grant, .. } | Command::NoteWithdraw { grant, .. } => Some(*grant),
            _ => None,
        }
    }
}

/// What the log says about a command's target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    pub author: Id,
    /// The day under whose key it stands: what changes it is sealed with it.
    pub day: u32,
    /// Its ordinal among the channel's messages.
    pub n: u64,
    pub is_message: bool,
    pub thread: Option<u64>,
    /// It asks for confirmations.
    pub asks: bool,
    pub poll: Option<PollFact>,
    /// Nobody votes any more.
    pub closed: bool,
    pub deleted: bool,
    pub forgotten: bool,
    /// Whose words it is: of an imported message, whom it was assigned to.
    pub wrote: Id,
    /// Its time was over, and it is kept: what it lies under now.
    pub kept: Option<Scope>,
}

/// An upload that is complete and waits for its message.
#[derive(Clone, Debug, PartialEq)]
pub struct Upload {
    pub channel: Id,
    pub by: Id,
    pub fact: FileFact,
    /// The day under whose key it lies.
    pub day: u32,
}

/// A name as people write it: trimmed, one line, without control or direction-changing characters.
pub fn clean_name(raw: &str, what: &str) -> Result<String, Refusal> {
    let name: String = raw
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !matches!(c, '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
        .collect();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(Refusal::Invalid(format!("{what} may not be empty.")));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(Refusal::Invalid(format!(
            "{what} may have at most {NAME_CHARS_MAX} characters."
        )));
    }
    Ok(name)
}

/// Free text of a few lines (topic, reason, note): control characters out, bounded.
pub fn clean_text(raw: &str, what: &str, chars_max: usize) -> Result<String, Refusal> {
    let text: String = raw
        .trim()
        .chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .collect();
    if text.chars().count() > chars_max {
        return Err(Refusal::Invalid(format!(
            "{what} may have at most {chars_max} characters."
        )));
    }
    Ok(text)
}
