//! What an officer sees of supervision: the rules, the queue, and one message of it at a time.
//!
//! Never shows what its reader wrote, and no content but one message's; whoever calls puts that look on record first.

use migrations_free_store::{Id, Position};
use serde::Serialize;
use utoipa::ToSchema;

use super::Views;
use super::granted::officer;
use super::record::Found;
use crate::chat::Refusal;
use crate::chat::decide::supervise::waiting;
use crate::chat::state::State;
use crate::chat::supervision::{Item, Tally};

pub const ITEMS: usize = 50;
pub const ITEMS_MAX: usize = 200;

/// What became of what a rule took in one way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReviewFigures)]
pub struct Figures {
    pub taken: u64,
    /// Decided about: the sum of the three below.
    pub reviewed: u64,
    pub no_concern: u64,
    pub follow_up: u64,
    pub escalated: u64,
    /// Nobody has decided yet.
    pub open: u64,
    /// The queue was full: nobody is asked.
    pub unqueued: u64,
}

impl Figures {
    pub fn of(tally: &Tally) -> Figures {
        let reviewed = tally.no_concern + tally.follow_up + tally.escalated;
        Figures {
            taken: tally.taken,
            reviewed,
            no_concern: tally.no_concern,
            follow_up: tally.follow_up,
            escalated: tally.escalated,
            open: tally.taken.saturating_sub(reviewed + tally.unqueued),
            unqueued: tally.unqueued,
        }
    }
}

/// A message that waits to be reviewed, without what it says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TakenItem)]
pub struct Waiting {
    /// Where the log says that it was taken.
    pub item: Position,
    #[schema(value_type = String)]
    pub c: Id,
    pub q: u64,
    #[schema(value_type = String)]
    pub u: Id,
    /// When it was taken.
    pub at: u64,
    /// The rules that found something in it, and those that drew it by chance.
    #[schema(value_type = Vec<String>)]
    pub rules: Vec<Id>,
    #[schema(value_type = Vec<String>)]
    pub sampled: Vec<Id>,
    /// Its author was asked, and sent it.
    pub acknowledged: bool,
    pub followed: Option<Followed>,
}

/// Somebody follows it up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TakenFollowed)]
pub struct Followed {
    #[schema(value_type = String)]
    pub by: Id,
    pub at: u64,
    pub note: String,
}

#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = TakenPage)]
pub struct Queue {
    /// Oldest first, without what oneself wrote.
    pub items: Vec<Waiting>,
    /// Give as `after` to go on.
    pub next: Option<Position>,
}

impl Views {
    /// The items, and where the notes of those that are followed up stand.
    pub fn supervised(
        &self,
        person: Id,
        after: Position,
        limit: usize,
    ) -> Result<(Queue, Vec<(usize, Position)>), Refusal> {
        let state = self.state.read();
        officer(&state, person)?;
        let limit = limit.clamp(1, ITEMS_MAX);
        let (mut queue, mut notes) = (Queue::default(), Vec::new());
        let rest = state.supervision.queue.range(after.saturating_add(1)..);
        for (position, item) in rest.filter(|(_, item)| item.author != person) {
            if queue.items.len() == limit {
                queue.next = queue.items.last().map(|last| last.item);
                break;
            }
            let followed = item.followed.map(|(by, at, noted)| {
                notes.push((queue.items.len(), noted));
                let note = String::new();
                Followed { by, at, note }
            });
            queue.items.push(shown(*position, item, followed));
        }
        Ok((queue, notes))
    }

    /// The message that was taken, with every version of it.
    pub fn supervised_one(&self, person: Id, item: Position) -> Result<Found, Refusal> {
        let (channel, of) = {
            let state = self.state.read();
            officer(&state, person)?;
            let known = waiting(&state, item, person)?;
            (known.channel, known.of)
        };
        let mut found = self.found(channel, of, of, &|_, _| true)?;
        found.pop().ok_or(Refusal::NotFound)
    }
}

fn shown(position: Position, item: &Item, followed: Option<Followed>) -> Waiting {
    Waiting {
        item: position,
        c: item.channel,
        q: item.of,
        u: item.author,
        at: item.at,
        rules: item.rules.clone(),
        sampled: item.sampled.clone(),
        acknowledged: item.acknowledged,
        followed,
    }
}

/// How many wait for this officer, and since when the oldest does.
pub fn backlog(state: &State, person: Id) -> (usize, Option<u64>) {
    let theirs = |item: &&Item| item.author != person;
    let mut waiting = state.supervision.queue.values().filter(theirs);
    let oldest = waiting.next().map(|item| item.at);
    (usize::from(oldest.is_some()) + waiting.count(), oldest)
}
