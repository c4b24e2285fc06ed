//! What a destination's next step is, by the state alone: oldest day first, one channel at a time.
//!
//! Never does it.

use migrations_free_store::{Id, Position};

use crate::chat::archive::{Archive, ArchiveState, over_ms};
use crate::chat::event::Hash;
use crate::chat::state::{Export, ExportState, State, day_of};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// A channel's day becomes an export.
    Order {
        schedule: Id,
        proposed: Position,
        channel: Id,
        day: u32,
    },
    /// It is being built.
    Wait,
    /// It could not be built: to be told, and ordered again.
    Unbuilt {
        schedule: Id,
        proposed: Position,
        channel: Id,
        day: u32,
    },
    Deliver(Bundle),
    /// The day was gone before it was delivered.
    Missed {
        schedule: Id,
        channel: Id,
        day: u32,
    },
    Close {
        schedule: Id,
        day: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bundle {
    pub schedule: Id,
    pub export: Id,
    pub channel: Id,
    pub day: u32,
    pub blob: Id,
    pub bytes: u64,
    pub sha256: Hash,
}

/// None: nothing is due. What is being built comes last, so that nobody else waits for it.
pub fn next(state: &State, to: &str, now_ms: u64, delay_ms: u64) -> Option<Step> {
    let running =
        |(_, archive): &(&Id, &Archive)| archive.to == to && archive.state == ArchiveState::Running;
    let mut all: Vec<(&Id, &Archive)> = state.archives.iter().filter(running).collect();
    all.sort_unstable_by_key(|(id, archive)| (archive.next_day, **id));
    let mut steps = all
        .into_iter()
        .filter_map(|(id, archive)| of(state, *id, archive, now_ms, delay_ms));
    let mut first = None;
    for step in &mut steps {
        if step != Step::Wait {
            return Some(step);
        }
        first = Some(step);
    }
    first
}

fn of(state: &State, schedule: Id, archive: &Archive, now_ms: u64, delay_ms: u64) -> Option<Step> {
    let (day, proposed) = (archive.next_day, archive.proposed);
    if now_ms < over_ms(day) + delay_ms {
        return None;
    }
    let open = state.archive_open(archive, day);
    let known = archive
        .current
        .and_then(|id| Some((id, state.exports.get(&id)?)));
    if let Some((export, known)) = known {
        let channel = known.channel;
        match known.state {
            ExportState::Waiting | ExportState::Running => return Some(Step::Wait),
            ExportState::Ready => {
                if let Some(bundle) = bundle(schedule, export, known) {
                    return Some(Step::Deliver(bundle));
                }
            }
            ExportState::Failed if open.contains(&(channel, true)) => {
                return Some(Step::Unbuilt {
                    schedule,
                    proposed,
                    channel,
                    day,
                });
            }
            // What went with a destruction is made anew of what is left, if anything is.
            ExportState::Failed
            | ExportState::Refused
            | ExportState::Cancelled
            | ExportState::Expired
            | ExportState::Destroyed => {}
        }
    }
    Some(match open.first() {
        None => Step::Close { schedule, day },
        Some((channel, true)) => Step::Order {
            schedule,
            proposed,
            channel: *channel,
            day,
        },
        Some((channel, false)) => Step::Missed {
            schedule,
            channel: *channel,
            day,
        },
    })
}

fn bundle(schedule: Id, export: Id, known: &Export) -> Option<Bundle> {
    Some(Bundle {
        schedule,
        export,
        channel: known.channel,
        day: day_of(known.from),
        blob: known.blob?,
        bytes: known.bytes,
        sha256: known.sha256,
    })
}

/// Bundles of this destination that nobody needs any more.
pub fn spent(state: &State, to: &str) -> Vec<Id> {
    let here = state.archives.values().filter(|archive| archive.to == to);
    here.flat_map(|archive| archive.spent.iter().copied())
        .collect()
}
