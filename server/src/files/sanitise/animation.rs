//! Takes everything out of a GIF or WebP that is not picture, without touching the picture.
//!
//! Never decodes: moving pictures keep their frames bit for bit, because writing them anew would spoil them.
//! What follows the end of the picture is dropped too.

use super::{FileError, Limits};

/// Frames it has and its bytes without the rest.
pub struct Stripped {
    pub bytes: Vec<u8>,
    pub frames: u64,
}

/// Comments, text, and every application block but the loop count are dropped. (GIF89a)
pub fn gif(bytes: &[u8], limits: &Limits) -> Result<Stripped, FileError> {
    let mut rest = Rest(bytes);
    let mut kept = Vec::with_capacity(bytes.len());
    let head = rest.take(13)?;
    let (width, height) = (le16(head, 6), le16(head, 8));
    kept.extend(head);
    kept.extend(rest.take(color_table_bytes(head[10]))?);
    let mut frames = 0;
    loop {
        // A missing end mark after whole blocks is common and harmless.
        match rest.take(1).map_or(0x3B, |mark| mark[0]) {
            0x2C => {
                frames += 1;
                check_frames(frames, width, height, limits)?;
                let descriptor = rest.take(9)?;
                kept.push(0x2C);
                kept.extend(descriptor);
                kept.extend(rest.take(color_table_bytes(descriptor[8]))?);
                kept.extend(rest.take(1)?);
                kept.extend(rest.sub_blocks()?);
            }
            0x21 => {
                let label = rest.take(1)?[0];
                let blocks = rest.sub_blocks()?;
                let timing = label == 0xF9 && blocks.len() == 6;
                let looping = label == 0xFF
                    && blocks.len() == 17
                    && (blocks.starts_with(b"\x0BNETSCAPE2.0\x03\x01")
                        || blocks.starts_with(b"\x0BANIMEXTS1.0\x03\x01"));
                if timing || looping {
                    kept.extend([0x21, label]);
                    kept.extend(blocks);
                }
            }
            0x3B => break,
            _ => return Err(FileError::Damaged),
        }
    }
    kept.push(0x3B);
    if frames == 0 {
        Err(FileError::Damaged)
    } else {
        Ok(Stripped {
            bytes: kept,
            frames,
        })
    }
}

/// Only the chunks that make the picture stay; Exif, XMP, colour profile and unknown chunks are dropped.
pub fn webp(bytes: &[u8], width: u32, height: u32, limits: &Limits) -> Result<Stripped, FileError> {
    const ALPHA_AND_ANIMATION: u8 = 0x12;
    let mut rest = Rest(bytes);
    let size = le32(rest.take(12)?, 4) as usize;
    let mut rest = Rest(rest.take(size.checked_sub(4).ok_or(FileError::Damaged)?)?);
    let mut kept = b"RIFF\0\0\0\0WEBP".to_vec();
    let (mut frames, mut stills) = (0, 0);
    while !rest.0.is_empty() {
        let (name, body) = rest.chunk()?;
        match &name {
            b"VP8X" => {
                let mut body = body.to_vec();
                *body.first_mut().ok_or(FileError::Damaged)? &= ALPHA_AND_ANIMATION;
                put_chunk(&mut kept, name, &body);
            }
            b"ANMF" => {
                frames += 1;
                check_frames(frames, width, height, limits)?;
                let mut inner = Rest(body);
                let mut frame = inner.take(16)?.to_vec();
                while !inner.0.is_empty() {
                    let (name, body) = inner.chunk()?;
                    if matches!(&name, b"ALPH" | b"VP8 " | b"VP8L") {
                        put_chunk(&mut frame, name, body);
                    }
                }
                put_chunk(&mut kept, name, &frame);
            }
            b"VP8 " | b"VP8L" => {
                stills += 1;
                put_chunk(&mut kept, name, body);
            }
            b"ANIM" | b"ALPH" => put_chunk(&mut kept, name, body),
            _ => {}
        }
    }
    let size = u32::try_from(kept.len() - 8).map_err(|_| FileError::TooLarge)?;
    kept[4..8].copy_from_slice(&size.to_le_bytes());
    match (frames, stills) {
        (0, 1) | (1.., 0) => Ok(Stripped {
            bytes: kept,
            frames: frames.max(1),
        }),
        _ => Err(FileError::Damaged),
    }
}

fn check_frames(frames: u64, width: u32, height: u32, limits: &Limits) -> Result<(), FileError> {
    let painted = frames
        .saturating_mul(u64::from(width))
        .saturating_mul(u64::from(height));
    // One frame is a still and has its own limit.
    if frames > limits.frames_max || frames > 1 && painted > limits.animated_pixels_max {
        return Err(FileError::TooManyFrames);
    }
    Ok(())
}

/// Takes from the front, or fails.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], FileError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(FileError::Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    /// GIF data: length-prefixed blocks up to an empty one, lengths included.
    fn sub_blocks(&mut self) -> Result<&'a [u8], FileError> {
        let start = self.0;
        loop {
            let length = self.take(1)?[0];
            self.take(usize::from(length))?;
            if length == 0 {
                return Ok(&start[..start.len() - self.0.len()]);
            }
        }
    }

    /// RIFF: name, length, body, padded to an even length (a missing last pad is forgiven).
    fn chunk(&mut self) -> Result<([u8; 4], &'a [u8]), FileError> {
        let head = self.take(8)?;
        let body = self.take(le32(head, 4) as usize)?;
        if body.len() % 2 == 1 && !self.0.is_empty() {
            self.take(1)?;
        }
        Ok(([head[0], head[1], head[2], head[3]], body))
    }
}

fn put_chunk(out: &mut Vec<u8>, name: [u8; 4], body: &[u8]) {
    out.extend(name);
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
    if body.len() % 2 == 1 {
        out.push(0);
    }
}

fn color_table_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

fn le16(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 2)
        .map_or(0, |b| u32::from(b[0]) | u32::from(b[1]) << 8)
}

fn le32(bytes: &[u8], at: usize) -> u32 {
    le16(bytes, at) | le16(bytes, at + 2) << 16
}
