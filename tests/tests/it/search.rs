//! Search is a scan of what one may see: nothing acknowledged is missed, nothing taken back is found.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use tests::words::random;
use tests::world::{Person, World};

const DAY_MS: i64 = 24 * 3_600_000;
const WORDS: [&str; 9] = [
    "harbour", "Straße", "quince", "明天", "lantern", "x7", "don't", "ferry", "mosaic",
];
const STEPS: u64 = 60;

#[test]
fn a_search_is_a_scan_of_what_one_may_see() {
    let mut world = World::start();
    let mut ada = world.admin();
    let mut bilal = world.newcomer("Bilal", "member");
    let both = [ada.channel("One", &[&bilal]), ada.channel("Two", &[&bilal])];
    let hers = ada.channel("Hers", &[]);
    let mut seed = 77;
    // Enough that the index of the day is in several pieces.
    for n in 0..700 {
        let c = &both[usize::from(n % 5 == 0)];
        ada.says(c, &sentence(&mut seed));
    }
    for step in 0..STEPS {
        let c = &both[random(&mut seed) as usize % 2];
        let q = 2 + random(&mut seed) % 90;
        let (word, text) = (a_word(&mut seed), sentence(&mut seed));
        // Whose message it is, or whether it is one, is not the point: a refusal changes nothing.
        let _maybe = match random(&mut seed) % 5 {
            0 => ada.tries(json!({"t": "edit", "c": c, "q": q, "b": text})),
            1 => ada.tries(json!({"t": "del", "c": c, "q": q})),
            2 => bilal.tries(json!({"t": "send", "c": c, "b": text})),
            3 => ada.tries(json!({"t": "send", "c": hers, "b": text})),
            _ => ada.tries(json!({"t": "send", "c": c, "b": text})),
        };
        if step == STEPS / 3 {
            world.kill();
            world.again();
        }
        if step == STEPS * 2 / 3 {
            world.stop();
            world.again();
        }
        let mut asked = vec![word];
        if step % 2 == 0 {
            asked.push(a_word(&mut seed));
        }
        agrees(&mut bilal, &both, &asked);
        if step % 10 == 0 {
            let all = [both[0].clone(), both[1].clone(), hers.clone()];
            agrees(&mut ada, &all, &asked);
        }
    }
    ada.does(json!({"t": "channel.remove", "c": both[0], "person": bilal.id}));
    agrees(&mut bilal, &both[1..], &["quince"]);
}

#[test]
fn days_are_found_when_they_are_over_and_forgotten_when_they_are_due() {
    let (world, clock) = World::with_clock();
    let mut ada = world.admin();
    let short = ada.channel("Short", &[]);
    let long = ada.channel("Long", &[]);
    world.rules(json!({"t": "policy.set", "c": short, "keep_days": 1}));
    for n in 0..80 {
        let word = WORDS[n % WORDS.len()];
        ada.says(&short, word);
        ada.says(&long, word);
    }
    let old = ada.says(&long, "lantern of yesterday")["q"].clone();
    let taken_back = ada.says(&long, "lantern taken back")["q"].clone();
    let all = [short.clone(), long.clone()];
    agrees(&mut ada, &all, &["lantern"]);

    clock.shift(DAY_MS);
    agrees(&mut ada, &all, &["lantern"]);
    ada.says(&long, "lantern of today");
    ada.does(json!({"t": "edit", "c": long, "q": old, "b": "mosaic of yesterday"}));
    ada.does(json!({"t": "del", "c": long, "q": taken_back}));
    // The day is closed behind our back: before, meanwhile and after.
    for _ in 0..20 {
        agrees(&mut ada, &all, &["lantern"]);
        agrees(&mut ada, &all, &["mosaic", "yesterday"]);
        std::thread::sleep(Duration::from_millis(100));
    }
    ada.does(json!({"t": "edit", "c": long, "q": old, "b": "quince of yesterday"}));
    agrees(&mut ada, &all, &["quince"]);

    clock.shift(DAY_MS);
    world.sweeps();
    agrees(&mut ada, &all, &["ferry"]);
    assert!(
        !found(&mut ada, "ferry").iter().any(|(c, _)| *c == short),
        "nothing of a day that is due"
    );

    clock.shift(-DAY_MS);
    ada.says(&long, "ferry again, by a clock set back");
    agrees(&mut ada, &all, &["ferry", "clock"]);
}

fn agrees(who: &mut Person, channels: &[String], words: &[&str]) {
    let mut expected = BTreeSet::new();
    for c in channels {
        for item in who.reads(c) {
            let text = item["b"].as_str().unwrap_or_default();
            if words
                .iter()
                .all(|w| text.split([' ', ',']).any(|t| t == *w))
            {
                expected.insert((c.clone(), item["q"].as_u64().unwrap_or_default()));
            }
        }
    }
    let asked = words.join(" ");
    assert_eq!(found(who, &asked), expected, "{asked}");
}

/// All hits, page by page, newest first. Who is told that this is not all asks again.
fn found(who: &mut Person, text: &str) -> BTreeSet<(String, u64)> {
    let text: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let (mut all, mut newest, mut cursor) = (BTreeSet::new(), u64::MAX, String::new());
    loop {
        let path = format!("/api/v1/search?text={text}&limit=7{cursor}");
        let answer = who.searches(&path);
        for hit in answer["hits"].as_array().into_iter().flatten() {
            let ts = hit["item"]["ts"].as_u64().unwrap_or_default();
            assert!(ts <= newest, "newest first");
            newest = ts;
            let at = (
                hit["c"].as_str().unwrap_or_default().to_owned(),
                hit["item"]["q"].as_u64().unwrap_or_default(),
            );
            assert!(all.insert(at), "found twice: {hit}");
        }
        match answer["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

fn sentence(seed: &mut u64) -> String {
    let count = 1 + random(seed) % 5;
    let words: Vec<&str> = (0..count).map(|_| a_word(seed)).collect();
    words.join(" ")
}

fn a_word(seed: &mut u64) -> &'static str {
    WORDS[random(seed) as usize % WORDS.len()]
}
