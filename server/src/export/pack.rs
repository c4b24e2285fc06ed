//! Writes the bundle's zip straight into a sealed blob: fixed times, fixed order, no plaintext on the disk.
//!
//! A thread of its own hashes, shrinks and seals. Never holds more than a few blocks of an entry, and 100 bytes or
//! so for each entry's name and hash.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use migrations_free_store::{Blob, BlobWriter};
use sha2::{Digest, Sha256};
use zip::write::{FileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::fault::ExportError;
use super::line::hex;

pub const SUMS: &str = "SHA256SUMS";
const BLOCK_BYTES: usize = 128 * 1024;
/// Steps that wait for the packing thread.
const STEPS_AHEAD: usize = 16;
/// The quickest that shrinks at all: most of a line is hashes, and what repeats of them is found at any level.
const DEFLATE_LEVEL: i64 = 1;

/// The near end: what is put in is packed in its order. Dropped unfinished, it leaves an unfinished blob.
pub struct Pack {
    steps: Option<SyncSender<Step>>,
    packer: Option<JoinHandle<Result<Option<Packed>, ExportError>>>,
    block: Vec<u8>,
    /// Set by whoever gives the bundle up: then nothing more is taken.
    is_cancelled: Arc<AtomicBool>,
}

enum Step {
    Begin(String, CompressionMethod),
    Bytes(Vec<u8>),
    Finish,
}

/// What was packed.
pub struct Packed {
    pub blob: Blob,
    pub bytes: u64,
    pub sha256: [u8; 32],
}

impl Pack {
    /// `root` is the folder that everything stands in.
    pub fn new(
        blob: BlobWriter,
        root: String,
        is_cancelled: Arc<AtomicBool>,
    ) -> Result<Pack, ExportError> {
        let (steps, todo) = sync_channel(STEPS_AHEAD);
        let packer = std::thread::Builder::new()
            .name("export-packer".into())
            .spawn(move || Zip::new(blob, root).run(todo))?;
        Ok(Pack {
            steps: Some(steps),
            packer: Some(packer),
            block: Vec::new(),
            is_cancelled,
        })
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
        self.put(text.as_bytes())
    }

    /// Appends to the entry last begun.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        self.block.extend_from_slice(bytes);
        if self.block.len() >= BLOCK_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Lists every entry and closes the bundle. Durable when it returns.
    pub fn finish(mut self) -> Result<Packed, ExportError> {
        self.flush()?;
        self.step(Step::Finish)?;
        self.end()?.ok_or_else(stopped)
    }

    fn begin(&mut self, name: &str, method: CompressionMethod) -> Result<(), ExportError> {
        self.flush()?;
        self.step(Step::Begin(name.to_owned(), method))
    }

    fn flush(&mut self) -> Result<(), ExportError> {
        if self.block.is_empty() {
            return Ok(());
        }
        let fresh = Vec::with_capacity(self.block.capacity());
        let block = std::mem::replace(&mut self.block, fresh);
        self.step(Step::Bytes(block))
    }

    fn step(&mut self, step: Step) -> Result<(), ExportError> {
        if self.is_cancelled.load(Ordering::Relaxed) {
            return Err(ExportError::Cancelled);
        }
        let taken = self
            .steps
            .as_ref()
            .is_some_and(|steps| steps.send(step).is_ok());
        if taken {
            return Ok(());
        }
        // It takes no more because it failed: its error is the one to tell.
        self.end()?;
        Err(stopped())
    }

    /// Waits until the packing thread is done.
    fn end(&mut self) -> Result<Option<Packed>, ExportError> {
        self.steps = None;
        match self.packer.take().map(JoinHandle::join) {
            Some(Ok(packed)) => packed,
            Some(Err(_)) | None => Err(stopped()),
        }
    }
}

impl Drop for Pack {
    /// Nobody writes to the blob any more once this is gone.
    fn drop(&mut self) {
        let _ = self.end();
    }
}

fn stopped() -> ExportError {
    ExportError::Pack(io::Error::other("the packing stopped"))
}

/// The far end, on its thread.
struct Zip {
    zip: ZipWriter<StreamWriter<Sink>>,
    root: String,
    entry: Option<(String, Sha256)>,
    sums: Vec<(String, [u8; 32])>,
}

impl Zip {
    fn new(blob: BlobWriter, root: String) -> Zip {
        let sink = Sink {
            blob,
            hash: Sha256::new(),
            bytes: 0,
            failed: false,
        };
        Zip {
            zip: ZipWriter::new_stream(sink),
            root,
            entry: None,
            sums: Vec::new(),
        }
    }

    /// None: it was given up.
    fn run(mut self, todo: Receiver<Step>) -> Result<Option<Packed>, ExportError> {
        for step in todo {
            match step {
                Step::Begin(name, method) => self.begin(name, method)?,
                Step::Bytes(bytes) => self.put(&bytes)?,
                Step::Finish => return self.finish().map(Some),
            }
        }
        Ok(None)
    }

    fn begin(&mut self, name: String, method: CompressionMethod) -> Result<(), ExportError> {
        self.end();
        let deflated = method == CompressionMethod::Deflated;
        let options = FileOptions::DEFAULT
            .compression_method(method)
            .compression_level(deflated.then_some(DEFLATE_LEVEL))
            .unix_permissions(0o644)
            .large_file(deflated);
        self.zip
            .start_file(format!("{}/{name}", self.root), options)?;
        self.entry = Some((name, Sha256::new()));
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        if let Some((_, hash)) = &mut self.entry {
            hash.update(bytes);
        }
        Ok(self.zip.write_all(bytes)?)
    }

    fn end(&mut self) {
        if let Some((name, hash)) = self.entry.take() {
            self.sums.push((name, hash.finalize().into()));
        }
    }

    fn finish(mut self) -> Result<Packed, ExportError> {
        self.end();
        let mut sums = std::mem::take(&mut self.sums);
        sums.sort();
        let lines: String = sums
            .iter()
            .map(|(name, sum)| format!("{}  {name}\n", hex(sum)))
            .collect();
        self.begin(SUMS.to_owned(), CompressionMethod::Deflated)?;
        self.put(lines.as_bytes())?;
        let sink = self.zip.finish()?.into_inner();
        let (bytes, sha256) = (sink.bytes, sink.hash.finalize().into());
        Ok(Packed {
            blob: sink.blob.finish()?,
            bytes,
            sha256,
        })
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
