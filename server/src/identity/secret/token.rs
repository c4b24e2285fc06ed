//! Random tokens for sessions, links and QR codes, and how they are found again.
//!
//! Never stored in the clear: whoever keeps one keeps [`Token::hash`].

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::random;

/// A random bearer token: given away once as text, kept only as its hash.
pub struct Token {
    text: Zeroizing<String>,
    hash: [u8; 32],
}

impl Token {
    /// 256 bits, for sessions and set-up: 52 characters.
    pub fn long() -> Token {
        Token::of(random::<32>().as_slice())
    }

    /// 128 bits, for links and QR codes that people may also type: 26 characters.
    pub fn short() -> Token {
        Token::of(random::<16>().as_slice())
    }

    /// The only copy of the text: for the cookie or the link.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    fn of(bits: &[u8]) -> Token {
        let text = Zeroizing::new(crockford(bits));
        let hash = hash_spelled(&text);
        Token { text, hash }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// The hash under which a token would be kept, read as leniently as a person copies it: any case, hyphens and
/// blanks anywhere, I and L for 1, O for 0. `None` for what no token looks like.
pub fn token_hash(text: &str) -> Option<[u8; 32]> {
    const TYPED_BYTES_MAX: usize = 128;
    if text.len() > TYPED_BYTES_MAX {
        return None;
    }
    let mut spelled = Zeroizing::new(String::with_capacity(TYPED_BYTES_MAX));
    for letter in text.chars().filter(|c| !matches!(c, '-' | ' ')) {
        let letter = match letter.to_ascii_uppercase() {
            'I' | 'L' => '1',
            'O' => '0',
            other => other,
        };
        if !letter.is_ascii() || !ALPHABET.contains(&(letter as u8)) {
            return None;
        }
        spelled.push(letter);
    }
    matches!(spelled.len(), 26 | 52).then(|| hash_spelled(&spelled))
}

/// Whether two hashes are equal, in time that does not depend on where they differ.
pub fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.ct_eq(b).into()
}

/// Crockford's base 32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

pub(super) fn crockford(bits: &[u8]) -> String {
    let mut text = String::with_capacity(bits.len().div_ceil(5) * 8);
    let (mut held, mut count) = (0_u32, 0_u32);
    for byte in bits {
        held = (held << 8 | u32::from(*byte)) & 0xFFFF;
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(char::from(ALPHABET[(held >> count & 31) as usize]));
        }
    }
    if count > 0 {
        text.push(char::from(ALPHABET[(held << (5 - count) & 31) as usize]));
    }
    text
}

fn hash_spelled(text: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"daylight/token/v1")
        .chain_update(text.as_bytes())
        .finalize()
        .into()
}
