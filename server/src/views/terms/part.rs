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

use super::lists::{List, Lists, put_varint};
use super::query::Clause;
use super::words::folded;
use super::{Query, search};

/// Raised also when words are cut or folded differently: a query must meet the words the part was made of.
const VERSION: u8 = 1;
const HEAD_BYTES: usize = 9;
/// Terms one clause may meet in one part. No honest day comes near; a forged map could promise billions.
pub const TERMS_MET_MAX: usize = 1 << 20;

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
    /// A part over these texts, in any order, each with its own `seq`.
    pub fn of<'a>(texts: impl Iterator<Item = (u64, &'a str)>) -> Part {
        let folded: Vec<(u64, String)> = texts.map(|(seq, text)| (seq, folded(text))).collect();
        Part::of_folded(folded.iter().map(|(seq, words)| (*seq, words.as_str())))
    }

    /// The same over folded words with a space between.
    pub(super) fn of_folded<'a>(texts: impl Iterator<Item = (u64, &'a str)>) -> Part {
        // The first bytes as a number decide nearly every comparison.
        let mut all: Vec<(u64, &str, u64)> = texts
            .flat_map(|(seq, words)| {
                let words = words.split(' ').filter(|word| !word.is_empty());
                words.map(move |word| (first_bytes(word), word, seq))
            })
            .collect();
        all.sort_unstable();
        all.dedup();
        let mut encoder = Encoder::default();
        let mut seqs = Vec::new();
        for of_term in all.chunk_by(|a, b| a.1 == b.1) {
            seqs.clear();
            seqs.extend(of_term.iter().map(|(.., seq)| *seq));
            if let Some((_, term, _)) = of_term.first() {
                encoder.put(term.as_bytes(), &seqs);
            }
        }
        encoder.finish()
    }

    /// One part of several.
    pub fn merge<'p>(parts: impl Iterator<Item = &'p Part> + Clone) -> Result<Part, Damaged> {
        let all: Vec<&Part> = parts.clone().collect();
        let mut terms = parts
            .fold(fst::map::OpBuilder::new(), |builder, part| {
                builder.add(&part.terms)
            })
            .union();
        let mut encoder = Encoder::default();
        let mut seqs = Vec::new();
        while let Some((term, places)) = terms.next() {
            seqs.clear();
            for place in places {
                let part = all.get(place.index).ok_or(Damaged)?;
                let mut list = part.list(place.value)?;
                while let Some(seq) = list.newest() {
                    seqs.push(seq);
                    list.advance()?;
                }
            }
            seqs.sort_unstable();
            seqs.dedup();
            encoder.put(term, &seqs);
        }
        Ok(encoder.finish())
    }

    /// Bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        self.postings.len() + self.terms.as_fst().as_bytes().len()
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

    pub fn into_bytes(self) -> Vec<u8> {
        let terms = self.terms.into_fst().into_inner();
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.postings.len() + terms.len());
        bytes.push(VERSION);
        bytes.extend((self.postings.len() as u64).to_le_bytes());
        bytes.extend(self.postings);
        bytes.extend(terms);
        bytes
    }

    /// The newest `limit` sequence numbers below `below` (`u64::MAX`: from the newest) that the query finds,
    /// newest first. Phrases still have to be judged by [`Query::matches`].
    pub fn search(&self, query: &Query, below: u64, limit: usize) -> Result<Vec<u64>, Damaged> {
        search(query, below, limit, |clause| self.postings(clause))
    }

    fn postings(&self, clause: &Clause) -> Result<Lists<'_>, Damaged> {
        let lists = guarded(|| self.offsets(clause))?
            .into_iter()
            .map(|offset| self.list(offset));
        Lists::new(lists.collect::<Result<_, _>>()?)
    }

    fn list(&self, offset: u64) -> Result<List<'_>, Damaged> {
        let place = usize::try_from(offset).map_err(|_| Damaged)?;
        List::new(self.postings.get(place..).ok_or(Damaged)?)
    }

    fn offsets(&self, clause: &Clause) -> Result<Vec<u64>, Damaged> {
        match (&clause.near, clause.prefix) {
            (None, false) => Ok(self.terms.get(&clause.word).into_iter().collect()),
            (None, true) => drain(self.terms.search(Str::new(&clause.word).starts_with())),
            (Some(near), _) => drain(self.terms.search(near)),
        }
    }
}

/// Compares as the whole words do, unless they begin alike.
fn first_bytes(word: &str) -> u64 {
    let mut first = [0; 8];
    first
        .iter_mut()
        .zip(word.bytes())
        .for_each(|(to, from)| *to = from);
    u64::from_be_bytes(first)
}

struct Encoder {
    postings: Vec<u8>,
    map: MapBuilder<Vec<u8>>,
}

impl Default for Encoder {
    fn default() -> Self {
        Encoder {
            postings: Vec::new(),
            map: MapBuilder::memory(),
        }
    }
}

impl Encoder {
    /// Terms come in order, each with its sequence numbers, oldest first.
    fn put(&mut self, term: &[u8], seqs: &[u64]) {
        let offset = self.postings.len() as u64;
        put_varint(&mut self.postings, seqs.len() as u64);
        let mut newer: Option<u64> = None;
        for &seq in seqs.iter().rev() {
            put_varint(&mut self.postings, newer.map_or(seq, |newer| newer - seq));
            newer = Some(seq);
        }
        self.map
            .insert(term, offset)
            .expect("terms come sorted and distinct, and memory takes every write");
    }

    fn finish(mut self) -> Part {
        self.postings.shrink_to_fit();
        let mut terms = self.map.into_inner().expect("memory takes every write");
        terms.shrink_to_fit();
        Part {
            postings: self.postings,
            terms: Map::new(terms).expect("own bytes are a map"),
        }
    }
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
