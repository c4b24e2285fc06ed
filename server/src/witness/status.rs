//! Who outside has seen this log, and when: kept in memory, and durably in DATA/tree/witnessed.
//!
//! Never takes a cosignature that does not verify, and never calls anyone: see `bring`.

use std::path::PathBuf;

use anyhow::Context;
use migrations_free_store::verify::{Proof, note_parts, verify_note, verify_signature};
use migrations_free_store::{Error, Position, SignedCheckpoint, Store};
use parking_lot::Mutex;
use serde::Serialize;
use utoipa::ToSchema;

use super::kept;
use crate::chat::Hash;
use crate::config::Config;

/// The witnesses of this log and what each has seen.
pub struct Outside {
    folder: PathBuf,
    log_key: String,
    seen: Mutex<Vec<Seen>>,
    stamp: Mutex<Option<Stamp>>,
}

/// One witness.
#[derive(Clone, Debug)]
struct Seen {
    url: String,
    key: String,
    newest: Option<Cosigned>,
    tried_at: Option<u64>,
    error: Option<String>,
}

#[derive(Clone, Debug)]
struct Cosigned {
    size: Position,
    time_s: u64,
    line: String,
    /// With the log's signature and this witness's.
    note: String,
}

/// The newest time-stamp.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Stamp {
    pub url: String,
    /// Events in the checkpoint that was stamped last.
    pub size: Option<Position>,
    pub at: Option<u64>,
    pub error: Option<String>,
}

impl Outside {
    /// With what is on disk of the configured witnesses.
    pub fn open(config: &Config, store: &Store) -> anyhow::Result<Outside> {
        let folder = kept::folder(&config.data);
        let log_key = store.verifier_key();
        let mut seen = Vec::new();
        for by in &config.witness.by {
            let path = folder.join(kept::name(&by.key));
            let note = crate::kept::read(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            seen.push(Seen {
                url: by.url.clone(),
                key: by.key.clone(),
                newest: note.and_then(|note| cosigned(note, &log_key, &by.key)),
                tried_at: None,
                error: None,
            });
        }
        let stamp = config.timestamp.url.clone().map(|url| Stamp {
            url,
            ..Stamp::default()
        });
        Ok(Outside {
            folder,
            log_key,
            seen: Mutex::new(seen),
            stamp: Mutex::new(stamp),
        })
    }

    /// The size that each witness has cosigned last, 0 for none.
    pub(super) fn sizes(&self) -> Vec<Position> {
        let size = |seen: &Seen| seen.newest.as_ref().map_or(0, |newest| newest.size);
        self.seen.lock().iter().map(size).collect()
    }

    /// Takes a witness's answer to a checkpoint: checked, then on disk, then counted.
    pub(super) fn take(&self, witness: usize, note: &str, answer: &str) -> anyhow::Result<()> {
        let key = match self.seen.lock().get(witness) {
            Some(seen) => seen.key.clone(),
            None => return Ok(()),
        };
        let (text, _) = note_parts(note).context("the checkpoint is no note")?;
        let own = verify_signature(note, &self.log_key)?;
        let theirs = verify_signature(&format!("{note}{answer}"), &key)
            .map_err(|_| anyhow::anyhow!("its answer is not a cosignature by its key"))?;
        let note = format!("{text}\n{}{}", own.line, theirs.line);
        let path = self.folder.join(kept::name(&key));
        crate::kept::write(&path, note.as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
        if let Some(seen) = self.seen.lock().get_mut(witness) {
            seen.newest = cosigned(note, &self.log_key, &key);
        }
        Ok(())
    }

    /// How the last try went.
    pub(super) fn tried(&self, witness: usize, now_ms: u64, error: Option<String>) {
        if let Some(seen) = self.seen.lock().get_mut(witness) {
            seen.tried_at = Some(now_ms);
            seen.error = error;
        }
    }

    pub(super) fn stamped(&self, change: impl FnOnce(&mut Stamp)) {
        self.stamp.lock().as_mut().map(change);
    }

    /// A signed checkpoint with every cosignature on the very same one.
    pub fn with_cosignatures(&self, note: &str) -> String {
        let mut all = note.to_owned();
        for newest in self.seen.lock().iter().filter_map(|s| s.newest.as_ref()) {
            if note_parts(&newest.note).map(|p| p.0) == note_parts(note).map(|p| p.0) {
                all.push_str(&newest.line);
            }
        }
        all
    }

    /// The proof that an event is in the log: under the newest checkpoint that a witness has seen and the event is in,
    /// or else the newest of all.
    pub fn proof(&self, store: &Store, position: Position) -> Result<Proof, Error> {
        let witnessed = {
            let seen = self.seen.lock();
            let covering = seen
                .iter()
                .filter_map(|s| s.newest.as_ref())
                .filter(|newest| newest.size > position)
                .max_by_key(|newest| newest.size);
            covering.map(|newest| newest.note.clone())
        };
        // A note that a witness has seen is given without its line first: equal lines must not stand twice.
        let note = match witnessed {
            Some(note) => {
                let own = verify_signature(&note, &self.log_key)?.line;
                let text = note_parts(&note).map_or("", |parts| parts.0);
                format!("{text}\n{own}")
            }
            None => store.checkpoint().note,
        };
        prove(store, position, self.with_cosignatures(&note))
    }
}

/// The proof of one event in the tree that a note of this log is of.
pub fn prove(store: &Store, position: Position, note: String) -> Result<Proof, Error> {
    let size = verify_note(&note, &store.verifier_key())?.size;
    if position >= size {
        return Err(Error::NotFound);
    }
    Ok(Proof {
        position,
        leaf: store.read(position)?.leaf,
        hashes: store.inclusion(position, size)?,
        note,
    })
}

fn cosigned(note: String, log_key: &str, key: &str) -> Option<Cosigned> {
    verify_note(&note, log_key).ok()?;
    let signed = verify_signature(&note, key).ok()?;
    Some(Cosigned {
        size: signed.checkpoint.size,
        time_s: signed.time_s,
        line: signed.line,
        note,
    })
}

/// What an auditor is told about the log and those who have seen it. Times are milliseconds since 1970.
#[derive(Serialize, ToSchema)]
pub struct Status {
    pub size: Position,
    /// Standard base64, as in the checkpoint.
    pub root: String,
    pub signed_at: Option<u64>,
    pub now: u64,
    pub witnesses: Vec<WitnessStatus>,
    /// When anyone outside has last seen the log, and how long it was; null when nobody ever has.
    pub outside_at: Option<u64>,
    pub outside_size: Option<Position>,
    pub timestamp: Option<Stamp>,
}

#[derive(Serialize, ToSchema)]
pub struct WitnessStatus {
    pub name: String,
    pub url: String,
    /// What it has cosigned last, and when by its own clock.
    pub size: Option<Position>,
    pub at: Option<u64>,
    pub age_seconds: Option<u64>,
    pub tried_at: Option<u64>,
    /// Why the last try failed; null when it did not.
    pub error: Option<String>,
}

impl Status {
    pub fn new(
        signed: &SignedCheckpoint,
        signed_at: Option<u64>,
        outside: &Outside,
        now_ms: u64,
    ) -> Status {
        let seen = outside.seen.lock();
        let newest = seen.iter().filter_map(|s| s.newest.as_ref());
        let last = newest.max_by_key(|newest| newest.time_s);
        Status {
            size: signed.size,
            root: base64::Engine::encode(&base64::engine::general_purpose::STANDARD, signed.root),
            signed_at,
            now: now_ms,
            outside_at: last.map(|last| last.time_s.saturating_mul(1000)),
            outside_size: last.map(|last| last.size),
            witnesses: seen.iter().map(|seen| seen.told(now_ms)).collect(),
            timestamp: outside.stamp.lock().clone(),
        }
    }
}

impl Seen {
    fn told(&self, now_ms: u64) -> WitnessStatus {
        let name = self.key.split('+').next().unwrap_or_default();
        let at = self.newest.as_ref().map(|n| n.time_s.saturating_mul(1000));
        WitnessStatus {
            name: name.to_owned(),
            url: self.url.clone(),
            size: self.newest.as_ref().map(|newest| newest.size),
            at,
            age_seconds: at.map(|at| now_ms.saturating_sub(at) / 1000),
            tried_at: self.tried_at,
            error: self.error.clone(),
        }
    }
}

/// A leaf as the ledger shows it.
pub fn shown_leaf(leaf: [u8; 32]) -> String {
    Hash(leaf).to_string()
}
