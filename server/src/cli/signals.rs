//! What asks a running program to end. Ends it itself only where nobody was answered yet.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Whoever is asked to end while it opens is given so long to get that far.
const OPENING_PATIENCE: Duration = Duration::from_secs(10);

/// What asks this process to end.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub fn armed() -> anyhow::Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// What it came to, and whether this was asked to end meanwhile.
    pub async fn opens<T>(&mut self, opening: impl Future<Output = T>) -> (T, bool) {
        let mut opening = std::pin::pin!(opening);
        tokio::select! {
            biased;
            opened = &mut opening => return (opened, false),
            () = self.come() => {}
        }
        match tokio::time::timeout(OPENING_PATIENCE, opening).await {
            Ok(opened) => (opened, true),
            // There may be a whole log to read. Nobody was answered yet, so nothing is lost.
            Err(_) => std::process::exit(0),
        }
    }

    pub async fn come(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
