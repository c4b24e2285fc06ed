//! Where cosigned checkpoints are kept.
//!
//! Never checks a signature: whoever reads one does.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::kept::read;

/// Where a data directory keeps the newest checkpoint that each witness has cosigned.
pub fn folder(data: &Path) -> PathBuf {
    data.join("tree/witnessed")
}

/// The witness's file: named by the id in its key.
pub fn name(key: &str) -> String {
    let id = key.split('+').nth(1).unwrap_or_default();
    format!("{id}.note")
}

/// Every note in a folder, with its path; none when there is no folder.
pub fn read_all(folder: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut notes = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "note")
            && let Some(note) = read(&path)?
        {
            notes.push((path, note));
        }
    }
    notes.sort();
    Ok(notes)
}
