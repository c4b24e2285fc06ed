//! One destruction from plan to done. Every step may be cut off by a crash and is taken again from the plan.
//!
//! Plan, say so in the log, seal the survivors elsewhere, then let the door destroy the keys, which it does only while
//! the rules are those of the plan.

use migrations_free_store::{Error, Store};

use super::plan::{Plan, Planner, Survivors};
use crate::chat::command::{Command, Door as Inner};
use crate::chat::subject::Subject;
use crate::chat::{Actor, Refusal};
use crate::clock::Clock;
use crate::sequencer::Door;
use crate::views::{Views, unavailable};

/// Plans made anew because a rule or a hold changed meanwhile, before it is left for the next sweep.
const TRIES_MAX: usize = 5;

/// Destroys all of these together: the keyring is put under a fresh root once. Blocks; gives what was done. The sealed
/// bytes are left to whoever sweeps.
pub fn carry_out(
    views: &Views,
    door: &Door,
    clock: &Clock,
    subjects: &[Subject],
) -> Result<Vec<Plan>, Refusal> {
    for _ in 0..TRIES_MAX {
        let plans = prepare(views, door, clock, subjects)?;
        if plans.is_empty() {
            return Ok(plans);
        }
        match door.destroy(plans.clone()) {
            Ok(()) => {
                for key in plans.iter().flat_map(|plan| &plan.indexes) {
                    views.search.forget(views, *key);
                }
                return Ok(plans);
            }
            Err(Refusal::Conflict(_)) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Err(Refusal::Conflict("The rules kept changing."))
}

/// Everything up to the last step: intended in the log, and every survivor sealed elsewhere, on disk.
pub fn prepare(
    views: &Views,
    door: &Door,
    clock: &Clock,
    subjects: &[Subject],
) -> Result<Vec<Plan>, Refusal> {
    let plans = intended(views, door, clock, subjects)?;
    for plan in &plans {
        reseal(&views.store, &plan.survivors).map_err(unavailable)?;
    }
    Ok(plans)
}

/// The plans, each said in the log.
pub fn intended(
    views: &Views,
    door: &Door,
    clock: &Clock,
    subjects: &[Subject],
) -> Result<Vec<Plan>, Refusal> {
    let mut plans = Vec::new();
    for subject in subjects {
        plans.extend(intend(views, door, clock, subject)?);
    }
    Ok(plans)
}

pub fn reseal(store: &Store, survivors: &Survivors) -> Result<(), Error> {
    for (scope, positions) in survivors.by_scope() {
        store.reseal(&positions, scope)?;
    }
    for (id, scope) in &survivors.files {
        match store.blob_reseal(*id, *scope) {
            // An upload that was never finished is sent again by whoever was sending it; one whose key died before a
            // crash goes as it was to go then.
            Err(Error::NotFound | Error::Forgotten) => store.blob_delete(*id)?,
            result => result?,
        }
    }
    Ok(())
}

/// The plan that stands in the log. Once intended nothing is added to what is about to go: what came in before that is
/// planned for too.
fn intend(
    views: &Views,
    door: &Door,
    clock: &Clock,
    subject: &Subject,
) -> Result<Option<Plan>, Refusal> {
    let plan = || {
        let planned = Planner::new(views, clock.now_ms()).plan(subject);
        planned.map_err(unavailable)
    };
    let Some(first) = plan()? else {
        return Ok(None);
    };
    if first.is_whole {
        return settle(door, plan);
    }
    // From here on nothing is added to what is to go; and what is sealed from the renewal on is under a key that
    // lives on.
    say(door, &first)?;
    for (scope, _) in first.keys.iter().filter(|(_, below)| *below != u16::MAX) {
        door.renew(*scope)?;
    }
    settle(door, plan)
}

/// Says what is planned until nothing came in between.
fn settle(
    door: &Door,
    plan: impl Fn() -> Result<Option<Plan>, Refusal>,
) -> Result<Option<Plan>, Refusal> {
    for _ in 0..TRIES_MAX {
        let Some(planned) = plan()? else {
            return Ok(None);
        };
        say(door, &planned)?;
        let Some(again) = plan()? else {
            return Ok(None);
        };
        if planned.is_as(&again) {
            return Ok(Some(planned));
        }
    }
    Err(Refusal::Conflict("What is to be destroyed kept growing."))
}

fn say(door: &Door, plan: &Plan) -> Result<(), Refusal> {
    let intend = Command::Door(Inner::Intend(plan.intent.clone()));
    door.submit_blocking(Actor::System, intend, None)
        .map(|_| ())
}
