//! A Slack export as a folder: who, which channel, and a file for each day with its messages.
//!
//! `ts` names a message: its second, and its position in the log for the digits behind the point.

use std::collections::BTreeSet;
use std::io::Write;

use migrations_free_store::Id;
use serde_json::{Value, json};

use super::names::path_part;
use super::transcript::why_gone;
use super::{Author, Entry, Scene, author};
use crate::chat::command::ChannelKind;
use crate::export::fault::ExportError;
use crate::export::line::iso;
use crate::export::pack::Pack;
use crate::export::story::{Message, Stories, Story, What};

pub fn write(scene: &Scene<'_>, stories: &Stories<'_>, pack: &mut Pack) -> Result<(), ExportError> {
    let folder = folder(scene);
    let (mut people, mut created) = (BTreeSet::new(), None);
    let mut day = None;
    stories.each_slice(&mut |slice| {
        if day.replace(slice.day) == Some(slice.day) {
            pack.put(b",\n")?;
        } else {
            if created.is_some() {
                pack.put(b"\n]\n")?;
            }
            pack.text(&format!("slack/{folder}/{}.json", slice.date()))?;
            pack.put(b"[\n")?;
        }
        created.get_or_insert(slice.stories.first().map_or(0, |story| story.at));
        people.extend(slice.members.iter().copied());
        for (n, story) in slice.stories.iter().enumerate() {
            if n > 0 {
                pack.put(b",\n")?;
            }
            let text = serde_json::to_vec(&event(scene, story, &mut people));
            let text = text.map_err(std::io::Error::from)?;
            pack.put(&text)?;
        }
        Ok(())
    })?;
    if created.is_some() {
        pack.put(b"\n]\n")?;
    }
    let created = created.unwrap_or(scene.order.from_ms) / 1000;
    let entry = json!([channel(scene, &folder, &people, created)]);
    let place = match scene.order.kind {
        ChannelKind::Direct if people.len() > 2 => "mpims",
        ChannelKind::Direct => "dms",
        ChannelKind::Group | ChannelKind::Announcement => "groups",
    };
    for list in ["channels", "groups", "dms", "mpims"] {
        let none = json!([]);
        whole(pack, list, if list == place { &entry } else { &none })?;
    }
    let users: Value = people.iter().map(|id| user(scene, *id)).collect();
    whole(pack, "users", &users)?;
    whole(pack, "integration_logs", &json!([]))
}

fn whole(pack: &mut Pack, name: &str, value: &Value) -> Result<(), ExportError> {
    let mut entry = Entry::text(pack, &format!("slack/{name}.json"))?;
    Ok(writeln!(entry, "{value:#}")?)
}

/// As Slack names channels; the true name is its purpose.
fn folder(scene: &Scene<'_>) -> String {
    let name = path_part(&scene.channel()).to_lowercase();
    if scene.order.kind == ChannelKind::Direct
        || !name.contains(|c: char| c.is_ascii_alphanumeric())
    {
        scene.order.channel.to_string()
    } else {
        name
    }
}

fn channel(scene: &Scene<'_>, folder: &str, people: &BTreeSet<Id>, created: u64) -> Value {
    json!({
        "id": scene.order.channel,
        "name": folder,
        "created": created,
        "creator": people.first(),
        "is_archived": false,
        "is_general": false,
        "members": people,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": escaped(&scene.channel()), "creator": "", "last_set": 0},
    })
}

fn user(scene: &Scene<'_>, id: Id) -> Value {
    let (name, mail) = (scene.name(id), scene.mail(id));
    json!({
        "id": id,
        "name": scene.handle(id),
        "real_name": name,
        "deleted": false,
        "is_bot": scene.is_bot(id),
        "profile": {"real_name": name, "display_name": name, "email": mail, "image_72": "", "image_48": "", "image_32": "", "image_24": ""},
    })
}

fn event(scene: &Scene<'_>, story: &Story, people: &mut BTreeSet<Id>) -> Value {
    people.insert(story.by);
    let mut event = json!({
        "type": "message",
        "user": story.by,
        "ts": ts(story.at, story.index),
        "daylight": {"id": story.id(), "at": iso(story.at)},
    });
    match &story.what {
        What::Joined(person) | What::Left(person) => {
            people.insert(*person);
            let joined = matches!(story.what, What::Joined(_));
            event["user"] = json!(person);
            event["subtype"] = json!(if joined {
                "channel_join"
            } else {
                "channel_leave"
            });
            let word = if joined { "joined" } else { "left" };
            event["text"] = json!(format!("<@{person}> has {word} the channel"));
            event["daylight"]["by"] = json!(story.by);
        }
        What::Said(message) => said(scene, story, message, &mut event, people),
        What::Created(_) => {}
    }
    event
}

fn said(
    scene: &Scene<'_>,
    story: &Story,
    message: &Message,
    event: &mut Value,
    people: &mut BTreeSet<Id>,
) {
    event["text"] = json!(escaped(message.shown().unwrap_or_default()));
    match author(story) {
        Author::Person(id) => {
            people.insert(id);
            event["user"] = json!(id);
        }
        Author::Claimed(name) => {
            event["subtype"] = json!("bot_message");
            event["username"] = json!(name);
        }
    }
    if message.shown().is_none() {
        event["daylight"]["gone"] = json!(why_gone(message.gone));
    }
    if let Some((from, at)) = &message.claimed {
        event["daylight"]["imported"] = json!({"from": from, "at": iso(*at)});
    }
    if let Some((by, at)) = message.deleted {
        people.insert(by);
        event["subtype"] = json!("tombstone");
        event["daylight"]["deleted"] = json!({"by": by, "name": scene.name(by), "at": iso(at)});
    }
    if let Some(root) = message.root {
        event["thread_ts"] = json!(ts(root.at, root.index));
        event["parent_user_id"] = json!(root.by);
    } else if message.replies > 0 {
        event["thread_ts"] = event["ts"].clone();
        event["reply_count"] = json!(message.replies);
    }
    if let Some(edit) = message.edits.last() {
        people.insert(edit.by);
        event["edited"] = json!({"user": edit.by, "ts": ts(edit.at, edit.index)});
        let texts =
            std::iter::once(&message.text).chain(message.edits.iter().map(|edit| &edit.text));
        let texts: Vec<_> = texts.collect();
        event["daylight"]["texts"] = json!(texts);
    }
    people.extend(message.reactions.iter().map(|one| one.by));
    let reactions = message.by_emoji();
    if !reactions.is_empty() {
        let each = |(name, users): (&&str, &Vec<Id>)| json!({"name": name, "users": users, "count": users.len()});
        event["reactions"] = reactions.iter().map(each).collect();
    }
    if !message.files.is_empty() {
        let files = message.files.iter().map(|file| {
            // Its place in the bundle, seen from this folder.
            let place = file.path.as_ref().map(|path| format!("../../{path}"));
            let mode = if place.is_some() { "hosted" } else { "tombstone" };
            json!({"id": file.id, "name": file.name, "title": file.name, "mimetype": file.mime, "size": file.size,
                "mode": mode, "url_private": place.clone().unwrap_or_default(), "permalink": place.unwrap_or_default()})
        });
        event["files"] = files.collect();
        event["upload"] = json!(true);
    }
}

/// A name that two messages share only when a million lie between them in one second.
fn ts(at: u64, index: u64) -> String {
    format!("{}.{:06}", at / 1000, index % 1_000_000)
}

/// As Slack writes text: these three stand for themselves nowhere.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
