//! Characters that carry no text: direction marks, odd spaces, digits of other scripts.
//!
//! Never decides what a line means.

/// Direction marks, isolates, the byte order mark and NUL: written around brackets and names.
pub(super) fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'
            | '\u{2066}'..='\u{2069}'
            | '\u{061C}'
            | '\u{FEFF}'
            | '\0'
    )
}

/// Spaces as exports write them, the no-break and narrow ones included.
pub(super) fn is_space(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{3000}'
    )
}

pub(super) fn blank(c: char) -> bool {
    is_mark(c) || is_space(c)
}

/// WhatsApp puts one of these before words of its own; people hardly ever do.
pub(super) fn is_generated(text: &str) -> bool {
    text.trim_start_matches(is_space)
        .starts_with(['\u{200E}', '\u{200F}'])
}

/// Without marks, every run of spaces one space, trimmed. Joiners stay: they shape letters.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_space(c) {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_mark(c) || matches!(c, '\u{200C}' | '\u{200D}') {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// For comparing a phrase: plain, lower case, without the final stop.
pub(super) fn folded(text: &str) -> String {
    let mut out = plain(text).to_lowercase();
    out.truncate(out.trim_end_matches(['.', '。', ' ']).len());
    out
}

/// The value of a decimal digit of any script exports are written in.
pub(super) fn digit(c: char) -> Option<u32> {
    const ZEROES: [u32; 17] = [
        0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
        0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x17E0, 0xFF10,
    ];
    if c.is_ascii() {
        return c.to_digit(10);
    }
    let code = u32::from(c);
    ZEROES
        .iter()
        .find(|&&zero| (zero..zero + 10).contains(&code))
        .map(|zero| code - zero)
}
