//! Rules that wait: what a change could destroy sooner than today, what the dry run gives, and from when it holds.
//!
//! [`Dooms`] and [`Lapse`] are on disk: nothing in them is ever renamed.

use migrations_free_store::Id;
use serde::{Deserialize, Serialize};

use super::command::Role;
use super::event::Keep;
use super::state::{Channel, DAY_MS, Floor, State};

/// A proposal that nobody approves lapses after so long.
pub const LAPSES_AFTER_MS: u64 = 30 * DAY_MS;

/// A rule as it is set, for the workspace or for one channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Ruling {
    pub keep: Keep,
    pub floor: Floor,
}

/// What a rule comes to in its workspace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Days after which it goes; None: never.
    pub ceiling: Option<u32>,
    /// Days before which nothing goes.
    pub floor: Option<u32>,
}

/// What a dry run gave: the channel-days that are due, and what is in them. Nothing is left out of it: it stands in the
/// saved state too, whose fields have no names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dooms {
    pub channels: u64,
    pub days: u64,
    pub messages: u64,
    pub files: u64,
    #[serde(default)]
    pub first_day: Option<u32>,
    #[serde(default)]
    pub last_day: Option<u32>,
}

/// Why a proposal ended without anybody's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lapse {
    /// Nobody approved it in time.
    Unapproved,
    /// When it was to hold, another rule stood against it.
    Forbidden,
}

/// A change that could destroy something sooner, and waits for a second person and for its time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Proposal {
    /// None: of the workspace.
    pub channel: Option<Id>,
    pub ruling: Ruling,
    /// As it was when somebody proposed it.
    pub dooms: Dooms,
    pub by: Id,
    pub at: u64,
    pub lapses_at: u64,
    pub approval: Option<Approval>,
    pub state: ProposalState,
    /// Who stopped it.
    pub stopped_by: Option<Id>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Approval {
    pub by: Id,
    pub at: u64,
    pub grace_hours: u32,
    pub takes_effect_at: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    Waiting,
    Approved,
    Stopped,
    Lapsed,
    /// It became the rule.
    Taken,
}

impl Ruling {
    /// Its ceiling and its floor in days, as they are set.
    fn days(self, workspace: Ruling) -> (Option<u32>, Option<u32>) {
        let keep = match self.keep {
            Keep::Inherit => workspace.keep,
            own => own,
        };
        (keep.days(), self.floor.days.max(workspace.floor.days))
    }

    /// The floor wins.
    pub fn bounds(self, workspace: Ruling) -> Bounds {
        let (keep, floor) = self.days(workspace);
        let ceiling = keep.map(|days| days.max(floor.unwrap_or(0)));
        Bounds { ceiling, floor }
    }

    /// What must be kept longer than it may be kept is no rule.
    pub fn is_possible(self, workspace: Ruling) -> bool {
        let (keep, floor) = self.days(workspace);
        keep.zip(floor).is_none_or(|(keep, floor)| floor <= keep)
    }
}

impl Bounds {
    /// Could anything go earlier under these than under `old`? A shorter floor counts: what it keeps of an order goes.
    pub fn are_sooner_than(self, old: Bounds) -> bool {
        let ever = |ceiling: Option<u32>| ceiling.unwrap_or(u32::MAX);
        ever(self.ceiling) < ever(old.ceiling) || self.floor < old.floor
    }
}

impl Proposal {
    /// It waits for a second person, or for its time.
    pub fn is_open(&self) -> bool {
        matches!(self.state, ProposalState::Waiting | ProposalState::Approved)
    }

    /// When the server has to look at it again; None once it ended.
    pub fn due_at(&self) -> Option<u64> {
        match (self.state, self.approval) {
            (ProposalState::Waiting, _) => Some(self.lapses_at),
            (ProposalState::Approved, Some(approval)) => Some(approval.takes_effect_at),
            _ => None,
        }
    }
}

impl Dooms {
    fn add(&mut self, other: &Dooms) {
        self.channels += other.channels;
        self.days += other.days;
        self.messages += other.messages;
        self.files += other.files;
        let days = [
            self.first_day,
            other.first_day,
            self.last_day,
            other.last_day,
        ];
        self.first_day = days.into_iter().flatten().min();
        self.last_day = days.into_iter().flatten().max();
    }

    /// Of all channels.
    pub fn total(all: &[(Id, Dooms)]) -> Dooms {
        let mut total = Dooms::default();
        for (_, dooms) in all {
            total.add(dooms);
        }
        total
    }
}

impl State {
    /// The rule that was set for the workspace or for this channel.
    pub fn ruling(&self, channel: Option<Id>) -> Option<Ruling> {
        match channel {
            Some(id) => self.channels.get(&id).map(Channel::ruling),
            None => Some(self.workspace.ruling()),
        }
    }

    /// The change that waits for this subject: there is one at most.
    pub fn open_proposal(&self, channel: Option<Id>) -> Option<&Proposal> {
        let mut open = self.open_proposals();
        open.find(|proposal| proposal.channel == channel)
    }

    fn open_proposals(&self) -> impl Iterator<Item = &Proposal> {
        self.proposals
            .values()
            .filter(|proposal| proposal.is_open())
    }

    /// Could anything ever go earlier if this became the rule? It is judged beside the rules that hold and beside those
    /// that wait, so that no two changes do together what neither does alone.
    pub fn destroys_sooner(&self, channel: Option<Id>, new: Ruling) -> bool {
        let Some(old) = self.ruling(channel) else {
            return true;
        };
        let waiting = |of_channels: bool| {
            let open = self.open_proposals();
            open.filter(move |proposal| proposal.channel.is_some() == of_channels)
                .map(|proposal| proposal.ruling)
        };
        if channel.is_some() {
            return std::iter::once(self.workspace.ruling())
                .chain(waiting(false))
                .any(|workspace| new.bounds(workspace).are_sooner_than(old.bounds(workspace)));
        }
        // A channel that is yet to come follows the workspace.
        std::iter::once(Ruling::default())
            .chain(self.channels.values().map(Channel::ruling))
            .chain(waiting(true))
            .any(|own| own.bounds(new).are_sooner_than(own.bounds(old)))
    }

    /// What the next run would destroy if this were the rule, by channel.
    pub fn dooms(&self, channel: Option<Id>, new: Ruling, now_ms: u64) -> Vec<(Id, Dooms)> {
        let concerned = self
            .channels
            .iter()
            .filter(|(id, _)| channel.is_none_or(|c| c == **id));
        let doomed = concerned.map(|(id, known)| {
            let bounds = match channel {
                Some(_) => new.bounds(self.workspace.ruling()),
                None => known.ruling().bounds(new),
            };
            let due = self.due_days(known, bounds.ceiling, now_ms);
            let facts = || due.iter().filter_map(|day| known.days.get(day));
            let dooms = Dooms {
                channels: 1,
                days: due.len() as u64,
                messages: facts().map(|day| day.messages).sum(),
                files: facts().map(|day| day.files).sum(),
                first_day: due.first().copied(),
                last_day: due.last().copied(),
            };
            (*id, dooms)
        });
        doomed.filter(|(_, dooms)| dooms.days > 0).collect()
    }

    /// How many others there are who may approve what this person proposes.
    pub fn other_approvers(&self, proposer: Id) -> usize {
        let may = |role| matches!(role, Role::Admin | Role::Officer);
        let others = self.people.iter().filter(|(id, _)| **id != proposer);
        others.filter(|(_, p)| p.active && may(p.role)).count()
    }

    /// What has to be looked at by now.
    pub fn due_proposals(&self, now_ms: u64) -> Vec<Id> {
        let mut due: Vec<(u64, Id)> = self
            .proposals
            .iter()
            .filter_map(|(id, proposal)| Some((proposal.due_at()?, *id)))
            .filter(|(at, _)| *at <= now_ms)
            .collect();
        due.sort_unstable();
        due.into_iter().map(|(_, id)| id).collect()
    }

    /// When the next of them has to be looked at.
    pub fn next_proposal_at(&self) -> Option<u64> {
        self.proposals.values().filter_map(Proposal::due_at).min()
    }

    /// The next ceiling that was approved for a channel, and when it will hold; for None, the workspace's own.
    pub fn coming(&self, channel: Option<(Id, &Channel)>) -> Option<(u64, Option<u32>)> {
        let (id, own) = match channel {
            Some((id, known)) => (Some(id), known.ruling()),
            None => (None, Ruling::default()),
        };
        let workspace = self.workspace.ruling();
        let today = own.bounds(workspace).ceiling;
        let approved = self.open_proposals().filter_map(|proposal| {
            let approval = proposal.approval?;
            let bounds = match proposal.channel {
                None => own.bounds(proposal.ruling),
                of if of == id => proposal.ruling.bounds(workspace),
                Some(_) => return None,
            };
            (bounds.ceiling != today).then_some((approval.takes_effect_at, bounds.ceiling))
        });
        approved.min()
    }
}
