//! Collects the blocks of one document and keeps count, so that every reader refuses by the same
//! [`Limits`]. It knows no format.

use super::{
    Block, Columns, Document, Format, Grid, GridCell, Limits, Meta, Paragraph, Refusal, Source,
};

/// A document under construction.
#[derive(Debug)]
pub(super) struct Assembly<'l> {
    pub(super) limits: &'l Limits,
    blocks: Vec<Block>,
    text_bytes: usize,
}

impl<'l> Assembly<'l> {
    pub(super) fn new(limits: &'l Limits) -> Self {
        Self { limits, blocks: Vec::new(), text_bytes: 0 }
    }

    /// Adds a paragraph without the white space around it; an empty one is left out.
    pub(super) fn paragraph(&mut self, text: &str) -> Result<(), Refusal> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
        if text.is_empty() {
            return Ok(());
        }
        self.count_text(text.len())?;
        self.push(Block::Paragraph(Paragraph { text: text.to_owned(), page: None }))
    }

    /// Adds a table; one without cells is left out.
    pub(super) fn grid(&mut self, grid: Grid) -> Result<(), Refusal> {
        if grid.cells.is_empty() {
            return Ok(());
        }
        if grid.cells.len() > self.limits.table_cells {
            return Err(Refusal::TooLarge(format!("a table of {} cells", grid.cells.len())));
        }
        if grid.width() > self.limits.columns {
            return Err(Refusal::TooLarge(format!("a table of {} columns", grid.width())));
        }
        self.count_text(grid.cells.iter().map(|cell| cell.text.len()).sum())?;
        self.push(Block::Grid(grid))
    }

    /// Adds an image; `page` is its page, if nothing else is on it.
    pub(super) fn picture(&mut self, page: Option<u32>) -> Result<(), Refusal> {
        self.push(Block::Picture { page })
    }

    /// Adds blocks another reader has assembled.
    pub(super) fn append(&mut self, blocks: Vec<Block>) -> Result<(), Refusal> {
        for block in blocks {
            match block {
                Block::Paragraph(paragraph) => self.paragraph(&paragraph.text)?,
                Block::Grid(grid) => self.grid(grid)?,
                Block::Picture { page } => self.picture(page)?,
            }
        }
        Ok(())
    }

    pub(super) fn blocks(&mut self) -> &mut Vec<Block> {
        &mut self.blocks
    }

    pub(super) fn finish(self, format: Format, meta: Meta) -> Document {
        Document { format, source: Source::Text, meta, blocks: self.blocks }
    }

    fn push(&mut self, block: Block) -> Result<(), Refusal> {
        if self.blocks.len() >= self.limits.blocks {
            return Err(Refusal::TooLarge(format!("more than {} blocks", self.limits.blocks)));
        }
        self.blocks.push(block);
        Ok(())
    }

    fn count_text(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.text_bytes += bytes;
        if self.text_bytes > self.limits.text_bytes {
            return Err(Refusal::TooLarge(format!(
                "more than {} bytes of text",
                self.limits.text_bytes
            )));
        }
        Ok(())
    }
}

/// A grid of rows of single cells, ragged or not.
pub(crate) fn grid_of_rows(rows: Vec<Vec<String>>, columns: Columns) -> Grid {
    let cells = rows
        .into_iter()
        .enumerate()
        .flat_map(|(row, texts)| {
            texts.into_iter().enumerate().map(move |(column, text)| GridCell {
                row,
                column,
                row_span: 1,
                column_span: 1,
                text,
                page: None,
                doubtful: false,
            })
        })
        .collect();
    Grid { columns, cells }
}
