//! How fast secrets may be tried, so that nobody guesses one and nobody locks another person out.
//!
//! Never sees a secret, never reads a clock, never asks who somebody is: pure state, time comes in.
//!
//! Four budgets. A device that has signed in to an account before (*known*) has its own and nothing else touches it:
//! whatever strangers do, its owner signs in. All *strangers* of an account share one, which grows slower with every
//! try; so the number of addresses an attacker has does not matter. A network has one, and all strangers together
//! have one, which bounds the hashing they can cause.
//!
//! A try is charged when it is admitted, not when it has failed: a thousand at the same moment are not a thousand
//! free tries. Success gives the charge back, a failure needs no call.
//!
//! An entry is dropped only when it has calmed down and would say nothing any more. When a table is full of entries
//! that still matter, further strangers wait: forgetting would be a way to guess on. Known devices never wait for room;
//! the calmest of them is dropped, because as many other proved devices would have to fail to make use of it.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};

use sha2::{Digest, Sha256};

/// A fixed-size name for an account (by its folded handle, existing or not) or a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 16]);

impl Key {
    pub fn of(name: &[u8]) -> Key {
        let hash: [u8; 32] = Sha256::digest(name).into();
        let mut key = [0; 16];
        key.copy_from_slice(hash.split_at(16).0);
        Key(key)
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    pub account: Key,
    /// Only a device that has proved (by its own token) to have signed in to this very account before.
    pub device: Option<Key>,
    pub address: IpAddr,
}

/// Not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    pub retry_after_ms: u64,
}

/// The numbers, all in one place. Times in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub known_device: Pace,
    pub strangers_of_account: Pace,
    pub network: Pace,
    pub all_strangers: Pace,
    /// Entries kept in each table.
    pub entries_max: usize,
}

/// `free` tries at once, one more for every `calm_ms` of quiet. From the `free`th on, the wait after a try is
/// `first_wait_ms`, doubling to `calm_ms`; with `first_wait_ms` 0 the pace is steady.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub free: u32,
    pub calm_ms: u64,
    pub first_wait_ms: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        let growing = Pace {
            free: 5,
            calm_ms: 15 * 60_000,
            first_wait_ms: 15_000,
        };
        Limits {
            known_device: growing,
            strangers_of_account: growing,
            // A whole site may stand behind one address.
            network: Pace {
                free: 50,
                calm_ms: 30_000,
                first_wait_ms: 0,
            },
            all_strangers: Pace {
                free: 300,
                calm_ms: 500,
                first_wait_ms: 0,
            },
            entries_max: 65_536,
        }
    }
}

pub struct Throttle {
    limits: Limits,
    clock_ms: u64,
    now_ms: u64,
    devices: Table<(Key, Key)>,
    strangers: Table<Key>,
    networks: Table<IpAddr>,
    all: Gauge,
}

impl Throttle {
    pub fn new(limits: Limits) -> Throttle {
        Throttle {
            limits,
            clock_ms: 0,
            now_ms: 0,
            devices: Table::new(limits.entries_max),
            strangers: Table::new(limits.entries_max),
            networks: Table::new(limits.entries_max),
            all: Gauge::default(),
        }
    }

    /// Asks for one try and charges it. A refused try is charged nothing, so impatience does not lengthen the wait.
    pub fn admit(&mut self, clock_ms: u64, attempt: &Attempt) -> Result<(), Wait> {
        let now = self.advance(clock_ms);
        let limits = self.limits;
        if let Some(device) = attempt.device {
            let own = (attempt.account, device);
            wait_of(
                self.devices
                    .gauges
                    .get(&own)
                    .map_or(0, |gauge| gauge.wait_ms(now)),
            )?;
            self.devices.charge(now, own, limits.known_device);
            return Ok(());
        }
        let network = network_of(attempt.address);
        let waits = [
            self.strangers.wait_ms(now, &attempt.account),
            self.networks.wait_ms(now, &network),
            self.all.wait_ms(now),
        ];
        wait_of(waits.into_iter().max().unwrap_or(0))?;
        self.strangers
            .charge(now, attempt.account, limits.strangers_of_account);
        self.networks.charge(now, network, limits.network);
        self.all.charge(now, limits.all_strangers);
        Ok(())
    }

    /// The admitted try was right. What all strangers share is not given back: the hashing was done.
    pub fn succeeded(&mut self, clock_ms: u64, attempt: &Attempt) {
        let now = self.advance(clock_ms);
        if let Some(device) = attempt.device {
            self.devices.forget(&(attempt.account, device));
        } else {
            self.strangers
                .give_back(now, &attempt.account, self.limits.strangers_of_account);
            self.networks
                .give_back(now, &network_of(attempt.address), self.limits.network);
        }
    }

    /// The admitted try was right, and is only half of the way in: it is not counted, and what was counted before stays.
    /// Else whoever knows the first half could wipe away her wrong guesses at the second.
    pub fn half_way(&mut self, clock_ms: u64, attempt: &Attempt) {
        let now = self.advance(clock_ms);
        if let Some(device) = attempt.device {
            let own = (attempt.account, device);
            self.devices.give_back(now, &own, self.limits.known_device);
        } else {
            self.strangers
                .give_back(now, &attempt.account, self.limits.strangers_of_account);
            self.networks
                .give_back(now, &network_of(attempt.address), self.limits.network);
        }
    }

    /// Entries in memory, all tables together.
    pub fn entries(&self) -> usize {
        self.devices.gauges.len() + self.strangers.gauges.len() + self.networks.gauges.len()
    }

    /// Only time that passes counts: a clock set back frees nobody early and holds nobody longer.
    fn advance(&mut self, clock_ms: u64) -> u64 {
        self.now_ms = self
            .now_ms
            .saturating_add(clock_ms.saturating_sub(self.clock_ms));
        self.clock_ms = clock_ms;
        self.now_ms
    }
}

/// How much was tried lately, as the moment when all of it will be forgotten, and when the next try may come.
#[derive(Debug, Clone, Copy, Default)]
struct Gauge {
    calm_at_ms: u64,
    next_at_ms: u64,
}

impl Gauge {
    fn wait_ms(&self, now: u64) -> u64 {
        self.next_at_ms.saturating_sub(now)
    }

    fn charge(&mut self, now: u64, pace: Pace) {
        self.calm_at_ms = self.calm_at_ms.max(now).saturating_add(pace.calm_ms);
        let free_ms = pace.calm_ms.saturating_mul(u64::from(pace.free));
        // Steady: the next may come when less than `free` tries are remembered.
        self.next_at_ms = self
            .calm_at_ms
            .saturating_sub(free_ms.saturating_sub(pace.calm_ms))
            .max(now);
        if pace.first_wait_ms > 0 {
            let remembered = (self.calm_at_ms - now).div_ceil(pace.calm_ms.max(1));
            self.next_at_ms = match remembered.checked_sub(u64::from(pace.free)) {
                None => now,
                Some(over) => {
                    now.saturating_add((pace.first_wait_ms << over.min(32)).min(pace.calm_ms))
                }
            };
        }
    }

    fn quiet_at_ms(&self) -> u64 {
        self.calm_at_ms.max(self.next_at_ms)
    }
}

/// Gauges by key, at most `max`, with the quietest first in line to be dropped.
struct Table<K> {
    max: usize,
    gauges: HashMap<K, Gauge>,
    quiet: BTreeSet<(u64, K)>,
}

impl<K: Copy + Ord + Hash> Table<K> {
    fn new(max: usize) -> Table<K> {
        Table {
            max,
            gauges: HashMap::new(),
            quiet: BTreeSet::new(),
        }
    }

    fn wait_ms(&self, now: u64, key: &K) -> u64 {
        match self.gauges.get(key) {
            Some(gauge) => gauge.wait_ms(now),
            None if self.gauges.len() < self.max => 0,
            None => self
                .quiet
                .first()
                .map_or(u64::MAX, |(quiet_at, _)| quiet_at.saturating_sub(now)),
        }
    }

    fn charge(&mut self, now: u64, key: K, pace: Pace) {
        if !self.gauges.contains_key(&key)
            && self.gauges.len() >= self.max
            && let Some((_, dropped)) = self.quiet.pop_first()
        {
            self.gauges.remove(&dropped);
        }
        self.change(key, |gauge| gauge.charge(now, pace));
    }

    fn give_back(&mut self, now: u64, key: &K, pace: Pace) {
        if self.gauges.contains_key(key) {
            self.change(*key, |gauge| {
                gauge.calm_at_ms = gauge.calm_at_ms.saturating_sub(pace.calm_ms).max(now);
            });
        }
    }

    fn forget(&mut self, key: &K) {
        if let Some(gauge) = self.gauges.remove(key) {
            self.quiet.remove(&(gauge.quiet_at_ms(), *key));
        }
    }

    fn change(&mut self, key: K, act: impl FnOnce(&mut Gauge)) {
        let gauge = self.gauges.entry(key).or_default();
        self.quiet.remove(&(gauge.quiet_at_ms(), key));
        act(gauge);
        self.quiet.insert((gauge.quiet_at_ms(), key));
    }
}

fn wait_of(retry_after_ms: u64) -> Result<(), Wait> {
    if retry_after_ms == 0 {
        Ok(())
    } else {
        Err(Wait { retry_after_ms })
    }
}

/// One subscriber is handed 2^64 IPv6 addresses; they count as one.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests;
