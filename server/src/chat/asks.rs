//! What waits to be confirmed in one channel: the newest messages that asked, whom, and who has.
//!
//! Holds ids only. Older ones are closed; what was confirmed of them stands in the log.

use std::collections::BTreeMap;

use migrations_free_store::Id;
use serde::{Deserialize, Serialize};

use super::state::Channel;

/// Messages of one channel that can be confirmed; a newer one closes the oldest.
pub const ASKS_MAX: usize = 100;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Asks(BTreeMap<u64, Ask>);

/// One message that asks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ask {
    pub by: Id,
    pub day: u32,
    /// The audience, and who of it has confirmed. Whoever leaves stays in it.
    pub people: BTreeMap<Id, bool>,
    pub reminded_at: Option<u64>,
}

impl Ask {
    /// Who has not confirmed and still is here.
    pub fn waiting<'a>(&'a self, channel: &'a Channel) -> impl Iterator<Item = Id> + 'a {
        self.unconfirmed()
            .filter(|person| channel.members.contains_key(person))
    }

    fn unconfirmed(&self) -> impl Iterator<Item = Id> {
        let left = self.people.iter().filter(|(_, confirmed)| !**confirmed);
        left.map(|(person, _)| *person)
    }
}

impl Asks {
    pub fn get(&self, q: &u64) -> Option<&Ask> {
        self.0.get(q)
    }

    /// The messages that wait for this person, oldest first.
    pub fn of(&self, person: Id) -> impl Iterator<Item = u64> {
        let theirs = self
            .0
            .iter()
            .filter(move |(_, ask)| ask.people.get(&person) == Some(&false));
        theirs.map(|(q, _)| *q)
    }

    pub fn put(&mut self, q: u64, ask: Ask) {
        self.0.insert(q, ask);
        if self.0.len() > ASKS_MAX {
            self.0.pop_first();
        }
    }

    pub fn confirm(&mut self, q: u64, person: Id) {
        if let Some(confirmed) = self.0.get_mut(&q).and_then(|a| a.people.get_mut(&person)) {
            *confirmed = true;
        }
    }

    /// Who is reminded: everybody who has not confirmed.
    pub fn remind(&mut self, q: u64, at: u64) -> Vec<Id> {
        let Some(ask) = self.0.get_mut(&q) else {
            return Vec::new();
        };
        ask.reminded_at = Some(at);
        ask.unconfirmed().collect()
    }

    pub fn remove(&mut self, q: u64) {
        self.0.remove(&q);
    }

    pub fn retain(&mut self, keep: impl Fn(u64, &Ask) -> bool) {
        self.0.retain(|q, ask| keep(*q, ask));
    }
}
