//! What people show beside their PIN or password, whom it is demanded of, and how long a session lasts.
//!
//! Never holds what it is checked with: that stands in the log alone, sealed in its person's scope, and dies with her.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use migrations_free_store::{Id, Position};
use serde::{Deserialize, Serialize};

use super::command::Role;
use super::event::{Act, Entry};
use super::hash::Hash;
use super::state::{DAY_MS, Device, State};

/// Recovery codes that one is given at once.
pub const RECOVERY_CODES: usize = 10;
/// Passkeys of one person.
pub const PASSKEYS_MAX: usize = 20;
pub const PASSKEY_NAME_CHARS_MAX: usize = 60;
/// What a rule about sessions can say, in days.
pub const SESSION_DAYS: RangeInclusive<u32> = 1..=3_650;

/// What was shown, as the session that it opened tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Second {
    /// The code of this step of thirty seconds.
    Code {
        step: u64,
    },
    /// The recovery code of this place, from 0.
    Recovery {
        n: u8,
    },
    Passkey {
        passkey: Id,
    },
}

/// What it is checked with: sealed content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// What the authenticator shares with us, in base 32.
    Authenticator {
        secret: String,
    },
    Recovery {
        codes: Vec<Hash>,
    },
    /// Both in base 64 (URL). `key`: COSE, as the authenticator gave it.
    Passkey {
        credential: String,
        key: String,
    },
}

/// What one does with one's own.
#[derive(Clone, Debug, PartialEq)]
pub enum Keep {
    /// `codes`: for whoever has none.
    Authenticator {
        secret: String,
        step: u64,
        codes: Vec<Hash>,
    },
    /// Off, after a right one was shown.
    AuthenticatorOff {
        shown: Second,
    },
    Recovery {
        codes: Vec<Hash>,
    },
    Passkey {
        name: String,
        credential: String,
        key: String,
        codes: Vec<Hash>,
    },
    PasskeyOff {
        passkey: Id,
    },
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Seconds {
    pub authenticator: Option<Authenticator>,
    pub recovery: Option<Recovery>,
    pub passkeys: BTreeMap<Id, Passkey>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Authenticator {
    /// Where the log has its secret.
    pub at: Position,
    pub since: u64,
    /// The newest step of which a code was used: no older one is taken any more.
    pub step: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recovery {
    pub at: Position,
    pub since: u64,
    pub used: BTreeSet<u8>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Passkey {
    pub at: Position,
    pub since: u64,
}

impl Seconds {
    /// Recovery codes alone are none: they stand in for what is lost.
    pub fn any(&self) -> bool {
        self.authenticator.is_some() || !self.passkeys.is_empty()
    }

    /// From when on there is one.
    pub fn since(&self) -> Option<u64> {
        let passkeys = self.passkeys.values().map(|passkey| passkey.since);
        passkeys.chain(self.authenticator.map(|a| a.since)).min()
    }

    pub fn recovery_left(&self) -> usize {
        let used = self.recovery.as_ref().map(|r| r.used.len());
        used.map_or(0, |used| RECOVERY_CODES.saturating_sub(used))
    }

    /// Was it not used before, and is it one of hers?
    pub fn takes(&self, second: &Second) -> bool {
        match second {
            Second::Code { step } => self.authenticator.is_some_and(|known| *step > known.step),
            Second::Recovery { n } => {
                let known = self.recovery.as_ref();
                known.is_some_and(|known| !known.used.contains(n))
            }
            Second::Passkey { passkey } => self.passkeys.contains_key(passkey),
        }
    }

    pub(super) fn used(&mut self, second: &Second) {
        match second {
            Second::Code { step } => {
                if let Some(known) = &mut self.authenticator {
                    known.step = known.step.max(*step);
                }
            }
            Second::Recovery { n } => {
                if let Some(known) = &mut self.recovery {
                    known.used.insert(*n);
                }
            }
            Second::Passkey { .. } => {}
        }
    }

    pub(super) fn apply(&mut self, act: &Act, at: Position, since: u64) {
        match act {
            Act::SecondSet { step, .. } => {
                let step = *step;
                self.authenticator = Some(Authenticator { at, since, step });
            }
            Act::SecondRemoved { all: true, .. } => *self = Seconds::default(),
            Act::SecondRemoved { all: false, .. } => self.authenticator = None,
            Act::RecoverySet { .. } => {
                let used = BTreeSet::new();
                self.recovery = Some(Recovery { at, since, used });
            }
            Act::PasskeyAdded { passkey, .. } => {
                self.passkeys.insert(*passkey, Passkey { at, since });
            }
            Act::PasskeyRemoved { passkey, .. } => {
                self.passkeys.remove(passkey);
            }
            _ => {}
        }
        if !self.any() {
            self.recovery = None;
        }
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SigninRules {
    pub second: Vec<Role>,
    /// A session lasts so many days, and so many without being used; None: as long as it is not ended.
    pub days: Option<u32>,
    pub idle_days: Option<u32>,
    /// From when on being unused counts: what was used before, nobody wrote down.
    pub idle_since: u64,
}

impl SigninRules {
    /// `used_at`: when the session was last used, as far as is known.
    pub fn is_over(&self, device: &Device, used_at: u64, now_ms: u64) -> bool {
        let over = |days: Option<u32>, from: u64| {
            days.is_some_and(|days| from.saturating_add(u64::from(days) * DAY_MS) <= now_ms)
        };
        let used_at = device.seen_at.max(used_at).max(self.idle_since);
        over(self.days, device.shown_at) || over(self.idle_days, used_at)
    }
}

impl State {
    pub fn seconds(&self, person: Id) -> Option<&Seconds> {
        self.people.get(&person).map(|p| &p.seconds)
    }

    pub fn has_second(&self, person: Id) -> bool {
        self.seconds(person).is_some_and(Seconds::any)
    }

    /// Does the rule demand a second factor of this person? Whoever has no way in but the company's provider shows
    /// there what the company asks for.
    pub fn must_have_second(&self, person: Id) -> bool {
        let role = self.role(person);
        let is_asked = role.is_some_and(|role| self.signin.second.contains(&role));
        is_asked && !self.comes_by_provider_alone(person)
    }

    fn comes_by_provider_alone(&self, person: Id) -> bool {
        let known = self.people.get(&person);
        let has_secret = known.is_some_and(|p| p.credential_at.is_some());
        let account = self.accounts.of(person);
        !has_secret && account.is_some_and(|account| account.subject.is_some())
    }

    /// Nothing is for this person before she has set one up.
    pub fn is_led_to_second(&self, person: Id) -> bool {
        self.must_have_second(person) && !self.has_second(person)
    }
}

impl Entry {
    /// Whoever comes in so shows something beside it, if she has something. What brings both, or answers for both elsewhere, is
    /// named here.
    pub fn asks_for_second(self) -> bool {
        !matches!(
            self,
            Entry::Setup | Entry::Join | Entry::Device | Entry::Passkey | Entry::Oidc
        )
    }
}
