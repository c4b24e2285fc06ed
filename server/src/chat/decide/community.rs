//! Communities: channels that stand under one announcement channel. Whoever is in one of them is in it, and whoever
//! leaves it leaves them all. And asking to be let in.

use migrations_free_store::Id;

use super::Build;
use super::channel::{channel, joining};
use crate::chat::command::{ASKING_MAX, COMMUNITY_CHANNELS_MAX, ChannelKind};
use crate::chat::event::Act;
use crate::chat::refusal::Refusal;
use crate::chat::state::{Channel, State};

pub(super) fn place(build: &mut Build<'_>, c: Id, community: Option<Id>) -> Result<(), Refusal> {
    let placed = channel(build, c)?;
    if placed.community == community {
        return Ok(());
    }
    if let Some(community) = community {
        let over = channel(build, community)?;
        if placed.kind != ChannelKind::Group || over.kind != ChannelKind::Announcement {
            return Err(Refusal::invalid(
                "In a community groups stand under one announcement channel.",
            ));
        }
        if build.state.channels_under(community).count() >= COMMUNITY_CHANNELS_MAX {
            return Err(Refusal::Invalid(format!(
                "A community has at most {COMMUNITY_CHANNELS_MAX} channels."
            )));
        }
        build.standing(
            c,
            Act::ChannelPlaced {
                community: Some(community),
            },
            None,
        );
        for person in placed.members.keys() {
            if !over.members.contains_key(person) {
                let act = joining(over, *person, build.now_ms);
                build.standing(community, act, None);
            }
        }
    } else {
        build.standing(c, Act::ChannelPlaced { community }, None);
    }
    Ok(())
}

/// Somebody comes in, and into the community with it.
pub(super) fn enter(build: &mut Build<'_>, c: Id, person: Id) {
    let community = build.state.channels.get(&c).and_then(|one| one.community);
    for c in std::iter::once(c).chain(community) {
        let Some(channel) = build.state.channels.get(&c) else {
            continue;
        };
        let comes = build.decision.drafts.iter().any(|draft| {
            draft.channel == Some(c)
                && matches!(draft.act, Act::MemberAdded { person: new, .. } if new == person)
        });
        if !comes && !channel.members.contains_key(&person) {
            let act = joining(channel, person, build.now_ms);
            build.standing(c, act, None);
        }
    }
}

/// What this person goes out of together with the channel: itself first.
pub(super) fn left_with(state: &State, c: Id, person: Id) -> impl Iterator<Item = (Id, &Channel)> {
    let itself = state.channels.get(&c).map(|channel| (c, channel));
    let under = state.channels_under(c);
    itself
        .into_iter()
        .chain(under.filter(move |(_, channel)| channel.members.contains_key(&person)))
}

/// What stands in a community stays what it is there.
pub(super) fn may_become(
    state: &State,
    c: Id,
    channel: &Channel,
    kind: ChannelKind,
) -> Result<(), Refusal> {
    let is_over = state.channels_under(c).next().is_some();
    if kind != channel.kind && (is_over || channel.community.is_some()) {
        return Err(Refusal::Conflict(
            "In a community groups stand under one announcement channel. Take it out first.",
        ));
    }
    Ok(())
}

pub(super) fn ask(build: &mut Build<'_>, c: Id) -> Result<(), Refusal> {
    let me = build.person();
    let channel = channel(build, c)?;
    if channel.members.contains_key(&me) || channel.asking.contains_key(&me) {
        return Ok(());
    }
    if channel.asking.len() >= ASKING_MAX {
        return Err(Refusal::Conflict(
            "Too many people wait to be let in. Ask an owner.",
        ));
    }
    build.audit(Act::JoinAsked { person: me }, Some(c), None);
    Ok(())
}

pub(super) fn refuse(build: &mut Build<'_>, c: Id, person: Id) {
    let channel = build.state.channels.get(&c);
    if channel.is_some_and(|channel| channel.asking.contains_key(&person)) {
        build.audit(Act::JoinRefused { person }, Some(c), None);
    }
}
