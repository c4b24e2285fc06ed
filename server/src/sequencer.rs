//! The one door: every change is submitted here and nowhere else.
//!
//! One thread owns the log and decides. It drains what has queued, authorises, decides and hands the batch
//! to the disk: one write, one sync; meanwhile it decides the next. Only what is durable is folded into the
//! state that others read, answered, and fanned out. A failed append stops the process: what is on disk is
//! then unknown, and a restart recovers it. Never waits for a reader.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use migrations_free_store::{Commitment, Error, Id, NewRecord, Position, Scope, Store, Writer};
use parking_lot::RwLock;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};

use crate::chat::command::{Command, Door as Inner, REDACT_MESSAGES_MAX, Target, Upload};
use crate::chat::decide::{FRESH_IDS, FreshIds, could_send};
use crate::chat::event::{Act, Content, HEADER_VERSION};
use crate::chat::preview::LinkPreview;
use crate::chat::schedule::{Scheduled, Waited};
use crate::chat::state::day_of;
use crate::chat::{
    Ack, Actor, Draft, Event, Facts, Hash, Header, Refusal, State, authorise, decide,
};
use crate::clock::Clock;
use crate::drafts::{self, Drafts, Held, Place};
use crate::fanout::{Encode, Ending, Fanout, Listener};
use crate::metrics::Metrics;
use crate::retention::Plan;
use crate::room::Room;
use crate::telemetry::{Stages, Traces, Way};
use crate::views::amendments::{Amendments, Kind};
use crate::views::destructions::Destructions;
use crate::views::search;

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

/// The way to the sequencer, for every part of the server.
#[derive(Clone)]
pub struct Door {
    queue: mpsc::Sender<Ask>,
    traces: Traces,
}

/// A command on its way.
pub struct Submission {
    pub actor: Actor,
    pub command: Command,
    /// The idempotency key; None for inner commands, which are not repeated.
    pub key: Option<Id>,
    pub brought: Brought,
    pub reply: Reply,
}

/// What a command names and its edge has at hand.
#[derive(Default)]
pub struct Brought {
    pub uploads: HashMap<Id, Offer>,
    pub preview: Option<LinkPreview>,
}

/// An upload for a message to name. It serves one: a file dies with its message.
pub struct Offer {
    pub upload: Upload,
    pub spent: Arc<AtomicBool>,
}

pub enum Reply {
    Once(oneshot::Sender<Result<Ack, Refusal>>),
    /// Straight into a socket's queue.
    Frame(Arc<Listener>),
    Nobody,
}

enum Ask {
    Command(Box<Submission>, Option<Way>),
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
    Draft {
        listener: Arc<Listener>,
        place: Place,
        held: Held,
    },
    Tell {
        person: Id,
        frame: Bytes,
    },
    Keys(KeyJob),
    Sign,
    Stop(oneshot::Sender<()>),
}

/// What is done to keys, between two batches.
enum KeyJob {
    /// A fresh generation for what is sealed from now on.
    Renew {
        scope: Scope,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    Destroy {
        plans: Vec<Plan>,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// Bundles that nobody will download any more.
    Discard {
        exports: Vec<Id>,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
}

/// A listener is registered: everything from `position` on will reach it.
pub struct Listening {
    pub position: Position,
    pub online: Vec<Id>,
    /// What this person is writing elsewhere.
    pub drafts: Vec<(Place, Held)>,
}

impl Door {
    /// Waits for a place in the queue and for the durable answer.
    pub async fn submit(
        &self,
        actor: Actor,
        command: Command,
        key: Option<Id>,
    ) -> Result<Ack, Refusal> {
        self.submit_with(actor, command, key, Brought::default())
            .await
    }

    pub async fn submit_with(
        &self,
        actor: Actor,
        command: Command,
        key: Option<Id>,
        brought: Brought,
    ) -> Result<Ack, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Submission {
            actor,
            command,
            key,
            brought,
            reply: Reply::Once(reply),
        })
        .await?;
        answer.await.map_err(|_| Refusal::Unavailable)?
    }

    /// Waits for a place in the queue only; the answer goes where `reply` says.
    pub async fn enqueue(&self, submission: Submission) -> Result<(), Refusal> {
        self.queue
            .send(Ask::Command(Box::new(submission), self.traces.way()))
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
            brought: Brought::default(),
            reply: Reply::Once(reply),
        };
        self.queue
            .blocking_send(Ask::Command(Box::new(submission), self.traces.way()))
            .map_err(|_| Refusal::Unavailable)?;
        answer.blocking_recv().map_err(|_| Refusal::Unavailable)?
    }

    /// A fresh generation of a scope's key: what is appended from now on is sealed under it. Blocks.
    pub fn renew(&self, scope: Scope) -> Result<(), Refusal> {
        self.keys(|reply| KeyJob::Renew { scope, reply })
    }

    /// The last step of destructions that are intended, and whose survivors are sealed elsewhere: the keys die, and
    /// the log says so. `Conflict` when rules changed since a plan was made: then nothing happened. Blocks.
    pub fn destroy(&self, plans: Vec<Plan>) -> Result<(), Refusal> {
        self.keys(|reply| KeyJob::Destroy { plans, reply })
    }

    /// The keys of these bundles die, if they are over; of those that expired the log says so. Blocks.
    pub fn discard(&self, exports: Vec<Id>) -> Result<(), Refusal> {
        self.keys(|reply| KeyJob::Discard { exports, reply })
    }

    fn keys(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<(), Refusal>>) -> KeyJob,
    ) -> Result<(), Refusal> {
        let (reply, done) = oneshot::channel();
        self.queue
            .blocking_send(Ask::Keys(job(reply)))
            .map_err(|_| Refusal::Unavailable)?;
        done.blocking_recv().map_err(|_| Refusal::Unavailable)?
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

    /// Refused when the queue is full: words on their way to the log go first.
    pub fn draft(&self, listener: &Arc<Listener>, place: Place, held: Held) -> Result<(), Refusal> {
        let listener = Arc::clone(listener);
        let ask = Ask::Draft {
            listener,
            place,
            held,
        };
        self.queue.try_send(ask).map_err(|_| Refusal::Unavailable)
    }

    /// A frame that is not an event (progress of a job), to one person's devices.
    pub fn tell(&self, person: Id, frame: Bytes) {
        let _dropped = self.queue.try_send(Ask::Tell { person, frame });
    }

    /// Asks for a signature over what is durable, when a second has passed since the last.
    pub fn sign(&self) {
        let _busy_anyway = self.queue.try_send(Ask::Sign);
    }

    /// Commands that wait.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
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
    pub destructions: Arc<Destructions>,
    pub clock: Clock,
    /// How long a rule waits after it was approved.
    pub grace_hours: u32,
    /// Where archives can go, and whether mails go there.
    pub destinations: Arc<BTreeMap<String, bool>>,
    pub room: Arc<Room>,
    pub metrics: Arc<Metrics>,
    pub traces: Traces,
    pub encode: Box<dyn Encode>,
    pub answer: Box<dyn Fn(Option<Id>, &Result<Ack, Refusal>) -> Bytes + Send>,
    /// Called with every durable batch, for views that follow (search, waiting long polls).
    pub follow: Box<dyn FnMut(&[Event]) + Send>,
}

/// Starts the sequencer's thread. It ends after `Door::stop`, or takes the process with it.
pub fn start(parts: Parts) -> std::io::Result<(Door, std::thread::JoinHandle<()>)> {
    let (queue, asks) = mpsc::channel(QUEUE_MAX);
    let (ahead, traces) = (parts.state.read().clone(), parts.traces.clone());
    let mut sequencer = Sequencer {
        ahead,
        parts,
        asks,
        fanout: Fanout::default(),
        drafts: Drafts::default(),
        batch: Batch::default(),
        under_way: None,
        signed: Instant::now(),
    };
    let thread = std::thread::Builder::new()
        .name("sequencer".into())
        .spawn(move || sequencer.run())?;
    Ok((Door { queue, traces }, thread))
}

struct Sequencer {
    parts: Parts,
    asks: mpsc::Receiver<Ask>,
    fanout: Fanout,
    drafts: Drafts,
    /// What is decided by: the readers' state, and all that is not yet durable.
    ahead: State,
    batch: Batch,
    /// The batch that is on its way to the disk.
    under_way: Option<Batch>,
    signed: Instant,
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
    /// Messages deleted in this batch, and polls closed.
    deleted: HashSet<(Id, u64)>,
    closed: HashSet<(Id, u64)>,
    listens: Vec<(Arc<Listener>, oneshot::Sender<Listening>)>,
    keys: Vec<KeyJob>,
    stages: Stages,
}

impl Batch {
    /// Listeners join, and keys die, between two batches.
    fn goes_alone(&self) -> bool {
        !self.listens.is_empty() || !self.keys.is_empty()
    }
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
        let begun = Instant::now();
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
        if !self.batch.replies.is_empty() {
            self.parts.metrics.decide.observe(begun.elapsed());
            self.batch.stages.decided(begun);
        }
        stop
    }

    /// When the batch under way is durable, sends the next one on its way, and tells of the first while the
    /// second is written.
    fn pass_on(&mut self) {
        let writer = &mut self.parts.writer;
        if let Err(error) = writer.commit_end() {
            fail(&error);
        }
        self.batch.stages.sent();
        if let Err(error) = writer.commit_begin() {
            fail(&error);
        }
        self.count_writes();
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
        self.count_writes();
        if let Some(batch) = self.under_way.take() {
            self.announce(batch);
        }
    }

    fn count_writes(&mut self) {
        for took in self.parts.writer.took() {
            self.parts.metrics.append.observe(took.append);
            self.parts.metrics.sync.observe(took.sync);
            if let Some(durable) = &mut self.under_way {
                durable.stages.took(took);
            }
        }
    }

    fn take(&mut self, state: &mut State, ask: Ask) {
        match ask {
            Ask::Command(submission, way) => {
                let Submission {
                    actor,
                    command,
                    key,
                    brought,
                    reply,
                } = *submission;
                let answer = self.command(state, actor, &command, key, brought);
                if let Some(way) = way {
                    let refused = answer.as_ref().err().map(Refusal::code);
                    self.batch.stages.command(way, command.name(), refused);
                }
                self.batch.replies.push((reply, key, answer));
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
            Ask::Draft {
                listener,
                place,
                held,
            } => self.draft(state, &listener, place, &held),
            Ask::Tell { person, frame } => self.fanout.tell(person, &frame),
            // Done after the commit, with nothing under way.
            Ask::Keys(job) => self.batch.keys.push(job),
            Ask::Sign | Ask::Stop(_) => {}
        }
    }

    fn command(
        &mut self,
        state: &mut State,
        actor: Actor,
        command: &Command,
        key: Option<Id>,
        brought: Brought,
    ) -> Result<Ack, Refusal> {
        let offers = brought.uploads;
        let now_ms = self.parts.clock.now_ms();
        let authorised = authorise(state, actor, command)?;
        let tag = key.map(|key| tag(actor.person(), key));
        if let (Some(key), Some(tag)) = (key, tag)
            && let Some(ack) = self.repeated(state, actor, command, key, tag, now_ms)?
        {
            return Ok(ack);
        }
        if !self.parts.room.allows(command) {
            return Err(Refusal::DiskFull);
        }
        let facts = Facts {
            now_ms,
            ids: FreshIds::new((0..FRESH_IDS).map(|_| Id::new(now_ms)).collect()),
            target: match command.target() {
                Some((channel, q)) => self.target(channel, q)?,
                None => match command.notes_about() {
                    Some((channel, q)) => self.kept_target(channel, q)?,
                    None => None,
                },
            },
            uploads: offers
                .iter()
                .filter(|(_, offer)| !offer.spent.load(Ordering::Relaxed))
                .map(|(id, offer)| (*id, offer.upload.clone()))
                .collect(),
            preview: brought.preview,
            days: self.days_of(command)?,
            words: self.words_of(state, actor, command)?,
            grace_hours: self.parts.grace_hours,
            destinations: Arc::clone(&self.parts.destinations),
        };
        let decision = decide(state, &authorised, facts)?;
        // A log that was restored shorter may not know of a key that is dead.
        for draft in decision.drafts.iter().filter(|d| d.content.is_some()) {
            let author = draft.author.map(Scope::Person);
            let needed = [Some(draft.scope), author];
            if !needed
                .iter()
                .flatten()
                .all(|s| self.parts.store.can_seal(s))
            {
                return Err(Refusal::Gone);
            }
        }
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
        for offer in offers.values() {
            offer.spent.store(true, Ordering::Relaxed);
        }
        Ok(ack)
    }

    /// The answer given before, when this command id was already carried out. An id of the future is refused only when it
    /// was not: the server's clock may have been set back since.
    fn repeated(
        &self,
        state: &State,
        actor: Actor,
        command: &Command,
        key: Id,
        tag: [u8; 16],
        now_ms: u64,
    ) -> Result<Option<Ack>, Refusal> {
        if key.ms().saturating_add(REMEMBERED_MS) < now_ms {
            return Err(Refusal::IdTooOld { now_ms });
        }
        let not_yet = match key.ms() > now_ms.saturating_add(AHEAD_MS) {
            true => Err(Refusal::IdAhead { now_ms }),
            false => Ok(None),
        };
        if let Some(ack) = self.not_durable().find_map(|batch| batch.tags.get(&tag)) {
            return Ok(Some(ack.clone()));
        }
        // Ids rise: one above everything this person ever sent was never seen. Else the log is asked.
        if state
            .people
            .get(&actor.person())
            .is_some_and(|p| key > p.mark)
        {
            return not_yet;
        }
        let since = key.ms().saturating_sub(AHEAD_MS);
        let Some(position) = self.parts.store.find_tag(tag, since).map_err(unavailable)? else {
            return not_yet;
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
        target.closed |= self
            .not_durable()
            .any(|batch| batch.closed.contains(&(channel, q)));
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
        let amendments = self.parts.amendments.of_range(channel, q, q);
        for amendment in amendments.map_err(unavailable)? {
            target.deleted |= amendment.kind == Kind::Delete;
            target.closed |= amendment.kind == Kind::Close;
        }
        Ok(Some(target))
    }

    /// As [`Sequencer::target`], and what is kept beyond its time is still there: officers read it, and note about it.
    fn kept_target(&self, channel: Id, q: u64) -> Result<Option<Target>, Refusal> {
        let Some(mut target) = self.target(channel, q)? else {
            return Ok(None);
        };
        if target.forgotten {
            let page = self.parts.store.channel_page(channel, q, q);
            let page = page.map_err(unavailable)?;
            let kept = page.first().filter(|record| {
                let event = Event::read_escrow(record);
                event.is_ok_and(|event| event.content.is_some())
            });
            target.kept = kept.map(|record| record.scope);
        }
        Ok(Some(target))
    }

    /// The days of the messages that an order names; none when one of them is no message, or is forgotten.
    /// After them, the other days on which one of them waited to be sent.
    fn days_of(&self, command: &Command) -> Result<Vec<(u64, u32)>, Refusal> {
        let Command::RedactRequest { c, q, .. } = command else {
            return Ok(Vec::new());
        };
        let mut days = Vec::with_capacity(q.len().min(REDACT_MESSAGES_MAX));
        let mut waited = BTreeSet::new();
        for q in q.iter().take(REDACT_MESSAGES_MAX) {
            let target = self.target(*c, *q)?;
            let target = target.filter(|target| target.is_message && !target.forgotten);
            let day = target.ok_or(Refusal::NotFound)?.day;
            days.push((*q, day));
            let others = self.waited(*c, *q)?.into_iter().flat_map(|w| w.texts);
            let others = others.filter(|(_, other)| *other != day);
            waited.extend(others.map(|(_, other)| (*q, other)));
        }
        days.extend(waited);
        Ok(days)
    }

    fn waited(&self, channel: Id, q: u64) -> Result<Option<Waited>, Refusal> {
        let place = (Some(channel), Some(q));
        let mut fresh = self.not_durable().flat_map(|batch| &batch.events);
        let is_it = |event: &&Event| (event.header.channel, event.header.channel_seq) == place;
        if let Some(event) = fresh.find(is_it) {
            return Ok(event.header.act.waited().cloned());
        }
        let page = self.parts.store.channel_page(channel, q, q);
        let Some(record) = page.map_err(unavailable)?.pop() else {
            return Ok(None);
        };
        let event = Event::read(&record).map_err(|_| Refusal::Unavailable)?;
        Ok(event.header.act.waited().cloned())
    }

    /// What a message that waits says.
    fn words_of(
        &self,
        state: &State,
        actor: Actor,
        command: &Command,
    ) -> Result<Option<Content>, Refusal> {
        let content_at = |position| {
            let mut fresh = self.not_durable().flat_map(|batch| &batch.events);
            match fresh.find(|event| event.position == position) {
                Some(event) => Ok(event.content.clone()),
                None => Ok(self.read(position)?.content),
            }
        };
        let (person, schedule) = match command {
            Command::ExportApprove { export } => {
                let chosen = state.exports.get(export).filter(|e| e.chosen.is_some());
                return chosen.map_or(Ok(None), |export| content_at(export.requested));
            }
            Command::TagName { matter, .. } => {
                let mut words = Content::default();
                let known = state.reviews.get(matter).map(|review| &review.words);
                for position in known.into_iter().flatten() {
                    let content = content_at(*position)?;
                    words
                        .options
                        .extend(content.and_then(|content| content.name));
                }
                return Ok(Some(words));
            }
            Command::ScheduleNow { schedule } => (actor.person(), *schedule),
            Command::Door(Inner::ScheduleDue { person, schedule }) => (*person, *schedule),
            _ => return Ok(None),
        };
        let known = state.schedules.get(person, schedule);
        let Some((position, _)) = known.and_then(Scheduled::words) else {
            return Ok(None);
        };
        content_at(position)
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
        if let (Act::PollClosed { of }, Some(channel)) = (&event.header.act, event.header.channel) {
            self.batch.closed.insert((channel, *of));
        }
        self.batch.content_bytes += content_bytes.map_or(0, |bytes| bytes.len());
        state.apply(&event);
        let mut ack = Ack::of(&event.header);
        ack.position = event.header.act.is_look().then_some(event.position);
        self.batch.events.push(event);
        Ok(ack)
    }

    /// What is durable: into the readers' state, then answers, then the listeners.
    fn announce(&mut self, batch: Batch) {
        let state = Arc::clone(&self.parts.state);
        if !batch.events.is_empty() {
            let mut state = state.write();
            for event in &batch.events {
                state.apply(event);
                self.parts.amendments.note(event);
                self.parts.destructions.note(event);
            }
        }
        let begun = Instant::now();
        self.parts.metrics.events.add(batch.events.len() as u64);
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
        if !batch.events.is_empty() {
            (self.parts.follow)(&batch.events);
        }
        self.fanout
            .deliver(&batch.events, self.parts.encode.as_mut());
        for listener in answered {
            listener.wake();
        }
        if !batch.events.is_empty() {
            self.parts.metrics.fanout.observe(begun.elapsed());
        }
        self.parts.traces.answered(&batch.stages, begun);
        self.end_drafts(&state, &batch.events);
        for (listener, ready) in batch.listens {
            self.fanout
                .listen(&listener, &state.read(), self.parts.encode.as_mut());
            let listening = Listening {
                position: self.parts.writer.next(),
                online: self.fanout.online(),
                drafts: self.drafts_for(&state.read(), &listener),
            };
            if ready.send(listening).is_err() {
                self.fanout
                    .unlisten(&listener, &state.read(), self.parts.encode.as_mut());
            }
        }
        for job in batch.keys {
            // Whoever asked may have stopped waiting: what was done stands.
            let _gone = match job {
                KeyJob::Renew { scope, reply } => {
                    let renewed = self.parts.writer.renew(scope);
                    reply.send(renewed.map(|_| ()).map_err(unavailable))
                }
                KeyJob::Destroy { plans, reply } => reply.send(self.destroy(&plans)),
                KeyJob::Discard { exports, reply } => reply.send(self.discard(&exports)),
            };
        }
        if is_awaited || self.signed.elapsed() >= CHECKPOINT_EVERY {
            self.sign();
        }
    }

    /// Held in memory, and passed on to the person's other devices, when it is newer than what is held.
    fn draft(&mut self, state: &State, listener: &Arc<Listener>, place: Place, held: &Held) {
        let person = listener.person;
        if state.device_is_live(listener.device, person)
            && self.may_draft(state, person, place)
            && self.drafts.put(person, place, held.clone())
        {
            let frame = self.parts.encode.draft(place, held);
            self.fanout.draft(person, Some(listener), &frame);
        }
    }

    /// Words are held for places alone where they could be sent.
    fn may_draft(&self, state: &State, person: Id, place: Place) -> bool {
        let root = place
            .thread
            .map(|q| (q, self.target(place.channel, q).ok().flatten()));
        could_send(state, person, place.channel, root)
    }

    fn drafts_for(&self, state: &State, listener: &Listener) -> Vec<(Place, Held)> {
        if !state.device_is_live(listener.device, listener.person) {
            return Vec::new();
        }
        let theirs = self.drafts.of(listener.person);
        theirs
            .filter(|(place, _)| self.may_draft(state, listener.person, *place))
            .map(|(place, held)| (place, held.clone()))
            .collect()
    }

    /// Lets go of drafts whose words were sent, or that nobody may have any more after what happened.
    fn end_drafts(&mut self, state: &RwLock<State>, events: &[Event]) {
        if self.drafts.is_empty() {
            return;
        }
        let mut drafts = std::mem::take(&mut self.drafts);
        for event in events {
            if let Some((place, text)) = said(event) {
                let (person, at) = (event.header.actor, event.header.at);
                if let Some(none) = drafts.sent(person, place, text, at) {
                    let frame = self.parts.encode.draft(place, &none);
                    self.fanout.draft(person, None, &frame);
                }
            }
            let Some((person, channel)) = drafts::ended_by(event) else {
                continue;
            };
            let state = state.read();
            let members = channel.filter(|_| person.is_none());
            let members = members.and_then(|channel| state.channels.get(&channel));
            let members = members.into_iter().flat_map(|known| known.members.keys());
            for person in person.iter().chain(members) {
                if drafts.holds(*person) {
                    let is_in = channel.is_some() || state.is_signed_in(*person);
                    drafts.keep(*person, channel, |place| {
                        is_in && self.may_draft(&state, *person, place)
                    });
                }
            }
        }
        self.drafts = drafts;
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

    /// The intents are durable and the survivors safe: destroy the keys, then say so. No hold can come in between,
    /// since all is done before the next command is looked at. A crash in between is resumed at start.
    fn destroy(&mut self, plans: &[Plan]) -> Result<(), Refusal> {
        for plan in plans {
            if self.ahead.ruled > plan.intent.size
                || !self.ahead.unfinished.contains(&plan.intent.subject)
                || !plan.takes_all(&self.parts.store).map_err(unavailable)?
            {
                return Err(Refusal::Conflict("The plan is out of date."));
            }
        }
        let keys: Vec<_> = plans.iter().flat_map(|plan| plan.keys.clone()).collect();
        let files: Vec<_> = plans.iter().flat_map(|plan| plan.files.clone()).collect();
        match self.parts.writer.destroy_keys(&keys, &files) {
            Ok(()) => self.parts.metrics.keys_destroyed.add(keys.len() as u64),
            // Nothing was said to be done: the next sweep does it again, and there may be room then.
            Err(Error::DiskFull { .. }) => return Err(Refusal::DiskFull),
            Err(error) => fail(&error),
        }
        for (channel, day) in plans.iter().flat_map(|plan| &plan.indexes) {
            // Made anew of what is left; until then nothing on disk tells of what went.
            let scope = Scope::ChannelDay {
                channel: *channel,
                day: *day,
            };
            for label in search::LABELS {
                if let Err(error) = self.parts.store.part_delete(scope, label) {
                    fail(&error);
                }
            }
        }
        let mut state = std::mem::take(&mut self.ahead);
        for plan in plans {
            let done = Command::Door(Inner::Destroyed {
                intent: plan.intent.clone(),
                channels: plan.channels(),
            });
            let answer = self.command(&mut state, Actor::System, &done, None, Brought::default());
            if let Err(refusal) = answer {
                tracing::error!(code = refusal.code(), "a destruction could not be recorded");
            }
        }
        self.ahead = state;
        self.pass_on();
        self.finish();
        Ok(())
    }

    /// The key first, as with every destruction: a crash in between leaves what the next sweep finds and ends.
    fn discard(&mut self, exports: &[Id]) -> Result<(), Refusal> {
        let now_ms = self.ahead.latest(self.parts.clock.now_ms());
        let is_over = |id: &&Id| {
            let known = self.ahead.exports.get(id);
            known.is_some_and(|export| export.is_over(now_ms))
        };
        let over: Vec<Id> = exports.iter().filter(is_over).copied().collect();
        let keys: Vec<_> = over
            .iter()
            .map(|id| (Scope::Matter(*id), u16::MAX))
            .collect();
        match self.parts.writer.destroy_keys(&keys, &[]) {
            Ok(()) => self.parts.metrics.keys_destroyed.add(keys.len() as u64),
            Err(Error::DiskFull { .. }) => return Err(Refusal::DiskFull),
            Err(error) => fail(&error),
        }
        let mut state = std::mem::take(&mut self.ahead);
        for export in over {
            let expired = Command::Door(Inner::ExportExpired { export });
            // Of those that were given up, or failed, the log has said so already.
            let _said = self.command(
                &mut state,
                Actor::System,
                &expired,
                None,
                Brought::default(),
            );
        }
        self.ahead = state;
        self.pass_on();
        self.finish();
        Ok(())
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

/// The words of a message, and where they stand.
fn said(event: &Event) -> Option<(Place, &str)> {
    let Act::MessagePosted { thread, .. } = event.header.act else {
        return None;
    };
    let channel = event.header.channel?;
    let text = event.content.as_ref()?.text.as_deref()?;
    Some((Place { channel, thread }, text))
}

/// The message an event made, as later commands may refer to it.
pub fn target_of(event: &Event) -> Option<Target> {
    let actor = event.header.actor;
    let (n, thread, asks, poll, wrote) = match &event.header.act {
        Act::MessagePosted {
            n,
            thread,
            asks,
            poll,
            ..
        } => (*n, *thread, asks.is_some(), *poll, actor),
        Act::MessageImported { n, person, .. } => (*n, None, false, None, person.unwrap_or(actor)),
        _ => return None,
    };
    Some(Target {
        author: actor,
        wrote,
        kept: None,
        day: day_of(event.header.at),
        n,
        is_message: true,
        thread,
        asks,
        poll,
        closed: false,
        deleted: false,
        forgotten: event.forgotten,
    })
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
    let content = event.content.as_ref();
    let text = |b: &str| event.forgotten || content.and_then(|c| c.text.as_deref()) == Some(b);
    match (command, &header.act) {
        (
            Command::Send(send),
            Act::MessagePosted {
                thread,
                asks,
                poll,
                urgent,
                ..
            },
        ) => {
            header.channel == Some(send.c)
                && *thread == send.th
                && asks.is_some() == send.ask
                && *urgent == send.urgent
                && poll.map(|poll| poll.many) == send.poll.as_ref().map(|poll| poll.many)
                && text(&send.b)
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
        )
        | (Command::Confirm { c, q }, Act::MessageConfirmed { of })
        | (Command::Remind { c, q }, Act::MessageReminded { of })
        | (Command::Vote { c, q, .. }, Act::PollVoted { of })
        | (Command::PollClose { c, q }, Act::PollClosed { of })
        | (Command::Pin { c, q, on: true }, Act::MessagePinned { of, .. })
        | (Command::Pin { c, q, on: false }, Act::MessageUnpinned { of }) => {
            header.channel == Some(*c) && of == q
        }
        (Command::Schedule { c, b, .. }, Act::MessageScheduled { .. }) => {
            header.channel == Some(*c) && text(b)
        }
        (
            Command::ScheduleChange { schedule, b, .. },
            Act::ScheduleChanged { schedule: of, .. },
        ) => schedule == of && text(b),
        (Command::ScheduleCancel { schedule }, Act::ScheduleCancelled { schedule: of }) => {
            schedule == of
        }
        (
            Command::ScheduleNow { schedule },
            Act::MessagePosted {
                waited: Some(waited),
                ..
            },
        ) => *schedule == waited.schedule,
        (Command::Save { c, q, on: true }, Act::MessageSaved { channel, of, .. })
        | (Command::Save { c, q, on: false }, Act::MessageUnsaved { channel, of }) => {
            (channel, of) == (c, q)
        }
        (Command::Read { c, .. }, Act::ReceiptRead { .. })
        | (Command::Got { c, .. }, Act::ReceiptDelivered { .. })
        | (Command::Mute { c, .. }, Act::ChannelMuted { .. })
        | (Command::ChannelEdit { c, .. }, Act::ChannelChanged { .. })
        | (Command::ChannelAdd { c, .. }, Act::MemberAdded { .. })
        | (Command::ChannelRemove { c, .. }, Act::MemberRemoved { .. } | Act::MemberLeft { .. })
        | (Command::ChannelLeave { c }, Act::MemberLeft { .. })
        | (Command::ChannelOwner { c, .. }, Act::OwnerGranted { .. } | Act::OwnerRevoked { .. })
        | (Command::ChannelArchive { c, .. }, Act::ChannelArchived { .. })
        | (Command::ChannelSlow { c, .. }, Act::ChannelSlowed { .. })
        | (Command::ChannelHistory { c, .. }, Act::HistorySet { .. })
        | (Command::ChannelPlace { c, .. }, Act::ChannelPlaced { .. })
        | (Command::ChannelAsk { c }, Act::JoinAsked { .. })
        | (Command::ChannelRefuse { c, .. }, Act::JoinRefused { .. }) => header.channel == Some(*c),
        (Command::ExportRequest(asked), Act::ExportRequested { .. }) => {
            header.channel == Some(asked.c)
        }
        (Command::PolicySet { c, .. }, Act::PolicySet { .. } | Act::PolicyProposed { .. }) => {
            header.channel == *c
        }
        (Command::PolicyApprove { proposal }, Act::PolicyApproved { proposal: of, .. })
        | (Command::PolicyStop { proposal }, Act::PolicyStopped { proposal: of }) => proposal == of,
        (Command::RedactRequest { c, q, .. }, Act::OrderRequested { messages, .. }) => {
            let named: BTreeSet<&u64> = q.iter().collect();
            header.channel == Some(*c) && messages.iter().collect::<BTreeSet<_>>() == named
        }
        (Command::EraseRequest { person, .. }, Act::OrderRequested { person: of, .. }) => {
            Some(*person) == *of
        }
        (Command::ArchivePropose(asked), Act::ArchiveProposed { destination, .. }) => {
            asked.to == *destination
        }
        (Command::ArchiveApprove { schedule }, Act::ArchiveApproved { schedule: of })
        | (Command::ArchiveRefuse { schedule }, Act::ArchiveRefused { schedule: of })
        | (Command::ArchiveEnd { schedule }, Act::ArchiveEnded { schedule: of }) => schedule == of,
        (Command::HoldRelease { hold }, Act::HoldReleased { hold: of }) => hold == of,
        (Command::SupervisionSet(_), Act::SupervisionProposed { .. }) => true,
        (Command::SupervisionApprove { rule }, Act::SupervisionApproved { rule: of, .. })
        | (Command::SupervisionRemove { rule }, Act::SupervisionRemoved { rule: of, .. }) => {
            rule == of
        }
        (
            Command::SupervisionReview { item, outcome, .. },
            Act::SupervisionReviewed {
                item: of,
                outcome: was,
            },
        ) => (item, outcome) == (of, was),
        (Command::OrderApprove { order }, Act::OrderApproved { order: of })
        | (Command::OrderRefuse { order }, Act::OrderRefused { order: of }) => order == of,
        (Command::MatterClose { matter }, Act::MatterClosed { matter: of })
        | (Command::GrantRequest { matter, .. }, Act::GrantRequested { matter: of, .. }) => {
            matter == of
        }
        (Command::TagName { matter, word }, Act::TagNamed { matter: of, .. }) => {
            matter == of && content.and_then(|c| c.name.as_deref()) == Some(word.trim())
        }
        (Command::TagSet(set), Act::TagSet { channel, of, .. }) => {
            (channel, of) == (&set.c, &set.q)
        }
        (Command::NoteWrite { c, q, text: b, .. }, Act::NoteWritten { channel, of, .. }) => {
            (channel, of) == (c, q) && text(b.trim())
        }
        (Command::NoteWithdraw { note, .. }, Act::NoteWithdrawn { note: of, .. }) => note == of,
        (
            Command::ExportTagged(asked),
            Act::ExportRequested {
                chosen: Some(chosen),
                ..
            },
        ) => header.channel == Some(asked.c) && chosen.matter == asked.matter,
        (Command::GrantApprove { grant }, Act::GrantApproved { grant: of, .. })
        | (Command::GrantRefuse { grant }, Act::GrantRefused { grant: of })
        | (Command::GrantEnd { grant }, Act::GrantEnded { grant: of, .. }) => grant == of,
        (
            Command::ChannelCreate { .. } | Command::ChannelDirect { .. },
            Act::ChannelCreated { .. },
        )
        | (Command::Profile { .. }, Act::PersonRenamed { .. })
        | (Command::Quiet { .. }, Act::QuietSet { .. })
        | (Command::MatterOpen { .. }, Act::MatterOpened { .. })
        | (Command::HoldPlace { .. }, Act::HoldPlaced { .. })
        | (Command::InviteCreate { .. }, Act::InviteCreated { .. })
        | (Command::InviteRevoke { .. }, Act::InviteRevoked { .. })
        | (Command::DeviceRevoke { .. }, Act::SessionEnded { .. })
        | (Command::SecondRemove { .. }, Act::SecondRemoved { .. })
        | (Command::SigninRule { .. }, Act::SigninRuled { .. })
        | (Command::PersonRole { .. }, Act::RoleSet { .. })
        | (Command::PersonDeactivate { .. }, Act::PersonDeactivated { .. })
        | (Command::PersonReactivate { .. }, Act::PersonReactivated { .. })
        | (Command::PersonReset { .. }, Act::ResetCreated { .. })
        | (Command::PersonLogin { .. }, Act::AccountSet { .. })
        | (Command::WorkspaceEdit { .. }, Act::WorkspaceRenamed {})
        | (Command::ExportApprove { .. }, Act::ExportApproved { .. })
        | (Command::ExportRefuse { .. }, Act::ExportRefused { .. })
        | (Command::ExportCancel { .. }, Act::ExportCancelled { .. }) => true,
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
