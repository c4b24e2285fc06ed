//! The power goes: only what had reached the device is left. All that was acknowledged must be among it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::Duration;

use tests::words::random;
use tests::world::World;

use crate::crash::Outbox;
use crate::disks::{Disk, run};

const ROUNDS: u64 = 12;
const DISK_MIB: u64 = 1024;

#[test]
fn after_a_power_cut_everything_acknowledged_is_there() {
    let dir = tempfile::tempdir().expect("a directory");
    let image = dir.path().join("disk.img");
    let disk = match Disk::ext4(&image, &dir.path().join("disk"), DISK_MIB, true) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: no file system of our own here: {why}"),
    };
    let data = disk.at.join("data");
    let mut world = World::at(&data, "disk_reserve_mib = 128\n", false);
    let mut ada = world.admin();
    let people: Vec<_> = (0..2)
        .map(|n| world.person(&format!("Person {n}")))
        .collect();
    let all: Vec<_> = people.iter().collect();
    let line = ada.channel("Line 3", &all);
    let mut outboxes: Vec<Outbox> = people.iter().map(|p| Outbox::new(p, &line)).collect();
    let mut seed = 0x0bad_5eed_0bad_5eed;
    for round in 0..ROUNDS {
        let copy = dir.path().join("copy.img");
        let site = world.site();
        thread::scope(|scope| {
            for outbox in &mut outboxes {
                let site = &site;
                scope.spawn(move || outbox.talk(site, usize::MAX));
            }
            thread::sleep(Duration::from_millis(20 + random(&mut seed) % 400));
            let pid = world.server().pid().to_string();
            run("kill", &["-STOP", &pid]).expect("stopped");
            copy_at_one_moment(&disk, &image, &copy);
            world.kill();
        });
        let after = Disk::ext4(&copy, &dir.path().join("after"), DISK_MIB, false)
            .expect("the journal replays");
        let copied = after.at.join("data");
        // The configuration lies beside the data and the address stays the same.
        world
            .again_on(&copied)
            .unwrap_or_else(|e| panic!("round {round}: {e:#}"));
        let items = ada.reads(&line);
        for outbox in &outboxes {
            outbox.check(&items);
        }
        world.stop();
        let verified = tests::launch::offline("verify", &copied).expect("it runs");
        assert!(
            verified.status.success(),
            "round {round}: {}",
            String::from_utf8_lossy(&verified.stderr)
        );
        drop(after);
        world.again();
    }
    let said: usize = outboxes
        .iter()
        .map(|o| o.said.iter().filter(|s| s.q.is_some()).count())
        .sum();
    assert!(said as u64 > ROUNDS, "there was load: {said}");
    println!("{ROUNDS} power cuts, {said} acknowledged messages, all there");
    drop(world);
}

/// What the device holds at one moment: if anything was written meanwhile, the copy is made again.
fn copy_at_one_moment(disk: &Disk, image: &Path, copy: &Path) {
    for _ in 0..20 {
        let before = disk.device_writes();
        run(
            "cp",
            &[
                "--sparse=always",
                &image.to_string_lossy(),
                &copy.to_string_lossy(),
            ],
        )
        .expect("copied");
        if before.is_some() && before == disk.device_writes() {
            return;
        }
        let _ = fs::remove_file(copy);
        // What the system still had to write, it writes now.
        thread::sleep(Duration::from_millis(250));
    }
    panic!("the device never stood still");
}

#[test]
fn the_cut_is_real_what_was_not_synced_is_not_there() {
    let dir = tempfile::tempdir().expect("a directory");
    let image = dir.path().join("disk.img");
    let disk = match Disk::ext4(&image, &dir.path().join("disk"), 64, true) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: no file system of our own here: {why}"),
    };
    let synced = fs::File::create(disk.at.join("synced")).expect("a file");
    (&synced).write_all(b"kept").expect("written");
    synced.sync_all().expect("synced");
    fs::write(disk.at.join("unsynced"), b"lost").expect("written");
    let copy = dir.path().join("copy.img");
    copy_at_one_moment(&disk, &image, &copy);
    let after =
        Disk::ext4(&copy, &dir.path().join("after"), 64, false).expect("the journal replays");
    assert_eq!(fs::read(after.at.join("synced")).expect("there"), b"kept");
    assert_ne!(
        fs::read(after.at.join("unsynced")).unwrap_or_default(),
        b"lost"
    );
}
