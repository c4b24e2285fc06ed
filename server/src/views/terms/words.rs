//! Cuts a text into words by the Unicode (ICU) rules and folds them, so that what is typed finds what was written.
//!
//! Never keeps a text, never guesses a language: dictionaries are consulted by script alone. No learned model: a
//! query must be cut on this machine today as the text was on another last year, and at a hundredth of the cost.

use std::sync::LazyLock;

use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};
use unicode_normalization::UnicodeNormalization;

/// A longer word is cut to this many characters, in texts and in queries alike, so it is still found.
pub const WORD_CHARS_MAX: usize = 64;
/// Words after these are not indexed: no message a person writes has as many.
pub const TEXT_WORDS_MAX: usize = 8_192;
/// Text after these bytes is not indexed. Bounds the work one message can cause.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// The folded words of a text, in reading order, repeats kept.
pub fn words(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    each_word(text, |word| all.push(word.to_owned()));
    all
}

/// The folded words with a space between: no folded word has one.
pub(super) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    each_word(text, |word| {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    });
    folded
}

/// Calls `found` for each folded word, in reading order, without allocating per word.
pub(super) fn each_word(text: &str, found: impl FnMut(&str)) {
    let mut sink = Sink {
        found,
        word: String::with_capacity(WORD_CHARS_MAX),
        chars: 0,
        speaks: false,
        left: TEXT_WORDS_MAX,
    };
    // White space always ends a word, so each run between can take the cheapest path that gives the same words.
    for run in head(text).split([' ', '\t', '\n', '\r']) {
        if run.is_ascii() {
            cut_ascii(run.as_bytes(), &mut sink);
        } else {
            cut_any(run, &mut sink);
        }
        if sink.left == 0 {
            return;
        }
    }
}

/// Letters and digits make words; an apostrophe inside letters or inside digits is dropped; all else divides.
fn cut_ascii(run: &[u8], sink: &mut Sink<impl FnMut(&str)>) {
    let mut before = b' ';
    let mut rest = run.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte.is_ascii_alphanumeric() {
            sink.push(char::from(byte.to_ascii_lowercase()));
        } else {
            let after = rest.peek().copied().unwrap_or(b' ');
            let inside = before.is_ascii_alphabetic() && after.is_ascii_alphabetic()
                || before.is_ascii_digit() && after.is_ascii_digit();
            if byte != b'\'' || !inside {
                sink.end();
            }
        }
        before = byte;
    }
    sink.end();
}

fn cut_any(run: &str, sink: &mut Sink<impl FnMut(&str)>) {
    static SEGMENTER: LazyLock<WordSegmenterBorrowed<'static>> =
        LazyLock::new(|| WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()));
    // Whether a piece is a word is judged by its letters, in the sink: the segmenter's own opinion misses words that
    // end in a vowel sign.
    let mut start = 0;
    for end in SEGMENTER.segment_str(run) {
        let segment = run.get(start..end).unwrap_or_default();
        let plain = segment.nfkd().filter(|c| !is_accent(*c));
        // Up and down again is full case folding without a table of our own: ß meets SS, ς meets Σ.
        for letter in plain
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
        {
            match role(letter) {
                Role::Letter => sink.push(letter),
                Role::Silent => {}
                Role::Divider => sink.end(),
            }
        }
        sink.end();
        start = end;
        if sink.left == 0 {
            return;
        }
    }
}

struct Sink<F: FnMut(&str)> {
    found: F,
    word: String,
    chars: usize,
    /// A letter or digit is in it: marks alone are no word.
    speaks: bool,
    left: usize,
}

impl<F: FnMut(&str)> Sink<F> {
    fn push(&mut self, letter: char) {
        if self.chars < WORD_CHARS_MAX {
            self.word.push(letter);
            self.chars += 1;
            self.speaks |= letter.is_alphanumeric();
        }
    }

    fn end(&mut self) {
        if self.speaks && self.left > 0 {
            (self.found)(&self.word);
            self.left -= 1;
        }
        self.word.clear();
        self.chars = 0;
        self.speaks = false;
    }
}

/// Marks that people leave out when they type in a hurry. Elsewhere (kana, Thai, the Indic scripts) a mark is a
/// letter in its own right: dropping it would make one word of two.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0487}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}'
        // Hebrew points, Arabic vowel signs and the Arabic stretcher.
        | '\u{0591}'..='\u{05BD}' | '\u{05BF}' | '\u{05C1}'..='\u{05C2}' | '\u{05C4}'..='\u{05C5}' | '\u{05C7}'
        | '\u{0610}'..='\u{061A}' | '\u{0640}' | '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{06D6}'..='\u{06DC}'
        | '\u{06DF}'..='\u{06E4}' | '\u{06E7}'..='\u{06E8}' | '\u{06EA}'..='\u{06ED}')
}

enum Role {
    Letter,
    Silent,
    Divider,
}

/// What the Unicode rules leave inside a word but people do not type: file names, links and numbers are divided
/// further, because `report_final.pdf` must be found by `final`.
fn role(c: char) -> Role {
    match c {
        // Apostrophes and their kin, then what is invisible.
        '\''
        | '"'
        | '\u{2018}'
        | '\u{2019}'
        | '\u{02BC}'
        | '\u{00B7}'
        | '\u{2027}'
        | '\u{05F3}'
        | '\u{05F4}'
        | '\u{00AD}'
        | '\u{061C}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{E0001}'..='\u{E01EF}' => Role::Silent,
        '\u{2000}'..='\u{206F}'
        | '\u{060C}'
        | '\u{060D}'
        | '\u{066B}'
        | '\u{066C}'
        | '\u{07F8}'
        | '\u{055F}'
        | '\u{0589}' => Role::Divider,
        _ if c.is_ascii() && !c.is_ascii_alphanumeric() => Role::Divider,
        _ if c.is_whitespace() || c.is_control() => Role::Divider,
        _ => Role::Letter,
    }
}

fn head(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
pub(super) fn words_by_icu_alone(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let found = |word: &str| all.push(word.to_owned());
    let mut sink = Sink {
        found,
        word: String::new(),
        chars: 0,
        speaks: false,
        left: TEXT_WORDS_MAX,
    };
    cut_any(head(text), &mut sink);
    all
}
