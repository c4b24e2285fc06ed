//! Histories from WhatsApp: every form comes in whole, copies do not double, nothing is lost in silence.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::http::Answer;
use tests::world::{Person, World};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// How long an import of these tests may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// One red pixel.
const PIXEL: &[u8] = &[
    137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0,
    0, 0, 144, 119, 83, 222, 0, 0, 0, 12, 73, 68, 65, 84, 120, 156, 99, 248, 207, 192, 0, 0, 3, 1,
    1, 0, 201, 254, 146, 239, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
];

fn upload(who: &mut Person, channel: &str, name: &str, file: &[u8]) -> Answer {
    let name: String = name.bytes().fold(String::new(), |mut all, byte| {
        let _ = write!(all, "%{byte:02X}");
        all
    });
    let path = format!("/api/v1/imports?c={channel}&name={name}&offset_minutes=0");
    let headers = [("Content-Type", "application/octet-stream")];
    who.http
        .send("POST", &path, &headers, file)
        .expect("an answer")
}

fn previews(who: &mut Person, channel: &str, name: &str, file: &[u8]) -> Value {
    let job = upload(who, channel, name, file).ok().expect("a preview");
    assert_eq!(job["state"], "preview", "{job}");
    job
}

/// As [`previews`]; dates that can be read two ways have the day first.
fn previews_day_first(who: &mut Person, channel: &str, name: &str, file: &[u8]) -> Value {
    let job = previews(who, channel, name, file);
    if !job["preview"]["date_order"].is_null() {
        return job;
    }
    post(who, &job, "preview", &json!({"date_order": "day_first"}))
        .ok()
        .expect("read again")
}

fn post(who: &mut Person, job: &Value, what: &str, body: &Value) -> Answer {
    let id = job["id"].as_str().unwrap_or_default();
    who.http
        .post(&format!("/api/v1/imports/{id}/{what}"), body)
        .expect("an answer")
}

/// Commits and waits for the end.
fn brings(who: &mut Person, job: &Value, people: &Value) -> Value {
    let running = post(who, job, "commit", &json!({"people": people})).ok();
    assert_eq!(running.expect("running")["state"], "running");
    ends(who, job)
}

/// What is brought in is all here already.
fn brings_nothing_more(who: &mut Person, job: &Value, name: &str) {
    assert_eq!(
        job["preview"]["already_here"], job["preview"]["messages"],
        "{name}"
    );
    let again = brings(who, job, &json!({}));
    assert_eq!(again["result"]["added"], 0, "{name}: {again}");
}

fn ends(who: &mut Person, job: &Value) -> Value {
    let deadline = Instant::now() + PATIENCE;
    let path = format!("/api/v1/imports/{}", job["id"].as_str().unwrap_or_default());
    loop {
        let now = who.gets(&path);
        if now["state"] != "running" {
            assert_eq!(now["state"], "done", "{now}");
            return now;
        }
        assert!(Instant::now() < deadline, "no end: {now}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn imported(who: &mut Person, channel: &str) -> Vec<Value> {
    let mut items = who.reads(channel);
    items.retain(|item| !item["imp"].is_null());
    items
}

fn texts(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|i| i["b"].as_str()).collect()
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default())
            .expect("a file");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("an archive").into_inner()
}

fn shared() -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/whatsapp");
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no shared data");
    None
}

fn texts_in(folder: &PathBuf) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .flatten()
        .filter(|f| f.path().extension().is_some_and(|e| e == "txt"))
        .map(|f| {
            let name = f.file_name().to_string_lossy().into_owned();
            (name, std::fs::read(f.path()).expect("a file"))
        })
        .collect();
    found.sort();
    found
}

#[test]
fn every_way_of_writing_a_date_brings_the_same_history() {
    let Some(data) = shared() else { return };
    let folder = data.join("chat-miner");
    let target = std::fs::read(folder.join("target.json")).expect("a target");
    let target: Vec<Value> = serde_json::from_slice(&target).expect("json");
    let mut want: Vec<(String, String)> = target
        .iter()
        .map(|m| {
            let field = |name: &str| m[name].as_str().unwrap_or_default().to_owned();
            (field("author"), field("message"))
        })
        .collect();
    want.sort();
    let world = World::start();
    let mut ada = world.admin();
    let mut days: Option<Vec<u64>> = None;
    for (name, file) in texts_in(&folder) {
        let channel = ada.channel(&name, &[]);
        let job = previews(&mut ada, &channel, &name, &file);
        let done = brings(&mut ada, &job, &json!({}));
        let items = imported(&mut ada, &channel);
        assert_eq!(done["result"]["added"], items.len(), "{name}: {done}");
        assert_eq!(done["result"]["unreadable"], 0, "{name}");
        let mut got: Vec<(String, String)> = items
            .iter()
            .filter(|i| i["imp"]["from"] != "WhatsApp")
            .map(|i| {
                let text = |v: &Value| v.as_str().unwrap_or_default().replace('\n', " ");
                (text(&i["imp"]["from"]), text(&i["b"]))
            })
            .collect();
        got.sort();
        assert_eq!(got, want, "{name}");
        let at: Vec<u64> = items
            .iter()
            .filter_map(|i| i["imp"]["at"].as_u64())
            .collect();
        assert!(at.is_sorted(), "{name}");
        let at: Vec<u64> = at.iter().map(|at| at / 86_400_000).collect();
        assert_eq!(days.get_or_insert_with(|| at.clone()), &at, "{name}");
    }
}

#[test]
fn a_german_group_comes_in_with_every_event() {
    let Some(data) = shared() else { return };
    let world = World::start();
    let mut ada = world.admin();
    for (name, file) in texts_in(&data.join("group-de")) {
        let channel = ada.channel("Gruppe", &[]);
        if file.is_empty() {
            assert_eq!(
                upload(&mut ada, &channel, &name, &file).code(),
                "import/empty"
            );
            continue;
        }
        let job = previews_day_first(&mut ada, &channel, &name, &file);
        let (said, told) = (
            job["preview"]["messages"].as_u64(),
            job["preview"]["system"].as_u64(),
        );
        let done = brings(&mut ada, &job, &json!({}));
        let items = imported(&mut ada, &channel);
        assert_eq!(
            Some(items.len() as u64),
            said.zip(told).map(|(a, b)| a + b),
            "{name}"
        );
        assert_eq!(done["result"]["added"], items.len());
        assert!(
            items
                .iter()
                .all(|i| i["b"].as_str().is_some_and(|b| !b.is_empty())),
            "{name}: an empty row"
        );
        println!("{name}: {}", done["result"]);
        // The same file again brings nothing.
        let job = previews_day_first(&mut ada, &channel, &name, &file);
        brings_nothing_more(&mut ada, &job, &name);
        assert_eq!(imported(&mut ada, &channel).len(), items.len());
    }
}

#[test]
fn a_photo_comes_in_sealed_and_what_is_missing_is_said() {
    let world = World::start();
    let (mut ada, mut bilal, mut carla) = (
        world.admin(),
        world.person("Bilal"),
        world.person("Carla Ruiz"),
    );
    let line = ada.channel("Line 3", &[&bilal]);
    let chat = "18.03.22, 14:56 - Carla Ruiz: IMG-1.png (file attached)\nthe new gate\n\
        18.03.22, 14:57 - Carla Ruiz: IMG-2.png (file attached)\nnever sent along\n\
        18.03.22, 14:58 - Old Friend: IMG-3.png (file attached)\ncut off\n\
        18.03.22, 14:59 - Old Friend: <Media omitted>\n";
    let broken = PIXEL.get(..40).unwrap_or_default();
    let file = zipped(&[
        ("WhatsApp Chat with Line 3.txt", chat.as_bytes()),
        ("IMG-1.png", PIXEL),
        ("IMG-3.png", broken),
        ("IMG-9.png", PIXEL),
    ]);
    let job = previews(&mut ada, &line, "WhatsApp Chat with Line 3.zip", &file);
    let preview = &job["preview"];
    assert_eq!(preview["group_name"], "Line 3");
    assert_eq!(
        (&preview["attachments"], &preview["attachments_missing"]),
        (&json!(4), &json!(2))
    );
    let people: HashMap<&str, &Value> = preview["people"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|p| (p["name"].as_str().unwrap_or_default(), &p["suggest"]))
        .collect();
    assert_eq!(people["Carla Ruiz"], &json!(carla.id));
    assert_eq!(people["Old Friend"], &Value::Null);
    let people = json!({"Carla Ruiz": carla.id, "Old Friend": "new"});
    let done = brings(&mut ada, &job, &people);
    // The broken picture and the file that no message names.
    assert_eq!(
        done["result"],
        json!({"added": 4, "already_here": 0, "attachments": 1, "unreadable": 2})
    );
    let lines = done["unreadable"].as_array().cloned().unwrap_or_default();
    let named: Vec<_> = lines.iter().filter_map(|l| l["text"].as_str()).collect();
    assert_eq!(named, ["IMG-3.png", "IMG-9.png"]);

    let items = imported(&mut bilal, &line);
    let texts = texts(&items);
    assert_eq!(texts[0], "the new gate");
    assert_eq!(
        texts[1],
        "never sent along\n📎 IMG-2.png: not in the export"
    );
    assert!(
        texts[2].starts_with("cut off\n📎 IMG-3.png: not brought over."),
        "{}",
        texts[2]
    );
    assert_eq!(texts[3], "📎 not in the export");
    assert_eq!(items[0]["u"], carla.id);
    assert_eq!(items[0]["imp"]["from"], "Carla Ruiz");
    assert_eq!(items[0]["imp"]["at"], 1_647_615_360_000_u64);
    let photo = &items[0]["f"][0];
    assert_eq!(
        (&photo["mime"], &photo["w"]),
        (&json!("image/png"), &json!(1))
    );
    let path = format!("/api/v1/files/{}", photo["id"].as_str().unwrap_or_default());
    assert_eq!(bilal.http.get(&path).expect("an answer").status, 200);
    assert_eq!(carla.http.get(&path).expect("an answer").status, 404);

    let everyone = ada.gets("/api/v1/bootstrap")["people"].clone();
    let made = everyone
        .as_array()
        .into_iter()
        .flatten()
        .find(|p| p["name"] == "Old Friend (imported)")
        .cloned()
        .expect("an imported person");
    assert_eq!(
        (&made["active"], &made["imported"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(items[2]["u"], made["id"]);

    // Provenance, for every member and nobody else.
    let listed = bilal.gets(&format!("/api/v1/imports?c={line}"));
    assert_eq!(
        listed["imports"][0]["file"],
        "WhatsApp Chat with Line 3.zip"
    );
    assert_eq!(listed["imports"][0]["by"], ada.id);
    assert_eq!(
        listed["imports"][0]["sha256"].as_str().map(str::len),
        Some(64)
    );
    let unseen = carla.http.get(&format!("/api/v1/imports?c={line}"));
    assert_eq!(unseen.expect("an answer").code(), "not_found");
}

#[test]
fn a_second_members_copy_adds_only_what_was_missing() {
    let world = World::start();
    let (mut ada, bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    let first = "18.03.22, 14:56 - Mum: the belt stands still since the morning\n\
        18.03.22, 14:57 - Bilal: ok\n18.03.22, 14:57 - Bilal: ok\n\
        18.03.22, 14:58 - Mum: <Media omitted>\n\
        18.03.22, 15:10 - Bilal: it runs again, the sensor was dirty\n\
        18.03.22, 15:11 - Mum: please write it into the book\n\
        19.03.22, 06:02 - Mum: good morning to the early shift\n";
    let job = previews(&mut ada, &line, "first.txt", first.as_bytes());
    let people = json!({"Bilal": bilal.id, "Mum": "new"});
    assert_eq!(brings(&mut ada, &job, &people)["result"]["added"], 7);
    let before = imported(&mut ada, &line);
    let mum = before[0]["u"].clone();

    // Another phone: an hour ahead, other names, the photo, and one message more.
    let second = "[18.03.22, 15:56:12] Teresa Diaz: the belt stands still since the morning\r\n\
        [18.03.22, 15:57:01] B.: ok\r\n[18.03.22, 15:57:44] B.: ok\r\n\
        [18.03.22, 15:58:30] Teresa Diaz: \u{200e}<attached: 00000004-PHOTO-2022.png>\r\n\
        [18.03.22, 16:10:05] B.: it runs again, the sensor was dirty\r\n\
        [18.03.22, 16:11:20] Teresa Diaz: please write it into the book\r\n\
        [18.03.22, 16:30:00] B.: done, page forty\r\n\
        [19.03.22, 07:02:59] Teresa Diaz: good morning to the early shift\r\n";
    let file = zipped(&[
        ("_chat.txt", second.as_bytes()),
        ("00000004-PHOTO-2022.png", PIXEL),
    ]);
    let job = previews(&mut ada, &line, "second.zip", &file);
    // All but the new message and the one whose photo was missing.
    assert_eq!(job["preview"]["messages"], 8);
    assert_eq!(job["preview"]["already_here"], 6, "{}", job["preview"]);
    let suggested: HashMap<&str, &Value> = job["preview"]["people"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|p| (p["name"].as_str().unwrap_or_default(), &p["suggest"]))
        .collect();
    assert_eq!(suggested["Teresa Diaz"], &mum, "known by what she wrote");
    assert_eq!(suggested["B."], &json!(bilal.id));
    let done = brings(
        &mut ada,
        &job,
        &json!({"Teresa Diaz": "new", "B.": bilal.id}),
    );
    assert_eq!(
        done["result"],
        json!({"added": 2, "already_here": 6, "attachments": 1, "unreadable": 0})
    );
    let after = imported(&mut ada, &line);
    assert_eq!(after.len(), before.len() + 2);
    let page = after
        .iter()
        .find(|i| i["b"] == "done, page forty")
        .expect("the new message");
    // The first copy's clock: half past three.
    assert_eq!(page["imp"]["at"], 1_647_617_400_000_u64);
    let photo = after
        .iter()
        .find(|i| i["f"][0]["mime"] == "image/png")
        .expect("the photo");
    assert_eq!(photo["u"], mum, "nobody is made twice");
    assert_eq!(photo["imp"]["at"], before[3]["imp"]["at"]);

    for (name, file) in [("first.txt", first.as_bytes()), ("second.zip", &file)] {
        let job = previews(&mut ada, &line, name, file);
        brings_nothing_more(&mut ada, &job, name);
    }
    assert_eq!(imported(&mut ada, &line).len(), after.len());
}

#[test]
fn dates_that_can_be_read_two_ways_are_asked_for() {
    let world = World::start();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let chat = "3/4/21, 10:00 - Mum: one\n5/6/21, 10:00 - Mum: two\n";
    let job = previews(&mut ada, &line, "chat.txt", chat.as_bytes());
    assert_eq!(job["preview"]["date_order"], Value::Null);
    let open = &job["preview"]["ambiguous"];
    assert!(
        open["candidates"].as_array().is_some_and(|c| c.len() == 2),
        "{open}"
    );
    let refused = post(&mut ada, &job, "commit", &json!({"people": {}}));
    assert_eq!(refused.code(), "import/ambiguous_dates");
    let message = refused.json().expect("json")["message"].clone();
    assert!(
        message.as_str().is_some_and(|m| m.contains("3/4/21")),
        "{message}"
    );
    assert!(imported(&mut ada, &line).is_empty());
    for (order, first_at) in [
        ("month_first", 1_614_852_000_000_u64),
        ("day_first", 1_617_444_000_000),
    ] {
        let job = post(&mut ada, &job, "preview", &json!({"date_order": order}))
            .ok()
            .expect("read again");
        assert_eq!(job["preview"]["date_order"], order);
        assert_eq!(job["preview"]["first_at"], first_at);
        assert_eq!(&job["preview"]["ambiguous"], open);
    }
    let moved = post(&mut ada, &job, "preview", &json!({"offset_minutes": 60}));
    assert_eq!(
        moved.ok().expect("read again")["preview"]["first_at"],
        1_617_440_400_000_u64
    );
    assert_eq!(brings(&mut ada, &job, &json!({}))["result"]["added"], 2);
}

#[test]
fn what_is_no_export_is_refused_with_its_reason() {
    let world = World::start();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let chat: &[u8] = b"18.03.22, 14:56 - A: hello\n";
    let bomb = {
        let mut text = chat.to_vec();
        text.extend(vec![b'x'; 20 << 20]);
        zipped(&[("_chat.txt", &text)])
    };
    let mut locked = zipped(&[("_chat.txt", chat)]);
    // The flag of encryption, in the local header and in the directory.
    let places: Vec<usize> = (0..locked.len().saturating_sub(4))
        .filter_map(|at| match locked.get(at..at + 4)? {
            b"PK\x03\x04" => Some(at + 6),
            b"PK\x01\x02" => Some(at + 8),
            _ => None,
        })
        .collect();
    for at in places {
        locked[at] |= 1;
    }
    let cut = zipped(&[("_chat.txt", chat)]);
    let cases: &[(&str, &[u8])] = &[
        ("import/empty", b""),
        ("import/empty", b"\n \n"),
        ("import/no_messages", b"Dear diary,\ntoday nothing came.\n"),
        ("import/zip_no_chat", &zipped(&[("a.jpg", PIXEL)])),
        (
            "import/zip_path",
            &zipped(&[("_chat.txt", chat), ("../../etc/cron.d/x", b"x")]),
        ),
        ("import/zip_encrypted", &locked),
        ("import/zip_bomb", &bomb),
        (
            "import/zip_broken",
            cut.get(..cut.len() / 2).unwrap_or_default(),
        ),
    ];
    for (code, file) in cases {
        let refused = upload(&mut ada, &line, "chat", file);
        assert_eq!((refused.status, refused.code().as_str()), (422, *code));
    }
    let path = format!("/api/v1/imports?c={line}&name=a.txt");
    let wrong_type = ada
        .http
        .send("POST", &path, &[("Content-Type", "text/plain")], chat)
        .expect("an answer");
    assert_eq!(wrong_type.code(), "bad_request");
    let long = [
        ("Content-Type", "application/octet-stream"),
        ("Content-Length", "209715201"),
    ];
    let too_large = ada.http.send("POST", &path, &long, chat);
    assert_eq!(too_large.expect("an answer").code(), "too_large");
    assert!(imported(&mut ada, &line).is_empty());
}

#[test]
fn only_an_owner_brings_something_in() {
    let world = World::start();
    let (mut ada, mut bilal, mut carla) =
        (world.admin(), world.person("Bilal"), world.person("Carla"));
    let line = ada.channel("Line 3", &[&bilal]);
    let chat: &[u8] = b"18.03.22, 14:56 - A: hello\n";
    assert_eq!(upload(&mut bilal, &line, "a", chat).code(), "forbidden");
    assert_eq!(upload(&mut carla, &line, "a", chat).code(), "not_found");
    let job = previews(&mut ada, &line, "a", chat);
    let path = format!("/api/v1/imports/{}", job["id"].as_str().unwrap_or_default());
    assert_eq!(
        bilal.http.get(&path).expect("an answer").code(),
        "not_found"
    );
    let other = post(&mut bilal, &job, "commit", &json!({"people": {}}));
    assert_eq!(other.code(), "not_found");
    let stranger = post(&mut ada, &job, "commit", &json!({"people": {"B": "none"}}));
    assert_eq!(stranger.code(), "invalid");
    let dropped = ada.http.send("DELETE", &path, &[], b"");
    assert_eq!(dropped.expect("an answer").status, 200);
    assert_eq!(ada.http.get(&path).expect("an answer").code(), "not_found");
    // An owner no more: what she uploaded before does not come in.
    let job = previews(&mut ada, &line, "a", chat);
    ada.does(json!({"t": "channel.owner", "c": line, "person": bilal.id, "on": true}));
    bilal.does(json!({"t": "channel.owner", "c": line, "person": ada.id, "on": false}));
    let late = post(&mut ada, &job, "commit", &json!({"people": {}}));
    assert_eq!(late.code(), "forbidden");
    assert!(imported(&mut bilal, &line).is_empty());
}

#[test]
fn an_import_that_a_crash_cut_off_is_made_whole_by_the_same_file() {
    const ROWS: usize = 30_000;
    let mut world = World::start();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let mut chat = String::new();
    for row in 0..ROWS {
        let (hour, minute) = (row / 60 % 24, row % 60);
        let day = 1 + row / 1440;
        let _ = writeln!(
            chat,
            "{day:02}.03.22, {hour:02}:{minute:02} - Mum: message number {row} of the old days"
        );
    }
    let job = previews(&mut ada, &line, "chat.txt", chat.as_bytes());
    post(&mut ada, &job, "commit", &json!({"people": {"Mum": "new"}}))
        .ok()
        .expect("running");
    let path = format!("/api/v1/channels/{line}");
    while ada.gets(&path)["head"].as_u64() < Some(2_000) {
        std::thread::sleep(Duration::from_millis(2));
    }
    world.kill();
    world.again();
    let mut ada = ada.tab();
    let head = ada.gets(&path)["head"].as_u64().unwrap_or_default();
    assert!(head >= 2_000 && head < ROWS as u64, "cut at {head}");
    let id = job["id"].as_str().unwrap_or_default();
    let cut = ada.gets(&format!("/api/v1/imports/{id}"));
    assert_eq!(
        (&cut["state"], &cut["error"]["code"]),
        (&json!("failed"), &json!("import/interrupted"))
    );
    let list = ada.gets(&format!("/api/v1/imports?c={line}"));
    assert_eq!(list["imports"], json!([]));

    let job = previews(&mut ada, &line, "chat.txt", chat.as_bytes());
    let here = job["preview"]["already_here"].as_u64().unwrap_or_default();
    assert!(here >= 1_900, "{here}");
    let start = Instant::now();
    let done = brings(&mut ada, &job, &json!({"Mum": "new"}));
    println!("{} rows in {:?}", done["result"]["added"], start.elapsed());
    assert_eq!(
        done["result"]["added"].as_u64(),
        Some(ROWS as u64 - here),
        "{done}"
    );
    let items = imported(&mut ada, &line);
    assert_eq!(items.len(), ROWS);
    let mut numbers: Vec<usize> = items
        .iter()
        .filter_map(|i| i["b"].as_str()?.split(' ').nth(2)?.parse().ok())
        .collect();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(0..ROWS), "each once");
    let authors: std::collections::HashSet<_> =
        items.iter().filter_map(|i| i["u"].as_str()).collect();
    assert_eq!(authors.len(), 1, "one Mum");
}

#[test]
fn progress_is_told_and_members_hear_what_came() {
    let world = World::start();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    let job = previews(
        &mut ada,
        &line,
        "chat.txt",
        b"18.03.22, 14:56 - Mum: hello\n",
    );
    ada.listens();
    bilal.listens();
    post(&mut ada, &job, "commit", &json!({"people": {}}))
        .ok()
        .expect("running");
    let heard = bilal.hears("hello");
    assert_eq!(heard["d"]["imp"]["from"], "Mum");
    let told = bilal.expects("the end", |f| f["d"]["sys"]["act"] == "import.finished");
    assert_eq!(told["d"]["sys"]["n"], 1);
    let done = ada.expects("done", |f| f["t"] == "import" && f["d"]["state"] == "done");
    assert_eq!(done["d"]["result"]["added"], 1);
}
