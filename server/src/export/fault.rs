//! Why an export could not be built, each with a code that never changes. No error carries content.

use std::fmt;
use std::io;

use migrations_free_store::{Error, Id, Position};

#[derive(Debug)]
#[non_exhaustive]
pub enum ExportError {
    Store(Error),
    Pack(io::Error),
    /// The newest checkpoint does not yet cover the order: sign one and try again.
    Unsigned {
        frozen: Position,
        signed: Position,
    },
    /// Somebody gave it up.
    Cancelled,
    /// The log does not hold the request and the approval of this export.
    NotOrdered,
    Damaged {
        position: Position,
        why: &'static str,
    },
    /// An attachment is not what its message committed to.
    DamagedFile {
        file: Id,
    },
    TooMany {
        what: &'static str,
        limit: usize,
    },
}

impl ExportError {
    pub fn code(&self) -> &'static str {
        match self {
            ExportError::Store(error) => error.code(),
            ExportError::Pack(_) => "export/pack",
            ExportError::Unsigned { .. } => "export/unsigned",
            ExportError::Cancelled => "export/cancelled",
            ExportError::NotOrdered => "export/not_ordered",
            ExportError::Damaged { .. } => "export/damaged",
            ExportError::DamagedFile { .. } => "export/damaged_file",
            ExportError::TooMany { .. } => "export/too_many",
        }
    }
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExportError::Store(error) => error.fmt(f),
            ExportError::Pack(error) => write!(f, "writing the bundle: {error}"),
            ExportError::Unsigned { frozen, signed } => write!(
                f,
                "the newest checkpoint covers {signed} events, the export needs {frozen}"
            ),
            ExportError::Cancelled => f.write_str("the export was cancelled"),
            ExportError::NotOrdered => {
                f.write_str("the log does not hold this export's request and approval")
            }
            ExportError::Damaged { position, why } => {
                write!(f, "the event at position {position}: {why}")
            }
            ExportError::DamagedFile { file } => write!(
                f,
                "the attachment {file} is not what its message committed to"
            ),
            ExportError::TooMany { what, limit } => {
                write!(f, "more than {limit} {what}: choose a shorter range")
            }
        }
    }
}

impl std::error::Error for ExportError {}

impl From<Error> for ExportError {
    fn from(error: Error) -> Self {
        ExportError::Store(error)
    }
}

/// The store's own errors come back out of the zip writer.
impl From<io::Error> for ExportError {
    fn from(error: io::Error) -> Self {
        error
            .downcast::<Error>()
            .map_or_else(ExportError::Pack, ExportError::Store)
    }
}

impl From<zip::result::ZipError> for ExportError {
    fn from(error: zip::result::ZipError) -> Self {
        io::Error::from(error).into()
    }
}
