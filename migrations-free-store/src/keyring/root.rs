//! The root key: one file of two slots, so that a new root is on disk before the old one is zeroed.
//! It wraps keys and seals nothing else.

use zeroize::Zeroizing;

use crate::bytes::{Fields, Put};
use crate::cipher::{Cipher, Key};
use crate::error::{During, Error};
use crate::files::{self, Place};

const MAGIC: &[u8; 8] = b"DAYLROOT";
/// A slot fills a block of its own, so that zeroing one never rewrites the other.
const SLOT_BYTES: usize = 4096;
const USED_BYTES: usize = 8 + 2 + 8 + 32 + 4;

pub(super) struct Root {
    /// Which root this is, from 1: ring files carry it in their names.
    pub epoch: u64,
    key: Key,
}

impl Root {
    pub fn first() -> Root {
        Root {
            epoch: 1,
            key: Key::random(),
        }
    }

    pub fn next(&self) -> Root {
        Root {
            epoch: self.epoch + 1,
            key: Key::random(),
        }
    }

    /// The cipher that wraps slots under this root.
    pub fn wrapping(&self) -> Cipher {
        self.key
            .derive(None, &self.epoch.to_be_bytes(), b"daylight/keyring/v1")
    }

    /// The newest valid slot, or None when there is no file.
    pub fn read(path: &Place) -> Result<Option<Root>, Error> {
        let Some(bytes) = files::read(path)? else {
            return Ok(None);
        };
        let bytes = Zeroizing::new(bytes);
        if bytes.len() != 2 * SLOT_BYTES {
            return Err(Error::damaged(
                path,
                bytes.len() as u64,
                "the root file has the wrong length",
            ));
        }
        let newest = bytes
            .chunks(SLOT_BYTES)
            .filter_map(Self::parse)
            .max_by_key(|root| root.epoch);
        newest
            .map(Some)
            .ok_or_else(|| Error::damaged(path, 0, "neither slot holds a root key"))
    }

    fn parse(slot: &[u8]) -> Option<Root> {
        let mut fields = Fields(slot);
        let used = fields.take(USED_BYTES - 4)?;
        if fields.u32()? != crc32c::crc32c(used) {
            return None;
        }
        let mut fields = Fields(used);
        if fields.take(8)? != MAGIC || fields.u16()? != 1 {
            return None;
        }
        Some(Root {
            epoch: fields.u64()?,
            key: Key::from_bytes(fields.array()?),
        })
    }

    /// Makes the file, on disk when it returns. There must be none: what it held would be lost and not zeroed.
    pub fn create(&self, path: &Place) -> Result<(), Error> {
        let mut both = Zeroizing::new(vec![0; 2 * SLOT_BYTES]);
        let place = usize::from(self.place() > 0) * SLOT_BYTES;
        both.splice(place..place + SLOT_BYTES, self.encode().iter().copied());
        files::replace_durably(path, &both)
    }

    /// Writes this root into its own slot, synced; the other slot is not touched.
    pub fn write(&self, path: &Place) -> Result<(), Error> {
        let file = files::open_write(path)?;
        file.write_all_at(&self.encode(), self.place())
            .during("writing", path)?;
        file.sync_all().during("syncing", path)
    }

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut slot = Zeroizing::new(Vec::with_capacity(SLOT_BYTES));
        slot.extend_from_slice(MAGIC);
        slot.put_u16(1);
        slot.put_u64(self.epoch);
        slot.extend_from_slice(self.key.bytes());
        let crc = crc32c::crc32c(&slot);
        slot.put_u32(crc);
        slot.resize(SLOT_BYTES, 0);
        slot
    }

    /// Zeroes the slot of any other root, synced and read back.
    pub fn forget_others(&self, path: &Place) -> Result<(), Error> {
        let other = SLOT_BYTES as u64 - self.place();
        let file = files::open_write(path)?;
        let mut slot = [0; SLOT_BYTES];
        // Also when it reads as zeros: the sync of an earlier try may have failed.
        file.write_all_at(&[0; SLOT_BYTES], other)
            .during("zeroing", path)?;
        file.sync_all().during("syncing", path)?;
        file.read_exact_at(&mut slot, other)
            .during("reading", path)?;
        if slot != [0; SLOT_BYTES] {
            return Err(Error::damaged(
                path,
                other,
                "the old root could not be zeroed",
            ));
        }
        Ok(())
    }

    fn place(&self) -> u64 {
        (self.epoch % 2) * SLOT_BYTES as u64
    }
}

/// Reads a slot of any bytes.
pub(super) fn look_at(bytes: &[u8]) {
    let _root = Root::parse(bytes);
}
