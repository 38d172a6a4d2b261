//! Several reports bound into one document, told apart.
//!
//! A report has each section and each table once. So where a title comes and after it what the
//! report under way already has, another report has begun; also where the title names another unit
//! or year and text follows. A title that is printed twice, one over an attached table, or links to
//! other reports at the end of a page begin none. Titles may be images or missing: then the headings
//! tell, whose numbers begin again. Lists of their own within a section do so too, so more of the report
//! under way has to be there again.

use std::collections::BTreeSet;

use super::head;
use super::lines;
use super::normalise::trim;
use super::section::{self, Item};
use super::table::Template;
use crate::document::{Block, Document, Meta};
use crate::form::{Form, Forms, Section};

/// Sentences this long after a title are a report even with no table and no known section.
const REPORT_CHARS: usize = 300;
/// Without a title so many sections come again where a report begins.
const SECTIONS_AGAIN: usize = 2;

/// Where a report may begin.
#[derive(Debug)]
struct Start {
    block: usize,
    /// `None`: the headings begin again.
    title: Option<head::Title>,
}

/// What stands between one start and the next.
#[derive(Debug)]
struct Part {
    start: usize,
    /// What its titles name, if it has any.
    title: Option<head::Title>,
    holds: Holdings,
}

/// What a part holds.
#[derive(Debug, Default)]
struct Holdings {
    /// Sections with text in them, by id.
    sections: BTreeSet<String>,
    /// Tables, by id.
    tables: BTreeSet<String>,
    /// Characters of its sentences.
    chars: usize,
    /// It has headings of sections, with or without text.
    has_headings: bool,
    /// One of them is numbered 一.
    has_first: bool,
}

impl Start {
    /// One with what another says that begins with the same block, above it.
    fn below(self, above: Self) -> Self {
        let title = match (self.title, above.title) {
            (Some(own), Some(other)) if !own.differs(&other) => Some(own.or(other)),
            (own, other) => own.or(other),
        };
        Self { block: self.block, title }
    }
}

impl Holdings {
    fn is_report(&self) -> bool {
        !self.sections.is_empty() || !self.tables.is_empty() || self.chars >= REPORT_CHARS
    }

    fn add(&mut self, more: Self) {
        self.sections.extend(more.sections);
        self.tables.extend(more.tables);
        self.has_first |= more.has_first;
    }
}

impl Part {
    /// Whether this begins another report than the one under way.
    fn parts_from(&self, current: &Self, forms: &Forms) -> bool {
        let again = self.holds.sections.intersection(&current.holds.sections).count();
        let has_table_again = !self.holds.tables.is_disjoint(&current.holds.tables);
        let begins_again = self.holds.has_first && current.holds.has_first;
        let has_others = begins_again && self.has_tables_beyond(current, forms);
        match &self.title {
            Some(title) => {
                let differs = current.title.as_ref().is_some_and(|other| title.differs(other));
                again > 0 || has_table_again || has_others || differs
            }
            None => again >= SECTIONS_AGAIN || (begins_again && has_table_again) || has_others,
        }
    }

    /// Whether both have tables, and no form has those of both.
    fn has_tables_beyond(&self, current: &Self, forms: &Forms) -> bool {
        let (own, other) = (&self.holds.tables, &current.holds.tables);
        let has = |form: &Form, ids: &BTreeSet<String>| {
            ids.iter().any(|id| form.tables.iter().any(|table| table.id == *id))
        };
        !own.is_empty()
            && !other.is_empty()
            && !forms.iter().any(|form| has(form, own) && has(form, other))
    }

    /// Whether a part before it, no report itself, can be its cover. Headings before the first report
    /// may be those of a table of contents of them all.
    fn can_have_cover(&self, cover: &Self, is_first: bool) -> bool {
        let titles = self.title.as_ref().zip(cover.title.as_ref());
        let is_contents = is_first && (cover.title.is_none() || cover.holds.has_headings);
        !is_contents && !titles.is_some_and(|(own, other)| own.differs(other))
    }

    /// Begins with what stood before it.
    fn behind_cover(self, cover: Self) -> Self {
        let title = match (self.title, cover.title) {
            (Some(own), Some(other)) => Some(own.or(other)),
            (own, other) => own.or(other),
        };
        Self { start: cover.start, title, holds: self.holds }
    }
}

/// The reports of a document, one each; the document itself where it holds one at most. What stands
/// before the first of several (a table of contents) belongs to none.
pub fn reports(document: Document, forms: &Forms) -> Vec<Document> {
    let starts = starts(&document, forms);
    if starts.len() < 2 {
        return vec![document];
    }
    let reports = told_apart(parts(&document, starts, forms), forms);
    if reports.len() < 2 { vec![document] } else { cut(document, &reports) }
}

/// The document from each of these blocks to the next.
fn cut(document: Document, starts: &[usize]) -> Vec<Document> {
    let mut blocks = document.blocks.into_iter().enumerate().peekable();
    let first = starts.first().copied().unwrap_or_default();
    while blocks.next_if(|(index, _)| *index < first).is_some() {}
    let ends = starts.iter().copied().skip(1).chain([usize::MAX]);
    ends.map(|end| Document {
        format: document.format,
        source: document.source,
        meta: Meta::default(),
        blocks: std::iter::from_fn(|| blocks.next_if(|(index, _)| *index < end))
            .map(|(_, block)| block)
            .collect(),
    })
    .collect()
}

/// The block each report begins with. Parts that are no reports belong to the report before them, but
/// covers right before a report to that.
fn told_apart(parts: Vec<Part>, forms: &Forms) -> Vec<usize> {
    let mut reports: Vec<Part> = Vec::new();
    let mut covers: Vec<Part> = Vec::new();
    for part in parts {
        if !part.holds.is_report() {
            covers.push(part);
            continue;
        }
        match reports.last_mut().filter(|current| !part.parts_from(current, forms)) {
            Some(current) => {
                current.holds.add(part.holds);
                covers.clear();
            }
            None => {
                let is_first = reports.is_empty();
                let own = covers.drain(..).rev();
                let own = own.take_while(|cover| part.can_have_cover(cover, is_first));
                let own: Vec<Part> = own.collect();
                reports.push(own.into_iter().fold(part, Part::behind_cover));
            }
        }
    }
    reports.into_iter().map(|part| part.start).collect()
}

fn parts(document: &Document, starts: Vec<Start>, forms: &Forms) -> Vec<Part> {
    let known: Vec<&Section> = forms.iter().flat_map(|form| &form.sections).collect();
    let ends: Vec<usize> =
        starts.iter().skip(1).map(|start| start.block).chain([document.blocks.len()]).collect();
    let parts = starts.into_iter().zip(ends).map(|(Start { block, title }, end)| {
        let blocks = document.blocks.get(block..end).unwrap_or_default();
        Part { start: block, title, holds: holdings(blocks, document, &known, forms) }
    });
    parts.collect()
}

/// Where reports may begin, in order.
fn starts(document: &Document, forms: &Forms) -> Vec<Start> {
    let all: Vec<&Form> = forms.iter().collect();
    let lines = lone_lines(document);
    let mut starts: Vec<Start> = Vec::new();
    let mut titled = 0;
    // The number of the last heading since the last title.
    let mut last = 0;
    // The last block whose headings began again.
    let mut begun = None;
    for (at, (block, text)) in lines.iter().enumerate() {
        let (above, below) = lines.split_at(at);
        if let Some((title, length)) = title(below, &all).filter(|_| at >= titled) {
            let (title, first) = with_lines_above(title, above, &all);
            starts.push(Start { block: first.unwrap_or(*block), title: Some(title) });
            (titled, last) = (at + length, 0);
        } else if let Some(number) = section::top_number(text) {
            if number <= last && begun != Some(*block) {
                begun = Some(*block);
                let block = beginning(&document.blocks, *block, &all);
                starts.push(Start { block, title: None });
            }
            last = number;
        }
    }
    if starts.first().is_some_and(|start| start.block > 0) {
        starts.push(Start { block: 0, title: None });
    }
    starts.sort_by_key(|start| start.block);
    starts.into_iter().fold(Vec::new(), |mut starts, start| {
        let above = starts.pop_if(|above: &mut Start| above.block == start.block);
        starts.push(match above {
            Some(above) => start.below(above),
            None => start,
        });
        starts
    })
}

/// The lines of paragraphs, and of a table its first row, if that is a single text; each with its block.
fn lone_lines(document: &Document) -> Vec<(usize, &str)> {
    let lines = (0..)
        .zip(&document.blocks)
        .flat_map(|(index, block)| lone_texts(block).into_iter().map(move |text| (index, text)));
    lines.filter(|(_, text)| !text.is_empty()).collect()
}

fn lone_texts(block: &Block) -> Vec<&str> {
    match block {
        Block::Paragraph(paragraph) => paragraph.text.split('\n').map(trim).collect(),
        Block::Grid(grid) => {
            let first = grid.cells.iter().map(|c| c.row).min();
            let mut texts = grid
                .cells
                .iter()
                .filter(|c| Some(c.row) == first)
                .map(|c| trim(&c.text))
                .filter(|text| !text.is_empty());
            let only = texts.next();
            if texts.next().is_none() { only.into_iter().collect() } else { Vec::new() }
        }
        Block::Picture { .. } => Vec::new(),
    }
}

/// The title that begins with the first of these lines, and how many lines it takes: one, or two where it
/// is broken.
fn title(lines: &[(usize, &str)], forms: &[&Form]) -> Option<(head::Title, usize)> {
    let (block, text) = lines.first()?;
    let whole = head::Title::of(text, forms).map(|title| (title, 1));
    let broken = || {
        let (_, rest) = lines.get(1).filter(|(next, _)| *next <= block + 1)?;
        Some((head::Title::of_broken(text, rest, forms)?, 2))
    };
    whole.or_else(broken)
}

/// Takes from the lines right above a title the year and the unit it lacks; with the block of the first
/// taken.
fn with_lines_above(
    mut title: head::Title,
    above: &[(usize, &str)],
    forms: &[&Form],
) -> (head::Title, Option<usize>) {
    let mut first = None;
    for (block, line) in above.iter().rev() {
        match title.with_line_above(line, forms) {
            Some(more) => (title, first) = (more, Some(*block)),
            None => break,
        }
    }
    (title, first)
}

/// The block an untitled report begins with whose first heading is in this one: after the signature of the
/// report before it; without one, where it speaks of its period or where its page begins.
fn beginning(blocks: &[Block], heading: usize, forms: &[&Form]) -> usize {
    let before = blocks.get(..heading).unwrap_or_default();
    let between = before.iter().rposition(ends_head).map_or(0, |last| last + 1)..heading;
    let find = |is: &dyn Fn(&Block) -> bool| {
        between.clone().find(|index| blocks.get(*index).is_some_and(is))
    };
    let signature = find(&|block| {
        lone_texts(block).last().is_some_and(|line| head::is_signature_date(line, forms))
    });
    let tells_period = |line: &&str| forms.iter().any(|form| form.head.tells_period(line));
    let page = blocks.get(heading).and_then(page);
    signature
        .map(|signature| signature + 1)
        .or_else(|| find(&|block| lone_texts(block).iter().any(tells_period)))
        .or_else(|| page.and_then(|on| find(&|block| self::page(block) == Some(on))))
        .unwrap_or(heading)
}

/// Whether nothing from this block on upwards stands above the first heading of a report.
fn ends_head(block: &Block) -> bool {
    let is_heading = |line: &&str| section::top_number(line).is_some();
    matches!(block, Block::Grid(_)) || lone_texts(block).iter().any(is_heading)
}

fn page(block: &Block) -> Option<u32> {
    match block {
        Block::Paragraph(paragraph) => paragraph.page,
        Block::Grid(grid) => grid.cells.first().and_then(|cell| cell.page),
        Block::Picture { page } => *page,
    }
}

fn holdings(blocks: &[Block], of: &Document, known: &[&Section], forms: &Forms) -> Holdings {
    let document = Document {
        format: of.format,
        source: of.source,
        meta: Meta::default(),
        blocks: blocks.to_vec(),
    };
    let items = section::items(&document);
    let sentences = items.iter().map(|item| match item {
        Item::Text(text) if text.contains('。') => text.chars().count(),
        _ => 0,
    });
    // The page numbers of a table of contents are no text.
    let says = |text: &str| text.chars().any(char::is_alphabetic);
    let sections = section::find(&items, known, || &[], document.source);
    let said = sections.iter().filter(|s| s.picture || says(&s.text));
    let lines = lines::of(&document, forms.labels());
    let templates = Template::all(forms);
    let found =
        templates.iter().filter(|template| template.find(&lines, document.source).is_some());
    let numbers: Vec<usize> = blocks
        .iter()
        .flat_map(|block| lone_texts(block).into_iter().filter_map(section::top_number))
        .collect();
    Holdings {
        has_headings: !numbers.is_empty(),
        has_first: numbers.contains(&1),
        sections: said.filter_map(|s| s.id.clone()).collect(),
        tables: found.map(|template| String::from(&template.table.id)).collect(),
        chars: sentences.sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Format, Paragraph, Source};

    /// Each of these lines of one paragraph is a heading that begins again, and looks for where the report
    /// it may belong to begins.
    #[test]
    fn a_paragraph_begins_one_report_at_most() {
        let headings = || Paragraph { text: "一、总体情况\n".repeat(50_000), page: None };
        let document = Document {
            format: Format::Txt,
            source: Source::Text,
            meta: Meta::default(),
            blocks: vec![Block::Paragraph(headings()), Block::Paragraph(headings())],
        };
        let forms = Forms::load(None).unwrap();
        assert_eq!(starts(&document, &forms).len(), 2);
    }
}
