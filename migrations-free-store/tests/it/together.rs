//! Readers go on undisturbed while the log grows, turns to new segments, and is sealed anew.

use std::sync::atomic::{AtomicBool, Ordering};

use migrations_free_store::{Options, Scope, Store, verify};

use crate::{DAY_MS, Post, id, options};

#[test]
fn a_reader_sees_every_committed_record_whole_whatever_the_writer_does() {
    let dir = tempfile::tempdir().expect("a folder");
    // So many segments that their files are let go of and opened again while they are rewritten.
    let many = Options {
        segment_bytes: 4 << 10,
        ..options(dir.path())
    };
    let (store, mut writer) = Store::open(&many, &mut |_| {}).expect("the directory opens");
    let is_over = AtomicBool::new(false);
    let reads = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..3_u64)
            .map(|seed| {
                let (store, is_over) = (store.clone(), &is_over);
                scope.spawn(move || {
                    let mut reads = 0_u64;
                    while !is_over.load(Ordering::Relaxed) {
                        let size = store.size();
                        if size == 0 {
                            continue;
                        }
                        let position = (reads * 7919 + seed * 31) % size;
                        let record = store.read(position).expect("readable");
                        assert_eq!(verify::verify_record(&record), Some(true));
                        let (channel, seq) = record.place.expect("placed");
                        let text = record
                            .content
                            .as_ref()
                            .and_then(|part| part.bytes())
                            .expect("alive");
                        assert_eq!(text, format!("message {position}").as_bytes());
                        let page = store
                            .channel_page(channel, seq.saturating_sub(9), seq)
                            .expect("readable");
                        assert_eq!(page.last().map(|last| last.position), Some(position));
                        assert_eq!(page.len() as u64, seq.min(10));
                        let proof = store.inclusion(position, size).expect("proved");
                        let root = store.root(size).expect("computed");
                        verify::verify_inclusion(&record.leaf, position, size, &root, &proof)
                            .expect("holds");
                        // What a destruction asks of every segment, while new ones begin.
                        store.scope_totals(record.scope).expect("counted");
                        store
                            .scan_scope(record.scope, &mut |_| {})
                            .expect("scanned");
                        let tag = record.tag.expect("tagged");
                        assert_eq!(store.find_tag(tag, 0).expect("looked up"), Some(position));
                        reads += 1;
                    }
                    reads
                })
            })
            .collect();
        for n in 0..1500_u64 {
            let (channel, seq) = ((n % 4) as u8, n / 4 + 1);
            let text = format!("message {n}");
            Post {
                channel,
                seq,
                author: 1,
                at_ms: DAY_MS + n,
                text: &text,
            }
            .push(&mut writer);
            match n % 20 {
                7 => writer.commit_begin().expect("sent"),
                19 => writer.commit().expect("committed"),
                _ => {}
            }
            if n % 300 == 299 {
                let held: Vec<u64> = (0..n).filter(|position| position % 11 == n / 300).collect();
                // What is on its way to the disk goes on meanwhile.
                let held: Vec<u64> = held.into_iter().filter(|at| *at < store.size()).collect();
                store.reseal(&held, Scope::Matter(id(9))).expect("resealed");
                writer.sign_checkpoint().expect("signed");
            }
        }
        is_over.store(true, Ordering::Relaxed);
        readers
            .into_iter()
            .map(|reader| reader.join().expect("no reader failed"))
            .sum::<u64>()
    });
    assert!(reads > 100, "the readers did read: {reads}");
}
