//! Recognises the start of a message: its date, its time, and how the two are written.
//!
//! Never decides which field of a date is the day, nor who wrote the message.

mod cursor;
mod words;

use super::marks::{blank, digit};
use cursor::Cursor;
use words::half_of;

/// A line that starts with a date and a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    pub shape: Shape,
    pub date: RawDate,
    /// Seconds since midnight of the phone's clock.
    pub seconds: u32,
    pub rest: &'a str,
}

/// What every true header of one export shares. A line of another shape was pasted into a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    pub style: Style,
    pub separator: char,
    pub spaced: bool,
    pub time_first: bool,
    pub has_seconds: bool,
    pub half: Half,
    pub long_year: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Style {
    /// `[date, time] `
    Bracket,
    /// `date, time - `
    Dash,
    /// `date, time: `, as old iPhones wrote it.
    Colon,
}

/// How the half of the day is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Half {
    None,
    Latin,
    /// Before the time or in an East Asian script, where two-digit years come first.
    EastAsian,
    Other,
    /// A word follows the time and no list has it.
    Unknown,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct RawDate {
    pub fields: [Field; 3],
    pub separator: char,
    pub spaced: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub value: u32,
    pub digits: u8,
    /// What to add to reach the common era, when the field names its era.
    pub era: Option<i32>,
}

pub(super) fn header(line: &str) -> Option<Header<'_>> {
    let mut cursor = Cursor { rest: line };
    cursor.skip(blank);
    let bracket = cursor.take('[');
    cursor.skip(blank);
    if !cursor
        .rest
        .starts_with(|c: char| digit(c).is_some() || !c.is_ascii() || matches!(c, 'R' | 'H' | 'S'))
    {
        return None;
    }
    let (date, time, time_first) = date_and_time(cursor.rest)?;
    cursor.rest = time.rest;
    let (style, word) = cursor.terminator(bracket, time.seconds.is_some())?;
    let (half, seconds) = day_seconds(&time, word)?;
    Some(Header {
        shape: Shape {
            style,
            separator: date.separator,
            spaced: date.spaced,
            time_first,
            has_seconds: time.seconds.is_some(),
            half,
            long_year: date
                .fields
                .iter()
                .position(|f| f.digits > 2 || f.era.is_some())
                .map(|at| at as u8),
        },
        date,
        seconds,
        rest: cursor.rest,
    })
}

fn date_and_time(text: &str) -> Option<(RawDate, Time<'_>, bool)> {
    let mut cursor = Cursor { rest: text };
    if let Some(date) = cursor.date() {
        cursor.connector();
        return cursor.time().map(|time| (date, time, false));
    }
    let mut cursor = Cursor { rest: text };
    let mut time = cursor.time()?;
    // A half-day word may stand between the time and the date.
    let word = cursor.word_before_digit();
    if time.half.is_none() && !word.is_empty() {
        time.half = half_of(word);
    }
    cursor.connector();
    let date = cursor.date()?;
    time.rest = cursor.rest;
    Some((date, time, true))
}

struct Time<'a> {
    hour: u32,
    minute: u32,
    seconds: Option<u32>,
    half: Option<(Half, DayPart)>,
    rest: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DayPart {
    Am,
    Pm,
    /// Around midday: twelve is noon, one is the afternoon.
    Noon,
}

fn day_seconds(time: &Time<'_>, word: &str) -> Option<(Half, u32)> {
    let told = time.half.or_else(|| half_of(word));
    let hour = match told.map(|(_, part)| part) {
        Some(DayPart::Am) if time.hour == 12 => 0,
        Some(DayPart::Pm) if time.hour < 12 => time.hour + 12,
        Some(DayPart::Noon) if time.hour < 6 => time.hour + 12,
        _ => time.hour,
    };
    let second = time.seconds.unwrap_or(0);
    if hour > 23 || time.minute > 59 || second > 60 {
        return None;
    }
    let half = match told {
        Some((half, _)) => half,
        None if word.is_empty() => Half::None,
        None => Half::Unknown,
    };
    Some((half, hour * 3600 + time.minute * 60 + second.min(59)))
}
