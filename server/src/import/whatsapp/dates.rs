//! Which field of a date is the day, decided from the whole file; civil time to milliseconds.
//!
//! Never settles a tie by guessing: what the file does not decide is reported as ambiguous.

use super::header::{Half, Header, RawDate};
use super::{DateOrder, Order};
use std::collections::HashSet;

const DAY_MS: i64 = 86_400_000;
/// WhatsApp's first release; an order that puts messages before it is wrong.
const FIRST_YEAR: i64 = 2009;
/// How far beyond the present a phone's local time may lie: a day for its clock, one for its zone.
const AHEAD_MS: i64 = 2 * DAY_MS;
const EXAMPLES: usize = 5;

/// Milliseconds of the phone's clock for a date read in one order; `None` when there is no such day.
pub(super) fn local_ms(header: &Header<'_>, order: DateOrder, now_ms: i64) -> Option<i64> {
    let (year, month, day) = civil(&header.date, order, now_ms)?;
    Some(days_from_civil(year, month, day)? * DAY_MS + i64::from(header.seconds) * 1000)
}

/// The order of dates in a file, from the headers in the order they stand.
pub(super) fn infer(
    headers: &[(&Header<'_>, &str)],
    chosen: Option<DateOrder>,
    now_ms: i64,
) -> Order {
    if let Some(order) = chosen {
        return Order::Certain(order);
    }
    let tried: Vec<Tried> = possible(headers)
        .into_iter()
        .map(|order| Tried::run(headers, order, now_ms))
        .collect();
    let fewest_bad = tried.iter().map(|t| t.bad).min().unwrap_or(0);
    let mut left: Vec<&Tried> = tried.iter().filter(|t| t.bad == fewest_bad).collect();
    // Messages stand in the order they were sent; only a clock set back breaks it.
    let steadiest = left.iter().map(|t| t.back).min().unwrap_or(0);
    left.retain(|t| t.back <= steadiest * 2);
    let Some(best) = left.first() else {
        return Order::Certain(DateOrder::DayFirst);
    };
    if left.iter().all(|t| t.reading == best.reading) {
        return Order::Certain(best.order);
    }
    Order::Ambiguous {
        candidates: left.iter().map(|t| t.order).collect(),
        examples: headers
            .iter()
            .take(EXAMPLES)
            .map(|(_, line)| shortened(line))
            .collect(),
    }
}

struct Tried {
    order: DateOrder,
    /// No such day, in the future, or before WhatsApp.
    bad: usize,
    /// Steps back in time of more than a day.
    back: usize,
    /// A fingerprint of every date read, to see whether two orders differ at all.
    reading: i64,
}

impl Tried {
    fn run(headers: &[(&Header<'_>, &str)], order: DateOrder, now_ms: i64) -> Self {
        let mut tried = Self {
            order,
            bad: 0,
            back: 0,
            reading: 0,
        };
        let earliest = days_from_civil(FIRST_YEAR, 1, 1).unwrap_or(0) * DAY_MS;
        let mut latest: Option<i64> = None;
        for (header, _) in headers {
            let Some(ms) = local_ms(header, order, now_ms) else {
                tried.bad += 1;
                continue;
            };
            tried.reading = tried.reading.wrapping_mul(31).wrapping_add(ms);
            if ms < earliest || ms > now_ms.saturating_add(AHEAD_MS) {
                tried.bad += 1;
                continue;
            }
            if latest.is_some_and(|before| ms < before - DAY_MS) {
                tried.back += 1;
            }
            latest = Some(ms);
        }
        tried
    }
}

/// The orders this way of writing allows, likeliest first.
fn possible(headers: &[(&Header<'_>, &str)]) -> Vec<DateOrder> {
    use DateOrder::{DayFirst, MonthFirst, YearFirst};
    let Some((first, _)) = headers.first() else {
        return vec![DayFirst];
    };
    let shape = first.shape;
    match shape.long_year {
        Some(0) => return vec![YearFirst],
        _ if shape.separator == '年' => return vec![YearFirst],
        Some(_) if shape.separator == '.' => return vec![DayFirst],
        Some(_) => return vec![DayFirst, MonthFirst],
        None => {}
    }
    // Two digits everywhere. A year that comes first changes least over a file.
    let distinct = |at: usize| -> usize {
        headers
            .iter()
            .filter_map(|(h, _)| h.date.fields.get(at).map(|f| f.value))
            .collect::<HashSet<_>>()
            .len()
    };
    let (head, tail) = (distinct(0), distinct(2));
    let east = shape.half == Half::EastAsian || (shape.separator == '.' && shape.spaced);
    let mut orders = if shape.separator == '.' {
        vec![DayFirst]
    } else {
        vec![DayFirst, MonthFirst]
    };
    if east {
        orders.insert(0, YearFirst);
    } else if head < tail && shape.separator != '.' {
        orders.push(YearFirst);
    }
    orders
}

fn civil(date: &RawDate, order: DateOrder, now_ms: i64) -> Option<(i64, i64, i64)> {
    let [a, b, c] = date.fields;
    let (year, month, day) = match order {
        DateOrder::DayFirst => (c, b, a),
        DateOrder::MonthFirst => (c, a, b),
        DateOrder::YearFirst => (a, b, c),
    };
    if month.digits > 2 || day.digits > 2 || month.era.is_some() || day.era.is_some() {
        return None;
    }
    let (month, day) = (i64::from(month.value), i64::from(day.value));
    let written = i64::from(year.value);
    let this_year = 1970 + now_ms.div_euclid(31_556_952_000);
    let year = match (year.era.map(i64::from), written) {
        (Some(-543), short @ 0..=99) => short + 2500 - 543,
        (Some(add), value) => value + add,
        (None, 2400..=2700) => written - 543,
        (None, 1380..=1420) => return jalali(written, month, day),
        (None, 0..=99) if year.digits <= 2 && 2000 + written > this_year + 1 && written >= 52 => {
            written + 2500 - 543
        }
        (None, 0..=99) if year.digits <= 2 => 2000 + written,
        (None, value) => value,
    };
    let last = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    ((1..=last).contains(&day) && (1990..=2200).contains(&year)).then_some((year, month, day))
}

/// The Iranian calendar, by its 33-year cycle, which holds for the years a phone can show.
fn jalali(year: i64, month: i64, day: i64) -> Option<(i64, i64, i64)> {
    let length = match month {
        1..=6 => 31,
        7..=12 => 30,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let leaps = |y: i64| (8 * y + 21).div_euclid(33);
    let before = (month - 1) * 31 - (month - 7).max(0);
    // 1 Farvardin 1400 was 21 March 2021.
    let anchor = days_from_civil(2021, 3, 21)?;
    let days = anchor + (year - 1400) * 365 + leaps(year) - leaps(1400) + before + day - 1;
    Some(civil_from_days(days))
}

fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    // Years from March, so that the leap day comes last.
    let y = year.checked_sub(i64::from(month <= 2))?;
    let m = (month + 9) % 12;
    Some(
        365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day
            - 1
            - 719_468,
    )
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let mut year = 1970 + days.div_euclid(366);
    let start = |y: i64| days_from_civil(y, 1, 1).unwrap_or(i64::MAX);
    while start(year + 1) <= days {
        year += 1;
    }
    let mut month = 12;
    while month > 1 && days_from_civil(year, month, 1).unwrap_or(i64::MAX) > days {
        month -= 1;
    }
    (
        year,
        month,
        days - days_from_civil(year, month, 1).unwrap_or(days) + 1,
    )
}

fn shortened(line: &str) -> String {
    line.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_a_century_survives_the_round_trip() {
        for days in 0..36_600 {
            let (y, m, d) = civil_from_days(days);
            assert_eq!(days_from_civil(y, m, d), Some(days));
        }
        assert_eq!(days_from_civil(2024, 2, 29), Some(19_782));
    }

    #[test]
    fn iranian_dates_fall_on_the_right_day() {
        assert_eq!(jalali(1400, 12, 27), Some((2022, 3, 18)));
        assert_eq!(jalali(1399, 12, 30), Some((2021, 3, 20)));
        assert_eq!(jalali(1403, 12, 30), Some((2025, 3, 20)));
        assert_eq!(jalali(1404, 1, 1), Some((2025, 3, 21)));
    }
}
