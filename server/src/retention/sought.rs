//! What the holds by words look for, and whether a message says it, in any version that can still be read.
//!
//! Decides nothing: [`Rules`] do. What it cannot tell counts as said, so that a hold keeps rather too much.

use std::collections::HashMap;

use migrations_free_store::{Error, Id, Position};

use crate::chat::event::{Content, Event};
use crate::chat::fate::{Facts, Rules};
use crate::views::Views;
use crate::views::amendments::Kind;
use crate::views::terms::Query;

/// Holds are told by where they were placed.
pub struct Sought {
    by: Vec<(Position, Vec<Query>)>,
    /// Holds whose words a message says: asked once for all that belongs to it.
    known: HashMap<(Id, u64), Vec<Position>>,
}

impl Sought {
    pub fn of(rules: &Rules) -> Sought {
        let by_words = rules.holds.iter().filter(|(_, hold)| hold.by_words);
        let queries = by_words.map(|(placed, hold)| {
            let each = hold.words.iter().map(|words| Query::parse(words));
            (*placed, each.collect())
        });
        Sought {
            by: queries.collect(),
            known: HashMap::new(),
        }
    }

    /// The holds by words that could mean this record, as far as its message says what they look for. What belongs to
    /// no message yet (a text that waited to be sent) may be part of any.
    pub fn said(
        &mut self,
        views: &Views,
        rules: &Rules,
        facts: &Facts,
        message: Option<u64>,
    ) -> Result<Vec<Position>, Error> {
        let could = |placed: &Position| rules.holds[placed].matches(facts);
        let all = self.by.iter().map(|(placed, _)| *placed);
        let mut could: Vec<Position> = all.filter(could).collect();
        let (Some(channel), Some(q), false) = (facts.channel, message, could.is_empty()) else {
            return Ok(could);
        };
        if !self.known.contains_key(&(channel, q)) {
            let says = self.says(views, channel, q)?;
            self.known.insert((channel, q), says);
        }
        could.retain(|placed| self.known[&(channel, q)].contains(placed));
        Ok(could)
    }

    fn says(&self, views: &Views, channel: Id, q: u64) -> Result<Vec<Position>, Error> {
        let store = &views.store;
        let mut versions = waited(views, channel, q)?;
        versions.extend(store.channel_range(channel, q, q)?);
        let amendments = views.amendments.of_range(channel, q, q)?;
        for edit in amendments.iter().filter(|a| a.kind == Kind::Edit) {
            versions.extend(store.channel_range(channel, edit.q, edit.q)?);
        }
        let records = store.read_many(&versions)?;
        let events = records.iter().filter_map(|r| Event::read_escrow(r).ok());
        let contents: Vec<Content> = events.filter_map(|event| event.content).collect();
        let texts: Vec<&str> = contents.iter().flat_map(Content::texts).collect();
        let finds = |queries: &[Query]| {
            // Words that the log cannot tell any more.
            queries.is_empty()
                || queries
                    .iter()
                    .any(|query| texts.iter().any(|text| query.matches(text)))
        };
        let found = self.by.iter().filter(|(_, queries)| finds(queries));
        Ok(found.map(|(placed, _)| *placed).collect())
    }
}

/// Where the texts of a message stand from before it was sent.
pub fn waited(views: &Views, channel: Id, q: u64) -> Result<Vec<Position>, Error> {
    let records = views.store.channel_page(channel, q, q)?;
    let events = records.iter().filter_map(|r| Event::read_escrow(r).ok());
    let texts = events.flat_map(|event| {
        let waited = event.header.act.waited().cloned();
        waited.map(|waited| waited.texts).unwrap_or_default()
    });
    Ok(texts.map(|(position, _)| position).collect())
}
