//! 32 bytes as events, links and answers carry them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// 32 bytes, as unpadded base64url in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Debug)]
pub struct Hash(pub [u8; 32]);

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() {
            let mut text = [0u8; 43];
            let n = URL_SAFE_NO_PAD
                .encode_slice(self.0, &mut text)
                .map_err(serde::ser::Error::custom)?;
            s.serialize_str(std::str::from_utf8(&text[..n]).map_err(serde::ser::Error::custom)?)
        } else {
            self.0.serialize(s)
        }
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
            let bytes = URL_SAFE_NO_PAD
                .decode(text.as_bytes())
                .map_err(D::Error::custom)?;
            bytes
                .try_into()
                .map(Hash)
                .map_err(|_| D::Error::custom("a hash has 32 bytes"))
        } else {
            <[u8; 32]>::deserialize(d).map(Hash)
        }
    }
}
