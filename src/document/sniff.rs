//! What a file is, by its content. The file name only decides between plain text and Markdown.
//!
//! Everything offices drop by mistake has a name here, so that the refusal can say what it is and
//! what to hand in instead; a county clerk reads that sentence. Content that is recognised but cut
//! off, encrypted or broken is refused at once, with that as the reason.

mod ole;
mod text;

use super::container::Container;
use super::{Limits, Refusal, compound};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Word 2007 and later: WordprocessingML in a zip container.
    Docx,
    /// Excel 2007 and later.
    Xlsx,
    /// A slide show of 2007 and later.
    Pptx,
    /// An OFD document.
    Ofd,
    /// A text of LibreOffice.
    Odt,
    /// A spreadsheet of LibreOffice.
    Ods,
    /// A zip archive of files.
    Bundle,
    /// Word 97–2003, or WPS Writer: a compound file with a `WordDocument` stream.
    Doc,
    /// Excel 97–2003, or WPS Spreadsheets.
    Xls,
    /// A slide show of 1997–2003.
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
    if bytes.starts_with(compound::SIGNATURE) {
        return ole::content(bytes);
    }
    if let Some(found) = by_signature(bytes) {
        return Ok(found);
    }
    if bytes.iter().all(|&b| b == 0) {
        return Err(Refusal::Incomplete("nothing but zero bytes".into()));
    }
    Ok(text::content(bytes, name).unwrap_or(Content::Binary))
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
    let is_binary = head.contains(&0);
    if head.windows(5).any(|window| window == b"%PDF-") {
        Some(Content::Pdf)
    } else if (is_binary && head.starts_with(b"BM")) || is_image_container(head) {
        Some(Content::Image)
    } else if is_binary && head.starts_with(b"MZ") {
        Some(Content::Program)
    } else {
        None
    }
}

/// WebP, HEIC (photos of phones) and AVIF: pictures in a general container.
fn is_image_container(head: &[u8]) -> bool {
    let brand = head.get(8..12);
    (head.starts_with(b"RIFF") && brand == Some(b"WEBP"))
        || (head.get(4..8) == Some(b"ftyp")
            && matches!(brand, Some(b"heic" | b"heix" | b"mif1" | b"avif")))
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

#[cfg(test)]
mod tests;
