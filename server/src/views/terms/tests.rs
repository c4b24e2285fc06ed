//! Promises of terms: what was said is found by its words, as a plain search through the texts would find it.

use std::collections::BTreeMap;

use fst::Automaton;
use proptest::prelude::*;

use super::words::words_by_icu_alone;
use super::*;

const ALL: usize = usize::MAX;
const NEWEST: u64 = u64::MAX;

fn open(texts: &[(u64, &str)]) -> Part {
    Part::open(build(texts.iter().copied())).expect("own bytes open")
}

fn build<'a>(texts: impl Iterator<Item = (u64, &'a str)>) -> Vec<u8> {
    Part::of(texts).into_bytes()
}

fn find(part: &Part, typed: &str) -> Vec<u64> {
    part.search(&Query::parse(typed), NEWEST, ALL)
        .expect("own bytes are sound")
}

#[test]
fn what_is_typed_finds_what_was_written() {
    for (written, typed) in [
        ("Die Straße nach Zürich", "STRASSE zurich"),
        ("l’été, c’était court", "lete cetait"),
        ("don't panic", "dont"),
        ("ＡＢＣ１２３ full width", "abc123"),
        ("see report_final_v2.pdf", "final pdf"),
        ("https://example.com/rota?week=47", "rota 47"),
        ("Ελλάδας", "ελλαδασ"),
        ("Ёлка и ёжик", "елка ежик"),
        ("مُحَمَّد", "محمد"),
        ("我们明天在上海开会", "明天 上海"),
        ("東京都で会議があります", "会議"),
        ("ประชุมพรุ่งนี้ที่กรุงเทพ", "ประชุม"),
        ("İstanbul ofisi", "istanbul"),
        ("सभा कल है। हिन्दी.", "हिन्दी"),
        ("ಕನ್ನಡ ಸಭೆ, ನಾಳೆ.", "ನಾಳೆ ಸಭೆ"),
        ("회의는 내일", "내일 회의는"),
        ("naïve\u{301} cafe\u{301}", "naive café"),
    ] {
        assert!(
            Query::parse(typed).matches(written),
            "{typed:?} must find {written:?}: {:?} {:?}",
            words(written),
            words(typed)
        );
        assert_eq!(
            find(&open(&[(7, written)]), typed),
            [7],
            "{typed:?} in the part of {written:?}"
        );
    }
    // Marks that make another word are kept.
    assert!(!Query::parse("はは ").matches("ばば"));
    assert!(!Query::parse("कल ").matches("कील"));
}

#[test]
fn all_words_must_be_there_and_only_the_last_may_be_unfinished() {
    let part = open(&[
        (1, "night shift starts late"),
        (2, "shift swap"),
        (9, "night shiftwork"),
        (12, "nightly build"),
    ]);
    assert_eq!(find(&part, "night shift"), [9, 1]);
    assert_eq!(find(&part, "nigh shift"), [] as [u64; 0]);
    assert_eq!(find(&part, "shift night"), [1]);
    assert_eq!(find(&part, "  !? "), [] as [u64; 0]);
    assert_eq!(
        part.search(&Query::parse("shift"), 9, 1).expect("sound"),
        [2]
    );
    assert!(Query::parse("👍 …").is_empty());
}

#[test]
fn words_in_quotes_must_stand_together() {
    let query = Query::parse("\"fire drill\" today");
    assert!(query.has_phrases());
    assert!(query.matches("Fire-drill is today!"));
    assert!(!query.matches("drill: no fire today"));
    assert!(
        Query::parse("\"fire dri").matches("a fire drill"),
        "a quote still being typed"
    );
    assert!(!Query::parse("\"fire dri\"").matches("a fire drill"));
}

#[test]
fn one_wrong_letter_is_forgiven_in_long_words_only() {
    let query = Query::parse("shedule ").forgiving().expect("long enough");
    assert!(query.matches("the new schedule") && query.matches("shedules"));
    assert!(!query.matches("sched"));
    assert!(Query::parse("shif").forgiving().is_none());
    assert!(Query::parse("\"fixed words\"").forgiving().is_none());
    let long = "ü".repeat(near::NEAR_LETTERS_MAX);
    assert!(
        Query::parse(&long).forgiving().is_some(),
        "the longest word that fits"
    );
    assert_eq!(
        Query::parse("swap the shifts").first_hit("please do\nswap it"),
        Some(10)
    );
}

#[test]
fn the_naughty_strings_are_found_by_their_own_words() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/data/strings/blns.json"
    );
    let Ok(json) = std::fs::read(path) else {
        return println!("skipped: no shared data");
    };
    let strings: Vec<String> = serde_json::from_slice(&json).expect("a list of strings");
    let part = Part::open(build((0..).zip(strings.iter().map(String::as_str)))).expect("opens");
    for (seq, text) in (0_u64..).zip(&strings) {
        for word in words(text).iter().take(query::QUERY_WORDS_MAX) {
            let again = words(word);
            if again.as_slice() == std::slice::from_ref(word) {
                assert!(find(&part, word).contains(&seq), "{word:?} of {text:?}");
            }
        }
    }
}

#[test]
fn damaged_bytes_are_an_error_and_never_a_panic() {
    let whole = build(
        [
            (3, "alpha beta gamma"),
            (5, "beta delta epsilon"),
            (1000, "omega beta alphabet"),
        ]
        .into_iter(),
    );
    for end in 0..whole.len() {
        assert!(Part::open(whole[..end].to_vec()).is_err(), "cut at {end}");
    }
    let map_at = HEAD + u64::from_le_bytes(whole[1..HEAD].try_into().expect("8 bytes")) as usize;
    let mut survived = 0;
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            let plain = Part::open(bytes.clone());
            assert!(
                plain.is_err() || (HEAD..map_at).contains(&at),
                "flipped bit {bit} of byte {at}"
            );
            // An adversary mends the checksum too.
            let end = bytes.len() - 4;
            if at >= map_at && at < end {
                let sum = masked_crc32c(&bytes[map_at..end]);
                bytes[end..].copy_from_slice(&sum.to_le_bytes());
            }
            if let Ok(part) = Part::open(bytes) {
                for typed in ["beta ", "a", "epsilon", "omega beta", "z"] {
                    let query = Query::parse(typed);
                    survived += usize::from(part.search(&query, NEWEST, 10).is_err());
                    let _ = query
                        .forgiving()
                        .map(|query| part.search(&query, NEWEST, 10));
                }
            }
        }
    }
    assert!(
        survived > 0,
        "some forgeries open and only fail when they are walked"
    );
}

const HEAD: usize = 9;

fn masked_crc32c(bytes: &[u8]) -> u32 {
    let mut crc = !0_u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0x82F6_3B78
            } else {
                crc >> 1
            };
        }
    }
    (!crc).rotate_right(15).wrapping_add(0xA282_EAD8)
}

#[test]
fn the_forger_of_these_tests_makes_right_checksums() {
    let bytes = build([(3, "alpha")].into_iter());
    let map_at = HEAD + u64::from_le_bytes(bytes[1..HEAD].try_into().expect("8 bytes")) as usize;
    let end = bytes.len() - 4;
    assert_eq!(
        bytes[end..],
        masked_crc32c(&bytes[map_at..end]).to_le_bytes()
    );
}

fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-d]{1,3}",
        "(schedule|shedule|schedules|scheduled|scherule|night|nights|nihgt)",
        "(Größe|grosse|明天|会議|พรุ่งนี้|don't|x_y)",
    ];
    proptest::collection::vec(word, 0..6).prop_map(|words| words.join(" "))
}

fn distance(a: &str, b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let best = (diagonal + usize::from(x != *y))
                .min(row[j] + 1)
                .min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[b.len()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_ascii_path_and_the_runs_give_the_words_of_icu(text in prop_oneof!["[ -~\t\r\n]{0,40}", "[a-b1'._:,\" ]{0,14}", "\\PC{0,24}", any::<String>(), "[a\u{308}1 \u{200d}ไทย漢字か゛\u{301}\u{202f}\u{a0}א\"'é.]{0,16}"]) {
        prop_assert_eq!(words(&text), words_by_icu_alone(&text));
    }

    /// The model is `matches` on every text. The closed part agrees with it; the open one may find what an older
    /// version answered too, but misses nothing, whatever was merged meanwhile.
    #[test]
    fn an_index_finds_exactly_what_the_texts_answer(
        acts in proptest::collection::vec((0_u64..90, text(), any::<bool>()), 0..700),
        typed in text(), scale in prop_oneof![Just(1_u64), Just(1 << 40)], below in 0_u64..100, limit in 1_usize..40,
    ) {
        let mut model: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        let mut day = OpenPart::new();
        for (seq, text, merge) in acts {
            let seq = seq * scale;
            day.add(seq, &text);
            model.entry(seq).or_default().push(text);
            if merge && let Some(due) = day.due() {
                day.replace(&due, Run::merge(&due).expect("sound"));
            }
        }
        let now = model.iter().filter_map(|(seq, texts)| Some((*seq, texts.last()?.as_str())));
        let closed = Part::open(build(now)).expect("own bytes open");
        let query = Query::parse(&typed);
        for query in std::iter::once(query.clone()).chain(query.forgiving()) {
            let below = below * scale;
            let older = || model.iter().rev().filter(|(seq, _)| **seq < below);
            let want: Vec<u64> = older().filter(|(_, texts)| texts.last().is_some_and(|text| query.matches(text))).map(|(seq, _)| *seq).collect();
            let found = day.search(&query, below, ALL).expect("sound");
            prop_assert!(want.iter().all(|seq| found.contains(seq)), "{want:?} must be in {found:?}");
            let ever = |seq: &u64| words(&model[seq].join(" ")).join(" ");
            prop_assert!(found.iter().all(|seq| query.words_met(&ever(seq))), "no word of {found:?} was ever there");
            prop_assert!(found.is_sorted_by(|newer, older| newer > older));
            let first = &found[..found.len().min(limit)];
            prop_assert_eq!(&day.search(&query, below, limit).expect("sound")[..], first);
            let want = &want[..want.len().min(limit)];
            prop_assert_eq!(&closed.search(&query, below, limit).expect("sound")[..], want);
        }
    }

    /// Checked against the distance as the textbook computes it, letter by letter and byte by byte.
    #[test]
    fn near_is_one_letter_away_and_no_more(asked in "[abé漢]{0,6}", word in "[abé漢👍]{0,8}", prefix: bool) {
        let near = near::Near::new(&asked, prefix).expect("short");
        let letters: Vec<char> = word.chars().collect();
        let ends = if prefix { 0..=letters.len() } else { letters.len()..=letters.len() };
        let want = ends.into_iter().any(|end| distance(&asked, &letters[..end]) <= 1);
        prop_assert_eq!(near.accepts(&word), want);
        let end = word.bytes().fold(near.start(), |walk, byte| near.accept(&walk, byte));
        prop_assert_eq!(near.is_match(&end), want);
    }

    #[test]
    fn any_bytes_open_or_are_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), typed in text()) {
        if let Some(first) = bytes.first_mut() { *first = 1; }
        if let Ok(part) = Part::open(bytes) { let _ = part.search(&Query::parse(&typed), NEWEST, 10); }
    }
}
