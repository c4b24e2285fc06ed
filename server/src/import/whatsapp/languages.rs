//! WhatsApp's own words, one row per language of the phone.
//!
//! Data and look-ups only. A language or wording that is missing loses a label, never a line.

mod asian;
mod germanic;
mod mediterranean;
mod romance;
mod slavic;

use super::marks::folded;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a sentence of WhatsApp's own tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Created,
    Added,
    Removed,
    Left,
    Subject,
    Icon,
    Number,
    Encrypted,
    Joined,
    Admin,
    /// Recognised, but nothing the reader tells apart.
    Other,
}

/// In `sentences`: `{a}` who acted, `{w}` to whom, `{n}` the group's name, `{f}` and `{t}` the old
/// and new subject, `{A}` and `{W}` the phone's owner without a word, `[x|y]` either. Quotation
/// marks are all written `"`, and final stops are left out.
pub(super) struct Language {
    pub code: &'static str,
    pub you: &'static [&'static str],
    /// Whole lines in place of media: Android's in angle brackets, iPhones' bare.
    pub omitted: &'static [&'static str],
    /// Android's `name.jpg (…)`.
    pub attached: &'static [&'static str],
    /// iPhones' `<…: name.jpg>`.
    pub tag: &'static [&'static str],
    pub deleted: &'static [&'static str],
    pub deleted_by_self: &'static [&'static str],
    pub edited: &'static [&'static str],
    /// The words before a poll's question and before each answer.
    pub poll: &'static [(&'static str, &'static str)],
    pub call: &'static [&'static str],
    pub sentences: &'static [(What, &'static str)],
    /// Found anywhere in a sentence when none of the above fits.
    pub signs: &'static [(What, &'static str)],
}

const EMPTY: Language = Language {
    code: "",
    you: &[],
    omitted: &[],
    attached: &[],
    tag: &[],
    deleted: &[],
    deleted_by_self: &[],
    edited: &[],
    poll: &[],
    call: &[],
    sentences: &[],
    signs: &[],
};

pub(super) fn all() -> impl Iterator<Item = &'static Language> {
    [
        germanic::ROWS,
        romance::ROWS,
        slavic::ROWS,
        mediterranean::ROWS,
        asian::ROWS,
    ]
    .into_iter()
    .flatten()
}

/// A phrase that stands for a whole message or the end of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phrase {
    Omitted,
    Attached,
    Tag,
    Deleted,
    DeletedBySelf,
    Edited,
    Call,
}

/// A text looked up once, for every phrase it may be.
#[derive(Clone, Copy)]
pub(super) struct Known(Option<&'static [(Phrase, &'static str)]>);

impl Known {
    pub fn of(text: &str) -> Self {
        /// Longer than any phrase: no need to fold a long message to know.
        const LONGEST: usize = 160;
        if text.len() > LONGEST {
            return Self(None);
        }
        Self(PHRASES.get(&key(text)).map(Vec::as_slice))
    }

    pub fn is(self, phrase: Phrase) -> bool {
        self.0
            .is_some_and(|found| found.iter().any(|(known, _)| *known == phrase))
    }

    pub fn language(self) -> Option<&'static str> {
        self.0?.first().map(|(_, code)| *code)
    }
}

pub(super) fn is(phrase: Phrase, text: &str) -> bool {
    Known::of(text).is(phrase)
}

/// Some versions put a stop inside the angle brackets, some do not.
fn key(text: &str) -> String {
    let key = folded(text);
    if key.ends_with(".>") {
        key.replace(".>", ">")
    } else {
        key
    }
}

static PHRASES: LazyLock<HashMap<String, Vec<(Phrase, &'static str)>>> = LazyLock::new(|| {
    let mut found: HashMap<String, Vec<(Phrase, &'static str)>> = HashMap::new();
    for language in all() {
        for (phrase, list) in [
            (Phrase::Omitted, language.omitted),
            (Phrase::Attached, language.attached),
            (Phrase::Tag, language.tag),
            (Phrase::Deleted, language.deleted),
            (Phrase::DeletedBySelf, language.deleted_by_self),
            (Phrase::Edited, language.edited),
            (Phrase::Call, language.call),
        ] {
            for text in list {
                found
                    .entry(key(text))
                    .or_default()
                    .push((phrase, language.code));
            }
        }
    }
    found
});
