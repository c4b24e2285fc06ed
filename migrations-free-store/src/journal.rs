//! The log on this machine's disk: a row of segment files, the last of which grows.
//! It knows nothing of keys or trees: it keeps sealed records and finds them.

mod caretaker;
mod footer;
mod frame;
mod index;
mod recovery;
mod segment;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

use parking_lot::{Mutex, RwLock};

use crate::disk::DiskFile;
use crate::error::{During, Error};
use crate::files::{self, Place};
use crate::id::Id;
use crate::record::Raw;
use crate::scope::Scope;
use crate::verify::Hash;
use crate::writer::Took;
use crate::{Position, Progress};
pub(crate) use caretaker::Caretaker;
pub(crate) use frame::BATCH_HEADER_BYTES;
use frame::SEGMENT_HEADER_BYTES;
pub(crate) use index::Entry;
use index::Live;
pub(crate) use recovery::{look_at, walk_bytes};
pub(crate) use segment::FIRST_MAX;
use segment::{Body, Change, Segment};

/// Offsets in a segment have 32 bits; this leaves room for the last batch.
pub(crate) const SEGMENT_BYTES_MAX: u64 = 1 << 30;
pub(crate) const SEGMENT_BYTES_MIN: u64 = 4 << 10;
/// Bytes of one batch at most.
pub(crate) const BATCH_BYTES_MAX: usize = 32 << 20;
/// Positions that one look-up in a channel gives at most.
const CHANNEL_RANGE_MAX: usize = 1 << 20;
/// Closed segments whose files are kept open for reading.
const FILES_OPEN_MAX: usize = 256;

pub(crate) struct Journal {
    pub dir: Place,
    segment_bytes: u64,
    segments: RwLock<Vec<Arc<Segment>>>,
    channels: RwLock<HashMap<Id, Channel>>,
    opened: Mutex<VecDeque<Weak<Segment>>>,
    size: AtomicU64,
    /// Held while a segment is written anew: two at once could undo each other.
    rewriting: Mutex<()>,
    pub caretaker: Caretaker,
}

/// In which segments a channel's records are: (index of the segment, first sequence number there), growing.
#[derive(Default)]
struct Channel {
    last_seq: u64,
    spans: Vec<(u32, u64)>,
}

/// A segment's file, and how much of it counts.
pub(crate) struct Extent {
    pub place: Place,
    pub file: Arc<dyn DiskFile>,
    pub bytes: u64,
    pub is_closed: bool,
}

/// The end of the log that grows. Held by the one writer.
pub(crate) struct Tail {
    segment: Arc<Segment>,
    file: Arc<dyn DiskFile>,
    capacity: u64,
    /// The next segment could not be begun: whether its name is on disk is unknown, so nothing may follow here.
    is_broken: bool,
}

impl Journal {
    /// Opens the log, cutting a torn last batch off; but a log of less than `signed` events is left as it is.
    pub fn open(
        dir: &Place,
        segment_bytes: u64,
        signed: Position,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(Journal, Tail), Error> {
        files::make_dir(dir)?;
        // Names that a crash or a failed sync left in doubt: what is read from now on must be there for good.
        files::sync_dir(dir)?;
        let segment_bytes = segment_bytes.clamp(SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX);
        let journal = Journal {
            dir: dir.clone(),
            segment_bytes,
            segments: RwLock::default(),
            channels: RwLock::default(),
            opened: Mutex::default(),
            size: AtomicU64::new(0),
            rewriting: Mutex::default(),
            caretaker: Caretaker::start()?,
        };
        for path in files::list(dir)?
            .iter()
            .filter(|path| files::is_unfinished(path.name()))
        {
            files::remove(path)?;
        }
        let paths = Self::segments_in(dir)?;
        for (number, (first, path)) in paths.iter().enumerate() {
            let next = paths.get(number + 1).map(|(first, _)| *first);
            let segment = recovery::open_segment(*first, path, next, signed, progress)?;
            if *first != journal.size() {
                return Err(Error::damaged(
                    path,
                    0,
                    "a segment is missing before this one",
                ));
            }
            journal.take_in(segment)?;
        }
        if journal.size() < signed {
            return Err(Error::ShorterThanCheckpoint {
                size: journal.size(),
                signed,
            });
        }
        let last = journal.segments.read().last().cloned();
        let tail = match last {
            Some(segment) if matches!(*segment.body.read(), Body::Live(_)) => {
                journal.open_tail(&segment)?
            }
            _ => journal.new_segment()?,
        };
        journal.caretaker.prepare(dir, segment_bytes);
        Ok((journal, tail))
    }

    /// Segment files in order of their first positions.
    pub fn segments_in(dir: &Place) -> Result<Vec<(Position, Place)>, Error> {
        let paths = files::list(dir)?;
        Ok(paths
            .into_iter()
            .filter_map(|path| Some((segment::first_of(&path)?, path)))
            .collect())
    }

    /// Reads every batch and record of one segment file for checking; an index must say what the batches say.
    pub fn walk_segment<F>(
        path: &Place,
        first: Position,
        each: &mut dyn FnMut(Position, &Raw<'_>) -> Result<(), F>,
    ) -> Result<(), Result<F, Error>> {
        recovery::walk(path, first, each)
    }

    /// Adds a segment behind the others, with all it holds.
    fn take_in(&self, segment: Segment) -> Result<(), Error> {
        let number = self.segments.read().len() as u32;
        let mut channels = self.channels.write();
        let mut know = |id: Id, first_seq: u64, last_seq: u64| {
            let channel = channels.entry(id).or_default();
            channel.spans.push((number, first_seq));
            channel.last_seq = last_seq;
        };
        match &*segment.body.read() {
            Body::Live(live) => {
                for (id, list) in &live.channels {
                    if let (Some((low, _)), Some((high, _))) = (list.first(), list.last()) {
                        know(*id, *low, *high);
                    }
                }
            }
            Body::Closed(closed) => {
                let file = files::open_read(&segment.path)?;
                let damaged =
                    || Error::damaged(&segment.path, 0, "the segment's directory is damaged");
                for row in closed
                    .read_channels(&*file, &segment.path)?
                    .ok_or_else(damaged)?
                {
                    know(row.id, row.low, row.high);
                }
            }
        }
        self.size.fetch_add(segment.count(), Ordering::Release);
        self.segments.write().push(Arc::new(segment));
        Ok(())
    }

    fn open_tail(&self, segment: &Arc<Segment>) -> Result<Tail, Error> {
        let path = &segment.path;
        let file = files::open_write(path)?;
        let length = file.length().during("measuring", path)?;
        if length < self.segment_bytes {
            files::write_zeros(&*file, path, length, self.segment_bytes)?;
            file.sync_all().during("syncing", path)?;
        }
        Ok(Tail {
            segment: segment.clone(),
            file,
            capacity: length.max(self.segment_bytes),
            is_broken: false,
        })
    }

    /// Begins a segment at the log's end.
    fn new_segment(&self) -> Result<Tail, Error> {
        let ready = self.caretaker.take(&self.dir, self.segment_bytes)?;
        let path = segment::path_of(&self.dir, self.size());
        files::rename(&ready, &path)?;
        files::sync_dir(&self.dir)?;
        let live = Live::new(self.size(), SEGMENT_HEADER_BYTES as u64);
        let file = files::open_write(&path)?;
        let segment = Arc::new(Segment::new(self.size(), path, Body::Live(live)));
        self.segments.write().push(segment.clone());
        Ok(Tail {
            segment,
            file,
            capacity: self.segment_bytes,
            is_broken: false,
        })
    }

    /// Durable events.
    pub fn size(&self) -> Position {
        self.size.load(Ordering::Acquire)
    }

    /// Bytes of every segment, without the zeros behind the last batch of one that is still open.
    pub fn bytes(&self) -> u64 {
        self.segments
            .read()
            .iter()
            .map(|segment| segment.bytes())
            .sum()
    }

    /// Every segment as far as it is written, and the events in them. What each file has up to there never
    /// changes: one that is sealed anew is another file.
    pub fn extents(&self) -> Result<(Vec<Extent>, Position), Error> {
        // What is full is closed first, so that its index is copied and not made anew.
        self.caretaker.wait();
        let segments = self.segments.read().clone();
        let (mut extents, mut size) = (Vec::new(), 0);
        for segment in &segments {
            let (count, bytes, is_closed) = segment.extent();
            if count == 0 {
                continue;
            }
            size += count;
            extents.push(Extent {
                place: segment.path.clone(),
                file: segment.file()?,
                bytes,
                is_closed,
            });
        }
        Ok((extents, size))
    }

    /// The last sequence number of a channel, if it has any record.
    pub fn last_seq(&self, channel: &Id) -> Option<u64> {
        self.channels
            .read()
            .get(channel)
            .map(|channel| channel.last_seq)
    }

    /// Appends a batch made with [`begin_batch`]: one write, one sync. After an error nothing more may be
    /// appended: what the disk holds is unknown until the log is opened anew.
    pub fn append(
        &self,
        tail: &mut Tail,
        batch: &mut Vec<u8>,
        entries: &mut [Entry],
    ) -> Result<Took, Error> {
        if tail.is_broken {
            return Err(Error::Poisoned);
        }
        let begun = Instant::now();
        frame::end_batch(batch, self.size(), entries.len() as u32);
        let mut at = tail.segment.data_end();
        if at + batch.len() as u64 > tail.capacity && tail.segment.count() > 0 {
            self.rotate(tail)?;
            at = tail.segment.data_end();
        }
        if at == SEGMENT_HEADER_BYTES as u64 {
            // The segment's header goes with its first batch, so that neither costs a sync of its own.
            let mut with_header = frame::segment_header(tail.segment.first);
            with_header.extend_from_slice(batch);
            tail.file.write_all_at(&with_header, 0)
        } else {
            tail.file.write_all_at(batch, at)
        }
        .during("appending to", &tail.segment.path)?;
        let written = Instant::now();
        tail.file
            .sync_data()
            .during("syncing", &tail.segment.path)?;
        let took = Took {
            append: written - begun,
            sync: written.elapsed(),
        };
        for entry in entries.iter_mut() {
            entry.offset += at as u32;
        }
        self.publish(tail, entries, at + batch.len() as u64);
        Ok(took)
    }

    /// Makes a durable batch visible to readers: all of it at once, so that whatever a lookup finds can be read.
    fn publish(&self, tail: &Tail, entries: &[Entry], data_end: u64) {
        let number = (self.segments.read().len() - 1) as u32;
        let mut body = tail.segment.body.write();
        let mut channels = self.channels.write();
        if let Body::Live(live) = &mut *body {
            live.entries.reserve(entries.len());
            for entry in entries {
                let is_new = live.add(*entry);
                if let Some((channel, seq)) = entry.place {
                    let known = channels.entry(channel).or_default();
                    if is_new {
                        known.spans.push((number, seq));
                    }
                    known.last_seq = seq;
                }
            }
            live.data_end = data_end;
        }
        self.size.fetch_add(entries.len() as u64, Ordering::Release);
    }

    /// Begins a new segment; the full one is closed in the background.
    pub fn rotate(&self, tail: &mut Tail) -> Result<(), Error> {
        let full = tail.segment.clone();
        tail.is_broken = true;
        *tail = self.new_segment()?;
        self.caretaker.prepare(&self.dir, self.segment_bytes);
        self.caretaker.run(move || {
            // Left open it is read from memory, and closed at the next start.
            let _ = full.close();
        });
        Ok(())
    }

    /// Writes the segment that holds `position` anew: `change` appends each record to the batch, as it was or
    /// otherwise sealed. The new file takes the old one's place by a rename, once it is on disk and read back.
    /// Positions and leaves stay; the open segment is closed first. Appending goes on meanwhile.
    pub fn rewrite(
        &self,
        tail: &Mutex<Tail>,
        position: Position,
        change: &mut Change<'_>,
    ) -> Result<(), Error> {
        let _one_at_a_time = self.rewriting.lock();
        let number = self.segment_number(position).ok_or(Error::NotFound)?;
        {
            let mut tail = tail.lock();
            let is_open = |segment: &Arc<Segment>| Arc::ptr_eq(segment, &tail.segment);
            if self.segments.read().get(number).is_some_and(is_open) {
                self.rotate(&mut tail)?;
            }
        }
        self.caretaker.wait();
        let segment = self.segment(number).ok_or(Error::NotFound)?;
        segment.close()?;
        let rewritten = Arc::new(segment.rewrite(change)?);
        if let Some(place) = self.segments.write().get_mut(number) {
            *place = rewritten;
        }
        Ok(())
    }

    /// The records that the scope's destruction touches, by segment: the positions, growing.
    pub fn scope_by_segment(&self, scope: &Scope) -> Result<Vec<Vec<Position>>, Error> {
        self.scope_some(scope, usize::MAX)
    }

    /// As [`Journal::scope_by_segment`], but the first `limit` records alone.
    pub fn scope_some(&self, scope: &Scope, limit: usize) -> Result<Vec<Vec<Position>>, Error> {
        let (mut all, mut left) = (Vec::new(), limit);
        for number in 0..self.segment_count() {
            let segment = self.segment(number).ok_or(Error::NotFound)?;
            let indexes = segment.scope_list(scope, left)?;
            left -= indexes.len();
            let positions = indexes.into_iter().map(u64::from);
            all.push(positions.map(|index| segment.first + index).collect());
            if left == 0 {
                break;
            }
        }
        Ok(all)
    }

    /// The last position of the segment that holds `position`.
    pub fn segment_end(&self, position: Position) -> Option<Position> {
        let number = self.segment_number(position)?;
        let segment = self.segments.read().get(number)?.clone();
        Some(segment.first + segment.count())
    }

    /// Counted before whoever asks goes on: with the list still held, asking again for one of them would wait for a
    /// segment that begins, which waits for the list.
    fn segment_count(&self) -> usize {
        self.segments.read().len()
    }

    fn segment_number(&self, position: Position) -> Option<usize> {
        self.segments
            .read()
            .partition_point(|segment| segment.first <= position)
            .checked_sub(1)
    }

    fn segment(&self, number: usize) -> Option<Arc<Segment>> {
        let segment = self.segments.read().get(number)?.clone();
        if !segment.is_file_open() {
            let mut opened = self.opened.lock();
            opened.push_back(Arc::downgrade(&segment));
            if opened.len() > FILES_OPEN_MAX
                && let Some(old) = opened.pop_front().and_then(|old| old.upgrade())
                && !Arc::ptr_eq(&old, &segment)
            {
                old.let_go();
            }
        }
        Some(segment)
    }

    /// Gives each record to `each`, in the order of `positions`, which must grow.
    pub fn read(
        &self,
        positions: &[Position],
        each: &mut dyn FnMut(Position, &Raw<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        debug_assert!(positions.is_sorted());
        if positions.last().is_some_and(|last| *last >= self.size()) {
            return Err(Error::NotFound);
        }
        let mut rest = positions;
        while let Some(position) = rest.first() {
            let number = self.segment_number(*position).ok_or(Error::NotFound)?;
            let segment = self.segment(number).ok_or(Error::NotFound)?;
            let end = segment.first + segment.count();
            let (here, later) = rest.split_at(rest.partition_point(|position| *position < end));
            if here.is_empty() {
                return Err(Error::NotFound);
            }
            let indexes: Vec<u32> = here
                .iter()
                .map(|position| (position - segment.first) as u32)
                .collect();
            segment.read(&indexes, each)?;
            rest = later;
        }
        Ok(())
    }

    /// Gives some records from `from` on, before `to`, to `each`: a stretch of one segment whose bytes are bounded.
    /// Says where the next stretch begins.
    pub fn read_on(
        &self,
        from: Position,
        to: Position,
        each: &mut dyn FnMut(Position, &Raw<'_>) -> Result<(), Error>,
    ) -> Result<Position, Error> {
        if from >= to || to > self.size() {
            return Err(Error::NotFound);
        }
        let number = self.segment_number(from).ok_or(Error::NotFound)?;
        let segment = self.segment(number).ok_or(Error::NotFound)?;
        let end = to.min(segment.first + segment.count());
        if from >= end {
            return Err(Error::NotFound);
        }
        let (first, last) = (from - segment.first, end - segment.first);
        let read = segment.read_on(first as u32..last as u32, each)?;
        Ok(from + u64::from(read))
    }

    pub fn leaf(&self, position: Position) -> Result<Hash, Error> {
        let mut leaf = None;
        self.read(&[position], &mut |_, raw| {
            leaf = Some(raw.routing.leaf);
            Ok(())
        })?;
        leaf.ok_or(Error::NotFound)
    }

    /// The positions of a channel's records in a range of sequence numbers, both ends included.
    pub fn channel_range(
        &self,
        channel: &Id,
        from_seq: u64,
        to_seq: u64,
    ) -> Result<Vec<Position>, Error> {
        let numbers: Vec<usize> = {
            let channels = self.channels.read();
            let spans = channels
                .get(channel)
                .map(|channel| channel.spans.as_slice())
                .unwrap_or_default();
            let start = spans
                .partition_point(|(_, first_seq)| *first_seq <= from_seq)
                .saturating_sub(1);
            let wanted = spans
                .iter()
                .skip(start)
                .take_while(|(_, first_seq)| *first_seq <= to_seq);
            wanted.map(|(number, _)| *number as usize).collect()
        };
        let mut positions = Vec::new();
        for number in numbers {
            let segment = self.segment(number).ok_or(Error::NotFound)?;
            let indexes = segment.channel(channel, from_seq, to_seq)?;
            positions.extend(
                indexes
                    .into_iter()
                    .map(|index| segment.first + u64::from(index)),
            );
            if positions.len() > CHANNEL_RANGE_MAX {
                return Err(Error::TooLarge {
                    what: "a channel's range",
                    limit: CHANNEL_RANGE_MAX as u64,
                });
            }
        }
        Ok(positions)
    }

    /// The newest record with this tag in segments that hold anything from `since_ms` on.
    pub fn find_tag(&self, tag: &[u8; 16], since_ms: u64) -> Result<Option<Position>, Error> {
        for number in (0..self.segment_count()).rev() {
            let newest_ms = self
                .segments
                .read()
                .get(number)
                .map(|segment| segment.newest_ms());
            if newest_ms.is_none_or(|newest_ms| newest_ms < since_ms) {
                continue;
            }
            let segment = self.segment(number).ok_or(Error::NotFound)?;
            if let Some(index) = segment.find_tag(tag)? {
                return Ok(Some(segment.first + u64::from(index)));
            }
        }
        Ok(None)
    }

    /// How many records the scope's destruction touches, and how many bytes of them.
    pub fn scope_totals(&self, scope: &Scope) -> Result<(u64, u64), Error> {
        let mut totals = (0, 0);
        for number in 0..self.segment_count() {
            let segment = self.segment(number).ok_or(Error::NotFound)?;
            let (records, bytes) = segment.scope_totals(scope)?;
            totals = (totals.0 + records, totals.1 + bytes);
        }
        Ok(totals)
    }

    /// The positions of the records that the scope's destruction touches.
    pub fn scope_positions(&self, scope: &Scope) -> Result<Vec<Position>, Error> {
        Ok(self.scope_by_segment(scope)?.concat())
    }
}

/// Clears `batch` and leaves room for its frame; records are appended behind it.
pub(crate) fn begin_batch(batch: &mut Vec<u8>) {
    frame::begin_batch(batch);
}
