//! Brings the newest checkpoint to each witness, and to the time-stamping authority, now and then.
//!
//! Never holds up the chat: whoever cannot be reached is asked again at the next turn.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::future::join_all;
use migrations_free_store::{SignedCheckpoint, Store};

use super::status::Outside;
use super::timestamp;
use crate::clock::Clock;
use crate::config::Config;
use crate::http::client::{Answer, Client};
use crate::kept;

/// For one call.
const PATIENCE: Duration = Duration::from_secs(5);
/// Once more with the size that the witness names, and once more if that was overtaken.
const TRIES_MAX: usize = 3;

/// Runs until it is aborted.
pub struct Errands {
    tasks: Vec<tokio::task::AbortHandle>,
}

impl Errands {
    pub fn start(outside: &Arc<Outside>, store: &Store, config: &Config, clock: &Clock) -> Errands {
        let mut tasks = Vec::new();
        if !config.witness.by.is_empty() {
            let bring = Bring {
                outside: Arc::clone(outside),
                store: store.clone(),
                clock: clock.clone(),
            };
            let urls = config.witness.by.iter().map(|by| by.url.clone()).collect();
            let every = Duration::from_secs(config.witness.every_seconds.into());
            tasks.push(tokio::spawn(bring.run(urls, every)).abort_handle());
        }
        if let Some(url) = config.timestamp.url.clone() {
            let stamping = Stamping {
                outside: Arc::clone(outside),
                store: store.clone(),
                clock: clock.clone(),
                folder: config.data.join("tree/timestamps"),
                url,
            };
            let every = Duration::from_secs(config.timestamp.every_seconds.into());
            tasks.push(tokio::spawn(stamping.run(every)).abort_handle());
        }
        Errands { tasks }
    }

    pub fn stop(&self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

struct Bring {
    outside: Arc<Outside>,
    store: Store,
    clock: Clock,
}

impl Bring {
    async fn run(self, urls: Vec<String>, every: Duration) {
        let mut tick = tokio::time::interval(every);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let sizes = self.outside.sizes();
            let turns = urls.iter().zip(sizes).enumerate();
            join_all(turns.map(|(witness, (url, size))| self.turn(witness, url, size))).await;
        }
    }

    async fn turn(&self, witness: usize, url: &str, size: u64) {
        let outcome = self.ask(witness, url, size).await;
        let error = outcome.err().map(|error| format!("{error:#}"));
        if let Some(error) = &error {
            tracing::warn!(url, error, "a witness has not cosigned");
        }
        self.outside.tried(witness, self.clock.now_ms(), error);
    }

    /// Also an unchanged checkpoint is brought: its cosignature then says that the log was so a moment ago.
    async fn ask(&self, witness: usize, url: &str, size: u64) -> anyhow::Result<()> {
        let signed = self.store.checkpoint();
        let mut client = Client::new(url, PATIENCE)?;
        // What is kept here may be more than the log has, when it was started so knowingly: then the witness is asked.
        let mut old = if size > signed.size { 0 } else { size };
        for _ in 0..TRIES_MAX {
            let request = self.request(old, &signed).await?;
            let answer = client
                .post("add-checkpoint", "text/plain", request, kept::BYTES_MAX)
                .await?;
            match answer.status {
                200 => return self.take(witness, signed, answer).await,
                409 => old = newer(&answer, &signed)?,
                422 => bail!(
                    "it refuses the checkpoint of {} events: not the log it has seen",
                    signed.size
                ),
                404 => bail!("it does not know this log"),
                403 => bail!("it knows this log under another key"),
                status => bail!("it answers {status}"),
            }
        }
        bail!("others bring it checkpoints of this log at the same time");
    }

    async fn request(&self, old: u64, signed: &SignedCheckpoint) -> anyhow::Result<Vec<u8>> {
        let (store, size) = (self.store.clone(), signed.size);
        let proof = tokio::task::spawn_blocking(move || store.consistency(old, size)).await??;
        let mut text = format!("old {old}\n");
        for hash in proof {
            text.push_str(&STANDARD.encode(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&signed.note);
        Ok(text.into_bytes())
    }

    async fn take(
        &self,
        witness: usize,
        signed: SignedCheckpoint,
        answer: Answer,
    ) -> anyhow::Result<()> {
        let answer = String::from_utf8(answer.body).context("its answer is not text")?;
        let outside = Arc::clone(&self.outside);
        tokio::task::spawn_blocking(move || outside.take(witness, &signed.note, &answer)).await?
    }
}

/// The size that the witness has seen, when that can be gone on from.
fn newer(answer: &Answer, signed: &SignedCheckpoint) -> anyhow::Result<u64> {
    let text = std::str::from_utf8(&answer.body).unwrap_or_default();
    let size: u64 = text
        .strip_suffix('\n')
        .and_then(|size| size.parse().ok())
        .context("it answers 409 without the size it has seen")?;
    if size > signed.size {
        bail!(
            "it has seen {size} events of this log, which has {} now: events are missing here",
            signed.size
        );
    }
    Ok(size)
}

struct Stamping {
    outside: Arc<Outside>,
    store: Store,
    clock: Clock,
    folder: PathBuf,
    url: String,
}

impl Stamping {
    async fn run(self, every: Duration) {
        let newest = timestamp::newest(&self.folder);
        let mut last = newest.map(|(size, _)| size);
        let at = newest.map(|(_, at)| at);
        self.outside
            .stamped(|stamp| (stamp.size, stamp.at) = (last, at));
        let since = at.map_or(every, |at| {
            Duration::from_millis(self.clock.now_ms().saturating_sub(at))
        });
        let first = tokio::time::Instant::now() + every.saturating_sub(since);
        let mut tick = tokio::time::interval_at(first, every);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let signed = self.store.checkpoint();
            if last == Some(signed.size) {
                continue;
            }
            let at = self.clock.now_ms();
            match self.stamp(&signed).await {
                Ok(()) => {
                    last = Some(signed.size);
                    self.outside.stamped(|stamp| {
                        (stamp.size, stamp.at, stamp.error) = (last, Some(at), None);
                    });
                }
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::warn!(url = self.url, error, "a checkpoint was not time-stamped");
                    self.outside.stamped(|stamp| stamp.error = Some(error));
                }
            }
        }
    }

    async fn stamp(&self, signed: &SignedCheckpoint) -> anyhow::Result<()> {
        let request = timestamp::Request::new(signed.note.as_bytes())?;
        let answer = Client::new(&self.url, PATIENCE)?
            .post(
                "",
                "application/timestamp-query",
                request.to_der(),
                timestamp::ANSWER_BYTES_MAX,
            )
            .await?;
        if answer.status != 200 {
            bail!("the authority answers {}", answer.status);
        }
        request.check(&answer.body)?;
        let (folder, size, note) = (self.folder.clone(), signed.size, signed.note.clone());
        tokio::task::spawn_blocking(move || -> anyhow::Result<()> {
            kept::write(&folder.join(format!("{size}.checkpoint")), note.as_bytes())?;
            kept::write(&folder.join(format!("{size}.tsr")), &answer.body)?;
            Ok(())
        })
        .await?
        .context("the time-stamp cannot be kept")
    }
}
