//! What decisions need to know, folded from the log: people, devices, channels, policies, exports.
//!
//! Never holds message text. Names live here in memory only and are never written with it: they are
//! read back from the log by position, so that forgetting a person forgets the name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use migrations_free_store::{Id, Position};
use serde::{Deserialize, Serialize};

use super::command::{ChannelKind, Role};
use super::event::{Act, Content, Event, Hash, Keep};

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
    pub imports: HashMap<Id, Import>,
    /// Destructions that were intended and are not done: resumed at start.
    pub unfinished: HashMap<Id, Vec<u32>>,

    #[serde(skip)]
    tokens: HashMap<Hash, Id>,
    #[serde(skip)]
    handles: HashMap<String, Id>,
    #[serde(skip)]
    directs: HashMap<(Id, Id), Id>,
    #[serde(skip)]
    memberships: HashMap<Id, BTreeSet<Id>>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Workspace {
    pub id: Option<Id>,
    pub keep: Keep,
    pub named_at: Position,
    #[serde(skip)]
    pub name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    pub role: Role,
    pub active: bool,
    pub imported: bool,
    pub joined_at: u64,
    pub handle_at: Position,
    pub named_at: Position,
    pub credential_at: Option<Position>,
    /// The newest command id from any device: anything newer is certainly not a repetition.
    pub mark: Id,
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
    pub opened: Position,
    pub live: bool,
    #[serde(skip)]
    pub label: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Channel {
    pub kind: ChannelKind,
    pub created_at: u64,
    pub archived: bool,
    pub keep: Keep,
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
    #[serde(skip)]
    pub name: String,
    #[serde(skip)]
    pub topic: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Member {
    pub owner: bool,
    /// The channel's head when this person came in (this stay).
    pub since: u64,
    pub read: u64,
    pub read_n: u64,
    pub got: u64,
    pub muted: bool,
    /// Unread messages that mention this person, oldest first, bounded.
    pub mentions: Vec<u64>,
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
    pub destroyed: bool,
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    Waiting,
    Refused,
    Running,
    Ready,
    Failed,
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

    /// The days a channel's content is kept; None: for ever.
    pub fn keep_days(&self, channel: &Channel) -> Option<u32> {
        match (channel.keep, self.workspace.keep) {
            (Keep::Days(days), _) | (Keep::Inherit, Keep::Days(days)) => Some(days),
            (Keep::Forever, _) | (Keep::Inherit, Keep::Forever | Keep::Inherit) => None,
        }
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
        (2u64..)
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
        if let (Some(key), Some(person)) = (event.header.key, self.people.get_mut(&actor)) {
            person.mark = person.mark.max(key);
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
            Act::ServerStarted {} | Act::SigninLocked { .. } | Act::ExportDownloaded { .. } => {}
            Act::WorkspaceCreated { workspace } => {
                self.workspace.id = Some(*workspace);
                self.workspace.keep = Keep::Forever;
                self.name_workspace(event.position, content);
            }
            Act::WorkspaceRenamed {} => self.name_workspace(event.position, content),
            Act::PolicySet { keep } => match event.header.channel {
                Some(channel) => {
                    if let Some(channel) = self.channels.get_mut(&channel) {
                        channel.keep = *keep;
                    }
                }
                None => self.workspace.keep = *keep,
            },
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
                        imported: *imported,
                        joined_at: at,
                        handle_at: event.position,
                        named_at: event.position,
                        credential_at: None,
                        mark: Id([0; 16]),
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
            }
            Act::PersonDeactivated { person } => {
                if let Some(p) = self.people.get_mut(person) {
                    p.active = false;
                }
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
            } => {
                let label = content.and_then(|c| c.label.clone()).unwrap_or_default();
                self.devices.insert(
                    *device,
                    Device {
                        person: *person,
                        token: *token,
                        opened_at: at,
                        opened: event.position,
                        live: true,
                        label,
                    },
                );
                self.tokens.insert(*token, *device);
                if *how == super::event::Entry::Reset
                    && let Some(reset) = by.and_then(|r| self.resets.get_mut(&r))
                {
                    reset.used = true;
                }
            }
            Act::SessionEnded { device, .. } => self.end_device(*device),
            Act::InviteCreated {
                invite,
                role,
                channels,
                expires_at,
                uses,
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
            Act::ChannelMuted { on } => {
                if let Some(member) = self.member_mut(event.header.channel, actor) {
                    member.muted = *on;
                }
            }
            Act::MemberAdded { person } => self.add_member(event.header.channel, *person, false),
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
                ..
            } => {
                self.message(event, *n, files.len() as u64, mentions, thread.is_none());
            }
            Act::MessageImported { n, files, .. } => {
                self.message(event, *n, files.len() as u64, &[], true)
            }
            Act::MessageEdited { .. }
            | Act::MessageDeleted { .. }
            | Act::ReactionAdded { .. }
            | Act::ReactionRemoved { .. } => {}
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
            Act::DestroyIntended { days, .. } => {
                if let Some(channel) = event.header.channel {
                    let all = self.unfinished.entry(channel).or_default();
                    all.extend(days);
                    all.sort_unstable();
                    all.dedup();
                }
            }
            Act::DestroyDone { days, .. } => {
                if let Some(id) = event.header.channel {
                    if let Some(all) = self.unfinished.get_mut(&id) {
                        all.retain(|day| !days.contains(day));
                        if all.is_empty() {
                            self.unfinished.remove(&id);
                        }
                    }
                    if let Some(channel) = self.channels.get_mut(&id) {
                        for day in days {
                            if let Some(day) = channel.days.get_mut(day) {
                                day.destroyed = true;
                            }
                        }
                    }
                }
            }
            Act::ExportRequested { export, from, to } => {
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
                        },
                    );
                }
            }
            Act::ExportApproved { export } => {
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
                }
            }
            Act::ExportFailed { export } => {
                if let Some(export) = self.exports.get_mut(export) {
                    export.state = ExportState::Failed;
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

    /// Rebuilds what is derived, after the written part was loaded.
    pub fn index(&mut self) {
        self.tokens = self
            .devices
            .iter()
            .filter(|(_, d)| d.live)
            .map(|(id, d)| (d.token, *id))
            .collect();
        self.memberships.clear();
        self.directs.clear();
        for (id, channel) in &self.channels {
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
        }
        for person in mentions {
            if let Some(member) = channel.members.get_mut(person)
                && member.mentions.len() < MENTIONS_KEPT_MAX
                && *person != event.header.actor
            {
                member.mentions.push(seq);
            }
        }
    }
}

impl Member {
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
