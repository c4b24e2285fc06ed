//! Drafts to entries: who wrote each, what it is, what the group is called.
//!
//! Never takes a person's words for WhatsApp's: in doubt they stay a message.

use super::assemble::Draft;
use super::events::Events;
use super::header::Style;
use super::marks::is_generated;
use super::names::{self, Cutter};
use super::{Chat, Counts, DateOrder, Entry, Form, Kind, Order, Platform, SystemEvent, body};
use std::collections::{HashMap, HashSet};

/// Entries and their sum from drafts of one file.
pub(super) fn understand(drafts: &[Draft<'_>], style: Style) -> Chat {
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
        let (sender, kind, language) = match cut {
            Some((name, text)) => said(
                names::name(name),
                &whole(text, draft),
                ios,
                group.as_deref(),
                &mut events,
            ),
            None => told(&whole(draft.first, draft), &mut events),
        };
        if let Some(code) = language {
            *languages.entry(code).or_default() += 1;
        }
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
        .max_by_key(|(code, times)| (*times, std::cmp::Reverse(*code)))
        .map(|(code, _)| code);
    let platform = if ios {
        Platform::Ios
    } else {
        Platform::Android
    };
    summed(entries, group_name, platform, language)
}

type Understood = (Option<String>, Kind, Option<&'static str>);

/// A line with a name before it: someone's words, or on iPhones an event told under a name.
fn said(
    sender: String,
    whole: &str,
    ios: bool,
    group: Option<&str>,
    events: &mut Events,
) -> Understood {
    let (kind, language) = body::read(whole, ios);
    let from_group = group == Some(sender.as_str());
    if matches!(kind, Kind::Message { .. }) && (from_group || (ios && is_generated(whole))) {
        let told = events.tell(whole);
        if from_group || told.language.is_some() {
            return (
                told.by.map(|by| names::name(&by)),
                Kind::System(told.event),
                told.language,
            );
        }
    }
    (Some(sender), kind, language)
}

/// A line with no name before it: WhatsApp's own words.
fn told(whole: &str, events: &mut Events) -> Understood {
    if let Some(call) = body::call(whole) {
        return (None, call, None);
    }
    let told = events.tell(whole);
    (
        told.by.map(|by| names::name(&by)),
        Kind::System(told.event),
        told.language,
    )
}

fn whole(first: &str, draft: &Draft<'_>) -> String {
    let mut whole = String::with_capacity(first.len() + draft.more.len());
    whole.push_str(first);
    whole.push_str(&draft.more);
    whole.truncate(whole.trim_end_matches('\n').len());
    whole
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
            && matches!(body::read(text, true).0, Kind::Message { .. })
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
