//! What waits to be sent, for its author alone: read from the log each time.

use migrations_free_store::Id;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Seen, unavailable};
use crate::chat::Refusal;
use crate::chat::schedule::{Scheduled, Unsent};

#[derive(Debug, Serialize, ToSchema)]
pub struct Waiting {
    /// Soonest first.
    pub items: Vec<WaitingItem>,
}

/// A message that waits, or could not be sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WaitingItem {
    #[schema(value_type = String)]
    pub id: Id,
    #[schema(value_type = String)]
    pub c: Id,
    /// When it is sent.
    pub at: u64,
    /// When it was written.
    pub ts: u64,
    /// Absent in a list of places, and when its words were destroyed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub m: Vec<Id>,
    /// Why it was not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub why: Option<Unsent>,
}

impl WaitingItem {
    fn of(id: Id, known: &Scheduled) -> WaitingItem {
        WaitingItem {
            id,
            c: known.channel,
            at: known.due_at,
            ts: known.written_at,
            b: None,
            m: known.mentions.clone(),
            why: known.unsent,
        }
    }
}

impl Seen<'_> {
    /// Where something waits and until when, without words.
    pub fn waiting(&self) -> Vec<WaitingItem> {
        let state = self.views.state.read();
        let theirs = state.schedules.of(self.person);
        let mut all: Vec<_> = theirs
            .map(|(id, known)| WaitingItem::of(id, known))
            .collect();
        all.sort_unstable_by_key(|item| (item.at, item.id));
        all
    }

    /// The same with what each says. Whoever is not in the channel any more reads their own words still.
    pub fn scheduled(&self) -> Result<Waiting, Refusal> {
        let words: Vec<_> = {
            let state = self.views.state.read();
            let theirs = state.schedules.of(self.person);
            theirs
                .map(|(id, known)| (WaitingItem::of(id, known), known.words()))
                .collect()
        };
        let mut items = Vec::with_capacity(words.len());
        for (mut item, words) in words {
            if let Some((position, _)) = words {
                let record = self.views.store.read(position).map_err(unavailable)?;
                item.b = self.views.read(&record)?.content.and_then(|c| c.text);
            }
            items.push(item);
        }
        items.sort_unstable_by_key(|item| (item.at, item.id));
        Ok(Waiting { items })
    }
}
