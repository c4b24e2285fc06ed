//! What people hold in their hands: an authenticator, and a passkey. Made apart from the server, after the standards.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use crate::http::Site;
use crate::world::must;

static RANDOM: LazyLock<SystemRandom> = LazyLock::new(SystemRandom::new);

/// The code of an authenticator (RFC 6238) at this time.
pub fn code(secret: &str, now_ms: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &base32(secret));
    let step = now_ms / 30_000;
    let signed = hmac::sign(&key, &step.to_be_bytes());
    let bytes = signed.as_ref();
    let at = usize::from(bytes[19] & 15);
    let four = [
        bytes[at] & 0x7f,
        bytes[at + 1],
        bytes[at + 2],
        bytes[at + 3],
    ];
    format!("{:06}", u32::from_be_bytes(four) % 1_000_000)
}

pub fn base32(text: &str) -> Vec<u8> {
    let (mut out, mut held, mut count) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => continue,
        };
        held = (held << 5 | u32::from(value)) & 0xFFFF;
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push((held >> count & 255) as u8);
        }
    }
    out
}

/// A device that keeps one passkey, and says what a test wants it to.
pub struct Passkey {
    pair: EcdsaKeyPair,
    pub id: Vec<u8>,
    pub user: String,
    /// Of the site that it thinks it is on.
    pub origin: String,
    pub rp: String,
    pub flags: u8,
}

impl Passkey {
    pub fn new(site: &Site, id: &[u8]) -> Passkey {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &*RANDOM);
        let made = must(made.map_err(|_| anyhow::anyhow!("no key")));
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, made.as_ref(), &*RANDOM);
        Passkey {
            pair: must(pair.map_err(|e| anyhow::anyhow!("{e}"))),
            id: id.to_vec(),
            user: String::new(),
            origin: site.origin(),
            rp: "localhost".into(),
            flags: 0x05,
        }
    }

    /// The answer to `passkeys/start`.
    pub fn made(&mut self, wanted: &Value, name: &str) -> Value {
        wanted["user"]
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut self.user);
        let point = self.pair.public_key().as_ref();
        // {1: 2, 3: -7, -1: 1, -2: x, -3: y}
        let mut key = vec![0xA5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
        key.extend_from_slice(&point[1..33]);
        key.extend_from_slice(&[0x22, 0x58, 32]);
        key.extend_from_slice(&point[33..]);
        let mut data = self.head(0x40);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&(self.id.len() as u16).to_be_bytes());
        data.extend_from_slice(&self.id);
        data.extend_from_slice(&key);
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut attestation = vec![0xA3, 0x63];
        attestation.extend_from_slice(b"fmt");
        attestation.push(0x64);
        attestation.extend_from_slice(b"none");
        attestation.push(0x67);
        attestation.extend_from_slice(b"attStmt");
        attestation.push(0xA0);
        attestation.push(0x68);
        attestation.extend_from_slice(b"authData");
        attestation.push(0x59);
        attestation.extend_from_slice(&(data.len() as u16).to_be_bytes());
        attestation.extend_from_slice(&data);
        let client_data = self.client_data("webauthn.create", wanted);
        json!({
            "name": name,
            "client_data": URL_SAFE_NO_PAD.encode(client_data),
            "attestation": URL_SAFE_NO_PAD.encode(attestation),
        })
    }

    /// The answer to a question.
    pub fn answers(&self, question: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", question);
        let data = self.head(0);
        let mut signed = data.clone();
        signed.extend_from_slice(digest(&SHA256, client_data.as_bytes()).as_ref());
        let signature = self.pair.sign(&*RANDOM, &signed);
        let signature = must(signature.map_err(|_| anyhow::anyhow!("not signed")));
        json!({
            "id": URL_SAFE_NO_PAD.encode(&self.id),
            "client_data": URL_SAFE_NO_PAD.encode(client_data),
            "authenticator_data": URL_SAFE_NO_PAD.encode(data),
            "signature": URL_SAFE_NO_PAD.encode(signature.as_ref()),
            "user": self.user,
        })
    }

    fn head(&self, more: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, self.rp.as_bytes()).as_ref().to_vec();
        data.push(self.flags | more);
        data.extend_from_slice(&[0; 4]);
        data
    }

    fn client_data(&self, kind: &str, asked: &Value) -> String {
        json!({
            "type": kind,
            "challenge": asked["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        })
        .to_string()
    }
}
