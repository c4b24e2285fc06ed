//! Promises of secrets: weak ones are refused, stored ones tell nothing, and nobody costs what somebody costs.

use proptest::prelude::*;

use super::token::crockford;
use super::*;

fn quick() -> Hasher {
    Hasher::new(
        Cost {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        },
        [7; 32],
    )
    .expect("possible")
}

#[test]
fn the_right_secret_opens_and_a_wrong_one_or_another_pepper_does_not() {
    let stored = Hasher::new(Cost::default(), [7; 32])
        .expect("possible")
        .hash(&Secret::typed("correct horse"));
    assert!(
        stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{stored}"
    );
    let hasher = quick();
    assert_eq!(
        hasher.verify(&Secret::typed("correct horse"), &stored),
        Ok(true)
    );
    assert_eq!(
        hasher.verify(&Secret::typed("correct horsf"), &stored),
        Ok(false)
    );
    let other = Hasher::new(Cost::default(), [8; 32]).expect("possible");
    assert_eq!(
        other.verify(&Secret::typed("correct horse"), &stored),
        Ok(false)
    );
    assert!(hasher.needs_rehash(&stored) && !other.needs_rehash(&stored));
    assert_ne!(stored, other.hash(&Secret::typed("correct horse")));
}

#[test]
fn one_secret_from_two_keyboards_is_one_secret() {
    let hasher = quick();
    let stored = hasher.hash(&Secret::typed("Bu\u{308}roschlu\u{308}ssel"));
    assert_eq!(
        hasher.verify(&Secret::typed("Büroschlüssel"), &stored),
        Ok(true)
    );
    let stored = hasher.hash(&Secret::typed("۴۸۲۹۱۷"));
    assert_eq!(hasher.verify(&Secret::typed("482917"), &stored), Ok(true));
}

#[test]
fn a_damaged_hash_is_an_error_and_never_an_open_door() {
    let (hasher, secret) = (quick(), Secret::typed("482917"));
    let stored = hasher.hash(&secret);
    for bad in [
        String::new(),
        stored.replace("argon2id", "argon2i"),
        stored.replace("argon2id", "scrypt"),
        stored.replace("m=64", "m=4294967295"),
        stored.replace("t=1", "t=4294967295"),
        stored.replace("v=19", "v=16"),
        stored.rsplit_once('$').expect("parts").0.to_owned(),
        stored[..stored.len() - 20].to_owned(),
    ] {
        assert_eq!(hasher.verify(&secret, &bad), Err(DamagedHash), "{bad}");
        assert!(hasher.needs_rehash(&bad));
    }
    assert!(
        Hasher::new(
            Cost {
                memory_kib: 1,
                passes: 0,
                lanes: 0
            },
            [0; 32]
        )
        .is_err()
    );
    assert!(
        Hasher::new(
            Cost {
                memory_kib: u32::MAX,
                passes: 1,
                lanes: 1
            },
            [0; 32]
        )
        .is_err()
    );
}

/// Work is compared through what argon2 is asked to do, because a clock would make this test guess.
#[test]
fn an_unknown_handle_costs_what_a_wrong_secret_costs() {
    let hasher = quick();
    let real = PasswordHash::new(&hasher.hash(&Secret::typed("482917"))).expect("own hash");
    assert_eq!(
        (real.algorithm, real.version, &real.params),
        (
            hasher.decoy.algorithm,
            hasher.decoy.version,
            &hasher.decoy.params
        )
    );
    assert_eq!(
        real.salt.map(|s| s.len()),
        hasher.decoy.salt.map(|s| s.len())
    );
    assert_eq!(
        real.hash.map(|h| h.len()),
        hasher.decoy.hash.map(|h| h.len())
    );
    hasher.decoy_verify(&Secret::typed("482917"));
}

#[test]
fn secrets_anyone_would_try_are_refused() {
    use SecretFault::{TooLong, TooShort, TooSimple, Unprintable};
    for (text, fault) in [
        ("", TooShort),
        ("48291", TooShort),
        ("hunter2", TooShort),
        ("000000", TooSimple),
        ("123456", TooSimple),
        ("654321", TooSimple),
        ("135791", TooSimple),
        ("890123", TooSimple),
        ("121212", TooSimple),
        ("123123123", TooSimple),
        ("1231231", TooSimple),
        ("123321", TooSimple),
        ("112233", TooSimple),
        ("159753", TooSimple),
        ("147258", TooSimple),
        ("۱۲۳۴۵۶", TooSimple),
        ("1234567890123", TooSimple),
        ("Password123!", TooSimple),
        ("p@ssw0rd", TooSimple),
        ("!!qwertz2024", TooSimple),
        ("aaaaaaab", TooSimple),
        ("a long\nsecret", Unprintable),
        (&"é".repeat(257), TooLong),
        (&"19".repeat(129), TooLong),
    ] {
        assert_eq!(Secret::chosen(text).err(), Some(fault), "{text:?}");
    }
    for text in [
        "482917",
        "739105846213",
        "20481397551203",
        "correct horse",
        "пароль-крепкий",
        "明天上海开会见面吧",
    ] {
        assert!(Secret::chosen(text).is_ok(), "{text:?}");
    }
}

#[test]
fn the_rules_leave_nearly_all_pins() {
    let refused = (0..1_000_000)
        .filter(|pin| simple_digits(format!("{pin:06}").as_bytes()))
        .count();
    assert!((1_000..4_000).contains(&refused), "{refused} of a million");
}

#[test]
fn nothing_secret_is_printed() {
    let token = Token::long();
    let shown = format!("{:?} {token:?} {:?}", Secret::typed("open sesame"), quick());
    assert!(
        !shown.contains("sesame") && !shown.contains(token.text()) && !shown.contains("7, 7"),
        "{shown}"
    );
}

#[test]
fn a_token_is_found_again_however_it_was_copied() {
    for token in [Token::long(), Token::short()] {
        let text = token.text();
        let spelled = text.to_lowercase().replace('1', "l").replace('0', "o");
        let grouped: Vec<_> = spelled
            .as_bytes()
            .chunks(4)
            .map(|c| String::from_utf8_lossy(c))
            .collect();
        for copied in [text.to_owned(), grouped.join("-"), grouped.join(" ")] {
            assert!(
                token_hash(&copied).is_some_and(|hash| same(&hash, &token.hash())),
                "{copied}"
            );
        }
        assert!(!same(&Token::long().hash(), &token.hash()));
    }
    assert_eq!(
        (Token::long().text().len(), Token::short().text().len()),
        (52, 26)
    );
    assert_eq!(crockford(&[0xFF, 0x00, 0x0F]), "ZW00Y");
}

proptest! {
    #[test]
    fn no_text_upsets_the_rules_or_the_token_reader(text in "\\PC{0,60}|[0-9]{0,14}|[0-9A-Za-z -]{20,60}") {
        let _ = Secret::chosen(&text);
        let _ = token_hash(&text);
        prop_assert_eq!(quick().verify(&Secret::typed(&text), &text), Err(DamagedHash));
    }
}
