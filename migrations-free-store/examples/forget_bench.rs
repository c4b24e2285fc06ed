//! What forgetting costs: the key of a channel-day by how much was said on it, and the bytes that follow.
//! `cargo run --release -p migrations-free-store --example forget_bench -- [largest day] [directory]`

#![allow(clippy::print_stdout)]

use std::time::Instant;

use migrations_free_store::verify::verify_data;
use migrations_free_store::{Commitment, Error, Id, NewRecord, Options, Scope, Store, Writer};

const HEADER_BYTES: usize = 450;
const CONTENT_BYTES: usize = 350;
const START_MS: u64 = 1_795_305_600_000;
const BATCH: u64 = 1024;
const ROUNDS: usize = 3;

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let largest: u64 = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000_000);
    let base = arguments.next().unwrap_or_else(|| ".".into());
    let dir = tempfile::Builder::new()
        .prefix("forget-bench-")
        .tempdir_in(base)
        .expect("a folder");
    let options = Options::new(dir.path().join("data"), "bench.example.com/daylight");
    let (store, mut writer) = Store::open(&options, &mut |_| {})?;
    // Days of both sizes in turn, and one that is held.
    let sizes: Vec<u64> = (0..ROUNDS).flat_map(|_| [1_000, largest]).collect();
    for (n, size) in sizes.iter().enumerate() {
        fill(&mut writer, n as u8, *size)?;
    }
    let held = sizes.len() as u8;
    fill(&mut writer, held, largest / 10)?;
    writer.sign_checkpoint()?;

    let positions = store.records_in(day(held))?;
    let started = Instant::now();
    let resealed = store.reseal(&positions, Scope::Matter(Id([9; 16])))?;
    println!("resealed: {:.0} /s", rate(resealed, started));

    // The ring of a server that is some years old.
    for month in 0..20_000 {
        store.seal(Scope::Audit { month }, "x", b"")?;
    }
    let (mut small, mut large, mut drops) = (Vec::new(), Vec::new(), Vec::new());
    for (n, size) in sizes.iter().enumerate() {
        let started = Instant::now();
        writer.destroy(&[day(n as u8)])?;
        let took_ms = started.elapsed().as_secs_f64() * 1000.0;
        let started = Instant::now();
        let dropped = store.drop_forgotten()?;
        if *size == largest {
            large.push(took_ms);
            drops.push(rate(dropped, started));
        } else {
            small.push(took_ms);
        }
    }
    println!("keys of a day of 1000: {:.2} ms", median(&mut small));
    println!("keys of a day of {largest}: {:.2} ms", median(&mut large));
    println!("sealed bytes dropped: {:.0} /s", median(&mut drops));
    let size = store.size();
    drop((store, writer));
    let started = Instant::now();
    let report = verify_data(&options.dir, &mut |_| {})?;
    assert_eq!(report.first_fault, None);
    println!("verified: {:.0} /s", rate(size, started));
    Ok(())
}

fn rate(count: u64, started: Instant) -> f64 {
    count as f64 / started.elapsed().as_secs_f64()
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn day(n: u8) -> Scope {
    Scope::channel_day(Id([n + 1; 16]), START_MS)
}

fn fill(writer: &mut Writer, n: u8, size: u64) -> Result<(), Error> {
    let (mut header, mut content) = (vec![b'h'; HEADER_BYTES], vec![b'c'; CONTENT_BYTES]);
    for seq in 1..=size {
        content[..8].copy_from_slice(&seq.to_be_bytes());
        let commitment = Commitment::of(&content);
        let hex: String = commitment.hash.iter().map(|b| format!("{b:02x}")).collect();
        header[..64].copy_from_slice(hex.as_bytes());
        writer.push(NewRecord {
            at_ms: START_MS + seq,
            header: &header,
            content: Some((&content, &commitment)),
            scope: day(n),
            author: Some(Id([7; 16])),
            place: Some((Id([n + 1; 16]), seq)),
            tag: None,
        })?;
        if seq % BATCH == 0 {
            writer.commit_begin()?;
        }
    }
    writer.commit()
}
