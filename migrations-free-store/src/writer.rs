//! The one owner of the log's end: it appends, commits and signs. It decides nothing about what is appended.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use parking_lot::Mutex;

use crate::Position;
use crate::checkpoint::SignedCheckpoint;
use crate::error::{During, Error};
use crate::files;
use crate::id::Id;
use crate::journal::{self, BATCH_BYTES_MAX, Entry, Tail};
use crate::record::{
    CONTENT_BYTES_MAX, Encoder, HEADER_BYTES_MAX, NewRecord, Pushed, RECORD_BYTES_BESIDE, Unsealed,
};
use crate::store::{Inner, Store};
use crate::verify::Hash;

/// Not `Clone`: one a data directory. While one batch is on its way to the disk, the next may be pushed.
pub struct Writer {
    pub(crate) store: Store,
    pub(crate) tail: Arc<Mutex<Tail>>,
    encoder: Encoder,
    batch: Batch,
    /// The position that the next push gets.
    next: Position,
    committer: Committer,
    /// The last sequence numbers of the channels in the batch that is on its way.
    seqs_under_way: HashMap<Id, u64>,
    is_under_way: bool,
    poisoned: bool,
}

/// Records pushed and not yet handed to the disk.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    leaves: Vec<Hash>,
    /// The records that are still plain in `bytes`.
    unsealed: Vec<Unsealed>,
    /// The last sequence number of each channel in the batch.
    seqs: HashMap<Id, u64>,
}

impl Writer {
    pub(crate) fn new(store: Store, tail: Tail) -> Result<Writer, Error> {
        let tail = Arc::new(Mutex::new(tail));
        let mut batch = Batch::default();
        journal::begin_batch(&mut batch.bytes);
        Ok(Writer {
            encoder: Encoder::new(),
            batch,
            next: store.size(),
            committer: Committer::start(store.inner.clone(), tail.clone())?,
            seqs_under_way: HashMap::new(),
            is_under_way: false,
            poisoned: false,
            store,
            tail,
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
            bytes,
            entries,
            leaves,
            unsealed,
            seqs,
        } = &mut self.batch;
        if bytes.len() + HEADER_BYTES_MAX + CONTENT_BYTES_MAX + RECORD_BYTES_BESIDE
            > BATCH_BYTES_MAX
        {
            return Err(Error::TooLarge {
                what: "a batch",
                limit: BATCH_BYTES_MAX as u64,
            });
        }
        if let Some((channel, seq)) = record.place {
            let pushed = seqs
                .get(&channel)
                .or_else(|| self.seqs_under_way.get(&channel))
                .copied();
            let last = pushed.or_else(|| self.store.inner.journal.last_seq(&channel));
            if last.is_some_and(|last| seq <= last) {
                return Err(Error::Refused {
                    why: "a channel's sequence number must grow",
                });
            }
        }
        let (position, start) = (self.next, bytes.len());
        let (routing, plain) =
            self.encoder
                .encode(&record, position, &self.store.inner.keyring, bytes)?;
        unsealed.push(plain);
        let length = (bytes.len() - start) as u32;
        let content_bytes = record.content.map_or(0, |(bytes, _)| bytes.len() as u32);
        entries.push(Entry::new(
            start as u32,
            length,
            &routing,
            record.header.len() as u32,
            content_bytes,
        ));
        leaves.push(routing.leaf);
        seqs.extend(record.place);
        self.next += 1;
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
    /// meanwhile. Only one batch is under way at a time: an earlier one is waited for. Nothing may be answered
    /// before [`Writer::commit_end`]. Errors are those of [`Writer::commit`].
    pub fn commit_begin(&mut self) -> Result<(), Error> {
        self.commit_end()?;
        if self.batch.entries.is_empty() {
            return Ok(());
        }
        let mut batch = std::mem::replace(
            &mut self.batch,
            self.committer.spare.take().unwrap_or_default(),
        );
        journal::begin_batch(&mut self.batch.bytes);
        std::mem::swap(&mut self.seqs_under_way, &mut batch.seqs);
        self.is_under_way = true;
        if self.committer.send(batch) {
            return Ok(());
        }
        self.poisoned = true;
        Err(Error::Poisoned)
    }

    /// Waits until the batch under way is durable, if there is one.
    pub fn commit_end(&mut self) -> Result<(), Error> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        if !std::mem::take(&mut self.is_under_way) {
            return Ok(());
        }
        let outcome = self.committer.wait();
        self.seqs_under_way.clear();
        self.poisoned = outcome.is_err();
        outcome
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

/// The thread that seals, writes and syncs batches, one at a time.
struct Committer {
    batches: Option<SyncSender<Batch>>,
    outcomes: Receiver<(Batch, Result<(), Error>)>,
    thread: Option<JoinHandle<()>>,
    /// An emptied batch, so that its memory is used again.
    spare: Option<Batch>,
}

impl Committer {
    fn start(inner: Arc<Inner>, tail: Arc<Mutex<Tail>>) -> Result<Committer, Error> {
        let (batches, waiting) = sync_channel::<Batch>(1);
        let (reply, outcomes) = sync_channel(1);
        let run = move || {
            for mut batch in waiting {
                let outcome = batch.write(&inner, &mut tail.lock());
                if reply.send((batch, outcome)).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("committer".into())
            .spawn(run);
        let thread = thread.during("starting the writing thread of", Path::new("the log"))?;
        Ok(Committer {
            batches: Some(batches),
            outcomes,
            thread: Some(thread),
            spare: None,
        })
    }

    fn send(&self, batch: Batch) -> bool {
        self.batches
            .as_ref()
            .is_some_and(|batches| batches.send(batch).is_ok())
    }

    fn wait(&mut self) -> Result<(), Error> {
        let (batch, outcome) = self.outcomes.recv().map_err(|_| Error::Poisoned)?;
        self.spare = Some(batch);
        outcome
    }
}

impl Batch {
    fn write(&mut self, inner: &Inner, tail: &mut Tail) -> Result<(), Error> {
        for record in self.unsealed.drain(..) {
            record.seal(&mut self.bytes);
        }
        // Keys first: a batch on disk whose key is not would be lost for ever.
        inner.keyring.sync()?;
        inner
            .journal
            .append(tail, &mut self.bytes, &mut self.entries)?;
        inner.tiles.append(&self.leaves);
        self.entries.clear();
        self.leaves.clear();
        self.seqs.clear();
        Ok(())
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
