//! Copies of the keyring, in a folder of their own. There is one at a time: the one before is zeroed where it lay.
//! It never goes where content goes.

use std::path::Path;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Kept, Manifest, VERSION, hex, is_apart, read_manifest, refused, write_manifest};
use crate::error::Error;
use crate::files::{self, Place};
use crate::store::Store;

/// The manifest's name in a copy of the keys.
const MANIFEST: &str = "keys.json";
/// What the folder of a copy begins with.
const FOLDER: &str = "keys-";

impl Store {
    /// Puts a copy of the keyring into `to`, readable by its owner alone, reads it back, and then zeroes every
    /// older copy there in place. To be called after every destruction: so it reaches the backup.
    pub fn back_up_keys(&self, to: &Path, now_ms: u64) -> Result<Manifest, Error> {
        is_apart(self.inner.dir.path(), to)?;
        let to = &Place::new(self.inner.dir.disk(), to);
        if to.join(super::MANIFEST).exists() {
            return Err(refused(
                "backup_not_apart",
                format!(
                    "{} holds a content backup: keep the keys apart from it",
                    to.display()
                ),
            ));
        }
        files::make_dir(to)?;
        let _lock = files::hold_alone(&to.join("lock"))?;
        for path in copies(to)? {
            let theirs = read_manifest(&path.join(MANIFEST));
            if theirs.is_ok_and(|theirs| theirs.verifier_key != self.verifier_key()) {
                return Err(refused(
                    "backup_foreign",
                    format!(
                        "{} holds the keys of another log; choose an empty folder",
                        to.display()
                    ),
                ));
            }
        }
        // What an earlier run left is not the newest whole copy, but may look newer: it goes first.
        for path in copies(to)? {
            if !path.join(MANIFEST).exists() {
                wipe(&path)?;
            }
        }
        let (mark, ring) = self.inner.keyring.files()?;
        let checkpoint = self.checkpoint();
        let folder = to.join(format!(
            "{FOLDER}{:08x}-{:08x}-{now_ms:016x}",
            mark.epoch, mark.slots
        ));
        files::make_dir(&folder)?;
        let mut kept = Vec::new();
        for (name, bytes) in &ring {
            let path = folder.join(name);
            files::replace_durably(&path, bytes)?;
            kept.push(Kept {
                name: name.clone(),
                bytes: bytes.len() as u64,
                sha256: hex(Sha256::new().chain_update(&**bytes)),
                stamp: None,
            });
        }
        let manifest = Manifest {
            version: VERSION,
            made_ms: now_ms,
            verifier_key: self.verifier_key(),
            size: self.size(),
            checkpoint: checkpoint.note,
            keys: mark,
            files: kept,
        };
        check(&folder, &manifest)?;
        write_manifest(&folder.join(MANIFEST), &manifest)?;
        files::sync_dir(to)?;
        for path in copies(to)? {
            if path.path() != folder.path() {
                wipe(&path)?;
            }
        }
        Ok(manifest)
    }
}

/// The newest whole copy in the folder, its files compared with its manifest.
pub(super) fn newest(from: &Place) -> Result<(Place, Manifest), Error> {
    let mut found = None;
    for path in copies(from)? {
        match read_manifest(&path.join(MANIFEST)) {
            Err(Error::Backup {
                code: "backup_missing",
                ..
            }) => {}
            // Folders sort by epoch, slots and time, so the last is the newest.
            manifest => found = Some((path, manifest?)),
        }
    }
    let (path, manifest) = found.ok_or_else(|| {
        refused(
            "backup_missing",
            format!("{} holds no whole copy of the keys", from.display()),
        )
    })?;
    check(&path, &manifest)?;
    Ok((path, manifest))
}

/// The bytes of a copy's files.
pub(super) fn read(
    folder: &Place,
    manifest: &Manifest,
) -> Result<Vec<(String, Zeroizing<Vec<u8>>)>, Error> {
    let mut ring = Vec::new();
    for kept in &manifest.files {
        let path = folder.join(&kept.name);
        let damaged = |why: &str| {
            let told = format!("{} in the copy of the keys {why}", path.display());
            refused("backup_damaged", told)
        };
        let bytes = files::read(&path)?.ok_or_else(|| damaged("is missing"))?;
        let bytes = Zeroizing::new(bytes);
        if hex(Sha256::new().chain_update(&*bytes)) != kept.sha256 {
            return Err(damaged("is not what was copied: its hash differs"));
        }
        ring.push((kept.name.clone(), bytes));
    }
    Ok(ring)
}

fn check(folder: &Place, manifest: &Manifest) -> Result<(), Error> {
    read(folder, manifest).map(|_| ())
}

/// The folders of copies, whole or not, oldest first.
fn copies(dir: &Place) -> Result<Vec<Place>, Error> {
    let mut folders = files::list(dir)?;
    folders.retain(|place| place.name().starts_with(FOLDER));
    Ok(folders)
}

/// Zeroes a copy's files where they lie, and removes it.
fn wipe(folder: &Place) -> Result<(), Error> {
    // First it ceases to be whole, so that nobody takes a half-zeroed copy for one.
    files::remove(&folder.join(MANIFEST))?;
    files::sync_dir(folder)?;
    for path in files::list(folder)? {
        files::wipe(&path)?;
    }
    files::remove_empty_dir(folder);
    files::sync_dir(&folder.parent())
}
