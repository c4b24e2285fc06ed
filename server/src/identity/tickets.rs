//! What waits in memory for its second half: sign-ins whose secret was right, and authenticators that are being set up.
//!
//! Never written down: a restart forgets them, and people begin again.

use std::collections::HashMap;

use migrations_free_store::Id;
use parking_lot::Mutex;

use super::secret::Token;
use super::secret::authenticator::Shared;
use crate::chat::Refusal;
use crate::chat::event::Entry;

pub const TICKET_MS: u64 = 5 * 60_000;
const TICKETS_MAX: usize = 10_000;
/// Of one person: whoever knows her secret takes nobody else's place.
const TICKETS_OF_ONE_MAX: usize = 5;
pub const SETTING_UP_MS: u64 = 10 * 60_000;
const SETTING_UP_MAX: usize = 10_000;
/// Wrong codes while one is being set up. Nothing is guessed there: it is only somebody's clock that is wrong.
const TRIES_MAX: u8 = 20;

/// A sign-in whose first half was right.
#[derive(Clone)]
pub struct Ticket {
    pub person: Id,
    pub how: Entry,
    /// With a reset link: which one, and the hash of what was chosen.
    pub reset: Option<(Id, String)>,
    until: u64,
}

#[derive(Default)]
pub struct Tickets(Mutex<HashMap<[u8; 32], Ticket>>);

impl Tickets {
    pub fn give(
        &self,
        person: Id,
        how: Entry,
        reset: Option<(Id, String)>,
        now_ms: u64,
    ) -> Result<Token, Refusal> {
        let mut tickets = self.0.lock();
        tickets.retain(|_, ticket| ticket.until > now_ms);
        let theirs = tickets.iter().filter(|(_, t)| t.person == person);
        if theirs.clone().count() >= TICKETS_OF_ONE_MAX {
            let oldest = theirs.min_by_key(|(_, t)| t.until).map(|(key, _)| *key);
            oldest.and_then(|key| tickets.remove(&key));
        }
        if tickets.len() >= TICKETS_MAX {
            return Err(Refusal::Rate {
                after_ms: TICKET_MS,
            });
        }
        let token = Token::long();
        let until = now_ms + TICKET_MS;
        let ticket = Ticket {
            person,
            how,
            reset,
            until,
        };
        tickets.insert(token.hash(), ticket);
        Ok(token)
    }

    /// It stays until it has led in: whoever mistypes a code types another.
    pub fn find(&self, hash: &[u8; 32], now_ms: u64) -> Option<Ticket> {
        let tickets = self.0.lock();
        tickets.get(hash).filter(|t| t.until > now_ms).cloned()
    }

    pub fn spend(&self, hash: &[u8; 32]) {
        self.0.lock().remove(hash);
    }
}

/// Authenticators that are being set up, by device.
#[derive(Default)]
pub struct SettingUp(Mutex<HashMap<Id, (Shared, u64, u8)>>);

impl SettingUp {
    pub fn begin(&self, device: Id, shared: Shared, now_ms: u64) -> Result<(), Refusal> {
        let mut all = self.0.lock();
        all.retain(|_, (_, until, _)| *until > now_ms);
        if all.len() >= SETTING_UP_MAX && !all.contains_key(&device) {
            return Err(Refusal::Rate {
                after_ms: SETTING_UP_MS,
            });
        }
        all.insert(device, (shared, now_ms + SETTING_UP_MS, 0));
        Ok(())
    }

    /// What is kept, and the step of the first right code. None: the code is wrong.
    pub fn confirm(
        &self,
        device: Id,
        code: &str,
        now_ms: u64,
    ) -> Result<Option<(String, u64)>, Refusal> {
        let mut all = self.0.lock();
        let known = all.get_mut(&device).filter(|(_, until, _)| *until > now_ms);
        let (shared, _, tries) = known.ok_or(Refusal::Gone)?;
        if let Some(step) = shared.step_of(code, now_ms) {
            return Ok(Some((shared.text().to_owned(), step)));
        }
        *tries += 1;
        if *tries >= TRIES_MAX {
            all.remove(&device);
        }
        Ok(None)
    }

    pub fn end(&self, device: Id) {
        self.0.lock().remove(&device);
    }
}
