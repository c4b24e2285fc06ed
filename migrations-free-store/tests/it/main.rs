//! The store's promises, each kept through its public surface on a real directory.

mod backup;
mod blobs;
mod crash;
mod golden;
mod proofs;
mod props;
mod shred;
mod together;
mod views;

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use migrations_free_store::{
    Commitment, Id, NewRecord, Options, Progress, Pushed, Scope, Store, Writer,
};

pub const ORIGIN: &str = "chat.example.com/daylight";
/// 2026-11-22T00:00:00Z
pub const DAY_MS: u64 = 1_795_305_600_000;

pub fn options(dir: &Path) -> Options {
    Options {
        segment_bytes: 16 << 10,
        cache_bytes: 1 << 20,
        ..Options::new(dir, ORIGIN)
    }
}

pub fn open(dir: &Path) -> (Store, Writer) {
    Store::open(&options(dir), &mut |_| {}).expect("the directory opens")
}

/// Opens, and gives the warnings told meanwhile that concern the store's own files.
pub fn open_with_warnings(dir: &Path) -> (Store, Writer, Vec<String>) {
    let mut warnings = Vec::new();
    let (store, writer) = Store::open(&options(dir), &mut |progress| {
        if let Progress::Warning(text) = progress
            && !text.contains("overlay")
            && !text.contains("swap")
        {
            warnings.push(text);
        }
    })
    .expect("the directory opens");
    (store, writer, warnings)
}

pub fn id(n: u8) -> Id {
    Id([n; 16])
}

pub fn day(channel: u8, day_after: u32) -> Scope {
    Scope::channel_day(id(channel), DAY_MS + u64::from(day_after) * 86_400_000)
}

/// One message of a person in a channel.
pub struct Post<'a> {
    pub channel: u8,
    pub seq: u64,
    pub author: u8,
    pub at_ms: u64,
    pub text: &'a str,
}

impl Post<'_> {
    pub fn header(&self, commitment: &Commitment) -> String {
        let hash = URL_SAFE_NO_PAD.encode(commitment.hash);
        format!(
            r#"{{"v":1,"at":{},"channel_seq":{},"content_commitment":"{hash}"}}"#,
            self.at_ms, self.seq
        )
    }

    pub fn push(&self, writer: &mut Writer) -> Pushed {
        let commitment = Commitment::of(self.text.as_bytes());
        let mut tag = [self.channel; 16];
        tag[8..].copy_from_slice(&self.seq.to_be_bytes());
        let header = self.header(&commitment);
        let record = NewRecord {
            at_ms: self.at_ms,
            header: header.as_bytes(),
            content: Some((self.text.as_bytes(), &commitment)),
            scope: Scope::channel_day(id(self.channel), self.at_ms),
            author: Some(id(self.author)),
            place: Some((id(self.channel), self.seq)),
            tag: Some(tag),
        };
        writer.push(record).expect("pushed")
    }
}

/// Posts and commits one message in channel 1 by person 2.
pub fn say(writer: &mut Writer, seq: u64, text: &str) -> Pushed {
    let pushed = Post {
        channel: 1,
        seq,
        author: 2,
        at_ms: DAY_MS + seq,
        text,
    }
    .push(writer);
    writer.commit().expect("committed");
    pushed
}

pub fn hex(bytes: &[u8; 32]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

pub fn text_at(store: &Store, position: u64) -> Option<String> {
    let record = store.read(position).expect("readable");
    let content = record.content.as_ref().expect("has content").bytes()?;
    Some(String::from_utf8(content.to_vec()).expect("text"))
}

pub fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("listed") {
        let entry = entry.expect("listed");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("known").is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

pub fn files_in(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).expect("listed") {
            let path = entry.expect("listed").path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

pub fn segments(dir: &Path) -> Vec<PathBuf> {
    let files = files_in(&dir.join("log"));
    files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ext| ext == "seg"))
        .collect()
}

#[test]
fn what_is_committed_is_read_back_in_every_way_there_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    let mut texts = Vec::new();
    for n in 0..300_u64 {
        let (channel, seq) = ((n % 3) as u8, n / 3 + 1);
        let text = format!("message {n} of channel {channel}");
        let at_ms = DAY_MS + n * 1000;
        Post {
            channel,
            seq,
            author: (n % 5) as u8,
            at_ms,
            text: &text,
        }
        .push(&mut writer);
        texts.push(text);
        if n % 7 == 0 {
            writer.commit().expect("committed");
        }
    }
    assert!(store.size() < 300, "what is not committed is not readable");
    writer.commit().expect("committed");
    assert_eq!((store.size(), writer.next()), (300, 300));
    let mut opened = (store, writer);
    for _ in 0..2 {
        let store = &opened.0;
        assert!(segments(dir.path()).len() > 3, "several segments");
        let scanned: Vec<_> = store
            .scan(0, u64::MAX)
            .map(|record| record.expect("readable"))
            .collect();
        assert_eq!(scanned.len(), 300);
        for (n, record) in scanned.iter().enumerate() {
            assert_eq!(
                record.content.as_ref().and_then(|part| part.bytes()),
                Some(texts[n].as_bytes())
            );
            assert_eq!(
                migrations_free_store::verify::verify_record(record),
                Some(true)
            );
            assert_eq!(*record, store.read(n as u64).expect("readable"));
            let tag = record.tag.expect("tagged");
            assert_eq!(store.find_tag(tag, 0).expect("looked up"), Some(n as u64));
        }
        let places: Vec<_> = scanned
            .iter()
            .map(|r| (r.position, r.at_ms, r.place))
            .collect();
        for (from, to) in [(0, u64::MAX), (0, 1), (17, 231), (299, 300), (300, 300)] {
            let within = |position: &u64| (from..to).contains(position);
            let mut seen = Vec::new();
            store
                .scan_places(from, to, &mut |position, at_ms, place| {
                    seen.push((position, at_ms, place));
                })
                .expect("readable");
            assert!(
                seen.iter()
                    .eq(places.iter().filter(|(position, ..)| within(position)))
            );
            for channel in [id(1), id(2), id(99)] {
                let mut scan = store.scan_channel(channel, from, to);
                let mut own = Vec::new();
                loop {
                    let batch = scan.batch().expect("readable");
                    if batch.is_empty() {
                        break;
                    }
                    own.extend(batch);
                }
                let due = scanned.iter().filter(|record| {
                    within(&record.position) && record.place.is_none_or(|(its, _)| its == channel)
                });
                assert!(own.iter().eq(due), "{from}..{to} of {channel:?}");
            }
        }
        let shuffled: Vec<u64> = (0..300).map(|n| n * 77 % 300).collect();
        let many = store.read_many(&shuffled).expect("readable");
        assert!(
            many.iter()
                .zip(&shuffled)
                .all(|(record, position)| record.position == *position)
        );
        for (from, to) in [
            (1, 100),
            (1, 1),
            (50, 60),
            (100, 200),
            (101, 200),
            (0, u64::MAX),
            (60, 50),
        ] {
            let page = store.channel_page(id(1), from, to).expect("readable");
            let seqs: Vec<u64> = page
                .iter()
                .filter_map(|record| Some(record.place?.1))
                .collect();
            assert_eq!(seqs, (from.max(1)..=to.min(100)).collect::<Vec<_>>());
        }
        assert_eq!(store.find_tag([9; 16], 0).expect("looked up"), None);
        assert_eq!(
            store
                .find_tag(scanned[0].tag.expect("tagged"), u64::MAX)
                .expect("looked up"),
            None
        );
        assert!(
            store
                .channel_range(id(99), 0, u64::MAX)
                .expect("looked up")
                .is_empty()
        );
        assert!(matches!(
            store.read(300),
            Err(migrations_free_store::Error::NotFound)
        ));
        assert_eq!(store.records_in(day(1, 0)).expect("listed").len(), 100);
        assert_eq!(
            store
                .records_in(Scope::Person(id(4)))
                .expect("listed")
                .len(),
            60
        );
        assert_eq!(
            store
                .records_in(Scope::audit(DAY_MS))
                .expect("listed")
                .len(),
            300
        );
        drop(opened);
        opened = open(dir.path());
    }
}

#[test]
fn a_directory_has_one_owner_and_one_origin() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, writer) = open(dir.path());
    let again = Store::open(&options(dir.path()), &mut |_| {}).map(|_| ());
    assert!(matches!(
        again,
        Err(migrations_free_store::Error::Locked { .. })
    ));
    drop((store, writer));
    let other = Options {
        origin: "other.example.com/daylight".into(),
        ..options(dir.path())
    };
    let again = Store::open(&other, &mut |_| {}).map(|_| ());
    assert!(matches!(
        again,
        Err(migrations_free_store::Error::WrongKey { .. })
    ));
    open(dir.path());
}

#[test]
fn what_is_refused_leaves_the_batch_as_it_was() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    say(&mut writer, 5, "first");
    let large = vec![b'x'; migrations_free_store::HEADER_BYTES_MAX + 1];
    let mut record = NewRecord {
        at_ms: DAY_MS,
        header: &large,
        content: None,
        scope: day(1, 0),
        author: None,
        place: None,
        tag: None,
    };
    assert_eq!(
        writer.push(record.clone()).map_err(|error| error.code()),
        Err("store_too_large")
    );
    record.header = b"{}";
    record.place = Some((id(1), 5));
    assert_eq!(
        writer.push(record.clone()).map_err(|error| error.code()),
        Err("store_refused")
    );
    record.place = Some((id(1), 6));
    writer.push(record.clone()).expect("pushed");
    assert_eq!(
        writer.push(record).map_err(|error| error.code()),
        Err("store_refused")
    );
    writer.commit().expect("committed");
    assert_eq!(store.size(), 2);
    assert_eq!(store.channel_last_seq(id(1)), Some(6));
    assert_eq!(text_at(&store, 0).as_deref(), Some("first"));
}

#[test]
fn a_named_secret_is_made_once_and_outlives_every_change_of_root() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    let (cursor, pepper) = (
        store.secret("cursor").expect("made"),
        store.secret("pepper").expect("made"),
    );
    assert_ne!(cursor, pepper);
    say(&mut writer, 1, "gone soon");
    writer.destroy(&[day(1, 0)]).expect("destroyed");
    assert_eq!(store.secret("cursor").expect("kept"), cursor);
    drop((store, writer));
    let (store, _writer) = open(dir.path());
    assert_eq!(store.secret("cursor").expect("kept"), cursor);
    assert_eq!(store.secret("pepper").expect("kept"), pepper);
}

#[test]
fn a_full_disk_is_told_as_such_and_nothing_acknowledged_is_lost() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    say(&mut writer, 1, "kept");
    // The kernel's own ENOSPC: the file after the next leads to a device that is always full.
    let log = dir.path().join("log");
    while !log.join("next.ready").exists() {
        std::thread::yield_now();
    }
    std::os::unix::fs::symlink("/dev/full", log.join("next.new")).expect("linked");
    let text = "x".repeat(1000);
    let mut said = 1;
    let outcome = loop {
        Post {
            channel: 1,
            seq: said + 1,
            author: 2,
            at_ms: DAY_MS,
            text: &text,
        }
        .push(&mut writer);
        match writer.commit() {
            Ok(()) => said += 1,
            Err(error) => break error,
        }
        assert!(said < 1000, "the disk never filled");
    };
    assert_eq!(outcome.code(), "store_disk_full", "{outcome}");
    assert_eq!(
        writer.commit().map_err(|error| error.code()),
        Err("store_poisoned")
    );
    assert_eq!(store.size(), said);
    drop((store, writer));
    let (store, _writer) = open(dir.path());
    assert_eq!(store.size(), said);
    assert_eq!(text_at(&store, 0).as_deref(), Some("kept"));
}

/// Forgets some records and files of a scope, and nothing else of it.
pub fn redact(store: &Store, writer: &mut Writer, scope: Scope, victims: &[u64], files: &[Id]) {
    let below = writer.renew(scope).expect("renewed");
    let mut others = Vec::new();
    store
        .scan_scope(scope, &mut |clear| {
            if clear.generation < below && !victims.contains(&clear.position) {
                others.push(clear.position);
            }
        })
        .expect("scanned");
    store.reseal(&others, scope).expect("resealed");
    for blob in store.blobs_in(scope).expect("listed") {
        if !files.contains(&blob) {
            store.blob_reseal(blob, scope).expect("resealed");
        }
    }
    writer
        .destroy_keys(&[(scope, below)], files)
        .expect("destroyed");
}
