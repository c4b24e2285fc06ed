//! Bundles of chosen messages: those in full, the rest withheld, and neither more nor less of either.

use serde_json::{Value, json};

use super::forged::{recount, refused, rewrite};
use super::world::{DAY, Python, World};

fn at(lines: &[Value], seq: u64) -> usize {
    let found = lines.iter().position(|line| line["channel_seq"] == seq);
    found.expect("a line")
}

#[test]
fn what_was_not_chosen_is_withheld_and_whoever_shows_or_hides_more_is_refused() {
    let mut world = World::new();
    world.lively();
    let all = world.order(DAY, 2 * DAY);
    let all = world.bundle(&all).lines();
    let is_message = |line: &&Value| {
        line["part"] == "range"
            && line["decoded"]["act"] == "message.posted"
            && line["content"].is_string()
    };
    let messages: Vec<u64> = all
        .iter()
        .filter(is_message)
        .filter_map(|line| line["channel_seq"].as_u64())
        .collect();
    let (chosen, other) = (messages[0], messages[1]);

    let mut world = World::new();
    world.lively();
    let order = world.order_of(DAY, 2 * DAY, Some(vec![chosen]));
    let bundle = world.bundle(&order);
    let mut python = Python::start();
    let report = bundle.verify().expect("it verifies");
    assert_eq!(bundle.python(&[]), report.to_string());
    assert_eq!(world.bundle(&order).raw, bundle.raw, "byte for byte");
    let (honest, manifest) = (bundle.lines(), bundle.manifest());
    let is_shown = |line: &&Value| line["content"].is_string() && line["part"] != "order";
    let whose = |line: &Value| {
        line["decoded"]["of"]
            .as_u64()
            .or(line["channel_seq"].as_u64())
    };
    let shown: Vec<_> = honest.iter().filter(is_shown).map(whose).collect();
    assert!(
        !shown.is_empty() && shown.iter().all(|of| *of == Some(chosen)),
        "{shown:?}"
    );
    assert_eq!(honest.len(), all.len(), "every event of the range is there");

    // The same log, as a bundle of more: what a forger who has it would put in.
    let mut wider = order.clone();
    wider
        .selection
        .iter_mut()
        .for_each(|selection| selection.messages = messages.clone());
    let wider = world.bundle(&wider).lines();
    let full = |seq: u64| wider[at(&wider, seq)].clone();
    let cases: [(&str, &dyn Fn(&mut Vec<Value>, &mut Value)); 7] = [
        ("what was not chosen is shown", &|lines, _| {
            let n = at(lines, other);
            for key in ["content", "content_salt", "withheld", "decoded", "natives"] {
                lines[n][key] = full(other)[key].clone();
            }
        }),
        ("what was chosen is withheld", &|lines, _| {
            let n = at(lines, chosen);
            let decoded = lines[at(lines, other)]["decoded"].clone();
            for (key, value) in [
                ("content", Value::Null),
                ("content_salt", Value::Null),
                ("withheld", json!(true)),
            ] {
                lines[n][key] = value;
            }
            lines[n]["natives"] = json!([]);
            lines[n]["decoded"]["text"] = decoded["text"].clone();
            lines[n]["decoded"]["files"] = json!([]);
        }),
        ("another is claimed to be chosen", &|_, manifest| {
            manifest["selection"]["messages"] = json!([other])
        }),
        ("more are claimed to be chosen", &|_, manifest| {
            manifest["selection"]["messages"] = json!([chosen, other])
        }),
        ("nothing is claimed to be chosen", &|_, manifest| {
            manifest
                .as_object_mut()
                .expect("an object")
                .remove("selection");
        }),
        ("by another tag", &|_, manifest| {
            manifest["selection"]["tagged"] = json!(["hot"])
        }),
        ("the rest is called something else", &|_, manifest| {
            manifest["selection"]["rest"] = json!("nothing")
        }),
    ];
    let folder = bundle.unpacked();
    for (case, forge) in cases {
        let (mut lines, mut manifest) = (honest.clone(), manifest.clone());
        forge(&mut lines, &mut manifest);
        recount(&mut manifest, &lines);
        rewrite(&bundle, &lines, Some(&manifest));
        refused(&mut python, &folder, case);
    }
    rewrite(&bundle, &honest, Some(&manifest));
    assert_eq!(python.ask(&folder), report.to_string());
}
