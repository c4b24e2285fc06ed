//! How a record lies in bytes: clear fields, then sealed parts, then a checksum. It opens nothing.

use crate::bytes::{Fields, Put};
use crate::cipher::{AES_256_GCM, Nonce, TAG_BYTES};
use crate::id::Id;
use crate::scope::Scope;
use crate::verify::Hash;

const VERSION: u8 = 1;
const FIXED_BYTES: usize = 4 + 1 + 1 + 2 + 8 + 32 + 12;
pub(super) const SALT_BYTES: usize = 32;
/// More than all of a record beside its header and content: clear fields, salts, tags, lengths.
pub(crate) const RECORD_BYTES_BESIDE: usize = 512;

const CONTENT: u16 = 1;
const AUTHOR: u16 = 1 << 1;
const PLACE: u16 = 1 << 2;
const TAG: u16 = 1 << 3;
/// The scope is written out; without this flag it is the place's channel on the day of `at`.
const SCOPE: u16 = 1 << 4;
/// The key's generation is written out; without this flag it is 0.
const GENERATION: u16 = 1 << 5;
/// The author's key is mixed into the content's.
const AUTHOR_SEALS: u16 = 1 << 6;
/// Its key was destroyed, and then its sealed bytes were dropped: the part is empty.
const CONTENT_DROPPED: u16 = 1 << 7;
const HEADER_DROPPED: u16 = 1 << 8;
const KNOWN_FLAGS: u16 = (1 << 9) - 1;

/// What stands in clear beside the sealed parts: opaque ids, times and numbers only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Routing {
    pub at_ms: u64,
    pub leaf: Hash,
    pub nonce: Nonce,
    pub scope: Scope,
    pub generation: u16,
    pub author: Option<Id>,
    pub author_seals: bool,
    pub place: Option<(Id, u64)>,
    pub tag: Option<[u8; 16]>,
    pub has_content: bool,
    /// It had content, whose sealed bytes are gone.
    pub content_dropped: bool,
    pub header_dropped: bool,
}

/// A record as it lies in a segment, split but not opened. Sealed parts end with their tag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    pub routing: Routing,
    pub header: &'a [u8],
    pub content: &'a [u8],
}

impl Raw<'_> {
    /// Bytes of content as they were before sealing.
    pub fn content_bytes(&self) -> u32 {
        self.content.len().saturating_sub(SALT_BYTES + TAG_BYTES) as u32
    }

    pub fn header_bytes(&self) -> u32 {
        self.header.len().saturating_sub(SALT_BYTES + TAG_BYTES) as u32
    }
}

/// The whole length that a record says it has, from its first bytes.
pub(crate) fn length_of(bytes: &[u8]) -> Option<usize> {
    Fields(bytes).u32().map(|length| length as usize)
}

/// Reads one record that fills `bytes`, whatever version wrote it. None: the bytes are damaged.
///
/// Each version has one pure function that gives today's [`Raw`]. When the format changes, the old
/// function stays, lifts what it reads, and a golden directory of that version joins `fixtures/`.
pub(crate) fn parse(bytes: &[u8]) -> Option<Raw<'_>> {
    let (body, crc) = bytes.split_last_chunk::<4>()?;
    if length_of(bytes)? != bytes.len() || u32::from_be_bytes(*crc) != crc32c::crc32c(body) {
        return None;
    }
    let mut fields = Fields(body.get(4..)?);
    match fields.u8()? {
        1 => parse_v1(fields),
        _ => None,
    }
}

fn parse_v1(mut fields: Fields<'_>) -> Option<Raw<'_>> {
    let (alg, flags) = (fields.u8()?, fields.u16()?);
    if alg != AES_256_GCM || flags & !KNOWN_FLAGS != 0 {
        return None;
    }
    let has = |flag| flags & flag != 0;
    let (at_ms, leaf, nonce) = (fields.u64()?, fields.array()?, fields.array()?);
    let explicit = if has(SCOPE) {
        let (kind, id, number) = (fields.u8()?, Id(fields.array()?), fields.u32()?);
        Some(Scope::from_parts(kind, id, number)?)
    } else {
        None
    };
    let generation = if has(GENERATION) { fields.u16()? } else { 0 };
    let author = if has(AUTHOR) {
        Some(Id(fields.array()?))
    } else {
        None
    };
    let place = if has(PLACE) {
        Some((Id(fields.array()?), fields.u64()?))
    } else {
        None
    };
    let tag = if has(TAG) {
        Some(fields.array()?)
    } else {
        None
    };
    let scope = match (explicit, place) {
        (Some(scope), _) => scope,
        (None, Some((channel, _))) => Scope::channel_day(channel, at_ms),
        (None, None) => return None,
    };
    let header_bytes = fields.u32()? as usize;
    let header = fields.take(header_bytes)?;
    let content = fields.0;
    let is_there = |part: bool, dropped: bool, bytes: &[u8]| bytes.is_empty() != (part && !dropped);
    if !is_there(has(CONTENT), has(CONTENT_DROPPED), content)
        || !is_there(true, has(HEADER_DROPPED), header)
        || (has(CONTENT_DROPPED) && !has(CONTENT))
        || (has(AUTHOR_SEALS) && author.is_none())
    {
        return None;
    }
    let routing = Routing {
        at_ms,
        leaf,
        nonce,
        scope,
        generation,
        author,
        author_seals: has(AUTHOR_SEALS),
        place,
        tag,
        has_content: has(CONTENT),
        content_dropped: has(CONTENT_DROPPED),
        header_dropped: has(HEADER_DROPPED),
    };
    Some(Raw {
        routing,
        header,
        content,
    })
}

/// Appends the clear part; gives where the record began.
pub(super) fn put_routing(routing: &Routing, out: &mut Vec<u8>) -> usize {
    let implied = routing
        .place
        .map(|(channel, _)| Scope::channel_day(channel, routing.at_ms));
    let mut flags = 0;
    let mut set = |flag, on| flags |= if on { flag } else { 0 };
    set(CONTENT, routing.has_content);
    set(AUTHOR, routing.author.is_some());
    set(PLACE, routing.place.is_some());
    set(TAG, routing.tag.is_some());
    set(SCOPE, implied != Some(routing.scope));
    set(GENERATION, routing.generation != 0);
    set(AUTHOR_SEALS, routing.author_seals);
    set(CONTENT_DROPPED, routing.content_dropped);
    set(HEADER_DROPPED, routing.header_dropped);
    let start = out.len();
    out.put_u32(0);
    out.extend_from_slice(&[VERSION, AES_256_GCM]);
    out.put_u16(flags);
    out.put_u64(routing.at_ms);
    out.extend_from_slice(&routing.leaf);
    out.extend_from_slice(&routing.nonce);
    debug_assert_eq!(out.len() - start, FIXED_BYTES);
    if flags & SCOPE != 0 {
        let (kind, id, number) = routing.scope.to_parts();
        out.push(kind);
        out.extend_from_slice(&id.0);
        out.put_u32(number);
    }
    if flags & GENERATION != 0 {
        out.put_u16(routing.generation);
    }
    if let Some(author) = routing.author {
        out.extend_from_slice(&author.0);
    }
    if let Some((channel, seq)) = routing.place {
        out.extend_from_slice(&channel.0);
        out.put_u64(seq);
    }
    if let Some(tag) = routing.tag {
        out.extend_from_slice(&tag);
    }
    start
}

/// Ends the record that began at `start`: fills in its length and leaves room for its checksum.
pub(super) fn close(out: &mut Vec<u8>, start: usize) {
    out.put_u32(0);
    let length = (out.len() - start) as u32;
    if let Some(field) = out.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
        *field = length.to_be_bytes();
    }
}

/// Fills in the checksum of the closed record that `bytes` begin with.
pub(super) fn check(bytes: &mut [u8]) {
    let length = bytes
        .first_chunk()
        .map_or(0, |field| u32::from_be_bytes(*field) as usize);
    let record = bytes.get_mut(..length).unwrap_or_default();
    if let Some((record, field)) = record.split_last_chunk_mut::<4>() {
        *field = crc32c::crc32c(record).to_be_bytes();
    }
}
