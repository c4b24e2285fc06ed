//! What people may see. The only way to read: `views.seen_by(person)`.
//!
//! No function here returns a timeline to nobody in particular; an unknown and a forbidden channel
//! answer alike. Reads never change anything.

pub mod adoption;
pub mod amendments;
pub mod communities;
pub mod confirmations;
pub mod cursor;
pub mod destructions;
pub mod granted;
pub mod ledger;
pub mod media;
pub mod record;
pub mod resume;
pub mod saved;
pub mod scheduled;
pub mod search;
pub mod seen;
pub mod snapshot;
pub mod supervised;
pub mod tagged;
pub mod tally;
pub mod terms;
pub mod timeline;
pub mod unusual;

use std::sync::Arc;

use migrations_free_store::{Error, Id, Position, Record, Store};
use parking_lot::RwLock;

use crate::chat::{Event, Refusal, Sight, State};
use amendments::Amendments;
use cursor::Cursors;
use destructions::Destructions;
use search::Search;

/// Everything that can be read.
pub struct Views {
    pub store: Store,
    pub state: Arc<RwLock<State>>,
    pub amendments: Arc<Amendments>,
    pub destructions: Arc<Destructions>,
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

    /// An event as people see it. What is about to go is out of sight at once and all together: while some of it is
    /// sealed elsewhere and some is not yet, the difference would tell what is held.
    pub(crate) fn read(&self, record: &Record) -> Result<Event, Refusal> {
        let mut event = Event::read(record).map_err(|_| Refusal::Unavailable)?;
        let state = self.state.read();
        if event.content.is_some() && state.unfinished.iter().any(|s| s.takes(record, &event)) {
            event.content = None;
            event.forgotten = true;
        }
        Ok(event)
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

    /// How far back this person reads the channel; what reads of it asks for one.
    pub(super) fn sight(&self, channel: Id) -> Result<Sight, Refusal> {
        Sight::of(&self.views.state.read(), self.person, channel)
    }
}

/// A read that failed for the server's own reasons.
pub(crate) fn unavailable(error: Error) -> Refusal {
    tracing::error!(code = error.code(), %error, "a view could not be read");
    Refusal::Unavailable
}
