//! The record as strangers get it: checkpoint, tiles, proofs, and the program that checks them from outside.

use std::path::Path;
use std::process::{Command, Output};

use tests::http::Client;
use tests::process::program;
use tests::world::{PATIENCE, Person, World};

const TOKEN: &str = "a token that only the auditors' tools have";
/// printf %s "$TOKEN" | sha256sum
const TOKEN_SHA256: &str = "9a51f0863581ca360e75848ebb01348a3dcca4a1b41b67944b5208e45175d914";

fn settings() -> String {
    format!("[auditors]\ntoken_sha256 = '{TOKEN_SHA256}'\n")
}

/// `daylight verify`, with the auditors' token.
pub fn verify(what: &str, more: &[&str]) -> Output {
    Command::new(program("daylight").expect("the program"))
        .arg("verify")
        .arg(what)
        .args(more)
        .env("DAYLIGHT_AUDITOR_TOKEN", TOKEN)
        .output()
        .expect("it runs")
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Until all that was said is signed; how many events.
pub fn signed(person: &mut Person, at_least: u64) -> u64 {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let size = person.gets("/api/v1/log/status")["size"]
            .as_u64()
            .unwrap_or_default();
        if size >= at_least {
            return size;
        }
        assert!(std::time::Instant::now() < deadline, "signed: {size}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// Until everything there is so far is signed; how many events. For an admin.
pub fn all_signed(admin: &mut Person) -> u64 {
    let events = admin.gets("/api/v1/admin/health")["log"]["events"].clone();
    signed(admin, events.as_u64().expect("a number"))
}

#[test]
fn a_tool_with_the_auditors_token_checks_the_whole_log_and_that_it_only_grew() {
    let mut world = World::with(&settings(), false);
    let dir = tempfile::tempdir().expect("a folder");
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    ada.says(&line, "good morning");
    signed(&mut ada, 1);
    let url = world.site().origin();
    let key = ada.gets("/api/v1/log/checkpoint")["key"]
        .as_str()
        .expect("a key")
        .to_owned();
    let (earlier, later) = (dir.path().join("earlier"), dir.path().join("later"));
    let path = |path: &Path| path.display().to_string();
    let first = verify(&url, &["--key", &key, "--keep", &path(&earlier)]);
    assert!(first.status.success(), "{}", said(&first));
    for n in 0..300 {
        ada.says(&line, &format!("message {n}"));
    }
    let size = signed(&mut ada, 300);
    let second = verify(
        &url,
        &[
            "--key",
            &key,
            "--since",
            &path(&earlier),
            "--keep",
            &path(&later),
        ],
    );
    assert!(second.status.success(), "{}", said(&second));
    assert!(
        said(&second).contains(&format!("OK: {size} events")),
        "{}",
        said(&second)
    );
    assert!(
        said(&second).contains("continued, none changed"),
        "{}",
        said(&second)
    );

    // A full tile never changes; one path a tile; nothing beyond what was signed.
    let mut tool = Client::new(world.site());
    let bearer = format!("Bearer {TOKEN}");
    let mut get = |path: &str| {
        tool.send("GET", path, &[("Authorization", &bearer)], b"")
            .expect("an answer")
    };
    let full = get("/tiles/tile/0/000");
    assert_eq!((full.status, full.body.len()), (200, 256 * 32));
    assert_eq!(
        full.header("content-type"),
        Some("application/octet-stream")
    );
    assert!(
        full.header("cache-control")
            .is_some_and(|v| v.contains("immutable"))
    );
    let note = get("/checkpoint");
    assert_eq!(
        note.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(note.header("cache-control"), Some("no-store"));
    assert_eq!(note.body, get("/tiles/checkpoint").body);
    for path in [
        "0/0",
        "0/00",
        "0/0000",
        "00/000",
        "0/x000/000",
        "0/000.p/256",
        "0/000.p/0",
        "0/000.p/01",
        "0/001.p/255",
        "0/002",
        "1/000",
        "8/000",
        "255/000",
        "entries/000",
        "0/000/",
        "0/000.p/",
        "0/x999/x999/x999/x999/x999/x999/999",
    ] {
        let answer = get(&format!("/tiles/tile/{path}"));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (404, "not_found"),
            "{path}"
        );
    }
    for header in ["Bearer nonsense", "Bearer ", "Basic QTpC", TOKEN] {
        let answer = Client::new(world.site())
            .send("GET", "/checkpoint", &[("Authorization", header)], b"")
            .expect("an answer");
        assert_eq!(answer.code(), "not_signed_in", "{header}");
    }

    // Another log under the same key, as a forger with the key would have it: refused by what was kept.
    let other = World::with(&settings(), false);
    signed(&mut other.admin(), 1);
    let stranger = verify(&other.site().origin(), &["--key", &key]);
    assert!(
        !stranger.status.success() && said(&stranger).contains("REFUSED"),
        "{}",
        said(&stranger)
    );
    let note = std::fs::read_to_string(&later).expect("kept");
    std::fs::write(
        &later,
        note.replacen(&size.to_string(), &(size - 1).to_string(), 1),
    )
    .expect("written");
    let forged = verify(&url, &["--key", &key, "--since", &path(&later)]);
    assert!(
        !forged.status.success() && said(&forged).contains("REFUSED"),
        "{}",
        said(&forged)
    );
    world.stop();
}

#[test]
fn a_log_put_back_to_an_earlier_state_is_refused_by_whoever_kept_a_checkpoint() {
    let mut world = World::with(&settings(), false);
    let dir = tempfile::tempdir().expect("a folder");
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let key = ada.gets("/api/v1/log/checkpoint")["key"]
        .as_str()
        .expect("a key")
        .to_owned();
    world.stop();
    let copy = dir.path().join("copy");
    copied(&world.data, &copy);
    world.again();
    ada.says(&line, "what is to be undone");
    let size = all_signed(&mut ada);
    let kept = dir.path().join("kept").display().to_string();
    let url = world.site().origin();
    let first = verify(&url, &["--key", &key, "--keep", &kept]);
    assert!(first.status.success(), "{}", said(&first));
    world.stop();
    world.again_on(&copy).expect("the older state starts");
    signed(&mut ada, 1);
    let shorter = verify(&url, &["--key", &key, "--since", &kept]);
    assert!(
        said(&shorter).contains("events are missing"),
        "{}",
        said(&shorter)
    );
    // And when it has grown again, by other words.
    for n in 0..4 {
        ada.says(&line, &format!("something else {n}"));
    }
    assert!(all_signed(&mut ada) > size);
    let other = verify(&url, &["--key", &key, "--since", &kept]);
    assert!(
        said(&other).contains("the log was changed"),
        "{}",
        said(&other)
    );
}

pub fn copied(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.expect("cp").success());
}

#[test]
fn an_events_proof_is_checked_offline_with_the_logs_key_alone() {
    let mut world = World::start();
    let dir = tempfile::tempdir().expect("a folder");
    let mut ada = world.admin();
    let mut auditor = world.newcomer("Olga", "auditor");
    let line = ada.channel("Line 3", &[]);
    ada.says(&line, "good morning");
    let size = signed(&mut auditor, 3);
    let key = auditor.gets("/api/v1/log/checkpoint")["key"]
        .as_str()
        .expect("a key")
        .to_owned();
    let ledger = auditor.gets("/api/v1/ledger");
    for entry in ledger["entries"].as_array().expect("entries") {
        let (position, leaf) = (
            entry["position"].as_u64().expect("a position"),
            entry["leaf"].as_str().expect("a leaf"),
        );
        if position >= size {
            continue;
        }
        let answer = auditor
            .http
            .get(&format!("/api/v1/log/{position}/proof"))
            .expect("an answer");
        assert_eq!(answer.status, 200);
        let file = dir.path().join(format!("{position}.tlog-proof"));
        std::fs::write(&file, &answer.body).expect("written");
        let file = file.display().to_string();
        let right = verify(&file, &["--key", &key, "--leaf", leaf]);
        assert!(right.status.success(), "{}", said(&right));
        let first = if leaf.starts_with('A') { "B" } else { "A" };
        let another = format!("{first}{}", &leaf[1..]);
        let other = verify(&file, &["--key", &key, "--leaf", &another]);
        assert!(
            said(&other).contains("of another event"),
            "{}",
            said(&other)
        );
        let text = String::from_utf8(answer.body).expect("text");
        let wrong = text.replacen(
            &format!("index {position}"),
            &format!("index {}", position + 1),
            1,
        );
        std::fs::write(&file, wrong).expect("written");
        assert!(!verify(&file, &["--key", &key]).status.success());
    }
    let beyond = auditor
        .http
        .get("/api/v1/log/999999/proof")
        .expect("an answer");
    assert_eq!(beyond.code(), "not_found");
    world.stop();

    // The same, from the data itself.
    let proof = Command::new(program("daylight").expect("the program"))
        .arg("prove")
        .arg(&world.data)
        .arg("0")
        .output()
        .expect("it runs");
    assert!(proof.status.success(), "{}", said(&proof));
    let file = dir.path().join("offline.tlog-proof");
    std::fs::write(&file, &proof.stdout).expect("written");
    let right = verify(&file.display().to_string(), &["--key", &key]);
    assert!(said(&right).contains("position 0"), "{}", said(&right));
}
