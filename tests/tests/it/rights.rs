//! What a person may have and ask for: all that is her own and nobody else's, what is answered to an erasure, how the
//! house is used as sums alone, and what is unusual in the ledger.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::http::Client;
use tests::world::{Person, SECRET, World, to_noon};

use crate::destructions::unpacked;

const NOTE: &[u8] = b"four parts of brimstonewax, one of saffronglue, and patience";

fn asks(who: &mut Person, secret: &str) -> (u16, String, Value) {
    let answer = who.http.post("/api/v1/data", &json!({"secret": secret}));
    let answer = answer.expect("an answer");
    let parsed = serde_json::from_slice(&answer.body).unwrap_or_default();
    (answer.status, answer.code(), parsed)
}

/// Asked for and fetched: by what it is fetched, and its files without the folder they stand in.
fn pack(who: &mut Person) -> (String, BTreeMap<String, Vec<u8>>) {
    let (status, code, asked) = asks(who, SECRET);
    assert_eq!(status, 200, "{code}");
    let path = format!("/api/v1/data/{}", asked["position"]);
    let answer = who.http.get(&path).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.code());
    assert_eq!(answer.header("Cache-Control"), Some("private, no-store"));
    let short = |(name, bytes): (String, Vec<u8>)| {
        let (_, name) = name.split_once('/').expect("a folder");
        (name.to_owned(), bytes)
    };
    let files = unpacked(&answer.body).into_iter().map(short).collect();
    (path, files)
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|at| at == word.as_bytes())
}

fn code_of(who: &mut Client, path: &str) -> (u16, String) {
    let answer = who.get(path).expect("an answer");
    (answer.status, answer.code())
}

#[test]
fn a_person_has_all_that_is_her_own_and_not_a_word_of_anybody_elses() {
    let world = World::start();
    let mut ada = world.admin();
    let (mut bilal, mut carol) = (world.person("Bilal"), world.person("Carol"));
    let mut olga = world.newcomer("Olga", "officer");
    let mut max = world.newcomer("Max", "auditor");
    let line = ada.channel("Line 3", &[&bilal, &carol]);
    let asked = carol.says(&line, "where is the vermilionhops invoice");
    let reply = json!({"t": "send", "c": line, "b": "=HYPERLINK(\"x\") <script>cobaltbarley</script>", "re": asked["q"]});
    let said = bilal.does(reply);
    bilal.does(
        json!({"t": "edit", "c": line, "q": said["q"], "b": "in the <b>cobaltbarley</b> drawer"}),
    );
    let taken_back = bilal.says(&line, "burn the zanzibarquill");
    bilal.does(json!({"t": "del", "c": line, "q": taken_back["q"]}));
    let note = bilal.uploads(&line, "wax%20%26%20glue.txt", NOTE);
    bilal.does(json!({"t": "send", "c": line, "b": "my recipe", "f": [note]}));
    bilal.does(json!({"t": "react", "c": line, "q": asked["q"], "e": "👍", "on": true}));
    let theirs = carol.uploads(&line, "carol.txt", b"carol keeps her quillfeather here");
    carol.does(json!({"t": "send", "c": line, "b": "mine alone", "f": [theirs]}));
    carol.does(json!({"t": "react", "c": line, "q": said["q"], "e": "🦭", "on": true}));
    let matter = json!({"t": "matter.open", "name": "Falconwing", "reason": "a leak"});
    let matter = olga.does(matter)["matter"].clone();
    olga.does(json!({"t": "hold.place", "matter": matter, "people": [bilal.id]}));

    // A device left open is not enough, and who is refused leaves no request.
    let (status, code, _) = asks(&mut bilal, "not this one");
    assert_eq!((status, code.as_str()), (401, "wrong_credentials"));
    let (path, files) = pack(&mut bilal);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    let (data, page) = (&files["data.json"], &files["index.html"]);
    let file = names.iter().find(|name| name.starts_with("files/"));
    assert_eq!(files[*file.expect("her file")], NOTE);
    for whole in [data, page] {
        for own in [
            "cobaltbarley",
            "zanzibarquill",
            "my recipe",
            "👍",
            "Bilal",
            "Line 3",
        ] {
            assert!(holds(whole, own), "{own} is not there");
        }
        for word in [
            "vermilionhops",
            "mine alone",
            "quillfeather",
            "carol.txt",
            "🦭",
            "Carol",
            "Falconwing",
        ] {
            assert!(!holds(whole, word), "{word} is somebody else's");
        }
        // Nothing tells of a matter or a hold, not even that there is none.
        assert!(!holds(whole, "hold.") && !holds(whole, "matter."));
    }
    assert!(
        !holds(page, "<script>") && holds(page, "&lt;script&gt;"),
        "words are no markup"
    );
    let data: Value = serde_json::from_slice(data).expect("data for programs");
    assert_eq!(data["format"], "daylight.data/1");
    assert_eq!(data["person"]["id"], bilal.id.as_str());
    assert_eq!(data["devices"][0]["signed_in"], true);
    assert_eq!(data["channels"][0]["rule"]["from"], "workspace", "{data}");
    let events = data["events"].as_array().expect("events");
    let of = |act: &str| {
        events
            .iter()
            .filter(|e| e["act"] == act)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("message.posted").len(), 3, "{events:?}");
    assert_eq!(
        of("message.posted")[0]["reply"],
        asked["q"],
        "a pointer, and no quote"
    );
    assert_eq!(of("session.opened").len(), 1);
    // That somebody made her a member is told; who it was, is not.
    let made = of("channel.created");
    assert_eq!(
        (made.len(), &made[0]["by_me"]),
        (1, &json!(false)),
        "{events:?}"
    );
    assert!(
        !holds(&files["data.json"], &carol.id),
        "nobody else is named"
    );

    // It is hers, on the device that asked.
    for who in [&mut ada, &mut carol, &mut olga] {
        assert_eq!(code_of(&mut who.http, &path).1, "not_found");
    }
    let mut other = Client::new(bilal.http.site.clone());
    let handle = bilal.gets("/api/v1/bootstrap")["handle"].clone();
    let body = json!({"handle": handle, "secret": SECRET});
    other
        .post("/api/v1/signin", &body)
        .and_then(|a| a.ok())
        .expect("signed in");
    assert_eq!(code_of(&mut other, &path).1, "not_found");
    assert_eq!(code_of(&mut bilal.http, "/api/v1/data/3").1, "not_found");
    // A few times a day, and all of it is on record, for those who check and not for who runs the house.
    pack(&mut bilal);
    pack(&mut bilal);
    assert_eq!(asks(&mut bilal, SECRET).1, "rate");
    for (act, n) in [("data.asked", 3), ("data.downloaded", 3)] {
        let at = format!("/api/v1/ledger?act={act}&actor={}", bilal.id);
        for (who, n) in [(&mut max, n), (&mut ada, 0)] {
            let entries = who.gets(&at)["entries"].clone();
            assert_eq!(
                entries.as_array().map(Vec::len),
                Some(n),
                "{act}: {entries}"
            );
        }
    }
}

#[test]
fn how_the_house_is_used_is_told_in_sums_and_never_of_few() {
    let world = World::start();
    let mut ada = world.admin();
    let joins = |n: usize| -> Vec<Person> {
        (0..n)
            .map(|_| world.newcomer("Somebody", "member"))
            .collect()
    };
    let (mut plant, yard, mill) = (joins(5), joins(2), joins(5));
    let mut community = |name: &str, people: &[Person]| {
        let people: Vec<&str> = people.iter().map(|one| one.id.as_str()).collect();
        let create =
            json!({"t": "channel.create", "kind": "announcement", "name": name, "people": people});
        ada.does(create)["c"].as_str().expect("an id").to_owned()
    };
    // Who is in several is counted in the oldest: the administrator, with the plant.
    let plant_c = community("Plant", &plant);
    community("Yard", &yard);
    community("Mill", &mill);
    let said = ada.says(&plant_c, "the canteen is closed today");
    plant[0].does(json!({"t": "read", "c": plant_c, "q": said["q"]}));
    let told = ada.gets("/api/v1/admin/adoption");
    let six = json!({"people": 6, "active_week": 6, "active_month": 6, "behind": 4});
    let all = json!({"people": 13, "active_week": 13, "active_month": 13, "behind": 4});
    assert_eq!(told["all"], all, "{told}");
    let rows: Vec<_> = told["groups"]
        .as_array()
        .expect("groups")
        .iter()
        .map(|g| (&g["name"], &g["figures"]))
        .collect();
    // Two in the yard would be what is left without the mill: so five and two are told together alone.
    let none = json!({"people": 0, "active_week": 0, "active_month": 0, "behind": 0});
    let wanted = [
        (json!("Mill"), Value::Null),
        (json!("Plant"), six),
        (json!("Yard"), Value::Null),
        (json!(""), none),
    ];
    assert_eq!(
        rows,
        wanted
            .iter()
            .map(|(name, of)| (name, of))
            .collect::<Vec<_>>(),
        "{told}"
    );
    assert_eq!(told["groups"][1]["channels"], 0, "they have no channel yet");
    let group = ada.channel("Early shift", &[&plant[0]]);
    ada.does(json!({"t": "channel.place", "c": group, "community": plant_c}));
    let told = ada.gets("/api/v1/admin/adoption");
    assert_eq!(told["groups"][1]["channels"], 1, "{told}");
    assert!(!told.to_string().contains("Somebody"), "nobody is named");
}

#[test]
fn many_exports_on_one_day_are_told_to_those_who_check() {
    // Not at midnight, when they would be of two days.
    let (world, clock) = World::with_clock();
    to_noon(&clock);
    let mut ada = world.admin();
    let mut olga = world.newcomer("Olga", "officer");
    let mut max = world.newcomer("Max", "auditor");
    let line = ada.channel("Line 3", &[]);
    let order = json!({"t": "export.request", "c": line, "from": 0, "to": 1000, "reason": "asked for", "case": "2026-7"});
    for _ in 0..5 {
        olga.does(order.clone());
    }
    let told = max.gets("/api/v1/ledger/unusual");
    let findings = told["findings"].as_array().expect("findings");
    let many = findings.iter().find(|one| one["what"] == "many_exports");
    let many = many.expect("told");
    assert_eq!(
        (&many["actor"], &many["n"]),
        (&json!(olga.id), &json!(5)),
        "{told}"
    );
    assert_eq!(
        olga.gets("/api/v1/ledger/unusual")["findings"],
        told["findings"]
    );
    assert_eq!(
        code_of(&mut ada.http, "/api/v1/ledger/unusual").1,
        "forbidden"
    );
}

#[test]
fn what_is_kept_for_a_matter_looks_destroyed_in_her_own_data() {
    let (world, clock) = World::with_clock();
    to_noon(&clock);
    let mut ada = world.admin();
    let (mut bilal, mut carol) = (world.person("Bilal"), world.person("Carol"));
    let mut olga = world.newcomer("Olga", "officer");
    let line = ada.channel("Line 3", &[&bilal, &carol]);
    for who in [&mut bilal, &mut carol] {
        let note = who.uploads(&line, "ledger.txt", NOTE);
        who.does(json!({"t": "send", "c": line, "b": "the vermilionhops were never paid for", "f": [note]}));
    }
    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 1}));
    let matter =
        olga.does(json!({"t": "matter.open", "name": "Falcon", "reason": "an audit"}))["matter"]
            .clone();
    olga.does(json!({"t": "hold.place", "matter": matter, "people": [bilal.id]}));
    clock.shift(3 * 24 * 3_600_000);
    world.sweeps();
    // One is held and the other is not: neither finds a difference.
    let mut told = Vec::new();
    for who in [&mut bilal, &mut carol] {
        let (_, files) = pack(who);
        assert!(
            !files.keys().any(|name| name.starts_with("files/")),
            "{:?}",
            files.keys()
        );
        assert!(
            files
                .values()
                .all(|bytes| !holds(bytes, "vermilionhops") && !holds(bytes, "ledger.txt"))
        );
        let data: Value = serde_json::from_slice(&files["data.json"]).expect("data");
        let said = data["events"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|one| one["act"] == "message.posted");
        let mut said = said.expect("that something was said").clone();
        for own in ["at", "position", "q", "n"] {
            said[own].take();
        }
        told.push(said);
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0]["gone"], true);
}
