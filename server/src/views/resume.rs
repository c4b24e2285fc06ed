//! What a client missed: its events since a position, read from the durable log.
//!
//! Stateless: nothing is kept per session, so it works across restarts. Too much to tell is told as
//! `reset`, and the client fetches afresh.

use bytes::Bytes;
use migrations_free_store::{Id, Position};

use super::{Views, unavailable};
use crate::chat::Refusal;
use crate::chat::event::{Act, Event};
use crate::chat::state::State;
use crate::fanout::Encode;

/// More events than this are not replayed but fetched.
pub const EVENTS_MAX: usize = 500;
/// Older cursors are answered with `reset`.
pub const AGE_MS_MAX: u64 = 24 * 3_600_000;
/// Log positions looked through at most.
const LOOKED_AT_MAX: u64 = 20_000;

pub enum Missed {
    Frames { frames: Vec<Bytes>, upto: Position },
    Reset,
}

impl Views {
    /// The frames `person` would have got for the events `from..to`.
    pub fn missed(
        &self,
        person: Id,
        from: Position,
        to: Position,
        now_ms: u64,
        encode: &mut dyn Encode,
    ) -> Result<Missed, Refusal> {
        let to = to.min(self.position());
        if from > to || to - from > LOOKED_AT_MAX {
            return Ok(Missed::Reset);
        }
        let mut frames = Vec::new();
        for record in self.store.scan(from, to) {
            let record = record.map_err(unavailable)?;
            if record.at_ms + AGE_MS_MAX < now_ms {
                return Ok(Missed::Reset);
            }
            let Ok(event) = Event::read(&record) else {
                continue;
            };
            match hears(&self.state.read(), person, &event) {
                Hears::No => continue,
                Hears::Event => frames.extend(encode.event(&event)),
                Hears::Joined(channel) => {
                    frames.extend(encode.joined(&event, channel, person));
                }
                Hears::Left(channel) => frames.push(encode.left(&event, channel)),
                Hears::Changed(channel) => {
                    frames.extend(encode.event(&event));
                    frames.extend(encode.channel(channel));
                }
            }
            if frames.len() > EVENTS_MAX {
                return Ok(Missed::Reset);
            }
        }
        Ok(Missed::Frames { frames, upto: to })
    }
}

enum Hears {
    No,
    Event,
    Changed(Id),
    Joined(Id),
    Left(Id),
}

/// The same rule as the live fan-out, asked of today's membership: who is out hears of nothing but that.
fn hears(state: &State, person: Id, event: &Event) -> Hears {
    let channel = event.header.channel;
    let inside = channel.is_some_and(|c| state.seen_channel(c, person).is_some());
    match (&event.header.act, channel) {
        (Act::MemberRemoved { person: out } | Act::MemberLeft { person: out }, Some(c))
            if *out == person =>
        {
            if inside {
                Hears::No
            } else {
                Hears::Left(c)
            }
        }
        (Act::MemberAdded { person: new }, Some(c)) if *new == person && inside => Hears::Joined(c),
        (Act::ChannelCreated { .. }, Some(c)) if inside => Hears::Joined(c),
        (
            Act::MemberAdded { .. }
            | Act::MemberRemoved { .. }
            | Act::MemberLeft { .. }
            | Act::OwnerGranted { .. }
            | Act::OwnerRevoked { .. }
            | Act::ChannelChanged { .. }
            | Act::ChannelArchived { .. }
            | Act::PolicySet { .. },
            Some(c),
        ) if inside => Hears::Changed(c),
        (Act::ChannelMuted { .. }, Some(_)) if inside && event.header.actor == person => {
            Hears::Event
        }
        (
            Act::MessagePosted { .. }
            | Act::MessageImported { .. }
            | Act::MessageEdited { .. }
            | Act::MessageDeleted { .. }
            | Act::ReactionAdded { .. }
            | Act::ReactionRemoved { .. }
            | Act::ReceiptRead { .. }
            | Act::ReceiptDelivered { .. }
            | Act::ImportFinished { .. }
            | Act::DestroyDone { .. },
            Some(_),
        ) if inside => Hears::Event,
        (Act::WorkspaceRenamed {} | Act::PolicySet { .. }, None) => Hears::Event,
        (
            Act::PersonJoined { person: other, .. }
            | Act::PersonRenamed { person: other }
            | Act::RoleSet { person: other, .. }
            | Act::PersonDeactivated { person: other }
            | Act::PersonReactivated { person: other },
            _,
        ) if state.may_know(person, *other) => Hears::Event,
        _ => Hears::No,
    }
}
