//! A note in the data directory for as long as a server runs on it: whoever finds one at a start knows that the last
//! server was cut off, by the power, a kill or a crash.
//!
//! Nothing is decided by it: what is in the log says what is true.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// The note's name in the data directory.
pub const NOTE: &str = "running";

/// Leaves the note, and says whether the last server's was still there.
pub fn begins(data: &Path) -> bool {
    let note = data.join(NOTE);
    let was_cut_off = note.exists();
    let left = File::create(&note)
        .and_then(|note| note.sync_all())
        .and_then(|()| sync(data));
    if let Err(error) = left {
        tracing::warn!(%error, "it could not be noted that a server runs here");
    }
    was_cut_off
}

/// Takes it away: all is durable, and nobody is answered any more.
pub fn ends(data: &Path) {
    if let Err(error) = fs::remove_file(data.join(NOTE)).and_then(|()| sync(data)) {
        tracing::warn!(%error, "it could not be noted that no server runs here any more");
    }
}

fn sync(data: &Path) -> io::Result<()> {
    File::open(data)?.sync_all()
}
