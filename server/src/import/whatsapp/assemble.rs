//! Lines to entries: finds the true headers, reads their dates, gathers what follows each.
//!
//! Never lets a line go: it joins the entry it stands in, or the list of the unreadable.

use super::events::Events;
use super::header::{Half, Header, Shape, Style, header};
use super::marks::{blank, is_generated, is_mark};
use super::names::{self, Cutter};
use super::{
    Chat, Counts, DateOrder, Entry, Form, ImportError, Kind, MAX_LINE_BYTES, MAX_MESSAGE_BYTES,
    Options, Order, Platform, SystemEvent, Unreadable, body, dates,
};
use std::collections::{HashMap, HashSet};

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
    let mut chat = read_drafts(&drafts, shape.style);
    chat.form.seconds = shape.has_seconds;
    chat.form.twelve_hour = shape.half != Half::None;
    chat.form.quoted_headers = quoted_headers;
    chat.date_order = date_order;
    chat.unreadable = unreadable;
    Ok(chat)
}

/// A message before its words are understood.
struct Draft<'t> {
    line: u64,
    lines: u64,
    at_ms: i64,
    /// What follows the header on its line.
    first: &'t str,
    more: String,
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

fn read_drafts(drafts: &[Draft<'_>], style: Style) -> Chat {
    let ios = style != Style::Dash;
    let mut cutter = Cutter::default();
    for draft in drafts {
        cutter.learn(draft.first);
    }
    let colons = cutter.with_colons();
    let mut events = Events::default();
    let group = if ios {
        group_sender(drafts, &cutter, &mut events)
    } else {
        None
    };
    let mut languages: HashMap<&'static str, u64> = HashMap::new();
    let mut entries = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let cut = cutter
            .cut(draft.first)
            .filter(|(name, _)| !is_sentence(draft.first, name, &cutter, &colons, &mut events));
        let (sender, first) = match cut {
            Some((name, text)) => (Some(names::name(name)), text),
            None => (None, draft.first),
        };
        let whole = if draft.more.is_empty() {
            first.to_string()
        } else {
            format!("{first}{}", draft.more)
        };
        let whole = whole.trim_end_matches('\n');
        let from_group = sender.is_some() && sender == group;
        let own_words = sender.is_none() || from_group || (ios && is_generated(first));
        let spoken = sender.as_ref().map(|_| body::read(whole, ios));
        let plain_words = !matches!(&spoken, Some(kind) if !matches!(kind, Kind::Message { .. }));
        let told = if own_words && plain_words {
            Some(events.tell(whole))
        } else {
            None
        };
        let known = told.as_ref().is_some_and(|t| t.language.is_some());
        if let Some(code) = told
            .as_ref()
            .and_then(|t| t.language)
            .or_else(|| body::language(whole))
        {
            *languages.entry(code).or_default() += 1;
        }
        let (sender, kind) = match (sender, told, spoken) {
            (None, _, _) if body::call(whole).is_some() => (
                None,
                Kind::Call {
                    text: super::marks::plain(whole),
                },
            ),
            (sender, Some(told), spoken) if sender.is_none() || from_group || known => {
                drop(spoken);
                (
                    told.by.map(|name| names::name(&name)),
                    Kind::System(told.event),
                )
            }
            (sender, _, Some(kind)) => (sender, kind),
            (sender, _, None) => (sender, Kind::System(SystemEvent::Other(whole.to_string()))),
        };
        entries.push(Entry {
            line: draft.line,
            lines: draft.lines,
            at_ms: draft.at_ms,
            sender,
            kind,
        });
    }
    let group_name = group.or_else(|| told_name(&entries));
    let language = languages
        .into_iter()
        .max_by_key(|(code, times)| (*times, std::cmp::Reverse(*code)));
    summed(
        entries,
        group_name,
        if ios {
            Platform::Ios
        } else {
            Platform::Android
        },
        language.map(|(code, _)| code),
    )
}

/// A sentence of WhatsApp's own that holds a colon: in the name of a group or of someone who
/// writes in the chat, or in the notice on encryption.
fn is_sentence(
    rest: &str,
    name: &str,
    cutter: &Cutter<'_>,
    colons: &HashSet<String>,
    events: &mut Events,
) -> bool {
    const A_PERSON: u32 = 3;
    if cutter.times(name) >= A_PERSON {
        return false;
    }
    let quotes = name
        .chars()
        .filter(|c| matches!(c, '"' | '“' | '„' | '«' | '»' | '”' | '「' | '」'))
        .count();
    if quotes % 2 == 1 {
        let told = events.tell(rest).event;
        return matches!(
            told,
            SystemEvent::Created { .. } | SystemEvent::SubjectChanged { .. }
        );
    }
    if !colons.is_empty() {
        let told = events.tell(rest);
        let named = match &told.event {
            SystemEvent::Added { who } | SystemEvent::Removed { who } => Some(who),
            _ => told.by.as_ref(),
        };
        if told.language.is_some() && named.is_some_and(|who| colons.contains(&names::name(who))) {
            return true;
        }
    }
    matches!(events.tell(name).event, SystemEvent::Encrypted)
}

/// On iPhones a group speaks under its own name: a sender of whom nothing but events is known.
fn group_sender<'t>(
    drafts: &[Draft<'t>],
    cutter: &Cutter<'t>,
    events: &mut Events,
) -> Option<String> {
    let mut silent: HashMap<&str, u32> = HashMap::new();
    let mut speaking: HashSet<&str> = HashSet::new();
    for draft in drafts {
        let Some((name, text)) = cutter.cut(draft.first) else {
            continue;
        };
        if speaking.contains(name) {
            continue;
        }
        let is_event = is_generated(text)
            && matches!(body::read(text, true), Kind::Message { .. })
            && events.tell(text).language.is_some();
        if is_event {
            *silent.entry(name).or_default() += 1;
        } else {
            speaking.insert(name);
        }
    }
    // Two people can talk about encryption and nothing else; three senders are a group.
    let speakers = speaking
        .iter()
        .map(|name| names::name(name))
        .collect::<HashSet<_>>();
    silent
        .into_iter()
        .filter(|(name, _)| !speaking.contains(name) && !speakers.contains(&names::name(name)))
        .filter(|(_, events)| *events > 1 || speakers.len() > 1)
        .max_by_key(|(name, events)| (*events, std::cmp::Reverse(*name)))
        .map(|(name, _)| names::name(name))
}

/// The last name a group was given in the text.
fn told_name(entries: &[Entry]) -> Option<String> {
    entries.iter().rev().find_map(|entry| match &entry.kind {
        Kind::System(SystemEvent::SubjectChanged { to, .. }) => Some(to.clone()),
        Kind::System(SystemEvent::Created { name }) => name.clone(),
        _ => None,
    })
}

fn summed(
    entries: Vec<Entry>,
    group_name: Option<String>,
    platform: Platform,
    language: Option<&'static str>,
) -> Chat {
    let mut counts = Counts::default();
    let mut senders: HashMap<String, u64> = HashMap::new();
    for entry in &entries {
        match &entry.kind {
            Kind::Message { .. } => counts.messages += 1,
            Kind::Attachment { file_name, .. } => {
                counts.attachments += 1;
                counts.attachments_left_out += u64::from(file_name.is_none());
            }
            Kind::Deleted { .. } => counts.deleted += 1,
            Kind::Poll { .. } => counts.polls += 1,
            Kind::Call { .. } => counts.calls += 1,
            Kind::System(_) => counts.system += 1,
        }
        if !matches!(entry.kind, Kind::System(_))
            && let Some(sender) = &entry.sender
        {
            *senders.entry(sender.clone()).or_default() += 1;
        }
    }
    Chat {
        first_ms: entries.iter().map(|e| e.at_ms).min().unwrap_or(0),
        last_ms: entries.iter().map(|e| e.at_ms).max().unwrap_or(0),
        group_name,
        form: Form {
            platform,
            language,
            seconds: false,
            twelve_hour: false,
            quoted_headers: 0,
        },
        date_order: Order::Certain(DateOrder::DayFirst),
        people: names::people(senders),
        entries,
        unreadable: Vec::new(),
        counts,
    }
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
