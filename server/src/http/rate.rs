//! How fast one device may send commands: a token bucket each, in bounded memory.

use std::collections::HashMap;

use migrations_free_store::Id;
use parking_lot::Mutex;

use crate::chat::Refusal;
use crate::config::Limits;

/// Devices remembered; above it, buckets that are full again are dropped.
const DEVICES_MAX: usize = 50_000;

pub struct Rates {
    refill_ms: f64,
    burst: f64,
    buckets: Mutex<HashMap<Id, Bucket>>,
}

struct Bucket {
    tokens: f64,
    at_ms: u64,
}

impl Rates {
    pub fn new(limits: &Limits) -> Self {
        Rates {
            refill_ms: 60_000.0 / f64::from(limits.commands_per_minute),
            burst: f64::from(limits.commands_burst),
            buckets: Mutex::default(),
        }
    }

    pub fn admit(&self, device: Id, now_ms: u64) -> Result<(), Refusal> {
        let mut buckets = self.buckets.lock();
        if buckets.len() >= DEVICES_MAX {
            buckets.retain(|_, b| {
                b.tokens + now_ms.saturating_sub(b.at_ms) as f64 / self.refill_ms < self.burst
            });
        }
        let bucket = buckets.entry(device).or_insert(Bucket {
            tokens: self.burst,
            at_ms: now_ms,
        });
        let refilled = now_ms.saturating_sub(bucket.at_ms) as f64 / self.refill_ms;
        bucket.tokens = (bucket.tokens + refilled).min(self.burst);
        bucket.at_ms = now_ms;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        Err(Refusal::Rate {
            after_ms: ((1.0 - bucket.tokens) * self.refill_ms).ceil() as u64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_steady_rate_holds() {
        let rates = Rates::new(&Limits {
            commands_per_minute: 60,
            commands_burst: 3,
            ..Limits::default()
        });
        let device = Id([1; 16]);
        for _ in 0..3 {
            assert!(rates.admit(device, 1_000).is_ok());
        }
        assert_eq!(
            rates.admit(device, 1_000),
            Err(Refusal::Rate { after_ms: 1_000 })
        );
        assert!(
            rates.admit(Id([2; 16]), 1_000).is_ok(),
            "nobody else is slowed"
        );
        assert!(rates.admit(device, 2_000).is_ok());
        assert!(
            rates.admit(device, 500).is_err(),
            "a clock set back gives nothing away"
        );
    }
}
