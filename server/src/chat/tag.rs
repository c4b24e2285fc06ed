//! What officers note about messages of a matter: tags and notes, as far as rules look at them.
//!
//! Never a word: a matter's own tags are numbers here, and notes are places in the log. [`Tag`] and [`Chosen`] are on
//! disk: nothing in them is ever renamed.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use migrations_free_store::{Id, Position};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use super::fate::{self, Fate, Rules};
use super::subject::Narrowed;

/// Tags that a matter names by itself.
pub const WORDS_MAX: usize = 20;
pub const WORD_CHARS_MAX: usize = 40;
pub const NOTE_CHARS_MAX: usize = 1_000;
/// Notes that stand to one message.
pub const NOTES_MAX: usize = 10;
/// Messages of one matter that have tags or notes.
pub const TAGGED_MAX: usize = 50_000;
/// Messages that are tagged at once.
pub const TAG_AT_ONCE_MAX: usize = 100;
/// Messages that one order asks for by their tags.
pub const CHOSEN_MAX: usize = 10_000;

const FIXED: [&str; 4] = ["relevant", "not_relevant", "privileged", "hot"];

/// One of the four that every matter has, or one of its own: `w1` to `w20`, in the order in which they were named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(u8);

impl Tag {
    pub const RELEVANT: Tag = Tag(0);
    pub const NOT_RELEVANT: Tag = Tag(1);

    /// The matter's own, from 1.
    pub fn own(number: usize) -> Option<Tag> {
        let number = u8::try_from(number).ok()?;
        let is_one = (1..=WORDS_MAX).contains(&usize::from(number));
        is_one.then(|| Tag(FIXED.len() as u8 + number - 1))
    }

    /// Which of the matter's own it is, from 1.
    pub fn number(self) -> Option<usize> {
        usize::from(self.0 + 1)
            .checked_sub(FIXED.len())
            .filter(|n| *n > 0)
    }

    pub fn all(words: usize) -> impl Iterator<Item = Tag> {
        (0..FIXED.len() + words.min(WORDS_MAX)).filter_map(|n| u8::try_from(n).ok().map(Tag))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (FIXED.get(usize::from(self.0)), self.number()) {
            (Some(name), _) => f.write_str(name),
            (None, number) => write!(f, "w{}", number.unwrap_or_default()),
        }
    }
}

impl FromStr for Tag {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Tag, Self::Err> {
        let unknown = "This is no tag.";
        if let Some(n) = FIXED.iter().position(|name| *name == text) {
            return u8::try_from(n).map(Tag).map_err(|_| unknown);
        }
        let number = text.strip_prefix('w').and_then(|n| n.parse().ok());
        let tag = number.and_then(Tag::own).ok_or(unknown)?;
        // One way to write each: `w01` is none.
        if tag.to_string() == text {
            Ok(tag)
        } else {
            Err(unknown)
        }
    }
}

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tag, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A set of tags, as the saved state keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tags(u32);

impl Tags {
    pub fn of(tags: &[Tag]) -> Tags {
        Tags(tags.iter().fold(0, |all, tag| all | 1 << tag.0))
    }

    pub fn list(self) -> Vec<Tag> {
        Tag::all(WORDS_MAX).filter(|tag| self.has(*tag)).collect()
    }

    pub fn has(self, tag: Tag) -> bool {
        self.0 & (1 << tag.0) != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn with(self, on: Tags) -> Tags {
        Tags(self.0 | on.0)
    }

    pub fn without(self, off: Tags) -> Tags {
        Tags(self.0 & !off.0)
    }

    pub fn meets(self, other: Tags) -> bool {
        self.0 & other.0 != 0
    }
}

/// Which messages are meant by their tags: those that have all of these and none of those.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    #[schema(value_type = String)]
    pub matter: Id,
    #[schema(value_type = Vec<String>)]
    pub tagged: Vec<Tag>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    #[schema(value_type = Vec<String>)]
    pub not_tagged: Vec<Tag>,
    /// How many there were when it was asked for; which, the content says.
    pub messages: u64,
}

impl Chosen {
    pub fn choice(&self) -> Choice {
        Choice {
            matter: self.matter,
            tagged: Tags::of(&self.tagged),
            not_tagged: Tags::of(&self.not_tagged),
            messages: self.messages,
        }
    }
}

/// As [`Chosen`], in the saved state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub matter: Id,
    pub tagged: Tags,
    pub not_tagged: Tags,
    pub messages: u64,
}

impl Choice {
    pub fn takes(&self, tags: Tags) -> bool {
        self.tagged.without(tags).is_empty() && !tags.meets(self.not_tagged)
    }
}

/// The message that a tag or a note is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct About {
    pub channel: Id,
    pub of: u64,
    pub day: u32,
    pub author: Id,
}

/// What is noted for one matter.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Review {
    /// Where the log names its own tags, in order.
    pub words: Vec<Position>,
    pub messages: BTreeMap<(Id, u64), Marked>,
}

/// What is noted about one message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Marked {
    pub tags: Tags,
    /// Of the message: what it is forgotten with.
    pub day: u32,
    pub author: Id,
    pub notes: Vec<NoteAt>,
    /// Its message was to go, and is kept for a matter or a floor.
    pub escrowed: bool,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct NoteAt {
    pub note: Id,
    pub by: Id,
    pub position: Position,
}

impl Review {
    fn marked(&mut self, about: About) -> &mut Marked {
        let place = (about.channel, about.of);
        self.messages.entry(place).or_insert_with(|| Marked {
            tags: Tags::default(),
            day: about.day,
            author: about.author,
            notes: Vec::new(),
            escrowed: false,
        })
    }

    pub fn tags_of(&self, channel: Id, of: u64) -> Tags {
        let marked = self.messages.get(&(channel, of));
        marked.map(|marked| marked.tags).unwrap_or_default()
    }

    pub fn of_channel(&self, channel: Id) -> impl Iterator<Item = (u64, &Marked)> {
        let all = self.messages.range((channel, 0)..=(channel, u64::MAX));
        all.map(|((_, of), marked)| (*of, marked))
    }

    pub fn tag(&mut self, about: About, tags: &[Tag]) {
        self.marked(about).tags = Tags::of(tags);
    }

    pub fn note(&mut self, about: About, note: NoteAt) {
        self.marked(about).notes.push(note);
    }

    pub fn withdraw(&mut self, channel: Id, of: u64, note: Id) {
        if let Some(marked) = self.messages.get_mut(&(channel, of)) {
            marked.notes.retain(|known| known.note != note);
        }
    }

    /// What is noted about a message goes with it, and stays when that is kept.
    pub fn destroyed(
        &mut self,
        channel: Option<Id>,
        days: &[u32],
        narrowed: &Narrowed,
        rules: &Rules,
    ) {
        let whole_days = *narrowed == Narrowed::default();
        self.messages.retain(|(c, q), marked| {
            let here = channel == Some(*c);
            let named = narrowed.person == Some(marked.author)
                || here && whole_days && days.contains(&marked.day)
                || here && narrowed.messages.contains(q);
            let released = narrowed.escrow.is_some() && marked.escrowed;
            if !named && !released {
                return true;
            }
            let facts = fate::Facts {
                channel: Some(*c),
                day: marked.day,
                people: [Some(marked.author), None],
            };
            marked.escrowed = true;
            // A mark names no word, so it may outlive its message until the hold is released.
            rules.fate(&facts, |_| true) != Fate::Forgotten
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_written_in_one_way() {
        for tag in Tag::all(WORDS_MAX) {
            assert_eq!(tag.to_string().parse(), Ok(tag));
        }
        for text in ["", "w0", "w21", "w01", "w+1", "Relevant", "w", "w1 "] {
            assert!(text.parse::<Tag>().is_err(), "{text}");
        }
        assert_eq!(Tag::own(1).map(|tag| tag.to_string()), Some("w1".into()));
        assert_eq!(Tag::RELEVANT.number(), None);
        assert_eq!(Tag::own(WORDS_MAX).and_then(Tag::number), Some(WORDS_MAX));
    }

    #[test]
    fn all_of_these_and_none_of_those() {
        let own = Tag::own(20).expect("the last");
        let chosen = Chosen {
            tagged: vec![Tag::RELEVANT, own],
            not_tagged: vec![Tag(2)],
            ..Chosen::default()
        };
        let chosen = chosen.choice();
        let takes = |tags: &[Tag]| chosen.takes(Tags::of(tags));
        assert!(takes(&[Tag::RELEVANT, own, Tag(3)]));
        assert!(!takes(&[Tag::RELEVANT]), "one is missing");
        assert!(!takes(&[Tag::RELEVANT, own, Tag(2)]), "one is too many");
        assert_eq!(Tags::of(&[own, Tag(3)]).list(), [Tag(3), own]);
    }
}
