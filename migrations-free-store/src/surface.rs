//! The public surface.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::{Commitment, Error, Id, NewRecord, Position, Pushed, Record, Scope};

#[derive(Clone, Debug)]
pub struct Options {
    pub dir: PathBuf,
    /// The C2SP origin line and key name, for example `chat.example.com/daylight`.
    pub origin: String,
    pub segment_bytes: u64,
    /// Memory for the views' engine.
    pub cache_bytes: u64,
}

impl Options {
    pub fn new(dir: impl Into<PathBuf>, origin: impl Into<String>) -> Options {
        Options { dir: dir.into(), origin: origin.into(), segment_bytes: 64 << 20, cache_bytes: 64 << 20 }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// A long step of opening, rebuilding or verifying.
    Step { what: String, done: u64, total: u64 },
    /// Something the operator should read: a torn batch was cut, views were moved aside.
    Warning(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    pub size: Position,
    pub root: [u8; 32],
    /// The C2SP signed note.
    pub note: String,
}

#[derive(Clone)]
pub struct Store(Arc<()>);
pub struct Writer(Arc<()>);
pub struct Scan(());
pub struct Views(());
pub struct Table(());
pub struct Entries(());
pub struct Changes(());
pub struct BlobWriter(());
pub struct BlobReader(());

impl Iterator for Scan {
    type Item = Result<Record, Error>;
    fn next(&mut self) -> Option<Self::Item> {
        None
    }
}

impl Iterator for Entries {
    type Item = Result<(Vec<u8>, Vec<u8>), Error>;
    fn next(&mut self) -> Option<Self::Item> {
        None
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    pub id: Id,
    pub len: u64,
    pub commitment: Commitment,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopePlan {
    pub scope: Scope,
    pub records: u64,
    pub blobs: u64,
    pub parts: u64,
    /// Bytes of content and files that would be forgotten.
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Plan {
    pub scopes: Vec<ScopePlan>,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Destroyed {
    /// Scopes whose key existed until now.
    pub scopes: u64,
    pub records: u64,
    pub blobs: u64,
    pub parts: u64,
    pub bytes: u64,
}

#[allow(unused_variables, clippy::unused_self, clippy::needless_pass_by_value)]
impl Store {
    pub fn open(options: &Options, progress: &mut dyn FnMut(Progress)) -> Result<(Store, Writer), Error> { Err(Error::NotFound) }
    pub fn size(&self) -> Position { 0 }
    pub fn read(&self, position: Position) -> Result<Record, Error> { Err(Error::NotFound) }
    /// In the order asked for.
    pub fn read_many(&self, positions: &[Position]) -> Result<Vec<Record>, Error> { Err(Error::NotFound) }
    pub fn scan(&self, from: Position, to: Position) -> Scan { Scan(()) }
    /// Both ends inclusive.
    pub fn channel_range(&self, channel: Id, from_seq: u64, to_seq: u64) -> Result<Vec<Position>, Error> { Err(Error::NotFound) }
    pub fn channel_page(&self, channel: Id, from_seq: u64, to_seq: u64) -> Result<Vec<Record>, Error> { Err(Error::NotFound) }
    pub fn find_tag(&self, tag: [u8; 16], since_ms: u64) -> Result<Option<Position>, Error> { Err(Error::NotFound) }
    pub fn checkpoint(&self) -> SignedCheckpoint { SignedCheckpoint { size: 0, root: [0; 32], note: String::new() } }
    pub fn inclusion(&self, position: Position, size: u64) -> Result<Vec<[u8; 32]>, Error> { Err(Error::NotFound) }
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<[u8; 32]>, Error> { Err(Error::NotFound) }
    pub fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<u8>, Error> { Err(Error::NotFound) }
    pub fn verifier_key(&self) -> String { String::new() }
    pub fn blob_writer(&self, scope: Scope, author: Id) -> Result<BlobWriter, Error> { Err(Error::NotFound) }
    /// Continues a suspended or interrupted blob; `BlobWriter::len` says from which byte.
    pub fn blob_resume(&self, id: Id) -> Result<BlobWriter, Error> { Err(Error::NotFound) }
    pub fn blob_read(&self, id: Id, range: Range<u64>) -> Result<BlobReader, Error> { Err(Error::NotFound) }
    pub fn blob_reseal(&self, id: Id, scope: Scope) -> Result<(), Error> { Err(Error::NotFound) }
    pub fn blob_delete(&self, id: Id) -> Result<(), Error> { Err(Error::NotFound) }
    pub fn blobs_in(&self, scope: Scope) -> Result<Vec<Id>, Error> { Err(Error::NotFound) }
    pub fn seal(&self, scope: Scope, label: &str, bytes: &[u8]) -> Result<(), Error> { Err(Error::NotFound) }
    pub fn unseal(&self, scope: Scope, label: &str) -> Result<Option<Vec<u8>>, Error> { Err(Error::NotFound) }
    pub fn secret(&self, name: &str) -> Result<[u8; 32], Error> { Err(Error::NotFound) }
    pub fn views(&self) -> &Views { unreachable!() }
    pub fn is_alive(&self, scope: &Scope) -> bool { false }
}

#[allow(unused_variables, clippy::unused_self, clippy::needless_pass_by_value)]
impl Writer {
    pub fn next(&self) -> Position { 0 }
    pub fn push(&mut self, record: NewRecord<'_>) -> Result<Pushed, Error> { Err(Error::NotFound) }
    pub fn commit(&mut self) -> Result<(), Error> { Err(Error::NotFound) }
    pub fn sign_checkpoint(&mut self) -> Result<SignedCheckpoint, Error> { Err(Error::NotFound) }
    pub fn destroy_plan(&self, scopes: &[Scope]) -> Result<Plan, Error> { Err(Error::NotFound) }
    pub fn destroy(&mut self, scopes: &[Scope]) -> Result<Destroyed, Error> { Err(Error::NotFound) }
    /// Seals the content of `positions` anew under `to`, without the authors' keys when `to` is a matter.
    pub fn reseal(&mut self, positions: &[Position], to: Scope) -> Result<u64, Error> { Err(Error::NotFound) }
    /// Forgets the content of `victims` and seals the rest of `scope` anew under a fresh key of the same scope.
    pub fn redact(&mut self, scope: Scope, victims: &[Position]) -> Result<Destroyed, Error> { Err(Error::NotFound) }
}

#[allow(unused_variables, clippy::unused_self)]
impl BlobWriter {
    pub fn id(&self) -> Id { Id::default() }
    /// Bytes taken so far.
    pub fn len(&self) -> u64 { 0 }
    pub fn is_empty(&self) -> bool { true }
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> { Err(Error::NotFound) }
    /// Puts all bytes taken so far on disk, to be continued with `Store::blob_resume`.
    pub fn suspend(self) -> Result<(), Error> { Err(Error::NotFound) }
    /// Durable when it returns.
    pub fn finish(self) -> Result<Blob, Error> { Err(Error::NotFound) }
}

impl BlobReader {
    /// Length of the whole blob, in bytes.
    pub fn blob_len(&self) -> u64 { 0 }
    pub fn commitment(&self) -> Commitment { Commitment { salt: [0; 32], hash: [0; 32] } }
}

impl std::io::Read for BlobReader {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Ok(0)
    }
}

/// State folded from the log. Changes of one save are written in several batches and the view's position
/// in the last, so after a crash `apply` sees records again from the saved position: it must be idempotent.
pub trait View {
    fn name(&self) -> &'static str;
    /// When it changes, the view is rebuilt from the log.
    fn version(&self) -> u32;
    fn reset(&mut self);
    fn load(&mut self, table: &Table) -> Result<(), Error>;
    fn apply(&mut self, record: &Record) -> Result<(), Error>;
    fn save(&mut self, changes: &mut Changes) -> Result<(), Error>;
}

#[allow(unused_variables, clippy::unused_self)]
impl Views {
    pub fn table(&self, name: &str) -> Table { Table(()) }
    pub fn catch_up(&self, store: &Store, view: &mut dyn View, progress: &mut dyn FnMut(Progress)) -> Result<Position, Error> { Err(Error::NotFound) }
    pub fn save(&self, view: &mut dyn View, position: Position) -> Result<(), Error> { Err(Error::NotFound) }
}

#[allow(unused_variables, clippy::unused_self)]
impl Table {
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> { Err(Error::NotFound) }
    /// `to` is exclusive.
    pub fn range(&self, from: &[u8], to: &[u8]) -> Entries { Entries(()) }
    pub fn prefix(&self, prefix: &[u8]) -> Entries { Entries(()) }
}

#[allow(unused_variables, clippy::unused_self)]
impl Changes {
    pub fn put(&mut self, key: &[u8], value: &[u8]) {}
    pub fn delete(&mut self, key: &[u8]) {}
}
