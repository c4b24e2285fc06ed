//! What a client missed: its events since a position, read from the durable log.
//!
//! Stateless: nothing is kept per session, so it works across restarts. Too much to tell is told as
//! `reset`, and the client fetches afresh.

use bytes::Bytes;
use migrations_free_store::{Id, Position};

use super::{Views, unavailable};
use crate::chat::event::{Act, Event};
use crate::chat::state::State;
use crate::chat::{Refusal, Sight};
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
            // Many channels may have changed at once, and seldom.
            if event.header.act.changes_what_is_watched().is_some() {
                return Ok(Missed::Reset);
            }
            // The state is let go before anything below asks for it again: who waits to change it would stand between.
            let heard = hears(&self.state.read(), person, &event);
            match heard {
                Hears::No => {}
                Hears::Event => frames.extend(encode.event(&event)),
                Hears::Veiled => frames.extend(encode.veiled(&event)),
                Hears::Joined(channel) => {
                    frames.extend(encode.joined(&event, channel, person));
                }
                Hears::Left(channel) => frames.push(encode.left(&event, channel)),
                Hears::Changed(channel) => {
                    frames.extend(encode.event(&event));
                    frames.extend(encode.channel(channel));
                }
            }
            if event.header.actor == person && event.header.act.waited().is_some() {
                frames.extend(encode.sent(&event));
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
    /// It tells of an older message, which is out of this person's sight.
    Veiled,
    Changed(Id),
    Joined(Id),
    Left(Id),
}

/// The same rule as the live fan-out, asked of today's membership: who is out hears of nothing but that.
fn hears(state: &State, person: Id, event: &Event) -> Hears {
    let channel = event.header.channel;
    let sight = channel.and_then(|c| Sight::of(state, person, c).ok());
    let q = event.header.channel_seq;
    let inside = sight.is_some_and(|sight| q.is_none_or(|q| sight.takes(q)));
    let told = event.header.act.tells_of();
    let is_veiled = told.is_some_and(|of| sight.is_some_and(|sight| !sight.takes(of)));
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
        (Act::MemberAdded { person: new, .. }, Some(c)) if *new == person && inside => {
            Hears::Joined(c)
        }
        (Act::ChannelCreated { .. }, Some(c)) if inside => Hears::Joined(c),
        (
            Act::MemberAdded { .. }
            | Act::MemberRemoved { .. }
            | Act::MemberLeft { .. }
            | Act::OwnerGranted { .. }
            | Act::OwnerRevoked { .. }
            | Act::ChannelChanged { .. }
            | Act::ChannelArchived { .. }
            | Act::ChannelSlowed { .. }
            | Act::HistorySet { .. }
            | Act::ChannelPlaced { .. }
            | Act::JoinAsked { .. }
            | Act::JoinRefused { .. }
            | Act::PolicySet { .. }
            | Act::PolicyApproved { .. }
            | Act::PolicyStopped { .. }
            | Act::PolicyLapsed { .. },
            Some(c),
        ) if inside => Hears::Changed(c),
        (Act::ChannelMuted { .. }, Some(_)) if inside && event.header.actor == person => {
            Hears::Event
        }
        (
            Act::MessageScheduled { .. }
            | Act::ScheduleChanged { .. }
            | Act::ScheduleCancelled { .. },
            _,
        ) if event.header.actor == person => Hears::Event,
        (Act::ScheduleFailed { person: whose, .. }, _) if *whose == person => Hears::Event,
        (Act::MessageSaved { channel, .. } | Act::MessageUnsaved { channel, .. }, None)
            if event.header.actor == person && state.seen_channel(*channel, person).is_some() =>
        {
            Hears::Event
        }
        (
            Act::MessagePosted { .. }
            | Act::MessageImported { .. }
            | Act::MessageEdited { .. }
            | Act::MessageDeleted { .. }
            | Act::ReactionAdded { .. }
            | Act::ReactionRemoved { .. }
            | Act::MessageConfirmed { .. }
            | Act::MessageReminded { .. }
            | Act::MessagePinned { .. }
            | Act::MessageUnpinned { .. }
            | Act::PollVoted { .. }
            | Act::PollClosed { .. }
            | Act::ReceiptRead { .. }
            | Act::ReceiptDelivered { .. }
            | Act::ImportFinished { .. }
            | Act::DestroyDone { .. },
            Some(_),
        ) if inside => match is_veiled {
            true => Hears::Veiled,
            false => Hears::Event,
        },
        (Act::DestroyDone { narrowed, .. }, None)
            if narrowed
                .person
                .is_some_and(|other| state.may_know(person, other)) =>
        {
            Hears::Event
        }
        (
            Act::WorkspaceRenamed {}
            | Act::PolicySet { .. }
            | Act::PolicyApproved { .. }
            | Act::PolicyStopped { .. }
            | Act::PolicyLapsed { .. },
            None,
        ) => Hears::Event,
        (
            Act::PersonJoined { person: other, .. }
            | Act::PersonRenamed { person: other }
            | Act::RoleSet { person: other, .. }
            | Act::PersonDeactivated { person: other, .. }
            | Act::PersonReactivated { person: other },
            _,
        ) if state.may_know(person, *other) => Hears::Event,
        _ => Hears::No,
    }
}
