//! A closed channel-day's index as one byte string: version, postings, and an `fst` map from term to postings.
//!
//! Never trusts its bytes: damage is an error, also damage made on purpose. The seal around a part proves who made
//! it; this only has to survive it.
//!
//! ```text
//! 1 byte version | u64le length of postings | postings | fst map: term -> offset in postings
//! postings of a term: varint count, varint newest, then varint distance to the next older, ...
//! ```

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fst::automaton::{Automaton, Str};
use fst::{IntoStreamer, Map, MapBuilder, Streamer};

use super::query::Clause;
use super::{OpenPart, Query, search};

/// Raised also when words are cut or folded differently: a query must meet the words the part was made of.
const VERSION: u8 = 1;
const HEAD_BYTES: usize = 9;
/// Terms one clause may meet in one part. No honest day comes near; a forged map could promise billions.
pub const TERMS_MET_MAX: usize = 1 << 20;
/// Sequence numbers one clause may gather in one part, for the same reason.
pub const POSTINGS_MET_MAX: usize = 1 << 24;

/// The bytes are not a part, or not one any more. Rebuild it from the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the search index of a day is damaged and has to be rebuilt")
    }
}

impl std::error::Error for Damaged {}

/// An opened part.
pub struct Part {
    postings: Vec<u8>,
    terms: Map<Vec<u8>>,
}

impl Part {
    /// The bytes of a part over these texts, in any order. Of two texts with one `seq` the later counts.
    pub fn build<'a>(texts: impl Iterator<Item = (u64, &'a str)>) -> Vec<u8> {
        let mut day = OpenPart::new();
        texts.for_each(|(seq, text)| day.add(seq, text));
        day.close()
    }

    pub fn open(mut bytes: Vec<u8>) -> Result<Part, Damaged> {
        let (version, length) = bytes
            .split_first_chunk::<HEAD_BYTES>()
            .map(|(head, _)| {
                let [version, length @ ..] = *head;
                (version, u64::from_le_bytes(length))
            })
            .ok_or(Damaged)?;
        let end = usize::try_from(length)
            .ok()
            .and_then(|length| length.checked_add(HEAD_BYTES))
            .ok_or(Damaged)?;
        if version != VERSION || end > bytes.len() {
            return Err(Damaged);
        }
        let dictionary = bytes.split_off(end);
        bytes.drain(..HEAD_BYTES);
        let terms = guarded(|| {
            let terms = Map::new(dictionary).map_err(|_| Damaged)?;
            terms.as_fst().verify().map_err(|_| Damaged)?;
            Ok(terms)
        })?;
        Ok(Part {
            postings: bytes,
            terms,
        })
    }

    /// The newest `limit` sequence numbers below `below` (`u64::MAX`: from the newest) that the query finds,
    /// newest first. Phrases still have to be judged by [`Query::matches`].
    pub fn search(&self, query: &Query, below: u64, limit: usize) -> Result<Vec<u64>, Damaged> {
        search(query, below, limit, |clause| self.postings(clause))
    }

    fn postings(&self, clause: &Clause) -> Result<Vec<u64>, Damaged> {
        let mut all = Vec::new();
        for offset in guarded(|| self.offsets(clause))? {
            self.gather(offset, &mut all)?;
        }
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.dedup();
        Ok(all)
    }

    fn offsets(&self, clause: &Clause) -> Result<Vec<u64>, Damaged> {
        match (&clause.near, clause.prefix) {
            (None, false) => Ok(self.terms.get(&clause.word).into_iter().collect()),
            (None, true) => drain(self.terms.search(Str::new(&clause.word).starts_with())),
            (Some(near), _) => drain(self.terms.search(near)),
        }
    }

    fn gather(&self, offset: u64, all: &mut Vec<u64>) -> Result<(), Damaged> {
        let mut rest = usize::try_from(offset)
            .ok()
            .and_then(|offset| self.postings.get(offset..))
            .ok_or(Damaged)?;
        let count = varint(&mut rest)?;
        let mut seq = varint(&mut rest)?;
        all.push(seq);
        for _ in 1..count {
            seq = seq.checked_sub(varint(&mut rest)?).ok_or(Damaged)?;
            all.push(seq);
            if all.len() > POSTINGS_MET_MAX {
                return Err(Damaged);
            }
        }
        Ok(())
    }
}

/// Terms in order, each with its sequence numbers, oldest first.
pub(super) fn encode<'a>(terms: impl Iterator<Item = (&'a str, &'a [u64])>) -> Vec<u8> {
    let mut postings = Vec::new();
    let mut map = MapBuilder::memory();
    for (term, seqs) in terms {
        let offset = postings.len() as u64;
        put_varint(&mut postings, seqs.len() as u64);
        let mut newer: Option<u64> = None;
        for &seq in seqs.iter().rev() {
            put_varint(&mut postings, newer.map_or(seq, |newer| newer - seq));
            newer = Some(seq);
        }
        map.insert(term, offset)
            .expect("terms come sorted and distinct, and memory takes every write");
    }
    let dictionary = map.into_inner().expect("memory takes every write");
    let mut bytes = Vec::with_capacity(HEAD_BYTES + postings.len() + dictionary.len());
    bytes.push(VERSION);
    bytes.extend((postings.len() as u64).to_le_bytes());
    bytes.extend(postings);
    bytes.extend(dictionary);
    bytes
}

/// The map's crate promises no panic for bytes it wrote, and only for those. A forged map that carries a right
/// checksum must still cost nobody more than an error.
fn guarded<T>(walk: impl FnOnce() -> Result<T, Damaged>) -> Result<T, Damaged> {
    catch_unwind(AssertUnwindSafe(walk)).unwrap_or(Err(Damaged))
}

fn drain<'m, A: Automaton + 'm>(
    found: fst::map::StreamBuilder<'m, A>,
) -> Result<Vec<u64>, Damaged> {
    let mut stream = found.into_stream();
    let mut offsets = Vec::new();
    while let Some((_, offset)) = stream.next() {
        if offsets.len() == TERMS_MET_MAX {
            return Err(Damaged);
        }
        offsets.push(offset);
    }
    Ok(offsets)
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn varint(rest: &mut &[u8]) -> Result<u64, Damaged> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, tail) = rest.split_first().ok_or(Damaged)?;
        *rest = tail;
        let bits = u64::from(byte & 0x7F);
        if bits << shift >> shift != bits {
            return Err(Damaged);
        }
        value |= bits << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Damaged)
}
