//! Destroys what has passed its ceiling: looks at every channel-day now and then, and asks the door.
//!
//! Never touches a key itself. A clock set back makes fewer days due, never more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use migrations_free_store::{Id, Scope, Store};
use tokio::sync::{mpsc, oneshot};

use crate::chat::command::{Command, Door as Inner};
use crate::chat::state::{State, day_of};
use crate::chat::{Actor, Refusal};
use crate::clock::Clock;
use crate::config::Config;
use crate::sequencer::Door;
use crate::views::Views;

/// Channel-days destroyed with one command, so that no batch holds up the conversation for long.
const DAYS_AT_ONCE_MAX: usize = 64;

/// The sweeper's remote control.
pub struct Sweeper {
    ask: mpsc::Sender<oneshot::Sender<u64>>,
    facts: Arc<Facts>,
    every: Duration,
    task: tokio::task::AbortHandle,
}

#[derive(Default)]
struct Facts {
    last_ms: AtomicU64,
    destroyed: AtomicU64,
}

impl Sweeper {
    /// Sweeps at once (unfinished destructions first) and then at the configured pace.
    pub fn start(
        views: Arc<Views>,
        door: Door,
        clock: Clock,
        config: &Config,
    ) -> anyhow::Result<Sweeper> {
        let every = Duration::from_secs(u64::from(config.retention.sweep_minutes) * 60);
        let facts = Arc::new(Facts::default());
        let (ask, mut asked) = mpsc::channel::<oneshot::Sender<u64>>(4);
        let told = Arc::clone(&facts);
        let task = tokio::spawn(async move {
            let mut tick = tokio::time::interval(every);
            loop {
                let reply = tokio::select! {
                    _ = tick.tick() => None,
                    reply = asked.recv() => match reply {
                        Some(reply) => Some(reply),
                        None => return,
                    },
                };
                let destroyed = sweep(&views, &door, &clock).await;
                told.last_ms.store(clock.now_ms(), Ordering::Relaxed);
                told.destroyed.fetch_add(destroyed, Ordering::Relaxed);
                if let Some(reply) = reply {
                    let _nobody = reply.send(destroyed);
                }
            }
        });
        Ok(Sweeper {
            ask,
            facts,
            every,
            task: task.abort_handle(),
        })
    }

    /// Sweeps now; answers with how many channel-days were destroyed.
    pub async fn sweep(&self) -> Result<u64, Refusal> {
        let (reply, swept) = oneshot::channel();
        self.ask
            .send(reply)
            .await
            .map_err(|_| Refusal::Unavailable)?;
        swept.await.map_err(|_| Refusal::Unavailable)
    }

    pub fn last_ms(&self) -> u64 {
        self.facts.last_ms.load(Ordering::Relaxed)
    }

    pub fn next_ms(&self) -> u64 {
        self.last_ms() + u64::try_from(self.every.as_millis()).unwrap_or(u64::MAX)
    }

    /// Channel-days destroyed since the start.
    pub fn destroyed(&self) -> u64 {
        self.facts.destroyed.load(Ordering::Relaxed)
    }

    pub fn stop(&self) {
        self.task.abort();
    }
}

async fn sweep(views: &Views, door: &Door, clock: &Clock) -> u64 {
    let due = due(views, clock.now_ms());
    let mut destroyed = 0;
    for (channel, days) in due {
        for days in days.chunks(DAYS_AT_ONCE_MAX) {
            let expire = Inner::Expire {
                channel,
                days: days.to_vec(),
            };
            match door
                .submit(Actor::System, Command::Door(expire), None)
                .await
            {
                Ok(_) => destroyed += days.len() as u64,
                Err(refusal) => tracing::error!(
                    code = refusal.code(),
                    "channel-days that are due could not be destroyed"
                ),
            }
        }
    }
    if destroyed > 0 {
        tracing::info!(
            channel_days = destroyed,
            "destroyed what passed its ceiling"
        );
    }
    destroyed
}

/// Every channel with the days to destroy. One channel at a time: the sequencer is not kept waiting.
fn due(views: &Views, now_ms: u64) -> Vec<(Id, Vec<u32>)> {
    let mut channels: Vec<Id> = views.state.read().channels.keys().copied().collect();
    channels.sort_unstable();
    channels
        .into_iter()
        .map(|id| (id, due_days(&views.state.read(), &views.store, id, now_ms)))
        .filter(|(_, days)| !days.is_empty())
        .collect()
}

/// The days past the ceiling; what was intended and not done comes along, and so do days on which nothing was
/// said but a file was sealed that no message ever named.
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
    let unfinished = state.unfinished.get(&id).into_iter().flatten();
    days.extend(unfinished.filter(|d| channel.days.get(d).is_none_or(|f| !f.destroyed)));
    days.sort_unstable();
    days.dedup();
    days
}
