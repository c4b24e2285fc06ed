//! Checks that anyone can make: of a note, a proof, a record, or a whole data directory. Nothing is changed.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

pub use crate::checkpoint::Checkpoint;
use crate::error::{During, Error};
use crate::journal::Journal;
use crate::keyring::Keyring;
use crate::record::{self, Part, Raw, Record};
use crate::store::Progress;
use crate::tiles::{Edge, TileFiles};
use crate::{Position, checkpoint, files, merkle};

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

/// Reads a whole data directory, offline: every batch and record, every leaf against its salted plaintext where
/// keys live, every content against its header, every tile, and the checkpoint. It stops at the first fault.
/// A last batch that was torn by a crash is passed over, as opening would cut it.
pub fn verify_data(dir: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Report, Error> {
    let _lock = share(dir)?;
    let key = files::read(&dir.join("tree/verifier.key"))?.unwrap_or_default();
    let mut report = Report {
        size: 0,
        root: merkle::empty_root(),
        checkpoint: None,
        verifier_key: String::from_utf8_lossy(&key).trim_end().to_owned(),
        headers_checked: 0,
        headers_forgotten: 0,
        contents_checked: 0,
        contents_forgotten: 0,
        tiles_checked: 0,
        tiles_missing: 0,
        opened: false,
        first_fault: None,
    };
    if let Err(fault) = look(dir, &mut report, progress) {
        report.first_fault = Some(fault);
    }
    Ok(report)
}

fn share(dir: &Path) -> Result<Option<std::fs::File>, Error> {
    let path = dir.join("lock");
    if !path.exists() {
        return Ok(None);
    }
    let file = files::open_read(&path)?;
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockShared) {
        Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::Locked { path }),
        result => result.during("locking", &path).map(|()| Some(file)),
    }
}

fn look(dir: &Path, report: &mut Report, progress: &mut dyn FnMut(Progress)) -> Result<(), Fault> {
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
