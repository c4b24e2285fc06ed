//! Whatever the bytes, a decoder comes back. Every seed of `fuzz/corpus`, as it is, with every byte changed, cut at
//! every length, goes through the same entry points as the fuzzer's. One test, since it watches the whole process.

use std::fs;
use std::path::Path;

use migrations_free_store::fuzz::TARGETS;

/// More than the decoders may ask for at once, seeds being of a few kilobytes.
const MEMORY_BYTES_MAX: u64 = 64 << 20;

#[test]
fn no_byte_changed_and_no_byte_missing_makes_a_decoder_panic_or_take_memory() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut tried = 0_u64;
    for (name, decode) in TARGETS {
        let mut seeds = 0;
        for entry in fs::read_dir(corpus.join(name)).expect("a folder of seeds") {
            let path = entry.expect("listed").path();
            let seed = fs::read(&path).expect("read");
            let before = most_memory();
            decode(&seed);
            for at in 0..seed.len() {
                let mut changed = seed.clone();
                for byte in [seed[at] ^ 1, seed[at] ^ 0x80, 0, 0xff] {
                    changed[at] = byte;
                    decode(&changed);
                }
                decode(&seed[..at]);
                tried += 5;
            }
            let taken = most_memory() - before;
            assert!(
                taken < MEMORY_BYTES_MAX,
                "{}: {taken} bytes",
                path.display()
            );
            seeds += 1;
        }
        assert!(seeds >= 2, "seeds for {name}");
    }
    println!("{tried} inputs");
}

/// The most address space this process ever had, claimed and never touched included.
fn most_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.expect("a figure") << 10
}
