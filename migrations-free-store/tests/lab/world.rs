//! One store on one disk from its first opening to its last, driven by one number: what is done to it, what goes
//! wrong meanwhile, and after every recovery the look at whether all that must hold does.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use migrations_free_store::verify::{
    verify_consistency, verify_data_on, verify_inclusion, verify_note, verify_record,
};
use migrations_free_store::{Commitment, Error, Id, Options, Scope, Store, Writer};

use crate::chance::Chance;
use crate::disk::{Fault, Kind, LabDisk, Plan, Spares};
use crate::model::{BlobState, Event, Fate, Model, Sealing, Stage};

pub const ORIGIN: &str = "lab.example.com/daylight";
/// 2026-11-30T12:00:00Z: the day after is in another month.
const NOON_MS: u64 = 1_796_040_000_000;
const DAY_MS: u64 = 86_400_000;
const CHUNK_BYTES: u64 = 64 << 10;

pub struct World {
    chance: Chance,
    disk: LabDisk,
    options: Options,
    model: Model,
    /// Stands in every content, header, file and part.
    marker: String,
    made: u64,
    seqs: [u64; 3],
    verifier_key: Option<String>,
    /// Root keys of the past: each was replaced by a destruction that said it was done.
    dead_roots: Vec<Vec<u8>>,
    /// A sync lied: what was acknowledged may be lost, but never silently.
    lied: bool,
    /// It was refused after a lie: nothing more can be said.
    pub refused: bool,
    pub trace: Vec<String>,
    pub recoveries: u64,
}

type Opened = (Store, Writer);

/// How a life of the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// All is closed, the machine goes on.
    Closed,
    /// The process is killed, the machine goes on: what it wrote is there, synced or not.
    Killed,
    /// The power goes.
    Cut(Spares),
}

/// What may be done to a store.
#[derive(Clone, Copy, Debug)]
enum Act {
    Push,
    PushMany,
    Commit,
    CommitBegin,
    Sign,
    Look,
    Seal,
    Unseal,
    DropPart,
    BlobBegin,
    BlobResume,
    BlobDrop,
    BlobReseal,
    Destroy,
    Reseal,
    Redact,
    DropForgotten,
}

/// Each as often as it stands here.
const ACTS: &[Act] = &[
    Act::Push,
    Act::Push,
    Act::Push,
    Act::Push,
    Act::Push,
    Act::Push,
    Act::PushMany,
    Act::Commit,
    Act::Commit,
    Act::Commit,
    Act::Commit,
    Act::CommitBegin,
    Act::Sign,
    Act::Look,
    Act::Seal,
    Act::Unseal,
    Act::DropPart,
    Act::BlobBegin,
    Act::BlobResume,
    Act::BlobDrop,
    Act::BlobReseal,
    Act::Destroy,
    Act::Reseal,
    Act::Redact,
    Act::DropForgotten,
];

impl World {
    pub fn new(seed: u64, real: &Path) -> World {
        let mut chance = Chance::new(seed);
        let disk = LabDisk::new(real);
        let options = Options {
            segment_bytes: *chance.pick(&[4 << 10, 8 << 10, 16 << 10]),
            cache_bytes: 1 << 20,
            disk: Arc::new(disk.clone()),
            ..Options::new(PathBuf::from("/data"), ORIGIN)
        };
        World {
            marker: format!("needle-{:016x}", chance.any()),
            chance,
            disk,
            options,
            model: Model::default(),
            made: 0,
            seqs: [0; 3],
            verifier_key: None,
            dead_roots: Vec::new(),
            lied: false,
            refused: false,
            trace: Vec::new(),
            recoveries: 0,
        }
    }

    pub fn run(&mut self) {
        let lives = self.chance.within(3, 9);
        for life in 0..lives {
            self.live(life);
            if self.refused {
                return;
            }
        }
        self.trace.push("the last opening".to_owned());
        self.disk.begin(Plan::default());
        let Some(opened) = self.open() else { return };
        self.disk.looking(|| ());
        drop(opened);
        self.verify();
    }

    fn live(&mut self, life: u64) {
        let (plan, end) = self.plan(life);
        self.trace.push(format!("life {life}: {end:?}, {plan:?}"));
        self.disk.begin(plan);
        if let Some(mut opened) = self.open() {
            let acts = self.chance.within(1, 40);
            for _ in 0..acts {
                let act = *self.chance.pick(ACTS);
                self.act(act, &mut opened);
                if self.disk.is_over() {
                    break;
                }
            }
            let (store, writer) = opened;
            // Either may go first.
            if self.chance.percent(50) {
                drop(writer);
            }
            drop(store);
        }
        self.lied |= self.disk.has_lied();
        for told in self.disk.happened() {
            self.trace.push(format!("  {told}"));
        }
        match end {
            End::Cut(spares) => self.disk.cut(spares, self.chance.any()),
            End::Closed | End::Killed => {}
        }
        if self.chance.percent(25) && !self.refused && self.verifier_key.is_some() {
            // What a crash left is no fault, before anything is mended too.
            self.disk.begin(Plan::default());
            self.verify();
        }
    }

    fn plan(&mut self, life: u64) -> (Plan, End) {
        let chance = &mut self.chance;
        let spares = *chance.pick(&[Spares::Nothing, Spares::Some, Spares::Some, Spares::All]);
        let (cut_short, end) = match chance.below(10) {
            0..=1 => (false, End::Closed),
            2..=3 => (true, End::Killed),
            4..=8 => (true, End::Cut(spares)),
            _ => (false, End::Cut(spares)),
        };
        // A later life has less to do before it is under way.
        let bits = if life == 0 { 9 } else { 8 };
        let mut plan = Plan::default();
        if cut_short {
            plan.ends_at = Some([1 + chance.any_length(bits), 1 + chance.any_length(6)]);
        }
        let faults = if chance.percent(40) {
            chance.within(1, 3)
        } else {
            0
        };
        for _ in 0..faults {
            let kind = match chance.below(14) {
                0..=2 => Kind::Fails,
                3..=4 => Kind::Short,
                5..=6 => Kind::Full(chance.any_length(4) as u32),
                7..=8 => Kind::SyncDrops,
                9..=10 => Kind::SyncReverts,
                11..=12 => Kind::ReadFails,
                _ => Kind::SyncLies,
            };
            let background = kind != Kind::ReadFails && chance.percent(20);
            let bits = if background { 5 } else { bits };
            plan.faults.push(Fault {
                at: 1 + chance.any_length(bits),
                background,
                kind,
            });
        }
        (plan, end)
    }

    fn open(&mut self) -> Option<Opened> {
        match Store::open(&self.options, &mut |_| {}) {
            Ok(opened) => {
                if self.disk.is_over() {
                    return None;
                }
                self.trace
                    .push(format!("  opened with {} events", opened.0.size()));
                self.recoveries += 1;
                self.recovered(&opened);
                (!self.refused).then_some(opened)
            }
            Err(error) => {
                self.trace.push(format!("  not opened: {error}"));
                if self.lied {
                    self.refused = true;
                } else {
                    self.excused(&error, "opening");
                }
                None
            }
        }
    }

    /// An error that a fault or the end of the process explains, and that says so.
    fn excused(&self, error: &Error, doing: &str) {
        assert!(
            self.disk.has_failed(),
            "{doing} failed for no reason: {error}"
        );
        let plain = matches!(
            error.code(),
            "store_io" | "store_disk_full" | "store_poisoned"
        );
        assert!(
            plain,
            "{doing}: an error that misleads: {} {error}",
            error.code()
        );
    }

    // ---- what must hold ----------------------------------------------------------------------------------

    /// After an opening: takes up what there is, and looks at everything.
    fn recovered(&mut self, opened: &Opened) {
        let (store, writer) = opened;
        let disk = self.disk.clone();
        disk.looking(|| {
            let size = store.size() as usize;
            if self.lied {
                return self.after_a_lie(store);
            }
            assert!(
                self.model.may_have(size),
                "{size} events; {} acknowledged, {} pushed, in batches of {:?}",
                self.model.log.len(),
                self.model.pushed.len(),
                self.model.batches
            );
            assert_eq!(writer.next(), size as u64);
            let more = size - self.model.log.len();
            self.model.acknowledge(more);
            self.model.pushed.clear();
            for seq in &mut self.seqs {
                *seq = 0;
            }
            for channel in 0..3 {
                let last = store.channel_last_seq(channel_id(channel));
                self.seqs[channel as usize] = last.unwrap_or(0);
            }
            self.learn_fates(store);
            self.look(store, true);
            match &self.verifier_key {
                Some(key) => assert_eq!(*key, store.verifier_key(), "another signing key"),
                None => self.verifier_key = Some(store.verifier_key()),
            }
            self.model.signed.push(store.checkpoint());
            self.look_at_signed(store);
        });
    }

    /// All may be lost that was acknowledged, but what is there is what was pushed, and proofs still prove.
    fn after_a_lie(&mut self, store: &Store) {
        let size = store.size() as usize;
        let all: Vec<Event> = self
            .model
            .log
            .iter()
            .chain(&self.model.pushed)
            .cloned()
            .collect();
        assert!(size <= all.len(), "events that were never pushed");
        for (found, event) in store.scan(0, u64::MAX).zip(&all) {
            // Damage is told; what is told as whole must be right.
            let Ok(found) = found else { break };
            assert_eq!(found.leaf, event.leaf, "another event");
            assert_ne!(verify_record(&found), Some(false));
            if let (Some(found), Some(content)) = (&found.content, &event.content) {
                assert!(
                    found.bytes().is_none_or(|bytes| bytes == content),
                    "another content"
                );
            }
        }
        for blob in &self.model.blobs {
            let Ok(mut reader) = store.blob_read(blob.id, 0..u64::MAX) else {
                continue;
            };
            let mut bytes = Vec::new();
            if reader.read_to_end(&mut bytes).is_ok() {
                assert_eq!(bytes, blob.bytes, "another file");
            }
        }
        self.refused = true;
    }

    /// What an opening found of a key stays so.
    fn learn_fates(&mut self, store: &Store) {
        let unknown: Vec<Scope> = self
            .model
            .fates
            .iter()
            .filter(|(_, fate)| **fate == Fate::Unknown)
            .map(|(scope, _)| *scope)
            .collect();
        for scope in unknown {
            let had_key = self.model.log.iter().any(|event| {
                Scope::audit(event.at_ms) == scope
                    || (event.sealings.len() == 1 && event.sealings[0].scopes().contains(&scope))
            });
            if store.is_alive(&scope) {
                self.model.fates.insert(scope, Fate::Alive);
            } else if had_key {
                self.model.destroyed(scope);
            }
        }
    }

    fn look(&mut self, store: &Store, settled: bool) {
        let mut count = 0;
        for found in store.scan(0, u64::MAX) {
            let found = found.unwrap_or_else(|error| {
                panic!(
                    "position {count} of {} cannot be read: {error}",
                    store.size()
                )
            });
            assert_ne!(
                verify_record(&found),
                Some(false),
                "a header that its leaf does not commit to"
            );
            if let Err(why) = self.model.meet(count, &found, settled) {
                panic!("{why}");
            }
            count += 1;
        }
        assert_eq!(count, self.model.log.len());
        for (scope, fate) in &self.model.fates {
            assert!(
                *fate != Fate::Destroyed || !store.is_alive(scope),
                "{scope} is alive again"
            );
        }
        self.look_up(store);
        self.look_at_blobs(store);
        self.look_at_parts(store, settled);
        let found = self.disk.holding(self.marker.as_bytes());
        assert!(found.is_empty(), "plain text lies in {found:?}");
        if self.disk.has_lied() {
            return;
        }
        for root in &self.dead_roots {
            let found = self.disk.holding(root);
            assert!(found.is_empty(), "a dead root key lies in {found:?}");
        }
    }

    /// Tags, channels and scopes lead to their records.
    fn look_up(&mut self, store: &Store) {
        let log = &self.model.log;
        for _ in 0..3.min(log.len()) {
            let position = self.chance.below(log.len() as u64);
            let tag = log[position as usize].tag;
            assert_eq!(store.find_tag(tag, 0).expect("looked up"), Some(position));
        }
        let channel = channel_id(self.chance.below(3) as u8);
        let in_channel = |event: &Event| event.place.is_some_and(|(found, _)| found == channel);
        let expected: Vec<u64> = (0..)
            .zip(log)
            .filter(|(_, event)| in_channel(event))
            .map(|(position, _)| position)
            .collect();
        assert_eq!(
            store
                .channel_range(channel, 0, u64::MAX)
                .expect("looked up"),
            expected
        );
        let month = Scope::audit(NOON_MS + DAY_MS * self.chance.below(2));
        if self.model.fate(&month) != Fate::Alive {
            return;
        }
        let expected: Vec<u64> = (0..)
            .zip(log)
            .filter(|(_, event)| Scope::audit(event.at_ms) == month)
            .map(|(position, _)| position)
            .collect();
        assert_eq!(store.records_in(month).expect("looked up"), expected);
    }

    fn look_at_blobs(&mut self, store: &Store) {
        let fates: Vec<Fate> = self
            .model
            .blobs
            .iter()
            .map(|blob| self.model.fate_of(&blob.sealing.scopes()))
            .collect();
        for (blob, fate) in self.model.blobs.iter_mut().zip(fates) {
            let read = || -> Result<_, Error> {
                let mut reader = store.blob_read(blob.id, 0..u64::MAX)?;
                let mut bytes = Vec::new();
                let read = reader.read_to_end(&mut bytes);
                assert!(
                    read.is_ok(),
                    "a file that is there cannot be read: {read:?}"
                );
                Ok((bytes, reader.blob().clone()))
            };
            match read() {
                Ok((bytes, told)) => {
                    assert_ne!(fate, Fate::Destroyed, "a forgotten file is read");
                    assert_eq!(bytes, blob.bytes, "another file");
                    match &blob.stage {
                        Stage::Finished(before) => assert_eq!(told, *before),
                        Stage::Begun(_) => panic!("a file that was never finished is there"),
                        // Nobody was told that it is on disk: it may be gone with the next power cut.
                        Stage::Unknown => {}
                    }
                }
                Err(error) => {
                    assert!(
                        matches!(error, Error::NotFound | Error::Forgotten),
                        "a file cannot be read: {error}"
                    );
                    let lost = matches!(blob.stage, Stage::Finished(_)) && fate == Fate::Alive;
                    assert!(!lost, "a finished file is lost: {error} {:?}", blob.id);
                }
            }
        }
        self.look_for_blobs(store);
    }

    /// The scope knows its files: none outlives it unseen.
    fn look_for_blobs(&self, store: &Store) {
        for blob in &self.model.blobs {
            if self.model.fate_of(&blob.sealing.scopes()) == Fate::Alive
                && matches!(blob.stage, Stage::Finished(_))
            {
                for scope in blob.sealing.scopes() {
                    let listed = store.blobs_in(scope).expect("listed");
                    assert!(
                        listed.contains(&blob.id),
                        "{scope} does not know its file {:?}",
                        blob.id
                    );
                }
            }
        }
    }

    fn look_at_parts(&mut self, store: &Store, settled: bool) {
        for ((scope, label), part) in &mut self.model.parts {
            let fate = self.model.fates.get(scope).copied().unwrap_or(Fate::Alive);
            match store.unseal(*scope, label) {
                Ok(Some(bytes)) => {
                    assert_ne!(fate, Fate::Destroyed, "a forgotten part is read");
                    assert!(part.candidates.contains(&bytes), "another part");
                    if part.certain {
                        assert_eq!(part.candidates.last(), Some(&bytes), "an older part");
                    }
                    if settled {
                        part.candidates = vec![bytes];
                    }
                }
                Ok(None) | Err(Error::Forgotten) => {
                    assert!(!part.certain || fate != Fate::Alive, "a part is lost");
                }
                Err(error) => panic!("a part cannot be read: {error}"),
            }
        }
    }

    /// No checkpoint that was ever given out is contradicted.
    fn look_at_signed(&mut self, store: &Store) {
        let size = store.size();
        let root = store.root(size).expect("a root");
        let key = store.verifier_key();
        for signed in &self.model.signed {
            let checked = verify_note(&signed.note, &key).expect("signed by this log");
            assert_eq!((checked.size, checked.root), (signed.size, signed.root));
            assert!(signed.size <= size, "{} signed, {size} there", signed.size);
            assert_eq!(
                store.root(signed.size).expect("a root"),
                signed.root,
                "a fork"
            );
            let proof = store.consistency(signed.size, size).expect("a proof");
            verify_consistency(signed.size, &signed.root, size, &root, &proof).expect("consistent");
        }
        for _ in 0..2.min(size) {
            let position = self.chance.below(size);
            let leaf = self.model.log[position as usize].leaf;
            let proof = store.inclusion(position, size).expect("a proof");
            verify_inclusion(&leaf, position, size, &root, &proof).expect("included");
        }
    }

    /// The directory as anyone may check it.
    fn verify(&mut self) {
        let report = verify_data_on(Arc::new(self.disk.clone()), &self.options.dir, &mut |_| {});
        let report = report.expect("it runs");
        if self.lied {
            return;
        }
        assert_eq!(report.first_fault, None, "{report:?}");
        assert!(self.model.may_have(report.size as usize), "{report:?}");
    }

    // ---- what is done ------------------------------------------------------------------------------------

    fn act(&mut self, act: Act, opened: &mut Opened) {
        match act {
            Act::Push => self.push(opened),
            Act::PushMany => {
                let count = *self.chance.pick(&[5, 20, 60, 290]);
                for _ in 0..count {
                    self.push(opened);
                }
            }
            Act::Commit => self.commit(opened),
            Act::CommitBegin => self.commit_begin(opened),
            Act::Sign => self.sign(opened),
            Act::Look => {
                // What is on its way may come in at any moment: it is waited for.
                match opened.1.commit_end() {
                    Ok(()) => self.all_durable(opened),
                    Err(error) => return self.poisoned(&error, opened),
                }
                self.disk.clone().looking(|| self.look(&opened.0, false));
            }
            Act::Seal => self.seal(opened),
            Act::Unseal => self.unseal(opened),
            Act::DropPart => self.drop_part(opened),
            Act::BlobBegin => self.blob_begin(opened),
            Act::BlobResume => self.blob_resume(opened),
            Act::BlobDrop => self.blob_drop(opened),
            Act::BlobReseal => self.blob_reseal(opened),
            Act::Destroy => self.destroy(opened),
            Act::Reseal => self.reseal(opened),
            Act::Redact => self.redact(opened),
            Act::DropForgotten => self.drop_forgotten(opened),
        }
    }

    fn text(&mut self, bytes: usize) -> Vec<u8> {
        self.made += 1;
        let mut text = format!("{} {} ", self.marker, self.made).into_bytes();
        while text.len() < bytes {
            text.extend_from_slice(&self.chance.any().to_be_bytes());
        }
        text
    }

    fn scope(&mut self, at_ms: u64, channel: u8) -> Scope {
        let other = self.chance.below(20);
        match other {
            0 => Scope::Person(self.person()),
            1 => Scope::Channel(channel_id(channel)),
            2 => Scope::Matter(self.matter()),
            3 => Scope::audit(at_ms),
            _ => Scope::channel_day(channel_id(channel), at_ms),
        }
    }

    fn any_scope(&mut self) -> Scope {
        let (at_ms, channel) = (self.moment(), self.chance.below(3) as u8);
        self.scope(at_ms, channel)
    }

    fn person(&mut self) -> Id {
        Id([10 + self.chance.below(4) as u8; 16])
    }

    fn matter(&mut self) -> Id {
        Id([20 + self.chance.below(2) as u8; 16])
    }

    fn moment(&mut self) -> u64 {
        NOON_MS + DAY_MS * self.chance.below(2) + self.chance.below(3_600_000)
    }

    fn push(&mut self, opened: &mut Opened) {
        let (at_ms, channel) = (self.moment(), self.chance.below(3) as u8);
        let (scope, author) = (self.scope(at_ms, channel), self.person());
        let bytes = self.chance.any_length(9) as usize;
        let content = self.chance.percent(85).then(|| self.text(bytes));
        let content = match self.chance.percent(3) {
            true => content.map(|mut text| {
                text.resize(3000, b'x');
                text
            }),
            false => content,
        };
        let commitment = Commitment::of(content.as_deref().unwrap_or_default());
        let hash: String = commitment
            .hash
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let mut tag = [0; 16];
        self.made += 1;
        tag[..8].copy_from_slice(&self.made.to_be_bytes());
        let place = self.chance.percent(90).then(|| {
            let seq = &mut self.seqs[channel as usize];
            *seq += 1;
            (channel_id(channel), *seq)
        });
        let sealing = Sealing::new(scope, author);
        let mut event = Event {
            leaf: [0; 32],
            at_ms,
            header: format!(
                "{{\"m\":\"{} {}\",\"c\":\"{hash}\"}}",
                self.marker, self.made
            )
            .into_bytes(),
            sealings: if content.is_some() {
                vec![sealing]
            } else {
                Vec::new()
            },
            content,
            author,
            place,
            tag,
            forgotten: false,
            unknown: false,
        };
        let fate = self.model.fate_of(&event.scopes());
        match opened.1.push(event.record(&commitment, scope)) {
            Ok(pushed) => {
                assert_ne!(fate, Fate::Destroyed, "sealed under a destroyed key");
                let position = self.model.log.len() + self.model.pushed.len();
                assert_eq!(pushed.position, position as u64);
                event.leaf = pushed.leaf;
                self.model.pushed.push(event);
            }
            Err(Error::Forgotten) => assert_ne!(fate, Fate::Alive, "a living key is refused"),
            Err(error) => self.excused(&error, "pushing"),
        }
    }

    fn begin_batch(&mut self) {
        let rest = self.model.pushed.len() - self.model.pushed_in_batches();
        if rest > 0 {
            self.model.batches.push(rest);
        }
    }

    fn commit(&mut self, opened: &mut Opened) {
        self.begin_batch();
        match opened.1.commit() {
            Ok(()) => self.all_durable(opened),
            Err(error) => self.poisoned(&error, opened),
        }
    }

    fn all_durable(&mut self, opened: &Opened) {
        let sent = self.model.pushed_in_batches();
        self.model.acknowledge(sent);
        assert_eq!(opened.0.size() as usize, self.model.log.len());
    }

    fn commit_begin(&mut self, opened: &mut Opened) {
        self.begin_batch();
        if let Err(error) = opened.1.commit_begin() {
            self.poisoned(&error, opened);
        }
    }

    /// After a failed commit nothing more is acknowledged.
    fn poisoned(&mut self, error: &Error, opened: &mut Opened) {
        self.excused(error, "committing");
        let header = b"{}";
        let record = migrations_free_store::NewRecord {
            at_ms: NOON_MS,
            header,
            content: None,
            scope: Scope::audit(NOON_MS),
            author: None,
            place: None,
            tag: None,
        };
        let size = opened.0.size();
        assert!(
            matches!(opened.1.push(record), Err(Error::Poisoned)),
            "it goes on pushing"
        );
        assert!(opened.1.commit().is_err(), "it goes on committing");
        assert!(opened.1.sign_checkpoint().is_err(), "it goes on signing");
        assert_eq!(opened.0.size(), size);
        assert!(self.model.may_have(size as usize));
    }

    fn sign(&mut self, opened: &mut Opened) {
        match opened.1.sign_checkpoint() {
            Ok(signed) => {
                self.all_durable(opened);
                assert_eq!(signed.size as usize, self.model.log.len());
                assert_eq!(signed, opened.0.checkpoint());
                self.model.signed.push(signed);
            }
            Err(error) => self.excused(&error, "signing"),
        }
    }

    fn label(&mut self) -> String {
        (*self.chance.pick(&["terms", "names"])).to_owned()
    }

    fn seal(&mut self, opened: &mut Opened) {
        let (scope, label) = (self.any_scope(), self.label());
        let length = self.chance.any_length(12) as usize;
        let bytes = self.text(length);
        let fate = self.model.fate(&scope);
        let sealed = opened.0.seal(scope, &label, &bytes);
        let part = self.model.parts.entry((scope, label)).or_default();
        match sealed {
            Ok(()) => {
                assert_ne!(fate, Fate::Destroyed, "sealed under a destroyed key");
                part.candidates.push(bytes);
                part.certain = true;
            }
            Err(Error::Forgotten) => assert_ne!(fate, Fate::Alive, "a living key is refused"),
            Err(error) => {
                part.candidates.push(bytes);
                part.certain = false;
                self.excused(&error, "sealing a part");
            }
        }
    }

    fn unseal(&mut self, opened: &mut Opened) {
        let scope = self.any_scope();
        match opened.0.parts_in(scope) {
            Ok(labels) => {
                for label in labels {
                    let known = self.model.parts.contains_key(&(scope, label));
                    assert!(known, "a part that was never sealed");
                }
            }
            Err(error) => self.excused(&error, "listing parts"),
        }
    }

    fn drop_part(&mut self, opened: &mut Opened) {
        let (scope, label) = (self.any_scope(), self.label());
        let dropped = opened.0.part_delete(scope, &label);
        if let Some(part) = self.model.parts.get_mut(&(scope, label)) {
            // It may come back with a power cut: what must be forgotten is forgotten with its key.
            part.certain = false;
        }
        if let Err(error) = dropped {
            self.excused(&error, "dropping a part");
        }
    }

    fn blob_begin(&mut self, opened: &mut Opened) {
        let scope = self.any_scope();
        let author = self.person();
        let length = self.chance.any_length(17) as usize;
        let bytes = self.text(length);
        let alone = matches!(scope, Scope::Person(_) | Scope::Matter(_));
        let sealing = Sealing {
            scope,
            author: (!alone).then_some(author),
        };
        let fate = self.model.fate_of(&sealing.scopes());
        match opened.0.blob_writer(scope, author) {
            Ok(writer) => {
                assert_ne!(fate, Fate::Destroyed, "sealed under a destroyed key");
                self.model.blobs.push(BlobState {
                    id: writer.id(),
                    sealing,
                    bytes,
                    stage: Stage::Begun(0),
                });
                self.blob_goes_on(self.model.blobs.len() - 1, writer);
            }
            Err(Error::Forgotten) => assert_ne!(fate, Fate::Alive, "a living key is refused"),
            Err(error) => self.excused(&error, "beginning a file"),
        }
    }

    fn blob_goes_on(&mut self, number: usize, mut writer: migrations_free_store::BlobWriter) {
        let blob = &mut self.model.blobs[number];
        let fates = &self.model.fates;
        let alive = blob
            .sealing
            .scopes()
            .iter()
            .all(|scope| !fates.contains_key(scope));
        let finish = self.chance.percent(60);
        let from = writer.len() as usize;
        let to = if finish {
            blob.bytes.len()
        } else {
            self.chance.within(from as u64, blob.bytes.len() as u64 + 1) as usize
        };
        let mut outcome = Ok(());
        for piece in blob.bytes[from..to].chunks(50_000) {
            outcome = outcome.and_then(|()| writer.write(piece));
        }
        let outcome = match (outcome, finish) {
            (Err(error), _) => Err(error),
            (Ok(()), true) => writer.finish().map(Some),
            (Ok(()), false) => writer.suspend().map(|()| None),
        };
        match outcome {
            Ok(Some(told)) => {
                assert_eq!(told.len, blob.bytes.len() as u64);
                blob.stage = Stage::Finished(told);
            }
            Ok(None) => blob.stage = Stage::Begun(to as u64),
            Err(Error::Forgotten) => assert!(!alive, "a living key is refused"),
            Err(error) => {
                if finish {
                    blob.stage = Stage::Unknown;
                } else if let Stage::Begun(kept) = &mut blob.stage {
                    *kept = 0;
                }
                self.excused(&error, "writing a file");
            }
        }
    }

    fn blob_resume(&mut self, opened: &mut Opened) {
        let begun: Vec<usize> = (0..self.model.blobs.len())
            .filter(|number| matches!(self.model.blobs[*number].stage, Stage::Begun(_)))
            .collect();
        if begun.is_empty() {
            return;
        }
        let number = *self.chance.pick(&begun);
        let blob = &mut self.model.blobs[number];
        let fates = &self.model.fates;
        let alive = blob
            .sealing
            .scopes()
            .iter()
            .all(|scope| !fates.contains_key(scope));
        let Stage::Begun(kept) = blob.stage else {
            return;
        };
        match opened.0.blob_resume(blob.id) {
            Ok(writer) => {
                assert!(
                    writer.len() >= kept,
                    "{} of {kept} bytes are left",
                    writer.len()
                );
                assert!(writer.len() <= blob.bytes.len() as u64);
                // From now on only whole chunks are kept for certain, until it is suspended again.
                blob.stage = Stage::Begun(kept / CHUNK_BYTES * CHUNK_BYTES);
                self.blob_goes_on(number, writer);
            }
            Err(Error::Forgotten) => assert!(!alive, "a living key is refused"),
            Err(Error::NotFound) => assert!(kept == 0 || !alive, "a suspended file is lost"),
            // What was never synced may be garbled after a crash, and that is told.
            Err(Error::Damaged { .. }) => assert_eq!(kept, 0, "a suspended file is damaged"),
            Err(error) => {
                blob.stage = Stage::Begun(kept / CHUNK_BYTES * CHUNK_BYTES);
                self.excused(&error, "going on with a file");
            }
        }
    }

    fn blob_drop(&mut self, opened: &mut Opened) {
        if self.model.blobs.is_empty() {
            return;
        }
        let number = self.chance.below(self.model.blobs.len() as u64) as usize;
        let blob = self.model.blobs.swap_remove(number);
        if let Err(error) = opened.0.blob_delete(blob.id) {
            self.excused(&error, "dropping a file");
        }
    }

    fn blob_reseal(&mut self, opened: &mut Opened) {
        let finished: Vec<usize> = (0..self.model.blobs.len())
            .filter(|number| matches!(self.model.blobs[*number].stage, Stage::Finished(_)))
            .collect();
        if finished.is_empty() {
            return;
        }
        let number = *self.chance.pick(&finished);
        let scope = Scope::Matter(self.matter());
        let to = Sealing {
            scope,
            author: None,
        };
        let blob = &self.model.blobs[number];
        let fate = self.model.fate_of(&blob.sealing.scopes());
        let to_fate = self.model.fate_of(&to.scopes());
        match opened.0.blob_reseal(blob.id, scope) {
            Ok(()) => {
                assert!(fate != Fate::Destroyed && to_fate != Fate::Destroyed);
                self.model.blobs[number].sealing = to;
            }
            Err(Error::Forgotten | Error::NotFound) => {
                assert!(
                    fate != Fate::Alive || to_fate != Fate::Alive,
                    "a living key is refused"
                );
            }
            Err(error) => {
                // Under the one or the other: it is asked no more.
                self.model.blobs.swap_remove(number);
                self.excused(&error, "resealing a file");
            }
        }
    }

    fn destroy(&mut self, opened: &mut Opened) {
        let count = self.chance.within(1, 3);
        let mut scopes: HashSet<Scope> = HashSet::new();
        for _ in 0..count {
            let scope = self.any_scope();
            // Months and people more rarely, or soon nothing would be left.
            let spared = matches!(scope, Scope::Audit { .. }) || self.chance.percent(30);
            if !spared || self.chance.percent(5) {
                scopes.insert(scope);
            }
        }
        let scopes: Vec<Scope> = scopes.into_iter().collect();
        let roots = self.roots();
        self.begin_batch();
        for scope in &scopes {
            self.model.in_doubt(*scope);
        }
        match opened.1.destroy(&scopes) {
            Ok(_) => {
                self.all_durable(opened);
                for scope in &scopes {
                    self.model.destroyed(*scope);
                }
                self.dead_roots.extend(roots);
                let dead = &self.dead_roots;
                let alive = self.roots();
                assert!(
                    alive.iter().all(|root| !dead.contains(root)),
                    "the root was kept"
                );
            }
            Err(error) => self.not_done(&error, "destroying", opened),
        }
    }

    /// Some records are sealed anew under a matter, which outlives their authors, or under a channel's day.
    fn reseal(&mut self, opened: &mut Opened) {
        if self.model.log.is_empty() {
            return;
        }
        let mut positions: Vec<u64> = Vec::new();
        for _ in 0..self.chance.within(1, 12) {
            positions.push(self.chance.below(self.model.log.len() as u64));
        }
        let to = if self.chance.percent(70) {
            Scope::Matter(self.matter())
        } else {
            // Back among others: never of an author who may be forgotten.
            let model = &self.model;
            positions.retain(|position| {
                let author = model.log[*position as usize].author;
                model.fate(&Scope::Person(author)) == Fate::Alive
            });
            let (at_ms, channel) = (self.moment(), self.chance.below(3) as u8);
            Scope::channel_day(channel_id(channel), at_ms)
        };
        self.reseal_under(opened, &positions, to);
    }

    /// True when it was done.
    fn reseal_under(&mut self, opened: &Opened, positions: &[u64], to: Scope) -> bool {
        let fate = self.model.fate(&to);
        let outcome = opened.0.reseal(positions, to);
        if let Err(Error::Forgotten) = outcome {
            assert_ne!(fate, Fate::Alive, "a living key is refused");
            return false;
        }
        for position in positions {
            let known = self
                .model
                .content_is_there(&self.model.log[*position as usize]);
            let event = &mut self.model.log[*position as usize];
            let anew = Sealing::new(to, event.author);
            // One that is forgotten is passed over.
            if outcome.is_ok() && known == Some(true) {
                event.sealings = vec![anew];
            } else if known != Some(false) {
                event.sealings.push(anew);
            }
        }
        match outcome {
            Ok(_) => {
                assert_ne!(fate, Fate::Destroyed, "sealed under a destroyed key");
                true
            }
            Err(error) => {
                self.excused(&error, "resealing");
                false
            }
        }
    }

    /// Some records of a scope are forgotten, the others are sealed anew under a fresh key of the same scope.
    fn redact(&mut self, opened: &mut Opened) {
        let (at_ms, channel) = (self.moment(), self.chance.below(3) as u8);
        let scope = Scope::channel_day(channel_id(channel), at_ms);
        if self.model.fate(&scope) != Fate::Alive {
            return;
        }
        self.begin_batch();
        let generation = match opened.1.renew(scope) {
            Ok(generation) => generation,
            // It never had a key.
            Err(Error::Forgotten) if !opened.0.is_alive(&scope) => return self.all_durable(opened),
            Err(error) => return self.not_done(&error, "renewing a key", opened),
        };
        self.all_durable(opened);
        let mut victims = Vec::new();
        let mut others = Vec::new();
        for (position, event) in (0..).zip(&self.model.log) {
            if event.sealings.iter().any(|sealing| sealing.scope == scope) {
                let list = if self.chance.percent(30) {
                    &mut victims
                } else {
                    &mut others
                };
                list.push(position);
            }
        }
        if !self.reseal_under(opened, &others, scope) {
            return;
        }
        if !self.reseal_blobs(opened, scope) {
            return;
        }
        let keys = [(scope, generation)];
        let roots = self.roots();
        let destroyed = opened.1.destroy_keys(&keys, &[]);
        for position in victims {
            let event = &mut self.model.log[position as usize];
            let elsewhere = event.sealings.iter().any(|sealing| sealing.scope != scope);
            if destroyed.is_ok() && !elsewhere {
                event.forgotten = true;
            } else {
                event.unknown = true;
            }
        }
        for ((found, _), part) in &mut self.model.parts {
            if *found == scope {
                part.certain = false;
            }
        }
        match destroyed {
            Ok(()) => self.dead_roots.extend(roots),
            Err(error) => self.not_done(&error, "destroying old keys", opened),
        }
    }

    /// The scope's files go with its records: those that are finished are kept. True when it was done.
    fn reseal_blobs(&mut self, opened: &Opened, scope: Scope) -> bool {
        let (own, mut kept): (Vec<BlobState>, Vec<BlobState>) =
            std::mem::take(&mut self.model.blobs)
                .into_iter()
                .partition(|blob| blob.sealing.scope == scope);
        let mut is_done = true;
        for blob in own {
            let fate = self.model.fate_of(&blob.sealing.scopes());
            if fate == Fate::Alive && matches!(blob.stage, Stage::Finished(_)) {
                if let Err(error) = opened.0.blob_reseal(blob.id, scope) {
                    self.excused(&error, "resealing a file");
                    is_done = false;
                }
                kept.push(blob);
            } else if let Err(error) = opened.0.blob_delete(blob.id) {
                self.excused(&error, "dropping a file");
                is_done = false;
            }
        }
        self.model.blobs = kept;
        is_done
    }

    fn drop_forgotten(&mut self, opened: &mut Opened) {
        if let Err(error) = opened.0.drop_forgotten() {
            self.excused(&error, "dropping what is forgotten");
        }
    }

    /// Something that commits first has failed: what was sent is durable, or nothing more is.
    fn not_done(&mut self, error: &Error, doing: &str, opened: &mut Opened) {
        self.excused(error, doing);
        let size = opened.0.size() as usize;
        if size == self.model.log.len() + self.model.pushed_in_batches() {
            self.all_durable(opened);
        } else {
            assert!(opened.1.commit().is_err(), "it goes on committing");
        }
    }

    /// The root keys in their file, as the format describes it.
    fn roots(&self) -> Vec<Vec<u8>> {
        let bytes = self.disk.bytes_of(&self.options.dir.join("keys/root"));
        let slots = bytes.as_deref().unwrap_or_default().chunks(4096);
        slots
            .filter_map(|slot| Some(slot.get(18..50)?.to_vec()))
            .filter(|key| key.iter().any(|byte| *byte != 0))
            .collect()
    }
}

fn channel_id(channel: u8) -> Id {
    Id([channel + 1; 16])
}
