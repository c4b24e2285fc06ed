//! What a person may have of her own: a zip with data.json, a page to read, and her files.
//!
//! Never holds anybody else's words, and is never kept: it is made anew whenever it is fetched, from what can be read
//! then, so that nothing has to be destroyed in it.

mod own;
mod pack;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use migrations_free_store::{Error, Id, Position};
use parking_lot::Mutex;

use crate::chat::event::{Act, Event};
use crate::chat::refusal::Refusal;
use crate::views::{Views, unavailable};

pub use pack::{CHUNKS_AHEAD, Chunks, write};

/// For so long after it was asked for it can be fetched, by the device that asked.
pub const FETCHED_WITHIN_MS: u64 = 3_600_000;
/// How often one person asks, and fetches, in one UTC day: each fetch reads the whole log.
pub const ASKS_A_DAY: u32 = 3;
pub const FETCHES_A_DAY: u32 = 6;
/// Packs that are written at one time.
const WRITTEN_AT_ONCE: usize = 2;
const DAY_MS: u64 = 24 * 3_600_000;

/// How many there were today, and whose are under way. Forgotten at a restart.
#[derive(Default)]
pub struct Packs {
    today: Mutex<(u64, HashMap<(Id, Kind), u32>)>,
    under_way: Arc<Mutex<HashSet<Id>>>,
}

/// A pack is being written for this person until it is dropped.
pub struct Place {
    person: Id,
    under_way: Arc<Mutex<HashSet<Id>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.under_way.lock().remove(&self.person);
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Ask,
    Fetch,
}

impl Packs {
    /// One of a person's at a time, and few at all.
    pub fn begin(&self, person: Id) -> Result<Place, Refusal> {
        let mut under_way = self.under_way.lock();
        if under_way.len() >= WRITTEN_AT_ONCE || !under_way.insert(person) {
            return Err(Refusal::Conflict(
                "Data is being fetched already. Try again in a minute.",
            ));
        }
        Ok(Place {
            person,
            under_way: Arc::clone(&self.under_way),
        })
    }

    pub fn admit(&self, person: Id, kind: Kind, now_ms: u64) -> Result<(), Refusal> {
        let mut today = self.today.lock();
        let day = now_ms / DAY_MS;
        if today.0 != day {
            *today = (day, HashMap::new());
        }
        let most = match kind {
            Kind::Ask => ASKS_A_DAY,
            Kind::Fetch => FETCHES_A_DAY,
        };
        let count = today.1.entry((person, kind)).or_default();
        if *count >= most {
            return Err(Refusal::Rate {
                after_ms: DAY_MS - now_ms % DAY_MS,
            });
        }
        *count += 1;
        Ok(())
    }
}

/// When this person asked on this device at this position. Of what another asked, or of anything else that stands there, nothing is
/// told.
pub fn asked_at(views: &Views, asker: (Id, Id), position: Position) -> Result<u64, Refusal> {
    if position >= views.position() {
        return Err(Refusal::NotFound);
    }
    let record = match views.store.read(position) {
        Ok(record) => record,
        Err(Error::NotFound | Error::Forgotten) => return Err(Refusal::NotFound),
        Err(error) => return Err(unavailable(error)),
    };
    let event = Event::read(&record).map_err(|_| Refusal::NotFound)?;
    match event.header.act {
        Act::DataAsked { person, device } if (person, device) == asker => Ok(event.header.at),
        _ => Err(Refusal::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_a_day_and_everybody_has_their_own() {
        let packs = Packs::default();
        let (ada, bo) = (Id([1; 16]), Id([2; 16]));
        for _ in 0..ASKS_A_DAY {
            assert!(packs.admit(ada, Kind::Ask, DAY_MS + 1_000).is_ok());
        }
        let refused = packs.admit(ada, Kind::Ask, DAY_MS + 1_000);
        let after_ms = DAY_MS - 1_000;
        assert_eq!(refused, Err(Refusal::Rate { after_ms }));
        assert!(packs.admit(ada, Kind::Fetch, DAY_MS + 1_000).is_ok());
        assert!(packs.admit(bo, Kind::Ask, DAY_MS + 1_000).is_ok());
        assert!(packs.admit(ada, Kind::Ask, 2 * DAY_MS).is_ok(), "a new day");
        let first = packs.begin(ada);
        assert!(packs.begin(ada).is_err(), "one of hers at a time");
        let _other = packs.begin(bo);
        assert!(packs.begin(Id([3; 16])).is_err(), "and few at all");
        drop(first);
        assert!(packs.begin(ada).is_ok());
    }
}
