//! Who sends a push, signed: VAPID (RFC 8292), a token for one push service and a few hours.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde::Serialize;

/// RFC 8292 allows 24 hours.
const VALID_SECONDS: u64 = 12 * 3600;

pub struct Vapid {
    pair: EcdsaKeyPair,
    public: String,
    contact: Option<String>,
    random: SystemRandom,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
}

/// The system has no randomness, or the library refuses: nothing is signed.
#[derive(Debug)]
pub struct Unsigned;

impl Vapid {
    /// A new key: PKCS #8, in base64.
    pub fn generate() -> Result<String, Unsigned> {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        made.map(|key| STANDARD.encode(key.as_ref()))
            .map_err(|_| Unsigned)
    }

    /// None when it is no such key.
    pub fn open(key: &str, contact: Option<String>) -> Option<Vapid> {
        let key = STANDARD.decode(key).ok()?;
        let random = SystemRandom::new();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key, &random).ok()?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        Some(Vapid {
            pair,
            public,
            contact,
            random,
        })
    }

    /// The uncompressed point, in base64url: what browsers call the application server key.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// What an `Authorization` header says to the push service at this origin.
    pub fn authorization(&self, origin: &str, now_s: u64) -> Result<String, Unsigned> {
        let claims = Claims {
            aud: origin,
            exp: now_s + VALID_SECONDS,
            sub: self.contact.as_deref(),
        };
        let head = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"ES256"}"#);
        let claims = serde_json::to_vec(&claims).map_err(|_| Unsigned)?;
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims));
        let signature = self.pair.sign(&self.random, signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(signature.map_err(|_| Unsigned)?);
        Ok(format!("vapid t={signed}.{signature}, k={}", self.public))
    }
}
