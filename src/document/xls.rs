//! Excel workbooks of 1997–2003 and WPS spreadsheets (xls, et): BIFF8 and BIFF5 records in a compound
//! file (MS-XLS). Same sheet model and same rules as [`super::xlsx`].
//!
//! Records are read one after the other; only those that carry what is shown are looked at. Nothing
//! is allocated for a size a record claims: a place costs what it holds.

mod records;
mod strings;

use std::collections::BTreeMap;
use std::io::Read;

use super::assembly::Assembly;
use super::bytes::Fields;
use super::compound::{self, damaged};
use super::line::Script;
use super::sheet::{CellFormat, Font, Sheet, Shown, Shows};
use super::{Document, Format, Limits, Meta, Refusal};
use records::{Record, Records, place};
use strings::{Fonts, Version};

/// Reads everything the workbook shows.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    let stream = workbook_stream(bytes, limits)?;
    let workbook = Workbook::read(&stream)?;
    let mut assembly = Assembly::new(limits);
    for &start in &workbook.sheets {
        let reader = SheetReader { workbook: &workbook, limits, sheet: Sheet::default() };
        reader.read(Records::new(&stream, start))?.assemble(&mut assembly)?;
    }
    Ok(assembly.finish(Format::Xls, Meta::default()))
}

fn workbook_stream(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let mut file = compound::open(bytes)?;
    let name = if file.is_stream("/Workbook") { "/Workbook" } else { "/Book" };
    let stream = file.open_stream(name).map_err(damaged)?;
    let mut content = Vec::new();
    stream.take(limits.part_bytes + 1).read_to_end(&mut content).map_err(damaged)?;
    if u64::try_from(content.len()).is_ok_and(|length| length > limits.part_bytes) {
        return Err(Refusal::TooLarge(format!(
            "a workbook of more than {} bytes",
            limits.part_bytes
        )));
    }
    Ok(content)
}

/// What the sheets of a workbook share.
struct Workbook {
    version: Version,
    /// Where the visible sheets begin.
    sheets: Vec<usize>,
    strings: Vec<String>,
    /// By the number of a cell's format (`XF`).
    formats: Vec<CellFormat>,
    fonts: Fonts,
    from_1904: bool,
    /// Whether the values of formulas were calculated by the program that shows them (RECALCID), where the
    /// workbook tells.
    is_calculated: Option<bool>,
}

impl Workbook {
    fn read(stream: &[u8]) -> Result<Self, Refusal> {
        let mut records = Records::new(stream, 0);
        let first = records.next().filter(|record| matches!(record.kind, 0x0809 | 0x0409 | 0x0209));
        let first = first.ok_or_else(|| Refusal::Damaged("no workbook record".into()))?;
        let mut workbook = Self {
            version: Version::of(first.fields().u16(0)),
            sheets: Vec::new(),
            strings: Vec::new(),
            formats: Vec::new(),
            fonts: Fonts::default(),
            from_1904: false,
            is_calculated: None,
        };
        let mut codes = BTreeMap::new();
        for record in records {
            let fields = record.fields();
            match record.kind {
                0x000A => return Ok(workbook),
                // FILEPASS: everything after it is encrypted.
                0x002F => return Err(Refusal::Encrypted),
                0x0022 => workbook.from_1904 = fields.u16(0) == Some(1),
                0x0042 => workbook.version.set_code_page(fields.u16(0)),
                0x0085 => workbook.sheet(fields),
                // The program that calculated it; 0 asks for its being calculated when it is opened.
                0x01C1 => workbook.is_calculated = Some(fields.u32(4) != Some(0)),
                0x00FC => workbook.strings = strings::shared(&record, &workbook.fonts)?,
                0x041E => {
                    if let (Some(id), Some(code)) =
                        (fields.u16(0), workbook.version.format_code(&fields))
                    {
                        codes.insert(id, Shown::of_code(&code));
                    }
                }
                0x0031 => workbook.fonts.push(font(&fields)),
                0x00E0 => {
                    let id = fields.u16(2).unwrap_or_default();
                    let shown = codes.get(&id).copied();
                    let shown = shown.unwrap_or_else(|| Shown::of_builtin(id.into()));
                    let is_struck = fields.u16(0).is_some_and(|n| workbook.fonts.get(n).is_struck);
                    workbook.formats.push(CellFormat { shown, is_struck });
                }
                _ => {}
            }
        }
        Err(Refusal::Incomplete("the workbook has no end".into()))
    }

    /// BOUNDSHEET: where a sheet begins, whether it is hidden, whether it has cells.
    fn sheet(&mut self, fields: Fields<'_>) {
        let start = fields.u32(0).and_then(|start| usize::try_from(start).ok());
        let is_visible = fields.u8(4).is_some_and(|state| state & 3 == 0);
        let is_worksheet = fields.u8(5) == Some(0);
        self.sheets.extend(start.filter(|_| is_visible && is_worksheet));
    }
}

/// FONT: bit 3 of its options, and whether it stands above or below the line.
fn font(fields: &Fields<'_>) -> Font {
    Font {
        is_struck: fields.u16(2).is_some_and(|options| options & 8 != 0),
        script: match fields.u16(8) {
            Some(1) => Script::Raised,
            Some(2) => Script::Lowered,
            _ => Script::Baseline,
        },
    }
}

/// Row, column and format of a cell whose text is still to come.
type Awaited = (usize, usize, Option<u16>);

struct SheetReader<'a> {
    workbook: &'a Workbook,
    limits: &'a Limits,
    sheet: Sheet,
}

impl SheetReader<'_> {
    fn read(mut self, mut records: Records<'_>) -> Result<Sheet, Refusal> {
        let begin = records.next().filter(|record| matches!(record.kind, 0x0809 | 0x0409 | 0x0209));
        if begin.is_none() {
            return Err(Refusal::Damaged("a sheet is missing".into()));
        }
        // The cell of a formula whose text comes in a record of its own.
        let mut awaited = None;
        // Charts stand in a sheet as substreams of their own.
        let mut depth = 0_usize;
        for record in records {
            match record.kind {
                0x0809 => depth += 1,
                0x000A if depth == 0 => return Ok(self.sheet),
                0x000A => depth -= 1,
                _ if depth > 0 => {}
                0x0207 => {
                    let text = self.workbook.version.text(&record, 0);
                    if let (Some((row, column, format)), Some(text)) = (awaited.take(), text) {
                        self.text(row, column, format, text)?;
                    }
                }
                0x0006 => awaited = self.formula(record.fields())?,
                _ => self.record(&record)?,
            }
        }
        Err(Refusal::Incomplete("a sheet has no end".into()))
    }

    fn record(&mut self, record: &Record<'_>) -> Result<(), Refusal> {
        let fields = record.fields();
        let Some((row, column)) = place(&fields) else {
            return Ok(());
        };
        match record.kind {
            // BLANK, MULBLANK
            0x0201 => self.sheet.put(row, column, String::new(), self.limits),
            0x00BE => (0..fields.len().saturating_sub(6) / 2)
                .try_for_each(|n| self.sheet.put(row, column + n, String::new(), self.limits)),
            // NUMBER, RK, MULRK
            0x0203 => self.number(row, column, fields.u16(4), fields.f64(6)),
            0x027E => self.number(row, column, fields.u16(4), fields.u32(6).map(packed)),
            0x00BD => (0..fields.len().saturating_sub(6) / 6).try_for_each(|n| {
                let value = fields.u32(6 + 6 * n).map(packed);
                self.number(row, column + n, fields.u16(4 + 6 * n), value)
            }),
            // LABELSST
            0x00FD => {
                let index = fields.u32(6).and_then(|index| usize::try_from(index).ok());
                let text = index.and_then(|index| self.workbook.strings.get(index)).cloned();
                let text = text.ok_or_else(|| Refusal::Damaged("a text is missing".into()))?;
                self.text(row, column, fields.u16(4), text)
            }
            // LABEL, RSTRING
            0x0204 | 0x00D6 => match self.workbook.version.text(record, 6) {
                Some(text) => self.text(row, column, fields.u16(4), text),
                None => Err(Refusal::Damaged("a text is cut off".into())),
            },
            // BOOLERR
            0x0205 => self.sheet.put(row, column, truth(fields.u8(6), fields.u8(7)), self.limits),
            // ROW: bit 5 of its options.
            0x0208 => {
                if fields.u16(12).is_some_and(|options| options & 0x20 != 0) {
                    self.sheet.hide_row(row);
                }
                Ok(())
            }
            // COLINFO: first and last column, width, format, options.
            0x007D => {
                if fields.u16(8).is_some_and(|options| options & 1 != 0) {
                    self.sheet.hide_columns(row..column + 1, self.limits);
                }
                Ok(())
            }
            // MERGECELLS: first row, last row, first column, last column.
            0x00E5 => {
                for area in (0..fields.len().saturating_sub(2) / 8).map(|n| 2 + 8 * n) {
                    let end = |n: usize| fields.u16(area + n).map(usize::from);
                    if let (Some(a), Some(b), Some(c), Some(d)) = (end(0), end(2), end(4), end(6)) {
                        self.sheet.merge((a, c), (b, d));
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// FORMULA: the value stored with it. Returns its place and format if that is a text still to come.
    fn formula(&mut self, fields: Fields<'_>) -> Result<Option<Awaited>, Refusal> {
        let Some((row, column)) = place(&fields) else {
            return Ok(None);
        };
        if fields.u16(12) != Some(0xFFFF) {
            let shows = self.written(fields.u16(4), fields.f64(6))?;
            let is_certain = self.workbook.is_calculated != Some(false);
            let shows = if is_certain { shows } else { shows.doubted() };
            self.sheet.put(row, column, shows, self.limits)?;
            return Ok(None);
        }
        let shows = match fields.u8(6) {
            Some(0) => return Ok(Some((row, column, fields.u16(4)))),
            Some(1) => truth(fields.u8(8), Some(0)).into(),
            Some(2) => truth(fields.u8(8), Some(1)).into(),
            // An empty text; or no value, which is calculated when the file is opened.
            _ if self.workbook.is_calculated == Some(true) => Shows::default(),
            _ => Shows::default().doubted(),
        };
        self.sheet.put(row, column, shows, self.limits)?;
        Ok(None)
    }

    fn number(
        &mut self,
        row: usize,
        column: usize,
        format: Option<u16>,
        value: Option<f64>,
    ) -> Result<(), Refusal> {
        let shows = self.written(format, value)?;
        self.sheet.put(row, column, shows, self.limits)
    }

    /// A number as its format writes it.
    fn written(&self, format: Option<u16>, value: Option<f64>) -> Result<Shows, Refusal> {
        let value = value.ok_or_else(|| Refusal::Damaged("a number is cut off".into()))?;
        let format = self.format(format);
        Ok(match format.is_struck {
            true => Shows::default(),
            false => format.shown.write(value, self.workbook.from_1904),
        })
    }

    fn text(
        &mut self,
        row: usize,
        column: usize,
        format: Option<u16>,
        text: String,
    ) -> Result<(), Refusal> {
        let text = if self.format(format).is_struck { String::new() } else { text };
        self.sheet.put(row, column, text, self.limits)
    }

    fn format(&self, number: Option<u16>) -> CellFormat {
        let format = number.and_then(|number| self.workbook.formats.get(usize::from(number)));
        format.copied().unwrap_or_default()
    }
}

/// A truth value, or an error as the program words it.
fn truth(value: Option<u8>, is_error: Option<u8>) -> String {
    match (is_error, value) {
        (Some(0), Some(0)) => "FALSE",
        (Some(0), _) => "TRUE",
        (_, Some(0x07)) => "#DIV/0!",
        (_, Some(0x0F)) => "#VALUE!",
        (_, Some(0x17)) => "#REF!",
        (_, Some(0x1D)) => "#NAME?",
        (_, Some(0x24)) => "#NUM!",
        (_, Some(0x2A)) => "#N/A",
        _ => "#NULL!",
    }
    .into()
}

/// An RK number: the upper 30 bits of a float or an integer, maybe in hundredths (MS-XLS 2.5.217).
fn packed(bits: u32) -> f64 {
    let value = if bits & 2 == 0 {
        f64::from_bits(u64::from(bits & !3) << 32)
    } else {
        f64::from(bits.cast_signed() >> 2)
    };
    if bits & 1 == 0 { value } else { value / 100.0 }
}

#[cfg(test)]
mod tests;
