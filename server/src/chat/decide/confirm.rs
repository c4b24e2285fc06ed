//! Read and confirm: whom a message asks, who has confirmed it, and who is asked again.

use migrations_free_store::Id;

use super::message::{live_day, message_target};
use super::{Build, Facts};
use crate::chat::command::{AUDIENCE_MAX, ChannelKind, REMIND_EVERY_MS, Send, Target};
use crate::chat::event::Act;
use crate::chat::refusal::Refusal;
use crate::chat::state::{Ask, Channel, State};

/// Who is asked: everybody in the channel at this moment but the author, and who could not come to read it.
pub(super) fn audience(
    state: &State,
    channel: &Channel,
    author: Id,
    send: &Send,
) -> Result<Vec<Id>, Refusal> {
    if channel.kind == ChannelKind::Direct || send.th.is_some() {
        return Err(Refusal::invalid(
            "Only a message in the main timeline of a group or an announcement channel asks for confirmations.",
        ));
    }
    let people: Vec<Id> = channel
        .members
        .keys()
        .filter(|p| **p != author && state.role(**p).is_some())
        .copied()
        .collect();
    if people.is_empty() {
        return Err(Refusal::invalid("Nobody else is here who could confirm."));
    }
    if people.len() > AUDIENCE_MAX {
        return Err(Refusal::Invalid(format!(
            "A message asks at most {AUDIENCE_MAX} people."
        )));
    }
    Ok(people)
}

pub(super) fn confirm(build: &mut Build<'_>, c: Id, q: u64, facts: &Facts) -> Result<(), Refusal> {
    let (ask, target) = asked(build, c, q, facts)?;
    match ask.people.get(&build.person()) {
        None => Err(not_asked()),
        // Once is enough.
        Some(true) => Ok(()),
        Some(false) => {
            let day = live_day(build.state, c, q, target.day)?;
            build.amended(c, day, Act::MessageConfirmed { of: q }, None);
            Ok(())
        }
    }
}

pub(super) fn remind(build: &mut Build<'_>, c: Id, q: u64, facts: &Facts) -> Result<(), Refusal> {
    let (channel, member) = build
        .state
        .seen_channel(c, build.person())
        .ok_or(Refusal::NotFound)?;
    let is_mine = message_target(facts)?.author == build.person();
    if !is_mine && !member.owner {
        return Err(Refusal::Forbidden);
    }
    let (ask, target) = asked(build, c, q, facts)?;
    if ask.waiting(channel).next().is_none() {
        return Err(Refusal::Conflict("Nobody is left to be reminded."));
    }
    let due_ms = ask
        .reminded_at
        .map_or(0, |at| at.saturating_add(REMIND_EVERY_MS));
    let after_ms = due_ms.saturating_sub(build.now_ms).min(REMIND_EVERY_MS);
    if after_ms > 0 {
        return Err(Refusal::Rate { after_ms });
    }
    let day = live_day(build.state, c, q, target.day)?;
    build.amended(c, day, Act::MessageReminded { of: q }, None);
    Ok(())
}

fn asked<'s>(
    build: &Build<'s>,
    c: Id,
    q: u64,
    facts: &Facts,
) -> Result<(&'s Ask, Target), Refusal> {
    let target = message_target(facts)?;
    let channel = build.state.channels.get(&c).ok_or(Refusal::NotFound)?;
    match channel.asks.get(&q) {
        Some(ask) => Ok((ask, target)),
        None if target.asks => Err(Refusal::Fault {
            code: "confirm/closed",
            message: "Newer messages are to be confirmed now; this one is closed.".into(),
        }),
        None => Err(not_asked()),
    }
}

fn not_asked() -> Refusal {
    Refusal::Fault {
        code: "confirm/not_asked",
        message: "This message does not ask you for a confirmation.".into(),
    }
}
