//! A hold by words: what it finds stays, whatever became of it meanwhile, and nothing else does.

use serde_json::json;
use tests::world::{World, to_noon};

use crate::orders::{exports, holds, needles};
use crate::traces::{scan, the_scan_finds_what_is_there};

const DAY_MS: i64 = 24 * 3_600_000;

#[test]
fn a_hold_by_words_keeps_what_was_edited_away_or_comes_later_and_lets_the_rest_go() {
    let (mut world, clock) = World::with_clock();
    to_noon(&clock);
    let mut ada = world.admin();
    let (mut bilal, mut carol) = (world.person("Bilal"), world.person("Carol"));
    let mut olga = world.newcomer("Olga", "officer");
    let line = ada.channel("Line 3", &[&bilal, &carol]);
    let said = bilal.says(&line, "the vermilionhops were never paid for");
    bilal.does(json!({"t": "edit", "c": line, "q": said["q"], "b": "nothing to see"}));
    let taken = carol.says(&line, "ask about the Red Wine, then");
    carol.does(json!({"t": "del", "c": line, "q": taken["q"]}));
    carol.says(&line, "wine that is red, cobaltbarley");
    let matter =
        olga.does(json!({"t": "matter.open", "name": "M", "reason": "R"}))["matter"].clone();

    // What would find nothing is refused, or the hold would keep nothing.
    let place = |words: &[&str]| json!({"t": "hold.place", "matter": matter, "words": words});
    for nonsense in [vec!["!!!"], vec!["  "], vec!["a\nb"], vec!["w"; 101]] {
        let refused = olga.tries(place(&nonsense)).expect_err("nonsense");
        assert_eq!(refused.code, "invalid", "{nonsense:?}");
    }
    let words = ["vermilionhops", "\"red wine\""];
    let count = format!("/api/v1/matters/{}/count", matter.as_str().expect("an id"));
    let asked = json!({"channels": [line], "words": words});
    let counted = olga
        .http
        .post(&count, &asked)
        .expect("an answer")
        .json()
        .expect("JSON");
    assert_eq!(counted["messages"], 3, "{counted}");
    assert_eq!(counted["hits"], 2, "{counted}");
    let hold = olga.does(place(&words))["hold"].clone();
    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 1}));

    // They come back from the log, where they stand sealed: they tell what somebody is suspected of.
    let data = world.data.clone();
    world.stop();
    let needles = needles(&["vermilionhops", "red wine"]);
    the_scan_finds_what_is_there(&needles);
    let house = data.parent().expect("a folder").to_owned();
    assert_eq!(scan(&house, &needles), Vec::<String>::new());
    world.again_here_on(&data, &clock).expect("it opens");
    let shown = olga.gets("/api/v1/matters");
    assert_eq!(shown["matters"][0]["holds"][0]["words"], json!(words));
    for who in [&mut ada, &mut bilal] {
        let ledger = who.http.get("/api/v1/ledger?limit=200").expect("an answer");
        let told = String::from_utf8_lossy(&ledger.body).into_owned();
        assert!(
            !told.contains("red wine") && !told.contains("hold."),
            "{told}"
        );
    }

    // What was said after it was placed is met as well.
    bilal.says(&line, "more VERMILIONHOPS for the cellar");
    clock.shift(3 * DAY_MS);
    assert_eq!(world.sweeps(), 1);
    assert!(carol.reads(&line).iter().all(|item| item["b"].is_null()));
    let bundle = exports(&mut olga, &mut ada, &line);
    for kept in [
        "never paid for",
        "nothing to see",
        "Red Wine, then",
        "for the cellar",
    ] {
        assert!(holds(&bundle, kept), "{kept}");
    }
    assert!(
        !holds(&bundle, "cobaltbarley"),
        "what nobody looks for is gone"
    );

    olga.does(json!({"t": "hold.release", "hold": hold}));
    assert_eq!(world.sweeps(), 1);
    let bundle = exports(&mut olga, &mut ada, &line);
    assert!(!holds(&bundle, "never paid for") && !holds(&bundle, "for the cellar"));
    world.stop();
    world.verifies();
}
