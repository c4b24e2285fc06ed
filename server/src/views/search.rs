//! Search that forgets: one sealed index per closed channel-day, the open days in memory.
//!
//! No plaintext index ever reaches the disk. Candidates from an index are verified against the
//! message as it reads now, so an index may be behind an edit but never shows what was taken back.

use std::collections::HashMap;
use std::sync::Arc;

use migrations_free_store::{Id, Scope};
use parking_lot::Mutex;
use serde::Serialize;
use utoipa::ToSchema;

use super::amendments::Kind;
use super::seen::Item;
use super::terms::{OpenPart, Part, Query};
use super::{Seen, Views, unavailable};
use crate::chat::Refusal;
use crate::chat::event::{Act, Content, Event};
use crate::chat::state::day_of;

pub const HITS: usize = 25;
pub const HITS_MAX: usize = 100;
pub const QUERY_CHARS_MAX: usize = 200;
/// Channel-days looked through for one answer; `next` continues.
const DAYS_LOOKED_AT_MAX: usize = 5_000;
/// Channel-days whose index is held in memory.
const HELD_MAX: usize = 2_000;
/// Candidates verified per channel-day for each hit wanted.
const CANDIDATES_PER_HIT: usize = 4;
/// Steps through one channel-day whose candidates turn out not to match.
const STEPS_MAX: usize = 100;
const SNIPPET_CHARS: usize = 160;
const LABEL: &str = "terms";
/// Events read at a time while an index is built.
const BUILD_EVENTS: u64 = 1_000;

#[derive(Debug, Default)]
pub struct Question {
    pub text: String,
    pub channel: Option<Id>,
    pub from: Option<Id>,
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
}

/// The indexes in memory.
#[derive(Default)]
pub struct Search {
    held: Mutex<HashMap<(Id, u32), Held>>,
}

enum Held {
    Open { part: OpenPart, upto: u64 },
    Closed(Arc<Part>),
}

impl Search {
    /// Keeps open days current and drops what is stale or destroyed. Called with every durable batch.
    pub fn follow(&self, events: &[Event], day_of_message: impl Fn(Id, u64) -> Option<u32>) {
        let mut held = self.held.lock();
        if held.is_empty() {
            return;
        }
        for event in events {
            let (Some(c), Some(q)) = (event.header.channel, event.header.channel_seq) else {
                continue;
            };
            match &event.header.act {
                Act::MessagePosted { .. } | Act::MessageImported { .. } => {
                    if let Some(Held::Open { part, upto }) =
                        held.get_mut(&(c, day_of(event.header.at)))
                        && q > *upto
                    {
                        part.add(q, &searchable(event.content.as_ref()));
                        *upto = q;
                    }
                }
                Act::MessageEdited { of, .. } | Act::MessageDeleted { of } => {
                    // An edit is sealed with its message's day.
                    let day = match event.header.scope {
                        Some(Scope::ChannelDay { day, .. }) => Some(day),
                        _ => day_of_message(c, *of),
                    };
                    let Some(day) = day else { continue };
                    match held.get_mut(&(c, day)) {
                        Some(Held::Open { part, .. }) => {
                            part.remove(*of);
                            if matches!(event.header.act, Act::MessageEdited { .. }) {
                                part.add(*of, &searchable(event.content.as_ref()));
                            }
                        }
                        Some(Held::Closed(_)) => {
                            held.remove(&(c, day));
                        }
                        None => {}
                    }
                }
                Act::DestroyDone { days, .. } => {
                    for day in days {
                        held.remove(&(c, *day));
                    }
                }
                _ => {}
            }
        }
    }
}

/// One channel-day to look through.
struct Place {
    channel: Id,
    day: u32,
    from: u64,
    to: u64,
}

impl Seen<'_> {
    /// Newest first, in this person's channels only.
    pub fn search(&self, question: &Question, now_ms: u64) -> Result<Hits, Refusal> {
        if question.text.chars().count() > QUERY_CHARS_MAX {
            return Err(Refusal::Invalid(format!(
                "A search has at most {QUERY_CHARS_MAX} characters."
            )));
        }
        let query = Query::parse(&question.text);
        if query.is_empty() {
            return Ok(Hits::default());
        }
        let (places, oldest_kept) = self.places(question)?;
        let mut hits = self.look(&query, question, &places, now_ms)?;
        if hits.hits.is_empty()
            && question.cursor.is_none()
            && let Some(forgiving) = query.forgiving()
        {
            hits = self.look(&forgiving, question, &places, now_ms)?;
        }
        hits.oldest_kept = oldest_kept;
        Ok(hits)
    }

    /// The channel-days in question, newest day first, and since when they are complete.
    fn places(&self, question: &Question) -> Result<(Vec<Place>, Option<u64>), Refusal> {
        let state = self.views.state.read();
        if let Some(c) = question.channel {
            state
                .seen_channel(c, self.person)
                .ok_or(Refusal::NotFound)?;
        }
        let cursor_day = question
            .cursor
            .as_deref()
            .and_then(cursor_of)
            .map(|(ts, ..)| day_of(ts));
        let newest = question
            .before
            .map_or(u32::MAX, day_of)
            .min(cursor_day.unwrap_or(u32::MAX));
        let oldest = question.after.map_or(0, day_of);
        let mut places = Vec::new();
        let mut destroyed_upto = None;
        for (channel, facts) in state
            .channels_of(self.person)
            .filter(|(id, _)| question.channel.is_none_or(|c| c == *id))
        {
            for (day, span) in facts.days.range(oldest.min(newest)..=newest) {
                if span.destroyed {
                    destroyed_upto = destroyed_upto.max(Some(*day));
                } else if span.messages > 0 {
                    places.push(Place {
                        channel,
                        day: *day,
                        from: span.from,
                        to: span.to,
                    });
                }
            }
        }
        places.sort_unstable_by(|a, b| b.day.cmp(&a.day).then(a.channel.cmp(&b.channel)));
        let oldest_kept =
            destroyed_upto.map(|day| (u64::from(day) + 1) * crate::chat::state::DAY_MS);
        Ok((places, oldest_kept))
    }

    fn look(
        &self,
        query: &Query,
        question: &Question,
        places: &[Place],
        now_ms: u64,
    ) -> Result<Hits, Refusal> {
        let limit = question.limit.clamp(1, HITS_MAX);
        let today = day_of(now_ms);
        let cursor = question.cursor.as_deref().and_then(cursor_of);
        let mut hits: Vec<Hit> = Vec::new();
        let mut looked = 0;
        for same_day in places.chunk_by(|a, b| a.day == b.day) {
            let mut of_day = Vec::new();
            for place in same_day {
                // From the place on where the page before ended, in steps, until there are enough or no more.
                let mut below = match cursor {
                    Some((_, c, q)) if c == place.channel && place.from <= q && q <= place.to => q,
                    _ => u64::MAX,
                };
                let mut found = 0;
                for _ in 0..STEPS_MAX {
                    let candidates = self.views.candidates(
                        place,
                        query,
                        below,
                        limit * CANDIDATES_PER_HIT,
                        today,
                    )?;
                    let Some(last) = candidates.last().copied() else {
                        break;
                    };
                    for q in candidates {
                        let Some(hit) = self.verify(place.channel, q, query, question)? else {
                            continue;
                        };
                        if cursor
                            .is_none_or(|(ts, c, q)| (hit.item.ts, hit.c, hit.item.q) < (ts, c, q))
                        {
                            of_day.push(hit);
                            found += 1;
                        }
                    }
                    if found >= limit {
                        break;
                    }
                    below = last;
                }
            }
            of_day.sort_unstable_by(|a, b| {
                (b.item.ts, b.c, b.item.q).cmp(&(a.item.ts, a.c, a.item.q))
            });
            hits.extend(of_day);
            looked += same_day.len();
            if hits.len() > limit || looked > DAYS_LOOKED_AT_MAX {
                break;
            }
        }
        let more = hits.len() > limit || looked < places.len();
        hits.truncate(limit);
        let next = hits
            .last()
            .filter(|_| more)
            .map(|h| format!("{}-{}-{}", h.item.ts, h.c, h.item.q));
        Ok(Hits {
            hits,
            next,
            oldest_kept: None,
        })
    }

    fn verify(
        &self,
        c: Id,
        q: u64,
        query: &Query,
        question: &Question,
    ) -> Result<Option<Hit>, Refusal> {
        let Some(event) = self.views.event(c, q)? else {
            return Ok(None);
        };
        let mut items: Vec<Item> = Item::of(&event).into_iter().collect();
        self.views.amend(c, &mut items)?;
        let Some(item) = items.pop().filter(|i| i.del.is_none() && i.gone.is_none()) else {
            return Ok(None);
        };
        if question.from.is_some_and(|p| p != item.u)
            || question.before.is_some_and(|t| item.ts >= t)
            || question.after.is_some_and(|t| item.ts < t)
        {
            return Ok(None);
        }
        let mut text = item.b.clone().unwrap_or_default();
        for file in &item.f {
            text.push('\n');
            text.push_str(&file.name);
        }
        if !query.matches(&text) {
            return Ok(None);
        }
        let snippet = snippet(&text, query.first_hit(&text));
        Ok(Some(Hit { c, item, snippet }))
    }
}

impl Views {
    fn candidates(
        &self,
        place: &Place,
        query: &Query,
        below: u64,
        limit: usize,
        today: u32,
    ) -> Result<Vec<u64>, Refusal> {
        let key = (place.channel, place.day);
        let closed = {
            match self.search.held.lock().get(&key) {
                Some(Held::Open { part, .. }) if place.day >= today => {
                    return Ok(part.search(query, below, limit));
                }
                Some(Held::Closed(part)) => Some(Arc::clone(part)),
                Some(Held::Open { .. }) | None => None,
            }
        };
        let part = match closed {
            Some(part) => part,
            None if place.day >= today => return self.open_day(place, query, below, limit),
            None => self.closed_day(place)?,
        };
        part.search(query, below, limit)
            .map_err(|_| Refusal::Unavailable)
    }

    /// Reads the open day into memory, then follows it.
    fn open_day(
        &self,
        place: &Place,
        query: &Query,
        below: u64,
        limit: usize,
    ) -> Result<Vec<u64>, Refusal> {
        let mut part = OpenPart::new();
        for (q, text) in self.texts(place)? {
            part.add(q, &text);
        }
        let mut held = self.search.held.lock();
        // What came in while reading: nothing more can slip by while the lock is held.
        let mut upto = place.to;
        loop {
            let more = self.events(place.channel, upto + 1, upto + BUILD_EVENTS)?;
            let Some(last) = more.last().and_then(|e| e.header.channel_seq) else {
                break;
            };
            for event in more.iter().filter(|e| day_of(e.header.at) == place.day) {
                if matches!(
                    event.header.act,
                    Act::MessagePosted { .. } | Act::MessageImported { .. }
                ) {
                    part.add(
                        event.header.channel_seq.unwrap_or_default(),
                        &searchable(event.content.as_ref()),
                    );
                }
            }
            upto = last;
        }
        let found = part.search(query, below, limit);
        hold(
            &mut held,
            (place.channel, place.day),
            Held::Open { part, upto },
        );
        Ok(found)
    }

    /// The sealed index of a closed day, built when it is missing or older than an edit.
    fn closed_day(&self, place: &Place) -> Result<Arc<Part>, Refusal> {
        let scope = Scope::ChannelDay {
            channel: place.channel,
            day: place.day,
        };
        let newest_edit = self
            .amendments
            .of_range(place.channel, place.from, place.to)
            .map_err(unavailable)?
            .iter()
            .filter(|a| a.kind == Kind::Edit)
            .map(|a| a.q)
            .max()
            .unwrap_or(0);
        let sealed = self.store.unseal(scope, LABEL).map_err(unavailable)?;
        let usable = sealed.and_then(|bytes| {
            let (built, terms) = bytes.split_first_chunk::<8>()?;
            (u64::from_be_bytes(*built) >= newest_edit).then(|| Part::open(terms.to_vec()).ok())?
        });
        let part = match usable {
            Some(part) => part,
            None => {
                let texts = self.texts(place)?;
                let terms = Part::build(texts.iter().map(|(q, text)| (*q, text.as_str())));
                let mut bytes = newest_edit.max(place.to).to_be_bytes().to_vec();
                bytes.extend(&terms);
                self.store.seal(scope, LABEL, &bytes).map_err(unavailable)?;
                Part::open(terms).map_err(|_| Refusal::Unavailable)?
            }
        };
        let part = Arc::new(part);
        hold(
            &mut self.search.held.lock(),
            (place.channel, place.day),
            Held::Closed(Arc::clone(&part)),
        );
        Ok(part)
    }

    /// The searchable texts of a channel-day as they read now.
    fn texts(&self, place: &Place) -> Result<Vec<(u64, String)>, Refusal> {
        let mut texts: HashMap<u64, String> = HashMap::new();
        let mut from = place.from;
        while from <= place.to {
            let to = (from + BUILD_EVENTS - 1).min(place.to);
            // Days interleave when a clock was set back: a word is sealed with its own day only.
            for event in self.events(place.channel, from, to)? {
                if let (Act::MessagePosted { .. } | Act::MessageImported { .. }, Some(q)) =
                    (&event.header.act, event.header.channel_seq)
                    && day_of(event.header.at) == place.day
                {
                    texts.insert(q, searchable(event.content.as_ref()));
                }
            }
            from = to + 1;
        }
        for amendment in self
            .amendments
            .of_range(place.channel, place.from, place.to)
            .map_err(unavailable)?
        {
            match amendment.kind {
                Kind::Edit => {
                    if let Some(event) = self.event(place.channel, amendment.q)?
                        && let Some(text) = texts.get_mut(&amendment.of)
                    {
                        *text = searchable(event.content.as_ref());
                    }
                }
                Kind::Delete => drop(texts.remove(&amendment.of)),
                Kind::Reaction | Kind::Reply => {}
            }
        }
        let mut texts: Vec<_> = texts.into_iter().collect();
        texts.sort_unstable_by_key(|(q, _)| *q);
        Ok(texts)
    }
}

/// Bounded: any one may go, it can be read again.
fn hold(held: &mut HashMap<(Id, u32), Held>, key: (Id, u32), value: Held) {
    if held.len() >= HELD_MAX
        && let Some(any) = held.keys().next().copied()
    {
        held.remove(&any);
    }
    held.insert(key, value);
}

fn searchable(content: Option<&Content>) -> String {
    let Some(content) = content else {
        return String::new();
    };
    let mut text = content.text.clone().unwrap_or_default();
    for file in &content.files {
        text.push('\n');
        text.push_str(&file.name);
    }
    text
}

fn cursor_of(text: &str) -> Option<(u64, Id, u64)> {
    let mut parts = text.split('-');
    let cursor = (
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
    );
    parts.next().is_none().then_some(cursor)
}

/// The text around the first hit (a byte offset), on character borders.
fn snippet(text: &str, hit: Option<usize>) -> String {
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
