//! PINs, passwords and tokens: which are good enough, how they are kept, how they are compared.
//!
//! Never keeps, prints or logs one in the clear, and never decides who may try: that is [`super::throttle`].
//! A hash takes the memory of its [`Cost`]; whoever calls from many threads bounds how many run at once.

use std::fmt;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

pub mod authenticator;
pub mod recovery;
mod token;

pub use token::{Token, same, token_hash};

pub const PIN_DIGITS_MIN: usize = 6;
pub const PIN_DIGITS_MAX: usize = 12;
pub const PASSWORD_CHARS_MIN: usize = 8;
pub const PASSWORD_CHARS_MAX: usize = 256;
/// A stored hash that asks for more memory than this (KiB) is damage or malice, not a setting.
pub const MEMORY_KIB_MAX: u32 = 1024 * 1024;
const PASSES_MAX: u32 = 32;
const LANES_MAX: u32 = 16;

/// What a person typed as PIN or password, in one spelling whatever the keyboard.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// For signing in: no rule is applied, so that an old secret still opens after the rules grew.
    pub fn typed(text: &str) -> Secret {
        // A longer one cannot be right; its tail must not cost us anything.
        let text: Zeroizing<String> =
            Zeroizing::new(text.nfc().take(PASSWORD_CHARS_MAX + 1).collect());
        let digits: Option<String> = text.chars().map(digit).collect();
        Secret(digits.map_or(text, Zeroizing::new))
    }

    /// For choosing one: a PIN of 6 to 12 digits or a password of 8 to 256 characters, neither a well-known one.
    pub fn chosen(text: &str) -> Result<Secret, SecretFault> {
        let secret = Secret::typed(text);
        let chars = secret.0.chars().count();
        let pin = !secret.0.is_empty() && secret.0.bytes().all(|byte| byte.is_ascii_digit());
        let least = if pin {
            PIN_DIGITS_MIN
        } else {
            PASSWORD_CHARS_MIN
        };
        if chars < least {
            return Err(SecretFault::TooShort);
        }
        if chars > PASSWORD_CHARS_MAX {
            return Err(SecretFault::TooLong);
        }
        if secret.0.chars().any(char::is_control) {
            return Err(SecretFault::Unprintable);
        }
        let simple = if pin {
            simple_digits(secret.0.as_bytes())
        } else {
            simple_words(&secret.0)
        };
        if simple {
            Err(SecretFault::TooSimple)
        } else {
            Ok(secret)
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// Why a chosen secret is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretFault {
    TooShort,
    TooLong,
    TooSimple,
    Unprintable,
}

impl SecretFault {
    pub fn code(self) -> &'static str {
        match self {
            SecretFault::TooShort => "secret/too_short",
            SecretFault::TooLong => "secret/too_long",
            SecretFault::TooSimple => "secret/too_simple",
            SecretFault::Unprintable => "secret/unprintable",
        }
    }
}

impl fmt::Display for SecretFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SecretFault::TooShort => "Use at least 6 digits, or at least 8 characters.",
            SecretFault::TooLong => "Use at most 256 characters.",
            SecretFault::TooSimple => {
                "This is one of the first that anyone would try. Choose another."
            }
            SecretFault::Unprintable => "Use characters that can be seen.",
        })
    }
}

impl std::error::Error for SecretFault {}

/// What one guess costs. The default follows OWASP's password storage advice for argon2id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Default for Cost {
    fn default() -> Cost {
        Cost {
            memory_kib: 19_456,
            passes: 2,
            lanes: 1,
        }
    }
}

/// Hashes and verifies secrets with argon2id, keyed by a pepper that is kept away from the hashes.
pub struct Hasher {
    pepper: Zeroizing<[u8; 32]>,
    params: Params,
    decoy: PasswordHash,
}

impl Hasher {
    /// An impossible cost (no memory, no pass, more than the limits) is refused.
    pub fn new(cost: Cost, pepper: [u8; 32]) -> Result<Hasher, BadCost> {
        let pepper = Zeroizing::new(pepper);
        let params = Params::new(
            cost.memory_kib,
            cost.passes,
            cost.lanes,
            Some(Params::DEFAULT_OUTPUT_LEN),
        )
        .map_err(|_| BadCost)?;
        if !affordable(&params) {
            return Err(BadCost);
        }
        // Nobody knows a secret with this hash, and verifying against it takes what a real one takes.
        let decoy = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(|_| BadCost)?,
            salt: Some(Salt::new(&random::<16>()).map_err(|_| BadCost)?),
            hash: Some(Output::new(&random::<32>()).map_err(|_| BadCost)?),
        };
        Ok(Hasher {
            pepper,
            params,
            decoy,
        })
    }

    /// A PHC string with a fresh salt.
    pub fn hash(&self, secret: &Secret) -> String {
        self.argon2()
            .hash_password_with_salt(secret.0.as_bytes(), &random::<16>())
            .expect("cost was checked when the hasher was made; salt and secret are within argon2's bounds")
            .to_string()
    }

    /// Whether the secret is the one that was hashed, in time that does not tell how wrong it was.
    /// An error means the stored hash is damaged, which no typed secret can cause.
    pub fn verify(&self, secret: &Secret, stored: &str) -> Result<bool, DamagedHash> {
        let stored = sound(stored)?;
        Ok(self
            .argon2()
            .verify_password(secret.0.as_bytes(), &stored)
            .is_ok())
    }

    /// For a handle that nobody has: costs the same as a wrong secret, so that the answer's time tells nothing.
    pub fn decoy_verify(&self, secret: &Secret) {
        let met = self
            .argon2()
            .verify_password(secret.0.as_bytes(), &self.decoy)
            .is_ok();
        std::hint::black_box(met);
    }

    /// Whether a stored hash was made at another cost than today's. Ask after a correct sign-in.
    pub fn needs_rehash(&self, stored: &str) -> bool {
        sound(stored)
            .ok()
            .and_then(|stored| Params::try_from(&stored).ok())
            .is_none_or(|params| {
                (params.m_cost(), params.t_cost(), params.p_cost())
                    != (
                        self.params.m_cost(),
                        self.params.t_cost(),
                        self.params.p_cost(),
                    )
            })
    }

    fn argon2(&self) -> Argon2<'_> {
        Argon2::new_with_secret(
            self.pepper.as_slice(),
            Algorithm::Argon2id,
            Version::V0x13,
            self.params.clone(),
        )
        .expect("a pepper of 32 bytes is within argon2's bounds")
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher")
            .field("params", &self.params)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadCost;

impl fmt::Display for BadCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these costs for hashing secrets are impossible or beyond the limits")
    }
}

impl std::error::Error for BadCost {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DamagedHash;

impl fmt::Display for DamagedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored hash of a secret is damaged")
    }
}

impl std::error::Error for DamagedHash {}

pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("a server without the system's randomness must not run");
    bytes
}

fn sound(stored: &str) -> Result<PasswordHash, DamagedHash> {
    let stored = PasswordHash::new(stored).map_err(|_| DamagedHash)?;
    let params = Params::try_from(&stored).map_err(|_| DamagedHash)?;
    let whole = stored.salt.is_some() && stored.hash.as_ref().is_some_and(|hash| hash.len() >= 32);
    let ours = stored.algorithm == Algorithm::Argon2id.ident()
        && stored.version == Some(Version::V0x13.into());
    if whole && ours && affordable(&params) {
        Ok(stored)
    } else {
        Err(DamagedHash)
    }
}

fn affordable(params: &Params) -> bool {
    params.m_cost() <= MEMORY_KIB_MAX
        && params.t_cost() <= PASSES_MAX
        && params.p_cost() <= LANES_MAX
}

/// The digit a character stands for: phones set to Arabic, Persian or Hindi type their own.
fn digit(c: char) -> Option<char> {
    const ZEROS: [u32; 7] = [0x30, 0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10];
    let zero = ZEROS
        .into_iter()
        .find(|zero| (*zero..zero + 10).contains(&u32::from(c)))?;
    char::from_digit(u32::from(c) - zero, 10)
}

/// Equal steps (000000, 123456, 975319), a short pattern repeated (121212, 123123), a pattern and its mirror
/// (123321), pairs (112233), or a line on the keypad.
fn simple_digits(digits: &[u8]) -> bool {
    const KEYPAD: [&[u8]; 8] = [
        b"147258369",
        b"258147",
        b"159357",
        b"159753",
        b"357159",
        b"789456123",
        b"741852963",
        b"963852741",
    ];
    let steps: Vec<u8> = digits
        .windows(2)
        .map(|pair| (pair[1] + 10 - pair[0]) % 10)
        .collect();
    let even_steps = steps.windows(2).all(|pair| pair[0] == pair[1]);
    let repeats =
        (1..=digits.len() / 2).any(|period| digits.windows(period + 1).all(|w| w[0] == w[period]));
    let (front, back) = digits.split_at(digits.len() / 2);
    let mirrored = front.iter().eq(back.iter().rev().take(front.len()));
    let pairs = digits.chunks(2).all(|pair| pair.first() == pair.last());
    let line = KEYPAD
        .iter()
        .any(|line| line.windows(digits.len()).any(|part| part == digits));
    even_steps || repeats || mirrored || pairs || line
}

/// Hardly any different characters, or a well-known word with digits and signs around it.
fn simple_words(text: &str) -> bool {
    const KNOWN: [&str; 18] = [
        "password",
        "passwort",
        "passw0rd",
        "p@ssw0rd",
        "p@ssword",
        "qwerty",
        "qwertyuiop",
        "qwertz",
        "qwertzuiop",
        "azerty",
        "azertyuiop",
        "iloveyou",
        "welcome",
        "willkommen",
        "letmein",
        "changeme",
        "daylight",
        "motdepasse",
    ];
    let mut different: Vec<char> = text.chars().collect();
    different.sort_unstable();
    different.dedup();
    let lower = text.to_lowercase();
    let stem = lower.trim_matches(|c: char| !c.is_alphabetic());
    let bare = lower.trim_end_matches(|c: char| !c.is_alphabetic());
    different.len() < 4 || KNOWN.contains(&stem) || KNOWN.contains(&bare)
}

#[cfg(test)]
mod tests;
