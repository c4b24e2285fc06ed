//! The line between a person and the server: what is heard, by whom, how often, and when it ends.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::world::{PATIENCE, Person, World};

use crate::crash::Outbox;

#[test]
fn what_one_says_all_members_hear_once_and_in_order() {
    let world = World::start();
    let (mut ada, mut bilal, mut chen) =
        (world.admin(), world.person("Bilal"), world.person("Chen"));
    let line = ada.channel("Line 3", &[&bilal]);
    bilal.listens();
    chen.listens();
    let mut second_tab = bilal.tab();
    second_tab.listens();
    let mut heard = Vec::new();
    for n in 0..50 {
        let ack = ada.says(&line, &format!("message {n}"));
        heard.push(ack["q"].clone());
    }
    for person in [&mut bilal, &mut second_tab] {
        for (n, q) in heard.iter().enumerate() {
            let frame = person.expects("a message", |f| {
                f["t"] == "msg" && f["c"] == line.as_str() && f["d"]["b"].is_string()
            });
            assert_eq!(frame["d"]["b"], format!("message {n}"));
            assert_eq!(&frame["q"], q);
            assert_eq!(frame["d"]["u"], ada.id.as_str());
        }
    }
    chen.hears_nothing_of(&line, Duration::from_millis(300));
}

#[test]
fn who_lost_the_connection_resumes_without_a_gap() {
    let mut world = World::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    bilal.listens();
    ada.says(&line, "before");
    bilal.hears("before");
    let mut cur = bilal.socket().cur.clone();
    for restart in [false, true] {
        bilal.loses_connection();
        let missed: Vec<Value> = (0..40)
            .map(|n| ada.says(&line, &format!("missed {restart} {n}"))["q"].clone())
            .collect();
        if restart {
            world.kill();
            world.again();
        }
        let ready = bilal.resumes(&cur);
        assert_eq!(ready["resumed"], true, "{ready}");
        for q in &missed {
            let frame = bilal.expects("a missed message", |f| f["t"] == "msg");
            assert_eq!(&frame["q"], q, "in order, none left out");
        }
        ada.says(&line, "now");
        bilal.hears("now");
        cur = bilal.socket().cur.clone();
    }
}

#[test]
fn a_cursor_that_is_foreign_garbled_or_too_old_means_fetching_anew() {
    let world = World::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    bilal.listens();
    ada.says(&line, "before");
    bilal.hears("before");
    let cur = bilal.socket().cur.clone();
    bilal.loses_connection();
    for odd in [
        "",
        "kq8",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "💥",
    ] {
        assert_eq!(bilal.resumes(&json!(odd))["resumed"], false, "{odd:?}");
        bilal.loses_connection();
    }
    for n in 0..510 {
        ada.says(&line, &format!("while away {n}"));
    }
    assert_eq!(bilal.resumes(&cur)["resumed"], false);
    assert_eq!(
        bilal
            .reads(&line)
            .iter()
            .filter(|i| i["b"].is_string())
            .count(),
        511
    );
}

#[test]
fn a_slow_reader_is_told_and_catches_up_by_sync_missing_nothing() {
    let world = World::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    bilal.listens();
    ada.says(&line, "before");
    bilal.hears("before");
    // More than the sockets' buffers hold; nobody reads.
    let long = "x".repeat(15_000);
    let mut wanted: BTreeSet<u64> = BTreeSet::new();
    ada.listens();
    for n in 0..1500 {
        let ack = ada.says(&line, &format!("{n} {long}"));
        wanted.extend(ack["q"].as_u64());
    }
    let mut got: BTreeSet<u64> = BTreeSet::new();
    let mut cur = bilal.socket().cur.clone();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let frame = bilal.socket().next(deadline).expect("the lag frame comes");
        if frame["t"] == "lag" {
            break;
        }
        if let Some(q) = frame["q"].as_u64() {
            got.insert(q);
            cur = frame["cur"].clone();
        }
    }
    assert!(got.len() < wanted.len(), "the queue was bounded");
    take_all_by_sync(&mut bilal, cur.as_str().unwrap_or_default(), &mut got);
    let deadline = Instant::now() + Duration::from_millis(500);
    while let Some(frame) = bilal.socket().next(deadline) {
        got.extend(frame["q"].as_u64());
    }
    assert!(
        wanted.is_subset(&got),
        "missing: {:?}",
        wanted.difference(&got).take(5).collect::<Vec<_>>()
    );
    ada.says(&line, "and live again");
    bilal.hears("and live again");
}

/// As a browser does: on `reset` it fetches what it does not have.
fn take_all_by_sync(person: &mut Person, cur: &str, got: &mut BTreeSet<u64>) {
    let mut cur = cur.to_owned();
    loop {
        let answer = person.gets(&format!("/api/v1/sync?cur={cur}&wait=0"));
        if answer["reset"] == true {
            let bootstrap = person.gets("/api/v1/bootstrap");
            for channel in bootstrap["channels"].as_array().into_iter().flatten() {
                let items = person.reads(channel["id"].as_str().unwrap_or_default());
                got.extend(items.iter().filter_map(|i| i["q"].as_u64()));
            }
            bootstrap["cur"]
                .as_str()
                .unwrap_or_default()
                .clone_into(&mut cur);
            continue;
        }
        let frames = answer["frames"].as_array().cloned().unwrap_or_default();
        got.extend(frames.iter().filter_map(|f| f["q"].as_u64()));
        if frames.is_empty() {
            return;
        }
        answer["cur"]
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut cur);
    }
}

#[test]
fn a_removed_member_hears_nothing_more_by_any_door() {
    let world = World::start();
    let (mut ada, mut bilal, mut chen) =
        (world.admin(), world.person("Bilal"), world.person("Chen"));
    let line = ada.channel("Line 3", &[&bilal, &chen]);
    ada.says(&line, "the code is 4711");
    bilal.listens();
    chen.listens();
    let mut away = bilal.tab();
    away.listens();
    let cur_as_member = away.resumes(&Value::Null)["cur"].clone();
    away.loses_connection();

    ada.does(json!({"t": "channel.remove", "c": line, "person": bilal.id}));
    bilal.expects("left", |f| f["t"] == "left" && f["c"] == line.as_str());
    ada.says(&line, "he is gone");
    chen.hears("he is gone");
    bilal.hears_nothing_of(&line, Duration::from_millis(500));

    let refused = bilal
        .tries(json!({"t": "send", "c": line, "b": "still here?"}))
        .expect_err("not a member");
    assert_eq!(refused.code, "not_found");
    let messages = format!("/api/v1/channels/{line}/messages");
    for path in [
        messages.as_str(),
        &format!("/api/v1/channels/{line}"),
        &format!("{messages}?around=2"),
    ] {
        let answer = bilal.http.get(path).expect("an answer");
        assert_eq!(
            (answer.status, answer.code()),
            (404, "not_found".to_owned()),
            "{path}"
        );
    }
    let ghost = bilal
        .http
        .get("/api/v1/channels/01ARZ3NDEKTSV4RRFFQ69G5FAV/messages")
        .expect("an answer");
    let forbidden = bilal.http.get(&messages).expect("an answer");
    assert_eq!(
        ghost.body, forbidden.body,
        "an unknown and a forbidden channel answer alike"
    );
    assert_eq!(bilal.gets("/api/v1/search?text=gone")["hits"], json!([]));
    assert!(
        !bilal.gets("/api/v1/bootstrap")["channels"]
            .to_string()
            .contains(&line)
    );

    // With a cursor harvested while a member: the leaving is told, what came after is not.
    away.resumes(&cur_as_member);
    let deadline = Instant::now() + Duration::from_millis(500);
    while let Some(frame) = away.socket().next(deadline) {
        assert!(!frame.to_string().contains("he is gone"), "{frame}");
    }
    let sync = away.gets(&format!(
        "/api/v1/sync?cur={}&wait=0",
        cur_as_member.as_str().unwrap_or_default()
    ));
    assert!(!sync.to_string().contains("he is gone"), "{sync}");
}

#[test]
fn an_ended_session_closes_its_sockets_with_4001() {
    let world = World::start();
    let mut ada = world.admin();
    let ends: [fn(&mut Person, &mut Person); 4] = [
        |_, person| {
            person
                .http
                .post("/api/v1/signout", &json!({}))
                .expect("an answer");
        },
        |_, person| {
            let devices = person.gets("/api/v1/devices");
            let device = devices["devices"][0]["id"].clone();
            person.does(json!({"t": "device.revoke", "device": device}));
        },
        |admin, person| {
            admin.does(json!({"t": "person.deactivate", "person": person.id}));
        },
        |admin, person| {
            let devices = admin.gets(&format!("/api/v1/admin/people/{}/devices", person.id));
            admin.does(json!({"t": "device.revoke", "device": devices["devices"][0]["id"]}));
        },
    ];
    for (n, end) in ends.iter().enumerate() {
        let mut person = world.person(&format!("Person {n}"));
        let cookie = person.http.cookie.clone();
        person.listens();
        end(&mut ada, &mut person);
        assert_eq!(person.is_closed(), 4001, "way {n}");
        person.http.cookie = cookie;
        let answer = person.http.get("/api/v1/bootstrap").expect("an answer");
        assert_eq!(
            (answer.status, answer.code()),
            (401, "not_signed_in".to_owned()),
            "way {n}"
        );
    }
}

#[test]
fn either_side_may_ping_and_typing_is_never_kept() {
    let world = World::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    let cur = bilal.listens()["cur"].clone();
    bilal.puts(&json!({"t": "ping", "n": 17}));
    let pong = bilal.expects("pong", |f| f["t"] == "pong");
    assert_eq!(pong["n"], 17);
    ada.listens();
    ada.puts(&json!({"t": "typing", "c": line}));
    let typing = bilal.expects("typing", |f| f["t"] == "typing");
    assert_eq!((&typing["u"], &typing["c"]), (&json!(ada.id), &json!(line)));
    assert!(typing["q"].is_null() && typing["cur"].is_null());
    bilal.loses_connection();
    bilal.resumes(&cur);
    let deadline = Instant::now() + Duration::from_millis(300);
    while let Some(frame) = bilal.socket().next(deadline) {
        assert_ne!(frame["t"], "typing");
    }
}

#[test]
fn a_stop_says_goodbye_and_loses_nothing() {
    let mut world = World::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    bilal.listens();
    ada.says(&line, "last words");
    bilal.hears("last words");
    let words = std::thread::scope(|scope| {
        let stopping = scope.spawn(|| world.stop());
        bilal.expects("bye", |f| f["t"] == "bye" && f["why"] == "restart");
        assert_eq!(bilal.is_closed(), 1012);
        stopping.join().expect("a clean stop")
    });
    assert!(!words.contains("panicked"), "{words}");
    world.again();
    assert!(bilal.reads(&line).iter().any(|i| i["b"] == "last words"));
}

#[test]
fn a_stop_in_the_midst_of_talk_loses_nothing_acknowledged_and_calls_people_back_one_by_one() {
    const LISTENERS: usize = 12;
    const TALKERS: usize = 3;
    let mut world = World::start();
    let mut ada = world.admin();
    let mut crowd: Vec<_> = (0..LISTENERS + TALKERS)
        .map(|n| world.person(&format!("Person {n}")))
        .collect();
    let line = ada.channel("Line 3", &crowd.iter().collect::<Vec<_>>());
    let talkers = crowd.split_off(LISTENERS);
    let mut outboxes: Vec<_> = talkers.iter().map(|p| Outbox::new(p, &line)).collect();
    for round in 0..3 {
        let site = world.site();
        let mut after: Vec<u64> = std::thread::scope(|scope| {
            for outbox in &mut outboxes {
                let site = &site;
                scope.spawn(move || outbox.talk(site, usize::MAX));
            }
            let hearing: Vec<_> = crowd
                .iter_mut()
                .map(|person| {
                    scope.spawn(move || {
                        person.listens();
                        let bye = person.expects("bye", |f| f["t"] == "bye");
                        assert_eq!(
                            (bye["why"].as_str(), person.is_closed()),
                            (Some("restart"), 1012)
                        );
                        bye["after"].as_u64().expect("when to come back")
                    })
                })
                .collect();
            std::thread::sleep(Duration::from_millis(400 + 100 * round));
            let words = world.stop();
            assert!(!words.contains("panicked"), "{words}");
            let heard = hearing.into_iter().map(|one| one.join());
            heard.map(|after| after.expect("a goodbye")).collect()
        });
        after.sort_unstable();
        after.dedup();
        assert!(
            after.len() > LISTENERS / 2 && after.iter().all(|ms| *ms <= 5_000),
            "{after:?}"
        );
        world.again();
        let items = ada.reads(&line);
        for outbox in &outboxes {
            outbox.check(&items);
        }
    }
    let said: usize = outboxes.iter().map(|outbox| outbox.said.len()).sum();
    for outbox in &mut outboxes {
        let limit = outbox.said.len();
        outbox.talk(&world.site(), limit);
        assert!(outbox.said.iter().all(|said| said.q.is_some()));
    }
    let items = ada.reads(&line);
    for outbox in &outboxes {
        outbox.check(&items);
    }
    assert!(said > 100, "there was talk: {said}");
    world.stop();
    world.verifies();
}

#[test]
fn who_does_not_answer_the_heartbeat_is_let_go_and_who_does_stays() {
    let world = World::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let beat = Duration::from_secs(ada.listens()["hb"].as_u64().expect("hb"));
    bilal.listens();
    bilal.socket().answers_pings = false;
    let begun = Instant::now();
    // Two misses, each a tenth late at most, and some seconds for a busy machine.
    let deadline = begun + beat * 33 / 10 + Duration::from_secs(5);
    let mut pings = 0;
    while bilal.socket().closed.is_none() && Instant::now() < deadline {
        let frame = bilal
            .socket()
            .next(Instant::now() + Duration::from_millis(200));
        pings += u32::from(frame.is_some_and(|f| f["t"] == "ping"));
        // Ada's client answers while it reads.
        let _ = ada
            .socket()
            .next(Instant::now() + Duration::from_millis(10));
    }
    assert!(
        bilal.socket().closed.is_some(),
        "still open after {:?}, {pings} pings",
        begun.elapsed()
    );
    assert!(
        pings >= 1 && begun.elapsed() >= beat * 17 / 10,
        "{pings} pings, closed after {:?}",
        begun.elapsed()
    );
    assert!(
        ada.socket()
            .next(Instant::now() + Duration::from_millis(200))
            .is_none_or(|f| f["t"] != "bye")
    );
    assert_eq!(ada.socket().closed, None);
}
