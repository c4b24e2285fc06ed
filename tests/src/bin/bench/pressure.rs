//! What the server is like when it is pressed: flooded by those who may not, left alone by very many, or busy for long.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::load::Figures;
use tests::process;

use super::HALL;
use super::table::{Goal, MIB, Table, median};
use super::target::Target;

const FLOODED: &str = "talk=1x50,flood=63x4";
/// The sets have their people in common, from the first on: those who talk do not flood.
const SKIPPED: usize = 13;
/// Ten times what one device may send, from each of two hundred.
const FLOOD_RATE: u64 = 200 * 20;
const TALK_RATE: u64 = 50;
const TALK_S: u64 = 10;
/// The flood begins before, and ends after, those who talk.
const MARGIN_S: u64 = 2;
const MANY: usize = 10_000;
const SOAK_RATE: u64 = 1000;
const SAMPLE_EVERY: Duration = Duration::from_secs(5);

/// Fifty people talk, alone and while two hundred others send ten times what they may.
pub fn flood(dir: &Path, rounds: usize, table: &mut Table) -> Result<()> {
    let target = Target::daylight(dir, "flood", FLOODED)?.with_limits()?;
    let pid = target.server.pid();
    let talk = || -> Result<Figures> {
        let figures: Figures = target.generate(&talk(TALK_RATE, TALK_S))?;
        ensure!(
            figures.missing == 0 && figures.errors.is_empty(),
            "those who talk lost something: {figures:?}"
        );
        Ok(figures)
    };
    talk()?;
    let resident = process::resident_bytes(pid)?;
    process::forget_peak(pid)?;
    let (mut quiet, mut pressed, mut floods) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        quiet.push(talk()?);
        let (talked, flooded) = thread::scope(|scope| {
            let flood = scope.spawn(|| target.generate::<Figures>(&flooding()));
            thread::sleep(Duration::from_secs(MARGIN_S));
            let talked = talk();
            (talked, flood.join())
        });
        pressed.push(talked?);
        floods.push(flooded.ok().context("the flood panicked")??);
    }
    let refused = |f: &Figures| f.errors.get("rate").copied().unwrap_or(0) as f64 / f.seconds;
    println!(
        "flood: {:.0} messages/s accepted, {:.0}/s refused; all errors: {:?}",
        median(&floods, |f| f.accepted_per_s),
        median(&floods, refused),
        floods.last().map(|f| &f.errors)
    );
    table.add(
        "p99 ms of 50 who talk, in a flood (bare: without)",
        median(&pressed, |f| f.p99_ms),
        Some(median(&quiet, |f| f.p99_ms)),
        Some(Goal::OfBareAtMost(3.0)),
        Goal::OfBareAtMost(2.0),
    );
    table.add(
        "memory that a flood takes at its peak, MiB",
        (process::peak_bytes(pid)?.saturating_sub(resident)) as f64 / MIB,
        None,
        Some(Goal::AtMost(64.0)),
        Goal::AtMost(32.0),
    );
    Ok(())
}

fn talk(rate: u64, seconds: u64) -> Vec<String> {
    words(&format!(
        "fixed --set talk --senders 50 --rate {rate} --seconds {seconds}"
    ))
}

fn flooding() -> Vec<String> {
    let seconds = TALK_S + 2 * MARGIN_S;
    words(&format!(
        "fixed --set flood --skip {SKIPPED} --senders 4 --rate {FLOOD_RATE} --seconds {seconds}"
    ))
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// Ten thousand who have it open and say nothing, over TLS.
pub fn many(dir: &Path, table: &mut Table) -> Result<()> {
    let target = Target::daylight_tls(dir, "many-tls", HALL)?;
    let idle: Value = target.generate(&words(&format!(
        "idle --set all-1000 --connections {MANY} --seconds 20"
    )))?;
    let figure = |name: &str| idle[name].as_f64().context("no figure");
    table.add(
        "idle TLS connection of 10,000, KiB",
        figure("bytes_per_connection")? / 1024.0,
        None,
        Some(Goal::AtMost(40.0)),
        Goal::AtMost(28.0),
    );
    table.add(
        "cores used with 10,000 idle TLS connections",
        figure("server_cores")?,
        None,
        Some(Goal::AtMost(0.05)),
        Goal::AtMost(0.01),
    );
    Ok(())
}

/// Talk at a high rate for long. What the process holds is written down every few seconds, and drawn.
pub fn soak(dir: &Path, minutes: u64, table: &mut Table) -> Result<()> {
    let target = Target::daylight(dir, "soak", "talk=20x50")?;
    let pid = target.server.pid();
    let seconds = minutes * 60;
    let begun = Instant::now();
    let (figures, samples) = thread::scope(|scope| -> Result<_> {
        let talking = scope.spawn(|| target.generate::<Figures>(&talk(SOAK_RATE, seconds)));
        let mut samples = Vec::new();
        while !talking.is_finished() {
            thread::sleep(SAMPLE_EVERY);
            let mib = process::resident_bytes(pid)? as f64 / MIB;
            samples.push((begun.elapsed().as_secs_f64(), mib));
        }
        let figures = talking.join().ok().context("the generator panicked")??;
        Ok((figures, samples))
    })?;
    ensure!(figures.missing == 0, "something was lost: {figures:?}");
    let path = dir.join("soak.svg");
    fs::write(&path, plot(&samples, seconds as f64))?;
    println!(
        "soak: {} messages, {} deliveries in {:.0} s, p99 {:.2} ms; drawn in {}",
        figures.accepted,
        figures.delivered,
        figures.seconds,
        figures.p99_ms,
        path.display()
    );
    let part = |from: f64, to: f64| {
        let within =
            |(at, _): &&(f64, f64)| *at >= from * seconds as f64 && *at < to * seconds as f64;
        let all: Vec<f64> = samples.iter().filter(within).map(|(_, mib)| *mib).collect();
        all.iter().sum::<f64>() / all.len().max(1) as f64
    };
    table.add(
        "resident MiB in the last quarter of a soak (bare: in the second)",
        part(0.75, 1.0),
        Some(part(0.25, 0.5)),
        Some(Goal::OfBareAtMost(1.25)),
        Goal::OfBareAtMost(1.1),
    );
    Ok(())
}

/// Resident memory over time, as a picture of its own.
fn plot(samples: &[(f64, f64)], seconds: f64) -> String {
    let (left, top, width, height) = (60.0, 20.0, 640.0, 200.0);
    let most = samples.iter().map(|(_, mib)| *mib).fold(1.0, f64::max);
    // To the next twenty, so that quarters of it are whole.
    let most = (most / 20.0).ceil() * 20.0;
    let x = |at: f64| left + width * at / seconds;
    let y = |mib: f64| top + height * (1.0 - mib / most);
    let line: Vec<String> = samples
        .iter()
        .map(|(at, mib)| format!("{:.1},{:.1}", x(*at), y(*mib)))
        .collect();
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 260\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"720\" height=\"260\" fill=\"#fff\"/>\n",
    );
    for step in 0..=4 {
        let share = f64::from(step) / 4.0;
        let (mib, at) = (most * share, seconds * share);
        let _ = writeln!(
            svg,
            "<path d=\"M{left} {0:.1}h{width}\" stroke=\"#ddd\"/><text x=\"54\" y=\"{1:.1}\" text-anchor=\"end\">{mib:.0}</text><text x=\"{2:.1}\" y=\"238\" text-anchor=\"middle\">{3:.0} min</text>",
            y(mib),
            y(mib) + 4.0,
            x(at),
            at / 60.0
        );
    }
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"#b45309\" stroke-width=\"2\"/>\n<text x=\"{left}\" y=\"14\">resident memory, MiB</text>\n</svg>",
        line.join(" ")
    );
    svg
}
