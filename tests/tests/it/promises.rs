//! Promises of the product that no single part keeps alone.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};
use tests::world::{Person, World, to_noon};

use crate::destructions::unpacked;
use crate::orders::built_as;
use crate::previews::Site;

const DAY_MS: i64 = 24 * 3_600_000;

#[test]
fn an_act_and_its_audit_record_are_one_write_whenever_the_server_is_killed() {
    const KILLS: usize = 8;
    let mut world = World::start();
    let mut ada = world.admin();
    let bilal = world.person("Bilal");
    let line = ada.channel("Line 3", &[]);
    for kill in 0..KILLS {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let mut busy = ada.tab();
            let (line, over, bilal) = (&line, &over, &bilal);
            scope.spawn(move || {
                for n in 0.. {
                    let role = if n % 2 == 0 { "guest" } else { "member" };
                    let acts = [
                        json!({"t": "person.role", "person": bilal.id, "role": role}),
                        json!({"t": "channel.slow", "c": line, "seconds": n % 3 * 10}),
                    ];
                    for act in acts {
                        // The last one was under way when the server died.
                        let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                            busy.tries(act).is_ok()
                        }));
                        if over.load(Ordering::Relaxed) || asked.is_err() {
                            return;
                        }
                    }
                }
            });
            thread::sleep(std::time::Duration::from_millis(20 + 13 * kill as u64));
            over.store(true, Ordering::Relaxed);
            world.kill();
        });
        world.again();
        // What is so is what the ledger says last was done, to the act.
        let people = ada.gets("/api/v1/admin/people");
        let people = people["people"].as_array().cloned().unwrap_or_default();
        let role = people.iter().find(|p| p["id"] == bilal.id.as_str());
        let role = role.expect("he is there")["role"].clone();
        let told = last(&mut ada, "role.set");
        assert_eq!(
            told.map_or(json!("member"), |act| act["role"].clone()),
            role
        );
        let channels = ada.gets("/api/v1/bootstrap");
        let channels = channels["channels"].as_array().cloned().unwrap_or_default();
        let channel = channels.iter().find(|c| c["id"] == line.as_str());
        let slow = channel.expect("it is there")["slow"].as_u64().unwrap_or(0);
        let told = last(&mut ada, "channel.slowed");
        assert_eq!(
            told.map_or(0, |act| act["seconds"].as_u64().unwrap_or(0)),
            slow
        );
    }
    assert!(last(&mut ada, "role.set").is_some(), "something was done");
    world.stop();
    world.verifies();
}

/// What was done by the newest act of that name.
fn last(who: &mut Person, act: &str) -> Option<Value> {
    let ledger = who.gets(&format!("/api/v1/ledger?act={act}"));
    ledger["entries"]
        .get(0)
        .map(|entry| entry["object"].clone())
}

#[test]
fn messages_edits_reactions_receipts_files_voice_notes_and_previews_live_and_die_together() {
    let house = "[previews]\non = true\nprivate_networks = true\n";
    let (world, clock) = World::with_clock_and(house);
    to_noon(&clock);
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let mut olga = world.newcomer("Olga", "officer");
    let line = ada.channel("Line 3", &[&bilal]);

    let first = ada.says(&line, "the valve leaks");
    ada.does(json!({"t": "edit", "c": line, "q": first["q"], "b": "the valve leaks again"}));
    bilal.does(json!({"t": "react", "c": line, "q": first["q"], "e": "👍", "on": true}));
    let scan = ada.uploads(&line, "scan.bin", b"a scan");
    ada.does(json!({"t": "send", "c": line, "b": "a file", "f": [scan]}));
    let voice = bilal.uploads(&line, "voice.webm", b"\x1a\x45\xdf\xa3 a voice");
    bilal.does(json!({"t": "send", "c": line, "b": "", "f": [voice]}));
    let url = Site::start().page("page");
    let preview = ada.http.post("/api/v1/previews", &json!({"url": url}));
    let preview = preview.expect("an answer").ok().expect("a preview");
    let sent = json!({"t": "send", "c": line, "b": format!("see {url}"), "lp": preview["id"]});
    let last = ada.does(sent);
    bilal.does(json!({"t": "read", "c": line, "q": last["q"]}));

    let bundle = |olga: &mut Person, ada: &mut Person| {
        let export = built_as(olga, ada, &line, None);
        let answer = olga.http.get(&format!("/api/v1/exports/{export}/download"));
        unpacked(&answer.expect("an answer").body)
    };
    let kinds = [
        "message.posted",
        "message.edited",
        "reaction.added",
        "receipt.read",
    ];
    let alive = bundle(&mut olga, &mut ada);
    let told = by_act(&alive);
    for kind in kinds {
        assert!(told[kind].iter().any(|line| !is_forgotten(line)), "{kind}");
    }
    assert!(told.values().flatten().all(|line| !is_forgotten(line)));
    assert_eq!(natives(&alive), 2, "the file and the voice note");
    let words = |files: &BTreeMap<String, Vec<u8>>| {
        let jsonl = files.iter().filter(|(name, _)| name.contains("/jsonl/"));
        let all: Vec<u8> = jsonl.flat_map(|(_, bytes)| bytes.clone()).collect();
        String::from_utf8(all).expect("text")
    };
    assert!(words(&alive).contains("Zeppelin"), "the preview");

    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 1}));
    clock.shift(3 * DAY_MS);
    assert_eq!(world.sweeps(), 1, "one day, in one destruction");
    ada.says(&line, "a new day");
    let dead = bundle(&mut olga, &mut ada);
    let told = by_act(&dead);
    for kind in kinds {
        let of_the_day = told[kind].iter().filter(|line| {
            !line["content"]
                .as_str()
                .unwrap_or_default()
                .contains("a new day")
        });
        assert!(of_the_day.clone().count() > 0, "{kind}: that it was stays");
        for line in of_the_day {
            assert!(line["content"].is_null(), "{kind}: {line}");
        }
    }
    assert_eq!(natives(&dead), 0);
    for word in ["valve", "scan.bin", "voice.webm", "Zeppelin", "👍"] {
        assert!(
            words(&alive).contains(word) && !words(&dead).contains(word),
            "{word}"
        );
    }
}

/// The lines of a bundle, by what was done.
fn by_act(files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<Value>> {
    let mut told: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let jsonl = files.iter().filter(|(name, _)| name.contains("/jsonl/"));
    for line in jsonl.flat_map(|(_, bytes)| bytes.split(|byte| *byte == b'\n')) {
        if let Ok(line) = serde_json::from_slice::<Value>(line) {
            let header = line["header"].as_str().unwrap_or_default();
            let header: Value = serde_json::from_str(header).unwrap_or_default();
            let act = header["act"].as_str().unwrap_or_default();
            told.entry(act.to_owned()).or_default().push(line);
        }
    }
    told
}

fn is_forgotten(line: &Value) -> bool {
    line["forgotten"] == true
}

fn natives(files: &BTreeMap<String, Vec<u8>>) -> usize {
    files
        .keys()
        .filter(|name| name.contains("/natives/"))
        .count()
}
