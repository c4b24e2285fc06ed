//! Killed at random moments under load: what was acknowledged is there once, and all views are what the log says.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tests::frame::{self, Ids};
use tests::http::Site;
use tests::words::random;
use tests::world::{Person, World};

/// How often; `DAYLIGHT_CRASHES` changes it.
const CRASHES: u64 = 100;
const SENDERS: usize = 3;
/// Unanswered messages per sender.
const WINDOW: usize = 32;

/// A browser's outbox: what was said, and what was acknowledged.
pub struct Outbox {
    cookie: String,
    channel: String,
    ids: Ids,
    pub said: Vec<Said>,
}

pub struct Said {
    pub id: String,
    pub text: String,
    /// The sequence number it was acknowledged with.
    pub q: Option<u64>,
}

impl Outbox {
    pub fn new(person: &Person, channel: &str) -> Outbox {
        let cookie = person.http.cookie.clone().unwrap_or_default();
        Outbox {
            cookie,
            channel: channel.to_owned(),
            ids: Ids::new().expect("ids"),
            said: Vec::new(),
        }
    }

    /// Resends what was not acknowledged, then says new things until the line is cut or `limit` is reached.
    pub fn talk(&mut self, site: &Site, limit: usize) {
        let Ok((mut stream, mut bytes)) = frame::open(site, &self.cookie) else {
            return;
        };
        let mut out = Vec::new();
        frame::put(&mut out, frame::TEXT, br#"{"t":"hello","v":1,"cur":null}"#);
        let mut waiting: HashMap<String, usize> = HashMap::new();
        // Some that were acknowledged long ago go again too: the answer must be the same.
        let old = self.said.iter().rposition(|s| s.q.is_some());
        let again: Vec<usize> = (0..self.said.len())
            .filter(|n| self.said[*n].q.is_none() || Some(*n) == old)
            .collect();
        for n in again {
            self.put(n, &mut out);
            waiting.insert(self.said[n].id.clone(), n);
        }
        let mut part = vec![0; 64 * 1024];
        loop {
            while waiting.len() < WINDOW && self.said.len() < limit {
                let n = self.said.len();
                let id = self.ids.mint_text();
                self.said.push(Said {
                    text: format!("{n} from {} {}", self.channel, "x".repeat(n % 700)),
                    id,
                    q: None,
                });
                self.put(n, &mut out);
                waiting.insert(self.said[n].id.clone(), n);
            }
            if waiting.is_empty() || stream.write_all(&out).is_err() {
                return;
            }
            out.clear();
            let Ok(n @ 1..) = stream.read(&mut part) else {
                return;
            };
            bytes.extend_from_slice(&part[..n]);
            let mut at = 0;
            while let Some((_, payload)) = frame::next(&bytes[at..]) {
                let text = &bytes[at + payload.start..at + payload.end];
                at += payload.end;
                if text.starts_with(br#"{"t":"ack""#) || text.starts_with(br#"{"t":"err""#) {
                    let answer: Value = serde_json::from_slice(text).expect("JSON");
                    if answer["code"] == "unavailable" {
                        // It is stopping: said again at the next start.
                        continue;
                    }
                    assert_eq!(answer["t"], "ack", "{answer}");
                    let Some(n) = answer["id"].as_str().and_then(|id| waiting.remove(id)) else {
                        continue;
                    };
                    let q = answer["q"].as_u64().expect("q");
                    assert!(
                        self.said[n].q.is_none_or(|before| before == q),
                        "the same command, another answer: {answer}"
                    );
                    self.said[n].q = Some(q);
                }
            }
            bytes.drain(..at);
        }
    }

    fn put(&self, n: usize, out: &mut Vec<u8>) {
        let Said { id, text, .. } = &self.said[n];
        let command = json!({"t": "send", "id": id, "c": self.channel, "b": text}).to_string();
        frame::put(out, frame::TEXT, command.as_bytes());
    }

    /// Every acknowledged message once, with its text and its number; no other one twice.
    pub fn check(&self, items: &[Value]) {
        let mut there: HashMap<&str, &Value> = HashMap::new();
        for item in items.iter().filter(|i| i["k"].is_string()) {
            let twice = there.insert(item["k"].as_str().unwrap_or_default(), item);
            assert!(twice.is_none(), "twice: {item}");
        }
        for said in &self.said {
            let item = there.get(said.id.as_str());
            if let Some(q) = said.q {
                let item =
                    item.unwrap_or_else(|| panic!("acknowledged and lost: {} as {q}", said.id));
                assert_eq!(item["q"], q);
            }
            if let Some(item) = item {
                assert_eq!(item["b"], said.text.as_str());
            }
        }
    }
}

#[test]
fn killed_at_any_moment_nothing_acknowledged_is_lost_and_nothing_is_doubled() {
    let crashes = std::env::var("DAYLIGHT_CRASHES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(CRASHES);
    let mut world = World::start();
    let mut ada = world.admin();
    let people: Vec<Person> = (0..SENDERS)
        .map(|n| world.person(&format!("Person {n}")))
        .collect();
    let all: Vec<&Person> = people.iter().collect();
    let line = ada.channel("Line 3", &all);
    let mut outboxes: Vec<Outbox> = people.iter().map(|p| Outbox::new(p, &line)).collect();
    let mut seed = 0xc0ff_ee00_c0ff_ee00;
    for crash in 0..crashes {
        let site = world.site();
        thread::scope(|scope| {
            for outbox in &mut outboxes {
                let site = &site;
                scope.spawn(move || outbox.talk(site, usize::MAX));
            }
            // What else a company does meanwhile, so that not only messages are cut in half.
            let mut ada = ada.tab();
            let line = line.as_str();
            scope.spawn(move || {
                while let Ok(answer) = ada.http.post("/api/v1/commands", &gossip(line, crash))
                    && answer.status == 200
                {}
            });
            thread::sleep(Duration::from_micros(2_000 + random(&mut seed) % 250_000));
            world.kill();
        });
        world.again();
        if crash % 25 == 24 {
            check_all(&mut ada, &line, &outboxes);
        }
    }
    for outbox in &mut outboxes {
        let limit = outbox.said.len();
        outbox.talk(&world.site(), limit);
        assert!(
            outbox.said.iter().all(|s| s.q.is_some()),
            "what was resent is acknowledged"
        );
    }
    check_all(&mut ada, &line, &outboxes);
    let said: usize = outboxes.iter().map(|o| o.said.len()).sum();
    assert!(said as u64 > crashes, "there was load: {said}");
    println!("{crashes} crashes, {said} messages, all there once");
    views_are_what_the_log_says(&mut world, &mut ada, &line);
}

fn gossip(line: &str, crash: u64) -> Value {
    let id = Ids::new().expect("ids").mint_text();
    match crash % 3 {
        0 => json!({"t": "channel.edit", "id": id, "c": line, "topic": format!("Topic {id}")}),
        1 => {
            json!({"t": "react", "id": id, "c": line, "q": 2, "e": "👍", "on": crash.is_multiple_of(2)})
        }
        _ => {
            json!({"t": "channel.create", "id": id, "kind": "group", "name": format!("Group {id}"), "people": []})
        }
    }
}

fn check_all(ada: &mut Person, line: &str, outboxes: &[Outbox]) {
    let items = ada.reads(line);
    let mut last = 0;
    for item in &items {
        let q = item["q"].as_u64().unwrap_or(0);
        assert!(q > last, "in order: {last} then {q}");
        last = q;
    }
    for outbox in outboxes {
        outbox.check(&items);
    }
}

/// All that people see before, and after every view was thrown away and made anew.
fn views_are_what_the_log_says(world: &mut World, ada: &mut Person, line: &str) {
    let before = seen(ada, line);
    let words = world.stop();
    assert!(!words.contains("panicked"), "{words}");
    for subcommand in ["verify", "rebuild"] {
        let output = world.offline(subcommand).expect("it runs");
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(output.status.success(), "{subcommand}: {text}");
    }
    world.again();
    let after = seen(ada, line);
    for (name, value) in &before {
        assert_eq!(Some(value), after.get(name), "{name}");
    }
}

fn seen(person: &mut Person, line: &str) -> HashMap<&'static str, Value> {
    let mut bootstrap = person.gets("/api/v1/bootstrap");
    for passing in ["now", "cur"] {
        bootstrap[passing] = Value::Null;
    }
    for one in bootstrap["people"].as_array_mut().into_iter().flatten() {
        one["online"] = Value::Null;
    }
    let search = person.searches("/api/v1/search?text=from&limit=50")["hits"].clone();
    // Each start is an entry of its own, so only what was there before is compared.
    let ledger = person.gets("/api/v1/ledger?act=channel.created&limit=100")["entries"].clone();
    HashMap::from([
        ("bootstrap", bootstrap),
        ("timeline", json!(person.reads(line))),
        ("search", search),
        ("ledger", ledger),
        ("people", person.gets("/api/v1/admin/channels")),
    ])
}
