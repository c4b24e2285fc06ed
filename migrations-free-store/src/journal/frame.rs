//! How batches lie in a segment: framed by length, checksum and commit mark. Pure functions over bytes.

use crate::Position;
use crate::bytes::{Fields, Put};
use crate::record;

const SEGMENT_MAGIC: &[u8; 8] = b"DAYLSEG1";
/// A segment begins with its magic and first position; the first batch follows.
pub(crate) const SEGMENT_HEADER_BYTES: usize = 64;
const BATCH_MAGIC: u32 = u32::from_be_bytes(*b"DBAT");
const MARK_MAGIC: u32 = u32::from_be_bytes(*b"DEND");
/// Stands before the records of a batch.
pub(crate) const BATCH_HEADER_BYTES: usize = 32;
const MARK_BYTES: usize = 8;
/// Batches begin at multiples of this.
const ALIGN: usize = 8;

pub(crate) fn segment_header(first: Position) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(SEGMENT_HEADER_BYTES);
    bytes.extend_from_slice(SEGMENT_MAGIC);
    bytes.put_u64(first);
    bytes.resize(SEGMENT_HEADER_BYTES - 4, 0);
    let crc = crc32c::crc32c(&bytes);
    bytes.put_u32(crc);
    bytes
}

/// A batch whose checksums and commit mark are right.
pub(crate) struct Batch<'a> {
    pub first: Position,
    pub count: u32,
    pub body: &'a [u8],
    /// Header, body, mark and padding.
    pub bytes: usize,
}

/// An empty batch, ready to have records appended.
pub(crate) fn begin_batch(buffer: &mut Vec<u8>) {
    buffer.clear();
    buffer.resize(BATCH_HEADER_BYTES, 0);
}

/// Closes the batch that fills `buffer`: header, commit mark, padding.
pub(crate) fn end_batch(buffer: &mut Vec<u8>, first: Position, count: u32) {
    let body = buffer.get(BATCH_HEADER_BYTES..).unwrap_or_default();
    let body_crc = crc32c::crc32c(body);
    let mut header = Vec::with_capacity(BATCH_HEADER_BYTES);
    header.put_u32(BATCH_MAGIC);
    header.put_u32(body.len() as u32);
    header.put_u64(first);
    header.put_u32(count);
    header.put_u32(body_crc);
    header.put_u32(0);
    let header_crc = crc32c::crc32c(&header);
    header.put_u32(header_crc);
    if let Some(place) = buffer.get_mut(..BATCH_HEADER_BYTES) {
        place.copy_from_slice(&header);
    }
    buffer.put_u32(MARK_MAGIC);
    buffer.put_u32(body_crc);
    buffer.resize(buffer.len().next_multiple_of(ALIGN), 0);
}

/// Bytes of the batch that begins with this header, frame included. None: it is none, or damaged.
pub(crate) fn length_of_batch(header: &[u8; BATCH_HEADER_BYTES]) -> Option<u64> {
    let (used, crc) = header.split_last_chunk::<4>()?;
    let mut fields = Fields(used);
    let (magic, length) = (fields.u32()?, u64::from(fields.u32()?));
    let is_whole = magic == BATCH_MAGIC && u32::from_be_bytes(*crc) == crc32c::crc32c(used);
    let marked = BATCH_HEADER_BYTES as u64 + length + MARK_BYTES as u64;
    is_whole.then(|| marked.next_multiple_of(ALIGN as u64))
}

/// The batch that `bytes` begin with. None: torn, damaged, or no batch at all.
pub(crate) fn parse_batch(bytes: &[u8]) -> Option<Batch<'_>> {
    let (header, rest) = bytes.split_at_checked(BATCH_HEADER_BYTES)?;
    let mut fields = Fields(header);
    if fields.u32()? != BATCH_MAGIC {
        return None;
    }
    let (length, first, count, body_crc) = (
        fields.u32()? as usize,
        fields.u64()?,
        fields.u32()?,
        fields.u32()?,
    );
    let (_, header_crc) = (fields.u32()?, fields.u32()?);
    if header_crc != crc32c::crc32c(header.get(..BATCH_HEADER_BYTES - 4)?) {
        return None;
    }
    let (body, after) = rest.split_at_checked(length)?;
    let mut mark = Fields(after.get(..MARK_BYTES)?);
    if mark.u32()? != MARK_MAGIC || mark.u32()? != body_crc || crc32c::crc32c(body) != body_crc {
        return None;
    }
    let marked = BATCH_HEADER_BYTES + length + MARK_BYTES;
    let bytes = marked.next_multiple_of(ALIGN);
    if after
        .get(MARK_BYTES..MARK_BYTES + bytes - marked)?
        .iter()
        .any(|byte| *byte != 0)
    {
        return None;
    }
    Some(Batch {
        first,
        count,
        body,
        bytes,
    })
}

/// Where the next whole batch begins, at or after `from`.
pub(crate) fn find_batch(bytes: &[u8], from: usize) -> Option<usize> {
    let aligned = from.next_multiple_of(ALIGN);
    let magic = BATCH_MAGIC.to_be_bytes();
    (aligned..bytes.len()).step_by(ALIGN).find(|at| {
        bytes
            .get(*at..)
            .is_some_and(|rest| rest.starts_with(&magic) && parse_batch(rest).is_some())
    })
}

impl<'a> Batch<'a> {
    /// Each record with its byte offset from the batch's beginning; None in place of one that is damaged.
    pub fn records(&self) -> impl Iterator<Item = Option<(u32, &'a [u8])>> + use<'a> {
        let body = self.body;
        let mut at = 0;
        std::iter::from_fn(move || {
            if at == body.len() {
                return None;
            }
            let rest = body.get(at..).unwrap_or_default();
            let record = record::length_of(rest)
                .filter(|length| *length > 0)
                .and_then(|length| rest.get(..length));
            let offset = (BATCH_HEADER_BYTES + at) as u32;
            at = record.map_or(body.len(), |record| at + record.len());
            Some(record.map(|record| (offset, record)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_whole_or_it_is_nothing() {
        let mut buffer = Vec::new();
        begin_batch(&mut buffer);
        buffer.extend_from_slice(b"0123456789");
        end_batch(&mut buffer, 7, 1);
        let whole = buffer.clone();
        let batch = parse_batch(&whole).expect("whole");
        assert_eq!(
            (batch.first, batch.count, batch.body, batch.bytes),
            (7, 1, &b"0123456789"[..], whole.len())
        );
        let needed = BATCH_HEADER_BYTES + 10 + MARK_BYTES;
        for length in 0..needed {
            assert!(parse_batch(&whole[..length]).is_none());
            let mut torn = whole.clone();
            torn[length..].fill(0);
            assert!(parse_batch(&torn).is_none() || torn == whole, "{length}");
        }
        for bit in 0..needed * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(parse_batch(&flipped).is_none(), "{bit}");
        }
    }
}
