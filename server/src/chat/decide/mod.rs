//! From an authorised command to the events it means. Pure: time, ids and facts of the log are handed in.
//!
//! Never looks at who asks beyond what `authorise` settled, but for authorship, which only the log knows.

mod channel;
mod door;
pub mod governance;
mod message;
mod people;

use std::collections::HashMap;

use migrations_free_store::{Id, Position, Scope};
use serde::Serialize;

use super::authorise::{Actor, Authorised};
use super::command::{Command, Target, Upload};
use super::event::{Act, Content, Hash, Header};
use super::refusal::Refusal;
use super::state::{State, day_of};

/// What a decision may know beside the state.
#[derive(Default)]
pub struct Facts {
    pub now_ms: u64,
    /// Fresh ids, in order.
    pub ids: FreshIds,
    pub target: Option<Target>,
    pub uploads: HashMap<Id, Upload>,
    /// For a destruction: how many records and blobs the days hold, and the plan's hash.
    pub plan: Option<(Hash, Position, u64, u64)>,
}

/// Ids made outside, so that deciding twice with the same facts decides the same.
#[derive(Default)]
pub struct FreshIds(Vec<Id>);

impl FreshIds {
    pub fn new(mut ids: Vec<Id>) -> Self {
        ids.reverse();
        FreshIds(ids)
    }
    fn take(&mut self) -> Result<Id, Refusal> {
        self.0.pop().ok_or(Refusal::Unavailable)
    }
}

/// How many fresh ids any decision needs at most.
pub const FRESH_IDS: usize = 4;

/// An event before it has a place in the log.
#[derive(Debug)]
pub struct Draft {
    pub actor: Id,
    pub act: Act,
    pub channel: Option<Id>,
    pub content: Option<Content>,
    /// What the content is sealed under, and whose key is mixed in.
    pub scope: Scope,
    pub author: Option<Id>,
}

/// What to append, and what to answer when nothing is appended.
#[derive(Debug, Default)]
pub struct Decision {
    pub drafts: Vec<Draft>,
    pub ack: Ack,
}

/// The answer to a command. With events it is read from the first of them, so that a repetition of the
/// command, years of restarts later, gets the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ack {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub c: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invite: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
}

impl Ack {
    pub fn of(header: &Header) -> Ack {
        let base = Ack {
            c: header.channel,
            q: header.channel_seq,
            ts: Some(header.at),
            ..Ack::default()
        };
        match &header.act {
            Act::InviteCreated {
                invite, expires_at, ..
            } => Ack {
                invite: Some(*invite),
                expires_at: Some(*expires_at),
                ..Ack::default()
            },
            Act::ResetCreated {
                reset, expires_at, ..
            } => Ack {
                reset: Some(*reset),
                expires_at: Some(*expires_at),
                ..Ack::default()
            },
            Act::ExportRequested { export, .. } => Ack {
                export: Some(*export),
                ..Ack::default()
            },
            Act::PersonJoined { person, .. } => Ack {
                person: Some(*person),
                ..Ack::default()
            },
            Act::SessionOpened { person, device, .. } => Ack {
                person: Some(*person),
                device: Some(*device),
                ..Ack::default()
            },
            _ if header.channel.is_some() => base,
            _ => Ack::default(),
        }
    }
}

pub fn decide(
    state: &State,
    authorised: &Authorised<'_>,
    mut facts: Facts,
) -> Result<Decision, Refusal> {
    let actor = authorised.actor();
    let mut build = Build {
        state,
        actor,
        now_ms: facts.now_ms,
        decision: Decision::default(),
    };
    match authorised.command() {
        Command::Send(send) => message::send(&mut build, send, &facts)?,
        Command::Edit { c, q, b, m } => message::edit(&mut build, *c, *q, b, m, &facts)?,
        Command::Delete { c, q } => message::delete(&mut build, *c, *q, &facts)?,
        Command::React { c, q, e, on } => message::react(&mut build, *c, *q, e, *on, &facts)?,
        Command::Read { c, q } => message::read(&mut build, *c, *q, &facts),
        Command::Got { c, q } => message::got(&mut build, *c, *q),
        Command::Mute { c, on } => message::mute(&mut build, *c, *on),
        Command::ChannelCreate {
            kind,
            name,
            topic,
            people,
        } => channel::create(&mut build, *kind, name, topic, people, &mut facts)?,
        Command::ChannelDirect { with } => channel::direct(&mut build, *with, &mut facts)?,
        Command::ChannelEdit {
            c,
            name,
            topic,
            kind,
        } => channel::edit(&mut build, *c, name.as_deref(), topic.as_deref(), *kind)?,
        Command::ChannelAdd { c, people } => channel::add(&mut build, *c, people)?,
        Command::ChannelRemove { c, person } => channel::remove(&mut build, *c, *person)?,
        Command::ChannelLeave { c } => channel::leave(&mut build, *c)?,
        Command::ChannelOwner { c, person, on } => channel::owner(&mut build, *c, *person, *on)?,
        Command::ChannelArchive { c, on } => channel::archive(&mut build, *c, *on),
        Command::Profile { name } => people::rename(&mut build, name)?,
        Command::InviteCreate {
            role,
            channels,
            hours,
            uses,
            note,
        } => people::invite(&mut build, *role, channels, *hours, *uses, note, &mut facts)?,
        Command::InviteRevoke { invite } => people::revoke_invite(&mut build, *invite)?,
        Command::DeviceRevoke { device } => people::revoke_device(&mut build, *device)?,
        Command::PersonRole { person, role } => people::role(&mut build, *person, *role)?,
        Command::PersonDeactivate { person } => people::deactivate(&mut build, *person)?,
        Command::PersonReactivate { person } => people::reactivate(&mut build, *person)?,
        Command::PersonReset { person } => people::reset(&mut build, *person, &mut facts)?,
        Command::WorkspaceEdit { name } => governance::rename_workspace(&mut build, name)?,
        Command::PolicySet {
            c,
            keep_days,
            inherit,
        } => governance::policy(&mut build, *c, *keep_days, *inherit)?,
        Command::ExportRequest {
            c,
            from,
            to,
            reason,
            case,
        } => governance::request_export(&mut build, *c, *from, *to, reason, case, &mut facts)?,
        Command::ExportApprove { export } => governance::decide_export(&mut build, *export, true)?,
        Command::ExportRefuse { export } => governance::decide_export(&mut build, *export, false)?,
        Command::Door(inner) => door::decide(&mut build, inner, &mut facts)?,
    }
    Ok(build.decision)
}

/// The decision as it grows.
struct Build<'s> {
    state: &'s State,
    actor: Actor,
    now_ms: u64,
    decision: Decision,
}

impl Build<'_> {
    fn person(&self) -> Id {
        self.actor.person()
    }

    fn push(
        &mut self,
        act: Act,
        channel: Option<Id>,
        content: Option<Content>,
        scope: Scope,
        author: Option<Id>,
    ) {
        self.decision.drafts.push(Draft {
            actor: self.person(),
            act,
            channel,
            content,
            scope,
            author,
        });
    }

    /// What is said in a channel: dies with the channel's day.
    fn said(&mut self, channel: Id, act: Act, content: Content) {
        let scope = Scope::ChannelDay {
            channel,
            day: day_of(self.now_ms),
        };
        let author = Some(self.person());
        self.push(act, Some(channel), Some(content), scope, author);
    }

    /// What belongs to a message of another day: sealed with that message.
    fn amended(&mut self, channel: Id, day: u32, act: Act, content: Option<Content>) {
        let author = Some(self.person());
        self.push(
            act,
            Some(channel),
            content,
            Scope::ChannelDay { channel, day },
            author,
        );
    }

    /// A channel's standing facts: its name, its topic.
    fn standing(&mut self, channel: Id, act: Act, content: Option<Content>) {
        self.push(act, Some(channel), content, Scope::Channel(channel), None);
    }

    /// A person's own facts: name, credential, devices.
    fn personal(&mut self, person: Id, act: Act, content: Option<Content>) {
        self.push(act, None, content, Scope::Person(person), None);
    }

    /// Acts of governance: kept as long as the audit record is.
    fn audit(&mut self, act: Act, channel: Option<Id>, content: Option<Content>) {
        let scope = Scope::audit(self.now_ms);
        self.push(act, channel, content, scope, None);
    }
}
