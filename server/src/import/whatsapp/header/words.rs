//! The words inside dates and times: halves of the day, eras, what stands between the two.

use super::super::marks::{blank, folded, is_mark, is_space};
use super::{DayPart, Half};

pub(super) fn half_of(word: &str) -> Option<(Half, DayPart)> {
    if word.chars().all(blank) {
        return None;
    }
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
pub(super) const CONNECTORS: &[&str] = &[
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

pub(super) const ERAS_BEFORE: &[(&str, i32)] = &[
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
pub(super) const ERAS_AFTER: &[(&str, i32)] = &[
    ("BE", -543),
    ("B.E.", -543),
    ("พ.ศ.", -543),
    ("AD", 0),
    ("CE", 0),
    ("ค.ศ.", 0),
    ("م", 0),
];
