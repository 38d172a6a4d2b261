//! The headings of the text, and what stands below each.

use super::FoundSection;
use super::head::chinese_number;
use super::normalise::{Label, squeeze, trim};
use crate::document::{Block, Columns, Document, GridCell, Source};
use crate::form::Section;

/// Longer lines are no headings.
const MOST_CHARS: usize = 40;
/// Headings less alike than this are different headings.
const ALIKE: f64 = 0.55;
/// Without a number before it a line must be nearly the title itself.
const SAME: f64 = 0.9;
/// The same where characters were recognised: the number may be what was misread.
const SAME_RECOGNISED: f64 = 0.75;

/// One line of the document, in reading order.
pub(super) enum Item<'d> {
    /// A line of a paragraph.
    Text(&'d str),
    /// The only text in a row of a table: it may be a heading that stood among the rows.
    Row(&'d str),
    /// What a row says of a table whose columns are not known: it may be all that is read of it.
    Loose(&'d str),
    /// A picture.
    Picture,
}

/// Paragraphs by line, lone texts in rows of tables, tables of unknown columns, and pictures.
pub(super) fn items(document: &Document) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    for block in &document.blocks {
        match block {
            Block::Paragraph(p) => items.extend(p.text.split('\n').map(Item::Text)),
            Block::Picture { .. } => items.push(Item::Picture),
            Block::Grid(grid) => {
                let mut cells: Vec<&GridCell> = grid.cells.iter().collect();
                cells.sort_by_key(|c| (c.row, c.column));
                items.extend(cells.chunk_by(|a, b| a.row == b.row).filter_map(|row| {
                    let mut texts = row.iter().filter(|c| !trim(&c.text).is_empty());
                    let only = texts.next()?;
                    texts.next().is_none().then_some(Item::Row(only.text.as_str()))
                }));
                if grid.columns == Columns::Filled {
                    items.extend(cells.iter().map(|c| Item::Loose(c.text.as_str())));
                }
            }
        }
    }
    items
}

/// The sections in document order. `known` are those of the forms of this kind; a numbered line that
/// is one of the `rows`, labels in the tables of these forms, is no heading of a section. They are asked for
/// only where there is such a line. `source` tells how far the characters can be trusted.
pub(super) fn find<'r>(
    items: &[Item<'_>],
    known: &[&Section],
    rows: impl Fn() -> &'r [Label],
    source: Source,
) -> Vec<FoundSection> {
    let same = match source {
        Source::Text => SAME,
        Source::Ocr => SAME_RECOGNISED,
    };
    let titles: Vec<(&str, Vec<Label>)> = known
        .iter()
        .map(|s| {
            let labels = std::iter::once(&s.title).chain(&s.titles).map(|t| Label::of(t)).collect();
            (s.id.as_str(), labels)
        })
        .collect();
    let mut sections: Vec<FoundSection> = Vec::new();
    for item in items {
        match item {
            Item::Picture => {
                if let Some(section) = sections.last_mut() {
                    section.picture = true;
                }
            }
            Item::Loose(text) => note_text(&mut sections, text),
            Item::Text(text) | Item::Row(text) => {
                let row = matches!(item, Item::Row(_));
                let heading = heading(text, &titles, same)
                    .filter(|id| id.is_some() || !is_among(rows(), &Label::of(text)));
                match heading {
                    Some(id) if !row || id.is_some() => sections.push(FoundSection {
                        id,
                        heading: trim(text).to_owned(),
                        text: String::new(),
                        picture: false,
                    }),
                    _ if !row => note_text(&mut sections, text),
                    _ => {}
                }
            }
        }
    }
    sections
}

fn note_text(sections: &mut [FoundSection], text: &str) {
    if let Some(section) = sections.last_mut()
        && !trim(text).is_empty()
    {
        if !section.text.is_empty() {
            section.text.push('\n');
        }
        section.text.push_str(trim(text));
    }
}

/// Whether a line is a heading, and of which section. `same` is the least likeness without a number.
fn heading(text: &str, titles: &[(&str, Vec<Label>)], same: f64) -> Option<Option<String>> {
    let line = squeeze(text);
    if line.is_empty() || line.chars().count() > MOST_CHARS || line.ends_with(['。', ';', ',']) {
        return None;
    }
    let label = Label::of(&line);
    let (id, likeness) = titles
        .iter()
        .map(|(id, labels)| (*id, labels.iter().map(|l| label.likeness(l)).fold(0.0, f64::max)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or(("", 0.0));
    let top = is_top_number(&line, &label);
    // A number other than the section's own is a slip of numbering, not another section; so
    // likeness here is that of the bodies.
    let alike = likeness >= if top { ALIKE } else { same };
    if alike {
        Some(Some(id.to_owned()))
    } else if top && line.starts_with(|c: char| !c.is_ascii()) && !line.contains('。') {
        Some(None)
    } else {
        None
    }
}

fn is_among(rows: &[Label], label: &Label) -> bool {
    rows.iter().any(|row| row.likeness(label) >= SAME)
}

/// The Chinese number of a line that can be the heading of a main section: 1 of `一、总体情况`.
pub(super) fn top_number(text: &str) -> Option<usize> {
    let may_begin = |c: char| c == '第' || "一二三四五六七八九十".contains(c);
    if !trim(text).starts_with(may_begin) {
        return None;
    }
    let line = squeeze(text);
    if line.chars().count() > MOST_CHARS || line.contains('。') || line.ends_with([';', ',']) {
        return None;
    }
    let label = Label::of(&line);
    let is_top = is_top_number(&line, &label);
    is_top.then(|| chinese_number(&label.number, false).parse().ok())?
}

/// `一、`, `1、`, `第一部分`: the number of a main section; `（一）` and `1.1` are not.
fn is_top_number(line: &str, label: &Label) -> bool {
    !label.number.is_empty() && !line.starts_with('(')
}
