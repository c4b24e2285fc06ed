//! Words that are one letter away: replaced, missing or extra. One automaton serves the closed day's map, which it
//! walks byte by byte, and the open day's words.
//!
//! Never compares bytes where letters are meant: in most scripts a letter is several bytes.

use fst::Automaton;

/// Positions are bits of a `u64`, one more than there are letters.
pub const NEAR_LETTERS_MAX: usize = 32;

#[derive(Clone)]
pub struct Near {
    letters: Vec<char>,
    /// A beginning that is near is enough.
    prefix: bool,
}

/// Where in the asked word one may be after the letters so far.
#[derive(Clone, Copy)]
pub struct Walk {
    /// With no letter wrong, and with one.
    right: u64,
    wrong: u64,
    /// A beginning was near and that is enough.
    done: bool,
    /// Bits of a letter that is not complete, and bytes it still needs.
    partial: u32,
    missing: u8,
}

impl Near {
    /// `None` for a word that is too long for it.
    pub fn new(word: &str, prefix: bool) -> Option<Near> {
        let letters: Vec<char> = word.chars().collect();
        (letters.len() <= NEAR_LETTERS_MAX).then_some(Near { letters, prefix })
    }

    pub fn accepts(&self, word: &str) -> bool {
        let end = word
            .chars()
            .fold(self.start(), |walk, letter| self.step(walk, letter));
        self.is_match(&end)
    }

    fn step(&self, from: Walk, letter: char) -> Walk {
        let same = self
            .letters
            .iter()
            .enumerate()
            .filter(|(_, own)| **own == letter)
            .fold(0, |bits, (at, _)| bits | 1 << at);
        let right = (from.right & same) << 1;
        // Going on after a wrong letter; or now an extra one, a replaced one, a missing one.
        let wrong = (from.wrong & same) << 1 | from.right | from.right << 1 | right << 1;
        self.settled(right, wrong, from.done)
    }

    fn settled(&self, right: u64, wrong: u64, done: bool) -> Walk {
        let end = 1 << self.letters.len();
        let done = done || self.prefix && (right | wrong) & end != 0;
        Walk {
            right,
            wrong: wrong & (end | (end - 1)),
            done,
            partial: 0,
            missing: 0,
        }
    }
}

impl Automaton for Near {
    type State = Walk;

    fn start(&self) -> Walk {
        self.settled(1, 1 << 1, false)
    }

    fn is_match(&self, walk: &Walk) -> bool {
        walk.missing == 0 && (walk.done || (walk.right | walk.wrong) >> self.letters.len() & 1 == 1)
    }

    fn can_match(&self, walk: &Walk) -> bool {
        walk.done || walk.right | walk.wrong != 0
    }

    fn accept(&self, walk: &Walk, byte: u8) -> Walk {
        let (partial, missing) = match (walk.missing, byte) {
            (0, 0xF0..) => (u32::from(byte & 0x07), 3),
            (0, 0xE0..) => (u32::from(byte & 0x0F), 2),
            (0, 0xC0..) => (u32::from(byte & 0x1F), 1),
            (0, _) => (u32::from(byte), 0),
            (missing, _) => (walk.partial << 6 | u32::from(byte & 0x3F), missing - 1),
        };
        if missing > 0 {
            return Walk {
                partial,
                missing,
                ..*walk
            };
        }
        self.step(
            *walk,
            char::from_u32(partial).unwrap_or(char::REPLACEMENT_CHARACTER),
        )
    }
}
