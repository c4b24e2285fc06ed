//! From an authorised command to the events it means. Pure: time, ids and facts of the log are handed in.
//!
//! Never looks at who asks beyond what `authorise` settled, but for authorship, which only the log knows.

mod archive;
mod channel;
mod community;
mod confirm;
mod directory;
mod door;
mod forget;
mod governance;
mod message;
pub mod people;
mod pin;
pub mod policy;
mod poll;
pub mod preserve;
mod push;
pub mod review;
mod save;
mod schedule;
mod second;
pub mod supervise;
pub mod tag;

pub use message::{could_send, text as message_text};

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use migrations_free_store::{Id, Position, Scope};
use serde::Serialize;

use super::authorise::{Actor, Authorised};
use super::command::{Command, Target, Upload};
use super::event::{Act, Content, Header};
use super::preview::LinkPreview;
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
    /// What the server read of a link that the message names.
    pub preview: Option<LinkPreview>,
    /// For an order: its messages with their days, and with those on which one waited to be sent.
    pub days: Vec<(u64, u32)>,
    /// For a message that waits: what it says. None: that is destroyed. For a matter's new tag: those it has, and for
    /// an approval: what was asked for.
    pub words: Option<Content>,
    /// How long a rule waits after it was approved.
    pub grace_hours: u32,
    /// Where archives can go, by the configuration, and whether mails go there.
    pub destinations: Arc<BTreeMap<String, bool>>,
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
    pub matter: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// Where a look stands in the log.
    #[serde(skip)]
    pub position: Option<Position>,
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
            Act::ArchiveProposed { schedule, .. } => Ack {
                schedule: Some(*schedule),
                ..Ack::default()
            },
            Act::MatterOpened { matter } => Ack {
                matter: Some(*matter),
                ..Ack::default()
            },
            Act::HoldPlaced { hold, .. } => Ack {
                hold: Some(*hold),
                ..Ack::default()
            },
            Act::NoteWritten { note, .. } => Ack {
                note: Some(*note),
                ..Ack::default()
            },
            Act::GrantRequested { grant, .. } => Ack {
                grant: Some(*grant),
                ..Ack::default()
            },
            Act::MessageScheduled { schedule, .. } | Act::ScheduleChanged { schedule, .. } => Ack {
                schedule: Some(*schedule),
                ..Ack::default()
            },
            Act::SupervisionProposed { rule, .. } => Ack {
                rule: Some(*rule),
                ..Ack::default()
            },
            Act::OrderRequested { order, .. } => Ack {
                order: Some(*order),
                ..Ack::default()
            },
            Act::PolicyProposed { proposal, .. } => Ack {
                proposal: Some(*proposal),
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
        person: actor.person(),
        now_ms: facts.now_ms,
        decision: Decision::default(),
    };
    match authorised.command() {
        Command::Send(send) => message::send(&mut build, send, None, &facts)?,
        Command::Schedule {
            c,
            b,
            m,
            at,
            acknowledged,
        } => {
            let wanted = schedule::Wanted {
                b,
                m,
                at: *at,
                acknowledged,
            };
            schedule::schedule(&mut build, *c, &wanted, &mut facts)?
        }
        Command::ScheduleChange {
            schedule,
            b,
            m,
            at,
            acknowledged,
        } => {
            let wanted = schedule::Wanted {
                b,
                m,
                at: *at,
                acknowledged,
            };
            schedule::change(&mut build, *schedule, &wanted)?
        }
        Command::ScheduleCancel { schedule } => schedule::cancel(&mut build, *schedule)?,
        Command::ScheduleNow { schedule } => schedule::now(&mut build, *schedule, &facts)?,
        Command::Edit {
            c,
            q,
            b,
            m,
            acknowledged,
        } => message::edit(&mut build, (*c, *q), b, m, acknowledged, &facts)?,
        Command::Delete { c, q } => message::delete(&mut build, *c, *q, &facts)?,
        Command::React { c, q, e, on } => message::react(&mut build, *c, *q, e, *on, &facts)?,
        Command::Read { c, q } => message::read(&mut build, *c, *q, &facts),
        Command::Got { c, q } => message::got(&mut build, *c, *q),
        Command::Mute { c, on, all } => message::mute(&mut build, *c, *on, *all),
        Command::Confirm { c, q } => confirm::confirm(&mut build, *c, *q, &facts)?,
        Command::Remind { c, q } => confirm::remind(&mut build, *c, *q, &facts)?,
        Command::Pin { c, q, on } => pin::pin(&mut build, *c, *q, *on, &facts)?,
        Command::Save { c, q, on } => save::save(&mut build, *c, *q, *on, &facts)?,
        Command::Vote { c, q, o } => poll::vote(&mut build, *c, *q, o, &facts)?,
        Command::PollClose { c, q } => poll::close(&mut build, *c, *q, &facts)?,
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
        Command::ChannelSlow { c, seconds } => channel::slow(&mut build, *c, *seconds)?,
        Command::ChannelHistory { c, days } => channel::history(&mut build, *c, *days)?,
        Command::ChannelPlace { c, community } => community::place(&mut build, *c, *community)?,
        Command::ChannelAsk { c } => community::ask(&mut build, *c)?,
        Command::ChannelRefuse { c, person } => community::refuse(&mut build, *c, *person),
        Command::Profile { name } => people::rename(&mut build, name)?,
        Command::Quiet { hours } => push::quiet(&mut build, hours.as_ref())?,
        Command::InviteCreate {
            role,
            channels,
            hours,
            uses,
            note,
            ask,
        } => {
            let wanted = people::Wanted {
                role: *role,
                channels,
                hours: *hours,
                uses: *uses,
                note,
                asks: *ask,
            };
            people::invite(&mut build, &wanted, &mut facts)?;
        }
        Command::InviteRevoke { invite } => people::revoke_invite(&mut build, *invite)?,
        Command::DeviceRevoke { device } => people::revoke_device(&mut build, *device)?,
        Command::PersonRole { person, role } => people::role(&mut build, *person, *role)?,
        Command::PersonDeactivate { person, leave } => {
            people::deactivate(&mut build, *person, *leave)?
        }
        Command::PersonReactivate { person } => people::reactivate(&mut build, *person)?,
        Command::PersonReset { person } => people::reset(&mut build, *person, &mut facts)?,
        Command::SecondRemove { person } => second::remove(&mut build, *person)?,
        Command::SigninRule {
            second: roles,
            days,
            idle_days,
        } => second::rule(&mut build, roles, *days, *idle_days)?,
        Command::PersonLogin { person, login } => {
            door::login(&mut build, *person, login.as_deref())?
        }
        Command::WorkspaceEdit { name } => governance::rename_workspace(&mut build, name)?,
        Command::PolicySet {
            c,
            keep_days,
            inherit,
            floor_days,
            lock,
        } => {
            let wanted = policy::Wanted {
                c: *c,
                keep_days: *keep_days,
                inherit: *inherit,
                floor_days: *floor_days,
                lock: *lock,
            };
            policy::set(&mut build, &wanted, &mut facts)?;
        }
        Command::PolicyApprove { proposal } => {
            policy::approve(&mut build, *proposal, facts.grace_hours)?
        }
        Command::PolicyStop { proposal } => policy::stop(&mut build, *proposal)?,
        Command::MatterOpen { name, reason } => {
            preserve::open_matter(&mut build, name, reason, &mut facts)?
        }
        Command::HoldPlace {
            matter,
            channels,
            people,
            from,
            to,
            words,
        } => {
            let reach = review::reach(state, channels, people, *from, *to)?;
            preserve::place_hold(&mut build, *matter, reach, words, &mut facts)?
        }
        Command::HoldRelease { hold } => preserve::release_hold(&mut build, *hold)?,
        Command::MatterClose { matter } => review::close_matter(&mut build, *matter)?,
        Command::GrantRequest {
            matter,
            channels,
            people,
            from,
            to,
            reason,
            days,
        } => {
            let reach = review::reach(state, channels, people, *from, *to)?;
            review::request(&mut build, *matter, reach, *days, reason, &mut facts)?;
        }
        Command::GrantApprove { grant } => review::decide_grant(&mut build, *grant, true)?,
        Command::GrantRefuse { grant } => review::decide_grant(&mut build, *grant, false)?,
        Command::GrantEnd { grant } => review::end(&mut build, *grant)?,
        Command::TagName { matter, word } => {
            tag::name(&mut build, *matter, word, facts.words.as_ref())?
        }
        Command::TagSet(set) => tag::set(&mut build, set, &facts)?,
        Command::NoteWrite { grant, c, q, text } => {
            tag::write(&mut build, *grant, (*c, *q), text, &mut facts)?
        }
        Command::NoteWithdraw { grant, c, q, note } => {
            tag::withdraw(&mut build, *grant, (*c, *q), *note, &facts)?
        }
        Command::ExportTagged(asked) => tag::export(&mut build, asked, &mut facts)?,
        Command::SupervisionSet(asked) => supervise::set(&mut build, asked, &mut facts)?,
        Command::SupervisionApprove { rule } => supervise::approve(&mut build, *rule)?,
        Command::SupervisionRemove { rule } => supervise::remove(&mut build, *rule)?,
        Command::SupervisionReview {
            item,
            outcome,
            note,
        } => supervise::review(&mut build, *item, *outcome, note)?,
        Command::EraseRequest { person, reason } => {
            forget::request_erase(&mut build, *person, reason, &mut facts)?
        }
        Command::RedactRequest { c, q, reason } => {
            forget::request_redact(&mut build, *c, q, reason, &mut facts)?
        }
        Command::OrderApprove { order } => forget::decide_order(&mut build, *order, true)?,
        Command::OrderRefuse { order } => forget::decide_order(&mut build, *order, false)?,
        Command::ExportRequest(asked) => governance::request_export(&mut build, asked, &mut facts)?,
        Command::ExportApprove { export } => {
            tag::still_chosen(state, *export, &facts)?;
            governance::decide_export(&mut build, *export, true)?;
        }
        Command::ExportRefuse { export } => governance::decide_export(&mut build, *export, false)?,
        Command::ExportCancel { export } => governance::cancel_export(&mut build, *export)?,
        Command::ArchivePropose(asked) => archive::propose(&mut build, asked, &mut facts)?,
        Command::ArchiveApprove { schedule } => archive::decide(&mut build, *schedule, true)?,
        Command::ArchiveRefuse { schedule } => archive::decide(&mut build, *schedule, false)?,
        Command::ArchiveEnd { schedule } => archive::end(&mut build, *schedule)?,
        Command::Door(inner) => door::decide(&mut build, inner, &mut facts)?,
    }
    Ok(build.decision)
}

/// The decision as it grows.
struct Build<'s> {
    state: &'s State,
    actor: Actor,
    /// Whose act it is: who asks, or for what waited, whoever wrote it.
    person: Id,
    now_ms: u64,
    decision: Decision,
}

impl Build<'_> {
    fn person(&self) -> Id {
        self.person
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
    fn said(&mut self, channel: Id, act: Act, content: Content) -> Result<(), Refusal> {
        let scope = self.today(channel)?;
        let author = Some(self.person());
        self.push(act, Some(channel), Some(content), scope, author);
        Ok(())
    }

    /// The channel's day that it is. A clock that was set back may stand on one that is forgotten already.
    fn today(&self, channel: Id) -> Result<Scope, Refusal> {
        let day = day_of(self.now_ms);
        let known = self.state.channels.get(&channel);
        let gone = known
            .and_then(|c| c.days.get(&day))
            .is_some_and(|d| d.destroyed);
        if gone || self.state.is_doomed(channel, day, None) {
            return Err(Refusal::Fault {
                code: "clock_set_back",
                message: "The server's clock stands on a day that is forgotten already. Whoever runs it must set it right.".into(),
            });
        }
        Ok(Scope::ChannelDay { channel, day })
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
