//! A full disk: said clearly, nothing lost, over when there is room again.

use std::fs;

use serde_json::json;
use tests::world::World;

use crate::disks::Disk;

const DISK_MIB: u64 = 420;

#[test]
fn a_full_disk_is_said_and_survived() {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = match Disk::memory(&dir.path().join("disk"), DISK_MIB) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: no small disk here: {why}"),
    };
    let mut world = World::at(&disk.at.join("data"), "", false);
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
