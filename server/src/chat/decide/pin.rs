//! Messages that a channel keeps at hand.

use migrations_free_store::Id;

use super::message::{live_day, message_target, open_channel};
use super::{Build, Facts};
use crate::chat::event::Act;
use crate::chat::refusal::Refusal;
use crate::chat::state::PINS_MAX;

pub(super) fn pin(
    build: &mut Build<'_>,
    c: Id,
    q: u64,
    on: bool,
    facts: &Facts,
) -> Result<(), Refusal> {
    let channel = open_channel(build.state, c)?;
    let target = message_target(facts)?;
    if target.thread.is_some() {
        return Err(Refusal::invalid(
            "Only a message of the main timeline can be pinned.",
        ));
    }
    if channel.pins.contains_key(&q) == on {
        return Ok(());
    }
    if on && channel.pins.len() >= PINS_MAX {
        return Err(Refusal::Conflict(
            "The channel has as many pinned messages as it can have. Take one down first.",
        ));
    }
    let act = match on {
        true => Act::MessagePinned {
            of: q,
            day: target.day,
            author: target.author,
        },
        false => Act::MessageUnpinned { of: q },
    };
    let day = live_day(build.state, c, q, target.day)?;
    build.amended(c, day, act, None);
    Ok(())
}
