//! Who comes later reads what the channel's owners let new members read, and not a word that is older: by no route, no
//! frame and no detour over something newer.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::world::{Person, World, to_noon};

const DAY_MS: i64 = 24 * 3_600_000;
const OLD: &str = "quagmire";
const NOTE: &[u8] = b"quagmire in a file";

/// What was said before the newcomer came.
struct Before {
    line: String,
    head: u64,
    plain: u64,
    edited: u64,
    root: u64,
    files: Vec<String>,
}

#[test]
fn who_came_later_finds_nothing_older_by_any_route() {
    let mut world = World::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let before = before(&mut ada, &mut bilal);
    let line = before.line.clone();
    ada.does(json!({"t": "channel.history", "c": line, "days": 0}));
    let mut chen = world.person("Chen");
    chen.listens();
    ada.does(json!({"t": "channel.add", "c": line, "people": [chen.id]}));
    let joined = chen.expects("the channel", |f| f["t"] == "joined");
    assert_silent("joined", &joined.to_string());
    let from = number(&joined["d"]["from"]);
    assert!(from > before.head, "{joined}");
    assert_eq!(joined["d"]["history_days"], 0);
    assert_eq!(
        (&joined["d"]["pins"], &joined["d"]["asks"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(joined["d"]["unread"], 0);

    // Newer acts that tell of older messages: heard without what they tell of.
    let heard = after(&mut ada, &mut bilal, &mut chen, &before);
    let mut expected = from + 1;
    for frame in &heard {
        assert_silent("a frame", &frame.to_string());
        if let Some(q) = frame["q"].as_u64() {
            assert_eq!(q, expected, "the sequence has no hole: {frame}");
            expected += 1;
        }
    }
    assert!(heard.iter().any(|f| f["t"] == "hidden" && f["d"].is_null()));
    everywhere(&mut chen, &before, from);
    // Whoever was there misses nothing.
    assert!(!bilal.finds(OLD, &line).is_empty());
    assert_eq!(bilal.downloads(&before.files[0]).body, NOTE);

    world.kill();
    world.again();
    chen.loses_connection();
    everywhere(&mut chen, &before, from);
    // Nothing but the log says so: every view is made anew from it.
    world.stop();
    std::fs::remove_dir_all(world.data.join("views")).expect("views");
    world.again();
    everywhere(&mut chen, &before, from);
    assert!(!bilal.finds(OLD, &line).is_empty());
}

#[test]
fn who_missed_the_news_is_told_them_as_who_heard_them_was() {
    let world = World::start();
    let (mut ada, mut bilal, mut chen) =
        (world.admin(), world.person("Bilal"), world.person("Chen"));
    let cur = chen.listens()["cur"].clone();
    chen.loses_connection();
    let before = before(&mut ada, &mut bilal);
    let line = before.line.clone();
    ada.does(json!({"t": "channel.history", "c": line, "days": 0}));
    ada.does(json!({"t": "channel.add", "c": line, "people": [chen.id]}));
    let mut other = world.person("Dora");
    other.listens();
    ada.does(json!({"t": "channel.add", "c": line, "people": [other.id]}));
    after(&mut ada, &mut bilal, &mut other, &before);

    let path = format!("/api/v1/sync?cur={}", cur.as_str().unwrap_or_default());
    let missed = chen.gets(&path);
    assert_eq!(missed["reset"], false);
    assert_silent("sync", &missed.to_string());
    let frames = missed["frames"].as_array().cloned().unwrap_or_default();
    assert!(frames.iter().any(|f| f["t"] == "joined"));
    assert!(frames.iter().any(|f| f["t"] == "hidden"));
    assert!(frames.iter().any(|f| f["d"]["b"] == "an answer"));
    let resumed = chen.resumes(&cur);
    assert_eq!(resumed["resumed"], true);
    let mut last = Value::Null;
    while last["d"]["b"] != "the last word" {
        last = chen.expects("a frame", |_| true);
        assert_silent("a resumed frame", &last.to_string());
    }
}

#[test]
fn the_last_days_are_whole_days_and_who_was_there_keeps_what_she_had() {
    let (mut world, clock) = World::with_clock();
    to_noon(&clock);
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[]);
    for day in 0..4 {
        ada.says(&line, &format!("said on day {day}"));
        clock.shift(DAY_MS);
    }
    let history = |days: Value| json!({"t": "channel.history", "c": line, "days": days});
    ada.does(history(json!(2)));
    let told = ada.does(history(json!(2)));
    assert!(told["q"].is_null(), "it is so already: {told}");
    let wrong = ada.tries(history(json!(3_651))).expect_err("too many");
    assert_eq!(wrong.code, "invalid");
    ada.does(json!({"t": "channel.add", "c": line, "people": [bilal.id]}));
    assert_eq!(said(&mut bilal, &line), ["said on day 2", "said on day 3"]);
    let first = bilal.gets(&format!("/api/v1/channels/{line}/messages?limit=1"));
    let mut page = first;
    while page["more_before"] == true {
        let q = number(&page["items"][0]["q"]);
        page = bilal.gets(&format!(
            "/api/v1/channels/{line}/messages?limit=1&before={q}"
        ));
    }
    assert!(page["items"].to_string().contains("day 2"), "{page}");

    // A new rule is for whoever comes from then on.
    ada.does(history(json!(0)));
    assert_eq!(said(&mut bilal, &line).len(), 2);
    let mut chen = world.person("Chen");
    let invite = ada.does(
        json!({"t": "invite.create", "role": "member", "channels": [line], "hours": 1, "uses": 1}),
    );
    let mut fresh = tests::http::Client::new(world.site());
    let body = json!({"code": invite["code"], "name": "Dora", "secret": "correct horse battery"});
    fresh
        .post("/api/v1/join", &body)
        .and_then(|a| a.ok())
        .expect("in by a code");
    let page = fresh
        .get(&format!("/api/v1/channels/{line}/messages"))
        .expect("a page");
    assert!(!String::from_utf8_lossy(&page.body).contains("said on day"));

    // Who leaves and comes back begins anew.
    bilal.does(json!({"t": "channel.leave", "c": line}));
    ada.says(&line, "said while Bilal was away");
    ada.does(json!({"t": "channel.add", "c": line, "people": [bilal.id, chen.id]}));
    assert_eq!(said(&mut bilal, &line), Vec::<String>::new());
    ada.says(&line, "said to all");
    assert_eq!(said(&mut bilal, &line), ["said to all"]);
    assert_eq!(said(&mut chen, &line), ["said to all"]);
    ada.does(history(Value::Null));
    ada.does(json!({"t": "channel.remove", "c": line, "person": chen.id}));
    ada.does(json!({"t": "channel.add", "c": line, "people": [chen.id]}));
    assert_eq!(said(&mut chen, &line).len(), 6);
    let first = chen.gets(&format!("/api/v1/channels/{line}"));
    assert_eq!(
        (&first["from"], &first["history_days"]),
        (&json!(1), &Value::Null)
    );
    let direct = ada.does(json!({"t": "channel.direct", "with": bilal.id}));
    let refused = ada.tries(json!({"t": "channel.history", "c": direct["c"], "days": 0}));
    assert_eq!(refused.expect_err("nobody joins it").code, "forbidden");
    world.stop();
}

fn before(ada: &mut Person, bilal: &mut Person) -> Before {
    let line = ada.channel("Line 3", &[bilal]);
    let plain = number(&ada.says(&line, &format!("plain {OLD} https://example.org/{OLD}"))["q"]);
    let edited = number(&ada.says(&line, "first version")["q"]);
    ada.does(json!({"t": "edit", "c": line, "q": edited, "b": format!("edited {OLD}")}));
    let root = number(&bilal.says(&line, &format!("root {OLD}"))["q"]);
    ada.does(json!({"t": "send", "c": line, "b": format!("reply {OLD}"), "th": root}));
    ada.does(json!({"t": "pin", "c": line, "q": plain, "on": true}));
    bilal.does(json!({"t": "react", "c": line, "q": plain, "e": "👍", "on": true}));
    ada.does(json!({"t": "send", "c": line, "b": format!("confirm {OLD}"), "ask": true}));
    let note = ada.uploads(&line, "quagmire.txt", NOTE);
    let picture = ada.uploads(&line, "quagmire.png", &crate::traces::photo());
    let papers = ada.does(json!({"t": "send", "c": line, "b": OLD, "f": [note, picture]}));
    let items = ada.reads(&line);
    let item = items.iter().find(|i| i["q"] == papers["q"]);
    let files = item.expect("the papers")["f"].as_array().cloned();
    let name = |file: &Value| file["id"].as_str().unwrap_or_default().to_owned();
    Before {
        head: number(&papers["q"]),
        files: files.unwrap_or_default().iter().map(name).collect(),
        line,
        plain,
        edited,
        root,
    }
}

/// What happens to the old after the newcomer came; returns what she heard.
fn after(ada: &mut Person, bilal: &mut Person, chen: &mut Person, before: &Before) -> Vec<Value> {
    let Before {
        line,
        plain,
        edited,
        root,
        ..
    } = before;
    ada.does(json!({"t": "edit", "c": line, "q": edited, "b": format!("edited again {OLD}")}));
    ada.does(json!({"t": "send", "c": line, "b": "an answer", "re": plain}));
    ada.does(json!({"t": "send", "c": line, "b": "in the old thread", "th": root}));
    bilal.does(json!({"t": "react", "c": line, "q": plain, "e": "🎉", "on": true}));
    ada.does(json!({"t": "pin", "c": line, "q": edited, "on": true}));
    ada.does(json!({"t": "pin", "c": line, "q": plain, "on": false}));
    ada.does(json!({"t": "del", "c": line, "q": plain}));
    ada.does(json!({"t": "send", "c": line, "b": "the last word"}));
    let mut heard = Vec::new();
    while heard
        .last()
        .is_none_or(|f: &Value| f["d"]["b"] != "the last word")
    {
        heard.push(chen.expects("a frame", |f| f["c"] == *line));
    }
    heard
}

/// Every call that a member can make, for every number there is; and every command at a message.
fn everywhere(chen: &mut Person, before: &Before, from: u64) {
    let line = &before.line;
    let document = chen.gets("/api/openapi.json");
    let routes = document["paths"].as_object().cloned().unwrap_or_default();
    let gets = routes.iter().filter(|(_, how)| how["get"].is_object());
    let mut walked = BTreeSet::new();
    let mut read = 0;
    for (path, _) in gets.filter(|(path, _)| path.starts_with("/api/v1/")) {
        let path = path.replace("{c}", line);
        let of_message = path.contains("{q}");
        // What is named by something else than a message is asked for by an id that there is.
        let other = path.find('{').zip(path.rfind('}')).filter(|_| !of_message);
        let path = other.map_or(path.clone(), |(from, to)| {
            format!("{}{line}{}", &path[..from], &path[to + 1..])
        });
        for q in if of_message { 1..=from } else { 0..=0 } {
            let one = path.replace("{q}", &q.to_string());
            for asked in ways(&one, before) {
                let answer = chen.http.get(&asked).expect("an answer");
                assert_silent(&asked, &String::from_utf8_lossy(&answer.body));
                if of_message && q < from && !path.contains("/thread/") {
                    assert_eq!(answer.code(), "not_found", "{asked}");
                }
                read += usize::from(answer.status == 200);
                walked.insert(path.clone());
            }
        }
    }
    assert!(walked.len() > 20 && read > 20, "{walked:?}");
    for file in &before.files {
        for asked in [file.clone(), format!("{file}?thumb=1")] {
            assert_eq!(chen.downloads(&asked).code(), "not_found");
        }
    }
    let thread = chen.gets(&format!("/api/v1/channels/{line}/thread/{}", before.root));
    assert_eq!(texts(&thread["items"]), ["in the old thread"]);
    assert_eq!(said(chen, line), ["an answer", "the last word"]);
    for word in [OLD, "quag", "quagmirr", "first version"] {
        assert_eq!(chen.finds(word, line), Vec::<Value>::new(), "{word}");
    }
    assert_eq!(chen.finds("answer", line).len(), 1);
    for q in 1..from {
        for command in [
            json!({"t": "send", "c": line, "b": "to it", "re": q}),
            json!({"t": "send", "c": line, "b": "below it", "th": q}),
            json!({"t": "react", "c": line, "q": q, "e": "👍", "on": true}),
            json!({"t": "pin", "c": line, "q": q, "on": true}),
            json!({"t": "edit", "c": line, "q": q, "b": "mine"}),
            json!({"t": "del", "c": line, "q": q}),
            json!({"t": "confirm", "c": line, "q": q}),
            json!({"t": "save", "c": line, "q": q, "on": true}),
            json!({"t": "remind", "c": line, "q": q}),
        ] {
            let refused = chen.tries(command.clone()).expect_err("out of sight");
            assert_eq!(refused.code, "not_found", "{command}");
        }
    }
    assert!(before.edited < from && before.plain < from);
}

fn ways(path: &str, before: &Before) -> Vec<String> {
    match path.rsplit('/').next() {
        Some("messages") => (0..before.head + 3)
            .flat_map(|q| {
                ["before", "after", "around"].map(|way| format!("{path}?{way}={q}&limit=3"))
            })
            .chain(["", "?at=0", "?at=1"].map(|way| format!("{path}{way}")))
            .collect(),
        Some("media") => ["pictures", "files", "links"]
            .map(|what| format!("{path}?has={what}"))
            .to_vec(),
        Some("search") => [OLD, "quag", "answer", "first"]
            .map(|word| format!("{path}?text={word}"))
            .to_vec(),
        _ => vec![path.to_owned()],
    }
}

fn assert_silent(what: &str, body: &str) {
    for word in [OLD, "first version", "👍", "🎉"] {
        assert!(!body.contains(word), "{what} tells {word}: {body}");
    }
}

fn said(person: &mut Person, channel: &str) -> Vec<String> {
    texts(&Value::Array(person.reads(channel)))
}

fn texts(items: &Value) -> Vec<String> {
    let items = items.as_array().cloned().unwrap_or_default();
    let text = |item: &Value| item["b"].as_str().map(str::to_owned);
    items.iter().filter_map(text).collect()
}

fn number(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("no number: {value}"))
}
