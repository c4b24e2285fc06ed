//! What one key seals and one destruction forgets. A scope holds no content and no key.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::id::Id;

pub(crate) const DAY_MS: u64 = 86_400_000;
/// 9999-12-31: the last day whose text form has four digits of year.
const DAY_MAX: u32 = 2_932_896;

/// Text form: `day/<id>/2026-11-22`, `channel/<id>`, `person/<id>`, `audit/2026-11`, `matter/<id>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// What was posted in a channel on one UTC day; `day` counts days since 1970-01-01.
    ChannelDay {
        channel: Id,
        day: u32,
    },
    /// A channel's standing facts: its name, its topic.
    Channel(Id),
    Person(Id),
    /// The headers of one month; `month` is year * 12 + (month - 1).
    Audit {
        month: u32,
    },
    /// What a legal case preserves.
    Matter(Id),
}

impl Scope {
    /// The channel-day that `at_ms` (milliseconds since 1970) falls in.
    pub fn channel_day(channel: Id, at_ms: u64) -> Scope {
        Scope::ChannelDay {
            channel,
            day: day_of(at_ms),
        }
    }

    /// The audit month that `at_ms` (milliseconds since 1970) falls in.
    pub fn audit(at_ms: u64) -> Scope {
        let (year, month, _) = civil(day_of(at_ms));
        Scope::Audit {
            month: year * 12 + month - 1,
        }
    }

    /// Is the author's key mixed in with this one's? Not with a person's own, so that erasing nobody else forgets it;
    /// and not with a matter's, which outlives everyone.
    pub(crate) fn mixes_author(&self) -> bool {
        match self {
            Scope::ChannelDay { .. } | Scope::Channel(_) | Scope::Audit { .. } => true,
            Scope::Person(_) | Scope::Matter(_) => false,
        }
    }

    /// Kind, id and number: the fixed form that files use.
    pub(crate) fn to_parts(self) -> (u8, Id, u32) {
        match self {
            Scope::ChannelDay { channel, day } => (1, channel, day),
            Scope::Channel(id) => (2, id, 0),
            Scope::Person(id) => (3, id, 0),
            Scope::Audit { month } => (4, Id::default(), month),
            Scope::Matter(id) => (5, id, 0),
        }
    }

    pub(crate) fn from_parts(kind: u8, id: Id, number: u32) -> Option<Scope> {
        Some(match kind {
            1 => Scope::ChannelDay {
                channel: id,
                day: number,
            },
            2 => Scope::Channel(id),
            3 => Scope::Person(id),
            4 => Scope::Audit { month: number },
            5 => Scope::Matter(id),
            _ => return None,
        })
    }

    /// The text form with no `/`: the name of this scope's folder.
    pub(crate) fn file_name(&self) -> String {
        self.to_string().replace('/', "_")
    }
}

/// Days past 9999 are folded onto the last one, so that every instant has a scope with a text form.
fn day_of(at_ms: u64) -> u32 {
    u32::try_from(at_ms / DAY_MS)
        .unwrap_or(DAY_MAX)
        .min(DAY_MAX)
}

/// Year, month (1-12), day (1-31) of a day since 1970, in the proleptic Gregorian calendar.
fn civil(day: u32) -> (u32, u32, u32) {
    // Years counted from March put the leap day last, so months have a closed form (153 days in 5).
    let shifted = day + 719_468;
    let era = shifted / 146_097;
    let in_era = shifted % 146_097;
    let year_of_era = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * in_year + 2) / 153;
    let day_of_month = in_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + u32::from(month <= 2);
    (year, month, day_of_month)
}

fn day_from_civil(year: u32, month: u32, day: u32) -> Option<u32> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let from_march_year = year - u32::from(month <= 2);
    let era = from_march_year / 400;
    let year_of_era = from_march_year % 400;
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let in_year = (153 * from_march + 2) / 5 + day - 1;
    let in_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + in_year;
    let result = (era * 146_097 + in_era).checked_sub(719_468)?;
    (civil(result) == (year, month, day)).then_some(result)
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::ChannelDay { channel, day } => {
                let (year, month, day) = civil(*day);
                write!(f, "day/{channel}/{year:04}-{month:02}-{day:02}")
            }
            Scope::Channel(id) => write!(f, "channel/{id}"),
            Scope::Person(id) => write!(f, "person/{id}"),
            Scope::Audit { month } => write!(f, "audit/{:04}-{:02}", month / 12, month % 12 + 1),
            Scope::Matter(id) => write!(f, "matter/{id}"),
        }
    }
}

/// The text was none of a scope's text forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a scope: day/<id>/<date>, channel/<id>, person/<id>, audit/<month> or matter/<id>")]
pub struct BadScope;

impl FromStr for Scope {
    type Err = BadScope;

    fn from_str(text: &str) -> Result<Scope, BadScope> {
        let (kind, rest) = text.split_once('/').ok_or(BadScope)?;
        let id = |text: &str| text.parse::<Id>().map_err(|_| BadScope);
        match kind {
            "day" => {
                let (channel, date) = rest.split_once('/').ok_or(BadScope)?;
                let mut parts = date.splitn(3, '-');
                let year = digits(parts.next(), 4)?;
                let month = digits(parts.next(), 2)?;
                let day = digits(parts.next(), 2)?;
                let day = day_from_civil(year, month, day).ok_or(BadScope)?;
                Ok(Scope::ChannelDay {
                    channel: id(channel)?,
                    day,
                })
            }
            "channel" => Ok(Scope::Channel(id(rest)?)),
            "person" => Ok(Scope::Person(id(rest)?)),
            "matter" => Ok(Scope::Matter(id(rest)?)),
            "audit" => {
                let (year, month) = rest.split_once('-').ok_or(BadScope)?;
                let (year, month) = (digits(Some(year), 4)?, digits(Some(month), 2)?);
                day_from_civil(year, month, 1).ok_or(BadScope)?;
                Ok(Scope::Audit {
                    month: year * 12 + month - 1,
                })
            }
            _ => Err(BadScope),
        }
    }
}

fn digits(text: Option<&str>, count: usize) -> Result<u32, BadScope> {
    let text = text.ok_or(BadScope)?;
    if text.len() != count || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadScope);
    }
    text.parse().map_err(|_| BadScope)
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Scope, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Scope;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a scope's text form")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scope, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_until_9999_has_one_text_and_one_month() {
        let channel = Id([7; 16]);
        let mut months = 0;
        let mut last = Scope::Audit { month: 0 };
        for day in 0..=DAY_MAX {
            let scope = Scope::ChannelDay { channel, day };
            if day % 97 == 0 || day < 1500 {
                assert_eq!(scope.to_string().parse(), Ok(scope));
            }
            let audit = Scope::audit(u64::from(day) * DAY_MS);
            if audit != last {
                assert!(audit > last, "months only go forward");
                assert_eq!(audit.to_string().parse(), Ok(audit));
                (months, last) = (months + 1, audit);
            }
        }
        assert_eq!(months, (9999 - 1970 + 1) * 12);
        assert_eq!(
            Scope::channel_day(channel, 1_795_305_600_000).to_string(),
            format!("day/{channel}/2026-11-22")
        );
        assert_eq!(
            Scope::channel_day(channel, u64::MAX).to_string(),
            format!("day/{channel}/9999-12-31")
        );
    }

    #[test]
    fn a_text_that_is_not_exactly_a_scope_is_refused() {
        let id = Id([7; 16]);
        for bad in [
            "",
            "day",
            "audit/2026-13",
            "audit/1969-12",
            "audit/2026-1",
            "audit/+026-01",
            "person/x",
        ] {
            assert_eq!(bad.parse::<Scope>(), Err(BadScope), "{bad}");
        }
        for bad in ["2026-02-29", "2026-1-01", "2026-01-01-", "2026-00-10"] {
            assert_eq!(
                format!("day/{id}/{bad}").parse::<Scope>(),
                Err(BadScope),
                "{bad}"
            );
        }
    }
}
