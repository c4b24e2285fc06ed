//! A slow channel: a pause after each message, whichever device it comes from, and across restarts.

use serde_json::{Value, json};
use tests::world::{Person, World};

/// How long the server asks to wait.
fn waits(person: &mut Person, channel: &str) -> u64 {
    let id = person.mint();
    let send = json!({"t": "send", "id": id, "c": channel, "b": "once more"});
    let answer = person.http.post("/api/v1/commands", &send);
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, answer.code().as_str()), (429, "slow"));
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    body["after"].as_u64().unwrap_or_default()
}

#[test]
fn two_devices_are_one_person_and_a_restart_forgets_nothing() {
    let mut world = World::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    bilal.listens();
    ada.does(json!({"t": "channel.slow", "c": line, "seconds": 3600}));
    let told = bilal.expects("the channel", |f| f["t"] == "channel");
    assert_eq!(told["d"]["slow"], 3600);
    let wrong = json!({"t": "channel.slow", "c": line, "seconds": 7});
    assert_eq!(ada.tries(wrong).expect_err("no such step").code, "invalid");

    let root = bilal.says(&line, "the first");
    let mut other = bilal.tab();
    let after = waits(&mut other, &line);
    assert!((3_500_000..=3_600_000).contains(&after), "{after}");
    let in_thread = json!({"t": "send", "c": line, "b": "beside", "th": root["q"]});
    assert_eq!(other.tries(in_thread).expect_err("is slow").code, "slow");
    // What is not a new message is not slowed, and owners are exempt.
    bilal.does(json!({"t": "edit", "c": line, "q": root["q"], "b": "The first"}));
    bilal.does(json!({"t": "react", "c": line, "q": root["q"], "e": "👍", "on": true}));
    ada.says(&line, "one");
    ada.says(&line, "two");

    world.kill();
    world.again();
    bilal.loses_connection();
    waits(&mut bilal, &line);
    ada.does(json!({"t": "channel.slow", "c": line, "seconds": 0}));
    bilal.says(&line, "at last");
}

#[test]
fn the_pause_ends_when_it_was_said_to_end_and_a_clock_set_back_does_not_lengthen_it() {
    let (world, clock) = World::with_clock();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    ada.does(json!({"t": "channel.slow", "c": line, "seconds": 60}));
    bilal.says(&line, "the first");
    clock.shift(-3_600_000);
    assert_eq!(waits(&mut bilal, &line), 60_000);
    clock.shift(3_600_000);
    let after = waits(&mut bilal, &line);
    clock.shift(i64::try_from(after).unwrap_or_default());
    bilal.says(&line, "the second");
    waits(&mut bilal, &line);
}
