//! The crash laboratory: a real store on a disk that loses, tears, fails and fills up, thousands of times, each
//! from one number. Alone: `cargo test --release -p migrations-free-store --test lab`.
//! `DAYLIGHT_SEEDS=10000` tries more, `DAYLIGHT_SEED=7` only that one.

mod chance;
mod disk;
mod model;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use world::World;

const SEEDS: u64 = 300;

#[test]
fn whatever_a_disk_does_what_was_acknowledged_is_there_and_what_was_forgotten_is_not() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seeds = match number("DAYLIGHT_SEED") {
        Some(one) => one..one + 1,
        None => 0..number("DAYLIGHT_SEEDS").unwrap_or(SEEDS),
    };
    let (mut failed, mut recoveries, mut refused) = (Vec::new(), 0, 0);
    let total = seeds.end - seeds.start;
    for seed in seeds {
        let real = memory_dir();
        let mut world = World::new(seed, real.path());
        let outcome = catch_unwind(AssertUnwindSafe(|| world.run()));
        recoveries += world.recoveries;
        refused += u64::from(world.refused);
        if outcome.is_err() {
            println!("DAYLIGHT_SEED={seed} fails:\n{}", world.trace.join("\n"));
            failed.push(seed);
            if failed.len() == 5 {
                break;
            }
        }
    }
    println!("{total} seeds, {recoveries} recoveries, {refused} times told of a disk that lied");
    assert!(failed.is_empty(), "failing: DAYLIGHT_SEED = {failed:?}");
}

/// The lock and the views know no other disk than the machine's own; in memory they cost least.
fn memory_dir() -> tempfile::TempDir {
    let shared = Path::new("/dev/shm");
    let made = if shared.is_dir() {
        tempfile::tempdir_in(shared)
    } else {
        tempfile::tempdir()
    };
    made.expect("a folder")
}
