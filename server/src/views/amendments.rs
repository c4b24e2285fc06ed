//! Which later events are about a message: edits, deletions, reactions, thread replies, confirmations and votes, by message.
//!
//! Holds opaque ids and numbers only; the texts stay in the log. New entries wait in memory until
//! they are saved, and reads see both.

use std::collections::BTreeMap;
use std::sync::Arc;

use migrations_free_store::{Changes, Error, Id, Position, Record, Store, Table, View};
use parking_lot::RwLock;

use crate::chat::event::{Act, Event};

const NAME: &str = "amendments";
const VERSION: u32 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Edit,
    Delete,
    Reaction,
    Reply,
    Confirmation,
    Vote,
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amendment {
    pub of: u64,
    pub q: u64,
    pub kind: Kind,
}

type Key = [u8; 32];
type Entries = BTreeMap<Key, u8>;

pub struct Amendments {
    table: Table,
    fresh: RwLock<Entries>,
    /// Being written just now: still read from here.
    saving: RwLock<Arc<Entries>>,
}

impl Amendments {
    /// Opens and catches up with the log.
    pub fn open(
        store: &Store,
        progress: &mut dyn FnMut(migrations_free_store::Progress),
    ) -> Result<Self, Error> {
        let mut view = Saved::default();
        store.views().catch_up(store, &mut view, progress)?;
        let amendments = Amendments {
            table: store.views().table(NAME),
            fresh: RwLock::default(),
            saving: RwLock::default(),
        };
        // What the catch-up read and did not yet write.
        *amendments.fresh.write() = view.entries;
        Ok(amendments)
    }

    pub fn note(&self, event: &Event) {
        if let Some((key, kind)) = entry(event) {
            self.fresh.write().insert(key, kind);
        }
    }

    pub fn waiting(&self) -> usize {
        self.fresh.read().len()
    }

    /// Everything that changes the channel's messages `from..=to`, by message and then in order.
    pub fn of_range(&self, channel: Id, from: u64, to: u64) -> Result<Vec<Amendment>, Error> {
        let low = key(channel, from, 0);
        let high = key(channel, to.saturating_add(1), 0);
        let mut found = Entries::new();
        for entry in self.table.range(&low, &high) {
            let (k, v) = entry?;
            if let (Ok(k), [kind]) = (Key::try_from(k), v.as_slice()) {
                found.insert(k, *kind);
            }
        }
        found.extend(self.saving.read().range(low..high).map(|(k, v)| (*k, *v)));
        found.extend(self.fresh.read().range(low..high).map(|(k, v)| (*k, *v)));
        Ok(found
            .into_iter()
            .filter_map(|(k, v)| decode(&k, v))
            .collect())
    }

    pub fn is_deleted(&self, channel: Id, q: u64) -> Result<bool, Error> {
        Ok(self
            .of_range(channel, q, q)?
            .iter()
            .any(|a| a.kind == Kind::Delete))
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
        // Only what stands in a channel can change a message there.
        if record.place.is_some()
            && let Ok(event) = Event::read(record)
            && let Some((key, kind)) = entry(&event)
        {
            self.entries.insert(key, kind);
        }
        Ok(())
    }
    fn save(&mut self, changes: &mut Changes) -> Result<(), Error> {
        for (key, kind) in std::mem::take(&mut self.entries) {
            changes.put(&key, &[kind]);
        }
        Ok(())
    }
}

fn entry(event: &Event) -> Option<(Key, u8)> {
    let (channel, q) = (event.header.channel?, event.header.channel_seq?);
    let (of, kind) = match &event.header.act {
        Act::MessageEdited { of, .. } => (*of, b'e'),
        Act::MessageDeleted { of } => (*of, b'd'),
        Act::ReactionAdded { of } | Act::ReactionRemoved { of } => (*of, b'r'),
        Act::MessageConfirmed { of } => (*of, b'c'),
        Act::PollVoted { of } => (*of, b'v'),
        Act::PollClosed { of } => (*of, b'x'),
        Act::MessagePosted {
            thread: Some(root), ..
        } => (*root, b't'),
        _ => return None,
    };
    Some((key(channel, of, q), kind))
}

fn key(channel: Id, of: u64, q: u64) -> Key {
    let mut key = [0; 32];
    key[..16].copy_from_slice(&channel.0);
    key[16..24].copy_from_slice(&of.to_be_bytes());
    key[24..].copy_from_slice(&q.to_be_bytes());
    key
}

fn decode(key: &Key, kind: u8) -> Option<Amendment> {
    let kind = match kind {
        b'e' => Kind::Edit,
        b'd' => Kind::Delete,
        b'r' => Kind::Reaction,
        b't' => Kind::Reply,
        b'c' => Kind::Confirmation,
        b'v' => Kind::Vote,
        b'x' => Kind::Close,
        _ => return None,
    };
    let number = |at: usize| {
        key.get(at..at + 8)
            .and_then(|b| b.try_into().ok())
            .map(u64::from_be_bytes)
    };
    Some(Amendment {
        of: number(16)?,
        q: number(24)?,
        kind,
    })
}
