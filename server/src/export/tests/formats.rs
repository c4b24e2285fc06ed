//! Promises of the reading copies: in the bundle's sums, the same each time, without a hole for hostile words.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use zip::ZipArchive;
use zip::write::{FileOptions, SimpleFileOptions};

use super::world::{Bundle, DAY, Python, World};
use crate::chat::ExportFormat;
use crate::chat::event::{Act, Content, PollFact};
use crate::chat::preview::LinkPreview;
use crate::export::formats::check::check_bytes;
use crate::export::{Level, RsmfReport, verify_bundle};

pub const ALL: [ExportFormat; 9] = [
    ExportFormat::Jsonl,
    ExportFormat::Html,
    ExportFormat::Rsmf,
    ExportFormat::Concordance,
    ExportFormat::Eml,
    ExportFormat::Mbox,
    ExportFormat::Mattermost,
    ExportFormat::Actiance,
    ExportFormat::Slack,
];

fn exported() -> (World, Bundle) {
    let mut world = World::new();
    world.formats = ALL.to_vec();
    world.lively();
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    (world, bundle)
}

/// What a mail of ours is made of, so that a fault can be put in.
struct Rsmf {
    headers: String,
    text: bool,
    more: &'static str,
    manifest: String,
    files: Vec<(String, Vec<u8>)>,
    place: &'static str,
}

impl Rsmf {
    fn read(mail: &str) -> Rsmf {
        let (headers, body) = mail.split_once("\r\nFrom: ").expect("headers");
        let zipped = body
            .split_once("filename=\"rsmf.zip\"\r\n\r\n")
            .expect("a zip")
            .1;
        let zipped = zipped.split_once("\r\n--").expect("its end").0;
        let zipped = STANDARD
            .decode(zipped.replace(['\r', '\n'], ""))
            .expect("base64");
        let mut archive = ZipArchive::new(std::io::Cursor::new(zipped)).expect("a zip");
        let mut files = Vec::new();
        for n in 0..archive.len() {
            let mut file = archive.by_index(n).expect("a file");
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).expect("read");
            files.push((file.name().expect("a name").into_owned(), bytes));
        }
        let (_, manifest) = files.remove(0);
        Rsmf {
            headers: format!("{headers}\r\n"),
            text: true,
            more: "",
            manifest: String::from_utf8(manifest).expect("text"),
            files,
            place: "",
        }
    }

    fn manifest(&self) -> Value {
        serde_json::from_str(&self.manifest).expect("JSON")
    }

    fn change(&mut self, change: impl FnOnce(&mut Value)) {
        let mut manifest = self.manifest();
        change(&mut manifest);
        self.manifest = manifest.to_string();
    }

    fn header(&mut self, name: &str, value: Option<&str>) {
        let start = self.headers.find(name).expect("the header");
        let mut end = start;
        loop {
            end += self.headers[end..].find("\r\n").expect("its end") + 2;
            if !self.headers[end..].starts_with(' ') {
                break;
            }
        }
        let line = value.map_or_else(String::new, |value| format!("{name}: {value}\r\n"));
        self.headers.replace_range(start..end, &line);
    }

    fn check(&self) -> RsmfReport {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options: SimpleFileOptions = FileOptions::default();
        zip.start_file(format!("{}rsmf_manifest.json", self.place), options)
            .expect("begun");
        zip.write_all(self.manifest.as_bytes()).expect("written");
        for (name, bytes) in &self.files {
            zip.start_file(name.as_str(), options).expect("begun");
            zip.write_all(bytes).expect("written");
        }
        let zipped = STANDARD.encode(zip.finish().expect("a zip").into_inner());
        let text = if self.text {
            "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
        } else {
            ""
        };
        let mail = format!(
            "{}Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n{text}--b\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"rsmf.zip\"\r\n\r\n{zipped}\r\n{}--b--\r\n",
            self.headers, self.more
        );
        check_bytes(mail.as_bytes())
    }
}

/// Where in the table, what is done, and what is said: an error or a warning with its name.
type Fault = (&'static str, Level, fn(&mut Rsmf));

const FAULTS: &[Fault] = &[
    ("RSMFHeadersMissing", Level::Error, |f| {
        f.header("X-RSMF-Version", None)
    }),
    ("RSMFAccessZip", Level::Error, |f| {
        f.more = "--b\r\nContent-Disposition: attachment; filename=\"more.txt\"\r\n\r\nx\r\n";
    }),
    ("ZipMissingManifest", Level::Error, |f| f.place = "inside/"),
    ("ManifestDuplicateId", Level::Error, |f| {
        f.change(|m| m["events"][1]["id"] = m["events"][0]["id"].clone());
    }),
    ("ManifestSchemaViolation", Level::Error, |f| {
        f.change(|m| m["events"][0]["custom"][0]["value"] = json!(""))
    }),
    ("ManifestSchemaViolation", Level::Error, |f| {
        f.change(|m| m["events"][0]["custom"][0]["value"] = json!(7))
    }),
    ("ManifestSchemaViolation", Level::Error, |f| {
        f.change(|m| {
            m["events"][0]["read_receipts"] =
                json!([{"participant": m["events"][0]["participant"], "action": "seen"}])
        });
    }),
    ("ManifestSchemaViolation", Level::Error, |f| {
        f.change(|m| m["events"][0]["id"] = json!(7))
    }),
    ("JSONTrailingCommas", Level::Error, |f| {
        let end = f.manifest.rfind(']').expect("a list");
        f.manifest.insert(end, ',');
    }),
    ("JSONInvalid", Level::Error, |f| f.manifest.push('x')),
    ("VersionMismatch", Level::Warn, |f| {
        f.header("X-RSMF-Version", Some("1.0.0"))
    }),
    ("EventCount", Level::Warn, |f| {
        f.header("X-RSMF-EventCount", Some("999"))
    }),
    ("BeginDate", Level::Warn, |f| {
        f.header("X-RSMF-BeginDate", Some("1970-01-02T00:00:00.999Z"))
    }),
    ("EndDate", Level::Warn, |f| {
        f.header("X-RSMF-EndDate", Some("1970-01-02T00:00:00Z"))
    }),
    ("DateFormat", Level::Warn, |f| {
        f.header("X-RSMF-BeginDate", Some("2 January 1970"))
    }),
    ("AttachmentInFolder", Level::Warn, |f| {
        f.change(|m| m["events"][0]["attachments"] = json!([{"id": "files/a.txt"}]));
        f.files.push(("files/a.txt".into(), vec![1]));
    }),
    ("AttachmentMissing", Level::Warn, |f| {
        f.change(|m| m["events"][0]["attachments"] = json!([{"id": "gone.txt"}]));
    }),
    ("FileUnreferenced", Level::Warn, |f| {
        f.files.push(("proof.json".into(), vec![1]))
    }),
    ("UndefinedProperty", Level::Warn, |f| {
        f.change(|m| m["events"][0]["colour"] = json!("red"))
    }),
    ("BadParent", Level::Warn, |f| {
        f.change(|m| m["events"][0]["parent"] = json!("nobody"))
    }),
    ("ParticipantUnknown", Level::Warn, |f| {
        f.change(|m| {
            m["events"][0]["reactions"] = json!([{"value": "x", "participants": ["nobody"]}])
        });
    }),
    ("ParticipantAbsent", Level::Warn, |f| {
        f.change(|m| m["conversations"][0]["participants"] = json!([]))
    }),
    ("ParticipantAbsent", Level::Warn, |f| {
        f.change(|m| {
            let mut left = m["events"][0].clone();
            (left["type"], left["id"]) = (json!("leave"), json!("left"));
            m["events"].as_array_mut().expect("a list").insert(0, left);
        });
    }),
    ("JoinInDirect", Level::Warn, |f| {
        f.change(|m| {
            m["conversations"][0]["type"] = json!("direct");
            m["events"][0]["type"] = json!("join");
        });
    }),
    ("EditBeforeEvent", Level::Warn, |f| {
        f.change(|m| {
            let by = m["events"][0]["participant"].clone();
            m["events"][0]["edits"] =
                json!([{"participant": by, "timestamp": "1960-01-01T00:00:00Z"}]);
        });
    }),
    ("EventsEmpty", Level::Warn, |f| {
        f.change(|m| m["events"] = json!([]))
    }),
    ("TextBodyMissing", Level::Warn, |f| f.text = false),
    ("Participants", Level::Warn, |f| {
        f.header("X-RSMF-Participants", Some("Ada"))
    }),
    ("Participants", Level::Warn, |f| {
        f.header(
            "X-RSMF-Participants",
            Some("=?UTF-8?B?QWRh?=, Bob \"the pipe\" & co"),
        )
    }),
    ("Participants", Level::Warn, |f| {
        let names = f.manifest()["participants"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|p| p["display"].as_str().expect("a name").to_owned())
            .collect::<Vec<_>>();
        f.header(
            "X-RSMF-Participants",
            Some(
                &names
                    .join(", ")
                    .replace(" the", "\r\n the")
                    .replace("\"the", "\r\n \"the"),
            ),
        );
    }),
];

/// What passes with others passes here.
const HARMLESS: &[fn(&mut Rsmf)] = &[
    |f| f.header("X-RSMF-AttachmentCount", Some("77")),
    |f| f.header("X-RSMF-EventCollectionID", Some("another")),
    |f| f.change(|m| m["events"][0]["reactions"] = json!([{"value": "x".repeat(40), "count": 9}])),
    |f| f.manifest.insert(0, '\u{feff}'),
    |f| f.change(|m| m["events"].as_array_mut().expect("a list").reverse()),
    |f| {
        f.change(|m| {
            let bare = |v: &Value| json!(v.as_str().expect("a time").trim_end_matches('Z'));
            m["events"][0]["timestamp"] = bare(&m["events"][0]["timestamp"]);
        });
    },
];

#[test]
fn every_fault_of_an_rsmf_file_has_its_name() {
    let (_world, bundle) = exported();
    let mail = bundle.text("rsmf/");
    let honest = check_bytes(mail.as_bytes());
    assert_eq!(
        (honest.faults.len(), honest.to_string().starts_with("OK: ")),
        (0, true),
        "{honest}"
    );
    assert_eq!(
        Rsmf::read(&mail).check().faults,
        [],
        "taken apart and put together again"
    );
    for (n, (code, level, damage)) in FAULTS.iter().enumerate() {
        let mut file = Rsmf::read(&mail);
        damage(&mut file);
        let report = file.check();
        let found = report
            .faults
            .iter()
            .any(|fault| fault.code == *code && fault.level == *level);
        assert!(found, "{n}: {code} in {report}");
        assert_eq!(report.is_loadable(), *level == Level::Warn, "{n}: {report}");
    }
    for (n, change) in HARMLESS.iter().enumerate() {
        let mut file = Rsmf::read(&mail);
        change(&mut file);
        assert_eq!(file.check().faults, [], "{n}");
    }
}

#[test]
fn a_hostile_rsmf_file_is_judged_and_never_panics() {
    let (_world, bundle) = exported();
    let honest = bundle.text("rsmf/").into_bytes();
    for at in 0..400 {
        let place = honest.len() * at / 400;
        let mut changed = honest.clone();
        changed[place] ^= 0x15;
        check_bytes(&changed);
        check_bytes(&honest[..place]);
    }
    assert!(!check_bytes(b"").is_loadable());
}

#[test]
fn every_format_is_the_same_each_time_and_a_changed_byte_of_it_is_refused() {
    let (world, bundle) = exported();
    let order = crate::export::Order {
        frozen: world.writer.next(),
        ..world.unordered(DAY, 2 * DAY)
    };
    assert_eq!(world.bundle(&order).raw, bundle.raw, "byte for byte");
    let report = bundle.verify().expect("it verifies");
    assert_eq!(bundle.python(&[]), report.to_string());
    assert_eq!(
        bundle.manifest()["formats"].as_array().map(Vec::len),
        Some(ALL.len())
    );
    let mut python = Python::start();
    let folder = bundle.unpacked();
    for name in [
        "rsmf/",
        "load/export.dat",
        "load/text/",
        "eml/",
        "mbox/",
        "mattermost/posts.csv",
        "mattermost/metadata.json",
        "actiance/actiance_export.xml",
        "slack/groups.json",
        "slack/users.json",
        "slack/night_shift/",
    ] {
        let (path, honest) = (bundle.path(name), bundle.bytes(name));
        let mut flipped = honest.clone();
        flipped[honest.len() / 2] ^= 1;
        std::fs::write(&path, &flipped).expect("written");
        let fault = verify_bundle(&folder, None).expect_err("a changed byte");
        assert!(
            fault.to_string().ends_with("does not match SHA256SUMS"),
            "{name}: {fault}"
        );
        assert_eq!(python.ask(&folder), format!("FAULT: {fault}"));
        std::fs::write(&path, &honest).expect("written");
    }
    // The choice is what the log has: neither more nor less.
    let scope = migrations_free_store::Scope::Matter(order.export);
    assert_eq!(
        world.store.blobs_in(scope).expect("a list").len(),
        1,
        "nothing sorted is left behind"
    );
}

#[test]
fn only_what_was_chosen_is_in_the_bundle() {
    let mut world = World::new();
    world.formats = vec![ExportFormat::Jsonl, ExportFormat::Slack];
    world.lively();
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    bundle.verify().expect("it verifies");
    let there = |name: &str| bundle.unpacked().join(name).exists();
    assert!(there("slack/users.json") && there("jsonl"));
    assert!(!there("report.html") && !there("rsmf") && !there("mbox"));
}

#[test]
fn what_is_hostile_in_a_message_is_harmless_in_every_format() {
    let mut world = World::new();
    world.formats = ALL.to_vec();
    world.start();
    let (ada, channel) = (world.ada, world.channel);
    let text = "=cmd()\r\nFrom nobody\n[e1] 1970-01-01T00:00:00.000Z Bob:\n<script>alert(1)</script> \u{1}\u{14}\u{fe} --=_daylight_mixed";
    let seq = world.say(ada, DAY + 5, text);
    world.push(
        ada,
        DAY + 6,
        Act::MessageDeleted { of: seq },
        Some(channel),
        None,
    );
    world.push(
        ada,
        DAY + 7,
        Act::ReactionAdded { of: seq },
        Some(channel),
        Some(Content::emoji("<b>")),
    );
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    bundle.verify().expect("it verifies");
    let xml = bundle.text("actiance/actiance_export.xml");
    assert!(xml.contains("&lt;script&gt;") && !xml.contains("<script") && !xml.contains('\u{1}'));
    assert!(bundle.text("actiance/warning.txt").contains("U+FFFD"));
    let dat = bundle.text("load/export.dat");
    let cells: Vec<usize> = dat
        .lines()
        .map(|line| line.split('\u{14}').count())
        .collect();
    assert!(cells.iter().all(|n| *n == 24), "{cells:?}");
    let mail = bundle.text("mbox/");
    assert_eq!(
        mail.lines()
            .filter(|line| line.starts_with("From "))
            .count(),
        1
    );
    let told = bundle.text("load/text/");
    assert_eq!(
        told.lines().filter(|line| line.starts_with('[')).count(),
        1,
        "{told}"
    );
    let csv = bundle.text("mattermost/posts.csv");
    assert!(
        csv.contains("delete =cmd()") && csv.contains(",Deleted,"),
        "{csv}"
    );
    assert_eq!(check_bytes(bundle.text("rsmf/").as_bytes()).faults, []);
}

#[test]
fn a_poll_is_told_in_words_with_its_result_in_every_format() {
    let mut world = World::new();
    world.formats = ALL.to_vec();
    world.start();
    let (ada, bob, channel) = (world.ada, world.bob, world.channel);
    let act = Act::MessagePosted {
        n: 1,
        thread: None,
        reply: None,
        mentions: vec![],
        files: vec![],
        asks: None,
        poll: Some(PollFact {
            options: 2,
            many: false,
        }),
        waited: None,
        urgent: false,
    };
    let content = Content {
        options: vec!["Monday".into(), "<Tuesday>".into()],
        ..Content::text("Which day?")
    };
    let poll = world.push(ada, DAY + 5, act, Some(channel), Some(content));
    let votes = [(ada, vec![0]), (bob, vec![0]), (bob, vec![1])];
    for (n, (who, votes)) in (6..).zip(votes) {
        let content = Content {
            votes,
            ..Content::default()
        };
        let act = Act::PollVoted { of: poll };
        world.push(who, DAY + n, act, Some(channel), Some(content));
    }
    // After the range, and a part of its messages all the same.
    let act = Act::PollClosed { of: poll };
    world.push(ada, 3 * DAY, act, Some(channel), None);
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    let fine = bundle.verify().expect("it verifies");
    assert_eq!(bundle.python(&[]), fine.to_string());

    let lines = bundle.lines();
    let asked = lines
        .iter()
        .find(|line| line["decoded"]["text"] == "Which day?");
    let asked = &asked.expect("the question")["decoded"];
    assert_eq!(asked["options"], json!(["Monday", "<Tuesday>"]));
    let voted = lines
        .iter()
        .filter(|line| line["decoded"]["act"] == "poll.voted");
    let told: Vec<_> = voted.map(|line| line["decoded"]["votes"].clone()).collect();
    assert_eq!(told, [json!([0]), json!([0]), json!([1])]);
    let page = bundle.text("report.html");
    assert!(
        page.contains("2. &lt;Tuesday&gt;") && page.contains("for 2"),
        "{page}"
    );

    let words = [
        "Which day?",
        "[Poll, one to choose, closed]",
        "1. Monday (1)",
    ];
    let mail = Rsmf::read(&bundle.text("rsmf/"));
    for (format, text) in [
        ("rsmf", mail.manifest()["events"].to_string()),
        ("text", bundle.text("load/text/")),
        ("mattermost", bundle.text("mattermost/posts.csv")),
        ("actiance", bundle.text("actiance/actiance_export.xml")),
        ("slack", bundle.text("slack/night_shift/")),
    ] {
        for word in words {
            assert!(text.contains(word), "{format} lacks {word}: {text}");
        }
    }
}

#[test]
fn an_urgent_message_and_what_its_link_led_to_are_told_in_every_format() {
    let mut world = World::new();
    world.formats = ALL.to_vec();
    world.start();
    let (ada, channel) = (world.ada, world.channel);
    let posted = |n: u64, urgent: bool| Act::MessagePosted {
        n,
        thread: None,
        reply: None,
        mentions: vec![],
        files: vec![],
        asks: None,
        poll: None,
        waited: None,
        urgent,
    };
    let preview = LinkPreview {
        url: "https://plan.example/a".into(),
        title: "The <plan>".into(),
        description: Some("Who works & when".into()),
        site: None,
    };
    let linked = |text: &str| Content {
        preview: Some(preview.clone()),
        ..Content::text(text)
    };
    let said = linked("See https://plan.example/a");
    let first = world.push(ada, DAY + 5, posted(1, true), Some(channel), Some(said));
    let said = linked("And https://plan.example/a");
    let second = world.push(ada, DAY + 6, posted(2, false), Some(channel), Some(said));
    let mut edits = |of: u64, at: u64, text: &str| {
        let act = Act::MessageEdited {
            of,
            mentions: vec![],
        };
        world.push(ada, at, act, Some(channel), Some(Content::text(text)));
    };
    edits(first, DAY + 7, "Read https://plan.example/a");
    edits(second, DAY + 8, "Never mind");
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    let fine = bundle.verify().expect("it verifies");
    assert_eq!(bundle.python(&[]), fine.to_string());

    let lines = bundle.lines();
    let posted = lines.iter().find(|line| line["channel_seq"] == first);
    let posted = posted.expect("the first");
    let told =
        json!({"url": preview.url, "title": preview.title, "description": preview.description});
    assert_eq!(posted["decoded"]["preview"], told);
    let header = posted["header"].as_str().expect("a header");
    assert!(header.contains("\"urgent\":true"), "{header}");
    let page = bundle.text("report.html");
    assert!(page.contains("(urgent)"), "{page}");
    assert_eq!(
        page.matches("The &lt;plan&gt; · Who works &amp; when")
            .count(),
        2
    );

    let mail = Rsmf::read(&bundle.text("rsmf/"));
    for (format, text) in [
        ("rsmf", mail.manifest()["events"].to_string()),
        ("text", bundle.text("load/text/")),
        ("mattermost", bundle.text("mattermost/posts.csv")),
        ("actiance", bundle.text("actiance/actiance_export.xml")),
        ("slack", bundle.text("slack/night_shift/")),
    ] {
        for word in ["[Urgent]", "[Link preview] The ", "Who works "] {
            assert!(text.contains(word), "{format} lacks {word}: {text}");
        }
        let after = text.rsplit("Never mind").next().unwrap_or_default();
        let next = after.get(..30).unwrap_or(after);
        assert!(!next.contains("[Link"), "{format}: {next}");
    }
}
