//! PDF: pages of drawing operators in; glyphs and ruling lines out to `lattice`, which knows what
//! they mean. Fonts, predefined GB character maps and decryption with the empty password are the
//! work of `hayro-interpret`.
//!
//! A PDF holds pictures of characters; what they stand for is extra, and may be missing: such
//! glyphs go on as U+FFFD, and `lattice` decides whether the page can be read. Text drawn invisibly
//! (the layer a scanner's software lays over its image) is no text of the document's own.
//!
//! `hayro` rebuilds what it can of a damaged file and says nothing, so [`complete`] looks for the
//! end of the file and [`pages`] counts the pages. It has no limit on work either: [`device`] counts
//! what is drawn and stops at its budget.

mod device;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use hayro_interpret::hayro_syntax::object::Dict;
use hayro_interpret::hayro_syntax::page::Page as PdfPage;
use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro_interpret::util::TransformExt;
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, RectExt, interpret_page};

use image::GrayImage;

use super::assembly::Assembly;
use super::lattice::{self, Page};
use super::{Document, Format, Limits, Meta, Refusal, Source, scan};
use device::{Budget, Collector, Exhausted};

/// Pages of the thickest file that may be a report, or reports of many offices bound together.
const MOST_PAGES: usize = 2_000;

/// Reads a PDF file.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    let pdf = opened(bytes)?;
    assembled(drawn(&pdf, pages(&pdf)?)?, limits)
}

/// Reads a PDF file; pages without text that can be trusted are recognised from their image.
pub fn recognise(
    bytes: &[u8],
    limits: &Limits,
    tesseract: &scan::Tesseract,
) -> Result<Document, Refusal> {
    let pdf = opened(bytes)?;
    let pages = pages(&pdf)?;
    let mut drawn = drawn(&pdf, pages)?;
    let cache = RenderCache::new();
    let (numbers, images): (Vec<u32>, Vec<&PdfPage<'_>>) = (1..)
        .zip(pages.iter().zip(&drawn))
        .filter(|(_, (_, drawn))| drawn.is_pictured())
        .map(|(number, (page, _))| (number, page))
        .unzip();
    let of = |at: usize| match images.get(at) {
        Some(page) => Ok(image(page, &cache)),
        None => Err(Refusal::Damaged(format!("no page {at}"))),
    };
    let scanned = scan::scanned(&numbers, of, tesseract)?;
    let is_scan = scanned.has_tables || images.len() == drawn.len();
    let pictured = drawn.iter_mut().filter(|page| page.is_pictured());
    pictured.zip(scanned.pages).for_each(|(page, scanned)| *page = scanned);
    let document = assembled(drawn, limits)?;
    Ok(Document { source: if is_scan { Source::Ocr } else { Source::Text }, ..document })
}

fn opened(bytes: &[u8]) -> Result<Pdf, Refusal> {
    complete(bytes)?;
    Pdf::new(bytes.to_vec()).map_err(|error| refusal(&error, bytes))
}

fn drawn(pdf: &Pdf, pages: &[PdfPage<'_>]) -> Result<Vec<Page>, Refusal> {
    let mut budget = Budget::default();
    let cache = InterpreterCache::new();
    let drawn = (1..).zip(pages).map(|(number, page)| draw(number, page, pdf, &cache, &mut budget));
    drawn.collect()
}

fn assembled(pages: Vec<Page>, limits: &Limits) -> Result<Document, Refusal> {
    let mut assembly = Assembly::new(limits);
    lattice::read(pages, &mut assembly)?;
    Ok(assembly.finish(Format::Pdf, Meta::default()))
}

/// The page as a sheet of grey.
fn image<'a>(page: &'a PdfPage<'a>, cache: &RenderCache<'a>) -> GrayImage {
    let (width, height) = page.render_dimensions();
    let scale = scan::scale(width, height);
    let settings = RenderSettings { force_image_interpolation: true, ..RenderSettings::default() };
    let size = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let pixmap = hayro::render(page, cache, &InterpreterSettings::default(), &settings, &size);
    let levels = scan::ink_levels(pixmap.data().iter().map(|p| [p.r, p.g, p.b]));
    GrayImage::from_raw(pixmap.width().into(), pixmap.height().into(), levels).unwrap_or_default()
}

/// Refuses a file whose end is missing. Its last line is `%%EOF`, after `startxref` and a number;
/// mail programs and downloads may cut or add a few bytes there.
fn complete(bytes: &[u8]) -> Result<(), Refusal> {
    const TAIL: usize = 2048;
    let end =
        bytes.iter().rposition(|b| !(b.is_ascii_whitespace() || *b == 0)).map_or(0, |i| i + 1);
    let tail = bytes.get(end.saturating_sub(TAIL)..end).unwrap_or_default();
    if has(tail, b"%%EOF") || has(tail, b"startxref") {
        Ok(())
    } else {
        Err(Refusal::Incomplete("the end of the PDF file is missing".into()))
    }
}

fn has(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}

fn refusal(error: &LoadPdfError, bytes: &[u8]) -> Refusal {
    match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => Refusal::Encrypted,
        LoadPdfError::Decryption(DecryptionError::UnsupportedAlgorithm) => Refusal::Unsupported {
            found: "加密方式特殊的 PDF 文件".into(),
            remedy: "请去掉加密后重新提交".into(),
        },
        LoadPdfError::Decryption(other) => Refusal::Damaged(format!("encryption: {other:?}")),
        // Where the structure itself is encrypted, nothing of it can be found.
        LoadPdfError::Invalid if has(bytes, b"/Encrypt") => Refusal::Encrypted,
        LoadPdfError::Invalid => Refusal::Damaged("no structure of a PDF file".into()),
    }
}

/// The pages, if they are as many as the file says.
fn pages(pdf: &Pdf) -> Result<&[PdfPage<'_>], Refusal> {
    let pages: &[PdfPage<'_>] = pdf.pages();
    if pages.len() > MOST_PAGES {
        return Err(Refusal::TooLarge(format!("a PDF file of {} pages", pages.len())));
    }
    let xref = pdf.xref();
    let declared = xref
        .get::<Dict<'_>>(xref.root_id())
        .and_then(|catalog| catalog.get::<Dict<'_>>(b"Pages".as_slice()))
        .and_then(|tree| tree.get::<i32>(b"Count".as_slice()))
        .and_then(|count| usize::try_from(count).ok());
    match declared {
        _ if pages.is_empty() => Err(Refusal::Damaged("no page can be read".into())),
        Some(declared) if declared > pages.len() => {
            Err(Refusal::Damaged(format!("{} of {declared} pages can be read", pages.len())))
        }
        _ => Ok(pages),
    }
}

fn draw<'a>(
    number: u32,
    page: &PdfPage<'a>,
    pdf: &'a Pdf,
    cache: &InterpreterCache<'a>,
    budget: &mut Budget,
) -> Result<Page, Refusal> {
    let (width, height) = page.render_dimensions();
    let mut context = Context::new(
        page.initial_transform(true).to_kurbo(),
        page.intersected_crop_box().to_kurbo(),
        cache,
        pdf.xref(),
        InterpreterSettings::default(),
    );
    let size = (f64::from(width), f64::from(height));
    let mut collector = Collector::new(Page::new(number, size.0, size.1), size, budget);
    let drawn = catch_unwind(AssertUnwindSafe(|| {
        interpret_page(page, &mut context, &mut collector);
    }));
    match drawn {
        Ok(()) => Ok(collector.finish()),
        Err(payload) if payload.is::<Exhausted>() => {
            Err(Refusal::TooLarge(format!("page {number} draws without end")))
        }
        Err(panic) => resume_unwind(panic),
    }
}

#[cfg(test)]
mod tests;
