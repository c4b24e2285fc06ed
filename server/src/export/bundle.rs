//! Builds a bundle: reads the range from the log and streams it, with its proofs, into a sealed blob.
//!
//! Never holds the range in memory, and never writes plaintext to the disk. The same order gives the same bytes
//! whenever it is built, as long as nothing of it was destroyed in between: its proofs are of the log as it was approved.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use migrations_free_store::{
    BlobWriter, Error, Id, Position, Prover, Scope, SignedCheckpoint, Store,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use super::fault::ExportError;
use super::formats::{self, Scene};
use super::line::{B64, Base64, NewLine, base64, decoded, iso, native_path};
use super::manifest::{Channel, FORMAT, Log, Manifest, Ordered, Range, Rule};
use super::order::Order;
use super::pack::Pack;
use super::report;
use super::select::{Found, Picked, Step, find, walk};
use super::story::Gather;
use super::told::Told;
use crate::chat::ExportFormat;
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

/// Builds the bundle of `order` in `store`, unless it is cancelled, and says how far it is: phase, done, total.
pub fn build(
    store: &Store,
    order: &Order,
    is_cancelled: &Arc<AtomicBool>,
    progress: &mut dyn FnMut(Phase, u64, u64),
) -> Result<Built, ExportError> {
    let found = find(store, order, &mut |done, total| {
        progress(Phase::Reading, done, total);
    })?;
    // Looked at only now: on a long log it was signed meanwhile.
    let Some(checkpoint) = store.checkpoint_at(order.frozen)? else {
        return Err(ExportError::Unsigned {
            frozen: order.frozen,
            signed: store.checkpoint().size,
        });
    };
    // What a building that was cut short left behind helps nobody.
    clear(store, order, None)?;
    let built = Build::new(store, order, checkpoint, found, Arc::clone(is_cancelled))
        .and_then(|build| build.run(progress));
    let kept = built.as_ref().ok().map(|built| built.blob);
    let cleared = clear(store, order, kept);
    // Should clearing fail too, the first error is the one to tell.
    built.and_then(|built| cleared.map(|()| built))
}

/// Unlinks every blob of the export but one.
fn clear(store: &Store, order: &Order, kept: Option<Id>) -> Result<(), ExportError> {
    for id in store.blobs_in(Scope::Matter(order.export))? {
        if kept != Some(id) {
            store.blob_delete(id)?;
        }
    }
    Ok(())
}

struct Build<'b> {
    store: &'b Store,
    order: &'b Order,
    checkpoint: SignedCheckpoint,
    found: Found,
    pack: Pack,
    /// The report's rows, made with the lines, until they are packed behind the files: sealed as the bundle is.
    rows: BlobWriter,
    told: Told,
    /// For the formats that were chosen.
    gather: Option<Gather<'b>>,
}

impl<'b> Build<'b> {
    fn new(
        store: &'b Store,
        order: &'b Order,
        checkpoint: SignedCheckpoint,
        found: Found,
        is_cancelled: Arc<AtomicBool>,
    ) -> Result<Build<'b>, ExportError> {
        let blob = || store.blob_writer(Scope::Matter(order.export), order.requester);
        Ok(Build {
            store,
            order,
            checkpoint,
            found,
            pack: Pack::new(blob()?, format!("export-{}", order.export), is_cancelled)?,
            rows: blob()?,
            told: Told::default(),
            gather: Gather::new(store, order),
        })
    }

    fn run(mut self, progress: &mut dyn FnMut(Phase, u64, u64)) -> Result<Built, ExportError> {
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
        let Build {
            store,
            order,
            checkpoint,
            mut pack,
            rows,
            told,
            gather,
            ..
        } = self;
        let mut packing = |done, total| progress(Phase::Packing, done, total);
        if let Some(gather) = gather {
            let stories = gather.finish()?;
            let scene = Scene {
                store,
                order,
                checkpoint: &checkpoint.note,
            };
            formats::write(&scene, &stories, &mut pack, &mut packing)?;
            stories.discard()?;
        }
        if order.holds(ExportFormat::Html) {
            report(store, &mut pack, &manifest, rows, &mut packing)?;
        }
        pack.whole_text("verify.py", include_str!("verify.py"))?;
        pack.whole_text("MANIFEST.json", &pretty(&manifest)?)?;
        let packed = pack.finish()?;
        Ok(Built {
            blob: packed.blob.id,
            events: told.counts.events,
            bytes: packed.bytes,
            sha256: Hash(packed.sha256),
        })
    }

    fn lines(&mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), ExportError> {
        let Build {
            store,
            order,
            checkpoint,
            found,
            pack,
            rows,
            told,
            gather,
        } = self;
        let export = order.export.to_string();
        let mut proofs = Proofs::new(store.prover(checkpoint.size));
        let mut buffer = Vec::new();
        pack.text(&format!("jsonl/{}.jsonl", order.channel))?;
        walk(store, order, *found, progress, &mut |step| {
            let picked = match step {
                Step::Before(head) => {
                    if let Some(gather) = gather.as_mut() {
                        gather.before(head);
                    }
                    return Ok(());
                }
                Step::Picked(picked) => picked,
            };
            let scope = picked.scope.to_string();
            let natives = natives(store, &picked)?;
            told.note(order, &export, &picked, &scope, &natives)?;
            if let Some(gather) = gather {
                gather.note(&picked, &natives)?;
            }
            let name = actor_name(order, &picked);

            buffer.clear();
            line(&picked, &scope, &natives, proofs.of(picked.position)?, name)
                .write(&mut buffer)
                .map_err(io::Error::from)?;
            pack.put(&buffer)?;

            let native = |id| told.files.get(&id).map(|(path, _)| path.as_str());
            buffer.clear();
            report::row(&mut buffer, &picked, name, &native)?;
            Ok(rows.write(&buffer)?)
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
                self.pack.put(chunk)?;
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
            formats: order.formats.clone(),
            selection: order.selection.clone(),
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
        self.pack.whole_text("people.json", &pretty(&people)?)
    }
}

fn pretty(value: &impl Serialize) -> Result<String, ExportError> {
    let mut text = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
    text.push('\n');
    Ok(text)
}

/// The page tells at its head what only all the lines together know.
fn report(
    store: &Store,
    pack: &mut Pack,
    manifest: &Manifest,
    rows: BlobWriter,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), ExportError> {
    let mut buffer = Vec::new();
    report::begin(&mut buffer, manifest)?;
    pack.text("report.html")?;
    pack.put(&buffer)?;
    let rows = rows.finish()?;
    let mut bytes = store.blob_read(rows.id, 0..rows.len)?;
    let mut done = 0;
    buffer.resize(COPY_BYTES, 0);
    loop {
        progress(done, rows.len);
        let read = bytes.read(&mut buffer)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else {
            break;
        };
        done += chunk.len() as u64;
        pack.put(chunk)?;
    }
    store.blob_delete(rows.id)?;
    buffer.clear();
    report::end(&mut buffer)?;
    pack.put(&buffer)
}

/// Proofs as text. A step that two neighbours share is at the same height in both, and made into text once.
struct Proofs {
    prover: Prover,
    path: Vec<[u8; 32]>,
    texts: Vec<Base64>,
}

impl Proofs {
    fn new(prover: Prover) -> Proofs {
        Proofs {
            prover,
            path: Vec::new(),
            texts: Vec::new(),
        }
    }

    fn of(&mut self, position: Position) -> Result<&[Base64], ExportError> {
        let path = self.prover.inclusion(position)?;
        self.texts.resize(path.len(), [0; 44]);
        for (height, step) in path.iter().enumerate() {
            if self.path.get(height) != Some(step)
                && let Some(text) = self.texts.get_mut(height)
            {
                *text = base64(step);
            }
        }
        self.path = path;
        Ok(&self.texts)
    }
}

fn line<'l>(
    picked: &'l Picked,
    scope: &'l str,
    natives: &'l [Option<String>],
    proof: &'l [Base64],
    name: Option<&'l str>,
) -> NewLine<'l> {
    let said = picked.content.as_ref().map(|(_, said)| said);
    NewLine {
        log_index: picked.position,
        part: picked.part,
        channel_seq: picked.seq,
        scope,
        leaf: picked.leaf,
        header: picked.header.as_ref().map(|(text, _)| text.as_str()),
        header_salt: picked.header_salt,
        content: picked.content.as_ref().map(|(text, _)| text.as_str()),
        content_salt: picked.content_salt,
        reason: picked.forgotten,
        withheld: picked.withheld,
        natives,
        proof,
        decoded: picked
            .header
            .as_ref()
            .map(|(_, head)| decoded(head, said, name)),
    }
}

fn natives(store: &Store, picked: &Picked) -> Result<Vec<Option<String>>, ExportError> {
    let files = picked
        .content
        .as_ref()
        .map(|(_, said)| said.files.as_slice());
    let files = files.unwrap_or_default().iter();
    files.map(|file| native(store, file)).collect()
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
