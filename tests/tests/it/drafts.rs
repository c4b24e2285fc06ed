//! What one writes and has not sent is on one's other devices, nobody else's, and in the server's memory alone.

use serde_json::{Value, json};
use tests::frame::now_ms;
use tests::http::Client;
use tests::world::{Person, SECRET, World};

use crate::traces::{forms, scan, the_scan_finds_what_is_there};

const WORDS: &str = "the quixotrellium memorandum is not fit to be sent";
const LATER: &str = "the marrowbenite memorandum is better by far";

/// Another device of the same person, with a session of its own.
fn device(person: &mut Person) -> Person {
    let handle = person.gets("/api/v1/bootstrap")["handle"].clone();
    signs_in(person, &handle)
}

fn signs_in(person: &Person, handle: &Value) -> Person {
    let mut other = person.tab();
    let mut http = Client::new(other.http.site.clone());
    let body = json!({"handle": handle, "secret": SECRET});
    let welcome = http.post("/api/v1/signin", &body).and_then(|a| a.ok());
    assert_eq!(welcome.expect("signed in")["me"]["id"], person.id.as_str());
    other.http = http;
    other
}

fn draft(c: &str, text: &str, at: u64) -> Value {
    json!({"t": "draft", "c": c, "text": text, "at": at})
}

fn beside(c: &str, thread: &Value, text: &str, at: u64) -> Value {
    json!({"t": "draft", "c": c, "thread": thread, "text": text, "at": at})
}

/// Whatever was put on this socket before was dealt with; the drafts and errors that came meanwhile.
fn settles(person: &mut Person) -> Vec<Value> {
    let mark = json!({"t": "got", "id": person.mint(), "c": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "q": 1});
    person.puts(&mark);
    let mut came = Vec::new();
    loop {
        let next = person.expects("an answer", |f| {
            f["t"] == "draft" || f["t"] == "err" || f["id"] == mark["id"]
        });
        if next["id"] == mark["id"] {
            return came;
        }
        came.push(next);
    }
}

/// What a device is told of when it connects.
fn finds(person: &mut Person) -> Vec<Value> {
    person.listens();
    let found = settles(person);
    person.loses_connection();
    found
}

#[test]
fn what_one_types_is_on_ones_other_devices_the_newest_wins_and_no_disk_ever_has_it() {
    let mut world = World::start();
    let (mut ada, mut desk) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&desk]);
    let root = ada.says(&line, "who takes the night?")["q"].clone();
    let (mut phone, mut tablet) = (device(&mut desk), device(&mut desk));
    for who in [&mut ada, &mut desk, &mut phone] {
        who.listens();
    }
    let log = |ada: &mut Person| ada.gets("/api/v1/admin/health")["log"].clone();
    let (before, now) = (log(&mut ada), now_ms());

    let first = draft(&line, "the quixotrellium", now - 5_000);
    desk.puts(&first);
    assert_eq!(phone.expects("a draft", |f| f["t"] == "draft"), first);
    // Older, as old, and then from a clock that runs ahead.
    phone.puts(&draft(&line, "older", now - 6_000));
    phone.puts(&draft(&line, "as old", now - 5_000));
    phone.puts(&draft(&line, WORDS, now + 3_600_000));
    let newest = desk.expects("a draft", |f| f["t"] == "draft");
    assert_eq!(newest["text"], WORDS);
    let at = newest["at"].as_u64().expect("a time");
    assert!(now <= at && at <= now_ms(), "{newest}");
    let in_thread = beside(&line, &root, LATER, now_ms());
    desk.puts(&in_thread);
    assert_eq!(settles(&mut desk), Vec::<Value>::new(), "not one's own");
    let came = phone.expects("a draft", |f| f["t"] == "draft");
    assert_eq!((&came["thread"], &came["text"]), (&root, &json!(LATER)));
    // Whoever comes late is told what is held; a second page of the same device hears as another device does.
    assert_eq!(finds(&mut tablet), [newest.clone(), came.clone()]);
    let mut second = desk.tab();
    assert_eq!(finds(&mut second), [newest.clone(), came.clone()]);
    assert_eq!(settles(&mut ada), Vec::<Value>::new(), "it is her own");
    assert_eq!(log(&mut ada), before, "the log did not grow");

    // Cleared on one, and then sent on another.
    phone.puts(&beside(&line, &root, "  ", now_ms()));
    let cleared = desk.expects("a draft", |f| f["t"] == "draft");
    assert_eq!((&cleared["thread"], &cleared["text"]), (&root, &json!("")));
    desk.puts(&draft(&line, "I take it", now_ms()));
    phone.expects("a draft", |f| f["text"] == "I take it");
    // By a way that says nothing of drafts.
    tablet.does(json!({"t": "send", "c": line, "b": "I take it"}));
    for who in [&mut phone, &mut desk] {
        let gone = who.expects("that it was sent", |f| {
            f["t"] == "draft" && f["text"] == "" && f["thread"].is_null()
        });
        assert_eq!(gone["c"], line.as_str());
    }
    desk.puts(&draft(&line, "I take it", now));
    assert_eq!(settles(&mut desk), Vec::<Value>::new());
    let held = finds(&mut tablet);
    assert!(
        held.iter().all(|one| one["text"] == ""),
        "what was sent does not come back: {held:?}"
    );

    // Held again: an intruder finds nothing of it, while the server runs and after it ended.
    let late = now_ms();
    desk.puts(&draft(&line, WORDS, late));
    desk.puts(&beside(&line, &root, LATER, late));
    phone.expects("a draft", |f| f["text"] == LATER);
    ada.says(&line, "so that something is written");
    let needles: Vec<_> = [WORDS, LATER, "quixotrellium", "marrowbenite"]
        .iter()
        .flat_map(|text| forms(text))
        .collect();
    the_scan_finds_what_is_there(&needles);
    let house = world.data.parent().expect("a folder").to_owned();
    assert_eq!(
        scan(&house, &needles),
        Vec::<String>::new(),
        "while it runs"
    );
    let said = world.stop();
    assert!(!said.contains("memorandum"), "{said}");
    assert_eq!(
        scan(&house, &needles),
        Vec::<String>::new(),
        "after it ended"
    );

    // A new start knows nothing; the devices offer what they have.
    world.again();
    assert_eq!(finds(&mut tablet), Vec::<Value>::new());
    phone.listens();
    desk.listens();
    desk.puts(&draft(&line, WORDS, at));
    assert_eq!(phone.expects("a draft", |f| f["t"] == "draft"), newest);
    world.stop();
    assert_eq!(scan(&house, &needles), Vec::<String>::new(), "and again");
}

#[test]
fn drafts_have_bounds_of_their_own_and_a_wrong_one_is_answered() {
    let world = World::start();
    let (mut ada, mut desk) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&desk]);
    let mut phone = device(&mut desk);
    desk.listens();
    phone.listens();
    let now = now_ms();
    for (frame, code) in [
        (draft(&line, &"x".repeat(16_385), now), "too_large"),
        (draft(&line, "a\0b", now), "invalid"),
        (json!({"t": "draft", "c": line, "text": "x"}), "bad_request"),
        (
            json!({"t": "draft", "c": line, "text": 1, "at": 1}),
            "bad_request",
        ),
        (
            json!({"t": "draft", "c": line, "text": "x", "at": -1}),
            "bad_request",
        ),
        (
            json!({"t": "draft", "c": line, "text": "x", "at": 1, "re": 1}),
            "bad_request",
        ),
        (
            json!({"t": "draft", "c": "x", "text": "x", "at": 1}),
            "bad_request",
        ),
        (json!({"t": "draft", "text": "x", "at": 1}), "bad_request"),
    ] {
        desk.puts(&frame);
        let answers = settles(&mut desk);
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert_eq!(
            (&answers[0]["t"], &answers[0]["code"]),
            (&json!("err"), &json!(code))
        );
        assert!(answers[0]["id"].is_null());
    }
    assert_eq!(settles(&mut phone), Vec::<Value>::new());
    let longest = "é".repeat(8_192);
    desk.puts(&draft(&line, &longest, now - 10_000));
    phone.expects("a long draft", |f| f["text"] == longest.as_str());

    // Of fifty-two the oldest two go.
    let roots: Vec<Value> = (0..51)
        .map(|_| ada.says(&line, "and?")["q"].clone())
        .collect();
    for (n, root) in roots.iter().enumerate() {
        desk.puts(&beside(&line, root, "and so", now - 9_000 + n as u64));
    }
    phone.expects("the last", |f| f["thread"] == roots[50]);
    let held = finds(&mut desk.tab());
    let threads: Vec<&Value> = held.iter().map(|one| &one["thread"]).collect();
    assert_eq!(threads, roots[1..].iter().collect::<Vec<_>>());

    // A flood is refused, and what is sent has its own budget.
    let mut refused = None;
    for n in 0..200 {
        desk.puts(&draft(&line, "flood", now - 5_000 + n));
    }
    for answer in settles(&mut desk) {
        assert_eq!(answer["code"], "rate", "{answer}");
        assert!(answer["after"].as_u64() > Some(0));
        refused = Some(answer);
    }
    assert!(refused.is_some(), "nothing was refused");
    desk.says(&line, "and this is sent");
}

#[test]
fn who_may_not_write_there_any_more_and_who_is_signed_out_has_no_draft() {
    let world = World::start();
    let (mut ada, mut olga) = (world.admin(), world.newcomer("Olga", "officer"));
    let mut desk = world.person("Bilal");
    let handle = desk.gets("/api/v1/bootstrap")["handle"].clone();
    let mut phone = device(&mut desk);
    let line = ada.channel("Line 3", &[&desk]);
    let foreign = ada.channel("Without him", &[]);
    let roots: Vec<Value> = (0..3)
        .map(|_| ada.says(&line, "and?")["q"].clone())
        .collect();
    let elsewhere = ada.says(&foreign, "and?")["q"].clone();
    desk.listens();
    phone.listens();

    // Where he is not, nothing is held; nor in a thread that is none.
    for frame in [
        draft(&foreign, "hello", now_ms()),
        beside(&foreign, &elsewhere, "hello", now_ms()),
        beside(&line, &json!(99_999), "hello", now_ms()),
        beside(&line, &json!(1), "hello", now_ms()),
    ] {
        desk.puts(&frame);
    }
    assert_eq!(settles(&mut desk), Vec::<Value>::new());
    assert_eq!(settles(&mut phone), Vec::<Value>::new());

    let member = |on: bool| match on {
        true => json!({"t": "channel.add", "c": line, "people": [desk.id]}),
        false => json!({"t": "channel.remove", "c": line, "person": desk.id}),
    };
    let archive = |on: bool| json!({"t": "channel.archive", "c": line, "on": on});
    let kind = |kind: &str| json!({"t": "channel.edit", "c": line, "kind": kind});
    // For each: what ends it, what brings the right back, and whether a thread's stays.
    for (ends, back, stays) in [
        (member(false), member(true), false),
        (archive(true), archive(false), false),
        (kind("announcement"), kind("group"), true),
    ] {
        let mut writer = desk.tab();
        writer.listens();
        writer.puts(&draft(&line, "in the channel", now_ms()));
        writer.puts(&beside(&line, &roots[0], "in a thread", now_ms()));
        assert_eq!(settles(&mut writer).len(), 0);
        assert_eq!(finds(&mut phone).len(), 2);
        let said = ends.to_string();
        ada.does(ends);
        let left: Vec<Value> = finds(&mut phone);
        let texts: Vec<&Value> = left.iter().map(|one| &one["text"]).collect();
        let expected = if stays { vec!["in a thread"] } else { vec![] };
        assert_eq!(texts, expected, "{said}");
        ada.does(back);
        assert_eq!(finds(&mut phone), left, "{said}: it does not come back");
    }

    // The message is gone that a thread hangs from: deleted, or destroyed on an order.
    let mut writer = desk.tab();
    writer.listens();
    for root in &roots {
        writer.puts(&beside(&line, root, "about it", now_ms()));
    }
    settles(&mut writer);
    assert_eq!(finds(&mut phone).len(), 3);
    ada.does(json!({"t": "del", "c": line, "q": roots[0]}));
    let order = json!({"t": "redact.request", "c": line, "q": [roots[1]], "reason": "a slip"});
    let order = olga.does(order)["order"].clone();
    ada.does(json!({"t": "order.approve", "order": order}));
    writer.expects("a purge", |f| f["t"] == "purge");
    for root in &roots {
        writer.puts(&beside(&line, root, "about it still", now_ms()));
    }
    settles(&mut writer);
    let left = finds(&mut phone);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0]["thread"], roots[2]);

    // One device signs out and hears nothing more; with the last of them all is gone.
    phone.listens();
    let mut ears = phone.tab();
    phone.http.post("/api/v1/signout", &json!({})).expect("out");
    assert_eq!(phone.is_closed(), 4001);
    assert!(
        ears.http
            .get("/api/v1/bootstrap")
            .expect("an answer")
            .status
            == 401
    );
    assert_eq!(finds(&mut desk.tab()).len(), 1, "he is in elsewhere");
    desk.http.post("/api/v1/signout", &json!({})).expect("out");
    assert_eq!(desk.is_closed(), 4001);
    let mut again = signs_in(&desk, &handle);
    assert_eq!(finds(&mut again), Vec::<Value>::new());

    // Deactivated and back.
    again.listens();
    again.puts(&draft(&line, "once more", now_ms()));
    assert_eq!(settles(&mut again).len(), 0);
    let mut other = signs_in(&desk, &handle);
    assert_eq!(finds(&mut other).len(), 1);
    other.listens();
    ada.does(json!({"t": "person.deactivate", "person": desk.id}));
    assert_eq!((again.is_closed(), other.is_closed()), (4001, 4001));
    ada.does(json!({"t": "person.reactivate", "person": desk.id}));
    assert_eq!(finds(&mut signs_in(&desk, &handle)), Vec::<Value>::new());
}
