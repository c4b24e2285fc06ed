//! Whatever comes in: a clear answer with a stable code, and a server that works for everyone else.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::frame;
use tests::http::{Answer, Client};
use tests::words::random;
use tests::world::{PATIENCE, Person, World, outcome};
use tungstenite::Message;

/// Every code that docs/PROTOCOL.md names.
const CODES: &[&str] = &[
    "policy/alone",
    "bad_request",
    "not_signed_in",
    "wrong_credentials",
    "forbidden",
    "bad_origin",
    "not_found",
    "conflict",
    "id_reused",
    "gone",
    "too_large",
    "invalid",
    "rate",
    "locked_out",
    "disk_full",
    "unavailable",
];

fn two_people() -> (World, Person, Person, String) {
    let world = World::start();
    let (mut ada, bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    (world, ada, bilal, line)
}

#[test]
fn a_command_sent_twice_is_done_once_and_answered_alike() {
    let (_world, mut ada, mut bilal, line) = two_people();
    bilal.listens();
    let command = json!({"t": "send", "id": ada.mint(), "c": line, "b": "once"});
    let first = ada.does(command.clone());
    let again = ada.does(command.clone());
    ada.listens();
    ada.puts(&command);
    let third = ada.expects("an answer", |f| f["id"] == command["id"]);
    for name in ["id", "c", "q", "ts"] {
        assert_eq!(first[name], again[name], "{name}");
        assert_eq!(first[name], third[name], "{name}");
    }
    bilal.hears("once");
    let deadline = Instant::now() + Duration::from_millis(300);
    while let Some(frame) = bilal.socket().next(deadline) {
        assert_ne!(frame["t"], "msg", "{frame}");
    }
    assert_eq!(
        ada.reads(&line).iter().filter(|i| i["b"] == "once").count(),
        1
    );
}

#[test]
fn an_id_belongs_to_one_command_of_one_person() {
    let (_world, mut ada, mut bilal, line) = two_people();
    let id = ada.mint();
    ada.does(json!({"t": "send", "id": id, "c": line, "b": "mine"}));
    let other = ada
        .tries(json!({"t": "send", "id": id, "c": line, "b": "something else"}))
        .expect_err("reused");
    assert_eq!((other.status, other.code.as_str()), (409, "id_reused"));
    // Somebody else's same id neither reveals nor blocks anything.
    match bilal.tries(json!({"t": "send", "id": id, "c": line, "b": "his"})) {
        Ok(ack) => assert!(
            bilal
                .reads(&line)
                .iter()
                .any(|i| i["q"] == ack["q"] && i["b"] == "his")
        ),
        Err(refused) => assert_eq!(refused.code, "id_reused"),
    }
}

#[test]
fn an_id_out_of_its_time_is_refused() {
    let (_world, mut ada, _bilal, line) = two_people();
    let day = 24 * 3_600_000_u64;
    let at = |ms: u64| String::from_utf8_lossy(&frame::text(u128::from(ms) << 80 | 7)).into_owned();
    let now = frame::now_ms();
    for (id, code) in [
        (at(now - 8 * day), "id_too_old"),
        (at(0), "id_too_old"),
        (at(now + 2 * day), "id_ahead"),
        ("7ZZZZZZZZZZZZZZZZZZZZZZZZZ".to_owned(), "id_ahead"),
    ] {
        let refused = ada
            .tries(json!({"t": "send", "id": id, "c": line, "b": "x"}))
            .expect_err(&id);
        assert_eq!((refused.status, refused.code.as_str()), (422, code), "{id}");
    }
    for id in [
        "",
        "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
        "not an id",
        "01ARZ3NDEKTSV4RRFFQ69G5FA",
        "01ARZ3NDEKTSV4RRFFQ69G5FAU",
    ] {
        let refused = ada
            .tries(json!({"t": "send", "id": id, "c": line, "b": "x"}))
            .expect_err(id);
        assert_eq!(refused.code, "bad_request", "{id}");
    }
}

#[test]
fn a_body_that_is_not_a_command_is_named_for_what_it_is() {
    let (_world, mut ada, _bilal, line) = two_people();
    let id = ada.mint();
    let send = |extra: &str| format!(r#"{{"t":"send","id":"{id}","c":"{line}","b":"x"{extra}}}"#);
    let long = "x".repeat(16 * 1024 + 1);
    let cases: Vec<(Vec<u8>, u16, &str)> = vec![
        (b"".to_vec(), 400, "bad_request"),
        (b"{".to_vec(), 400, "bad_request"),
        (b"[]".to_vec(), 400, "bad_request"),
        (b"null".to_vec(), 400, "bad_request"),
        (b"{\"t\":\"send\"}".to_vec(), 400, "bad_request"),
        (b"\xff\xfe\x00".to_vec(), 400, "bad_request"),
        (
            b"{\"t\":\"send\",\"b\":\"\xc3\x28\"}".to_vec(),
            400,
            "bad_request",
        ),
        (send(r#","colour":"red""#).into_bytes(), 400, "bad_request"),
        (send(r#","th":-1"#).into_bytes(), 400, "bad_request"),
        (send(r#","th":1.5"#).into_bytes(), 400, "bad_request"),
        (send(r#","th":"1""#).into_bytes(), 400, "bad_request"),
        (send(r#","f":"no list""#).into_bytes(), 400, "bad_request"),
        (
            send("").replace("send", "fly").into_bytes(),
            400,
            "bad_request",
        ),
        (
            send("").replace("send", "channel.destroy").into_bytes(),
            400,
            "bad_request",
        ),
        ("[".repeat(60_000).into_bytes(), 400, "bad_request"),
        (
            send("")
                .replace(r#""x""#, &format!("\"{long}\""))
                .into_bytes(),
            413,
            "too_large",
        ),
        (
            send("")
                .replace(r#""x""#, &format!("\"{}\"", "y".repeat(1_000_000)))
                .into_bytes(),
            413,
            "too_large",
        ),
        (
            send("").replace(r#""x""#, r#"""#).into_bytes(),
            400,
            "bad_request",
        ),
        (
            send("").replace(r#""x""#, r#""   ""#).into_bytes(),
            422,
            "invalid",
        ),
    ];
    for (body, status, code) in cases {
        let shown = String::from_utf8_lossy(body.get(..80).unwrap_or(&body)).into_owned();
        let answer = post_bytes(&mut ada, "/api/v1/commands", "application/json", &body);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{shown}"
        );
        assert!(
            !answer.json().expect("JSON")["message"]
                .as_str()
                .unwrap_or_default()
                .is_empty(),
            "{shown}"
        );
    }
    ada.says(&line, "and life goes on");
}

fn post_bytes(person: &mut Person, path: &str, content_type: &str, body: &[u8]) -> Answer {
    person
        .http
        .send("POST", path, &[("Content-Type", content_type)], body)
        .expect("an answer")
}

#[test]
fn another_site_can_neither_write_nor_listen() {
    let (world, mut ada, _bilal, line) = two_people();
    let body = json!({"t": "send", "id": ada.mint(), "c": line, "b": "forged"}).to_string();
    for origin in [
        "https://evil.example",
        "null",
        "",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1:1",
    ] {
        let headers = [("Content-Type", "application/json"), ("Origin", origin)];
        let answer = ada
            .http
            .send("POST", "/api/v1/commands", &headers, body.as_bytes())
            .expect("an answer");
        assert_eq!(
            (answer.status, answer.code()),
            (403, "bad_origin".to_owned()),
            "{origin:?}"
        );
        let cookie = ada.http.cookie.clone().unwrap_or_default();
        match tests::world::Socket::open_from(&world.site(), &cookie, origin) {
            Err(_) => {}
            Ok(mut socket) => {
                while socket.next(Instant::now() + PATIENCE).is_some() {}
                assert_eq!(socket.closed, Some(4003), "{origin:?}");
            }
        }
    }
    let bare = format!(
        "POST /api/v1/commands HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        world.site().host(),
        ada.http.cookie.clone().unwrap_or_default(),
        body.len(),
    );
    let answer = ada.http.exchange(bare.as_bytes()).expect("an answer");
    assert_eq!(answer.code(), "bad_origin", "no Origin at all");
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
    ] {
        let answer = post_bytes(&mut ada, "/api/v1/commands", content_type, body.as_bytes());
        assert_eq!(
            (answer.status, answer.code()),
            (400, "bad_request".to_owned()),
            "{content_type:?}"
        );
    }
    assert!(ada.reads(&line).iter().all(|i| i["b"] != "forged"));
}

#[test]
fn without_a_session_nothing_is_told() {
    let (world, mut ada, _bilal, line) = two_people();
    ada.says(&line, "secret");
    let paths = [
        "/api/v1/bootstrap".to_owned(),
        format!("/api/v1/channels/{line}"),
        format!("/api/v1/channels/{line}/messages"),
        "/api/v1/search?text=secret".to_owned(),
        "/api/v1/sync?cur=&wait=0".to_owned(),
        "/api/v1/ledger".to_owned(),
        "/api/v1/devices".to_owned(),
        "/api/v1/admin/people".to_owned(),
        "/api/v1/admin/health".to_owned(),
        "/api/v1/exports".to_owned(),
        "/api/v1/invites".to_owned(),
        "/api/v1/log/checkpoint".to_owned(),
        "/api/v1/log/status".to_owned(),
        "/api/v1/log/0/proof".to_owned(),
        "/checkpoint".to_owned(),
        "/tiles/tile/0/000.p/1".to_owned(),
    ];
    let name = ada
        .http
        .cookie
        .as_deref()
        .and_then(|c| c.split_once('='))
        .map_or("", |(n, _)| n)
        .to_owned();
    for cookie in [
        None,
        Some(format!("{name}=")),
        Some(format!("{name}=AAAA")),
        Some(format!("{name}={}", "A".repeat(3000))),
    ] {
        for path in &paths {
            let mut stranger = Client::new(world.site());
            stranger.cookie.clone_from(&cookie);
            let answer = stranger.get(path).expect("an answer");
            assert_eq!(
                (answer.status, answer.code()),
                (401, "not_signed_in".to_owned()),
                "{path} {cookie:?}"
            );
        }
    }
}

#[test]
fn an_odd_request_line_or_header_hurts_nobody() {
    let (world, mut ada, _bilal, line) = two_people();
    let host = world.site().host();
    let huge = "h".repeat(2_000_000);
    let requests: Vec<Vec<u8>> = vec![
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nX-Huge: {huge}\r\n\r\n").into_bytes(),
        format!("GET /{huge} HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes(),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\n{}\r\n", "X-Many: 1\r\n".repeat(5000)).into_bytes(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(),
        b"GET /api/v1/site HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_vec(),
        format!("POST /api/v1/commands HTTP/1.1\r\nHost: {host}\r\nContent-Length: -5\r\n\r\n").into_bytes(),
        format!("POST /api/v1/signin HTTP/1.1\r\nHost: {host}\r\nContent-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").into_bytes(),
        format!("GET /api/v1/files/..%2f..%2fkeys%2froot HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes(),
        format!("GET /../../etc/passwd HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes(),
    ];
    for request in requests {
        let shown = String::from_utf8_lossy(request.get(..60).unwrap_or(&request)).into_owned();
        let mut stranger = Client::new(world.site());
        // A closed connection is an answer too; a 5xx or somebody's file is not.
        if let Ok(answer) = stranger.exchange(&request) {
            assert!(answer.status < 500, "{shown}: {}", answer.status);
            assert!(
                !String::from_utf8_lossy(&answer.body).contains("root:"),
                "{shown}"
            );
        }
    }
    for generous in ["limit=0", "limit=101", "limit=4000000000"] {
        let answer = ada
            .http
            .get(&format!("/api/v1/channels/{line}/messages?{generous}"))
            .expect("an answer");
        let items = answer.json().expect("JSON")["items"]
            .as_array()
            .map_or(0, Vec::len);
        assert!(
            answer.status < 500 && items <= 100,
            "{generous}: {} with {items} items",
            answer.status
        );
    }
    for query in [
        "limit=-1",
        "limit=x",
        "before=x",
        "before=1&after=1",
        "around=18446744073709551616",
    ] {
        let answer = ada
            .http
            .get(&format!("/api/v1/channels/{line}/messages?{query}"))
            .expect("an answer");
        assert!(
            matches!(answer.status, 400 | 422),
            "{query}: {}",
            answer.status
        );
        assert!(
            CODES.contains(&answer.code().as_str()),
            "{query}: {}",
            answer.code()
        );
    }
    for path in [
        "/api/v1/nothing",
        "/api/v1/channels/x/messages",
        "/api/v2/bootstrap",
    ] {
        let answer = ada.http.get(path).expect("an answer");
        assert!(
            matches!(answer.status, 400 | 404),
            "{path}: {}",
            answer.status
        );
        assert!(
            CODES.contains(&answer.code().as_str()),
            "{path}: {:?}",
            String::from_utf8_lossy(&answer.body)
        );
    }
    ada.says(&line, "and life goes on");
}

#[test]
fn a_socket_that_breaks_the_rules_is_answered_or_closed_alone() {
    let (_world, mut ada, mut bilal, line) = two_people();
    ada.listens();

    // Understood as JSON or not: an error frame, and the socket lives on.
    bilal.listens();
    for text in [
        "{",
        "[]",
        "\"x\"",
        "{\"t\":\"fly\"}",
        "{\"t\":\"send\"}",
        "{\"x\":1}",
    ] {
        bilal.socket().send(Message::text(text)).expect("sent");
        let err = bilal.expects("err", |f| f["t"] == "err");
        assert_eq!(err["code"], "bad_request", "{text}");
    }
    bilal.says(&line, "still here");

    let breaks: Vec<(&str, Vec<u8>)> = vec![
        (
            "over 64 KiB",
            client_frame(frame::TEXT, "x".repeat(70_000).as_bytes()),
        ),
        (
            "announced 1 TB",
            vec![0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ),
        (
            "not UTF-8",
            client_frame(frame::TEXT, b"{\"t\":\"\xc3\x28\"}"),
        ),
        ("binary", client_frame(2, b"\x00\x01\x02")),
        ("no mask", vec![0x81, 0x02, b'{', b'}']),
        ("reserved bits", vec![0xf1, 0x80, 0, 0, 0, 0]),
        ("unknown opcode", vec![0x83, 0x80, 0, 0, 0, 0]),
        ("a long ping", client_frame(frame::PING, &[0; 200])),
        ("a continuation of nothing", client_frame(0, b"x")),
    ];
    for (what, bytes) in breaks {
        let mut tab = bilal.tab();
        tab.listens();
        tab.socket().raw().write_all(&bytes).expect(what);
        let code = tab.is_closed();
        assert!(
            matches!(code, 4009 | 1002 | 1003 | 1006 | 1007 | 1009),
            "{what}: {code}"
        );
    }

    // Half a frame, and then nothing ever again.
    let mut tab = bilal.tab();
    tab.listens();
    tab.socket()
        .raw()
        .write_all(&[0x81, 0xfe, 0x01])
        .expect("half a frame");
    drop(tab);

    // No hello at all, a wrong one, two of them.
    for first in [
        json!({"t": "hello", "v": 99, "cur": null}),
        json!({"t": "send"}),
        json!(7),
    ] {
        let mut socket = tests::world::Socket::open(
            &bilal.http.site,
            bilal.http.cookie.as_deref().unwrap_or_default(),
        )
        .expect("open");
        socket.send(Message::text(first.to_string())).expect("sent");
        while socket.next(Instant::now() + PATIENCE).is_some() {}
        assert_eq!(socket.closed, Some(4009), "{first}");
    }

    // No word at all: not for ever.
    let mut silent = tests::world::Socket::open(
        &bilal.http.site,
        bilal.http.cookie.as_deref().unwrap_or_default(),
    )
    .expect("open");
    while silent
        .next(Instant::now() + Duration::from_secs(15))
        .is_some()
    {}
    assert_eq!(silent.closed, Some(4009), "no hello");

    ada.says(&line, "all well");
    bilal.hears("all well");
}

fn client_frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    frame::put(&mut out, opcode, payload);
    out
}

#[test]
fn two_thousand_garbled_commands_get_known_answers_and_change_nothing_by_accident() {
    let (mut world, mut ada, mut bilal, line) = two_people();
    ada.says(&line, "first");
    bilal.listens();
    let mut seed = 0x5eed_5eed_5eed_5eed;
    for n in 0..2000 {
        let valid = valid_commands(&mut ada, &bilal.id, &line);
        let mut text = valid
            .get(n % valid.len())
            .map(Value::to_string)
            .unwrap_or_default()
            .into_bytes();
        for _ in 0..=random(&mut seed) % 3 {
            garble(&mut text, &mut seed);
        }
        let shown = String::from_utf8_lossy(&text).into_owned();
        let answer = post_bytes(&mut ada, "/api/v1/commands", "application/json", &text);
        if let Err(refused) = outcome(&answer) {
            assert!(refused.status < 500, "{shown}: {refused:?}");
            assert!(
                CODES.contains(&refused.code.as_str()),
                "{shown}: {refused:?}"
            );
        }
        if n % 4 == 0
            && let Ok(text) = String::from_utf8(text)
            && !text.contains("signout")
        {
            bilal.socket().send(Message::text(text)).expect("sent");
        }
    }
    bilal.puts(&json!({"t": "ping", "n": 99}));
    bilal.expects("the pong behind it all", |f| {
        f["t"] == "pong" && f["n"] == 99
    });
    assert!(world.server().ended().expect("a state").is_none());
    // What the log holds still makes sense to a fresh process.
    let before = ada.reads(&line);
    world.kill();
    world.again();
    assert_eq!(before, ada.reads(&line));
}

fn valid_commands(ada: &mut Person, other: &str, line: &str) -> Vec<Value> {
    let list = vec![
        json!({"t": "send", "c": line, "b": "hello @Bilal", "m": [other]}),
        json!({"t": "send", "c": line, "b": "a reply", "th": 2}),
        json!({"t": "edit", "c": line, "q": 2, "b": "changed"}),
        json!({"t": "react", "c": line, "q": 2, "e": "👍", "on": true}),
        json!({"t": "read", "c": line, "q": 2}),
        json!({"t": "mute", "c": line, "on": true}),
        json!({"t": "channel.edit", "c": line, "topic": "Night shift"}),
        json!({"t": "channel.direct", "with": other}),
        json!({"t": "invite.create", "role": "member", "channels": [line], "hours": 1, "uses": 1}),
        json!({"t": "policy.set", "c": line, "keep_days": 90}),
    ];
    list.into_iter()
        .map(|mut command| {
            command["id"] = json!(ada.mint());
            command
        })
        .collect()
}

fn garble(text: &mut Vec<u8>, seed: &mut u64) {
    if text.is_empty() {
        return;
    }
    let at = random(seed) as usize % text.len();
    match random(seed) % 5 {
        0 => text.truncate(at),
        1 => {
            text.remove(at);
        }
        2 => text.insert(at, random(seed) as u8),
        3 => {
            if let Some(byte) = text.get_mut(at) {
                *byte ^= 1 << (random(seed) % 8);
            }
        }
        _ => {
            let odd = [
                "null",
                "-1",
                "1e400",
                "\"\\u0000\"",
                "\"\\ud800\"",
                "{}",
                "[[]]",
                "18446744073709551616",
                "\"\u{202e}\"",
            ];
            let put = odd
                .get(random(seed) as usize % odd.len())
                .copied()
                .unwrap_or_default();
            text.splice(at..at, put.bytes());
        }
    }
}

#[test]
fn too_many_commands_are_slowed_not_lost() {
    let world = World::with("", true);
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let mut accepted = 0;
    let mut slowed = None;
    for n in 0..200 {
        match ada.tries(json!({"t": "send", "c": line, "b": format!("{n}")})) {
            Ok(_) => accepted += 1,
            Err(refused) => {
                slowed = Some(refused);
                break;
            }
        }
    }
    let slowed = slowed.expect("a limit");
    assert_eq!((slowed.status, slowed.code.as_str()), (429, "rate"));
    assert!((10..=130).contains(&accepted), "{accepted}");
    assert_eq!(
        ada.reads(&line)
            .iter()
            .filter(|i| i["b"].is_string())
            .count(),
        accepted
    );
}
