//! A community: groups under one announcement channel. Who is in one of them hears its announcements, who is out of it is
//! out of all, and from outside there is nothing to see.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::words::random;
use tests::world::{Person, World};

#[test]
fn who_joins_a_channel_of_a_community_hears_its_announcements_and_who_leaves_the_community_leaves_all()
 {
    let mut world = World::start();
    let (mut ada, mut bilal, mut chen) =
        (world.admin(), world.person("Bilal"), world.person("Chen"));
    let news = announcements(&mut ada);
    let early = ada.channel("Early shift", &[&bilal]);
    let late = ada.channel("Late shift", &[]);
    bilal.listens();
    chen.listens();
    ada.does(place(&early, Some(&news)));
    ada.does(place(&late, Some(&news)));
    bilal.expects("where the channel stands", |f| {
        f["t"] == "channel" && f["c"] == early && f["d"]["community"] == news
    });
    let joined = bilal.expects("the community", |f| f["t"] == "joined" && f["c"] == news);
    assert_eq!(joined["d"]["kind"], "announcement");
    assert_eq!(last_act(&mut bilal, &early)["act"], "channel.placed");
    assert!(
        ada.does(place(&early, Some(&news)))["q"].is_null(),
        "it is so already"
    );

    // Brought in by hand, and by an invite: both come into the community too, once.
    ada.does(json!({"t": "channel.add", "c": late, "people": [chen.id]}));
    chen.expects("the community", |f| f["t"] == "joined" && f["c"] == news);
    let invite = ada.does(json!({"t": "invite.create", "role": "member", "channels": [early, late, news], "hours": 1, "uses": 1}));
    let mut dora = world.joins(&invite, "Dora");
    assert_eq!(channels(&mut dora), set(&[&early, &late, &news]));
    let added = |item: &&Value| item["sys"]["act"] == "member.added" && item["sys"]["p"] == dora.id;
    assert_eq!(ada.reads(&news).iter().filter(added).count(), 1);
    ada.says(&news, "the canteen is closed");
    for person in [&mut bilal, &mut chen] {
        person.hears("the canteen is closed");
    }

    // Out of one channel she stays; out of the community she is out of all.
    dora.does(json!({"t": "channel.leave", "c": late}));
    assert_eq!(channels(&mut dora), set(&[&early, &news]));
    dora.does(json!({"t": "channel.leave", "c": news}));
    assert!(channels(&mut dora).is_empty());
    ada.does(json!({"t": "channel.remove", "c": news, "person": bilal.id}));
    bilal.expects("the end", |f| f["t"] == "left" && f["c"] == early);
    assert!(channels(&mut bilal).is_empty());

    // No channel is left without an owner that way.
    ada.does(json!({"t": "channel.owner", "c": late, "person": chen.id, "on": true}));
    ada.does(json!({"t": "channel.leave", "c": late}));
    ada.does(json!({"t": "channel.add", "c": early, "people": [bilal.id, dora.id]}));
    chen.does(json!({"t": "channel.add", "c": late, "people": [dora.id]}));
    assert_eq!(
        refused(&mut chen, json!({"t": "channel.leave", "c": news})),
        "conflict"
    );
    let remove = json!({"t": "channel.remove", "c": news, "person": chen.id});
    assert_eq!(refused(&mut ada, remove), "conflict");
    assert_eq!(channels(&mut chen), set(&[&late, &news]));

    // What stands in a community stays what it is there.
    let become_group = json!({"t": "channel.edit", "c": news, "kind": "group"});
    let become_news = json!({"t": "channel.edit", "c": early, "kind": "announcement"});
    for change in [become_group, become_news] {
        assert_eq!(refused(&mut ada, change), "conflict");
    }
    let other = ada.channel("Garden", &[]);
    for wrong in [place(&other, Some(&early)), place(&news, Some(&news))] {
        assert_eq!(refused(&mut ada, wrong), "invalid");
    }
    ada.does(place(&early, None));
    assert!(channels(&mut bilal).contains(&news), "nobody goes by it");

    world.kill();
    world.again();
    let shown = chen.gets(&format!("/api/v1/channels/{late}"));
    assert_eq!(shown["community"], news);
    assert_eq!(inside(&mut chen, &news), vec![(late.clone(), true, false)]);
}

#[test]
fn who_asks_is_let_in_by_an_owner_and_from_outside_there_is_nothing_to_ask_for() {
    let mut world = World::start();
    let (mut ada, mut bilal, mut chen) =
        (world.admin(), world.person("Bilal"), world.person("Chen"));
    let mut guest = world.newcomer("Gus", "guest");
    let news = announcements(&mut ada);
    let early = ada.channel("Early shift", &[]);
    let late = ada.channel("Late shift", &[&bilal, &guest]);
    let hidden = ada.channel("Board", &[]);
    for c in [&early, &late] {
        ada.does(place(c, Some(&news)));
    }
    assert_eq!(
        inside(&mut bilal, &news),
        vec![(early.clone(), false, false), (late.clone(), true, false)]
    );
    assert_eq!(inside(&mut guest, &news), vec![(late.clone(), true, false)]);
    let ask = |c: &str| json!({"t": "channel.ask", "c": c});
    for (person, c, code) in [
        (&mut chen, &early, "not_found"),
        (&mut bilal, &hidden, "not_found"),
        (&mut guest, &early, "forbidden"),
    ] {
        assert_eq!(refused(person, ask(c)), code);
    }

    ada.listens();
    bilal.does(ask(&early));
    bilal.does(ask(&early));
    ada.expects("that somebody asks", |f| {
        f["t"] == "channel" && f["c"] == early && f["d"]["asking"] == 1
    });
    assert_eq!(asking(&mut ada, &early), vec![bilal.id.clone()]);
    assert!(inside(&mut bilal, &news).contains(&(early.clone(), false, true)));
    // Asking opens nothing.
    let page = format!("/api/v1/channels/{early}/messages");
    assert_eq!(
        bilal.http.get(&page).expect("an answer").code(),
        "not_found"
    );

    // Taken back, asked again and refused, asked again and let in.
    let refuse = |person: &Person| json!({"t": "channel.refuse", "c": early, "person": person.id});
    assert_eq!(refused(&mut chen, refuse(&bilal)), "not_found");
    bilal.does(refuse(&bilal));
    assert!(asking(&mut ada, &early).is_empty());
    bilal.does(ask(&early));
    ada.does(refuse(&bilal));
    assert_eq!(asked(&mut bilal), Vec::<String>::new());
    bilal.does(ask(&early));
    world.kill();
    world.again();
    ada.loses_connection();
    assert_eq!(asking(&mut ada, &early), vec![bilal.id.clone()]);
    bilal.listens();
    ada.does(json!({"t": "channel.add", "c": early, "people": [bilal.id]}));
    bilal.expects("the channel", |f| f["t"] == "joined" && f["c"] == early);
    assert!(asking(&mut ada, &early).is_empty());
    let ledger = ada.gets("/api/v1/ledger?limit=100").to_string();
    assert!(
        ledger.contains("join.asked") && ledger.contains("join.refused"),
        "{ledger}"
    );

    // A photographed poster lets nobody in: whoever comes by it waits for an owner.
    let poster = ada.does(json!({"t": "invite.create", "role": "member", "channels": [early], "hours": 1, "uses": 5, "ask": true}));
    let preview = bilal
        .http
        .post("/api/v1/join/preview", &json!({"code": poster["code"]}));
    assert_eq!(
        preview.and_then(|a| a.ok()).expect("a preview")["ask"],
        true
    );
    let mut dora = world.joins(&poster, "Dora");
    assert!(channels(&mut dora).is_empty());
    assert_eq!(asked(&mut dora), vec![early.clone()]);
    assert_eq!(asking(&mut ada, &early), vec![dora.id.clone()]);
    ada.does(json!({"t": "person.deactivate", "person": dora.id}));
    assert!(
        asking(&mut ada, &early).is_empty(),
        "who is gone waits no more"
    );
}

/// Whatever people do, nobody is in a channel of a community and not in the community, and no channel lost its owner.
#[test]
fn nobody_is_in_a_channel_of_a_community_without_being_in_it() {
    let world = World::start();
    let mut people: Vec<Person> = ["Bilal", "Chen", "Dora"].map(|n| world.person(n)).into();
    people.insert(0, world.admin());
    let (first, rest) = people.split_at_mut(1);
    let ada = &mut first[0];
    let mut all = vec![announcements(ada), announcements(ada)];
    for name in ["Early", "Late", "Night"] {
        let some: Vec<&Person> = rest.iter().take(2).collect();
        all.push(ada.channel(name, &some));
    }
    let mut seed = 20_261_122;
    let mut done = BTreeMap::new();
    for _ in 0..320 {
        let mut pick = |n: usize| usize::try_from(random(&mut seed) % n as u64).expect("small");
        // Half of it by who founded it all: most of it is hers to do.
        let (who, whom, c) = (pick(6).saturating_sub(2), pick(4), all[pick(5)].clone());
        let whom = people[whom].id.clone();
        // One who founded it all stays, so that there is always somebody who can.
        let (kind, other) = (
            ["group", "announcement"][pick(2)],
            people[1 + pick(3)].id.clone(),
        );
        let command = match pick(10) {
            0 | 1 => place(&all[2 + pick(3)], Some(&all[pick(2)])),
            2 if who > 0 => json!({"t": "channel.leave", "c": c}),
            3 => json!({"t": "channel.remove", "c": c, "person": other}),
            4 => json!({"t": "channel.owner", "c": c, "person": other, "on": pick(3) > 0}),
            5 => json!({"t": "channel.edit", "c": c, "kind": kind}),
            6 | 7 => json!({"t": "channel.ask", "c": c}),
            _ => json!({"t": "channel.add", "c": c, "people": [whom]}),
        };
        let name = command["t"].as_str().unwrap_or_default().to_owned();
        *done.entry(name).or_insert(0) += u32::from(people[who].tries(command).is_ok());
        let ids: Vec<String> = people.iter().map(|p| p.id.clone()).collect();
        let mut within: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut stands = BTreeMap::new();
        for (person, id) in people.iter_mut().zip(&ids) {
            for channel in person.gets("/api/v1/bootstrap")["channels"]
                .as_array()
                .expect("channels")
            {
                let c = text(&channel["id"]);
                within.entry(c.clone()).or_default().insert(id.clone());
                let owned = channel["members"]
                    .as_array()
                    .expect("members")
                    .iter()
                    .any(|m| m["owner"] == true);
                assert!(owned, "no owner: {channel}");
                if let Some(community) = channel["community"].as_str() {
                    stands.insert(c, community.to_owned());
                }
            }
        }
        for (c, community) in &stands {
            let over = within.get(community).cloned().unwrap_or_default();
            assert!(within[c].is_subset(&over), "{c} in {community}: {within:?}");
        }
    }
    assert!(done.len() == 7 && done.values().all(|n| *n > 0), "{done:?}");
}

fn announcements(ada: &mut Person) -> String {
    text(
        &ada.does(
            json!({"t": "channel.create", "kind": "announcement", "name": "Plant", "people": []}),
        )["c"],
    )
}

fn place(c: &str, community: Option<&str>) -> Value {
    json!({"t": "channel.place", "c": c, "community": community})
}

fn refused(person: &mut Person, command: Value) -> String {
    let said = command.to_string();
    person.tries(command).expect_err(&said).code
}

fn channels(person: &mut Person) -> BTreeSet<String> {
    ids(&person.gets("/api/v1/bootstrap")["channels"], "id")
        .into_iter()
        .collect()
}

fn asked(person: &mut Person) -> Vec<String> {
    ids(&person.gets("/api/v1/bootstrap")["asked"], "id")
}

fn asking(owner: &mut Person, c: &str) -> Vec<String> {
    ids(
        &owner.gets(&format!("/api/v1/channels/{c}/asking"))["people"],
        "u",
    )
}

/// Each channel of the community: is one in it, does one ask to be.
fn inside(person: &mut Person, community: &str) -> Vec<(String, bool, bool)> {
    let answer = person.gets(&format!("/api/v1/channels/{community}/community"));
    let all = answer["channels"].as_array().cloned().unwrap_or_default();
    let each = all
        .iter()
        .map(|one| (text(&one["id"]), one["mine"] == true, one["asked"] == true));
    each.collect()
}

fn last_act(person: &mut Person, c: &str) -> Value {
    let items = person.reads(c);
    let acts = items.iter().filter(|item| item["sys"].is_object());
    acts.last()
        .map(|item| item["sys"].clone())
        .unwrap_or_default()
}

fn ids(all: &Value, key: &str) -> Vec<String> {
    let all = all.as_array().cloned().unwrap_or_default();
    all.iter().map(|one| text(&one[key])).collect()
}

fn set(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|one| (*one).to_owned()).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
