//! Tells sleeping devices that there is something new, by the push service of each one's browser (RFC 8030).
//!
//! A push is empty: no vendor gets a word, a name or a number of ours, sealed or not. The device asks this server what is
//! new. A caller of the door with no privileges of its own; it slows neither the sequencer nor a socket.

mod bell;
mod eyes;
mod vapid;
mod whom;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use migrations_free_store::Id;
use parking_lot::Mutex;
use tokio::sync::{OnceCell, mpsc};

pub use eyes::{Eyes, Watching};
pub use whom::News;

use crate::chat::command::Door as Inner;
use crate::chat::{Actor, Command, Event, Refusal};
use crate::clock::Clock;
use crate::config::Config;
use crate::http::foreign::Reach;
use crate::http::knock::{Answered, Endpoint, Knocker};
use crate::sequencer::Door;
use crate::views::{Views, unavailable};
use bell::Bell;
use vapid::Vapid;
use whom::Written;

/// Messages that wait to be looked at; beyond it nobody is told of one, and it is there all the same.
const WRITTEN_MAX: usize = 4096;
/// Channels that a device is told of at once.
pub const CHANNELS_MAX: usize = 32;

/// What a device is to show when it asks.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub news: BTreeMap<Id, News>,
    /// Its person tries whether it works.
    pub test: bool,
}

/// What a push service made of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    /// It does not know the address, or not as ours: there is nothing to send to any more.
    Gone,
    /// It cannot now; maybe it says when.
    Later(Option<std::time::Duration>),
    /// It never will.
    Refused(u16),
}

impl Outcome {
    fn of(answered: Answered) -> Outcome {
        match answered.status {
            200..=299 => Outcome::Sent,
            401 | 403 | 404 | 410 => Outcome::Gone,
            408 | 429 | 500..=599 => Outcome::Later(answered.retry_after),
            status => Outcome::Refused(status),
        }
    }
}

/// All that telling needs.
pub struct Push {
    enabled: bool,
    contact: Option<String>,
    views: Arc<Views>,
    clock: Clock,
    knocker: Knocker,
    vapid: OnceCell<Vapid>,
    /// Which devices have their person's eyes on them.
    pub eyes: Eyes,
    /// What each device is to show, until it asks.
    told: Mutex<HashMap<Id, Told>>,
    /// Devices whose push service could not be reached the last time.
    unreached: Mutex<HashSet<Id>>,
    /// Messages that found the queue full.
    left_out: AtomicU64,
    queue: mpsc::Sender<Written>,
}

/// What is read from the queue, until the bell is hung.
pub struct Silent {
    push: Arc<Push>,
    written: mpsc::Receiver<Written>,
}

/// Runs until it is stopped.
pub struct Ringing(tokio::task::AbortHandle);

impl Ringing {
    pub fn stop(&self) {
        self.0.abort();
    }
}

impl Silent {
    pub fn push(&self) -> Arc<Push> {
        Arc::clone(&self.push)
    }

    pub fn start(self, door: Door) -> Ringing {
        let bell = Bell::new(self.push, door);
        Ringing(tokio::spawn(bell.run(self.written)).abort_handle())
    }
}

impl Push {
    pub fn open(config: &Config, views: &Arc<Views>, clock: &Clock, base: &str) -> Silent {
        let (queue, written) = mpsc::channel(WRITTEN_MAX);
        let reach = match config.push.private_networks {
            true => Reach::House,
            false => Reach::Public,
        };
        let site = Some(base).filter(|url| url.starts_with("https://"));
        let push = Push {
            enabled: config.push.enabled,
            contact: config.push.contact.as_deref().or(site).map(str::to_owned),
            views: Arc::clone(views),
            clock: clock.clone(),
            knocker: Knocker::new(reach),
            vapid: OnceCell::new(),
            eyes: Eyes::default(),
            told: Mutex::default(),
            unreached: Mutex::default(),
            left_out: AtomicU64::new(0),
            queue,
        };
        let push = Arc::new(push);
        Silent { push, written }
    }

    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Called with every durable batch, on the sequencer's thread: it never waits.
    pub fn follow(&self, events: &[Event]) {
        if !self.enabled || self.views.state.read().pushed().is_empty() {
            return;
        }
        for written in events.iter().filter_map(Written::of) {
            if self.queue.try_send(written).is_err() {
                self.left_out.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// What browsers subscribe with. The key behind it is made when the first one asks.
    pub async fn public_key(&self, door: &Door) -> Result<&str, Refusal> {
        Ok(self.vapid(door).await?.public())
    }

    /// The address as one that may be called; else why not.
    pub async fn admit(&self, text: &str) -> Result<(), Refusal> {
        let refused = |code, message: &str| Refusal::Fault {
            code,
            message: message.to_owned(),
        };
        if !self.enabled {
            return Err(refused("push/off", "Pushes are turned off on this server."));
        }
        let reach = self.knocker.reach();
        let endpoint = Endpoint::parse(text, reach).ok_or_else(|| {
            refused(
                "push/endpoint",
                "This is not the address of a push service.",
            )
        })?;
        endpoint
            .leads_out(reach)
            .await
            .map_err(|barred| match barred {
                crate::http::foreign::Barred::Inside => refused(
                    "push/address",
                    "This address lies in a network that the server does not call.",
                ),
                crate::http::foreign::Barred::Nowhere => refused(
                    "push/unreachable",
                    "The server cannot find this push service.",
                ),
            })
    }

    /// One push to one device, for its person to see whether it works.
    pub async fn test(&self, door: &Door, device: Id) -> Result<Outcome, Refusal> {
        let known = self.views.state.read().devices.get(&device).cloned();
        let known = known
            .filter(|d| d.push.is_some())
            .ok_or(Refusal::Conflict("This device is not told of anything."))?;
        self.told.lock().entry(device).or_default().test = true;
        Ok(self.call(door, device, known.endpoint).await)
    }

    pub fn is_reached(&self, device: Id) -> bool {
        !self.unreached.lock().contains(&device)
    }

    /// What this device was woken for, once.
    pub fn take_told(&self, device: Id) -> Told {
        self.told.lock().remove(&device).unwrap_or_default()
    }

    fn tell(&self, device: Id, news: &BTreeMap<Id, News>) {
        let mut told = self.told.lock();
        let told = told.entry(device).or_default();
        for (channel, news) in news {
            if told.news.len() < CHANNELS_MAX || told.news.contains_key(channel) {
                let before = told.news.get(channel);
                let urgent = news.urgent || before.is_some_and(|before| before.urgent);
                told.news.insert(*channel, News { urgent, ..*news });
            }
        }
    }

    fn forget(&self, device: Id) {
        self.told.lock().remove(&device);
        self.unreached.lock().remove(&device);
    }

    /// One push, and what follows from its answer at once.
    async fn call(&self, door: &Door, device: Id, endpoint: String) -> Outcome {
        let outcome = self.send(door, &endpoint).await;
        match outcome {
            Outcome::Gone => self.gone(door, device, endpoint).await,
            Outcome::Later(_) => _ = self.unreached.lock().insert(device),
            Outcome::Sent | Outcome::Refused(_) => _ = self.unreached.lock().remove(&device),
        }
        outcome
    }

    async fn send(&self, door: &Door, endpoint: &str) -> Outcome {
        let Some(endpoint) = Endpoint::parse(endpoint, self.knocker.reach()) else {
            return Outcome::Gone;
        };
        let Ok(vapid) = self.vapid(door).await else {
            return Outcome::Later(None);
        };
        let now_s = self.clock.now_ms() / 1000;
        let Ok(authorization) = vapid.authorization(&endpoint.origin(), now_s) else {
            return Outcome::Later(None);
        };
        match self.knocker.knock(&endpoint, &authorization).await {
            Ok(answered) => Outcome::of(answered),
            Err(error) => {
                // The host names a vendor; the rest of the address would name the device.
                tracing::warn!(host = endpoint.host(), "a push did not go out: {error:#}");
                Outcome::Later(None)
            }
        }
    }

    async fn gone(&self, door: &Door, device: Id, endpoint: String) {
        self.forget(device);
        let gone = Command::Door(Inner::PushGone { device, endpoint });
        if let Err(refusal) = door.submit(Actor::System, gone, None).await {
            tracing::warn!(code = refusal.code(), "a dead push address stays");
        }
    }

    async fn vapid(&self, door: &Door) -> Result<&Vapid, Refusal> {
        self.vapid.get_or_try_init(|| self.keyed(door)).await
    }

    async fn keyed(&self, door: &Door) -> Result<Vapid, Refusal> {
        let known = self.views.state.read().push_key;
        let position = match known {
            Some(position) => position,
            None => {
                let key = Vapid::generate().map_err(|_| Refusal::Unavailable)?;
                let key = Command::Door(Inner::PushKey { key });
                door.submit(Actor::System, key, None).await?;
                let made = self.views.state.read().push_key;
                made.ok_or(Refusal::Unavailable)?
            }
        };
        let record = self.views.store.read(position).map_err(unavailable)?;
        let event = Event::read(&record).map_err(|_| Refusal::Unavailable)?;
        let key = event.content.and_then(|content| content.key);
        let opened = key.and_then(|key| Vapid::open(&key, self.contact.clone()));
        opened.ok_or(Refusal::Unavailable)
    }
}
