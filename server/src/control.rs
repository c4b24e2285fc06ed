//! Orders from whoever may read the data directory, over a socket in it: back up now, look at yourself, are you well.
//!
//! Never reachable from elsewhere: its file is the server user's alone. It reads no message and changes nothing.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use migrations_free_store::Progress;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::backup::Done;
use crate::doctor::{self, Finding};
use crate::http::App;

/// The socket's name in the data directory.
const SOCKET: &str = "control.sock";
/// Bytes of an order at most.
const ORDER_BYTES_MAX: u64 = 16 * 1024;
/// Who connects says within this what it wants.
const PATIENCE: Duration = Duration::from_secs(10);
/// Orders carried out at the same time.
const ORDERS_MAX: usize = 4;
/// Steps waiting to be told; further ones are left out.
const STEPS_MAX: usize = 16;

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Order {
    BackUp {
        to: PathBuf,
        keys: Option<PathBuf>,
        #[serde(default)]
        check: bool,
    },
    Look,
    /// Does it take work?
    Health,
}

/// One line of what is answered; the last is not a step.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Answer {
    Step { what: String, done: u64, total: u64 },
    BackedUp(Done),
    Looked { findings: Vec<Finding> },
    Well { read_only: bool },
    Refused { code: String, why: String },
}

/// Listens until dropped.
pub struct Control {
    path: PathBuf,
    task: tokio::task::AbortHandle,
}

impl Control {
    pub fn start(app: &Arc<App>) -> anyhow::Result<Control> {
        let path = app.config.data.join(SOCKET);
        // The data directory is locked, so whoever left it is gone.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let listener = UnixListener::bind(&path)
            .with_context(|| format!("cannot listen at {}", path.display()))?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        let task = tokio::spawn(listen(listener, Arc::clone(app))).abort_handle();
        Ok(Control { path, task })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.task.abort();
        // One that stays is removed by the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn listen(listener: UnixListener, app: Arc<App>) {
    let mut orders = JoinSet::new();
    loop {
        if orders.len() >= ORDERS_MAX {
            orders.join_next().await;
        }
        match listener.accept().await {
            Ok((stream, _)) => {
                orders.spawn(serve(stream, Arc::clone(&app)));
            }
            Err(error) => {
                tracing::warn!(%error, "an order could not be taken");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        while orders.try_join_next().is_some() {}
    }
}

async fn serve(mut stream: UnixStream, app: Arc<App>) {
    let mut line = String::new();
    let (reader, mut writer) = stream.split();
    let mut reader = tokio::io::BufReader::new(reader.take(ORDER_BYTES_MAX));
    let read = tokio::time::timeout(PATIENCE, reader.read_line(&mut line)).await;
    if !matches!(read, Ok(Ok(count)) if count > 0) {
        return;
    }
    let answer = match serde_json::from_str(&line) {
        Err(_) => refused(
            "bad_order",
            "this server does not know the order: are program and server of one version?",
        ),
        Ok(Order::BackUp { to, keys, check }) => {
            let (told, mut steps) = mpsc::channel(STEPS_MAX);
            let progress = move |progress| {
                if let Progress::Step { what, done, total } = progress {
                    let _left_out = told.try_send(Answer::Step { what, done, total });
                }
            };
            let run = app.backups.back_up(to, keys, check, Box::new(progress));
            tokio::pin!(run);
            loop {
                tokio::select! {
                    outcome = &mut run => break match outcome {
                        Ok(done) => Answer::BackedUp(done),
                        Err(error) => refused(error.code(), &error.to_string()),
                    },
                    Some(step) = steps.recv() => {
                        // Who asked may be gone; the backup goes on.
                        let _gone = say(&mut writer, &step).await;
                    }
                }
            }
        }
        Ok(Order::Health) if app.is_stopping() => refused("unavailable", "it is stopping"),
        Ok(Order::Health) => Answer::Well {
            read_only: app.room.is_read_only(),
        },
        Ok(Order::Look) => {
            let looking = tokio::task::spawn_blocking(move || {
                doctor::inside(&app.views, &app.config, &app.clock)
            });
            match looking.await {
                Ok(findings) => Answer::Looked { findings },
                Err(_) => refused("internal", "the look was cut short"),
            }
        }
    };
    let _gone = say(&mut writer, &answer).await;
}

fn refused(code: &str, why: &str) -> Answer {
    Answer::Refused {
        code: code.to_owned(),
        why: why.to_owned(),
    }
}

async fn say(writer: &mut (impl AsyncWriteExt + Unpin), answer: &Answer) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    writer.write_all(&line).await
}

/// Gives an order to the server that runs on `data`; None when none does.
pub fn order(
    data: &Path,
    order: &Order,
    step: &mut dyn FnMut(&str, u64, u64),
) -> anyhow::Result<Option<Answer>> {
    let path = data.join(SOCKET);
    let mut stream = match BlockingStream::connect(&path) {
        Err(error)
            if [ErrorKind::NotFound, ErrorKind::ConnectionRefused].contains(&error.kind()) =>
        {
            return Ok(None);
        }
        result => {
            result.with_context(|| format!("cannot reach the server at {}", path.display()))?
        }
    };
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    for line in BufReader::new(stream).lines() {
        match serde_json::from_str(&line?).context("the server's answer cannot be read")? {
            Answer::Step { what, done, total } => step(&what, done, total),
            answer => return Ok(Some(answer)),
        }
    }
    anyhow::bail!("the server stopped before it answered; a backup made before still stands")
}
