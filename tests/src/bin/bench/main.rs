//! `make bench`: Daylight against the bare server, in one interleaved run on this machine, as a table.
//! It never compares figures of different runs, and prints a miss as a miss.
//!
//! `bench [quick|full] [--messages N] [--rounds N] [--only PART,…]`; parts: speed, memory, disk
//! (with export), store, forget; growth, people, backup, flood, many and soak (`--minutes N`)
//! only when named.
#![allow(clippy::print_stdout)]

mod pressure;
mod table;
mod target;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tests::company::Company;
use tests::http::Client;
use tests::launch::{self, Settings};
use tests::load::exports::{Archive, attach};
use tests::load::{Figures, Reads};
use tests::process;

use table::{Goal, MIB, Table, median, middle, number};
use target::Target;

const HELP: &str = "bench [quick|full] [--messages N] [--rounds N] [--only speed,memory,disk,export,store,growth,people,backup,forget,flood,many,soak] [--minutes N]";
const CROWD: &str = "all-100=1x100,all-1000=1x1000,groups=1000x3";
const HALL: &str = "all-1000=1x1000";
const LIBRARY: &str = "library=50x3+,archive=1x20";
const BODY_BYTES: u64 = 300;
const IDLE_CONNECTIONS: usize = 1000;
/// Attachments of an archive: one of so many messages has one.
const MESSAGES_PER_FILE: u64 = 100;
const FILE_BYTES: usize = 20_000;

fn main() -> Result<ExitCode> {
    let plan = Plan::read()?;
    let dir = process::program("bench")?.with_file_name("bench-data");
    fs::create_dir_all(&dir)?;
    println!(
        "# {} messages, {} rounds of {} s, medians; bodies of {BODY_BYTES} bytes",
        plan.messages, plan.rounds, plan.seconds
    );
    println!("# {}", machine());
    let mut table = Table::default();
    if plan.wants("speed") {
        speed(&plan, &dir, &mut table)?;
    }
    if plan.wants("memory") {
        memory(&dir, &mut table)?;
    }
    if plan.only.iter().any(|p| p == "growth") {
        growth(&plan, &dir, &mut table)?;
    }
    if plan.only.iter().any(|p| p == "people") {
        people(&plan, &dir, &mut table)?;
    }
    if plan.wants("disk") || plan.wants("export") {
        disk(&plan, plan.messages, &dir, &mut table)?;
    }
    if plan.only.iter().any(|p| p == "backup") {
        backup(&plan, &dir, &mut table)?;
    }
    if plan.wants("store") {
        store(&plan, &mut table)?;
    }
    if plan.wants("forget") {
        forget(&plan, &mut table)?;
    }
    if plan.only.iter().any(|p| p == "flood") {
        pressure::flood(&dir, plan.rounds, &mut table)?;
    }
    if plan.only.iter().any(|p| p == "many") {
        pressure::many(&dir, &mut table)?;
    }
    if plan.only.iter().any(|p| p == "soak") {
        pressure::soak(&dir, plan.minutes, &mut table)?;
    }
    table.print();
    let missed = table.missed();
    if missed > 0 {
        println!("\n{missed} figures miss what they must reach.");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

struct Plan {
    messages: u64,
    rounds: usize,
    seconds: u64,
    only: Vec<String>,
    minutes: u64,
}

impl Plan {
    fn read() -> Result<Plan> {
        let mut plan = Plan {
            messages: 100_000,
            rounds: 3,
            seconds: 3,
            only: Vec::new(),
            minutes: 20,
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().context(HELP);
            match word.as_str() {
                "quick" => {}
                "full" => {
                    plan = Plan {
                        messages: 1_000_000,
                        rounds: 5,
                        seconds: 8,
                        ..plan
                    }
                }
                "--messages" => plan.messages = value()?.parse()?,
                "--rounds" => plan.rounds = value()?.parse()?,
                "--minutes" => plan.minutes = value()?.parse()?,
                "--only" => plan.only = value()?.split(',').map(str::to_owned).collect(),
                _ => bail!(HELP),
            }
        }
        Ok(plan)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|p| p == part)
    }
}

/// Each scenario on both servers in turn, round by round, so that the machine's moods meet both.
fn speed(plan: &Plan, dir: &Path, table: &mut Table) -> Result<()> {
    let ours = Target::daylight(dir, "speed", CROWD)?;
    let bare = Target::bare(dir, CROWD)?;
    let seconds = plan.seconds.to_string();
    let scenarios: [(&str, &[&str]); 6] = [
        (
            "16 unanswered",
            &["closed", "--set", "all-100", "--senders", "16"],
        ),
        (
            "400 unanswered",
            &[
                "closed",
                "--set",
                "all-100",
                "--senders",
                "100",
                "--window",
                "4",
            ],
        ),
        (
            "1,000 members",
            &["closed", "--set", "all-1000", "--senders", "16"],
        ),
        (
            "groups",
            &[
                "closed",
                "--set",
                "groups",
                "--senders",
                "1",
                "--window",
                "4",
            ],
        ),
        (
            "1,000 a second",
            &["fixed", "--set", "all-100", "--rate", "1000"],
        ),
        (
            "10 a second",
            &["fixed", "--set", "all-100", "--rate", "10"],
        ),
    ];
    let mut ours_all = vec![Vec::new(); scenarios.len()];
    let mut bare_all = ours_all.clone();
    for round in 0..plan.rounds {
        for (n, (name, arguments)) in scenarios.iter().enumerate() {
            for (who, target, all) in [
                ("bare", &bare, &mut bare_all),
                ("daylight", &ours, &mut ours_all),
            ] {
                let mut arguments = arguments.to_vec();
                arguments.extend(["--seconds", &seconds]);
                let figures: Figures = target.generate(&arguments)?;
                println!(
                    "round {round} {name:15} {who:9} {:>8.0} accepted/s {:>9.0} deliveries/s  p50 {:.2} p99 {:.2} ms  {:.3} CPU s/100k  generator {:.0} %",
                    figures.accepted_per_s,
                    figures.delivered_per_s,
                    figures.p50_ms,
                    figures.p99_ms,
                    figures.server_cpu_s_per_100k,
                    figures.generator_cpu * 100.0,
                );
                if figures.lags == 0 {
                    ensure!(
                        figures.missing == 0,
                        "{who} did not deliver all: {figures:?}"
                    );
                } else {
                    println!(
                        "      {who} told {} readers that they lag; {} deliveries are theirs to fetch",
                        figures.lags, figures.missing
                    );
                }
                all.get_mut(n).context("a scenario")?.push(figures);
            }
        }
    }
    let at = |all: &[Vec<Figures>], n: usize, of: fn(&Figures) -> f64| {
        median(all.get(n).map(Vec::as_slice).unwrap_or_default(), of)
    };
    let both = |n, of| (at(&ours_all, n, of), Some(at(&bare_all, n, of)));
    let delivered: fn(&Figures) -> f64 = |f| f.delivered_per_s;
    let cpu: fn(&Figures) -> f64 = |f| f.server_cpu_s_per_100k;

    for (n, name) in [
        (0, "deliveries/s, 100 members, 16 unanswered"),
        (1, "deliveries/s, 100 members, 400 unanswered"),
        (2, "deliveries/s, 1,000 members"),
    ] {
        let (ours, bare) = both(n, delivered);
        let must = (n < 2).then_some(Goal::OfBareAtLeast(0.5));
        table.add(name, ours, bare, must, Goal::OfBareAtLeast(0.8));
    }
    let (ours, bare) = both(1, cpu);
    table.add(
        "server CPU s per 100k deliveries, saturated",
        ours,
        bare,
        Some(Goal::AtMost(0.20)),
        Goal::AtMost(0.10),
    );
    let (ours, bare) = both(3, |f| f.handled_per_s);
    table.add(
        "1,000 channels x 3: handled/s",
        ours,
        bare,
        Some(Goal::AtLeast(150_000.0)),
        Goal::AtLeast(312_500.0),
    );
    let (ours, bare) = both(4, |f| f.p99_ms);
    table.add(
        "p99 ms at 1,000 messages/s, 100 members",
        ours,
        bare,
        Some(Goal::OfBareAtMost(2.0)),
        Goal::OfBareAtMost(1.2),
    );
    let (ours, bare) = both(4, cpu);
    table.add(
        "server CPU s per 100k deliveries, 1,000/s",
        ours,
        bare,
        None,
        Goal::AtMost(0.20),
    );
    let (ours, bare) = both(5, |f| f.p50_ms);
    table.add(
        "p50 ms at 10 messages/s, 100 members",
        ours,
        bare,
        None,
        Goal::AtMost(2.0),
    );
    Ok(())
}

/// Fresh processes: memory that an earlier load left behind would hide what a connection costs.
fn memory(dir: &Path, table: &mut Table) -> Result<()> {
    let connections = IDLE_CONNECTIONS.to_string();
    let idle = |target: &Target| -> Result<f64> {
        let answer: Value =
            target.generate(&["idle", "--set", "all-1000", "--connections", &connections])?;
        Ok(answer["bytes_per_connection"]
            .as_f64()
            .context("no figure")?
            / 1024.0)
    };
    let bare = idle(&Target::bare(dir, HALL)?)?;
    let plain = idle(&Target::daylight(dir, "memory", HALL)?)?;
    table.add(
        "idle connection, plain, KiB",
        plain,
        Some(bare),
        Some(Goal::AtMost(20.0)),
        Goal::AtMost(12.0),
    );
    let tls = idle(&Target::daylight_tls(dir, "memory-tls", HALL)?)?;
    table.add(
        "idle connection, TLS, KiB",
        tls,
        None,
        Some(Goal::AtMost(40.0)),
        Goal::AtMost(28.0),
    );
    Ok(())
}

/// Fills one company, starts it anew, reads from it, and takes a whole channel out.
fn disk(plan: &Plan, messages: u64, dir: &Path, table: &mut Table) -> Result<()> {
    let name = format!("library-{messages}");
    let target = Target::daylight(dir, &name, LIBRARY)?;
    let filled = target.data.with_extension("filled");
    if !filled.exists() {
        let log = target.data.join("log");
        let before = process::disk_bytes(&log)?;
        let count = messages.to_string();
        for set in ["library", "archive"] {
            let senders = if set == "library" { "1" } else { "16" };
            let figures: Figures = target.generate(&[
                "fill",
                "--set",
                set,
                "--listen",
                senders,
                "--senders",
                senders,
                "--window",
                "64",
                "--messages",
                &count,
            ])?;
            println!(
                "filled {set} with {} messages: {:.0} accepted/s",
                figures.accepted, figures.accepted_per_s
            );
        }
        let bytes =
            process::disk_bytes(&log)?.saturating_sub(before) as f64 / (2 * messages) as f64;
        fs::write(&filled, bytes.to_string())?;
    }
    drop(target);
    if plan.wants("disk") {
        library(dir, &name, messages, table)?;
    }
    if plan.wants("export") {
        export(dir, &name, messages, table)?;
    }
    Ok(())
}

/// A whole backup, read back, beside a running server, and `cp -r` of the same folders, in turn.
fn backup(plan: &Plan, dir: &Path, table: &mut Table) -> Result<()> {
    disk(plan, plan.messages, dir, table)?;
    let target = Target::daylight(dir, &format!("library-{}", plan.messages), LIBRARY)?;
    let (to, keys, copy) = (dir.join("content"), dir.join("keys"), dir.join("copy"));
    let remove = |path: &Path| match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    let mut rates: [Vec<f64>; 3] = Default::default();
    let mut again_ms = Vec::new();
    for round in 0..plan.rounds {
        [&to, &keys, &copy]
            .into_iter()
            .try_for_each(|path| remove(path))?;
        fs::create_dir(&copy)?;
        let begun = Instant::now();
        let mut cp = Command::new("cp");
        cp.arg("-r");
        cp.args(["log", "blobs", "parts"].map(|name| target.data.join(name)));
        ensure!(cp.arg(&copy).status()?.success(), "cp -r failed");
        let copied_s = begun.elapsed().as_secs_f64();
        ensure!(
            Command::new("sync")
                .arg("-f")
                .arg(&copy)
                .status()?
                .success()
        );
        let synced_s = begun.elapsed().as_secs_f64();
        let bytes = process::disk_bytes(&copy)? as f64 / 1e6;
        let run = || -> Result<f64> {
            let begun = Instant::now();
            let words = [
                "backup",
                &to.to_string_lossy(),
                "--keys",
                &keys.to_string_lossy(),
            ];
            let made = launch::run(&target.data, &words)?;
            ensure!(
                made.status.success(),
                "{}",
                String::from_utf8_lossy(&made.stderr)
            );
            Ok(begun.elapsed().as_secs_f64())
        };
        let whole_s = run()?;
        let again_s = run()?;
        let ours = process::disk_bytes(&to)? as f64 / 1e6;
        println!(
            "round {round}: cp -r {bytes:.0} MB in {copied_s:.2} s, on disk after {synced_s:.2} s; backup {ours:.0} MB in \
             {whole_s:.2} s, again in {again_s:.2} s"
        );
        for (all, rate) in
            rates
                .iter_mut()
                .zip([ours / whole_s, bytes / synced_s, bytes / copied_s])
        {
            all.push(rate);
        }
        again_ms.push(again_s * 1000.0);
    }
    let [ours, synced, copied] = rates.map(middle);
    let name = |what: &str| of(what, plan.messages);
    let aim = Goal::OfBareAtLeast(0.5);
    table.add(
        &name("whole backup, MB/s; bare: cp -r, sync"),
        ours,
        Some(synced),
        None,
        aim,
    );
    table.add(
        &name("whole backup, MB/s; bare: cp -r"),
        ours,
        Some(copied),
        None,
        aim,
    );
    table.add(
        &name("backup again, ms"),
        middle(again_ms),
        None,
        None,
        Goal::AtMost(1_000.0),
    );
    [&to, &keys, &copy]
        .into_iter()
        .try_for_each(|path| remove(path))?;
    Ok(())
}

/// What starting, reading and searching cost where a company is filled.
fn library(dir: &Path, name: &str, messages: u64, table: &mut Table) -> Result<()> {
    let filled = dir.join(name).with_extension("filled");
    let per_message: f64 = fs::read_to_string(&filled)?.parse()?;
    table.add(
        &of("log bytes on disk per message", messages),
        per_message,
        None,
        None,
        Goal::AtMost(1_200.0),
    );
    // Killed: what was not saved is folded from the log again. Stopped: it is not.
    let target = Target::daylight(dir, name, LIBRARY)?;
    let killed_s = target.server.started_in.as_secs_f64();
    target.server.stop()?;
    let target = Target::daylight(dir, name, LIBRARY)?;
    let start_s = target.server.started_in.as_secs_f64();
    table.add(
        &of("start, s", messages),
        start_s,
        None,
        Some(Goal::AtMost(2.0)),
        Goal::AtMost(0.5),
    );
    table.add(
        &of("start after being killed, s", messages),
        killed_s,
        None,
        None,
        Goal::AtMost(2.0),
    );
    let resident = process::resident_bytes(target.server.pid())? as f64 / MIB;
    table.add(
        &of("resident after start, MiB", messages),
        resident,
        None,
        None,
        Goal::AtMost(256.0),
    );
    for set in ["library", "archive"] {
        let pages: Reads = target.generate(&["pages", "--set", set, "--requests", "3000"])?;
        println!("pages in {set}: {pages:?}");
        let name = of(&format!("page of 50 anywhere in {set}, p99 ms"), messages);
        table.add(
            &name,
            pages.p99_ms,
            None,
            Some(Goal::AtMost(5.0)),
            Goal::AtMost(1.0),
        );
    }
    let search: Reads = target.generate(&["search", "--set", "library", "--requests", "1000"])?;
    println!("search: {search:?}");
    table.add(
        &of("member's search, 50 channels, p99 ms", messages),
        search.p99_ms,
        None,
        Some(Goal::AtMost(150.0)),
        Goal::AtMost(30.0),
    );
    Ok(())
}

fn of(what: &str, messages: u64) -> String {
    format!("{what} ({} messages)", number(messages as f64))
}

/// Today's messages, here all there are, are indexed in memory after a start.
fn until_search_is_complete(member: &mut Client) -> Result<f64> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_mins(10) {
        let answer = member.get("/api/v1/search?text=qzxwvkj")?.ok()?;
        if answer["partial"] != true {
            return Ok(begun.elapsed().as_secs_f64());
        }
        thread::sleep(Duration::from_millis(200));
    }
    bail!("the search never was complete")
}

/// What it still does after a start, such as putting down the index of a day, is not the export's.
fn until_it_rests(pid: u32) -> Result<()> {
    let begun = Instant::now();
    let mut used = process::cpu_seconds(pid)?;
    while begun.elapsed() < Duration::from_mins(2) {
        thread::sleep(Duration::from_secs(2));
        let now = process::cpu_seconds(pid)?;
        if now - used < 0.1 {
            return Ok(());
        }
        used = now;
    }
    bail!("the server never came to rest")
}

/// The archive channel with its attachments, asked for by an officer and approved by the admin; then once more, cut off
/// by a kill, and finished twice.
fn export(dir: &Path, name: &str, messages: u64, table: &mut Table) -> Result<()> {
    let data = dir.join(name);
    let attached = data.with_extension("attached");
    let files = messages / MESSAGES_PER_FILE;
    if !attached.exists() {
        let target = Target::daylight(dir, name, LIBRARY)?;
        let company = Company::load(&target.company)?;
        attach(&target.server.site, &company, files, FILE_BYTES)?;
        fs::write(&attached, "")?;
    }
    // A fresh process: memory that readers, searches and uploads left behind is not the export's.
    let target = Target::daylight(dir, name, LIBRARY)?;
    let company = Company::load(&target.company)?;
    let mut archive = Archive::new(&target.server.site, &company)?;
    let complete_s = until_search_is_complete(archive.officer())?;
    table.add(
        &of("search complete after a start, s", messages),
        complete_s,
        None,
        None,
        Goal::AtMost(60.0),
    );
    until_it_rests(target.server.pid())?;
    table.add(
        &of(
            "peak memory while today's index is made anew, MiB",
            messages,
        ),
        process::peak_bytes(target.server.pid())? as f64 / MIB,
        None,
        None,
        Goal::AtMost(512.0),
    );
    process::forget_peak(target.server.pid())?;
    let begun = Instant::now();
    let export = archive.orders()?;
    let ready = archive.ready(&export)?;
    let taken_s = begun.elapsed().as_secs_f64();
    table.add(
        &of("export, events/s", messages),
        ready.events as f64 / taken_s,
        None,
        Some(Goal::AtLeast(50_000.0)),
        Goal::AtLeast(200_000.0),
    );
    table.add(
        &of("peak memory while exporting, MiB", messages),
        process::peak_bytes(target.server.pid())? as f64 / MIB,
        None,
        Some(Goal::AtMost(256.0)),
        Goal::AtMost(128.0),
    );
    println!(
        "export: {} events, {files} attachments, {} bytes, {taken_s:.2} s",
        ready.events, ready.bytes
    );

    let export = archive.orders()?;
    thread::sleep(Duration::from_secs_f64(taken_s / 2.0));
    target.server.kill()?;
    let twin = dir.join(format!("{name}-twin"));
    if twin.exists() {
        fs::remove_dir_all(&twin)?;
    }
    let copied = Command::new("cp").arg("-r").args([&data, &twin]).status()?;
    ensure!(copied.success(), "the data could not be copied");
    let mut sums = Vec::new();
    for place in [&data, &twin] {
        let server = launch::start(place, &Settings::default())?;
        let begun = Instant::now();
        let ready = Archive::new(&server.site, &company)?.ready(&export)?;
        println!(
            "export cut off by a kill: ready {:.2} s after the next start, sha256 {}",
            begun.elapsed().as_secs_f64(),
            ready.sha256
        );
        sums.push(ready.sha256);
    }
    fs::remove_dir_all(&twin)?;
    ensure!(sums[0] == sums[1], "the same order gave other bytes");
    Ok(())
}

/// The same questions at 10,000 messages and a hundred times more: what grows shows.
fn growth(plan: &Plan, dir: &Path, table: &mut Table) -> Result<()> {
    let mut messages = 10_000;
    while messages < plan.messages {
        disk(plan, messages, dir, table)?;
        messages *= 10;
    }
    Ok(())
}

/// One channel of ten members and of ten thousand: what a delivery costs must not grow with those who hear it.
fn people(plan: &Plan, dir: &Path, table: &mut Table) -> Result<()> {
    let sets = "all-10=1x10,all-100=1x100,all-1000=1x1000,all-10000=1x10000";
    let ours = Target::daylight(dir, "people", sets)?;
    let bare = Target::bare(dir, sets)?;
    let seconds = plan.seconds.to_string();
    for members in [10, 100, 1_000, 10_000] {
        let set = format!("all-{members}");
        let arguments = [
            "closed",
            "--set",
            &set,
            "--senders",
            "16",
            "--seconds",
            &seconds,
        ];
        let bare: Figures = bare.generate(&arguments)?;
        let ours: Figures = ours.generate(&arguments)?;
        let name = |what: &str| format!("{what}, {} members", number(f64::from(members)));
        let (a, b) = (ours.delivered_per_s, bare.delivered_per_s);
        table.add(
            &name("deliveries/s"),
            a,
            Some(b),
            None,
            Goal::OfBareAtLeast(0.5),
        );
        let (a, b) = (ours.server_cpu_s_per_100k, bare.server_cpu_s_per_100k);
        table.add(
            &name("server CPU s per 100k deliveries"),
            a,
            Some(b),
            None,
            Goal::AtMost(0.20),
        );
    }
    Ok(())
}

/// The store alone against its own bare file: its example prints `name value` lines.
fn store(plan: &Plan, table: &mut Table) -> Result<()> {
    let text = example("store_bench", plan)?;
    for size in ["16", "64", "256"] {
        let begin = format!("durable appends, batches of {size}: ");
        let rates = text.lines().find_map(|line| {
            line.strip_prefix(&begin)?
                .split_once(" /s; bare file, same bytes: ")
        });
        let (ours, bare) = rates.context("the store's bench did not say how fast it appends")?;
        let (ours, bare): (f64, f64) = (ours.parse()?, bare.trim_end_matches(" /s").parse()?);
        let must = (size == "16").then_some(Goal::OfBareAtLeast(0.6));
        let name = format!("durable appends/s, batches of {size}");
        table.add(&name, ours, Some(bare), must, Goal::OfBareAtLeast(0.6));
    }
    Ok(())
}

/// A day's key costs what a key costs, whatever was said on the day: in place of the bare server stands a day of 1,000.
fn forget(plan: &Plan, table: &mut Table) -> Result<()> {
    let text = example("forget_bench", plan)?;
    let figure = |begin: &str| -> Result<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(begin));
        let line = line.with_context(|| format!("the store's bench did not say: {begin}"))?;
        let figure = line.split(' ').next().unwrap_or_default();
        Ok(figure.parse()?)
    };
    let large = format!("keys of a day of {}: ", plan.messages);
    let small = figure("keys of a day of 1000: ")?;
    let must = Some(Goal::OfBareAtMost(3.0));
    let name = "destroying a large day's key, ms (bare: a small day's)";
    table.add(
        name,
        figure(&large)?,
        Some(small),
        must,
        Goal::OfBareAtMost(1.5),
    );
    for (name, begin, least) in [
        ("records resealed/s", "resealed: ", 50_000.0),
        (
            "sealed records dropped/s",
            "sealed bytes dropped: ",
            100_000.0,
        ),
        ("events verified/s", "verified: ", 100_000.0),
    ] {
        table.add(name, figure(begin)?, None, None, Goal::AtLeast(least));
    }
    Ok(())
}

/// What one of the store's own benches says.
fn example(name: &str, plan: &Plan) -> Result<String> {
    let program = process::program(&format!("examples/{name}"))
        .context("build it first: cargo build --release --workspace --examples")?;
    let output = Command::new(program)
        .arg(plan.messages.to_string())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    print!("{text}");
    ensure!(
        output.status.success(),
        "{name} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(text)
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{cores} cores, Linux {}, load before: {}",
        kernel.trim(),
        load.trim()
    )
}
