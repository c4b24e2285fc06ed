//! Puts several members' copies of one chat together without doubling a message.
//!
//! Never takes two messages for one on likeness alone: in doubt both stay, for a double can be
//! seen and removed, a loss cannot.

use super::marks::plain;
use super::{Kind, SystemEvent};
use std::collections::HashMap;
use std::hash::Hash;

const MINUTE_MS: i64 = 60_000;
/// Shorter texts are said twice within a minute or two; longer ones hardly ever.
const DISTINCTIVE: usize = 12;

/// What two copies of one message have in common. Android writes no seconds, each phone has its
/// own names and file names, and media may be left out: none of these is in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MergeKey<P> {
    minute: i64,
    person: Option<P>,
    content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Content {
    Text(String),
    Attachment(String),
    Deleted,
    Poll(String),
    Call,
    /// Which event; whom it names differs from phone to phone.
    Event(&'static str, String),
}

/// Indices into the two lists given to `merge`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergePlan {
    pub same: Vec<(usize, usize)>,
    pub add: Vec<usize>,
}

/// How the clocks of two copies differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alignment {
    /// To be added to the new copy's times.
    pub shift_minutes: i64,
    /// Messages that agree on this shift, of those that could be compared.
    pub agreeing: usize,
    pub compared: usize,
}

/// The key of one entry. `person` is whom the caller matched the sender to, in both copies alike;
/// for system events it is not used, since each phone tells them from its owner's side.
pub fn merge_key<P>(at_ms: i64, person: Option<P>, kind: &Kind) -> MergeKey<P> {
    let content = Content::of(kind);
    MergeKey {
        minute: at_ms.div_euclid(MINUTE_MS),
        person: person.filter(|_| !matches!(content, Content::Event(..))),
        content,
    }
}

impl<P> MergeKey<P> {
    /// The same entry on a clock that many minutes ahead.
    pub fn shifted(mut self, minutes: i64) -> Self {
        self.minute = self.minute.saturating_add(minutes);
        self
    }
}

/// Which of `new` are known already. The nth of several alike in a minute is the nth in both
/// copies, so a text sent twice stays two. Afterwards a distinctive text left over on both sides a
/// minute apart is taken for the same: the sender's phone and the others' stamp it seconds apart.
pub fn merge<P: Clone + Eq + Hash>(existing: &[MergeKey<P>], new: &[MergeKey<P>]) -> MergePlan {
    let mut free: HashMap<&MergeKey<P>, Vec<usize>> = HashMap::new();
    for (at, key) in existing.iter().enumerate().rev() {
        free.entry(key).or_default().push(at);
    }
    let mut plan = MergePlan::default();
    let mut left = Vec::new();
    for (at, key) in new.iter().enumerate() {
        match free.get_mut(key).and_then(Vec::pop) {
            Some(known) => plan.same.push((known, at)),
            None => left.push(at),
        }
    }
    let times = occurrences(new);
    for at in left {
        let known = new
            .get(at)
            .filter(|key| key.is_distinctive() && times.get(key) == Some(&1))
            .and_then(|key| {
                [-1, 1]
                    .into_iter()
                    .find_map(|minutes| free.get_mut(&key.clone().shifted(minutes))?.pop())
            });
        match known {
            Some(known) => plan.same.push((known, at)),
            None => plan.add.push(at),
        }
    }
    plan.same.sort_unstable_by_key(|(_, at)| *at);
    plan
}

/// Guesses by how much the clocks of two copies differ, from texts that stand once in each. Looks
/// at no person, so that it can be asked before names are matched. `None` when nothing agrees.
pub fn align<P: Eq + Hash>(existing: &[MergeKey<P>], new: &[MergeKey<P>]) -> Option<Alignment> {
    /// Zones lie up to 26 hours apart, in quarters of an hour.
    const FARTHEST: i64 = 26 * 60;
    const STEP: i64 = 15;
    let (there, here) = (single_minutes(existing), single_minutes(new));
    let mut votes: HashMap<i64, usize> = HashMap::new();
    let mut compared = 0;
    for (content, minute) in here {
        let Some(known) = there.get(content) else {
            continue;
        };
        compared += 1;
        let difference = known.saturating_sub(minute);
        let quarter = (difference + STEP / 2).div_euclid(STEP) * STEP;
        if quarter.abs() <= FARTHEST && (difference - quarter).abs() <= 1 {
            *votes.entry(quarter).or_default() += 1;
        }
    }
    votes
        .into_iter()
        .max_by_key(|(shift, votes)| (*votes, std::cmp::Reverse(shift.abs())))
        .map(|(shift_minutes, agreeing)| Alignment {
            shift_minutes,
            agreeing,
            compared,
        })
}

impl<P> MergeKey<P> {
    fn is_distinctive(&self) -> bool {
        self.content.is_distinctive()
    }
}

impl Content {
    fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Message { text, .. } => Self::Text(normal(text)),
            Kind::Attachment { caption, .. } => Self::Attachment(normal(caption)),
            Kind::Deleted { .. } => Self::Deleted,
            Kind::Poll { question, .. } => Self::Poll(normal(question)),
            Kind::Call { .. } => Self::Call,
            Kind::System(event) => {
                let (name, told) = match event {
                    SystemEvent::Created { name } => ("created", name.as_deref().unwrap_or("")),
                    SystemEvent::Added { .. } => ("added", ""),
                    SystemEvent::Removed { .. } => ("removed", ""),
                    SystemEvent::Left => ("left", ""),
                    SystemEvent::SubjectChanged { to, .. } => ("subject", to.as_str()),
                    SystemEvent::IconChanged => ("icon", ""),
                    SystemEvent::NumberChanged => ("number", ""),
                    SystemEvent::Encrypted => ("encrypted", ""),
                    SystemEvent::JoinedByLink => ("joined", ""),
                    SystemEvent::AdminChanged => ("admin", ""),
                    SystemEvent::Other(text) => ("other", text.as_str()),
                };
                Self::Event(name, normal(told))
            }
        }
    }

    fn is_distinctive(&self) -> bool {
        match self {
            Self::Text(text) | Self::Attachment(text) | Self::Poll(text) => {
                text.chars().count() >= DISTINCTIVE
            }
            Self::Deleted | Self::Call | Self::Event(..) => false,
        }
    }
}

/// Phones differ in the marks and spaces they write around a text.
fn normal(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(plain).collect();
    lines.join("\n").trim_matches('\n').to_string()
}

fn occurrences<P: Eq + Hash>(keys: &[MergeKey<P>]) -> HashMap<&MergeKey<P>, usize> {
    let mut times = HashMap::new();
    for key in keys {
        *times.entry(key).or_default() += 1;
    }
    times
}

/// When each distinctive text was sent that stands only once.
fn single_minutes<P>(keys: &[MergeKey<P>]) -> HashMap<&Content, i64> {
    let mut minutes: HashMap<&Content, Option<i64>> = HashMap::new();
    for key in keys.iter().filter(|key| key.is_distinctive()) {
        minutes
            .entry(&key.content)
            .and_modify(|minute| *minute = None)
            .or_insert(Some(key.minute));
    }
    minutes
        .into_iter()
        .filter_map(|(content, minute)| Some((content, minute?)))
        .collect()
}
