//! Checks a whole log from outside: its checkpoint and every tile over HTTP, in memory that does not grow with it.
//!
//! Never believes a hash: each is computed from the leaves up.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use migrations_free_store::verify::{
    Checkpoint, Hash, Leaves, Signed, tile_path, verify_note, verify_signature,
};
use serde::Deserialize;

use crate::clock::Clock;
use crate::http::client::Client;
use crate::kept::BYTES_MAX as NOTE_BYTES_MAX;

const PATIENCE: Duration = Duration::from_secs(30);
const WIDTH: u16 = 256;
const STATUS_BYTES_MAX: usize = 64 * 1024;

/// What is asked for.
pub struct Asked<'a> {
    /// Where people open the server, or the prefix of any C2SP tlog-tiles log.
    pub url: &'a str,
    pub token: Option<&'a str>,
    /// The key the log must be signed with.
    pub key: &'a str,
    /// Keys of witnesses who must have cosigned.
    pub witnesses: &'a [String],
    /// An earlier checkpoint, which the log must continue.
    pub since: Option<&'a str>,
}

/// What was found, all of it computed.
#[derive(Debug)]
pub struct Found {
    pub checkpoint: Checkpoint,
    pub key: String,
    pub since: Option<Checkpoint>,
    pub witnessed: Vec<Signed>,
    /// Seconds since it was signed, by the server's own word.
    pub signed_s_ago: Option<u64>,
    now_s: u64,
    /// The checkpoint's note, to be kept and given as the earlier one next time.
    pub note: String,
}

/// Fetches and checks. An error names the first thing that is not as it should be.
pub async fn verify(asked: &Asked<'_>, clock: &Clock) -> anyhow::Result<Found> {
    let url = asked.url.trim_end_matches('/');
    let (site, prefix) = match url.strip_suffix("/tiles") {
        Some(site) => (site, url.to_owned()),
        None => (url, format!("{url}/tiles")),
    };
    let mut log = Client::new(&prefix, PATIENCE)?;
    if let Some(token) = asked.token {
        log = log.with_token(token)?;
    }
    let note = String::from_utf8(get(&mut log, "checkpoint", NOTE_BYTES_MAX).await?)
        .context("the checkpoint is not text")?;
    let checkpoint =
        verify_note(&note, asked.key).context("the checkpoint is not signed by the key given")?;
    let witnessed = asked
        .witnesses
        .iter()
        .map(|key| verify_signature(&note, key).with_context(|| format!("not cosigned by {key}")));
    let witnessed = witnessed.collect::<Result<Vec<_>, _>>()?;
    let since = asked
        .since
        .map(|note| verify_note(note, asked.key))
        .transpose()
        .context("the earlier checkpoint is not signed by the key given")?;
    if let Some(since) = &since
        && since.size > checkpoint.size
    {
        bail!(
            "the log has {} events, and had {} before: events are missing",
            checkpoint.size,
            since.size
        );
    }
    walk(&mut log, &checkpoint, since.as_ref()).await?;
    Ok(Found {
        signed_s_ago: signed_s_ago(site, asked.token).await,
        now_s: clock.now_ms() / 1000,
        key: asked.key.to_owned(),
        checkpoint,
        since,
        witnessed,
        note,
    })
}

async fn walk(
    log: &mut Client,
    checkpoint: &Checkpoint,
    since: Option<&Checkpoint>,
) -> anyhow::Result<()> {
    let mut leaves = Leaves::default();
    let mut index = 0;
    loop {
        if let Some(since) = since.filter(|since| since.size == leaves.size()) {
            continues(&leaves, since)?;
        }
        let left = checkpoint.size - leaves.size();
        if left == 0 {
            break;
        }
        let width = left.min(u64::from(WIDTH)) as u16;
        let mut above = Vec::new();
        for leaf in tile(log, 0, index, width).await? {
            leaves.push(leaf, &mut |level, index, hashes| {
                if level > 0 {
                    above.push((level, index, hashes.to_vec()));
                }
            });
            if let Some(since) = since.filter(|since| since.size == leaves.size()) {
                continues(&leaves, since)?;
            }
        }
        // What stands above the leaves is served too, and is right or is refused.
        for (level, index, hashes) in above {
            ensure!(
                tile(log, level, index, WIDTH).await? == hashes,
                "tile {level}/{index} is not made of the leaves below it"
            );
        }
        index += 1;
    }
    ensure!(
        leaves.root() == checkpoint.root,
        "the leaves do not make the root that was signed"
    );
    Ok(())
}

fn continues(leaves: &Leaves, since: &Checkpoint) -> anyhow::Result<()> {
    ensure!(
        leaves.root() == since.root,
        "the first {} events are not those of the earlier checkpoint: the log was changed",
        since.size
    );
    Ok(())
}

async fn tile(log: &mut Client, level: u8, index: u64, width: u16) -> anyhow::Result<Vec<Hash>> {
    let path = tile_path(level, index, width);
    let bytes = get(log, &path, usize::from(WIDTH) * 32).await?;
    ensure!(
        bytes.len() == usize::from(width) * 32,
        "{path} has not its length"
    );
    Ok(bytes.as_chunks::<32>().0.to_vec())
}

async fn get(log: &mut Client, path: &str, bytes_max: usize) -> anyhow::Result<Vec<u8>> {
    let answer = log
        .get(path, bytes_max)
        .await
        .with_context(|| format!("{path} cannot be fetched"))?;
    match answer.status {
        200 => Ok(answer.body),
        401 | 403 => bail!("{path} is not for everyone: give the auditors' token"),
        status => bail!("{path}: the server answers {status}"),
    }
}

#[derive(Deserialize)]
struct Told {
    signed_at: Option<u64>,
    now: u64,
}

/// A log that is not Daylight's does not tell.
async fn signed_s_ago(site: &str, token: Option<&str>) -> Option<u64> {
    let mut client = Client::new(site, PATIENCE).ok()?;
    if let Some(token) = token {
        client = client.with_token(token).ok()?;
    }
    let answer = client
        .get("api/v1/log/status", STATUS_BYTES_MAX)
        .await
        .ok()?;
    let told: Told = serde_json::from_slice(&answer.body).ok()?;
    Some(told.now.saturating_sub(told.signed_at?) / 1000)
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Checkpoint { origin, size, root } = &self.checkpoint;
        writeln!(f, "OK: {size} events of {origin}, every hash computed anew")?;
        writeln!(f, "root  {}", STANDARD.encode(root))?;
        writeln!(f, "key   {}", self.key)?;
        match self.signed_s_ago {
            Some(seconds) => writeln!(f, "age   {seconds} s, by the server's own word")?,
            None => writeln!(f, "age   not told")?,
        }
        for seen in &self.witnessed {
            let ago = self.now_s.saturating_sub(seen.time_s);
            let name = seen.line.split(' ').nth(1).unwrap_or_default();
            writeln!(f, "seen  by {name}, {ago} s ago")?;
        }
        match &self.since {
            Some(since) => write!(f, "since {} events: continued, none changed", since.size),
            None => write!(
                f,
                "since nothing: keep this checkpoint and give it with --since next time"
            ),
        }
    }
}
