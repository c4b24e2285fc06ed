//! Days that leave by themselves: where they go, who stands behind it, and how far it has come.
//!
//! Never holds what was said. Grows with the channels of one day, never with the days that are delivered.

use std::collections::{BTreeSet, VecDeque};

use migrations_free_store::{Id, Position};
use serde::{Deserialize, Serialize};

use super::command::ExportFormat;
use super::event::Hash;
use super::state::{DAY_MS, State};

/// Schedules that wait or run at the same time.
pub const SCHEDULES_MAX: usize = 64;
/// Channels that one schedule names; more than these: all of them.
pub const CHANNELS_MAX: usize = 200;
/// Deliveries shown of each schedule.
const RECENT_MAX: usize = 20;
/// The name of a destination.
pub const NAME_CHARS_MAX: usize = 32;

/// A destination's name is an identifier that stands in the record: small letters, digits and hyphens.
pub fn is_name(name: &str) -> bool {
    let known = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(known)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveState {
    Waiting,
    Refused,
    Running,
    Ended,
}

/// In the saved state: its reason stands in the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Archive {
    pub to: String,
    /// Empty: all of them, also those that are made later.
    pub channels: BTreeSet<Id>,
    pub formats: Vec<ExportFormat>,
    pub by: Id,
    pub at: u64,
    pub proposed: Position,
    pub decided_by: Option<Id>,
    pub ended_by: Option<Id>,
    pub state: ArchiveState,
    /// The first day that it delivers.
    pub since_day: u32,
    /// Every day before it is settled.
    pub next_day: u32,
    /// The channels of `next_day` that are settled.
    pub done: BTreeSet<Id>,
    /// Of those the ones whose day was gone before it was delivered.
    pub lost: u32,
    /// The export that is being built or delivered.
    pub current: Option<Id>,
    /// Exports whose bundles are not needed any more, since the last order.
    pub spent: Vec<Id>,
    pub delivered: u64,
    pub missed: u64,
    pub recent: VecDeque<Delivery>,
}

/// One channel-day that arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivery {
    pub export: Id,
    pub channel: Id,
    pub day: u32,
    pub at: u64,
    pub bytes: u64,
    pub sha256: Hash,
    /// Files or mails.
    pub pieces: u32,
    /// Until when the destination said that it can neither be changed nor removed.
    pub locked_until: Option<u64>,
}

impl Archive {
    pub fn has_channel(&self, channel: Id) -> bool {
        self.channels.is_empty() || self.channels.contains(&channel)
    }

    /// Its export is done with: delivered, or of no use any more.
    fn spend(&mut self) -> Option<Id> {
        let spent = self.current.take()?;
        self.spent.push(spent);
        Some(spent)
    }
}

/// When the last second of a day is over.
pub fn over_ms(day: u32) -> u64 {
    (u64::from(day) + 1) * DAY_MS
}

impl State {
    /// The channels of a day that are not settled yet, and whether the day still holds what was said.
    pub fn archive_open(&self, archive: &Archive, day: u32) -> Vec<(Id, bool)> {
        let of_day = self.channels.iter().filter_map(|(id, channel)| {
            let known = channel.days.get(&day)?;
            let is_open = day > archive.next_day || !archive.done.contains(id);
            (archive.has_channel(*id) && is_open).then_some((*id, !known.destroyed))
        });
        let mut open: Vec<(Id, bool)> = of_day.collect();
        open.sort_unstable();
        open
    }

    pub(super) fn archive_ordered(&mut self, schedule: Id, export: Id) {
        let Some(archive) = self.archives.get_mut(&schedule) else {
            return;
        };
        // The bundles of earlier orders were cleared away before this one was given.
        archive.spent.clear();
        let old = archive.spend();
        archive.current = Some(export);
        if let Some(old) = old {
            self.exports.remove(&old);
        }
    }

    pub(super) fn archive_delivered(&mut self, schedule: Id, delivery: Delivery) {
        self.exports.remove(&delivery.export);
        let Some(archive) = self.archives.get_mut(&schedule) else {
            return;
        };
        archive.spend();
        archive.done.insert(delivery.channel);
        archive.delivered += 1;
        archive.recent.push_front(delivery);
        archive.recent.truncate(RECENT_MAX);
    }

    pub(super) fn archive_missed(&mut self, schedule: Id, channel: Id) {
        let Some(archive) = self.archives.get_mut(&schedule) else {
            return;
        };
        let spent = archive.spend();
        archive.done.insert(channel);
        archive.lost += 1;
        archive.missed += 1;
        if let Some(spent) = spent {
            self.exports.remove(&spent);
        }
    }

    pub(super) fn archive_closed(&mut self, schedule: Id, day: u32) {
        if let Some(archive) = self.archives.get_mut(&schedule) {
            archive.next_day = day.saturating_add(1);
            archive.done.clear();
            archive.lost = 0;
        }
    }

    pub(super) fn archive_ended(&mut self, schedule: Id, by: Id) {
        let Some(archive) = self.archives.get_mut(&schedule) else {
            return;
        };
        archive.state = ArchiveState::Ended;
        archive.ended_by = Some(by);
        archive.done.clear();
        if let Some(spent) = archive.spend() {
            self.exports.remove(&spent);
        }
    }
}
