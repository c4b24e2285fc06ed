//! Decodes a picture under limits, turns it upright, and writes it anew with nothing in it but the picture.
//!
//! Never passes bytes of a JPEG or PNG through: what comes out was written here.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::metadata::{Cicp, Orientation};
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Rgb, RgbImage};

use super::animation::{self, Stripped};
use super::{FileError, Limits, inspect};

pub const THUMB_SIDE_MAX: u32 = 480;
/// Thumbnails are made smaller until they fit, as far as that goes.
pub const THUMB_BYTES_AIM: usize = 64 * 1024;
const JPEG_QUALITY: u8 = 88;

/// A picture without a past.
pub struct Image {
    pub bytes: Vec<u8>,
    pub mime: &'static str,
    /// As shown, after turning.
    pub width: u32,
    pub height: u32,
    pub thumb: Thumb,
}

pub struct Thumb {
    pub bytes: Vec<u8>,
    /// `image/jpeg`, or `image/png` where something shines through.
    pub mime: &'static str,
    pub width: u32,
    pub height: u32,
}

/// JPEG and PNG are written anew. GIF and WebP keep their frames and lose everything else; a still WebP that lies on
/// its side becomes a JPEG or PNG that stands.
pub fn image(bytes: &[u8], limits: &Limits) -> Result<Image, FileError> {
    if bytes.is_empty() {
        return Err(FileError::Empty);
    }
    if bytes.len() > limits.bytes_max {
        return Err(FileError::TooLarge);
    }
    // Decoders are large and the bytes are a stranger's: a panic in one is the file's fault, not the server's.
    catch_unwind(AssertUnwindSafe(|| sanitised(bytes, limits))).unwrap_or(Err(FileError::Damaged))
}

fn sanitised(bytes: &[u8], limits: &Limits) -> Result<Image, FileError> {
    let mime = inspect("", bytes).mime;
    let format = ImageFormat::from_mime_type(mime)
        .filter(|format| {
            matches!(
                format,
                ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::Gif | ImageFormat::WebP
            )
        })
        .ok_or(FileError::NotAnImage)?;
    let (picture, turned) = decode(bytes, format, limits)?;
    let (width, height) = (picture.width(), picture.height());
    let (bytes, mime) = match format {
        ImageFormat::Gif => (animation::gif(bytes, limits)?.bytes, mime),
        ImageFormat::WebP => {
            let Stripped { bytes, frames } = animation::webp(bytes, width, height, limits)?;
            match (turned, frames) {
                (true, 1) if picture.color().has_alpha() => (png(&picture)?, "image/png"),
                (true, 1) => (jpeg(&picture, JPEG_QUALITY)?, "image/jpeg"),
                _ => (bytes, mime),
            }
        }
        ImageFormat::Png => (png(&picture)?, mime),
        _ => (jpeg(&picture, JPEG_QUALITY)?, mime),
    };
    if bytes.len() > limits.bytes_max {
        return Err(FileError::TooLarge);
    }
    Ok(Image {
        bytes,
        mime,
        width,
        height,
        thumb: thumb(&picture)?,
    })
}

/// The first frame, upright, 8 bits a channel, in the common colour space; and whether it had to be turned.
fn decode(
    bytes: &[u8],
    format: ImageFormat,
    limits: &Limits,
) -> Result<(DynamicImage, bool), FileError> {
    let mut bounds = image::Limits::default();
    bounds.max_alloc = Some(limits.alloc_bytes_max);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(|error| fault(&error))?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(FileError::Damaged);
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels > limits.pixels_max || decoder.total_bytes() > limits.alloc_bytes_max {
        return Err(FileError::TooManyPixels);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let wide = decoder
        .icc_profile()
        .ok()
        .flatten()
        .is_some_and(|profile| is_display_p3(&profile));
    let decoded = DynamicImage::from_decoder(decoder).map_err(|error| fault(&error))?;
    let mut picture = eight_bits(decoded);
    if wide && picture.set_color_space(Cicp::DISPLAY_P3).is_ok() {
        // Phones take pictures in these colours; without their profile they would look pale.
        picture
            .apply_color_space(Cicp::SRGB, image::ConvertColorOptions::default())
            .map_err(|error| fault(&error))?;
    }
    picture.apply_orientation(orientation);
    Ok((picture, orientation != Orientation::NoTransforms))
}

fn eight_bits(picture: DynamicImage) -> DynamicImage {
    let color = picture.color();
    let opaque = !color.has_alpha();
    match (color.has_color(), opaque) {
        (false, true) => DynamicImage::ImageLuma8(picture.into_luma8()),
        (false, false) => DynamicImage::ImageLumaA8(picture.into_luma_alpha8()),
        (true, true) => DynamicImage::ImageRgb8(picture.into_rgb8()),
        (true, false) => DynamicImage::ImageRgba8(picture.into_rgba8()),
    }
}

/// The profile's own description is enough: parsing a stranger's profile is a risk, these colours are a constant.
fn is_display_p3(profile: &[u8]) -> bool {
    const NAME: &[u8] = b"Display P3";
    let wide: Vec<u8> = NAME.iter().flat_map(|letter| [0, *letter]).collect();
    profile.windows(NAME.len()).any(|part| part == NAME)
        || profile.windows(wide.len()).any(|part| part == wide)
}

fn thumb(picture: &DynamicImage) -> Result<Thumb, FileError> {
    let mut side = THUMB_SIDE_MAX;
    loop {
        let small = if picture.width().max(picture.height()) > side {
            picture.thumbnail(side, side)
        } else {
            picture.clone()
        };
        let (width, height) = (small.width(), small.height());
        let done = |bytes, mime| {
            Ok(Thumb {
                bytes,
                mime,
                width,
                height,
            })
        };
        if shines_through(&small) {
            let bytes = png(&small)?;
            if bytes.len() <= THUMB_BYTES_AIM {
                return done(bytes, "image/png");
            }
        }
        let flat = on_white(&small);
        for quality in [80, 65, 50] {
            let bytes = jpeg(&flat, quality)?;
            if bytes.len() <= THUMB_BYTES_AIM || (quality == 50 && side <= THUMB_SIDE_MAX / 4) {
                return done(bytes, "image/jpeg");
            }
        }
        side /= 2;
    }
}

fn shines_through(picture: &DynamicImage) -> bool {
    picture.color().has_alpha()
        && picture
            .to_rgba8()
            .pixels()
            .any(|pixel| pixel.0[3] < u8::MAX)
}

fn on_white(picture: &DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return picture.clone();
    }
    let from = picture.to_rgba8();
    let flat = RgbImage::from_fn(from.width(), from.height(), |x, y| {
        let [r, g, b, alpha] = from.get_pixel(x, y).0;
        let over = |c: u8| {
            ((u16::from(c) * u16::from(alpha) + 255 * (255 - u16::from(alpha))) / 255) as u8
        };
        Rgb([over(r), over(g), over(b)])
    });
    DynamicImage::ImageRgb8(flat)
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    let flat = on_white(picture);
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode_image(&flat)
        .map_err(|error| fault(&error))?;
    Ok(bytes)
}

fn png(picture: &DynamicImage) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    picture
        .write_with_encoder(PngEncoder::new(&mut bytes))
        .map_err(|error| fault(&error))?;
    Ok(bytes)
}

fn fault(error: &ImageError) -> FileError {
    match error {
        ImageError::Limits(_) => FileError::TooManyPixels,
        _ => FileError::Damaged,
    }
}
