//! Many sockets, one thread, one epoll: reads much at once, hops from frame to frame, parses only what it must.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use memchr::memmem;
use mio::{Events, Interest, Poll, Token, net::TcpStream};

use crate::frame::{self, Ids};
use crate::http::{Site, Stream};

const SCRATCH_BYTES: usize = 512 * 1024;
const HELLO: &[u8] = br#"{"t":"hello","v":1,"cur":null}"#;
/// Stands before the time in a body; no word contains it.
const STAMP: &[u8] = b"\"b\":\"~";
const STAMP_DIGITS: usize = 12;

/// One connection to be: who, and where it speaks.
#[derive(Clone)]
pub struct Seat {
    pub cookie: String,
    pub channel: String,
    /// Whether it ever sends; the others only listen.
    pub sends: bool,
}

pub struct Member {
    stream: TcpStream,
    channel: String,
    pub sends: bool,
    carry: Vec<u8>,
    unsent: Vec<u8>,
    ready: bool,
    /// A command may be answered with a wait; then this one sends no more before it is over.
    pub received: u64,
}

/// What has been seen since the swarm began.
#[derive(Default)]
pub struct Tally {
    pub accepted: u64,
    pub delivered: u64,
    pub others: u64,
    pub lags: u64,
    pub closed: u64,
    pub errors: BTreeMap<String, u64>,
    pub first_error: Option<String>,
    /// Send to receive, in microseconds; every `sample_every`-th delivery.
    pub latency_us: Vec<u32>,
}

pub struct Swarm {
    poll: Poll,
    events: Events,
    scratch: Vec<u8>,
    stamp: memmem::Finder<'static>,
    ids: Ids,
    bodies: Vec<Vec<u8>>,
    next_body: usize,
    pub members: Vec<Member>,
    pub tally: Tally,
    pub epoch: Instant,
    /// 0: no latency is taken.
    pub sample_every: u64,
}

impl Swarm {
    /// Connects all, says hello, and waits until each is ready and the line is quiet.
    pub fn gather(site: &Site, seats: &[Seat], body_bytes: usize) -> Result<Swarm> {
        let mut swarm = Swarm {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            scratch: vec![0; SCRATCH_BYTES],
            stamp: memmem::Finder::new(STAMP),
            ids: Ids::new()?,
            bodies: crate::words::bodies(2048, body_bytes.saturating_sub(STAMP_DIGITS + 2)),
            next_body: 0,
            members: Vec::with_capacity(seats.len()),
            tally: Tally::default(),
            epoch: Instant::now(),
            sample_every: 0,
        };
        for seat in seats {
            let (stream, rest) = frame::open(site, &seat.cookie)?;
            let Stream::Plain(tcp) = stream else {
                anyhow::bail!("the swarm speaks plain HTTP only");
            };
            tcp.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(tcp);
            let token = Token(swarm.members.len());
            swarm.poll.registry().register(
                &mut stream,
                token,
                Interest::READABLE | Interest::WRITABLE,
            )?;
            let mut unsent = Vec::new();
            frame::put(&mut unsent, frame::TEXT, HELLO);
            swarm.members.push(Member {
                stream,
                channel: seat.channel.clone(),
                sends: seat.sends,
                carry: rest,
                unsent,
                ready: false,
                received: 0,
            });
            if swarm.members.len().is_multiple_of(64) {
                swarm.turn(Duration::ZERO, &mut |_, _| {})?;
            }
        }
        let deadline = Instant::now() + Duration::from_mins(1);
        while !swarm.members.iter().all(|m| m.ready) {
            ensure!(
                Instant::now() < deadline,
                "not all connections became ready: {:?}",
                swarm.tally.first_error
            );
            ensure!(
                swarm.tally.closed == 0,
                "connections were closed: {:?}",
                swarm.tally.first_error
            );
            swarm.turn(Duration::from_millis(50), &mut |_, _| {})?;
        }
        swarm.quiet(Duration::from_millis(300), Duration::from_secs(20))?;
        swarm.tally = Tally::default();
        Ok(swarm)
    }

    /// Runs until nothing has arrived for `calm`, at most `limit`.
    pub fn quiet(&mut self, calm: Duration, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        let mut last = (self.seen(), Instant::now());
        while last.1.elapsed() < calm && Instant::now() < deadline {
            self.turn(calm / 4, &mut |_, _| {})?;
            if self.seen() != last.0 {
                last = (self.seen(), Instant::now());
            }
        }
        Ok(())
    }

    fn seen(&self) -> u64 {
        self.tally.accepted + self.tally.delivered + self.tally.others
    }

    pub fn now_us(&self) -> u64 {
        self.epoch.elapsed().as_micros() as u64
    }

    /// The frame of one send; `at_us` is when it should have left.
    pub fn message(&mut self, channel: &str, at_us: u64) -> Vec<u8> {
        let body = self
            .bodies
            .get(self.next_body)
            .map_or(&b""[..], Vec::as_slice);
        self.next_body = (self.next_body + 1) % self.bodies.len();
        let mut payload = Vec::with_capacity(body.len() + 128);
        payload.extend_from_slice(br#"{"t":"send","id":""#);
        payload.extend_from_slice(&self.ids.mint());
        payload.extend_from_slice(br#"","c":""#);
        payload.extend_from_slice(channel.as_bytes());
        payload.extend_from_slice(br#"","b":"~"#);
        payload.extend_from_slice(format!("{at_us:0STAMP_DIGITS$} ").as_bytes());
        payload.extend_from_slice(body);
        payload.extend_from_slice(br#""}"#);
        let mut out = Vec::with_capacity(payload.len() + 8);
        frame::put(&mut out, frame::TEXT, &payload);
        out
    }

    /// Queues one send of this member, stamped now, and writes what the socket takes.
    pub fn send(&mut self, member: usize) -> Result<()> {
        let at_us = self.now_us();
        let channel = std::mem::take(&mut self.member(member)?.channel);
        let message = self.message(&channel, at_us);
        let member = self.member(member)?;
        member.channel = channel;
        member.unsent.extend_from_slice(&message);
        member.write()
    }

    fn member(&mut self, index: usize) -> Result<&mut Member> {
        self.members.get_mut(index).context("no such member")
    }

    pub fn channel_of(&self, member: usize) -> String {
        self.members
            .get(member)
            .map(|m| m.channel.clone())
            .unwrap_or_default()
    }

    /// A second handle on a member's socket, for a thread that keeps time.
    pub fn second_handle(&self, member: usize) -> Result<std::net::TcpStream> {
        use std::os::fd::AsFd;
        let member = self.members.get(member).context("no such member")?;
        Ok(std::net::TcpStream::from(
            member.stream.as_fd().try_clone_to_owned()?,
        ))
    }

    /// One wait and all that is there; `answered` hears of each ack and err: (member, accepted).
    pub fn turn(&mut self, wait: Duration, answered: &mut dyn FnMut(usize, bool)) -> Result<()> {
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        for event in &self.events {
            let index = event.token().0;
            let Some(member) = self.members.get_mut(index) else {
                continue;
            };
            if event.is_readable() {
                let mut reading = Reading {
                    tally: &mut self.tally,
                    stamp: &self.stamp,
                    epoch: self.epoch,
                    sample_every: self.sample_every,
                };
                reading.drain(member, index, &mut self.scratch, answered)?;
            }
            if !member.unsent.is_empty() {
                member.write()?;
            }
        }
        Ok(())
    }
}

impl Member {
    fn write(&mut self) -> Result<()> {
        let mut written = 0;
        while let Some(rest) = self.unsent.get(written..).filter(|r| !r.is_empty()) {
            match self.stream.write(rest) {
                Ok(n) => written += n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        self.unsent.drain(..written);
        Ok(())
    }
}

struct Reading<'a> {
    tally: &'a mut Tally,
    stamp: &'a memmem::Finder<'static>,
    epoch: Instant,
    sample_every: u64,
}

impl Reading<'_> {
    fn drain(
        &mut self,
        member: &mut Member,
        index: usize,
        scratch: &mut [u8],
        answered: &mut dyn FnMut(usize, bool),
    ) -> Result<()> {
        loop {
            let kept = member.carry.len();
            ensure!(
                kept < SCRATCH_BYTES / 2,
                "the server sent a frame of over {kept} bytes"
            );
            scratch
                .get_mut(..kept)
                .context("scratch")?
                .copy_from_slice(&member.carry);
            let room = scratch.get_mut(kept..).context("scratch")?;
            let asked = room.len();
            let n = match member.stream.read(room) {
                Ok(0) => {
                    self.tally.closed += 1;
                    return Ok(());
                }
                Ok(n) => n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    self.tally.closed += 1;
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            };
            let filled = scratch.get(..kept + n).context("scratch")?;
            let mut at = 0;
            while let Some((opcode, payload)) = frame::next(filled.get(at..).unwrap_or_default()) {
                let from = at + payload.start;
                at += payload.end;
                let payload = filled.get(from..at).unwrap_or_default();
                self.take(member, index, opcode, payload, answered);
            }
            member.carry.clear();
            member
                .carry
                .extend_from_slice(filled.get(at..).unwrap_or_default());
            if n < asked {
                return Ok(());
            }
        }
    }

    fn take(
        &mut self,
        member: &mut Member,
        index: usize,
        opcode: u8,
        payload: &[u8],
        answered: &mut dyn FnMut(usize, bool),
    ) {
        match opcode {
            frame::TEXT => {}
            frame::PING => return frame::put(&mut member.unsent, frame::PONG, payload),
            frame::CLOSE => {
                self.complain(format!("closed: {}", String::from_utf8_lossy(payload)));
                return;
            }
            _ => return,
        }
        match payload.get(5..10).unwrap_or_default() {
            br#""msg""# => {
                self.tally.delivered += 1;
                member.received += 1;
                if self.sample_every > 0 && self.tally.delivered.is_multiple_of(self.sample_every) {
                    self.time(payload);
                }
            }
            br#""ack""# => {
                self.tally.accepted += 1;
                answered(index, true);
            }
            br#""err""# => {
                let text = String::from_utf8_lossy(payload).into_owned();
                let code = text
                    .split("\"code\":\"")
                    .nth(1)
                    .and_then(|t| t.split('"').next())
                    .unwrap_or("?");
                *self.tally.errors.entry(code.to_owned()).or_default() += 1;
                self.complain(text);
                answered(index, false);
            }
            br#""lag""# => self.tally.lags += 1,
            br#""read"# if payload.get(5..12) == Some(br#""ready""#) => member.ready = true,
            br#""ping"# => {
                let digits = payload.iter().filter(|b| b.is_ascii_digit());
                let n: String = digits.map(|b| char::from(*b)).collect();
                frame::put(
                    &mut member.unsent,
                    frame::TEXT,
                    format!(r#"{{"t":"pong","n":{n}}}"#).as_bytes(),
                );
            }
            _ => self.tally.others += 1,
        }
    }

    fn time(&mut self, payload: &[u8]) {
        let Some(at) = self.stamp.find(payload) else {
            return;
        };
        let from = at + STAMP.len();
        let digits = payload.get(from..from + STAMP_DIGITS).unwrap_or_default();
        if let Some(sent_us) = std::str::from_utf8(digits)
            .ok()
            .and_then(|t| t.parse::<u64>().ok())
        {
            let now_us = self.epoch.elapsed().as_micros() as u64;
            self.tally
                .latency_us
                .push(now_us.saturating_sub(sent_us) as u32);
        }
    }

    fn complain(&mut self, text: String) {
        self.tally.first_error.get_or_insert(text);
    }
}
