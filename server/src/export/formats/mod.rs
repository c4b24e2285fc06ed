//! The reading copies that other tools load, each written from the same stories straight into the bundle.
//!
//! Never evidence, and never read from the log: what a format cannot carry is in the lines.

mod actiance;
pub mod check;
mod concordance;
mod mail;
mod mattermost;
mod mime;
mod moment;
mod names;
mod rsmf;
mod schema;
mod slack;
mod transcript;

use std::io::{self, Read, Write};

use migrations_free_store::{Id, Store};
use sha2::{Digest, Sha256};

use super::fault::ExportError;
use super::order::Order;
use super::pack::Pack;
use super::story::{File, Slice, Stories, Story};
use crate::chat::ExportFormat;

const COPY_BYTES: usize = 64 * 1024;

/// What every format needs to know beside the stories.
pub struct Scene<'b> {
    pub store: &'b Store,
    pub order: &'b Order,
    /// The signed note.
    pub checkpoint: &'b str,
}

/// Writes what was chosen, in the order of [`ExportFormat`].
pub fn write(
    scene: &Scene<'_>,
    stories: &Stories<'_>,
    pack: &mut Pack,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), ExportError> {
    let total = scene.order.formats.len() as u64;
    let mut files = Vec::new();
    for (done, format) in (0u64..).zip(&scene.order.formats) {
        progress(done, total);
        match format {
            // Packed with the lines, and behind everything.
            ExportFormat::Jsonl | ExportFormat::Html => {}
            ExportFormat::Rsmf => files = rsmf::write(scene, stories, pack)?,
            ExportFormat::Concordance => concordance::write(scene, stories, &files, pack)?,
            ExportFormat::Eml => mail::days(scene, stories, pack)?,
            ExportFormat::Mbox => mail::messages(scene, stories, pack)?,
            ExportFormat::Mattermost => mattermost::write(scene, stories, pack)?,
            ExportFormat::Actiance => actiance::write(scene, stories, pack)?,
            ExportFormat::Slack => slack::write(scene, stories, pack)?,
        }
    }
    Ok(())
}

/// Who said something: a person, or a name that an import claims.
pub enum Author<'s> {
    Person(Id),
    Claimed(&'s str),
}

pub fn author(story: &Story) -> Author<'_> {
    match story.message() {
        Some(message) => match (&message.assigned, &message.claimed) {
            (Some(person), _) => Author::Person(*person),
            (None, Some((name, _))) => Author::Claimed(name),
            (None, None) => Author::Person(story.by),
        },
        None => Author::Person(story.by),
    }
}

impl Scene<'_> {
    /// Of a file that tells a slice, without what it ends with.
    pub fn slice_name(&self, slice: &Slice) -> String {
        let channel = names::path_part(&self.channel());
        format!("{channel}_{}_{:03}", slice.date(), slice.part)
    }

    /// An attachment's bytes, which were checked when they were packed.
    pub fn copy(&self, file: &File, out: &mut dyn Write) -> Result<(), ExportError> {
        let mut bytes = self.store.blob_read(file.id, 0..file.size)?;
        let mut buffer = vec![0; COPY_BYTES];
        loop {
            let read = bytes.read(&mut buffer)?;
            match buffer.get(..read).filter(|chunk| !chunk.is_empty()) {
                Some(chunk) => out.write_all(chunk)?,
                None => return Ok(()),
            }
        }
    }
}

/// An entry of the bundle as something to write to; it counts and hashes.
pub struct Entry<'p> {
    pack: &'p mut Pack,
    hash: Sha256,
    len: u64,
}

impl<'p> Entry<'p> {
    pub fn text(pack: &'p mut Pack, name: &str) -> Result<Entry<'p>, ExportError> {
        pack.text(name)?;
        Ok(Entry {
            pack,
            hash: Sha256::new(),
            len: 0,
        })
    }

    pub fn native(pack: &'p mut Pack, name: &str) -> Result<Entry<'p>, ExportError> {
        pack.native(name)?;
        Ok(Entry {
            pack,
            hash: Sha256::new(),
            len: 0,
        })
    }

    pub fn finish(self) -> (u64, [u8; 32]) {
        (self.len, self.hash.finalize().into())
    }
}

impl Write for Entry<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pack.put(bytes).map_err(io::Error::other)?;
        self.hash.update(bytes);
        self.len += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
