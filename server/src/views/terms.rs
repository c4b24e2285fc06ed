//! The search index of one channel-day: which words stand at which positions of the channel.
//!
//! Pure bytes in, pure bytes out. It never touches a file, a key or the log, never stores a text, and decides
//! nothing about who may search: a closed day's bytes are sealed by whoever asks for them.
//!
//! Reading order: [`words`] cuts and folds a text, [`Query`] is what a person typed, [`OpenPart`] is the day that
//! still grows, [`Part`] is a closed day in one byte string.

mod lists;
mod near;
mod open;
mod part;
mod query;
mod words;

pub use open::{OpenPart, Run};
pub use part::{Damaged, Part};
pub use query::Query;
pub use words::words;

use lists::Lists;
use query::Clause;

/// The newest sequence numbers below `below` that every clause of the query agrees on, newest first. Reads no
/// further than it must. `postings` answers one clause.
fn search<'p>(
    query: &Query,
    below: u64,
    limit: usize,
    postings: impl FnMut(&Clause) -> Result<Lists<'p>, Damaged>,
) -> Result<Vec<u64>, Damaged> {
    let mut found = Vec::new();
    let mut clauses: Vec<Lists<'p>> = query
        .clauses()
        .iter()
        .map(postings)
        .collect::<Result<_, _>>()?;
    let Some(mut most) = below.checked_sub(1).filter(|_| !clauses.is_empty()) else {
        return Ok(found);
    };
    while found.len() < limit {
        // Around and around, until all clauses stand at the same number.
        let mut agreed = 0;
        while agreed < clauses.len() {
            for clause in &mut clauses {
                match clause.seek(most)? {
                    None => return Ok(found),
                    Some(seq) if seq == most => agreed += 1,
                    Some(seq) => (most, agreed) = (seq, 1),
                }
            }
        }
        found.push(most);
        match most.checked_sub(1) {
            Some(next) => most = next,
            None => break,
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
