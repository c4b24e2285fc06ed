//! What becomes of a record whose time has come: hold, then floor, then the destruction it is asked about.
//!
//! A user's delete only hides and a ceiling only says when to ask, so neither occurs here. Pure: a record is told by
//! ids and days; whether it says what a hold looks for is asked of the caller, and when nobody can tell, it does.

use std::collections::{BTreeMap, HashMap};

use migrations_free_store::{Id, Position};
use serde::{Deserialize, Serialize};

/// What a matter preserves. An empty list means all; a day out of the range is not preserved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    pub matter: Id,
    pub channels: Vec<Id>,
    pub people: Vec<Id>,
    pub from_day: u32,
    pub to_day: u32,
    pub by: Id,
    pub at: u64,
    pub placed: Position,
    /// Only what the words find. When the log cannot tell them any more it preserves all that it could mean.
    pub by_words: bool,
    #[serde(skip)]
    pub words: Vec<String>,
}

/// What the rules look at of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// None: what a person is called.
    pub channel: Option<Id>,
    /// The day under whose key it stands.
    pub day: u32,
    /// Who did it, and whose message it belongs to: a message and all that was done to it share one fate.
    pub people: [Option<Id>; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Preserved for this matter.
    Held(Id),
    /// Not before this day.
    Floored(u32),
    Forgotten,
}

/// The rules of one moment: what is held, and what must not go yet.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// By when they were placed: with several that match, the oldest names the matter.
    pub holds: BTreeMap<Position, Hold>,
    pub floor: Option<u32>,
    pub channel_floors: HashMap<Id, u32>,
    pub today: u32,
    /// The log's end when they were taken; compare with [`super::State::ruled`].
    pub taken: Position,
}

impl Rules {
    /// `says`: is what this hold looks for in any version of the record's message?
    pub fn fate(&self, facts: &Facts, says: impl Fn(&Hold) -> bool) -> Fate {
        let held =
            |hold: &&Hold| hold.matches(facts) && (!hold.looks_at_words(facts) || says(hold));
        if let Some(hold) = self.holds.values().find(held) {
            return Fate::Held(hold.matter);
        }
        // What a person is called has no floor: it belongs to no channel's record.
        let Some(channel) = facts.channel else {
            return Fate::Forgotten;
        };
        let until = facts.day.saturating_add(self.floor_of(channel));
        if until > self.today {
            return Fate::Floored(until);
        }
        Fate::Forgotten
    }

    /// Days before which nothing of the channel goes: a channel may lengthen the workspace's floor, not shorten it.
    pub fn floor_of(&self, channel: Id) -> u32 {
        let own = self.channel_floors.get(&channel).copied();
        own.max(self.floor).unwrap_or(0)
    }

    /// False when no hold can match any record of the channel-day, so that none needs to be looked at.
    pub fn may_hold(&self, channel: Id, day: u32) -> bool {
        self.holds
            .values()
            .any(|hold| hold.covers(Some(channel), day))
    }
}

impl Hold {
    pub fn matches(&self, facts: &Facts) -> bool {
        if facts.channel.is_none() {
            // Whoever is named in a hold keeps the name.
            return facts
                .people
                .iter()
                .flatten()
                .any(|person| self.people.contains(person));
        }
        // What is found by its words is a message: whose that is counts, also of what others did to it.
        let [who, whose] = facts.people;
        let people = match self.by_words {
            true => [whose.or(who), None],
            false => [who, whose],
        };
        self.covers(facts.channel, facts.day)
            && (self.people.is_empty()
                || people
                    .iter()
                    .flatten()
                    .any(|person| self.people.contains(person)))
    }

    fn covers(&self, channel: Option<Id>, day: u32) -> bool {
        (self.from_day..=self.to_day).contains(&day)
            && (self.channels.is_empty()
                || channel.is_some_and(|channel| self.channels.contains(&channel)))
    }

    /// A name is kept for whom it names, not for what it says.
    fn looks_at_words(&self, facts: &Facts) -> bool {
        self.by_words && facts.channel.is_some()
    }

    /// True when who acted has to be known, and not only where and when.
    pub fn looks_at_people(&self) -> bool {
        !self.people.is_empty()
    }
}
