//! The walk through the main part: what of it is shown, in reading order.
//!
//! In: text inserted under change tracking, results of fields, content controls and everything
//! else that wraps content, text boxes (after the paragraph they hang on), labels of automatic
//! numbering. Out: deleted, moved-away and struck text, hidden text, instructions of fields, note
//! marks.
//! Of alternatives (`mc:AlternateContent`) the first that shows anything counts.
//!
//! Elements unknown here are passed over with all they contain: properties hold elements named
//! like content (`w:rPrChange` has the *former* `w:rPr`). What wraps content is named in
//! [`is_wrapper`]. The functions recurse; [`Limits::element_depth`] bounds how deep.

use std::collections::HashMap;

use super::styles::Styles;
use crate::document::counting::Numbering;
use crate::document::flow::{Flow, Piece};
use crate::document::table::{Cell, Merge, Row, Table};
use crate::document::xml::{Element, Xml};
use crate::document::{Block, Limits, Refusal};

/// What documents show that stand in places of this one, by the id they are referred to.
pub(super) type Chunks = HashMap<String, Vec<Block>>;

/// The state of one walk.
pub(super) struct Walk<'a> {
    pub(super) xml: Xml<'a>,
    pub(super) styles: &'a Styles,
    pub(super) numbering: Numbering,
    chunks: &'a Chunks,
    limits: &'a Limits,
    /// Tables around the place under way.
    tables: usize,
    /// Bytes of text so far; also tells whether an alternative showed anything.
    text_bytes: usize,
    /// Pictures and tables so far, for the same question.
    pub(super) things: usize,
    /// Text of the element under way, kept to spare allocations.
    pub(super) buffer: String,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        xml: Xml<'a>,
        styles: &'a Styles,
        mut numbering: Numbering,
        chunks: &'a Chunks,
        limits: &'a Limits,
    ) -> Self {
        numbering.follow_styles(|style| styles.numbering(style).list);
        let buffer = String::new();
        let (tables, text_bytes, things) = (0, 0, 0);
        Self { xml, styles, numbering, chunks, limits, tables, text_bytes, things, buffer }
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

    pub(super) fn blocks(&mut self, flow: &mut Flow) -> Result<(), Refusal> {
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
            "altChunk" => {
                self.end_carried(flow);
                self.chunk(element, flow)
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

    /// Another document that Word would show in this place.
    fn chunk(&mut self, element: &Element<'a>, flow: &mut Flow) -> Result<(), Refusal> {
        self.things += 1;
        let blocks = element.attribute("id").and_then(|id| self.chunks.get(&*id));
        let blocks = blocks.cloned().unwrap_or_else(|| vec![Block::Picture { page: None }]);
        for block in blocks {
            match block {
                Block::Paragraph(paragraph) => {
                    self.count_text(paragraph.text.len())?;
                    flow.pieces.push(Piece::Own(paragraph.text));
                }
                Block::Grid(grid) => {
                    self.count_text(grid.cells.iter().map(|cell| cell.text.len()).sum())?;
                    flow.pieces.push(Piece::Beside(Block::Grid(grid)));
                }
                Block::Picture { .. } => flow.pieces.push(Piece::Beside(block)),
            }
        }
        self.check_blocks(flow.pieces.len())?;
        self.xml.skip()
    }

    /// A deleted mark with no paragraph after it stays a paragraph's end.
    fn end_carried(&mut self, flow: &mut Flow) {
        if !flow.carried.is_empty() {
            let text = std::mem::take(&mut flow.carried);
            flow.pieces.push(Piece::Own(text));
        }
    }

    /// Reads branches until one shows anything.
    pub(super) fn alternatives(
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
                "annotation" => {
                    row.gone |= element.attribute("type").as_deref() == Some("Word.Deletion");
                }
                _ => {}
            }
            self.xml.skip()?;
        }
        Ok(())
    }

    fn cell(&mut self) -> Result<Cell, Refusal> {
        let mut cell = Cell { span: 1, ..Cell::default() };
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
                "gridSpan" => cell.span = self.columns(&element)?.unwrap_or(1).max(1),
                "vMerge" | "vmerge" => cell.upward = merge(element.value().as_deref()),
                "hMerge" | "hmerge" => cell.leftward = merge(element.value().as_deref()),
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

    pub(super) fn count_text(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.text_bytes += bytes;
        if self.text_bytes > self.limits.text_bytes {
            let bytes = self.limits.text_bytes;
            return Err(Refusal::TooLarge(format!("more than {bytes} bytes of text")));
        }
        Ok(())
    }

    pub(super) fn check_blocks(&self, blocks: usize) -> Result<(), Refusal> {
        if blocks > self.limits.blocks {
            let blocks = self.limits.blocks;
            return Err(Refusal::TooLarge(format!("more than {blocks} paragraphs and tables")));
        }
        Ok(())
    }
}

/// Elements that wrap content of any level and show nothing themselves.
pub(super) fn is_wrapper(name: &str) -> bool {
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
            // Of Word 2003.
            | "sect"
            | "sub-section"
            | "hlink"
            | "annotation"
            | "content"
    )
}

/// A merge without value continues.
fn merge(value: Option<&str>) -> Merge {
    if value == Some("restart") { Merge::Restart } else { Merge::Continue }
}
