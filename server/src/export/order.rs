//! What an approved export asks for, as facts that its caller took from the state.
//!
//! Never a right to read: whoever holds an order was already allowed.

use std::collections::BTreeMap;

use migrations_free_store::{Id, Position};
use serde::Serialize;

use super::manifest::Selection;
use crate::chat::command::{ChannelKind, ExportFormat, Role};

#[derive(Clone, Debug)]
pub struct Order {
    pub export: Id,
    pub channel: Id,
    /// Empty for a direct channel.
    pub channel_name: String,
    /// By the time of recording; half-open.
    pub from_ms: u64,
    pub to_ms: u64,
    /// A size of the log: nothing at or after it is included.
    pub frozen: Position,
    pub requester: Id,
    pub approver: Id,
    pub reason: String,
    pub case: String,
    pub policy: Policy,
    pub kind: ChannelKind,
    /// As the request names them; empty: the lines and the report.
    pub formats: Vec<ExportFormat>,
    /// Only these messages are shown, and the rest of the range is withheld.
    pub selection: Option<Selection>,
    /// Everybody a reader may meet; the bundle names only those who occur.
    pub people: BTreeMap<Id, Person>,
}

impl Order {
    pub fn holds(&self, format: ExportFormat) -> bool {
        self.formats.contains(&format) || self.formats.is_empty() && format == ExportFormat::Html
    }
}

/// The channel's retention rule when the order was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// None: for ever.
    pub keep_days: Option<u32>,
    /// From the workspace, not the channel itself.
    pub inherited: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    pub name: String,
    pub handle: String,
    pub role: Role,
}
