//! Load: a swarm of cheap connections in one thread, and the scenarios it plays.
//! It counts what really arrived; it never estimates a delivery.

pub mod exports;
mod pages;
mod scenario;
mod swarm;

pub use pages::{Reads, pages, searches};
pub use scenario::{Closed, Figures, Fixed, Idle, closed, fixed, idle};
pub use swarm::Seat;

/// A sorted sample's value at `per_mille`, in milliseconds.
pub fn percentile_ms(sorted_us: &[u32], per_mille: usize) -> f64 {
    let at = (sorted_us.len() * per_mille / 1000).min(sorted_us.len().saturating_sub(1));
    sorted_us.get(at).map_or(0.0, |us| f64::from(*us) / 1000.0)
}
