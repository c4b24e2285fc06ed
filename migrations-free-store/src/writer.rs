//! The one owner of the log's end: it appends, commits and signs. It decides nothing about what is appended.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::Position;
use crate::checkpoint::SignedCheckpoint;
use crate::error::{During, Error};
use crate::files;
use crate::id::Id;
use crate::journal::{self, BATCH_BYTES_MAX, BATCH_HEADER_BYTES, Entry, Tail};
use crate::record::{
    CONTENT_BYTES_MAX, Encoder, HEADER_BYTES_MAX, NewRecord, Pushed, RECORD_BYTES_BESIDE, Unsealed,
};
use crate::store::{Inner, Store};
use crate::verify::Hash;

/// Not `Clone`: one a data directory. While batches are on their way to the disk, the next may be pushed.
pub struct Writer {
    pub(crate) store: Store,
    encoder: Encoder,
    batch: Batch,
    /// The position that the next push gets.
    next: Position,
    committer: Committer,
    /// For each batch on its way, oldest first, the last sequence numbers of its channels.
    under_way: VecDeque<HashMap<Id, u64>>,
    took: VecDeque<Took>,
    poisoned: bool,
}

/// How long one batch took on its way to the disk.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    /// The write, and a new segment where one was due.
    pub append: Duration,
    pub sync: Duration,
}

/// Records pushed and not yet on their way to the disk.
#[derive(Default)]
struct Batch {
    /// Pushed last, and still plain. What was pushed before them is with the sealer.
    run: Run,
    /// Bytes of all its records so far.
    length: usize,
    content: Content,
    /// The last sequence number of each channel in the batch.
    seqs: HashMap<Id, u64>,
}

/// What a batch brings into the indexes.
#[derive(Default)]
struct Content {
    entries: Vec<Entry>,
    leaves: Vec<Hash>,
}

/// Records in a row.
#[derive(Default)]
struct Run {
    bytes: Vec<u8>,
    unsealed: Vec<Unsealed>,
}

impl Run {
    /// Long enough to be worth waking another thread, short enough that sealing keeps up with pushing.
    const RECORDS: usize = 32;

    fn seal(mut self) -> Vec<u8> {
        for record in &self.unsealed {
            record.seal(&mut self.bytes);
        }
        self.bytes
    }
}

impl Writer {
    pub(crate) fn new(store: Store) -> Result<Writer, Error> {
        Ok(Writer {
            encoder: Encoder::new(),
            batch: Batch::default(),
            next: store.size(),
            committer: Committer::start(store.inner.clone())?,
            under_way: VecDeque::new(),
            took: VecDeque::new(),
            poisoned: false,
            store,
        })
    }

    /// The position that the next push gets.
    pub fn next(&self) -> Position {
        self.next
    }

    /// Hashes the record into the batch; only a commit seals it, makes it durable and readable.
    /// An error leaves the batch as it was: `Forgotten` when a key it needs is destroyed, `TooLarge`,
    /// `Refused` when the channel's sequence number does not grow.
    #[allow(clippy::needless_pass_by_value)] // A record is given away: it is pushed once.
    pub fn push(&mut self, record: NewRecord<'_>) -> Result<Pushed, Error> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        let Batch {
            run,
            length,
            content,
            seqs,
        } = &mut self.batch;
        let offset = BATCH_HEADER_BYTES + *length;
        if offset + HEADER_BYTES_MAX + CONTENT_BYTES_MAX + RECORD_BYTES_BESIDE > BATCH_BYTES_MAX {
            return Err(Error::TooLarge {
                what: "a batch",
                limit: BATCH_BYTES_MAX as u64,
            });
        }
        if let Some((channel, seq)) = record.place {
            let mut newest_first = std::iter::once(&*seqs).chain(self.under_way.iter().rev());
            let pushed = newest_first.find_map(|seqs| seqs.get(&channel)).copied();
            let last = pushed.or_else(|| self.store.inner.journal.last_seq(&channel));
            if last.is_some_and(|last| seq <= last) {
                return Err(Error::Refused {
                    why: "a channel's sequence number must grow",
                });
            }
        }
        let (position, start) = (self.next, run.bytes.len());
        let keyring = &self.store.inner.keyring;
        let (routing, unsealed) =
            self.encoder
                .encode(&record, position, keyring, &mut run.bytes)?;
        run.unsealed.push(unsealed);
        let bytes = run.bytes.len() - start;
        content.entries.push(Entry::new(
            offset as u32,
            bytes as u32,
            &routing,
            record.header.len() as u32,
            record.content.map_or(0, |(bytes, _)| bytes.len() as u32),
        ));
        *length += bytes;
        content.leaves.push(routing.leaf);
        seqs.extend(record.place);
        self.next += 1;
        if run.unsealed.len() == Run::RECORDS {
            self.committer.seal(std::mem::take(run));
        }
        Ok(Pushed {
            position,
            leaf: routing.leaf,
        })
    }

    /// Makes all that was pushed durable: one write, one sync, and before it one sync of new keys if there are
    /// any. After an error the writer is poisoned for ever: the process must stop, since nobody can know what
    /// the disk holds before the log is opened anew.
    pub fn commit(&mut self) -> Result<(), Error> {
        self.commit_begin()?;
        self.commit_end()
    }

    /// Sends all that was pushed on its way to the disk and returns, so that the next batch can be pushed
    /// meanwhile. Two batches may be on their way, so that the disk never waits for the next: a third waits for
    /// the first. Nothing may be answered before [`Writer::commit_end`]. Errors are those of [`Writer::commit`].
    pub fn commit_begin(&mut self) -> Result<(), Error> {
        if self.under_way.len() == UNDER_WAY_MAX {
            self.wait()?;
        }
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        if self.batch.content.entries.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        self.under_way.push_back(batch.seqs);
        if self.committer.commit(batch.run, batch.content) {
            return Ok(());
        }
        self.poisoned = true;
        Err(Error::Poisoned)
    }

    /// Waits until every batch on its way is durable.
    pub fn commit_end(&mut self) -> Result<(), Error> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        while !self.under_way.is_empty() {
            self.wait()?;
        }
        Ok(())
    }

    /// Waits for the oldest batch on its way.
    fn wait(&mut self) -> Result<(), Error> {
        let outcome = self.committer.wait();
        self.under_way.pop_front();
        self.poisoned |= outcome.is_err();
        let took = outcome?;
        if self.took.len() == UNDER_WAY_MAX {
            self.took.pop_front();
        }
        self.took.push_back(took);
        Ok(())
    }

    /// How long the batches took that became durable since this was asked last: the newest two, oldest first.
    pub fn took(&mut self) -> impl Iterator<Item = Took> {
        self.took.drain(..)
    }

    /// Signs what is durable, and keeps the checkpoint on disk before it is given out. Nothing is ever signed
    /// that does not continue the checkpoint before it.
    pub fn sign_checkpoint(&mut self) -> Result<SignedCheckpoint, Error> {
        self.commit_end()?;
        let inner = &self.store.inner;
        let last = self.store.checkpoint();
        let (size, root) = inner.tiles.root();
        if size == last.size && root == last.root {
            return Ok(last);
        }
        if size < last.size || inner.tiles.root_at(last.size)? != last.root {
            return Err(Error::Forked { signed: last.size });
        }
        let signed = inner.signatory.sign(size, root);
        inner.tiles.write_partials(last.size)?;
        files::replace_durably(&inner.tree_dir.join("checkpoint"), signed.note.as_bytes())?;
        *inner.newest.write() = signed.clone();
        Ok(signed)
    }
}

/// Two threads: one seals while the next records are pushed, one writes and syncs a batch at a time.
struct Committer {
    /// None once the threads are told to end.
    sealing: Option<SyncSender<Work<Run>>>,
    writing: Option<SyncSender<Work<Vec<u8>>>>,
    outcomes: Receiver<Result<Took, Error>>,
    /// The sealer has records of the batch that is being pushed: the rest must go the same way.
    is_sealing: bool,
    /// For each batch on its way, oldest first, whether the sealer has it: the next must not overtake it.
    sealed: VecDeque<bool>,
    threads: Vec<JoinHandle<()>>,
}

/// Records of a batch, and then its end.
enum Work<Records> {
    Records(Records),
    Commit(Content),
}

/// Memory that a large batch leaves for the next.
const BATCH_BYTES_KEPT: usize = 1 << 20;
/// Batches on their way at most.
const UNDER_WAY_MAX: usize = 2;
/// Runs on their way at most. What they hold is bounded by the three batches there can be.
const RUNS_MAX: usize = 256;

impl Committer {
    fn start(inner: Arc<Inner>) -> Result<Committer, Error> {
        let (sealing, plain) = sync_channel::<Work<Run>>(RUNS_MAX);
        let (writing, sealed) = sync_channel(RUNS_MAX);
        let (reply, outcomes) = sync_channel(UNDER_WAY_MAX);
        let onward = writing.clone();
        let seal = move || {
            for work in plain {
                let work = match work {
                    Work::Records(run) => Work::Records(run.seal()),
                    Work::Commit(content) => Work::Commit(content),
                };
                if onward.send(work).is_err() {
                    return;
                }
            }
        };
        let write = move || {
            let mut batch = Vec::new();
            journal::begin_batch(&mut batch);
            for work in sealed {
                match work {
                    Work::Records(bytes) => batch.extend_from_slice(&bytes),
                    Work::Commit(content) => {
                        let outcome = content.write(&mut batch, &inner, &mut inner.tail.lock());
                        // After a failure nothing may follow: what the disk holds is unknown.
                        let goes_on = outcome.is_ok();
                        if reply.send(outcome).is_err() || !goes_on {
                            return;
                        }
                        journal::begin_batch(&mut batch);
                        batch.shrink_to(BATCH_BYTES_KEPT);
                    }
                }
            }
        };
        Ok(Committer {
            sealing: Some(sealing),
            writing: Some(writing),
            outcomes,
            is_sealing: false,
            sealed: VecDeque::new(),
            threads: vec![thread("sealer", seal)?, thread("committer", write)?],
        })
    }

    /// Should its threads be gone, the commit says so.
    fn seal(&mut self, run: Run) {
        self.is_sealing = true;
        if let Some(sealing) = &self.sealing {
            let _gone = sealing.send(Work::Records(run));
        }
    }

    /// False when the threads are gone.
    fn commit(&mut self, run: Run, content: Content) -> bool {
        let (Some(sealing), Some(writing)) = (&self.sealing, &self.writing) else {
            return false;
        };
        // A small batch is sealed sooner than another thread wakes.
        let seals = std::mem::take(&mut self.is_sealing) || self.sealed.contains(&true);
        self.sealed.push_back(seals);
        match seals {
            true => {
                sealing.send(Work::Records(run)).is_ok()
                    && sealing.send(Work::Commit(content)).is_ok()
            }
            false => {
                writing.send(Work::Records(run.seal())).is_ok()
                    && writing.send(Work::Commit(content)).is_ok()
            }
        }
    }

    fn wait(&mut self) -> Result<Took, Error> {
        self.sealed.pop_front();
        self.outcomes.recv().map_err(|_| Error::Poisoned)?
    }
}

fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(run)
        .during("starting the writing threads of", Path::new("the log"))
}

impl Content {
    fn write(mut self, batch: &mut Vec<u8>, inner: &Inner, tail: &mut Tail) -> Result<Took, Error> {
        // Keys first: a batch on disk whose key is not would be lost for ever.
        inner.keyring.sync()?;
        let took = inner.journal.append(tail, batch, &mut self.entries)?;
        inner.tiles.append(&self.leaves);
        Ok(took)
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.sealing = None;
        self.writing = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
