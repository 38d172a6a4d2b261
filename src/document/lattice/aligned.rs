//! Tables without rules: figures that stand under each other, with labels to their left and headers
//! above. Lines of text in, prose and tables out.
//!
//! A line with figures standing apart is a row ([`columns`] tells what a figure looks like and which
//! stand under each other); [`labels`] brings the wrapped lines of a label back to their row. The
//! columns of a block are those of its figures, and those of its headers that stand where a column
//! without any figure must be.

mod block;
mod columns;
mod labels;

use super::Layout;
use super::prose::Margins;
use super::text::{Line, starts_with_ordinal};
use crate::document::Grid;
use block::Block;
use columns::is_value;

/// A stretch of lines.
#[derive(Debug)]
pub(super) enum Part {
    Prose(Vec<Line>),
    Table(Grid),
}

/// A line as wide as this part of the text that reaches under the figures is prose.
const WIDE: f64 = 0.6;
/// Letters larger than the table's by this factor are a heading.
const LARGER: f64 = 1.15;
/// No table has more lines of headers.
const MOST_HEAD: usize = 60;
/// What belongs to a table stands no farther from it than this, in sizes.
const NEAR: f64 = 3.5;

/// Parts the lines into prose and tables.
pub(super) fn parts(lines: Vec<Line>, layout: &Layout) -> Vec<Part> {
    let mut figures = columns::set_labels_apart(&columns::set_apart(&lines));
    columns::drop_serials(&mut figures);
    let mut parts = Vec::new();
    let mut prose: Vec<Line> = Vec::new();
    let mut rest = lines.as_slice();
    let mut apart = figures.as_slice();
    while let Some((first, after)) = rest.split_first() {
        match Region::at(apart, &layout.margins) {
            Some(region) => {
                let (taken, more) = apart.split_at(region.length);
                if !prose.is_empty() {
                    parts.push(Part::Prose(std::mem::take(&mut prose)));
                }
                for block in block::blocks(taken) {
                    parts.push(Part::Table(Block::into_grid(block, &layout.bands)));
                }
                apart = more;
                rest = rest.get(region.length..).unwrap_or_default();
            }
            None => {
                prose.push(first.clone());
                rest = after;
                apart = apart.get(1..).unwrap_or_default();
            }
        }
    }
    if !prose.is_empty() {
        parts.push(Part::Prose(prose));
    }
    parts
}

/// Whether a line has figures standing apart from its words; or alone, beside a label of two lines.
fn is_row(line: &Line) -> bool {
    line.words.iter().any(|w| is_value(&w.text))
}

/// A run of lines that are one or more tables.
#[derive(Debug)]
struct Region {
    length: usize,
}

impl Region {
    /// The table that begins with the first of `lines`, if one does.
    fn at(lines: &[Line], margins: &Margins) -> Option<Self> {
        let first_row = lines.iter().take(MOST_HEAD).position(is_row)?;
        let size = lines.get(first_row)?.size;
        let values = first_value(lines.get(first_row)?);
        let head = lines.get(..first_row).unwrap_or_default();
        if head.iter().any(|l| !belongs(l, size, values, margins)) || !is_head(lines, first_row) {
            return None;
        }
        let mut last_row = first_row;
        let mut values = values;
        for (index, line) in lines.iter().enumerate().skip(first_row + 1) {
            if !belongs(line, size, values, margins) {
                break;
            }
            if is_row(line) {
                last_row = index;
                values = first_value(line);
            }
        }
        let label_rest = lines.iter().enumerate().skip(last_row + 1).take_while(|(index, line)| {
            let above = lines.get(index - 1);
            line.right() < values
                && belongs(line, size, values, margins)
                && above.is_some_and(|a| distance(a, line) < 1.7)
        });
        let length = last_row + 1 + label_rest.count();
        let rows: Vec<&Line> = lines.iter().take(last_row + 1).filter(|l| is_row(l)).collect();
        let widest =
            rows.iter().map(|l| l.words.iter().filter(|w| is_value(&w.text)).count()).max();
        let labelled = rows.iter().any(|l| l.words.iter().any(|w| !is_value(&w.text)));
        let is_table = widest >= Some(3) || (labelled && columns::shared(&rows));
        is_table.then_some(Self { length })
    }
}

/// The distance of two lines in sizes; a page break is none.
fn distance(above: &Line, below: &Line) -> f64 {
    if above.page == below.page {
        (below.baseline - above.baseline) / below.size.max(1.0)
    } else {
        0.0
    }
}

fn first_value(line: &Line) -> f64 {
    line.words.iter().filter(|w| is_value(&w.text)).map(|w| w.left).fold(f64::INFINITY, f64::min)
}

/// Whether the lines above the first row can be headers of a table: close to each other and to it.
fn is_head(lines: &[Line], first_row: usize) -> bool {
    let head = lines.get(..=first_row).unwrap_or_default();
    head.windows(2).all(|pair| matches!(pair, [a, b] if distance(a, b) < NEAR))
}

/// Whether a line may stand in a table of this size of letters. `values` is the left edge of its
/// figures.
fn belongs(line: &Line, size: f64, values: f64, margins: &Margins) -> bool {
    if line.size > LARGER * size {
        return false;
    }
    if is_row(line) || line.words.len() >= 3 {
        return true;
    }
    let text = line.text();
    let beyond = line.right() > values;
    let wide = beyond && line.words.iter().any(|w| w.right - w.left > WIDE * margins.width());
    let sentence = text.contains(['。', '；']) || (beyond && text.ends_with(['，', '：']));
    let numbered = starts_with_ordinal(&text) && !text.starts_with(|c: char| c.is_ascii_digit());
    let heading = line.words.len() == 1 && numbered && beyond;
    !(wide || sentence || heading)
}
