//! What is read of one place (body, cell, text box) before it becomes blocks or the text of a cell.

use super::line::Line;
use super::{Block, Limits, Paragraph, Refusal};

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
    /// Something shown that the file does not hold.
    Unread,
}

impl Flow {
    /// Notes of a paragraph that all it shows stands elsewhere, if so.
    pub(super) fn note_unread(&mut self, line: &Line) {
        self.pieces.extend(line.is_unread().then_some(Piece::Unread));
    }

    /// Adds a paragraph and what hangs on it. One whose mark is deleted goes on in the next.
    pub(super) fn add(
        &mut self,
        mut line: Line,
        goes_on: bool,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        let beside = std::mem::take(&mut line.beside);
        self.note_unread(&line);
        let text = std::mem::take(&mut self.carried) + &line.into_text();
        if goes_on {
            self.carried = text;
        } else if !text.trim().is_empty() {
            self.pieces.push(Piece::Own(text.trim_matches('\n').to_owned()));
        }
        self.pieces.extend(beside.into_iter().map(Piece::Beside));
        if self.pieces.len() > limits.blocks {
            return Err(Refusal::TooLarge(format!("more than {} blocks", limits.blocks)));
        }
        Ok(())
    }

    /// The pieces as blocks of a document.
    pub(super) fn into_blocks(self) -> impl Iterator<Item = Block> {
        self.pieces.into_iter().filter_map(|piece| match piece {
            Piece::Own(text) => Some(Block::Paragraph(Paragraph { text, page: None })),
            Piece::Beside(block) => Some(block),
            Piece::Unread => None,
        })
    }
}
