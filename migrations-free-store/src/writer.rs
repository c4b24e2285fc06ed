//! The one owner of the log's end: it appends, commits and signs. It decides nothing about what is appended.

use std::collections::HashMap;

use crate::Position;
use crate::checkpoint::SignedCheckpoint;
use crate::error::Error;
use crate::files;
use crate::id::Id;
use crate::journal::{self, BATCH_BYTES_MAX, Entry, Tail};
use crate::record::{CONTENT_BYTES_MAX, Encoder, HEADER_BYTES_MAX, NewRecord, Pushed};
use crate::store::Store;
use crate::verify::Hash;

/// Room a record may need beside its header and content.
const RECORD_BYTES_BESIDE: usize = 512;

/// Not `Clone`: one a data directory.
pub struct Writer {
    pub(crate) store: Store,
    pub(crate) tail: Tail,
    encoder: Encoder,
    batch: Vec<u8>,
    entries: Vec<Entry>,
    leaves: Vec<Hash>,
    /// The last sequence number of each channel in the batch.
    seqs: HashMap<Id, u64>,
    pub(crate) poisoned: bool,
}

impl Writer {
    pub(crate) fn new(store: Store, tail: Tail) -> Writer {
        let mut batch = Vec::with_capacity(1 << 20);
        journal::begin_batch(&mut batch);
        let (entries, leaves, seqs) = (Vec::new(), Vec::new(), HashMap::new());
        Writer {
            store,
            tail,
            encoder: Encoder::new(),
            batch,
            entries,
            leaves,
            seqs,
            poisoned: false,
        }
    }

    /// The position that the next push gets.
    pub fn next(&self) -> Position {
        self.store.size() + self.entries.len() as u64
    }

    /// Seals and hashes the record into the batch; only [`Writer::commit`] makes it durable and readable.
    /// An error leaves the batch as it was: `Forgotten` when a key it needs is destroyed, `TooLarge`,
    /// `Refused` when the channel's sequence number does not grow.
    pub fn push(&mut self, record: NewRecord<'_>) -> Result<Pushed, Error> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        if self.batch.len() + HEADER_BYTES_MAX + CONTENT_BYTES_MAX + RECORD_BYTES_BESIDE
            > BATCH_BYTES_MAX
        {
            return Err(Error::TooLarge {
                what: "a batch",
                limit: BATCH_BYTES_MAX as u64,
            });
        }
        if let Some((channel, seq)) = record.place {
            let last = self
                .seqs
                .get(&channel)
                .copied()
                .or_else(|| self.store.inner.journal.last_seq(&channel));
            if last.is_some_and(|last| seq <= last) {
                return Err(Error::Refused {
                    why: "a channel's sequence number must grow",
                });
            }
        }
        let (position, start) = (self.next(), self.batch.len());
        let routing = self.encoder.encode(
            &record,
            position,
            &self.store.inner.keyring,
            &mut self.batch,
        )?;
        let length = (self.batch.len() - start) as u32;
        let content_bytes = record.content.map_or(0, |(bytes, _)| bytes.len() as u32);
        self.entries.push(Entry::new(
            start as u32,
            length,
            &routing,
            record.header.len() as u32,
            content_bytes,
        ));
        self.leaves.push(routing.leaf);
        self.seqs.extend(record.place);
        Ok(Pushed {
            position,
            leaf: routing.leaf,
        })
    }

    /// Makes all that was pushed durable: one write, one sync, and before it one sync of new keys if there are
    /// any. After an error the writer is poisoned for ever: the process must stop, since nobody can know what
    /// the disk holds before the log is opened anew.
    pub fn commit(&mut self) -> Result<(), Error> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        if self.entries.is_empty() {
            return Ok(());
        }
        self.poisoned = true;
        let inner = &self.store.inner;
        inner.keyring.sync()?;
        inner.journal.append(
            &mut self.tail,
            &mut self.batch,
            std::mem::take(&mut self.entries),
        )?;
        inner.tiles.append(&self.leaves);
        journal::begin_batch(&mut self.batch);
        self.leaves.clear();
        self.seqs.clear();
        self.poisoned = false;
        Ok(())
    }

    /// Signs what is durable, and keeps the checkpoint on disk before it is given out. Nothing is ever signed
    /// that does not continue the checkpoint before it.
    pub fn sign_checkpoint(&mut self) -> Result<SignedCheckpoint, Error> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
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
