//! The walk through the text: characters into paragraphs, paragraphs into cells, rows and tables.
//!
//! A paragraph ends with its mark, and only that tells what it is: at which depth of tables it
//! stands, whether it ends a cell or a row. Deleted, struck and hidden characters, the instructions
//! of fields and the marks of notes are left out.

use std::ops::Range;

use super::pieces::{Character, Pieces};
use super::runs::{CharacterFormat, Formats, ParagraphFormat};
use crate::document::counting::Numbering;
use crate::document::edges::{self, EdgeRow};
use crate::document::flow::Flow;
use crate::document::line::Line;
use crate::document::{Block, Limits, Refusal};

/// The state of one walk.
pub(super) struct Walk<'a> {
    pieces: &'a Pieces<'a>,
    formats: &'a Formats<'a>,
    limits: &'a Limits,
    numbering: Numbering,
    flow: Flow,
    /// Tables open around the place under way.
    open: Vec<OpenTable>,
    line: Line,
    text_bytes: usize,
}

#[derive(Default)]
struct OpenTable {
    rows: Vec<EdgeRow>,
    /// Cells of the row under way.
    cells: Vec<Flow>,
    /// The cell under way.
    cell: Flow,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        pieces: &'a Pieces<'a>,
        formats: &'a Formats<'a>,
        numbering: Numbering,
        limits: &'a Limits,
    ) -> Self {
        Self {
            pieces,
            formats,
            limits,
            numbering,
            flow: Flow::default(),
            open: Vec::new(),
            line: Line::default(),
            text_bytes: 0,
        }
    }

    /// Everything a range of positions shows.
    pub(super) fn read(mut self, range: Range<usize>) -> Result<Flow, Refusal> {
        let pieces = self.pieces;
        for character in pieces.characters(range) {
            self.character(&character)?;
        }
        let line = std::mem::take(&mut self.line);
        self.add(line, false)?;
        self.close_to(0)?;
        Ok(self.flow)
    }

    fn character(&mut self, character: &Character<'_>) -> Result<(), Refusal> {
        let format = self.formats.character(character.at, character.modifier);
        let shown = character.shown;
        if matches!(shown, '\r' | '\u{7}' | '\u{C}') {
            let paragraph = self.formats.paragraph(character.at, character.modifier);
            return self.end_paragraph(shown == '\u{7}', &paragraph, format);
        }
        if format.is_deleted {
            return Ok(());
        }
        match shown {
            '\u{13}' => self.line.field("begin", true),
            '\u{14}' => self.line.field("separate", true),
            '\u{15}' => self.line.field("end", format.is_shown()),
            _ if !format.is_shown() => {}
            '\u{1}' if format.is_special && self.line.is_in_instruction() => {}
            '\u{1}' if format.is_special => {
                self.line.beside.push(Block::Picture { page: None });
            }
            '\u{B}' => self.line.push("\n", format.script),
            '\t' => self.line.push("\t", format.script),
            '\u{1E}' => self.line.push("-", format.script),
            // Something drawn: what it says stands elsewhere.
            '\u{8}' if format.is_special => self.line.lack(),
            '(' if format.is_special => {
                let symbol = format.symbol.and_then(|code| char::from_u32(code.into()));
                self.line.push(symbol.unwrap_or(shown).encode_utf8(&mut [0; 4]), format.script);
            }
            _ if shown.is_control() => {}
            _ => {
                self.text_bytes += shown.len_utf8();
                if self.text_bytes > self.limits.text_bytes {
                    let bytes = self.limits.text_bytes;
                    return Err(Refusal::TooLarge(format!("more than {bytes} bytes of text")));
                }
                let mut units = [0; 4];
                let text = shown.encode_utf8(&mut units);
                self.line.push_coloured(text, format.script, format.is_white);
            }
        }
        Ok(())
    }

    fn end_paragraph(
        &mut self,
        is_cell_mark: bool,
        format: &ParagraphFormat,
        mark: CharacterFormat,
    ) -> Result<(), Refusal> {
        let is_deleted = mark.is_deleted;
        let mut line = std::mem::take(&mut self.line);
        // A cell's mark is in a table whatever its format says.
        let depth = format.depth.max(usize::from(is_cell_mark));
        if depth > self.limits.table_depth {
            return Err(Refusal::TooLarge(format!(
                "tables nested deeper than {}",
                self.limits.table_depth
            )));
        }
        self.close_to(depth)?;
        while self.open.len() < depth {
            self.open.push(OpenTable::default());
        }
        let is_row_end = format.ends_row && depth > 0;
        if is_row_end {
            if let Some(table) = self.open.last_mut() {
                let cells = std::mem::take(&mut table.cells);
                table.cell = Flow::default();
                // Deletions before or after a row may take in its mark; of a deleted row no text is left.
                let is_gone = is_deleted && cells.iter().all(|cell| cell.pieces.is_empty());
                table.rows.push(format.row.clone().row(cells, is_gone));
            }
            return Ok(());
        }
        // A paragraph with nothing in it whose mark is hidden is not there.
        let is_gone = is_deleted || (mark.is_hidden && line.is_at_space());
        if !is_gone {
            let label = self.numbering.label(format.numbering, None);
            line.begin_with(&label.unwrap_or_default());
        }
        let ends_cell = depth > 0 && ((depth == 1 && is_cell_mark) || format.ends_inner_cell);
        self.add(line, is_deleted && !ends_cell)?;
        if let (true, Some(table)) = (ends_cell, self.open.last_mut()) {
            let cell = std::mem::take(&mut table.cell);
            table.cells.push(cell);
        }
        Ok(())
    }

    /// Adds a paragraph to the place under way. One whose mark is deleted goes on in the next.
    fn add(&mut self, line: Line, goes_on: bool) -> Result<(), Refusal> {
        let flow = match self.open.last_mut() {
            Some(table) => &mut table.cell,
            None => &mut self.flow,
        };
        flow.add(line, goes_on, self.limits)
    }

    /// Ends the tables deeper than `depth`.
    fn close_to(&mut self, depth: usize) -> Result<(), Refusal> {
        while self.open.len() > depth {
            let Some(mut table) = self.open.pop() else { break };
            let around = match self.open.last_mut() {
                Some(outer) => &mut outer.cell,
                None => &mut self.flow,
            };
            // A row without its end: its edges are lost, its cells are not.
            let rest = std::mem::take(&mut table.cell);
            if !rest.pieces.is_empty() {
                table.cells.push(rest);
            }
            if !table.cells.is_empty() {
                let row = super::row::RowFormat::default().row(table.cells, false);
                table.rows.push(row);
            }
            edges::place(table.rows, self.limits, around)?;
        }
        Ok(())
    }
}
