//! What people are writing and have not sent, passed on between their own devices. It lives in this memory and nowhere
//! else: not in the log, in no file, figure or line of the program's own log, and a restart begins with nothing.
//!
//! Keeps the newest per place, within bounds. Who may have it, and when it ends, is asked of the state by the sequencer.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use migrations_free_store::Id;

use crate::chat::event::{Act, Event};

/// Of one person: so many with words, and so many that say that there are none any more.
pub const DRAFTS_MAX: usize = 50;
/// All that is held, of everybody together.
const HOUSE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// What one costs beside its words.
const ENTRY_BYTES: usize = 256;
/// Frames of one device: a key pressed now and then, and all that it has when it comes back.
pub const FRAMES_PER_MINUTE: u32 = 120;
pub const FRAMES_BURST: u32 = 150;

/// Where something is being written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub channel: Id,
    pub thread: Option<u64>,
}

/// No words: they were sent or cleared then, and what is older must not come back. Not to be printed.
#[derive(Clone)]
pub struct Held {
    pub text: Arc<str>,
    pub at: u64,
}

impl Held {
    pub fn of(text: &str, at: u64) -> Held {
        let words = if text.trim().is_empty() { "" } else { text };
        Held {
            text: Arc::from(words),
            at,
        }
    }
}

#[derive(Default)]
pub struct Drafts {
    people: HashMap<Id, BTreeMap<Place, Held>>,
    /// Oldest first.
    ages: BTreeSet<(u64, Id, Place)>,
    bytes: usize,
}

impl Drafts {
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    pub fn holds(&self, person: Id) -> bool {
        self.people.contains_key(&person)
    }

    pub fn of(&self, person: Id) -> impl Iterator<Item = (Place, &Held)> {
        let theirs = self.people.get(&person).into_iter().flatten();
        theirs.map(|(place, held)| (*place, held))
    }

    /// True when it is newer than what is there, and held from now on.
    pub fn put(&mut self, person: Id, place: Place, held: Held) -> bool {
        self.put_within(person, place, held, HOUSE_BYTES_MAX)
    }

    fn put_within(&mut self, person: Id, place: Place, held: Held, most: usize) -> bool {
        let known = self
            .people
            .get(&person)
            .and_then(|theirs| theirs.get(&place));
        if known.is_some_and(|known| known.at >= held.at) {
            return false;
        }
        self.remove(person, place);
        let is_empty = held.text.is_empty();
        self.ages.insert((held.at, person, place));
        self.bytes += ENTRY_BYTES + held.text.len();
        let theirs = self.people.entry(person).or_default();
        theirs.insert(place, held);
        let alike = theirs
            .iter()
            .filter(|(_, held)| held.text.is_empty() == is_empty);
        if alike.clone().count() > DRAFTS_MAX
            && let Some(oldest) = alike
                .min_by_key(|(_, held)| held.at)
                .map(|(place, _)| *place)
        {
            self.remove(person, oldest);
        }
        while self.bytes > most
            && let Some((_, whose, oldest)) = self.ages.first().copied()
        {
            self.remove(whose, oldest);
        }
        true
    }

    /// These very words were sent: since when there are none, if they were held. Never as old as they are: all happens
    /// within a millisecond at times.
    pub fn sent(&mut self, person: Id, place: Place, text: &str, at: u64) -> Option<Held> {
        let known = self.people.get(&person)?.get(&place)?;
        if known.text.is_empty() || known.text.trim() != text.trim() {
            return None;
        }
        let none = Held::of("", at.max(known.at + 1));
        self.put(person, place, none.clone()).then_some(none)
    }

    /// Lets go of what is not to stay: of one channel, or of all.
    pub fn keep(&mut self, person: Id, channel: Option<Id>, stays: impl Fn(Place) -> bool) {
        let of_it = |place: &Place| channel.is_none_or(|channel| place.channel == channel);
        let theirs = self.of(person).map(|(place, _)| place);
        let gone = theirs.filter(|place| of_it(place) && !stays(*place));
        for place in gone.collect::<Vec<_>>() {
            self.remove(person, place);
        }
    }

    fn remove(&mut self, person: Id, place: Place) {
        let Some(theirs) = self.people.get_mut(&person) else {
            return;
        };
        if let Some(held) = theirs.remove(&place) {
            self.ages.remove(&(held.at, person, place));
            self.bytes -= ENTRY_BYTES + held.text.len();
        }
        if theirs.is_empty() {
            self.people.remove(&person);
        }
    }
}

/// Whose drafts an event may end, and in which channel; None: everybody's, or in all.
pub fn ended_by(event: &Event) -> Option<(Option<Id>, Option<Id>)> {
    let channel = event.header.channel;
    match &event.header.act {
        Act::MemberRemoved { person }
        | Act::MemberLeft { person }
        | Act::OwnerRevoked { person } => Some((Some(*person), channel)),
        Act::SessionEnded { person, .. }
        | Act::PersonDeactivated { person, .. }
        | Act::RoleSet { person, .. } => Some((Some(*person), None)),
        // Archived, for owners alone from now on, or the message is gone that a thread hangs from.
        Act::ChannelArchived { .. }
        | Act::ChannelChanged { .. }
        | Act::MessageDeleted { .. }
        | Act::DestroyDone { .. } => channel.map(|channel| (None, Some(channel))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: Id = Id([1; 16]);
    const BILAL: Id = Id([2; 16]);

    fn place(n: u8) -> Place {
        Place {
            channel: Id([n; 16]),
            thread: None,
        }
    }

    fn words(drafts: &Drafts, person: Id, n: u8) -> Option<String> {
        let mut theirs = drafts.of(person);
        let (_, held) = theirs.find(|(known, _)| *known == place(n))?;
        Some(held.text.to_string())
    }

    #[test]
    fn the_newest_stays_a_tie_changes_nothing_and_what_was_sent_does_not_come_back() {
        let mut drafts = Drafts::default();
        assert!(drafts.put(ADA, place(1), Held::of("hello", 10)));
        assert!(!drafts.put(ADA, place(1), Held::of("older", 9)));
        assert!(!drafts.put(ADA, place(1), Held::of("as old", 10)));
        assert_eq!(words(&drafts, ADA, 1).as_deref(), Some("hello"));
        let sent = |drafts: &mut Drafts, who, text| drafts.sent(who, place(1), text, 10);
        assert!(sent(&mut drafts, ADA, "something else").is_none());
        assert!(sent(&mut drafts, BILAL, "hello").is_none());
        let none = sent(&mut drafts, ADA, " hello ").expect("it was sent");
        assert_eq!((&*none.text, none.at), ("", 11), "newer than the words");
        assert!(
            !drafts.put(ADA, place(1), Held::of("hello", 10)),
            "as it was before"
        );
        assert_eq!(words(&drafts, ADA, 1).as_deref(), Some(""));
        assert!(drafts.put(ADA, place(1), Held::of("   ", 12)));
        assert_eq!(words(&drafts, ADA, 1).as_deref(), Some(""));
        drafts.keep(ADA, Some(place(2).channel), |_| false);
        assert!(drafts.holds(ADA));
        drafts.keep(ADA, None, |_| false);
        assert!(drafts.is_empty() && drafts.ages.is_empty() && drafts.bytes == 0);
    }

    #[test]
    fn of_one_person_and_of_the_house_the_oldest_go() {
        let mut drafts = Drafts::default();
        for n in 0..=50 {
            assert!(drafts.put(ADA, place(n), Held::of("words", 100 + u64::from(n))));
        }
        // What says that there is nothing takes nobody's place.
        for n in 100..=150 {
            assert!(drafts.put(ADA, place(n), Held::of("", 1_000 + u64::from(n))));
        }
        assert_eq!(words(&drafts, ADA, 0), None);
        assert_eq!(words(&drafts, ADA, 100), None);
        assert_eq!(words(&drafts, ADA, 1).as_deref(), Some("words"));
        assert_eq!(drafts.of(ADA).count(), 2 * DRAFTS_MAX);

        let most = drafts.bytes;
        assert!(drafts.put_within(BILAL, place(1), Held::of("of another", 2_000), most));
        assert_eq!(words(&drafts, ADA, 1), None, "the oldest of all");
        assert_eq!(words(&drafts, BILAL, 1).as_deref(), Some("of another"));
        assert!(drafts.bytes <= most);
        assert_eq!(drafts.ages.len(), drafts.of(ADA).count() + 1);
        assert!(drafts.put_within(BILAL, place(1), Held::of("of another", 2_001), 0));
        assert!(drafts.is_empty() && drafts.bytes == 0);
    }
}
