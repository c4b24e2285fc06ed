//! Hours in which nobody's device is told of anything, by the clock of where its person is.
//!
//! Pure: the time is handed in, and the zones' rules are part of the program.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// The longest name of a time zone, in bytes.
pub const ZONE_BYTES_MAX: usize = 64;
const DAY_MINUTES: u16 = 24 * 60;

/// From one minute of the day to another, which may be tomorrow's. On disk: never renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    pub from: u16,
    pub to: u16,
    /// As the IANA names it: `Europe/Berlin`.
    pub zone: String,
}

impl QuietHours {
    pub fn check(&self) -> Result<(), Refusal> {
        if self.from >= DAY_MINUTES || self.to >= DAY_MINUTES || self.from == self.to {
            return Err(Refusal::invalid(
                "Quiet hours go from one minute of the day (0 to 1439) to another.",
            ));
        }
        if self.zone.len() > ZONE_BYTES_MAX || TimeZone::get(&self.zone).is_err() {
            return Err(Refusal::invalid("This time zone is not known."));
        }
        Ok(())
    }

    /// Is it quiet then? A zone that is not known any more makes nothing quiet: better told than not.
    pub fn hold(&self, now_ms: u64) -> bool {
        let at = i64::try_from(now_ms)
            .ok()
            .and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let (Some(at), Ok(zone)) = (at, TimeZone::get(&self.zone)) else {
            return false;
        };
        let there = zone.to_datetime(at);
        let minute =
            u16::from(there.hour().unsigned_abs()) * 60 + u16::from(there.minute().unsigned_abs());
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: u16, to: u16, zone: &str) -> QuietHours {
        let zone = zone.to_owned();
        QuietHours { from, to, zone }
    }

    #[test]
    fn a_night_is_quiet_where_the_person_is_in_summer_and_in_winter() {
        let night = hours(22 * 60, 7 * 60, "Europe/Berlin");
        // 2026-01-15 and 2026-07-15, by the hour of UTC.
        let (winter, summer) = (1_768_435_200_000_u64, 1_784_073_600_000_u64);
        let quiet = |day: u64, minute: u64| night.hold(day + minute * 60_000);
        assert!(quiet(winter, 21 * 60) && !quiet(winter, 21 * 60 - 1));
        assert!(quiet(winter, 6 * 60 - 1) && !quiet(winter, 6 * 60));
        assert!(quiet(summer, 20 * 60) && !quiet(summer, 20 * 60 - 1));
        assert!(quiet(summer, 5 * 60 - 1) && !quiet(summer, 5 * 60));
        let noon = hours(12 * 60, 13 * 60, "Asia/Kolkata");
        assert!(noon.hold(winter + 6 * 3_600_000 + 30 * 60_000));
        assert!(!noon.hold(winter + 7 * 3_600_000 + 30 * 60_000));
    }

    #[test]
    fn hours_that_cannot_be_are_refused() {
        assert!(hours(0, 1439, "UTC").check().is_ok());
        assert!(
            hours(60, 0, "America/Argentina/Buenos_Aires")
                .check()
                .is_ok()
        );
        for wrong in [
            hours(1440, 0, "UTC"),
            hours(0, 1440, "UTC"),
            hours(60, 60, "UTC"),
            hours(0, 60, ""),
            hours(0, 60, "Europe/Atlantis"),
            hours(0, 60, "../../etc/passwd"),
            hours(0, 60, &"Z".repeat(65)),
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
