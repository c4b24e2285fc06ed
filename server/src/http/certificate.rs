//! From when and until when a certificate holds. It trusts nothing and checks no signature.

use std::path::Path;

use anyhow::Context;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The explicit version in front of the serial number.
const VERSION: u8 = 0xa0;

/// In milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    pub from_ms: u64,
    pub until_ms: u64,
}

/// Of the first certificate in a PEM file.
pub fn validity(path: &Path) -> anyhow::Result<Validity> {
    let der = CertificateDer::from_pem_file(path)
        .with_context(|| format!("cannot read the certificate {}", path.display()))?;
    read(&der).with_context(|| format!("{} is no X.509 certificate", path.display()))
}

/// RFC 5280: Certificate, TBSCertificate, Validity.
fn read(der: &[u8]) -> Option<Validity> {
    let (_, certificate, _) = element(der, SEQUENCE)?;
    let (_, mut fields, _) = element(certificate, SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        fields = any(fields)?.2;
    }
    // Serial number, signature algorithm, issuer.
    for _ in 0..3 {
        fields = any(fields)?.2;
    }
    let (_, validity, _) = element(fields, SEQUENCE)?;
    let (from_kind, from, rest) = any(validity)?;
    let (until_kind, until, _) = any(rest)?;
    Some(Validity {
        from_ms: time_ms(from_kind, from)?,
        until_ms: time_ms(until_kind, until)?,
    })
}

fn time_ms(kind: u8, time: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(time).ok()?.strip_suffix('Z')?;
    let (year, rest) = match kind {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: u64 = year.parse().ok()?;
            (year + if year < 50 { 2000 } else { 1900 }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let two = |at: usize| rest.get(at..at + 2)?.parse::<u64>().ok();
    let days = days_since_1970(year, two(0)?, two(2)?)?;
    Some((((days * 24 + two(4)?) * 60 + two(6)?) * 60 + two(8)?) * 1000)
}

fn element(bytes: &[u8], kind: u8) -> Option<(u8, &[u8], &[u8])> {
    any(bytes).filter(|(found, ..)| *found == kind)
}

/// One DER element: its kind, its content, and what follows.
fn any(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*kind, content, rest))
}

fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years counted from March put the leap day last.
    let year_of_march = year - u64::from(month <= 2);
    let month_of_march = (month + 9) % 12;
    let days = year_of_march * 365 + year_of_march / 4 - year_of_march / 100 + year_of_march / 400;
    (days + (153 * month_of_march + 2) / 5 + day - 1).checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_calendars_do() {
        for (date, days) in [
            ((1970, 1, 1), 0),
            ((2000, 2, 29), 11_016),
            ((2026, 11, 22), 20_779),
            ((2100, 3, 1), 47_541),
        ] {
            assert_eq!(
                days_since_1970(date.0, date.1, date.2),
                Some(days),
                "{date:?}"
            );
        }
        assert_eq!(days_since_1970(2026, 13, 1), None);
    }

    #[test]
    fn what_is_cut_short_is_no_certificate() {
        let long = [0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 1];
        for length in 0..=long.len() {
            assert_eq!(read(&long[..length]), None);
        }
    }
}
