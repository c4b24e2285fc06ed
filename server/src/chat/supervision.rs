//! Supervision: what is looked for in what is written, and the queue of what a second pair of eyes is to see.
//!
//! Never holds what anybody wrote. What a rule looks for is in memory alone, and in the log under a key.

use std::collections::BTreeMap;

use migrations_free_store::{Id, Position};
use regex::{RegexSet, RegexSetBuilder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::event::{Act, Content, Event};
use super::refusal::Refusal;

/// Rules that wait or stand.
pub const RULES_MAX: usize = 32;
/// Words and patterns of one rule.
pub const WORDS_MAX: usize = 100;
pub const WORD_CHARS_MAX: usize = 120;
pub const NOTICE_CHARS_MAX: usize = 300;
/// Of a thousand messages, so many are taken at most.
pub const SAMPLE_MAX: u16 = 1_000;
/// What waits to be reviewed. What is taken beyond it is in the log, and counted.
pub const QUEUE_MAX: usize = 10_000;
/// Of one rule's words as they are compiled: at no place of a text is there more than a few of them to go on with.
const WORDS_BYTES_MAX: usize = 1024 * 1024;
/// Of its patterns: the longest message is looked through in time that grows with this, some 30 ms at the worst.
const PATTERNS_BYTES_MAX: usize = 256 * 1024;
/// What one of them remembers while it looks.
const CACHE_BYTES_MAX: usize = 256 * 1024;
const NESTED_MAX: u32 = 24;

/// What happens when a rule finds its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Its author is asked first.
    Nudge,
    /// It is sent, and taken for review.
    Flag,
    /// It is not sent.
    Block,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    NoConcern,
    /// It stays in the queue.
    FollowUp,
    Escalated,
}

/// What a rule says: sealed in the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleWords {
    pub name: String,
    /// What the author of a message is told.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub notice: String,
    /// Found whole, in whatever case.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub words: Vec<String>,
    /// Regular expressions.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub patterns: Vec<String>,
    /// What the sample is drawn by: nobody who does not have it can tell which messages it takes.
    pub secret: String,
}

impl RuleWords {
    /// What is looked for, ready to look. A pattern that is broken or too large is refused with its number.
    pub fn compile(&self) -> Result<Looks, Refusal> {
        let words = self.words.iter().map(|word| {
            let parts: Vec<String> = word.split_whitespace().map(regex::escape).collect();
            format!(r"\b{{start-half}}{}\b{{end-half}}", parts.join(r"\s+"))
        });
        let words: Vec<String> = words.collect();
        Ok(Looks {
            words: set(&words, WORDS_BYTES_MAX).map_err(|_| too_large())?,
            patterns: set(&self.patterns, PATTERNS_BYTES_MAX).map_err(|_| self.why())?,
        })
    }

    fn why(&self) -> Refusal {
        let broken = self.patterns.iter().position(|one| {
            let alone = set(std::slice::from_ref(one), PATTERNS_BYTES_MAX);
            matches!(alone, Err(regex::Error::Syntax(_)))
        });
        match broken {
            Some(at) => Refusal::Fault {
                code: "supervision/pattern_broken",
                message: format!(
                    "Pattern {} is not a regular expression that can be used.",
                    at + 1
                ),
            },
            None => too_large(),
        }
    }
}

fn too_large() -> Refusal {
    Refusal::Fault {
        code: "supervision/pattern_too_large",
        message: "These words or patterns are too large together: every message would wait for them. Make them simpler, or fewer.".into(),
    }
}

/// What a rule looks for, compiled once.
#[derive(Clone, Debug)]
pub struct Looks {
    words: RegexSet,
    patterns: RegexSet,
}

impl Looks {
    pub fn finds(&self, text: &str) -> bool {
        self.words.is_match(text) || self.patterns.is_match(text)
    }
}

fn set(all: &[String], bytes_max: usize) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(all)
        .case_insensitive(true)
        .size_limit(bytes_max)
        .dfa_size_limit(CACHE_BYTES_MAX)
        .nest_limit(NESTED_MAX)
        .build()
}

/// What became of the messages that a rule took in one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub taken: u64,
    /// The queue was full: nobody is asked about them.
    pub unqueued: u64,
    pub no_concern: u64,
    pub follow_up: u64,
    pub escalated: u64,
}

impl Tally {
    fn of(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::NoConcern => &mut self.no_concern,
            Outcome::FollowUp => &mut self.follow_up,
            Outcome::Escalated => &mut self.escalated,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rule {
    pub action: Action,
    /// None: everywhere.
    pub channels: Vec<Id>,
    /// Of a thousand messages that it does not match, so many are taken.
    pub sample: u16,
    pub by: Id,
    pub at: u64,
    /// Where the log has its words.
    pub proposed: Position,
    /// By whom, and when.
    pub approved: Option<(Id, u64)>,
    pub removed: Option<(Id, u64)>,
    pub matched: Tally,
    pub sampled: Tally,
    #[serde(skip)]
    pub words: RuleWords,
    #[serde(skip)]
    compiled: Option<Looks>,
}

impl Rule {
    pub fn stands(&self) -> bool {
        self.approved.is_some() && self.removed.is_none()
    }

    pub fn covers(&self, channel: Id) -> bool {
        self.channels.is_empty() || self.channels.contains(&channel)
    }

    fn finds(&self, texts: &[&str]) -> bool {
        let found = |looks: &Looks| texts.iter().any(|text| looks.finds(text));
        self.compiled.as_ref().is_some_and(found)
    }

    /// Known beforehand to nobody without the secret, and the same whenever it is asked.
    fn draws(&self, channel: Id, q: u64) -> bool {
        if self.sample == 0 {
            return false;
        }
        let digest = Sha256::new()
            .chain_update(b"daylight/sample/v1")
            .chain_update(self.words.secret.as_bytes())
            .chain_update(channel.0)
            .chain_update(q.to_be_bytes())
            .finalize();
        let drawn = digest
            .iter()
            .take(8)
            .fold(0u64, |all, byte| (all << 8) | u64::from(*byte));
        drawn % 1_000 < u64::from(self.sample)
    }
}

/// A message that waits to be reviewed, or is followed up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub channel: Id,
    pub of: u64,
    pub author: Id,
    pub at: u64,
    pub rules: Vec<Id>,
    pub sampled: Vec<Id>,
    /// Its author was asked, and sent it.
    pub acknowledged: bool,
    /// Followed up by whom, since when, and where the log has the note.
    pub followed: Option<(Id, u64, Position)>,
}

/// What the rules make of a message that is sent.
#[derive(Debug, Default, PartialEq)]
pub struct Take {
    pub rules: Vec<Id>,
    pub sampled: Vec<Id>,
    pub acknowledged: bool,
}

/// What is about to be written.
pub struct Writing<'a> {
    pub channel: Id,
    /// Its number, when it is new: only what is new is sampled.
    pub q: Option<u64>,
    pub texts: &'a [&'a str],
    /// The rules whose question its author answered; None: nobody is there to be asked.
    pub acknowledged: Option<&'a [Id]>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Supervision {
    pub rules: BTreeMap<Id, Rule>,
    /// By where the log says that they were taken: oldest first.
    pub queue: BTreeMap<Position, Item>,
}

impl Supervision {
    /// Is what is written there looked through?
    pub fn watches(&self, channel: Id) -> bool {
        self.rules
            .values()
            .any(|rule| rule.stands() && rule.covers(channel))
    }

    /// Refuses what a rule blocks and what its author is to be asked about; else says by which rules it is taken.
    pub fn judge(&self, writing: &Writing<'_>) -> Result<Option<Take>, Refusal> {
        let here = |rule: &&Rule| rule.stands() && rule.covers(writing.channel);
        if !self.rules.values().any(|rule| here(&rule)) {
            return Ok(None);
        }
        let (mut take, mut nudges, mut blocks) = (Take::default(), Vec::new(), Vec::new());
        for (id, rule) in self.rules.iter().filter(|(_, rule)| here(rule)) {
            let answered = writing.acknowledged.is_none_or(|rules| rules.contains(id));
            match (rule.finds(writing.texts), rule.action) {
                (true, Action::Block) => blocks.push(rule),
                (true, Action::Nudge) if !answered => nudges.push((*id, rule)),
                (true, action) => {
                    take.rules.push(*id);
                    take.acknowledged |= action == Action::Nudge && writing.acknowledged.is_some();
                }
                (false, _) => {
                    if writing.q.is_some_and(|q| rule.draws(writing.channel, q)) {
                        take.sampled.push(*id);
                    }
                }
            }
        }
        if !blocks.is_empty() {
            return Err(Refusal::Supervised {
                asks: Vec::new(),
                notice: notices(blocks.into_iter()),
            });
        }
        if !nudges.is_empty() {
            return Err(Refusal::Supervised {
                asks: nudges.iter().map(|(id, _)| *id).collect(),
                notice: notices(nudges.into_iter().map(|(_, rule)| rule)),
            });
        }
        let is_taken = !take.rules.is_empty() || !take.sampled.is_empty();
        Ok(is_taken.then_some(take))
    }

    pub fn apply(&mut self, event: &Event) {
        let (by, at) = (event.header.actor, event.header.at);
        match &event.header.act {
            Act::SupervisionProposed {
                rule,
                action,
                channels,
                sample,
            } => {
                let proposed = Rule {
                    action: *action,
                    channels: channels.clone(),
                    sample: *sample,
                    by,
                    at,
                    proposed: event.position,
                    approved: None,
                    removed: None,
                    matched: Tally::default(),
                    sampled: Tally::default(),
                    words: RuleWords::default(),
                    compiled: None,
                };
                self.rules.insert(*rule, proposed);
                self.recall(*rule, event.content.as_ref());
            }
            Act::SupervisionApproved { rule, .. } => {
                if let Some(rule) = self.rules.get_mut(rule) {
                    rule.approved = Some((by, at));
                }
            }
            Act::SupervisionRemoved { rule, .. } => {
                if let Some(rule) = self.rules.get_mut(rule) {
                    (rule.removed, rule.compiled) = (Some((by, at)), None);
                }
            }
            Act::SupervisionTaken {
                channel,
                of,
                author,
                rules,
                sampled,
                acknowledged,
                ..
            } => {
                let is_full = self.queue.len() >= QUEUE_MAX;
                let item = Item {
                    channel: *channel,
                    of: *of,
                    author: *author,
                    at,
                    rules: rules.clone(),
                    sampled: sampled.clone(),
                    acknowledged: *acknowledged,
                    followed: None,
                };
                self.count(&item, |tally| {
                    tally.taken += 1;
                    tally.unqueued += u64::from(is_full);
                });
                if !is_full {
                    self.queue.insert(event.position, item);
                }
            }
            Act::SupervisionReviewed { item, outcome } => {
                let Some(mut known) = self.queue.remove(item) else {
                    return;
                };
                let was = known.followed.map(|_| Outcome::FollowUp);
                self.count(&known, |tally| {
                    if let Some(was) = was {
                        *tally.of(was) = tally.of(was).saturating_sub(1);
                    }
                    *tally.of(*outcome) += 1;
                });
                if *outcome == Outcome::FollowUp {
                    known.followed = Some((by, at, event.position));
                    self.queue.insert(*item, known);
                }
            }
            _ => {}
        }
    }

    /// A rule's words, as the log has them.
    pub fn recall(&mut self, rule: Id, content: Option<&Content>) {
        if let Some(rule) = self.rules.get_mut(&rule) {
            rule.words = content.and_then(|c| c.rule.clone()).unwrap_or_default();
            // It was compiled before it was written down.
            let compiled = rule.words.compile().ok();
            rule.compiled = compiled.filter(|_| rule.removed.is_none());
        }
    }

    fn count(&mut self, item: &Item, change: impl Fn(&mut Tally)) {
        for id in &item.rules {
            if let Some(rule) = self.rules.get_mut(id) {
                change(&mut rule.matched);
            }
        }
        for id in &item.sampled {
            if let Some(rule) = self.rules.get_mut(id) {
                change(&mut rule.sampled);
            }
        }
    }
}

/// Each is said once.
fn notices<'r>(rules: impl Iterator<Item = &'r Rule>) -> String {
    let mut said: Vec<&str> = Vec::new();
    for rule in rules {
        if !said.contains(&rule.words.notice.as_str()) {
            said.push(&rule.words.notice);
        }
    }
    said.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str], patterns: &[&str]) -> RuleWords {
        let own = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
        RuleWords {
            words: own(words),
            patterns: own(patterns),
            secret: "a secret".into(),
            ..RuleWords::default()
        }
    }

    #[test]
    fn a_word_is_found_whole_in_every_script_and_a_pattern_as_it_says() {
        let rule = words(&["inside  tip", "C++", "größe", "سر"], &[r"acct\d{4}"]);
        let looks = rule.compile().expect("it is compiled");
        for text in [
            "an INSIDE\ntip!",
            "in C++.",
            "GRÖSSE? nein, GRÖẞE? ja: größe",
            "هذا سر كبير",
            "xACCT1234",
        ] {
            assert!(looks.finds(text), "{text}");
        }
        let many: Vec<String> = (0..100)
            .map(|n| format!("a longer phrase number {n}"))
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let card = [r"\b\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}\b"];
        let both = words(&many, &card).compile().expect("that much is usual");
        assert!(both.finds("A longer  phrase number 99") && both.finds("4111 1111-11111111"));
        for text in ["inside tips", "C+", "größer", "أسرار", "acct123"] {
            assert!(!looks.finds(text), "{text}");
        }
    }

    #[test]
    fn a_sample_is_about_its_rate_and_is_another_with_another_secret() {
        let rule = |secret: &str| Rule {
            action: Action::Flag,
            channels: Vec::new(),
            sample: 100,
            by: Id([1; 16]),
            at: 0,
            proposed: 0,
            approved: Some((Id([2; 16]), 1)),
            removed: None,
            matched: Tally::default(),
            sampled: Tally::default(),
            words: RuleWords {
                secret: secret.into(),
                ..RuleWords::default()
            },
            compiled: None,
        };
        let drawn = |secret: &str| -> Vec<u64> {
            let rule = rule(secret);
            (1..=10_000)
                .filter(|q| rule.draws(Id([9; 16]), *q))
                .collect()
        };
        let (one, other) = (drawn("one"), drawn("other"));
        assert!((850..1_150).contains(&one.len()), "{}", one.len());
        assert_eq!(one, drawn("one"), "it can be drawn again");
        assert_ne!(one, other);
    }

    #[test]
    fn what_is_broken_and_what_would_keep_every_message_waiting_is_told_apart() {
        let code = |made: Result<Looks, Refusal>| made.expect_err("it is refused").code();
        assert_eq!(
            code(words(&["fine"], &["fine", "bro(ken"]).compile()),
            "supervision/pattern_broken"
        );
        assert_eq!(
            code(words(&[], &[r"(?:\w{50}){50}"]).compile()),
            "supervision/pattern_too_large"
        );
    }
}
