//! What is kept for a matter, and what is forgotten on order, through the whole server while others go on talking.
//! Held means: out of everybody's sight once its time has come, to be had by an approved export alone, and gone when the
//! matter needs it no longer. Forgotten means: in no answer, in no file, and in no copy under the keys of today.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::frame::now_ms;
use tests::world::{PATIENCE, Person, World, to_noon};

use crate::traces::{copy, files, forms, scan, the_scan_finds_what_is_there};

const DAY_MS: i64 = 24 * 3_600_000;
/// In a manifest: something is missing, and the channel's events do not show what destroyed it.
const UNEXPLAINED: &str = "\"destroyed_at\": null";
const FILE: &[u8] = b"a ledger of vermilionhops and cobaltbarley, page one of one";

/// Somebody talks in a channel of their own as fast as they are answered; all that was acknowledged is there after.
fn meanwhile<T>(talker: &mut Person, channel: &str, act: impl FnOnce() -> T) -> T {
    let before = talker.reads(channel).len();
    let is_over = AtomicBool::new(false);
    let (begun, begins) = mpsc::channel();
    let (result, (talker, said)) = thread::scope(|scope| {
        let is_over = &is_over;
        let talking = scope.spawn(move || {
            let mut said = 0;
            while !is_over.load(Ordering::Relaxed) {
                talker.says(channel, &format!("small talk {said}"));
                said += 1;
                let _ = begun.send(());
            }
            (talker, said)
        });
        begins.recv().expect("somebody talks");
        let result = act();
        is_over.store(true, Ordering::Relaxed);
        (result, talking.join().expect("nobody is interrupted"))
    });
    assert_eq!(talker.reads(channel).len(), before + said);
    result
}

#[test]
fn what_is_held_outlives_its_day_out_of_everybodys_sight_and_goes_when_it_is_released() {
    let (mut world, clock) = World::with_clock();
    to_noon(&clock);
    let mut ada = world.admin();
    let (mut bilal, mut carol) = (world.person("Bilal"), world.person("Carol"));
    let mut olga = world.newcomer("Olga", "officer");
    let line = ada.channel("Line 3", &[&bilal, &carol]);
    let aside = carol.channel("Aside", &[]);
    let held = bilal.says(&line, "the vermilionhops were never paid for");
    let note = bilal.uploads(&line, "ledger.txt", FILE);
    let papers = bilal.does(json!({"t": "send", "c": line, "b": "see page one", "f": [note]}));
    carol.does(json!({"t": "react", "c": line, "q": held["q"], "e": "👍", "on": true}));
    carol.says(&line, "nobody asked about the cobaltbarley");
    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 1}));
    let file = carol.reads(&line);
    let file = file.iter().find(|i| i["q"] == papers["q"]).expect("papers");
    let file = file["f"][0]["id"].as_str().unwrap_or_default().to_owned();

    bilal.listens();
    let matter = olga.does(json!({"t": "matter.open", "name": "Falcon", "reason": "an audit"}));
    let place = json!({"t": "hold.place", "matter": matter["matter"], "people": [bilal.id]});
    let hold = olga.does(place)["hold"].clone();
    // Whoever is held hears nothing of it, and neither does who runs the house.
    bilal.hears_nothing_of(&line, Duration::from_millis(200));
    for who in [&mut bilal, &mut carol, &mut ada] {
        let refused = who.http.get("/api/v1/matters").expect("an answer");
        assert_eq!(refused.code(), "forbidden");
    }
    let ledger = ada.gets("/api/v1/ledger?limit=200").to_string();
    assert!(
        !ledger.contains("hold.") && !ledger.contains("matter."),
        "{ledger}"
    );
    assert!(
        olga.gets("/api/v1/ledger?act=hold.")
            .to_string()
            .contains("hold.placed")
    );
    let matters = olga.gets("/api/v1/matters");
    assert_eq!(matters["matters"][0]["holds"][0]["id"], hold);
    assert_eq!(matters["matters"][0]["name"], "Falcon");

    clock.shift(3 * DAY_MS);
    let preview = ada.gets(&format!(
        "/api/v1/admin/policy/preview?c={line}&keep_days=1"
    ));
    assert_eq!(
        preview["messages"], 3,
        "who runs the house sees no difference"
    );
    assert_eq!(meanwhile(&mut carol, &aside, || world.sweeps()), 1);

    // The four that are held with what belongs to them: two messages, a file, a reaction; one is gone for good.
    let done = olga.gets("/api/v1/ledger?act=destroy.done");
    assert_eq!(done["entries"][0]["object"]["records"], 1, "{done}");
    let sees_nothing = |who: &mut Person| {
        let page = who.gets(&format!("/api/v1/channels/{line}/messages?limit=100"));
        assert_eq!(page["expired"][0]["messages"], 3, "{page}");
        for word in ["vermilionhops", "cobaltbarley", "page one"] {
            assert!(!page.to_string().contains(word), "{word} in {page}");
            assert!(who.finds(word, &line).is_empty(), "{word} is found");
        }
        assert_eq!(who.downloads(&file).code(), "not_found");
    };
    for who in [&mut bilal, &mut carol, &mut ada] {
        sees_nothing(who);
    }
    let bundle = exports(&mut olga, &mut ada, &line);
    assert!(holds(&bundle, "vermilionhops") && holds(&bundle, "a ledger of"));
    assert!(!holds(&bundle, "nobody asked"), "what was not held is gone");
    let needles = needles(&["nobody asked about the cobaltbarley"]);
    let house = world.data.parent().expect("a folder").to_owned();
    the_scan_finds_what_is_there(&needles);
    assert_eq!(
        scan(&house, &needles),
        Vec::<String>::new(),
        "while it runs"
    );

    // Released, nothing happens by itself; the next sweep takes what is kept for nothing.
    let old = world.data.with_file_name("old");
    copy(&world.data, &old);
    olga.does(json!({"t": "hold.release", "hold": hold}));
    assert!(!files(&world.data.join("blobs")).is_empty());
    assert_eq!(meanwhile(&mut carol, &aside, || world.sweeps()), 1);
    let list = olga.gets("/api/v1/exports");
    assert_eq!(list["exports"][0]["state"], "destroyed", "{list}");
    let bundle = exports(&mut olga, &mut ada, &line);
    assert!(!holds(&bundle, "vermilionhops") && !holds(&bundle, "a ledger of"));
    for who in [&mut bilal, &mut carol, &mut ada] {
        sees_nothing(who);
    }
    world.stop();
    world.verifies();
    world
        .again_on(&under_new_keys(&world.data, &old))
        .expect("it opens");
    let bundle = exports(&mut olga, &mut ada, &line);
    assert!(!holds(&bundle, "vermilionhops"), "in no copy either");
    world.stop();
}

#[test]
fn an_erased_person_is_read_nowhere_and_the_neighbours_are_untouched() {
    let mut world = World::start();
    let mut ada = world.admin();
    let (mut bilal, mut carol) = (world.person("Bilal Vermilionhops"), world.person("Carol"));
    let mut olga = world.newcomer("Olga", "officer");
    let line = ada.channel("Line 3", &[&bilal, &carol]);
    let other = carol.channel("Line 4", &[&bilal]);
    let aside = carol.channel("Aside", &[]);
    let theirs = "the pump of zanzibarquill hums";
    let first = bilal.says(&line, theirs);
    bilal.says(&other, "and cobaltbarley in the other");
    let note = bilal.uploads(&line, "brimstonewax.txt", FILE);
    bilal.does(json!({"t": "send", "c": line, "b": "as written", "f": [note]}));
    let mine = carol.says(&line, "saffronglue is fine");
    bilal.does(json!({"t": "react", "c": line, "q": mine["q"], "e": "🔥", "on": true}));
    carol.does(json!({"t": "send", "c": line, "b": "so it does", "re": first["q"]}));
    assert_eq!(carol.finds("zanzibarquill", &line).len(), 1);
    // A bundle of the channel, made before.
    assert!(holds(&exports(&mut olga, &mut ada, &line), "zanzibarquill"));
    let file = ada.reads(&line);
    let file = file.iter().find(|i| i["b"] == "as written").expect("sent");
    let file = file["f"][0]["id"].as_str().unwrap_or_default().to_owned();

    let refused = ada
        .tries(json!({"t": "erase.request", "person": bilal.id, "reason": "asked"}))
        .expect_err("still active");
    assert_eq!(refused.code, "conflict");
    ada.does(json!({"t": "person.deactivate", "person": bilal.id}));
    let order = json!({"t": "erase.request", "person": bilal.id, "reason": "asked for it"});
    let order = ada.does(order)["order"].clone();
    let planned = olga.gets(&format!(
        "/api/v1/orders/preview?order={}",
        order.as_str().unwrap_or_default()
    ));
    let old = world.data.with_file_name("old");
    copy(&world.data, &old);
    carol.listens();
    let mut talker = carol.tab();
    meanwhile(&mut talker, &aside, || {
        let approve = json!({"t": "order.approve", "order": order});
        let refused = ada.tries(approve.clone()).expect_err("four eyes");
        assert_eq!(refused.code, "forbidden");
        olga.does(approve);
        waits_for(&mut olga, &order);
    });
    // Of both, whichever was first.
    let mut purged = BTreeSet::new();
    for _ in 0..2 {
        let purge = carol.expects("a purge", |f| f["t"] == "purge");
        assert_eq!(
            (&purge["d"]["why"], &purge["d"]["u"]),
            (&json!("erased"), &json!(bilal.id))
        );
        purged.insert(purge["c"].as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(purged, BTreeSet::from([line.clone(), other.clone()]));
    carol.loses_connection();
    let done = olga.gets("/api/v1/ledger?act=destroy.done");
    let done = done["entries"].as_array().into_iter().flatten();
    let done: Vec<&Value> = done.filter(|e| e["channel"].is_null()).collect();
    assert_eq!(done[0]["object"]["records"], planned["exact"]["records"]);
    assert_eq!(done[0]["object"]["blobs"], planned["exact"]["files"]);
    assert_eq!(planned["messages"], 3);

    let words = [
        "zanzibarquill",
        "cobaltbarley",
        "brimstonewax",
        "as written",
    ];
    let is_gone = |who: &mut Person| {
        // Who is not in the other channel is told nothing of it, which is right too.
        for c in [&line, &other] {
            let path = format!("/api/v1/channels/{c}/messages?limit=100");
            let page = who.http.get(&path).expect("an answer").body;
            let page = String::from_utf8_lossy(&page).into_owned();
            for word in words {
                assert!(!page.contains(word), "{word} in {page}");
            }
        }
        for word in words {
            assert!(who.finds(word, &line).is_empty(), "{word} is found");
        }
        assert_eq!(who.downloads(&file).code(), "not_found");
        let people = who.gets("/api/v1/bootstrap").to_string();
        assert!(!people.contains("Vermilionhops"), "{people}");
    };
    let neighbours = |carol: &mut Person| {
        let items = carol.reads(&line);
        let texts: Vec<&str> = items.iter().filter_map(|i| i["b"].as_str()).collect();
        assert!(
            texts.contains(&"saffronglue is fine") && texts.contains(&"so it does"),
            "{texts:?}"
        );
        let item = items.iter().find(|i| i["q"] == mine["q"]).expect("there");
        assert!(item["rx"]["🔥"].is_null(), "{item}");
        assert_eq!(carol.finds("saffronglue", &line).len(), 1);
    };
    is_gone(&mut ada);
    is_gone(&mut carol);
    neighbours(&mut carol);
    let list = olga.gets("/api/v1/exports");
    assert_eq!(list["exports"][0]["state"], "destroyed", "{list}");
    let bundle = exports(&mut olga, &mut ada, &line);
    assert!(!holds(&bundle, "zanzibarquill") && holds(&bundle, "saffronglue is fine"));
    let gap = format!("\"scope\": \"person/{}\"", bilal.id);
    assert!(holds(&bundle, &gap) && !holds(&bundle, UNEXPLAINED));
    let refused = ada.tries(json!({"t": "person.reactivate", "person": bilal.id}));
    assert_eq!(refused.expect_err("never comes back").code, "conflict");

    let needles = needles(&[
        theirs,
        "brimstonewax.txt",
        "Bilal Vermilionhops",
        "cobaltbarley",
    ]);
    let house = world.data.parent().expect("a folder").to_owned();
    assert_eq!(
        scan(&house, &needles),
        Vec::<String>::new(),
        "while it runs"
    );
    world.stop();
    world.verifies();
    world.again();
    is_gone(&mut carol);
    neighbours(&mut carol);
    world.stop();
    world
        .again_on(&under_new_keys(&world.data, &old))
        .expect("it opens");
    is_gone(&mut carol);
    neighbours(&mut carol);
    world.stop();
}

#[test]
fn a_redacted_message_is_gone_with_all_that_belonged_to_it_and_its_day_reads_on() {
    let mut world = World::start();
    let (mut ada, mut carol) = (world.admin(), world.person("Carol"));
    let mut olga = world.newcomer("Olga", "officer");
    let line = ada.channel("Line 3", &[&carol]);
    let aside = carol.channel("Aside", &[]);
    let before = ada.says(&line, "before it: walnutbisque");
    let note = ada.uploads(&line, "vermilionhops.txt", FILE);
    let leak =
        ada.does(json!({"t": "send", "c": line, "b": "the code is zanzibarquill", "f": [note]}));
    let leak = leak["q"].clone();
    ada.does(json!({"t": "edit", "c": line, "q": leak, "b": "the code was brimstonewax"}));
    carol.does(json!({"t": "react", "c": line, "q": leak, "e": "👍", "on": true}));
    carol.does(json!({"t": "react", "c": line, "q": before["q"], "e": "👍", "on": true}));
    carol.does(json!({"t": "send", "c": line, "b": "in its thread: hazelnutbisque", "th": leak}));
    let kept = carol.uploads(&line, "kept.txt", b"page two, of walnuts and nothing else");
    carol.does(
        json!({"t": "send", "c": line, "b": "after it: chestnutbisque", "f": [kept], "re": leak}),
    );
    let words = ["zanzibarquill", "brimstonewax", "vermilionhops"];
    for word in words {
        assert!(carol.finds(word, &line).len() <= 1);
    }
    let old = world.data.with_file_name("old");
    copy(&world.data, &old);

    let order = json!({"t": "redact.request", "c": line, "q": [leak], "reason": "a password"});
    let order = olga.does(order)["order"].clone();
    carol.listens();
    let mut talker = carol.tab();
    meanwhile(&mut talker, &aside, || {
        ada.does(json!({"t": "order.approve", "order": order}));
        waits_for(&mut olga, &order);
    });
    let purge = carol.expects("a purge", |f| f["t"] == "purge");
    assert_eq!(
        (&purge["d"]["why"], &purge["d"]["ranges"]),
        (&json!("redacted"), &json!([[leak, leak]]))
    );
    carol.loses_connection();
    let done = olga.gets("/api/v1/ledger?act=destroy.done");
    // The message, its edit and the reaction to it.
    assert_eq!(done["entries"][0]["object"]["records"], 3, "{done}");

    let reads_on = |who: &mut Person| {
        let page = who.gets(&format!("/api/v1/channels/{line}/messages?limit=100"));
        let told = page.to_string();
        for word in words {
            assert!(!told.contains(word), "{word} in {told}");
            assert!(who.finds(word, &line).is_empty(), "{word} is found");
        }
        let items = page["items"].as_array().cloned().unwrap_or_default();
        let neighbour = items.iter().find(|i| i["q"] == before["q"]).expect("there");
        assert_eq!(
            neighbour["rx"]["👍"],
            json!([carol_id(&items)]),
            "{neighbour}"
        );
        let after = items.iter().find(|i| i["b"] == "after it: chestnutbisque");
        let after = after.expect("there");
        let id = after["f"][0]["id"].as_str().unwrap_or_default();
        assert_eq!(
            who.downloads(id).body,
            b"page two, of walnuts and nothing else"
        );
        for word in ["walnutbisque", "chestnutbisque", "hazelnutbisque"] {
            assert_eq!(who.finds(word, &line).len(), 1, "{word}");
        }
        for command in [
            json!({"t": "edit", "c": line, "q": leak, "b": "back"}),
            json!({"t": "react", "c": line, "q": leak, "e": "👍", "on": true}),
        ] {
            assert_eq!(who.tries(command).expect_err("gone").code, "not_found");
        }
    };
    reads_on(&mut ada);
    reads_on(&mut carol);
    carol.says(&line, "and the day goes on");
    let bundle = exports(&mut olga, &mut ada, &line);
    let gap = "\"reason\": \"redacted\"";
    assert!(holds(&bundle, gap) && !holds(&bundle, UNEXPLAINED));
    let needles = needles(&[
        "the code is zanzibarquill",
        "the code was brimstonewax",
        "vermilionhops",
    ]);
    let house = world.data.parent().expect("a folder").to_owned();
    assert_eq!(
        scan(&house, &needles),
        Vec::<String>::new(),
        "while it runs"
    );
    world.stop();
    world.verifies();
    world.again();
    reads_on(&mut carol);
    world.stop();
    let mixed = under_new_keys(&world.data, &old);
    world.again_on(&mixed).expect("it opens");
    let page = carol
        .gets(&format!("/api/v1/channels/{line}/messages?limit=100"))
        .to_string();
    for word in words {
        assert!(!page.contains(word), "{word} in {page}");
    }
    world.stop();
}

#[test]
fn a_file_serves_one_message_so_that_it_dies_with_that_one_alone() {
    let world = World::start();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let note = ada.uploads(&line, "rota.txt", b"who works on Sunday");
    let (mut one, mut other) = (ada.tab(), ada.tab());
    let send = json!({"t": "send", "c": line, "b": "see this", "f": [note]});
    let (first, second) = thread::scope(|scope| {
        let first = scope.spawn(|| one.tries(send.clone()));
        let second = scope.spawn(|| other.tries(send.clone()));
        (
            first.join().expect("answered"),
            second.join().expect("answered"),
        )
    });
    let refused = [&first, &second]
        .into_iter()
        .filter_map(|a| a.as_ref().err());
    let codes: Vec<&str> = refused.map(|refused| refused.code.as_str()).collect();
    assert_eq!(codes, ["not_found"]);
    // Sent again, its answer lost on the way, it is the same message.
    let sent = first.or(second).expect("one of them");
    let mut again = send.clone();
    again["id"] = sent["id"].clone();
    assert_eq!(ada.does(again)["q"], sent["q"]);
    // A message that is refused takes no file.
    let rota = ada.uploads(&line, "rota.txt", b"who works on Monday");
    let long = "x".repeat(20_000);
    let refused = ada.tries(json!({"t": "send", "c": line, "b": long, "f": [rota]}));
    assert_eq!(refused.expect_err("too long").code, "too_large");
    ada.does(json!({"t": "send", "c": line, "b": "", "f": [rota]}));
}

#[test]
fn a_locked_floor_is_never_shortened_and_none_lies_above_its_ceiling() {
    let world = World::start();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let set = |c: &str, keep: Value, floor: Value, lock: bool| json!({"t": "policy.set", "c": c, "keep_days": keep, "floor_days": floor, "lock": lock});
    for (keep, floor) in [
        (json!(10), json!(11)),
        (json!(10), json!(0)),
        (json!(10), json!(99_999)),
    ] {
        assert!(ada.tries(set(&line, keep, floor, false)).is_err());
    }
    world.rules(set(&line, json!(30), json!(10), true));
    for (floor, lock) in [(json!(9), true), (json!(9), false), (Value::Null, false)] {
        let refused = ada.tries(set(&line, json!(30), floor, lock));
        assert_eq!(refused.expect_err("locked").code, "conflict");
    }
    ada.does(set(&line, json!(30), json!(20), false));
    let refused = ada.tries(set(&line, json!(30), json!(19), false));
    assert_eq!(refused.expect_err("still locked").code, "conflict");
    // A floor of the workspace holds for every channel, and must fit under each ceiling.
    let refused = ada.tries(json!({"t": "policy.set", "keep_days": null, "floor_days": 31}));
    assert_eq!(
        refused.expect_err("above a channel's ceiling").code,
        "conflict"
    );
    ada.does(json!({"t": "policy.set", "keep_days": null, "floor_days": 25}));
    let refused = ada.tries(set(&line, json!(24), json!(20), false));
    assert_eq!(
        refused.expect_err("under the workspace's floor").code,
        "conflict"
    );
}

/// Whoever wrote the line after it.
fn carol_id(items: &[Value]) -> Value {
    let after = items.iter().find(|i| i["b"] == "after it: chestnutbisque");
    after.expect("there")["u"].clone()
}

#[test]
fn a_bundle_is_on_record_before_its_first_byte_leaves() {
    let mut world = World::start();
    let mut ada = world.admin();
    let mut olga = world.newcomer("Olga", "officer");
    let line = ada.channel("Line 3", &[]);
    ada.says(&line, "what an officer is after");
    let export = built(&mut olga, &mut ada, &line);
    // The server dies with the first byte on its way.
    let mut stream = olga.http.site.connect().expect("connected");
    let cookie = olga.http.cookie.clone().unwrap_or_default();
    let request = format!(
        "GET /api/v1/exports/{export}/download HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\n\r\n",
        olga.http.site.host()
    );
    stream.write_all(request.as_bytes()).expect("asked");
    let mut first = [0];
    stream.read_exact(&mut first).expect("it begins");
    world.kill();
    world.again();
    let ledger = olga.gets("/api/v1/ledger?act=export.downloaded");
    let entry = &ledger["entries"][0];
    assert_eq!(entry["object"]["export"], export.as_str(), "{ledger}");
    assert_eq!(entry["actor"], olga.id.as_str());
}

pub fn waits_for(who: &mut Person, order: &Value) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let orders = who.gets("/api/v1/orders");
        let all = orders["orders"].as_array().cloned().unwrap_or_default();
        let one = all.iter().find(|o| o["id"] == *order).expect("the order");
        if one["state"] == "done" {
            return;
        }
        assert!(Instant::now() < deadline, "{one}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// An export of everything the channel has, approved by another; its id.
fn built(officer: &mut Person, approver: &mut Person, c: &str) -> String {
    built_as(officer, approver, c, None)
}

/// With these formats.
pub fn built_as(
    officer: &mut Person,
    approver: &mut Person,
    c: &str,
    formats: Option<&[&str]>,
) -> String {
    let to = now_ms() + 40 * 86_400_000;
    let order = json!({"t": "export.request", "c": c, "from": 0, "to": to, "reason": "asked for", "case": "7", "formats": formats});
    let export = officer.does(order)["export"].clone();
    approver.does(json!({"t": "export.approve", "export": export}));
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let jobs = officer.gets("/api/v1/exports");
        let all = jobs["exports"].as_array().cloned().unwrap_or_default();
        let job = all.into_iter().find(|j| j["id"] == export).expect("a job");
        if job["state"] == "ready" {
            return export.as_str().unwrap_or_default().to_owned();
        }
        assert!(
            job["state"] != "failed" && Instant::now() < deadline,
            "{job}"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

/// All of it as it is downloaded, checked and unpacked.
pub fn exports(officer: &mut Person, approver: &mut Person, c: &str) -> Vec<u8> {
    let id = built(officer, approver, c);
    let path = format!("/api/v1/exports/{id}/download");
    let zipped = officer.http.get(&path).expect("an answer").body;
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("bundle.zip");
    fs::write(&path, &zipped).expect("written");
    daylight::export::verify_bundle(&path, None).expect("it verifies");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zipped)).expect("a zip");
    let mut all = Vec::new();
    for n in 0..archive.len() {
        let mut entry = archive.by_index(n).expect("an entry");
        std::io::copy(&mut entry, &mut all).expect("unpacked");
    }
    all
}

pub fn holds(bytes: &[u8], word: &str) -> bool {
    memchr::memmem::find(bytes, word.as_bytes()).is_some()
}

pub fn needles(texts: &[&str]) -> Vec<(String, Vec<u8>)> {
    texts.iter().flat_map(|text| forms(text)).collect()
}

/// The stolen copy, under the keys of today.
fn under_new_keys(data: &Path, old: &Path) -> std::path::PathBuf {
    let mixed = data.with_file_name("mixed");
    copy(old, &mixed);
    fs::remove_dir_all(mixed.join("keys")).expect("removed");
    copy(&data.join("keys"), &mixed.join("keys"));
    mixed
}
