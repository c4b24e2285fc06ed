//! Power cuts and damage: what was acknowledged is never lost, and what is lost is never silent.

use std::fs;

use migrations_free_store::{Error, Store};

use crate::{
    DAY_MS, Post, copy_dir, files_in, open, open_with_warnings, options, say, segments, text_at,
};

fn fails(dir: &std::path::Path) -> Error {
    match Store::open(&options(dir), &mut |_| {}) {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

#[test]
fn a_power_cut_at_any_byte_of_the_last_batch_leaves_exactly_what_was_acknowledged() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    say(&mut writer, 1, "first");
    say(&mut writer, 2, "second");
    let segment = segments(dir.path()).pop().expect("one segment");
    let before = fs::read(&segment).expect("read");
    Post {
        channel: 1,
        seq: 3,
        author: 2,
        at_ms: DAY_MS,
        text: "third",
    }
    .push(&mut writer);
    Post {
        channel: 1,
        seq: 4,
        author: 2,
        at_ms: DAY_MS,
        text: "fourth",
    }
    .push(&mut writer);
    writer.commit().expect("committed");
    drop((store, writer));
    let after = fs::read(&segment).expect("read");
    let differ: Vec<usize> = (0..after.len())
        .filter(|at| before.get(*at) != after.get(*at))
        .collect();
    let (first, last) = (differ[0], differ[differ.len() - 1]);
    let copy = tempfile::tempdir().expect("a folder");
    let work = copy.path().join("data");
    copy_dir(dir.path(), &work);
    let place = work.join("log").join(segment.file_name().expect("named"));
    let mut told = 0;
    for cut in first..=last {
        // Torn three ways: the end not written, the beginning not written, the file cut off.
        let mut bytes = after.clone();
        bytes[cut..].fill(0);
        let mut tail_only = after.clone();
        tail_only[first..=cut].fill(0);
        let torn = [bytes, tail_only, after[..cut].to_vec()];
        let wanted = if cut % 16 == 0 { &torn[..] } else { &torn[..1] };
        for bytes in wanted {
            fs::write(&place, bytes).expect("written");
            let (store, mut writer, warnings) = open_with_warnings(&work);
            assert_eq!(store.size(), 2, "cut at {cut}");
            told += warnings.len();
            assert_eq!(text_at(&store, 1).as_deref(), Some("second"));
            // Nothing of the torn batch is left that could ever pass for one.
            let rest = fs::read(&place).expect("read");
            let end = store.log_bytes() as usize;
            assert!(rest[end..].iter().all(|byte| *byte == 0), "cut at {cut}");
            if cut % 32 == 0 {
                say(&mut writer, 3, "after the cut");
                drop((store, writer));
                let (store, writer) = open(&work);
                assert_eq!(text_at(&store, 2).as_deref(), Some("after the cut"));
                drop((store, writer));
            }
        }
    }
    assert!(told > (last - first) / 2, "the cuts were told: {told}");
    fs::write(&place, &after).expect("written");
    assert_eq!(open(&work).0.size(), 4, "whole, it is all there");
}

#[test]
fn damage_before_the_last_batch_is_an_error_that_names_file_and_byte() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    for seq in 1..=4 {
        say(&mut writer, seq, "said");
    }
    drop((store, writer));
    let segment = segments(dir.path()).pop().expect("one segment");
    let whole = fs::read(&segment).expect("read");
    let used = whole
        .iter()
        .rposition(|byte| *byte != 0)
        .expect("not empty");
    let three_quarters = 64 + (used - 64) * 3 / 4 - 16;
    for at in (0..three_quarters).step_by(37) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        fs::write(&segment, &bytes).expect("written");
        match fails(dir.path()) {
            Error::Damaged {
                path, at: named, ..
            } => {
                assert_eq!(path, segment);
                assert!(named <= at as u64);
            }
            other => panic!("{at}: {other}"),
        }
        assert_eq!(
            fs::read(&segment).expect("read"),
            bytes,
            "nothing was changed on the way out"
        );
    }
    fs::write(&segment, &whole).expect("written");
    assert_eq!(open(dir.path()).0.size(), 4);
}

#[test]
fn a_log_shorter_than_its_newest_checkpoint_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    say(&mut writer, 1, "first");
    let segment = segments(dir.path()).pop().expect("one segment");
    let short = fs::read(&segment).expect("read");
    say(&mut writer, 2, "second");
    let signed = writer.sign_checkpoint().expect("signed");
    assert_eq!((signed.size, store.checkpoint()), (2, signed.clone()));
    drop((store, writer));
    let whole = fs::read(&segment).expect("read");
    let mut torn = whole.clone();
    let used = whole
        .iter()
        .rposition(|byte| *byte != 0)
        .expect("not empty");
    torn[used - 3] = 0;
    for bytes in [short, torn] {
        fs::write(&segment, &bytes).expect("written");
        assert!(matches!(
            fails(dir.path()),
            Error::ShorterThanCheckpoint { size: 1, signed: 2 }
        ));
        assert_eq!(fs::read(&segment).expect("read"), bytes);
    }
    fs::write(&segment, &whole).expect("written");
    assert_eq!(open(dir.path()).0.checkpoint(), signed);
}

#[test]
fn a_lost_or_damaged_index_is_made_anew_and_a_lost_event_is_not_papered_over() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    for seq in 1..=120 {
        say(
            &mut writer,
            seq,
            "something of some length, so that there are segments",
        );
    }
    let records: Vec<_> = store
        .scan(0, 120)
        .map(|record| record.expect("readable"))
        .collect();
    drop((store, writer));
    let paths = segments(dir.path());
    assert!(paths.len() > 3);
    let closed = &paths[1];
    let whole = fs::read(closed).expect("read");
    let mut garbled = whole.clone();
    let end = garbled.len();
    garbled[end - 20] ^= 1;
    for bytes in [
        garbled,
        whole[..end - 128].to_vec(),
        whole[..end - 1].to_vec(),
    ] {
        fs::write(closed, &bytes).expect("written");
        let (store, writer, warnings) = open_with_warnings(dir.path());
        assert_eq!(warnings.len(), 1);
        let again: Vec<_> = store
            .scan(0, 120)
            .map(|record| record.expect("readable"))
            .collect();
        assert_eq!(again, records);
        drop((store, writer));
        assert_eq!(
            fs::read(closed).expect("read"),
            whole,
            "the same index comes of the same events"
        );
    }
    let mut short = whole.clone();
    short[3000] ^= 1;
    short.truncate(end - 128);
    fs::write(closed, &short).expect("written");
    assert!(matches!(fails(dir.path()), Error::Damaged { .. }));
    fs::remove_file(closed).expect("removed");
    assert!(matches!(fails(dir.path()), Error::Damaged { .. }));
}

#[test]
fn tiles_lost_or_garbled_are_made_anew_and_a_log_that_was_rewritten_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    for seq in 1..=900 {
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
    let signed = writer.sign_checkpoint().expect("signed");
    let proofs: Vec<_> = (0..900)
        .step_by(50)
        .map(|p| store.inclusion(p, 900).expect("proved"))
        .collect();
    drop((store, writer));
    let tiles: Vec<_> = files_in(&dir.path().join("tree/tile"));
    assert_eq!(tiles.len(), 5, "three full tiles, two partial: {tiles:?}");
    for damage in 0..3 {
        for tile in &tiles {
            match damage {
                0 => fs::remove_file(tile).expect("removed"),
                1 => fs::write(tile, []).expect("written"),
                _ => fs::write(tile, vec![7; 8192]).expect("written"),
            }
        }
        let (store, mut writer) = open(dir.path());
        assert_eq!(store.root(900).expect("computed"), signed.root);
        let again: Vec<_> = (0..900)
            .step_by(50)
            .map(|p| store.inclusion(p, 900).expect("proved"))
            .collect();
        assert_eq!(again, proofs);
        assert_eq!(
            writer.sign_checkpoint().expect("signed"),
            signed,
            "nothing new to sign"
        );
        drop((store, writer));
    }
    // Another history under the same keys and the same checkpoint.
    let other = tempfile::tempdir().expect("a folder");
    copy_dir(&dir.path().join("keys"), &other.path().join("keys"));
    let (store, mut writer) = match Store::open(&options(other.path()), &mut |_| {}) {
        Ok(opened) => opened,
        Err(error) => panic!("{error}"),
    };
    for seq in 1..=900 {
        Post {
            channel: 1,
            seq,
            author: 2,
            at_ms: DAY_MS,
            text: "never said",
        }
        .push(&mut writer);
    }
    writer.commit().expect("committed");
    drop((store, writer));
    fs::copy(
        dir.path().join("tree/checkpoint"),
        other.path().join("tree/checkpoint"),
    )
    .expect("copied");
    assert!(matches!(fails(other.path()), Error::Forked { signed: 900 }));
}

#[test]
fn a_truncated_keyring_is_an_error_and_not_forgetting() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    say(&mut writer, 1, "said");
    drop((store, writer));
    let ring = files_in(&dir.path().join("keys"))
        .into_iter()
        .find(|path| path.to_string_lossy().contains("ring"));
    let ring = ring.expect("a ring");
    let whole = fs::read(&ring).expect("read");
    for length in [0, 4096, 4096 + 128, whole.len() - 1] {
        fs::write(&ring, &whole[..length]).expect("written");
        assert!(
            matches!(fails(dir.path()), Error::Damaged { .. }),
            "{length}"
        );
    }
    // Slots that vanish without a trace: the record whose key is nowhere is damaged, not forgotten.
    let mut lost = whole.clone();
    lost[4096 + 128..].fill(0);
    fs::write(&ring, &lost).expect("written");
    let (store, writer) = open(dir.path());
    assert!(matches!(
        store.read(0),
        Err(Error::DamagedRecord { position: 0, .. })
    ));
    drop((store, writer));
    fs::write(&ring, &whole).expect("written");
    assert_eq!(text_at(&open(dir.path()).0, 0).as_deref(), Some("said"));
}
