//! The file of one blob: header, chunks, trailer, each sealed and bound to its place.

use std::io::ErrorKind;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::bytes::{Fields, Put};
use crate::cipher::{self, AES_256_GCM, Cipher, NONCE_BYTES, Nonce, TAG_BYTES};
use crate::disk::DiskFile;
use crate::error::{During, Error};
use crate::files::{self, Place};
use crate::id::Id;
use crate::keyring::{Found, Keyring};
use crate::scope::Scope;

/// Bytes of a whole chunk before sealing.
pub(super) const CHUNK_BYTES: usize = 64 << 10;
const BESIDE_BYTES: usize = NONCE_BYTES + TAG_BYTES;
const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + BESIDE_BYTES;
const MAGIC: &[u8; 8] = b"DAYLBLB1";
const CLEAR_BYTES: usize = 8 + 1 + 1 + 2 + 1 + 1 + 4 + 16 + 16 + 16;
const HEADER_BYTES: usize = CLEAR_BYTES + BESIDE_BYTES + 32;
const TRAILER_BYTES: usize = BESIDE_BYTES + 8 + 32;

/// What stands in clear: opaque ids alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub id: Id,
    pub scope: Scope,
    pub generation: u16,
    pub author: Id,
    /// The author's key is mixed in.
    pub author_seals: bool,
}

impl Header {
    /// The scopes with which the blob dies.
    pub fn scopes(&self) -> impl Iterator<Item = Scope> + use<> {
        let author = self.author_seals.then_some(Scope::Person(self.author));
        [self.scope].into_iter().chain(author)
    }

    fn encode(&self) -> Vec<u8> {
        let (kind, scope, number) = self.scope.to_parts();
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[1, AES_256_GCM]);
        bytes.put_u16(self.generation);
        bytes.extend_from_slice(&[u8::from(self.author_seals), kind]);
        bytes.put_u32(number);
        bytes.extend_from_slice(&scope.0);
        bytes.extend_from_slice(&self.author.0);
        bytes.extend_from_slice(&self.id.0);
        bytes
    }

    pub fn parse(bytes: &[u8]) -> Option<Header> {
        let mut fields = Fields(bytes);
        if fields.take(8)? != MAGIC || fields.u8()? != 1 || fields.u8()? != AES_256_GCM {
            return None;
        }
        let (generation, author_seals, kind) = (fields.u16()?, fields.u8()? == 1, fields.u8()?);
        let (number, scope) = (fields.u32()?, Id(fields.array()?));
        let scope = Scope::from_parts(kind, scope, number)?;
        Some(Header {
            generation,
            author_seals,
            scope,
            author: Id(fields.array()?),
            id: Id(fields.array()?),
        })
    }

    /// True when a key that it needs is destroyed.
    pub fn is_forgotten(&self, keyring: &Keyring) -> bool {
        matches!(self.cipher(keyring), Err(Error::Forgotten))
    }

    fn cipher(&self, keyring: &Keyring) -> Result<Cipher, Error> {
        let living = |scope: &Scope, generation| match keyring.find(scope, generation) {
            Found::Live(key) => Ok(key),
            Found::Destroyed => Err(Error::Forgotten),
            Found::Missing => Err(Error::WrongKey {
                why: "the keyring has no slot for a blob",
            }),
        };
        let key = living(&self.scope, self.generation)?;
        let person = match self.author_seals {
            true => Some(living(&Scope::Person(self.author), 0)?),
            false => None,
        };
        Ok(key.derive(person.as_deref(), &self.id.0, b"daylight/blob/v1"))
    }
}

/// The header of a blob's file; None when there is no file, or none that says what it is.
pub(super) fn read_header(path: &Place) -> Result<Option<Header>, Error> {
    let Some(file) = files::open_if_there(path)? else {
        return Ok(None);
    };
    let mut bytes = [0; CLEAR_BYTES];
    match file.read_exact_at(&mut bytes, 0) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        result => result
            .during("reading", path)
            .map(|()| Header::parse(&bytes)),
    }
}

pub(super) struct SealedFile {
    pub path: Place,
    pub header: Header,
    file: Arc<dyn DiskFile>,
    cipher: Cipher,
}

/// Places that are not a chunk's number, as associated data has them.
const SALT: u64 = u64::MAX;
const TRAILER: u64 = u64::MAX - 1;

impl SealedFile {
    pub fn create(
        path: &Place,
        header: Header,
        salt: &[u8; 32],
        keyring: &Keyring,
    ) -> Result<SealedFile, Error> {
        let cipher = header.cipher(keyring)?;
        let file = files::create(path)?;
        let sealed = SealedFile {
            path: path.clone(),
            header,
            file,
            cipher,
        };
        sealed.write_at(&header.encode(), 0)?;
        sealed.write_sealed(salt, SALT, CLEAR_BYTES as u64)?;
        Ok(sealed)
    }

    /// Opens a blob's file, with the salt of its commitment.
    pub fn open(
        path: &Place,
        writable: bool,
        keyring: &Keyring,
    ) -> Result<(SealedFile, [u8; 32]), Error> {
        let Some(header) = read_header(path)? else {
            let damaged = Error::damaged(path, 0, "a blob's header cannot be read");
            return Err(if path.exists() {
                damaged
            } else {
                Error::NotFound
            });
        };
        let cipher = header.cipher(keyring)?;
        let file = if writable {
            files::open_write(path)?
        } else {
            files::open_read(path)?
        };
        let sealed = SealedFile {
            path: path.clone(),
            header,
            file,
            cipher,
        };
        let salt = sealed.read_sealed(32, SALT, CLEAR_BYTES as u64)?;
        let salt = salt.first_chunk::<32>().copied().unwrap_or_default();
        Ok((sealed, salt))
    }

    /// Bytes behind the header.
    pub fn body_bytes(&self) -> Result<u64, Error> {
        let length = self.file.length().during("measuring", &self.path)?;
        Ok(length.saturating_sub(HEADER_BYTES as u64))
    }

    /// How many whole chunks so many bytes hold, and how many plain bytes the broken one behind them.
    pub fn split(body_bytes: u64) -> (u64, usize) {
        let (whole, rest) = (
            body_bytes / SEALED_CHUNK_BYTES as u64,
            body_bytes % SEALED_CHUNK_BYTES as u64,
        );
        (whole, (rest as usize).saturating_sub(BESIDE_BYTES))
    }

    pub fn write_chunk(&self, number: u64, bytes: &[u8]) -> Result<(), Error> {
        self.write_sealed(bytes, number, place_of(number))
    }

    /// A chunk of `length` plain bytes.
    pub fn read_chunk(&self, number: u64, length: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.read_sealed(length, number, place_of(number))
    }

    pub fn cut_to_chunks(&self, chunks: u64) -> Result<(), Error> {
        self.file
            .set_length(place_of(chunks))
            .during("cutting", &self.path)
    }

    /// Writes what is there once more: a sync of it may have failed, and then what is read is not on disk, and no
    /// later sync puts it there.
    pub fn write_again(&self) -> Result<(), Error> {
        let end = HEADER_BYTES as u64 + self.body_bytes()?;
        files::write_again(&*self.file, &self.path, 0..end)
    }

    /// Ends the blob: its length and hash.
    pub fn write_trailer(&self, len: u64, hash: &[u8; 32]) -> Result<(), Error> {
        let mut bytes = len.to_be_bytes().to_vec();
        bytes.extend_from_slice(hash);
        self.write_sealed(&bytes, TRAILER, HEADER_BYTES as u64 + self.body_bytes()?)
    }

    pub fn read_trailer(&self) -> Result<(u64, [u8; 32]), Error> {
        let damaged = || Error::damaged(&self.path, 0, "a blob is cut short");
        let body = self
            .body_bytes()?
            .checked_sub(TRAILER_BYTES as u64)
            .ok_or_else(damaged)?;
        let bytes = self.read_sealed(40, TRAILER, HEADER_BYTES as u64 + body)?;
        let mut fields = Fields(&bytes);
        let (Some(len), Some(hash)) = (fields.u64(), fields.array()) else {
            return Err(damaged());
        };
        let (whole, rest) = Self::split(body);
        if whole * CHUNK_BYTES as u64 + rest as u64 != len {
            return Err(damaged());
        }
        Ok((len, hash))
    }

    pub fn sync(&self) -> Result<(), Error> {
        self.file.sync_all().during("syncing", &self.path)
    }

    fn context(&self, place: u64) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..16].copy_from_slice(&self.header.id.0);
        bytes[16..].copy_from_slice(&place.to_be_bytes());
        bytes
    }

    fn write_sealed(&self, bytes: &[u8], place: u64, at: u64) -> Result<(), Error> {
        // A chunk may be written twice, suspended and then whole, so each writing has a nonce of its own.
        let nonce: Nonce = cipher::random();
        let mut sealed = Vec::with_capacity(bytes.len() + BESIDE_BYTES);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(bytes);
        let plain = sealed.get_mut(NONCE_BYTES..).unwrap_or_default();
        let tag = self.cipher.seal(&nonce, &self.context(place), plain);
        sealed.extend_from_slice(&tag);
        self.write_at(&sealed, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> Result<(), Error> {
        self.file
            .write_all_at(bytes, at)
            .during("writing", &self.path)
    }

    fn read_sealed(&self, length: usize, place: u64, at: u64) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut sealed = vec![0; length + BESIDE_BYTES];
        self.file
            .read_exact_at(&mut sealed, at)
            .during("reading", &self.path)?;
        let opened = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .and_then(|(nonce, sealed)| {
                self.cipher.open_tagged(nonce, &self.context(place), sealed)
            });
        opened
            .map(Zeroizing::new)
            .ok_or_else(|| Error::damaged(&self.path, at, "a sealed chunk does not open"))
    }
}

fn place_of(chunk: u64) -> u64 {
    HEADER_BYTES as u64 + chunk * SEALED_CHUNK_BYTES as u64
}
