//! What is destroyed is nowhere on disk, what is not destroyed still reads, and no proof changes.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use migrations_free_store::verify::{verify_data, verify_inclusion};
use migrations_free_store::{Commitment, Error, NewRecord, Part, Record, Scope, Store, Totals};

use crate::{DAY_MS, Post, day, files_in, id, open, redact, say, segments, text_at};

/// True when any file under the directory has these bytes in it.
fn is_on_disk(dir: &Path, bytes: &[u8]) -> bool {
    assert!(bytes.len() >= 12, "shorter would be found by chance");
    files_in(dir).iter().any(|path| {
        let content = fs::read(path).expect("read");
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

/// The 32-byte stretches of every file in a folder that could be a key, wrapped or not.
fn key_material(dir: &Path) -> HashSet<Vec<u8>> {
    let mut stretches = HashSet::new();
    for path in files_in(dir) {
        let bytes = fs::read(path).expect("read");
        // Names of slots stand in clear and stay; with their surroundings they never fill 32 bytes.
        let full = bytes
            .windows(32)
            .filter(|window| window.iter().filter(|byte| **byte != 0).count() > 28);
        stretches.extend(full.map(<[u8]>::to_vec));
    }
    stretches
}

fn salts(record: &Record) -> Vec<Vec<u8>> {
    [record.header_salt, record.content_salt]
        .into_iter()
        .flatten()
        .map(|salt| salt.to_vec())
        .collect()
}

/// The record's sealed salt and content as they lie in its segment: see docs/FORMATS.md.
fn sealed_content(dir: &Path, record: &Record) -> Vec<u8> {
    let leaf_at = 16;
    let content = record.content.as_ref().and_then(Part::bytes);
    let length = content.expect("content").len();
    for path in segments(dir) {
        let bytes = fs::read(path).expect("read");
        let found = bytes.windows(32).position(|window| window == record.leaf);
        if let Some(start) = found.map(|at| at - leaf_at) {
            let size = u32::from_be_bytes(bytes[start..start + 4].try_into().expect("four"));
            let tag_at = start + size as usize - 4 - 16;
            return bytes[tag_at - length - 32..tag_at].to_vec();
        }
    }
    panic!("the record is in no segment");
}

#[test]
fn after_a_destruction_no_file_has_the_text_its_salt_or_its_key_and_neighbours_still_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    let secret = "the merger is signed on Friday";
    for n in 0..90_u64 {
        let (channel, seq) = (1 + (n % 3) as u8, n / 3 + 1);
        // The same words in two channels: only one of them is forgotten.
        let text = if n % 3 < 2 {
            format!("{secret}, {seq}")
        } else {
            format!("lunch at {seq}")
        };
        Post {
            channel,
            seq,
            author: (n % 4) as u8,
            at_ms: DAY_MS + n,
            text: &text,
        }
        .push(&mut writer);
        if n % 10 == 9 {
            writer.commit().expect("committed");
        }
    }
    let mut blob = store.blob_writer(day(1, 0), id(2)).expect("begun");
    blob.write(b"the contract, as a file of some length")
        .expect("written");
    let blob = blob.finish().expect("finished");
    store
        .seal(day(1, 0), "search", b"the terms: merger, Friday")
        .expect("sealed");
    store
        .seal(day(2, 0), "search", b"the terms of channel two")
        .expect("sealed");
    let signed = writer.sign_checkpoint().expect("signed");
    let before: Vec<Record> = store
        .scan(0, 90)
        .map(|record| record.expect("readable"))
        .collect();
    let proofs: Vec<_> = (0..90)
        .map(|position| store.inclusion(position, 90).expect("proved"))
        .collect();
    let keys_before = key_material(&dir.path().join("keys"));
    assert!(
        !is_on_disk(dir.path(), secret.as_bytes()),
        "it was sealed all along"
    );

    let planned = store.scope_totals(day(1, 0)).expect("planned");
    assert_eq!((planned.records, planned.blobs, planned.parts), (30, 1, 1));
    let sealed: Vec<Vec<u8>> = before
        .iter()
        .map(|record| sealed_content(dir.path(), record))
        .collect();
    let destroyed = writer.destroy(&[day(1, 0)]).expect("destroyed");
    assert_eq!(destroyed, planned, "executed as planned");
    let again = writer.destroy(&[day(1, 0)]).expect("destroyed");
    assert_eq!(again, Totals::default(), "a second time nothing is left");
    let bytes = store.log_bytes();
    assert_eq!(store.drop_forgotten().expect("dropped"), 30);
    assert_eq!(store.drop_forgotten().expect("dropped"), 0);
    assert!(store.log_bytes() < bytes, "the log is shorter");
    for (record, sealed) in before.iter().zip(&sealed) {
        let is_kept = record.place.expect("placed").0 != id(1);
        assert_eq!(is_on_disk(dir.path(), sealed), is_kept, "even sealed");
    }

    let look = |store: &Store| {
        for (record, proof) in before.iter().zip(&proofs) {
            let now = store.read(record.position).expect("readable");
            if record.place.expect("placed").0 == id(1) {
                assert_eq!(
                    (&now.content, now.content_salt),
                    (&Some(Part::Forgotten), None)
                );
                assert_eq!((&now.header, now.leaf), (&record.header, record.leaf));
            } else {
                assert_eq!(now, *record);
            }
            verify_inclusion(&now.leaf, now.position, 90, &signed.root, proof)
                .expect("the old proof holds");
        }
        assert_eq!(store.root(90).expect("computed"), signed.root);
        assert!(matches!(
            store.blob_read(blob.id, 0..9),
            Err(Error::NotFound)
        ));
        assert!(matches!(store.unseal(day(1, 0), "search"), Ok(None)));
        assert!(matches!(
            store.seal(day(1, 0), "search", b"late"),
            Err(Error::Forgotten)
        ));
        assert!(matches!(
            store.blob_writer(day(1, 0), id(2)),
            Err(Error::Forgotten)
        ));
        assert!(store.unseal(day(2, 0), "search").expect("there").is_some());
        assert!(!store.is_alive(&day(1, 0)) && store.is_alive(&day(2, 0)));
    };
    look(&store);
    drop((store, writer));
    let (store, writer) = open(dir.path());
    look(&store);
    for salt in before.iter().flat_map(salts) {
        assert!(!is_on_disk(dir.path(), &salt), "a salt lies in clear");
    }
    // No stretch of the old keyring, wrapped keys and root, is anywhere any more: stale copies are dead too.
    let now = key_material(dir.path());
    let kept = keys_before
        .iter()
        .filter(|stretch| now.contains(*stretch))
        .count();
    assert_eq!(kept, 0, "stretches of key material survived");
    drop((store, writer));
    let report = verify_data(dir.path(), &mut |_| {}).expect("looked");
    assert_eq!(
        (
            report.first_fault,
            report.contents_forgotten,
            report.contents_checked
        ),
        (None, 30, 60)
    );

    // The scan would have found it: on a copy where one text is not sealed, it does.
    let copy = tempfile::tempdir().expect("a folder");
    crate::copy_dir(dir.path(), copy.path());
    let segment = &segments(copy.path())[0];
    let mut bytes = fs::read(segment).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle..middle + secret.len()].copy_from_slice(secret.as_bytes());
    fs::write(segment, bytes).expect("written");
    assert!(is_on_disk(copy.path(), secret.as_bytes()));
}

#[test]
fn a_stolen_copy_of_the_old_log_opens_nothing_with_the_new_keyring() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    say(&mut writer, 1, "to be forgotten");
    drop((store, writer));
    let old = tempfile::tempdir().expect("a folder");
    crate::copy_dir(dir.path(), old.path());
    let (store, mut writer) = open(dir.path());
    writer.destroy(&[day(1, 0)]).expect("destroyed");
    drop((store, writer));
    // The old log and the old ring file beside the new root: nothing opens.
    fs::copy(dir.path().join("keys/root"), old.path().join("keys/root")).expect("copied");
    let refused = Store::open(&crate::options(old.path()), &mut |_| {}).map(|_| ());
    assert!(matches!(
        refused,
        Err(Error::Damaged { .. } | Error::WrongKey { .. })
    ));
    // The old log beside the whole new keyring: it opens, and the text is forgotten.
    fs::remove_dir_all(old.path().join("keys")).expect("removed");
    crate::copy_dir(&dir.path().join("keys"), &old.path().join("keys"));
    assert_eq!(text_at(&open(old.path()).0, 0), None);
}

#[test]
fn erasing_a_person_forgets_what_they_wrote_everywhere_and_nothing_else() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    for n in 0..60_u64 {
        let (channel, seq, author) = (1 + (n % 2) as u8, n / 2 + 1, 1 + (n % 3) as u8);
        Post {
            channel,
            seq,
            author,
            at_ms: DAY_MS + n,
            text: "words of someone",
        }
        .push(&mut writer);
    }
    let commitment = Commitment::of(b"a profile");
    let header = format!(
        "{{\"content_commitment\":\"{}\"}}",
        crate::hex(&commitment.hash)
    );
    let profile = NewRecord {
        at_ms: DAY_MS,
        header: header.as_bytes(),
        content: Some((b"a profile", &commitment)),
        scope: Scope::Person(id(1)),
        // An administrator wrote it; erasing that administrator must not forget this person's name.
        author: Some(id(3)),
        place: None,
        tag: None,
    };
    writer.push(profile).expect("pushed");
    writer.commit().expect("committed");
    let mut file = store.blob_writer(day(1, 0), id(3)).expect("begun");
    file.write(b"a file of the third person").expect("written");
    let file = file.finish().expect("finished");
    let planned = store.scope_totals(Scope::Person(id(3))).expect("planned");
    assert_eq!((planned.records, planned.blobs), (20, 1));
    let destroyed = writer.destroy(&[Scope::Person(id(3))]).expect("destroyed");
    assert_eq!(destroyed, planned);
    assert!(matches!(
        store.blob_read(file.id, 0..9),
        Err(Error::NotFound)
    ));
    for position in 0..60 {
        assert_eq!(
            text_at(&store, position).is_none(),
            position % 3 == 2,
            "{position}"
        );
    }
    assert_eq!(text_at(&store, 60).as_deref(), Some("a profile"));
    let late = Commitment::of(b"late");
    let refused = writer.push(NewRecord {
        at_ms: DAY_MS,
        header: b"{}",
        content: Some((b"late", &late)),
        scope: day(1, 0),
        author: Some(id(3)),
        place: None,
        tag: None,
    });
    assert!(
        matches!(refused, Err(Error::Forgotten)),
        "nothing new is sealed under a destroyed key"
    );
    writer.destroy(&[Scope::Person(id(1))]).expect("destroyed");
    assert_eq!(text_at(&store, 60), None);
    drop((store, writer));
    assert_eq!(
        verify_data(dir.path(), &mut |_| {})
            .expect("looked")
            .first_fault,
        None
    );
}

#[test]
fn what_a_matter_holds_outlives_its_day_its_author_and_any_crash() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    for seq in 1..=100 {
        say(&mut writer, seq, &format!("message {seq}"));
    }
    let signed = writer.sign_checkpoint().expect("signed");
    let matter = Scope::Matter(id(9));
    let held: Vec<u64> = (0..100).filter(|position| position % 7 == 0).collect();
    let before = store.read_many(&held).expect("readable");
    assert_eq!(
        store.reseal(&held, matter).expect("resealed"),
        held.len() as u64
    );
    assert_eq!(
        store.reseal(&held, matter).expect("resealed"),
        0,
        "a second time there is nothing to do"
    );
    assert_eq!(store.records_in(matter).expect("listed"), held);
    assert_eq!(
        store.records_in(day(1, 0)).expect("listed").len(),
        100 - held.len()
    );
    writer
        .destroy(&[day(1, 0), Scope::Person(id(2))])
        .expect("destroyed");
    for position in 0..100 {
        assert_eq!(
            text_at(&store, position).is_some(),
            position % 7 == 0,
            "{position}"
        );
    }
    let after = store.read_many(&held).expect("readable");
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(
            (&before.content, before.content_salt),
            (&after.content, after.content_salt)
        );
        assert_eq!(
            (before.leaf, &before.header, after.scope),
            (after.leaf, &after.header, matter)
        );
    }
    assert_eq!(store.root(100).expect("computed"), signed.root);
    writer.destroy(&[matter]).expect("destroyed");
    assert_eq!(text_at(&store, 0), None);
    drop((store, writer));
    assert_eq!(
        verify_data(dir.path(), &mut |_| {})
            .expect("looked")
            .first_fault,
        None
    );
}

#[test]
fn a_redaction_forgets_one_record_and_keeps_its_day() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    for seq in 1..=50 {
        say(&mut writer, seq, &format!("message {seq}"));
    }
    let file = |words: &[u8]| {
        let mut file = store.blob_writer(day(1, 0), id(2)).expect("begun");
        file.write(words).expect("written");
        file.finish().expect("finished").id
    };
    let (leaked, kept) = (file(b"the leaked file"), file(b"the kept file"));
    store.seal(day(1, 0), "search", b"terms").expect("sealed");
    let signed = writer.sign_checkpoint().expect("signed");
    redact(&store, &mut writer, day(1, 0), &[7], &[leaked]);
    assert_eq!(store.drop_forgotten().expect("dropped"), 1);
    assert!(matches!(store.unseal(day(1, 0), "search"), Ok(None)));
    // The day goes on, under its new key.
    say(&mut writer, 51, "after the redaction");
    drop(store);
    drop(writer);
    let (store, mut writer) = open(dir.path());
    for position in 0..51 {
        assert_eq!(
            text_at(&store, position).is_none(),
            position == 7,
            "{position}"
        );
    }
    assert!(store.blob_read(leaked, 0..9).is_err());
    assert!(store.blob_read(kept, 0..9).is_ok());
    assert_eq!(store.root(50).expect("computed"), signed.root);
    redact(&store, &mut writer, day(1, 0), &[8], &[]);
    assert_eq!(
        (text_at(&store, 8), text_at(&store, 9).is_some()),
        (None, true)
    );
    writer.destroy(&[day(1, 0)]).expect("destroyed");
    assert!((0..51).all(|position| text_at(&store, position).is_none()));
    drop((store, writer));
    assert_eq!(
        verify_data(dir.path(), &mut |_| {})
            .expect("looked")
            .first_fault,
        None
    );
}

#[test]
fn an_audit_month_forgets_its_headers_and_the_tree_still_stands() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    say(&mut writer, 1, "in November");
    let december = DAY_MS + 20 * 86_400_000;
    Post {
        channel: 1,
        seq: 2,
        author: 2,
        at_ms: december,
        text: "in December",
    }
    .push(&mut writer);
    writer.commit().expect("committed");
    let root = writer.sign_checkpoint().expect("signed").root;
    let destroyed = writer.destroy(&[Scope::audit(DAY_MS)]).expect("destroyed");
    assert_eq!(destroyed.records, 1);
    assert_eq!(store.drop_forgotten().expect("dropped"), 1);
    let record = store.read(0).expect("readable");
    assert_eq!((record.header, record.header_salt), (Part::Forgotten, None));
    assert!(store.read(1).expect("readable").header.bytes().is_some());
    assert_eq!(store.root(2).expect("computed"), root);
    let proof = store.inclusion(0, 2).expect("proved");
    verify_inclusion(&record.leaf, 0, 2, &root, &proof).expect("holds");
}
