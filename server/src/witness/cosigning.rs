//! Being a witness for others' logs: a checkpoint is cosigned only when it continues the one cosigned before.
//!
//! Never asks whether a log is right: only whether it is one and the same. It holds one checkpoint a log, no event.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use migrations_free_store::Cosigner;
use migrations_free_store::verify::{
    self, Checkpoint, Hash, claim, note_parts, verify_consistency, verify_signature,
};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use crate::kept;

/// C2SP tlog-witness: no consistency proof is longer.
const PROOF_LINES_MAX: usize = 63;
/// A request: a proof and a checkpoint with its signatures.
pub const REQUEST_BYTES_MAX: usize = kept::BYTES_MAX / 2;

/// A witness with its memory open. There is one to a folder.
pub struct Witness {
    folder: PathBuf,
    cosigner: Cosigner,
    /// Checking and keeping are one step: of two requests at the same time, one waits.
    logs: Mutex<BTreeMap<String, Log>>,
    _lock: File,
}

struct Log {
    key: String,
    /// The newest checkpoint cosigned, and its note with the log's signature and ours.
    latest: Option<(Checkpoint, String)>,
}

/// Why a checkpoint is not cosigned, as C2SP tlog-witness tells them apart.
#[derive(Debug, PartialEq, Eq)]
pub enum Declined {
    /// 400
    Malformed(&'static str),
    /// 404
    UnknownLog,
    /// 403
    NotSigned,
    /// 409, with the size that was cosigned last.
    Latest(u64),
    /// 422
    Inconsistent(&'static str),
    /// 500: nothing was cosigned, for it could not be kept.
    NotKept,
}

impl Witness {
    /// Opens the folder, or makes it with a new key under `name`.
    pub fn open(folder: &Path, name: &str, log_keys: &[String]) -> anyhow::Result<Witness> {
        kept::make_folder(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let lock = lock(folder)?;
        let cosigner = cosigner(folder, name)?;
        let mut logs = BTreeMap::new();
        for key in log_keys {
            let origin = verify::log_name(key)
                .with_context(|| format!("{key} is not a log's verifier key"))?;
            let log = Log {
                latest: latest(folder, origin, key, &cosigner)?,
                key: key.clone(),
            };
            if logs.insert(origin.to_owned(), log).is_some() {
                bail!(
                    "two logs are called {origin}: a witness tells logs apart by their names. \
                     Run a witness for each, in a folder of its own"
                );
            }
        }
        ensure!(!logs.is_empty(), "name at least one log with --log");
        Ok(Witness {
            folder: folder.to_owned(),
            cosigner,
            logs: Mutex::new(logs),
            _lock: lock,
        })
    }

    /// What a log's owner puts into their configuration.
    pub fn verifier_key(&self) -> String {
        self.cosigner.verifier_key()
    }

    /// C2SP tlog-witness add-checkpoint: the cosignature's line. It is given out only after it is on disk.
    pub fn add_checkpoint(&self, request: &[u8], now_s: u64) -> Result<String, Declined> {
        let text = std::str::from_utf8(request)
            .map_err(|_| Declined::Malformed("The request is not UTF-8."))?;
        let asked = Asked::parse(text)?;
        let claimed = claim(asked.note)
            .filter(|_| note_parts(asked.note).is_some())
            .ok_or(Declined::Malformed("There is no checkpoint in it."))?;
        let mut logs = self.logs.lock();
        let log = logs.get_mut(&claimed.origin).ok_or(Declined::UnknownLog)?;
        let signed = verify_signature(asked.note, &log.key).map_err(|_| Declined::NotSigned)?;
        let new = signed.checkpoint;
        if asked.old > new.size {
            return Err(Declined::Malformed("The old size is above the new one."));
        }
        let (old_size, old_root) = match &log.latest {
            Some((latest, _)) => (latest.size, latest.root),
            None => (0, empty_root()),
        };
        if asked.old != old_size {
            return Err(Declined::Latest(old_size));
        }
        if new.size == 0 && new.root != empty_root() {
            return Err(Declined::Inconsistent("An empty log has another root."));
        }
        verify_consistency(old_size, &old_root, new.size, &new.root, &asked.proof).map_err(
            |_| Declined::Inconsistent("The new log is not shown to continue the old one."),
        )?;
        let (body, _) = note_parts(asked.note).ok_or(Declined::NotSigned)?;
        let note = format!("{body}\n{}", signed.line);
        let line = self
            .cosigner
            .cosign(&note, now_s)
            .ok_or(Declined::NotSigned)?;
        let note = note + &line;
        if let Err(error) = kept::write(&file(&self.folder, &new.origin), note.as_bytes()) {
            tracing::error!(%error, "a checkpoint could not be kept, so it was not cosigned");
            return Err(Declined::NotKept);
        }
        log.latest = Some((new, note));
        Ok(line)
    }

    /// The newest cosigned checkpoint of the log whose origin has this SHA-256, in hexadecimal digits.
    pub fn latest(&self, origin_hash: &str) -> Option<String> {
        let logs = self.logs.lock();
        let (_, log) = logs
            .iter()
            .find(|(origin, _)| origin_hex(origin) == origin_hash)?;
        log.latest.as_ref().map(|(_, note)| note.clone())
    }
}

/// How a witness names a log in an address and in a file.
pub fn origin_hex(origin: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(origin)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

struct Asked<'r> {
    old: u64,
    proof: Vec<Hash>,
    note: &'r str,
}

impl Asked<'_> {
    fn parse(text: &str) -> Result<Asked<'_>, Declined> {
        let wrong = Declined::Malformed;
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(wrong("There is no checkpoint in it."))?;
        let mut lines = head.split('\n');
        let size = lines
            .next()
            .and_then(|line| line.strip_prefix("old "))
            .ok_or(wrong("The first line is not the old size."))?;
        let old: u64 = size
            .parse()
            .ok()
            .filter(|old: &u64| old.to_string() == size)
            .ok_or(wrong("The old size is not a number."))?;
        let lines: Vec<&str> = lines.collect();
        if lines.len() > PROOF_LINES_MAX {
            return Err(wrong("The proof has more than 63 lines."));
        }
        let hash = |line: &&str| STANDARD.decode(line).ok()?.try_into().ok();
        let proof = lines.iter().map(hash).collect::<Option<_>>();
        Ok(Asked {
            old,
            proof: proof.ok_or(wrong("A line of the proof is not a hash."))?,
            note,
        })
    }
}

fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

fn file(folder: &Path, origin: &str) -> PathBuf {
    folder.join(format!("{}.note", origin_hex(origin)))
}

/// What was cosigned before. A damaged memory is no memory: then nothing is cosigned at all.
fn latest(
    folder: &Path,
    origin: &str,
    key: &str,
    cosigner: &Cosigner,
) -> anyhow::Result<Option<(Checkpoint, String)>> {
    let path = file(folder, origin);
    let Some(note) =
        kept::read(&path).with_context(|| format!("cannot read {}", path.display()))?
    else {
        return Ok(None);
    };
    let signed = verify_signature(&note, key)
        .and_then(|_| verify_signature(&note, &cosigner.verifier_key()))
        .map_err(|_| {
            anyhow::anyhow!(
                "{} is not a checkpoint of {origin} that this witness cosigned: restore it",
                path.display()
            )
        })?;
    Ok(Some((signed.checkpoint, note)))
}

fn lock(folder: &Path) -> anyhow::Result<File> {
    let file = File::create(folder.join("lock"))
        .with_context(|| format!("cannot write in {}", folder.display()))?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| anyhow::anyhow!("another witness has {} open", folder.display()))?;
    Ok(file)
}

/// The witness's key: `<name>+<seed>`, the only secret here.
fn cosigner(folder: &Path, name: &str) -> anyhow::Result<Cosigner> {
    let path = folder.join("key");
    if let Some(text) =
        kept::read(&path).with_context(|| format!("cannot read {}", path.display()))?
    {
        let damaged = || format!("{} is not a witness's key", path.display());
        let (found, seed) = text.trim_end().split_once('+').with_context(damaged)?;
        ensure!(
            found == name,
            "this witness is called {found}, and is so for life: give --name {found}"
        );
        let seed = STANDARD.decode(seed).ok().and_then(|s| s.try_into().ok());
        return Cosigner::new(name, &seed.with_context(damaged)?).with_context(damaged);
    }
    let mut seed = zeroize::Zeroizing::new([0_u8; 32]);
    getrandom::fill(seed.as_mut()).map_err(|_| anyhow::anyhow!("there is no randomness"))?;
    let cosigner =
        Cosigner::new(name, &seed).context("a witness's name has no spaces and no plus sign")?;
    let text = zeroize::Zeroizing::new(format!("{name}+{}\n", STANDARD.encode(seed.as_ref())));
    kept::write(&path, text.as_bytes())?;
    Ok(cosigner)
}
