//! What a destruction would take, and what outlives it, to the record: the dry run and the real one are this plan.
//!
//! Reads the log and changes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use migrations_free_store::{Clear, Error, Id, Position, Scope, Store};
use sha2::{Digest, Sha256};

use super::sought::{self, Sought};
use crate::chat::command::Intent;
use crate::chat::event::{Act, Event, Hash};
use crate::chat::fate::{Facts, Fate, Rules};
use crate::chat::state::{ExportState, Order, day_of};
use crate::chat::subject::Subject;
use crate::chat::taken::{self, KeptBack, Taken};
use crate::views::Views;
use crate::views::amendments::Kind;

/// Records opened at a time while planning.
const RECORDS_AT_A_TIME: usize = 512;

/// One destruction, as of one log size and one set of rules.
#[derive(Clone, Debug)]
pub struct Plan {
    pub intent: Intent,
    /// The keys that die: every generation below the given one.
    pub keys: Vec<(Scope, u16)>,
    pub survivors: Survivors,
    /// Files that die though a key of their scope lives on.
    pub files: Vec<Id>,
    /// Every other record there is in the scope counts as forgotten when the keys die.
    pub is_whole: bool,
    /// Channel-days that live on, of which something is forgotten: their search indexes tell of it.
    pub indexes: BTreeSet<(Id, u32)>,
    /// What is kept and why, for people.
    pub kept: BTreeMap<Kept, KeptCount>,
    /// What leaves everybody's sight, by channel and day.
    taken: BTreeMap<(Id, u32), Taken>,
    /// Messages among the records that are forgotten or kept out of sight.
    pub messages: u64,
}

/// What outlives a destruction, and what it is sealed under next.
#[derive(Clone, Debug, Default)]
pub struct Survivors {
    pub records: Vec<(Position, Scope)>,
    pub files: Vec<(Id, Scope)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    Held { matter: Id, channel: Option<Id> },
    Floored { until_day: u32, channel: Option<Id> },
}

/// Records, and messages among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptCount {
    pub records: u64,
    pub messages: u64,
}

/// What is looked at of a record before its fate is known.
struct Candidate {
    position: Position,
    facts: Facts,
    /// The message it is or belongs to.
    message: Option<u64>,
    /// Its files and their previews.
    files: Vec<Id>,
    /// Its files without previews, and their size.
    attached: (u64, u64),
    is_message: bool,
    /// Of the holds by words that could mean it, those whose words its message says.
    said: Vec<Position>,
}

pub struct Planner<'v> {
    views: &'v Views,
    rules: Rules,
    /// Whose message stands at a place.
    authors: HashMap<(Id, u64), Option<Id>>,
    sought: Sought,
}

impl<'v> Planner<'v> {
    pub fn new(views: &'v Views, now_ms: u64) -> Planner<'v> {
        let rules = views.state.read().rules(now_ms);
        Planner {
            views,
            sought: Sought::of(&rules),
            rules,
            authors: HashMap::new(),
        }
    }

    /// None: there is nothing to destroy.
    pub fn plan(&mut self, subject: &Subject) -> Result<Option<Plan>, Error> {
        let mut plan = Plan {
            intent: Intent {
                subject: subject.clone(),
                plan: Hash::default(),
                size: self.rules.taken,
                records: 0,
                blobs: 0,
                exports: Vec::new(),
                places: Vec::new(),
                kept: Vec::new(),
            },
            keys: Vec::new(),
            survivors: Survivors::default(),
            files: Vec::new(),
            is_whole: true,
            indexes: BTreeSet::new(),
            kept: BTreeMap::new(),
            taken: BTreeMap::new(),
            messages: 0,
        };
        let is_needed = match subject {
            Subject::Days { channel, days } => self.days(&mut plan, *channel, days)?,
            Subject::Person { person, order } => self.person(&mut plan, *person, *order)?,
            Subject::Messages {
                channel,
                day,
                messages,
                order,
            } => self.messages(&mut plan, *channel, *day, messages, *order)?,
            Subject::Escrow(escrow) => self.escrow(&mut plan, *escrow)?,
        };
        plan.intent.plan = plan.hash();
        plan.intent.places = taken::rows(&plan.taken);
        plan.intent.kept = plan.kept_back();
        Ok(is_needed.then_some(plan))
    }

    fn days(&mut self, plan: &mut Plan, channel: Id, days: &[u32]) -> Result<bool, Error> {
        for day in days {
            let scope = Scope::ChannelDay { channel, day: *day };
            let is_alive = self.views.store.is_alive(&scope);
            // A rule may have changed since it was found due.
            if is_alive && !self.is_past(channel, *day) {
                return Ok(false);
            }
            plan.keys.push((scope, u16::MAX));
            plan.messages += self.messages_of(channel, *day);
            let totals = self.views.store.scope_totals(scope)?;
            plan.intent.records += totals.records;
            plan.intent.blobs += totals.blobs;
            let may_hold = self.rules.may_hold(channel, *day);
            self.each(scope, |_| true, &mut |planner, candidate| {
                plan.take(&candidate);
                // The day's few that are held go elsewhere first.
                if may_hold {
                    planner.keep_of_whole(plan, &candidate, scope);
                }
            })?;
        }
        plan.bundles(self.views);
        Ok(true)
    }

    /// What went into escrow while these days were to go, when they are not to go any more: it returns to its day.
    /// What was ordered to be forgotten stays where it is.
    pub fn returns(&mut self, channel: Id, days: &[u32]) -> Result<Survivors, Error> {
        let (matters, orders) = {
            let state = self.views.state.read();
            let given = |order: &&Order| order.is_given();
            let orders: Vec<Order> = state.orders.values().filter(given).cloned().collect();
            (state.matters.keys().copied().collect::<Vec<Id>>(), orders)
        };
        let mut survivors = Survivors::default();
        for matter in matters {
            self.each(Scope::Matter(matter), |_| true, &mut |_, candidate| {
                let Facts { day, people, .. } = candidate.facts;
                let is_theirs = candidate.facts.channel == Some(channel) && days.contains(&day);
                let is_ordered = |order: &Order| order.takes(channel, candidate.message, people[0]);
                if is_theirs && !orders.iter().any(is_ordered) {
                    survivors.add(&candidate, Scope::ChannelDay { channel, day });
                }
            })?;
        }
        Ok(survivors)
    }

    fn person(&mut self, plan: &mut Plan, person: Id, order: Id) -> Result<bool, Error> {
        let scope = Scope::Person(person);
        plan.keys.push((scope, u16::MAX));
        let totals = self.views.store.scope_totals(scope)?;
        plan.intent.records = totals.records;
        plan.intent.blobs = totals.blobs;
        // Told by what stands in clear, so that a destruction cut off after the keys died still tells everyone.
        self.views.store.scan_scope(scope, &mut |clear| {
            if let Scope::ChannelDay { channel, day } = clear.scope {
                plan.indexes.insert((channel, day));
            }
        })?;
        self.each(scope, |_| true, &mut |planner, candidate| {
            plan.messages += u64::from(candidate.is_message);
            plan.take(&candidate);
            planner.keep_of_whole(plan, &candidate, Scope::Matter(order));
        })?;
        plan.bundles(self.views);
        Ok(true)
    }

    fn messages(
        &mut self,
        plan: &mut Plan,
        channel: Id,
        day: u32,
        messages: &[u64],
        order: Id,
    ) -> Result<bool, Error> {
        let scope = Scope::ChannelDay { channel, day };
        if !self.views.store.is_alive(&scope) {
            // Its day went before the order came to it: it says so, and that is all.
            return Ok(true);
        }
        plan.is_whole = false;
        plan.indexes.insert((channel, day));
        let (mut named, mut waited) = (BTreeSet::new(), BTreeSet::new());
        for q in messages {
            named.insert(*q);
            waited.extend(sought::waited(self.views, channel, *q)?);
            let amendments = self.views.amendments.of_range(channel, *q, *q)?;
            let theirs = amendments.iter().filter(|a| a.kind != Kind::Reply);
            named.extend(theirs.map(|a| a.q));
        }
        // What waited, and what officers noted, has no place in the channel: that is told by what it says.
        let may_be = |clear: &Clear| {
            let place = clear.place;
            place.is_none_or(|(c, q)| c == channel && named.contains(&q))
        };
        let below = self.views.store.generation(scope);
        let mut victims = Vec::new();
        self.each(scope, may_be, &mut |_, candidate| {
            let theirs = candidate.message.is_some_and(|q| messages.contains(&q));
            if theirs || waited.contains(&candidate.position) {
                victims.push(candidate);
            }
        })?;
        self.sort_out(plan, scope, below, &victims, Scope::Matter(order))?;
        plan.bundles(self.views);
        Ok(true)
    }

    fn escrow(&mut self, plan: &mut Plan, escrow: Id) -> Result<bool, Error> {
        let scope = Scope::Matter(escrow);
        plan.is_whole = false;
        if !self.views.store.is_alive(&scope) {
            return Ok(false);
        }
        let below = self.views.store.generation(scope);
        // What is still kept stays where it is, unless a key has to die for its neighbours.
        let mut due = Vec::new();
        self.each(scope, |_| true, &mut |planner, candidate| {
            if planner.fate(&candidate) == Fate::Forgotten {
                due.push(candidate);
            }
        })?;
        let subject = &plan.intent.subject;
        let is_begun = self.views.state.read().unfinished.contains(subject);
        if due.is_empty() && !is_begun {
            return Ok(false);
        }
        for candidate in &due {
            if let Some(channel) = candidate.facts.channel {
                plan.indexes.insert((channel, candidate.facts.day));
            }
        }
        self.sort_out(plan, scope, below, &due, scope)?;
        plan.bundles(self.views);
        Ok(true)
    }

    /// For a destruction of a few records of a scope: those die or go to escrow, and the rest of the scope, sealed
    /// before the newest generation of its key, is sealed anew under that.
    fn sort_out(
        &mut self,
        plan: &mut Plan,
        scope: Scope,
        below: u16,
        victims: &[Candidate],
        floored: Scope,
    ) -> Result<(), Error> {
        plan.keys.push((scope, below));
        let mut gone = BTreeSet::new();
        let mut files = BTreeSet::new();
        for victim in victims {
            gone.insert(victim.position);
            files.extend(victim.files.iter().copied());
            plan.messages += u64::from(victim.is_message);
            plan.take(victim);
            if !self.keep(plan, victim, floored) {
                plan.intent.records += 1;
                plan.intent.blobs += victim.files.len() as u64;
                plan.files.extend(&victim.files);
            }
        }
        let store = &self.views.store;
        store.scan_scope(scope, &mut |clear| {
            if clear.generation < below && !gone.contains(&clear.position) {
                plan.survivors.records.push((clear.position, scope));
            }
        })?;
        for id in store.blobs_in(scope)? {
            if !files.contains(&id) {
                plan.survivors.files.push((id, scope));
            }
        }
        Ok(())
    }

    /// As `keep`, where everything that is not kept is counted already.
    fn keep_of_whole(&self, plan: &mut Plan, candidate: &Candidate, floored: Scope) {
        if self.keep(plan, candidate, floored) {
            plan.intent.records -= 1;
            plan.intent.blobs -= candidate.files.len() as u64;
        }
    }

    /// True when the record outlives the destruction: then it is on its way into escrow.
    fn keep(&self, plan: &mut Plan, candidate: &Candidate, floored: Scope) -> bool {
        let channel = candidate.facts.channel;
        let (to, kept) = match self.fate(candidate) {
            Fate::Forgotten => return false,
            Fate::Held(matter) => (Scope::Matter(matter), Kept::Held { matter, channel }),
            Fate::Floored(until_day) => (floored, Kept::Floored { until_day, channel }),
        };
        plan.survivors.add(candidate, to);
        let count = plan.kept.entry(kept).or_default();
        count.records += 1;
        count.messages += u64::from(candidate.is_message);
        true
    }

    /// Gives the scope's records that can still be read, with what their fate depends on.
    fn each(
        &mut self,
        scope: Scope,
        wanted: impl Fn(&Clear) -> bool,
        take: &mut dyn FnMut(&Self, Candidate),
    ) -> Result<(), Error> {
        let mut positions = Vec::new();
        self.views.store.scan_scope(scope, &mut |clear| {
            if wanted(&clear) {
                positions.push(clear.position);
            }
        })?;
        for some in positions.chunks(RECORDS_AT_A_TIME) {
            for record in self.views.store.read_many(some)? {
                let Ok(event) = Event::read_escrow(&record) else {
                    continue;
                };
                if event.content.is_some()
                    && let Some(candidate) = self.candidate(&event, record.author)?
                {
                    take(self, candidate);
                }
            }
        }
        Ok(())
    }

    fn candidate(&mut self, event: &Event, author: Option<Id>) -> Result<Option<Candidate>, Error> {
        let header = &event.header;
        let about = header.act.notes_about();
        let own = header.act.amends().or(header.channel_seq);
        let facts = match (header.scope, about) {
            // A message and what is noted about it share one fate, also when that was noted while it was kept.
            (Some(Scope::ChannelDay { .. } | Scope::Matter(_)), Some(about)) => Facts {
                channel: Some(about.channel),
                day: about.day,
                people: [Some(about.author), None],
            },
            (Some(Scope::ChannelDay { channel, day }), _) => {
                let whose = match header.act.amends() {
                    Some(of) => self.author_of(channel, of)?,
                    None => None,
                };
                Facts {
                    channel: Some(channel),
                    day,
                    people: [author, whose],
                }
            }
            (Some(Scope::Person(person)), _) => match header.act {
                // Of a person's own facts only the name serves a matter; secrets and devices never do.
                Act::PersonJoined { .. } | Act::PersonRenamed { .. } => Facts {
                    channel: None,
                    day: 0,
                    people: [Some(person), None],
                },
                _ => Facts {
                    channel: None,
                    day: 0,
                    people: [None, None],
                },
            },
            _ => return Ok(None),
        };
        let message = about.map(|about| about.of).or(own);
        let said = self.sought.said(self.views, &self.rules, &facts, message)?;
        let content = event.content.as_ref();
        let files = content.map(|c| c.files.as_slice()).unwrap_or_default();
        Ok(Some(Candidate {
            position: event.position,
            facts,
            message,
            said,
            files: files
                .iter()
                .flat_map(|file| [Some(file.id), file.thumb])
                .flatten()
                .collect(),
            attached: (files.len() as u64, files.iter().map(|file| file.size).sum()),
            is_message: matches!(
                header.act,
                Act::MessagePosted { .. } | Act::MessageImported { .. }
            ),
        }))
    }

    fn fate(&self, candidate: &Candidate) -> Fate {
        (self.rules).fate(&candidate.facts, |hold| {
            candidate.said.contains(&hold.placed)
        })
    }

    fn author_of(&mut self, channel: Id, q: u64) -> Result<Option<Id>, Error> {
        // Without a hold on people nobody asks whose it is.
        if !self.rules.holds.values().any(|hold| hold.looks_at_people()) {
            return Ok(None);
        }
        if let Some(known) = self.authors.get(&(channel, q)) {
            return Ok(*known);
        }
        let store = &self.views.store;
        let position = store.channel_range(channel, q, q)?.first().copied();
        let author = match position {
            Some(position) => store.read(position)?.author,
            None => None,
        };
        self.authors.insert((channel, q), author);
        Ok(author)
    }

    /// Has the day passed its ceiling, by the rules of now?
    fn is_past(&self, channel: Id, day: u32) -> bool {
        let state = self.views.state.read();
        let known = state.channels.get(&channel);
        let keep_days = known.and_then(|known| state.keep_days(known));
        keep_days.is_some_and(|days| day.saturating_add(days) < self.rules.today)
    }

    fn messages_of(&self, channel: Id, day: u32) -> u64 {
        let state = self.views.state.read();
        let known = state.channels.get(&channel).and_then(|c| c.days.get(&day));
        known.map_or(0, |day| day.messages)
    }
}

impl Survivors {
    fn add(&mut self, candidate: &Candidate, scope: Scope) {
        self.records.push((candidate.position, scope));
        let files = candidate.files.iter().map(|id| (*id, scope));
        self.files.extend(files);
    }

    pub fn by_scope(&self) -> BTreeMap<Scope, Vec<Position>> {
        let mut all: BTreeMap<Scope, Vec<Position>> = BTreeMap::new();
        for (position, scope) in &self.records {
            all.entry(*scope).or_default().push(*position);
        }
        all
    }
}

impl Plan {
    fn take(&mut self, candidate: &Candidate) {
        let Some(channel) = candidate.facts.channel else {
            return;
        };
        let day = candidate.facts.day;
        let (files, bytes) = candidate.attached;
        let taken = Taken {
            channel: Some(channel),
            from_day: day,
            to_day: day,
            messages: u64::from(candidate.is_message),
            files,
            bytes,
        };
        let place = self.taken.entry((channel, day));
        place.and_modify(|known| known.add(&taken)).or_insert(taken);
    }

    fn kept_back(&self) -> Vec<KeptBack> {
        let all = self.kept.iter().map(|(kept, count)| {
            let (matter, until_day, channel) = match kept {
                Kept::Held { matter, channel } => (Some(*matter), None, *channel),
                Kept::Floored { until_day, channel } => (None, Some(*until_day), *channel),
            };
            KeptBack {
                matter,
                until_day,
                channel,
                records: count.records,
                messages: count.messages,
            }
        });
        taken::bounded(all.collect())
    }

    /// Bundles that were made of what goes, each sealed by itself; also one that is being made.
    fn bundles(&mut self, views: &Views) {
        let days = self.intent.subject.days();
        let about = self.intent.subject.channel();
        let named = days
            .iter()
            .filter_map(|day| about.map(|channel| (channel, *day)));
        let gone: BTreeSet<(Id, u32)> = self.indexes.iter().copied().chain(named).collect();
        let state = views.state.read();
        // A person's name stands in bundles of every channel the person was in, whatever the day.
        let mut channels: BTreeSet<Id> = BTreeSet::new();
        if let Subject::Person { person, .. } = &self.intent.subject {
            channels.extend(state.channels_of(*person).map(|(id, _)| id));
            channels.extend(self.indexes.iter().map(|(channel, _)| *channel));
        }
        let mut exports: Vec<Id> = state
            .exports
            .iter()
            .filter(|(_, export)| {
                let days = day_of(export.from)..=day_of(export.to);
                matches!(export.state, ExportState::Ready | ExportState::Running)
                    && (channels.contains(&export.channel)
                        || gone
                            .iter()
                            .any(|(channel, day)| *channel == export.channel && days.contains(day)))
            })
            .map(|(id, _)| *id)
            .collect();
        exports.sort_unstable();
        let keys = exports.iter().map(|id| (Scope::Matter(*id), u16::MAX));
        self.keys.extend(keys);
        self.intent.exports = exports;
    }

    /// Will the keys' death forget exactly what was planned? Something may have come in that was neither planned nor
    /// kept.
    pub fn takes_all(&self, store: &Store) -> Result<bool, Error> {
        if !self.is_whole {
            // What came in since the key was renewed is under the generation that lives on.
            return Ok(true);
        }
        let mut records = 0;
        for (scope, _) in &self.keys {
            if !matches!(scope, Scope::Matter(_)) {
                records += store.scope_totals(*scope)?.records;
            }
        }
        Ok(records == self.intent.records)
    }

    /// Does the other plan take and keep the same?
    pub fn is_as(&self, other: &Plan) -> bool {
        (self.intent.records, self.intent.blobs) == (other.intent.records, other.intent.blobs)
            && self.survivors.records == other.survivors.records
            && self.keys == other.keys
    }

    /// Channels that lost something of a person's.
    pub fn channels(&self) -> Vec<Id> {
        if !matches!(self.intent.subject, Subject::Person { .. }) {
            return Vec::new();
        }
        let all: BTreeSet<Id> = self.indexes.iter().map(|(channel, _)| *channel).collect();
        all.into_iter().collect()
    }

    fn hash(&self) -> Hash {
        let intent = &self.intent;
        let mut hash = Sha256::new();
        hash.update(b"daylight/plan/v2");
        hash.update(intent.size.to_be_bytes());
        for (scope, below) in &self.keys {
            hash.update(scope.to_string());
            hash.update(below.to_be_bytes());
        }
        for count in [intent.records, intent.blobs] {
            hash.update(count.to_be_bytes());
        }
        for (position, scope) in &self.survivors.records {
            hash.update(position.to_be_bytes());
            hash.update(scope.to_string());
        }
        Hash(hash.finalize().into())
    }
}
