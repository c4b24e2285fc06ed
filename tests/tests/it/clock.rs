//! A clock that is wrong: nothing is destroyed by it, nothing is refused that came before.

use serde_json::json;
use tests::launch::{self, Settings};
use tests::world::{SECRET, World};

const DAY_MS: i64 = 24 * 3_600_000;

#[test]
fn a_clock_set_back_destroys_nothing_and_keeps_the_order() {
    let (world, clock) = World::with_clock();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 30}));
    let first = ada.says(&line, "at noon");
    clock.shift(-DAY_MS / 2);
    let command = json!({"t": "send", "id": ada.mint(), "c": line, "b": "set back by half a day"});
    let second = ada.does(command.clone());
    clock.shift(-3 * DAY_MS);
    // What was done is known to be done, whatever the time is now; what was not is refused with the time, for another id.
    assert_eq!(ada.does(command)["q"], second["q"]);
    let ahead = json!({"t": "send", "id": ada.mint(), "c": line, "b": "three days back"});
    let refused = ada
        .http
        .post("/api/v1/commands", &ahead)
        .expect("an answer");
    assert_eq!((refused.status, refused.code().as_str()), (422, "id_ahead"));
    let body = refused.json().expect("a body");
    assert!(
        body["now"].as_u64() < Some(tests::frame::now_ms() - 3 * DAY_MS as u64),
        "{body}"
    );
    // What stands for minutes stands for those of the clock that it was begun by.
    let asked = ada.http.post("/api/v1/data", &json!({"secret": SECRET}));
    let asked = asked.and_then(|a| a.ok()).expect("asked for");
    let fetched = ada.http.get(&format!("/api/v1/data/{}", asked["position"]));
    assert_eq!(fetched.expect("an answer").status, 200);
    clock.shift(3 * DAY_MS + DAY_MS / 2);
    let third = ada.says(&line, "right again");
    assert!(
        first["q"].as_u64() < second["q"].as_u64() && second["q"].as_u64() < third["q"].as_u64()
    );
    let items = ada.reads(&line);
    let texts: Vec<_> = items.iter().filter_map(|i| i["b"].as_str()).collect();
    assert_eq!(texts, ["at noon", "set back by half a day", "right again"]);
}

/// The machine was set up with its clock a year ahead; somebody puts that right.
#[test]
fn a_clock_put_back_by_a_year_is_told_and_destroys_nothing() {
    let Some(library) = faketime() else {
        return println!("skipped: libfaketime is not installed");
    };
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("data");
    let preload = format!("LD_PRELOAD={library}");
    let ahead = ["env", &preload, "FAKETIME=+365d", "DONT_FAKE_MONOTONIC=1"];
    let mut world = World::under(&ahead, &data);
    let mut ada = world.admin();
    // Her clock is as wrong as the server's.
    let mut n = 0;
    let mut id = || {
        n += 1;
        let ms = tests::frame::now_ms().saturating_add_signed(365 * DAY_MS);
        String::from_utf8_lossy(&tests::frame::text(u128::from(ms) << 80 | n)).into_owned()
    };
    let made = ada.does(
        json!({"t": "channel.create", "id": id(), "kind": "group", "name": "Line 3", "people": []}),
    );
    let line = made["c"].as_str().expect("its id").to_owned();
    let invite = ada
        .does(json!({"t": "invite.create", "id": id(), "role": "member", "hours": 1, "uses": 1}));
    let mut olga = world.joins(&invite, "Olga");
    ada.does(json!({"t": "person.role", "id": id(), "person": olga.id, "role": "officer"}));
    let made = ada.does(json!({"t": "policy.set", "id": id(), "c": line, "keep_days": 30}));
    olga.does(json!({"t": "policy.approve", "id": id(), "proposal": made["proposal"]}));
    world.holds(&made["proposal"]);
    let first = ada.does(json!({"t": "send", "id": id(), "c": line, "b": "a year ahead"}));
    let words = world.stop();
    assert!(!words.contains("clock_behind_log"), "{words}");

    // The same data with the right clock: told, and all there.
    world.again();
    let deadline = std::time::Instant::now() + tests::world::PATIENCE;
    while !world.server().words().contains("clock_behind_log") {
        let words = world.server().words();
        assert!(std::time::Instant::now() < deadline, "{words}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let second = ada.says(&line, "put right");
    assert!(first["q"].as_u64() < second["q"].as_u64());
    let texts = |items: &[serde_json::Value]| -> Vec<String> {
        let texts = items.iter().filter_map(|item| item["b"].as_str());
        texts.map(str::to_owned).collect()
    };
    assert_eq!(texts(&ada.reads(&line)), ["a year ahead", "put right"]);
    world.stop();
    let verified = launch::offline("verify", &data).expect("it runs");
    assert!(verified.status.success());

    // A start by the wrong clock once more: what was said today is past its thirty days by that clock, and is
    // destroyed by it. This is what a clock can do; the one thing it cannot is to destroy by being put back.
    let settings = Settings {
        under: &ahead,
        ..Settings::default()
    };
    let server = launch::start_at(world.site().addr, &data, &settings).expect("it starts");
    let deadline = std::time::Instant::now() + tests::world::PATIENCE;
    loop {
        let items = ada.reads(&line);
        // Out of sight at once, and gone when the sweep comes.
        let swept = &ada.gets("/api/v1/admin/health")["sweep"]["destroyed_scopes"];
        if texts(&items) == ["a year ahead"] && swept.as_u64() > Some(0) {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{items:?}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    server.stop().expect("it stops");
    world.again();
    assert_eq!(texts(&ada.reads(&line)), ["a year ahead"]);
}

/// The library that tells a program another time; its own wrapper would stand between the test and the server.
pub fn faketime() -> Option<String> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.flatten();
    let places = folders.map(|folder| folder.path().join("faketime/libfaketime.so.1"));
    let found = places.into_iter().find(|place| place.exists())?;
    Some(found.display().to_string())
}
