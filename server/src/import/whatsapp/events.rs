//! Tells what a sentence of WhatsApp's own says: who was added, what the group is called now.
//!
//! Never drops a sentence: one it does not know becomes `SystemEvent::Other` with its text.

use super::languages::{self, Language, What};
use super::marks::plain;
use super::{SystemEvent, YOU};
use std::sync::LazyLock;

/// Sentences are short; a longer text is not searched for one.
const LONGEST: usize = 1500;

pub(super) struct Told {
    pub by: Option<String>,
    pub event: SystemEvent,
    pub language: Option<&'static str>,
}

/// A phone speaks one language: once sentences keep failing, only those that fitted are tried.
#[derive(Default)]
pub(super) struct Events {
    fitted: Vec<usize>,
    misses: u32,
    effort: u64,
}

impl Events {
    /// So many sentences are searched for in every language.
    const PATIENCE: u32 = 500;
    /// Steps spent on one file; a file made to cost more gets its sentences back unread.
    const MOST_EFFORT: u64 = 20_000_000;

    pub fn tell(&mut self, sentence: &str) -> Told {
        self.known(sentence).unwrap_or_else(|| Told {
            by: None,
            event: SystemEvent::Other(plain_lines(sentence)),
            language: None,
        })
    }

    fn known(&mut self, sentence: &str) -> Option<Told> {
        if sentence.len() > LONGEST || self.effort > Self::MOST_EFFORT {
            return None;
        }
        let text = normalised(sentence);
        let all: Vec<usize> = if self.misses < Self::PATIENCE {
            let rest = (0..ROWS.len()).filter(|at| !self.fitted.contains(at));
            self.fitted.iter().copied().chain(rest).collect()
        } else {
            self.fitted.clone()
        };
        let rows = || all.iter().filter_map(|at| Some((*at, ROWS.get(*at)?)));
        let effort = &mut self.effort;
        let found = rows()
            .find_map(|(at, row)| Some((at, row.sentence(&text, effort)?)))
            .or_else(|| {
                rows().find_map(|(at, row)| Some((at, row.sign(&text, sentence, effort)?)))
            });
        let Some((at, told)) = found else {
            self.misses = self.misses.saturating_add(1);
            return None;
        };
        // The language that fits oftenest comes to the front by itself.
        self.fitted.retain(|row| *row != at);
        self.fitted.insert(0, at);
        Some(told)
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

    fn sign(&self, text: &str, sentence: &str, effort: &mut u64) -> Option<Told> {
        *effort += self.language.signs.len() as u64;
        let (what, _) = self
            .language
            .signs
            .iter()
            .find(|(_, sign)| text.contains(sign))?;
        Some(Told {
            by: None,
            event: bare(*what).unwrap_or_else(|| SystemEvent::Other(plain_lines(sentence))),
            language: Some(self.language.code),
        })
    }

    fn sentence(&self, text: &str, effort: &mut u64) -> Option<Told> {
        self.sentences.iter().find_map(|(what, pattern)| {
            let found = pattern.find(text, effort)?;
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

    fn find<'t>(&self, text: &'t str, effort: &mut u64) -> Option<Found<'t>> {
        /// Enough for every slot to try every place of a long sentence once.
        const MOST_STEPS: u64 = 2_000;
        *effort += 1;
        if !text.contains(self.needle.trim_end()) {
            return None;
        }
        let mut steps = MOST_STEPS;
        let found = step(&self.parts, text, Found::default(), &mut steps);
        *effort += MOST_STEPS - steps;
        found
    }
}

/// Matches `parts` against all of `text`, shortest slots first.
fn step<'t>(
    parts: &[Part],
    text: &'t str,
    mut found: Found<'t>,
    steps: &mut u64,
) -> Option<Found<'t>> {
    /// Longer than any name or subject WhatsApp allows.
    const LONGEST_SLOT: usize = 300;
    *steps = steps.checked_sub(1)?;
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
            step(rest, after, found, steps)
        }
        Part::Either(choices) => choices
            .iter()
            .find_map(|choice| step(rest, text.strip_prefix(choice)?, found, steps)),
        Part::Slot('A') => {
            found.by_you = true;
            step(rest, text, found, steps)
        }
        Part::Slot('W') => {
            found.who_you = true;
            step(rest, text, found, steps)
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
                step(rest, after, found, steps)
            }),
    }
}
