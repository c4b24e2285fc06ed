//! What earlier imports brought into a channel, read from the log.
//!
//! Never looks at what members wrote here: only at rows that came from elsewhere. Whoever calls has
//! authorised the owner of the channel.

use std::collections::HashMap;

use migrations_free_store::Id;

use super::rows::{self, Stored};
use super::whatsapp::Kind;
use crate::chat::Refusal;
use crate::chat::event::{Act, Event};
use crate::chat::state::day_of;
use crate::views::{Views, unavailable};

/// Events read at once.
const PAGE_EVENTS: u64 = 1_000;

/// One imported row, with the pieces of a long text together.
#[derive(Debug)]
pub struct Known {
    pub kind: Kind,
    pub from: String,
    pub at_ms: u64,
    pub person: Option<Id>,
    /// Its file is not here.
    pub missing: bool,
    note: String,
}

/// All imported rows of a channel that are not forgotten, oldest first.
pub fn known(views: &Views, channel: Id) -> Result<Vec<Known>, Refusal> {
    let Some((from, head)) = range(views, channel) else {
        return Ok(Vec::new());
    };
    let mut gather = Gather::default();
    let mut start = from;
    while start <= head {
        let end = start.saturating_add(PAGE_EVENTS - 1).min(head);
        for record in views
            .store
            .channel_page(channel, start, end)
            .map_err(unavailable)?
        {
            gather.take(&Event::read(&record).map_err(|_| Refusal::Unavailable)?);
        }
        start = end + 1;
    }
    Ok(gather.done())
}

/// Where imported rows can stand: nothing came in before the first import's day.
fn range(views: &Views, channel: Id) -> Option<(u64, u64)> {
    let state = views.state.read();
    let first = state
        .imports
        .values()
        .filter(|i| i.channel == channel)
        .map(|i| i.at)
        .min()?;
    let facts = state.channels.get(&channel)?;
    let (_, day) = facts.days.range(day_of(first)..).next()?;
    Some((day.from, facts.head))
}

#[derive(Default)]
struct Gather {
    rows: Vec<Known>,
    /// The newest row of each import: what a continuation belongs to.
    last: HashMap<Id, usize>,
}

impl Gather {
    fn take(&mut self, event: &Event) {
        let Act::MessageImported { import, person, .. } = event.header.act else {
            return;
        };
        let Some(content) = &event.content else {
            return;
        };
        let (Some(told), Some(stored)) = (&content.imported, rows::stored(content)) else {
            return;
        };
        match stored {
            Stored::Whole(kind) => {
                self.last.insert(import, self.rows.len());
                let is_event = matches!(kind, Kind::System(_));
                self.rows.push(Known {
                    kind,
                    from: told.from.clone(),
                    at_ms: told.at,
                    person,
                    missing: rows::is_missing(content),
                    note: content
                        .note
                        .clone()
                        .filter(|_| !is_event)
                        .unwrap_or_default(),
                });
            }
            Stored::Continued(more) => {
                if let Some(row) = self.last.get(&import).and_then(|at| self.rows.get_mut(*at)) {
                    rows::extend(&mut row.kind, &more);
                }
            }
            Stored::Found { caption } => self.found(&told.from, told.at, &caption),
        }
    }

    fn found(&mut self, from: &str, at_ms: u64, caption: &str) {
        let lacking = self.rows.iter_mut().find(|row| {
            row.missing
                && row.at_ms == at_ms
                && row.from == from
                && row.caption().is_some_and(|c| c.starts_with(caption))
        });
        if let Some(row) = lacking {
            row.missing = false;
        }
    }

    fn done(mut self) -> Vec<Known> {
        for row in &mut self.rows {
            rows::without_note(&mut row.kind, &row.note);
        }
        self.rows
    }
}

impl Known {
    fn caption(&self) -> Option<&str> {
        match &self.kind {
            Kind::Attachment { caption, .. } => {
                Some(caption.strip_suffix(&self.note).unwrap_or(caption))
            }
            _ => None,
        }
    }
}
