//! Forms, limits and oddities of single files.

use super::super::{
    DateOrder, Kind, MAX_LINE_BYTES, Options, Order, Platform, SenderKind, SystemEvent, YOU,
    name_from_file, read_text,
};
use super::{NOW_MS, assert_all_lines_accounted_for, message, options, ordered, read};
use proptest::prelude::*;

#[test]
fn a_text_without_a_message_is_an_error_that_says_why() {
    let code = |text: &str| read(text).map(|_| ()).unwrap_err().code;
    assert_eq!(code(""), "import/empty");
    assert_eq!(code("\n \n\u{200E}\n"), "import/empty");
    let error = read("Dear diary,\nnothing happened.").unwrap_err();
    assert_eq!((error.code, error.line), ("import/no_messages", Some(1)));
    assert!(error.message.contains("Dear diary"));
    assert_eq!(code("31/02/2022, 10:00 - Noor: hi"), "import/no_messages");
    assert_eq!(
        code("12/31/20, 11:59 xm - Noor: hi\n12/31/20, 11:59 xm - Noor: hi"),
        "import/no_messages"
    );
}

#[test]
fn other_encodings_are_named_not_guessed() {
    let text = "\u{FEFF}18.03.22, 14:56 - Zoë: grüß dich\n";
    let units = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    let want = [message("grüß dich")];
    for bytes in [
        text.as_bytes().to_vec(),
        units(u16::to_le_bytes),
        units(u16::to_be_bytes),
    ] {
        let chat = read_text(&bytes, &options()).expect("a chat");
        assert_eq!(
            chat.entries
                .iter()
                .map(|e| e.kind.clone())
                .collect::<Vec<_>>(),
            want
        );
    }
    let without_mark = units(u16::to_le_bytes).split_off(2);
    let code = |bytes: &[u8]| read_text(bytes, &options()).map(|_| ()).unwrap_err();
    assert_eq!(code(&without_mark).code, "import/encoding");
    let latin1 = code(b"18.03.22, 14:56 - A: a\n18.03.22, 14:57 - A: gr\xFC\xDF dich");
    assert_eq!((latin1.code, latin1.line), ("import/encoding", Some(2)));
    assert_eq!(code(b"\xFF\xFEa").code, "import/encoding");
    assert_eq!(code(b"PK\x03\x04zip").code, "import/encoding");
}

#[test]
fn the_order_of_dates_is_certain_only_when_the_file_decides() {
    let order = |text: &str| read(text).expect("a chat").date_order;
    assert_eq!(
        order("13/01/21, 10:00 - A: x"),
        Order::Certain(DateOrder::DayFirst)
    );
    assert_eq!(
        order("01/13/21, 10:00 - A: x"),
        Order::Certain(DateOrder::MonthFirst)
    );
    assert_eq!(
        order("2021-01-02, 10:00 - A: x"),
        Order::Certain(DateOrder::YearFirst)
    );
    assert_eq!(
        order("05/05/21, 10:00 - A: x"),
        Order::Certain(DateOrder::DayFirst),
        "both readings are one"
    );
    // February, March, April by day first; by month first the second line goes back in time.
    assert_eq!(
        order("11/02/21, 10:00 - A: x\n01/03/21, 10:00 - A: x\n02/04/21, 10:00 - A: x"),
        Order::Certain(DateOrder::DayFirst)
    );
    // Nothing can be sent after the present: 2 January 2026, not 1 February.
    assert_eq!(
        order("01/02/26, 10:00 - A: x"),
        Order::Certain(DateOrder::MonthFirst)
    );
    let text = "03/04/21, 10:00 - A: x\n03/05/21, 10:00 - B: y\n";
    let Order::Ambiguous {
        candidates,
        examples,
    } = order(text)
    else {
        panic!("it is ambiguous")
    };
    assert_eq!(candidates, [DateOrder::DayFirst, DateOrder::MonthFirst]);
    assert_eq!(examples.len(), 2);
    let (day, month) = (
        ordered(text, DateOrder::DayFirst),
        ordered(text, DateOrder::MonthFirst),
    );
    assert_eq!(day.last_ms - day.first_ms, 30 * 86_400_000);
    assert_eq!(month.last_ms - month.first_ms, 86_400_000);
    assert_eq!(day.date_order, Order::Certain(DateOrder::DayFirst));
}

#[test]
fn local_time_becomes_utc_by_the_phones_zone() {
    let zone = Options {
        utc_offset_minutes: 330,
        ..options()
    };
    let chat = read_text("18/03/2022, 2:56 pm - A: x".as_bytes(), &zone).expect("a chat");
    assert_eq!(chat.first_ms, 1_647_595_560_000);
}

#[test]
fn every_half_of_the_day_falls_right() {
    let minute = |time: &str| {
        let chat = read(&format!("18/03/2022, {time} - A: x"))
            .unwrap_or_else(|error| panic!("{time}: {error}"));
        chat.first_ms / 60_000 % 1440
    };
    for (time, want) in [
        ("12:00 am", 0),
        ("12:00 PM", 720),
        ("12:30 a. m.", 30),
        ("0:08 a. m.", 8),
        ("11:59\u{A0}p.\u{A0}m.", 1439),
        ("3:04\u{202F}PM", 904),
        ("٣:٠٤ م", 904),
        ("下午3:04", 904),
        ("中午12:10", 730),
        ("凌晨1:10", 70),
        ("오전 12:04", 4),
        ("午後11:04", 1384),
        ("3:04 CH", 904),
        ("3:04 ÖS", 904),
        ("3:04 μ.μ.", 904),
        ("15:04", 904),
        ("15.04", 904),
        ("15 h 04", 904),
    ] {
        assert_eq!(minute(time), want, "{time}");
    }
}

#[test]
fn what_looks_like_another_phones_header_stays_in_the_message() {
    let text = "18.03.22, 14:56 - A: they wrote:\n[17/03/2022, 10:00:00] B: hello\n3/17/22, 10:00 AM - B: bye\n18.03.22 10:00 Uhr - not a header\n18.03.22, 14:57 - B: fine\n";
    let chat = read(text).expect("a chat");
    assert_eq!(chat.entries.len(), 2);
    assert_eq!(chat.entries[0].lines, 4);
    assert_eq!(chat.form.quoted_headers, 3);
    assert_eq!(chat.people.len(), 2);
    assert_all_lines_accounted_for(text, &chat);
}

#[test]
fn a_name_may_hold_colons_when_the_whole_file_says_so() {
    let text = "18.03.22, 14:56 - Ops: night: one: two\n18.03.22, 14:57 - Ops: night: three\n18.03.22, 14:58 - Ops: night: four\n18.03.22, 14:59 - Bo: note: milk\n18.03.22, 15:00 - Bo: hi\n";
    let chat = read(text).expect("a chat");
    let people: Vec<_> = chat
        .people
        .iter()
        .map(|p| (p.name.as_str(), p.messages))
        .collect();
    assert_eq!(people, [("Ops: night", 3), ("Bo", 2)]);
    assert_eq!(chat.entries[0].kind, message("one: two"));
    assert_eq!(chat.entries[3].kind, message("note: milk"));
}

#[test]
fn contacts_strangers_and_numbers_are_told_apart() {
    let text = "18.03.22, 14:56 - ~\u{202F}Bo: a\n18.03.22, 14:56 - Bo: b\n18.03.22, 14:56 - \u{2068}+49\u{A0}176 55-501\u{2069}: c\n18.03.22, 14:56 - \u{202A}+49 176 55-501\u{202C}: d\n";
    let chat = read(text).expect("a chat");
    let kinds: Vec<_> = chat
        .people
        .iter()
        .map(|p| (p.name.as_str(), p.kind.clone(), p.messages))
        .collect();
    assert_eq!(
        kinds,
        [
            (
                "+49 176 55-501",
                SenderKind::Phone {
                    number: "+4917655501".into()
                },
                2
            ),
            ("Bo", SenderKind::Contact, 1),
            (
                "~ Bo",
                SenderKind::Unknown {
                    profile: "Bo".into()
                },
                1
            ),
        ]
    );
}

#[test]
fn the_phones_owner_is_one_word_in_every_language() {
    for (sentence, by, who) in [
        ("You added Bo", YOU, "Bo"),
        ("Ana added you", "Ana", YOU),
        ("Du hast Bo hinzugefügt.", YOU, "Bo"),
        ("Ana hat dich hinzugefügt.", "Ana", YOU),
        ("Añadiste a Bo", YOU, "Bo"),
        ("Ana te añadió", "Ana", YOU),
        ("Vous avez ajouté Bo", YOU, "Bo"),
        ("Ana vous a ajouté", "Ana", YOU),
        ("Hai aggiunto Bo", YOU, "Bo"),
        ("Você adicionou Bo", YOU, "Bo"),
        ("Вы добавили Bo", YOU, "Bo"),
        ("Bạn đã thêm Bo", YOU, "Bo"),
    ] {
        let chat = read(&format!("18.03.22, 14:56 - {sentence}")).expect("a chat");
        let entry = &chat.entries[0];
        assert_eq!(
            entry.kind,
            Kind::System(SystemEvent::Added { who: who.into() }),
            "{sentence}"
        );
        assert_eq!(entry.sender.as_deref(), Some(by), "{sentence}");
    }
}

#[test]
fn peoples_own_words_are_never_taken_for_whatsapps() {
    for text in [
        "Bo added Ana",
        "image omitted",
        "I think this message was deleted",
        "POLL: who comes?",
        "Voice call",
        "Video call, maybe?",
        "Llamada",
        "<b>",
        "see (file attached",
        "<attached: x.jpg>",
        "\u{200F}Ana left",
        "created group \"x\"",
        "x left",
    ] {
        let chat = read(&format!(
            "18.03.22, 14:56 - Bo: {text}\n18.03.22, 14:57 - Ana: ok"
        ))
        .expect("a chat");
        let kind = &chat.entries[0].kind;
        // Two words of WhatsApp's alone may be a call; anything else stays words.
        let is_call = text == "Voice call" && matches!(kind, Kind::Call { .. });
        assert!(is_call || *kind == message(text), "{text}: {kind:?}");
        assert_eq!(chat.entries[0].sender.as_deref(), Some("Bo"));
    }
}

#[test]
fn polls_calls_and_odd_attachments_are_recognised() {
    let kind = |head: &str, body: &str| {
        read(&format!("{head}Bo: {body}")).expect("a chat").entries[0]
            .kind
            .clone()
    };
    let ios = "[18.03.22, 14:56:01] ";
    let android = "18.03.22, 14:56 - ";
    let poll = Kind::Poll {
        question: "Lunch: when?".into(),
        options: vec![("12 (noon)".into(), 1), ("Later".into(), 0)],
    };
    assert_eq!(
        kind(
            android,
            "POLL: Lunch: when? OPTION: 12 (noon) (1 vote) OPTION: Later (0 votes)"
        ),
        poll
    );
    assert_eq!(
        kind(
            ios,
            "\u{200E}POLL:\nLunch: when?\n\u{200E}OPTION: 12 (noon) (\u{200E}1 vote)\n\u{200E}OPTION: Later (\u{200E}0 votes)\n"
        ),
        poll
    );
    assert!(matches!(
        kind(ios, "\u{200E}Missed voice call, \u{200E}Tap to call back"),
        Kind::Call { .. }
    ));
    assert!(matches!(
        kind(android, "Voice call, 1 h 12 min"),
        Kind::Call { .. }
    ));
    let file = |name: &str, caption: &str| Kind::Attachment {
        file_name: Some(name.into()),
        caption: caption.into(),
    };
    assert_eq!(
        kind(
            ios,
            "Plan.pdf • \u{200E}3 pages \u{200E}<attached: 00000012-Plan.pdf>"
        ),
        file("00000012-Plan.pdf", "Plan.pdf • \u{200E}3 pages")
    );
    assert_eq!(
        kind(ios, "00000007-PHOTO.jpg <\u{200E}attached>"),
        file("00000007-PHOTO.jpg", "")
    );
    assert_eq!(
        kind(android, "a (1).jpg (file attached)\nfirst\n\nsecond"),
        file("a (1).jpg", "first\n\nsecond")
    );
    assert_eq!(
        kind(ios, "\u{200E}You deleted this message."),
        Kind::Deleted { by_self: true }
    );
}

#[test]
fn a_lone_carriage_return_ends_a_line_and_a_nul_is_shown() {
    let text = "18.03.22, 14:56 - A: one\rtwo\r\n18.03.22, 14:57 - B: \0x\r";
    let chat = read(text).expect("a chat");
    assert_eq!(chat.entries[0].kind, message("one\ntwo"));
    assert_eq!(chat.entries[1].kind, message("\u{FFFD}x"));
    assert_all_lines_accounted_for(text, &chat);
}

#[test]
fn endless_lines_and_lines_before_the_first_message_are_listed_with_their_reason() {
    let long = "x".repeat(MAX_LINE_BYTES + 1);
    let text = format!(
        "stray\n18.03.22, 14:56 - A: one\n{long}\ntwo\n18.03.22, 14:57 - B: {long}\nits rest\n18.03.22, 14:58 - A: end"
    );
    let chat = read(&text).expect("a chat");
    let why: Vec<_> = chat.unreadable.iter().map(|u| (u.line, u.why)).collect();
    assert_eq!(
        why,
        [
            (1, "before the first message"),
            (3, "the line is too long"),
            (5, "the line is too long"),
            (6, "continues a line that could not be read"),
        ]
    );
    assert_eq!(chat.entries[0].kind, message("one\ntwo"));
    assert_all_lines_accounted_for(&text, &chat);
    let endless = format!(
        "18.03.22, 14:56 - A: one\n{}",
        "0123456789\n".repeat(200_000)
    );
    let chat = read(&endless).expect("a chat");
    assert!(
        chat.unreadable
            .iter()
            .all(|u| u.why == "the message is too long")
    );
    assert_all_lines_accounted_for(&endless, &chat);
}

#[test]
fn an_iphone_group_speaks_under_its_name_and_a_contact_does_not() {
    let notice = "\u{200E}[18.03.22, 14:56:01] Ana: \u{200E}Messages and calls are end-to-end encrypted.\r\n";
    let direct = format!("{notice}[18.03.22, 14:57:01] Bo: hi\r\n");
    let chat = read(&direct).expect("a chat");
    assert_eq!((chat.group_name, chat.form.platform), (None, Platform::Ios));
    assert_eq!(chat.entries[0].sender, None);
    let group = format!(
        "{direct}[18.03.22, 14:58:01] Cy: ho\r\n\u{200E}[18.03.22, 14:59:01] Bo: \u{200E}Bo left\r\n\u{200E}[18.03.22, 14:59:01] Ana: \u{200E}Something no list knows yet\r\n"
    );
    let chat = read(&group).expect("a chat");
    assert_eq!(chat.entries[3].kind, Kind::System(SystemEvent::Left));
    assert_eq!(chat.entries[3].sender.as_deref(), Some("Bo"));
    assert_eq!(chat.counts.system, 2 + u64::from(chat.group_name.is_some()));
}

#[test]
fn a_files_name_tells_the_chats() {
    assert_eq!(
        name_from_file("WhatsApp Chat mit Die Üblichen.txt").as_deref(),
        Some("Die Üblichen")
    );
    assert_eq!(
        name_from_file("x/WhatsApp Chat - Ice.zip").as_deref(),
        Some("Ice")
    );
    assert_eq!(name_from_file("_chat.txt"), None);
}

#[test]
fn two_hundred_thousand_lines_are_read_in_time() {
    let mut text = String::new();
    for n in 0..200_000u64 {
        let (day, hour, minute) = (n / 300 % 28 + 1, n / 60 % 24, n % 60);
        let (month, year) = (n / 8_400 % 12 + 1, 20 + n / 100_800);
        let line = match n % 10 {
            0 => "<Media omitted>".to_string(),
            1 => format!("line {n}\nand one more"),
            _ => format!("message {n}: as people write them, with a few words more"),
        };
        text.push_str(&format!(
            "{day:02}/{month:02}/{year}, {hour:02}:{minute:02} - Person {}: {line}\n",
            n % 23
        ));
    }
    let started = std::time::Instant::now();
    let chat = read_text(
        text.as_bytes(),
        &Options {
            now_ms: NOW_MS,
            ..Options::default()
        },
    )
    .expect("a chat");
    println!(
        "{} lines, {} MB: {:?}",
        text.lines().count(),
        text.len() >> 20,
        started.elapsed()
    );
    assert_eq!(chat.entries.len(), 200_000);
    assert_eq!(chat.counts.attachments_left_out, 20_000);
    assert!(chat.unreadable.is_empty());
}

/// Lines of every kind: headers of several forms, damaged ones, events, marks, plain words.
fn a_line() -> impl Strategy<Value = String> {
    let head = prop_oneof![
        4 => (1u32..32, 1u32..13, 0u32..24, 0u32..60).prop_map(|(d, m, h, min)| format!("{d:02}/{m:02}/21, {h:02}:{min:02} - ")),
        1 => (1u32..32, 1u32..13).prop_map(|(d, m)| format!("\u{200E}[{d}.{m}.21, 10:00:00] ")),
        1 => Just("45/45/21, 99:99 - ".to_string()),
        2 => Just(String::new()),
    ];
    let body = prop_oneof![
        Just("A: hello".to_string()),
        Just("B: c: d".to_string()),
        Just("A added B".to_string()),
        Just("A: <Media omitted>".to_string()),
        Just("A: POLL: x OPTION: y (1 vote)".to_string()),
        Just(String::new()),
        "\\PC{0,30}".prop_map(|text| text),
        Just("\u{200E}\u{202A}\0:".to_string()),
    ];
    (head, body).prop_map(|(head, body)| head + &body)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_line_is_accounted_for(lines in prop::collection::vec((a_line(), prop::sample::select(vec!["\n", "\r\n", "\r"])), 0..40)) {
        let text: String = lines.iter().map(|(line, end)| format!("{line}{end}")).collect();
        if let Ok(chat) = read(&text) {
            assert_all_lines_accounted_for(&text, &chat);
            prop_assert!(!chat.entries.is_empty());
            let senders: Vec<_> = chat.people.iter().map(|p| &p.name).collect();
            for entry in chat.entries.iter().filter(|e| !matches!(e.kind, Kind::System(_))) {
                prop_assert!(entry.sender.as_ref().is_none_or(|name| senders.contains(&name)));
            }
        }
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_text(&bytes, &options());
    }
}
