//! Backups and restores through the real program: made beside a running server, whole after a kill, unreadable
//! without the keys, and never the place where what was destroyed lives on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use migrations_free_store::backup::{
    RESTORED, RESTORING, read_backup, read_keys_copy, verify_backup,
};
use migrations_free_store::verify::verify_consistency;
use serde_json::{Value, json};
use tests::launch::{self, Certificate};
use tests::world::{PATIENCE, Person, World, to_noon};

const DAY_MS: i64 = 24 * 3_600_000;
const DOOMED: &str = "the quixotrellium valve of press nine leaks at dawn";
const DOOMED_FILE: &[u8] = b"four parts of brimstonewax, one of saffronglue, and patience";
const KEPT: &str = "gallimaufry for everyone on the second day";
const KEPT_FILE: &[u8] = b"a recipe for gallimaufry, to be kept";
const LATE: &str = "marrowbenite, said when the backup was made already";
const WORDS: [&str; 3] = ["quixotrellium", "brimstonewax", "saffronglue"];

#[test]
fn what_was_destroyed_after_the_backup_stays_destroyed_and_all_else_comes_back() {
    let house = tempfile::tempdir().expect("a folder");
    let at = |name: &str| house.path().join(name);
    let keys = at("keys");
    let more = format!("[backup]\nkeys = '{}'\n", keys.display());
    let (mut world, clock) = World::with_clock_and(&more);
    to_noon(&clock);
    let (mut ada, bilal) = (world.admin(), world.person("Bilal"));
    let mut auditor = world.newcomer("Chioma", "auditor");
    let line = ada.channel("Line 3", &[&bilal]);
    let other = ada.channel("Line 4", &[&bilal]);
    let doomed = say_with(&mut ada, &line, DOOMED, DOOMED_FILE);
    ada.says(&other, KEPT);
    clock.shift(DAY_MS);
    let kept = say_with(&mut ada, &line, KEPT, KEPT_FILE);
    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 1}));
    assert_eq!(
        ada.searches(&format!("/api/v1/search?text=quixotrellium&c={line}"))["hits"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );

    // Beside the running server, over its socket.
    let (content, key_words) = (text(&at("content")), text(&keys));
    let made = launch::run(&world.data, &["backup", &content, "--keys", &key_words]).expect("ran");
    assert!(made.status.success(), "{}", said(&made));
    assert!(said(&made).contains("read back"), "{}", said(&made));
    let manifest = verify_backup(&at("content"), &mut |_| {}).expect("whole");
    for word in WORDS.iter().chain(&["gallimaufry"]) {
        assert_eq!(holds(&at("content"), word.as_bytes()), None, "{word}");
    }
    let root = fs::read(world.data.join("keys/root")).expect("read");
    for secret in root.chunks(16).filter(|part| part.iter().any(|b| *b != 0)) {
        if !secret.starts_with(b"DAYLROOT") && secret.iter().filter(|b| **b != 0).count() > 12 {
            assert_eq!(
                holds(&at("content"), secret),
                None,
                "a piece of the root key"
            );
        }
    }
    let unconfigured = launch::run(&world.data, &["backup"]).expect("ran");
    assert!(
        said(&unconfigured).contains("where to?"),
        "{}",
        said(&unconfigured)
    );

    ada.says(&line, LATE);
    let epoch = read_keys_copy(&keys).expect("whole").keys.epoch;
    clock.shift(DAY_MS);
    assert_eq!(world.sweeps(), 1);
    until("the destruction reaches the copy of the keys", || {
        read_keys_copy(&keys).is_ok_and(|copy| copy.keys.epoch > epoch)
    });
    until("one copy and a lock: the older is gone", || {
        fs::read_dir(&keys).expect("listed").count() == 2
    });
    // The copy follows the keys' death at once, be the deed on record already or not.
    let missing = read_keys_copy(&keys).expect("whole").size - manifest.size;
    assert!(missing >= 2, "what was said late, and the intent");
    let (later_size, later_root) = until_signed_beyond(&mut ada, manifest.size + missing - 1);
    let proof = auditor.gets(&format!(
        "/api/v1/log/consistency?old={}&new={later_size}",
        manifest.size
    ));
    world.stop();

    // A loss is named, and accepted by whoever restores.
    let back = at("back");
    let restore = |words: &[&str]| {
        let mut all = vec!["restore", &content, "--keys", &key_words];
        all.extend(words);
        launch::run(&back, &all).expect("ran")
    };
    let refused = restore(&[]);
    assert!(!refused.status.success() && !back.exists());
    let told = said(&refused);
    assert!(
        told.contains("restore_shorter") && told.contains(&format!("last {missing} are")),
        "{told}"
    );
    let restored = restore(&["--accept-shorter"]);
    let told = said(&restored);
    assert!(restored.status.success(), "{told}");
    assert!(
        told.contains(&format!("MISSING: the last {missing} events")),
        "{told}"
    );
    assert!(back.join(RESTORED).exists() && !back.join(RESTORING).exists());
    assert!(said(&restore(&["--accept-shorter"])).contains("restore_not_empty"));
    for word in WORDS {
        assert_eq!(holds(&back, word.as_bytes()), None, "{word}");
    }

    // The first answer, from the first moment on.
    world.again_here_on(&back, &clock).expect("it starts");
    let items = ada.reads(&line);
    let page = Value::from(items.clone()).to_string();
    for word in WORDS {
        assert!(!page.contains(word), "{word} in {page}");
        let hits = ada.searches(&format!("/api/v1/search?text={word}&c={line}"));
        assert_eq!(hits["hits"], json!([]), "{word}");
    }
    assert!(items.iter().any(|item| item["b"] == KEPT), "{page}");
    assert!(!page.contains(LATE), "it is among the missing");
    assert!(ada.reads(&other).iter().any(|item| item["b"] == KEPT));
    assert_eq!(ada.downloads(&doomed).code(), "not_found");
    assert_eq!(ada.downloads(&kept).body, KEPT_FILE);
    assert!(
        !back.join(RESTORED).exists(),
        "the first start has taken note"
    );
    let ledger = ada.gets("/api/v1/ledger?act=server.");
    let started = &ledger["entries"][0]["object"]["restored"];
    assert_eq!(
        (&started["size"], &started["missing"]),
        (&json!(manifest.size), &json!(missing)),
        "{ledger}"
    );

    // What was signed later by the first server only adds to what was restored.
    let first =
        migrations_free_store::verify::verify_note(&manifest.checkpoint, &manifest.verifier_key);
    assert!(first.expect("signed").size <= manifest.size);
    ada.says(&line, "and life goes on");
    world.stop();
    let origin = migrations_free_store::verify::claim(&manifest.checkpoint);
    let options = migrations_free_store::Options::new(&back, origin.expect("signed").origin);
    let (store, writer) = migrations_free_store::Store::open(&options, &mut |_| {}).expect("opens");
    let hashes = proof["proof"].as_array().cloned().unwrap_or_default();
    let hashes: Vec<[u8; 32]> = hashes
        .iter()
        .map(|h| hash(h.as_str().unwrap_or_default()))
        .collect();
    let root = store.root(manifest.size).expect("computed");
    verify_consistency(manifest.size, &root, later_size, &later_root, &hashes).expect("a prefix");
    assert!(store.size() > manifest.size);
    drop((store, writer));
    let verified = launch::run(&back, &["verify", &text(&back)]).expect("ran");
    assert!(verified.status.success(), "{}", said(&verified));
}

#[test]
fn what_fell_due_while_nobody_served_is_destroyed_before_the_first_answer() {
    const CHANNELS: usize = 30;
    let house = tempfile::tempdir().expect("a folder");
    let at = |name: &str| house.path().join(name);
    let (mut world, clock) = World::with_clock();
    to_noon(&clock);
    let mut ada = world.admin();
    let lines: Vec<String> = (0..CHANNELS)
        .map(|n| {
            let line = ada.channel(&format!("Line {n}"), &[]);
            say_with(&mut ada, &line, DOOMED, DOOMED_FILE);
            line
        })
        .collect();
    world.rules(json!({"t": "policy.set", "keep_days": 1}));
    let (content, keys) = (text(&at("content")), text(&at("keys")));
    let made = launch::run(&world.data, &["backup", &content, "--keys", &keys]).expect("ran");
    assert!(made.status.success(), "{}", said(&made));
    world.stop();
    let back = at("back");
    let restored = launch::run(&back, &["restore", &content, "--keys", &keys]).expect("ran");
    assert!(restored.status.success(), "{}", said(&restored));
    assert!(said(&restored).contains("events"), "{}", said(&restored));
    assert_eq!(blobs(&back).len(), CHANNELS);
    clock.shift(3 * DAY_MS);
    world.again_here_on(&back, &clock).expect("it starts");
    assert_eq!(blobs(&back), Vec::<PathBuf>::new(), "before any answer");
    for line in &lines {
        let page = ada.gets(&format!("/api/v1/channels/{line}/messages"));
        assert_eq!(page["expired"][0]["messages"], 1, "{page}");
        assert!(!page.to_string().contains("quixotrellium"), "{page}");
    }
    world.stop();
}

#[test]
fn a_kill_in_the_midst_of_a_backup_leaves_the_one_before_and_restores_what_was_acknowledged() {
    const KILLS: u64 = 5;
    let house = tempfile::tempdir().expect("a folder");
    let at = |name: &str| house.path().join(name);
    let mut world = World::start();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let mut acknowledged = 0;
    let (content, keys) = (text(&at("content")), text(&at("keys")));
    let mut cut = 0;
    for kill in 0..KILLS {
        for _ in 0..5 {
            acknowledged += 1;
            ada.says(&line, &format!("number {acknowledged}"));
            say_with(&mut ada, &line, "with a file", &vec![kill as u8; 100_000]);
        }
        let whole = launch::run(&world.data, &["backup", &content, "--keys", &keys]).expect("ran");
        assert!(whole.status.success(), "{}", said(&whole));
        let before = verify_backup(&at("content"), &mut |_| {}).expect("whole");
        for _ in 0..10 {
            say_with(&mut ada, &line, "not in it", &vec![77; 600_000]);
        }
        let data = world.data.clone();
        let (to, keys_to) = (content.clone(), keys.clone());
        let second = thread::spawn(move || {
            launch::run(&data, &["backup", &to, "--keys", &keys_to]).expect("ran")
        });
        thread::sleep(Duration::from_millis(20 + kill * 9));
        world.kill();
        cut += u64::from(!second.join().expect("ended").status.success());
        let found = verify_backup(&at("content"), &mut |_| {}).expect("one of the two is whole");
        assert!(found.size >= before.size);
        let back = at(&format!("back {kill}"));
        let words = ["restore", &content, "--keys", &keys, "--accept-shorter"];
        let restored = launch::run(&back, &words).expect("ran");
        assert!(restored.status.success(), "{}", said(&restored));
        world.again_on(&back).expect("it starts");
        let items = ada.reads(&line);
        for n in 1..=acknowledged {
            let text = format!("number {n}");
            assert!(items.iter().any(|item| item["b"] == text), "{text}");
        }
        world.kill();
        world.again();
    }
    assert!(cut > 0, "no kill fell into a backup: nothing was tried");
}

#[test]
fn backups_are_made_by_themselves_and_a_failure_is_told_to_the_admin() {
    let house = tempfile::tempdir().expect("a folder");
    let at = |name: &str| house.path().join(name);
    let more = format!(
        "[backup]\nto = '{}'\nkeys = '{}'\n",
        at("content").display(),
        at("keys").display()
    );
    let mut world = World::with(&more, false);
    until("the first backup", || {
        verify_backup(&at("content"), &mut |_| {}).is_ok() && read_keys_copy(&at("keys")).is_ok()
    });
    let ada = &mut world.admin();
    let line = ada.channel("Line 3", &[]);
    ada.says(&line, KEPT);
    let asked = launch::run_configured(&world.data, &["backup"]).expect("ran");
    assert!(asked.status.success(), "{}", said(&asked));
    let size = read_backup(&at("content")).expect("read").size;
    assert!(size > 3);
    // Without a server the program opens the data itself.
    world.stop();
    let offline = launch::run_configured(&world.data, &["backup"]).expect("ran");
    assert!(offline.status.success(), "{}", said(&offline));
    let healthy = launch::run_configured(&world.data, &["doctor"]).expect("ran");
    assert!(healthy.status.success(), "{}", said(&healthy));

    fs::remove_dir_all(at("content")).expect("removed");
    fs::write(at("content"), b"no folder").expect("written");
    world.again();
    let mut told = String::new();
    until("the failure is told", || {
        told = ada.gets("/api/v1/admin/health")["warnings"].to_string();
        told.contains("backup_failed")
    });
    assert!(world.try_again().is_ok());
}

#[test]
fn the_doctor_names_what_is_wrong_beside_a_running_server_and_without_one() {
    let house = tempfile::tempdir().expect("a folder");
    let at = |name: &str| house.path().join(name);
    let certificate = Certificate::make(house.path()).expect("made");
    let more = format!(
        "[backup]\nto = '{}'\nkeys = '{}'\n",
        at("content").display(),
        at("keys").display()
    );
    let mut world = World::with(&more, false);
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    for _ in 0..5 {
        say_with(&mut ada, &line, KEPT, KEPT_FILE);
    }
    until("the first backup", || {
        verify_backup(&at("content"), &mut |_| {}).is_ok()
    });
    let doctor = |world: &World| launch::run_configured(&world.data, &["doctor"]).expect("ran");
    let made = launch::run_configured(&world.data, &["backup"]).expect("ran");
    assert!(made.status.success(), "{}", said(&made));
    let well = doctor(&world);
    let told = said(&well);
    assert!(well.status.success(), "{told}");
    for part in [
        "events; ",
        "is signed",
        "clock",
        "a day",
        "5 files open",
        "views are",
        "destruction that was begun is done",
        "verifies",
        "copy of the keys",
        "MiB free",
        "owner's alone",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }

    // One thing wrong at a time, beside the running server.
    let config_path = world.data.with_extension("toml");
    let config = fs::read_to_string(&config_path).expect("read");
    let wrong = |expected: &str, change: &dyn Fn() -> Box<dyn FnOnce()>| {
        let repair = change();
        let found = doctor(&world);
        let told = said(&found);
        assert!(!found.status.success(), "{expected}: {told}");
        let fault = told
            .lines()
            .any(|l| l.starts_with("FAULT") && l.contains(expected));
        assert!(fault, "{expected}: {told}");
        repair();
    };
    let object = files(&at("content/objects")).pop().expect("an object");
    wrong("its hash differs", &|| swap_byte(&object));
    wrong("can be read by others", &|| {
        let root = world.data.join("keys/root");
        chmod(&root, 0o644);
        Box::new(move || chmod(&root, 0o600))
    });
    wrong("the copy of the keys", &|| moved(&at("keys")));
    wrong("is no finished backup", &|| {
        moved(&at("content/backup.json"))
    });
    let blob = blobs(&world.data).pop().expect("a file");
    wrong("files are damaged", &|| swap_byte_at(&blob, 80));
    wrong("would outlive their day", &|| {
        moved_to(&world.data.join("blobs/in"), at("markers"))
    });
    wrong("the certificate", &|| {
        let (cert, key) = (
            certificate.cert_path.display(),
            certificate.key_path.display(),
        );
        let listen = "[server]\n";
        let with = format!("{listen}tls_certificate = '{cert}.gone'\ntls_key = '{key}'\n");
        fs::write(&config_path, config.replace(listen, &with)).expect("written");
        let (path, text) = (config_path.clone(), config.clone());
        Box::new(move || fs::write(path, text).expect("written"))
    });
    let segment = files(&world.data.join("log"))
        .into_iter()
        .find(|p| p.extension().is_some_and(|e| e == "seg"));
    let segment = segment.expect("a segment");
    wrong("REFUSED: position", &|| swap_byte_at(&segment, 400));
    assert!(
        doctor(&world).status.success(),
        "all is repaired: {}",
        said(&doctor(&world))
    );

    // A server that does not answer: it says what it could not see.
    let socket = world.data.join("control.sock");
    fs::remove_file(&socket).expect("removed");
    let blind = doctor(&world);
    assert!(
        !blind.status.success() && said(&blind).contains("NOT CHECKED"),
        "{}",
        said(&blind)
    );
    world.stop();
    let alone = doctor(&world);
    assert!(alone.status.success(), "{}", said(&alone));
    assert!(said(&alone).contains("5 files open"), "{}", said(&alone));
    let _stays = swap_byte_at(&segment, 400);
    let alone = doctor(&world);
    assert!(!alone.status.success(), "{}", said(&alone));
}

/// A message with a file; the file as it is fetched.
fn say_with(who: &mut Person, line: &str, text: &str, bytes: &[u8]) -> String {
    let id = who.uploads(line, "note.txt", bytes);
    let sent = who.does(json!({"t": "send", "c": line, "b": text, "f": [id]}));
    let q = sent["q"].as_u64().expect("q");
    let page = who.gets(&format!(
        "/api/v1/channels/{line}/messages?around={q}&limit=1"
    ));
    let items = page["items"].as_array().cloned().unwrap_or_default();
    let item = items
        .iter()
        .find(|item| item["q"] == q)
        .expect("the message");
    item["f"][0]["id"].as_str().expect("its file").to_owned()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: it does not come");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Size and root of a checkpoint over more than `size` events.
fn until_signed_beyond(who: &mut Person, size: u64) -> (u64, [u8; 32]) {
    let mut newest = Value::Null;
    until("a signature", || {
        newest = who.gets("/api/v1/log/checkpoint");
        newest["size"].as_u64() > Some(size)
    });
    let root = hash(newest["root"].as_str().unwrap_or_default());
    (newest["size"].as_u64().unwrap_or_default(), root)
}

fn hash(text: &str) -> [u8; 32] {
    let bytes = STANDARD.decode(text).expect("base64");
    bytes.try_into().expect("32 bytes")
}

fn said(output: &Output) -> String {
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    format!("{out}{err}")
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn holds(dir: &Path, needle: &[u8]) -> Option<PathBuf> {
    let found =
        |path: &PathBuf| memchr::memmem::find(&fs::read(path).expect("read"), needle).is_some();
    files(dir).into_iter().find(found)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type().expect("its kind") {
            kind if kind.is_dir() => found.extend(files(&path)),
            kind if kind.is_file() => found.push(path),
            _ => {}
        }
    }
    found
}

/// Finished files, without the markers beside them.
fn blobs(data: &Path) -> Vec<PathBuf> {
    let all = files(&data.join("blobs"));
    all.into_iter()
        .filter(|path| !path.starts_with(data.join("blobs/in")))
        .collect()
}

fn swap_byte(path: &Path) -> Box<dyn FnOnce()> {
    let length = fs::metadata(path).expect("there").len();
    swap_byte_at(path, usize::try_from(length / 2).expect("small"))
}

/// Flips one byte in place, and gives what flips it back.
fn swap_byte_at(path: &Path, at: usize) -> Box<dyn FnOnce()> {
    use std::os::unix::fs::FileExt;
    let path = path.to_owned();
    let flip = move || {
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .expect("open");
        let mut byte = [0];
        file.read_exact_at(&mut byte, at as u64).expect("read");
        file.write_all_at(&[byte[0] ^ 1], at as u64)
            .expect("written");
    };
    flip();
    Box::new(flip)
}

fn moved(path: &Path) -> Box<dyn FnOnce()> {
    moved_to(path, path.with_extension("gone"))
}

fn moved_to(path: &Path, aside: PathBuf) -> Box<dyn FnOnce()> {
    let path = path.to_owned();
    fs::rename(&path, &aside).expect("moved");
    Box::new(move || fs::rename(&aside, &path).expect("moved back"))
}

fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
}
