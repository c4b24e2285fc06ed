//! Names as exports write them: contacts, unknown people with a tilde, bare phone numbers.
//!
//! Never decides which account a name belongs to.

use super::marks::{digit, plain};
use super::{Sender, SenderKind};
use std::collections::{HashMap, HashSet};

/// One way of writing a name, so that marks and odd spaces do not make two people of one.
pub(super) fn name(raw: &str) -> String {
    let name = plain(raw);
    match name.strip_prefix('~') {
        Some(profile) => format!("~ {}", profile.trim_start()),
        None => name,
    }
}

pub(super) fn kind(name: &str) -> SenderKind {
    if let Some(profile) = name.strip_prefix("~ ") {
        return SenderKind::Unknown {
            profile: profile.to_string(),
        };
    }
    match phone(name) {
        Some(number) => SenderKind::Phone { number },
        None => SenderKind::Contact,
    }
}

fn phone(name: &str) -> Option<String> {
    const SHORTEST: usize = 6;
    let mut number = String::new();
    for (at, c) in name.chars().enumerate() {
        match (digit(c).and_then(|d| char::from_digit(d, 10)), c) {
            (Some(d), _) => number.push(d),
            (None, '+') if at == 0 => number.push('+'),
            (None, ' ' | '-' | '\u{2010}' | '\u{2011}' | '(' | ')' | '.' | '/') => {}
            _ => return None,
        }
    }
    (number.trim_start_matches('+').len() >= SHORTEST).then_some(number)
}

/// Everyone who wrote, the most talkative first.
pub(super) fn people(messages: HashMap<String, u64>) -> Vec<Sender> {
    let mut people: Vec<Sender> = messages
        .into_iter()
        .map(|(name, messages)| Sender {
            kind: kind(&name),
            name,
            messages,
        })
        .collect();
    people.sort_by(|a, b| {
        b.messages
            .cmp(&a.messages)
            .then_with(|| a.name.cmp(&b.name))
    });
    people
}

/// Cuts `name: text` where the file as a whole says the name ends, for a name may hold colons.
#[derive(Default)]
pub(super) struct Cutter<'t> {
    seen: HashMap<&'t str, u32>,
}

impl<'t> Cutter<'t> {
    /// A prefix seen this often, always going on alike, is all one name.
    const SURE: u32 = 3;

    pub fn learn(&mut self, rest: &'t str) {
        for (name, _) in cuts(rest) {
            *self.seen.entry(name).or_default() += 1;
        }
    }

    /// The names of people who wrote often enough to be sure that the colon in them is theirs.
    pub fn with_colons(&self) -> HashSet<String> {
        self.seen
            .iter()
            .filter(|(text, times)| text.contains(':') && **times >= Self::SURE)
            .map(|(text, _)| name(text))
            .collect()
    }

    /// How often a line of the file starts with this name.
    pub fn times(&self, name: &str) -> u32 {
        self.seen.get(name).copied().unwrap_or(0)
    }

    pub fn cut(&self, rest: &'t str) -> Option<(&'t str, &'t str)> {
        let mut cuts = cuts(rest);
        let mut best = cuts.next()?;
        for next in cuts {
            let times = self.times(next.0);
            if times < Self::SURE || times < self.times(best.0) {
                break;
            }
            best = next;
        }
        Some(best)
    }
}

/// The places where a name could end, nearest first.
fn cuts(rest: &str) -> impl Iterator<Item = (&str, &str)> {
    const LONGEST_NAME: usize = 160;
    const MOST_COLONS: usize = 4;
    rest.char_indices()
        .take_while(|(at, _)| *at <= LONGEST_NAME)
        .filter(|(_, c)| *c == ':')
        .filter_map(move |(at, _)| {
            let (name, after) = rest.split_at_checked(at)?;
            let text = after.strip_prefix(':')?;
            let spaced = text.trim_start_matches(super::marks::is_mark);
            let text = match spaced.chars().next() {
                None => text,
                // The space belongs to the form, what stands around it to the text.
                Some(c) if super::marks::is_space(c) => {
                    if spaced.len() == text.len() {
                        text.get(c.len_utf8()..)?
                    } else {
                        text
                    }
                }
                Some(_) => return None,
            };
            (!name.chars().all(super::marks::blank)).then_some((name, text))
        })
        .take(MOST_COLONS)
}

/// The chat's name in the name of an exported file, for chats whose text does not tell.
pub fn name_from_file(file_name: &str) -> Option<String> {
    const STARTS: &[&str] = &[
        "WhatsApp Chat - ",
        "WhatsApp Chat with ",
        "WhatsApp Chat mit ",
        "WhatsApp-chat met ",
        "WhatsApp Chat met ",
        "Chat de WhatsApp con ",
        "Chat WhatsApp con ",
        "Conversa do WhatsApp com ",
        "Conversa no WhatsApp com ",
        "Discussion WhatsApp avec ",
        "Чат WhatsApp с контактом ",
        "Чат WhatsApp с ",
        "WhatsApp-chatt med ",
        "WhatsApp-chat med ",
        "WhatsApp-keskustelu: ",
        "Chat WhatsApp dengan ",
        "WhatsApp Sohbeti - ",
    ];
    let base = file_name.rsplit(['/', '\\']).next()?;
    let stem = base
        .strip_suffix(".txt")
        .or_else(|| base.strip_suffix(".zip"))?;
    STARTS
        .iter()
        .find_map(|start| stem.strip_prefix(start))
        .map(plain)
        .filter(|name| !name.is_empty())
}
