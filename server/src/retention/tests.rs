//! Whatever is said, held, released, erased, redacted and swept in whatever order, and wherever a crash falls, every
//! record is where a small model says it is: to be read, kept out of sight, or gone.

mod model;
mod rules;
pub mod world;

use proptest::prelude::*;

use crate::chat::Refusal;

use model::{Model, Where};
use world::{CHANNELS, PEOPLE, World};

#[derive(Clone, Debug)]
pub enum Act {
    Post {
        channel: usize,
        author: usize,
        word: usize,
    },
    Edit {
        nth: usize,
        word: usize,
    },
    React {
        nth: usize,
        author: usize,
    },
    /// Days forward, or back.
    Clock {
        days: i64,
    },
    Keep {
        channel: usize,
        days: Option<u32>,
        floor: Option<u32>,
    },
    Hold(Held),
    Release {
        nth: usize,
    },
    Erase {
        author: usize,
    },
    Redact {
        nth: usize,
    },
    Sweep,
    /// A sweep that is cut off, a start, and what comes before the next sweep.
    Crash(Cut, Box<Act>),
}

#[derive(Clone, Debug)]
pub struct Held {
    pub channel: Option<usize>,
    pub person: Option<usize>,
    /// Days from the first one on.
    pub days: Option<(u32, u32)>,
    /// Of [`WORDS`].
    pub word: Option<usize>,
}

/// What messages say, each one of them, and holds look for.
pub const WORDS: [&str; 2] = ["falcon", "invoice"];

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cut {
    Nothing,
    Intended,
    Resealed,
    KeysDead,
}

fn act() -> impl Strategy<Value = Act> {
    let (channel, author, word) = (0..CHANNELS, 0..PEOPLE, 0..WORDS.len());
    let held = (
        prop::option::of(channel.clone()),
        prop::option::of(author.clone()),
        prop::option::of((0..6_u32, 0..4_u32).prop_map(|(from, days)| (from, from + days))),
        prop::option::of(word.clone()),
    );
    let cut = prop_oneof![
        Just(Cut::Nothing),
        Just(Cut::Intended),
        Just(Cut::Resealed),
        Just(Cut::KeysDead)
    ];
    let keep = (
        channel.clone(),
        prop::option::of(1..4_u32),
        prop::option::of(1..4_u32),
    )
        .prop_map(|(channel, days, floor)| Act::Keep {
            channel,
            days,
            floor,
        });
    let rules = prop_oneof![
        3 => keep,
        3 => held.prop_map(|(channel, person, days, word)| Act::Hold(Held { channel, person, days, word })),
        2 => (0..9_usize).prop_map(|nth| Act::Release { nth }),
        6 => prop_oneof![4 => Just(1_i64), 1 => Just(-1), 1 => Just(3)].prop_map(|days| Act::Clock { days }),
    ];
    prop_oneof![
        16 => (channel.clone(), author.clone(), word.clone()).prop_map(|(channel, author, word)| Act::Post { channel, author, word }),
        5 => (0..99_usize, word).prop_map(|(nth, word)| Act::Edit { nth, word }),
        5 => (0..99_usize, author.clone()).prop_map(|(nth, author)| Act::React { nth, author }),
        14 => rules.clone(),
        1 => author.prop_map(|author| Act::Erase { author }),
        2 => (0..99_usize).prop_map(|nth| Act::Redact { nth }),
        4 => Just(Act::Sweep),
        3 => (cut, rules).prop_map(|(cut, then)| Act::Crash(cut, Box::new(then))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 150, ..ProptestConfig::default() })]

    #[test]
    fn every_record_is_where_hold_floor_order_and_ceiling_put_it(acts in prop::collection::vec(act(), 1..60)) {
        let mut world = World::new();
        let mut model = Model::default();
        for act in &acts {
            world.does(act, &mut model);
            prop_assert_eq!(world.records(&model), model.records(), "after {:?}", act);
        }
        world.does(&Act::Sweep, &mut model);
        prop_assert_eq!(world.records(&model), model.records(), "after the last sweep");
        world.verifies();
    }
}

/// What the model must be able to tell apart, said once by hand.
#[test]
fn of_a_partly_held_day_only_the_held_records_survive_and_a_release_destroys_nothing_by_itself() {
    let (mut world, mut model) = (World::new(), Model::default());
    let mut does = |act: Act, expected: &[Where]| {
        world.does(&act, &mut model);
        assert_eq!(world.records(&model), expected, "{act:?}");
        assert_eq!(model.records(), expected, "the model, {act:?}");
    };
    use Where::{Alive, Gone, Kept};
    does(
        Act::Keep {
            channel: 0,
            days: Some(1),
            floor: None,
        },
        &[],
    );
    does(
        Act::Post {
            channel: 0,
            author: 0,
            word: 0,
        },
        &[Alive],
    );
    does(
        Act::Post {
            channel: 0,
            author: 1,
            word: 0,
        },
        &[Alive, Alive],
    );
    does(Act::React { nth: 0, author: 1 }, &[Alive, Alive, Alive]);
    let hold = Held {
        channel: None,
        person: Some(0),
        days: None,
        word: None,
    };
    does(Act::Hold(hold), &[Alive, Alive, Alive]);
    does(Act::Clock { days: 3 }, &[Alive, Alive, Alive]);
    // A reaction to a held person's message is held with it.
    does(Act::Sweep, &[Kept, Gone, Kept]);
    does(Act::Release { nth: 0 }, &[Kept, Gone, Kept]);
    // The crash falls into the sweep that was to take it; the next one does.
    let nothing = Box::new(Act::Clock { days: 0 });
    does(Act::Crash(Cut::Resealed, nothing), &[Gone, Gone, Gone]);
}

#[test]
fn a_hold_by_words_keeps_what_says_them_in_any_version_with_all_that_was_done_to_it() {
    let (mut world, mut model) = (World::new(), Model::default());
    let keep = Act::Keep {
        channel: 0,
        days: Some(1),
        floor: None,
    };
    let post = |word| Act::Post {
        channel: 0,
        author: 0,
        word,
    };
    let hold = Held {
        channel: None,
        person: Some(0),
        days: None,
        word: Some(1),
    };
    let said = [keep, post(0), post(1), post(0), Act::Hold(hold), post(1)];
    for act in said.into_iter().chain([
        Act::React { nth: 0, author: 1 },
        Act::React { nth: 1, author: 1 },
        // It said so once, and says something else now; and the other way round.
        Act::Edit { nth: 1, word: 0 },
        Act::Edit { nth: 2, word: 1 },
        Act::Clock { days: 3 },
    ]) {
        world.does(&act, &mut model);
    }
    use Where::{Gone, Kept};
    let expected = [Gone, Kept, Kept, Kept, Gone, Kept, Kept, Kept];
    // Words come back from the log.
    let restart = Act::Crash(Cut::Nothing, Box::new(Act::Clock { days: 0 }));
    for act in [restart, Act::Sweep, Act::Sweep] {
        world.does(&act, &mut model);
        assert_eq!(world.records(&model), expected, "{act:?}");
        assert_eq!(model.records(), expected, "the model, {act:?}");
    }
    for act in [Act::Release { nth: 0 }, Act::Sweep] {
        world.does(&act, &mut model);
    }
    assert_eq!(world.records(&model), [Gone; 8]);
}

#[test]
fn a_hold_that_comes_between_plan_and_destruction_wins() {
    let (mut world, mut model) = (World::new(), Model::default());
    let keep = Act::Keep {
        channel: 0,
        days: Some(1),
        floor: None,
    };
    let post = Act::Post {
        channel: 0,
        author: 0,
        word: 0,
    };
    for act in [keep, post, Act::Clock { days: 3 }] {
        world.does(&act, &mut model);
    }
    let plans = world.prepares();
    let hold = Act::Hold(Held {
        channel: Some(0),
        person: None,
        days: None,
        word: None,
    });
    world.does(&hold, &mut model);
    assert!(matches!(world.destroys(plans), Err(Refusal::Conflict(_))));
    assert_eq!(world.records(&model), [Where::Alive]);
    world.does(&Act::Sweep, &mut model);
    assert_eq!(world.records(&model), [Where::Kept]);
}

#[test]
fn nothing_is_added_to_what_is_about_to_go() {
    let (mut world, mut model) = (World::new(), Model::default());
    let keep = Act::Keep {
        channel: 0,
        days: Some(1),
        floor: None,
    };
    let post = Act::Post {
        channel: 0,
        author: 0,
        word: 0,
    };
    for act in [keep, post, Act::Clock { days: 3 }] {
        world.does(&act, &mut model);
    }
    let plans = world.prepares();
    world.does(&Act::Edit { nth: 0, word: 0 }, &mut model);
    world.does(&Act::React { nth: 0, author: 1 }, &mut model);
    assert_eq!(model.records().len(), 1, "both are refused");
    assert_eq!(world.destroys(plans), Ok(()));
    assert_eq!(world.records(&model), [Where::Gone]);
}

#[test]
fn a_message_that_is_about_to_be_redacted_cannot_be_edited_out_of_it() {
    let (mut world, mut model) = (World::new(), Model::default());
    let post = Act::Post {
        channel: 0,
        author: 0,
        word: 0,
    };
    for act in [post.clone(), post, Act::Redact { nth: 0 }] {
        world.does(&act, &mut model);
    }
    // Before anything is said in the log it can still be added to, and what is added goes too.
    world.does(&Act::Edit { nth: 0, word: 0 }, &mut model);
    let plans = world.prepares();
    world.does(&Act::Edit { nth: 0, word: 0 }, &mut model);
    assert_eq!(world.destroys(plans), Ok(()));
    let expected = [Where::Gone, Where::Alive, Where::Gone];
    assert_eq!(world.records(&model), expected);
}

#[test]
fn what_was_to_go_and_is_to_be_kept_longer_by_now_is_kept() {
    let (mut world, mut model) = (World::new(), Model::default());
    let keep = |days| Act::Keep {
        channel: 0,
        days: Some(days),
        floor: None,
    };
    let post = Act::Post {
        channel: 0,
        author: 0,
        word: 0,
    };
    for act in [keep(1), post, Act::Clock { days: 3 }] {
        world.does(&act, &mut model);
    }
    let plans = world.prepares();
    world.does(&keep(9), &mut model);
    assert!(world.destroys(plans).is_err());
    world.does(&Act::Sweep, &mut model);
    assert_eq!(world.records(&model), [Where::Alive]);
    // And it can be added to again.
    world.does(&Act::Edit { nth: 0, word: 0 }, &mut model);
    assert_eq!(world.records(&model), [Where::Alive, Where::Alive]);
}

#[test]
fn what_was_put_aside_for_a_hold_comes_back_when_its_day_is_kept_longer() {
    let (mut world, mut model) = (World::new(), Model::default());
    let keep = |days| Act::Keep {
        channel: 0,
        days: Some(days),
        floor: None,
    };
    let post = |author| Act::Post {
        channel: 0,
        author,
        word: 0,
    };
    let hold = Act::Hold(Held {
        channel: Some(0),
        person: None,
        days: None,
        word: None,
    });
    for act in [keep(1), post(0), post(1), post(2), hold] {
        world.does(&act, &mut model);
    }
    // One of them is kept for the matter alone: it was to be forgotten whatever its day.
    for act in [Act::Redact { nth: 2 }, Act::Sweep, Act::Clock { days: 3 }] {
        world.does(&act, &mut model);
    }
    let then = Box::new(keep(9));
    world.does(&Act::Crash(Cut::Resealed, then), &mut model);
    let expected = [Where::Alive, Where::Alive, Where::Kept];
    assert_eq!(world.records(&model), expected);
    // With its author's key mixed in again.
    for act in [
        Act::Release { nth: 0 },
        Act::Erase { author: 0 },
        Act::Sweep,
    ] {
        world.does(&act, &mut model);
    }
    let expected = [Where::Gone, Where::Alive, Where::Gone];
    assert_eq!(world.records(&model), expected);
    assert_eq!(model.records(), expected);
}

#[test]
fn a_destruction_that_was_cut_off_is_certified_with_all_that_it_took() {
    for cut in [Cut::Nothing, Cut::Intended, Cut::Resealed, Cut::KeysDead] {
        let (mut world, mut model) = (World::new(), Model::default());
        let keep = Act::Keep {
            channel: 0,
            days: Some(1),
            floor: None,
        };
        let post = |author| Act::Post {
            channel: 0,
            author,
            word: 0,
        };
        let hold = Act::Hold(Held {
            channel: Some(0),
            person: Some(1),
            days: None,
            word: None,
        });
        let said = [keep, post(0), post(0), post(1), hold];
        for act in said.into_iter().chain([
            Act::Edit { nth: 0, word: 0 },
            Act::React { nth: 2, author: 0 },
            Act::Clock { days: 3 },
            Act::Crash(cut, Box::new(Act::Clock { days: 0 })),
            Act::Sweep,
        ]) {
            world.does(&act, &mut model);
        }
        let officer = world.officer.person();
        let told = world.views().destroyed(officer, u64::MAX, 10);
        let (all, next) = told.expect("told");
        assert_eq!((all.len(), next), (1, None), "{cut:?}");
        let facts = &all[0];
        let taken = facts.taken.expect("counted");
        assert_eq!(taken.messages, 3, "{cut:?}");
        // Two messages and an edit are gone; a message and the reaction to it are held.
        let gone = facts.destroyed.expect("counted");
        let kept = facts.kept.iter().flatten();
        let kept: Vec<(u64, u64)> = kept.map(|kept| (kept.records, kept.messages)).collect();
        assert_eq!((gone.records, kept), (3, vec![(2, 1)]), "{cut:?}");
        let admin = world.views().destroyed(world.admin.person(), u64::MAX, 10);
        let facts = &admin.expect("told").0[0];
        assert_eq!(facts.taken, Some(taken), "{cut:?}");
        assert!(facts.destroyed.is_none() && facts.kept.is_none());
        world.verifies();
    }
}
