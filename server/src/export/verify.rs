//! Checks a bundle without the server that made it: the same checks, in the same order and words, as verify.py.
//!
//! Never trusts a claim of the bundle that it can make again from the proved bytes.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use migrations_free_store::verify::verify_note;
use sha2::{Digest, Sha256};

use super::check::{Check, People};
use super::line::iso;
use super::manifest::{FORMAT, Manifest};
use super::source::{Source, UNPACKED_BYTES_MAX};

/// The longest line: an import's summary keeps its unreadable lines and may be long.
pub const LINE_BYTES_MAX: u64 = 64 << 20;
const CHECKPOINT: &str = "proofs/checkpoint";
const MANIFEST: &str = "MANIFEST.json";

/// What was proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleReport {
    pub events: u64,
    pub messages: u64,
    pub files: u64,
    pub files_missing: u64,
    /// Events whose content is gone.
    pub forgotten: u64,
    /// Those of them that no destruction in the log explains.
    pub unexplained: u64,
    /// Checkpoint size and root.
    pub size: u64,
    pub root: [u8; 32],
    /// The key that signed; pinned only if an expected key was given.
    pub key: String,
}

/// The first thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleFault {
    /// The log position of the event that it is about.
    pub position: Option<u64>,
    pub what: String,
}

/// `path`: the zip, or the folder it was unpacked to.
pub fn verify_bundle(path: &Path, expected_key: Option<&str>) -> Result<BundleReport, BundleFault> {
    let mut source = Source::open(path)?;
    let sums = source.check_sums(&|name| name.starts_with("jsonl/"))?;
    let manifest = manifest(&mut source, expected_key)?;
    checkpoint(&mut source, &manifest)?;
    let people: People = serde_json::from_str(&source.whole("people.json")?)
        .map_err(|_| BundleFault::file("people.json", "cannot be read"))?;

    let lines = format!("jsonl/{}.jsonl", manifest.channel.id);
    if let Some(other) = source
        .names()
        .iter()
        .find(|name| name.starts_with("jsonl/") && **name != lines)
    {
        return Err(BundleFault::file(
            other,
            "belongs to no channel of the bundle",
        ));
    }
    let expected = sums.get(&lines).map(|(_, hash)| *hash);
    let mut check = Check::new(&manifest, &people, &sums);
    let hash = each_line(&mut *source.read(&lines)?, &lines, &mut |number, line| {
        check.line(&lines, number, line)
    })?;
    if expected != Some(hash) {
        return Err(BundleFault::file(&lines, "does not match SHA256SUMS"));
    }
    let found = check.finish(&lines)?;
    Ok(BundleReport {
        events: found.counts.events,
        messages: found.counts.messages,
        files: found.counts.files,
        files_missing: found.counts.files_missing,
        forgotten: found.counts.forgotten,
        unexplained: found.unexplained,
        size: manifest.log.size,
        root: manifest.log.root.0,
        key: manifest.log.verifier_key,
    })
}

fn manifest(source: &mut Source, expected_key: Option<&str>) -> Result<Manifest, BundleFault> {
    let wrong = |what| BundleFault::file(MANIFEST, what);
    let manifest: Manifest =
        serde_json::from_str(&source.whole(MANIFEST)?).map_err(|_| wrong("cannot be read"))?;
    if manifest.format != FORMAT {
        return Err(wrong("unknown format"));
    }
    if expected_key.is_some_and(|key| key.trim() != manifest.log.verifier_key) {
        return Err(wrong("the log's key is not the expected one"));
    }
    if manifest.range.from != iso(manifest.range.from_ms)
        || manifest.range.to != iso(manifest.range.to_ms)
    {
        return Err(wrong("the range's dates are not its times"));
    }
    let span = manifest.channel_seq;
    if span.first == 0
        || span.first > span.end
        || span.end > span.head.saturating_add(1)
        || manifest.frozen > manifest.log.size
    {
        return Err(wrong("its numbers contradict each other"));
    }
    Ok(manifest)
}

fn checkpoint(source: &mut Source, manifest: &Manifest) -> Result<(), BundleFault> {
    let note = source.whole(CHECKPOINT)?;
    let signed = verify_note(&note, &manifest.log.verifier_key)
        .map_err(|_| BundleFault::file(CHECKPOINT, "not signed by the log's key"))?;
    if signed.origin != manifest.log.origin
        || signed.size != manifest.log.size
        || signed.root != manifest.log.root.0
    {
        return Err(BundleFault::file(
            CHECKPOINT,
            "not the checkpoint that the manifest names",
        ));
    }
    Ok(())
}

type Visit<'v> = dyn FnMut(u64, &[u8]) -> Result<(), BundleFault> + 'v;

/// Gives every line with its number, and the hash of them all.
fn each_line(
    bytes: &mut dyn Read,
    name: &str,
    visit: &mut Visit<'_>,
) -> Result<[u8; 32], BundleFault> {
    let (mut reader, mut hash, mut line) = (
        BufReader::with_capacity(64 * 1024, bytes.take(UNPACKED_BYTES_MAX)),
        Sha256::new(),
        Vec::new(),
    );
    for number in 1.. {
        line.clear();
        let read = (&mut reader)
            .take(LINE_BYTES_MAX + 1)
            .read_until(b'\n', &mut line);
        if read.map_err(|_| BundleFault::file(name, "damaged"))? == 0 {
            break;
        }
        hash.update(&line);
        let Some(text) = line.strip_suffix(b"\n") else {
            return Err(BundleFault::file(
                name,
                &format!("line {number} cannot be read"),
            ));
        };
        visit(number, text)?;
    }
    Ok(hash.finalize().into())
}

impl BundleFault {
    pub(super) fn at(position: u64, what: &str) -> BundleFault {
        BundleFault {
            position: Some(position),
            what: what.to_owned(),
        }
    }

    pub(super) fn file(name: &str, what: &str) -> BundleFault {
        // A hostile name must not steer the terminal it is shown on.
        let name: String = name
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        BundleFault {
            position: None,
            what: format!("{name}: {what}"),
        }
    }

    pub(super) fn bundle(what: &str) -> BundleFault {
        BundleFault::file("bundle", what)
    }
}

impl fmt::Display for BundleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(position) => write!(f, "log position {position}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl std::error::Error for BundleFault {}

impl fmt::Display for BundleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = STANDARD.encode(self.root);
        writeln!(
            f,
            "OK: {} events, {} files, checkpoint size {}, root {root}",
            self.events, self.files, self.size
        )?;
        if self.forgotten > 0 || self.files_missing > 0 {
            let (forgotten, explained) = (self.forgotten, self.forgotten - self.unexplained);
            writeln!(
                f,
                "gone: {forgotten} contents ({explained} by a destruction that the log shows, {} not) and {} files",
                self.unexplained, self.files_missing
            )?;
        }
        write!(f, "key: {}", self.key)
    }
}
