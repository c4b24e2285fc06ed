//! The few ways this crate writes files: private, whole or not at all, and told to the disk.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::{Disk, DiskFile, Open, SystemDisk};
use crate::error::{During, Error};

static ZEROS: [u8; 1 << 16] = [0; 1 << 16];

/// A path, and the disk it is on.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

impl Place {
    pub fn new(disk: Arc<dyn Disk>, path: impl Into<PathBuf>) -> Place {
        Place {
            disk,
            path: path.into(),
        }
    }

    /// A place on this machine's own disk.
    pub fn on_system(path: impl Into<PathBuf>) -> Place {
        Place::new(Arc::new(SystemDisk), path)
    }

    /// Where on this machine's own disk this place is.
    pub fn real(&self) -> Place {
        Place::on_system(self.disk.real(&self.path))
    }

    pub fn disk(&self) -> Arc<dyn Disk> {
        self.disk.clone()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn join(&self, name: impl AsRef<Path>) -> Place {
        self.at(self.path.join(name))
    }

    /// The folder it is in.
    pub fn parent(&self) -> Place {
        match self.path.parent() {
            // Of a name without a folder: where the program was started.
            Some(above) if above.as_os_str().is_empty() => self.at(Path::new(".")),
            above => self.at(above.unwrap_or(&self.path)),
        }
    }

    pub fn with_extension(&self, extension: &str) -> Place {
        self.at(self.path.with_extension(extension))
    }

    /// Its last part.
    pub fn name(&self) -> &str {
        self.path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
    }

    pub fn exists(&self) -> bool {
        self.length().is_some()
    }

    /// Bytes of the file; None when there is none.
    pub fn length(&self) -> Option<u64> {
        self.disk.length(&self.path).ok()
    }

    pub fn display(&self) -> std::path::Display<'_> {
        self.path.display()
    }

    fn at(&self, path: impl Into<PathBuf>) -> Place {
        Place::new(self.disk.clone(), path)
    }
}

impl AsRef<Path> for Place {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

/// Makes the folder, for the owner alone, and puts its name on disk, also when it was there already: whoever made
/// it may not have come to that. The folder it is in must be on disk.
pub(crate) fn make_dir(dir: &Place) -> Result<(), Error> {
    make_dirs(dir)?;
    sync_dir(&dir.parent())
}

/// Makes the folder and those above it, for the owner alone; for what can be made anew after a power cut.
pub(crate) fn make_dirs(dir: &Place) -> Result<(), Error> {
    dir.disk
        .make_dir(&dir.path)
        .during("making the folder", dir)
}

/// Makes the folder that all else is in. Those above it may be others' and closed to us.
pub(crate) fn make_root_dir(dir: &Place) -> Result<(), Error> {
    make_dirs(dir)?;
    match dir.disk.sync_dir(dir.parent().path()) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        result => result.during("syncing the folder", dir.parent()),
    }
}

pub(crate) fn sync_dir(dir: &Place) -> Result<(), Error> {
    dir.disk
        .sync_dir(&dir.path)
        .during("syncing the folder", dir)
}

/// Removes the folder if it is empty.
pub(crate) fn remove_empty_dir(dir: &Place) {
    let _ = dir.disk.remove_dir(&dir.path);
}

/// Makes the file or empties it, for the owner alone, to be read and written.
pub(crate) fn create(place: &Place) -> Result<Arc<dyn DiskFile>, Error> {
    place
        .disk
        .open(&place.path, Open::Create)
        .during("creating", place)
}

pub(crate) fn open_write(place: &Place) -> Result<Arc<dyn DiskFile>, Error> {
    place
        .disk
        .open(&place.path, Open::Write)
        .during("opening", place)
}

pub(crate) fn open_read(place: &Place) -> Result<Arc<dyn DiskFile>, Error> {
    place
        .disk
        .open(&place.path, Open::Read)
        .during("opening", place)
}

/// The file, to be read; None when there is none.
pub(crate) fn open_if_there(place: &Place) -> Result<Option<Arc<dyn DiskFile>>, Error> {
    match place.disk.open(&place.path, Open::Read) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        result => result.map(Some).during("opening", place),
    }
}

/// The whole file, or None when there is none.
pub(crate) fn read(place: &Place) -> Result<Option<Vec<u8>>, Error> {
    let file = open_if_there(place)?;
    let bytes = file.map(|file| whole(&*file)).transpose();
    bytes.during("reading", place)
}

fn whole(file: &dyn DiskFile) -> io::Result<Vec<u8>> {
    let length = usize::try_from(file.length()?).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length)?;
    bytes.resize(length, 0);
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

/// Replaces the file by a rename, so that a reader and a crash see the old bytes or the new ones.
pub(crate) fn replace(place: &Place, bytes: &[u8]) -> Result<(), Error> {
    write_then_rename(place, bytes, false)
}

/// [`replace`], and on disk when it returns.
pub(crate) fn replace_durably(place: &Place, bytes: &[u8]) -> Result<(), Error> {
    write_then_rename(place, bytes, true)
}

fn write_then_rename(place: &Place, bytes: &[u8], durable: bool) -> Result<(), Error> {
    let mut name = place.path.file_name().unwrap_or_default().to_owned();
    name.push(UNFINISHED);
    let fresh = place.at(place.path.with_file_name(name));
    let file = create(&fresh)?;
    file.write_all_at(bytes, 0).during("writing", &fresh)?;
    if durable {
        file.sync_all().during("syncing", &fresh)?;
    }
    rename(&fresh, place)?;
    match durable {
        true => sync_dir(&place.parent()),
        false => Ok(()),
    }
}

/// Gives the file another name on the same disk; a file that had it is gone.
pub(crate) fn rename(from: &Place, to: &Place) -> Result<(), Error> {
    from.disk
        .rename(&from.path, &to.path)
        .during("renaming", from)
}

/// Writes zeros over `from..to`. Blocks written once make every later sync of them cheaper.
pub(crate) fn write_zeros(
    file: &dyn DiskFile,
    place: &Place,
    from: u64,
    to: u64,
) -> Result<(), Error> {
    let mut at = from;
    while at < to {
        let zeros = &ZEROS[..usize::try_from(to - at)
            .unwrap_or(usize::MAX)
            .min(ZEROS.len())];
        file.write_all_at(zeros, at).during("zeroing", place)?;
        at += zeros.len() as u64;
    }
    Ok(())
}

/// Zeroes the file where it lies, synced, and unlinks it.
pub(crate) fn wipe(place: &Place) -> Result<(), Error> {
    let file = open_write(place)?;
    let length = file.length().during("measuring", place)?;
    write_zeros(&*file, place, 0, length)?;
    file.sync_data().during("syncing", place)?;
    remove(place).map(|_| ())
}

/// Writes a range's own bytes once more, so that the next sync puts them on disk whatever became of an earlier one:
/// after a sync that failed, what is read may not be there, and no later sync writes it by itself.
pub(crate) fn write_again(
    file: &dyn DiskFile,
    place: &Place,
    range: Range<u64>,
) -> Result<(), Error> {
    let mut bytes = vec![0; ZEROS.len()];
    let mut at = range.start;
    while at < range.end {
        let count = usize::try_from(range.end - at)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let piece = bytes.get_mut(..count).unwrap_or_default();
        file.read_exact_at(piece, at).during("reading", place)?;
        file.write_all_at(piece, at).during("writing", place)?;
        at += count as u64;
    }
    Ok(())
}

/// Unlinks the file; a file that is not there is as good as unlinked. True when it was there.
pub(crate) fn remove(place: &Place) -> Result<bool, Error> {
    match place.disk.remove(&place.path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        result => result.map(|()| true).during("removing", place),
    }
}

/// What is in a folder, sorted; nothing when there is no folder.
pub(crate) fn list(dir: &Place) -> Result<Vec<Place>, Error> {
    let mut paths = match dir.disk.list(&dir.path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        result => result.during("listing", dir)?,
    };
    paths.sort();
    Ok(paths.into_iter().map(|path| dir.at(path)).collect())
}

/// What a file is called until it is whole.
const UNFINISHED: &str = ".new";

/// True for a file that [`replace`] or the like had not finished.
pub(crate) fn is_unfinished(name: &str) -> bool {
    name.strip_suffix(UNFINISHED).is_some()
}

/// As the system knows it, as far as it is there.
pub(crate) fn real_path(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut missing = Vec::new();
    for there in absolute.ancestors() {
        if let Ok(real) = std::fs::canonicalize(there) {
            return missing
                .iter()
                .rev()
                .fold(real, |path, name| path.join(name));
        }
        missing.extend(there.file_name().map(ToOwned::to_owned));
    }
    absolute
}

/// Lets every other thread go before this one. Where that is not allowed it goes as they do.
pub(crate) fn step_back() {
    /// Of the scheduler's 19 steps.
    const NICENESS: i32 = 10;
    let _ = rustix::process::setpriority_process(None, NICENESS);
}

/// Makes the lock file and holds it against everyone, until what is given is dropped.
pub(crate) fn hold_alone(lock: &Place) -> Result<File, Error> {
    let file = SystemDisk::open_file(lock.real().path(), Open::Create).during("creating", lock)?;
    hold(
        file,
        lock,
        rustix::fs::FlockOperation::NonBlockingLockExclusive,
    )
}

/// Holds the lock file against who wants it alone; None when there is no such file.
pub(crate) fn hold_shared(lock: &Place) -> Result<Option<File>, Error> {
    let real = lock.real();
    if !real.exists() {
        return Ok(None);
    }
    let file = SystemDisk::open_file(real.path(), Open::Read).during("opening", lock)?;
    hold(
        file,
        lock,
        rustix::fs::FlockOperation::NonBlockingLockShared,
    )
    .map(Some)
}

fn hold(file: File, lock: &Place, how: rustix::fs::FlockOperation) -> Result<File, Error> {
    match rustix::fs::flock(&file, how) {
        Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::Locked {
            path: lock.path.clone(),
        }),
        result => result.during("locking", lock).map(|()| file),
    }
}
