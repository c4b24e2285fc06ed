//! A name for a file that is safe to show and to save under.
//!
//! Never keeps a path, a control character, or a mark that makes a name read differently from what it is.

use unicode_normalization::UnicodeNormalization;

pub const FILE_NAME_CHARS_MAX: usize = 120;
const EXTENSION_CHARS_MAX: usize = 16;
const RESERVED: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// The last part of what was sent, cleaned; `file` if nothing is left. Keeps the extension when it has to be cut.
pub fn file_name(raw: &str) -> String {
    const RAW_CHARS_MAX: usize = 4_096;
    let last = raw
        .rsplit(['/', '\\'])
        .find(|part| !part.trim_matches(['.', ' ']).is_empty())
        .unwrap_or_default();
    let clean: String = last
        .chars()
        .take(RAW_CHARS_MAX)
        .filter(|c| !is_unseen(*c))
        .nfc()
        .map(plain)
        .collect();
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    let clean = clean.trim_matches(['.', ' ']);
    let (stem, extension) = match clean.rsplit_once('.') {
        Some((stem, extension)) if extension.chars().count() <= EXTENSION_CHARS_MAX => {
            (stem, Some(extension))
        }
        _ => (clean, None),
    };
    let room = FILE_NAME_CHARS_MAX - extension.map_or(0, |extension| extension.chars().count() + 1);
    let stem: String = stem.chars().take(room).collect();
    // Some systems read these as devices whatever follows the first dot.
    let device = stem
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_ascii_lowercase();
    let stem = match stem.trim_end_matches(['.', ' ']) {
        "" => "file".to_owned(),
        _ if RESERVED.contains(&device.as_str()) => {
            format!("_{}", stem.chars().take(room - 1).collect::<String>())
        }
        kept => kept.to_owned(),
    };
    match extension {
        Some(extension) => format!("{stem}.{}", extension.trim_end()),
        None => stem,
    }
}

/// Controls, direction marks and overrides, invisible joiners and tags, what is no character at all.
fn is_unseen(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
        || u32::from(c) & 0xFFFE == 0xFFFE
        || matches!(c, '\u{FDD0}'..='\u{FDEF}')
}

/// Signs that some system gives a meaning in names.
fn plain(c: char) -> char {
    match c {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' | '\u{2044}' | '\u{2215}' | '\u{29F8}'
        | '\u{FF0F}' | '\u{FF3C}' => '_',
        _ => c,
    }
}
