//! Codes of an authenticator (RFC 6238: SHA-1, six digits, thirty seconds), one step early or late.
//!
//! Never remembers which step was used: the log does.

use totp_rs::{Algorithm, Builder, Secret, Totp};
use zeroize::Zeroizing;

use super::{digit, random};

const STEP_SECONDS: u64 = 30;
const DIGITS: u8 = 6;
/// What people type: six digits, and what they put between them.
const TYPED_CHARS_MAX: usize = 16;

/// What an authenticator shares with us, in base 32.
pub struct Shared(Zeroizing<String>);

impl Shared {
    /// 160 bits, as the RFC has it.
    pub fn fresh() -> Shared {
        let secret = Secret::new(random::<20>().to_vec().into_boxed_slice());
        Shared(Zeroizing::new(secret.to_base32()))
    }

    pub fn kept(text: &str) -> Shared {
        Shared(Zeroizing::new(text.to_owned()))
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    /// For a QR code. Neither name may have a colon in it: it stands between them.
    pub fn url(&self, workspace: &str, handle: &str) -> Option<String> {
        let plain = |name: &str| name.replace(':', " ").trim().to_owned();
        let issuer = Some(plain(workspace)).filter(|name| !name.is_empty());
        let named = self.builder()?.with_account_name(plain(handle));
        named.with_issuer(issuer).build().ok()?.to_url().ok()
    }

    /// The step that this code is of, if it is right at this time.
    pub fn step_of(&self, typed: &str, now_ms: u64) -> Option<u64> {
        let digits: Option<Zeroizing<String>> = typed
            .chars()
            .take(TYPED_CHARS_MAX)
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(digit)
            .collect::<Option<String>>()
            .map(Zeroizing::new);
        let digits = digits.filter(|d| d.len() == usize::from(DIGITS))?;
        self.totp()?.check(&digits, now_ms / 1_000)
    }

    fn totp(&self) -> Option<Totp> {
        self.builder()?.build().ok()
    }

    fn builder(&self) -> Option<Builder> {
        let secret = Secret::try_from_base32(self.0.as_str()).ok()?;
        let builder = Builder::new().with_algorithm(Algorithm::SHA1);
        let builder = builder.with_digits(DIGITS).with_skew(1);
        Some(builder.with_step_duration(STEP_SECONDS).with_secret(secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "12345678901234567890", of RFC 6238, appendix B; its codes of eight digits end in these six.
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    const VECTORS: [(u64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    #[test]
    fn the_codes_are_those_of_the_standard() {
        let shared = Shared::kept(SECRET);
        for (at, code) in VECTORS {
            let step = at / STEP_SECONDS;
            assert_eq!(shared.step_of(code, at * 1_000), Some(step), "at {at}");
        }
    }

    #[test]
    fn a_code_is_right_one_step_early_or_late_and_no_further() {
        let shared = Shared::kept(SECRET);
        let (at, code) = VECTORS[1];
        let step = at / STEP_SECONDS;
        for (steps, right) in [(0, false), (1, true), (2, true), (3, true), (4, false)] {
            let now_ms = (step + steps - 2) * STEP_SECONDS * 1_000;
            let found = shared.step_of(code, now_ms);
            assert_eq!(found, right.then_some(step), "{steps}");
        }
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        let shared = Shared::kept(SECRET);
        for typed in ["287082", "287 082", " 287-082 ", "٢٨٧٠٨٢"] {
            assert_eq!(shared.step_of(typed, 59_000), Some(1), "{typed}");
        }
        for wrong in [
            "",
            "28708",
            "2870822",
            "28708x",
            "94287082",
            &"2".repeat(90_000),
        ] {
            assert_eq!(shared.step_of(wrong, 59_000), None);
        }
    }

    #[test]
    fn its_address_names_the_workspace_and_the_person() {
        let url = Shared::kept(SECRET).url("Acme: Süd", "ada").expect("a url");
        assert!(url.starts_with("otpauth://totp/Acme"), "{url}");
        assert!(url.contains(SECRET) && url.contains("ada?"), "{url}");
        assert_ne!(Shared::fresh().text(), Shared::fresh().text());
    }
}
