//! What one destruction is about, as the log tells it and as it is carried out.
//!
//! [`Narrowed`] is on disk: nothing in it is ever renamed.

use migrations_free_store::{Id, Record, Scope};
use serde::{Deserialize, Serialize};

use super::event::Event;

/// What a destruction is about when it is not about whole days of a channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Narrowed {
    /// Why, when somebody asked for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order: Option<Id>,
    /// Everything by this person.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub person: Option<Id>,
    /// These messages of the one day, with all that belongs to them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub messages: Vec<u64>,
    /// What was kept beyond its time and is kept no longer: of a matter, or of an order.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub escrow: Option<Id>,
}

/// What one destruction is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    Days {
        channel: Id,
        days: Vec<u32>,
    },
    Person {
        person: Id,
        order: Id,
    },
    Messages {
        channel: Id,
        day: u32,
        messages: Vec<u64>,
        order: Id,
    },
    Escrow(Id),
}

impl Subject {
    pub fn channel(&self) -> Option<Id> {
        match self {
            Subject::Days { channel, .. } | Subject::Messages { channel, .. } => Some(*channel),
            Subject::Person { .. } | Subject::Escrow(_) => None,
        }
    }

    pub fn days(&self) -> Vec<u32> {
        match self {
            Subject::Days { days, .. } => days.clone(),
            Subject::Messages { day, .. } => vec![*day],
            Subject::Person { .. } | Subject::Escrow(_) => Vec::new(),
        }
    }

    /// Is nothing of it left to do once `done` is done?
    pub fn is_within(&self, done: &Subject) -> bool {
        match (self, done) {
            (
                Subject::Days { channel, days },
                Subject::Days {
                    channel: c,
                    days: all,
                },
            ) => channel == c && days.iter().all(|day| all.contains(day)),
            _ => self == done,
        }
    }

    /// Is this record among what it is about?
    pub fn takes(&self, record: &Record, event: &Event) -> bool {
        match self {
            Subject::Days { channel, days } => matches!(
                record.scope,
                Scope::ChannelDay { channel: c, day } if c == *channel && days.contains(&day)
            ),
            Subject::Person { person, .. } => record.author == Some(*person),
            Subject::Messages {
                channel, messages, ..
            } => {
                let header = &event.header;
                let whose = header.act.amends().or(header.channel_seq);
                let named = |c: Id, q: u64| c == *channel && messages.contains(&q);
                let noted = header.act.notes_about();
                noted.is_some_and(|about| named(about.channel, about.of))
                    || header.channel.zip(whose).is_some_and(|(c, q)| named(c, q))
            }
            Subject::Escrow(_) => false,
        }
    }

    pub fn narrowed(&self) -> Narrowed {
        let nothing = Narrowed::default();
        match self {
            Subject::Days { .. } => nothing,
            Subject::Person { person, order } => Narrowed {
                person: Some(*person),
                order: Some(*order),
                ..nothing
            },
            Subject::Messages {
                messages, order, ..
            } => Narrowed {
                messages: messages.clone(),
                order: Some(*order),
                ..nothing
            },
            Subject::Escrow(escrow) => Narrowed {
                escrow: Some(*escrow),
                ..nothing
            },
        }
    }

    /// As the log tells it; None for what no version ever wrote.
    pub fn told(channel: Option<Id>, days: &[u32], narrowed: &Narrowed) -> Option<Subject> {
        match narrowed {
            Narrowed {
                person: Some(person),
                order: Some(order),
                ..
            } => Some(Subject::Person {
                person: *person,
                order: *order,
            }),
            Narrowed {
                escrow: Some(escrow),
                ..
            } => Some(Subject::Escrow(*escrow)),
            Narrowed {
                order: Some(order),
                messages,
                ..
            } => Some(Subject::Messages {
                channel: channel?,
                day: *days.first()?,
                messages: messages.clone(),
                order: *order,
            }),
            _ => Some(Subject::Days {
                channel: channel?,
                days: days.to_vec(),
            }),
        }
    }
}
