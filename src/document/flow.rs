//! What is read of one place (body, cell, text box) before it becomes blocks or the text of a cell.

use super::{Block, Paragraph};

/// Content of the body, of a cell or of a text box, in reading order.
#[derive(Default)]
pub(super) struct Flow {
    pub(super) pieces: Vec<Piece>,
    /// Text of a paragraph whose mark is deleted: it goes before that of the next one.
    pub(super) carried: String,
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
    pub(super) fn into_blocks(self) -> impl Iterator<Item = Block> {
        self.pieces.into_iter().map(|piece| match piece {
            Piece::Own(text) => Block::Paragraph(Paragraph { text, page: None }),
            Piece::Beside(block) => block,
        })
    }
}
