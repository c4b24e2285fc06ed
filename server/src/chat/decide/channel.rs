//! Channels, their members and their owners.

use migrations_free_store::Id;

use super::{Ack, Build, Facts};
use crate::chat::command::{
    ChannelKind, MEMBERS_AT_ONCE_MAX, Role, TOPIC_CHARS_MAX, clean_name, clean_text,
};
use crate::chat::event::{Act, Content};
use crate::chat::refusal::Refusal;
use crate::chat::state::{Channel, State};

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
    let name = match name {
        Some(name) => clean_name(name, "The channel's name")?,
        None => channel.name.clone(),
    };
    let topic = match topic {
        Some(topic) => clean_text(topic, "The topic", TOPIC_CHARS_MAX)?,
        None => channel.topic.clone(),
    };
    let act = Act::ChannelChanged {
        kind: kind.unwrap_or(channel.kind),
    };
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
    let mut people = new_members(build.state, people)?;
    people.retain(|p| !channel.members.contains_key(p));
    for person in people {
        build.standing(c, Act::MemberAdded { person }, None);
    }
    Ok(())
}

pub(super) fn remove(build: &mut Build<'_>, c: Id, person: Id) -> Result<(), Refusal> {
    let channel = channel(build, c)?;
    if !channel.members.contains_key(&person) {
        return Err(Refusal::NotFound);
    }
    if person == build.person() {
        return leave(build, c);
    }
    build.standing(c, Act::MemberRemoved { person }, None);
    Ok(())
}

pub(super) fn leave(build: &mut Build<'_>, c: Id) -> Result<(), Refusal> {
    let me = build.person();
    let channel = channel(build, c)?;
    if is_last_owner(channel, me) && channel.members.len() > 1 {
        return Err(Refusal::Conflict(
            "You are the last owner. Make somebody else an owner first.",
        ));
    }
    build.standing(c, Act::MemberLeft { person: me }, None);
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

fn channel<'s>(build: &Build<'s>, c: Id) -> Result<&'s Channel, Refusal> {
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
