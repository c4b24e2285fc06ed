//! The worst day, from its beginning to its end: people talk, a backup is made beside them, the machine is gone, and the
//! script that an admin has tried every quarter is what brings the house back.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use tests::launch;
use tests::process::program;
use tests::world::World;

use super::strangers::repository;

#[test]
fn the_house_burns_down_while_people_talk_and_goes_on_from_its_backup() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let [content, keys, trial] =
        ["content", "keys", "trial"].map(|name| elsewhere.path().join(name));
    fs::create_dir(&trial).expect("a folder");
    let words = |path: &Path| path.to_str().expect("a name").to_owned();
    let mut world = World::start();
    let mut ada = world.admin();
    let mut talkers = ["Bilal", "Chen", "Dora"].map(|name| world.person(name));
    let line = {
        let [b, c, d] = &talkers;
        ada.channel("Line 3", &[b, c, d])
    };
    let file = ada.uploads(&line, "recipe.txt", b"four parts of patience");
    ada.does(serde_json::json!({"t": "send", "c": line, "b": "keep this", "f": [file]}));

    // How much each had been promised when the backup began; more was said while it was made.
    let said: [AtomicUsize; 3] = Default::default();
    let over = AtomicBool::new(false);
    let promised = thread::scope(|scope| {
        for (n, talker) in talkers.iter_mut().enumerate() {
            let (line, said, over) = (&line, &said[n], &over);
            scope.spawn(move || {
                while !over.load(Ordering::Acquire) {
                    talker.says(line, &mark(n, said.load(Ordering::Acquire)));
                    said.fetch_add(1, Ordering::Release);
                }
            });
        }
        while said.iter().any(|count| count.load(Ordering::Acquire) < 50) {
            thread::yield_now();
        }
        let promised = said.each_ref().map(|count| count.load(Ordering::Acquire));
        let backup = ["backup", &words(&content), "--keys", &words(&keys)];
        let made = launch::run(&world.data, &backup);
        over.store(true, Ordering::Release);
        let made = made.expect("ran");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        promised
    });
    world.kill();
    fs::remove_dir_all(&world.data).expect("removed");

    let drill = Command::new("bash")
        .arg(repository().join("deploy/restore-drill.sh"))
        .args([&content, &keys, &trial])
        .env("DAYLIGHT", program("daylight").expect("built"))
        .output()
        .expect("it runs");
    let told = format!(
        "{}{}",
        String::from_utf8_lossy(&drill.stdout),
        String::from_utf8_lossy(&drill.stderr)
    );
    assert!(
        drill.status.success() && told.contains("The backup comes back"),
        "{told}"
    );
    assert_eq!(
        fs::read_dir(&trial).expect("listed").count(),
        0,
        "nothing of it is left"
    );

    let data = world.data.clone();
    let restore = [
        "restore",
        &words(&content),
        "--keys",
        &words(&keys),
        "--accept-shorter",
    ];
    let restored = launch::run(&data, &restore).expect("ran");
    assert!(
        restored.status.success(),
        "{}",
        String::from_utf8_lossy(&restored.stderr)
    );
    world.again();
    let items = ada.reads(&line);
    let is_there = |text: &str| items.iter().filter(|item| item["b"] == text).count() == 1;
    assert!(is_there("keep this"));
    for (n, count) in promised.into_iter().enumerate() {
        assert!((0..count).all(|k| is_there(&mark(n, k))), "of {n}: {count}");
    }
    let kept = items
        .iter()
        .find(|item| item["b"] == "keep this")
        .expect("there");
    let file = kept["f"][0]["id"].as_str().expect("a file");
    assert_eq!(ada.downloads(file).body, b"four parts of patience");
    for talker in &mut talkers {
        let text = "and life goes on";
        talker.says(&line, text);
        assert!(talker.reads(&line).iter().any(|item| item["b"] == text));
    }
    world.stop();
    world.verifies();
}

fn mark(n: usize, k: usize) -> String {
    format!("{n} says {k}")
}
