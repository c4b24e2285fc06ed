//! The checks of a bundle's lines, one by one and then together.
//!
//! Never holds more than numbers, gaps and the names of files: lines are read and let go.

use std::collections::{BTreeMap, BTreeSet};

use migrations_free_store::Id;
use migrations_free_store::verify::{commitment_hash, leaf_hash, verify_inclusion};
use serde::Deserialize;
use serde_json::Value;

use super::line::{Head, Line, Part, Reason, Said, decoded, gap_scope};
use super::manifest::{Counts, Gap, Manifest, Selection};
use super::select::{is_fence, part_of};
use super::source::Sums;
use super::verify::BundleFault;

pub type People = BTreeMap<String, Named>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub name: String,
    #[serde(rename = "handle")]
    _handle: String,
    #[serde(rename = "role")]
    _role: String,
}

pub struct Check<'b> {
    manifest: &'b Manifest,
    people: &'b People,
    sums: &'b Sums,
    channel: String,
    export: String,
    found: Found,
    log_index: Option<(u64, u64)>,
    next_seq: u64,
    newest: Option<(u64, [u8; 32])>,
    fences: BTreeSet<u64>,
    gaps: BTreeMap<(String, Reason), Gap>,
    natives: BTreeSet<String>,
    requested: bool,
    approved: bool,
    /// Chosen messages that stand in the range.
    chosen: u64,
}

#[derive(Clone, Default)]
pub struct Found {
    pub counts: Counts,
    pub unexplained: u64,
}

impl<'b> Check<'b> {
    pub fn new(manifest: &'b Manifest, people: &'b People, sums: &'b Sums) -> Check<'b> {
        Check {
            manifest,
            people,
            sums,
            channel: manifest.channel.id.to_string(),
            export: manifest.export.to_string(),
            found: Found::default(),
            log_index: None,
            next_seq: manifest.channel_seq.first,
            newest: None,
            fences: BTreeSet::new(),
            gaps: BTreeMap::new(),
            natives: BTreeSet::new(),
            requested: false,
            approved: false,
            chosen: 0,
        }
    }

    pub fn line(&mut self, file: &str, number: u64, text: &[u8]) -> Result<(), BundleFault> {
        let Some(position) = position_of(text) else {
            return Err(BundleFault::file(
                file,
                &format!("line {number} cannot be read"),
            ));
        };
        self.proved(position, text)
            .map_err(|what| BundleFault::at(position, &what))
    }

    /// What only shows when all lines were seen.
    pub fn finish(mut self, file: &str) -> Result<Found, BundleFault> {
        let span = self.manifest.channel_seq;
        let missing = |seq, where_: &str| {
            BundleFault::file(file, &format!("channel_seq {seq}, {where_}, is missing"))
        };
        if self.next_seq != span.end {
            return Err(missing(self.next_seq, "inside the range"));
        }
        if span.first > 1 && !self.fences.contains(&(span.first - 1)) {
            return Err(missing(span.first - 1, "before the range"));
        }
        if span.end <= span.head && !self.fences.contains(&span.end) {
            return Err(missing(span.end, "after the range"));
        }
        let given = self.sums.keys().filter(|name| name.starts_with("natives/"));
        for name in given {
            if !self.natives.contains(name) {
                return Err(BundleFault::file(
                    name,
                    "belongs to no message of the bundle",
                ));
            }
        }
        self.found.counts.files = self.natives.len() as u64;
        self.found.unexplained = self
            .gaps
            .values()
            .filter(|gap| gap.destroyed_at.is_none())
            .map(|gap| gap.events)
            .sum();
        let m = self.manifest;
        let name = |id: Id| {
            self.people
                .get(&id.to_string())
                .map_or("", |person| person.name.as_str())
        };
        let claims = [
            ("counts are", m.counts == self.found.counts),
            ("log_index is", m.log_index == self.log_index),
            ("gaps are", m.gaps.iter().eq(self.gaps.values())),
            ("selection is", self.selection_fits()),
            (
                "names are",
                m.order.requester_name == name(m.order.requester)
                    && m.order.approver_name == name(m.order.approver),
            ),
            (
                "order is",
                self.requested && self.approved && m.order.requester != m.order.approver,
            ),
        ];
        match claims.iter().find(|(_, holds)| !holds) {
            Some((claim, _)) => Err(BundleFault::file(
                "MANIFEST.json",
                &format!("its {claim} not what the lines have"),
            )),
            None => Ok(self.found),
        }
    }

    /// Each chosen message is one of the range, and the numbers rise.
    fn selection_fits(&self) -> bool {
        self.manifest.selection.as_ref().is_none_or(|chosen| {
            let rise = chosen.messages.is_sorted_by(|a, b| a < b);
            rise && chosen.rest == Selection::REST && self.chosen == chosen.messages.len() as u64
        })
    }

    fn proved(&mut self, position: u64, text: &[u8]) -> Result<(), String> {
        let line: Line = serde_json::from_slice(text).map_err(|_| "the line cannot be read")?;
        if line.log_index != position || self.log_index.is_some_and(|(_, last)| position <= last) {
            return Err("stands out of order".into());
        }
        self.log_index = Some((
            self.log_index.map_or(position, |(first, _)| first),
            position,
        ));
        if position >= self.manifest.frozen {
            return Err("is not before the frozen position".into());
        }
        let leaf = match (&line.header, line.header_salt) {
            (Some(header), Some(salt)) => leaf_hash(&salt.0, header.as_bytes()),
            (None, None) => line.leaf.0,
            _ => return Err("the line cannot be read".into()),
        };
        if leaf != line.leaf.0 {
            return Err("header and salt do not give the leaf".into());
        }
        let proof: Vec<[u8; 32]> = line.proof.iter().map(|hash| hash.0).collect();
        let log = &self.manifest.log;
        verify_inclusion(&leaf, position, log.size, &log.root.0, &proof)
            .map_err(|_| "the proof does not lead to the checkpoint")?;
        let head = match &line.header {
            Some(header) => {
                Some(serde_json::from_str::<Head>(header).map_err(|_| "the line cannot be read")?)
            }
            None => None,
        };
        let said = content(&line, head.as_ref())?;
        self.place(&line, head.as_ref())?;
        self.sequence(&line, head.as_ref())?;
        self.copy(&line, head.as_ref(), said.as_ref())?;
        self.note(&line, head.as_ref(), said.as_ref());
        Ok(())
    }

    /// Does it belong here, and does it show what it should?
    fn place(&self, line: &Line, head: Option<&Head>) -> Result<(), String> {
        let m = self.manifest;
        let inside = |seq: u64| (m.channel_seq.first..m.channel_seq.end).contains(&seq);
        let Some(head) = head else {
            let fits = match (line.part, line.channel_seq) {
                (Part::Range, Some(seq)) => inside(seq),
                (Part::Fence, Some(seq)) => is_fence(seq, m.channel_seq),
                _ => false,
            };
            return if fits {
                Ok(())
            } else {
                Err("is in the bundle for another reason than it says".into())
            };
        };
        if head.channel.as_deref() != Some(self.channel.as_str()) {
            return Err("belongs to another channel".into());
        }
        if head.channel_seq != line.channel_seq {
            return Err("channel_seq is not the header's".into());
        }
        if head
            .scope
            .as_ref()
            .is_some_and(|scope| *scope != line.scope && !line.scope.starts_with("matter/"))
        {
            return Err("scope is not the header's".into());
        }
        let in_time = (m.range.from_ms..m.range.to_ms).contains(&head.at);
        let in_range = line.channel_seq.map_or(in_time, inside);
        if in_time && !in_range {
            return Err("was recorded in the range but stands outside its channel_seq".into());
        }
        if part_of(head, in_range, m.channel_seq, &self.export) != Some(line.part) {
            return Err("is in the bundle for another reason than it says".into());
        }
        let unchosen = m.selection.as_ref();
        let unchosen = unchosen.is_some_and(|chosen| !chosen.shows(head, &self.export));
        let hidden = line.part == Part::Fence || line.part == Part::Range && !in_time || unchosen;
        if line.withheld && !hidden || line.content.is_some() && hidden {
            return Err("content is shown or withheld against the range".into());
        }
        Ok(())
    }

    /// The channel's own numbers have no gap in the range, and each event names the leaf before it.
    fn sequence(&mut self, line: &Line, head: Option<&Head>) -> Result<(), String> {
        let Some(seq) = line.channel_seq else {
            return Ok(());
        };
        let span = self.manifest.channel_seq;
        let (before, leaf) = self.newest.unwrap_or((0, [0; 32]));
        if seq <= before || seq > span.head {
            return Err("channel_seq stands out of order".into());
        }
        if (span.first..span.end).contains(&seq) {
            if seq != self.next_seq {
                return Err(format!(
                    "channel_seq {} is missing before it",
                    self.next_seq
                ));
            }
            self.next_seq += 1;
        }
        let prev = head.map(|head| head.channel_prev);
        if prev.is_some_and(|prev| {
            seq > 1
                && (prev.is_none() || seq - 1 == before && prev.map(|hash| hash.0) != Some(leaf))
        }) {
            return Err("channel_prev is not the leaf before it".into());
        }
        if is_fence(seq, span) {
            self.fences.insert(seq);
        }
        self.newest = Some((seq, line.leaf.0));
        Ok(())
    }

    /// The readable copy and the files are those of the record.
    fn copy(
        &mut self,
        line: &Line,
        head: Option<&Head>,
        said: Option<&Said>,
    ) -> Result<(), String> {
        let name = head
            .and_then(|head| self.people.get(&head.actor))
            .map(|person| person.name.as_str());
        let due = head.map(|head| serde_json::to_value(decoded(head, said, name)));
        let due = due.transpose().map_err(|_| "the line cannot be read")?;
        if line.decoded != due {
            return Err("the readable copy is not what was recorded".into());
        }
        let files = said.map(|said| said.files.as_slice()).unwrap_or_default();
        if files.len() != line.natives.len() {
            return Err("its files are not those recorded".into());
        }
        for (file, path) in files.iter().zip(&line.natives) {
            let Some(path) = path else {
                self.found.counts.files_missing += 1;
                continue;
            };
            if !path.starts_with(&format!("natives/{}-", file.id))
                || self.sums.get(path) != Some(&(file.size, file.sha256.0))
            {
                return Err(format!("{path} is not the file recorded"));
            }
            self.natives.insert(path.clone());
        }
        Ok(())
    }

    fn note(&mut self, line: &Line, head: Option<&Head>, said: Option<&Said>) {
        let counts = &mut self.found.counts;
        counts.events += 1;
        counts.withheld += u64::from(line.withheld);
        if let Some(reason) = line.reason {
            counts.forgotten += 1;
            let scope = gap_scope(&line.scope, reason, head);
            let fresh = || Gap {
                scope: scope.clone(),
                reason,
                events: 0,
                first_log_index: line.log_index,
                last_log_index: line.log_index,
                destroyed_at: None,
            };
            let gap = self.gaps.entry((scope.clone(), reason));
            let gap = gap.or_insert_with(fresh);
            gap.events += 1;
            gap.last_log_index = line.log_index;
        }
        let Some(head) = head else {
            let chosen = self.manifest.selection.as_ref();
            let is_chosen = |seq| chosen.is_some_and(|chosen| chosen.has(seq));
            self.chosen += u64::from(line.channel_seq.is_some_and(is_chosen));
            return;
        };
        counts.messages += u64::from(line.part == Part::Range && head.is_message());
        let chosen = self.manifest.selection.as_ref();
        if let (Some(chosen), Some(seq)) = (chosen, line.channel_seq) {
            self.chosen += u64::from(head.is_message() && chosen.has(seq));
        }
        for gap in head.explains(self.manifest.channel.id) {
            if let Some(gap) = self.gaps.get_mut(&gap) {
                gap.destroyed_at.get_or_insert(line.log_index);
            }
        }
        if head.export() == Some(&self.export) {
            let m = self.manifest;
            let words_fit = said.is_none_or(|said| {
                said.reason.as_ref() == Some(&m.order.reason)
                    && said.case.as_ref() == Some(&m.order.case)
            });
            let none = Value::Array(Vec::new());
            let formats = head.object.get("formats").unwrap_or(&none);
            let formats_fit = serde_json::to_value(&m.formats).is_ok_and(|due| due == *formats);
            let selection_fits = selects(head, said, m.selection.as_ref());
            self.requested |= head.act == "export.requested"
                && selection_fits
                && head.actor == m.order.requester.to_string()
                && head.number("from") == Some(m.range.from_ms)
                && head.number("to") == Some(m.range.to_ms)
                && words_fit
                && formats_fit;
            self.approved |=
                head.act == "export.approved" && head.actor == m.order.approver.to_string();
        }
    }
}

/// Did the request choose what the manifest says: by its header the tags, and by its content the messages?
fn selects(head: &Head, said: Option<&Said>, selection: Option<&Selection>) -> bool {
    let Some((chosen, selection)) = head.object.get("chosen").zip(selection) else {
        return head.object.get("chosen").is_none() && selection.is_none();
    };
    let none = Value::Array(Vec::new());
    let fits = |key, due: &[String]| {
        serde_json::to_value(due).is_ok_and(|due| due == *chosen.get(key).unwrap_or(&none))
    };
    let messages = &selection.messages;
    chosen.get("matter").and_then(Value::as_str) == Some(selection.matter.to_string().as_str())
        && chosen.get("messages").and_then(Value::as_u64) == Some(messages.len() as u64)
        && fits("tagged", &selection.tagged)
        && fits("not_tagged", &selection.not_tagged)
        && said.is_some_and(|said| said.chosen == *messages)
}

/// The content is the one that the header commits to, or the line says why it is not there.
fn content(line: &Line, head: Option<&Head>) -> Result<Option<Said>, String> {
    let committed = head.and_then(|head| head.content_commitment);
    let marks_fit = match (&line.content, line.content_salt, committed) {
        (Some(_), Some(_), Some(_)) => !line.forgotten && !line.withheld,
        (None, None, Some(_)) => line.forgotten != line.withheld,
        (None, None, None) => line.forgotten == head.is_none() && !line.withheld,
        _ => false,
    };
    if !marks_fit || line.forgotten != line.reason.is_some() {
        return Err("content is neither shown nor accounted for".into());
    }
    let (Some(content), Some(salt), Some(committed)) =
        (&line.content, line.content_salt, committed)
    else {
        return Ok(None);
    };
    if commitment_hash(&salt.0, content.as_bytes()) != committed.0 {
        return Err("content and salt do not give the header's commitment".into());
    }
    Ok(Some(
        serde_json::from_str(content).map_err(|_| "the line cannot be read")?,
    ))
}

/// Read without JSON, so that a broken line still names its position.
fn position_of(line: &[u8]) -> Option<u64> {
    let rest = line.strip_prefix(b"{\"log_index\":")?;
    let digits = rest.get(..rest.iter().position(|byte| *byte == b',')?)?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}
