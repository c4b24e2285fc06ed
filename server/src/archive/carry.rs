//! One destination's thread: takes one step after the other, and after a failure waits longer each time.
//!
//! Never gives up, and never skips: a day that cannot be delivered holds up the days after it, and health tells.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use migrations_free_store::{Id, Position, Scope};

use super::due::{Bundle, Step, next, spent};
use super::{Down, Fault, Parcel, Statuses, Taker};
use crate::chat::command::{Command, Door as Inner};
use crate::chat::event::{Content, Event};
use crate::chat::{Actor, Refusal};
use crate::clock::Clock;
use crate::sequencer::Door;
use crate::views::Views;

/// How often it looks whether something is due.
const TICK: Duration = Duration::from_millis(250);
/// While its bundle is being built.
const SOON: Duration = Duration::from_millis(20);
const AGAIN_MS_MIN: u64 = 500;
const AGAIN_MS_MAX: u64 = 15 * 60_000;

pub struct Carrier {
    to: String,
    delay_ms: u64,
    taker: Taker,
    views: Arc<Views>,
    door: Door,
    clock: Clock,
    downs: Statuses,
    /// Exports whose bundles are removed: looked for once.
    cleared: BTreeSet<Id>,
    again_ms: u64,
    again_in_ms: u64,
}

enum Pace {
    Go,
    Soon,
    Rest,
}

impl Carrier {
    pub fn new(
        to: String,
        delay_ms: u64,
        taker: Taker,
        (views, door, clock): (Arc<Views>, Door, Clock),
        downs: Statuses,
    ) -> Carrier {
        Carrier {
            to,
            delay_ms,
            taker,
            views,
            door,
            clock,
            downs,
            cleared: BTreeSet::new(),
            again_ms: 0,
            again_in_ms: AGAIN_MS_MIN,
        }
    }

    pub fn run(&mut self, stopped: &Receiver<()>) {
        loop {
            let pause = match self.step() {
                Pace::Go => Duration::ZERO,
                Pace::Soon => SOON,
                Pace::Rest => TICK,
            };
            if stopped.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    fn step(&mut self) -> Pace {
        let now_ms = self.clock.now_ms();
        self.clear();
        // A clock that was set back must not make it wait for years.
        if now_ms < self.again_ms && self.again_ms - now_ms <= AGAIN_MS_MAX {
            return Pace::Rest;
        }
        let step = next(&self.views.state.read(), &self.to, now_ms, self.delay_ms);
        match step {
            None => {
                // Whoever waited for it has ended the schedule: nothing is known of the destination any more.
                self.works();
                Pace::Rest
            }
            Some(Step::Wait) => Pace::Soon,
            Some(Step::Order {
                schedule,
                proposed,
                channel,
                day,
            }) => self.order(schedule, proposed, channel, day),
            Some(Step::Unbuilt {
                schedule,
                proposed,
                channel,
                day,
            }) => {
                // The first time it is told and waits; then it is tried again.
                if self.is_down() == Some("unbuilt") {
                    self.fails_again();
                    return self.order(schedule, proposed, channel, day);
                }
                self.fails(&Fault::new("unbuilt", ""), None);
                Pace::Rest
            }
            Some(Step::Deliver(bundle)) => self.deliver(&bundle, now_ms),
            Some(Step::Missed {
                schedule,
                channel,
                day,
            }) => {
                tracing::error!(schedule = %schedule, day, "a channel's day was destroyed before it was delivered");
                self.submit(Inner::ArchiveMissed {
                    schedule,
                    channel,
                    day,
                })
            }
            Some(Step::Close { schedule, day }) => {
                self.submit(Inner::ArchiveClose { schedule, day })
            }
        }
    }

    /// What is delivered, and durably said to be, is not needed here any more.
    fn clear(&mut self) {
        let spent = spent(&self.views.state.read(), &self.to);
        self.cleared.retain(|export| spent.contains(export));
        for export in spent {
            if !self.cleared.insert(export) {
                continue;
            }
            let blobs = self.views.store.blobs_in(Scope::Matter(export));
            for blob in blobs.into_iter().flatten() {
                if let Err(error) = self.views.store.blob_delete(blob) {
                    tracing::error!(code = error.code(), %error, "a bundle that was delivered could not be removed");
                }
            }
        }
    }

    fn order(&mut self, schedule: Id, proposed: Position, channel: Id, day: u32) -> Pace {
        let Some(content) = self.words(proposed) else {
            self.fails(
                &Fault::new("unbuilt", "the schedule's words are destroyed"),
                None,
            );
            return Pace::Rest;
        };
        self.submit(Inner::ArchiveOrder {
            schedule,
            channel,
            day,
            reason: content.reason.unwrap_or_default(),
            case: content.case.unwrap_or_default(),
        })
    }

    fn words(&self, proposed: Position) -> Option<Content> {
        let record = self.views.store.read(proposed).ok()?;
        Event::read(&record).ok()?.content
    }

    fn deliver(&mut self, bundle: &Bundle, now_ms: u64) -> Pace {
        let parcel = Parcel {
            store: &self.views.store,
            export: bundle.export,
            channel: bundle.channel,
            day: bundle.day,
            blob: bundle.blob,
            bytes: bundle.bytes,
            sha256: bundle.sha256,
            now_ms,
        };
        let (schedule, export) = (bundle.schedule, bundle.export);
        match self.taker.take(&parcel) {
            Ok(arrived) => {
                self.works();
                self.submit(Inner::ArchiveDelivered {
                    schedule,
                    export,
                    arrived,
                })
            }
            Err(fault) => {
                self.fails(&fault, Some((schedule, export)));
                Pace::Rest
            }
        }
    }

    fn submit(&mut self, inner: Inner) -> Pace {
        match self
            .door
            .submit_blocking(Actor::System, Command::Door(inner), None)
        {
            Ok(_) => Pace::Go,
            // Ended, or destroyed, meanwhile: the state tells what is next.
            Err(Refusal::NotFound | Refusal::Conflict(_)) => Pace::Rest,
            Err(refusal) => {
                tracing::error!(
                    code = refusal.code(),
                    "a step of an archive could not be recorded; it is tried again"
                );
                self.again_ms = self.clock.now_ms() + AGAIN_MS_MIN;
                Pace::Rest
            }
        }
    }

    fn is_down(&self) -> Option<&'static str> {
        self.downs.lock().get(&self.to).map(|down| down.fault.code)
    }

    fn works(&mut self) {
        (self.again_ms, self.again_in_ms) = (0, AGAIN_MS_MIN);
        if self.downs.lock().remove(&self.to).is_some() {
            tracing::info!(destination = %self.to, "the archive's destination takes what it is given again");
        }
    }

    fn fails_again(&mut self) {
        self.again_ms = self.clock.now_ms() + self.again_in_ms;
        self.again_in_ms = (2 * self.again_in_ms).min(AGAIN_MS_MAX);
    }

    /// The first failure since something arrived is for the record; all of them are for health.
    fn fails(&mut self, fault: &Fault, of: Option<(Id, Id)>) {
        tracing::warn!(destination = %self.to, code = fault.code, "nothing can be delivered; it is tried again");
        self.fails_again();
        let now_ms = self.clock.now_ms();
        let is_first = {
            let mut downs = self.downs.lock();
            let since_ms = downs.get(&self.to).map_or(now_ms, |down| down.since_ms);
            let down = Down {
                fault: fault.clone(),
                since_ms,
                again_ms: self.again_ms,
            };
            downs.insert(self.to.clone(), down).is_none()
        };
        if let Some((schedule, export)) = of.filter(|_| is_first) {
            let why = fault.code.to_owned();
            let failed = Inner::ArchiveFailed {
                schedule,
                export,
                why,
            };
            // It is tried again all the same.
            let _told = self.submit(failed);
        }
    }
}
