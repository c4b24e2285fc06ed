//! Sorts more than fits in memory: sealed runs in the store, merged until one is left.
//!
//! Never holds more than a run or a few blocks of each, and never leaves a run behind that was merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufReader, Read};

use migrations_free_store::{BlobReader, BlobWriter, Id, Scope, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fault::ExportError;

/// What is sorted in memory.
const RUN_BYTES: usize = 4 << 20;
/// Runs that are merged at once, each with a buffer.
const FAN_IN: usize = 32;
const BUFFER_BYTES: usize = 64 * 1024;
const HEAD_BYTES: usize = 28;

/// What is sorted by; the last number tells apart what stands at the same place.
pub type Key = (u64, u64, u64);

pub struct Sorter<'s> {
    store: &'s Store,
    scope: Scope,
    author: Id,
    items: Vec<(Key, Vec<u8>)>,
    bytes: usize,
    runs: Vec<Run>,
}

struct Run {
    id: Id,
    len: u64,
}

/// Everything in its order, to be read as often as is needed.
pub struct Sorted<'s> {
    store: &'s Store,
    run: Run,
}

impl<'s> Sorter<'s> {
    pub fn new(store: &'s Store, scope: Scope, author: Id) -> Sorter<'s> {
        Sorter {
            store,
            scope,
            author,
            items: Vec::new(),
            bytes: 0,
            runs: Vec::new(),
        }
    }

    pub fn push(&mut self, key: Key, item: &impl Serialize) -> Result<(), ExportError> {
        let bytes = postcard::to_stdvec(item).map_err(io::Error::other)?;
        self.bytes += bytes.len() + 2 * HEAD_BYTES;
        self.items.push((key, bytes));
        if self.bytes >= RUN_BYTES {
            self.spill()?;
        }
        Ok(())
    }

    pub fn finish(mut self) -> Result<Sorted<'s>, ExportError> {
        if !self.items.is_empty() || self.runs.is_empty() {
            self.spill()?;
        }
        while self.runs.len() > 1 {
            let many = self.runs.len().min(FAN_IN);
            let merged: Vec<Run> = self.runs.drain(..many).collect();
            let run = self.merge(&merged)?;
            for old in merged {
                self.store.blob_delete(old.id)?;
            }
            // Behind the others, so that all runs grow alike.
            self.runs.push(run);
        }
        let store = self.store;
        let run = self.runs.pop().ok_or_else(damaged)?;
        Ok(Sorted { store, run })
    }

    fn spill(&mut self) -> Result<(), ExportError> {
        self.items.sort_unstable();
        let mut out = self.writer()?;
        for (key, bytes) in self.items.drain(..) {
            write(&mut out, key, &bytes)?;
        }
        self.bytes = 0;
        let blob = out.finish()?;
        self.runs.push(Run {
            id: blob.id,
            len: blob.len,
        });
        Ok(())
    }

    fn merge(&self, runs: &[Run]) -> Result<Run, ExportError> {
        let mut readers = Vec::with_capacity(runs.len());
        let mut heap = BinaryHeap::with_capacity(runs.len());
        for (place, run) in runs.iter().enumerate() {
            let mut reader = open(self.store, run)?;
            if let Some((key, bytes)) = next(&mut reader)? {
                heap.push(Reverse((key, bytes, place)));
            }
            readers.push(reader);
        }
        let mut out = self.writer()?;
        while let Some(Reverse((key, bytes, place))) = heap.pop() {
            write(&mut out, key, &bytes)?;
            if let Some(reader) = readers.get_mut(place)
                && let Some((key, bytes)) = next(reader)?
            {
                heap.push(Reverse((key, bytes, place)));
            }
        }
        let blob = out.finish()?;
        Ok(Run {
            id: blob.id,
            len: blob.len,
        })
    }

    fn writer(&self) -> Result<BlobWriter, ExportError> {
        Ok(self.store.blob_writer(self.scope, self.author)?)
    }
}

impl Sorted<'_> {
    pub fn each<T: DeserializeOwned>(
        &self,
        visit: &mut dyn FnMut(Key, T) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let mut reader = open(self.store, &self.run)?;
        while let Some((key, bytes)) = next(&mut reader)? {
            let item = postcard::from_bytes(&bytes).map_err(io::Error::other)?;
            visit(key, item)?;
        }
        Ok(())
    }

    /// Nobody reads it again.
    pub fn discard(self) -> Result<(), ExportError> {
        Ok(self.store.blob_delete(self.run.id)?)
    }
}

fn write(out: &mut BlobWriter, key: Key, bytes: &[u8]) -> Result<(), ExportError> {
    let mut head = [0; HEAD_BYTES];
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    let numbers = [key.0, key.1, key.2];
    for (place, number) in head.as_chunks_mut::<8>().0.iter_mut().zip(numbers) {
        *place = number.to_be_bytes();
    }
    if let Some(place) = head.last_chunk_mut::<4>() {
        *place = length.to_be_bytes();
    }
    out.write(&head)?;
    Ok(out.write(bytes)?)
}

fn open(store: &Store, run: &Run) -> Result<BufReader<BlobReader>, ExportError> {
    let bytes = store.blob_read(run.id, 0..run.len)?;
    Ok(BufReader::with_capacity(BUFFER_BYTES, bytes))
}

fn next(reader: &mut impl Read) -> Result<Option<(Key, Vec<u8>)>, ExportError> {
    let mut head = [0; HEAD_BYTES];
    if reader.read(&mut head[..1])? == 0 {
        return Ok(None);
    }
    reader.read_exact(&mut head[1..])?;
    let (numbers, rest) = head.as_chunks::<8>();
    let number = |n: usize| numbers.get(n).map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let length = rest
        .first_chunk::<4>()
        .map_or(0, |b| u32::from_be_bytes(*b));
    let mut bytes = vec![0; length as usize];
    reader.read_exact(&mut bytes)?;
    Ok(Some(((number(0), number(1), number(2)), bytes)))
}

fn damaged() -> ExportError {
    ExportError::Pack(io::Error::other("nothing was sorted"))
}
