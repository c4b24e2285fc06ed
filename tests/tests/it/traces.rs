//! What may be nowhere, looked for as an intruder would: in every file, in every form in which a careless program would
//! have left it.

use std::fs;
use std::path::{Path, PathBuf};

use tests::frame::now_ms;

/// A text in the forms in which a careless program would have left it.
pub fn forms(text: &str) -> Vec<(String, Vec<u8>)> {
    let mut all = vec![(text.to_owned(), text.as_bytes().to_vec())];
    let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    all.push((format!("{text} in UTF-16"), wide(u16::to_le_bytes)));
    all.push((format!("{text} in UTF-16, turned"), wide(u16::to_be_bytes)));
    let hex = text.bytes().flat_map(|b| format!("{b:02x}").into_bytes());
    all.push((format!("{text} in hex"), hex.collect()));
    all.extend(base64s(text, text.as_bytes()));
    all
}

/// However the text lies in what was encoded, one of these three stands in the result.
pub fn base64s(name: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let from = |skip: usize| {
        let groups = bytes[skip..].chunks_exact(3);
        let digits = groups.flat_map(|g| {
            let bits = u32::from(g[0]) << 16 | u32::from(g[1]) << 8 | u32::from(g[2]);
            [18, 12, 6, 0].map(|shift| DIGITS[(bits >> shift & 63) as usize])
        });
        let digits: Vec<u8> = digits.collect();
        (format!("{name} in base64, from {skip}"), digits)
    };
    [0, 1, 2].map(from).into()
}

pub fn scan(dir: &Path, needles: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut found = Vec::new();
    for path in files(dir) {
        // A running server finishes and removes files meanwhile.
        let Ok(bytes) = fs::read(&path) else { continue };
        let bytes = without_deserts(&bytes);
        for (name, needle) in needles {
            assert!(needle.len() >= 8, "{name} would be found by chance");
            if memchr::memmem::find(&bytes, needle).is_some() {
                found.push(format!("{name} in {}", path.display()));
            }
        }
    }
    found
}

/// Space that was reserved and never written need not be searched a thousand times.
fn without_deserts(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut zeros = 0;
    for byte in bytes {
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        if zeros < 64 {
            out.push(*byte);
        }
    }
    out
}

/// A scan that finds nothing is worth what it would have found.
pub fn the_scan_finds_what_is_there(needles: &[(String, Vec<u8>)]) {
    let dir = tempfile::tempdir().expect("a folder");
    let below = dir.path().join("a/b");
    fs::create_dir_all(&below).expect("made");
    for (n, (name, needle)) in needles.iter().enumerate() {
        let path = below.join(n.to_string());
        let around = [&[0, 255, 7][..], needle, &[9]].concat();
        fs::write(&path, around).expect("written");
        let found = scan(dir.path(), std::slice::from_ref(&needles[n]));
        assert!(!found.is_empty(), "{name} is overlooked");
        fs::remove_file(&path).expect("removed");
    }
}

/// All files below, however deep; a socket or a pipe is none.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let kind = entry.file_type().expect("its type");
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for path in files(from) {
        let target = to.join(path.strip_prefix(from).expect("below"));
        fs::create_dir_all(target.parent().expect("a folder")).expect("made");
        let copied = fs::copy(&path, &target);
        // A running server finishes and removes files meanwhile.
        assert!(copied.is_ok() || !path.exists(), "{copied:?}");
    }
}

/// A picture like no other: noise, in a PNG whose data is only stored.
pub fn photo() -> Vec<u8> {
    const SIDE: u32 = 48;
    let mut seed = now_ms() | 1;
    let mut noise = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 24) as u8
    };
    let mut rows = Vec::new();
    for _ in 0..SIDE {
        rows.push(0);
        rows.extend((0..SIDE * 3).map(|_| noise()));
    }
    let length = rows.len() as u16;
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in &rows {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    let data = [
        &[0x78, 1, 1][..],
        &length.to_le_bytes(),
        &(!length).to_le_bytes(),
        &rows,
        &(b << 16 | a).to_be_bytes(),
    ];
    let head = [
        &SIDE.to_be_bytes()[..],
        &SIDE.to_be_bytes(),
        &[8, 2, 0, 0, 0],
    ]
    .concat();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, body) in [
        (b"IHDR", head),
        (b"IDAT", data.concat()),
        (b"IEND", Vec::new()),
    ] {
        let named = [&kind[..], &body].concat();
        png.extend((body.len() as u32).to_be_bytes());
        png.extend(&named);
        png.extend(crc32(&named).to_be_bytes());
    }
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| {
            (c >> 1) ^ (0xedb8_8320 & (c & 1).wrapping_neg())
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}
