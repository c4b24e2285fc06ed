//! Proofs agree with a second implementation of RFC 6962, and with one bit changed they prove nothing.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use migrations_free_store::verify::{
    Hash, leaf_hash, verify_consistency, verify_data, verify_inclusion, verify_note,
};
use migrations_free_store::{Error, NewRecord, Store};
use sha2::{Digest, Sha256};

use crate::{DAY_MS, Post, copy_dir, day, files_in, open, options, say, segments};

/// The bytes that RFC 6962 hashes as a leaf, made here without the store's code.
fn leaf_data(salt: &[u8; 32], header: &[u8]) -> Vec<u8> {
    let length = (header.len() as u64).to_be_bytes();
    let parts = [&b"daylight/event/v1"[..], salt, &length, header].concat();
    Sha256::digest(parts).to_vec()
}

fn hashes(bytes: &[u8]) -> Vec<Hash> {
    bytes.as_chunks::<32>().0.to_vec()
}

#[test]
fn every_root_and_proof_agrees_with_a_second_implementation() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    let mut other = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let mut roots: Vec<Hash> = vec![
        other
            .root()
            .as_bytes()
            .to_vec()
            .try_into()
            .expect("32 bytes"),
    ];
    let count = 600_u64;
    for n in 0..count {
        let header = format!("{{\"n\":{n}}}");
        let record = NewRecord {
            at_ms: DAY_MS,
            header: header.as_bytes(),
            content: None,
            scope: day(1, 0),
            author: None,
            place: None,
            tag: None,
        };
        writer.push(record).expect("pushed");
    }
    writer.commit().expect("committed");
    for record in store.scan(0, count) {
        let record = record.expect("readable");
        let (salt, header) = (
            record.header_salt.expect("alive"),
            record.header.bytes().expect("alive"),
        );
        assert_eq!(leaf_hash(&salt, header), record.leaf);
        other.push(leaf_data(&salt, header));
        roots.push(
            other
                .root()
                .as_bytes()
                .to_vec()
                .try_into()
                .expect("32 bytes"),
        );
        assert_eq!(
            store.root(record.position + 1).expect("computed"),
            roots[roots.len() - 1]
        );
    }
    let leaves: Vec<Hash> = store
        .scan(0, count)
        .map(|record| record.expect("readable").leaf)
        .collect();
    for position in (0..count).step_by(13).chain([255, 256, 511, 512, 599]) {
        let proof = store.inclusion(position, count).expect("proved");
        assert_eq!(
            proof,
            hashes(other.prove_inclusion(position as usize).as_bytes())
        );
        verify_inclusion(
            &leaves[position as usize],
            position,
            count,
            &roots[count as usize],
            &proof,
        )
        .expect("holds");
    }
    for old in (1..count).step_by(11).chain([1, 2, 255, 256, 257, 512]) {
        let proof = store.consistency(old, count).expect("proved");
        assert_eq!(
            proof,
            hashes(other.prove_consistency((count - old) as usize).as_bytes()),
            "{old}"
        );
        verify_consistency(
            old,
            &roots[old as usize],
            count,
            &roots[count as usize],
            &proof,
        )
        .expect("holds");
    }
    // Every smaller tree too: the proof holds there, and with any other position or size it does not.
    for size in [1, 2, 3, 7, 8, 255, 256, 257, 300] {
        for position in [0, size / 2, size - 1] {
            let proof = store.inclusion(position, size).expect("proved");
            let (leaf, root) = (&leaves[position as usize], &roots[size as usize]);
            verify_inclusion(leaf, position, size, root, &proof).expect("holds");
            assert!(verify_inclusion(leaf, position + 1, size, root, &proof).is_err());
            assert!(
                verify_inclusion(leaf, position, size + 1, &roots[size as usize + 1], &proof)
                    .is_err()
            );
            assert!(verify_inclusion(leaf, size, size, root, &proof).is_err());
        }
    }
    assert_eq!(store.consistency(0, 9).expect("empty"), Vec::<Hash>::new());
    assert!(matches!(
        store.inclusion(0, count + 1),
        Err(Error::NotFound)
    ));
    assert!(matches!(store.inclusion(9, 9), Err(Error::NotFound)));
    assert!(matches!(store.consistency(9, 8), Err(Error::NotFound)));
}

#[test]
fn events_proved_in_a_row_have_the_proofs_that_each_has_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    for n in 1..=600 {
        say(&mut writer, n, "one of many");
    }
    writer.commit().expect("committed");
    for size in (1..20).chain([255, 256, 257, 511, 512, 600]) {
        let mut prover = store.prover(size);
        // In a row, with gaps, and backwards: what is remembered of one path never spoils another.
        let wanted = (0..size)
            .chain((0..size).step_by(7))
            .chain((0..size).rev().step_by(3));
        for position in wanted {
            assert_eq!(
                prover.inclusion(position).expect("proved"),
                store.inclusion(position, size).expect("proved"),
                "{position} of {size}"
            );
        }
        assert!(matches!(prover.inclusion(size), Err(Error::NotFound)));
    }
    assert!(matches!(
        store.prover(601).inclusion(0),
        Err(Error::NotFound)
    ));
    // An event that was not there yet cannot be proved early, and can be once it is.
    let mut early = store.prover(601);
    assert!(matches!(early.inclusion(600), Err(Error::NotFound)));
    say(&mut writer, 601, "the next");
    writer.commit().expect("committed");
    assert_eq!(
        early.inclusion(600).expect("proved"),
        store.inclusion(600, 601).expect("proved")
    );
}

#[test]
fn a_proof_with_any_bit_flipped_proves_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    for seq in 1..=77 {
        say(&mut writer, seq, "said");
    }
    let (root, old_root) = (
        store.root(77).expect("computed"),
        store.root(50).expect("computed"),
    );
    let leaf = store.read(33).expect("readable").leaf;
    let inclusion = store.inclusion(33, 77).expect("proved");
    let consistency = store.consistency(50, 77).expect("proved");
    for bit in 0..inclusion.len() * 256 {
        let mut proof = inclusion.clone();
        proof[bit / 256][bit / 8 % 32] ^= 1 << (bit % 8);
        assert!(verify_inclusion(&leaf, 33, 77, &root, &proof).is_err());
    }
    for bit in 0..consistency.len() * 256 {
        let mut proof = consistency.clone();
        proof[bit / 256][bit / 8 % 32] ^= 1 << (bit % 8);
        assert!(verify_consistency(50, &old_root, 77, &root, &proof).is_err());
    }
    for bit in 0..256 {
        let flip = |hash: &Hash| {
            let mut hash = *hash;
            hash[bit / 8] ^= 1 << (bit % 8);
            hash
        };
        assert!(verify_inclusion(&flip(&leaf), 33, 77, &root, &inclusion).is_err());
        assert!(verify_inclusion(&leaf, 33, 77, &flip(&root), &inclusion).is_err());
        assert!(verify_consistency(50, &flip(&old_root), 77, &root, &consistency).is_err());
        assert!(verify_consistency(50, &old_root, 77, &flip(&root), &consistency).is_err());
    }
    for proof in [&inclusion[1..], &inclusion[..inclusion.len() - 1], &[]] {
        assert!(verify_inclusion(&leaf, 33, 77, &root, proof).is_err());
    }
    let longer = [inclusion.as_slice(), &[root]].concat();
    assert!(verify_inclusion(&leaf, 33, 77, &root, &longer).is_err());
}

#[test]
fn checkpoints_are_signed_notes_that_continue_one_another_across_restarts() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut notes = Vec::new();
    let mut key = String::new();
    for round in 0..4 {
        let (store, mut writer) = open(dir.path());
        notes.push(store.checkpoint());
        say(&mut writer, round + 1, "said");
        notes.push(writer.sign_checkpoint().expect("signed"));
        assert!(
            key.is_empty() || key == store.verifier_key(),
            "one key for life"
        );
        key = store.verifier_key();
    }
    let (store, _writer) = open(dir.path());
    for signed in &notes {
        let checkpoint = verify_note(&signed.note, &key).expect("signed");
        assert_eq!(
            (checkpoint.size, checkpoint.root),
            (signed.size, signed.root)
        );
        assert_eq!(store.root(signed.size).expect("computed"), signed.root);
        let newest = &notes[notes.len() - 1];
        let proof = store.consistency(signed.size, newest.size).expect("proved");
        verify_consistency(signed.size, &signed.root, newest.size, &newest.root, &proof)
            .expect("continues");
    }
    assert_eq!(
        std::fs::read_to_string(dir.path().join("tree/verifier.key"))
            .expect("kept")
            .trim(),
        key
    );
}

#[test]
fn tile_files_are_what_the_published_format_says() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    for seq in 1..=700 {
        Post {
            channel: 1,
            seq,
            author: 2,
            at_ms: DAY_MS,
            text: "said",
        }
        .push(&mut writer);
    }
    writer.commit().expect("committed");
    writer.sign_checkpoint().expect("signed");
    let leaves: Vec<Hash> = store
        .scan(0, 700)
        .map(|record| record.expect("readable").leaf)
        .collect();
    assert_eq!(
        store.tile(0, 1, 256).expect("there"),
        leaves[256..512].concat()
    );
    assert_eq!(
        store.tile(0, 2, 100).expect("there"),
        leaves[512..612].concat()
    );
    assert_eq!(store.tile(1, 0, 2).expect("there").len(), 64);
    for (level, index, width) in [
        (0, 2, 189),
        (0, 3, 1),
        (1, 0, 3),
        (0, 0, 0),
        (0, 0, 257),
        (8, 0, 1),
        (0, u64::MAX, 1),
    ] {
        assert!(
            matches!(store.tile(level, index, width), Err(Error::NotFound)),
            "{level} {index} {width}"
        );
    }
    drop((store, writer));
    let tree = dir.path().join("tree");
    let names: Vec<String> = files_in(&tree.join("tile"))
        .iter()
        .map(|path| {
            path.strip_prefix(&tree)
                .expect("inside")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert_eq!(
        names,
        [
            "tile/0/000",
            "tile/0/001",
            "tile/0/002.p/188",
            "tile/1/000.p/2"
        ]
    );
    assert_eq!(
        std::fs::read(tree.join("tile/0/002.p/188")).expect("read"),
        leaves[512..].concat()
    );
}

#[test]
fn a_look_at_the_whole_directory_finds_the_first_thing_that_is_wrong() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    for seq in 1..=300 {
        Post {
            channel: 1,
            seq,
            author: 2,
            at_ms: DAY_MS + seq,
            text: "said by someone",
        }
        .push(&mut writer);
        if seq % 10 == 0 {
            writer.commit().expect("committed");
        }
    }
    assert!(matches!(
        verify_data(dir.path(), &mut |_| {}),
        Err(Error::Locked { .. })
    ));
    let signed = writer.sign_checkpoint().expect("signed");
    let key = store.verifier_key();
    drop((store, writer));
    let report = verify_data(dir.path(), &mut |_| {}).expect("looked");
    assert_eq!(report.first_fault, None);
    assert_eq!(
        (report.size, report.root, report.verifier_key),
        (300, signed.root, key)
    );
    assert_eq!(
        (
            report.headers_checked,
            report.contents_checked,
            report.tiles_checked
        ),
        (300, 300, 1)
    );
    assert_eq!(
        report.checkpoint.map(|checkpoint| checkpoint.size),
        Some(300)
    );

    let faulty = |change: &dyn Fn(&std::path::Path)| {
        let copy = tempfile::tempdir().expect("a folder");
        copy_dir(dir.path(), copy.path());
        change(copy.path());
        let report = verify_data(copy.path(), &mut |_| {}).expect("looked");
        report.first_fault.expect("a fault")
    };
    let flip = |path: &std::path::Path, at: usize| {
        let mut bytes = std::fs::read(path).expect("read");
        bytes[at] ^= 1;
        std::fs::write(path, bytes).expect("written");
    };
    let second: u64 = segments(dir.path())[1]
        .file_stem()
        .and_then(|s| s.to_str())
        .expect("named")
        .parse()
        .expect("a number");
    // The first batch of the second segment: its positions are lost from the first one on.
    assert_eq!(
        faulty(&|dir| flip(&segments(dir)[1], 500)).position,
        Some(second)
    );
    assert_eq!(
        faulty(&|dir| flip(&dir.join("tree/tile/0/000"), 40)).position,
        Some(0)
    );
    assert_eq!(
        faulty(&|dir| flip(&dir.join("tree/checkpoint"), 50)).position,
        None
    );
    assert_eq!(
        faulty(&|dir| std::fs::remove_file(&segments(dir)[0]).expect("removed")).position,
        Some(0)
    );
    assert!(
        faulty(&|dir| std::fs::remove_file(segments(dir).pop().expect("last")).expect("removed"))
            .why
            .contains("missing")
    );
    let closed_end = std::fs::metadata(&segments(dir.path())[0])
        .expect("known")
        .len() as usize;
    assert!(
        faulty(&|dir| flip(&segments(dir)[0], closed_end - 200))
            .why
            .contains("index")
    );
    // Without its keyring a directory still proves its tree, and opens nothing.
    let copy = tempfile::tempdir().expect("a folder");
    copy_dir(dir.path(), copy.path());
    std::fs::remove_dir_all(copy.path().join("keys")).expect("removed");
    let report = verify_data(copy.path(), &mut |_| {}).expect("looked");
    assert_eq!(
        (report.first_fault, report.opened, report.headers_checked),
        (None, false, 0)
    );
    assert_eq!(report.root, signed.root);
}

#[test]
fn a_content_that_its_header_does_not_commit_to_is_found() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = match Store::open(&options(dir.path()), &mut |_| {}) {
        Ok(opened) => opened,
        Err(error) => panic!("{error}"),
    };
    let commitment = migrations_free_store::Commitment::of(b"said");
    let record = NewRecord {
        at_ms: DAY_MS,
        header: b"{\"content_commitment\":\"of something else\"}",
        content: Some((b"said", &commitment)),
        scope: day(1, 0),
        author: None,
        place: None,
        tag: None,
    };
    say(&mut writer, 1, "fine");
    writer.push(record).expect("pushed");
    writer.commit().expect("committed");
    drop((store, writer));
    let fault = verify_data(dir.path(), &mut |_| {})
        .expect("looked")
        .first_fault
        .expect("a fault");
    assert_eq!(fault.position, Some(1));
}

#[test]
fn an_open_store_is_verified_beside_whoever_writes_and_a_flipped_bit_is_found() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    for seq in 1..=600 {
        say(&mut writer, seq, "said before");
    }
    writer.sign_checkpoint().expect("signed");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut seq = 601;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                say(&mut writer, seq, "said meanwhile");
                writer.sign_checkpoint().expect("signed");
                seq += 1;
            }
        });
        for _ in 0..20 {
            let report = migrations_free_store::verify::verify_open(&store, &mut |_| {});
            assert_eq!(report.first_fault, None);
            assert!(report.size >= 600 && report.contents_checked == report.size);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let path = crate::segments(dir.path()).remove(1);
    let mut bytes = std::fs::read(&path).expect("read");
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    let report = migrations_free_store::verify::verify_open(&store, &mut |_| {});
    assert!(report.first_fault.is_some(), "{report:?}");
}
