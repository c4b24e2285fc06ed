//! What a person typed into the search field: all words must be there, the last one may be unfinished,
//! "words in quotes" must stand together.
//!
//! Never looks anything up: [`super::Part`] and [`super::OpenPart`] do, and [`Query::matches`] is the last word.

use super::near::{NEAR_LETTERS_MAX, Near};
use super::words::{each_word, words};

/// Further words of a query are ignored: each costs a look-up in every part.
pub const QUERY_WORDS_MAX: usize = 16;
/// Shorter words get no tolerance: one letter off, they are other words.
pub const TYPO_LETTERS_MIN: usize = 5;

/// A parsed query. Cheap to clone; never printed, because it is somebody's text.
#[derive(Clone)]
pub struct Query {
    clauses: Vec<Clause>,
    phrases: Vec<Vec<Clause>>,
}

/// One word and how it has to be met.
#[derive(Clone)]
pub(super) struct Clause {
    pub word: String,
    /// A word that starts with this one is met too.
    pub prefix: bool,
    /// Set when one wrong, missing or extra letter is forgiven.
    pub near: Option<Near>,
}

impl Query {
    /// An unclosed quote is closed by the end, its last word unfinished: the person is still typing.
    pub fn parse(text: &str) -> Query {
        let mut clauses: Vec<Clause> = Vec::new();
        let mut phrases = Vec::new();
        let stretches: Vec<&str> = text.split(['"', '“', '”', '„', '«', '»']).collect();
        let mut left = QUERY_WORDS_MAX;
        for (index, stretch) in stretches.iter().enumerate() {
            let mut found: Vec<Clause> = words(stretch)
                .into_iter()
                .take(left)
                .map(Clause::exact)
                .collect();
            left -= found.len();
            let last = index + 1 == stretches.len();
            if last && let Some(clause) = found.last_mut() {
                clause.prefix = true;
            }
            if index % 2 == 1 && found.len() > 1 {
                phrases.push(found.clone());
            }
            clauses.extend(found);
        }
        Query { clauses, phrases }
    }

    /// No word in it: it finds nothing, and the caller can say so instead of searching.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// The same query forgiving one letter in each long word outside quotes; `None` when there is no such word.
    /// For a second pass, after the first one found too little.
    pub fn forgiving(&self) -> Option<Query> {
        let quoted = |word: &str| {
            self.phrases
                .iter()
                .flatten()
                .any(|clause| clause.word == word)
        };
        let mut query = self.clone();
        let mut any = false;
        for clause in &mut query.clauses {
            let letters = clause.word.chars().count();
            if (TYPO_LETTERS_MIN..=NEAR_LETTERS_MAX).contains(&letters) && !quoted(&clause.word) {
                clause.near = Near::new(&clause.word, clause.prefix);
                any |= clause.near.is_some();
            }
        }
        any.then_some(query)
    }

    /// Whether a text answers the query; the only place where phrases are judged.
    pub fn matches(&self, text: &str) -> bool {
        let found = words(text);
        let met = |clause: &Clause| found.iter().any(|word| clause.accepts(word));
        let stands = |phrase: &Vec<Clause>| {
            found.windows(phrase.len()).any(|window| {
                window
                    .iter()
                    .zip(phrase)
                    .all(|(word, clause)| clause.accepts(word))
            })
        };
        !self.is_empty() && self.clauses.iter().all(met) && self.phrases.iter().all(stands)
    }

    /// Whether every clause is met among folded words with a space between; phrases are not judged.
    pub(super) fn words_met(&self, words: &str) -> bool {
        let met = |clause: &Clause| words.split(' ').any(|word| clause.accepts(word));
        self.clauses.iter().all(met)
    }

    /// Where the first answering word stands in a text, in bytes: for a snippet. `None` if none does.
    pub fn first_hit(&self, text: &str) -> Option<usize> {
        let mut start = 0;
        for run in text.split_inclusive(char::is_whitespace) {
            let mut hit = false;
            each_word(run, |word| {
                hit |= self.clauses.iter().any(|clause| clause.accepts(word));
            });
            if hit {
                return Some(start);
            }
            start += run.len();
        }
        None
    }

    pub(super) fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// Whether phrases remain to be judged by [`Query::matches`] on each hit's text.
    pub fn has_phrases(&self) -> bool {
        !self.phrases.is_empty()
    }
}

impl Clause {
    fn exact(word: String) -> Clause {
        Clause {
            word,
            prefix: false,
            near: None,
        }
    }

    pub fn accepts(&self, word: &str) -> bool {
        match &self.near {
            Some(near) => near.accepts(word),
            None if self.prefix => word.starts_with(&self.word),
            None => word == self.word,
        }
    }
}
