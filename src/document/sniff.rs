//! What a file is, by its content. The file name only decides between plain text and Markdown.
//!
//! Everything offices drop by mistake has a name here, so that the refusal can say what it is and
//! what to hand in instead; a county clerk reads that sentence. Content that is recognised but cut
//! off, encrypted or broken is refused at once, with that as the reason.

mod ole;

use std::borrow::Cow;

use encoding_rs::Encoding;

use super::container::Container;
use super::{Limits, Refusal};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// WordprocessingML in a zip container.
    Docx,
    /// SpreadsheetML in a zip container.
    Xlsx,
    /// PresentationML in a zip container.
    Pptx,
    /// An OFD document.
    Ofd,
    /// An OpenDocument text.
    Odt,
    /// An OpenDocument spreadsheet.
    Ods,
    /// A zip archive of files.
    Bundle,
    /// Word 97–2003, or WPS Writer: a compound file with a `WordDocument` stream.
    Doc,
    /// Excel 97–2003, or WPS Spreadsheets.
    Xls,
    /// PowerPoint 97–2003.
    Ppt,
    /// Any other compound file: Works, Outlook messages, installers.
    Compound,
    /// PDF.
    Pdf,
    /// Rich text.
    Rtf,
    /// A web page with its pictures in one MIME message.
    Mht,
    /// A picture: a scan or a screenshot.
    Image,
    /// An archive that is not zip.
    Archive,
    /// A program for Windows or Linux.
    Program,
    /// A Windows shortcut.
    Shortcut,
    /// A web page.
    Html,
    /// A Word document as one XML file: Flat OPC, or Word 2003 XML.
    WordXml,
    /// Any other XML.
    Xml,
    /// Markdown.
    Markdown,
    /// Plain text in any encoding.
    Text,
    /// None of these.
    Binary,
}

/// How much of a text is looked at.
const HEAD: usize = 4096;
/// Where `%PDF-` may begin (ISO 32000-1, Annex H, implementation note 13).
const PDF_WITHIN: usize = 1024;

/// Decides what `bytes` are. `name` is the file's name.
pub(crate) fn content(bytes: &[u8], name: &str, limits: &Limits) -> Result<Content, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return zip(bytes, limits);
    }
    if bytes.starts_with(ole::SIGNATURE) {
        return ole::content(bytes);
    }
    if let Some(found) = by_signature(bytes) {
        return Ok(found);
    }
    if bytes.iter().all(|&b| b == 0) {
        return Err(Refusal::Incomplete("nothing but zero bytes".into()));
    }
    Ok(match text_head(bytes) {
        Some(head) => text(&head, name),
        None => Content::Binary,
    })
}

fn by_signature(bytes: &[u8]) -> Option<Content> {
    const SIGNATURES: &[(&[u8], Content)] = &[
        (b"\x89PNG\r\n\x1A\n", Content::Image),
        (b"\xFF\xD8\xFF", Content::Image),
        (b"GIF87a", Content::Image),
        (b"GIF89a", Content::Image),
        (b"II*\0", Content::Image),
        (b"MM\0*", Content::Image),
        (b"Rar!\x1A\x07", Content::Archive),
        (b"7z\xBC\xAF\x27\x1C", Content::Archive),
        (b"\x1F\x8B\x08", Content::Archive),
        (b"BZh91AY&SY", Content::Archive),
        (b"\xFD7zXZ\0", Content::Archive),
        (b"\x7FELF", Content::Program),
        (b"L\0\0\0\x01\x14\x02\0", Content::Shortcut),
    ];
    let known = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature));
    if let Some(&(_, found)) = known {
        return Some(found);
    }
    // Signatures too short to go by themselves: text may begin with them.
    let head = bytes.get(..PDF_WITHIN).unwrap_or(bytes);
    let binary = head.contains(&0);
    if head.windows(5).any(|window| window == b"%PDF-") {
        Some(Content::Pdf)
    } else if binary && head.starts_with(b"BM") {
        Some(Content::Image)
    } else if binary && head.starts_with(b"MZ") {
        Some(Content::Program)
    } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        Some(Content::Image)
    } else if matches!(head.get(4..12), Some(b"ftypheic" | b"ftypheix" | b"ftypmif1" | b"ftypavif"))
    {
        Some(Content::Image)
    } else {
        None
    }
}

fn zip(bytes: &[u8], limits: &Limits) -> Result<Content, Refusal> {
    let mut container = Container::open(bytes, limits)?;
    if let Some(types) = container.part("[Content_Types].xml")? {
        let types = super::xml::decode(&types)?;
        if let Some(found) = by_main_part(&types) {
            return Ok(found);
        }
    }
    if let Some(mimetype) = container.part("mimetype")? {
        match mimetype.trim_ascii() {
            b"application/vnd.oasis.opendocument.text" => return Ok(Content::Odt),
            b"application/vnd.oasis.opendocument.spreadsheet" => return Ok(Content::Ods),
            _ => {}
        }
    }
    let has = |prefix: &[u8]| container.names().any(|name| name.starts_with(prefix));
    Ok(if has(b"OFD.xml") {
        Content::Ofd
    } else if has(b"word/document.xml") {
        Content::Docx
    } else if has(b"xl/workbook.") {
        Content::Xlsx
    } else if container.is_encrypted() {
        return Err(Refusal::Encrypted);
    } else {
        Content::Bundle
    })
}

/// The content type of the main part tells the kind of an office container; the names of folders
/// are mere custom, and a document may embed a workbook.
fn by_main_part(content_types: &str) -> Option<Content> {
    content_types.split(['"', '\'']).find_map(|value| {
        let main = value.strip_suffix("main+xml").or_else(|| value.strip_suffix(".main"))?;
        if main.contains("wordprocessingml") || main.contains("ms-word") {
            Some(Content::Docx)
        } else if main.contains("spreadsheetml") || main.contains("ms-excel") {
            Some(Content::Xlsx)
        } else if main.contains("presentationml") || main.contains("ms-powerpoint") {
            Some(Content::Pptx)
        } else {
            None
        }
    })
}

/// The beginning of a text, decoded as far as its markup goes: what is not ASCII may be garbled.
/// `None` where the content is no text in any encoding.
fn text_head(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let utf16 = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => Some(encoding),
        None => utf16_without_mark(head),
    };
    let text = match utf16 {
        Some(encoding) => encoding.decode(head).0,
        None => String::from_utf8_lossy(head),
    };
    let controls = text.chars().filter(|&c| is_no_text(c)).count();
    (controls * 50 <= text.len()).then_some(text)
}

/// In UTF-16, the zero bytes of digits, spaces and line ends all stand on one side.
fn utf16_without_mark(head: &[u8]) -> Option<&'static Encoding> {
    let zeros = |parity| head.iter().skip(parity).step_by(2).filter(|&&b| b == 0).count();
    match (zeros(0), zeros(1)) {
        (0, 1..) => Some(encoding_rs::UTF_16LE),
        (1.., 0) => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

/// Control characters that no text has; those of text dumped from Word (cell ends, soft breaks) and
/// the end-of-file mark of DOS are passed.
fn is_no_text(c: char) -> bool {
    c.is_ascii_control() && !matches!(c, '\t'..='\r' | '\x07' | '\x1A' | '\x1E' | '\x1F' | '\x7F')
}

fn text(head: &str, name: &str) -> Content {
    let start = head.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    if start.starts_with("{\\rtf") {
        return Content::Rtf;
    }
    if is_mime_message(start) {
        return Content::Mht;
    }
    markup(start).unwrap_or_else(|| plain(start, name))
}

/// Header lines, one of them `MIME-Version`, before the first empty line.
fn is_mime_message(start: &str) -> bool {
    start
        .lines()
        .take_while(|line| line.starts_with([' ', '\t']) || line.contains(':'))
        .any(|line| line.get(..13).is_some_and(|l| l.eq_ignore_ascii_case("MIME-Version:")))
}

fn markup(start: &str) -> Option<Content> {
    let lower = start.to_ascii_lowercase();
    let root = after_prolog(&lower);
    let is_html = root.starts_with("<!doctype html")
        || tag(root).is_some_and(is_html_tag)
        || lower.contains("<html>")
        || lower.contains("<html ");
    if is_html {
        return Some(Content::Html);
    }
    match tag(root)? {
        "pkg:package" | "w:worddocument" => Some(Content::WordXml),
        _ if lower.starts_with("<?xml") => Some(Content::Xml),
        _ => None,
    }
}

/// What follows the XML declaration, processing instructions, comments and white space.
fn after_prolog(text: &str) -> &str {
    let mut rest = text;
    loop {
        let end = if rest.starts_with("<?") {
            "?>"
        } else if rest.starts_with("<!--") {
            "-->"
        } else {
            return rest;
        };
        rest = rest.split_once(end).map_or("", |(_, after)| after.trim_start());
    }
}

/// The name of the tag `text` starts with.
fn tag(text: &str) -> Option<&str> {
    let name = text.strip_prefix('<')?;
    name.split([' ', '\t', '\r', '\n', '>', '/']).next().filter(|name| !name.is_empty())
}

/// Tags a page or a saved piece of one begins with.
fn is_html_tag(name: &str) -> bool {
    matches!(
        name,
        "html"
            | "head"
            | "body"
            | "meta"
            | "title"
            | "link"
            | "style"
            | "script"
            | "div"
            | "table"
            | "p"
            | "span"
            | "center"
            | "font"
            | "h1"
            | "h2"
            | "h3"
            | "section"
            | "article"
            | "br"
    )
}

/// Text or Markdown: by the name where it says, else by a heading or a table of Markdown.
fn plain(start: &str, name: &str) -> Content {
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    match extension.as_str() {
        "md" | "markdown" => Content::Markdown,
        "txt" | "text" => Content::Text,
        _ if start.lines().any(is_markdown_line) => Content::Markdown,
        _ => Content::Text,
    }
}

fn is_markdown_line(line: &str) -> bool {
    let heading = line.trim_start_matches('#');
    let level = line.len() - heading.len();
    let is_heading = (1..=6).contains(&level) && heading.starts_with(' ');
    let is_table_rule = line.contains("---")
        && line.contains('|')
        && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'));
    is_heading || is_table_rule
}

impl Content {
    /// The refusal of content that has no reader: what it is, and what to hand in instead.
    pub(crate) fn unsupported(self) -> Refusal {
        const WORD: &str = "请提交可编辑的 Word 文档（.docx）";
        const RESAVE: &str = "请用 Word 或 WPS 打开后另存为 .docx 再提交";
        const UNPACK: &str = "请改用 zip 或直接放入文件";
        let (found, remedy) = match self {
            Self::Docx => ("Word 文档", RESAVE),
            Self::Xlsx => ("Excel 表格", WORD),
            Self::Pptx | Self::Ppt => ("演示文稿", WORD),
            Self::Ofd => ("OFD 版式文件", WORD),
            Self::Odt => ("OpenDocument 文本文档", RESAVE),
            Self::Ods => ("OpenDocument 电子表格", WORD),
            Self::Bundle => ("ZIP 压缩包", "请解压后直接放入其中的文件"),
            Self::Doc => ("旧版 Word 或 WPS 文档", RESAVE),
            Self::Xls => ("旧版 Excel 或 WPS 表格", WORD),
            Self::Compound => ("无法识别的旧版 Office 文件", RESAVE),
            Self::Pdf => ("PDF 文件", WORD),
            Self::Rtf => ("RTF 文档", RESAVE),
            Self::Mht => ("MHT 单文件网页", RESAVE),
            Self::Image => ("图片", "请提交可编辑的 Word 文档"),
            Self::Archive => ("压缩包（非 zip 格式）", UNPACK),
            Self::Program => ("程序文件", WORD),
            Self::Shortcut => ("快捷方式", "请提交文档本身"),
            Self::Html => ("网页", RESAVE),
            Self::WordXml => ("XML 格式的 Word 文档", RESAVE),
            Self::Xml => ("XML 数据", WORD),
            Self::Markdown => ("Markdown 文本", WORD),
            Self::Text => ("纯文本", WORD),
            Self::Binary => ("无法识别的二进制文件", WORD),
        };
        Refusal::Unsupported { found: found.into(), remedy: remedy.into() }
    }
}
