//! From the bytes of an upload to what its owner is shown before anything comes in.
//!
//! Never writes anywhere.

use std::collections::{HashMap, HashSet};
use std::io::{Cursor, Read as _};

use bytes::Bytes;
use migrations_free_store::Id;

use super::compare::{Compared, compare};
use super::job::{Ambiguous, Line, Preview, Sample, Sender};
use super::known::Known;
use super::people::Directory;
use super::rows::{self, Enclosed};
use super::whatsapp::{
    Archive, Chat, Entry, ImportError, Kind, Limits, Options, Order, Platform, SenderKind,
    name_from_file, read_text,
};

/// The largest file taken out of an archive; it is in memory while it is made safe.
pub const MEDIA_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Everything taken out of one archive.
const UNPACKED_BYTES_MAX: u64 = 8 << 30;
/// Unreadable lines shown in a preview, and how much of each.
const LINES_SHOWN_MAX: usize = 200;
const LINE_SHOWN_CHARS: usize = 400;
const SAMPLES: usize = 6;
const SAMPLE_CHARS: usize = 200;

/// A file that was read: the chat, and its media when it came as an archive.
pub struct Reading {
    pub chat: Chat,
    media: Option<Archive<Cursor<Bytes>>>,
    names: HashSet<String>,
    /// Files in the archive that no message names.
    pub strays: Vec<String>,
}

pub fn read(file: &Bytes, options: &Options) -> Result<Reading, ImportError> {
    if !is_archive(file) {
        return Ok(Reading {
            chat: read_text(file, options)?,
            media: None,
            names: HashSet::new(),
            strays: Vec::new(),
        });
    }
    let limits = Limits {
        media_bytes: MEDIA_BYTES_MAX,
        total_bytes: UNPACKED_BYTES_MAX,
        ..Limits::default()
    };
    let mut archive = Archive::open(Cursor::new(file.clone()), &limits)?;
    let chat = read_text(&archive.chat_text()?, options)?;
    let named: HashSet<&str> = chat.entries.iter().filter_map(file_name).collect();
    let names: HashSet<String> = archive.media_names().iter().cloned().collect();
    let strays = archive
        .media_names()
        .iter()
        .filter(|name| !named.contains(name.as_str()))
        .cloned()
        .collect();
    Ok(Reading {
        chat,
        media: Some(archive),
        names,
        strays,
    })
}

/// By its first bytes; what its name says counts for nothing.
fn is_archive(file: &[u8]) -> bool {
    [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"]
        .iter()
        .any(|magic| file.starts_with(*magic))
}

pub fn file_name(entry: &Entry) -> Option<&str> {
    match &entry.kind {
        Kind::Attachment { file_name, .. } => file_name.as_deref(),
        _ => None,
    }
}

impl Reading {
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// The bytes of an attachment, or why there are none.
    pub fn take(&mut self, name: &str) -> Result<Vec<u8>, ImportError> {
        let has = self.has(name);
        let Some(media) = self.media.as_mut().filter(|_| has) else {
            return Err(missing());
        };
        let mut bytes = Vec::new();
        media
            .media(name)?
            .read_to_end(&mut bytes)
            .map_err(|error| ImportError::from_io(&error))?;
        Ok(bytes)
    }

    pub fn compare(&self, known: &[Known], chosen: &HashMap<String, Id>) -> Compared {
        compare(known, &self.chat.entries, chosen)
    }

    /// Entries that are here without their file, which this copy has.
    pub fn found(&self, known: &[Known], compared: &Compared) -> Vec<(usize, usize)> {
        let has_file = |entry: &usize| {
            self.chat
                .entries
                .get(*entry)
                .and_then(file_name)
                .is_some_and(|name| self.has(name))
        };
        compared
            .same
            .iter()
            .filter(|(row, entry)| known.get(*row).is_some_and(|k| k.missing) && has_file(entry))
            .copied()
            .collect()
    }

    pub fn preview(
        &self,
        file: &str,
        known: &[Known],
        directory: &Directory,
        compared: &Compared,
    ) -> Preview {
        let chat = &self.chat;
        let is_said = |entry: &&Entry| !matches!(entry.kind, Kind::System(_));
        let said = chat.entries.iter().filter(is_said).count();
        let here = compared
            .same
            .iter()
            .filter(|(_, entry)| chat.entries.get(*entry).is_some_and(|e| is_said(&e)))
            .count();
        let missing = chat
            .entries
            .iter()
            .filter(|e| matches!(e.kind, Kind::Attachment { .. }))
            .filter(|e| !file_name(e).is_some_and(|name| self.has(name)))
            .count();
        let (date_order, ambiguous) = match &chat.date_order {
            Order::Certain(order) => (Some((*order).into()), None),
            Order::Ambiguous {
                candidates,
                examples,
            } => (
                None,
                Some(Ambiguous {
                    candidates: candidates.iter().map(|c| (*c).into()).collect(),
                    examples: examples.clone(),
                }),
            ),
        };
        Preview {
            form: match chat.form.platform {
                Platform::Android => "android",
                Platform::Ios => "ios",
            },
            group_name: chat.group_name.clone().or_else(|| name_from_file(file)),
            date_order,
            ambiguous,
            first_at: time(chat.first_ms),
            last_at: time(chat.last_ms),
            messages: said as u64,
            attachments: chat.counts.attachments,
            attachments_missing: missing as u64,
            system: chat.counts.system,
            already_here: here.saturating_sub(self.found(known, compared).len()) as u64,
            people: self.people(directory, compared),
            unreadable: self.unreadable().take(LINES_SHOWN_MAX).collect(),
            unreadable_total: (chat.unreadable.len() + self.strays.len()) as u64,
            sample: chat
                .entries
                .iter()
                .filter(is_said)
                .take(SAMPLES)
                .map(sample)
                .collect(),
        }
    }

    fn people(&self, directory: &Directory, compared: &Compared) -> Vec<Sender> {
        self.chat
            .people
            .iter()
            .map(|sender| Sender {
                name: sender.name.clone(),
                kind: match sender.kind {
                    SenderKind::Contact => "contact",
                    SenderKind::Unknown { .. } => "unknown",
                    SenderKind::Phone { .. } => "phone",
                },
                messages: sender.messages,
                suggest: directory.suggest(sender, &compared.earlier),
            })
            .collect()
    }

    fn unreadable(&self) -> impl Iterator<Item = Line> {
        let lines = self.chat.unreadable.iter().map(|line| Line {
            line: line.line,
            text: cut(&line.text, LINE_SHOWN_CHARS),
            why: line.why.to_owned(),
        });
        let strays = self.strays.iter().map(|name| Line {
            line: 0,
            text: cut(name, LINE_SHOWN_CHARS),
            why: STRAY.to_owned(),
        });
        lines.chain(strays)
    }
}

/// Why a file of the archive is listed among the unreadable.
pub const STRAY: &str = "a file that no message names";

fn missing() -> ImportError {
    ImportError {
        code: "import/media_missing",
        message: "not in the export".into(),
        line: None,
    }
}

fn sample(entry: &Entry) -> Sample {
    let from = rows::from(entry);
    let at = time(entry.at_ms);
    let row = rows::rows(entry, from, at, enclosed(entry))
        .into_iter()
        .next();
    let text = row.and_then(|row| row.text).unwrap_or_default();
    Sample {
        at,
        from: from.to_owned(),
        b: cut(&text, SAMPLE_CHARS),
    }
}

/// How an attachment is named before it is known what becomes of it.
fn enclosed(entry: &Entry) -> Enclosed {
    match (&entry.kind, file_name(entry)) {
        (Kind::Attachment { .. }, Some(name)) => Enclosed::Missing(None, name.to_owned()),
        (Kind::Attachment { .. }, None) => Enclosed::Missing(None, "not in the export".into()),
        _ => Enclosed::Nothing,
    }
}

pub fn time(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or(0)
}

fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
