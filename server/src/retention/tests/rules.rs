//! Whoever sets, approves and stops rules in whatever order, whatever clock and power do: nothing can go sooner than it
//! could, unless two people stood behind it and the grace period was over.

use std::collections::HashMap;

use migrations_free_store::Id;
use proptest::prelude::*;

use super::world::{CHANNELS, World};
use crate::chat::command::{Command, Role};
use crate::chat::event::{Act as Happened, Event};
use crate::chat::proposal::{Lapse, ProposalState};
use crate::chat::{Ack, Actor, Refusal};

const GRACE_HOURS: u32 = 72;
const LAPSE_HOURS: u64 = 30 * 24;
const HOUR_MS: u64 = 3_600_000;

#[derive(Clone, Debug)]
enum Act {
    /// Of a channel, or of the workspace.
    Set {
        subject: usize,
        keep: Option<u32>,
        inherit: bool,
        floor: Option<u32>,
        lock: bool,
    },
    Approve {
        nth: usize,
        by: usize,
    },
    Stop {
        nth: usize,
        by: usize,
    },
    Clock {
        hours: i64,
    },
    /// What a sweep does before it destroys.
    Settle,
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    let days = || prop::option::of(1..6_u32);
    let hours = prop_oneof![
        Just(1),
        Just(71),
        Just(72),
        Just(200),
        Just(800),
        Just(-1),
        Just(-100)
    ];
    let set = (
        0..=CHANNELS,
        days(),
        prop::bool::weighted(0.3),
        days(),
        prop::bool::weighted(0.1),
    );
    prop_oneof![
        6 => set.prop_map(|(subject, keep, inherit, floor, lock)| Act::Set { subject, keep, inherit, floor, lock }),
        5 => (0..9_usize, 0..3_usize).prop_map(|(nth, by)| Act::Approve { nth, by }),
        1 => (0..9_usize, 0..3_usize).prop_map(|(nth, by)| Act::Stop { nth, by }),
        5 => hours.prop_map(|hours| Act::Clock { hours }),
        3 => Just(Act::Settle),
        1 => Just(Act::Restart),
    ]
}

/// What two people did, as they themselves remember it.
struct Told {
    proposal: Id,
    by: usize,
    at_hour: u64,
    approved_at_hour: Option<u64>,
    is_stopped: bool,
    /// Its time had come when the rules were settled; a clock set back does not undo that.
    has_ended: bool,
}

struct House {
    world: World,
    askers: [Actor; 3],
    told: Vec<Told>,
    first_ms: u64,
}

impl House {
    fn new() -> House {
        let world = World::with_grace(GRACE_HOURS);
        let person = world.people[0].person();
        let role = Role::Admin;
        let promote = Command::PersonRole { person, role };
        world.asks(world.admin, promote).expect("a second admin");
        // In the middle of an hour, so that no test meets a full one on its way.
        let first_ms = world.clock.now_ms() - HOUR_MS / 2;
        House {
            askers: [world.admin, world.people[0], world.officer],
            world,
            told: Vec::new(),
            first_ms,
        }
    }

    fn hour(&self, ms: u64) -> u64 {
        (ms + 10_000 * HOUR_MS - self.first_ms) / HOUR_MS
    }

    /// The hour it is, or the latest one in which anything is on record.
    fn latest_hour(&self) -> u64 {
        let log = self.events(0);
        let newest = log.iter().map(|event| event.header.at).max();
        let now = self.world.clock.now_ms();
        self.hour(newest.unwrap_or(0).max(now))
    }

    fn events(&self, from: u64) -> Vec<Event> {
        let store = &self.world.views().store;
        let records = store.scan(from, u64::MAX);
        records
            .map(|record| Event::read(&record.expect("readable")).expect("an event"))
            .collect()
    }

    /// Of each channel, and of one that is yet to come: after how many days it goes, and before which it does not.
    fn bounds(&self) -> Vec<(u32, u32)> {
        let state = self.world.views().state.read();
        let channels = self.world.channels.iter().map(|id| &state.channels[id]);
        let mut bounds: Vec<(u32, u32)> = channels
            .map(|channel| {
                let keep = state.keep_days(channel).unwrap_or(u32::MAX);
                (keep, state.floor_days(channel).unwrap_or(0))
            })
            .collect();
        let mut to_come = state.channels[&self.world.channels[0]].clone();
        (to_come.keep, to_come.floor) = Default::default();
        let keep = state.keep_days(&to_come).unwrap_or(u32::MAX);
        bounds.push((keep, state.floor_days(&to_come).unwrap_or(0)));
        bounds
    }

    fn open(&self, nth: usize) -> Option<usize> {
        let state = self.world.views().state.read();
        let told = self.told.iter().enumerate();
        let open: Vec<usize> = told
            .filter(|(_, told)| state.proposals[&told.proposal].is_open())
            .map(|(at, _)| at)
            .collect();
        open.get(nth % open.len().max(1)).copied()
    }

    fn asks(&self, by: usize, command: Command) -> Result<Ack, Refusal> {
        self.world.asks(self.askers[by], command)
    }

    fn does(&mut self, act: &Act) {
        match act {
            Act::Set {
                subject,
                keep,
                inherit,
                floor,
                lock,
            } => {
                let c = self.world.channels.get(*subject).copied();
                let inherit = *inherit && c.is_some();
                let set = Command::PolicySet {
                    c,
                    keep_days: keep.filter(|_| !inherit),
                    inherit,
                    floor_days: *floor,
                    lock: *lock,
                };
                let at_hour = self.latest_hour();
                if let Ok(Ack {
                    proposal: Some(proposal),
                    ..
                }) = self.asks(0, set)
                {
                    self.told.push(Told {
                        proposal,
                        by: 0,
                        at_hour,
                        approved_at_hour: None,
                        is_stopped: false,
                        has_ended: false,
                    });
                }
            }
            Act::Approve { nth, by } => {
                let Some(at) = self.open(*nth) else { return };
                let proposal = self.told[at].proposal;
                let hour = self.latest_hour();
                let answer = self.asks(*by, Command::PolicyApprove { proposal });
                if *by == self.told[at].by {
                    assert_eq!(answer, Err(Refusal::Forbidden), "four eyes");
                } else if answer.is_ok() {
                    assert_eq!(self.told[at].approved_at_hour, None, "once");
                    self.told[at].approved_at_hour = Some(hour);
                }
            }
            Act::Stop { nth, by } => {
                let Some(at) = self.open(*nth) else { return };
                let proposal = self.told[at].proposal;
                self.asks(*by, Command::PolicyStop { proposal })
                    .expect("whoever may approve may stop");
                self.told[at].is_stopped = true;
            }
            Act::Clock { hours } => self.world.clock.shift(hours * HOUR_MS as i64),
            Act::Settle => self.world.settles_rules(),
            Act::Restart => {
                self.world.stop();
                self.world.start();
            }
        }
    }

    /// Nothing could go sooner by this act, but by what was approved and waited long enough; and that is on record.
    fn checks(&mut self, act: &Act, before: &[(u32, u32)], from: u64) {
        let now = self.hour(self.world.clock.now_ms());
        let after = self.bounds();
        let is_sooner = before
            .iter()
            .zip(&after)
            .any(|(old, new)| new.0 < old.0 || new.1 < old.1);
        let mut taken = 0;
        for event in self.events(from) {
            let (proposal, lapse) = match event.header.act {
                Happened::PolicySet { proposal, .. } => (proposal, None),
                Happened::PolicyLapsed { proposal, why } => (Some(proposal), Some(why)),
                _ => continue,
            };
            let Some(proposal) = proposal else { continue };
            let told = self.told.iter().find(|told| told.proposal == proposal);
            let told = told.expect("somebody proposed it");
            assert!(!told.is_stopped, "{act:?} ended what was stopped");
            if lapse == Some(Lapse::Unapproved) {
                assert_eq!(told.approved_at_hour, None);
                assert!(now >= told.at_hour + LAPSE_HOURS, "{act:?}: too early");
            } else {
                let approved = told.approved_at_hour.expect("somebody approved it");
                assert!(
                    now >= approved + u64::from(GRACE_HOURS),
                    "{act:?}: too early"
                );
            }
            taken += usize::from(lapse.is_none());
        }
        assert!(
            !is_sooner || taken > 0,
            "{act:?}: from {before:?} to {after:?}"
        );
        // And when their time has come, they do end.
        let state = self.world.views().state.read();
        if matches!(act, Act::Settle) {
            for told in self.told.iter_mut().filter(|told| !told.is_stopped) {
                let due = told
                    .approved_at_hour
                    .map_or(told.at_hour + LAPSE_HOURS, |at| at + u64::from(GRACE_HOURS));
                told.has_ended |= now >= due;
                let proposal = &state.proposals[&told.proposal];
                assert_eq!(proposal.is_open(), !told.has_ended, "{proposal:?}");
            }
        }
        let mut open: HashMap<Option<Id>, usize> = HashMap::new();
        for proposal in state.proposals.values().filter(|p| p.is_open()) {
            *open.entry(proposal.channel).or_default() += 1;
        }
        assert!(open.values().all(|n| *n == 1), "one at a time: {open:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 150, ..ProptestConfig::default() })]

    #[test]
    fn nothing_goes_sooner_before_a_second_person_and_the_grace_period(acts in prop::collection::vec(act(), 1..50)) {
        let mut house = House::new();
        for act in &acts {
            let (before, from) = (house.bounds(), house.world.views().store.size());
            house.does(act);
            house.checks(act, &before, from);
        }
        house.world.verifies();
    }
}

/// Two changes, neither of which does anything alone, are not let through one by one.
#[test]
fn what_two_changes_do_together_is_judged_together() {
    let mut house = House::new();
    let set = |subject, keep, inherit| Act::Set {
        subject,
        keep,
        inherit,
        floor: None,
        lock: false,
    };
    // The workspace is to keep two days, and waits for it; the channel keeps five until then.
    house.does(&set(0, Some(5), false));
    house.does(&Act::Approve { nth: 0, by: 2 });
    house.does(&Act::Clock { hours: 72 });
    house.does(&Act::Settle);
    assert_eq!(house.bounds()[0].0, 5);
    house.does(&set(CHANNELS, Some(2), false));
    house.does(&Act::Approve { nth: 0, by: 1 });
    // To follow the workspace is longer today, and shorter the day after tomorrow.
    house.does(&set(0, None, true));
    assert_eq!(house.told.len(), 3, "it waits as well");
    house.does(&Act::Clock { hours: 72 });
    house.does(&Act::Settle);
    let bounds = house.bounds();
    assert_eq!((bounds[0].0, bounds[1].0), (5, 2));
    let state = house.world.views().state.read();
    let last = &state.proposals[&house.told[2].proposal];
    assert_eq!(last.state, ProposalState::Waiting);
}
