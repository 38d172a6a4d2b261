//! A document laid over the forms: which unit, which year, which cells, where each was found.
//!
//! Row labels of real tables are misspelt, shredded, renumbered and partly missing, but they stand
//! in the official order; so the sequence of labels is *aligned* with the form's (see
//! `report/align.rs`) rather than looked up one by one. Every cell keeps its raw text and
//! its place. This room gives no verdicts and knows no SQL.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;

mod align;
mod bound;
mod columns;
mod crossed;
mod head;
mod headers;
mod lines;
mod number;
mod one_line;
mod order;
mod recognised;
mod section;
mod table;
mod torn;
mod turned;
mod values;

use crate::document::{Block, Document, GridCell, Source};
use crate::form::{CellId, Column, Form, Forms, Id, Row, label as normalise};
use table::{Fit, Laid, Template};

pub use bound::reports;
pub(crate) use normalise::{Label, fold_char, is_invisible, simplify, squeeze};
pub use number::yuan;

/// What one document says, laid over the forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The kind of report: [`crate::form::Form::title`] of the forms it belongs to.
    pub kind: String,
    /// The oldest form among the tables found; `None` without tables.
    pub form: Option<String>,
    /// The unit as printed; `None`: not found (it is then shown as `未识别（<file name>）`).
    pub unit: Option<String>,
    /// Every other spelling of the unit found in the document.
    pub spellings: Vec<String>,
    /// The report year.
    pub year: Option<i16>,
    /// The title as printed, white space removed from its ends.
    pub title: Option<String>,
    /// First and last day the figures cover, as printed.
    pub period: Option<(Date, Date)>,
    /// The report's own date, else the page's.
    pub published: Option<Date>,
    /// Sections found, in document order.
    pub sections: Vec<FoundSection>,
    /// Tables found, in document order.
    pub tables: Vec<FoundTable>,
    /// Every cell of the tables found, by id.
    pub cells: BTreeMap<CellId, Cell>,
    /// Rows of the form that a table found lacks.
    pub missing_rows: Vec<MissingRow>,
    /// Rows found that the form does not know, with their values.
    pub unknown_rows: Vec<UnknownRow>,
    /// Values found in heading rows.
    pub heading_values: Vec<UnknownRow>,
    /// Rows whose values were told apart by their number alone, their labels being lost.
    pub sublabels_lost: Vec<MissingRow>,
    /// Years that title, period and table heading name, where they name one.
    pub years_named: Vec<YearNamed>,
    /// The paragraphs of the text, tables left out.
    pub text: Vec<String>,
    /// Text or OCR.
    pub source: Source,
}

/// A heading of the text and what stands below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSection {
    /// The form's section id; `None`: a heading the form does not know.
    pub id: Option<String>,
    /// The heading as printed, number included.
    pub heading: String,
    /// The paragraphs below it, joined by `\n`; tables left out, if their columns are known.
    pub text: String,
    /// An image stands below it.
    pub picture: bool,
}

/// A table of a form found in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTable {
    /// Table id.
    pub table: Id,
    /// The form it follows.
    pub form: String,
    /// The tables of the document it was found in, from 1.
    pub grids: Vec<usize>,
}

/// A row of the form that the document's table does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingRow {
    /// Table id.
    pub table: Id,
    /// Row id.
    pub row: Id,
}

/// A row of the document's table that the form does not have, or on a scan one whose label was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRow {
    /// Table id.
    pub table: Id,
    /// The label as printed.
    pub label: String,
    /// The values as printed.
    pub values: Vec<String>,
}

/// A place of the document that names the report year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearNamed {
    /// Where: in Chinese, e.g. `标题`, `统计期限`.
    pub by: String,
    /// The year.
    pub year: i16,
}

/// One cell as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What it holds.
    pub value: CellValue,
    /// The text as printed.
    pub raw: String,
    /// The unit: in the cell, else in this document's header, else the form's.
    pub unit: Option<String>,
    /// The unit written in the cell itself.
    pub own_unit: Option<String>,
    /// Where it was found.
    pub place: Place,
    /// Recognised from an image and not surely right; or, in text, one of several values that may
    /// stand here, which its text lists.
    pub doubtful: bool,
}

/// The number a text is; `signed`: 增 and 减 before it are its sign.
pub(crate) fn figure(text: &str, signed: bool) -> Option<Decimal> {
    match number::read(text, signed, None) {
        (CellValue::Number(number), None) => Some(number),
        _ => None,
    }
}

/// What a cell holds. Blank is not zero, a placeholder is not blank, text is neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellValue {
    /// A number, exactly as written, in the unit of the form where the form fixes one.
    Number(Decimal),
    /// Nothing.
    Blank,
    /// `/`, `-`, `—`, `无`: said to have no value.
    Placeholder,
    /// Anything no number may be read out of.
    Text(String),
}

/// Where a cell stands in the document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// Table of the document, from 1.
    pub table: usize,
    /// Row of that table, from 1.
    pub row: usize,
    /// Column of that table, from 1.
    pub column: usize,
    /// Page, from 1, where the format knows pages.
    pub page: Option<u32>,
}

/// Two tables of forms that fit this equally cannot be told apart by what they hold.
const EQUAL: f64 = 0.01;

/// Lays a document over the forms; `None` when it is no report of any kind the forms describe.
/// `file_name` is asked for the year when nothing else tells it.
pub fn lay(document: &Document, forms: &Forms, file_name: &str) -> Option<Report> {
    let templates = Template::all(forms);
    let document = torn::mended(document, forms.labels());
    let lines = lines::of(&document, forms.labels());
    let turned = turned::back(&document, &lines, forms.labels());
    let lines = turned.as_ref().map_or(lines, |turned| lines::of(turned, forms.labels()));
    let document = turned.as_ref().unwrap_or(&document);
    let fits: Vec<Fit<'_>> =
        templates.iter().filter_map(|t| t.find(&lines, document.source)).collect();
    let items = section::items(document);
    let kind = kind(document, &items, forms, &fits)?;
    let of_kind: Vec<&Form> = forms.iter().filter(|f| f.title == kind).collect();
    let head = head::find(document, &items, &of_kind, file_name);
    let known: Vec<&crate::form::Section> = of_kind.iter().flat_map(|f| &f.sections).collect();
    let due = head.year.and_then(|y| forms.due(&kind, y)).map(|f| f.id.as_str());
    let fits = fits.into_iter().filter(|f| f.template.form.title == kind).collect();
    let chosen = choose(fits, due, document.source);
    let chosen: Vec<Laid<'_>> = chosen.into_iter().map(Fit::laid).collect();
    let unsure: BTreeSet<(&Id, Id)> = chosen
        .iter()
        .flat_map(|l| l.unsure_rows.iter().map(|row| (&l.template.table.id, row.clone())))
        .collect();
    let rows = LazyCell::new(|| table_labels(&of_kind));
    let mut report = Report {
        form: chosen
            .iter()
            .map(|l| (l.template.form.from, &l.template.form.id))
            .min()
            .map(|(_, id)| id.clone()),
        kind,
        unit: head.unit,
        spellings: head.spellings,
        year: head.year,
        title: head.title,
        period: head.period,
        published: head.published,
        sections: section::find(&items, &known, || rows.as_slice(), document.source),
        tables: Vec::new(),
        cells: BTreeMap::new(),
        missing_rows: Vec::new(),
        unknown_rows: Vec::new(),
        heading_values: Vec::new(),
        sublabels_lost: Vec::new(),
        years_named: head.years_named,
        text: text(document),
        source: document.source,
    };
    chosen.into_iter().for_each(|laid| report.take_in(laid));
    if document.source == Source::Ocr {
        recognised::doubt(&mut report, document, &unsure);
    }
    Some(report)
}

/// The labels that stand in tables: of rows, and over several rows.
fn table_labels(forms: &[&Form]) -> Vec<Label> {
    let rows = forms.iter().flat_map(|f| &f.tables).flat_map(|t| &t.rows);
    let labels: BTreeSet<&String> =
        rows.flat_map(|r| [&r.label].into_iter().chain(&r.variants).chain(&r.group)).collect();
    labels.into_iter().map(|label| Label::of(label)).collect()
}

/// Which kind of report it is: the one its title names, else the one whose tables fit best.
fn kind(
    document: &Document,
    items: &[section::Item<'_>],
    forms: &Forms,
    fits: &[Fit<'_>],
) -> Option<String> {
    let quality = |kind: &str| -> f64 {
        fits.iter().filter(|f| f.template.form.title == kind).map(|f| f.quality).sum()
    };
    let by_tables = forms.kinds().map(|k| (k, quality(k))).filter(|(_, fit)| *fit > 0.0);
    let best = by_tables.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(kind, _)| kind.to_owned());
    best.or_else(|| {
        forms
            .kinds()
            .find(|kind| {
                let of_kind: Vec<&Form> = forms.iter().filter(|f| f.title == *kind).collect();
                head::find(document, items, &of_kind, "").title.is_some()
            })
            .map(str::to_owned)
    })
}

/// For each table id the form whose table fits best. Where forms fit equally (their tables are the
/// same), the table before it in the form decides, then the report year, then the newest form. On a scan
/// rows are lost, and what is left of one form's table looks like another's: that tells no form.
fn choose<'l>(mut fits: Vec<Fit<'l>>, due: Option<&str>, source: Source) -> Vec<Fit<'l>> {
    let mut order: Vec<&str> = Vec::new();
    for table in fits.iter().flat_map(|f| &f.template.form.tables) {
        if !order.contains(&table.id.as_str()) {
            order.push(&table.id);
        }
    }
    let mut chosen: Vec<Fit<'l>> = Vec::new();
    for id in order {
        let (mut of_table, rest): (Vec<_>, Vec<_>) =
            fits.into_iter().partition(|f| f.template.table.id == id);
        fits = rest;
        let best = of_table.iter().map(|f| f.quality).fold(f64::MIN, f64::max);
        let is_told = source == Source::Text
            || of_table.iter().any(|f| f.quality >= best - EQUAL && !f.is_patchy());
        if is_told {
            of_table.retain(|f| f.quality >= best - EQUAL);
        }
        let before = chosen.last().map(|f| f.template.form.id.as_str());
        let rank = |f: &Fit<'_>| {
            let form = f.template.form;
            let id = Some(form.id.as_str());
            (id == before, id == due, f.quality >= best - EQUAL, form.from)
        };
        if let Some(index) = (0..of_table.len()).max_by_key(|i| of_table.get(*i).map(rank)) {
            chosen.push(of_table.swap_remove(index));
        }
    }
    chosen
}

fn text(document: &Document) -> Vec<String> {
    let paragraphs = document.blocks.iter().filter_map(|b| match b {
        Block::Paragraph(p) => Some(normalise::trim(&p.text)),
        _ => None,
    });
    paragraphs.filter(|t| !t.is_empty()).map(str::to_owned).collect()
}

impl Cell {
    /// The cell of a form as it would be read from this printed text, at no particular place.
    pub fn read(row: &Row, column: &Column, printed: &str) -> Self {
        let cell =
            GridCell { text: printed.into(), row_span: 1, column_span: 1, ..GridCell::default() };
        values::cell(row, column, &values::Found::at(0, 0, &cell), None)
    }
}

impl Report {
    fn take_in(&mut self, laid: Laid<'_>) {
        let table = &laid.template.table.id;
        let row = |row: Id| MissingRow { table: table.clone(), row };
        self.tables.push(FoundTable {
            table: table.clone(),
            form: laid.template.form.id.clone(),
            grids: laid.grids,
        });
        self.missing_rows.extend(laid.missing_rows.into_iter().map(row));
        self.sublabels_lost.extend(laid.sublabels_lost.into_iter().map(row));
        self.heading_values.extend(laid.heading_values.into_iter().map(|(row, value)| {
            UnknownRow { table: table.clone(), label: String::from(&row), values: vec![value] }
        }));
        self.unknown_rows.extend(laid.unknown_rows.into_iter().chain(laid.bare_rows));
        self.cells.extend(laid.cells);
    }

    /// Whether rows of a table were seen on a scan and not read: they fit none of the form's.
    pub fn has_unread_rows(&self, table: &str) -> bool {
        self.source == Source::Ocr && self.unknown_rows.iter().any(|row| row.table == table)
    }

    /// The form a table of the report follows.
    pub fn form_of<'f>(&self, table: &str, forms: &'f Forms) -> Option<&'f Form> {
        let found = self.tables.iter().find(|t| t.table == table)?;
        forms.get(&found.form)
    }
}
