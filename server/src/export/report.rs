//! report.html: the range as a page to read. All text is escaped, there is no script, and nothing is fetched.
//!
//! Never evidence: the lines are, and the page says so.

use std::borrow::Cow;
use std::io::{self, Write};

use migrations_free_store::Id;
use serde_json::Value;

use super::line::{Part, Reason, iso};
use super::manifest::Manifest;
use super::select::Picked;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}\
table{border-collapse:collapse;width:100%}td,th{text-align:start;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d8dee4}\
td:last-child{width:60%}.t{white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}.n{color:#57606a}time,.q{white-space:nowrap;font-variant-numeric:tabular-nums}";

pub fn begin(out: &mut dyn Write, manifest: &Manifest) -> io::Result<()> {
    let title = format!("Export {} of {}", manifest.export, shown_channel(manifest));
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{0}</title><style>{STYLE}</style>\n<h1>{0}</h1>\n<table>",
        escaped(&title)
    )?;
    let m = manifest;
    let facts = [
        (
            "Range",
            format!("{} up to, not including, {}", m.range.from, m.range.to),
        ),
        (
            "Requested by",
            format!("{} ({})", m.order.requester_name, m.order.requester),
        ),
        (
            "Approved by",
            format!("{} ({})", m.order.approver_name, m.order.approver),
        ),
        ("Case", m.order.case.clone()),
        ("Reason", m.order.reason.clone()),
        (
            "Events",
            format!(
                "{} ({} messages, {} files)",
                m.counts.events, m.counts.messages, m.counts.files
            ),
        ),
        (
            "Checkpoint",
            format!("{} events, log {}", m.log.size, m.log.origin),
        ),
    ];
    let chosen = m.selection.as_ref().map(|chosen| {
        let mut tags = format!("tagged {}", chosen.tagged.join(" and "));
        if !chosen.not_tagged.is_empty() {
            tags.push_str(" and not ");
            tags.push_str(&chosen.not_tagged.join(" or "));
        }
        let count = chosen.messages.len();
        let told = format!(
            "{count} messages {tags} for matter {}; the content of all else is withheld",
            chosen.matter
        );
        ("Chosen", told)
    });
    for (name, value) in facts.into_iter().chain(chosen) {
        write!(
            out,
            "<tr><th scope=\"row\">{name}<td class=\"t\">{}",
            escaped(&value)
        )?;
    }
    write!(
        out,
        "</table>\n<p class=\"n\">This page is a reading copy. The evidence is in the folder jsonl; verify.py checks it.</p>\n\
         <table><tr><th>No.<th>Time (UTC)<th>Who<th>What\n"
    )
}

/// `native` gives where a file of the content is in the bundle.
pub fn row<'n>(
    out: &mut dyn Write,
    picked: &Picked,
    name: Option<&str>,
    native: &dyn Fn(Id) -> Option<&'n str>,
) -> io::Result<()> {
    let number = picked.seq.map_or_else(String::new, |seq| seq.to_string());
    write!(
        out,
        "<tr><td class=\"q\">{number}<td><time>{}</time><td>",
        iso(picked.at_ms)
    )?;
    let Some((_, head)) = &picked.header else {
        return writeln!(out, "<td class=\"n\">[header and content destroyed]");
    };
    let who = name.filter(|name| !name.is_empty()).unwrap_or(&head.actor);
    write!(out, "<bdi>{}</bdi><td>", escaped(who))?;
    if !head.is_message() {
        write!(
            out,
            "<span class=\"n\">{}{}</span> ",
            escaped(&head.act),
            head.amends()
                .map_or_else(String::new, |of| format!(" of no. {of}"))
        )?;
    }
    if head.object.get("urgent").and_then(Value::as_bool) == Some(true) {
        write!(out, "<span class=\"n\">(urgent)</span> ")?;
    }
    if picked.part == Part::Amendment {
        write!(out, "<span class=\"n\">(after the range)</span> ")?;
    }
    if picked.unchosen && picked.part != Part::Fence {
        write!(out, "<span class=\"n\">(not chosen, withheld)</span>")?;
    } else if picked.withheld || picked.part == Part::Fence {
        write!(
            out,
            "<span class=\"n\">(outside the range, not shown)</span>"
        )?;
    }
    if let Some(reason) = picked.forgotten {
        let why = match reason {
            Reason::Destroyed => "[content destroyed: its key no longer exists]",
            Reason::Erased => "[content destroyed with its author's key]",
            Reason::Redacted => "[content redacted]",
        };
        write!(out, "<span class=\"n\">{why}</span>")?;
    }
    if let Some((_, said)) = &picked.content {
        if let Some(imported) = &said.imported {
            let from = imported
                .get("from")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let at = imported
                .get("at")
                .and_then(Value::as_u64)
                .map_or_else(String::new, iso);
            write!(
                out,
                "<div class=\"n\">imported, unverified: <bdi>{}</bdi>, {at}</div>",
                escaped(from)
            )?;
        }
        for text in [
            &said.text,
            &said.name,
            &said.topic,
            &said.emoji,
            &said.case,
            &said.reason,
        ]
        .into_iter()
        .flatten()
        {
            write!(out, "<div class=\"t\" dir=\"auto\">{}</div>", escaped(text))?;
        }
        if let Some(preview) = &said.preview {
            let words: Vec<_> = preview.lines().map(escaped).collect();
            write!(
                out,
                "<div class=\"t\" dir=\"auto\"><span class=\"n\">link preview of <bdi>{}</bdi>:</span> {}</div>",
                escaped(&preview.url),
                words.join(" · ")
            )?;
        }
        for (n, option) in said.options.iter().enumerate() {
            let option = escaped(option);
            write!(
                out,
                "<div class=\"t\" dir=\"auto\">{}. {option}</div>",
                n + 1
            )?;
        }
        if head.act == "poll.voted" {
            let chosen: Vec<String> = said.votes.iter().map(|n| (n + 1).to_string()).collect();
            match chosen.is_empty() {
                true => write!(out, "<span class=\"n\">(vote taken back)</span>")?,
                false => write!(out, "for {}", chosen.join(", "))?,
            }
        }
        for file in &said.files {
            let shown = escaped(&file.name);
            match native(file.id) {
                // The path has only letters, digits, dots, dashes and underscores.
                Some(path) => write!(
                    out,
                    "<div><a href=\"{path}\"><bdi>{shown}</bdi></a> ({} bytes)</div>",
                    file.size
                )?,
                None => write!(
                    out,
                    "<div><bdi>{shown}</bdi> <span class=\"n\">[file destroyed]</span></div>"
                )?,
            }
        }
    }
    writeln!(out)
}

pub fn end(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "</table></html>")
}

fn shown_channel(manifest: &Manifest) -> String {
    if manifest.channel.name.is_empty() {
        format!("direct channel {}", manifest.channel.id)
    } else {
        manifest.channel.name.clone()
    }
}

/// Safe between tags and in quoted attributes. Control characters would make the page unreadable to strict readers.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    let is_safe = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t') && !is_markup(*byte);
    if text.as_bytes().iter().all(is_safe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

fn is_markup(byte: u8) -> bool {
    matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')
}
