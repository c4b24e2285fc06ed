//! Forgetting, through the whole server: what has passed its ceiling is nowhere on disk and in no answer, and what
//! stands beside it is untouched. The clock is in the test's hand; the files are read as an intruder would read them.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::frame::{self, now_ms};
use tests::world::{Person, World, to_noon};

use crate::traces::{base64s, copy, files, forms, photo, scan, the_scan_finds_what_is_there};

const DAY_MS: i64 = 24 * 3_600_000;

const TEXT: &str = "the quixotrellium valve of press nine leaks at dawn";
const FIRST: &str = "the gasket of marrowbenite is gone";
const EDITED: &str = "the gasket of zanzibarquill is back";
const NOTE: &[u8] = b"four parts of brimstonewax, one of saffronglue, and patience";
const NOTE_NAME: &str = "cinnabarium-recipe.txt";
const NEXT_DAY: &str = "gallimaufry for everyone on the second day";
const THREAD: &str = "a threadbare marmalade, said the day after";
/// Of the channel that forgets; the other channel keeps its own `TEXT`.
const WORDS: [&str; 5] = [
    "marrowbenite",
    "zanzibarquill",
    "brimstonewax",
    "saffronglue",
    "cinnabarium",
];

/// What was said in the channel that forgets, on the day that is forgotten.
struct Said {
    line: String,
    other: String,
    valve: u64,
    gasket: u64,
    papers: u64,
    /// As the note and the photo are fetched.
    files: [String; 2],
    messages: u64,
}

#[test]
fn what_has_passed_its_ceiling_is_nowhere_and_what_stands_beside_it_is_untouched() {
    let (mut world, clock) = World::with_clock();
    to_noon(&clock);
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    bilal.listens();
    let photo = photo();
    let said = first_day(&mut ada, &mut bilal, &photo);
    clock.shift(DAY_MS);
    second_day(&mut ada, &mut bilal, &said);
    let served = [
        ada.downloads(&said.files[1]),
        ada.downloads(&format!("{}?thumb=1", &said.files[1])),
    ];
    let needles = needles(&photo, served.map(|a| a.body));

    // The rule is set while nothing is due; then the night falls.
    let preview = format!("/api/v1/admin/policy/preview?c={}&keep_days=1", said.line);
    assert_eq!(ada.gets(&preview)["messages"], 0);
    world.rules(json!({"t": "policy.set", "c": said.line, "keep_days": 1}));
    assert_eq!(world.sweeps(), 0, "nothing is due");
    clock.shift(DAY_MS);
    let planned = ada.gets(&preview);
    assert_eq!(
        (&planned["messages"], &planned["files"]),
        (&json!(said.messages), &json!(2))
    );
    assert_eq!(planned["channels"].as_array().map(Vec::len), Some(1));
    assert_eq!(planned["channels"][0]["days"], 1);

    // Set back, the clock takes the right to destroy away, and gives no other.
    clock.shift(-DAY_MS);
    assert_eq!(
        (world.sweeps(), &ada.gets(&preview)["messages"]),
        (0, &json!(0))
    );
    assert_eq!(ada.downloads(&said.files[0]).body, NOTE);
    clock.shift(DAY_MS);

    let old = world.data.with_file_name("old");
    copy(&world.data, &old);
    assert_eq!(world.sweeps(), 1);
    let purge = bilal.expects("purge", |f| {
        f["t"] == "purge" && f["c"] == said.line.as_str()
    });
    let ranges = purge["d"]["ranges"].as_array().cloned().unwrap_or_default();
    for q in [said.valve, said.gasket, said.papers] {
        let within = |r: &Value| r[0].as_u64() <= Some(q) && Some(q) <= r[1].as_u64();
        assert!(ranges.iter().any(within), "{purge}");
    }
    assert_eq!(
        (&purge["d"]["day"], &purge["d"]["why"]),
        (&planned["channels"][0]["first_day"], &json!("expired"))
    );
    assert!(purge["q"].is_u64(), "{purge}");
    executed_as_planned(&mut world.newcomer("Olga", "officer"), &said);
    for who in [&mut ada, &mut bilal] {
        is_forgotten(who, &said, &planned);
        neighbours_are_untouched(who, &said);
    }
    assert_eq!(
        ada.gets(&preview)["messages"],
        0,
        "nothing is left to destroy"
    );

    let house = world.data.parent().expect("a folder").to_owned();
    the_scan_finds_what_is_there(&needles);
    assert_eq!(
        scan(&house, &needles),
        Vec::<String>::new(),
        "while it runs"
    );
    world.stop();
    assert_eq!(
        scan(&house, &needles),
        Vec::<String>::new(),
        "after it ended"
    );
    world.verifies();

    // A new start, on a clock that is right again, that is two days back: it knows what it forgot.
    world.again();
    is_forgotten(&mut ada, &said, &planned);
    neighbours_are_untouched(&mut ada, &said);
    world.stop();

    stolen_backup(&mut world, &mut ada, &said, &old);
}

/// A copy from before reads with the keys it was made with, and says nothing under the keys of today.
fn stolen_backup(world: &mut World, ada: &mut Person, said: &Said, old: &Path) {
    let under_new_keys = world.data.with_file_name("mixed");
    copy(old, &under_new_keys);
    fs::remove_dir_all(under_new_keys.join("keys")).expect("removed");
    copy(&world.data.join("keys"), &under_new_keys.join("keys"));

    world.again_on(old).expect("the old copy opens");
    let texts = ada.reads(&said.line);
    assert!(
        texts.iter().any(|i| i["b"] == TEXT),
        "the copy was worth stealing"
    );
    assert_eq!(ada.downloads(&said.files[0]).body, NOTE);
    world.stop();

    world
        .again_on(&under_new_keys)
        .expect("the records still stand");
    let items = ada.reads(&said.line);
    assert!(items.iter().any(|i| i["b"] == NEXT_DAY), "{items:?}");
    let page = Value::from(items).to_string();
    for word in WORDS.iter().chain(&["quixotrellium"]) {
        assert!(!page.contains(word), "{word} in {page}");
        assert!(ada.finds(word, &said.line).is_empty(), "{word} is found");
    }
    for file in &said.files {
        assert_eq!(ada.downloads(file).code(), "not_found");
    }
    world.stop();
}

fn first_day(ada: &mut Person, bilal: &mut Person, photo: &[u8]) -> Said {
    let line = ada.channel("Line 3", &[bilal]);
    let other = ada.channel("Line 4", &[bilal]);
    let valve = number(&ada.says(&line, TEXT)["q"]);
    let gasket = number(&bilal.does(json!({"t": "send", "c": line, "b": FIRST}))["q"]);
    let note = ada.uploads(&line, NOTE_NAME, NOTE);
    let picture = ada.uploads(&line, "press.png", photo);
    let papers = ada.does(json!({"t": "send", "c": line, "b": "two papers", "f": [note, picture]}));
    let papers = number(&papers["q"]);
    bilal.does(json!({"t": "react", "c": line, "q": valve, "e": "👍", "on": true}));
    ada.says(&other, TEXT);
    let items = ada.reads(&line);
    let item = items.iter().find(|i| i["q"] == papers).expect("the papers");
    let files = [0, 1].map(|n| item["f"][n]["id"].as_str().unwrap_or_default().to_owned());
    Said {
        line,
        other,
        valve,
        gasket,
        papers,
        files,
        messages: 3,
    }
}

fn second_day(ada: &mut Person, bilal: &mut Person, said: &Said) {
    let line = &said.line;
    ada.says(line, NEXT_DAY);
    bilal.does(json!({"t": "edit", "c": line, "q": said.gasket, "b": EDITED}));
    bilal.does(json!({"t": "react", "c": line, "q": said.papers, "e": "🔥", "on": true}));
    ada.does(json!({"t": "send", "c": line, "b": "as was said", "re": said.gasket}));
    bilal.does(json!({"t": "send", "c": line, "b": THREAD, "th": said.valve}));
    // A search makes the index of the closed day, which is sealed and kept, and that of the open one.
    assert_eq!(ada.finds("quixotrellium", line).len(), 1);
    assert_eq!(ada.finds("zanzibarquill", line).len(), 1);
    assert_eq!(ada.finds("cinnabarium", line).len(), 1);
    assert_eq!(ada.finds("gallimaufry", line).len(), 1);
    assert_eq!(ada.finds("quixotrellium", &said.other).len(), 1);
    let items = ada.reads(line);
    let quote = items
        .iter()
        .find(|i| i["b"] == "as was said")
        .expect("the quote");
    assert_eq!(quote["re"]["b"], EDITED);
}

/// What was intended is what was done, to the record.
fn executed_as_planned(olga: &mut Person, said: &Said) {
    let ledger = olga.gets("/api/v1/ledger?act=destroy.");
    let (done, intended) = (&ledger["entries"][0], &ledger["entries"][1]);
    assert_eq!(
        (&done["act"], &intended["act"]),
        (&json!("destroy.done"), &json!("destroy.intended"))
    );
    for name in ["plan", "days", "records", "blobs"] {
        assert_eq!(done["object"][name], intended["object"][name], "{name}");
    }
    assert_eq!(done["channel"], said.line.as_str());
    assert_eq!(
        done["object"]["blobs"], 3,
        "the note, the photo, and its thumbnail"
    );
    // Three messages, an edit, two reactions.
    assert_eq!(done["object"]["records"], 6);
}

fn is_forgotten(who: &mut Person, said: &Said, planned: &Value) {
    let line = &said.line;
    let page = who.gets(&format!("/api/v1/channels/{line}/messages?limit=100"));
    let expired = json!([{"day": planned["channels"][0]["first_day"], "messages": said.messages}]);
    assert_eq!(page["expired"], expired);
    let items = page["items"].as_array().cloned().unwrap_or_default();
    for q in [said.valve, said.gasket, said.papers] {
        assert!(items.iter().all(|i| i["q"] != q), "{q} in {page}");
        let history = format!("/api/v1/channels/{line}/messages/{q}/history");
        assert_eq!(code(who, &history), "not_found");
        for command in [
            json!({"t": "edit", "c": line, "q": q, "b": "back again"}),
            json!({"t": "react", "c": line, "q": q, "e": "👍", "on": true}),
            json!({"t": "send", "c": line, "b": "about that", "re": q}),
        ] {
            let refused = who.tries(command.clone()).expect_err("it is gone");
            assert_eq!(refused.code, "not_found", "{command}");
        }
    }
    let quote = items
        .iter()
        .find(|i| i["b"] == "as was said")
        .expect("the reply stands");
    assert!(
        quote["re"]["b"].as_str().is_none_or(str::is_empty),
        "{quote}"
    );
    for file in &said.files {
        assert_eq!(who.downloads(file).code(), "not_found");
        assert_eq!(
            who.downloads(&format!("{file}?thumb=1")).code(),
            "not_found"
        );
    }
    let cur = who.gets("/api/v1/bootstrap")["cur"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let thread = format!("/api/v1/channels/{line}/thread/{}", said.valve);
    for path in [
        "/api/v1/bootstrap".to_owned(),
        format!("/api/v1/channels/{line}"),
        format!("/api/v1/channels/{line}/messages?limit=100"),
        format!("/api/v1/channels/{line}/messages?around={}", said.gasket),
        format!("/api/v1/sync?cur={cur}"),
        thread,
    ] {
        let told = who.http.get(&path).expect("an answer").body;
        let told = String::from_utf8_lossy(&told).into_owned();
        let found = WORDS.iter().find(|word| told.contains(**word));
        assert!(found.is_none(), "{found:?} in {path}: {told}");
    }
    for word in WORDS.iter().chain(&["quixotrellium"]) {
        assert!(who.finds(word, line).is_empty(), "{word} is found");
    }
}

fn neighbours_are_untouched(who: &mut Person, said: &Said) {
    let items = who.reads(&said.line);
    assert!(
        items.iter().any(|i| i["b"] == NEXT_DAY),
        "the next day reads"
    );
    assert_eq!(who.finds("gallimaufry", &said.line).len(), 1);
    let path = format!("/api/v1/channels/{}/thread/{}", said.line, said.valve);
    let thread = who.gets(&path);
    assert!(
        thread.to_string().contains(THREAD),
        "what was answered later stands: {thread}"
    );
    assert!(
        who.reads(&said.other).iter().any(|i| i["b"] == TEXT),
        "the other channel reads"
    );
    assert_eq!(
        who.finds("quixotrellium", &said.other).len(),
        1,
        "and is searched"
    );
}

#[test]
fn a_destruction_cut_off_by_a_crash_is_finished_at_the_next_start() {
    const CHANNELS: usize = 40;
    const KILLS_MAX: u64 = 40;
    let (mut world, clock) = World::with_clock();
    let mut ada = world.admin();
    to_noon(&clock);
    world.rules(json!({"t": "policy.set", "keep_days": 1}));
    // Five days ago; the ids with it.
    clock.shift(-5 * DAY_MS);
    let mut ids = Aged {
        ms: clock.now_ms(),
        n: u128::from(now_ms()),
    };
    let mut does = |ada: &mut Person, mut command: Value| {
        command["id"] = json!(ids.mint());
        ada.does(command)
    };
    let mut lines = Vec::new();
    for n in 0..CHANNELS {
        let name = format!("Line {n}");
        let line = does(
            &mut ada,
            json!({"t": "channel.create", "kind": "group", "name": name}),
        );
        let line = line["c"].as_str().unwrap_or_default().to_owned();
        does(&mut ada, json!({"t": "send", "c": line, "b": TEXT}));
        let note = ada.uploads(&line, NOTE_NAME, NOTE);
        does(
            &mut ada,
            json!({"t": "send", "c": line, "b": FIRST, "f": [note]}),
        );
        lines.push(line);
    }
    world.stop();

    // Each start sweeps at once, and is killed at it, until a few intents stand without their done.
    for kill in 0..KILLS_MAX {
        world.again();
        let (intended, done) = destructions(&mut ada);
        if intended > done + 3 {
            break;
        }
        thread::sleep(Duration::from_millis(kill % 7));
        world.kill();
        world.verifies();
    }
    world.kill();
    world.again();
    let deadline = Instant::now() + Duration::from_mins(1);
    while ada.gets("/api/v1/admin/policy/preview?keep_days=1")["messages"] != 0 {
        assert!(Instant::now() < deadline, "the sweep does not end");
        thread::sleep(Duration::from_millis(20));
    }
    let (intended, done) = destructions(&mut ada);
    assert_eq!(done, CHANNELS, "each was done once");
    assert!(
        intended > done,
        "no crash fell between an intent and its done: nothing was tried"
    );
    for line in &lines {
        let page = ada.gets(&format!("/api/v1/channels/{line}/messages"));
        assert_eq!(page["expired"][0]["messages"], 2, "{page}");
        assert!(!page.to_string().contains("press nine"), "{page}");
        assert!(ada.finds("quixotrellium", line).is_empty());
    }
    world.stop();
    assert_eq!(files(&world.data.join("blobs")), Vec::<PathBuf>::new());
    world.verifies();
}

/// How many destructions were intended and how many were done, as the ledger tells.
fn destructions(ada: &mut Person) -> (usize, usize) {
    let (mut intended, mut done) = (0, 0);
    let mut path = "/api/v1/ledger?act=destroy.&limit=200".to_owned();
    loop {
        let page = ada.gets(&path);
        for entry in page["entries"].as_array().into_iter().flatten() {
            match entry["act"].as_str() {
                Some("destroy.intended") => intended += 1,
                _ => done += 1,
            }
        }
        let Some(next) = page["next"].as_u64() else {
            return (intended, done);
        };
        path = format!("/api/v1/ledger?act=destroy.&limit=200&before={next}");
    }
}

#[test]
fn days_that_a_clock_set_back_has_mixed_are_forgotten_each_with_its_own() {
    let (world, clock) = World::with_clock();
    to_noon(&clock);
    let (mut ada, minute) = (world.admin(), 60_000);
    let line = ada.channel("Line 3", &[]);
    clock.shift(DAY_MS / 2 - minute);
    ada.says(&line, "before midnight: pomegranatefog");
    clock.shift(2 * minute);
    let early = number(&ada.says(&line, "after midnight: walnutbisque")["q"]);
    clock.shift(-2 * minute);
    ada.says(&line, "before midnight again: elderflowersoot");
    ada.does(json!({"t": "edit", "c": line, "q": early, "b": "after midnight: hazelnutbisque"}));
    ada.does(json!({"t": "react", "c": line, "q": early, "e": "👍", "on": true}));
    clock.shift(2 * minute);
    ada.says(&line, "after midnight again: chestnutbisque");
    // At noon of the day after both.
    clock.shift(DAY_MS + DAY_MS / 2);
    for word in [
        "pomegranatefog",
        "elderflowersoot",
        "hazelnutbisque",
        "chestnutbisque",
    ] {
        assert_eq!(ada.finds(word, &line).len(), 1, "{word}");
    }
    // Once it holds, it is carried out at once.
    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 1}));
    assert_eq!(world.sweeps(), 0, "it was done");
    for word in ["pomegranatefog", "elderflowersoot", "walnutbisque"] {
        assert!(ada.finds(word, &line).is_empty(), "{word}");
    }
    let items = ada.reads(&line);
    let texts: Vec<&str> = items.iter().filter_map(|i| i["b"].as_str()).collect();
    assert_eq!(
        texts,
        [
            "after midnight: hazelnutbisque",
            "after midnight again: chestnutbisque"
        ]
    );
    let item = items
        .iter()
        .find(|i| i["q"] == early)
        .expect("the early one");
    assert_eq!(
        item["rx"]["👍"],
        json!([ada.id]),
        "what was done to it lives as long as it"
    );
    for word in ["hazelnutbisque", "chestnutbisque"] {
        assert_eq!(ada.finds(word, &line).len(), 1, "{word}");
    }
}

#[test]
fn a_file_that_no_message_ever_named_goes_with_its_day() {
    let (world, clock) = World::with_clock();
    to_noon(&clock);
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 1}));
    clock.shift(DAY_MS);
    ada.uploads(&line, NOTE_NAME, NOTE);
    assert!(
        !files(&world.data.join("blobs")).is_empty(),
        "it waits for its message"
    );
    clock.shift(DAY_MS);
    world.sweeps();
    assert!(
        !files(&world.data.join("blobs")).is_empty(),
        "its day is not due"
    );
    clock.shift(DAY_MS);
    assert_eq!(world.sweeps(), 1);
    assert_eq!(files(&world.data.join("blobs")), Vec::<PathBuf>::new());
    assert_eq!(world.sweeps(), 0, "once");
}

/// Ids as they were minted then.
struct Aged {
    ms: u64,
    n: u128,
}

impl Aged {
    fn mint(&mut self) -> String {
        self.n += 1;
        let id = frame::text(u128::from(self.ms) << 80 | self.n);
        String::from_utf8_lossy(&id).into_owned()
    }
}

fn code(who: &mut Person, path: &str) -> String {
    who.http.get(path).expect("an answer").code()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

/// What may be nowhere.
fn needles(photo: &[u8], served: [Vec<u8>; 2]) -> Vec<(String, Vec<u8>)> {
    let note = std::str::from_utf8(NOTE).expect("text");
    let texts = [TEXT, FIRST, EDITED, NOTE_NAME, note, "quixotrellium"];
    let texts = texts.iter().chain(&WORDS);
    let mut all: Vec<_> = texts.flat_map(|text| forms(text)).collect();
    for (name, bytes) in [
        ("the photo", photo),
        ("the photo as served", served[0].as_slice()),
        ("its thumbnail", served[1].as_slice()),
    ] {
        assert!(bytes.len() > 300, "{name}: {} bytes", bytes.len());
        for at in [60, bytes.len() / 2, bytes.len() - 60] {
            let part = &bytes[at..at + 40];
            all.push((format!("{name} at {at}"), part.to_vec()));
            all.extend(base64s(name, part));
        }
    }
    all
}
