//! What can go wrong, each with a code that never changes. No error carries content or a key.

use std::io;
use std::path::{Path, PathBuf};

use crate::Position;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("{what} {}: {source}", path.display())]
    Io {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("no space left on the disk while writing {}", path.display())]
    DiskFull { path: PathBuf },
    /// Bytes on disk are not what was written. `at` is a byte offset in the file.
    #[error("{} is damaged at byte {at}: {why}", path.display())]
    Damaged {
        path: PathBuf,
        at: u64,
        why: &'static str,
    },
    /// A sealed record that its key does not open, or that contradicts its own leaf.
    #[error("the record at position {position} is damaged: {why}")]
    DamagedRecord {
        position: Position,
        why: &'static str,
    },
    #[error(
        "the log holds {size} events but a checkpoint of {signed} was signed: events are missing"
    )]
    ShorterThanCheckpoint { size: Position, signed: Position },
    #[error("the log does not agree with the checkpoint of {signed} events it signed")]
    Forked { signed: Position },
    #[error("another process has {} open", path.display())]
    Locked { path: PathBuf },
    #[error("the key does not fit: {why}")]
    WrongKey { why: &'static str },
    /// The key of what was asked for is destroyed.
    #[error("forgotten: its key is destroyed")]
    Forgotten,
    #[error("not found")]
    NotFound,
    #[error("{what} is larger than the limit of {limit}")]
    TooLarge { what: &'static str, limit: u64 },
    #[error("refused: {why}")]
    Refused { why: &'static str },
    /// A proof or a signature that does not prove what it should.
    #[error("not proved: {why}")]
    Unproven { why: &'static str },
    /// An earlier commit failed; what the disk holds is unknown, so the process must stop and recover.
    #[error("an earlier commit failed; the log must be opened anew")]
    Poisoned,
    /// A backup, or a restore, that cannot go on; its code is its own.
    #[error("{why}")]
    Backup { code: &'static str, why: String },
    #[error("the views' engine failed: {why}; it is rebuilt at the next start")]
    Views { why: String },
}

impl Error {
    /// A stable code for logs, metrics and the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Io { .. } => "store_io",
            Error::DiskFull { .. } => "store_disk_full",
            Error::Damaged { .. } => "store_damaged",
            Error::DamagedRecord { .. } => "store_damaged_record",
            Error::ShorterThanCheckpoint { .. } => "store_shorter_than_checkpoint",
            Error::Forked { .. } => "store_forked",
            Error::Locked { .. } => "store_locked",
            Error::WrongKey { .. } => "store_wrong_key",
            Error::Forgotten => "store_forgotten",
            Error::NotFound => "store_not_found",
            Error::TooLarge { .. } => "store_too_large",
            Error::Refused { .. } => "store_refused",
            Error::Unproven { .. } => "store_unproven",
            Error::Poisoned => "store_poisoned",
            Error::Backup { code, .. } => code,
            Error::Views { .. } => "store_views",
        }
    }

    pub(crate) fn damaged(path: impl AsRef<Path>, at: u64, why: &'static str) -> Error {
        Error::Damaged {
            path: path.as_ref().to_owned(),
            at,
            why,
        }
    }
}

/// Names what was being done, to which file, and tells a full disk from other failures.
pub(crate) trait During<T> {
    fn during(self, what: &'static str, path: impl AsRef<Path>) -> Result<T, Error>;
}

impl<T, E: Into<io::Error>> During<T> for Result<T, E> {
    fn during(self, what: &'static str, path: impl AsRef<Path>) -> Result<T, Error> {
        self.map_err(|error| {
            let source = error.into();
            let path = path.as_ref().to_owned();
            match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Error::DiskFull { path }
                }
                io::ErrorKind::UnexpectedEof => Error::Damaged {
                    path,
                    at: 0,
                    why: "the file is cut short",
                },
                _ => Error::Io { what, path, source },
            }
        })
    }
}
