//! An import as its owner sees it. Shapes only; nothing is decided here.

use migrations_free_store::Id;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::whatsapp::{self, ImportError};
use crate::chat::Refusal;
use crate::chat::event::UnreadLine;

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportJob {
    #[schema(value_type = String)]
    pub id: Id,
    #[schema(value_type = String)]
    pub c: Id,
    pub state: JobState,
    pub file: String,
    pub sha256: String,
    pub bytes: u64,
    #[schema(value_type = String)]
    pub by: Id,
    pub at: u64,
    pub done: u64,
    pub total: u64,
    pub error: Option<Fault>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
    pub result: Option<Outcome>,
    /// Of a single import that is done: what of its file could not be read, verbatim.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Line>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Preview,
    Running,
    Done,
    Failed,
}

/// Why an import stopped.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Fault {
    pub code: &'static str,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Outcome {
    /// Rows that came in; with `already_here` all that stands in the file.
    pub added: u64,
    pub already_here: u64,
    pub attachments: u64,
    pub unreadable: u64,
}

/// What the file holds, before anything of it comes in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ImportPreview)]
pub struct Preview {
    pub form: &'static str,
    pub group_name: Option<String>,
    pub date_order: Option<DateOrder>,
    pub ambiguous: Option<Ambiguous>,
    pub first_at: u64,
    pub last_at: u64,
    /// Everything people said: words, attachments, polls, calls, traces of what was deleted.
    pub messages: u64,
    pub attachments: u64,
    pub attachments_missing: u64,
    /// What WhatsApp told by itself: who joined, left, renamed.
    pub system: u64,
    /// Of `messages`, those that bring nothing new.
    pub already_here: u64,
    pub people: Vec<Sender>,
    pub unreadable: Vec<Line>,
    pub unreadable_total: u64,
    pub sample: Vec<Sample>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Ambiguous {
    pub candidates: Vec<DateOrder>,
    pub examples: Vec<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Sender {
    pub name: String,
    pub kind: &'static str,
    pub messages: u64,
    #[schema(value_type = Option<String>)]
    pub suggest: Option<Id>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Line {
    pub line: u64,
    pub text: String,
    pub why: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Sample {
    pub at: u64,
    pub from: String,
    pub b: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    DayFirst,
    MonthFirst,
    YearFirst,
}

impl From<DateOrder> for whatsapp::DateOrder {
    fn from(order: DateOrder) -> Self {
        match order {
            DateOrder::DayFirst => Self::DayFirst,
            DateOrder::MonthFirst => Self::MonthFirst,
            DateOrder::YearFirst => Self::YearFirst,
        }
    }
}

impl From<whatsapp::DateOrder> for DateOrder {
    fn from(order: whatsapp::DateOrder) -> Self {
        match order {
            whatsapp::DateOrder::DayFirst => Self::DayFirst,
            whatsapp::DateOrder::MonthFirst => Self::MonthFirst,
            whatsapp::DateOrder::YearFirst => Self::YearFirst,
        }
    }
}

impl From<UnreadLine> for Line {
    fn from(line: UnreadLine) -> Self {
        Line {
            line: line.line,
            text: line.text,
            why: line.why,
        }
    }
}

impl From<ImportError> for Fault {
    fn from(error: ImportError) -> Self {
        Fault {
            code: error.code,
            message: error.message,
            line: error.line,
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Fault {
            code: refusal.code(),
            message: refusal.message(),
            line: None,
        }
    }
}

impl From<ImportError> for Refusal {
    /// A refusal has no place for the line, so its sentence names it.
    fn from(error: ImportError) -> Self {
        let message = match error.line {
            Some(line) => format!("{} (line {line})", error.message),
            None => error.message,
        };
        Refusal::Fault {
            code: error.code,
            message,
        }
    }
}
