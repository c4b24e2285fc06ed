//! The search index of one channel-day: which words stand at which positions of the channel.
//!
//! Pure bytes in, pure bytes out. It never touches a file, a key or the log, never stores a text, and decides
//! nothing about who may search: a closed day's bytes are sealed by whoever asks for them.
//!
//! Reading order: [`words`] cuts and folds a text, [`Query`] is what a person typed, [`OpenPart`] is the day that
//! still grows, [`Part`] is a closed day in one byte string.

mod near;
mod open;
mod part;
mod query;
mod words;

pub use open::OpenPart;
pub use part::{Damaged, Part};
pub use query::Query;
pub use words::words;

use query::Clause;

/// The newest sequence numbers below `below` that every clause of the query agrees on, newest first.
/// `postings` answers one clause with its sequence numbers, newest first and without repeats.
fn search<E>(
    query: &Query,
    below: u64,
    limit: usize,
    mut postings: impl FnMut(&Clause) -> Result<Vec<u64>, E>,
) -> Result<Vec<u64>, E> {
    let mut lists = Vec::with_capacity(query.clauses().len());
    for clause in query.clauses() {
        let list = postings(clause)?;
        if list.is_empty() {
            return Ok(Vec::new());
        }
        lists.push(list);
    }
    lists.sort_by_key(Vec::len);
    let Some((rarest, others)) = lists.split_first() else {
        return Ok(Vec::new());
    };
    Ok(rarest
        .iter()
        .copied()
        .filter(|&seq| seq < below)
        .filter(|seq| {
            others
                .iter()
                .all(|list| list.binary_search_by(|other| seq.cmp(other)).is_ok())
        })
        .take(limit)
        .collect())
}

#[cfg(test)]
mod tests;
