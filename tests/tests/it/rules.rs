//! Rules of retention: what destroys sooner needs a second person, waits out its time, and can be stopped until then.

use serde_json::{Value, json};
use tests::world::{Person, World, to_noon};

const HOUR_MS: i64 = 3_600_000;
const DAYS: &str = "[retention]\ngrace_hours = 72\n";

fn rule(who: &mut Person, c: &str) -> Value {
    who.gets(&format!("/api/v1/channels/{c}"))["rule"].clone()
}

fn proposal(who: &mut Person, id: &Value) -> Value {
    let all = who.gets("/api/v1/proposals");
    let all = all["proposals"].as_array().cloned().unwrap_or_default();
    all.into_iter()
        .find(|p| p["id"] == *id)
        .expect("the proposal")
}

#[test]
fn a_shorter_rule_waits_for_a_second_person_and_for_its_time_whatever_the_clock_and_the_power_do() {
    let (mut world, clock) = World::with_clock_and(DAYS);
    to_noon(&clock);
    let mut ada = world.admin();
    let mut bilal = world.person("Bilal");
    let line = ada.channel("Line 3", &[&bilal]);
    bilal.says(&line, "yesterday");
    let set = json!({"t": "policy.set", "c": line, "keep_days": 1});

    // Alone, she is told what she needs, and nothing happens.
    let refused = ada.tries(set.clone()).expect_err("alone");
    assert_eq!(refused.code, "policy/alone");
    assert!(
        refused.message.contains("administrator or an officer"),
        "{}",
        refused.message
    );
    let preview = format!("/api/v1/admin/policy/preview?c={line}&keep_days=1");
    let asked = ada.gets(&preview);
    assert_eq!(
        (
            &asked["needs_approval"],
            &asked["approvers"],
            &asked["grace_hours"]
        ),
        (&json!(true), &json!(0), &json!(72))
    );
    let mut olga = world.newcomer("Olga", "officer");
    assert_eq!(ada.gets(&preview)["approvers"], 1);

    // Longer, and a floor, hold at once.
    ada.does(json!({"t": "policy.set", "keep_days": null, "floor_days": 1}));
    let floored = ada.gets("/api/v1/bootstrap");
    assert_eq!(
        (
            &floored["workspace"]["floor_days"],
            &floored["workspace"]["locked"]
        ),
        (&json!(1), &json!(false))
    );

    clock.shift(24 * HOUR_MS);
    let made = ada.does(set.clone());
    let waiting = proposal(&mut olga, &made["proposal"]);
    assert_eq!(waiting["state"], "waiting");
    assert_eq!(
        (&waiting["by"], &waiting["dooms"]["messages"]),
        (&json!(ada.id), &json!(0))
    );
    assert_eq!(
        rule(&mut bilal, &line)["keep_days"],
        Value::Null,
        "the old rule holds"
    );
    assert_eq!(
        rule(&mut bilal, &line)["next"],
        Value::Null,
        "nobody approved it"
    );
    assert_eq!(
        ada.tries(set.clone()).expect_err("one at a time").code,
        "policy/waiting"
    );
    let approve = json!({"t": "policy.approve", "proposal": made["proposal"]});
    assert_eq!(
        ada.tries(approve.clone()).expect_err("her own").code,
        "forbidden"
    );
    assert_eq!(
        bilal.tries(approve.clone()).expect_err("a member").code,
        "forbidden"
    );

    bilal.listens();
    olga.does(approve.clone());
    let known = proposal(&mut ada, &made["proposal"]);
    let (approved, takes) = (&known["approved_at"], &known["takes_effect_at"]);
    let grace = takes.as_u64().unwrap_or(0) - approved.as_u64().unwrap_or(0);
    assert_eq!(grace, 72 * 3_600_000);
    assert_eq!(olga.tries(approve).expect_err("once").code, "conflict");
    let told = bilal.expects("the rule that comes", |f| f["t"] == "channel");
    assert_eq!(
        told["d"]["rule"]["next"],
        json!({"keep_days": 1, "at": takes})
    );
    assert_eq!(told["d"]["rule"]["keep_days"], Value::Null);
    bilal.loses_connection();

    // An hour before, after a start, and with the clock set back, the old rule holds.
    let data = world.data.clone();
    for hours in [71, -100, 100] {
        clock.shift(hours * HOUR_MS);
        assert_eq!(world.sweeps(), 0, "{hours}");
        world.stop();
        world.again_here_on(&data, &clock).expect("it starts");
        assert_eq!(world.sweeps(), 0, "{hours}");
        assert_eq!(rule(&mut ada, &line)["keep_days"], Value::Null);
    }
    bilal.says(&line, "the last hour");
    clock.shift(HOUR_MS);
    world.sweeps();
    assert_eq!(rule(&mut bilal, &line)["keep_days"], 1);
    assert_eq!(
        bilal
            .reads(&line)
            .iter()
            .filter(|i| i["b"] == "yesterday")
            .count(),
        0
    );
    let ledger = olga.gets("/api/v1/ledger?act=policy.");
    let entry = &ledger["entries"][0];
    assert_eq!(entry["act"], "policy.set");
    assert_eq!(entry["object"]["proposal"], made["proposal"]);
    assert_eq!(
        entry["object"]["dooms"]["messages"], 1,
        "counted again: {entry}"
    );
    world.stop();
    world.verifies();
}

#[test]
fn what_is_stopped_never_holds_and_what_nobody_approves_lapses() {
    let (world, clock) = World::with_clock_and(DAYS);
    let mut ada = world.admin();
    let mut olga = world.newcomer("Olga", "officer");
    let (line, aside) = (ada.channel("Line 3", &[]), ada.channel("Aside", &[]));
    let made = ada.does(json!({"t": "policy.set", "c": line, "keep_days": 1}));
    let left = ada.does(json!({"t": "policy.set", "c": aside, "keep_days": 1}));
    olga.does(json!({"t": "policy.approve", "proposal": made["proposal"]}));
    clock.shift(71 * HOUR_MS);
    // Whoever may approve may stop; also who proposed it.
    ada.does(json!({"t": "policy.stop", "proposal": made["proposal"]}));
    assert_eq!(rule(&mut ada, &line)["next"], Value::Null);
    let twice = ada.tries(json!({"t": "policy.stop", "proposal": made["proposal"]}));
    assert_eq!(twice.expect_err("once").code, "conflict");
    ada.does(json!({"t": "policy.set", "c": line, "keep_days": 2}));
    clock.shift(30 * 24 * HOUR_MS);
    world.sweeps();
    assert_eq!(proposal(&mut ada, &made["proposal"])["state"], "stopped");
    assert_eq!(proposal(&mut ada, &left["proposal"])["state"], "lapsed");
    for c in [&line, &aside] {
        assert_eq!(rule(&mut ada, c)["keep_days"], Value::Null);
    }
}
