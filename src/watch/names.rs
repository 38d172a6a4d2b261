//! File names for people. A path is bytes from end to end; only what is shown passes through here.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A name as text: UTF-8, else GB18030 (old FTP programs and Windows archives write GBK bytes), else
/// with replacement characters.
pub fn decoded(name: &OsStr) -> String {
    if let Some(text) = name.to_str() {
        return text.to_owned();
    }
    let gbk =
        encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(name.as_bytes());
    match gbk {
        Some(text) => text.into_owned(),
        None => name.to_string_lossy().into_owned(),
    }
}

/// A path as text, decoded name by name: a file named in GBK may lie in a folder named in UTF-8.
pub fn decoded_path(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    let names = bytes.split(|byte| *byte == b'/').map(|name| decoded(OsStr::from_bytes(name)));
    names.collect::<Vec<_>>().join("/")
}

/// A path for a log line, a mail, a table or a terminal: [`decoded_path`] with control characters and those that turn the
/// direction of writing spelled out (`\u{202e}`), so that a name can neither break a line nor pass for
/// another.
pub fn shown(path: &Path) -> String {
    let text = decoded_path(path);
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || turns_direction(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The last component of a path, as [`shown`].
pub fn file_name(path: &Path) -> String {
    path.file_name().map(|name| shown(Path::new(name))).unwrap_or_default()
}

/// Unicode's marks, embeddings, overrides and isolates of writing direction.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B16.
    #[test]
    fn gbk_bytes_are_shown_as_chinese() {
        let (bytes, _, _) = encoding_rs::GBK.encode("青塘镇.docx");
        assert_eq!(shown(Path::new(OsStr::from_bytes(&bytes))), "青塘镇.docx");
    }

    #[test]
    fn a_name_in_gbk_below_a_folder_in_utf8_is_shown_as_chinese() {
        let (bytes, _, _) = encoding_rs::GBK.encode("青塘镇.docx");
        let path = Path::new("/drop/东山乡").join(OsStr::from_bytes(&bytes));
        assert_eq!(shown(&path), "/drop/东山乡/青塘镇.docx");
    }

    #[test]
    fn bytes_of_no_encoding_are_still_shown() {
        assert!(!shown(Path::new(OsStr::from_bytes(b"a\xff\xfe.docx"))).is_empty());
    }

    #[test]
    fn a_name_cannot_break_a_line_or_turn_the_writing_round() {
        assert_eq!(shown(Path::new("a\nb\u{202e}xcod.exe")), "a\\u{a}b\\u{202e}xcod.exe");
        assert_eq!(file_name(Path::new("/drop/东山乡/a\tb.docx")), "a\\u{9}b.docx");
    }
}
