//! RSMF 2.0: one file for each slice of the channel, a mail whose one attachment is a zip with a manifest.
//!
//! Never holds more than the slice: the zip flows through base64 into the bundle.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use migrations_free_store::Id;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zip::write::FileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::mime::{self, Lines};
use super::names::{author_id, extension};
use super::transcript::{self, why_gone};
use super::{Author, Entry, Scene, author};
use crate::chat::command::ChannelKind;
use crate::export::fault::ExportError;
use crate::export::line::{hex, iso};
use crate::export::pack::Pack;
use crate::export::story::{File, Message, Slice, Stories, Story, What};

const BOUNDARY: &str = "=_daylight_rsmf";
/// A header that names more people is left out: it is optional, and a line has its limits.
const NAMES_MAX: usize = 299;

/// A file that was written, for those who list it.
pub struct Written {
    /// The day and the part: a slice that has nothing to tell has no file.
    slice: (u64, u32),
    pub path: String,
    pub len: u64,
    pub sha256: [u8; 32],
}

impl Written {
    pub fn is_of(&self, slice: &Slice) -> bool {
        self.slice == (slice.day, slice.part)
    }
}

pub fn write(
    scene: &Scene<'_>,
    stories: &Stories<'_>,
    pack: &mut Pack,
) -> Result<Vec<Written>, ExportError> {
    let mut all = Vec::new();
    stories.each_slice(&mut |slice| {
        let path = format!("rsmf/{}.rsmf", scene.slice_name(slice));
        let file = Rsmf::new(scene, slice);
        if file.count == 0 {
            return Ok(());
        }
        let mut out = Entry::text(pack, &path)?;
        file.write(&mut out)?;
        let (len, sha256) = out.finish();
        all.push(Written {
            slice: (slice.day, slice.part),
            path,
            len,
            sha256,
        });
        Ok(())
    })?;
    Ok(all)
}

struct Rsmf<'s> {
    scene: &'s Scene<'s>,
    slice: &'s Slice,
    direct: bool,
    count: usize,
    /// Their ids and what they are shown as.
    people: BTreeMap<String, (String, Option<Id>)>,
    start: BTreeSet<String>,
    attachments: Vec<(String, &'s File)>,
    /// Position in the log by the channel's number, of what is in this file.
    here: BTreeSet<u64>,
}

impl<'s> Rsmf<'s> {
    fn new(scene: &'s Scene<'s>, slice: &'s Slice) -> Rsmf<'s> {
        let mut file = Rsmf {
            scene,
            slice,
            direct: scene.order.kind == ChannelKind::Direct,
            count: 0,
            people: BTreeMap::new(),
            start: slice.members.iter().map(Id::to_string).collect(),
            attachments: Vec::new(),
            here: BTreeSet::new(),
        };
        for id in &slice.members {
            file.meet(&Author::Person(*id));
        }
        let mut present = file.start.clone();
        for story in &slice.stories {
            file.story(story, &mut present);
        }
        file
    }

    fn meet(&mut self, author: &Author<'_>) {
        let person = match author {
            Author::Person(id) => Some(*id),
            Author::Claimed(_) => None,
        };
        let id = author_id(author);
        let name = self.scene.author_name(author);
        self.people.entry(id).or_insert((name, person));
    }

    fn story(&mut self, story: &'s Story, present: &mut BTreeSet<String>) {
        match &story.what {
            What::Created(_) => return,
            What::Joined(_) | What::Left(_) if self.direct => return,
            What::Joined(person) => {
                self.meet(&Author::Person(*person));
                present.insert(person.to_string());
            }
            What::Left(person) => {
                self.meet(&Author::Person(*person));
                self.acts(person.to_string(), present);
                present.remove(&person.to_string());
            }
            What::Said(message) => {
                let who = author(story);
                self.meet(&who);
                self.acts(author_id(&who), present);
                self.message(message);
            }
        }
        self.count += 1;
        self.here.insert(story.index);
    }

    /// Whoever speaks without having come was there from the start: an import speaks for those who were elsewhere.
    fn acts(&mut self, id: String, present: &mut BTreeSet<String>) {
        if present.insert(id.clone()) {
            self.start.insert(id);
        }
    }

    fn message(&mut self, message: &'s Message) {
        let edits = message.edits.iter().map(|edit| edit.by);
        let reactions = message.reactions.iter().map(|one| one.by);
        let receipts = message.receipts.iter().map(|one| one.by);
        for by in edits.chain(reactions).chain(receipts) {
            self.meet(&Author::Person(by));
        }
        for file in message.files.iter().filter(|file| file.path.is_some()) {
            let (n, kind) = (self.attachments.len() + 1, extension(&file.name));
            let blob = file.id.to_string();
            let (_, end) = blob.split_at(blob.len().saturating_sub(8));
            self.attachments
                .push((format!("att_{n}_{end}{kind}"), file));
        }
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), ExportError> {
        self.headers(out)?;
        write!(
            out,
            "--{BOUNDARY}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        )?;
        let mut text = Lines::new(&mut *out);
        transcript::write(self.scene, self.slice, &mut text)?;
        text.finish()?;
        write!(
            out,
            "\r\n--{BOUNDARY}\r\nContent-Type: application/zip; name=\"rsmf.zip\"\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"rsmf.zip\"\r\n\r\n"
        )?;
        self.zip(Lines::new(&mut *out))?.finish()?;
        Ok(write!(out, "\r\n--{BOUNDARY}--\r\n")?)
    }

    fn headers(&self, out: &mut dyn Write) -> io::Result<()> {
        let (scene, stories) = (self.scene, &self.slice.stories);
        let times = || {
            stories
                .iter()
                .filter(|story| self.here.contains(&story.index))
        };
        let (first, last) = (times().next(), times().next_back());
        let time = |story: Option<&Story>| story.map_or(0, |story| story.at);
        let index = |story: Option<&u64>| story.copied().unwrap_or_default();
        let (from, to) = (index(self.here.first()), index(self.here.last()));
        let channel = scene.channel().replace(',', " ");
        write!(
            out,
            "X-RSMF-Version: 2.0.0\r\nX-RSMF-Generator: Daylight {}\r\nX-RSMF-BeginDate: {}\r\nX-RSMF-EndDate: {}\r\n\
             X-RSMF-EventCount: {}\r\nX-RSMF-Application: Daylight\r\nX-RSMF-Custodian: {channel}\r\n",
            env!("CARGO_PKG_VERSION"),
            iso(time(first)),
            iso(time(last)),
            self.count,
        )?;
        self.participants(out)?;
        let checkpoint = Sha256::digest(scene.checkpoint);
        write!(
            out,
            "X-RSMF-AttachmentCount: {}\r\nX-RSMF-EventCollectionID: {}\r\nX-RSMF-LogIndexRange: {from}-{to}\r\n\
             X-RSMF-CheckpointSHA256: {}\r\nX-RSMF-ExportID: {}\r\nFrom: {}@daylight.invalid\r\n\
             Date: {}\r\nMessage-ID: <{}.{from}.{to}@daylight.invalid>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\r\n\r\n",
            self.attachments.len(),
            scene.order.channel,
            hex(&checkpoint),
            scene.order.export,
            scene.order.channel,
            mime::date(time(last)),
            scene.order.export,
        )
    }

    /// As they are, in UTF-8: encoded or with a comma in it, a name is read as others'. Folded after commas only.
    fn participants(&self, out: &mut dyn Write) -> io::Result<()> {
        let names: BTreeSet<&str> = self
            .people
            .values()
            .map(|(name, _)| name.as_str())
            .collect();
        let odd = |name: &&str| name.contains(',') || name.contains("=?") || name.is_empty();
        if names.len() > NAMES_MAX || names.iter().any(odd) {
            return Ok(());
        }
        let names: Vec<&str> = names.into_iter().collect();
        write!(out, "X-RSMF-Participants: {}\r\n", names.join(",\r\n "))
    }

    fn zip<W: Write>(&self, out: W) -> Result<W, ExportError> {
        let mut zip = ZipWriter::new_stream(out);
        let options = |method| {
            FileOptions::DEFAULT
                .compression_method(method)
                .unix_permissions(0o644)
        };
        zip.start_file("rsmf_manifest.json", options(CompressionMethod::Deflated))?;
        self.manifest(&mut zip)?;
        for (id, file) in &self.attachments {
            zip.start_file(id.as_str(), options(CompressionMethod::Stored))?;
            self.scene.copy(file, &mut zip)?;
        }
        Ok(zip.finish()?.into_inner())
    }

    fn manifest(&self, out: &mut dyn Write) -> Result<(), ExportError> {
        let channel = self.scene.order.channel.to_string();
        let people: Vec<Value> = self
            .people
            .iter()
            .map(|(id, one)| self.participant(id, one))
            .collect();
        let conversation = json!({
            "id": channel,
            "display": self.scene.channel(),
            "platform": "Daylight",
            "type": if self.direct { "direct" } else { "channel" },
            "participants": self.start,
        });
        write!(
            out,
            "{{\"version\":\"2.0.0\",\"eventcollectionid\":\"{channel}\",\"participants\":{},\"conversations\":[{conversation}],\"events\":[",
            Value::from(people),
        )?;
        let mut attachments = self.attachments.iter();
        let told = self
            .slice
            .stories
            .iter()
            .filter(|story| self.here.contains(&story.index));
        for (n, story) in told.enumerate() {
            let event = self.event(story, &mut attachments);
            write!(out, "{}{event}", if n == 0 { "\n" } else { ",\n" })?;
        }
        Ok(write!(out, "\n]}}")?)
    }

    fn participant(&self, id: &str, (name, person): &(String, Option<Id>)) -> Value {
        let mut value = json!({"id": id, "display": name});
        if let Some(person) = person {
            value["email"] = json!(self.scene.mail(*person));
            value["account_id"] = json!(self.scene.handle(*person));
        }
        value
    }

    fn event(
        &self,
        story: &Story,
        attachments: &mut dyn Iterator<Item = &'s (String, &'s File)>,
    ) -> Value {
        let (kind, participant) = match &story.what {
            What::Joined(person) => ("join", person.to_string()),
            What::Left(person) => ("leave", person.to_string()),
            What::Said(_) | What::Created(_) => ("message", author_id(&author(story))),
        };
        let mut event = json!({
            "type": kind,
            "id": story.id(),
            "participant": participant,
            "conversation": self.scene.order.channel,
            "timestamp": iso(story.at),
        });
        let mut custom = vec![
            ("log_index", story.index.to_string()),
            ("leaf", hex(&story.leaf)),
        ];
        match story.message() {
            Some(message) => self.said(story.at, message, attachments, &mut event, &mut custom),
            None => custom.push(("by", self.scene.name(story.by))),
        }
        // Neither may be empty.
        custom.retain(|(_, value)| !value.is_empty());
        let custom = custom
            .into_iter()
            .map(|(name, value)| json!({"name": name, "value": value}));
        event["custom"] = custom.collect();
        event
    }

    fn said(
        &self,
        at: u64,
        message: &Message,
        attachments: &mut dyn Iterator<Item = &'s (String, &'s File)>,
        event: &mut Value,
        custom: &mut Vec<(&'static str, String)>,
    ) {
        event["body"] = json!(message.shown().unwrap_or_default());
        if message.shown().is_none() {
            custom.push(("shredded", why_gone(message.gone).to_owned()));
        }
        match (
            message.root.filter(|root| self.here.contains(&root.index)),
            message.thread,
        ) {
            (Some(root), _) => event["parent"] = json!(crate::export::story::event_id(root.index)),
            (None, Some(seq)) => custom.push(("thread_parent", seq.to_string())),
            (None, None) => {}
        }
        if let Some(seq) = message.reply {
            custom.push(("reply_to", seq.to_string()));
        }
        if let Some((by, at)) = message.deleted {
            event["deleted"] = json!(true);
            custom.push(("deleted_by", self.scene.name(by)));
            custom.push(("deleted_at", iso(at)));
        }
        if let Some((from, at)) = &message.claimed {
            custom.push(("claimed_sender", from.clone()));
            custom.push(("claimed_time", iso(*at)));
        }
        let mut shown = Vec::new();
        for file in &message.files {
            let attached = file.path.as_ref().and_then(|_| attachments.next());
            match attached {
                Some((id, file)) => {
                    shown.push(json!({"id": id, "display": file.name, "size": file.size}));
                }
                None => custom.push(("file_destroyed", file.name.clone())),
            }
        }
        let mut filled = |key: &str, values: Vec<Value>| {
            if !values.is_empty() {
                event[key] = Value::from(values);
            }
        };
        filled("attachments", shown);
        let mut before = &message.text;
        let edits = message.edits.iter().map(|edit| {
            let previous = std::mem::replace(&mut before, &edit.text);
            json!({
                "participant": edit.by,
                "timestamp": iso(edit.at.max(at)),
                "previous": previous.as_deref().unwrap_or_default(),
                "new": edit.text.as_deref().unwrap_or_default(),
            })
        });
        filled("edits", edits.collect());
        let reactions = message.by_emoji().into_iter();
        let reactions = reactions
            .map(|(value, by)| json!({"value": value, "count": by.len(), "participants": by}));
        filled("reactions", reactions.collect());
        let receipts = message.receipts.iter().map(|one| {
            let action = if one.read { "read" } else { "delivered" };
            json!({"participant": one.by, "timestamp": iso(one.at), "action": action})
        });
        filled("read_receipts", receipts.collect());
    }
}
