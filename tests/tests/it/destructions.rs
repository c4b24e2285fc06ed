//! Certificates of destruction: each says exactly what there was, by which rule or order it went, and proves that its
//! record stands in the log; to everybody as much as they may know.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tests::world::{Person, World, to_noon};

use crate::orders::waits_for;
use crate::record::{all_signed, said, verify};

const DAY_MS: i64 = 24 * 3_600_000;
const NOTE: &[u8] = b"four parts of brimstonewax, one of saffronglue, and patience";

type Files = BTreeMap<String, Vec<u8>>;

fn destructions(who: &mut Person) -> Vec<Value> {
    let all = who.gets("/api/v1/destructions");
    all["destructions"].as_array().cloned().expect("a list")
}

fn of_channel(who: &mut Person, c: &str) -> Value {
    let all = destructions(who);
    all.into_iter()
        .find(|one| one["channel"] == c)
        .expect("the channel's destruction")
}

fn at(facts: &Value) -> String {
    format!("/api/v1/destructions/{}", facts["done"]["position"])
}

/// What is there of a channel by what its readers are shown: messages, files and the bytes of these.
fn counted(who: &mut Person, c: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let items = who.reads(c);
    let said = items
        .iter()
        .filter(|item| item["sys"].is_null() && is_wanted(item));
    let (mut messages, mut files, mut bytes) = (0, 0, 0);
    for item in said {
        messages += 1;
        for file in item["f"].as_array().into_iter().flatten() {
            files += 1;
            bytes += file["size"].as_u64().expect("a size");
        }
    }
    json!({"messages": messages, "files": files, "bytes": bytes})
}

fn downloaded(who: &mut Person, facts: &Value) -> Vec<u8> {
    let answer = who.http.get(&(at(facts) + "/certificate"));
    let answer = answer.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.code());
    answer.body
}

pub fn unpacked(zip: &[u8]) -> Files {
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).expect("a zip");
    let mut files = Files::new();
    for n in 0..zip.len() {
        let mut entry = zip.by_index(n).expect("an entry");
        let name = entry.name().expect("a name").into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("whole");
        files.insert(name, bytes);
    }
    files
}

fn repacked(dir: &Path, files: &Files) -> PathBuf {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = zip::write::SimpleFileOptions::DEFAULT;
        zip.start_file(name.as_str(), options).expect("begun");
        zip.write_all(bytes).expect("written");
    }
    let path = dir.join("certificate.zip");
    let bytes = zip.finish().expect("finished").into_inner();
    std::fs::write(&path, bytes).expect("written");
    path
}

/// The list of hashes as a forger would make it anew.
fn with_sums(mut files: Files) -> Files {
    let sums = files.keys().find(|name| name.ends_with("/SHA256SUMS"));
    let sums = sums.expect("a list").clone();
    files.remove(&sums);
    let lines = files.iter().map(|(name, bytes)| {
        let (_, name) = name.split_once('/').expect("a folder");
        format!("{}  {name}\n", sha256(bytes))
    });
    let list: String = lines.collect();
    files.insert(sums, list.into_bytes());
    files
}

fn sha256(bytes: &[u8]) -> String {
    let mut child = Command::new("sha256sum")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(bytes).expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    told.split(' ').next().unwrap_or_default().to_owned()
}

fn is_sound(path: &Path, key: &str) -> bool {
    let output = verify(&path.display().to_string(), &["--key", key]);
    let told = said(&output);
    assert_eq!(output.status.success(), told.contains("OK: "), "{told}");
    output.status.success()
}

fn holds(files: &Files, word: &str) -> bool {
    let has = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).contains(word);
    files.values().any(has)
}

#[test]
fn a_certificate_says_what_there_was_and_nobody_learns_from_it_what_is_held() {
    let (mut world, clock) = World::with_clock();
    to_noon(&clock);
    let mut ada = world.admin();
    let (mut bilal, mut carol) = (world.person("Bilal"), world.person("Carol"));
    let mut olga = world.newcomer("Olga", "officer");
    let mut iris = world.newcomer("Iris", "auditor");
    let (line, other) = (
        ada.channel("Line <3>", &[&bilal, &carol]),
        ada.channel("Line 4", &[&bilal, &carol]),
    );
    for c in [&line, &other] {
        let first = bilal.says(c, "the gasket is gone");
        bilal.does(json!({"t": "edit", "c": c, "q": first["q"], "b": "the gasket is back"}));
        let note = carol.uploads(c, "recipe.txt", NOTE);
        carol.does(json!({"t": "send", "c": c, "b": "a recipe", "f": [note]}));
        carol.does(json!({"t": "react", "c": c, "q": first["q"], "e": "👍", "on": true}));
        let hidden = carol.says(c, "I never said that");
        carol.does(json!({"t": "del", "c": c, "q": hidden["q"]}));
        world.rules(json!({"t": "policy.set", "c": c, "keep_days": 1}));
    }
    let there = counted(&mut carol, &line, |_| true);
    assert_eq!(
        there,
        json!({"messages": 3, "files": 1, "bytes": NOTE.len()})
    );
    let matter = olga.does(json!({"t": "matter.open", "name": "Falcon", "reason": "an audit"}));
    let matter = matter["matter"].as_str().expect("a matter").to_owned();
    let place =
        json!({"t": "hold.place", "matter": matter, "channels": [other], "people": [bilal.id]});
    let hold = olga.does(place)["hold"].clone();
    assert_eq!(destructions(&mut olga).len(), 0);

    clock.shift(3 * DAY_MS);
    assert_eq!(world.sweeps(), 2);
    // Without a hold: all that was there is destroyed. A deletion hides and keeps no text, so its record has none to go.
    let facts = of_channel(&mut olga, &line);
    assert_eq!(
        (&facts["kind"], &facts["taken"]),
        (&json!("expired"), &there)
    );
    assert_eq!(facts["places"].as_array().map(Vec::len), Some(1));
    assert_eq!(facts["places"][0]["channel"], line.as_str());
    assert_eq!(facts["places"][0]["from_day"], facts["days"][0]);
    // Three messages, an edit and a reaction; one file.
    assert_eq!(facts["destroyed"], json!({"records": 5, "files": 1}));
    assert_eq!(facts["kept"], json!([]));
    let rule = &facts["rule"];
    assert_eq!(
        (&rule["channel"], &rule["keep_days"]),
        (&json!(line), &json!(1))
    );
    assert_eq!(rule["proposed"]["by"], ada.id.as_str());
    assert!(rule["approved"]["by"].is_string() && rule["approved"]["by"] != ada.id.as_str());
    let whole = olga.gets(&at(&facts));
    assert_eq!(whole["names"]["channels"][&line], "Line <3>");
    let acts = whole["evidence"].as_array().cloned().unwrap_or_default();
    let acts: Vec<&str> = acts.iter().filter_map(|one| one["act"].as_str()).collect();
    for act in [
        "policy.proposed",
        "policy.approved",
        "policy.set",
        "destroy.intended",
        "destroy.done",
    ] {
        assert!(acts.contains(&act), "{act} in {acts:?}");
    }

    // What is held: an officer is told for which matter, an auditor how much; who runs the house sees no difference.
    let held = of_channel(&mut olga, &other);
    assert_eq!(held["taken"], there);
    // His message, its edit and the reaction to it.
    assert_eq!(held["destroyed"], json!({"records": 2, "files": 1}));
    assert_eq!(
        (
            &held["kept"][0]["matter"],
            &held["kept"][0]["records"],
            &held["kept"][0]["messages"]
        ),
        (&json!(matter), &json!(3), &json!(1))
    );
    assert_eq!(olga.gets(&at(&held))["names"]["matters"][&matter], "Falcon");
    let audited = iris.gets(&at(&held));
    assert_eq!(audited["facts"], held);
    assert_eq!(
        (&audited["names"]["channels"], &audited["names"]["matters"]),
        (&json!({}), &json!({}))
    );
    let (mine, theirs) = (of_channel(&mut ada, &line), of_channel(&mut ada, &other));
    assert_eq!(mine["taken"], theirs["taken"]);
    for facts in [&mine, &theirs] {
        for hidden in ["destroyed", "kept", "bundles"] {
            assert_eq!(facts[hidden], Value::Null, "{hidden}");
        }
    }
    let ledger = ada.gets("/api/v1/ledger?act=destroy.").to_string();
    assert!(
        !ledger.contains("\"kept\"") && !ledger.contains("\"places\""),
        "{ledger}"
    );

    // It is checked with the key alone, and no byte of it can be another.
    all_signed(&mut ada);
    let dir = tempfile::tempdir().expect("a folder");
    let key = ada.gets("/api/v1/log/checkpoint")["key"].clone();
    let key = key.as_str().expect("a key");
    let officer = olga.id.clone();
    for (who, is_admin) in [(&mut olga, false), (&mut iris, false), (&mut ada, true)] {
        let files = unpacked(&downloaded(who, &held));
        assert!(is_sound(&repacked(dir.path(), &files), key));
        assert_eq!(
            holds(&files, &matter),
            !is_admin,
            "for an admin: {is_admin}"
        );
        assert_eq!(holds(&files, "Falcon"), who.id == officer);
        for name in files.keys() {
            let mut changed = files.clone();
            let bytes = changed.get_mut(name).expect("there");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            assert!(
                !is_sound(&repacked(dir.path(), &changed), key),
                "{name} unlisted"
            );
            // With a list that fits again: what the log has is refused all the same.
            if name.contains("/events/") || name.contains("/proofs/") {
                let path = repacked(dir.path(), &with_sums(changed));
                assert!(!is_sound(&path, key), "{name}");
            }
        }
    }
    for (from, to) in [
        ("\"records\": 2", "\"records\": 9"),
        ("\"messages\": 3", "\"messages\": 1"),
        (ada.id.as_str(), carol.id.as_str()),
    ] {
        let mut files = unpacked(&downloaded(&mut olga, &held));
        let json = files
            .iter_mut()
            .find(|(name, _)| name.ends_with("certificate.json"));
        let (_, json) = json.expect("there");
        let text = String::from_utf8(json.clone()).expect("text");
        assert!(text.contains(from), "{from}");
        *json = text.replace(from, to).into_bytes();
        let path = repacked(dir.path(), &with_sums(files));
        assert!(!is_sound(&path, key), "{from} made {to}");
    }
    let files = unpacked(&downloaded(&mut olga, &facts));
    let proof = files.iter().find(|(name, _)| {
        name.ends_with(&format!("proofs/{}.tlog-proof", facts["done"]["position"]))
    });
    let alone = dir.path().join("done.tlog-proof");
    std::fs::write(&alone, proof.expect("a proof").1).expect("written");
    assert!(is_sound(&alone, key), "by itself");
    let page = files.iter().find(|(name, _)| name.ends_with(".html"));
    let page = String::from_utf8_lossy(page.expect("a page").1).into_owned();
    assert!(
        page.contains("Line &lt;3&gt;") && !page.contains("Line <3>"),
        "{page}"
    );
    let taken = olga.gets("/api/v1/ledger?act=certificate.");
    assert_eq!(taken["entries"][0]["actor"], olga.id.as_str());
    assert_eq!(
        taken["entries"][0]["object"]["done"],
        facts["done"]["position"]
    );
    assert_eq!(
        ada.gets("/api/v1/ledger?act=certificate.")["entries"],
        json!([])
    );

    // Released, it goes too: that there was something to go is for officers and auditors.
    olga.does(json!({"t": "hold.release", "hold": hold}));
    assert_eq!(world.sweeps(), 1);
    let released = destructions(&mut olga).remove(0);
    assert_eq!(
        (&released["kind"], &released["kept_for"]),
        (&json!("released"), &json!(matter))
    );
    assert_eq!(released["destroyed"]["records"], 3);
    assert_eq!(released["released"][0]["by"], olga.id.as_str());
    assert_eq!(destructions(&mut iris)[0], released);
    assert_eq!(destructions(&mut ada).len(), 2);
    all_signed(&mut ada);
    let refused = |who: &mut Person, path: &str| who.http.get(path).expect("an answer").code();
    for path in [at(&released), at(&released) + "/certificate"] {
        assert_eq!(refused(&mut ada, &path), "not_found");
        assert_eq!(refused(&mut carol, &path), "forbidden");
    }
    for nothing in ["0", "999999999"] {
        assert_eq!(
            refused(&mut olga, &format!("/api/v1/destructions/{nothing}")),
            "not_found"
        );
    }
    // Page by page it is the same.
    let first = olga.gets("/api/v1/destructions?limit=2");
    let rest = olga.gets(&format!(
        "/api/v1/destructions?limit=2&before={}",
        first["next"]
    ));
    assert_eq!(
        (
            first["destructions"].as_array().map(Vec::len),
            &rest["next"]
        ),
        (Some(2), &Value::Null)
    );
    let all = destructions(&mut olga);
    assert_eq!(rest["destructions"][0], all[2]);
    world.stop();
}

#[test]
fn what_went_on_order_is_certified_with_who_asked_and_why_also_from_the_log_alone() {
    let mut world = World::start();
    let mut ada = world.admin();
    let (mut carol, mut mallory) = (world.person("Carol"), world.person("Mallory Gone"));
    let mut olga = world.newcomer("Olga", "officer");
    let line = ada.channel("Line 3", &[&carol, &mallory]);
    let other = ada.channel("Line 4", &[&carol, &mallory]);
    let note = carol.uploads(&line, "code.txt", NOTE);
    let leak = carol.does(json!({"t": "send", "c": line, "b": "the code is 31-7-12", "f": [note]}));
    carol.does(json!({"t": "edit", "c": line, "q": leak["q"], "b": "the code was 31-7-12"}));
    ada.does(json!({"t": "react", "c": line, "q": leak["q"], "e": "👍", "on": true}));
    mallory.says(&line, "I was never here");
    mallory.says(&other, "nor there");
    mallory.says(&other, "nor anywhere");
    let order =
        json!({"t": "redact.request", "c": line, "q": [leak["q"]], "reason": "a <password>"});
    let order = olga.does(order)["order"].clone();
    let there = counted(&mut ada, &line, |item| item["q"] == leak["q"]);
    ada.does(json!({"t": "order.approve", "order": order}));
    waits_for(&mut olga, &order);
    let facts = destructions(&mut ada).remove(0);
    assert_eq!(
        (&facts["kind"], &facts["taken"], &facts["numbers"]),
        (&json!("redacted"), &there, &json!([leak["q"]]))
    );
    let told = destructions(&mut olga).remove(0);
    // The message, its edit and the reaction to it.
    assert_eq!(told["destroyed"], json!({"records": 3, "files": 1}));
    let asked = &facts["order"];
    assert_eq!(
        (&asked["id"], &asked["reason"]),
        (&order, &json!("a <password>"))
    );
    assert_eq!(
        (&asked["requested"]["by"], &asked["approved"]["by"]),
        (&json!(olga.id), &json!(ada.id))
    );

    let theirs = |item: &Value| item["u"] == mallory.id.as_str();
    let places = [
        counted(&mut ada, &line, theirs),
        counted(&mut ada, &other, theirs),
    ];
    ada.does(json!({"t": "person.deactivate", "person": mallory.id}));
    let order = json!({"t": "erase.request", "person": mallory.id, "reason": "asked for it"});
    let order = ada.does(order)["order"].clone();
    olga.does(json!({"t": "order.approve", "order": order}));
    waits_for(&mut olga, &order);
    let erased = destructions(&mut olga).remove(0);
    assert_eq!(
        (&erased["kind"], &erased["person"]),
        (&json!("erased"), &json!(mallory.id))
    );
    assert_eq!(
        erased["taken"],
        json!({"messages": 3, "files": 0, "bytes": 0})
    );
    for (c, counts) in [(&line, &places[0]), (&other, &places[1])] {
        let all = erased["places"].as_array().cloned().unwrap_or_default();
        let place = all.iter().find(|place| place["channel"] == c.as_str());
        assert_eq!(place.expect("a place")["messages"], counts["messages"]);
    }
    assert_eq!(erased["order"]["approved"]["by"], olga.id.as_str());
    assert_eq!(
        destructions(&mut olga).len(),
        2,
        "one for the person, not one for each channel"
    );
    all_signed(&mut ada);
    let dir = tempfile::tempdir().expect("a folder");
    let key = ada.gets("/api/v1/log/checkpoint")["key"].clone();
    let key = key.as_str().expect("a key").to_owned();
    for facts in [&told, &erased] {
        let files = unpacked(&downloaded(&mut olga, facts));
        assert!(is_sound(&repacked(dir.path(), &files), &key));
        assert!(!holds(&files, "Mallory"), "the name is gone");
    }

    // After a power cut, and when nothing is left but the log, it is the same to the letter.
    let all = destructions(&mut olga);
    world.kill();
    world.again();
    assert_eq!(destructions(&mut olga), all);
    world.stop();
    std::fs::remove_dir_all(world.data.join("views")).expect("removed");
    world.again();
    assert_eq!(destructions(&mut olga), all);
    world.stop();
}
