//! Pages that are images: scans, photographs, and pages of a PDF whose characters say not which they
//! are. The pages of [`lattice`] come out, so that a scan goes the way of a PDF from
//! there on: the same frames, the same stitching of tables over pages.
//!
//! A sheet is made even and straight ([`paper`], [`straighten`]), its rules are found on the raster
//! ([`rules`]), the lattice makes cells of them, and the ink in each cell, and outside of all, is sorted
//! into lines ([`lines`]). The lines of all pages are recognised together ([`reading`]) by the program
//! `tesseract` ([`tesseract`]). A whole page at once is no use to it: it reads rules as text.
//!
//! Nothing enters as certain that was recognised in one way only; what two ways do not agree on, and ink
//! that gives no character, is marked as doubtful.
//!
//! Everything on a sheet is measured in pixels at [`DPI`].

mod ink;
mod lines;
mod numbers;
mod paper;
mod picture;
mod reading;
mod rules;
mod shapes;
mod straighten;
mod tesseract;

use image::{GrayImage, imageops};

use super::lattice::{self, Ink as Paint, Page, Point, Recognised};
use super::{Document, Format, Limits, Meta, Pictured, Refusal, Source};
use ink::{Blob, Ink};
use numbers::{index, whole};
pub(super) use paper::ink_levels;
use reading::{Answer, Line};
use rules::Rules;
pub use tesseract::Tesseract;

/// Pixels to the inch a sheet is brought to.
const DPI: u32 = 300;
/// Points to a pixel.
const POINTS: f64 = 72.0 / 300.0;
/// A4 at [`DPI`].
const SHORT_SIDE: f32 = 2480.0;
const LONG_SIDE: f32 = 3508.0;
/// The longest sheet.
const LONGEST: f32 = 20_000.0;
/// More pages than a report has; they would not be read in time either.
const MOST_PAGES: usize = 60;

/// Refuses an image file for the time being: it has to be recognised.
pub(super) fn refuse(_: &[u8], _: &Limits) -> Result<Document, Refusal> {
    Err(Refusal::Unrecognised(Pictured::Scan))
}

/// Reads an image file: its pages are images.
pub fn read(bytes: &[u8], limits: &Limits, tesseract: &Tesseract) -> Result<Document, Refusal> {
    let numbers: Vec<u32> = (1..).take(picture::count(bytes)?).collect();
    let scanned = scanned(&numbers, |page| picture::decoded(bytes, page), tesseract)?;
    let mut assembly = super::assembly::Assembly::new(limits);
    lattice::read(scanned.pages, &mut assembly)?;
    let document = assembly.finish(Format::Image, Meta::default());
    Ok(Document { source: Source::Ocr, ..document })
}

/// By how much an image or page of this size is enlarged: it is a sheet of A4, or as wide as one.
pub(super) fn scale(width: f32, height: f32) -> f32 {
    let (short, long) = (width.min(height).max(1.0), width.max(height).max(1.0));
    match height / width.max(1.0) {
        // A long picture of a screen.
        shape if shape > 2.0 => (SHORT_SIDE / width.max(1.0)).min(LONGEST / height.max(1.0)),
        _ => (SHORT_SIDE / short).min(LONG_SIDE / long),
    }
}

/// Pages that were recognised.
#[derive(Debug)]
pub(super) struct Scanned {
    pub(super) pages: Vec<Page>,
    /// There is a ruled table on one of them.
    pub(super) has_tables: bool,
}

/// Recognises the pages with these numbers. `image` makes the image of each, scaled by [`scale`]; it is
/// asked again for a page that lies on its side or its head.
pub(super) fn scanned(
    numbers: &[u32],
    image: impl Fn(usize) -> Result<GrayImage, Refusal>,
    tesseract: &Tesseract,
) -> Result<Scanned, Refusal> {
    if numbers.len() > MOST_PAGES {
        return Err(Refusal::TooLarge(format!("more than {MOST_PAGES} pages of images")));
    }
    // Most scans lie as a whole on their side, if they do: the first page tells.
    let mut turn: Option<Turn> = None;
    let image = |at: usize, turn: Option<Turn>| {
        let image = image(at)?;
        Ok(match turn {
            Some(turn) => turn(&image),
            None => image,
        })
    };
    let mut sheets = Vec::with_capacity(numbers.len());
    for (at, number) in numbers.iter().enumerate() {
        let image = image(at, turn)?;
        let mut sheet = Sheet::of(*number, &image);
        if at == 0
            && let Some((upright, by)) = upright(&sheet, &image, tesseract)?
        {
            (sheet, turn) = (upright, Some(by));
        }
        sheets.push(sheet);
    }
    recognise(&mut sheets.iter_mut().collect::<Vec<_>>(), tesseract)?;
    let mut turned = Vec::new();
    for (at, sheet) in sheets.iter_mut().enumerate().filter(|(_, sheet)| sheet.is_doubtful()) {
        if let Some((upright, _)) = upright(sheet, &image(at, turn)?, tesseract)? {
            *sheet = upright;
            turned.push(sheet);
        }
    }
    recognise(&mut turned, tesseract)?;
    let has_tables = sheets.iter().any(|sheet| sheet.lines.iter().any(|line| line.in_table));
    Ok(Scanned { pages: sheets.into_iter().map(Sheet::page).collect(), has_tables })
}

/// Recognises the lines of all sheets together.
fn recognise(sheets: &mut [&mut Sheet], tesseract: &Tesseract) -> Result<(), Refusal> {
    let lines: Vec<&Line> = sheets.iter().flat_map(|sheet| &sheet.lines).collect();
    let mut answers = reading::read(&lines, tesseract)?.into_iter();
    for sheet in sheets {
        sheet.answers = answers.by_ref().take(sheet.lines.len()).collect();
    }
    Ok(())
}

/// Turns an image by quarters.
type Turn = fn(&GrayImage) -> GrayImage;

/// The least confidence, in percent, with which words that stand upright are read.
const UPRIGHT: f64 = 60.0;

/// The sheet turned by the quarters with which its lines are read with clearly more confidence.
fn upright(
    sheet: &Sheet,
    image: &GrayImage,
    tesseract: &Tesseract,
) -> Result<Option<(Sheet, Turn)>, Refusal> {
    /// Percent more.
    const CLEARLY: f64 = 12.0;
    const TURNS: [Turn; 3] = [imageops::rotate180, imageops::rotate90, imageops::rotate270];
    let own = reading::confidence(&sheet.lines, tesseract)?;
    if own >= UPRIGHT || sheet.lines.is_empty() {
        return Ok(None);
    }
    let mut best = None;
    let mut most = own + CLEARLY;
    for turn in TURNS {
        let turned = Sheet::of(sheet.number, &turn(image));
        let confidence = reading::confidence(&turned.lines, tesseract)?;
        if confidence > most {
            (best, most) = (Some((turned, turn)), confidence);
        }
    }
    Ok(best)
}

/// A page under way.
#[derive(Debug)]
struct Sheet {
    number: u32,
    /// Its rules.
    page: Page,
    lines: Vec<Line>,
    /// As many as lines, once they are recognised.
    answers: Vec<Answer>,
}

impl Sheet {
    fn of(number: u32, image: &GrayImage) -> Self {
        let mut even = paper::levelled(&paper::positive(image));
        let mut ink = inked(&mut even);
        if let Some(straight) = straighten::straight(&even, &ink) {
            even = straight;
            ink = inked(&mut even);
        }
        let rules = Rules::of(&ink);
        rules.erase(&mut ink, |run| whiten(&mut even, run));
        let page = ruled(number, &even, &rules);
        let lines = lines_of(&lattice::cells(&page), &ink, &even);
        Self { number, page, lines, answers: Vec::new() }
    }

    /// Whether its words were recognised with so little confidence that it may lie on its side.
    fn is_doubtful(&self) -> bool {
        let told: Vec<f64> = self.answers.iter().filter_map(|answer| answer.confidence).collect();
        !told.is_empty() && numbers::median(told) < UPRIGHT
    }

    /// The page with what was recognised on it.
    fn page(mut self) -> Page {
        for (line, answer) in self.lines.iter().zip(&self.answers) {
            let area = line.area;
            self.page.recognised(&Recognised {
                text: &answer.text,
                left: f64::from(area.left) * POINTS,
                right: f64::from(area.right) * POINTS,
                baseline: f64::from(area.bottom) * POINTS,
                size: line.size * POINTS,
                doubtful: answer.doubtful,
            });
        }
        self.page
    }
}

/// What is ink on an even sheet, less what hangs on the edges of the image: the dark beside the
/// paper. That becomes paper, in the image too.
fn inked(even: &mut GrayImage) -> Ink {
    const PALEST: u8 = 190;
    const DARKEST: u8 = 90;
    let mut ink = Ink::of(even, ink::otsu(even).clamp(DARKEST, PALEST));
    let (width, height) = (ink.width, ink.height);
    for (blob, runs) in ink.blobs() {
        let at_edge =
            blob.left == 0 || blob.top == 0 || blob.right == width || blob.bottom == height;
        if at_edge && blob.width().max(blob.height()) > DPI / 4 {
            for run in runs {
                ink.erase(run);
                whiten(even, run);
            }
        }
    }
    ink
}

fn whiten(image: &mut GrayImage, run: ink::Run) {
    let start = index(run.row) * index(image.width());
    if let Some(pixels) = image.get_mut(start + index(run.from)..start + index(run.to)) {
        pixels.fill(255);
    }
}

/// A page with the rules of a sheet.
fn ruled(number: u32, image: &GrayImage, rules: &Rules) -> Page {
    let points = |pixels: u32| f64::from(pixels) * POINTS;
    let mut page = Page::new(number, points(image.width()), points(image.height()));
    for bar in &rules.horizontal {
        let y = bar.at * POINTS;
        page.stroke((points(bar.from), y), (points(bar.to), y), 0.5, Paint::Dark);
    }
    for bar in &rules.vertical {
        let x = bar.at * POINTS;
        page.stroke((x, points(bar.from)), (x, points(bar.to)), 0.5, Paint::Dark);
    }
    page
}

/// The lines of text in the cells of the tables, and outside of all.
fn lines_of(tables: &[Vec<(Point, Point)>], ink: &Ink, even: &GrayImage) -> Vec<Line> {
    let boxes: Vec<Vec<Blob>> =
        tables.iter().map(|cells| cells.iter().map(pixels).collect()).collect();
    let mut inside: Vec<Vec<Vec<Blob>>> =
        boxes.iter().map(|cells| vec![Vec::new(); cells.len()]).collect();
    let mut outside = Vec::new();
    for (blob, _) in ink.blobs() {
        let (x, y) = (u32::midpoint(blob.left, blob.right), u32::midpoint(blob.top, blob.bottom));
        let holds = |b: &Blob| b.left <= x && x < b.right && b.top <= y && y < b.bottom;
        let found = boxes
            .iter()
            .zip(&mut inside)
            .find_map(|(cells, inside)| inside.get_mut(cells.iter().position(holds)?));
        match found {
            Some(cell) => cell.push(blob),
            None => outside.push(blob),
        }
    }
    let mut lines = Vec::new();
    let mut number = 0;
    for (cells, blobs) in boxes.iter().zip(inside) {
        let all: Vec<Blob> = blobs.iter().flatten().copied().collect();
        let size = lines::size(&all);
        for (cell, blobs) in cells.iter().zip(blobs) {
            number += 1;
            let blobs: Vec<Blob> =
                blobs.into_iter().filter(|b| !is_rest_of_rule(b, cell)).collect();
            let mut own: Vec<Line> = lines::lines(&blobs, size)
                .iter()
                .filter_map(|line| Line::of(line, size, true, even))
                .collect();
            let is_crowded = own.len() > 1 && own.iter().any(Line::is_figure);
            for line in &mut own {
                (line.is_crowded, line.cell) = (is_crowded, number);
            }
            lines.append(&mut own);
        }
    }
    const LARGE: f64 = 4.0;
    const APART: f64 = 1.8;
    let size = lines::size(&outside);
    outside.retain(|blob| f64::from(blob.height()) <= LARGE * size);
    for line in lines::lines(&outside, size) {
        for piece in lines::pieces(line, APART * size) {
            lines.extend(Line::of(&piece, size, false, even));
        }
    }
    lines
}

/// A box on the page in pixels.
fn pixels(&((left, top), (right, bottom)): &(Point, Point)) -> Blob {
    let pixel = |points: f64| whole(points / POINTS);
    Blob { left: pixel(left), top: pixel(top), right: pixel(right), bottom: pixel(bottom), area: 0 }
}

/// Whether a blob is what erasing left of a rule: flat, along an edge of its cell.
fn is_rest_of_rule(blob: &Blob, cell: &Blob) -> bool {
    const NEAR: u32 = 7;
    const FLAT: u32 = 5;
    let beside = |a: u32, b: u32| a.abs_diff(b) <= NEAR;
    let along_row =
        blob.height() <= FLAT && (beside(blob.top, cell.top) || beside(blob.bottom, cell.bottom));
    let along_column =
        blob.width() <= FLAT && (beside(blob.left, cell.left) || beside(blob.right, cell.right));
    along_row || along_column
}

/// An image enlarged by a factor.
fn enlarged(image: &GrayImage, factor: f64) -> GrayImage {
    let side = |length: u32| whole(f64::from(length) * factor).max(1);
    let (width, height) = (side(image.width()), side(image.height()));
    imageops::resize(image, width, height, imageops::FilterType::CatmullRom)
}

#[cfg(test)]
mod tests;
