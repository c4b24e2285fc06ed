//! What decisions need to know, folded from the log: people, devices, channels, policies, exports.
//!
//! Never holds message text. Names live here in memory only and are never written with it: they are
//! read back from the log by position, so that forgetting a person forgets the name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use migrations_free_store::{Id, Position};
use serde::{Deserialize, Serialize};

use super::account::Accounts;
pub use super::archive::{Archive, ArchiveState, Delivery};
pub use super::asks::{Ask, Asks};
use super::command::{ChannelKind, Role};
use super::event::{Act, Content, Entry, Event, Hash, Keep};
use super::fate::{Hold, Rules};
pub use super::grant::{Grant, GrantEnd, GrantState, Looks};
use super::proposal::{Approval, Proposal, ProposalState, Ruling};
use super::quiet::QuietHours;
use super::schedule::{Scheduled, Schedules};
use super::second::{Seconds, SigninRules};
use super::subject::{Narrowed, Subject};
use super::supervision::Supervision;
use super::tag::{Choice, Chosen, NoteAt, Review};

pub const DAY_MS: u64 = 86_400_000;

/// The UTC day of a time, counted from 1970.
pub fn day_of(at_ms: u64) -> u32 {
    u32::try_from(at_ms / DAY_MS).unwrap_or(u32::MAX)
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct State {
    /// The next position to apply: everything below it is folded in.
    pub position: Position,
    pub workspace: Workspace,
    pub people: HashMap<Id, Person>,
    pub devices: HashMap<Id, Device>,
    pub channels: HashMap<Id, Channel>,
    pub invites: HashMap<Id, Invite>,
    pub resets: HashMap<Id, Reset>,
    pub exports: HashMap<Id, Export>,
    /// What leaves by itself, by schedule.
    pub archives: HashMap<Id, Archive>,
    pub imports: HashMap<Id, Import>,
    pub matters: HashMap<Id, Matter>,
    /// What is preserved just now, by hold.
    pub holds: HashMap<Id, Hold>,
    pub orders: HashMap<Id, Order>,
    /// Changes of rules that wait for a second person and for their time, and what became of them.
    pub proposals: HashMap<Id, Proposal>,
    /// The newest time of any event: a clock that was set back starts no period earlier, and revives nothing.
    pub newest_ms: u64,
    pub grants: HashMap<Id, Grant>,
    /// What officers opened, by channel, oldest day first.
    pub looks: HashMap<Id, Vec<Looks>>,
    /// When the rules of forgetting last changed: plans made before it are made anew.
    pub ruled: Position,
    /// Destructions that were intended and are not done: resumed at start.
    pub unfinished: BTreeSet<Subject>,
    /// What is to be sent later.
    pub schedules: Schedules,
    pub accounts: Accounts,
    /// What officers noted about messages, by matter.
    pub reviews: HashMap<Id, Review>,
    /// Where the log has the key that pushes are signed with.
    pub push_key: Option<Position>,
    pub supervision: Supervision,
    pub signin: SigninRules,

    #[serde(skip)]
    tokens: HashMap<Hash, Id>,
    #[serde(skip)]
    handles: HashMap<String, Id>,
    #[serde(skip)]
    directs: HashMap<(Id, Id), Id>,
    #[serde(skip)]
    memberships: HashMap<Id, BTreeSet<Id>>,
    #[serde(skip)]
    pushed: HashMap<Id, BTreeSet<Id>>,
    #[serde(skip)]
    communities: HashMap<Id, BTreeSet<Id>>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Workspace {
    pub id: Option<Id>,
    pub keep: Keep,
    pub floor: Floor,
    pub named_at: Position,
    #[serde(skip)]
    pub name: String,
}

/// Days before which nothing is forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    pub days: Option<u32>,
    /// It can only be lengthened.
    pub locked: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    pub role: Role,
    pub active: bool,
    /// Forgotten, or about to be: never comes back.
    pub erased: bool,
    pub imported: bool,
    pub joined_at: u64,
    pub handle_at: Position,
    pub named_at: Position,
    pub credential_at: Option<Position>,
    /// The newest command id from any device: anything newer is certainly not a repetition.
    pub mark: Id,
    pub quiet_at: Option<Position>,
    pub seconds: Seconds,
    #[serde(skip)]
    pub quiet: Option<QuietHours>,
    #[serde(skip)]
    pub name: String,
    #[serde(skip)]
    pub handle: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Device {
    pub person: Id,
    pub token: Hash,
    pub opened_at: u64,
    /// When somebody showed who she is for it: which another device let in has its time of that one.
    pub shown_at: u64,
    /// By the company's provider, which may have asked her nothing: her browser was signed in there.
    pub by_provider: bool,
    pub opened: Position,
    /// The newest that the log has of it.
    pub seen_at: u64,
    pub live: bool,
    /// Where the log says how it is told of what is new; None: it is not.
    pub push: Option<Position>,
    #[serde(skip)]
    pub endpoint: String,
    #[serde(skip)]
    pub label: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Channel {
    pub kind: ChannelKind,
    pub created_at: u64,
    pub archived: bool,
    pub keep: Keep,
    pub floor: Floor,
    pub named_at: Position,
    /// The newest number of its sequence, and the leaf that carries it.
    pub head: u64,
    pub leaf: Hash,
    pub messages: u64,
    pub last_at: u64,
    /// The newest message's number: what a channel list shows.
    pub last_message: Option<u64>,
    pub members: BTreeMap<Id, Member>,
    pub days: BTreeMap<u32, Day>,
    /// Seconds between two messages of one person; 0: none.
    pub slow: u32,
    /// Days of the past that whoever is added reads; None: all of it.
    pub history: Option<u32>,
    /// The announcement channel that it stands under.
    pub community: Option<Id>,
    /// Who asks to be let in, and since when.
    pub asking: BTreeMap<Id, u64>,
    pub asks: Asks,
    /// What it keeps at hand, by number.
    pub pins: BTreeMap<u64, Pin>,
    #[serde(skip)]
    pub name: String,
    #[serde(skip)]
    pub topic: String,
}

/// Messages that one channel keeps at hand.
pub const PINS_MAX: usize = 50;

/// What a pinned message is forgotten with.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Pin {
    pub day: u32,
    pub author: Id,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Member {
    pub owner: bool,
    /// The channel's head when this person came in (this stay).
    pub since: u64,
    /// The first number that this person reads (this stay); 0: all.
    pub from: u64,
    pub read: u64,
    pub read_n: u64,
    pub got: u64,
    /// Told only of what is meant for this person; `muted_all`: not of that either.
    pub muted: bool,
    pub muted_all: bool,
    /// When this person wrote last (this stay).
    pub wrote_at: u64,
    /// Unread messages that mention this person, oldest first, bounded.
    pub mentions: Vec<u64>,
    /// What this person keeps at hand (this stay), by number.
    pub saved: BTreeMap<u64, Saved>,
}

/// Messages that one person keeps at hand, in all channels together.
pub const SAVED_MAX: usize = 500;

/// A message that somebody saved: when, and what it is forgotten with.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Saved {
    pub at: u64,
    pub position: Position,
    pub day: u32,
    pub author: Id,
}

/// Unread mentions kept per member; the count shown stops there.
pub const MENTIONS_KEPT_MAX: usize = 100;

/// One UTC day of a channel: the unit of keys and of forgetting.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Day {
    pub from: u64,
    pub to: u64,
    pub messages: u64,
    pub files: u64,
    pub urgent: u32,
    pub destroyed: bool,
    /// When, and how many days its channel kept what was said; once it is destroyed.
    pub destroyed_at: u64,
    pub kept_days: Option<u32>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Invite {
    pub role: Role,
    pub channels: Vec<Id>,
    pub made_by: Id,
    pub made_at: u64,
    pub expires_at: u64,
    pub uses: u32,
    pub used: u32,
    pub revoked: bool,
    /// Whoever comes by it asks to be let in.
    pub asks: bool,
    pub position: Position,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reset {
    pub person: Id,
    pub expires_at: u64,
    pub used: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Export {
    pub channel: Id,
    pub from: u64,
    pub to: u64,
    pub by: Id,
    pub at: u64,
    pub decided_by: Option<Id>,
    pub state: ExportState,
    pub requested: Position,
    /// The log position that freezes what the export holds.
    pub frozen: Position,
    pub events: u64,
    pub bytes: u64,
    pub sha256: Hash,
    /// The sealed bundle, once it is ready.
    pub blob: Option<Id>,
    /// Only what a matter has tagged so.
    pub chosen: Option<Choice>,
    pub built_at: u64,
    /// Whose order it is, when nobody asked for it by hand.
    pub schedule: Option<Id>,
}

/// A bundle can be downloaded for so long. Then its key is destroyed: it may be asked for anew.
pub const BUNDLE_DAYS: u64 = 30;

impl Export {
    /// What a schedule ordered is kept until it is delivered, however long that takes.
    pub fn expires_at(&self) -> Option<u64> {
        (self.state == ExportState::Ready && self.schedule.is_none())
            .then_some(self.built_at + BUNDLE_DAYS * DAY_MS)
    }

    /// `now_ms`: never less than the newest event's time.
    pub fn has_expired(&self, now_ms: u64) -> bool {
        self.expires_at().is_some_and(|at| at <= now_ms)
    }

    /// Nobody will ever download it: what was sealed under its key may go.
    pub fn is_over(&self, now_ms: u64) -> bool {
        match self.state {
            ExportState::Waiting
            | ExportState::Refused
            | ExportState::Running
            | ExportState::Destroyed => false,
            ExportState::Ready => self.has_expired(now_ms),
            ExportState::Failed | ExportState::Cancelled | ExportState::Expired => true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    Waiting,
    Refused,
    Running,
    Ready,
    Failed,
    /// Something in it was destroyed since, and the bundle with it.
    Destroyed,
    /// Given up, before it was ready or after.
    Cancelled,
    Expired,
}

/// A legal case. What it is about stands in the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Matter {
    pub by: Id,
    pub at: u64,
    pub opened: Position,
    pub closed_at: Option<u64>,
}

/// What somebody asked to have forgotten before its time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    pub what: Ordered,
    pub by: Id,
    pub at: u64,
    pub requested: Position,
    pub decided_by: Option<Id>,
    pub state: OrderState,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Ordered {
    Erase {
        person: Id,
    },
    Redact {
        channel: Id,
        /// What is left to do, by day.
        messages: BTreeMap<u32, Vec<u64>>,
        done: Vec<u64>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    Waiting,
    Refused,
    Approved,
    Done,
}

impl Order {
    /// Approved, and so carried out or soon to be.
    pub fn is_given(&self) -> bool {
        matches!(self.state, OrderState::Approved | OrderState::Done)
    }

    /// Is what this person said, at or about this message of the channel, among what is to be forgotten?
    pub fn takes(&self, channel: Id, message: Option<u64>, author: Option<Id>) -> bool {
        match &self.what {
            Ordered::Erase { person } => author == Some(*person),
            Ordered::Redact {
                channel: c,
                messages,
                done,
            } => {
                let mut named = messages.values().flatten().chain(done);
                *c == channel && message.is_some_and(|q| named.any(|known| *known == q))
            }
        }
    }

    /// The destructions that are left to do.
    pub fn subjects(&self, order: Id) -> Vec<Subject> {
        match &self.what {
            Ordered::Erase { person } => vec![Subject::Person {
                person: *person,
                order,
            }],
            Ordered::Redact {
                channel, messages, ..
            } => messages
                .iter()
                .map(|(day, messages)| Subject::Messages {
                    channel: *channel,
                    day: *day,
                    messages: messages.clone(),
                    order,
                })
                .collect(),
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Import {
    pub channel: Id,
    pub by: Id,
    pub at: u64,
    pub sha256: Hash,
    pub bytes: u64,
    pub started: Position,
    pub finished: Option<(Position, u64, u64, u64, u64)>,
}

impl State {
    pub fn is_set_up(&self) -> bool {
        self.workspace.id.is_some()
    }

    /// The role of an active person.
    pub fn role(&self, person: Id) -> Option<Role> {
        self.people
            .get(&person)
            .filter(|p| p.active)
            .map(|p| p.role)
    }

    pub fn device_is_live(&self, device: Id, person: Id) -> bool {
        self.devices
            .get(&device)
            .is_some_and(|d| d.live && d.person == person)
    }

    /// Is this person signed in anywhere?
    pub fn is_signed_in(&self, person: Id) -> bool {
        let mut live = self.devices.values().filter(|d| d.live);
        live.any(|d| d.person == person)
    }

    /// The live session behind a token's hash.
    pub fn session(&self, token: &Hash) -> Option<(Id, &Device)> {
        let id = self.tokens.get(token)?;
        let device = self.devices.get(id)?;
        (device.live && self.role(device.person).is_some()).then_some((*id, device))
    }

    pub fn by_handle(&self, folded: &str) -> Option<Id> {
        self.handles.get(folded).copied()
    }

    /// The channel, to a member only.
    pub fn seen_channel(&self, channel: Id, person: Id) -> Option<(&Channel, &Member)> {
        let channel = self.channels.get(&channel)?;
        let member = channel.members.get(&person)?;
        Some((channel, member))
    }

    pub fn channels_of(&self, person: Id) -> impl Iterator<Item = (Id, &Channel)> {
        self.memberships
            .get(&person)
            .into_iter()
            .flatten()
            .filter_map(|id| self.channels.get(id).map(|c| (*id, c)))
    }

    /// The channels that stand under an announcement channel.
    pub fn channels_under(&self, community: Id) -> impl Iterator<Item = (Id, &Channel)> {
        self.communities
            .get(&community)
            .into_iter()
            .flatten()
            .filter_map(|id| self.channels.get(id).map(|c| (*id, c)))
    }

    /// What this person keeps at hand, with the channel that it stands in.
    pub fn saved_by(&self, person: Id) -> impl Iterator<Item = (Id, &Member, u64, Saved)> {
        let theirs = self.channels_of(person);
        theirs
            .filter_map(move |(id, channel)| Some((id, channel.members.get(&person)?)))
            .flat_map(|(id, member)| {
                let saved = member.saved.iter();
                saved.map(move |(q, saved)| (id, member, *q, *saved))
            })
    }

    /// The devices that are told of what is new, by person.
    pub fn pushed(&self) -> &HashMap<Id, BTreeSet<Id>> {
        &self.pushed
    }

    /// Guests know the people of their channels; everyone else knows everyone.
    pub fn may_know(&self, person: Id, other: Id) -> bool {
        match self.role(person) {
            None => false,
            Some(Role::Guest) => {
                person == other
                    || self
                        .channels_of(person)
                        .any(|(_, c)| c.members.contains_key(&other))
            }
            Some(Role::Member | Role::Admin | Role::Officer | Role::Auditor | Role::Bot) => true,
        }
    }

    pub fn direct_between(&self, a: Id, b: Id) -> Option<Id> {
        self.directs.get(&pair(a, b)).copied()
    }

    /// The days a channel's content is kept; None: for ever. A floor above it wins.
    pub fn keep_days(&self, channel: &Channel) -> Option<u32> {
        channel.ruling().bounds(self.workspace.ruling()).ceiling
    }

    /// The days before which nothing of the channel is forgotten.
    pub fn floor_days(&self, channel: &Channel) -> Option<u32> {
        channel.ruling().bounds(self.workspace.ruling()).floor
    }

    /// Now, and never before what the log has seen.
    pub fn latest(&self, now_ms: u64) -> u64 {
        now_ms.max(self.newest_ms)
    }

    /// What is kept beyond its time, as of now.
    pub fn rules(&self, now_ms: u64) -> Rules {
        Rules {
            holds: self
                .holds
                .values()
                .map(|hold| (hold.placed, hold.clone()))
                .collect(),
            floor: self.workspace.floor.days,
            channel_floors: self
                .channels
                .iter()
                .filter_map(|(id, channel)| Some((*id, channel.floor.days?)))
                .collect(),
            today: day_of(now_ms),
            taken: self.position,
        }
    }

    /// Nothing may be added any more to what is about to be forgotten: it would be neither planned nor kept.
    pub fn is_doomed(&self, channel: Id, day: u32, message: Option<u64>) -> bool {
        self.unfinished.iter().any(|subject| match subject {
            Subject::Days { channel: c, days } => *c == channel && days.contains(&day),
            Subject::Messages {
                channel: c,
                messages,
                ..
            } => *c == channel && message.is_some_and(|q| messages.contains(&q)),
            Subject::Person { .. } | Subject::Escrow(_) => false,
        })
    }

    /// What is kept beyond its time, by whom it is kept for: matters, and orders that floors stood against.
    pub fn escrows(&self) -> Vec<Id> {
        let done = self
            .orders
            .iter()
            .filter(|(_, order)| order.state == OrderState::Done);
        let mut all: Vec<Id> = self.matters.keys().copied().collect();
        all.extend(done.map(|(id, _)| *id));
        all.sort_unstable();
        all
    }

    /// The days of a channel whose ceiling has passed: a day is due when its last moment is older than the ceiling.
    pub fn due_days(&self, channel: &Channel, keep_days: Option<u32>, now_ms: u64) -> Vec<u32> {
        let Some(keep) = keep_days else {
            return Vec::new();
        };
        let today = day_of(now_ms);
        channel
            .days
            .iter()
            .filter(|(day, facts)| !facts.destroyed && day.saturating_add(keep) < today)
            .map(|(day, _)| *day)
            .collect()
    }

    /// A handle nobody has yet, made from a name.
    pub fn free_handle(&self, name: &str) -> String {
        let base = handle_from(name);
        if !self.handles.contains_key(&base) {
            return base;
        }
        (2..=u64::MAX)
            .map(|n| format!("{base}{n}"))
            .find(|h| !self.handles.contains_key(h))
            .unwrap_or(base)
    }

    /// Folds one event in. Facts only: whatever the log says happened, happened.
    pub fn apply(&mut self, event: &Event) {
        let at = event.header.at;
        let actor = event.header.actor;
        let content = event.content.as_ref();
        self.position = event.position + 1;
        self.newest_ms = self.newest_ms.max(at);
        if let (Some(key), Some(person)) = (event.header.key, self.people.get_mut(&actor)) {
            person.mark = person.mark.max(key);
        }
        if let Some(device) = event.header.device.and_then(|d| self.devices.get_mut(&d)) {
            device.seen_at = device.seen_at.max(at);
        }
        if let (Some(id), Some(seq)) = (event.header.channel, event.header.channel_seq)
            && !matches!(event.header.act, Act::ChannelCreated { .. })
            && let Some(channel) = self.channels.get_mut(&id)
        {
            channel.head = seq;
            channel.leaf = event.leaf;
            let day = channel.days.entry(day_of(at)).or_insert_with(|| Day {
                from: seq,
                ..Day::default()
            });
            day.to = seq;
        }
        match &event.header.act {
            Act::ServerStarted { .. }
            | Act::SigninLocked { .. }
            | Act::LookCounted { .. }
            | Act::CertificateDownloaded { .. }
            | Act::DataAsked { .. }
            | Act::DataDownloaded { .. } => {}
            Act::ExportDownloaded { export } => {
                if let Some(channel) = self.exports.get(export).map(|e| e.channel) {
                    self.looked(&[channel], None, at);
                }
            }
            Act::LookSearched { matter, seen, .. } => self.looked(seen, Some(*matter), at),
            Act::LookRead {
                matter,
                channels,
                ranges,
                ..
            } => {
                // A page on which there was nothing told nothing.
                if !ranges.is_empty() {
                    self.looked(channels, Some(*matter), at);
                }
            }
            Act::LookOpened {
                matter, channels, ..
            } => self.looked(channels, Some(*matter), at),
            Act::TagNamed { matter, .. } => {
                let review = self.reviews.entry(*matter).or_default();
                review.words.push(event.position);
            }
            Act::TagSet { matter, tags, .. } => {
                if let Some(about) = event.header.act.notes_about() {
                    let review = self.reviews.entry(*matter).or_default();
                    review.tag(about, tags);
                }
            }
            Act::NoteWritten { matter, note, .. } => {
                if let Some(about) = event.header.act.notes_about() {
                    let (note, by, position) = (*note, actor, event.position);
                    let review = self.reviews.entry(*matter).or_default();
                    review.note(about, NoteAt { note, by, position });
                }
            }
            Act::NoteWithdrawn {
                matter,
                note,
                channel,
                of,
                ..
            } => {
                if let Some(review) = self.reviews.get_mut(matter) {
                    review.withdraw(*channel, *of, *note);
                }
            }
            Act::WorkspaceCreated { workspace } => {
                self.workspace.id = Some(*workspace);
                self.workspace.keep = Keep::Forever;
                self.name_workspace(event.position, content);
            }
            Act::WorkspaceRenamed {} => self.name_workspace(event.position, content),
            Act::PolicySet {
                keep,
                floor,
                locked,
                proposal,
                ..
            } => {
                self.ruled = self.position;
                self.end_proposal(*proposal, ProposalState::Taken);
                let floor = Floor {
                    days: *floor,
                    locked: *locked,
                };
                match event.header.channel {
                    Some(channel) => {
                        if let Some(channel) = self.channels.get_mut(&channel) {
                            (channel.keep, channel.floor) = (*keep, floor);
                        }
                    }
                    None => (self.workspace.keep, self.workspace.floor) = (*keep, floor),
                }
            }
            Act::PolicyProposed {
                proposal,
                keep,
                floor,
                locked,
                dooms,
                lapses_at,
            } => {
                let floor = Floor {
                    days: *floor,
                    locked: *locked,
                };
                self.proposals.insert(
                    *proposal,
                    Proposal {
                        channel: event.header.channel,
                        ruling: Ruling { keep: *keep, floor },
                        dooms: *dooms,
                        by: actor,
                        at,
                        lapses_at: *lapses_at,
                        approval: None,
                        state: ProposalState::Waiting,
                        stopped_by: None,
                    },
                );
            }
            Act::PolicyApproved {
                proposal,
                grace_hours,
                takes_effect_at,
            } => {
                if let Some(proposal) = self.proposals.get_mut(proposal) {
                    proposal.state = ProposalState::Approved;
                    proposal.approval = Some(Approval {
                        by: actor,
                        at,
                        grace_hours: *grace_hours,
                        takes_effect_at: *takes_effect_at,
                    });
                }
            }
            Act::PolicyStopped { proposal } => {
                self.end_proposal(Some(*proposal), ProposalState::Stopped);
                if let Some(proposal) = self.proposals.get_mut(proposal) {
                    proposal.stopped_by = Some(actor);
                }
            }
            Act::PolicyLapsed { proposal, .. } => {
                self.end_proposal(Some(*proposal), ProposalState::Lapsed);
            }
            Act::MatterOpened { matter } => {
                self.matters.insert(
                    *matter,
                    Matter {
                        by: actor,
                        at,
                        opened: event.position,
                        closed_at: None,
                    },
                );
            }
            Act::HoldPlaced {
                hold,
                matter,
                channels,
                people,
                from_day,
                to_day,
                by_words,
            } => {
                self.ruled = self.position;
                self.holds.insert(
                    *hold,
                    Hold {
                        matter: *matter,
                        channels: channels.clone(),
                        people: people.clone(),
                        from_day: from_day.unwrap_or(0),
                        to_day: to_day.unwrap_or(u32::MAX),
                        by: actor,
                        at,
                        placed: event.position,
                        by_words: *by_words,
                        words: Vec::new(),
                    },
                );
                self.recall(Named::Hold(*hold), content);
            }
            Act::HoldReleased { hold } => {
                self.ruled = self.position;
                self.holds.remove(hold);
            }
            Act::MatterClosed { matter } => {
                if let Some(matter) = self.matters.get_mut(matter) {
                    matter.closed_at = Some(at);
                }
                self.end_grants(at, GrantEnd::MatterClosed, |grant| grant.matter == *matter);
            }
            Act::GrantRequested {
                grant,
                matter,
                reach,
                days,
            } => {
                self.grants.insert(
                    *grant,
                    Grant {
                        matter: *matter,
                        channels: reach.channels.clone(),
                        people: reach.people.clone(),
                        from_day: reach.from_day,
                        to_day: reach.to_day,
                        days: *days,
                        by: actor,
                        at,
                        requested: event.position,
                        decided_by: None,
                        state: GrantState::Waiting,
                        expires_at: 0,
                        ended: None,
                    },
                );
            }
            Act::GrantApproved { grant, expires_at } => {
                if let Some(grant) = self.grants.get_mut(grant) {
                    (grant.state, grant.decided_by) = (GrantState::Approved, Some(actor));
                    grant.expires_at = *expires_at;
                }
            }
            Act::GrantRefused { grant } => {
                if let Some(grant) = self.grants.get_mut(grant) {
                    (grant.state, grant.decided_by) = (GrantState::Refused, Some(actor));
                }
            }
            Act::GrantEnded { grant, expired } => {
                if let Some(grant) = self.grants.get_mut(grant) {
                    match expired {
                        true => grant.end(grant.expires_at, GrantEnd::Expired),
                        false => grant.end(at, GrantEnd::GivenBack),
                    }
                }
            }
            Act::SupervisionProposed { .. }
            | Act::SupervisionApproved { .. }
            | Act::SupervisionRemoved { .. }
            | Act::SupervisionTaken { .. }
            | Act::SupervisionReviewed { .. }
            | Act::LookSupervised { .. } => self.supervision.apply(event),
            Act::OrderRequested {
                order,
                person,
                messages,
                days,
            } => {
                let what = match (person, event.header.channel) {
                    (Some(person), _) => Ordered::Erase { person: *person },
                    (None, Some(channel)) => {
                        let mut by_day: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
                        for (message, day) in messages.iter().zip(days) {
                            by_day.entry(*day).or_default().push(*message);
                        }
                        Ordered::Redact {
                            channel,
                            messages: by_day,
                            done: Vec::new(),
                        }
                    }
                    (None, None) => return,
                };
                self.orders.insert(
                    *order,
                    Order {
                        what,
                        by: actor,
                        at,
                        requested: event.position,
                        decided_by: None,
                        state: OrderState::Waiting,
                    },
                );
            }
            Act::OrderApproved { order } => {
                if let Some(order) = self.orders.get_mut(order) {
                    (order.state, order.decided_by) = (OrderState::Approved, Some(actor));
                    if let Ordered::Erase { person } = order.what
                        && let Some(person) = self.people.get_mut(&person)
                    {
                        person.erased = true;
                    }
                }
            }
            Act::OrderRefused { order } => {
                if let Some(order) = self.orders.get_mut(order) {
                    (order.state, order.decided_by) = (OrderState::Refused, Some(actor));
                }
            }
            Act::PersonJoined {
                person,
                role,
                invite,
                imported,
            } => {
                self.people.insert(
                    *person,
                    Person {
                        role: *role,
                        active: !imported,
                        erased: false,
                        imported: *imported,
                        joined_at: at,
                        handle_at: event.position,
                        named_at: event.position,
                        credential_at: None,
                        mark: Id([0; 16]),
                        quiet_at: None,
                        seconds: Seconds::default(),
                        quiet: None,
                        name: String::new(),
                        handle: String::new(),
                    },
                );
                self.recall_person(*person, content, true);
                if let Some(invite) = invite.and_then(|i| self.invites.get_mut(&i)) {
                    invite.used += 1;
                }
            }
            Act::PersonRenamed { person } => {
                if let Some(p) = self.people.get_mut(person) {
                    p.named_at = event.position;
                }
                self.recall_person(*person, content, false);
            }
            Act::CredentialSet { person } => {
                if let Some(p) = self.people.get_mut(person) {
                    p.credential_at = Some(event.position);
                    if p.imported {
                        p.imported = false;
                    }
                }
            }
            Act::RoleSet { person, role } => {
                if let Some(p) = self.people.get_mut(person) {
                    p.role = *role;
                }
                if *role != Role::Officer {
                    self.end_grants_of(*person, at);
                }
            }
            Act::PersonDeactivated { person, .. } => {
                self.accounts.turned(*person, actor == super::event::SYSTEM);
                if let Some(p) = self.people.get_mut(person) {
                    p.active = false;
                }
                for channel in self.channels.values_mut() {
                    channel.asking.remove(person);
                }
                self.end_grants_of(*person, at);
                let theirs: Vec<Id> = self
                    .devices
                    .iter()
                    .filter(|(_, d)| d.person == *person)
                    .map(|(id, _)| *id)
                    .collect();
                for device in theirs {
                    self.end_device(device);
                }
            }
            Act::PersonReactivated { person } => {
                self.accounts.turned(*person, false);
                if let Some(p) = self.people.get_mut(person) {
                    p.active = true;
                }
            }
            Act::ResetCreated {
                reset,
                person,
                expires_at,
            } => {
                self.resets.insert(
                    *reset,
                    Reset {
                        person: *person,
                        expires_at: *expires_at,
                        used: false,
                    },
                );
            }
            Act::SessionOpened {
                person,
                device,
                token,
                how,
                by,
                second,
            } => {
                if let (Some(second), Some(p)) = (second, self.people.get_mut(person)) {
                    p.seconds.used(second);
                }
                let label = content.and_then(|c| c.label.clone()).unwrap_or_default();
                let vouching = by.filter(|_| *how == Entry::Device);
                let vouching = vouching.and_then(|device| self.devices.get(&device));
                let shown_at = vouching.map_or(at, |device| device.shown_at);
                let by_provider =
                    *how == Entry::Oidc || vouching.is_some_and(|device| device.by_provider);
                self.devices.insert(
                    *device,
                    Device {
                        person: *person,
                        token: *token,
                        opened_at: at,
                        shown_at,
                        by_provider,
                        opened: event.position,
                        seen_at: at,
                        live: true,
                        push: None,
                        endpoint: String::new(),
                        label,
                    },
                );
                self.tokens.insert(*token, *device);
                if *how == Entry::Reset
                    && let Some(reset) = by.and_then(|r| self.resets.get_mut(&r))
                {
                    reset.used = true;
                }
            }
            Act::SessionEnded { device, .. } => self.end_device(*device),
            Act::SessionSeen { device, .. } => {
                if let Some(known) = self.devices.get_mut(device) {
                    known.seen_at = known.seen_at.max(at);
                }
            }
            Act::SecondSet { person, .. }
            | Act::SecondRemoved { person, .. }
            | Act::RecoverySet { person }
            | Act::PasskeyAdded { person, .. }
            | Act::PasskeyRemoved { person, .. } => {
                if let Some(p) = self.people.get_mut(person) {
                    p.seconds.apply(&event.header.act, event.position, at);
                }
            }
            Act::SigninRuled {
                second,
                days,
                idle_days,
            } => {
                let idle_since = match self.signin.idle_days {
                    Some(_) => self.signin.idle_since,
                    None => at,
                };
                self.signin = SigninRules {
                    second: second.clone(),
                    days: *days,
                    idle_days: *idle_days,
                    idle_since,
                };
            }
            Act::PushKeyed {} => self.push_key = Some(event.position),
            Act::PushSubscribed { person, device } => {
                if let Some(known) = self.devices.get_mut(device) {
                    known.push = Some(event.position);
                    self.pushed.entry(*person).or_default().insert(*device);
                }
                self.recall(Named::Push(*device), content);
            }
            Act::PushEnded { device, .. } => self.end_push(*device),
            Act::QuietSet { person } => {
                if let Some(known) = self.people.get_mut(person) {
                    known.quiet_at = content.map(|_| event.position);
                }
                self.recall(Named::Quiet(*person), content);
            }
            Act::AccountSet { person, how } => {
                self.accounts.set(*person, event.position, content);
                self.accounts.told(*person, *how, at);
            }
            Act::InviteCreated {
                invite,
                role,
                channels,
                expires_at,
                uses,
                asks,
            } => {
                self.invites.insert(
                    *invite,
                    Invite {
                        role: *role,
                        channels: channels.clone(),
                        made_by: actor,
                        made_at: at,
                        expires_at: *expires_at,
                        uses: *uses,
                        used: 0,
                        revoked: false,
                        asks: *asks,
                        position: event.position,
                    },
                );
            }
            Act::InviteRevoked { invite } => {
                if let Some(invite) = self.invites.get_mut(invite) {
                    invite.revoked = true;
                }
            }
            Act::ChannelCreated {
                kind,
                owners,
                members,
            } => self.create_channel(event, *kind, owners, members),
            Act::ChannelChanged { kind } => {
                if let Some(channel) = event.header.channel.and_then(|c| self.channels.get_mut(&c))
                {
                    channel.kind = *kind;
                    channel.named_at = event.position;
                    name_channel(channel, content);
                }
            }
            Act::ChannelArchived { on } => {
                if let Some(channel) = event.header.channel.and_then(|c| self.channels.get_mut(&c))
                {
                    channel.archived = *on;
                }
            }
            Act::ChannelMuted { on, all } => {
                if let Some(member) = self.member_mut(event.header.channel, actor) {
                    (member.muted, member.muted_all) = (*on, *all);
                }
            }
            Act::ChannelSlowed { seconds } => {
                if let Some(channel) = self.channel_mut(event) {
                    channel.slow = *seconds;
                }
            }
            Act::HistorySet { days } => {
                if let Some(channel) = self.channel_mut(event) {
                    channel.history = *days;
                }
            }
            Act::ChannelPlaced { community } => {
                if let Some(id) = event.header.channel {
                    self.place(id, *community);
                }
            }
            Act::JoinAsked { person } => {
                if let Some(channel) = self.channel_mut(event) {
                    channel.asking.entry(*person).or_insert(at);
                }
            }
            Act::JoinRefused { person } => {
                if let Some(channel) = self.channel_mut(event) {
                    channel.asking.remove(person);
                }
            }
            Act::MemberAdded { person, first } => {
                self.add_member(event.header.channel, *person, false);
                if let Some(member) = self.member_mut(event.header.channel, *person) {
                    member.from = first.unwrap_or(0);
                }
            }
            Act::MemberRemoved { person } | Act::MemberLeft { person } => {
                if let Some(id) = event.header.channel {
                    if let Some(channel) = self.channels.get_mut(&id) {
                        channel.members.remove(person);
                    }
                    if let Some(set) = self.memberships.get_mut(person) {
                        set.remove(&id);
                    }
                }
            }
            Act::OwnerGranted { person } => {
                if let Some(member) = self.member_mut(event.header.channel, *person) {
                    member.owner = true;
                }
            }
            Act::OwnerRevoked { person } => {
                if let Some(member) = self.member_mut(event.header.channel, *person) {
                    member.owner = false;
                }
            }
            Act::MessagePosted {
                n,
                mentions,
                files,
                thread,
                asks,
                waited,
                urgent,
                ..
            } => {
                if let Some(waited) = waited {
                    self.schedules.remove(actor, waited.schedule);
                }
                self.message(event, *n, files.len() as u64, mentions, thread.is_none());
                if let Some(channel) = self.channel_mut(event).filter(|_| *urgent)
                    && let Some(day) = channel.days.get_mut(&day_of(at))
                {
                    day.urgent += 1;
                }
                if asks.is_some() {
                    self.ask(event);
                }
            }
            Act::MessageImported { n, files, .. } => {
                self.message(event, *n, files.len() as u64, &[], true)
            }
            Act::MessageEdited { .. }
            | Act::ReactionAdded { .. }
            | Act::ReactionRemoved { .. }
            | Act::PollVoted { .. }
            | Act::PollClosed { .. } => {}
            Act::MessageDeleted { of } => {
                if let Some(channel) = self.channel_mut(event) {
                    channel.asks.remove(*of);
                    channel.pins.remove(of);
                    for member in channel.members.values_mut() {
                        member.saved.remove(of);
                    }
                }
            }
            Act::MessageScheduled {
                schedule,
                due_at,
                mentions,
            }
            | Act::ScheduleChanged {
                schedule,
                due_at,
                mentions,
            } => self.schedule(event, *schedule, *due_at, mentions),
            Act::ScheduleCancelled { schedule } => {
                self.schedules.remove(actor, *schedule);
            }
            Act::ScheduleFailed {
                schedule,
                person,
                why,
            } => self.schedules.fail(*person, *schedule, *why),
            Act::MessageSaved {
                channel,
                of,
                day,
                author,
            } => {
                let saved = Saved {
                    at,
                    position: event.position,
                    day: *day,
                    author: *author,
                };
                if let Some(member) = self.member_mut(Some(*channel), actor) {
                    member.saved.insert(*of, saved);
                }
            }
            Act::MessageUnsaved { channel, of } => {
                if let Some(member) = self.member_mut(Some(*channel), actor) {
                    member.saved.remove(of);
                }
            }
            Act::MessageConfirmed { of } => {
                if let Some(channel) = self.channel_mut(event) {
                    channel.asks.confirm(*of, actor);
                }
            }
            Act::MessageReminded { of } => self.remind(event, *of),
            Act::MessagePinned { of, day, author } => {
                if let Some(channel) = self.channel_mut(event) {
                    let (day, author) = (*day, *author);
                    channel.pins.insert(*of, Pin { day, author });
                }
            }
            Act::MessageUnpinned { of } => {
                if let Some(channel) = self.channel_mut(event) {
                    channel.pins.remove(of);
                }
            }
            Act::ReceiptRead { upto, n } => {
                if let Some(member) = self.member_mut(event.header.channel, actor) {
                    member.read_upto(*upto, *n);
                    member.got = member.got.max(*upto);
                }
            }
            Act::ReceiptDelivered { upto } => {
                if let Some(member) = self.member_mut(event.header.channel, actor) {
                    member.got = member.got.max(*upto);
                }
            }
            Act::DestroyIntended { days, narrowed, .. } => {
                self.unfinished
                    .extend(Subject::told(event.header.channel, days, narrowed));
            }
            Act::DestroyDone {
                days,
                narrowed,
                exports,
                ..
            } => {
                self.destroyed(event.header.channel, days, narrowed, at);
                for export in exports {
                    if let Some(export) = self.exports.get_mut(export) {
                        (export.state, export.blob) = (ExportState::Destroyed, None);
                    }
                }
            }
            Act::DestroyAbandoned { days: given_up } => {
                let open = std::mem::take(&mut self.unfinished);
                let is_left = |subject: &Subject| match subject {
                    Subject::Days { days, .. } => !days.is_empty(),
                    _ => true,
                };
                let left = open.into_iter().map(|mut subject| {
                    if let Subject::Days { channel, days } = &mut subject
                        && Some(*channel) == event.header.channel
                    {
                        days.retain(|day| !given_up.contains(day));
                    }
                    subject
                });
                self.unfinished = left.filter(is_left).collect();
            }
            Act::ArchiveProposed {
                schedule,
                destination,
                channels,
                formats,
            } => {
                let archive = Archive {
                    to: destination.clone(),
                    channels: channels.iter().copied().collect(),
                    formats: formats.clone(),
                    by: actor,
                    at,
                    proposed: event.position,
                    decided_by: None,
                    ended_by: None,
                    state: ArchiveState::Waiting,
                    since_day: 0,
                    next_day: 0,
                    done: BTreeSet::new(),
                    lost: 0,
                    current: None,
                    spent: Vec::new(),
                    delivered: 0,
                    missed: 0,
                    recent: std::collections::VecDeque::new(),
                };
                self.archives.insert(*schedule, archive);
            }
            Act::ArchiveApproved { schedule } => {
                if let Some(archive) = self.archives.get_mut(schedule) {
                    archive.state = ArchiveState::Running;
                    archive.decided_by = Some(actor);
                    (archive.since_day, archive.next_day) = (day_of(at), day_of(at));
                }
            }
            Act::ArchiveRefused { schedule } => {
                if let Some(archive) = self.archives.get_mut(schedule) {
                    archive.state = ArchiveState::Refused;
                    archive.decided_by = Some(actor);
                }
            }
            Act::ArchiveEnded { schedule } => self.archive_ended(*schedule, actor),
            Act::ArchiveDelivered {
                schedule,
                export,
                day,
                bytes,
                sha256,
                pieces,
                locked_until,
            } => {
                if let Some(channel) = event.header.channel {
                    let delivery = Delivery {
                        export: *export,
                        channel,
                        day: *day,
                        at,
                        bytes: *bytes,
                        sha256: *sha256,
                        pieces: *pieces,
                        locked_until: *locked_until,
                    };
                    self.archive_delivered(*schedule, delivery);
                }
            }
            Act::ArchiveFailed { .. } => {}
            Act::ArchiveMissed { schedule, .. } => {
                if let Some(channel) = event.header.channel {
                    self.archive_missed(*schedule, channel);
                }
            }
            Act::ArchiveClosed { schedule, day, .. } => self.archive_closed(*schedule, *day),
            Act::ExportRequested {
                export,
                from,
                to,
                chosen,
                schedule,
                ..
            } => {
                if let Some(schedule) = schedule {
                    self.archive_ordered(*schedule, *export);
                }
                if let Some(channel) = event.header.channel {
                    self.exports.insert(
                        *export,
                        Export {
                            channel,
                            from: *from,
                            to: *to,
                            by: actor,
                            at,
                            decided_by: None,
                            state: ExportState::Waiting,
                            requested: event.position,
                            frozen: event.position,
                            events: 0,
                            bytes: 0,
                            sha256: Hash::default(),
                            blob: None,
                            built_at: 0,
                            chosen: chosen.as_ref().map(Chosen::choice),
                            schedule: *schedule,
                        },
                    );
                }
            }
            Act::ExportApproved { export, .. } => {
                // Its bundle must be known to whoever plans to destroy what will be in it.
                self.ruled = self.position;
                if let Some(export) = self.exports.get_mut(export) {
                    export.state = ExportState::Running;
                    export.decided_by = Some(actor);
                    export.frozen = event.position + 1;
                }
            }
            Act::ExportRefused { export } => {
                if let Some(export) = self.exports.get_mut(export) {
                    export.state = ExportState::Refused;
                    export.decided_by = Some(actor);
                }
            }
            Act::ExportBuilt {
                export,
                blob,
                events,
                bytes,
                sha256,
            } => {
                if let Some(export) = self.exports.get_mut(export) {
                    export.state = ExportState::Ready;
                    export.events = *events;
                    export.bytes = *bytes;
                    export.sha256 = *sha256;
                    export.blob = Some(*blob);
                    export.built_at = at;
                }
            }
            Act::ExportFailed { export } => {
                if let Some(export) = self.exports.get_mut(export) {
                    export.state = ExportState::Failed;
                }
            }
            Act::ExportCancelled { export } => {
                if let Some(export) = self.exports.get_mut(export) {
                    (export.state, export.blob) = (ExportState::Cancelled, None);
                }
            }
            Act::ExportExpired { export } => {
                if let Some(export) = self.exports.get_mut(export) {
                    (export.state, export.blob) = (ExportState::Expired, None);
                }
            }
            Act::ImportStarted {
                import,
                sha256,
                bytes,
            } => {
                if let Some(channel) = event.header.channel {
                    self.imports.insert(
                        *import,
                        Import {
                            channel,
                            by: actor,
                            at,
                            sha256: *sha256,
                            bytes: *bytes,
                            started: event.position,
                            finished: None,
                        },
                    );
                }
            }
            Act::ImportFinished {
                import,
                added,
                already_here,
                attachments,
                unreadable,
            } => {
                if let Some(import) = self.imports.get_mut(import) {
                    import.finished = Some((
                        event.position,
                        *added,
                        *already_here,
                        *attachments,
                        *unreadable,
                    ));
                }
            }
        }
    }

    /// What an officer has seen of these channels.
    fn looked(&mut self, channels: &[Id], matter: Option<Id>, at: u64) {
        let day = day_of(at);
        for channel in channels {
            let all = self.looks.entry(*channel).or_default();
            match all.iter_mut().find(|l| l.day == day && l.matter == matter) {
                Some(looks) => looks.n += 1,
                None => all.push(Looks { matter, day, n: 1 }),
            }
        }
    }

    fn end_grants(&mut self, at: u64, why: GrantEnd, is_over: impl Fn(&Grant) -> bool) {
        for grant in self.grants.values_mut().filter(|grant| is_over(grant)) {
            grant.end(at, why);
        }
    }

    /// A role that comes back brings no grant back.
    fn end_grants_of(&mut self, person: Id, at: u64) {
        let is_theirs = |grant: &Grant| grant.by == person || grant.decided_by == Some(person);
        self.end_grants(at, GrantEnd::RoleLost, is_theirs);
    }

    fn destroyed(&mut self, channel: Option<Id>, days: &[u32], narrowed: &Narrowed, at: u64) {
        if let Some(subject) = Subject::told(channel, days, narrowed) {
            self.unfinished.retain(|open| !open.is_within(&subject));
        }
        let rules = self.rules(self.latest(at));
        for review in self.reviews.values_mut() {
            review.destroyed(channel, days, narrowed, &rules);
        }
        let whole_days = *narrowed == Narrowed::default();
        if let (true, Some(channel)) = (whole_days, channel) {
            self.schedules.destroyed(channel, days);
        }
        let known = channel.and_then(|id| self.channels.get(&id));
        let kept_days = known.and_then(|known| self.keep_days(known));
        if let Some(known) = channel.and_then(|id| self.channels.get_mut(&id)) {
            for day in days.iter().filter(|_| whole_days) {
                if let Some(day) = known.days.get_mut(day) {
                    day.destroyed = true;
                    (day.destroyed_at, day.kept_days) = (at, kept_days);
                }
            }
            let goes = |q: u64, day: u32| {
                (whole_days && days.contains(&day)) || narrowed.messages.contains(&q)
            };
            let stays =
                |q: u64, day: u32, author: Id| !goes(q, day) && narrowed.person != Some(author);
            known.asks.retain(|q, ask| stays(q, ask.day, ask.by));
            known.pins.retain(|q, pin| stays(*q, pin.day, pin.author));
            for member in known.members.values_mut() {
                let stays = |q: &u64, saved: &mut Saved| stays(*q, saved.day, saved.author);
                member.saved.retain(stays);
            }
        }
        if let Some(order) = narrowed.order.and_then(|id| self.orders.get_mut(&id)) {
            if let Ordered::Redact { messages, done, .. } = &mut order.what {
                for day in days {
                    done.extend(messages.remove(day).unwrap_or_default());
                }
                if !messages.is_empty() {
                    return;
                }
            }
            // A person's is done once all of it is, and not with the first channel that was told.
            if narrowed.person.is_none() || channel.is_none() {
                order.state = OrderState::Done;
            }
        }
        if let (Some(person), None) = (narrowed.person, channel) {
            self.forget_person(person);
        }
    }

    fn end_proposal(&mut self, proposal: Option<Id>, how: ProposalState) {
        if let Some(proposal) = proposal.and_then(|id| self.proposals.get_mut(&id)) {
            proposal.state = how;
        }
    }

    fn forget_person(&mut self, id: Id) {
        if let Some(person) = self.people.get_mut(&id) {
            self.handles.remove(&person.handle);
            person.name.clear();
            person.handle.clear();
            person.credential_at = None;
            (person.quiet, person.quiet_at) = (None, None);
            person.seconds = Seconds::default();
        }
        self.schedules.forget(id);
        self.accounts.untie(id);
        for device in self.pushed.remove(&id).unwrap_or_default() {
            self.end_push(device);
        }
        for device in self.devices.values_mut().filter(|d| d.person == id) {
            device.label.clear();
        }
    }

    /// Rebuilds what is derived, after the written part was loaded.
    pub fn index(&mut self) {
        self.schedules.index();
        self.tokens = self
            .devices
            .iter()
            .filter(|(_, d)| d.live)
            .map(|(id, d)| (d.token, *id))
            .collect();
        self.pushed.clear();
        for (id, device) in self.devices.iter().filter(|(_, d)| d.push.is_some()) {
            self.pushed.entry(device.person).or_default().insert(*id);
        }
        self.memberships.clear();
        self.directs.clear();
        self.communities.clear();
        for (id, channel) in &self.channels {
            if let Some(community) = channel.community {
                self.communities.entry(community).or_default().insert(*id);
            }
            for person in channel.members.keys() {
                self.memberships.entry(*person).or_default().insert(*id);
            }
            if channel.kind == ChannelKind::Direct {
                let mut people = channel.members.keys();
                if let (Some(a), Some(b)) = (people.next(), people.next()) {
                    self.directs.insert(pair(*a, *b), *id);
                }
            }
        }
    }

    /// The positions that hold the names, to be read back from the log after loading.
    pub fn named_positions(&self) -> Vec<(Named, Position)> {
        let mut all = vec![];
        if self.is_set_up() {
            all.push((Named::Workspace, self.workspace.named_at));
        }
        for (id, person) in &self.people {
            all.push((Named::Handle(*id), person.handle_at));
            if person.named_at != person.handle_at {
                all.push((Named::Person(*id), person.named_at));
            }
        }
        all.extend(
            self.channels
                .iter()
                .map(|(id, c)| (Named::Channel(*id), c.named_at)),
        );
        all.extend(
            self.devices
                .iter()
                .filter(|(_, d)| d.live)
                .map(|(id, d)| (Named::Device(*id), d.opened)),
        );
        let pushes = self.devices.iter();
        all.extend(pushes.filter_map(|(id, d)| Some((Named::Push(*id), d.push?))));
        let quiet = self.people.iter();
        all.extend(quiet.filter_map(|(id, p)| Some((Named::Quiet(*id), p.quiet_at?))));
        let rules = self.supervision.rules.iter();
        all.extend(rules.map(|(id, rule)| (Named::Rule(*id), rule.proposed)));
        let accounts = self.accounts.positions();
        all.extend(accounts.map(|(id, at)| (Named::Account(id), at)));
        let holds = self.holds.iter().filter(|(_, hold)| hold.by_words);
        all.extend(holds.map(|(id, hold)| (Named::Hold(*id), hold.placed)));
        all
    }

    pub fn recall(&mut self, named: Named, content: Option<&Content>) {
        match named {
            Named::Workspace => {
                self.workspace.name = content.and_then(|c| c.name.clone()).unwrap_or_default()
            }
            Named::Handle(person) => self.recall_person(person, content, true),
            Named::Person(person) => self.recall_person(person, content, false),
            Named::Channel(id) => {
                if let Some(channel) = self.channels.get_mut(&id) {
                    name_channel(channel, content);
                }
            }
            Named::Device(id) => {
                if let Some(device) = self.devices.get_mut(&id) {
                    device.label = content.and_then(|c| c.label.clone()).unwrap_or_default();
                }
            }
            Named::Push(id) => {
                if let Some(device) = self.devices.get_mut(&id) {
                    device.endpoint = content.and_then(|c| c.endpoint.clone()).unwrap_or_default();
                }
            }
            Named::Rule(id) => self.supervision.recall(id, content),
            Named::Account(id) => self.accounts.recall(id, content),
            Named::Hold(id) => {
                if let Some(hold) = self.holds.get_mut(&id) {
                    hold.words = content.map(|c| c.words.clone()).unwrap_or_default();
                }
            }
            Named::Quiet(id) => {
                if let Some(person) = self.people.get_mut(&id) {
                    person.quiet = content.and_then(|c| c.quiet.clone());
                }
            }
        }
    }

    fn name_workspace(&mut self, position: Position, content: Option<&Content>) {
        self.workspace.named_at = position;
        self.workspace.name = content.and_then(|c| c.name.clone()).unwrap_or_default();
    }

    fn recall_person(&mut self, id: Id, content: Option<&Content>, with_handle: bool) {
        let Some(person) = self.people.get_mut(&id) else {
            return;
        };
        if let Some(name) = content.and_then(|c| c.name.clone()) {
            person.name = name;
        }
        if with_handle && let Some(handle) = content.and_then(|c| c.handle.clone()) {
            person.handle.clone_from(&handle);
            self.handles.insert(handle, id);
        }
    }

    fn end_device(&mut self, device: Id) {
        if let Some(d) = self.devices.get_mut(&device) {
            d.live = false;
            self.tokens.remove(&d.token);
        }
        self.end_push(device);
    }

    fn end_push(&mut self, device: Id) {
        let Some(known) = self.devices.get_mut(&device) else {
            return;
        };
        known.push = None;
        known.endpoint.clear();
        if let Some(theirs) = self.pushed.get_mut(&known.person) {
            theirs.remove(&device);
            if theirs.is_empty() {
                self.pushed.remove(&known.person);
            }
        }
    }

    fn create_channel(&mut self, event: &Event, kind: ChannelKind, owners: &[Id], members: &[Id]) {
        let Some(id) = event.header.channel else {
            return;
        };
        let seq = event.header.channel_seq.unwrap_or(1);
        let mut channel = Channel {
            kind,
            created_at: event.header.at,
            archived: false,
            keep: Keep::Inherit,
            floor: Floor::default(),
            named_at: event.position,
            head: seq,
            leaf: event.leaf,
            messages: 0,
            last_at: event.header.at,
            last_message: None,
            members: BTreeMap::new(),
            days: BTreeMap::from([(
                day_of(event.header.at),
                Day {
                    from: seq,
                    to: seq,
                    ..Day::default()
                },
            )]),
            slow: 0,
            history: None,
            community: None,
            asking: BTreeMap::new(),
            asks: Asks::default(),
            pins: BTreeMap::new(),
            name: String::new(),
            topic: String::new(),
        };
        name_channel(&mut channel, event.content.as_ref());
        self.channels.insert(id, channel);
        for person in owners.iter().chain(members) {
            self.add_member(Some(id), *person, owners.contains(person));
        }
        if let (ChannelKind::Direct, [a, b]) = (kind, members) {
            self.directs.insert(pair(*a, *b), id);
        }
    }

    fn add_member(&mut self, channel: Option<Id>, person: Id, owner: bool) {
        let Some((id, channel)) =
            channel.and_then(|c| self.channels.get_mut(&c).map(|channel| (c, channel)))
        else {
            return;
        };
        let (head, messages) = (channel.head, channel.messages);
        channel.asking.remove(&person);
        channel.members.entry(person).or_insert_with(|| Member {
            owner,
            since: head,
            read: head,
            read_n: messages,
            got: head,
            ..Member::default()
        });
        self.memberships.entry(person).or_default().insert(id);
    }

    fn place(&mut self, id: Id, community: Option<Id>) {
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        let before = std::mem::replace(&mut channel.community, community);
        if let Some(before) = before.and_then(|c| self.communities.get_mut(&c)) {
            before.remove(&id);
        }
        if let Some(community) = community {
            self.communities.entry(community).or_default().insert(id);
        }
    }

    fn channel_mut(&mut self, event: &Event) -> Option<&mut Channel> {
        self.channels.get_mut(&event.header.channel?)
    }

    fn member_mut(&mut self, channel: Option<Id>, person: Id) -> Option<&mut Member> {
        self.channels.get_mut(&channel?)?.members.get_mut(&person)
    }

    fn message(&mut self, event: &Event, n: u64, files: u64, mentions: &[Id], in_timeline: bool) {
        let (Some(id), Some(seq)) = (event.header.channel, event.header.channel_seq) else {
            return;
        };
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        channel.messages = n;
        channel.last_at = event.header.at;
        if in_timeline {
            channel.last_message = Some(seq);
        }
        if let Some(day) = channel.days.get_mut(&day_of(event.header.at)) {
            day.messages += 1;
            day.files += files;
        }
        // Who writes has read what stands above.
        if let Some(author) = channel.members.get_mut(&event.header.actor) {
            author.read_upto(seq, n);
            author.got = author.got.max(seq);
            author.wrote_at = event.header.at;
        }
        for person in mentions {
            if let Some(member) = channel.members.get_mut(person)
                && *person != event.header.actor
            {
                member.mention(seq);
            }
        }
    }

    fn schedule(&mut self, event: &Event, schedule: Id, due_at: u64, mentions: &[Id]) {
        let (Some(channel), person) = (event.header.channel, event.header.actor) else {
            return;
        };
        let known = self.schedules.remove(person, schedule);
        let mut texts = known.map(|known| known.texts).unwrap_or_default();
        texts.push((event.position, day_of(event.header.at)));
        let scheduled = Scheduled {
            channel,
            due_at,
            written_at: event.header.at,
            mentions: mentions.to_vec(),
            texts,
            unsent: None,
        };
        self.schedules.put(person, schedule, scheduled);
    }

    fn ask(&mut self, event: &Event) {
        let (Some(channel), Some(seq)) = (self.channel_mut(event), event.header.channel_seq) else {
            return;
        };
        // One that is forgotten takes its place all the same, so that a fold anew closes what was closed.
        let audience = event.content.iter().flat_map(|content| &content.audience);
        let ask = Ask {
            by: event.header.actor,
            day: day_of(event.header.at),
            people: audience.map(|person| (*person, false)).collect(),
            reminded_at: None,
        };
        channel.asks.put(seq, ask);
    }

    /// Whoever is reminded has something new to read.
    fn remind(&mut self, event: &Event, of: u64) {
        let (Some(channel), Some(seq)) = (self.channel_mut(event), event.header.channel_seq) else {
            return;
        };
        for person in channel.asks.remind(of, event.header.at) {
            // Who was asked, left and came back may not read it any more.
            if let Some(member) = channel.members.get_mut(&person)
                && member.from <= of
            {
                member.mention(seq);
            }
        }
    }
}

impl Workspace {
    pub fn ruling(&self) -> Ruling {
        Ruling {
            keep: self.keep,
            floor: self.floor,
        }
    }
}

impl Channel {
    pub fn ruling(&self) -> Ruling {
        Ruling {
            keep: self.keep,
            floor: self.floor,
        }
    }
}

impl Member {
    fn mention(&mut self, seq: u64) {
        if self.mentions.len() < MENTIONS_KEPT_MAX {
            self.mentions.push(seq);
        }
    }

    fn read_upto(&mut self, seq: u64, n: u64) {
        self.read = self.read.max(seq);
        self.read_n = self.read_n.max(n);
        let read = self.read;
        self.mentions.retain(|q| *q > read);
    }
}

/// What carries a name that only the log holds.
#[derive(Clone, Copy, Debug)]
pub enum Named {
    Workspace,
    Handle(Id),
    Person(Id),
    Channel(Id),
    Device(Id),
    Push(Id),
    Quiet(Id),
    Rule(Id),
    Account(Id),
    Hold(Id),
}

fn name_channel(channel: &mut Channel, content: Option<&Content>) {
    channel.name = content.and_then(|c| c.name.clone()).unwrap_or_default();
    channel.topic = content.and_then(|c| c.topic.clone()).unwrap_or_default();
}

fn pair(a: Id, b: Id) -> (Id, Id) {
    if a <= b { (a, b) } else { (b, a) }
}

/// "Ada Lovelace" signs in as "ada.lovelace": folded like `fold_handle`, words joined by dots.
fn handle_from(name: &str) -> String {
    let folded: String = fold_handle(name)
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '.' })
        .collect();
    let handle = folded
        .split('.')
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(".");
    let handle: String = handle.chars().take(40).collect();
    if handle.is_empty() {
        "person".into()
    } else {
        handle
    }
}

/// Case, accents and outer space do not matter when signing in.
pub fn fold_handle(text: &str) -> String {
    use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
    text.trim()
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}
