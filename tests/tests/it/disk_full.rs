//! A full disk: said clearly, nothing lost, over when there is room again.

use std::fs;

use serde_json::json;
use tests::http::Client;
use tests::world::World;

use crate::disks::Disk;
use crate::metrics;

const DISK_MIB: u64 = 420;
/// Less than the small disk has free, more than what is kept for forgetting.
const RESERVE_MIB: u64 = 200;

#[test]
fn a_full_disk_is_said_and_survived() {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = match Disk::memory(&dir.path().join("disk"), DISK_MIB) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: no small disk here: {why}"),
    };
    is_said_and_survived(&disk);
}

/// The same on a file system that has blocks, a journal, and room of its own to keep.
#[test]
fn a_full_file_system_with_a_journal_is_said_and_survived() {
    let dir = tempfile::tempdir().expect("a directory");
    let image = dir.path().join("disk.img");
    let disk = match Disk::ext4(&image, &dir.path().join("disk"), DISK_MIB, true) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: no file system of our own here: {why}"),
    };
    is_said_and_survived(&disk);
}

/// Before it comes to that: below its reserve the server is read from, and forgets, and nobody posts.
#[test]
fn below_its_reserve_people_read_sign_in_and_are_forgotten_and_nobody_posts() {
    let dir = tempfile::tempdir().expect("a directory");
    let image = dir.path().join("disk.img");
    let disk = match Disk::ext4(&image, &dir.path().join("disk"), DISK_MIB, true) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: no file system of our own here: {why}"),
    };
    let more = format!(
        "disk_reserve_mib = {RESERVE_MIB}\n{}",
        metrics::configured(dir.path())
    );
    let world = World::at(&disk.at.join("data"), &more, false);
    let (mut ada, mut grace) = (world.admin(), world.person("Grace"));
    let mut officer = world.newcomer("Olga", "officer");
    let line = ada.channel("Line 3", &[&grace]);
    let said = ada.says(&line, "velvet, to be forgotten");
    let left = ada.says(&line, "to be read");
    let handle = grace.gets("/api/v1/bootstrap")["handle"].clone();
    let is_read_only = |wanted: bool| {
        let mut client = Client::new(world.site());
        let ready = client.get("/readyz").and_then(|a| a.ok()).expect("ready");
        assert_eq!(ready["read_only"], wanted);
        let told = metrics::figure(&metrics::figures(&world), "daylight_read_only");
        assert_eq!(told > 0.0, wanted);
        let health = world.admin().gets("/api/v1/admin/health");
        assert_eq!(health["disk"]["read_only"], wanted, "{health}");
    };
    is_read_only(false);

    let ballast = disk.at.join("ballast");
    fill_to(&ballast, (RESERVE_MIB - 10) << 20);
    let deadline = std::time::Instant::now() + tests::world::PATIENCE;
    let refused = loop {
        match ada.tries(json!({"t": "send", "c": line, "b": "grows"})) {
            Err(refused) => break refused,
            Ok(_) => assert!(std::time::Instant::now() < deadline, "it is still accepted"),
        }
    };
    assert_eq!((refused.status, refused.code.as_str()), (507, "disk_full"));
    is_read_only(true);
    // On the socket the same.
    grace.listens();
    let frame = json!({"t": "send", "id": grace.mint(), "c": line, "b": "grows too"});
    grace.puts(&frame);
    let answer = grace.expects("an answer", |f| f["id"] == frame["id"]);
    assert_eq!(answer["code"], "disk_full");
    let id = ada.mint();
    let path = format!("/api/v1/uploads/{id}?c={line}&name=note.txt&size=5");
    let headers = [("Content-Type", "application/octet-stream")];
    let answer = ada.http.send("PUT", &path, &headers, b"hello");
    assert_eq!(answer.expect("an answer").code(), "disk_full");
    for command in [
        json!({"t": "edit", "c": line, "q": left["q"], "b": "grows as well"}),
        json!({"t": "channel.create", "kind": "group", "name": "More", "people": []}),
        json!({"t": "export.request", "c": line, "from": 0, "to": 1, "reason": "r", "case": "c"}),
    ] {
        let who = if command["t"] == "export.request" {
            &mut officer
        } else {
            &mut ada
        };
        let refused = who.tries(command.clone()).expect_err("it grows");
        assert_eq!(refused.code, "disk_full", "{command}");
    }

    // Reading goes on, with its receipts; so does signing in.
    assert!(
        grace
            .reads(&line)
            .iter()
            .any(|item| item["b"] == "to be read")
    );
    grace.does(json!({"t": "read", "c": line, "q": left["q"]}));
    let mut elsewhere = Client::new(world.site());
    let body = json!({"handle": handle, "secret": tests::world::SECRET});
    let signed_in = elsewhere.post("/api/v1/signin", &body).and_then(|a| a.ok());
    assert_eq!(signed_in.expect("signed in")["me"]["id"], grace.id.as_str());
    // And so does forgetting.
    let order = officer.does(
        json!({"t": "redact.request", "c": line, "q": [said["q"]], "reason": "a slip of the pen"}),
    );
    ada.does(json!({"t": "order.approve", "order": order["order"]}));
    let deadline = std::time::Instant::now() + tests::world::PATIENCE;
    while ada
        .reads(&line)
        .iter()
        .any(|item| item["b"] == "velvet, to be forgotten")
    {
        assert!(std::time::Instant::now() < deadline, "it is still there");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let destroyed = "daylight_keys_destroyed_total";
    let deadline = std::time::Instant::now() + tests::world::PATIENCE;
    while metrics::figure(&metrics::figures(&world), destroyed) < 1.0 {
        assert!(std::time::Instant::now() < deadline, "no key was destroyed");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }

    // There is room again: without a restart it goes on.
    fs::remove_file(&ballast).expect("removed");
    let deadline = std::time::Instant::now() + tests::world::PATIENCE;
    while let Err(refused) = ada.tries(json!({"t": "send", "c": line, "b": "room again"})) {
        assert_eq!(refused.code, "disk_full");
        assert!(std::time::Instant::now() < deadline, "it is still refused");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    is_read_only(false);
    drop(world);
}

/// Takes room until so many bytes are free.
fn fill_to(path: &std::path::Path, free: u64) {
    use std::io::Write;
    let dir = path.parent().expect("a folder");
    let mut file = fs::File::create(path).expect("a file");
    let block = vec![1; 1 << 20];
    while daylight::room::free_bytes(dir).expect("a disk") > free {
        file.write_all(&block).expect("room");
    }
    file.sync_all().expect("on the disk");
}

fn is_said_and_survived(disk: &Disk) {
    let least = "disk_reserve_mib = 128\n";
    let mut world = World::at(&disk.at.join("data"), least, false);
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let mut kept = vec![ada.says(&line, "before")];

    let ballast = disk.at.join("ballast");
    fill(&ballast);
    let text = "x".repeat(16_000);
    let mut refused = None;
    for n in 0..6000 {
        match ada.tries(json!({"t": "send", "c": line, "b": format!("{n} {text}")})) {
            Ok(ack) => kept.push(ack),
            Err(why) => {
                refused = Some(why);
                break;
            }
        }
    }
    let refused = refused.expect("the disk is full");
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (507, "disk_full"),
        "{refused:?}"
    );
    assert!(!refused.message.is_empty());

    // Reading goes on, and what was accepted is there.
    let there = |items: &[serde_json::Value]| {
        for ack in &kept {
            assert!(
                items
                    .iter()
                    .any(|i| i["q"] == ack["q"] && i["k"] == ack["id"]),
                "lost: {ack}"
            );
        }
    };
    there(&ada.reads(&line));

    // A start on a full disk either serves or says why; then there is room again.
    world.kill();
    let started = world.try_again();
    if let Err(why) = &started {
        let why = format!("{why:#}");
        assert!(why.contains("disk") || why.contains("space"), "{why}");
        assert!(!why.contains("panicked"), "{why}");
    }
    fs::remove_file(&ballast).expect("removed");
    if started.is_err() {
        world.again();
    }
    let deadline = std::time::Instant::now() + tests::world::PATIENCE;
    let after = loop {
        match ada.tries(json!({"t": "send", "c": line, "b": "after"})) {
            Ok(ack) => break ack,
            Err(why) => assert!(
                why.code == "disk_full" && std::time::Instant::now() < deadline,
                "{why:?}"
            ),
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    };
    there(&ada.reads(&line));
    world.kill();
    world.again();
    let items = ada.reads(&line);
    there(&items);
    assert!(items.iter().any(|i| i["q"] == after["q"]));
    drop(world);
}

/// Takes all the room there is.
fn fill(path: &std::path::Path) {
    use std::io::Write;
    let mut file = fs::File::create(path).expect("a file");
    let block = vec![1; 1 << 20];
    while file.write_all(&block).is_ok() {}
    let small = [1; 4096];
    while file.write_all(&small).is_ok() {}
}
