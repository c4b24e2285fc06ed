//! What a file is, by its bytes.
//!
//! Never believes a name: it only tells sound from pictures inside one container, where both are harmless.

/// How a file is served. What is not `inline` goes out with `Content-Disposition: attachment`; everything goes out
/// with `X-Content-Type-Options: nosniff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub mime: &'static str,
    pub inline: bool,
}

/// Judges by the first bytes; 4 KiB are plenty. Script can hide in SVG, HTML, XML and PDF, so these and all that is
/// unknown are downloads.
pub fn inspect(name: &str, head: &[u8]) -> Kind {
    const HEAD_BYTES_READ: usize = 64 * 1024;
    let head = head.get(..HEAD_BYTES_READ).unwrap_or(head);
    let extension = name
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase())
        .unwrap_or_default();
    shown(head, &extension)
        .or_else(|| downloaded(head, &extension))
        .unwrap_or(Kind {
            mime: "application/octet-stream",
            inline: false,
        })
}

fn shown(head: &[u8], extension: &str) -> Option<Kind> {
    let form = head.get(8..12).unwrap_or_default();
    let mime = if head.starts_with(&[0xFF, 0xD8, 0xFF]) {
        "image/jpeg"
    } else if head.starts_with(b"\x89PNG\r\n\x1A\n") {
        "image/png"
    } else if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") {
        "image/gif"
    } else if head.starts_with(b"RIFF") && form == b"WEBP" {
        "image/webp"
    } else if head.starts_with(b"RIFF") && form == b"WAVE" {
        "audio/wav"
    } else if head.starts_with(b"OggS") {
        ogg(head)?
    } else if head.starts_with(&[0x1A, 0x45, 0xDF, 0xA3]) {
        webm(head, extension)?
    } else if head.get(4..8) == Some(b"ftyp") {
        mp4(head, extension)?
    } else if is_mpeg_audio(head) {
        "audio/mpeg"
    } else {
        return None;
    };
    Some(Kind { mime, inline: true })
}

fn downloaded(head: &[u8], extension: &str) -> Option<Kind> {
    let mime = if head.starts_with(b"%PDF-") {
        "application/pdf"
    } else if head.starts_with(b"PK\x03\x04") {
        match extension {
            "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            _ => "application/zip",
        }
    } else if head.get(4..8) == Some(b"ftyp") {
        match brands(head).next()? {
            b"qt  " => "video/quicktime",
            b"heic" | b"heix" | b"mif1" => "image/heic",
            b"avif" => "image/avif",
            _ => return None,
        }
    } else {
        return None;
    };
    Some(Kind {
        mime,
        inline: false,
    })
}

fn ogg(head: &[u8]) -> Option<&'static str> {
    let first_page = head.get(..256).unwrap_or(head);
    let sound = [
        b"OpusHead".as_slice(),
        b"\x01vorbis",
        b"Speex   ",
        b"\x7FFLAC",
    ];
    sound
        .iter()
        .any(|mark| holds(first_page, mark))
        .then_some("audio/ogg")
}

fn webm(head: &[u8], extension: &str) -> Option<&'static str> {
    let header = head.get(..64).unwrap_or(head);
    if !holds(header, b"\x42\x82\x84webm") {
        return None;
    }
    let moving = holds(head, b"V_VP8") || holds(head, b"V_VP9") || holds(head, b"V_AV1");
    let sounding = holds(head, b"A_OPUS") || holds(head, b"A_VORBIS");
    Some(if !moving && (sounding || extension == "weba") {
        "audio/webm"
    } else {
        "video/webm"
    })
}

fn mp4(head: &[u8], extension: &str) -> Option<&'static str> {
    const SOUND: [&[u8; 4]; 3] = [b"M4A ", b"M4B ", b"F4A "];
    const PLAIN: [&[u8; 4]; 16] = [
        b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41",
        b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV", b"f4v ",
    ];
    let major = brands(head).next()?;
    if SOUND.contains(&major) {
        return Some("audio/mp4");
    }
    if !PLAIN.contains(&major) {
        return None;
    }
    let handler = |kind: &[u8]| {
        head.windows(16)
            .any(|window| window.starts_with(b"hdlr") && window.get(12..16) == Some(kind))
    };
    let sound = !handler(b"vide") && (handler(b"soun") || extension == "m4a");
    Some(if sound { "audio/mp4" } else { "video/mp4" })
}

fn brands(head: &[u8]) -> impl Iterator<Item = &[u8; 4]> {
    head.get(8..).unwrap_or_default().as_chunks::<4>().0.iter()
}

/// An ID3 tag, or a layer III frame that is followed by another one.
fn is_mpeg_audio(head: &[u8]) -> bool {
    if let Some([major, minor, _, size @ ..]) = head
        .strip_prefix(b"ID3")
        .and_then(|rest| rest.first_chunk::<7>())
    {
        return *major < 0xFF && *minor < 0xFF && size.iter().all(|byte| *byte < 0x80);
    }
    mpeg_frame_bytes(head).is_some_and(|length| {
        head.get(length..)
            .is_some_and(|next| mpeg_frame_bytes(next).is_some())
    })
}

fn mpeg_frame_bytes(head: &[u8]) -> Option<usize> {
    const KBITS_1: [usize; 14] = [
        32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
    ];
    const KBITS_2: [usize; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let [sync, version, rates, _] = *head.first_chunk::<4>()?;
    let (first, divisor) = match version >> 3 & 3 {
        3 => (true, 1),
        2 => (false, 2),
        0 => (false, 4),
        _ => return None,
    };
    if sync != 0xFF || version >> 5 != 7 || version >> 1 & 3 != 1 {
        return None;
    }
    let kbits = usize::from(rates >> 4).checked_sub(1)?;
    let kbits = *if first { &KBITS_1 } else { &KBITS_2 }.get(kbits)?;
    let hertz = [44_100, 48_000, 32_000].get(usize::from(rates >> 2 & 3))? / divisor;
    Some(if first { 144_000 } else { 72_000 } * kbits / hertz + usize::from(rates >> 1 & 1))
}

fn holds(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}
