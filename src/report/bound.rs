//! Several reports bound into one document, told apart.
//!
//! A report has each section and each table once. So where a title comes and after it what the
//! report under way already has, another report has begun; also where the title names another unit
//! or year and text follows. A title that is printed twice, one over an attached table, or links to
//! other reports at the end of a page begin none.

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

/// The blocks from one title to the next.
struct Part {
    start: usize,
    title: head::Title,
    /// Sections with text and tables in it, by id.
    has: BTreeSet<String>,
    /// Characters of its sentences.
    chars: usize,
}

impl Part {
    fn is_report(&self) -> bool {
        !self.has.is_empty() || self.chars >= REPORT_CHARS
    }

    /// Whether this begins another report than the one under way.
    fn parts_from(&self, current: &Self) -> bool {
        !self.has.is_disjoint(&current.has) || self.title.differs(&current.title)
    }
}

/// The reports of a document, one each; the document itself where it holds one at most. What stands
/// before the first of several (a cover, a table of contents) belongs to none.
pub fn reports(document: Document, forms: &Forms) -> Vec<Document> {
    let starts = starts(&document, forms);
    if starts.len() < 2 {
        return vec![document];
    }
    let known: Vec<&Section> = forms.iter().flat_map(|form| &form.sections).collect();
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([document.blocks.len()]);
    let parts = starts.iter().zip(ends).map(|((start, title), end)| {
        let blocks = document.blocks.get(*start..end).unwrap_or_default();
        Part { start: *start, title: title.clone(), ..content(blocks, &document, &known, forms) }
    });
    let mut reports: Vec<Part> = Vec::new();
    for part in parts.filter(Part::is_report) {
        match reports.last_mut().filter(|current| !part.parts_from(current)) {
            Some(current) => current.has.extend(part.has),
            None => reports.push(part),
        }
    }
    if reports.len() < 2 {
        return vec![document];
    }
    let mut blocks = document.blocks.into_iter().enumerate().peekable();
    let mut bounds = reports.iter().map(|part| part.start).skip(1).chain([usize::MAX]);
    let first = reports.first().map_or(0, |part| part.start);
    while blocks.next_if(|(index, _)| *index < first).is_some() {}
    bounds
        .by_ref()
        .map(|end| Document {
            format: document.format,
            source: document.source,
            meta: Meta::default(),
            blocks: std::iter::from_fn(|| blocks.next_if(|(index, _)| *index < end))
                .map(|(_, block)| block)
                .collect(),
        })
        .collect()
}

/// Where titles begin, and what they name.
fn starts(document: &Document, forms: &Forms) -> Vec<(usize, head::Title)> {
    let all: Vec<&Form> = forms.iter().collect();
    let mut starts: Vec<(usize, head::Title)> = Vec::new();
    for (index, block) in document.blocks.iter().enumerate() {
        let texts = lone_texts(block);
        let Some(title) = texts.iter().find_map(|text| head::Title::of(text, &all)) else {
            continue;
        };
        let above = index.checked_sub(1).and_then(|above| document.blocks.get(above));
        let name = above.map(lone_texts).unwrap_or_default();
        match name.last().filter(|name| title.unit.is_none() && head::is_unit(name, &all)) {
            Some(name) => starts.push((index - 1, title.with_unit(name))),
            None => starts.push((index, title)),
        }
    }
    starts
}

/// The lines of a paragraph; of a table its first row, if that is a single text.
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

fn content(blocks: &[Block], of: &Document, known: &[&Section], forms: &Forms) -> Part {
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
    let sections = section::find(&items, known, || &[], document.source);
    let said = sections.iter().filter(|s| s.picture || !s.text.is_empty());
    let lines = lines::of(&document, forms.labels());
    let templates = Template::all(forms);
    let laid = templates.iter().filter(|template| template.lay(&lines, document.source).is_some());
    let tables = laid.map(|template| format!("table {}", template.table.id));
    Part {
        start: 0,
        title: head::Title::default(),
        has: said.filter_map(|s| s.id.clone()).chain(tables).collect(),
        chars: sentences.sum(),
    }
}
