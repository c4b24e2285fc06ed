//! What the reader promises, tried on chats written here and on real ones where they lie beside.

mod archives;
mod copies;
mod locales;
mod phones;
mod promises;
mod real;

use super::{Chat, DateOrder, ImportError, Kind, Options, read_text};

/// 1 January 2026, noon.
const NOW_MS: i64 = 1_767_268_800_000;

fn options() -> Options {
    Options {
        date_order: None,
        utc_offset_minutes: 0,
        now_ms: NOW_MS,
    }
}

fn read(text: &str) -> Result<Chat, ImportError> {
    read_text(text.as_bytes(), &options())
}

fn ordered(text: &str, order: DateOrder) -> Chat {
    read_text(
        text.as_bytes(),
        &Options {
            date_order: Some(order),
            ..options()
        },
    )
    .expect("a chat")
}

fn message(text: &str) -> Kind {
    Kind::Message {
        text: text.into(),
        edited: false,
    }
}

/// Every line belongs to exactly one entry or is listed: nothing twice, nothing lost.
fn assert_all_lines_accounted_for(text: &str, chat: &Chat) {
    let mut lines = text.replace("\r\n", "\n").replace('\r', "\n");
    if lines.ends_with('\n') {
        lines.pop();
    }
    let total = if lines.is_empty() && text.is_empty() {
        0
    } else {
        lines.split('\n').count()
    };
    let kept: u64 = chat.entries.iter().map(|entry| entry.lines).sum();
    assert_eq!(
        kept + chat.unreadable.len() as u64,
        total as u64,
        "of {text:?}"
    );
    let mut starts: Vec<u64> = chat
        .entries
        .iter()
        .map(|e| e.line)
        .chain(chat.unreadable.iter().map(|u| u.line))
        .collect();
    starts.sort_unstable();
    let before = starts.len();
    starts.dedup();
    assert_eq!(starts.len(), before, "a line stands for two things");
    let lines: Vec<&str> = lines.split('\n').collect();
    for lost in &chat.unreadable {
        assert_eq!(lines.get(lost.line as usize - 1), Some(&lost.text.as_str()));
    }
}
