//! The shapes that readers get: people, channels, messages. Never what is on disk.

use std::collections::BTreeMap;

use migrations_free_store::Id;
use serde::Serialize;
use utoipa::ToSchema;

use crate::chat::command::{ChannelKind, Role};
use crate::chat::event::{Act, Content, Event, FileFact, Keep};
use crate::chat::preview::LinkPreview;
use crate::chat::state::{self, State};

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Person {
    #[schema(value_type = String)]
    pub id: Id,
    pub name: String,
    #[schema(value_type = String)]
    pub role: Role,
    pub handle: String,
    pub active: bool,
    pub online: bool,
    pub imported: bool,
}

impl Person {
    pub fn of(id: Id, person: &state::Person) -> Self {
        Person {
            id,
            name: match person.erased && person.name.is_empty() {
                true => "Erased person".into(),
                false => person.name.clone(),
            },
            role: person.role,
            handle: person.handle.clone(),
            active: person.active,
            online: false,
            imported: person.imported,
        }
    }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Rule {
    pub keep_days: Option<u32>,
    /// `channel` or `workspace`: where the rule comes from.
    pub from: &'static str,
    /// Days before which nothing goes, whoever's rule that is.
    pub floor_days: Option<u32>,
    /// The floor that was set for the channel itself; when it is locked it can only be lengthened.
    pub own_floor_days: Option<u32>,
    pub locked: bool,
    /// What was approved and will hold, unless it is stopped.
    pub next: Option<Coming>,
}

/// A ceiling that will hold from then on.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Coming {
    pub keep_days: Option<u32>,
    pub at: u64,
}

/// The workspace as everybody in it knows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Workspace {
    pub name: String,
    pub keep_days: Option<u32>,
    pub floor_days: Option<u32>,
    pub locked: bool,
    pub next: Option<Coming>,
}

impl Workspace {
    pub fn of(state: &State) -> Self {
        let workspace = &state.workspace;
        Workspace {
            name: workspace.name.clone(),
            keep_days: workspace.keep.days(),
            floor_days: workspace.floor.days,
            locked: workspace.floor.locked,
            next: state.coming(None).map(Coming::from),
        }
    }
}

impl From<(u64, Option<u32>)> for Coming {
    fn from((at, keep_days): (u64, Option<u32>)) -> Self {
        Coming { keep_days, at }
    }
}

impl Rule {
    pub fn of(state: &State, id: Id, channel: &state::Channel) -> Self {
        Rule {
            keep_days: state.keep_days(channel),
            from: if channel.keep == Keep::Inherit {
                "workspace"
            } else {
                "channel"
            },
            floor_days: state.floor_days(channel),
            own_floor_days: channel.floor.days,
            locked: channel.floor.locked,
            next: state.coming(Some((id, channel))).map(Coming::from),
        }
    }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Member {
    #[schema(value_type = String)]
    pub p: Id,
    pub owner: bool,
    pub read: u64,
    pub got: u64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Channel {
    #[schema(value_type = String)]
    pub id: Id,
    #[schema(value_type = String)]
    pub kind: ChannelKind,
    pub name: Option<String>,
    pub topic: String,
    pub created_at: u64,
    pub archived: bool,
    pub members: Vec<Member>,
    pub head: u64,
    pub rule: Rule,
    /// Seconds between two messages of one person.
    pub slow: u32,
    /// Days of the past that whoever is added reads; null: all of it.
    pub history_days: Option<u32>,
    /// The announcement channel that it stands under.
    #[schema(value_type = Option<String>)]
    pub community: Option<Id>,
    /// How many ask to be let in.
    pub asking: usize,
    /// The numbers of the pinned messages, oldest first.
    pub pins: Vec<u64>,
    /// What is written here is looked through by rules, and some of it is read.
    pub watched: bool,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    pub mine: Option<Mine>,
}

/// What only this person sees of a channel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Mine {
    /// The first number that one reads.
    pub from: u64,
    pub unread: u64,
    pub mentions: u64,
    pub read: u64,
    /// One is told only of what is meant for oneself, and with `muted_all` not even of that.
    pub muted: bool,
    pub muted_all: bool,
    /// The messages that wait for one's confirmation, oldest first.
    pub asks: Vec<u64>,
    /// The messages that one keeps at hand, oldest first.
    pub saved: Vec<u64>,
    /// When one wrote last.
    pub wrote_at: Option<u64>,
    pub last: Option<Item>,
}

impl Channel {
    pub fn of(state: &State, id: Id, channel: &state::Channel) -> Self {
        Channel {
            id,
            kind: channel.kind,
            name: (channel.kind != ChannelKind::Direct).then(|| channel.name.clone()),
            topic: channel.topic.clone(),
            created_at: channel.created_at,
            archived: channel.archived,
            members: channel
                .members
                .iter()
                .map(|(p, m)| Member {
                    p: *p,
                    owner: m.owner,
                    read: m.read,
                    got: m.got,
                })
                .collect(),
            head: channel.head,
            rule: Rule::of(state, id, channel),
            slow: channel.slow,
            history_days: channel.history,
            community: channel.community,
            asking: channel.asking.len(),
            pins: channel.pins.keys().copied().collect(),
            watched: state.supervision.watches(id),
            mine: None,
        }
    }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct File {
    pub id: String,
    pub name: String,
    pub mime: String,
    pub size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub w: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub h: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub thumb: bool,
}

impl File {
    /// Outside its message a file is named by where it stands, so that reading it is authorised by
    /// reading its message.
    pub fn of(fact: &FileFact, place: Option<(Id, u64)>) -> Self {
        File {
            id: match place {
                Some((channel, q)) => format!("{channel}-{q}-{}", fact.id),
                None => fact.id.to_string(),
            },
            name: fact.name.clone(),
            mime: fact.mime.clone(),
            size: fact.size,
            w: fact.w,
            h: fact.h,
            thumb: fact.thumb.is_some(),
        }
    }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Quote {
    pub q: u64,
    #[schema(value_type = String)]
    pub u: Id,
    pub b: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Edited {
    pub ts: u64,
    pub n: u64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Deleted {
    pub ts: u64,
    #[schema(value_type = String)]
    pub u: Id,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Thread {
    pub n: u64,
    pub last: u64,
    pub ts: u64,
}

/// A poll, and who has chosen what.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Poll {
    pub options: Vec<PollOption>,
    /// One may choose several.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub many: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PollOption {
    pub b: String,
    /// In the order in which they chose it.
    #[schema(value_type = Vec<String>)]
    pub u: Vec<Id>,
}

impl Poll {
    /// What somebody chose before is no longer chosen.
    pub fn vote(&mut self, person: Id, votes: &[u8]) {
        for (n, option) in self.options.iter_mut().enumerate() {
            option.u.retain(|other| *other != person);
            if votes.iter().any(|vote| usize::from(*vote) == n) {
                option.u.push(person);
            }
        }
    }
}

/// What became of a message that asks for confirmations.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Asked {
    /// How many are asked, and how many have confirmed.
    pub n: u32,
    pub done: u32,
    /// The reader is one of those who have.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mine: bool,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Imported {
    pub from: String,
    pub at: u64,
    #[schema(value_type = String)]
    pub import: Id,
}

/// Something that happened in a channel, shown between the messages.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Happening {
    pub act: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub p: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub import: Option<Id>,
}

/// One row of a timeline: a message with all that later happened to it, or a happening.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Item {
    pub q: u64,
    pub ts: u64,
    #[schema(value_type = String)]
    pub u: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub k: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub th: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub re: Option<Quote>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub f: Vec<File>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub m: Vec<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ed: Option<Edited>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub del: Option<Deleted>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub rx: BTreeMap<String, Vec<Id>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imp: Option<Imported>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Asked>,
    /// Everybody was told of it, whatever they had muted and whatever the hour.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub urgent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<Poll>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub lp: Option<LinkPreview>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sys: Option<Happening>,
    /// The message quoted, before its text was looked up.
    #[serde(skip)]
    pub quotes: Option<u64>,
}

impl Item {
    /// The row an event makes by itself; None for events that only change other rows.
    pub fn of(event: &Event) -> Option<Item> {
        let header = &event.header;
        let (channel, q) = (header.channel?, header.channel_seq?);
        let mut item = Item {
            q,
            ts: header.at,
            u: header.actor,
            ..Item::default()
        };
        let content = event.content.as_ref();
        match &header.act {
            Act::MessagePosted {
                thread,
                reply,
                mentions,
                asks,
                poll,
                urgent,
                ..
            } => {
                item.k = header.key;
                item.th = *thread;
                item.quotes = *reply;
                item.m.clone_from(mentions);
                item.urgent = *urgent && !event.forgotten;
                item.ask = asks.filter(|_| !event.forgotten).map(|n| Asked {
                    n,
                    done: 0,
                    mine: false,
                });
                item.poll = poll.zip(content).map(|(fact, content)| Poll {
                    options: content
                        .options
                        .iter()
                        .map(|b| PollOption {
                            b: b.clone(),
                            u: Vec::new(),
                        })
                        .collect(),
                    many: fact.many,
                    closed: false,
                });
                item.say(channel, content, event.forgotten);
            }
            Act::MessageImported { import, person, .. } => {
                item.u = person.unwrap_or(header.actor);
                if let Some(from) = content.and_then(|c| c.imported.as_ref()) {
                    item.imp = Some(Imported {
                        from: from.from.clone(),
                        at: from.at,
                        import: *import,
                    });
                }
                item.say(channel, content, event.forgotten);
            }
            act => item.sys = Some(happening(act, content)?),
        }
        Some(item)
    }

    fn say(&mut self, channel: Id, content: Option<&Content>, forgotten: bool) {
        if forgotten {
            self.gone = Some("expired");
            return;
        }
        let Some(content) = content else { return };
        self.b = Some(content.text.clone().unwrap_or_default());
        self.lp.clone_from(&content.preview);
        self.f = content
            .files
            .iter()
            .map(|f| File::of(f, Some((channel, self.q))))
            .collect();
    }

    pub fn is_message(&self) -> bool {
        self.sys.is_none()
    }
}

fn happening(act: &Act, content: Option<&Content>) -> Option<Happening> {
    let mut happening = Happening {
        act: act.name(),
        ..Happening::default()
    };
    match act {
        Act::ChannelCreated { .. } | Act::ChannelChanged { .. } => {
            happening.name = content.and_then(|c| c.name.clone());
        }
        Act::ChannelArchived { on } => happening.n = Some(u64::from(*on)),
        Act::ChannelSlowed { seconds } => happening.n = Some(u64::from(*seconds)),
        Act::HistorySet { days } => happening.n = days.map(u64::from),
        Act::ChannelPlaced { community } => happening.n = Some(u64::from(community.is_some())),
        Act::MemberAdded { person, .. }
        | Act::MemberRemoved { person }
        | Act::MemberLeft { person }
        | Act::OwnerGranted { person }
        | Act::OwnerRevoked { person } => happening.p = Some(*person),
        Act::PolicySet { keep, .. } => happening.keep_days = keep.days(),
        Act::ImportFinished { import, added, .. } => {
            happening.import = Some(*import);
            happening.n = Some(*added);
            happening.name = content.and_then(|c| c.name.clone());
        }
        _ => return None,
    }
    Some(happening)
}
