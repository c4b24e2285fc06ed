//! A Mattermost compliance export as a folder: a row for each version of a message, file, coming and going.
//!
//! Its importers read cells as they are, so nothing is put before a formula here: it is not for spreadsheets.

use std::io::{self, Write};

use serde_json::json;

use super::names::{author_id, file_part};
use super::{Author, Entry, Scene, author};
use crate::chat::command::ChannelKind;
use crate::export::fault::ExportError;
use crate::export::pack::Pack;
use crate::export::story::{File, Message, Stories, Story, What, event_id};

const COLUMNS: &str = "Post Creation Time,Post Update Time,Post Update Type,Team Id,Team Name,Team Display Name,Channel Id,Channel Name,\
Channel Display Name,Channel Type,User Id,User Email,Username,Post Id,Edited By Post Id,Replied to Post Id,Post Message,Post Type,User Type,Previews Post Id\n";

#[derive(Default)]
struct Counts {
    messages: u64,
    attachments: u64,
    missing: Vec<String>,
}

/// What tells one row of a story from another.
#[derive(Default)]
struct Row<'r> {
    updated: Option<u64>,
    update: &'r str,
    post: String,
    edited_by: String,
    replied_to: String,
    text: String,
    kind: &'r str,
}

pub fn write(scene: &Scene<'_>, stories: &Stories<'_>, pack: &mut Pack) -> Result<(), ExportError> {
    let (mut counts, mut first) = (Counts::default(), true);
    let mut out = Entry::text(pack, "mattermost/posts.csv")?;
    out.write_all(COLUMNS.as_bytes())?;
    stories.each_slice(&mut |slice| {
        if std::mem::take(&mut first) {
            let at = slice
                .stories
                .first()
                .map_or(scene.order.from_ms, |story| story.at);
            for member in &slice.members {
                let (name, mail) = (scene.handle(*member), scene.mail(*member));
                let row = Row {
                    text: format!("User {name} ({mail}) was already in the channel"),
                    kind: "previously-joined",
                    ..Row::default()
                };
                line(scene, &mut out, at, &Author::Person(*member), &row)?;
            }
        }
        for story in &slice.stories {
            rows(scene, story, &mut out, &mut counts)?;
        }
        Ok(())
    })?;
    copy_files(scene, stories, pack, "mattermost")?;
    let (from, to) = (scene.order.from_ms, scene.order.to_ms);
    let channel = json!({
        "TeamId": "daylight", "TeamName": "daylight", "TeamDisplayName": "Daylight",
        "ChannelId": scene.order.channel, "ChannelName": channel_name(scene), "ChannelDisplayName": scene.channel(),
        "ChannelType": kind(scene), "RoomId": room(scene),
        "StartTime": from, "EndTime": to, "MessagesCount": counts.messages, "AttachmentsCount": counts.attachments,
    });
    let id = scene.order.channel.to_string();
    let metadata = json!({
        "Channels": {id: channel}, "MessagesCount": counts.messages, "AttachmentsCount": counts.attachments,
        "StartTime": from, "EndTime": to,
    });
    pack.whole_text("mattermost/metadata.json", &format!("{metadata:#}\n"))?;
    if counts.missing.is_empty() {
        return Ok(());
    }
    pack.whole_text("mattermost/warning.txt", &counts.missing.concat())
}

/// Where a file stands, seen from posts.csv; the same for the other format with such a folder.
/// The files under [`path`], in a folder of the format's own.
pub fn copy_files(
    scene: &Scene<'_>,
    stories: &Stories<'_>,
    pack: &mut Pack,
    folder: &str,
) -> Result<(), ExportError> {
    stories.each_slice(&mut |slice| {
        for story in &slice.stories {
            for file in story.message().map_or(&[][..], |message| &message.files) {
                if let Some(path) = path(story, file) {
                    let mut entry = Entry::native(pack, &format!("{folder}/{path}"))?;
                    scene.copy(file, &mut entry)?;
                }
            }
        }
        Ok(())
    })
}

pub fn path(story: &Story, file: &File) -> Option<String> {
    Some(format!("files/{}/{}", story.id(), file_part(file)?))
}

pub fn kind(scene: &Scene<'_>) -> &'static str {
    match scene.order.kind {
        ChannelKind::Direct => "direct",
        ChannelKind::Group | ChannelKind::Announcement => "private",
    }
}

pub fn room(scene: &Scene<'_>) -> String {
    format!(
        "{} - {} - {}",
        kind(scene),
        channel_name(scene),
        scene.order.channel
    )
}

pub fn user_type(scene: &Scene<'_>, author: &Author<'_>) -> &'static str {
    match author {
        Author::Person(id) if scene.is_bot(*id) => "bot",
        Author::Person(_) | Author::Claimed(_) => "user",
    }
}

fn channel_name(scene: &Scene<'_>) -> String {
    super::names::path_part(&scene.channel()).to_lowercase()
}

fn rows(
    scene: &Scene<'_>,
    story: &Story,
    out: &mut dyn Write,
    counts: &mut Counts,
) -> Result<(), ExportError> {
    match &story.what {
        What::Said(message) => said(scene, story, message, out, counts)?,
        What::Joined(person) | What::Left(person) => {
            let (name, mail) = (scene.handle(*person), scene.mail(*person));
            let joined = matches!(story.what, What::Joined(_));
            let row = Row {
                post: story.id(),
                text: format!(
                    "User {name} ({mail}) {} the channel",
                    if joined { "joined" } else { "left" }
                ),
                kind: if joined { "enter" } else { "leave" },
                ..Row::default()
            };
            line(scene, out, story.at, &Author::Person(*person), &row)?;
        }
        What::Created(_) => {}
    }
    Ok(())
}

fn said(
    scene: &Scene<'_>,
    story: &Story,
    message: &Message,
    out: &mut dyn Write,
    counts: &mut Counts,
) -> io::Result<()> {
    counts.messages += 1;
    let who = author(story);
    let id = story.id();
    let replied_to = message
        .root
        .map_or_else(String::new, |root| event_id(root.index));
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    // Each version but the last stands under a number of its own and names the message.
    let mut before = &message.text;
    for edit in &message.edits {
        let row = Row {
            updated: Some(edit.at),
            update: "EditedOriginalMsg",
            post: event_id(edit.index),
            edited_by: id.clone(),
            replied_to: replied_to.clone(),
            text: text(std::mem::replace(&mut before, &edit.text)),
            kind: "message",
        };
        line(scene, out, story.at, &who, &row)?;
    }
    let row = match (message.deleted, message.edits.last()) {
        (Some((_, at)), _) => Row {
            updated: Some(at),
            update: "Deleted",
            text: format!("delete {}", text(before)),
            ..Row::default()
        },
        (None, Some(edit)) => Row {
            updated: Some(edit.at),
            update: "EditedNewMsg",
            text: text(before),
            ..Row::default()
        },
        (None, None) => Row {
            text: text(before),
            ..Row::default()
        },
    };
    let row = Row {
        post: id.clone(),
        replied_to: replied_to.clone(),
        kind: "message",
        ..row
    };
    line(scene, out, story.at, &who, &row)?;
    for file in &message.files {
        let path = path(story, file);
        if path.is_none() {
            counts
                .missing
                .push(format!("The file {} of {id} was destroyed.\n", file.id));
        }
        counts.attachments += u64::from(path.is_some());
        let gone = path.is_none() || message.deleted.is_some();
        let row = Row {
            updated: message.deleted.map(|(_, at)| at),
            update: if gone { "FileDeleted" } else { "" },
            post: id.clone(),
            replied_to: replied_to.clone(),
            text: path.unwrap_or_else(|| file.name.clone()),
            kind: if gone {
                "deleted attachment"
            } else {
                "attachment"
            },
            ..Row::default()
        };
        line(scene, out, story.at, &who, &row)?;
    }
    Ok(())
}

fn line(
    scene: &Scene<'_>,
    out: &mut dyn Write,
    at: u64,
    who: &Author<'_>,
    row: &Row<'_>,
) -> io::Result<()> {
    let (created, updated) = (
        at.to_string(),
        row.updated.map_or_else(String::new, |at| at.to_string()),
    );
    let channel = scene.order.channel.to_string();
    let (channel_name, display) = (channel_name(scene), scene.channel());
    let (id, mail) = (author_id(who), scene.author_mail(who));
    let name = match who {
        Author::Person(id) => scene.handle(*id),
        Author::Claimed(_) => scene.author_name(who),
    };
    let cells = [
        &created,
        &updated,
        row.update,
        "daylight",
        "daylight",
        "Daylight",
        &channel,
        &channel_name,
        &display,
        kind(scene),
        &id,
        &mail,
        &name,
        &row.post,
        &row.edited_by,
        &row.replied_to,
        &row.text,
        row.kind,
        user_type(scene, who),
        "",
    ];
    for (n, text) in cells.into_iter().enumerate() {
        write!(out, "{}{}", if n == 0 { "" } else { "," }, cell(text))?;
    }
    out.write_all(b"\n")
}

/// Quoted when it must be. Nothing is changed: what a message says is what its cell says, but for NUL, which ends text
/// for many readers.
fn cell(text: &str) -> String {
    let text = text.replace('\0', "\u{fffd}");
    if text.contains(['"', ',', '\n', '\r']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
