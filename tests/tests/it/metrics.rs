//! Figures for those who watch the machine: with the token alone, as Prometheus wants them, and of nobody.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use tests::http::{Answer, Client};
use tests::world::World;

const TOKEN: &str = "a token for those who watch";

/// A company whose figures can be read.
struct Watched {
    world: World,
    /// Where the token lies.
    dir: tempfile::TempDir,
}

impl Watched {
    fn start() -> Watched {
        let dir = tempfile::tempdir().expect("a folder");
        let world = World::with(&configured(dir.path()), false);
        Watched { world, dir }
    }
}

/// Lines of configuration with which `figures` can be read; the token lies in `dir`.
pub fn configured(dir: &Path) -> String {
    let token = dir.join("token");
    fs::write(&token, format!("{TOKEN}\n")).expect("written");
    format!("[metrics]\ntoken_file = '{}'\n", token.display())
}

fn asks(world: &World, cookie: Option<&str>, token: Option<&str>) -> Answer {
    let mut client = Client::new(world.site());
    client.cookie = cookie.map(str::to_owned);
    let bearer = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<_> = bearer
        .iter()
        .map(|bearer| ("Authorization", bearer.as_str()))
        .collect();
    let answer = client.send("GET", "/metrics", &headers, b"");
    answer.expect("an answer")
}

pub fn figures(world: &World) -> String {
    let answer = asks(world, None, Some(TOKEN));
    assert_eq!(answer.status, 200);
    let kind = answer.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    String::from_utf8(answer.body).expect("text")
}

/// The figure of a name with its labels.
pub fn figure(text: &str, name: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let value = line.unwrap_or_else(|| panic!("{name} is not in\n{text}"));
    value.parse().expect("a number")
}

#[test]
fn figures_are_for_whoever_has_the_token_and_tell_of_nobody() {
    let Watched { world, dir: _dir } = Watched::start();
    let (mut ada, mut grace) = (world.admin(), world.person("Grace Hopper"));
    let line = ada.channel("Night shift", &[&grace]);
    let before = figures(&world);
    grace.listens();
    for n in 0..10 {
        ada.says(&line, &format!("the velvet word {n}"));
    }
    grace.hears("the velvet word 9");
    let nowhere = ada.mint();
    let refused = ada.tries(json!({"t": "send", "c": nowhere, "b": "to nobody"}));
    assert_eq!(refused.expect_err("no channel").code, "not_found");

    let after = figures(&world);
    let grown = |name: &str| figure(&after, name) - figure(&before, name);
    assert!(grown("daylight_events_total") >= 10.0, "{after}");
    assert!(grown("daylight_log_events") >= 10.0, "{after}");
    assert!(grown("daylight_http_answers_total{class=\"2xx\"}") >= 11.0);
    assert!(grown("daylight_refused_total{code=\"not_found\"}") >= 1.0);
    assert!(figure(&after, "daylight_sockets") >= 1.0);
    assert!(figure(&after, "daylight_connections") >= 1.0);
    for stage in ["decide", "append", "sync", "fanout"] {
        let count = format!("daylight_stage_seconds_count{{stage=\"{stage}\"}}");
        assert!(grown(&count) >= 1.0, "{stage}");
    }
    // A frame that is refused on a socket counts as one.
    let frame = json!({"t": "send", "id": grace.mint(), "c": grace.mint(), "b": "to nobody"});
    grace.puts(&frame);
    grace.expects("a refusal", |f| f["id"] == frame["id"] && f["t"] == "err");
    let name = "daylight_refused_total{code=\"not_found\"}";
    assert!(figure(&figures(&world), name) > figure(&after, name));

    let told = figures(&world).to_lowercase();
    for word in [
        "velvet",
        "night",
        "grace",
        "hopper",
        "ada ",
        "acme",
        &line.to_lowercase(),
        &grace.id.to_lowercase(),
    ] {
        assert!(!told.contains(word), "{word:?} in\n{told}");
    }

    // To everybody else there is no such page.
    let cookie = ada.http.cookie.clone();
    for (cookie, token) in [
        (None, None),
        (None, Some("a token for those who guess")),
        (None, Some("")),
        (cookie.as_deref(), None),
    ] {
        let answer = asks(&world, cookie, token);
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
    }
    let closed = World::start();
    assert_eq!(asks(&closed, None, Some(TOKEN)).status, 404);
    drop(closed);
}

#[test]
fn a_token_that_can_be_guessed_or_is_not_there_is_said_at_the_start() {
    let Watched { mut world, dir } = Watched::start();
    let token = dir.path().join("token");
    for (text, why) in [(Some("short"), "at least 16"), (None, "cannot read")] {
        match text {
            Some(text) => fs::write(&token, text).expect("written"),
            None => fs::remove_file(&token).expect("removed"),
        }
        world.kill();
        let error = world.try_again().expect_err("it does not start");
        let said = format!("{error:#}");
        assert!(
            said.contains("metrics.token_file") && said.contains(why),
            "{said}"
        );
    }
}

#[test]
fn what_was_forgotten_is_counted_by_its_keys() {
    let dir = tempfile::tempdir().expect("a folder");
    let (world, clock) = World::with_clock_and(&configured(dir.path()));
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 1}));
    ada.says(&line, "goes");
    world.sweeps();
    let before = figures(&world);
    assert_eq!(figure(&before, "daylight_keys_destroyed_total"), 0.0);
    clock.shift(3 * 24 * 3_600_000);
    assert!(world.sweeps() >= 1);
    let after = figures(&world);
    assert!(figure(&after, "daylight_keys_destroyed_total") >= 1.0);
    let swept = "daylight_sweep_timestamp_seconds";
    assert!(figure(&after, swept) > figure(&before, swept));
}

#[test]
fn prometheus_finds_the_figures_and_the_alerts_clean() {
    if Command::new("promtool").arg("--version").output().is_err() {
        return println!("skipped: promtool is not installed");
    }
    let Watched { world, dir: _dir } = Watched::start();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    ada.says(&line, "hello");
    let mut tool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let text = figures(&world);
    let mut stdin = tool.stdin.take().expect("its input");
    stdin.write_all(text.as_bytes()).expect("written");
    drop(stdin);
    let output = tool.wait_with_output().expect("its end");
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(
        output.status.success() && said.concat().is_empty(),
        "{said:?}"
    );

    let rules = monitoring().join("alerts.yml");
    let output = Command::new("promtool")
        .args(["check", "rules"])
        .arg(&rules)
        .output()
        .expect("it runs");
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(output.status.success(), "{said:?}");
}

/// A dashboard that shows a figure which is gone shows nothing, and an alert over it never comes.
#[test]
fn every_figure_that_a_dashboard_an_alert_or_the_manual_names_is_there() {
    let Watched { world, dir: _dir } = Watched::start();
    let text = figures(&world);
    let there: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    assert!(there.len() > 25, "{there:?}");
    for file in ["alerts.yml", "dashboard.json"] {
        let text = fs::read_to_string(monitoring().join(file)).expect("the file");
        let named = names(&text);
        assert!(named.len() > 5, "{file} names {named:?}");
        let gone: Vec<_> = named
            .iter()
            .filter(|name| !there.contains(name.as_str()))
            .collect();
        assert!(gone.is_empty(), "{file} names {gone:?}");
    }
    let shown = names(&fs::read_to_string(monitoring().join("dashboard.json")).expect("the file"));
    let hidden: Vec<_> = there
        .iter()
        .filter(|name| !shown.contains(**name))
        .collect();
    assert!(hidden.is_empty(), "on no dashboard: {hidden:?}");
    let manual = monitoring().join("../../docs/OPERATIONS.md");
    let manual = names(&fs::read_to_string(manual).expect("the manual"));
    let there: BTreeSet<String> = there.into_iter().map(str::to_owned).collect();
    assert_eq!(manual, there);
}

/// Names of figures in a text; the parts of a histogram are the histogram.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '_'));
    let ours = words.filter(|word| word.starts_with("daylight_") && !word.ends_with('_'));
    let whole = ours.map(|word| {
        let ends = ["_bucket", "_sum", "_count"];
        let end = ends.iter().find_map(|end| word.strip_suffix(end));
        end.unwrap_or(word).to_owned()
    });
    whole.collect()
}

fn monitoring() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/monitoring")
}
