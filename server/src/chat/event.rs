//! What can have happened: the on-disk contract of every event's header and content.
//!
//! Never renamed and never reordered: a record written today must be read for ever. New facts come
//! as new acts or as new optional fields. Headers hold opaque ids and numbers only, no free text.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use migrations_free_store::{Id, Part, Position, Record, Scope};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::command::{ChannelKind, Role};

/// The header version written now.
pub const HEADER_VERSION: u8 = 1;

/// The actor of what the server does by itself (retention, start-up).
pub const SYSTEM: Id = Id([0; 16]);

/// 32 bytes, as unpadded base64url in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Debug)]
pub struct Hash(pub [u8; 32]);

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() {
            let mut text = [0u8; 43];
            let n = URL_SAFE_NO_PAD
                .encode_slice(self.0, &mut text)
                .map_err(serde::ser::Error::custom)?;
            s.serialize_str(std::str::from_utf8(&text[..n]).map_err(serde::ser::Error::custom)?)
        } else {
            self.0.serialize(s)
        }
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
            let bytes = URL_SAFE_NO_PAD
                .decode(text.as_bytes())
                .map_err(D::Error::custom)?;
            bytes
                .try_into()
                .map(Hash)
                .map_err(|_| D::Error::custom("a hash has 32 bytes"))
        } else {
            <[u8; 32]>::deserialize(d).map(Hash)
        }
    }
}

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

/// What was done, with the opaque facts that decisions need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", content = "object")]
pub enum Act {
    #[serde(rename = "server.started")]
    ServerStarted {},
    #[serde(rename = "workspace.created")]
    WorkspaceCreated { workspace: Id },
    #[serde(rename = "workspace.renamed")]
    WorkspaceRenamed {},
    #[serde(rename = "policy.set")]
    PolicySet { keep: Keep },

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
    PersonDeactivated { person: Id },
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
    },
    #[serde(rename = "session.ended")]
    SessionEnded { person: Id, device: Id },
    #[serde(rename = "signin.locked")]
    SigninLocked { person: Id },
    #[serde(rename = "invite.created")]
    InviteCreated {
        invite: Id,
        role: Role,
        channels: Vec<Id>,
        expires_at: u64,
        uses: u32,
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
    ChannelMuted { on: bool },
    #[serde(rename = "member.added")]
    MemberAdded { person: Id },
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
    /// `n`: the ordinal of the last message read, so that unread counts need no look-up.
    #[serde(rename = "receipt.read")]
    ReceiptRead { upto: u64, n: u64 },
    #[serde(rename = "receipt.delivered")]
    ReceiptDelivered { upto: u64 },

    #[serde(rename = "destroy.intended")]
    DestroyIntended {
        plan: Hash,
        size: Position,
        days: Vec<u32>,
        records: u64,
        blobs: u64,
    },
    #[serde(rename = "destroy.done")]
    DestroyDone {
        plan: Hash,
        days: Vec<u32>,
        ranges: Vec<(u64, u64)>,
        records: u64,
        blobs: u64,
    },

    #[serde(rename = "export.requested")]
    ExportRequested { export: Id, from: u64, to: u64 },
    #[serde(rename = "export.approved")]
    ExportApproved { export: Id },
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
            Act::ServerStarted {} => "server.started",
            Act::WorkspaceCreated { .. } => "workspace.created",
            Act::WorkspaceRenamed {} => "workspace.renamed",
            Act::PolicySet { .. } => "policy.set",
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
            Act::InviteCreated { .. } => "invite.created",
            Act::InviteRevoked { .. } => "invite.revoked",
            Act::ChannelCreated { .. } => "channel.created",
            Act::ChannelChanged { .. } => "channel.changed",
            Act::ChannelArchived { .. } => "channel.archived",
            Act::ChannelMuted { .. } => "channel.muted",
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
            Act::ReceiptRead { .. } => "receipt.read",
            Act::ReceiptDelivered { .. } => "receipt.delivered",
            Act::DestroyIntended { .. } => "destroy.intended",
            Act::DestroyDone { .. } => "destroy.done",
            Act::ExportRequested { .. } => "export.requested",
            Act::ExportApproved { .. } => "export.approved",
            Act::ExportRefused { .. } => "export.refused",
            Act::ExportBuilt { .. } => "export.built",
            Act::ExportFailed { .. } => "export.failed",
            Act::ExportDownloaded { .. } => "export.downloaded",
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
                | Act::DestroyDone { .. }
                | Act::ImportFinished { .. }
        )
    }

    /// The message that this act changes, if it is an edit, deletion or reaction.
    pub fn amends(&self) -> Option<u64> {
        match self {
            Act::MessageEdited { of, .. }
            | Act::MessageDeleted { of }
            | Act::ReactionAdded { of }
            | Act::ReactionRemoved { of } => Some(*of),
            _ => None,
        }
    }
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

/// The content of an event: the part that can be forgotten.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub files: Vec<FileFact>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub handle: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub topic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub emoji: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label: Option<String>,
    /// The argon2id PHC string.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credential: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub case: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub imported: Option<ImportedFrom>,
    /// Lines of an imported file that could not be read, kept verbatim.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unreadable: Vec<UnreadLine>,
}

impl Content {
    pub fn text(text: impl Into<String>) -> Self {
        Content {
            text: Some(text.into()),
            ..Content::default()
        }
    }
    pub fn name(name: impl Into<String>) -> Self {
        Content {
            name: Some(name.into()),
            ..Content::default()
        }
    }
    pub fn emoji(emoji: impl Into<String>) -> Self {
        Content {
            emoji: Some(emoji.into()),
            ..Content::default()
        }
    }
}

/// An attachment as its message names it. `commitment` binds the sealed bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileFact {
    pub id: Id,
    pub name: String,
    pub mime: String,
    pub size: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub w: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub h: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub thumb: Option<Id>,
    pub sha256: Hash,
}

/// What an imported message claims about itself: unverified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportedFrom {
    pub from: String,
    pub at: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
    /// The position of its first line in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnreadLine {
    pub line: u64,
    pub text: String,
    pub why: String,
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
    /// Reads a record of the log. A header that cannot be read is damage, never skipped.
    pub fn read(record: &Record) -> Result<Event, Unreadable> {
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
