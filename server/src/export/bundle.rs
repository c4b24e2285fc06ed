//! Builds a bundle: reads the range from the log and streams it, with its proofs, into a sealed blob.
//!
//! Never holds the range in memory, and never writes plaintext to the disk. The same order at the same
//! checkpoint gives the same bytes, as long as nothing of it was destroyed in between.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use migrations_free_store::{Error, Id, Scope, SignedCheckpoint, Store};
use sha2::{Digest, Sha256};

pub use super::fault::ExportError;
use super::line::{B64, Line, decoded, iso, native_path};
use super::manifest::{Channel, FORMAT, Log, Manifest, Ordered, Range, Rule};
use super::order::Order;
use super::pack::{Pack, Packed};
use super::report;
use super::select::{Found, Picked, find, walk};
use super::told::Told;
use crate::chat::event::{FileFact, Hash};

const COPY_BYTES: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Reading,
    Proofs,
    Files,
    Packing,
}

impl Phase {
    pub fn name(self) -> &'static str {
        match self {
            Phase::Reading => "reading",
            Phase::Proofs => "proofs",
            Phase::Files => "files",
            Phase::Packing => "packing",
        }
    }
}

/// A bundle that is durable in the store, under the export's own key.
#[derive(Clone, Debug)]
pub struct Built {
    pub blob: Id,
    pub events: u64,
    pub bytes: u64,
    pub sha256: Hash,
}

/// Builds the bundle of `order` in `store` and says how far it is: phase, done, total.
pub fn build(
    store: &Store,
    order: &Order,
    progress: &mut dyn FnMut(Phase, u64, u64),
) -> Result<Built, ExportError> {
    let checkpoint = store.checkpoint();
    if checkpoint.size < order.frozen {
        return Err(ExportError::Unsigned {
            frozen: order.frozen,
            signed: checkpoint.size,
        });
    }
    let found = find(store, order, &mut |done, total| {
        progress(Phase::Reading, done, total);
    })?;
    let blob = store.blob_writer(Scope::Matter(order.export), order.requester)?;
    let id = blob.id();
    let pack = Pack::new(blob, format!("export-{}", order.export));
    let build = Build {
        store,
        order,
        checkpoint,
        found,
        pack,
        told: Told::default(),
    };
    match build.run(progress) {
        Ok((packed, events)) => Ok(Built {
            blob: packed.blob.id,
            events,
            bytes: packed.bytes,
            sha256: Hash(packed.sha256),
        }),
        Err(error) => {
            // What was written of it helps nobody; should this fail too, the first error is the one to tell.
            let _ = store.blob_delete(id);
            Err(error)
        }
    }
}

struct Build<'b> {
    store: &'b Store,
    order: &'b Order,
    checkpoint: SignedCheckpoint,
    found: Found,
    pack: Pack,
    told: Told,
}

impl Build<'_> {
    fn run(
        mut self,
        progress: &mut dyn FnMut(Phase, u64, u64),
    ) -> Result<(Packed, u64), ExportError> {
        self.lines(&mut |done, total| progress(Phase::Proofs, done, total))?;
        if !(self.told.requested && self.told.approved) {
            return Err(ExportError::NotOrdered);
        }
        self.natives(&mut |done, total| progress(Phase::Files, done, total))?;
        let manifest = self.manifest()?;
        self.people()?;
        self.pack
            .whole_text("proofs/README", include_str!("proofs.txt"))?;
        self.pack
            .whole_text("proofs/checkpoint", &self.checkpoint.note)?;
        self.report(&manifest, &mut |done, total| {
            progress(Phase::Packing, done, total);
        })?;
        self.pack
            .whole_text("verify.py", include_str!("verify.py"))?;
        self.pack.text("MANIFEST.json")?;
        serde_json::to_writer_pretty(&mut self.pack, &manifest).map_err(io::Error::from)?;
        self.pack.write_all(b"\n")?;
        let events = self.told.counts.events;
        Ok((self.pack.finish()?, events))
    }

    fn lines(&mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), ExportError> {
        let Build {
            store,
            order,
            checkpoint,
            found,
            pack,
            told,
        } = self;
        let export = order.export.to_string();
        let mut buffer = Vec::new();
        pack.text(&format!("jsonl/{}.jsonl", order.channel))?;
        walk(store, order, *found, progress, &mut |picked| {
            let line = line(store, order, checkpoint.size, &picked)?;
            told.note(order, &export, &picked, &line)?;
            buffer.clear();
            serde_json::to_writer(&mut buffer, &line).map_err(io::Error::from)?;
            buffer.push(b'\n');
            Ok(pack.write_all(&buffer)?)
        })
    }

    fn natives(&mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), ExportError> {
        let total = self.told.files.len() as u64;
        let mut buffer = vec![0; COPY_BYTES];
        for (done, (id, (path, fact))) in (0u64..).zip(&self.told.files) {
            progress(done, total);
            let mut bytes = self.store.blob_read(*id, 0..fact.size)?;
            self.pack.native(path)?;
            let (mut hash, mut length) = (Sha256::new(), 0);
            loop {
                let read = bytes.read(&mut buffer)?;
                let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else {
                    break;
                };
                hash.update(chunk);
                length += chunk.len() as u64;
                self.pack.write_all(chunk)?;
            }
            if length != fact.size || hash.finalize()[..] != fact.sha256.0 {
                return Err(ExportError::DamagedFile { file: *id });
            }
        }
        Ok(())
    }

    fn manifest(&self) -> Result<Manifest, ExportError> {
        let (order, told) = (self.order, &self.told);
        let name = |id: Id| {
            order
                .people
                .get(&id)
                .map(|p| p.name.clone())
                .unwrap_or_default()
        };
        let key = self.store.verifier_key();
        let signed = migrations_free_store::verify::verify_note(&self.checkpoint.note, &key)?;
        Ok(Manifest {
            format: FORMAT.to_owned(),
            export: order.export,
            channel: Channel {
                id: order.channel,
                name: order.channel_name.clone(),
            },
            range: Range {
                from_ms: order.from_ms,
                to_ms: order.to_ms,
                from: iso(order.from_ms),
                to: iso(order.to_ms),
            },
            frozen: order.frozen,
            order: Ordered {
                requester: order.requester,
                requester_name: name(order.requester),
                approver: order.approver,
                approver_name: name(order.approver),
                reason: order.reason.clone(),
                case: order.case.clone(),
            },
            policy: Rule {
                keep_days: order.policy.keep_days,
                from: if order.policy.inherited {
                    "workspace"
                } else {
                    "channel"
                }
                .to_owned(),
            },
            counts: told.counts.clone(),
            log_index: told.log_index,
            channel_seq: self.found.span,
            gaps: told.gaps.values().cloned().collect(),
            log: Log {
                origin: signed.origin,
                size: self.checkpoint.size,
                root: B64(self.checkpoint.root),
                verifier_key: key,
            },
        })
    }

    /// Names only those who occur.
    fn people(&mut self) -> Result<(), ExportError> {
        let people: BTreeMap<_, _> = self
            .told
            .people
            .iter()
            .filter_map(|id| {
                self.order
                    .people
                    .get(id)
                    .map(|person| (id.to_string(), person))
            })
            .collect();
        self.pack.text("people.json")?;
        serde_json::to_writer_pretty(&mut self.pack, &people).map_err(io::Error::from)?;
        Ok(self.pack.write_all(b"\n")?)
    }

    fn report(
        &mut self,
        manifest: &Manifest,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), ExportError> {
        let Build {
            store,
            order,
            found,
            pack,
            told,
            ..
        } = self;
        pack.text("report.html")?;
        let mut out = io::BufWriter::with_capacity(COPY_BYTES, &mut *pack);
        report::begin(&mut out, manifest)?;
        let native = |id: &str| {
            id.parse::<Id>()
                .ok()
                .and_then(|id| told.files.get(&id))
                .map(|(path, _)| path.clone())
        };
        walk(store, order, *found, progress, &mut |picked| {
            Ok(report::row(
                &mut out,
                &picked,
                actor_name(order, &picked),
                &native,
            )?)
        })?;
        report::end(&mut out)?;
        Ok(out.flush()?)
    }
}

fn line(store: &Store, order: &Order, size: u64, picked: &Picked) -> Result<Line, ExportError> {
    let record = &picked.record;
    let proof = store.inclusion(record.position, size)?;
    let said = picked.content.as_ref().map(|(_, said)| said);
    let files = said.map(|said| said.files.as_slice()).unwrap_or_default();
    Ok(Line {
        log_index: record.position,
        part: picked.part,
        channel_seq: picked.seq,
        scope: picked.scope().to_string(),
        leaf: B64(record.leaf),
        header: picked.header.as_ref().map(|(text, _)| text.clone()),
        header_salt: record
            .header_salt
            .filter(|_| picked.header.is_some())
            .map(B64),
        content: picked.content.as_ref().map(|(text, _)| text.clone()),
        content_salt: record
            .content_salt
            .filter(|_| picked.content.is_some())
            .map(B64),
        forgotten: picked.forgotten.is_some(),
        reason: picked.forgotten,
        withheld: picked.withheld,
        natives: files
            .iter()
            .map(|file| native(store, file))
            .collect::<Result<_, _>>()?,
        proof: proof.into_iter().map(B64).collect(),
        decoded: picked
            .header
            .as_ref()
            .map(|(_, head)| decoded(head, said, actor_name(order, picked))),
    })
}

/// Where the file will stand, if its bytes still exist.
fn native(store: &Store, file: &FileFact) -> Result<Option<String>, ExportError> {
    match store.blob_read(file.id, 0..0) {
        Ok(_) => Ok(Some(native_path(file.id, &file.name))),
        Err(Error::Forgotten | Error::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn actor_name<'o>(order: &'o Order, picked: &Picked) -> Option<&'o str> {
    let actor = picked.header.as_ref()?.1.actor.parse::<Id>().ok()?;
    order.people.get(&actor).map(|person| person.name.as_str())
}

impl Picked {
    /// What the missing or present content is sealed under; the header's own, when that is what is gone.
    fn scope(&self) -> Scope {
        if self.header.is_some() {
            self.record.scope
        } else {
            Scope::audit(self.record.at_ms)
        }
    }
}
