//! The few ways this crate writes files: private, whole or not at all, and told to the disk.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::error::{During, Error};

static ZEROS: [u8; 1 << 16] = [0; 1 << 16];

/// Makes the folder and those above it, for the owner alone.
pub(crate) fn make_dir(path: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .during("making the folder", path)
}

pub(crate) fn sync_dir(path: &Path) -> Result<(), Error> {
    File::open(path)
        .and_then(|dir| dir.sync_all())
        .during("syncing the folder", path)
}

/// Makes the file or empties it, for the owner alone, to be read and written.
pub(crate) fn create(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600);
    options.open(path).during("creating", path)
}

pub(crate) fn open_write(path: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .during("opening", path)
}

pub(crate) fn open_read(path: &Path) -> Result<File, Error> {
    File::open(path).during("opening", path)
}

/// The whole file, or None when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        result => result.map(Some).during("reading", path),
    }
}

/// Replaces the file by a rename, so that a reader and a crash see the old bytes or the new ones.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_then_rename(path, bytes, false)
}

/// [`replace`], and on disk when it returns.
pub(crate) fn replace_durably(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_then_rename(path, bytes, true)
}

fn write_then_rename(path: &Path, bytes: &[u8], durable: bool) -> Result<(), Error> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(UNFINISHED);
    let fresh = path.with_file_name(name);
    let mut file = create(&fresh)?;
    file.write_all(bytes).during("writing", &fresh)?;
    if durable {
        file.sync_all().during("syncing", &fresh)?;
    }
    fs::rename(&fresh, path).during("renaming", &fresh)?;
    match path.parent() {
        Some(dir) if durable => sync_dir(dir),
        _ => Ok(()),
    }
}

/// Writes zeros over `from..to`. Blocks written once make every later sync of them cheaper.
pub(crate) fn write_zeros(file: &File, path: &Path, from: u64, to: u64) -> Result<(), Error> {
    let mut at = from;
    while at < to {
        let zeros = &ZEROS[..usize::try_from(to - at)
            .unwrap_or(usize::MAX)
            .min(ZEROS.len())];
        file.write_all_at(zeros, at).during("zeroing", path)?;
        at += zeros.len() as u64;
    }
    Ok(())
}

/// Unlinks the file; a file that is not there is as good as unlinked. True when it was there.
pub(crate) fn remove(path: &Path) -> Result<bool, Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        result => result.map(|()| true).during("removing", path),
    }
}

/// The paths in a folder, sorted; none when there is no folder.
pub(crate) fn list(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        result => result.during("listing", dir)?,
    };
    let mut paths = entries
        .map(|entry| Ok(entry.during("listing", dir)?.path()))
        .collect::<Result<Vec<_>, Error>>()?;
    paths.sort();
    Ok(paths)
}

/// What a file is called until it is whole.
const UNFINISHED: &str = ".new";

/// True for a file that [`replace`] or the like had not finished.
pub(crate) fn is_unfinished(name: &str) -> bool {
    name.strip_suffix(UNFINISHED).is_some()
}

pub(crate) fn name_of(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}
