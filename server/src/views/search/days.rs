//! The indexes of the channel-days in memory, and what keeps them up: a thread that follows the log.
//!
//! Open days are made from the log itself: one stretch of it, which grows with every durable batch and, after a
//! start, backwards to where the day began. A query that meets a stretch behind the log does the rest of the work
//! itself, for a moment. Closed days are sealed with their scope, and so is what an open day has much of; no query ever
//! makes one.

mod keeper;
mod spill;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::Instant;

use migrations_free_store::{Error, Id, Position, Scope};
use parking_lot::{Mutex, RwLock};

use super::searchable;
use crate::chat::event::{Act, Event};
use crate::chat::state::day_of;
use crate::chat::subject::Narrowed;
use crate::chat::{Refusal, Sight};
use crate::views::amendments::Kind;
use crate::views::terms::{OpenPart, Part, Query, Run};
use crate::views::{Views, unavailable};
pub use keeper::Indexer;

const INDEX_LABEL: &str = "terms";
/// Under which indexes are sealed: of a day that is over, and of one that still goes on.
pub const LABELS: [&str; 2] = [INDEX_LABEL, spill::OPEN_LABEL];
/// Events read at a time: as long as a query may have to wait for the thread.
const EVENTS_AT_A_TIME: u64 = 256;
/// Memory for the indexes of closed days.
const HELD_BYTES_MAX: usize = 128 << 20;
/// Messages looked at by themselves because they changed after their day's index was made.
const CHANGED_MAX: usize = 256;

pub(super) type Key = (Id, u32);

/// One channel-day to look through: its sequence numbers, both ends included.
#[derive(Clone, Copy, Debug)]
pub(in crate::views) struct Place {
    pub channel: Id,
    pub day: u32,
    pub from: u64,
    pub to: u64,
}

impl Place {
    fn key(&self) -> Key {
        (self.channel, self.day)
    }

    fn scope(&self) -> Scope {
        Scope::ChannelDay {
            channel: self.channel,
            day: self.day,
        }
    }
}

/// What an index has for a query.
pub(super) struct Candidates {
    /// Newest first. Each has still to be judged as it reads now.
    pub seqs: Vec<u64>,
    /// What stands before this position is not in the index yet.
    pub floor: Position,
}

/// The indexes in memory.
pub struct Search {
    open: RwLock<HashMap<Key, Arc<RwLock<Day>>>>,
    /// The first day that is not closed.
    first_open: AtomicU32,
    /// The stretch of the log that open days were made from, and where it has to begin.
    from: AtomicU64,
    upto: AtomicU64,
    goal: AtomicU64,
    /// Whoever holds it moves the stretch.
    touched: Mutex<HashSet<Key>>,
    closed: Mutex<Held>,
    /// Closed days somebody asked for that have no index.
    wanted: Mutex<HashSet<Key>>,
    thread: OnceLock<Thread>,
    stopping: AtomicBool,
}

struct Day {
    part: OpenPart,
    /// Only what changed since the day was closed, or what came since a part of it was sealed.
    is_rest: bool,
    /// It is over, and has its index.
    is_closed: bool,
    /// Events of the channel up to this one need not be taken in: they were sealed before the start.
    sealed: u64,
    /// The newest event of the channel that was taken in.
    newest: u64,
}

impl Day {
    fn new(is_closed: bool, sealed: u64) -> Arc<RwLock<Day>> {
        Arc::new(RwLock::new(Day {
            part: OpenPart::new(),
            is_rest: is_closed || sealed > 0,
            is_closed,
            sealed,
            newest: sealed,
        }))
    }
}

#[derive(Default)]
struct Held {
    days: HashMap<Key, Arc<Closed>>,
    bytes: usize,
}

struct Closed {
    part: Part,
    /// Messages that changed after it was made, oldest first.
    changed: Vec<u64>,
}

impl Search {
    /// Has everything from `size` on; what is older comes once it is started.
    pub fn new(size: Position) -> Search {
        Search {
            open: RwLock::default(),
            first_open: AtomicU32::new(u32::MAX),
            from: AtomicU64::new(size),
            upto: AtomicU64::new(size),
            goal: AtomicU64::new(size),
            touched: Mutex::default(),
            closed: Mutex::default(),
            wanted: Mutex::default(),
            thread: OnceLock::new(),
            stopping: AtomicBool::new(false),
        }
    }

    /// A batch is durable. Costs nothing while the thread is at work.
    pub fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    /// Sees to it that everything before `size` is indexed; false when that takes too long.
    pub(super) fn reach(&self, views: &Views, size: Position, until: Instant) -> bool {
        while self.upto.load(Ordering::Acquire) < size {
            let Some(mut touched) = self.touched.try_lock_until(until) else {
                return false;
            };
            self.forward(views, &mut touched);
            if Instant::now() > until {
                return self.upto.load(Ordering::Acquire) >= size;
            }
        }
        true
    }

    /// Gives a hand with what is not indexed yet, for a moment.
    pub(super) fn help(&self, views: &Views, until: Instant) {
        while let Some(mut touched) = self.touched.try_lock_until(until) {
            if !self.backward(views, &mut touched) {
                drop(touched);
                std::thread::sleep(until.saturating_duration_since(Instant::now()));
            }
            if Instant::now() >= until {
                return;
            }
        }
    }

    /// Something of this day was forgotten: what was made of its texts goes, and is made anew of what is left.
    pub fn forget(&self, views: &Views, key: (Id, u32)) {
        let (channel, day) = key;
        {
            // Nobody takes anything in meanwhile.
            let _touched = self.touched.lock();
            if let Some(open) = self.open.read().get(&key) {
                let mut open = open.write();
                open.is_rest = true;
                open.part = OpenPart::new();
            }
            self.closed.lock().forget(&key);
            let scope = Scope::ChannelDay { channel, day };
            for label in LABELS {
                if let Err(error) = views.store.part_delete(scope, label) {
                    tracing::error!(code = error.code(), %error, "an index could not be removed");
                }
            }
            self.wanted.lock().insert(key);
        }
        self.wake();
    }

    /// The newest messages of a channel-day that may answer.
    pub(super) fn candidates(
        &self,
        views: &Views,
        place: &Place,
        query: &Query,
        below: u64,
        limit: usize,
    ) -> Result<Candidates, Refusal> {
        let from = self.from.load(Ordering::Acquire);
        let day = self.open.read().get(&place.key()).cloned();
        let is_open = place.day >= self.first_open.load(Ordering::Acquire);
        let (mut seqs, is_rest) = match day {
            Some(day) => {
                let day = day.read();
                let found = day.part.search(query, below, limit);
                (found.map_err(|_| Refusal::Unavailable)?, day.is_rest)
            }
            None => (Vec::new(), !is_open),
        };
        let is_whole = (is_rest && !is_open)
            || from <= self.goal.load(Ordering::Acquire)
            || views.position_of(place.channel, place.from)? >= Some(from);
        let floor = if is_whole { 0 } else { from };
        if !is_rest {
            return Ok(Candidates { seqs, floor });
        }
        let Some(closed) = self.closed(views, place, is_open)? else {
            self.wanted.lock().insert(place.key());
            self.wake();
            let floor = Position::MAX;
            return Ok(Candidates { seqs, floor });
        };
        let found = closed.part.search(query, below, limit);
        seqs.extend(found.map_err(|_| Refusal::Unavailable)?);
        seqs.extend(closed.changed.iter().filter(|seq| **seq < below));
        seqs.sort_unstable_by(|a, b| b.cmp(a));
        seqs.dedup();
        seqs.truncate(limit);
        Ok(Candidates { seqs, floor })
    }

    /// The sealed index of a day. None: there is none that can be used.
    fn closed(
        &self,
        views: &Views,
        place: &Place,
        is_open: bool,
    ) -> Result<Option<Arc<Closed>>, Refusal> {
        if let Some(held) = self.closed.lock().days.get(&place.key()) {
            return Ok(Some(Arc::clone(held)));
        }
        let unseal = |label| match views.store.unseal(place.scope(), label) {
            Err(Error::Forgotten) => Ok(None),
            other => other.map_err(unavailable),
        };
        let whole = unseal(INDEX_LABEL)?;
        let sealed = match whole {
            None if is_open => unseal(spill::OPEN_LABEL)?.and_then(spill::without_head),
            whole => whole,
        };
        let Some((built, terms)) = sealed.as_ref().and_then(|all| all.split_first_chunk::<8>())
        else {
            return Ok(None);
        };
        let built = u64::from_be_bytes(*built);
        let Ok(part) = Part::open(terms.to_vec()) else {
            return Ok(None);
        };
        let mut changed: Vec<u64> = Vec::new();
        // What came since is in the index of the open day.
        if !is_open {
            let amendments = views
                .amendments
                .of_range(place.channel, place.from, place.to)
                .map_err(unavailable)?;
            let edits = amendments.iter().filter(|a| a.kind == Kind::Edit);
            changed.extend(edits.filter(|a| a.q > built).map(|a| a.of));
            // Messages came to this day again: the clock was set back.
            changed.extend((built.saturating_add(1)..=place.to).take(CHANGED_MAX + 1));
            if changed.len() > CHANGED_MAX {
                return Ok(None);
            }
        }
        let closed = Arc::new(Closed { part, changed });
        self.closed.lock().keep(place.key(), Arc::clone(&closed));
        if !views.store.is_alive(&place.scope()) {
            self.closed.lock().forget(&place.key());
        }
        Ok(Some(closed))
    }

    /// Takes in what the log has beyond the stretch; true when there was something.
    fn forward(&self, views: &Views, touched: &mut HashSet<Key>) -> bool {
        let upto = self.upto.load(Ordering::Acquire);
        let to = views.store.size().min(upto + EVENTS_AT_A_TIME);
        for event in views.log(upto, to) {
            self.take(views, &event, 0, touched);
        }
        self.upto.store(to.max(upto), Ordering::Release);
        to > upto
    }

    /// Takes in what lies before the stretch, newest first; true while there is something.
    fn backward(&self, views: &Views, touched: &mut HashSet<Key>) -> bool {
        let from = self.from.load(Ordering::Acquire);
        let goal = self.goal.load(Ordering::Acquire);
        let start = from.saturating_sub(EVENTS_AT_A_TIME).max(goal).min(from);
        let first_open = self.first_open.load(Ordering::Acquire);
        for event in views.log(start, from) {
            self.take(views, &event, first_open, touched);
        }
        self.from.store(start, Ordering::Release);
        start < from
    }

    /// Every version of a text is added and none taken out: what is found is judged as it reads now.
    fn take(&self, views: &Views, event: &Event, first_day: u32, touched: &mut HashSet<Key>) {
        let Some(c) = event.header.channel else {
            return;
        };
        let (day, q) = match &event.header.act {
            Act::MessagePosted { .. } | Act::MessageImported { .. } => {
                (Some(day_of(event.header.at)), event.header.channel_seq)
            }
            // An edit is sealed with its message's day.
            Act::MessageEdited { of, .. } => match event.header.scope {
                Some(Scope::ChannelDay { day, .. }) => (Some(day), Some(*of)),
                _ => (views.day_of_message(c, *of), Some(*of)),
            },
            Act::DestroyDone { days, narrowed, .. } => {
                let is_whole_day = *narrowed == Narrowed::default();
                for day in days.iter().filter(|_| is_whole_day) {
                    self.open.write().remove(&(c, *day));
                    self.closed.lock().forget(&(c, *day));
                }
                return;
            }
            _ => return,
        };
        let (Some(day), Some(q)) = (day.filter(|day| *day >= first_day), q) else {
            return;
        };
        let text = searchable(event.content.as_ref());
        if !text.is_empty() {
            let kept = self.day((c, day));
            let mut kept = kept.write();
            let seq = event.header.channel_seq.unwrap_or(u64::MAX);
            if seq > kept.sealed {
                kept.part.add(q, &text);
                kept.newest = kept.newest.max(seq);
                touched.insert((c, day));
            }
        }
    }

    fn day(&self, key: Key) -> Arc<RwLock<Day>> {
        if let Some(day) = self.open.read().get(&key) {
            return Arc::clone(day);
        }
        let is_closed = key.1 < self.first_open.load(Ordering::Acquire);
        let mut open = self.open.write();
        Arc::clone(open.entry(key).or_insert_with(|| Day::new(is_closed, 0)))
    }

    /// Makes few parts of many, without holding up whoever searches.
    fn merge(&self, touched: HashSet<Key>) {
        for key in touched {
            let Some(day) = self.open.read().get(&key).cloned() else {
                continue;
            };
            while let Some(due) = { day.read().part.due() } {
                match Run::merge(&due) {
                    Ok(run) => day.write().part.replace(&due, run),
                    Err(_) => break,
                }
            }
        }
    }
}

impl Held {
    /// Any one may go for it: it can be read again.
    fn keep(&mut self, key: Key, day: Arc<Closed>) {
        self.forget(&key);
        while self.bytes + day.part.bytes() > HELD_BYTES_MAX
            && let Some(any) = self.days.keys().next().copied()
        {
            self.forget(&any);
        }
        self.bytes += day.part.bytes();
        self.days.insert(key, day);
    }

    fn forget(&mut self, key: &Key) {
        if let Some(day) = self.days.remove(key) {
            self.bytes -= day.part.bytes();
        }
    }
}

impl Views {
    pub(super) fn position_of(&self, c: Id, q: u64) -> Result<Option<Position>, Refusal> {
        let found = self.store.channel_range(c, q, q).map_err(unavailable)?;
        Ok(found.first().copied())
    }

    /// By its own time: after a clock was set back the days of a channel interleave.
    fn day_of_message(&self, c: Id, q: u64) -> Option<u32> {
        let event = self.event(Sight::whole(c), q).ok()??;
        Some(day_of(event.header.at))
    }

    /// A stretch of the log. One record that cannot be read costs only itself.
    fn log(&self, from: Position, to: Position) -> Vec<Event> {
        let positions: Vec<Position> = (from..to).collect();
        let records = self.store.read_many(&positions).unwrap_or_else(|_| {
            let each = positions.iter().map(|position| self.store.read(*position));
            each.filter_map(|record| record.map_err(unavailable).ok())
                .collect()
        });
        records
            .iter()
            .filter_map(|record| Event::read(record).ok())
            .collect()
    }

    /// The searchable texts of a stretch of a channel-day as they read now.
    fn texts(&self, place: &Place) -> Result<Vec<(u64, String)>, Error> {
        let mut texts: HashMap<u64, String> = HashMap::new();
        let records = self
            .store
            .channel_page(place.channel, place.from, place.to)?;
        for event in records.iter().filter_map(|r| Event::read(r).ok()) {
            // Days interleave when a clock was set back: a word is sealed with its own day only.
            if let (Act::MessagePosted { .. } | Act::MessageImported { .. }, Some(q)) =
                (&event.header.act, event.header.channel_seq)
                && day_of(event.header.at) == place.day
            {
                texts.insert(q, searchable(event.content.as_ref()));
            }
        }
        for amendment in self
            .amendments
            .of_range(place.channel, place.from, place.to)?
        {
            match amendment.kind {
                Kind::Edit => {
                    if let Some(text) = texts.get_mut(&amendment.of)
                        && let Ok(Some(event)) =
                            self.event(Sight::whole(place.channel), amendment.q)
                    {
                        *text = searchable(event.content.as_ref());
                    }
                }
                Kind::Delete => drop(texts.remove(&amendment.of)),
                Kind::Reaction | Kind::Reply | Kind::Confirmation | Kind::Vote | Kind::Close => {}
            }
        }
        Ok(texts.into_iter().collect())
    }
}
