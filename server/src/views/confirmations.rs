//! Who has confirmed a message, who has only seen it, and who has not; and what a channel keeps at hand.
//!
//! The audience is the message's own and confirmations are the log's, so the list outlives what the state still keeps.

use std::collections::{BTreeSet, HashMap};

use migrations_free_store::Id;
use serde::Serialize;
use utoipa::ToSchema;

use super::amendments::Kind;
use super::seen::Item;
use super::{Seen, unavailable};
use crate::chat::Refusal;
use crate::chat::command::REMIND_EVERY_MS;
use crate::chat::event::Act;

#[derive(Debug, Serialize, ToSchema)]
pub struct Confirmations {
    /// Everybody who was asked.
    pub people: Vec<Answer>,
    /// When those who have not confirmed can be reminded; null: never again.
    pub remind_at: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Answer {
    #[schema(value_type = String)]
    pub u: Id,
    pub state: AnswerState,
    /// When it was confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<u64>,
    /// Not in the channel any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub left: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerState {
    Confirmed,
    /// Read up to there and beyond, and not confirmed.
    Seen,
    Waiting,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Pins {
    /// Oldest message first.
    pub items: Vec<Item>,
}

impl Seen<'_> {
    /// For the author and the channel's owners.
    pub fn confirmations(&self, c: Id, q: u64) -> Result<Confirmations, Refusal> {
        let sight = self.sight(c)?;
        let is_owner = self.channel_or_refuse(c, |_, _, member| member.owner)?;
        let event = self.message(c, q)?;
        let Act::MessagePosted { asks: Some(_), .. } = event.header.act else {
            return Err(Refusal::NotFound);
        };
        if event.header.actor != self.person && !is_owner {
            return Err(Refusal::Forbidden);
        }
        let content = event.content.ok_or(Refusal::NotFound)?;
        let mut confirmed = HashMap::new();
        let amendments = self.views.amendments.of_range(c, q, q);
        for amendment in amendments.map_err(unavailable)? {
            if amendment.kind == Kind::Confirmation
                && let Some(event) = self.views.event(sight, amendment.q)?
            {
                confirmed.insert(event.header.actor, event.header.at);
            }
        }
        self.channel_or_refuse(c, |state, channel, _| {
            let answer = |u: &Id| {
                let ts = confirmed.get(u).copied();
                // Who left and came back, and does not read it now, is as good as gone.
                let member = channel.members.get(u).filter(|m| m.from <= q);
                let has_seen = member.is_some_and(|m| m.read >= q);
                Answer {
                    u: *u,
                    state: match ts {
                        Some(_) => AnswerState::Confirmed,
                        None if has_seen => AnswerState::Seen,
                        None => AnswerState::Waiting,
                    },
                    ts,
                    left: member.is_none() || state.role(*u).is_none(),
                }
            };
            let ask = channel.asks.get(&q);
            let ask = ask.filter(|ask| ask.waiting(channel).next().is_some());
            Confirmations {
                people: content.audience.iter().map(answer).collect(),
                remind_at: ask.map(|ask| ask.reminded_at.map_or(0, |at| at + REMIND_EVERY_MS)),
            }
        })
    }

    /// What the channel keeps at hand, as it reads now.
    pub fn pins(&self, c: Id) -> Result<Pins, Refusal> {
        let sight = self.sight(c)?;
        let pinned: BTreeSet<u64> =
            self.channel_or_refuse(c, |_, channel, _| channel.pins.keys().copied().collect())?;
        let mut items = Vec::with_capacity(pinned.len());
        for q in pinned {
            let mut item: Vec<Item> = self.views.row(sight, q)?.into_iter().collect();
            // One by one: what lies between them may be years of reactions.
            self.views.amend(sight, &mut item)?;
            items.extend(item);
        }
        items.retain(|item| item.gone.is_none() && item.del.is_none());
        self.mark_confirmed(c, &mut items)?;
        Ok(Pins { items })
    }

    /// What this reader has confirmed of them.
    pub(super) fn mark_confirmed(&self, c: Id, items: &mut [Item]) -> Result<(), Refusal> {
        if items.iter().all(|item| item.ask.is_none()) {
            return Ok(());
        }
        self.channel_or_refuse(c, |_, channel, _| {
            for item in items.iter_mut() {
                let people = channel.asks.get(&item.q).map(|ask| &ask.people);
                if let Some(ask) = &mut item.ask {
                    ask.mine = people.is_some_and(|p| p.get(&self.person) == Some(&true));
                }
            }
        })
    }
}
