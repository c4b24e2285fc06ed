//! The index of a channel-day that still grows, in memory.
//!
//! Never persisted: it is rebuilt from the log, and [`OpenPart::close`] makes the day's [`super::Part`] of it.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::query::Clause;
use super::words::each_word;
use super::{Query, part, search};

/// Answers the same queries as a closed part of the same texts would.
#[derive(Default)]
pub struct OpenPart {
    /// Sequence numbers, oldest first.
    terms: BTreeMap<Arc<str>, Vec<u64>>,
    /// What each text put in, so that it can be taken out again without a trace.
    texts: BTreeMap<u64, Box<[Arc<str>]>>,
}

impl OpenPart {
    pub fn new() -> OpenPart {
        OpenPart::default()
    }

    /// Adds a text; a text already there under `seq` is replaced (an edit).
    pub fn add(&mut self, seq: u64, text: &str) {
        self.remove(seq);
        let mut own: Vec<Arc<str>> = Vec::new();
        each_word(text, |word| {
            let (term, seqs) = match self.terms.get_key_value(word) {
                Some((term, _)) => (Arc::clone(term), self.terms.get_mut(word)),
                None => (Arc::from(word), None),
            };
            match seqs {
                None => {
                    self.terms.insert(Arc::clone(&term), vec![seq]);
                    own.push(term);
                }
                Some(seqs) => {
                    if let Err(place) = seqs.binary_search(&seq) {
                        seqs.insert(place, seq);
                        own.push(term);
                    }
                }
            }
        });
        self.texts.insert(seq, own.into_boxed_slice());
    }

    /// Takes a text out again; terms that only it had are gone from memory.
    pub fn remove(&mut self, seq: u64) {
        for term in self.texts.remove(&seq).unwrap_or_default() {
            let emptied = self.terms.get_mut(&term).is_some_and(|seqs| {
                if let Ok(place) = seqs.binary_search(&seq) {
                    seqs.remove(place);
                }
                seqs.is_empty()
            });
            if emptied {
                self.terms.remove(&term);
            }
        }
    }

    /// How many texts it holds.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The newest `limit` sequence numbers below `below` (`u64::MAX`: from the newest) that the query finds,
    /// newest first. Phrases still have to be judged by [`Query::matches`].
    pub fn search(&self, query: &Query, below: u64, limit: usize) -> Vec<u64> {
        let found: Result<_, std::convert::Infallible> =
            search(query, below, limit, |clause| Ok(self.postings(clause)));
        let Ok(found) = found;
        found
    }

    /// The bytes of this day as a closed [`super::Part`].
    pub fn close(&self) -> Vec<u8> {
        part::encode(
            self.terms
                .iter()
                .map(|(term, seqs)| (term.as_ref(), seqs.as_slice())),
        )
    }

    fn postings(&self, clause: &Clause) -> Vec<u64> {
        let mut all: Vec<u64> = Vec::new();
        if clause.near.is_some() {
            // The whole day is in memory; trying each term is a few milliseconds at most.
            self.terms
                .iter()
                .filter(|(term, _)| clause.accepts(term))
                .for_each(|(_, seqs)| all.extend(seqs));
        } else if clause.prefix {
            self.terms
                .range::<str, _>((Bound::Included(clause.word.as_str()), Bound::Unbounded))
                .take_while(|(term, _)| term.starts_with(&clause.word))
                .for_each(|(_, seqs)| all.extend(seqs));
        } else if let Some(seqs) = self.terms.get(clause.word.as_str()) {
            all.extend(seqs);
        }
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.dedup();
        all
    }
}
