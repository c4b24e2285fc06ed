//! Imports under way: uploads that wait for their owner's word, and those that run.
//!
//! What is uploaded is held in memory, bounded in number, size and time, and never on disk.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use migrations_free_store::Id;
use parking_lot::Mutex;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::job::{Ambiguous, DateOrder, Fault, ImportJob, JobState, Outcome};
use super::known::known;
use super::people::{Directory, choices};
use super::reading::read;
use super::recorded;
use super::run::{Order, With, run};
use super::whatsapp::Options;
use crate::chat::{Actor, Hash, Refusal};
use crate::clock::Clock;
use crate::files::scan::Scanner;
use crate::http::wire;
use crate::sequencer::Door;
use crate::views::Views;

/// The largest file taken.
pub const FILE_BYTES_MAX: usize = 200 * 1024 * 1024;
/// Files held at once, waiting for a word or running.
const HELD_MAX: usize = 4;
/// How long a preview waits for its owner's word, and a failure is remembered.
const LIFE_MS: u64 = 30 * 60_000;
/// Failures remembered at once.
const FAILED_MAX: usize = 64;
/// Bodies on their way in at once.
const BODIES_MAX: usize = 2;
/// Files read at once: each takes a core, and memory of several times the text.
const READING_MAX: usize = 2;
/// Progress is told at most so often.
const TELL_EVERY: Duration = Duration::from_millis(500);
/// Zones lie at most so far from UTC.
const OFFSET_MINUTES_MAX: i32 = 16 * 60;
const FILE_NAME_CHARS_MAX: usize = 255;

#[derive(Clone)]
pub struct Imports {
    views: Arc<Views>,
    door: Door,
    clock: Clock,
    scanner: Arc<Scanner>,
    held: Arc<Mutex<HashMap<Id, Held>>>,
    bodies: Arc<Semaphore>,
    reading: Arc<Semaphore>,
}

/// A place for one upload's bytes, kept until they are read.
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

struct Held {
    touched_ms: u64,
    job: ImportJob,
    /// None once it no longer waits for a word.
    file: Option<Bytes>,
    sha256: Hash,
    options: Options,
    /// The question its first reading raised; it may be answered more than once.
    ambiguous: Option<Ambiguous>,
}

impl Imports {
    pub fn new(views: Arc<Views>, door: Door, clock: Clock, scanner: Arc<Scanner>) -> Imports {
        Imports {
            views,
            door,
            clock,
            scanner,
            held: Arc::default(),
            bodies: Arc::new(Semaphore::new(BODIES_MAX)),
            reading: Arc::new(Semaphore::new(READING_MAX)),
        }
    }

    /// Before the first byte is taken: may this person bring something in here, and is there room?
    pub fn place(&self, person: Id, channel: Id) -> Result<Place, Refusal> {
        self.owns(channel, person)?;
        self.room_beside(person)?;
        let permit = Arc::clone(&self.bodies).try_acquire_owned();
        let permit = permit.map_err(|_| Refusal::Rate { after_ms: 5_000 })?;
        Ok(Place { _permit: permit })
    }

    /// Reads an upload and says what is in it. Replaces this person's earlier preview.
    pub async fn upload(
        &self,
        person: Id,
        channel: Id,
        name: &str,
        offset_minutes: i32,
        file: Bytes,
        place: Place,
    ) -> Result<ImportJob, Refusal> {
        let now = self.clock.now_ms();
        let job = ImportJob {
            id: Id::new(now),
            c: channel,
            state: JobState::Preview,
            file: file_name(name),
            sha256: String::new(),
            bytes: file.len() as u64,
            by: person,
            at: now,
            done: 0,
            total: 0,
            error: None,
            preview: None,
            result: None,
            unreadable: Vec::new(),
        };
        let options = Options {
            date_order: None,
            utc_offset_minutes: offset(offset_minutes)?,
            now_ms: i64::try_from(now).unwrap_or(i64::MAX),
        };
        let held = Held {
            touched_ms: now,
            job,
            file: Some(file),
            sha256: Hash::default(),
            options,
            ambiguous: None,
        };
        let held = self.look(held).await?;
        drop(place);
        let job = held.job.clone();
        self.hold(held)?;
        Ok(job)
    }

    /// Reads an upload again, with what its owner knows of it.
    pub async fn preview(
        &self,
        person: Id,
        id: Id,
        order: Option<DateOrder>,
        offset_minutes: Option<i32>,
    ) -> Result<ImportJob, Refusal> {
        let mut again = {
            let mut held = self.swept();
            let held = held
                .get_mut(&id)
                .filter(|h| h.job.by == person)
                .ok_or(Refusal::NotFound)?;
            if held.job.state != JobState::Preview {
                return Err(Refusal::Conflict("This import is not a preview any more."));
            }
            held.touched_ms = self.clock.now_ms();
            Held {
                job: held.job.clone(),
                file: held.file.clone(),
                options: held.options.clone(),
                ambiguous: held.ambiguous.clone(),
                ..*held
            }
        };
        self.owns(again.job.c, person)?;
        if let Some(order) = order {
            again.options.date_order = Some(order.into());
        }
        if let Some(minutes) = offset_minutes {
            again.options.utc_offset_minutes = offset(minutes)?;
        }
        let again = self.look(again).await?;
        let job = again.job.clone();
        match self.swept().get_mut(&id) {
            Some(held) if held.job.state == JobState::Preview => *held = again,
            _ => return Err(Refusal::Conflict("This import is not a preview any more.")),
        }
        Ok(job)
    }

    /// Starts to bring a preview in.
    pub fn commit(
        &self,
        actor: Actor,
        id: Id,
        people: &HashMap<String, String>,
    ) -> Result<ImportJob, Refusal> {
        let person = actor.person();
        let mut all = self.swept();
        let channel = all
            .get(&id)
            .filter(|h| h.job.by == person)
            .map(|h| h.job.c)
            .ok_or(Refusal::NotFound)?;
        self.owns(channel, person)?;
        // Two at once would each miss what the other brings.
        if all
            .values()
            .any(|h| h.job.c == channel && h.job.state == JobState::Running && h.job.id != id)
        {
            return Err(Refusal::Conflict(
                "Another import into this channel is running.",
            ));
        }
        let held = all.get_mut(&id).ok_or(Refusal::NotFound)?;
        let (JobState::Preview, Some(preview)) = (held.job.state, &held.job.preview) else {
            return Err(Refusal::Conflict("This import is not a preview any more."));
        };
        if let (Some(open), None) = (&preview.ambiguous, preview.date_order) {
            return Err(undecided(open));
        }
        let people = choices(people, &preview.people, &self.views.state.read(), person)?;
        let file = held.file.take().ok_or(Refusal::NotFound)?;
        held.job.state = JobState::Running;
        held.job.preview = None;
        let order = Order {
            id,
            channel,
            actor,
            file,
            file_name: held.job.file.clone(),
            sha256: held.sha256,
            options: held.options.clone(),
            people,
        };
        let job = held.job.clone();
        drop(all);
        let imports = self.clone();
        tokio::task::spawn_blocking(move || imports.run(&order));
        Ok(job)
    }

    /// A preview or a run to the one who started it; what is done to every member.
    pub fn get(&self, person: Id, id: Id) -> Result<ImportJob, Refusal> {
        if let Some(held) = self.swept().get(&id) {
            return if held.job.by == person {
                Ok(held.job.clone())
            } else {
                Err(Refusal::NotFound)
            };
        }
        recorded::get(&self.views, person, id)
    }

    /// Where what stands in a channel came from: its finished imports, newest first.
    pub fn list(&self, person: Id, channel: Id) -> Result<Vec<ImportJob>, Refusal> {
        recorded::list(&self.views, person, channel)
    }

    /// Drops a preview, or the memory of a failure.
    pub fn cancel(&self, person: Id, id: Id) -> Result<(), Refusal> {
        let mut all = self.swept();
        let held = all
            .get(&id)
            .filter(|h| h.job.by == person)
            .ok_or(Refusal::NotFound)?;
        if held.job.state == JobState::Running {
            return Err(Refusal::Conflict("This import is running."));
        }
        all.remove(&id);
        Ok(())
    }

    fn owns(&self, channel: Id, person: Id) -> Result<(), Refusal> {
        let state = self.views.state.read();
        let (_, member) = state
            .seen_channel(channel, person)
            .ok_or(Refusal::NotFound)?;
        if member.owner {
            Ok(())
        } else {
            Err(Refusal::Forbidden)
        }
    }

    /// Parses and compares on a thread that may take its time.
    async fn look(&self, mut held: Held) -> Result<Held, Refusal> {
        let place = Arc::clone(&self.reading).acquire_owned().await;
        let views = Arc::clone(&self.views);
        let looked = tokio::task::spawn_blocking(move || {
            let _place = place;
            let file = held.file.clone().ok_or(Refusal::NotFound)?;
            let reading = read(&file, &held.options)?;
            if held.job.sha256.is_empty() {
                held.sha256 = Hash(Sha256::digest(&file).into());
                held.job.sha256 = crate::export::line::hex(&held.sha256.0);
            }
            let known = known(&views, held.job.c)?;
            let compared = reading.compare(&known, &HashMap::new());
            let directory = Directory::of(&views.state.read(), held.job.c, held.job.by);
            let mut preview = reading.preview(&held.job.file, &known, &directory, &compared);
            if preview.ambiguous.is_some() {
                held.ambiguous.clone_from(&preview.ambiguous);
            } else {
                preview.ambiguous.clone_from(&held.ambiguous);
            }
            held.job.total = preview.messages + preview.system;
            held.job.preview = Some(preview);
            Ok(held)
        });
        looked.await.map_err(|_| Refusal::Unavailable)?
    }

    fn hold(&self, held: Held) -> Result<(), Refusal> {
        let person = held.job.by;
        let mut all = self.swept();
        all.retain(|_, h| h.job.by != person || h.job.state == JobState::Running);
        if all.values().filter(|h| h.holds_file()).count() >= HELD_MAX {
            return Err(full());
        }
        all.insert(held.job.id, held);
        drop(all);
        // Nobody may come back: what is held goes by itself.
        let imports = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(LIFE_MS + 1_000)).await;
            drop(imports.swept());
        });
        Ok(())
    }

    fn room_beside(&self, person: Id) -> Result<(), Refusal> {
        let others =
            |h: &&Held| h.holds_file() && (h.job.by != person || h.job.state == JobState::Running);
        if self.swept().values().filter(others).count() >= HELD_MAX {
            return Err(full());
        }
        Ok(())
    }

    /// What is held, without what outlived its time.
    fn swept(&self) -> parking_lot::MutexGuard<'_, HashMap<Id, Held>> {
        let now = self.clock.now_ms();
        let mut all = self.held.lock();
        all.retain(|_, h| {
            h.job.state == JobState::Running || now.saturating_sub(h.touched_ms) < LIFE_MS
        });
        all
    }

    fn run(&self, order: &Order) {
        let with = With {
            views: &self.views,
            door: &self.door,
            clock: &self.clock,
            scanner: &self.scanner,
        };
        let mut told = Instant::now();
        let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            run(order, &with, &mut |done, total| {
                if told.elapsed() >= TELL_EVERY || done == 0 {
                    told = Instant::now();
                    self.progress(order, done, total);
                }
            })
        }));
        let ran = ran.unwrap_or_else(|_| Err(Refusal::Unavailable.into()));
        if let Err(fault) = &ran {
            tracing::warn!(code = fault.code, import = %order.id, "an import stopped before its end");
        }
        self.ended(order, ran);
    }

    fn progress(&self, order: &Order, done: u64, total: u64) {
        let job = self.held.lock().get_mut(&order.id).map(|held| {
            held.job.done = done;
            held.job.total = total;
            held.job.clone()
        });
        self.tell(order, job);
    }

    fn ended(&self, order: &Order, ran: Result<Outcome, Fault>) {
        let mut all = self.held.lock();
        let job = match ran {
            // From here on the log tells.
            Ok(outcome) => all.remove(&order.id).map(|held| ImportJob {
                state: JobState::Done,
                done: outcome.added,
                total: outcome.added,
                result: Some(outcome),
                ..held.job
            }),
            Err(fault) => {
                forget_oldest_failure(&mut all);
                all.get_mut(&order.id).map(|held| {
                    held.job.state = JobState::Failed;
                    held.job.error = Some(fault);
                    held.touched_ms = self.clock.now_ms();
                    held.job.clone()
                })
            }
        };
        drop(all);
        self.tell(order, job);
    }

    fn tell(&self, order: &Order, job: Option<ImportJob>) {
        #[derive(Serialize)]
        struct Told {
            t: &'static str,
            d: ImportJob,
        }
        if let Some(job) = job {
            let frame = wire::frame(&Told {
                t: "import",
                d: job,
            });
            self.door.tell(order.actor.person(), frame);
        }
    }
}

impl Held {
    fn holds_file(&self) -> bool {
        matches!(self.job.state, JobState::Preview | JobState::Running)
    }
}

fn forget_oldest_failure(all: &mut HashMap<Id, Held>) {
    let mut failed: Vec<(u64, Id)> = all
        .values()
        .filter(|h| h.job.state == JobState::Failed)
        .map(|h| (h.touched_ms, h.job.id))
        .collect();
    failed.sort_unstable();
    for (_, id) in failed.iter().rev().skip(FAILED_MAX - 1) {
        all.remove(id);
    }
}

fn undecided(open: &Ambiguous) -> Refusal {
    Refusal::Fault {
        code: "import/ambiguous_dates",
        message: format!(
            "Nothing in the file tells whether its dates begin with the day or the month. Please choose. Examples: {}",
            open.examples.join(" | ")
        ),
    }
}

fn full() -> Refusal {
    Refusal::Rate { after_ms: 60_000 }
}

fn offset(minutes: i32) -> Result<i32, Refusal> {
    if (-OFFSET_MINUTES_MAX..=OFFSET_MINUTES_MAX).contains(&minutes) {
        Ok(minutes)
    } else {
        Err(Refusal::invalid(
            "A zone lies at most 16 hours from Greenwich.",
        ))
    }
}

/// The last part of a path, without control characters.
fn file_name(raw: &str) -> String {
    let base = raw.rsplit(['/', '\\']).next().unwrap_or_default();
    base.chars()
        .filter(|c| !c.is_control())
        .take(FILE_NAME_CHARS_MAX)
        .collect()
}
