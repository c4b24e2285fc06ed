//! What somebody keeps at hand: places, read from the log each time, so that what is gone there is gone here.

use migrations_free_store::{Id, Position};
use serde::Serialize;
use utoipa::ToSchema;

use super::Seen;
use super::seen::Item;
use crate::chat::{Refusal, Sight};

pub const SAVED_ITEMS: usize = 50;
pub const SAVED_ITEMS_MAX: usize = 100;

#[derive(Debug, Serialize, ToSchema)]
pub struct Saved {
    /// What was saved last comes first.
    pub items: Vec<SavedItem>,
    /// Give as `cursor` to go on; null at the end.
    pub next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SavedItem {
    #[schema(value_type = String)]
    pub c: Id,
    /// When it was saved.
    pub at: u64,
    pub item: Item,
}

/// One saved message, before it is read.
struct Place {
    position: Position,
    sight: Sight,
    q: u64,
    at: u64,
}

impl Seen<'_> {
    pub fn saved(&self, cursor: Option<&str>, limit: usize) -> Result<Saved, Refusal> {
        let cursors = &self.views.cursors;
        let before = match cursor {
            None => Position::MAX,
            Some(text) => cursors.open(text).ok_or_else(|| {
                Refusal::BadRequest("The cursor is not one of this server's.".into())
            })?,
        };
        let limit = limit.clamp(1, SAVED_ITEMS_MAX);
        let mut places: Vec<Place> = {
            let state = self.views.state.read();
            let all = state.saved_by(self.person);
            all.map(|(c, member, q, saved)| Place {
                position: saved.position,
                sight: Sight::of_member(c, member),
                q,
                at: saved.at,
            })
            .filter(|place| place.position < before && place.sight.takes(place.q))
            .collect()
        };
        places.sort_unstable_by_key(|place| std::cmp::Reverse(place.position));
        let is_more = places.len() > limit;
        places.truncate(limit);
        let last = places.last().map(|place| place.position);
        let mut items = Vec::with_capacity(places.len());
        for place in places {
            let c = place.sight.channel();
            let mut row: Vec<Item> = self.views.row(place.sight, place.q)?.into_iter().collect();
            // One by one: what lies between them may be years.
            self.views.amend(place.sight, &mut row)?;
            row.retain(|item| item.gone.is_none() && item.del.is_none());
            let saved = |item| SavedItem {
                c,
                at: place.at,
                item,
            };
            items.extend(row.pop().map(saved));
        }
        Ok(Saved {
            items,
            next: last.filter(|_| is_more).map(|at| cursors.seal(at)),
        })
    }
}
