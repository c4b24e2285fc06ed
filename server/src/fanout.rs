//! Who hears what: listeners by channel and person, each with a bounded queue of encoded frames.
//!
//! Fed by the sequencer alone, after the append is durable; "may see" and "is listening" change in
//! one place, in log order. Never waits for a reader: one that falls behind is told to resync.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use migrations_free_store::Id;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::chat::event::{Act, Event};
use crate::chat::{Sight, state::State};
use crate::drafts::{Held, Place};

/// What may wait for one reader before its queue is dropped.
pub const QUEUE_FRAMES_MAX: usize = 1024;
pub const QUEUE_BYTES_MAX: usize = 1024 * 1024;
/// Typing and presence are dropped for a reader with more than this waiting.
const EPHEMERAL_QUEUE_MAX: usize = 32;
/// Presence is told while so few are connected that telling everyone stays cheap.
const PRESENCE_LISTENERS_MAX: usize = 500;
/// In larger channels a receipt reaches its own person's devices only; the author asks for the list.
const RECEIPT_LISTENERS_MAX: usize = 64;

/// Why the server ends a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    SignedOut,
    /// A second factor is demanded of whoever sits there, and she has none.
    SecondFirst,
    Restart,
}

/// One open socket, seen from the sequencer.
pub struct Listener {
    pub person: Id,
    pub device: Id,
    /// Guests hear of the people in their channels only.
    guest: bool,
    queue: Mutex<Queue>,
    wake: Notify,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Waiting>,
    bytes: usize,
    lagging: bool,
    /// The writer was told and has not come yet.
    told: bool,
    ending: Option<Ending>,
}

struct Waiting {
    frame: Bytes,
    is_answer: bool,
}

/// What a writer takes at once.
#[derive(Default)]
pub struct Taken {
    pub frames: VecDeque<Bytes>,
    /// How many of them answer a command.
    pub answers: usize,
    /// Frames were dropped before these: tell the client to resync.
    pub lagged: bool,
    pub ending: Option<Ending>,
}

impl Listener {
    pub fn new(person: Id, device: Id, guest: bool) -> Arc<Self> {
        Arc::new(Listener {
            person,
            device,
            guest,
            queue: Mutex::default(),
            wake: Notify::new(),
        })
    }

    pub fn push(&self, frames: &[Bytes]) {
        self.push_quietly(frames);
        self.wake();
    }

    /// Tells the writer that something waits, once.
    pub fn wake(&self) {
        let mut queue = self.queue.lock();
        let waits = !queue.frames.is_empty() || queue.lagging;
        if waits && !std::mem::replace(&mut queue.told, true) {
            drop(queue);
            self.wake.notify_one();
        }
    }

    /// The answer to a command of this socket. It is never dropped: a socket has few commands unanswered. Wakes
    /// nobody: what follows at once is written together with it.
    pub fn answer(&self, frame: Bytes) {
        let is_answer = true;
        self.queue
            .lock()
            .frames
            .push_back(Waiting { frame, is_answer });
    }

    fn push_quietly(&self, frames: &[Bytes]) {
        let mut queue = self.queue.lock();
        if queue.lagging {
            return;
        }
        for frame in frames {
            queue.bytes += frame.len();
            queue.frames.push_back(Waiting {
                frame: frame.clone(),
                is_answer: false,
            });
        }
        if queue.frames.len() > QUEUE_FRAMES_MAX || queue.bytes > QUEUE_BYTES_MAX {
            queue.frames.retain(|waiting| waiting.is_answer);
            queue.frames.shrink_to_fit();
            queue.bytes = 0;
            queue.lagging = true;
        }
    }

    fn push_ephemeral(&self, frame: &Bytes) {
        if self.queue.lock().frames.len() < EPHEMERAL_QUEUE_MAX {
            self.push(std::slice::from_ref(frame));
        }
    }

    pub fn end(&self, ending: Ending) {
        self.queue.lock().ending = Some(ending);
        self.wake.notify_one();
    }

    fn is_ending(&self) -> bool {
        self.queue.lock().ending.is_some()
    }

    /// Resolves when there is something to take.
    pub async fn ready(&self) {
        self.wake.notified().await;
    }

    pub fn take(&self) -> Taken {
        let mut queue = self.queue.lock();
        queue.bytes = 0;
        queue.told = false;
        let mut answers = 0;
        let each = queue.frames.drain(..).map(|waiting| {
            answers += usize::from(waiting.is_answer);
            waiting.frame
        });
        let frames = each.collect();
        if queue.frames.capacity() > EPHEMERAL_QUEUE_MAX {
            queue.frames = VecDeque::new();
        }
        Taken {
            frames,
            answers,
            lagged: std::mem::take(&mut queue.lagging),
            ending: queue.ending,
        }
    }
}

/// Makes the frames that listeners get; lives at the edge, where wire types are.
pub trait Encode: Send {
    /// The frame of an event for everyone who may see it.
    fn event(&mut self, event: &Event) -> Option<Bytes>;
    /// The same for whom the older message that it tells of is out of sight.
    fn veiled(&mut self, event: &Event) -> Option<Bytes>;
    /// That a message of its author's waits no more, for them alone.
    fn sent(&mut self, event: &Event) -> Option<Bytes>;
    /// The channel as its members see it, after membership, name, owners or policy changed.
    fn channel(&mut self, channel: Id) -> Option<Bytes>;
    fn joined(&mut self, event: &Event, channel: Id, person: Id) -> Option<Bytes>;
    fn left(&mut self, event: &Event, channel: Id) -> Bytes;
    fn presence(&mut self, person: Id, on: bool) -> Bytes;
    fn typing(&mut self, channel: Id, person: Id, thread: Option<u64>) -> Bytes;
    fn draft(&mut self, place: Place, held: &Held) -> Bytes;
    /// Nothing is for this person before she has set up a second factor.
    fn is_led_to_second(&self, person: Id) -> bool;
}

/// Who listens to a channel, and from which number on.
struct Ear {
    listener: Arc<Listener>,
    sight: Sight,
}

/// One event, as its channel hears it.
struct Heard {
    frame: Bytes,
    /// The older message that it tells of, and what they get who do not read that far.
    veil: Option<(u64, Bytes)>,
}

#[derive(Default)]
pub struct Fanout {
    channels: HashMap<Id, Vec<Ear>>,
    people: HashMap<Id, Vec<Arc<Listener>>>,
    /// Someone long-polling waits for any event of these people.
    count: Arc<AtomicU64>,
}

impl Fanout {
    pub fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.count)
    }

    pub fn listen(&mut self, listener: &Arc<Listener>, state: &State, encode: &mut dyn Encode) {
        for (channel, facts) in state.channels_of(listener.person) {
            if let Some(member) = facts.members.get(&listener.person) {
                self.channels.entry(channel).or_default().push(Ear {
                    listener: Arc::clone(listener),
                    sight: Sight::of_member(channel, member),
                });
            }
        }
        let theirs = self.people.entry(listener.person).or_default();
        theirs.push(Arc::clone(listener));
        let first = theirs.len() == 1;
        self.count.fetch_add(1, Ordering::Relaxed);
        if first {
            self.presence(listener.person, true, encode);
        }
    }

    pub fn unlisten(&mut self, listener: &Arc<Listener>, state: &State, encode: &mut dyn Encode) {
        let Some(theirs) = self.people.get_mut(&listener.person) else {
            return;
        };
        let before = theirs.len();
        theirs.retain(|l| !Arc::ptr_eq(l, listener));
        if theirs.len() == before {
            return;
        }
        let gone = theirs.is_empty();
        if gone {
            self.people.remove(&listener.person);
        }
        for (channel, _) in state.channels_of(listener.person) {
            self.forget(channel, |l| Arc::ptr_eq(l, listener));
        }
        self.count.fetch_sub(1, Ordering::Relaxed);
        if gone {
            self.presence(listener.person, false, encode);
        }
    }

    pub fn online(&self) -> Vec<Id> {
        if self.count.load(Ordering::Relaxed) as usize > PRESENCE_LISTENERS_MAX {
            return Vec::new();
        }
        self.people.keys().copied().collect()
    }

    pub fn end_all(&self, ending: Ending) {
        for listener in self.people.values().flatten() {
            listener.end(ending);
        }
    }

    pub fn typing(&self, channel: Id, person: Id, thread: Option<u64>, encode: &mut dyn Encode) {
        let Some(listeners) = self.channels.get(&channel) else {
            return;
        };
        let frame = encode.typing(channel, person, thread);
        for ear in listeners.iter().filter(|e| e.listener.person != person) {
            ear.listener.push_ephemeral(&frame);
        }
    }

    /// A frame about a person's own affairs, to all of that person's devices.
    pub fn tell(&self, person: Id, frame: &Bytes) {
        for listener in self.people.get(&person).into_iter().flatten() {
            listener.push(std::slice::from_ref(frame));
        }
    }

    /// What somebody is writing, to that person's sockets but this one. A device that is being signed out gets it no more.
    pub fn draft(&self, person: Id, from: Option<&Arc<Listener>>, frame: &Bytes) {
        let is_from = |l: &Arc<Listener>| from.is_some_and(|from| Arc::ptr_eq(from, l));
        for listener in self.people.get(&person).into_iter().flatten() {
            if !is_from(listener) && !listener.is_ending() {
                listener.push(std::slice::from_ref(frame));
            }
        }
    }

    /// Hands out durable events, in log order. Runs of one channel travel together: one lock and one
    /// wake per listener and run.
    pub fn deliver(&mut self, events: &[Event], encode: &mut dyn Encode) {
        let mut run: Option<(Id, Vec<Heard>)> = None;
        for event in events {
            let plain = matches!(
                event.header.act,
                Act::MessagePosted { .. }
                    | Act::MessageImported { .. }
                    | Act::MessageEdited { .. }
                    | Act::MessageDeleted { .. }
                    | Act::ReactionAdded { .. }
                    | Act::ReactionRemoved { .. }
                    | Act::MessageConfirmed { .. }
                    | Act::MessageReminded { .. }
                    | Act::MessagePinned { .. }
                    | Act::MessageUnpinned { .. }
                    | Act::PollVoted { .. }
                    | Act::PollClosed { .. }
            );
            if let (true, Some(channel)) = (plain, event.header.channel) {
                if run.as_ref().is_some_and(|(c, _)| *c != channel) {
                    self.flush(&mut run);
                }
                if let Some(ears) = self.channels.get(&channel)
                    && let Some(heard) = hear(event, ears, encode)
                {
                    run.get_or_insert_with(|| (channel, Vec::new()))
                        .1
                        .push(heard);
                }
                if event.header.act.waited().is_some() {
                    self.flush(&mut run);
                    if let Some(frame) = encode.sent(event) {
                        self.tell(event.header.actor, &frame);
                    }
                }
                continue;
            }
            self.flush(&mut run);
            self.special(event, encode);
        }
        self.flush(&mut run);
    }

    fn flush(&self, run: &mut Option<(Id, Vec<Heard>)>) {
        let Some((channel, heard)) = run.take() else {
            return;
        };
        let all: Vec<Bytes> = heard.iter().map(|one| one.frame.clone()).collect();
        for Ear { listener, sight } in self.channels.get(&channel).into_iter().flatten() {
            let veil = |one: &Heard| match &one.veil {
                Some((of, veiled)) if !sight.takes(*of) => Some(veiled.clone()),
                _ => None,
            };
            if heard.iter().any(|one| veil(one).is_some()) {
                let theirs = heard
                    .iter()
                    .map(|one| veil(one).unwrap_or(one.frame.clone()));
                listener.push(&theirs.collect::<Vec<_>>());
            } else {
                listener.push(&all);
            }
        }
    }

    /// Events that change who hears what, or that not every member hears.
    fn special(&mut self, event: &Event, encode: &mut dyn Encode) {
        self.lead_to_second(&event.header.act, encode);
        let channel = event.header.channel;
        match (&event.header.act, channel) {
            (
                Act::ChannelCreated {
                    owners, members, ..
                },
                Some(c),
            ) => {
                let people: HashSet<Id> = owners.iter().chain(members).copied().collect();
                for person in people {
                    self.join(event, c, person, Sight::whole(c), encode);
                }
            }
            (Act::MemberAdded { person, first }, Some(c)) => {
                self.to_channel(event, c, true, encode);
                self.join(event, c, *person, Sight::starting(c, *first), encode);
            }
            (Act::MemberRemoved { person } | Act::MemberLeft { person }, Some(c)) => {
                let left = encode.left(event, c);
                self.forget(c, |l| l.person == *person);
                self.tell(*person, &left);
                self.to_channel(event, c, true, encode);
            }
            (
                Act::OwnerGranted { .. }
                | Act::OwnerRevoked { .. }
                | Act::ChannelChanged { .. }
                | Act::ChannelArchived { .. }
                | Act::ChannelSlowed { .. }
                | Act::HistorySet { .. }
                | Act::ChannelPlaced { .. }
                | Act::JoinAsked { .. }
                | Act::JoinRefused { .. }
                | Act::PolicySet { .. }
                | Act::PolicyApproved { .. }
                | Act::PolicyStopped { .. }
                | Act::PolicyLapsed { .. },
                Some(c),
            ) => self.to_channel(event, c, true, encode),
            (Act::ImportFinished { .. } | Act::DestroyDone { .. }, Some(c)) => {
                self.to_channel(event, c, false, encode)
            }
            (Act::ReceiptRead { .. } | Act::ReceiptDelivered { .. }, Some(c)) => {
                // In a crowd a receipt for everyone would be a message for everyone.
                if self
                    .channels
                    .get(&c)
                    .is_some_and(|l| l.len() <= RECEIPT_LISTENERS_MAX)
                {
                    self.to_channel(event, c, false, encode);
                } else if let Some(frame) = encode.event(event) {
                    self.tell(event.header.actor, &frame);
                }
            }
            (Act::ScheduleFailed { person, .. }, _) => {
                if let Some(frame) = encode.event(event) {
                    self.tell(*person, &frame);
                }
            }
            (
                Act::ChannelMuted { .. }
                | Act::MessageScheduled { .. }
                | Act::ScheduleChanged { .. }
                | Act::ScheduleCancelled { .. },
                Some(_),
            )
            | (Act::MessageSaved { .. } | Act::MessageUnsaved { .. }, None) => {
                if let Some(frame) = encode.event(event) {
                    self.tell(event.header.actor, &frame);
                }
            }
            (Act::SessionEnded { device, person }, _) => {
                for listener in self
                    .people
                    .get(person)
                    .into_iter()
                    .flatten()
                    .filter(|l| l.device == *device)
                {
                    listener.end(Ending::SignedOut);
                }
            }
            (Act::PersonDeactivated { person, .. }, _) => {
                for listener in self.people.get(person).into_iter().flatten() {
                    listener.end(Ending::SignedOut);
                }
                self.to_all(event, encode);
            }
            (
                Act::PersonJoined { .. }
                | Act::PersonRenamed { .. }
                | Act::RoleSet { .. }
                | Act::PersonReactivated { .. }
                | Act::WorkspaceRenamed {}
                | Act::PolicySet { .. }
                | Act::PolicyApproved { .. }
                | Act::PolicyStopped { .. }
                | Act::PolicyLapsed { .. },
                _,
            ) => self.to_all(event, encode),
            (
                Act::SupervisionApproved { channels, .. }
                | Act::SupervisionRemoved { channels, .. },
                _,
            ) => {
                let named: Vec<Id> = match channels.is_empty() {
                    true => self.channels.keys().copied().collect(),
                    false => channels.clone(),
                };
                for channel in named {
                    self.changed(channel, encode);
                }
            }
            // Who was erased has no name any more.
            (Act::DestroyDone { narrowed, .. }, None) if narrowed.person.is_some() => {
                self.to_all(event, encode)
            }
            _ => {}
        }
    }

    /// Closes the sockets of whom this act leads to setting up a second factor.
    fn lead_to_second(&self, act: &Act, encode: &dyn Encode) {
        let asked: Vec<Id> = match act {
            Act::SigninRuled { .. } => self.people.keys().copied().collect(),
            Act::RoleSet { person, .. }
            | Act::SecondRemoved { person, .. }
            | Act::AccountSet { person, .. }
            | Act::PasskeyRemoved { person, .. } => vec![*person],
            _ => return,
        };
        for person in asked.into_iter().filter(|p| encode.is_led_to_second(*p)) {
            for listener in self.people.get(&person).into_iter().flatten() {
                listener.end(Ending::SecondFirst);
            }
        }
    }

    fn join(
        &mut self,
        event: &Event,
        channel: Id,
        person: Id,
        sight: Sight,
        encode: &mut dyn Encode,
    ) {
        let Some(listeners) = self.people.get(&person) else {
            return;
        };
        let joined = encode.joined(event, channel, person);
        let theirs = self.channels.entry(channel).or_default();
        for listener in listeners {
            if !theirs.iter().any(|e| Arc::ptr_eq(&e.listener, listener)) {
                let listener = Arc::clone(listener);
                theirs.push(Ear { listener, sight });
            }
            if let Some(joined) = &joined {
                listener.push(std::slice::from_ref(joined));
            }
        }
    }

    fn to_channel(&self, event: &Event, channel: Id, changed: bool, encode: &mut dyn Encode) {
        let Some(listeners) = self.channels.get(&channel) else {
            return;
        };
        let mut frames: Vec<Bytes> = encode.event(event).into_iter().collect();
        if changed {
            frames.extend(encode.channel(channel));
        }
        for ear in listeners {
            ear.listener.push(&frames);
        }
    }

    /// The channel anew, to whoever listens to it.
    fn changed(&self, channel: Id, encode: &mut dyn Encode) {
        let Some(listeners) = self.channels.get(&channel) else {
            return;
        };
        if let Some(frame) = encode.channel(channel) {
            for ear in listeners {
                ear.listener.push(std::slice::from_ref(&frame));
            }
        }
    }

    fn to_all(&self, event: &Event, encode: &mut dyn Encode) {
        if let Some(frame) = encode.event(event) {
            for listener in self.people.values().flatten().filter(|l| !l.guest) {
                listener.push(std::slice::from_ref(&frame));
            }
        }
    }

    fn presence(&self, person: Id, on: bool, encode: &mut dyn Encode) {
        if self.count.load(Ordering::Relaxed) as usize > PRESENCE_LISTENERS_MAX {
            return;
        }
        let frame = encode.presence(person, on);
        for listener in self
            .people
            .values()
            .flatten()
            .filter(|l| l.person != person && !l.guest)
        {
            listener.push_ephemeral(&frame);
        }
    }

    fn forget(&mut self, channel: Id, gone: impl Fn(&Arc<Listener>) -> bool) {
        if let Some(listeners) = self.channels.get_mut(&channel) {
            listeners.retain(|ear| !gone(&ear.listener));
            if listeners.is_empty() {
                self.channels.remove(&channel);
            }
        }
    }
}

fn hear(event: &Event, ears: &[Ear], encode: &mut dyn Encode) -> Option<Heard> {
    let frame = encode.event(event)?;
    let told = event.header.act.tells_of();
    let hidden = told.filter(|of| ears.iter().any(|ear| !ear.sight.takes(*of)));
    let veil = match hidden {
        Some(of) => Some((of, encode.veiled(event)?)),
        None => None,
    };
    Some(Heard { frame, veil })
}
