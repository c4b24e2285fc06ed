//! Reading for a matter: counts first, content only under a grant that another officer approved, no further than it
//! reaches and no longer than it stands; every look on record before it is answered, and told to those it concerns.

use std::io::{Read, Write};
use std::time::Duration;

use serde_json::{Value, json};
use tests::world::{Person, World, to_noon};

const DAY_MS: i64 = 24 * 3_600_000;
const FILE: &[u8] = b"a ledger of vermilionhops and cobaltbarley, page one of one";

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn opens_matter(officer: &mut Person, name: &str) -> String {
    let matter = json!({"t": "matter.open", "name": name, "reason": "a leak"});
    text(&officer.does(matter)["matter"])
}

fn wants(matter: &str, channels: &[&str], people: &[&str], days: u32) -> Value {
    json!({"t": "grant.request", "matter": matter, "channels": channels, "people": people,
        "reason": "the complaint of May", "days": days})
}

/// Asked for by one and approved by the other.
fn granted(olga: &mut Person, oscar: &mut Person, wanted: Value) -> String {
    let grant = text(&olga.does(wanted)["grant"]);
    oscar.does(json!({"t": "grant.approve", "grant": grant}));
    grant
}

/// Status, code and body of a question.
fn asks(who: &mut Person, path: &str, body: &Value) -> (u16, String, Value) {
    let answer = who.http.post(path, body).expect("an answer");
    let parsed = serde_json::from_slice(&answer.body).unwrap_or_default();
    (answer.status, answer.code(), parsed)
}

fn searches(who: &mut Person, grant: &str, body: &Value) -> Value {
    let (status, _, hits) = asks(who, &format!("/api/v1/grants/{grant}/search"), body);
    assert_eq!(status, 200, "{hits}");
    hits
}

fn code_of(who: &mut Person, path: &str) -> String {
    let answer = who.http.get(path).expect("an answer");
    match answer.status {
        200 => "ok".to_owned(),
        _ => answer.code(),
    }
}

fn entries(who: &mut Person, act: &str) -> Vec<Value> {
    let ledger = who.gets(&format!("/api/v1/ledger?act={act}&limit=200"));
    ledger["entries"].as_array().cloned().unwrap_or_default()
}

#[test]
fn content_is_opened_under_a_grant_of_another_officer_and_no_further_than_it_reaches() {
    let world = World::start();
    let mut ada = world.admin();
    let (mut bilal, mut carol) = (world.person("Bilal"), world.person("Carol"));
    let mut olga = world.newcomer("Olga", "officer");
    let mut oscar = world.newcomer("Oscar", "officer");
    let line = bilal.channel("Line 3", &[&carol]);
    let aside = bilal.channel("Aside", &[&carol]);
    let first = bilal.says(&line, "the vermilionhops were never paid for");
    bilal.does(json!({"t": "edit", "c": line, "q": first["q"], "b": "all was paid for"}));
    let gone = bilal.says(&line, "burn the zanzibarquill");
    bilal.does(json!({"t": "del", "c": line, "q": gone["q"]}));
    let note = bilal.uploads(&line, "ledger.txt", FILE);
    let papers = bilal.does(json!({"t": "send", "c": line, "b": "see page one", "f": [note]}));
    carol.says(&line, "carol has nothing to do with saffronglue");
    bilal.says(&aside, "elsewhere lies the brimstonewax");
    let matter = opens_matter(&mut olga, "Falcon");
    let counts = format!("/api/v1/matters/{matter}/count");
    carol.listens();

    // Numbers alone, before anybody approved anything.
    let (status, _, tally) = asks(&mut olga, &counts, &json!({"text": "zanzibarquill"}));
    assert_eq!(status, 200, "{tally}");
    assert_eq!((&tally["messages"], &tally["hits"]), (&json!(5), &json!(1)));
    assert_eq!(tally["with_files"], 1);
    let by_bilal = tally["people"].as_array().into_iter().flatten();
    let by_bilal: Vec<_> = by_bilal
        .filter(|row| row["u"] == bilal.id.as_str())
        .collect();
    assert_eq!(by_bilal[0]["messages"], 4, "{tally}");
    for word in ["zanzibarquill", "vermilionhops", "ledger.txt"] {
        assert!(!tally.to_string().contains(word), "{tally}");
    }
    for who in [&mut ada, &mut carol] {
        assert_eq!(asks(who, &counts, &json!({})).1, "forbidden");
        assert_eq!(code_of(who, "/api/v1/grants"), "forbidden");
    }

    let wanted = wants(&matter, &[&line], &[&bilal.id], 7);
    let grant = text(&olga.does(wanted)["grant"]);
    let search = format!("/api/v1/grants/{grant}/search");
    assert_eq!(asks(&mut olga, &search, &json!({})).1, "grant/not_standing");
    let approve = json!({"t": "grant.approve", "grant": grant});
    for who in [&mut olga, &mut ada, &mut carol] {
        let refused = who.tries(approve.clone()).expect_err("four eyes");
        assert_eq!(refused.code, "forbidden");
    }
    let before = entries(&mut oscar, "look.").len();
    oscar.does(approve);
    assert_eq!(
        asks(&mut oscar, &search, &json!({})).1,
        "not_found",
        "hers alone"
    );

    // What was edited away and what was deleted is found, with who did it.
    for (word, q) in [
        ("vermilionhops", &first["q"]),
        ("zanzibarquill", &gone["q"]),
    ] {
        let hits = searches(&mut olga, &grant, &json!({"text": word}));
        assert_eq!(hits["hits"].as_array().map(Vec::len), Some(1), "{hits}");
        assert_eq!(hits["hits"][0]["item"]["q"], *q);
        assert!(
            hits["hits"][0]["snippet"].to_string().contains(word),
            "{hits}"
        );
        let last = &entries(&mut oscar, "look.searched")[0];
        assert_eq!(last["position"], hits["position"]);
        assert_eq!(last["object"]["seen"], json!([line]));
    }
    let page = olga.gets(&format!("/api/v1/grants/{grant}/channels/{line}"));
    let items = page["items"].as_array().cloned().unwrap_or_default();
    assert_eq!(items.len(), 3, "carol's is out of reach: {page}");
    assert_eq!(
        items[0]["versions"][0]["b"],
        "the vermilionhops were never paid for"
    );
    assert_eq!(items[0]["b"], "all was paid for");
    assert_eq!(items[1]["del"]["u"], bilal.id.as_str());
    assert_eq!(items[1]["b"], "burn the zanzibarquill");
    assert_eq!(items[2]["q"], papers["q"]);
    assert_eq!(
        (&page["before"], &page["after"]),
        (&Value::Null, &Value::Null)
    );
    let file = text(&items[2]["f"][0]["id"]);
    let bytes = olga
        .http
        .get(&format!("/api/v1/grants/{grant}/files/{file}"));
    assert_eq!(bytes.expect("an answer").body, FILE);
    let filtered = searches(&mut olga, &grant, &json!({"files": true}));
    assert_eq!(
        filtered["hits"].as_array().map(Vec::len),
        Some(1),
        "{filtered}"
    );
    let one = searches(&mut olga, &grant, &json!({"limit": 1}));
    assert_eq!(one["hits"][0]["item"]["q"], papers["q"], "the newest first");
    assert_eq!(one["hits"][0]["around"][0]["q"], gone["q"], "{one}");
    let rest = searches(&mut olga, &grant, &json!({"cursor": one["next"]}));
    assert_eq!(rest["hits"].as_array().map(Vec::len), Some(2), "{rest}");

    let days = json!({"t": "grant.request", "matter": matter, "channels": [line], "reason": "an old one", "days": 1, "to": 1});
    let old = granted(&mut olga, &mut oscar, days);
    for side in ["", "?around=3", "?before=3", "?after=3"] {
        let none = olga.gets(&format!("/api/v1/grants/{old}/channels/{line}{side}"));
        assert_eq!(none["items"], json!([]), "{none}");
    }

    // No further than it reaches.
    let outside = format!("/api/v1/grants/{grant}/channels/{aside}");
    assert_eq!(code_of(&mut olga, &outside), "not_found");
    assert_eq!(
        asks(&mut olga, &search, &json!({"channels": [aside]})).1,
        "not_found"
    );
    for word in ["brimstonewax", "saffronglue"] {
        let hits = searches(&mut olga, &grant, &json!({"text": word}));
        assert_eq!(hits["hits"], json!([]), "{hits}");
    }
    // Each look, and each alone: two words, a page, a file, files only, two pages of all, four empty pages, two
    // words in vain.
    assert_eq!(entries(&mut oscar, "look.").len(), before + 13);

    // Nobody in the channel notices anything, and whoever runs the house neither.
    carol.hears_nothing_of(&line, Duration::from_millis(300));
    for who in [&mut carol, &mut ada] {
        let all = who.gets("/api/v1/bootstrap").to_string();
        assert!(!all.contains(&matter) && !all.contains(&grant), "{all}");
        assert_eq!(who.gets("/api/v1/looks")["looks"], json!([]));
    }
    let receipts = bilal.gets(&format!(
        "/api/v1/channels/{line}/messages/{}/receipts",
        papers["q"]
    ));
    assert!(!receipts.to_string().contains(&olga.id), "{receipts}");
    let ledger = ada.gets("/api/v1/ledger?limit=200").to_string();
    for act in ["look.", "grant.", "matter."] {
        assert!(!ledger.contains(&format!("\"{act}")), "{ledger}");
    }

    // An auditor sees who looked, and at what, and reads nothing.
    let mut iris = world.newcomer("Iris", "auditor");
    let looks = entries(&mut iris, "look.");
    assert!(looks.iter().all(|look| look["actor"] == olga.id.as_str()));
    let told = json!(looks).to_string();
    for word in ["zanzibarquill", "vermilionhops", "ledger.txt", "Falcon"] {
        assert!(!told.contains(word), "{told}");
    }
    assert_eq!(code_of(&mut iris, &outside), "forbidden");

    // Given back, it opens nothing more; and told only when the matter is closed.
    oscar.does(json!({"t": "grant.end", "grant": grant}));
    assert_eq!(asks(&mut olga, &search, &json!({})).1, "grant/not_standing");
    olga.does(json!({"t": "matter.close", "matter": matter}));
    let looks = carol.gets("/api/v1/looks");
    assert_eq!(looks["looks"].as_array().map(Vec::len), Some(1), "{looks}");
    assert_eq!(looks["looks"][0]["c"], line.as_str());
    // Four searches showed something, and a search of all twice; a page and a file.
    assert_eq!(looks["looks"][0]["n"], 7, "{looks}");
    assert!(!looks.to_string().contains(&olga.id) && !looks.to_string().contains("Falcon"));
    let refused = olga.tries(wants(&matter, &[&line], &[], 7));
    assert_eq!(refused.expect_err("closed").code, "conflict");
}

#[test]
fn a_grant_ends_at_its_time_and_no_clock_and_no_restart_brings_it_back() {
    let (mut world, clock) = World::with_clock();
    let mut ada = world.admin();
    let mut olga = world.newcomer("Olga", "officer");
    let mut oscar = world.newcomer("Oscar", "officer");
    let line = ada.channel("Line 3", &[]);
    ada.says(&line, "the vermilionhops");
    let matter = opens_matter(&mut olga, "Falcon");
    for days in [0, 91] {
        let refused = olga.tries(wants(&matter, &[&line], &[], days));
        assert_eq!(refused.expect_err("1 to 90 days").code, "invalid");
    }
    let everything = olga.tries(wants(&matter, &[], &[], 7));
    assert_eq!(everything.expect_err("a grant has a scope").code, "invalid");
    let short = granted(&mut olga, &mut oscar, wants(&matter, &[&line], &[], 1));
    let long = granted(&mut olga, &mut oscar, wants(&matter, &[&line], &[], 3));
    let reads = |who: &mut Person, grant: &str| {
        code_of(who, &format!("/api/v1/grants/{grant}/channels/{line}"))
    };
    clock.shift(DAY_MS - 60_000);
    assert_eq!(
        (reads(&mut olga, &short), reads(&mut olga, &long)),
        ("ok".into(), "ok".into())
    );
    clock.shift(2 * 60_000);
    assert_eq!(reads(&mut olga, &short), "grant/not_standing");
    assert_eq!(reads(&mut olga, &long), "ok");
    // Somebody did something after its end: no clock set back takes that away.
    clock.shift(-DAY_MS);
    assert_eq!(reads(&mut olga, &short), "grant/not_standing");
    // The other ends while nobody does anything: the server says so by itself.
    clock.shift(4 * DAY_MS);
    world.sweeps();
    let ended = entries(&mut oscar, "grant.ended");
    assert_eq!(ended.len(), 2, "{ended:?}");
    assert!(ended.iter().all(|e| e["object"]["expired"] == true));
    clock.shift(-5 * DAY_MS);
    assert_eq!(reads(&mut olga, &long), "grant/not_standing");
    world.stop();
    let data = world.data.clone();
    world.again_here_on(&data, &clock).expect("it opens");
    assert_eq!(reads(&mut olga, &short), "grant/not_standing");
    assert_eq!(reads(&mut olga, &long), "grant/not_standing");
    let list = olga.gets("/api/v1/grants");
    let list = list["grants"].as_array().into_iter().flatten();
    assert!(list.clone().count() == 2 && list.clone().all(|g| g["ended_why"] == "expired"));
    world.stop();
    world.verifies();
}

#[test]
fn a_grant_ends_with_its_matter_and_with_the_role_of_either_and_does_not_come_back() {
    let world = World::start();
    let mut ada = world.admin();
    let mut olga = world.newcomer("Olga", "officer");
    let mut oscar = world.newcomer("Oscar", "officer");
    let line = ada.channel("Line 3", &[]);
    ada.says(&line, "the vermilionhops");
    let matter = opens_matter(&mut olga, "Falcon");
    let ids = [oscar.id.clone(), olga.id.clone()];
    for id in ids {
        let grant = granted(&mut olga, &mut oscar, wants(&matter, &[&line], &[], 7));
        let path = format!("/api/v1/grants/{grant}/channels/{line}");
        assert_eq!(code_of(&mut olga, &path), "ok");
        for role in ["member", "officer"] {
            ada.does(json!({"t": "person.role", "person": id, "role": role}));
        }
        assert_eq!(code_of(&mut olga, &path), "grant/not_standing");
        let list = olga.gets("/api/v1/grants");
        assert_eq!(list["grants"][0]["ended_why"], "role_lost", "{list}");
    }
    let grant = granted(&mut olga, &mut oscar, wants(&matter, &[&line], &[], 7));
    let hold = json!({"t": "hold.place", "matter": matter, "channels": [line]});
    let hold = olga.does(hold)["hold"].clone();
    let close = json!({"t": "matter.close", "matter": matter});
    let refused = oscar.tries(close.clone());
    assert_eq!(refused.expect_err("it still holds").code, "conflict");
    olga.does(json!({"t": "hold.release", "hold": hold}));
    oscar.does(close.clone());
    assert_eq!(oscar.tries(close).expect_err("once").code, "conflict");
    let path = format!("/api/v1/grants/{grant}/channels/{line}");
    assert_eq!(code_of(&mut olga, &path), "grant/not_standing");
    let counts = format!("/api/v1/matters/{matter}/count");
    assert_eq!(asks(&mut olga, &counts, &json!({})).1, "conflict");
    for command in [
        json!({"t": "hold.place", "matter": matter, "channels": [line]}),
        wants(&matter, &[&line], &[], 7),
    ] {
        assert_eq!(olga.tries(command).expect_err("closed").code, "conflict");
    }
    assert!(olga.gets("/api/v1/matters")["matters"][0]["closed_at"].is_u64());
}

#[test]
fn a_look_is_on_record_before_its_first_byte_leaves() {
    let mut world = World::start();
    let mut ada = world.admin();
    let mut olga = world.newcomer("Olga", "officer");
    let mut oscar = world.newcomer("Oscar", "officer");
    let line = ada.channel("Line 3", &[]);
    ada.says(&line, "what an officer is after");
    let matter = opens_matter(&mut olga, "Falcon");
    let grant = granted(&mut olga, &mut oscar, wants(&matter, &[&line], &[], 7));
    // The server dies with the first byte on its way.
    let mut stream = olga.http.site.connect().expect("connected");
    let cookie = olga.http.cookie.clone().unwrap_or_default();
    let host = olga.http.site.host();
    let request = format!(
        "GET /api/v1/grants/{grant}/channels/{line} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("asked");
    stream.read_exact(&mut [0]).expect("it begins");
    world.kill();
    world.again();
    let looks = entries(&mut oscar, "look.read");
    assert_eq!(looks.len(), 1, "{looks:?}");
    assert_eq!(looks[0]["object"]["grant"], grant.as_str());
    assert_eq!(looks[0]["object"]["channels"], json!([line]));
    assert_eq!(looks[0]["actor"], olga.id.as_str());
    // The grant stands as before, and so does what was told of the look.
    assert_eq!(
        code_of(
            &mut olga,
            &format!("/api/v1/grants/{grant}/channels/{line}")
        ),
        "ok"
    );
    olga.does(json!({"t": "matter.close", "matter": matter}));
    assert_eq!(ada.gets("/api/v1/looks")["looks"][0]["n"], 2);
}

#[test]
fn what_is_held_is_read_under_a_grant_and_what_is_destroyed_is_counted_and_never_shown() {
    let (mut world, clock) = World::with_clock();
    to_noon(&clock);
    let (mut bilal, mut carol) = (world.person("Bilal"), world.person("Carol"));
    let mut olga = world.newcomer("Olga", "officer");
    let mut oscar = world.newcomer("Oscar", "officer");
    let line = bilal.channel("Line 3", &[&carol]);
    bilal.says(&line, "the vermilionhops were never paid for");
    carol.says(&line, "nobody asked about the cobaltbarley");
    let note = bilal.uploads(&line, "ledger.txt", FILE);
    bilal.does(json!({"t": "send", "c": line, "b": "see page one", "f": [note]}));
    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 1}));
    let matter = opens_matter(&mut olga, "Falcon");
    olga.does(json!({"t": "hold.place", "matter": matter, "people": [bilal.id]}));
    clock.shift(3 * DAY_MS);
    assert_eq!(world.sweeps(), 1);
    assert!(
        bilal.finds("vermilionhops", &line).is_empty(),
        "out of everybody's sight"
    );

    let (_, _, tally) = asks(
        &mut olga,
        &format!("/api/v1/matters/{matter}/count"),
        &json!({}),
    );
    assert_eq!(
        (&tally["messages"], &tally["gone"], &tally["kept"]),
        (&json!(3), &json!(1), &json!(2)),
        "{tally}"
    );
    let day = &tally["destroyed"][0];
    assert_eq!(
        (&day["messages"], &day["keep_days"]),
        (&json!(3), &json!(1)),
        "{tally}"
    );
    assert!(day["at"].as_u64() > Some(0));
    let grant = granted(&mut olga, &mut oscar, wants(&matter, &[&line], &[], 7));
    let hits = searches(&mut olga, &grant, &json!({"text": "vermilionhops"}));
    assert_eq!(hits["hits"][0]["item"]["kept"], true, "{hits}");
    assert_eq!(hits["destroyed"][0]["messages"], 3);
    let page = olga.gets(&format!("/api/v1/grants/{grant}/channels/{line}"));
    assert!(!page.to_string().contains("cobaltbarley"), "{page}");
    let items = page["items"].as_array().cloned().unwrap_or_default();
    let states: Vec<_> = items
        .iter()
        .map(|i| (i["gone"] == true, i["kept"] == true))
        .collect();
    assert_eq!(states, [(false, true), (true, false), (false, true)]);
    let file = text(&items[2]["f"][0]["id"]);
    let bytes = olga
        .http
        .get(&format!("/api/v1/grants/{grant}/files/{file}"));
    assert_eq!(bytes.expect("an answer").body, FILE);
    // A year is the longest that it is not told.
    assert_eq!(bilal.gets("/api/v1/looks")["looks"], json!([]));
    clock.shift(367 * DAY_MS);
    let looks = bilal.gets("/api/v1/looks");
    assert_eq!(
        (&looks["looks"][0]["c"], &looks["looks"][0]["n"]),
        (&json!(line), &json!(3))
    );
    world.stop();
    world.verifies();
}
