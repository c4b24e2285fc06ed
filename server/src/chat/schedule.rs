//! Messages that wait for their time: whose, where, until when, and where the log has their words.
//!
//! Holds ids and times only. [`Waited`] and [`Unsent`] are on disk: nothing in them is ever renamed.

use std::collections::{BTreeMap, BTreeSet};

use migrations_free_store::{Id, Position};
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::state::DAY_MS;

/// What one person can have waiting, with what could not be sent.
pub const SCHEDULED_MAX: usize = 50;
/// How far ahead.
pub const SCHEDULED_AHEAD_MS: u64 = 120 * DAY_MS;
/// How often one of them can be changed.
pub const SCHEDULED_CHANGES_MAX: usize = 50;

/// A message that waited before it was sent. Whoever has it forgotten has these records forgotten too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waited {
    pub schedule: Id,
    /// Where each of its texts stands, and the day under whose key.
    pub texts: Vec<(Position, u32)>,
}

/// Why a message was not sent when its time came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unsent {
    /// Its author is not in the channel any more.
    Left,
    /// Its author is not active any more.
    Inactive,
    /// Only owners write there by now.
    Forbidden,
    /// The channel is archived, or what it was about is over.
    Closed,
    /// The channel is slow, and its author had just written.
    Slow,
    /// Its words were destroyed with their day.
    Destroyed,
    Refused,
    /// A rule of supervision stops it.
    Supervised,
}

impl Unsent {
    /// None: it is tried again.
    pub fn of(refusal: &Refusal) -> Option<Unsent> {
        match refusal {
            Refusal::NotFound => Some(Unsent::Left),
            Refusal::NotSignedIn => Some(Unsent::Inactive),
            Refusal::Forbidden => Some(Unsent::Forbidden),
            Refusal::Conflict(_) => Some(Unsent::Closed),
            Refusal::Slow { .. } => Some(Unsent::Slow),
            Refusal::Gone => Some(Unsent::Destroyed),
            Refusal::Supervised { .. } => Some(Unsent::Supervised),
            Refusal::DiskFull | Refusal::Unavailable | Refusal::Fault { .. } => None,
            Refusal::BadRequest(_)
            | Refusal::WrongCredentials
            | Refusal::SecondFirst
            | Refusal::BadOrigin
            | Refusal::IdReused
            | Refusal::IdTooOld { .. }
            | Refusal::IdAhead { .. }
            | Refusal::TooLarge { .. }
            | Refusal::Invalid(_)
            | Refusal::Rate { .. }
            | Refusal::LockedOut { .. } => Some(Unsent::Refused),
        }
    }
}

/// One message that waits, or could not be sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Scheduled {
    pub channel: Id,
    pub due_at: u64,
    /// When it got its newest text.
    pub written_at: u64,
    pub mentions: Vec<Id>,
    /// Oldest first; the newest is what is sent.
    pub texts: Vec<(Position, u32)>,
    pub unsent: Option<Unsent>,
}

impl Scheduled {
    /// Where its words stand; None: they are destroyed.
    pub fn words(&self) -> Option<(Position, u32)> {
        let is_destroyed = self.unsent == Some(Unsent::Destroyed);
        self.texts.last().copied().filter(|_| !is_destroyed)
    }
}

/// By person, then by id.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Schedules {
    all: BTreeMap<(Id, Id), Scheduled>,
    /// By time, without what could not be sent.
    #[serde(skip)]
    due: BTreeSet<(u64, Id, Id)>,
}

impl Schedules {
    pub fn get(&self, person: Id, schedule: Id) -> Option<&Scheduled> {
        self.all.get(&(person, schedule))
    }

    pub fn of(&self, person: Id) -> impl Iterator<Item = (Id, &Scheduled)> {
        let theirs = (person, Id([0; 16]))..=(person, Id([0xff; 16]));
        self.all.range(theirs).map(|((_, id), known)| (*id, known))
    }

    /// Whose time has come, soonest first.
    pub fn due(&self, now_ms: u64) -> impl Iterator<Item = (Id, Id)> {
        let due = self.due.iter().take_while(move |(at, _, _)| *at <= now_ms);
        due.map(|(_, person, schedule)| (*person, *schedule))
    }

    pub fn put(&mut self, person: Id, schedule: Id, scheduled: Scheduled) {
        self.remove(person, schedule);
        if scheduled.unsent.is_none() {
            self.due.insert((scheduled.due_at, person, schedule));
        }
        self.all.insert((person, schedule), scheduled);
    }

    pub fn remove(&mut self, person: Id, schedule: Id) -> Option<Scheduled> {
        let known = self.all.remove(&(person, schedule))?;
        self.due.remove(&(known.due_at, person, schedule));
        Some(known)
    }

    pub fn fail(&mut self, person: Id, schedule: Id, why: Unsent) {
        if let Some(known) = self.remove(person, schedule) {
            let unsent = Some(why);
            self.put(person, schedule, Scheduled { unsent, ..known });
        }
    }

    /// These days of the channel are destroyed, and what was written on them.
    pub fn destroyed(&mut self, channel: Id, days: &[u32]) {
        let gone = |known: &Scheduled| {
            let words = known.words().filter(|_| known.channel == channel);
            words.is_some_and(|(_, day)| days.contains(&day))
        };
        let all = self.all.iter().filter(|(_, known)| gone(known));
        for (person, schedule) in all.map(|(key, _)| *key).collect::<Vec<_>>() {
            self.fail(person, schedule, Unsent::Destroyed);
        }
    }

    pub fn forget(&mut self, person: Id) {
        self.all.retain(|(whose, _), _| *whose != person);
        self.due.retain(|(_, whose, _)| *whose != person);
    }

    /// Rebuilds what is derived, after the written part was loaded.
    pub fn index(&mut self) {
        let waiting = self.all.iter().filter(|(_, known)| known.unsent.is_none());
        let due = waiting.map(|((person, id), known)| (known.due_at, *person, *id));
        self.due = due.collect();
    }
}
