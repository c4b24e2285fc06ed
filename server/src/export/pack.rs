//! Writes the bundle's zip straight into a sealed blob: fixed times, fixed order, no plaintext on the disk.
//!
//! Never holds more than one buffer of an entry, and 100 bytes or so for each entry's name and hash.

use std::io::{self, Write};

use migrations_free_store::{Blob, BlobWriter};
use sha2::{Digest, Sha256};
use zip::write::{FileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::fault::ExportError;
use super::line::hex;

pub const SUMS: &str = "SHA256SUMS";

pub struct Pack {
    zip: ZipWriter<StreamWriter<Sink>>,
    root: String,
    entry: Option<(String, Sha256)>,
    sums: Vec<(String, [u8; 32])>,
}

/// What was packed.
pub struct Packed {
    pub blob: Blob,
    pub bytes: u64,
    pub sha256: [u8; 32],
}

impl Pack {
    /// `root` is the folder that everything stands in.
    pub fn new(blob: BlobWriter, root: String) -> Pack {
        let sink = Sink {
            blob,
            hash: Sha256::new(),
            bytes: 0,
            failed: false,
        };
        Pack {
            zip: ZipWriter::new_stream(sink),
            root,
            entry: None,
            sums: Vec::new(),
        }
    }

    /// Begins an entry of text, which is deflated and may grow past 4 GiB.
    pub fn text(&mut self, name: &str) -> Result<(), ExportError> {
        self.begin(name, CompressionMethod::Deflated)
    }

    /// Begins an entry that is kept as it is: photos and recordings do not shrink twice.
    pub fn native(&mut self, name: &str) -> Result<(), ExportError> {
        self.begin(name, CompressionMethod::Stored)
    }

    pub fn whole_text(&mut self, name: &str, text: &str) -> Result<(), ExportError> {
        self.text(name)?;
        Ok(self.write_all(text.as_bytes())?)
    }

    /// Lists every entry and closes the bundle. Durable when it returns.
    pub fn finish(mut self) -> Result<Packed, ExportError> {
        self.end();
        let mut sums = std::mem::take(&mut self.sums);
        sums.sort();
        self.text(SUMS)?;
        for (name, sum) in sums {
            writeln!(self, "{}  {name}", hex(&sum))?;
        }
        let sink = self.zip.finish()?.into_inner();
        let (bytes, sha256) = (sink.bytes, sink.hash.finalize().into());
        Ok(Packed {
            blob: sink.blob.finish()?,
            bytes,
            sha256,
        })
    }

    fn begin(&mut self, name: &str, method: CompressionMethod) -> Result<(), ExportError> {
        self.end();
        let options = FileOptions::DEFAULT
            .compression_method(method)
            .unix_permissions(0o644)
            .large_file(method == CompressionMethod::Deflated);
        self.zip
            .start_file(format!("{}/{name}", self.root), options)?;
        self.entry = Some((name.to_owned(), Sha256::new()));
        Ok(())
    }

    fn end(&mut self) {
        if let Some((name, hash)) = self.entry.take() {
            self.sums.push((name, hash.finalize().into()));
        }
    }
}

impl Write for Pack {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.zip.write(bytes)?;
        if let Some((_, hash)) = &mut self.entry {
            hash.update(bytes.get(..written).unwrap_or_default());
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Sink {
    blob: BlobWriter,
    hash: Sha256,
    bytes: u64,
    failed: bool,
}

impl Write for Sink {
    /// After a failure everything is swallowed: the zip writer closes itself when it is dropped.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.failed {
            self.blob.write(bytes).map_err(|error| {
                self.failed = true;
                io::Error::other(error)
            })?;
            self.hash.update(bytes);
            self.bytes += bytes.len() as u64;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
