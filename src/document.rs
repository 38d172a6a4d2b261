//! Bytes in, paragraphs and grids of text out. This room knows file formats and nothing about forms.
//!
//! [`read`] looks at the content, never at the file name's extension, picks the one reader that fits
//! (one file of `document/` per format) and returns everything the file shows a person, in reading
//! order: paragraphs, tables as [`Grid`]s of cells with spans, pictures. Hidden text, deleted text
//! and page furniture such as scripts are left out. Nothing is interpreted: `"１２"` stays `"１２"`.
//!
//! Readers run in a worker process (see [`crate::worker`]); they keep to [`Limits`] so that a
//! refusal can say why, and the process limits catch what remains.

mod assembly;
mod bundle;
mod bytes;
mod characters;
mod compound;
mod container;
mod counting;
pub mod doc;
pub mod docx;
#[cfg(test)]
mod drawn;
mod edges;
pub mod encoding;
pub mod flat;
mod flow;
mod furniture;
pub mod html;
mod lattice;
mod line;
pub mod md;
pub mod mht;
mod numerals;
pub mod ods;
pub mod odt;
pub mod ofd;
mod opc;
pub mod pdf;
pub mod rtf;
pub mod scan;
mod sheet;
mod sniff;
mod table;
pub mod txt;
pub mod xls;
pub mod xlsx;
mod xml;

use std::ffi::OsStr;

use serde::{Deserialize, Serialize};

pub(crate) use assembly::grid_of_rows;
pub(crate) use characters::UNITS;
use sniff::Content;

/// A reader of one format: the file's bytes in, what they show out.
type Reader = fn(&[u8], &Limits) -> Result<Document, Refusal>;

/// A path inside a bundle, empty for a file that is none, and what was read there.
pub type Member = (String, Result<Document, Refusal>);

/// Reads a file of any format. The format is told by `bytes`; `name`, the file's name, only decides
/// between plain text and Markdown.
pub fn read(bytes: &[u8], name: &str, limits: &Limits) -> Result<Document, Refusal> {
    read_as(sniff::content(bytes, name, limits)?, bytes, limits)
}

fn read_as(content: Content, bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    let read = reader(content).ok_or_else(|| content.unsupported())?;
    let mut document = read(bytes, limits)?;
    // Where text has places, or every line was looked at already, what is no table there is none.
    if !matches!(document.format, Format::Pdf | Format::Ofd | Format::Txt | Format::Md) {
        txt::find_tables(&mut document.blocks);
    }
    Ok(document)
}

/// Reads a file that may be a bundle: its documents by path inside the bundle, each with its own
/// refusal. A file that is no bundle is one document without a path. `is_ignored` tells which names
/// of files and folders are no documents (temporary files, folders of the system).
///
/// # Errors
/// The file itself cannot be read.
pub fn read_all(
    bytes: &[u8],
    name: &str,
    limits: &Limits,
    is_ignored: fn(&OsStr) -> bool,
) -> Result<Vec<Member>, Refusal> {
    match sniff::content(bytes, name, limits)? {
        Content::Bundle => bundle::read(bytes, limits, is_ignored),
        content => Ok(vec![(String::new(), Ok(read_as(content, bytes, limits)?))]),
    }
}

/// Reads a file, or the member of a bundle at the path `member`, whose pages are images; `tesseract`
/// recognises their characters. What is no image is read as usual.
///
/// # Errors
/// As [`read_all`]; the program failed; there is no such member.
pub fn recognise(
    bytes: &[u8],
    member: &str,
    limits: &Limits,
    tesseract: &scan::Tesseract,
) -> Result<Document, Refusal> {
    let unpacked;
    let bytes = match member {
        "" => bytes,
        path => {
            unpacked = bundle::member(bytes, path, limits)?;
            &unpacked
        }
    };
    match sniff::content(bytes, member, limits)? {
        Content::Pdf => pdf::recognise(bytes, limits, tesseract),
        Content::Image => scan::read(bytes, limits, tesseract),
        content => read_as(content, bytes, limits),
    }
}

/// The reader of each content. A new format adds its line here, its file under `document/` and its
/// name to [`Format`].
fn reader(content: Content) -> Option<Reader> {
    match content {
        Content::Docx => Some(docx::read),
        Content::Html => Some(html::read),
        Content::Doc => Some(doc::read),
        Content::Rtf => Some(rtf::read),
        Content::Odt => Some(odt::read),
        Content::Ods => Some(ods::read),
        Content::Mht => Some(mht::read),
        Content::WordXml => Some(flat::read),
        Content::Xlsx => Some(xlsx::read),
        Content::Xls => Some(xls::read),
        Content::Markdown => Some(md::read),
        Content::Ofd => Some(ofd::read),
        Content::Pdf => Some(pdf::read),
        Content::Text => Some(txt::read),
        Content::Image => Some(scan::refuse),
        _ => None,
    }
}

/// How much a reader may unpack or build before it refuses the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one unpacked part (a member of a zip container, a stream).
    pub part_bytes: u64,
    /// Unpacked size over packed size of a part, judged above 1 MiB only.
    pub ratio: u64,
    /// Members of a zip container.
    pub entries: usize,
    /// Tables within tables.
    pub table_depth: usize,
    /// Elements within elements, in XML and HTML.
    pub element_depth: usize,
    /// Cells of one table, after spans are laid out.
    pub table_cells: usize,
    /// Columns one cell may span, and columns of a table.
    pub columns: usize,
    /// Blocks (paragraphs, tables, pictures) of a document.
    pub blocks: usize,
    /// Bytes of text of a document.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            part_bytes: 32 << 20,
            ratio: 200,
            entries: 2_000,
            table_depth: 32,
            element_depth: 256,
            table_cells: 20_000,
            columns: 256,
            blocks: 20_000,
            text_bytes: 8 << 20,
        }
    }
}

/// Everything one document shows, in reading order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The format found by content.
    pub format: Format,
    /// Whether the figures come from text or were recognised on an image.
    pub source: Source,
    /// What the page says about itself outside the text (HTML `<meta>`, document properties).
    pub meta: Meta,
    /// Paragraphs, tables and pictures in reading order.
    pub blocks: Vec<Block>,
}

/// The file formats gouji reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// WordprocessingML in a zip container (docx, docm).
    Docx,
    /// Word 97–2003 or WPS Writer (doc, wps).
    Doc,
    /// Rich text.
    Rtf,
    /// `OpenDocument` text.
    Odt,
    /// Excel 2007 and later (xlsx, xlsm, et).
    Xlsx,
    /// Excel 97–2003 or WPS Spreadsheets (xls, et).
    Xls,
    /// `OpenDocument` spreadsheet.
    Ods,
    /// A web page saved as one MIME message.
    Mht,
    /// A web page.
    Html,
    /// Plain text.
    Txt,
    /// Markdown.
    Md,
    /// A fixed-layout document after GB/T 33190.
    Ofd,
    /// PDF, with or without a text layer.
    Pdf,
    /// An image file: PNG, JPEG, TIFF, BMP.
    Image,
}

/// Where the characters come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The file's own text.
    Text,
    /// Optical character recognition.
    Ocr,
}

/// What a document says about itself outside its text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// A page's own title, e.g. `<meta name="ArticleTitle">` or `<title>`.
    pub title: Option<String>,
    /// The publisher as printed, e.g. `<meta name="ContentSource">`.
    pub publisher: Option<String>,
    /// The publication date as printed, e.g. `<meta name="PubDate">`.
    pub published: Option<String>,
}

/// One thing in reading order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// A line or paragraph of text.
    Paragraph(Paragraph),
    /// A table.
    Grid(Grid),
    /// An image that may hold what the text lacks.
    Picture {
        /// Its page, from 1, if nothing else is on it.
        page: Option<u32>,
    },
}

/// A paragraph; line breaks inside it are `\n`, tabs `\t`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paragraph {
    /// The text as shown, automatic numbering included.
    pub text: String,
    /// Page, from 1, where the format knows pages.
    pub page: Option<u32>,
}

/// A table: cells on a grid of rows × columns. No two cells cover the same place; a place may be
/// covered by none (ragged tables).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// Whether a column number means the same column in every row.
    pub columns: Columns,
    /// Ordered by row, then column.
    pub cells: Vec<GridCell>,
}

/// What a column number means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Columns {
    /// The same column in every row: the format records the grid.
    #[default]
    Exact,
    /// The order of the cells in their row and no more: plain text, where a merged cell left no
    /// trace or an unknown number of empty ones.
    Ordinal,
    /// The order, and of the cells after a label only those that are not empty.
    Filled,
}

/// One cell and the places it covers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridCell {
    /// First row, from 0.
    pub row: usize,
    /// First column, from 0.
    pub column: usize,
    /// Rows covered, at least 1.
    pub row_span: usize,
    /// Columns covered, at least 1.
    pub column_span: usize,
    /// The text as shown; paragraphs and line breaks inside the cell are `\n`.
    pub text: String,
    /// Page, from 1, where the format knows pages.
    pub page: Option<u32>,
    /// Not surely right. Recognised from an image: `text` holds its readings, as `12或72`, `12？` or
    /// `□`. Otherwise `text` is as printed, and its row uncertain.
    pub doubtful: bool,
}

/// Between the readings of a cell that could be recognised in several ways.
const OR: char = '或';
/// After the only reading of a cell, if it is not certain.
const PERHAPS: char = '？';
/// Ink that gives no character.
pub const ILLEGIBLE: char = '□';

/// The text of a doubtful cell: its readings (`12或72`, `12？`), or `□` where there is none.
pub(crate) fn doubtful_text(readings: &[&str]) -> String {
    let mut different: Vec<&str> = Vec::new();
    for reading in readings.iter().filter(|reading| !reading.is_empty()) {
        if !different.contains(reading) {
            different.push(reading);
        }
    }
    match different.as_slice() {
        [] => ILLEGIBLE.to_string(),
        [only] => format!("{only}{PERHAPS}"),
        several => several.join(&OR.to_string()),
    }
}

/// The readings of a doubtful cell out of its text; none in any other text.
pub(crate) fn readings(text: &str) -> Vec<&str> {
    if let Some(only) = text.strip_suffix(PERHAPS) {
        return vec![only];
    }
    let readings: Vec<&str> = text.split(OR).collect();
    if readings.len() > 1 { readings } else { Vec::new() }
}

impl Grid {
    /// The number of rows.
    pub fn height(&self) -> usize {
        self.cells.iter().map(|c| c.row + c.row_span).max().unwrap_or(0)
    }

    /// The number of columns.
    pub fn width(&self) -> usize {
        self.cells.iter().map(|c| c.column + c.column_span).max().unwrap_or(0)
    }
}

/// Why a file gives no document. [`Refusal::reason`] words it for the person who handed it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// No bytes at all.
    #[error("the file is empty")]
    Empty,
    /// A password is needed.
    #[error("the file is encrypted")]
    Encrypted,
    /// The content is another kind of file than those gouji reads.
    #[error("content is {found}, which is not read")]
    Unsupported {
        /// What the content is, in Chinese, e.g. `图片`, `RAR 压缩包`.
        found: String,
        /// What would help, in Chinese, or empty.
        remedy: String,
    },
    /// The container or markup is broken.
    #[error("damaged: {0}")]
    Damaged(String),
    /// The end of the file is missing: it is still being copied, or was cut off.
    #[error("incomplete: {0}")]
    Incomplete(String),
    /// Larger, deeper or more tangled than a report can be.
    #[error("beyond limits: {0}")]
    TooLarge(String),
    /// Its characters are pictures: they have to be recognised, by a program that is optional.
    #[error("{0:?}: its characters have to be recognised")]
    Unrecognised(Pictured),
    /// The program that recognises characters went wrong. Nothing is wrong with the file.
    #[error("recognition of characters failed: {0}")]
    Recognition(String),
}

/// Why a document gives no characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pictured {
    /// Pages are images.
    Scan,
    /// Pages are drawn with characters that say not which they are.
    Unencoded,
}

impl Document {
    /// Whether pages of it are images that recognition may read.
    pub fn has_pictured_pages(&self) -> bool {
        self.blocks.iter().any(|block| matches!(block, Block::Picture { page: Some(_) }))
    }
}

impl Refusal {
    /// The reason in Chinese, for the township and the county office.
    pub fn reason(&self) -> String {
        match self {
            Self::Empty => "文件是空的，没有任何内容，请重新保存后提交".into(),
            Self::Encrypted => "文件需要密码才能打开，请去掉密码后重新提交".into(),
            Self::Unsupported { found, remedy } if remedy.is_empty() => {
                format!("不是可以读取的文档，而是{found}")
            }
            Self::Unsupported { found, remedy } => {
                format!("不是可以读取的文档，而是{found}；{remedy}")
            }
            Self::Damaged(_) => "文件已损坏，无法读取，请用原软件打开后另存一份再提交".into(),
            Self::Incomplete(_) => {
                "文件不完整，可能没有拷贝完，请重新拷贝；仍不行的，请用原软件打开后另存一份再提交"
                    .into()
            }
            Self::TooLarge(_) => {
                "文件内容过大或结构异常，不像一份年度报告，请检查后重新提交".into()
            }
            Self::Unrecognised(Pictured::Scan) => {
                "图片或扫描件，需要安装文字识别；也可以直接提交 Word 等文字版文件".into()
            }
            Self::Unrecognised(Pictured::Unencoded) => {
                "版式文件中的文字无法提取，需要安装文字识别；也可以直接提交 Word 等文字版文件"
                    .into()
            }
            Self::Recognition(_) => {
                "这是扫描件，文字识别没有成功；请提交 Word 等文字版文件，或联系管理员".into()
            }
        }
    }
}

#[cfg(test)]
mod tests;
