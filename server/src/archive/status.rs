//! How each destination is: when something last arrived, what waits, and since when it is down.
//!
//! Never more than figures, days and codes: what is shown to people is worded in the client.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::{Fault, newest};
use crate::chat::archive::{Archive, ArchiveState, over_ms};
use crate::chat::state::{DAY_MS, State, day_of};
use crate::config::{self, Kind};

/// So long before a day is destroyed it is told that it was not delivered.
const LOSING_MS: u64 = 3 * DAY_MS;
/// What waits longer is told of, also when nothing failed.
const LATE_MS: u64 = DAY_MS;

/// Since when a destination took nothing, and why.
#[derive(Clone, Debug)]
pub struct Down {
    pub fault: Fault,
    pub since_ms: u64,
    pub again_ms: u64,
}

/// One destination, for those who look after it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Condition {
    pub name: String,
    /// `directory`, `smtp` or `s3`; null: a schedule names it, and the configuration does not any more.
    pub kind: Option<&'static str>,
    /// Schedules that run.
    pub schedules: usize,
    /// When something last arrived.
    pub at: Option<u64>,
    /// Days that are over and not all delivered.
    pub waiting: usize,
    /// The oldest of them, counted from 1970.
    pub oldest_day: Option<u32>,
    /// Why the last try failed: `unreachable`, `untrusted`, `signin`, `secret`, `missing`, `full`, `read_only`, `taken`,
    /// `too_large`, `unlocked`, `unbuilt` or `refused`.
    pub failed: Option<&'static str>,
    /// As the other side said it.
    pub said: Option<String>,
    pub failing_since: Option<u64>,
    pub again_at: Option<u64>,
    /// When the first day that waits is destroyed here; null: none is soon.
    pub lost_at: Option<u64>,
    /// Channel-days that were destroyed before they were delivered.
    pub missed: u64,
    #[serde(skip)]
    pub is_late: bool,
}

pub fn conditions(
    state: &State,
    config: &config::Archive,
    downs: &BTreeMap<String, Down>,
    now_ms: u64,
) -> Vec<Condition> {
    let runs = |archive: &&Archive| archive.state == ArchiveState::Running;
    let mut names = config.names();
    names.extend(state.archives.values().filter(runs).map(|a| a.to.clone()));
    let one = |name: String| {
        let kind = config
            .to
            .iter()
            .find(|to| to.name == name)
            .map(|to| to.kind);
        let here: Vec<&Archive> = state.archives.values().filter(|a| a.to == name).collect();
        let running: Vec<&Archive> = here.iter().copied().filter(runs).collect();
        let delay_ms = config.delay_ms();
        let waits = waiting(state, &running, now_ms, delay_ms);
        let oldest = waits.first().copied();
        let lost_at = running
            .iter()
            .filter_map(|archive| losing(state, archive, now_ms, delay_ms))
            .min();
        let down = downs.get(&name).filter(|_| !running.is_empty());
        Condition {
            kind: kind.map(kind_name),
            schedules: running.len(),
            at: newest(here.iter().filter_map(|archive| archive.recent.front())),
            waiting: waits.len(),
            oldest_day: oldest,
            failed: down.map(|down| down.fault.code),
            said: down.map(|down| down.fault.said.clone()),
            failing_since: down.map(|down| down.since_ms),
            again_at: down.map(|down| down.again_ms),
            lost_at,
            missed: here.iter().map(|archive| archive.missed).sum(),
            is_late: oldest.is_some_and(|day| now_ms > over_ms(day) + delay_ms + LATE_MS),
            name,
        }
    };
    names.into_iter().map(one).collect()
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Directory => "directory",
        Kind::Smtp => "smtp",
        Kind::S3 => "s3",
    }
}

/// The days that are over with the delay, and in which something is not delivered yet.
fn waiting(state: &State, running: &[&Archive], now_ms: u64, delay_ms: u64) -> BTreeSet<u32> {
    let today = day_of(now_ms.saturating_sub(delay_ms));
    let mut days = BTreeSet::new();
    for archive in running {
        for (id, channel) in &state.channels {
            let known = channel.days.range(archive.next_day.min(today)..today);
            let open = known.map(|(day, _)| *day).filter(|day| {
                archive.has_channel(*id) && (*day > archive.next_day || !archive.done.contains(id))
            });
            days.extend(open);
        }
    }
    days
}

/// When the first day that waits is destroyed, if that is soon. A hold may keep it longer; nobody counts on that.
fn losing(state: &State, archive: &Archive, now_ms: u64, delay_ms: u64) -> Option<u64> {
    let today = day_of(now_ms.saturating_sub(delay_ms));
    let mut first = None;
    for (id, channel) in &state.channels {
        let Some(keep) = state
            .keep_days(channel)
            .filter(|_| archive.has_channel(*id))
        else {
            continue;
        };
        let known = channel.days.range(archive.next_day.min(today)..today);
        let mut open = known.filter(|(day, known)| {
            !known.destroyed && (**day > archive.next_day || !archive.done.contains(id))
        });
        if let Some((day, _)) = open.next() {
            let due = over_ms(*day) + u64::from(keep) * DAY_MS;
            first = Some(first.map_or(due, |first: u64| first.min(due)));
        }
    }
    first.filter(|due| *due < now_ms + LOSING_MS)
}
