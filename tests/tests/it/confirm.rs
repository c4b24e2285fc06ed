//! Read and confirm: the audience is fixed when it is sent, everybody confirms once, and who has not is known.

use serde_json::{Value, json};
use tests::world::{Person, World, to_noon};

const DAY_MS: i64 = 24 * 3_600_000;
const MINUTE_MS: i64 = 60_000;

fn asks(person: &mut Person, channel: &str) -> Vec<u64> {
    let seen = person.gets(&format!("/api/v1/channels/{channel}"));
    let asks = seen["asks"].as_array().cloned().unwrap_or_default();
    asks.iter().filter_map(Value::as_u64).collect()
}

fn list(person: &mut Person, channel: &str, q: &Value) -> Value {
    person.gets(&format!(
        "/api/v1/channels/{channel}/messages/{q}/confirmations"
    ))
}

/// What the list says of somebody: the state, with `left` where they are out.
fn of(list: &Value, person: &Person) -> String {
    let all = list["people"].as_array().cloned().unwrap_or_default();
    let Some(answer) = all.iter().find(|a| a["u"] == person.id.as_str()) else {
        return "not asked".to_owned();
    };
    let state = answer["state"].as_str().unwrap_or_default();
    assert_eq!(state == "confirmed", answer["ts"].is_u64(), "{answer}");
    match answer["left"] == true {
        true => format!("{state}, left"),
        false => state.to_owned(),
    }
}

#[test]
fn the_audience_is_fixed_when_it_is_sent_and_everybody_confirms_once() {
    let mut world = World::start();
    let mut ada = world.admin();
    let mut bilal = world.person("Bilal");
    let (mut carol, mut dora) = (world.person("Carol"), world.person("Dora"));
    let mut eve = world.person("Eve");
    let gone = world.person("Gone");
    let line = ada.channel("Line 3", &[&bilal, &carol, &dora, &gone]);
    ada.does(json!({"t": "person.deactivate", "person": gone.id}));
    bilal.listens();
    let send = json!({"t": "send", "c": line, "b": "The new fire plan", "ask": true});
    let q = bilal.does(send)["q"].clone();
    let heard = bilal.hears("The new fire plan");
    assert_eq!(heard["d"]["ask"], json!({"n": 3, "done": 0}), "{heard}");
    ada.does(json!({"t": "channel.add", "c": line, "people": [eve.id]}));
    let confirm = json!({"t": "confirm", "c": line, "q": q});

    // Who came later and who wrote it are not asked; a plain message asks nobody.
    for person in [&mut eve, &mut bilal] {
        let refused = person.tries(confirm.clone()).expect_err("not asked");
        assert_eq!(refused.code, "confirm/not_asked");
        assert_eq!(asks(person, &line), Vec::<u64>::new());
    }
    let plain = bilal.says(&line, "and a plain one");
    let refused = ada
        .tries(json!({"t": "confirm", "c": line, "q": plain["q"]}))
        .expect_err("asks nobody");
    assert_eq!(refused.code, "confirm/not_asked");
    for person in [&mut ada, &mut carol, &mut dora] {
        assert_eq!(asks(person, &line), [q.as_u64().unwrap_or_default()]);
    }

    let done = ada.does(confirm.clone());
    assert!(done["q"].is_u64(), "{done}");
    let heard = bilal.expects("a confirmation", |f| f["t"] == "confirm");
    assert_eq!((&heard["d"]["of"], &heard["d"]["u"]), (&q, &json!(ada.id)));
    let again = ada.does(confirm.clone());
    assert!(again["q"].is_null(), "once is enough: {again}");
    assert_eq!(asks(&mut ada, &line), Vec::<u64>::new());

    carol.does(json!({"t": "read", "c": line, "q": q}));
    ada.does(json!({"t": "channel.remove", "c": line, "person": dora.id}));
    let refused = dora.tries(confirm.clone()).expect_err("is out");
    assert_eq!(refused.code, "not_found");
    // What was confirmed stays as it was read.
    let refused = bilal
        .tries(json!({"t": "edit", "c": line, "q": q, "b": "Another plan"}))
        .expect_err("is fixed");
    assert_eq!(refused.code, "conflict");

    let before = list(&mut bilal, &line, &q);
    for (person, state) in [
        (&ada, "confirmed"),
        (&carol, "seen"),
        (&dora, "waiting, left"),
        (&eve, "not asked"),
        (&gone, "not asked"),
        (&bilal, "not asked"),
    ] {
        assert_eq!(of(&before, person), state, "{before}");
    }
    let page = ada.reads(&line);
    let item = page.iter().find(|i| i["q"] == q).expect("the message");
    assert_eq!(item["ask"], json!({"n": 3, "done": 1, "mine": true}));
    world.kill();
    world.again();
    assert_eq!(list(&mut ada, &line, &q), before, "for an owner too");
    assert_eq!(asks(&mut carol, &line).len(), 1);

    // Whoever comes back is still asked.
    ada.does(json!({"t": "channel.add", "c": line, "people": [dora.id]}));
    assert_eq!(asks(&mut dora, &line).len(), 1);
    dora.does(confirm);
    assert_eq!(of(&list(&mut ada, &line, &q), &dora), "confirmed");
}

#[test]
fn only_where_many_listen_can_one_ask_and_not_an_empty_room() {
    let world = World::start();
    let (mut ada, bilal) = (world.admin(), world.person("Bilal"));
    let direct = ada.does(json!({"t": "channel.direct", "with": bilal.id}))["c"].clone();
    let (alone, line) = (ada.channel("Alone", &[]), ada.channel("Line 3", &[&bilal]));
    let root = ada.says(&line, "a root")["q"].clone();
    for send in [
        json!({"t": "send", "c": direct, "b": "read this", "ask": true}),
        json!({"t": "send", "c": alone, "b": "read this", "ask": true}),
        json!({"t": "send", "c": line, "b": "read this", "ask": true, "th": root}),
    ] {
        let refused = ada.tries(send).expect_err("nobody to ask");
        assert_eq!(refused.code, "invalid");
    }
}

#[test]
fn a_hundred_newer_ones_close_the_oldest_and_its_list_is_still_told() {
    let world = World::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let mut carol = world.person("Carol");
    let line = ada.channel("Line 3", &[&bilal, &carol]);
    let mut ask = |n: u32| {
        let b = format!("rule {n}");
        ada.does(json!({"t": "send", "c": line, "b": b, "ask": true}))["q"].clone()
    };
    let first = ask(0);
    bilal.does(json!({"t": "confirm", "c": line, "q": first}));
    for n in 1..=100 {
        ask(n);
    }
    assert_eq!(asks(&mut bilal, &line).len(), 100);
    for (person, command) in [(&mut carol, "confirm"), (&mut ada, "remind")] {
        let closed = json!({"t": command, "c": line, "q": first});
        let refused = person.tries(closed).expect_err("is closed");
        assert_eq!(refused.code, "confirm/closed");
    }
    let told = list(&mut ada, &line, &first);
    assert_eq!(of(&told, &bilal), "confirmed");
    assert_eq!(of(&told, &carol), "waiting");
    assert!(told["remind_at"].is_null());
}

#[test]
fn who_has_not_confirmed_is_reminded_and_nobody_else_and_not_too_often() {
    let (world, clock) = World::with_clock();
    let mut ada = world.admin();
    let (mut bilal, mut carol) = (world.person("Bilal"), world.person("Carol"));
    let line = ada.channel("Line 3", &[&bilal, &carol]);
    let send = json!({"t": "send", "c": line, "b": "The new fire plan", "ask": true});
    let q = ada.does(send)["q"].clone();
    let (confirm, remind) = (
        json!({"t": "confirm", "c": line, "q": q}),
        json!({"t": "remind", "c": line, "q": q}),
    );
    bilal.does(confirm.clone());
    for person in [&mut bilal, &mut carol] {
        let head = person.gets(&format!("/api/v1/channels/{line}"))["head"].clone();
        person.does(json!({"t": "read", "c": line, "q": head}));
    }
    carol.listens();
    ada.does(remind.clone());
    let heard = carol.expects("a reminder", |f| f["t"] == "remind");
    assert_eq!(heard["d"]["of"], q);
    let mentions =
        |person: &mut Person| person.gets(&format!("/api/v1/channels/{line}"))["mentions"].clone();
    assert_eq!(mentions(&mut carol), 1);
    assert_eq!(mentions(&mut bilal), 0, "has confirmed");
    carol.does(json!({"t": "read", "c": line, "q": heard["q"]}));
    assert_eq!(mentions(&mut carol), 0, "read is read");
    assert_eq!(asks(&mut carol, &line).len(), 1, "and not confirmed");

    let refused = ada.tries(remind.clone()).expect_err("too soon");
    assert_eq!(refused.code, "rate");
    assert!(list(&mut ada, &line, &q)["remind_at"].as_u64() > Some(0));
    clock.shift(5 * MINUTE_MS + 1_000);
    ada.does(remind.clone());
    carol.does(confirm);
    clock.shift(6 * MINUTE_MS);
    let refused = ada.tries(remind).expect_err("nobody is left");
    assert_eq!(refused.code, "conflict");
    assert!(list(&mut ada, &line, &q)["remind_at"].is_null());
}

#[test]
fn a_confirmation_lives_and_dies_with_its_message() {
    let (mut world, clock) = World::with_clock();
    to_noon(&clock);
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    let ask = |b: &str| json!({"t": "send", "c": line, "b": b, "ask": true});
    let first = ada.does(ask("taken back"))["q"].clone();
    let second = ada.does(ask("kept for a day"))["q"].clone();
    let confirm = |q: &Value| json!({"t": "confirm", "c": line, "q": q});
    bilal.does(confirm(&second));
    ada.does(json!({"t": "del", "c": line, "q": first}));
    let refused = bilal.tries(confirm(&first)).expect_err("is deleted");
    assert_eq!(refused.code, "conflict");
    assert_eq!(asks(&mut bilal, &line), Vec::<u64>::new());
    let third = ada.does(ask("nobody confirms it"))["q"].clone();
    assert_eq!(asks(&mut bilal, &line).len(), 1);

    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 1}));
    clock.shift(3 * DAY_MS);
    assert_eq!(world.sweeps(), 1);
    let gone = |ada: &mut Person, bilal: &mut Person| {
        assert_eq!(asks(bilal, &line), Vec::<u64>::new());
        let refused = bilal.tries(confirm(&third)).expect_err("is forgotten");
        assert_eq!(refused.code, "not_found");
        for q in [&second, &third] {
            let path = format!("/api/v1/channels/{line}/messages/{q}/confirmations");
            let answer = ada.http.get(&path).expect("an answer");
            assert_eq!(answer.code(), "not_found");
        }
    };
    gone(&mut ada, &mut bilal);
    // Folded anew from a log in which it is forgotten, the state says the same.
    world.stop();
    std::fs::remove_dir_all(world.data.join("views")).expect("views");
    let data = world.data.clone();
    world.again_here_on(&data, &clock).expect("a start");
    gone(&mut ada, &mut bilal);
}
