//! One segment file: how it is recovered, read and closed. It never writes a record.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use super::footer::{self, Closed};
use super::frame::{self, SEGMENT_HEADER_BYTES};
use super::index::{Entry, Live};
use crate::error::{During, Error};
use crate::id::Id;
use crate::record::{self, Raw};
use crate::scope::Scope;
use crate::{Position, files};

pub(crate) struct Segment {
    pub first: Position,
    pub path: PathBuf,
    file: Mutex<Option<Arc<File>>>,
    /// The file of a segment that was written anew: its path leads to another one by now.
    pinned: Mutex<Option<Arc<File>>>,
    pub body: RwLock<Body>,
}

/// Appends a record, given as its bytes and split, to the batch, as it was or otherwise sealed.
pub(crate) type Change<'a> =
    dyn FnMut(Position, &[u8], &Raw<'_>, &mut Vec<u8>) -> Result<(), Error> + 'a;

pub(crate) enum Body {
    Live(Live),
    Closed(Closed),
}

pub(crate) fn path_of(dir: &Path, first: Position) -> PathBuf {
    dir.join(format!("{first:020}.seg"))
}

/// The first position in a segment's file name.
pub(crate) fn first_of(path: &Path) -> Option<Position> {
    let digits = files::name_of(path).strip_suffix(".seg")?;
    (digits.len() == 20).then(|| digits.parse().ok())?
}

impl Segment {
    pub fn new(first: Position, path: PathBuf, body: Body) -> Segment {
        Segment {
            first,
            path,
            file: Mutex::default(),
            pinned: Mutex::default(),
            body: RwLock::new(body),
        }
    }

    /// The segment's file, opened at its first use.
    pub fn file(&self) -> Result<Arc<File>, Error> {
        if let Some(pinned) = &*self.pinned.lock() {
            return Ok(pinned.clone());
        }
        let mut file = self.file.lock();
        match &*file {
            Some(file) => Ok(file.clone()),
            None => Ok(file.insert(Arc::new(files::open_read(&self.path)?)).clone()),
        }
    }

    pub fn is_file_open(&self) -> bool {
        self.file.lock().is_some()
    }

    /// Lets go of the file; the next read opens it again.
    pub fn let_go(&self) {
        *self.file.lock() = None;
    }

    pub fn count(&self) -> u64 {
        match &*self.body.read() {
            Body::Live(live) => live.entries.len() as u64,
            Body::Closed(closed) => u64::from(closed.count),
        }
    }

    pub fn newest_ms(&self) -> u64 {
        match &*self.body.read() {
            Body::Live(live) => live.newest_ms,
            Body::Closed(closed) => closed.newest_ms,
        }
    }

    /// Where its batches end, in bytes from the file's beginning.
    pub fn data_end(&self) -> u64 {
        match &*self.body.read() {
            Body::Live(live) => live.data_end,
            Body::Closed(closed) => closed.data_end,
        }
    }

    pub fn bytes(&self) -> u64 {
        match &*self.body.read() {
            Body::Live(live) => live.data_end,
            Body::Closed(closed) => closed.bytes(),
        }
    }

    fn closed(&self) -> Option<Closed> {
        match &*self.body.read() {
            Body::Live(_) => None,
            Body::Closed(closed) => Some(*closed),
        }
    }

    /// Writes the index behind the batches, cuts the unused zeros off, and from now on looks things up on disk.
    pub fn close(&self) -> Result<(), Error> {
        let (footer, data_end) = match &*self.body.read() {
            Body::Live(live) => (footer::encode(live), live.data_end),
            Body::Closed(_) => return Ok(()),
        };
        let file = files::open_write(&self.path)?;
        file.set_len(data_end).during("cutting", &self.path)?;
        file.write_all_at(&footer, data_end)
            .during("writing the index of", &self.path)?;
        file.sync_all().during("syncing", &self.path)?;
        let closed = Closed::read(&file, &self.path)?;
        let closed =
            closed.ok_or_else(|| Error::damaged(&self.path, data_end, "the index just written"))?;
        *self.body.write() = Body::Closed(closed);
        Ok(())
    }

    /// Byte ranges of these records, given by growing index. A range may be longer than its record.
    pub fn extents(&self, indexes: &[u32]) -> Result<Vec<(u64, u32)>, Error> {
        if let Body::Live(live) = &*self.body.read() {
            let entries = indexes
                .iter()
                .map(|index| live.entries.get(*index as usize).ok_or(Error::NotFound));
            return entries
                .map(|entry| entry.map(|e| (u64::from(e.offset), e.length)))
                .collect();
        }
        let (Some(closed), Some(first), Some(last)) =
            (self.closed(), indexes.first(), indexes.last())
        else {
            return Ok(Vec::new());
        };
        let file = self.file()?;
        let within = |index: &u32| {
            (*index < closed.count)
                .then_some(*index)
                .ok_or(Error::NotFound)
        };
        within(last)?;
        // Near one another: the whole stretch of offsets in one read.
        if (last - first) as usize <= indexes.len() * 64 {
            let all = closed.extents(&file, &self.path, *first, last - first + 1)?;
            let pick = |index: &u32| {
                all.get((index - first) as usize)
                    .copied()
                    .ok_or(Error::NotFound)
            };
            return indexes.iter().map(pick).collect();
        }
        let one = |index: &u32| {
            let found = closed.extents(&file, &self.path, within(index)?, 1)?;
            found.first().copied().ok_or(Error::NotFound)
        };
        indexes.iter().map(one).collect()
    }

    /// Gives the first records of a range that is not empty to `each`, and says how many: not many at once, nor
    /// many bytes, but at least one.
    pub fn read_on(
        &self,
        range: Range<u32>,
        each: &mut dyn FnMut(Position, &Raw<'_>) -> Result<(), Error>,
    ) -> Result<u32, Error> {
        const RECORDS_MAX: u32 = 512;
        const BYTES_MAX: u64 = 1 << 20;
        let end = range.end.min(range.start.saturating_add(RECORDS_MAX));
        let mut indexes: Vec<u32> = (range.start..end).collect();
        let mut extents = self.extents(&indexes)?;
        let mut bytes = 0;
        let fits = |(_, length): &&(u64, u32)| {
            bytes += u64::from(*length);
            bytes <= BYTES_MAX
        };
        let count = extents.iter().take_while(fits).count().max(1);
        indexes.truncate(count);
        extents.truncate(count);
        self.read_extents(&indexes, &extents, each)?;
        Ok(indexes.len() as u32)
    }

    /// Gives each of these records, given by growing index, to `each`. Neighbours are read in one go.
    pub fn read(
        &self,
        indexes: &[u32],
        each: &mut dyn FnMut(Position, &Raw<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.read_extents(indexes, &self.extents(indexes)?, each)
    }

    fn read_extents(
        &self,
        indexes: &[u32],
        extents: &[(u64, u32)],
        each: &mut dyn FnMut(Position, &Raw<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        /// Bytes between two records that are cheaper to read than to skip.
        const GAP_MAX: u64 = 16 << 10;
        const RUN_BYTES_MAX: u64 = 1 << 20;
        let file = self.file()?;
        let mut bytes = Vec::new();
        let mut rest = indexes.iter().zip(extents).peekable();
        while let Some((index, (from, length))) = rest.next() {
            let mut run = vec![(*index, 0, *length)];
            let mut end = from + u64::from(*length);
            while let Some((index, (at, length))) = rest.next_if(|(_, (at, length))| {
                *at >= *from
                    && *at <= end + GAP_MAX
                    && at + u64::from(*length) - from <= RUN_BYTES_MAX
            }) {
                run.push((*index, (at - from) as usize, *length));
                end = end.max(at + u64::from(*length));
            }
            bytes.resize((end - from) as usize, 0);
            file.read_exact_at(&mut bytes, *from)
                .during("reading", &self.path)?;
            for (index, start, length) in run {
                let record = bytes
                    .get(start..start + length as usize)
                    .and_then(|stretch| {
                        let length = record::length_of(stretch)?;
                        record::parse(stretch.get(..length)?)
                    });
                let at = from + start as u64;
                let raw = record
                    .ok_or_else(|| Error::damaged(&self.path, at, "a record cannot be read"))?;
                each(self.first + u64::from(index), &raw)?;
            }
        }
        Ok(())
    }

    /// Writes the closed segment anew, with each record as `change` appends it, and renames it into place.
    /// Readers that hold this segment go on with the old file, which is gone once the last lets go of it.
    pub fn rewrite(&self, change: &mut Change<'_>) -> Result<Segment, Error> {
        let old = self.file()?;
        let damaged = |at: usize| Error::damaged(&self.path, at as u64, "a batch cannot be read");
        let mut bytes = vec![0; self.data_end() as usize];
        old.read_exact_at(&mut bytes, 0)
            .during("reading", &self.path)?;
        let mut out = frame::segment_header(self.first);
        let mut live = Live::new(self.first, 0);
        let mut leaves = Vec::new();
        let mut at = SEGMENT_HEADER_BYTES;
        let mut batch_bytes = Vec::new();
        while at < bytes.len() {
            let batch = bytes
                .get(at..)
                .and_then(frame::parse_batch)
                .ok_or_else(|| damaged(at))?;
            frame::begin_batch(&mut batch_bytes);
            for record in batch.records() {
                let (_, record) = record.ok_or_else(|| damaged(at))?;
                let raw = record::parse(record).ok_or_else(|| damaged(at))?;
                let start = batch_bytes.len();
                change(
                    self.first + live.entries.len() as u64,
                    record,
                    &raw,
                    &mut batch_bytes,
                )?;
                let written = record::parse(batch_bytes.get(start..).unwrap_or_default())
                    .ok_or_else(|| damaged(at))?;
                leaves.push(raw.routing.leaf);
                live.add(Entry::of(
                    (out.len() + start) as u32,
                    (batch_bytes.len() - start) as u32,
                    &written,
                ));
            }
            frame::end_batch(&mut batch_bytes, batch.first, batch.count);
            out.extend_from_slice(&batch_bytes);
            at += batch.bytes;
        }
        live.data_end = out.len() as u64;
        out.extend_from_slice(&footer::encode(&live));
        let fresh = self.path.with_extension("seg.new");
        let file = files::create(&fresh)?;
        file.write_all_at(&out, 0).during("writing", &fresh)?;
        file.sync_all().during("syncing", &fresh)?;
        let closed = Closed::read(&file, &fresh)?;
        let closed = closed
            .ok_or_else(|| Error::damaged(&fresh, live.data_end, "the segment just written"))?;
        let segment = Segment::new(self.first, fresh.clone(), Body::Closed(closed));
        let indexes: Vec<u32> = (0..closed.count).collect();
        let mut expected = leaves.iter();
        segment.read(&indexes, &mut |_, raw| match expected.next() {
            Some(leaf) if *leaf == raw.routing.leaf => Ok(()),
            _ => Err(Error::damaged(
                &fresh,
                0,
                "the segment just written has another leaf",
            )),
        })?;
        // From here on this object's file stays open, so that its readers never meet the new one's offsets.
        *self.pinned.lock() = Some(old);
        std::fs::rename(&fresh, &self.path).during("renaming", &fresh)?;
        files::sync_dir(self.path.parent().unwrap_or(&self.path))?;
        Ok(Segment::new(
            self.first,
            self.path.clone(),
            Body::Closed(closed),
        ))
    }

    pub fn channel(&self, channel: &Id, from_seq: u64, to_seq: u64) -> Result<Vec<u32>, Error> {
        if let Body::Live(live) = &*self.body.read() {
            return Ok(live.channel(channel, from_seq, to_seq));
        }
        let closed = self.closed().unwrap_or_default();
        closed.channel(&*self.file()?, &self.path, channel, from_seq, to_seq)
    }

    pub fn find_tag(&self, tag: &[u8; 16]) -> Result<Option<u32>, Error> {
        if let Body::Live(live) = &*self.body.read() {
            return Ok(live.find_tag(tag));
        }
        self.closed()
            .unwrap_or_default()
            .find_tag(&*self.file()?, &self.path, tag)
    }

    /// How many records the scope's destruction touches here, and how many bytes of them.
    pub fn scope_totals(&self, scope: &Scope) -> Result<(u64, u64), Error> {
        if let Body::Live(live) = &*self.body.read() {
            let (indexes, bytes) = live.posting(scope);
            return Ok((indexes.len() as u64, bytes));
        }
        self.closed()
            .unwrap_or_default()
            .scope_totals(&*self.file()?, &self.path, scope)
    }

    pub fn scope_list(&self, scope: &Scope) -> Result<Vec<u32>, Error> {
        if let Body::Live(live) = &*self.body.read() {
            return Ok(live.posting(scope).0);
        }
        self.closed()
            .unwrap_or_default()
            .scope_list(&*self.file()?, &self.path, scope)
    }
}
