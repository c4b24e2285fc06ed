//! Channels, their members and their owners.

use migrations_free_store::Id;

use super::{Ack, Build, Facts, community};
use crate::chat::command::{
    ChannelKind, HISTORY_DAYS_MAX, MEMBERS_AT_ONCE_MAX, Role, SLOW_SECONDS, TOPIC_CHARS_MAX,
    clean_name, clean_text,
};
use crate::chat::event::{Act, Content};
use crate::chat::refusal::Refusal;
use crate::chat::state::{Channel, State, day_of};

pub(super) fn create(
    build: &mut Build<'_>,
    kind: ChannelKind,
    name: &str,
    topic: &str,
    people: &[Id],
    facts: &mut Facts,
) -> Result<(), Refusal> {
    if kind == ChannelKind::Direct {
        return Err(Refusal::invalid(
            "A direct channel is opened with channel.direct.",
        ));
    }
    let name = clean_name(name, "The channel's name")?;
    let topic = clean_text(topic, "The topic", TOPIC_CHARS_MAX)?;
    let me = build.person();
    let mut members = new_members(build.state, people)?;
    members.retain(|p| *p != me);
    let channel = facts.ids.take()?;
    let act = Act::ChannelCreated {
        kind,
        owners: vec![me],
        members,
    };
    build.standing(
        channel,
        act,
        Some(Content {
            name: Some(name),
            topic: Some(topic),
            ..Content::default()
        }),
    );
    Ok(())
}

pub(super) fn direct(build: &mut Build<'_>, with: Id, facts: &mut Facts) -> Result<(), Refusal> {
    let me = build.person();
    if with == me {
        return Err(Refusal::invalid("Choose somebody else."));
    }
    new_members(build.state, &[with])?;
    if let Some(c) = build.state.direct_between(me, with) {
        build.decision.ack = Ack {
            c: Some(c),
            ..Ack::default()
        };
        return Ok(());
    }
    let act = Act::ChannelCreated {
        kind: ChannelKind::Direct,
        owners: vec![],
        members: vec![me, with],
    };
    let channel = facts.ids.take()?;
    build.standing(channel, act, None);
    Ok(())
}

pub(super) fn edit(
    build: &mut Build<'_>,
    c: Id,
    name: Option<&str>,
    topic: Option<&str>,
    kind: Option<ChannelKind>,
) -> Result<(), Refusal> {
    let channel = channel(build, c)?;
    if channel.kind == ChannelKind::Direct || kind == Some(ChannelKind::Direct) {
        return Err(Refusal::Forbidden);
    }
    let kind = kind.unwrap_or(channel.kind);
    community::may_become(build.state, c, channel, kind)?;
    let name = match name {
        Some(name) => clean_name(name, "The channel's name")?,
        None => channel.name.clone(),
    };
    let topic = match topic {
        Some(topic) => clean_text(topic, "The topic", TOPIC_CHARS_MAX)?,
        None => channel.topic.clone(),
    };
    let act = Act::ChannelChanged { kind };
    build.standing(
        c,
        act,
        Some(Content {
            name: Some(name),
            topic: Some(topic),
            ..Content::default()
        }),
    );
    Ok(())
}

pub(super) fn add(build: &mut Build<'_>, c: Id, people: &[Id]) -> Result<(), Refusal> {
    let channel = channel(build, c)?;
    if channel.kind == ChannelKind::Direct {
        return Err(Refusal::Forbidden);
    }
    for person in new_members(build.state, people)? {
        if !channel.members.contains_key(&person) {
            community::enter(build, c, person);
        }
    }
    Ok(())
}

/// Somebody comes in, and reads from where on the channel's owners have said.
pub(super) fn joining(channel: &Channel, person: Id, now_ms: u64) -> Act {
    let out_of_sight = match channel.history {
        None => 0,
        Some(0) => channel.head,
        // By the last number of each day and not the first: after a clock was set back two days interleave.
        Some(days) => {
            let oldest = day_of(now_ms).saturating_sub(days);
            let before = channel.days.range(..oldest);
            before.map(|(_, day)| day.to).max().unwrap_or(0)
        }
    };
    let first = (out_of_sight > 0).then_some(out_of_sight + 1);
    Act::MemberAdded { person, first }
}

pub(super) fn remove(build: &mut Build<'_>, c: Id, person: Id) -> Result<(), Refusal> {
    let channel = channel(build, c)?;
    if !channel.members.contains_key(&person) {
        return Err(Refusal::NotFound);
    }
    if person == build.person() {
        return leave(build, c);
    }
    for (c, channel) in community::left_with(build.state, c, person) {
        if is_last_owner(channel, person) && channel.members.len() > 1 {
            return Err(Refusal::Conflict(
                "This person is the last owner of a channel in this community. Somebody else must become an owner first.",
            ));
        }
        build.standing(c, Act::MemberRemoved { person }, None);
    }
    Ok(())
}

pub(super) fn leave(build: &mut Build<'_>, c: Id) -> Result<(), Refusal> {
    let me = build.person();
    for (one, channel) in community::left_with(build.state, c, me) {
        if is_last_owner(channel, me) && channel.members.len() > 1 {
            return Err(Refusal::Conflict(match one == c {
                true => "You are the last owner. Make somebody else an owner first.",
                false => {
                    "You are the last owner of a channel in this community. Make somebody else an owner first."
                }
            }));
        }
        build.standing(one, Act::MemberLeft { person: me }, None);
    }
    Ok(())
}

pub(super) fn owner(build: &mut Build<'_>, c: Id, person: Id, on: bool) -> Result<(), Refusal> {
    let channel = channel(build, c)?;
    let member = channel.members.get(&person).ok_or(Refusal::NotFound)?;
    if member.owner == on {
        return Ok(());
    }
    if on {
        if build.state.role(person) == Some(Role::Guest) {
            return Err(Refusal::invalid("A guest cannot own a channel."));
        }
        build.standing(c, Act::OwnerGranted { person }, None);
    } else if is_last_owner(channel, person) {
        return Err(Refusal::Conflict("A channel needs an owner."));
    } else {
        build.standing(c, Act::OwnerRevoked { person }, None);
    }
    Ok(())
}

pub(super) fn archive(build: &mut Build<'_>, c: Id, on: bool) {
    if build
        .state
        .channels
        .get(&c)
        .is_some_and(|channel| channel.archived != on)
    {
        build.standing(c, Act::ChannelArchived { on }, None);
    }
}

pub(super) fn slow(build: &mut Build<'_>, c: Id, seconds: u32) -> Result<(), Refusal> {
    let channel = channel(build, c)?;
    if channel.kind == ChannelKind::Direct {
        return Err(Refusal::Forbidden);
    }
    if !SLOW_SECONDS.contains(&seconds) {
        return Err(Refusal::Invalid(format!(
            "A channel is slowed by one of {SLOW_SECONDS:?} seconds."
        )));
    }
    if channel.slow != seconds {
        build.standing(c, Act::ChannelSlowed { seconds }, None);
    }
    Ok(())
}

pub(super) fn history(build: &mut Build<'_>, c: Id, days: Option<u32>) -> Result<(), Refusal> {
    let channel = channel(build, c)?;
    if channel.kind == ChannelKind::Direct {
        return Err(Refusal::Forbidden);
    }
    if days.is_some_and(|days| days > HISTORY_DAYS_MAX) {
        return Err(Refusal::Invalid(format!(
            "New members see at most the last {HISTORY_DAYS_MAX} days, or everything."
        )));
    }
    if channel.history != days {
        build.standing(c, Act::HistorySet { days }, None);
    }
    Ok(())
}

pub(super) fn channel<'s>(build: &Build<'s>, c: Id) -> Result<&'s Channel, Refusal> {
    build.state.channels.get(&c).ok_or(Refusal::NotFound)
}

fn is_last_owner(channel: &Channel, person: Id) -> bool {
    channel
        .members
        .iter()
        .filter(|(_, m)| m.owner)
        .all(|(id, _)| *id == person)
        && channel.members.get(&person).is_some_and(|m| m.owner)
}

/// People who may be in a channel: active, and not auditors, who read no content anywhere.
pub(super) fn new_members(state: &State, people: &[Id]) -> Result<Vec<Id>, Refusal> {
    if people.len() > MEMBERS_AT_ONCE_MAX {
        return Err(Refusal::Invalid(format!(
            "At most {MEMBERS_AT_ONCE_MAX} people at once."
        )));
    }
    let mut all = people.to_vec();
    all.sort_unstable();
    all.dedup();
    for person in &all {
        match state.role(*person) {
            None => return Err(Refusal::NotFound),
            Some(Role::Auditor) => {
                return Err(Refusal::invalid(
                    "An auditor reads no content and joins no channel.",
                ));
            }
            Some(_) => {}
        }
    }
    Ok(all)
}
