//! A clock that is wrong: nothing is destroyed by it, nothing is refused that came before.

use serde_json::json;
use tests::world::World;

const DAY_MS: i64 = 24 * 3_600_000;

#[test]
fn a_clock_set_back_destroys_nothing_and_keeps_the_order() {
    let (world, clock) = World::with_clock();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    ada.does(json!({"t": "policy.set", "c": line, "keep_days": 30}));
    let first = ada.says(&line, "at noon");
    clock.shift(-DAY_MS / 2);
    let second = ada.says(&line, "set back by half a day");
    clock.shift(-3 * DAY_MS);
    // The person's clock is right, the server's is not: ids look as if from the future, and are refused with a reason.
    let refused = ada
        .tries(json!({"t": "send", "c": line, "b": "three days back"}))
        .expect_err("out of its time");
    assert_eq!(refused.code, "invalid");
    clock.shift(3 * DAY_MS + DAY_MS / 2);
    let third = ada.says(&line, "right again");
    assert!(
        first["q"].as_u64() < second["q"].as_u64() && second["q"].as_u64() < third["q"].as_u64()
    );
    let items = ada.reads(&line);
    let texts: Vec<_> = items.iter().filter_map(|i| i["b"].as_str()).collect();
    assert_eq!(texts, ["at noon", "set back by half a day", "right again"]);
}
