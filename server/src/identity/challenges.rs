//! What a passkey is asked to sign: made here, right for five minutes, and taken once.
//!
//! Nothing is kept of one that nobody answers: it carries its own time and seal, so that whoever asks for many takes no
//! memory and no place from others. Remembered are those that were answered, until they would be too old anyway.

use std::collections::HashMap;

use hkdf::hmac::{Hmac, KeyInit, Mac};
use parking_lot::Mutex;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::secret::random;

pub const CHALLENGE_MS: u64 = 5 * 60_000;
/// Answered within that time. Each cost somebody a touch and a right signature.
const ANSWERED_MAX: usize = 10_000;
const NONCE: usize = 16;
const SEAL: usize = 16;
const BYTES: usize = 8 + NONCE + SEAL;

pub struct Challenges {
    /// Of this process: none outlives a restart.
    key: [u8; 32],
    answered: Mutex<HashMap<[u8; NONCE], u64>>,
}

impl Default for Challenges {
    fn default() -> Challenges {
        Challenges {
            key: random(),
            answered: Mutex::default(),
        }
    }
}

impl Challenges {
    /// `purpose`: an answer to one thing answers nothing else.
    pub fn make(&self, purpose: &[u8], now_ms: u64) -> Vec<u8> {
        let mut bytes = now_ms.to_be_bytes().to_vec();
        bytes.extend_from_slice(&random::<NONCE>());
        let seal = self.seal(purpose, &bytes);
        bytes.extend_from_slice(&seal);
        bytes
    }

    /// Ours, for this, still right, and not answered yet. Ask before the signature is looked at.
    pub fn stands(&self, purpose: &[u8], challenge: &[u8], now_ms: u64) -> bool {
        let Some((at, nonce)) = self.read(purpose, challenge) else {
            return false;
        };
        let age = now_ms.checked_sub(at);
        age.is_some_and(|age| age < CHALLENGE_MS) && !self.answered.lock().contains_key(&nonce)
    }

    /// Its answer was right. False: somebody else was faster with it.
    pub fn spend(&self, purpose: &[u8], challenge: &[u8], now_ms: u64) -> bool {
        let Some((at, nonce)) = self.read(purpose, challenge) else {
            return false;
        };
        let mut answered = self.answered.lock();
        if answered.len() >= ANSWERED_MAX {
            answered.retain(|_, until| *until > now_ms);
        }
        answered.len() < ANSWERED_MAX && answered.insert(nonce, at + CHALLENGE_MS).is_none()
    }

    fn read(&self, purpose: &[u8], challenge: &[u8]) -> Option<(u64, [u8; NONCE])> {
        if challenge.len() != BYTES {
            return None;
        }
        let (body, seal) = challenge.split_at(BYTES - SEAL);
        let right: bool = self.seal(purpose, body).ct_eq(seal).into();
        let (at, nonce) = body.split_at(8);
        let at = u64::from_be_bytes(at.try_into().ok()?);
        right.then_some((at, nonce.try_into().ok()?))
    }

    fn seal(&self, purpose: &[u8], body: &[u8]) -> [u8; SEAL] {
        let mut seal = [0; SEAL];
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) {
            mac.update(&(purpose.len() as u64).to_be_bytes());
            mac.update(purpose);
            mac.update(body);
            seal.copy_from_slice(&mac.finalize().into_bytes()[..SEAL]);
        }
        seal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_right_for_its_purpose_five_minutes_and_once() {
        let (ours, others) = (Challenges::default(), Challenges::default());
        let made = ours.make(b"signin", 1_000);
        assert!(ours.stands(b"signin", &made, 1_000));
        assert!(ours.stands(b"signin", &made, 1_000 + CHALLENGE_MS - 1));
        assert!(!ours.stands(b"signin", &made, 1_000 + CHALLENGE_MS));
        assert!(!ours.stands(b"signin", &made, 999), "from the future");
        assert!(!ours.stands(b"add", &made, 1_000));
        assert!(!others.stands(b"signin", &made, 1_000));
        for at in 0..made.len() {
            let mut forged = made.clone();
            forged[at] ^= 1;
            assert!(!ours.stands(b"signin", &forged, 1_000), "byte {at}");
        }
        assert!(ours.spend(b"signin", &made, 1_000));
        assert!(!ours.stands(b"signin", &made, 1_000));
        assert!(!ours.spend(b"signin", &made, 1_000));
    }
}
