//! Text of any encoding, and what kind: web page, MIME message, rich text, other markup, Markdown, plain.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use super::Content;

/// How much of a text is looked at.
const HEAD: usize = 4096;

/// The kind of text, `None` if it is none.
pub(super) fn content(bytes: &[u8], name: &str) -> Option<Content> {
    text_head(bytes).map(|head| kind(&head, name))
}

/// The beginning of a text, decoded as far as its markup goes: what is not ASCII may be garbled.
/// `None` where the content is no text in any encoding.
fn text_head(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return if_text(encoding.decode(head).0, is_no_text);
    }
    if head.contains(&0) {
        // Text with zero bytes is UTF-16 or none.
        let little = if_text(UTF_16LE.decode_without_bom_handling(head).0, is_no_utf16_text);
        let big = || if_text(UTF_16BE.decode_without_bom_handling(head).0, is_no_utf16_text);
        return little.or_else(big);
    }
    if_text(String::from_utf8_lossy(head), is_no_text)
}

/// `text`, unless more than one in fifty of its bytes is odd.
fn if_text(text: Cow<'_, str>, is_odd: impl Fn(char) -> bool) -> Option<Cow<'_, str>> {
    let odd = text.chars().filter(|&c| is_odd(c)).count();
    (odd * 50 <= text.len()).then_some(text)
}

/// Anything read as UTF-16 gives characters, but many that no one uses.
fn is_no_utf16_text(c: char) -> bool {
    is_no_text(c) || matches!(c, '\u{FFFD}' | '\u{E000}'..='\u{F8FF}')
}

/// Control characters that no text has; those of text dumped from Word (cell ends, soft breaks) and
/// the end-of-file mark of DOS are passed.
fn is_no_text(c: char) -> bool {
    c.is_ascii_control() && !matches!(c, '\t'..='\r' | '\x07' | '\x1A' | '\x1E' | '\x1F' | '\x7F')
}

fn kind(head: &str, name: &str) -> Content {
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
        "office:document" => Some(Content::Odt),
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
    const TAGS: [&str; 20] = [
        "html", "head", "body", "meta", "title", "link", "style", "script", "div", "table", "p",
        "br", "span", "center", "font", "h1", "h2", "h3", "section", "article",
    ];
    TAGS.contains(&name)
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
