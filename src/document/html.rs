//! A web page, or what Word, WPS and LibreOffice save as one: paragraphs, tables and pictures as a
//! browser shows them.
//!
//! Hidden text (see [`style`]), scripts and struck text are left out, fields of forms outside cells too. A table that only arranges the
//! page (it holds other tables, or is one column wide) gives its texts as paragraphs and its inner
//! tables as grids. Of a portal page the article is kept: what is marked or named as navigation,
//! lists of links, lines above the title and the site's foot are dropped, but never a table with
//! figures, and never lines that tell publisher, date or index number.
//!
//! Bytes to characters: see [`encoding`]. Depth, nodes, spans and size are limited, see `prescan`,
//! `dom` and `table`; html5ever itself limits nothing.

mod article;
mod dom;
mod inline;
mod prescan;
mod style;
mod table;
mod walk;

use super::assembly::Assembly;
use super::{Document, Format, Limits, Meta, Refusal, encoding, furniture};
use dom::{Dom, ROOT};

/// Most bytes of a page.
const PAGE: usize = 8 << 20;
/// Where a page must declare its encoding, in bytes. HTML says 1024; portals put scripts before.
const HEAD: usize = 4 << 10;

/// Longest value taken from a page's head, in characters.
const LONGEST: usize = 300;

/// Reads a page in any encoding.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    if bytes.len() > PAGE {
        return Err(Refusal::TooLarge(format!("a page of {} bytes", bytes.len())));
    }
    let text = encoding::decode(bytes, declared(bytes).as_deref())?;
    if is_cut(&text) {
        return Err(Refusal::Incomplete("the page has no end".into()));
    }
    read_text(&text, limits)
}

/// Whether a page opens its body and closes neither that nor itself: what comes last in every page
/// that a program saves. A browser shows the rest; of a report that would be half the figures.
fn is_cut(text: &str) -> bool {
    // From the end: there a whole page has them, and is looked at no further.
    let has = |tag: &str| {
        text.as_bytes().windows(tag.len()).rev().any(|at| at.eq_ignore_ascii_case(tag.as_bytes()))
    };
    !has("</body") && !has("</html") && (has("<body") || has("<html"))
}

/// Reads a page that is decoded already (a part of an .mht, a table in Markdown); what it says
/// about its encoding no longer holds and is ignored.
pub fn read_text(text: &str, limits: &Limits) -> Result<Document, Refusal> {
    if text.len() > 2 * PAGE {
        return Err(Refusal::TooLarge(format!("a page of {} bytes", text.len())));
    }
    prescan::check(text)?;
    let mut dom = dom::parse(text)?;
    let depth = dom.depth();
    if depth > limits.element_depth {
        return Err(Refusal::TooLarge(format!("{depth} elements within each other")));
    }
    style::apply(&mut dom)?;
    let mut meta = page_meta(&dom);
    let mut assembly = Assembly::new(limits);
    walk::walk(&dom, &mut assembly, &mut meta)?;
    article::drop_above_title(assembly.blocks(), meta.title.as_deref());
    furniture::drop_trailing(assembly.blocks());
    Ok(assembly.finish(Format::Html, meta))
}

/// The encoding a page declares: `charset=…` in its head, with or without quotes.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(bytes.get(..HEAD.min(bytes.len()))?).to_ascii_lowercase();
    head.split("charset").skip(1).find_map(|after| {
        let value =
            after.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
        let label: String =
            value.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_:".contains(*c)).collect();
        (!label.is_empty()).then_some(label)
    })
}

/// What the head says, first names first.
fn page_meta(dom: &Dom) -> Meta {
    let mut entries = Vec::new();
    let mut title = None;
    let mut open = vec![ROOT];
    while let Some(node) = open.pop() {
        match dom.tag(node) {
            "meta" => {
                let name = dom.attribute(node, "name").or_else(|| dom.attribute(node, "property"));
                if let (Some(name), Some(content)) = (name, dom.attribute(node, "content")) {
                    entries.push((
                        name.trim().to_ascii_lowercase(),
                        content.trim().chars().take(LONGEST).collect::<String>(),
                    ));
                }
            }
            "title" if title.is_none() => {
                title = dom.children(node).find_map(|text| dom.text(text)).map(str::to_owned);
            }
            "svg" => {}
            _ => {
                // The stack's top comes next: children go on it last first.
                let at = open.len();
                open.extend(dom.children(node));
                open.get_mut(at..).unwrap_or_default().reverse();
            }
        }
    }
    let first = |names: &[&str]| {
        names.iter().find_map(|name| {
            entries
                .iter()
                .find(|(known, content)| known == name && !content.is_empty())
                .map(|(_, content)| content.clone())
        })
    };
    let title = title
        .map(|title| title.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
        .map(|title| title.chars().take(LONGEST).collect::<String>());
    Meta {
        title: first(&["articletitle", "og:title", "dc.title"])
            .or(title.filter(|title| !title.is_empty())),
        publisher: first(&["contentsource", "source", "publisher", "dc.publisher", "author"]),
        published: first(&[
            "pubdate",
            "publishdate",
            "publish_date",
            "publishtime",
            "article:published_time",
            "dc.date.issued",
            "dc.date",
        ]),
    }
}

#[cfg(test)]
mod tests;
