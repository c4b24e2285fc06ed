//! Takes place, camera and author out of an MP4 or M4A, in place.
//!
//! Never moves a byte: tables inside point at offsets, so what is taken out becomes an empty `free` box of the same
//! length. Never judges the media itself.

/// Boxes that hold only tags, wherever they stand.
const TAGS: [&[u8]; 4] = [b"udta", b"meta", b"uuid", b"XMP_"];
/// Boxes that hold boxes on the way to tags.
const PATHS: [&[u8]; 5] = [b"moov", b"trak", b"mdia", b"minf", b"moof"];
const DEPTH_MAX: u32 = 6;

/// Blanks the tags of an MP4-like file; other bytes are left alone. Needs the whole file, because the tags may stand
/// at its end. Stops quietly at the first box that makes no sense.
pub fn hush_mp4(bytes: &mut [u8]) {
    if bytes.get(4..8) == Some(b"ftyp") {
        hush(bytes, 0);
    }
}

fn hush(mut rest: &mut [u8], depth: u32) {
    while let Some((length, head)) = box_bytes(rest) {
        let Some((this, next)) = std::mem::take(&mut rest).split_at_mut_checked(length) else {
            return;
        };
        rest = next;
        let Some((head, body)) = this.split_at_mut_checked(head) else {
            return;
        };
        let Some(name) = head.get_mut(4..8) else {
            return;
        };
        if TAGS.contains(&&*name) {
            name.copy_from_slice(b"free");
            body.fill(0);
        } else if PATHS.contains(&&*name) && depth < DEPTH_MAX {
            hush(body, depth + 1);
        }
    }
}

/// Length of the box in front and of its head: 32 bits, 64 bits, or up to the end.
fn box_bytes(rest: &[u8]) -> Option<(usize, usize)> {
    let short = u32::from_be_bytes(*rest.first_chunk()?);
    rest.get(4..8)?;
    let (length, head) = match short {
        0 => (rest.len(), 8),
        1 => (
            usize::try_from(u64::from_be_bytes(*rest.get(8..)?.first_chunk()?)).ok()?,
            16,
        ),
        _ => (short as usize, 8),
    };
    (head..=rest.len())
        .contains(&length)
        .then_some((length, head))
}
