//! Which events are a person's own, and what of them is told to her. Whatever is not named here is not told.
//!
//! Never looks at anything but the event: what is out of sight has no content when it comes here.

use migrations_free_store::Id;
use serde_json::{Map, Value, json};

use crate::chat::event::{Act, Content, Event, FileFact};

/// Facts of a header that say nothing of anybody else.
const FACTS: [&str; 26] = [
    "added",
    "all",
    "already_here",
    "asks",
    "attachments",
    "bytes",
    "channel",
    "days",
    "device",
    "due_at",
    "expires_at",
    "first",
    "how",
    "import",
    "imported",
    "kind",
    "n",
    "of",
    "on",
    "reply",
    "role",
    "schedule",
    "seconds",
    "thread",
    "upto",
    "urgent",
];

/// One event of hers, as data.json has it.
pub fn told(event: &Event, person: Id) -> Option<Value> {
    let header = &event.header;
    let words = mine(&header.act, header.actor, person)?;
    let mut line = Map::new();
    line.insert("position".into(), json!(event.position));
    line.insert("at".into(), json!(header.at));
    line.insert("act".into(), json!(header.act.name()));
    line.insert("by_me".into(), json!(header.actor == person));
    if let Some(channel) = header.channel {
        line.insert("channel".into(), json!(channel));
    }
    if let Some(q) = header.channel_seq {
        line.insert("q".into(), json!(q));
    }
    let act = serde_json::to_value(&header.act).unwrap_or_default();
    if let Some(object) = act.get("object").and_then(Value::as_object) {
        for (name, fact) in object {
            if FACTS.contains(&name.as_str()) {
                line.insert(name.clone(), fact.clone());
            }
        }
    }
    if event.forgotten {
        line.insert("gone".into(), json!(true));
    }
    if let Some(content) = event.content.as_ref().filter(|_| words) {
        said(content, &mut line);
    }
    Some(Value::Object(line))
}

/// The files that came with what she wrote, as far as they are still named.
pub fn files(event: &Event, person: Id) -> &[FileFact] {
    match (
        &event.content,
        mine(&event.header.act, event.header.actor, person),
    ) {
        (Some(content), Some(true)) => &content.files,
        _ => &[],
    }
}

/// None: it is not hers. Else, whether its content is hers too.
fn mine(act: &Act, actor: Id, person: Id) -> Option<bool> {
    match act {
        Act::PersonJoined { person: of, .. }
        | Act::PersonRenamed { person: of }
        | Act::SessionOpened { person: of, .. }
        | Act::AccountSet { person: of, .. }
        | Act::PasskeyAdded { person: of, .. }
        | Act::QuietSet { person: of } => (*of == person).then_some(true),
        // A matter's reader may have written of why: that is not her word. A device's address is a secret.
        Act::CredentialSet { person: of }
        | Act::RoleSet { person: of, .. }
        | Act::PersonDeactivated { person: of, .. }
        | Act::PersonReactivated { person: of }
        | Act::ResetCreated { person: of, .. }
        | Act::SessionEnded { person: of, .. }
        | Act::SigninLocked { person: of }
        | Act::SessionSeen { person: of, .. }
        | Act::SecondSet { person: of, .. }
        | Act::SecondRemoved { person: of, .. }
        | Act::RecoverySet { person: of }
        | Act::PasskeyRemoved { person: of, .. }
        | Act::PushSubscribed { person: of, .. }
        | Act::PushEnded { person: of, .. }
        | Act::JoinAsked { person: of }
        | Act::JoinRefused { person: of }
        | Act::MemberAdded { person: of, .. }
        | Act::MemberRemoved { person: of }
        | Act::MemberLeft { person: of }
        | Act::OwnerGranted { person: of }
        | Act::OwnerRevoked { person: of }
        | Act::ScheduleFailed { person: of, .. }
        | Act::DataAsked { person: of, .. } => (*of == person).then_some(false),
        // Who brought a message did not write it.
        Act::MessageImported { person: of, .. } => (*of == Some(person)).then_some(true),
        Act::ChannelCreated {
            owners, members, ..
        } if actor != person => {
            (owners.contains(&person) || members.contains(&person)).then_some(false)
        }
        Act::ChannelCreated { .. }
        | Act::ChannelChanged { .. }
        | Act::InviteCreated { .. }
        | Act::MessagePosted { .. }
        | Act::MessageEdited { .. }
        | Act::ReactionAdded { .. }
        | Act::ReactionRemoved { .. }
        | Act::PollVoted { .. }
        | Act::MessageScheduled { .. }
        | Act::ScheduleChanged { .. } => (actor == person).then_some(true),
        Act::ChannelArchived { .. }
        | Act::ChannelMuted { .. }
        | Act::ChannelSlowed { .. }
        | Act::HistorySet { .. }
        | Act::InviteRevoked { .. }
        | Act::MessageDeleted { .. }
        | Act::MessageConfirmed { .. }
        | Act::MessageReminded { .. }
        | Act::MessagePinned { .. }
        | Act::MessageUnpinned { .. }
        | Act::MessageSaved { .. }
        | Act::MessageUnsaved { .. }
        | Act::ScheduleCancelled { .. }
        | Act::PollClosed { .. }
        | Act::ReceiptRead { .. }
        | Act::ReceiptDelivered { .. }
        | Act::ImportStarted { .. }
        | Act::ImportFinished { .. }
        | Act::DataDownloaded { .. } => (actor == person).then_some(false),
        // The rest is the house's: its rules, and what is done for matters, holds, orders and exports, of which a pack
        // must not tell by so much as a line.
        _ => None,
    }
}

fn said(content: &Content, line: &mut Map<String, Value>) {
    let texts = [
        ("text", &content.text),
        ("emoji", &content.emoji),
        ("name", &content.name),
        ("handle", &content.handle),
        ("topic", &content.topic),
        ("label", &content.label),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            line.insert(name.into(), json!(text));
        }
    }
    if !content.options.is_empty() {
        line.insert("options".into(), json!(content.options));
    }
    if !content.votes.is_empty() {
        line.insert("votes".into(), json!(content.votes));
    }
    if let Some(quiet) = &content.quiet {
        line.insert("quiet".into(), json!(quiet));
    }
    if let Some(from) = &content.imported {
        line.insert("imported_from".into(), json!(from.from));
        line.insert("imported_at".into(), json!(from.at));
    }
    if !content.files.is_empty() {
        let files: Vec<Value> = content
            .files
            .iter()
            .map(|file| json!({"file": entry(file), "name": file.name, "mime": file.mime, "size": file.size}))
            .collect();
        line.insert("files".into(), json!(files));
    }
}

/// Where a file stands in the pack. Its name may be anything, so it is not named by it.
pub fn entry(file: &FileFact) -> String {
    let ending = file.name.rsplit_once('.').map(|(_, ending)| ending);
    let plain = |ending: &&str| {
        (1..=8).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    match ending.filter(plain) {
        Some(ending) => format!("files/{}.{ending}", file.id),
        None => format!("files/{}", file.id),
    }
}
