//! Markdown: plain text (see [`txt`]) with marks around it, and HTML tables in between.
//!
//! Marks are taken off line by line and the rest is read as text, rather than by a `CommonMark`
//! parser: that would drop the cells a row has beyond the header's, not see tables without a line
//! of dashes, and take an indented paragraph for code.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::assembly::Assembly;
use super::{Document, Format, Limits, Meta, Refusal, furniture, html, txt};

/// Reads a Markdown file in any encoding text files have.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    let text = txt::decoded(bytes, limits)?;
    let mut assembly = Assembly::new(limits);
    for part in parts(&text) {
        match part {
            Part::Lines(lines) => {
                let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                txt::read_lines(&lines, &mut assembly)?;
            }
            Part::Html(html) => assembly.append(html::read_text(&html, limits)?.blocks)?,
            Part::Picture => assembly.picture(None)?,
        }
    }
    furniture::drop_trailing(assembly.blocks());
    Ok(assembly.finish(Format::Md, Meta::default()))
}

#[derive(Debug)]
enum Part {
    Lines(Vec<String>),
    Html(String),
    Picture,
}

/// Parts a file at its HTML tables and images.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = vec![Part::Lines(Vec::new())];
    let mut html = String::new();
    let mut depth = 0_usize;
    for line in text.split('\n') {
        let lower = line.to_ascii_lowercase();
        let opened = lower.matches("<table").count();
        if depth > 0 || opened > 0 {
            depth = (depth + opened).saturating_sub(lower.matches("</table").count());
            html.push_str(line);
            html.push('\n');
            if depth == 0 {
                parts.extend([Part::Html(std::mem::take(&mut html)), Part::Lines(Vec::new())]);
            }
            continue;
        }
        let Some(line) = unmarked(line) else { continue };
        let is_table = line.contains('|');
        let (line, pictures) = if is_table { (line, 0) } else { without_pictures(&line) };
        if let Some(Part::Lines(lines)) = parts.last_mut() {
            lines.push(line);
        }
        if pictures > 0 {
            parts.extend((0..pictures).map(|_| Part::Picture));
            parts.push(Part::Lines(Vec::new()));
        }
    }
    if !html.is_empty() {
        parts.push(Part::Html(html));
    }
    parts
}

/// A line without the marks of its block and the marks inside it; none if it is a mark itself.
fn unmarked(line: &str) -> Option<String> {
    let mut rest = line;
    while let Some(quoted) = rest.trim_start_matches(' ').strip_prefix('>') {
        rest = quoted.strip_prefix(' ').unwrap_or(quoted);
    }
    let body = rest.trim();
    let is_mark = |c: char| {
        body.chars().filter(|b| *b == c).count() >= 3 && body.chars().all(|b| b == c || b == ' ')
    };
    if body.starts_with("```")
        || body.starts_with("~~~")
        || ['-', '*', '_', '='].into_iter().any(is_mark)
    {
        return None;
    }
    let heading = body.trim_start_matches('#');
    let level = body.len() - heading.len();
    if (1..=6).contains(&level) && heading.starts_with([' ', '\t', '\u{3000}']) {
        return Some(inline(heading.trim().trim_end_matches('#').trim_end()));
    }
    let item =
        ["- ", "* ", "+ "].iter().find_map(|mark| rest.trim_start_matches(' ').strip_prefix(mark));
    Some(inline(item.unwrap_or(rest)))
}

fn pattern(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

static STRUCK: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"~~[^~|]+~~|<(?:del|s)>[^<|]*</(?:del|s)>"));
static BREAK: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"(?i)<br\s*/?>"));
static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)</?(?:a|b|center|code|div|em|font|h[1-6]|i|img|ins|p|span|strong|sub|sup|u)(?:\s[^<>]*)?/?>|<!--.*?-->",
    )
});
static STRONG: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\*\*|__"));
static EMPHASIS: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\*([^\s*|](?:[^*|]*[^\s*|])?)\*|`([^`|]+)`"));
static LINK: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(!?)\[([^\[\]]*)\]\([^()\s]*(?:\s[^()]*)?\)"));
static ESCAPE: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\\([!-/:-@\[-`{}~])"));
static ENTITY: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"&(nbsp|lt|gt|amp|quot|ensp|emsp);"));

/// Longest line, in bytes, in which marks are looked for.
const LONGEST: usize = 64 << 10;
/// Stands for an escaped character while marks are taken off: private use, from U+F000.
const ESCAPED: u32 = 0xF000;

/// The text of a line without emphasis, tags, links and escapes. A bar that was escaped stays so:
/// the table's grammar takes it.
fn inline(line: &str) -> String {
    if line.len() > LONGEST || !line.contains(['\\', '*', '_', '~', '`', '[', '<', '&']) {
        return line.to_owned();
    }
    let hide = |c: &Captures<'_>| match c.get(1).and_then(|m| m.as_str().chars().next()) {
        Some('|') | None => "\\|".to_owned(),
        Some(c) => char::from_u32(ESCAPED + u32::from(c)).map(String::from).unwrap_or_default(),
    };
    let text = replace(&ESCAPE, line.to_owned(), hide);
    let text = replace(&STRUCK, text, |_| String::new());
    let text = replace(&BREAK, text, |_| "\u{2028}".into());
    let text = replace(&TAG, text, |_| String::new());
    let text = replace(&LINK, text, |c| {
        let whole = |i| c.get(i).map_or("", |m| m.as_str());
        if whole(1).is_empty() { whole(2).to_owned() } else { whole(0).to_owned() }
    });
    let text = replace(&STRONG, text, |_| String::new());
    let text = replace(&EMPHASIS, text, |c| {
        c.get(1).or_else(|| c.get(2)).map_or("", |m| m.as_str()).to_owned()
    });
    let text = replace(&ENTITY, text, |c| {
        match c.get(1).map_or("", |m| m.as_str()) {
            "nbsp" => "\u{a0}",
            "ensp" | "emsp" => "\u{3000}",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            _ => "&",
        }
        .to_owned()
    });
    text.chars()
        .map(|c| match u32::from(c) {
            code @ 0xF000..=0xF07F => char::from_u32(code - ESCAPED).unwrap_or(c),
            _ => c,
        })
        .collect()
}

fn replace(pattern: &Option<Regex>, text: String, by: impl Fn(&Captures<'_>) -> String) -> String {
    match pattern {
        Some(pattern) if pattern.is_match(&text) => pattern.replace_all(&text, by).into_owned(),
        _ => text,
    }
}

/// A line without its images, and how many it had.
fn without_pictures(line: &str) -> (String, usize) {
    let Some(link) = LINK.as_ref().filter(|_| line.contains("![")) else {
        return (line.to_owned(), 0);
    };
    let pictures = link.find_iter(line).filter(|found| found.as_str().starts_with('!')).count();
    (link.replace_all(line, "").into_owned(), pictures)
}

#[cfg(test)]
mod tests;
