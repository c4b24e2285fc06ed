//! Link codes: an id and a proof that this server made it. Nothing of a code is stored.
//!
//! 16 bytes of id and 16 bytes of HMAC-SHA-256, as 52 characters of Crockford's base 32.

use hkdf::hmac::{Hmac, KeyInit, Mac};
use migrations_free_store::Id;
use sha2::Sha256;
use subtle::ConstantTimeEq;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    Invite,
    Reset,
    /// A second device, vouched for by one that is signed in; its id lives two minutes in memory.
    Device,
}

const KINDS: [(LinkKind, &[u8]); 3] = [
    (LinkKind::Invite, b"daylight/link/invite/v1"),
    (LinkKind::Reset, b"daylight/link/reset/v1"),
    (LinkKind::Device, b"daylight/link/device/v1"),
];

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#[derive(Clone)]
pub struct Links {
    secret: [u8; 32],
    base_url: String,
}

impl Links {
    pub fn new(secret: [u8; 32], base_url: String) -> Self {
        Links { secret, base_url }
    }

    pub fn code(&self, kind: LinkKind, id: Id) -> String {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&id.0);
        bytes[16..].copy_from_slice(&self.proof(kind, id));
        encode(&bytes)
    }

    /// Where a browser goes; the code stands in the fragment, which is never sent.
    pub fn url(&self, code: &str) -> String {
        format!("{}/#/join/{code}", self.base_url)
    }

    pub fn setup_url(&self, token: &str) -> String {
        format!("{}/#/setup/{token}", self.base_url)
    }

    /// What a code names; None for anything not made here.
    pub fn open(&self, code: &str) -> Option<(LinkKind, Id)> {
        let bytes = decode(code)?;
        let (id, proof) = bytes.split_at(16);
        let id = Id(id.try_into().ok()?);
        KINDS
            .iter()
            .map(|(kind, _)| *kind)
            .find(|kind| bool::from(self.proof(*kind, id).ct_eq(proof)))
            .map(|kind| (kind, id))
    }

    fn proof(&self, kind: LinkKind, id: Id) -> [u8; 16] {
        let label = KINDS
            .iter()
            .find(|(k, _)| *k == kind)
            .map_or(&b""[..], |(_, label)| label);
        let mut proof = [0; 16];
        // HMAC takes keys of any length; ours has 32 bytes.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret) {
            mac.update(label);
            mac.update(&id.0);
            proof.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        }
        proof
    }
}

fn encode(bytes: &[u8; 32]) -> String {
    let bit = |i: usize| bytes.get(i / 8).map_or(0, |b| (b >> (7 - i % 8)) & 1);
    (0..52)
        .map(|digit| {
            let value = (0..5).fold(0u8, |v, i| (v << 1) | bit(digit * 5 + i));
            char::from(ALPHABET[usize::from(value)])
        })
        .collect()
}

fn decode(code: &str) -> Option<[u8; 32]> {
    let mut bytes = [0u8; 32];
    if code.len() != 52 {
        return None;
    }
    for (digit, symbol) in code.bytes().enumerate() {
        let value = ALPHABET
            .iter()
            .position(|a| *a == symbol.to_ascii_uppercase())?;
        for i in 0..5 {
            let at = digit * 5 + i;
            if value >> (4 - i) & 1 == 1 {
                *bytes.get_mut(at / 8)? |= 0x80 >> (at % 8);
            }
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_opens_only_where_it_was_made_and_only_as_what_it_is() {
        let links = Links::new([7; 32], "http://localhost".into());
        let id = Id([9; 16]);
        for (kind, _) in KINDS {
            let code = links.code(kind, id);
            assert_eq!(links.open(&code), Some((kind, id)));
            assert_eq!(links.open(&code.to_lowercase()), Some((kind, id)));
            assert_eq!(Links::new([8; 32], String::new()).open(&code), None);
            let mut forged = code.into_bytes();
            forged[30] = if forged[30] == b'A' { b'B' } else { b'A' };
            assert_eq!(links.open(std::str::from_utf8(&forged).unwrap()), None);
        }
        for wrong in ["", "0", "💥", &"Z".repeat(52)] {
            assert_eq!(links.open(wrong), None);
        }
    }
}
