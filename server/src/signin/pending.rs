//! Sign-ins that have gone to the provider and have not come back.
//!
//! Never outlives the process, is used once, and never grows beyond its limits.

use std::collections::HashMap;
use std::net::IpAddr;

use parking_lot::Mutex;

use crate::identity::secret::same;
use crate::identity::throttle::network_of;

pub const PENDING_MS: u64 = 10 * 60_000;
const PENDING_MAX: usize = 20_000;
/// A whole plant comes from one address when its shift begins.
const PENDING_OF_ADDRESS_MAX: usize = 1_000;

pub struct Begun {
    /// The hash of what the browser's cookie holds.
    pub browser: [u8; 32],
    pub nonce: String,
    pub verifier: String,
}

struct Waiting {
    begun: Begun,
    address: IpAddr,
    until: u64,
}

/// By the state that the provider hands back.
#[derive(Default)]
pub struct Pending(Mutex<HashMap<String, Waiting>>);

impl Pending {
    /// False: too many wait already.
    pub fn put(&self, state: String, begun: Begun, address: IpAddr, now_ms: u64) -> bool {
        let address = network_of(address);
        let mut all = self.0.lock();
        all.retain(|_, waiting| waiting.until > now_ms);
        let theirs = all.values().filter(|w| w.address == address).count();
        if all.len() >= PENDING_MAX || theirs >= PENDING_OF_ADDRESS_MAX {
            return false;
        }
        let until = now_ms + PENDING_MS;
        let waiting = Waiting {
            begun,
            address,
            until,
        };
        all.insert(state, waiting);
        true
    }

    /// Once, and only for the browser that began it.
    pub fn take(&self, state: &str, browser: &[u8; 32], now_ms: u64) -> Option<Begun> {
        let waiting = self.0.lock().remove(state)?;
        let is_theirs = same(&waiting.begun.browser, browser);
        (is_theirs && waiting.until > now_ms).then_some(waiting.begun)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_sign_in_comes_back_once_in_time_and_to_the_browser_that_began_it() {
        let here = IpAddr::from(Ipv4Addr::LOCALHOST);
        let pending = Pending::default();
        let put = |state: &str, now_ms| {
            let begun = Begun {
                browser: [7; 32],
                nonce: state.to_owned(),
                verifier: String::new(),
            };
            pending.put(state.to_owned(), begun, here, now_ms)
        };
        assert!(put("a", 0) && put("b", 0) && put("c", 0));
        assert!(
            pending
                .take("a", &[7; 32], 1)
                .is_some_and(|b| b.nonce == "a")
        );
        assert!(pending.take("a", &[7; 32], 1).is_none(), "twice");
        assert!(pending.take("b", &[8; 32], 1).is_none(), "another browser");
        assert!(
            pending.take("c", &[7; 32], PENDING_MS).is_none(),
            "too late"
        );
        for n in 0..PENDING_OF_ADDRESS_MAX {
            assert!(put(&n.to_string(), 0));
        }
        assert!(!put("one too many", 0));
        assert!(put("later", PENDING_MS));
    }
}
