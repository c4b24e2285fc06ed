//! Supervision: what a rule blocks is not written, whoever is nudged decides, what is taken is reviewed by somebody else,
//! and nothing of it is told to whom it is not for.

use std::cell::RefCell;

use serde_json::{Value, json};
use tests::world::{Person, Refused, World};

const NOTICE: &str = "Prices are agreed on by the sales desk. Ask there first.";

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn rule(action: &str, words: &[&str], channels: &[&str]) -> Value {
    json!({"t": "supervision.set", "name": format!("{action} prices"), "action": action, "notice": NOTICE,
        "words": words, "channels": channels})
}

/// Asked for by one and approved by the other.
fn stands(olga: &mut Person, oscar: &mut Person, rule: Value) -> String {
    let rule = text(&olga.does(rule)["rule"]);
    oscar.does(json!({"t": "supervision.approve", "rule": rule}));
    rule
}

fn queue(who: &mut Person) -> Vec<Value> {
    list(&who.gets("/api/v1/supervision/queue")["items"])
}

fn of_rule(who: &mut Person, rule: &str) -> Value {
    let all = list(&who.gets("/api/v1/supervision")["rules"]);
    let found = all.into_iter().find(|one| one["id"] == rule);
    found.expect("the rule")
}

fn entries(who: &mut Person, act: &str) -> Vec<Value> {
    list(&who.gets(&format!("/api/v1/ledger?act={act}&limit=200"))["entries"])
}

fn refused(who: &mut Person, command: Value) -> Refused {
    let said = command.to_string();
    who.tries(command).expect_err(&said)
}

#[test]
fn what_a_rule_blocks_is_never_written_says_why_and_the_rule_needs_two_officers() {
    let world = World::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let mut olga = world.newcomer("Olga", "officer");
    let mut oscar = world.newcomer("Oscar", "officer");
    let line = bilal.channel("Line 3", &[]);
    let aside = bilal.channel("Aside", &[]);
    let before = bilal.says(&line, "nothing to see");
    bilal.listens();

    let wanted = rule("block", &["vermilionhops", "secret  deal"], &[&line]);
    let first = text(&olga.does(wanted.clone())["rule"]);
    let approve = json!({"t": "supervision.approve", "rule": first});
    for who in [&mut olga, &mut ada, &mut bilal] {
        assert_eq!(refused(who, approve.clone()).code, "forbidden");
    }
    bilal.says(&line, "vermilionhops, while nobody has approved it");
    oscar.does(approve.clone());
    assert_eq!(refused(&mut oscar, approve).code, "conflict");
    let told = bilal.expects("that it is supervised", |f| {
        f["t"] == "channel" && f["c"] == line
    });
    assert_eq!(told["d"]["watched"], true);
    let seen = bilal.gets(&format!("/api/v1/channels/{aside}"));
    assert_eq!(seen["watched"], false, "{seen}");

    let head = bilal.gets(&format!("/api/v1/channels/{line}"))["head"].clone();
    let size = olga.gets("/api/v1/log/checkpoint");
    let file = bilal.uploads(&line, "VERMILIONHOPS.txt", b"prices");
    let later = tests::frame::now_ms() + 3_600_000;
    for command in [
        json!({"t": "send", "c": line, "b": "the VermilionHops!"}),
        json!({"t": "send", "c": line, "b": "a secret\ndeal", "acknowledged": [first]}),
        json!({"t": "send", "c": line, "b": "see this", "f": [file]}),
        json!({"t": "send", "c": line, "b": "which?", "poll": {"o": ["vermilionhops", "others"]}}),
        json!({"t": "edit", "c": line, "q": before["q"], "b": "vermilionhops"}),
        json!({"t": "schedule", "c": line, "b": "vermilionhops", "at": later}),
    ] {
        let no = refused(&mut bilal, command);
        assert_eq!((no.code.as_str(), no.status), ("supervision/blocked", 422));
        assert_eq!(no.message, NOTICE);
    }
    let seen = bilal.gets(&format!("/api/v1/channels/{line}"));
    assert_eq!(seen["head"], head, "nothing was appended");
    assert_eq!(olga.gets("/api/v1/log/checkpoint")["size"], size["size"]);
    bilal.says(&aside, "vermilionhops are for elsewhere");
    bilal.says(&line, "vermilionhopsters are other people");

    // What is looked for stands in no header, and not before who runs the house.
    for who in [&mut ada, &mut olga] {
        let told = json!(entries(who, "supervision.")).to_string();
        assert!(told.contains("supervision.approved"), "{told}");
        assert!(!told.contains("vermilion"), "{told}");
    }
    for path in ["/api/v1/supervision", "/api/v1/supervision/queue"] {
        for who in [&mut ada, &mut bilal] {
            let answer = who.http.get(path).expect("an answer");
            assert_eq!(answer.code(), "forbidden");
        }
    }

    let remove = json!({"t": "supervision.remove", "rule": first});
    assert_eq!(refused(&mut ada, remove.clone()).code, "forbidden");
    olga.does(remove);
    let told = bilal.expects("that it is not supervised any more", |f| {
        f["t"] == "channel" && f["c"] == line
    });
    assert_eq!(told["d"]["watched"], false);
    bilal.says(&line, "the vermilionhops");
}

#[test]
fn a_rule_that_is_broken_or_too_large_is_refused_and_says_so() {
    let world = World::start();
    let mut olga = world.newcomer("Olga", "officer");
    let with = |patterns: Value| {
        let mut wanted = rule("flag", &[], &[]);
        wanted["patterns"] = patterns;
        wanted
    };
    let many: Vec<String> = (0..101).map(|n| format!("word{n}")).collect();
    for (wanted, code) in [
        (
            with(json!(["fine", "bro(ken"])),
            "supervision/pattern_broken",
        ),
        (
            with(json!([r"(?:\w{50}){50}"])),
            "supervision/pattern_too_large",
        ),
        (with(json!(["x".repeat(121)])), "invalid"),
        (with(json!(many)), "invalid"),
        (with(json!([])), "invalid"),
        (
            rule("flag", &["fine"], &["01ARZ3NDEKTSV4RRFFQ69G5FAV"]),
            "not_found",
        ),
    ] {
        assert_eq!(refused(&mut olga, wanted).code, code);
    }
    let mut quiet = rule("nudge", &["fine"], &[]);
    quiet["notice"] = json!("");
    assert_eq!(refused(&mut olga, quiet).code, "invalid");
    for _ in 0..32 {
        olga.does(rule("flag", &["fine"], &[]));
    }
    let full = refused(&mut olga, rule("flag", &["fine"], &[]));
    assert_eq!(full.code, "supervision/full");
}

#[test]
fn who_is_nudged_decides_who_is_flagged_notices_nothing_and_somebody_else_reviews() {
    let mut world = World::start();
    let (mut bilal, carol) = (world.person("Bilal"), world.person("Carol"));
    let mut olga = world.newcomer("Olga", "officer");
    let mut oscar = world.newcomer("Oscar", "officer");
    let line = bilal.channel("Line 3", &[&carol, &olga]);
    let nudge = stands(
        &mut olga,
        &mut oscar,
        rule("nudge", &["cobaltbarley"], &[&line]),
    );
    let flag = stands(&mut olga, &mut oscar, rule("flag", &["saffronglue"], &[]));

    // Asked once, on the socket as over HTTP; answered, it goes, under the same id.
    bilal.listens();
    let asked = json!({"t": "send", "id": bilal.mint(), "c": line, "b": "cobaltbarley at ten"});
    bilal.puts(&asked);
    let answer = bilal.expects("the question", |f| f["id"] == asked["id"]);
    assert_eq!(answer["code"], "supervision/nudge");
    assert_eq!(answer["message"], NOTICE);
    assert_eq!(answer["rules"], json!([nudge]));
    let mut anyway = asked.clone();
    anyway["acknowledged"] = answer["rules"].clone();
    let sent = bilal.does(anyway.clone());
    assert_eq!(bilal.does(anyway), sent, "sent again, it is answered again");
    bilal.hears("cobaltbarley at ten");

    // A message that is flagged and one that is not: the same answer, and the same on the socket.
    let mut heard = Vec::new();
    for said in ["plain old glue", "the saffronglue"] {
        let answer = bilal.says(&line, said);
        bilal.hears(said);
        let mark = bilal.mint();
        bilal.puts(&json!({"t": "got", "id": mark, "c": line, "q": answer["q"]}));
        let frames = RefCell::new(Vec::new());
        bilal.expects("the mark", |f| {
            frames.borrow_mut().push(f["t"].clone());
            f["id"] == mark.as_str()
        });
        let keys: Vec<String> = answer
            .as_object()
            .into_iter()
            .flatten()
            .map(|(k, _)| k.clone())
            .collect();
        heard.push((keys, frames.into_inner()));
    }
    assert_eq!(heard[0], heard[1]);
    let page = json!(bilal.reads(&line)).to_string();
    assert!(
        !page.contains("supervis") && !page.contains("rule"),
        "{page}"
    );

    // Who takes part is on record, and what it says is not in the queue.
    olga.says(&line, "my own saffronglue");
    let items = queue(&mut oscar);
    assert_eq!(items.len(), 3, "{items:?}");
    assert_eq!(
        (&items[0]["rules"], &items[0]["acknowledged"]),
        (&json!([nudge]), &json!(true))
    );
    assert_eq!(
        (&items[1]["rules"], &items[1]["acknowledged"]),
        (&json!([flag]), &json!(false))
    );
    assert!(!json!(items).to_string().contains("saffronglue"));
    let paged = oscar.gets("/api/v1/supervision/queue?limit=2");
    let rest = oscar.gets(&format!(
        "/api/v1/supervision/queue?limit=2&after={}",
        paged["next"]
    ));
    assert_eq!(list(&rest["items"]), items[2..]);

    // Nobody reviews herself, nor is she told that there is something.
    assert_eq!(queue(&mut olga).len(), 2);
    let own = items[2]["item"].clone();
    let judged = |item: &Value, outcome: &str, note: &str| json!({"t": "supervision.review", "item": item, "outcome": outcome, "note": note});
    assert_eq!(
        refused(&mut olga, judged(&own, "no_concern", "")).code,
        "supervision/own"
    );
    let look = |item: &Value| format!("/api/v1/supervision/queue/{item}");
    let answer = olga.http.get(&look(&own)).expect("an answer");
    assert_eq!(answer.code(), "supervision/own");
    let taken = json!(entries(&mut olga, "supervision.taken")).to_string();
    assert!(
        !taken.contains(&format!("\"author\":\"{}\"", olga.id)),
        "{taken}"
    );

    // Content is opened one by one, by officers alone, and each look is on record first.
    let flagged = items[1]["item"].clone();
    for who in [&mut bilal, &mut world.admin()] {
        let answer = who.http.get(&look(&flagged)).expect("an answer");
        assert_eq!(answer.code(), "forbidden");
        let decides = judged(&flagged, "no_concern", "");
        assert_eq!(refused(who, decides).code, "forbidden");
    }
    assert!(entries(&mut oscar, "look.").is_empty(), "nobody looked");
    let shown = oscar.gets(&look(&flagged));
    assert_eq!(shown["message"]["b"], "the saffronglue");
    let looks = entries(&mut oscar, "look.supervised");
    assert_eq!(
        (looks.len(), &looks[0]["position"]),
        (1, &shown["position"])
    );
    assert_eq!(looks[0]["object"]["item"], flagged);

    // Decisions, the note that one needs, and the figures.
    let silent = refused(&mut oscar, judged(&flagged, "escalated", ""));
    assert_eq!(silent.code, "invalid");
    oscar.does(judged(&flagged, "follow_up", "asked the sales desk"));
    oscar.does(judged(&items[0]["item"], "no_concern", ""));
    let again = refused(&mut oscar, judged(&items[0]["item"], "escalated", "late"));
    assert_eq!(again.code, "conflict");
    for restarted in [false, true] {
        if restarted {
            world.stop();
            world.again();
            bilal.loses_connection();
        }
        let items = queue(&mut oscar);
        assert_eq!(items.len(), 2, "{items:?}");
        assert_eq!(items[0]["followed"]["note"], "asked the sales desk");
        let seen = of_rule(&mut oscar, &flag);
        let figures = &seen["matched"];
        assert_eq!(
            (
                &figures["taken"],
                &figures["reviewed"],
                &figures["follow_up"],
                &figures["open"]
            ),
            (&json!(2), &json!(1), &json!(1), &json!(1)),
            "{figures}"
        );
        let seen = of_rule(&mut oscar, &nudge)["matched"].clone();
        assert_eq!(
            (&seen["taken"], &seen["no_concern"], &seen["open"]),
            (&json!(1), &json!(1), &json!(0))
        );
        assert_eq!(oscar.gets("/api/v1/supervision")["open"], 2);
    }
    oscar.does(judged(&flagged, "escalated", "to the board"));
    let figures = of_rule(&mut oscar, &flag)["matched"].clone();
    assert_eq!(
        (
            &figures["follow_up"],
            &figures["escalated"],
            &figures["reviewed"]
        ),
        (&json!(0), &json!(1), &json!(1))
    );

    // The rules look on after the restart as before it; a sample takes what no word does, until it is removed.
    let said = json!({"t": "send", "c": line, "b": "cobaltbarley at eleven"});
    assert_eq!(refused(&mut bilal, said).code, "supervision/nudge");
    let mut sample = rule("flag", &[], &[&line]);
    sample["sample"] = json!(1_000);
    let sample = stands(&mut oscar, &mut olga, sample);
    bilal.says(&line, "good morning");
    let last = queue(&mut oscar).pop().expect("an item");
    assert_eq!(
        (&last["sampled"], &last["rules"]),
        (&json!([sample]), &json!([]))
    );
    for rule in [&nudge, &flag, &sample] {
        oscar.does(json!({"t": "supervision.remove", "rule": rule}));
    }
    bilal.says(&line, "cobaltbarley and saffronglue for everybody");
    assert_eq!(queue(&mut oscar).pop(), Some(last));
    assert_eq!(
        bilal.gets(&format!("/api/v1/channels/{line}"))["watched"],
        false
    );
    world.stop();
    world.verifies();
}
