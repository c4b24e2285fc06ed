//! Several members' copies of one chat become one, without doubles and without loss.

use super::super::{Kind, MergeKey, SystemEvent, align, merge, merge_key};
use super::{message, read};
use proptest::prelude::*;
use std::collections::HashMap;

/// A message of a chat: when, who, what.
type Said = (i64, u8, Kind);

/// Short texts repeat, also within a minute; long ones do not.
fn a_chat() -> impl Strategy<Value = Vec<Said>> {
    let one = (0i64..4, 0u8..3, 0u8..6);
    prop::collection::vec(one, 0..40).prop_map(|steps| {
        let mut minute = 27_459_000;
        steps
            .into_iter()
            .enumerate()
            .map(|(at, (step, who, what))| {
                minute += step / 2;
                let kind = match what {
                    0 | 1 => message("ok"),
                    2 => Kind::Attachment {
                        file_name: None,
                        caption: String::new(),
                    },
                    3 => Kind::Deleted { by_self: false },
                    4 => Kind::System(SystemEvent::Left),
                    _ => message(&format!("a longer text, the {at}th of all")),
                };
                (minute * 60_000, who, kind)
            })
            .collect()
    })
}

fn keys(chat: &[Said]) -> Vec<MergeKey<u8>> {
    chat.iter()
        .map(|(at, who, kind)| merge_key(*at, Some(*who), kind))
        .collect()
}

fn counted(keys: &[MergeKey<u8>]) -> HashMap<&MergeKey<u8>, usize> {
    let mut counts = HashMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// The existing copy and what the plan adds to it.
fn merged(existing: &[MergeKey<u8>], new: &[MergeKey<u8>]) -> Vec<MergeKey<u8>> {
    let plan = merge(existing, new);
    assert_eq!(
        plan.same.len() + plan.add.len(),
        new.len(),
        "everything new has its place"
    );
    let mut used: Vec<usize> = plan.same.iter().map(|(known, _)| *known).collect();
    used.sort_unstable();
    used.dedup();
    assert_eq!(used.len(), plan.same.len(), "nothing known stands for two");
    existing
        .iter()
        .cloned()
        .chain(plan.add.iter().map(|at| new[*at].clone()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_copy_merged_with_itself_adds_nothing(chat in a_chat()) {
        let keys = keys(&chat);
        let plan = merge(&keys, &keys);
        prop_assert!(plan.add.is_empty());
        prop_assert_eq!(plan.same, (0..keys.len()).map(|at| (at, at)).collect::<Vec<_>>());
    }

    /// Where all that is alike within a minute stands in one of the copies, nothing can be told
    /// missing, and the merged chat is the chat.
    #[test]
    fn any_two_parts_of_a_chat_give_back_the_chat(chat in a_chat(), picks in prop::collection::vec(0u8..4, 40)) {
        let all = keys(&chat);
        // Alike in a minute: the nth goes where the pick of the first says.
        let mut fate: HashMap<&MergeKey<u8>, u8> = HashMap::new();
        let (mut one, mut two) = (Vec::new(), Vec::new());
        for (key, pick) in all.iter().zip(picks) {
            let pick = *fate.entry(key).or_insert(pick);
            if pick != 1 { one.push(key.clone()); }
            if pick != 2 { two.push(key.clone()); }
        }
        for result in [merged(&one, &two), merged(&two, &one)] {
            prop_assert_eq!(counted(&result), counted(&all));
        }
    }

    /// Whatever is missing from either, no more and no fewer than the fuller copy has.
    #[test]
    fn of_texts_alike_the_fuller_copy_counts(chat in a_chat(), mask in prop::collection::vec(0u8..4, 40)) {
        let all = keys(&chat);
        let part = |leave: u8| all.iter().zip(&mask).filter(|(_, m)| **m != leave).map(|(k, _)| k.clone()).collect::<Vec<_>>();
        let (one, two) = (part(1), part(2));
        let result = merged(&one, &two);
        let (a, b, both) = (counted(&one), counted(&two), counted(&result));
        for key in &all {
            let most = a.get(key).max(b.get(key)).copied().unwrap_or(0);
            prop_assert_eq!(both.get(key).copied().unwrap_or(0), most);
        }
    }

    #[test]
    fn a_copy_from_another_zone_is_set_right(chat in a_chat(), quarters in -104i64..=104) {
        let here = keys(&chat);
        let distinct = chat.iter().filter(|(_, _, kind)| matches!(kind, Kind::Message { text, .. } if text.len() > 12)).count();
        let there: Vec<_> = here.iter().cloned().map(|key| key.shifted(-quarters * 15)).collect();
        match align(&here, &there) {
            Some(found) => {
                prop_assert_eq!((found.shift_minutes, found.agreeing), (quarters * 15, distinct));
                let set: Vec<_> = there.into_iter().map(|key| key.shifted(found.shift_minutes)).collect();
                prop_assert!(merge(&here, &set).add.is_empty());
            }
            None => prop_assert_eq!(distinct, 0),
        }
    }
}

#[test]
fn an_iphones_and_an_androids_copy_of_one_hour_are_one() {
    let android = "18.03.22, 14:56 - Ana hat Bo hinzugefügt.\n18.03.22, 14:56 - Ana: ok\n18.03.22, 14:56 - Ana: ok\n18.03.22, 14:57 - ~ Bobby: <Medien ausgeschlossen>\nthe door\n18.03.22, 14:59 - Ana: see you all at the gate\n";
    let iphone = "\u{200E}[3/18/22, 1:56:01 PM] Gate: \u{200E}Ana added you\r\n[3/18/22, 1:56:20 PM] ~\u{202F}Anna: ok\r\n[3/18/22, 1:56:21 PM] ~\u{202F}Anna: ok\r\n\u{200E}[3/18/22, 1:57:03 PM] Bo: the door \u{200E}<attached: 1-PHOTO.jpg>\r\n[3/18/22, 2:00:00 PM] ~\u{202F}Anna: see you all at the gate\r\n[3/18/22, 2:03:00 PM] Bo: yes\r\n";
    let person = |name: &str| match name {
        "Ana" | "~ Anna" => "ana",
        "Bo" | "~ Bobby" => "bo",
        other => panic!("{other}"),
    };
    let keys = |text: &str| -> Vec<MergeKey<&str>> {
        let chat = read(text).expect("a chat");
        chat.entries
            .iter()
            .map(|e| {
                let sender = e
                    .sender
                    .as_deref()
                    .filter(|_| !matches!(e.kind, Kind::System(_)));
                merge_key(e.at_ms, sender.map(person), &e.kind)
            })
            .collect()
    };
    let (known, new) = (keys(android), keys(iphone));
    let found = align(&known, &new).expect("the last text stands in both");
    assert_eq!(found.shift_minutes, 60);
    let new: Vec<_> = new
        .into_iter()
        .map(|key| key.shifted(found.shift_minutes))
        .collect();
    let plan = merge(&known, &new);
    assert_eq!(plan.same, [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]);
    assert_eq!(plan.add, [5]);
}
