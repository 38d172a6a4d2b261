//! A document laid over the forms: which unit, which year, which cells, where each was found.
//!
//! Row labels of real tables are misspelt, shredded, renumbered and partly missing, but they stand
//! in the official order; so the sequence of labels is *aligned* with the form's (see
//! [`crate::report::align`]) rather than looked up one by one. Every cell keeps its raw text and
//! its place. This room gives no verdicts and knows no SQL.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::document::Source;
use crate::form::CellId;

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
    /// The paragraphs below it, joined by `\n`; tables left out.
    pub text: String,
    /// An image stands below it.
    pub picture: bool,
}

/// A table of a form found in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTable {
    /// Table id.
    pub table: String,
    /// The form it follows.
    pub form: String,
}

/// A row of the form that the document's table does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingRow {
    /// Table id.
    pub table: String,
    /// Row id.
    pub row: String,
}

/// A row of the document's table that the form does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRow {
    /// Table id.
    pub table: String,
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
    /// Recognised from an image and not surely right.
    pub doubtful: bool,
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
