//! Takes a date or a time off the start of a text, step by step.
//!
//! Never judges what it took.

use super::super::marks::{blank, digit, is_mark, is_space};
use super::words::{CONNECTORS, ERAS_AFTER, ERAS_BEFORE, half_of};
use super::{Field, RawDate, Style, Time};

pub(super) struct Cursor<'a> {
    pub rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub fn skip(&mut self, what: fn(char) -> bool) -> bool {
        let before = self.rest.len();
        self.rest = self.rest.trim_start_matches(what);
        self.rest.len() != before
    }

    pub fn take(&mut self, c: char) -> bool {
        self.take_any(|found| found == c).is_some()
    }

    pub fn take_any(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let c = self.rest.chars().next().filter(|c| wanted(*c))?;
        self.rest = self.rest.get(c.len_utf8()..)?;
        Some(c)
    }

    pub fn take_text(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub fn number(&mut self, most: u8) -> Option<(u32, u8)> {
        let (mut value, mut digits) = (0u32, 0u8);
        self.skip(is_mark);
        while let Some(d) = self.rest.chars().next().and_then(digit) {
            if digits == most {
                return None;
            }
            self.take_any(|_| true)?;
            value = value * 10 + d;
            digits += 1;
        }
        (digits > 0).then_some((value, digits))
    }

    pub fn date(&mut self) -> Option<RawDate> {
        let first = self.field()?;
        let (separator, mut spaced) = self.separator()?;
        let second = self.field()?;
        let (again, spaced_again) = self.separator()?;
        if separator != again {
            return None;
        }
        spaced |= spaced_again;
        let mut third = self.field()?;
        self.skip(is_mark);
        if separator == '.' {
            spaced |= self.take('.');
        }
        if separator == '年' {
            self.take_any(|c| matches!(c, '日' | '일'));
        }
        let mut ahead = Cursor { rest: self.rest };
        ahead.skip(blank);
        for (text, add) in ERAS_AFTER {
            if ahead.take_text(text) {
                third.era = Some(*add);
                self.rest = ahead.rest;
                break;
            }
        }
        // Russian and Bulgarian write "year" after the date.
        let mut ahead = Cursor { rest: self.rest };
        ahead.skip(blank);
        if ahead.take_text("г.") {
            self.rest = ahead.rest;
        }
        Some(RawDate {
            fields: [first, second, third],
            separator,
            spaced,
        })
    }

    pub fn field(&mut self) -> Option<Field> {
        self.skip(is_mark);
        let mut era = None;
        for (text, add) in ERAS_BEFORE {
            if self.take_text(text) {
                era = Some(*add);
                self.skip(blank);
                break;
            }
        }
        // The first year of a Japanese era is written with a word.
        if era.is_some() && self.take('元') {
            return Some(Field {
                value: 1,
                digits: 2,
                era,
            });
        }
        let (value, digits) = self.number(4)?;
        Some(Field { value, digits, era })
    }

    pub fn separator(&mut self) -> Option<(char, bool)> {
        self.skip(blank);
        let found = self.take_any(|c| {
            matches!(
                c,
                '/' | '.' | '-' | '\u{2010}' | '\u{2011}' | '\u{2212}' | '年' | '月' | '년' | '월'
            )
        })?;
        let spaced = self.skip(is_space);
        let class = match found {
            '\u{2010}' | '\u{2011}' | '\u{2212}' => '-',
            '月' | '년' | '월' => '年',
            other => other,
        };
        Some((class, spaced))
    }

    pub fn connector(&mut self) {
        self.skip(blank);
        self.take_any(|c| matches!(c, ',' | '،' | '，' | '、'));
        self.skip(blank);
        for word in CONNECTORS {
            let mut ahead = Cursor { rest: self.rest };
            if ahead.take_text(word) && ahead.skip(blank) {
                self.rest = ahead.rest;
                break;
            }
        }
        self.skip(blank);
    }

    pub fn time(&mut self) -> Option<Time<'a>> {
        self.skip(blank);
        let word = self.word_before_digit();
        let half = if word.is_empty() {
            None
        } else {
            Some(half_of(word)?)
        };
        let (hour, _) = self.number(2)?;
        self.time_separator()?;
        let (minute, digits) = self.number(2)?;
        if digits != 2 {
            return None;
        }
        let mut seconds = None;
        let mut ahead = Cursor { rest: self.rest };
        if ahead.time_separator().is_some()
            && let Some((value, 2)) = ahead.number(2)
        {
            ahead.take('秒');
            seconds = Some(value);
            self.rest = ahead.rest;
        } else {
            self.take_any(|c| matches!(c, '分' | '분'));
        }
        Some(Time {
            hour,
            minute,
            seconds,
            half,
            rest: self.rest,
        })
    }

    pub fn time_separator(&mut self) -> Option<()> {
        let mut ahead = Cursor { rest: self.rest };
        ahead.skip(blank);
        let found = ahead
            .take_any(|c| matches!(c, ':' | '.' | 'h' | '：' | '時' | '时' | '시' | '分' | '분'))?;
        // A colon or stop with a space beside it ends the time: "12:59: 45 apples".
        if matches!(found, ':' | '.') {
            let touching = self.rest.starts_with([':', '.']) && !ahead.rest.starts_with(is_space);
            self.rest = ahead.rest;
            return touching.then_some(());
        }
        ahead.skip(blank);
        self.rest = ahead.rest;
        Some(())
    }

    /// The word before the next digit, when it is short enough to belong to a time.
    pub fn word_before_digit(&mut self) -> &'a str {
        const LONGEST: usize = 48;
        let end = self
            .rest
            .char_indices()
            .take_while(|(at, _)| *at <= LONGEST)
            .find(|(_, c)| digit(*c).is_some())
            .map_or(0, |(at, _)| at);
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or(("", self.rest));
        if word.trim_matches(blank).is_empty() || half_of(word).is_none() {
            return "";
        }
        self.rest = rest;
        word
    }

    /// Consumes what ends the header; hands back the word between the time and that end.
    pub fn terminator(&mut self, bracket: bool, has_seconds: bool) -> Option<(Style, &'a str)> {
        const LONGEST_WORD: usize = 40;
        let mut end = None;
        for (at, c) in self
            .rest
            .char_indices()
            .take_while(|(at, _)| *at <= LONGEST_WORD)
        {
            let style = match c {
                ']' if bracket => Style::Bracket,
                '-' | '–' | '—' if !bracket => Style::Dash,
                ':' if !bracket && has_seconds => Style::Colon,
                c if c.is_alphabetic()
                    || blank(c)
                    || matches!(c, '.' | '"' | '\'' | '״' | '’')
                    || !c.is_ascii() =>
                {
                    continue;
                }
                _ => return None,
            };
            end = Some((at, c, style));
            break;
        }
        let (at, c, style) = end?;
        let (word, rest) = self.rest.split_at_checked(at)?;
        let after = rest.get(c.len_utf8()..)?;
        let closed = after.is_empty() || after.starts_with(blank);
        let opened = style != Style::Dash || word.ends_with(blank);
        if !closed && style != Style::Bracket || !opened {
            return None;
        }
        self.rest = after.trim_start_matches(is_space);
        let word = word.trim_matches(blank);
        // Several plain words are a sentence, not the half of a day.
        if word.split(is_space).count() > 1 && half_of(word).is_none() {
            return None;
        }
        Some((style, word))
    }
}
