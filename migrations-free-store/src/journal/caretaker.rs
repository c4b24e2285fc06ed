//! The background thread: it prepares the next segment, closes full ones and writes tiles, in the order asked.
//! Nothing it does is needed for durability, so it is never waited for on the way of a commit, save once:
//! when the next segment is not ready yet.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use parking_lot::{Condvar, Mutex};

use crate::error::{During, Error};
use crate::files::{self, Place};

/// Jobs waiting at most; a writer that gets further ahead waits.
const JOBS_MAX: usize = 4096;

type Job = Box<dyn FnOnce() + Send>;

pub(crate) struct Caretaker {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    prepared: Arc<Prepared>,
}

/// The hand-over of the next segment's file.
struct Prepared {
    state: Mutex<State>,
    changed: Condvar,
}

enum State {
    Idle,
    Preparing,
    Ready,
    Failed(Error),
}

impl Caretaker {
    pub fn start() -> Result<Caretaker, Error> {
        let (jobs, waiting) = sync_channel::<Job>(JOBS_MAX);
        let run = move || {
            for job in waiting {
                job();
            }
        };
        let thread = std::thread::Builder::new()
            .name("caretaker".into())
            .spawn(run);
        let thread = thread.during("starting the background thread of", Path::new("the log"))?;
        let prepared = Arc::new(Prepared {
            state: Mutex::new(State::Idle),
            changed: Condvar::new(),
        });
        Ok(Caretaker {
            jobs: Some(jobs),
            thread: Some(thread),
            prepared,
        })
    }

    pub fn run(&self, job: impl FnOnce() + Send + 'static) {
        if let Some(jobs) = &self.jobs {
            // The thread ends only when this side is dropped, so the send cannot fail.
            let _ = jobs.send(Box::new(job));
        }
    }

    /// Returns once every job asked for so far is done.
    pub fn wait(&self) {
        let (done, finished) = std::sync::mpsc::channel();
        self.run(move || {
            let _ = done.send(());
        });
        let _ = finished.recv();
    }

    /// Begins to write the next segment's zeros.
    pub fn prepare(&self, dir: &Place, bytes: u64) {
        *self.prepared.state.lock() = State::Preparing;
        let (prepared, dir) = (self.prepared.clone(), dir.clone());
        self.run(move || {
            let outcome = match write_next(&dir, bytes) {
                Ok(()) => State::Ready,
                Err(error) => State::Failed(error),
            };
            *prepared.state.lock() = outcome;
            prepared.changed.notify_all();
        });
    }

    /// The path of the next segment's file, written with zeros and synced.
    pub fn take(&self, dir: &Place, bytes: u64) -> Result<Place, Error> {
        let mut state = self.prepared.state.lock();
        while matches!(*state, State::Preparing) {
            self.prepared.changed.wait(&mut state);
        }
        match std::mem::replace(&mut *state, State::Idle) {
            State::Ready => {}
            State::Failed(error) => return Err(error),
            State::Idle | State::Preparing => write_next(dir, bytes)?,
        }
        Ok(dir.join(READY))
    }
}

const READY: &str = "next.ready";

/// A file once written with zeros halves the cost of every later sync: no block is allocated any more.
fn write_next(dir: &Place, bytes: u64) -> Result<(), Error> {
    let (fresh, ready) = (dir.join("next.new"), dir.join(READY));
    if let Some(length) = ready.length() {
        if length == bytes {
            return Ok(());
        }
        files::remove(&ready)?;
    }
    let file = files::create(&fresh)?;
    // Space is claimed first, so that a full disk is met here and the blocks lie together.
    file.allocate(bytes).during("claiming space for", &fresh)?;
    files::write_zeros(&*file, &fresh, 0, bytes)?;
    file.sync_all().during("syncing", &fresh)?;
    files::rename(&fresh, &ready)
}

impl Drop for Caretaker {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
