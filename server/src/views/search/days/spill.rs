//! Keeps the indexes of open days small: what fills memory is sealed with its day, while that still goes on.
//!
//! Nothing stays sealed that was made while something was being forgotten. After a start the sealed part is taken up,
//! unless anything was destroyed since it was made: then it could tell of what is gone, and is made anew.

use migrations_free_store::{Error, Position, Scope};

use super::{Day, INDEX_LABEL, Key, Place};
use crate::views::Views;
use crate::views::destructions::{About, NO_ID};
use crate::views::terms::{Part, Run};

pub const OPEN_LABEL: &str = "terms.open";
/// Memory for the words of days that are not over; half of it is freed at a time.
#[cfg(not(test))]
const OPEN_BYTES_MAX: usize = 4 << 20;
#[cfg(test)]
const OPEN_BYTES_MAX: usize = 2 << 10;
/// Before what other parts have: the newest destruction when it was made.
const HEAD_BYTES: usize = 8;

pub fn without_head(mut sealed: Vec<u8>) -> Option<Vec<u8>> {
    (sealed.len() >= HEAD_BYTES).then(|| sealed.split_off(HEAD_BYTES))
}

impl Views {
    /// The days that take most go first.
    pub(super) fn spill(&self) {
        let mut days: Vec<(usize, Key)> = {
            let open = self.search.open.read();
            let each = open.iter().map(|(key, day)| (*key, day.read()));
            each.filter(|(_, day)| !day.is_closed)
                .map(|(key, day)| (day.part.bytes(), key))
                .collect()
        };
        let mut all: usize = days.iter().map(|(bytes, _)| bytes).sum();
        if all <= OPEN_BYTES_MAX {
            return;
        }
        days.sort_unstable_by(|a, b| b.cmp(a));
        for (bytes, key) in days {
            if all <= OPEN_BYTES_MAX / 2 {
                return;
            }
            match self.spill_day(key) {
                Ok(true) => all -= bytes,
                Ok(false) | Err(Error::Forgotten) => {}
                Err(error) => {
                    tracing::error!(code = error.code(), %error, "an index stays in memory");
                    return;
                }
            }
        }
    }

    /// False when it has to stay in memory for now.
    fn spill_day(&self, key: Key) -> Result<bool, Error> {
        let search = &self.search;
        let (Some(place), Some(done)) = (self.place(key), self.at_rest()?) else {
            return Ok(false);
        };
        let Some(day) = search.open.read().get(&key).cloned() else {
            return Ok(false);
        };
        let (runs, is_rest, built) = {
            let mut day = day.write();
            (day.part.runs(), day.is_rest, day.newest)
        };
        let older = match is_rest {
            true => match search.closed(self, &place, true) {
                Ok(Some(older)) => Some(older),
                // It is made of the log first.
                _ => {
                    search.wanted.lock().insert(key);
                    return Ok(false);
                }
            },
            false => None,
        };
        let Ok(part) = Run::beyond(older.as_ref().map(|older| &older.part), &runs) else {
            return Ok(false);
        };
        self.seal_part(&place, OPEN_LABEL, done, built, part)?;
        // Nobody forgets anything meanwhile.
        let _touched = search.touched.lock();
        let is_sound = !search.wanted.lock().contains(&key) && self.at_rest()? == Some(done);
        // Only one of the two stands; a day that was over comes again when the clock is set back.
        let other = if is_sound { INDEX_LABEL } else { OPEN_LABEL };
        self.store.part_delete(place.scope(), other)?;
        if is_sound {
            let mut day = day.write();
            day.part.let_go(&runs);
            day.is_rest = true;
        }
        search.closed.lock().forget(&key);
        Ok(is_sound)
    }

    pub(super) fn seal_part(
        &self,
        place: &Place,
        label: &str,
        done: Position,
        built: u64,
        part: Part,
    ) -> Result<(), Error> {
        let mut bytes = match label {
            OPEN_LABEL => done.to_be_bytes().to_vec(),
            _ => Vec::new(),
        };
        bytes.extend(built.to_be_bytes());
        bytes.extend(part.into_bytes());
        self.store.seal(place.scope(), label, &bytes)?;
        if label == INDEX_LABEL {
            self.store.part_delete(place.scope(), OPEN_LABEL)?;
        }
        Ok(())
    }

    /// What was sealed of open days before the start.
    pub(super) fn take_up(&self, today: u32) {
        let keys: Vec<Key> = {
            let state = self.state.read();
            let all = state.channels.iter().flat_map(|(c, channel)| {
                let days = channel.days.range(today..);
                days.filter(|(_, span)| !span.destroyed)
                    .map(|(day, _)| (*c, *day))
            });
            all.collect()
        };
        for key in keys {
            match self.sealed_upto(key) {
                Ok(Some(built)) => {
                    let day = Day::new(false, built);
                    self.search.open.write().insert(key, day);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(code = error.code(), %error, "an index is made anew");
                }
            }
        }
    }

    /// None: there is nothing that may be used.
    fn sealed_upto(&self, (channel, day): Key) -> Result<Option<u64>, Error> {
        let scope = Scope::ChannelDay { channel, day };
        let labels = self.store.parts_in(scope)?;
        let has = |label: &str| labels.iter().any(|known| known == label);
        if !has(OPEN_LABEL) {
            return Ok(None);
        }
        let sealed = match has(INDEX_LABEL) {
            true => None,
            false => self.store.unseal(scope, OPEN_LABEL)?,
        };
        let head = sealed.as_ref().and_then(|sealed| {
            let (done, rest) = sealed.split_first_chunk::<8>()?;
            let (built, _) = rest.split_first_chunk::<8>()?;
            Some((u64::from_be_bytes(*done), u64::from_be_bytes(*built)))
        });
        match head {
            Some((done, built)) if self.at_rest()? == Some(done) => Ok(Some(built)),
            _ => {
                self.store.part_delete(scope, OPEN_LABEL)?;
                Ok(None)
            }
        }
    }

    /// The newest destruction, when none is under way.
    fn at_rest(&self) -> Result<Option<Position>, Error> {
        let is_at_rest = self.state.read().unfinished.is_empty();
        let newest = self.newest_destruction()?;
        Ok(is_at_rest.then_some(newest))
    }

    /// 0: there was none.
    pub(super) fn newest_destruction(&self) -> Result<Position, Error> {
        let newest = self.destructions.newest(About::Done, NO_ID, u64::MAX, 1)?;
        Ok(newest.first().copied().unwrap_or(0))
    }
}
