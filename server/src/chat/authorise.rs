//! Who may do what: the one place. Deny by default; every command has a row, there is no wildcard.
//!
//! An unknown channel and one you may not see answer alike.

use migrations_free_store::Id;

use super::command::{ChannelKind, Command, Door, Role};
use super::event::SYSTEM;
use super::refusal::Refusal;
use super::state::{Channel, Member, State};
use super::subject::Subject;

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

/// What one member reads of a channel: all from one number on. Nothing of a channel is read without one, and nowhere else
/// is it said how far it goes.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    channel: Id,
    from: u64,
}

impl Sight {
    /// Looking it up is the authorisation.
    pub fn of(state: &State, person: Id, channel: Id) -> Result<Sight, Refusal> {
        let seen = state.seen_channel(channel, person);
        let (_, member) = seen.ok_or(Refusal::NotFound)?;
        Ok(Sight::of_member(channel, member))
    }

    pub fn of_member(channel: Id, member: &Member) -> Sight {
        Sight::starting(channel, Some(member.from))
    }

    /// As the log says it of somebody who comes in.
    pub fn starting(channel: Id, first: Option<u64>) -> Sight {
        let from = first.unwrap_or(0);
        Sight { channel, from }
    }

    /// For frames that are handed out, later, to those only whose sight goes as far.
    pub fn whole(channel: Id) -> Sight {
        Sight::starting(channel, None)
    }

    pub fn channel(&self) -> Id {
        self.channel
    }

    /// The first number that is seen.
    pub fn first(&self) -> u64 {
        self.from.max(1)
    }

    pub fn takes(&self, q: u64) -> bool {
        q >= self.from
    }

    /// What is out of sight answers as what never was.
    pub fn reads(&self, q: u64) -> Result<(), Refusal> {
        if self.takes(q) {
            Ok(())
        } else {
            Err(Refusal::NotFound)
        }
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
    // A socket that was open when the rule came is being closed: what it still sends is refused here.
    if state.is_led_to_second(person) {
        return Err(Refusal::SecondFirst);
    }
    let asker = Asker {
        state,
        person,
        role,
    };
    match command {
        Command::Send(send) => {
            may_write(state, person, send.c, send.th.is_some())?;
            // Whoever may wake everybody is somebody the channel made its owner; a direct channel has none.
            let (channel, member) = asker.member_of(send.c)?;
            if send.urgent && (channel.kind == ChannelKind::Direct || !member.owner) {
                return Err(Refusal::Forbidden);
            }
        }
        Command::Schedule { c, .. } => may_write(state, person, *c, false)?,
        // Each is looked up among one's own: `decide` finds no others, and asks `may_write` where it sends.
        Command::ScheduleChange { .. }
        | Command::ScheduleCancel { .. }
        | Command::ScheduleNow { .. } => {}
        // Authorship is a fact of the log: `decide` checks it with the target in hand.
        Command::Edit { c, .. }
        | Command::Delete { c, .. }
        | Command::React { c, .. }
        | Command::Vote { c, .. }
        | Command::PollClose { c, .. }
        | Command::Remind { c, .. } => {
            asker.member_of(*c)?;
        }
        Command::Read { c, .. }
        | Command::Got { c, .. }
        | Command::Mute { c, .. }
        | Command::Save { c, .. }
        | Command::Confirm { c, .. } => {
            asker.member_of(*c)?;
        }
        Command::Pin { c, .. } => {
            let (channel, member) = asker.member_of(*c)?;
            if channel.kind == ChannelKind::Announcement && !member.owner {
                return Err(Refusal::Forbidden);
            }
        }
        Command::ChannelCreate { .. } | Command::ChannelDirect { .. } => {
            asker.one_of(&[Role::Member, Role::Admin, Role::Officer])?;
        }
        Command::ChannelEdit { c, .. }
        | Command::ChannelAdd { c, .. }
        | Command::ChannelRemove { c, .. }
        | Command::ChannelOwner { c, .. }
        | Command::ChannelArchive { c, .. }
        | Command::ChannelSlow { c, .. }
        | Command::ChannelHistory { c, .. } => asker.owner_of(*c)?,
        // Under what, is for the owners of both to say.
        Command::ChannelPlace { c, community } => {
            asker.owner_of(*c)?;
            if let Some(community) = community {
                asker.owner_of(*community)?;
            }
        }
        Command::ChannelAsk { c } => {
            asker.one_of(&[Role::Member, Role::Admin, Role::Officer])?;
            asker.sees_the_door_of(*c)?;
        }
        Command::ChannelRefuse { c, person: other } => {
            if *other == person {
                asker.one_of(&[Role::Member, Role::Guest, Role::Admin, Role::Officer])?;
                let channel = state.channels.get(c).ok_or(Refusal::NotFound)?;
                if !channel.asking.contains_key(&person) {
                    return Err(Refusal::NotFound);
                }
            } else {
                asker.owner_of(*c)?;
            }
        }
        Command::ChannelLeave { c } => {
            let (channel, _) = asker.member_of(*c)?;
            if channel.kind == ChannelKind::Direct {
                return Err(Refusal::Forbidden);
            }
        }
        Command::Profile { .. } | Command::Quiet { .. } => {}
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
        | Command::PersonDeactivate { person: other, .. }
        | Command::PersonReactivate { person: other }
        | Command::PersonReset { person: other } => {
            asker.one_of(&[Role::Admin])?;
            // Nobody lifts or drops themselves: two people stand behind every such change.
            if *other == person {
                return Err(Refusal::Forbidden);
            }
        }
        // One's own is turned off with one's secret: whoever only holds an admin's session cannot.
        Command::SecondRemove { person: other } => {
            asker.one_of(&[Role::Admin])?;
            if *other == person {
                return Err(Refusal::Forbidden);
            }
        }
        Command::SigninRule { .. } => asker.one_of(&[Role::Admin])?,
        // One's own too: a first admin has nobody else, and it gives nobody more than they have.
        Command::PersonLogin { .. } => asker.one_of(&[Role::Admin])?,
        Command::WorkspaceEdit { .. } | Command::PolicySet { .. } => {
            asker.one_of(&[Role::Admin])?
        }
        Command::PolicyApprove { proposal } => {
            asker.one_of(&[Role::Officer, Role::Admin])?;
            asker.is_not(state.proposals.get(proposal).map(|p| p.by))?;
        }
        // Stopping destroys nothing: whoever may approve may stop, also what is one's own.
        Command::PolicyStop { .. } => asker.one_of(&[Role::Officer, Role::Admin])?,
        Command::MatterOpen { .. }
        | Command::HoldPlace { .. }
        | Command::HoldRelease { .. }
        | Command::MatterClose { .. }
        | Command::GrantRequest { .. }
        | Command::GrantEnd { .. }
        | Command::ExportRequest(_)
        | Command::ArchivePropose(_) => asker.one_of(&[Role::Officer])?,
        Command::SupervisionSet(_)
        | Command::SupervisionRemove { .. }
        | Command::SupervisionReview { .. } => asker.one_of(&[Role::Officer])?,
        // With it content is opened: as with a grant, who runs the house decides about none.
        Command::SupervisionApprove { rule } => {
            asker.one_of(&[Role::Officer])?;
            asker.is_not(state.supervision.rules.get(rule).map(|r| r.by))?;
        }
        Command::EraseRequest { .. } | Command::RedactRequest { .. } => {
            asker.one_of(&[Role::Officer, Role::Admin])?
        }
        Command::OrderApprove { order } | Command::OrderRefuse { order } => {
            asker.one_of(&[Role::Officer, Role::Admin])?;
            asker.is_not(state.orders.get(order).map(|o| o.by))?;
        }
        Command::ExportApprove { export } | Command::ExportRefuse { export } => {
            asker.one_of(&[Role::Officer, Role::Admin])?;
            asker.is_not(state.exports.get(export).map(|e| e.by))?;
        }
        // Who may decide about it: also one who approved it by mistake.
        Command::ExportCancel { .. } => asker.one_of(&[Role::Officer, Role::Admin])?,
        Command::ArchiveApprove { schedule } | Command::ArchiveRefuse { schedule } => {
            asker.one_of(&[Role::Officer, Role::Admin])?;
            asker.is_not(state.archives.get(schedule).map(|a| a.by))?;
        }
        // Nothing leaves by it: whoever may approve may end it, also what is one's own.
        Command::ArchiveEnd { .. } => asker.one_of(&[Role::Officer, Role::Admin])?,
        Command::GrantApprove { grant } | Command::GrantRefuse { grant } => {
            // Who runs the house is told of no matter, and so decides about none.
            asker.one_of(&[Role::Officer])?;
            asker.is_not(state.grants.get(grant).map(|g| g.by))?;
        }
        Command::TagName { .. } | Command::ExportTagged(_) => asker.one_of(&[Role::Officer])?,
        Command::TagSet(_) | Command::NoteWrite { .. } | Command::NoteWithdraw { .. } => {
            asker.one_of(&[Role::Officer])?;
            // What is noted about content is for the officer whose grant opens it.
            let grant = command.under().and_then(|grant| state.grants.get(&grant));
            let own = grant.filter(|grant| grant.by == person);
            own.ok_or(Refusal::NotFound)?;
        }
        Command::Door(_) => return Err(Refusal::Forbidden),
    }
    // What one does not read, one does not answer, change or confirm either.
    if let Some((channel, q)) = command.target() {
        Sight::of(state, person, channel)?.reads(q)?;
    }
    Ok(allowed)
}

/// May this person say something in the channel, now?
pub fn may_write(state: &State, person: Id, channel: Id, in_thread: bool) -> Result<(), Refusal> {
    state.role(person).ok_or(Refusal::NotSignedIn)?;
    let seen = state.seen_channel(channel, person);
    let (channel, member) = seen.ok_or(Refusal::NotFound)?;
    if channel.kind == ChannelKind::Announcement && !member.owner && !in_thread {
        return Err(Refusal::Forbidden);
    }
    Ok(())
}

/// Inner commands: each names the only kind of asker it accepts.
fn authorise_door(state: &State, actor: Actor, door: &Door) -> Result<(), Refusal> {
    match (door, actor) {
        (
            Door::Started { .. }
            | Door::PolicyDue { .. }
            | Door::ScheduleDue { .. }
            | Door::Intend(_)
            | Door::Destroyed { .. }
            | Door::Abandon { .. }
            | Door::GrantExpired { .. }
            | Door::ExportExpired { .. }
            | Door::PushKey { .. }
            | Door::PushGone { .. }
            | Door::SessionOver { .. }
            | Door::SessionSeen { .. }
            | Door::SigninLocked { .. }
            | Door::AccountNew { .. }
            | Door::AccountSet { .. }
            | Door::Directory(_),
            Actor::System,
        )
        | (
            Door::ExportBuilt { .. }
            | Door::ExportFailed { .. }
            | Door::ArchiveOrder { .. }
            | Door::ArchiveDelivered { .. }
            | Door::ArchiveFailed { .. }
            | Door::ArchiveMissed { .. }
            | Door::ArchiveClose { .. },
            Actor::System,
        )
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
        (
            Door::PushOn { .. } | Door::PushOff | Door::Second(_),
            Actor::Person { person, device },
        ) => {
            let is_in = state.device_is_live(device, person) && state.role(person).is_some();
            is_in.then_some(()).ok_or(Refusal::NotSignedIn)
        }
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
            // What a schedule delivers is taken from where it was delivered to.
            let known = state.exports.get(export);
            let by = known.filter(|e| e.schedule.is_none()).map(|e| e.by);
            if by == Some(person) {
                Ok(())
            } else {
                Err(Refusal::NotFound)
            }
        }
        (Door::CertificateDownloaded { about, .. }, Actor::Person { person, .. }) => {
            let role = state.role(person).ok_or(Refusal::NotSignedIn)?;
            let asker = Asker {
                state,
                person,
                role,
            };
            asker.one_of(&[Role::Admin, Role::Officer, Role::Auditor])?;
            // What was kept for a matter, and for how long, is not for who runs the house.
            match (role, about) {
                (Role::Admin, Subject::Escrow(_)) => Err(Refusal::NotFound),
                _ => Ok(()),
            }
        }
        (Door::DataAsked { device: on }, Actor::Person { person, device }) => {
            state.role(person).ok_or(Refusal::NotSignedIn)?;
            (*on == device).then_some(()).ok_or(Refusal::NotFound)
        }
        (Door::DataDownloaded { person: of, .. }, Actor::Person { person, .. }) => {
            state.role(person).ok_or(Refusal::NotSignedIn)?;
            (*of == person).then_some(()).ok_or(Refusal::NotFound)
        }
        (Door::Look(look), Actor::Person { person, .. }) => {
            let role = state.role(person).ok_or(Refusal::NotSignedIn)?;
            let asker = Asker {
                state,
                person,
                role,
            };
            asker.one_of(&[Role::Officer])?;
            // Content is for the officer whose grant it is.
            match look.under() {
                None => Ok(()),
                Some((grant, _)) => match state.grants.get(&grant) {
                    Some(known) if known.by == person => Ok(()),
                    _ => Err(Refusal::NotFound),
                },
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
            Door::Started { .. }
            | Door::Setup { .. }
            | Door::Join { .. }
            | Door::OpenSession { .. }
            | Door::EndSession { .. }
            | Door::UseReset { .. }
            | Door::SetCredential { .. }
            | Door::SigninLocked { .. }
            | Door::AccountNew { .. }
            | Door::AccountSet { .. }
            | Door::Directory(_)
            | Door::Second(_)
            | Door::SessionOver { .. }
            | Door::SessionSeen { .. }
            | Door::PushKey { .. }
            | Door::PushOn { .. }
            | Door::PushOff
            | Door::PushGone { .. }
            | Door::PolicyDue { .. }
            | Door::ScheduleDue { .. }
            | Door::Intend(_)
            | Door::Destroyed { .. }
            | Door::Abandon { .. }
            | Door::ExportBuilt { .. }
            | Door::ExportFailed { .. }
            | Door::ExportDownloaded { .. }
            | Door::ExportExpired { .. }
            | Door::ArchiveOrder { .. }
            | Door::ArchiveDelivered { .. }
            | Door::ArchiveFailed { .. }
            | Door::ArchiveMissed { .. }
            | Door::ArchiveClose { .. }
            | Door::CertificateDownloaded { .. }
            | Door::DataAsked { .. }
            | Door::DataDownloaded { .. }
            | Door::Look(_)
            | Door::GrantExpired { .. }
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

    /// Four eyes: who asked never decides. What nobody asked is not found later.
    fn is_not(&self, requester: Option<Id>) -> Result<(), Refusal> {
        match requester {
            Some(id) if id == self.person => Err(Refusal::Forbidden),
            _ => Ok(()),
        }
    }

    /// Looking it up is the authorisation.
    fn member_of(&self, channel: Id) -> Result<(&'s Channel, &'s Member), Refusal> {
        self.state
            .seen_channel(channel, self.person)
            .ok_or(Refusal::NotFound)
    }

    /// Of a channel that one is not in one knows that it is there when it stands in a community of one's own.
    fn sees_the_door_of(&self, channel: Id) -> Result<(), Refusal> {
        let known = self.state.channels.get(&channel);
        let known = known.filter(|known| !known.archived);
        let community = known.and_then(|known| known.community);
        self.member_of(community.ok_or(Refusal::NotFound)?)
            .map(|_| ())
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
