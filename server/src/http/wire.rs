//! Frames: what the socket carries, encoded once and shared by everyone who gets it.
//!
//! A frame is a whole WebSocket text frame, header included, so that a writer hands it to the kernel
//! as it is. Never decides who gets it.

use std::sync::Arc;

use bytes::Bytes;
use migrations_free_store::Id;
use serde::Serialize;

use super::frames::{self, encode};
use crate::chat::event::{Act, Event};
use crate::chat::schedule::Unsent;
use crate::chat::subject::Narrowed;
use crate::chat::{Ack, Refusal, Sight};
use crate::drafts::{Held, Place};
use crate::fanout::Encode;
use crate::identity::links::{LinkKind, Links};
use crate::views::Views;
use crate::views::amendments::Kind;
use crate::views::seen::{Channel, Item, Person, Workspace};
use crate::views::timeline::day_text;

/// The largest frame sent; larger content is fetched over HTTP.
pub const FRAME_OUT_BYTES_MAX: usize = 256 * 1024;

pub fn frame(value: &impl Serialize) -> Bytes {
    // Our own types always encode.
    encode(frames::Kind::Text, |out| serde_json::to_writer(out, value))
}

/// The JSON inside a frame made by `frame`.
pub fn payload(frame: &Bytes) -> &[u8] {
    let skip = match frame.get(1) {
        Some(126) => 4,
        Some(127) => 10,
        _ => 2,
    };
    frame.get(skip..).unwrap_or_default()
}

/// Makes frames from events.
#[derive(Clone)]
pub struct Wire {
    pub views: Arc<Views>,
}

#[derive(Serialize)]
struct Out<'a, D: Serialize> {
    t: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    c: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    q: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cur: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<D>,
}

#[derive(Serialize)]
struct Edit<'a> {
    of: u64,
    b: &'a str,
    m: &'a [Id],
    u: Id,
    ts: u64,
    n: usize,
}

#[derive(Serialize)]
struct About {
    of: u64,
    u: Id,
    ts: u64,
}

#[derive(Serialize)]
struct Reaction<'a> {
    of: u64,
    e: &'a str,
    on: bool,
    u: Id,
    ts: u64,
}

#[derive(Serialize)]
struct Vote<'a> {
    of: u64,
    o: &'a [u8],
    u: Id,
    ts: u64,
}

#[derive(Serialize)]
struct Pinned {
    of: u64,
    on: bool,
    u: Id,
    ts: u64,
}

#[derive(Serialize)]
struct Saved {
    of: u64,
    on: bool,
}

/// What became of a message that waits: never what it says.
#[derive(Serialize)]
struct Scheduled {
    id: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Unsent>,
    /// It was sent or cancelled.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    gone: bool,
}

impl Scheduled {
    fn gone(id: Id) -> Scheduled {
        Scheduled {
            id,
            at: None,
            why: None,
            gone: true,
        }
    }
}

#[derive(Serialize)]
struct Purge<'a> {
    ranges: &'a [(u64, u64)],
    day: String,
    why: &'static str,
    /// Everything by this person, wherever it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    u: Option<Id>,
}

#[derive(Serialize)]
struct Receipt {
    u: Id,
    q: u64,
    ts: u64,
}

#[derive(Serialize)]
struct Muted {
    on: bool,
    all: bool,
}

impl Wire {
    fn durable<D: Serialize>(&self, t: &str, event: &Event, d: D) -> Option<Bytes> {
        Some(frame(&Out {
            t,
            c: event.header.channel,
            q: event.header.channel_seq,
            cur: Some(self.views.cursors.seal(event.position + 1)),
            d: Some(d),
        }))
    }

    /// For what names its channel in its facts and not in its header.
    fn in_channel<D: Serialize>(&self, t: &str, c: Id, event: &Event, d: D) -> Option<Bytes> {
        Some(frame(&Out {
            t,
            c: Some(c),
            q: None,
            cur: Some(self.views.cursors.seal(event.position + 1)),
            d: Some(d),
        }))
    }

    fn scheduled(&self, event: &Event, d: Scheduled) -> Option<Bytes> {
        self.in_channel("scheduled", event.header.channel?, event, d)
    }

    fn person(&self, event: &Event, person: Id) -> Option<Bytes> {
        let person = self
            .views
            .state
            .read()
            .people
            .get(&person)
            .map(|p| Person::of(person, p))?;
        self.durable("person", event, person)
    }
}

impl Encode for Wire {
    fn event(&mut self, event: &Event) -> Option<Bytes> {
        let header = &event.header;
        let content = event.content.as_ref();
        let (u, ts) = (header.actor, header.at);
        match &header.act {
            Act::MessageEdited { of, mentions } => {
                let n = self
                    .views
                    .amendments
                    .of_range(header.channel?, *of, *of)
                    .map_or(1, |all| {
                        all.iter()
                            .filter(|a| a.kind == Kind::Edit && Some(a.q) <= header.channel_seq)
                            .count()
                    });
                let b = content.and_then(|c| c.text.as_deref()).unwrap_or_default();
                self.durable(
                    "edit",
                    event,
                    Edit {
                        of: *of,
                        b,
                        m: mentions,
                        u,
                        ts,
                        n,
                    },
                )
            }
            Act::MessageDeleted { of } => self.durable("del", event, About { of: *of, u, ts }),
            Act::MessageConfirmed { of } => {
                self.durable("confirm", event, About { of: *of, u, ts })
            }
            Act::PollVoted { of } => {
                let o = content.map(|c| c.votes.as_slice()).unwrap_or_default();
                self.durable("vote", event, Vote { of: *of, o, u, ts })
            }
            Act::PollClosed { of } => self.durable("close", event, About { of: *of, u, ts }),
            Act::MessageReminded { of } => self.durable("remind", event, About { of: *of, u, ts }),
            Act::MessagePinned { of, .. } | Act::MessageUnpinned { of } => {
                let on = matches!(header.act, Act::MessagePinned { .. });
                let of = *of;
                self.durable("pin", event, Pinned { of, on, u, ts })
            }
            Act::MessageSaved { channel, of, .. } | Act::MessageUnsaved { channel, of } => {
                let on = matches!(header.act, Act::MessageSaved { .. });
                self.in_channel("saved", *channel, event, Saved { of: *of, on })
            }
            Act::MessageScheduled {
                schedule, due_at, ..
            }
            | Act::ScheduleChanged {
                schedule, due_at, ..
            } => {
                let (id, at) = (*schedule, Some(*due_at));
                let waits = Scheduled {
                    id,
                    at,
                    why: None,
                    gone: false,
                };
                self.scheduled(event, waits)
            }
            Act::ScheduleCancelled { schedule } => {
                self.scheduled(event, Scheduled::gone(*schedule))
            }
            Act::ScheduleFailed { schedule, why, .. } => {
                let (id, why) = (*schedule, Some(*why));
                let failed = Scheduled {
                    id,
                    at: None,
                    why,
                    gone: false,
                };
                self.scheduled(event, failed)
            }
            Act::ReactionAdded { of } | Act::ReactionRemoved { of } => {
                let e = content.and_then(|c| c.emoji.as_deref()).unwrap_or_default();
                let on = matches!(header.act, Act::ReactionAdded { .. });
                self.durable(
                    "react",
                    event,
                    Reaction {
                        of: *of,
                        e,
                        on,
                        u,
                        ts,
                    },
                )
            }
            Act::DestroyDone {
                narrowed:
                    Narrowed {
                        person: Some(person),
                        ..
                    },
                ..
            } if header.channel.is_none() => self.person(event, *person),
            Act::DestroyDone {
                days,
                ranges,
                narrowed,
                ..
            } => {
                let day = days.iter().max().map(|d| day_text(*d)).unwrap_or_default();
                let why = match narrowed {
                    Narrowed {
                        person: Some(_), ..
                    } => "erased",
                    Narrowed { order: Some(_), .. } => "redacted",
                    _ => "expired",
                };
                let u = narrowed.person;
                self.durable(
                    "purge",
                    event,
                    Purge {
                        ranges,
                        day,
                        why,
                        u,
                    },
                )
            }
            Act::ReceiptRead { upto, .. } => {
                self.durable("read", event, Receipt { u, q: *upto, ts })
            }
            Act::ReceiptDelivered { upto } => {
                self.durable("got", event, Receipt { u, q: *upto, ts })
            }
            Act::ChannelMuted { on, all } => {
                let (on, all) = (*on, *all);
                self.durable("muted", event, Muted { on, all })
            }
            Act::PersonJoined { person, .. }
            | Act::PersonRenamed { person }
            | Act::RoleSet { person, .. }
            | Act::PersonDeactivated { person, .. }
            | Act::PersonReactivated { person } => self.person(event, *person),
            Act::WorkspaceRenamed {} => self.workspace(event),
            Act::PolicySet { .. }
            | Act::PolicyApproved { .. }
            | Act::PolicyStopped { .. }
            | Act::PolicyLapsed { .. }
                if header.channel.is_none() =>
            {
                self.workspace(event)
            }
            _ => {
                let mut item = Item::of(event)?;
                if let (Some(of), Some(channel)) = (item.quotes.take(), header.channel) {
                    item.re = self.views.quote(Sight::whole(channel), of).ok().flatten();
                }
                self.durable("msg", event, item)
            }
        }
    }

    fn veiled(&mut self, event: &Event) -> Option<Bytes> {
        match Item::of(event) {
            Some(item) => self.durable("msg", event, item),
            None => Some(frame(&Out::<()> {
                t: "hidden",
                c: event.header.channel,
                q: event.header.channel_seq,
                cur: Some(self.views.cursors.seal(event.position + 1)),
                d: None,
            })),
        }
    }

    fn sent(&mut self, event: &Event) -> Option<Bytes> {
        let waited = event.header.act.waited()?;
        self.scheduled(event, Scheduled::gone(waited.schedule))
    }

    fn channel(&mut self, channel: Id) -> Option<Bytes> {
        let state = self.views.state.read();
        let seen = Channel::of(&state, channel, state.channels.get(&channel)?);
        Some(frame(&Out {
            t: "channel",
            c: Some(channel),
            q: None,
            cur: None,
            d: Some(seen),
        }))
    }

    fn joined(&mut self, event: &Event, channel: Id, person: Id) -> Option<Bytes> {
        let seen = self.views.seen_by(person).channel(channel).ok()?;
        Some(frame(&Out {
            t: "joined",
            c: Some(channel),
            q: None,
            cur: Some(self.views.cursors.seal(event.position + 1)),
            d: Some(seen),
        }))
    }

    fn left(&mut self, event: &Event, channel: Id) -> Bytes {
        let cur = Some(self.views.cursors.seal(event.position + 1));
        frame(&Out::<()> {
            t: "left",
            c: Some(channel),
            q: None,
            cur,
            d: None,
        })
    }

    fn presence(&mut self, person: Id, on: bool) -> Bytes {
        #[derive(Serialize)]
        struct Presence {
            t: &'static str,
            u: Id,
            on: bool,
        }
        frame(&Presence {
            t: "presence",
            u: person,
            on,
        })
    }

    fn typing(&mut self, channel: Id, person: Id, thread: Option<u64>) -> Bytes {
        #[derive(Serialize)]
        struct Typing {
            t: &'static str,
            c: Id,
            u: Id,
            #[serde(skip_serializing_if = "Option::is_none")]
            th: Option<u64>,
        }
        frame(&Typing {
            t: "typing",
            c: channel,
            u: person,
            th: thread,
        })
    }

    fn draft(&mut self, place: Place, held: &Held) -> Bytes {
        draft(place, held)
    }

    fn is_led_to_second(&self, person: Id) -> bool {
        self.views.state.read().is_led_to_second(person)
    }
}

pub fn draft(place: Place, held: &Held) -> Bytes {
    #[derive(Serialize)]
    struct Draft<'a> {
        t: &'static str,
        c: Id,
        #[serde(skip_serializing_if = "Option::is_none")]
        thread: Option<u64>,
        text: &'a str,
        at: u64,
    }
    frame(&Draft {
        t: "draft",
        c: place.channel,
        thread: place.thread,
        text: &held.text,
        at: held.at,
    })
}

impl Wire {
    fn workspace(&self, event: &Event) -> Option<Bytes> {
        let state = self.views.state.read();
        self.durable("workspace", event, Workspace::of(&state))
    }
}

/// An answer with what is derived from it: links are made anew each time, never stored.
#[derive(Serialize)]
pub struct AckOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub t: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    #[serde(flatten)]
    pub ack: &'a Ack,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl<'a> AckOut<'a> {
    pub fn of(ack: &'a Ack, links: &Links) -> Self {
        let link = ack
            .invite
            .map(|id| (LinkKind::Invite, id))
            .or(ack.reset.map(|id| (LinkKind::Reset, id)))
            .map(|(kind, id)| links.code(kind, id));
        AckOut {
            t: None,
            id: None,
            ack,
            url: link.as_deref().map(|code| links.url(code)),
            code: link,
        }
    }
}

#[derive(Serialize)]
struct ErrOut<'a> {
    t: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Id>,
    code: &'a str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<u64>,
    #[serde(skip_serializing_if = "<[Id]>::is_empty")]
    rules: &'a [Id],
}

/// The frame that answers a command.
pub fn answer(key: Option<Id>, answer: &Result<Ack, Refusal>, links: &Links) -> Bytes {
    match answer {
        Ok(ack) => frame(&AckOut {
            t: Some("ack"),
            id: key,
            ..AckOut::of(ack, links)
        }),
        Err(refusal) => refused(key, refusal),
    }
}

pub fn refused(key: Option<Id>, refusal: &Refusal) -> Bytes {
    frame(&ErrOut {
        t: "err",
        id: key,
        code: refusal.code(),
        message: refusal.message(),
        after: refusal.after_ms(),
        now: refusal.now_ms(),
        rules: refusal.asks(),
    })
}
