//! Finds the events that tell of a destruction, and what of them a person may know.

use std::collections::BTreeMap;

use migrations_free_store::{Id, Part, Position, Record};

use super::facts::{Entry, Facts, Kind};
use super::{Certificate, Evidence, FORMAT, Names};
use crate::chat::command::{ChannelKind, Role};
use crate::chat::event::{Act, Event, Hash, Keep};
use crate::chat::subject::Subject;
use crate::chat::{Refusal, State};
use crate::views::destructions::{About, NO_ID, about, is_whole};
use crate::views::ledger::{may_read_ledger, shows};
use crate::views::{Views, unavailable};
use crate::witness::status::shown_leaf;

pub const RUNS_MAX: usize = 50;
/// Looked at on the way back from a destruction: many days of a channel are intended together before the first is done.
const INTENTS_LOOKED_AT_MAX: usize = 512;
/// Told: the first, and the newest of the others.
const INTENTS_MAX: usize = 8;
/// Of a proposal or an order.
const STEPS_MAX: usize = 4;
const HOLDS_MAX: usize = 50;

/// A destruction with all that led to it, as one person may know it.
pub struct Found {
    role: Role,
    pub done: Position,
    pub about: Subject,
    pub facts: Facts,
    proved: Vec<Proved>,
}

/// An event with what its leaf is made of.
pub(super) struct Proved {
    pub entry: Entry,
    pub header: Option<(String, [u8; 32])>,
    pub content: Option<(String, [u8; 32])>,
}

impl Views {
    /// The destructions done below `before` that this person may know of, newest first, and where to go on.
    pub fn destroyed(
        &self,
        person: Id,
        before: Position,
        limit: usize,
    ) -> Result<(Vec<Facts>, Option<Position>), Refusal> {
        let role = may_read_ledger(&self.state.read(), person)?;
        let limit = limit.clamp(1, RUNS_MAX);
        let newest = self.destructions.newest(About::Done, NO_ID, before, limit);
        let positions = newest.map_err(unavailable)?;
        let next = positions.last().filter(|_| positions.len() == limit);
        let mut all = Vec::new();
        for done in &positions {
            match self.destruction_for(role, *done) {
                Ok(found) => all.push(found.facts),
                Err(Refusal::NotFound) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Ok((all, next.copied()))
    }

    /// The destruction that was done at this position.
    pub fn destruction(&self, person: Id, done: Position) -> Result<Found, Refusal> {
        let role = may_read_ledger(&self.state.read(), person)?;
        self.destruction_for(role, done)
    }

    fn destruction_for(&self, role: Role, done: Position) -> Result<Found, Refusal> {
        if done >= self.store.size() {
            return Err(Refusal::NotFound);
        }
        let end = self.proved(&[done])?.pop().ok_or(Refusal::NotFound)?;
        let header = &end.entry.header;
        let Act::DestroyDone {
            plan,
            days,
            narrowed,
            ..
        } = &header.act
        else {
            return Err(Refusal::NotFound);
        };
        if !is_whole(header, narrowed) || !shows(role, &header.act) {
            return Err(Refusal::NotFound);
        }
        let about = Subject::told(header.channel, days, narrowed).ok_or(Refusal::NotFound)?;
        let mut proved = self.intents(&about, *plan, done)?;
        if let Subject::Days { channel, .. } = &about {
            proved.extend(self.rule(*channel, done)?);
        }
        if let Some(order) = narrowed.order.or(narrowed.escrow) {
            proved.extend(self.before(About::Order, order, done, STEPS_MAX)?);
        }
        if let Some(matter) = narrowed.escrow {
            proved.extend(self.releases(matter, done)?);
        }
        proved.push(end);
        proved.sort_unstable_by_key(|one| one.entry.position);
        let entries: Vec<Entry> = proved.iter().map(|one| one.entry.clone()).collect();
        let facts = Facts::of(&entries, done).ok_or(Refusal::NotFound)?;
        let is_admin = role == Role::Admin;
        if is_admin {
            // What the header says is what an administrator's ledger leaves out.
            let tells = |one: &&mut Proved| {
                let act = &one.entry.header.act;
                matches!(act, Act::DestroyDone { .. } | Act::DestroyIntended { .. })
            };
            for one in proved.iter_mut().filter(tells) {
                one.header = None;
            }
        }
        Ok(Found {
            role,
            done,
            about,
            facts: if is_admin { facts.for_admin() } else { facts },
            proved,
        })
    }

    /// Those of this very destruction: not of one before it, nor from before it was given up.
    fn intents(
        &self,
        subject: &Subject,
        carried_out: Hash,
        done: Position,
    ) -> Result<Vec<Proved>, Refusal> {
        let id = about(subject);
        let mut intents = Vec::new();
        for one in self.before(About::Intent, id, done, INTENTS_LOOKED_AT_MAX)? {
            let header = &one.entry.header;
            match &header.act {
                Act::DestroyIntended {
                    plan,
                    days,
                    narrowed,
                    ..
                } => {
                    let told = Subject::told(header.channel, days, narrowed);
                    if *plan == carried_out || told.is_some_and(|told| told.is_within(subject)) {
                        intents.push(one);
                    }
                }
                Act::DestroyAbandoned { days }
                    if subject.days().iter().any(|day| days.contains(day)) =>
                {
                    break;
                }
                Act::DestroyDone { days, narrowed, .. } => {
                    let told = Subject::told(header.channel, days, narrowed);
                    if told.as_ref() == Some(subject) {
                        break;
                    }
                }
                _ => {}
            }
        }
        if intents.len() > INTENTS_MAX {
            intents.drain(INTENTS_MAX - 1..intents.len() - 1);
        }
        Ok(intents)
    }

    /// The rule that said when a channel's days were over.
    fn rule(&self, channel: Id, done: Position) -> Result<Vec<Proved>, Refusal> {
        let mut found = self.before(About::Rule, channel, done, 1)?;
        let follows = |one: &Proved| matches!(&one.entry.header.act, Act::PolicySet { keep, .. } if *keep == Keep::Inherit);
        if found.first().is_none_or(follows) {
            found = self.before(About::Rule, NO_ID, done, 1)?;
        }
        let act = found.first().map(|one| one.entry.header.act.clone());
        if let Some(Act::PolicySet {
            proposal: Some(proposal),
            ..
        }) = act
        {
            found.extend(self.before(About::Proposal, proposal, done, STEPS_MAX)?);
        }
        Ok(found)
    }

    fn releases(&self, matter: Id, done: Position) -> Result<Vec<Proved>, Refusal> {
        let mut released = Vec::new();
        for placed in self.before(About::Matter, matter, done, HOLDS_MAX)? {
            if let Act::HoldPlaced { hold, .. } = placed.entry.header.act {
                released.extend(self.before(About::Hold, hold, done, 1)?);
            }
        }
        Ok(released)
    }

    fn before(
        &self,
        about: About,
        id: Id,
        done: Position,
        limit: usize,
    ) -> Result<Vec<Proved>, Refusal> {
        let positions = self.destructions.newest(about, id, done, limit);
        let mut proved = self.proved(&positions.map_err(unavailable)?)?;
        proved.sort_unstable_by_key(|one| std::cmp::Reverse(one.entry.position));
        Ok(proved)
    }

    fn proved(&self, positions: &[Position]) -> Result<Vec<Proved>, Refusal> {
        let records = self.store.read_many(positions).map_err(unavailable)?;
        // A header whose audit month was destroyed tells nothing any more.
        Ok(records.iter().filter_map(Proved::of).collect())
    }
}

impl Proved {
    fn of(record: &Record) -> Option<Proved> {
        let event = Event::read(record).ok()?;
        let text = |part: &Part| Some(std::str::from_utf8(part.bytes()?).ok()?.to_owned());
        let content = event.content.as_ref().and(record.content.as_ref());
        Some(Proved {
            header: text(&record.header).zip(record.header_salt),
            content: content.and_then(text).zip(record.content_salt),
            entry: Entry {
                position: record.position,
                leaf: Hash(record.leaf),
                header: event.header,
                content: event.content,
            },
        })
    }
}

impl Found {
    pub(super) fn proved(&self) -> &[Proved] {
        &self.proved
    }

    /// With names, as the person may know them.
    pub fn certificate(&self, views: &Views, person: Id) -> Result<Certificate, Refusal> {
        let mut names = named(&views.state.read(), self.role, person, &self.facts);
        if self.role == Role::Officer {
            names.matters = matters(views, &self.facts)?;
        }
        let evidence = self.proved.iter().map(|one| Evidence {
            position: one.entry.position,
            at: one.entry.header.at,
            act: one.entry.header.act.name().to_owned(),
            leaf: shown_leaf(one.entry.leaf.0),
        });
        Ok(Certificate {
            format: FORMAT.to_owned(),
            made_for: self.role,
            facts: self.facts.clone(),
            names,
            evidence: evidence.collect(),
            log_key: views.store.verifier_key(),
        })
    }
}

fn named(state: &State, role: Role, person: Id, facts: &Facts) -> Names {
    let places = facts.places.iter().filter_map(|place| place.channel);
    let kept = facts.kept.iter().flatten().filter_map(|kept| kept.channel);
    let rule = facts.rule.iter();
    let channels = places
        .chain(kept)
        .chain(facts.channel)
        .filter_map(|id| {
            let channel = state.channels.get(&id)?;
            // Auditors check without knowing who talks where; direct channels have no name.
            let may_know = role != Role::Auditor || state.seen_channel(id, person).is_some();
            let has_name = channel.kind != ChannelKind::Direct;
            (may_know && has_name).then(|| (id, channel.name.clone()))
        })
        .collect();
    let by_rule = rule.flat_map(|rule| [Some(rule.set), rule.proposed, rule.approved]);
    let by_order = facts.order.iter();
    let by_order = by_order.flat_map(|order| [Some(order.requested), order.approved]);
    let released = facts.released.iter().copied().map(Some);
    let people = by_rule
        .chain(by_order)
        .chain(released)
        .flatten()
        .filter_map(|said| said.by)
        .filter_map(|id| Some((id, state.people.get(&id)?.name.clone())))
        .filter(|(_, name)| !name.is_empty());
    Names {
        workspace: state.workspace.name.clone(),
        channels,
        people: people.collect(),
        matters: BTreeMap::new(),
    }
}

fn matters(views: &Views, facts: &Facts) -> Result<BTreeMap<Id, String>, Refusal> {
    let held = facts.kept.iter().flatten().filter_map(|kept| kept.matter);
    let of_its_own = facts.kept_for.filter(|_| facts.kind == Kind::Released);
    let opened: Vec<(Id, Position)> = {
        let state = views.state.read();
        let all = held.chain(of_its_own);
        all.filter_map(|id| Some((id, state.matters.get(&id)?.opened)))
            .collect()
    };
    let mut names = BTreeMap::new();
    for (id, position) in opened {
        let record = views.store.read(position).map_err(unavailable)?;
        let content = Event::read(&record).ok().and_then(|event| event.content);
        names.extend(
            content
                .and_then(|content| content.case)
                .map(|name| (id, name)),
        );
    }
    Ok(names)
}
