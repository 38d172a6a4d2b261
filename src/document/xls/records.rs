//! The records of a stream: kind, length, content; long ones go on in CONTINUE records.

use crate::document::bytes::Fields;

/// CONTINUE.
const CONTINUE: u16 = 0x003C;

/// Walks over records from a place of the stream on.
pub(super) struct Records<'a> {
    rest: &'a [u8],
}

/// One record with what continues it.
pub(super) struct Record<'a> {
    pub(super) kind: u16,
    /// The content, piece by piece.
    pub(super) pieces: Vec<&'a [u8]>,
}

impl<'a> Records<'a> {
    pub(super) fn new(stream: &'a [u8], start: usize) -> Self {
        Self { rest: stream.get(start..).unwrap_or_default() }
    }

    fn piece(&mut self) -> Option<(u16, &'a [u8])> {
        let fields = Fields(self.rest);
        let (kind, length) = (fields.u16(0)?, usize::from(fields.u16(2)?));
        let content = self.rest.get(4..4 + length)?;
        self.rest = self.rest.get(4 + length..)?;
        Some((kind, content))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, content) = self.piece()?;
        let mut pieces = vec![content];
        while Fields(self.rest).u16(0) == Some(CONTINUE) {
            pieces.push(self.piece()?.1);
        }
        Some(Record { kind, pieces })
    }
}

impl<'a> Record<'a> {
    /// The content up to the first CONTINUE.
    pub(super) fn fields(&self) -> Fields<'a> {
        Fields(self.pieces.first().copied().unwrap_or_default())
    }
}

/// Row and column, the first fields of every cell.
pub(super) fn place(fields: &Fields<'_>) -> Option<(usize, usize)> {
    Some((fields.u16(0)?.into(), fields.u16(2)?.into()))
}
