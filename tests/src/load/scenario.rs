//! What the swarm plays: a closed loop, a fixed rate, or nothing at all.

use std::collections::BTreeMap;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::percentile_ms;
use super::swarm::{Seat, Swarm};
use crate::frame;
use crate::http::{Site, Stream};
use crate::process;

/// How long late deliveries may take to arrive before they count as missing.
const DRAIN: Duration = Duration::from_secs(20);

/// Each sender keeps `window` messages unanswered.
pub struct Closed {
    pub window: usize,
    pub warm: Duration,
    pub time: Duration,
    /// Stop after this many instead of after `time`.
    pub messages: Option<u64>,
    /// Members who hear each message.
    pub audience: u64,
    pub body_bytes: usize,
    pub server: Option<u32>,
}

/// `rate` messages a second over all senders, whatever the server does.
pub struct Fixed {
    pub rate: u64,
    pub time: Duration,
    pub audience: u64,
    pub body_bytes: usize,
    pub server: Option<u32>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Figures {
    pub seconds: f64,
    pub accepted: u64,
    pub delivered: u64,
    pub accepted_per_s: f64,
    pub delivered_per_s: f64,
    pub handled_per_s: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    pub server_cpu_s: f64,
    pub server_cpu_s_per_100k: f64,
    /// Of one core; near 1 the generator is the limit, not the server.
    pub generator_cpu: f64,
    /// Accepted but not delivered to everybody when all was still again. Must be 0.
    pub missing: i64,
    pub lags: u64,
    pub closed: u64,
    pub errors: BTreeMap<String, u64>,
    pub first_error: Option<String>,
}

struct Mark {
    at: Instant,
    accepted: u64,
    delivered: u64,
    server_cpu_s: f64,
    own_cpu_s: f64,
}

fn mark(swarm: &Swarm, server: Option<u32>) -> Result<Mark> {
    Ok(Mark {
        at: Instant::now(),
        accepted: swarm.tally.accepted,
        delivered: swarm.tally.delivered,
        server_cpu_s: server.map_or(Ok(0.0), process::cpu_seconds)?,
        own_cpu_s: process::cpu_seconds(std::process::id())?,
    })
}

pub fn closed(site: &Site, seats: &[Seat], plan: &Closed) -> Result<Figures> {
    let mut swarm = Swarm::gather(site, seats, plan.body_bytes)?;
    let senders: Vec<usize> = (0..seats.len())
        .filter(|i| swarm.members.get(*i).is_some_and(|m| m.sends))
        .collect();
    ensure!(!senders.is_empty(), "nobody sends");
    let mut begun = 0;
    let mut answers = Vec::new();
    for _ in 0..plan.window {
        for sender in &senders {
            swarm.send(*sender)?;
            begun += 1;
        }
    }
    let warm_until = Instant::now() + plan.warm;
    let mut first = None;
    loop {
        swarm.turn(Duration::from_millis(20), &mut |member, accepted| {
            answers.push((member, accepted));
        })?;
        for (member, accepted) in answers.drain(..) {
            ensure!(
                accepted,
                "the server refused: {:?}",
                swarm.tally.first_error
            );
            if plan.messages.is_none_or(|limit| begun < limit) {
                swarm.send(member)?;
                begun += 1;
            }
        }
        ensure!(
            swarm.tally.closed == 0,
            "connections were closed: {:?}",
            swarm.tally.first_error
        );
        let now = Instant::now();
        if first.is_none() && (now >= warm_until || plan.messages.is_some()) {
            first = Some(mark(&swarm, plan.server)?);
            swarm.sample_every = 4;
        }
        let over = match plan.messages {
            Some(limit) => swarm.tally.accepted >= limit,
            None => now >= warm_until + plan.time,
        };
        if over {
            break;
        }
    }
    let first = first.context("the run was over before it began")?;
    let last = mark(&swarm, plan.server)?;
    swarm.sample_every = 0;
    finish(swarm, &first, &last, begun, plan.audience)
}

pub fn fixed(site: &Site, seats: &[Seat], plan: &Fixed) -> Result<Figures> {
    let mut swarm = Swarm::gather(site, seats, plan.body_bytes)?;
    let senders: Vec<usize> = (0..seats.len())
        .filter(|i| swarm.members.get(*i).is_some_and(|m| m.sends))
        .collect();
    let total = plan.rate * plan.time.as_secs();
    let start_us = swarm.now_us() + 200_000;
    let mut messages = Vec::with_capacity(total as usize);
    for n in 0..total {
        let at_us = start_us + n * 1_000_000 / plan.rate;
        let sender = *senders
            .get(n as usize % senders.len())
            .context("nobody sends")?;
        let channel = swarm.channel_of(sender);
        messages.push((
            at_us,
            swarm.message(&channel, at_us),
            n as usize % senders.len(),
        ));
    }
    let mut sockets = Vec::new();
    for sender in &senders {
        sockets.push(swarm.second_handle(*sender)?);
    }
    swarm.sample_every = 1;
    let epoch = swarm.epoch;
    // A thread of its own keeps time, so that reading never delays sending: no coordinated omission.
    let pacer = thread::spawn(move || -> Result<()> {
        for (at_us, message, socket) in messages {
            let due = Duration::from_micros(at_us);
            if let Some(wait) = due.checked_sub(epoch.elapsed()) {
                thread::sleep(wait);
            }
            sockets
                .get_mut(socket)
                .context("no socket")?
                .write_all(&message)?;
        }
        Ok(())
    });
    while swarm.now_us() < start_us {
        swarm.turn(Duration::from_millis(1), &mut |_, _| {})?;
    }
    let first = mark(&swarm, plan.server)?;
    while !pacer.is_finished() {
        swarm.turn(Duration::from_millis(5), &mut |_, _| {})?;
    }
    pacer.join().ok().context("the pacer panicked")??;
    let last = mark(&swarm, plan.server)?;
    finish(swarm, &first, &last, total, plan.audience)
}

fn finish(
    mut swarm: Swarm,
    first: &Mark,
    last: &Mark,
    begun: u64,
    audience: u64,
) -> Result<Figures> {
    let deadline = Instant::now() + DRAIN;
    // What was refused is heard by nobody.
    let passed = |swarm: &Swarm| begun.saturating_sub(swarm.tally.errors.values().sum());
    while (swarm.tally.delivered < passed(&swarm) * audience
        || swarm.tally.accepted < passed(&swarm))
        && Instant::now() < deadline
    {
        swarm.turn(Duration::from_millis(100), &mut |_, _| {})?;
        if swarm.tally.lags > 0 && Instant::now() + Duration::from_secs(15) > deadline {
            break;
        }
    }
    let wanted = passed(&swarm) * audience;
    let seconds = (last.at - first.at).as_secs_f64();
    let accepted = last.accepted - first.accepted;
    let delivered = last.delivered - first.delivered;
    let server_cpu_s = last.server_cpu_s - first.server_cpu_s;
    let tally = &mut swarm.tally;
    tally.latency_us.sort_unstable();
    Ok(Figures {
        seconds,
        accepted,
        delivered,
        accepted_per_s: accepted as f64 / seconds,
        delivered_per_s: delivered as f64 / seconds,
        handled_per_s: (accepted + delivered) as f64 / seconds,
        p50_ms: percentile_ms(&tally.latency_us, 500),
        p99_ms: percentile_ms(&tally.latency_us, 990),
        max_ms: percentile_ms(&tally.latency_us, 1000),
        server_cpu_s,
        server_cpu_s_per_100k: server_cpu_s * 100_000.0 / (delivered.max(1) as f64),
        generator_cpu: (last.own_cpu_s - first.own_cpu_s) / seconds,
        missing: wanted.cast_signed() - tally.delivered.cast_signed(),
        lags: tally.lags,
        closed: tally.closed,
        errors: std::mem::take(&mut tally.errors),
        first_error: tally.first_error.take(),
    })
}

/// What connections that say nothing cost the server.
#[derive(Debug, Serialize, Deserialize)]
pub struct Idle {
    pub bytes_per_connection: f64,
    pub server_cores: f64,
}

/// Opens `seats`, leaves them alone for so long, and tells what that costs the server.
pub fn idle(site: &Site, seats: &[Seat], server: u32, time: Duration) -> Result<Idle> {
    const SETTLE: Duration = Duration::from_secs(2);
    let before = process::resident_bytes(server)?;
    let mut open: Vec<Stream> = Vec::with_capacity(seats.len());
    for seat in seats {
        let (mut stream, _) = frame::open(site, &seat.cookie)?;
        let mut hello = Vec::new();
        frame::put(
            &mut hello,
            frame::TEXT,
            br#"{"t":"hello","v":1,"cur":null}"#,
        );
        stream.write_all(&hello)?;
        stream.flush()?;
        open.push(stream);
    }
    thread::sleep(SETTLE);
    let after = process::resident_bytes(server)?;
    let (begun, cpu_s) = (Instant::now(), process::cpu_seconds(server)?);
    thread::sleep(time);
    let cpu_s = process::cpu_seconds(server)? - cpu_s;
    Ok(Idle {
        bytes_per_connection: (after as f64 - before as f64) / seats.len() as f64,
        server_cores: cpu_s / begun.elapsed().as_secs_f64(),
    })
}
