//! RFC 3161: the question what time it is for a checkpoint, and whether an answer is to that question.
//!
//! Never checks the authority's certificate: `openssl ts -verify` does, with the certificates an auditor trusts.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};

/// A token with its certificates has a few kilobytes.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// Context-specific 0, constructed.
const FIRST: u8 = 0xA0;
/// AlgorithmIdentifier of SHA-256 (RFC 5754), without and with the NULL that some write.
const SHA_256: &[u8] = &[
    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
];
const NULL: &[u8] = &[0x05, 0x00];
/// id-signedData and id-ct-TSTInfo.
const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
const TST_INFO: &[u8] = &[
    0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x04,
];

/// The largest checkpoint that has a token in the folder, and when it came.
pub fn newest(folder: &Path) -> Option<(u64, u64)> {
    let size_of = |path: &Path| {
        let is_token = path.extension().is_some_and(|ending| ending == "tsr");
        path.file_stem()
            .filter(|_| is_token)?
            .to_str()?
            .parse::<u64>()
            .ok()
    };
    let files = std::fs::read_dir(folder).ok()?.flatten();
    let (size, path) = files
        .filter_map(|file| Some((size_of(&file.path())?, file.path())))
        .max()?;
    let came = std::fs::metadata(path).and_then(|m| m.modified()).ok()?;
    let since = came.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some((size, u64::try_from(since.as_millis()).ok()?))
}

/// One question, told from others by its nonce.
pub struct Request {
    imprint: [u8; 32],
    nonce: [u8; 16],
}

impl Request {
    pub fn new(signed: &[u8]) -> anyhow::Result<Request> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|_| anyhow::anyhow!("there is no randomness"))?;
        // A positive integer with no byte too many, so that its DER is these 16 bytes.
        nonce[0] = nonce[0] & 0x7F | 0x40;
        Ok(Request {
            imprint: Sha256::digest(signed).into(),
            nonce,
        })
    }

    /// TimeStampReq, asking for the authority's certificate too.
    pub fn to_der(&self) -> Vec<u8> {
        let algorithm = element(SEQUENCE, &[SHA_256, NULL].concat());
        let imprint = element(
            SEQUENCE,
            &[algorithm, element(OCTETS, &self.imprint)].concat(),
        );
        let version = element(INTEGER, &[1]);
        let certificate = element(0x01, &[0xFF]);
        element(
            SEQUENCE,
            &[version, imprint, element(INTEGER, &self.nonce), certificate].concat(),
        )
    }

    /// Checks that a TimeStampResp grants a token for this imprint and this nonce.
    pub fn check(&self, answer: &[u8]) -> anyhow::Result<()> {
        let mut all = Der(answer);
        let mut response = all.open(SEQUENCE)?;
        all.end()?;
        let mut status = response.open(SEQUENCE)?;
        match status.open(INTEGER)?.0 {
            [0 | 1] => {}
            code => bail!("the authority refuses, with status {code:?}"),
        }
        let mut token = response.open(SEQUENCE)?;
        response.end()?;
        ensure!(token.open(OID)?.0 == SIGNED_DATA, "the token is not signed");
        let mut signed = token.open(FIRST)?.open(SEQUENCE)?;
        signed.open(INTEGER)?;
        signed.open(SET)?;
        let mut content = signed.open(SEQUENCE)?;
        ensure!(content.open(OID)?.0 == TST_INFO, "the token says no time");
        let mut info = content.open(FIRST)?.open(OCTETS)?.open(SEQUENCE)?;
        info.open(INTEGER)?;
        info.open(OID)?;
        let mut imprint = info.open(SEQUENCE)?;
        let algorithm = imprint.open(SEQUENCE)?.0;
        let algorithm = algorithm.strip_suffix(NULL).unwrap_or(algorithm);
        ensure!(
            algorithm == SHA_256 && imprint.open(OCTETS)?.0 == self.imprint,
            "the token is for something else"
        );
        imprint.end()?;
        // Serial number and time come next; then optional parts, of which the nonce is the only integer.
        info.open(INTEGER)?;
        info.any()?;
        loop {
            let (tag, bytes) = info.any().context("the token has no nonce")?;
            if tag == INTEGER {
                ensure!(bytes == self.nonce, "the token answers another question");
                return Ok(());
            }
        }
    }
}

/// One element, of at most 64 KiB.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut bytes = vec![tag];
    match length {
        0..0x80 => bytes.push(length as u8),
        0x80..0x100 => bytes.extend([0x81, length as u8]),
        _ => bytes.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    bytes.extend_from_slice(content);
    bytes
}

/// Reads elements one after the other (X.690, DER: definite lengths in their shortest form).
struct Der<'b>(&'b [u8]);

impl<'b> Der<'b> {
    fn any(&mut self) -> anyhow::Result<(u8, &'b [u8])> {
        self.next().context("the answer is not DER")
    }

    fn next(&mut self) -> Option<(u8, &'b [u8])> {
        let (tag, rest) = self.0.split_first()?;
        // Tags of more than one byte do not occur in what is read here.
        if tag & 0x1F == 0x1F {
            return None;
        }
        let (first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7F => (usize::from(*first), rest),
            0x81..=0x83 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
                let length = digits
                    .iter()
                    .fold(0, |length, byte| length << 8 | usize::from(*byte));
                let is_shortest = *digits.first()? != 0 && length >= 0x80;
                (is_shortest.then_some(length)?, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, content))
    }

    fn open(&mut self, tag: u8) -> anyhow::Result<Der<'b>> {
        let (found, content) = self.any()?;
        ensure!(found == tag, "the answer is not a time-stamp's");
        Ok(Der(content))
    }

    fn end(&self) -> anyhow::Result<()> {
        ensure!(self.0.is_empty(), "the answer goes on behind its end");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer as RFC 3161 has it, with `imprint` and `nonce` in it, unsigned.
    fn answer(status: u8, imprint: &[u8], nonce: &[u8]) -> Vec<u8> {
        let algorithm = element(SEQUENCE, &[SHA_256, NULL].concat());
        let info = [
            element(INTEGER, &[1]),
            element(OID, &[0x2A, 0x03]),
            element(SEQUENCE, &[algorithm, element(OCTETS, imprint)].concat()),
            element(INTEGER, &[5]),
            element(0x18, b"20260101000000Z"),
            element(SEQUENCE, &element(INTEGER, &[1])),
            element(INTEGER, nonce),
        ];
        let info = element(OCTETS, &element(SEQUENCE, &info.concat()));
        let content = [element(OID, TST_INFO), element(FIRST, &info)].concat();
        let signed = [
            element(INTEGER, &[3]),
            element(SET, &[]),
            element(SEQUENCE, &content),
            element(SET, &[]),
        ];
        let signed = element(FIRST, &element(SEQUENCE, &signed.concat()));
        let token = element(SEQUENCE, &[element(OID, SIGNED_DATA), signed].concat());
        let status = element(SEQUENCE, &element(INTEGER, &[status]));
        element(SEQUENCE, &[status, token].concat())
    }

    #[test]
    fn only_a_granted_token_for_this_checkpoint_and_this_question_is_kept() {
        let request = Request::new(b"a checkpoint").expect("randomness");
        let right = answer(0, &request.imprint, &request.nonce);
        request.check(&right).expect("the right answer");
        request
            .check(&answer(1, &request.imprint, &request.nonce))
            .expect("granted with modifications");
        assert!(
            request
                .check(&answer(2, &request.imprint, &request.nonce))
                .is_err()
        );
        assert!(request.check(&answer(0, &[0; 32], &request.nonce)).is_err());
        assert!(
            request
                .check(&answer(0, &request.imprint, &[1; 16]))
                .is_err()
        );
        for length in 0..right.len() {
            assert!(request.check(&right[..length]).is_err(), "{length}");
        }
        for at in 0..right.len() {
            let mut changed = right.clone();
            changed[at] ^= 0xFF;
            let _never_panics = request.check(&changed);
        }
    }
}
