//! What a channel keeps at hand: bounded, for everybody alike, and gone with the message.

use serde_json::{Value, json};
use tests::world::{Person, World, to_noon};

const DAY_MS: i64 = 24 * 3_600_000;

fn pins(person: &mut Person, channel: &str) -> Vec<Value> {
    let list = person.gets(&format!("/api/v1/channels/{channel}/pins"));
    let items = list["items"].as_array().cloned().unwrap_or_default();
    let seen = person.gets(&format!("/api/v1/channels/{channel}"));
    let told: Vec<_> = items.iter().map(|item| item["q"].clone()).collect();
    assert_eq!(seen["pins"], json!(told));
    items
}

#[test]
fn a_pin_is_everybodys_and_goes_with_its_message() {
    let (mut world, clock) = World::with_clock();
    to_noon(&clock);
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    let pin = |q: &Value, on: bool| json!({"t": "pin", "c": line, "q": q, "on": on});
    let rota = ada.says(&line, "the rota")["q"].clone();
    let keys = bilal.says(&line, "the keys")["q"].clone();
    let reply = ada.does(json!({"t": "send", "c": line, "b": "beside", "th": rota}));
    ada.listens();
    bilal.does(pin(&keys, true));
    let heard = ada.expects("a pin", |f| f["t"] == "pin");
    assert_eq!(heard["d"]["of"], keys);
    assert_eq!(heard["d"]["on"], true);
    bilal.does(pin(&rota, true));
    let twice = bilal.does(pin(&rota, true));
    assert!(twice["q"].is_null(), "it is pinned already: {twice}");
    let refused = ada.tries(pin(&reply["q"], true)).expect_err("in a thread");
    assert_eq!(refused.code, "invalid");
    ada.does(json!({"t": "edit", "c": line, "q": rota, "b": "the new rota"}));
    let texts: Vec<_> = pins(&mut ada, &line)
        .iter()
        .map(|i| i["b"].clone())
        .collect();
    assert_eq!(texts, ["the new rota", "the keys"]);

    ada.does(pin(&keys, false));
    assert_eq!(pins(&mut bilal, &line).len(), 1);
    ada.does(pin(&keys, true));
    bilal.does(json!({"t": "del", "c": line, "q": keys}));
    assert_eq!(pins(&mut ada, &line).len(), 1);
    let refused = ada.tries(pin(&keys, true)).expect_err("is deleted");
    assert_eq!(refused.code, "conflict");

    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 1}));
    clock.shift(3 * DAY_MS);
    world.sweeps();
    assert_eq!(pins(&mut ada, &line), Vec::<Value>::new());
    world.stop();
    std::fs::remove_dir_all(world.data.join("views")).expect("views");
    let data = world.data.clone();
    world.again_here_on(&data, &clock).expect("a start");
    assert_eq!(pins(&mut bilal, &line), Vec::<Value>::new());
}

#[test]
fn a_channel_keeps_fifty_at_hand_and_no_more() {
    let mut world = World::start();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let mut said = Vec::new();
    for n in 0..51 {
        said.push(ada.says(&line, &format!("message {n}"))["q"].clone());
    }
    let pin = |q: &Value, on: bool| json!({"t": "pin", "c": line, "q": q, "on": on});
    for q in &said[..50] {
        ada.does(pin(q, true));
    }
    let refused = ada.tries(pin(&said[50], true)).expect_err("one too many");
    assert_eq!(refused.code, "conflict");
    ada.does(pin(&said[7], false));
    ada.does(pin(&said[50], true));
    world.kill();
    world.again();
    assert_eq!(pins(&mut ada, &line).len(), 50);
}
