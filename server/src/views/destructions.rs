//! Where the destructions stand in the log, and what led to each: intents, rules with their proposals, orders, holds.
//!
//! Holds opaque ids and positions only. Never says what was destroyed: the log does. New entries wait in memory until
//! they are saved, and reads see both.

use std::collections::BTreeSet;
use std::sync::Arc;

use migrations_free_store::{Changes, Error, Id, Part, Position, Record, Store, Table, View};
use parking_lot::RwLock;

use crate::chat::event::{Act, Event, Header};
use crate::chat::subject::{Narrowed, Subject};

const NAME: &str = "destructions";
const VERSION: u32 = 1;

/// What an entry is about, and whose id it is under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Every destruction that was done, under no id.
    Done,
    /// Intents, what was given up and what was done, by [`about`].
    Intent,
    /// Rules as they were set, by channel; of the workspace under no id.
    Rule,
    /// What was proposed and approved, by proposal.
    Proposal,
    /// Who ordered and who approved, by order.
    Order,
    /// Holds that were placed, by matter.
    Matter,
    /// When it was released, by hold.
    Hold,
}

pub const NO_ID: Id = Id([0; 16]);

type Key = [u8; 25];
type Entries = BTreeSet<Key>;

pub struct Destructions {
    table: Table,
    fresh: RwLock<Entries>,
    /// Being written just now: still read from here.
    saving: RwLock<Arc<Entries>>,
}

impl Destructions {
    /// Opens and catches up with the log.
    pub fn open(
        store: &Store,
        progress: &mut dyn FnMut(migrations_free_store::Progress),
    ) -> Result<Self, Error> {
        let mut view = Saved::default();
        store.views().catch_up(store, &mut view, progress)?;
        let destructions = Destructions {
            table: store.views().table(NAME),
            fresh: RwLock::default(),
            saving: RwLock::default(),
        };
        // What the catch-up read and did not yet write.
        *destructions.fresh.write() = view.entries;
        Ok(destructions)
    }

    pub fn note(&self, event: &Event) {
        let keys = keys(event.position, &event.header);
        if !keys.is_empty() {
            let mut fresh = self.fresh.write();
            fresh.extend(keys);
        }
    }

    /// The newest positions below `before`, newest first, at most so many.
    pub fn newest(
        &self,
        about: About,
        id: Id,
        before: Position,
        limit: usize,
    ) -> Result<Vec<Position>, Error> {
        let Some(newest) = before.checked_sub(1) else {
            return Ok(Vec::new());
        };
        let (low, high) = (key(about, id, newest), key(about, id, 0));
        let mut found = Entries::new();
        let beyond = [high.as_slice(), &[0]].concat();
        for entry in self.table.range(&low, &beyond).take(limit) {
            if let Ok(key) = Key::try_from(entry?.0) {
                found.insert(key);
            }
        }
        found.extend(self.saving.read().range(low..=high));
        found.extend(self.fresh.read().range(low..=high));
        Ok(found.iter().take(limit).map(position).collect())
    }

    /// Writes what waits; `position` must cover everything noted so far.
    pub fn save(&self, store: &Store, position: Position) -> Result<(), Error> {
        let entries = {
            let mut saving = self.saving.write();
            let mut fresh = self.fresh.write();
            let mut all = std::mem::take(Arc::make_mut(&mut saving));
            all.append(&mut fresh);
            *saving = Arc::new(all);
            Arc::clone(&saving)
        };
        let mut view = Saved {
            entries: (*entries).clone(),
        };
        store.views().save(&mut view, position)?;
        *self.saving.write() = Arc::default();
        Ok(())
    }
}

/// Under which id the intents of a subject stand: its channel, its person, or what it was kept for.
pub fn about(subject: &Subject) -> Id {
    match subject {
        Subject::Days { channel, .. } | Subject::Messages { channel, .. } => *channel,
        Subject::Person { person, .. } => *person,
        Subject::Escrow(escrow) => *escrow,
    }
}

/// Each channel that lost something of a person's is told by itself; the destruction is the one beside them.
pub fn is_whole(header: &Header, narrowed: &Narrowed) -> bool {
    narrowed.person.is_none() || header.channel.is_none()
}

/// The view as the store's engine drives it.
#[derive(Default)]
struct Saved {
    entries: Entries,
}

impl View for Saved {
    fn name(&self) -> &'static str {
        NAME
    }
    fn version(&self) -> u32 {
        VERSION
    }
    fn reset(&mut self) {
        self.entries.clear();
    }
    fn load(&mut self, _: &Table) -> Result<(), Error> {
        Ok(())
    }
    fn apply(&mut self, record: &Record) -> Result<(), Error> {
        if let Part::Bytes(header) = &record.header
            && let Ok(header) = serde_json::from_slice::<Header>(header)
        {
            let keys = keys(record.position, &header);
            self.entries.extend(keys);
        }
        Ok(())
    }
    fn save(&mut self, changes: &mut Changes) -> Result<(), Error> {
        for key in std::mem::take(&mut self.entries) {
            changes.put(&key, &[]);
        }
        Ok(())
    }
}

fn keys(position: Position, header: &Header) -> Vec<Key> {
    let places = places(header).unwrap_or_default();
    let keys = places.iter().map(|(about, id)| key(*about, *id, position));
    keys.collect()
}

/// None of them: it is no part of a destruction.
fn places(header: &Header) -> Option<Vec<(About, Id)>> {
    let place = match &header.act {
        Act::DestroyDone { days, narrowed, .. } => {
            let subject = Subject::told(header.channel, days, narrowed)?;
            let is_whole = is_whole(header, narrowed);
            let both = vec![(About::Done, NO_ID), (About::Intent, about(&subject))];
            return is_whole.then_some(both);
        }
        Act::DestroyIntended { days, narrowed, .. } => {
            let subject = Subject::told(header.channel, days, narrowed)?;
            (About::Intent, about(&subject))
        }
        Act::DestroyAbandoned { .. } => (About::Intent, header.channel?),
        Act::PolicySet { .. } => (About::Rule, header.channel.unwrap_or(NO_ID)),
        Act::PolicyProposed { proposal, .. } | Act::PolicyApproved { proposal, .. } => {
            (About::Proposal, *proposal)
        }
        Act::OrderRequested { order, .. } | Act::OrderApproved { order } => (About::Order, *order),
        Act::HoldPlaced { matter, .. } => (About::Matter, *matter),
        Act::HoldReleased { hold } => (About::Hold, *hold),
        _ => return None,
    };
    Some(vec![place])
}

/// The newest come first.
fn key(about: About, id: Id, position: Position) -> Key {
    let mut key = [0; 25];
    key[0] = match about {
        About::Done => b'd',
        About::Intent => b'i',
        About::Rule => b'r',
        About::Proposal => b'p',
        About::Order => b'o',
        About::Matter => b'm',
        About::Hold => b'h',
    };
    key[1..17].copy_from_slice(&id.0);
    key[17..].copy_from_slice(&(!position).to_be_bytes());
    key
}

fn position(key: &Key) -> Position {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&key[17..]);
    !Position::from_be_bytes(bytes)
}
