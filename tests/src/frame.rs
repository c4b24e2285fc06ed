//! WebSocket frames made and read by hand, and ULIDs: what a generator needs to cost less than what it measures.
//! Never use it to judge whether the server speaks correct WebSocket: the tests' people do that with tungstenite.

use std::io::{Read, Write};
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};

use crate::http::{Site, Stream};

pub const TEXT: u8 = 1;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

/// Opens a socket; returns the stream and what the server said right after its 101.
pub fn open(site: &Site, cookie: &str) -> Result<(Stream, Vec<u8>)> {
    let mut stream = site.connect()?;
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: daylight.v1\r\n\r\n",
        site.host(),
        site.origin(),
    );
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut head = Vec::new();
    let mut part = [0; 2048];
    loop {
        let n = stream.read(&mut part)?;
        ensure!(n > 0 && head.len() < 64 * 1024, "no answer to the upgrade");
        head.extend_from_slice(part.get(..n).unwrap_or_default());
        if let Some(end) = memchr::memmem::find(&head, b"\r\n\r\n") {
            let rest = head.split_off(end + 4);
            if !head.starts_with(b"HTTP/1.1 101") {
                bail!(
                    "no upgrade: {} {}",
                    String::from_utf8_lossy(&head),
                    String::from_utf8_lossy(&rest)
                );
            }
            return Ok((stream, rest));
        }
    }
}

/// Appends one client frame. The mask is zero: legal, and free for us while the server's work is the same.
pub fn put(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(0x80 | opcode);
    match payload.len() {
        n @ 0..126 => out.push(0x80 + n as u8),
        n @ 126..=0xffff => {
            out.push(0x80 + 126);
            out.extend_from_slice(&(n as u16).to_be_bytes());
        }
        n => {
            out.push(0x80 + 127);
            out.extend_from_slice(&(n as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
}

/// The first whole server frame in `bytes`: opcode, where its payload stands, and where the next frame begins.
pub fn next(bytes: &[u8]) -> Option<(u8, Range<usize>)> {
    let opcode = bytes.first()? & 0x0f;
    let (from, length): (usize, usize) = match bytes.get(1)? & 0x7f {
        126 => (
            4,
            usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)),
        ),
        127 => (
            10,
            u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize,
        ),
        n => (2, usize::from(n)),
    };
    let payload = from..from.checked_add(length)?;
    (payload.end <= bytes.len()).then_some((opcode, payload))
}

/// Ids in increasing order; their random part starts at a random place and counts.
pub struct Ids {
    random: u128,
    last_ms: u64,
}

impl Ids {
    pub fn new() -> Result<Ids> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).ok().context("no randomness")?;
        // Room to count: the upper 16 of the 80 bits stay zero.
        Ok(Ids {
            random: u128::from(u64::from_be_bytes(bytes)),
            last_ms: 0,
        })
    }

    pub fn mint(&mut self) -> [u8; 26] {
        self.last_ms = now_ms().max(self.last_ms);
        self.random += 1;
        text(u128::from(self.last_ms) << 80 | self.random)
    }

    pub fn mint_text(&mut self) -> String {
        String::from_utf8_lossy(&self.mint()).into_owned()
    }
}

pub fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_millis() as u64)
}

/// 26 characters of Crockford's base 32.
pub fn text(id: u128) -> [u8; 26] {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut out = [b'0'; 26];
    for (i, digit) in out.iter_mut().enumerate() {
        let value = (id >> (5 * (25 - i))) & 31;
        *digit = DIGITS.get(value as usize).copied().unwrap_or(b'0');
    }
    out
}
