//! What a segment file holds after a crash: whole batches, and behind the last of them a torn one, or damage.
//! It cuts a torn batch off, and never a damaged one.

use std::ops::Range;

use super::footer::Closed;
use super::frame::{self, SEGMENT_HEADER_BYTES};
use super::index::{Entry, Live};
use super::segment::{Body, Segment};
use crate::disk::DiskFile;
use crate::error::{During, Error};
use crate::files::{self, Place};
use crate::record::{self, Raw};
use crate::{Position, Progress};

/// Opens one segment; `next` is the first position of the segment behind it, if there is one.
pub(super) fn open_segment(
    first: Position,
    path: &Place,
    next: Option<Position>,
    signed: Position,
    progress: &mut dyn FnMut(Progress),
) -> Result<Segment, Error> {
    let file = files::open_read(path)?;
    if let Some(closed) = Closed::read(&*file, path)?
        && closed.first == first
        && next.is_none_or(|next| next == first + u64::from(closed.count))
        && closed.read_channels(&*file, path)?.is_some()
    {
        return Ok(Segment::new(first, path.clone(), Body::Closed(closed)));
    }
    let bytes = files::read(path)?.ok_or(Error::NotFound)?;
    let recovered = recover(&bytes, path, first)?;
    drop(bytes);
    let end = first + recovered.live.entries.len() as u64;
    let data_end = recovered.live.data_end;
    let segment = Segment::new(first, path.clone(), Body::Live(recovered.live));
    match next {
        // A full segment whose index was not finished, or is damaged: every event must still be there.
        Some(next) if next != end => Err(Error::damaged(
            path,
            data_end,
            "a batch is damaged and a later segment follows it",
        )),
        Some(_) => {
            progress(Progress::Warning(format!(
                "the index of {} was made anew",
                path.display()
            )));
            segment.close()?;
            Ok(segment)
        }
        None if end < signed => Err(Error::ShorterThanCheckpoint { size: end, signed }),
        None => {
            if let Some(torn) = recovered.torn {
                cut(path, torn.clone())?;
                let bytes = torn.end - torn.start;
                let told = format!(
                    "{bytes} bytes of an unfinished batch were cut off {}",
                    path.display()
                );
                progress(Progress::Warning(told));
            }
            make_sure(path, recovered.last)?;
            Ok(segment)
        }
    }
}

/// Zeroes a torn batch, so that nothing of it can ever pass for a batch.
fn cut(path: &Place, torn: Range<u64>) -> Result<(), Error> {
    let file = files::open_write(path)?;
    files::write_zeros(&*file, path, torn.start, torn.end)?;
    file.sync_all().during("syncing", path)
}

/// Puts the last batch on disk. Whoever wrote it may have been killed before its sync, or the sync failed: from now on
/// it is read and answered for, so it must be there after a power cut too.
fn make_sure(path: &Place, last: Range<u64>) -> Result<(), Error> {
    let file = files::open_write(path)?;
    files::write_again(&*file, path, last)?;
    file.sync_data().during("syncing", path)
}

/// What recovery found in a segment that has no footer.
struct Recovered {
    live: Live,
    /// Where the last whole batch lies, the segment's header too if it is the first.
    last: Range<u64>,
    /// Bytes behind the last whole batch that are not zero: a torn batch, to be cut.
    torn: Option<Range<u64>>,
}

/// Reads every batch of a segment without a footer. A last batch that is not whole is torn when no whole batch
/// follows it; when one follows, acknowledged events are damaged, and that is an error and never a cut.
fn recover(bytes: &[u8], path: &Place, first: Position) -> Result<Recovered, Error> {
    if u32::try_from(bytes.len()).is_err() {
        return Err(Error::damaged(path, 0, "no segment is this long"));
    }
    let mut live = Live::new(first, SEGMENT_HEADER_BYTES as u64);
    let mut at = SEGMENT_HEADER_BYTES;
    let mut last = 0..0;
    let header = bytes.get(..SEGMENT_HEADER_BYTES);
    if header == Some(&frame::segment_header(first)) {
        while let Some(batch) = bytes.get(at..).and_then(frame::parse_batch) {
            if batch.first != first + live.entries.len() as u64 {
                return Err(Error::damaged(
                    path,
                    at as u64,
                    "a batch does not follow the one before it",
                ));
            }
            for found in batch.records() {
                let entry = found.and_then(|(offset, bytes)| {
                    let offset = at as u32 + offset;
                    Some(Entry::of(
                        offset,
                        bytes.len() as u32,
                        &record::parse(bytes)?,
                    ))
                });
                let why =
                    "a record in a whole batch cannot be read: was it written by a newer version?";
                live.add(entry.ok_or_else(|| Error::damaged(path, at as u64, why))?);
            }
            if batch.first + u64::from(batch.count) != first + live.entries.len() as u64 {
                return Err(Error::damaged(
                    path,
                    at as u64,
                    "a batch has not the count it says",
                ));
            }
            last = match at {
                SEGMENT_HEADER_BYTES => 0..0,
                _ => at as u64..0,
            };
            at += batch.bytes;
            last.end = at as u64;
        }
    } else {
        at = 0;
    }
    live.data_end = at.max(SEGMENT_HEADER_BYTES) as u64;
    let rest = bytes.get(at..).unwrap_or_default();
    let Some(used) = last_used(rest) else {
        return Ok(Recovered {
            live,
            last,
            torn: None,
        });
    };
    if frame::find_batch(bytes, at).is_some() {
        return Err(Error::damaged(
            path,
            at as u64,
            "a batch is damaged and a whole batch follows it",
        ));
    }
    Ok(Recovered {
        live,
        last,
        torn: Some(at as u64..(at + used + 1) as u64),
    })
}

/// Reads every record of a segment file; then everything is read, and what is behind the last batch is an index
/// that says the same, a torn batch, or zeros.
pub(crate) fn walk<F>(
    path: &Place,
    first: Position,
    each: &mut dyn FnMut(Position, &Raw<'_>) -> Result<(), F>,
) -> Result<(), Result<F, Error>> {
    let bytes = files::read(path).map_err(Err)?.unwrap_or_default();
    let file = files::open_read(path).map_err(Err)?;
    walk_bytes(&bytes, &*file, path, first, each)
}

/// [`walk`] of a file whose bytes are `bytes`.
pub(crate) fn walk_bytes<F>(
    bytes: &[u8],
    file: &dyn DiskFile,
    path: &Place,
    first: Position,
    each: &mut dyn FnMut(Position, &Raw<'_>) -> Result<(), F>,
) -> Result<(), Result<F, Error>> {
    let damaged = |at: usize, why| Err(Err(Error::damaged(path, at as u64, why)));
    let mut position = first;
    let mut at = SEGMENT_HEADER_BYTES;
    if bytes.get(..at) != Some(&frame::segment_header(first)) {
        return match bytes.iter().all(|byte| *byte == 0) || frame::find_batch(bytes, 0).is_none() {
            true => Ok(()),
            false => damaged(0, "the segment's header is damaged"),
        };
    }
    while let Some(batch) = bytes.get(at..).and_then(frame::parse_batch) {
        if batch.first != position {
            return damaged(at, "a batch does not follow the one before it");
        }
        for found in batch.records() {
            let Some(raw) = found.and_then(|(_, bytes)| record::parse(bytes)) else {
                return damaged(at, "a record in a whole batch cannot be read");
            };
            each(position, &raw).map_err(Ok)?;
            position += 1;
        }
        if batch.first + u64::from(batch.count) != position {
            return damaged(at, "a batch has not the count it says");
        }
        at += batch.bytes;
    }
    if let Some(closed) = Closed::read(file, path).map_err(Err)? {
        let agrees = closed.first == first && first + u64::from(closed.count) == position;
        if !agrees || closed.data_end != at as u64 || !closed.is_whole(file, path).map_err(Err)? {
            return damaged(at, "the segment's index does not say what its batches say");
        }
    } else if frame::find_batch(bytes, at).is_some() {
        return damaged(at, "a batch is damaged and a whole batch follows it");
    }
    Ok(())
}

/// Does with a segment's bytes all that an opening and look-ups would; for tests with any bytes at all.
pub(crate) fn look_at(bytes: &[u8], file: &dyn DiskFile, path: &Place, first: Position) {
    let _recovered = recover(bytes, path, first);
    let Ok(Some(closed)) = Closed::read(file, path) else {
        return;
    };
    closed.look_at(file, path);
}

/// Where the last byte that is not zero stands. Most of an open segment is zeros, so they are passed by the page.
fn last_used(bytes: &[u8]) -> Option<usize> {
    const PAGE: [u8; 4096] = [0; 4096];
    let mut end = bytes.len();
    for page in bytes.rchunks(PAGE.len()) {
        end -= page.len();
        if PAGE.get(..page.len()) != Some(page) {
            return page.iter().rposition(|byte| *byte != 0).map(|at| end + at);
        }
    }
    None
}
