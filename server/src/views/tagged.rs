//! What officers noted about messages, beside the messages that a grant opens; and how much there is, in numbers.
//!
//! Notes are read only for a message that was just read under a grant; numbers tell no word and no message.

use std::collections::BTreeMap;

use migrations_free_store::{Id, Position};
use serde::Serialize;
use utoipa::ToSchema;

use super::record::Found;
use super::{Views, unavailable};
use crate::chat::Refusal;
use crate::chat::decide::tag::{choice, chosen};
use crate::chat::event::Event;
use crate::chat::state::{DAY_MS, State};
use crate::chat::tag::{CHOSEN_MAX, Tag, Tags};

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MessageNote)]
pub struct Noted {
    #[schema(value_type = String)]
    pub id: Id,
    #[schema(value_type = String)]
    pub u: Id,
    pub ts: u64,
    pub b: String,
}

/// Which messages are wanted by their tags.
#[derive(Debug, Default)]
pub struct Sieve {
    pub tagged: Vec<Tag>,
    pub not_tagged: Vec<Tag>,
    pub untagged: bool,
}

impl Sieve {
    pub fn check(&self, state: &State, matter: Id) -> Result<(), Refusal> {
        if self.untagged && !(self.tagged.is_empty() && self.not_tagged.is_empty()) {
            return Err(Refusal::invalid("What has no tag has none of these."));
        }
        if self.tagged.is_empty() {
            return Ok(());
        }
        choice(state, matter, &self.tagged, &self.not_tagged).map(|_| ())
    }

    pub fn takes(&self, tags: Tags) -> bool {
        let wanted = Tags::of(&self.tagged);
        (!self.untagged || tags.is_empty())
            && wanted.without(tags).is_empty()
            && !tags.meets(Tags::of(&self.not_tagged))
    }
}

/// What of a matter is tagged: numbers alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tagged {
    /// Each tag that the matter has, with its own word if it named it.
    pub tags: Vec<TagCount>,
    /// Messages with any tag, and notes that stand.
    pub messages: u64,
    pub notes: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TagCount {
    #[schema(value_type = String)]
    pub tag: Tag,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    pub messages: u64,
}

/// What an export of the tagged would ask for, by channel.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ChosenChannels {
    pub channels: Vec<ChosenChannel>,
    /// What one order asks for at most.
    pub limit: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ChosenChannel {
    #[schema(value_type = String)]
    pub c: Id,
    pub messages: u64,
    /// The whole days that they fall in.
    pub from: u64,
    pub to: u64,
}

impl Views {
    pub(super) fn tags_of(&self, matter: Id, channel: Id, of: u64) -> Tags {
        let state = self.state.read();
        let review = state.reviews.get(&matter);
        review.map_or(Tags::default(), |review| review.tags_of(channel, of))
    }

    /// Puts beside these messages what was noted about them for the matter. A message that is gone has nothing.
    pub(super) fn noted(&self, matter: Id, messages: &mut [Found]) -> Result<(), Refusal> {
        let mut places: Vec<(usize, Position)> = Vec::new();
        {
            let state = self.state.read();
            let Some(review) = state.reviews.get(&matter) else {
                return Ok(());
            };
            for (n, message) in messages.iter_mut().enumerate() {
                let marked = review.messages.get(&(message.c, message.q));
                if let Some(marked) = marked.filter(|_| !message.gone) {
                    message.tags = marked.tags.list();
                    places.extend(marked.notes.iter().map(|note| (n, note.position)));
                }
            }
        }
        let positions: Vec<Position> = places.iter().map(|(_, position)| *position).collect();
        let records = self.store.read_many(&positions).map_err(unavailable)?;
        for ((n, _), record) in places.iter().zip(&records) {
            let (event, _) = self.whole(record)?;
            let crate::chat::Act::NoteWritten { note, .. } = event.header.act else {
                continue;
            };
            let text = event.content.and_then(|content| content.text);
            if let (Some(b), Some(message)) = (text, messages.get_mut(*n)) {
                message.notes.push(Noted {
                    id: note,
                    u: event.header.actor,
                    ts: event.header.at,
                    b,
                });
            }
        }
        Ok(())
    }

    /// For officers, without a grant.
    pub fn tagged(&self, matter: Id) -> Result<Tagged, Refusal> {
        let (words, mut tagged) = {
            let state = self.state.read();
            state.matters.get(&matter).ok_or(Refusal::NotFound)?;
            let review = state.reviews.get(&matter).cloned().unwrap_or_default();
            let mut counts: BTreeMap<Tag, u64> = BTreeMap::new();
            let (mut messages, mut notes) = (0, 0);
            for marked in review.messages.values() {
                messages += u64::from(!marked.tags.is_empty());
                notes += marked.notes.len() as u64;
                for tag in marked.tags.list() {
                    *counts.entry(tag).or_default() += 1;
                }
            }
            let tags = Tag::all(review.words.len()).map(|tag| TagCount {
                tag,
                word: None,
                messages: counts.get(&tag).copied().unwrap_or_default(),
            });
            let tags = tags.collect();
            let tagged = Tagged {
                tags,
                messages,
                notes,
            };
            (review.words, tagged)
        };
        let records = self.store.read_many(&words).map_err(unavailable)?;
        let read = |record| Event::read(record).ok().and_then(|event| event.content);
        let words: Vec<_> = records.iter().map(read).collect();
        for count in &mut tagged.tags {
            let own = count.tag.number().and_then(|number| words.get(number - 1));
            count.word = own.map(|own| own.clone().and_then(|c| c.name).unwrap_or_default());
        }
        Ok(tagged)
    }

    /// For officers, without a grant.
    pub fn chosen(
        &self,
        matter: Id,
        tagged: &[Tag],
        not_tagged: &[Tag],
    ) -> Result<ChosenChannels, Refusal> {
        let state = self.state.read();
        let choice = choice(&state, matter, tagged, not_tagged)?;
        let mut all = ChosenChannels {
            channels: Vec::new(),
            limit: CHOSEN_MAX as u64,
        };
        let review = state.reviews.get(&matter);
        let mut seen: Vec<Id> = Vec::new();
        for (channel, _) in review.into_iter().flat_map(|review| review.messages.keys()) {
            // Sorted by channel.
            if seen.last() != Some(channel) {
                seen.push(*channel);
            }
        }
        for c in seen {
            let (messages, span) = chosen(&state, c, &choice, &(0..=u32::MAX));
            if let Some((first, last)) = span {
                all.channels.push(ChosenChannel {
                    c,
                    messages: messages.len() as u64,
                    from: u64::from(first) * DAY_MS,
                    to: (u64::from(last) + 1) * DAY_MS,
                });
            }
        }
        Ok(all)
    }
}
