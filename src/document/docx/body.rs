//! The walk through the main part: what of it is shown, in reading order.
//!
//! In: text inserted under change tracking, results of fields, content controls and everything
//! else that wraps content, text boxes (after the paragraph they hang on), labels of automatic
//! numbering. Out: deleted and moved-away text, hidden text, instructions of fields, note marks.
//! Of alternatives (`mc:AlternateContent`) the first that shows anything counts.
//!
//! Elements unknown here are passed over with all they contain: properties hold elements named
//! like content (`w:rPrChange` has the *former* `w:rPr`). What wraps content is named in
//! [`is_wrapper`]. The functions recurse; [`Limits::element_depth`] bounds how deep.

use super::line::Line;
use super::numbering::{Numbering, Reference};
use super::styles::{self, RunFormat, Script, Style, Styles};
use super::table::{Cell, Merge, Row, Table};
use crate::document::xml::{Element, Xml};
use crate::document::{Block, Limits, Paragraph, Refusal};

/// Content of the body, of a cell or of a text box, in reading order.
#[derive(Default)]
pub(super) struct Flow {
    pub(super) pieces: Vec<Piece>,
    /// Text of a paragraph whose mark is deleted: it goes before that of the next one.
    carried: String,
}

/// One thing of a flow.
pub(super) enum Piece {
    /// A paragraph; in a cell, part of the cell's text.
    Own(String),
    /// What is no text of the cell it stands in: a table, a picture, text of a text box.
    Beside(Block),
}

impl Flow {
    /// The pieces as blocks of a document.
    fn into_blocks(self) -> impl Iterator<Item = Block> {
        self.pieces.into_iter().map(|piece| match piece {
            Piece::Own(text) => Block::Paragraph(Paragraph { text, page: None }),
            Piece::Beside(block) => block,
        })
    }
}

/// What `w:pPr` says.
#[derive(Default)]
struct ParagraphFormat {
    style: Option<String>,
    numbering: Reference,
    mark: RunFormat,
}

/// The state of one walk.
pub(super) struct Walk<'a> {
    xml: Xml<'a>,
    styles: &'a Styles,
    numbering: Numbering,
    limits: &'a Limits,
    /// Tables around the place under way.
    tables: usize,
    /// Bytes of text so far; also tells whether an alternative showed anything.
    text_bytes: usize,
    /// Pictures and tables so far, for the same question.
    things: usize,
    /// Text of the element under way, kept to spare allocations.
    buffer: String,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        xml: Xml<'a>,
        styles: &'a Styles,
        mut numbering: Numbering,
        limits: &'a Limits,
    ) -> Self {
        numbering.follow_styles(|style| styles.numbering(style).list);
        let buffer = String::new();
        Self { xml, styles, numbering, limits, tables: 0, text_bytes: 0, things: 0, buffer }
    }

    /// Everything the body shows.
    pub(super) fn body(mut self) -> Result<Vec<Block>, Refusal> {
        let mut flow = Flow::default();
        if self.xml.child()?.is_none() {
            return Err(Refusal::Damaged("the main part is empty".into()));
        }
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "body" => self.blocks(&mut flow)?,
                _ => self.xml.skip()?,
            }
        }
        let blocks: Vec<Block> = flow.into_blocks().collect();
        self.check_blocks(blocks.len())?;
        Ok(blocks)
    }

    fn blocks(&mut self, flow: &mut Flow) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            self.block(&element, flow)?;
        }
        self.end_carried(flow);
        Ok(())
    }

    fn block(&mut self, element: &Element<'a>, flow: &mut Flow) -> Result<(), Refusal> {
        match element.name() {
            "p" => self.paragraph(flow),
            "tbl" => {
                self.end_carried(flow);
                self.table(flow)
            }
            "AlternateContent" => self.alternatives(|walk| walk.wrapped_blocks(flow)),
            // Another document that Word would show in this place.
            "altChunk" => {
                self.things += 1;
                flow.pieces.push(Piece::Beside(Block::Picture { page: None }));
                self.xml.skip()
            }
            name if is_wrapper(name) => self.wrapped_blocks(flow),
            _ => self.xml.skip(),
        }
    }

    fn wrapped_blocks(&mut self, flow: &mut Flow) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            self.block(&element, flow)?;
        }
        Ok(())
    }

    /// A deleted mark with no paragraph after it stays a paragraph's end.
    fn end_carried(&mut self, flow: &mut Flow) {
        if !flow.carried.is_empty() {
            let text = std::mem::take(&mut flow.carried);
            flow.pieces.push(Piece::Own(text));
        }
    }

    /// Reads branches until one shows anything.
    fn alternatives(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let before = (self.text_bytes, self.things);
        while let Some(branch) = self.xml.child()? {
            let is_branch = matches!(branch.name(), "Choice" | "Fallback");
            if is_branch && before == (self.text_bytes, self.things) {
                read(self)?;
            } else {
                self.xml.skip()?;
            }
        }
        Ok(())
    }

    // Tables

    fn table(&mut self, flow: &mut Flow) -> Result<(), Refusal> {
        if self.tables == self.limits.table_depth {
            return Err(Refusal::TooLarge(format!("tables nested deeper than {}", self.tables)));
        }
        self.tables += 1;
        self.things += 1;
        let mut table = Table::new(self.limits);
        self.rows(&mut table)?;
        table.finish(flow);
        self.tables -= 1;
        self.check_blocks(flow.pieces.len())
    }

    fn rows(&mut self, table: &mut Table<'_>) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "tr" => {
                    let mut row = Row::default();
                    self.cells(&mut row)?;
                    table.push(row)?;
                }
                "AlternateContent" => self.alternatives(|walk| walk.rows(table))?,
                name if is_wrapper(name) => self.rows(table)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    fn cells(&mut self, row: &mut Row) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "trPr" => self.row_format(row)?,
                _ if row.gone => self.xml.skip()?,
                "tc" => {
                    let cell = self.cell()?;
                    if !cell.gone {
                        row.cells.push(cell);
                    }
                }
                "AlternateContent" => self.alternatives(|walk| walk.cells(row))?,
                name if is_wrapper(name) => self.cells(row)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    fn row_format(&mut self, row: &mut Row) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "gridBefore" => row.before = self.columns(&element)?.unwrap_or(0),
                "del" | "moveFrom" => row.gone = true,
                "hidden" => row.gone |= element.is_on(),
                _ => {}
            }
            self.xml.skip()?;
        }
        Ok(())
    }

    fn cell(&mut self) -> Result<Cell, Refusal> {
        let mut cell = Cell::default();
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "tcPr" => self.cell_format(&mut cell)?,
                _ if cell.gone => self.xml.skip()?,
                _ => self.block(&element, &mut cell.flow)?,
            }
        }
        self.end_carried(&mut cell.flow);
        Ok(cell)
    }

    fn cell_format(&mut self, cell: &mut Cell) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "gridSpan" => cell.span = self.columns(&element)?.unwrap_or(1),
                "vMerge" => cell.upward = merge(element.value().as_deref()),
                "hMerge" => cell.leftward = merge(element.value().as_deref()),
                // A merge under change tracking: `rest` or `cont`, where it is not undone.
                "cellMerge" => match element.attribute("vMerge").as_deref() {
                    Some("rest") => cell.upward = Merge::Restart,
                    Some("cont") => cell.upward = Merge::Continue,
                    _ => {}
                },
                "cellDel" => cell.gone = true,
                _ => {}
            }
            self.xml.skip()?;
        }
        Ok(())
    }

    /// A number of columns; one no table has is refused before anything is laid out.
    fn columns(&self, element: &Element<'_>) -> Result<Option<usize>, Refusal> {
        let Some(value) = element.value() else {
            return Ok(None);
        };
        let digits = value.trim();
        let columns = digits.parse().ok();
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if columns.is_some_and(|c: usize| c > self.limits.columns)
            || (columns.is_none() && is_number)
        {
            return Err(Refusal::TooLarge(format!("a cell spans {digits} columns")));
        }
        Ok(columns)
    }

    // Paragraphs

    fn paragraph(&mut self, flow: &mut Flow) -> Result<(), Refusal> {
        let mut line = Line::default();
        let mut format = ParagraphFormat::default();
        self.inlines(&mut line, &mut format)?;
        let beside = std::mem::take(&mut line.beside);
        let text = line.into_text();
        if format.mark.mark_removed {
            flow.carried.push_str(&text);
        } else {
            let label = self.label(&format);
            let carried = std::mem::take(&mut flow.carried);
            let text = if label.is_empty() && carried.is_empty() {
                text
            } else {
                label + &carried + &text
            };
            if !text.trim().is_empty() {
                flow.pieces.push(Piece::Own(without_outer_breaks(text)));
            }
        }
        flow.pieces.extend(beside.into_iter().map(Piece::Beside));
        self.check_blocks(flow.pieces.len())
    }

    /// The label of automatic numbering, or nothing. A paragraph whose mark is hidden has none and
    /// is not counted.
    fn label(&mut self, format: &ParagraphFormat) -> String {
        let style = self.styles.paragraph(format.style.as_deref());
        let numbering = format.numbering.or(style.map(Style::numbering).unwrap_or_default());
        if numbering.list.is_none() || self.styles.resolve(style, &format.mark).0 {
            return String::new();
        }
        let style = self.styles.paragraph_id(format.style.as_deref());
        self.numbering.label(numbering, style).unwrap_or_default()
    }

    fn inlines(&mut self, line: &mut Line, format: &mut ParagraphFormat) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "r" => {
                    let style = self.styles.paragraph(format.style.as_deref());
                    let mut shown = self.styles.resolve(style, &RunFormat::default());
                    self.run(line, style, &mut shown)?;
                }
                "pPr" => *format = self.paragraph_format()?,
                "AlternateContent" => self.alternatives(|walk| walk.inlines(line, format))?,
                name if is_wrapper(name) => self.inlines(line, format)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    fn paragraph_format(&mut self) -> Result<ParagraphFormat, Refusal> {
        let mut format = ParagraphFormat::default();
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "pStyle" => {
                    format.style = element.value().map(|id| id.into_owned());
                    self.xml.skip()?;
                }
                "numPr" => format.numbering = Reference::read(&mut self.xml)?,
                "rPr" => format.mark = styles::run_format(&mut self.xml)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(format)
    }

    /// A run; `shown` is whether it is hidden and where its characters stand.
    fn run(
        &mut self,
        line: &mut Line,
        paragraph: Option<&Style>,
        shown: &mut (bool, Script),
    ) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            let (hidden, script) = *shown;
            match element.name() {
                "rPr" => {
                    let format = styles::run_format(&mut self.xml)?;
                    *shown = self.styles.resolve(paragraph, &format);
                }
                "AlternateContent" => self.alternatives(|walk| walk.run(line, paragraph, shown))?,
                "fldChar" => {
                    line.field(&element.attribute("fldCharType").unwrap_or_default());
                    self.xml.skip()?;
                }
                _ if hidden => self.xml.skip()?,
                "t" => self.text(&element, line, script)?,
                "drawing" | "pict" => self.drawing(line, false)?,
                "object" => self.drawing(line, true)?,
                // The text the reading aid stands over, without the aid.
                "ruby" => self.ruby(line)?,
                name => {
                    let character = character(name, &element);
                    self.xml.skip()?;
                    if let Some(character) = character {
                        self.show(line, character.encode_utf8(&mut [0; 4]), script)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn text(
        &mut self,
        element: &Element<'_>,
        line: &mut Line,
        script: Script,
    ) -> Result<(), Refusal> {
        let mut text = std::mem::take(&mut self.buffer);
        text.clear();
        self.xml.text(&mut text)?;
        let preserved = element.attribute("space").as_deref() == Some("preserve");
        let shown = if preserved { &text } else { text.trim_matches([' ', '\t', '\r', '\n']) };
        self.show(line, shown, script)?;
        self.buffer = text;
        Ok(())
    }

    fn show(&mut self, line: &mut Line, text: &str, script: Script) -> Result<(), Refusal> {
        self.text_bytes += text.len();
        if self.text_bytes > self.limits.text_bytes {
            let bytes = self.limits.text_bytes;
            return Err(Refusal::TooLarge(format!("more than {bytes} bytes of text")));
        }
        line.push(text, script);
        Ok(())
    }

    fn ruby(&mut self, line: &mut Line) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "rubyBase" => self.inlines(line, &mut ParagraphFormat::default())?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    // Drawings

    /// A drawing, a VML picture or an embedded object: one picture at most, and its text boxes.
    fn drawing(&mut self, line: &mut Line, mut picture: bool) -> Result<(), Refusal> {
        self.shapes(line, &mut picture)?;
        if picture {
            self.things += 1;
            line.beside.push(Block::Picture { page: None });
        }
        Ok(())
    }

    fn shapes(&mut self, line: &mut Line, picture: &mut bool) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "txbxContent" => {
                    let mut flow = Flow::default();
                    self.blocks(&mut flow)?;
                    line.beside.extend(flow.into_blocks());
                }
                "blip" | "imagedata" => {
                    *picture = true;
                    self.xml.skip()?;
                }
                // Text drawn as a shape.
                "textpath" => {
                    let text = element.attribute("string").unwrap_or_default().into_owned();
                    self.text_bytes += text.len();
                    line.beside.push(Block::Paragraph(Paragraph { text, page: None }));
                    self.xml.skip()?;
                }
                "AlternateContent" => self.alternatives(|walk| walk.shapes(line, picture))?,
                _ => self.shapes(line, picture)?,
            }
        }
        Ok(())
    }

    fn check_blocks(&self, blocks: usize) -> Result<(), Refusal> {
        if blocks > self.limits.blocks {
            let blocks = self.limits.blocks;
            return Err(Refusal::TooLarge(format!("more than {blocks} paragraphs and tables")));
        }
        Ok(())
    }
}

/// Elements that wrap content of any level and show nothing themselves.
fn is_wrapper(name: &str) -> bool {
    matches!(
        name,
        "sdt"
            | "sdtContent"
            | "smartTag"
            | "customXml"
            | "hyperlink"
            | "fldSimple"
            | "ins"
            | "moveTo"
            | "dir"
            | "bdo"
            | "oMathPara"
            | "oMath"
    )
}

/// A merge without value continues.
fn merge(value: Option<&str>) -> Merge {
    if value == Some("restart") { Merge::Restart } else { Merge::Continue }
}

/// Elements of a run that stand for one character.
fn character(name: &str, element: &Element<'_>) -> Option<char> {
    match name {
        "tab" | "ptab" => Some('\t'),
        "br" | "cr" => Some('\n'),
        "noBreakHyphen" => Some('-'),
        // Characters of symbol fonts lie in the private area, where they cannot pass for digits.
        "sym" => char::from_u32(u32::from_str_radix(&element.attribute("char")?, 16).ok()?),
        _ => None,
    }
}

/// Page breaks and stray line breaks at either end of a paragraph show nothing.
fn without_outer_breaks(text: String) -> String {
    let inner = text.trim_matches('\n');
    if inner.len() == text.len() { text } else { inner.to_owned() }
}
