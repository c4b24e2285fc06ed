//! The views' engine: the only file that names sled. It holds opaque ids and positions, never content or keys,
//! and nothing that cannot be rebuilt from the log.
//!
//! Its rules come from what was measured: no flushing thread and no asynchronous flush (they stall or deadlock),
//! small batches (large ones take gigabytes), one writing thread with a time limit, and on any error, panic or
//! time-out at opening the directory is moved aside and begun anew.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;

use crate::Progress;
use crate::error::{During, Error};
use crate::files::{self, Place};

/// Opening or one batch taking longer than this means that the engine hangs.
const PATIENCE: Duration = Duration::from_mins(1);
/// Keys of one batch at most.
pub(crate) const BATCH_KEYS_MAX: usize = 500;

type Pair = (Vec<u8>, Vec<u8>);

/// A key with its new value, or None to delete it.
pub(crate) type Change = (Vec<u8>, Option<Vec<u8>>);

pub(crate) struct Engine {
    db: sled::Db,
    trees: Mutex<HashMap<String, sled::Tree>>,
    writes: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// Its presence makes the next opening rebuild.
    doubt: Place,
}

struct Job {
    tree: sled::Tree,
    /// None: flush.
    changes: Option<Vec<Change>>,
    reply: Sender<Result<(), String>>,
}

impl Engine {
    pub fn open(
        dir: &Place,
        cache_bytes: u64,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Engine, Error> {
        let doubt = dir.with_extension("doubt");
        let opened = if doubt.exists() {
            Err("it failed when it was last used".to_owned())
        } else {
            open_in_time(dir.path(), cache_bytes)
        };
        let db = match opened {
            Ok(db) => db,
            Err(why) => {
                move_aside(dir)?;
                files::remove(&doubt)?;
                progress(Progress::Warning(format!(
                    "the views were moved aside and are rebuilt: {why}"
                )));
                open_in_time(dir.path(), cache_bytes).map_err(|why| Error::Views { why })?
            }
        };
        let (writes, waiting) = sync_channel::<Job>(16);
        let run = move || {
            for job in waiting {
                let Job {
                    tree,
                    changes,
                    reply,
                } = job;
                // Nobody waits any more when the time was over: the doubt is on disk then.
                let _ = reply.send(guarded(|| write(&tree, changes)));
            }
        };
        let thread = std::thread::Builder::new()
            .name("views".into())
            .spawn(run)
            .during("starting", dir)?;
        Ok(Engine {
            db,
            trees: Mutex::default(),
            writes: Some(writes),
            thread: Some(thread),
            doubt,
        })
    }

    fn tree(&self, name: &str) -> Result<sled::Tree, Error> {
        let mut trees = self.trees.lock();
        if let Some(tree) = trees.get(name) {
            return Ok(tree.clone());
        }
        let tree = self.trusting(|| self.db.open_tree(name))?;
        trees.insert(name.to_owned(), tree.clone());
        Ok(tree)
    }

    pub fn get(&self, tree: &str, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let tree = self.tree(tree)?;
        let found = self.trusting(|| tree.get(key))?;
        Ok(found.map(|value| value.to_vec()))
    }

    /// Pairs by growing key, `from` included, `to` excluded.
    pub fn range(
        self: &Arc<Self>,
        tree: &str,
        from: Vec<u8>,
        to: Vec<u8>,
    ) -> Result<impl Iterator<Item = Result<Pair, Error>> + Send + use<>, Error> {
        let (engine, tree) = (self.clone(), self.tree(tree)?);
        // An empty range is asked for as a backward one, which the engine would panic at.
        let mut pairs = (from < to).then(|| tree.range(from..to));
        Ok(std::iter::from_fn(move || {
            let next = engine.trusting(|| pairs.as_mut().and_then(Iterator::next).transpose());
            match next {
                Ok(pair) => pair.map(|(key, value)| Ok((key.to_vec(), value.to_vec()))),
                Err(error) => {
                    pairs = None;
                    Some(Err(error))
                }
            }
        }))
    }

    /// Applies the changes as one batch; at most [`BATCH_KEYS_MAX`] of them.
    pub fn apply(&self, tree: &str, changes: Vec<Change>) -> Result<(), Error> {
        debug_assert!(changes.len() <= BATCH_KEYS_MAX + 1);
        self.send(self.tree(tree)?, Some(changes))
    }

    pub fn flush(&self, tree: &str) -> Result<(), Error> {
        self.send(self.tree(tree)?, None)
    }

    pub fn drop_tree(&self, name: &str) -> Result<(), Error> {
        self.trees.lock().remove(name);
        self.trusting(|| self.db.drop_tree(name)).map(|_| ())
    }

    fn send(&self, tree: sled::Tree, changes: Option<Vec<Change>>) -> Result<(), Error> {
        let (reply, answer) = channel();
        let job = Job {
            tree,
            changes,
            reply,
        };
        let sent = self
            .writes
            .as_ref()
            .is_some_and(|writes| writes.send(job).is_ok());
        let outcome = match answer.recv_timeout(PATIENCE) {
            Ok(outcome) if sent => outcome,
            _ => Err("it does not answer".to_owned()),
        };
        outcome.map_err(|why| self.doubted(why))
    }

    /// Runs a call into the engine; its errors and panics become one error, and the next start rebuilds.
    fn trusting<T>(&self, call: impl FnOnce() -> sled::Result<T>) -> Result<T, Error> {
        guarded(call).map_err(|why| self.doubted(why))
    }

    fn doubted(&self, why: String) -> Error {
        let _ = files::create(&self.doubt);
        Error::Views { why }
    }
}

fn write(tree: &sled::Tree, changes: Option<Vec<Change>>) -> sled::Result<()> {
    let Some(changes) = changes else {
        return tree.flush().map(|_| ());
    };
    let mut batch = sled::Batch::default();
    for (key, value) in changes {
        match value {
            Some(value) => batch.insert(key, value),
            None => batch.remove(key),
        }
    }
    tree.apply_batch(batch)
}

fn guarded<T>(call: impl FnOnce() -> sled::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        // The engine's own words may quote bytes it holds: only the kind of failure is told.
        Ok(Err(sled::Error::Corruption { .. })) => Err("its files are damaged".to_owned()),
        Ok(Err(sled::Error::Io(error))) => {
            Err(format!("reading or writing its files: {}", error.kind()))
        }
        Ok(Err(_)) => Err("it refused a call".to_owned()),
        Err(_) => Err("it panicked".to_owned()),
    }
}

fn open_in_time(dir: &Path, cache_bytes: u64) -> Result<sled::Db, String> {
    let (reply, answer) = channel();
    let config = sled::Config::new()
        .path(dir)
        .cache_capacity(cache_bytes)
        .flush_every_ms(None);
    let open = move || {
        let _ = reply.send(guarded(|| config.open()));
    };
    std::thread::Builder::new()
        .name("views-open".into())
        .spawn(open)
        .map_err(|_| "no thread".to_owned())?;
    answer
        .recv_timeout(PATIENCE)
        .unwrap_or_else(|_| Err("opening it took too long".to_owned()))
}

/// Keeps one damaged directory for whoever wants to look into it.
fn move_aside(dir: &Place) -> Result<(), Error> {
    let aside = dir.with_extension("aside");
    if aside.path().is_dir() {
        std::fs::remove_dir_all(aside.path()).during("removing", &aside)?;
    } else {
        files::remove(&aside)?;
    }
    if dir.exists() {
        std::fs::rename(dir.path(), aside.path()).during("moving aside", dir)?;
    }
    Ok(())
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.writes = None;
        if let Some(thread) = self.thread.take()
            && !self.doubt.exists()
        {
            let _ = thread.join();
        }
    }
}
