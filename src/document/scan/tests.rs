use image::{GrayImage, ImageFormat, Luma, RgbImage};

use super::*;

const NOBODY: &str = "/nowhere/tesseract";

/// White paper at 300 dpi with black boxes: left, top, right, bottom.
fn paper(width: u32, height: u32, boxes: &[[u32; 4]]) -> GrayImage {
    let mut image = paper::blank(width, height);
    for [left, top, right, bottom] in boxes {
        for y in *top..*bottom {
            for x in *left..*right {
                image.put_pixel(x, y, Luma([20]));
            }
        }
    }
    image
}

/// A table of 3 columns and 4 rows, 50 pixels high each; the last row is one cell. Rules 3 pixels
/// thick.
fn table() -> Vec<[u32; 4]> {
    let mut boxes: Vec<[u32; 4]> =
        (0..5).map(|row| [100, 100 + 50 * row, 703, 103 + 50 * row]).collect();
    boxes.extend([100, 700].map(|x| [x, 100, x + 3, 303]));
    boxes.extend([300, 500].map(|x| [x, 100, x + 3, 253]));
    boxes
}

/// Strokes like those of a digit 1, a character 口 and a dash, in three cells.
fn strokes() -> Vec<[u32; 4]> {
    vec![
        [200, 110, 204, 146],
        [380, 110, 384, 146],
        [380, 110, 416, 114],
        [412, 110, 416, 146],
        [380, 142, 416, 146],
        [580, 125, 620, 129],
    ]
}

fn cells(image: &GrayImage) -> Vec<usize> {
    let sheet = Sheet::of(1, image);
    lattice::cells(&sheet.page).iter().map(Vec::len).collect()
}

#[test]
fn rules_make_cells_and_strokes_of_characters_do_not() {
    let boxes = [table(), strokes()].concat();
    let image = paper(900, 500, &boxes);
    assert_eq!(cells(&image), [10]);
    let sheet = Sheet::of(1, &image);
    let areas: Vec<(u32, u32)> =
        sheet.lines.iter().map(|line| (line.area.left, line.area.width())).collect();
    assert_eq!(areas, [(200, 4), (380, 36), (580, 40)]);
    assert!(sheet.lines.iter().all(|line| line.in_table));
}

#[test]
fn a_sheet_askew_and_in_shadow_has_the_same_cells() {
    let straight = paper(900, 500, &[table(), strokes(), prose()].concat());
    let mut askew = paper::blank(900, 500);
    for (x, y, pixel) in askew.enumerate_pixels_mut() {
        let (u, v) = (f64::from(x) - 450.0, f64::from(y) - 250.0);
        let (from_x, from_y) = (u + 0.035 * v + 450.0, v - 0.035 * u + 250.0);
        let level = match from_x >= 0.0 && from_y >= 0.0 {
            true => straight
                .get_pixel_checked(whole(from_x), whole(from_y))
                .map_or(255, |pixel| pixel.0[0]),
            false => 255,
        };
        let shadow = 0.5 + 0.5 * f64::from(x) / 900.0;
        pixel.0 = [numbers::level(f64::from(level) * shadow)];
    }
    assert_eq!(cells(&askew), [10]);
}

/// Lines of words below the table, so that there is enough ink to measure a slope by.
fn prose() -> Vec<[u32; 4]> {
    let line = |top: u32| (0..16).map(move |n| [110 + n * 36, top, 134 + n * 36, top + 26]);
    [340, 390, 440].into_iter().flat_map(line).collect()
}

/// Paper with a square of a seal's colour on it, and a stroke of ink under that: the levels of both.
fn under_a_seal(paper: [u8; 3], seal: [u8; 3], ink: [u8; 3]) -> (u8, u8) {
    let mut image = RgbImage::from_pixel(60, 60, image::Rgb(paper));
    for y in 10..50 {
        for x in 10..50 {
            image.put_pixel(x, y, image::Rgb(seal));
        }
        image.put_pixel(30, y, image::Rgb(ink));
    }
    let grey = paper::without_red(&image);
    (grey.get_pixel(20, 20).0[0], grey.get_pixel(30, 20).0[0])
}

#[test]
fn a_red_seal_leaves_the_black_under_it() {
    let (seal, ink) = under_a_seal([250, 248, 245], [210, 60, 65], [70, 25, 28]);
    assert_eq!(seal, 255);
    assert!(ink < 110);
}

/// As a program draws a seal: half of what is under it shows.
#[test]
fn a_drawn_seal_leaves_the_black_it_half_covers() {
    let (seal, ink) = under_a_seal([252, 252, 252], [227, 107, 111], [147, 27, 31]);
    assert_eq!(seal, 255);
    assert!(ink < 180);
}

#[test]
fn a_pale_print_is_made_dark_and_an_empty_page_stays_empty() {
    let mut pale = GrayImage::from_pixel(400, 300, Luma([245]));
    for x in 100..300 {
        for y in 100..104 {
            pale.put_pixel(x, y, Luma([165]));
        }
    }
    let even = paper::levelled(&pale);
    assert!(even.get_pixel(200, 102).0[0] < 80 && even.get_pixel(10, 10).0[0] > 245);
    let mut empty = GrayImage::from_pixel(400, 300, Luma([245]));
    for x in 0..400 {
        empty.put_pixel(x, x % 300, Luma([230]));
        empty.put_pixel(x, (x * 7 + 40) % 300, Luma([230]));
    }
    assert!(paper::levelled(&empty).iter().all(|level| *level > 200));
}

fn encoded(image: &GrayImage, format: ImageFormat) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    image.write_to(&mut file, format).unwrap();
    file.into_inner()
}

fn tiff(images: &[GrayImage]) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let mut encoder = ::tiff::encoder::TiffEncoder::new(&mut file).unwrap();
    for image in images {
        let (width, height) = image.dimensions();
        encoder
            .write_image::<::tiff::encoder::colortype::Gray8>(width, height, image.as_raw())
            .unwrap();
    }
    file.into_inner()
}

#[test]
fn image_files_are_brought_to_the_size_of_a_sheet() {
    let image = paper(2480, 3508, &[[10, 10, 600, 20]]);
    for file in
        [encoded(&image, ImageFormat::Png), encoded(&image, ImageFormat::Bmp), tiff(&[image])]
    {
        assert_eq!(picture::count(&file), Ok(1));
        assert_eq!(picture::decoded(&file, 0).unwrap().dimensions(), (2480, 3508));
    }
    let two = tiff(&[paper(40, 30, &[]), paper(30, 40, &[])]);
    assert_eq!(picture::count(&two), Ok(2));
    assert_eq!(picture::decoded(&two, 1).unwrap().dimensions(), (2480, 3307));
    assert!(matches!(picture::decoded(&two, 2), Err(Refusal::Damaged(_))));
}

#[test]
fn images_too_large_and_images_cut_off_are_refused() {
    let image = encoded(&paper(200, 200, &[[10, 10, 150, 150]]), ImageFormat::Png);
    let mut huge = image.clone();
    // Width and height stand in the first chunk.
    huge[16..24].copy_from_slice(&[0, 1, 0x86, 0xA0, 0, 1, 0x86, 0xA0]);
    let refused = |file: &[u8]| picture::decoded(file, 0).unwrap_err();
    assert!(matches!(refused(&huge), Refusal::TooLarge(_) | Refusal::Damaged(_)));
    assert!(matches!(refused(&image[..image.len() / 2]), Refusal::Damaged(_)));
    assert!(matches!(refused(b"\xFF\xD8\xFF\xE0\0\x10JFIF\0"), Refusal::Damaged(_)));
    assert!(matches!(refused(b"II*\0\x08\0\0\0"), Refusal::Damaged(_)));
}

#[test]
fn without_the_program_a_sheet_is_not_called_damaged() {
    let file = encoded(&paper(900, 500, &strokes()), ImageFormat::Png);
    let tesseract = Tesseract::at(std::path::Path::new(NOBODY));
    let outcome = read(&file, &Limits::default(), &tesseract);
    assert!(matches!(outcome, Err(Refusal::Recognition(_))), "{outcome:?}");
}
