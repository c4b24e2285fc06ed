//! Tags and notes for a matter: about what a grant reaches and no further, heard of by nobody else, forgotten with their
//! message; and an export of what is tagged, which shows that and withholds all else provably.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tests::world::{Person, World, to_noon};

use crate::orders::{exports, holds, waits_for};

const DAY_MS: i64 = 24 * 3_600_000;

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn opens_matter(officer: &mut Person) -> String {
    let matter = json!({"t": "matter.open", "name": "Falcon", "reason": "a leak"});
    text(&officer.does(matter)["matter"])
}

fn granted(officer: &mut Person, other: &mut Person, wanted: Value) -> String {
    let mut command = json!({"t": "grant.request", "reason": "the complaint", "days": 7});
    for (key, value) in wanted.as_object().into_iter().flatten() {
        command[key] = value.clone();
    }
    let grant = text(&officer.does(command)["grant"]);
    other.does(json!({"t": "grant.approve", "grant": grant}));
    grant
}

fn set(grant: &str, c: &str, q: &Value, on: &[&str], off: &[&str]) -> Value {
    json!({"t": "tag.set", "grant": grant, "c": c, "q": q, "add": on, "remove": off})
}

fn note(grant: &str, c: &str, q: &Value, text: &str) -> Value {
    json!({"t": "note.write", "grant": grant, "c": c, "q": q, "text": text})
}

fn code_of(who: &mut Person, command: Value) -> String {
    who.tries(command).expect_err("it is refused").code
}

fn page(who: &mut Person, grant: &str, c: &str) -> Vec<Value> {
    let page = who.gets(&format!("/api/v1/grants/{grant}/channels/{c}"));
    page["items"].as_array().cloned().unwrap_or_default()
}

fn found(who: &mut Person, grant: &str, sieve: &Value) -> Vec<Value> {
    let path = format!("/api/v1/grants/{grant}/search");
    let answer = who.http.post(&path, sieve).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.code());
    let hits: Value = serde_json::from_slice(&answer.body).expect("JSON");
    let hits = hits["hits"].as_array().into_iter().flatten();
    hits.map(|hit| hit["item"]["q"].clone()).collect()
}

fn counts(who: &mut Person, matter: &str) -> Value {
    who.gets(&format!("/api/v1/matters/{matter}/tags"))
}

fn entries(who: &mut Person, act: &str) -> Vec<Value> {
    let ledger = who.gets(&format!("/api/v1/ledger?act={act}&limit=200"));
    ledger["entries"].as_array().cloned().unwrap_or_default()
}

#[test]
fn what_a_grant_reaches_is_tagged_and_noted_and_nobody_else_hears_of_it() {
    let (world, clock) = World::with_clock();
    let mut ada = world.admin();
    let (mut bilal, mut carol) = (world.person("Bilal"), world.person("Carol"));
    let mut olga = world.newcomer("Olga", "officer");
    let mut oscar = world.newcomer("Oscar", "officer");
    let mut iris = world.newcomer("Iris", "auditor");
    let line = bilal.channel("Line 3", &[&carol]);
    let aside = bilal.channel("Aside", &[&carol]);
    let one = bilal.says(&line, "the pumps were never paid for")["q"].clone();
    let two = bilal.says(&line, "ask our lawyer first")["q"].clone();
    let hers = carol.says(&line, "nothing to do with it")["q"].clone();
    let other = bilal.says(&aside, "elsewhere")["q"].clone();
    let matter = opens_matter(&mut olga);
    carol.listens();
    let wanted = json!({"matter": matter, "channels": [line], "people": [bilal.id]});
    let mut asked = json!({"t": "grant.request", "reason": "why", "days": 1});
    for (key, value) in wanted.as_object().into_iter().flatten() {
        asked[key] = value.clone();
    }
    let grant = text(&olga.does(asked)["grant"]);
    let tag = |c: &str, q: &Value| set(&grant, c, q, &["relevant"], &[]);
    assert_eq!(code_of(&mut olga, tag(&line, &one)), "grant/not_standing");
    oscar.does(json!({"t": "grant.approve", "grant": grant}));

    // No further than reading goes: another's words, another channel, another's grant, what was never said.
    for (c, q) in [(&line, &hers), (&aside, &other), (&line, &json!(999))] {
        assert_eq!(code_of(&mut olga, tag(c, q)), "not_found");
        assert_eq!(code_of(&mut olga, note(&grant, c, q, "why")), "not_found");
    }
    assert_eq!(code_of(&mut oscar, tag(&line, &one)), "not_found");
    for who in [&mut ada, &mut carol, &mut iris] {
        assert_eq!(code_of(who, tag(&line, &one)), "forbidden");
        assert_eq!(code_of(who, note(&grant, &line, &one, "x")), "forbidden");
    }

    olga.does(tag(&line, &one));
    let named = json!({"t": "tag.name", "matter": matter, "word": "Of  the cellar\u{202e}"});
    assert_eq!(
        code_of(&mut olga, set(&grant, &line, &one, &["w1"], &[])),
        "invalid"
    );
    olga.does(named);
    let again = json!({"t": "tag.name", "matter": matter, "word": "OF THE CELLAR"});
    assert_eq!(code_of(&mut oscar, again), "conflict");
    for n in 2..=20 {
        olga.does(json!({"t": "tag.name", "matter": matter, "word": format!("word {n}")}));
    }
    let one_more = json!({"t": "tag.name", "matter": matter, "word": "word 21"});
    assert_eq!(code_of(&mut olga, one_more), "tags/full");
    let long = json!({"t": "tag.name", "matter": matter, "word": "x".repeat(41)});
    assert_eq!(code_of(&mut olga, long), "invalid");
    for tags in [
        vec!["relevant", "not_relevant"],
        vec!["urgent"],
        vec!["w21"],
    ] {
        let refused = code_of(&mut olga, set(&grant, &line, &one, &tags, &[]));
        assert!(
            ["invalid", "bad_request"].contains(&refused.as_str()),
            "{refused}"
        );
    }
    // Who says the one takes the other back, and what nobody named stays.
    olga.does(set(&grant, &line, &one, &["w1", "hot"], &[]));
    olga.does(set(&grant, &line, &one, &["not_relevant"], &["hot"]));
    let items = page(&mut olga, &grant, &line);
    assert_eq!(items[0]["tags"], json!(["not_relevant", "w1"]));
    olga.does(tag(&line, &one));
    olga.does(set(&grant, &line, &two, &["relevant", "privileged"], &[]));

    for words in ["", "   ", &"x".repeat(1_001)] {
        assert_eq!(
            code_of(&mut olga, note(&grant, &line, &one, words)),
            "invalid"
        );
    }
    olga.does(note(&grant, &line, &one, "as the zanzibarquill said"));
    let mine = olga.does(note(&grant, &line, &one, "a slip of mine"))["note"].clone();
    let his = granted(
        &mut oscar,
        &mut olga,
        json!({"matter": matter, "channels": [line]}),
    );
    let withdraw = |grant: &str| json!({"t": "note.withdraw", "grant": grant, "c": line, "q": one, "note": mine});
    assert_eq!(code_of(&mut oscar, withdraw(&his)), "forbidden", "hers");
    olga.does(withdraw(&grant));
    assert_eq!(code_of(&mut olga, withdraw(&grant)), "not_found", "once");
    for n in 0..9 {
        olga.does(note(&grant, &line, &one, &format!("note {n}")));
    }
    assert_eq!(
        code_of(&mut olga, note(&grant, &line, &one, "one more")),
        "notes/full"
    );

    // They belong to the matter: whoever reads for it reads them, with who wrote them.
    let items = page(&mut oscar, &his, &line);
    assert_eq!(items[0]["tags"], json!(["relevant", "w1"]));
    assert_eq!(items[0]["notes"][0]["b"], "as the zanzibarquill said");
    assert_eq!(items[0]["notes"][0]["u"], olga.id.as_str());
    assert!(!items[0]["notes"].to_string().contains("slip"), "{items:?}");
    let elsewhere = opens_matter(&mut oscar);
    let apart = granted(
        &mut oscar,
        &mut olga,
        json!({"matter": elsewhere, "channels": [line]}),
    );
    let items = page(&mut oscar, &apart, &line);
    assert!(
        items
            .iter()
            .all(|item| item.get("tags").is_none() && item.get("notes").is_none())
    );
    for (sieve, due) in [
        (
            json!({"tagged": ["relevant"], "not_tagged": ["privileged"]}),
            vec![&one],
        ),
        (json!({"tagged": ["relevant"]}), vec![&two, &one]),
        (json!({"not_tagged": ["privileged"]}), vec![&hers, &one]),
        (json!({"untagged": true}), vec![&hers]),
    ] {
        let found = found(&mut oscar, &his, &sieve);
        assert_eq!(found.iter().collect::<Vec<_>>(), due, "{sieve}");
    }
    let told = counts(&mut oscar, &matter);
    assert_eq!((&told["messages"], &told["notes"]), (&json!(2), &json!(10)));
    let row = |tag: &str| {
        let rows = told["tags"].as_array().into_iter().flatten();
        rows.clone()
            .find(|row| row["tag"] == tag)
            .cloned()
            .expect("a row")
    };
    assert_eq!(row("relevant")["messages"], 2);
    assert_eq!(row("w1")["word"], "Of the cellar");
    assert_eq!(row("w1")["messages"], 1);
    assert!(!told.to_string().contains("zanzibarquill"));

    // Nobody in the channel, no admin and no auditor.
    carol.hears_nothing_of(&line, Duration::from_millis(300));
    for who in [&mut ada, &mut carol, &mut iris] {
        for path in ["tags", "tagged?tagged=relevant"] {
            let answer = who.http.get(&format!("/api/v1/matters/{matter}/{path}"));
            assert_eq!(answer.expect("an answer").code(), "forbidden");
        }
    }
    let seen = entries(&mut iris, "tag.set");
    assert!(
        !seen.is_empty()
            && seen
                .iter()
                .all(|entry| entry["object"].get("tags").is_none())
    );
    assert!(entries(&mut oscar, "tag.set")[0]["object"]["tags"].is_array());
    assert!(
        !json!(entries(&mut iris, "note."))
            .to_string()
            .contains("zanzibarquill")
    );
    let ledger = ada.gets("/api/v1/ledger?limit=200").to_string();
    assert!(
        !ledger.contains("\"tag.") && !ledger.contains("\"note."),
        "{ledger}"
    );
    let bundle = exports(&mut olga, &mut ada, &line);
    assert!(holds(&bundle, "never paid for"));
    for word in ["zanzibarquill", "note.written", "tag.set", "privileged"] {
        assert!(!holds(&bundle, word), "{word} in a bundle of the channel");
    }

    // When the grant is over, and when the matter is, nothing more is noted.
    clock.shift(DAY_MS + 60_000);
    assert_eq!(code_of(&mut olga, tag(&line, &two)), "grant/not_standing");
    assert_eq!(
        code_of(&mut olga, note(&grant, &line, &two, "late")),
        "grant/not_standing"
    );
    olga.does(json!({"t": "matter.close", "matter": matter}));
    let late = set(&his, &line, &two, &["hot"], &[]);
    assert_eq!(code_of(&mut oscar, late), "grant/not_standing");
    let late = json!({"t": "tag.name", "matter": matter, "word": "late"});
    assert_eq!(code_of(&mut oscar, late), "conflict");
    let late = json!({"t": "export.tagged", "matter": matter, "c": line, "tagged": ["relevant"], "reason": "r", "case": "c"});
    assert_eq!(code_of(&mut oscar, late), "conflict");
    assert_eq!(
        counts(&mut oscar, &matter)["messages"],
        2,
        "what was found stands"
    );
}

#[test]
fn a_note_goes_with_its_message_and_stays_with_what_is_held() {
    let (mut world, clock) = World::with_clock();
    to_noon(&clock);
    let mut ada = world.admin();
    let (mut bilal, mut carol) = (world.person("Bilal"), world.person("Carol"));
    let mut olga = world.newcomer("Olga", "officer");
    let mut oscar = world.newcomer("Oscar", "officer");
    let line = bilal.channel("Line 3", &[&carol]);
    let leak = bilal.says(&line, "the code is walnutbisque")["q"].clone();
    let held = bilal.says(&line, "burn the papers")["q"].clone();
    let free = carol.says(&line, "lunch at noon")["q"].clone();
    let matter = opens_matter(&mut olga);
    let grant = granted(
        &mut olga,
        &mut oscar,
        json!({"matter": matter, "channels": [line], "days": 90}),
    );
    for (q, words) in [
        (&leak, "it reads walnutbisque"),
        (&held, "he says burn"),
        (&free, "not on the menu"),
    ] {
        olga.does(set(&grant, &line, q, &["relevant"], &[]));
        olga.does(note(&grant, &line, q, words));
    }
    let slip = olga.does(note(&grant, &line, &leak, "walnutbisque, withdrawn"))["note"].clone();
    olga.does(json!({"t": "note.withdraw", "grant": grant, "c": line, "q": leak, "note": slip}));
    let total = |who: &mut Person| {
        let told = counts(who, &matter);
        (told["messages"].clone(), told["notes"].clone())
    };
    assert_eq!(total(&mut olga), (json!(3), json!(3)));

    // Redacted: with all that was noted about it, also what was withdrawn.
    let order = json!({"t": "redact.request", "c": line, "q": [leak], "reason": "a password"});
    let order = olga.does(order)["order"].clone();
    ada.does(json!({"t": "order.approve", "order": order}));
    waits_for(&mut olga, &order);
    assert_eq!(
        entries(&mut olga, "destroy.done")[0]["object"]["records"],
        3
    );
    assert_eq!(total(&mut olga), (json!(2), json!(2)));
    let items = page(&mut olga, &grant, &line);
    assert_eq!(items[0]["gone"], true, "{items:?}");
    assert!(
        items[0].get("tags").is_none() && items[0].get("notes").is_none(),
        "{items:?}"
    );
    assert_eq!(items[1]["notes"][0]["b"], "he says burn");
    let again = note(&grant, &line, &leak, "what was it?");
    assert_eq!(code_of(&mut olga, again), "not_found");

    // The day goes; what is held stays with its notes, and new ones are taken.
    let hold =
        json!({"t": "hold.place", "matter": matter, "channels": [line], "people": [bilal.id]});
    let hold = olga.does(hold)["hold"].clone();
    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 3}));
    clock.shift(5 * DAY_MS);
    world.sweeps();
    let items = page(&mut olga, &grant, &line);
    assert_eq!(
        (&items[1]["kept"], &items[2]["gone"]),
        (&json!(true), &json!(true)),
        "{items:?}"
    );
    assert_eq!(items[1]["notes"][0]["b"], "he says burn");
    assert_eq!(items[1]["tags"], json!(["relevant"]));
    assert!(
        items[2].get("tags").is_none() && items[2].get("notes").is_none(),
        "{items:?}"
    );
    assert_eq!(total(&mut olga), (json!(1), json!(1)));
    olga.does(set(&grant, &line, &held, &["hot"], &[]));
    olga.does(note(&grant, &line, &held, "noted while it was kept"));
    assert_eq!(
        code_of(&mut olga, set(&grant, &line, &free, &["hot"], &[])),
        "not_found"
    );
    world.stop();
    let data = world.data.clone();
    world.again_here_on(&data, &clock).expect("it opens");
    let items = page(&mut olga, &grant, &line);
    assert_eq!(items[1]["tags"], json!(["relevant", "hot"]));
    assert_eq!(items[1]["notes"][1]["b"], "noted while it was kept");

    olga.does(json!({"t": "hold.release", "hold": hold}));
    world.sweeps();
    let deadline = Instant::now() + Duration::from_mins(1);
    while total(&mut olga) != (json!(0), json!(0)) {
        assert!(Instant::now() < deadline, "{:?}", total(&mut olga));
        thread::sleep(Duration::from_millis(20));
    }
    let items = page(&mut olga, &grant, &line);
    assert!(items.iter().all(|item| item["gone"] == true), "{items:?}");
    let told = json!(items).to_string();
    assert!(
        !told.contains("burn") && !told.contains("noted while"),
        "{told}"
    );
    let done = entries(&mut olga, "destroy.done");
    let released = done
        .iter()
        .find(|entry| entry["object"]["escrow"] == matter.as_str());
    // The message and both notes.
    assert_eq!(
        released.expect("released")["object"]["records"],
        3,
        "{done:?}"
    );
    world.stop();
    world.verifies();
}

/// Downloaded and unpacked.
fn unpacked(officer: &mut Person, export: &str, dir: &Path) -> (PathBuf, PathBuf) {
    let path = format!("/api/v1/exports/{export}/download");
    let zipped = officer.http.get(&path).expect("an answer").body;
    let path = dir.join("bundle.zip");
    fs::write(&path, &zipped).expect("written");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zipped)).expect("a zip");
    archive.extract(dir).expect("unpacked");
    (path, dir.join(format!("export-{export}")))
}

fn python(bundle: &Path, checked: &Path) -> (bool, String) {
    let mut script = Command::new("python3");
    let script = script.arg("-B").arg(bundle.join("verify.py")).arg(checked);
    let said = script.output().expect("python3");
    (
        said.status.success(),
        String::from_utf8_lossy(&said.stdout).into_owned(),
    )
}

/// All files below, and what is packed in them, as one heap of bytes.
fn all_bytes(path: &Path, heap: &mut Vec<u8>) {
    for entry in fs::read_dir(path).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all_bytes(&path, heap);
            continue;
        }
        let bytes = fs::read(&path).expect("read");
        packed(&bytes, heap);
        heap.extend(&bytes);
    }
}

fn packed(bytes: &[u8], heap: &mut Vec<u8>) {
    mailed(bytes, heap);
    let Ok(mut archive) = zip::ZipArchive::new(std::io::Cursor::new(bytes)) else {
        return;
    };
    for n in 0..archive.len() {
        let mut inner = Vec::new();
        let mut entry = archive.by_index(n).expect("an entry");
        entry.read_to_end(&mut inner).expect("unpacked");
        packed(&inner, heap);
        heap.extend(inner);
    }
}

/// What a mail carries in another form: lines that were broken, and files as letters.
fn mailed(bytes: &[u8], heap: &mut Vec<u8>) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let text = text.replace("\r\n", "\n");
    heap.extend(text.replace("=\n", "").bytes());
    for block in text.split("\n\n") {
        let letters: String = block
            .lines()
            .take_while(|line| !line.starts_with("--"))
            .collect();
        if let Ok(inner @ [_, ..]) = STANDARD.decode(letters).as_deref() {
            packed(inner, heap);
            heap.extend(inner);
        }
    }
}

fn is_ready(who: &mut Person, export: &str) -> Value {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let jobs = who.gets("/api/v1/exports");
        let all = jobs["exports"].as_array().cloned().unwrap_or_default();
        let job = all
            .into_iter()
            .find(|job| job["id"] == export)
            .expect("a job");
        if job["state"] == "ready" {
            return job;
        }
        assert!(
            job["state"] != "failed" && Instant::now() < deadline,
            "{job}"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_export_of_the_tagged_shows_exactly_that_and_proves_that_the_rest_is_withheld() {
    let (world, clock) = World::with_clock();
    to_noon(&clock);
    let mut ada = world.admin();
    let (mut bilal, mut carol) = (world.person("Bilal"), world.person("Carol"));
    let mut olga = world.newcomer("Olga", "officer");
    let mut oscar = world.newcomer("Oscar", "officer");
    let line = bilal.channel("Line 3", &[&carol]);
    let before = carol.says(&line, "before it: hazelnutbisque")["q"].clone();
    let paper = bilal.uploads(&line, "cobaltbarley.txt", b"the saffronglue is page one");
    let chosen = json!({"t": "send", "c": line, "b": "the frist vermilionhops", "f": [paper]});
    let chosen = bilal.does(chosen)["q"].clone();
    bilal.does(json!({"t": "edit", "c": line, "q": chosen, "b": "the first vermilionhops"}));
    carol.does(json!({"t": "react", "c": line, "q": chosen, "e": "🔥", "on": true}));
    let secret = bilal.uploads(&line, "brimstonewax.txt", b"what the tungstenreed advised");
    let lawyer =
        json!({"t": "send", "c": line, "b": "our lawyer says zanzibarquill", "f": [secret]});
    let lawyer = bilal.does(lawyer)["q"].clone();
    carol.does(json!({"t": "edit", "c": line, "q": before, "b": "edited: chestnutbisque"}));
    carol.does(json!({"t": "react", "c": line, "q": lawyer, "e": "🦑", "on": true}));
    let burnt = carol.says(&line, "deleted: gooseberryfelt")["q"].clone();
    carol.does(json!({"t": "del", "c": line, "q": burnt}));
    let matter = opens_matter(&mut olga);
    let grant = granted(
        &mut olga,
        &mut oscar,
        json!({"matter": matter, "channels": [line]}),
    );
    let wants = |not: &[&str]| {
        json!({"t": "export.tagged", "matter": matter, "c": line, "tagged": ["relevant"], "not_tagged": not,
            "reason": "asked for", "case": "Falcon",
            "formats": ["html", "rsmf", "concordance", "eml", "mbox", "mattermost", "actiance", "slack"]})
    };
    assert_eq!(code_of(&mut olga, wants(&[])), "export/nothing_tagged");
    olga.does(set(&grant, &line, &chosen, &["relevant"], &[]));
    olga.does(set(&grant, &line, &burnt, &["relevant"], &[]));
    olga.does(set(
        &grant,
        &line,
        &lawyer,
        &["relevant", "privileged"],
        &[],
    ));
    olga.does(note(&grant, &line, &chosen, "a note on turpentineloom"));
    let told = olga.gets(&format!(
        "/api/v1/matters/{matter}/tagged?tagged=relevant&not_tagged=privileged"
    ));
    assert_eq!(told["channels"].as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(
        (&told["channels"][0]["c"], &told["channels"][0]["messages"]),
        (&json!(line), &json!(2))
    );
    assert_eq!(code_of(&mut olga, wants(&["relevant"])), "invalid");

    // Found to be privileged before it was approved: it does not leave.
    let early = olga.does(wants(&["privileged"]))["export"].clone();
    olga.does(set(&grant, &line, &burnt, &["privileged"], &[]));
    let approve = |export: &Value| json!({"t": "export.approve", "export": export});
    assert_eq!(
        code_of(&mut olga, approve(&early)),
        "forbidden",
        "four eyes"
    );
    assert_eq!(code_of(&mut oscar, approve(&early)), "export/tags_changed");
    oscar.does(json!({"t": "export.refuse", "export": early}));
    olga.does(set(&grant, &line, &burnt, &[], &["privileged"]));

    let export = olga.does(wants(&["privileged"]))["export"].clone();
    let seen = ada.gets("/api/v1/exports");
    assert!(!seen.to_string().contains(&matter), "{seen}");
    assert_eq!(seen["exports"][0]["chosen"]["messages"], 2);
    carol.says(&line, "said after it was asked for: walnutbisque");
    ada.does(approve(&export));
    let export = text(&export);
    is_ready(&mut olga, &export);
    let dir = tempfile::tempdir().expect("a folder");
    let (zip, bundle) = unpacked(&mut olga, &export, dir.path());
    let report = daylight::export::verify_bundle(&zip, None).expect("it verifies");
    assert_eq!(python(&bundle, &zip), (true, format!("{report}\n")));

    let manifest = fs::read(bundle.join("MANIFEST.json")).expect("read");
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    assert_eq!(
        manifest["selection"],
        json!({"matter": matter, "tagged": ["relevant"], "not_tagged": ["privileged"],
            "messages": [chosen, burnt], "rest": "withheld"})
    );
    let span = &manifest["channel_seq"];
    assert_eq!(
        (&span["first"], &span["end"]),
        (&json!(1), &json!(span["head"].as_u64().map(|n| n + 1)))
    );

    // What is chosen, in full and in every copy; and nothing else, nowhere.
    let mut heap = Vec::new();
    all_bytes(&bundle, &mut heap);
    for word in [
        "first vermilionhops",
        "frist vermilionhops",
        "cobaltbarley",
        "saffronglue",
        "gooseberryfelt",
    ] {
        assert!(holds(&heap, word), "{word} is chosen");
    }
    for word in [
        "zanzibarquill",
        "brimstonewax",
        "tungstenreed",
        "hazelnutbisque",
        "chestnutbisque",
        "walnutbisque",
        "turpentineloom",
        "🦑",
    ] {
        assert!(!holds(&heap, word), "{word} is not");
    }
    let csv = fs::read_dir(&bundle).expect("a folder");
    let names: Vec<String> = csv
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    for name in [
        "rsmf",
        "load",
        "eml",
        "mbox",
        "mattermost",
        "actiance",
        "slack",
    ] {
        let folder = bundle.join(name);
        assert!(folder.is_dir(), "{name} in {names:?}");
        let mut copy = Vec::new();
        all_bytes(&folder, &mut copy);
        assert!(holds(&copy, "vermilionhops"), "{name}");
    }
    let lines = fs::read_to_string(bundle.join(format!("jsonl/{line}.jsonl"))).expect("the lines");
    let lines: Vec<Value> = lines
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect();
    let at = |q: &Value| {
        lines
            .iter()
            .find(|l| l["channel_seq"] == *q)
            .expect("a line")
    };
    assert_eq!(
        (&at(&lawyer)["withheld"], &at(&lawyer)["content"]),
        (&json!(true), &Value::Null)
    );
    assert!(at(&chosen)["content"].is_string() && at(&lawyer)["header"].is_string());

    // One letter of a chosen message, and one less chosen in what the manifest says: both verifiers refuse both.
    let lines = bundle.join(format!("jsonl/{line}.jsonl"));
    for (file, from, to) in [
        (&lines, "first vermilionhops", "worst vermilionhops"),
        (
            &bundle.join("MANIFEST.json"),
            "\"rest\": \"withheld\"",
            "\"rest\": \"withheId\"",
        ),
    ] {
        let whole = fs::read_to_string(file).expect("read");
        assert!(whole.contains(from), "{from}");
        fs::write(file, whole.replacen(from, to, 1)).expect("written");
        let fault = daylight::export::verify_bundle(&bundle, None).expect_err("it is refused");
        assert_eq!(
            python(&bundle, &bundle),
            (false, format!("FAULT: {fault}\n"))
        );
        fs::write(file, whole).expect("written");
    }
    assert!(python(&bundle, &bundle).0, "as it was");
}
