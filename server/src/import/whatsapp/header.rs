//! Recognises the start of a message: its date, its time, and how the two are written.
//!
//! Never decides which field of a date is the day, nor who wrote the message.

use super::marks::{blank, digit, folded, is_mark, is_space};

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

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn skip(&mut self, what: fn(char) -> bool) -> bool {
        let before = self.rest.len();
        self.rest = self.rest.trim_start_matches(what);
        self.rest.len() != before
    }

    fn take(&mut self, c: char) -> bool {
        self.take_any(|found| found == c).is_some()
    }

    fn take_any(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let c = self.rest.chars().next().filter(|c| wanted(*c))?;
        self.rest = self.rest.get(c.len_utf8()..)?;
        Some(c)
    }

    fn take_text(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn number(&mut self, most: u8) -> Option<(u32, u8)> {
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

    fn date(&mut self) -> Option<RawDate> {
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

    fn field(&mut self) -> Option<Field> {
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

    fn separator(&mut self) -> Option<(char, bool)> {
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

    fn connector(&mut self) {
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

    fn time(&mut self) -> Option<Time<'a>> {
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

    fn time_separator(&mut self) -> Option<()> {
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
    fn word_before_digit(&mut self) -> &'a str {
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
    fn terminator(&mut self, bracket: bool, has_seconds: bool) -> Option<(Style, &'a str)> {
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
        if half_of(word).is_none() && word.split(is_space).count() > 1 {
            return None;
        }
        Some((style, word))
    }
}

fn half_of(word: &str) -> Option<(Half, DayPart)> {
    let mut key = folded(word);
    key.retain(|c| !is_space(c) && !is_mark(c) && !matches!(c, '.' | '"' | '\'' | '״' | '’' | ','));
    let found = |list: &[&str]| list.contains(&key.as_str());
    Some(match () {
        () if found(&["am", "a"]) => (Half::Latin, DayPart::Am),
        () if found(&["pm", "p"]) => (Half::Latin, DayPart::Pm),
        () if found(&["上午", "午前", "오전", "凌晨", "早上", "清晨"]) => {
            (Half::EastAsian, DayPart::Am)
        }
        () if found(&["下午", "午後", "오후", "晚上", "傍晚"]) => {
            (Half::EastAsian, DayPart::Pm)
        }
        () if found(&["中午"]) => (Half::EastAsian, DayPart::Noon),
        () if found(AM) => (Half::Other, DayPart::Am),
        () if found(PM) => (Half::Other, DayPart::Pm),
        () => return None,
    })
}

const AM: &[&str] = &[
    "ص",
    "صباحا",
    "صباحًا",
    "قظ",
    "قبلازظهر",
    "قبل\u{200C}ازظهر",
    "sa",
    "öö",
    "πμ",
    "pg",
    "pd",
    "de",
    "fm",
    "дп",
    "лפנהצ",
    "לפנהצ",
    "पूर्वाह्न",
    "am午前",
    "முற்பகல்",
    "ก่อนเที่ยง",
    "vm",
    "epd",
];
const PM: &[&str] = &[
    "م",
    "مساء",
    "مساءً",
    "بظ",
    "بعدازظهر",
    "بعد\u{200C}ازظهر",
    "ch",
    "ös",
    "μμ",
    "ptg",
    "md",
    "du",
    "em",
    "пп",
    "אחהצ",
    "अपराह्न",
    "பிற்பகல்",
    "หลังเที่ยง",
    "nm",
    "emd",
];

/// Words between date and time.
const CONNECTORS: &[&str] = &[
    "um",
    "om",
    "à",
    "a las",
    "às",
    "alle",
    "alle ore",
    "kl.",
    "kl",
    "klo",
    "at",
    "ob",
    "o",
    "u",
    "в",
    "о",
    "в\u{A0}",
    "saat",
    "lúc",
    "pukul",
    "ở",
    "στις",
    "la",
    "ora",
    "a",
    "الساعة",
    "בשעה",
];

const ERAS_BEFORE: &[(&str, i32)] = &[
    ("令和", 2018),
    ("平成", 1988),
    ("昭和", 1925),
    ("民國", 1911),
    ("民国", 1911),
    ("พ.ศ.", -543),
    ("R", 2018),
    ("H", 1988),
    ("S", 1925),
];
const ERAS_AFTER: &[(&str, i32)] = &[
    ("BE", -543),
    ("B.E.", -543),
    ("พ.ศ.", -543),
    ("AD", 0),
    ("CE", 0),
    ("ค.ศ.", 0),
    ("م", 0),
];
