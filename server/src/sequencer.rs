//! The one door: every change is submitted here and nowhere else.
//!
//! One thread owns the log and decides. It drains what has queued, authorises, decides and hands the batch
//! to the disk: one write, one sync; meanwhile it decides the next. Only what is durable is folded into the
//! state that others read, answered, and fanned out. A failed append stops the process: what is on disk is
//! then unknown, and a restart recovers it. Never waits for a reader.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use migrations_free_store::{Commitment, Error, Id, NewRecord, Position, Scope, Store, Writer};
use parking_lot::RwLock;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};

use crate::chat::command::{Command, Door as Inner, Target, Upload};
use crate::chat::decide::{FRESH_IDS, FreshIds};
use crate::chat::event::{Act, HEADER_VERSION};
use crate::chat::state::day_of;
use crate::chat::{
    Ack, Actor, Draft, Event, Facts, Hash, Header, Refusal, State, authorise, decide,
};
use crate::clock::Clock;
use crate::fanout::{Encode, Ending, Fanout, Listener};
use crate::views::amendments::Amendments;

/// Commands waiting for the sequencer; beyond it, submitters wait.
pub const QUEUE_MAX: usize = 4096;
/// Commands decided before one sync.
const BATCH_COMMANDS_MAX: usize = 512;
/// Content decided before one sync; well below what the store takes in one batch.
const BATCH_CONTENT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// With so many waiting, the next batch is decided while the one before it is written.
const OVERLAP_COMMANDS_MIN: usize = 64;
/// How often a grown log is signed.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);
/// Command ids are remembered this long; older ones are refused.
pub const REMEMBERED_MS: u64 = 7 * 24 * 3_600_000;
/// How far ahead a client's clock may run.
const AHEAD_MS: u64 = 24 * 3_600_000;
/// Most headers and contents fit without growing.
const PART_BYTES_USUAL: usize = 640;
/// With less room than this on the disk nothing new is accepted: what is decided must fit.
const DISK_RESERVE_BYTES: u64 = 96 * 1024 * 1024;

/// The way to the sequencer, for every part of the server.
#[derive(Clone)]
pub struct Door {
    queue: mpsc::Sender<Ask>,
}

/// A command on its way.
pub struct Submission {
    pub actor: Actor,
    pub command: Command,
    /// The idempotency key; None for inner commands, which are not repeated.
    pub key: Option<Id>,
    pub uploads: HashMap<Id, Upload>,
    pub reply: Reply,
}

pub enum Reply {
    Once(oneshot::Sender<Result<Ack, Refusal>>),
    /// Straight into a socket's queue.
    Frame(Arc<Listener>),
    Nobody,
}

enum Ask {
    Command(Box<Submission>),
    Listen {
        listener: Arc<Listener>,
        ready: oneshot::Sender<Listening>,
    },
    Unlisten(Arc<Listener>),
    Typing {
        channel: Id,
        person: Id,
        thread: Option<u64>,
    },
    Tell {
        person: Id,
        frame: Bytes,
    },
    Sign,
    Stop(oneshot::Sender<()>),
}

/// A listener is registered: everything from `position` on will reach it.
pub struct Listening {
    pub position: Position,
    pub online: Vec<Id>,
}

impl Door {
    /// Waits for a place in the queue and for the durable answer.
    pub async fn submit(
        &self,
        actor: Actor,
        command: Command,
        key: Option<Id>,
    ) -> Result<Ack, Refusal> {
        self.submit_with(actor, command, key, HashMap::new()).await
    }

    pub async fn submit_with(
        &self,
        actor: Actor,
        command: Command,
        key: Option<Id>,
        uploads: HashMap<Id, Upload>,
    ) -> Result<Ack, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Submission {
            actor,
            command,
            key,
            uploads,
            reply: Reply::Once(reply),
        })
        .await?;
        answer.await.map_err(|_| Refusal::Unavailable)?
    }

    /// Waits for a place in the queue only; the answer goes where `reply` says.
    pub async fn enqueue(&self, submission: Submission) -> Result<(), Refusal> {
        self.queue
            .send(Ask::Command(Box::new(submission)))
            .await
            .map_err(|_| Refusal::Unavailable)
    }

    /// For threads that are not async.
    pub fn submit_blocking(
        &self,
        actor: Actor,
        command: Command,
        key: Option<Id>,
    ) -> Result<Ack, Refusal> {
        let (reply, answer) = oneshot::channel();
        let submission = Submission {
            actor,
            command,
            key,
            uploads: HashMap::new(),
            reply: Reply::Once(reply),
        };
        self.queue
            .blocking_send(Ask::Command(Box::new(submission)))
            .map_err(|_| Refusal::Unavailable)?;
        answer.blocking_recv().map_err(|_| Refusal::Unavailable)?
    }

    pub async fn listen(&self, listener: &Arc<Listener>) -> Result<Listening, Refusal> {
        let (ready, listening) = oneshot::channel();
        self.queue
            .send(Ask::Listen {
                listener: Arc::clone(listener),
                ready,
            })
            .await
            .map_err(|_| Refusal::Unavailable)?;
        listening.await.map_err(|_| Refusal::Unavailable)
    }

    pub async fn unlisten(&self, listener: &Arc<Listener>) {
        // The sequencer is gone at shutdown: then there is nothing to leave.
        let _gone = self.queue.send(Ask::Unlisten(Arc::clone(listener))).await;
    }

    /// Dropped when the queue is full: typing is the first thing to go.
    pub fn typing(&self, channel: Id, person: Id, thread: Option<u64>) {
        let _dropped = self.queue.try_send(Ask::Typing {
            channel,
            person,
            thread,
        });
    }

    /// A frame that is not an event (progress of a job), to one person's devices.
    pub fn tell(&self, person: Id, frame: Bytes) {
        let _dropped = self.queue.try_send(Ask::Tell { person, frame });
    }

    /// Asks for a signature over what is durable, when a second has passed since the last.
    pub fn sign(&self) {
        let _busy_anyway = self.queue.try_send(Ask::Sign);
    }

    /// Answers when everything submitted before is durable and the log is signed.
    pub async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        if self.queue.send(Ask::Stop(done)).await.is_ok() {
            let _closed = stopped.await;
        }
    }
}

/// What the sequencer works with.
pub struct Parts {
    pub store: Store,
    pub writer: Writer,
    /// What others read: everything durable, and nothing else.
    pub state: Arc<RwLock<State>>,
    pub amendments: Arc<Amendments>,
    pub clock: Clock,
    pub dir: std::path::PathBuf,
    pub encode: Box<dyn Encode>,
    pub answer: Box<dyn Fn(Option<Id>, &Result<Ack, Refusal>) -> Bytes + Send>,
    /// Called with every durable batch, for views that follow (search, waiting long polls).
    pub follow: Box<dyn FnMut(&[Event]) + Send>,
}

/// Starts the sequencer's thread. It ends after `Door::stop`, or takes the process with it.
pub fn start(parts: Parts) -> std::io::Result<(Door, std::thread::JoinHandle<()>)> {
    let (queue, asks) = mpsc::channel(QUEUE_MAX);
    let ahead = parts.state.read().clone();
    let mut sequencer = Sequencer {
        ahead,
        parts,
        asks,
        fanout: Fanout::default(),
        batch: Batch::default(),
        under_way: None,
        signed: Instant::now(),
        disk: Disk::default(),
    };
    let thread = std::thread::Builder::new()
        .name("sequencer".into())
        .spawn(move || sequencer.run())?;
    Ok((Door { queue }, thread))
}

struct Sequencer {
    parts: Parts,
    asks: mpsc::Receiver<Ask>,
    fanout: Fanout,
    /// What is decided by: the readers' state, and all that is not yet durable.
    ahead: State,
    batch: Batch,
    /// The batch that is on its way to the disk.
    under_way: Option<Batch>,
    signed: Instant,
    disk: Disk,
}

/// What was decided and is not yet durable.
#[derive(Default)]
struct Batch {
    events: Vec<Event>,
    content_bytes: usize,
    replies: Vec<(Reply, Option<Id>, Result<Ack, Refusal>)>,
    /// Command ids of this batch, to answer a repetition within it.
    tags: HashMap<[u8; 16], Ack>,
    /// Messages of this batch: the log cannot be asked for them yet.
    targets: HashMap<(Id, u64), Target>,
    /// Messages deleted in this batch.
    deleted: HashSet<(Id, u64)>,
    listens: Vec<(Arc<Listener>, oneshot::Sender<Listening>)>,
    expire: Vec<Expiry>,
}

impl Batch {
    /// Listeners join, and keys die, between two batches.
    fn goes_alone(&self) -> bool {
        !self.listens.is_empty() || !self.expire.is_empty()
    }
}

/// A destruction whose intent is being made durable.
struct Expiry {
    channel: Id,
    days: Vec<u32>,
    plan: Hash,
    /// Answered when it is done, not when it is intended.
    reply: Option<(Reply, Option<Id>, Result<Ack, Refusal>)>,
}

impl Sequencer {
    fn run(&mut self) {
        loop {
            let first = match self.under_way {
                None => match self.asks.blocking_recv() {
                    None => return,
                    first => first,
                },
                // Few are rather waited with: they share the next sync with all that come meanwhile.
                Some(_) if self.asks.len() < OVERLAP_COMMANDS_MIN => None,
                Some(_) => self.asks.try_recv().ok(),
            };
            let stop = self.drain(first);
            self.pass_on();
            if let Some(done) = stop {
                self.finish();
                self.sign();
                self.fanout.end_all(Ending::Restart);
                let _nobody = done.send(());
                return;
            }
        }
    }

    /// Decides what has queued, within a batch's limits.
    fn drain(&mut self, first: Option<Ask>) -> Option<oneshot::Sender<()>> {
        let mut state = std::mem::take(&mut self.ahead);
        let (mut next, mut taken, mut stop) = (first, 0, None);
        while let Some(ask) = next.take() {
            taken += 1;
            if let Ask::Stop(done) = ask {
                stop = Some(done);
                break;
            }
            self.take(&mut state, ask);
            if taken < BATCH_COMMANDS_MAX
                && self.batch.content_bytes < BATCH_CONTENT_BYTES_MAX
                && !self.batch.goes_alone()
            {
                next = self.asks.try_recv().ok();
            }
        }
        self.ahead = state;
        stop
    }

    /// When the batch under way is durable, sends the next one on its way, and tells of the first while the
    /// second is written.
    fn pass_on(&mut self) {
        let writer = &mut self.parts.writer;
        if let Err(error) = writer.commit_end().and_then(|()| writer.commit_begin()) {
            fail(&error);
        }
        let batch = std::mem::take(&mut self.batch);
        let waits = batch.events.is_empty() || batch.goes_alone();
        if let Some(durable) = self.under_way.replace(batch) {
            self.announce(durable);
        }
        if waits {
            self.finish();
        }
    }

    /// Leaves nothing under way.
    fn finish(&mut self) {
        if let Err(error) = self.parts.writer.commit_end() {
            fail(&error);
        }
        if let Some(batch) = self.under_way.take() {
            self.announce(batch);
        }
    }

    fn take(&mut self, state: &mut State, ask: Ask) {
        match ask {
            Ask::Command(submission) => {
                let Submission {
                    actor,
                    command,
                    key,
                    uploads,
                    reply,
                } = *submission;
                let answer = self.command(state, actor, &command, key, uploads);
                let reply = (reply, key, answer);
                match (&command, self.batch.expire.last_mut()) {
                    (Command::Door(Inner::Expire { .. }), Some(expiry)) if reply.2.is_ok() => {
                        expiry.reply = Some(reply);
                    }
                    _ => self.batch.replies.push(reply),
                }
            }
            // Registered after the commit: what this batch appended is then history for it.
            Ask::Listen { listener, ready } => self.batch.listens.push((listener, ready)),
            Ask::Unlisten(listener) => {
                let told = self.parts.state.read();
                self.fanout
                    .unlisten(&listener, &told, self.parts.encode.as_mut())
            }
            Ask::Typing {
                channel,
                person,
                thread,
            } => {
                if state.seen_channel(channel, person).is_some() {
                    self.fanout
                        .typing(channel, person, thread, self.parts.encode.as_mut());
                }
            }
            Ask::Tell { person, frame } => self.fanout.tell(person, &frame),
            Ask::Sign | Ask::Stop(_) => {}
        }
    }

    fn command(
        &mut self,
        state: &mut State,
        actor: Actor,
        command: &Command,
        key: Option<Id>,
        uploads: HashMap<Id, Upload>,
    ) -> Result<Ack, Refusal> {
        let now_ms = self.parts.clock.now_ms();
        let authorised = authorise(state, actor, command)?;
        let tag = key.map(|key| tag(actor.person(), key));
        if let (Some(key), Some(tag)) = (key, tag)
            && let Some(ack) = self.repeated(state, actor, command, key, tag, now_ms)?
        {
            return Ok(ack);
        }
        if self.disk.is_full(&self.parts) && !makes_room(command) {
            return Err(Refusal::DiskFull);
        }
        let facts = Facts {
            now_ms,
            ids: FreshIds::new((0..FRESH_IDS).map(|_| Id::new(now_ms)).collect()),
            target: match command.target() {
                Some((channel, q)) => self.target(channel, q)?,
                None => None,
            },
            uploads,
            plan: self.plan(command)?,
        };
        let plan = facts.plan.map(|(hash, ..)| hash);
        let decision = decide(state, &authorised, facts)?;
        let explicit = decision.ack;
        let mut first = None;
        for draft in decision.drafts {
            let is_first = first.is_none();
            let event = self.push(
                state,
                draft,
                actor,
                now_ms,
                key.filter(|_| is_first),
                tag.filter(|_| is_first),
            )?;
            first.get_or_insert(event);
        }
        let ack = match first {
            Some(header_ack) if explicit == Ack::default() => header_ack,
            _ => explicit,
        };
        if let Some(tag) = tag {
            self.batch.tags.insert(tag, ack.clone());
        }
        if let (Command::Door(Inner::Expire { channel, days }), Some(plan)) = (command, plan) {
            self.batch.expire.push(Expiry {
                channel: *channel,
                days: days.clone(),
                plan,
                reply: None,
            });
        }
        Ok(ack)
    }

    /// The answer given before, when this command id was already carried out.
    fn repeated(
        &self,
        state: &State,
        actor: Actor,
        command: &Command,
        key: Id,
        tag: [u8; 16],
        now_ms: u64,
    ) -> Result<Option<Ack>, Refusal> {
        if key.ms() + REMEMBERED_MS < now_ms || key.ms() > now_ms + AHEAD_MS {
            return Err(Refusal::invalid(
                "The command id is a ULID of the last 7 days.",
            ));
        }
        if let Some(ack) = self.not_durable().find_map(|batch| batch.tags.get(&tag)) {
            return Ok(Some(ack.clone()));
        }
        // Ids rise: one above everything this person ever sent was never seen. Else the log is asked.
        if state
            .people
            .get(&actor.person())
            .is_some_and(|p| key > p.mark)
        {
            return Ok(None);
        }
        let since = key.ms().saturating_sub(AHEAD_MS);
        let Some(position) = self.parts.store.find_tag(tag, since).map_err(unavailable)? else {
            return Ok(None);
        };
        let event = self.read(position)?;
        if !same_command(command, &event) {
            return Err(Refusal::IdReused);
        }
        Ok(Some(Ack::of(&event.header)))
    }

    /// What the log and the views do not tell yet, newest first.
    fn not_durable(&self) -> impl Iterator<Item = &Batch> {
        std::iter::once(&self.batch).chain(&self.under_way)
    }

    fn target(&self, channel: Id, q: u64) -> Result<Option<Target>, Refusal> {
        let fresh = self
            .not_durable()
            .find_map(|batch| batch.targets.get(&(channel, q)));
        let mut target = match fresh {
            Some(target) => *target,
            None => match self.target_in_log(channel, q)? {
                Some(target) => target,
                None => return Ok(None),
            },
        };
        target.deleted |= self
            .not_durable()
            .any(|batch| batch.deleted.contains(&(channel, q)));
        Ok(Some(target))
    }

    fn target_in_log(&self, channel: Id, q: u64) -> Result<Option<Target>, Refusal> {
        let records = self
            .parts
            .store
            .channel_page(channel, q, q)
            .map_err(unavailable)?;
        let Some(record) = records.first() else {
            return Ok(None);
        };
        let event = Event::read(record).map_err(|_| Refusal::Unavailable)?;
        let Some(mut target) = target_of(&event) else {
            return Ok(None);
        };
        target.deleted = self
            .parts
            .amendments
            .is_deleted(channel, q)
            .map_err(unavailable)?;
        Ok(Some(target))
    }

    /// What a destruction would take, when the command is one.
    fn plan(&self, command: &Command) -> Result<Option<(Hash, Position, u64, u64)>, Refusal> {
        let Command::Door(Inner::Expire { channel, days }) = command else {
            return Ok(None);
        };
        let scopes = day_scopes(*channel, days);
        let plan = self
            .parts
            .writer
            .destroy_plan(&scopes)
            .map_err(unavailable)?;
        let records = plan.scopes.iter().map(|s| s.records).sum();
        let blobs = plan.scopes.iter().map(|s| s.blobs).sum();
        let mut hash = Sha256::new();
        hash.update(b"daylight/plan/v1");
        hash.update(self.parts.writer.next().to_be_bytes());
        for scope in &plan.scopes {
            hash.update(scope.scope.to_string());
            hash.update(scope.records.to_be_bytes());
            hash.update(scope.blobs.to_be_bytes());
        }
        Ok(Some((
            Hash(hash.finalize().into()),
            self.parts.writer.next(),
            records,
            blobs,
        )))
    }

    /// Gives a draft its place, seals it, and folds it in. Durable with the batch's commit.
    fn push(
        &mut self,
        state: &mut State,
        draft: Draft,
        actor: Actor,
        now_ms: u64,
        key: Option<Id>,
        tag: Option<[u8; 16]>,
    ) -> Result<Ack, Refusal> {
        let sequenced = draft.channel.filter(|_| draft.act.is_sequenced());
        let (seq, prev) = match sequenced {
            None => (None, None),
            Some(channel) => match state.channels.get(&channel) {
                Some(channel) => (Some(channel.head + 1), Some(channel.leaf)),
                None => (Some(1), None),
            },
        };
        let content_bytes = match &draft.content {
            Some(content) => Some(json(content)?),
            None => None,
        };
        let commitment = content_bytes.as_deref().map(Commitment::of);
        let header = Header {
            v: HEADER_VERSION,
            at: now_ms,
            actor: draft.actor,
            act: draft.act,
            channel: draft.channel,
            channel_seq: seq,
            channel_prev: prev,
            scope: content_bytes.is_some().then_some(draft.scope),
            device: actor.device(),
            key,
            content_commitment: commitment.as_ref().map(|c| Hash(c.hash)),
        };
        let header_bytes = json(&header)?;
        let pushed = self.parts.writer.push(NewRecord {
            at_ms: now_ms,
            header: &header_bytes,
            content: content_bytes.as_deref().zip(commitment.as_ref()),
            scope: draft.scope,
            author: draft.author,
            place: sequenced.zip(seq),
            tag,
        });
        let pushed = match pushed {
            Ok(pushed) => pushed,
            Err(Error::TooLarge { limit, .. }) => return Err(Refusal::TooLarge { limit }),
            // Half a decision may stand in the batch: never let it become durable.
            Err(error) => fail(&error),
        };
        let event = Event {
            position: pushed.position,
            leaf: Hash(pushed.leaf),
            header,
            content: draft.content,
            forgotten: false,
        };
        if let (Some(channel), Some(seq), Some(target)) = (
            event.header.channel,
            event.header.channel_seq,
            target_of(&event),
        ) {
            self.batch.targets.insert((channel, seq), target);
        }
        if let (Act::MessageDeleted { of }, Some(channel)) =
            (&event.header.act, event.header.channel)
        {
            self.batch.deleted.insert((channel, *of));
        }
        self.batch.content_bytes += content_bytes.map_or(0, |bytes| bytes.len());
        state.apply(&event);
        let ack = Ack::of(&event.header);
        self.batch.events.push(event);
        Ok(ack)
    }

    /// What is durable: into the readers' state, then answers, then the listeners.
    fn announce(&mut self, batch: Batch) {
        let state = Arc::clone(&self.parts.state);
        {
            let mut state = state.write();
            for event in &batch.events {
                state.apply(event);
                self.parts.amendments.note(event);
            }
        }
        // An export ends with a signed log.
        let is_awaited = batch
            .events
            .iter()
            .any(|event| matches!(event.header.act, Act::ExportApproved { .. }));
        let answered: Vec<_> = batch
            .replies
            .into_iter()
            .filter_map(|reply| self.reply(reply))
            .collect();
        (self.parts.follow)(&batch.events);
        self.fanout
            .deliver(&batch.events, self.parts.encode.as_mut());
        for listener in answered {
            listener.wake();
        }
        for (listener, ready) in batch.listens {
            self.fanout
                .listen(&listener, &state.read(), self.parts.encode.as_mut());
            let listening = Listening {
                position: self.parts.writer.next(),
                online: self.fanout.online(),
            };
            if ready.send(listening).is_err() {
                self.fanout
                    .unlisten(&listener, &state.read(), self.parts.encode.as_mut());
            }
        }
        for expiry in batch.expire {
            self.destroy(expiry.channel, expiry.days, expiry.plan);
            if let Some(listener) = expiry.reply.and_then(|reply| self.reply(reply)) {
                listener.wake();
            }
        }
        if is_awaited || self.signed.elapsed() >= CHECKPOINT_EVERY {
            self.sign();
        }
    }

    /// Gives the answer. A socket is returned to be woken later: who writes mostly hears the message too, and
    /// both go out in one write.
    fn reply(
        &self,
        (reply, key, answer): (Reply, Option<Id>, Result<Ack, Refusal>),
    ) -> Option<Arc<Listener>> {
        match reply {
            Reply::Once(once) => {
                // Who asked may be gone; what was decided stands.
                let _gone = once.send(answer);
                None
            }
            Reply::Frame(listener) => {
                listener.answer((self.parts.answer)(key, &answer));
                Some(listener)
            }
            Reply::Nobody => None,
        }
    }

    /// The intent is durable: destroy the keys, then say so. A crash in between is resumed at start.
    fn destroy(&mut self, channel: Id, days: Vec<u32>, plan: Hash) {
        let destroyed = match self.parts.writer.destroy(&day_scopes(channel, &days)) {
            Ok(destroyed) => destroyed,
            Err(error) => fail(&error),
        };
        let done = Inner::ExpireDone {
            channel,
            plan,
            days,
            records: destroyed.records,
            blobs: destroyed.blobs,
        };
        let mut state = std::mem::take(&mut self.ahead);
        let done = Command::Door(done);
        let answer = self.command(&mut state, Actor::System, &done, None, HashMap::new());
        self.ahead = state;
        if let Err(refusal) = answer {
            tracing::error!(code = refusal.code(), "a destruction could not be recorded");
        }
        self.pass_on();
        self.finish();
    }

    fn sign(&mut self) {
        self.signed = Instant::now();
        if self.parts.store.checkpoint().size < self.parts.store.size()
            && let Err(error) = self.parts.writer.sign_checkpoint()
        {
            tracing::error!(code = error.code(), %error, "the log could not be signed");
        }
    }

    fn read(&self, position: Position) -> Result<Event, Refusal> {
        let record = self.parts.store.read(position).map_err(unavailable)?;
        Event::read(&record).map_err(|_| Refusal::Unavailable)
    }
}

/// What is committed to, byte for byte.
fn json(part: &impl serde::Serialize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::with_capacity(PART_BYTES_USUAL);
    serde_json::to_writer(&mut bytes, part).map_err(|_| Refusal::Unavailable)?;
    Ok(bytes)
}

/// The message an event made, as later commands may refer to it.
pub fn target_of(event: &Event) -> Option<Target> {
    let (author, n, thread) = match &event.header.act {
        Act::MessagePosted { n, thread, .. } => (event.header.actor, *n, *thread),
        Act::MessageImported { n, .. } => (event.header.actor, *n, None),
        _ => return None,
    };
    Some(Target {
        author,
        day: day_of(event.header.at),
        n,
        is_message: true,
        thread,
        deleted: false,
        forgotten: event.forgotten,
    })
}

fn day_scopes(channel: Id, days: &[u32]) -> Vec<Scope> {
    days.iter()
        .map(|day| Scope::ChannelDay { channel, day: *day })
        .collect()
}

/// Commands that must pass when the disk is full: forgetting frees room, sign-outs protect.
fn makes_room(command: &Command) -> bool {
    matches!(
        command,
        Command::DeviceRevoke { .. }
            | Command::Door(
                Inner::Expire { .. }
                    | Inner::ExpireDone { .. }
                    | Inner::EndSession { .. }
                    | Inner::Started
            )
    )
}

/// 128 bits of a hash over person and key: what the log is searched by.
fn tag(person: Id, key: Id) -> [u8; 16] {
    let digest = Sha256::new()
        .chain_update(b"daylight/tag/v1")
        .chain_update(person.0)
        .chain_update(key.0)
        .finalize();
    let mut tag = [0; 16];
    tag.copy_from_slice(&digest[..16]);
    tag
}

/// Is the event what this command would have made? A client that uses an id twice must hear of it.
fn same_command(command: &Command, event: &Event) -> bool {
    let header = &event.header;
    let text = |b: &str| {
        event.forgotten || event.content.as_ref().and_then(|c| c.text.as_deref()) == Some(b)
    };
    match (command, &header.act) {
        (Command::Send(send), Act::MessagePosted { thread, .. }) => {
            header.channel == Some(send.c) && *thread == send.th && text(&send.b)
        }
        (Command::Edit { c, q, b, .. }, Act::MessageEdited { of, .. }) => {
            header.channel == Some(*c) && of == q && text(b)
        }
        (Command::Delete { c, q }, Act::MessageDeleted { of }) => {
            header.channel == Some(*c) && of == q
        }
        (Command::React { c, q, on: true, .. }, Act::ReactionAdded { of })
        | (
            Command::React {
                c, q, on: false, ..
            },
            Act::ReactionRemoved { of },
        ) => header.channel == Some(*c) && of == q,
        (Command::Read { c, .. }, Act::ReceiptRead { .. })
        | (Command::Got { c, .. }, Act::ReceiptDelivered { .. })
        | (Command::Mute { c, .. }, Act::ChannelMuted { .. })
        | (Command::ChannelEdit { c, .. }, Act::ChannelChanged { .. })
        | (Command::ChannelAdd { c, .. }, Act::MemberAdded { .. })
        | (Command::ChannelRemove { c, .. }, Act::MemberRemoved { .. } | Act::MemberLeft { .. })
        | (Command::ChannelLeave { c }, Act::MemberLeft { .. })
        | (Command::ChannelOwner { c, .. }, Act::OwnerGranted { .. } | Act::OwnerRevoked { .. })
        | (Command::ChannelArchive { c, .. }, Act::ChannelArchived { .. })
        | (Command::ExportRequest { c, .. }, Act::ExportRequested { .. }) => {
            header.channel == Some(*c)
        }
        (Command::PolicySet { c, .. }, Act::PolicySet { .. }) => header.channel == *c,
        (
            Command::ChannelCreate { .. } | Command::ChannelDirect { .. },
            Act::ChannelCreated { .. },
        )
        | (Command::Profile { .. }, Act::PersonRenamed { .. })
        | (Command::InviteCreate { .. }, Act::InviteCreated { .. })
        | (Command::InviteRevoke { .. }, Act::InviteRevoked { .. })
        | (Command::DeviceRevoke { .. }, Act::SessionEnded { .. })
        | (Command::PersonRole { .. }, Act::RoleSet { .. })
        | (Command::PersonDeactivate { .. }, Act::PersonDeactivated { .. })
        | (Command::PersonReactivate { .. }, Act::PersonReactivated { .. })
        | (Command::PersonReset { .. }, Act::ResetCreated { .. })
        | (Command::WorkspaceEdit { .. }, Act::WorkspaceRenamed {})
        | (Command::ExportApprove { .. }, Act::ExportApproved { .. })
        | (Command::ExportRefuse { .. }, Act::ExportRefused { .. }) => true,
        _ => false,
    }
}

fn unavailable(error: Error) -> Refusal {
    tracing::error!(code = error.code(), %error, "the log could not be read");
    Refusal::Unavailable
}

/// What is on disk is unknown: stop, so that a restart recovers exactly what is durable.
fn fail(error: &Error) -> ! {
    tracing::error!(code = error.code(), %error, "the log could not be written; stopping, nothing acknowledged is lost");
    std::process::exit(74)
}

/// Room on the data disk, looked up a few times a second.
#[derive(Default)]
struct Disk {
    looked: Option<Instant>,
    full: bool,
}

impl Disk {
    fn is_full(&mut self, parts: &Parts) -> bool {
        if self
            .looked
            .is_none_or(|at| at.elapsed() > Duration::from_millis(250))
        {
            self.looked = Some(Instant::now());
            let free = free_bytes(&parts.dir);
            let full = free.is_some_and(|free| free < DISK_RESERVE_BYTES);
            if full != self.full {
                tracing::warn!(full, free_bytes = free, "room on the data disk changed");
            }
            self.full = full;
        }
        self.full
    }
}

/// Bytes free for this process on the disk of `dir`; None when the system does not say.
pub fn free_bytes(dir: &std::path::Path) -> Option<u64> {
    rustix::fs::statvfs(dir)
        .ok()
        .map(|s| s.f_bavail.saturating_mul(s.f_frsize))
}
