//! What people may see. The only way to read: `views.seen_by(person)`.
//!
//! No function here returns a timeline to nobody in particular; an unknown and a forbidden channel
//! answer alike. Reads never change anything.

pub mod amendments;
pub mod cursor;
pub mod ledger;
pub mod resume;
pub mod search;
pub mod seen;
pub mod snapshot;
pub mod terms;
pub mod timeline;

use std::sync::Arc;

use migrations_free_store::{Error, Id, Position, Store};
use parking_lot::RwLock;

use crate::chat::{Refusal, State};
use amendments::Amendments;
use cursor::Cursors;
use search::Search;

/// Everything that can be read.
pub struct Views {
    pub store: Store,
    pub state: Arc<RwLock<State>>,
    pub amendments: Arc<Amendments>,
    pub cursors: Cursors,
    pub search: Search,
}

/// The views as one person sees them.
pub struct Seen<'v> {
    pub(super) views: &'v Views,
    pub(super) person: Id,
}

impl Views {
    /// Everything below it is durable and folded into what is read here.
    pub fn position(&self) -> Position {
        self.state.read().position
    }

    pub fn seen_by(&self, person: Id) -> Seen<'_> {
        Seen {
            views: self,
            person,
        }
    }
}

impl Seen<'_> {
    /// Looking it up is the authorisation.
    pub(super) fn channel_or_refuse<T>(
        &self,
        channel: Id,
        look: impl FnOnce(&State, &crate::chat::state::Channel, &crate::chat::state::Member) -> T,
    ) -> Result<T, Refusal> {
        let state = self.views.state.read();
        let (c, member) = state
            .seen_channel(channel, self.person)
            .ok_or(Refusal::NotFound)?;
        Ok(look(&state, c, member))
    }
}

/// A read that failed for the server's own reasons.
pub(crate) fn unavailable(error: Error) -> Refusal {
    tracing::error!(code = error.code(), %error, "a view could not be read");
    Refusal::Unavailable
}
