//! Messages that are sent later: their author's alone until then, sent once whatever happens to the machine or its
//! clock, by the rules of that moment, and forgotten as all else is.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::world::{PATIENCE, Person, World, to_noon};

use super::orders::{exports, holds, needles};
use super::traces::scan;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Longer than what sends later sleeps.
const TICK: Duration = Duration::from_millis(1_500);

fn at(clock: &daylight::clock::Clock, after_ms: i64) -> u64 {
    clock.now_ms().saturating_add_signed(after_ms)
}

fn later(channel: &str, text: &str, at: u64) -> Value {
    json!({"t": "schedule", "c": channel, "b": text, "at": at})
}

fn waiting(person: &mut Person) -> Vec<Value> {
    let list = person.gets("/api/v1/scheduled");
    let items = list["items"].as_array().cloned().unwrap_or_default();
    let boot = person.gets("/api/v1/bootstrap");
    let places = boot["scheduled"].as_array().map(Vec::len);
    assert_eq!(places, Some(items.len()), "{boot}");
    items
}

fn texts(person: &mut Person, channel: &str) -> Vec<String> {
    let items = person.reads(channel);
    let texts = items.iter().filter_map(|item| item["b"].as_str());
    texts.map(str::to_owned).collect()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_waits_is_its_authors_alone_and_is_sent_once_whatever_the_clock_does() {
    let (world, clock) = World::with_clock();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    ada.says(&line, "before");
    let mut phone = bilal.tab();
    phone.listens();
    let cur = phone.socket().cur.clone();
    ada.listens();
    let due = at(&clock, 2 * HOUR_MS);
    let mut command = later(&line, "the kumquat rota", due);
    command["id"] = json!(bilal.mint());
    command["m"] = json!([ada.id]);
    let made = bilal.does(command.clone());
    assert_eq!(bilal.does(command), made, "told twice, it waits once");
    let heard = phone.expects("that it waits", |f| f["t"] == "scheduled");
    assert_eq!(
        (&heard["c"], &heard["d"]["at"]),
        (&json!(line), &json!(due))
    );
    assert!(!heard.to_string().contains("kumquat"), "{heard}");
    let one = waiting(&mut bilal).pop().expect("it waits");
    assert_eq!(
        (&one["b"], &one["at"]),
        (&json!("the kumquat rota"), &json!(due))
    );

    ada.hears_nothing_of(&line, Duration::from_millis(200));
    assert_eq!(texts(&mut ada, &line), ["before"]);
    assert!(ada.finds("kumquat", &line).is_empty() && waiting(&mut ada).is_empty());
    let ledger = ada.gets("/api/v1/ledger?limit=200").to_string();
    assert!(!ledger.contains("schedule"), "{ledger}");
    for t in ["schedule.now", "schedule.cancel"] {
        let not_hers = json!({"t": t, "schedule": one["id"]});
        assert_eq!(ada.tries(not_hers).expect_err("not hers").code, "not_found");
    }

    let due = at(&clock, 3 * HOUR_MS);
    bilal.does(json!({"t": "schedule.change", "schedule": one["id"], "b": "the kumquat plan", "m": [ada.id], "at": due}));
    clock.shift(2 * HOUR_MS);
    sleep(TICK);
    assert_eq!(texts(&mut ada, &line), ["before"], "its time was changed");
    clock.shift(HOUR_MS);
    let heard = ada.hears("the kumquat plan");
    assert_eq!(
        (&heard["d"]["u"], &heard["d"]["m"]),
        (&json!(bilal.id), &json!([ada.id]))
    );
    phone.expects("that it waits no more", |f| {
        f["t"] == "scheduled" && f["d"]["gone"] == true
    });
    assert_eq!(waiting(&mut bilal), Vec::<Value>::new());
    // A device that slept hears all of it.
    phone.loses_connection();
    phone.resumes(&cur);
    phone.hears("the kumquat plan");
    phone.expects("that it waits no more", |f| {
        f["t"] == "scheduled" && f["d"]["gone"] == true
    });

    clock.shift(-4 * HOUR_MS);
    sleep(TICK);
    clock.shift(4 * HOUR_MS);
    sleep(TICK);
    assert_eq!(texts(&mut ada, &line), ["before", "the kumquat plan"]);

    // Sent now, and cancelled.
    let soon = at(&clock, HOUR_MS);
    let now = bilal.does(later(&line, "sent at once", soon))["schedule"].clone();
    let never = bilal.does(later(&line, "never said", soon))["schedule"].clone();
    let mut send = json!({"t": "schedule.now", "schedule": now});
    send["id"] = json!(bilal.mint());
    let sent = bilal.does(send.clone());
    assert!(sent["q"].is_u64(), "{sent}");
    assert_eq!(bilal.does(send), sent, "told twice, it is said once");
    bilal.does(json!({"t": "schedule.cancel", "schedule": never}));
    clock.shift(2 * HOUR_MS);
    sleep(TICK);
    assert_eq!(
        texts(&mut ada, &line),
        ["before", "the kumquat plan", "sent at once"]
    );
}

#[test]
fn what_fell_due_while_the_server_was_down_is_sent_at_its_start_and_only_once() {
    let mut world = World::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    let due = tests::frame::now_ms() + 1_000;
    bilal.does(later(&line, "in the night", due));
    bilal.does(later(&line, "tomorrow", due + 86_400_000));
    world.kill();
    sleep(TICK);
    world.again();
    until("it is not sent", || !texts(&mut ada, &line).is_empty());
    world.kill();
    world.again();
    sleep(TICK);
    assert_eq!(texts(&mut ada, &line), ["in the night"]);
    assert_eq!(waiting(&mut bilal)[0]["b"], "tomorrow");
    world.stop();
    std::fs::remove_dir_all(world.data.join("views")).expect("views");
    world.again();
    sleep(TICK);
    assert_eq!(texts(&mut ada, &line), ["in the night"], "folded anew");
    assert_eq!(waiting(&mut bilal).len(), 1);
}

#[test]
fn what_cannot_be_sent_says_why_and_keeps_its_words() {
    let (world, clock) = World::with_clock();
    let (mut ada, mut bilal, mut carol) =
        (world.admin(), world.person("Bilal"), world.person("Carol"));
    let mut audit = world.newcomer("Audrey", "auditor");
    let places = ["left", "forbidden", "closed", "slow"]
        .map(|why| (why, ada.channel(why, &[&bilal, &carol])));
    let due = at(&clock, 2 * HOUR_MS);
    for (why, line) in &places {
        bilal.does(later(line, &format!("words of {why}"), due));
    }
    let [(_, left), (_, forbidden), (_, closed), (_, slow)] = &places;
    carol.does(later(left, "words of Carol", due));
    ada.does(json!({"t": "channel.remove", "c": left, "person": bilal.id}));
    ada.does(json!({"t": "channel.edit", "c": forbidden, "kind": "announcement"}));
    ada.does(json!({"t": "channel.archive", "c": closed, "on": true}));
    ada.does(json!({"t": "channel.slow", "c": slow, "seconds": 3600}));
    ada.does(json!({"t": "person.deactivate", "person": carol.id}));
    bilal.listens();
    clock.shift(2 * HOUR_MS - 60_000);
    bilal.says(slow, "just written");
    clock.shift(61_000);
    for _ in &places {
        bilal.expects("why it was not sent", |f| {
            f["t"] == "scheduled" && f["d"]["why"].is_string()
        });
    }
    let kept = waiting(&mut bilal);
    for (why, line) in &places {
        let one = kept
            .iter()
            .find(|item| item["c"] == line.as_str())
            .expect("it is kept");
        assert_eq!(
            (&one["why"], &one["b"]),
            (&json!(why), &json!(format!("words of {why}")))
        );
        assert!(
            !texts(&mut ada, line)
                .iter()
                .any(|text| text.starts_with("words"))
        );
    }
    until("Carol's is not in the ledger", || {
        let found = audit.gets("/api/v1/ledger?act=schedule.failed");
        found.to_string().contains("inactive")
    });
    // Nothing is tried again by itself; its author may, when it is allowed again.
    ada.does(json!({"t": "channel.archive", "c": closed, "on": false}));
    sleep(TICK);
    let of = |line: &String| {
        kept.iter()
            .find(|item| item["c"] == line.as_str())
            .map(|item| item["id"].clone())
    };
    let (gone, again, put_off) = (of(left), of(closed), of(slow));
    let now = |id: &Option<Value>| json!({"t": "schedule.now", "schedule": id});
    let refused = bilal.tries(now(&gone)).expect_err("is out");
    assert_eq!(refused.code, "not_found");
    assert_eq!(
        bilal.tries(now(&put_off)).expect_err("is slow").code,
        "slow"
    );
    bilal.does(now(&again));
    assert_eq!(texts(&mut ada, closed), ["words of closed"]);
    bilal.does(json!({"t": "schedule.cancel", "schedule": gone}));
    let due = at(&clock, 2 * HOUR_MS);
    bilal
        .does(json!({"t": "schedule.change", "schedule": put_off, "b": "better words", "at": due}));
    clock.shift(2 * HOUR_MS);
    bilal.hears("better words");
    assert_eq!(waiting(&mut bilal).len(), 1, "what is forbidden is kept");
}

#[test]
fn how_many_wait_and_how_long_has_its_bounds() {
    let (world, clock) = World::with_clock();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let short = ada.channel("Short", &[]);
    world.rules(json!({"t": "policy.set", "c": short, "keep_days": 7}));
    let mut refuses = |channel: &str, text: &str, after_ms: i64, code: &str| {
        let refused = ada.tries(later(channel, text, at(&clock, after_ms)));
        assert_eq!(refused.expect_err(code).code, code, "{text}");
    };
    refuses(&line, "long ago", -HOUR_MS, "invalid");
    refuses(&line, "too far", 121 * DAY_MS, "invalid");
    refuses(&line, " ", HOUR_MS, "invalid");
    refuses(&line, &"x".repeat(16 * 1024 + 1), HOUR_MS, "too_large");
    refuses(&short, "it would be gone", 9 * DAY_MS, "schedule/rule");
    refuses(
        "01JD00000000000000000000ZZ",
        "nowhere",
        HOUR_MS,
        "not_found",
    );
    for n in 0..49 {
        ada.does(later(
            &line,
            &format!("message {n}"),
            at(&clock, 119 * DAY_MS),
        ));
    }
    let last = ada.does(later(&short, "in time", at(&clock, 6 * DAY_MS)));
    let refused = ada.tries(later(&line, "one too many", at(&clock, HOUR_MS)));
    assert_eq!(refused.expect_err("full").code, "schedule/full");
    ada.does(json!({"t": "schedule.cancel", "schedule": last["schedule"]}));
    ada.does(later(&line, "room again", at(&clock, HOUR_MS)));
    assert_eq!(waiting(&mut ada)[0]["b"], "room again");
}

#[test]
fn what_waited_is_in_the_record_and_is_forgotten_with_its_message_and_with_its_day() {
    let (mut world, clock) = World::with_clock();
    to_noon(&clock);
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let mut olga = world.newcomer("Olga", "officer");
    let line = ada.channel("Line 3", &[&bilal]);
    let short = ada.channel("Short", &[&bilal]);
    let words = [
        "the code is zanzibarquill",
        "the code was brimstonewax",
        "cinnabarium at ten",
        "saffronglue is out",
    ];
    let made = bilal.does(later(&line, words[0], at(&clock, 2 * DAY_MS)));
    bilal.does(later(
        &short,
        words[2],
        at(&clock, 4 * DAY_MS + 12 * HOUR_MS),
    ));
    clock.shift(DAY_MS);
    let change = json!({"t": "schedule.change", "schedule": made["schedule"], "b": words[1], "at": at(&clock, DAY_MS)});
    bilal.does(change);
    let bundle = exports(&mut olga, &mut ada, &line);
    for word in ["zanzibarquill", "brimstonewax"] {
        assert!(holds(&bundle, word), "{word} is on record while it waits");
    }
    clock.shift(DAY_MS + 1_000);
    until("it is not sent", || !texts(&mut ada, &line).is_empty());
    let items = ada.reads(&line);
    let sent = items
        .iter()
        .find(|item| item["b"] == words[1])
        .expect("it is sent");

    // An order about the message reaches the days on which it waited.
    let order = json!({"t": "redact.request", "c": line, "q": [sent["q"]], "reason": "a password"});
    let order = olga.does(order)["order"].clone();
    let listed = olga.gets("/api/v1/orders").to_string();
    assert!(
        listed.contains(&format!("\"q\":[{}]", sent["q"])),
        "{listed}"
    );
    ada.does(json!({"t": "order.approve", "order": order}));
    is_done(&mut olga, &order);
    // A rule that came meanwhile destroys what waits, and its author is told.
    world.rules(json!({"t": "policy.set", "c": short, "keep_days": 1}));
    clock.shift(2 * DAY_MS);
    world.sweeps();
    let one = waiting(&mut bilal).pop().expect("it is told");
    assert_eq!(
        (&one["why"], &one["b"]),
        (&json!("destroyed"), &Value::Null)
    );
    clock.shift(DAY_MS);
    sleep(TICK);
    assert!(texts(&mut ada, &short).is_empty());

    // What was cancelled goes with its author.
    let mut carol = world.person("Carol");
    ada.does(json!({"t": "channel.add", "c": line, "people": [carol.id]}));
    let never = carol.does(later(&line, words[3], at(&clock, HOUR_MS)))["schedule"].clone();
    carol.does(json!({"t": "schedule.cancel", "schedule": never}));
    ada.does(json!({"t": "person.deactivate", "person": carol.id}));
    let order = json!({"t": "erase.request", "person": carol.id, "reason": "asked"});
    let order = olga.does(order)["order"].clone();
    ada.does(json!({"t": "order.approve", "order": order}));
    is_done(&mut olga, &order);
    let house = world.data.parent().expect("a folder").to_owned();
    assert_eq!(
        scan(&house, &needles(&words)),
        Vec::<String>::new(),
        "gone, or never there"
    );
    world.stop();
    world.verifies();
    world.again();
    for word in [
        "zanzibarquill",
        "brimstonewax",
        "cinnabarium",
        "saffronglue",
    ] {
        let bundle = exports(
            &mut olga,
            &mut ada,
            if word == "cinnabarium" { &short } else { &line },
        );
        assert!(!holds(&bundle, word), "{word} is in a bundle");
    }
}

fn is_done(officer: &mut Person, order: &Value) {
    until("it is not carried out", || {
        let orders = officer.gets("/api/v1/orders");
        let all = orders["orders"].as_array().cloned().unwrap_or_default();
        all.iter()
            .any(|o| o["id"] == *order && o["state"] == "done")
    });
}
