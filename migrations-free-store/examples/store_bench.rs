//! How fast the store is, against a bare file written and synced with the same bytes in the same run.
//! `cargo run --release -p migrations-free-store --example store_bench -- [events] [directory]`

#![allow(clippy::print_stdout)]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Instant;

use migrations_free_store::{Commitment, Error, Id, NewRecord, Options, Scope, Store, Writer};

/// Events of one commit. A busy server makes batches of some dozens.
const BATCHES: [u64; 4] = [16, 64, 256, 1024];
/// A multiple of every batch.
const ROUND_EVENTS: u64 = 10 * 1024;
const ROUNDS: usize = 9;
const CHANNELS: u64 = 1000;
const HEADER_BYTES: usize = 450;
const CONTENT_BYTES: usize = 350;
const START_MS: u64 = 1_795_305_600_000;

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let events: u64 = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000_000);
    let base = arguments.next().unwrap_or_else(|| ".".into());
    let dir = tempfile::Builder::new()
        .prefix("store-bench-")
        .tempdir_in(base)
        .expect("a folder");
    let options = Options::new(dir.path().join("data"), "bench.example.com/daylight");
    let (store, mut writer) = Store::open(&options, &mut |_| {})?;

    let mut message = Message::new();
    let mut next = 0;
    let mut bare = Bare::new(&dir.path().join("bare"));
    let started_cpu = cpu_seconds();
    for size in BATCHES {
        // Interleaved rounds, so that a noisy machine is as noisy for both.
        let (mut ours, mut bares) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let started = Instant::now();
            for _ in 0..ROUND_EVENTS / size {
                // Batches are pushed while those before them are on their way to the disk.
                push_batch(&mut writer, &mut message, next, size)?;
                next += size;
                writer.commit_begin()?;
            }
            writer.commit_end()?;
            ours.push(ROUND_EVENTS as f64 / started.elapsed().as_secs_f64());
            let started = Instant::now();
            for _ in 0..ROUND_EVENTS / size {
                bare.append(size);
            }
            bares.push(ROUND_EVENTS as f64 / started.elapsed().as_secs_f64());
        }
        println!(
            "durable appends, batches of {size}: {:.0} /s; bare file, same bytes: {:.0} /s",
            median(&mut ours),
            median(&mut bares)
        );
    }
    println!(
        "CPU an event of the thread that decides: {:.2} us",
        (cpu_seconds() - started_cpu) / next as f64 * 1e6
    );

    let started = Instant::now();
    let from = store.size();
    while store.size() < events {
        push_batch(&mut writer, &mut message, next, 1024)?;
        next += 1024;
        writer.commit_begin()?;
    }
    writer.commit_end()?;
    let filled = store.size() - from;
    println!(
        "filling, batches of 1024: {:.0} /s",
        filled as f64 / started.elapsed().as_secs_f64()
    );
    let signing = Instant::now();
    writer.sign_checkpoint()?;
    println!(
        "signing a checkpoint: {:.2} ms",
        signing.elapsed().as_secs_f64() * 1000.0
    );
    drop((store, writer));

    let started = Instant::now();
    let (store, writer) = Store::open(&options, &mut |_| {})?;
    println!(
        "open with {} events: {:.0} ms",
        store.size(),
        started.elapsed().as_secs_f64() * 1000.0
    );
    let committed = store.size() * (HEADER_BYTES + CONTENT_BYTES) as u64;
    let on_disk = store.log_bytes()
        + bytes_under(&options.dir.join("tree"))
        + bytes_under(&options.dir.join("keys"));
    println!(
        "bytes on disk a committed byte: {:.3} (log, tree and keys; zeros prepared ahead not counted)",
        on_disk as f64 / committed as f64
    );

    let per_channel = store.size() / CHANNELS;
    let mut times: Vec<f64> = (0..2000_u64)
        .map(|n| {
            let channel = channel(n * 7919 % CHANNELS);
            let from = n * 104_729 % per_channel.saturating_sub(50).max(1) + 1;
            let started = Instant::now();
            let page = store
                .channel_page(channel, from, from + 49)
                .expect("a page");
            assert_eq!(page.len(), 50.min(per_channel as usize));
            started.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(
        "page of 50: p50 {:.3} ms, p99 {:.3} ms",
        times[1000], times[1980]
    );
    let started = Instant::now();
    let scanned = store.scan(0, 200_000).flatten().count();
    println!(
        "scan: {:.0} /s",
        scanned as f64 / started.elapsed().as_secs_f64()
    );
    let started = Instant::now();
    for n in 0..2000 {
        store.inclusion(n * 6_700_417 % store.size(), store.size())?;
    }
    println!(
        "inclusion proof: {:.3} ms",
        started.elapsed().as_secs_f64() / 2.0
    );
    drop((store, writer));
    Ok(())
}

/// A message of the lengths measured; its header is as long as the product's.
struct Message {
    header: Vec<u8>,
    content: Vec<u8>,
}

impl Message {
    fn new() -> Message {
        Message {
            header: vec![b'h'; HEADER_BYTES],
            content: vec![b'c'; CONTENT_BYTES],
        }
    }
}

fn channel(n: u64) -> Id {
    let mut bytes = [1; 16];
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    Id(bytes)
}

fn push_batch(
    writer: &mut Writer,
    message: &mut Message,
    from: u64,
    size: u64,
) -> Result<(), Error> {
    for n in from..from + size {
        let at_ms = START_MS + n * 10;
        let channel = channel(n % CHANNELS);
        message.content[..8].copy_from_slice(&n.to_be_bytes());
        let commitment = Commitment::of(&message.content);
        message.header[..32].copy_from_slice(&commitment.hash);
        let mut tag = [2; 16];
        tag[..8].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        writer.push(NewRecord {
            at_ms,
            header: &message.header,
            content: Some((&message.content, &commitment)),
            scope: Scope::channel_day(channel, at_ms),
            author: Some(Id([(n % 200) as u8; 16])),
            place: Some((channel, n / CHANNELS + 1)),
            tag: Some(tag),
        })?;
    }
    Ok(())
}

/// The same bytes into segment files of the same size, prepared in the background as the store's are, and synced as
/// often: all of the work on files, and nothing else.
struct Bare {
    ready: Receiver<File>,
    file: File,
    at: u64,
    bytes: Vec<u8>,
}

/// Clear fields, salts and tags included: what the store writes for such a message.
const RECORD_BYTES: usize = HEADER_BYTES + CONTENT_BYTES + 216;
const SEGMENT_BYTES: u64 = 64 << 20;

impl Bare {
    fn new(path: &Path) -> Bare {
        let (prepared, ready) = sync_channel(1);
        let path = path.to_owned();
        std::thread::spawn(move || while prepared.send(Bare::prepare(&path)).is_ok() {});
        Bare {
            file: ready.recv().expect("prepared"),
            ready,
            at: 0,
            bytes: vec![7; ROUND_EVENTS as usize * RECORD_BYTES],
        }
    }

    /// A file full of zeros, which goes when it is closed.
    fn prepare(path: &Path) -> File {
        let file = File::create(path).expect("a file");
        let zeros = vec![0; 1 << 20];
        for n in 0..SEGMENT_BYTES >> 20 {
            file.write_all_at(&zeros, n << 20).expect("written");
        }
        file.sync_all().expect("synced");
        std::fs::remove_file(path).expect("removed");
        file
    }

    fn append(&mut self, size: u64) {
        let length = size as usize * RECORD_BYTES;
        if self.at + length as u64 > SEGMENT_BYTES {
            self.file = self.ready.recv().expect("prepared");
            self.at = 0;
        }
        self.file
            .write_all_at(&self.bytes[..length], self.at)
            .expect("written");
        self.file.sync_data().expect("synced");
        self.at += length as u64;
    }
}

/// Time this thread was on a processor: on a busy machine the clock on the wall says little.
fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn bytes_under(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).expect("listed");
    entries
        .map(|entry| {
            let entry = entry.expect("listed");
            if entry.path().is_dir() {
                bytes_under(&entry.path())
            } else {
                entry.metadata().expect("known").len()
            }
        })
        .sum()
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
