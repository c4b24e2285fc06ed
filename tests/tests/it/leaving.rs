//! Leaving the company: one act ends every session, takes the person out of every channel, passes on what nobody else
//! owns, and touches nothing that is held.

use serde_json::{Value, json};
use tests::world::{Person, World};

#[test]
fn who_leaves_the_company_is_out_of_everything_in_one_act_and_what_she_owned_passes_on() {
    let mut world = World::start();
    let (mut ada, mut bilal, mut chen, dora) = (
        world.admin(),
        world.person("Bilal"),
        world.person("Chen"),
        world.person("Dora"),
    );
    let mut officer = world.newcomer("Olu", "officer");
    let guest = world.newcomer("Gast", "guest");
    // Bilal was there before Dora, and a guest before both.
    let alone = chen.channel("Line 3", &[&guest]);
    for one in [&bilal, &dora] {
        chen.does(json!({"t": "channel.add", "c": alone, "people": [one.id]}));
    }
    let shared = chen.channel("Line 4", &[&bilal, &dora]);
    chen.does(json!({"t": "channel.owner", "c": shared, "person": dora.id, "on": true}));
    let guests = chen.channel("Visitors", &[&guest]);
    let elsewhere = bilal.channel("Line 5", &[&chen]);
    let private = chen.does(json!({"t": "channel.direct", "with": bilal.id}));
    let private = private["c"].as_str().expect("a channel").to_owned();
    chen.says(&private, "between us two");
    chen.says(&alone, "kept for the court");
    let matter = officer.does(json!({"t": "matter.open", "name": "M", "reason": "r"}));
    officer.does(json!({"t": "hold.place", "matter": matter["matter"], "people": [chen.id]}));
    let held = officer.gets("/api/v1/matters");

    let expected = json!({
        "devices": 1,
        "channels": 4,
        "passes": [
            {"id": alone, "name": "Line 3", "to": bilal.id},
            {"id": guests, "name": "Visitors", "to": null},
        ],
    });
    let path = format!("/api/v1/admin/people/{}/leaving", chen.id);
    assert_eq!(ada.gets(&path), expected);
    bilal.listens();
    chen.listens();
    let mut other = chen.tab();

    let leave =
        json!({"t": "person.deactivate", "person": chen.id, "leave": true, "id": ada.mint()});
    ada.does(leave.clone());
    assert_eq!(chen.is_closed(), 4001);
    assert_eq!(
        other
            .tries(json!({"t": "profile", "name": "C"}))
            .expect_err("gone")
            .code,
        "not_signed_in"
    );
    let me = bilal.id.clone();
    bilal.expects("to own the channel, without her", |f| {
        f["t"] == "channel"
            && f["c"] == alone
            && owners(&f["d"]) == [me.clone()]
            && !members(&f["d"]).contains(&chen.id)
    });
    for (channel, owner) in [(&alone, &me), (&shared, &dora.id), (&elsewhere, &me)] {
        let channel = of(&mut bilal, channel);
        assert_eq!(owners(&channel), [owner.clone()], "{channel}");
        assert!(!members(&channel).contains(&chen.id), "{channel}");
    }
    // What two said to each other stays with the other.
    assert!(
        bilal
            .reads(&private)
            .iter()
            .any(|item| item["b"] == "between us two")
    );
    // An owner again, with an owner's rights.
    bilal.does(json!({"t": "channel.slow", "c": alone, "seconds": 30}));

    // One entry says it all; asked for again, also after a restart, it is one act.
    let told = |ada: &mut Person| {
        let ledger = ada.gets("/api/v1/ledger?act=person.deactivated&limit=100");
        ledger["entries"].as_array().cloned().unwrap_or_default()
    };
    let entries = told(&mut ada);
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!(
        entries[0]["object"],
        json!({"person": chen.id, "left": 4, "passed": 1})
    );
    world.kill();
    world.again();
    ada.does(leave);
    assert_eq!(told(&mut ada).len(), 1);
    assert_eq!(officer.gets("/api/v1/matters"), held);
    let nothing = json!({"devices": 0, "channels": 0, "passes": []});
    assert_eq!(ada.gets(&path), nothing);

    // Back at work, but in no channel until an owner lets her in.
    ada.does(json!({"t": "person.reactivate", "person": chen.id}));
    assert!(!members(&of(&mut bilal, &alone)).contains(&chen.id));
    world.stop();
    world.verifies();
}

fn of(person: &mut Person, c: &str) -> Value {
    let start = person.gets("/api/v1/bootstrap");
    let all = start["channels"].as_array().cloned().unwrap_or_default();
    all.into_iter().find(|one| one["id"] == c).expect("in it")
}

fn members(channel: &Value) -> Vec<String> {
    who(channel, |_| true)
}

fn owners(channel: &Value) -> Vec<String> {
    who(channel, |member| member["owner"] == true)
}

fn who(channel: &Value, is: impl Fn(&Value) -> bool) -> Vec<String> {
    let all = channel["members"].as_array().into_iter().flatten();
    all.filter(|member| is(member))
        .filter_map(|member| Some(member["p"].as_str()?.to_owned()))
        .collect()
}
