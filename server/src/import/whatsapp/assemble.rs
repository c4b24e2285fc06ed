//! Lines to entries: finds the true headers, reads their dates, gathers what follows each.
//!
//! Never lets a line go: it joins the entry it stands in, or the list of the unreadable.

use super::header::{Half, Header, Shape, header};
use super::marks::{blank, is_mark};
use super::understand::understand;
use super::{
    Chat, DateOrder, ImportError, MAX_LINE_BYTES, MAX_MESSAGE_BYTES, Options, Order, Unreadable,
    dates,
};
use std::collections::HashMap;

pub(super) fn assemble(text: &str, options: &Options) -> Result<Chat, ImportError> {
    let lines: Vec<&str> = Lines { rest: Some(text) }.collect();
    let mut headers: Vec<Option<Header<'_>>> =
        lines.iter().map(|line| header(prefix(line))).collect();
    let shape = true_shape(&lines, &headers).ok_or_else(|| nothing_found(&lines))?;
    let mut quoted_headers = 0;
    for found in &mut headers {
        if found.is_some_and(|h| h.shape != shape) {
            quoted_headers += 1;
            *found = None;
        }
    }
    if shape.half == Half::Unknown {
        return Err(unknown_half(&lines, &headers));
    }
    let standing: Vec<(&Header<'_>, &str)> = headers
        .iter()
        .zip(&lines)
        .filter_map(|(h, line)| Some((h.as_ref()?, *line)))
        .collect();
    let date_order = dates::infer(&standing, options.date_order, options.now_ms);
    let order = match &date_order {
        Order::Certain(order) => *order,
        Order::Ambiguous { candidates, .. } => {
            candidates.first().copied().unwrap_or(DateOrder::DayFirst)
        }
    };
    let (drafts, unreadable) = gather(&lines, &headers, order, options);
    if drafts.is_empty() {
        return Err(nothing_found(&lines));
    }
    let mut chat = understand(&drafts, shape.style);
    chat.form.seconds = shape.has_seconds;
    chat.form.twelve_hour = shape.half != Half::None;
    chat.form.quoted_headers = quoted_headers;
    chat.date_order = date_order;
    chat.unreadable = unreadable;
    Ok(chat)
}

/// A message before its words are understood.
pub(super) struct Draft<'t> {
    pub line: u64,
    pub lines: u64,
    pub at_ms: i64,
    /// What follows the header on its line.
    pub first: &'t str,
    /// The lines after it, each with a line feed before.
    pub more: String,
}

fn gather<'t>(
    lines: &[&'t str],
    headers: &[Option<Header<'t>>],
    order: DateOrder,
    options: &Options,
) -> (Vec<Draft<'t>>, Vec<Unreadable>) {
    let mut drafts: Vec<Draft<'t>> = Vec::new();
    let mut unreadable = Vec::new();
    // Why a line that continues something cannot be kept with it; `None` when it can.
    let mut broken = Some("before the first message");
    for (at, (line, header)) in lines.iter().zip(headers).enumerate() {
        let number = at as u64 + 1;
        let mut refuse = |why: &'static str| {
            unreadable.push(Unreadable {
                line: number,
                text: (*line).to_string(),
                why,
            });
        };
        if let Some(header) = header {
            let local = dates::local_ms(header, order, options.now_ms);
            let why = match local {
                _ if line.len() > MAX_LINE_BYTES => "the line is too long",
                None => "no such date",
                Some(local) => {
                    drafts.push(Draft {
                        line: number,
                        lines: 1,
                        at_ms: local - i64::from(options.utc_offset_minutes) * 60_000,
                        first: header.rest,
                        more: String::new(),
                    });
                    broken = None;
                    continue;
                }
            };
            refuse(why);
            broken = Some("continues a line that could not be read");
        } else if let Some(why) = broken {
            refuse(why);
        } else if let Some(draft) = drafts.last_mut() {
            if line.len() > MAX_LINE_BYTES {
                refuse("the line is too long");
            } else if draft.more.len() + line.len() > MAX_MESSAGE_BYTES {
                refuse("the message is too long");
            } else {
                draft.more.push('\n');
                draft.more.push_str(line);
                draft.lines += 1;
            }
        }
    }
    (drafts, unreadable)
}

/// The first line tells how this phone writes; without a header there, the commonest shape does.
fn true_shape(lines: &[&str], headers: &[Option<Header<'_>>]) -> Option<Shape> {
    let first = lines
        .iter()
        .position(|line| !line.trim_matches(blank).is_empty())?;
    if let Some(Some(header)) = headers.get(first)
        && header.shape.half != Half::Unknown
    {
        return Some(header.shape);
    }
    let mut counts: HashMap<Shape, (u64, std::cmp::Reverse<usize>)> = HashMap::new();
    for (at, header) in headers.iter().enumerate() {
        if let Some(header) = header {
            counts
                .entry(header.shape)
                .or_insert((0, std::cmp::Reverse(at)))
                .0 += 1;
        }
    }
    counts
        .into_iter()
        .max_by_key(|(_, rank)| *rank)
        .map(|(shape, _)| shape)
}

fn nothing_found(lines: &[&str]) -> ImportError {
    let Some(at) = lines
        .iter()
        .position(|line| !line.trim_matches(blank).is_empty())
    else {
        return ImportError::new("import/empty", "The file has no text in it.");
    };
    let shown: String = lines
        .get(at)
        .unwrap_or(&"")
        .chars()
        .filter(|c| !is_mark(*c))
        .take(60)
        .collect();
    ImportError::new(
        "import/no_messages",
        format!("No line starts with a date and a time as WhatsApp writes them. The first line is: {shown}"),
    )
    .at(at as u64 + 1)
}

fn unknown_half(lines: &[&str], headers: &[Option<Header<'_>>]) -> ImportError {
    let at = headers.iter().position(Option::is_some).unwrap_or(0);
    let shown: String = lines
        .get(at)
        .unwrap_or(&"")
        .chars()
        .filter(|c| !is_mark(*c))
        .take(60)
        .collect();
    ImportError::new(
        "import/no_messages",
        format!(
            "The word after the time is not one the reader knows as morning or afternoon: {shown}"
        ),
    )
    .at(at as u64 + 1)
}

/// A header stands at the start; of a long line no more is looked at.
fn prefix(line: &str) -> &str {
    const LONG: usize = MAX_LINE_BYTES + 1;
    if line.len() <= LONG {
        return line;
    }
    let end = (0..=LONG)
        .rev()
        .find(|at| line.is_char_boundary(*at))
        .unwrap_or(0);
    line.get(..end).unwrap_or(line)
}

/// Lines ended by LF, CR LF or a lone CR. A final line end starts no further line.
struct Lines<'t> {
    rest: Option<&'t str>,
}

impl<'t> Iterator for Lines<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let rest = self.rest.filter(|rest| !rest.is_empty())?;
        let Some(end) = rest.find(['\n', '\r']) else {
            self.rest = None;
            return Some(rest);
        };
        let (line, after) = rest.split_at_checked(end)?;
        self.rest = after.strip_prefix("\r\n").or_else(|| after.get(1..));
        Some(line)
    }
}
