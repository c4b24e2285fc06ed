//! Makes what people send safe to show: pictures are decoded and written anew, everything else is only served as
//! what its bytes prove it to be.
//!
//! Never trusts a name or a type that came with the bytes, never stores anything, and never lets a place, a camera
//! or an author's name through in a picture.

mod animation;
mod kind;
mod media;
mod name;
mod picture;

use std::fmt;

pub use kind::{Kind, inspect};
pub use media::hush_mp4;
pub use name::{FILE_NAME_CHARS_MAX, file_name};
pub use picture::{Image, THUMB_BYTES_AIM, THUMB_SIDE_MAX, Thumb, image};

/// What one picture may cost. A decoder takes up to `alloc_bytes_max` and turning the picture as much again, so
/// whoever calls from many threads bounds how many run at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub bytes_max: usize,
    pub pixels_max: u64,
    pub alloc_bytes_max: u64,
    pub frames_max: u64,
    /// Frames times canvas: what a client has to paint to play it once.
    pub animated_pixels_max: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            bytes_max: 25 * 1024 * 1024,
            pixels_max: 50_000_000,
            alloc_bytes_max: 256 * 1024 * 1024,
            frames_max: 1_000,
            animated_pixels_max: 1_000_000_000,
        }
    }
}

/// Why a file cannot be taken as a picture. It may still be sent as an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileError {
    Empty,
    NotAnImage,
    Damaged,
    TooLarge,
    TooManyPixels,
    TooManyFrames,
}

impl FileError {
    pub fn code(self) -> &'static str {
        match self {
            FileError::Empty => "file/empty",
            FileError::NotAnImage => "file/not_an_image",
            FileError::Damaged => "file/damaged",
            FileError::TooLarge => "file/too_large",
            FileError::TooManyPixels => "file/too_many_pixels",
            FileError::TooManyFrames => "file/too_many_frames",
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FileError::Empty => "The file is empty.",
            FileError::NotAnImage => "The file is not a JPEG, PNG, GIF or WebP picture.",
            FileError::Damaged => "The picture is damaged or cut off.",
            FileError::TooLarge => "The picture takes too many bytes.",
            FileError::TooManyPixels => "The picture has too many pixels.",
            FileError::TooManyFrames => "The moving picture is too long.",
        })
    }
}

impl std::error::Error for FileError {}

#[cfg(test)]
mod tests;
