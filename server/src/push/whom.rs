//! Whom a message is told to: decided by the state alone.

use migrations_free_store::Id;

use crate::chat::State;
use crate::chat::command::ChannelKind;
use crate::chat::event::{Act, Event};
use crate::chat::state::{Channel, Member};

/// A message, as far as it matters to whom it is told.
pub struct Written {
    pub channel: Id,
    pub q: u64,
    pub by: Id,
    in_thread: bool,
    mentions: Vec<Id>,
    asks: bool,
    urgent: bool,
    /// It only reminds those whom the state has as mentioned by it.
    reminds: bool,
}

/// The newest message of a channel that a device is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    pub q: u64,
    pub by: Id,
    /// It, or one before it that was not told yet, is urgent.
    pub urgent: bool,
}

impl Written {
    pub fn of(event: &Event) -> Option<Written> {
        let header = &event.header;
        let (mut mentions, mut in_thread, mut asked, mut urgent) =
            (Vec::new(), false, false, false);
        let reminds = match &header.act {
            Act::MessagePosted {
                mentions: named,
                thread,
                asks,
                urgent: presses,
                ..
            } => {
                mentions.clone_from(named);
                (in_thread, asked, urgent) = (thread.is_some(), asks.is_some(), *presses);
                false
            }
            Act::MessageReminded { .. } => true,
            _ => return None,
        };
        Some(Written {
            channel: header.channel?,
            q: header.channel_seq?,
            by: header.actor,
            in_thread,
            mentions,
            asks: asked,
            urgent,
            reminds,
        })
    }

    pub fn news(&self) -> News {
        News {
            q: self.q,
            by: self.by,
            urgent: self.urgent,
        }
    }

    /// The devices to tell.
    pub fn devices(&self, state: &State, now_ms: u64) -> Vec<Id> {
        let Some(channel) = state.channels.get(&self.channel) else {
            return Vec::new();
        };
        let pushed = state.pushed();
        let is_told = |person: &Id| {
            let member = channel.members.get(person);
            let quiet = state.people.get(person).and_then(|p| p.quiet.as_ref());
            member.is_some_and(|member| self.concerns(channel, *person, member))
                && (self.urgent || !quiet.is_some_and(|hours| hours.hold(now_ms)))
        };
        // Through the fewer of the two.
        let people: Vec<&Id> = if channel.members.len() < pushed.len() {
            channel.members.keys().filter(|p| is_told(p)).collect()
        } else {
            pushed.keys().filter(|p| is_told(p)).collect()
        };
        let devices = people.into_iter().filter_map(|p| pushed.get(p)).flatten();
        devices.copied().collect()
    }

    /// Muted channels tell of what was meant for one, and threads too; those muted wholly only of a duty, and of
    /// what is urgent.
    fn concerns(&self, channel: &Channel, person: Id, member: &Member) -> bool {
        if person == self.by {
            return false;
        }
        if self.reminds {
            return member.mentions.contains(&self.q);
        }
        if self.asks || self.urgent {
            return true;
        }
        if self.mentions.contains(&person) {
            return !member.muted_all;
        }
        !member.muted && (!self.in_thread || channel.kind == ChannelKind::Direct)
    }
}

/// Is it still news? Not to who has read it meanwhile, or is out.
pub fn is_news(state: &State, person: Id, channel: Id, news: News) -> bool {
    let seen = state.seen_channel(channel, person);
    seen.is_some_and(|(_, member)| member.read < news.q)
}
