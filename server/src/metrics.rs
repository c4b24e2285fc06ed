//! Figures of a running server: counted where things happen, written down when somebody asks.
//!
//! A figure costs a relaxed atomic or two. Nothing here is locked, and no label names a person, a channel or a word.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::chat::Refusal;

/// What a batch's stages are sorted by, in microseconds; above the last there is one more.
const BOUNDS_US: [u64; 15] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000,
];
/// Every code that a refusal has of its own. A fault named by a file, an import or a secret counts as `fault`.
const CODES: [&str; 19] = [
    "bad_request",
    "not_signed_in",
    "wrong_credentials",
    "forbidden",
    "bad_origin",
    "not_found",
    "conflict",
    "id_reused",
    "id_too_old",
    "id_ahead",
    "gone",
    "too_large",
    "invalid",
    "rate",
    "slow",
    "locked_out",
    "disk_full",
    "unavailable",
    FAULT,
];
const FAULT: &str = "fault";
/// Answers by the first digit of their status.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

#[derive(Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How often something took how long.
#[derive(Default)]
pub struct Histogram {
    counts: [Counter; BOUNDS_US.len() + 1],
    sum_us: Counter,
}

impl Histogram {
    pub fn observe(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let at = BOUNDS_US.partition_point(|bound| *bound < us);
        if let Some(count) = self.counts.get(at) {
            count.add(1);
        }
        self.sum_us.add(us);
    }
}

/// What is counted in this process since its start.
#[derive(Default)]
pub struct Metrics {
    /// Authorising and deciding all that had queued.
    pub decide: Histogram,
    /// Writing one batch.
    pub append: Histogram,
    /// Its sync.
    pub sync: Histogram,
    /// Answering and handing it to whoever listens.
    pub fanout: Histogram,
    /// Events that became durable.
    pub events: Counter,
    pub keys_destroyed: Counter,
    /// Readers whose queue was dropped because they were too slow.
    pub slow_readers: Counter,
    pub sockets_opened: Counter,
    /// Spans that a collector took.
    pub spans_sent: Counter,
    /// Spans that were dropped, or that no collector took.
    pub spans_lost: Counter,
    answers: [Counter; CLASSES.len()],
    refused: [Counter; CODES.len()],
}

impl Metrics {
    /// Somebody was refused, by whatever door.
    pub fn refused(&self, refusal: &Refusal) {
        self.refused_code(refusal.code());
    }

    pub fn refused_code(&self, code: &str) {
        let at = CODES.iter().position(|known| *known == code);
        if let Some(count) = self.refused.get(at.unwrap_or(CODES.len() - 1)) {
            count.add(1);
        }
    }

    pub fn answered(&self, status: u16) {
        let class = usize::from(status / 100).saturating_sub(1);
        if let Some(count) = self.answers.get(class) {
            count.add(1);
        }
    }

    /// All of it, onto a page.
    pub fn tell(&self, page: &mut Page) {
        page.histogram(
            "daylight_stage_seconds",
            "How long a batch of commands took in each stage of its way.",
            "stage",
            &[
                ("decide", &self.decide),
                ("append", &self.append),
                ("sync", &self.sync),
                ("fanout", &self.fanout),
            ],
        );
        let total = |count: &Counter| count.get() as f64;
        for (name, help, count) in [
            (
                "daylight_events_total",
                "Events made durable since the start.",
                &self.events,
            ),
            (
                "daylight_keys_destroyed_total",
                "Keys destroyed since the start: what they sealed is unreadable.",
                &self.keys_destroyed,
            ),
            (
                "daylight_slow_readers_total",
                "Sockets whose queue was dropped, because they took nothing from it.",
                &self.slow_readers,
            ),
            (
                "daylight_sockets_opened_total",
                "Sockets opened since the start.",
                &self.sockets_opened,
            ),
            (
                "daylight_spans_sent_total",
                "Parts of traces that the collector took since the start.",
                &self.spans_sent,
            ),
            (
                "daylight_spans_lost_total",
                "Parts of traces that were dropped since the start, or that no collector took.",
                &self.spans_lost,
            ),
        ] {
            page.counter(name, help, "", &[("", total(count))]);
        }
        let answers: Vec<_> = CLASSES
            .into_iter()
            .zip(self.answers.iter().map(total))
            .collect();
        page.counter(
            "daylight_http_answers_total",
            "Answers to HTTP requests, by class of status.",
            "class",
            &answers,
        );
        let refused: Vec<_> = CODES
            .into_iter()
            .zip(self.refused.iter().map(total))
            .collect();
        page.counter(
            "daylight_refused_total",
            "What was refused over HTTP and on sockets, by stable code.",
            "code",
            &refused,
        );
    }
}

/// Figures in Prometheus' text format, version 0.0.4. Names, helps and labels are ours: none needs escaping.
#[derive(Default)]
pub struct Page(String);

impl Page {
    pub fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.family("gauge", name, help, "", &[("", value)]);
    }

    /// A figure that there may not be: then its name is told, and no value rather than nought.
    pub fn known(&mut self, name: &str, help: &str, value: Option<f64>) {
        let values: Vec<_> = value.into_iter().map(|value| ("", value)).collect();
        self.family("gauge", name, help, "", &values);
    }

    pub fn gauges(&mut self, name: &str, help: &str, label: &str, values: &[(&str, f64)]) {
        self.family("gauge", name, help, label, values);
    }

    pub fn counter(&mut self, name: &str, help: &str, label: &str, values: &[(&str, f64)]) {
        self.family("counter", name, help, label, values);
    }

    fn family(&mut self, kind: &str, name: &str, help: &str, label: &str, values: &[(&str, f64)]) {
        self.begin(kind, name, help);
        for (is, value) in values {
            if label.is_empty() {
                self.line(format_args!("{name} {value}"));
            } else {
                self.line(format_args!("{name}{{{label}=\"{is}\"}} {value}"));
            }
        }
    }

    fn histogram(&mut self, name: &str, help: &str, label: &str, all: &[(&str, &Histogram)]) {
        self.begin("histogram", name, help);
        for (is, histogram) in all {
            let mut below = 0;
            for (count, bound) in histogram.counts.iter().zip(BOUNDS_US) {
                below += count.get();
                let bound = bound as f64 / 1e6;
                self.line(format_args!(
                    "{name}_bucket{{{label}=\"{is}\",le=\"{bound}\"}} {below}"
                ));
            }
            let count = below + histogram.counts.last().map_or(0, Counter::get);
            let sum = histogram.sum_us.get() as f64 / 1e6;
            self.line(format_args!(
                "{name}_bucket{{{label}=\"{is}\",le=\"+Inf\"}} {count}"
            ));
            self.line(format_args!("{name}_sum{{{label}=\"{is}\"}} {sum}"));
            self.line(format_args!("{name}_count{{{label}=\"{is}\"}} {count}"));
        }
    }

    fn begin(&mut self, kind: &str, name: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing into memory does not fail.
        let _ = writeln!(self.0, "{line}");
    }

    pub fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_counted_below_every_bound_that_is_not_less() {
        let metrics = Metrics::default();
        for us in [50, 51, 2_500_000, 9_000_000] {
            metrics.sync.observe(Duration::from_micros(us));
        }
        let mut page = Page::default();
        metrics.tell(&mut page);
        let text = page.into_text();
        for line in [
            "daylight_stage_seconds_bucket{stage=\"sync\",le=\"0.00005\"} 1\n",
            "daylight_stage_seconds_bucket{stage=\"sync\",le=\"0.0001\"} 2\n",
            "daylight_stage_seconds_bucket{stage=\"sync\",le=\"2.5\"} 3\n",
            "daylight_stage_seconds_bucket{stage=\"sync\",le=\"+Inf\"} 4\n",
            "daylight_stage_seconds_sum{stage=\"sync\"} 11.500101\n",
            "daylight_stage_seconds_count{stage=\"sync\"} 4\n",
        ] {
            assert!(text.contains(line), "{line} not in\n{text}");
        }
    }

    #[test]
    fn every_refusal_is_counted_once_by_its_own_code() {
        let metrics = Metrics::default();
        let named = Refusal::Fault {
            code: "import/empty",
            message: String::new(),
        };
        for refusal in [&Refusal::DiskFull, &Refusal::Slow { after_ms: 1 }, &named] {
            metrics.refused(refusal);
        }
        let counted: Vec<_> = CODES
            .iter()
            .zip(&metrics.refused)
            .filter(|(_, count)| count.get() == 1)
            .map(|(code, _)| *code)
            .collect();
        assert_eq!(counted, ["slow", "disk_full", FAULT]);
    }
}
