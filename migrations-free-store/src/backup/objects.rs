//! Files kept under the hash of their bytes. One that is there is whole, and is never written again.

use std::collections::HashSet;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::{Kept, Manifest, hex, refused};
use crate::disk::DiskFile;
use crate::error::{During, Error};
use crate::files::{self, Place};

const STEP_BYTES: usize = 1 << 20;

pub(super) struct Objects {
    dir: Place,
}

impl Objects {
    pub fn open(backup: &Place) -> Objects {
        Objects {
            dir: backup.join("objects"),
        }
    }

    fn place(&self, sha256: &str) -> Place {
        let (first, rest) = sha256.split_at_checked(2).unwrap_or_default();
        self.dir.join(first).join(rest)
    }

    pub fn has(&self, sha256: &str, bytes: u64) -> bool {
        self.place(sha256).length() == Some(bytes)
    }

    /// Copies the first `bytes` of the source, syncs, and reads back from the disk what it wrote. Gives the hash,
    /// and false when those very bytes were there already: with `check`, when they are read and found so.
    pub fn take_in(
        &self,
        copier: usize,
        check: bool,
        source: &dyn DiskFile,
        place: &Place,
        bytes: u64,
    ) -> Result<(String, bool), Error> {
        files::make_dir(&self.dir)?;
        let fresh = self.dir.join(format!("{copier}.new"));
        let file = files::create(&fresh)?;
        let sha256 = copy(source, place, bytes, Some((&*file, &fresh)))?;
        if self.has(&sha256, bytes) && (!check || self.is_whole(&sha256, bytes)) {
            files::remove(&fresh)?;
            return Ok((sha256, false));
        }
        file.sync_data().during("syncing", &fresh)?;
        file.forget_memory();
        if copy(&*file, &fresh, bytes, None)? != sha256 {
            return Err(Error::damaged(
                &fresh,
                0,
                "what was written could not be read back",
            ));
        }
        let object = self.place(&sha256);
        files::make_dir(&object.parent())?;
        files::rename(&fresh, &object)?;
        Ok((sha256, true))
    }

    fn is_whole(&self, sha256: &str, bytes: u64) -> bool {
        let place = self.place(sha256);
        files::open_read(&place)
            .and_then(|file| copy(&*file, &place, bytes, None))
            .is_ok_and(|found| found == sha256)
    }

    /// Puts the names of all objects on disk.
    pub fn sync(&self) -> Result<(), Error> {
        for dir in files::list(&self.dir)? {
            if !files::is_unfinished(dir.name()) {
                files::sync_dir(&dir)?;
            }
        }
        match self.dir.exists() {
            true => files::sync_dir(&self.dir),
            false => Ok(()),
        }
    }

    pub fn check(&self, kept: &Kept) -> Result<(), Error> {
        self.give(kept, None)
    }

    /// Copies a file out; its hash is checked on the way.
    pub fn give(&self, kept: &Kept, to: Option<(&dyn DiskFile, &Place)>) -> Result<(), Error> {
        let path = self.place(&kept.sha256);
        let damaged = |why: &str| {
            refused(
                "backup_damaged",
                format!("{}, kept as {}, {why}", kept.name, path.display()),
            )
        };
        if !path.exists() {
            return Err(damaged("is missing from the backup"));
        }
        if !self.has(&kept.sha256, kept.bytes) {
            return Err(damaged("has not the length that the manifest says"));
        }
        let file = files::open_read(&path)?;
        match copy(&*file, &path, kept.bytes, to)? == kept.sha256 {
            true => Ok(()),
            false => Err(damaged("is not what was backed up: its hash differs")),
        }
    }

    /// Unlinks every object that the manifest does not name, and what was left unfinished.
    pub fn remove_others(&self, manifest: &Manifest) -> Result<u64, Error> {
        let named: HashSet<PathBuf> = manifest
            .files
            .iter()
            .map(|kept| self.place(&kept.sha256).path().to_owned())
            .collect();
        let mut removed = 0;
        for dir in files::list(&self.dir)? {
            if files::is_unfinished(dir.name()) {
                files::remove(&dir)?;
                continue;
            }
            let mut touched = false;
            for path in files::list(&dir)? {
                if !named.contains(path.path()) {
                    touched |= files::remove(&path)?;
                    removed += 1;
                }
            }
            if touched {
                files::sync_dir(&dir)?;
            }
        }
        Ok(removed)
    }
}

/// Hashes the first `bytes` of a file, and copies them to `to`.
fn copy(
    source: &dyn DiskFile,
    path: &Place,
    bytes: u64,
    to: Option<(&dyn DiskFile, &Place)>,
) -> Result<String, Error> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; STEP_BYTES.min(usize::try_from(bytes).unwrap_or(STEP_BYTES))];
    let mut at = 0;
    while at < bytes {
        let left = usize::try_from(bytes - at).unwrap_or(usize::MAX);
        let step = buffer.len().min(left);
        let stretch = buffer.get_mut(..step).unwrap_or_default();
        source.read_exact_at(stretch, at).during("reading", path)?;
        hasher.update(&*stretch);
        if let Some((file, path)) = to {
            file.write_all_at(stretch, at).during("writing", path)?;
        }
        at += step as u64;
    }
    Ok(hex(hasher))
}
