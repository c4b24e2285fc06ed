//! People, their roles, devices, invites and resets.

use migrations_free_store::Id;

use super::{Build, Facts};
use crate::chat::command::{
    ChannelKind, INVITE_HOURS_MAX, INVITE_USES_MAX, MEMBERS_AT_ONCE_MAX, REASON_CHARS_MAX, Role,
    clean_name, clean_text,
};
use crate::chat::event::{Act, Content};
use crate::chat::refusal::Refusal;
use crate::chat::state::{Channel, State};

/// A reset link is short-lived: it stands in for a credential.
const RESET_MS: u64 = 24 * 3_600_000;

pub(super) fn rename(build: &mut Build<'_>, name: &str) -> Result<(), Refusal> {
    let person = build.person();
    let name = clean_name(name, "Your name")?;
    build.personal(
        person,
        Act::PersonRenamed { person },
        Some(Content::name(name)),
    );
    Ok(())
}

/// What an invite is to give.
pub(super) struct Wanted<'c> {
    pub role: Role,
    pub channels: &'c [Id],
    pub hours: u32,
    pub uses: u32,
    pub note: &'c str,
    pub asks: bool,
}

pub(super) fn invite(
    build: &mut Build<'_>,
    wanted: &Wanted<'_>,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    let &Wanted {
        role,
        channels,
        hours,
        uses,
        note,
        asks,
    } = wanted;
    if !matches!(role, Role::Member | Role::Guest) {
        return Err(Refusal::invalid(
            "An invite makes members or guests; an admin gives other roles by name.",
        ));
    }
    if hours == 0 || hours > INVITE_HOURS_MAX || uses == 0 || uses > INVITE_USES_MAX {
        return Err(Refusal::Invalid(format!(
            "An invite lasts 1 to {INVITE_HOURS_MAX} hours and serves 1 to {INVITE_USES_MAX} people."
        )));
    }
    if channels.len() > MEMBERS_AT_ONCE_MAX {
        return Err(Refusal::invalid("Too many channels in one invite."));
    }
    if channels
        .iter()
        .any(|c| !build.state.channels.contains_key(c))
    {
        return Err(Refusal::NotFound);
    }
    let note = clean_text(note, "The note", REASON_CHARS_MAX)?;
    let act = Act::InviteCreated {
        invite: facts.ids.take()?,
        role,
        channels: channels.to_vec(),
        expires_at: build.now_ms + u64::from(hours) * 3_600_000,
        uses,
        asks,
    };
    build.audit(
        act,
        None,
        Some(Content {
            note: Some(note),
            ..Content::default()
        }),
    );
    Ok(())
}

pub(super) fn revoke_invite(build: &mut Build<'_>, invite: Id) -> Result<(), Refusal> {
    let known = build.state.invites.get(&invite).ok_or(Refusal::NotFound)?;
    if !known.revoked {
        build.audit(Act::InviteRevoked { invite }, None, None);
    }
    Ok(())
}

pub(super) fn revoke_device(build: &mut Build<'_>, device: Id) -> Result<(), Refusal> {
    let known = build.state.devices.get(&device).ok_or(Refusal::NotFound)?;
    if known.live {
        let person = known.person;
        build.personal(person, Act::SessionEnded { person, device }, None);
    }
    Ok(())
}

pub(super) fn role(build: &mut Build<'_>, person: Id, role: Role) -> Result<(), Refusal> {
    let known = build.state.people.get(&person).ok_or(Refusal::NotFound)?;
    if role == Role::Bot || known.role == Role::Bot {
        return Err(Refusal::invalid(
            "A bot stays a bot, and nobody becomes one.",
        ));
    }
    if known.role == role {
        return Ok(());
    }
    build.audit(Act::RoleSet { person, role }, None, None);
    let theirs = build.state.channels_of(person);
    let theirs: Vec<(Id, bool)> = theirs
        .map(|(id, c)| (id, c.members.get(&person).is_some_and(|m| m.owner)))
        .collect();
    for (channel, owns) in theirs {
        match role {
            // An auditor reads no content: the seat and a membership exclude each other.
            Role::Auditor => build.standing(channel, Act::MemberRemoved { person }, None),
            Role::Guest if owns => build.standing(channel, Act::OwnerRevoked { person }, None),
            Role::Guest | Role::Member | Role::Admin | Role::Officer | Role::Bot => {}
        }
    }
    Ok(())
}

/// With `leave` the person goes out of every channel in the same act.
pub(super) fn deactivate(build: &mut Build<'_>, person: Id, leave: bool) -> Result<(), Refusal> {
    let state = build.state;
    let known = state.people.get(&person).ok_or(Refusal::NotFound)?;
    let left: Vec<Left> = match leave {
        true => leaving(state, person).collect(),
        false => Vec::new(),
    };
    if !known.active && left.is_empty() {
        return Ok(());
    }
    let act = Act::PersonDeactivated {
        person,
        left: left.len() as u32,
        passed: left.iter().filter(|left| left.heir.is_some()).count() as u32,
    };
    build.audit(act, None, None);
    for Left { channel, heir, .. } in left {
        if let Some(heir) = heir {
            build.standing(channel, Act::OwnerGranted { person: heir }, None);
        }
        build.standing(channel, Act::MemberRemoved { person }, None);
    }
    Ok(())
}

/// A channel that somebody who leaves the company goes out of.
pub struct Left {
    pub channel: Id,
    /// Nobody else owns it.
    pub was_last: bool,
    /// Then who does from now on: of those who may, whoever has been in it longest. Nobody comes into a channel by this.
    pub heir: Option<Id>,
}

/// By id. A conversation of two stays the other's.
pub fn leaving(state: &State, person: Id) -> impl Iterator<Item = Left> {
    let mut theirs: Vec<(Id, &Channel)> = state
        .channels_of(person)
        .filter(|(_, channel)| channel.kind != ChannelKind::Direct)
        .collect();
    theirs.sort_unstable_by_key(|(id, _)| *id);
    theirs.into_iter().map(move |(id, channel)| {
        let may_own = |id: Id| {
            let role = state.role(id);
            id != person && role.is_some_and(|role| !matches!(role, Role::Guest | Role::Bot))
        };
        let others = channel.members.iter().filter(|(id, _)| may_own(**id));
        let owns = |id: &Id| channel.members.get(id).is_some_and(|member| member.owner);
        let was_last = owns(&person) && !others.clone().any(|(id, _)| owns(id));
        let longest = || others.min_by_key(|(id, member)| (member.since, **id));
        Left {
            channel: id,
            was_last,
            heir: was_last.then(longest).flatten().map(|(id, _)| *id),
        }
    })
}

pub(super) fn reactivate(build: &mut Build<'_>, person: Id) -> Result<(), Refusal> {
    let known = build.state.people.get(&person).ok_or(Refusal::NotFound)?;
    if known.erased {
        return Err(Refusal::Conflict("This person is forgotten already."));
    }
    if !known.active {
        build.audit(Act::PersonReactivated { person }, None, None);
    }
    Ok(())
}

pub(super) fn reset(build: &mut Build<'_>, person: Id, facts: &mut Facts) -> Result<(), Refusal> {
    if build.state.role(person).is_none() {
        return Err(Refusal::NotFound);
    }
    let act = Act::ResetCreated {
        reset: facts.ids.take()?,
        person,
        expires_at: build.now_ms + RESET_MS,
    };
    build.audit(act, None, None);
    Ok(())
}
