//! Destroys what has passed its time: looks at every channel-day now and then, at what was ordered to be forgotten,
//! and at what was kept for a matter that needs it no longer.
//!
//! Never touches a key itself: the door does. A clock set back makes fewer days due, never more.

mod carry_out;
mod plan;
mod sought;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use migrations_free_store::{Id, Position, Scope, Store};
use tokio::sync::oneshot;

use crate::chat::command::{Command, Door as Inner};
use crate::chat::event::{Act, Event};
use crate::chat::state::{OrderState, State, day_of};
use crate::chat::subject::Subject;
use crate::chat::{Actor, Refusal};
use crate::clock::Clock;
use crate::config::Config;
use crate::sequencer::Door;
use crate::views::Views;
use carry_out::{carry_out, reseal};
pub use plan::{Kept, Plan, Planner};

/// Channel-days of one channel destroyed together, and subjects: the keys die in one step that holds up the
/// conversation for a moment.
const DAYS_AT_ONCE_MAX: usize = 64;
const SUBJECTS_AT_ONCE_MAX: usize = 64;
/// Between two sweeps, however soon a rule takes effect.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// Those who wait for a sweep.
const WAITING_MAX: usize = 16;

type Waiting = Option<oneshot::Sender<u64>>;

/// The sweeper's remote control.
pub struct Sweeper {
    ask: Wake,
    facts: Arc<Facts>,
    every: Duration,
}

/// Asks for a sweep without waiting for it.
#[derive(Clone)]
pub struct Wake {
    ask: SyncSender<Waiting>,
}

#[derive(Default)]
struct Facts {
    last_ms: AtomicU64,
    destroyed: AtomicU64,
}

/// Who sweeps, before there is anything to sweep.
pub struct Broom {
    ask: SyncSender<Waiting>,
    asked: std::sync::mpsc::Receiver<Waiting>,
}

impl Broom {
    pub fn new() -> Broom {
        let (ask, asked) = sync_channel(WAITING_MAX);
        Broom { ask, asked }
    }

    pub fn wake(&self) -> Wake {
        Wake {
            ask: self.ask.clone(),
        }
    }

    /// Sweeps at once (unfinished destructions first) and then at the configured pace, until every `Wake` is gone.
    pub fn start(
        self,
        views: Arc<Views>,
        door: Door,
        clock: Clock,
        config: &Config,
    ) -> std::io::Result<Sweeper> {
        let every = Duration::from_secs(u64::from(config.retention.sweep_minutes) * 60);
        let facts = Arc::new(Facts::default());
        let Broom { ask, asked } = self;
        let mut sweep = Sweep {
            views,
            door,
            clock,
            escrows: HashMap::new(),
        };
        let told = Arc::clone(&facts);
        std::thread::Builder::new()
            .name("sweeper".into())
            .spawn(move || {
                let mut reply: Waiting = None;
                loop {
                    let destroyed = sweep.all();
                    told.last_ms.store(sweep.clock.now_ms(), Ordering::Relaxed);
                    told.destroyed.fetch_add(destroyed, Ordering::Relaxed);
                    if let Some(reply) = reply.take() {
                        let _nobody = reply.send(destroyed);
                    }
                    reply = match asked.recv_timeout(sweep.pause(every)) {
                        Ok(asked) => asked,
                        Err(RecvTimeoutError::Timeout) => None,
                        Err(RecvTimeoutError::Disconnected) => return,
                    };
                }
            })?;
        Ok(Sweeper {
            ask: Wake { ask },
            facts,
            every,
        })
    }
}

impl Wake {
    /// Called with every durable batch: an approved order is not kept waiting, and an approved rule has its hour.
    pub fn follow(&self, events: &[Event]) {
        let is_urgent = |event: &Event| {
            let act = &event.header.act;
            matches!(
                act,
                Act::OrderApproved { .. }
                    | Act::PolicyApproved { .. }
                    | Act::ExportCancelled { .. }
            )
        };
        if events.iter().any(is_urgent) {
            // A full queue is a sweep to come.
            let _soon = self.ask.try_send(None);
        }
    }
}

impl Sweeper {
    /// Sweeps now; answers with how many scopes were destroyed.
    pub async fn sweep(&self) -> Result<u64, Refusal> {
        let (reply, swept) = oneshot::channel();
        match self.ask.ask.try_send(Some(reply)) {
            Ok(()) => swept.await.map_err(|_| Refusal::Unavailable),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Refusal::Unavailable),
        }
    }

    pub fn last_ms(&self) -> u64 {
        self.facts.last_ms.load(Ordering::Relaxed)
    }

    pub fn next_ms(&self) -> u64 {
        self.last_ms() + u64::try_from(self.every.as_millis()).unwrap_or(u64::MAX)
    }

    /// Scopes destroyed since the start.
    pub fn destroyed(&self) -> u64 {
        self.facts.destroyed.load(Ordering::Relaxed)
    }
}

struct Sweep {
    views: Arc<Views>,
    door: Door,
    clock: Clock,
    /// When each escrow was last looked through: by which rules, on which day.
    escrows: HashMap<Id, (Position, u32)>,
}

impl Sweep {
    /// One failure leaves the others to be done.
    fn all(&mut self) -> u64 {
        let mut destroyed = 0;
        self.rules();
        self.end_grants();
        self.discard();
        self.abandon();
        for together in due(&self.views, self.clock.now_ms()) {
            destroyed += self.carry_out(&together).unwrap_or(0);
        }
        // Rules may have changed on the way.
        self.abandon();
        let (ruled, escrows) = {
            let state = self.views.state.read();
            (state.ruled, state.escrows())
        };
        let seen = (ruled, day_of(self.clock.now_ms()));
        for escrow in escrows {
            if self.escrows.get(&escrow) != Some(&seen) {
                let done = self.carry_out(&[Subject::Escrow(escrow)]);
                destroyed += done.unwrap_or(0);
                // What failed is tried again with the next sweep.
                if done.is_some() {
                    self.escrows.insert(escrow, seen);
                }
            }
        }
        if destroyed > 0 {
            tracing::info!(scopes = destroyed, "destroyed what passed its time");
        }
        // Also what a crash has left of an earlier sweep.
        if let Err(error) = self.views.store.drop_forgotten() {
            tracing::error!(code = error.code(), %error, "sealed bytes that nobody can open could not be dropped");
        }
        destroyed
    }

    /// How long until the next sweep: a rule that takes effect earlier is not kept waiting.
    fn pause(&self, every: Duration) -> Duration {
        let next = self.views.state.read().next_proposal_at();
        let left = next.map(|at| Duration::from_millis(at.saturating_sub(self.clock.now_ms())));
        left.map_or(every, |left| left.clamp(PAUSE_MIN, every))
    }

    /// Rules whose grace period is over hold from now on, and what nobody approved lapses.
    fn rules(&self) {
        let due = self.views.state.read().due_proposals(self.clock.now_ms());
        for proposal in due {
            self.says(
                Inner::PolicyDue { proposal },
                "a rule could not take effect",
            );
        }
    }

    /// What stands no longer is said to, so that a clock set back later finds it ended.
    fn end_grants(&self) {
        let over: Vec<Id> = {
            let state = self.views.state.read();
            let now_ms = state.latest(self.clock.now_ms());
            let grants = state.grants.iter();
            let over = grants.filter(|(_, grant)| grant.has_expired(now_ms));
            over.map(|(id, _)| *id).collect()
        };
        for grant in over {
            self.says(
                Inner::GrantExpired { grant },
                "the end of a grant could not be recorded",
            );
        }
    }

    /// Bundles that expired, were given up or could not be built go, keys and all.
    fn discard(&self) {
        let over: Vec<Id> = {
            let state = self.views.state.read();
            let now_ms = state.latest(self.clock.now_ms());
            let exports = state.exports.iter();
            let over = exports.filter(|(_, export)| export.is_over(now_ms));
            over.map(|(id, _)| *id)
                .filter(|id| self.views.store.is_alive(&Scope::Matter(*id)))
                .collect()
        };
        if !over.is_empty()
            && let Err(refusal) = self.door.discard(over)
        {
            tracing::error!(
                code = refusal.code(),
                "bundles that are over could not be discarded; the next sweep tries again"
            );
        }
    }

    /// What cannot be said now is said by the next sweep.
    fn says(&self, what: Inner, otherwise: &'static str) {
        let said = self
            .door
            .submit_blocking(Actor::System, Command::Door(what), None);
        if let Err(refusal) = said {
            tracing::error!(
                code = refusal.code(),
                "{otherwise}; the next sweep tries again"
            );
        }
    }

    /// What was intended and cut off, and is to be kept longer by now, is kept, unless its key is dead already; and what
    /// was sealed elsewhere to outlive it comes back.
    fn abandon(&self) {
        let unfinished: Vec<Subject> = self.views.state.read().unfinished.iter().cloned().collect();
        for subject in unfinished {
            let Subject::Days { channel, mut days } = subject else {
                continue;
            };
            {
                let state = self.views.state.read();
                let due = state.channels.get(&channel).map(|known| {
                    state.due_days(known, state.keep_days(known), self.clock.now_ms())
                });
                let due = due.unwrap_or_default();
                let store = &self.views.store;
                let is_alive = |day: u32| store.is_alive(&Scope::ChannelDay { channel, day });
                days.retain(|day| !due.contains(day) && is_alive(*day));
            }
            if days.is_empty() {
                continue;
            }
            let mut planner = Planner::new(&self.views, self.clock.now_ms());
            let returned = planner.returns(channel, &days);
            if let Err(error) = returned.and_then(|back| reseal(&self.views.store, &back)) {
                tracing::error!(code = error.code(), %error, "what is kept longer could not be sealed back");
                continue;
            }
            self.says(
                Inner::Abandon { channel, days },
                "an intent could not be taken back",
            );
        }
    }

    /// None: it could not be done.
    fn carry_out(&self, subjects: &[Subject]) -> Option<u64> {
        match carry_out(&self.views, &self.door, &self.clock, subjects) {
            Ok(plans) => Some(
                plans
                    .iter()
                    .map(|plan| plan.intent.subject.days().len().max(1) as u64)
                    .sum(),
            ),
            Err(refusal) => {
                tracing::error!(
                    code = refusal.code(),
                    "what is due could not be destroyed; the next sweep goes on"
                );
                None
            }
        }
    }
}

/// What was intended and not done comes first, then what was ordered, one by one since they may concern the same
/// records; then every channel with the days to destroy, many together. One channel at a time is looked at: the
/// sequencer is not kept waiting.
fn due(views: &Views, now_ms: u64) -> Vec<Vec<Subject>> {
    let (mut single, mut days, mut channels) = (Vec::new(), Vec::new(), Vec::new());
    {
        let state = views.state.read();
        let ordered = state
            .orders
            .iter()
            .filter(|(_, order)| order.state == OrderState::Approved)
            .flat_map(|(id, order)| order.subjects(*id));
        for subject in state.unfinished.iter().cloned().chain(ordered) {
            match subject {
                Subject::Days { .. } => days.push(subject),
                _ if single.contains(&subject) => {}
                _ => single.push(subject),
            }
        }
        channels.extend(state.channels.keys().copied());
    }
    channels.sort_unstable();
    for channel in channels {
        let due = due_days(&views.state.read(), &views.store, channel, now_ms);
        days.extend(due.chunks(DAYS_AT_ONCE_MAX).map(|days| Subject::Days {
            channel,
            days: days.to_vec(),
        }));
    }
    let mut all: Vec<Vec<Subject>> = single.into_iter().map(|subject| vec![subject]).collect();
    all.extend(days.chunks(SUBJECTS_AT_ONCE_MAX).map(<[Subject]>::to_vec));
    all
}

/// The days past the ceiling; and so are days on which nothing was said but a file was sealed that no message ever
/// named.
fn due_days(state: &State, store: &Store, id: Id, now_ms: u64) -> Vec<u32> {
    let Some(channel) = state.channels.get(&id) else {
        return Vec::new();
    };
    let keep_days = state.keep_days(channel);
    let mut days = state.due_days(channel, keep_days, now_ms);
    if let Some(keep_days) = keep_days {
        let past = day_of(channel.created_at)..day_of(now_ms).saturating_sub(keep_days);
        days.extend(past.filter(|day| {
            let scope = Scope::ChannelDay {
                channel: id,
                day: *day,
            };
            !channel.days.contains_key(day) && store.is_alive(&scope)
        }));
    }
    days.retain(|day| !state.is_doomed(id, *day, None));
    days.sort_unstable();
    days.dedup();
    days
}
