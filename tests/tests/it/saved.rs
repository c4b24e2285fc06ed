//! What somebody keeps at hand for themselves: places and no words, on all their devices, and nobody else's business.

use serde_json::{Value, json};
use tests::world::{Person, World, to_noon};

const DAY_MS: i64 = 24 * 3_600_000;

fn save(channel: &str, q: &Value, on: bool) -> Value {
    json!({"t": "save", "c": channel, "q": q, "on": on})
}

fn saved(person: &mut Person) -> Vec<Value> {
    let list = person.gets("/api/v1/saved");
    list["items"].as_array().cloned().unwrap_or_default()
}

fn texts(person: &mut Person) -> Vec<String> {
    let text = |one: &Value| one["item"]["b"].as_str().unwrap_or_default().to_owned();
    saved(person).iter().map(text).collect()
}

#[test]
fn what_is_saved_is_on_all_ones_devices_and_goes_with_its_message() {
    let (mut world, clock) = World::with_clock();
    to_noon(&clock);
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    let night = ada.channel("Night", &[&bilal]);
    let rota = ada.says(&line, "the rota")["q"].clone();
    let keys = ada.says(&line, "the keys")["q"].clone();
    let lamp = ada.says(&night, "the lamp")["q"].clone();
    let beside = ada.does(json!({"t": "send", "c": line, "b": "beside", "th": rota}));
    let mut phone = bilal.tab();
    phone.listens();
    ada.listens();
    let cur = phone.socket().cur.clone();
    for (channel, q) in [
        (&line, &keys),
        (&night, &lamp),
        (&line, &beside["q"]),
        (&line, &rota),
    ] {
        bilal.does(save(channel, q, true));
        let heard = phone.expects("what was saved", |f| f["t"] == "saved");
        assert_eq!(
            (&heard["c"], &heard["d"]),
            (&json!(channel), &json!({"of": q, "on": true}))
        );
    }
    ada.hears_nothing_of("saved", std::time::Duration::from_millis(100));
    bilal.does(save(&line, &rota, true));
    assert_eq!(
        texts(&mut bilal),
        ["the rota", "beside", "the lamp", "the keys"]
    );
    let page = bilal.gets("/api/v1/saved?limit=3");
    assert_eq!(page["items"].as_array().map(Vec::len), Some(3));
    let next = page["next"].as_str().expect("there is more").to_owned();
    let rest = bilal.gets(&format!("/api/v1/saved?limit=3&cursor={next}"));
    assert_eq!(rest["items"][0]["item"]["b"], "the keys");
    assert!(rest["next"].is_null());
    let told = bilal.gets(&format!("/api/v1/channels/{line}"));
    assert_eq!(told["saved"], json!([rota, keys, beside["q"]]));
    // A device that slept hears of it when it comes back.
    phone.loses_connection();
    bilal.does(save(&line, &beside["q"], false));
    phone.resumes(&cur);
    phone.expects("what was taken off", |f| {
        f["t"] == "saved" && f["d"]["on"] == false
    });

    // It reads as the message does.
    ada.does(json!({"t": "edit", "c": line, "q": rota, "b": "the new rota"}));
    assert_eq!(texts(&mut bilal), ["the new rota", "the lamp", "the keys"]);
    ada.does(json!({"t": "del", "c": line, "q": keys}));
    assert_eq!(texts(&mut bilal), ["the new rota", "the lamp"]);
    let refused = bilal
        .tries(save(&line, &keys, true))
        .expect_err("is deleted");
    assert_eq!(refused.code, "conflict");
    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 1}));
    clock.shift(3 * DAY_MS);
    world.sweeps();
    assert_eq!(texts(&mut bilal), ["the lamp"]);
    world.stop();
    std::fs::remove_dir_all(world.data.join("views")).expect("views");
    let data = world.data.clone();
    world.again_here_on(&data, &clock).expect("a start");
    assert_eq!(texts(&mut bilal), ["the lamp"]);
    ada.does(json!({"t": "channel.remove", "c": night, "person": bilal.id}));
    assert_eq!(texts(&mut bilal), Vec::<String>::new());
    ada.does(json!({"t": "channel.add", "c": night, "people": [bilal.id]}));
    assert_eq!(
        texts(&mut bilal),
        Vec::<String>::new(),
        "what one left is left"
    );
}

#[test]
fn nobody_is_told_what_somebody_saved() {
    let world = World::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    let secret = ada.channel("Elsewhere", &[]);
    let hidden = ada.says(&secret, "not for Bilal")["q"].clone();
    let rota = ada.says(&line, "the rota")["q"].clone();
    bilal.does(save(&line, &rota, true));
    assert_eq!(saved(&mut ada), Vec::<Value>::new());
    let refused = bilal
        .tries(save(&secret, &hidden, true))
        .expect_err("unseen");
    assert_eq!(refused.code, "not_found");
    let found = ada.gets("/api/v1/ledger?act=message.saved");
    assert_eq!(found["entries"], json!([]), "an admin is told nothing");
    let mut audit = world.newcomer("Audrey", "auditor");
    let found = audit.gets("/api/v1/ledger?act=message.saved");
    assert_eq!(found["entries"][0]["act"], "message.saved");
    assert!(
        found["entries"][0]["object"].is_null(),
        "which one is nobody's business: {found}"
    );
    assert!(found["entries"][0]["channel"].is_null(), "{found}");
}

#[test]
fn five_hundred_are_saved_and_no_more() {
    let mut world = World::start();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let mut said = Vec::new();
    for n in 0..501 {
        said.push(ada.says(&line, &format!("message {n}"))["q"].clone());
    }
    for q in &said[..500] {
        ada.does(save(&line, q, true));
    }
    let refused = ada
        .tries(save(&line, &said[500], true))
        .expect_err("one too many");
    assert_eq!(refused.code, "saved/full");
    ada.does(save(&line, &said[7], false));
    ada.does(save(&line, &said[500], true));
    world.kill();
    world.again();
    let (mut all, mut cursor) = (0, String::new());
    loop {
        let page = ada.gets(&format!("/api/v1/saved?limit=100{cursor}"));
        all += page["items"].as_array().map_or(0, Vec::len);
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(all, 500);
}
