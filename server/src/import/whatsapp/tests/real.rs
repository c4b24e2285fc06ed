//! Real exports, when they lie beside the repository.

use super::super::{Kind, Options, SystemEvent, read_text};
use super::{NOW_MS, assert_all_lines_accounted_for};
use std::path::{Path, PathBuf};

fn shared_data() -> Option<PathBuf> {
    let here = [env!("CARGO_MANIFEST_DIR"), file!()];
    let found = here
        .iter()
        .flat_map(|path| Path::new(path).ancestors())
        .map(|base| base.join("../shared/data/whatsapp"))
        .find(|path| path.is_dir());
    if found.is_none() {
        println!("skipped: no shared data");
    }
    found
}

fn options() -> Options {
    Options {
        now_ms: NOW_MS,
        ..Options::default()
    }
}

#[test]
fn five_ways_of_writing_a_date_give_the_messages_their_authors_expect() {
    let Some(data) = shared_data() else { return };
    let folder = data.join("chat-miner");
    let target: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("target.json")).expect("target"))
            .expect("json");
    let mut want: Vec<(String, String, String)> = target
        .as_array()
        .expect("a list")
        .iter()
        .map(|m| {
            let field = |name: &str| m[name].as_str().expect("text").to_string();
            (field("timestamp"), field("author"), field("message"))
        })
        .collect();
    want.sort();
    let mut files = 0;
    for file in std::fs::read_dir(&folder)
        .expect("folder")
        .flatten()
        .filter(|f| f.path().extension().is_some_and(|e| e == "txt"))
    {
        let bytes = std::fs::read(file.path()).expect("file");
        let chat = read_text(&bytes, &options()).expect("a chat");
        assert!(chat.unreadable.is_empty(), "{:?}", chat.unreadable);
        let mut got: Vec<_> = chat
            .entries
            .iter()
            .filter_map(|entry| match &entry.kind {
                Kind::Message { text, .. } => Some((
                    stamp(entry.at_ms),
                    entry.sender.clone()?,
                    text.replace('\n', " "),
                )),
                _ => None,
            })
            .collect();
        got.sort();
        assert_eq!(got, want, "{:?}", file.path());
        files += 1;
    }
    assert_eq!(files, 5);
}

/// The target's form of a time, for the days it names.
fn stamp(ms: i64) -> String {
    let (day, minute) = (
        ms.div_euclid(86_400_000),
        ms.rem_euclid(86_400_000) / 60_000,
    );
    let starts = [(2019, 17_897i64), (2020, 18_262), (2021, 18_628)];
    let (year, start) = starts
        .iter()
        .rev()
        .find(|(_, start)| *start <= day)
        .copied()
        .expect("a year");
    let mut left = day - start;
    let february = if year == 2020 { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    format!(
        "{year}-{month:02}-{:02}T{:02}:{:02}:00",
        left + 1,
        minute / 60,
        minute % 60
    )
}

#[test]
fn a_german_group_with_nearly_every_event_leaves_no_line_unread() {
    let Some(data) = shared_data() else { return };
    let folder = data.join("group-de");
    for file in std::fs::read_dir(&folder).expect("folder").flatten() {
        let bytes = std::fs::read(file.path()).expect("file");
        let chat = match read_text(&bytes, &options()) {
            Ok(chat) => chat,
            Err(error) => {
                assert!(bytes.is_empty(), "{:?}: {error}", file.path());
                assert_eq!(error.code, "import/empty");
                continue;
            }
        };
        assert!(chat.unreadable.is_empty(), "{:?}", chat.unreadable);
        assert_all_lines_accounted_for(std::str::from_utf8(&bytes).expect("text"), &chat);
        let unknown: Vec<_> = chat
            .entries
            .iter()
            .filter(|e| matches!(e.kind, Kind::System(SystemEvent::Other(_))))
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        println!(
            "{:?}: {:?} {:?} {:?}",
            file.file_name(),
            chat.counts,
            chat.group_name,
            chat.form
        );
    }
}
