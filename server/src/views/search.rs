//! Search that forgets: one sealed index per closed channel-day, the open days in memory.
//!
//! No plaintext index ever reaches the disk. Candidates from an index are verified against the
//! message as it reads now, so an index may be behind an edit but never shows what was taken back.

mod days;

use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use migrations_free_store::{Id, Position};
use serde::Serialize;
use utoipa::ToSchema;

use super::media::Holding;
use super::seen::Item;
use super::terms::Query;
use super::{Seen, unavailable};
use crate::chat::event::Content;
use crate::chat::preview::LinkPreview;
use crate::chat::state::day_of;
use crate::chat::{Refusal, Sight};
pub(super) use days::Place;
pub use days::{Indexer, LABELS, Search};

pub const HITS: usize = 25;
pub const HITS_MAX: usize = 100;
pub const QUERY_CHARS_MAX: usize = 200;
/// Channel-days looked through for one answer; `next` continues.
const DAYS_LOOKED_AT_MAX: usize = 5_000;
/// Messages read for one answer; `next` continues.
const MESSAGES_READ_MAX: usize = 4_000;
/// Candidates fetched from an index at a time.
const CANDIDATES: usize = 32;
/// How long an answer waits for indexes that are being made.
const WAIT_MAX: Duration = Duration::from_millis(50);
const SNIPPET_CHARS: usize = 160;

#[derive(Debug, Default)]
pub struct Question {
    pub text: String,
    pub channel: Option<Id>,
    pub from: Option<Id>,
    pub has: Option<Holding>,
    pub before: Option<u64>,
    pub after: Option<u64>,
    pub limit: usize,
    pub cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Hit {
    #[schema(value_type = String)]
    pub c: Id,
    pub item: Item,
    pub snippet: String,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Hits {
    pub hits: Vec<Hit>,
    pub next: Option<String>,
    /// Set when older messages of these channels were destroyed under policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_kept: Option<u64>,
    /// Set while indexes are being made and more than this may be found soon.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
}

/// Where an answer goes on: before this position of this day and all earlier days.
#[derive(Clone, Copy)]
struct Cursor {
    day: u32,
    before: Position,
}

impl Seen<'_> {
    /// Newest first, in this person's channels only.
    pub fn search(&self, question: &Question) -> Result<Hits, Refusal> {
        if question.text.chars().count() > QUERY_CHARS_MAX {
            return Err(Refusal::Invalid(format!(
                "A search has at most {QUERY_CHARS_MAX} characters."
            )));
        }
        let query = Query::parse(&question.text);
        if query.is_empty() {
            return Ok(Hits::default());
        }
        // Whatever was acknowledged before the question came is before this position.
        let size = self.views.store.size();
        let until = Instant::now() + WAIT_MAX;
        let is_behind = !self.views.search.reach(self.views, size, until);
        let mut hits = self.answer(&query, question)?;
        let mut pause = WAIT_MAX / 5;
        while hits.partial && Instant::now() + pause < until {
            self.views.search.help(self.views, Instant::now() + pause);
            hits = self.answer(&query, question)?;
            pause *= 2;
        }
        hits.partial |= is_behind;
        Ok(hits)
    }

    fn answer(&self, query: &Query, question: &Question) -> Result<Hits, Refusal> {
        let cursor = question.cursor.as_deref().and_then(|c| self.cursor(c));
        let (places, oldest_kept) = self.places(question, cursor)?;
        let mut hits = self.look(query, question, &places, cursor)?;
        if hits.hits.is_empty()
            && hits.next.is_none()
            && cursor.is_none()
            && let Some(forgiving) = query.forgiving()
        {
            let partial = hits.partial;
            hits = self.look(&forgiving, question, &places, cursor)?;
            hits.partial |= partial;
        }
        hits.oldest_kept = oldest_kept;
        Ok(hits)
    }

    /// The channel-days in question, newest day first, and since when they are complete.
    fn places(
        &self,
        question: &Question,
        cursor: Option<Cursor>,
    ) -> Result<(Vec<Sought>, Option<u64>), Refusal> {
        let state = self.views.state.read();
        if let Some(c) = question.channel {
            state
                .seen_channel(c, self.person)
                .ok_or(Refusal::NotFound)?;
        }
        let newest = question
            .before
            .map_or(u32::MAX, day_of)
            .min(cursor.map_or(u32::MAX, |cursor| cursor.day));
        let oldest = question.after.map_or(0, day_of);
        let mut places = Vec::new();
        let mut destroyed_upto = None;
        for (channel, facts) in state
            .channels_of(self.person)
            .filter(|(id, _)| question.channel.is_none_or(|c| c == *id))
        {
            let Ok(sight) = Sight::of(&state, self.person, channel) else {
                continue;
            };
            let days = facts.days.range(oldest.min(newest)..=newest);
            for (day, span) in days.filter(|(_, span)| sight.takes(span.to)) {
                if span.destroyed {
                    destroyed_upto = destroyed_upto.max(Some(*day));
                } else if span.messages > 0 {
                    let place = Place {
                        channel,
                        day: *day,
                        from: span.from,
                        to: span.to,
                    };
                    places.push(Sought { place, sight });
                }
            }
        }
        let order = |sought: &Sought| (std::cmp::Reverse(sought.place.day), sought.place.channel);
        places.sort_unstable_by_key(order);
        let oldest_kept =
            destroyed_upto.map(|day| (u64::from(day) + 1) * crate::chat::state::DAY_MS);
        Ok((places, oldest_kept))
    }

    fn look(
        &self,
        query: &Query,
        question: &Question,
        places: &[Sought],
        cursor: Option<Cursor>,
    ) -> Result<Hits, Refusal> {
        let limit = question.limit.clamp(1, HITS_MAX);
        let mut answer = Hits::default();
        let (mut read, mut looked) = (0, 0);
        for same_day in places.chunk_by(|a, b| a.place.day == b.place.day) {
            let Some(day) = same_day.first().map(|sought| sought.place.day) else {
                continue;
            };
            if looked > DAYS_LOOKED_AT_MAX {
                answer.next = Some(self.next(day, Position::MAX));
                return Ok(answer);
            }
            looked += same_day.len();
            let before = cursor
                .filter(|cursor| cursor.day == day)
                .map_or(Position::MAX, |cursor| cursor.before);
            let mut streams = same_day
                .iter()
                .map(|sought| self.stream(sought, before))
                .collect::<Result<Vec<_>, _>>()?;
            // The newest candidate of each channel; only what is shown is read.
            let mut heads = BinaryHeap::with_capacity(streams.len());
            for (at, stream) in streams.iter_mut().enumerate() {
                let head = self.advance(stream, query)?;
                heads.extend(head.map(|(position, head)| (position, at, head)));
            }
            while let Some((position, at, head)) = heads.pop() {
                if answer.hits.len() == limit || read == MESSAGES_READ_MAX {
                    answer.next = Some(self.next(day, position.saturating_add(1)));
                    return Ok(answer);
                }
                let Some(stream) = streams.get_mut(at).filter(|_| head == Head::Candidate) else {
                    answer.partial = true;
                    continue;
                };
                read += 1;
                answer
                    .hits
                    .extend(self.verify(stream, position, query, question)?);
                let head = self.advance(stream, query)?;
                heads.extend(head.map(|(position, head)| (position, at, head)));
            }
        }
        Ok(answer)
    }

    fn stream<'p>(&self, sought: &'p Sought, before: Position) -> Result<Stream<'p>, Refusal> {
        let Sought { place, sight } = sought;
        let mut below = u64::MAX;
        if before != Position::MAX {
            // Positions grow with sequence numbers.
            let (mut low, mut high) = (place.from, place.to.saturating_add(1));
            while low < high {
                let middle = low.midpoint(high);
                match self.views.position_of(place.channel, middle)? {
                    Some(position) if position >= before => high = middle,
                    _ => low = middle + 1,
                }
            }
            below = low;
        }
        Ok(Stream {
            place,
            sight: *sight,
            waiting: VecDeque::new(),
            below,
            is_last: false,
            floor: 0,
        })
    }

    /// The channel's next candidate, or where its index ends too early.
    fn advance(
        &self,
        stream: &mut Stream<'_>,
        query: &Query,
    ) -> Result<Option<(Position, Head)>, Refusal> {
        loop {
            if let Some(q) = stream.waiting.pop_front() {
                // Newest first: what follows is out of sight too.
                if !stream.sight.takes(q) {
                    return Ok(None);
                }
                let position = self.views.position_of(stream.place.channel, q)?;
                match position {
                    Some(position) if position >= stream.floor => {
                        return Ok(Some((position, Head::Candidate)));
                    }
                    Some(_) => {
                        stream.waiting.clear();
                        stream.is_last = true;
                    }
                    None => {}
                }
                continue;
            }
            if stream.is_last {
                let floor = std::mem::take(&mut stream.floor);
                return Ok((floor > 0).then_some((floor, Head::Unknown)));
            }
            let found = self.views.search.candidates(
                self.views,
                stream.place,
                query,
                stream.below,
                CANDIDATES,
            )?;
            stream.is_last = found.seqs.len() < CANDIDATES;
            stream.below = found.seqs.last().copied().unwrap_or(0);
            stream.floor = found.floor;
            stream.waiting = found.seqs.into();
        }
    }

    fn next(&self, day: u32, before: Position) -> String {
        format!("{day}-{}", self.views.cursors.seal(before))
    }

    fn cursor(&self, text: &str) -> Option<Cursor> {
        let (day, before) = text.split_once('-')?;
        Some(Cursor {
            day: day.parse().ok()?,
            before: self.views.cursors.open(before)?,
        })
    }

    fn verify(
        &self,
        stream: &Stream<'_>,
        position: Position,
        query: &Query,
        question: &Question,
    ) -> Result<Option<Hit>, Refusal> {
        let sight = stream.sight;
        let c = sight.channel();
        let record = self.views.store.read(position).map_err(unavailable)?;
        let event = self.views.read(&record)?;
        // Days interleave when a clock was set back: a message is found in its own alone.
        if day_of(event.header.at) != stream.place.day {
            return Ok(None);
        }
        let mut items: Vec<Item> = Item::of(&event).into_iter().collect();
        self.views.amend(sight, &mut items)?;
        let Some(item) = items.pop().filter(|i| i.del.is_none() && i.gone.is_none()) else {
            return Ok(None);
        };
        if !sight.takes(item.q)
            || question.from.is_some_and(|p| p != item.u)
            || question.has.is_some_and(|has| !has.is_in(&item))
            || question.before.is_some_and(|t| item.ts >= t)
            || question.after.is_some_and(|t| item.ts < t)
        {
            return Ok(None);
        }
        let options = item.poll.iter().flat_map(|poll| &poll.options);
        let names = item.f.iter().map(|file| file.name.as_str());
        let names = names.chain(options.map(|option| option.b.as_str()));
        let names = names.chain(item.lp.iter().flat_map(LinkPreview::lines));
        let text = with_names(item.b.as_deref(), names);
        if !query.matches(&text) {
            return Ok(None);
        }
        let snippet = snippet(&text, query.first_hit(&text));
        Ok(Some(Hit { c, item, snippet }))
    }
}

/// What stands at a position.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Head {
    /// Nothing before it is indexed yet.
    Unknown,
    Candidate,
}

/// A channel-day to look through, and how much of it the asker reads. Its index is the same for everybody.
struct Sought {
    place: Place,
    sight: Sight,
}

/// The candidates of one channel-day, newest first.
struct Stream<'p> {
    place: &'p Place,
    sight: Sight,
    waiting: VecDeque<u64>,
    /// Where the next ones begin.
    below: u64,
    is_last: bool,
    floor: Position,
}

fn searchable(content: Option<&Content>) -> String {
    let Some(content) = content else {
        return String::new();
    };
    let names = content.files.iter().map(|file| file.name.as_str());
    let names = names.chain(content.options.iter().map(String::as_str));
    let names = names.chain(content.preview.iter().flat_map(LinkPreview::lines));
    with_names(content.text.as_deref(), names)
}

/// What is indexed of a message, and what a hit is judged by: its text, its files' names, a poll's answers and what its link
/// leads to.
fn with_names<'n>(text: Option<&str>, names: impl Iterator<Item = &'n str>) -> String {
    let mut all = text.unwrap_or_default().to_owned();
    for name in names {
        all.push('\n');
        all.push_str(name);
    }
    all
}

/// The text around the first hit (a byte offset), on character borders.
pub(super) fn snippet(text: &str, hit: Option<usize>) -> String {
    let at = hit.unwrap_or(0);
    let before = text
        .char_indices()
        .map(|(i, _)| i)
        .take_while(|i| *i < at)
        .count();
    let start = before.saturating_sub(SNIPPET_CHARS / 4);
    let mut out: String = if start > 0 {
        "…".into()
    } else {
        String::new()
    };
    out.extend(text.chars().skip(start).take(SNIPPET_CHARS));
    if text.chars().count() > start + SNIPPET_CHARS {
        out.push('…');
    }
    out
}
