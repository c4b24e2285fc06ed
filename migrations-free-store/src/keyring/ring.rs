//! The ring: files of fixed slots, each holding one wrapped key. It never moves a slot within a ring.

use std::collections::BTreeSet;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Name, Root};
use crate::bytes::{Fields, Put};
use crate::cipher::{self, Cipher, Key, NONCE_BYTES, TAG_BYTES};
use crate::disk::DiskFile;
use crate::error::{During, Error};
use crate::files::{self, Place};

const MAGIC: &[u8; 8] = b"DAYLRING";
const HEADER_BYTES: usize = 4096;
/// Four slots to a 512-byte sector: a power cut leaves a slot old or new, never torn.
const SLOT_BYTES: usize = 128;
const SLOTS_PER_SECTOR: u32 = 4;
const SLOTS_PER_FILE: u32 = 512;
const FILE_BYTES: usize = HEADER_BYTES + SLOTS_PER_FILE as usize * SLOT_BYTES;
/// Where a slot's name ends and its secret part begins.
const NAME_BYTES: usize = 24;
const LIVE: u8 = 1;
const DESTROYED: u8 = 2;

pub(super) struct Slot {
    pub name: Name,
    pub generation: u16,
    /// None once destroyed.
    pub key: Option<Key>,
}

pub(super) struct Ring {
    epoch: u64,
    files: Vec<(Place, Arc<dyn DiskFile>)>,
    slots: u32,
    unsynced: BTreeSet<usize>,
    /// A sync failed, or a destruction stopped halfway: what the disk holds is unknown until the keyring is opened anew.
    is_broken: bool,
}

impl Ring {
    /// Writes a ring for `root` that holds `slots`, on disk when it returns. An unfinished one is overwritten.
    pub fn create(dir: &Place, root: &Root, slots: &[Slot]) -> Result<Ring, Error> {
        let mut ring = Ring {
            epoch: root.epoch,
            files: Vec::new(),
            slots: 0,
            unsynced: BTreeSet::new(),
            is_broken: false,
        };
        let wrapping = root.wrapping();
        let per_file = SLOTS_PER_FILE as usize;
        for number in 0..=slots.len().saturating_sub(1) / per_file {
            let chunk = slots
                .iter()
                .enumerate()
                .skip(number * per_file)
                .take(per_file);
            let chunk: Vec<_> = chunk
                .map(|(slot, s)| s.encode(slot as u32, &wrapping, root.epoch))
                .collect();
            ring.add_file(dir, &chunk)?;
        }
        ring.slots = slots.len() as u32;
        Ok(ring)
    }

    fn add_file(&mut self, dir: &Place, slots: &[[u8; SLOT_BYTES]]) -> Result<(), Error> {
        let number = self.files.len();
        let path = ring_path(dir, self.epoch, number);
        let mut bytes = header(self.epoch, number, false);
        bytes.extend(slots.iter().flatten());
        bytes.resize(FILE_BYTES, 0);
        files::replace_durably(&path, &bytes)?;
        // The file before says that one follows, so that losing the last file is noticed.
        if let Some((last_path, last)) = self.files.last() {
            last.write_all_at(&header(self.epoch, number - 1, true), 0)
                .during("writing", last_path)?;
            last.sync_data().during("syncing", last_path)?;
        }
        let file = files::open_write(&path)?;
        self.files.push((path, file));
        Ok(())
    }

    /// Reads the ring of `root`: every used slot with its number, in order.
    pub fn open(
        dir: &Place,
        root: &Root,
        writable: bool,
    ) -> Result<(Ring, Vec<(u32, Slot)>), Error> {
        let mut ring = Ring {
            epoch: root.epoch,
            files: Vec::new(),
            slots: 0,
            unsynced: BTreeSet::new(),
            is_broken: false,
        };
        let wrapping = root.wrapping();
        let mut slots = Vec::new();
        let mut more = true;
        while more {
            let path = ring_path(dir, root.epoch, ring.files.len());
            let Some(bytes) = files::read(&path)? else {
                return Err(Error::damaged(&path, 0, "a file of the keyring is missing"));
            };
            if bytes.len() != FILE_BYTES {
                return Err(Error::damaged(
                    &path,
                    bytes.len() as u64,
                    "a file of the keyring has the wrong length",
                ));
            }
            let (head, body) = bytes.split_at(HEADER_BYTES);
            more = match ring.files.len() {
                number if head == header(root.epoch, number, true) => true,
                number if head == header(root.epoch, number, false) => false,
                _ => {
                    return Err(Error::damaged(
                        &path,
                        0,
                        "a file of the keyring has a bad header",
                    ));
                }
            };
            let file = if writable {
                files::open_write(&path)?
            } else {
                files::open_read(&path)?
            };
            ring.files.push((path, file));
            for bytes in body.chunks(SLOT_BYTES) {
                if bytes.iter().all(|byte| *byte == 0) {
                    break;
                }
                slots.push((ring.slots, ring.decode(ring.slots, bytes, &wrapping)?));
                ring.slots += 1;
            }
            let used = ring.slots as usize - (ring.files.len() - 1) * SLOTS_PER_FILE as usize;
            if body.iter().skip(used * SLOT_BYTES).any(|byte| *byte != 0)
                || (more && used < SLOTS_PER_FILE as usize)
            {
                return Err(ring.damaged(ring.slots, "an empty slot stands before a used one"));
            }
        }
        Ok((ring, slots))
    }

    fn decode(&self, number: u32, bytes: &[u8], wrapping: &Cipher) -> Result<Slot, Error> {
        let parsed =
            parse(bytes).ok_or_else(|| self.damaged(number, "a slot's checksum is wrong"))?;
        let Parsed {
            name,
            generation,
            secret,
        } = parsed;
        let Some((nonce, sealed)) = secret else {
            return Ok(Slot {
                name,
                generation,
                key: None,
            });
        };
        let context = context(&name, generation, number, self.epoch);
        let opened = wrapping
            .open_tagged(&nonce, &context, &sealed)
            .map(Zeroizing::new);
        let opened = opened.ok_or(Error::WrongKey {
            why: "the root key does not open this keyring",
        })?;
        let mut key = [0; 32];
        key.copy_from_slice(&opened);
        Ok(Slot {
            name,
            generation,
            key: Some(Key::from_bytes(key)),
        })
    }

    /// Writes the slot behind the last one. It is durable only after [`Ring::sync`].
    pub fn append(&mut self, dir: &Place, root: &Root, slot: &Slot) -> Result<u32, Error> {
        if self.is_broken {
            return Err(Error::Poisoned);
        }
        let number = self.slots;
        // What is not on disk yet lies in one sector: a power cut that kept a later one and lost this would leave a
        // hole, which nobody could tell from damage.
        if number.is_multiple_of(SLOTS_PER_SECTOR) && !self.unsynced.is_empty() {
            self.sync()?;
        }
        if number as usize == self.files.len() * SLOTS_PER_FILE as usize {
            self.add_file(dir, &[])?;
        }
        self.write(number, &slot.encode(number, &root.wrapping(), self.epoch))?;
        self.slots += 1;
        Ok(number)
    }

    /// Slots ever used.
    pub fn slots(&self) -> u32 {
        self.slots
    }

    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.files.iter().map(|(place, _)| place)
    }

    pub fn is_synced(&self) -> bool {
        self.unsynced.is_empty() && !self.is_broken
    }

    /// A sync that failed is never tried again: the next would succeed without the slots having been written.
    pub fn sync(&mut self) -> Result<(), Error> {
        if self.is_broken {
            return Err(Error::Poisoned);
        }
        self.is_broken = true;
        for number in &self.unsynced {
            if let Some((path, file)) = self.files.get(*number) {
                file.sync_data().during("syncing", path)?;
            }
        }
        self.is_broken = false;
        self.unsynced.clear();
        Ok(())
    }

    /// Puts every file on disk as it is read now.
    pub fn write_again(&self) -> Result<(), Error> {
        for (path, file) in &self.files {
            files::write_again(&**file, path, 0..FILE_BYTES as u64)?;
            file.sync_data().during("syncing", path)?;
        }
        Ok(())
    }

    /// Zeroes the secret part of each slot in place, syncs, and reads back. From then on nothing more is sealed with
    /// this ring: only with one under another root, which is to follow. Else a key made between the two, or one that
    /// is gone from the disk and still in memory, would seal what nobody could open after a restart.
    pub fn destroy(&mut self, slots: &[(u32, Slot)]) -> Result<(), Error> {
        let outcome = self.zero(slots);
        self.is_broken = true;
        outcome
    }

    fn zero(&mut self, slots: &[(u32, Slot)]) -> Result<(), Error> {
        for (number, slot) in slots {
            self.write(*number, &slot.encode_destroyed())?;
        }
        self.sync()?;
        for (number, slot) in slots {
            let (path, file, place) = self.place(*number)?;
            let mut bytes = [0; SLOT_BYTES];
            file.read_exact_at(&mut bytes, place)
                .during("reading back", path)?;
            if bytes != slot.encode_destroyed() {
                return Err(
                    self.damaged(*number, "a destroyed slot could not be read back as zeros")
                );
            }
        }
        Ok(())
    }

    fn write(&mut self, number: u32, bytes: &[u8; SLOT_BYTES]) -> Result<(), Error> {
        let (path, file, place) = self.place(number)?;
        file.write_all_at(bytes, place).during("writing", path)?;
        self.unsynced.insert((number / SLOTS_PER_FILE) as usize);
        Ok(())
    }

    fn place(&self, number: u32) -> Result<(&Place, &dyn DiskFile, u64), Error> {
        let (path, file) = self
            .files
            .get((number / SLOTS_PER_FILE) as usize)
            .ok_or(Error::NotFound)?;
        let place = HEADER_BYTES as u64 + u64::from(number % SLOTS_PER_FILE) * SLOT_BYTES as u64;
        Ok((path, &**file, place))
    }

    pub fn damaged(&self, number: u32, why: &'static str) -> Error {
        match self.place(number) {
            Ok((path, _, place)) => Error::damaged(path, place, why),
            Err(error) => error,
        }
    }

    /// Zeroes and unlinks the files of every other root's ring.
    pub fn wipe_others(dir: &Place, epoch: u64) -> Result<(), Error> {
        let mine = format!("ring-{epoch:08x}-");
        let mut wiped = false;
        for path in files::list(dir)? {
            let name = path.name();
            let unfinished = files::is_unfinished(name);
            if name.starts_with("ring-") && (unfinished || !name.starts_with(&mine)) {
                files::wipe(&path)?;
                wiped = true;
            }
        }
        if wiped { files::sync_dir(dir) } else { Ok(()) }
    }
}

impl Slot {
    fn encode(&self, number: u32, wrapping: &Cipher, epoch: u64) -> [u8; SLOT_BYTES] {
        let Some(key) = &self.key else {
            return self.encode_destroyed();
        };
        let nonce: cipher::Nonce = cipher::random();
        let mut sealed = Zeroizing::new(*key.bytes());
        let tag = wrapping.seal(
            &nonce,
            &context(&self.name, self.generation, number, epoch),
            sealed.as_mut(),
        );
        let mut bytes = self.encode_name(LIVE);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(sealed.as_ref());
        bytes.extend_from_slice(&tag);
        finish(bytes)
    }

    fn encode_destroyed(&self) -> [u8; SLOT_BYTES] {
        finish(self.encode_name(DESTROYED))
    }

    fn encode_name(&self, state: u8) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SLOT_BYTES);
        bytes.extend_from_slice(&[state, self.name.kind]);
        bytes.put_u16(self.generation);
        bytes.put_u32(self.name.number);
        bytes.extend_from_slice(&self.name.id);
        bytes
    }
}

fn finish(mut bytes: Vec<u8>) -> [u8; SLOT_BYTES] {
    bytes.resize(SLOT_BYTES - 4, 0);
    let crc = crc32c::crc32c(&bytes);
    bytes.put_u32(crc);
    let mut slot = [0; SLOT_BYTES];
    slot.copy_from_slice(&bytes);
    slot
}

struct Parsed {
    name: Name,
    generation: u16,
    secret: Option<(cipher::Nonce, [u8; 32 + TAG_BYTES])>,
}

fn parse(bytes: &[u8]) -> Option<Parsed> {
    let mut fields = Fields(bytes);
    let used = fields.take(SLOT_BYTES - 4)?;
    if fields.u32()? != crc32c::crc32c(used) {
        return None;
    }
    let mut fields = Fields(used);
    let (state, kind) = (fields.u8()?, fields.u8()?);
    let (generation, number, id) = (fields.u16()?, fields.u32()?, fields.array()?);
    debug_assert_eq!(used.len() - fields.0.len(), NAME_BYTES);
    let secret = match state {
        LIVE => Some((fields.array::<NONCE_BYTES>()?, fields.array()?)),
        DESTROYED => None,
        _ => return None,
    };
    Some(Parsed {
        name: Name { kind, id, number },
        generation,
        secret,
    })
}

/// A wrapped key opens only in its own slot of its own ring, under its own name.
fn context(name: &Name, generation: u16, number: u32, epoch: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(40);
    bytes.push(name.kind);
    bytes.put_u16(generation);
    bytes.put_u32(name.number);
    bytes.extend_from_slice(&name.id);
    bytes.put_u32(number);
    bytes.put_u64(epoch);
    bytes
}

fn header(epoch: u64, number: usize, more: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(FILE_BYTES);
    bytes.extend_from_slice(MAGIC);
    bytes.put_u16(1);
    bytes.put_u64(epoch);
    bytes.put_u32(number as u32);
    bytes.push(u8::from(more));
    let crc = crc32c::crc32c(&bytes);
    bytes.put_u32(crc);
    bytes.resize(HEADER_BYTES, 0);
    bytes
}

fn ring_path(dir: &Place, epoch: u64, number: usize) -> Place {
    dir.join(format!("ring-{epoch:08x}-{number:04}.keys"))
}

/// Reads a slot of any bytes.
pub(super) fn look_at(bytes: &[u8]) {
    if let Some(parsed) = parse(bytes) {
        let _context = context(&parsed.name, parsed.generation, 0, 1);
    }
}
