//! Time as an input, so that a test can hold it in its hand.
//!
//! Nothing else in this crate asks the operating system what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The clock of one server. Cloned freely; `shift` moves every clone.
#[derive(Clone, Default)]
pub struct Clock {
    shift_ms: Arc<AtomicI64>,
}

impl Clock {
    pub fn now_ms(&self) -> u64 {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_millis());
        u64::try_from(now)
            .unwrap_or(u64::MAX)
            .saturating_add_signed(self.shift_ms.load(Ordering::Relaxed))
    }

    /// Moves the clock, forward or back.
    pub fn shift(&self, by_ms: i64) {
        self.shift_ms.fetch_add(by_ms, Ordering::Relaxed);
    }
}
