//! What the log says of one destruction: made of the events that it names and of nothing else, by the server and by
//! whoever checks a certificate.
//!
//! A certificate's JSON: nothing in here is ever renamed.

use migrations_free_store::{Id, Position};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::chat::event::{Act, Content, Hash, Header};
use crate::chat::subject::Subject;
use crate::chat::taken::{KeptBack, Taken};
use crate::views::timeline::day_text;

/// One event of the log, as far as it can be read.
#[derive(Clone, Debug)]
pub struct Entry {
    pub position: Position,
    pub leaf: Hash,
    pub header: Header,
    pub content: Option<Content>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Its time was over.
    Expired,
    /// All of a person's, on order.
    Erased,
    /// Single messages, on order.
    Redacted,
    /// What was kept for a matter or a floor, and is kept no longer.
    Released,
}

/// An event: where it stands, when it was recorded and who did it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Said {
    pub position: Position,
    pub at: u64,
    /// None: the server, by itself.
    #[schema(value_type = Option<String>)]
    pub by: Option<Id>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    pub messages: u64,
    /// Their attachments and the size of these, without previews.
    pub files: u64,
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// None: of several channels.
    #[schema(value_type = Option<String>)]
    pub channel: Option<Id>,
    pub from_day: String,
    pub to_day: String,
    #[serde(flatten)]
    pub counts: Counts,
}

/// Destroyed for good: messages, edits, reactions and the like to the record; sealed files with their previews.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Destroyed {
    pub records: u64,
    pub files: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Kept {
    /// `hold` or `floor`.
    pub why: String,
    #[schema(value_type = Option<String>)]
    pub matter: Option<Id>,
    /// With a floor: the first day on which it goes.
    pub until: Option<String>,
    #[schema(value_type = Option<String>)]
    pub channel: Option<Id>,
    pub records: u64,
    pub messages: u64,
}

/// The rule by which a day's time was over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DestroyedByRule)]
pub struct Rule {
    /// None: of the workspace.
    #[schema(value_type = Option<String>)]
    pub channel: Option<Id>,
    pub keep_days: Option<u32>,
    pub floor_days: Option<u32>,
    pub set: Said,
    /// Of a rule that could destroy sooner than the one before it.
    pub proposed: Option<Said>,
    pub approved: Option<Said>,
    pub grace_hours: Option<u32>,
}

/// What somebody asked to have forgotten, and somebody else approved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DestroyedByOrder)]
pub struct Order {
    #[schema(value_type = String)]
    pub id: Id,
    pub reason: Option<String>,
    pub requested: Said,
    pub approved: Option<Said>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Facts {
    pub kind: Kind,
    /// The hash of the plan that was intended and carried out.
    pub plan: String,
    #[schema(value_type = Option<String>)]
    pub channel: Option<Id>,
    /// Of an erased person.
    #[schema(value_type = Option<String>)]
    pub person: Option<Id>,
    pub days: Vec<String>,
    /// The numbers of redacted messages.
    pub numbers: Vec<u64>,
    /// The first intent, and the end.
    pub intended: Said,
    pub done: Said,
    /// What left everybody's sight, all in all and by place; null: it was not counted yet at that time.
    pub taken: Option<Counts>,
    pub places: Vec<Place>,
    /// Null, as the two below, for who may not know what is held.
    pub destroyed: Option<Destroyed>,
    /// What of it outlived the destruction, out of sight.
    pub kept: Option<Vec<Kept>>,
    /// Bundles that told of it and went with it.
    #[schema(value_type = Option<Vec<String>>)]
    pub bundles: Option<Vec<Id>>,
    pub rule: Option<Rule>,
    pub order: Option<Order>,
    /// The matter, or the order, that it was kept for until then.
    #[schema(value_type = Option<String>)]
    pub kept_for: Option<Id>,
    /// Holds of that matter that were released before.
    pub released: Vec<Said>,
}

impl Facts {
    /// None: these events are no destruction.
    pub fn of(entries: &[Entry], done: Position) -> Option<Facts> {
        let done = entries.iter().find(|entry| entry.position == done)?;
        let Act::DestroyDone {
            plan,
            days,
            narrowed,
            records,
            blobs,
            exports,
            ..
        } = &done.header.act
        else {
            return None;
        };
        let subject = Subject::told(done.header.channel, days, narrowed)?;
        let intents = Intents::of(entries, *plan);
        let places = intents.places();
        let kept = intents.kept();
        let destroyed = match (*records, *blobs) {
            // The server stopped after the keys had died and before it could say so: the intent of before has the counts.
            (0, 0) if intents.last_kept == 0 => intents.destroyed(),
            (records, files) => Destroyed { records, files },
        };
        Some(Facts {
            kind: match &subject {
                Subject::Days { .. } => Kind::Expired,
                Subject::Person { .. } => Kind::Erased,
                Subject::Messages { .. } => Kind::Redacted,
                Subject::Escrow(_) => Kind::Released,
            },
            plan: plan.to_string(),
            channel: subject.channel(),
            person: narrowed.person,
            days: days.iter().map(|day| day_text(*day)).collect(),
            numbers: narrowed.messages.clone(),
            intended: said(intents.all.first()?),
            done: said(done),
            taken: places.as_ref().map(|places| {
                let mut counts = Counts::default();
                for taken in places {
                    counts.messages += taken.messages;
                    counts.files += taken.files;
                    counts.bytes += taken.bytes;
                }
                counts
            }),
            places: places.unwrap_or_default().iter().map(Place::of).collect(),
            destroyed: Some(destroyed),
            kept: Some(kept.iter().map(Kept::of).collect()),
            bundles: Some(exports.clone()),
            rule: rule(entries),
            order: order(entries),
            kept_for: narrowed.escrow,
            released: entries
                .iter()
                .filter(|entry| matches!(entry.header.act, Act::HoldReleased { .. }))
                .map(said)
                .collect(),
        })
    }

    /// Who runs the house is not told what is held: what is missing from the counts would be that.
    pub fn for_admin(mut self) -> Facts {
        (self.destroyed, self.kept, self.bundles) = (None, None, None);
        self
    }
}

fn said(entry: &Entry) -> Said {
    let by = entry.header.actor;
    Said {
        position: entry.position,
        at: entry.header.at,
        by: (by != crate::chat::event::SYSTEM).then_some(by),
    }
}

/// All intents that led to one destruction, oldest first. A plan made anew after a stop finds those records no more that
/// were sealed elsewhere before it, so what left sight and what was kept is the most that any of them says.
struct Intents<'e> {
    all: Vec<&'e Entry>,
    /// Of the one that was carried out.
    last_kept: usize,
}

impl<'e> Intents<'e> {
    fn of(entries: &'e [Entry], carried_out: Hash) -> Intents<'e> {
        let is_intent = |entry: &&Entry| matches!(entry.header.act, Act::DestroyIntended { .. });
        let all: Vec<&Entry> = entries.iter().filter(is_intent).collect();
        let last_kept = all.iter().rev().find_map(|entry| match &entry.header.act {
            Act::DestroyIntended { plan, kept, .. } if *plan == carried_out => Some(kept.len()),
            _ => None,
        });
        Intents {
            all,
            last_kept: last_kept.unwrap_or_default(),
        }
    }

    fn places(&self) -> Option<Vec<Taken>> {
        let mut most: Option<Vec<Taken>> = None;
        for entry in &self.all {
            let Act::DestroyIntended { places, .. } = &entry.header.act else {
                continue;
            };
            for taken in places.iter().flatten() {
                let rows = most.get_or_insert_default();
                let is_same = |row: &&mut Taken| {
                    row.channel == taken.channel
                        && row.from_day <= taken.to_day
                        && taken.from_day <= row.to_day
                };
                match rows.iter_mut().find(is_same) {
                    Some(row) if row.messages >= taken.messages => {}
                    Some(row) => *row = *taken,
                    None => rows.push(*taken),
                }
            }
            if places.is_some() {
                most.get_or_insert_default();
            }
        }
        most
    }

    fn kept(&self) -> Vec<KeptBack> {
        let mut most: Vec<KeptBack> = Vec::new();
        for entry in &self.all {
            let Act::DestroyIntended { kept, .. } = &entry.header.act else {
                continue;
            };
            for kept in kept {
                let whose = |row: &KeptBack| (row.matter, row.until_day, row.channel);
                match most.iter_mut().find(|row| whose(row) == whose(kept)) {
                    Some(row) if row.records >= kept.records => {}
                    Some(row) => *row = *kept,
                    None => most.push(*kept),
                }
            }
        }
        most
    }

    fn destroyed(&self) -> Destroyed {
        let mut counted = self.all.iter().filter_map(|entry| match entry.header.act {
            Act::DestroyIntended { records, blobs, .. } => Some((records, blobs)),
            _ => None,
        });
        let found = counted.rfind(|counts| *counts != (0, 0));
        let (records, files) = found.unwrap_or_default();
        Destroyed { records, files }
    }
}

impl Place {
    fn of(taken: &Taken) -> Place {
        Place {
            channel: taken.channel,
            from_day: day_text(taken.from_day),
            to_day: day_text(taken.to_day),
            counts: Counts {
                messages: taken.messages,
                files: taken.files,
                bytes: taken.bytes,
            },
        }
    }
}

impl Kept {
    fn of(kept: &KeptBack) -> Kept {
        let why = if kept.until_day.is_some() {
            "floor"
        } else {
            "hold"
        };
        Kept {
            why: why.to_owned(),
            matter: kept.matter,
            until: kept.until_day.map(day_text),
            channel: kept.channel,
            records: kept.records,
            messages: kept.messages,
        }
    }
}

/// The newest rule among them, with its proposal.
pub fn rule(entries: &[Entry]) -> Option<Rule> {
    entries.iter().rev().find_map(|entry| {
        let Act::PolicySet {
            keep,
            floor,
            proposal,
            ..
        } = &entry.header.act
        else {
            return None;
        };
        let of = |wanted: &dyn Fn(&Act) -> Option<Id>| {
            let theirs =
                |entry: &&Entry| proposal.is_some() && wanted(&entry.header.act) == *proposal;
            entries.iter().find(theirs)
        };
        let proposed = of(&|act| match act {
            Act::PolicyProposed { proposal, .. } => Some(*proposal),
            _ => None,
        });
        let approved = of(&|act| match act {
            Act::PolicyApproved { proposal, .. } => Some(*proposal),
            _ => None,
        });
        Some(Rule {
            channel: entry.header.channel,
            keep_days: keep.days(),
            floor_days: *floor,
            set: said(entry),
            proposed: proposed.map(said),
            approved: approved.map(said),
            grace_hours: approved.and_then(|entry| match entry.header.act {
                Act::PolicyApproved { grace_hours, .. } => Some(grace_hours),
                _ => None,
            }),
        })
    })
}

/// The order among them, with its approval.
pub fn order(entries: &[Entry]) -> Option<Order> {
    entries.iter().find_map(|entry| {
        let Act::OrderRequested { order, .. } = &entry.header.act else {
            return None;
        };
        let is_approval = |entry: &&Entry| matches!(&entry.header.act, Act::OrderApproved { order: approved } if approved == order);
        Some(Order {
            id: *order,
            reason: entry.content.as_ref().and_then(|content| content.reason.clone()),
            requested: said(entry),
            approved: entries.iter().find(is_approval).map(said),
        })
    })
}
