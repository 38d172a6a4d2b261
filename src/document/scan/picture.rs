//! Image files of a scanner, a telephone or a screen, as sheets of grey.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageDecoder, ImageReader, RgbImage, imageops};
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult};

use super::numbers::whole;
use super::{MOST_PAGES, paper, scale};
use crate::document::Refusal;

/// The most pixels of an image: A3 at 600 dpi, with room.
const MOST_PIXELS: u64 = 100_000_000;
/// The longest side.
const LONGEST_SIDE: u32 = 30_000;
/// What a decoder may take.
const MOST_BYTES: u64 = 450 << 20;

/// How many pages an image file has.
pub(super) fn count(bytes: &[u8]) -> Result<usize, Refusal> {
    if !is_tiff(bytes) {
        return Ok(1);
    }
    let mut decoder = decoder(bytes)?;
    let mut count = 1;
    while decoder.more_images() && count <= MOST_PAGES {
        decoder.next_image().map_err(damaged)?;
        count += 1;
    }
    Ok(count)
}

/// A page of an image file, from 0, brought to the size of a sheet.
pub(super) fn decoded(bytes: &[u8], page: usize) -> Result<GrayImage, Refusal> {
    if is_tiff(bytes) { tiff_page(bytes, page) } else { single(bytes) }
}

fn is_tiff(bytes: &[u8]) -> bool {
    bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*")
}

fn single(bytes: &[u8]) -> Result<GrayImage, Refusal> {
    let damaged = |error: image::ImageError| match error {
        image::ImageError::Limits(_) => too_large(),
        other => Refusal::Damaged(format!("image: {other}")),
    };
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let reader = reader.map_err(|error| Refusal::Damaged(error.to_string()))?;
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    check(decoder.dimensions())?;
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(MOST_BYTES);
    decoder.set_limits(limits).map_err(damaged)?;
    let orientation = decoder.orientation().map_err(damaged)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    image.apply_orientation(orientation);
    Ok(sheet(match image {
        DynamicImage::ImageLuma8(grey) => grey,
        image if !image.color().has_color() => image.into_luma8(),
        image if image.color().has_alpha() => paper::without_red(&on_white(&image)),
        image => paper::without_red(&image.into_rgb8()),
    }))
}

/// What is transparent shows the paper.
fn on_white(image: &DynamicImage) -> RgbImage {
    let mut white = RgbImage::new(image.width(), image.height());
    for (pixel, from) in white.pixels_mut().zip(image.to_rgba8().pixels()) {
        let [red, green, blue, alpha] = from.0.map(u16::from);
        let over = |part: u16| u8::try_from((part * alpha + 255 * (255 - alpha)) / 255);
        pixel.0 = [red, green, blue].map(|part| over(part).unwrap_or(u8::MAX));
    }
    white
}

fn too_large() -> Refusal {
    Refusal::TooLarge(format!("an image of more than {MOST_PIXELS} pixels"))
}

fn check((width, height): (u32, u32)) -> Result<(), Refusal> {
    let pixels = u64::from(width) * u64::from(height);
    match pixels > MOST_PIXELS || width.max(height) > LONGEST_SIDE {
        true => Err(too_large()),
        false if pixels == 0 => Err(Refusal::Damaged("an image without pixels".into())),
        false => Ok(()),
    }
}

/// An image at the size of a sheet.
fn sheet(image: GrayImage) -> GrayImage {
    let size = |length: u32| u16::try_from(length).map_or(f32::MAX, f32::from);
    let factor = f64::from(scale(size(image.width()), size(image.height())));
    let side = |length: u32| whole(f64::from(length) * factor).max(1);
    match (side(image.width()), side(image.height())) {
        same if same == image.dimensions() => image,
        (width, height) => imageops::resize(&image, width, height, imageops::FilterType::Triangle),
    }
}

fn decoder(bytes: &[u8]) -> Result<Decoder<Cursor<&[u8]>>, Refusal> {
    let mut limits = tiff::decoder::Limits::default();
    limits.decoding_buffer_size = usize::try_from(MOST_BYTES).unwrap_or(usize::MAX);
    Ok(Decoder::new(Cursor::new(bytes)).map_err(damaged)?.with_limits(limits))
}

fn damaged(error: tiff::TiffError) -> Refusal {
    match error {
        tiff::TiffError::LimitsExceeded => too_large(),
        other => Refusal::Damaged(format!("TIFF image: {other}")),
    }
}

fn tiff_page(bytes: &[u8], page: usize) -> Result<GrayImage, Refusal> {
    let mut decoder = decoder(bytes)?;
    decoder.seek_to_image(page).map_err(damaged)?;
    let (width, height) = decoder.dimensions().map_err(damaged)?;
    check((width, height))?;
    let colour = decoder.colortype().map_err(damaged)?;
    let unusual = || Refusal::Damaged(format!("a TIFF image of {colour:?}"));
    let pixels = match decoder.read_image().map_err(damaged)? {
        DecodingResult::U8(pixels) => pixels,
        DecodingResult::U16(pixels) => {
            pixels.into_iter().map(|p| u8::try_from(p >> 8).unwrap_or(u8::MAX)).collect()
        }
        _ => return Err(unusual()),
    };
    let grey = |pixels| GrayImage::from_raw(width, height, pixels);
    let image = match colour {
        ColorType::Gray(1) => grey(unpacked(&pixels, width)),
        ColorType::Gray(8 | 16) => grey(pixels),
        ColorType::GrayA(8 | 16) => {
            grey(pixels.chunks_exact(2).filter_map(|p| p.first().copied()).collect())
        }
        ColorType::RGB(8 | 16) => {
            RgbImage::from_raw(width, height, pixels).map(|i| paper::without_red(&i))
        }
        ColorType::RGBA(8 | 16) => image::RgbaImage::from_raw(width, height, pixels)
            .map(|i| paper::without_red(&on_white(&DynamicImage::ImageRgba8(i)))),
        _ => None,
    };
    image.map(sheet).ok_or_else(unusual)
}

/// One byte for each bit; rows begin at whole bytes.
fn unpacked(packed: &[u8], width: u32) -> Vec<u8> {
    let width = super::index(width);
    packed
        .chunks_exact(width.div_ceil(8).max(1))
        .flat_map(|row| {
            let bits = row.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
            bits.take(width).map(|bit| bit * 255)
        })
        .collect()
}
