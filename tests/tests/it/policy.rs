//! Who may do what: every command and every route, asked by every role, from outside, as a member and as an owner.
//! What must be answered stands in policy.txt, for people to read. Here is how each row is asked, and nothing of what
//! the answer should be.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::frame::now_ms;
use tests::http::{Answer, Client};
use tests::world::{PATIENCE, Person, Socket, World};

const TABLE: &str = include_str!("policy.txt");
const ROLES: [&str; 6] = ["visitor", "guest", "member", "admin", "officer", "auditor"];
/// What a person can ask for that neither `Command` nor the API document names.
const MORE: [&str; 4] = ["typing", "draft", "GET /ws", "GET /api/openapi.json"];
const HISTORY: &str = "1/13/21, 10:00 - Grace: good morning\n1/13/21, 10:01 - Alan: and to you\n";
/// The server holds a few files at once for everyone: imports are asked one at a time.
static IMPORTING: Mutex<()> = Mutex::new(());

struct Row {
    name: &'static str,
    about: &'static str,
    /// By role; what stands in it is by standing, when there is more than one.
    cells: Vec<Vec<&'static str>>,
}

fn table() -> Vec<Row> {
    let lines = TABLE.lines().map(str::trim);
    let mut lines = lines.filter(|l| !l.is_empty() && !l.starts_with('#'));
    let heads: Vec<&str> = lines
        .next()
        .unwrap_or_default()
        .split('|')
        .map(str::trim)
        .collect();
    assert_eq!(heads[2..], ROLES);
    let row = |line: &'static str| {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        assert_eq!(columns.len(), 8, "{line}");
        let cells = columns[2..]
            .iter()
            .map(|c| c.split('/').collect())
            .collect();
        Row {
            name: columns[0],
            about: columns[1],
            cells,
        }
    };
    lines.map(row).collect()
}

#[test]
fn every_command_and_every_route_has_a_row_and_nothing_else_has() {
    let world = World::start();
    let rows: BTreeSet<String> = table().iter().map(|r| r.name.to_owned()).collect();
    let mut asked: BTreeSet<String> = commands().into_iter().collect();
    asked.extend(routes(&world));
    asked.extend(MORE.map(str::to_owned));
    let bare: Vec<_> = asked.difference(&rows).collect();
    let idle: Vec<_> = rows.difference(&asked).collect();
    assert!(bare.is_empty(), "without a row in policy.txt: {bare:?}");
    assert!(idle.is_empty(), "in policy.txt, and nowhere else: {idle:?}");
}

#[test]
fn every_cell_of_the_table_is_answered_as_it_says() {
    let more = format!("[push]\nprivate_networks = true\n[previews]\non = true\n{ARCHIVE}");
    let world = World::with(&more, false);
    let rows = table();
    let differences: Vec<String> = thread::scope(|scope| {
        let columns: Vec<_> = ROLES
            .iter()
            .enumerate()
            .map(|(at, &role)| {
                let (world, rows) = (&world, &rows);
                scope.spawn(move || Column::new(world, role).walk(rows, at))
            })
            .collect();
        let ended = columns
            .into_iter()
            .map(|c| c.join().expect("a column's end"));
        ended.flatten().collect()
    });
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[test]
fn no_other_site_can_use_an_admins_cookie() {
    let world = World::start();
    let mut ada = world.admin();
    let some = ada.mint();
    for route in routes(&world).iter().filter(|r| !r.starts_with("GET")) {
        let (method, path) = route.split_once(' ').expect("a method and a path");
        let path = path.replace("{id}", &some);
        for origin in ["https://elsewhere.example", "null", ""] {
            let headers = [("Content-Type", "application/json"), ("Origin", origin)];
            let answer = ada
                .http
                .send(method, &path, &headers, b"{}")
                .expect("an answer");
            assert_eq!(answer.code(), "bad_origin", "{route} from {origin:?}");
        }
    }
}

#[test]
fn who_becomes_a_guest_or_an_auditor_owns_nothing_any_more() {
    let world = World::start();
    let (mut ada, mut bilal, carol) = (world.admin(), world.person("Bilal"), world.person("Carol"));
    for (role, code) in [("guest", "forbidden"), ("auditor", "not_found")] {
        let line = bilal.channel("Line 3", &[&carol]);
        ada.does(json!({"t": "person.role", "person": bilal.id, "role": role}));
        for command in [
            json!({"t": "channel.add", "c": line, "people": [ada.id]}),
            json!({"t": "channel.archive", "c": line, "on": true}),
            json!({"t": "channel.owner", "c": line, "person": carol.id, "on": true}),
        ] {
            let refused = bilal.tries(command).expect_err("owns nothing");
            assert_eq!(refused.code, code, "as {role}");
        }
        ada.does(json!({"t": "person.role", "person": bilal.id, "role": "member"}));
    }
}

/// The names that `Command` knows, as it tells them to whoever asks for something else.
fn commands() -> Vec<String> {
    let error = serde_json::from_value::<daylight::chat::Command>(json!({"t": "?"}))
        .expect_err("no command")
        .to_string();
    let (_, known) = error
        .split_once("expected one of")
        .expect("a list of names");
    let names: Vec<String> = known
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    assert!(
        names.len() > 20 && names.contains(&"export.approve".to_owned()),
        "{error}"
    );
    names
}

fn routes(world: &World) -> Vec<String> {
    let document = world.admin().gets("/api/openapi.json");
    let paths = document["paths"].as_object().expect("paths");
    let routes = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flat_map(|m| m.keys());
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    routes.collect()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Standing {
    Outsider,
    Member,
    Owner,
}

/// What somebody asks of the server.
enum Ask {
    Command(Value),
    Call {
        method: &'static str,
        path: String,
        kind: &'static str,
        body: Vec<u8>,
    },
    Socket,
    /// In this channel.
    Typing(String),
    Draft(Value),
}

fn get(path: String) -> Ask {
    Ask::Call {
        method: "GET",
        path,
        kind: "application/json",
        body: Vec::new(),
    }
}

fn post(path: impl Into<String>, body: &Value) -> Ask {
    Ask::Call {
        method: "POST",
        path: path.into(),
        kind: "application/json",
        body: body.to_string().into_bytes(),
    }
}

fn bytes(method: &'static str, path: String, body: &[u8]) -> Ask {
    Ask::Call {
        method,
        path,
        kind: "application/octet-stream",
        body: body.to_vec(),
    }
}

/// A channel to ask about, with a message of its founder's in it.
struct Place {
    c: String,
    q: u64,
}

/// What the asker did before the role and the standing of the cell were theirs.
#[derive(Clone, Copy, PartialEq)]
enum Past {
    Nothing,
    Said,
    Owned,
}

/// One role walks down the table.
struct Column<'w> {
    world: &'w World,
    role: &'static str,
    admin: Person,
    founder: Person,
    witness: Person,
    officer: Person,
    /// None: a visitor without a cookie.
    asker: Option<Person>,
    /// Words that no answer to the asker may have in it.
    secrets: Vec<String>,
    /// What was said last in a channel of the founder's.
    word: String,
    /// Of the place the asker asks about.
    own_q: u64,
    /// What is said there is to be confirmed.
    asks: bool,
    /// And is a poll.
    polls: bool,
    /// And something else of the asker's waits there.
    schedules: bool,
    waiting: Value,
    /// An import that waits for a word of its maker's.
    held: Option<(Person, String)>,
    count: usize,
}

impl<'w> Column<'w> {
    fn new(world: &'w World, role: &'static str) -> Column<'w> {
        Column {
            world,
            role,
            admin: world.admin(),
            founder: world.newcomer(&format!("Founder for a {role}"), "member"),
            witness: world.newcomer("Witness", "member"),
            officer: world.newcomer("Officer", "officer"),
            asker: None,
            secrets: Vec::new(),
            word: String::new(),
            own_q: 0,
            asks: false,
            polls: false,
            schedules: false,
            waiting: Value::Null,
            held: None,
            count: 0,
        }
    }

    fn walk(mut self, rows: &[Row], at: usize) -> Vec<String> {
        let mut differences = Vec::new();
        for row in rows {
            let standings = [Standing::Outsider, Standing::Member, Standing::Owner];
            for (want, standing) in row.cells[at].iter().zip(standings) {
                if *want == "-" {
                    continue;
                }
                // A visitor is nobody, and also somebody who is not any more.
                let askers: &[bool] = if self.role == "visitor" {
                    &[false, true]
                } else {
                    &[true]
                };
                for somebody in askers {
                    let mut found = self.cell(row, standing, *somebody);
                    found.retain(|got| got != want);
                    for got in found {
                        let mut line = format!("{} | {} | {}", row.name, row.about, self.role);
                        if row.cells[at].len() > 1 {
                            let _ = write!(line, " {standing:?}");
                        }
                        if self.role == "visitor" && *somebody {
                            line.push_str(" with a cookie");
                        }
                        differences.push(format!("{line}: {got}, not {want}"));
                    }
                }
            }
        }
        differences
    }

    /// Asks one cell; over both ways in, when the first refuses, and what should not have been told.
    fn cell(&mut self, row: &Row, standing: Standing, somebody: bool) -> Vec<String> {
        let is_import = row.name.contains("/imports");
        let _alone = is_import.then(|| IMPORTING.lock().unwrap_or_else(PoisonError::into_inner));
        self.secrets.clear();
        self.asker = None;
        self.asks =
            matches!(row.name, "confirm" | "remind") || row.name.ends_with("/confirmations");
        self.polls = matches!(row.name, "vote" | "close");
        self.schedules = row.name.starts_with("schedule.");
        let ask = self.prepare(row.name, row.about, standing);
        if self.role == "visitor" && somebody {
            let gone = self.newcomer("member");
            self.admin
                .does(json!({"t": "person.deactivate", "person": gone.id}));
            self.asker = Some(gone);
        } else if self.role == "visitor" {
            self.asker = None;
        }
        let (got, body) = self.asks(&ask);
        let mut found = vec![got.clone()];
        for word in &self.secrets {
            if holds(&body, word) {
                found.push(format!("{got}, and it tells {word:?}"));
            }
        }
        if let (Ask::Command(command), Some(asker)) = (&ask, &mut self.asker)
            && got != "ok"
            && self.role != "visitor"
        {
            let mut again = command.clone();
            again["id"] = json!(asker.mint());
            asker.listens();
            asker.puts(&again);
            let answer = asker.expects("an answer", |f| f["id"] == again["id"]);
            asker.loses_connection();
            let code = answer["code"].as_str().unwrap_or("ok");
            if code != got {
                found.push(format!("{code} on the socket, {got} over HTTP"));
            }
        }
        if is_import {
            self.clears(&body);
        }
        found
    }

    fn asks(&mut self, ask: &Ask) -> (String, Vec<u8>) {
        let cookie = self.asker.as_ref().and_then(|a| a.http.cookie.clone());
        let mut http = Client::new(self.world.site());
        http.cookie.clone_from(&cookie);
        match ask {
            Ask::Command(command) => {
                let mut command = command.clone();
                command["id"] = json!(self.asker.as_mut().unwrap_or(&mut self.founder).mint());
                read(http.post("/api/v1/commands", &command).expect("an answer"))
            }
            Ask::Call {
                method,
                path,
                kind,
                body,
            } => {
                let headers = [("Content-Type", *kind)];
                read(http.send(method, path, &headers, body).expect("an answer"))
            }
            Ask::Socket | Ask::Typing(_) | Ask::Draft(_) => {
                let cookie = cookie.unwrap_or_default();
                match Socket::open(&self.world.site(), &cookie) {
                    Ok(_) => match ask {
                        Ask::Typing(c) => (self.types(c), Vec::new()),
                        Ask::Draft(draft) => (self.drafts(draft), Vec::new()),
                        _ => ("ok".to_owned(), Vec::new()),
                    },
                    Err(_) => {
                        let origin = self.world.site().origin();
                        let headers = [
                            ("Connection", "Upgrade"),
                            ("Upgrade", "websocket"),
                            ("Sec-WebSocket-Version", "13"),
                            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
                            ("Sec-WebSocket-Protocol", "daylight.v1"),
                            ("Origin", origin.as_str()),
                        ];
                        read(http.send("GET", "/ws", &headers, b"").expect("an answer"))
                    }
                }
            }
        }
    }

    /// Is a member told that the asker types?
    fn types(&mut self, c: &str) -> String {
        let mut ear = self.witness.tab();
        ear.listens();
        let asker = self.asker.as_mut().expect("an asker");
        asker.listens();
        asker.puts(&json!({"t": "typing", "c": c}));
        // Answered after the typing was dealt with.
        let after = json!({"t": "got", "id": asker.mint(), "c": c, "q": 1});
        asker.puts(&after);
        asker.expects("an answer", |f| f["id"] == after["id"]);
        asker.loses_connection();
        self.founder.says(c, "that is all");
        let deadline = Instant::now() + PATIENCE;
        while let Some(frame) = ear.socket().next(deadline) {
            if frame["t"] == "typing" && frame["c"] == c {
                return "ok".to_owned();
            }
            if frame["d"]["b"] == "that is all" {
                return "silence".to_owned();
            }
        }
        "nothing at all".to_owned()
    }

    /// Does another page of the asker's have what the asker writes?
    fn drafts(&mut self, draft: &Value) -> String {
        let asker = self.asker.as_mut().expect("an asker");
        let mut ear = asker.tab();
        ear.listens();
        asker.listens();
        asker.puts(draft);
        // Answered after the draft was dealt with, and so is what the other one asks then.
        for who in [asker, &mut ear] {
            let after = json!({"t": "got", "id": who.mint(), "c": draft["c"], "q": 1});
            who.puts(&after);
            let found = who.expects("an answer", |f| f["id"] == after["id"] || f["t"] == "draft");
            if found["t"] == "draft" {
                return if found == *draft {
                    "ok".to_owned()
                } else {
                    found.to_string()
                };
            }
            if found["t"] == "err" && found["code"] != "not_found" {
                return found.to_string();
            }
        }
        "silence".to_owned()
    }

    fn newcomer(&mut self, role: &str) -> Person {
        self.count += 1;
        self.world.newcomer(&format!("{role} {}", self.count), role)
    }

    /// Somebody of this column's role, or who will be.
    fn arrives(&mut self, role: &str) -> String {
        let role = if role == "visitor" { "member" } else { role };
        let person = self.newcomer(role);
        let id = person.id.clone();
        self.asker = Some(person);
        id
    }

    fn becomes(&mut self) {
        let person = self.asker.as_ref().expect("an asker").id.clone();
        let role = if self.role == "visitor" {
            "member"
        } else {
            self.role
        };
        self.admin
            .does(json!({"t": "person.role", "person": person, "role": role}));
    }

    /// A fresh word, which only those who may read may meet.
    fn secret(&mut self) -> String {
        self.word = format!("velvet{}", self.founder.mint().to_lowercase());
        self.word.clone()
    }

    /// A channel of the founder's, and the asker in it as the cell wants it.
    fn place(&mut self, kind: &str, standing: Standing, past: Past) -> Place {
        let asker = match past {
            Past::Owned => self.arrives("member"),
            Past::Said if self.role == "auditor" => self.arrives("member"),
            _ => self.arrives(self.role),
        };
        let word = self.secret();
        let was_in = past != Past::Nothing || standing != Standing::Outsider;
        let mut people = vec![self.witness.id.clone()];
        people.extend(was_in.then(|| asker.clone()));
        let made = self.founder.does(
            json!({"t": "channel.create", "kind": kind, "name": "Line 3", "topic": word, "people": people}),
        );
        let c = text(&made["c"]);
        let poll = self.polls.then(|| json!({"o": ["yes", "no"]}));
        let say =
            |b: &str, ask: bool| json!({"t": "send", "c": c, "b": b, "ask": ask, "poll": poll});
        let q = number(&self.founder.does(say(&word, self.asks))["q"]);
        let own = |on: bool| json!({"t": "channel.owner", "c": c, "person": asker, "on": on});
        match past {
            Past::Nothing => {}
            Past::Said => {
                let mine = say("mine", self.asks);
                self.own_q = number(&self.me().does(mine)["q"]);
                if self.schedules {
                    let later =
                        json!({"t": "schedule", "c": c, "b": "later", "at": now_ms() + 3_600_000});
                    self.waiting = self.me().does(later)["schedule"].clone();
                }
            }
            Past::Owned => drop(self.founder.does(own(true))),
        }
        let place = Place { c: c.clone(), q };
        if past != Past::Owned {
            self.stands(&place, standing);
            if past == Past::Said && self.role == "auditor" {
                self.becomes();
            }
        }
        place
    }

    /// From whatever it was to the standing of the cell.
    fn stands(&mut self, place: &Place, standing: Standing) {
        let Some(asker) = self.asker.as_ref().map(|a| a.id.clone()) else {
            return;
        };
        let c = &place.c;
        match standing {
            Standing::Outsider => {
                let remove = json!({"t": "channel.remove", "c": c, "person": asker});
                // Who was never in cannot be removed.
                let _ = self.founder.tries(remove);
                self.secrets.push(self.word.clone());
            }
            Standing::Member => {
                self.founder
                    .does(json!({"t": "channel.owner", "c": c, "person": asker, "on": false}));
            }
            Standing::Owner => {
                self.founder
                    .does(json!({"t": "channel.owner", "c": c, "person": asker, "on": true}));
            }
        }
    }

    /// The founder's, with the asker in it.
    fn community(&mut self, c: &str) -> String {
        let asker = self.me().id.clone();
        let made = self.founder.does(
            json!({"t": "channel.create", "kind": "announcement", "name": format!("over {c}"), "people": [asker]}),
        );
        text(&made["c"])
    }

    fn me(&mut self) -> &mut Person {
        self.asker.as_mut().expect("an asker")
    }

    /// Everything that must be there before the question, and the question.
    fn prepare(&mut self, name: &str, about: &str, standing: Standing) -> Ask {
        match name.split_once(' ') {
            None => match name.split_once('.') {
                None if name != "profile" && name != "quiet" => {
                    self.in_a_channel(name, about, standing)
                }
                Some(("schedule", _)) => self.in_a_channel(name, about, standing),
                Some(("channel", what)) if !matches!(what, "create" | "direct") => {
                    self.of_a_channel(name, about, standing)
                }
                _ => self.anywhere(name, about, standing),
            },
            Some((_, path)) if path.starts_with("/api/v1/channels/") => {
                self.reads(path, about, standing)
            }
            Some((_, path)) if path.starts_with("/api/v1/imports") => {
                self.imports(name, about, standing)
            }
            Some((_, path)) => self.calls(path, about, standing),
        }
    }

    fn in_a_channel(&mut self, name: &str, about: &str, standing: Standing) -> Ask {
        let kind = if about.contains("announcement") {
            "announcement"
        } else {
            "group"
        };
        let past = if about == "one's own" {
            Past::Said
        } else {
            Past::Nothing
        };
        let place = self.place(kind, standing, past);
        if let Some(what) = name.strip_prefix("schedule.") {
            return Ask::Command(self.waits(what, about, &place.c));
        }
        let (c, q) = (
            place.c,
            if past == Past::Said {
                self.own_q
            } else {
                place.q
            },
        );
        Ask::Command(match (name, about) {
            ("send", "in an announcement's thread") => {
                json!({"t": name, "c": c, "b": "hello", "th": q})
            }
            ("send", "marked urgent" | "an announcement marked urgent") => {
                json!({"t": name, "c": c, "b": "hello", "urgent": true})
            }
            ("send", "" | "an announcement") => json!({"t": name, "c": c, "b": "hello"}),
            ("edit", _) => json!({"t": name, "c": c, "q": q, "b": "better"}),
            ("del", _) => json!({"t": name, "c": c, "q": q}),
            ("react", "") => json!({"t": name, "c": c, "q": q, "e": "👍", "on": true}),
            ("vote", _) => json!({"t": name, "c": c, "q": q, "o": [1]}),
            ("confirm" | "remind" | "close", _) => json!({"t": name, "c": c, "q": q}),
            ("pin", "" | "in an announcement channel") => {
                json!({"t": name, "c": c, "q": q, "on": true})
            }
            ("read" | "got", "") => json!({"t": name, "c": c, "q": q}),
            ("schedule", "" | "an announcement") => {
                json!({"t": name, "c": c, "b": "hello", "at": now_ms() + 3_600_000})
            }
            ("save", "") => json!({"t": name, "c": c, "q": q, "on": true}),
            ("mute", "") => json!({"t": name, "c": c, "on": true}),
            ("typing", "") => return Ask::Typing(c),
            ("draft", "in an announcement's thread") => {
                let at = now_ms() - 60_000;
                let draft = json!({"t": name, "c": c, "thread": q, "text": "hello", "at": at});
                return Ask::Draft(draft);
            }
            ("draft", "" | "an announcement") => {
                let at = now_ms() - 60_000;
                return Ask::Draft(json!({"t": name, "c": c, "text": "hello", "at": at}));
            }
            _ => panic!("no way to ask {name} {about}"),
        })
    }

    /// A command about a message that waits in the channel, the asker's or the founder's.
    fn waits(&mut self, what: &str, about: &str, c: &str) -> Value {
        let schedule = match about {
            "one's own" => self.waiting.clone(),
            _ => {
                let later =
                    json!({"t": "schedule", "c": c, "b": "later", "at": now_ms() + 3_600_000});
                self.founder.does(later)["schedule"].clone()
            }
        };
        let name = format!("schedule.{what}");
        match what {
            "change" => {
                json!({"t": name, "schedule": schedule, "b": "better", "at": now_ms() + 3_600_000})
            }
            _ => json!({"t": name, "schedule": schedule}),
        }
    }

    fn of_a_channel(&mut self, name: &str, about: &str, standing: Standing) -> Ask {
        let c = if about.ends_with("a direct one") {
            let asker = self.arrives(self.role);
            let with = match standing {
                Standing::Outsider => self.witness.id.clone(),
                _ => asker,
            };
            text(
                &self
                    .founder
                    .does(json!({"t": "channel.direct", "with": with}))["c"],
            )
        } else {
            self.place("group", standing, Past::Nothing).c
        };
        let witness = self.witness.id.clone();
        Ask::Command(match name {
            "channel.edit" => json!({"t": name, "c": c, "topic": "news"}),
            "channel.add" => json!({"t": name, "c": c, "people": [self.officer.id]}),
            "channel.remove" => json!({"t": name, "c": c, "person": witness}),
            "channel.leave" => json!({"t": name, "c": c}),
            "channel.owner" => json!({"t": name, "c": c, "person": witness, "on": true}),
            "channel.archive" => json!({"t": name, "c": c, "on": true}),
            "channel.slow" => json!({"t": name, "c": c, "seconds": 10}),
            "channel.history" => json!({"t": name, "c": c, "days": 30}),
            "channel.place" if about.is_empty() => json!({"t": name, "c": c, "community": null}),
            "channel.place" => json!({"t": name, "c": c, "community": self.community(&c)}),
            "channel.ask" => {
                if about == "in one's community" {
                    let over = self.community(&c);
                    self.founder
                        .does(json!({"t": "channel.place", "c": c, "community": over}));
                }
                json!({"t": name, "c": c})
            }
            "channel.refuse" => {
                let asks = match about {
                    "oneself" => self.me().id.clone(),
                    _ => witness,
                };
                json!({"t": name, "c": c, "person": asks})
            }
            _ => panic!("no way to ask {name} {about}"),
        })
    }

    fn anywhere(&mut self, name: &str, about: &str, standing: Standing) -> Ask {
        let of_channel =
            matches!(about, "to a channel" | "of a channel") || name == "export.request";
        if of_channel {
            let c = self.place("group", standing, Past::Nothing).c;
            return Ask::Command(match name {
                "invite.create" => {
                    json!({"t": name, "role": "member", "channels": [c], "hours": 1, "uses": 1})
                }
                "policy.set" => json!({"t": name, "c": c, "keep_days": 36_500}),
                "export.request" => order(&c),
                _ => panic!("no way to ask {name} {about}"),
            });
        }
        let own = matches!(about, "one's own" | "oneself");
        Ask::Command(match name {
            "export.approve" | "export.refuse" | "export.cancel" => {
                json!({"t": name, "export": self.export(own, false)})
            }
            "archive.propose" => {
                self.arrives(self.role);
                archive()
            }
            "archive.approve" | "archive.refuse" | "archive.end" => {
                json!({"t": name, "schedule": self.archive(own)})
            }
            "matter.open" => {
                self.arrives(self.role);
                json!({"t": name, "name": "Falcon", "reason": "a leak"})
            }
            "hold.place" => {
                self.arrives(self.role);
                let mut place = self.hold();
                place["t"] = json!(name);
                place
            }
            "hold.release" => {
                self.arrives(self.role);
                let place = self.hold();
                json!({"t": name, "hold": self.officer.does(place)["hold"]})
            }
            "matter.close" => {
                self.arrives(self.role);
                json!({"t": name, "matter": self.matter()})
            }
            "grant.request" => {
                self.arrives(self.role);
                let c = self.founder.channel("Line 7", &[]);
                let matter = self.matter();
                wanted(&matter, &c)
            }
            "grant.approve" | "grant.refuse" | "grant.end" => {
                json!({"t": name, "grant": self.grant(own, false).0})
            }
            "tag.name" => {
                self.arrives(self.role);
                json!({"t": name, "matter": self.matter(), "word": "Of the cellar"})
            }
            "tag.set" | "note.write" | "note.withdraw" => self.noting(name, own),
            "export.tagged" => self.tagged(),
            "supervision.set" => {
                self.arrives(self.role);
                self.clears_rules();
                let c = self.founder.channel("Line 7", &[]);
                supervised(&c, "a word")
            }
            "supervision.approve" | "supervision.remove" => {
                self.arrives(if own { "officer" } else { self.role });
                self.clears_rules();
                let c = self.founder.channel("Line 7", &[]);
                let wanted = supervised(&c, "a word");
                let made = match own {
                    true => self.me().does(wanted),
                    false => self.officer.does(wanted),
                };
                if own {
                    self.becomes();
                }
                json!({"t": name, "rule": made["rule"]})
            }
            "supervision.review" => {
                json!({"t": name, "item": self.taken(), "outcome": "no_concern"})
            }
            "erase.request" => {
                self.arrives(self.role);
                self.erasure()
            }
            "redact.request" => {
                self.arrives(self.role);
                let c = self.founder.channel("Line 7", &[]);
                let q = number(&self.founder.says(&c, "a leaked number")["q"]);
                json!({"t": name, "c": c, "q": [q], "reason": "leaked"})
            }
            "policy.approve" | "policy.stop" => json!({"t": name, "proposal": self.proposal(own)}),
            "order.approve" | "order.refuse" => json!({"t": name, "order": self.erase_order(own)}),
            "invite.revoke" => {
                let c = self.place("group", Standing::Outsider, Past::Owned).c;
                let invite = json!({"t": "invite.create", "role": "guest", "channels": [c], "hours": 1, "uses": 1});
                let who = if own { self.me() } else { &mut self.founder };
                let made = who.does(invite);
                self.becomes();
                json!({"t": name, "invite": made["invite"]})
            }
            "device.revoke" => {
                self.arrives(self.role);
                let other = self.newcomer("member");
                let mut who = if own { self.me().tab() } else { other };
                json!({"t": name, "device": who.gets("/api/v1/bootstrap")["device"]})
            }
            "person.role" | "person.login" | "person.deactivate" | "person.reactivate"
            | "person.reset" | "second.remove" => {
                let me = self.arrives(self.role);
                let other = self.newcomer("member").id;
                if name == "person.reactivate" && !own {
                    self.admin
                        .does(json!({"t": "person.deactivate", "person": other}));
                }
                let mut command = json!({"t": name, "person": if own { me } else { other }});
                if name == "person.login" {
                    command["login"] = json!(self.secret());
                }
                if name == "person.role" {
                    command["role"] = json!("officer");
                }
                command
            }
            _ => {
                self.arrives(self.role);
                match name {
                    "channel.create" => json!({"t": name, "kind": "group", "name": "Mine"}),
                    "channel.direct" => json!({"t": name, "with": self.witness.id}),
                    "profile" => json!({"t": name, "name": "Another Name"}),
                    "quiet" => {
                        json!({"t": name, "hours": {"from": 1320, "to": 420, "zone": "Asia/Kolkata"}})
                    }
                    "invite.create" => {
                        let role = if about == "for an officer" {
                            "officer"
                        } else {
                            "member"
                        };
                        json!({"t": name, "role": role, "hours": 1, "uses": 1})
                    }
                    "signin.rule" => {
                        json!({"t": name, "second": [], "days": 3_650, "idle_days": null})
                    }
                    "workspace.edit" => json!({"t": name, "name": "Acme and Daughters"}),
                    "policy.set" => json!({"t": name, "keep_days": null}),
                    _ => panic!("no way to ask {name} {about}"),
                }
            }
        })
    }

    /// One of the officer's.
    fn matter(&mut self) -> String {
        let matter = json!({"t": "matter.open", "name": "Falcon", "reason": "a leak"});
        text(&self.officer.does(matter)["matter"])
    }

    /// A hold on the witness.
    fn hold(&mut self) -> Value {
        json!({"t": "hold.place", "matter": self.matter(), "people": [self.witness.id]})
    }

    /// A grant, and a file that it reaches with the channel it is in; of the asker's when they still were an officer,
    /// or of another's. What it reaches is a secret to everybody else.
    fn grant(&mut self, own: bool, stands: bool) -> (String, String, String) {
        self.arrives(if own { "officer" } else { self.role });
        let word = self.secret();
        let c = self.founder.channel("Line 7", &[]);
        let q = number(&self.founder.says(&c, &word)["q"]);
        let place = Place { c: c.clone(), q };
        let file = self.attached(&place, "");
        let wanted = wanted(&self.matter(), &c);
        let made = match own {
            true => self.me().does(wanted),
            false => self.officer.does(wanted),
        };
        let grant = text(&made["grant"]);
        if stands {
            let mut other = self.newcomer("officer");
            other.does(json!({"t": "grant.approve", "grant": grant}));
        }
        if own {
            self.becomes();
        }
        if !own || self.role != "officer" {
            self.secrets.push(word);
        }
        (grant, c, file)
    }

    /// A tag or a note under a grant that stands, about a message that it reaches.
    fn noting(&mut self, name: &str, own: bool) -> Value {
        let (grant, c, file) = self.grant(own, true);
        let q: u64 = file
            .split('-')
            .nth(1)
            .and_then(|q| q.parse().ok())
            .expect("a place");
        let mut note = json!({"t": "note.write", "grant": grant, "c": c, "q": q, "text": "why"});
        match name {
            "tag.set" => json!({"t": name, "grant": grant, "c": c, "q": q, "add": ["hot"]}),
            "note.write" => note,
            _ => {
                let written = match own && self.role == "officer" {
                    true => self.me().does(note.clone())["note"].clone(),
                    false => json!(self.founder.mint()),
                };
                note = json!({"t": name, "grant": grant, "c": c, "q": q, "note": written});
                note
            }
        }
    }

    /// There are only so many rules.
    fn clears_rules(&mut self) {
        let rules = self.officer.gets("/api/v1/supervision")["rules"].clone();
        for rule in rules.as_array().into_iter().flatten() {
            if rule["by"] == self.officer.id.as_str() && rule["state"] != "removed" {
                self.officer
                    .does(json!({"t": "supervision.remove", "rule": rule["id"]}));
            }
        }
    }

    /// An export of what the officer has tagged.
    fn tagged(&mut self) -> Value {
        let mut tag = self.noting("tag.set", false);
        tag["add"] = json!(["relevant"]);
        self.officer.does(tag.clone());
        let grants = self.officer.gets("/api/v1/grants");
        let grants = grants["grants"].as_array().cloned().unwrap_or_default();
        let grant = grants.iter().find(|grant| grant["id"] == tag["grant"]);
        let matter = &grant.expect("the grant")["matter"];
        json!({"t": "export.tagged", "matter": matter, "c": tag["c"], "tagged": ["relevant"],
            "reason": "asked for", "case": "2026-7"})
    }

    /// A message of the founder's that a rule took. What it says is a secret to everybody but an officer.
    fn taken(&mut self) -> Value {
        self.arrives(self.role);
        self.clears_rules();
        let word = self.secret();
        let c = self.founder.channel("Line 7", &[]);
        let rule = self.officer.does(supervised(&c, &word))["rule"].clone();
        let mut other = self.newcomer("officer");
        other.does(json!({"t": "supervision.approve", "rule": rule}));
        self.founder.says(&c, &word);
        if self.role != "officer" {
            self.secrets.push(word);
        }
        let mut after = 0;
        loop {
            let path = format!("/api/v1/supervision/queue?after={after}");
            let page = self.officer.gets(&path);
            let items = page["items"].as_array().cloned().unwrap_or_default();
            if let Some(found) = items.iter().find(|item| item["c"] == c.as_str()) {
                return found["item"].clone();
            }
            after = number(&page["next"]);
            assert!(after > 0, "it was not taken");
        }
    }

    /// An order to forget somebody who is gone.
    fn erasure(&mut self) -> Value {
        let gone = self.newcomer("member").id;
        self.admin
            .does(json!({"t": "person.deactivate", "person": gone}));
        json!({"t": "erase.request", "person": gone, "reason": "asked for it"})
    }

    /// Of the asker's when they still were an officer, or of another's.
    fn erase_order(&mut self, own: bool) -> String {
        let erasure = self.erasure();
        let made = if own {
            self.arrives("officer");
            let made = self.me().does(erasure);
            self.becomes();
            made
        } else {
            self.arrives(self.role);
            self.officer.does(erasure)
        };
        text(&made["order"])
    }

    /// Where a message was redacted, and the log signed since.
    fn destruction(&mut self) -> u64 {
        let c = self.founder.channel("Line 5", &[]);
        let q = self.founder.says(&c, "said too much")["q"].clone();
        let asked = json!({"t": "redact.request", "c": c, "q": [q], "reason": "a password"});
        let order = self.officer.does(asked)["order"].clone();
        self.admin
            .does(json!({"t": "order.approve", "order": order}));
        super::orders::waits_for(&mut self.officer, &order);
        let done = self.officer.gets("/api/v1/ledger?act=destroy.done");
        let done = done["entries"].as_array().cloned().unwrap_or_default();
        let of_order = |entry: &&Value| entry["object"]["order"] == order;
        let position = number(&done.iter().find(of_order).expect("it is done")["position"]);
        super::record::signed(&mut self.admin, position + 1);
        position
    }

    /// A shorter rule that waits; of the asker's when they still ran the house, or of another's.
    fn proposal(&mut self, own: bool) -> String {
        let c = self.founder.channel("Line 8", &[]);
        let set = json!({"t": "policy.set", "c": c, "keep_days": 30});
        let made = if own {
            self.arrives("admin");
            let made = self.me().does(set);
            self.becomes();
            made
        } else {
            self.arrives(self.role);
            self.admin.does(set)
        };
        text(&made["proposal"])
    }

    /// An export that waits, or is ready; of the asker's when they still were an officer, or of another's.
    fn export(&mut self, own: bool, ready: bool) -> String {
        let c = {
            let word = self.secret();
            let c = self.founder.channel("Line 9", &[]);
            self.founder.says(&c, &word);
            c
        };
        let made = if own {
            self.arrives("officer");
            let made = self.me().does(order(&c));
            self.becomes();
            made
        } else {
            self.arrives(self.role);
            self.officer.does(order(&c))
        };
        let export = text(&made["export"]);
        if ready {
            self.admin
                .does(json!({"t": "export.approve", "export": export}));
            let deadline = Instant::now() + Duration::from_mins(1);
            loop {
                let all = self.admin.gets("/api/v1/exports");
                let all = all["exports"].as_array().cloned().unwrap_or_default();
                let job = all
                    .into_iter()
                    .find(|j| j["id"] == export.as_str())
                    .expect("a job");
                match job["state"].as_str() {
                    Some("ready") => break,
                    Some("failed") => panic!("{job}"),
                    _ => assert!(Instant::now() < deadline, "{job}"),
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        export
    }

    /// A schedule that waits, of the asker's when they still were an officer, or of another's.
    fn archive(&mut self, own: bool) -> String {
        let made = if own {
            self.arrives("officer");
            let made = self.me().does(archive());
            self.becomes();
            made
        } else {
            self.arrives(self.role);
            self.officer.does(archive())
        };
        text(&made["schedule"])
    }

    fn reads(&mut self, path: &str, about: &str, standing: Standing) -> Ask {
        let past = if about == "of one's own" {
            Past::Said
        } else {
            Past::Nothing
        };
        let place = self.place("group", standing, past);
        let q = if past == Past::Said {
            self.own_q
        } else {
            place.q
        };
        if about == "of a deleted message" {
            self.founder.does(json!({"t": "del", "c": place.c, "q": q}));
        }
        let what = if path.ends_with("/media") {
            "?has=links"
        } else {
            ""
        };
        get(path.replace("{c}", &place.c).replace("{q}", &q.to_string()) + what)
    }

    fn imports(&mut self, name: &str, about: &str, standing: Standing) -> Ask {
        let into = |c: &str| {
            bytes(
                "POST",
                format!("/api/v1/imports?c={c}&name=chat.txt"),
                HISTORY.as_bytes(),
            )
        };
        if !name.contains("{id}") {
            let c = self.place("group", standing, Past::Nothing).c;
            return match name {
                "GET /api/v1/imports" => get(format!("/api/v1/imports?c={c}")),
                _ => into(&c),
            };
        }
        let own = about.starts_with("one's own");
        let place = self.place(
            "group",
            standing,
            if own { Past::Owned } else { Past::Nothing },
        );
        let maker = if own {
            self.me().tab()
        } else {
            self.founder.tab()
        };
        let held_by = maker.tab();
        let asker = self.asker.replace(maker);
        let (outcome, body) = self.asks(&into(&place.c));
        assert_eq!(outcome, "ok", "{}", String::from_utf8_lossy(&body));
        let id = text(&parsed(&body)["id"]);
        if about == "a finished one" {
            self.asks(&post(format!("/api/v1/imports/{id}/commit"), &json!({})));
            self.clears(&body);
        }
        self.asker = asker;
        self.held = Some((held_by, id.clone()));
        if own {
            self.stands(&place, standing);
            self.becomes();
        }
        let path = format!("/api/v1/imports/{id}");
        match name {
            "POST /api/v1/imports/{id}/preview" => post(path + "/preview", &json!({})),
            "POST /api/v1/imports/{id}/commit" => post(path + "/commit", &json!({})),
            "GET /api/v1/imports/{id}" => get(path),
            "DELETE /api/v1/imports/{id}" => Ask::Call {
                method: "DELETE",
                path,
                kind: "application/json",
                body: Vec::new(),
            },
            _ => panic!("no way to ask {name} {about}"),
        }
    }

    /// Lets what runs end, and drops what waits: others need the room.
    fn clears(&mut self, body: &[u8]) {
        let mut all: Vec<(Person, String)> = self.held.take().into_iter().collect();
        if let (Some(asker), Some(id)) = (&self.asker, parsed(body)["id"].as_str()) {
            all.push((asker.tab(), id.to_owned()));
        }
        let deadline = Instant::now() + PATIENCE;
        for (mut maker, id) in all {
            let path = format!("/api/v1/imports/{id}");
            while parsed(&maker.http.get(&path).expect("an answer").body)["state"] == "running" {
                assert!(Instant::now() < deadline, "an import without an end");
                thread::sleep(Duration::from_millis(10));
            }
            // What is done or was dropped before is not there any more.
            let _ = maker
                .http
                .send("DELETE", &path, &[], b"")
                .expect("an answer");
        }
    }

    fn calls(&mut self, path: &str, about: &str, standing: Standing) -> Ask {
        let secret = "correct horse battery";
        match path {
            "/api/v1/search" if about == "in a channel" => {
                let c = self.place("group", standing, Past::Nothing).c;
                get(format!("/api/v1/search?text={}&c={c}", self.word))
            }
            "/api/v1/uploads/{id}" => {
                let c = self.place("group", standing, Past::Nothing).c;
                let id = self.founder.mint();
                bytes(
                    "PUT",
                    format!("/api/v1/uploads/{id}?c={c}&name=note.txt&size=5"),
                    b"hello",
                )
            }
            "/api/v1/files/{file}" => {
                let place = self.place("group", standing, Past::Nothing);
                get(format!("/api/v1/files/{}", self.attached(&place, about)))
            }
            "/api/v1/grants/{id}/search"
            | "/api/v1/grants/{id}/channels/{c}"
            | "/api/v1/grants/{id}/files/{file}" => {
                let (grant, c, file) = self.grant(about == "one's own", true);
                let path = path.replace("{id}", &grant);
                match path.ends_with("/search") {
                    true => post(path, &json!({"text": self.word})),
                    false => get(path.replace("{c}", &c).replace("{file}", &file)),
                }
            }
            "/api/v1/data/{position}" => {
                self.place("group", standing, Past::Nothing);
                let asker = match self.asker.as_mut() {
                    Some(asker) if about == "one's own" => asker,
                    _ => &mut self.founder,
                };
                let asked = asker.http.post("/api/v1/data", &json!({"secret": secret}));
                let asked = asked.and_then(|a| a.ok()).expect("asked for");
                get(path.replace("{position}", &number(&asked["position"]).to_string()))
            }
            "/api/v1/supervision/queue/{item}" => {
                get(path.replace("{item}", &self.taken().to_string()))
            }
            "/api/v1/exports/{id}/download" => {
                get(path.replace("{id}", &self.export(about == "one's own", true)))
            }
            _ => {
                self.place("group", Standing::Outsider, Past::Nothing);
                self.calls_anywhere(path, secret)
            }
        }
    }

    /// A file in a message of the founder's, by the name under which it is fetched.
    fn attached(&mut self, place: &Place, about: &str) -> String {
        let (id, word) = (self.founder.mint(), self.word.clone());
        let path = format!(
            "/api/v1/uploads/{id}?c={}&name=note.txt&size={}",
            place.c,
            word.len()
        );
        let headers = [("Content-Type", "application/octet-stream")];
        let taken = self
            .founder
            .http
            .send("PUT", &path, &headers, word.as_bytes());
        assert_eq!(taken.expect("an answer").status, 200);
        let said = self
            .founder
            .does(json!({"t": "send", "c": place.c, "b": "a note", "f": [id]}));
        let items = self.founder.reads(&place.c);
        let item = items
            .iter()
            .find(|i| i["q"] == said["q"])
            .expect("the message");
        let file = text(&item["f"][0]["id"]);
        if about == "of a deleted message" {
            self.founder
                .does(json!({"t": "del", "c": place.c, "q": said["q"]}));
        }
        file
    }

    fn calls_anywhere(&mut self, path: &str, secret: &str) -> Ask {
        let here = || path.to_owned();
        match path {
            "/api/v1/setup" => post(
                here(),
                &json!({"token": "A", "workspace": "W", "name": "N", "secret": secret}),
            ),
            "/api/v1/join/preview" => post(here(), &json!({"code": self.invite()})),
            "/api/v1/join" => {
                let code = self.invite();
                post(
                    here(),
                    &json!({"code": code, "name": "Newcomer", "secret": secret}),
                )
            }
            "/api/v1/reset" => {
                let person = self.newcomer("member").id;
                let reset = self
                    .admin
                    .does(json!({"t": "person.reset", "person": person}));
                let url = text(&reset["url"]);
                let code = url.rsplit('/').next().unwrap_or_default();
                post(
                    here(),
                    &json!({"code": code, "secret": "another horse battery"}),
                )
            }
            "/api/v1/signin" => {
                let handle = self.founder.gets("/api/v1/bootstrap")["handle"].clone();
                post(here(), &json!({"handle": handle, "secret": secret}))
            }
            "/api/v1/device/claim" => {
                let link = self.founder.http.post("/api/v1/device/link", &json!({}));
                let link = link.and_then(|a| a.ok()).expect("a link");
                post(here(), &json!({"code": link["code"]}))
            }
            "/api/v1/signin/second" => {
                post(here(), &json!({"ticket": "0".repeat(52), "code": "000000"}))
            }
            "/api/v1/signin/passkey" => {
                // Somebody else each time: tries are counted.
                let user = self.founder.mint();
                post(
                    here(),
                    &json!({"id": "AAAA", "client_data": "", "authenticator_data": "", "signature": "", "user": &user[2..26]}),
                )
            }
            "/api/v1/signin/passkey/start" => post(here(), &json!({})),
            "/api/v1/second" | "/api/v1/admin/signin" => get(here()),
            "/api/v1/second/start" | "/api/v1/second/recovery" | "/api/v1/passkeys/start" => {
                post(here(), &json!({"secret": secret}))
            }
            "/api/v1/second/confirm" => post(here(), &json!({"code": "000000"})),
            "/api/v1/second/off" => post(here(), &json!({"secret": secret, "code": "000000"})),
            "/api/v1/passkeys" => post(
                here(),
                &json!({"name": "A phone", "client_data": "", "attestation": ""}),
            ),
            "/api/v1/passkeys/remove" => {
                let passkey = self.founder.mint();
                post(here(), &json!({"passkey": passkey, "secret": secret}))
            }
            "/api/v1/previews" => post(here(), &json!({"url": "http://127.0.0.1:9/page"})),
            "/api/v1/push" => get(here()),
            "/api/v1/push/start" => post(here(), &json!({"endpoint": "http://127.0.0.1:9/device"})),
            "/api/v1/push/end"
            | "/api/v1/push/test"
            | "/api/v1/push/news"
            | "/api/v1/signout"
            | "/api/v1/device/link" => post(here(), &json!({})),
            "/api/v1/data" => post(here(), &json!({"secret": secret})),
            "/api/v1/secret" => post(
                here(),
                &json!({"old": secret, "new": "another horse battery"}),
            ),
            "/api/v1/commands" => {
                let id = self.founder.mint();
                post(
                    here(),
                    &json!({"t": "profile", "id": id, "name": "Another Name"}),
                )
            }
            "/api/v1/search" => get(format!("{path}?text={}", self.word)),
            "/api/v1/sync" => {
                let cur = text(&self.founder.gets("/api/v1/bootstrap")["cur"]);
                let c = self.founder.channel("Line 9", &[]);
                let word = self.secret();
                self.founder.says(&c, &word);
                self.secrets.push(word);
                get(format!("{path}?cur={cur}"))
            }
            "/ws" => Ask::Socket,
            "/api/v1/invites" => {
                if self.role != "admin" {
                    let code = self.invite();
                    self.secrets.push(code);
                }
                get(here())
            }
            "/api/v1/admin/people/{p}/devices" | "/api/v1/admin/people/{p}/leaving" => {
                get(path.replace("{p}", &self.founder.id))
            }
            "/api/v1/admin/policy/preview" => get(format!("{path}?keep_days=1")),
            "/api/v1/ledger" => {
                if self.role == "admin" {
                    let unseen = [
                        "message.",
                        "reaction.",
                        "receipt.",
                        "export.",
                        "archive.",
                        "matter.",
                        "grant.",
                        "look.",
                        "tag.",
                        "note.",
                        "hold.",
                        "supervision.taken",
                        "supervision.reviewed",
                    ];
                    self.secrets
                        .extend(unseen.map(|act| format!("\"act\":\"{act}")));
                }
                get(here())
            }
            "/api/v1/log/consistency" => get(format!("{path}?old=1&new=2")),
            "/api/v1/log/inclusion" => get(format!("{path}?position=0&size=1")),
            "/api/v1/matters/{id}/count" => {
                let matter = self.matter();
                self.secrets.push(self.word.clone());
                post(path.replace("{id}", &matter), &json!({}))
            }
            "/api/v1/matters/{id}/tags" | "/api/v1/matters/{id}/tagged" => {
                let path = path.replace("{id}", &self.matter());
                get(match path.ends_with("tagged") {
                    true => format!("{path}?tagged=relevant"),
                    false => path,
                })
            }
            "/api/v1/orders/preview" => {
                let order = self.erase_order(false);
                get(format!("{path}?order={order}"))
            }
            "/api/v1/destructions/{position}" | "/api/v1/destructions/{position}/certificate" => {
                get(path.replace("{position}", &self.destruction().to_string()))
            }
            "/tiles/tile/{path}" => get("/tiles/tile/0/000.p/1".to_owned()),
            "/api/v1/log/{position}/proof" => get("/api/v1/log/0/proof".to_owned()),
            "/checkpoint"
            | "/tiles/checkpoint"
            | "/api/v1/log/status"
            | "/api/v1/site"
            | "/api/v1/signin/oidc"
            | "/api/v1/signin/oidc/back"
            | "/api/v1/matters"
            | "/api/v1/grants"
            | "/api/v1/looks"
            | "/api/v1/supervision"
            | "/api/v1/supervision/queue"
            | "/api/v1/orders"
            | "/api/v1/destructions"
            | "/api/v1/proposals"
            | "/api/v1/devices"
            | "/api/v1/bootstrap"
            | "/api/v1/saved"
            | "/api/v1/scheduled"
            | "/api/v1/exports"
            | "/api/v1/archive"
            | "/api/v1/ledger/unusual"
            | "/api/v1/admin/adoption"
            | "/api/v1/admin/people"
            | "/api/v1/admin/channels"
            | "/api/v1/admin/health"
            | "/api/v1/log/checkpoint"
            | "/api/openapi.json"
            | "/healthz"
            | "/readyz"
            | "/metrics" => get(here()),
            _ => panic!("no way to ask {path}"),
        }
    }

    fn invite(&mut self) -> String {
        let invite = json!({"t": "invite.create", "role": "member", "hours": 1, "uses": 9});
        text(&self.admin.does(invite)["code"])
    }
}

fn wanted(matter: &str, c: &str) -> Value {
    json!({"t": "grant.request", "matter": matter, "channels": [c], "reason": "asked for", "days": 7})
}

/// Where the tables' archives would go, if a day were over.
const ARCHIVE: &str =
    "[[archive.to]]\nname = 'vault'\nkind = 'directory'\npath = '/nowhere/vault'\n";

fn archive() -> Value {
    json!({"t": "archive.propose", "to": "vault", "reason": "asked for", "case": "2026-7"})
}

fn supervised(c: &str, word: &str) -> Value {
    json!({"t": "supervision.set", "name": "Prices", "action": "flag", "words": [word], "channels": [c]})
}

fn order(c: &str) -> Value {
    json!({"t": "export.request", "c": c, "from": 0, "to": now_ms() + 1000, "reason": "asked for", "case": "2026-7"})
}

fn read(answer: Answer) -> (String, Vec<u8>) {
    let outcome = if answer.status == 200 {
        "ok".to_owned()
    } else if answer.code().is_empty() {
        format!("status {}", answer.status)
    } else {
        answer.code()
    };
    (outcome, answer.body)
}

fn parsed(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

fn holds(body: &[u8], word: &str) -> bool {
    body.windows(word.len()).any(|part| part == word.as_bytes())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}
