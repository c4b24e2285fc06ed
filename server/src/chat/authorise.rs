//! Who may do what: the one place. Deny by default; every command has a row, there is no wildcard.
//!
//! An unknown channel and one you may not see answer alike.

use migrations_free_store::Id;

use super::command::{ChannelKind, Command, Door, Role};
use super::event::SYSTEM;
use super::refusal::Refusal;
use super::state::{Channel, Member, State};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The server's own parts: retention, jobs, start-up.
    System,
    /// Nobody signed in: set-up, joining, signing in.
    Visitor,
    Person {
        person: Id,
        device: Id,
    },
}

impl Actor {
    pub fn person(&self) -> Id {
        match self {
            Actor::Person { person, .. } => *person,
            Actor::System | Actor::Visitor => SYSTEM,
        }
    }

    pub fn device(&self) -> Option<Id> {
        match self {
            Actor::Person { device, .. } => Some(*device),
            Actor::System | Actor::Visitor => None,
        }
    }
}

/// A command that passed `authorise`; only it can make one, and `decide` takes nothing else.
#[derive(Debug)]
pub struct Authorised<'a> {
    actor: Actor,
    command: &'a Command,
}

impl<'a> Authorised<'a> {
    pub fn actor(&self) -> Actor {
        self.actor
    }
    pub fn command(&self) -> &'a Command {
        self.command
    }
}

pub fn authorise<'a>(
    state: &State,
    actor: Actor,
    command: &'a Command,
) -> Result<Authorised<'a>, Refusal> {
    let allowed = Authorised { actor, command };
    if let Command::Door(door) = command {
        return authorise_door(state, actor, door).map(|()| allowed);
    }
    let Actor::Person { person, device } = actor else {
        return Err(Refusal::NotSignedIn);
    };
    if !state.device_is_live(device, person) {
        return Err(Refusal::NotSignedIn);
    }
    let role = state.role(person).ok_or(Refusal::NotSignedIn)?;
    let asker = Asker {
        state,
        person,
        role,
    };
    match command {
        Command::Send(send) => {
            let (channel, member) = asker.member_of(send.c)?;
            if channel.kind == ChannelKind::Announcement && !member.owner && send.th.is_none() {
                return Err(Refusal::Forbidden);
            }
        }
        // Authorship is a fact of the log: `decide` checks it with the target in hand.
        Command::Edit { c, .. } | Command::Delete { c, .. } | Command::React { c, .. } => {
            asker.member_of(*c)?;
        }
        Command::Read { c, .. } | Command::Got { c, .. } | Command::Mute { c, .. } => {
            asker.member_of(*c)?;
        }
        Command::ChannelCreate { .. } | Command::ChannelDirect { .. } => {
            asker.one_of(&[Role::Member, Role::Admin, Role::Officer])?;
        }
        Command::ChannelEdit { c, .. }
        | Command::ChannelAdd { c, .. }
        | Command::ChannelRemove { c, .. }
        | Command::ChannelOwner { c, .. }
        | Command::ChannelArchive { c, .. } => asker.owner_of(*c)?,
        Command::ChannelLeave { c } => {
            let (channel, _) = asker.member_of(*c)?;
            if channel.kind == ChannelKind::Direct {
                return Err(Refusal::Forbidden);
            }
        }
        Command::Profile { .. } => {}
        Command::InviteCreate { channels, .. } => {
            if role != Role::Admin {
                asker.one_of(&[Role::Member, Role::Officer])?;
                if channels.is_empty() {
                    return Err(Refusal::Forbidden);
                }
                for channel in channels {
                    asker.owner_of(*channel)?;
                }
            }
        }
        Command::InviteRevoke { invite } => {
            let made_by = state.invites.get(invite).map(|i| i.made_by);
            if role != Role::Admin && made_by != Some(person) {
                return Err(Refusal::NotFound);
            }
        }
        Command::DeviceRevoke { device } => {
            let whose = state.devices.get(device).map(|d| d.person);
            if role != Role::Admin && whose != Some(person) {
                return Err(Refusal::NotFound);
            }
        }
        Command::PersonRole { person: other, .. }
        | Command::PersonDeactivate { person: other }
        | Command::PersonReactivate { person: other }
        | Command::PersonReset { person: other } => {
            asker.one_of(&[Role::Admin])?;
            // Nobody lifts or drops themselves: two people stand behind every such change.
            if *other == person {
                return Err(Refusal::Forbidden);
            }
        }
        Command::WorkspaceEdit { .. } | Command::PolicySet { .. } => {
            asker.one_of(&[Role::Admin])?
        }
        Command::ExportRequest { .. } => asker.one_of(&[Role::Officer])?,
        Command::ExportApprove { export } | Command::ExportRefuse { export } => {
            asker.one_of(&[Role::Officer, Role::Admin])?;
            // Four eyes: the requester never decides.
            if state.exports.get(export).is_some_and(|e| e.by == person) {
                return Err(Refusal::Forbidden);
            }
        }
        Command::Door(_) => return Err(Refusal::Forbidden),
    }
    Ok(allowed)
}

/// Inner commands: each names the only kind of asker it accepts.
fn authorise_door(state: &State, actor: Actor, door: &Door) -> Result<(), Refusal> {
    match (door, actor) {
        (
            Door::Started
            | Door::Expire { .. }
            | Door::ExpireDone { .. }
            | Door::SigninLocked { .. },
            Actor::System,
        )
        | (Door::ExportBuilt { .. } | Door::ExportFailed { .. }, Actor::System)
        | (
            Door::Setup { .. }
            | Door::Join { .. }
            | Door::OpenSession { .. }
            | Door::UseReset { .. },
            Actor::Visitor,
        ) => Ok(()),
        (Door::EndSession { device }, Actor::Person { person, .. }) => state
            .devices
            .get(device)
            .filter(|d| d.person == person)
            .map(|_| ())
            .ok_or(Refusal::NotFound),
        (Door::SetCredential { person, .. }, Actor::Person { person: asker, .. })
            if *person == asker =>
        {
            Ok(())
        }
        (Door::ExportDownloaded { export }, Actor::Person { person, .. }) => {
            let role = state.role(person).ok_or(Refusal::NotSignedIn)?;
            let asker = Asker {
                state,
                person,
                role,
            };
            asker.one_of(&[Role::Officer])?;
            let by = state.exports.get(export).map(|e| e.by);
            if by == Some(person) {
                Ok(())
            } else {
                Err(Refusal::NotFound)
            }
        }
        (
            Door::ImportStart { channel, .. }
            | Door::ImportPerson { channel, .. }
            | Door::ImportRow { channel, .. }
            | Door::ImportFinish { channel, .. },
            Actor::Person { person, .. },
        ) => {
            let role = state.role(person).ok_or(Refusal::NotSignedIn)?;
            Asker {
                state,
                person,
                role,
            }
            .owner_of(*channel)
        }
        (
            Door::Started
            | Door::Setup { .. }
            | Door::Join { .. }
            | Door::OpenSession { .. }
            | Door::EndSession { .. }
            | Door::UseReset { .. }
            | Door::SetCredential { .. }
            | Door::SigninLocked { .. }
            | Door::Expire { .. }
            | Door::ExpireDone { .. }
            | Door::ExportBuilt { .. }
            | Door::ExportFailed { .. }
            | Door::ExportDownloaded { .. }
            | Door::ImportStart { .. }
            | Door::ImportPerson { .. }
            | Door::ImportRow { .. }
            | Door::ImportFinish { .. },
            Actor::System | Actor::Visitor | Actor::Person { .. },
        ) => Err(Refusal::Forbidden),
    }
}

struct Asker<'s> {
    state: &'s State,
    person: Id,
    role: Role,
}

impl<'s> Asker<'s> {
    fn one_of(&self, roles: &[Role]) -> Result<(), Refusal> {
        if roles.contains(&self.role) {
            Ok(())
        } else {
            Err(Refusal::Forbidden)
        }
    }

    /// Looking it up is the authorisation.
    fn member_of(&self, channel: Id) -> Result<(&'s Channel, &'s Member), Refusal> {
        self.state
            .seen_channel(channel, self.person)
            .ok_or(Refusal::NotFound)
    }

    fn owner_of(&self, channel: Id) -> Result<(), Refusal> {
        let (_, member) = self.member_of(channel)?;
        if member.owner {
            Ok(())
        } else {
            Err(Refusal::Forbidden)
        }
    }
}
