//! MANIFEST.json: what a bundle claims about itself. Every claim here is checked against the lines.
//!
//! Never the only place of a fact that matters.

use migrations_free_store::Id;
use serde::{Deserialize, Serialize};

use super::line::{B64, Head, Reason};
use crate::chat::ExportFormat;

pub const FORMAT: &str = "daylight/bundle/v1";

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: String,
    pub export: Id,
    pub channel: Channel,
    pub range: Range,
    /// Nothing at or after this position of the log is included.
    pub frozen: u64,
    pub order: Ordered,
    pub policy: Rule,
    pub counts: Counts,
    /// The first and the last position among the lines.
    pub log_index: Option<(u64, u64)>,
    pub channel_seq: Span,
    pub gaps: Vec<Gap>,
    pub log: Log,
    /// What was chosen; empty: the lines and the report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formats: Vec<ExportFormat>,
    /// Present: only these messages are shown, with what was done to them; all else of the range is withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
}

/// The messages that were chosen by their tags, as the request names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    pub matter: Id,
    pub tagged: Vec<String>,
    pub not_tagged: Vec<String>,
    /// Their numbers, rising.
    pub messages: Vec<u64>,
    /// What became of all else: always `withheld`.
    pub rest: String,
}

impl Selection {
    pub const REST: &str = "withheld";

    pub fn has(&self, seq: u64) -> bool {
        self.messages.binary_search(&seq).is_ok()
    }

    /// Is the content of this event shown: of a chosen message, of what was done to one, or of the order itself?
    pub fn shows(&self, head: &Head, export: &str) -> bool {
        let own = head.channel_seq.filter(|_| head.is_message());
        let of = own.or(head.amends());
        of.is_some_and(|of| self.has(of)) || head.export() == Some(export)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    pub id: Id,
    pub name: String,
}

/// By the time of recording, half-open.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    pub from_ms: u64,
    pub to_ms: u64,
    pub from: String,
    pub to: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ordered {
    pub requester: Id,
    pub requester_name: String,
    pub approver: Id,
    pub approver_name: String,
    pub reason: String,
    pub case: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub keep_days: Option<u32>,
    pub from: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    pub events: u64,
    pub messages: u64,
    pub files: u64,
    pub files_missing: u64,
    pub forgotten: u64,
    pub withheld: u64,
}

/// The dense numbers of the range: `first` up to, not including, `end`; `head` is the channel's newest before `frozen`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    pub first: u64,
    pub end: u64,
    pub head: u64,
}

/// Content that is not there, by what it was sealed under. The headers are there and are proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    pub scope: String,
    pub reason: Reason,
    pub events: u64,
    pub first_log_index: u64,
    pub last_log_index: u64,
    /// The position of the `destroy.done` that destroyed the key, when it is before `frozen`.
    pub destroyed_at: Option<u64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub origin: String,
    pub size: u64,
    pub root: B64,
    pub verifier_key: String,
}
