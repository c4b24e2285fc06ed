//! `daylight check`: is this an RSMF file that other tools load? Each fault has a name that never changes.
//!
//! Never changes the file, and trusts nothing in it: it may be anybody's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{Cursor, Read};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zip::ZipArchive;

use super::moment::parse as moment;
use super::schema;

/// The file is read whole.
pub const FILE_BYTES_MAX: u64 = 1 << 30;
const MANIFEST_BYTES_MAX: u64 = 256 << 20;
const ENTRIES_MAX: usize = 100_000;
/// Faults that are told; there may be more.
const FAULTS_MAX: usize = 1_000;
const MANIFEST: &str = "rsmf_manifest.json";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It will not be loaded.
    Error,
    Warn,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RsmfFault {
    pub level: Level,
    pub code: &'static str,
    pub words: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RsmfReport {
    pub faults: Vec<RsmfFault>,
    pub events: usize,
}

impl RsmfReport {
    pub fn is_loadable(&self) -> bool {
        self.faults.iter().all(|fault| fault.level == Level::Warn)
    }

    pub(super) fn error(&mut self, code: &'static str, words: impl Into<String>) {
        self.add(Level::Error, code, words.into());
    }

    pub(super) fn warn(&mut self, code: &'static str, words: impl Into<String>) {
        self.add(Level::Warn, code, words.into());
    }

    fn add(&mut self, level: Level, code: &'static str, words: String) {
        // A hostile word must not steer the terminal it is shown on. An error is never crowded out by warnings.
        let words = words
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        if self.faults.len() < FAULTS_MAX || level == Level::Error && self.is_loadable() {
            self.faults.push(RsmfFault { level, code, words });
        }
    }
}

impl fmt::Display for RsmfReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.faults {
            let level = if fault.level == Level::Error {
                "ERROR"
            } else {
                "warn"
            };
            writeln!(f, "{level} {}: {}", fault.code, fault.words)?;
        }
        let verdict = if self.is_loadable() { "OK" } else { "REFUSED" };
        write!(
            f,
            "{verdict}: {} events, {} faults",
            self.events,
            self.faults.len()
        )
    }
}

pub fn check_rsmf(path: &Path) -> std::io::Result<RsmfReport> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(std::io::Error::other(format!(
            "more than {FILE_BYTES_MAX} bytes"
        )));
    }
    Ok(check_bytes(&bytes))
}

pub fn check_bytes(bytes: &[u8]) -> RsmfReport {
    let mut report = RsmfReport::default();
    let (headers, body) = split(bytes);
    let Some(version) = headers.get("x-rsmf-version") else {
        report.error("RSMFHeadersMissing", "there is no X-RSMF-Version");
        return report;
    };
    let version = version.trim().to_owned();
    let Some(zip) = attachment(&headers, body, &mut report) else {
        return report;
    };
    let Some((manifest, names)) = unzip(zip, &mut report) else {
        return report;
    };
    let text = manifest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&manifest);
    let manifest: Value = match serde_json::from_slice(text) {
        Ok(manifest) => manifest,
        Err(error) => {
            let trailing = error.to_string().starts_with("trailing comma");
            let code = if trailing {
                "JSONTrailingCommas"
            } else {
                "JSONInvalid"
            };
            report.error(code, error.to_string());
            return report;
        }
    };
    schema::check(&manifest, &mut report);
    if manifest["version"].as_str() != Some(version.as_str()) {
        report.warn(
            "VersionMismatch",
            "X-RSMF-Version is not the manifest's version",
        );
    }
    about(&headers, &manifest, &mut report);
    files(&manifest, &names, &mut report);
    events(&manifest, &mut report);
    report
}

type Headers = BTreeMap<String, String>;

/// Headers by their names in small letters, folds kept, and what follows them.
fn split(bytes: &[u8]) -> (Headers, &[u8]) {
    let (mut headers, mut rest) = (Headers::new(), bytes);
    let mut last: Option<String> = None;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = rest.split_at(end + 1);
        rest = after;
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some(value) = last.as_ref().and_then(|name| headers.get_mut(name)) {
                value.push('\n');
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            let name = name.trim().to_lowercase();
            headers
                .entry(name.clone())
                .or_insert_with(|| value.to_owned());
            last = Some(name);
        }
    }
    (headers, rest)
}

/// The bytes of rsmf.zip, when it is the one attachment.
fn attachment(headers: &Headers, body: &[u8], report: &mut RsmfReport) -> Option<Vec<u8>> {
    let kind = headers
        .get("content-type")
        .map(|kind| kind.replace('\n', " "));
    let boundary = kind.as_deref().and_then(|kind| parameter(kind, "boundary"));
    let Some(boundary) = boundary.filter(|boundary| !boundary.is_empty()) else {
        report.error("RSMFAccessZip", "it is no multipart mail");
        return None;
    };
    let (mut zips, mut others, mut text) = (Vec::new(), 0, false);
    for part in parts(body, &boundary) {
        let (headers, body) = split(part);
        let header = |name: &str| {
            headers
                .get(name)
                .map_or("", String::as_str)
                .replace('\n', " ")
        };
        let (kind, placed) = (header("content-type"), header("content-disposition"));
        let name = parameter(&placed, "filename").or_else(|| parameter(&kind, "name"));
        let attached = placed.trim().to_lowercase().starts_with("attachment");
        match name {
            Some(name) if name.eq_ignore_ascii_case("rsmf.zip") => {
                zips.push((header("content-transfer-encoding"), body));
            }
            None if !attached => text |= kind.trim().to_lowercase().starts_with("text/"),
            Some(_) | None => others += 1,
        }
    }
    if !text {
        report.warn(
            "TextBodyMissing",
            "there is no text to be read and searched",
        );
    }
    let (Some((encoding, body)), 1, 0) = (zips.first(), zips.len(), others) else {
        report.error(
            "RSMFAccessZip",
            "rsmf.zip must be there, and the only attachment",
        );
        return None;
    };
    if !encoding.trim().eq_ignore_ascii_case("base64") {
        return Some(body.to_vec());
    }
    let text: Vec<u8> = body
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    match STANDARD.decode(text) {
        Ok(bytes) => Some(bytes),
        Err(_) => {
            report.error("RSMFAccessZip", "rsmf.zip is not base64");
            None
        }
    }
}

fn parts<'b>(body: &'b [u8], boundary: &str) -> Vec<&'b [u8]> {
    let line = format!("--{boundary}");
    let (mut found, mut start, mut at) = (Vec::new(), None, 0);
    for text in body.split_inclusive(|byte| *byte == b'\n') {
        let shown = text.trim_ascii_end();
        let ends = shown.strip_prefix(line.as_bytes()) == Some(b"--");
        if shown == line.as_bytes() || ends {
            if let Some(part) = start.and_then(|start| body.get(start..at)) {
                found.push(part);
            }
            start = Some(at + text.len()).filter(|_| !ends);
        }
        at += text.len();
    }
    found
}

fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        let value = value.trim().trim_matches('"').to_owned();
        key.trim().eq_ignore_ascii_case(name).then_some(value)
    })
}

fn unzip(zip: Vec<u8>, report: &mut RsmfReport) -> Option<(Vec<u8>, BTreeSet<String>)> {
    let archive = ZipArchive::new(Cursor::new(zip)).ok();
    let Some(mut archive) = archive.filter(|archive| archive.len() <= ENTRIES_MAX) else {
        report.error("RSMFAccessZip", "rsmf.zip cannot be opened");
        return None;
    };
    let names: BTreeSet<String> = archive
        .file_names()
        .flatten()
        .map(|name| name.to_string())
        .collect();
    let mut manifest = Vec::new();
    let Ok(entry) = archive.by_name(MANIFEST) else {
        report.error(
            "ZipMissingManifest",
            format!("{MANIFEST} is not at the root of rsmf.zip"),
        );
        return None;
    };
    let read = entry
        .take(MANIFEST_BYTES_MAX + 1)
        .read_to_end(&mut manifest);
    if read.is_err() || manifest.len() as u64 > MANIFEST_BYTES_MAX {
        report.error(
            "RSMFAccessZip",
            format!("{MANIFEST} is damaged or too large"),
        );
        return None;
    }
    Some((manifest, names))
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// What the headers say of the manifest.
fn about(headers: &Headers, manifest: &Value, report: &mut RsmfReport) {
    let events = list(manifest, "events");
    report.events = events.len();
    if events.is_empty() {
        report.warn("EventsEmpty", "there are no events");
    }
    let header = |name: &str| headers.get(name).map(|value| value.trim());
    if header("x-rsmf-eventcount").is_some_and(|n| n.parse() != Ok(events.len())) {
        report.warn(
            "EventCount",
            "X-RSMF-EventCount is not the number of events",
        );
    }
    let times = || {
        events
            .iter()
            .filter_map(|event| moment(event["timestamp"].as_str()?))
    };
    for (name, code, due) in [
        ("x-rsmf-begindate", "BeginDate", times().min()),
        ("x-rsmf-enddate", "EndDate", times().max()),
    ] {
        let Some(text) = header(name) else { continue };
        match moment(text) {
            None => report.warn("DateFormat", format!("{name} is not an ISO 8601 date")),
            time if time != due => {
                report.warn(
                    code,
                    format!("{name} is not that of an event, to the millisecond"),
                );
            }
            Some(_) => {}
        }
    }
    let Some(names) = headers.get("x-rsmf-participants") else {
        return;
    };
    let torn = names
        .split('\n')
        .rev()
        .skip(1)
        .any(|line| !line.trim_end().ends_with(','));
    let given: BTreeSet<&str> = names.split(',').map(str::trim).collect();
    let due = list(manifest, "participants").iter();
    let due: BTreeSet<&str> = due.filter_map(|one| one["display"].as_str()).collect();
    if torn || given != due {
        report.warn(
            "Participants",
            "X-RSMF-Participants are not the names of the manifest, plain and whole, with commas between",
        );
    }
}

/// Every attachment is there, and nothing else is.
fn files(manifest: &Value, names: &BTreeSet<String>, report: &mut RsmfReport) {
    let attached = list(manifest, "events")
        .iter()
        .flat_map(|event| list(event, "attachments"));
    let attached = attached.filter_map(|one| one["id"].as_str());
    let avatars = list(manifest, "participants")
        .iter()
        .filter_map(|one| one["avatar"].as_str());
    let icons = list(manifest, "conversations")
        .iter()
        .filter_map(|one| one["icon"].as_str());
    let used: BTreeSet<&str> = attached.chain(avatars).chain(icons).collect();
    for name in &used {
        if name.contains(['/', '\\']) {
            report.warn(
                "AttachmentInFolder",
                format!("{name} is in a folder of rsmf.zip"),
            );
        } else if !names.contains(*name) {
            report.warn("AttachmentMissing", format!("{name} is not in rsmf.zip"));
        }
    }
    for name in names {
        if name != MANIFEST && !used.contains(name.as_str()) {
            report.warn("FileUnreferenced", format!("{name} belongs to nothing"));
        }
    }
}

/// What the events say of one another, in the order of time.
fn events(manifest: &Value, report: &mut RsmfReport) {
    let people = ids(manifest, "participants", report);
    ids(manifest, "conversations", report);
    ids(manifest, "events", report);
    let (mut present, mut direct, mut members) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for conversation in list(manifest, "conversations") {
        let id = conversation["id"].as_str().unwrap_or_default();
        if conversation["type"] == "direct" {
            direct.insert(id);
        }
        for person in list(conversation, "participants")
            .iter()
            .filter_map(Value::as_str)
        {
            present.insert((id, person));
            members.push(person);
        }
    }
    for person in members {
        known(person, &people, report);
    }
    let mut events: Vec<&Value> = list(manifest, "events").iter().collect();
    let of: BTreeMap<&str, &str> = events
        .iter()
        .filter_map(|event| {
            Some((
                event["id"].as_str()?,
                event["conversation"].as_str().unwrap_or_default(),
            ))
        })
        .collect();
    events.sort_by_key(|event| event["timestamp"].as_str().and_then(moment));
    for event in events {
        let id = event["id"].as_str().unwrap_or("an event");
        let conversation = event["conversation"].as_str().unwrap_or_default();
        if let Some(parent) = event["parent"].as_str()
            && (of.get(parent) != Some(&conversation) || parent == id)
        {
            report.warn(
                "BadParent",
                format!("the parent of {id} is no other event of its conversation"),
            );
        }
        let kind = event["type"].as_str().unwrap_or_default();
        if matches!(kind, "join" | "leave") && direct.contains(conversation) {
            report.warn(
                "JoinInDirect",
                format!("{id}: nobody comes or goes in a direct conversation"),
            );
        }
        if let Some(person) = event["participant"].as_str() {
            known(person, &people, report);
            let place = (conversation, person);
            if kind == "join" {
                present.insert(place);
            } else if !present.contains(&place) && !conversation.is_empty() {
                report.warn(
                    "ParticipantAbsent",
                    format!("{id}: {person} is not in the conversation"),
                );
            }
            if kind == "leave" {
                present.remove(&place);
            }
        }
        amendments(event, id, &people, report);
    }
}

fn amendments(event: &Value, id: &str, people: &BTreeSet<&str>, report: &mut RsmfReport) {
    let acting = ["edits", "read_receipts"].map(|key| list(event, key).iter());
    for person in acting
        .into_iter()
        .flatten()
        .filter_map(|one| one["participant"].as_str())
    {
        known(person, people, report);
    }
    let reacting = list(event, "reactions")
        .iter()
        .flat_map(|one| list(one, "participants"));
    for person in reacting.filter_map(Value::as_str) {
        known(person, people, report);
    }
    let at = event["timestamp"].as_str().and_then(moment);
    let early = |edit: &Value| {
        edit["timestamp"]
            .as_str()
            .and_then(moment)
            .is_some_and(|t| Some(t) < at)
    };
    if list(event, "edits").iter().any(early) {
        report.warn(
            "EditBeforeEvent",
            format!("{id} was edited before it was sent"),
        );
    }
}

fn ids<'v>(manifest: &'v Value, key: &str, report: &mut RsmfReport) -> BTreeSet<&'v str> {
    let mut seen = BTreeSet::new();
    for id in list(manifest, key)
        .iter()
        .filter_map(|one| one["id"].as_str())
    {
        if !seen.insert(id) {
            report.error("ManifestDuplicateId", format!("two {key} have the id {id}"));
        }
    }
    seen
}

fn known(person: &str, people: &BTreeSet<&str>, report: &mut RsmfReport) {
    if !people.contains(person) {
        report.warn(
            "ParticipantUnknown",
            format!("{person} is no participant of the manifest"),
        );
    }
}
