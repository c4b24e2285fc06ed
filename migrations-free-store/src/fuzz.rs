//! Decoders as they meet bytes from a disk or a stranger, for tests that give them any bytes at all. Each must come
//! back, whatever it is given; none writes anything. No part of what the crate promises.

use std::io::{self, ErrorKind};

use crate::disk::DiskFile;
use crate::files::Place;
use crate::journal;
use crate::merkle;
use crate::verify::Hash;
use crate::{blobs, checkpoint, keyring, record};

/// What is decoded here, each by its name.
pub const TARGETS: &[(&str, fn(&[u8]))] = &[
    ("record", record),
    ("segment", segment),
    ("note", note),
    ("proof", proof),
    ("slot", slot),
    ("file", file),
];

/// A record, as it is and with its length and checksum made right, so that what is inside is met too.
pub fn record(bytes: &[u8]) {
    look_at_record(bytes);
    let mut right = bytes.to_vec();
    let length = (right.len() as u32).to_be_bytes();
    if let Some(field) = right.first_chunk_mut() {
        *field = length;
    }
    checked(&mut right);
    look_at_record(&right);
}

fn look_at_record(bytes: &[u8]) {
    let _length = record::length_of(bytes);
    if let Some(raw) = record::parse(bytes) {
        assert!(raw.header.len() + raw.content.len() <= bytes.len());
        let _sizes = (raw.header_bytes(), raw.content_bytes());
    }
}

/// A segment file: recovered, walked, and looked up by its index, as it is and with the index's checksum made right.
pub fn segment(bytes: &[u8]) {
    look_at_segment(bytes);
    let mut right = bytes.to_vec();
    checked(&mut right);
    look_at_segment(&right);
}

fn look_at_segment(bytes: &[u8]) {
    // The file's name says its first position; here the bytes do.
    let first = bytes.get(8..).and_then(<[u8]>::first_chunk);
    let first = first.map_or(0, |first| u64::from_be_bytes(*first));
    if first >= journal::FIRST_MAX {
        return;
    }
    journal::look_at(bytes, &Bytes(bytes), &nowhere(), first);
    let _walked = journal::walk_bytes(bytes, &Bytes(bytes), &nowhere(), first, &mut |_, raw| {
        assert!(raw.header.len() <= bytes.len());
        Ok::<(), ()>(())
    });
}

/// A checkpoint's note.
pub fn note(bytes: &[u8]) {
    const KEY: &str =
        "chat.example.com/daylight+144bf288+AUiLfvXfeT97bym45OW63toIptRuG2F9gIHsK9/cGZuT";
    let text = String::from_utf8_lossy(bytes);
    let _claimed = checkpoint::peek(&text);
    let _opened = checkpoint::open(&text, KEY);
    // A stranger's key may be anything too.
    let (key, note) = text.split_once('\n').unwrap_or((&text, ""));
    let _opened = checkpoint::open(note, key);
}

/// Proofs of inclusion and of consistency: three numbers, two roots, and steps.
pub fn proof(bytes: &[u8]) {
    let mut fields = crate::bytes::Fields(bytes);
    let (Some(position), Some(old), Some(size)) = (fields.u64(), fields.u64(), fields.u64()) else {
        return;
    };
    let hashes: &[Hash] = fields.0.as_chunks().0;
    if let [leaf, root, steps @ ..] = hashes {
        let _held = merkle::includes(leaf, position, size, root, steps);
        let _held = merkle::is_consistent(old, leaf, size, root, steps);
    }
}

/// A slot of the keyring or of the root file, as it is and with its checksum made right.
pub fn slot(bytes: &[u8]) {
    keyring::look_at(bytes);
    let mut right = bytes.to_vec();
    checked(&mut right);
    keyring::look_at(&right);
}

/// The clear part of a file people share.
pub fn file(bytes: &[u8]) {
    blobs::look_at(bytes);
}

/// Makes the checksum in the last four bytes right.
fn checked(bytes: &mut [u8]) {
    if let Some((used, crc)) = bytes.split_last_chunk_mut::<4>() {
        *crc = crc32c::crc32c(used).to_be_bytes();
    }
}

fn nowhere() -> Place {
    Place::on_system("any bytes")
}

/// Bytes that read like a file.
struct Bytes<'a>(&'a [u8]);

impl DiskFile for Bytes<'_> {
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        let from = usize::try_from(at).ok().and_then(|at| self.0.get(at..));
        let from = from.unwrap_or_default();
        let count = from.len().min(bytes.len());
        for (to, from) in bytes.iter_mut().zip(from) {
            *to = *from;
        }
        Ok(count)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn write_all_at(&self, _: &[u8], _: u64) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    fn sync_data(&self) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    fn sync_all(&self) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    fn set_length(&self, _: u64) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    fn allocate(&self, _: u64) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }
}
