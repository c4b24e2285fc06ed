//! Lays a copy of a chat beside what earlier copies brought: which entries are new, whose names are
//! whose, by how much its phone's clock differs.
//!
//! Pure. In doubt an entry is new: a double can be seen and removed, a loss cannot.

use std::collections::HashMap;

use migrations_free_store::Id;

use super::known::Known;
use super::rows;
use super::whatsapp::{Entry, Kind, MergeKey, align, merge, merge_key};
use crate::chat::state::fold_handle;

/// Messages that must agree before a copy's clock is moved.
const AGREEING_MIN: usize = 3;
/// Messages two names must share before they are taken for one person.
const SHARED_MIN: usize = 2;

/// Whom a name stands for, in copies that may each have their own name for the same person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    Person(Id),
    Name(String),
}

#[derive(Debug, Default)]
pub struct Compared {
    /// To be added to the new copy's times.
    pub shift_ms: i64,
    /// Known row and new entry that are the same message.
    pub same: Vec<(usize, usize)>,
    /// New entries that are not here.
    pub add: Vec<usize>,
    /// Whom a name of the new copy was in earlier ones.
    pub earlier: HashMap<String, Who>,
}

/// `chosen`: whom the owner matched names of the new copy to.
pub fn compare(known: &[Known], entries: &[Entry], chosen: &HashMap<String, Id>) -> Compared {
    if known.is_empty() {
        return Compared {
            add: (0..entries.len()).collect(),
            ..Compared::default()
        };
    }
    let there = keys(
        known.iter().map(|k| (at(k), &k.kind)),
        std::iter::repeat_n((), known.len()),
    );
    let here = keys(
        entries.iter().map(|e| (e.at_ms, &e.kind)),
        std::iter::repeat_n((), entries.len()),
    );
    let shift = align(&there, &here)
        .filter(|a| a.agreeing >= AGREEING_MIN && a.agreeing * 2 > a.compared)
        .map_or(0, |a| a.shift_minutes);
    let here: Vec<MergeKey<()>> = here.into_iter().map(|k| k.shifted(shift)).collect();
    let earlier = earlier(known, entries, &merge(&there, &here).same);
    let there = keys(
        known.iter().map(|k| (at(k), &k.kind)),
        known.iter().map(identity),
    );
    let here: Vec<MergeKey<Who>> = keys(
        entries.iter().map(|e| (e.at_ms, &e.kind)),
        entries.iter().map(|e| who(rows::from(e), &earlier, chosen)),
    )
    .into_iter()
    .map(|k| k.shifted(shift))
    .collect();
    let plan = merge(&there, &here);
    Compared {
        shift_ms: shift * 60_000,
        same: plan.same,
        add: plan.add,
        earlier,
    }
}

/// Names without case, accents and the mark of unknown contacts.
pub fn folded(name: &str) -> String {
    fold_handle(name.strip_prefix("~ ").unwrap_or(name))
}

fn at(known: &Known) -> i64 {
    i64::try_from(known.at_ms).unwrap_or(i64::MAX)
}

fn identity(known: &Known) -> Who {
    known
        .person
        .map_or_else(|| Who::Name(folded(&known.from)), Who::Person)
}

fn who(name: &str, earlier: &HashMap<String, Who>, chosen: &HashMap<String, Id>) -> Who {
    earlier
        .get(name)
        .cloned()
        .or_else(|| chosen.get(name).copied().map(Who::Person))
        .unwrap_or_else(|| Who::Name(folded(name)))
}

fn keys<'k, P>(
    what: impl Iterator<Item = (i64, &'k Kind)>,
    people: impl Iterator<Item = P>,
) -> Vec<MergeKey<P>> {
    what.zip(people)
        .map(|((at_ms, kind), person)| merge_key(at_ms, Some(person), kind))
        .collect()
}

/// Whom each new name was: by the messages both copies have, else by the name itself.
fn earlier(known: &[Known], entries: &[Entry], same: &[(usize, usize)]) -> HashMap<String, Who> {
    let mut by_name: HashMap<String, Option<Who>> = HashMap::new();
    for row in known.iter().filter(|k| !is_event(&k.kind)) {
        by_name
            .entry(folded(&row.from))
            .and_modify(|who| {
                if who.as_ref() != Some(&identity(row)) {
                    *who = None;
                }
            })
            .or_insert_with(|| Some(identity(row)));
    }
    let mut shared: HashMap<&str, HashMap<Who, usize>> = HashMap::new();
    for (there, here) in same {
        if let (Some(row), Some(entry)) = (known.get(*there), entries.get(*here))
            && !is_event(&row.kind)
        {
            *shared
                .entry(rows::from(entry))
                .or_default()
                .entry(identity(row))
                .or_default() += 1;
        }
    }
    let names = entries
        .iter()
        .filter(|e| !is_event(&e.kind))
        .map(rows::from);
    let mut found = HashMap::new();
    for name in names {
        if found.contains_key(name) {
            continue;
        }
        let voted = shared.get(name).and_then(|votes| {
            let all: usize = votes.values().sum();
            votes
                .iter()
                .find(|(_, n)| **n >= SHARED_MIN && **n * 2 > all)
                .map(|(who, _)| who.clone())
        });
        let known = voted.or_else(|| by_name.get(&folded(name)).cloned().flatten());
        found.insert(name.to_owned(), known);
    }
    found
        .into_iter()
        .filter_map(|(name, who)| Some((name, who?)))
        .collect()
}

fn is_event(kind: &Kind) -> bool {
    matches!(kind, Kind::System(_))
}
