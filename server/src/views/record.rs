//! Messages as the record has them, for those who may read it: with every version, who deleted them, and what is kept
//! beyond its time. Reached through a grant, or to be counted; never through membership.

use std::collections::BTreeMap;

use migrations_free_store::{Id, Record, Scope};
use serde::Serialize;
use utoipa::ToSchema;

use super::amendments::{Amendment, Kind};
use super::search::Place;
use super::seen::{Deleted, File, Imported};
use super::tagged::Noted;
use super::timeline::day_text;
use super::{Views, unavailable};
use crate::chat::Refusal;
use crate::chat::event::{Act, Event, FileFact};
use crate::chat::grant::Reach;
use crate::chat::state::day_of;
use crate::chat::tag::Tag;

/// Events read at a time.
const EVENTS_AT_A_TIME: u64 = 128;
/// Of one message.
const CHANGES_MAX: usize = 200;

/// A text that was replaced by an edit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Earlier {
    pub ts: u64,
    pub until: u64,
    pub b: String,
}

/// A message with all that was done to it.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Found {
    #[schema(value_type = String)]
    pub c: Id,
    pub q: u64,
    pub ts: u64,
    #[schema(value_type = String)]
    pub u: Id,
    /// As it reads now; absent when it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub f: Vec<File>,
    /// In the thread of that message; an answer to that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub th: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub re: Option<u64>,
    /// What it read before, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<Earlier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub del: Option<Deleted>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub rx: BTreeMap<String, Vec<Id>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imp: Option<Imported>,
    /// Its content was destroyed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
    /// Its time is over: nobody else sees it, and it is kept for a matter or a floor.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub kept: bool,
    /// What officers noted about it for the matter of the grant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub tags: Vec<Tag>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Noted>,
}

impl Found {
    /// All its versions and the names of its files.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let earlier = self.versions.iter().map(|version| version.b.as_str());
        let names = self.f.iter().map(|file| file.name.as_str());
        self.b.as_deref().into_iter().chain(earlier).chain(names)
    }

    pub fn bytes(&self) -> usize {
        self.texts().map(str::len).sum::<usize>() + 256
    }
}

/// A day of a channel that was destroyed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DestroyedDay {
    #[schema(value_type = String)]
    pub c: Id,
    pub day: String,
    /// So many there were, by everybody.
    pub messages: u64,
    /// When they were destroyed, and how many days the channel kept what was said.
    pub at: u64,
    pub keep_days: Option<u32>,
}

/// Where looking goes on: below this number of this channel's day, then after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    pub day: u32,
    pub channel: Id,
    pub below: u64,
}

impl Mark {
    pub fn text(&self) -> String {
        format!("{}-{}-{}", self.day, self.channel, self.below)
    }

    pub fn parse(text: &str) -> Option<Mark> {
        let mut parts = text.split('-');
        let mark = Mark {
            day: parts.next()?.parse().ok()?,
            channel: parts.next()?.parse().ok()?,
            below: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(mark)
    }
}

/// How much is left to be read for one answer.
pub struct Budget(pub u64);

impl Views {
    /// The channel-days in all of these reaches, newest day first, and which of them were destroyed.
    pub(super) fn stretches(&self, within: &[&Reach]) -> (Vec<Place>, Vec<DestroyedDay>) {
        let state = self.state.read();
        let (mut stretches, mut destroyed) = (Vec::new(), Vec::new());
        let in_reach = |c: Id| within.iter().all(|reach| reach.has_channel(c));
        for (id, channel) in state.channels.iter().filter(|(id, _)| in_reach(**id)) {
            let in_days = |day: &u32| within.iter().all(|reach| reach.days().contains(day));
            for (day, span) in channel.days.iter().filter(|(day, _)| in_days(day)) {
                if span.messages == 0 {
                    continue;
                }
                if span.destroyed {
                    destroyed.push(DestroyedDay {
                        c: *id,
                        day: day_text(*day),
                        messages: span.messages,
                        at: span.destroyed_at,
                        keep_days: span.kept_days,
                    });
                }
                stretches.push(Place {
                    channel: *id,
                    day: *day,
                    from: span.from,
                    to: span.to,
                });
            }
        }
        stretches.sort_unstable_by(|a, b| b.day.cmp(&a.day).then(a.channel.cmp(&b.channel)));
        destroyed.sort_unstable_by(|a, b| b.day.cmp(&a.day).then(a.c.cmp(&b.c)));
        (stretches, destroyed)
    }

    /// Visits the messages of these stretches that are in all reaches, newest first, until `visit` says that it is
    /// enough or the budget is used up; where to go on, when it did not come to the end.
    pub(super) fn walk(
        &self,
        stretches: &[Place],
        within: &[&Reach],
        from: Option<Mark>,
        budget: &mut Budget,
        visit: &mut dyn FnMut(Found) -> Result<bool, Refusal>,
    ) -> Result<Option<Mark>, Refusal> {
        for stretch in stretches {
            let mut below = stretch.to.saturating_add(1);
            if let Some(mark) = from {
                let is_done = stretch.day == mark.day && stretch.channel < mark.channel;
                if stretch.day > mark.day || is_done {
                    continue;
                }
                if (stretch.day, stretch.channel) == (mark.day, mark.channel) {
                    below = below.min(mark.below);
                }
            }
            let mark = |below| Mark {
                day: stretch.day,
                channel: stretch.channel,
                below,
            };
            while below > stretch.from {
                if budget.0 == 0 {
                    return Ok(Some(mark(below)));
                }
                let start = below.saturating_sub(EVENTS_AT_A_TIME).max(stretch.from);
                budget.0 = budget.0.saturating_sub(below - start);
                let found = self.found(stretch.channel, start, below - 1, &|day, author| {
                    day == stretch.day && within.iter().all(|reach| reach.has_author(author))
                })?;
                for found in found.into_iter().rev() {
                    below = found.q;
                    if !visit(found)? {
                        return Ok(Some(mark(below)));
                    }
                }
                below = start;
            }
        }
        Ok(None)
    }

    /// The messages among a channel's events `from..=to` of which day and author are wanted, oldest first.
    pub(super) fn found(
        &self,
        c: Id,
        from: u64,
        to: u64,
        is_wanted: &dyn Fn(u32, Id) -> bool,
    ) -> Result<Vec<Found>, Refusal> {
        let records = self.store.channel_page(c, from, to).map_err(unavailable)?;
        let mut found = Vec::new();
        for record in &records {
            let (event, kept) = self.whole(record)?;
            let author = match &event.header.act {
                Act::MessagePosted { .. } => event.header.actor,
                Act::MessageImported { person, .. } => person.unwrap_or(event.header.actor),
                _ => continue,
            };
            if is_wanted(day_of(event.header.at), author) {
                found.push(said(c, author, &event, kept));
            }
        }
        self.changes(c, from, to, &mut found)?;
        Ok(found)
    }

    /// The files of one message, as it named them.
    pub(super) fn files_of(&self, c: Id, q: u64) -> Result<Vec<FileFact>, Refusal> {
        let records = self.store.channel_page(c, q, q).map_err(unavailable)?;
        let record = records.first().ok_or(Refusal::NotFound)?;
        let content = self.whole(record)?.0.content;
        Ok(content.map(|content| content.files).unwrap_or_default())
    }

    /// An event with what is kept of it beyond its time. What is about to go is as good as gone.
    pub(super) fn whole(&self, record: &Record) -> Result<(Event, bool), Refusal> {
        let mut event = Event::read_escrow(record).map_err(|_| Refusal::Unavailable)?;
        let kept = event.content.is_some() && matches!(record.scope, Scope::Matter(_));
        if !kept && event.content.is_some() {
            let state = self.state.read();
            if state.unfinished.iter().any(|s| s.takes(record, &event)) {
                (event.content, event.forgotten) = (None, true);
            }
        }
        Ok((event, kept))
    }

    /// Folds in what was done to the messages later.
    fn changes(&self, c: Id, from: u64, to: u64, found: &mut [Found]) -> Result<(), Refusal> {
        if found.is_empty() {
            return Ok(());
        }
        let all = self.amendments.of_range(c, from, to).map_err(unavailable)?;
        let mut rest = all.as_slice();
        for message in found {
            let skip = rest.partition_point(|a| a.of < message.q);
            let take = rest.partition_point(|a| a.of <= message.q);
            let own = rest[skip..take].iter();
            let is_told =
                |a: &&Amendment| matches!(a.kind, Kind::Edit | Kind::Delete | Kind::Reaction);
            for amendment in own.filter(is_told).take(CHANGES_MAX) {
                self.change(c, amendment.q, message)?;
            }
            message.rx.retain(|_, people| !people.is_empty());
            rest = &rest[take..];
        }
        Ok(())
    }

    fn change(&self, c: Id, q: u64, message: &mut Found) -> Result<(), Refusal> {
        let records = self.store.channel_page(c, q, q).map_err(unavailable)?;
        let Some(record) = records.first() else {
            return Ok(());
        };
        let (event, _) = self.whole(record)?;
        let (at, actor) = (event.header.at, event.header.actor);
        let content = event.content.unwrap_or_default();
        match &event.header.act {
            Act::MessageEdited { .. } => {
                if let (Some(text), Some(now)) = (content.text, &mut message.b) {
                    let ts = message.versions.last().map_or(message.ts, |v| v.until);
                    let b = std::mem::replace(now, text);
                    message.versions.push(Earlier { ts, until: at, b });
                }
            }
            Act::MessageDeleted { .. } => message.del = Some(Deleted { ts: at, u: actor }),
            Act::ReactionAdded { .. } => {
                if let Some(emoji) = content.emoji {
                    let people = message.rx.entry(emoji).or_default();
                    if !people.contains(&actor) {
                        people.push(actor);
                    }
                }
            }
            Act::ReactionRemoved { .. } => {
                if let Some(people) = content.emoji.and_then(|e| message.rx.get_mut(&e)) {
                    people.retain(|p| *p != actor);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn said(c: Id, u: Id, event: &Event, kept: bool) -> Found {
    let header = &event.header;
    let q = header.channel_seq.unwrap_or_default();
    let mut found = Found {
        c,
        q,
        ts: header.at,
        u,
        gone: event.content.is_none(),
        kept,
        ..Found::default()
    };
    let content = event.content.as_ref();
    match &header.act {
        Act::MessagePosted { thread, reply, .. } => (found.th, found.re) = (*thread, *reply),
        Act::MessageImported { import, .. } => {
            let claimed = content.and_then(|content| content.imported.as_ref());
            found.imp = claimed.map(|claimed| Imported {
                from: claimed.from.clone(),
                at: claimed.at,
                import: *import,
            });
        }
        _ => {}
    }
    if let Some(content) = content {
        found.b = Some(content.text.clone().unwrap_or_default());
        let files = content.files.iter();
        found.f = files.map(|f| File::of(f, Some((c, q)))).collect();
    }
    found
}
