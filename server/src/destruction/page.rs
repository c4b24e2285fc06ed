//! certificate.html: a certificate to read and to print. All text is escaped, there is no script, and nothing is fetched.
//!
//! Never evidence: the events and their proofs are, and the page says so.

use std::fmt::Write as _;

use migrations_free_store::Id;

use super::Certificate;
use super::facts::{Facts, Kept, Kind, Place, Rule, Said};
use crate::chat::command::Role;
use crate::export::line::iso;
use crate::export::report::escaped;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}\
h1{margin-bottom:.2rem}h2{margin:2rem 0 .4rem;font-size:1.1rem}table{border-collapse:collapse;width:100%}\
td,th{text-align:start;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d8dee4;font-weight:normal}\
th[scope=row]{width:34%;color:#57606a}thead th{color:#57606a}.e{text-align:end;font-variant-numeric:tabular-nums}\
.t{white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}.n{color:#57606a}code{overflow-wrap:anywhere;font-size:.85em}\
@media print{body{margin:0;max-width:none}tr{break-inside:avoid}}";

/// What a table begins with: its heading and the names of its columns, the numbers last.
type Head<'h> = (&'h str, &'h [(&'h str, bool)]);

pub fn html(certificate: &Certificate) -> String {
    let facts = &certificate.facts;
    let mut page = Page {
        out: String::new(),
        certificate,
    };
    let title = format!(
        "Certificate of destruction, position {}",
        facts.done.position
    );
    page.put(&format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style>\n<h1>{title}</h1>\n<p class=\"n\">{}</p>\n",
        escaped(&certificate.names.workspace)
    ));
    page.what(facts);
    page.places(&facts.places);
    page.kept(facts);
    page.why(facts);
    page.evidence();
    page.put(
        "<p class=\"n\">This page is a reading copy. What proves it is beside it, in events and proofs; README.txt says how it is checked. \
         Names of people, channels and matters are the server's word; ids, counts, times and positions are the log's.</p></html>\n",
    );
    page.out
}

struct Page<'c> {
    out: String,
    certificate: &'c Certificate,
}

impl Page<'_> {
    fn put(&mut self, markup: &str) {
        self.out.push_str(markup);
    }

    fn facts(&mut self, rows: &[(&str, String)]) {
        self.put("<table>");
        for (name, value) in rows {
            let value = escaped(value);
            let _infallible = writeln!(
                self.out,
                "<tr><th scope=\"row\">{name}<td class=\"t\">{value}"
            );
        }
        self.put("</table>\n");
    }

    fn table(&mut self, (heading, columns): Head<'_>, rows: &[Vec<String>]) {
        let _infallible = write!(self.out, "<h2>{heading}</h2>\n<table><thead><tr>");
        for (name, is_number) in columns {
            let class = if *is_number { " class=\"e\"" } else { "" };
            let _infallible = write!(self.out, "<th scope=\"col\"{class}>{name}");
        }
        self.put("</thead>\n");
        for row in rows {
            self.put("<tr>");
            for (value, (_, is_number)) in row.iter().zip(columns) {
                let class = if *is_number { "e" } else { "t" };
                let _infallible = write!(self.out, "<td class=\"{class}\">{}", escaped(value));
            }
            self.put("\n");
        }
        self.put("</table>\n");
    }

    fn what(&mut self, facts: &Facts) {
        let what = match facts.kind {
            Kind::Expired => "What had passed its time",
            Kind::Erased => "Everything of a person, on order",
            Kind::Redacted => "Single messages, on order",
            Kind::Released => "What was kept beyond its time, and is kept no longer",
        };
        let mut rows = vec![("What", what.to_owned())];
        if let Some(channel) = facts.channel {
            rows.push(("Channel", self.channel(Some(channel))));
        }
        if let Some(person) = facts.person {
            rows.push(("Person", format!("{person} (the name was destroyed too)")));
        }
        if let (Some(first), Some(last)) = (facts.days.first(), facts.days.last()) {
            let days = format!("{first} to {last}, {} in all", facts.days.len());
            rows.push((
                "Days (UTC)",
                if first == last { first.clone() } else { days },
            ));
        }
        if !facts.numbers.is_empty() {
            let numbers: Vec<String> = facts.numbers.iter().map(|q| format!("no. {q}")).collect();
            rows.push(("Messages", numbers.join(", ")));
        }
        rows.push((
            "Out of everybody's sight",
            match &facts.taken {
                Some(taken) => format!(
                    "{}, with {} ({})",
                    many(taken.messages, "message"),
                    many(taken.files, "file"),
                    many(taken.bytes, "byte")
                ),
                None => "not counted: this server did not do so yet at that time".to_owned(),
            },
        ));
        rows.push(("Of it destroyed for good", match &facts.destroyed {
            Some(destroyed) => format!(
                "{} and {}: messages, edits, reactions and all that belongs to them; files with their previews",
                many(destroyed.records, "record"),
                many(destroyed.files, "sealed file")
            ),
            None => "told to officers and auditors: it would tell what is held".to_owned(),
        }));
        if let Some(bundles) = facts.bundles.as_ref().filter(|bundles| !bundles.is_empty()) {
            rows.push((
                "Exports that went with it",
                many(bundles.len() as u64, "bundle"),
            ));
        }
        rows.push(("Intended", self.said(&facts.intended)));
        rows.push(("Done", self.said(&facts.done)));
        rows.push(("Plan", facts.plan.clone()));
        self.facts(&rows);
    }

    fn places(&mut self, places: &[Place]) {
        let head = [
            ("Channel", false),
            ("Days (UTC)", false),
            ("Messages", true),
            ("Files", true),
            ("Bytes", true),
        ];
        let row = |place: &Place| {
            let days = match place.from_day == place.to_day {
                true => place.from_day.clone(),
                false => format!("{} to {}", place.from_day, place.to_day),
            };
            let counts = place.counts;
            let numbers = [counts.messages, counts.files, counts.bytes];
            let words = [self.channel(place.channel), days];
            words
                .into_iter()
                .chain(numbers.map(|n| n.to_string()))
                .collect()
        };
        let rows: Vec<Vec<String>> = places.iter().map(row).collect();
        if !rows.is_empty() {
            self.table(("What left sight, and where", &head), &rows);
        }
    }

    fn kept(&mut self, facts: &Facts) {
        let Some(kept) = &facts.kept else {
            self.put("<h2>Kept out of sight</h2>\n<p>Whether something of it is held, or kept for a floor, is told to officers and auditors.</p>\n");
            return;
        };
        if kept.is_empty() {
            self.put("<h2>Kept out of sight</h2>\n<p>Nothing: no hold and no floor stood against it.</p>\n");
            return;
        }
        let head = [
            ("Why", false),
            ("Channel", false),
            ("Records", true),
            ("Messages", true),
        ];
        let why = |kept: &Kept| match (&kept.until, kept.matter) {
            (Some(until), _) => format!("Floor, until {until}"),
            (None, Some(matter)) => {
                let name = self.certificate.names.matters.get(&matter);
                name.map_or_else(
                    || format!("Held for matter {matter}"),
                    |name| format!("Held for {name} ({matter})"),
                )
            }
            (None, None) => "Held".to_owned(),
        };
        let row = |kept: &Kept| {
            vec![
                why(kept),
                kept.channel
                    .map_or_else(|| "–".to_owned(), |channel| self.channel(Some(channel))),
                kept.records.to_string(),
                kept.messages.to_string(),
            ]
        };
        let rows: Vec<Vec<String>> = kept.iter().map(row).collect();
        self.table(("Kept out of sight", &head), &rows);
    }

    fn why(&mut self, facts: &Facts) {
        let mut rows = Vec::new();
        if let Some(rule) = &facts.rule {
            self.rule(rule, &mut rows);
        }
        if let Some(order) = &facts.order {
            rows.push(("Order", order.id.to_string()));
            rows.push(("Reason", order.reason.clone().unwrap_or_default()));
            rows.push(("Requested", self.said(&order.requested)));
            rows.extend(
                order
                    .approved
                    .iter()
                    .map(|said| ("Approved", self.said(said))),
            );
        }
        if let Some(kept_for) = facts.kept_for {
            let name = self.certificate.names.matters.get(&kept_for);
            let known = name.map_or_else(String::new, |name| format!("{name} "));
            rows.push(("Kept until then for", format!("{known}{kept_for}")));
            let released = facts.released.iter();
            rows.extend(released.map(|said| ("Hold released", self.said(said))));
        }
        self.put("<h2>By which rule or order</h2>\n");
        self.facts(&rows);
    }

    fn rule(&self, rule: &Rule, rows: &mut Vec<(&str, String)>) {
        let whose = match rule.channel {
            None => "of the workspace".to_owned(),
            Some(channel) => format!("of {}", self.channel(Some(channel))),
        };
        let keeps = rule.keep_days.map_or_else(
            || "kept for ever".to_owned(),
            |days| format!("kept {}", many(u64::from(days), "day")),
        );
        let floor = rule.floor_days.map_or_else(String::new, |days| {
            format!(", at least {}", many(u64::from(days), "day"))
        });
        rows.push(("Rule", format!("{whose}: {keeps}{floor}")));
        rows.extend(
            rule.proposed
                .iter()
                .map(|said| ("Proposed", self.said(said))),
        );
        rows.extend(
            rule.approved
                .iter()
                .map(|said| ("Approved", self.said(said))),
        );
        rows.push(("In force", self.said(&rule.set)));
    }

    fn evidence(&mut self) {
        let head = [
            ("Position", true),
            ("Event", false),
            ("Time (UTC)", false),
            ("Leaf", false),
        ];
        let row = |one: &super::Evidence| {
            vec![
                one.position.to_string(),
                one.act.clone(),
                iso(one.at),
                one.leaf.clone(),
            ]
        };
        let rows: Vec<Vec<String>> = self.certificate.evidence.iter().map(row).collect();
        self.table(("Where it stands in the log", &head), &rows);
        let made_for = match self.certificate.made_for {
            Role::Admin => "an administrator",
            Role::Officer => "an officer",
            _ => "an auditor",
        };
        let key = self.certificate.log_key.clone();
        self.facts(&[("Key of the log", key), ("Made for", made_for.to_owned())]);
    }

    fn said(&self, said: &Said) -> String {
        let who = match said.by {
            None => "by the server itself".to_owned(),
            Some(id) => match self.certificate.names.people.get(&id) {
                Some(name) => format!("by {name} ({id})"),
                None => format!("by {id}"),
            },
        };
        format!("{}, {who}, position {}", iso(said.at), said.position)
    }

    fn channel(&self, channel: Option<Id>) -> String {
        match channel {
            None => "several channels".to_owned(),
            Some(id) => match self.certificate.names.channels.get(&id) {
                Some(name) => format!("{name} ({id})"),
                None => id.to_string(),
            },
        }
    }
}

fn many(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
