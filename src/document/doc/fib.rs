//! The file information block at the start of the `WordDocument` stream: where everything is.

use std::ops::Range;

use crate::document::Refusal;
use crate::document::bytes::Fields;

/// What is taken from it.
#[derive(Debug)]
pub(super) struct Fib {
    /// `0Table` or `1Table`.
    pub(super) table_stream: &'static str,
    /// Character positions of the main text.
    pub(super) text: Range<usize>,
    /// Those of the text boxes on pages of the main text.
    pub(super) boxes: Range<usize>,
    /// In the table stream: piece table, pages of character runs, pages of paragraph runs.
    pub(super) clx: Range<usize>,
    pub(super) character_pages: Range<usize>,
    pub(super) paragraph_pages: Range<usize>,
    /// Styles, lists, and what paragraphs refer to them by.
    pub(super) styles: Range<usize>,
    pub(super) lists: Range<usize>,
    pub(super) list_overrides: Range<usize>,
}

/// The first version whose block has this shape: Word 97.
const WORD_97: u16 = 0xC1;

impl Fib {
    pub(super) fn read(word: &[u8]) -> Result<Self, Refusal> {
        let fields = Fields(word);
        match fields.u16(2) {
            Some(version) if version >= WORD_97 => {}
            _ => {
                return Err(Refusal::Unsupported {
                    found: "Word 95 或更早版本的文档".into(),
                    remedy: "请用 Word 或 WPS 打开后另存为 .docx 再提交".into(),
                });
            }
        }
        Self::fields(&fields)
            .ok_or_else(|| Refusal::Damaged("the file information block is cut off".into()))
    }

    /// Places: MS-DOC 2.5.1 to 2.5.6.
    fn fields(fields: &Fields<'_>) -> Option<Self> {
        let flags = fields.u16(0x0A)?;
        let table_stream = if flags & 0x0200 == 0 { "/0Table" } else { "/1Table" };
        // Lengths in characters: text, footnotes, headers, macros, comments, endnotes, boxes.
        let lengths: Vec<usize> =
            (0..7).map(|n| fields.size(0x4C + 4 * n)).collect::<Option<_>>()?;
        let text = 0..*lengths.first()?;
        let start = lengths.iter().take(6).try_fold(0_usize, |sum, n| sum.checked_add(*n))?;
        let boxes = start..start.checked_add(*lengths.get(6)?)?;
        let part = |at: usize| {
            let start = fields.size(at)?;
            Some(start..start.checked_add(fields.size(at + 4)?)?)
        };
        Some(Self {
            table_stream,
            text,
            boxes,
            clx: part(0x01A2)?,
            character_pages: part(0x00FA)?,
            paragraph_pages: part(0x0102)?,
            styles: part(0x00A2)?,
            lists: part(0x02E2)?,
            list_overrides: part(0x02EA)?,
        })
    }
}
