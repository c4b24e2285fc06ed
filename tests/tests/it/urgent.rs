//! How much of a channel one is told, and what passes all of it: few messages, an owner's, and on record.

use std::collections::HashMap;
use std::thread;

use serde_json::{Value, json};
use tests::world::{Person, World, to_noon};

use super::push::{A_MOMENT, HOUSE, NEXT, Service, subscribes, wakes};

const DAY_MS: i64 = 24 * 3_600_000;

fn urgent(line: &str, text: &str) -> Value {
    json!({"t": "send", "c": line, "b": text, "urgent": true})
}

fn code(person: &mut Person, command: Value) -> String {
    let asked = command.to_string();
    person.tries(command).expect_err(&asked).code
}

/// What she chose for this channel.
fn muted(person: &mut Person, line: &str) -> (Value, Value) {
    let channel = person.gets(&format!("/api/v1/channels/{line}"));
    (channel["muted"].clone(), channel["muted_all"].clone())
}

#[test]
fn each_is_told_as_much_as_she_chose_and_of_what_is_urgent_all_are() {
    let (world, clock) = World::with_clock_and(HOUSE);
    let service = Service::start();
    let mut ada = world.admin();
    let mut olga = world.newcomer("Olga", "officer");
    let mut people: HashMap<&str, Person> = HashMap::new();
    for name in ["all", "mine", "none", "asleep"] {
        let mut person = world.person(name);
        subscribes(&mut person, &service.address(name));
        people.insert(name, person);
    }
    let members: Vec<&Person> = people.values().collect();
    let line = ada.channel("Line 3", &members);
    let mut who = |name: &str| people.remove(name).expect("a person");
    let (mut mine, mut none, mut asleep) = (who("mine"), who("none"), who("asleep"));
    let mute = |on: bool, all: bool| json!({"t": "mute", "c": line, "on": on, "all": all});
    mine.does(json!({"t": "mute", "c": line, "on": true}));
    none.listens();
    none.does(mute(true, true));
    let told = none.expects("her choice", |f| f["t"] == "muted");
    assert_eq!(told["d"], json!({"on": true, "all": true}));
    none.puts(&json!({"t": "here", "on": false}));
    assert_eq!(muted(&mut mine, &line), (json!(true), json!(false)));
    assert_eq!(muted(&mut none, &line), (json!(true), json!(true)));
    let minute = clock.now_ms() / 60_000;
    let (from, to) = ((minute + 1410) % 1440, (minute + 30) % 1440);
    let night = json!({"t": "quiet", "hours": {"from": from, "to": to, "zone": "UTC"}});
    asleep.does(night);

    let named = json!([mine.id, none.id, asleep.id]);
    ada.does(json!({"t": "send", "c": line, "b": "for you three", "m": named}));
    service.hears("all", 1, A_MOMENT);
    service.hears("mine", 1, A_MOMENT);
    thread::sleep(A_MOMENT);
    let heard = |name: &str| service.knocks(name).len();
    assert_eq!((heard("none"), heard("asleep")), (0, 0));
    assert_eq!(wakes(&mut none)["unread"], 0, "nor does it count");
    // A duty is not muted away; a night is a night.
    ada.does(json!({"t": "send", "c": line, "b": "read this", "ask": true}));
    service.hears("none", 1, A_MOMENT);
    assert_eq!(heard("asleep"), 0);

    let q = ada.does(urgent(&line, "The hall burns"))["q"].clone();
    ada.says(&line, "and a word more");
    let frame = none.expects("the alarm", |f| f["t"] == "msg" && f["q"] == q);
    assert_eq!(frame["d"]["urgent"], true);
    for (name, count) in [("asleep", 1), ("all", 2), ("mine", 2), ("none", 2)] {
        service.hears(name, count, NEXT);
    }
    let all = people.get_mut("all").expect("a person");
    for person in [&mut asleep, &mut none, all] {
        let woken = wakes(person);
        let item = woken["items"][0].clone();
        assert_eq!(item["urgent"], true, "{woken}");
        assert!(!woken.to_string().contains("burns"), "{woken}");
    }
    let knocks = service.knocks("asleep");
    let first = service.knocks("all");
    let said = |knocks: &[super::push::Knock]| {
        let mut names: Vec<String> = knocks.first().expect("a knock").names();
        names.sort_unstable();
        names
    };
    assert_eq!(said(&knocks), said(&first), "a vendor learns no more of it");

    let rows = asleep.reads(&line);
    let marked: Vec<&Value> = rows.iter().filter(|r| r["urgent"] == true).collect();
    assert_eq!(marked.len(), 1, "{rows:?}");
    assert_eq!(marked[0]["q"], q);
    let ledger = olga.gets("/api/v1/ledger?act=message.posted").to_string();
    assert_eq!(ledger.matches("\"urgent\":true").count(), 1, "{ledger}");
    assert!(!ledger.contains("burns"));
    none.does(mute(false, true));
    assert_eq!(muted(&mut none, &line), (json!(false), json!(false)));
}

#[test]
fn urgent_is_an_owners_word_in_a_channels_main_timeline_and_seldom() {
    let (mut world, clock) = World::with_clock();
    to_noon(&clock);
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    let other = ada.channel("Line 4", &[&bilal]);
    let direct = ada.does(json!({"t": "channel.direct", "with": bilal.id}))["c"].clone();
    let direct = direct.as_str().expect("a channel").to_owned();
    assert_eq!(code(&mut bilal, urgent(&line, "me too")), "forbidden");
    assert_eq!(code(&mut ada, urgent(&direct, "you")), "forbidden");
    let root = ada.says(&line, "a root")["q"].clone();
    let mut thread = urgent(&line, "below");
    thread["th"] = root;
    assert_eq!(code(&mut ada, thread), "invalid");

    let id = ada.mint();
    let mut first = urgent(&line, "number 1");
    first["id"] = json!(id);
    let done = ada.does(first.clone());
    assert_eq!(ada.does(first.clone()), done, "once, and answered alike");
    first["urgent"] = json!(false);
    assert_eq!(code(&mut ada, first), "id_reused");
    for n in 2..=5 {
        ada.does(urgent(&line, &format!("number {n}")));
    }
    assert_eq!(code(&mut ada, urgent(&line, "number 6")), "urgent/often");
    ada.says(&line, "number 6");
    ada.does(urgent(&other, "elsewhere"));
    // Counted by the log alone.
    world.stop();
    let data = world.data.clone();
    std::fs::remove_dir_all(data.join("views")).expect("views");
    world.again_here_on(&data, &clock).expect("it starts");
    assert_eq!(code(&mut ada, urgent(&line, "number 7")), "urgent/often");
    clock.shift(DAY_MS);
    ada.does(urgent(&line, "another day"));
    let gone = ada.does(urgent(&line, "a mistake"))["q"].clone();
    ada.does(json!({"t": "del", "c": line, "q": gone}));
    let rows = bilal.reads(&line);
    let row = rows.iter().find(|row| row["q"] == gone).expect("its place");
    assert!(row["urgent"].is_null() && row["b"].is_null(), "{row}");
}
