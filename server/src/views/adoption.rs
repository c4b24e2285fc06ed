//! How far the house has come to use Daylight: sums of people by community, for who runs it.
//!
//! Never tells of few people: neither as a group of its own, nor as what is left of the whole when the others are taken
//! away. Never looks at what was said.

use std::collections::BTreeMap;

use migrations_free_store::Id;
use serde::Serialize;
use utoipa::ToSchema;

use crate::chat::State;
use crate::chat::command::{ChannelKind, Role};
use crate::chat::state::DAY_MS;

/// Fewer people than this are not told of.
pub const PEOPLE_MIN: u64 = 5;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AdoptionFigures)]
pub struct Figures {
    pub people: u64,
    /// Who used it in the last seven days, and in the last twenty-eight.
    pub active_week: u64,
    pub active_month: u64,
    /// Who has an announcement of her community before her that she has not read.
    pub behind: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdoptionGroup)]
pub struct Group {
    /// The community; null: people in none.
    #[schema(value_type = Option<String>)]
    pub id: Option<Id>,
    pub name: String,
    /// Channels under it; 0: its people have none to talk in yet.
    pub channels: usize,
    /// Null: they are few, or others that are few could be computed from them.
    pub figures: Option<Figures>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Adoption {
    /// Of everybody; null: they are few.
    pub all: Option<Figures>,
    /// By name; those in none last. Everybody is counted once: in the oldest of her communities.
    pub groups: Vec<Group>,
    pub people_min: u64,
}

/// Of these sizes, of which nobody is in two, which are told beside their sum: what can be computed from them is of
/// nobody or of no fewer than `min`.
pub fn told(sizes: &[u64], min: u64) -> Vec<bool> {
    let mut told: Vec<bool> = sizes.iter().map(|n| *n == 0 || *n >= min).collect();
    let hidden = |told: &[bool]| -> u64 {
        let all = sizes.iter().zip(told);
        all.filter(|(_, told)| !**told).map(|(n, _)| *n).sum()
    };
    while (1..min).contains(&hidden(&told)) {
        let next = (0..sizes.len())
            .filter(|at| told.get(*at) == Some(&true) && sizes.get(*at) > Some(&0))
            .min_by_key(|at| sizes.get(*at));
        match next.and_then(|at| told.get_mut(at)) {
            Some(one) => *one = false,
            None => break,
        }
    }
    told
}

pub fn adoption(state: &State, now_ms: u64) -> Adoption {
    let mut opened: BTreeMap<Id, u64> = BTreeMap::new();
    for device in state.devices.values() {
        let newest = opened.entry(device.person).or_default();
        *newest = device.opened_at.max(*newest);
    }
    let is_community = |id: Id| {
        state
            .channels
            .get(&id)
            .filter(|channel| channel.kind == ChannelKind::Announcement && !channel.archived)
    };
    let mut figures: BTreeMap<Option<Id>, Figures> = BTreeMap::new();
    for id in state.channels.keys() {
        if is_community(*id).is_some() {
            figures.insert(Some(*id), Figures::default());
        }
    }
    figures.insert(None, Figures::default());
    let mut all = Figures::default();
    let counted = state
        .people
        .iter()
        .filter(|(_, one)| one.active && one.role != Role::Bot);
    for (person, known) in counted {
        // Ids are in the order of their making.
        let theirs = state.channels_of(*person).map(|(id, _)| id);
        let group = theirs.filter(|id| is_community(*id).is_some()).min();
        let seen_at = known
            .mark
            .ms()
            .max(opened.get(person).copied().unwrap_or_default());
        let within = |days: u64| u64::from(seen_at + days * DAY_MS > now_ms);
        let read = group.and_then(is_community).and_then(|channel| {
            let member = channel.members.get(person)?;
            Some(channel.messages > member.read_n)
        });
        for sum in [&mut all, figures.entry(group).or_default()] {
            sum.people += 1;
            sum.active_week += within(7);
            sum.active_month += within(28);
            sum.behind += u64::from(read == Some(true));
        }
    }
    let sizes: Vec<u64> = figures.values().map(|one| one.people).collect();
    let told = told(&sizes, PEOPLE_MIN);
    let mut groups: Vec<Group> = figures
        .into_iter()
        .zip(told)
        .map(|((id, figures), told)| Group {
            id,
            name: id
                .and_then(is_community)
                .map(|c| c.name.clone())
                .unwrap_or_default(),
            channels: id.map_or(0, |id| {
                state
                    .channels_under(id)
                    .filter(|(_, one)| !one.archived)
                    .count()
            }),
            figures: told.then_some(figures),
        })
        .collect();
    groups.sort_by(|a, b| (a.id.is_none(), &a.name, a.id).cmp(&(b.id.is_none(), &b.name, b.id)));
    Adoption {
        all: (all.people >= PEOPLE_MIN).then_some(all),
        groups,
        people_min: PEOPLE_MIN,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn who_is_few_takes_the_next_smallest_along() {
        assert_eq!(told(&[9, 2, 6, 0], 5), [true, false, false, true]);
        assert_eq!(told(&[9, 2, 3], 5), [true, false, false], "five together");
        assert_eq!(told(&[9, 5], 5), [true, true]);
        assert_eq!(told(&[4], 5), [false]);
    }

    proptest! {
        #[test]
        fn few_people_are_neither_told_nor_computed(sizes in prop::collection::vec(0u64..12, 0..9), min in 2u64..7) {
            let told = told(&sizes, min);
            let all: u64 = sizes.iter().sum();
            let of = |wanted: bool| sizes.iter().zip(&told).filter(move |(_, told)| **told == wanted).map(|(n, _)| *n);
            for n in of(true) {
                prop_assert!(n == 0 || n >= min, "{sizes:?} {told:?}");
            }
            // What anybody computes who takes what is told from the whole, which itself is told of no few.
            let left = all - of(true).sum::<u64>();
            prop_assert!(left == 0 || left >= min || all < min, "{sizes:?} {told:?}");
            // And no more is kept back than has to be: without the largest of those that are no few, it would be too little.
            if let Some(spare) = of(false).filter(|n| *n >= min).max() {
                prop_assert!(left - spare < min && left > spare, "{sizes:?} {told:?}");
            }
        }
    }
}
