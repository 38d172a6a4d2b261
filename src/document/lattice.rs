//! Pages of positioned glyphs and ruling lines in, paragraphs and tables out: what PDF and OFD
//! files have in place of structure. It knows neither format.
//!
//! Per page: [`page`] turns the page so that its text runs left to right, [`rules`] makes frames of
//! the ruling lines, [`frame`] their cells, [`text`] lines of the glyphs. Over all pages:
//! [`margins`] drops page numbers and running titles, [`stitch`] joins tables that go on over
//! pages, [`aligned`] finds tables without rules, or with rules between rows only ([`bands`]),
//! [`prose`] joins the lines of paragraphs.
//!
//! A page without text that can be trusted is a picture here; a document of such pages is refused
//! by [`without_text`]. Recognition of characters (`scan`) begins where a reader gets that refusal: it
//! has the images, and fills [`Page`]s from them.
//!
//! Coordinates are points (1/72 inch), y grows downwards. Nothing in them is a figure of a report.

mod aligned;
mod bands;
mod frame;
mod margins;
mod page;
mod prose;
mod rules;
mod stitch;
mod text;

use super::assembly::Assembly;
use super::{Pictured, Refusal};
use aligned::Part;
use bands::Bands;
use frame::Fragment;
use page::Content;
pub(super) use page::{Ink, Page, Point, Recognised};
use prose::Margins;
pub(super) use rules::Sets;
use stitch::{Stitched, Table};
use text::Line;

/// What stands on a page, from its top.
#[derive(Debug)]
enum Item {
    Line(Line),
    Table(Fragment),
    /// A picture; the page, if it is all there is on it.
    Picture {
        top: f64,
        page: Option<u32>,
    },
}

impl Item {
    fn top(&self) -> f64 {
        match self {
            Self::Line(line) => line.top(),
            Self::Table(fragment) => fragment.top,
            Self::Picture { top, .. } => *top,
        }
    }
}

/// What the pages of a document have in common.
#[derive(Debug)]
struct Layout {
    margins: Margins,
    bands: Bands,
}

/// Adds everything the pages show, in reading order.
pub(super) fn read(mut pages: Vec<Page>, assembly: &mut Assembly<'_>) -> Result<(), Refusal> {
    let contents: Vec<Content> = pages.iter().map(Page::content).collect();
    if !contents.contains(&Content::Text) {
        return Err(without_text(&contents));
    }
    for (page, content) in pages.iter_mut().zip(contents) {
        if content == Content::Unknown {
            page.drop_text();
        }
    }
    let heights: Vec<f64> = pages.iter().map(Page::height).collect();
    let mut bands = Bands::default();
    let mut items: Vec<Vec<Item>> =
        pages.into_iter().map(|page| items_of(page, &mut bands)).collect();
    margins::drop_furniture(&mut items, &heights);
    let margins = Margins::of(items.iter().flatten().filter_map(|item| match item {
        Item::Line(line) => Some(line),
        _ => None,
    }));
    let layout = Layout { margins, bands };
    let mut lines: Vec<Line> = Vec::new();
    for stitched in stitch::stitch(items.into_iter().flatten()) {
        match stitched {
            Stitched::Line(line) => lines.push(line),
            Stitched::Table(table) => {
                flow(std::mem::take(&mut lines), &layout, assembly)?;
                assembly.grid(Table::into_grid(table))?;
            }
            Stitched::Picture(page) => {
                flow(std::mem::take(&mut lines), &layout, assembly)?;
                assembly.picture(page)?;
            }
        }
    }
    flow(lines, &layout, assembly)
}

/// The cells of the ruled tables of a page, a list for each table: upper left and lower right corners.
/// For readers that must look into cells before their text is known.
pub(super) fn cells(page: &Page) -> Vec<Vec<(Point, Point)>> {
    frame::frames(page).iter().map(|table| table.boxes().collect()).collect()
}

/// The refusal of a document none of whose pages has text.
fn without_text(pages: &[Content]) -> Refusal {
    if pages.contains(&Content::Unknown) {
        return Refusal::Unrecognised(Pictured::Unencoded);
    }
    if pages.contains(&Content::Image) {
        return Refusal::Unrecognised(Pictured::Scan);
    }
    let (found, remedy) = ("没有文字的空白文件", "请检查后重新提交");
    Refusal::Unsupported { found: found.into(), remedy: remedy.into() }
}

fn items_of(mut page: Page, bands: &mut Bands) -> Vec<Item> {
    page.turn();
    bands.add(&page);
    let mut frames = frame::frames(&page);
    let glyphs = frame::fill(&mut frames, page.take_glyphs());
    frames.retain(Fragment::has_text);
    let lines = text::lines(glyphs, page.number);
    let alone = page.is_picture().then_some(page.number);
    let pictures = page.pictures().iter().map(|&top| Item::Picture { top, page: alone });
    let mut items: Vec<Item> = lines
        .into_iter()
        .map(Item::Line)
        .chain(frames.into_iter().map(Item::Table))
        .chain(pictures)
        .collect();
    items.sort_by(|a, b| a.top().total_cmp(&b.top()));
    items
}

/// Lines between two ruled tables: paragraphs, and tables without rules.
fn flow(lines: Vec<Line>, layout: &Layout, assembly: &mut Assembly<'_>) -> Result<(), Refusal> {
    for part in aligned::parts(lines, layout) {
        match part {
            Part::Prose(lines) => {
                for paragraph in prose::paragraphs(&lines, &layout.margins) {
                    assembly.paragraph(&paragraph)?;
                }
            }
            Part::Table(grid) => assembly.grid(grid)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
