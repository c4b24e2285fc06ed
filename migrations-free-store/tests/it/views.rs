//! Views are rebuilt from the log whenever they are lost, changed or in doubt.

use std::collections::BTreeMap;
use std::fs;

use migrations_free_store::{Changes, Error, Record, Table, View};

use crate::{open, open_with_warnings, say};

/// Counts the records of each author, and remembers how it came by its state.
#[derive(Default)]
struct Counts {
    version: u32,
    by_key: BTreeMap<Vec<u8>, u64>,
    resets: u32,
    applied: u64,
}

impl View for Counts {
    fn name(&self) -> &'static str {
        "counts"
    }
    fn version(&self) -> u32 {
        self.version
    }
    fn reset(&mut self) {
        self.by_key.clear();
        self.resets += 1;
    }
    fn load(&mut self, table: &Table) -> Result<(), Error> {
        for pair in table.prefix(b"n/") {
            let (key, value) = pair?;
            let count = value.try_into().map(u64::from_be_bytes).unwrap_or_default();
            self.by_key.insert(key, count);
        }
        Ok(())
    }
    fn apply(&mut self, record: &Record) -> Result<(), Error> {
        self.applied += 1;
        // One key a record, so that a save has far more keys than one batch.
        let key = [b"n/", record.position.to_be_bytes().as_slice()].concat();
        self.by_key.insert(key, record.at_ms);
        Ok(())
    }
    fn save(&mut self, changes: &mut Changes) -> Result<(), Error> {
        for (key, count) in &self.by_key {
            changes.put(key, &count.to_be_bytes());
        }
        Ok(())
    }
}

#[test]
fn a_view_goes_on_where_it_was_saved_and_is_rebuilt_when_its_version_changes() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    for seq in 1..=1200 {
        crate::Post {
            channel: 1,
            seq,
            author: 2,
            at_ms: seq,
            text: "said",
        }
        .push(&mut writer);
    }
    writer.commit().expect("committed");
    let mut view = Counts::default();
    let caught_up = |store: &migrations_free_store::Store, view: &mut Counts| {
        store
            .views()
            .catch_up(store, view, &mut |_| {})
            .expect("caught up")
    };
    assert_eq!(
        (caught_up(&store, &mut view), view.resets, view.applied),
        (1200, 1, 1200)
    );
    say(&mut writer, 1201, "one more");
    drop((store, writer));

    let (store, writer) = open(dir.path());
    let mut again = Counts::default();
    assert_eq!(
        (caught_up(&store, &mut again), again.resets, again.applied),
        (1201, 0, 1)
    );
    assert_eq!(again.by_key.len(), 1201);
    let mut newer = Counts {
        version: 1,
        ..Counts::default()
    };
    assert_eq!(
        (caught_up(&store, &mut newer), newer.resets, newer.applied),
        (1201, 1, 1201)
    );
    assert_eq!(newer.by_key, again.by_key);
    let table = store.views().table("counts");
    let range: Vec<_> = table
        .range(b"n/", &newer.by_key.keys().nth(10).expect("there").clone())
        .collect();
    assert_eq!(range.len(), 10);
    assert_eq!(table.range(b"z", b"a").count(), 0);
    assert_eq!(table.prefix(b"").count(), 1201);
    assert_eq!(table.get(b"nothing").expect("read"), None);
    drop((store, writer));
}

#[test]
fn an_engine_lost_or_garbled_is_moved_aside_and_its_views_come_back_from_the_log() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = open(dir.path());
    for seq in 1..=1000 {
        crate::Post {
            channel: 1,
            seq,
            author: 2,
            at_ms: seq,
            text: "said",
        }
        .push(&mut writer);
    }
    writer.commit().expect("committed");
    let mut view = Counts::default();
    store
        .views()
        .catch_up(&store, &mut view, &mut |_| {})
        .expect("caught up");
    drop((store, writer));
    let views = dir.path().join("views");
    for garble in 0..4 {
        match garble {
            0 => fs::remove_dir_all(&views).expect("removed"),
            1 => fs::write(views.join("conf"), b"garbled").expect("written"),
            2 => {
                for path in crate::files_in(&views) {
                    let length = fs::metadata(&path).expect("known").len();
                    fs::write(&path, vec![0xa5; length as usize]).expect("written");
                }
            }
            _ => {
                let db = fs::read(views.join("db")).expect("read");
                fs::write(views.join("db"), &db[..db.len() / 3]).expect("written");
            }
        }
        let (store, writer, warnings) = open_with_warnings(dir.path());
        let mut again = Counts::default();
        let position = store.views().catch_up(&store, &mut again, &mut |_| {});
        assert_eq!(position.expect("caught up"), 1000, "{garble}: {warnings:?}");
        assert_eq!(again.by_key, view.by_key, "{garble}");
        drop((store, writer));
    }
}

#[test]
fn a_view_of_another_log_is_never_laid_over_this_one() {
    let (dir, other) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    for (dir, text) in [(&dir, "here"), (&other, "there")] {
        let (store, mut writer) = open(dir.path());
        for seq in 1..=5 {
            say(&mut writer, seq, text);
        }
        store
            .views()
            .catch_up(&store, &mut Counts::default(), &mut |_| {})
            .expect("caught up");
    }
    fs::remove_dir_all(dir.path().join("views")).expect("removed");
    crate::copy_dir(&other.path().join("views"), &dir.path().join("views"));
    let (store, _writer) = open(dir.path());
    let mut view = Counts::default();
    store
        .views()
        .catch_up(&store, &mut view, &mut |_| {})
        .expect("caught up");
    assert_eq!((view.resets, view.applied), (1, 5));
}
