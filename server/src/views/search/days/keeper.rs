//! The thread that keeps the indexes up: it follows the log, and seals the index of each day that is over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use migrations_free_store::{Error, Id, Position, Scope};

use super::{INDEX_LABEL, Key, Place, spill};
use crate::chat::state::day_of;
use crate::clock::Clock;
use crate::views::Views;
use crate::views::amendments::Kind;
use crate::views::terms::{OpenPart, Part};

/// Messages of a closed day read at a time while its index is made.
const MESSAGES_AT_A_TIME: u64 = 4_096;
/// Batches that come close to one another are followed in one go.
const GATHER: Duration = Duration::from_millis(5);
/// Between two looks at how much memory open days take.
const WEIGHED_EVERY: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_secs(1);
/// While people write, it rests so many times as long as it works: what they wait for goes first. At a lower
/// priority it would be stopped with a lock in its hand, and all would wait.
const RESTS: u32 = 16;
const REST_MAX: Duration = Duration::from_millis(500);

/// The thread that keeps the indexes up.
pub struct Indexer {
    views: Arc<Views>,
    thread: JoinHandle<()>,
}

impl Indexer {
    pub fn start(views: Arc<Views>, clock: Clock) -> std::io::Result<Indexer> {
        let today = day_of(clock.now_ms());
        let search = &views.search;
        search.goal.store(
            views
                .beginning_of(today)
                .min(search.from.load(Ordering::Acquire)),
            Ordering::Release,
        );
        search.first_open.store(today, Ordering::Release);
        views.take_up(today);
        let follower = Arc::clone(&views);
        let thread = std::thread::Builder::new()
            .name("indexer".into())
            .spawn(move || {
                follower.keep_indexes(&clock);
            })?;
        let _first_time = views.search.thread.set(thread.thread().clone());
        Ok(Indexer { views, thread })
    }

    pub fn stop(self) {
        self.views.search.stopping.store(true, Ordering::Release);
        self.thread.thread().unpark();
        if self.thread.join().is_err() {
            tracing::error!("the indexer panicked");
        }
    }
}

impl Views {
    fn keep_indexes(&self, clock: &Clock) {
        let search = &self.search;
        // Closed days that were never indexed, the newest last. Looked for once the open days are whole.
        let mut missing: Option<Vec<Key>> = None;
        let mut weighed = Instant::now();
        while !search.stopping.load(Ordering::Acquire) {
            let (began, size) = (Instant::now(), self.store.size());
            let (mut busy, complete, touched) = {
                let mut touched = search.touched.lock();
                let busy = search.forward(self, &mut touched);
                let complete = !search.backward(self, &mut touched);
                (busy, complete, std::mem::take(&mut *touched))
            };
            search.merge(touched);
            if complete && weighed.elapsed() >= WEIGHED_EVERY {
                self.spill();
                weighed = Instant::now();
            }
            let wanted = search.wanted.lock().iter().next().copied();
            if let Some(key) = wanted {
                // Taken off first: whoever wants it made anew meanwhile wants it made after this.
                search.wanted.lock().remove(&key);
                match key.1 >= search.first_open.load(Ordering::Acquire) {
                    true => self.close(key, spill::OPEN_LABEL),
                    false => self.close(key, INDEX_LABEL),
                };
                busy = true;
            } else if complete && !self.close_one(day_of(clock.now_ms())) {
                let missing = missing.get_or_insert_with(|| self.unsealed_days());
                if let Some(key) = missing.pop() {
                    self.close(key, INDEX_LABEL);
                    busy = true;
                }
            } else {
                busy = true;
            }
            if busy {
                // Under load, more comes meanwhile and is taken in one go.
                if complete && search.upto.load(Ordering::Acquire) == self.store.size() {
                    std::thread::sleep(GATHER);
                } else if self.store.size() > size {
                    std::thread::sleep((began.elapsed() * RESTS).min(REST_MAX));
                }
            } else {
                std::thread::park_timeout(TICK);
            }
        }
    }

    /// Closes one day that is over; false when there is none.
    fn close_one(&self, today: u32) -> bool {
        let search = &self.search;
        if search.first_open.load(Ordering::Acquire) >= today {
            return false;
        }
        let days: Vec<_> = search
            .open
            .read()
            .iter()
            .filter(|((_, day), _)| *day < today)
            .map(|(key, day)| (*key, Arc::clone(day)))
            .collect();
        let Some((key, day)) = days
            .iter()
            .find(|(_, day)| !day.read().is_closed || !day.read().part.is_empty())
        else {
            search.first_open.store(today, Ordering::Release);
            let mut open = search.open.write();
            open.retain(|(_, day), kept| *day >= today || !kept.read().part.is_empty());
            return false;
        };
        let built = self.close(*key, INDEX_LABEL);
        // Nothing may come in between the look and the letting go.
        let touched = search.touched.lock();
        let place = self.place(*key);
        let unread = built.zip(place);
        if unread.is_none_or(|(built, place)| self.last_change(&place) <= built) {
            let mut day = day.write();
            (day.is_rest, day.is_closed) = (true, true);
            day.part = OpenPart::new();
        }
        drop(touched);
        true
    }

    /// Makes and seals the index of a closed day; tells up to where it reads. None when there is nothing to read.
    fn close(&self, key: Key, label: &str) -> Option<u64> {
        let place = self.place(key)?;
        let built = match self.seal(&place, label) {
            Ok(built) => built,
            Err(Error::Forgotten) => return None,
            Err(error) => {
                tracing::error!(code = error.code(), %error, "a day could not be indexed");
                return None;
            }
        };
        self.search.closed.lock().forget(&key);
        Some(built)
    }

    fn seal(&self, place: &Place, label: &str) -> Result<u64, Error> {
        let done = self.newest_destruction()?;
        let built = self.last_change(place);
        let mut parts = Vec::new();
        let mut from = place.from;
        while from <= place.to {
            let to = (from + MESSAGES_AT_A_TIME - 1).min(place.to);
            let texts = self.texts(&Place { from, to, ..*place })?;
            parts.push(Part::of(texts.iter().map(|(q, text)| (*q, text.as_str()))));
            from = to + 1;
        }
        let Ok(part) = Part::merge(parts.iter()) else {
            return Ok(built);
        };
        self.seal_part(place, label, done, built, part)?;
        Ok(built)
    }

    /// The newest event of the channel that concerns a day's texts.
    fn last_change(&self, place: &Place) -> u64 {
        let edits = self
            .amendments
            .of_range(place.channel, place.from, place.to)
            .unwrap_or_default();
        let newest = edits.iter().filter(|a| a.kind == Kind::Edit).map(|a| a.q);
        newest.max().unwrap_or(0).max(place.to)
    }

    pub(super) fn place(&self, (channel, day): Key) -> Option<Place> {
        let state = self.state.read();
        let span = state.channels.get(&channel)?.days.get(&day)?;
        (!span.destroyed && span.messages > 0).then_some(Place {
            channel,
            day,
            from: span.from,
            to: span.to,
        })
    }

    /// Closed days that have messages and no sealed index, oldest first.
    fn unsealed_days(&self) -> Vec<Key> {
        let first_open = self.search.first_open.load(Ordering::Acquire);
        let mut days: Vec<Key> = {
            let state = self.state.read();
            let all = state.channels.iter().flat_map(|(c, channel)| {
                let days = channel.days.range(..first_open);
                days.filter(|(_, span)| !span.destroyed && span.messages > 0)
                    .map(|(day, _)| (*c, *day))
            });
            all.collect()
        };
        days.retain(|(channel, day)| {
            let scope = Scope::ChannelDay {
                channel: *channel,
                day: *day,
            };
            let parts = self.store.parts_in(scope);
            parts.is_ok_and(|labels| !labels.iter().any(|label| label == INDEX_LABEL))
        });
        days.sort_unstable_by_key(|(c, day)| (*day, *c));
        days
    }

    /// The first position at which anything of this day or a later one stands.
    fn beginning_of(&self, day: u32) -> Position {
        let firsts: Vec<(Id, u64)> = {
            let state = self.state.read();
            let all = state.channels.iter().filter_map(|(c, channel)| {
                let days = channel.days.range(day..);
                Some((*c, days.map(|(_, span)| span.from).min()?))
            });
            all.collect()
        };
        firsts
            .into_iter()
            // What cannot be looked up has to be read from the beginning.
            .map(|(c, q)| self.position_of(c, q).ok().flatten().unwrap_or(0))
            .min()
            .unwrap_or(Position::MAX)
    }
}
