//! What an officer may read of channels that are not hers: how far a grant reaches, and until when it stands.
//!
//! [`Reach`] is on disk: nothing in it is ever renamed.

use std::ops::RangeInclusive;

use migrations_free_store::{Id, Position};
use serde::{Deserialize, Serialize};

use super::state::DAY_MS;

/// Days that a grant stands at most.
pub const GRANT_DAYS_MAX: u32 = 90;
/// A look is told to those whose channel it was when its matter is closed, and after so long at the latest.
pub const SECRET_DAYS_MAX: u64 = 365;

/// Which messages: an empty list means all, an absent day no bound. Both days are inside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub channels: Vec<Id>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub people: Vec<Id>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from_day: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to_day: Option<u32>,
}

impl Reach {
    pub fn has_channel(&self, channel: Id) -> bool {
        self.channels.is_empty() || self.channels.contains(&channel)
    }

    /// Who wrote it.
    pub fn has_author(&self, person: Id) -> bool {
        self.people.is_empty() || self.people.contains(&person)
    }

    pub fn days(&self) -> RangeInclusive<u32> {
        self.from_day.unwrap_or(0)..=self.to_day.unwrap_or(u32::MAX)
    }
}

/// What one officer may read for a matter. In the saved state: its reason stands in the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Grant {
    pub matter: Id,
    pub channels: Vec<Id>,
    pub people: Vec<Id>,
    pub from_day: Option<u32>,
    pub to_day: Option<u32>,
    pub days: u32,
    pub by: Id,
    pub at: u64,
    pub requested: Position,
    pub decided_by: Option<Id>,
    pub state: GrantState,
    /// Since its approval.
    pub expires_at: u64,
    pub ended: Option<(u64, GrantEnd)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantState {
    Waiting,
    Refused,
    Approved,
    Ended,
}

/// Why a grant stands no longer, or will never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantEnd {
    GivenBack,
    Expired,
    MatterClosed,
    /// One of the two is no officer any more.
    RoleLost,
}

impl Grant {
    pub fn reach(&self) -> Reach {
        Reach {
            channels: self.channels.clone(),
            people: self.people.clone(),
            from_day: self.from_day,
            to_day: self.to_day,
        }
    }

    pub fn is_open(&self) -> bool {
        matches!(self.state, GrantState::Waiting | GrantState::Approved)
    }

    /// `now_ms`: never less than the newest event's time.
    pub fn has_expired(&self, now_ms: u64) -> bool {
        self.state == GrantState::Approved && self.expires_at <= now_ms
    }

    pub fn stands(&self, now_ms: u64) -> bool {
        self.state == GrantState::Approved && !self.has_expired(now_ms)
    }

    pub fn end(&mut self, at: u64, why: GrantEnd) {
        if self.is_open() {
            (self.state, self.ended) = (GrantState::Ended, Some((at, why)));
        }
    }
}

/// That an officer opened content of a channel on one day.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Looks {
    /// None: by an export, which has a case and no matter.
    pub matter: Option<Id>,
    pub day: u32,
    pub n: u32,
}

impl Looks {
    /// When it is told to the channel's members; `closed_at`: of its matter.
    pub fn told_at(&self, closed_at: Option<u64>) -> u64 {
        let at_the_latest = (u64::from(self.day) + SECRET_DAYS_MAX + 1) * DAY_MS;
        closed_at.map_or(at_the_latest, |at| at.min(at_the_latest))
    }
}
