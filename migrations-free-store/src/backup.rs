//! Copies of a data directory elsewhere: content into one folder, keys into another, never both into one.
//! It never changes what it copies, and never holds up whoever writes.
//!
//! A content backup is `backup.json` and `objects/XX/<the rest of the SHA-256>`. A file is taken in under the hash
//! of its bytes and read back; the manifest comes last, by a rename; then objects that it does not name are
//! removed. So the backup before stands until the new one does, what is there is not copied again, and what was
//! destroyed goes. Views and the tree's tiles are not in it: both are made from the log.

mod copying;
mod keys;
mod objects;
mod restore;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::disk::DiskFile;
use crate::error::{During, Error};
use crate::files::{self, Place};
use crate::store::Store;
use crate::{Position, Progress};
use objects::Objects;
pub use restore::{RESTORED, RESTORING, Restore, Restored, restore};

/// The manifest's name in a content backup.
const MANIFEST: &str = "backup.json";
/// Bytes of a manifest at most: some four million files.
const MANIFEST_BYTES_MAX: u64 = 1 << 30;
const VERSION: u32 = 1;

/// What one copy holds. Written when everything it names is on disk and read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub version: u32,
    /// When it was made, in milliseconds since 1970.
    pub made_ms: u64,
    /// C2SP vkey of the log: which log this is of.
    pub verifier_key: String,
    /// Events in the log when it was made; a content backup holds them all.
    pub size: Position,
    /// The newest checkpoint signed by then.
    pub checkpoint: String,
    /// The keyring that opens it.
    pub keys: KeyringMark,
    pub files: Vec<Kept>,
}

/// How far a keyring is: it opens everything made under a mark that is nowhere greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyringMark {
    /// Grows with every destruction.
    pub epoch: u64,
    /// Grows with every key made.
    pub slots: u64,
}

/// A file of the data directory in a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its path in the data directory.
    pub name: String,
    pub bytes: u64,
    /// Lower-case hexadecimal digits.
    pub sha256: String,
    /// Tells the same file from another of its name, without reading it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stamp: Option<(u64, i64)>,
}

/// What one run of [`Store::back_up`] did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUp {
    pub made_ms: u64,
    pub size: Position,
    pub files: u64,
    pub bytes: u64,
    pub copied_files: u64,
    pub copied_bytes: u64,
    /// Objects that are no longer in the data directory, and now not in the backup either.
    pub removed: u64,
}

/// A file to be taken in.
struct Source {
    name: String,
    place: Place,
    /// Open already when its name may lead to another file by now.
    file: Option<Arc<dyn DiskFile>>,
    /// How many bytes of it count; None: all.
    bytes: Option<u64>,
    /// False for a file that still grows.
    is_settled: bool,
}

impl Source {
    fn file(place: Place) -> Source {
        Source {
            name: String::new(),
            place,
            file: None,
            bytes: None,
            is_settled: true,
        }
    }
}

impl Store {
    /// Brings the content backup in `to` up to date, beside everything else that goes on. No key is in it.
    /// With `check`, what was copied before is read again, and copied anew where it is damaged.
    pub fn back_up(
        &self,
        to: &Path,
        now_ms: u64,
        check: bool,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<BackedUp, Error> {
        is_apart(self.inner.dir.path(), to)?;
        let to = &Place::new(self.inner.dir.disk(), to);
        files::make_dir(to)?;
        let _lock = files::hold_alone(&to.join("lock"))?;
        let old = match read_manifest(&to.join(MANIFEST)) {
            Err(Error::Backup {
                code: "backup_missing",
                ..
            }) => None,
            old => Some(old?),
        };
        let verifier_key = self.verifier_key();
        if old
            .as_ref()
            .is_some_and(|old| old.verifier_key != verifier_key)
        {
            return Err(refused(
                "backup_foreign",
                format!(
                    "{} holds the backup of another log; choose an empty folder",
                    to.display()
                ),
            ));
        }
        let objects = Objects::open(to);
        // Signed before what is copied, so that the copy is never shorter than its checkpoint; nor than what
        // others witnessed.
        let checkpoint = self.checkpoint();
        let evidence = self.evidence_sources()?;
        let known: HashMap<&str, &Kept> = old
            .iter()
            .flat_map(|old| &old.files)
            .map(|kept| (kept.name.as_str(), kept))
            .collect();
        let take =
            |copier: usize, source: &Source| take_in(&objects, &known, check, copier, source);
        let mut taken = copying::each(&evidence, "backing up", progress, &take)?;
        let (mut sources, size) = self.log_sources()?;
        sources.extend(self.file_sources()?);
        taken.extend(copying::each(&sources, "backing up", progress, &take)?);
        objects.sync()?;
        let mut done = BackedUp {
            made_ms: now_ms,
            size,
            files: 0,
            bytes: 0,
            copied_files: 0,
            copied_bytes: 0,
            removed: 0,
        };
        let mut kept = Vec::with_capacity(taken.len());
        for (file, is_copied) in taken.into_iter().flatten() {
            done.files += 1;
            done.bytes += file.bytes;
            done.copied_files += u64::from(is_copied);
            done.copied_bytes += file.bytes * u64::from(is_copied);
            kept.push(file);
        }
        let manifest = Manifest {
            version: VERSION,
            made_ms: now_ms,
            verifier_key,
            size,
            checkpoint: checkpoint.note,
            // Read last: whoever has this much of the keyring can open all that was copied.
            keys: self.inner.keyring.mark(),
            files: kept,
        };
        write_manifest(&to.join(MANIFEST), &manifest)?;
        done.removed = objects.remove_others(&manifest)?;
        Ok(done)
    }

    /// Which destruction the keyring has seen last, and how many keys were ever made.
    pub fn keyring_mark(&self) -> KeyringMark {
        self.inner.keyring.mark()
    }

    /// What others have said of the tree: whatever is beside the tiles and the checkpoint.
    fn evidence_sources(&self) -> Result<Vec<Source>, Error> {
        const OWN: [&str; 3] = ["tile", "checkpoint", "verifier.key"];
        let mut sources = Vec::new();
        for place in files::list(&self.inner.tree_dir)? {
            let name = format!("tree/{}", place.name());
            if OWN.contains(&place.name()) || files::is_unfinished(place.name()) {
                continue;
            }
            match files::list(&place) {
                Ok(within) => sources.extend(within.into_iter().map(|file| Source {
                    name: format!("{name}/{}", file.name()),
                    ..Source::file(file)
                })),
                // No folder.
                Err(_) => sources.push(Source {
                    name,
                    ..Source::file(place)
                }),
            }
        }
        sources.retain(|source| !files::is_unfinished(&source.name) && is_plain(&source.name));
        Ok(sources)
    }

    fn log_sources(&self) -> Result<(Vec<Source>, Position), Error> {
        let (extents, size) = self.inner.journal.extents()?;
        let sources = extents.into_iter().map(|extent| Source {
            name: format!("log/{}", extent.place.name()),
            place: extent.place,
            file: Some(extent.file),
            bytes: Some(extent.bytes),
            is_settled: extent.is_closed,
        });
        Ok((sources.collect(), size))
    }

    /// Finished blobs and parts. Taken after the log, so that a file that an event tells of is among them.
    fn file_sources(&self) -> Result<Vec<Source>, Error> {
        let mut sources = Vec::new();
        for top in ["blobs", "parts"] {
            for dir in files::list(&self.inner.dir.join(top))? {
                // What dies with what is told by the blobs themselves.
                if (top, dir.name()) == ("blobs", "in") {
                    continue;
                }
                for place in files::list(&dir)? {
                    let name = place.name();
                    if files::is_unfinished(name) || (top == "blobs" && name.contains('.')) {
                        continue;
                    }
                    sources.push(Source {
                        name: format!("{top}/{}/{name}", dir.name()),
                        ..Source::file(place)
                    });
                }
            }
        }
        Ok(sources)
    }
}

/// Refuses two folders of which one is in the other, or is the other: a copy inside of what it copies would be
/// lost with it.
pub fn is_apart(one: &Path, other: &Path) -> Result<(), Error> {
    let (a, b) = (files::real_path(one), files::real_path(other));
    match a.starts_with(&b) || b.starts_with(&a) {
        false => Ok(()),
        true => Err(refused(
            "backup_not_apart",
            format!(
                "{} and {} must be apart: neither may be inside the other",
                one.display(),
                other.display()
            ),
        )),
    }
}

/// The file as the backup has it, and whether it was copied now. None when it is gone: destroyed meanwhile.
fn take_in(
    objects: &Objects,
    known: &HashMap<&str, &Kept>,
    check: bool,
    copier: usize,
    source: &Source,
) -> Result<Option<(Kept, bool)>, Error> {
    let place = &source.place;
    let file = match &source.file {
        Some(file) => file.clone(),
        None if !place.exists() => return Ok(None),
        None => match files::open_read(place) {
            Err(_) if !place.exists() => return Ok(None),
            result => result?,
        },
    };
    let length = file.length().during("measuring", place)?;
    let bytes = source.bytes.unwrap_or(length);
    if source.is_settled && length != bytes {
        return Err(Error::damaged(
            place,
            bytes,
            "the file has not the length that its index says",
        ));
    }
    let stamp = match source.is_settled {
        true => file.stamp().during("measuring", place)?,
        false => None,
    };
    if let Some(kept) = known.get(source.name.as_str())
        && stamp.is_some()
        && (kept.stamp, kept.bytes) == (stamp, bytes)
        && objects.has(&kept.sha256, bytes)
        && (!check || objects.check(kept).is_ok())
    {
        return Ok(Some(((*kept).clone(), false)));
    }
    let (sha256, is_copied) = objects.take_in(copier, check, &*file, place, bytes)?;
    let kept = Kept {
        name: source.name.clone(),
        bytes,
        sha256,
        stamp,
    };
    Ok(Some((kept, is_copied)))
}

/// What the manifest of a content backup says, unchecked.
pub fn read_backup(from: &Path) -> Result<Manifest, Error> {
    read_manifest(&Place::on_system(from).join(MANIFEST))
}

/// What the newest whole copy of the keys in `from` says of itself, its files checked.
pub fn read_keys_copy(from: &Path) -> Result<Manifest, Error> {
    keys::newest(&Place::on_system(from)).map(|(_, manifest)| manifest)
}

/// Reads every file of a content backup and compares it with the manifest; the first that differs is named.
pub fn verify_backup(
    from: &Path,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Manifest, Error> {
    let manifest = read_backup(from)?;
    let objects = Objects::open(&Place::on_system(from));
    copying::each(
        &manifest.files,
        "verifying the backup",
        progress,
        &|_, kept: &Kept| objects.check(kept),
    )?;
    Ok(manifest)
}

fn read_manifest(path: &Place) -> Result<Manifest, Error> {
    let Some(length) = path.length() else {
        return Err(refused(
            "backup_missing",
            format!(
                "{} is not there: this is no finished backup",
                path.display()
            ),
        ));
    };
    let damaged = |why: &str| refused("backup_damaged", format!("{}: {why}", path.display()));
    if length > MANIFEST_BYTES_MAX {
        return Err(damaged("no manifest is this long"));
    }
    let bytes = files::read(path)?.unwrap_or_default();
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|_| damaged("the manifest cannot be read"))?;
    if manifest.version > VERSION {
        return Err(refused(
            "backup_newer",
            format!(
                "{} was written by a newer version of this program: use that one",
                path.display()
            ),
        ));
    }
    match manifest.files.iter().find(|kept| !kept.is_plain()) {
        None => Ok(manifest),
        Some(kept) => Err(damaged(&format!("{:?} is no file's name", kept.name))),
    }
}

fn write_manifest(path: &Place, manifest: &Manifest) -> Result<(), Error> {
    let bytes = serde_json::to_vec_pretty(manifest).map_err(|_| Error::Refused {
        why: "the manifest cannot be written as JSON",
    })?;
    files::replace_durably(path, &bytes)?;
    match read_manifest(path)? == *manifest {
        true => Ok(()),
        false => Err(Error::damaged(
            path,
            0,
            "the manifest could not be read back",
        )),
    }
}

impl Kept {
    /// A name that stays below the folder it is put into, and a hash that is one.
    fn is_plain(&self) -> bool {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        is_plain(&self.name) && self.sha256.len() == 64 && self.sha256.bytes().all(is_hex)
    }
}

fn is_plain(name: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    name.split('/').all(plain)
}

fn refused(code: &'static str, why: String) -> Error {
    Error::Backup { code, why }
}

fn hex(hasher: Sha256) -> String {
    hasher
        .finalize()
        .iter()
        .fold(String::with_capacity(64), |text, byte| {
            text + &format!("{byte:02x}")
        })
}
