//! When the whole log was last checked, and what came of it: a note in the data directory, for those who ask later.
//!
//! It proves nothing by itself: whoever doubts checks again.

use std::path::Path;

use migrations_free_store::verify::Report;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The note's name in the data directory.
pub const NOTE: &str = "verified";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Verified {
    pub at: u64,
    pub events: u64,
    pub is_sound: bool,
}

impl Verified {
    pub fn of(report: &Report, now_ms: u64) -> Verified {
        Verified {
            at: now_ms,
            events: report.size,
            is_sound: report.first_fault.is_none(),
        }
    }

    /// None when it was never checked, or the note cannot be read.
    pub fn read(data: &Path) -> Option<Verified> {
        serde_json::from_slice(&std::fs::read(data.join(NOTE)).ok()?).ok()
    }

    /// Puts the note in place of the one before. Whoever cannot has checked all the same.
    pub fn keep(&self, data: &Path) {
        let whole = data.join(NOTE);
        let part = whole.with_extension("new");
        let kept = serde_json::to_vec(self)
            .map_err(std::io::Error::other)
            .and_then(|note| std::fs::write(&part, note))
            .and_then(|()| std::fs::rename(&part, &whole));
        if let Err(error) = kept {
            tracing::warn!(%error, "that the log was checked could not be noted");
        }
    }
}
