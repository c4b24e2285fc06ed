//! Recovery codes: each opens once what somebody has lost her second factor for.
//!
//! Never kept in the clear. They are random, 80 bits each: a plain hash is enough, there is nothing to guess from.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::random;
use super::token::{crockford, same};
use crate::chat::Hash;
use crate::chat::second::RECOVERY_CODES;

const CHARS: usize = 16;
const TYPED_CHARS_MAX: usize = 64;

/// Fresh ones, as they are shown once, and as they are kept.
pub fn fresh() -> (Vec<String>, Vec<Hash>) {
    let texts = (0..RECOVERY_CODES).map(|_| crockford(random::<10>().as_slice()));
    let texts: Vec<Zeroizing<String>> = texts.map(Zeroizing::new).collect();
    let kept = texts.iter().map(|text| hash(text)).collect();
    let shown = texts.iter().map(|text| {
        let fours = [&text[..4], &text[4..8], &text[8..12], &text[12..]];
        fours.join("-")
    });
    (shown.collect(), kept)
}

/// The place of the code that somebody typed.
pub fn place_of(typed: &str, kept: &[Hash]) -> Option<u8> {
    let typed = spelled(typed)?;
    let given = hash(&typed);
    let at = kept.iter().position(|one| same(&one.0, &given.0))?;
    u8::try_from(at).ok()
}

/// Does it look like one, and not like the code of an authenticator?
pub fn is_like_one(typed: &str) -> bool {
    spelled(typed).is_some()
}

/// As leniently as with other codes that people copy.
fn spelled(typed: &str) -> Option<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(TYPED_CHARS_MAX));
    let letters = typed.chars().take(TYPED_CHARS_MAX);
    for letter in letters.filter(|c| !c.is_whitespace() && *c != '-') {
        text.push(match letter.to_ascii_uppercase() {
            'I' | 'L' => '1',
            'O' => '0',
            other if other.is_ascii_alphanumeric() => other,
            _ => return None,
        });
    }
    (text.len() == CHARS).then_some(text)
}

fn hash(text: &str) -> Hash {
    let hasher = Sha256::new().chain_update(b"daylight/recovery/v1");
    Hash(hasher.chain_update(text.as_bytes()).finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_found_at_its_own_place_however_it_is_copied() {
        let (shown, kept) = fresh();
        assert_eq!((shown.len(), kept.len()), (RECOVERY_CODES, RECOVERY_CODES));
        for (at, code) in shown.iter().enumerate() {
            assert_eq!(code.len(), CHARS + 3);
            let at = u8::try_from(at).ok();
            assert_eq!(place_of(code, &kept), at);
            let copied = code.to_lowercase().replace('-', " ").replace('1', "l");
            assert_eq!(place_of(&copied, &kept), at);
        }
        for wrong in [
            "",
            "287082",
            "AAAA-BBBB-CCCC-DDDD",
            "💥",
            &"A".repeat(90_000),
        ] {
            assert_eq!(place_of(wrong, &kept), None);
        }
    }
}
