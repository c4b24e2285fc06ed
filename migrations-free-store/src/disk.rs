//! What the store asks of a disk. It knows bytes, names and syncs, and nothing of what they mean.

use std::fmt::Debug;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the store keeps its files. What it promises after a crash holds on any disk on which a file's synced
/// bytes stay, and the names in a folder that was synced.
pub trait Disk: Debug + Send + Sync {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>>;
    /// Bytes of the file. A folder that is there has some length too.
    fn length(&self, path: &Path) -> io::Result<u64>;
    /// Whatever stood at `to` is gone; who holds it open keeps it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the folder and those above it, for the owner alone; one that is there is no error.
    fn make_dir(&self, dir: &Path) -> io::Result<()>;
    /// Removes a folder that is empty.
    fn remove_dir(&self, dir: &Path) -> io::Result<()>;
    /// Puts the names in a folder on disk.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// The paths in a folder, in any order.
    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>>;
    /// Where on this machine's own disk the path lies, or what stands in for it: the lock and the views' engine
    /// know no other disk. The folder above it must be there.
    fn real(&self, path: &Path) -> PathBuf;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// A file that is there, to be read.
    Read,
    /// A file that is there, to be read and written.
    Write,
    /// Made or emptied, for the owner alone, to be read and written.
    Create,
}

/// An open file. It stays itself when its name is given to another file, or removed.
pub trait DiskFile: Send + Sync {
    /// Reads some bytes and says how many; none at the file's end.
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize>;
    /// After an error any part of it may be written.
    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;
    /// Puts the bytes on disk, and the length needed to read them.
    fn sync_data(&self) -> io::Result<()>;
    /// Puts the bytes and everything else about the file on disk.
    fn sync_all(&self) -> io::Result<()>;
    fn set_length(&self, length: u64) -> io::Result<()>;
    fn length(&self) -> io::Result<u64>;
    /// Claims space for the first `length` bytes, so that a full disk is met now. It is no error that a disk cannot.
    fn allocate(&self, length: u64) -> io::Result<()>;

    /// Tells this very file, as it is now, from every other and from what it was before: two numbers. None: this
    /// disk cannot.
    fn stamp(&self) -> io::Result<Option<(u64, i64)>> {
        Ok(None)
    }

    /// Lets go of what memory has of it, so that the next read asks the disk.
    fn forget_memory(&self) {}

    /// Fills `bytes`, or fails with `UnexpectedEof`.
    fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        let mut done = 0;
        while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.read_at(rest, at + done as u64) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => done += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// This machine's own disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

impl SystemDisk {
    pub(crate) fn open_file(path: &Path, how: Open) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(how != Open::Read);
        if how == Open::Create {
            options.create(true).truncate(true).mode(0o600);
        }
        options.open(path)
    }
}

impl Disk for SystemDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(Self::open_file(path, how)?))
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        Ok(fs::metadata(path)?.len())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn make_dir(&self, dir: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        fs::remove_dir(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
        fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect()
    }

    fn real(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }
}

impl DiskFile for File {
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        FileExt::read_at(self, bytes, at)
    }

    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        FileExt::write_all_at(self, bytes, at)
    }

    fn sync_data(&self) -> io::Result<()> {
        File::sync_data(self)
    }

    fn sync_all(&self) -> io::Result<()> {
        File::sync_all(self)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn stamp(&self) -> io::Result<Option<(u64, i64)>> {
        let about = self.metadata()?;
        // No program sets the time of a change.
        let changed_ns = about.ctime().checked_mul(1_000_000_000);
        let changed_ns = changed_ns.and_then(|ns| ns.checked_add(about.ctime_nsec()));
        Ok(changed_ns.map(|changed_ns| (about.ino(), changed_ns)))
    }

    fn forget_memory(&self) {
        // Some file systems have no such memory.
        let _ = rustix::fs::fadvise(self, 0, None, rustix::fs::Advice::DontNeed);
    }

    fn allocate(&self, length: u64) -> io::Result<()> {
        use rustix::io::Errno;
        match rustix::fs::fallocate(self, rustix::fs::FallocateFlags::empty(), 0, length) {
            Err(Errno::NOTSUP | Errno::NODEV | Errno::INVAL) => Ok(()),
            result => Ok(result?),
        }
    }
}
