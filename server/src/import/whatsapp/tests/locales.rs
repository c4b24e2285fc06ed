//! One conversation, exported on many phones, is one structure.

use super::super::{Entry, Kind, Order, SystemEvent};
use super::phones::{Moment, PHONES, Phone};
use super::{assert_all_lines_accounted_for, message, read};

const GROUP: &str = "Ice Hall: nights";

/// What happened, whoever tells it.
enum Fact {
    Encrypted,
    Created,
    Renamed,
    Added(&'static str, &'static str),
    Removed(&'static str, &'static str),
    Left(&'static str),
    Said(&'static str, &'static str),
    Edited(&'static str, &'static str),
    LeftOut(&'static str, &'static str),
    Attached(&'static str, &'static str, &'static str),
    Deleted(&'static str),
    Asked(&'static str),
    Called(&'static str),
}

fn at(mo: i64, d: i64, h: i64, mi: i64, s: i64) -> Moment {
    Moment {
        y: 2022,
        mo,
        d,
        h,
        mi,
        s,
    }
}

fn conversation() -> Vec<(Moment, Fact)> {
    use Fact::{
        Added, Asked, Attached, Called, Created, Deleted, Edited, Encrypted, Left, LeftOut,
        Removed, Renamed, Said,
    };
    vec![
        (at(2, 20, 7, 0, 0), Encrypted),
        (at(2, 20, 7, 0, 1), Created),
        (at(2, 20, 7, 1, 9), Added("Mia Sørensen", "Noor")),
        (
            at(2, 21, 0, 5, 30),
            Said("Mia Sørensen", "Who opens tomorrow?"),
        ),
        (
            at(2, 21, 0, 6, 2),
            Said("Noor", "Me.\n\nAfterwards:\n12:30 break - as always"),
        ),
        (at(2, 28, 12, 0, 0), Said("~ Piet: rink", "keys: hook 4")),
        (at(2, 28, 12, 15, 44), Said("~ Piet: rink", "alarm: off")),
        (at(3, 1, 11, 59, 59), Said("~ Piet: rink", "ok")),
        (
            at(3, 1, 23, 59, 59),
            Edited("+49 176 5550100", "I can take the late one"),
        ),
        (at(3, 2, 14, 56, 1), LeftOut("Noor", "")),
        (
            at(3, 2, 14, 56, 40),
            LeftOut("Noor", "the broken door\nfrom inside"),
        ),
        (
            at(3, 9, 8, 4, 0),
            Attached("Mia Sørensen", "IMG-20220309-WA0001.jpg", ""),
        ),
        (
            at(3, 9, 8, 5, 0),
            Attached("Noor", "plan week 11.pdf", "please read"),
        ),
        (at(3, 11, 20, 0, 0), Deleted("Noor")),
        (at(3, 12, 20, 0, 0), Asked("Mia Sørensen")),
        (at(3, 18, 9, 30, 0), Called("Noor")),
        (at(3, 19, 10, 10, 10), Renamed),
        (
            at(3, 20, 10, 10, 10),
            Removed("Mia Sørensen", "~ Piet: rink"),
        ),
        (at(3, 22, 13, 1, 0), Said("Noor", "Noor: that is me")),
        (at(3, 23, 13, 1, 0), Left("Noor")),
    ]
}

fn written(phone: &Phone) -> String {
    let words = phone.words;
    let (end, own) = if phone.ios {
        ("\r\n", "\u{200E}")
    } else {
        ("\n", "")
    };
    let named = |name: &str| match name.strip_prefix("~ ") {
        Some(profile) => format!("~\u{202F}{profile}"),
        None if name.starts_with('+') => format!("\u{202A}{}\u{202C}", name.replace(' ', "\u{A0}")),
        None => name.to_string(),
    };
    let told = |sentence: &str, a: &str, w: &str| {
        let text = sentence
            .replace("{a}", &named(a))
            .replace("{w}", &named(w))
            .replace("{n}", "Ice")
            .replace("{f}", "Ice")
            .replace("{t}", GROUP);
        if phone.ios {
            format!("{GROUP}: \u{200E}{text}")
        } else {
            format!("\u{200E}{text}")
        }
    };
    let mut out = String::new();
    for (moment, fact) in conversation() {
        let said = |who: &str, text: &str| format!("{}: {text}", named(who));
        let line = match fact {
            Fact::Encrypted => told(words.encrypted, "", ""),
            Fact::Created => told(words.created, "Mia Sørensen", ""),
            Fact::Renamed => told(words.subject, "Mia Sørensen", ""),
            Fact::Added(a, w) => told(words.added, a, w),
            Fact::Removed(a, w) => told(words.removed, a, w),
            Fact::Left(a) => told(words.left, a, ""),
            Fact::Said(who, text) => said(who, text),
            Fact::Edited(who, text) => said(who, &format!("{text} {own}{}", words.edited)),
            Fact::LeftOut(who, caption) if phone.ios => {
                let gap = if caption.is_empty() { "" } else { " " };
                said(
                    who,
                    &format!("{caption}{gap}\u{200E}{}", words.image_omitted),
                )
            }
            Fact::LeftOut(who, caption) => said(who, &format!("{}\n{caption}", words.omitted)),
            Fact::Attached(who, file, caption) if phone.ios => {
                let gap = if caption.is_empty() { "" } else { " " };
                said(
                    who,
                    &format!("{caption}{gap}\u{200E}<{}: {file}>", words.tag),
                )
            }
            Fact::Attached(who, file, caption) => said(
                who,
                &format!("\u{200E}{file} {}\n{caption}", words.attached),
            ),
            Fact::Deleted(who) => said(who, &format!("{own}{}", words.deleted)),
            Fact::Asked(who) => {
                let [poll, option, votes] = words.poll;
                said(
                    who,
                    &format!(
                        "{own}{poll}:\nFriday?\n{own}{option}: Yes ({own}6 {votes})\n{own}{option}: No ({own}0 {votes})\n"
                    ),
                )
            }
            Fact::Called(who) => said(who, &format!("{own}{}", words.call)),
        };
        let line = line.trim_end_matches('\n');
        let mark = if phone.ios && line.contains('\u{200E}') {
            "\u{200E}"
        } else {
            ""
        };
        out += mark;
        out += &(phone.head)(moment);
        out += line;
        out += end;
    }
    out
}

/// The structure every phone must give, with seconds where it writes them.
fn expected(ios: bool) -> Vec<(i64, Option<String>, Kind)> {
    let name = |who: &str| Some(who.to_string());
    conversation()
        .into_iter()
        .map(|(m, fact)| {
            let day = (if m.mo == 2 { 19_024 } else { 19_052 }) + m.d - 1;
            let second = if ios { m.s } else { 0 };
            let at_ms = (((day * 24 + m.h) * 60 + m.mi) * 60 + second) * 1000;
            let (sender, kind) = match fact {
                Fact::Encrypted => (None, Kind::System(SystemEvent::Encrypted)),
                Fact::Created => (
                    name("Mia Sørensen"),
                    Kind::System(SystemEvent::Created { name: name("Ice") }),
                ),
                Fact::Renamed => {
                    let event = SystemEvent::SubjectChanged {
                        from: name("Ice"),
                        to: GROUP.into(),
                    };
                    (name("Mia Sørensen"), Kind::System(event))
                }
                Fact::Added(a, w) => (name(a), Kind::System(SystemEvent::Added { who: w.into() })),
                Fact::Removed(a, w) => (
                    name(a),
                    Kind::System(SystemEvent::Removed { who: w.into() }),
                ),
                Fact::Left(a) => (name(a), Kind::System(SystemEvent::Left)),
                Fact::Said(who, text) => (name(who), message(text)),
                Fact::Edited(who, text) => (
                    name(who),
                    Kind::Message {
                        text: text.into(),
                        edited: true,
                    },
                ),
                Fact::LeftOut(who, caption) => (
                    name(who),
                    Kind::Attachment {
                        file_name: None,
                        caption: caption.into(),
                    },
                ),
                Fact::Attached(who, file, caption) => (
                    name(who),
                    Kind::Attachment {
                        file_name: name(file),
                        caption: caption.into(),
                    },
                ),
                Fact::Deleted(who) => (name(who), Kind::Deleted { by_self: false }),
                Fact::Asked(who) => {
                    let options = vec![("Yes".to_string(), 6), ("No".to_string(), 0)];
                    (
                        name(who),
                        Kind::Poll {
                            question: "Friday?".into(),
                            options,
                        },
                    )
                }
                Fact::Called(who) => (
                    name(who),
                    Kind::Call {
                        text: String::new(),
                    },
                ),
            };
            (at_ms, sender, kind)
        })
        .collect()
}

/// A call's words are the phone's own; that it is a call is what must agree.
fn structure(entry: &Entry) -> (i64, Option<String>, Kind) {
    let kind = match &entry.kind {
        Kind::Call { text } => {
            assert!(!text.is_empty());
            Kind::Call {
                text: String::new(),
            }
        }
        other => other.clone(),
    };
    // A tilde in a sentence is written with a narrow space.
    (entry.at_ms, entry.sender.clone(), kind)
}

#[test]
fn the_same_conversation_reads_the_same_from_every_phone() {
    let mut failures = Vec::new();
    for phone in PHONES {
        let text = written(phone);
        let chat = match read(&text) {
            Ok(chat) => chat,
            Err(error) => {
                failures.push(format!("{}: {error}", phone.name));
                continue;
            }
        };
        assert_all_lines_accounted_for(&text, &chat);
        let got: Vec<_> = chat.entries.iter().map(structure).collect();
        for (at, (got, want)) in got.iter().zip(expected(phone.ios)).enumerate() {
            if *got != want {
                failures.push(format!(
                    "{} #{at}:\n   got {got:?}\n  want {want:?}",
                    phone.name
                ));
            }
        }
        if got.len() != expected(phone.ios).len() || !chat.unreadable.is_empty() {
            failures.push(format!(
                "{}: {} entries, {:?}",
                phone.name,
                got.len(),
                chat.unreadable
            ));
        }
        if !matches!(chat.date_order, Order::Certain(_)) {
            failures.push(format!("{}: {:?}", phone.name, chat.date_order));
        }
        if chat.group_name.as_deref() != Some(GROUP) {
            failures.push(format!("{}: group {:?}", phone.name, chat.group_name));
        }
        let people: Vec<&str> = chat.people.iter().map(|p| p.name.as_str()).collect();
        if people != ["Noor", "Mia Sørensen", "~ Piet: rink", "+49 176 5550100"] {
            failures.push(format!("{}: {people:?}", phone.name));
        }
    }
    assert!(
        failures.is_empty(),
        "{} wrong:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(PHONES.len() >= 17);
}
