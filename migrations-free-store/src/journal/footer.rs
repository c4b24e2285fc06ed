//! The index that ends a closed segment: offsets, lists, tags, directories, and a trailer that finds them.
//! Opening reads the trailer and the channels' directory only; look-ups read the few bytes they need.

use std::collections::BTreeMap;

use super::index::Live;
use crate::Position;
use crate::bytes::{Fields, Put};
use crate::disk::DiskFile;
use crate::error::{During, Error};
use crate::files::Place;
use crate::id::Id;
use crate::scope::Scope;

const MAGIC: &[u8; 8] = b"DAYLIDX1";
pub(crate) const TRAILER_BYTES: usize = 128;
const ENTRY_BYTES: usize = 48;
const TAG_ENTRY_BYTES: usize = 20;
/// Directory keys: 0 is a channel, any other the kind of a scope.
const CHANNEL: u8 = 0;

/// What the trailer says. All places are byte offsets in the segment's file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Closed {
    pub first: Position,
    pub count: u32,
    channels: u32,
    scopes: u32,
    tags: u32,
    pub data_end: u64,
    lists_at: u64,
    tags_at: u64,
    channels_at: u64,
    scopes_at: u64,
    pub oldest_ms: u64,
    pub newest_ms: u64,
    lists_crc: u32,
    channels_crc: u32,
    scopes_crc: u32,
}

/// One row of a directory: `low` and `high` are a channel's first and last sequence numbers; a scope's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    kind: u8,
    number: u32,
    pub id: Id,
    pub count: u32,
    /// Place of the list, in words from the lists' beginning.
    list: u32,
    pub low: u64,
    pub high: u64,
}

/// The footer of the segment whose records `live` indexes, to be written at `live.data_end`.
pub(crate) fn encode(live: &Live) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in &live.entries {
        bytes.put_u32(entry.offset);
    }
    bytes.put_u32(live.data_end as u32);
    let lists_at = bytes.len();
    let mut lists = Vec::new();
    let mut channels = Vec::new();
    let mut by_channel: Vec<_> = live.channels.iter().collect();
    by_channel.sort_by_key(|(id, _)| **id);
    for (id, list) in by_channel {
        let (Some((low, _)), Some((high, _))) = (list.first(), list.last()) else {
            continue;
        };
        let row = Row {
            kind: CHANNEL,
            number: 0,
            id: *id,
            count: list.len() as u32,
            list: (lists.len() / 4) as u32,
            low: *low,
            high: *high,
        };
        for (_, index) in list {
            lists.put_u32(*index);
        }
        if !row.is_contiguous() {
            for (seq, _) in list {
                lists.put_u64(*seq);
            }
        }
        row.put(&mut channels);
    }
    let mut by_scope: BTreeMap<(u8, Id, u32), (Vec<u32>, u64)> = BTreeMap::new();
    for (index, entry) in live.entries.iter().enumerate() {
        for (scope, size) in entry.forgotten_with() {
            let (list, sum) = by_scope.entry(scope.to_parts()).or_default();
            list.push(index as u32);
            *sum += size;
        }
    }
    let mut scopes = Vec::new();
    for ((kind, id, number), (list, sum)) in &by_scope {
        let (count, place) = (list.len() as u32, (lists.len() / 4) as u32);
        Row {
            kind: *kind,
            number: *number,
            id: *id,
            count,
            list: place,
            low: *sum,
            high: 0,
        }
        .put(&mut scopes);
        // A scope that touches every record needs no list.
        if count as usize != live.entries.len() {
            for index in list {
                lists.put_u32(*index);
            }
        }
    }
    let mut tags: Vec<_> = live.tags().collect();
    tags.sort();
    bytes.extend_from_slice(&lists);
    let tags_at = bytes.len();
    for (tag, index) in &tags {
        bytes.extend_from_slice(*tag);
        bytes.put_u32(*index);
    }
    let place = |at: usize| live.data_end + at as u64;
    let trailer = Closed {
        first: live.first,
        count: live.entries.len() as u32,
        channels: (channels.len() / ENTRY_BYTES) as u32,
        scopes: (scopes.len() / ENTRY_BYTES) as u32,
        tags: tags.len() as u32,
        data_end: live.data_end,
        lists_at: place(lists_at),
        tags_at: place(tags_at),
        channels_at: place(bytes.len()),
        scopes_at: place(bytes.len() + channels.len()),
        oldest_ms: live.oldest_ms,
        newest_ms: live.newest_ms,
        lists_crc: crc32c::crc32c(&bytes),
        channels_crc: crc32c::crc32c(&channels),
        scopes_crc: crc32c::crc32c(&scopes),
    };
    bytes.extend_from_slice(&channels);
    bytes.extend_from_slice(&scopes);
    bytes.extend_from_slice(&trailer.encode());
    bytes
}

impl Row {
    fn put(&self, out: &mut Vec<u8>) {
        out.put_u32(u32::from(self.kind));
        out.put_u32(self.number);
        out.extend_from_slice(&self.id.0);
        out.put_u32(self.count);
        out.put_u32(self.list);
        out.put_u64(self.low);
        out.put_u64(self.high);
    }

    fn parse(bytes: &[u8]) -> Option<Row> {
        let mut fields = Fields(bytes);
        let (kind, number) = (u8::try_from(fields.u32()?).ok()?, fields.u32()?);
        let (id, count, list) = (Id(fields.array()?), fields.u32()?, fields.u32()?);
        Some(Row {
            kind,
            number,
            id,
            count,
            list,
            low: fields.u64()?,
            high: fields.u64()?,
        })
    }

    fn key(&self) -> (u8, Id, u32) {
        (self.kind, self.id, self.number)
    }

    /// True when the sequence numbers have no gap, so that they need not be stored.
    fn is_contiguous(&self) -> bool {
        self.high.checked_sub(self.low) == Some(u64::from(self.count).saturating_sub(1))
    }
}

impl Closed {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(TRAILER_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.put_u64(self.first);
        for word in [self.count, self.channels, self.scopes, self.tags] {
            bytes.put_u32(word);
        }
        for place in [
            self.data_end,
            self.lists_at,
            self.tags_at,
            self.channels_at,
            self.scopes_at,
        ] {
            bytes.put_u64(place);
        }
        bytes.put_u64(self.oldest_ms);
        bytes.put_u64(self.newest_ms);
        for crc in [self.lists_crc, self.channels_crc, self.scopes_crc] {
            bytes.put_u32(crc);
        }
        bytes.resize(TRAILER_BYTES - 4, 0);
        let crc = crc32c::crc32c(&bytes);
        bytes.put_u32(crc);
        bytes
    }

    /// Every look-up there is; for tests with any bytes at all.
    pub fn look_at(&self, file: &dyn DiskFile, path: &Place) {
        let _whole = self.is_whole(file, path);
        let some = self.count.min(4096);
        let _extents = self.extents(file, path, 0, some);
        let _extents = self.extents(file, path, self.count - some, some);
        let _found = self.find_tag(file, path, &[7; 16]);
        let bytes = read_at(
            file,
            path,
            self.channels_at,
            (self.channels as usize + self.scopes as usize) * ENTRY_BYTES,
        );
        let bytes = bytes.unwrap_or_default();
        for row in bytes.chunks(ENTRY_BYTES).filter_map(Row::parse) {
            for (from, to) in [(0, u64::MAX), (row.low, row.high), (row.high, row.low)] {
                let _found = self.channel(file, path, &row.id, from, to);
            }
            if let Some(scope) = Scope::from_parts(row.kind, row.id, row.number) {
                let _totals = self.scope_totals(file, path, &scope);
                let _list = self.scope_list(file, path, &scope, usize::MAX);
            }
        }
    }

    /// Reads the trailer. None: the segment has no footer, or a damaged one.
    pub fn read(file: &dyn DiskFile, path: &Place) -> Result<Option<Closed>, Error> {
        let length = file.length().during("measuring", path)?;
        let Some(at) = length.checked_sub(TRAILER_BYTES as u64) else {
            return Ok(None);
        };
        let mut bytes = [0; TRAILER_BYTES];
        file.read_exact_at(&mut bytes, at).during("reading", path)?;
        Ok(Self::parse(&bytes).filter(|closed| closed.fits(at)))
    }

    fn parse(bytes: &[u8; TRAILER_BYTES]) -> Option<Closed> {
        let (used, crc) = bytes.split_last_chunk::<4>()?;
        let mut fields = Fields(used);
        if u32::from_be_bytes(*crc) != crc32c::crc32c(used) || fields.take(8)? != MAGIC {
            return None;
        }
        Some(Closed {
            first: fields.u64()?,
            count: fields.u32()?,
            channels: fields.u32()?,
            scopes: fields.u32()?,
            tags: fields.u32()?,
            data_end: fields.u64()?,
            lists_at: fields.u64()?,
            tags_at: fields.u64()?,
            channels_at: fields.u64()?,
            scopes_at: fields.u64()?,
            oldest_ms: fields.u64()?,
            newest_ms: fields.u64()?,
            lists_crc: fields.u32()?,
            channels_crc: fields.u32()?,
            scopes_crc: fields.u32()?,
        })
    }

    /// True when the sections lie one behind the other up to the trailer.
    fn fits(&self, trailer_at: u64) -> bool {
        let offsets_end = self.data_end.checked_add((u64::from(self.count) + 1) * 4);
        offsets_end == Some(self.lists_at)
            && self.lists_at <= self.tags_at
            && self
                .tags_at
                .checked_add(u64::from(self.tags) * TAG_ENTRY_BYTES as u64)
                == Some(self.channels_at)
            && self
                .channels_at
                .checked_add(u64::from(self.channels) * ENTRY_BYTES as u64)
                == Some(self.scopes_at)
            && self
                .scopes_at
                .checked_add(u64::from(self.scopes) * ENTRY_BYTES as u64)
                == Some(trailer_at)
    }

    /// The whole file.
    pub fn bytes(&self) -> u64 {
        self.scopes_at + u64::from(self.scopes) * ENTRY_BYTES as u64 + TRAILER_BYTES as u64
    }

    /// Every channel of the segment. None: the directory is damaged.
    pub fn read_channels(
        &self,
        file: &dyn DiskFile,
        path: &Place,
    ) -> Result<Option<Vec<Row>>, Error> {
        let bytes = read_at(
            file,
            path,
            self.channels_at,
            self.channels as usize * ENTRY_BYTES,
        )?;
        if crc32c::crc32c(&bytes) != self.channels_crc {
            return Ok(None);
        }
        Ok(bytes.chunks(ENTRY_BYTES).map(Row::parse).collect())
    }

    /// True when every byte of the index is as written.
    pub fn is_whole(&self, file: &dyn DiskFile, path: &Place) -> Result<bool, Error> {
        let lists = read_at(
            file,
            path,
            self.data_end,
            (self.channels_at - self.data_end) as usize,
        )?;
        let scopes = read_at(
            file,
            path,
            self.scopes_at,
            self.scopes as usize * ENTRY_BYTES,
        )?;
        Ok(crc32c::crc32c(&lists) == self.lists_crc
            && crc32c::crc32c(&scopes) == self.scopes_crc
            && self.read_channels(file, path)?.is_some())
    }

    /// Byte ranges in which `count` records from `index` on lie; each may be a frame longer than its record.
    pub fn extents(
        &self,
        file: &dyn DiskFile,
        path: &Place,
        index: u32,
        count: u32,
    ) -> Result<Vec<(u64, u32)>, Error> {
        debug_assert!(index + count <= self.count);
        let bytes = read_at(
            file,
            path,
            self.data_end + u64::from(index) * 4,
            (count as usize + 1) * 4,
        )?;
        let offsets: Vec<u32> = words(&bytes).collect();
        let pairs = offsets.iter().zip(offsets.iter().skip(1));
        pairs
            .map(|(from, to)| match to.checked_sub(*from) {
                Some(length) if u64::from(*to) <= self.data_end => Ok((u64::from(*from), length)),
                _ => Err(Error::damaged(
                    path,
                    self.data_end,
                    "the segment's index has a bad offset",
                )),
            })
            .collect()
    }

    /// The indexes of a channel's records whose sequence numbers are in the range, ends included.
    pub fn channel(
        &self,
        file: &dyn DiskFile,
        path: &Place,
        id: &Id,
        from: u64,
        to: u64,
    ) -> Result<Vec<u32>, Error> {
        let Some(row) = self.find_row(file, path, (CHANNEL, *id, 0))? else {
            return Ok(Vec::new());
        };
        if row.is_contiguous() {
            let skipped = from.saturating_sub(row.low);
            let end = to.min(row.high);
            if skipped >= u64::from(row.count) || end < row.low {
                return Ok(Vec::new());
            }
            let wanted = (end - row.low + 1).saturating_sub(skipped) as u32;
            return self.list(file, path, row.list.wrapping_add(skipped as u32), wanted);
        }
        let indexes = self.list(file, path, row.list, row.count)?;
        let seqs_at = self.lists_at + (u64::from(row.list) + u64::from(row.count)) * 4;
        let seqs = read_at(file, path, seqs_at, row.count as usize * 8)?;
        let seqs = seqs
            .as_chunks::<8>()
            .0
            .iter()
            .map(|bytes| u64::from_be_bytes(*bytes));
        Ok(indexes
            .into_iter()
            .zip(seqs)
            .filter(|(_, seq)| (from..=to).contains(seq))
            .map(|(i, _)| i)
            .collect())
    }

    /// How many records the scope's destruction touches, and how many bytes of them.
    pub fn scope_totals(
        &self,
        file: &dyn DiskFile,
        path: &Place,
        scope: &Scope,
    ) -> Result<(u64, u64), Error> {
        let row = self.find_row(file, path, scope.to_parts())?;
        Ok(row.map_or((0, 0), |row| (u64::from(row.count), row.low)))
    }

    /// The first `limit` records the scope's destruction touches.
    pub fn scope_list(
        &self,
        file: &dyn DiskFile,
        path: &Place,
        scope: &Scope,
        limit: usize,
    ) -> Result<Vec<u32>, Error> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        match self.find_row(file, path, scope.to_parts())? {
            None => Ok(Vec::new()),
            Some(row) if row.count == self.count => Ok((0..self.count.min(limit)).collect()),
            Some(row) => self.list(file, path, row.list, row.count.min(limit)),
        }
    }

    fn list(
        &self,
        file: &dyn DiskFile,
        path: &Place,
        at: u32,
        count: u32,
    ) -> Result<Vec<u32>, Error> {
        let from = self.lists_at + u64::from(at) * 4;
        if from + u64::from(count) * 4 > self.tags_at {
            return Err(Error::damaged(
                path,
                from,
                "the segment's index has a bad list",
            ));
        }
        let bytes = read_at(file, path, from, count as usize * 4)?;
        let list: Vec<u32> = words(&bytes).collect();
        if list.iter().any(|index| *index >= self.count) {
            return Err(Error::damaged(
                path,
                from,
                "the segment's index names a record it does not have",
            ));
        }
        Ok(list)
    }

    /// Binary search on disk: a directory may be long, and a look-up needs a dozen rows of it.
    fn find_row(
        &self,
        file: &dyn DiskFile,
        path: &Place,
        key: (u8, Id, u32),
    ) -> Result<Option<Row>, Error> {
        let (at, count) = match key.0 {
            CHANNEL => (self.channels_at, self.channels),
            _ => (self.scopes_at, self.scopes),
        };
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low.midpoint(high);
            let bytes = read_at(
                file,
                path,
                at + u64::from(middle) * ENTRY_BYTES as u64,
                ENTRY_BYTES,
            )?;
            let row = Row::parse(&bytes)
                .ok_or_else(|| Error::damaged(path, at, "the segment's directory"))?;
            match row.key().cmp(&key) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Ok(Some(row)),
            }
        }
        Ok(None)
    }

    pub fn find_tag(
        &self,
        file: &dyn DiskFile,
        path: &Place,
        tag: &[u8; 16],
    ) -> Result<Option<u32>, Error> {
        let (mut low, mut high) = (0, self.tags);
        while low < high {
            let middle = low.midpoint(high);
            let at = self.tags_at + u64::from(middle) * TAG_ENTRY_BYTES as u64;
            let bytes = read_at(file, path, at, TAG_ENTRY_BYTES)?;
            let mut fields = Fields(&bytes);
            let (found, index) = (fields.array::<16>().unwrap_or_default(), fields.u32());
            match found.cmp(tag) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Ok(index.filter(|index| *index < self.count)),
            }
        }
        Ok(None)
    }
}

fn read_at(file: &dyn DiskFile, path: &Place, at: u64, count: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; count];
    file.read_exact_at(&mut bytes, at).during("reading", path)?;
    Ok(bytes)
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|word| u32::from_be_bytes(*word))
}
