//! What a destruction takes from sight and what of it outlives it, in counts by place: facts of its intent.
//!
//! On disk: nothing in here is ever renamed.

use std::collections::BTreeMap;

use migrations_free_store::Id;
use serde::{Deserialize, Serialize};

/// Rows of an intent; what is beyond them is told in one row without a place.
pub const PLACES_MAX: usize = 100;
pub const KEPT_MAX: usize = 100;

/// Messages that nobody sees any more, of one channel: what is destroyed and what is kept out of sight together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// None: of several channels.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub channel: Option<Id>,
    pub from_day: u32,
    pub to_day: u32,
    pub messages: u64,
    /// Their attachments, without previews.
    pub files: u64,
    pub bytes: u64,
}

/// Records that outlive the destruction: for a hold, or until a floor's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBack {
    /// None: for a floor, or for several matters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub matter: Option<Id>,
    /// With a floor: the first day on which they go.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until_day: Option<u32>,
    /// None: of no channel, or of several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub channel: Option<Id>,
    pub records: u64,
    /// Messages among them.
    pub messages: u64,
}

impl Taken {
    pub fn add(&mut self, other: &Taken) {
        if self.channel != other.channel {
            self.channel = None;
        }
        self.from_day = self.from_day.min(other.from_day);
        self.to_day = self.to_day.max(other.to_day);
        self.messages += other.messages;
        self.files += other.files;
        self.bytes += other.bytes;
    }
}

/// One row a day when all is of one channel, or else one row a channel.
pub fn rows(days: &BTreeMap<(Id, u32), Taken>) -> Vec<Taken> {
    let channels = days.keys().map(|(channel, _)| *channel);
    let first = channels.clone().next();
    let is_one = channels.clone().all(|channel| Some(channel) == first);
    let mut rows: Vec<Taken> = Vec::new();
    for taken in days.values() {
        let is_full = rows.len() >= PLACES_MAX;
        match rows.last_mut() {
            Some(last) if is_full || !is_one && last.channel == taken.channel => last.add(taken),
            _ => rows.push(*taken),
        }
    }
    rows
}

/// As many rows as an intent may have.
pub fn bounded(all: Vec<KeptBack>) -> Vec<KeptBack> {
    let mut rows: Vec<KeptBack> = Vec::new();
    for kept in all {
        let is_full = rows.len() >= KEPT_MAX;
        match rows.last_mut() {
            Some(last) if is_full => {
                *last = KeptBack {
                    matter: last.matter.filter(|matter| kept.matter == Some(*matter)),
                    until_day: last.until_day.max(kept.until_day),
                    channel: None,
                    records: last.records + kept.records,
                    messages: last.messages + kept.messages,
                };
            }
            _ => rows.push(kept),
        }
    }
    rows
}
