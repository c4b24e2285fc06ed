//! A poll: everybody chooses and may think again until it is closed; each vote is kept, and all of it goes with its message.

use serde_json::{Value, json};
use tests::world::{Person, World, to_noon};

const DAY_MS: i64 = 24 * 3_600_000;

/// Who chose what, answer by answer, as a member reads it.
fn votes(person: &mut Person, line: &str, q: &Value) -> Vec<Vec<String>> {
    let items = person.reads(line);
    let item = items.iter().find(|i| i["q"] == *q).expect("the poll");
    let options = item["poll"]["options"].as_array().cloned();
    let voters = |option: &Value| {
        let people = option["u"].as_array().cloned().unwrap_or_default();
        let id = |one: &Value| one.as_str().unwrap_or_default().to_owned();
        people.iter().map(id).collect()
    };
    options.expect("its answers").iter().map(voters).collect()
}

fn poll(line: &str, many: bool) -> Value {
    json!({"t": "send", "c": line, "b": "Which shift?",
        "poll": {"o": ["early bird", "late", " night  "], "many": many}})
}

#[test]
fn a_vote_can_be_changed_until_the_poll_is_closed_and_is_never_lost() {
    let mut world = World::start();
    let (mut ada, mut bilal, mut carol) =
        (world.admin(), world.person("Bilal"), world.person("Carol"));
    let line = ada.channel("Line 3", &[&bilal, &carol]);
    carol.listens();
    let q = bilal.does(poll(&line, false))["q"].clone();
    let heard = carol.expects("the poll", |f| f["t"] == "msg" && f["q"] == q);
    let told = &heard["d"]["poll"];
    assert_eq!(told["options"][2], json!({"b": "night", "u": []}));
    assert!(told["many"].is_null() && told["closed"].is_null());
    let vote = |o: Value| json!({"t": "vote", "c": line, "q": q, "o": o});

    ada.does(vote(json!([1])));
    let heard = carol.expects("a vote", |f| f["t"] == "vote");
    assert_eq!((&heard["d"]["of"], &heard["d"]["o"]), (&q, &json!([1])));
    ada.does(vote(json!([0])));
    bilal.does(vote(json!([0])));
    carol.does(vote(json!([2])));
    carol.does(vote(json!([])));
    let expected = [vec![ada.id.clone(), bilal.id.clone()], vec![], vec![]];
    assert_eq!(votes(&mut carol, &line, &q), expected);
    for wrong in [json!([3]), json!([0, 1])] {
        assert_eq!(
            ada.tries(vote(wrong)).expect_err("no answer").code,
            "invalid"
        );
    }
    assert_eq!(carol.finds("bird", &line).len(), 1, "an answer is found");
    let plain = ada.says(&line, "no poll")["q"].clone();
    let refused = ada.tries(json!({"t": "vote", "c": line, "q": plain, "o": [0]}));
    assert_eq!(refused.expect_err("no poll").code, "poll/none");
    let edit = json!({"t": "edit", "c": line, "q": q, "b": "Which day?"});
    assert_eq!(
        bilal.tries(edit).expect_err("stays as it is").code,
        "conflict"
    );

    let close = json!({"t": "close", "c": line, "q": q});
    assert_eq!(
        carol.tries(close.clone()).expect_err("not hers").code,
        "forbidden"
    );
    bilal.does(close.clone());
    let again = ada.does(close);
    assert!(again["q"].is_null(), "it is closed already: {again}");
    carol.expects("the end", |f| f["t"] == "close" && f["d"]["of"] == q);
    assert_eq!(
        carol.tries(vote(json!([1]))).expect_err("over").code,
        "poll/closed"
    );

    let several = ada.does(poll(&line, true))["q"].clone();
    carol.does(json!({"t": "vote", "c": line, "q": several, "o": [2, 0, 2]}));
    world.kill();
    world.again();
    carol.loses_connection();
    assert_eq!(votes(&mut ada, &line, &q), expected);
    let hers = vec![carol.id.clone()];
    let expected = [hers.clone(), vec![], hers];
    assert_eq!(votes(&mut ada, &line, &several), expected);
    world.stop();
    std::fs::remove_dir_all(world.data.join("views")).expect("views");
    world.again();
    assert_eq!(votes(&mut ada, &line, &several), expected);
    let refused = carol.tries(vote(json!([1]))).expect_err("still over");
    assert_eq!(refused.code, "poll/closed");
}

#[test]
fn a_poll_that_asks_nothing_or_too_much_is_refused() {
    let world = World::start();
    let (mut ada, bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    let root = ada.says(&line, "a root")["q"].clone();
    let many: Vec<String> = (0..13).map(|n| format!("answer {n}")).collect();
    let ask = |o: Value| json!({"t": "send", "c": line, "b": "Which?", "poll": {"o": o}});
    let with = |key: &str, value: Value| {
        let mut send = ask(json!(["one", "two"]));
        send[key] = value;
        send
    };
    let note = ada.uploads(&line, "note.txt", b"a note");
    for send in [
        ask(json!(["one"])),
        ask(json!(many)),
        ask(json!(["one", " one "])),
        ask(json!(["one", " \u{7} "])),
        ask(json!(["one", "x".repeat(101)])),
        with("b", json!("  ")),
        with("th", root),
        with("ask", json!(true)),
        with("f", json!([note])),
    ] {
        let refused = ada.tries(send.clone()).expect_err("no poll");
        assert_eq!(refused.code, "invalid", "{send}");
    }
    let twelve: Vec<String> = many.into_iter().take(12).collect();
    ada.does(ask(json!(twelve)));
}

#[test]
fn what_was_asked_and_chosen_is_in_no_ledger_and_goes_with_its_day() {
    let (world, clock) = World::with_clock();
    to_noon(&clock);
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let mut olga = world.newcomer("Olga", "officer");
    let line = ada.channel("Line 3", &[&bilal]);
    let q = ada.does(poll(&line, false))["q"].clone();
    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 2}));
    // A vote of another day belongs to the poll's.
    clock.shift(DAY_MS);
    bilal.does(json!({"t": "vote", "c": line, "q": q, "o": [2]}));
    let ledger = olga.gets("/api/v1/ledger?act=poll.voted").to_string();
    assert!(ledger.contains("poll.voted") && ledger.contains(&bilal.id));
    assert!(!ledger.contains("votes"), "{ledger}");
    let ledger = olga.gets("/api/v1/ledger?act=message.posted").to_string();
    assert!(
        ledger.contains("\"options\":3") && !ledger.contains("early"),
        "{ledger}"
    );

    clock.shift(2 * DAY_MS);
    world.sweeps();
    let items = Value::Array(ada.reads(&line)).to_string();
    assert!(
        !items.contains("Which shift") && !items.contains("early"),
        "{items}"
    );
    let refused = bilal.tries(json!({"t": "vote", "c": line, "q": q, "o": [1]}));
    assert_eq!(refused.expect_err("is gone").code, "not_found");
    let marks =
        ["Which shift", "early bird"].map(|text| (text.to_owned(), text.as_bytes().to_vec()));
    let found = crate::traces::scan(&world.data, &marks);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn who_is_deleted_or_erased_takes_the_poll_or_the_vote_along() {
    let world = World::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let mut olga = world.newcomer("Olga", "officer");
    let line = ada.channel("Line 3", &[&bilal]);
    let (kept, gone) = (ada.does(poll(&line, false)), ada.does(poll(&line, false)));
    for q in [&kept["q"], &gone["q"]] {
        bilal.does(json!({"t": "vote", "c": line, "q": q, "o": [1]}));
    }
    ada.does(json!({"t": "del", "c": line, "q": gone["q"]}));
    let items = ada.reads(&line);
    let deleted = items
        .iter()
        .find(|i| i["q"] == gone["q"])
        .expect("its place");
    assert!(
        deleted["poll"].is_null() && deleted["b"].is_null(),
        "{deleted}"
    );
    assert_eq!(votes(&mut ada, &line, &kept["q"])[1], [bilal.id.clone()]);
    ada.does(json!({"t": "person.deactivate", "person": bilal.id}));
    let erase = json!({"t": "erase.request", "person": bilal.id, "reason": "asked for it"});
    let order = olga.does(erase)["order"].clone();
    ada.does(json!({"t": "order.approve", "order": order}));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !votes(&mut ada, &line, &kept["q"])[1].is_empty() {
        assert!(
            std::time::Instant::now() < deadline,
            "the vote is still told"
        );
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
