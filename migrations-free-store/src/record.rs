//! One event as it is given, sealed, and opened again. Bytes once written are never migrated: [`parse`] reads
//! every version there ever was. It never touches a file.

mod layout;

use std::ops::Range;
use std::sync::Arc;

use crate::Position;
use crate::bytes::Put;
use crate::cipher::{self, AES_256_GCM, Cipher, Key, Nonce, RandomPool, TAG_BYTES};
use crate::error::Error;
use crate::id::Id;
use crate::keyring::{Found, Keyring};
use crate::scope::Scope;
use crate::verify::{commitment_hash, leaf_hash};
pub(crate) use layout::{RECORD_BYTES_BESIDE, Raw, Routing, length_of, parse};
use layout::{SALT_BYTES, put_routing};

/// Largest header, in bytes.
pub const HEADER_BYTES_MAX: usize = 64 << 10;
/// Largest content, in bytes.
pub const CONTENT_BYTES_MAX: usize = 1 << 20;

/// What stands in a header for content that may be forgotten: a salted hash of its exact bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    pub salt: [u8; 32],
    pub hash: [u8; 32],
}

impl Commitment {
    /// Commits to `content` under a fresh random salt.
    pub fn of(content: &[u8]) -> Commitment {
        let salt = cipher::random_often();
        Commitment {
            salt,
            hash: commitment_hash(&salt, content),
        }
    }
}

/// An event to append. All bytes are taken exactly as given.
#[derive(Clone, Debug)]
pub struct NewRecord<'a> {
    /// Milliseconds since 1970.
    pub at_ms: u64,
    /// Exact JSON bytes, the content's commitment already inside; sealed under the audit month of `at_ms`.
    pub header: &'a [u8],
    pub content: Option<(&'a [u8], &'a Commitment)>,
    /// What the content is sealed under, together with the author's key.
    pub scope: Scope,
    /// Whose key is mixed into the content's, unless the scope is a person already.
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

/// An event as read back. A part is `Forgotten` when its key is destroyed; its salt is then gone too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub position: Position,
    pub at_ms: u64,
    pub leaf: [u8; 32],
    pub header: Part,
    pub header_salt: Option<[u8; 32]>,
    pub content: Option<Part>,
    pub content_salt: Option<[u8; 32]>,
    /// What the content is sealed under now: a resealed record names its new scope.
    pub scope: Scope,
    pub author: Option<Id>,
    pub place: Option<(Id, u64)>,
    pub tag: Option<[u8; 16]>,
}

/// Appends records to a buffer, in today's version. What is appended is plain until it is [`Unsealed::seal`]ed:
/// hashing decides what comes next in the log, sealing does not, and may be done meanwhile by another thread.
pub(crate) struct Encoder {
    random: RandomPool,
}

/// A record in a buffer, with room for its tags, and the keys that it is to be sealed with.
pub(crate) struct Unsealed {
    start: usize,
    header: Range<usize>,
    audit: Arc<Key>,
    content: Option<(Range<usize>, Arc<Key>, Option<Arc<Key>>)>,
    nonce: Nonce,
    context: Context,
}

impl Encoder {
    pub fn new() -> Encoder {
        Encoder {
            random: RandomPool::new(),
        }
    }

    /// Appends `new` at `position`; keys not yet made are made in the keyring. On an error `out` is as before.
    pub fn encode(
        &mut self,
        new: &NewRecord<'_>,
        position: Position,
        keyring: &Keyring,
        out: &mut Vec<u8>,
    ) -> Result<(Routing, Unsealed), Error> {
        check_sizes(new)?;
        let salt: [u8; 32] = self.random.take();
        let (_, audit) = keyring.for_sealing(&Scope::audit(new.at_ms))?;
        let author = new
            .author
            .filter(|_| new.content.is_some() && new.scope.mixes_author());
        let mut routing = Routing {
            at_ms: new.at_ms,
            leaf: leaf_hash(&salt, new.header),
            nonce: self.random.take(),
            scope: new.scope,
            generation: 0,
            author: new.author,
            author_seals: author.is_some(),
            place: new.place,
            tag: new.tag,
            has_content: new.content.is_some(),
            content_dropped: false,
            header_dropped: false,
        };
        let keys = match new.content {
            Some(_) => {
                let (generation, key) = keyring.for_sealing(&new.scope)?;
                routing.generation = generation;
                let person = match author {
                    Some(person) => Some(keyring.for_sealing(&Scope::Person(person))?.1),
                    None => None,
                };
                Some((key, person))
            }
            None => None,
        };
        let start = put_routing(&routing, out);
        out.put_u32((SALT_BYTES + new.header.len() + TAG_BYTES) as u32);
        let header = put_plain(out, &salt, new.header);
        let content = match (new.content, keys) {
            (Some((bytes, commitment)), Some((key, person))) => {
                Some((put_plain(out, &commitment.salt, bytes), key, person))
            }
            _ => None,
        };
        layout::close(out, start);
        let unsealed = Unsealed {
            start,
            header,
            audit,
            content,
            nonce: routing.nonce,
            context: Context {
                position,
                channel: channel_of(&routing),
            },
        };
        Ok((routing, unsealed))
    }
}

impl Unsealed {
    /// Seals the record where it stands in the buffer that it was appended to.
    pub fn seal(&self, buffer: &mut [u8]) {
        let position = self.context.position;
        let mut seal = |part: &Range<usize>, cipher: &Cipher, kind: u8| {
            let bytes = buffer.get_mut(part.clone()).unwrap_or_default();
            seal_in_place(bytes, cipher, &self.nonce, &self.context.of(kind));
        };
        seal(
            &self.header,
            &header_cipher(&self.audit, position),
            HEADER_PART,
        );
        if let Some((part, key, person)) = &self.content {
            let cipher = content_cipher(key, person.as_deref(), position);
            seal(part, &cipher, CONTENT_PART);
        }
        layout::check(buffer.get_mut(self.start..).unwrap_or_default());
    }
}

/// Appends the record with its content sealed anew under `routing`, the header as it was.
pub(crate) fn encode_resealed(
    raw: &Raw<'_>,
    routing: &Routing,
    position: Position,
    cipher: &Cipher,
    salt: &[u8; 32],
    content: &[u8],
    out: &mut Vec<u8>,
) {
    let start = put_routing(routing, out);
    out.put_u32(raw.header.len() as u32);
    out.extend_from_slice(raw.header);
    let context = Context {
        position,
        channel: channel_of(routing),
    };
    let part = put_plain(out, salt, content);
    let bytes = out.get_mut(part).unwrap_or_default();
    seal_in_place(bytes, cipher, &routing.nonce, &context.of(CONTENT_PART));
    layout::close(out, start);
    layout::check(out.get_mut(start..).unwrap_or_default());
}

/// Appends the record without the sealed bytes that nobody can open any more; its leaf and its place stay.
pub(crate) fn encode_dropped(raw: &Raw<'_>, header: bool, content: bool, out: &mut Vec<u8>) {
    let mut routing = raw.routing;
    routing.header_dropped |= header;
    routing.content_dropped |= content;
    let start = put_routing(&routing, out);
    let header = if header { &[][..] } else { raw.header };
    out.put_u32(header.len() as u32);
    out.extend_from_slice(header);
    if !content {
        out.extend_from_slice(raw.content);
    }
    layout::close(out, start);
    layout::check(out.get_mut(start..).unwrap_or_default());
}

/// Which sealed parts are still there though their keys are destroyed: the header, the content.
pub(crate) fn forgotten_parts(
    raw: &Raw<'_>,
    position: Position,
    keyring: &Keyring,
) -> Result<(bool, bool), Error> {
    let routing = &raw.routing;
    let header = !routing.header_dropped
        && living(keyring, &Scope::audit(routing.at_ms), 0, position)?.is_none();
    let content = routing.has_content
        && !routing.content_dropped
        && content_keys(raw, position, keyring)?.is_none();
    Ok((header, content))
}

fn check_sizes(new: &NewRecord<'_>) -> Result<(), Error> {
    if new.header.len() > HEADER_BYTES_MAX {
        return Err(Error::TooLarge {
            what: "a header",
            limit: HEADER_BYTES_MAX as u64,
        });
    }
    if new
        .content
        .is_some_and(|(bytes, _)| bytes.len() > CONTENT_BYTES_MAX)
    {
        return Err(Error::TooLarge {
            what: "a content",
            limit: CONTENT_BYTES_MAX as u64,
        });
    }
    debug_assert!(
        new.content
            .is_none_or(|(bytes, c)| commitment_hash(&c.salt, bytes) == c.hash)
    );
    Ok(())
}

/// Appends salt, bytes and room for their tag; gives where.
fn put_plain(out: &mut Vec<u8>, salt: &[u8; 32], bytes: &[u8]) -> Range<usize> {
    let start = out.len();
    out.extend_from_slice(salt);
    out.extend_from_slice(bytes);
    out.extend_from_slice(&[0; TAG_BYTES]);
    start..out.len()
}

/// Seals all but the last bytes, which become the tag.
fn seal_in_place(bytes: &mut [u8], cipher: &Cipher, nonce: &Nonce, context: &[u8]) {
    if let Some((bytes, tag)) = bytes.split_last_chunk_mut::<TAG_BYTES>() {
        *tag = cipher.seal(nonce, context, bytes);
    }
}

pub(crate) fn content_cipher(scope: &Key, person: Option<&Key>, position: Position) -> Cipher {
    scope.derive(person, &position.to_be_bytes(), b"daylight/content/v1")
}

fn header_cipher(audit: &Key, position: Position) -> Cipher {
    audit.derive(None, &position.to_be_bytes(), b"daylight/header/v1")
}

const HEADER_PART: u8 = 1;
const CONTENT_PART: u8 = 2;

/// Where a part belongs: sealed in as associated data, so that parts cannot be swapped.
struct Context {
    position: Position,
    channel: Id,
}

impl Context {
    fn of(&self, part: u8) -> [u8; 26] {
        let mut bytes = [0; 26];
        bytes[..8].copy_from_slice(&self.position.to_be_bytes());
        bytes[8..24].copy_from_slice(&self.channel.0);
        bytes[24..].copy_from_slice(&[part, AES_256_GCM]);
        bytes
    }
}

fn channel_of(routing: &Routing) -> Id {
    routing
        .place
        .map_or_else(Id::default, |(channel, _)| channel)
}

/// A part opened: its salt and its bytes; None when its key is destroyed.
pub(crate) type Opened = Option<([u8; 32], Vec<u8>)>;

pub(crate) fn open_header(
    raw: &Raw<'_>,
    position: Position,
    keyring: &Keyring,
) -> Result<Opened, Error> {
    if raw.routing.header_dropped {
        return Ok(None);
    }
    let Some(audit) = living(keyring, &Scope::audit(raw.routing.at_ms), 0, position)? else {
        return Ok(None);
    };
    open(
        raw,
        position,
        &header_cipher(&audit, position),
        HEADER_PART,
        raw.header,
    )
    .map(Some)
}

/// The content of a record that has one.
pub(crate) fn open_content(
    raw: &Raw<'_>,
    position: Position,
    keyring: &Keyring,
) -> Result<Opened, Error> {
    if raw.routing.content_dropped {
        return Ok(None);
    }
    let Some((key, person)) = content_keys(raw, position, keyring)? else {
        return Ok(None);
    };
    open(
        raw,
        position,
        &content_cipher(&key, person.as_deref(), position),
        CONTENT_PART,
        raw.content,
    )
    .map(Some)
}

/// What the content is sealed with; None when any of it is destroyed.
fn content_keys(
    raw: &Raw<'_>,
    position: Position,
    keyring: &Keyring,
) -> Result<Option<(Arc<Key>, Option<Arc<Key>>)>, Error> {
    let routing = &raw.routing;
    let Some(key) = living(keyring, &routing.scope, routing.generation, position)? else {
        return Ok(None);
    };
    match routing.author.filter(|_| routing.author_seals) {
        Some(author) => {
            let person = living(keyring, &Scope::Person(author), 0, position)?;
            Ok(person.map(|person| (key, Some(person))))
        }
        None => Ok(Some((key, None))),
    }
}

fn living(
    keyring: &Keyring,
    scope: &Scope,
    generation: u16,
    position: Position,
) -> Result<Option<Arc<Key>>, Error> {
    match keyring.find(scope, generation) {
        Found::Live(key) => Ok(Some(key)),
        Found::Destroyed => Ok(None),
        Found::Missing => Err(Error::DamagedRecord {
            position,
            why: "the keyring has no slot for its key",
        }),
    }
}

fn open(
    raw: &Raw<'_>,
    position: Position,
    cipher: &Cipher,
    part: u8,
    sealed: &[u8],
) -> Result<([u8; 32], Vec<u8>), Error> {
    let context = Context {
        position,
        channel: channel_of(&raw.routing),
    };
    let damaged = Error::DamagedRecord {
        position,
        why: "a sealed part does not open with its key",
    };
    let Some(mut plain) = cipher.open_tagged(&raw.routing.nonce, &context.of(part), sealed) else {
        return Err(damaged);
    };
    let Some((salt, _)) = plain.split_first_chunk::<SALT_BYTES>() else {
        return Err(damaged);
    };
    let salt = *salt;
    plain.drain(..SALT_BYTES);
    Ok((salt, plain))
}

/// Opens what can be opened.
pub(crate) fn open_record(
    raw: &Raw<'_>,
    position: Position,
    keyring: &Keyring,
) -> Result<Record, Error> {
    let (header_salt, header) = part(open_header(raw, position, keyring)?);
    let (content_salt, content) = match raw.routing.has_content {
        true => {
            let (salt, part) = part(open_content(raw, position, keyring)?);
            (salt, Some(part))
        }
        false => (None, None),
    };
    let Routing {
        at_ms,
        leaf,
        scope,
        author,
        place,
        tag,
        ..
    } = raw.routing;
    Ok(Record {
        position,
        at_ms,
        leaf,
        header,
        header_salt,
        content,
        content_salt,
        scope,
        author,
        place,
        tag,
    })
}

fn part(opened: Opened) -> (Option<[u8; 32]>, Part) {
    match opened {
        Some((salt, bytes)) => (Some(salt), Part::Bytes(bytes)),
        None => (None, Part::Forgotten),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Place;

    #[test]
    fn a_part_in_another_place_is_an_error_and_gives_no_plaintext() {
        let dir = tempfile::tempdir().expect("a folder");
        let keyring = Keyring::open(&Place::on_system(dir.path()), true).expect("made");
        let (channel, author) = (Id([1; 16]), Id([2; 16]));
        let sealed = |position: Position, place: (Id, u64), text: &[u8]| {
            let commitment = Commitment::of(text);
            let new = NewRecord {
                at_ms: 1_795_305_600_000,
                header: b"{\"as\":\"long as its content\"}",
                content: Some((text, &commitment)),
                scope: Scope::channel_day(channel, 1_795_305_600_000),
                author: Some(author),
                place: Some(place),
                tag: None,
            };
            let mut out = Vec::new();
            let encoded = Encoder::new().encode(&new, position, &keyring, &mut out);
            encoded.expect("sealed").1.seal(&mut out);
            out
        };
        let here = sealed(7, (channel, 1), b"the words that are looked for");
        let there = sealed(8, (channel, 2), b"other words of the same length");
        let (mine, other) = (parse(&here).expect("whole"), parse(&there).expect("whole"));
        let opens = |raw: &Raw<'_>, position| {
            let header = open_header(raw, position, &keyring).map(|part| part.is_some());
            let content = open_content(raw, position, &keyring).map(|part| part.is_some());
            (header.is_ok(), content.is_ok())
        };
        assert_eq!(opens(&mine, 7), (true, true));
        // At another position, under another channel, with another's nonce.
        assert_eq!(opens(&mine, 8), (false, false));
        let mut moved = mine;
        moved.routing.place = Some((Id([3; 16]), 1));
        assert_eq!(opens(&moved, 7), (false, false));
        let mut turned = mine;
        turned.routing.nonce = other.routing.nonce;
        assert_eq!(opens(&turned, 7), (false, false));
        // Parts of two records, and the two parts of one.
        let mut swapped = mine;
        (swapped.header, swapped.content) = (other.header, other.content);
        assert_eq!(opens(&swapped, 7), (false, false));
        (swapped.header, swapped.content) = (mine.content, mine.header);
        assert_eq!(opens(&swapped, 7), (false, false));
        // Cut at any byte, and any byte changed.
        for length in 0..mine.content.len() {
            let mut cut = mine;
            cut.content = &mine.content[..length];
            assert_eq!(opens(&cut, 7), (true, false), "cut to {length}");
            let mut flipped = mine.content.to_vec();
            flipped[length] ^= 1;
            cut.content = &flipped;
            assert_eq!(opens(&cut, 7), (true, false), "changed at {length}");
        }
        // Under another person's key.
        let mut theirs = mine;
        theirs.routing.author = Some(Id([9; 16]));
        let person = Scope::Person(Id([9; 16]));
        keyring.for_sealing(&person).expect("a key");
        assert_eq!(opens(&theirs, 7), (true, false));
    }
}
