//! Days that leave by themselves, to a folder, to a mail server (aiosmtpd) and to a store (moto): each channel's day
//! once, whole, on record, and later rather than never.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tests::launch::{self, Settings};
use tests::process::free_port;
use tests::world::{Person, World, to_noon};

use super::disks::{Disk, run};
use super::metrics;
use super::strangers::{repository, skipped};

const DAY_MS: i64 = 24 * 3_600_000;
const HOUR_MS: i64 = 3_600_000;
/// A build, a delivery and a few pauses after failures, on half a core.
const PATIENCE: Duration = Duration::from_mins(1);

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(30));
    }
}

/// A program of somebody else's that goes when the test does.
struct Stranger {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Stranger {
    fn start(script: &str, arguments: &[&str]) -> Stranger {
        let mut child = Command::new(python())
            .arg("-B")
            .arg(repository().join("tests/strangers").join(script))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        let mut stranger = Stranger { child, out };
        assert_eq!(stranger.line().trim(), "ready", "{script}");
        stranger
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("a line");
        line
    }

    fn asks(&mut self) -> Vec<Value> {
        let stdin = self.child.stdin.as_mut().expect("its input");
        stdin.write_all(b"\n").expect("written");
        serde_json::from_str(&self.line()).expect("JSON")
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

fn python() -> PathBuf {
    repository().join("target/strangers/venv/bin/python")
}

fn has_strangers(promise: &str) -> bool {
    let check = ["-c", "import aiosmtpd, moto.server, boto3"];
    let has = Command::new(python()).args(check).output();
    let has = has.is_ok_and(|done| done.status.success());
    if !has {
        skipped(
            promise,
            "aiosmtpd or moto is not installed (deploy/ci/strangers.sh)",
        );
    }
    has
}

fn folder(house: &Path, name: &str) -> PathBuf {
    let path = house.join(name);
    fs::create_dir_all(&path).expect("a folder");
    path
}

fn to_folder(name: &str, path: &Path) -> String {
    format!(
        "[[archive.to]]\nname = '{name}'\nkind = 'directory'\npath = '{}'\n",
        path.display()
    )
}

fn to_mail(at: SocketAddr, tls: &str, password: &Path) -> String {
    format!(
        "[[archive.to]]\nname = 'mail'\nkind = 'smtp'\nhost = 'localhost'\nport = {}\ntls = '{tls}'\nuser = 'archive'\n\
         password_file = '{}'\nfrom = 'daylight@acme.example'\nto = 'journal@archive.example'\n",
        at.port(),
        password.display()
    )
}

fn to_store(name: &str, at: SocketAddr, keys: &Path, bucket: &str, more: &str) -> String {
    let keys = keys.display();
    format!(
        "[[archive.to]]\nname = '{name}'\nkind = 's3'\nendpoint = 'http://{at}'\nbucket = '{bucket}'\nprefix = 'acme/chat'\n\
         access_key_file = '{keys}/access'\nsecret_key_file = '{keys}/secret'\n{more}"
    )
}

/// Proposed by the officer, approved by the admin.
fn schedules(olga: &mut Person, ada: &mut Person, to: &str, channels: &[&str]) -> String {
    let propose = json!({"t": "archive.propose", "to": to, "channels": channels, "reason": "SEC 17a-4", "case": "books"});
    let made = olga.does(propose);
    let id = made["schedule"].as_str().expect("its id").to_owned();
    ada.does(json!({"t": "archive.approve", "schedule": id}));
    id
}

fn archive(who: &mut Person) -> Value {
    who.gets("/api/v1/archive")
}

fn find(list: &Value, key: &str, is: &str) -> Value {
    let all = list.as_array().into_iter().flatten();
    let mut ours = all.filter(|one| one[key] == is);
    ours.next()
        .unwrap_or_else(|| panic!("{is} in {list}"))
        .clone()
}

fn schedule(who: &mut Person, id: &str) -> Value {
    find(&archive(who)["schedules"], "id", id)
}

/// As health shows it.
fn destination(who: &mut Person, name: &str) -> Value {
    find(&who.gets("/api/v1/admin/health")["archive"], "name", name)
}

fn delivered(who: &mut Person, id: &str, count: u64) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let told = schedule(who, id);
        if told["delivered"].as_u64() >= Some(count) {
            return told;
        }
        assert!(Instant::now() < deadline, "{count}: {}", archive(who));
        thread::sleep(Duration::from_millis(30));
    }
}

/// Days are closed when they are whole.
fn closed(who: &mut Person, id: &str, before: u64) {
    let deadline = Instant::now() + PATIENCE;
    while schedule(who, id)["next_day"].as_u64() < Some(before) {
        assert!(
            Instant::now() < deadline,
            "{before} is not closed: {}",
            archive(who)
        );
        thread::sleep(Duration::from_millis(30));
    }
}

fn fails(who: &mut Person, name: &str, code: &str) -> Value {
    until(&format!("{name} fails: {code}"), || {
        let told = destination(who, name);
        (told["failed"] == code).then_some(told)
    })
}

fn day(told: &Value) -> u64 {
    told["since_day"].as_u64().expect("a day")
}

fn warnings(who: &mut Person) -> Vec<String> {
    let health = who.gets("/api/v1/admin/health");
    let all = health["warnings"].as_array().into_iter().flatten();
    let ours = all
        .filter_map(Value::as_str)
        .filter(|w| w.starts_with("archive_"));
    ours.map(str::to_owned).collect()
}

/// Every bundle of a folder, whole, with its hash beside it, and verified as anybody could.
fn bundles(root: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for path in crate::traces::files(root) {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        assert!(!name.ends_with(".part"), "{name} is left over");
        if !name.ends_with(".zip") {
            continue;
        }
        daylight::export::verify_bundle(&path, None).expect("it verifies");
        let line = fs::read_to_string(path.with_extension("zip.sha256")).expect("its hash");
        let hash = sha256(&fs::read(&path).expect("read"));
        assert_eq!(line, format!("{hash}  {name}\n"));
        assert!(found.insert(hash, path).is_none(), "twice the same");
    }
    found
}

fn sha256(bytes: &[u8]) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, bytes);
    hash.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The hashes and sizes that the record says were delivered, by channel and day: each once.
fn on_record(who: &mut Person) -> BTreeMap<(String, String, u64), (String, u64)> {
    let mut found = BTreeMap::new();
    let mut path = "/api/v1/ledger?act=archive.delivered&limit=200".to_owned();
    loop {
        let page = who.gets(&path);
        for entry in page["entries"].as_array().into_iter().flatten() {
            let object = &entry["object"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let key = (
                text(&object["schedule"]),
                text(&entry["channel"]),
                object["day"].as_u64().expect("a day"),
            );
            let hash = URL_SAFE_NO_PAD.decode(text(&object["sha256"]));
            let hash = hash
                .expect("a hash")
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>();
            let what = (hash, object["bytes"].as_u64().expect("bytes"));
            assert!(
                found.insert(key, what).is_none(),
                "twice on record: {entry}"
            );
        }
        match page["next"].as_u64() {
            Some(next) => {
                path = format!("/api/v1/ledger?act=archive.delivered&limit=200&before={next}")
            }
            None => return found,
        }
    }
}

#[test]
fn a_day_that_is_over_arrives_whole_by_two_peoples_will_and_nobody_elses() {
    let house = tempfile::tempdir().expect("a folder");
    let vault = folder(house.path(), "vault");
    let more = format!(
        "{}[archive]\ndelay_minutes = 90\n{}",
        metrics::configured(house.path()),
        to_folder("vault", &vault)
    );
    let (mut world, clock) = World::with_clock_and(&more);
    to_noon(&clock);
    let (mut ada, mut grace) = (world.admin(), world.person("Grace"));
    let mut olga = world.newcomer("Olga", "officer");
    let mut chioma = world.newcomer("Chioma", "auditor");
    let line = ada.channel("Line 3", &[&grace]);
    let other = ada.channel("Line 4", &[&grace]);

    // Four eyes, and roles.
    let ask = json!({"t": "archive.propose", "to": "vault", "reason": "a rule", "case": "books"});
    for who in [&mut ada, &mut grace, &mut chioma] {
        assert_eq!(
            who.tries(ask.clone()).expect_err("refused").code,
            "forbidden"
        );
    }
    let nowhere =
        json!({"t": "archive.propose", "to": "nowhere", "reason": "a rule", "case": "books"});
    assert_eq!(olga.tries(nowhere).expect_err("refused").code, "invalid");
    let made = olga.does(ask);
    let id = made["schedule"].as_str().expect("its id").to_owned();
    let approve = json!({"t": "archive.approve", "schedule": id});
    for who in [&mut olga, &mut grace, &mut chioma] {
        assert_eq!(
            who.tries(approve.clone()).expect_err("refused").code,
            "forbidden"
        );
    }
    assert_eq!(
        grace.http.get("/api/v1/archive").expect("an answer").code(),
        "forbidden"
    );
    ada.does(approve.clone());
    assert_eq!(ada.tries(approve).expect_err("once").code, "conflict");

    ada.says(&line, "the velvet invoice is paid");
    grace.says(&other, "and the second one too");
    let told = schedule(&mut chioma, &id);
    let first = day(&told);
    assert_eq!(
        (&told["reason"], &told["next_day"]),
        (&json!("a rule"), &json!(first))
    );
    // Over, but not for so long.
    clock.shift(DAY_MS / 2 + HOUR_MS);
    assert_eq!(destination(&mut ada, "vault")["waiting"], 0);
    clock.shift(HOUR_MS);
    closed(&mut olga, &id, first + 1);
    let told = delivered(&mut chioma, &id, 2);
    let found = bundles(&vault);
    assert_eq!(found.len(), 2, "{found:?}");
    let date = daylight::archive::date(u32::try_from(first).expect("a day"));
    for recent in told["recent"].as_array().expect("deliveries") {
        let path = &found[recent["sha256"].as_str().expect("a hash")];
        let place = format!(
            "vault/{}/channel-{}-{date}-",
            date.replace('-', "/"),
            recent["c"].as_str().expect("c")
        );
        assert!(
            path.to_string_lossy().contains(&place),
            "{}",
            path.display()
        );
        assert_eq!(
            fs::metadata(path).expect("there").len(),
            recent["bytes"],
            "{recent}"
        );
    }
    let lines = found
        .values()
        .find(|p| p.to_string_lossy().contains(&line))
        .expect("line 3's");
    let text = unzipped(lines, ".jsonl");
    assert!(
        text.contains("the velvet invoice is paid") && text.contains(&id),
        "{text}"
    );

    // Nothing of it is left here; what is delivered cannot be had twice.
    until("its bundles are gone", || {
        crate::traces::files(&world.data.join("blobs"))
            .is_empty()
            .then_some(())
    });
    assert_eq!(olga.gets("/api/v1/exports")["exports"], json!([]));
    let ledger = chioma.gets("/api/v1/ledger?act=archive.&limit=50");
    let acts: Vec<_> = ledger["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .rev()
        .map(|e| e["act"].clone())
        .collect();
    let wanted = ["proposed", "approved", "delivered", "delivered", "closed"]
        .map(|act| json!(format!("archive.{act}")));
    assert_eq!(acts, wanted, "{ledger}");
    assert_eq!(ledger["entries"][0]["object"]["channels"], 2);
    assert!(
        !ada.gets("/api/v1/ledger?limit=200")
            .to_string()
            .contains("archive.delivered")
    );

    // A quiet day is closed with nothing; what was delivered is no reason to deliver.
    clock.shift(DAY_MS);
    closed(&mut olga, &id, first + 2);
    assert_eq!(schedule(&mut olga, &id)["delivered"], 2);
    assert_eq!(bundles(&vault).len(), 2);
    let figures = metrics::figures(&world);
    assert_eq!(
        metrics::figure(
            &figures,
            "daylight_archive_waiting_days{destination=\"vault\"}"
        ),
        0.0
    );
    assert_eq!(warnings(&mut ada), [""; 0]);

    // Whoever may approve may end it. What is said after that stays.
    grace.says(&line, "said on the last day");
    ada.does(json!({"t": "archive.end", "schedule": id}));
    assert_eq!(
        ada.tries(json!({"t": "archive.end", "schedule": id}))
            .expect_err("over")
            .code,
        "conflict"
    );
    clock.shift(2 * DAY_MS);
    let second = schedules(&mut olga, &mut ada, "vault", &[&other]);
    ada.says(&line, "not of this schedule");
    ada.says(&other, "of this schedule");
    clock.shift(DAY_MS);
    delivered(&mut olga, &second, 1);
    let last = day(&schedule(&mut olga, &second));
    closed(&mut olga, &second, last + 1);
    assert_eq!(bundles(&vault).len(), 3);
    assert_eq!(schedule(&mut olga, &id)["state"], "ended");
    world.stop();
    world.verifies();
}

fn unzipped(path: &Path, ending: &str) -> String {
    let mut zip = zip::ZipArchive::new(fs::File::open(path).expect("it is there")).expect("a zip");
    let mut text = String::new();
    for n in 0..zip.len() {
        let mut entry = zip.by_index(n).expect("an entry");
        if entry.name().expect("a name").ends_with(ending) {
            entry.read_to_string(&mut text).expect("text");
        }
    }
    text
}

#[test]
fn what_waits_is_told_and_a_day_that_is_destroyed_before_it_arrived_is_on_record() {
    let house = tempfile::tempdir().expect("a folder");
    let vault = house.path().join("vault");
    let (world, clock) = World::with_clock_and(&to_folder("vault", &vault));
    to_noon(&clock);
    let (mut ada, mut olga) = (world.admin(), world.newcomer("Olga", "officer"));
    let brief = ada.channel("Brief", &[]);
    let long = ada.channel("Long", &[]);
    world.rules(json!({"t": "policy.set", "c": brief, "keep_days": 2}));
    let id = schedules(&mut olga, &mut ada, "vault", &[]);
    let first = day(&schedule(&mut olga, &id));
    ada.says(&brief, "a brief remark");
    ada.says(&long, "a long story, and a secret word: pomegranate");
    let gone = ada.says(&long, "to be taken back: persimmon");

    // The disk is not mounted: the folder is not made elsewhere.
    clock.shift(DAY_MS);
    let told = fails(&mut ada, "vault", "missing");
    assert_eq!(
        (&told["waiting"], &told["oldest_day"]),
        (&json!(1), &json!(first)),
        "{told}"
    );
    assert!(
        told["lost_at"].as_u64() > Some(0) && told["failing_since"].as_u64() > Some(0),
        "{told}"
    );
    assert!(!vault.exists());
    assert_eq!(warnings(&mut ada), ["archive_down", "archive_losing"]);
    let deadline = Instant::now() + PATIENCE;
    let failed = loop {
        let failed = olga.gets("/api/v1/ledger?act=archive.failed");
        if !failed["entries"][0].is_null() || Instant::now() > deadline {
            break failed;
        }
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(
        failed["entries"].as_array().map(Vec::len),
        Some(1),
        "once an outage: {failed}"
    );

    // What is in a bundle that waits goes with a redaction, and the bundle is built anew without it.
    let redact = json!({"t": "redact.request", "c": long, "q": [gone["q"]], "reason": "a slip"});
    let order = olga.does(redact);
    ada.does(json!({"t": "order.approve", "order": order["order"]}));
    world.sweeps();
    clock.shift(3 * DAY_MS);
    world.sweeps();
    fs::create_dir(&vault).expect("mounted again");
    closed(&mut olga, &id, first + 4);
    let told = schedule(&mut olga, &id);
    assert_eq!(
        (&told["missed"], &told["delivered"]),
        (&json!(1), &json!(2)),
        "{told}"
    );
    let missed = olga.gets("/api/v1/ledger?act=archive.missed");
    assert_eq!(missed["entries"][0]["object"]["day"], first, "{missed}");
    assert_eq!(missed["entries"][0]["channel"], brief, "{missed}");
    let found = bundles(&vault);
    let text: String = found
        .values()
        .map(|path| unzipped(path, ".jsonl"))
        .collect();
    assert!(
        text.contains("pomegranate")
            && !text.contains("persimmon")
            && !text.contains("brief remark"),
        "{text}"
    );
    assert_eq!(warnings(&mut ada), [""; 0]);
    assert_eq!(destination(&mut ada, "vault")["missed"], 1);
}

/// Files of a mebibyte, which is what is taken in one piece; their sizes.
fn uploads(who: &mut Person, line: &str, count: usize) -> Vec<usize> {
    let bytes = vec![7; 1 << 20];
    for n in 0..count {
        let file = who.uploads(line, &format!("plan-{n}.bin"), &bytes);
        who.does(json!({"t": "send", "c": line, "b": "the plan", "f": [file]}));
    }
    vec![bytes.len(); count]
}

#[test]
fn mail_and_store_take_what_they_are_given_once_they_can() {
    if !has_strangers("a mail server and a store of others take what is delivered") {
        return;
    }
    let house = tempfile::tempdir().expect("a folder");
    let (mails, keys) = (folder(house.path(), "mails"), folder(house.path(), "keys"));
    let (smtp_at, s3_at) = (free_port().expect("a port"), free_port().expect("a port"));
    let password = house.path().join("password");
    fs::write(&password, "wrong\n").expect("written");
    let mut store = Stranger::start(
        "s3.py",
        &[&s3_at.port().to_string(), &keys.to_string_lossy()],
    );
    let secret = fs::read_to_string(keys.join("secret")).expect("read");
    fs::write(keys.join("secret"), "wrong\n").expect("written");
    let lock = "lock_mode = 'compliance'\nlock_days = 400\n";
    let more = [
        to_mail(smtp_at, "none", &password),
        to_store("worm", s3_at, &keys, "locked", lock),
        to_store("loose", s3_at, &keys, "plain", ""),
        to_store("lockless", s3_at, &keys, "plain", lock),
    ];
    let (world, clock) = World::with_clock_and(&more.concat());
    to_noon(&clock);
    let (mut ada, mut olga) = (world.admin(), world.newcomer("Olga", "officer"));
    let line = ada.channel("Line 3 – \"Nacht\"", &[]);
    ada.says(&line, "Größe: 😀 and a line of dots\n.\n..\nFrom here");
    let plan = uploads(&mut ada, &line, 17);
    let brief = ada.channel("Line 4", &[]);
    ada.says(&brief, "kept for good");
    let ids = [
        ("mail", &line),
        ("worm", &brief),
        ("loose", &line),
        ("lockless", &brief),
    ]
    .map(|(to, channel)| schedules(&mut olga, &mut ada, to, &[channel]));
    let first = day(&schedule(&mut olga, &ids[0]));
    clock.shift(DAY_MS);

    let told = fails(&mut ada, "mail", "unreachable");
    assert_eq!(told["waiting"], 1, "{told}");
    assert!(
        told["again_at"].as_u64() > told["failing_since"].as_u64(),
        "{told}"
    );
    fails(&mut ada, "worm", "signin");
    let shared = mails.to_string_lossy();
    let right = house.path().join("right");
    fs::write(&right, "right\n").expect("written");
    let port = smtp_at.port().to_string();
    let _mail = Stranger::start(
        "smtp.py",
        &[&port, &shared, "archive", &right.to_string_lossy()],
    );
    fails(&mut ada, "mail", "signin");
    assert_eq!(warnings(&mut ada), ["archive_down"]);
    fs::write(&password, "right\n").expect("written");
    fs::write(keys.join("secret"), secret).expect("written");

    // Nothing is restarted. What asks for a lock and sees none is not said to be delivered.
    for id in &ids[..3] {
        delivered(&mut olga, id, 1);
        closed(&mut olga, id, first + 1);
    }
    for to in ["mail", "worm", "loose"] {
        let told = destination(&mut ada, to);
        assert_eq!(
            (&told["failed"], &told["waiting"]),
            (&Value::Null, &json!(0)),
            "{told}"
        );
    }
    fails(&mut ada, "lockless", "unlocked");
    assert_eq!(schedule(&mut olga, &ids[3])["delivered"], 0);

    let held = store.asks();
    let recent = |told: &Value| told["recent"][0].clone();
    let worm = recent(&schedule(&mut olga, &ids[1]));
    let date = daylight::archive::date(u32::try_from(first).expect("a day"));
    for (id, bucket, channel) in [(&ids[1], "locked", &brief), (&ids[2], "plain", &line)] {
        let told = recent(&schedule(&mut olga, id));
        let object = find(
            &Value::from(held.clone()),
            "sha256",
            told["sha256"].as_str().expect("a hash"),
        );
        let place = format!(
            "acme/chat/{}/channel-{channel}-{date}-",
            date.replace('-', "/")
        );
        assert!(
            object["key"]
                .as_str()
                .is_some_and(|key| key.starts_with(&place)),
            "{object}"
        );
        assert_eq!(
            (&object["bucket"], &object["bytes"]),
            (&json!(bucket), &told["bytes"])
        );
        assert_eq!(object["meta"]["sha256"], told["sha256"]);
    }
    let loose = recent(&schedule(&mut olga, &ids[2]));
    assert!(
        loose["bytes"].as_u64() > Some(16 << 20),
        "it went in parts: {loose}"
    );
    let object = find(&Value::from(held), "bucket", "locked");
    assert_eq!(object["mode"], "COMPLIANCE", "{object}");
    assert_eq!(
        object["until"].as_f64(),
        worm["locked_until"].as_f64(),
        "{worm}"
    );
    assert_eq!(loose["locked_until"], Value::Null);

    let told = recent(&schedule(&mut olga, &ids[0]));
    let read = Command::new(python())
        .arg("-B")
        .arg(repository().join("tests/strangers/mails.py"))
        .arg(&mails)
        .output();
    let found: Value = serde_json::from_slice(&read.expect("python").stdout).expect("JSON");
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    let mail = &found[0];
    for (key, is) in [
        ("from", json!("daylight@acme.example")),
        ("to", json!(["journal@archive.example"])),
        ("hello", json!("acme.example")),
        ("kind", json!("Daylight")),
        ("channel", json!("Line 3 – \"Nacht\"")),
        ("channel_id", json!(line)),
        ("files", json!(plan)),
        ("defects", json!([])),
        ("sha256", told["sha256"].clone()),
    ] {
        assert_eq!(mail[key], is, "{key}");
    }
    assert!(
        mail["text"]
            .as_str()
            .is_some_and(|text| text.contains("Größe: 😀")),
        "{mail}"
    );
    assert_eq!(told["pieces"], 1);
}

#[test]
fn a_full_or_read_only_disk_holds_it_up_and_nothing_half_is_left() {
    let house = tempfile::tempdir().expect("a folder");
    let disk = match Disk::memory(&house.path().join("vault"), 8) {
        Ok(disk) => disk,
        Err(why) => return skipped("a full disk holds an archive up", &why),
    };
    let at = disk.at.to_string_lossy().into_owned();
    let (world, clock) = World::with_clock_and(&to_folder("vault", &disk.at));
    to_noon(&clock);
    let (mut ada, mut olga) = (world.admin(), world.newcomer("Olga", "officer"));
    let line = ada.channel("Line 3", &[]);
    let id = schedules(&mut olga, &mut ada, "vault", &[]);
    uploads(&mut ada, &line, 3);
    fs::write(disk.at.join("ballast"), vec![1; 6 << 20]).expect("written");
    clock.shift(DAY_MS);
    fails(&mut ada, "vault", "full");
    fs::remove_file(disk.at.join("ballast")).expect("removed");
    run("mount", &["-o", "remount,ro", &at]).expect("read-only");
    fails(&mut ada, "vault", "read_only");
    run("mount", &["-o", "remount,rw", &at]).expect("to be written");
    delivered(&mut olga, &id, 1);
    assert_eq!(bundles(&disk.at).len(), 1);
    assert_eq!(destination(&mut ada, "vault")["failed"], Value::Null);
}

/// Killed again and again while it delivers to three places, one of them over STARTTLS.
#[test]
fn killed_in_the_middle_it_goes_on_and_delivers_the_same_bytes() {
    const CHANNELS: usize = 6;
    const KILLS: usize = 3;
    if !has_strangers("what is killed while it delivers goes on") {
        return;
    }
    let Some(library) = super::clock::faketime() else {
        return skipped(
            "what is killed while it delivers goes on",
            "libfaketime is not installed",
        );
    };
    let house = tempfile::tempdir().expect("a folder");
    let [vault, mails, keys] = ["vault", "mails", "keys"].map(|name| folder(house.path(), name));
    let [cert, key, password] =
        ["cert.pem", "key.pem", "password"].map(|name| house.path().join(name));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "90",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
        ])
        .args(["basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&cert)
        .output();
    if !made.is_ok_and(|done| done.status.success()) {
        return skipped(
            "what is killed while it delivers goes on",
            "openssl is not installed",
        );
    }
    fs::write(&password, "right\n").expect("written");
    let (smtp_at, s3_at) = (free_port().expect("a port"), free_port().expect("a port"));
    let lock = "lock_mode = 'governance'\nlock_days = 30\n";
    let more = [
        to_folder("vault", &vault),
        to_mail(smtp_at, "starttls", &password),
        to_store("worm", s3_at, &keys, "locked", lock),
    ];
    let [port, shared, secret, chain, private] = [
        PathBuf::from(smtp_at.port().to_string()),
        mails.clone(),
        password.clone(),
        cert.clone(),
        key,
    ]
    .map(|path| path.to_string_lossy().into_owned());
    let mut store = Stranger::start(
        "s3.py",
        &[&s3_at.port().to_string(), &keys.to_string_lossy()],
    );
    let _mail = Stranger::start(
        "smtp.py",
        &[&port, &shared, "archive", &secret, &chain, &private],
    );
    let more = more.concat();
    let mut world = World::with(&more, false);
    let (mut ada, mut olga) = (world.admin(), world.newcomer("Olga", "officer"));
    let lines: Vec<String> = (0..CHANNELS)
        .map(|n| ada.channel(&format!("Line {n}"), &[]))
        .collect();
    let ids = ["vault", "mail", "worm"].map(|to| schedules(&mut olga, &mut ada, to, &[]));
    for (n, line) in lines.iter().enumerate() {
        ada.says(line, &format!("said on line {n}"));
    }
    let first = day(&schedule(&mut olga, &ids[0]));
    world.stop();

    // Two days later by its clock.
    let (preload, trust) = (
        format!("LD_PRELOAD={library}"),
        format!("SSL_CERT_FILE={}", cert.display()),
    );
    let later = [
        "env",
        &preload,
        &trust,
        "FAKETIME=+2d",
        "DONT_FAKE_MONOTONIC=1",
    ];
    let settings = Settings {
        under: &later,
        more: &more,
        ..Settings::default()
    };
    let at = world.site().addr;
    for n in 0..KILLS {
        let server = launch::start_at(at, &world.data, &settings).expect("it starts");
        let arrived = crate::traces::files(&vault).len() + crate::traces::files(&mails).len();
        until("something arrives, or all has", || {
            let now = crate::traces::files(&vault).len() + crate::traces::files(&mails).len();
            (now > arrived || now >= 4 * CHANNELS).then_some(())
        });
        thread::sleep(Duration::from_millis(17 * n as u64));
        server.kill().expect("killed");
    }
    let server = launch::start_at(at, &world.data, &settings).expect("it starts");
    for id in &ids {
        closed(&mut olga, id, first + 1);
    }
    let record = on_record(&mut olga);
    let of = |id: &String| {
        record
            .iter()
            .filter(|((schedule, _, day), _)| schedule == id && *day == first)
            .count()
    };
    for id in &ids {
        assert_eq!(of(id), CHANNELS, "{record:#?}");
    }
    let found = bundles(&vault);
    let said = |id: &str| -> Vec<(String, u64)> {
        let ours = record.iter().filter(|((schedule, ..), _)| schedule == id);
        ours.map(|(_, what)| what.clone()).collect()
    };
    assert_eq!(found.len(), said(&ids[0]).len());
    for (hash, bytes) in said(&ids[0]) {
        assert_eq!(fs::metadata(&found[&hash]).expect("there").len(), bytes);
    }
    // Under each key one content, whatever was sent twice; under each mail's name one text.
    let mut keys_seen: BTreeMap<String, String> = BTreeMap::new();
    for object in store.asks() {
        let text = |name: &str| object[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(object["mode"], "GOVERNANCE", "{object}");
        let before = keys_seen.insert(text("key"), text("sha256"));
        assert!(before.is_none_or(|hash| hash == text("sha256")), "{object}");
    }
    let hashes: Vec<&String> = keys_seen.values().collect();
    assert!(
        said(&ids[2]).iter().all(|(hash, _)| hashes.contains(&hash)),
        "{record:#?}"
    );
    assert_eq!(keys_seen.len(), said(&ids[2]).len());
    let read = Command::new(python())
        .arg("-B")
        .arg(repository().join("tests/strangers/mails.py"))
        .arg(&mails)
        .output();
    let read: Value = serde_json::from_slice(&read.expect("python").stdout).expect("JSON");
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for mail in read.as_array().into_iter().flatten() {
        assert_eq!(
            (&mail["tls"], &mail["user"]),
            (&json!(true), &json!("archive"))
        );
        let text = |name: &str| mail[name].as_str().unwrap_or_default().to_owned();
        let before = names.insert(text("id"), text("sha256"));
        assert!(before.is_none_or(|hash| hash == text("sha256")), "{mail}");
    }
    let hashes: Vec<&String> = names.values().collect();
    let mut sent = said(&ids[1]);
    sent.retain(|(_, bytes)| *bytes > 0);
    assert!(sent.iter().all(|(hash, _)| hashes.contains(&hash)));
    assert_eq!(names.len(), sent.len());
    server.stop().expect("it stops");
    world.verifies();
}
