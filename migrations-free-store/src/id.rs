//! The opaque name of anything: 128 bits, written as a ULID. It never says who or what it names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::cipher;

/// Crockford's base 32, as the ULID text form uses it.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TEXT_BYTES: usize = 26;
/// What each byte of a text stands for; 255 for those that are not in the alphabet.
const DIGITS: [u8; 256] = {
    let mut digits = [255; 256];
    let mut digit = 0;
    while digit < 32 {
        digits[ALPHABET[digit] as usize] = digit as u8;
        digit += 1;
    }
    digits
};

/// 48 bits of milliseconds since 1970, then 80 random bits. Text form: 26 upper-case characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Id(pub [u8; 16]);

impl Id {
    /// A new name made at `ms` (milliseconds since 1970; only the low 48 bits are kept).
    pub fn new(ms: u64) -> Id {
        let mut bytes = cipher::random_often::<16>();
        bytes[..6].copy_from_slice(&ms.to_be_bytes()[2..]);
        Id(bytes)
    }

    /// When the name was made, in milliseconds since 1970.
    pub fn ms(&self) -> u64 {
        self.0[..6]
            .iter()
            .fold(0, |ms, byte| ms << 8 | u64::from(*byte))
    }

    fn text(self) -> [u8; TEXT_BYTES] {
        let number = u128::from_be_bytes(self.0);
        let mut text = [0; TEXT_BYTES];
        for (place, symbol) in text.iter_mut().enumerate() {
            let shift = 5 * (TEXT_BYTES - 1 - place);
            *symbol = ALPHABET[(number >> shift) as usize & 31];
        }
        text
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text was not 26 upper-case Crockford characters that fit 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: 26 characters of Crockford's base 32, upper case")]
pub struct BadId;

impl FromStr for Id {
    type Err = BadId;

    /// Strict: one text form an id, so that ids compare equal exactly when their texts do.
    fn from_str(text: &str) -> Result<Id, BadId> {
        if text.len() != TEXT_BYTES || text.as_bytes().first().is_none_or(|b| *b > b'7') {
            return Err(BadId);
        }
        let mut number: u128 = 0;
        for symbol in text.bytes() {
            let digit = DIGITS[usize::from(symbol)];
            if digit > 31 {
                return Err(BadId);
            }
            number = number << 5 | u128::from(digit);
        }
        Ok(Id(number.to_be_bytes()))
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.text();
        serializer.serialize_str(std::str::from_utf8(&text).map_err(ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Id, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Id;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id of 26 characters")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_and_its_text_are_one_to_one() {
        for bytes in [[0; 16], [255; 16], [0x5a; 16]] {
            assert_eq!(Id(bytes).to_string().parse(), Ok(Id(bytes)));
        }
        let known: Id = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
            .parse()
            .expect("the ULID specification's example");
        assert_eq!(known.ms(), 1_469_922_850_259);
        for bad in [
            "",
            "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "01arz3ndektsv4rrffq69g5fav",
            "01ARZ3NDEKTSV4RRFFQ69G5FAU",
            "01ARZ3NDEKTSV4RRFFQ69G5FAVV",
        ] {
            assert_eq!(bad.parse::<Id>(), Err(BadId), "{bad}");
        }
    }
}
