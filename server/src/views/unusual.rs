//! What is unusual among those who look and export: many at once, or at hours when the house sleeps.
//!
//! Never judges: it counts acts of the ledger and says where they stand. Never looks at content.

use std::collections::BTreeMap;

use migrations_free_store::Id;
use serde::Serialize;
use utoipa::ToSchema;

use super::ledger::may_read_ledger;
use super::timeline::day_text;
use super::{Views, unavailable};
use crate::chat::command::Role;
use crate::chat::event::{Act, Header};
use crate::chat::{Refusal, state};

/// The house is awake on weekdays from this hour to that, by the clock of whoever asks.
pub const AWAKE: std::ops::Range<u64> = 7..19;
pub const EXPORTS_MANY: u32 = 5;
pub const LOOKS_MANY: u32 = 50;
/// How far back is looked, in days and in entries.
const DAYS: u64 = 28;
const LOOKED_AT_MAX: u64 = 50_000;
const FINDINGS_MAX: usize = 100;
const HOUR_MS: u64 = 3_600_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An export was asked for or taken out.
    Export,
    /// Content was counted, searched or opened for a matter.
    Look,
}

#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub at: u64,
    pub actor: Id,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    ManyExports,
    ManyLooks,
    OffHours,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = UnusualFinding)]
pub struct Finding {
    pub what: What,
    #[schema(value_type = String)]
    pub actor: Id,
    /// By the clock of whoever asks.
    pub day: String,
    /// What it is found by in the ledger: `export.` or `look.`
    pub act: &'static str,
    pub n: u32,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Unusual {
    /// Newest day first.
    pub findings: Vec<Finding>,
    /// Nothing older was looked at.
    pub since: u64,
    pub from_hour: u64,
    pub to_hour: u64,
}

/// Of these acts what is unusual, by a clock that is so many minutes ahead of UTC.
pub fn unusual(seen: &[Seen], ahead_minutes: i32) -> Vec<Finding> {
    let mut days: BTreeMap<(u32, Id, Kind), (u32, u32)> = BTreeMap::new();
    for one in seen {
        let local = one
            .at
            .saturating_add_signed(i64::from(ahead_minutes) * 60_000);
        let day = state::day_of(local);
        let hour = local / HOUR_MS % 24;
        // The first day of 1970 was a Thursday.
        let is_weekday = (day + 3) % 7 < 5;
        let (all, off) = days.entry((day, one.actor, one.kind)).or_default();
        *all += 1;
        *off += u32::from(!is_weekday || !AWAKE.contains(&hour));
    }
    let mut findings = Vec::new();
    for ((day, actor, kind), (all, off)) in days.into_iter().rev() {
        let (what, act, many) = match kind {
            Kind::Export => (What::ManyExports, "export.", EXPORTS_MANY),
            Kind::Look => (What::ManyLooks, "look.", LOOKS_MANY),
        };
        for (what, n) in [
            (what, (all >= many).then_some(all)),
            (What::OffHours, (off > 0).then_some(off)),
        ] {
            let day = day_text(day);
            findings.extend(n.map(|n| Finding {
                what,
                actor,
                day,
                act,
                n,
            }));
        }
    }
    findings.truncate(FINDINGS_MAX);
    findings
}

fn kind_of(act: &Act) -> Option<Kind> {
    match act {
        Act::ExportRequested { .. } | Act::ExportDownloaded { .. } => Some(Kind::Export),
        Act::LookCounted { .. }
        | Act::LookSearched { .. }
        | Act::LookRead { .. }
        | Act::LookOpened { .. } => Some(Kind::Look),
        _ => None,
    }
}

impl Views {
    /// For those who check: officers and auditors.
    pub fn unusual(&self, person: Id, now_ms: u64, ahead_minutes: i32) -> Result<Unusual, Refusal> {
        if may_read_ledger(&self.state.read(), person)? == Role::Admin {
            return Err(Refusal::Forbidden);
        }
        let end = self.store.size();
        let mut since = now_ms.saturating_sub(DAYS * state::DAY_MS);
        let mut seen = Vec::new();
        let from = end.saturating_sub(LOOKED_AT_MAX);
        for record in self.store.scan(from, end) {
            let record = record.map_err(unavailable)?;
            if record.position == from && from > 0 {
                since = since.max(record.at_ms);
            }
            let header = record
                .header
                .bytes()
                .and_then(|bytes| serde_json::from_slice::<Header>(bytes).ok());
            let Some(header) = header.filter(|header| header.at >= since) else {
                continue;
            };
            if let Some(kind) = kind_of(&header.act) {
                seen.push(Seen {
                    at: header.at,
                    actor: header.actor,
                    kind,
                });
            }
        }
        Ok(Unusual {
            findings: unusual(&seen, ahead_minutes),
            since,
            from_hour: AWAKE.start,
            to_hour: AWAKE.end,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: Id = Id([1; 16]);
    /// Monday, 1 June 2026, midnight.
    const MONDAY: u64 = 20_605 * 24 * HOUR_MS;

    fn at(hours: u64, kind: Kind) -> Seen {
        Seen {
            at: MONDAY + hours * HOUR_MS,
            actor: ADA,
            kind,
        }
    }

    fn found(seen: &[Seen], ahead: i32) -> Vec<(What, String, u32)> {
        unusual(seen, ahead)
            .into_iter()
            .map(|one| (one.what, one.day, one.n))
            .collect()
    }

    #[test]
    fn many_on_one_day_by_one_person_are_told_and_one_less_is_not() {
        let exports = vec![at(9, Kind::Export); 5];
        assert_eq!(
            found(&exports, 0),
            [(What::ManyExports, "2026-06-01".into(), 5)]
        );
        assert!(found(&exports[1..], 0).is_empty());
        let mut apart = exports.clone();
        apart[0].actor = Id([2; 16]);
        assert!(found(&apart, 0).is_empty(), "two people");
        apart = exports;
        apart[0].at += 24 * HOUR_MS;
        assert!(found(&apart, 0).is_empty(), "two days");
        let looks = vec![at(9, Kind::Look); 50];
        assert_eq!(
            found(&looks, 0),
            [(What::ManyLooks, "2026-06-01".into(), 50)]
        );
        assert!(found(&looks[1..], 0).is_empty());
    }

    #[test]
    fn the_house_sleeps_at_night_and_on_weekends_by_its_own_clock() {
        let off = |n| vec![(What::OffHours, "2026-06-01".to_owned(), n)];
        for awake in [7, 12, 18] {
            assert!(found(&[at(awake, Kind::Look)], 0).is_empty(), "{awake}");
        }
        assert_eq!(found(&[at(6, Kind::Look), at(19, Kind::Look)], 0), off(2));
        assert_eq!(
            found(&[at(5 * 24 + 12, Kind::Export)], 0),
            [(What::OffHours, "2026-06-06".to_owned(), 1)]
        );
        assert_eq!(
            found(&[at(6 * 24 + 12, Kind::Export)], 0).len(),
            1,
            "Sunday"
        );
        assert!(
            found(&[at(7 * 24 + 12, Kind::Export)], 0).is_empty(),
            "Monday again"
        );
        // Six in the morning in London is eight in Riga, and Sunday evening in New York.
        assert!(found(&[at(6, Kind::Look)], 120).is_empty());
        assert_eq!(
            found(&[at(2, Kind::Look)], -300),
            [(What::OffHours, "2026-05-31".to_owned(), 1)]
        );
    }
}
