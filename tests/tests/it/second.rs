//! What is asked for beside a secret, by whom it must be set up, and when sessions end.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

use daylight::chat::event::{Act, Event};
use daylight::clock::Clock;
use serde_json::{Value, json};
use tests::http::{Answer, Client};
use tests::second::{Passkey, base32, code};
use tests::world::{PATIENCE, Person, SECRET, World};

use super::oidc::{Provider, session};
use super::traces::{base64s, files, forms, scan, the_scan_finds_what_is_there};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// The next code of an authenticator.
const STEP_MS: i64 = 30_000;

/// What somebody was shown when she set it up.
struct Held {
    secret: String,
    codes: Vec<String>,
}

fn calls(http: &mut Client, path: &str, body: Value) -> Answer {
    http.post(path, &body).expect("an answer")
}

fn done(http: &mut Client, path: &str, body: Value) -> Value {
    calls(http, path, body).ok().expect("done")
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().cloned().unwrap_or_default();
    let texts = list.iter().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// An authenticator, by its first right code.
fn sets_up(person: &mut Person, clock: &Clock) -> Held {
    let started = done(
        &mut person.http,
        "/api/v1/second/start",
        json!({"secret": SECRET}),
    );
    let secret = started["secret"].as_str().unwrap_or_default().to_owned();
    let code = code(&secret, clock.now_ms());
    let shown = done(
        &mut person.http,
        "/api/v1/second/confirm",
        json!({"code": code}),
    );
    let codes = texts(&shown["recovery"]);
    Held { secret, codes }
}

fn handle(person: &mut Person) -> String {
    let boot = person.gets("/api/v1/bootstrap");
    boot["handle"].as_str().unwrap_or_default().to_owned()
}

/// Somebody at another machine, with a name and a secret.
fn signs_in(world: &World, handle: &str, secret: &str) -> (Client, Answer) {
    let mut http = Client::new(world.site());
    let answer = calls(
        &mut http,
        "/api/v1/signin",
        json!({"handle": handle, "secret": secret}),
    );
    (http, answer)
}

fn half_way(world: &World, handle: &str) -> (Client, Value) {
    let (http, answer) = signs_in(world, handle, SECRET);
    assert!(http.cookie.is_none(), "no session for half of it");
    let half = answer.ok().expect("half of the way in");
    assert!(half["me"].is_null(), "{half}");
    (http, half["second"].clone())
}

fn shows(http: &mut Client, second: &Value, code: &str) -> Answer {
    let body = json!({"ticket": second["ticket"], "code": code});
    calls(http, "/api/v1/signin/second", body)
}

fn is_in(http: &mut Client) -> bool {
    http.get("/api/v1/bootstrap").expect("an answer").status == 200
}

fn acts(person: &mut Person, act: &str) -> Vec<Value> {
    let ledger = person.gets(&format!("/api/v1/ledger?act={act}&limit=100"));
    ledger["entries"].as_array().cloned().unwrap_or_default()
}

fn becomes(what: &str, mut is: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < deadline, "{what}");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_code_is_asked_for_beside_the_secret_and_each_is_used_once() {
    let (world, clock) = World::with_clock();
    let mut bilal = world.person("Bilal");
    let name = handle(&mut bilal);
    // Begun and not confirmed, it asks nobody for anything.
    let begin = |bilal: &mut Person, secret: &str| {
        let body = json!({"secret": secret});
        calls(&mut bilal.http, "/api/v1/second/start", body)
    };
    assert_eq!(
        begin(&mut bilal, "another horse").code(),
        "wrong_credentials"
    );
    assert_eq!(begin(&mut bilal, SECRET).status, 200);
    let wrong = json!({"code": "12345"});
    let wrong = calls(&mut bilal.http, "/api/v1/second/confirm", wrong);
    assert_eq!(wrong.code(), "second_wrong");
    let (mut other, answer) = signs_in(&world, &name, SECRET);
    assert!(answer.status == 200 && is_in(&mut other));

    let held = sets_up(&mut bilal, &clock);
    assert_eq!(held.codes.len(), 10);
    assert_eq!(begin(&mut bilal, SECRET).code(), "conflict");
    let standing = bilal.gets("/api/v1/second");
    assert!(standing["authenticator_since"].is_u64() && standing["recovery_left"] == 10);
    assert!(!standing.to_string().contains(&held.secret), "{standing}");
    let (mut http, second) = half_way(&world, &name);
    assert_eq!(
        (&second["code"], &second["recovery"]),
        (&json!(true), &json!(true))
    );
    // The code that set it up is used.
    let now = code(&held.secret, clock.now_ms());
    assert_eq!(shows(&mut http, &second, &now).code(), "second_wrong");
    assert!(!is_in(&mut http));
    clock.shift(STEP_MS);
    let next = code(&held.secret, clock.now_ms());
    let spaced = format!("{} {}", &next[..3], &next[3..]);
    assert_eq!(shows(&mut http, &second, &spaced).status, 200);
    assert!(is_in(&mut http));
    // Neither the code nor the ticket leads in again.
    let (mut thief, again) = half_way(&world, &name);
    assert_eq!(shows(&mut thief, &again, &next).code(), "second_wrong");
    clock.shift(STEP_MS);
    let next = code(&held.secret, clock.now_ms());
    assert_eq!(shows(&mut thief, &second, &next).code(), "gone");
    // A ticket waits five minutes.
    clock.shift(5 * 60_000);
    let next = code(&held.secret, clock.now_ms());
    assert_eq!(shows(&mut thief, &again, &next).code(), "gone");

    // Before the secret was right nothing is told.
    let (_, wrong) = signs_in(&world, &name, "not the secret");
    let (_, nobody) = signs_in(&world, "nobody.at.all", SECRET);
    assert_eq!((wrong.status, &wrong.body), (nobody.status, &nobody.body));

    // Off it goes with the secret and a code.
    let off = |bilal: &mut Person, code: &str| {
        let body = json!({"secret": SECRET, "code": code});
        calls(&mut bilal.http, "/api/v1/second/off", body)
    };
    assert_eq!(off(&mut bilal, "000000").code(), "second_wrong");
    let locked = (0..10).find_map(|_| {
        let answer = off(&mut bilal, "000000");
        (answer.status == 429).then(|| answer.code())
    });
    assert_eq!(
        locked.as_deref(),
        Some("locked_out"),
        "a right secret wipes nothing away"
    );
    clock.shift(3 * HOUR_MS);
    let next = code(&held.secret, clock.now_ms());
    assert_eq!(off(&mut bilal, &next).status, 200);
    let (mut other, answer) = signs_in(&world, &name, SECRET);
    assert!(answer.status == 200 && is_in(&mut other));
    let standing = bilal.gets("/api/v1/second");
    assert_eq!(standing["recovery_left"], 0, "{standing}");
}

#[test]
fn wrong_codes_are_counted_as_wrong_secrets_are() {
    let (world, clock) = World::with_clock();
    let mut bilal = world.person("Bilal");
    let name = handle(&mut bilal);
    let held = sets_up(&mut bilal, &clock);
    clock.shift(STEP_MS);
    let mut tries = 0;
    // A right secret in between wipes away nothing.
    let locked = loop {
        let (mut http, answer) = signs_in(&world, &name, SECRET);
        if answer.status == 429 {
            break answer;
        }
        let second = answer.ok().expect("half of the way in")["second"].clone();
        let answer = shows(&mut http, &second, "000000");
        if answer.status == 429 {
            break answer;
        }
        assert_eq!(answer.code(), "second_wrong");
        tries += 1;
        assert!(tries < 10, "nobody counts");
    };
    assert_eq!(locked.code(), "locked_out");
    assert!(tries >= 3, "locked out after {tries}");
    clock.shift(3 * HOUR_MS);
    let (mut http, second) = half_way(&world, &name);
    let right = code(&held.secret, clock.now_ms());
    assert_eq!(shows(&mut http, &second, &right).status, 200);
}

#[test]
fn a_recovery_code_opens_once_and_new_ones_end_the_old() {
    let (world, clock) = World::with_clock();
    let mut bilal = world.person("Bilal");
    let name = handle(&mut bilal);
    let held = sets_up(&mut bilal, &clock);
    let (mut http, second) = half_way(&world, &name);
    let typed = held.codes[3].to_lowercase().replace('-', " ");
    assert_eq!(shows(&mut http, &second, &typed).status, 200);
    assert!(is_in(&mut http));
    let (mut http, second) = half_way(&world, &name);
    assert_eq!(
        shows(&mut http, &second, &held.codes[3]).code(),
        "second_wrong"
    );
    assert_eq!(bilal.gets("/api/v1/second")["recovery_left"], 9);
    let renew = json!({"secret": SECRET});
    let fresh = texts(&done(&mut bilal.http, "/api/v1/second/recovery", renew)["recovery"]);
    assert_eq!(fresh.iter().collect::<BTreeSet<_>>().len(), 10);
    assert_eq!(
        shows(&mut http, &second, &held.codes[4]).code(),
        "second_wrong"
    );
    assert_eq!(shows(&mut http, &second, &fresh[4]).status, 200);
}

#[test]
fn neither_a_reset_link_nor_a_second_device_goes_round_it() {
    let (world, clock) = World::with_clock();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let name = handle(&mut bilal);
    let held = sets_up(&mut bilal, &clock);
    clock.shift(STEP_MS);
    let reset = ada.does(json!({"t": "person.reset", "person": bilal.id}));
    let url = reset["url"].as_str().unwrap_or_default();
    let link = url.rsplit('/').next().unwrap_or_default();
    let mut http = Client::new(world.site());
    let body = json!({"code": link, "secret": "another horse battery"});
    let half = done(&mut http, "/api/v1/reset", body);
    assert!(
        http.cookie.is_none() && half["second"]["code"] == true,
        "{half}"
    );
    // Until then nothing is changed.
    assert!(is_in(&mut bilal.http));
    let (_, old) = signs_in(&world, &name, SECRET);
    assert_eq!(old.status, 200);
    assert_eq!(
        shows(&mut http, &half["second"], "000000").code(),
        "second_wrong"
    );
    let right = code(&held.secret, clock.now_ms());
    assert_eq!(shows(&mut http, &half["second"], &right).status, 200);
    assert!(is_in(&mut http) && !is_in(&mut bilal.http));
    let (_, old) = signs_in(&world, &name, SECRET);
    assert_eq!(old.code(), "wrong_credentials");

    // A device that is signed in vouches for another one.
    let link = done(&mut http, "/api/v1/device/link", json!({}));
    let mut phone = Client::new(world.site());
    done(
        &mut phone,
        "/api/v1/device/claim",
        json!({"code": link["code"]}),
    );
    assert!(is_in(&mut phone));
}

#[test]
fn whoever_must_have_a_second_factor_does_nothing_else_first() {
    let (world, clock) = World::with_clock();
    let mut ada = world.admin();
    let (mut olga, mut bilal) = (world.newcomer("Olga", "officer"), world.person("Bilal"));
    let line = olga.channel("Line 3", &[&bilal]);
    olga.listens();
    bilal.listens();
    let rule = |roles: Value| json!({"t": "signin.rule", "second": roles, "days": null, "idle_days": null});
    let refused = ada.tries(rule(json!(["bot"]))).expect_err("no bots");
    assert_eq!(refused.code, "invalid");
    ada.does(rule(json!(["officer"])));
    assert_eq!(olga.is_closed(), 4010);
    olga.loses_connection();
    // Nobody else notices.
    bilal.says(&line, "still here");
    let ruled = ada.gets("/api/v1/admin/signin");
    assert_eq!(
        (&ruled["second"], &ruled["missing"]),
        (&json!(["officer"]), &json!(1))
    );

    // Every route of the API, but those that lead in and those that are for everybody.
    const OPEN: [&str; 21] = [
        "GET /api/v1/site",
        "POST /api/v1/setup",
        "POST /api/v1/join/preview",
        "POST /api/v1/join",
        "POST /api/v1/reset",
        "POST /api/v1/signin",
        "GET /api/v1/signin/oidc",
        "GET /api/v1/signin/oidc/back",
        "POST /api/v1/signin/second",
        "POST /api/v1/signin/passkey/start",
        "POST /api/v1/signin/passkey",
        "POST /api/v1/device/claim",
        "POST /api/v1/signout",
        "GET /api/v1/second",
        "POST /api/v1/second/start",
        "POST /api/v1/second/confirm",
        "POST /api/v1/passkeys/start",
        "POST /api/v1/passkeys",
        "GET /healthz",
        "GET /readyz",
        "GET /metrics",
    ];
    let rows = include_str!("policy.txt").lines().filter_map(|line| {
        let name = line.split('|').next()?.trim();
        let (method, path) = name.split_once(' ')?;
        let is_call = path.starts_with('/') && path != "/api/openapi.json";
        is_call.then(|| (name.to_owned(), method.to_owned(), path.to_owned()))
    });
    let rows: BTreeSet<_> = rows.collect();
    assert!(rows.len() > 70, "{} routes", rows.len());
    let mut asked = 0;
    for (name, method, path) in rows {
        if OPEN.contains(&name.as_str()) || path == "/ws" {
            continue;
        }
        let some = olga.mint();
        let mut filled = String::new();
        for part in path.split_inclusive('/') {
            let is_open = part.starts_with('{');
            let number = part.starts_with("{q}") || part.starts_with("{position}");
            match (is_open, number) {
                (false, _) => filled.push_str(part),
                (true, true) => filled.push('1'),
                (true, false) => filled.push_str(&some),
            }
            if is_open && part.ends_with('/') {
                filled.push('/');
            }
        }
        let headers = [("Content-Type", "application/json")];
        let answer = olga.http.send(&method, &filled, &headers, b"{}");
        let answer = answer.expect("an answer");
        assert_eq!(answer.code(), "second_first", "{name}");
        asked += 1;
    }
    assert!(asked > 60, "{asked} routes");
    let refused = tests::world::Socket::open(
        &world.site(),
        olga.http.cookie.as_deref().unwrap_or_default(),
    );
    assert!(refused.is_err(), "no socket either");
    let site = olga.gets("/api/v1/site");
    assert_eq!(
        (&site["signed_in"], &site["second_first"]),
        (&json!(true), &json!(true))
    );

    // It is set up, and everything is there again; and then it stays.
    let held = sets_up(&mut olga, &clock);
    olga.says(&line, "here I am");
    clock.shift(STEP_MS);
    let off = json!({"secret": SECRET, "code": code(&held.secret, clock.now_ms())});
    let off = calls(&mut olga.http, "/api/v1/second/off", off);
    assert_eq!(off.code(), "second_demanded");

    // Who comes into such a role, or has lost what she had, begins there as well.
    bilal.loses_connection();
    ada.does(json!({"t": "person.role", "person": bilal.id, "role": "officer"}));
    let refused = bilal.tries(json!({"t": "profile", "name": "B"}));
    assert_eq!(refused.expect_err("first").code, "second_first");
    olga.listens();
    let refused = ada.tries(json!({"t": "second.remove", "person": ada.id}));
    assert_eq!(refused.expect_err("not her own").code, "forbidden");
    ada.does(json!({"t": "second.remove", "person": olga.id}));
    assert_eq!(olga.is_closed(), 4010);
    let removed = acts(&mut ada, "second.removed");
    assert_eq!(
        removed[0]["object"]["person"],
        json!(olga.id),
        "{removed:?}"
    );
    let missing = &ada.gets("/api/v1/admin/signin")["missing"];
    assert_eq!(*missing, 2);
}

#[test]
fn whoever_finds_a_session_open_and_knows_the_secret_makes_no_lasting_way_in() {
    let (world, clock) = World::with_clock_on_localhost();
    let mut bilal = world.person("Bilal");
    let name = handle(&mut bilal);
    let held = sets_up(&mut bilal, &clock);
    let secret = json!({"secret": SECRET});
    let ways = ["/api/v1/second/recovery", "/api/v1/passkeys/start"];
    let another = |http: &mut Client, path: &str| {
        let linked = done(http, "/api/v1/device/link", json!({}));
        let mut phone = Client::new(world.site());
        done(&mut phone, path, json!({"code": linked["code"]}));
        phone
    };
    // Who has just set it up goes on.
    assert_eq!(calls(&mut bilal.http, ways[1], secret.clone()).status, 200);

    clock.shift(HOUR_MS);
    // Nor does a device that this one lets in now come with a look at a second step.
    let mut phone = another(&mut bilal.http, "/api/v1/device/claim");
    let passkey = json!({"secret": SECRET, "passkey": bilal.id});
    for http in [&mut bilal.http, &mut phone] {
        for path in ways.into_iter().chain(["/api/v1/second/start"]) {
            let answer = calls(http, path, secret.clone());
            assert_eq!(answer.code(), "sign_in_again", "{path}");
        }
        let answer = calls(http, "/api/v1/passkeys/remove", passkey.clone());
        assert_eq!(answer.code(), "sign_in_again");
        let off = json!({"secret": SECRET, "code": "000000"});
        assert_eq!(
            calls(http, "/api/v1/second/off", off).code(),
            "second_wrong"
        );
    }
    let (mut http, second) = half_way(&world, &name);
    let right = code(&held.secret, clock.now_ms());
    assert_eq!(shows(&mut http, &second, &right).status, 200);
    for path in ways {
        assert_eq!(calls(&mut http, path, secret.clone()).status, 200, "{path}");
    }

    // And a secret is guessed no faster by more devices than by one.
    let mut tries = 0;
    let wrong = json!({"secret": "another horse"});
    loop {
        let mut phone = another(&mut http, "/api/v1/device/claim");
        let answer = calls(&mut phone, ways[0], wrong.clone());
        if answer.code() == "locked_out" {
            break;
        }
        tries += 1;
        assert!(tries < 10, "each device has tries of its own");
    }
}

#[test]
fn coming_by_the_company_s_provider_alone_opens_no_way_to_another_way_in() {
    let provider = Provider::start();
    let (world, clock) = World::with_clock_and(&provider.settings(""));
    let mut bilal = world.person("Bilal");
    world.ties(&bilal.id, "bilal");
    sets_up(&mut bilal, &clock);
    clock.shift(HOUR_MS);
    let now = clock.now_ms() / 1000;
    let hers = json!({"sub": "b-1", "preferred_username": "bilal", "iat": now, "exp": now + 300});
    let cookie = session(&provider.round(&world, &hers)).expect("a session");
    let mut http = Client::with_cookie(world.site(), &cookie);
    assert!(is_in(&mut http));
    // Whoever sits at an open computer comes round by the provider without being asked for anything.
    for path in ["/api/v1/second/recovery", "/api/v1/second/start"] {
        let answer = calls(&mut http, path, json!({"secret": SECRET}));
        assert_eq!(answer.code(), "sign_in_again", "{path}");
    }
}

#[test]
fn sessions_end_on_time_and_are_known_to_be_used_by_one_fact_a_day() {
    let (world, clock) = World::with_clock();
    let mut ada = world.admin();
    let (mut bilal, mut carol) = (world.person("Bilal"), world.person("Carol"));
    let mut dora = world.person("Dora");
    let name = handle(&mut bilal);
    for days in [0, 4_000] {
        let refused =
            ada.tries(json!({"t": "signin.rule", "second": [], "days": days, "idle_days": null}));
        assert_eq!(refused.expect_err("no such rule").code, "invalid");
    }
    ada.does(json!({"t": "signin.rule", "second": [], "days": 30, "idle_days": 3}));
    // Whoever uses it every day stays, however little she does.
    carol.listens();
    let whose = bilal.id.clone();
    let seen = |ada: &mut Person| {
        let all = acts(ada, "session.seen");
        let of_bilal = all
            .iter()
            .filter(|e| e["object"]["person"] == whose.as_str());
        of_bilal.count()
    };
    let mut days = 0;
    for _ in 0..2 {
        clock.shift(DAY_MS + HOUR_MS);
        // A phone that is woken in a drawer.
        done(&mut dora.http, "/api/v1/push/news", json!({}));
        assert!(is_in(&mut bilal.http), "used two days ago at most");
        days += 1;
        becomes("the day is written down", || seen(&mut ada) == days);
        for _ in 0..3 {
            assert!(is_in(&mut bilal.http));
        }
    }
    assert_eq!(seen(&mut ada), 2, "one fact a day");
    // Carol's page is asleep: unused for three days.
    clock.shift(DAY_MS - HOUR_MS);
    assert!(is_in(&mut bilal.http));
    ada.gets("/api/v1/invites");
    assert_eq!(carol.is_closed(), 4001);
    assert!(!is_in(&mut carol.http));
    let woken = calls(&mut dora.http, "/api/v1/push/news", json!({}));
    assert_eq!(woken.code(), "not_signed_in");
    becomes("it is written down", || {
        let ended = acts(&mut ada, "session.ended");
        let whose = ended.iter().map(|e| e["object"]["person"].clone());
        let mut whose: Vec<Value> = whose.collect();
        whose.sort_by_key(Value::to_string);
        let mut both = vec![json!(carol.id), json!(dora.id)];
        both.sort_by_key(Value::to_string);
        whose == both
    });

    // Thirty days in all, also for whoever is there every day.
    for _ in 0..13 {
        clock.shift(2 * DAY_MS);
        assert!(is_in(&mut bilal.http) && is_in(&mut ada.http));
    }
    // A device that it lets in is as old as it is.
    let linked = done(&mut bilal.http, "/api/v1/device/link", json!({}));
    let mut phone = Client::new(world.site());
    let linked = json!({"code": linked["code"]});
    done(&mut phone, "/api/v1/device/claim", linked);
    assert!(is_in(&mut phone));
    clock.shift(DAY_MS);
    assert!(
        !is_in(&mut bilal.http) && !is_in(&mut phone),
        "at once, whenever it is written down"
    );
    let (mut again, answer) = signs_in(&world, &name, SECRET);
    assert!(answer.status == 200 && is_in(&mut again));
}

#[test]
fn a_passkey_signs_in_alone_and_answers_one_question_once() {
    let (world, clock) = World::with_clock_on_localhost();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let name = handle(&mut bilal);
    let site = world.site();
    let mut phone = Passkey::new(&site, b"the phone's passkey");
    let wanted = |bilal: &mut Person| {
        done(
            &mut bilal.http,
            "/api/v1/passkeys/start",
            json!({"secret": SECRET}),
        )
    };
    // Made for another site, without its person, or for nobody's question: not taken.
    let asked = wanted(&mut bilal);
    type Bend = fn(&mut Passkey);
    let bends: [Bend; 4] = [
        |p| p.origin = "https://elsewhere.example".into(),
        |p| p.rp = "elsewhere.example".into(),
        |p| p.flags = 0x01,
        |p| p.flags = 0x04,
    ];
    for bend in bends {
        let mut bent = Passkey::new(&site, b"bent");
        bend(&mut bent);
        let refused = bent.made(&asked, "Bent");
        let refused = calls(&mut bilal.http, "/api/v1/passkeys", refused);
        assert_eq!(refused.code(), "passkey_unusable");
    }
    let made = phone.made(&asked, "My phone");
    let others = calls(&mut ada.http, "/api/v1/passkeys", made.clone());
    assert_eq!(others.code(), "gone", "asked of somebody else");
    let shown = done(&mut bilal.http, "/api/v1/passkeys", made.clone());
    let recovery = texts(&shown["recovery"]);
    assert_eq!(recovery.len(), 10);
    let twice = calls(&mut bilal.http, "/api/v1/passkeys", made);
    assert_eq!(twice.code(), "gone");
    let again = wanted(&mut bilal);
    assert_eq!(texts(&again["exclude"]).len(), 1, "{again}");

    let question = |http: &mut Client| done(http, "/api/v1/signin/passkey/start", json!({}));
    let sign_in = "/api/v1/signin/passkey";
    let mut http = Client::new(site.clone());
    let asked = question(&mut http);
    for bend in bends {
        bend(&mut phone);
        let refused = calls(&mut http, sign_in, phone.answers(&asked));
        assert_eq!(refused.code(), "passkey_unknown");
        (phone.origin, phone.rp, phone.flags) = (site.origin(), "localhost".into(), 0x05);
        // Each wrong try is counted.
        clock.shift(HOUR_MS);
    }
    let late = calls(&mut http, sign_in, phone.answers(&asked));
    assert_eq!(late.code(), "passkey_unknown", "five minutes are over");
    let asked = question(&mut http);
    let mut stranger = Passkey::new(&site, b"the phone's passkey");
    stranger.user.clone_from(&phone.user);
    let forged = calls(&mut http, sign_in, stranger.answers(&asked));
    assert_eq!(forged.code(), "passkey_unknown");
    let answer = phone.answers(&asked);
    assert_eq!(done(&mut http, sign_in, answer.clone())["handle"], name);
    assert!(is_in(&mut http));
    let mut thief = Client::new(site.clone());
    let replayed = calls(&mut thief, sign_in, answer);
    assert_eq!(replayed.code(), "passkey_unknown");

    // It is the second factor of whoever types her secret, too.
    let (mut http, second) = half_way(&world, &name);
    assert_eq!(second["code"], false);
    let other = phone.answers(&question(&mut thief));
    let body = |answer| json!({"ticket": second["ticket"], "passkey": answer});
    let refused = calls(&mut http, "/api/v1/signin/second", body(other));
    assert_eq!(
        refused.code(),
        "second_wrong",
        "an answer to another question"
    );
    done(
        &mut http,
        "/api/v1/signin/second",
        body(phone.answers(&second["passkey"])),
    );
    assert!(is_in(&mut http));
    let (mut http, second) = half_way(&world, &name);
    assert_eq!(shows(&mut http, &second, &recovery[0]).status, 200);

    // Removed, it is unknown.
    let standing = bilal.gets("/api/v1/second");
    assert_eq!(standing["passkeys"][0]["name"], "My phone");
    let body = json!({"passkey": standing["passkeys"][0]["id"], "secret": SECRET});
    done(&mut http, "/api/v1/passkeys/remove", body);
    let asked = question(&mut thief);
    let refused = calls(&mut thief, sign_in, phone.answers(&asked));
    assert_eq!(refused.code(), "passkey_unknown");
    let (mut http, answer) = signs_in(&world, &name, SECRET);
    assert!(answer.status == 200 && is_in(&mut http));
}

#[test]
fn none_of_it_lies_in_clear_and_it_dies_with_its_person() {
    let (mut world, clock) = World::with_clock_on_localhost();
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let mut olga = world.newcomer("Olga", "officer");
    let held = sets_up(&mut bilal, &clock);
    let mut phone = Passkey::new(&world.site(), b"a credential like no other");
    let asked = json!({"secret": SECRET});
    let asked = done(&mut bilal.http, "/api/v1/passkeys/start", asked);
    let made = phone.made(&asked, "Saffronglue phone");
    done(&mut bilal.http, "/api/v1/passkeys", made);
    let mut needles = forms(&held.secret);
    needles.push(("the secret's bytes".into(), base32(&held.secret)));
    needles.extend(base64s("the secret's bytes", &base32(&held.secret)));
    needles.extend(base64s("the passkey", &phone.id));
    needles.extend(forms("Saffronglue phone"));
    for code in &held.codes {
        needles.extend(forms(code));
        needles.extend(forms(&code.replace('-', "")));
    }
    the_scan_finds_what_is_there(&needles);
    let house = world.data.parent().expect("a folder").to_owned();
    assert_eq!(scan(&house, &needles), Vec::<String>::new());

    ada.does(json!({"t": "person.deactivate", "person": bilal.id}));
    let order = json!({"t": "erase.request", "person": bilal.id, "reason": "asked for it"});
    let order = ada.does(order)["order"].clone();
    let kept = |world: &World| kept_of(world, &bilal.id);
    olga.does(json!({"t": "order.approve", "order": order}));
    becomes("she is forgotten", || {
        let people = ada.gets("/api/v1/bootstrap").to_string();
        !people.contains("Bilal")
    });
    world.stop();
    world.verifies();
    let kept = kept(&world);
    assert_eq!(kept.len(), 3, "an authenticator, codes, a passkey");
    for event in kept {
        assert!(event.forgotten && event.content.is_none(), "{event:?}");
    }
}

/// What the log has of somebody's second factors, read with all its keys.
fn kept_of(world: &World, person: &str) -> Vec<Event> {
    let note = files(&world.data)
        .into_iter()
        .find(|path| path.ends_with("checkpoint"));
    let note = std::fs::read_to_string(note.expect("a checkpoint")).expect("read");
    let origin = migrations_free_store::verify::claim(&note)
        .expect("signed")
        .origin;
    let options = migrations_free_store::Options::new(&world.data, origin);
    let (store, _writer) =
        migrations_free_store::Store::open(&options, &mut |_| {}).expect("opens");
    let events = (0..store.size()).map(|at| {
        let record = store.read(at).expect("a record");
        Event::read(&record).expect("an event")
    });
    let theirs = events.filter(|event| match event.header.act {
        Act::SecondSet { person: of, .. }
        | Act::RecoverySet { person: of }
        | Act::PasskeyAdded { person: of, .. } => of.to_string() == person,
        _ => false,
    });
    theirs.collect()
}
