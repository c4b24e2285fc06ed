//! Pushes: who is told while Daylight is closed, how often, and that nothing of ours leaves with it. The push service is
//! one of the test's own, which checks every knock as a vendor would.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use tests::http::Client;
use tests::world::{PATIENCE, Person, SECRET, World};

use super::traces::files;

/// In these tests the push service is in the house.
pub(super) const HOUSE: &str =
    "[push]\nprivate_networks = true\ncontact = 'mailto:it@example.com'\n";
/// Longer than what is gathered for one push, shorter than until the next.
pub(super) const A_MOMENT: Duration = Duration::from_millis(2500);
/// Until a device that was told can be told again.
pub(super) const NEXT: Duration = Duration::from_secs(14);

/// One knock at the push service.
#[derive(Clone, Debug)]
pub(super) struct Knock {
    device: String,
    headers: HashMap<String, String>,
    body: usize,
}

/// What is answered to the next knocks at a device; without one: 201.
#[derive(Clone, Copy)]
enum Turn {
    Says(u16),
    Hangs,
}

#[derive(Clone)]
pub(super) struct Service {
    origin: String,
    heard: Arc<Mutex<Vec<Knock>>>,
    turns: Arc<Mutex<HashMap<String, Vec<Turn>>>>,
}

impl Knock {
    pub(super) fn names(&self) -> Vec<String> {
        self.headers.keys().cloned().collect()
    }
}

impl Service {
    pub(super) fn start() -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let service = Service {
            origin: format!("http://{address}"),
            heard: Arc::default(),
            turns: Arc::default(),
        };
        let here = service.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let here = here.clone();
                thread::spawn(move || here.answer(&stream));
            }
        });
        service
    }

    fn answer(&self, stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let device = line.strip_prefix("POST /")?.split(' ').next()?.to_owned();
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let body = headers.get("content-length").and_then(|n| n.parse().ok());
        let mut bytes = vec![0; body.unwrap_or(0)];
        reader.read_exact(&mut bytes).ok()?;
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = turns.get_mut(&device).and_then(Vec::pop);
        drop(turns);
        let knock = Knock {
            device,
            headers,
            body: bytes.len(),
        };
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.push(knock);
        drop(heard);
        let status = match turn {
            None => 201,
            Some(Turn::Says(status)) => status,
            Some(Turn::Hangs) => {
                thread::sleep(Duration::from_secs(60));
                return None;
            }
        };
        let mut stream = stream;
        let answer = format!("HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).ok()
    }

    pub(super) fn address(&self, device: &str) -> String {
        format!("{}/{device}", self.origin)
    }

    fn turn(&self, device: &str, turn: Turn) {
        let mut turns = self.turns.lock().expect("the turns");
        turns.entry(device.to_owned()).or_default().insert(0, turn);
    }

    pub(super) fn knocks(&self, device: &str) -> Vec<Knock> {
        let heard = self.heard.lock().expect("what was heard");
        let theirs = heard.iter().filter(|knock| knock.device == device);
        theirs.cloned().collect()
    }

    /// So many knocks come, within `within`; no more are waited for.
    pub(super) fn hears(&self, device: &str, count: usize, within: Duration) -> Vec<Knock> {
        let deadline = Instant::now() + within;
        loop {
            let knocks = self.knocks(device);
            if knocks.len() >= count {
                return knocks;
            }
            let came = knocks.len();
            assert!(Instant::now() < deadline, "{device}: {came} of {count}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Her device is told at this address from now on.
pub(super) fn subscribes(person: &mut Person, address: &str) {
    let body = json!({"endpoint": address});
    let answer = person.http.post("/api/v1/push/start", &body);
    answer.and_then(|a| a.ok()).expect("subscribed");
}

fn calls(person: &mut Person, path: &str) -> Value {
    let answer = person.http.post(path, &json!({}));
    answer.and_then(|a| a.ok()).expect(path)
}

/// As the service worker does when it is woken.
pub(super) fn wakes(person: &mut Person) -> Value {
    calls(person, "/api/v1/push/news")
}

fn mutes(person: &mut Person, channel: &str) {
    person.does(json!({"t": "mute", "c": channel, "on": true}));
}

/// A second device of hers, with a session of its own.
fn second_device(person: &mut Person, world: &World) -> Client {
    let handle = person.gets("/api/v1/bootstrap")["handle"].clone();
    let mut phone = Client::new(world.site());
    let body = json!({"handle": handle, "secret": SECRET});
    let welcome = phone.post("/api/v1/signin", &body);
    welcome.and_then(|a| a.ok()).expect("signed in");
    phone
}

/// RFC 8292, as a push service checks it.
fn is_signed(knock: &Knock, service: &Service, key: &Value, now_s: u64) {
    let said = knock.headers.get("authorization").expect("who it is from");
    let (token, public) = said
        .strip_prefix("vapid t=")
        .and_then(|rest| rest.split_once(", k="))
        .expect("a token and a key");
    assert_eq!(*key, json!(public), "what browsers subscribed with");
    let (signed, signature) = token.rsplit_once('.').expect("a signature");
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64url");
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, bytes(public));
    let verified = public.verify(signed.as_bytes(), &bytes(signature));
    verified.expect("a signature of that key");
    let (head, claims) = signed.split_once('.').expect("head and claims");
    let head: Value = serde_json::from_slice(&bytes(head)).expect("a head");
    assert_eq!(head, json!({"typ": "JWT", "alg": "ES256"}));
    let claims: Value = serde_json::from_slice(&bytes(claims)).expect("claims");
    assert_eq!(claims["aud"], service.origin);
    assert_eq!(claims["sub"], "mailto:it@example.com");
    let ends = claims["exp"].as_u64().expect("an end");
    assert!(ends > now_s && ends <= now_s + 24 * 3600, "{ends} {now_s}");
}

#[test]
fn a_person_whose_phone_sleeps_is_told_once_and_not_a_word_leaves_the_house() {
    let (world, clock) = World::with_clock_and(HOUSE);
    let service = Service::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    let standing = bilal.gets("/api/v1/push");
    assert_eq!(
        (&standing["on"], &standing["quiet"]),
        (&json!(false), &Value::Null)
    );
    subscribes(&mut bilal, &service.address("bilal"));
    subscribes(&mut bilal, &service.address("bilal"));
    assert_eq!(bilal.gets("/api/v1/push")["on"], true);
    subscribes(&mut ada, &service.address("ada"));

    for text in ["the press stands", "come here", "all of you"] {
        ada.says(&line, text);
    }
    let knocks = service.hears("bilal", 1, A_MOMENT);
    thread::sleep(A_MOMENT);
    assert_eq!(service.knocks("bilal").len(), 1, "three messages, one push");
    assert!(service.knocks("ada").is_empty(), "who writes knows");
    let knock = knocks.first().expect("a knock");
    is_signed(knock, &service, &standing["key"], clock.now_ms() / 1000);
    assert_eq!(knock.body, 0, "no payload, not even a sealed one");
    let mut said: Vec<&str> = knock.headers.keys().map(String::as_str).collect();
    said.sort_unstable();
    let allowed = ["authorization", "content-length", "host", "ttl", "urgency"];
    assert_eq!(said, allowed, "nothing that would tell of a channel");

    let woken = wakes(&mut bilal);
    assert_eq!(
        woken,
        json!({"items": [{"c": line, "q": 4, "kind": "group", "name": "Line 3", "from": "Ada Lovelace", "unread": 3}],
            "unread": 1, "test": false})
    );
    assert_eq!(wakes(&mut bilal)["items"], json!([]), "told once");
    // What comes later is told later, and what was read meanwhile is not told at all.
    let last = ada.says(&line, "still standing");
    service.hears("bilal", 2, NEXT);
    ada.says(&line, "never mind");
    let q = last["q"].as_u64().expect("its number") + 1;
    bilal.does(json!({"t": "read", "c": line, "q": q}));
    thread::sleep(NEXT);
    assert_eq!(service.knocks("bilal").len(), 2);

    let tried = calls(&mut bilal, "/api/v1/push/test");
    assert_eq!(tried, json!({"result": "sent"}));
    assert_eq!(service.knocks("bilal").len(), 3);
    assert_eq!(wakes(&mut bilal)["test"], true);
}

#[test]
fn who_looks_at_the_page_is_not_pushed_to_until_she_looks_away() {
    let world = World::with(HOUSE, false);
    let service = Service::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    subscribes(&mut bilal, &service.address("desk"));
    let mut phone = second_device(&mut bilal, &world);
    let body = json!({"endpoint": service.address("phone")});
    let taken = phone.post("/api/v1/push/start", &body);
    taken.and_then(|a| a.ok()).expect("subscribed");
    bilal.listens();
    ada.says(&line, "who is at the desk?");
    service.hears("phone", 1, A_MOMENT);
    thread::sleep(A_MOMENT);
    assert!(service.knocks("desk").is_empty(), "she looks at it");
    bilal.puts(&json!({"t": "here", "on": false}));
    service.hears("desk", 1, NEXT);
    // A line that was cut is no eye either.
    bilal.puts(&json!({"t": "here", "on": true}));
    bilal.loses_connection();
    ada.says(&line, "and now?");
    service.hears("desk", 2, NEXT);
}

#[test]
fn nobody_is_told_of_what_she_is_not_in_has_muted_or_sleeps_through() {
    let (world, clock) = World::with_clock_and(HOUSE);
    let service = Service::start();
    let mut ada = world.admin();
    let names = ["out", "gone", "muted", "asleep", "awake", "named", "thread"];
    let mut people: HashMap<&str, Person> = HashMap::new();
    for name in names {
        let mut person = world.person(name);
        subscribes(&mut person, &service.address(name));
        people.insert(name, person);
    }
    let members: Vec<&Person> = names[1..].iter().map(|name| &people[name]).collect();
    let line = ada.channel("Line 3", &members);
    let id = |name: &str| people[name].id.clone();
    let (gone, named, thread) = (id("gone"), id("named"), id("thread"));
    ada.does(json!({"t": "channel.remove", "c": line, "person": gone}));
    let mut with = |name: &str, act: &dyn Fn(&mut Person)| {
        act(people.get_mut(name).expect("a person"));
    };
    with("muted", &|p| mutes(p, &line));
    with("named", &|p| mutes(p, &line));
    with("thread", &|p| mutes(p, &line));
    let minute = clock.now_ms() / 60_000 % 1440;
    let hours = |from: u64, to: u64| json!({"t": "quiet", "hours": {"from": from % 1440, "to": to % 1440, "zone": "UTC"}});
    let (now, later) = (
        hours(minute + 1410, minute + 30),
        hours(minute + 30, minute + 60),
    );
    with("asleep", &|p| {
        p.does(now.clone());
        assert_eq!(p.gets("/api/v1/push")["quiet"], now["hours"]);
    });
    with("awake", &|p| {
        p.does(later.clone());
        let wrong = json!({"t": "quiet", "hours": {"from": 0, "to": 60, "zone": "Mars/Olympus"}});
        assert_eq!(p.tries(wrong).expect_err("no such zone").code, "invalid");
    });

    let root = ada.does(json!({"t": "send", "c": line, "b": "for you", "m": [named]}));
    service.hears("awake", 1, A_MOMENT);
    service.hears("named", 1, A_MOMENT);
    thread::sleep(A_MOMENT);
    for name in ["out", "gone", "muted", "asleep", "thread"] {
        assert!(service.knocks(name).is_empty(), "{name} was told");
    }
    // In a thread only who is meant; a message that asks reaches also who has muted the channel.
    ada.does(json!({"t": "send", "c": line, "b": "in short", "th": root["q"], "m": [thread]}));
    service.hears("thread", 1, A_MOMENT);
    ada.does(json!({"t": "send", "c": line, "b": "read this", "ask": true}));
    service.hears("muted", 1, A_MOMENT);
    // The night is over: what comes now is told, and nothing of the night.
    with("asleep", &|p| {
        assert!(service.knocks("asleep").is_empty());
        p.does(json!({"t": "quiet", "hours": null}));
    });
    let direct = ada.does(json!({"t": "channel.direct", "with": id_of(&people, "asleep")}));
    ada.says(direct["c"].as_str().expect("a channel"), "good morning");
    service.hears("asleep", 1, A_MOMENT);
    let woken = wakes(people.get_mut("asleep").expect("a person"));
    assert_eq!(woken["items"].as_array().map(Vec::len), Some(1), "{woken}");
    assert_eq!(woken["items"][0]["kind"], "direct");
    assert!(service.knocks("out").is_empty() && service.knocks("gone").is_empty());
}

fn id_of(people: &HashMap<&str, Person>, name: &str) -> String {
    people[name].id.clone()
}

#[test]
fn a_dead_address_signing_out_and_leaving_the_company_each_end_it() {
    let world = World::with(HOUSE, false);
    let service = Service::start();
    let mut ada = world.admin();
    let names = ["dead", "out", "revoked", "fired", "handed", "off"];
    let mut people: HashMap<&str, Person> = HashMap::new();
    for name in names {
        let mut person = world.person(name);
        subscribes(&mut person, &service.address(name));
        people.insert(name, person);
    }
    let members: Vec<&Person> = names.iter().map(|name| &people[name]).collect();
    let line = ada.channel("Line 3", &members);
    let mut person = |name: &str| people.remove(name).expect("a person");
    calls(&mut person("out"), "/api/v1/signout");
    let device = person("revoked").gets("/api/v1/bootstrap")["device"].clone();
    ada.does(json!({"t": "device.revoke", "device": device}));
    let fired = person("fired").id;
    ada.does(json!({"t": "person.deactivate", "person": fired}));
    // One browser, another person in it.
    let (mut handed, mut heir) = (person("handed"), world.person("Heir"));
    subscribes(&mut heir, &service.address("handed"));
    assert_eq!(handed.gets("/api/v1/push")["on"], false);
    let mut off = person("off");
    calls(&mut off, "/api/v1/push/end");
    let refused = off.http.post("/api/v1/push/test", &json!({}));
    assert_eq!(refused.expect("an answer").code(), "conflict");

    service.turn("dead", Turn::Says(410));
    ada.says(&line, "who is left?");
    service.hears("dead", 1, A_MOMENT);
    let mut dead = person("dead");
    let deadline = Instant::now() + PATIENCE;
    while dead.gets("/api/v1/push")["on"] == true {
        assert!(Instant::now() < deadline, "the dead address stays");
        thread::sleep(Duration::from_millis(20));
    }
    ada.says(&line, "anybody?");
    thread::sleep(NEXT);
    assert_eq!(service.knocks("dead").len(), 1, "told that it is gone");
    for name in ["out", "revoked", "fired", "handed", "off"] {
        assert!(service.knocks(name).is_empty(), "{name} was told");
    }
    // It comes back by subscribing anew.
    subscribes(&mut dead, &service.address("dead-2"));
    ada.says(&line, "welcome back");
    service.hears("dead-2", 1, A_MOMENT);
}

#[test]
fn a_push_service_that_hangs_or_fails_slows_nobody_and_is_tried_again() {
    let world = World::with(HOUSE, false);
    let service = Service::start();
    let mut ada = world.admin();
    let (mut stuck, mut busy, mut well) = (
        world.person("Stuck"),
        world.person("Busy"),
        world.person("Well"),
    );
    let line = ada.channel("Line 3", &[&stuck, &busy, &well]);
    subscribes(&mut stuck, &service.address("stuck"));
    subscribes(&mut busy, &service.address("busy"));
    subscribes(&mut well, &service.address("well"));
    service.turn("stuck", Turn::Hangs);
    service.turn("busy", Turn::Says(503));
    service.turn("busy", Turn::Says(429));
    well.listens();
    well.puts(&json!({"t": "here", "on": false}));
    let began = Instant::now();
    ada.says(&line, "hello");
    well.hears("hello");
    service.hears("stuck", 1, A_MOMENT);
    service.hears("well", 1, A_MOMENT);
    // While one call hangs the house talks on as ever.
    for n in 0..50 {
        let text = format!("number {n}");
        ada.says(&line, &text);
        well.hears(&text);
    }
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    let knocks = service.hears("busy", 3, Duration::from_secs(30));
    assert_eq!(knocks.len(), 3, "failed twice, then taken");
    assert_eq!(busy.gets("/api/v1/push")["on"], true);
    service.hears("stuck", 2, Duration::from_secs(30));
    assert_eq!(well.gets("/api/v1/push")["reached"], true);
}

#[test]
fn nothing_in_the_house_is_called_on_anybodys_word() {
    let world = World::start();
    let mut bilal = world.person("Bilal");
    let long = format!("https://1.1.1.1/{}", "a".repeat(2048));
    for (address, code) in [
        ("https://127.0.0.1/x", "push/address"),
        ("https://localhost:8443/x", "push/address"),
        ("https://169.254.169.254/latest", "push/address"),
        ("https://[::ffff:10.0.0.1]/x", "push/address"),
        ("https://2130706433/x", "push/address"),
        ("http://1.1.1.1/x", "push/endpoint"),
        ("https://me@1.1.1.1/x", "push/endpoint"),
        ("file:///etc/passwd", "push/endpoint"),
        ("", "push/endpoint"),
        (&long, "push/endpoint"),
    ] {
        let body = json!({"endpoint": address});
        let answer = bilal
            .http
            .post("/api/v1/push/start", &body)
            .expect("an answer");
        let got = (answer.status, answer.code());
        assert_eq!(got, (422, code.to_owned()), "{address}");
    }
    assert_eq!(bilal.gets("/api/v1/push")["on"], false);

    let none = World::with("[push]\nenabled = false\n", false);
    let mut carol = none.person("Carol");
    assert_eq!(carol.gets("/api/v1/push")["key"], Value::Null);
    let body = json!({"endpoint": "https://1.1.1.1/x"});
    let answer = carol
        .http
        .post("/api/v1/push/start", &body)
        .expect("an answer");
    assert_eq!(answer.code(), "push/off");
}

#[test]
fn key_address_and_quiet_hours_outlive_a_kill_and_stand_nowhere_in_the_clear() {
    let mut world = World::with(HOUSE, false);
    let service = Service::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let mut auditor = world.newcomer("Audrey", "auditor");
    let line = ada.channel("Line 3", &[&bilal]);
    let secret = "an-address-that-nobody-may-know";
    subscribes(&mut bilal, &service.address(secret));
    let hours = json!({"from": 1, "to": 2, "zone": "Antarctica/Troll"});
    bilal.does(json!({"t": "quiet", "hours": hours}));
    let before = bilal.gets("/api/v1/push");
    let ledger = auditor.gets("/api/v1/ledger");
    let acts: Vec<&str> = ledger["entries"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|e| e["act"].as_str())
        .collect();
    for act in ["push.keyed", "push.subscribed", "quiet.set"] {
        assert!(acts.contains(&act), "{act} is on record: {acts:?}");
    }
    let told = ledger.to_string();
    assert!(!told.contains(secret) && !told.contains("Troll"), "{told}");

    world.kill();
    let holds = |path: &Path, word: &str| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes
            .windows(word.len())
            .any(|part| part == word.as_bytes())
    };
    for file in files(&world.data) {
        for word in [secret, "Antarctica/Troll"] {
            assert!(!holds(&file, word), "{word} in {}", file.display());
        }
    }
    world.again();
    assert_eq!(bilal.gets("/api/v1/push"), before);
    ada.says(&line, "back again");
    service.hears(secret, 1, A_MOMENT);
}
