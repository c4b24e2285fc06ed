//! The life of an export: what a kill cuts short is finished by itself and is the same to the byte, what nobody wants any
//! more ends at once, and a bundle does not outlive its days.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};
use tests::frame::now_ms;
use tests::person::Refused;
use tests::words::random;
use tests::world::{PATIENCE, Person, World, to_noon};

use crate::traces::{copy, files};

const DAY_MS: i64 = 24 * 3_600_000;
/// Larger than anything else that is kept in these worlds, and quicker to make than to pack.
const FILE_BYTES: usize = 900_000;
const FILES: usize = 24;

fn asks(officer: &mut Person, channel: &str) -> String {
    let order = json!({"t": "export.request", "c": channel, "from": 0, "to": now_ms() + 1_000,
        "reason": "an inquiry", "case": "C-1", "formats": ["html", "rsmf"]});
    let asked = officer.does(order);
    asked["export"].as_str().expect("an id").to_owned()
}

fn job(officer: &mut Person, export: &str) -> Value {
    let all = officer.gets("/api/v1/exports");
    let all = all["exports"].as_array().expect("a list").iter();
    let job = all.clone().find(|job| job["id"] == export);
    job.expect("it is listed").clone()
}

fn is_ready(officer: &mut Person, export: &str) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let job = job(officer, export);
        match job["state"].as_str() {
            Some("ready") => return job,
            Some("running") => {}
            _ => panic!("{job}"),
        }
        assert!(Instant::now() < deadline, "{job}");
        std::thread::yield_now();
    }
}

fn download(officer: &mut Person, export: &str) -> (u16, Vec<u8>) {
    let answer = officer
        .http
        .get(&format!("/api/v1/exports/{export}/download"));
    let answer = answer.expect("an answer");
    (answer.status, answer.body)
}

/// The sealed files that are as large as a bundle of everything.
fn bundles(data: &Path) -> Vec<PathBuf> {
    let is_large = |path: &PathBuf| {
        let large = (FILES * FILE_BYTES) as u64;
        fs::metadata(path).is_ok_and(|known| known.len() >= large)
    };
    files(&data.join("blobs"))
        .into_iter()
        .filter(is_large)
        .collect()
}

fn until_no_bundle_is_left(data: &Path) {
    let deadline = Instant::now() + PATIENCE;
    while !bundles(data).is_empty() {
        assert!(Instant::now() < deadline, "{:?}", bundles(data));
        std::thread::yield_now();
    }
}

/// A channel with attachments, so that building a bundle of it takes a while.
fn fill(ada: &mut Person) -> String {
    let line = ada.channel("Line 3", &[]);
    let mut seed = 7;
    for n in 0..FILES {
        let words = std::iter::repeat_with(|| random(&mut seed).to_le_bytes());
        let bytes: Vec<u8> = words.flatten().take(FILE_BYTES).collect();
        let file = ada.uploads(&line, &format!("{n}.bin"), &bytes);
        ada.does(json!({"t": "send", "c": line, "b": format!("part {n}"), "f": [file]}));
    }
    line
}

#[test]
fn an_export_that_a_kill_cut_short_is_finished_by_itself_and_is_the_same_to_the_byte() {
    let mut world = World::start();
    let mut ada = world.admin();
    let mut olga = world.newcomer("Olga", "officer");
    let line = fill(&mut ada);
    let export = asks(&mut olga, &line);
    ada.does(json!({"t": "export.approve", "export": export}));
    // Approved is durable; of the bundle there is at most a part.
    world.kill();
    let twin = tempfile::tempdir().expect("a folder");
    copy(&world.data, twin.path());

    world.again();
    let first = is_ready(&mut olga, &export);
    let (status, bytes) = download(&mut olga, &export);
    assert_eq!(status, 200);
    assert_eq!(first["bytes"], bytes.len());
    assert_eq!(
        bundles(&world.data).len(),
        1,
        "of what was cut short nothing is left"
    );

    // The same order on another day of the server's life: more was said, the log has grown and was signed again.
    world.again_on(twin.path()).expect("it starts");
    ada.says(&line, "said later");
    let second = is_ready(&mut olga, &export);
    let (_, again) = download(&mut olga, &export);
    assert_eq!(first["sha256"], second["sha256"]);
    assert!(bytes == again, "the same to the byte");
    let path = twin.path().join("bundle.zip");
    fs::write(&path, &again).expect("kept");
    let sum = Command::new("sha256sum")
        .arg(&path)
        .output()
        .expect("it runs");
    let sum = String::from_utf8_lossy(&sum.stdout);
    let promised = second["sha256"].as_str().expect("a hash");
    assert!(sum.starts_with(promised), "{sum}: {second}");
    let key = ada.gets("/api/v1/log/checkpoint")["key"].clone();
    let key = key.as_str().expect("a key");
    let verified = crate::record::verify(path.to_str().expect("a name"), &["--key", key]);
    let said = crate::record::said(&verified);
    assert!(verified.status.success() && said.contains("OK:"), "{said}");
}

#[test]
fn an_export_is_given_up_while_it_waits_while_it_is_built_and_when_it_is_ready() {
    let world = World::start();
    let mut ada = world.admin();
    let mut olga = world.newcomer("Olga", "officer");
    let line = fill(&mut ada);

    let waiting = asks(&mut olga, &line);
    olga.does(json!({"t": "export.cancel", "export": waiting}));
    assert_eq!(job(&mut olga, &waiting)["state"], "cancelled");
    let late = ada.tries(json!({"t": "export.approve", "export": waiting}));
    assert!(late.is_err_and(|refused| refused.code == "conflict"));

    // Whether it was built by then or not: nobody gets it, and no sealed byte of it stays.
    let building = asks(&mut olga, &line);
    ada.does(json!({"t": "export.approve", "export": building}));
    ada.does(json!({"t": "export.cancel", "export": building}));
    assert_eq!(job(&mut olga, &building)["state"], "cancelled");
    assert_ne!(download(&mut olga, &building).0, 200);
    until_no_bundle_is_left(&world.data);

    let ready = asks(&mut olga, &line);
    ada.does(json!({"t": "export.approve", "export": ready}));
    is_ready(&mut olga, &ready);
    assert_eq!(bundles(&world.data).len(), 1);
    olga.does(json!({"t": "export.cancel", "export": ready}));
    assert_ne!(download(&mut olga, &ready).0, 200);
    until_no_bundle_is_left(&world.data);
    for over in [waiting, building, ready] {
        let again = olga.tries(json!({"t": "export.cancel", "export": over}));
        assert!(again.is_err_and(|refused| refused.code == "conflict"));
        assert_eq!(job(&mut olga, &over)["state"], "cancelled");
    }
}

#[test]
fn a_bundle_can_be_downloaded_for_thirty_days_and_then_its_key_is_destroyed() {
    let (mut world, clock) = World::with_clock();
    to_noon(&clock);
    let mut ada = world.admin();
    let mut olga = world.newcomer("Olga", "officer");
    let line = fill(&mut ada);
    let export = asks(&mut olga, &line);
    ada.does(json!({"t": "export.approve", "export": export}));
    let until = is_ready(&mut olga, &export)["expires_at"].as_u64();
    let left_ms = until.expect("a time").abs_diff(clock.now_ms());
    assert!(left_ms.abs_diff(30 * DAY_MS as u64) < DAY_MS as u64);
    clock.shift(29 * DAY_MS);
    assert_eq!(download(&mut olga, &export).0, 200);
    clock.shift(2 * DAY_MS);
    let answer = olga.http.get(&format!("/api/v1/exports/{export}/download"));
    let refused = tests::person::outcome(&answer.expect("an answer"));
    assert!(matches!(refused, Err(Refused { code, .. }) if code == "export/expired"));
    world.sweeps();
    assert_eq!(job(&mut olga, &export)["state"], "expired");
    assert!(bundles(&world.data).is_empty(), "the bundle is gone");
    // A clock that is set back brings nothing back.
    clock.shift(-30 * DAY_MS);
    assert_ne!(download(&mut olga, &export).0, 200);
    world.stop();
    world.verifies();
}
