//! Checks that anyone can make: of a note, a proof, a record, or a whole data directory. Nothing is changed.

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

mod proof;

pub use crate::checkpoint::{Checkpoint, Signed};
use crate::disk::{Disk, SystemDisk};
use crate::error::Error;
use crate::files::{self, Place};
use crate::journal::Journal;
use crate::keyring::Keyring;
use crate::record::{self, Part, Raw, Record};
use crate::store::{Progress, Store};
use crate::tiles::{self, Edge, TileFiles};
use crate::{Position, checkpoint, merkle};

pub use proof::{Proof, ProofChecked};

pub type Hash = [u8; 32];

/// What a header carries for its content: SHA-256("daylight/content/v1" || salt || u64be(length) || content).
pub fn commitment_hash(salt: &[u8; 32], content: &[u8]) -> Hash {
    salted(b"daylight/content/v1", salt, content)
}

/// The RFC 6962 leaf hash of an event: SHA-256(0x00 || SHA-256("daylight/event/v1" || salt || u64be(length) || header)).
pub fn leaf_hash(salt: &[u8; 32], header: &[u8]) -> Hash {
    let data = salted(b"daylight/event/v1", salt, header);
    Sha256::new()
        .chain_update([0])
        .chain_update(data)
        .finalize()
        .into()
}

fn salted(purpose: &[u8], salt: &[u8; 32], bytes: &[u8]) -> Hash {
    Sha256::new()
        .chain_update(purpose)
        .chain_update(salt)
        .chain_update((bytes.len() as u64).to_be_bytes())
        .chain_update(bytes)
        .finalize()
        .into()
}

/// The checkpoint of a signed note, if the verifier key's owner signed it. Other signatures are passed over.
pub fn verify_note(note: &str, verifier_key: &str) -> Result<Checkpoint, Error> {
    checkpoint::open(note, verifier_key).ok_or(Error::Unproven {
        why: "the note is not signed by this key",
    })
}

/// As [`verify_note`], for a log's or a witness's key (C2SP tlog-cosignature), with the signature's own line.
pub fn verify_signature(note: &str, verifier_key: &str) -> Result<Signed, Error> {
    checkpoint::open_signed(note, verifier_key).ok_or(Error::Unproven {
        why: "the note is not signed by this key",
    })
}

/// What a note claims, no signature checked: only ever a reason to refuse, or to choose a key by.
pub fn claim(note: &str) -> Option<Checkpoint> {
    checkpoint::peek(note)
}

/// A note's text, which is what is signed, and its signature lines.
pub fn note_parts(note: &str) -> Option<(&str, &str)> {
    checkpoint::parted(note)
}

/// The name in a log's verifier key; None for what is no such key.
pub fn log_name(verifier_key: &str) -> Option<&str> {
    checkpoint::log_name(verifier_key)
}

/// The name in a witness's verifier key; None for what is no such key.
pub fn witness_name(verifier_key: &str) -> Option<&str> {
    checkpoint::witness_name(verifier_key)
}

/// The tree of leaves given in order, in memory that grows with its height alone.
#[derive(Default)]
pub struct Leaves {
    edge: Edge,
}

impl Leaves {
    /// Adds the next leaf; `full` is given level, index and hashes of each C2SP tile that it makes full.
    pub fn push(&mut self, leaf: Hash, full: &mut dyn FnMut(u8, u64, &[Hash])) {
        self.edge.push(leaf, &mut |level, index, tile| {
            full(level, index, tile.hashes());
        });
    }

    pub fn size(&self) -> Position {
        self.edge.size
    }

    pub fn root(&self) -> Hash {
        self.edge.root()
    }
}

/// Where a C2SP tlog-tiles tile lies below the log's prefix. `width`: 1 to 256, and 256 when it is full.
pub fn tile_path(level: u8, index: u64, width: u16) -> String {
    tiles::tile_name(level, index, width)
}

/// Checks that the leaf stands at `position` in the tree of `size` events with this root (RFC 6962).
pub fn verify_inclusion(
    leaf: &Hash,
    position: Position,
    size: Position,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), Error> {
    match merkle::includes(leaf, position, size, root, proof) {
        true => Ok(()),
        false => Err(Error::Unproven {
            why: "the proof does not lead from the leaf to the root",
        }),
    }
}

/// Checks that the old tree is a prefix of the new one (RFC 6962).
pub fn verify_consistency(
    old_size: Position,
    old_root: &Hash,
    size: Position,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), Error> {
    match merkle::is_consistent(old_size, old_root, size, root, proof) {
        true => Ok(()),
        false => Err(Error::Unproven {
            why: "the old tree is not shown to be a prefix of the new one",
        }),
    }
}

/// The first thing found wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The first position that is wrong; None when the fault is not in a record.
    pub position: Option<Position>,
    pub why: String,
}

/// What a look at a whole data directory found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Events found whole, up to the first fault.
    pub size: Position,
    /// The root of the tree of those events.
    pub root: Hash,
    /// The checkpoint found, its signature checked.
    pub checkpoint: Option<Checkpoint>,
    /// The key the checkpoint was checked with: compare it with the one you were given.
    pub verifier_key: String,
    pub headers_checked: u64,
    pub headers_forgotten: u64,
    pub contents_checked: u64,
    pub contents_forgotten: u64,
    pub tiles_checked: u64,
    /// Tiles not on disk; they are derived anew when needed, so this is no fault.
    pub tiles_missing: u64,
    /// False when there was no keyring to open sealed parts with: then leaves were taken as they stand.
    pub opened: bool,
    pub first_fault: Option<Fault>,
}

impl Report {
    fn begin(verifier_key: &str) -> Report {
        Report {
            size: 0,
            root: merkle::empty_root(),
            checkpoint: None,
            verifier_key: verifier_key.to_owned(),
            headers_checked: 0,
            headers_forgotten: 0,
            contents_checked: 0,
            contents_forgotten: 0,
            tiles_checked: 0,
            tiles_missing: 0,
            opened: false,
            first_fault: None,
        }
    }
}

/// Checks all that an open store holds by now, beside whoever writes: every record against its leaf, every content
/// against its header, every tile, and the checkpoint. It stops at the first fault.
pub fn verify_open(store: &Store, progress: &mut dyn FnMut(Progress)) -> Report {
    let mut report = Report::begin(&store.verifier_key());
    report.opened = true;
    if let Err(fault) = look_beside(store, &mut report, progress) {
        report.first_fault = Some(fault);
    }
    report
}

fn look_beside(
    store: &Store,
    report: &mut Report,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), Fault> {
    let inner = &store.inner;
    let checked = verify_note(&store.checkpoint().note, &report.verifier_key);
    report.checkpoint = Some(checked.map_err(|error| nowhere(&error))?);
    let mut tree = Tree {
        files: TileFiles::new(&inner.tree_dir),
        edge: Edge::default(),
        fault: None,
    };
    let (mut next, total) = (0, store.size());
    while next < total {
        let mut found = None;
        let read = inner.journal.read_on(next, total, &mut |position, raw| {
            let outcome = check(position, raw, Some(&inner.keyring), report).and_then(|()| {
                tree.push(raw.routing.leaf, report);
                match tree.fault.take() {
                    Some(fault) => Err(fault),
                    None => settle(report, &tree.edge, false),
                }
            });
            outcome.map_err(|fault| {
                found = Some(fault);
                Error::NotFound
            })
        });
        next = match (read, found) {
            (_, Some(fault)) => return Err(fault),
            (Err(error), None) => return Err(at(tree.edge.size, &error.to_string())),
            (Ok(next), None) => next,
        };
        progress(Progress::Step {
            what: "verifying events".into(),
            done: next,
            total,
        });
    }
    settle(report, &tree.edge, true)
}

/// Reads a whole data directory, offline: every batch and record, every leaf against its salted plaintext where
/// keys live, every content against its header, every tile, and the checkpoint. It stops at the first fault.
/// A last batch that was torn by a crash is passed over, as opening would cut it.
pub fn verify_data(dir: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Report, Error> {
    verify_data_on(Arc::new(SystemDisk), dir, progress)
}

/// [`verify_data`] of a directory on another disk.
pub fn verify_data_on(
    disk: Arc<dyn Disk>,
    dir: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, Error> {
    let dir = Place::new(disk, dir);
    let _lock = files::hold_shared(&dir.join("lock"))?;
    let key = files::read(&dir.join("tree/verifier.key"))?.unwrap_or_default();
    let mut report = Report::begin(String::from_utf8_lossy(&key).trim_end());
    if let Err(fault) = look(&dir, &mut report, progress) {
        report.first_fault = Some(fault);
    }
    Ok(report)
}

fn look(dir: &Place, report: &mut Report, progress: &mut dyn FnMut(Progress)) -> Result<(), Fault> {
    let keys = dir.join("keys");
    let keyring = match keys.exists() {
        true => Some(Keyring::open_read_only(&keys).map_err(|error| nowhere(&error))?),
        false => None,
    };
    report.opened = keyring.is_some();
    let note = files::read(&dir.join("tree/checkpoint")).map_err(|error| nowhere(&error))?;
    if let Some(note) = note {
        let checked = verify_note(&String::from_utf8_lossy(&note), &report.verifier_key);
        report.checkpoint = Some(checked.map_err(|error| nowhere(&error))?);
    }
    let mut tree = Tree {
        files: TileFiles::new(&dir.join("tree")),
        edge: Edge::default(),
        fault: None,
    };
    let segments = Journal::segments_in(&dir.join("log")).map_err(|error| nowhere(&error))?;
    for (number, (first, path)) in segments.iter().enumerate() {
        let next = segments.get(number + 1).map(|(next, _)| *next);
        if *first != tree.edge.size {
            return Err(at(tree.edge.size, "a segment is missing"));
        }
        progress(Progress::Step {
            what: "verifying segments".into(),
            done: number as u64,
            total: segments.len() as u64,
        });
        let walked = Journal::walk_segment(path, *first, &mut |position, raw| {
            check(position, raw, keyring.as_ref(), report)?;
            tree.push(raw.routing.leaf, report);
            match tree.fault.take() {
                Some(fault) => Err(fault),
                None => settle(report, &tree.edge, false),
            }
        });
        walked.map_err(|fault| {
            fault.unwrap_or_else(|error| at(tree.edge.size, &error.to_string()))
        })?;
        if next.is_some_and(|next| next != tree.edge.size) {
            return Err(at(
                tree.edge.size,
                "events are missing at the end of a segment",
            ));
        }
    }
    settle(report, &tree.edge, true)
}

/// Checks one record against its own leaf, and its content against its header.
fn check(
    position: Position,
    raw: &Raw<'_>,
    keyring: Option<&Keyring>,
    report: &mut Report,
) -> Result<(), Fault> {
    let Some(keyring) = keyring else {
        return Ok(());
    };
    let record = record::open_record(raw, position, keyring)
        .map_err(|error| at(position, &error.to_string()))?;
    let header = match (&record.header, record.header_salt) {
        (Part::Bytes(header), Some(salt)) => {
            if leaf_hash(&salt, header) != record.leaf {
                return Err(at(
                    position,
                    "the header is not the one its leaf commits to",
                ));
            }
            report.headers_checked += 1;
            Some(header.as_slice())
        }
        _ => {
            report.headers_forgotten += 1;
            None
        }
    };
    match (&record.content, record.content_salt) {
        (Some(Part::Bytes(content)), Some(salt)) => {
            let committed = commitment_hash(&salt, content);
            if header.is_some_and(|header| !carries(header, &committed)) {
                return Err(at(
                    position,
                    "the content is not the one its header commits to",
                ));
            }
            report.contents_checked += 1;
        }
        (Some(_), _) => report.contents_forgotten += 1,
        (None, _) => {}
    }
    Ok(())
}

/// True when the header's text has the hash in it, as base64 of either alphabet or as hexadecimal digits.
fn carries(header: &[u8], hash: &Hash) -> bool {
    let (high, low) = hash.split_at(16);
    let half = |bytes: &[u8]| u128::from_be_bytes(bytes.try_into().unwrap_or_default());
    let hex = format!("{:032x}{:032x}", half(high), half(low));
    let found = |text: &str| {
        header
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    found(&URL_SAFE_NO_PAD.encode(hash))
        || found(STANDARD.encode(hash).trim_end_matches('='))
        || found(&hex)
}

struct Tree {
    files: TileFiles,
    edge: Edge,
    fault: Option<Fault>,
}

impl Tree {
    fn push(&mut self, leaf: Hash, report: &mut Report) {
        let Tree { files, edge, fault } = self;
        edge.push(
            leaf,
            &mut |level, index, tile| match files.is_as(level, index, &tile) {
                Some(true) => report.tiles_checked += 1,
                None => report.tiles_missing += 1,
                Some(false) => {
                    let from = index
                        .checked_shl(8 * (u32::from(level) + 1))
                        .unwrap_or_default();
                    *fault = Some(at(
                        from,
                        &format!("tile {level}/{index} is not made of the log's leaves"),
                    ));
                }
            },
        );
    }
}

/// Compares the tree with the checkpoint where they meet; at the end, the checkpoint must have been met.
fn settle(report: &mut Report, edge: &Edge, is_end: bool) -> Result<(), Fault> {
    report.size = edge.size;
    let signed = report
        .checkpoint
        .as_ref()
        .map(|signed| (signed.size, signed.root));
    if is_end {
        report.root = edge.root();
    }
    match signed {
        Some((size, root)) if size == edge.size && edge.root() != root => {
            Err(nowhere(&Error::Forked { signed: size }))
        }
        Some((size, _)) if is_end && size > edge.size => Err(at(
            edge.size,
            &Error::ShorterThanCheckpoint {
                size: edge.size,
                signed: size,
            }
            .to_string(),
        )),
        _ => Ok(()),
    }
}

fn at(position: Position, why: &str) -> Fault {
    Fault {
        position: Some(position),
        why: why.to_owned(),
    }
}

fn nowhere(error: &Error) -> Fault {
    Fault {
        position: None,
        why: error.to_string(),
    }
}

/// Checks one record read from a store: its header against its leaf. None when the header is forgotten.
pub fn verify_record(record: &Record) -> Option<bool> {
    let header = record.header.bytes()?;
    Some(leaf_hash(&record.header_salt?, header) == record.leaf)
}
