//! One segment file: how it is recovered, read and closed. It never writes a record.

use std::ops::Range;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use super::footer::{self, Closed};
use super::frame::{self, BATCH_HEADER_BYTES, SEGMENT_HEADER_BYTES};
use super::index::{Entry, Live};
use crate::Position;
use crate::disk::DiskFile;
use crate::error::{During, Error};
use crate::files::{self, Place};
use crate::id::Id;
use crate::record::{self, Raw};
use crate::scope::Scope;

pub(crate) struct Segment {
    pub first: Position,
    pub path: Place,
    file: Mutex<Held>,
    pub body: RwLock<Body>,
}

#[derive(Default)]
struct Held {
    file: Option<Arc<dyn DiskFile>>,
    /// The segment was written anew: its path leads to another file by now.
    is_pinned: bool,
}

/// Appends a record, given as its bytes and split, to the batch, as it was or otherwise sealed.
pub(crate) type Change<'a> =
    dyn FnMut(Position, &[u8], &Raw<'_>, &mut Vec<u8>) -> Result<(), Error> + 'a;

pub(crate) enum Body {
    Live(Live),
    Closed(Closed),
}

pub(crate) fn path_of(dir: &Place, first: Position) -> Place {
    dir.join(format!("{first:020}.seg"))
}

/// No log is this long: positions can be added to without a thought of their end.
pub(crate) const FIRST_MAX: Position = 1 << 62;

/// The first position in a segment's file name.
pub(crate) fn first_of(path: &Place) -> Option<Position> {
    let digits = path.name().strip_suffix(".seg")?;
    let first = (digits.len() == 20).then(|| digits.parse().ok())?;
    first.filter(|first| *first < FIRST_MAX)
}

impl Segment {
    pub fn new(first: Position, path: Place, body: Body) -> Segment {
        Segment {
            first,
            path,
            file: Mutex::default(),
            body: RwLock::new(body),
        }
    }

    /// The segment's file, opened at its first use.
    pub fn file(&self) -> Result<Arc<dyn DiskFile>, Error> {
        // Held until it is open: a rewriting pins the old file before the new one takes its name.
        let file = &mut self.file.lock().file;
        match file {
            Some(file) => Ok(file.clone()),
            None => Ok(file.insert(files::open_read(&self.path)?).clone()),
        }
    }

    pub fn is_file_open(&self) -> bool {
        self.file.lock().file.is_some()
    }

    /// Lets go of the file, where the path still leads to it; the next read opens it again.
    pub fn let_go(&self) {
        let mut held = self.file.lock();
        if !held.is_pinned {
            held.file = None;
        }
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

    /// Records and bytes, of one moment, and whether there will never be more.
    pub fn extent(&self) -> (u64, u64, bool) {
        match &*self.body.read() {
            Body::Live(live) => (live.entries.len() as u64, live.data_end, false),
            Body::Closed(closed) => (u64::from(closed.count), closed.bytes(), true),
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
        file.set_length(data_end).during("cutting", &self.path)?;
        // The trailer goes last, when what it leads to is on disk: an opening trusts it and does not read the rest.
        let trailer_at = footer.len().saturating_sub(footer::TRAILER_BYTES);
        let (index, trailer) = footer.split_at(trailer_at);
        for (bytes, at) in [(index, data_end), (trailer, data_end + trailer_at as u64)] {
            file.write_all_at(bytes, at)
                .during("writing the index of", &self.path)?;
            file.sync_all().during("syncing", &self.path)?;
        }
        let closed = Closed::read(&*file, &self.path)?;
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
            let all = closed.extents(&*file, &self.path, *first, last - first + 1)?;
            let pick = |index: &u32| {
                all.get((index - first) as usize)
                    .copied()
                    .ok_or(Error::NotFound)
            };
            return indexes.iter().map(pick).collect();
        }
        let one = |index: &u32| {
            let found = closed.extents(&*file, &self.path, within(index)?, 1)?;
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
        /// Bytes gathered before they are written.
        const WRITTEN_AT_ONCE: usize = 1 << 20;
        let old = self.file()?;
        let damaged = |at: u64| Error::damaged(&self.path, at, "a batch cannot be read");
        let fresh = self.path.with_extension("seg.new");
        let file = files::create(&fresh)?;
        let mut out = frame::segment_header(self.first);
        let mut written = 0;
        let mut live = Live::new(self.first, 0);
        let mut leaves = Vec::new();
        let (mut at, data_end) = (SEGMENT_HEADER_BYTES as u64, self.data_end());
        let (mut bytes, mut changed) = (Vec::new(), Vec::new());
        while at < data_end {
            let mut header = [0; BATCH_HEADER_BYTES];
            let reading = |result: std::io::Result<()>| result.during("reading", &self.path);
            reading(old.read_exact_at(&mut header, at))?;
            let length = frame::length_of_batch(&header)
                .filter(|length| *length <= data_end - at)
                .ok_or_else(|| damaged(at))?;
            bytes.resize(length as usize, 0);
            reading(old.read_exact_at(&mut bytes, at))?;
            let batch = frame::parse_batch(&bytes).ok_or_else(|| damaged(at))?;
            frame::begin_batch(&mut changed);
            for record in batch.records() {
                let (_, record) = record.ok_or_else(|| damaged(at))?;
                let raw = record::parse(record).ok_or_else(|| damaged(at))?;
                let start = changed.len();
                let position = self.first + live.entries.len() as u64;
                change(position, record, &raw, &mut changed)?;
                let became = record::parse(changed.get(start..).unwrap_or_default())
                    .ok_or_else(|| damaged(at))?;
                leaves.push(raw.routing.leaf);
                live.add(Entry::of(
                    (written as usize + out.len() + start) as u32,
                    (changed.len() - start) as u32,
                    &became,
                ));
            }
            frame::end_batch(&mut changed, batch.first, batch.count);
            out.extend_from_slice(&changed);
            at += batch.bytes as u64;
            if out.len() >= WRITTEN_AT_ONCE {
                file.write_all_at(&out, written).during("writing", &fresh)?;
                written += out.len() as u64;
                out.clear();
            }
        }
        live.data_end = written + out.len() as u64;
        out.extend_from_slice(&footer::encode(&live));
        file.write_all_at(&out, written).during("writing", &fresh)?;
        file.sync_all().during("syncing", &fresh)?;
        let closed = Closed::read(&*file, &fresh)?;
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
        *self.file.lock() = Held {
            file: Some(old),
            is_pinned: true,
        };
        files::rename(&fresh, &self.path)?;
        files::sync_dir(&self.path.parent())?;
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

    /// The first `limit` records that the scope's destruction touches here.
    pub fn scope_list(&self, scope: &Scope, limit: usize) -> Result<Vec<u32>, Error> {
        if let Body::Live(live) = &*self.body.read() {
            let mut indexes = live.posting(scope).0;
            indexes.truncate(limit);
            return Ok(indexes);
        }
        let closed = self.closed().unwrap_or_default();
        closed.scope_list(&*self.file()?, &self.path, scope, limit)
    }
}
