//! Before a start: is this the log that others have seen? A log put back to an older state is told from its witnesses.
//!
//! Never waits long and never needs a witness: one that cannot be reached changes nothing.

use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::future::join_all;
use migrations_free_store::Store;
use migrations_free_store::verify::{log_name, verify_note, verify_signature};

use super::cosigning::origin_hex;
use super::kept;
use crate::config::{Config, WitnessedBy};
use crate::http::client::Client;

/// For all witnesses together.
const PATIENCE: Duration = Duration::from_secs(3);

/// Compares the log with every witnessed checkpoint on disk.
pub fn agrees_with_kept(store: &Store, config: &Config) -> anyhow::Result<()> {
    let folder = kept::folder(&config.data);
    let notes =
        kept::read_all(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for (path, note) in notes {
        judge(agrees(store, &note, &path.display().to_string()), config)?;
    }
    Ok(())
}

/// Asks every witness what it has seen, all at once, and compares the log with that.
pub async fn agrees_with_held(store: &Store, config: &Config) -> anyhow::Result<()> {
    let asked = config.witness.by.iter().map(|by| held(store, by));
    for (by, held) in config.witness.by.iter().zip(join_all(asked).await) {
        match held {
            Ok(Some(note)) => judge(agrees(store, &note, &by.url), config)?,
            Ok(None) => {}
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(url = by.url, error, "a witness was not heard at the start");
            }
        }
    }
    Ok(())
}

/// What the witness holds, if it can be heard and what it says is signed by both; None when it has seen nothing.
async fn held(store: &Store, by: &WitnessedBy) -> anyhow::Result<Option<String>> {
    let log_key = store.verifier_key();
    let origin = log_name(&log_key).unwrap_or_default();
    let path = format!("{}/checkpoint", origin_hex(origin));
    let answer = Client::new(&by.url, PATIENCE)?
        .get(&path, crate::kept::BYTES_MAX)
        .await?;
    match answer.status {
        200 => {}
        404 => return Ok(None),
        status => bail!("it answers {status}"),
    }
    let note = String::from_utf8(answer.body).context("its answer is not text")?;
    verify_signature(&note, &by.key).context("its checkpoint is not signed by its key")?;
    verify_note(&note, &log_key).context("its checkpoint is not signed by this log's key")?;
    Ok(Some(note))
}

fn agrees(store: &Store, note: &str, who: &str) -> anyhow::Result<()> {
    let seen = verify_note(note, &store.verifier_key())
        .with_context(|| format!("{who}: this is not a checkpoint that this log signed"))?;
    if seen.size > store.size() {
        bail!(
            "the log holds {} events, and {who} shows that it held {}: events are missing. Restore the newer data",
            store.size(),
            seen.size
        );
    }
    if store.root(seen.size)? != seen.root {
        bail!(
            "the first {} events are not those that {who} has seen: the log was changed. Restore the data as it was",
            seen.size
        );
    }
    Ok(())
}

fn judge(outcome: anyhow::Result<()>, config: &Config) -> anyhow::Result<()> {
    match outcome {
        Err(error) if config.witness.required_start => Err(error.context(
            "this is not the log that was witnessed (witness.required_start = false starts on it all the same)",
        )),
        Err(error) => {
            let error = format!("{error:#}");
            tracing::error!(error, "starting on a log that is not the one that was witnessed");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
