//! Backups: hot, incremental, read back, without keys; and restores that bring nothing destroyed back.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use migrations_free_store::backup::{
    self, BackedUp, RESTORED, RESTORING, Restore, Restored, read_backup, read_keys_copy,
    verify_backup,
};
use migrations_free_store::verify::{verify_consistency, verify_inclusion, verify_record};
use migrations_free_store::{
    Disk, DiskFile, Error, Id, Open, Part, Scope, Store, SystemDisk, Writer,
};

use crate::{DAY_MS, Post, copy_dir, day, files_in, id, open, options, say, segments, text_at};

const NOW_MS: u64 = DAY_MS + 86_400_000;
const AGE_MS_MAX: u64 = 30 * 86_400_000;

/// A data directory and its two backups, side by side.
struct House {
    dir: tempfile::TempDir,
}

impl House {
    fn new() -> House {
        House {
            dir: tempfile::tempdir().expect("a folder"),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn back_up(&self, store: &Store) -> BackedUp {
        let done = store
            .back_up(&self.path("content"), NOW_MS, false, &mut |_| {})
            .expect("backed up");
        store
            .back_up_keys(&self.path("keys"), NOW_MS)
            .expect("keys copied");
        verify_backup(&self.path("content"), &mut |_| {}).expect("verifies");
        done
    }

    fn restore(&self, to: &str, accept_shorter: bool) -> Result<Restored, Error> {
        self.restore_from("content", "keys", to, |order| {
            order.accept_shorter = accept_shorter;
        })
    }

    fn restore_from(
        &self,
        from: &str,
        keys: &str,
        to: &str,
        change: impl FnOnce(&mut Restore<'_>),
    ) -> Result<Restored, Error> {
        let (from, keys, options) = (self.path(from), self.path(keys), options(&self.path(to)));
        let mut order = Restore {
            from: &from,
            keys: &keys,
            options: &options,
            now_ms: NOW_MS,
            keys_age_ms_max: AGE_MS_MAX,
            accept_old_keys: false,
            accept_shorter: false,
        };
        change(&mut order);
        backup::restore(&order, &mut |_| Ok(Vec::new()), &mut |_| {}).map(|(restored, _)| restored)
    }
}

fn post(writer: &mut Writer, channel: u8, seq: u64, day_after: u64, text: &str) {
    Post {
        channel,
        seq,
        author: 2,
        at_ms: DAY_MS + day_after * 86_400_000 + seq,
        text,
    }
    .push(writer);
}

fn file(store: &Store, scope: Scope, bytes: &[u8]) -> Id {
    let mut writer = store.blob_writer(scope, id(2)).expect("begun");
    writer.write(bytes).expect("written");
    writer.finish().expect("finished").id
}

fn read_file(store: &Store, id: Id) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    store
        .blob_read(id, 0..u64::MAX)?
        .read_to_end(&mut bytes)
        .expect("read");
    Ok(bytes)
}

fn holds(dir: &Path, needle: &[u8]) -> Option<PathBuf> {
    files_in(dir).into_iter().find(|path| {
        let bytes = fs::read(path).expect("read");
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

fn code<T>(outcome: Result<T, Error>) -> &'static str {
    outcome.err().map_or("no error", |error| error.code())
}

#[test]
fn a_backup_made_while_others_write_comes_back_whole_and_the_next_copies_only_what_is_new() {
    let house = House::new();
    let (store, mut writer) = open(&house.path("data"));
    for seq in 1..=400 {
        post(
            &mut writer,
            1,
            seq,
            0,
            &format!("said before, number {seq}"),
        );
        if seq % 20 == 0 {
            writer.commit().expect("committed");
        }
    }
    let photo = file(&store, day(1, 0), &vec![7; 200_000]);
    store
        .seal(day(1, 0), "search", b"an index")
        .expect("sealed");
    writer.sign_checkpoint().expect("signed");
    let stop = AtomicBool::new(false);
    let first = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut seq = 400;
            while !stop.load(Ordering::Relaxed) || seq == 400 {
                seq += 1;
                say(&mut writer, seq, &format!("said meanwhile, number {seq}"));
                if seq % 16 == 0 {
                    writer.sign_checkpoint().expect("signed");
                }
            }
            seq
        });
        let mut first = house.back_up(&store);
        for _ in 0..3 {
            first = house.back_up(&store);
        }
        stop.store(true, Ordering::Relaxed);
        assert!(writing.join().expect("ended") > 400);
        first
    });
    assert!(first.size >= 400 && first.files > 10, "{first:?}");

    let last = writer.sign_checkpoint().expect("signed");
    // The copy made in the midst of it is whole up to where it says, too.
    let keys_size = read_keys_copy(&house.path("keys")).expect("whole").size;
    let early = house.restore("early", true).expect("restored");
    assert_eq!(
        (early.size, early.missing),
        (first.size, keys_size - first.size)
    );
    let (back, writing_on) = open(&house.path("early"));
    let texts = (0..first.size).map(|position| text_at(&back, position));
    assert!(texts.eq((0..first.size).map(|position| text_at(&store, position))));
    drop((back, writing_on));
    let second = house.back_up(&store);
    assert_eq!(
        (second.size, second.files >= first.files),
        (store.size(), true)
    );
    assert!(
        second.copied_files < second.files / 2,
        "most was there already: {second:?}"
    );
    let third = house.back_up(&store);
    assert!(
        third.copied_files <= 1,
        "only the open segment grows: {third:?}"
    );
    assert_eq!(third.bytes, second.bytes);

    let restored = house.restore("back", false).expect("restored");
    assert_eq!((restored.size, restored.missing), (store.size(), 0));
    let (back, _writer) = open(&house.path("back"));
    for position in 0..store.size() {
        let (was, is) = (store.read(position), back.read(position));
        let (was, is) = (was.expect("readable"), is.expect("readable"));
        assert_eq!(was, is);
        assert_eq!(verify_record(&is), Some(true));
    }
    assert_eq!(back.checkpoint(), last);
    assert_eq!(back.root(last.size).expect("computed"), last.root);
    for position in [0, 255, 256, last.size - 1] {
        let leaf = back.read(position).expect("readable").leaf;
        let proof = back.inclusion(position, last.size).expect("proved");
        verify_inclusion(&leaf, position, last.size, &last.root, &proof).expect("holds");
    }
    assert_eq!(read_file(&back, photo).expect("reads"), vec![7; 200_000]);
    assert_eq!(back.blobs_in(day(1, 0)).expect("listed"), [photo]);
    let part = back.unseal(day(1, 0), "search").expect("opens");
    assert_eq!(part.as_deref(), Some(b"an index".as_slice()));
    let secret = store.secret("cursor").expect("a secret");
    drop((store, writer));
    let (store, _writer) = open(&house.path("data"));
    assert_eq!(store.secret("cursor").expect("a secret"), secret);
}

#[test]
fn a_content_backup_holds_no_key_and_without_keys_nothing_in_it_can_be_read() {
    let house = House::new();
    let (store, mut writer) = open(&house.path("data"));
    let text = "the quixotrellium valve leaks at dawn";
    for seq in 1..=60 {
        say(&mut writer, seq, text);
    }
    file(&store, day(1, 0), text.as_bytes());
    store
        .seal(day(1, 0), "search", text.as_bytes())
        .expect("sealed");
    writer.sign_checkpoint().expect("signed");
    house.back_up(&store);
    let content = house.path("content");
    assert_eq!(holds(&content, b"quixotrellium"), None);
    // The root key as its file has it, and every wrapped key's slot.
    for path in files_in(&house.path("data/keys")) {
        let bytes = fs::read(&path).expect("read");
        let secrets: Vec<&[u8]> = bytes
            .chunks(32)
            .filter(|chunk| chunk.iter().filter(|byte| **byte != 0).count() > 16)
            .collect();
        assert!(!secrets.is_empty(), "{}", path.display());
        for secret in secrets {
            assert_eq!(holds(&content, secret), None);
        }
    }
    assert!(
        files_in(&content)
            .iter()
            .all(|path| { !path.to_string_lossy().contains("keys/") && !path.ends_with("root") })
    );
    fs::create_dir(house.path("no keys")).expect("made");
    let outcome = house.restore_from("content", "no keys", "back", |_| {});
    assert_eq!(code(outcome), "backup_missing");
    // And the copy of the keys is its owner's alone.
    for path in files_in(&house.path("keys")) {
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
    assert_eq!(
        code(store.back_up_keys(&content, NOW_MS).map(|_| ())),
        "backup_not_apart"
    );
    let inside = house.path("data/copy");
    assert_eq!(
        code(store.back_up(&inside, NOW_MS, false, &mut |_| {})),
        "backup_not_apart"
    );
}

#[test]
fn what_was_destroyed_after_the_backup_is_gone_from_it_and_from_what_is_restored() {
    let house = House::new();
    let (store, mut writer) = open(&house.path("data"));
    for seq in 1..=200 {
        post(&mut writer, 1, seq, 0, &format!("doomed {seq}"));
        post(&mut writer, 2, seq, 0, &format!("kept {seq}"));
        writer.commit().expect("committed");
    }
    let (doomed, kept) = (
        file(&store, day(1, 0), b"doomed bytes"),
        file(&store, day(2, 0), b"kept bytes"),
    );
    store.seal(day(1, 0), "search", b"doomed").expect("sealed");
    let signed = writer.sign_checkpoint().expect("signed");
    fs::create_dir(house.path("data/tree/witnessed")).expect("made");
    fs::write(house.path("data/tree/witnessed/one"), b"seen by others").expect("written");
    house.back_up(&store);
    copy_dir(&house.path("keys"), &house.path("stolen"));
    let mut outlined: Vec<PathBuf> = files_in(&house.path("keys"));
    outlined.retain(|path| !path.ends_with("lock"));
    // Held open, the old copy's bytes can be looked at after it was unlinked.
    let held: Vec<fs::File> = outlined
        .iter()
        .map(|path| fs::File::open(path).expect("open"))
        .collect();

    say(&mut writer, 201, "said after");
    writer.destroy(&[day(1, 0)]).expect("destroyed");
    store
        .back_up_keys(&house.path("keys"), NOW_MS)
        .expect("refreshed");
    let later = writer.sign_checkpoint().expect("signed");
    for (mut file, path) in held.into_iter().zip(&outlined) {
        assert!(!path.exists(), "{} is removed", path.display());
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("read");
        assert!(
            path.ends_with("keys.json") || bytes.iter().all(|byte| *byte == 0),
            "{} is zeroed where it lay",
            path.display()
        );
    }
    assert_eq!(outlined.len(), 3, "root, ring and manifest: {outlined:?}");

    // The content is older than the destruction, the keys are not: it stays destroyed.
    assert_eq!(code(house.restore("back", false)), "restore_shorter");
    assert!(
        !house.path("back").exists(),
        "refused before anything is made"
    );
    let restored = house.restore("back", true).expect("restored");
    assert_eq!((restored.size, restored.missing), (400, 1));
    assert_eq!(restored.destroyed_again, 2, "a file and a part");
    let witnessed = fs::read(house.path("back/tree/witnessed/one")).expect("kept");
    assert_eq!(witnessed, b"seen by others");
    let (back, mut again) = open(&house.path("back"));
    for position in 0..400 {
        let content = back.read(position).expect("readable").content;
        match position % 2 {
            0 => assert_eq!(content, Some(Part::Forgotten), "{position}"),
            _ => assert_eq!(
                text_at(&back, position),
                Some(format!("kept {}", position / 2 + 1))
            ),
        }
    }
    assert_eq!(code(read_file(&back, doomed)), "store_not_found");
    assert_eq!(read_file(&back, kept).expect("reads"), b"kept bytes");
    assert_eq!(back.unseal(day(1, 0), "search").expect("none"), None);
    assert!(!back.is_alive(&day(1, 0)) && back.is_alive(&day(2, 0)));
    assert_eq!(back.checkpoint(), signed);
    let proof = store.consistency(400, later.size).expect("proved");
    let root = back.root(400).expect("computed");
    verify_consistency(400, &root, later.size, &later.root, &proof).expect("a prefix");
    post(&mut again, 2, 300, 0, "and life goes on");
    again.commit().expect("committed");
    assert_eq!(text_at(&back, 400).as_deref(), Some("and life goes on"));

    // The next backup lets go of what is destroyed; keys from before it are refused with it.
    let objects = files_in(&house.path("content")).len();
    let next = house.back_up(&store);
    assert!(next.removed >= 2, "{next:?}");
    assert!(files_in(&house.path("content")).len() < objects);
    let names = read_backup(&house.path("content")).expect("read").files;
    assert!(
        names
            .iter()
            .all(|file| !file.name.contains(&doomed.to_string()))
    );
    let refused = house.restore_from("content", "stolen", "other", |_| {});
    assert_eq!(code(refused), "restore_keys_older");

    // Who has the old keys and the new content has nothing of what was destroyed.
    assert!(holds(&house.path("back"), b"doomed").is_none());
}

#[test]
fn a_segment_that_was_sealed_anew_is_copied_again_and_so_held_records_come_back() {
    let house = House::new();
    let (store, mut writer) = open(&house.path("data"));
    for seq in 1..=200 {
        say(&mut writer, seq, &format!("number {seq}"));
    }
    house.back_up(&store);
    let closed = segments(&house.path("data")).len() as u64 - 1;
    assert!(closed > 2);
    let matter = Scope::Matter(id(77));
    assert_eq!(store.reseal(&[3, 150], matter).expect("resealed"), 2);
    let done = house.back_up(&store);
    assert!((2..=3).contains(&done.copied_files), "{done:?}");
    writer.destroy(&[day(1, 0)]).expect("destroyed");
    house.back_up(&store);
    house.restore("back", false).expect("restored");
    let (back, _writer) = open(&house.path("back"));
    for position in 0..200 {
        let text = text_at(&back, position);
        let held = [3, 150].contains(&position);
        assert_eq!(text, held.then(|| format!("number {}", position + 1)));
    }
}

/// This machine's disk, until so many changes were made: from then on it fails, as for a process that is killed.
#[derive(Debug)]
struct Cut {
    left: AtomicI64,
}

impl Cut {
    fn after(steps: i64) -> Arc<Cut> {
        let left = AtomicI64::new(steps);
        Arc::new(Cut { left })
    }

    fn step(&self) -> io::Result<()> {
        match self.left.fetch_sub(1, Ordering::SeqCst) > 0 {
            true => Ok(()),
            false => Err(io::Error::other("cut")),
        }
    }
}

#[derive(Debug)]
struct CutDisk(Arc<Cut>);

struct CutFile(Arc<Cut>, Arc<dyn DiskFile>);

impl Disk for CutDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        if how == Open::Create {
            self.0.step()?;
        }
        let file = SystemDisk.open(path, how)?;
        Ok(Arc::new(CutFile(self.0.clone(), file)))
    }
    fn length(&self, path: &Path) -> io::Result<u64> {
        SystemDisk.length(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.step()?;
        SystemDisk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.step()?;
        SystemDisk.remove(path)
    }
    fn make_dir(&self, dir: &Path) -> io::Result<()> {
        self.0.step()?;
        SystemDisk.make_dir(dir)
    }
    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        self.0.step()?;
        SystemDisk.remove_dir(dir)
    }
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.0.step()?;
        SystemDisk.sync_dir(dir)
    }
    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
        SystemDisk.list(dir)
    }
    fn real(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }
}

impl DiskFile for CutFile {
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        self.1.read_at(bytes, at)
    }
    /// The write at which it ends is torn.
    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        match self.0.step() {
            Ok(()) => self.1.write_all_at(bytes, at),
            Err(error) => {
                let _ = self.1.write_all_at(&bytes[..bytes.len() / 2], at);
                Err(error)
            }
        }
    }
    fn sync_data(&self) -> io::Result<()> {
        self.0.step()?;
        self.1.sync_data()
    }
    fn sync_all(&self) -> io::Result<()> {
        self.0.step()?;
        self.1.sync_all()
    }
    fn set_length(&self, length: u64) -> io::Result<()> {
        self.0.step()?;
        self.1.set_length(length)
    }
    fn length(&self) -> io::Result<u64> {
        self.1.length()
    }
    fn allocate(&self, length: u64) -> io::Result<()> {
        self.1.allocate(length)
    }
    fn stamp(&self) -> io::Result<Option<(u64, i64)>> {
        self.1.stamp()
    }
}

#[test]
fn a_backup_cut_short_at_any_step_leaves_the_one_before_and_the_next_run_finishes_it() {
    let house = House::new();
    let cut = Cut::after(i64::MAX);
    let mut options = options(&house.path("data"));
    options.disk = Arc::new(CutDisk(cut.clone()));
    let (store, mut writer) = Store::open(&options, &mut |_| {}).expect("opens");
    for seq in 1..=80 {
        post(&mut writer, 1, seq, 0, &format!("doomed {seq}"));
        post(&mut writer, 2, seq, 0, &format!("number {seq}"));
        writer.commit().expect("committed");
    }
    file(&store, day(1, 0), b"a doomed file");
    house.back_up(&store);
    copy_dir(&house.path("content"), &house.path("content before"));
    copy_dir(&house.path("keys"), &house.path("keys before"));
    writer.destroy(&[day(1, 0)]).expect("destroyed");
    file(&store, day(2, 0), b"a new file");
    post(&mut writer, 2, 81, 0, "number 81");
    writer.commit().expect("committed");
    let first = read_backup(&house.path("content")).expect("read");
    let first_keys = read_keys_copy(&house.path("keys")).expect("read");
    let mut steps = 0;
    loop {
        for name in ["content", "keys"] {
            fs::remove_dir_all(house.path(name)).expect("removed");
            copy_dir(&house.path(&format!("{name} before")), &house.path(name));
        }
        cut.left.store(steps, Ordering::SeqCst);
        let outcome = store
            .back_up(&house.path("content"), NOW_MS, false, &mut |_| {})
            .and_then(|_| store.back_up_keys(&house.path("keys"), NOW_MS));
        cut.left.store(i64::MAX, Ordering::SeqCst);
        let found =
            verify_backup(&house.path("content"), &mut |_| {}).expect("one of two is whole");
        assert!(found == first || found.size == 161, "after {steps} steps");
        let keys = read_keys_copy(&house.path("keys")).expect("one of two is whole");
        assert!(
            keys == first_keys || keys.size == 161,
            "after {steps} steps"
        );
        if outcome.is_ok() {
            break;
        }
        house.back_up(&store);
        let manifest = read_backup(&house.path("content")).expect("read");
        let named: HashSet<_> = manifest.files.iter().map(|kept| &kept.sha256).collect();
        let left = files_in(&house.path("content/objects")).len();
        assert_eq!(
            left,
            named.len(),
            "nothing else is left, after {steps} steps"
        );
        let copies = fs::read_dir(house.path("keys")).expect("listed").count();
        assert_eq!(copies, 2, "one copy and a lock, after {steps} steps");
        steps += 1;
    }
    assert!(steps > 40, "{steps}");

    // So is a restore: what it had not finished never opens, and can be begun again.
    for steps in (0..).step_by(3) {
        let back = house.path("back");
        let options = migrations_free_store::Options {
            disk: Arc::new(CutDisk(Cut::after(steps))),
            ..crate::options(&back)
        };
        let (from, keys) = (house.path("content"), house.path("keys"));
        let order = Restore {
            from: &from,
            keys: &keys,
            options: &options,
            now_ms: NOW_MS,
            keys_age_ms_max: AGE_MS_MAX,
            accept_old_keys: false,
            accept_shorter: false,
        };
        let done = backup::restore(&order, &mut |_| Ok(Vec::new()), &mut |_| {});
        let opened = Store::open(&crate::options(&back), &mut |_| {});
        match opened {
            Ok((again, _writer)) if back.join(RESTORED).exists() => {
                assert_eq!(text_at(&again, 160).as_deref(), Some("number 81"));
                assert!(!again.is_alive(&day(1, 0)) && again.size() == 161);
            }
            Ok((again, _writer)) => assert_eq!(again.size(), 0, "nothing was begun"),
            Err(error) => assert_eq!(error.code(), "restore_unfinished", "after {steps} steps"),
        }
        let _ = fs::remove_dir_all(&back);
        if done.is_ok() {
            assert!(steps > 60, "{steps}");
            break;
        }
    }
}

#[test]
fn a_restore_refuses_what_is_damaged_or_does_not_belong_together_and_names_it() {
    let house = House::new();
    let (store, mut writer) = open(&house.path("data"));
    for seq in 1..=100 {
        say(&mut writer, seq, &format!("number {seq}"));
    }
    file(&store, day(1, 0), b"a file");
    writer.sign_checkpoint().expect("signed");
    house.back_up(&store);
    let manifest = read_backup(&house.path("content")).expect("read");
    for kept in &manifest.files {
        let (first, rest) = kept.sha256.split_at(2);
        let path = house.path("content/objects").join(first).join(rest);
        let whole = fs::read(&path).expect("read");
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        for bytes in [flipped, whole[..whole.len() - 1].to_vec(), Vec::new()] {
            fs::write(&path, bytes).expect("written");
            let told = verify_backup(&house.path("content"), &mut |_| {}).expect_err("refused");
            assert_eq!(told.code(), "backup_damaged");
            assert!(told.to_string().contains(&kept.name), "{told}");
            assert_eq!(code(house.restore("broken", false)), "backup_damaged");
            assert!(house.path("broken").join(RESTORING).exists());
            let opened = Store::open(&options(&house.path("broken")), &mut |_| {}).map(|_| ());
            assert_eq!(code(opened), "restore_unfinished");
            fs::remove_dir_all(house.path("broken")).expect("removed");
        }
        fs::write(&path, whole).expect("written");
    }
    let with =
        |change: fn(&mut Restore<'_>)| code(house.restore_from("content", "keys", "x", change));
    let aged = |order: &mut Restore<'_>| order.now_ms = NOW_MS + AGE_MS_MAX + 1;
    assert_eq!(with(aged), "restore_keys_aged");
    fs::create_dir(house.path("full")).expect("made");
    fs::write(house.path("full/note"), b"mine").expect("written");
    assert_eq!(code(house.restore("full", false)), "restore_not_empty");

    // A backup that was damaged where it lies is mended by one that checks.
    let largest = manifest
        .files
        .iter()
        .max_by_key(|kept| kept.bytes)
        .expect("a file");
    let (first, rest) = largest.sha256.split_at(2);
    let path = house.path("content/objects").join(first).join(rest);
    let mut bytes = fs::read(&path).expect("read");
    bytes[0] ^= 1;
    fs::write(&path, bytes).expect("written");
    for (check, mended) in [(false, false), (true, true)] {
        store
            .back_up(&house.path("content"), NOW_MS, check, &mut |_| {})
            .expect("backed up");
        let whole = verify_backup(&house.path("content"), &mut |_| {}).is_ok();
        assert_eq!(whole, mended, "checked: {check}");
    }

    let other = House::new();
    let (stranger, mut writer) = open(&other.path("data"));
    say(&mut writer, 1, "elsewhere");
    other.back_up(&stranger);
    copy_dir(&other.path("keys"), &house.path("foreign"));
    let refused = house.restore_from("content", "foreign", "x", |_| {});
    assert_eq!(code(refused), "restore_foreign_keys");
    let over = stranger.back_up(&house.path("content"), NOW_MS, false, &mut |_| {});
    assert_eq!(code(over), "backup_foreign");
    let over = stranger.back_up_keys(&house.path("keys"), NOW_MS);
    assert_eq!(code(over), "backup_foreign", "or they would be wiped");

    let manifest_path = house.path("content/backup.json");
    let text = fs::read_to_string(&manifest_path).expect("read");
    for (from, to, expected) in [
        ("\"log/0000", "\"../0000", "backup_damaged"),
        ("\"log/0000", "\"/log/0000", "backup_damaged"),
        ("\"version\": 1", "\"version\": 2", "backup_newer"),
        ("\"files\"", "\"flies\"", "backup_damaged"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        fs::write(&manifest_path, changed).expect("written");
        assert_eq!(code(house.restore("x", false)), expected, "{to}");
        assert!(!house.path("x").exists());
    }
    fs::remove_file(&manifest_path).expect("removed");
    assert_eq!(code(house.restore("x", false)), "backup_missing");
    fs::write(&manifest_path, text).expect("written");
    house.restore("x", false).expect("restored");
    assert!(house.path("x").join(RESTORED).exists());
    open(&house.path("x"));
}
