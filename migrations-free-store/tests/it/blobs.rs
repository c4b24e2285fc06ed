//! Files: sealed in chunks, resumable, bound to their scope, and never given out with a byte changed.

use std::fs;
use std::io::Read;

use migrations_free_store::{Error, Scope, Store};
use sha2::{Digest, Sha256};

use crate::{day, files_in, id, open};

const CHUNK: usize = 64 << 10;

fn bytes_of(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 % 251) as u8).collect()
}

fn read(
    store: &Store,
    id: migrations_free_store::Id,
    range: std::ops::Range<u64>,
) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    store
        .blob_read(id, range)
        .expect("there")
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[test]
fn a_file_of_any_length_reads_back_in_any_range_and_proves_itself() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, _writer) = open(dir.path());
    for length in [
        0,
        1,
        CHUNK - 1,
        CHUNK,
        CHUNK + 1,
        3 * CHUNK,
        3 * CHUNK + 777,
    ] {
        let bytes = bytes_of(length);
        let mut writer = store.blob_writer(day(1, 0), id(2)).expect("begun");
        for piece in bytes.chunks(10_000) {
            writer.write(piece).expect("written");
        }
        let blob = writer.finish().expect("finished");
        assert_eq!(blob.len, length as u64);
        let salted = [
            &b"daylight/blob/v1"[..],
            &blob.commitment.salt,
            &bytes,
            &blob.len.to_be_bytes(),
        ]
        .concat();
        assert_eq!(blob.commitment.hash[..], Sha256::digest(salted)[..]);
        assert_eq!(read(&store, blob.id, 0..u64::MAX).expect("read"), bytes);
        let (from, to) = (length / 3, length - length / 4);
        assert_eq!(
            read(&store, blob.id, from as u64..to as u64).expect("read"),
            bytes[from..to]
        );
        assert_eq!(
            read(&store, blob.id, u64::MAX - 1..u64::MAX).expect("read"),
            b""
        );
        let reader = store.blob_read(blob.id, 0..1).expect("there");
        assert_eq!(
            (reader.blob_len(), reader.commitment()),
            (blob.len, blob.commitment)
        );
    }
    assert_eq!(store.blobs_in(day(1, 0)).expect("listed").len(), 7);
    assert_eq!(
        store.blobs_in(Scope::Person(id(2))).expect("listed").len(),
        7
    );
    assert!(store.blobs_in(day(1, 1)).expect("listed").is_empty());
}

#[test]
fn an_upload_cut_short_goes_on_where_it_was_and_commits_to_the_same_bytes() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, owner) = open(dir.path());
    let bytes = bytes_of(2 * CHUNK + 5000);
    let mut writer = store.blob_writer(day(1, 0), id(2)).expect("begun");
    let id = writer.id();
    writer.write(&bytes[..CHUNK + 100]).expect("written");
    writer.suspend().expect("suspended");
    assert!(
        matches!(store.blob_read(id, 0..1), Err(Error::NotFound)),
        "not finished, not readable"
    );
    drop((store, owner));
    let (store, _owner) = open(dir.path());
    let mut writer = store.blob_resume(id).expect("resumed");
    assert_eq!(writer.len(), CHUNK as u64 + 100);
    writer
        .write(&bytes[CHUNK + 100..2 * CHUNK + 10])
        .expect("written");
    // Dropped as by a crash: whole chunks stay, the rest is sent again.
    drop(writer);
    let mut writer = store.blob_resume(id).expect("resumed");
    assert_eq!(writer.len(), 2 * CHUNK as u64);
    writer.write(&bytes[2 * CHUNK..]).expect("written");
    let blob = writer.finish().expect("finished");
    let salted = [
        &b"daylight/blob/v1"[..],
        &blob.commitment.salt,
        &bytes,
        &blob.len.to_be_bytes(),
    ]
    .concat();
    assert_eq!(blob.commitment.hash[..], Sha256::digest(salted)[..]);
    assert_eq!(read(&store, id, 0..u64::MAX).expect("read"), bytes);
    assert!(matches!(store.blob_resume(id), Err(Error::NotFound)));
    store.blob_delete(id).expect("deleted");
    assert!(matches!(store.blob_read(id, 0..1), Err(Error::NotFound)));
    assert!(store.blobs_in(day(1, 0)).expect("listed").is_empty());
}

#[test]
fn a_file_with_a_bit_changed_a_chunk_swapped_or_its_end_cut_gives_an_error_and_no_wrong_byte() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, _owner) = open(dir.path());
    let bytes = bytes_of(2 * CHUNK + 100);
    let mut writer = store.blob_writer(day(1, 0), id(2)).expect("begun");
    writer.write(&bytes).expect("written");
    let blob = writer.finish().expect("finished");
    let name = blob.id.to_string();
    let path = files_in(&dir.path().join("blobs"))
        .into_iter()
        .find(|path| path.ends_with(&name) && fs::metadata(path).is_ok_and(|found| found.len() > 0))
        .expect("its file");
    let whole = fs::read(&path).expect("read");
    let attempt = |changed: &[u8]| {
        fs::write(&path, changed).expect("written");
        let mut read = Vec::new();
        let outcome = match store.blob_read(blob.id, 0..u64::MAX) {
            Ok(mut reader) => reader.read_to_end(&mut read).map(|_| ()).map_err(|_| ()),
            Err(_) => Err(()),
        };
        assert!(bytes.starts_with(&read), "a wrong byte was given out");
        outcome
    };
    assert!(attempt(&whole).is_ok());
    let sealed_chunk = CHUNK + 28;
    let header = whole.len() - 68 - (100 + 28) - 2 * sealed_chunk;
    for at in (0..header)
        .chain((header..whole.len()).step_by(997))
        .chain(whole.len() - 68..whole.len())
    {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert!(attempt(&changed).is_err(), "{at}");
    }
    let mut swapped = whole.clone();
    swapped.copy_within(header..header + sealed_chunk, header + sealed_chunk);
    swapped[header..header + sealed_chunk]
        .copy_from_slice(&whole[header + sealed_chunk..header + 2 * sealed_chunk]);
    assert!(attempt(&swapped).is_err());
    for length in [
        0,
        10,
        header,
        header + sealed_chunk,
        whole.len() - 68,
        whole.len() - 1,
    ] {
        assert!(attempt(&whole[..length]).is_err(), "{length}");
    }
    let without_middle = [
        &whole[..header + sealed_chunk],
        &whole[header + 2 * sealed_chunk..],
    ]
    .concat();
    assert!(attempt(&without_middle).is_err());
}

#[test]
fn a_file_resealed_for_a_matter_outlives_its_day_and_its_author() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut owner) = open(dir.path());
    let bytes = bytes_of(CHUNK + 9);
    let mut writer = store.blob_writer(day(1, 0), id(2)).expect("begun");
    writer.write(&bytes).expect("written");
    let blob = writer.finish().expect("finished");
    let matter = Scope::Matter(id(9));
    store.blob_reseal(blob.id, matter).expect("resealed");
    assert_eq!(store.blobs_in(matter).expect("listed"), [blob.id]);
    assert!(store.blobs_in(day(1, 0)).expect("listed").is_empty());
    // A marker left behind by a crash must not take the held file with it.
    let marker = dir
        .path()
        .join("blobs/in")
        .join(day(1, 0).to_string().replace('/', "_"));
    fs::create_dir_all(&marker).expect("made");
    fs::write(marker.join(blob.id.to_string()), b"").expect("written");
    owner
        .destroy(&[day(1, 0), Scope::Person(id(2))])
        .expect("destroyed");
    assert_eq!(read(&store, blob.id, 0..u64::MAX).expect("read"), bytes);
    assert_eq!(
        store.blob_read(blob.id, 0..1).expect("there").commitment(),
        blob.commitment
    );
    owner.destroy(&[matter]).expect("destroyed");
    assert!(matches!(
        store.blob_read(blob.id, 0..1),
        Err(Error::NotFound)
    ));
}

#[test]
fn a_derived_part_is_sealed_by_scope_and_label_and_replaced_whole() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, _owner) = open(dir.path());
    assert_eq!(store.unseal(day(1, 0), "search").expect("nothing"), None);
    store.seal(day(1, 0), "search", b"one").expect("sealed");
    store.seal(day(1, 0), "search", b"two").expect("sealed");
    assert_eq!(
        store.unseal(day(1, 0), "search").expect("there").as_deref(),
        Some(&b"two"[..])
    );
    assert_eq!(store.parts_in(day(1, 0)).expect("listed"), ["search"]);
    for label in [
        "",
        "../../keys/root",
        "a/b",
        ".hidden",
        "x.new",
        &"x".repeat(101),
    ] {
        assert_eq!(
            store
                .seal(day(1, 0), label, b"")
                .map_err(|error| error.code()),
            Err("store_refused")
        );
    }
    // A part put under another label or another scope does not open there.
    store.seal(day(1, 1), "search", b"other").expect("sealed");
    let part = |day: Scope, label: &str| {
        dir.path()
            .join("parts")
            .join(day.to_string().replace('/', "_"))
            .join(label)
    };
    fs::copy(part(day(1, 0), "search"), part(day(1, 0), "other")).expect("copied");
    assert!(matches!(
        store.unseal(day(1, 0), "other"),
        Err(Error::Damaged { .. })
    ));
    fs::copy(part(day(1, 0), "search"), part(day(1, 1), "search")).expect("copied");
    assert!(matches!(
        store.unseal(day(1, 1), "search"),
        Err(Error::Damaged { .. })
    ));
    assert!(store.part_delete(day(1, 0), "search").expect("deleted"));
    assert_eq!(store.unseal(day(1, 0), "search").expect("nothing"), None);
}
