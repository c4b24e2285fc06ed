//! Rules of retention: set at once where nothing can go sooner, else proposed, approved by another, and in force when
//! the grace period is over.

use migrations_free_store::Id;

use super::{Build, Facts};
use crate::chat::command::KEEP_DAYS_MAX;
use crate::chat::event::{Act, Keep};
use crate::chat::proposal::{Dooms, LAPSES_AFTER_MS, Lapse, Proposal, ProposalState, Ruling};
use crate::chat::refusal::Refusal;
use crate::chat::state::{Floor, State};

const HOUR_MS: u64 = 3_600_000;

/// A rule as a command or a preview words it.
pub struct Wanted {
    pub c: Option<Id>,
    pub keep_days: Option<u32>,
    pub inherit: bool,
    pub floor_days: Option<u32>,
    pub lock: bool,
}

impl Wanted {
    /// The rule it means; refused where no such rule can be.
    pub fn ruling(&self, state: &State) -> Result<Ruling, Refusal> {
        let keep = self.keep()?;
        let floor_days = self.floor_days;
        if floor_days.is_some_and(|days| !(1..=KEEP_DAYS_MAX).contains(&days)) {
            return Err(Refusal::Invalid(format!(
                "A floor has 1 to {KEEP_DAYS_MAX} days."
            )));
        }
        let before = state.ruling(self.c).ok_or(Refusal::NotFound)?.floor;
        if self.lock && floor_days.is_none() {
            return Err(Refusal::invalid("There is no floor to lock."));
        }
        let floor = Floor {
            days: floor_days,
            locked: self.lock || before.locked,
        };
        Ok(Ruling { keep, floor })
    }

    fn keep(&self) -> Result<Keep, Refusal> {
        match (self.inherit, self.keep_days) {
            (true, _) if self.c.is_none() => Err(Refusal::invalid(
                "The workspace has nothing to inherit from.",
            )),
            (true, Some(_)) => Err(Refusal::invalid("Either inherit or keep_days, not both.")),
            (true, None) => Ok(Keep::Inherit),
            (false, None) => Ok(Keep::Forever),
            (false, Some(days)) if (1..=KEEP_DAYS_MAX).contains(&days) => Ok(Keep::Days(days)),
            (false, Some(_)) => Err(Refusal::Invalid(format!(
                "Keep 1 to {KEEP_DAYS_MAX} days, or for ever."
            ))),
        }
    }
}

/// At once when nothing can go sooner than today, else as a proposal.
pub(super) fn set(
    build: &mut Build<'_>,
    wanted: &Wanted,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    let state = build.state;
    let ruling = wanted.ruling(state)?;
    fits(state, wanted.c, ruling)?;
    if state.open_proposal(wanted.c).is_some() {
        return Err(Refusal::Fault {
            code: "policy/waiting",
            message: "A change of this rule is waiting already. Stop it before you make another."
                .into(),
        });
    }
    let Ruling { keep, floor } = ruling;
    if !state.destroys_sooner(wanted.c, ruling) {
        let act = Act::PolicySet {
            keep,
            floor: floor.days,
            locked: floor.locked,
            proposal: None,
            dooms: None,
        };
        build.audit(act, wanted.c, None);
        return Ok(());
    }
    if state.other_approvers(build.person()) == 0 {
        return Err(Refusal::Fault {
            code: "policy/alone",
            message: "A rule that destroys sooner needs a second person, and nobody else here may approve it. Make \
                      another person an administrator or an officer first."
                .into(),
        });
    }
    let act = Act::PolicyProposed {
        proposal: facts.ids.take()?,
        keep,
        floor: floor.days,
        locked: floor.locked,
        dooms: dooms(build, wanted.c, ruling),
        lapses_at: state.latest(build.now_ms).saturating_add(LAPSES_AFTER_MS),
    };
    build.audit(act, wanted.c, None);
    Ok(())
}

pub(super) fn approve(build: &mut Build<'_>, id: Id, grace_hours: u32) -> Result<(), Refusal> {
    let known = proposal(build, id)?;
    if known.state != ProposalState::Waiting {
        return Err(Refusal::Conflict("This proposal was already decided."));
    }
    if known.lapses_at <= build.now_ms {
        return Err(Refusal::Conflict(
            "This proposal is too old: it has lapsed.",
        ));
    }
    fits(build.state, known.channel, known.ruling)?;
    let (state, channel) = (build.state, known.channel);
    let grace_ms = u64::from(grace_hours) * HOUR_MS;
    let act = Act::PolicyApproved {
        proposal: id,
        grace_hours,
        takes_effect_at: state.latest(build.now_ms).saturating_add(grace_ms),
    };
    build.audit(act, channel, None);
    Ok(())
}

pub(super) fn stop(build: &mut Build<'_>, id: Id) -> Result<(), Refusal> {
    let known = proposal(build, id)?;
    if !known.is_open() {
        return Err(Refusal::Conflict("This proposal waits no more."));
    }
    let channel = known.channel;
    build.audit(Act::PolicyStopped { proposal: id }, channel, None);
    Ok(())
}

/// The grace period is over, or nobody approved it in time. Never before that, whoever asks.
pub(super) fn due(build: &mut Build<'_>, id: Id) -> Result<(), Refusal> {
    let known = proposal(build, id)?;
    if known.due_at().is_none_or(|at| build.now_ms < at) {
        return Err(Refusal::Conflict("Its time has not come."));
    }
    let (channel, ruling) = (known.channel, known.ruling);
    let lapsed = |why| Act::PolicyLapsed { proposal: id, why };
    let act = if known.state == ProposalState::Waiting {
        lapsed(Lapse::Unapproved)
    } else if fits(build.state, channel, ruling).is_err() {
        lapsed(Lapse::Forbidden)
    } else {
        Act::PolicySet {
            keep: ruling.keep,
            floor: ruling.floor.days,
            locked: ruling.floor.locked,
            proposal: Some(id),
            dooms: Some(dooms(build, channel, ruling)),
        }
    };
    build.audit(act, channel, None);
    Ok(())
}

fn proposal<'s>(build: &Build<'s>, id: Id) -> Result<&'s Proposal, Refusal> {
    build.state.proposals.get(&id).ok_or(Refusal::NotFound)
}

fn dooms(build: &Build<'_>, channel: Option<Id>, ruling: Ruling) -> Dooms {
    Dooms::total(&build.state.dooms(channel, ruling, build.now_ms))
}

/// A locked floor is never shortened, and every rule is one that can be followed.
fn fits(state: &State, c: Option<Id>, ruling: Ruling) -> Result<(), Refusal> {
    let before = state.ruling(c).ok_or(Refusal::NotFound)?.floor;
    if before.locked && ruling.floor.days < before.days {
        return Err(Refusal::Conflict(
            "This floor is locked: it can be lengthened, never shortened.",
        ));
    }
    let workspace = match c {
        None => ruling,
        Some(_) => state.workspace.ruling(),
    };
    let fits = |own: Ruling| own.is_possible(workspace);
    let all_fit = match c {
        Some(_) => fits(ruling),
        None => {
            let mut channels = state.channels.values();
            fits(Ruling::default()) && channels.all(|channel| fits(channel.ruling()))
        }
    };
    if all_fit {
        Ok(())
    } else {
        Err(Refusal::Conflict(
            "The floor lies above the ceiling: what must be kept could not go in time.",
        ))
    }
}
