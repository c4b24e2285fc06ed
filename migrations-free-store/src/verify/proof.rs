//! One event's proof as a file (C2SP tlog-proof): it can be checked with nothing but the log's key.
//! It carries the event's leaf, which is a hash, and nothing of what the event says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Hash, Signed, verify_inclusion, verify_note, verify_signature};
use crate::Position;
use crate::error::Error;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// No tree of positions of 64 bits is higher.
const HASHES_MAX: usize = 64;

/// That the event with this leaf stands at `position` in the log that the note is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub position: Position,
    /// Carried as the file's opaque extra data, 32 bytes.
    pub leaf: Hash,
    /// RFC 6962, the leaf's sibling first.
    pub hashes: Vec<Hash>,
    /// A signed checkpoint, with cosignatures if there are any.
    pub note: String,
}

/// What a proof was found to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofChecked {
    pub position: Position,
    pub leaf: Hash,
    pub checkpoint: super::Checkpoint,
    /// One for each witness's key that was asked for.
    pub witnessed: Vec<Signed>,
}

impl Proof {
    /// The file's text.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{FIRST_LINE}\nextra {}\nindex {}\n",
            BASE64.encode(self.leaf),
            self.position
        );
        for hash in &self.hashes {
            text.push_str(&BASE64.encode(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.note);
        text
    }

    /// Reads a file's text; nothing is checked but its form.
    pub fn parse(text: &str) -> Result<Proof, Error> {
        parse(text).ok_or(Error::Unproven {
            why: "this is no tlog-proof file with a leaf in it",
        })
    }

    /// Checks the log's signature, the way from the leaf to the root, and the cosignature of each named witness.
    pub fn check(&self, log_key: &str, witness_keys: &[&str]) -> Result<ProofChecked, Error> {
        let checkpoint = verify_note(&self.note, log_key)?;
        verify_inclusion(
            &self.leaf,
            self.position,
            checkpoint.size,
            &checkpoint.root,
            &self.hashes,
        )?;
        let witnessed = witness_keys
            .iter()
            .map(|key| verify_signature(&self.note, key));
        Ok(ProofChecked {
            position: self.position,
            leaf: self.leaf,
            checkpoint,
            witnessed: witnessed.collect::<Result<_, _>>()?,
        })
    }
}

fn parse(text: &str) -> Option<Proof> {
    let rest = text.strip_prefix(FIRST_LINE)?.strip_prefix('\n')?;
    let (extra, rest) = rest.strip_prefix("extra ")?.split_once('\n')?;
    let (index, rest) = rest.strip_prefix("index ")?.split_once('\n')?;
    let position: Position = index.parse().ok()?;
    if position.to_string() != index {
        return None;
    }
    // Without any hash, which is a log of one event, the empty line comes at once.
    let (lines, note) = match rest.strip_prefix('\n') {
        Some(note) => ("", note),
        None => rest.split_once("\n\n")?,
    };
    let hashes: Vec<Hash> = lines.lines().map(hash).collect::<Option<_>>()?;
    (hashes.len() <= HASHES_MAX).then_some(Proof {
        position,
        leaf: hash(extra)?,
        hashes,
        note: note.to_owned(),
    })
}

fn hash(text: &str) -> Option<Hash> {
    BASE64.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Signatory;
    use crate::merkle::{Nodes, Paths, range_root};

    struct Plain(Vec<Hash>);

    impl Nodes for Plain {
        type Error = Error;
        fn node(&self, height: u8, index: u64) -> Result<Hash, Error> {
            let from = index << height;
            let to = from + (1 << height);
            Ok(crate::merkle::root_of(&self.0[from as usize..to as usize]))
        }
    }

    #[test]
    fn a_proof_file_is_read_back_as_it_was_and_no_bit_of_it_can_be_changed() {
        let signatory = Signatory::new("chat.example.com/daylight", &[7; 32]);
        let key = signatory.verifier_key();
        for size in [1_u64, 2, 3, 7, 256, 259] {
            let leaves: Vec<Hash> = (0..size).map(|n| [n as u8; 32]).collect();
            let nodes = Plain(leaves.clone());
            let note = signatory
                .sign(size, range_root(&nodes, 0, size).expect("a root"))
                .note;
            let position = size / 2;
            let proof = Proof {
                position,
                leaf: leaves[position as usize],
                hashes: Paths::new(size).path(&nodes, position).expect("a path"),
                note,
            };
            let text = proof.to_text();
            assert_eq!(Proof::parse(&text).expect("parses"), proof);
            proof.check(&key, &[]).expect("proves");
            for at in 0..text.len() {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1;
                let passes = String::from_utf8(bytes).is_ok_and(|changed| {
                    Proof::parse(&changed).is_ok_and(|proof| proof.check(&key, &[]).is_ok())
                });
                assert!(!passes, "size {size}, byte {at}");
            }
        }
    }
}
