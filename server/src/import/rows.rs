//! What an entry of the file becomes in the log, and back: the words, and enough beside them that a
//! later copy of the same chat is recognised.
//!
//! Never drops an entry and never changes a person's words; what is added to them stands in `note`,
//! so that it can be taken off again.

use super::whatsapp::{Entry, Kind, SystemEvent, YOU};
use crate::chat::command::TEXT_BYTES_MAX;
use crate::chat::event::{Content, FileFact, ImportedFrom};

/// Who speaks when the file names nobody.
pub const NOBODY: &str = "WhatsApp";
/// What is added to a person's words at most, so that a row always fits the log.
const NOTE_BYTES_MAX: usize = 8 * 1024;

const MESSAGE: &str = "message";
const EDITED: &str = "edited";
/// The rest of a text too long for one row.
const CONTINUED: &str = "continued";
const ATTACHMENT: &str = "attachment";
const MISSING: &str = "attachment.missing";
/// The file of an earlier row that came without it.
const FOUND: &str = "attachment.found";
const DELETED: &str = "deleted";
const POLL: &str = "poll";
const CALL: &str = "call";
const SYSTEM: &str = "system";

/// What became of an entry's file.
#[derive(Clone, Debug)]
pub enum Enclosed {
    Nothing,
    File(FileFact),
    /// The same, for a row that is here already.
    Found(FileFact),
    /// It is not here: its name, if the export tells, and why.
    Missing(Option<String>, String),
}

/// A row as it stands in the log.
#[derive(Debug, PartialEq)]
pub enum Stored {
    Whole(Kind),
    /// More of the text of the row before it.
    Continued(String),
    /// Brings the file that an earlier row of these words lacks.
    Found {
        caption: String,
    },
}

/// Whose words they are: what happened in the group is told by nobody in it.
pub fn from(entry: &Entry) -> &str {
    match &entry.kind {
        Kind::System(_) => NOBODY,
        _ => entry.sender.as_deref().unwrap_or(NOBODY),
    }
}

/// The rows of one entry: one, and more when its text is too long for one.
pub fn rows(entry: &Entry, from: &str, at: u64, enclosed: Enclosed) -> Vec<Content> {
    let (kind, words, note, label) = told(entry, &enclosed);
    let note = note.filter(|note| note.len() <= NOTE_BYTES_MAX);
    let mut pieces = pieces(&words).into_iter();
    let row = |kind: &str, text: &str| Content {
        text: Some(text.to_owned()),
        imported: Some(ImportedFrom {
            from: from.to_owned(),
            at,
            kind: Some(kind.to_owned()),
            line: Some(entry.line),
        }),
        ..Content::default()
    };
    let mut first = row(kind, pieces.next().unwrap_or_default());
    // The words of a row that is here already need not come twice.
    let more = if kind == FOUND {
        Vec::new()
    } else {
        pieces.collect()
    };
    first.note = note;
    first.label = label.map(str::to_owned);
    if let Enclosed::File(fact) | Enclosed::Found(fact) = enclosed {
        first.files.push(fact);
    }
    std::iter::once(first)
        .chain(more.into_iter().map(|piece| row(CONTINUED, piece)))
        .collect()
}

/// Reads a row back; None for what is not a row of ours.
pub fn stored(content: &Content) -> Option<Stored> {
    let kind = content.imported.as_ref()?.kind.as_deref()?;
    let text = content.text.clone().unwrap_or_default();
    let note = content.note.as_deref().unwrap_or_default();
    Some(Stored::Whole(match kind {
        MESSAGE => Kind::Message {
            text,
            edited: false,
        },
        EDITED => Kind::Message { text, edited: true },
        CONTINUED => return Some(Stored::Continued(text)),
        FOUND => return Some(Stored::Found { caption: text }),
        ATTACHMENT => Kind::Attachment {
            file_name: content.files.first().map(|f| f.name.clone()),
            caption: text,
        },
        MISSING => Kind::Attachment {
            file_name: None,
            caption: text,
        },
        DELETED => Kind::Deleted { by_self: false },
        POLL => Kind::Poll {
            question: text,
            options: Vec::new(),
        },
        CALL => Kind::Call { text },
        SYSTEM => Kind::System(event(content.label.as_deref(), note, text)),
        _ => return None,
    }))
}

/// Whether a row says that its file is not here.
pub fn is_missing(content: &Content) -> bool {
    content
        .imported
        .as_ref()
        .is_some_and(|from| from.kind.as_deref() == Some(MISSING))
}

/// Takes off what was added to a person's words, once all pieces of them are together.
pub fn without_note(kind: &mut Kind, note: &str) {
    let (Kind::Attachment { caption: words, .. }
    | Kind::Poll {
        question: words, ..
    }) = kind
    else {
        return;
    };
    if let Some(own) = words.strip_suffix(note) {
        words.truncate(own.len());
    }
}

/// More of a text that did not fit one row.
pub fn extend(kind: &mut Kind, more: &str) {
    match kind {
        Kind::Message { text, .. }
        | Kind::Call { text }
        | Kind::Attachment { caption: text, .. }
        | Kind::Poll { question: text, .. }
        | Kind::System(SystemEvent::Other(text)) => text.push_str(more),
        Kind::Deleted { .. } | Kind::System(_) => {}
    }
}

type Told = (&'static str, String, Option<String>, Option<&'static str>);

/// Kind, words, what was added to them (or what an event is about), which event.
fn told(entry: &Entry, enclosed: &Enclosed) -> Told {
    match &entry.kind {
        Kind::Message { text, edited } => {
            let kind = if *edited { EDITED } else { MESSAGE };
            (kind, text.clone(), None, None)
        }
        Kind::Attachment { caption, .. } => match enclosed {
            Enclosed::File(_) => (ATTACHMENT, caption.clone(), None, None),
            Enclosed::Found(_) => (FOUND, caption.clone(), None, None),
            Enclosed::Nothing => with_note(MISSING, caption, "📎 not brought over".into()),
            Enclosed::Missing(Some(name), why) => {
                with_note(MISSING, caption, format!("📎 {name}: {why}"))
            }
            Enclosed::Missing(None, why) => with_note(MISSING, caption, format!("📎 {why}")),
        },
        Kind::Deleted { .. } => (DELETED, "This message was deleted.".into(), None, None),
        Kind::Poll { question, options } => {
            let options: Vec<String> = options
                .iter()
                .map(|(option, votes)| format!("○ {option} ({votes})"))
                .collect();
            with_note(POLL, question, options.join("\n"))
        }
        Kind::Call { text } => (CALL, text.clone(), None, None),
        Kind::System(event) => system(event, entry.sender.as_deref()),
    }
}

fn with_note(kind: &'static str, words: &str, note: String) -> Told {
    let note = match (words.is_empty(), note.is_empty()) {
        (_, true) => return (kind, words.to_owned(), None, None),
        (true, false) => note,
        (false, false) => format!("\n{note}"),
    };
    (kind, format!("{words}{note}"), Some(note), None)
}

fn system(event: &SystemEvent, by: Option<&str>) -> Told {
    let who = person(by.unwrap_or("Somebody"));
    let (label, text, about) = match event {
        SystemEvent::Created { name: Some(name) } => (
            "created",
            format!("{who} created the group “{name}”."),
            Some(name),
        ),
        SystemEvent::Created { name: None } => {
            ("created", format!("{who} created the group."), None)
        }
        SystemEvent::Added { who: whom } => {
            ("added", format!("{who} added {}.", person(whom)), None)
        }
        SystemEvent::Removed { who: whom } => {
            ("removed", format!("{who} removed {}.", person(whom)), None)
        }
        SystemEvent::Left => ("left", format!("{who} left the group."), None),
        SystemEvent::SubjectChanged {
            from: Some(from),
            to,
        } => (
            "subject",
            format!("{who} renamed the group from “{from}” to “{to}”."),
            Some(to),
        ),
        SystemEvent::SubjectChanged { from: None, to } => (
            "subject",
            format!("{who} renamed the group to “{to}”."),
            Some(to),
        ),
        SystemEvent::IconChanged => ("icon", format!("{who} changed the group's picture."), None),
        SystemEvent::NumberChanged => (
            "number",
            format!("{who} changed to another phone number."),
            None,
        ),
        SystemEvent::Encrypted => (
            "encrypted",
            "Messages in WhatsApp were end-to-end encrypted.".into(),
            None,
        ),
        SystemEvent::JoinedByLink => ("joined", format!("{who} joined by an invite link."), None),
        SystemEvent::AdminChanged => ("admin", format!("{who}: the group's admins changed."), None),
        SystemEvent::Other(text) => ("other", text.clone(), None),
    };
    (SYSTEM, text, about.cloned(), Some(label))
}

/// The export's owner calls herself "You", which everyone who reads it here would take for themselves.
fn person(name: &str) -> &str {
    if name == YOU {
        "The one who exported this chat"
    } else {
        name
    }
}

fn event(label: Option<&str>, about: &str, text: String) -> SystemEvent {
    let named = (!about.is_empty()).then(|| about.to_owned());
    match label {
        Some("created") => SystemEvent::Created { name: named },
        Some("added") => SystemEvent::Added { who: String::new() },
        Some("removed") => SystemEvent::Removed { who: String::new() },
        Some("left") => SystemEvent::Left,
        Some("subject") => SystemEvent::SubjectChanged {
            from: None,
            to: about.to_owned(),
        },
        Some("icon") => SystemEvent::IconChanged,
        Some("number") => SystemEvent::NumberChanged,
        Some("encrypted") => SystemEvent::Encrypted,
        Some("joined") => SystemEvent::JoinedByLink,
        Some("admin") => SystemEvent::AdminChanged,
        _ => SystemEvent::Other(text),
    }
}

/// A text in pieces that a message may hold, cut after a space where one is near.
fn pieces(text: &str) -> Vec<&str> {
    const LOOK_BACK: usize = 1024;
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > TEXT_BYTES_MAX {
        let edge = rest.floor_char_boundary(TEXT_BYTES_MAX);
        let near = rest.floor_char_boundary(edge.saturating_sub(LOOK_BACK));
        let end = rest
            .get(near..edge)
            .and_then(|tail| tail.rfind(char::is_whitespace).map(|at| near + at))
            .and_then(|at| rest.get(at..)?.chars().next().map(|c| at + c.len_utf8()))
            .unwrap_or(edge);
        let Some((piece, after)) = rest.split_at_checked(end).filter(|_| end > 0) else {
            break;
        };
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::whatsapp::merge_key;
    use proptest::prelude::*;

    fn kinds() -> impl Strategy<Value = Kind> {
        let text = || {
            prop_oneof![
                "\\PC{0,40}",
                "[a-z○📎\n ]{0,30}",
                Just("word ".repeat(9_000))
            ]
        };
        prop_oneof![
            (text(), any::<bool>()).prop_map(|(text, edited)| Kind::Message { text, edited }),
            text().prop_map(|caption| Kind::Attachment {
                file_name: None,
                caption
            }),
            any::<bool>().prop_map(|by_self| Kind::Deleted { by_self }),
            (
                text(),
                proptest::collection::vec(("[a-z○ ]{0,9}", 0..9u32), 0..4)
            )
                .prop_map(|(question, options)| Kind::Poll { question, options }),
            text().prop_map(|text| Kind::Call { text }),
            proptest::option::of("\\PC{1,20}")
                .prop_map(|name| Kind::System(SystemEvent::Created { name })),
            "\\PC{0,20}".prop_map(|who| Kind::System(SystemEvent::Added { who })),
            ("\\PC{1,20}", "\\PC{1,20}").prop_map(|(a, b)| Kind::System(
                SystemEvent::SubjectChanged {
                    from: Some(a),
                    to: b
                }
            )),
            Just(Kind::System(SystemEvent::Left)),
            Just(Kind::System(SystemEvent::Encrypted)),
            text().prop_map(|text| Kind::System(SystemEvent::Other(text))),
        ]
    }

    fn read_back(rows: &[Content]) -> Kind {
        let mut kind = None;
        for row in rows {
            match stored(row).expect("a row of ours") {
                Stored::Whole(whole) => kind = Some(whole),
                Stored::Continued(more) => extend(kind.as_mut().expect("a row before"), &more),
                Stored::Found { .. } => unreachable!(),
            }
        }
        let mut kind = kind.expect("a row");
        without_note(
            &mut kind,
            rows[0]
                .note
                .as_deref()
                .filter(|_| rows[0].label.is_none())
                .unwrap_or(""),
        );
        kind
    }

    proptest! {
        #[test]
        fn what_went_into_the_log_is_known_again_in_the_next_copy(kind in kinds(), missing in any::<bool>()) {
            let enclosed = if missing { Enclosed::Missing(Some("a.jpg".into()), "not in the export".into()) } else { Enclosed::Nothing };
            let entry = Entry { line: 1, lines: 1, at_ms: 0, sender: Some("Ada".into()), kind };
            let rows = rows(&entry, "Ada", 0, enclosed);
            prop_assert!(rows.iter().all(|r| r.text.as_ref().is_some_and(|t| t.len() <= TEXT_BYTES_MAX)));
            prop_assert!(rows.iter().all(|r| serde_json::to_vec(r).expect("json").len() < 1 << 18));
            let again = read_back(&rows);
            prop_assert_eq!(merge_key::<()>(0, None, &again), merge_key::<()>(0, None, &entry.kind));
        }
    }

    #[test]
    fn a_missing_file_leaves_its_caption_and_says_so() {
        let kind = Kind::Attachment {
            file_name: Some("IMG-1.jpg".into()),
            caption: "the new gate".into(),
        };
        let entry = Entry {
            line: 7,
            lines: 1,
            at_ms: 0,
            sender: None,
            kind,
        };
        let rows = rows(
            &entry,
            from(&entry),
            5,
            Enclosed::Missing(Some("IMG-1.jpg".into()), "not in the export".into()),
        );
        assert_eq!(rows.len(), 1);
        assert_eq!(
            rows[0].text.as_deref(),
            Some("the new gate\n📎 IMG-1.jpg: not in the export")
        );
        let told = rows[0].imported.as_ref().expect("provenance");
        assert_eq!(
            (told.from.as_str(), told.at, told.line),
            (NOBODY, 5, Some(7))
        );
    }
}
