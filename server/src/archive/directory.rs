//! A folder: each bundle under a name of its own, beside its hash, whole or not there at all.
//!
//! Never overwrites, and never makes the folder itself: a disk that is not mounted must not fill another.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::{Fault, Parcel, fill};
use crate::chat::command::Arrived;
use crate::config::Destination;

const BLOCK_BYTES: usize = 1 << 20;

pub struct Directory {
    path: PathBuf,
}

impl Directory {
    pub fn new(to: &Destination) -> Directory {
        Directory {
            path: to.path.clone().unwrap_or_default(),
        }
    }

    pub fn take(&self, parcel: &Parcel<'_>) -> Result<Arrived, Fault> {
        if !self.path.is_dir() {
            return Err(Fault::new("missing", self.path.display()));
        }
        let (folder, name) = parcel.path();
        let folder = self.path.join(folder);
        fs::create_dir_all(&folder).map_err(|error| fault(&error))?;
        let place = folder.join(&name);
        if place.exists() {
            // It arrived, and the server was stopped before it could say so.
            if hash_of(&place).map_err(|error| fault(&error))? != parcel.sha256.0 {
                return Err(Fault::new("taken", name));
            }
            return Ok(parcel.arrived(None));
        }
        let temporary = folder.join(format!(".{name}.part"));
        let written = put(parcel, &temporary)
            .and_then(|()| beside(parcel, &folder, &name))
            .and_then(|()| finish(&temporary, &place, &folder).map_err(|error| fault(&error)));
        if written.is_err() {
            // The room is wanted for what is whole.
            let _gone = fs::remove_file(&temporary);
        }
        written.map(|()| parcel.arrived(None))
    }
}

fn put(parcel: &Parcel<'_>, temporary: &Path) -> Result<(), Fault> {
    let mut reader = parcel.reader()?;
    let mut out = File::create(temporary).map_err(|error| fault(&error))?;
    let mut block = vec![0; BLOCK_BYTES];
    let mut hash = Sha256::new();
    loop {
        let read = fill(&mut reader, &mut block).map_err(|error| Fault::new("unbuilt", error))?;
        let Some(bytes) = block.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        hash.update(bytes);
        out.write_all(bytes).map_err(|error| fault(&error))?;
    }
    if <[u8; 32]>::from(hash.finalize()) != parcel.sha256.0 {
        return Err(Fault::new("unbuilt", "the bundle is not what was built"));
    }
    out.sync_all().map_err(|error| fault(&error))
}

/// Its hash, as `sha256sum -c` reads it.
fn beside(parcel: &Parcel<'_>, folder: &Path, name: &str) -> Result<(), Fault> {
    let line = format!("{}  {name}\n", parcel.hash());
    let write = || {
        let mut out = File::create(folder.join(format!("{name}.sha256")))?;
        out.write_all(line.as_bytes())?;
        out.sync_all()
    };
    write().map_err(|error| fault(&error))
}

/// What is under the name already stays.
fn finish(temporary: &Path, place: &Path, folder: &Path) -> io::Result<()> {
    match renameat_with(CWD, temporary, CWD, place, RenameFlags::NOREPLACE) {
        // Not every shared folder knows how: nobody else writes there.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => fs::rename(temporary, place)?,
        done => done?,
    }
    // The folders above may be new too.
    for folder in folder.ancestors().take(4) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn hash_of(place: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(place)?;
    let mut block = vec![0; BLOCK_BYTES];
    let mut hash = Sha256::new();
    loop {
        let read = fill(&mut file, &mut block)?;
        let Some(bytes) = block.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        hash.update(bytes);
    }
    Ok(hash.finalize().into())
}

fn fault(error: &io::Error) -> Fault {
    let code = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => "full",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "read_only",
        ErrorKind::NotFound | ErrorKind::NotADirectory => "missing",
        ErrorKind::AlreadyExists => "taken",
        _ => "refused",
    };
    Fault::new(code, error)
}
