//! What an archive may hold, and what stops it.

use super::super::{Archive, ImportError, Limits};
use super::read;
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const CHAT: &[u8] = b"18.03.22, 14:56 - A: IMG-1.jpg (file attached)\n";

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(
            *name,
            SimpleFileOptions::default().compression_method(CompressionMethod::Deflated),
        )
        .expect("start");
        zip.write_all(bytes).expect("write");
    }
    zip.finish().expect("finish").into_inner()
}

fn open(bytes: &[u8]) -> Result<Archive<Cursor<Vec<u8>>>, ImportError> {
    Archive::open(Cursor::new(bytes.to_vec()), &Limits::default())
}

fn code(bytes: &[u8]) -> &'static str {
    match open(bytes).and_then(|mut archive| archive.chat_text().map(|_| ())) {
        Ok(()) => "ok",
        Err(error) => error.code,
    }
}

/// The same length of name, so that offsets hold.
fn renamed(mut bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    for at in 0..=bytes.len() - from.len() {
        if &bytes[at..at + from.len()] == from.as_bytes() {
            bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
        }
    }
    bytes
}

#[test]
fn an_export_opens_with_its_text_and_media() {
    for (text, folder) in [
        ("_chat.txt", ""),
        ("WhatsApp Chat with Ice.txt", ""),
        ("WhatsApp Chat - Ice/_chat.txt", "WhatsApp Chat - Ice/"),
    ] {
        let image = format!("{folder}IMG-1.jpg");
        let shared = format!("{folder}notes.txt");
        let bytes = zipped(&[
            (&image, b"jpeg"),
            (text, CHAT),
            (&shared, b"a shared text"),
            ("__MACOSX/._x", b""),
        ]);
        let mut archive = open(&bytes).expect("opens");
        let chat = read(std::str::from_utf8(&archive.chat_text().expect("text")).expect("utf-8"))
            .expect("a chat");
        assert_eq!(chat.counts.attachments, 1);
        assert_eq!(archive.media_names(), ["IMG-1.jpg", "notes.txt"]);
        let mut image = Vec::new();
        archive
            .media("IMG-1.jpg")
            .expect("there")
            .read_to_end(&mut image)
            .expect("read");
        assert_eq!(image, b"jpeg");
        assert_eq!(
            archive.media("../IMG-1.jpg").map(|_| ()).unwrap_err().code,
            "import/media_missing"
        );
    }
}

#[test]
fn each_kind_of_bad_archive_has_its_own_code() {
    let good = zipped(&[("_chat.txt", CHAT), ("a.jpg", b"x")]);
    assert_eq!(code(&good), "ok");
    assert_eq!(code(b"no zip at all"), "import/zip_broken");
    for cut in [good.len() - 1, good.len() / 2, 30] {
        assert_eq!(code(&good[..cut]), "import/zip_broken");
    }
    assert_eq!(code(&zipped(&[("a.jpg", b"x")])), "import/zip_no_chat");
    assert_eq!(code(&zipped(&[])), "import/zip_no_chat");
    assert_eq!(code(&zipped(&[("export.zip", &good)])), "import/zip_nested");
    assert_eq!(
        code(&zipped(&[("_chat.txt", CHAT), ("shared.zip", &good)])),
        "ok"
    );
    assert_eq!(
        code(&zipped(&[
            ("WhatsApp Chat with A.txt", CHAT),
            ("WhatsApp Chat with B.txt", CHAT)
        ])),
        "import/zip_several_chats"
    );
    assert_eq!(
        code(&zipped(&[
            ("x/a.jpg", b"1"),
            ("y/a.jpg", b"2"),
            ("_chat.txt", CHAT)
        ])),
        "import/zip_duplicate"
    );
    let twice = zipped(&[("_chat.txt", CHAT), ("a.jpg", b"x"), ("b.jpg", b"x")]);
    assert_eq!(
        code(&renamed(twice.clone(), "b.jpg", "a.jpg")),
        "import/zip_duplicate"
    );
    for path in ["../.x", "/a.jp", "C:a.j", "a\\..b"] {
        assert_eq!(
            code(&renamed(twice.clone(), "b.jpg", path)),
            "import/zip_path",
            "{path}"
        );
    }
    // A byte of the packed text changed: the checksum tells.
    let stored = {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(
            "_chat.txt",
            SimpleFileOptions::default().compression_method(CompressionMethod::Stored),
        )
        .expect("start");
        zip.write_all(CHAT).expect("write");
        zip.finish().expect("finish").into_inner()
    };
    assert_eq!(
        code(&renamed(stored, "14:56", "14:57")),
        "import/zip_broken"
    );
}

#[test]
fn a_locked_archive_says_so() {
    let mut bytes = zipped(&[("_chat.txt", CHAT)]);
    // The first bit of the flags, in the local and in the central header.
    let central = bytes
        .windows(4)
        .position(|w| w == b"PK\x01\x02")
        .expect("central header");
    bytes[6] |= 1;
    bytes[central + 8] |= 1;
    assert_eq!(code(&bytes), "import/zip_encrypted");
}

#[test]
fn a_bomb_is_stopped_by_what_comes_out_not_by_what_it_claims() {
    let mut bytes = zipped(&[("_chat.txt", &vec![b'a'; 8 << 20])]);
    assert_eq!(code(&bytes), "import/zip_bomb");
    // The same with a claimed size of one byte, in both headers.
    let central = bytes
        .windows(4)
        .position(|w| w == b"PK\x01\x02")
        .expect("central header");
    for at in [22, central + 24] {
        bytes[at..at + 4].copy_from_slice(&1u32.to_le_bytes());
    }
    assert!(["import/zip_bomb", "import/zip_broken"].contains(&code(&bytes)));
    let files: Vec<(String, Vec<u8>)> = (0..4u8)
        .map(|n| {
            (
                format!("{n}.bin"),
                (0..600_000u32)
                    .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 ^ n)
                    .collect(),
            )
        })
        .collect();
    let mut list: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    list.push(("_chat.txt", CHAT));
    let limits = Limits {
        total_bytes: 1_500_000,
        ..Limits::default()
    };
    let mut archive = Archive::open(Cursor::new(zipped(&list)), &limits).expect("opens");
    let results: Vec<_> = files
        .iter()
        .map(|(name, _)| {
            archive
                .media(name)
                .expect("there")
                .read_to_end(&mut Vec::new())
                .map_err(|e| ImportError::from_io(&e).code)
        })
        .collect();
    assert_eq!(
        results,
        [
            Ok(600_000),
            Ok(600_000),
            Err("import/too_large"),
            Err("import/too_large")
        ]
    );
    let many = Limits {
        entries: 3,
        ..Limits::default()
    };
    assert_eq!(
        Archive::open(Cursor::new(zipped(&list)), &many)
            .map(|_| ())
            .unwrap_err()
            .code,
        "import/too_large"
    );
    let small = Limits {
        text_bytes: 10,
        ..Limits::default()
    };
    let text = Archive::open(Cursor::new(zipped(&list)), &small)
        .expect("opens")
        .chat_text();
    assert_eq!(text.unwrap_err().code, "import/too_large");
}

#[test]
fn no_damage_to_an_archive_breaks_the_reader() {
    let good = zipped(&[("_chat.txt", CHAT), ("a.jpg", b"0123456789")]);
    for at in 0..good.len() {
        for flip in [0x01, 0x80, 0xFF] {
            let mut bytes = good.clone();
            bytes[at] ^= flip;
            if let Ok(mut archive) = open(&bytes) {
                let _ = archive.chat_text();
                let _ = archive
                    .media("a.jpg")
                    .map(|mut file| file.read_to_end(&mut Vec::new()).is_ok());
            }
        }
    }
}
