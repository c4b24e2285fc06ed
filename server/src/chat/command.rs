//! What can be asked for. Closed: what is not here cannot be done.

use migrations_free_store::{Id, Position};
use serde::{Deserialize, Serialize};

use super::event::{Content, Entry, FileFact, Hash};
use super::refusal::Refusal;

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
    },
    #[serde(rename = "del")]
    Delete { c: Id, q: u64 },
    #[serde(rename = "react")]
    React { c: Id, q: u64, e: String, on: bool },
    #[serde(rename = "read")]
    Read { c: Id, q: u64 },
    #[serde(rename = "got")]
    Got { c: Id, q: u64 },
    #[serde(rename = "mute")]
    Mute { c: Id, on: bool },
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
    #[serde(rename = "profile")]
    Profile { name: String },
    #[serde(rename = "invite.create")]
    InviteCreate {
        role: Role,
        #[serde(default)]
        channels: Vec<Id>,
        hours: u32,
        uses: u32,
        #[serde(default)]
        note: String,
    },
    #[serde(rename = "invite.revoke")]
    InviteRevoke { invite: Id },
    #[serde(rename = "device.revoke")]
    DeviceRevoke { device: Id },
    #[serde(rename = "person.role")]
    PersonRole { person: Id, role: Role },
    #[serde(rename = "person.deactivate")]
    PersonDeactivate { person: Id },
    #[serde(rename = "person.reactivate")]
    PersonReactivate { person: Id },
    #[serde(rename = "person.reset")]
    PersonReset { person: Id },
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
    },
    #[serde(rename = "export.request")]
    ExportRequest {
        c: Id,
        from: u64,
        to: u64,
        reason: String,
        case: String,
    },
    #[serde(rename = "export.approve")]
    ExportApprove { export: Id },
    #[serde(rename = "export.refuse")]
    ExportRefuse { export: Id },
    /// What only the server's own parts ask for; never on the wire.
    #[serde(skip)]
    Door(Door),
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
}

/// What identity, import, export and retention ask for, through the same door as everyone.
#[derive(Clone, Debug, PartialEq)]
pub enum Door {
    Started,
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
    Expire {
        channel: Id,
        days: Vec<u32>,
    },
    ExpireDone {
        channel: Id,
        plan: Hash,
        days: Vec<u32>,
        records: u64,
        blobs: u64,
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
    ExportDownloaded {
        export: Id,
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

#[derive(Clone, Debug, PartialEq)]
pub struct NewSession {
    pub token: Hash,
    pub label: String,
    /// The device that vouched for this one by showing its QR code.
    pub by: Option<Id>,
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
            Command::Mute { .. } => "mute",
            Command::ChannelCreate { .. } => "channel.create",
            Command::ChannelDirect { .. } => "channel.direct",
            Command::ChannelEdit { .. } => "channel.edit",
            Command::ChannelAdd { .. } => "channel.add",
            Command::ChannelRemove { .. } => "channel.remove",
            Command::ChannelLeave { .. } => "channel.leave",
            Command::ChannelOwner { .. } => "channel.owner",
            Command::ChannelArchive { .. } => "channel.archive",
            Command::Profile { .. } => "profile",
            Command::InviteCreate { .. } => "invite.create",
            Command::InviteRevoke { .. } => "invite.revoke",
            Command::DeviceRevoke { .. } => "device.revoke",
            Command::PersonRole { .. } => "person.role",
            Command::PersonDeactivate { .. } => "person.deactivate",
            Command::PersonReactivate { .. } => "person.reactivate",
            Command::PersonReset { .. } => "person.reset",
            Command::WorkspaceEdit { .. } => "workspace.edit",
            Command::PolicySet { .. } => "policy.set",
            Command::ExportRequest { .. } => "export.request",
            Command::ExportApprove { .. } => "export.approve",
            Command::ExportRefuse { .. } => "export.refuse",
            Command::Door(_) => "door",
        }
    }

    /// The message whose author or existence the decision depends on.
    pub fn target(&self) -> Option<(Id, u64)> {
        match self {
            Command::Edit { c, q, .. }
            | Command::Delete { c, q }
            | Command::React { c, q, .. }
            | Command::Read { c, q } => Some((*c, *q)),
            Command::Send(send) => send.th.or(send.re).map(|q| (send.c, q)),
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
    pub deleted: bool,
    pub forgotten: bool,
}

/// An upload that is complete and waits for its message.
#[derive(Clone, Debug, PartialEq)]
pub struct Upload {
    pub channel: Id,
    pub by: Id,
    pub fact: FileFact,
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

/// The log's size when something was decided, for plans.
pub type Size = Position;
