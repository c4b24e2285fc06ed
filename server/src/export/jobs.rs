//! Builds approved exports, one at a time, and says how far each is.
//!
//! Follows the log: an approval starts a job, also one that a restart interrupted. Never decides.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use migrations_free_store::{Id, Scope};
use parking_lot::Mutex;
use serde::Serialize;
use utoipa::ToSchema;

use super::bundle::{ExportError, Phase, build};
use super::manifest::Selection;
use super::order::{Order, Person, Policy};
use crate::chat::command::{Command, Door as Inner, ExportFormat, Role};
use crate::chat::event::{Act, Event, Keep};
use crate::chat::state::{self, ExportState};
use crate::chat::tag::{Tag, Tags};
use crate::chat::{Actor, Refusal};
use crate::http::wire;
use crate::sequencer::Door;
use crate::views::{Views, unavailable};

/// How long an approved export waits for the log to be signed.
const SIGNATURE_TRIES: u32 = 100;
const SIGNATURE_PAUSE: Duration = Duration::from_millis(100);
/// Progress is told at most so often.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// An export as its officer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportJob {
    #[schema(value_type = String)]
    pub id: Id,
    #[schema(value_type = String)]
    pub c: Id,
    pub channel_name: String,
    pub from: u64,
    pub to: u64,
    pub reason: String,
    pub case: String,
    #[schema(value_type = String)]
    pub by: Id,
    pub at: u64,
    #[schema(value_type = String)]
    pub state: ExportState,
    #[schema(value_type = Option<String>)]
    pub decided_by: Option<Id>,
    pub phase: Option<&'static str>,
    pub done: u64,
    pub total: u64,
    /// Only messages that were tagged so.
    pub chosen: Option<ChosenJob>,
    pub events: Option<u64>,
    pub bytes: Option<u64>,
    pub sha256: Option<String>,
    /// Until when it can be downloaded.
    pub expires_at: Option<u64>,
    pub error: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChosenJob {
    /// Null for who runs the house and is told of no matter.
    #[schema(value_type = Option<String>)]
    pub matter: Option<Id>,
    #[schema(value_type = Vec<String>)]
    pub tagged: Vec<Tag>,
    #[schema(value_type = Vec<String>)]
    pub not_tagged: Vec<Tag>,
    pub messages: u64,
}

/// How far one is, and whether somebody has given it up.
#[derive(Default)]
struct Running {
    progress: Option<(Phase, u64, u64)>,
    is_cancelled: Arc<AtomicBool>,
}

#[derive(Clone)]
pub struct Exports {
    views: Arc<Views>,
    running: Arc<Mutex<HashMap<Id, Running>>>,
    /// None in the worker: it ends, and lets the store go, when nobody is left who could send.
    queue: Option<std::sync::mpsc::Sender<Id>>,
    queued: Arc<Mutex<Option<std::sync::mpsc::Receiver<Id>>>>,
}

impl Exports {
    pub fn new(views: Arc<Views>) -> Exports {
        let (queue, queued) = std::sync::mpsc::channel();
        Exports {
            views,
            running: Arc::default(),
            queue: Some(queue),
            queued: Arc::new(Mutex::new(Some(queued))),
        }
    }

    /// Called with every durable batch.
    pub fn follow(&self, events: &[Event]) {
        for event in events {
            match (&event.header.act, &self.queue) {
                (Act::ExportApproved { export, .. }, Some(queue)) => {
                    let _stopping = queue.send(*export);
                }
                (Act::ExportCancelled { export }, _) => {
                    if let Some(running) = self.running.lock().get(export) {
                        running.is_cancelled.store(true, Ordering::Relaxed);
                    }
                }
                _ => {}
            }
        }
    }

    /// Starts the worker, with what an earlier run left unfinished.
    pub fn start(&self, door: Door) -> std::io::Result<()> {
        let Some(queued) = self.queued.lock().take() else {
            return Ok(());
        };
        let unfinished: Vec<Id> = self
            .views
            .state
            .read()
            .exports
            .iter()
            .filter(|(_, e)| e.state == ExportState::Running)
            .map(|(id, _)| *id)
            .collect();
        let jobs = Exports {
            queue: None,
            ..self.clone()
        };
        std::thread::Builder::new()
            .name("exports".into())
            .spawn(move || {
                for export in unfinished.into_iter().chain(queued) {
                    jobs.run(export, &door);
                }
            })?;
        Ok(())
    }

    /// What this person may see of the exports, newest first.
    pub fn list(&self, person: Id) -> Result<Vec<ExportJob>, Refusal> {
        let role = self
            .views
            .state
            .read()
            .role(person)
            .ok_or(Refusal::NotSignedIn)?;
        if !matches!(role, Role::Officer | Role::Admin) {
            return Err(Refusal::Forbidden);
        }
        let by_hand =
            |(id, export): (&Id, &state::Export)| export.schedule.is_none().then_some(*id);
        let mut ids: Vec<Id> = {
            let state = self.views.state.read();
            state.exports.iter().filter_map(by_hand).collect()
        };
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let told = |mut job: ExportJob| {
            if let (Role::Admin, Some(chosen)) = (role, &mut job.chosen) {
                chosen.matter = None;
            }
            job
        };
        ids.into_iter()
            .filter_map(|id| self.job(id).transpose())
            .map(|job| job.map(told))
            .collect()
    }

    pub fn job(&self, id: Id) -> Result<Option<ExportJob>, Refusal> {
        Ok(self.look(id)?.map(|(job, _)| job))
    }

    /// With the formats and the messages that were chosen.
    fn look(&self, id: Id) -> Result<Option<(ExportJob, Wanted)>, Refusal> {
        let (facts, channel_name) = {
            let state = self.views.state.read();
            let Some(facts) = state.exports.get(&id).cloned() else {
                return Ok(None);
            };
            let name = state
                .channels
                .get(&facts.channel)
                .map(|c| c.name.clone())
                .unwrap_or_default();
            (facts, name)
        };
        let asked = self
            .views
            .store
            .read(facts.requested)
            .map_err(unavailable)?;
        // What was asked is gone once its key is destroyed; the facts remain.
        let asked = Event::read(&asked).ok();
        let (act, content) = asked
            .map(|event| (event.header.act, event.content.unwrap_or_default()))
            .unzip();
        let formats = match act {
            Some(Act::ExportRequested { formats, .. }) => formats,
            _ => Vec::new(),
        };
        let content = content.unwrap_or_default();
        let chosen = facts.chosen.map(|choice| ChosenJob {
            matter: Some(choice.matter),
            tagged: choice.tagged.list(),
            not_tagged: choice.not_tagged.list(),
            messages: choice.messages,
        });
        let wanted = Wanted {
            formats,
            messages: content.chosen,
        };
        let progress = self.running.lock().get(&id).and_then(|r| r.progress);
        let ready = facts.state == ExportState::Ready;
        let job = ExportJob {
            id,
            c: facts.channel,
            channel_name,
            from: facts.from,
            to: facts.to,
            reason: content.reason.unwrap_or_default(),
            case: content.case.unwrap_or_default(),
            by: facts.by,
            at: facts.at,
            state: facts.state,
            decided_by: facts.decided_by,
            phase: progress.map(|(phase, ..)| phase.name()),
            done: progress.map_or(0, |(_, done, _)| done),
            total: progress.map_or(0, |(_, _, total)| total),
            chosen,
            events: ready.then_some(facts.events),
            bytes: ready.then_some(facts.bytes),
            sha256: ready.then(|| super::line::hex(&facts.sha256.0)),
            expires_at: facts.expires_at(),
            error: (facts.state == ExportState::Failed)
                .then(|| "The bundle could not be built; the server's log says why.".into()),
        };
        Ok(Some((job, wanted)))
    }

    fn run(&self, id: Id, door: &Door) {
        // Known before it is looked up: whoever cancels it from now on is heard.
        let running = Running::default();
        let is_cancelled = Arc::clone(&running.is_cancelled);
        self.running.lock().insert(id, running);
        if let Some(order) = self.order(id) {
            self.build(id, &order, &is_cancelled, door);
        }
        self.running.lock().remove(&id);
    }

    fn build(&self, id: Id, order: &Order, is_cancelled: &Arc<AtomicBool>, door: &Door) {
        let requester = order.requester;
        let by_hand = self.is_by_hand(id);
        let mut told = std::time::Instant::now();
        let mut tries = 0;
        let built = loop {
            let built = build(
                &self.views.store,
                order,
                is_cancelled,
                &mut |phase, done, total| {
                    if let Some(running) = self.running.lock().get_mut(&id) {
                        running.progress = Some((phase, done, total));
                    }
                    if by_hand && told.elapsed() >= TELL_EVERY {
                        told = std::time::Instant::now();
                        self.tell(id, requester, door);
                    }
                },
            );
            match built {
                Err(ExportError::Unsigned { .. }) if tries < SIGNATURE_TRIES => {
                    tries += 1;
                    door.sign();
                    std::thread::sleep(SIGNATURE_PAUSE);
                }
                built => break built,
            }
        };
        let outcome = match built {
            Ok(built) => Inner::ExportBuilt {
                export: id,
                blob: built.blob,
                events: built.events,
                bytes: built.bytes,
                sha256: built.sha256,
            },
            // Its key may be gone by now, which is no fault of anybody's.
            Err(_) if is_cancelled.load(Ordering::Relaxed) => {
                return self.tell(id, requester, door);
            }
            Err(error) => {
                tracing::error!(code = error.code(), export = %id, "an export could not be built");
                Inner::ExportFailed {
                    export: id,
                    why: error.code().into(),
                }
            }
        };
        let said = door.submit_blocking(Actor::System, Command::Door(outcome), None);
        if let Err(refusal) = said
            && !is_cancelled.load(Ordering::Relaxed)
        {
            tracing::error!(code = refusal.code(), export = %id, "the outcome of an export could not be recorded");
            self.drop_unwanted(id);
        }
        if by_hand {
            self.tell(id, requester, door);
        }
    }

    /// Nobody waits for what a schedule ordered.
    fn is_by_hand(&self, id: Id) -> bool {
        let state = self.views.state.read();
        state.exports.get(&id).is_some_and(|e| e.schedule.is_none())
    }

    /// The schedule ended while its bundle was built: nothing will ever lead to it.
    fn drop_unwanted(&self, id: Id) {
        if self.views.state.read().exports.contains_key(&id) {
            return;
        }
        let blobs = self.views.store.blobs_in(Scope::Matter(id));
        for blob in blobs.into_iter().flatten() {
            if let Err(error) = self.views.store.blob_delete(blob) {
                tracing::error!(code = error.code(), %error, "a bundle that nobody needs could not be removed");
            }
        }
    }

    fn tell(&self, id: Id, person: Id, door: &Door) {
        #[derive(Serialize)]
        struct Told {
            t: &'static str,
            d: ExportJob,
        }
        if let Ok(Some(job)) = self.job(id) {
            door.tell(
                person,
                wire::frame(&Told {
                    t: "export",
                    d: job,
                }),
            );
        }
    }

    fn order(&self, id: Id) -> Option<Order> {
        let (job, wanted) = self.look(id).ok().flatten()?;
        // What was chosen and cannot be read any more is not everything.
        let is_whole = |chosen: &ChosenJob| chosen.messages == wanted.messages.len() as u64;
        if !job.chosen.as_ref().is_none_or(is_whole) {
            return None;
        }
        let state = self.views.state.read();
        // Asked for twice, an export is built once: what is built of it must not be built anew under its readers.
        let facts = state
            .exports
            .get(&id)
            .filter(|facts| facts.state == ExportState::Running)?;
        let channel = state.channels.get(&facts.channel)?;
        Some(Order {
            export: id,
            channel: facts.channel,
            channel_name: channel.name.clone(),
            from_ms: facts.from,
            to_ms: facts.to,
            frozen: facts.frozen,
            requester: facts.by,
            approver: facts.decided_by?,
            reason: job.reason,
            case: job.case,
            policy: Policy {
                keep_days: state.keep_days(channel),
                inherited: channel.keep == Keep::Inherit,
            },
            kind: channel.kind,
            formats: wanted.formats,
            selection: facts.chosen.map(|choice| Selection {
                matter: choice.matter,
                tagged: names(choice.tagged),
                not_tagged: names(choice.not_tagged),
                messages: wanted.messages,
                rest: Selection::REST.to_owned(),
            }),
            people: state
                .people
                .iter()
                .map(|(id, p)| (*id, person(p)))
                .collect(),
        })
    }
}

/// What a request asks for in its own words.
struct Wanted {
    formats: Vec<ExportFormat>,
    messages: Vec<u64>,
}

fn names(tags: Tags) -> Vec<String> {
    tags.list().iter().map(Tag::to_string).collect()
}

fn person(person: &state::Person) -> Person {
    Person {
        name: person.name.clone(),
        handle: person.handle.clone(),
        role: person.role,
    }
}
