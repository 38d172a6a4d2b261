//! `gouji export`: a view of the database as a file for a spreadsheet. CSV begins with a byte order
//! mark, by which Excel knows UTF-8; a text that Excel would take for a formula is marked as text.
//! <https://owasp.org/www-community/attacks/CSV_Injection>

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use serde::Serialize;

use super::{Exit, complain, status};
use crate::config::Settings;
use crate::store::{ColumnName, Field, Selection, Store};

/// The most characters Excel takes in a cell.
const CELL_CHARACTERS: usize = 32_767;
/// The rows of a sheet, the header included.
const SHEET_ROWS: u32 = 1_048_576;

/// What `gouji export` is told.
#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    /// What to export: `findings`, `figures`, or any view of the database; `datasette`: its data
    /// dictionary as Datasette wants it; without, all views are listed
    #[arg(value_name = "WHAT")]
    what: Option<String>,
    /// Where to; without: standard output, as CSV
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The format; without: by the ending of the file
    #[arg(long)]
    format: Option<Kind>,
    /// Of this report year only
    #[arg(long)]
    year: Option<i16>,
    /// Of units whose name has this in it only
    #[arg(long)]
    unit: Option<String>,
    /// Names of the columns: in Chinese for people, or as in the database for programs
    #[arg(long, value_enum, default_value_t = Header::Chinese)]
    header: Header,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Csv,
    Xlsx,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Header {
    Chinese,
    Names,
}

/// Exports, or lists what can be exported.
pub(super) fn export(arguments: &ExportArguments, settings: &Settings) -> anyhow::Result<Exit> {
    let store = Store::open_read_only(status::database(settings)?)?;
    let Some(what) = &arguments.what else { return list(&store) };
    if what == "datasette" {
        return datasette(&store);
    }
    let view = if what == "findings" { "open_findings" } else { what };
    let job = Job { store: &store, view, arguments };
    match (kind(arguments)?, &arguments.output) {
        (Kind::Csv, None) => job.csv(io::stdout().lock())?,
        (Kind::Csv, Some(path)) => {
            replace(path, |file| job.csv(BufWriter::new(file)))?;
        }
        (Kind::Xlsx, None) => bail!("an xlsx file needs a place: --output FILE"),
        (Kind::Xlsx, Some(path)) => replace(path, |file| job.xlsx(file))?,
    }
    Ok(Exit::Fine)
}

fn list(store: &Store) -> anyhow::Result<Exit> {
    let mut out = io::stdout();
    for (name, chinese) in store.views()? {
        writeln!(out, "{name}  {chinese}")?;
    }
    Ok(Exit::Fine)
}

/// Prints the data dictionary as Datasette wants it (`datasette gouji.db -m FILE`).
/// <https://docs.datasette.io/en/stable/metadata.html>
fn datasette(store: &Store) -> anyhow::Result<Exit> {
    let mut tables: BTreeMap<String, Described> = BTreeMap::new();
    for entry in store.dictionary()? {
        let description = format!("{}. {}", entry.chinese, entry.english);
        let table = tables.entry(entry.object).or_default();
        match entry.column.is_empty() {
            true => table.description = description,
            false => _ = table.columns.insert(entry.column, description),
        }
    }
    let metadata = serde_json::json!({
        "title": "政府信息公开工作年度报告",
        "databases": { "gouji": { "tables": tables } },
    });
    writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&metadata)?)?;
    Ok(Exit::Fine)
}

/// A table or view as Datasette shows it.
#[derive(Default, Serialize)]
struct Described {
    description: String,
    columns: BTreeMap<String, String>,
}

fn kind(arguments: &ExportArguments) -> anyhow::Result<Kind> {
    if let Some(kind) = arguments.format {
        return Ok(kind);
    }
    let Some(path) = &arguments.output else { return Ok(Kind::Csv) };
    match path.extension().map(|ending| ending.to_ascii_lowercase()) {
        Some(ending) if ending == "csv" => Ok(Kind::Csv),
        Some(ending) if ending == "xlsx" => Ok(Kind::Xlsx),
        _ => bail!("{}: is it to be --format csv or --format xlsx?", path.display()),
    }
}

/// Writes beside the file and then puts it in its place: a table that somebody has open is whole.
fn replace(path: &Path, write: impl FnOnce(File) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    let cannot = || format!("cannot write {}", path.display());
    let file = File::create(&fresh).with_context(cannot)?;
    let written = write(file).and_then(|()| std::fs::rename(&fresh, path).with_context(cannot));
    if written.is_err() {
        // What is left of it helps nobody.
        _ = std::fs::remove_file(&fresh).is_ok();
    }
    written
}

/// A view on its way into a file.
struct Job<'a> {
    store: &'a Store,
    view: &'a str,
    arguments: &'a ExportArguments,
}

impl Job<'_> {
    fn rows(&self, sheet: &mut impl Sheet) -> anyhow::Result<()> {
        let ExportArguments { year, unit, header, .. } = self.arguments;
        let selection = Selection { year: *year, unit: unit.clone() };
        let title = |column: &ColumnName| match header {
            Header::Chinese => column.chinese.clone(),
            Header::Names => column.name.clone(),
        };
        let (mut outcome, mut has_any) = (Ok(()), false);
        let found = self.store.rows(self.view, &selection, &mut |columns, row| {
            has_any |= row.is_some();
            let line = match row {
                None => columns.iter().map(|column| Field::Text(title(column))).collect(),
                Some(row) => row,
            };
            outcome = sheet.line(line);
            outcome.is_ok()
        })?;
        if !found {
            bail!("there is no view {:?}; `gouji export` lists them", self.view);
        }
        outcome?;
        if !has_any {
            let of = if year.is_none() && unit.is_none() { "" } else { " of this year and unit" };
            complain(&format!("there are no rows{of}: only the names of the columns are written"));
        }
        Ok(())
    }

    fn csv(&self, mut out: impl Write) -> anyhow::Result<()> {
        out.write_all("\u{feff}".as_bytes())?;
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        self.rows(&mut writer)?;
        writer.flush()?;
        Ok(())
    }

    fn xlsx(&self, file: File) -> anyhow::Result<()> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        let mut lines = Lines { sheet, next: 0, bold: Format::new().set_bold(), cut: false };
        self.rows(&mut lines)?;
        let (rows, cut) = (lines.next, lines.cut);
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_autofit_max_width(400);
        sheet.autofit();
        if cut {
            complain(&format!("texts of more than {CELL_CHARACTERS} characters were cut"));
        }
        if rows == SHEET_ROWS {
            complain("a sheet has no room for more rows: choose a --year or a --unit, or CSV");
        }
        workbook.save_to_writer(file)?;
        Ok(())
    }
}

/// What takes line after line.
trait Sheet {
    fn line(&mut self, fields: Vec<Field>) -> anyhow::Result<()>;
}

impl<W: Write> Sheet for csv::Writer<W> {
    fn line(&mut self, fields: Vec<Field>) -> anyhow::Result<()> {
        let fields = fields.into_iter().map(|field| match field {
            Field::Null => String::new(),
            Field::Integer(number) => number.to_string(),
            Field::Real(number) => number.to_string(),
            Field::Text(text) => harmless(text),
        });
        Ok(self.write_record(fields)?)
    }
}

/// A text that no spreadsheet takes for a formula. A number is none.
fn harmless(text: String) -> String {
    let first = text.chars().next();
    let looks_like_one = first.is_some_and(|first| "=+-@\t\r\n＝＋－＠".contains(first))
        && text.parse::<f64>().is_err();
    if looks_like_one { format!("'{text}") } else { text }
}

/// A sheet of a workbook, line by line.
struct Lines<'w> {
    sheet: &'w mut Worksheet,
    next: u32,
    bold: Format,
    /// A text was too long for a cell.
    cut: bool,
}

impl Sheet for Lines<'_> {
    fn line(&mut self, fields: Vec<Field>) -> anyhow::Result<()> {
        if self.next == SHEET_ROWS {
            return Ok(());
        }
        for (column, field) in (0_u16..).zip(fields) {
            self.cell(column, field)?;
        }
        self.next += 1;
        Ok(())
    }
}

impl Lines<'_> {
    #[expect(clippy::as_conversions, reason = "Excel knows no other numbers than floats")]
    fn cell(&mut self, column: u16, field: Field) -> Result<(), XlsxError> {
        let row = self.next;
        match field {
            Field::Null => {}
            Field::Integer(number) => _ = self.sheet.write_number(row, column, number as f64)?,
            Field::Real(number) => _ = self.sheet.write_number(row, column, number)?,
            // Never a formula: what is written as a text stays one.
            Field::Text(mut text) => {
                if text.chars().count() > CELL_CHARACTERS {
                    text = text.chars().take(CELL_CHARACTERS).collect();
                    self.cut = true;
                }
                match row {
                    0 => _ = self.sheet.write_string_with_format(row, column, text, &self.bold)?,
                    _ => _ = self.sheet.write_string(row, column, text)?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_take_for_a_formula_is_marked_as_text() {
        for formula in ["=1+1", "+1-1", "-cmd", "@SUM(1)", "\t=1", "＝1+1", "-"] {
            assert_eq!(harmless(formula.to_owned()), format!("'{formula}"));
        }
        for plain in ["", "青塘镇", "-3", "+4.5", "1=2"] {
            assert_eq!(harmless(plain.to_owned()), plain);
        }
    }
}
