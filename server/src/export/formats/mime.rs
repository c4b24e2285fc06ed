//! What mail and RSMF share: header lines, dates, and base64 as it flows.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::chat::state::DAY_MS;
use crate::export::line::iso;

/// Of 57 bytes, as RFC 2045 wants it: 76 characters.
const LINE_BYTES: usize = 57;

/// Writes what it is given as lines of base64. [`Lines::finish`] must be called, or its end is missing.
pub struct Lines<W: Write> {
    out: W,
    held: Vec<u8>,
}

impl<W: Write> Lines<W> {
    pub fn new(out: W) -> Lines<W> {
        Lines {
            out,
            held: Vec::with_capacity(LINE_BYTES),
        }
    }

    pub fn finish(mut self) -> io::Result<W> {
        if !self.held.is_empty() {
            write!(self.out, "{}\r\n", STANDARD.encode(&self.held))?;
        }
        Ok(self.out)
    }
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut text = Vec::with_capacity(bytes.len() * 3 / 2);
        for byte in bytes {
            self.held.push(*byte);
            if self.held.len() == LINE_BYTES {
                let mut line = [0; 4 * LINE_BYTES / 3];
                let encoded = STANDARD.encode_slice(&self.held, &mut line);
                encoded.map_err(io::Error::other)?;
                text.extend_from_slice(&line);
                text.extend_from_slice(b"\r\n");
                self.held.clear();
            }
        }
        self.out.write_all(&text)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub fn base64(out: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    let mut lines = Lines::new(out);
    lines.write_all(bytes)?;
    lines.finish().map(|_| ())
}

/// A header's words as RFC 2047 has them: B, in pieces of at most 75 characters.
pub fn words(text: &str) -> String {
    const PIECE_BYTES: usize = 42;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '.' | '_');
    if text.len() < PIECE_BYTES && text.chars().all(plain) {
        return text.to_owned();
    }
    let mut pieces = vec![String::new()];
    for c in text.chars() {
        if pieces
            .last()
            .is_some_and(|piece| piece.len() + c.len_utf8() > PIECE_BYTES)
        {
            pieces.push(String::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    let encoded = pieces
        .iter()
        .map(|piece| format!("=?UTF-8?B?{}?=", STANDARD.encode(piece)));
    encoded.collect::<Vec<_>>().join("\r\n ")
}

/// `name*` of RFC 2231, so that any file keeps its name.
pub fn parameter(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold("UTF-8''".to_owned(), |mut all, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            all.push(char::from(byte));
        } else {
            let _ = write!(all, "%{byte:02X}");
        }
        all
    })
}

/// `Sun, 22 Nov 2026 10:15:30 +0000`
pub fn date(ms: u64) -> String {
    let [weekday, day, month, year, time] = parts(ms);
    format!("{weekday}, {day} {month} {year} {time} +0000")
}

/// `Sun Nov 22 10:15:30 2026`, as the line before each mail of an mbox has it.
pub fn ctime(ms: u64) -> String {
    let [weekday, day, month, year, time] = parts(ms);
    format!("{weekday} {month} {day} {time} {year}")
}

/// Day of the week, day, month, year, time.
fn parts(ms: u64) -> [String; 5] {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = iso(ms);
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default().to_owned();
    let month = part(5..7).parse().unwrap_or(1_usize).wrapping_sub(1);
    let month = MONTHS.get(month).copied().unwrap_or("Jan");
    let weekday = DAYS[(ms / DAY_MS % 7) as usize];
    [
        weekday.to_owned(),
        part(8..10),
        month.to_owned(),
        part(0..4),
        part(11..19),
    ]
}
