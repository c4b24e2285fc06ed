//! Tells what a sentence of WhatsApp's own says: who was added, what the group is called now.
//!
//! Never drops a sentence: one it does not know becomes `SystemEvent::Other` with its text.

use super::languages::{self, Language, What};
use super::marks::plain;
use super::{SystemEvent, YOU};
use std::sync::LazyLock;

/// Sentences are short; a longer text is not searched for one.
const LONGEST: usize = 600;

pub(super) struct Told {
    pub by: Option<String>,
    pub event: SystemEvent,
    pub language: Option<&'static str>,
}

/// Remembers the language that fitted last, for a phone speaks one.
#[derive(Default)]
pub(super) struct Events {
    last: usize,
}

impl Events {
    pub fn tell(&mut self, sentence: &str) -> Told {
        let text = normalised(sentence);
        let other = |text: &str| Told {
            by: None,
            event: SystemEvent::Other(text.to_string()),
            language: None,
        };
        if text.len() > LONGEST {
            return other(&plain_lines(sentence));
        }
        let rows = &*ROWS;
        let order = (self.last..rows.len()).chain(0..self.last);
        for at in order {
            let Some(row) = rows.get(at) else { continue };
            if let Some(told) = row.sentence(&text) {
                self.last = at;
                return told;
            }
        }
        for (at, row) in rows.iter().enumerate() {
            for (what, sign) in row.language.signs {
                if text.contains(sign) {
                    self.last = at;
                    return Told {
                        event: bare(*what)
                            .unwrap_or_else(|| SystemEvent::Other(plain_lines(sentence))),
                        by: None,
                        language: Some(row.language.code),
                    };
                }
            }
        }
        other(&plain_lines(sentence))
    }
}

fn plain_lines(sentence: &str) -> String {
    sentence
        .split('\n')
        .map(plain)
        .collect::<Vec<_>>()
        .join("\n")
}

fn bare(what: What) -> Option<SystemEvent> {
    Some(match what {
        What::Icon => SystemEvent::IconChanged,
        What::Number => SystemEvent::NumberChanged,
        What::Encrypted => SystemEvent::Encrypted,
        What::Joined => SystemEvent::JoinedByLink,
        What::Admin => SystemEvent::AdminChanged,
        What::Left => SystemEvent::Left,
        _ => return None,
    })
}

fn normalised(sentence: &str) -> String {
    let mut text: String = plain(sentence)
        .chars()
        .map(|c| match c {
            '“' | '”' | '„' | '‟' | '«' | '»' | '「' | '」' | '『' | '』' | '″' => {
                '"'
            }
            '’' | '‘' => '\'',
            other => other,
        })
        .collect();
    text.truncate(text.trim_end_matches(['.', '。', '।', ' ']).len());
    text
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| languages::all().map(Row::of).collect());

struct Row {
    language: &'static Language,
    sentences: Vec<(What, Pattern)>,
}

impl Row {
    fn of(language: &'static Language) -> Self {
        let sentences = language
            .sentences
            .iter()
            .map(|(what, text)| (*what, Pattern::of(text)))
            .collect();
        Self {
            language,
            sentences,
        }
    }

    fn sentence(&self, text: &str) -> Option<Told> {
        self.sentences.iter().find_map(|(what, pattern)| {
            let found = pattern.find(text)?;
            let name = |slot: Option<&str>| {
                slot.map(|name| {
                    let name = name.trim();
                    if self.language.you.contains(&name) {
                        YOU.to_string()
                    } else {
                        name.to_string()
                    }
                })
            };
            let words = |slot: Option<&str>| slot.map(|text| text.trim().to_string());
            let by = name(found.by).or_else(|| found.by_you.then(|| YOU.to_string()));
            let who = name(found.who)
                .or_else(|| found.who_you.then(|| YOU.to_string()))
                .unwrap_or_default();
            Some(Told {
                by,
                event: match what {
                    What::Created => SystemEvent::Created {
                        name: words(found.name),
                    },
                    What::Added => SystemEvent::Added { who },
                    What::Removed => SystemEvent::Removed { who },
                    What::Subject => SystemEvent::SubjectChanged {
                        from: words(found.from),
                        to: words(found.to).unwrap_or_default(),
                    },
                    simple => bare(*simple)?,
                },
                language: Some(self.language.code),
            })
        })
    }
}

struct Pattern {
    parts: Vec<Part>,
    /// The longest text every match contains: a cheap way to say no.
    needle: &'static str,
}

enum Part {
    Text(&'static str),
    Either(Vec<&'static str>),
    Slot(char),
}

#[derive(Clone, Copy, Default)]
struct Found<'t> {
    by: Option<&'t str>,
    who: Option<&'t str>,
    name: Option<&'t str>,
    from: Option<&'t str>,
    to: Option<&'t str>,
    by_you: bool,
    who_you: bool,
}

impl Pattern {
    fn of(text: &'static str) -> Self {
        let mut parts = Vec::new();
        let mut needle = "";
        let mut rest = text;
        while !rest.is_empty() {
            if let Some((slot, after)) = rest.strip_prefix('{').and_then(|r| r.split_once('}')) {
                parts.extend(slot.chars().next().map(Part::Slot));
                rest = after;
            } else if let Some((choice, after)) =
                rest.strip_prefix('[').and_then(|r| r.split_once(']'))
            {
                parts.push(Part::Either(choice.split('|').collect()));
                rest = after;
            } else {
                let end = rest.find(['{', '[']).unwrap_or(rest.len());
                let (literal, after) = rest.split_at(end);
                if literal.len() > needle.len() {
                    needle = literal;
                }
                parts.push(Part::Text(literal));
                rest = after;
            }
        }
        Self { parts, needle }
    }

    fn find<'t>(&self, text: &'t str) -> Option<Found<'t>> {
        if !text.contains(self.needle.trim_end()) {
            return None;
        }
        step(&self.parts, text, Found::default())
    }
}

/// Matches `parts` against all of `text`, shortest slots first.
fn step<'t>(parts: &[Part], text: &'t str, mut found: Found<'t>) -> Option<Found<'t>> {
    /// Longer than any name or subject WhatsApp allows.
    const LONGEST_SLOT: usize = 300;
    let Some((part, rest)) = parts.split_first() else {
        return text.is_empty().then_some(found);
    };
    match part {
        Part::Text(literal) => {
            // A sentence may end where the pattern still has a space before an empty choice.
            let after = match text.strip_prefix(literal) {
                None if text == literal.trim_end() => "",
                other => other?,
            };
            step(rest, after, found)
        }
        Part::Either(choices) => choices
            .iter()
            .find_map(|choice| step(rest, text.strip_prefix(choice)?, found)),
        Part::Slot('A') => {
            found.by_you = true;
            step(rest, text, found)
        }
        Part::Slot('W') => {
            found.who_you = true;
            step(rest, text, found)
        }
        Part::Slot(slot) => text
            .char_indices()
            .map(|(at, c)| at + c.len_utf8())
            .take_while(|end| *end <= LONGEST_SLOT)
            .find_map(|end| {
                let (taken, after) = text.split_at_checked(end)?;
                let mut found = found;
                let place = match slot {
                    'a' => &mut found.by,
                    'w' => &mut found.who,
                    'n' => &mut found.name,
                    'f' => &mut found.from,
                    _ => &mut found.to,
                };
                *place = Some(taken);
                step(rest, after, found)
            }),
    }
}
