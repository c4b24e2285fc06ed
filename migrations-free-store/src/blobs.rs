//! Files people share, sealed in chunks under their message's scope. It knows no names and no types of files.

mod checking;
mod sealed;

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::cipher;
use crate::error::{During, Error};
use crate::files::{self, Place};
use crate::id::Id;
use crate::keyring::Keyring;
use crate::record::Commitment;
use crate::scope::Scope;
use crate::store::Store;
pub use checking::BlobsFound;
use sealed::{CHUNK_BYTES, Header, SealedFile};

/// Largest blob, in bytes.
const BLOB_BYTES_MAX: u64 = 16 << 30;
/// The folder of markers.
const IN: &str = "in";

/// A finished blob. `commitment.hash` = SHA-256("daylight/blob/v1" || salt || bytes || u64be(length)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    pub id: Id,
    pub len: u64,
    pub commitment: Commitment,
}

/// The folder of blobs: `<last two characters>/<id>`, `.part` behind it until finished; and for each scope
/// `in/<scope>/<id>`, an empty file that says which blobs die with it.
pub(crate) struct Blobs {
    dir: Place,
    keyring: Arc<Keyring>,
}

impl Store {
    /// A new blob, sealed under the scope and the author's key (but under the scope's alone when that is a
    /// person or a matter).
    pub fn blob_writer(&self, scope: Scope, author: Id) -> Result<BlobWriter, Error> {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        let id = Id::new(now.as_millis() as u64);
        BlobWriter::create(&self.inner.blobs, id, scope, author, cipher::random())
    }

    /// Goes on with a blob that was suspended, or cut short by a crash. [`BlobWriter::len`] tells how many bytes
    /// it has: the caller goes on from there.
    pub fn blob_resume(&self, id: Id) -> Result<BlobWriter, Error> {
        BlobWriter::resume(&self.inner.blobs, id)
    }

    /// Reads a range of a finished blob; a range beyond its end is cut to it.
    pub fn blob_read(&self, id: Id, range: Range<u64>) -> Result<BlobReader, Error> {
        BlobReader::open(&self.inner.blobs, id, range)
    }

    /// Seals the blob anew under the scope's newest key, as if it had been written there. Its id and its commitment
    /// stay the same.
    pub fn blob_reseal(&self, id: Id, scope: Scope) -> Result<(), Error> {
        self.inner.blobs.reseal(id, scope)
    }

    /// Unlinks the blob, finished or not; one that is not there is as good as unlinked.
    pub fn blob_delete(&self, id: Id) -> Result<(), Error> {
        self.inner.blobs.delete(id).map(|_| ())
    }

    /// The blobs that die with the scope's key, finished or not.
    pub fn blobs_in(&self, scope: Scope) -> Result<Vec<Id>, Error> {
        self.inner.blobs.list(&scope)
    }
}

impl Blobs {
    pub fn new(dir: &Place, keyring: Arc<Keyring>) -> Result<Blobs, Error> {
        files::make_dir(dir)?;
        files::make_dir(&dir.join("in"))?;
        Ok(Blobs {
            dir: dir.clone(),
            keyring,
        })
    }

    fn path(&self, id: Id) -> Place {
        let name = id.to_string();
        self.dir.join(name.get(24..).unwrap_or_default()).join(name)
    }

    fn part_path(&self, id: Id) -> Place {
        self.path(id).with_extension("part")
    }

    fn marker(&self, scope: &Scope, id: Id) -> Place {
        self.dir
            .join(IN)
            .join(scope.file_name())
            .join(id.to_string())
    }

    fn mark(&self, header: &Header) -> Result<(), Error> {
        for scope in header.scopes() {
            let marker = self.marker(&scope, header.id);
            let dir = marker.parent();
            files::make_dir(&dir)?;
            files::create(&marker)?;
            files::sync_dir(&dir)?;
        }
        Ok(())
    }

    fn reseal(&self, id: Id, scope: Scope) -> Result<(), Error> {
        let mut reader = BlobReader::open(self, id, 0..u64::MAX)?;
        let old = reader.sealed.header;
        let generation = self.keyring.for_sealing(&scope)?.0;
        if (old.scope, old.generation, old.author_seals)
            == (scope, generation, scope.mixes_author())
        {
            return Ok(());
        }
        let salt = reader.blob.commitment.salt;
        let mut writer = BlobWriter::create(self, id, scope, old.author, salt)?;
        let mut chunk = Zeroizing::new(vec![0; CHUNK_BYTES]);
        loop {
            let count = reader.read(&mut chunk).during("reading", self.path(id))?;
            if count == 0 {
                break;
            }
            writer.write(chunk.get(..count).unwrap_or_default())?;
        }
        let header = writer.sealed.header;
        let blob = writer.finish()?;
        if blob != reader.blob {
            return Err(Error::damaged(
                self.path(id),
                0,
                "the blob resealed is not the blob that was read",
            ));
        }
        for scope in old
            .scopes()
            .filter(|scope| header.scopes().all(|kept| kept != *scope))
        {
            files::remove(&self.marker(&scope, id))?;
        }
        Ok(())
    }

    /// True when there was something to unlink.
    fn delete(&self, id: Id) -> Result<bool, Error> {
        let mut removed = false;
        for path in [self.path(id), self.part_path(id)] {
            if let Some(header) = sealed::read_header(&path)? {
                for scope in header.scopes() {
                    files::remove(&self.marker(&scope, id))?;
                }
            }
            removed |= files::remove(&path)?;
        }
        Ok(removed)
    }

    fn list(&self, scope: &Scope) -> Result<Vec<Id>, Error> {
        let markers = files::list(&self.dir.join(IN).join(scope.file_name()))?;
        let mut ids = Vec::new();
        for id in markers
            .iter()
            .filter_map(|path| path.name().parse::<Id>().ok())
        {
            // A crash may leave the marker of a scope that the blob was resealed away from: the file decides.
            for path in [self.path(id), self.part_path(id)] {
                if sealed::read_header(&path)?
                    .is_some_and(|header| header.scopes().any(|found| found == *scope))
                {
                    ids.push(id);
                    break;
                }
            }
        }
        Ok(ids)
    }

    /// How many blobs the scope has, and their bytes as they lie on disk.
    pub fn totals(&self, scope: &Scope) -> Result<(u64, u64), Error> {
        let ids = self.list(scope)?;
        let size = |path: Place| path.length().unwrap_or(0);
        let bytes = ids
            .iter()
            .map(|id| size(self.path(*id)) + size(self.part_path(*id)))
            .sum();
        Ok((ids.len() as u64, bytes))
    }

    /// Marks every finished blob of which only the file was restored, and unlinks those whose key is destroyed.
    pub fn settle(&self) -> Result<u64, Error> {
        let mut removed = 0;
        for dir in files::list(&self.dir)? {
            if dir.name() == IN {
                continue;
            }
            for path in files::list(&dir)? {
                let Some(header) = sealed::read_header(&path)? else {
                    return Err(Error::damaged(&path, 0, "a blob's header cannot be read"));
                };
                match header.is_forgotten(&self.keyring) {
                    true => removed += u64::from(files::remove(&path)?),
                    false => self.mark(&header)?,
                }
            }
            files::sync_dir(&dir)?;
        }
        Ok(removed)
    }

    /// Unlinks every blob of the scope.
    pub fn remove_all(&self, scope: &Scope) -> Result<u64, Error> {
        let mut removed = 0;
        for id in self.list(scope)? {
            removed += u64::from(self.delete(id)?);
        }
        let dir = self.dir.join(IN).join(scope.file_name());
        for stale in files::list(&dir)? {
            files::remove(&stale)?;
        }
        files::remove_empty_dir(&dir);
        Ok(removed)
    }
}

/// Reads a header of any bytes; for tests of what damage may do.
pub(crate) fn look_at(bytes: &[u8]) {
    if let Some(header) = Header::parse(bytes) {
        let _scopes = header.scopes().count();
    }
}

/// Takes a blob's bytes. Dropped without [`BlobWriter::finish`] or [`BlobWriter::suspend`], it keeps the whole
/// chunks it was given, and can be resumed from there.
pub struct BlobWriter {
    sealed: SealedFile,
    final_path: Place,
    markers: Vec<Place>,
    keyring: Arc<Keyring>,
    salt: [u8; 32],
    hasher: Sha256,
    /// Bytes of the chunk that is not whole yet.
    pending: Zeroizing<Vec<u8>>,
    chunks: u64,
}

impl BlobWriter {
    fn create(
        blobs: &Blobs,
        id: Id,
        scope: Scope,
        author: Id,
        salt: [u8; 32],
    ) -> Result<BlobWriter, Error> {
        let final_path = blobs.path(id);
        let (generation, _) = blobs.keyring.for_sealing(&scope)?;
        let author_seals = scope.mixes_author();
        if author_seals {
            blobs.keyring.for_sealing(&Scope::Person(author))?;
        }
        blobs.keyring.sync()?;
        let header = Header {
            id,
            scope,
            generation,
            author,
            author_seals,
        };
        files::make_dir(&final_path.parent())?;
        blobs.mark(&header)?;
        let sealed = SealedFile::create(&blobs.part_path(id), header, &salt, &blobs.keyring)?;
        Ok(Self::begin(blobs, sealed, salt))
    }

    fn begin(blobs: &Blobs, sealed: SealedFile, salt: [u8; 32]) -> BlobWriter {
        let header = sealed.header;
        BlobWriter {
            final_path: blobs.path(header.id),
            markers: header
                .scopes()
                .map(|scope| blobs.marker(&scope, header.id))
                .collect(),
            keyring: blobs.keyring.clone(),
            salt,
            hasher: Sha256::new()
                .chain_update(b"daylight/blob/v1")
                .chain_update(salt),
            pending: Zeroizing::new(Vec::with_capacity(CHUNK_BYTES)),
            chunks: 0,
            sealed,
        }
    }

    fn resume(blobs: &Blobs, id: Id) -> Result<BlobWriter, Error> {
        let (sealed, salt) = SealedFile::open(&blobs.part_path(id), true, &blobs.keyring)?;
        let (whole, rest) = SealedFile::split(sealed.body_bytes()?);
        let mut writer = Self::begin(blobs, sealed, salt);
        while writer.chunks < whole {
            // A crash may have torn the last chunk: the caller sends it again.
            let Ok(chunk) = writer.sealed.read_chunk(writer.chunks, CHUNK_BYTES) else {
                break;
            };
            writer.hasher.update(&*chunk);
            writer.chunks += 1;
        }
        if writer.chunks == whole
            && rest > 0
            && let Ok(chunk) = writer.sealed.read_chunk(whole, rest)
        {
            writer.pending.extend_from_slice(&chunk);
        }
        writer.sealed.cut_to_chunks(writer.chunks)?;
        writer.sealed.write_again()?;
        Ok(writer)
    }

    pub fn id(&self) -> Id {
        self.sealed.header.id
    }

    /// Bytes taken so far.
    pub fn len(&self) -> u64 {
        self.chunks * CHUNK_BYTES as u64 + self.pending.len() as u64
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        if self.len() + bytes.len() as u64 > BLOB_BYTES_MAX {
            return Err(Error::TooLarge {
                what: "a blob",
                limit: BLOB_BYTES_MAX,
            });
        }
        while !bytes.is_empty() {
            let room = CHUNK_BYTES - self.pending.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.pending.extend_from_slice(now);
            bytes = later;
            if self.pending.len() == CHUNK_BYTES {
                self.hasher.update(&*self.pending);
                self.sealed.write_chunk(self.chunks, &self.pending)?;
                self.pending.zeroize();
                self.chunks += 1;
            }
        }
        Ok(())
    }

    /// Puts every byte taken so far on disk, to go on later with [`Store::blob_resume`].
    pub fn suspend(self) -> Result<(), Error> {
        if !self.pending.is_empty() {
            self.sealed.write_chunk(self.chunks, &self.pending)?;
        }
        self.sealed.sync()?;
        files::sync_dir(&self.final_path.parent())
    }

    /// Durable when it returns. `Forgotten` when the scope was destroyed meanwhile.
    pub fn finish(mut self) -> Result<Blob, Error> {
        let len = self.len();
        if !self.pending.is_empty() {
            self.hasher.update(&*self.pending);
            self.sealed.write_chunk(self.chunks, &self.pending)?;
        }
        let hash = self
            .hasher
            .clone()
            .chain_update(len.to_be_bytes())
            .finalize()
            .into();
        self.sealed.write_trailer(len, &hash)?;
        self.sealed.sync()?;
        if self
            .sealed
            .header
            .scopes()
            .any(|scope| !self.keyring.is_alive(&scope))
        {
            files::remove(&self.sealed.path)?;
            for marker in &self.markers {
                files::remove(marker)?;
            }
            return Err(Error::Forgotten);
        }
        files::rename(&self.sealed.path, &self.final_path)?;
        files::sync_dir(&self.final_path.parent())?;
        Ok(Blob {
            id: self.id(),
            len,
            commitment: Commitment {
                salt: self.salt,
                hash,
            },
        })
    }
}

/// Reads a range of a blob; each chunk is checked before any byte of it is given out.
pub struct BlobReader {
    sealed: SealedFile,
    blob: Blob,
    range: Range<u64>,
    chunk: Zeroizing<Vec<u8>>,
    /// Which chunk is in `chunk`.
    held: Option<u64>,
}

impl BlobReader {
    fn open(blobs: &Blobs, id: Id, range: Range<u64>) -> Result<BlobReader, Error> {
        let (sealed, salt) = SealedFile::open(&blobs.path(id), false, &blobs.keyring)?;
        let (len, hash) = sealed.read_trailer()?;
        let blob = Blob {
            id,
            len,
            commitment: Commitment { salt, hash },
        };
        let range = range.start.min(len)..range.end.min(len);
        Ok(BlobReader {
            sealed,
            blob,
            range,
            chunk: Zeroizing::default(),
            held: None,
        })
    }

    /// The whole blob, of which this may read a part.
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// Bytes of the whole blob.
    pub fn blob_len(&self) -> u64 {
        self.blob.len
    }

    pub fn commitment(&self) -> Commitment {
        self.blob.commitment.clone()
    }
}

impl Read for BlobReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.range.is_empty() || out.is_empty() {
            return Ok(0);
        }
        let wanted = self.range.start / CHUNK_BYTES as u64;
        if self.held != Some(wanted) {
            let length =
                (self.blob.len - wanted * CHUNK_BYTES as u64).min(CHUNK_BYTES as u64) as usize;
            self.chunk = self
                .sealed
                .read_chunk(wanted, length)
                .map_err(io::Error::other)?;
            self.held = Some(wanted);
        }
        let start = (self.range.start % CHUNK_BYTES as u64) as usize;
        let left = usize::try_from(self.range.end - self.range.start).unwrap_or(usize::MAX);
        let bytes = self.chunk.get(start..).unwrap_or_default();
        let count = bytes.len().min(left).min(out.len());
        for (to, from) in out.iter_mut().zip(bytes.iter().take(count)) {
            *to = *from;
        }
        self.range.start += count as u64;
        Ok(count)
    }
}
