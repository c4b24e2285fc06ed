//! Actiance XML: the channel as one conversation, with who came and went, and the files beside it.
//!
//! XML has no place for control characters: they become U+FFFD, and warning.txt names the message.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use migrations_free_store::Id;

use super::mattermost::{copy_files, path, room, user_type};
use super::{Author, Entry, Scene, author};
use crate::export::fault::ExportError;
use crate::export::pack::Pack;
use crate::export::story::{Message, Stories, Story, What, event_id};

/// Messages that are named in warning.txt; all of them are counted.
const NAMED_MAX: usize = 10_000;

#[derive(Default)]
struct Notes {
    named: Vec<String>,
    more: u64,
}

impl Notes {
    fn add(&mut self, note: String) {
        if self.named.len() < NAMED_MAX {
            self.named.push(note);
        } else {
            self.more += 1;
        }
    }
}

pub fn write(scene: &Scene<'_>, stories: &Stories<'_>, pack: &mut Pack) -> Result<(), ExportError> {
    let mut notes = Notes::default();
    let mut present: Option<BTreeSet<Id>> = None;
    let (from, to) = (scene.order.from_ms, scene.order.to_ms);
    let mut out = Entry::text(pack, "actiance/actiance_export.xml")?;
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<FileDump xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n\
         <Conversation Perspective=\"{}\">\n<RoomID>{}</RoomID><StartTimeUTC>{from}</StartTimeUTC>\n",
        text(&scene.channel()).0,
        text(&room(scene)).0,
    )?;
    stories.each_slice(&mut |slice| {
        let present = match &mut present {
            Some(present) => present,
            none => {
                for member in &slice.members {
                    moved(scene, "ParticipantEntered", *member, from, &mut out)?;
                }
                none.insert(slice.members.clone())
            }
        };
        for story in &slice.stories {
            match &story.what {
                What::Said(message) => said(scene, story, message, &mut notes, &mut out)?,
                What::Joined(person) => {
                    present.insert(*person);
                    moved(scene, "ParticipantEntered", *person, story.at, &mut out)?;
                }
                What::Left(person) => {
                    present.remove(person);
                    moved(scene, "ParticipantLeft", *person, story.at, &mut out)?;
                }
                What::Created(_) => {}
            }
        }
        Ok(())
    })?;
    for member in present.unwrap_or_default() {
        moved(scene, "ParticipantLeft", member, to, &mut out)?;
    }
    write!(
        out,
        "<EndTimeUTC>{to}</EndTimeUTC>\n</Conversation>\n</FileDump>\n"
    )?;
    copy_files(scene, stories, pack, "actiance")?;
    if notes.named.is_empty() {
        return Ok(());
    }
    let mut all = notes.named.concat();
    if notes.more > 0 {
        let _infallible = writeln!(all, "And {} more.", notes.more);
    }
    pack.whole_text("actiance/warning.txt", &all)
}

fn moved(scene: &Scene<'_>, tag: &str, person: Id, at: u64, out: &mut dyn Write) -> io::Result<()> {
    let mail = text(&scene.mail(person)).0;
    let kind = user_type(scene, &Author::Person(person));
    writeln!(
        out,
        "<{tag}><LoginName>{mail}</LoginName><UserType>{kind}</UserType><DateTimeUTC>{at}</DateTimeUTC>\
         <CorporateEmailID>{mail}</CorporateEmailID></{tag}>"
    )
}

/// One version of a message.
struct Version<'v> {
    id: String,
    text: &'v str,
    update: Option<(&'static str, u64)>,
    newer: Option<&'v str>,
}

fn said(
    scene: &Scene<'_>,
    story: &Story,
    message: &Message,
    notes: &mut Notes,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (id, mut before) = (story.id(), message.text.as_deref().unwrap_or_default());
    for edit in &message.edits {
        let version = Version {
            id: event_id(edit.index),
            text: before,
            update: Some(("EditedOriginalMsg", edit.at)),
            newer: Some(&id),
        };
        one(scene, story, &version, notes, out)?;
        before = edit.text.as_deref().unwrap_or_default();
    }
    let deleted = message.deleted.map(|(_, at)| ("Deleted", at));
    let edited = message.edits.last().map(|edit| ("EditedNewMsg", edit.at));
    let version = Version {
        id: id.clone(),
        text: &match deleted {
            Some(_) => format!("delete {before}"),
            None => before.to_owned(),
        },
        update: deleted.or(edited),
        newer: None,
    };
    one(scene, story, &version, notes, out)?;
    let login = text(&scene.author_mail(&author(story))).0;
    for file in &message.files {
        let (path, name) = (path(story, file), text(&file.name).0);
        let place = path.clone().unwrap_or_default();
        let what = format!(
            "<LoginName>{login}</LoginName><DateTimeUTC>{}</DateTimeUTC><UserFileName>{name}</UserFileName><FileName>{place}</FileName>",
            story.at
        );
        let status = if path.is_some() {
            "Completed"
        } else {
            "Failed"
        };
        writeln!(
            out,
            "<FileTransferStarted>{what}</FileTransferStarted>\n<FileTransferEnded>{what}<Status>{status}</Status></FileTransferEnded>"
        )?;
        if path.is_none() {
            notes.add(format!("{id}: the file {} was destroyed.\n", file.id));
        }
    }
    Ok(())
}

fn one(
    scene: &Scene<'_>,
    story: &Story,
    version: &Version<'_>,
    notes: &mut Notes,
    out: &mut dyn Write,
) -> io::Result<()> {
    let who = author(story);
    let (content, changed) = text(version.text);
    if changed {
        notes.add(format!(
            "{}: control characters are shown as U+FFFD.\n",
            version.id
        ));
    }
    write!(
        out,
        "<Message><MessageId>{}</MessageId><LoginName>{}</LoginName><UserType>{}</UserType><DateTimeUTC>{}</DateTimeUTC>",
        version.id,
        text(&scene.author_mail(&who)).0,
        user_type(scene, &who),
        story.at
    )?;
    if let Some((kind, at)) = version.update {
        write!(
            out,
            "<UpdatedType>{kind}</UpdatedType><UpdatedDateTimeUTC>{at}</UpdatedDateTimeUTC>"
        )?;
    }
    if let Some(newer) = version.newer {
        write!(out, "<EditedNewMsgId>{newer}</EditedNewMsgId>")?;
    }
    writeln!(out, "<Content>{content}</Content></Message>")
}

/// Safe in elements and attributes, and whether something had to be replaced. A carriage return is kept by its number.
fn text(text: &str) -> (String, bool) {
    let (mut safe, mut changed) = (String::with_capacity(text.len() + 16), false);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\r' => safe.push_str("&#13;"),
            '\n' | '\t' => safe.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                changed = true;
                safe.push('\u{fffd}');
            }
            c => safe.push(c),
        }
    }
    (safe, changed)
}
