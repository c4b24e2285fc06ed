//! The company's directory says who works here, by SCIM 2.0: it makes people and sees them off, gives no power to anybody,
//! and sees nobody who is not tied to it. By our own hand, and by scim2-tester (deploy/ci/strangers.sh brings it).

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};
use tests::frame::now_ms;
use tests::http::{Answer, Client, Site};
use tests::launch::{self, Settings};
use tests::world::{PATIENCE, Person, World};

use super::strangers::{repository, skipped};
use super::traces::{scan, the_scan_finds_what_is_there};

const TOKEN: &str = "0123456789abcdef0123456789abcdef-directory";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const HEALTH: &str = "/api/v1/admin/health";
const DAY_MS: i64 = 24 * 3_600_000;

/// Lines of configuration with which the directory is heard; the token lies in `dir`.
fn configured(dir: &Path) -> String {
    let token = dir.join("directory-token");
    fs::write(&token, format!("{TOKEN}\n")).expect("written");
    format!("[directory]\ntoken_file = '{}'\n", token.display())
}

struct Directory {
    http: Client,
    token: &'static str,
}

impl Directory {
    fn of(world: &World) -> Directory {
        Directory::at(world.site())
    }

    fn at(site: Site) -> Directory {
        let http = Client::new(site);
        Directory { http, token: TOKEN }
    }

    fn asks(&mut self, method: &str, path: &str, body: &Value, more: &[(&str, &str)]) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/scim+json"),
            // A directory is no page.
            ("Origin", "https://directory.example"),
        ];
        headers.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        headers.extend_from_slice(more);
        let body = match body {
            Value::Null => Vec::new(),
            body => body.to_string().into_bytes(),
        };
        let path = format!("/scim/v2{path}");
        let answer = self.http.send(method, &path, &headers, &body);
        answer.expect("an answer")
    }

    fn gets(&mut self, path: &str) -> Value {
        let answer = self.asks("GET", path, &Value::Null, &[]);
        assert_eq!(answer.status, 200, "{path}");
        answer.json().expect("JSON")
    }

    /// Whoever comes, as it was answered.
    fn makes(&mut self, login: &str, name: &str) -> Value {
        let user = json!({
            "schemas": [USER], "userName": login, "externalId": format!("ext-{login}"),
            "displayName": name, "active": true, "password": "neverkeptsecret",
            "emails": [{"value": "mailnotkept@acme.example", "primary": true}],
        });
        let answer = self.asks("POST", "/Users", &user, &[]);
        assert_eq!(answer.status, 201, "{:?}", answer.json());
        answer.json().expect("JSON")
    }

    fn patches(&mut self, user: &Value, operations: Value) -> Answer {
        let path = path_of(user);
        let body = json!({"schemas": [PATCH], "Operations": operations});
        self.asks("PATCH", &path, &body, &[])
    }

    fn removes(&mut self, user: &Value) -> u16 {
        let path = path_of(user);
        self.asks("DELETE", &path, &Value::Null, &[]).status
    }

    fn finds(&mut self, filter: &str) -> Value {
        let filter = filter.replace(' ', "%20").replace('"', "%22");
        self.gets(&format!("/Users?filter={filter}"))
    }
}

fn id(user: &Value) -> &str {
    user["id"].as_str().expect("an id")
}

fn path_of(user: &Value) -> String {
    ["/Users", id(user)].join("/")
}

fn kind(answer: &Answer) -> (u16, String) {
    let told: Value = answer.json().expect("JSON");
    assert_eq!(told["status"], answer.status.to_string(), "{told}");
    let kind = told["scimType"].as_str().unwrap_or_default();
    (answer.status, kind.to_owned())
}

fn reads(person: &mut Person, channel: &str) -> String {
    json!(person.reads(channel)).to_string()
}

/// With the link that an admin gives to whoever has no secret yet.
fn signs_in(world: &World, user: &Value) -> Person {
    let reset = world
        .admin()
        .does(json!({"t": "person.reset", "person": id(user)}));
    let code = &reset["code"];
    let mut http = Client::new(world.site());
    let body = json!({"code": code, "secret": "a secret of my own"});
    let welcome = http.post("/api/v1/reset", &body).expect("an answer");
    assert_eq!(welcome.status, 200, "{:?}", welcome.json());
    Person::new(id(user).to_owned(), http)
}

#[test]
fn whom_the_directory_sends_comes_is_changed_and_is_out_of_everything_at_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = World::with(&configured(dir.path()), false);
    let mut directory = Directory::of(&world);
    let mut ada = world.admin();
    let invited = world.person("Bilal");

    let grace = directory.makes("grace.velvetlogin@acme.example", "Grace Hopper");
    assert_eq!(grace["userName"], "grace.velvetlogin@acme.example");
    assert_eq!(grace["name"]["formatted"], "Grace Hopper");
    assert!(
        grace.get("emails").is_none() && grace.get("password").is_none(),
        "{grace}"
    );
    // Whom an admin made is nobody to it: not listed, not found, not touched.
    let all = directory.gets("/Users");
    assert_eq!(
        (&all["totalResults"], &all["Resources"]),
        (&json!(1), &json!([grace]))
    );
    for person in [&invited.id, &ada.id] {
        let stranger = json!({"id": person});
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        assert_eq!(directory.patches(&stranger, off).status, 404);
        assert_eq!(directory.removes(&stranger), 404);
    }
    for filter in [
        r#"userName eq "Grace.VelvetLogin@acme.example""#,
        r#"externalId eq "ext-grace.velvetlogin@acme.example""#,
        &format!("id eq \"{}\"", id(&grace)),
        r#"displayName sw "Grace" and active eq true"#,
    ] {
        assert_eq!(directory.finds(filter)["totalResults"], 1, "{filter}");
    }
    assert_eq!(directory.finds(r#"userName eq "ada""#)["totalResults"], 0);
    let again = json!({"schemas": [USER], "userName": "GRACE.velvetlogin@acme.example", "displayName": "Two"});
    let refused = directory.asks("POST", "/Users", &again, &[]);
    assert_eq!(kind(&refused), (409, "uniqueness".into()));

    // She has no secret and no session; an admin's link lets her in.
    let mut she = signs_in(&world, &grace);
    let line = ada.channel("Line 3", &[&she, &invited]);
    let own = she.channel("Line 4", &[&invited]);
    she.says(&line, "what she said stays");
    she.listens();

    // Renamed, made a guest, and no more than a guest.
    let shape = json!([{"op": "Replace", "path": "displayName", "value": "Grace B. Hopper"},
        {"op": "add", "path": "roles", "value": [{"value": "guest"}]}]);
    let told = directory.patches(&grace, shape);
    let told: Value = told.ok().expect("done");
    assert_eq!(
        (&told["displayName"], &told["roles"]),
        (&json!("Grace B. Hopper"), &json!([{"value": "guest"}]))
    );
    assert_ne!(told["meta"]["version"], grace["meta"]["version"]);
    assert_eq!(she.gets("/api/v1/bootstrap")["me"]["role"], "guest");
    for role in ["admin", "officer", "auditor", "bot"] {
        let shape = json!([{"op": "replace", "path": "roles", "value": [{"value": role}]}]);
        assert_eq!(
            kind(&directory.patches(&grace, shape)),
            (400, "invalidValue".into())
        );
    }
    let seen = told["meta"]["version"].as_str().expect("a version");
    let path = path_of(&grace);
    let same = directory.asks("GET", &path, &Value::Null, &[("If-None-Match", seen)]);
    assert_eq!((same.status, same.header("etag")), (304, Some(seen)));
    // What was decided on an older version is not done.
    let old = grace["meta"]["version"].as_str().expect("a version");
    let path = path_of(&grace);
    let stale = directory.asks("DELETE", &path, &Value::Null, &[("If-Match", old)]);
    assert_eq!(stale.status, 412);

    // Off, as Entra ID says it: the session ends, the channels wait. On again: they are hers.
    let off = json!([{"op": "Replace", "path": "active", "value": "False"}]);
    let told: Value = directory.patches(&grace, off).ok().expect("done");
    assert_eq!(told["active"], false);
    assert_eq!(she.is_closed(), 4001);
    let refused = she
        .tries(json!({"t": "profile", "name": "G"}))
        .expect_err("gone");
    assert_eq!(refused.code, "not_signed_in");
    let on = json!([{"op": "replace", "value": {"active": true}}]);
    assert_eq!(directory.patches(&grace, on.clone()).status, 200);
    let mut she = signs_in(&world, &grace);
    assert!(reads(&mut she, &line).contains("what she said stays"));
    // Whom an admin turned away the directory does not bring back.
    ada.does(json!({"t": "person.deactivate", "person": she.id}));
    assert_eq!(kind(&directory.patches(&grace, on)), (409, String::new()));
    ada.does(json!({"t": "person.reactivate", "person": she.id}));
    let mut she = signs_in(&world, &grace);
    she.listens();

    // Gone: out of every session and channel in one act; what she said stays where it is.
    assert_eq!(directory.removes(&grace), 204);
    assert_eq!(she.is_closed(), 4001);
    assert_eq!(directory.removes(&grace), 404);
    assert_eq!(directory.gets("/Users")["totalResults"], 0);
    assert!(reads(&mut ada, &line).contains("what she said stays"));
    for channel in [&line, &own] {
        let page = world.admin().gets("/api/v1/admin/channels").to_string();
        assert!(page.contains(channel.as_str()), "{page}");
        let path = format!("/api/v1/channels/{channel}");
        let mut sees = invited.tab();
        let members = sees.gets(&path)["members"].to_string();
        assert!(!members.contains(id(&grace)), "{members}");
    }
    // Her login is free: whoever has it next is somebody else.
    let next = directory.makes("grace.velvetlogin@acme.example", "Grace Two");
    assert_ne!(next["id"], grace["id"]);

    // All of it is on record, as the directory's, and a restart loses nothing of it.
    let ledger = world.admin().gets("/api/v1/ledger").to_string();
    assert!(
        ledger.contains("\"account.set\"") && ledger.contains("\"directory\""),
        "{ledger}"
    );
    let before = directory.gets("/Users");
    let said = world.stop();
    let needles = ["velvetlogin", "neverkeptsecret", "mailnotkept", TOKEN]
        .map(|word| (word.to_owned(), word.as_bytes().to_vec()));
    the_scan_finds_what_is_there(&needles);
    assert_eq!(scan(&world.data, &needles), Vec::<String>::new());
    for (word, _) in &needles {
        assert!(!said.contains(word.as_str()), "{word} in {said}");
    }
    world.verifies();
    world.again();
    assert_eq!(Directory::of(&world).gets("/Users"), before);
}

#[test]
fn without_the_directorys_token_there_is_no_answer_and_guessing_it_is_slowed() {
    // There is none, unless it is configured.
    let mut world = World::start();
    let mut directory = Directory::of(&world);
    assert_eq!(
        directory.asks("GET", "/Users", &Value::Null, &[]).status,
        404
    );
    let dir = tempfile::tempdir().expect("a folder");
    world.stop();
    world.configure(&configured(dir.path()));
    world.again();

    let mut ada = world.admin();
    let mut directory = Directory::of(&world);
    directory.makes("grace", "Grace");
    let mut guesses = Directory {
        token: "0123456789abcdef0123456789abcdef-guess",
        ..Directory::of(&world)
    };
    let mut statuses = Vec::new();
    for path in [
        "/Users",
        "/Schemas",
        "/ServiceProviderConfig",
        "/nowhere",
        "/Users",
        "/Users",
        "/Users",
    ] {
        let answer = guesses.asks("GET", path, &Value::Null, &[]);
        let is_slowed = answer.status == 429;
        assert_eq!(answer.header("retry-after").is_some(), is_slowed);
        assert_eq!(answer.header("www-authenticate").is_some(), !is_slowed);
        kind(&answer);
        statuses.push(answer.status);
    }
    assert!(
        statuses.starts_with(&[401]) && statuses.ends_with(&[429]),
        "{statuses:?}"
    );
    // An admin's cookie opens it as little; and the directory itself is not slowed by who guesses.
    let cookie = ada.http.cookie.clone();
    let mut signed_in = Client::new(world.site());
    signed_in.cookie = cookie;
    assert_ne!(
        signed_in.get("/scim/v2/Users").expect("an answer").status,
        200
    );
    assert_eq!(directory.gets("/Users")["totalResults"], 1);
    assert_eq!(ada.gets(HEALTH)["directory"]["people"], 1);

    // Nothing it sends breaks anything, and each fault has the standard's word.
    let huge = json!({"schemas": [USER], "userName": "x", "displayName": "y".repeat(70_000)});
    assert_eq!(directory.asks("POST", "/Users", &huge, &[]).status, 413);
    let many = json!({"schemas": [PATCH], "Operations": vec![json!({"op": "remove", "path": "title"}); 101]});
    let grace = directory.gets("/Users")["Resources"][0].clone();
    let path = path_of(&grace);
    assert_eq!(
        kind(&directory.asks("PATCH", &path, &many, &[])),
        (400, "invalidValue".into())
    );
    for filter in [
        "userName",
        "userName%20eq",
        "((((((((((userName%20pr))))))))))",
        "%22",
        "userName%20eq%20%FF",
    ] {
        let answer = directory.asks("GET", &format!("/Users?filter={filter}"), &Value::Null, &[]);
        assert_eq!(answer.status, 400, "{filter}");
        kind(&answer);
    }
    let nobody = path_of(&json!({"id": "nobody"}));
    for (method, path, body, status) in [
        ("POST", "/Users", json!([]), 400),
        ("POST", "/Users", json!({"userName": "x"}), 400),
        (
            "POST",
            "/Users",
            json!({"schemas": [USER], "displayName": "x"}),
            400,
        ),
        (
            "POST",
            "/Users",
            json!({"schemas": [USER], "userName": "x", "displayName": "y".repeat(81)}),
            400,
        ),
        (
            "POST",
            "/Users",
            json!({"schemas": [USER], "userName": "x", "active": "perhaps"}),
            400,
        ),
        (
            "PATCH",
            path.as_str(),
            json!({"schemas": [USER], "Operations": []}),
            400,
        ),
        (
            "PUT",
            nobody.as_str(),
            json!({"schemas": [USER], "userName": "x"}),
            404,
        ),
        ("POST", "/Bulk", json!({}), 404),
        ("DELETE", "/Users", Value::Null, 405),
        ("GET", "/Users?count=all", Value::Null, 400),
    ] {
        let answer = directory.asks(method, path, &body, &[]);
        assert_eq!(answer.status, status, "{method} {path} {body}");
        kind(&answer);
    }
    let typed = [("Content-Type", "text/plain")];
    assert_eq!(
        directory.asks("POST", "/Users", &json!({}), &typed).status,
        415
    );
    // By the page.
    for n in 0..5 {
        directory.makes(&format!("person{n}"), "Somebody");
    }
    let page = directory.gets("/Users?startIndex=2&count=3&attributes=userName");
    let told = [
        &page["totalResults"],
        &page["startIndex"],
        &page["itemsPerPage"],
    ];
    assert_eq!(told, [&json!(6), &json!(2), &json!(3)]);
    let keys: Vec<_> = page["Resources"][0]
        .as_object()
        .into_iter()
        .flat_map(|user| user.keys())
        .collect();
    assert_eq!(keys, ["id", "schemas", "userName"]);
    assert_eq!(directory.gets("/Users?count=0")["Resources"], json!([]));
    assert!(!world.stop().contains("panicked"));
}

#[test]
fn before_there_is_a_workspace_nobody_comes_into_it_and_whoever_sends_too_much_waits() {
    let dir = tempfile::tempdir().expect("a folder");
    let more = configured(dir.path());
    let settings = Settings {
        more: &more,
        ..Settings::default()
    };
    let server = launch::start(&dir.path().join("data"), &settings).expect("it starts");
    let mut directory = Directory::at(server.site.clone());
    let early = json!({"schemas": [USER], "userName": "early@acme.example"});
    let answer = directory.asks("POST", "/Users", &early, &[]);
    assert_eq!(kind(&answer), (409, String::new()));
    assert_eq!(directory.gets("/Users")["totalResults"], 0);
    let mut ada = Client::new(server.site.clone());
    let body = json!({"token": server.setup_token().expect("a token"), "workspace": "Acme", "name": "Ada", "secret": "a secret of my own"});
    let set_up = ada.post("/api/v1/setup", &body).and_then(|a| a.ok());
    set_up.expect("set up");
    let grace = directory.makes("grace@acme.example", "Grace");

    // More than the burst at once is too much; a moment later it is heard again.
    let path = path_of(&grace);
    let mut ask = || directory.asks("GET", &path, &Value::Null, &[]);
    let slowed = (0..20_000)
        .map(|_| ask())
        .find(|answer| answer.status != 200);
    let slowed = slowed.expect("it is slowed");
    assert_eq!(kind(&slowed).0, 429);
    assert!(slowed.header("retry-after").is_some());
    let deadline = Instant::now() + PATIENCE;
    while ask().status != 200 {
        assert!(Instant::now() < deadline, "it is never heard again");
    }
}

#[test]
fn the_last_admin_stays_a_forgotten_person_is_gone_and_silence_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut world, clock) = World::with_clock_and(&configured(dir.path()));
    let mut directory = Directory::of(&world);
    let mut ada = world.admin();
    // Tied by a login, an admin is seen; and she is the last.
    world.ties(&ada.id, "ada@acme.example");
    let found = directory.finds(r#"userName eq "ada@acme.example""#);
    let admin = found["Resources"][0].clone();
    assert_eq!((id(&admin), admin.get("roles")), (ada.id.as_str(), None));
    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    assert_eq!(kind(&directory.patches(&admin, off.clone())).0, 409);
    assert_eq!(directory.removes(&admin), 409);
    let less = json!([{"op": "replace", "path": "roles", "value": "guest"}]);
    assert_eq!(kind(&directory.patches(&admin, less)).0, 409);
    // Nor is her role somebody else's by another login; what it is shown it may send back, as some do.
    let other = json!([{"op": "replace", "path": "userName", "value": "mallory@acme.example"}]);
    assert_eq!(kind(&directory.patches(&admin, other)).0, 409);
    let mut shown = admin.clone();
    (shown["roles"], shown["name"]["familyName"]) = (json!([]), json!("Unheard"));
    let again = directory.asks("PUT", &path_of(&admin), &shown, &[]);
    assert_eq!(again.ok().expect("done"), admin);
    assert_eq!(ada.gets("/api/v1/bootstrap")["me"]["role"], "admin");
    let (mut olu, mut odd) = (
        world.newcomer("Olu", "officer"),
        world.newcomer("Odd", "officer"),
    );
    let second = world.newcomer("Second", "admin");
    assert_eq!(directory.patches(&admin, off).status, 200);
    let mut ada = second;
    let told = ada.gets("/api/v1/admin/people");
    let row = told["people"].as_array().into_iter().flatten();
    let marked: Vec<_> = row
        .filter(|p| !p["directory_at"].is_null())
        .map(|p| p["id"].clone())
        .collect();
    assert_eq!(marked, [admin["id"].clone()]);

    // A hold is untouched by it, and who is forgotten is gone for the directory too.
    let grace = directory.makes("grace", "Grace");
    let matter = olu.does(json!({"t": "matter.open", "name": "M", "reason": "r"}));
    olu.does(json!({"t": "hold.place", "matter": matter["matter"], "people": [grace["id"]]}));
    let held = olu.gets("/api/v1/matters");
    let next = directory.makes("dora", "Dora");
    assert_eq!(directory.removes(&grace), 204);
    assert_eq!(olu.gets("/api/v1/matters"), held);
    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    assert_eq!(directory.patches(&next, off).status, 200);
    let asked = olu.does(json!({"t": "erase.request", "person": next["id"], "reason": "r"}));
    odd.does(json!({"t": "order.approve", "order": asked["order"]}));
    let path = path_of(&next);
    assert_eq!(directory.asks("GET", &path, &Value::Null, &[]).status, 404);
    world.sweeps();
    assert_eq!(directory.removes(&next), 404);
    assert_eq!(directory.gets("/Users")["totalResults"], 1);

    let is_told = |ada: &mut Person| {
        ada.gets(HEALTH)["warnings"]
            .to_string()
            .contains("directory_silent")
    };
    assert!(!is_told(&mut ada));
    clock.shift(8 * DAY_MS);
    assert!(is_told(&mut ada), "at {}", now_ms());
    directory.gets("/Users?count=0");
    assert!(!is_told(&mut ada));
    world.stop();
}

#[test]
fn a_stranger_who_checks_the_standard_finds_it_kept() {
    let python = repository().join("target/strangers/venv/bin/python");
    let has = Command::new(&python)
        .args(["-c", "import scim2_tester, httpx2"])
        .output();
    if !has.is_ok_and(|output| output.status.success()) {
        return skipped(
            "scim2-tester is the company's directory",
            "it is not installed (deploy/ci/strangers.sh)",
        );
    }
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = World::with(&configured(dir.path()), false);
    let output = Command::new(&python)
        .arg(repository().join("tests/strangers/directory.py"))
        .arg(format!("{}/scim/v2", world.site().origin()))
        .env("TOKEN", TOKEN)
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&output.stdout);
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{wrong}");
    for line in told.lines().filter(|line| line.starts_with("SKIPPED")) {
        skipped("scim2-tester", line);
    }
    assert!(!world.stop().contains("panicked"));
    world.verifies();
}
