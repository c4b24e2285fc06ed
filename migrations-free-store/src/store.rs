//! Opening a data directory, and every read of it. It never appends and never destroys: see the writer.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use crate::Position;
use crate::backup::RESTORING;
use crate::blobs::Blobs;
use crate::checkpoint::{self, Signatory, SignedCheckpoint};
use crate::disk::{Disk, SystemDisk};
use crate::error::Error;
use crate::files::{self, Place};
use crate::id::Id;
use crate::journal::{Journal, Tail};
use crate::keyring::Keyring;
use crate::merkle::Paths;
use crate::parts::Parts;
use crate::record::{self, Record};
use crate::scope::Scope;
use crate::tiles::Tiles;
use crate::verify::Hash;
use crate::views::Views;
use crate::writer::Writer;

#[derive(Clone, Debug)]
pub struct Options {
    pub dir: PathBuf,
    /// The C2SP origin line and key name, for example `chat.example.com/daylight`. It is for life.
    pub origin: String,
    /// Bytes of a segment of the log, 4 KiB to 1 GiB.
    pub segment_bytes: u64,
    /// Memory for the views' engine, in bytes.
    pub cache_bytes: u64,
    /// Where the directory is: [`SystemDisk`], but for tests of what a disk may do.
    pub disk: Arc<dyn Disk>,
}

impl Options {
    pub fn new(dir: impl Into<PathBuf>, origin: impl Into<String>) -> Options {
        Options {
            dir: dir.into(),
            origin: origin.into(),
            segment_bytes: 64 << 20,
            cache_bytes: 64 << 20,
            disk: Arc::new(SystemDisk),
        }
    }
}

/// What opening, rebuilding and verifying tell while they run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    Step {
        what: String,
        done: u64,
        total: u64,
    },
    /// Something the operator should read: a torn batch was cut, views were moved aside.
    Warning(String),
}

/// Every read of an open data directory. Clones are cheap and share it.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub views: Views,
    pub tiles: Tiles,
    pub journal: Arc<Journal>,
    pub keyring: Arc<Keyring>,
    pub blobs: Blobs,
    pub parts: Parts,
    pub signatory: Signatory,
    pub newest: RwLock<SignedCheckpoint>,
    /// The log's growing end, for the one writer, and for whoever closes the open segment.
    pub tail: Mutex<Tail>,
    /// Held while the list of what is to be dropped is read and written, and until what was put on it is destroyed:
    /// the scopes put there since it was read last.
    pub dropping: Mutex<BTreeSet<Scope>>,
    pub dir: Place,
    pub tree_dir: Place,
    /// Held, exclusively, for as long as the directory is open.
    _lock: File,
}

impl Store {
    /// Opens or makes the data directory, recovers from a crash, and proves that the log agrees with the
    /// checkpoint it last signed. There is one [`Writer`], and one process, to a directory.
    pub fn open(
        options: &Options,
        progress: &mut dyn FnMut(crate::Progress),
    ) -> Result<(Store, Writer), Error> {
        let dir = Place::new(options.disk.clone(), &options.dir);
        if dir.join(RESTORING).exists() {
            return Err(Error::Backup {
                code: "restore_unfinished",
                why: format!(
                    "{} was not restored to its end: empty it and restore again",
                    options.dir.display()
                ),
            });
        }
        Self::open_restoring(options, progress)
    }

    /// Opens also what is being restored.
    pub(crate) fn open_restoring(
        options: &Options,
        progress: &mut dyn FnMut(crate::Progress),
    ) -> Result<(Store, Writer), Error> {
        if !checkpoint::is_origin(&options.origin) {
            return Err(Error::Refused {
                why: "an origin has no spaces and no plus sign",
            });
        }
        let dir = Place::new(options.disk.clone(), &options.dir);
        files::make_root_dir(&dir)?;
        let lock = files::hold_alone(&dir.join("lock"))?;
        for warning in surroundings(&dir) {
            progress(Progress::Warning(warning));
        }
        let tree_dir = dir.join("tree");
        files::make_dir(&tree_dir)?;
        let note_path = tree_dir.join("checkpoint");
        let note = files::read(&note_path)?;
        let damaged_note = || {
            Error::damaged(
                &note_path,
                0,
                "the checkpoint is not one that this log signed",
            )
        };
        let note = note
            .map(|bytes| String::from_utf8(bytes).map_err(|_| damaged_note()))
            .transpose()?;
        let claimed = note
            .as_deref()
            .map(|note| checkpoint::peek(note).ok_or_else(damaged_note))
            .transpose()?;
        let signed_size = claimed.as_ref().map_or(0, |claimed| claimed.size);

        let (journal, tail) = Journal::open(
            &dir.join("log"),
            options.segment_bytes,
            signed_size,
            progress,
        )?;
        let journal = Arc::new(journal);
        let keyring = Arc::new(Keyring::open(
            &dir.join("keys"),
            journal.size() == 0 && signed_size == 0,
        )?);
        let signatory = Signatory::new(&options.origin, &keyring.secret("daylight/checkpoint")?);
        if claimed.is_some_and(|claimed| claimed.origin != options.origin) {
            return Err(Error::WrongKey {
                why: "the log was signed under another origin",
            });
        }
        let newest = match note {
            Some(note) => {
                let checked =
                    checkpoint::open(&note, &signatory.verifier_key()).ok_or_else(damaged_note)?;
                Some(SignedCheckpoint {
                    size: checked.size,
                    root: checked.root,
                    note,
                })
            }
            None => None,
        };
        let signed = newest.as_ref().map(|newest| (newest.size, newest.root));
        let tiles = Tiles::open(&tree_dir, journal.clone(), signed)?;
        let newest = match newest {
            Some(newest) => newest,
            None => {
                if journal.size() > 0 {
                    progress(Progress::Warning(
                        "no checkpoint was found beside the log: a new one is signed".into(),
                    ));
                }
                let key_path = tree_dir.join("verifier.key");
                files::replace_durably(
                    &key_path,
                    format!("{}\n", signatory.verifier_key()).as_bytes(),
                )?;
                let (size, root) = tiles.root();
                let first = signatory.sign(size, root);
                files::replace_durably(&note_path, first.note.as_bytes())?;
                first
            }
        };
        let inner = Inner {
            views: Views::open(
                &dir.join("views"),
                options.cache_bytes,
                journal.clone(),
                progress,
            )?,
            tiles,
            blobs: Blobs::new(&dir.join("blobs"), keyring.clone())?,
            parts: Parts::new(&dir.join("parts"), keyring.clone())?,
            journal,
            keyring,
            signatory,
            newest: RwLock::new(newest),
            tail: Mutex::new(tail),
            dropping: Mutex::default(),
            dir,
            tree_dir,
            _lock: lock,
        };
        let store = Store {
            inner: Arc::new(inner),
        };
        let writer = Writer::new(store.clone())?;
        Ok((store, writer))
    }

    /// What of this machine may keep keys that are destroyed in `dir`; each in a sentence.
    pub fn surroundings(dir: &Path) -> Vec<String> {
        surroundings(&Place::on_system(dir))
    }

    /// Durable events: each can be read, and proved to be in the tree of this size.
    pub fn size(&self) -> Position {
        // The tree takes a batch in last, so what it has is everywhere.
        self.inner.tiles.size()
    }

    pub fn read(&self, position: Position) -> Result<Record, Error> {
        self.read_many(&[position])?.pop().ok_or(Error::NotFound)
    }

    /// The records in the order asked for; one that is not there makes it `NotFound`.
    pub fn read_many(&self, positions: &[Position]) -> Result<Vec<Record>, Error> {
        let mut sorted: Vec<(Position, usize)> = positions.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let ascending: Vec<Position> = sorted.iter().map(|(position, _)| *position).collect();
        let mut found: Vec<Option<Record>> = vec![None; positions.len()];
        let mut places = sorted.iter().map(|(_, place)| *place);
        self.inner.journal.read(&ascending, &mut |position, raw| {
            let record = record::open_record(raw, position, &self.inner.keyring)?;
            if let Some(slot) = places.next().and_then(|place| found.get_mut(place)) {
                *slot = Some(record);
            }
            Ok(())
        })?;
        found
            .into_iter()
            .map(|record| record.ok_or(Error::NotFound))
            .collect()
    }

    /// Every record from `from` up to and without `to`, or the log's end, in constant memory.
    pub fn scan(&self, from: Position, to: Position) -> Scan {
        Scan {
            store: self.clone(),
            next: from,
            to: to.min(self.size()),
            only: None,
            ready: Vec::new().into_iter(),
        }
    }

    /// As [`Store::scan`], but only the channel's records and those with no place in any channel: the records of
    /// other channels are not opened.
    pub fn scan_channel(&self, channel: Id, from: Position, to: Position) -> Scan {
        Scan {
            only: Some(channel),
            ..self.scan(from, to)
        }
    }

    /// Gives time and place of every record from `from` up to and without `to`, or the log's end. No record is
    /// opened for it.
    pub fn scan_places(
        &self,
        from: Position,
        to: Position,
        each: &mut dyn FnMut(Position, u64, Option<(Id, u64)>),
    ) -> Result<(), Error> {
        let (mut next, to) = (from, to.min(self.size()));
        while next < to {
            next = self.inner.journal.read_on(next, to, &mut |position, raw| {
                each(position, raw.routing.at_ms, raw.routing.place);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Positions of a channel's records in a range of sequence numbers, both ends included.
    pub fn channel_range(
        &self,
        channel: Id,
        from_seq: u64,
        to_seq: u64,
    ) -> Result<Vec<Position>, Error> {
        self.inner.journal.channel_range(&channel, from_seq, to_seq)
    }

    /// A channel's records in a range of sequence numbers, both ends included.
    pub fn channel_page(
        &self,
        channel: Id,
        from_seq: u64,
        to_seq: u64,
    ) -> Result<Vec<Record>, Error> {
        self.read_many(&self.channel_range(channel, from_seq, to_seq)?)
    }

    /// The last sequence number of a channel that has any record.
    pub fn channel_last_seq(&self, channel: Id) -> Option<u64> {
        self.inner.journal.last_seq(&channel)
    }

    /// The newest record with this tag, looked for in segments that hold anything from `since_ms` on.
    pub fn find_tag(&self, tag: [u8; 16], since_ms: u64) -> Result<Option<Position>, Error> {
        self.inner.journal.find_tag(&tag, since_ms)
    }

    /// Positions of the records of which the scope's destruction would forget something.
    pub fn records_in(&self, scope: Scope) -> Result<Vec<Position>, Error> {
        self.inner.journal.scope_positions(&scope)
    }

    /// Bytes of the log on disk, indexes included, but not the zeros prepared for what is still to come.
    pub fn log_bytes(&self) -> u64 {
        self.inner.journal.bytes()
    }

    /// The newest signed checkpoint.
    pub fn checkpoint(&self) -> SignedCheckpoint {
        self.inner.newest.read().clone()
    }

    /// The first `size` events, signed: the same note each time, however much the log has grown. None while they are
    /// not signed yet.
    pub fn checkpoint_at(&self, size: Position) -> Result<Option<SignedCheckpoint>, Error> {
        let newest = self.checkpoint();
        match size.cmp(&newest.size) {
            Ordering::Greater => Ok(None),
            Ordering::Equal => Ok(Some(newest)),
            Ordering::Less => {
                let root = self.root(size)?;
                Ok(Some(self.inner.signatory.sign(size, root)))
            }
        }
    }

    /// The RFC 6962 root of the tree of the first `size` events.
    pub fn root(&self, size: Position) -> Result<Hash, Error> {
        self.inner.tiles.root_at(size)
    }

    /// RFC 6962 proof that the event at `position` is in the tree of `size` events.
    pub fn inclusion(&self, position: Position, size: u64) -> Result<Vec<Hash>, Error> {
        self.prover(size).inclusion(position)
    }

    /// Proves many events in the tree of one size, neighbours cheaply.
    pub fn prover(&self, size: u64) -> Prover {
        Prover {
            store: self.clone(),
            paths: Paths::new(size),
        }
    }

    /// RFC 6962 proof that the tree of `old` events is a prefix of that of `new` events.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
        self.inner.tiles.consistency(old, new)
    }

    /// The first `width` (1 to 256) hashes of a C2SP tlog-tiles tile.
    pub fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<u8>, Error> {
        self.inner.tiles.tile(level, index, width)
    }

    /// C2SP vkey of the checkpoints' signing key: name, key id, key.
    pub fn verifier_key(&self) -> String {
        self.inner.signatory.verifier_key()
    }

    /// A random 32-byte secret of its own by name, made and durable at its first use. It never changes.
    pub fn secret(&self, name: &str) -> Result<[u8; 32], Error> {
        self.inner.keyring.secret(&format!("named/{name}"))
    }

    pub fn views(&self) -> &Views {
        &self.inner.views
    }

    /// False when the scope is destroyed: nothing can be sealed under it any more.
    pub fn can_seal(&self, scope: &Scope) -> bool {
        self.inner.keyring.can_seal(scope)
    }

    /// True when the scope's key exists and is not destroyed.
    pub fn is_alive(&self, scope: &Scope) -> bool {
        self.inner.keyring.is_alive(scope)
    }
}

/// Inclusion proofs in the tree of one size: see [`Store::prover`].
pub struct Prover {
    store: Store,
    paths: Paths,
}

impl Prover {
    /// As [`Store::inclusion`].
    pub fn inclusion(&mut self, position: Position) -> Result<Vec<Hash>, Error> {
        self.store.inner.tiles.inclusion(position, &mut self.paths)
    }
}

/// A sequential read of the log: see [`Store::scan`].
pub struct Scan {
    store: Store,
    next: Position,
    to: Position,
    only: Option<Id>,
    ready: std::vec::IntoIter<Record>,
}

impl Scan {
    /// The next records, none at the end: as many as were read in one go, about 1 MiB at most.
    pub fn batch(&mut self) -> Result<Vec<Record>, Error> {
        let mut records: Vec<Record> = self.ready.by_ref().collect();
        let Inner {
            journal, keyring, ..
        } = &*self.store.inner;
        while records.is_empty() && self.next < self.to {
            let only = self.only;
            let read = journal.read_on(self.next, self.to, &mut |position, raw| {
                let place = raw.routing.place;
                if place.is_none_or(|(channel, _)| only.is_none_or(|only| only == channel)) {
                    records.push(record::open_record(raw, position, keyring)?);
                }
                Ok(())
            });
            // One error ends the scan: what follows it could be taken for the whole.
            self.next = *read.as_ref().unwrap_or(&self.to);
            read?;
        }
        Ok(records)
    }
}

impl Iterator for Scan {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Result<Record, Error>> {
        if self.ready.len() == 0 {
            match self.batch() {
                Ok(records) => self.ready = records.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
        self.ready.next().map(Ok)
    }
}

/// Where zeroing in place does not reach: old blocks of copy-on-write file systems, and swapped memory.
fn surroundings(dir: &Place) -> Vec<String> {
    const COPY_ON_WRITE: [(u64, &str); 4] = [
        (0x9123_683e, "btrfs"),
        (0x2fc1_2fc1, "zfs"),
        (0xca45_1a4e, "bcachefs"),
        (0x794c_7630, "overlay"),
    ];
    let mut told = Vec::new();
    if let Ok(found) = rustix::fs::statfs(dir.real().path())
        && let Some((_, name)) = COPY_ON_WRITE
            .iter()
            .find(|(kind, _)| *kind == found.f_type as u64)
    {
        told.push(format!(
            "{} lies on {name}, which keeps old blocks: destroyed keys may linger there",
            dir.display()
        ));
    }
    if std::fs::read_to_string("/proc/swaps").is_ok_and(|swaps| swaps.lines().count() > 1) {
        told.push("swap is on: keys in memory may be written to it".into());
    }
    told
}
