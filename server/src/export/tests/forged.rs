//! Bundles that somebody changed: both verifiers refuse, in the same words, and name the same place.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::world::{Bundle, DAY, Python, World};
use crate::export::line::hex;
use crate::export::verify_bundle;

/// What is forged, in which line, how, and what is said of it.
type Forge<'f> = (&'f str, usize, Box<dyn Fn(&mut Value) + 'f>, &'f str);
type Claim = fn(&mut Value);

fn world_and_bundle() -> (World, Bundle) {
    let mut world = World::new();
    world.lively();
    world.destroy_day(0);
    let order = world.order(DAY, 2 * DAY);
    let bundle = world.bundle(&order);
    (world, bundle)
}

/// Both refuse, alike; gives what they say.
pub fn refused(python: &mut Python, folder: &Path, case: &str) -> String {
    let rust = verify_bundle(folder, None)
        .err()
        .unwrap_or_else(|| panic!("accepted: {case}"));
    let said = format!("FAULT: {rust}");
    assert_eq!(python.ask(folder), said, "{case}");
    said
}

#[test]
fn a_flipped_byte_in_any_file_is_refused_in_the_same_words() {
    let (_world, bundle) = world_and_bundle();
    let mut python = Python::start();
    let folder = bundle.unpacked();
    let names = [
        "MANIFEST.json",
        "SHA256SUMS",
        "people.json",
        "proofs/checkpoint",
        "proofs/README",
        "report.html",
        "verify.py",
        "jsonl/",
        "natives/",
    ];
    for name in names {
        let (path, honest) = (bundle.path(name), bundle.bytes(name));
        for step in 0..12 {
            let at = honest.len() * step / 12;
            for bit in [0x01, 0x20, 0x80] {
                let mut flipped = honest.clone();
                flipped[at] ^= bit;
                std::fs::write(&path, &flipped).expect("written");
                let said = refused(
                    &mut python,
                    &folder,
                    &format!("{name} byte {at} bit {bit:#x}"),
                );
                if name != "SHA256SUMS" && name != "jsonl/" {
                    assert!(
                        said.contains(
                            path.strip_prefix(&folder)
                                .expect("inside")
                                .to_str()
                                .expect("text")
                        ),
                        "{said} names {name}"
                    );
                }
            }
        }
        std::fs::write(&path, &honest).expect("written");
    }
    assert_eq!(
        python.ask(&folder),
        verify_bundle(&folder, None)
            .expect("whole again")
            .to_string()
    );
}

/// A forger who is thorough: the sums are made anew, so only the log's own hashes can tell.
#[test]
fn a_forged_line_is_named_by_its_position() {
    let (_world, bundle) = world_and_bundle();
    let mut python = Python::start();
    let honest = bundle.lines();
    let with_content = honest
        .iter()
        .position(|line| line["content"].is_string() && line["part"] == "range")
        .expect("one");
    let with_file = honest
        .iter()
        .position(|line| line["natives"].as_array().is_some_and(|n| !n.is_empty()))
        .expect("one");
    let fence = honest
        .iter()
        .position(|line| line["part"] == "fence")
        .expect("one");
    let order = honest
        .iter()
        .position(|line| line["part"] == "order")
        .expect("one");

    let flip = |value: &mut Value| {
        let mut text: Vec<char> = value.as_str().expect("text").chars().collect();
        let middle = text.len() / 2;
        text[middle] = if text[middle] == 'x' { 'y' } else { 'x' };
        *value = Value::String(text.into_iter().collect());
    };
    let part = "is in the bundle for another reason than it says";
    let forgeries: Vec<Forge<'_>> = vec![
        (
            "header",
            with_content,
            Box::new(|l| flip(&mut l["header"])),
            "header and salt do not give the leaf",
        ),
        (
            "header salt",
            with_content,
            Box::new(|l| flip(&mut l["header_salt"])),
            "header and salt do not give the leaf",
        ),
        (
            "leaf",
            with_content,
            Box::new(|l| flip(&mut l["leaf"])),
            "header and salt do not give the leaf",
        ),
        (
            "content",
            with_content,
            Box::new(|l| flip(&mut l["content"])),
            "content and salt do not give the header's commitment",
        ),
        (
            "content salt",
            with_content,
            Box::new(|l| flip(&mut l["content_salt"])),
            "content and salt do not give the header's commitment",
        ),
        (
            "proof",
            with_content,
            Box::new(|l| flip(&mut l["proof"][0])),
            "the proof does not lead to the checkpoint",
        ),
        (
            "shorter proof",
            with_content,
            Box::new(|l| {
                l["proof"].as_array_mut().expect("a list").pop();
            }),
            "the proof does not lead to the checkpoint",
        ),
        (
            "readable text",
            with_content,
            Box::new(|l| flip(&mut l["decoded"]["text"])),
            "the readable copy is not what was recorded",
        ),
        (
            "readable time",
            with_content,
            Box::new(|l| flip(&mut l["decoded"]["at"])),
            "the readable copy is not what was recorded",
        ),
        (
            "readable name",
            with_content,
            Box::new(|l| flip(&mut l["decoded"]["name"])),
            "the readable copy is not what was recorded",
        ),
        (
            "content left out",
            with_content,
            Box::new(|l| {
                l["content"] = Value::Null;
                l["content_salt"] = Value::Null;
            }),
            "content is neither shown nor accounted for",
        ),
        (
            "content withheld",
            with_content,
            Box::new(|l| {
                l["content"] = Value::Null;
                l["content_salt"] = Value::Null;
                l["withheld"] = true.into();
            }),
            "content is shown or withheld against the range",
        ),
        (
            "another scope",
            with_content,
            Box::new(|l| flip(&mut l["scope"])),
            "scope is not the header's",
        ),
        (
            "another part",
            with_content,
            Box::new(|l| l["part"] = "fence".into()),
            part,
        ),
        (
            "an unknown part",
            with_content,
            Box::new(|l| l["part"] = "more".into()),
            "the line cannot be read",
        ),
        (
            "another number",
            with_content,
            Box::new(|l| l["channel_seq"] = 9_999.into()),
            "channel_seq is not the header's",
        ),
        (
            "a field more",
            with_content,
            Box::new(|l| l["note"] = "trust me".into()),
            "the line cannot be read",
        ),
        (
            "a wrong type",
            with_content,
            Box::new(|l| l["forgotten"] = "no".into()),
            "the line cannot be read",
        ),
        (
            "a null proof",
            with_content,
            Box::new(|l| l["proof"] = Value::Null),
            "the line cannot be read",
        ),
        (
            "file left out",
            with_file,
            Box::new(|l| l["natives"] = Value::Array(vec![])),
            "its files are not those recorded",
        ),
        (
            "another file",
            with_file,
            Box::new(|l| l["natives"][0] = "verify.py".into()),
            "verify.py is not the file recorded",
        ),
        (
            "fence as range",
            fence,
            Box::new(|l| l["part"] = "range".into()),
            part,
        ),
        (
            "order's reason",
            order,
            Box::new(|l| flip(&mut l["decoded"]["reason"])),
            "the readable copy is not what was recorded",
        ),
    ];
    for (case, at, forge, expected) in forgeries {
        let mut lines = honest.clone();
        forge(&mut lines[at]);
        rewrite(&bundle, &lines, None);
        let said = refused(&mut python, &bundle.unpacked(), case);
        assert_eq!(
            said,
            format!(
                "FAULT: log position {}: {expected}",
                honest[at]["log_index"]
            ),
            "{case}"
        );
    }

    // A line with another's proof, and two lines that changed places.
    let mut lines = honest.clone();
    lines[1]["proof"] = honest[2]["proof"].clone();
    rewrite(&bundle, &lines, None);
    assert!(
        refused(&mut python, &bundle.unpacked(), "another's proof")
            .contains(&format!("log position {}:", honest[1]["log_index"]))
    );
    let mut lines = honest.clone();
    lines.swap(2, 3);
    rewrite(&bundle, &lines, None);
    refused(&mut python, &bundle.unpacked(), "changed places");
}

#[test]
fn no_line_can_be_cut_out_even_with_its_count() {
    let (_world, bundle) = world_and_bundle();
    let mut python = Python::start();
    let honest = bundle.lines();
    for (at, line) in honest.iter().enumerate() {
        let mut lines = honest.clone();
        lines.remove(at);
        let mut manifest = bundle.manifest();
        recount(&mut manifest, &lines);
        rewrite(&bundle, &lines, Some(&manifest));
        // Receipts have no number in the channel: that one is missing cannot be shown, and the documents say so.
        let provable = line["channel_seq"].is_u64()
            && line["part"] != "amendment"
            && line["part"] != "destruction"
            || line["part"] == "order";
        if provable {
            refused(&mut python, &bundle.unpacked(), &format!("without {line}"));
        }
    }
    assert!(honest.iter().filter(|line| line["part"] == "range").count() > 5);
}

#[test]
fn the_manifest_cannot_claim_what_the_lines_do_not_have() {
    let (_world, bundle) = world_and_bundle();
    let mut python = Python::start();
    let (lines, honest) = (bundle.lines(), bundle.manifest());
    let claims: [(&str, Claim, &str); 16] = [
        (
            "count",
            |m| m["counts"]["events"] = 1.into(),
            "MANIFEST.json: its counts are not what the lines have",
        ),
        (
            "no number",
            |m| m["counts"]["events"] = true.into(),
            "MANIFEST.json: ",
        ),
        (
            "requester",
            |m| m["order"]["requester"] = m["order"]["approver"].clone(),
            "MANIFEST.json: its ",
        ),
        (
            "requester's name",
            |m| m["order"]["requester_name"] = "Somebody".into(),
            "MANIFEST.json: its names are not what the lines have",
        ),
        (
            "case",
            |m| m["order"]["case"] = "Case 8".into(),
            "MANIFEST.json: its order is not what the lines have",
        ),
        (
            "range",
            |m| m["range"]["from_ms"] = (DAY + 1).into(),
            "MANIFEST.json: the range's dates are not its times",
        ),
        (
            "wider range",
            |m| {
                m["range"]["from_ms"] = 0.into();
                m["range"]["from"] = "1970-01-01T00:00:00.000Z".into();
            },
            "log position",
        ),
        (
            "span",
            |m| m["channel_seq"]["first"] = 5.into(),
            "log position",
        ),
        (
            "head",
            |m| m["channel_seq"]["head"] = 1.into(),
            "MANIFEST.json: its numbers contradict each other",
        ),
        (
            "gap",
            |m| m["gaps"] = serde_json::json!([{"scope": "x", "reason": "destroyed", "events": 1, "first_log_index": 1, "last_log_index": 1, "destroyed_at": null}]),
            "MANIFEST.json: its gaps are not what the lines have",
        ),
        ("frozen", |m| m["frozen"] = 3.into(), "log position"),
        (
            "size",
            |m| m["log"]["size"] = (m["log"]["size"].as_u64().expect("a number") + 1).into(),
            "proofs/checkpoint: not the checkpoint that the manifest names",
        ),
        (
            "root",
            |m| m["log"]["root"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into(),
            "proofs/checkpoint: not the checkpoint that the manifest names",
        ),
        (
            "key",
            |m| m["log"]["verifier_key"] = super::world::other_key().into(),
            "proofs/checkpoint: not signed by the log's key",
        ),
        (
            "channel",
            |m| m["channel"]["id"] = m["export"].clone(),
            "jsonl/",
        ),
        (
            "a field more",
            |m| m["note"] = "trust me".into(),
            "MANIFEST.json: cannot be read",
        ),
    ];
    for (case, claim, expected) in claims {
        let mut manifest = honest.clone();
        claim(&mut manifest);
        rewrite(&bundle, &lines, Some(&manifest));
        let rust = verify_bundle(&bundle.unpacked(), None)
            .err()
            .unwrap_or_else(|| panic!("accepted: {case}"))
            .to_string();
        assert!(rust.starts_with(expected), "{case}: {rust}");
        let said = python.ask(&bundle.unpacked());
        assert!(
            said == format!("FAULT: {rust}")
                || case == "no number" && said.starts_with("FAULT: MANIFEST.json"),
            "{case}: {said}; {rust}"
        );
    }
    rewrite(&bundle, &lines, Some(&honest));
    assert!(verify_bundle(&bundle.unpacked(), None).is_ok());
}

#[test]
fn a_file_too_many_or_too_few_is_named() {
    let (_world, bundle) = world_and_bundle();
    let mut python = Python::start();
    let folder = bundle.unpacked();
    std::fs::write(folder.join("natives/extra.txt"), b"planted").expect("written");
    assert_eq!(
        refused(&mut python, &folder, "planted"),
        "FAULT: natives/extra.txt: not listed in SHA256SUMS"
    );
    resum(&folder);
    assert_eq!(
        refused(&mut python, &folder, "planted and listed"),
        "FAULT: natives/extra.txt: belongs to no message of the bundle"
    );
    std::fs::remove_file(folder.join("natives/extra.txt")).expect("removed");
    assert_eq!(
        refused(&mut python, &folder, "removed"),
        "FAULT: natives/extra.txt: listed in SHA256SUMS but missing"
    );
    resum(&folder);
    assert!(verify_bundle(&folder, None).is_ok());
    std::fs::write(bundle.path("natives/"), b"another photo").expect("written");
    resum(&folder);
    assert!(refused(&mut python, &folder, "exchanged").contains("is not the file recorded"));
}

pub fn rewrite(bundle: &Bundle, lines: &[Value], manifest: Option<&Value>) {
    let path = bundle.path("jsonl/");
    // serde_json sorts the fields it holds; the position must still stand first.
    let text: String = lines
        .iter()
        .map(|line| {
            let mut fields = line.as_object().expect("an object").clone();
            let position = fields.remove("log_index").expect("a position");
            let rest = serde_json::to_string(&fields).expect("JSON");
            format!(
                "{{\"log_index\":{position},{}\n",
                rest.strip_prefix('{').expect("an object")
            )
        })
        .collect();
    std::fs::write(path, text).expect("written");
    if let Some(manifest) = manifest {
        std::fs::write(
            bundle.unpacked().join("MANIFEST.json"),
            manifest.to_string(),
        )
        .expect("written");
    }
    resum(&bundle.unpacked());
}

pub fn recount(manifest: &mut Value, lines: &[Value]) {
    let count = |holds: &dyn Fn(&Value) -> bool| {
        Value::from(lines.iter().filter(|line| holds(line)).count())
    };
    manifest["counts"]["events"] = count(&|_| true);
    manifest["counts"]["messages"] = count(&|line| {
        line["part"] == "range"
            && matches!(
                line["decoded"]["act"].as_str(),
                Some("message.posted" | "message.imported")
            )
    });
    manifest["counts"]["withheld"] = count(&|line| line["withheld"] == true);
    manifest["counts"]["forgotten"] = count(&|line| line["forgotten"] == true);
    let ends = [lines.first(), lines.last()]
        .map(|line| line.map_or(Value::Null, |line| line["log_index"].clone()));
    manifest["log_index"] = Value::from(ends.to_vec());
}

fn resum(folder: &Path) {
    let mut sums = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(at).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .strip_prefix(folder)
                .expect("inside")
                .to_str()
                .expect("text")
                .to_owned();
            if path.is_dir() {
                open.push(path);
            } else if name != "SHA256SUMS" {
                sums.insert(
                    name,
                    hex(&Sha256::digest(std::fs::read(path).expect("read"))),
                );
            }
        }
    }
    let text: String = sums
        .iter()
        .map(|(name, sum)| format!("{sum}  {name}\n"))
        .collect();
    std::fs::write(folder.join("SHA256SUMS"), text).expect("written");
}
