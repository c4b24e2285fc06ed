//! The ledger: the audit log as people see it. Ids and numbers, never content.
//!
//! Which acts a role may see is decided here and nowhere else.

use migrations_free_store::{Id, Position};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Views, unavailable};
use crate::chat::command::Role;
use crate::chat::event::{Act, Header};
use crate::chat::subject::Narrowed;
use crate::chat::{Refusal, State};

pub const ENTRIES_MAX: usize = 200;
/// Positions looked through for one page; `next` continues.
const LOOKED_AT_MAX: u64 = 20_000;

#[derive(Debug, Serialize, ToSchema)]
pub struct Entry {
    pub position: Position,
    pub at: u64,
    pub act: &'static str,
    #[schema(value_type = String)]
    pub actor: Id,
    #[schema(value_type = Option<String>)]
    pub channel: Option<Id>,
    pub object: serde_json::Value,
    pub leaf: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Ledger {
    pub entries: Vec<Entry>,
    /// Give as `before` to go on; null at the beginning of the log.
    pub next: Option<Position>,
}

#[derive(Debug, Default)]
pub struct Filter {
    pub before: Option<Position>,
    pub act: Option<String>,
    pub actor: Option<Id>,
    pub limit: usize,
}

impl Views {
    /// Newest first.
    pub fn ledger(&self, person: Id, filter: &Filter) -> Result<Ledger, Refusal> {
        let role = may_read_ledger(&self.state.read(), person)?;
        let limit = filter.limit.clamp(1, ENTRIES_MAX);
        let mut end = filter.before.unwrap_or(u64::MAX).min(self.store.size());
        let floor = end.saturating_sub(LOOKED_AT_MAX);
        let mut entries = Vec::new();
        while end > floor && entries.len() < limit {
            let start = end.saturating_sub(256).max(floor);
            let records: Vec<_> = self
                .store
                .scan(start, end)
                .collect::<Result<_, _>>()
                .map_err(unavailable)?;
            for record in records.iter().rev() {
                end = record.position;
                let Some(header) = record.header.bytes() else {
                    continue;
                };
                let Ok(header) = serde_json::from_slice::<Header>(header) else {
                    continue;
                };
                let own = matches!(&header.act, Act::SupervisionTaken { author, .. } if *author == person);
                if own
                    || !shows(role, &header.act)
                    || filter
                        .act
                        .as_deref()
                        .is_some_and(|act| !header.act.name().starts_with(act))
                    || filter.actor.is_some_and(|actor| header.actor != actor)
                {
                    continue;
                }
                let leaf = crate::chat::Hash(record.leaf);
                let mut entry = entry(record.position, &header, leaf);
                if role == Role::Admin
                    && let Some(object) = entry.object.as_object_mut()
                {
                    // What is missing from the counts of a destruction is what is held.
                    object.remove("records");
                    object.remove("blobs");
                    object.remove("kept");
                    object.remove("places");
                }
                if role == Role::Auditor
                    && let Some(object) = entry.object.as_object_mut()
                {
                    // Who checks the officers sees that they noted something, and not what they think of a message.
                    object.remove("tags");
                }
                entries.push(entry);
                if entries.len() == limit {
                    break;
                }
            }
        }
        Ok(Ledger {
            entries,
            next: (end > 0).then_some(end),
        })
    }
}

/// The roles that may read the ledger at all.
pub fn may_read_ledger(state: &State, person: Id) -> Result<Role, Refusal> {
    match state.role(person).ok_or(Refusal::NotSignedIn)? {
        role @ (Role::Admin | Role::Officer | Role::Auditor) => Ok(role),
        Role::Member | Role::Guest | Role::Bot => Err(Refusal::Forbidden),
    }
}

/// An admin runs the house and does not watch who talks, nor what legal does.
pub(crate) fn shows(role: Role, act: &Act) -> bool {
    match role {
        Role::Officer | Role::Auditor => true,
        Role::Admin => !matches!(
            act,
            Act::MessagePosted { .. }
                | Act::MessageImported { .. }
                | Act::MessageEdited { .. }
                | Act::MessageDeleted { .. }
                | Act::ReactionAdded { .. }
                | Act::ReactionRemoved { .. }
                | Act::MessageConfirmed { .. }
                | Act::MessageReminded { .. }
                | Act::MessagePinned { .. }
                | Act::MessageUnpinned { .. }
                | Act::MessageSaved { .. }
                | Act::MessageUnsaved { .. }
                | Act::MessageScheduled { .. }
                | Act::ScheduleChanged { .. }
                | Act::ScheduleCancelled { .. }
                | Act::ScheduleFailed { .. }
                | Act::PollVoted { .. }
                | Act::PollClosed { .. }
                | Act::ReceiptRead { .. }
                | Act::ReceiptDelivered { .. }
                | Act::ChannelMuted { .. }
                | Act::QuietSet { .. }
                | Act::ExportRequested { .. }
                | Act::ExportApproved { .. }
                | Act::ExportRefused { .. }
                | Act::ExportBuilt { .. }
                | Act::ExportFailed { .. }
                | Act::ExportDownloaded { .. }
                | Act::ExportCancelled { .. }
                | Act::ExportExpired { .. }
                | Act::ArchiveProposed { .. }
                | Act::ArchiveApproved { .. }
                | Act::ArchiveRefused { .. }
                | Act::ArchiveEnded { .. }
                | Act::ArchiveDelivered { .. }
                | Act::ArchiveFailed { .. }
                | Act::ArchiveMissed { .. }
                | Act::ArchiveClosed { .. }
                | Act::MatterOpened { .. }
                | Act::HoldPlaced { .. }
                | Act::HoldReleased { .. }
                | Act::MatterClosed { .. }
                | Act::GrantRequested { .. }
                | Act::GrantApproved { .. }
                | Act::GrantRefused { .. }
                | Act::GrantEnded { .. }
                | Act::LookCounted { .. }
                | Act::LookSearched { .. }
                | Act::LookRead { .. }
                | Act::LookOpened { .. }
                | Act::TagNamed { .. }
                | Act::TagSet { .. }
                | Act::NoteWritten { .. }
                | Act::NoteWithdrawn { .. }
                | Act::SupervisionTaken { .. }
                | Act::SupervisionReviewed { .. }
                | Act::LookSupervised { .. }
                | Act::CertificateDownloaded { .. }
                | Act::DataAsked { .. }
                | Act::DataDownloaded { .. }
                | Act::DestroyIntended {
                    narrowed: Narrowed {
                        escrow: Some(_),
                        ..
                    },
                    ..
                }
                | Act::DestroyDone {
                    narrowed: Narrowed {
                        escrow: Some(_),
                        ..
                    },
                    ..
                }
        ),
        Role::Member | Role::Guest | Role::Bot => false,
    }
}

fn entry(position: Position, header: &Header, leaf: crate::chat::Hash) -> Entry {
    let object = serde_json::to_value(&header.act)
        .ok()
        .and_then(|mut act| act.get_mut("object").map(serde_json::Value::take))
        .map(without_token)
        // Which messages somebody keeps at hand is told to nobody, not even to who checks that nothing is missing.
        .filter(|_| {
            !matches!(
                header.act,
                Act::MessageSaved { .. } | Act::MessageUnsaved { .. }
            )
        })
        .unwrap_or_default();
    Entry {
        position,
        at: header.at,
        act: header.act.name(),
        actor: header.actor,
        channel: header.channel,
        object,
        leaf: leaf.to_string(),
    }
}

/// Even the hash of a session's token is nobody's business.
fn without_token(mut object: serde_json::Value) -> serde_json::Value {
    if let Some(map) = object.as_object_mut() {
        map.remove("token");
    }
    object
}
