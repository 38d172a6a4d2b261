//! Excel workbooks of 2007 and later (xlsx, xlsm, et): `SpreadsheetML` in a zip container, ECMA-376.
//!
//! Sheets in the order of their tabs; hidden sheets, rows and columns are left out. A cell shows the
//! value stored with it; numbers as typed, see [`super::sheet::number`]. Formulas are not calculated:
//! one stored without a value, or in a workbook that asks to be calculated when it is opened, is doubtful.
//! What the file claims about its size (`dimension`) is not asked: a claim may cost gigabytes, cells
//! that are there cost what they hold.

use super::assembly::Assembly;
use super::container::Container;
use super::line::{Line, Script};
use super::opc::{join, relationships, target};
use super::sheet::{CellFormat, Font, Sheet, Shown, Shows, number};
use super::xml::{self, Element, Xml};
use super::{Document, Format, Limits, Meta, Refusal};

/// Reads everything the workbook shows.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    let mut container = Container::open(bytes, limits)?;
    let workbook = Workbook::find(&mut container, limits)?;
    let mut assembly = Assembly::new(limits);
    for part in &workbook.sheets {
        let Some(bytes) = container.part(part)? else {
            return Err(Refusal::Damaged(format!("{part} is missing")));
        };
        let text = xml::decode(&bytes)?;
        let mut reader = SheetReader {
            workbook: &workbook,
            limits,
            xml: Xml::new(&text, part, limits),
            sheet: Sheet::default(),
        };
        reader.worksheet()?;
        reader.sheet.assemble(&mut assembly)?;
    }
    Ok(assembly.finish(Format::Xlsx, Meta::default()))
}

/// What the sheets of a workbook share.
#[derive(Default)]
struct Workbook {
    /// Parts of the visible sheets, in order.
    sheets: Vec<String>,
    strings: Vec<String>,
    /// By the number of a cell's format.
    formats: Vec<CellFormat>,
    from_1904: bool,
    /// Formulas are to be calculated when it is opened: the values stored are those of before, or none.
    recalculates: bool,
}

impl Workbook {
    fn find(container: &mut Container<'_>, limits: &Limits) -> Result<Self, Refusal> {
        let root = relationships(container, "_rels/.rels", limits)?;
        let main =
            target(&root, "officeDocument", "").unwrap_or_else(|| "xl/workbook.xml".to_owned());
        if main.ends_with(".bin") {
            return Err(Refusal::Unsupported {
                found: "二进制 Excel 工作簿（.xlsb）".into(),
                remedy: "请另存为 .xlsx 再提交".into(),
            });
        }
        let (folder, file) = main.rsplit_once('/').unwrap_or(("", &main));
        let own = relationships(container, &join(folder, &format!("_rels/{file}.rels")), limits)?;
        let mut workbook = Self::default();
        for id in workbook.read_main(container, &main, limits)? {
            let sheet = own.iter().find(|r| r.id == id);
            // A chart on a sheet of its own has no cells.
            if let Some(sheet) = sheet.filter(|r| r.kind.ends_with("/worksheet")) {
                workbook.sheets.push(join(folder, &sheet.target));
            }
        }
        if let Some(part) = target(&own, "sharedStrings", folder) {
            workbook.strings = strings(container, &part, limits)?;
        }
        if let Some(part) = target(&own, "styles", folder) {
            workbook.formats = formats(container, &part, limits)?;
        }
        Ok(workbook)
    }

    /// The relationships of the visible sheets.
    fn read_main(
        &mut self,
        container: &mut Container<'_>,
        main: &str,
        limits: &Limits,
    ) -> Result<Vec<String>, Refusal> {
        let bytes =
            container.part(main)?.ok_or_else(|| Refusal::Damaged(format!("{main} is missing")))?;
        let text = xml::decode(&bytes)?;
        let mut xml = Xml::new(&text, main, limits);
        let mut sheets = Vec::new();
        xml.child()?;
        while let Some(element) = xml.child()? {
            match element.name() {
                "workbookPr" => {
                    self.from_1904 = is_on(element.attribute("date1904").as_deref());
                    xml.skip()?;
                }
                "calcPr" => {
                    self.recalculates = is_on(element.attribute("fullCalcOnLoad").as_deref());
                    xml.skip()?;
                }
                "sheets" => {
                    while let Some(sheet) = xml.child()? {
                        let is_hidden = sheet.attribute("state").is_some_and(|state| {
                            state.eq_ignore_ascii_case("hidden") || state == "veryHidden"
                        });
                        let id = sheet.attribute("id").filter(|_| !is_hidden);
                        sheets.extend(id.map(|id| id.into_owned()));
                        xml.skip()?;
                    }
                }
                _ => xml.skip()?,
            }
        }
        Ok(sheets)
    }
}

/// The texts cells refer to by number.
fn strings(
    container: &mut Container<'_>,
    part: &str,
    limits: &Limits,
) -> Result<Vec<String>, Refusal> {
    let Some(bytes) = container.part(part)? else {
        return Ok(Vec::new());
    };
    let text = xml::decode(&bytes)?;
    let mut xml = Xml::new(&text, part, limits);
    let mut strings = Vec::new();
    xml.child()?;
    while let Some(element) = xml.child()? {
        let mut string = Line::default();
        match element.name() {
            "si" => rich_text(&mut xml, &mut string)?,
            _ => xml.skip()?,
        }
        strings.push(string.into_text());
    }
    Ok(strings)
}

/// Text in one piece or in runs; phonetic aids (`rPh`) are left out.
fn rich_text(xml: &mut Xml<'_>, into: &mut Line) -> Result<(), Refusal> {
    let mut look = Font::default();
    while let Some(element) = xml.child()? {
        match element.name() {
            "rPr" => look = font(xml)?,
            "t" => {
                let mut text = String::new();
                xml.text(&mut text)?;
                look.push(&text, into);
            }
            "r" => rich_text(xml, into)?,
            _ => xml.skip()?,
        }
    }
    Ok(())
}

fn font(xml: &mut Xml<'_>) -> Result<Font, Refusal> {
    let mut font = Font::default();
    while let Some(property) = xml.child()? {
        match (property.name(), property.value().as_deref()) {
            ("strike", _) => font.is_struck = property.is_on(),
            ("vertAlign", Some("superscript")) => font.script = Script::Raised,
            ("vertAlign", Some("subscript")) => font.script = Script::Lowered,
            _ => {}
        }
        xml.skip()?;
    }
    Ok(font)
}

/// How each cell format shows numbers.
fn formats(
    container: &mut Container<'_>,
    part: &str,
    limits: &Limits,
) -> Result<Vec<CellFormat>, Refusal> {
    let Some(bytes) = container.part(part)? else {
        return Ok(Vec::new());
    };
    let text = xml::decode(&bytes)?;
    let mut xml = Xml::new(&text, part, limits);
    let mut own = std::collections::BTreeMap::new();
    let mut fonts = Vec::new();
    let mut formats = Vec::new();
    xml.child()?;
    while let Some(group) = xml.child()? {
        let name = group.name().to_owned();
        if !matches!(name.as_str(), "numFmts" | "fonts" | "cellXfs") {
            xml.skip()?;
            continue;
        }
        while let Some(format) = xml.child()? {
            if name == "fonts" {
                fonts.push(font(&mut xml)?);
                continue;
            }
            let id: u32 = attribute(&format, "numFmtId").unwrap_or_default();
            if name == "numFmts" {
                let code = format.attribute("formatCode").unwrap_or_default();
                own.insert(id, Shown::of_code(&code));
            } else {
                let shown = own.get(&id).copied().unwrap_or_else(|| Shown::of_builtin(id));
                let font: usize = attribute(&format, "fontId").unwrap_or_default();
                let is_struck = fonts.get(font).is_some_and(|font| font.is_struck);
                formats.push(CellFormat { shown, is_struck });
            }
            xml.skip()?;
        }
    }
    Ok(formats)
}

struct SheetReader<'a> {
    workbook: &'a Workbook,
    limits: &'a Limits,
    xml: Xml<'a>,
    sheet: Sheet,
}

impl SheetReader<'_> {
    fn worksheet(&mut self) -> Result<(), Refusal> {
        self.xml.child()?;
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "cols" => self.columns()?,
                "sheetData" => self.rows()?,
                "mergeCells" => self.merged()?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    fn columns(&mut self) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            let (first, last) = (attribute(&element, "min"), attribute(&element, "max"));
            if let (true, Some(first), Some(last)) = (is_hidden(&element), first, last) {
                let first: usize = first;
                self.sheet.hide_columns(first.saturating_sub(1)..last, self.limits);
            }
            self.xml.skip()?;
        }
        Ok(())
    }

    fn rows(&mut self) -> Result<(), Refusal> {
        let mut row: usize = 0;
        while let Some(element) = self.xml.child()? {
            let number: Option<usize> = attribute(&element, "r");
            row = number.map_or(row, |number| number.saturating_sub(1));
            if is_hidden(&element) {
                self.sheet.hide_row(row);
            }
            self.cells(row)?;
            row = row.saturating_add(1);
        }
        Ok(())
    }

    fn cells(&mut self, mut row: usize) -> Result<(), Refusal> {
        let mut column: usize = 0;
        while let Some(element) = self.xml.child()? {
            if let Some(place) = element.attribute("r").as_deref().and_then(place) {
                (row, column) = place;
            }
            let shows = self.cell(&element)?;
            self.sheet.put(row, column, shows, self.limits)?;
            column = column.saturating_add(1);
        }
        Ok(())
    }

    /// What a cell shows.
    fn cell(&mut self, cell: &Element<'_>) -> Result<Shows, Refusal> {
        let mut value = String::new();
        let mut inline = Line::default();
        let mut is_formula = false;
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "v" => self.xml.text(&mut value)?,
                "is" => rich_text(&mut self.xml, &mut inline)?,
                "f" => {
                    is_formula = true;
                    self.xml.skip()?;
                }
                _ => self.xml.skip()?,
            }
        }
        let format: usize = attribute(cell, "s").unwrap_or_default();
        let format = self.workbook.formats.get(format).copied();
        if format.is_some_and(|format| format.is_struck) {
            return Ok(Shows::default());
        }
        let kind = cell.attribute("t");
        // A formula may give an empty text.
        let lacks_value = value.trim().is_empty() && kind.as_deref() != Some("str");
        let is_zero = value.trim().parse() == Ok(0.0);
        let is_doubtful = is_formula && (self.workbook.recalculates || lacks_value);
        let shows = match kind.as_deref() {
            Some("s") if value.trim().is_empty() => Shows::default(),
            Some("s") => {
                let index: Option<usize> = value.trim().parse().ok();
                let string = index.and_then(|index| self.workbook.strings.get(index));
                string.cloned().ok_or_else(|| Refusal::Damaged("a text is missing".into()))?.into()
            }
            Some("inlineStr") => inline.into_text().into(),
            Some("b") => String::from(if value.trim() == "1" { "TRUE" } else { "FALSE" }).into(),
            Some("str" | "e" | "d") => value.into(),
            _ => self.number(format, value),
        };
        Ok(match is_doubtful {
            // Programs that do not calculate store zeros, and zeros make up any sum.
            true if is_zero => Shows::default().doubted(),
            true => shows.doubted(),
            false => shows,
        })
    }

    fn number(&self, format: Option<CellFormat>, stored: String) -> Shows {
        match (stored.trim().parse::<f64>(), format) {
            (Err(_), _) => stored.into(),
            (Ok(value), Some(format)) => format.shown.write(value, self.workbook.from_1904),
            (Ok(value), None) => number(value).into(),
        }
    }

    fn merged(&mut self) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            let area = element.attribute("ref");
            let ends = area.as_deref().and_then(|area| area.split_once(':'));
            if let Some((first, last)) = ends.and_then(|(a, b)| Some((place(a)?, place(b)?))) {
                self.sheet.merge(first, last);
            }
            self.xml.skip()?;
        }
        Ok(())
    }
}

fn attribute<T: std::str::FromStr>(element: &Element<'_>, name: &str) -> Option<T> {
    element.attribute(name)?.trim().parse().ok()
}

fn is_hidden(element: &Element<'_>) -> bool {
    is_on(element.attribute("hidden").as_deref())
}

fn is_on(value: Option<&str>) -> bool {
    matches!(value, Some("1" | "true"))
}

/// `C5` or `$C$5` as row and column from 0.
fn place(reference: &str) -> Option<(usize, usize)> {
    let reference = reference.replace('$', "");
    let digits = reference.find(|c: char| c.is_ascii_digit())?;
    let (letters, digits) = reference.split_at_checked(digits)?;
    let column = letters.chars().try_fold(0_usize, |column, letter| {
        let digit = letter.to_ascii_uppercase().to_digit(36)?.checked_sub(9)?;
        column.checked_mul(26)?.checked_add(usize::try_from(digit).ok()?)
    })?;
    let row: usize = digits.parse().ok()?;
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}

#[cfg(test)]
mod tests;
