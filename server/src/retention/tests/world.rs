//! The real log, door and keys, driven one act at a time.

use std::collections::HashMap;
use std::sync::Arc;

use migrations_free_store::{Id, Options, Part, Scope, verify};
use tempfile::TempDir;

use super::model::{Model, Record, Where};
use super::{Act, Cut, WORDS};
use crate::chat::command::{ChannelKind, Command, Door as Inner, NewSession, Role, Send};
use crate::chat::event::{Act as Happened, Event, Hash};
use crate::chat::state::{DAY_MS, day_of};
use crate::chat::subject::Subject;
use crate::chat::{Ack, Actor, Refusal};
use crate::clock::Clock;
use crate::config::Config;
use crate::identity::links::Links;
use crate::open::{self, Engine};
use crate::retention::carry_out::{intended, prepare};
use crate::retention::{Plan, Sweep, due};
use crate::telemetry::Traces;
use crate::views::Views;

pub const CHANNELS: usize = 2;
pub const PEOPLE: usize = 3;

pub struct World {
    dir: TempDir,
    pub clock: Clock,
    started: Option<(Engine, Sweep)>,
    pub admin: Actor,
    pub officer: Actor,
    pub people: Vec<Actor>,
    pub channels: Vec<Id>,
    matters: Vec<Id>,
    holds: Vec<Id>,
    /// The number of each record in its channel.
    seqs: HashMap<usize, u64>,
    first_day: u32,
    made: u128,
    grace_hours: u32,
}

impl World {
    /// Rules take effect as soon as a second person approved them.
    pub fn new() -> World {
        World::with_grace(0)
    }

    pub fn with_grace(grace_hours: u32) -> World {
        let clock = Clock::default();
        // Noon, so that no test meets midnight on its way.
        let now = clock.now_ms();
        clock.shift((DAY_MS / 2) as i64 - (now % DAY_MS) as i64);
        let mut world = World {
            dir: tempfile::tempdir().expect("a folder"),
            first_day: day_of(clock.now_ms()),
            clock,
            started: None,
            admin: Actor::Visitor,
            officer: Actor::Visitor,
            people: Vec::new(),
            channels: Vec::new(),
            matters: Vec::new(),
            holds: Vec::new(),
            seqs: HashMap::new(),
            made: 0,
            grace_hours,
        };
        world.start();
        world.settle();
        world
    }

    fn settle(&mut self) {
        let session = self.session();
        let setup = Command::Door(Inner::Setup {
            workspace: "Acme".into(),
            name: "Ada".into(),
            credential: "secret".into(),
            session,
        });
        self.admin = actor(&self.asks(Actor::Visitor, setup).expect("set up"));
        self.officer = self.joins("Olga");
        let Actor::Person { person, .. } = self.officer else {
            panic!("the officer is a person");
        };
        let role = Role::Officer;
        self.asks(self.admin, Command::PersonRole { person, role })
            .expect("an officer");
        self.people = (0..PEOPLE).map(|n| self.joins(&format!("P{n}"))).collect();
        let people: Vec<Id> = self.people.iter().map(Actor::person).collect();
        for n in 0..CHANNELS {
            let create = Command::ChannelCreate {
                kind: ChannelKind::Group,
                name: format!("Line {n}"),
                topic: String::new(),
                people: people.clone(),
            };
            let made = self.asks(self.admin, create).expect("a channel");
            self.channels.extend(made.c);
        }
        let open = Command::MatterOpen {
            name: "Falcon".into(),
            reason: "a leak".into(),
        };
        for _ in 0..2 {
            let made = self.asks(self.officer, open.clone()).expect("a matter");
            self.matters.extend(made.matter);
        }
    }

    fn joins(&mut self, name: &str) -> Actor {
        let invite = Command::InviteCreate {
            role: Role::Member,
            channels: vec![],
            hours: 1,
            uses: 1,
            note: String::new(),
            ask: false,
        };
        let invite = self.asks(self.admin, invite).expect("an invite").invite;
        let join = Command::Door(Inner::Join {
            invite: invite.expect("its id"),
            name: name.into(),
            credential: "secret".into(),
            session: self.session(),
        });
        actor(&self.asks(Actor::Visitor, join).expect("joined"))
    }

    fn session(&mut self) -> NewSession {
        self.made += 1;
        let mut token = [0; 32];
        token[..16].copy_from_slice(&self.made.to_be_bytes());
        NewSession {
            token: Hash(token),
            label: "a phone".into(),
            by: None,
            second: None,
        }
    }

    pub fn does(&mut self, act: &Act, model: &mut Model) {
        model.today = day_of(self.clock.now_ms()) - self.first_day;
        match act {
            Act::Post {
                channel,
                author,
                word,
            } => {
                let send = Command::Send(Send {
                    c: self.channels[*channel],
                    b: format!("about the {}, to be forgotten", WORDS[*word]),
                    th: None,
                    re: None,
                    f: vec![],
                    m: vec![],
                    ask: false,
                    urgent: false,
                    poll: None,
                    lp: None,
                    acknowledged: Vec::new(),
                });
                let message = model.records.len();
                let day = model.today;
                self.says(model, *author, send, (*channel, day, message), Some(*word));
            }
            Act::Edit { nth, word } => {
                let Some(found) = self.message(model, *nth) else {
                    return;
                };
                let edit = Command::Edit {
                    c: self.channels[found.channel],
                    q: self.seqs[&found.message],
                    b: format!("the {}, better", WORDS[*word]),
                    m: vec![],
                    acknowledged: vec![],
                };
                self.says(
                    model,
                    found.author,
                    edit,
                    (found.channel, found.day, found.message),
                    Some(*word),
                );
            }
            Act::React { nth, author } => {
                let Some(found) = self.message(model, *nth) else {
                    return;
                };
                let react = Command::React {
                    c: self.channels[found.channel],
                    q: self.seqs[&found.message],
                    e: "👍".into(),
                    on: true,
                };
                self.says(
                    model,
                    *author,
                    react,
                    (found.channel, found.day, found.message),
                    None,
                );
            }
            Act::Clock { days } => {
                // Not before the world began.
                if *days > 0 || model.today > 0 {
                    self.clock.shift(days * DAY_MS as i64);
                }
            }
            Act::Keep {
                channel,
                days,
                floor,
            } => {
                let set = Command::PolicySet {
                    c: Some(self.channels[*channel]),
                    keep_days: *days,
                    inherit: false,
                    floor_days: *floor,
                    lock: false,
                };
                let is_above = days.zip(*floor).is_some_and(|(days, floor)| floor > days);
                let answer = self.asks(self.admin, set);
                assert_eq!(answer.is_err(), is_above, "a floor above its ceiling");
                if let Ok(ack) = answer
                    && ack.proposal.is_none_or(|proposal| self.approves(proposal))
                {
                    model.rules.insert(*channel, (*days, *floor));
                }
            }
            Act::Hold(held) => {
                let at = |day: u32| u64::from(self.first_day + day) * DAY_MS + 7;
                let place = Command::HoldPlace {
                    matter: self.matters[self.holds.len() % 2],
                    channels: held.channel.map(|n| self.channels[n]).into_iter().collect(),
                    people: held
                        .person
                        .map(|n| self.people[n].person())
                        .into_iter()
                        .collect(),
                    from: held.days.map(|(from, _)| at(from)),
                    to: held.days.map(|(_, to)| at(to)),
                    words: held.word.map(|n| WORDS[n].to_owned()).into_iter().collect(),
                };
                let placed = self.asks(self.officer, place).expect("placed");
                self.holds.extend(placed.hold);
                model.holds.push(held.clone());
            }
            Act::Release { nth } => {
                if self.holds.is_empty() {
                    return;
                }
                let nth = nth % self.holds.len();
                let hold = self.holds.remove(nth);
                model.holds.remove(nth);
                self.asks(self.officer, Command::HoldRelease { hold })
                    .expect("released");
            }
            Act::Erase { author } => {
                if model.erased.contains(author) {
                    return;
                }
                let person = self.people[*author].person();
                self.asks(
                    self.admin,
                    Command::PersonDeactivate {
                        person,
                        leave: false,
                    },
                )
                .expect("gone");
                let reason = "asked for it".into();
                self.orders(Command::EraseRequest { person, reason });
                model.erased.push(*author);
            }
            Act::Redact { nth } => {
                let Some(found) = self.message(model, *nth) else {
                    return;
                };
                if model.redacted.contains(&found.message) {
                    return;
                }
                self.orders(Command::RedactRequest {
                    c: self.channels[found.channel],
                    q: vec![self.seqs[&found.message]],
                    reason: "leaked".into(),
                });
                model.redacted.push(found.message);
            }
            Act::Sweep => {
                self.sweeps();
                model.sweep();
            }
            Act::Crash(cut, then) => {
                self.crashes(*cut);
                // What was begun is resumed with the next sweep, by the rules of then; but a dead key is dead.
                if *cut == Cut::KeysDead {
                    self.does(&Act::Sweep, model);
                    self.does(then, model);
                } else {
                    self.does(then, model);
                    self.does(&Act::Sweep, model);
                }
            }
        }
    }

    /// What was proposed is the rule once the officer approved it, unless the clock is behind the record: then its time
    /// has not come, and it is stopped here.
    fn approves(&mut self, proposal: Id) -> bool {
        let approve = Command::PolicyApprove { proposal };
        let own = self.asks(self.admin, approve.clone());
        assert_eq!(own, Err(Refusal::Forbidden), "four eyes");
        self.asks(self.officer, approve).expect("approved");
        self.settles_rules();
        let now = self.clock.now_ms();
        let (is_open, is_behind) = {
            let state = self.views().state.read();
            let is_open = state.proposals[&proposal].is_open();
            (is_open, now < state.latest(now))
        };
        assert_eq!(is_open, is_behind, "in force as soon as it may be");
        if is_open {
            self.asks(self.officer, Command::PolicyStop { proposal })
                .expect("stopped");
        }
        !is_open
    }

    /// The part of a sweep that is about rules.
    pub fn settles_rules(&self) {
        let (_, sweep) = self.started.as_ref().expect("started");
        sweep.rules();
    }

    /// Ordered by one, approved by another.
    pub fn orders(&mut self, order: Command) {
        let order = self.asks(self.officer, order).expect("ordered").order;
        let order = order.expect("its id");
        let own = self.asks(self.officer, Command::OrderApprove { order });
        assert_eq!(own, Err(Refusal::Forbidden), "four eyes");
        self.asks(self.admin, Command::OrderApprove { order })
            .expect("approved");
    }

    fn says(
        &mut self,
        model: &mut Model,
        author: usize,
        command: Command,
        (channel, day, message): (usize, u32, usize),
        word: Option<usize>,
    ) {
        // Who is gone, and what is forgotten or about to be, cannot be added to.
        if let Ok(ack) = self.asks(self.people[author], command) {
            let q = ack.q.expect("a number");
            let (views, channel_id) = (&self.views().store, self.channels[channel]);
            let position = views.channel_range(channel_id, q, q).expect("looked up")[0];
            self.seqs.insert(model.records.len(), q);
            model.records.push(Record {
                position,
                channel,
                day,
                author,
                message,
                word,
                place: Where::Alive,
            });
        }
    }

    /// A message that can still be read.
    fn message(&self, model: &Model, nth: usize) -> Option<Record> {
        let messages: Vec<&Record> = model
            .records
            .iter()
            .enumerate()
            .filter(|(at, record)| record.message == *at && record.place == Where::Alive)
            .map(|(_, record)| record)
            .collect();
        messages.get(nth % messages.len().max(1)).copied().cloned()
    }

    /// Where every record is, by the keys alone.
    pub fn records(&self, model: &Model) -> Vec<Where> {
        let positions: Vec<u64> = model.records.iter().map(|record| record.position).collect();
        let records = self.views().store.read_many(&positions).expect("readable");
        let place = |record: &migrations_free_store::Record| match (&record.content, record.scope) {
            (Some(Part::Bytes(_)), Scope::Matter(_)) => Where::Kept,
            (Some(Part::Bytes(_)), _) => Where::Alive,
            _ => Where::Gone,
        };
        // Nobody but an export sees what is kept.
        for record in &records {
            let seen = Event::read(record).expect("its header").content.is_some();
            assert_eq!(seen, place(record) == Where::Alive);
        }
        records.iter().map(place).collect()
    }

    pub fn sweeps(&mut self) {
        let before = self.views().store.size();
        if let Some((_, sweep)) = &mut self.started {
            sweep.all();
        }
        // To the record as it was intended.
        let (mut intended, mut done) = (HashMap::new(), 0);
        for record in self.views().store.scan(before, u64::MAX) {
            match Event::read(&record.expect("readable"))
                .expect("an event")
                .header
                .act
            {
                Happened::DestroyIntended { plan, records, .. } => {
                    intended.insert(plan, records);
                }
                Happened::DestroyDone { plan, records, .. } if records > 0 => {
                    assert_eq!(intended.get(&plan), Some(&records));
                    done += 1;
                }
                _ => {}
            }
        }
        assert!(done <= intended.len());
        assert_eq!(self.views().state.read().unfinished.len(), 0, "all is done");
    }

    /// What is due, up to the last step.
    pub fn prepares(&self) -> Vec<Plan> {
        let (engine, sweep) = self.started.as_ref().expect("started");
        let mut plans = Vec::new();
        for subjects in due(&sweep.views, sweep.clock.now_ms()) {
            let prepared = prepare(&sweep.views, &engine.door, &sweep.clock, &subjects);
            plans.extend(prepared.expect("prepared"));
        }
        assert!(!plans.is_empty());
        plans
    }

    pub fn destroys(&self, plans: Vec<Plan>) -> Result<(), Refusal> {
        let (engine, _) = self.started.as_ref().expect("started");
        engine.door.destroy(plans)
    }

    fn crashes(&mut self, cut: Cut) {
        let (mut keys, mut files) = (Vec::new(), Vec::new());
        if let Some((engine, sweep)) = &self.started {
            let (views, clock) = (&sweep.views, &sweep.clock);
            let subjects = due(views, clock.now_ms()).into_iter().next();
            let subjects = subjects.unwrap_or_else(|| {
                let kept = self.matters.iter().take(1);
                kept.map(|matter| Subject::Escrow(*matter)).collect()
            });
            match cut {
                Cut::Nothing => {}
                Cut::Intended => {
                    intended(views, &engine.door, clock, &subjects).expect("intended");
                }
                Cut::Resealed | Cut::KeysDead => {
                    let plans = prepare(views, &engine.door, clock, &subjects).expect("prepared");
                    keys = plans.iter().flat_map(|plan| plan.keys.clone()).collect();
                    files = plans.iter().flat_map(|plan| plan.files.clone()).collect();
                }
            }
        }
        self.stop();
        if cut == Cut::KeysDead && !keys.is_empty() {
            let mut opened = open::open_with(&self.options(), &mut |_| {}).expect("opens");
            opened.writer.destroy_keys(&keys, &files).expect("dead");
        }
        self.start();
    }

    pub fn verifies(&mut self) {
        self.stop();
        let report = verify::verify_data(self.dir.path(), &mut |_| {}).expect("looked");
        assert_eq!(report.first_fault, None);
    }

    pub fn asks(&self, actor: Actor, command: Command) -> Result<Ack, Refusal> {
        let (engine, _) = self.started.as_ref().expect("started");
        engine.door.submit_blocking(actor, command, None)
    }

    pub fn views(&self) -> &Views {
        &self.started.as_ref().expect("started").1.views
    }

    fn options(&self) -> Options {
        Options {
            segment_bytes: 16 << 10,
            cache_bytes: 1 << 20,
            ..Options::new(self.dir.path(), "daylight/log")
        }
    }

    pub fn start(&mut self) {
        let opened = open::open_with(&self.options(), &mut |_| {}).expect("opens");
        let views = Arc::clone(&opened.views);
        let mut config = Config {
            data: self.dir.path().to_owned(),
            ..Config::default()
        };
        config.retention.grace_hours = self.grace_hours;
        let links = Links::new([7; 32], "https://chat.example.com".into());
        let engine = open::start(
            opened,
            &config,
            &self.clock,
            &links,
            &Arc::default(),
            &Traces::default(),
            |_| {},
        )
        .expect("a sequencer");
        let sweep = Sweep {
            views,
            door: engine.door.clone(),
            clock: self.clock.clone(),
            escrows: HashMap::new(),
        };
        self.started = Some((engine, sweep));
    }

    pub fn stop(&mut self) {
        if let Some((engine, sweep)) = self.started.take() {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .expect("a runtime");
            runtime.block_on(engine.door.stop());
            drop(sweep);
            engine.join();
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop();
    }
}

fn actor(ack: &Ack) -> Actor {
    Actor::Person {
        person: ack.person.expect("a person"),
        device: ack.device.expect("a device"),
    }
}
