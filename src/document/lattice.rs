//! Pages of positioned glyphs and ruling lines in, paragraphs and tables out: what PDF and OFD
//! files have in place of structure. It knows neither format.
//!
//! Per page: [`page`] turns the page so that its text runs left to right, [`rules`] makes frames of
//! the ruling lines, [`frame`] their cells, [`text`] lines of the glyphs. Over all pages:
//! [`margins`] drops page numbers and running titles, [`stitch`] joins tables that go on over
//! pages, [`aligned`] finds tables without rules, [`prose`] joins the lines of paragraphs.
//!
//! Coordinates are points (1/72 inch), y grows downwards. Nothing in them is a figure of a report.

mod aligned;
mod frame;
mod margins;
mod page;
mod prose;
mod rules;
mod stitch;
mod text;

use super::assembly::Assembly;
use super::{Grid, Refusal};
use aligned::Part;
use frame::Fragment;
pub(super) use page::Page;
use prose::Margins;
use stitch::{Stitched, Table};
use text::Line;

/// What stands on a page, from its top.
#[derive(Debug)]
enum Item {
    Line(Line),
    Table(Fragment),
    Picture { top: f64 },
}

impl Item {
    fn top(&self) -> f64 {
        match self {
            Self::Line(line) => line.top(),
            Self::Table(fragment) => fragment.top,
            Self::Picture { top } => *top,
        }
    }
}

/// Adds everything the pages show, in reading order.
pub(super) fn read(pages: Vec<Page>, assembly: &mut Assembly<'_>) -> Result<(), Refusal> {
    let heights: Vec<f64> = pages.iter().map(Page::height).collect();
    let mut items: Vec<Vec<Item>> = pages.into_iter().map(items_of).collect();
    margins::drop_furniture(&mut items, &heights);
    let margins = Margins::of(items.iter().flatten().filter_map(|item| match item {
        Item::Line(line) => Some(line),
        _ => None,
    }));
    let mut lines: Vec<Line> = Vec::new();
    for stitched in stitch::stitch(items.into_iter().flatten()) {
        match stitched {
            Stitched::Line(line) => lines.push(line),
            Stitched::Table(table) => {
                flow(std::mem::take(&mut lines), &margins, assembly)?;
                assembly.grid(Table::into_grid(table))?;
            }
            Stitched::Picture => {
                flow(std::mem::take(&mut lines), &margins, assembly)?;
                assembly.picture()?;
            }
        }
    }
    flow(lines, &margins, assembly)
}

fn items_of(mut page: Page) -> Vec<Item> {
    page.turn();
    let mut frames = frame::frames(&page);
    let glyphs = frame::fill(&mut frames, page.take_glyphs());
    frames.retain(Fragment::has_text);
    let lines = text::lines(glyphs, page.number);
    let pictures = page.pictures().iter().map(|&top| Item::Picture { top });
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
fn flow(
    lines: Vec<Line>,
    margins: &Margins,
    assembly: &mut Assembly<'_>,
) -> Result<(), Refusal> {
    for part in aligned::parts(lines, margins) {
        match part {
            Part::Prose(lines) => {
                for paragraph in prose::paragraphs(&lines, margins) {
                    assembly.paragraph(&paragraph)?;
                }
            }
            Part::Table(cells) => {
                assembly.grid(Grid { columns: super::Columns::Exact, cells })?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
