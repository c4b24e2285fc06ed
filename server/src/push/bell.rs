//! When each device is called: soon, then not again for a while, and again later when its push service could not.
//!
//! One task keeps the times and never waits for a call; calls are few at once, and fewer to one host.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use migrations_free_store::Id;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::whom::{News, Written, is_news};
use super::{CHANNELS_MAX, Outcome, Push};
use crate::http::knock::Endpoint;
use crate::sequencer::Door;

/// What comes this close together is one push.
const GATHER: Duration = Duration::from_millis(500);
/// Between two pushes to one device.
const GAP: Duration = Duration::from_secs(10);
/// A device that is looked at is not told; a socket that only seems alive is found out within this time.
const WATCHED_MAX: Duration = Duration::from_mins(2);
const DEVICES_MAX: usize = 50_000;
const CALLS_MAX: usize = 64;
/// So that a service that hangs leaves room for the others.
const CALLS_PER_HOST_MAX: usize = 16;
/// When no call may be made, the next look.
const BUSY: Duration = Duration::from_millis(250);
const TRIES_MAX: u32 = 6;
const RETRY_FIRST: Duration = Duration::from_secs(5);
const RETRY_LAST: Duration = Duration::from_hours(1);

pub struct Bell {
    push: Arc<Push>,
    door: Door,
    waiting: HashMap<Id, Waiting>,
    turns: BTreeSet<(Instant, Id)>,
    calls: usize,
    hosts: HashMap<String, usize>,
}

/// One device.
struct Waiting {
    news: BTreeMap<Id, News>,
    /// When it is looked at next; None while it is called.
    turn: Option<Instant>,
    /// Since when there is something to tell.
    since: Instant,
    tries: u32,
}

struct Called {
    device: Id,
    host: String,
    news: BTreeMap<Id, News>,
    outcome: Outcome,
}

impl Bell {
    pub fn new(push: Arc<Push>, door: Door) -> Bell {
        Bell {
            push,
            door,
            waiting: HashMap::new(),
            turns: BTreeSet::new(),
            calls: 0,
            hosts: HashMap::new(),
        }
    }

    pub async fn run(mut self, mut written: mpsc::Receiver<Written>) {
        let (report, mut reports) = mpsc::channel(CALLS_MAX);
        loop {
            let next = self.turns.first().map(|(turn, _)| *turn);
            let turn = async {
                match next {
                    Some(turn) => sleep_until(turn).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                one = written.recv() => match one {
                    Some(one) => {
                        self.note(&one);
                        if written.is_empty() {
                            self.tell_of_those_left_out();
                        }
                    }
                    None => return,
                },
                Some(called) = reports.recv() => self.called(called),
                () = turn => self.ring(&report),
            }
        }
    }

    fn note(&mut self, written: &Written) {
        let now_ms = self.push.clock.now_ms();
        let devices = written.devices(&self.push.views.state.read(), now_ms);
        let now = Instant::now();
        for device in devices {
            if !self.waiting.contains_key(&device) {
                if self.waiting.len() >= DEVICES_MAX {
                    continue;
                }
                let (news, turn, tries) = (BTreeMap::new(), None, 0);
                let fresh = Waiting {
                    news,
                    turn,
                    since: now,
                    tries,
                };
                self.waiting.insert(device, fresh);
                self.put_off(device, now + GATHER);
            }
            if let Some(waiting) = self.waiting.get_mut(&device) {
                if waiting.news.is_empty() {
                    waiting.since = now;
                }
                if waiting.news.len() < CHANNELS_MAX || waiting.news.contains_key(&written.channel)
                {
                    let mut news = written.news();
                    news.urgent |= waiting
                        .news
                        .get(&written.channel)
                        .is_some_and(|before| before.urgent);
                    waiting.news.insert(written.channel, news);
                }
            }
        }
    }

    fn tell_of_those_left_out(&self) {
        let messages = self.push.left_out.swap(0, Ordering::Relaxed);
        if messages > 0 {
            tracing::warn!(
                messages,
                "more was written at once than anybody can be told of"
            );
        }
    }

    fn put_off(&mut self, device: Id, turn: Instant) {
        if let Some(waiting) = self.waiting.get_mut(&device) {
            if let Some(before) = waiting.turn.replace(turn) {
                self.turns.remove(&(before, device));
            }
            self.turns.insert((turn, device));
        }
    }

    /// Everybody whose turn it is.
    fn ring(&mut self, report: &mpsc::Sender<Called>) {
        let now = Instant::now();
        while let Some((turn, device)) = self.turns.first().copied() {
            if turn > now {
                return;
            }
            self.turns.remove(&(turn, device));
            if let Some(waiting) = self.waiting.get_mut(&device) {
                waiting.turn = None;
            }
            self.turn_of(device, now, report);
        }
    }

    fn turn_of(&mut self, device: Id, now: Instant, report: &mpsc::Sender<Called>) {
        let Some(waiting) = self.waiting.get_mut(&device) else {
            return;
        };
        let endpoint = {
            let state = self.push.views.state.read();
            let known = state.devices.get(&device).filter(|d| d.push.is_some());
            known.map(|known| {
                waiting
                    .news
                    .retain(|c, news| is_news(&state, known.person, *c, *news));
                known.endpoint.clone()
            })
        };
        let since = waiting.since;
        let known_no_more = endpoint.is_none();
        let Some(endpoint) = endpoint.filter(|_| !waiting.news.is_empty()) else {
            if known_no_more {
                self.push.forget(device);
            }
            // Signed out, or nothing is left to tell, or the time of rest is over.
            self.waiting.remove(&device);
            return;
        };
        if self.push.eyes.are_on(device) {
            if now.duration_since(since) > WATCHED_MAX {
                self.waiting.remove(&device);
            } else {
                self.put_off(device, now + GAP);
            }
            return;
        }
        let reach = self.push.knocker.reach();
        let host = Endpoint::parse(&endpoint, reach).map(|e| e.host().to_owned());
        let host = host.unwrap_or_default();
        let busy = self.hosts.get(&host).copied().unwrap_or_default();
        if self.calls >= CALLS_MAX || busy >= CALLS_PER_HOST_MAX {
            self.put_off(device, now + BUSY);
            return;
        }
        self.calls += 1;
        *self.hosts.entry(host.clone()).or_default() += 1;
        let news = self.waiting.get_mut(&device);
        let news = news
            .map(|w| std::mem::take(&mut w.news))
            .unwrap_or_default();
        // Woken, the device may ask before the push service has answered us.
        self.push.tell(device, &news);
        let (push, door, report) = (Arc::clone(&self.push), self.door.clone(), report.clone());
        tokio::spawn(async move {
            let outcome = push.call(&door, device, endpoint).await;
            let called = Called {
                device,
                host,
                news,
                outcome,
            };
            // The bell is taken down at the end: then nobody counts any more.
            let _stopped = report.send(called).await;
        });
    }

    fn called(&mut self, called: Called) {
        self.calls -= 1;
        if let Some(busy) = self.hosts.get_mut(&called.host) {
            *busy -= 1;
            if *busy == 0 {
                self.hosts.remove(&called.host);
            }
        }
        let Some(waiting) = self.waiting.get_mut(&called.device) else {
            return;
        };
        let now = Instant::now();
        let rest = match called.outcome {
            Outcome::Sent => {
                waiting.tries = 0;
                GAP
            }
            Outcome::Gone => {
                self.waiting.remove(&called.device);
                return;
            }
            Outcome::Refused(status) => {
                tracing::warn!(host = called.host, status, "a push service refuses a push");
                GAP
            }
            Outcome::Later(after) => {
                waiting.tries += 1;
                if waiting.tries >= TRIES_MAX {
                    self.waiting.remove(&called.device);
                    return;
                }
                let pause = RETRY_FIRST * 2_u32.pow(waiting.tries - 1);
                for (channel, news) in called.news {
                    waiting.news.entry(channel).or_insert(news);
                }
                pause.max(after.unwrap_or_default()).min(RETRY_LAST)
            }
        };
        self.put_off(called.device, now + rest);
    }
}
