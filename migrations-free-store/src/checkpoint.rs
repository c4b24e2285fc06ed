//! Checkpoints as C2SP signed notes with Ed25519. It signs what it is given; whether to is the writer's affair.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::Position;
use crate::verify::Hash;

/// The signature algorithm's number in C2SP signed-note.
const ED25519: u8 = 1;

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
        let mut signed = key_id(&self.origin, &self.key.verifying_key()).to_vec();
        signed.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        let note = format!(
            "{text}\n\u{2014} {} {}\n",
            self.origin,
            BASE64.encode(signed)
        );
        SignedCheckpoint { size, root, note }
    }

    /// C2SP vkey: name, key id, public key.
    pub fn verifier_key(&self) -> String {
        let key = self.key.verifying_key();
        let id = u32::from_be_bytes(key_id(&self.origin, &key));
        let mut typed = vec![ED25519];
        typed.extend_from_slice(key.as_bytes());
        format!("{}+{id:08x}+{}", self.origin, BASE64.encode(typed))
    }
}

/// True for a name that a note's lines can carry.
pub(crate) fn is_origin(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c == '+' || c.is_whitespace() || c.is_control())
}

fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', ED25519])
        .chain_update(key)
        .finalize();
    let mut id = [0; 4];
    id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    id
}

/// The note's checkpoint, if a signature of the verifier key's owner is on it and is right.
/// Signatures of others, such as witnesses, are passed over.
pub(crate) fn open(note: &str, verifier_key: &str) -> Option<Checkpoint> {
    let mut parts = verifier_key.splitn(3, '+');
    let (name, id, typed) = (
        parts.next()?,
        parts.next()?,
        BASE64.decode(parts.next()?).ok()?,
    );
    let (kind, bytes) = typed.split_first()?;
    let key = VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?;
    let own_id = key_id(name, &key);
    if *kind != ED25519 || id != format!("{:08x}", u32::from_be_bytes(own_id)) {
        return None;
    }
    let (text, signatures) = note.split_at(note.rfind("\n\n")? + 1);
    let signed = signatures.strip_prefix('\n')?;
    if !signed.ends_with('\n') || text.chars().any(|c| c != '\n' && c.is_control()) {
        return None;
    }
    let right = signed.lines().any(|line| {
        let found = line
            .strip_prefix("\u{2014} ")
            .and_then(|line| line.split_once(' '));
        let Some((signer, encoded)) = found.filter(|(signer, _)| *signer == name) else {
            return false;
        };
        let Ok(bytes) = BASE64.decode(encoded) else {
            return false;
        };
        let Some((id, signature)) = bytes.split_first_chunk::<4>() else {
            return false;
        };
        let Ok(signature) = Signature::from_slice(signature) else {
            return false;
        };
        signer == name && *id == own_id && key.verify_strict(text.as_bytes(), &signature).is_ok()
    });
    if right { parse(text) } else { None }
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
}
