//! Checkpoints as C2SP signed notes with Ed25519. It signs what it is given; whether to is the writer's affair.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::Position;
use crate::verify::Hash;

/// The signature algorithms' numbers in C2SP signed-note: of a log, and of a witness (tlog-cosignature).
const ED25519: u8 = 1;
const COSIGNATURE: u8 = 4;

/// Size and root of the log, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    pub size: Position,
    pub root: [u8; 32],
    /// The C2SP signed note (tlog-checkpoint), ready to be handed out.
    pub note: String,
}

/// What a checkpoint says, once its signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub origin: String,
    pub size: Position,
    pub root: [u8; 32],
}

pub(crate) struct Signatory {
    origin: String,
    key: SigningKey,
}

impl Signatory {
    pub fn new(origin: &str, secret: &[u8; 32]) -> Signatory {
        Signatory {
            origin: origin.to_owned(),
            key: SigningKey::from_bytes(secret),
        }
    }

    pub fn sign(&self, size: Position, root: Hash) -> SignedCheckpoint {
        let text = format!("{}\n{size}\n{}\n", self.origin, BASE64.encode(root));
        let id = key_id(&self.origin, ED25519, &self.key.verifying_key());
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let note = format!("{text}\n{}", line(&self.origin, id, &signature));
        SignedCheckpoint { size, root, note }
    }

    /// C2SP vkey: name, key id, public key.
    pub fn verifier_key(&self) -> String {
        vkey(&self.origin, ED25519, &self.key.verifying_key())
    }
}

/// True for a name that a note's lines can carry.
pub(crate) fn is_origin(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c == '+' || c.is_whitespace() || c.is_control())
}

fn key_id(name: &str, kind: u8, key: &VerifyingKey) -> [u8; 4] {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', kind])
        .chain_update(key)
        .finalize();
    let mut id = [0; 4];
    id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    id
}

fn vkey(name: &str, kind: u8, key: &VerifyingKey) -> String {
    let id = u32::from_be_bytes(key_id(name, kind, key));
    let mut typed = vec![kind];
    typed.extend_from_slice(key.as_bytes());
    format!("{name}+{id:08x}+{}", BASE64.encode(typed))
}

fn line(name: &str, id: [u8; 4], signature: &[u8]) -> String {
    let signed = [id.as_slice(), signature].concat();
    format!("\u{2014} {name} {}\n", BASE64.encode(signed))
}

/// A witness's own key. It cosigns what it is given; what it has seen before is its keeper's affair.
pub struct Cosigner {
    name: String,
    key: SigningKey,
}

impl Cosigner {
    /// None when the name is not one that a note's lines can carry.
    pub fn new(name: &str, secret: &[u8; 32]) -> Option<Cosigner> {
        is_origin(name).then(|| Cosigner {
            name: name.to_owned(),
            key: SigningKey::from_bytes(secret),
        })
    }

    /// C2SP vkey of type 4, cosignature/v1.
    pub fn verifier_key(&self) -> String {
        vkey(&self.name, COSIGNATURE, &self.key.verifying_key())
    }

    /// The signature line over the note's text, or None when it is no note. `time_s`: seconds since 1970.
    pub fn cosign(&self, note: &str, time_s: u64) -> Option<String> {
        let (text, _) = parted(note)?;
        let signature = self.key.sign(cosigned(text, time_s).as_bytes()).to_bytes();
        let id = key_id(&self.name, COSIGNATURE, &self.key.verifying_key());
        let timed = [time_s.to_be_bytes().as_slice(), &signature].concat();
        Some(line(&self.name, id, &timed))
    }
}

fn cosigned(text: &str, time_s: u64) -> String {
    format!("cosignature/v1\ntime {time_s}\n{text}")
}

/// A checkpoint with one signature on it that is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    pub checkpoint: Checkpoint,
    /// The signature's line, its newline included: behind the note's text and an empty line it is a note again.
    pub line: String,
    /// When a witness signed it, in seconds since 1970; 0 for a log's own signature.
    pub time_s: u64,
}

struct Verifier<'k> {
    name: &'k str,
    kind: u8,
    id: [u8; 4],
    key: VerifyingKey,
}

impl Verifier<'_> {
    fn parse(verifier_key: &str) -> Option<Verifier<'_>> {
        let mut parts = verifier_key.splitn(3, '+');
        let (name, id, typed) = (
            parts.next()?,
            parts.next()?,
            BASE64.decode(parts.next()?).ok()?,
        );
        let (kind, bytes) = typed.split_first()?;
        let key = VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?;
        let own_id = key_id(name, *kind, &key);
        let is_right = matches!(*kind, ED25519 | COSIGNATURE)
            && is_origin(name)
            && id == format!("{:08x}", u32::from_be_bytes(own_id));
        is_right.then_some(Verifier {
            name,
            kind: *kind,
            id: own_id,
            key,
        })
    }

    /// What this signature says of its own time; None when it is wrong.
    fn time_of(&self, text: &str, signature: &[u8]) -> Option<u64> {
        let (time_s, signature, signed) = match self.kind {
            COSIGNATURE => {
                let (time, signature) = signature.split_first_chunk::<8>()?;
                let time_s = u64::from_be_bytes(*time);
                // The format's own bounds: a cosignature of a whole tree has a time.
                if time_s == 0 || time_s > i64::MAX as u64 {
                    return None;
                }
                (time_s, signature, cosigned(text, time_s))
            }
            _ => (0, signature, text.to_owned()),
        };
        let signature = Signature::from_slice(signature).ok()?;
        self.key.verify_strict(signed.as_bytes(), &signature).ok()?;
        Some(time_s)
    }
}

/// The name in a verifier key of a log's own signatures.
pub(crate) fn log_name(verifier_key: &str) -> Option<&str> {
    Verifier::parse(verifier_key)
        .filter(|verifier| verifier.kind == ED25519)
        .map(|verifier| verifier.name)
}

/// The name in a verifier key of a witness.
pub(crate) fn witness_name(verifier_key: &str) -> Option<&str> {
    Verifier::parse(verifier_key)
        .filter(|verifier| verifier.kind == COSIGNATURE)
        .map(|verifier| verifier.name)
}

/// A note's text, which is what is signed, and its signature lines.
pub(crate) fn parted(note: &str) -> Option<(&str, &str)> {
    let (text, signatures) = note.split_at(note.rfind("\n\n")? + 1);
    let lines = signatures.strip_prefix('\n')?;
    let is_clean = lines.ends_with('\n') && !text.chars().any(|c| c != '\n' && c.is_control());
    is_clean.then_some((text, lines))
}

/// The note's checkpoint, if the verifier key's owner, a log, signed it. Signatures of others are passed over.
pub(crate) fn open(note: &str, verifier_key: &str) -> Option<Checkpoint> {
    log_name(verifier_key)?;
    open_signed(note, verifier_key).map(|signed| signed.checkpoint)
}

/// As [`open`], for a log's key or a witness's. One wrong signature under the key's name and id spoils the note.
pub(crate) fn open_signed(note: &str, verifier_key: &str) -> Option<Signed> {
    let verifier = Verifier::parse(verifier_key)?;
    let (text, lines) = parted(note)?;
    let mut found = None;
    for line in lines.lines() {
        let (signer, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = BASE64.decode(encoded).ok()?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        if signer == verifier.name && *id == verifier.id {
            let time_s = verifier.time_of(text, signature)?;
            found.get_or_insert((format!("{line}\n"), time_s));
        }
    }
    let (line, time_s) = found?;
    Some(Signed {
        checkpoint: parse(text)?,
        line,
        time_s,
    })
}

/// What a note claims, its signature unchecked: only ever a reason to refuse.
pub(crate) fn peek(note: &str) -> Option<Checkpoint> {
    parse(note)
}

fn parse(text: &str) -> Option<Checkpoint> {
    let mut lines = text.lines();
    let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
    let number: Position = size.parse().ok()?;
    // One text form a number: no sign, no leading zeros.
    if number.to_string() != size || origin.is_empty() {
        return None;
    }
    Some(Checkpoint {
        origin: origin.to_owned(),
        size: number,
        root: BASE64.decode(root).ok()?.try_into().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_opens_with_its_key_alone_and_with_no_bit_changed() {
        let signatory = Signatory::new("chat.example.com/daylight", &[7; 32]);
        let signed = signatory.sign(12_345, [9; 32]);
        let key = signatory.verifier_key();
        let checkpoint = open(&signed.note, &key).expect("opens");
        assert_eq!((checkpoint.size, checkpoint.root), (12_345, [9; 32]));
        let witnessed = format!("{}\u{2014} witness.example AAAAAAAA\n", signed.note);
        assert!(
            open(&witnessed, &key).is_some(),
            "a witness's signature does no harm"
        );
        let other = Signatory::new("chat.example.com/daylight", &[8; 32]).verifier_key();
        assert!(open(&signed.note, &other).is_none());
        for at in 0..signed.note.len() {
            let mut bytes = signed.note.clone().into_bytes();
            bytes[at] ^= 1;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(open(&changed, &key).is_none(), "{at}");
            }
        }
    }

    #[test]
    fn a_cosignature_is_of_one_witness_one_time_and_one_checkpoint() {
        let signatory = Signatory::new("chat.example.com/daylight", &[7; 32]);
        let witness = Cosigner::new("witness.example/w1", &[3; 32]).expect("a name");
        let note = signatory.sign(12_345, [9; 32]).note;
        let line = witness.cosign(&note, 1_679_315_147).expect("a note");
        let both = format!("{note}{line}");
        let key = witness.verifier_key();
        let signed = open_signed(&both, &key).expect("cosigned");
        assert_eq!((signed.time_s, &signed.line), (1_679_315_147, &line));
        assert_eq!(signed.checkpoint.size, 12_345);
        assert!(open(&both, &signatory.verifier_key()).is_some());
        assert!(open(&both, &key).is_none(), "a witness is no log");
        assert!(open_signed(&note, &key).is_none(), "not cosigned");
        let longer = signatory.sign(12_346, [9; 32]).note;
        assert!(open_signed(&format!("{longer}{line}"), &key).is_none());
        for at in 0..both.len() {
            let mut bytes = both.clone().into_bytes();
            bytes[at] ^= 1;
            let log_line = note.rfind("\n\n").expect("signatures") + 2..note.len();
            if let Ok(changed) = String::from_utf8(bytes)
                && !log_line.contains(&at)
            {
                assert!(open_signed(&changed, &key).is_none(), "{at}");
            }
        }
    }
}
