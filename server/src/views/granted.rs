//! What an officer reads under a grant: search, pages and files of what it reaches, and nothing else.
//!
//! Read from the record and not from the search index: that one has neither what was deleted nor what was edited away
//! nor what is kept beyond its time. Whoever calls puts the look on record before anything leaves.

use std::collections::BTreeSet;

use migrations_free_store::{Id, Position};
use serde::Serialize;
use utoipa::ToSchema;

use super::Views;
use super::record::{Budget, DestroyedDay, Found, Mark};
use super::search::{QUERY_CHARS_MAX, snippet};
use super::tagged::Sieve;
use super::terms::Query;
use crate::chat::Refusal;
use crate::chat::decide::review::standing;
use crate::chat::event::FileFact;
use crate::chat::grant::Reach;
use crate::chat::state::State;

pub const HITS: usize = 20;
pub const HITS_MAX: usize = 50;
pub const PAGE_MESSAGES: usize = 50;
pub const PAGE_MESSAGES_MAX: usize = 100;
/// Events read for one answer; `next` goes on.
const EVENTS_MAX: u64 = 20_000;
/// Text in one answer; `next` goes on.
const ANSWER_BYTES_MAX: usize = 2 << 20;
/// Destroyed days told in one answer, the newest.
pub const DESTROYED_MAX: usize = 400;
/// Events read at a time around a message.
const STEP: u64 = 64;

/// The views through one grant that stands.
pub struct Granted<'v> {
    views: &'v Views,
    matter: Id,
    reach: Reach,
}

#[derive(Debug, Default)]
pub struct Sought {
    pub words: String,
    pub within: Reach,
    /// Only messages with an attachment.
    pub files: bool,
    pub sieve: Sieve,
    pub from: Option<Mark>,
    pub limit: usize,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GrantedHit)]
pub struct Hit {
    pub item: Found,
    pub snippet: String,
    /// The messages before and after it, as far as the grant reaches.
    pub around: Vec<Found>,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct GrantedHits {
    pub hits: Vec<Hit>,
    pub next: Option<String>,
    pub destroyed: Vec<DestroyedDay>,
    /// Where this look stands in the log.
    pub position: Position,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct GrantedPage {
    pub items: Vec<Found>,
    /// Give as `before` or `after` to go on; null at the end of what the grant reaches.
    pub before: Option<u64>,
    pub after: Option<u64>,
    pub destroyed: Vec<DestroyedDay>,
    /// Where this look stands in the log.
    pub position: Position,
}

#[derive(Clone, Copy, Debug)]
pub enum Side {
    Newest,
    Before(u64),
    After(u64),
    Around(u64),
}

impl Views {
    /// Looking it up is the authorisation: the grant is this officer's, and stands.
    pub fn granted(&self, person: Id, grant: Id, now_ms: u64) -> Result<Granted<'_>, Refusal> {
        let state = self.state.read();
        officer(&state, person)?;
        let known = state.grants.get(&grant);
        known.filter(|g| g.by == person).ok_or(Refusal::NotFound)?;
        let known = standing(&state, grant, now_ms)?;
        Ok(Granted {
            views: self,
            matter: known.matter,
            reach: known.reach(),
        })
    }
}

/// The role alone; which matters and grants there are is for officers.
pub fn officer(state: &State, person: Id) -> Result<(), Refusal> {
    match state.role(person).ok_or(Refusal::NotSignedIn)? {
        crate::chat::Role::Officer => Ok(()),
        _ => Err(Refusal::Forbidden),
    }
}

pub fn query(words: &str) -> Result<Query, Refusal> {
    if words.chars().count() > QUERY_CHARS_MAX {
        return Err(Refusal::Invalid(format!(
            "A search has at most {QUERY_CHARS_MAX} characters."
        )));
    }
    let query = Query::parse(words);
    if query.is_empty() && !words.trim().is_empty() {
        return Err(Refusal::invalid("There is no word in this."));
    }
    Ok(query)
}

impl Granted<'_> {
    pub fn search(&self, sought: &Sought) -> Result<GrantedHits, Refusal> {
        let query = query(&sought.words)?;
        sought.sieve.check(&self.views.state.read(), self.matter)?;
        let channels = sought.within.channels.iter();
        if !channels.clone().all(|c| self.reach.has_channel(*c)) {
            return Err(Refusal::NotFound);
        }
        let within = [&self.reach, &sought.within];
        let (stretches, mut destroyed) = self.views.stretches(&within);
        destroyed.truncate(DESTROYED_MAX);
        let limit = sought.limit.clamp(1, HITS_MAX);
        let (mut found, mut bytes) = (Vec::new(), 0);
        let next = self.views.walk(
            &stretches,
            &within,
            sought.from,
            &mut Budget(EVENTS_MAX),
            &mut |message| {
                let answers = query.is_empty() || message.texts().any(|text| query.matches(text));
                let tags = self.views.tags_of(self.matter, message.c, message.q);
                let is_wanted = answers && sought.sieve.takes(tags);
                if is_wanted && !message.gone && (!sought.files || !message.f.is_empty()) {
                    bytes += message.bytes();
                    found.push(message);
                }
                Ok(found.len() < limit && bytes < ANSWER_BYTES_MAX)
            },
        )?;
        self.views.noted(self.matter, &mut found)?;
        let hits = found.into_iter().map(|item| {
            let text = item.texts().find(|text| query.matches(text));
            let text = text.or(item.b.as_deref()).unwrap_or_default();
            Ok(Hit {
                snippet: snippet(text, query.first_hit(text)),
                around: {
                    let mut around = self.neighbours(&item)?;
                    self.views.noted(self.matter, &mut around)?;
                    around
                },
                item,
            })
        });
        Ok(GrantedHits {
            hits: hits.collect::<Result<_, Refusal>>()?,
            next: next.map(|mark| mark.text()),
            destroyed: match sought.from {
                None => destroyed,
                Some(_) => Vec::new(),
            },
            position: 0,
        })
    }

    /// What of a channel the grant reaches, oldest first.
    pub fn page(&self, c: Id, side: Side, limit: usize) -> Result<GrantedPage, Refusal> {
        let (low, high) = self.bounds(c)?;
        let limit = limit.clamp(1, PAGE_MESSAGES_MAX);
        let mut page = GrantedPage::default();
        match side {
            Side::Newest => self.back(c, low, high + 1, limit, &mut page)?,
            Side::Before(q) => self.back(c, low, q.min(high + 1), limit, &mut page)?,
            Side::After(q) => self.on(c, q.saturating_add(1).max(low), high, limit, &mut page)?,
            Side::Around(q) => {
                let middle = q.min(high).max(low);
                self.back(c, low, middle + 1, limit / 2 + 1, &mut page)?;
                self.on(c, middle + 1, high, limit / 2, &mut page)?;
            }
        }
        let here = Reach {
            channels: vec![c],
            ..Reach::default()
        };
        self.views.noted(self.matter, &mut page.items)?;
        page.destroyed = self.views.stretches(&[&self.reach, &here]).1;
        page.destroyed.truncate(DESTROYED_MAX);
        Ok(page)
    }

    /// A file of a message that the grant reaches.
    pub fn file(&self, c: Id, q: u64, file: Id) -> Result<FileFact, Refusal> {
        self.bounds(c)?;
        self.found(c, q, q)?.pop().ok_or(Refusal::NotFound)?;
        let facts = self.views.files_of(c, q)?;
        let mut facts = facts.into_iter();
        facts.find(|f| f.id == file).ok_or(Refusal::NotFound)
    }

    /// The first and the last number of the channel on the days of the grant; what it does not reach is not there.
    fn bounds(&self, c: Id) -> Result<(u64, u64), Refusal> {
        let state = self.views.state.read();
        let known = state.channels.get(&c);
        let known = known.filter(|_| self.reach.has_channel(c));
        let days = &known.ok_or(Refusal::NotFound)?.days;
        let in_days = || days.range(self.reach.days()).map(|(_, day)| day);
        let low = in_days().map(|day| day.from).min().unwrap_or(1);
        let high = in_days().map(|day| day.to).max().unwrap_or(0);
        Ok((low.max(1), high))
    }

    fn found(&self, c: Id, from: u64, to: u64) -> Result<Vec<Found>, Refusal> {
        let days = self.reach.days();
        self.views.found(c, from, to, &|day, author| {
            days.contains(&day) && self.reach.has_author(author)
        })
    }

    fn back(
        &self,
        c: Id,
        low: u64,
        before: u64,
        limit: usize,
        page: &mut GrantedPage,
    ) -> Result<(), Refusal> {
        let (mut end, mut items, mut bytes) = (before, Vec::new(), 0);
        let floor = before.saturating_sub(EVENTS_MAX).max(low);
        'all: while end > floor {
            let start = end.saturating_sub(STEP).max(floor);
            let found = self.found(c, start, end - 1)?;
            for message in found.into_iter().rev() {
                if items.len() == limit || bytes > ANSWER_BYTES_MAX {
                    break 'all;
                }
                end = message.q;
                bytes += message.bytes();
                items.push(message);
            }
            if items.len() == limit || bytes > ANSWER_BYTES_MAX {
                break;
            }
            end = start;
        }
        items.reverse();
        page.before = (end > low).then_some(end);
        page.after = self.anything_after(c, before)?;
        page.items.extend(items);
        Ok(())
    }

    fn on(
        &self,
        c: Id,
        first: u64,
        high: u64,
        limit: usize,
        page: &mut GrantedPage,
    ) -> Result<(), Refusal> {
        let (mut start, mut items, mut bytes) = (first, Vec::new(), 0);
        let ceiling = first.saturating_add(EVENTS_MAX).min(high);
        'all: while start <= ceiling {
            let end = start.saturating_add(STEP - 1).min(ceiling);
            for message in self.found(c, start, end)? {
                if items.len() == limit || bytes > ANSWER_BYTES_MAX {
                    break 'all;
                }
                start = message.q + 1;
                bytes += message.bytes();
                items.push(message);
            }
            if items.len() == limit || bytes > ANSWER_BYTES_MAX {
                break;
            }
            start = end + 1;
        }
        let low = self.bounds(c)?.0;
        if page.items.is_empty() {
            page.before = (first > low).then_some(first);
        }
        page.after = (start <= high).then(|| start - 1);
        page.items.extend(items);
        Ok(())
    }

    fn anything_after(&self, c: Id, before: u64) -> Result<Option<u64>, Refusal> {
        let high = self.bounds(c)?.1;
        Ok((before <= high).then(|| before.saturating_sub(1)))
    }

    fn neighbours(&self, item: &Found) -> Result<Vec<Found>, Refusal> {
        let (low, high) = self.bounds(item.c)?;
        let from = item.q.saturating_sub(STEP / 4).max(low);
        let to = item.q.saturating_add(STEP / 4).min(high);
        let all = self.found(item.c, from, to)?;
        let at = all.partition_point(|message| message.q < item.q);
        let before = at.checked_sub(1).and_then(|before| all.get(before));
        let around = before.into_iter().chain(all.get(at + 1));
        Ok(around.filter(|message| !message.gone).cloned().collect())
    }
}

impl GrantedHits {
    /// The channels of which something is shown.
    pub fn seen(&self) -> Vec<Id> {
        let seen: BTreeSet<Id> = self.hits.iter().map(|hit| hit.item.c).collect();
        seen.into_iter().collect()
    }
}

impl GrantedPage {
    /// The stretches of the channel that are shown.
    pub fn ranges(&self) -> Vec<(u64, u64)> {
        let ends = self.items.first().zip(self.items.last());
        ends.map(|(first, last)| (first.q, last.q))
            .into_iter()
            .collect()
    }
}
