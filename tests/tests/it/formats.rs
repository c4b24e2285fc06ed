//! What other tools load, read by what others wrote: Python's own libraries, jsonschema and slack-export-viewer. The
//! same messages are in every format, whatever people are called and whatever they say.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tests::world::{Person, World};

use super::orders::built_as;
use super::strangers::{repository, skipped};

const FORMATS: [&str; 8] = [
    "html",
    "rsmf",
    "concordance",
    "eml",
    "mbox",
    "mattermost",
    "actiance",
    "slack",
];

/// A channel where everything happens that a format must carry, or lose as it is said to.
fn a_lively_channel(world: &World, ada: &mut Person) -> String {
    let mut people = [
        "Müller, Jörg",
        "=cmd()|' /C calc'!A0",
        "<script>alert(1)</script>",
        "שלום 😀",
    ]
    .map(|name| world.person(name));
    let [joerg, cmd, script, rtl] = &mut people;
    let line = ada.channel("Line 3, \"night\" & <b>day</b>", &[joerg, cmd, script, rtl]);
    let texts = [
        "plain words",
        "=1+1",
        "+49 89 1234\n-- \n@all\tend",
        "<script>alert('x')</script> & \"quotes\", commas, 'ticks'",
        "From the start\nFrom here to there\n>From before",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{202e}abc 😀 👩‍👩‍👧 e\u{301}",
        "þ and ® and ]]> and -- =_daylight_mixed\n--=_daylight_mixed--",
        "controls: \u{1}\u{8}\u{b}\u{c}\u{1b}[31m\u{7f}\u{85}\u{14} end",
        "[e1] 1970-01-01T00:00:00.000Z Ada:\n    words of somebody else",
        "  spaces before and after, and delete  ",
    ];
    for (n, text) in texts.iter().enumerate() {
        let who: &mut Person = match n % 5 {
            0 => &mut *ada,
            1 => &mut *joerg,
            2 => &mut *cmd,
            3 => &mut *script,
            _ => &mut *rtl,
        };
        who.says(&line, text);
    }
    let root = joerg.says(&line, "who has the key?")["q"].clone();
    for text in ["I have", "=me too"] {
        let reply = json!({"t": "send", "c": line, "b": text, "th": root});
        cmd.does(reply);
    }
    let edited = script.says(&line, "the frist version")["q"].clone();
    for text in ["the first version", "the first version, and the last"] {
        script.does(json!({"t": "edit", "c": line, "q": edited, "b": text}));
    }
    let deleted = rtl.says(&line, "what was deleted by an owner")["q"].clone();
    ada.does(json!({"t": "del", "c": line, "q": deleted}));
    for (who, emoji) in [(&mut *joerg, "👍"), (&mut *cmd, "👍"), (&mut *rtl, "🎉")] {
        who.does(json!({"t": "react", "c": line, "q": root, "e": emoji, "on": true}));
    }
    cmd.does(json!({"t": "react", "c": line, "q": root, "e": "👍", "on": false}));
    for (name, bytes) in [("plan.txt", &b"a plan"[..]), ("x.PDF", b"%PDF- not really")] {
        let file = joerg.uploads(&line, name, bytes);
        joerg.does(json!({"t": "send", "c": line, "b": "see file", "f": [file]}));
    }
    ada.does(json!({"t": "read", "c": line, "q": root}));
    let guest = world.person("Newcomer 7");
    ada.does(json!({"t": "channel.add", "c": line, "people": [guest.id]}));
    ada.does(json!({"t": "channel.remove", "c": line, "person": guest.id}));
    rtl.does(json!({"t": "channel.leave", "c": line}));
    line
}

/// Downloaded, checked by both verifiers' words, and unpacked.
fn unpacked(officer: &mut Person, approver: &mut Person, line: &str, dir: &Path) -> PathBuf {
    let id = built_as(officer, approver, line, Some(&FORMATS));
    let path = format!("/api/v1/exports/{id}/download");
    let zipped = officer.http.get(&path).expect("an answer").body;
    let path = dir.join("bundle.zip");
    fs::write(&path, &zipped).expect("written");
    daylight::export::verify_bundle(&path, None).expect("it verifies");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zipped)).expect("a zip");
    archive.extract(dir).expect("unpacked");
    let bundle = dir.join(format!("export-{id}"));
    let mut script = Command::new("python3");
    let said = script.arg("-B").arg(bundle.join("verify.py")).output();
    assert!(said.expect("python3").status.success());
    bundle
}

/// What the evidence says: every message as it is shown now, by its position.
fn evidence(bundle: &Path, line: &str) -> BTreeMap<String, String> {
    let lines = fs::read_to_string(bundle.join(format!("jsonl/{line}.jsonl"))).expect("the lines");
    let (mut shown, mut places) = (BTreeMap::new(), BTreeMap::new());
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let read = &line["decoded"];
        let text = read["text"].as_str().unwrap_or_default().to_owned();
        match read["act"].as_str().unwrap_or_default() {
            "message.posted" => {
                let id = format!("e{}", line["log_index"]);
                places.insert(line["channel_seq"].as_u64(), id.clone());
                shown.insert(id, text);
            }
            "message.edited" => {
                shown.insert(places[&read["of"].as_u64()].clone(), text);
            }
            _ => {}
        }
    }
    shown
}

/// What no format of text can carry is one sign in all of them; where lines end is not told apart.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let sign = |c: char| {
        if c.is_control() && c != '\n' && c != '\t' {
            '\u{fffd}'
        } else {
            c
        }
    };
    text.chars().map(sign).collect()
}

#[test]
fn every_format_tells_the_same_messages_to_the_programs_of_others() {
    let world = World::start();
    let (mut ada, mut olga) = (world.admin(), world.newcomer("Olga", "officer"));
    let line = a_lively_channel(&world, &mut ada);
    let dir = tempfile::tempdir().expect("a folder");
    let bundle = unpacked(&mut olga, &mut ada, &line, dir.path());
    let due = evidence(&bundle, &line);
    assert!(due.len() == 17, "{due:#?}");

    for entry in fs::read_dir(bundle.join("rsmf")).expect("listed") {
        let path = entry.expect("listed").path();
        let report = daylight::export::check_rsmf(&path).expect("read");
        assert_eq!(report.faults, [], "{report}");
    }

    let schema = repository().join("../shared/data/rsmf_schema_2_0_0.json");
    let python = repository().join("target/strangers/venv/bin/python");
    let ours = Command::new(&python)
        .args(["-c", "import jsonschema"])
        .output();
    let has_jsonschema = ours.is_ok_and(|done| done.status.success());
    let mut command = Command::new(if python.exists() {
        python.as_path()
    } else {
        Path::new("python3")
    });
    command
        .arg("-B")
        .arg(repository().join("tests/strangers/formats.py"))
        .arg(&bundle);
    if !schema.exists() {
        skipped("the published schema accepts RSMF", "no shared data");
    } else if !has_jsonschema {
        skipped(
            "the published schema accepts RSMF",
            "jsonschema is not installed (deploy/ci/strangers.sh)",
        );
    } else {
        command.arg(&schema);
    }
    let output = command.output().expect("python");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for format in [
        "rsmf",
        "concordance",
        "eml",
        "mbox",
        "mattermost",
        "actiance",
        "slack",
    ] {
        let told = found[format]["messages"]
            .as_object()
            .expect("messages")
            .iter();
        let told: BTreeMap<String, String> = told
            .map(|(id, text)| (id.clone(), plain(text.as_str().expect("text"))))
            // A page tells who came and went in the same list.
            .filter(|(id, _)| format != "eml" || due.contains_key(id))
            .collect();
        let due: BTreeMap<String, String> = due
            .iter()
            .map(|(id, text)| (id.clone(), plain(text)))
            .collect();
        assert_eq!(told, due, "{format}");
        let mut sizes: Vec<u64> = found[format]["files"]
            .as_array()
            .expect("files")
            .iter()
            .filter_map(Value::as_u64)
            .collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [6, 16], "{format}");
    }
    for format in ["rsmf", "concordance", "mattermost", "slack"] {
        assert_eq!(
            found[format]["moves"],
            json!(["join", "leave", "leave"]),
            "{format}"
        );
    }
    the_viewer_shows_it(&bundle, dir.path());
}

/// slack-export-viewer 3.5.0 makes its pages of the folder.
fn the_viewer_shows_it(bundle: &Path, dir: &Path) {
    let viewer = repository().join("target/strangers/venv/bin/slack-export-viewer");
    if !viewer.exists() {
        return skipped(
            "a viewer of Slack exports shows ours",
            "slack-export-viewer is not installed (deploy/ci/strangers.sh)",
        );
    }
    let out = dir.join("pages");
    let mut command = Command::new(viewer);
    command
        .arg("-z")
        .arg(bundle.join("slack"))
        .args(["--html-only", "--no-browser", "-o"])
        .arg(&out);
    let output = command.current_dir(dir).output().expect("the viewer");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let mut pages = String::new();
    let mut folders = vec![out];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("listed") {
            let path = entry.expect("listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                pages.push_str(&text);
            }
        }
    }
    for there in [
        "plain words",
        "who has the key?",
        "I have",
        "the first version, and the last",
    ] {
        assert!(pages.contains(there), "{there}");
    }
    assert!(
        !pages.contains("<script>alert("),
        "what people say is not run"
    );
}
