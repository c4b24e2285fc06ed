//! When sessions were last used, in memory, and their end by the rule.
//!
//! Decides nothing about the rule: it stands in the state, and the door ends what is over. Of being used it writes down
//! at most one fact a day and session, and only where a rule needs it and nothing else in the log says so.

use std::collections::HashMap;

use migrations_free_store::Id;
use parking_lot::Mutex;

use crate::chat::command::{Command, Door as Inner};
use crate::chat::state::{DAY_MS, Device, State};
use crate::chat::{Actor, Refusal};
use crate::clock::Clock;
use crate::sequencer::Door;
use crate::views::Views;

/// Ended or written down between two looks at the clock.
const AT_ONCE_MAX: usize = 500;

/// When each session was last used since the server started. As many entries as there are live sessions.
pub struct Used {
    started_at: u64,
    at: Mutex<HashMap<Id, u64>>,
}

impl Used {
    pub fn since(started_at: u64) -> Used {
        Used {
            started_at,
            at: Mutex::default(),
        }
    }

    pub fn mark(&self, device: Id, now_ms: u64) {
        self.at.lock().insert(device, now_ms);
    }

    /// Before the start it may have been used up to a day after the newest fact, or there would be a newer one.
    pub fn of(&self, id: Id, device: &Device) -> u64 {
        let known = self.at.lock().get(&id).copied();
        known.unwrap_or_else(|| self.started_at.min(device.seen_at.saturating_add(DAY_MS)))
    }

    pub fn is_over(&self, state: &State, id: Id, device: &Device, now_ms: u64) -> bool {
        state.signin.is_over(device, self.of(id, device), now_ms)
    }

    fn forget_ended(&self, state: &State) {
        let live = |id: &Id| state.devices.get(id).is_some_and(|d| d.live);
        self.at.lock().retain(|id, _| live(id));
    }
}

/// Ends what is over, and writes down what was used and is not known to have been.
pub fn tick(views: &Views, door: &Door, clock: &Clock, used: &Used) -> Result<(), Refusal> {
    let now_ms = clock.now_ms();
    let (over, seen) = {
        let state = views.state.read();
        used.forget_ended(&state);
        let rules = &state.signin;
        if rules.days.is_none() && rules.idle_days.is_none() {
            return Ok(());
        }
        let (mut over, mut seen) = (Vec::new(), Vec::new());
        for (id, device) in state.devices.iter().filter(|(_, d)| d.live) {
            if used.is_over(&state, *id, device, now_ms) {
                over.push(*id);
            } else if rules.idle_days.is_some()
                && used
                    .at
                    .lock()
                    .get(id)
                    .is_some_and(|at| *at >= device.seen_at + DAY_MS)
            {
                seen.push(*id);
            }
        }
        over.truncate(AT_ONCE_MAX);
        seen.truncate(AT_ONCE_MAX);
        (over, seen)
    };
    let over = over.into_iter().map(|device| Inner::SessionOver { device });
    let seen = seen.into_iter().map(|device| Inner::SessionSeen { device });
    for inner in over.chain(seen) {
        match door.submit_blocking(Actor::System, Command::Door(inner), None) {
            // It was ended by somebody meanwhile.
            Ok(_) | Err(Refusal::NotFound) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(())
}
