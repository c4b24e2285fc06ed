//! One event as the log keeps it.

use crate::{Id, Position, Scope};

/// What stands in a header for content that may be forgotten: a salted hash of its exact bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    pub salt: [u8; 32],
    pub hash: [u8; 32],
}

impl Commitment {
    /// Commits to `content` under a fresh random salt.
    pub fn of(content: &[u8]) -> Commitment {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).expect("the operating system gives randomness");
        Commitment { salt, hash: crate::verify::commitment_hash(&salt, content) }
    }
}

/// An event to append. All bytes are taken exactly as given.
#[derive(Clone, Debug)]
pub struct NewRecord<'a> {
    /// Milliseconds since 1970.
    pub at_ms: u64,
    /// Exact JSON bytes, the content's commitment already inside.
    pub header: &'a [u8],
    pub content: Option<(&'a [u8], &'a Commitment)>,
    /// What the content is sealed under, together with the author's key.
    pub scope: Scope,
    pub author: Option<Id>,
    /// The channel and its own sequence number, which must grow within a channel.
    pub place: Option<(Id, u64)>,
    /// Idempotency tag: see [`crate::Store::find_tag`].
    pub tag: Option<[u8; 16]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pushed {
    pub position: Position,
    /// The RFC 6962 leaf hash.
    pub leaf: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Bytes(Vec<u8>),
    /// Its key is destroyed.
    Forgotten,
}

impl Part {
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Part::Bytes(bytes) => Some(bytes),
            Part::Forgotten => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub position: Position,
    pub at_ms: u64,
    pub leaf: [u8; 32],
    pub header: Part,
    pub header_salt: Option<[u8; 32]>,
    pub content: Option<Part>,
    pub content_salt: Option<[u8; 32]>,
    pub scope: Scope,
    pub author: Option<Id>,
    pub place: Option<(Id, u64)>,
    pub tag: Option<[u8; 16]>,
}
