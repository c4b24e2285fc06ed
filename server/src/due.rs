//! Sends what waited for its time, and ends sessions at theirs: asks the door once a second, also for what fell due
//! while the server was down.
//!
//! Decides nothing: the door knows what is due, and whether it may be sent.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::chat::command::{Command, Door as Inner};
use crate::chat::{Actor, Refusal};
use crate::clock::Clock;
use crate::sequencer::Door;
use crate::sessions::{self, Used};
use crate::views::Views;

const TICK: Duration = Duration::from_secs(1);
/// After something could not be sent for the server's own reasons.
const PAUSE: Duration = Duration::from_secs(30);
/// Sent between two looks at the clock.
const AT_ONCE_MAX: usize = 500;

pub struct Due {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Due {
    pub fn start(
        views: Arc<Views>,
        door: Door,
        clock: Clock,
        used: Arc<Used>,
    ) -> std::io::Result<Due> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("due".into())
            .spawn(move || {
                loop {
                    let mut pause = send(&views, &door, &clock);
                    if let Err(refusal) = sessions::tick(&views, &door, &clock, &used) {
                        tracing::error!(
                            code = refusal.code(),
                            "a session could not be ended at its time; it is tried again"
                        );
                        pause = PAUSE;
                    }
                    if stopped.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                        return;
                    }
                }
            })?;
        Ok(Due { stop, thread })
    }

    /// Blocks until nothing is sent any more.
    pub fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("what sends later panicked");
        }
    }
}

/// How long until the next look.
fn send(views: &Views, door: &Door, clock: &Clock) -> Duration {
    let due: Vec<_> = {
        let state = views.state.read();
        let due = state.schedules.due(clock.now_ms());
        due.take(AT_ONCE_MAX).collect()
    };
    let mut pause = TICK;
    for (person, schedule) in due {
        let inner = Inner::ScheduleDue { person, schedule };
        match door.submit_blocking(Actor::System, Command::Door(inner), None) {
            // Cancelled, changed or sent by its author meanwhile.
            Ok(_) | Err(Refusal::NotFound | Refusal::Conflict(_)) => {}
            Err(refusal) => {
                tracing::error!(
                    code = refusal.code(),
                    "a message could not be sent at its time; it is tried again"
                );
                pause = PAUSE;
            }
        }
    }
    pause
}
