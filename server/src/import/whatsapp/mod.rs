//! Reads a chat exported from WhatsApp: text or archive in, entries with their lines out.
//!
//! Pure: never touches disk, network or clock, never drops a line. Every line of the text belongs
//! to exactly one entry or is listed as unreadable with its reason.

mod archive;
mod assemble;
mod body;
mod dates;
mod decode;
mod events;
mod header;
mod languages;
mod marks;
mod merge;
mod names;
mod understand;

#[cfg(test)]
mod tests;

pub use archive::{Archive, Limits, Media};
pub use merge::{Alignment, MergeKey, MergePlan, align, merge, merge_key};
pub use names::name_from_file;

/// Longest text read; a chat of ten years is a tenth of it.
pub const MAX_TEXT_BYTES: usize = 256 << 20;
/// Longest line read as part of a message: WhatsApp's own limit of 65,536 characters, four bytes each.
pub const MAX_LINE_BYTES: usize = 256 << 10;
/// Longest message over all its lines.
pub const MAX_MESSAGE_BYTES: usize = 1 << 20;
/// How exports name the phone's owner in events; they never tell who that is.
pub const YOU: &str = "You";

/// Which field of a date comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DateOrder {
    DayFirst,
    MonthFirst,
    YearFirst,
}

/// What the reader cannot know from the text.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The order a person chose after an ambiguous first reading.
    pub date_order: Option<DateOrder>,
    /// Zone of the phone that exported, for turning its local times into UTC.
    pub utc_offset_minutes: i32,
    /// The present; an order that puts messages more than a day beyond it is ruled out.
    pub now_ms: i64,
}

/// What one text says.
#[derive(Clone, Debug)]
pub struct Chat {
    pub group_name: Option<String>,
    pub form: Form,
    pub date_order: Order,
    pub entries: Vec<Entry>,
    pub people: Vec<Sender>,
    pub unreadable: Vec<Unreadable>,
    pub first_ms: i64,
    pub last_ms: i64,
    pub counts: Counts,
}

/// How the text is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    pub platform: Platform,
    /// Language of the phone, when its own words gave it away.
    pub language: Option<&'static str>,
    pub seconds: bool,
    pub twelve_hour: bool,
    /// Lines that look like the start of a message but not of this file's form: kept as text.
    pub quoted_headers: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    Android,
    Ios,
}

/// How sure the order of dates is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    Certain(DateOrder),
    /// Nothing in the file decides. The entries are read with the first candidate.
    Ambiguous {
        candidates: Vec<DateOrder>,
        examples: Vec<String>,
    },
}

/// One thing that happened, over one or more lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// First line, counted from 1.
    pub line: u64,
    /// How many lines of the text it covers, not counting lines listed as unreadable.
    pub lines: u64,
    pub at_ms: i64,
    /// Who wrote it, or who acted in a system event when the sentence says so. Found in `people`
    /// for everything but system events.
    pub sender: Option<String>,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Message {
        text: String,
        edited: bool,
    },
    Attachment {
        /// `None` when the export left media out.
        file_name: Option<String>,
        caption: String,
    },
    Deleted {
        by_self: bool,
    },
    Poll {
        question: String,
        options: Vec<(String, u32)>,
    },
    Call {
        text: String,
    },
    System(SystemEvent),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SystemEvent {
    Created { name: Option<String> },
    Added { who: String },
    Removed { who: String },
    Left,
    SubjectChanged { from: Option<String>, to: String },
    IconChanged,
    NumberChanged,
    Encrypted,
    JoinedByLink,
    AdminChanged,
    Other(String),
}

/// A name as this export writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// As in `Entry::sender`; an unknown contact keeps its tilde, for a saved one may share the name.
    pub name: String,
    pub kind: SenderKind,
    pub messages: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SenderKind {
    /// Saved in the exporting phone's address book.
    Contact,
    /// `~ Name`: not saved; `profile` is what the person calls themselves.
    Unknown { profile: String },
    Phone {
        /// Digits with a leading `+` when written.
        number: String,
    },
}

/// A line that belongs to no entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub line: u64,
    pub text: String,
    pub why: &'static str,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub messages: u64,
    pub attachments: u64,
    pub attachments_left_out: u64,
    pub deleted: u64,
    pub polls: u64,
    pub calls: u64,
    pub system: u64,
}

/// Why an import stops, with a stable code and words for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    pub code: &'static str,
    pub message: String,
    pub line: Option<u64>,
}

/// Reads an exported text. UTF-8, with or without a byte order mark, or UTF-16 with one.
pub fn read_text(bytes: &[u8], options: &Options) -> Result<Chat, ImportError> {
    if bytes.len() > MAX_TEXT_BYTES {
        return Err(ImportError::new(
            "import/too_large",
            format!("The chat text is larger than {} MB.", MAX_TEXT_BYTES >> 20),
        ));
    }
    let text = decode::decode(bytes)?;
    assemble::assemble(&text, options)
}

impl ImportError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            line: None,
        }
    }

    pub(crate) fn at(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }
}

impl std::fmt::Display for ImportError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(out, "{}: {} (line {line})", self.code, self.message),
            None => write!(out, "{}: {}", self.code, self.message),
        }
    }
}

impl std::error::Error for ImportError {}
