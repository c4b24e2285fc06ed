//! Checks what a passkey says (WebAuthn level 3): that it was made here, and that it signed what it was asked to.
//!
//! Never looks at attestation: of no maker is anything demanded, and none is asked for. Never trusts a length: what comes
//! in was written by whoever wants to come in. Why this is not a library: docs/decisions/0029-second-factors.md.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// As COSE names them, the better first.
pub const ALGORITHMS: [i64; 3] = [ED_DSA, ES_256, RS_256];
const ES_256: i64 = -7;
const ED_DSA: i64 = -8;
const RS_256: i64 = -257;

const CLIENT_DATA_BYTES_MAX: usize = 4 * 1024;
const ATTESTATION_BYTES_MAX: usize = 16 * 1024;
const AUTHENTICATOR_DATA_BYTES_MAX: usize = 4 * 1024;
const SIGNATURE_BYTES_MAX: usize = 1024;
const CREDENTIAL_BYTES_MAX: usize = 1023;
const KEY_BYTES_MAX: usize = 2 * 1024;
/// Of 2048 to 8192 bits.
const RSA_BYTES: RangeInclusive<usize> = 256..=1024;
/// Nothing that we read goes deeper than an attestation's certificates.
const CBOR_DEPTH_MAX: usize = 8;

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const HAS_CREDENTIAL: u8 = 0x40;

/// Not a passkey's answer, or not to this question. Which it was helps nobody who is honest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong;

/// The site that passkeys belong to.
#[derive(Clone, Debug)]
pub struct Site {
    /// The name of the host, without a port.
    id: String,
    /// None: any port of this machine itself.
    origin: Option<String>,
}

impl Site {
    /// None: browsers make no passkeys for it, such as for a bare address or without TLS.
    pub fn of(public_url: Option<&str>) -> Option<Site> {
        let Some(url) = public_url else {
            return Some(Site {
                id: "localhost".into(),
                origin: None,
            });
        };
        let origin = url.trim_end_matches('/');
        let id = host_of(origin)?;
        Some(Site {
            id: id.to_owned(),
            origin: Some(origin.to_owned()),
        })
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    fn is_ours(&self, origin: &str) -> bool {
        match &self.origin {
            Some(ours) => ours == origin,
            None => host_of(origin) == Some(&self.id),
        }
    }
}

/// Of an origin that browsers make passkeys for.
fn host_of(origin: &str) -> Option<&str> {
    let (scheme, rest) = origin.split_once("://")?;
    let host = match rest.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => rest,
    };
    let is_name = !host.is_empty()
        && host.parse::<IpAddr>().is_err()
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    let is_safe = scheme == "https" || (scheme == "http" && host == "localhost");
    (is_name && is_safe).then_some(host)
}

/// A new passkey, as it is kept.
#[derive(Debug, PartialEq, Eq)]
pub struct Registered {
    pub credential: Vec<u8>,
    /// COSE, as it came.
    pub key: Vec<u8>,
}

/// What it was asked, as the browser wrote it down.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
}

/// The challenge that this answers, to be looked up: nothing of it is checked yet.
pub fn challenge_in(client_data: &[u8]) -> Result<Vec<u8>, Wrong> {
    let said = read_client_data(client_data)?;
    URL_SAFE_NO_PAD.decode(said.challenge).map_err(|_| Wrong)
}

pub fn registered(
    site: &Site,
    challenge: &[u8],
    client_data: &[u8],
    attestation: &[u8],
) -> Result<Registered, Wrong> {
    asked_by_us(site, "webauthn.create", challenge, client_data)?;
    if attestation.len() > ATTESTATION_BYTES_MAX {
        return Err(Wrong);
    }
    let (attestation, rest) = cbor(attestation)?;
    if !rest.is_empty() {
        return Err(Wrong);
    }
    let Value::Map(pairs) = attestation else {
        return Err(Wrong);
    };
    let is_data = |(name, _): &&(Value, Value)| name.as_text() == Some("authData");
    let mut data = pairs.iter().filter(is_data).map(|(_, value)| value);
    let data = data.next().and_then(Value::as_bytes).ok_or(Wrong)?;
    let (flags, rest) = authenticator_data(site, data)?;
    if flags & HAS_CREDENTIAL == 0 {
        return Err(Wrong);
    }
    let (_aaguid, rest) = rest.split_at_checked(16).ok_or(Wrong)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(Wrong)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > CREDENTIAL_BYTES_MAX {
        return Err(Wrong);
    }
    let (credential, rest) = rest.split_at_checked(length).ok_or(Wrong)?;
    let (key, after) = cbor(rest)?;
    Key::read(&key)?;
    let (key, _extensions) = rest.split_at(rest.len() - after.len());
    if key.len() > KEY_BYTES_MAX {
        return Err(Wrong);
    }
    Ok(Registered {
        credential: credential.to_vec(),
        key: key.to_vec(),
    })
}

/// What a passkey answered when it was asked who sits there.
#[derive(Debug)]
pub struct Answer<'a> {
    pub client_data: &'a [u8],
    pub authenticator_data: &'a [u8],
    pub signature: &'a [u8],
}

/// Whether the passkey with this key gave it.
pub fn answered(
    site: &Site,
    challenge: &[u8],
    answer: &Answer<'_>,
    key: &[u8],
) -> Result<(), Wrong> {
    asked_by_us(site, "webauthn.get", challenge, answer.client_data)?;
    if answer.signature.len() > SIGNATURE_BYTES_MAX {
        return Err(Wrong);
    }
    authenticator_data(site, answer.authenticator_data)?;
    let mut signed = answer.authenticator_data.to_vec();
    signed.extend_from_slice(&Sha256::digest(answer.client_data));
    let (key, _) = cbor(key)?;
    Key::read(&key)?.verify(&signed, answer.signature)
}

fn read_client_data(client_data: &[u8]) -> Result<ClientData, Wrong> {
    if client_data.len() > CLIENT_DATA_BYTES_MAX {
        return Err(Wrong);
    }
    serde_json::from_slice(client_data).map_err(|_| Wrong)
}

fn asked_by_us(site: &Site, kind: &str, challenge: &[u8], client_data: &[u8]) -> Result<(), Wrong> {
    let said = read_client_data(client_data)?;
    let right = said.kind == kind
        && URL_SAFE_NO_PAD.decode(said.challenge).ok().as_deref() == Some(challenge)
        && site.is_ours(&said.origin)
        && !said.cross_origin;
    right.then_some(()).ok_or(Wrong)
}

/// For our site, with its person there and known to it. The flags, and what comes after the fixed part.
fn authenticator_data<'d>(site: &Site, data: &'d [u8]) -> Result<(u8, &'d [u8]), Wrong> {
    if data.len() > AUTHENTICATOR_DATA_BYTES_MAX {
        return Err(Wrong);
    }
    let (of, rest) = data.split_first_chunk::<32>().ok_or(Wrong)?;
    // The counter says nothing of passkeys that are kept on several devices: it is 0, or not theirs.
    let ([flags, _counter @ ..], rest) = rest.split_first_chunk::<5>().ok_or(Wrong)?;
    let ours: [u8; 32] = Sha256::digest(site.id.as_bytes()).into();
    let right = *of == ours && flags & PRESENT != 0 && flags & VERIFIED != 0;
    right.then_some((*flags, rest)).ok_or(Wrong)
}

/// One value, and what comes after it.
fn cbor(bytes: &[u8]) -> Result<(Value, &[u8]), Wrong> {
    let mut rest = bytes;
    let value = ciborium::de::from_reader_with_recursion_limit(&mut rest, CBOR_DEPTH_MAX);
    Ok((value.map_err(|_| Wrong)?, rest))
}

enum Key {
    Es256(Vec<u8>),
    EdDsa(Vec<u8>),
    Rs256 { n: Vec<u8>, e: Vec<u8> },
}

impl Key {
    /// A COSE key of a kind that we know, and nothing that only looks like one.
    fn read(value: &Value) -> Result<Key, Wrong> {
        let Value::Map(pairs) = value else {
            return Err(Wrong);
        };
        let field = |label: i64| {
            let mut named = pairs
                .iter()
                .filter(|(name, _)| name.as_integer() == Some(label.into()));
            match (named.next(), named.next()) {
                (Some((_, value)), None) => Some(value),
                _ => None,
            }
        };
        let number = |label| field(label).and_then(Value::as_integer).map(i128::from);
        let bytes = |label| field(label).and_then(Value::as_bytes).ok_or(Wrong);
        match (number(1), number(3), number(-1)) {
            (Some(2), Some(alg), Some(1)) if alg == i128::from(ES_256) => {
                let (x, y) = (bytes(-2)?, bytes(-3)?);
                if x.len() != 32 || y.len() != 32 {
                    return Err(Wrong);
                }
                Ok(Key::Es256([&[4], x.as_slice(), y].concat()))
            }
            (Some(1), Some(alg), Some(6)) if alg == i128::from(ED_DSA) => {
                let x = bytes(-2)?;
                let right = x.len() == 32;
                right.then(|| Key::EdDsa(x.clone())).ok_or(Wrong)
            }
            (Some(3), Some(alg), None) if alg == i128::from(RS_256) => {
                let (n, e) = (bytes(-1)?.clone(), bytes(-2)?.clone());
                // What is shorter or longer would never be right when it answers.
                let is_checked = RSA_BYTES.contains(&n.len()) && n.first() != Some(&0);
                is_checked.then_some(Key::Rs256 { n, e }).ok_or(Wrong)
            }
            _ => Err(Wrong),
        }
    }

    fn verify(&self, signed: &[u8], signature: &[u8]) -> Result<(), Wrong> {
        let right = match self {
            Key::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(signed, signature)
            }
            Key::EdDsa(key) => UnparsedPublicKey::new(&ED25519, key).verify(signed, signature),
            Key::Rs256 { n, e } => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                signed,
                signature,
            ),
        };
        right.map_err(|_| Wrong)
    }
}

#[cfg(test)]
mod tests;
