//! What can have happened: the on-disk contract of every event's header.
//!
//! Never renamed and never reordered: a record written today must be read for ever. New facts come
//! as new acts or as new optional fields. Headers hold opaque ids and numbers only, no free text.

use migrations_free_store::{Id, Part, Position, Record, Scope};
use serde::{Deserialize, Serialize};

use super::account::Source;
use super::command::{ChannelKind, ExportFormat, Role};
pub use super::content::{Content, FileFact, ImportedFrom, UnreadLine};
use super::grant::Reach;
pub use super::hash::Hash;
use super::proposal::{Dooms, Lapse};
use super::schedule::{Unsent, Waited};
use super::second::Second;
use super::subject::Narrowed;
use super::supervision::{Action, Outcome};
use super::tag::{About, Chosen, Tag};
use super::taken::{KeptBack, Taken};

/// The header version written now.
pub const HEADER_VERSION: u8 = 1;

/// The actor of what the server does by itself (retention, start-up).
pub const SYSTEM: Id = Id([0; 16]);

/// The header of one event, exactly as it is committed to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Header {
    pub v: u8,
    pub at: u64,
    pub actor: Id,
    #[serde(flatten)]
    pub act: Act,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub channel: Option<Id>,
    /// Dense per channel, from 1; absent on what does not stand in a channel's timeline.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub channel_seq: Option<u64>,
    /// The leaf of the event before it in its channel.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub channel_prev: Option<Hash>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scope: Option<Scope>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub device: Option<Id>,
    /// The command's idempotency key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub content_commitment: Option<Hash>,
}

/// What a restore brought back, and what its admin accepted the loss of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Restoration {
    /// Events restored. Whatever was signed beyond is not continued from here on.
    pub size: Position,
    /// Events known to have been in the log, and not in the backup.
    pub missing: u64,
    /// When the backup was made, and when its keys were copied.
    pub made_at: u64,
    pub keys_at: u64,
}

/// What was done, with the opaque facts that decisions need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", content = "object")]
pub enum Act {
    #[serde(rename = "server.started")]
    ServerStarted {
        /// At the first start after a restore.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        restored: Option<Restoration>,
    },
    #[serde(rename = "workspace.created")]
    WorkspaceCreated { workspace: Id },
    #[serde(rename = "workspace.renamed")]
    WorkspaceRenamed {},
    #[serde(rename = "policy.set")]
    PolicySet {
        keep: Keep,
        /// Days before which nothing is forgotten.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        floor: Option<u32>,
        /// From now on the floor can only be lengthened.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        locked: bool,
        /// Of which this is the taking effect.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        proposal: Option<Id>,
        /// What it dooms then.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        dooms: Option<Dooms>,
    },
    /// A rule under which something could go sooner: nothing changes yet.
    #[serde(rename = "policy.proposed")]
    PolicyProposed {
        proposal: Id,
        keep: Keep,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        floor: Option<u32>,
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        locked: bool,
        /// What the next run would destroy under it.
        dooms: Dooms,
        /// From then on nobody can approve it.
        lapses_at: u64,
    },
    /// By a second person. It takes effect then, unless somebody stops it.
    #[serde(rename = "policy.approved")]
    PolicyApproved {
        proposal: Id,
        grace_hours: u32,
        takes_effect_at: u64,
    },
    #[serde(rename = "policy.stopped")]
    PolicyStopped { proposal: Id },
    #[serde(rename = "policy.lapsed")]
    PolicyLapsed { proposal: Id, why: Lapse },

    #[serde(rename = "person.joined")]
    PersonJoined {
        person: Id,
        role: Role,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        invite: Option<Id>,
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        imported: bool,
    },
    #[serde(rename = "person.renamed")]
    PersonRenamed { person: Id },
    #[serde(rename = "credential.set")]
    CredentialSet { person: Id },
    #[serde(rename = "role.set")]
    RoleSet { person: Id, role: Role },
    #[serde(rename = "person.deactivated")]
    PersonDeactivated {
        person: Id,
        /// Channels left in the same act, and those of them that went to another owner.
        #[serde(skip_serializing_if = "is_zero", default)]
        left: u32,
        #[serde(skip_serializing_if = "is_zero", default)]
        passed: u32,
    },
    #[serde(rename = "person.reactivated")]
    PersonReactivated { person: Id },
    #[serde(rename = "reset.created")]
    ResetCreated {
        reset: Id,
        person: Id,
        expires_at: u64,
    },
    #[serde(rename = "session.opened")]
    SessionOpened {
        person: Id,
        device: Id,
        token: Hash,
        how: Entry,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        by: Option<Id>,
        /// What was shown beside the secret, or instead of it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        second: Option<Second>,
    },
    #[serde(rename = "session.ended")]
    SessionEnded { person: Id, device: Id },
    #[serde(rename = "signin.locked")]
    SigninLocked { person: Id },
    /// It was used on this day, without anything else that says so.
    #[serde(rename = "session.seen")]
    SessionSeen { person: Id, device: Id },
    /// Codes of an authenticator are asked for from now on; the content has its secret. This step's code was used.
    #[serde(rename = "second.set")]
    SecondSet { person: Id, step: u64 },
    /// The authenticator is off; with `all` so are passkeys and recovery codes.
    #[serde(rename = "second.removed")]
    SecondRemoved {
        person: Id,
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        all: bool,
    },
    /// New recovery codes, as hashes in the content: the old ones open nothing any more.
    #[serde(rename = "recovery.set")]
    RecoverySet { person: Id },
    #[serde(rename = "passkey.added")]
    PasskeyAdded { person: Id, passkey: Id },
    #[serde(rename = "passkey.removed")]
    PasskeyRemoved { person: Id, passkey: Id },
    /// Of whom a second factor is demanded, and how long a session lasts, in all and unused.
    #[serde(rename = "signin.ruled")]
    SigninRuled {
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        second: Vec<Role>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        days: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        idle_days: Option<u32>,
    },
    /// The key that pushes are signed with; it stands in the content.
    #[serde(rename = "push.keyed")]
    PushKeyed {},
    /// The device is told of what is new; the content says where.
    #[serde(rename = "push.subscribed")]
    PushSubscribed { person: Id, device: Id },
    #[serde(rename = "push.ended")]
    PushEnded {
        person: Id,
        device: Id,
        /// The push service does not know it any more.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        gone: bool,
    },
    /// When this person is told of nothing; without content: never.
    #[serde(rename = "quiet.set")]
    QuietSet { person: Id },
    /// By what the company knows this person elsewhere is in the content; without: she is known by nothing.
    #[serde(rename = "account.set")]
    AccountSet { person: Id, how: Source },
    #[serde(rename = "invite.created")]
    InviteCreated {
        invite: Id,
        role: Role,
        channels: Vec<Id>,
        expires_at: u64,
        uses: u32,
        /// Whoever comes by it asks the channels' owners to be let in.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        asks: bool,
    },
    #[serde(rename = "invite.revoked")]
    InviteRevoked { invite: Id },

    #[serde(rename = "channel.created")]
    ChannelCreated {
        kind: ChannelKind,
        owners: Vec<Id>,
        members: Vec<Id>,
    },
    #[serde(rename = "channel.changed")]
    ChannelChanged { kind: ChannelKind },
    #[serde(rename = "channel.archived")]
    ChannelArchived { on: bool },
    #[serde(rename = "channel.muted")]
    ChannelMuted {
        on: bool,
        /// Also what is meant for this person.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        all: bool,
    },
    /// Between two messages of one person lie so many seconds at least; 0: none.
    #[serde(rename = "channel.slowed")]
    ChannelSlowed { seconds: u32 },
    /// How much of the past whoever is added from now on reads: so many days, 0 nothing, absent all of it.
    #[serde(rename = "history.set")]
    HistorySet {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        days: Option<u32>,
    },
    /// The channel stands under this announcement channel; absent: under none.
    #[serde(rename = "channel.placed")]
    ChannelPlaced {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        community: Option<Id>,
    },
    /// Somebody asks the channel's owners to be let in.
    #[serde(rename = "join.asked")]
    JoinAsked { person: Id },
    /// By an owner; by the person: she asks no more.
    #[serde(rename = "join.refused")]
    JoinRefused { person: Id },
    #[serde(rename = "member.added")]
    MemberAdded {
        person: Id,
        /// The first number that this person reads of the channel, this stay; absent: all of it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        first: Option<u64>,
    },
    #[serde(rename = "member.removed")]
    MemberRemoved { person: Id },
    #[serde(rename = "member.left")]
    MemberLeft { person: Id },
    #[serde(rename = "owner.granted")]
    OwnerGranted { person: Id },
    #[serde(rename = "owner.revoked")]
    OwnerRevoked { person: Id },

    #[serde(rename = "message.posted")]
    MessagePosted {
        /// Dense count of the channel's messages, from 1: unread = messages - n of the last read.
        n: u64,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        thread: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reply: Option<u64>,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        mentions: Vec<Id>,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        files: Vec<Id>,
        /// Asks so many people to confirm that they have read it: the content says whom.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        asks: Option<u32>,
        /// Asks a question: the content has its answers.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        poll: Option<PollFact>,
        /// It was written earlier, and waited for its time.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        waited: Option<Waited>,
        /// Everybody was told of it, whatever they had muted and whatever the hour.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        urgent: bool,
    },
    #[serde(rename = "message.imported")]
    MessageImported {
        n: u64,
        import: Id,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        person: Option<Id>,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        files: Vec<Id>,
    },
    #[serde(rename = "message.edited")]
    MessageEdited {
        of: u64,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        mentions: Vec<Id>,
    },
    #[serde(rename = "message.deleted")]
    MessageDeleted { of: u64 },
    #[serde(rename = "reaction.added")]
    ReactionAdded { of: u64 },
    #[serde(rename = "reaction.removed")]
    ReactionRemoved { of: u64 },
    /// Somebody who was asked has read it.
    #[serde(rename = "message.confirmed")]
    MessageConfirmed { of: u64 },
    /// Whoever has not confirmed it yet is asked again.
    #[serde(rename = "message.reminded")]
    MessageReminded { of: u64 },
    #[serde(rename = "message.pinned")]
    MessagePinned {
        of: u64,
        /// Of the message: what it is forgotten with.
        day: u32,
        author: Id,
    },
    #[serde(rename = "message.unpinned")]
    MessageUnpinned { of: u64 },
    /// Somebody keeps this message at hand for themselves. The channel stands in here and not in the header: nobody in it
    /// hears of that, and no bundle tells it.
    #[serde(rename = "message.saved")]
    MessageSaved {
        channel: Id,
        of: u64,
        /// Of the message: what it is forgotten with.
        day: u32,
        author: Id,
    },
    #[serde(rename = "message.unsaved")]
    MessageUnsaved { channel: Id, of: u64 },
    /// Somebody wrote a message that is to be sent later: until then nobody else is told of it.
    #[serde(rename = "message.scheduled")]
    MessageScheduled {
        schedule: Id,
        due_at: u64,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        mentions: Vec<Id>,
    },
    /// Its author gave it another text or time, also when it could not be sent.
    #[serde(rename = "schedule.changed")]
    ScheduleChanged {
        schedule: Id,
        due_at: u64,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        mentions: Vec<Id>,
    },
    #[serde(rename = "schedule.cancelled")]
    ScheduleCancelled { schedule: Id },
    /// Its time came, and it could not be sent.
    #[serde(rename = "schedule.failed")]
    ScheduleFailed {
        schedule: Id,
        person: Id,
        why: Unsent,
    },
    /// Somebody chose among a poll's answers, instead of what she chose before: the content says which.
    #[serde(rename = "poll.voted")]
    PollVoted { of: u64 },
    #[serde(rename = "poll.closed")]
    PollClosed { of: u64 },
    /// `n`: the ordinal of the last message read, so that unread counts need no look-up.
    #[serde(rename = "receipt.read")]
    ReceiptRead { upto: u64, n: u64 },
    #[serde(rename = "receipt.delivered")]
    ReceiptDelivered { upto: u64 },

    #[serde(rename = "matter.opened")]
    MatterOpened { matter: Id },
    /// What a matter preserves: records of these channels, by or about these people, of these days. An empty list
    /// means all of them, an absent day no bound. The channels stand in here and not in the header: nobody in a
    /// channel hears of a hold.
    #[serde(rename = "hold.placed")]
    HoldPlaced {
        hold: Id,
        matter: Id,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        channels: Vec<Id>,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        people: Vec<Id>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        from_day: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        to_day: Option<u32>,
        /// Only what these find, which stand in the content.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        by_words: bool,
    },
    #[serde(rename = "hold.released")]
    HoldReleased { hold: Id },
    #[serde(rename = "matter.closed")]
    MatterClosed { matter: Id },

    /// An officer asks to read for a matter. As with holds, channels stand in here and not in the header: nobody in a
    /// channel hears of a grant, nor of a look.
    #[serde(rename = "grant.requested")]
    GrantRequested {
        grant: Id,
        matter: Id,
        #[serde(flatten)]
        reach: Reach,
        /// How long it is to stand.
        days: u32,
    },
    #[serde(rename = "grant.approved")]
    GrantApproved { grant: Id, expires_at: u64 },
    #[serde(rename = "grant.refused")]
    GrantRefused { grant: Id },
    /// It was given back, or its time was over.
    #[serde(rename = "grant.ended")]
    GrantEnded {
        grant: Id,
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        expired: bool,
    },
    /// Messages were counted for a matter; the content has the words.
    #[serde(rename = "look.counted")]
    LookCounted {
        matter: Id,
        #[serde(flatten)]
        reach: Reach,
    },
    /// What was asked for; the content has the words.
    #[serde(rename = "look.searched")]
    LookSearched {
        grant: Id,
        matter: Id,
        #[serde(flatten)]
        reach: Reach,
        /// The channels of which something was shown, and how many messages.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        seen: Vec<Id>,
        shown: u64,
    },
    /// These messages of the channel were shown.
    #[serde(rename = "look.read")]
    LookRead {
        grant: Id,
        matter: Id,
        channels: Vec<Id>,
        ranges: Vec<(u64, u64)>,
    },
    #[serde(rename = "look.opened")]
    LookOpened {
        grant: Id,
        matter: Id,
        channels: Vec<Id>,
        of: u64,
        file: Id,
    },
    /// A matter's own tag; the content names it.
    #[serde(rename = "tag.named")]
    TagNamed { matter: Id, tag: Tag },
    /// These are the tags that the message has from now on. As with looks, the channel stands in here: no bundle of it
    /// tells what officers think of a message, and nobody in it hears.
    #[serde(rename = "tag.set")]
    TagSet {
        matter: Id,
        grant: Id,
        channel: Id,
        of: u64,
        /// Of the message: what it is forgotten with.
        day: u32,
        author: Id,
        tags: Vec<Tag>,
    },
    #[serde(rename = "note.written")]
    NoteWritten {
        matter: Id,
        grant: Id,
        note: Id,
        channel: Id,
        of: u64,
        /// Of the message: what it is forgotten with.
        day: u32,
        author: Id,
    },
    #[serde(rename = "note.withdrawn")]
    NoteWithdrawn {
        matter: Id,
        grant: Id,
        note: Id,
        channel: Id,
        of: u64,
    },

    /// A rule over what is written. It looks for nothing yet; the content says for what.
    #[serde(rename = "supervision.proposed")]
    SupervisionProposed {
        rule: Id,
        action: Action,
        /// None: everywhere.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        channels: Vec<Id>,
        /// Of a thousand other messages, so many are taken.
        #[serde(skip_serializing_if = "is_none_of_a_thousand", default)]
        sample: u16,
    },
    /// By a second person: from now on it looks, and what it takes may be read to be reviewed.
    #[serde(rename = "supervision.approved")]
    SupervisionApproved {
        rule: Id,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        channels: Vec<Id>,
    },
    #[serde(rename = "supervision.removed")]
    SupervisionRemoved {
        rule: Id,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        channels: Vec<Id>,
    },
    /// A message is to be reviewed. The channel stands in here and not in the header: nobody in it hears of that, and no
    /// bundle tells it.
    #[serde(rename = "supervision.taken")]
    SupervisionTaken {
        channel: Id,
        of: u64,
        /// For what it says since it was edited.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        edit: bool,
        author: Id,
        /// Those that found something in it, and those that drew it by chance.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        rules: Vec<Id>,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        sampled: Vec<Id>,
        /// Its author was asked, and sent it.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        acknowledged: bool,
    },
    /// What was taken at this position was decided about.
    #[serde(rename = "supervision.reviewed")]
    SupervisionReviewed { item: Position, outcome: Outcome },
    /// A message that was taken was shown, to be reviewed.
    #[serde(rename = "look.supervised")]
    LookSupervised {
        item: Position,
        channel: Id,
        of: u64,
    },

    /// Somebody asks that a person, or these messages of the channel, be forgotten before their time.
    #[serde(rename = "order.requested")]
    OrderRequested {
        order: Id,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        person: Option<Id>,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        messages: Vec<u64>,
        /// The day of each of the messages.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        days: Vec<u32>,
    },
    #[serde(rename = "order.approved")]
    OrderApproved { order: Id },
    #[serde(rename = "order.refused")]
    OrderRefused { order: Id },

    #[serde(rename = "destroy.intended")]
    DestroyIntended {
        plan: Hash,
        size: Position,
        days: Vec<u32>,
        #[serde(flatten)]
        narrowed: Narrowed,
        records: u64,
        blobs: u64,
        /// What leaves everybody's sight, by place. Absent: it was not counted yet when this was written.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        places: Option<Vec<Taken>>,
        /// What of it outlives the destruction, out of sight.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        kept: Vec<KeptBack>,
    },
    #[serde(rename = "destroy.done")]
    DestroyDone {
        plan: Hash,
        days: Vec<u32>,
        ranges: Vec<(u64, u64)>,
        #[serde(flatten)]
        narrowed: Narrowed,
        records: u64,
        blobs: u64,
        /// Bundles that told of it, and went with it.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        exports: Vec<Id>,
    },
    /// These days were to go, and are kept longer by now.
    #[serde(rename = "destroy.abandoned")]
    DestroyAbandoned { days: Vec<u32> },
    /// Somebody took out the certificate of the destruction that was done at this position.
    #[serde(rename = "certificate.downloaded")]
    CertificateDownloaded { done: Position },
    /// Somebody asked for all that is her own, and fetched what she asked for at that position.
    #[serde(rename = "data.asked")]
    DataAsked { person: Id, device: Id },
    #[serde(rename = "data.downloaded")]
    DataDownloaded { asked: Position },

    #[serde(rename = "export.requested")]
    ExportRequested {
        export: Id,
        from: u64,
        to: u64,
        /// What the bundle holds; empty: the lines and the report.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        formats: Vec<ExportFormat>,
        /// Only messages that a matter has tagged so; the content has their numbers.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        chosen: Option<Chosen>,
        /// By the server, in the name of whoever proposed this schedule.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        schedule: Option<Id>,
    },
    #[serde(rename = "export.approved")]
    ExportApproved {
        export: Id,
        /// By the server, in the name of whoever approved this schedule.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        schedule: Option<Id>,
    },
    #[serde(rename = "export.refused")]
    ExportRefused { export: Id },
    #[serde(rename = "export.built")]
    ExportBuilt {
        export: Id,
        blob: Id,
        events: u64,
        bytes: u64,
        sha256: Hash,
    },
    #[serde(rename = "export.failed")]
    ExportFailed { export: Id },
    #[serde(rename = "export.downloaded")]
    ExportDownloaded { export: Id },
    /// Given up before it was ready.
    #[serde(rename = "export.cancelled")]
    ExportCancelled { export: Id },
    /// Its days are over: the bundle is gone, and its key.
    #[serde(rename = "export.expired")]
    ExportExpired { export: Id },

    #[serde(rename = "archive.proposed")]
    ArchiveProposed {
        schedule: Id,
        /// A name of the configuration.
        destination: String,
        /// Empty: all.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        channels: Vec<Id>,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        formats: Vec<ExportFormat>,
    },
    #[serde(rename = "archive.approved")]
    ArchiveApproved { schedule: Id },
    #[serde(rename = "archive.refused")]
    ArchiveRefused { schedule: Id },
    #[serde(rename = "archive.ended")]
    ArchiveEnded { schedule: Id },
    /// The destination has taken a channel's day.
    #[serde(rename = "archive.delivered")]
    ArchiveDelivered {
        schedule: Id,
        export: Id,
        day: u32,
        bytes: u64,
        sha256: Hash,
        /// Files or mails.
        pieces: u32,
        /// Until when the destination said that it keeps it unchanged.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        locked_until: Option<u64>,
    },
    /// The first try that failed since something was delivered.
    #[serde(rename = "archive.failed")]
    ArchiveFailed { schedule: Id, export: Id, day: u32 },
    /// A channel's day was destroyed before it was delivered.
    #[serde(rename = "archive.missed")]
    ArchiveMissed { schedule: Id, day: u32 },
    /// Every channel of the day is delivered or missed.
    #[serde(rename = "archive.closed")]
    ArchiveClosed {
        schedule: Id,
        day: u32,
        channels: u32,
        missed: u32,
    },

    #[serde(rename = "import.started")]
    ImportStarted {
        import: Id,
        sha256: Hash,
        bytes: u64,
    },
    #[serde(rename = "import.finished")]
    ImportFinished {
        import: Id,
        added: u64,
        already_here: u64,
        attachments: u64,
        unreadable: u64,
    },
}

impl Act {
    /// The wire and ledger name, e.g. `message.posted`.
    pub fn name(&self) -> &'static str {
        match self {
            Act::ServerStarted { .. } => "server.started",
            Act::WorkspaceCreated { .. } => "workspace.created",
            Act::WorkspaceRenamed {} => "workspace.renamed",
            Act::PolicySet { .. } => "policy.set",
            Act::PolicyProposed { .. } => "policy.proposed",
            Act::PolicyApproved { .. } => "policy.approved",
            Act::PolicyStopped { .. } => "policy.stopped",
            Act::PolicyLapsed { .. } => "policy.lapsed",
            Act::PersonJoined { .. } => "person.joined",
            Act::PersonRenamed { .. } => "person.renamed",
            Act::CredentialSet { .. } => "credential.set",
            Act::RoleSet { .. } => "role.set",
            Act::PersonDeactivated { .. } => "person.deactivated",
            Act::PersonReactivated { .. } => "person.reactivated",
            Act::ResetCreated { .. } => "reset.created",
            Act::SessionOpened { .. } => "session.opened",
            Act::SessionEnded { .. } => "session.ended",
            Act::SigninLocked { .. } => "signin.locked",
            Act::SessionSeen { .. } => "session.seen",
            Act::SecondSet { .. } => "second.set",
            Act::SecondRemoved { .. } => "second.removed",
            Act::RecoverySet { .. } => "recovery.set",
            Act::PasskeyAdded { .. } => "passkey.added",
            Act::PasskeyRemoved { .. } => "passkey.removed",
            Act::SigninRuled { .. } => "signin.ruled",
            Act::PushKeyed {} => "push.keyed",
            Act::PushSubscribed { .. } => "push.subscribed",
            Act::PushEnded { .. } => "push.ended",
            Act::QuietSet { .. } => "quiet.set",
            Act::AccountSet { .. } => "account.set",
            Act::InviteCreated { .. } => "invite.created",
            Act::InviteRevoked { .. } => "invite.revoked",
            Act::ChannelCreated { .. } => "channel.created",
            Act::ChannelChanged { .. } => "channel.changed",
            Act::ChannelArchived { .. } => "channel.archived",
            Act::ChannelMuted { .. } => "channel.muted",
            Act::ChannelSlowed { .. } => "channel.slowed",
            Act::HistorySet { .. } => "history.set",
            Act::ChannelPlaced { .. } => "channel.placed",
            Act::JoinAsked { .. } => "join.asked",
            Act::JoinRefused { .. } => "join.refused",
            Act::MemberAdded { .. } => "member.added",
            Act::MemberRemoved { .. } => "member.removed",
            Act::MemberLeft { .. } => "member.left",
            Act::OwnerGranted { .. } => "owner.granted",
            Act::OwnerRevoked { .. } => "owner.revoked",
            Act::MessagePosted { .. } => "message.posted",
            Act::MessageImported { .. } => "message.imported",
            Act::MessageEdited { .. } => "message.edited",
            Act::MessageDeleted { .. } => "message.deleted",
            Act::ReactionAdded { .. } => "reaction.added",
            Act::ReactionRemoved { .. } => "reaction.removed",
            Act::MessageConfirmed { .. } => "message.confirmed",
            Act::MessageReminded { .. } => "message.reminded",
            Act::MessagePinned { .. } => "message.pinned",
            Act::MessageUnpinned { .. } => "message.unpinned",
            Act::MessageSaved { .. } => "message.saved",
            Act::MessageUnsaved { .. } => "message.unsaved",
            Act::MessageScheduled { .. } => "message.scheduled",
            Act::ScheduleChanged { .. } => "schedule.changed",
            Act::ScheduleCancelled { .. } => "schedule.cancelled",
            Act::ScheduleFailed { .. } => "schedule.failed",
            Act::PollVoted { .. } => "poll.voted",
            Act::PollClosed { .. } => "poll.closed",
            Act::ReceiptRead { .. } => "receipt.read",
            Act::ReceiptDelivered { .. } => "receipt.delivered",
            Act::MatterOpened { .. } => "matter.opened",
            Act::HoldPlaced { .. } => "hold.placed",
            Act::HoldReleased { .. } => "hold.released",
            Act::MatterClosed { .. } => "matter.closed",
            Act::GrantRequested { .. } => "grant.requested",
            Act::GrantApproved { .. } => "grant.approved",
            Act::GrantRefused { .. } => "grant.refused",
            Act::GrantEnded { .. } => "grant.ended",
            Act::LookCounted { .. } => "look.counted",
            Act::LookSearched { .. } => "look.searched",
            Act::LookRead { .. } => "look.read",
            Act::LookOpened { .. } => "look.opened",
            Act::TagNamed { .. } => "tag.named",
            Act::TagSet { .. } => "tag.set",
            Act::NoteWritten { .. } => "note.written",
            Act::NoteWithdrawn { .. } => "note.withdrawn",
            Act::SupervisionProposed { .. } => "supervision.proposed",
            Act::SupervisionApproved { .. } => "supervision.approved",
            Act::SupervisionRemoved { .. } => "supervision.removed",
            Act::SupervisionTaken { .. } => "supervision.taken",
            Act::SupervisionReviewed { .. } => "supervision.reviewed",
            Act::LookSupervised { .. } => "look.supervised",
            Act::OrderRequested { .. } => "order.requested",
            Act::OrderApproved { .. } => "order.approved",
            Act::OrderRefused { .. } => "order.refused",
            Act::DestroyIntended { .. } => "destroy.intended",
            Act::DestroyDone { .. } => "destroy.done",
            Act::DestroyAbandoned { .. } => "destroy.abandoned",
            Act::CertificateDownloaded { .. } => "certificate.downloaded",
            Act::DataAsked { .. } => "data.asked",
            Act::DataDownloaded { .. } => "data.downloaded",
            Act::ExportRequested { .. } => "export.requested",
            Act::ExportApproved { .. } => "export.approved",
            Act::ExportRefused { .. } => "export.refused",
            Act::ExportBuilt { .. } => "export.built",
            Act::ExportFailed { .. } => "export.failed",
            Act::ExportDownloaded { .. } => "export.downloaded",
            Act::ExportCancelled { .. } => "export.cancelled",
            Act::ExportExpired { .. } => "export.expired",
            Act::ArchiveProposed { .. } => "archive.proposed",
            Act::ArchiveApproved { .. } => "archive.approved",
            Act::ArchiveRefused { .. } => "archive.refused",
            Act::ArchiveEnded { .. } => "archive.ended",
            Act::ArchiveDelivered { .. } => "archive.delivered",
            Act::ArchiveFailed { .. } => "archive.failed",
            Act::ArchiveMissed { .. } => "archive.missed",
            Act::ArchiveClosed { .. } => "archive.closed",
            Act::ImportStarted { .. } => "import.started",
            Act::ImportFinished { .. } => "import.finished",
        }
    }

    /// Does it take a number in its channel's sequence? What members must not notice (exports),
    /// what is personal (mute) and what is many and small (receipts) does not.
    pub fn is_sequenced(&self) -> bool {
        matches!(
            self,
            Act::PolicySet { .. }
                | Act::ChannelCreated { .. }
                | Act::ChannelChanged { .. }
                | Act::ChannelArchived { .. }
                | Act::ChannelSlowed { .. }
                | Act::HistorySet { .. }
                | Act::ChannelPlaced { .. }
                | Act::MemberAdded { .. }
                | Act::MemberRemoved { .. }
                | Act::MemberLeft { .. }
                | Act::OwnerGranted { .. }
                | Act::OwnerRevoked { .. }
                | Act::MessagePosted { .. }
                | Act::MessageImported { .. }
                | Act::MessageEdited { .. }
                | Act::MessageDeleted { .. }
                | Act::ReactionAdded { .. }
                | Act::ReactionRemoved { .. }
                | Act::MessageConfirmed { .. }
                | Act::MessageReminded { .. }
                | Act::MessagePinned { .. }
                | Act::MessageUnpinned { .. }
                | Act::PollVoted { .. }
                | Act::PollClosed { .. }
                | Act::DestroyDone { .. }
                | Act::ImportFinished { .. }
        )
    }

    /// The answer says where it stands in the log.
    pub fn is_look(&self) -> bool {
        matches!(
            self,
            Act::LookCounted { .. }
                | Act::LookSearched { .. }
                | Act::LookRead { .. }
                | Act::LookOpened { .. }
                | Act::DataAsked { .. }
                | Act::LookSupervised { .. }
        )
    }

    /// The channels that are supervised from now on, or are no more; none named: all.
    pub fn changes_what_is_watched(&self) -> Option<&[Id]> {
        match self {
            Act::SupervisionApproved { channels, .. }
            | Act::SupervisionRemoved { channels, .. } => Some(channels),
            _ => None,
        }
    }

    /// The message that this act is about, if it is an edit, deletion, reaction, confirmation, reminder, pin or vote.
    pub fn amends(&self) -> Option<u64> {
        match self {
            Act::MessageEdited { of, .. }
            | Act::MessageDeleted { of }
            | Act::ReactionAdded { of }
            | Act::ReactionRemoved { of }
            | Act::MessageConfirmed { of }
            | Act::MessageReminded { of }
            | Act::MessagePinned { of, .. }
            | Act::MessageUnpinned { of }
            | Act::PollVoted { of }
            | Act::PollClosed { of } => Some(*of),
            _ => None,
        }
    }

    /// The message that officers note something about: it is forgotten with that.
    pub fn notes_about(&self) -> Option<About> {
        match self {
            Act::TagSet {
                channel,
                of,
                day,
                author,
                ..
            }
            | Act::NoteWritten {
                channel,
                of,
                day,
                author,
                ..
            } => Some(About {
                channel: *channel,
                of: *of,
                day: *day,
                author: *author,
            }),
            _ => None,
        }
    }

    /// What it was before it was sent.
    pub fn waited(&self) -> Option<&Waited> {
        match self {
            Act::MessagePosted { waited, .. } => waited.as_ref(),
            _ => None,
        }
    }

    /// The older message that is told with this act: what it amends, or quotes.
    pub fn tells_of(&self) -> Option<u64> {
        match self {
            Act::MessagePosted { reply, .. } => *reply,
            act => act.amends(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_none_of_a_thousand(count: &u16) -> bool {
    *count == 0
}

/// What decisions need to know of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollFact {
    pub options: u8,
    /// One may choose several.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub many: bool,
}

/// How a device came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    Setup,
    Join,
    Secret,
    Device,
    Reset,
    Passkey,
    Oidc,
    Ldap,
}

/// A retention ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// A channel that follows the workspace.
    #[default]
    Inherit,
    Forever,
    Days(u32),
}

impl Keep {
    /// None: for ever, or as others say.
    pub fn days(self) -> Option<u32> {
        match self {
            Keep::Days(days) => Some(days),
            Keep::Forever | Keep::Inherit => None,
        }
    }
}

/// One event as the rest of the server sees it.
#[derive(Clone, Debug)]
pub struct Event {
    pub position: Position,
    pub leaf: Hash,
    pub header: Header,
    /// None: it never had content, or it was forgotten (`forgotten`).
    pub content: Option<Content>,
    pub forgotten: bool,
}

impl Event {
    /// Reads a record of the log. A header that cannot be read is damage, never skipped. What is kept in escrow, for a
    /// matter or a floor, is as good as forgotten to everyone but an approved export.
    pub fn read(record: &Record) -> Result<Event, Unreadable> {
        let mut event = Event::read_escrow(record)?;
        if matches!(record.scope, Scope::Matter(_)) && event.content.take().is_some() {
            event.forgotten = true;
        }
        Ok(event)
    }

    /// As [`Event::read`], with what is kept in escrow: to plan by, never to show.
    pub fn read_escrow(record: &Record) -> Result<Event, Unreadable> {
        let unreadable = |_| Unreadable(record.position);
        let header = record.header.bytes().ok_or(Unreadable(record.position))?;
        let header: Header = serde_json::from_slice(header).map_err(unreadable)?;
        let (content, forgotten) = match &record.content {
            None => (None, false),
            Some(Part::Forgotten) => (None, true),
            Some(Part::Bytes(bytes)) => (
                Some(serde_json::from_slice(bytes).map_err(unreadable)?),
                false,
            ),
        };
        Ok(Event {
            position: record.position,
            leaf: Hash(record.leaf),
            header,
            content,
            forgotten,
        })
    }
}

/// The event at this position cannot be read: its audit month was destroyed, or its bytes are not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable(pub Position);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the event at position {} cannot be read", self.0)
    }
}

impl std::error::Error for Unreadable {}
