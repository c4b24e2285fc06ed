//! What those who run the machine are told: how the house is and when it was so, whether the settings are right, and
//! what happened, without what anybody said.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use tests::http::{Client, Site};
use tests::launch::{self, Certificate, Settings};
use tests::process::{Server, free_port, program};
use tests::world::{PATIENCE, SECRET, World};

const HEALTH: &str = "/api/v1/admin/health";

#[test]
fn health_tells_each_thing_with_its_time_and_names_what_is_wrong() {
    let house = tempfile::tempdir().expect("a folder");
    let at = |name: &str| house.path().join(name).display().to_string();
    let more = format!(
        "[retention]\ngrace_hours = 72\n[backup]\nto = '{}'\nkeys = '{}'\n",
        at("content"),
        at("keys")
    );
    let mut world = World::with(&more, false);
    let mut ada = world.admin();
    let begun = tests::frame::now_ms();
    let deadline = Instant::now() + PATIENCE;
    let health = loop {
        let health = ada.gets(HEALTH);
        if health["backup"]["keys_at"].is_u64() && health["sweep"]["last_at"] != 0 {
            break health;
        }
        assert!(Instant::now() < deadline, "{health}");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(health["warnings"], json!([]), "{health}");
    assert_eq!(health["verified"], Value::Null, "never was");
    assert_eq!(health["witness"], json!({"configured": 0, "at": null}));
    assert_eq!(health["certificate"], Value::Null);
    for time in [&health["backup"]["at"], &health["sweep"]["last_at"]] {
        let ago = tests::frame::now_ms().abs_diff(time.as_u64().expect("a time"));
        assert!(ago < 60_000, "{health}");
    }
    // Whoever asks the doctor has the log checked, and everybody sees when.
    let doctor = launch::run(&world.data, &["doctor"]).expect("it runs");
    let verified = ada.gets(HEALTH)["verified"].clone();
    assert!(verified["at"].as_u64() >= Some(begun), "{doctor:?}");
    assert_eq!(verified["is_sound"], true);
    assert!(verified["events"].as_u64() > Some(3));
    let well = launch::run(&world.data, &["health"]).expect("it runs");
    assert!(well.status.success(), "{}", said(&well));

    // It is remembered; and what is not configured any more is missed.
    world.stop();
    let ill = launch::run(&world.data, &["health"]).expect("it runs");
    assert!(!ill.status.success() && said(&ill).contains("no server runs"));
    world.configure("[retention]\ngrace_hours = 72\n");
    world.again();
    let health = ada.gets(HEALTH);
    assert_eq!(health["verified"], verified);
    assert_eq!(health["warnings"], json!(["backup_none"]), "{health}");
    // As long as nobody pulls the plug.
    for (is_cut, told) in [
        (true, json!(["backup_none", "cut_off"])),
        (false, json!(["backup_none"])),
    ] {
        if is_cut {
            world.kill();
        } else {
            world.stop();
        }
        world.again();
        let health = ada.gets(HEALTH);
        assert_eq!(health["was_cut_off"], is_cut);
        assert_eq!(health["warnings"], told, "{health}");
    }
    // Nor is it cut off when it is stopped as soon as it answers.
    world.stop();
    for _ in 0..12 {
        world.again();
        world.stop();
        assert!(!world.data.join("running").exists());
    }
    // A byte that somebody changed is found.
    changes_a_byte(&world.data.join("log"));
    let doctor = launch::run(&world.data, &["doctor"]).expect("it runs");
    assert!(!doctor.status.success(), "{}", said(&doctor));
}

#[test]
fn a_clock_set_back_and_a_certificate_are_told_in_health() {
    let (world, clock) = World::with_clock();
    let mut ada = world.admin();
    ada.channel("Line 3", &[]);
    clock.shift(-10 * 60_000);
    let health = ada.gets(HEALTH);
    let behind = health["clock"]["behind_ms"].as_u64().expect("how far");
    assert!((9 * 60_000..=10 * 60_000).contains(&behind), "{health}");
    let warnings = health["warnings"].to_string();
    assert!(warnings.contains("clock_behind"), "{warnings}");

    let house = tempfile::tempdir().expect("a folder");
    let certificate = Certificate::make(house.path()).expect("made");
    let settings = Settings {
        certificate: Some(&certificate),
        ..Settings::default()
    };
    let server = launch::start(&house.path().join("data"), &settings).expect("it starts");
    let mut client = Client::new(server.site.clone());
    let body = json!({"token": server.setup_token().expect("a token"), "workspace": "Acme", "name": "Ada", "secret": SECRET});
    let set_up = client.post("/api/v1/setup", &body).and_then(|a| a.ok());
    set_up.expect("set up");
    let health = client.get(HEALTH).and_then(|a| a.ok()).expect("health");
    let ends = health["certificate"]["ends_at"].as_u64();
    assert!(ends > health["now"].as_u64(), "{health}");
    // What is there in place of it is told, as long as it is there.
    let (now, day) = (SystemTime::now(), Duration::from_secs(86_400));
    for (told, until) in [
        ("certificate_soon", Some(now + 5 * day)),
        ("certificate_over", Some(now - day)),
        ("certificate_unread", None),
    ] {
        let text = until.map_or("no certificate".to_owned(), |until| {
            ends_at(now - 90 * day, until)
        });
        fs::write(&certificate.cert_path, text).expect("written");
        let health = client.get(HEALTH).and_then(|a| a.ok()).expect("health");
        assert!(
            health["warnings"].to_string().contains(told),
            "{told}: {health}"
        );
    }
}

fn ends_at(from: SystemTime, until: SystemTime) -> String {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut made = rcgen::CertificateParams::new(["localhost".to_owned()]).expect("a name");
    (made.not_before, made.not_after) = (from.into(), until.into());
    made.self_signed(&key).expect("signed").pem()
}

/// As whoever tries it out does it: in an empty folder, with no settings and nothing named by its whole path.
#[test]
fn it_starts_in_an_empty_folder_with_nothing_set_and_so_do_its_other_commands() {
    let house = tempfile::tempdir().expect("a folder");
    let daylight = |words: &[&str]| {
        let mut command = Command::new(program("daylight").expect("built"));
        command.current_dir(house.path()).args(words);
        command
    };
    let site = Site::plain(free_port().expect("a port"));
    let listen = site.addr.to_string();
    let serve = || Server::start(daylight(&["serve", "--listen", &listen]), site.clone());
    let server = serve().expect("it starts");
    let mut ada = Client::new(site.clone());
    let body = json!({"token": server.setup_token().expect("a link"), "workspace": "Acme", "name": "Ada", "secret": SECRET});
    let set_up = ada.post("/api/v1/setup", &body);
    set_up.and_then(|answer| answer.ok()).expect("set up");
    server.kill().expect("killed");
    let server = serve().expect("it starts again");
    assert_eq!(ada.get("/api/v1/bootstrap").expect("an answer").status, 200);
    let commands: [&[&str]; 5] = [
        &["backup", "content", "--keys", "keys"],
        &["--data", "back", "restore", "content", "--keys", "keys"],
        &["verify", "back"],
        &["doctor"],
        &["config", "check"],
    ];
    for words in commands {
        let done = daylight(words).output().expect("it runs");
        assert!(done.status.success(), "{words:?}: {}", said(&done));
    }
    server.stop().expect("stopped");
    let kept = fs::read_dir(house.path()).expect("listed").flatten();
    let mut kept: Vec<String> = kept
        .map(|one| one.file_name().to_string_lossy().into_owned())
        .collect();
    kept.sort();
    assert_eq!(kept, ["back", "content", "daylight-data", "keys"]);
}

#[test]
fn settings_are_checked_before_a_start_and_a_slip_of_the_pen_is_understood() {
    let house = tempfile::tempdir().expect("a folder");
    let file = house.path().join("daylight.toml");
    let check = |text: &str, environment: &[(&str, &str)]| {
        fs::write(&file, text).expect("written");
        let mut command = Command::new(program("daylight").expect("built"));
        command.arg("--config").arg(&file).args(["config", "check"]);
        command.envs(environment.iter().copied());
        let output = command.output().expect("it runs");
        (output.status.success(), said(&output))
    };
    let (sound, told) = check("", &[]);
    assert!(sound && told.contains("sound"), "{told}");
    let (sound, told) = check(
        "[backup]\nevery_hours = 3\n",
        &[("DAYLIGHT_LIMITS_CONNECTIONS", "77")],
    );
    assert!(sound, "{told}");
    for line in ["backup.every_hours = 3", "limits.connections = 77"] {
        assert!(told.contains(line), "{told}");
    }
    for (text, environment, why) in [
        ("[backup]\nevery_hour = 3\n", None, "backup.every_hours is"),
        ("[backup]\nevery_hours = 'often'\n", None, "line 2"),
        ("[retention]\nsweep_minutes = 0\n", None, "at least 1"),
        (
            "",
            Some(("DAYLIGHT_LIMITS_CONNECTIONS", "many")),
            "DAYLIGHT_LIMITS_CONNECTIONS",
        ),
        (
            "[server]\ntls_certificate = '/nowhere/a.pem'\ntls_key = '/nowhere/b.pem'\n",
            None,
            "cannot read the certificate",
        ),
        ("[log]\nlevel = 'loud=very'\n", None, "log.level"),
    ] {
        let (sound, told) = check(text, environment.as_slice());
        assert!(!sound && told.contains(why), "{text}: {told}");
    }
    // A secret that systemd hands over.
    let handed = house.path().join("handed");
    fs::create_dir(&handed).expect("made");
    fs::write(handed.join("token"), "a token that systemd keeps").expect("written");
    let text = "[metrics]\ntoken_file = 'token'\n";
    let folder = handed.display().to_string();
    let (sound, told) = check(text, &[("CREDENTIALS_DIRECTORY", folder.as_str())]);
    assert!(sound && told.contains("handed/token"), "{told}");
    let (sound, told) = check(text, &[]);
    assert!(!sound && told.contains("metrics.token_file"), "{told}");
}

#[test]
fn the_log_names_each_request_and_tells_nothing_of_what_was_said() {
    let mut world = World::with("[log]\nformat = 'json'\nlevel = 'debug'\n", false);
    let mut ada = world.admin();
    let grace = world.person("Grace Hopper");
    let line = ada.channel("Night shift", &[&grace]);
    ada.says(&line, "the velvet word");
    let answer = ada
        .http
        .get("/api/v1/search?text=velvet")
        .expect("an answer");
    let id = answer.header("x-request-id").expect("its name").to_owned();
    let other = ada.http.get("/api/v1/site").expect("an answer");
    assert_ne!(other.header("x-request-id"), Some(id.as_str()));
    let cookie = ada.http.cookie.clone().expect("a cookie");
    let cookie = cookie.split('=').next_back().expect("its value").to_owned();
    let words = world.stop();
    let lines: Vec<Value> = words
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect();
    let named: Vec<_> = lines
        .iter()
        .filter(|line| line.to_string().contains(&format!("\"{id}\"")))
        .collect();
    assert!(!named.is_empty(), "{id} is not in\n{words}");
    for line in named {
        assert_eq!(line["span"]["route"], "/api/v1/search", "{line}");
    }
    for word in ["velvet", "Grace", "Hopper", "Night", SECRET, &cookie] {
        assert!(!words.contains(word), "{word:?} in\n{words}");
    }
}

/// Changes a byte of what was said in the first segment of the log.
fn changes_a_byte(log: &Path) {
    let mut segments: Vec<_> = fs::read_dir(log)
        .expect("the log")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    segments.sort();
    let first = segments.first().expect("a segment");
    let mut bytes = fs::read(first).expect("read");
    let middle = bytes.len().min(2_000) / 2;
    bytes[middle] ^= 1;
    fs::write(first, bytes).expect("written");
}

fn said(output: &Output) -> String {
    let both = [&output.stdout, &output.stderr];
    both.map(|said| String::from_utf8_lossy(said).into_owned())
        .concat()
}
