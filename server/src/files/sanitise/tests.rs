//! Promises of making files safe: what comes out is what it says it is, and tells nothing of where it was made.

use std::io::Cursor;

use image::codecs::gif::{GifDecoder, GifEncoder};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::{WebPDecoder, WebPEncoder};
use image::{
    AnimationDecoder, DynamicImage, Frame, ImageDecoder, ImageEncoder, Rgb, RgbImage, Rgba,
    RgbaImage,
};
use proptest::prelude::*;

use super::*;

const SECRETS: [&[u8]; 4] = [
    b"52.5200N 13.4050E",
    b"<script>alert(1)</script>",
    b"Ana's phone",
    b"xpacket",
];
const RED: [u8; 3] = [250, 10, 10];
const GREEN: [u8; 3] = [10, 250, 10];
const BLUE: [u8; 3] = [10, 10, 250];
const WHITE: [u8; 3] = [250, 250, 250];

fn clean(bytes: &[u8]) -> bool {
    let marks = [
        b"Exif".as_slice(),
        b"EXIF",
        b"XMP",
        b"ICCP",
        b"iCCP",
        b"eXIf",
    ];
    !SECRETS
        .iter()
        .chain(&marks)
        .any(|secret| holds(bytes, secret))
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn take(bytes: &[u8]) -> Result<Image, FileError> {
    super::image(bytes, &Limits::default())
}

/// Red, green above blue, white.
fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        match (x < width / 2, y < height / 2) {
            (true, true) => Rgb(RED),
            (false, true) => Rgb(GREEN),
            (true, false) => Rgb(BLUE),
            (false, false) => Rgb(WHITE),
        }
    })
}

/// A TIFF block with an orientation, a maker and a GPS directory whose text is a place.
fn exif(orientation: u16) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        let mut bytes = Vec::new();
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
        bytes
    };
    tiff.extend(3_u16.to_le_bytes());
    tiff.extend(entry(0x010F, 2, 12, 50));
    tiff.extend(entry(0x0112, 3, 1, u32::from(orientation)));
    tiff.extend(entry(0x8825, 4, 1, 62));
    tiff.extend([0; 4]);
    tiff.extend(b"Ana's phone\0");
    tiff.extend(1_u16.to_le_bytes());
    tiff.extend(entry(0x001C, 7, 18, 80));
    tiff.extend([0; 4]);
    tiff.extend(b"52.5200N 13.4050E\0");
    tiff
}

fn jpeg_from_a_phone(picture: &RgbImage, orientation: u16, icc: Option<&[u8]>) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut plain, 95);
    if let Some(icc) = icc {
        encoder.set_icc_profile(icc.to_vec()).expect("supported");
    }
    encoder.encode_image(picture).expect("encodes");
    let mut bytes = plain[..2].to_vec();
    let exif = [b"Exif\0\0".as_slice(), &exif(orientation)].concat();
    for (marker, body) in [
        (0xE1_u8, exif.as_slice()),
        (0xFE, SECRETS[1]),
        (0xED, SECRETS[2]),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0xpacket"),
    ] {
        bytes.extend([0xFF, marker]);
        bytes.extend((body.len() as u16 + 2).to_be_bytes());
        bytes.extend(body);
    }
    bytes.extend(&plain[2..]);
    bytes.extend(SECRETS[1]);
    bytes
}

fn png_of(picture: &DynamicImage, orientation: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder
        .set_exif_metadata(exif(orientation))
        .expect("supported");
    picture.write_with_encoder(encoder).expect("encodes");
    bytes.extend(SECRETS[1]);
    bytes
}

fn gif_of(frames: u32) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut encoder = GifEncoder::new(&mut plain);
    encoder
        .set_repeat(image::codecs::gif::Repeat::Infinite)
        .expect("supported");
    for n in 0..frames {
        let frame = RgbaImage::from_pixel(40, 30, Rgba([(n * 60) as u8, 0, 9, 255]));
        encoder.encode_frame(Frame::new(frame)).expect("encodes");
    }
    drop(encoder);
    let table = if plain[10] & 0x80 == 0 {
        0
    } else {
        3 << ((plain[10] & 7) + 1)
    };
    let mut bytes = plain[..13 + table].to_vec();
    bytes.extend([0x21, 0xFE, SECRETS[1].len() as u8]);
    bytes.extend(SECRETS[1]);
    bytes.extend(b"\0\x21\xFF\x0BXMP DataXMP\x07xpacket\0");
    bytes.extend(&plain[13 + table..]);
    bytes.extend(SECRETS[0]);
    bytes
}

fn chunk(name: &[u8], body: &[u8]) -> Vec<u8> {
    let pad = &[0_u8][..body.len() % 2];
    [name, &(body.len() as u32).to_le_bytes(), body, pad].concat()
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [b"WEBP".to_vec(), chunks.concat()].concat();
    [
        b"RIFF".as_slice(),
        &(body.len() as u32).to_le_bytes(),
        &body,
        SECRETS[1],
    ]
    .concat()
}

fn vp8l(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture
        .write_with_encoder(WebPEncoder::new_lossless(&mut bytes))
        .expect("encodes");
    let at = bytes
        .windows(4)
        .position(|window| window == b"VP8L")
        .expect("a lossless chunk");
    let length = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().expect("4 bytes")) as usize;
    chunk(b"VP8L", &bytes[at + 8..at + 8 + length])
}

fn canvas(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let (w, h) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
    chunk(
        b"VP8X",
        &[flags, 0, 0, 0, w[0], w[1], w[2], h[0], h[1], h[2]],
    )
}

fn still_webp(orientation: u16) -> Vec<u8> {
    let picture = DynamicImage::ImageRgb8(quarters(64, 32));
    riff(&[
        canvas(0x0C, 64, 32),
        vp8l(&picture),
        chunk(b"EXIF", &exif(orientation)),
        chunk(b"XMP ", b"xpacket"),
        chunk(b"JUNK", SECRETS[2]),
    ])
}

fn moving_webp() -> Vec<u8> {
    let frame = |shade: u8| {
        let picture = DynamicImage::ImageRgb8(RgbImage::from_pixel(20, 10, Rgb([shade, 0, 0])));
        let head = [0, 0, 0, 0, 0, 0, 19, 0, 0, 9, 0, 0, 100, 0, 0, 0];
        chunk(
            b"ANMF",
            &[
                head.as_slice(),
                &vp8l(&picture),
                &chunk(b"JUNK", SECRETS[2]),
            ]
            .concat(),
        )
    };
    riff(&[
        canvas(0x0A, 20, 10),
        chunk(b"ANIM", &[0; 6]),
        frame(10),
        frame(200),
        chunk(b"EXIF", &exif(6)),
    ])
}

fn near(pixel: Rgb<u8>, want: [u8; 3]) -> bool {
    pixel.0.iter().zip(want).all(|(a, b)| a.abs_diff(b) < 40)
}

#[test]
fn a_photo_loses_its_place_and_stands_upright() {
    let upright: [[[u8; 3]; 4]; 8] = [
        [RED, GREEN, BLUE, WHITE],
        [GREEN, RED, WHITE, BLUE],
        [WHITE, BLUE, GREEN, RED],
        [BLUE, WHITE, RED, GREEN],
        [RED, BLUE, GREEN, WHITE],
        [BLUE, RED, WHITE, GREEN],
        [WHITE, GREEN, BLUE, RED],
        [GREEN, WHITE, RED, BLUE],
    ];
    for (orientation, want) in (1_u16..).zip(upright) {
        let photo = jpeg_from_a_phone(&quarters(64, 32), orientation, None);
        assert!(
            SECRETS.iter().all(|secret| holds(&photo, secret)),
            "the photo does hold what must go"
        );
        let screenshot = png_of(&DynamicImage::ImageRgb8(quarters(64, 32)), orientation);
        assert!(holds(&screenshot, SECRETS[0]));
        for sent in [photo, screenshot, still_webp(orientation)] {
            let taken = take(&sent).expect("a picture");
            assert!(
                clean(&taken.bytes) && clean(&taken.thumb.bytes),
                "{} {orientation}",
                taken.mime
            );
            let (w, h) = if orientation < 5 { (64, 32) } else { (32, 64) };
            assert_eq!(
                (taken.width, taken.height),
                (w, h),
                "{} {orientation}",
                taken.mime
            );
            for shown in [&taken.bytes, &taken.thumb.bytes] {
                let shown = image::load_from_memory(shown).expect("decodes").into_rgb8();
                assert_eq!(shown.dimensions(), (w, h));
                let corners = [(4, 4), (w - 5, 4), (4, h - 5), (w - 5, h - 5)]
                    .map(|(x, y)| *shown.get_pixel(x, y));
                assert!(
                    corners
                        .iter()
                        .zip(want)
                        .all(|(pixel, want)| near(*pixel, want)),
                    "{} {orientation}: {corners:?}",
                    taken.mime
                );
            }
        }
    }
}

#[test]
fn moving_pictures_keep_moving_and_lose_their_notes() {
    let sent = gif_of(3);
    assert!(holds(&sent, SECRETS[1]) && holds(&sent, b"xpacket"));
    let taken = take(&sent).expect("a gif");
    assert!(
        clean(&taken.bytes) && taken.mime == "image/gif" && holds(&taken.bytes, b"NETSCAPE2.0")
    );
    let frames = |bytes: &[u8]| -> Vec<RgbaImage> {
        let decoder = GifDecoder::new(Cursor::new(bytes.to_vec())).expect("opens");
        decoder
            .into_frames()
            .collect_frames()
            .expect("decodes")
            .into_iter()
            .map(Frame::into_buffer)
            .collect()
    };
    assert_eq!(frames(&sent), frames(&taken.bytes));
    assert_eq!(frames(&taken.bytes).len(), 3);

    let sent = moving_webp();
    assert!(holds(&sent, SECRETS[0]) && holds(&sent, SECRETS[2]));
    let taken = take(&sent).expect("a webp");
    assert!(clean(&taken.bytes) && taken.mime == "image/webp");
    let frames = |bytes: &[u8]| -> Vec<RgbaImage> {
        let decoder = WebPDecoder::new(Cursor::new(bytes.to_vec())).expect("opens");
        decoder
            .into_frames()
            .collect_frames()
            .expect("decodes")
            .into_iter()
            .map(Frame::into_buffer)
            .collect()
    };
    assert_eq!(frames(&sent), frames(&taken.bytes));
    assert_eq!(frames(&taken.bytes).len(), 2);

    let still = take(&still_webp(1)).expect("a still");
    let decoder = WebPDecoder::new(Cursor::new(still.bytes)).expect("opens");
    assert_eq!(
        (decoder.dimensions(), decoder.has_animation()),
        ((64, 32), false)
    );
}

#[test]
fn a_thumbnail_is_small_and_keeps_what_shines_through() {
    let mut seed = 1_u32;
    let noise = RgbImage::from_fn(1600, 1200, |_, _| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(seed >> 24) as u8, (seed >> 16) as u8, (seed >> 8) as u8])
    });
    let taken = take(&jpeg_from_a_phone(&noise, 6, None)).expect("a photo");
    assert_eq!(
        (taken.thumb.width, taken.thumb.height, taken.thumb.mime),
        (360, 480, "image/jpeg")
    );
    assert!(
        taken.thumb.bytes.len() <= THUMB_BYTES_AIM,
        "{}",
        taken.thumb.bytes.len()
    );

    let glass = DynamicImage::ImageRgba8(RgbaImage::from_pixel(900, 300, Rgba([9, 9, 9, 60])));
    let taken = take(&png_of(&glass, 1)).expect("a picture");
    assert_eq!(
        (taken.thumb.width, taken.thumb.height, taken.thumb.mime),
        (480, 160, "image/png")
    );
    assert_eq!(
        image::load_from_memory(&taken.bytes)
            .expect("decodes")
            .into_rgba8()
            .get_pixel(3, 3)
            .0,
        [9, 9, 9, 60]
    );
}

#[test]
fn colours_of_a_phone_are_translated_before_their_profile_is_dropped() {
    let picture = RgbImage::from_pixel(32, 32, Rgb([200, 100, 60]));
    let profile: Vec<u8> = b"Display P3"
        .iter()
        .flat_map(|letter| [0, *letter])
        .collect();
    let colour = |icc: Option<&[u8]>| {
        let taken = take(&jpeg_from_a_phone(&picture, 1, icc)).expect("a photo");
        assert!(clean(&taken.bytes));
        image::load_from_memory(&taken.bytes)
            .expect("decodes")
            .into_rgb8()
            .get_pixel(9, 9)
            .0
    };
    let (plain, wide) = (colour(None), colour(Some(&profile)));
    assert!(
        wide[0] > plain[0] + 5 && wide[2] + 3 < plain[2],
        "more vivid in the narrower space: {plain:?} {wide:?}"
    );
}

#[test]
fn hostile_pictures_are_refused_with_a_code() {
    let small = DynamicImage::ImageRgb8(quarters(64, 32));
    let mut png = png_of(&small, 1);
    png[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
    let sum = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    let mut gif = gif_of(1);
    gif[6..10].fill(0xFF);
    let mut jpeg = jpeg_from_a_phone(&quarters(64, 32), 1, None);
    let sof = jpeg
        .windows(3)
        .position(|w| w == [0xFF, 0xC0, 0])
        .expect("a frame header");
    jpeg[sof + 5..sof + 9].copy_from_slice(&[0xF0, 0, 0xF0, 0]);
    let mut webp = riff(&[vp8l(&small)]);
    let at = webp.windows(4).position(|w| w == b"VP8L").expect("a chunk") + 9;
    webp[at..at + 4].copy_from_slice(&(0x3FFE_u32 | 0x3FFE << 14).to_le_bytes());
    for bomb in [&png, &gif, &jpeg, &webp] {
        assert_eq!(
            take(bomb).err(),
            Some(FileError::TooManyPixels),
            "{:?}",
            inspect("", bomb)
        );
    }
    let few = Limits {
        frames_max: 2,
        ..Limits::default()
    };
    assert_eq!(
        super::image(&gif_of(3), &few).err(),
        Some(FileError::TooManyFrames)
    );
    let tiny = Limits {
        bytes_max: 100,
        ..Limits::default()
    };
    assert_eq!(
        super::image(&gif_of(3), &tiny).err(),
        Some(FileError::TooLarge)
    );
    assert_eq!(take(b"").err(), Some(FileError::Empty));
    assert_eq!(
        take(b"GIF89a\x08\0\x08\0\0\0\0<script>alert(1)</script>").err(),
        Some(FileError::Damaged)
    );
    for other in [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>".as_slice(),
        b"%PDF-1.7",
        b"BM0000",
        b"II*\0",
        &[0; 64],
    ] {
        assert_eq!(take(other).err(), Some(FileError::NotAnImage));
    }
    assert_eq!(FileError::TooManyPixels.code(), "file/too_many_pixels");
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    })
}

#[test]
fn only_what_cannot_carry_script_is_shown_and_names_prove_nothing() {
    let opus = [b"OggS\0\x02".as_slice(), &[0; 22], b"OpusHead"].concat();
    let theora = [b"OggS\0\x02".as_slice(), &[0; 22], b"\x80theora"].concat();
    let ebml = b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\x82\x84webm";
    let frame = [[0xFF, 0xFB, 0x90, 0x00].as_slice(), &[0; 413]].concat();
    let voice = [
        b"\0\0\0\x18ftypiso5\0\0\0\0iso5mp42".as_slice(),
        b"....hdlr\0\0\0\0\0\0\0\0soun",
    ]
    .concat();
    let film = [voice.as_slice(), b"....hdlr\0\0\0\0\0\0\0\0vide"].concat();
    for (name, head, mime, inline) in [
        (
            "x.html",
            jpeg_from_a_phone(&quarters(8, 8), 1, None),
            "image/jpeg",
            true,
        ),
        (
            "x",
            png_of(&DynamicImage::new_rgb8(2, 2), 1),
            "image/png",
            true,
        ),
        ("x.svg", gif_of(1), "image/gif", true),
        ("x", moving_webp(), "image/webp", true),
        ("x", b"RIFF\x24\0\0\0WAVEfmt ".to_vec(), "audio/wav", true),
        ("x", opus, "audio/ogg", true),
        ("x", theora, "application/octet-stream", false),
        (
            "x",
            [ebml.as_slice(), b"....A_OPUS"].concat(),
            "audio/webm",
            true,
        ),
        (
            "x",
            [ebml.as_slice(), b"A_OPUS..V_VP9"].concat(),
            "video/webm",
            true,
        ),
        (
            "x.webm",
            b"\x1A\x45\xDF\xA3\x42\x82\x88matroska".to_vec(),
            "application/octet-stream",
            false,
        ),
        ("x", voice, "audio/mp4", true),
        ("x.m4a", film, "video/mp4", true),
        (
            "x",
            b"\0\0\0\x14ftypM4A \0\0\0\0".to_vec(),
            "audio/mp4",
            true,
        ),
        (
            "x.mp4",
            b"\0\0\0\x14ftypqt  \0\0\0\0".to_vec(),
            "video/quicktime",
            false,
        ),
        (
            "x.jpg",
            b"\0\0\0\x14ftypheic\0\0\0\0".to_vec(),
            "image/heic",
            false,
        ),
        ("x", b"ID3\x04\0\0\0\0\x02\x01".to_vec(), "audio/mpeg", true),
        (
            "x",
            [frame.clone(), frame.clone()].concat(),
            "audio/mpeg",
            true,
        ),
        ("x.mp3", frame, "application/octet-stream", false),
        (
            "x.png",
            b"<svg onload=alert(1)>".to_vec(),
            "application/octet-stream",
            false,
        ),
        (
            "x.jpg",
            b"<!doctype html>".to_vec(),
            "application/octet-stream",
            false,
        ),
        (
            "x.png",
            b"<?xml version='1.0'?>".to_vec(),
            "application/octet-stream",
            false,
        ),
        ("x.png", b"%PDF-1.7".to_vec(), "application/pdf", false),
        (
            "x.docx",
            b"PK\x03\x04".to_vec(),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            false,
        ),
        ("x.png", b"MZ".to_vec(), "application/octet-stream", false),
        ("x.mp4", Vec::new(), "application/octet-stream", false),
    ] {
        assert_eq!(
            inspect(name, &head),
            Kind { mime, inline },
            "{name} {:?}",
            String::from_utf8_lossy(&head[..head.len().min(24)])
        );
    }
}

#[test]
fn a_film_loses_its_place_and_every_other_byte_stays() {
    let boxed = |name: &[u8; 4], body: &[u8]| {
        [
            &(body.len() as u32 + 8).to_be_bytes(),
            name.as_slice(),
            body,
        ]
        .concat()
    };
    let trak = boxed(
        b"trak",
        &[boxed(b"tkhd", b"track"), boxed(b"udta", SECRETS[2])].concat(),
    );
    let moov = boxed(
        b"moov",
        &[
            boxed(b"mvhd", b"movie"),
            trak,
            boxed(b"udta", SECRETS[0]),
            boxed(b"meta", SECRETS[0]),
        ]
        .concat(),
    );
    let film = [
        boxed(b"ftyp", b"isom\0\0\0\0isom"),
        boxed(b"mdat", b"pictures"),
        moov,
        boxed(b"uuid", b"xpacket"),
    ]
    .concat();
    let mut hushed = film.clone();
    hush_mp4(&mut hushed);
    assert!(!SECRETS.iter().any(|secret| holds(&hushed, secret)));
    assert_eq!(hushed.len(), film.len());
    for kept in [
        b"pictures".as_slice(),
        b"movie",
        b"track",
        b"mdat",
        b"ftypisom",
    ] {
        assert_eq!(
            film.windows(kept.len()).position(|w| w == kept),
            hushed.windows(kept.len()).position(|w| w == kept)
        );
    }
    let mut photo = jpeg_from_a_phone(&quarters(8, 8), 1, None);
    let before = photo.clone();
    hush_mp4(&mut photo);
    assert_eq!(photo, before);
}

#[test]
fn a_name_is_what_it_seems() {
    for (raw, safe) in [
        ("Rota week 47.xlsx", "Rota week 47.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\plan.pdf", "plan.pdf"),
        ("invoice\u{202E}fdp.exe", "invoicefdp.exe"),
        ("a\0b\r\nc\t.txt", "ab c.txt"),
        ("what?<b>\"x\".png", "what__b__x_.png"),
        ("  . .hidden. . ", "hidden"),
        ("", "file"),
        ("...", "file"),
        ("/", "file"),
        ("\u{200B}\u{202E}", "file"),
        (".\u{200B}.", "file"),
        ("CON", "_CON"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("console.log", "console.log"),
        ("Bu\u{308}ro.pdf", "Büro.pdf"),
        ("写真 👍🏽.jpg", "写真 👍🏽.jpg"),
    ] {
        assert_eq!(file_name(raw), safe, "{raw:?}");
    }
    let long = file_name(&format!("{}.tar.gz", "é".repeat(500)));
    assert!(
        long.ends_with("é.gz") && long.chars().count() == FILE_NAME_CHARS_MAX,
        "{long}"
    );
}

proptest! {
    #[test]
    fn every_name_is_safe_and_cleaning_it_again_changes_nothing(raw in "\\PC{0,40}|[./\\\\ a:c\u{202e}\u{200b}\u{301}on]{0,12}|.{100,140}\\.[a-z ]{1,20}") {
        let name = file_name(&raw);
        prop_assert!(!name.is_empty() && name.chars().count() <= FILE_NAME_CHARS_MAX, "{name:?}");
        prop_assert!(!name.starts_with('.') && !name.ends_with(['.', ' ']) && !name.contains(['/', '\\', '\u{202E}']) && !name.chars().any(char::is_control), "{name:?}");
        prop_assert_eq!(file_name(&name), name);
    }

    /// No cut and no flipped byte gets past with a note in it, takes the process down, or costs more than its limits.
    #[test]
    fn damage_is_an_error_or_a_clean_picture(which in 0_usize..5, cut in 0.0..1.2_f64, flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6)) {
        let mut bytes = match which {
            0 => jpeg_from_a_phone(&quarters(64, 32), 6, None),
            1 => png_of(&DynamicImage::ImageRgb8(quarters(64, 32)), 6),
            2 => gif_of(2),
            3 => still_webp(6),
            _ => moving_webp(),
        };
        for (at, value) in flips { let at = at.index(bytes.len()); bytes[at] = value; }
        bytes.truncate((bytes.len() as f64 * cut) as usize);
        let limits = Limits { pixels_max: 1_000_000, ..Limits::default() };
        if let Ok(taken) = super::image(&bytes, &limits) {
            prop_assert!(SECRETS.iter().all(|secret| !holds(&taken.bytes, secret)));
            prop_assert!(inspect("", &taken.bytes).inline && inspect("", &taken.thumb.bytes).inline);
        }
        let mut film = bytes;
        if let Some(mark) = film.get_mut(4..8) { mark.copy_from_slice(b"ftyp"); }
        hush_mp4(&mut film);
    }
}
