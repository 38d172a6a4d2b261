//! `OpenDocument` spreadsheets (ods). Same sheet model and same rules as [`super::xlsx`]; a cell shows
//! its number as typed, else the text stored with it.

use super::assembly::Assembly;
use super::container::Container;
use super::line::Line;
use super::odt::{self, Look, Styles};
use super::sheet::{self, Sheet};
use super::xml::{self, Element, Xml};
use super::{Document, Format, Limits, Meta, Refusal};

/// Reads everything the spreadsheet shows.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    let mut container = Container::open(bytes, limits)?;
    let content = odt::content(&mut container)?;
    read_content(&xml::decode(&content)?, Some(&mut container), limits)
}

/// Reads the part with the cells, or one file that is all parts.
pub(super) fn read_content(
    content: &str,
    container: Option<&mut Container<'_>>,
    limits: &Limits,
) -> Result<Document, Refusal> {
    let mut reader = Reader {
        xml: Xml::new(content, "content.xml", limits),
        limits,
        styles: odt::looks(container, content, limits)?,
        hidden_styles: Vec::new(),
        assembly: Assembly::new(limits),
    };
    reader.document()?;
    Ok(reader.assembly.finish(Format::Ods, Meta::default()))
}

struct Reader<'a> {
    xml: Xml<'a>,
    limits: &'a Limits,
    styles: Styles,
    /// Styles of tables that are hidden.
    hidden_styles: Vec<String>,
    assembly: Assembly<'a>,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "document-content" | "document" | "body" | "spreadsheet" => self.document()?,
                "automatic-styles" => self.styles()?,
                "table" => {
                    let style = element.attribute("style-name").unwrap_or_default();
                    if self.hidden_styles.iter().any(|hidden| *hidden == style) {
                        self.xml.skip()?;
                        continue;
                    }
                    let mut sheet = Sheet::default();
                    self.rows(&mut sheet, &mut Progress::default())?;
                    sheet.assemble(&mut self.assembly)?;
                }
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    fn styles(&mut self) -> Result<(), Refusal> {
        while let Some(style) = self.xml.child()? {
            let name = style.attribute("name").unwrap_or_default().into_owned();
            while let Some(properties) = self.xml.child()? {
                if properties.name() == "table-properties"
                    && properties.attribute("display").as_deref() == Some("false")
                {
                    self.hidden_styles.push(name.clone());
                }
                self.xml.skip()?;
            }
        }
        Ok(())
    }

    fn rows(&mut self, sheet: &mut Sheet, progress: &mut Progress) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "table-column" => {
                    let start = progress.columns.last().map_or(0, |(end, _)| *end);
                    let end = start.saturating_add(count(&element, "number-columns-repeated"));
                    if is_hidden(&element) {
                        sheet.hide_columns(start..end, self.limits);
                    }
                    progress.columns.push((end, self.look(&element, STYLE_OF_CELLS, None)));
                    self.xml.skip()?;
                }
                "table-row" => {
                    let repeated = count(&element, "number-rows-repeated");
                    if is_hidden(&element) {
                        (0..repeated.min(self.limits.table_cells))
                            .for_each(|n| sheet.hide_row(progress.row.saturating_add(n)));
                    }
                    let look = self.look(&element, STYLE_OF_CELLS, None);
                    self.cells(sheet, progress, repeated, look)?;
                    progress.row = progress.row.saturating_add(repeated);
                }
                "table-header-rows"
                | "table-rows"
                | "table-row-group"
                | "table-columns"
                | "table-column-group"
                | "table-header-columns" => self.rows(sheet, progress)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    /// How what the style named by `attribute` decides looks, `otherwise` where none is named.
    fn look(
        &self,
        element: &Element<'_>,
        attribute: &str,
        otherwise: Option<Look>,
    ) -> Option<Look> {
        match element.attribute(attribute) {
            Some(style) => Some(self.styles.resolve(Some(&*style), Look::default())),
            None => otherwise,
        }
    }

    /// The cells of a row that is repeated `rows` times. `look`: of those that say nothing themselves.
    fn cells(
        &mut self,
        sheet: &mut Sheet,
        progress: &Progress,
        rows: usize,
        look: Option<Look>,
    ) -> Result<(), Refusal> {
        let row = progress.row;
        let mut column: usize = 0;
        while let Some(element) = self.xml.child()? {
            let repeated = count(&element, "number-columns-repeated");
            let is_cell = element.name() == "table-cell";
            let last = (
                row.saturating_add(count(&element, "number-rows-spanned") - 1),
                column.saturating_add(count(&element, "number-columns-spanned") - 1),
            );
            let mut text = String::new();
            if is_cell {
                let look = self.look(&element, "style-name", look.or(progress.look(column)));
                text = self.text(look.unwrap_or_default())?;
                text = as_typed(text, &element);
                if !look.unwrap_or_default().is_shown() {
                    text.clear();
                }
            } else {
                self.xml.skip()?;
            }
            if is_cell && last != (row, column) {
                sheet.merge((row, column), last);
            }
            // Blank cells are repeated to the end of the sheet; text is not.
            if is_cell && (!text.is_empty() || repeated <= self.limits.columns) {
                // Of a row beyond all there is one as well.
                let more = (row..row.saturating_add(rows)).skip(1);
                for row in std::iter::once(row).chain(more).take(self.limits.columns) {
                    for column in column..column.saturating_add(repeated) {
                        sheet.put(row, column, text.clone(), self.limits)?;
                    }
                }
            }
            column = column.saturating_add(repeated);
        }
        Ok(())
    }

    /// The paragraphs of a cell; comments are left out.
    fn text(&mut self, look: Look) -> Result<String, Refusal> {
        let mut line = Line::default();
        let mut is_first = true;
        while let Some(element) = self.xml.child()? {
            if element.name() != "p" {
                self.xml.skip()?;
                continue;
            }
            if !std::mem::take(&mut is_first) {
                line.push("\n", look.script);
            }
            self.inline(&mut line, look)?;
        }
        Ok(line.into_text())
    }

    fn inline(&mut self, line: &mut Line, look: Look) -> Result<(), Refusal> {
        while let Some(node) = self.xml.node_or_text()? {
            match node {
                xml::Inline::Text(text) if look.is_shown() => {
                    line.push_coloured(&text, look.script, look.is_white);
                }
                xml::Inline::Text(_) => {}
                xml::Inline::Element(element) => match element.name() {
                    "s" => {
                        line.push(" ", look.script);
                        self.xml.skip()?;
                    }
                    "annotation" => self.xml.skip()?,
                    _ => {
                        let style = element.attribute("style-name");
                        let look = self.styles.resolve(style.as_deref(), look);
                        self.inline(line, look)?;
                    }
                },
            }
        }
        Ok(())
    }
}

/// Names the style of the cells in a row or column that name none themselves.
const STYLE_OF_CELLS: &str = "default-cell-style-name";

/// How far a sheet is read.
#[derive(Default)]
struct Progress {
    row: usize,
    /// Columns of one kind: the one after the last of them, and how their cells look.
    columns: Vec<(usize, Option<Look>)>,
}

impl Progress {
    fn look(&self, column: usize) -> Option<Look> {
        let at = self.columns.partition_point(|(end, _)| *end <= column);
        self.columns.get(at).and_then(|(_, look)| *look)
    }
}

/// The number a cell holds, as it was typed: formats round it and write zero as a dash. Where a cell
/// shows another number than a rounded one, its format scales it: the text counts.
fn as_typed(shown: String, cell: &Element<'_>) -> String {
    let is_number = cell.attribute("value-type").is_some_and(|kind| kind == "float");
    let value: Option<f64> = cell.attribute("value").and_then(|value| value.trim().parse().ok());
    let Some(value) = value.filter(|_| is_number) else { return shown };
    let digits: String = shown.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    match digits.parse::<f64>() {
        Ok(number) if (number - value.abs()).abs() >= 1.0 => shown,
        _ => sheet::number(value),
    }
}

fn count(element: &Element<'_>, name: &str) -> usize {
    let stated = element.attribute(name).map(|n| n.trim().parse().unwrap_or(usize::MAX));
    stated.unwrap_or(1).max(1)
}

fn is_hidden(element: &Element<'_>) -> bool {
    element.attribute("visibility").is_some_and(|visibility| visibility != "visible")
}
