//! Bytes written by every released version open for ever. `fixtures/` is added to and never edited.

use std::path::{Path, PathBuf};

use migrations_free_store::verify::{verify_data, verify_record};
use migrations_free_store::{Commitment, NewRecord, Part, Record, Scope, Store, Writer};

use crate::{DAY_MS, Post, copy_dir, day, id, open, redact};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

fn text(n: u64) -> String {
    format!(
        "golden message {n}: ä, 水, 🌅 {}",
        "~".repeat((n % 40) as usize)
    )
}

const MESSAGES: u64 = 24;

/// Everything a version 1 record can be: every field absent and present, resealed, redacted, forgotten.
fn write_v1(store: &Store, writer: &mut Writer) {
    for n in 0..MESSAGES {
        let (channel, author) = (1 + (n % 2) as u8, 1 + (n % 3) as u8);
        Post {
            channel,
            seq: n / 2 + 1,
            author,
            at_ms: DAY_MS + n,
            text: &text(n),
        }
        .push(writer);
        if n % 5 == 0 {
            writer.commit().expect("committed");
        }
    }
    let commitment = Commitment::of(b"a profile");
    let hex = crate::hex(&commitment.hash);
    let header = format!("{{\"content_commitment\":\"{hex}\"}}");
    let bare = NewRecord {
        at_ms: DAY_MS,
        header: b"{\"bare\":true}",
        content: None,
        scope: Scope::audit(DAY_MS),
        author: None,
        place: None,
        tag: None,
    };
    writer.push(bare.clone()).expect("pushed");
    let content = Some((&b"a profile"[..], &commitment));
    writer
        .push(NewRecord {
            header: header.as_bytes(),
            content,
            scope: Scope::Person(id(7)),
            ..bare
        })
        .expect("pushed");
    writer.commit().expect("committed");
    store
        .reseal(&[0, 2, 4], Scope::Matter(id(9)))
        .expect("resealed");
    redact(store, writer, day(1, 0), &[6], &[]);
    writer.destroy(&[day(2, 0)]).expect("destroyed");
    let mut blob = store.blob_writer(day(1, 0), id(1)).expect("begun");
    blob.write(b"a golden file").expect("written");
    blob.finish().expect("finished");
    store
        .seal(day(1, 0), "search", b"golden terms")
        .expect("sealed");
    writer.sign_checkpoint().expect("signed");
}

fn expected_text(n: u64) -> Option<String> {
    (n.is_multiple_of(2) && n != 6).then(|| text(n))
}

/// Writes `fixtures/v1` anew; run by hand, once in a version's life:
/// `cargo test -p migrations-free-store --test it -- --ignored write_the_golden_directory`
#[test]
#[ignore = "it writes a fixture"]
fn write_the_golden_directory() {
    let target = fixture("v1");
    assert!(
        !target.exists(),
        "a released version's bytes are never written again"
    );
    let dir = tempfile::tempdir().expect("a folder");
    let options = migrations_free_store::Options {
        segment_bytes: 4 << 10,
        ..crate::options(dir.path())
    };
    let (store, mut writer) = Store::open(&options, &mut |_| {}).expect("the directory opens");
    write_v1(&store, &mut writer);
    drop((store, writer));
    for part in ["keys", "log", "tree", "blobs", "parts"] {
        copy_dir(&dir.path().join(part), &target.join(part));
    }
    let _ = std::fs::remove_file(target.join("log/next.ready"));
}

#[test]
fn a_directory_of_version_1_opens_and_every_record_reads() {
    let dir = tempfile::tempdir().expect("a folder");
    copy_dir(&fixture("v1"), dir.path());
    let report = verify_data(dir.path(), &mut |_| {}).expect("looked");
    assert_eq!((report.first_fault, report.size), (None, MESSAGES + 2));
    assert_eq!(
        report.checkpoint.map(|checkpoint| checkpoint.size),
        Some(MESSAGES + 2)
    );
    let (store, mut writer) = open(dir.path());
    assert_eq!(
        store.root(MESSAGES + 2).expect("computed"),
        store.checkpoint().root
    );
    let records: Vec<Record> = store
        .scan(0, u64::MAX)
        .map(|record| record.expect("readable"))
        .collect();
    for n in 0..MESSAGES {
        let record = &records[n as usize];
        let content = record.content.clone().expect("has content");
        let expected =
            expected_text(n).map_or(Part::Forgotten, |text| Part::Bytes(text.into_bytes()));
        assert_eq!(content, expected, "at {n}");
        assert_eq!(record.place, Some((id(1 + (n % 2) as u8), n / 2 + 1)));
        assert_eq!(
            (record.at_ms, record.author),
            (DAY_MS + n, Some(id(1 + (n % 3) as u8)))
        );
        assert!(record.tag.is_some() && verify_record(record) == Some(true));
    }
    assert_eq!(records[0].scope, Scope::Matter(id(9)));
    let bare = &records[MESSAGES as usize];
    assert_eq!(bare.header, Part::Bytes(b"{\"bare\":true}".to_vec()));
    assert_eq!(
        (&bare.content, bare.author, bare.place, bare.tag),
        (&None, None, None, None)
    );
    let profile = &records[MESSAGES as usize + 1];
    assert_eq!(profile.content, Some(Part::Bytes(b"a profile".to_vec())));
    let blobs = store.blobs_in(day(1, 0)).expect("listed");
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(
        &mut store.blob_read(blobs[0], 0..u64::MAX).expect("there"),
        &mut bytes,
    )
    .expect("read");
    assert_eq!(bytes, b"a golden file");
    assert_eq!(
        store.unseal(day(1, 0), "search").expect("there").as_deref(),
        Some(&b"golden terms"[..])
    );
    // And it goes on: an old directory takes new events.
    Post {
        channel: 1,
        seq: 1000,
        author: 1,
        at_ms: DAY_MS,
        text: "today",
    }
    .push(&mut writer);
    writer.commit().expect("committed");
    writer.sign_checkpoint().expect("signed");
    assert_eq!(
        crate::text_at(&store, MESSAGES + 2).as_deref(),
        Some("today")
    );
}
