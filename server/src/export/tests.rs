//! Promises of a bundle, each checked by both verifiers: the one in Rust and the script that travels with it.

mod chosen;
mod forged;
mod formats;
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use migrations_free_store::{Id, Scope};
use serde_json::{Value, json};

use super::{ExportError, Phase, build, verify_bundle};
use crate::chat::event::{Act, Content};
use world::{DAY, Python, World, text_of};

#[test]
fn a_bundle_holds_its_range_and_nothing_else() {
    let mut world = World::new();
    world.lively();
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    let report = bundle.verify().expect("it verifies");
    let said = bundle.python(&["--key", &world.store.verifier_key()]);
    assert_eq!(said, report.to_string(), "both verifiers say the same");
    assert_eq!(
        (
            report.events,
            report.messages,
            report.files,
            report.forgotten
        ),
        (bundle.lines().len() as u64, 5, 1, 0)
    );

    let all = bundle.text("jsonl/");
    for there in [
        "second day",
        "a correction, a week later",
        "photo of the leak",
        "the officer's reason",
    ] {
        assert!(all.contains(there), "{there}");
    }
    for elsewhere in [
        "first day",
        "third day",
        "said elsewhere",
        "a correction of the third day",
    ] {
        assert!(!all.contains(elsewhere), "{elsewhere}");
        assert!(
            !bundle.text("report.html").contains(elsewhere),
            "{elsewhere}"
        );
    }
    assert!(
        !bundle.text("people.json").contains("Nobody"),
        "only who occurs is named"
    );
    assert_eq!(bundle.bytes("natives/"), world.photo);
    let parts: Vec<String> = bundle
        .lines()
        .iter()
        .map(|line| text_of(&line["part"]))
        .collect();
    for part in ["range", "fence", "amendment", "order"] {
        assert!(parts.iter().any(|p| p == part), "{part}");
    }
    assert!(
        parts.iter().filter(|p| *p == "range").count() >= 8,
        "receipts and governance too"
    );

    let other_key = world::other_key();
    let refused =
        verify_bundle(&bundle.zip(), Some(&other_key)).expect_err("a key that is not the log's");
    assert_eq!(
        refused.to_string(),
        "MANIFEST.json: the log's key is not the expected one"
    );
    assert_eq!(
        bundle.python(&["--key", &other_key]),
        format!("FAULT: {refused}")
    );
}

#[test]
fn the_zip_is_checked_as_its_folder_is() {
    let mut world = World::new();
    world.lively();
    let order = world.order(0, 9 * DAY);
    let bundle = world.bundle(&order);
    let zipped = verify_bundle(&bundle.zip(), None).expect("the zip verifies");
    assert_eq!(verify_bundle(&bundle.unpacked(), None), Ok(zipped.clone()));
    assert_eq!(
        verify_bundle(bundle.unpacked().parent().expect("a parent"), None),
        Ok(zipped.clone()),
        "unpacked where the user stands"
    );
    assert_eq!(
        world::run_python(&bundle.unpacked().join("verify.py"), &[]),
        zipped.to_string(),
        "the script it carries, with no argument"
    );
    assert_eq!(bundle.python(&[]), zipped.to_string());
}

#[test]
fn whom_a_message_asked_and_who_confirmed_is_in_its_bundle_whenever_that_was() {
    let mut world = World::new();
    world.start();
    let (ada, bob, channel) = (world.ada, world.bob, world.channel);
    let act = Act::MessagePosted {
        n: 1,
        thread: None,
        reply: None,
        mentions: vec![],
        files: vec![],
        asks: Some(2),
        poll: None,
        waited: None,
        urgent: false,
    };
    let content = Content {
        audience: vec![bob, world::NOBODY],
        ..Content::text("the new fire plan")
    };
    let asked = world.push(ada, DAY, act, Some(channel), Some(content));
    for act in [
        Act::MessageReminded { of: asked },
        Act::MessageConfirmed { of: asked },
    ] {
        world.push(bob, 5 * DAY, act, Some(channel), None);
    }
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    assert!(
        bundle.text("people.json").contains("Nobody"),
        "who was asked and was silent is named"
    );
    let lines = bundle.lines();
    let late = lines.iter().filter(|line| line["part"] == "amendment");
    let told: Vec<_> = late
        .map(|line| {
            (
                text_of(&line["decoded"]["act"]),
                line["decoded"]["of"].clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("message.reminded".to_owned(), asked.into()),
            ("message.confirmed".to_owned(), asked.into())
        ]
    );
    let fine = bundle.verify().expect("it verifies");
    assert_eq!(bundle.python(&[]), fine.to_string());
}

#[test]
fn the_same_order_gives_the_same_bytes() {
    let mut world = World::new();
    world.lively();
    let order = world.order(DAY, 2 * DAY);
    let (one, two) = (world.bundle(&order), world.bundle(&order));
    assert_eq!(
        (one.built.sha256, one.built.bytes),
        (two.built.sha256, two.built.bytes)
    );
    assert_eq!(one.raw, two.raw);
}

#[test]
fn a_destroyed_day_is_a_gap_with_its_reason_and_still_verifies() {
    let mut world = World::new();
    world.lively();
    world.destroy_day(1);
    let order = world.order(DAY, 3 * DAY);
    let bundle = world.bundle(&order);
    let report = bundle.verify().expect("it verifies");
    assert!(report.forgotten >= 5 && report.unexplained == 0, "{report}");
    assert_eq!(bundle.python(&[]), report.to_string());
    let gaps = bundle.manifest()["gaps"].clone();
    assert_eq!(
        text_of(&gaps[0]["scope"]),
        Scope::ChannelDay {
            channel: world.channel,
            day: 1
        }
        .to_string()
    );
    assert_eq!(text_of(&gaps[0]["reason"]), "destroyed");
    let destroyed = gaps[0]["destroyed_at"]
        .as_u64()
        .expect("the position of destroy.done");
    assert!(
        bundle
            .lines()
            .iter()
            .any(|line| line["log_index"] == destroyed && line["part"] == "destruction")
    );
    let all = bundle.text("jsonl/");
    assert!(!all.contains("second day") && all.contains("third day"));
    assert!(
        bundle
            .text("report.html")
            .contains("[content destroyed: its key no longer exists]")
    );
}

#[test]
fn a_single_message_that_was_destroyed_is_explained_by_what_destroyed_it() {
    let mut world = World::new();
    world.lively();
    let gone = world.say(world.bob, DAY + 50, "a slip of the pen");
    world.destroy_message(1, gone);
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    let report = bundle.verify().expect("it verifies");
    assert_eq!(bundle.python(&[]), report.to_string());
    assert_eq!((report.forgotten, report.unexplained), (1, 0), "{report}");
    let gap = bundle.manifest()["gaps"][0].clone();
    assert_eq!(text_of(&gap["reason"]), "redacted");
    let by = bundle
        .lines()
        .into_iter()
        .find(|line| line["log_index"] == gap["destroyed_at"] && line["part"] == "destruction");
    let by = by.expect("the event that destroyed it");
    let header: Value = serde_json::from_str(&text_of(&by["header"])).expect("JSON");
    assert_eq!(header["object"]["messages"], json!([gone]));

    // When the whole day goes later, that is what explains it, and not what took the one before.
    world.destroy_day(1);
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    let report = bundle.verify().expect("it verifies");
    assert_eq!(bundle.python(&[]), report.to_string());
    let gap = bundle.manifest()["gaps"][0].clone();
    let by = bundle
        .lines()
        .into_iter()
        .find(|line| line["log_index"] == gap["destroyed_at"]);
    let header: Value =
        serde_json::from_str(&text_of(&by.expect("an event")["header"])).expect("JSON");
    assert_eq!(header["object"]["messages"], Value::Null);
}

#[test]
fn an_erased_person_is_a_gap_of_her_own_explained_by_what_erased_her() {
    let mut world = World::new();
    world.lively();
    world.erase(world.ada);
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    let report = bundle.verify().expect("it verifies");
    assert_eq!(bundle.python(&[]), report.to_string());
    assert!(report.forgotten > 0 && report.unexplained == 0, "{report}");
    let gaps = bundle.manifest()["gaps"].clone();
    let gaps = gaps.as_array().expect("a list");
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!(text_of(&gaps[0]["scope"]), format!("person/{}", world.ada));
    let lines = bundle.lines();
    let mut by = lines.iter().filter(|line| line["part"] == "destruction");
    let by = by.next().expect("the event that erased her");
    assert_eq!(by["log_index"], gaps[0]["destroyed_at"]);

    // Of somebody else's the same event says nothing.
    world.destroy(Scope::Person(world.bob));
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    let both = bundle.verify().expect("it verifies");
    assert_eq!(bundle.python(&[]), both.to_string());
    assert_eq!(
        both.forgotten - both.unexplained,
        report.forgotten,
        "{both}"
    );
}

#[test]
fn an_erasure_without_a_word_in_the_log_is_a_gap_that_the_report_calls_unexplained() {
    let mut world = World::new();
    world.lively();
    world.destroy(Scope::Person(world.ada));
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    let report = bundle.verify().expect("it verifies");
    assert_eq!(bundle.python(&[]), report.to_string());
    assert!(
        report.forgotten > 0 && report.unexplained == report.forgotten,
        "{report}"
    );
    assert!(
        bundle.manifest()["gaps"]
            .as_array()
            .expect("a list")
            .iter()
            .all(|gap| gap["reason"] == "erased")
    );
    assert!(
        !bundle.text("jsonl/").contains("photo of the leak")
            && bundle.text("jsonl/").contains("second day 1")
    );
}

#[test]
fn events_whose_headers_are_forgotten_still_stand_in_their_place() {
    let mut world = World::new();
    world.lively();
    world.destroy(Scope::audit(DAY));
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    let report = bundle.verify().expect("it verifies");
    assert_eq!(bundle.python(&[]), report.to_string());
    let lines = bundle.lines();
    assert!(
        lines
            .iter()
            .filter(|line| line["part"] == "range")
            .all(|line| line["header"].is_null() && line["channel_seq"].is_u64())
    );
    assert_eq!(
        text_of(&bundle.manifest()["gaps"][0]["scope"]),
        "audit/1970-01"
    );
    assert!(lines.len() > 5 && !bundle.text("jsonl/").contains("second day"));
}

#[test]
fn a_file_that_is_gone_is_said_to_be_gone() {
    let mut world = World::new();
    world.lively();
    world.store.blob_delete(world.photo_id).expect("deleted");
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    let report = bundle.verify().expect("it verifies");
    assert_eq!((report.files, report.files_missing), (0, 1));
    assert_eq!(bundle.python(&[]), report.to_string());
}

#[test]
fn a_clock_that_stepped_back_hides_nothing_and_shows_nothing_more() {
    let mut world = World::new();
    world.start();
    let ada = world.ada;
    world.say(ada, DAY + 10, "on time");
    world.say(ada, 2 * DAY + 50, "the clock ran ahead");
    world.say(ada, DAY + 20, "on time again");
    world.say(ada, 2 * DAY + 60, "next day");
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    let report = bundle.verify().expect("it verifies");
    assert_eq!(bundle.python(&[]), report.to_string());
    let all = bundle.text("jsonl/");
    assert!(
        all.contains("on time again") && !all.contains("ran ahead") && !all.contains("next day")
    );
    assert_eq!(
        bundle
            .lines()
            .iter()
            .filter(|line| line["withheld"] == true && line["part"] == "range")
            .count(),
        1
    );
}

#[test]
fn hostile_texts_are_carried_exactly_and_run_nowhere() {
    let shared = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/data/strings/blns.json"
    );
    let mut strings: Vec<String> = match std::fs::read_to_string(shared) {
        Ok(text) => serde_json::from_str(&text).expect("a list of strings"),
        Err(_) => {
            println!("skipped: no shared data");
            Vec::new()
        }
    };
    strings.extend(
        [
            "</script><script>alert(1)</script>",
            "\u{1}\u{7f}\u{85}",
            "\"],\"log_index\":7,[",
            "\\ud800",
            "\u{2028}\n\r\n",
        ]
        .map(str::to_owned),
    );
    let mut world = World::new();
    world.start();
    let (ada, count) = (world.ada, strings.len());
    for (n, text) in (0u64..).zip(&strings) {
        world.say(ada, DAY + n, text);
    }
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    let report = bundle.verify().expect("it verifies");
    assert_eq!(bundle.python(&[]), report.to_string());
    let texts: Vec<String> = bundle
        .lines()
        .iter()
        .filter(|line| line["decoded"]["act"] == "message.posted")
        .map(|line| text_of(&line["decoded"]["text"]))
        .collect();
    assert_eq!(texts.len(), count);
    assert_eq!(texts, strings);
    let page = bundle.text("report.html").to_lowercase();
    assert!(
        !page.contains("<script")
            && !page.contains("<img")
            && !page.contains("<svg")
            && !page.contains("<iframe")
    );
}

#[test]
fn nothing_is_built_without_request_approval_and_checkpoint() {
    let mut world = World::new();
    world.lively();
    let unordered = world.unordered(DAY, 2 * DAY);
    world.sign();
    assert!(matches!(
        build(&world.store, &unordered, &Arc::default(), &mut |_, _, _| {}),
        Err(ExportError::NotOrdered)
    ));
    let mut order = world.order(DAY, 2 * DAY);
    order.frozen += 1;
    assert!(matches!(
        build(&world.store, &order, &Arc::default(), &mut |_, _, _| {}),
        Err(ExportError::Unsigned { .. })
    ));
    assert_eq!(
        world
            .store
            .blobs_in(Scope::Matter(unordered.export))
            .expect("a list"),
        Vec::<Id>::new(),
        "nothing is left behind"
    );
}

#[test]
fn nothing_but_the_newest_bundle_is_left_of_an_export() {
    let mut world = World::new();
    world.lively();
    let order = world.order(DAY, 2 * DAY);
    let scope = Scope::Matter(order.export);
    // As a power cut leaves it: begun, and never finished.
    let mut torn = world
        .store
        .blob_writer(scope, order.requester)
        .expect("begun");
    torn.write(&[7; 200_000]).expect("written");
    drop(torn);
    for _ in 0..2 {
        let built =
            build(&world.store, &order, &Arc::default(), &mut |_, _, _| {}).expect("it builds");
        assert_eq!(
            world.store.blobs_in(scope).expect("a list"),
            [built.blob],
            "neither a torn bundle, nor an older one, nor what the report is made of"
        );
    }
}

#[test]
fn who_gives_a_bundle_up_gets_none_and_nothing_is_left_behind() {
    let mut world = World::new();
    world.lively();
    let order = world.order(DAY, 2 * DAY);
    for phase in [Phase::Reading, Phase::Proofs, Phase::Files, Phase::Packing] {
        let is_cancelled = Arc::<AtomicBool>::default();
        let built = build(&world.store, &order, &is_cancelled, &mut |now, _, _| {
            is_cancelled.fetch_or(now == phase, Ordering::Relaxed);
        });
        assert!(matches!(built, Err(ExportError::Cancelled)), "{phase:?}");
        let scope = Scope::Matter(order.export);
        assert_eq!(world.store.blobs_in(scope).expect("a list"), []);
    }
}

#[test]
fn every_phase_is_told_in_order_and_ends_at_its_total() {
    let mut world = World::new();
    world.lively();
    let order = world.order(0, 9 * DAY);
    let mut seen = Vec::new();
    build(
        &world.store,
        &order,
        &Arc::default(),
        &mut |phase, done, total| {
            assert!(done <= total);
            if seen.last() != Some(&phase) {
                seen.push(phase);
            }
        },
    )
    .expect("it builds");
    assert_eq!(
        seen,
        [Phase::Reading, Phase::Proofs, Phase::Files, Phase::Packing]
    );
}

#[test]
fn a_file_that_is_not_what_its_message_says_stops_the_export() {
    let mut world = World::new();
    world.start();
    let (ada, channel) = (world.ada, world.channel);
    let mut fact = world.upload(ada, DAY, "plan.pdf", b"what was uploaded");
    fact.sha256 = crate::chat::event::Hash([7; 32]);
    let act = Act::MessagePosted {
        n: 1,
        thread: None,
        reply: None,
        mentions: vec![],
        files: vec![fact.id],
        asks: None,
        poll: None,
        waited: None,
        urgent: false,
    };
    world.push(
        ada,
        DAY,
        act,
        Some(channel),
        Some(Content {
            files: vec![fact.clone()],
            ..Content::text("see file")
        }),
    );
    let order = world.order(DAY, 2 * DAY);
    assert!(
        matches!(build(&world.store, &order, &Arc::default(), &mut |_, _, _| {}), Err(ExportError::DamagedFile { file }) if file == fact.id)
    );
}

/// Measured in a process of its own, because memory is counted per process.
#[test]
fn twenty_thousand_events_are_built_and_verified_in_constant_memory() {
    const CHILD: &str = "DAYLIGHT_EXPORT_MEMORY";
    if let Some(every) = std::env::var_os(CHILD) {
        let mut world = World::new();
        if every == "every format" {
            world.formats = formats::ALL.to_vec();
        }
        world.start();
        let ada = world.ada;
        let words: String = (0..8192u64)
            .map(|i| char::from(b'a' + (i * i * i % 23) as u8))
            .collect();
        for n in 0..20_000 {
            let text = words.get(n % 4096..n % 4096 + 2048).expect("ASCII");
            world.say(ada, DAY + n as u64, text);
        }
        let order = world.order(DAY, 2 * DAY);
        // One small build first, so that what is allocated once does not count.
        build(
            &world.store,
            &world.small(&order),
            &Arc::default(),
            &mut |_, _, _| {},
        )
        .expect("it builds");
        let before = world::memory_kib("VmRSS:");
        let clock = std::time::Instant::now();
        let built =
            build(&world.store, &order, &Arc::default(), &mut |_, _, _| {}).expect("it builds");
        let (building, path) = (clock.elapsed(), world.unload(&built));
        let report = verify_bundle(&path, None).expect("it verifies");
        println!(
            "built {} bytes in {building:?}, all in {:?}",
            built.bytes,
            clock.elapsed()
        );
        println!(
            "GROWTH {} {}",
            world::memory_kib("VmHWM:").saturating_sub(before),
            report.events
        );
        return;
    }
    let name = concat!(
        module_path!(),
        "::twenty_thousand_events_are_built_and_verified_in_constant_memory"
    );
    let name = name.split_once("::").map_or(name, |(_, path)| path);
    // What is sorted at once and one slice of a day: they have limits of their own.
    for (chosen, mib_max) in [("the lines", 16), ("every format", 24)] {
        let child = std::process::Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", name, "--nocapture"])
            .env(CHILD, chosen)
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&child.stdout).into_owned();
        let line = said
            .lines()
            .find_map(|line| line.split_once("GROWTH "))
            .unwrap_or_else(|| panic!("{said}"))
            .1;
        let numbers: Vec<u64> = line
            .split(' ')
            .map(|n| n.parse().expect("a number"))
            .collect();
        println!("{chosen}: {said}");
        assert!(
            numbers[1] >= 20_000 && numbers[0] < mib_max * 1024,
            "{chosen}: {line}: 40 MB of text must not need {mib_max} MB of memory"
        );
    }
}

#[test]
fn a_hostile_zip_is_refused_or_says_the_same_but_never_panics() {
    let mut world = World::new();
    world.lively();
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    let honest = bundle.verify().expect("it verifies");
    let path = bundle.zip();
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    let mut next = |limit: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % limit as u64) as usize
    };
    let mut refused = 0;
    for round in 0..400 {
        let mut bytes = bundle.raw.clone();
        // The directory at the end is where a reader is fooled: half of the damage goes there.
        let tail = bytes.len().min(2000);
        let at = if round % 2 == 0 {
            next(bytes.len())
        } else {
            bytes.len() - 1 - next(tail)
        };
        match round % 5 {
            0 => bytes.truncate(at),
            1 => bytes[at] = 0xff,
            _ => bytes[at] ^= 1 << next(8),
        }
        std::fs::write(&path, &bytes).expect("written");
        match verify_bundle(&path, None) {
            Ok(report) => assert_eq!(report, honest),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 200, "{refused} of 400");
}

#[test]
fn what_is_no_bundle_is_refused_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut python = Python::start();
    let cases: [(&str, &[u8]); 3] = [
        ("empty", b""),
        ("text", b"not a zip file at all"),
        ("pk", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    ];
    for (name, bytes) in cases {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        let fault = verify_bundle(&path, None).expect_err("no bundle");
        assert_eq!(python.ask(&path), format!("FAULT: {fault}"));
    }
    assert!(verify_bundle(&folder.path().join("nothing there"), None).is_err());
    assert_eq!(
        verify_bundle(folder.path(), None)
            .expect_err("no bundle")
            .to_string(),
        "MANIFEST.json: missing"
    );
}
