//! The index of a channel-day that still grows, in memory: a few small parts, and the newest texts as their words.
//!
//! Never persisted: it is rebuilt from the log. It keeps the words of every version a text had, so what it finds is
//! a candidate, to be judged by the text as it reads now; it never misses one.

use std::sync::Arc;

use super::Query;
use super::part::{Damaged, Part};
use super::words::folded;

/// Texts kept as their words. Scanning them costs a query some microseconds; making parts of fewer costs more.
const TAIL_MAX: usize = 256;
/// Runs of one size that become one of the next.
const MERGED: usize = 8;

#[derive(Default)]
pub struct OpenPart {
    /// Folded words with a space between, as they came.
    tail: Vec<(u64, Box<str>)>,
    /// In the order they were made; the sizes fall.
    runs: Vec<Arc<Run>>,
}

/// What was in the tail once.
pub struct Run {
    part: Part,
    low: u64,
    high: u64,
    /// How often it was merged.
    height: u32,
}

impl OpenPart {
    pub fn new() -> OpenPart {
        OpenPart::default()
    }

    /// Adds a text, or another version of it.
    pub fn add(&mut self, seq: u64, text: &str) {
        let folded = folded(text);
        if folded.is_empty() {
            return;
        }
        self.tail.push((seq, folded.into_boxed_str()));
        if self.tail.len() >= TAIL_MAX {
            self.settle_tail();
        }
    }

    pub fn is_empty(&self) -> bool {
        self.tail.is_empty() && self.runs.is_empty()
    }

    /// Bytes of memory it takes, nearly.
    pub fn bytes(&self) -> usize {
        let tail: usize = self.tail.iter().map(|(_, words)| words.len() + 24).sum();
        let runs: usize = self.runs.iter().map(|run| run.part.bytes() + 64).sum();
        tail + runs
    }

    /// The newest `limit` sequence numbers below `below` (`u64::MAX`: from the newest) that may answer, newest first.
    pub fn search(&self, query: &Query, below: u64, limit: usize) -> Result<Vec<u64>, Damaged> {
        let mut found: Vec<u64> = self
            .tail
            .iter()
            .filter(|(seq, words)| *seq < below && query.words_met(words))
            .map(|(seq, _)| *seq)
            .collect();
        settle(&mut found, limit);
        let mut runs: Vec<&Run> = self.runs.iter().map(Arc::as_ref).collect();
        runs.sort_unstable_by_key(|run| std::cmp::Reverse(run.high));
        for run in runs.into_iter().filter(|run| run.low < below) {
            // Enough, and all that follows is older.
            if found.len() == limit && found.last().is_some_and(|oldest| *oldest >= run.high) {
                break;
            }
            found.extend(run.part.search(query, below, limit)?);
            settle(&mut found, limit);
        }
        Ok(found)
    }

    /// The runs that should be one by now. Made into one by [`Run::merge`] without holding anyone up, they are put
    /// back by [`OpenPart::replace`].
    pub fn due(&self) -> Option<Vec<Arc<Run>>> {
        let from = self.runs.len().checked_sub(MERGED)?;
        let last = self.runs.get(from..)?;
        let height = last.first()?.height;
        last.iter()
            .all(|run| run.height == height)
            .then(|| last.to_vec())
    }

    /// All there is, as runs. Once sealed elsewhere, they are let go.
    pub fn runs(&mut self) -> Vec<Arc<Run>> {
        self.settle_tail();
        self.runs.clone()
    }

    pub fn let_go(&mut self, old: &[Arc<Run>]) {
        self.runs
            .retain(|run| !old.iter().any(|old| Arc::ptr_eq(run, old)));
    }

    fn settle_tail(&mut self) {
        let tail = std::mem::take(&mut self.tail);
        if !tail.is_empty() {
            self.runs.push(Arc::new(Run::of(&tail)));
        }
    }

    /// Runs that were added since stay as they are.
    pub fn replace(&mut self, old: &[Arc<Run>], merged: Run) {
        let is_old = |run: &Arc<Run>| old.iter().any(|old| Arc::ptr_eq(run, old));
        if let Some(at) = self.runs.iter().position(is_old) {
            self.runs.retain(|run| !is_old(run));
            self.runs.insert(at, Arc::new(merged));
        }
    }
}

impl Run {
    fn of(texts: &[(u64, Box<str>)]) -> Run {
        let seqs = || texts.iter().map(|(seq, _)| *seq);
        Run {
            part: Part::of_folded(texts.iter().map(|(seq, words)| (*seq, &**words))),
            low: seqs().min().unwrap_or(0),
            high: seqs().max().unwrap_or(0),
            height: 0,
        }
    }

    /// One part of an older one and of what came since.
    pub fn beyond(older: Option<&Part>, runs: &[Arc<Run>]) -> Result<Part, Damaged> {
        Part::merge(older.into_iter().chain(runs.iter().map(|run| &run.part)))
    }

    pub fn merge(runs: &[Arc<Run>]) -> Result<Run, Damaged> {
        Ok(Run {
            part: Part::merge(runs.iter().map(|run| &run.part))?,
            low: runs.iter().map(|run| run.low).min().unwrap_or(0),
            high: runs.iter().map(|run| run.high).max().unwrap_or(0),
            height: runs.iter().map(|run| run.height).max().unwrap_or(0) + 1,
        })
    }
}

/// Newest first, each once, no more than wanted.
fn settle(found: &mut Vec<u64>, limit: usize) {
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.dedup();
    found.truncate(limit);
}
