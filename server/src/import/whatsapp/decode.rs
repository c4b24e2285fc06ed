//! Bytes of an export to text.
//!
//! Never guesses a legacy code page: a wrong guess would change what people wrote.

use super::ImportError;
use std::borrow::Cow;

pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ImportError> {
    if let Some(body) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return utf8(body);
    }
    if let Some(body) = bytes.strip_prefix(b"\xFF\xFE") {
        return utf16(body, u16::from_le_bytes);
    }
    if let Some(body) = bytes.strip_prefix(b"\xFE\xFF") {
        return utf16(body, u16::from_be_bytes);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(ImportError::new(
            "import/encoding",
            "This is a zip archive, not the text inside it.",
        ));
    }
    // ASCII in UTF-16 is every second byte zero; as UTF-8 it would be a text of NULs.
    let sample = bytes.get(..4096).unwrap_or(bytes);
    let zeroes = sample.split(|b| *b == 0).count() - 1;
    if sample.len() >= 16 && zeroes * 3 > sample.len() {
        return Err(ImportError::new(
            "import/encoding",
            "The text looks like UTF-16 without a byte order mark, or is not text. Save it as UTF-8.",
        ));
    }
    utf8(bytes)
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, ImportError> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.split(|b| *b == b'\n').count() as u64;
        ImportError::new(
            "import/encoding",
            "The text is not UTF-8. It was probably opened and saved by another program; use the file as WhatsApp exported it.",
        )
        .at(line)
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, ImportError> {
    let broken = || ImportError::new("import/encoding", "The UTF-16 text is damaged.");
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(broken());
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<String, _>>()
        .map(Cow::Owned)
        .map_err(|_| broken())
}
